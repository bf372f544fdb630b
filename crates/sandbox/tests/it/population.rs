//! The seeded outbreak: the same bytes for the same seed, and every oddity that is promised.

use jiff::civil::date;
use sandbox::canary::Canaries;
use sandbox::godata::Document;
use sandbox::population::{BIRTHDAY, CANARY, CUSTOM_CLASSIFICATION, LATITUDE, LONGITUDE, Population, UNKNOWN_LOCATION};
use serde_json::Value;

fn bytes(population: &Population) -> String {
    let documents = &population.documents;
    let collections = [&documents.persons, &documents.follow_ups, &documents.lab_results, &documents.relationships];
    serde_json::to_string(&collections).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
    let monday = date(2020, 2, 3);
    let of = |seed| bytes(&Population::covid19(seed, 200, monday, 30));
    assert_eq!(of(7), of(7));
    assert_ne!(of(7), of(8));
}

#[test]
fn every_oddity_occurs_in_a_small_share() {
    let population = Population::demo();
    let cases: Vec<&Document> = population.documents.cases().collect();
    assert_eq!(cases.len(), 2000);
    let share = |name: &str, test: &dyn Fn(&Document) -> bool| {
        let n = cases.iter().filter(|case| test(case)).count();
        assert!(n > 0 && n < 300, "{name}: {n}");
    };
    let text = |case: &Document, field: &str| case.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let absent = |field: &'static str| move |case: &Document| case.get(field).is_none_or(Value::is_null);
    let stay = |case: &Document, test: &dyn Fn(&Value) -> bool| case["dateRanges"].as_array().unwrap().iter().any(test);
    share("deleted", &|case| case["deleted"] == true);
    share("reclassified", &|case| case["classificationHistory"].as_array().unwrap().len() > 1);
    share("discarded", &|case| text(case, "classification").ends_with("NOT_A_CASE_DISCARDED"));
    share("custom classification", &|case| text(case, "classification") == CUSTOM_CLASSIFICATION);
    for field in [
        "classification",
        "dateOfOnset",
        "dateOfReporting",
        "age",
        "gender",
        "usualPlaceOfResidenceLocationId",
        "dbUpdatedAt",
    ] {
        share(field, &absent(field));
    }
    share("infant", &|case| case.get("age").is_some_and(|age| age["years"] == 0 && age["months"].as_i64() > Some(0)));
    share("onset in 2099", &|case| text(case, "dateOfOnset").starts_with("2099"));
    share("onset in 1920", &|case| text(case, "dateOfOnset").starts_with("1920"));
    share("outcome before onset", &|case| {
        let (onset, outcome) = (text(case, "dateOfOnset"), text(case, "dateOfOutcome"));
        !outcome.is_empty() && onset.starts_with("2020") && outcome < onset
    });
    for place in ["SN013", "SN001", "SN038", "SN900", UNKNOWN_LOCATION] {
        share(place, &|case| text(case, "usualPlaceOfResidenceLocationId") == place);
    }
    share("open stay", &|case| stay(case, &|stay| stay["endDate"].is_null()));
    share("stay without a start", &|case| stay(case, &|stay| stay["startDate"].is_null()));
    share("several stays", &|case| case["dateRanges"].as_array().unwrap().len() > 1);
    share("stay that ends before it starts", &|case| {
        stay(case, &|stay| stay["endDate"].as_str().is_some_and(|end| Some(end) < stay["startDate"].as_str()))
    });
    share("intensive care", &|case| stay(case, &|stay| stay["typeId"].as_str().unwrap().ends_with("ICU_ADMISSION")));
    share("health worker", &|case| text(case, "occupation").ends_with("HEALTH_CARE_WORKER"));
    share("deceased", &|case| text(case, "outcomeId").ends_with("DECEASED"));
    share("vaccinated", &|case| !case["vaccinesReceived"].as_array().unwrap().is_empty());
    share("pregnancy status", &|case| case.contains_key("pregnancyStatus"));
}

#[test]
fn there_are_others_beside_the_cases() {
    let population = Population::demo();
    let documents = &population.documents;
    let counts = [
        documents.persons.len() - 2000,
        documents.follow_ups.len(),
        documents.lab_results.len(),
        documents.relationships.len(),
    ];
    assert!(counts.iter().all(|n| *n >= 250), "{counts:?}");
}

#[test]
fn everything_personal_is_a_canary() {
    let population = Population::demo();
    for person in
        population.documents.persons.iter().filter(|person| !person["type"].as_str().unwrap().ends_with("EVENT"))
    {
        for field in ["firstName", "lastName", "riskReason", "burialPlaceName"] {
            assert!(person[field].as_str().unwrap().starts_with(CANARY));
        }
        assert!(person["dob"].as_str().unwrap().starts_with(BIRTHDAY));
        for document in person["documents"].as_array().unwrap() {
            let number = document["number"].as_str().unwrap();
            assert!(number.starts_with(CANARY) || number.starts_with("CASE-"), "{number}");
        }
        for address in person.get("addresses").and_then(Value::as_array).into_iter().flatten() {
            for field in ["addressLine1", "city", "phoneNumber", "emailAddress", "postalCode"] {
                assert!(address.get(field).is_none_or(|value| value.as_str().unwrap().starts_with(CANARY)));
            }
        }
    }
}

#[test]
fn every_value_of_a_case_is_in_the_reference_data() {
    let population = Population::demo();
    let known: std::collections::BTreeSet<&str> =
        population.documents.reference_data.iter().map(|item| item["id"].as_str().unwrap()).collect();
    for case in population.documents.cases() {
        for field in ["classification", "outcomeId", "gender", "occupation", "riskLevel", "pregnancyStatus"] {
            if let Some(value) = case.get(field).and_then(Value::as_str) {
                assert!(known.contains(value), "{field} {value}");
            }
        }
    }
}

/// Each field that identifies somebody, and each free text, is found when it leaks, and occurs.
#[test]
fn every_kind_of_canary_is_planted_and_found() {
    let population = Population::demo();
    let documents = &population.documents;
    let canaries = Canaries::of_every_sandbox();
    let persons = serde_json::to_string(&documents.persons).unwrap();
    for kind in
        ["NAME", "MIDDLE", "SURNAME", "DOCUMENT", "STREET", "CITY", "POST", "PHONE", "MAIL", "REASON", "CEMETERY"]
    {
        assert!(persons.contains(&format!("{CANARY}{kind}-")), "{kind}");
    }
    for text in
        [format!("{CANARY}COMMENT"), format!("{CANARY}ANSWER"), format!("{CANARY}GATHERING"), BIRTHDAY.to_owned()]
    {
        assert!(persons.contains(&text), "{text}");
    }
    for degrees in [LATITUDE, LONGITUDE] {
        assert!(persons.contains(&format!(":{degrees}")), "{degrees}");
    }
    for person in &documents.persons {
        assert!(canaries.found_in(&serde_json::to_vec(person).unwrap()).is_some());
    }
    for others in [&documents.follow_ups, &documents.lab_results, &documents.relationships] {
        assert!(others.iter().all(|one| canaries.found_in(&serde_json::to_vec(one).unwrap()).is_some()));
    }
    let public = [&documents.locations, &documents.reference_data, &documents.outbreaks, &documents.teams];
    assert_eq!(canaries.found_in(&serde_json::to_vec(&public).unwrap()), None);
}
