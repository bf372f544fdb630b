//! What the building blocks of the catalogue count, shown on a small outbreak whose records say in their names what they are.

use epi::cell::{Cells, wire_text};
use epi::contribution::{Contributions, Outcome, contributions};
use epi::field::TableName;
use epi::indicator::Definitions;
use epi::period::{Period, Span};
use epi::place::{Place, PlaceMap, PlaceTree, Places};
use epi::record::{Person, Record};
use pipeline::catalogue::sets;
use pipeline::config;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The week that is counted: 5 to 11 January 2026.
const WEEK: &str = "2026W2";

const SERVERS: &str = r#"
[godata]
url = "https://godata.example.org"
outbreak = "o"
email = "tally@example.org"
password_env = "A"

[dhis2]
url = "https://dhis2.example.org"
username = "tally"
password_env = "B"

[places]
map = "places.csv"
"#;

/// Every block as an indicator of its set's report.
fn definitions() -> Vec<(String, Definitions)> {
    let mut text = SERVERS.to_owned();
    for set in sets() {
        write!(text, "\n[[report]]\nname = \"{}\"\ndata_set = \"x\"\nperiod = \"Weekly\"\n", set.name).unwrap();
        for block in &set.blocks {
            let name = format!("{}.{}", set.name, block.code);
            write!(text, "\n[[report.indicator]]\nuse = \"{name}\"\ndata_element = \"{name}\"\n").unwrap();
        }
    }
    let map = "location_id,location,parent,org_unit\nL1,Land,,U1\n";
    let config = config::check_texts(Path::new("tally.toml"), &text, map).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    });
    let week = Period::parse(WEEK).unwrap();
    let span = Span::between(week, week).unwrap();
    let now = "2026-01-20T00:00:00Z".parse().unwrap();
    let land = Place { id: "L1".into(), name: "Land".into(), parent: None, level: None };
    let places = Places::new(PlaceTree::new([land]).0, &PlaceMap::new([("L1".into(), "U1".into())]).0).0;
    let of = |report: &config::Report| (report.name.clone(), config.definitions(report, span, now, places.clone()));
    config.reports.iter().map(of).collect()
}

fn person(id: &str, fields: Value) -> Record {
    let mut whole = json!({ "id": id, "kind": "case", "residence": "L1" });
    whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    Record::Person(serde_json::from_value(whole).unwrap_or_else(|error| panic!("{id}: {error}")))
}

fn other(table: TableName, id: &str, fields: Value) -> Record {
    let mut whole = json!({ "id": id });
    whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let read = || -> serde_json::Result<Record> {
        Ok(match table {
            TableName::FollowUp => Record::FollowUp(serde_json::from_value(whole.clone())?),
            TableName::LabResult => Record::LabResult(serde_json::from_value(whole.clone())?),
            TableName::Relationship => Record::Relationship(serde_json::from_value(whole.clone())?),
            _ => Record::Event(serde_json::from_value(whole.clone())?),
        })
    };
    read().unwrap_or_else(|error| panic!("{id}: {error}"))
}

