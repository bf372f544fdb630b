//! What stands around the cases: contacts, follow-ups, lab results, relationships, events, a team.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::CANARY;
use super::cases::{Setting, age_and_gender, midnight, personal};
use super::reference::id;
use crate::godata::{Document, Documents, PersonType, document, is_deleted, text};
use crate::random::Random;

mod around;

const FOLLOW_UP_STATUS: &str = "LNG_REFERENCE_DATA_CONTACT_DAILY_FOLLOW_UP_STATUS_TYPE_";
const FINAL_STATUS: &str = "LNG_REFERENCE_DATA_CONTACT_FINAL_FOLLOW_UP_STATUS_TYPE_";

/// The days of follow-up that are stored for a contact, of the fourteen that are planned.
const N_FOLLOW_UPS: i64 = 3;

pub(super) fn add(setting: &Setting, n_cases: usize, documents: &mut Documents, random: &mut Random) {
    let cases: Vec<(String, Date)> = documents
        .cases()
        .filter(|case| !is_deleted(case))
        .filter_map(|case| Some((text(case, "id")?.to_owned(), day_of(case, "createdAt")?)))
        .collect();
    if cases.is_empty() {
        return;
    }
    for number in 0..n_cases / 8 {
        let (case_id, day) = random.pick(&cases).clone();
        let contact = person(setting, PersonType::Contact, n_cases + number, day, random);
        let contact_id = text(&contact, "id").unwrap_or_default().to_owned();
        documents.persons.push(contact);
        relate(setting, documents, &case_id, &contact_id, day, random);
        follow_ups(setting, documents, &contact_id, day, random);
    }
    for number in 0..n_cases / 40 {
        let (_, day) = random.pick(&cases).clone();
        documents.persons.push(person(setting, PersonType::ContactOfContact, 2 * n_cases + number, day, random));
    }
    for (case_id, day) in cases.iter().step_by(3) {
        documents.lab_results.push(lab_result(setting, case_id, *day, random));
    }
    for number in 0..n_cases.min(5) {
        documents.persons.push(event(setting, number, cases[number % cases.len()].1, random));
    }
    documents.teams.push(stamped(
        json!({ "id": random.uuid(), "name": "Team A", "userIds": [],
        "locationIds": ["SN001"] }),
        cases[0].1,
    ));
    around::add(setting, &cases, documents, random);
}

fn day_of(document: &Document, field: &str) -> Option<Date> {
    text(document, field)?.get(..10)?.parse().ok()
}

fn stamped(fields: Value, day: Date) -> Document {
    let mut document = document(fields);
    for field in ["createdAt", "updatedAt", "dbUpdatedAt"] {
        document.insert(field.into(), json!(format!("{day}T18:00:00.456Z")));
    }
    document.insert("createdBy".into(), json!("system"));
    document.insert("updatedBy".into(), json!("system"));
    document.insert("createdOn".into(), json!("API"));
    document.insert("deleted".into(), json!(false));
    document
}

fn person(setting: &Setting, kind: PersonType, number: usize, day: Date, random: &mut Random) -> Document {
    let mask = if kind == PersonType::Contact { "CON" } else { "COC" };
    let start = day.saturating_add(1.day());
    let follow_up = json!({ "originalStartDate": midnight(start), "startDate": midnight(start),
        "endDate": midnight(start.saturating_add(13.days())), "status": format!("{FINAL_STATUS}UNDER_FOLLOW_UP") });
    let mut contact = stamped(
        json!({
            "id": random.uuid(), "type": kind.id(), "outbreakId": setting.outbreak_id,
            "visualId": format!("{mask}-{number:05}"), "riskLevel": id("RISK_LEVEL", "1_LOW"),
            "transferRefused": false, "safeBurial": false, "wasCase": false, "wasContactOfContact": false,
            "active": true, "dateOfReporting": midnight(day), "isDateOfReportingApproximate": false,
            "dateOfLastContact": midnight(day), "followUp": follow_up, "hasRelationships": kind == PersonType::Contact,
            "numberOfExposures": u8::from(kind == PersonType::Contact), "numberOfContacts": 0,
        }),
        day,
    );
    let residence = setting.any_district(random).to_owned();
    personal(&mut contact, number, Some(residence), random);
    age_and_gender(&mut contact, random);
    contact
}

