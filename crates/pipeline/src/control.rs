//! Go.Data's own count of what an indicator counts: the same question, put to the server's filter.
//!
//! A filter knows places and groups only as they are stored, so the question is asked wherever people live and whatever
//! their groups; our side of it is [`epi::headcount`]. Pure: what is asked is decided here, who asks is [`ask`].
//!
//! **Hospitalised people are not asked for.** `/cases/hospitalized/count` looks like an indicator that counts stays at a
//! period's end, but it means something else: there a stay without a start has begun at all times, here it says nothing;
//! there discarded cases count, and no condition of the indicator is heard; and its day begins at midnight UTC whatever the
//! server's time zone is. A control that may differ without a fault would only teach people to look away.

pub mod ask;
pub mod counting;
pub mod halving;

use epi::field::{self, Domain, Field, TableName};
use epi::indicator::{Indicator, Measure, Window};
use epi::period::Period;
use epi::record::{Outbreak, RecordKind};
use godata::Selection;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

/// Words that Go.Data rewrites wherever they stand in a filter, values included (seen on 2.50.3).
const REWRITTEN: [&str; 17] = [
    "id",
    "eq",
    "inq",
    "nin",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "not",
    "and",
    "or",
    "like",
    "options",
    "exists",
    "elemMatch",
    "between",
];

/// Why Go.Data cannot be asked the question that an indicator asks. `Display` goes on after "not asked: ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAsked {
    /// The indicator counts no persons.
    #[error("only persons are counted this way")]
    Table,
    /// The measure is no number of records.
    #[error("it is no number of records")]
    Measure,
    /// The window relates stays to a period.
    #[error("it looks at stays, of which Go.Data's filter knows no order")]
    Window,
    /// A date basis is a date of a list.
    #[error("its date is one of several in a list")]
    Basis,
    /// The condition leaves no list to count in.
    #[error("no list of Go.Data holds what its condition asks for")]
    List,
    /// The condition is more than comparisons of text fields.
    #[error("its condition is not a simple one (only `=`, `<>` and `IN`, joined by AND)")]
    Condition,
    /// The condition names a field whose constants are not reference data.
    #[error("its condition looks at `{0}`, which holds no reference data")]
    Field(&'static str),
}

/// What Go.Data is asked for an indicator, but for the period.
#[derive(Clone, Debug)]
pub struct Question {
    kinds: Vec<RecordKind>,
    conditions: Selection,
    /// The dates in the order of preference, by their names on the wire.
    dates: Vec<&'static str>,
    is_cumulative: bool,
    /// What the condition says of outbreaks.
    outbreaks: Vec<Among>,
}

/// An outbreak has to be one of some, or none of them.
#[derive(Clone, Debug)]
struct Among {
    field: &'static Field,
    values: Vec<String>,
    is_negated: bool,
}

impl Question {
    /// The question of an indicator.
    ///
    /// # Errors
    /// Why Go.Data's filter cannot ask it.
    pub fn of(indicator: &Indicator) -> Result<Self, NotAsked> {
        if indicator.table().name != TableName::Person {
            return Err(NotAsked::Table);
        }
        if !matches!(indicator.measure, Measure::Count) {
            return Err(NotAsked::Measure);
        }
        if indicator.window.needs_interval() {
            return Err(NotAsked::Window);
        }
        let date = |basis: &epi::basis::DateBasis| path(basis.field()?);
        let dates = indicator.when.iter().map(date).collect::<Option<Vec<_>>>().ok_or(NotAsked::Basis)?;
        let mut question = Self {
            kinds: indicator.kinds.clone(),
            conditions: Selection::all(),
            dates,
            is_cumulative: indicator.window == Window::UpTo,
            outbreaks: Vec::new(),
        };
        let members = match &indicator.condition {
            Some(condition) => condition.conjunction().ok_or(NotAsked::Condition)?,
            None => Vec::new(),
        };
        for member in members {
            if member.field.name == "kind" {
                question.kinds.retain(|kind| member.values.contains(&kind.name()) != member.is_negated);
                continue;
            }
            if matches!(member.field.domain, Domain::Outbreak | Domain::OutbreakId) {
                let values = member.values.iter().map(|value| (*value).to_owned()).collect();
                question.outbreaks.push(Among { field: member.field, values, is_negated: member.is_negated });
                continue;
            }
            let (Domain::Reference(category), Some(path)) = (member.field.domain, path(member.field)) else {
                return Err(NotAsked::Field(member.field.name));
            };
            let ids: Vec<String> = member.values.iter().flat_map(|value| ids(category, value)).collect();
            let ids = ids.iter().map(String::as_str);
            question.conditions = match member.is_negated {
                true => question.conditions.none_of(path, ids),
                false => question.conditions.one_of(path, ids),
            };
        }
        if question.kinds.is_empty() { Err(NotAsked::List) } else { Ok(question) }
    }

