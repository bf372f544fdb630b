//! Visits, samples, exposures and gatherings as records, and the rows of any list as such.

use super::{Normaliser, Reader, whole};
use compact_str::CompactString;
use epi::field::category;
use epi::issue::{Issue, Rule};
use epi::record::{Event, FollowUp, LabResult, Participant, Record, RecordKind, Relationship};
use godata::wire::{self, HasOdd};

/// A row of one of Go.Data's lists that becomes a record.
pub trait Row<'w>: wire::Record<'w> {
    /// Whether Go.Data marks it as deleted.
    fn is_deleted(&self) -> bool;

    /// Its record in place of one that is no longer needed. False when the row has no id and so cannot be told apart from
    /// others.
    fn record(&self, normaliser: &Normaliser, kind: RecordKind, issues: &mut Vec<Issue>, record: &mut Record) -> bool;
}

impl<'w> Row<'w> for wire::Person<'w> {
    fn is_deleted(&self) -> bool {
        self.deleted.get() == Some(&true)
    }

    fn record(&self, normaliser: &Normaliser, kind: RecordKind, issues: &mut Vec<Issue>, record: &mut Record) -> bool {
        let Some(kind) = kind.person() else { return false };
        match record {
            Record::Person(person) => normaliser.person_again(self, kind, issues, person),
            other => match normaliser.person(self, kind, issues) {
                Some(person) => {
                    *other = Record::Person(person);
                    true
                }
                None => false,
            },
        }
    }
}

/// What all satellites begin and end with.
macro_rules! row {
    ($wire:ident, $variant:ident, |$reader:ident, $row:ident| $fields:expr) => {
        impl<'w> Row<'w> for wire::$wire<'w> {
            fn is_deleted(&self) -> bool {
                self.deleted.get() == Some(&true)
            }

            fn record(
                &self,
                normaliser: &Normaliser,
                _: RecordKind,
                issues: &mut Vec<Issue>,
                record: &mut Record,
            ) -> bool {
                let $row = self;
                let Some(id) = self.id.text() else { return false };
                let mut $reader = Reader { normaliser, id, issues };
                if self.has_odd() {
                    $reader.report_odd(&self.odd_fields());
                }
                let fields = $fields;
                *record = Record::$variant($variant { id: id.into(), ..fields });
                normaliser.forgetting.forget(record);
                true
            }
        }
    };
}

row!(FollowUp, FollowUp, |reader, row| FollowUp {
    id: CompactString::default(),
    outbreak: reader.normaliser.outbreak.clone(),
    person_id: reader.text(&row.person, "person_id"),
    date: reader.date(&row.date, "date"),
    status: reader.reference(&row.status, category::DAILY_STATUS, "status"),
    day_number: whole(&row.index),
    targeted: row.targeted.get().copied(),
    team: reader.text(&row.team, "team"),
    residence: reader.place(&row.residence, &row.address),
    created_as: reader.reference(&row.created_as, category::PERSON_TYPE, "created_as"),
    created_at: reader.date(&row.created_at, "created_at"),
    updated_at: reader.date(&row.updated_at, "updated_at"),
    answers: reader.answers(&row.questionnaire_answers),
});

row!(LabResult, LabResult, |reader, row| LabResult {
    id: CompactString::default(),
    outbreak: reader.normaliser.outbreak.clone(),
    person_id: reader.text(&row.person, "person_id"),
    date_sample_taken: reader.date(&row.date_sample_taken, "date_sample_taken"),
    date_sample_delivered: reader.date(&row.date_sample_delivered, "date_sample_delivered"),
    date_testing: reader.date(&row.date_testing, "date_testing"),
    date_of_result: reader.date(&row.date_of_result, "date_of_result"),
    lab_name: reader.reference(&row.lab_name, category::LAB_NAME, "lab_name"),
    sample_type: reader.reference(&row.sample_type, category::SAMPLE_TYPE, "sample_type"),
    test_type: reader.reference(&row.test_type, category::TEST_TYPE, "test_type"),
    result: reader.reference(&row.result, category::LAB_RESULT, "result"),
    status: reader.reference(&row.status, category::LAB_STATUS, "status"),
    tested_for: reader.reference(&row.tested_for, category::DISEASE, "tested_for"),
    created_at: reader.date(&row.created_at, "created_at"),
    updated_at: reader.date(&row.updated_at, "updated_at"),
    answers: reader.answers(&row.questionnaire_answers),
});

