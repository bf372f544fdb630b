//! The fields and lists of a person, written once: for the table of persons, and with a prefix for the tables of records
//! that name persons.

use super::{Domain, ElementField, Field, List, category, text};
use crate::record::{Joined, Person, PersonKind};
use crate::value::{Value, ValueType};
use Domain::{Free, Location, OneOf, Reference};

const KINDS: &[&str] = &[PersonKind::Case.name(), PersonKind::Contact.name(), PersonKind::ContactOfContact.name()];

/// The record itself.
fn own(record: Joined<'_>) -> Option<&Person> {
    record.person()
}

/// The person whom a record is about.
fn about(record: Joined<'_>) -> Option<&Person> {
    record.about()
}

/// The person who exposed the other.
fn source(record: Joined<'_>) -> Option<&Person> {
    record.source()
}

/// One field: of the person itself, or of a person who is joined and whom the record names by `$link` on the wire.
macro_rules! field {
    (own, $prefix:literal, $of:path,
     $name:literal, $type:ident, $domain:expr, [$($wire:literal),*], $doc:literal, $p:ident => $get:expr) => {
        Field {
            name: $name,
            value_type: ValueType::$type,
            domain: $domain,
            doc: $doc,
            wire: &[$($wire),*],
            person_wire: &[],
            joins: false,
            get: |record| match $of(record) { Some($p) => $get, None => Value::Null },
        }
    };
    ($link:literal, $prefix:literal, $of:path,
     $name:literal, $type:ident, $domain:expr, [$($wire:literal),*], $doc:literal, $p:ident => $get:expr) => {
        Field {
            name: concat!($prefix, $name),
            value_type: ValueType::$type,
            domain: $domain,
            doc: $doc,
            wire: &[$link],
            person_wire: &[$($wire),*],
            joins: true,
            get: |record| match $of(record) { Some($p) => $get, None => Value::Null },
        }
    };
}

