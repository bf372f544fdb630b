//! Every example's report, computed there and here.

use crate::machines::Machines;
use crate::site::Site;
use jiff::civil::{Weekday, date};
use sandbox::dhis2::DataElement;
use sandbox::population::Population;
use serde_json::Value;
use std::path::Path;

/// Weeks of the outbreaks: a look-back of the examples.
const WEEKS: u32 = 30;

fn examples() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut found: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    let text = |path: &Path| std::fs::read_to_string(path.join("tally.toml")).ok();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    // Those that can be run: an example for a country's own DHIS2 has no server here.
    let all = found.iter().filter_map(|path| Some((name(path), text(path)?)));
    all.filter(|(_, text)| text.contains("http://127.0.0.1:8431")).collect()
}

/// What a report says of the records, and the plan with all its cells, is the same: only how and when it came to be, and
/// the quality of the records, which is not looked at there, may differ.
#[track_caller]
pub(crate) fn agree(there: &Value, here: &Value, what: &str) {
    const OTHER: [&str; 8] =
        ["run", "started_at", "finished_at", "timings", "godata", "warnings", "quality", "comparison"];
    let (there, here) = (there.as_object().unwrap(), here.as_object().unwrap());
    for key in there.keys().chain(here.keys()).filter(|key| !OTHER.contains(&key.as_str())) {
        assert!(
            there.get(key) == here.get(key),
            "{what}: `{key}` differs:\n{:#?}\n{:#?}",
            there.get(key),
            here.get(key)
        );
    }
}

#[test]
fn every_example_says_there_what_it_says_here() {
    let machines = Machines::start(2, &[]);
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let first = today.checked_sub(jiff::Span::new().weeks(i64::from(WEEKS))).unwrap();
    let first = first.nth_weekday(-1, Weekday::Monday).unwrap();
    let examples = examples();
    assert!(examples.len() >= 2);
    for (name, example) in examples {
        let site = Site::of(&example, Population::covid19(7, 400, first, WEEKS));
        let snapshots = site.path("snapshots");
        site.engine(machines.url.as_str(), &snapshots);
        let here = site.tally(&["plan", "--output", "json", "--full"], &[]).with_code(0).json();
        let files = ["snapshot", "--config", "cluster.toml", "--files", "3", "--output", "json"];
        let taken = site.tally(&files, &[]).with_code(0).json();
        // It may hold persons who are not counted, beside whom samples are.
        assert!(taken["n_records"].as_u64() >= here["godata"]["n_records"].as_u64(), "{name}");
        let there = ["plan", "--config", "cluster.toml", "--output", "json"];
        let there = site.tally(&there, &[]).with_code(0).json();
        assert_eq!(there["godata"]["extraction"], "snapshot");
        assert!(there["quality"].is_null() && here["quality"].is_object(), "what is not known is not zero");
        let n_changes = here["plan"]["changes"].as_array().map_or(0, Vec::len);
        assert!(n_changes > 50, "{name}: {n_changes}");
        agree(&there, &here, &name);
    }
}

/// What counts other records than persons: after whom they are about, and by themselves.
const AROUND: &str = r#"
[[report.indicator]]
code = "tests_of_cases"
of = "lab_result"
where = "result IS NOT NULL AND person.kind = 'case'"
when = "date_of_result"
data_element = "TestsOfCase"
[[report.indicator]]
code = "days_to_result"
of = "lab_result"
measure = "median date_of_result - date_sample_taken"
when = "date_of_result"
data_element = "DaysToResul"
[[report.indicator]]
code = "visits_of_women"
of = "follow_up"
where = "person.gender = 'FEMALE'"
when = "date"
data_element = "VisitsOfWom"
[[report.indicator]]
code = "infected_by_elders"
of = "relationship"
where = "source.age_years > target.age_years"
when = "target.date_of_onset"
measure = "count distinct target_id"
data_element = "ByElders001"
[[report.indicator]]
code = "gatherings"
of = "event"
when = "date"
data_element = "Gatherings1"
"#;

