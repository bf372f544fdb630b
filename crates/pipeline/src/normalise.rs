//! From what Go.Data sent to records: civil dates in the server's time zone, short reference values, no names.
//!
//! Nothing is dropped and nothing panics: what cannot be read becomes an issue with the record's id and the field.

mod forget;
mod satellite;

pub use forget::Forgetting;
pub use satellite::Row;

use compact_str::CompactString;
use epi::field::Needs;
use epi::field::{category, short_value};
use epi::issue::{Issue, Rule};
use epi::record::{Answer, Classification, Outbreak, Person, PersonKind, Stay, Vaccination};
use godata::wire::{self, AnswerValue, Field, Text};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use std::str::FromStr;

/// Version of these rules: a line list that older rules wrote is read again.
pub const RULES_VERSION: u32 = 2;

/// Address type of the current address, as long as no derived residence is given (JSON exports lack it).
const CURRENT_ADDRESS: &str = "LNG_REFERENCE_DATA_CATEGORY_ADDRESS_TYPE_USUAL_PLACE_OF_RESIDENCE";

/// The longest id or name that is kept. MongoDB's ids and Go.Data's reference values stay below 200 bytes.
const TEXT_BYTES_MAX: usize = 2_000;

/// Turns rows into records.
#[derive(Clone, Debug)]
pub struct Normaliser {
    /// `None` is UTC, where the date of an instant is its first ten characters.
    zone: Option<TimeZone>,
    forgetting: Forgetting,
    outbreak: Option<Outbreak>,
}

impl Normaliser {
    /// A normaliser for a server that keeps its days in this time zone.
    pub fn new(zone: &TimeZone) -> Self {
        Self { zone: (*zone != TimeZone::UTC).then(|| zone.clone()), forgetting: Forgetting::default(), outbreak: None }
    }

    /// Every record belongs to this outbreak, and remembers it.
    #[must_use]
    pub fn of(mut self, outbreak: Option<Outbreak>) -> Self {
        self.outbreak = outbreak;
        self
    }

    /// Keeps only what is needed; the id always.
    #[must_use]
    pub fn only(mut self, needs: &Needs) -> Self {
        self.forgetting = Forgetting::all_but(needs);
        self
    }

    /// The record of a person, or `None` when it has no id and so cannot be told apart from others.
    pub fn person(&self, wire: &wire::Person<'_>, kind: PersonKind, issues: &mut Vec<Issue>) -> Option<Person> {
        let mut person = Person::default();
        self.person_again(wire, kind, issues, &mut person).then_some(person)
    }

