//! Data-quality issues: what is odd about a record. An issue never drops the record; the account says whether it counts.

use crate::place::{Places, Resolution};
use crate::record::Person;
use jiff::civil::Date;
use std::fmt;

mod satellite;

pub use satellite::issues_of;

/// Something odd about a record. It names the field and the rule, never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Id of the record.
    pub record: compact_str::CompactString,
    /// Field or list of the catalogue, or the wire's name where the catalogue has none.
    pub field: &'static str,
    /// What is odd.
    pub rule: Rule,
}

/// What can be odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The value has another type than Go.Data documents, or cannot be read.
    Unreadable,
    /// A date before 1900 (Go.Data's outbreaks are of living people).
    TooEarly,
    /// A date after the day of the run.
    InTheFuture,
    /// An interval ends before it starts.
    EndBeforeStart,
    /// An interval has no start.
    NoStart,
    /// The outcome is dated before the onset.
    OutcomeBeforeOnset,
    /// An age above 120 years.
    AgeTooHigh,
    /// The location is not in Go.Data's list of locations.
    UnknownLocation,
    /// The record names a person whom the line list does not have.
    UnknownPerson,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 9] = [
        Self::Unreadable,
        Self::TooEarly,
        Self::InTheFuture,
        Self::EndBeforeStart,
        Self::NoStart,
        Self::OutcomeBeforeOnset,
        Self::AgeTooHigh,
        Self::UnknownLocation,
        Self::UnknownPerson,
    ];

    /// The name in tables, JSON and the state.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::TooEarly => "too early",
            Self::InTheFuture => "in the future",
            Self::EndBeforeStart => "end before start",
            Self::NoStart => "no start",
            Self::OutcomeBeforeOnset => "outcome before onset",
            Self::AgeTooHigh => "age too high",
            Self::UnknownLocation => "unknown location",
            Self::UnknownPerson => "unknown person",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// First year that a date of a living outbreak can have.
const EARLIEST_YEAR: i16 = 1900;
/// Completed years above which an age is a slip of the pen.
const AGE_YEARS_MAX: u32 = 120;

