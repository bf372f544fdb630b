//! Follow-ups, laboratory results and relationships beside their persons, against a recount.

use std::collections::BTreeMap;

use jiff::civil::Date;
use pipeline::ErrorKind;
use sandbox::godata::{Document, PersonType};
use sandbox::oracle;
use serde_json::{Value, json};

use super::indicators::{add_element, day, indicator, persons, says, values_of, weeks, with_indicators};
use super::stage::{Values, text};
use super::{BOTH, Stage};

/// Code, what is counted, data element.
const INDICATORS: [(&str, &str, &str); 11] = [
    (
        "under_follow_up",
        "of = \"contact\"\nwhere = \"follow_up_status = 'UNDER_FOLLOW_UP'\"\n\
         when = \"follow_up_start TO follow_up_end\"\nwindow = \"at_end\"",
        "UnderFollow",
    ),
    ("visits_due", "of = \"follow_up\"\nwhen = \"date\"", "VisitsDue01"),
    (
        "contacts_seen",
        "of = \"follow_up\"\nwhere = \"status IN ('SEEN_OK', 'SEEN_NOT_OK')\"\nwhen = \"date\"",
        "VisitsSeen1",
    ),
    ("tests_done", "of = \"lab_result\"\nwhere = \"result IS NOT NULL\"\nwhen = \"date_of_result\"", "TestsDone01"),
    (
        "tests_positive",
        "of = \"lab_result\"\nwhere = \"result = 'POSITIVE'\"\nwhen = \"date_of_result\"",
        "TestsPosit1",
    ),
    ("known_contacts", "where = \"was_contact\"\nwhen = \"date_of_onset\"", "KnownContac"),
    ("health_workers", "where = \"occupation = 'HEALTH_CARE_WORKER'\"\nwhen = \"date_of_onset\"", "HealthWorkr"),
    (
        "infected_at_home",
        "of = \"relationship\"\nwhere = \"context_of_transmission = 'FAMILY' AND target.kind = 'case'\"\n\
         when = \"target.date_of_onset\"\nmeasure = \"count distinct target_id\"",
        "FromFamily1",
    ),
    (
        "infected_at_work",
        "of = \"relationship\"\nwhere = \"context_of_transmission = 'CO_WORKERS' AND target.kind = 'case'\"\n\
         when = \"target.date_of_onset\"\nmeasure = \"count distinct target_id\"",
        "FromWorkers",
    ),
    (
        "days_to_isolation",
        "when = \"date_of_onset\"\nmeasure = \"median (SELECT MIN(start) FROM stays WHERE type = 'ISOLATION') - date_of_onset\"\n\
         decimals = 1",
        "DaysToIsola",
    ),
    ("gatherings", "of = \"event\"\nwhen = \"date\"", "Gatherings1"),
];

pub(super) fn all() -> String {
    INDICATORS.iter().map(|(code, rest, element)| indicator(code, rest, element)).collect()
}

pub(super) fn elements(stage: &Stage) {
    for (.., element) in INDICATORS {
        add_element(stage, element, "NUMBER", if element == "DaysToIsola" { "AVERAGE" } else { "SUM" });
    }
}

fn nested<'a>(document: &'a Document, outer: &str, inner: &str) -> &'a str {
    document.get(outer).and_then(|value| value.get(inner)).and_then(Value::as_str).unwrap_or_default()
}