fn relate(setting: &Setting, documents: &mut Documents, case: &str, contact: &str, day: Date, random: &mut Random) {
    documents.relationships.push(stamped(
        json!({
            "id": random.uuid(), "outbreakId": setting.outbreak_id,
            "persons": [{ "id": case, "type": PersonType::Case.id(), "source": true },
                        { "id": contact, "type": PersonType::Contact.id(), "target": true }],
            "contactDate": midnight(day), "contactDateEstimated": false,
            "certaintyLevelId": id("CERTAINTY_LEVEL", "1_LOW"), "active": true,
            "comment": format!("{CANARY}COMMENT"), "socialRelationshipDetail": format!("{CANARY}RELATION"),
        }),
        day,
    ));
    if let Some(case) = documents.find_mut(case) {
        let n = case.get("numberOfContacts").and_then(Value::as_u64).unwrap_or(0);
        case.insert("numberOfContacts".into(), json!(n + 1));
        case.insert("hasRelationships".into(), json!(true));
    }
}

fn follow_ups(setting: &Setting, documents: &mut Documents, contact: &str, day: Date, random: &mut Random) {
    for index in 1..=N_FOLLOW_UPS {
        let date = day.saturating_add(index.days());
        let status = random.pick(&["SEEN_OK", "SEEN_OK", "SEEN_OK", "SEEN_NOT_OK", "MISSED", "NOT_PERFORMED"]);
        documents.follow_ups.push(stamped(
            json!({
                "id": random.uuid(), "personId": contact, "outbreakId": setting.outbreak_id, "date": midnight(date),
                "statusId": format!("{FOLLOW_UP_STATUS}{status}"), "index": index, "targeted": true, "teamId": null,
                "createdAs": PersonType::Contact.id(), "questionnaireAnswers": {}, "comment": format!("{CANARY}COMMENT"),
            }),
            date,
        ));
    }
}

fn lab_result(setting: &Setting, case: &str, day: Date, random: &mut Random) -> Document {
    let result = random.pick(&["POSITIVE", "POSITIVE", "NEGATIVE", "INCONCLUSIVE"]);
    let resulted = day.saturating_add(random.between(0, 5).days());
    stamped(
        json!({
            "id": random.uuid(), "personId": case, "personType": PersonType::Case.id(),
            "outbreakId": setting.outbreak_id, "dateSampleTaken": midnight(day), "dateOfResult": midnight(resulted),
            "notes": format!("{CANARY}NOTES"),
            "labName": null, "sampleIdentifier": format!("S-{}", random.below(100_000)),
            "testType": id("TYPE_OF_LAB_TEST", "PCR"), "result": id("LAB_TEST_RESULT", result),
            "status": id("LAB_TEST_RESULT_STATUS", "COMPLETED"), "testedFor": id("DISEASE", "COVID_19"),
        }),
        resulted,
    )
}

fn event(setting: &Setting, number: usize, day: Date, random: &mut Random) -> Document {
    let place = setting.any_district(random).to_owned();
    stamped(
        json!({
            "id": random.uuid(), "type": PersonType::Event.id(), "outbreakId": setting.outbreak_id,
            "visualId": format!("EV-{:04}", number + 1), "name": format!("Gathering {}", number + 1),
            "dateApproximate": false, "date": midnight(day), "dateOfReporting": midnight(day),
            "isDateOfReportingApproximate": false, "hasRelationships": false, "numberOfExposures": 0,
            "description": format!("{CANARY}GATHERING"),
            "numberOfContacts": 0, "usualPlaceOfResidenceLocationId": place,
            "address": { "typeId": id("ADDRESS_TYPE", "USUAL_PLACE_OF_RESIDENCE"), "locationId": place,
                "geoLocationAccurate": false },
        }),
        day,
    )
}
