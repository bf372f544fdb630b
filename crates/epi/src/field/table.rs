//! The tables: what can be counted, and which fields it has.

use super::{Field, List, OUTBREAK, person, satellite};
use crate::record::RecordKind;
use serde::{Deserialize, Serialize};

/// A thing that can be counted.
#[derive(Debug)]
pub struct Table {
    /// Which it is.
    pub name: TableName,
    /// Meaning, one sentence.
    pub doc: &'static str,
    /// Its records' kinds.
    pub kinds: &'static [RecordKind],
    /// Its own fields.
    pub fields: &'static [Field],
    /// Fields that look at persons whom the record names.
    joined: &'static [&'static [Field]],
    /// Its own lists.
    pub lists: &'static [List],
    /// Lists of persons whom the record names.
    joined_lists: &'static [&'static [List]],
    /// The field that says where, if an indicator says nothing.
    pub place: &'static str,
    /// Prefix of the fields of the person whom a record is about; none in the tables of persons and of events.
    pub about: Option<&'static str>,
}

/// Name of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableName {
    /// Cases, contacts and contacts of contacts.
    Person,
    /// Visits.
    FollowUp,
    /// Samples.
    LabResult,
    /// Exposures.
    Relationship,
    /// Gatherings.
    Event,
}

impl TableName {
    /// All tables.
    pub const ALL: [Self; 5] = [Self::Person, Self::FollowUp, Self::LabResult, Self::Relationship, Self::Event];

    /// The name in messages, in the line list, and before a field inside a list: `person.outcome`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::FollowUp => "follow_up",
            Self::LabResult => "lab_result",
            Self::Relationship => "relationship",
            Self::Event => "event",
        }
    }

    /// The table of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// The table.
    pub const fn table(self) -> &'static Table {
        match self {
            Self::Person => &PERSONS,
            Self::FollowUp => &FOLLOW_UPS,
            Self::LabResult => &LAB_RESULTS,
            Self::Relationship => &RELATIONSHIPS,
            Self::Event => &EVENTS,
        }
    }
}

impl Table {
    /// All fields: its own, those of persons whom its records name, and the outbreak.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static Field> + Clone + use<> {
        self.fields.iter().chain(self.joined.iter().copied().flatten()).chain(&OUTBREAK)
    }

    /// All lists: its own, and those of persons whom its records name.
    pub fn all_lists(&self) -> impl Iterator<Item = &'static List> + Clone + use<> {
        self.lists.iter().chain(self.joined_lists.iter().copied().flatten())
    }

    /// The field of exactly that name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.all_fields().find(|field| field.name == name)
    }

    /// The list of exactly that name.
    pub fn list(&self, name: &str) -> Option<&'static List> {
        self.all_lists().find(|list| list.name == name)
    }

    /// The field by which a dimension of that name groups: the table's own, else that of the person whom a record is about,
    /// so that one dimension serves several tables.
    pub fn grouping(&self, name: &str) -> Option<&'static Field> {
        self.field(name).or_else(|| self.field(&format!("{}{name}", self.about?)))
    }

    /// As [`Table::grouping`], if it is the same kind of thing: a `status` of a visit is none of a sample.
    pub fn grouping_like(&self, like: &Field) -> Option<&'static Field> {
        let same = |field: &&Field| field.value_type == like.value_type && field.domain == like.domain;
        self.grouping(like.name).filter(same)
    }

    /// The field that says where, if an indicator says nothing.
    pub fn default_place(&self) -> Option<&'static Field> {
        self.field(self.place)
    }
}

/// Cases, contacts and contacts of contacts.
pub static PERSONS: Table = Table {
    name: TableName::Person,
    doc: "A case, a contact or a contact of a contact.",
    kinds: &RecordKind::PERSONS,
    fields: person::PERSON,
    joined: &[],
    lists: person::LISTS,
    joined_lists: &[],
    place: "residence",
    about: None,
};

/// Follow-ups.
pub static FOLLOW_UPS: Table = Table {
    name: TableName::FollowUp,
    doc: "A visit to a contact or a case, planned or done.",
    kinds: &[RecordKind::FollowUp],
    fields: satellite::FOLLOW_UP,
    joined: &[satellite::VISIT_PLACE, person::OF_PERSON],
    lists: satellite::FOLLOW_UP_ANSWERS,
    joined_lists: &[person::LISTS_OF_PERSON],
    place: "residence",
    about: Some("person."),
};

/// Laboratory results.
pub static LAB_RESULTS: Table = Table {
    name: TableName::LabResult,
    doc: "A sample and what was found in it.",
    kinds: &[RecordKind::LabResult],
    fields: satellite::LAB_RESULT,
    joined: &[person::OF_PERSON],
    lists: satellite::LAB_ANSWERS,
    joined_lists: &[person::LISTS_OF_PERSON],
    place: "person.residence",
    about: Some("person."),
};

/// Relationships.
pub static RELATIONSHIPS: Table = Table {
    name: TableName::Relationship,
    doc: "An exposure: the source may have infected the target.",
    kinds: &[RecordKind::Relationship],
    fields: satellite::RELATIONSHIP,
    joined: &[person::OF_TARGET, person::OF_SOURCE],
    lists: &[],
    joined_lists: &[person::LISTS_OF_TARGET, person::LISTS_OF_SOURCE],
    place: "target.residence",
    about: Some("target."),
};

/// Events.
pub static EVENTS: Table = Table {
    name: TableName::Event,
    doc: "A gathering where people were exposed.",
    kinds: &[RecordKind::Event],
    fields: satellite::EVENT,
    joined: &[],
    lists: satellite::EVENT_ANSWERS,
    joined_lists: &[],
    place: "residence",
    about: None,
};

/// All tables.
pub static TABLES: [&Table; 5] = [&PERSONS, &FOLLOW_UPS, &LAB_RESULTS, &RELATIONSHIPS, &EVENTS];
