//! The field catalogue: every field that a condition, a date basis, a place or a dimension may name.
//!
//! One table for each thing that can be counted. The checker, the wire fields that a request asks for, the documentation and
//! the messages are read off it, so that they cannot disagree.

pub mod category;
mod needs;
mod outbreak;
mod person;
mod satellite;
mod table;

pub use needs::Needs;
pub use outbreak::{OUTBREAK, OUTBREAK_WIRE};
pub use person::{LISTS, PERSON};
pub use table::{EVENTS, FOLLOW_UPS, LAB_RESULTS, PERSONS, RELATIONSHIPS, TABLES, Table, TableName};

use crate::record::Joined;
use crate::value::{Value, ValueType};
use compact_str::CompactString;

/// The id of a reference value without its category: `CONFIRMED`. A value that does not belong to the category keeps its
/// whole id.
pub fn short_value<'a>(category: &str, id: &'a str) -> &'a str {
    id.strip_prefix(category).and_then(|rest| rest.strip_prefix('_')).unwrap_or(id)
}

/// The opposite of [`short_value`], for values of Go.Data's own making.
pub fn full_value(category: &str, short: &str) -> String {
    if short.starts_with("LNG_") { short.to_owned() } else { format!("{category}_{short}") }
}

/// What a text field holds, which decides how its constants are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Anything.
    Free,
    /// One of the named values.
    OneOf(&'static [&'static str]),
    /// A value of the reference data category with this id.
    Reference(&'static str),
    /// A location id.
    Location,
    /// The name of an outbreak.
    Outbreak,
    /// The id of an outbreak.
    OutbreakId,
}

/// A field of a record, or of a person whom the record names.
#[derive(Debug)]
pub struct Field {
    /// Name in conditions; of a person whom the record names with a prefix, `person.age_years`.
    pub name: &'static str,
    /// Type of the value.
    pub value_type: ValueType,
    /// What a text may be.
    pub domain: Domain,
    /// Meaning, one sentence.
    pub doc: &'static str,
    /// The names by which Go.Data's API is asked for it, in the record's own list.
    pub wire: &'static [&'static str],
    /// The names by which the lists of persons are asked for it.
    pub person_wire: &'static [&'static str],
    /// Whether it needs the persons whom the record names.
    pub joins: bool,
    /// Reads it from a record; null from a record of another table.
    pub get: fn(Joined<'_>) -> Value<'_>,
}

/// A list of a record, such as `stays`.
#[derive(Debug)]
pub struct List {
    /// Name in conditions; of a person whom the record names with a prefix, `person.stays`.
    pub name: &'static str,
    /// Meaning, one sentence.
    pub doc: &'static str,
    /// The names by which Go.Data's API is asked for it, in the record's own list.
    pub wire: &'static [&'static str],
    /// The names by which the lists of persons are asked for it.
    pub person_wire: &'static [&'static str],
    /// Whether it needs the persons whom the record names.
    pub joins: bool,
    /// Number of elements.
    pub len: fn(Joined<'_>) -> usize,
    /// The elements' fields.
    pub fields: &'static [ElementField],
}

/// A field of a list's element.
#[derive(Debug)]
pub struct ElementField {
    /// Name in conditions.
    pub name: &'static str,
    /// Type of the value.
    pub value_type: ValueType,
    /// What a text may be.
    pub domain: Domain,
    /// Meaning, one sentence.
    pub doc: &'static str,
    /// Reads it from the element at an index below [`List::len`].
    pub get: fn(Joined<'_>, usize) -> Value<'_>,
}

/// The field of a person of that name.
pub fn field(name: &str) -> Option<&'static Field> {
    PERSON.iter().find(|field| field.name == name)
}

/// The list of a person of that name.
pub fn list(name: &str) -> Option<&'static List> {
    LISTS.iter().find(|list| list.name == name)
}

impl List {
    /// The element field of that name.
    pub fn field(&self, name: &str) -> Option<&'static ElementField> {
        self.fields.iter().find(|field| field.name == name)
    }
}

