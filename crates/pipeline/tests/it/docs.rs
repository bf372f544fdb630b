//! The documentation says what the configuration takes, and its examples load.

use pipeline::{Code, ErrorKind, catalogue, config, doctor};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The chapter of the configuration.
const CONFIGURATION: &str = "docs/src/configuration.md";
/// First line of an example that is a configuration of its own.
const WHOLE: &str = "# whole configuration";
/// A map of places that all examples can use.
const PLACES: &str = "location_id,location,parent,org_unit\nSN000,Sandland,,LFN5sMUFTmR\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Each `## ` heading of the chapter that is a key or a table, with the keys of its first table.
fn sections(text: &str) -> Vec<(&str, BTreeSet<&str>)> {
    let parts = text.split("\n## ").skip(1);
    parts
        .map(|part| {
            let (heading, body) = part.split_once('\n').unwrap_or((part, ""));
            let rows = body.lines().skip_while(|line| !line.starts_with("| key ")).skip(2);
            let keys = rows.take_while(|line| line.starts_with('|')).filter_map(|row| row.split('`').nth(1));
            (heading.trim_matches('`'), keys.collect())
        })
        .collect()
}

/// The heading under which the keys of a type of the schema stand.
fn heading(definition: &str) -> &'static str {
    match definition {
        "Godata" => "[godata]",
        "Files" => "[godata.files]",
        "Dhis2" => "[dhis2]",
        "State" => "[state]",
        "Engine" => "[engine]",
        "Alerts" => "[alerts]",
        "AlertWebhook" => "[[alerts.webhook]]",
        "AlertEmail" => "[alerts.email]",
        "AlertHeartbeat" => "[alerts.heartbeat]",
        "Dashboard" => "[dashboard]",
        "DashboardProxy" => "[dashboard.proxy]",
        "Places" => "[places]",
        "Quality" => "[quality]",
        "Dimension" => "[[dimension]]",
        "Group" => "groups",
        "SmallCells" => "[dhis2.small_cells]",
        "Total" => "[[report.total]]",
        "Report" => "[[report]]",
        "Indicator" => "[[report.indicator]]",
        "Statement" => "[[report.statement]]",
        "Rule" => "rules",
        other => panic!("the type `{other}` of the schema has no heading in {CONFIGURATION}"),
    }
}