row!(Relationship, Relationship, |reader, row| Relationship {
    id: CompactString::default(),
    outbreak: reader.normaliser.outbreak.clone(),
    source: reader.participant(row, |end| end.source.get() == Some(&true), "source_id"),
    target: reader.participant(row, |end| end.target.get() == Some(&true), "target_id"),
    contact_date: reader.date(&row.contact_date, "contact_date"),
    date_of_first_contact: reader.date(&row.date_of_first_contact, "date_of_first_contact"),
    certainty_level: reader.reference(&row.certainty_level, category::CERTAINTY_LEVEL, "certainty_level"),
    exposure_type: reader.reference(&row.exposure_type, category::EXPOSURE_TYPE, "exposure_type"),
    exposure_frequency: reader.reference(&row.exposure_frequency, category::EXPOSURE_FREQUENCY, "exposure_frequency"),
    exposure_duration: reader.reference(&row.exposure_duration, category::EXPOSURE_DURATION, "exposure_duration"),
    context_of_transmission: reader.reference(
        &row.context_of_transmission,
        category::CONTEXT_OF_TRANSMISSION,
        "context_of_transmission",
    ),
    cluster: reader.text(&row.cluster, "cluster"),
    active: row.active.get().copied(),
    created_at: reader.date(&row.created_at, "created_at"),
    updated_at: reader.date(&row.updated_at, "updated_at"),
});

row!(Event, Event, |reader, row| Event {
    id: CompactString::default(),
    outbreak: reader.normaliser.outbreak.clone(),
    visual_id: reader.text(&row.visual_id, "visual_id"),
    date: reader.date(&row.date, "date"),
    end_date: reader.date(&row.end_date, "end_date"),
    date_of_reporting: reader.date(&row.date_of_reporting, "date_of_reporting"),
    category: reader.reference(&row.event_category, category::EVENT_CATEGORY, "category"),
    residence: reader.place(&row.residence, &row.address),
    created_at: reader.date(&row.created_at, "created_at"),
    updated_at: reader.date(&row.updated_at, "updated_at"),
    answers: reader.answers(&row.questionnaire_answers),
});

