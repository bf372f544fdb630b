//! The cases of a real training outbreak, read from the files that Go.Data wrote, held against a count straight from
//! their JSON in which no code of ours takes part.

use crate::site::{DAILY, Ended, Site, snapshot};
use jiff::civil::date;
use sandbox::dhis2::{DEFAULT_OPTION_COMBO, ValueKey};
use sandbox::godata::Documents;
use sandbox::population::{OrgUnit, Population};
use sandbox::world::WorldOptions;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The data element "New confirmed cases".
const ELEMENT: &str = "CnPsS2xE8UN";
/// The location that the map leaves without an organisation unit.
const UNMAPPED: &str = "SN001011001000000000";
const DAYS: [&str; 5] = ["run", "--from", "20200601", "--to", "20201231"];
const CLASSIFICATION: &str = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_";

/// The three that this country added to say *confirmed*.
const ADDED: [&str; 3] =
    ["CONFIRMADO_POR_LABORATORIO", "CONFIRMED_ASYMPTOMATIC", "CONFIRMADO_POR_CRITERIO_EPIDEMIOLOGICO"];

fn shared(name: &str) -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("TALLY_SHARED").map_or(default, PathBuf::from);
    let path = folder.join("data").join(name);
    assert!(path.exists(), "{} is absent: set TALLY_SHARED to the folder with reference/ and data/", path.display());
    path.canonicalize().unwrap()
}

fn cases() -> Vec<Value> {
    serde_json::from_slice(&std::fs::read(shared("cases.json")).unwrap()).unwrap()
}

fn text<'a>(case: &'a Value, field: &str) -> Option<&'a str> {
    case[field].as_str().filter(|text| !text.is_empty())
}

fn location(case: &Value) -> Option<&str> {
    text(case, "usualPlaceOfResidenceLocationId")
}

fn day(case: &Value) -> &str {
    &text(case, "dateOfReporting").expect("every case has been reported")[..10]
}

fn is_one_of(case: &Value, classifications: &[&str]) -> bool {
    let short = text(case, "classification").and_then(|text| text.strip_prefix(CLASSIFICATION));
    short.is_some_and(|short| classifications.contains(&short))
}

fn org_units() -> Vec<OrgUnit> {
    let ids: BTreeSet<String> = cases().iter().filter_map(location).map(str::to_owned).collect();
    assert!(ids.contains(UNMAPPED));
    let unit = |uid: String, location_id: &str, parent: Option<&str>, level| OrgUnit {
        code: format!("code of {uid}"),
        name: format!("Place {location_id}"),
        parent: parent.map(str::to_owned),
        level,
        location_id: location_id.to_owned(),
        point: None,
        border: Vec::new(),
        uid,
    };
    let root = unit("OuCountry00".to_owned(), "the whole country", None, 1);
    let places = ids.iter().filter(|id| *id != UNMAPPED).enumerate();
    let places = places.map(|(at, id)| unit(format!("OuPlace{at:04}"), id, Some("OuCountry00"), 2));
    [root].into_iter().chain(places).collect()
}

/// The daily example, reading the files.
fn site() -> Site {
    let mut population = Population::covid19(7, 0, date(2020, 6, 1), 1);
    population.documents = Documents::default();
    population.org_units = org_units();
    let mut site = Site::of(DAILY, population, &WorldOptions::default());
    let text = site.read("tally.toml");
    let (begin, end) = (text.find("[godata]").unwrap(), text.find("[dhis2]").unwrap());
    let files = format!(
        "[godata]\nfiles = {{ cases = {:?}, reference_data = {:?} }}\n\n",
        shared("cases.json"),
        shared("reference-data.json")
    );
    site.write("tally.toml", format!("{}{files}{}", &text[..begin], &text[end..]));
    site.settle();
    let mut csv = format!("location_id,org_unit\n{UNMAPPED},\n");
    for unit in site.world.population.org_units.iter().filter(|unit| unit.parent.is_some()) {
        csv += &format!("{},{}\n", unit.location_id, unit.uid);
    }
    site.write("places.csv", csv);
    site.arguments = DAYS.map(str::to_owned).to_vec();
    site
}

/// The option of an age in completed years. A child of 0 years and so many months is 0 years old.
fn age_option(case: &Value) -> Option<&'static str> {
    let bands = [
        (85, "F3RlEj6nnR3"),
        (75, "R4m7KraS4aZ"),
        (65, "AlUYlzoMVvN"),
        (55, "Lo1gxiS8zap"),
        (45, "nkQw9lhkbGV"),
        (35, "utyLRFta4ie"),
        (25, "O6UJSfL4psp"),
        (15, "ls9vGYWbvwG"),
        (5, "pa0cY66MrG6"),
        (0, "UPvKbcqTEY3"),
    ];
    let years = case["age"]["years"].as_u64()?;
    bands.iter().find(|(from, _)| years >= *from).map(|(_, option)| *option)
}

