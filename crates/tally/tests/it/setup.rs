//! `tally init`: from two addresses to a configuration that a run can use.

use crate::site::{Site, command_in, snapshot, weekly_numbers};
use jiff::civil::date;
use sandbox::population::Population;
use sandbox::world::{WorldOptions, account};
use std::collections::BTreeMap;

/// The weekly data set of WHO's COVID-19 package.
const WEEKLY: &str = "uKtOZwDnIpM";

/// Two servers and an empty folder, but for what a test writes.
fn bare() -> Site {
    let site = Site::of(weekly_numbers(), Population::covid19(19, 240, date(2020, 2, 3), 12), &WorldOptions::default());
    for file in ["tally.toml", "places.csv", "godata-password", "dhis2-password"] {
        std::fs::remove_file(site.path(file)).expect("it is there");
    }
    site
}

pub(crate) fn passwords() -> BTreeMap<String, String> {
    let set = [("TALLY_GODATA_PASSWORD", account::GODATA_PASSWORD), ("TALLY_DHIS2_PASSWORD", account::DHIS2_PASSWORD)];
    set.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// `tally init` without a question, with more arguments.
fn arguments(site: &Site, more: &[&str]) -> Vec<String> {
    let (godata, dhis2) = (site.world.godata.url(), site.world.dhis2_url());
    let all = ["init", "--non-interactive", "--godata", &godata, "--dhis2", &dhis2];
    let accounts = ["--godata-email", account::GODATA_EMAIL, "--dhis2-account", account::DHIS2_USERNAME];
    all.iter().chain(&accounts).chain(more).map(|word| (*word).to_owned()).collect()
}

fn init(site: &Site, more: &[&str]) -> crate::site::Ended {
    let arguments = arguments(site, more);
    site.tally_with(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), &passwords())
}

/// The data set's name without the rest, so that a test does not depend on what the catalogue says of a block.
fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}

#[test]
fn two_addresses_become_a_report_that_says_the_truth() {
    let site = bare();
    let ended = init(&site, &["--data-set", WEEKLY, "--no-plan"]).with_code(0);
    snapshot("init", &ended.to_string());
    snapshot("init_configuration", &site.read("tally.toml"));
    snapshot("init_environment", &site.read(".env.example"));
    assert!(site.read("tally.schema.json").contains("\"$schema\""));
    site.tally_with(&["map", "places"], &passwords());
    site.tally_with(&["check"], &passwords()).with_code(0);
    let run = ["run", "--from", "2020W6", "--to", "2020W17"];
    site.tally_with(&run, &passwords()).with_code(0);
    // The oracle counts what the weekly example counts: each of its data elements was proposed, and none is counted otherwise.
    let truth = site.truth();
    let elements: std::collections::BTreeSet<&str> = truth.keys().map(|key| key.0.as_str()).collect();
    let mut values = site.values();
    values.retain(|key, _| elements.contains(key.0.as_str()));
    assert_eq!(values, truth);
}

#[test]
fn it_ends_with_the_plan_of_the_last_closed_period() {
    let site = bare();
    let ended = init(&site, &["--data-set", WEEKLY]).with_code(0);
    let said = ended.to_string();
    assert!(said.contains("The plan of the last closed period"), "{said}");
    assert!(said.contains("clean: planned; nothing was pushed") || said.contains("nothing to push"), "{said}");
    assert_eq!(site.n_writes(), 0);
}

#[test]
fn of_several_reports_the_first_is_planned() {
    let site = bare();
    init(&site, &["--data-set", WEEKLY, "--no-plan"]).with_code(0);
    let second = "[[report]]\nname = \"second\"\ndata_set = \"kIfMNugiTgd\"\nperiod = \"Daily\"\n\n[[report.indicator]]\n\
                  use = \"covid19.tested\"\ndata_element = \"COVID_19_CASES_TESTED\"\n";
    let whole = site.read("tally.toml");
    let mut uid = String::new();
    site.world.dhis2.edit(|metadata| {
        let tested = metadata.data_elements.iter().find(|one| one.name == "COVID-19 - Cases tested");
        uid.clone_from(&tested.expect("the element").uid);
    });
    let second = second.replace("COVID_19_CASES_TESTED", &uid);
    site.write("tally.toml", format!("{whole}{second}"));
    let said = site.tally_with(&["init", "--non-interactive"], &passwords()).with_code(0).to_string();
    assert!(said.contains("Report `weekly`"), "{said}");
}

#[test]
fn again_it_adds_what_is_missing_and_changes_nothing_else() {
    let site = bare();
    init(&site, &["--data-set", WEEKLY, "--no-plan"]).with_code(0);
    let whole = site.read("tally.toml");
    let again = site.tally_with(&["init", "--non-interactive", "--no-plan"], &passwords()).with_code(0);
    assert!(again.to_string().contains("nothing was changed"), "{again}");
    assert_eq!(site.read("tally.toml"), whole);

    // A person changed something and removed an indicator; another table stands behind the report.
    let cut = whole.find("# Deaths of confirmed cases").expect("the block is there");
    let end = cut + whole[cut..].find("\n\n").expect("it ends") + 2;
    let changed = format!("{}{}[quality]\nall_rules = true # by hand\n", &whole[..cut], &whole[end..])
        .replace("look_back = 12", "look_back = 5");
    site.write("tally.toml", &changed);
    site.tally_with(&["init", "--non-interactive", "--no-plan"], &passwords()).with_code(0);
    let mended = site.read("tally.toml");
    assert_eq!(mended.matches("use = \"covid19.confirmed_deaths\"").count(), 1, "{mended}");
    assert!(
        mended.contains("look_back = 5") && mended.ends_with("[quality]\nall_rules = true # by hand\n"),
        "{mended}"
    );
    let n_lines = without_comments(&changed).lines().count() + without_comments(&whole[cut..end]).lines().count();
    assert_eq!(without_comments(&mended).lines().count(), n_lines, "nothing else is there: {mended}");
    site.tally_with(&["check"], &passwords());
}