macro_rules! fields {
    ($link:tt, $prefix:literal, $of:path) => { fields! { @each $link, $prefix, $of;
        "id", Text, Free, ["id"], "Go.Data's id of the person.", p => Value::Text(&p.id);
        "kind", Text, OneOf(KINDS), [], "Which list the person stands in.", p => Value::Text(p.kind.name());
        "visual_id", Text, Free, ["visualId"], "Case number; people edit it.", p => text(&p.visual_id);
        "classification", Text, Reference(category::CLASSIFICATION), ["classification"], "Current classification.",
            p => text(&p.classification);
        "outcome", Text, Reference(category::OUTCOME), ["outcomeId"], "Outcome of the illness.", p => text(&p.outcome);
        "gender", Text, Reference(category::GENDER), ["gender"], "Gender as recorded.", p => text(&p.gender);
        "age_years", Number, Free, ["age"], "Age in completed years.", p => p.age_years.into();
        "age_months", Number, Free, ["age"], "Months beyond the completed years.", p => p.age_months.into();
        "date_of_onset", Date, Free, ["dateOfOnset"], "Onset of symptoms.", p => p.date_of_onset.into();
        "date_of_onset_approximate", Bool, Free, ["isDateOfOnsetApproximate"], "Whether the day of onset is a guess.",
            p => p.date_of_onset_approximate.into();
        "date_of_reporting", Date, Free, ["dateOfReporting"], "Day on which the person was reported.",
            p => p.date_of_reporting.into();
        "date_of_reporting_approximate", Bool, Free, ["isDateOfReportingApproximate"],
            "Whether the day of reporting is a guess.", p => p.date_of_reporting_approximate.into();
        "date_of_infection", Date, Free, ["dateOfInfection"], "Day of infection.", p => p.date_of_infection.into();
        "date_became_case", Date, Free, ["dateBecomeCase"], "Day on which a contact became a case.",
            p => p.date_became_case.into();
        "date_became_contact", Date, Free, ["dateBecomeContact"],
            "Day on which a case, or a contact of a contact, became a contact.", p => p.date_became_contact.into();
        "date_of_outcome", Date, Free, ["dateOfOutcome"], "Day of recovery or death.", p => p.date_of_outcome.into();
        "date_of_burial", Date, Free, ["dateOfBurial"], "Day of the burial.", p => p.date_of_burial.into();
        "date_of_last_contact", Date, Free, ["dateOfLastContact"], "Last contact with a case.",
            p => p.date_of_last_contact.into();
        "residence", Text, Location, ["usualPlaceOfResidenceLocationId"],
            "Location of the usual place of residence.", p => text(&p.residence);
        "death_location", Text, Location, ["deathLocationId"], "Location of the place of death.",
            p => text(&p.death_location);
        "risk_level", Text, Reference(category::RISK_LEVEL), ["riskLevel"], "Risk level.", p => text(&p.risk_level);
        "occupation", Text, Reference(category::OCCUPATION), ["occupation"], "Occupation.", p => text(&p.occupation);
        "pregnancy_status", Text, Reference(category::PREGNANCY_STATUS), ["pregnancyStatus"], "Pregnancy status.",
            p => text(&p.pregnancy_status);
        "was_contact", Bool, Free, ["wasContact"], "Was a contact before becoming a case.", p => p.was_contact.into();
        "was_case", Bool, Free, ["wasCase"], "Was a case before becoming a contact.", p => p.was_case.into();
        "was_contact_of_contact", Bool, Free, ["wasContactOfContact"], "Was a contact of a contact before.",
            p => p.was_contact_of_contact.into();
        "follow_up_status", Text, Reference(category::FOLLOW_UP_STATUS), ["followUp"],
            "Final follow-up status of a contact.", p => text(&p.follow_up_status);
        "follow_up_start", Date, Free, ["followUp"], "First day of the follow-up of a contact.",
            p => p.follow_up_start.into();
        "follow_up_end", Date, Free, ["followUp"], "Last day of the follow-up of a contact.",
            p => p.follow_up_end.into();
        "safe_burial", Bool, Free, ["safeBurial"], "Buried safely.", p => p.safe_burial.into();
        "transfer_refused", Bool, Free, ["transferRefused"], "Refused to be transferred.",
            p => p.transfer_refused.into();
        "investigation_status", Text, Reference(category::INVESTIGATION_STATUS), ["investigationStatus"],
            "State of the investigation.", p => text(&p.investigation_status);
        "date_investigation_completed", Date, Free, ["dateInvestigationCompleted"],
            "Day on which the investigation was completed.", p => p.date_investigation_completed.into();
        "n_exposures", Number, Free, ["numberOfExposures"], "Number of recorded exposures of the person.",
            p => p.n_exposures.into();
        "n_contacts", Number, Free, ["numberOfContacts"], "Number of recorded contacts of the person.",
            p => p.n_contacts.into();
        "created_at", Date, Free, ["createdAt"], "Day on which the row was entered.", p => p.created_at.into();
        "updated_at", Date, Free, ["updatedAt"], "Day on which the row was last changed.", p => p.updated_at.into();
    } };
    (@each $link:tt, $prefix:literal, $of:path;
     $($name:literal, $type:ident, $domain:expr, $wire:tt, $doc:literal, $p:ident => $get:expr;)*) => {
        &[$(field!($link, $prefix, $of, $name, $type, $domain, $wire, $doc, $p => $get)),*]
    };
}

macro_rules! list {
    (own, $prefix:literal, $of:path, $name:literal, $wire:literal, $doc:literal, $items:ident, [$($field:tt)*]) => {
        List {
            name: $name,
            doc: $doc,
            wire: &[$wire],
            person_wire: &[],
            joins: false,
            len: |record| $of(record).map_or(0, |person| person.$items.len()),
            fields: elements!($of, $items, $($field)*),
        }
    };
    ($link:literal, $prefix:literal, $of:path, $name:literal, $wire:literal, $doc:literal, $items:ident, [$($field:tt)*]) => {
        List {
            name: concat!($prefix, $name),
            doc: $doc,
            wire: &[$link],
            person_wire: &[$wire],
            joins: true,
            len: |record| $of(record).map_or(0, |person| person.$items.len()),
            fields: elements!($of, $items, $($field)*),
        }
    };
}

