//! What makes contacts, samples and exposures look like those of an outbreak: how contacts were met, who infected whom, how
//! follow-up ended, where samples went, and what is odd about some of them.
//!
//! Added last, so that the rest of a population is what its seed always made of it.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;

use super::{FINAL_STATUS, FOLLOW_UP_STATUS, Setting, day_of, midnight, stamped};
use crate::godata::{Document, Documents, PersonType, is_deleted, text};
use crate::population::CANARY;
use crate::population::reference::id;
use crate::random::Random;

const CONTEXTS: &[&str] =
    &["FAMILY", "FAMILY", "NOSOCOMIAL_TRANSMISSION", "CO_WORKERS", "FRIENDS", "TRAVEL_TO_OUTBREAK_AREA"];

/// The oddities, as how many in a thousand have them.
mod per_mille {
    pub(super) const WITHOUT_CONTEXT: u64 = 100;
    pub(super) const SOURCE_UNKNOWN: u64 = 600;
    pub(super) const SECOND_SOURCE: u64 = 150;
    pub(super) const SOURCE_IS_EVENT: u64 = 60;
    pub(super) const COMPLETED: u64 = 300;
    pub(super) const LOST: u64 = 100;
    pub(super) const WITHOUT_FOLLOW_UP: u64 = 40;
    pub(super) const VISITED_ELSEWHERE: u64 = 150;
    pub(super) const WITHOUT_PLACE_OF_VISIT: u64 = 200;
    pub(super) const VISIT_WITHOUT_DATE: u64 = 10;
    pub(super) const CONTACT_TESTED: u64 = 200;
    pub(super) const TEST_IN_PROGRESS: u64 = 120;
    pub(super) const SAMPLE_WITHOUT_DAY: u64 = 50;
    pub(super) const PERSON_IS_GONE: u64 = 8;
}

pub(super) fn add(setting: &Setting, cases: &[(String, Date)], documents: &mut Documents, random: &mut Random) {
    for relationship in &mut documents.relationships {
        met(relationship, random);
    }
    ends_of_follow_up(documents, random);
    visits(setting, documents, random);
    samples(documents, random);
    sources(setting, cases, documents, random);
    tested_contacts(setting, documents, random);
}

/// How two people met.
fn met(relationship: &mut Document, random: &mut Random) {
    if !random.per_mille(per_mille::WITHOUT_CONTEXT) {
        let context = id("CONTEXT_OF_TRANSMISSION", random.pick::<&str>(CONTEXTS));
        relationship.insert("socialRelationshipTypeId".into(), json!(context));
    }
    let exposure = random.pick(&["DIRECT_PHYSICAL_CONTACT", "SLEPT_ATE_OR_SPEND_TIME_IN_SAME_HOUSEHOLD"]);
    relationship.insert("exposureTypeId".into(), json!(id("EXPOSURE_TYPE", exposure)));
    relationship.insert("exposureFrequencyId".into(), json!(id("EXPOSURE_FREQUENCY", "1_5_TIMES")));
    relationship.insert("exposureDurationId".into(), json!(id("EXPOSURE_DURATION", "MEDIUM_HOURS")));
    relationship.insert("clusterId".into(), serde_json::Value::Null);
}

/// Contacts whose follow-up came to its end, or never began.
fn ends_of_follow_up(documents: &mut Documents, random: &mut Random) {
    let contact = PersonType::Contact.id();
    for person in documents.persons.iter_mut().filter(|person| text(person, "type") == Some(contact)) {
        if random.per_mille(per_mille::WITHOUT_FOLLOW_UP) {
            person.remove("followUp");
            continue;
        }
        let status = match random.next() % 1000 {
            drawn if drawn < per_mille::COMPLETED => "FOLLOW_UP_COMPLETED",
            drawn if drawn < per_mille::COMPLETED + per_mille::LOST => "LOST_TO_FOLLOW_UP",
            _ => continue,
        };
        person["followUp"]["status"] = json!(format!("{FINAL_STATUS}{status}"));
    }
}

