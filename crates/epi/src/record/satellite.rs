//! What stands around the persons: visits, samples, exposures, gatherings. Comments and identifiers of samples have no place
//! here.

use super::{Answer, Outbreak};
use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A visit to a contact or a case, planned or done. Those of the days to come exist already, as not performed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FollowUp {
    /// Go.Data's id.
    pub id: CompactString,
    /// The outbreak that it belongs to, where something looks at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbreak: Option<Outbreak>,
    /// Id of the person who is followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<CompactString>,
    /// Day of the visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// What came of the visit, such as `SEEN_OK`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CompactString>,
    /// Number of the day in the follow-up, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_number: Option<u32>,
    /// Whether the visit was planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targeted: Option<bool>,
    /// Id of the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<CompactString>,
    /// Location id of the visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residence: Option<CompactString>,
    /// What the person was when the visit was planned, `CONTACT` or `CASE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_as: Option<CompactString>,
    /// Day on which the row was entered, in the server's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Day on which the row was last changed, in the server's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Date>,
    /// Answers of the follow-up questionnaire.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
}

/// A sample of a person and what was found in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabResult {
    /// Go.Data's id.
    pub id: CompactString,
    /// The outbreak that it belongs to, where something looks at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbreak: Option<Outbreak>,
    /// Id of the person whose sample it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<CompactString>,
    /// Day on which the sample was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_sample_taken: Option<Date>,
    /// Day on which the laboratory received it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_sample_delivered: Option<Date>,
    /// Day of the test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_testing: Option<Date>,
    /// Day on which the result was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_result: Option<Date>,
    /// The laboratory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lab_name: Option<CompactString>,
    /// What was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_type: Option<CompactString>,
    /// How it was tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_type: Option<CompactString>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<CompactString>,
    /// Whether the test is completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CompactString>,
    /// The disease that was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tested_for: Option<CompactString>,
    /// Day on which the row was entered, in the server's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Day on which the row was last changed, in the server's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Date>,
    /// Answers of the laboratory questionnaire.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
}

/// One end of a relationship.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Participant {
    /// Id of the person or event.
    pub id: CompactString,
    /// What it is by the relationship's own word: `CASE`, `CONTACT`, `CONTACT_OF_CONTACT`, `EVENT`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<CompactString>,
}

/// An exposure: the source may have infected the target. One link of a chain of transmission.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Relationship {
    /// Go.Data's id.
    pub id: CompactString,
    /// The outbreak that it belongs to, where something looks at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbreak: Option<Outbreak>,
    /// The end that exposed the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Participant>,
    /// The end that was exposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Participant>,
    /// Day of the last contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_date: Option<Date>,
    /// Day of the first contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_first_contact: Option<Date>,
    /// How certain it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certainty_level: Option<CompactString>,
    /// Kind of exposure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure_type: Option<CompactString>,
    /// How often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure_frequency: Option<CompactString>,
    /// How long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure_duration: Option<CompactString>,
    /// Context of transmission: family, health care, work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_of_transmission: Option<CompactString>,
    /// Id of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<CompactString>,
    /// False when the source is a discarded case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// Day on which the row was entered, in the server's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Day on which the row was last changed, in the server's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Date>,
}

/// A gathering where people were exposed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Event {
    /// Go.Data's id.
    pub id: CompactString,
    /// The outbreak that it belongs to, where something looks at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbreak: Option<Outbreak>,
    /// Number that people know it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visual_id: Option<CompactString>,
    /// First day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// Last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<Date>,
    /// Day on which it was reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_reporting: Option<Date>,
    /// Category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<CompactString>,
    /// Location id of the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residence: Option<CompactString>,
    /// Day on which the row was entered, in the server's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Day on which the row was last changed, in the server's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Date>,
    /// Answers of the event questionnaire.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
}
