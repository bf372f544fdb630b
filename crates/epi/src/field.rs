//! The field catalogue: every field that a condition, a date basis, a place or a dimension may name.
//!
//! One table for each thing. The checker, the wire fields that a request asks for, the documentation and the messages
//! are read off it, so that they cannot disagree.

use crate::record::{Person, PersonKind};
use crate::value::{Value, ValueType};
use compact_str::CompactString;

/// Category prefixes of Go.Data's reference data; a value is stored without the prefix of its field's category.
pub mod category {
    /// Case classification.
    pub const CLASSIFICATION: &str = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION";
    /// Outcome.
    pub const OUTCOME: &str = "LNG_REFERENCE_DATA_CATEGORY_OUTCOME";
    /// Gender.
    pub const GENDER: &str = "LNG_REFERENCE_DATA_CATEGORY_GENDER";
    /// Risk level.
    pub const RISK_LEVEL: &str = "LNG_REFERENCE_DATA_CATEGORY_RISK_LEVEL";
    /// Occupation.
    pub const OCCUPATION: &str = "LNG_REFERENCE_DATA_CATEGORY_OCCUPATION";
    /// Pregnancy status.
    pub const PREGNANCY_STATUS: &str = "LNG_REFERENCE_DATA_CATEGORY_PREGNANCY_STATUS";
    /// Final follow-up status; its ids carry no `CATEGORY`.
    pub const FOLLOW_UP_STATUS: &str = "LNG_REFERENCE_DATA_CONTACT_FINAL_FOLLOW_UP_STATUS_TYPE";
    /// Type of a date range.
    pub const STAY_TYPE: &str = "LNG_REFERENCE_DATA_CATEGORY_PERSON_DATE_TYPE";
    /// Centre of a date range.
    pub const CENTRE: &str = "LNG_REFERENCE_DATA_CATEGORY_CENTRE_NAME";
    /// Vaccine.
    pub const VACCINE: &str = "LNG_REFERENCE_DATA_CATEGORY_VACCINE";
    /// Whether a vaccine was given.
    pub const VACCINE_STATUS: &str = "LNG_REFERENCE_DATA_CATEGORY_VACCINE_STATUS";
}

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
}

/// A field of a person.
#[derive(Debug)]
pub struct Field {
    /// Name in conditions.
    pub name: &'static str,
    /// Type of the value.
    pub value_type: ValueType,
    /// What a text may be.
    pub domain: Domain,
    /// Meaning, one sentence.
    pub doc: &'static str,
    /// The names by which Go.Data's API is asked for it.
    pub wire: &'static [&'static str],
    /// Reads it from a record.
    pub get: fn(&Person) -> Value<'_>,
}

/// A list of a person, such as `stays`.
#[derive(Debug)]
pub struct List {
    /// Name in conditions.
    pub name: &'static str,
    /// Meaning, one sentence.
    pub doc: &'static str,
    /// The names by which Go.Data's API is asked for it.
    pub wire: &'static [&'static str],
    /// Number of elements.
    pub len: fn(&Person) -> usize,
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
    pub get: fn(&Person, usize) -> Value<'_>,
}

/// The field of that name.
pub fn field(name: &str) -> Option<&'static Field> {
    PERSON.iter().find(|field| field.name == name)
}

/// The list of that name.
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

const KINDS: &[&str] = &[PersonKind::Case.name(), PersonKind::Contact.name(), PersonKind::ContactOfContact.name()];

macro_rules! field {
    ($name:literal, $type:ident, $domain:expr, [$($wire:literal),*], $doc:literal, $get:expr) => {
        Field { name: $name, value_type: ValueType::$type, domain: $domain, doc: $doc, wire: &[$($wire),*], get: $get }
    };
}

macro_rules! element {
    ($name:literal, $type:ident, $domain:expr, $doc:literal, $get:expr) => {
        ElementField { name: $name, value_type: ValueType::$type, domain: $domain, doc: $doc, get: $get }
    };
}

use Domain::{Free, Location, OneOf, Reference};