macro_rules! elements {
    ($of:path, $items:ident, $($name:literal, $type:ident, $domain:expr, $doc:literal, $e:ident => $get:expr;)*) => {
        &[$(ElementField {
            name: $name,
            value_type: ValueType::$type,
            domain: $domain,
            doc: $doc,
            get: |record, index| match $of(record).and_then(|person| person.$items.get(index)) {
                Some($e) => $get,
                None => Value::Null,
            },
        }),*]
    };
}

macro_rules! lists {
    ($link:tt, $prefix:literal, $of:path) => {
        &[
            list!($link, $prefix, $of, "stays", "dateRanges",
                "Date ranges: hospitalisation, isolation, intensive care.", stays, [
                    "type", Text, Reference(category::STAY_TYPE), "Type of the stay.", e => text(&e.kind);
                    "start", Date, Free, "First day.", e => e.start.into();
                    "end", Date, Free, "Last day; none means until now.", e => e.end.into();
                    "centre", Text, Reference(category::CENTRE), "Centre.", e => text(&e.centre);
                    "location", Text, Location, "Location of the centre.", e => text(&e.location);
                ]),
            list!($link, $prefix, $of, "classifications", "classificationHistory",
                "Classifications as Go.Data saved them; the dates are those of data entry.", classifications, [
                    "classification", Text, Reference(category::CLASSIFICATION), "The classification.",
                        e => text(&e.classification);
                    "start", Date, Free, "Day on which it was entered.", e => e.start.into();
                    "end", Date, Free, "Day on which another replaced it.", e => e.end.into();
                ]),
            list!($link, $prefix, $of, "vaccinations", "vaccinesReceived", "Vaccine doses.", vaccinations, [
                    "vaccine", Text, Reference(category::VACCINE), "The vaccine.", e => text(&e.vaccine);
                    "status", Text, Reference(category::VACCINE_STATUS), "Whether it was given.", e => text(&e.status);
                    "date", Date, Free, "Day of the dose.", e => e.date.into();
                ]),
            list!($link, $prefix, $of, "answers", "questionnaireAnswers",
                "Questionnaire answers, one row for each value.", answers, [
                    "variable", Text, Free, "The question's variable.", e => Value::Text(&e.variable);
                    "value", Text, Free, "The value as text.", e => text(&e.value);
                    "number", Number, Free, "The value as a number.", e => e.number.into();
                    "date", Date, Free, "Day to which the answer belongs.", e => e.date.into();
                ]),
        ]
    };
}

/// The fields of a person.
pub static PERSON: &[Field] = fields!(own, "", own);
/// The lists of a person.
pub static LISTS: &[List] = lists!(own, "", own);
/// The fields of the person of a follow-up or a laboratory result.
pub(super) static OF_PERSON: &[Field] = fields!("personId", "person.", about);
/// The lists of the person of a follow-up or a laboratory result.
pub(super) static LISTS_OF_PERSON: &[List] = lists!("personId", "person.", about);
/// The fields of the person who was exposed.
pub(super) static OF_TARGET: &[Field] = fields!("persons", "target.", about);
/// The lists of the person who was exposed.
pub(super) static LISTS_OF_TARGET: &[List] = lists!("persons", "target.", about);
/// The fields of the person who exposed the other.
pub(super) static OF_SOURCE: &[Field] = fields!("persons", "source.", source);
/// The lists of the person who exposed the other.
pub(super) static LISTS_OF_SOURCE: &[List] = lists!("persons", "source.", source);