fn date(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

fn is_under_follow_up(contact: &Document, on: Date) -> bool {
    let ends = (date(nested(contact, "followUp", "startDate")), date(nested(contact, "followUp", "endDate")));
    let within = matches!(ends, (Some(start), Some(end)) if start <= on && on <= end);
    within && nested(contact, "followUp", "status").ends_with("UNDER_FOLLOW_UP")
}

/// Days from onset to the first isolation.
fn days_to_isolation(case: &Document) -> Option<i64> {
    let stays = case.get("dateRanges")?.as_array()?.iter().filter_map(Value::as_object);
    let isolations = stays.filter(|stay| text(stay, "typeId").ends_with("_TYPE_ISOLATION"));
    let first = isolations.filter_map(|stay| day(stay, "startDate")).min()?;
    Some(i64::from(day(case, "dateOfOnset")?.until(first).unwrap().get_days()))
}

/// What DHIS2 should say, from the oracle and from the documents.
pub(super) fn truth(stage: &Stage) -> Values {
    let units = &stage.world.population.org_units;
    let (by_day, by_week, family, workers) = {
        let documents = stage.world.godata.documents();
        let exposed = |context| oracle::exposed_cases(&documents, units, context);
        (
            oracle::visits(&documents, units),
            oracle::samples(&documents, units),
            exposed("FAMILY"),
            exposed("CO_WORKERS"),
        )
    };
    let mut expected = Values::new();
    let mut put = |element: &str, cells: Vec<((String, String), u64)>| {
        expected.extend(values_of(element, cells.into_iter().filter(|(_, n)| *n > 0)));
    };
    let n = |kind, counts: &dyn Fn(&Document, Date, Date) -> bool| -> Vec<_> {
        persons(stage, kind, counts).into_iter().map(|(cell, of)| (cell, of.len() as u64)).collect()
    };
    let fell_ill = |case: &Document, first, last| day(case, "dateOfOnset").is_some_and(|d| first <= d && d <= last);
    put("UnderFollow", n(PersonType::Contact, &|contact, _, last| is_under_follow_up(contact, last)));
    put("KnownContac", n(PersonType::Case, &|c, f, l| c["wasContact"] == true && fell_ill(c, f, l)));
    let worker = |case: &Document| text(case, "occupation").ends_with("HEALTH_CARE_WORKER");
    put("HealthWorkr", n(PersonType::Case, &|c, f, l| worker(c) && fell_ill(c, f, l)));
    let held = |event: &Document, first, last| day(event, "date").is_some_and(|d| first <= d && d <= last);
    put("Gatherings1", n(PersonType::Event, &held));

    let (mut due, mut seen) = (BTreeMap::new(), BTreeMap::new());
    for ((on, unit), visits) in by_day {
        let on = date(&on).unwrap();
        let Some((week, ..)) = weeks().into_iter().find(|(_, first, last)| *first <= on && on <= *last) else {
            continue;
        };
        *due.entry((week.clone(), unit.clone())).or_insert(0) += visits.due;
        *seen.entry((week, unit)).or_insert(0) += visits.seen;
    }
    put("VisitsDue01", due.into_iter().collect());
    put("VisitsSeen1", seen.into_iter().collect());
    let in_span = |week: &str| weeks().iter().any(|(one, ..)| one == week);
    let weekly = || by_week.iter().filter(|((week, _), _)| in_span(week));
    put("TestsDone01", weekly().map(|(cell, samples)| (cell.clone(), samples.done)).collect());
    put("TestsPosit1", weekly().map(|(cell, samples)| (cell.clone(), samples.positive)).collect());
    put("FromFamily1", family.into_iter().filter(|((week, _), _)| in_span(week)).collect());
    put("FromWorkers", workers.into_iter().filter(|((week, _), _)| in_span(week)).collect());

    for (cell, of) in persons(stage, PersonType::Case, fell_ill) {
        let mut days: Vec<i64> = of.iter().filter_map(days_to_isolation).collect();
        days.sort_unstable();
        let Some(upper) = days.get(days.len() / 2) else { continue };
        let twice = upper + days[(days.len() - 1) / 2];
        let value = if twice % 2 == 0 { (twice / 2).to_string() } else { format!("{}.5", twice / 2) };
        expected.extend(values_of("DaysToIsola", [(cell, value)]));
    }
    for (.., element) in INDICATORS {
        assert!(expected.keys().any(|key| key.0 == element), "{element} counts something");
    }
    expected
}

#[tokio::test]
async fn everything_around_the_persons_is_counted() {
    for version in BOTH {
        for keep in ["records", "nothing"] {
            let stage = Stage::with(version, |config| {
                with_indicators(&all())(config.replace("keep = \"records\"", &format!("keep = \"{keep}\"")))
            });
            elements(&stage);
            says(&stage, &truth(&stage)).await;
            let fields: Vec<String> = stage.world.godata.requests().into_iter().map(|request| request.query).collect();
            assert!(fields.iter().all(|query| !query.contains("firstName") && !query.contains("phoneNumber")));
        }
    }
}

#[tokio::test]
async fn changes_of_records_and_of_their_persons_are_followed() {
    let stage = super::incremental::quiet("2.43.1", with_indicators(&all()));
    elements(&stage);
    says(&stage, &truth(&stage)).await;
    super::incremental::later(&stage);
    let of = |rows: &Vec<Document>, pick: &dyn Fn(&Document) -> bool| -> Vec<String> {
        rows.iter().filter(|row| row["deleted"] == false && pick(row)).map(|row| text(row, "id").to_owned()).collect()
    };
    let (visits, samples, exposures, cases) = {
        let documents = stage.world.godata.documents();
        let counts = |row: &Document| {
            let in_span = ("2020-02-10".."2020-03-28").contains(&text(row, "date").get(..10).unwrap_or_default());
            in_span && text(row, "usualPlaceOfResidenceLocationId").starts_with("SN0")
        };
        let seen = of(&documents.follow_ups, &|row| counts(row) && text(row, "statusId").ends_with("SEEN_OK"));
        let positive = of(&documents.lab_results, &|row| text(row, "result").ends_with("POSITIVE"));
        let family = of(&documents.relationships, &|row| text(row, "socialRelationshipTypeId").ends_with("FAMILY"));
        let exposed: Vec<String> = documents
            .relationships
            .iter()
            .filter(|row| text(row, "socialRelationshipTypeId").ends_with("FAMILY"))
            .filter_map(|row| row["persons"].as_array()?.iter().find(|end| end["target"] == true)?["id"].as_str())
            .map(str::to_owned)
            .collect();
        let cases = of(&documents.persons, &|row| exposed.iter().any(|id| id == text(row, "id")));
        (seen, positive, family, cases)
    };
    let set = |field: &'static str, value: Value| move |row: &mut Document| drop(row.insert(field.into(), value));
    let missed = "LNG_REFERENCE_DATA_CONTACT_DAILY_FOLLOW_UP_STATUS_TYPE_MISSED";
    let negative = "LNG_REFERENCE_DATA_CATEGORY_LAB_TEST_RESULT_NEGATIVE";
    let mut fresh = stage.world.godata.documents().find(&samples[3]).unwrap().clone();
    fresh.insert("id".into(), json!("00-new-sample"));
    stage
        .world
        .godata
        .edit(|e| {
            e.edit(&visits[0], set("statusId", json!(missed)))?;
            e.delete(&visits[1])?;
            e.bulk_delete(&visits[2])?;
            e.edit(&samples[0], set("result", json!(negative)))?;
            e.insert_lab_result(fresh);
            e.delete(&exposures[0])?;
            // Nobody touches the records around these; what they mean changes all the same.
            e.move_to(&cases[0], "SN002")?;
            e.edit(&cases[1], set("dateOfOnset", json!("2020-02-19T00:00:00.000Z")))?;
            e.convert_to_contact(&cases[2])?;
            e.delete(&cases[3])
        })
        .unwrap();
    let expected = truth(&stage);
    let report = super::incremental::changes(&stage).await;
    assert_eq!(super::stage::naive_changes(&expected, &stage.values()), BTreeMap::new());
    // Every value that changed has its records, and where a person changed, its fields say so.
    let causes: Vec<String> = report
        .plan
        .changes
        .iter()
        .flat_map(|change| change.cause.iter().flat_map(|cause| &cause.records))
        .map(|record| record.why.clone())
        .collect();
    for words in ["moved to another place (target.residence)", "another date (target.date_of_onset)", "status changed"]
    {
        assert!(causes.iter().any(|why| why.contains(words)), "{words} in {causes:?}");
    }
    let unexplained = |change: &&pipeline::report::PlannedChange| {
        change.cause.as_ref().is_none_or(|cause| cause.reasons.iter().any(|r| r.contains("not explained")))
    };
    assert_eq!(report.plan.changes.iter().filter(unexplained).count(), 0);
    super::incremental::same_as_full(&stage, &report).await;
}

#[tokio::test]
async fn an_account_that_may_not_list_them_is_told_so() {
    let stage = Stage::with("2.42.1", with_indicators(&all()));
    elements(&stage);
    let denied = r#"{"error":{"statusCode":403,"name":"Error","message":"no","code":"MISSING_REQUIRED_PERMISSION"}}"#;
    let fault = sandbox::fault::Fault::Reject { status: 403, body: denied.into() };
    stage.world.godata.faults().push(sandbox::fault::FaultRule::on("*/follow-ups*", fault).forever());
    let error = stage.failure().await;
    assert_eq!(error.kind, ErrorKind::Godata, "{error}");
    assert_eq!(stage.n_posts(), 0);
}

#[tokio::test]
async fn files_hold_them_too() {
    let stage = Stage::with("2.43.1", |config| {
        let config = with_indicators(&all())(config);
        let (start, end) = (config.find("[godata]").unwrap(), config.find("[dhis2]").unwrap());
        let names =
            ["cases", "contacts", "contacts_of_contacts", "follow_ups", "lab_results", "relationships", "events"];
        let files: String = names.iter().map(|name| format!("{name} = \"{name}.json\"\n")).collect();
        let files = format!("[godata.files]\n{files}locations = \"locations.json\"\n\n");
        config.replace(&config[start..end], &files)
    });
    elements(&stage);
    {
        let documents = stage.world.godata.documents();
        let persons = |kind| documents.persons_of(kind).collect::<Vec<_>>();
        // What the server hides is in no file that it wrote.
        let case = PersonType::Case.id();
        let samples = documents.lab_results.iter().filter(|row| text(row, "personType") == case);
        for (name, rows) in [
            ("cases", persons(PersonType::Case)),
            ("contacts", persons(PersonType::Contact)),
            ("contacts_of_contacts", persons(PersonType::ContactOfContact)),
            ("events", persons(PersonType::Event)),
            ("follow_ups", documents.follow_ups.iter().collect()),
            ("lab_results", samples.collect()),
            ("relationships", documents.relationships.iter().collect()),
            ("locations", documents.locations.iter().collect()),
        ] {
            stage.write(&format!("{name}.json"), &serde_json::to_string(&rows).unwrap());
        }
    }
    says(&stage, &truth(&stage)).await;
    // What no indicator asks for is in the files, and nowhere else.
    let mut n = 0;
    stage
        .line_list()
        .for_each_found(|linked, _| {
            if let epi::record::Record::LabResult(sample) = &linked.record {
                assert!(sample.lab_name.is_none() && sample.date_sample_taken.is_none());
                n += 1;
            }
        })
        .unwrap();
    assert!(n > 20, "{n} samples");
}