#[test]
fn what_is_not_beyond_doubt_stays_open_in_the_file() {
    let site = bare();
    site.world.dhis2.edit(|metadata| {
        for element in &mut metadata.data_elements {
            if element.name == "COVID19 - New Confirmed Cases" {
                element.name = "COVID19 - New Confirmed Cases among Refugees".to_owned();
            }
        }
        let male = metadata.category_options.iter_mut().find(|option| option.name == "Male").expect("the option");
        (male.name, male.code) = ("Herren".to_owned(), None);
    });
    let ended = init(&site, &["--data-set", WEEKLY, "--no-plan"]).with_code(0);
    snapshot("init_open", &ended.to_string());
    let file = site.read("tally.toml");
    assert!(file.contains("is not understood: `Herren` is no sex."), "{file}");
    assert!(!without_comments(&file).contains("bmbNyNoJcXP"), "{file}");
}

#[test]
fn what_is_missing_or_wrong_is_told_before_anything_is_written() {
    let site = bare();
    let nothing = BTreeMap::new();
    snapshot("init_no_flags", &site.tally_with(&["init", "--non-interactive"], &nothing).with_code(10).to_string());
    let given = arguments(&site, &["--data-set", WEEKLY]);
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    snapshot("init_no_password", &site.tally_with(&given, &nothing).with_code(10).to_string());
    let wrong: BTreeMap<String, String> =
        passwords().into_keys().map(|name| (name, "not the password".to_owned())).collect();
    snapshot("init_wrong_password", &site.tally_with(&given, &wrong).with_code(20).to_string());
    snapshot(
        "init_no_data_set",
        &init(&site, &["--data-set", "COVID19 - Agregate Weekly Surveillance"]).with_code(10).to_string(),
    );
    snapshot("init_which_data_set", &init(&site, &[]).with_code(10).to_string());
    assert!(!site.path("tally.toml").exists());
}

#[test]
fn the_map_of_options_says_what_counts_where_and_what_is_missing() {
    let site = Site::weekly();
    snapshot("map_options", &site.tally(&["map", "options"]).with_code(0).to_string());

    // DHIS2 gains an age band, and the configuration loses the sexes.
    site.world.dhis2.edit(|metadata| {
        let known = metadata.category_options.iter().find(|option| option.name == "80+ years").expect("the option");
        let (uid, name) = ("NewBand0001".to_owned(), "90+ years".to_owned());
        let mut new = known.clone();
        (new.uid, new.name, new.code) = (uid, name, None);
        metadata.category_options.push(new);
        let ages =
            metadata.categories.iter_mut().find(|category| category.name == "Age (COVID19)").expect("the category");
        ages.category_options.push("NewBand0001".into());
    });
    let text = site.read("tally.toml");
    let (from, to) = (text.find("[[dimension]]").expect("sex"), text.rfind("[[dimension]]").expect("age"));
    site.write(
        "tally.toml",
        format!("{}{}", &text[..from], &text[to..]).replace("by = [\"age_group\", \"sex\"]", "by = [\"age_group\"]"),
    );
    snapshot("map_options_open", &site.tally(&["map", "options"]).with_code(40).to_string());
}

/// A person at a terminal: types addresses and passwords, and chooses the data set.
#[cfg(unix)]
#[test]
fn a_person_is_asked_for_everything() {
    use std::os::unix::fs::PermissionsExt;
    let site = bare();
    let mut command = command_in(site.folder(), &["init", "--no-plan"], &BTreeMap::new());
    command.env("TERM", "xterm").env("NO_COLOR", "1").env("COLUMNS", "200");
    let mut person =
        rexpect::session::spawn_command(crate::map_places::inherited(command), Some(60_000)).expect("a terminal");
    let (godata, dhis2) = (site.world.godata.url(), site.world.dhis2_url());
    for (question, keys) in [
        ("Address of Go.Data", godata.as_str()),
        ("E-mail address", account::GODATA_EMAIL),
        ("Password of", account::GODATA_PASSWORD),
        ("Address of DHIS2", dhis2.as_str()),
        ("User name", account::DHIS2_USERNAME),
        ("Password of", account::DHIS2_PASSWORD),
        ("Which data set", "Aggregate Weekly"),
    ] {
        person.exp_string(question).unwrap_or_else(|error| panic!("{question}: {error}"));
        person
            .send(keys)
            .and_then(|_| person.send("\r"))
            .and_then(|_| person.flush())
            .expect("the terminal takes keys");
    }
    person.exp_string("Written: tally.toml").expect("it is written");
    person.exp_eof().expect("it ends");
    let file = site.read("tally.toml");
    assert!(file.contains("password_file = \"secrets/godata-password\""), "{file}");
    for (name, secret) in [("godata", account::GODATA_PASSWORD), ("dhis2", account::DHIS2_PASSWORD)] {
        let path = site.path(&format!("secrets/{name}-password"));
        assert_eq!(std::fs::read_to_string(&path).expect("it is kept"), secret);
        assert_eq!(std::fs::metadata(&path).expect("it is kept").permissions().mode() & 0o777, 0o600);
        // The password is where it belongs, and the site's own search would find it there.
        site.tally(&["check"]);
        std::fs::remove_file(&path).expect("it can be removed");
    }
}