fn sex_option(case: &Value) -> Option<&'static str> {
    match text(case, "gender")? {
        "LNG_REFERENCE_DATA_CATEGORY_GENDER_MALE" => Some("MP15bHaQh2x"),
        "LNG_REFERENCE_DATA_CATEGORY_GENDER_FEMALE" => Some("FFA9e1yIXCT"),
        _ => None,
    }
}

/// The cells as they should be, and the days of the cases that have no cell: without age, sex or mapped place.
fn counted(site: &Site, classifications: &[&str]) -> (BTreeMap<ValueKey, String>, Vec<String>) {
    let combos: BTreeMap<BTreeSet<String>, String> = site.world.dhis2.edit(|metadata| {
        let element = metadata.data_elements.iter().find(|element| element.uid == ELEMENT).unwrap();
        let combos = metadata.category_option_combos.iter();
        let combos = combos.filter(|combo| combo.category_combo == element.category_combo);
        combos.map(|combo| (combo.category_options.iter().cloned().collect(), combo.uid.clone())).collect()
    });
    let units: BTreeMap<&str, &str> =
        site.world.population.org_units.iter().map(|unit| (unit.location_id.as_str(), unit.uid.as_str())).collect();
    let mut counts: BTreeMap<ValueKey, u64> = BTreeMap::new();
    let mut without_cell = Vec::new();
    for case in cases().iter().filter(|case| is_one_of(case, classifications)) {
        assert_ne!(case["deleted"], true);
        let unit = location(case).and_then(|location| units.get(location));
        let (Some(age), Some(sex), Some(unit)) = (age_option(case), sex_option(case), unit) else {
            without_cell.push(day(case).to_owned());
            continue;
        };
        let combo = &combos[&BTreeSet::from([age.to_owned(), sex.to_owned()])];
        let (element, period, default) =
            (ELEMENT.to_owned(), day(case).replace('-', ""), DEFAULT_OPTION_COMBO.to_owned());
        *counts.entry((element, period, (*unit).to_owned(), combo.clone(), default)).or_default() += 1;
    }
    (counts.into_iter().map(|(key, n)| (key, n.to_string())).collect(), without_cell)
}

fn sum<'a>(values: impl Iterator<Item = (&'a ValueKey, &'a String)>) -> u64 {
    values.map(|(_, value)| value.parse::<u64>().unwrap()).sum()
}

/// How many cases the report counted, and how many it excluded for a reason other than its condition.
fn account(site: &Site, run: &str) -> (u64, BTreeMap<String, u64>) {
    let report = site.tally(&["show", run, "--output", "json"]).with_code(0).json();
    let row = &report["account"][0];
    let excluded = row["excluded"].as_array().unwrap().iter();
    let excluded: BTreeMap<String, u64> =
        excluded.map(|tally| (tally["name"].as_str().unwrap().to_owned(), tally["n"].as_u64().unwrap())).collect();
    assert_eq!(row["n_records"], 54);
    assert_eq!(row["counted"].as_u64().unwrap() + excluded.values().sum::<u64>(), 54, "every case is accounted for");
    (row["counted"].as_u64().unwrap(), excluded)
}

fn other_than_condition(excluded: &BTreeMap<String, u64>) -> u64 {
    excluded.iter().filter(|(reason, _)| !reason.contains("condition")).map(|(_, n)| n).sum()
}

#[test]
fn every_cell_is_as_counted_by_hand() {
    let site = site();
    let (truth, without_cell) = counted(&site, &["CONFIRMED"]);
    let ended = site.run().with_code(0);
    snapshot("fifty_four_cases", &ended.to_string());
    assert_eq!(site.values(), truth);

    let (counted, excluded) = account(&site, "1");
    assert_eq!(counted, sum(truth.iter()));
    assert_eq!(other_than_condition(&excluded), without_cell.len() as u64);
    assert_eq!(counted + other_than_condition(&excluded), 28, "28 confirmed cases in all");

    for (day, n) in [("2020-07-14", 6), ("2020-07-24", 2)] {
        let period = day.replace('-', "");
        let of_day = sum(site.values().iter().filter(|(key, _)| key.1 == period));
        let missing = without_cell.iter().filter(|other| *other == day).count() as u64;
        assert_eq!(of_day + missing, n, "confirmed cases reported on {day}");
        // The account of a run over that day alone says the same.
        let (from, to) = (period.as_str(), period.as_str());
        let one_day = site.tally(&["plan", "--from", from, "--to", to, "--output", "json"]).with_code(0).json();
        let row = &one_day["account"][0];
        assert_eq!(row["counted"], of_day);
    }
}