    /// The lists to count in, whose counts make up the answer.
    pub fn kinds(&self) -> &[RecordKind] {
        &self.kinds
    }

    /// Whether the records of an outbreak may count.
    pub fn counts_in(&self, outbreak: &Outbreak) -> bool {
        self.outbreaks.iter().all(|among| {
            let own = if among.field.domain == Domain::OutbreakId { outbreak.id() } else { outbreak.name() };
            among.values.iter().any(|value| value == own) != among.is_negated
        })
    }

    /// What is selected in each of those lists for the periods from one to another, whose days are those of the server's time
    /// zone; none beyond the calendar's end. A cumulative number is that of the last of them.
    pub fn within(&self, first: Period, last: Period, zone: &TimeZone) -> Option<Selection> {
        let from = if self.is_cumulative { None } else { Some(midnight(first.start(), zone)?) };
        let to = midnight(last.end().tomorrow().ok()?, zone)?;
        // The first date that is there decides; the ones before it are not.
        let by_date = (0..self.dates.len()).map(|decisive| {
            let absent = self.dates[..decisive].iter();
            let alone = absent.fold(Selection::all(), |selection, date| selection.equal(date, Value::Null));
            let date = self.dates[decisive];
            let begun = match from {
                Some(from) => alone.not_before(date, from),
                None => alone,
            };
            begun.before(date, to)
        });
        Some(self.conditions.clone().any_of(by_date))
    }
}

