//! One case: its course, and what is missing or wrong in its record.

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use serde_json::{Value, json};

use super::places::{ABROAD, INACTIVE, districts, provinces};
use super::reference::id;
use super::{BIRTHDAY, CANARY, CUSTOM_CLASSIFICATION, LATITUDE, LONGITUDE, UNKNOWN_LOCATION};
use crate::clock::iso_millis;
use crate::godata::{Document, PersonType, document};
use crate::random::Random;

/// The oddities, as how many in a thousand cases have them.
mod per_mille {
    pub(super) const DELETED: u64 = 30;
    pub(super) const RECLASSIFIED: u64 = 60;
    pub(super) const WITHOUT_ONSET: u64 = 60;
    pub(super) const WITHOUT_REPORTING: u64 = 20;
    pub(super) const ONSET_IN_2099: u64 = 4;
    pub(super) const ONSET_IN_1920: u64 = 4;
    pub(super) const WITHOUT_AGE: u64 = 30;
    pub(super) const INFANT: u64 = 20;
    pub(super) const WITHOUT_GENDER: u64 = 25;
    pub(super) const WITHOUT_RESIDENCE: u64 = 20;
    pub(super) const UNKNOWN_LOCATION: u64 = 6;
    pub(super) const ABROAD: u64 = 8;
    pub(super) const PROVINCE_ONLY: u64 = 20;
    pub(super) const INACTIVE_LOCATION: u64 = 10;
    pub(super) const OUTCOME_WITHOUT_DATE: u64 = 80;
    pub(super) const OUTCOME_BEFORE_ONSET: u64 = 8;
    pub(super) const STAY_ENDS_BEFORE_START: u64 = 15;
    pub(super) const HEALTH_WORKER: u64 = 80;
    pub(super) const WITHOUT_DB_STAMP: u64 = 30;
}

/// Where and when the outbreak happens.
pub(super) struct Setting {
    pub(super) outbreak_id: String,
    monday: Date,
    /// Cumulative weights of the weeks.
    curve: Vec<u64>,
    districts: Vec<String>,
    provinces: Vec<String>,
}

impl Setting {
    pub(super) fn new(outbreak_id: &str, monday: Date, n_weeks: u32) -> Self {
        let mut sum = 0;
        let curve = (0..n_weeks.max(1))
            .map(|week| {
                sum += wave(week, n_weeks);
                sum
            })
            .collect();
        Self { outbreak_id: outbreak_id.to_owned(), monday, curve, districts: districts(), provinces: provinces() }
    }

    fn day_of_infection(&self, random: &mut Random) -> Date {
        let total = self.curve.last().copied().unwrap_or(1);
        let drawn = random.next() % total;
        let week = self.curve.iter().position(|sum| drawn < *sum).unwrap_or(0);
        let day = i64::try_from(week).unwrap_or(0) * 7 + random.between(0, 6);
        self.monday.saturating_add(day.days())
    }

    pub(super) fn any_district(&self, random: &mut Random) -> &str {
        &self.districts[random.below(self.districts.len())]
    }

    fn residence(&self, random: &mut Random) -> Option<String> {
        let drawn = random.next() % 1000;
        let mut upto = 0;
        let mut within = |share: u64| {
            upto += share;
            drawn < upto
        };
        if within(per_mille::WITHOUT_RESIDENCE) {
            None
        } else if within(per_mille::UNKNOWN_LOCATION) {
            Some(UNKNOWN_LOCATION.to_owned())
        } else if within(per_mille::ABROAD) {
            Some(ABROAD.to_owned())
        } else if within(per_mille::PROVINCE_ONLY) {
            Some(random.pick(&self.provinces).clone())
        } else if within(per_mille::INACTIVE_LOCATION) {
            Some(INACTIVE.to_owned())
        } else {
            // The lower of two draws: some districts have many cases and some few.
            let n = self.districts.len();
            let at = random.below(n).min(random.below(n));
            Some(self.districts[at].clone())
        }
    }
}