/// The values that a type of the schema allows, if it is an enumeration.
fn choices(definition: &Json) -> Vec<&str> {
    let listed = definition["enum"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let described = definition["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["const"].as_str());
    listed.chain(described).collect()
}

#[test]
fn every_key_of_the_configuration_is_documented_and_no_other() {
    let text = read(CONFIGURATION);
    let sections = sections(&text);
    let schema = config::json_schema();
    for (name, definition) in schema["$defs"].as_object().expect("the schema has types") {
        let Some(properties) = definition["properties"].as_object() else { continue };
        let expected: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        let heading = heading(name);
        let found = sections.iter().find(|(one, _)| *one == heading);
        let (_, written) = found.unwrap_or_else(|| panic!("{CONFIGURATION} has no heading `{heading}`"));
        assert_eq!(*written, expected, "keys of {heading}");
    }
    for table in schema["properties"].as_object().expect("the schema has tables").keys() {
        let headings = [format!("[{table}]"), format!("[[{table}]]")];
        assert!(sections.iter().any(|(one, _)| headings.iter().any(|h| h == one)), "no heading for `{table}`");
    }
}

#[test]
fn every_choice_of_the_configuration_is_documented() {
    let text = read(CONFIGURATION);
    let schema = config::json_schema();
    let mut n = 0;
    for (name, definition) in schema["$defs"].as_object().expect("the schema has types") {
        for choice in choices(definition) {
            assert!(text.contains(&format!("`{choice}`")), "`{choice}` of {name} is not in {CONFIGURATION}");
            n += 1;
        }
    }
    assert!(n > 5, "only {n} choices were found in the schema");
}

/// The TOML blocks of a text that are marked as whole configurations.
fn whole_configurations(text: &str) -> Vec<&str> {
    let blocks = text.split("\n```toml\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks.filter(|block| block.starts_with(WHOLE)).collect()
}

#[test]
fn every_whole_configuration_of_the_documentation_loads() {
    for path in ["README.md", CONFIGURATION] {
        let text = read(path);
        let found = whole_configurations(&text);
        assert!(!found.is_empty(), "{path} has no whole configuration");
        for example in found {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("places.csv"), PLACES).unwrap();
            let file = folder.path().join("tally.toml");
            std::fs::write(&file, example).unwrap();
            if let Err(problems) = config::load(&file) {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                panic!("{path}: {}\n\n{example}", problems.join("\n"));
            }
        }
    }
}

/// Tables of the configuration that are shown in part are still TOML.
#[test]
fn every_toml_block_of_the_documentation_is_toml() {
    for path in pages() {
        let text = read(&path);
        for block in text.split("\n```toml\n").skip(1).filter_map(|rest| rest.split("\n```").next()) {
            assert!(toml::from_str::<toml::Table>(block).is_ok(), "{path}: not TOML:\n{block}");
        }
    }
}

#[test]
fn every_view_of_the_line_list_is_documented() {
    let text = read("docs/src/query.md");
    for view in pipeline::store::views() {
        assert!(text.contains(&format!("`{}`", view.name)), "`{}` is not in docs/src/query.md", view.name);
    }
}

/// The pages of the repository's root and of the manual.
fn pages() -> Vec<String> {
    let top = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];
    let mut files: Vec<String> = top.map(str::to_owned).to_vec();
    let mut folders = vec!["docs/src".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).unwrap() {
            let path = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            let among = if root().join(&path).is_dir() { &mut folders } else { &mut files };
            among.push(path);
        }
    }
    files
}

#[test]
fn every_link_of_the_documentation_leads_somewhere() {
    for path in pages() {
        let text = read(&path);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = if target.is_empty() {
                root().join(&path)
            } else {
                root().join(&path).parent().expect("a file has a folder").join(target)
            };
            assert!(file.exists(), "{path}: {link} leads nowhere");
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&file).unwrap();
                assert!(anchors(&text).iter().any(|known| known == anchor), "{path}: {link} has no such heading");
            }
        }
    }
}

/// The anchors of a chapter's headings, as mdBook and the repository's host make them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings.map(|h| h.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

/// The chapter of the catalogue is written from the catalogue.
#[test]
fn the_chapter_of_the_catalogue_is_the_catalogue() {
    let path = root().join("docs/src/catalogue.md");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let (introduction, _) = committed.split_once("\n## ").expect("the chapter has an introduction");
    let expected = format!("{introduction}\n{}", chapter_of_the_catalogue());
    if std::env::var_os("TALLY_UPDATE").is_some() {
        std::fs::write(&path, &expected).unwrap();
    } else {
        assert!(committed == expected, "docs/src/catalogue.md is stale: run this test with TALLY_UPDATE=1");
    }
}

fn chapter_of_the_catalogue() -> String {
    let mut text = String::new();
    for set in catalogue::sets() {
        text += &format!("## {}\n\n", set.title);
        text += &format!("Set `{}`, after: {}.\n\n", set.name, set.source.join("; "));
        if !set.parameters.is_empty() {
            text += "| parameter | if absent | meaning |\n|---|---|---|\n";
            for parameter in &set.parameters {
                text += &format!("| `{}` | `{}` | {} |\n", parameter.name, parameter.default, parameter.meaning);
            }
            text += "\n";
        }
        text += "| code | counts | title and meaning |\n|---|---|---|\n";
        for block in &set.blocks {
            let of = block.of.as_deref().unwrap_or("case");
            let caution = block.caution.as_deref().map(|caution| format!(" {caution}")).unwrap_or_default();
            text += &format!("| `{}` | `{of}` | **{}.** {}{caution} |\n", block.code, block.title, block.meaning);
        }
        text += "\n";
    }
    text.trim_end().to_owned() + "\n"
}

