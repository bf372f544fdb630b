//! The oracle on a population small enough to count by hand, and its shape on the demo's.

use std::collections::BTreeMap;

use jiff::civil::date;
use sandbox::godata::{Documents, PersonType, document};
use sandbox::oracle::{Key, daily, weekly};
use sandbox::population::Population;
use serde_json::{Value, json};

/// The demo's places with just these cases.
fn counted(cases: &[Value]) -> (BTreeMap<Key, u64>, BTreeMap<Key, u64>, Population) {
    let mut population = Population::covid19(1, 0, date(2020, 2, 3), 1);
    let persons = cases.iter().map(|case| {
        let mut case = document(case.clone());
        case.insert("type".into(), json!(PersonType::Case.id()));
        case
    });
    population.documents = Documents { persons: persons.collect(), ..population.documents };
    let (weekly, daily) =
        (weekly(&population.documents, &population.org_units), daily(&population.documents, &population.org_units));
    (weekly, daily, population)
}

fn long(category: &str, value: &str) -> String {
    format!("LNG_REFERENCE_DATA_CATEGORY_{category}_{value}")
}

fn lines(counts: &BTreeMap<Key, u64>, population: &Population) -> String {
    let place = |uid: &str| population.org_units.iter().find(|unit| unit.uid == uid).unwrap().location_id.clone();
    let line = |(key, n): (&Key, &u64)| {
        let options: Vec<&str> = key.options.iter().map(String::as_str).collect();
        format!("{} {} {} {} = {n}\n", key.data_element, key.period, place(&key.org_unit), options.join("+"))
    };
    counts.iter().map(line).collect()
}

#[test]
fn three_cases_counted_by_hand() {
    let confirmed = long("CASE_CLASSIFICATION", "CONFIRMED");
    let hospital = long("PERSON_DATE_TYPE", "HOSPITALIZATION");
    let nurse = json!({
        "classification": confirmed, "gender": long("GENDER", "FEMALE"), "age": { "years": 34, "months": 0 },
        "occupation": long("OCCUPATION", "HEALTH_CARE_WORKER"), "usualPlaceOfResidenceLocationId": "SN006",
        "dateOfOnset": "2020-02-16T00:00:00.000Z", "dateOfReporting": "2020-02-17T00:00:00.000Z",
        "outcomeId": long("OUTCOME", "DECEASED"), "dateOfOutcome": "2020-03-02T00:00:00.000Z",
        "dateRanges": [
            { "typeId": hospital, "startDate": "2020-02-25T00:00:00.000Z", "endDate": "2020-03-02T00:00:00.000Z" },
            { "typeId": hospital, "startDate": "2020-02-18T00:00:00.000Z", "endDate": "2020-02-20T00:00:00.000Z" },
        ],
    });
    // No onset: the day of reporting. SN013 has no unit of its own: its province SN003 counts.
    let infant = json!({
        "classification": long("CASE_CLASSIFICATION", "PROBABLE"), "age": { "years": 0, "months": 5 },
        "usualPlaceOfResidenceLocationId": "SN013", "dateOfReporting": "2020-12-31T00:00:00.000Z",
    });
    let unknown_age = json!({
        "classification": confirmed, "gender": long("GENDER", "MALE"), "usualPlaceOfResidenceLocationId": "SN000",
        "dateOfOnset": "2099-12-31T00:00:00.000Z", "dateOfReporting": "2020-02-17T00:00:00.000Z",
    });
    let (weekly, daily, population) = counted(&[nurse, infant, unknown_age]);
    insta::assert_snapshot!(lines(&weekly, &population), @r"
    DI9JgEJ3t8v 2020W10 SN006 xYerKDKCefk = 1
    SU1j9CmCuW9 2020W7 SN006 xYerKDKCefk = 1
    VnkErE22ELJ 2020W53 SN003 UPvKbcqTEY3+kuP5EmQRFke = 1
    bmbNyNoJcXP 2020W7 SN006 FFA9e1yIXCT+bY3NyagrzeD = 1
    bmbNyNoJcXP 2099W53 SN000 MP15bHaQh2x+WNPpyVkVaL3 = 1
    cW0odY9vhrd 2020W8 SN006 xYerKDKCefk = 1
    rBw83gVQLHK 2020W10 SN006 FFA9e1yIXCT+bY3NyagrzeD = 1
    ");
    insta::assert_snapshot!(lines(&daily, &population), @"CnPsS2xE8UN 20200217 SN006 FFA9e1yIXCT+O6UJSfL4psp = 1");
}

#[test]
fn who_is_not_counted() {
    let case = |field: &str, value: Value| {
        let mut case = json!({
            "classification": long("CASE_CLASSIFICATION", "CONFIRMED"), "gender": long("GENDER", "MALE"),
            "age": { "years": 40 }, "usualPlaceOfResidenceLocationId": "SN006",
            "dateOfOnset": "2020-02-10T00:00:00.000Z", "dateOfReporting": "2020-02-10T00:00:00.000Z",
        });
        case[field] = value;
        case
    };
    let n = |field: &str, value: Value| {
        let (weekly, daily, _) = counted(&[case(field, value)]);
        (weekly.values().sum::<u64>(), daily.values().sum::<u64>())
    };
    assert_eq!(n("deleted", json!(false)), (1, 1));
    assert_eq!(n("deleted", json!(true)), (0, 0));
    assert_eq!(n("usualPlaceOfResidenceLocationId", Value::Null), (0, 0));
    assert_eq!(n("usualPlaceOfResidenceLocationId", json!("SN999")), (0, 0));
    assert_eq!(n("usualPlaceOfResidenceLocationId", json!("SN900")), (0, 0));
    assert_eq!(n("classification", json!(long("CASE_CLASSIFICATION", "SUSPECT"))), (0, 0));
    assert_eq!(n("gender", Value::Null), (1, 0), "the daily package knows no unknown sex");
    assert_eq!(n("age", Value::Null), (1, 0));
    assert_eq!(n("dateOfReporting", Value::Null), (1, 0));
}

#[test]
fn the_demo_has_counts_for_every_data_element() {
    let population = Population::demo();
    let weekly = weekly(&population.documents, &population.org_units);
    for data_element in [
        "bmbNyNoJcXP",
        "VnkErE22ELJ",
        "rBw83gVQLHK",
        "N59eghaBpM7",
        "SU1j9CmCuW9",
        "DI9JgEJ3t8v",
        "cW0odY9vhrd",
        "fJ7Qi1zcdAR",
    ] {
        assert!(weekly.keys().any(|key| key.data_element == data_element), "{data_element}");
    }
    let new_confirmed: u64 = weekly.iter().filter(|(key, _)| key.data_element == "bmbNyNoJcXP").map(|(_, n)| n).sum();
    assert!((900..1100).contains(&new_confirmed), "{new_confirmed}");
    assert!(!daily(&population.documents, &population.org_units).is_empty());
}
