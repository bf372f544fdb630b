//! A report as it stood and how it was revised, beside a model that keeps every run whole.

use epi::period::{Period, PeriodType};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use pipeline::as_of::{Selection, Summed, as_of};
use pipeline::config::{Config, check_texts};
use pipeline::revisions::{Revised, revisions};
use pipeline::store::{CellKey, CellRow, NewRun, Outcome, RunError, RunState, State};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

const N_WEEKS: usize = 5;
const UNITS: [&str; 2] = ["O6uvpzGd5pu", "fdc6uOvgoji"];
const INDICATORS: [&str; 2] = ["cases", "age"];

fn config() -> Config {
    let text = r#"
[godata]
url = "https://godata.example.org"
outbreak = "COVID-19 in Sandland"
email = "tally@example.org"
password_env = "GODATA_PASSWORD"

[dhis2]
url = "https://dhis2.example.org"
username = "tally"
password_env = "DHIS2_PASSWORD"

[places]
map = "places.csv"

[[report]]
name = "weekly"
data_set = "uKtOZwDnIpM"
period = "Weekly"
time_zone = "Asia/Kathmandu"

[[report.indicator]]
code = "cases"
title = "New cases"
when = "date_of_onset"
data_element = "bmbNyNoJcXP"

[[report.indicator]]
code = "age"
when = "date_of_onset"
measure = "average age_years"
data_element = "bmbNyNoJcXQ"
"#;
    check_texts(Path::new("tally.toml"), text, "location_id,org_unit\nL1,ImspTQPwCqd\n").unwrap()
}

fn week(number: usize) -> Period {
    PeriodType::Weekly.containing(date(2026, 1, 5)).advance(number as i32).unwrap()
}

/// A cell of the model: week, place, indicator.
type Cell = (usize, usize, usize);

/// A run: days after the one before, the weeks that it covers, what it computes there, and whether it comes through.
#[derive(Clone, Debug)]
struct Attempt {
    days: i64,
    first: usize,
    last: usize,
    values: BTreeMap<Cell, u64>,
    comes_through: bool,
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let cell = (0..N_WEEKS, 0..UNITS.len(), 0..INDICATORS.len());
    let values = prop::collection::btree_map(cell, 1..6_u64, 0..14);
    (0..9_i64, 0..N_WEEKS, 0..N_WEEKS, values, prop::bool::weighted(0.8)).prop_map(
        |(days, a, b, values, comes_through)| Attempt { days, first: a.min(b), last: a.max(b), values, comes_through },
    )
}

/// What a run that came through left: when it ended, its weeks, and all values.
struct Left {
    at: Timestamp,
    first: usize,
    last: usize,
    values: BTreeMap<Cell, u64>,
}

fn row((cell, value): (&Cell, &u64)) -> CellRow {
    CellRow {
        key: CellKey {
            data_element: INDICATORS[cell.2].into(),
            period: week(cell.0).id(),
            org_unit: UNITS[cell.1].into(),
            category_option_combo: "HllvX50cXC0".into(),
            attribute_option_combo: "HllvX50cXC0".into(),
        },
        indicator: INDICATORS[cell.2].into(),
        value: value.to_string(),
        n_records: value * 10,
    }
}

fn play(state: &mut State, attempts: &[Attempt]) -> Vec<Left> {
    let mut at: Timestamp = "2025-12-30T10:00:00Z".parse().unwrap();
    let (mut seen, mut left) = (BTreeMap::new(), Vec::new());
    for attempt in attempts {
        at = at.checked_add((24 * attempt.days).hours()).unwrap();
        let run = state
            .begin_run(&NewRun {
                report: "weekly".into(),
                trigger: "test".into(),
                started_at: at,
                period_first: week(attempt.first).id().to_string(),
                period_last: week(attempt.last).id().to_string(),
                definitions_hash: "d".into(),
                tally_version: "0.1.0".into(),
            })
            .unwrap();
        let within = |cell: &Cell| (attempt.first..=attempt.last).contains(&cell.0);
        let computed = attempt.values.iter().filter(|(cell, _)| within(cell));
        state.record_cells(run, &computed.clone().map(row).collect::<Vec<_>>()).unwrap();
        if !attempt.comes_through {
            state.fail(run, &RunError { code: "dhis2".into(), message: "gone".into() }, at).unwrap();
            continue;
        }
        use RunState as S;
        let way = [
            S::Extracting,
            S::Extracted,
            S::Aggregated,
            S::Diffed,
            S::Pushing { done: 0, total: 0 },
            S::Pushed,
            S::Verifying,
        ];
        way.into_iter().for_each(|to| state.advance(run, None, to).unwrap());
        state.finish(run, Outcome::Clean, at).unwrap();
        seen.retain(|cell, _| !within(cell));
        seen.extend(computed.map(|(cell, value)| (*cell, *value)));
        left.push(Left { at, first: attempt.first, last: attempt.last, values: seen.clone() });
    }
    left
}

