//! The examples of the repository do what they say, against the servers that `tally sandbox` starts.

use crate::site::{DAILY, Ended, Site, WEEKLY, command_in, tally_in};
use jiff::civil::date;
use sandbox::dhis2::ValueKey;
use sandbox::population::Population;
use sandbox::world::{WorldOptions, account};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn site(example: &str, version: &str) -> Site {
    let options = WorldOptions { dhis2_version: version.to_owned(), ..WorldOptions::default() };
    Site::of(example, Population::covid19(7, 1200, date(2020, 2, 3), 30), &options)
}

/// Runs an example over all its periods and compares every cell of DHIS2.
#[track_caller]
fn equals_the_truth(site: &Site, from: &str, to: &str, truth: &BTreeMap<ValueKey, String>) -> Ended {
    assert!(truth.len() > 100, "there is something to compare: {}", truth.len());
    let ended = site.tally(&["run", "--from", from, "--to", to]).with_code(0);
    assert_eq!(&site.values(), truth);
    ended
}

#[test]
fn the_weekly_example_equals_the_oracle() {
    for version in ["2.42.1", "2.43.1"] {
        let site = site(WEEKLY, version);
        let week = |key: &ValueKey| key.1.strip_prefix("2020W").and_then(|week| week.parse::<u32>().ok());
        let in_span = |key: &ValueKey| week(key).is_some_and(|week| (6..=35).contains(&week));
        let tested = site.world.weekly_tested();
        assert!(tested.keys().any(|key| key.0 == "pZtyMNtYPLM") && tested.len() > 100, "people were tested");
        let numbers = site.world.weekly_truth().into_iter().chain(tested).filter(|(key, _)| in_span(key));
        let weeks: Vec<String> = (6..=35).map(|week| format!("2020W{week}")).collect();
        let transmission = site.world.weekly_transmission(&weeks);
        let classes: BTreeSet<&str> = transmission.values().map(String::as_str).collect();
        assert_eq!(classes.len(), 4, "every class occurs: {classes:?}");
        let truth = numbers.chain(transmission.clone()).collect();
        equals_the_truth(&site, "2020W6", "2020W35", &truth);
        let n_slices = 30 * site.world.population.org_units.len();
        assert_eq!(site.world.dhis2.completions().len(), n_slices, "all weeks are registered as complete");
    }
}

/// Every data element of the weekly data set is filled.
#[test]
fn the_weekly_example_forgets_no_data_element() {
    let metadata = sandbox::dhis2::Metadata::covid19(&[]);
    let data_set = metadata.data_sets.iter().find(|data_set| data_set.uid == "uKtOZwDnIpM").unwrap();
    assert_eq!(data_set.data_elements.len(), 11);
    let is_filled = |uid: &&String| WEEKLY.lines().any(|line| line == format!("data_element = \"{uid}\""));
    let empty: Vec<_> = data_set.data_elements.iter().filter(|uid| !is_filled(uid)).collect();
    assert!(empty.is_empty(), "the example does not fill {empty:?}");
}

#[test]
fn the_daily_example_equals_the_oracle() {
    for version in ["2.42.1", "2.43.1"] {
        let site = site(DAILY, version);
        let in_span = |key: &ValueKey| ("20200203"..="20200830").contains(&key.1.as_str());
        let truth = site.world.daily_truth().into_iter().filter(|(key, _)| in_span(key)).collect();
        equals_the_truth(&site, "20200203", "20200830", &truth);
    }
}

/// The look-back of an example, from today, as a reader of its first lines would run it.
#[test]
fn the_examples_run_as_they_are() {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let monday = today.checked_sub(jiff::Span::new().weeks(30)).unwrap();
    let monday = monday.nth_weekday(-1, jiff::civil::Weekday::Monday).unwrap();
    for example in [WEEKLY, DAILY] {
        let site = Site::of(example, Population::covid19(7, 300, monday, 30), &WorldOptions::default());
        let ended = site.tally(&["run"]).with_code(0);
        assert!(!site.values().is_empty(), "{ended}");
    }
}

/// What the first lines of the examples tell a reader to do, but for the ports.
#[test]
fn the_sandbox_serves_the_examples() {
    let folder = tempfile::tempdir().unwrap();
    let ports = ["sandbox", "--godata-port", "0", "--dhis2-port", "0", "--cases", "200", "--output", "json"];
    let mut sandbox = command_in(folder.path(), &ports, &BTreeMap::new()).stdout(Stdio::piped()).spawn().unwrap();
    let mut facts = String::new();
    for line in BufReader::new(sandbox.stdout.take().unwrap()).lines() {
        facts += &line.unwrap();
        if facts.ends_with('}') {
            break;
        }
    }
    let facts: serde_json::Value = serde_json::from_str(&facts).unwrap();
    let passwords = [
        ("TALLY_GODATA_PASSWORD".to_owned(), account::GODATA_PASSWORD.to_owned()),
        ("TALLY_DHIS2_PASSWORD".to_owned(), account::DHIS2_PASSWORD.to_owned()),
    ];
    let ended = [("covid19-weekly", WEEKLY), ("covid19-daily", DAILY)].map(|(name, config)| {
        let own = folder.path().join(name);
        fs::create_dir(&own).unwrap();
        let config = config
            .replace("http://127.0.0.1:8431", facts["godata_url"].as_str().unwrap())
            .replace("http://127.0.0.1:8432", facts["dhis2_url"].as_str().unwrap());
        fs::write(own.join("tally.toml"), config).unwrap();
        fs::copy(examples().join(name).join("places.csv"), own.join("places.csv")).unwrap();
        let path = format!("{name}/tally.toml");
        tally_in(folder.path(), &["run", "--config", &path], &passwords.clone().into())
    });
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
    for ended in ended {
        let ended = ended.with_code(0);
        assert!(!ended.out.contains("clean: 0 values"), "{ended}");
    }
}

/// Places do not depend on the seed, so the maps in the repository fit every `tally sandbox`.
#[test]
fn the_maps_are_the_sandboxs() {
    let csv = Population::covid19(7, 1, date(2020, 2, 3), 30).places_csv();
    for example in ["covid19-weekly", "covid19-daily"] {
        let path = examples().join(example).join("places.csv");
        if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
            fs::write(&path, &csv).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap();
        assert_eq!(written, csv, "{}: write it again with INSTA_UPDATE=always", path.display());
    }
}