    /// As [`Self::person`], in place of a person who is no longer needed: of a million the memory is used again. Says
    /// whether there is a record; if not, what is left of the former one is none.
    pub fn person_again(
        &self,
        wire: &wire::Person<'_>,
        kind: PersonKind,
        issues: &mut Vec<Issue>,
        person: &mut Person,
    ) -> bool {
        let Some(id) = wire.id.text() else { return false };
        refill(&mut person.id, id);
        let first_issue = issues.len();
        let mut reader = Reader { normaliser: self, id, issues };
        if wire::HasOdd::has_odd(wire) {
            reader.report_odd(&wire.odd_fields());
        }
        *person = Person {
            id: std::mem::take(&mut person.id),
            kind,
            outbreak: self.outbreak.clone(),
            visual_id: reader.text(&wire.visual_id, "visual_id"),
            classification: reader.reference(&wire.classification, category::CLASSIFICATION, "classification"),
            outcome: reader.reference(&wire.outcome, category::OUTCOME, "outcome"),
            gender: reader.reference(&wire.gender, category::GENDER, "gender"),
            age_years: age_years(wire),
            age_months: wire.age.get().and_then(|age| whole(&age.months)),
            date_of_onset: reader.date(&wire.date_of_onset, "date_of_onset"),
            date_of_onset_approximate: wire.date_of_onset_approximate.get().copied(),
            date_of_reporting: reader.date(&wire.date_of_reporting, "date_of_reporting"),
            date_of_reporting_approximate: wire.date_of_reporting_approximate.get().copied(),
            date_of_infection: reader.date(&wire.date_of_infection, "date_of_infection"),
            date_became_case: reader.date(&wire.date_become_case, "date_became_case"),
            date_became_contact: reader.date(&wire.date_become_contact, "date_became_contact"),
            date_of_outcome: reader.date(&wire.date_of_outcome, "date_of_outcome"),
            date_of_burial: reader.date(&wire.date_of_burial, "date_of_burial"),
            death_location: reader.text(&wire.death_location, "death_location"),
            date_of_last_contact: reader.date(&wire.date_of_last_contact, "date_of_last_contact"),
            residence: refill_maybe(person.residence.take(), reader.residence(wire)),
            risk_level: reader.reference(&wire.risk_level, category::RISK_LEVEL, "risk_level"),
            occupation: reader.reference(&wire.occupation, category::OCCUPATION, "occupation"),
            pregnancy_status: reader.reference(&wire.pregnancy_status, category::PREGNANCY_STATUS, "pregnancy_status"),
            was_contact: wire.was_contact.get().copied(),
            was_case: wire.was_case.get().copied(),
            was_contact_of_contact: wire.was_contact_of_contact.get().copied(),
            follow_up_status: wire.follow_up.get().and_then(|follow_up| {
                reader.reference(&follow_up.status, category::FOLLOW_UP_STATUS, "follow_up_status")
            }),
            follow_up_start: wire.follow_up.get().and_then(|of| reader.date(&of.start, "follow_up_start")),
            follow_up_end: wire.follow_up.get().and_then(|of| reader.date(&of.end, "follow_up_end")),
            safe_burial: wire.safe_burial.get().copied(),
            transfer_refused: wire.transfer_refused.get().copied(),
            investigation_status: reader.reference(
                &wire.investigation_status,
                category::INVESTIGATION_STATUS,
                "investigation_status",
            ),
            date_investigation_completed: reader
                .date(&wire.date_investigation_completed, "date_investigation_completed"),
            n_exposures: whole(&wire.number_of_exposures),
            n_contacts: whole(&wire.number_of_contacts),
            created_at: reader.date(&wire.created_at, "created_at"),
            updated_at: reader.date(&wire.updated_at, "updated_at"),
            stays: reader.stays(wire, std::mem::take(&mut person.stays)),
            classifications: reader.classifications(wire),
            vaccinations: reader.vaccinations(wire),
            answers: reader.answers(&wire.questionnaire_answers),
        };
        debug_assert!(issues[first_issue..].iter().all(|issue| issue.record == person.id));
        self.forgetting.forget_of(person);
        true
    }

    /// The civil date of an instant; a date without a time is taken as it is.
    pub(crate) fn day(&self, text: &str) -> Option<Date> {
        let bytes = text.as_bytes();
        let head = plain_date(bytes)?;
        let is_instant = bytes.len() > DATE_LEN;
        match &self.zone {
            None if !is_instant || bytes.ends_with(b"Z") => Some(head),
            Some(_) if !is_instant => Some(head),
            zone => {
                let instant = Timestamp::from_str(text).ok()?;
                Some(instant.to_zoned(zone.clone().unwrap_or(TimeZone::UTC)).date())
            }
        }
    }
}

/// The name of a field that could not be read, as this version of the rules spells it; none if it knows no such field.
pub fn unreadable_field(name: &str) -> Option<&'static str> {
    let wire = [
        wire::Person::FIELDS,
        wire::FollowUp::FIELDS,
        wire::LabResult::FIELDS,
        wire::Relationship::FIELDS,
        wire::Event::FIELDS,
    ];
    let of_table = |table: &'static epi::field::Table| {
        table.all_fields().map(|field| field.name).chain(table.all_lists().map(|list| list.name))
    };
    let catalogue = epi::field::TABLES.into_iter().flat_map(of_table);
    wire.into_iter().flatten().copied().chain(catalogue).find(|known| *known == name)
}

/// Length of `2020-01-31`.
const DATE_LEN: usize = 10;