/// The path by which Go.Data's filter reaches a field; none where it has no single one.
fn path(field: &'static Field) -> Option<&'static str> {
    match (field.name, field.wire) {
        ("follow_up_status", _) => Some("followUp.status"),
        (_, [wire]) => Some(wire),
        _ => None,
    }
}

/// The ids that a record's short value may stand for: its category's own, and one that somebody gave themselves.
fn ids(category: &str, value: &str) -> impl Iterator<Item = String> {
    let own = field::full_value(category, value);
    let given = (own != value && !REWRITTEN.contains(&value)).then(|| value.to_owned());
    std::iter::once(own).chain(given)
}

/// The instant at which a day begins on the server.
fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    Some(day.to_zoned(zone.clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use epi::basis::DateBasis;
    use epi::condition::Condition;

    fn indicator(condition: &str, when: &[&str]) -> Indicator {
        Indicator {
            code: "i".into(),
            title: "I".into(),
            kinds: vec![RecordKind::Case],
            condition: (!condition.is_empty()).then(|| Condition::parse(condition).unwrap()),
            when: when.iter().map(|text| DateBasis::parse(text).unwrap()).collect(),
            window: Window::During,
            place: field::field("residence").unwrap(),
            measure: Measure::Count,
            by: Vec::new(),
            decimals: 0,
        }
    }

    /// Lists and filter for a week.
    fn asked(indicator: &Indicator, zone: &str) -> String {
        let question = Question::of(indicator).unwrap();
        let week = Period::parse("2020W13").unwrap();
        let selection = question.within(week, week, &TimeZone::get(zone).unwrap()).unwrap();
        let kinds: Vec<&str> = question.kinds().iter().map(|kind| kind.name()).collect();
        format!("{}: {selection}", kinds.join(" "))
    }

    #[test]
    fn conditions_and_dates_become_one_filter() {
        insta::assert_snapshot!(asked(&indicator("", &["date_of_outcome"]), "UTC"), @r#"case: {"where":{"or":[{"and":[{"dateOfOutcome":{"gte":"2020-03-23T00:00:00.000Z"}},{"dateOfOutcome":{"lt":"2020-03-30T00:00:00.000Z"}}]}]}}"#);
        let by_onset = indicator(
            "classification = 'CONFIRMED' AND outcome <> 'DECEASED'",
            &["date_of_onset", "date_of_reporting", "created_at"],
        );
        insta::assert_snapshot!(asked(&by_onset, "UTC"), @r#"case: {"where":{"and":[{"classification":{"inq":["LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_CONFIRMED","CONFIRMED"]}},{"outcomeId":{"nin":["LNG_REFERENCE_DATA_CATEGORY_OUTCOME_DECEASED","DECEASED",null]}},{"or":[{"and":[{"dateOfOnset":{"gte":"2020-03-23T00:00:00.000Z"}},{"dateOfOnset":{"lt":"2020-03-30T00:00:00.000Z"}}]},{"and":[{"dateOfOnset":null},{"dateOfReporting":{"gte":"2020-03-23T00:00:00.000Z"}},{"dateOfReporting":{"lt":"2020-03-30T00:00:00.000Z"}}]},{"and":[{"dateOfOnset":null},{"dateOfReporting":null},{"createdAt":{"gte":"2020-03-23T00:00:00.000Z"}},{"createdAt":{"lt":"2020-03-30T00:00:00.000Z"}}]}]}]}}"#);
    }

    #[test]
    fn a_day_begins_at_midnight_of_the_servers_time_zone_whatever_its_clocks_do() {
        // 29 March 2020 had 23 hours in Berlin; Beirut's clocks went from midnight to one on it.
        insta::assert_snapshot!(asked(&indicator("", &["date_of_onset"]), "Europe/Berlin"), @r#"case: {"where":{"or":[{"and":[{"dateOfOnset":{"gte":"2020-03-22T23:00:00.000Z"}},{"dateOfOnset":{"lt":"2020-03-29T22:00:00.000Z"}}]}]}}"#);
        let zone = TimeZone::get("Asia/Beirut").unwrap();
        let spring = midnight(jiff::civil::date(2020, 3, 29), &zone).unwrap();
        assert_eq!(spring.to_string(), "2020-03-28T22:00:00Z");
    }

    #[test]
    fn a_cumulative_number_has_no_first_day() {
        let cumulative = Indicator { window: Window::UpTo, ..indicator("", &["date_of_onset"]) };
        insta::assert_snapshot!(asked(&cumulative, "UTC"), @r#"case: {"where":{"or":[{"dateOfOnset":{"lt":"2020-03-30T00:00:00.000Z"}}]}}"#);
    }

    #[test]
    fn lists_are_chosen_by_the_condition_and_ids_are_the_servers() {
        let everybody = Indicator {
            kinds: RecordKind::PERSONS.to_vec(),
            ..indicator("kind <> 'case' AND follow_up_status = 'DIED'", &["date_of_reporting"])
        };
        insta::assert_snapshot!(asked(&everybody, "UTC"), @r#"contact contact_of_contact: {"where":{"and":[{"followUp.status":{"inq":["LNG_REFERENCE_DATA_CONTACT_FINAL_FOLLOW_UP_STATUS_TYPE_DIED","DIED"]}},{"or":[{"and":[{"dateOfReporting":{"gte":"2020-03-23T00:00:00.000Z"}},{"dateOfReporting":{"lt":"2020-03-30T00:00:00.000Z"}}]}]}]}}"#);
        let nobody = indicator("kind = 'contact'", &["date_of_reporting"]);
        assert_eq!(Question::of(&nobody).unwrap_err(), NotAsked::List);
        let all: Vec<String> = ids("LNG_X", "LNG_X_2").chain(ids("LNG_X", "A")).chain(ids("LNG_X", "not")).collect();
        assert_eq!(all, ["LNG_X_2", "LNG_X_A", "A", "LNG_X_not"]);
    }

    #[test]
    fn what_a_filter_cannot_ask_is_refused_with_the_reason() {
        let plain = || indicator("", &["date_of_onset"]);
        let reason = |indicator: Indicator| Question::of(&indicator).unwrap_err().to_string();
        let age = field::field("age_years").unwrap().into();
        assert_eq!(reason(Indicator { measure: Measure::Average(age), ..plain() }), "it is no number of records");
        assert_eq!(
            reason(Indicator { window: Window::AtEnd, ..indicator("", &["stays"]) }),
            "it looks at stays, of which Go.Data's filter knows no order"
        );
        assert_eq!(
            reason(indicator("", &["date_of_onset", "first(stays.start)"])),
            "its date is one of several in a list"
        );
        assert_eq!(
            reason(indicator("age_years < 5", &["date_of_onset"])),
            "its condition is not a simple one (only `=`, `<>` and `IN`, joined by AND)"
        );
        assert_eq!(
            reason(indicator("classification = 'A' AND residence = 'X'", &["date_of_onset"])),
            "its condition looks at `residence`, which holds no reference data"
        );
    }
}
