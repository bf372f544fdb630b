//! What the simulated Go.Data stores: plain JSON documents, as MongoDB would hold them.

use serde_json::{Map, Value};

/// One stored document. Instants are strings with milliseconds and `Z`.
pub type Document = Map<String, Value>;

/// The prefix of most reference-data ids.
pub(crate) const CATEGORY: &str = "LNG_REFERENCE_DATA_CATEGORY_";

/// Everything in the simulated database. All kinds of persons, and events, share one collection and
/// differ in the hidden field `type`, as in Go.Data.
#[derive(Clone, Default)]
pub struct Documents {
    /// Outbreaks.
    pub outbreaks: Vec<Document>,
    /// Cases, contacts, contacts of contacts and events, told apart by `type` (see [`PersonType`]).
    pub persons: Vec<Document>,
    /// Follow-ups; `personId` names the person.
    pub follow_ups: Vec<Document>,
    /// Lab results; `personId` names the person.
    pub lab_results: Vec<Document>,
    /// Relationships between two persons.
    pub relationships: Vec<Document>,
    /// The location tree, flat.
    pub locations: Vec<Document>,
    /// Reference data items.
    pub reference_data: Vec<Document>,
    /// Teams.
    pub teams: Vec<Document>,
    /// Languages.
    pub languages: Vec<Document>,
    /// Language token to English text.
    pub tokens: Vec<(String, String)>,
}

/// What a document of the person collection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonType {
    /// A case.
    Case,
    /// A contact of a case.
    Contact,
    /// A contact of a contact.
    ContactOfContact,
    /// An event, such as a wedding.
    Event,
}

impl PersonType {
    /// The reference-data id in the hidden field `type`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Case => "LNG_REFERENCE_DATA_CATEGORY_PERSON_TYPE_CASE",
            Self::Contact => "LNG_REFERENCE_DATA_CATEGORY_PERSON_TYPE_CONTACT",
            Self::ContactOfContact => "LNG_REFERENCE_DATA_CATEGORY_PERSON_TYPE_CONTACT_OF_CONTACT",
            Self::Event => "LNG_REFERENCE_DATA_CATEGORY_PERSON_TYPE_EVENT",
        }
    }

    /// LoopBack's name of the model, which its 404 answers mention.
    pub(crate) fn model(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Contact => "contact",
            Self::ContactOfContact => "contactOfContact",
            Self::Event => "event",
        }
    }
}

impl Documents {
    /// The persons of one type, deleted ones included.
    pub fn persons_of(&self, kind: PersonType) -> impl Iterator<Item = &Document> {
        self.persons.iter().filter(move |person| text(person, "type") == Some(kind.id()))
    }

    /// The cases, deleted ones included.
    pub fn cases(&self) -> impl Iterator<Item = &Document> {
        self.persons_of(PersonType::Case)
    }

    /// The document with this id, in whichever collection it is.
    pub fn find(&self, id: &str) -> Option<&Document> {
        self.collections().into_iter().flatten().find(|document| text(document, "id") == Some(id))
    }

    /// The document with this id, for a change that leaves the stamps alone; [`Documents::edit`]
    /// stamps as the server does.
    pub fn find_mut(&mut self, id: &str) -> Option<&mut Document> {
        [
            &mut self.persons,
            &mut self.follow_ups,
            &mut self.lab_results,
            &mut self.relationships,
            &mut self.locations,
            &mut self.reference_data,
            &mut self.outbreaks,
            &mut self.teams,
        ]
        .into_iter()
        .flatten()
        .find(|document| text(document, "id") == Some(id))
    }

    fn collections(&self) -> [&Vec<Document>; 8] {
        [
            &self.persons,
            &self.follow_ups,
            &self.lab_results,
            &self.relationships,
            &self.locations,
            &self.reference_data,
            &self.outbreaks,
            &self.teams,
        ]
    }
}

/// A document from a JSON object; anything else gives an empty document.
pub fn document(value: Value) -> Document {
    match value {
        Value::Object(fields) => fields,
        _ => Document::new(),
    }
}

/// The text in a field, if it is text.
pub(crate) fn text<'a>(document: &'a Document, field: &str) -> Option<&'a str> {
    document.get(field).and_then(Value::as_str)
}

/// Whether a document is soft-deleted.
pub(crate) fn is_deleted(document: &Document) -> bool {
    document.get("deleted").and_then(Value::as_bool).unwrap_or(false)
}
