//! The fields of visits, samples, exposures and gatherings.

use super::{Domain, ElementField, Field, List, category, text};
use crate::record::{Event, FollowUp, Joined, LabResult, Participant, Relationship};
use crate::value::{Value, ValueType};
use Domain::{Free, Location, Reference};

fn follow_up(record: Joined<'_>) -> Option<&FollowUp> {
    match record {
        Joined::FollowUp { follow_up, .. } => Some(follow_up),
        _ => None,
    }
}

fn lab_result(record: Joined<'_>) -> Option<&LabResult> {
    match record {
        Joined::LabResult { result, .. } => Some(result),
        _ => None,
    }
}

fn relationship(record: Joined<'_>) -> Option<&Relationship> {
    match record {
        Joined::Relationship { relationship, .. } => Some(relationship),
        _ => None,
    }
}

fn event(record: Joined<'_>) -> Option<&Event> {
    match record {
        Joined::Event(event) => Some(event),
        _ => None,
    }
}

fn id(participant: &Option<Participant>) -> Value<'_> {
    participant.as_ref().map(|participant| participant.id.as_str()).into()
}

fn kind(participant: &Option<Participant>) -> Value<'_> {
    participant.as_ref().and_then(|participant| participant.kind.as_deref()).into()
}

/// A visit takes place where it says, else where the person lives.
fn place_of_visit(record: Joined<'_>) -> Value<'_> {
    let own = follow_up(record).and_then(|follow_up| follow_up.residence.as_deref());
    own.or_else(|| record.about().and_then(|person| person.residence.as_deref())).into()
}

macro_rules! fields {
    ($of:path; $($name:literal, $type:ident, $domain:expr, [$($wire:literal),*], $doc:literal, $r:ident => $get:expr;)*) => {
        &[$(Field {
            name: $name,
            value_type: ValueType::$type,
            domain: $domain,
            doc: $doc,
            wire: &[$($wire),*],
            person_wire: &[],
            joins: false,
            get: |record| match $of(record) { Some($r) => $get, None => Value::Null },
        }),*]
    };
}

macro_rules! answers {
    ($of:path) => {
        &[List {
            name: "answers",
            doc: "Questionnaire answers, one row for each value.",
            wire: &["questionnaireAnswers"],
            person_wire: &[],
            joins: false,
            len: |record| $of(record).map_or(0, |own| own.answers.len()),
            fields: answers!(@elements $of,
                "variable", Text, "The question's variable.", e => Value::Text(&e.variable);
                "value", Text, "The value as text.", e => text(&e.value);
                "number", Number, "The value as a number.", e => e.number.into();
                "date", Date, "Day to which the answer belongs.", e => e.date.into();
            ),
        }]
    };
    (@elements $of:path, $($name:literal, $type:ident, $doc:literal, $e:ident => $get:expr;)*) => {
        &[$(ElementField {
            name: $name,
            value_type: ValueType::$type,
            domain: Free,
            doc: $doc,
            get: |record, index| match $of(record).and_then(|own| own.answers.get(index)) {
                Some($e) => $get,
                None => Value::Null,
            },
        }),*]
    };
}

pub(super) static FOLLOW_UP: &[Field] = fields! { follow_up;
    "id", Text, Free, ["id"], "Go.Data's id of the follow-up.", r => Value::Text(&r.id);
    "person_id", Text, Free, ["personId"], "Id of the person who is followed.", r => text(&r.person_id);
    "date", Date, Free, ["date"], "Day of the visit.", r => r.date.into();
    "status", Text, Reference(category::DAILY_STATUS), ["statusId"], "What came of the visit.", r => text(&r.status);
    "day_number", Number, Free, ["index"], "Number of the day in the follow-up, from 1.", r => r.day_number.into();
    "targeted", Bool, Free, ["targeted"], "Whether the visit was planned.", r => r.targeted.into();
    "team", Text, Free, ["teamId"], "Id of the team.", r => text(&r.team);
    "created_as", Text, Reference(category::PERSON_TYPE), ["createdAs"],
        "What the person was when the visit was planned.", r => text(&r.created_as);
    "created_at", Date, Free, ["createdAt"], "Day on which the row was entered.", r => r.created_at.into();
    "updated_at", Date, Free, ["updatedAt"], "Day on which the row was last changed.", r => r.updated_at.into();
};
pub(super) static VISIT_PLACE: &[Field] = &[Field {
    name: "residence",
    value_type: ValueType::Text,
    domain: Location,
    doc: "Location of the visit, else of the person's residence.",
    wire: &["usualPlaceOfResidenceLocationId", "address", "personId"],
    person_wire: &["usualPlaceOfResidenceLocationId"],
    joins: true,
    get: place_of_visit,
}];
pub(super) static FOLLOW_UP_ANSWERS: &[List] = answers!(follow_up);

pub(super) static LAB_RESULT: &[Field] = fields! { lab_result;
    "id", Text, Free, ["id"], "Go.Data's id of the laboratory result.", r => Value::Text(&r.id);
    "person_id", Text, Free, ["personId"], "Id of the person whose sample it is.", r => text(&r.person_id);
    "date_sample_taken", Date, Free, ["dateSampleTaken"], "Day on which the sample was taken.",
        r => r.date_sample_taken.into();
    "date_sample_delivered", Date, Free, ["dateSampleDelivered"], "Day on which the laboratory received it.",
        r => r.date_sample_delivered.into();
    "date_testing", Date, Free, ["dateTesting"], "Day of the test.", r => r.date_testing.into();
    "date_of_result", Date, Free, ["dateOfResult"], "Day on which the result was known.", r => r.date_of_result.into();
    "lab_name", Text, Reference(category::LAB_NAME), ["labName"], "The laboratory.", r => text(&r.lab_name);
    "sample_type", Text, Reference(category::SAMPLE_TYPE), ["sampleType"], "What was taken.", r => text(&r.sample_type);
    "test_type", Text, Reference(category::TEST_TYPE), ["testType"], "How it was tested.", r => text(&r.test_type);
    "result", Text, Reference(category::LAB_RESULT), ["result"], "What was found.", r => text(&r.result);
    "status", Text, Reference(category::LAB_STATUS), ["status"], "Whether the test is completed.", r => text(&r.status);
    "tested_for", Text, Reference(category::DISEASE), ["testedFor"], "The disease that was looked for.",
        r => text(&r.tested_for);
    "created_at", Date, Free, ["createdAt"], "Day on which the row was entered.", r => r.created_at.into();
    "updated_at", Date, Free, ["updatedAt"], "Day on which the row was last changed.", r => r.updated_at.into();
};
pub(super) static LAB_ANSWERS: &[List] = answers!(lab_result);

pub(super) static RELATIONSHIP: &[Field] = fields! { relationship;
    "id", Text, Free, ["id"], "Go.Data's id of the relationship.", r => Value::Text(&r.id);
    "source_id", Text, Free, ["persons"], "Id of the person or event that exposed the target.", r => id(&r.source);
    "source_type", Text, Reference(category::PERSON_TYPE), ["persons"], "What the source is.", r => kind(&r.source);
    "target_id", Text, Free, ["persons"], "Id of the person who was exposed.", r => id(&r.target);
    "target_type", Text, Reference(category::PERSON_TYPE), ["persons"], "What the target is.", r => kind(&r.target);
    "contact_date", Date, Free, ["contactDate"], "Day of the last contact.", r => r.contact_date.into();
    "date_of_first_contact", Date, Free, ["dateOfFirstContact"], "Day of the first contact.",
        r => r.date_of_first_contact.into();
    "certainty_level", Text, Reference(category::CERTAINTY_LEVEL), ["certaintyLevelId"], "How certain it is.",
        r => text(&r.certainty_level);
    "exposure_type", Text, Reference(category::EXPOSURE_TYPE), ["exposureTypeId"], "Type of the exposure.",
        r => text(&r.exposure_type);
    "exposure_frequency", Text, Reference(category::EXPOSURE_FREQUENCY), ["exposureFrequencyId"],
        "How often they met.", r => text(&r.exposure_frequency);
    "exposure_duration", Text, Reference(category::EXPOSURE_DURATION), ["exposureDurationId"], "How long they met.",
        r => text(&r.exposure_duration);
    "context_of_transmission", Text, Reference(category::CONTEXT_OF_TRANSMISSION), ["socialRelationshipTypeId"],
        "Context of transmission.", r => text(&r.context_of_transmission);
    "cluster", Text, Free, ["clusterId"], "Id of the cluster.", r => text(&r.cluster);
    "active", Bool, Free, ["active"], "False when the source is a discarded case.", r => r.active.into();
    "created_at", Date, Free, ["createdAt"], "Day on which the row was entered.", r => r.created_at.into();
    "updated_at", Date, Free, ["updatedAt"], "Day on which the row was last changed.", r => r.updated_at.into();
};

pub(super) static EVENT: &[Field] = fields! { event;
    "id", Text, Free, ["id"], "Go.Data's id of the event.", r => Value::Text(&r.id);
    "visual_id", Text, Free, ["visualId"], "Number of the event; people edit it.", r => text(&r.visual_id);
    "date", Date, Free, ["date"], "First day.", r => r.date.into();
    "end_date", Date, Free, ["endDate"], "Last day.", r => r.end_date.into();
    "date_of_reporting", Date, Free, ["dateOfReporting"], "Day on which it was reported.",
        r => r.date_of_reporting.into();
    "category", Text, Reference(category::EVENT_CATEGORY), ["eventCategory"], "Category.", r => text(&r.category);
    "residence", Text, Location, ["usualPlaceOfResidenceLocationId", "address"], "Location of the place.",
        r => text(&r.residence);
    "created_at", Date, Free, ["createdAt"], "Day on which the row was entered.", r => r.created_at.into();
    "updated_at", Date, Free, ["updatedAt"], "Day on which the row was last changed.", r => r.updated_at.into();
};
pub(super) static EVENT_ANSWERS: &[List] = answers!(event);