/// The sum that a person would find in the model: of counts the values, of averages the records.
fn sum(values: &BTreeMap<Cell, u64>, week: usize, indicator: usize, unit: Option<usize>) -> u64 {
    let cells =
        values.iter().filter(|((w, u, i), _)| *w == week && *i == indicator && unit.is_none_or(|unit| unit == *u));
    cells.map(|(_, value)| if indicator == 1 { value * 10 } else { *value }).sum()
}

/// What was known of a week at an instant; none if no run had covered it.
fn known(left: &[Left], number: usize, at: Timestamp) -> Option<&BTreeMap<Cell, u64>> {
    let covering = left.iter().any(|run| run.at <= at && (run.first..=run.last).contains(&number));
    left.iter().rev().find(|run| run.at <= at).filter(|_| covering).map(|run| &run.values)
}

/// The end of the last day of a week in Kathmandu.
fn end_of(number: usize) -> Timestamp {
    let midnight = week(number)
        .end()
        .checked_add(1.day())
        .unwrap()
        .to_zoned(jiff::tz::TimeZone::get("Asia/Kathmandu").unwrap())
        .unwrap();
    midnight.timestamp().checked_sub(SignedDuration::from_nanos(1)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_past_is_what_the_runs_left(
        attempts in prop::collection::vec(attempt(), 1..9),
        unit in prop::option::of(0..UNITS.len()),
        hours in 0..2000_i64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut state = State::open(&folder.path().join("state.sqlite")).unwrap();
        let left = play(&mut state, &attempts);
        let config = config();
        let report = config.report(None).unwrap();
        let org_units = unit.map(|unit| UNITS[unit].to_owned()).into_iter().collect();
        let selection = Selection { from: Some(week(0)), to: Some(week(N_WEEKS - 1)), org_units, ..Selection::default() };
        let now: Timestamp = "2026-03-05T00:00:00Z".parse().unwrap();

        // As of any instant.
        let at = "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap().checked_add(hours.hours()).unwrap();
        let stood = as_of(&state, report, at, &selection);
        prop_assert_eq!(stood.is_ok(), left.iter().any(|run| run.at <= at));
        if let Ok(stood) = stood {
            for number in 0..N_WEEKS {
                let expected = known(&left, number, at);
                prop_assert_eq!(stood.periods[number].run.is_some(), expected.is_some());
                let expected = expected.cloned().unwrap_or_default();
                let expected: BTreeMap<Cell, u64> = expected.into_iter().filter(|((w, u, _), _)| *w == number && unit.is_none_or(|unit| unit == *u)).collect();
                let mut rows: Vec<CellRow> = expected.iter().map(row).collect();
                let mut found: Vec<CellRow> = stood.values.iter().filter(|row| row.key.period == week(number).id()).cloned().collect();
                rows.sort_by(|a, b| a.key.cmp(&b.key));
                found.sort_by(|a, b| a.key.cmp(&b.key));
                prop_assert_eq!(found, rows);
            }
        }

        // The triangle.
        let Ok(found) = revisions(&state, report, 3, &selection, now) else {
            prop_assert!(left.is_empty());
            return Ok(());
        };
        for (indicator, triangle) in found.indicators.iter().enumerate() {
            prop_assert_eq!(triangle.indicator.as_str(), INDICATORS[indicator]);
            prop_assert_eq!(triangle.of, if indicator == 1 { Summed::Records } else { Summed::Values });
            for (number, revised) in triangle.periods.iter().enumerate() {
                let told = |values: &BTreeMap<Cell, u64>| sum(values, number, indicator, unit).to_string();
                for (delay, said) in revised.known.iter().enumerate() {
                    let end = end_of(number + delay);
                    let expected = known(&left, number, end).filter(|_| end <= now).map(told);
                    prop_assert_eq!(said, &expected, "{} after {}", &revised.period, delay);
                }
                prop_assert_eq!(&revised.now, &known(&left, number, now).map(told));
                adds_up(revised, &left, number, indicator, unit)?;
            }
        }
    }
}

/// What was first known, with what was added and without what was taken away, is what is known now; and both are those of the
/// single cells.
fn adds_up(
    revised: &Revised,
    left: &[Left],
    number: usize,
    indicator: usize,
    unit: Option<usize>,
) -> Result<(), TestCaseError> {
    let covering: Vec<&Left> = left.iter().filter(|run| (run.first..=run.last).contains(&number)).collect();
    let of = |run: &Left, place: usize| sum(&run.values, number, indicator, Some(place)) as i64;
    let (mut added, mut taken) = (0, 0);
    for pair in covering.windows(2) {
        for place in (0..UNITS.len()).filter(|place| unit.is_none_or(|unit| unit == *place)) {
            let change = of(pair[1], place) - of(pair[0], place);
            if change > 0 { added += change } else { taken -= change }
        }
    }
    prop_assert_eq!((&revised.added, &revised.taken), (&added.to_string(), &taken.to_string()));
    Ok(())
}