/// Their data elements, which the example does not have.
const AROUND_ELEMENTS: [&str; 5] = ["TestsOfCase", "DaysToResul", "VisitsOfWom", "ByElders001", "Gatherings1"];

#[test]
fn records_around_persons_are_counted_there_as_here() {
    let machines = Machines::start(2, &[]);
    let example = examples().into_iter().find(|(name, _)| name == "covid19-weekly").unwrap().1;
    let site = Site::of(&(example + AROUND), Population::covid19(7, 1500, date(2020, 2, 3), WEEKS));
    site.world.dhis2.edit(|metadata| {
        for uid in AROUND_ELEMENTS {
            let known = metadata.data_elements.iter().find(|element| element.uid == "E1pXvzyZzKB").unwrap();
            let (value_type, name) = ("NUMBER".to_owned(), format!("Element {uid}"));
            let own = DataElement { uid: uid.into(), code: None, name, short_name: None, value_type, ..known.clone() };
            metadata.data_elements.push(own);
            metadata.data_set_mut("uKtOZwDnIpM").data_elements.push(uid.into());
        }
    });
    let snapshots = site.path("snapshots");
    site.engine(machines.url.as_str(), &snapshots);
    let plan = |config, full: &[&str]| {
        let arguments = ["plan", "--config", config, "--from", "2020W6", "--to", "2020W35", "--output", "json"];
        let arguments: Vec<&str> = arguments.into_iter().chain(full.iter().copied()).collect();
        site.tally(&arguments, &[]).with_code(0).json()
    };
    let here = plan("tally.toml", &["--full"]);
    let changes = here["plan"]["changes"].as_array().unwrap();
    for element in AROUND_ELEMENTS {
        let n = changes.iter().filter(|change| change["data_element"] == element).count();
        assert!(n > 4, "{element}: {n}");
    }
    for from in ["line-list", "godata"] {
        site.tally(&["snapshot", "--config", "cluster.toml", "--files", "2", "--from", from], &[]).with_code(0);
        agree(&plan("cluster.toml", &[]), &here, from);
    }
}

#[test]
fn a_run_over_a_snapshot_straight_from_go_data_says_the_truth() {
    let machines = Machines::start(2, &[]);
    let example = examples().into_iter().find(|(name, _)| name == "covid19-weekly").unwrap().1;
    let site = Site::of(&example, Population::covid19(7, 300, date(2020, 2, 3), WEEKS));
    let snapshots = site.path("snapshots");
    site.engine(machines.url.as_str(), &snapshots);
    let taken = ["snapshot", "--config", "cluster.toml", "--from", "godata"];
    let taken = site.tally(&taken, &[]).with_code(0);
    assert!(taken.out().starts_with("Snapshot of outbreak "), "{}", taken.out());
    assert!(!site.path(".tally/snapshot.sqlite").exists(), "what it was made of is gone");
    let span = ["--from", "2020W6", "--to", "2020W35"];
    let run: Vec<&str> = ["run", "--config", "cluster.toml"].into_iter().chain(span).collect();
    let ran = site.tally(&run, &[]).with_code(0);
    assert!(ran.out().contains("computed by Ballista, from a snapshot"), "{}", ran.out());
    let week = |period: &str| period.strip_prefix("2020W").and_then(|week| week.parse::<u32>().ok());
    let mut truth = site.world.weekly_truth();
    truth.extend(site.world.weekly_tested());
    truth.retain(|key, _| week(&key.1).is_some_and(|week| (6..=35).contains(&week)));
    assert!(truth.len() > 100);
    let weeks: Vec<String> = (6..=35).map(|week| format!("2020W{week}")).collect();
    truth.extend(site.world.weekly_transmission(&weeks));
    assert_eq!(site.world.dhis2.values(), truth);

    site.world.dhis2.clear_requests();
    site.tally(&run, &[]).with_code(0);
    let writes = site.world.dhis2.requests().into_iter().filter(|request| request.method == "POST");
    assert_eq!(
        writes.filter(|request| request.path.contains("dataValueSets")).count(),
        0,
        "a second run pushes nothing"
    );
}