#[test]
fn another_word_for_confirmed_is_found() {
    let site = site();
    let ended = site.run().with_code(0);
    let report = site.tally(&["show", "1", "--output", "json"]).json();
    let unmentioned: BTreeMap<String, u64> = report["unmentioned"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|value| value["field"] == "classification")
        .map(|value| (value["value"].as_str().unwrap().to_owned(), value["n_records"].as_u64().unwrap()))
        .collect();
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for case in cases() {
        let short = text(&case, "classification").unwrap().strip_prefix(CLASSIFICATION).unwrap().to_owned();
        if short != "CONFIRMED" {
            *expected.entry(short).or_default() += 1;
        }
    }
    assert_eq!(unmentioned, expected);
    assert_eq!(ADDED.map(|name| expected[name]), [4, 2, 1]);
    for (name, n) in ADDED.iter().zip(["4 records", "2 records", "1 record"]) {
        assert!(ended.out.contains(&format!("classification = '{name}': {n}\n")), "{ended}");
    }
}

#[test]
fn with_the_countrys_own_words_there_are_35() {
    let mut site = site();
    let all = ["CONFIRMED", ADDED[0], ADDED[1], ADDED[2]];
    site.configure(
        "where = \"classification = 'CONFIRMED'\"",
        "where = \"classification IN ('CONFIRMED', 'CONFIRMADO_POR_LABORATORIO', 'CONFIRMED_ASYMPTOMATIC', \
         'CONFIRMADO_POR_CRITERIO_EPIDEMIOLOGICO')\"",
    );
    site.settle();
    let (truth, without_cell) = counted(&site, &all);
    site.run().with_code(0);
    assert_eq!(site.values(), truth);
    let (counted, excluded) = account(&site, "1");
    assert_eq!(counted + other_than_condition(&excluded), 35);
    assert_eq!(sum(truth.iter()) + without_cell.len() as u64, 35);
}

/// Breaks the file of cases; the report that was written before stays as it is.
#[track_caller]
fn refused(name: &str, code: i32, spoil: impl FnOnce(&Site) -> String) -> Ended {
    let site = site();
    site.run().with_code(0);
    let (values, n_writes) = (site.values(), site.n_writes());
    let good = site.read("tally.toml");
    let cases = spoil(&site);
    site.configure(shared("cases.json").to_str().unwrap(), &cases);
    let ended = site.run();
    snapshot(name, &ended.to_string());
    assert_eq!(ended.code, Some(code), "{ended}");
    assert!(ended.err.contains("error: ") && ended.err.contains("hint: "), "{ended}");
    assert_eq!((site.values(), site.n_writes()), (values.clone(), n_writes), "nothing was written");
    site.write("tally.toml", good);
    site.run().with_code(0);
    assert_eq!((site.values(), site.n_writes()), (values, n_writes), "nothing was lost");
    ended
}

#[test]
fn a_file_that_is_not_there() {
    refused("file_absent", 10, |_| "csaes.json".to_owned());
}

#[test]
fn a_folder_for_a_file() {
    refused("file_is_a_folder", 10, |site| {
        std::fs::create_dir(site.path("cases")).unwrap();
        "cases".to_owned()
    });
}

#[test]
fn a_file_that_is_not_json() {
    refused("file_not_json", 10, |site| {
        site.write("cases.csv", "id,classification\n1,CONFIRMED\n");
        "cases.csv".to_owned()
    });
    refused("file_html", 10, |site| {
        site.write("cases.html", "<html>Please sign in</html>");
        "cases.html".to_owned()
    });
}

#[test]
fn a_file_that_holds_an_object() {
    refused("file_object", 10, |site| {
        site.write("cases.json", "{\"error\": {\"statusCode\": 401, \"name\": \"Error\"}}");
        "cases.json".to_owned()
    });
}

#[test]
fn a_file_that_ends_too_early() {
    refused("file_cut", 10, |site| {
        let bytes = std::fs::read(shared("cases.json")).unwrap();
        site.write("cases.json", &bytes[..bytes.len() / 2]);
        "cases.json".to_owned()
    });
}

#[test]
fn a_file_without_a_case() {
    refused("file_empty_list", 10, |site| {
        site.write("cases.json", "[]");
        "cases.json".to_owned()
    });
}

#[test]
fn an_unknown_value_is_checked_against_the_file_of_reference_data() {
    let site = site();
    site.configure("classification = 'CONFIRMED'", "classification = 'CONFIRMD'");
    let ended = site.run().with_code(10);
    snapshot("file_unknown_reference_value", &ended.to_string());
    assert!(site.values().is_empty());
}