/// Reads `2020-01-31` at the beginning of a text whose rest, if any, begins with `T` or a space.
fn plain_date(bytes: &[u8]) -> Option<Date> {
    if bytes.len() < DATE_LEN || !matches!(bytes.get(DATE_LEN), None | Some(b'T' | b' ')) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        bytes[range].iter().try_fold(0_i16, |n, byte| byte.is_ascii_digit().then(|| n * 10 + i16::from(byte - b'0')))
    };
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Another text in the memory of one that is no longer needed.
fn refill(text: &mut CompactString, with: &str) {
    text.clear();
    text.push_str(with);
}

fn refill_maybe(memory: Option<CompactString>, with: Option<&str>) -> Option<CompactString> {
    let with = with?;
    let mut text = memory.unwrap_or_default();
    refill(&mut text, with);
    Some(text)
}

struct Reader<'a> {
    normaliser: &'a Normaliser,
    id: &'a str,
    issues: &'a mut Vec<Issue>,
}

impl Reader<'_> {
    fn report_odd(&mut self, odd: &[&'static str]) {
        let odd: Vec<Issue> = odd.iter().map(|field| self.issue(field)).collect();
        self.issues.extend(odd);
    }

    fn issue(&self, field: &'static str) -> Issue {
        Issue { record: self.id.into(), field, rule: Rule::Unreadable }
    }

    /// A short text: an id or a name. What is absurdly long is neither, and nobody should have to read it in a report.
    fn short<'w>(&mut self, value: &'w Field<Text<'_>>, field: &'static str) -> Option<&'w str> {
        let text = value.text().filter(|text| !text.is_empty())?;
        if text.len() > TEXT_BYTES_MAX {
            let issue = self.issue(field);
            self.issues.push(issue);
            return None;
        }
        Some(text)
    }

    fn text(&mut self, value: &Field<Text<'_>>, field: &'static str) -> Option<CompactString> {
        self.short(value, field).map(CompactString::from)
    }

    fn reference(&mut self, value: &Field<Text<'_>>, category: &str, field: &'static str) -> Option<CompactString> {
        self.short(value, field).map(|id| short_value(category, id).into())
    }

    fn residence<'w>(&mut self, wire: &'w wire::Person<'_>) -> Option<&'w str> {
        self.short(&wire.residence, "residence").or_else(|| {
            let is_current = |kind: &Field<Text<'_>>| kind.is_absent() || kind.text() == Some(CURRENT_ADDRESS);
            let current = wire.addresses.iter().find(|address| is_current(&address.address_type));
            current.and_then(|address| self.short(&address.location, "residence"))
        })
    }

    fn date(&mut self, value: &Field<Text<'_>>, field: &'static str) -> Option<Date> {
        let text = value.text().filter(|text| !text.is_empty())?;
        let date = self.normaliser.day(text);
        if date.is_none() {
            let issue = self.issue(field);
            self.issues.push(issue);
        }
        date
    }

    /// In place of those of another person.
    fn stays(&mut self, wire: &wire::Person<'_>, mut stays: Vec<Stay>) -> Vec<Stay> {
        stays.clear();
        stays.reserve_exact(wire.date_ranges.len());
        for range in wire.date_ranges.iter() {
            stays.push(Stay {
                kind: self.reference(&range.range_type, category::STAY_TYPE, "stays"),
                start: self.date(&range.start, "stays"),
                end: self.date(&range.end, "stays"),
                centre: self.reference(&range.centre, category::CENTRE, "stays"),
                location: self.text(&range.location, "stays"),
            });
        }
        stays
    }

    fn classifications(&mut self, wire: &wire::Person<'_>) -> Vec<Classification> {
        let mut classifications = Vec::with_capacity(wire.classification_history.len());
        for change in wire.classification_history.iter() {
            classifications.push(Classification {
                classification: self.reference(&change.classification, category::CLASSIFICATION, "classifications"),
                start: self.date(&change.start, "classifications"),
                end: self.date(&change.end, "classifications"),
            });
        }
        classifications
    }

    fn vaccinations(&mut self, wire: &wire::Person<'_>) -> Vec<Vaccination> {
        let mut vaccinations = Vec::with_capacity(wire.vaccines_received.len());
        for dose in wire.vaccines_received.iter() {
            vaccinations.push(Vaccination {
                vaccine: self.reference(&dose.vaccine, category::VACCINE, "vaccinations"),
                status: self.reference(&dose.status, category::VACCINE_STATUS, "vaccinations"),
                date: self.date(&dose.date, "vaccinations"),
            });
        }
        vaccinations
    }

    fn answers(&mut self, given: &Field<wire::Answers<'_>>) -> Vec<Answer> {
        let mut answers = Vec::new();
        for of in given.get().into_iter().flat_map(|all| &all.variables) {
            for answer in of.answers.iter() {
                let date = self.date(&answer.date, "answers");
                flatten(&of.variable, &answer.value, date, &mut answers);
            }
        }
        answers
    }
}

