//! Conditions: what they mean and what they refuse.

mod meaning;
mod refusals;
mod same_as_naive;

use epi::condition::Condition;
use epi::record::{Answer, Classification, Person, PersonKind, Stay, Vaccination};

/// Reads a condition that must be right.
fn condition(text: &str) -> Condition {
    Condition::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn date(text: &str) -> Option<jiff::civil::Date> {
    Some(text.parse().unwrap())
}

/// A confirmed case with a bit of everything. Not filled in: outcome, safe burial, pregnancy status.
fn person() -> Person {
    Person {
        id: "p-1".into(),
        kind: PersonKind::Case,
        classification: Some("CONFIRMED".into()),
        gender: Some("FEMALE".into()),
        age_years: Some(34),
        age_months: Some(0),
        date_of_onset: date("2020-02-10"),
        date_of_reporting: date("2020-02-14"),
        residence: Some("loc-é".into()),
        was_contact: Some(true),
        was_case: Some(false),
        stays: vec![
            Stay { kind: Some("HOSPITALIZATION".into()), start: date("2020-02-12"), ..Stay::default() },
            Stay {
                kind: Some("ICU_ADMISSION".into()),
                start: date("2020-02-15"),
                end: date("2020-02-20"),
                ..Stay::default()
            },
            Stay { kind: None, ..Stay::default() },
        ],
        classifications: vec![Classification { classification: Some("SUSPECT".into()), ..Classification::default() }],
        vaccinations: vec![Vaccination {
            vaccine: Some("MRNA".into()),
            date: date("2019-12-01"),
            ..Vaccination::default()
        }],
        answers: vec![Answer { variable: "fever".into(), value: Some("yes".into()), number: None, date: None }],
        ..Person::default()
    }
}