/// Two waves, the second the larger, over a floor of sporadic cases; whole numbers only, so that
/// every machine draws the same curve.
fn wave(week: u32, n_weeks: u32) -> u64 {
    let hill = |peak: u32, width: u32, height: u32| {
        let away = week.abs_diff(peak);
        u64::from(height) * u64::from(width.saturating_sub(away)).pow(2)
    };
    10 + hill(n_weeks / 4, n_weeks / 5 + 1, 6) + hill(n_weeks * 3 / 4, n_weeks / 4 + 1, 9)
}

/// The stored text of a civil date: midnight UTC.
pub(super) fn midnight(day: Date) -> String {
    format!("{day}T00:00:00.000Z")
}

fn after(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

pub(super) fn case(setting: &Setting, number: usize, random: &mut Random) -> Document {
    let onset = setting.day_of_infection(random);
    let reported = after(onset, random.between(0, 7));
    let classification = classification(random);
    let mut case = document(json!({
        "id": random.uuid(), "type": PersonType::Case.id(), "outbreakId": setting.outbreak_id,
        "visualId": format!("CASE-{:05}", number + 1),
        "isDateOfOnsetApproximate": false, "isDateOfReportingApproximate": false,
        "dateOfReporting": midnight(reported), "dateOfOnset": midnight(onset),
        "wasContact": random.per_mille(100), "wasContactOfContact": false, "transferRefused": false,
        "safeBurial": false, "classification": classification,
        "riskLevel": id("RISK_LEVEL", "2_MEDIUM"), "occupation": occupation(random),
        "hasRelationships": false, "numberOfExposures": 0, "numberOfContacts": 0, "active": true,
    }));
    personal(&mut case, number, setting.residence(random), random);
    age_and_gender(&mut case, random);
    course(&mut case, onset, reported, random);
    extras(&mut case, reported, random);
    wrong_dates(&mut case, random);
    stamps(&mut case, number, reported, random);
    case
}

fn classification(random: &mut Random) -> Option<String> {
    let value = match random.next() % 1000 {
        0..=519 => "CONFIRMED",
        520..=659 => "PROBABLE",
        660..=899 => "SUSPECT",
        900..=959 => "NOT_A_CASE_DISCARDED",
        960..=979 => return Some(CUSTOM_CLASSIFICATION.to_owned()),
        _ => return None,
    };
    Some(id("CASE_CLASSIFICATION", value))
}

fn occupation(random: &mut Random) -> Option<String> {
    if random.per_mille(per_mille::HEALTH_WORKER) {
        return Some(id("OCCUPATION", "HEALTH_CARE_WORKER"));
    }
    let value = random.pick(&["FARMER", "TEACHER", "STUDENT", "OTHER", ""]);
    (!value.is_empty()).then(|| id("OCCUPATION", value))
}

/// What must never leave Go.Data. Some people share a name, so that the default order has ties.
pub(super) fn personal(person: &mut Document, number: usize, residence: Option<String>, random: &mut Random) {
    let mut put = |field: &str, value: Value| person.insert(field.to_owned(), value);
    put("firstName", json!(format!("{CANARY}NAME-{:04}", number % 100 + 1)));
    put("middleName", json!(number.is_multiple_of(3).then(|| format!("{CANARY}MIDDLE-{number:05}"))));
    put("lastName", json!(format!("{CANARY}SURNAME-{:04}", number % 200 + 1)));
    put("usualPlaceOfResidenceLocationId", json!(residence));
    put("dob", json!(format!("{BIRTHDAY}T00:00:00.000Z")));
    put("riskReason", json!(format!("{CANARY}REASON-{number:05}")));
    put("burialPlaceName", json!(format!("{CANARY}CEMETERY-{number:05}")));
    let kind = id("DOCUMENT_TYPE", "NATIONAL_ID_CARD");
    put("documents", json!([{ "type": kind, "number": format!("{CANARY}DOCUMENT-{number:05}") }]));
    let Some(residence) = residence else { return };
    let mut addresses = vec![json!({
        "typeId": id("ADDRESS_TYPE", "USUAL_PLACE_OF_RESIDENCE"), "city": format!("{CANARY}CITY-{number:05}"),
        "addressLine1": format!("{CANARY}STREET-{number:05}"), "locationId": residence,
        "postalCode": format!("{CANARY}POST-{number:05}"), "geoLocation": { "lat": LATITUDE, "lng": LONGITUDE },
        "phoneNumber": format!("{CANARY}PHONE-{number:05}"),
        "emailAddress": format!("{CANARY}MAIL-{number:05}@example.test"), "geoLocationAccurate": true,
    })];
    if random.per_mille(50) {
        addresses.push(json!({ "typeId": id("ADDRESS_TYPE", "OTHER"), "locationId": "SN010",
            "addressLine1": format!("{CANARY}STREET-{number:05}-OTHER"), "geoLocationAccurate": false }));
    }
    put("addresses", json!(addresses));
}

pub(super) fn age_and_gender(person: &mut Document, random: &mut Random) {
    if !random.per_mille(per_mille::WITHOUT_GENDER) {
        let gender = if random.per_mille(510) { "FEMALE" } else { "MALE" };
        person.insert("gender".into(), json!(id("GENDER", gender)));
        if gender == "FEMALE" && random.per_mille(100) {
            let status = random.pick(&["NOT_PREGNANT", "YES_FIRST_TRIMESTER", "YES_TRIMESTER_UNKNOWN"]);
            person.insert("pregnancyStatus".into(), json!(id("PREGNANCY_STATUS", status)));
        }
    }
    if random.per_mille(per_mille::WITHOUT_AGE) {
        // Absent and null both occur.
        if random.per_mille(500) {
            person.insert("age".into(), Value::Null);
        }
        return;
    }
    let (years, months) = if random.per_mille(per_mille::INFANT) {
        (0, random.between(1, 11))
    } else {
        // The mean of two draws: more adults than children and old people.
        (i64::midpoint(random.between(1, 98), random.between(1, 98)), 0)
    };
    person.insert("age".into(), json!({ "years": years, "months": months }));
}

/// Stays and outcome.
fn course(case: &mut Document, onset: Date, reported: Date, random: &mut Random) {
    case.insert("dateRanges".into(), json!(stays(reported, random)));
    let outcome = match random.next() % 1000 {
        0..=69 => "DECEASED",
        70..=599 => "RECOVERED",
        600..=899 => "ALIVE",
        _ => return,
    };
    case.insert("outcomeId".into(), json!(id("OUTCOME", outcome)));
    if outcome == "ALIVE" || random.per_mille(per_mille::OUTCOME_WITHOUT_DATE) {
        return;
    }
    let early = random.per_mille(per_mille::OUTCOME_BEFORE_ONSET);
    let day = if early { after(onset, -3) } else { after(onset, random.between(5, 30)) };
    case.insert("dateOfOutcome".into(), json!(midnight(day)));
    if outcome == "DECEASED" {
        case.insert("safeBurial".into(), json!(true));
        case.insert("dateOfBurial".into(), json!(midnight(after(day, 1))));
    }
}

fn stays(reported: Date, random: &mut Random) -> Vec<Value> {
    let stay = |kind: &str, start: Option<Date>, end: Option<Date>| {
        json!({ "typeId": id("PERSON_DATE_TYPE", kind), "centerName": null, "locationId": "SN006",
            "comments": format!("{CANARY}COMMENT"), "startDate": start.map(midnight), "endDate": end.map(midnight) })
    };
    let start = after(reported, random.between(0, 3));
    let end = after(start, random.between(2, 20));
    let odd = random.per_mille(per_mille::STAY_ENDS_BEFORE_START);
    match random.next() % 100 {
        0..=11 => vec![stay("HOSPITALIZATION", Some(start), Some(if odd { after(start, -2) } else { end }))],
        12..=15 => vec![stay("HOSPITALIZATION", Some(start), None)],
        16..=18 => {
            let second = after(end, random.between(1, 10));
            let left = random.per_mille(700).then(|| after(second, 6));
            let first = stay("HOSPITALIZATION", Some(start), Some(end));
            vec![first, stay("HOSPITALIZATION", Some(second), left)]
        }
        19..=21 => {
            let hospital = stay("HOSPITALIZATION", Some(start), Some(end));
            vec![hospital, stay("ICU_ADMISSION", Some(after(start, 1)), Some(after(start, 2)))]
        }
        22 => vec![stay("HOSPITALIZATION", None, Some(end))],
        23..=32 => vec![stay("ISOLATION", Some(start), Some(after(start, 14)))],
        33 => vec![stay("ICU_ADMISSION", Some(start), None), stay("ISOLATION", None, None)],
        _ => Vec::new(),
    }
}

fn extras(case: &mut Document, reported: Date, random: &mut Random) {
    let mut vaccines = Vec::new();
    if random.per_mille(80) {
        vaccines.push(json!({ "vaccine": id("VACCINE", "COVID_19"), "status": id("VACCINE_STATUS", "VACCINATED"),
            "date": midnight(after(reported, -60)) }));
    } else if random.per_mille(30) {
        vaccines
            .push(json!({ "vaccine": id("VACCINE", "COVID_19"), "status": id("VACCINE_STATUS", "NOT_VACCINATED") }));
    }
    case.insert("vaccinesReceived".into(), json!(vaccines));
    let mut answers = json!({ "fever": [{ "value": if random.per_mille(600) { "yes" } else { "no" } }] });
    if random.per_mille(300) {
        // A multi-answer question: newest first.
        answers["temperature"] = json!([
            { "date": midnight(after(reported, 1)), "value": 38.5 },
            { "date": midnight(reported), "value": random.between(370, 410) as f64 / 10.0 },
        ]);
        answers["symptoms"] = json!([{ "value": ["cough", "anosmia"] }]);
    }
    answers["remarks"] = json!([{ "value": format!("{CANARY}ANSWER") }]);
    case.insert("questionnaireAnswers".into(), answers);
}

fn wrong_dates(case: &mut Document, random: &mut Random) {
    if random.per_mille(per_mille::WITHOUT_ONSET) {
        case.remove("dateOfOnset");
        case.remove("isDateOfOnsetApproximate");
    } else if random.per_mille(per_mille::ONSET_IN_2099) {
        case.insert("dateOfOnset".into(), json!("2099-12-31T00:00:00.000Z"));
    } else if random.per_mille(per_mille::ONSET_IN_1920) {
        case.insert("dateOfOnset".into(), json!("1920-03-01T00:00:00.000Z"));
    }
    if random.per_mille(per_mille::WITHOUT_REPORTING) {
        case.insert("dateOfReporting".into(), Value::Null);
    }
}

/// Entry, later changes, and the deletion of some.
fn stamps(case: &mut Document, number: usize, reported: Date, random: &mut Random) {
    let entered = reported.at(8, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).map(|at| at.timestamp());
    let entered = entered.unwrap_or_default();
    let later = |secs: i64| {
        iso_millis(entered.saturating_add(SignedDuration::from_millis(secs * 1000 + 123)).unwrap_or(entered))
    };
    let created = random.between(0, 9 * 3600);
    let changed = created + random.between(0, 20 * 86_400);
    let mut history = vec![json!({ "classification": case["classification"], "startDate": later(created) })];
    if random.per_mille(per_mille::RECLASSIFIED) && !case["classification"].is_null() {
        let before = id("CASE_CLASSIFICATION", "SUSPECT");
        history[0]["startDate"] = json!(later(changed));
        history.insert(0, json!({ "classification": before, "startDate": later(created), "endDate": later(changed) }));
    }
    if case["classification"].is_null() {
        history.clear();
        case.remove("classification");
    }
    case.insert("classificationHistory".into(), json!(history));
    let deleted = random.per_mille(per_mille::DELETED);
    case.insert("deleted".into(), json!(deleted));
    if deleted {
        case.insert("deletedAt".into(), json!(later(changed)));
        case.insert("visualId".into(), Value::Null);
        let archived =
            json!({ "type": id("DOCUMENT_TYPE", "ARCHIVED_ID"), "number": format!("CASE-{:05}", number + 1) });
        if let Some(documents) = case.get_mut("documents").and_then(Value::as_array_mut) {
            documents.push(archived);
        }
    }
    for (field, value) in [("createdAt", later(created)), ("updatedAt", later(changed))] {
        case.insert(field.into(), json!(value));
    }
    if !random.per_mille(per_mille::WITHOUT_DB_STAMP) {
        case.insert("dbUpdatedAt".into(), json!(later(changed)));
    }
    case.insert("createdBy".into(), json!("system"));
    case.insert("updatedBy".into(), json!("system"));
    case.insert("createdOn".into(), json!("API"));
}
