//! Data-quality issues: what is odd about a record. An issue never drops the record; the account says whether it counts.

use crate::place::{Places, Resolution};
use crate::record::Person;
use jiff::civil::Date;
use std::fmt;

/// Something odd about a record. It names the field and the rule, never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Id of the record.
    pub record: compact_str::CompactString,
    /// Field of the catalogue, or the wire's name where the catalogue has none.
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
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 8] = [
        Self::Unreadable,
        Self::TooEarly,
        Self::InTheFuture,
        Self::EndBeforeStart,
        Self::NoStart,
        Self::OutcomeBeforeOnset,
        Self::AgeTooHigh,
        Self::UnknownLocation,
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
        ("date_of_outcome", person.date_of_outcome),
        ("date_of_burial", person.date_of_burial),
        ("date_of_last_contact", person.date_of_last_contact),
    ];
    for (field, date) in dates.into_iter().filter_map(|(field, date)| Some((field, date?))) {
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