impl Reader<'_> {
    /// The location that the server derived, else that of the address.
    fn place(
        &mut self,
        derived: &wire::Field<wire::Text<'_>>,
        address: &wire::Field<wire::Address<'_>>,
    ) -> Option<CompactString> {
        let of_address = address.get().map(|address| &address.location);
        self.text(derived, "residence").or_else(|| self.text(of_address?, "residence"))
    }

    /// The one end of a relationship. Two of the same kind are none: nobody can say which is meant.
    fn participant(
        &mut self,
        row: &wire::Relationship<'_>,
        is_end: impl Fn(&wire::Participant<'_>) -> bool,
        field: &'static str,
    ) -> Option<Participant> {
        let mut ends = row.persons.iter().filter(|end| is_end(end));
        let end = ends.next()?;
        if ends.next().is_some() {
            let issue = Issue { record: self.id.into(), field, rule: Rule::Unreadable };
            self.issues.push(issue);
            return None;
        }
        let id = self.text(&end.id, field)?;
        Some(Participant { id, kind: self.reference(&end.person_type, category::PERSON_TYPE, field) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn read<'w, W: Row<'w>>(json: &'w str, kind: RecordKind) -> (Record, Vec<String>) {
        let row: W = serde_json::from_str(json).unwrap();
        let mut issues = Vec::new();
        let mut record = Record::Person(epi::record::Person::default());
        assert!(row.record(&Normaliser::new(&TimeZone::UTC), kind, &mut issues, &mut record));
        assert_eq!(record.kind(), kind);
        (record, issues.iter().map(|issue| format!("{} {}", issue.field, issue.rule)).collect())
    }

    #[test]
    fn a_visit_has_a_person_a_day_and_a_place() {
        let json = r#"{"id":"f","personId":"p","date":"2025-03-05T00:00:00.000Z","index":3,"targeted":true,"address":
            {"locationId":"loc"},"statusId":"LNG_REFERENCE_DATA_CONTACT_DAILY_FOLLOW_UP_STATUS_TYPE_SEEN_OK",
            "createdAs":"LNG_REFERENCE_DATA_CATEGORY_PERSON_TYPE_CONTACT","contact":{"firstName":"x"},"teamId":7}"#;
        let (record, issues) = read::<wire::FollowUp<'_>>(json, RecordKind::FollowUp);
        let Record::FollowUp(visit) = record else { panic!("a visit") };
        assert_eq!((visit.person_id.as_deref(), visit.residence.as_deref()), (Some("p"), Some("loc")));
        assert_eq!((visit.status.as_deref(), visit.created_as.as_deref()), (Some("SEEN_OK"), Some("CONTACT")));
        assert_eq!((visit.day_number, visit.targeted), (Some(3), Some(true)));
        assert_eq!(issues, ["teamId unreadable"]);
    }

    #[test]
    fn a_relationship_has_two_ends_and_each_is_one() {
        let json = r#"{"id":"r","persons":[{"id":"b","type":"LNG_REFERENCE_DATA_CATEGORY_PERSON_TYPE_CONTACT","target":true},
            {"id":"a","type":"LNG_REFERENCE_DATA_CATEGORY_PERSON_TYPE_EVENT","source":true}],"active":false,
            "socialRelationshipTypeId":"LNG_REFERENCE_DATA_CATEGORY_CONTEXT_OF_TRANSMISSION_FAMILY"}"#;
        let (record, issues) = read::<wire::Relationship<'_>>(json, RecordKind::Relationship);
        assert_eq!((record.person_id(), record.source_id(), issues.len()), (Some("b"), Some("a"), 0));
        let Record::Relationship(exposure) = record else { panic!("an exposure") };
        assert_eq!(exposure.source.and_then(|end| end.kind).as_deref(), Some("EVENT"));
        assert_eq!((exposure.context_of_transmission.as_deref(), exposure.active), (Some("FAMILY"), Some(false)));
        let odd = r#"{"id":"r","persons":[{"id":"a","target":true},{"id":"b","target":true}]}"#;
        let (record, issues) = read::<wire::Relationship<'_>>(odd, RecordKind::Relationship);
        assert_eq!((record.person_id(), issues), (None, vec!["target_id unreadable".to_owned()]));
    }

    #[test]
    fn a_sample_has_its_dates_and_its_result() {
        let json = r#"{"id":"l","personId":"p","dateSampleTaken":"2025-03-04T00:00:00.000Z","dateOfResult":"soon",
            "result":"LNG_REFERENCE_DATA_CATEGORY_LAB_TEST_RESULT_POSITIVE","sampleIdentifier":"S1",
            "questionnaireAnswers":{"n":[{"value":2}]}}"#;
        let (record, issues) = read::<wire::LabResult<'_>>(json, RecordKind::LabResult);
        let Record::LabResult(sample) = record else { panic!("a sample") };
        assert_eq!((sample.result.as_deref(), sample.answers.len()), (Some("POSITIVE"), 1));
        assert_eq!((sample.date_of_result, issues), (None, vec!["date_of_result unreadable".to_owned()]));
    }
}