/// One row for each value: a multiple choice gives several.
fn flatten(variable: &str, value: &AnswerValue<'_>, date: Option<Date>, answers: &mut Vec<Answer>) {
    let mut push = |value: Option<CompactString>, number| {
        answers.push(Answer { variable: variable.into(), value, number, date });
    };
    match value {
        AnswerValue::Text(text) => push(Some(text.as_ref().into()), Decimal::from_str(text).ok()),
        AnswerValue::Number(number) => {
            let number = Decimal::from_f64(*number).map(|number| number.normalize());
            push(number.map(|number| number.to_string().into()), number);
        }
        AnswerValue::Bool(flag) => push(Some(if *flag { "true" } else { "false" }.into()), None),
        AnswerValue::List(values) => values.iter().for_each(|value| flatten(variable, value, date, answers)),
        AnswerValue::Absent | AnswerValue::Odd => {}
    }
}

/// Completed years; a person with months only has not completed the first year.
fn age_years(wire: &wire::Person<'_>) -> Option<u32> {
    let age = wire.age.get()?;
    whole(&age.years).or_else(|| age.years.is_absent().then(|| whole(&age.months)).flatten().map(|months| months / 12))
}

fn whole(number: &Field<f64>) -> Option<u32> {
    number.get().filter(|n| **n >= 0.0 && **n <= f64::from(u32::MAX)).map(|n| *n as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(json: &str, zone: &str) -> (Person, Vec<String>) {
        let wire: wire::Person<'_> = serde_json::from_str(json).unwrap();
        let mut issues = Vec::new();
        let zone = TimeZone::get(zone).unwrap();
        let person = Normaliser::new(&zone).person(&wire, PersonKind::Case, &mut issues).unwrap();
        (person, issues.iter().map(|issue| format!("{} {}", issue.field, issue.rule)).collect())
    }

    #[test]
    fn an_instant_becomes_a_date_in_the_servers_time_zone() {
        let json = r#"{"id":"a","dateOfOnset":"2025-03-03T22:00:00.000Z"}"#;
        assert_eq!(person(json, "UTC").0.date_of_onset.unwrap().to_string(), "2025-03-03");
        assert_eq!(person(json, "Africa/Cairo").0.date_of_onset.unwrap().to_string(), "2025-03-04");
        let plain = r#"{"id":"a","dateOfOnset":"2025-03-03"}"#;
        assert_eq!(person(plain, "Africa/Cairo").0.date_of_onset.unwrap().to_string(), "2025-03-03");
        let offset = r#"{"id":"a","dateOfOnset":"2025-03-03T23:30:00.000-02:00"}"#;
        assert_eq!(person(offset, "UTC").0.date_of_onset.unwrap().to_string(), "2025-03-04");
    }

    #[test]
    fn nothing_of_a_person_stays_in_the_next_one() {
        let full = r#"{"id":"0123456789012345678901234567890123456789","gender":"G","usualPlaceOfResidenceLocationId":
            "0123456789012345678901234567890123456789","dateOfOnset":"2025-03-03","age":{"years":3},"visualId":"V",
            "dateRanges":[{"typeId":"T"},{"typeId":"U"}]}"#;
        let normaliser = Normaliser::new(&TimeZone::UTC);
        let (mut issues, mut person) = (Vec::new(), Person::default());
        for json in [full, r#"{"id":"b"}"#, full, r#"{"id":"c","dateRanges":[{"typeId":"T"}]}"#] {
            let wire: wire::Person<'_> = serde_json::from_str(json).unwrap();
            assert!(normaliser.person_again(&wire, PersonKind::Case, &mut issues, &mut person));
            assert_eq!(Some(&person), normaliser.person(&wire, PersonKind::Case, &mut issues).as_ref());
        }
        assert_eq!(issues, []);
    }

    #[test]
    fn what_cannot_be_read_is_an_issue_and_loses_nothing_else() {
        let json = r#"{"id":"a","dateOfOnset":"yesterday","dateOfReporting":"2025-02-30T00:00:00.000Z","gender":7,
            "classification":"LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_PROBABLE",
            "dateRanges":[{"typeId":"LNG_REFERENCE_DATA_CATEGORY_PERSON_DATE_TYPE_ISOLATION","startDate":"?"}]}"#;
        let (person, issues) = person(json, "UTC");
        assert_eq!(person.classification.as_deref(), Some("PROBABLE"));
        assert_eq!(person.stays[0].kind.as_deref(), Some("ISOLATION"));
        assert_eq!(
            issues,
            ["gender unreadable", "date_of_onset unreadable", "date_of_reporting unreadable", "stays unreadable"]
        );
    }

    #[test]
    fn an_absurdly_long_text_is_an_issue_and_is_not_kept() {
        let json = format!(
            r#"{{"id":"a","visualId":"C-1","gender":"{}","dateRanges":[{{"locationId":"{}"}}]}}"#,
            "M".repeat(TEXT_BYTES_MAX + 1),
            "L".repeat(TEXT_BYTES_MAX + 1)
        );
        let (person, issues) = person(&json, "UTC");
        assert_eq!((person.visual_id.as_deref(), person.gender, &person.stays[0].location), (Some("C-1"), None, &None));
        assert_eq!(issues, ["gender unreadable", "stays unreadable"]);
        let json = format!(r#"{{"id":"a","gender":"{}"}}"#, "M".repeat(TEXT_BYTES_MAX));
        assert_eq!(super::tests::person(&json, "UTC").0.gender.map(|text| text.len()), Some(TEXT_BYTES_MAX));
    }

    #[test]
    fn an_age_in_months_is_an_age_in_years() {
        assert_eq!(person(r#"{"id":"a","age":{"years":0,"months":11}}"#, "UTC").0.age_years, Some(0));
        assert_eq!(person(r#"{"id":"a","age":{"months":7}}"#, "UTC").0.age_years, Some(0));
        assert_eq!(person(r#"{"id":"a","age":{"years":null}}"#, "UTC").0.age_years, None);
        assert_eq!(person(r#"{"id":"a","age":{"years":-1}}"#, "UTC").0.age_years, None);
    }

    #[test]
    fn the_residence_comes_from_the_current_address_where_the_server_did_not_derive_it() {
        let json = r#"{"_id":"a","addresses":[
            {"typeId":"LNG_REFERENCE_DATA_CATEGORY_ADDRESS_TYPE_OTHER","locationId":"X"},
            {"typeId":"LNG_REFERENCE_DATA_CATEGORY_ADDRESS_TYPE_USUAL_PLACE_OF_RESIDENCE","locationId":"Y"}]}"#;
        assert_eq!(person(json, "UTC").0.residence.as_deref(), Some("Y"));
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten() {
        let json = r#"{"id":"a","visualId":"C-1","gender":"M","questionnaireAnswers":{"n":[{"value":3}]}}"#;
        let wire: wire::Person<'_> = serde_json::from_str(json).unwrap();
        let mut needs = Needs::nothing();
        needs.field(&epi::field::PERSONS, epi::field::field("gender").unwrap());
        let normaliser = Normaliser::new(&TimeZone::UTC).only(&needs);
        let person = normaliser.person(&wire, PersonKind::Case, &mut Vec::new()).unwrap();
        assert_eq!(person, Person { id: "a".into(), gender: Some("M".into()), ..Person::default() });
    }

    #[test]
    fn answers_become_rows() {
        let json = r#"{"id":"a","questionnaireAnswers":{"symptoms":[{"value":["fever","cough"]}],"n":[{"value":3}]}}"#;
        let rows: Vec<_> = person(json, "UTC")
            .0
            .answers
            .iter()
            .map(|a| format!("{}={}", a.variable, a.value.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(rows, ["symptoms=fever", "symptoms=cough", "n=3"]);
    }
}