/// The fields of a person.
pub static PERSON: &[Field] = &[
    field!("id", Text, Free, ["id"], "Go.Data's id of the person.", |p| Value::Text(&p.id)),
    field!("kind", Text, OneOf(KINDS), [], "Which list the person stands in.", |p| Value::Text(p.kind.name())),
    field!("visual_id", Text, Free, ["visualId"], "Case number; people edit it.", |p| text(&p.visual_id)),
    field!(
        "classification",
        Text,
        Reference(category::CLASSIFICATION),
        ["classification"],
        "Current classification.",
        |p| text(&p.classification)
    ),
    field!("outcome", Text, Reference(category::OUTCOME), ["outcomeId"], "Outcome of the illness.", |p| text(
        &p.outcome
    )),
    field!("gender", Text, Reference(category::GENDER), ["gender"], "Gender as recorded.", |p| text(&p.gender)),
    field!("age_years", Number, Free, ["age"], "Age in completed years.", |p| p.age_years.into()),
    field!("age_months", Number, Free, ["age"], "Months beyond the completed years.", |p| p.age_months.into()),
    field!("date_of_onset", Date, Free, ["dateOfOnset"], "Onset of symptoms.", |p| p.date_of_onset.into()),
    field!("date_of_reporting", Date, Free, ["dateOfReporting"], "Day on which the person was reported.", |p| p
        .date_of_reporting
        .into()),
    field!("date_of_infection", Date, Free, ["dateOfInfection"], "Day of infection.", |p| p.date_of_infection.into()),
    field!("date_became_case", Date, Free, ["dateBecomeCase"], "Day on which a contact became a case.", |p| p
        .date_became_case
        .into()),
    field!("date_of_outcome", Date, Free, ["dateOfOutcome"], "Day of recovery or death.", |p| p.date_of_outcome.into()),
    field!("date_of_burial", Date, Free, ["dateOfBurial"], "Day of the burial.", |p| p.date_of_burial.into()),
    field!("date_of_last_contact", Date, Free, ["dateOfLastContact"], "Last contact with a case.", |p| p
        .date_of_last_contact
        .into()),
    field!(
        "residence",
        Text,
        Location,
        ["usualPlaceOfResidenceLocationId"],
        "Location of the usual place of residence.",
        |p| text(&p.residence)
    ),
    field!("risk_level", Text, Reference(category::RISK_LEVEL), ["riskLevel"], "Risk level.", |p| text(&p.risk_level)),
    field!("occupation", Text, Reference(category::OCCUPATION), ["occupation"], "Occupation.", |p| text(&p.occupation)),
    field!(
        "pregnancy_status",
        Text,
        Reference(category::PREGNANCY_STATUS),
        ["pregnancyStatus"],
        "Pregnancy status.",
        |p| text(&p.pregnancy_status)
    ),
    field!("was_contact", Bool, Free, ["wasContact"], "Was a contact before becoming a case.", |p| p
        .was_contact
        .into()),
    field!("was_case", Bool, Free, ["wasCase"], "Was a case before becoming a contact.", |p| p.was_case.into()),
    field!(
        "follow_up_status",
        Text,
        Reference(category::FOLLOW_UP_STATUS),
        ["followUp"],
        "Final follow-up status of a contact.",
        |p| text(&p.follow_up_status)
    ),
    field!("safe_burial", Bool, Free, ["safeBurial"], "Buried safely.", |p| p.safe_burial.into()),
    field!("created_at", Date, Free, ["createdAt"], "Day on which the row was entered.", |p| p.created_at.into()),
    field!("updated_at", Date, Free, ["updatedAt"], "Day on which the row was last changed.", |p| p.updated_at.into()),
];

/// The lists of a person.
pub static LISTS: &[List] = &[
    List {
        name: "stays",
        doc: "Date ranges: hospitalisation, isolation, intensive care.",
        wire: &["dateRanges"],
        len: |p| p.stays.len(),
        fields: &[
            element!("type", Text, Reference(category::STAY_TYPE), "Type of the stay.", |p, i| text(&p.stays[i].kind)),
            element!("start", Date, Free, "First day.", |p, i| p.stays[i].start.into()),
            element!("end", Date, Free, "Last day; none means until now.", |p, i| p.stays[i].end.into()),
            element!("centre", Text, Reference(category::CENTRE), "Centre.", |p, i| text(&p.stays[i].centre)),
            element!("location", Text, Location, "Location of the centre.", |p, i| text(&p.stays[i].location)),
        ],
    },
    List {
        name: "classifications",
        doc: "Classifications as Go.Data saved them; the dates are those of data entry.",
        wire: &["classificationHistory"],
        len: |p| p.classifications.len(),
        fields: &[
            element!("classification", Text, Reference(category::CLASSIFICATION), "The classification.", |p, i| text(
                &p.classifications[i].classification
            )),
            element!("start", Date, Free, "Day on which it was entered.", |p, i| p.classifications[i].start.into()),
            element!("end", Date, Free, "Day on which another replaced it.", |p, i| p.classifications[i].end.into()),
        ],
    },
    List {
        name: "vaccinations",
        doc: "Vaccine doses.",
        wire: &["vaccinesReceived"],
        len: |p| p.vaccinations.len(),
        fields: &[
            element!("vaccine", Text, Reference(category::VACCINE), "The vaccine.", |p, i| text(
                &p.vaccinations[i].vaccine
            )),
            element!("status", Text, Reference(category::VACCINE_STATUS), "Whether it was given.", |p, i| text(
                &p.vaccinations[i].status
            )),
            element!("date", Date, Free, "Day of the dose.", |p, i| p.vaccinations[i].date.into()),
        ],
    },
    List {
        name: "answers",
        doc: "Questionnaire answers, one row for each value.",
        wire: &["questionnaireAnswers"],
        len: |p| p.answers.len(),
        fields: &[
            element!("variable", Text, Free, "The question's variable.", |p, i| Value::Text(&p.answers[i].variable)),
            element!("value", Text, Free, "The value as text.", |p, i| text(&p.answers[i].value)),
            element!("number", Number, Free, "The value as a number.", |p, i| p.answers[i].number.into()),
            element!("date", Date, Free, "Day to which the answer belongs.", |p, i| p.answers[i].date.into()),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_documented() {
        let mut names = HashSet::new();
        for (name, doc) in PERSON.iter().map(|f| (f.name, f.doc)).chain(LISTS.iter().map(|l| (l.name, l.doc))) {
            assert!(names.insert(name), "`{name}` stands twice");
            assert!(doc.ends_with('.'), "`{name}` has no sentence");
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
        for field in PERSON {
            if let Reference(category) = field.domain {
                assert_eq!(short_value(category, &full_value(category, "X_Y")), "X_Y");
            }
        }
    }

    #[test]
    fn every_field_of_an_empty_person_but_its_keys_is_null() {
        let person = Person::default();
        for field in PERSON.iter().filter(|field| !["id", "kind"].contains(&field.name)) {
            assert!((field.get)(&person).is_null(), "{}", field.name);
        }
    }
}