fn text(value: &Option<CompactString>) -> Value<'_> {
    value.as_deref().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, FollowUp, LabResult, Participant, Person, Record, Relationship};
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_documented() {
        for table in TABLES {
            assert!(table.doc.ends_with('.'));
            let mut names = HashSet::new();
            let fields = table.all_fields().map(|f| (f.name, f.doc));
            for (name, doc) in fields.chain(table.all_lists().map(|l| (l.name, l.doc))) {
                assert!(names.insert(name), "`{name}` stands twice");
                assert!(doc.ends_with('.'), "`{name}` has no sentence");
            }
            assert!(table.default_place().is_some_and(|place| place.domain == Domain::Location), "{:?}", table.name);
            assert_eq!(TableName::from_name(table.name.name()).map(|name| name.table().name), Some(table.name));
        }
    }

    #[test]
    fn a_reference_value_loses_only_its_own_category() {
        assert_eq!(
            short_value(category::CLASSIFICATION, "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_CONFIRMED"),
            "CONFIRMED"
        );
        assert_eq!(
            short_value(category::VACCINE, "LNG_REFERENCE_DATA_CATEGORY_GENDER_MALE"),
            "LNG_REFERENCE_DATA_CATEGORY_GENDER_MALE"
        );
        assert_eq!(short_value(category::GENDER, "5d0e7d6a-custom"), "5d0e7d6a-custom");
    }

    #[test]
    fn a_full_value_is_found_again() {
        for field in TABLES.into_iter().flat_map(Table::all_fields) {
            if let Domain::Reference(category) = field.domain {
                assert_eq!(short_value(category, &full_value(category, "X_Y")), "X_Y");
            }
        }
    }

    fn everything() -> [Record; 5] {
        [
            Record::Person(Person::default()),
            Record::FollowUp(FollowUp::default()),
            Record::LabResult(LabResult::default()),
            Record::Relationship(Relationship::default()),
            Record::Event(Event::default()),
        ]
    }

    #[test]
    fn every_field_of_an_empty_record_but_its_keys_is_null() {
        for (record, table) in everything().iter().zip(TABLES) {
            let joined = record.joined(None, None);
            assert!(table.kinds.contains(&joined.kind()));
            for field in table.all_fields().filter(|field| !["id", "kind"].contains(&field.name)) {
                assert!((field.get)(joined).is_null(), "{}", field.name);
            }
            assert!(table.all_lists().all(|list| (list.len)(joined) == 0));
        }
    }

    #[test]
    fn persons_are_reached_by_their_prefix_and_by_no_other() {
        let person = Person { id: "them".into(), age_years: Some(40), ..Person::default() };
        let source = Person { id: "origin".into(), age_years: Some(7), ..Person::default() };
        let participant = |id: &str| Some(Participant { id: id.into(), kind: None });
        let relationship =
            Relationship { source: participant("origin"), target: participant("them"), ..Relationship::default() };
        let record = Record::Relationship(relationship);
        assert_eq!((record.person_id(), record.source_id()), (Some("them"), Some("origin")));
        let get = |record: &Record, name: &str| {
            let joined = record.joined(Some(&person), Some(&source));
            joined.kind().table().field(name).map(|field| (field.get)(joined).to_string())
        };
        assert_eq!(get(&record, "target.age_years").as_deref(), Some("40"));
        assert_eq!(get(&record, "source.age_years").as_deref(), Some("7"));
        assert_eq!(get(&record, "source_id").as_deref(), Some("origin"));
        assert_eq!(get(&record, "person.age_years"), None);
        let sample = Record::LabResult(LabResult { person_id: Some("them".into()), ..LabResult::default() });
        assert_eq!(get(&sample, "person.age_years").as_deref(), Some("40"));
        assert_eq!(get(&sample, "age_years"), None);
        assert_eq!(LAB_RESULTS.grouping("age_years").map(|field| field.name), Some("person.age_years"));
        assert_eq!(RELATIONSHIPS.grouping("gender").map(|field| field.name), Some("target.gender"));
        assert_eq!(LAB_RESULTS.grouping("status").map(|field| field.name), Some("status"), "its own comes first");
        assert!(EVENTS.grouping("gender").is_none());
    }

    #[test]
    fn a_visit_takes_place_where_it_says_else_at_home() {
        let person = Person { residence: Some("home".into()), ..Person::default() };
        let place = |residence: Option<&str>, person: Option<&Person>| {
            let visit = FollowUp { residence: residence.map(Into::into), ..FollowUp::default() };
            let record = Record::FollowUp(visit);
            FOLLOW_UPS.default_place().map(|field| (field.get)(record.joined(person, None)).to_string())
        };
        assert_eq!(place(Some("there"), Some(&person)).as_deref(), Some("there"));
        assert_eq!(place(None, Some(&person)).as_deref(), Some("home"));
        assert_eq!(place(None, None).as_deref(), Some("(none)"));
    }

    #[test]
    fn what_is_needed_of_persons_is_told_from_what_is_needed_of_the_record() {
        let mut needs = Needs::nothing();
        let field = |name: &str| LAB_RESULTS.field(name).expect("a field");
        needs.field(&LAB_RESULTS, field("result"));
        assert!(!needs.joins());
        needs.field(&LAB_RESULTS, field("person.gender"));
        assert!(needs.joins());
        assert_eq!(needs.of(TableName::LabResult), ["personId", "result"].into());
        assert_eq!(needs.of(TableName::Person), ["gender"].into());
        assert_eq!(needs.joined(), &["gender"].into());
        assert_eq!(needs.digest(), "person(gender) lab_result(personId,result)");
        let concerned = |name: &str| {
            let field = LAB_RESULTS.field(name).expect("a field");
            needs.concerns(&LAB_RESULTS, field.wire, field.person_wire)
        };
        assert!(concerned("person.gender") && concerned("result") && concerned("person.kind"));
        assert!(!concerned("person.outcome") && !concerned("status"));
    }
}