fn cases() -> Vec<Record> {
    let stay = |kind: &str, start: &str, end: Option<&str>| json!({ "type": kind, "start": start, "end": end });
    let dose = |date: Option<&str>| json!({ "status": "VACCINATED", "date": date });
    let says = |variable: &str, value: &str| json!({ "variable": variable, "value": value });
    let confirmed = |onset: &str, reported: &str, more: Value| {
        let mut fields =
            json!({ "classification": "CONFIRMED", "date_of_onset": onset, "date_of_reporting": reported });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    vec![
        person(
            "nurse",
            confirmed(
                "2026-01-06",
                "2026-01-07",
                json!({
                    "occupation": "HEALTH_CARE_WORKER", "age_years": 30,
                    "stays": [stay("HOSPITALIZATION", "2026-01-08", None)], "vaccinations": [dose(Some("2025-12-01"))],
                }),
            ),
        ),
        person(
            "probable-without-onset",
            json!({
                "classification": "PROBABLE", "date_of_reporting": "2026-01-08", "age_years": 20,
            }),
        ),
        person(
            "suspect-child-severe",
            json!({
                "classification": "SUSPECT", "date_of_onset": "2026-01-06", "date_of_reporting": "2026-01-09", "age_years": 4,
                "answers": [says("dehydration", "SEVERE")],
            }),
        ),
        person(
            "discarded",
            json!({
                "classification": "NOT_A_CASE_DISCARDED", "date_of_onset": "2026-01-06", "date_of_reporting": "2026-01-07",
            }),
        ),
        person("unclassified", json!({ "date_of_reporting": "2026-01-09" })),
        person(
            "doctor-died-in-hospital",
            confirmed(
                "2026-01-05",
                "2026-01-05",
                json!({
                    "occupation": "HEALTH_CARE_WORKER", "outcome": "DECEASED", "date_of_outcome": "2026-01-09", "age_years": 50,
                    "stays": [stay("HOSPITALIZATION", "2026-01-07", Some("2026-01-09"))],
                    "date_of_burial": "2026-01-10", "safe_burial": true,
                }),
            ),
        ),
        person(
            "probable-died-at-home",
            json!({
                "classification": "PROBABLE", "date_of_onset": "2026-01-06", "date_of_reporting": "2026-01-10",
                "outcome": "DECEASED", "date_of_outcome": "2026-01-10", "date_of_burial": "2026-01-11", "safe_burial": false,
            }),
        ),
        person(
            "suspect-died",
            json!({
                "classification": "SUSPECT", "date_of_onset": "2026-01-07", "date_of_reporting": "2026-01-08",
                "outcome": "DECEASED", "date_of_outcome": "2026-01-08",
            }),
        ),
        person(
            "recovered-of-december",
            confirmed(
                "2025-12-20",
                "2025-12-22",
                json!({
                    "outcome": "RECOVERED", "date_of_outcome": "2026-01-08",
                    "stays": [stay("HOSPITALIZATION", "2025-12-23", Some("2026-01-08"))],
                }),
            ),
        ),
        person(
            "was-listed-before-onset",
            confirmed(
                "2026-01-07",
                "2026-01-08",
                json!({
                    "was_contact": true, "created_at": "2026-01-02", "stays": [stay("ISOLATION", "2026-01-08", None)],
                }),
            ),
        ),
        person(
            "was-listed-after-onset",
            confirmed(
                "2026-01-07",
                "2026-01-09",
                json!({
                    "was_contact": true, "created_at": "2026-01-09", "stays": [stay("ISOLATION", "2026-01-11", None)],
                }),
            ),
        ),
        person(
            "pregnant-with-hiv-fourteen",
            confirmed(
                "2026-01-06",
                "2026-01-08",
                json!({
                    "pregnancy_status": "YES_FIRST_TRIMESTER", "age_years": 14, "answers": [says("hiv_status", "POSITIVE")],
                    "stays": [stay("ICU_ADMISSION", "2026-01-09", None)],
                }),
            ),
        ),
        person(
            "infant-of-seven-months",
            confirmed("2026-01-06", "2026-01-06", json!({ "age_years": 0, "age_months": 7 })),
        ),
        person(
            "one-dose-after-onset",
            confirmed(
                "2026-01-06",
                "2026-01-07",
                json!({ "age_years": 9, "vaccinations": [dose(Some("2026-01-10"))] }),
            ),
        ),
        person(
            "two-doses",
            confirmed("2026-01-06", "2026-01-07", json!({ "age_years": 6, "vaccinations": [dose(None), dose(None)] })),
        ),
        person("ill-since-november", confirmed("2025-11-01", "2025-11-03", json!({}))),
    ]
}

fn contacts() -> Vec<Record> {
    let contact = |id: &str, reported: &str, status: &str, start: &str, end: &str| {
        person(
            id,
            json!({
                "kind": "contact", "date_of_reporting": reported, "follow_up_status": status,
                "follow_up_start": start, "follow_up_end": end,
            }),
        )
    };
    vec![
        contact("contact-followed", "2026-01-06", "UNDER_FOLLOW_UP", "2026-01-07", "2026-01-27"),
        contact("contact-completed-tenth", "2025-12-20", "FOLLOW_UP_COMPLETED", "2025-12-21", "2026-01-10"),
        contact("contact-lost", "2025-12-19", "LOST_TO_FOLLOW_UP", "2025-12-20", "2026-01-09"),
        person(
            "contact-vaccinated",
            json!({
                "kind": "contact", "date_of_reporting": "2026-01-07", "follow_up_start": "2026-01-08",
                "follow_up_end": "2026-01-28", "vaccinations": [{ "status": "VACCINATED", "date": "2026-01-08" }],
            }),
        ),
        person("contact-of-contact", json!({ "kind": "contact_of_contact", "date_of_reporting": "2026-01-08" })),
    ]
}

fn around() -> Vec<Record> {
    use TableName::{Event, FollowUp, LabResult, Relationship};
    let visit = |id: &str, of: &str, date: &str, status: &str, created_as: &str| {
        other(FollowUp, id, json!({ "person_id": of, "date": date, "status": status, "created_as": created_as }))
    };
    let test = |id: &str, of: &str, kind: &str, result: Option<&str>, sample: &str, known: Option<&str>| {
        other(
            LabResult,
            id,
            json!({
                "person_id": of, "test_type": kind, "result": result, "date_sample_taken": sample, "date_of_result": known,
            }),
        )
    };
    let exposed = |id: &str, from: (&str, &str), to: (&str, &str), more: Value| {
        let mut fields = json!({
            "source": { "id": from.0, "type": from.1 }, "target": { "id": to.0, "type": to.1 },
            "contact_date": "2026-01-04", "active": true,
        });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        other(Relationship, id, fields)
    };
    let case = |id: &'static str| (id, "CASE");
    let (other_pathogen, listed) =
        ("POSITIVE_FOR_OTHER_PATHOGENS_SPECIFY_IN_NOTES_FIELD", case("was-listed-before-onset"));
    vec![
        visit("visit-seen", "contact-followed", "2026-01-08", "SEEN_OK", "CONTACT"),
        visit("visit-seen-again", "contact-followed", "2026-01-09", "SEEN_OK", "CONTACT"),
        visit("visit-seen-unwell", "contact-vaccinated", "2026-01-09", "SEEN_NOT_OK", "CONTACT"),
        visit("visit-missed", "contact-lost", "2026-01-08", "MISSED", "CONTACT"),
        visit("visit-of-a-case", "recovered-of-december", "2026-01-08", "SEEN_OK", "CASE"),
        visit("visit-planned-later", "contact-followed", "2026-01-30", "NOT_PERFORMED", "CONTACT"),
        test("pcr-positive", "nurse", "RT_PCR", Some("POSITIVE"), "2026-01-07", Some("2026-01-09")),
        test("pcr-negative", "suspect-child-severe", "PCR", Some("NEGATIVE"), "2026-01-07", Some("2026-01-08")),
        test(
            "rapid-positive",
            "suspect-child-severe",
            "ANTIGEN_DETECTED",
            Some("POSITIVE"),
            "2026-01-07",
            Some("2026-01-07"),
        ),
        test(
            "culture-positive",
            "doctor-died-in-hospital",
            "VIRUS_CULTURE",
            Some("POSITIVE"),
            "2026-01-07",
            Some("2026-01-10"),
        ),
        test("pcr-other-pathogen", "discarded", "PCR", Some(other_pathogen), "2026-01-07", Some("2026-01-08")),
        test(
            "igm-positive",
            "infant-of-seven-months",
            "IG_C_OR_IG_M",
            Some("POSITIVE"),
            "2026-01-08",
            Some("2026-01-10"),
        ),
        test("igm-late-sample", "two-doses", "IG_C_OR_IG_M", Some("NEGATIVE"), "2026-02-10", Some("2026-02-12")),
        test("pending", "probable-without-onset", "PCR", None, "2026-01-09", None),
        test("pcr-of-a-contact", "contact-followed", "PCR", Some("NEGATIVE"), "2026-01-09", Some("2026-01-10")),
        exposed("at-home", case("nurse"), listed, json!({ "context_of_transmission": "FAMILY", "cluster": "A" })),
        exposed("at-work", case("two-doses"), listed, json!({ "context_of_transmission": "CO_WORKERS" })),
        exposed(
            "in-hospital",
            case("recovered-of-december"),
            case("doctor-died-in-hospital"),
            json!({ "context_of_transmission": "NOSOCOMIAL_TRANSMISSION", "cluster": "B" }),
        ),
        exposed("at-the-wedding", ("wedding", "EVENT"), case("infant-of-seven-months"), json!({})),
        exposed("of-a-discarded-case", case("discarded"), case("one-dose-after-onset"), json!({ "active": false })),
        exposed("of-a-contact", case("nurse"), ("contact-followed", "CONTACT"), json!({ "cluster": "C" })),
        exposed(
            "sexual",
            case("ill-since-november"),
            case("pregnant-with-hiv-fourteen"),
            json!({ "exposure_type": "SEXUAL_EXPOSURE" }),
        ),
        other(Event, "wedding", json!({ "date": "2026-01-06", "residence": "L1" })),
    ]
}

/// Every block, its value in the week, and the records that are in it.
#[test]
fn every_block_counts_what_it_says() {
    let records: Vec<Record> = cases().into_iter().chain(contacts()).chain(around()).collect();
    let persons: BTreeMap<&str, &Person> = records
        .iter()
        .filter_map(|record| match record {
            Record::Person(person) => Some((record.id(), person)),
            _ => None,
        })
        .collect();
    let mut told = String::new();
    let mut without = Vec::new();
    for (set, definitions) in definitions() {
        let (mut cells, mut found) = (Cells::default(), Contributions::default());
        let mut counted: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for record in &records {
            let of = |id: Option<&str>| id.and_then(|id| persons.get(id).copied());
            contributions(record.joined(of(record.person_id()), of(record.source_id())), &definitions, &mut found);
            cells.add(&found, &definitions).unwrap();
            for (indicator, outcome) in found.outcomes.iter().enumerate() {
                if matches!(outcome, Outcome::Counted { .. }) {
                    counted.entry(indicator).or_default().push(record.id());
                }
            }
        }
        let values: BTreeMap<u16, String> = cells
            .sorted()
            .into_iter()
            .map(|(key, cell)| {
                let indicator = &definitions.indicators[usize::from(key.indicator)];
                (key.indicator, cell.value(&indicator.measure, indicator.decimals).map(wire_text).unwrap_or_default())
            })
            .collect();
        writeln!(told, "## {set}").unwrap();
        for (index, indicator) in definitions.indicators.iter().enumerate() {
            let ids = counted.get(&index).map(|ids| ids.join(", ")).unwrap_or_default();
            if ids.is_empty() {
                without.push(format!("{set}.{}", indicator.code));
            }
            let value = values.get(&(index as u16)).map_or("0", String::as_str);
            writeln!(told, "{} = {value}: {ids}", indicator.code).unwrap();
        }
    }
    insta::assert_snapshot!(told);
    assert_eq!(without, [""; 0], "blocks that nothing shows");
}
