//! A record of any kind, and a record beside the persons whom it names.

use super::{Event, FollowUp, LabResult, Outbreak, Participant, Person, RecordKind, Relationship};
use jiff::civil::Date;
use serde::Serialize;
use std::sync::Arc;

/// A record of the line list. As JSON it is what it holds; its kind stands beside it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(
    clippy::large_enum_variant,
    reason = "most records are persons, and a box would be one more allocation of each"
)]
pub enum Record {
    /// A case, a contact or a contact of a contact.
    Person(Person),
    /// A visit.
    FollowUp(FollowUp),
    /// A sample.
    LabResult(LabResult),
    /// An exposure.
    Relationship(Relationship),
    /// A gathering.
    Event(Event),
}

impl Record {
    /// Go.Data's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Person(person) => &person.id,
            Self::FollowUp(follow_up) => &follow_up.id,
            Self::LabResult(result) => &result.id,
            Self::Relationship(relationship) => &relationship.id,
            Self::Event(event) => &event.id,
        }
    }

    /// Its kind.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Person(person) => person.kind.into(),
            Self::FollowUp(_) => RecordKind::FollowUp,
            Self::LabResult(_) => RecordKind::LabResult,
            Self::Relationship(_) => RecordKind::Relationship,
            Self::Event(_) => RecordKind::Event,
        }
    }

    /// The outbreak that it belongs to, where something looks at it.
    pub fn outbreak(&self) -> Option<&Outbreak> {
        self.joined(None, None).outbreak()
    }

    /// Day on which the row was last changed, in the server's time zone.
    pub fn updated_at(&self) -> Option<Date> {
        match self {
            Self::Person(person) => person.updated_at,
            Self::FollowUp(follow_up) => follow_up.updated_at,
            Self::LabResult(result) => result.updated_at,
            Self::Relationship(relationship) => relationship.updated_at,
            Self::Event(event) => event.updated_at,
        }
    }

    /// Id of the person whom it is about: who is followed, whose sample it is, who was exposed. None of a person or event,
    /// and where the row names nobody.
    pub fn person_id(&self) -> Option<&str> {
        match self {
            Self::Person(_) | Self::Event(_) => None,
            Self::FollowUp(follow_up) => follow_up.person_id.as_deref(),
            Self::LabResult(result) => result.person_id.as_deref(),
            Self::Relationship(relationship) => id_of(relationship.target.as_ref()),
        }
    }

    /// Id of the person who exposed the other; of relationships only.
    pub fn source_id(&self) -> Option<&str> {
        match self {
            Self::Relationship(relationship) => id_of(relationship.source.as_ref()),
            _ => None,
        }
    }

    /// The record beside its persons.
    pub fn joined<'a>(&'a self, person: Option<&'a Person>, source: Option<&'a Person>) -> Joined<'a> {
        match self {
            Self::Person(person) => Joined::Person(person),
            Self::FollowUp(follow_up) => Joined::FollowUp { follow_up, person },
            Self::LabResult(result) => Joined::LabResult { result, person },
            Self::Relationship(relationship) => Joined::Relationship { relationship, source, target: person },
            Self::Event(event) => Joined::Event(event),
        }
    }
}

impl From<Person> for Record {
    fn from(person: Person) -> Self {
        Self::Person(person)
    }
}

fn id_of(participant: Option<&Participant>) -> Option<&str> {
    participant.map(|participant| participant.id.as_str())
}

/// A record and the persons whom it names, as far as the line list has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Linked {
    /// The record.
    pub record: Record,
    /// The person of [`Record::person_id`].
    pub person: Option<Arc<Person>>,
    /// The person of [`Record::source_id`].
    pub source: Option<Arc<Person>>,
}

impl Linked {
    /// To look at.
    pub fn joined(&self) -> Joined<'_> {
        self.record.joined(self.person.as_deref(), self.source.as_deref())
    }
}

impl<R: Into<Record>> From<R> for Linked {
    fn from(record: R) -> Self {
        Self { record: record.into(), person: None, source: None }
    }
}

/// What conditions, dates, places and measures look at: a record beside the persons whom it names. A person who is absent
/// (deleted, or not seen by the account) leaves its fields empty; the record counts by its own.
#[derive(Clone, Copy, Debug)]
pub enum Joined<'a> {
    /// A person.
    Person(&'a Person),
    /// A visit.
    FollowUp {
        /// The visit.
        follow_up: &'a FollowUp,
        /// Who is followed.
        person: Option<&'a Person>,
    },
    /// A sample.
    LabResult {
        /// The sample.
        result: &'a LabResult,
        /// Whose it is.
        person: Option<&'a Person>,
    },
    /// An exposure.
    Relationship {
        /// The exposure.
        relationship: &'a Relationship,
        /// Who exposed the other.
        source: Option<&'a Person>,
        /// Who was exposed.
        target: Option<&'a Person>,
    },
    /// A gathering.
    Event(&'a Event),
}

impl<'a> Joined<'a> {
    /// Go.Data's id of the record.
    pub fn id(self) -> &'a str {
        match self {
            Self::Person(person) => &person.id,
            Self::FollowUp { follow_up, .. } => &follow_up.id,
            Self::LabResult { result, .. } => &result.id,
            Self::Relationship { relationship, .. } => &relationship.id,
            Self::Event(event) => &event.id,
        }
    }

    /// Its kind.
    pub fn kind(self) -> RecordKind {
        match self {
            Self::Person(person) => person.kind.into(),
            Self::FollowUp { .. } => RecordKind::FollowUp,
            Self::LabResult { .. } => RecordKind::LabResult,
            Self::Relationship { .. } => RecordKind::Relationship,
            Self::Event(_) => RecordKind::Event,
        }
    }

    /// The outbreak that the record belongs to, where something looks at it.
    pub fn outbreak(self) -> Option<&'a Outbreak> {
        match self {
            Self::Person(person) => person.outbreak.as_ref(),
            Self::FollowUp { follow_up, .. } => follow_up.outbreak.as_ref(),
            Self::LabResult { result, .. } => result.outbreak.as_ref(),
            Self::Relationship { relationship, .. } => relationship.outbreak.as_ref(),
            Self::Event(event) => event.outbreak.as_ref(),
        }
    }

    /// The record itself, if it is a person.
    pub fn person(self) -> Option<&'a Person> {
        match self {
            Self::Person(person) => Some(person),
            _ => None,
        }
    }

    /// The person whom the record is about, if it is joined: of a relationship the target.
    pub fn about(self) -> Option<&'a Person> {
        match self {
            Self::Person(_) | Self::Event(_) => None,
            Self::FollowUp { person, .. } | Self::LabResult { person, .. } => person,
            Self::Relationship { target, .. } => target,
        }
    }

    /// The person who exposed the other, if there is one and it is joined.
    pub fn source(self) -> Option<&'a Person> {
        match self {
            Self::Relationship { source, .. } => source,
            _ => None,
        }
    }
}

impl<'a> From<&'a Person> for Joined<'a> {
    fn from(person: &'a Person) -> Self {
        Self::Person(person)
    }
}

impl<'a> From<&'a Linked> for Joined<'a> {
    fn from(linked: &'a Linked) -> Self {
        linked.joined()
    }
}
