//! Kinds of records: one for each list of Go.Data.

use super::PersonKind;
use crate::field::{self, Table};
use serde::{Deserialize, Serialize};

/// A kind of record: the list of Go.Data that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// A row of `/cases`.
    Case,
    /// A row of `/contacts`.
    Contact,
    /// A row of `/contacts-of-contacts`.
    ContactOfContact,
    /// A row of `/follow-ups`: a planned or done visit.
    FollowUp,
    /// A row of `/lab-results/aggregate`: a sample and what was found.
    LabResult,
    /// A row of `/relationships`: who exposed whom.
    Relationship,
    /// A row of `/events`: a gathering where people were exposed.
    Event,
}

impl RecordKind {
    /// All kinds; those of persons first, because others are joined to them.
    pub const ALL: [Self; 7] = [
        Self::Case,
        Self::Contact,
        Self::ContactOfContact,
        Self::FollowUp,
        Self::LabResult,
        Self::Relationship,
        Self::Event,
    ];

    /// The kinds of persons.
    pub const PERSONS: [Self; 3] = [Self::Case, Self::Contact, Self::ContactOfContact];

    /// The name in configurations, conditions and the line list.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Case => PersonKind::Case.name(),
            Self::Contact => PersonKind::Contact.name(),
            Self::ContactOfContact => PersonKind::ContactOfContact.name(),
            Self::FollowUp => "follow_up",
            Self::LabResult => "lab_result",
            Self::Relationship => "relationship",
            Self::Event => "event",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of person, if it is one.
    pub const fn person(self) -> Option<PersonKind> {
        match self {
            Self::Case => Some(PersonKind::Case),
            Self::Contact => Some(PersonKind::Contact),
            Self::ContactOfContact => Some(PersonKind::ContactOfContact),
            Self::FollowUp | Self::LabResult | Self::Relationship | Self::Event => None,
        }
    }

    /// The table whose fields its records have: one for all persons, and one for each other kind.
    pub const fn table(self) -> &'static Table {
        match self {
            Self::Case | Self::Contact | Self::ContactOfContact => &field::PERSONS,
            Self::FollowUp => &field::FOLLOW_UPS,
            Self::LabResult => &field::LAB_RESULTS,
            Self::Relationship => &field::RELATIONSHIPS,
            Self::Event => &field::EVENTS,
        }
    }
}

impl From<PersonKind> for RecordKind {
    fn from(kind: PersonKind) -> Self {
        match kind {
            PersonKind::Case => Self::Case,
            PersonKind::Contact => Self::Contact,
            PersonKind::ContactOfContact => Self::ContactOfContact,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name_and_stands_in_its_table() {
        for kind in RecordKind::ALL {
            assert_eq!(RecordKind::from_name(kind.name()), Some(kind));
            assert!(kind.table().kinds.contains(&kind));
            assert_eq!(kind.person().map(RecordKind::from), kind.person().is_some().then_some(kind));
        }
        assert!(RecordKind::ALL.is_sorted(), "persons come first");
    }
}
