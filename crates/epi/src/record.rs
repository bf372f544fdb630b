//! The normalised things of the line list.
//!
//! A record holds what a report may count and nothing else: civil dates, ids, short reference values. Names, addresses,
//! telephone numbers and documents have no place here, so they cannot leak from here.

mod kind;
mod linked;
mod outbreak;
mod satellite;

pub use kind::RecordKind;
pub use linked::{Joined, Linked, Record};
pub use outbreak::Outbreak;
pub use satellite::{Event, FollowUp, LabResult, Participant, Relationship};

use compact_str::CompactString;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// In which of Go.Data's lists a person stands. A conversion moves the person and keeps its id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonKind {
    /// A row of `/cases`.
    #[default]
    Case,
    /// A row of `/contacts`.
    Contact,
    /// A row of `/contacts-of-contacts`.
    ContactOfContact,
}

impl PersonKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Case, Self::Contact, Self::ContactOfContact];

    /// The name that conditions use: `case`, `contact`, `contact_of_contact`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Contact => "contact",
            Self::ContactOfContact => "contact_of_contact",
        }
    }
}

/// A person of the line list: a case, a contact or a contact of a contact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Person {
    /// Go.Data's id: the only key that survives edits and conversions.
    pub id: CompactString,
    /// Which list the person stands in.
    pub kind: PersonKind,
    /// The outbreak that it belongs to, where something looks at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbreak: Option<Outbreak>,
    /// Go.Data's case number. People edit it and deletion clears it, so it is never a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visual_id: Option<CompactString>,
    /// Current classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<CompactString>,
    /// Outcome of the illness.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<CompactString>,
    /// Gender as recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<CompactString>,
    /// Age in completed years; 0 below the first birthday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_years: Option<u32>,
    /// Months beyond the completed years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_months: Option<u32>,
    /// Onset of symptoms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_onset: Option<Date>,
    /// Whether the day of onset is a guess.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_onset_approximate: Option<bool>,
    /// Day on which the person was reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_reporting: Option<Date>,
    /// Whether the day of reporting is a guess.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_reporting_approximate: Option<bool>,
    /// Day of infection, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_infection: Option<Date>,
    /// Day on which a contact became a case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_became_case: Option<Date>,
    /// Day on which a case, or a contact of a contact, became a contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_became_contact: Option<Date>,
    /// Day of recovery or death.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_outcome: Option<Date>,
    /// Day of the burial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_burial: Option<Date>,
    /// Location id of the place of death.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub death_location: Option<CompactString>,
    /// Last contact with a case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_last_contact: Option<Date>,
    /// Location id of the usual place of residence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residence: Option<CompactString>,
    /// Risk level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk_level: Option<CompactString>,
    /// Occupation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupation: Option<CompactString>,
    /// Pregnancy status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pregnancy_status: Option<CompactString>,
    /// Was on the contact list before becoming a case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was_contact: Option<bool>,
    /// Was a case before becoming a contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was_case: Option<bool>,
    /// Was a contact of a contact before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was_contact_of_contact: Option<bool>,
    /// Final follow-up status of a contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_up_status: Option<CompactString>,
    /// First day of a contact's follow-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_up_start: Option<Date>,
    /// Last day of a contact's follow-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_up_end: Option<Date>,
    /// Buried safely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safe_burial: Option<bool>,
    /// Refused to be transferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_refused: Option<bool>,
    /// State of the investigation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub investigation_status: Option<CompactString>,
    /// Day on which the investigation was completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_investigation_completed: Option<Date>,
    /// Number of exposures: relationships in which the person is the target. Go.Data recounts it without a stamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_exposures: Option<u32>,
    /// Number of contacts: relationships in which the person is the source. Go.Data recounts it without a stamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_contacts: Option<u32>,
    /// Day on which the row was entered, in the server's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Day on which the row was last changed, in the server's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Date>,
    /// Go.Data's date ranges: hospitalisation, isolation, intensive care, in the order in which they were entered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<Stay>,
    /// Classifications as Go.Data saved them. The dates are those of data entry, not of confirmation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classifications: Vec<Classification>,
    /// Vaccine doses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vaccinations: Vec<Vaccination>,
    /// Questionnaire answers; one row for each value of each answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
}

/// One of a person's date ranges.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stay {
    /// Type of the range, such as `HOSPITALIZATION`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<CompactString>,
    /// First day; absent when nobody recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Date>,
    /// Last day; absent means *until now*.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Date>,
    /// Centre, a reference value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub centre: Option<CompactString>,
    /// Location id of the centre.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<CompactString>,
}

/// A classification that a person held, with the days of data entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Classification {
    /// The classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<CompactString>,
    /// Day on which it was entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Date>,
    /// Day on which another one replaced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Date>,
}

/// A vaccine dose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vaccination {
    /// The vaccine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vaccine: Option<CompactString>,
    /// Whether it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CompactString>,
    /// Day of the dose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
}

/// One value of an answer to a question of the outbreak's questionnaire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// The question's variable.
    pub variable: CompactString,
    /// The value as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<CompactString>,
    /// The value as a number, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<Decimal>,
    /// Day to which the answer belongs, for questions answered more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
}
