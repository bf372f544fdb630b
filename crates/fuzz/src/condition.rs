//! Conditions: a refusal has its place in the text, and what is read gives each person one answer, which NOT turns round.

use epi::condition::{Condition, ConditionError};
use epi::field;
use epi::record::{Answer, Person, PersonKind, Stay, Vaccination};
use jiff::civil::date;
use std::sync::LazyLock;

pub(crate) const WORDS: &[&str] = &[
    " AND ",
    " OR ",
    "NOT ",
    " IS NULL",
    " IN (",
    " BETWEEN ",
    " LIKE '%_'",
    "CASE WHEN ",
    " THEN ",
    " ELSE ",
    " END",
    "EXISTS (SELECT 1 FROM stays WHERE ",
    "COALESCE(",
    "classification",
    "age_years",
    "date_of_onset",
    "DATE '2020-02-29'",
    "stays",
    "answers",
    "person.",
    "NULL",
    "((((((((",
    "))))))))",
    "--",
    "/*",
    "''",
    "1e999",
    "9223372036854775808",
    "é",
];

pub(crate) fn try_on(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Condition::parse(text) {
        Err(errors) => refused(text, &errors),
        Ok(condition) => holds(text, &condition),
    }
    for list in field::LISTS {
        match Condition::parse_for_list(text, list) {
            Err(errors) => refused(text, &errors),
            Ok(condition) => {
                for person in PERSONS.iter() {
                    assert_eq!(condition.matches(person), None, "{text:?} is of an element");
                    for index in 0..4 {
                        let truth = condition.matches_element(person, index);
                        assert!(truth.is_none() || index < (list.len)(person.into()), "{text:?} of no element");
                    }
                }
            }
        }
    }
}

fn refused(text: &str, errors: &[ConditionError]) {
    assert!(!errors.is_empty(), "{text:?} is refused without a reason");
    for error in errors {
        assert!(text.get(error.span.clone()).is_some(), "{text:?}: {error:?} stands outside");
        assert!(!error.message.is_empty(), "{text:?}: {error:?}");
    }
}

fn holds(text: &str, condition: &Condition) {
    assert_eq!(condition.source(), text);
    for constant in condition.constants() {
        let written = text.get(constant.span.clone());
        assert!(written.is_some_and(|written| written.starts_with('\'')), "{text:?}: {constant:?}");
    }
    // The lines keep a comment at the end from swallowing the parenthesis.
    let negated = Condition::parse(&format!("NOT (\n{text}\n)"));
    let truths = PERSONS.iter().map(|person| condition.matches(person));
    for (person, truth) in PERSONS.iter().zip(truths) {
        assert_eq!(condition.matches(person), truth, "{text:?} answers twice");
        // The longer text may be beyond a limit.
        if let Ok(negated) = &negated {
            assert_eq!(negated.matches(person), truth.map(|truth| !truth), "{text:?} and its negation");
        }
    }
}

/// Nobody, somebody with everything, and a contact with odd corners.
static PERSONS: LazyLock<[Person; 3]> = LazyLock::new(|| {
    let full = Person {
        id: "p-1".into(),
        kind: PersonKind::Case,
        classification: Some("CONFIRMED".into()),
        outcome: Some("DECEASED".into()),
        gender: Some("FEMALE".into()),
        age_years: Some(34),
        age_months: Some(0),
        date_of_onset: Some(date(2020, 2, 29)),
        date_of_reporting: Some(date(2020, 3, 1)),
        residence: Some("loc-é".into()),
        was_contact: Some(true),
        stays: vec![
            Stay { kind: Some("ISOLATION".into()), start: Some(date(2020, 3, 1)), ..Stay::default() },
            Stay::default(),
        ],
        vaccinations: vec![Vaccination { vaccine: Some("MRNA".into()), ..Vaccination::default() }],
        answers: vec![Answer { variable: "fever".into(), value: Some("yes".into()), number: None, date: None }],
        ..Person::default()
    };
    let corner = Person {
        id: "p-2".into(),
        kind: PersonKind::Contact,
        age_years: Some(u32::MAX),
        date_of_onset: Some(date(9999, 12, 31)),
        date_of_burial: Some(date(-9999, 1, 1)),
        visual_id: Some("%_\\'".into()),
        ..Person::default()
    };
    [Person::default(), full, corner]
});