/// Where visits took place, and those of the days to come.
fn visits(setting: &Setting, documents: &mut Documents, random: &mut Random) {
    let homes: std::collections::HashMap<String, String> = documents
        .persons
        .iter()
        .filter_map(|person| {
            Some((text(person, "id")?.to_owned(), text(person, "usualPlaceOfResidenceLocationId")?.to_owned()))
        })
        .collect();
    let mut to_come = Vec::new();
    for visit in &mut documents.follow_ups {
        let home = text(visit, "personId").and_then(|person| homes.get(person)).cloned();
        let place = match random.next() % 1000 {
            drawn if drawn < per_mille::WITHOUT_PLACE_OF_VISIT => None,
            drawn if drawn < per_mille::WITHOUT_PLACE_OF_VISIT + per_mille::VISITED_ELSEWHERE => {
                Some(setting.any_district(random).to_owned())
            }
            _ => home,
        };
        if let Some(place) = place {
            visit.insert("usualPlaceOfResidenceLocationId".into(), json!(place));
            visit.insert(
                "address".into(),
                json!({ "typeId": id("ADDRESS_TYPE", "USUAL_PLACE_OF_RESIDENCE"), "locationId": place,
                    "phoneNumber": format!("{CANARY}PHONE-VISIT"), "geoLocationAccurate": false }),
            );
        }
        let mut next = visit.clone();
        if random.per_mille(per_mille::VISIT_WITHOUT_DATE) {
            visit.insert("date".into(), serde_json::Value::Null);
        }
        if visit["index"] == json!(super::N_FOLLOW_UPS)
            && let Some(day) = day_of(&next, "date")
        {
            next.insert("id".into(), json!(random.uuid()));
            next.insert("index".into(), json!(super::N_FOLLOW_UPS + 1));
            next.insert("date".into(), json!(midnight(day.saturating_add(1.day()))));
            next.insert("statusId".into(), json!(format!("{FOLLOW_UP_STATUS}NOT_PERFORMED")));
            to_come.push(next);
        }
    }
    documents.follow_ups.extend(to_come);
}

/// Laboratories, days and tests that are not done yet.
fn samples(documents: &mut Documents, random: &mut Random) {
    for sample in &mut documents.lab_results {
        let laboratory = random.pick(&["NATIONAL_LABORATORY", "DISTRICT_LABORATORY"]);
        sample.insert("labName".into(), json!(id("LAB_NAME", laboratory)));
        sample.insert("sampleType".into(), json!(id("TYPE_OF_SAMPLE", "SWAB")));
        let taken = sample["dateSampleTaken"].clone();
        sample.insert("dateSampleDelivered".into(), taken);
        if random.per_mille(per_mille::SAMPLE_WITHOUT_DAY) {
            sample.insert("dateSampleTaken".into(), serde_json::Value::Null);
        }
        if random.per_mille(per_mille::TEST_IN_PROGRESS) {
            sample.insert("status".into(), json!(id("LAB_TEST_RESULT_STATUS", "IN_PROGRESS")));
            for field in ["result", "dateOfResult"] {
                sample.remove(field);
            }
        }
        if random.per_mille(per_mille::PERSON_IS_GONE) {
            sample.insert("personId".into(), json!(random.uuid()));
        }
    }
}

/// Who infected a case: an earlier case, two of them, or an event.
fn sources(setting: &Setting, cases: &[(String, Date)], documents: &mut Documents, random: &mut Random) {
    let events: Vec<String> =
        documents.persons_of(PersonType::Event).filter_map(|event| text(event, "id").map(str::to_owned)).collect();
    let mut by_day: Vec<&(String, Date)> = cases.iter().collect();
    by_day.sort_by_key(|(id, day)| (*day, id));
    for at in 1..by_day.len() {
        if random.per_mille(per_mille::SOURCE_UNKNOWN) {
            continue;
        }
        let (target, day) = by_day[at];
        let n_sources = if random.per_mille(per_mille::SECOND_SOURCE) { 2 } else { 1 };
        for _ in 0..n_sources {
            let (source, kind) = if random.per_mille(per_mille::SOURCE_IS_EVENT) {
                (random.pick(&events).clone(), PersonType::Event)
            } else {
                (by_day[random.below(at)].0.clone(), PersonType::Case)
            };
            let mut relationship = stamped(
                json!({
                    "id": random.uuid(), "outbreakId": setting.outbreak_id,
                    "persons": [{ "id": source, "type": kind.id(), "source": true },
                                { "id": target, "type": PersonType::Case.id(), "target": true }],
                    "contactDate": midnight(day.saturating_sub(5.days())), "contactDateEstimated": true,
                    "certaintyLevelId": id("CERTAINTY_LEVEL", "2_MEDIUM"), "active": true,
                    "comment": format!("{CANARY}COMMENT"), "socialRelationshipDetail": format!("{CANARY}RELATION"),
                }),
                *day,
            );
            met(&mut relationship, random);
            documents.relationships.push(relationship);
        }
    }
}

/// Samples of contacts, which Go.Data hides unless the outbreak has them switched on.
fn tested_contacts(setting: &Setting, documents: &mut Documents, random: &mut Random) {
    let contacts: Vec<(String, Date)> = documents
        .persons_of(PersonType::Contact)
        .filter(|contact| !is_deleted(contact))
        .filter_map(|contact| Some((text(contact, "id")?.to_owned(), day_of(contact, "dateOfReporting")?)))
        .collect();
    for (contact, day) in contacts {
        if random.per_mille(per_mille::CONTACT_TESTED) {
            let mut sample = super::lab_result(setting, &contact, day, random);
            sample.insert("personType".into(), json!(PersonType::Contact.id()));
            documents.lab_results.push(sample);
        }
    }
}
