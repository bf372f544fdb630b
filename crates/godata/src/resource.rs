//! The lists of Go.Data, where each is read and where it is counted.

use std::fmt;

/// The id of an outbreak.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutbreakId(String);

impl OutbreakId {
    /// The id as Go.Data knows it; opaque, often a UUID.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of the outbreak.
    pub(crate) fn path(&self) -> String {
        format!("/outbreaks/{}", segment(&self.0))
    }
}

impl fmt::Display for OutbreakId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// The cases of an outbreak; read as [`Person`](crate::wire::Person).
    Cases(OutbreakId),
    /// The contacts of an outbreak; read as [`Person`](crate::wire::Person).
    Contacts(OutbreakId),
    /// The contacts of contacts of an outbreak; read as [`Person`](crate::wire::Person).
    ContactsOfContacts(OutbreakId),
    /// The events of an outbreak; read as [`Event`](crate::wire::Event).
    Events(OutbreakId),
    /// The follow-ups of an outbreak; read as [`FollowUp`](crate::wire::FollowUp).
    FollowUps(OutbreakId),
    /// The laboratory results of an outbreak; read as [`LabResult`](crate::wire::LabResult).
    LabResults(OutbreakId),
    /// The relationships of an outbreak; read as [`Relationship`](crate::wire::Relationship).
    Relationships(OutbreakId),
    /// All locations; read as [`Location`](crate::wire::Location).
    Locations,
    /// The reference data; read as [`ReferenceItem`](crate::wire::ReferenceItem).
    ReferenceData,
    /// The outbreaks that the account may see; read as [`Outbreak`](crate::wire::Outbreak).
    Outbreaks,
}

/// How a list is counted.
pub(crate) enum Counting {
    /// By a whole filter.
    Filter(String),
    /// By its `where` alone.
    Where(String),
}

impl Resource {
    /// The path of the list.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Cases(outbreak) => format!("{}/cases", outbreak.path()),
            Self::Contacts(outbreak) => format!("{}/contacts", outbreak.path()),
            Self::ContactsOfContacts(outbreak) => {
                format!("{}/contacts-of-contacts", outbreak.path())
            }
            Self::Events(outbreak) => format!("{}/events", outbreak.path()),
            Self::FollowUps(outbreak) => format!("{}/follow-ups", outbreak.path()),
            Self::LabResults(outbreak) => format!("{}/lab-results/aggregate", outbreak.path()),
            Self::Relationships(outbreak) => format!("{}/relationships", outbreak.path()),
            Self::Locations => "/locations".to_owned(),
            Self::ReferenceData => "/reference-data".to_owned(),
            Self::Outbreaks => "/outbreaks".to_owned(),
        }
    }

    /// The path of the count, and what it takes.
    pub(crate) fn counting(&self) -> Counting {
        let list = self.path();
        match self {
            Self::Cases(_) | Self::Contacts(_) | Self::ContactsOfContacts(_) | Self::Events(_) | Self::FollowUps(_) => {
                Counting::Filter(format!("{list}/filtered-count"))
            }
            Self::LabResults(_) => Counting::Filter(format!("{list}-filtered-count")),
            Self::Relationships(_) | Self::Locations | Self::ReferenceData | Self::Outbreaks => {
                Counting::Where(format!("{list}/count"))
            }
        }
    }
}

/// An id as one segment of a path.
pub(crate) fn segment(id: &str) -> String {
    let mut segment = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => segment.push(byte.into()),
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment() {
        assert_eq!(OutbreakId::new("a/../b?c#é").path(), "/outbreaks/a%2F%2E%2E%2Fb%3Fc%23%C3%A9");
    }
}