/// The issues of a normalised record.
pub fn issues(person: &Person, today: Date, places: &Places, found: &mut Vec<Issue>) {
    let mut report = |field, rule| found.push(Issue { record: person.id.clone(), field, rule });
    let dates = [
        ("date_of_onset", person.date_of_onset),
        ("date_of_reporting", person.date_of_reporting),
        ("date_of_infection", person.date_of_infection),
        ("date_became_case", person.date_became_case),
        ("date_became_contact", person.date_became_contact),
        ("date_of_outcome", person.date_of_outcome),
        ("date_of_burial", person.date_of_burial),
        ("date_of_last_contact", person.date_of_last_contact),
        ("date_investigation_completed", person.date_investigation_completed),
    ];
    let dates = dates.into_iter().filter_map(|(field, date)| Some((field, date?)));
    // The end of a stay is not among them: people enter the day until which they isolate somebody.
    let in_lists = (person.stays.iter().filter_map(|stay| Some(("stays", stay.start?))))
        .chain(person.vaccinations.iter().filter_map(|dose| Some(("vaccinations", dose.date?))))
        .chain(person.answers.iter().filter_map(|answer| Some(("answers", answer.date?))));
    for (field, date) in dates.chain(in_lists) {
        if date.year() < EARLIEST_YEAR {
            report(field, Rule::TooEarly);
        } else if date > today {
            report(field, Rule::InTheFuture);
        }
    }
    if matches!((person.date_of_onset, person.date_of_outcome), (Some(onset), Some(outcome)) if outcome < onset) {
        report("date_of_outcome", Rule::OutcomeBeforeOnset);
    }
    if person.age_years.is_some_and(|age| age > AGE_YEARS_MAX) {
        report("age_years", Rule::AgeTooHigh);
    }
    for stay in &person.stays {
        match (stay.start, stay.end) {
            (None, _) => report("stays", Rule::NoStart),
            (Some(start), Some(end)) if end < start => report("stays", Rule::EndBeforeStart),
            _ => {}
        }
    }
    if let Some(location) = &person.residence
        && matches!(places.resolve(location), Resolution::Unknown)
    {
        report("residence", Rule::UnknownLocation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{Place, PlaceMap, PlaceTree};
    use crate::record::{Answer, Stay, Vaccination};
    use jiff::civil::date;

    const TODAY: Date = date(2020, 2, 20);

    fn found(person: &Person) -> Vec<(&'static str, Rule)> {
        let place = |id: &str| Place { id: id.into(), parent: None, name: id.into(), level: None };
        let (tree, _) = PlaceTree::new([place("listed")]);
        let (map, _) = PlaceMap::new([("mapped-only".to_owned(), "Ou".to_owned())]);
        let (places, _) = Places::new(tree, &map);
        let mut found = Vec::new();
        issues(person, TODAY, &places, &mut found);
        assert!(found.iter().all(|issue| issue.record == person.id));
        found.into_iter().map(|issue| (issue.field, issue.rule)).collect()
    }

    fn stay(start: Option<Date>, end: Option<Date>) -> Person {
        Person { stays: vec![Stay { start, end, ..Stay::default() }], ..Person::default() }
    }

    #[test]
    fn a_record_without_anything_odd_has_no_issue() {
        let person = Person {
            id: "p-1".into(),
            age_years: Some(120),
            date_of_onset: Some(TODAY),
            date_of_outcome: Some(TODAY),
            date_of_infection: Some(date(1900, 1, 1)),
            residence: Some("listed".into()),
            stays: vec![Stay { start: Some(TODAY), end: Some(TODAY), ..Stay::default() }],
            ..Person::default()
        };
        assert_eq!(found(&person), []);
        assert_eq!(found(&Person::default()), []);
        assert_eq!(found(&Person { residence: Some("mapped-only".into()), ..Person::default() }), []);
    }

    #[test]
    fn dates_lie_between_1900_and_today() {
        for (onset, rule) in [(date(1899, 12, 31), Rule::TooEarly), (date(2020, 2, 21), Rule::InTheFuture)] {
            let person = Person { date_of_onset: Some(onset), ..Person::default() };
            assert_eq!(found(&person), [("date_of_onset", rule)]);
        }
    }

    #[test]
    fn every_date_that_people_enter_is_looked_at() {
        let tomorrow = Some(date(2020, 2, 21));
        let person = Person {
            date_of_onset: tomorrow,
            date_of_reporting: tomorrow,
            date_of_infection: tomorrow,
            date_became_case: tomorrow,
            date_became_contact: tomorrow,
            date_investigation_completed: tomorrow,
            date_of_outcome: tomorrow,
            date_of_burial: tomorrow,
            date_of_last_contact: tomorrow,
            stays: vec![Stay { start: tomorrow, ..Stay::default() }],
            vaccinations: vec![Vaccination { date: tomorrow, ..Vaccination::default() }],
            answers: vec![Answer { date: tomorrow, ..Answer::default() }],
            ..Person::default()
        };
        let fields: Vec<_> = found(&person)
            .into_iter()
            .map(|(field, rule)| {
                assert_eq!(rule, Rule::InTheFuture, "{field}");
                field
            })
            .collect();
        let entered = crate::field::PERSON
            .iter()
            .filter(|field| (field.get)(crate::record::Joined::from(&person)).date().is_some());
        let expected: Vec<_> = entered.map(|field| field.name).chain(["stays", "vaccinations", "answers"]).collect();
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_stay_starts_and_ends_in_that_order() {
        let day = |n| Some(date(2020, 2, n));
        assert_eq!(found(&stay(day(2), day(1))), [("stays", Rule::EndBeforeStart)]);
        assert_eq!(found(&stay(None, day(1))), [("stays", Rule::NoStart)]);
        assert_eq!(found(&stay(None, None)), [("stays", Rule::NoStart)]);
        assert_eq!(found(&stay(day(1), None)), []);
        let later = Some(date(2020, 3, 1));
        assert_eq!(found(&stay(day(1), later)), [], "isolated until a day to come");
        assert_eq!(found(&stay(later, later)), [("stays", Rule::InTheFuture)]);
        assert_eq!(found(&stay(Some(date(202, 2, 1)), None)), [("stays", Rule::TooEarly)]);
        assert_eq!(found(&stay(later, day(1))), [("stays", Rule::InTheFuture), ("stays", Rule::EndBeforeStart)]);
    }

    #[test]
    fn an_outcome_an_age_and_a_location_can_be_odd() {
        let person = Person {
            date_of_onset: Some(TODAY),
            date_of_outcome: Some(date(2020, 2, 19)),
            age_years: Some(121),
            residence: Some("nowhere".into()),
            ..Person::default()
        };
        assert_eq!(
            found(&person),
            [
                ("date_of_outcome", Rule::OutcomeBeforeOnset),
                ("age_years", Rule::AgeTooHigh),
                ("residence", Rule::UnknownLocation),
            ]
        );
    }

    #[test]
    fn rules_have_names_of_their_own() {
        let names: std::collections::BTreeSet<_> = Rule::ALL.into_iter().map(Rule::name).collect();
        assert_eq!(names.len(), Rule::ALL.len());
    }
}