/// Every kind of error. A new one does not compile until it stands here.
fn kinds() -> Vec<ErrorKind> {
    let next = |kind: Option<ErrorKind>| {
        Some(match kind {
            None => ErrorKind::Internal,
            Some(ErrorKind::Internal) => ErrorKind::Config,
            Some(ErrorKind::Config) => ErrorKind::Godata,
            Some(ErrorKind::Godata) => ErrorKind::Dhis2,
            Some(ErrorKind::Dhis2) => ErrorKind::Held,
            Some(ErrorKind::Held) => ErrorKind::Temporary,
            Some(ErrorKind::Temporary) => return None,
        })
    };
    std::iter::successors(next(None), |kind| next(Some(*kind))).collect()
}

/// The cells of the rows of the first table below a heading.
fn table<'t>(text: &'t str, heading: &str) -> Vec<Vec<&'t str>> {
    let (_, below) = text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading `{heading}`"));
    let rows = below.lines().skip_while(|line| !line.starts_with('|')).skip(2);
    let cells = |row: &'t str| row.trim_matches('|').split('|').map(str::trim).collect();
    rows.take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// Every exit code stands there with its kind of error.
fn assert_exit_codes(introduction: &str) {
    let rows = table(introduction, "## Exit codes");
    for kind in kinds() {
        let (code, name) = (kind.exit_code().to_string(), format!("`{}`", kind.name()));
        let row = rows.iter().find(|row| row[0] == code && row[1] == name);
        let row = row.unwrap_or_else(|| panic!("docs/src/errors.md has no row for exit code {code}, {name}"));
        assert!(row.iter().all(|cell| !cell.is_empty()), "{row:?}");
    }
    // 0, and 2 of the command line, are no errors of a run.
    assert_eq!(rows.len(), kinds().len() + 2);
}

/// The list of codes is written from the codes, and stands at the end of its page.
#[test]
fn every_exit_code_and_every_error_code_is_documented_with_cause_and_remedy() {
    let path = root().join("docs/src/errors.md");
    let committed = std::fs::read_to_string(&path).expect("the page of errors");
    let (introduction, _) = committed.split_once("\n## Codes\n").expect("the page has a heading `## Codes`");
    assert_exit_codes(introduction);
    let row = |code: &Code| format!("| `{code}` | {} | {} |\n", code.cause(), code.remedy());
    let rows: String = Code::ALL.iter().map(row).collect();
    let expected = format!("{introduction}\n## Codes\n\n| code | cause | remedy |\n|---|---|---|\n{rows}");
    if std::env::var_os("TALLY_UPDATE").is_some() {
        std::fs::write(&path, &expected).unwrap();
    } else {
        assert!(committed == expected, "docs/src/errors.md is stale: run this test with TALLY_UPDATE=1");
    }
    for kind in kinds() {
        assert!(Code::ALL.contains(&Code::of(kind)));
    }
}

#[test]
fn every_code_of_the_doctor_is_documented_with_cause_and_remedy_and_no_other() {
    let text = read("docs/src/doctor.md");
    let rows = table(&text, "## Codes");
    let names: Vec<String> = rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let expected: Vec<String> = doctor::Code::ALL.iter().map(|code| code.name().to_owned()).collect();
    assert_eq!(names, expected);
    for row in rows {
        assert_eq!(row.len(), 4, "code, what is looked at, cause, remedy: {row:?}");
        assert!(row.iter().all(|cell| !cell.is_empty()), "{row:?}");
    }
}

/// What editors are told to do is what the repository has.
#[test]
fn the_page_of_the_schema_names_the_file_that_is_there() {
    let text = read("docs/src/reference/schema.md");
    assert!(text.contains("#:schema ") && text.contains("tally.schema.json") && text.contains("tally schema"));
    assert!(root().join("schema/tally.schema.json").exists());
}
