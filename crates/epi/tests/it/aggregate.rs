//! From records to values: against a naive count, in any order, in any parts, and back again.

use crate::outbreak::{
    AGE, LOCATIONS, MAPPED, SEX, TODAY, basis, condition, day, definitions, field, indicator, places, stay, weeks,
};
use epi::account::Account;
use epi::cell::{Cells, wire_text};
use epi::contribution::{CellKey, Contributions, contributions};
use epi::headcount::Headcounts;
use epi::indicator::{Definitions, Indicator, Measure, Window};
use epi::record::{Person, PersonKind, RecordKind, Stay};
use jiff::civil::Date;
use proptest::prelude::*;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

// Random records. Few different values, so that they meet in cells; every field is sometimes empty.

fn some_day() -> impl Strategy<Value = Date> {
    (0_i64..40).prop_map(|n| day("2020-01-25").checked_add(jiff::Span::new().days(n)).unwrap())
}

fn maybe<T: Clone + std::fmt::Debug + 'static>(values: &'static [T]) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.8, prop::sample::select(values))
}

prop_compose! {
    fn some_stay()(
        kind in maybe(&["ISOLATION", "HOSPITALIZATION"]),
        start in prop::option::weighted(0.9, some_day()),
        end in prop::option::of(some_day()),
    ) -> Stay {
        Stay { kind: kind.map(Into::into), start, end, ..stay("", "", "") }
    }
}

prop_compose! {
    pub(crate) fn record()(
        kind in prop::sample::select(&PersonKind::ALL[..]),
        classification in maybe(&["CONFIRMED", "SUSPECT"]),
        gender in maybe(&["FEMALE", "MALE", "OTHER"]),
        age_years in maybe(&[0, 4, 5, 14, 15, 40, 41, 90]),
        occupation in maybe(&["NURSE", "FARMER", "MINER"]),
        residence in maybe(&["north", "village", "south", "clinic", "east", "country", "abroad"]),
        date_of_onset in prop::option::of(some_day()),
        date_of_reporting in prop::option::of(some_day()),
        stays in prop::collection::vec(some_stay(), 0..4),
    ) -> Person {
        Person {
            kind,
            classification: classification.map(Into::into),
            gender: gender.map(Into::into),
            age_years,
            occupation: occupation.map(Into::into),
            residence: residence.map(Into::into),
            date_of_onset,
            date_of_reporting,
            stays,
            ..Person::default()
        }
    }
}

fn records() -> impl Strategy<Value = Vec<Person>> {
    prop::collection::vec(record(), 0..60)
}

const WINDOWS: [Window; 4] = [Window::During, Window::UpTo, Window::AtEnd, Window::Overlapping];

fn measures() -> [Measure; 7] {
    let age = || field("age_years").into();
    [
        Measure::Count,
        Measure::CountDistinct(field("occupation").into()),
        Measure::Sum(age()),
        Measure::Average(age()),
        Measure::Min(age()),
        Measure::Max(age()),
        Measure::Median(age()),
    ]
}

prop_compose! {
    fn some_indicator()(
        window in prop::sample::select(&WINDOWS[..]),
        measure in prop::sample::select(measures().to_vec()),
        by in prop::sample::select(vec![vec![], vec![SEX], vec![AGE], vec![SEX, AGE], vec![AGE, SEX]]),
        kinds in prop::sample::subsequence(RecordKind::PERSONS.to_vec(), 1..=3),
        is_conditional in any::<bool>(),
    ) -> Indicator {
        let when = if window.needs_interval() {
            ["stays WHERE type = 'ISOLATION'", "stays"]
        } else {
            ["date_of_onset", "date_of_reporting"]
        };
        let condition = is_conditional.then(|| condition("classification <> 'CONFIRMED'"));
        Indicator { kinds, condition, when: when.map(basis).to_vec(), window, measure, by, ..indicator() }
    }
}

pub(crate) fn some_definitions() -> impl Strategy<Value = Definitions> {
    prop::collection::vec(some_indicator(), 1..6).prop_map(definitions)
}

fn meaning<'r>(person: &'r Person, definitions: &'r Definitions) -> Contributions<'r> {
    let mut found = Contributions::default();
    contributions(person, definitions, &mut found);
    found
}

fn aggregate<'r>(records: impl IntoIterator<Item = &'r Person>, definitions: &Definitions) -> (Cells, Account) {
    let (mut cells, mut account) = (Cells::default(), Account::new(definitions));
    for person in records {
        let found = meaning(person, definitions);
        cells.add(&found, definitions).unwrap();
        account.add(&found);
    }
    (cells, account)
}

// The naive count: every period, organisation unit and group asks every record whether it belongs there.

fn naive_org_unit(location: &str) -> Option<&'static str> {
    let own = MAPPED.iter().find(|(id, _)| *id == location).map(|(_, org_unit)| *org_unit);
    own.or_else(|| {
        let (_, parent) = LOCATIONS.iter().find(|(id, _)| *id == location)?;
        parent.and_then(naive_org_unit)
    })
}

fn naive_group(person: &Person, dimension: usize) -> Option<usize> {
    if dimension == SEX {
        return Some(match person.gender.as_deref() {
            Some("FEMALE") => 0,
            Some("MALE") => 1,
            _ => 2,
        });
    }
    Some(match person.age_years? {
        0..5 => 0,
        5..15 => 1,
        _ => 2,
    })
}

/// The days on which a stay is going on, as far as this test looks.
fn days_of(stay: &Stay) -> BTreeSet<Date> {
    let end = stay.end.unwrap_or(TODAY);
    let all = day("2020-01-01").series(jiff::Span::new().days(1)).take(90);
    stay.start.map(|start| all.filter(|day| (start..=end).contains(day)).collect()).unwrap_or_default()
}

/// A stay whose end is before its start says nothing; an open one in the future says that nobody was there yet.
fn is_stated(stay: &Stay) -> bool {
    stay.start.is_some_and(|start| stay.end.is_none_or(|end| end >= start))
}

fn naive_in_period(person: &Person, window: Window, first: Date, last: Date) -> bool {
    if !window.needs_interval() {
        let Some(date) = person.date_of_onset.or(person.date_of_reporting) else { return false };
        return if window == Window::During { first <= date && date <= last } else { date <= last };
    }
    let stated: Vec<&Stay> = person.stays.iter().filter(|stay| is_stated(stay)).collect();
    let isolated: Vec<&Stay> =
        stated.iter().copied().filter(|stay| stay.kind.as_deref() == Some("ISOLATION")).collect();
    let used = if isolated.is_empty() { stated } else { isolated };
    let days: BTreeSet<Date> = used.into_iter().flat_map(days_of).collect();
    match window {
        Window::Overlapping => days.range(first..=last).next().is_some(),
        _ => first <= TODAY && days.contains(&if last < TODAY { last } else { TODAY }),
    }
}

fn naive_belongs(
    person: &Person,
    indicator: &Indicator,
    period: (Date, Date),
    org_unit: &str,
    groups: &[usize],
) -> bool {
    naive_is_of(person, indicator, period)
        && person.residence.as_deref().and_then(naive_org_unit) == Some(org_unit)
        && indicator.by.iter().zip(groups).all(|(dimension, group)| naive_group(person, *dimension) == Some(*group))
        && match indicator.measure {
            Measure::Count => true,
            Measure::CountDistinct(_) => person.occupation.is_some(),
            _ => person.age_years.is_some(),
        }
}

/// Whether a record belongs to a period, wherever it lives and whatever its groups.
fn naive_is_of(person: &Person, indicator: &Indicator, period: (Date, Date)) -> bool {
    indicator.kinds.contains(&person.kind.into())
        && (indicator.condition.is_none() || person.classification.as_deref().is_some_and(|c| c != "CONFIRMED"))
        && naive_in_period(person, indicator.window, period.0, period.1)
}

/// `numerator / denominator` to two digits, half away from zero, in whole numbers.
fn hundredths(numerator: i64, denominator: i64) -> Decimal {
    Decimal::new((numerator * 100 * 2 + denominator) / (2 * denominator), 2)
}

fn naive_value(members: &[&Person], measure: &Measure) -> Decimal {
    let mut ages: Vec<i64> = members.iter().filter_map(|person| person.age_years).map(i64::from).collect();
    ages.sort_unstable();
    let n = ages.len();
    match measure {
        Measure::Count => members.len().into(),
        Measure::CountDistinct(_) => members.iter().map(|p| &p.occupation).collect::<BTreeSet<_>>().len().into(),
        Measure::Sum(_) => ages.iter().sum::<i64>().into(),
        Measure::Average(_) => hundredths(ages.iter().sum(), n as i64),
        Measure::Min(_) => ages[0].into(),
        Measure::Max(_) => ages[n - 1].into(),
        Measure::Median(_) => hundredths(ages[n / 2] + ages[(n - 1) / 2], 2),
    }
}

/// Indicator, first day of the period, organisation unit, groups -> value, number of records.
type Table = BTreeMap<(usize, Date, String, Vec<usize>), (String, u64)>;

fn naive_table(records: &[Person], definitions: &Definitions) -> Table {
    let mut table = Table::new();
    for (index, indicator) in definitions.indicators.iter().enumerate() {
        let all_groups = indicator.by.iter().fold(vec![vec![]], |all, _| {
            all.iter().flat_map(|groups| (0..3).map(move |group| [&groups[..], &[group]].concat())).collect()
        });
        for period in weeks() {
            for (_, org_unit) in MAPPED {
                for groups in &all_groups {
                    let days = (period.start(), period.end());
                    let belongs = |person: &&Person| naive_belongs(person, indicator, days, org_unit, groups);
                    let members: Vec<&Person> = records.iter().filter(belongs).collect();
                    if !members.is_empty() {
                        let value = wire_text(naive_value(&members, &indicator.measure));
                        let key = (index, period.start(), org_unit.to_owned(), groups.clone());
                        table.insert(key, (value, members.len() as u64));
                    }
                }
            }
        }
    }
    table
}

fn table(cells: &Cells, definitions: &Definitions) -> Table {
    let row = |(key, cell): (CellKey, std::borrow::Cow<'_, epi::cell::Cell>)| {
        let indicator = &definitions.indicators[usize::from(key.indicator)];
        let period = weeks().get(usize::from(key.period)).unwrap().start();
        let org_unit = places().org_units()[key.place as usize].clone();
        let groups = definitions.groups_of(indicator, key.combo);
        let value = wire_text(cell.value(&indicator.measure, indicator.decimals).unwrap());
        ((usize::from(key.indicator), period, org_unit, groups), (value, cell.n_records()))
    };
    cells.sorted().into_iter().map(row).collect()
}

fn headcounts<'r>(records: impl IntoIterator<Item = &'r Person>, definitions: &Definitions) -> Headcounts {
    let mut counts = Headcounts::new(definitions);
    for person in records {
        counts.add(&meaning(person, definitions));
    }
    counts
}

#[test]
fn a_record_that_was_lost_is_noticed() {
    let definitions = definitions(vec![indicator()]);
    let mut account = Account::new(&definitions);
    account.add(&Contributions::default());
    let found = account.check(&definitions).unwrap_err().to_string();
    assert_eq!(found, "the account of `new_cases` does not add up: 0 counted and 0 excluded of 1 records");
    let empty = Account { n_records: 1, ..Account::default() };
    assert!(empty.check(&definitions).is_err(), "an account without indicators accounts for nothing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_cells_are_what_a_naive_count_gives(records in records(), definitions in some_definitions()) {
        let (cells, _) = aggregate(&records, &definitions);
        prop_assert_eq!(table(&cells, &definitions), naive_table(&records, &definitions));
    }

    #[test]
    fn counted_and_missed_are_all_records_of_a_period(records in records(), definitions in some_definitions()) {
        let (cells, counts) = (aggregate(&records, &definitions).0, headcounts(&records, &definitions));
        for (index, indicator) in definitions.indicators.iter().enumerate() {
            for (position, period) in weeks().iter().enumerate() {
                let headcount = counts.get(index, position);
                let belongs = |person: &&Person| naive_is_of(person, indicator, (period.start(), period.end()));
                prop_assert_eq!(headcount.all(), records.iter().filter(belongs).count() as u64);
                let of_period = |key: &CellKey| (usize::from(key.indicator), usize::from(key.period)) == (index, position);
                let in_cells: u64 = cells.sorted().iter().filter(|(key, _)| of_period(key)).map(|(_, c)| c.n_records()).sum();
                prop_assert_eq!(headcount.counted, in_cells);
            }
        }
        prop_assert_eq!(counts.get(definitions.indicators.len(), 0).all() + counts.get(0, weeks().n_periods()).all(), 0);
    }

    #[test]
    fn headcounts_are_merged_and_taken_back(
        records in records(), others in records(), definitions in some_definitions(),
    ) {
        let all = headcounts(records.iter().chain(&others), &definitions);
        let mut merged = headcounts(&others, &definitions);
        merged.merge(&headcounts(&records, &definitions));
        prop_assert_eq!(&merged, &all);
        for person in &others {
            merged.subtract(&meaning(person, &definitions)).unwrap();
        }
        prop_assert_eq!(merged, headcounts(&records, &definitions));
    }

    #[test]
    fn any_order_and_any_parts_give_the_same(
        (records, shuffled) in records().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
        definitions in some_definitions(),
        cuts in prop::collection::vec(0_usize..60, 0..5),
        is_reversed in any::<bool>(),
    ) {
        let at_once = aggregate(&records, &definitions);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(shuffled.len())).collect();
        cuts.extend([0, shuffled.len()]);
        cuts.sort_unstable();
        let mut parts: Vec<_> = cuts.windows(2).map(|cut| aggregate(&shuffled[cut[0]..cut[1]], &definitions)).collect();
        if is_reversed {
            parts.reverse();
        }
        let (mut cells, mut account) = (Cells::default(), Account::new(&definitions));
        for (more_cells, more_account) in parts {
            cells.merge(more_cells).unwrap();
            account.merge(more_account);
        }
        prop_assert_eq!((cells, account), at_once);
    }

    #[test]
    fn what_is_taken_out_was_never_there(
        records in records(), leaving in records(), definitions in some_definitions(),
    ) {
        let (expected, _) = aggregate(&records, &definitions);
        let (mut cells, _) = aggregate(records.iter().chain(&leaving), &definitions);
        for person in leaving.iter().rev() {
            cells.subtract(&meaning(person, &definitions)).unwrap();
        }
        prop_assert_eq!(&cells, &expected);
        prop_assert!(cells.sorted().iter().all(|(_, cell)| cell.n_records() > 0));
        for person in &records {
            cells.subtract(&meaning(person, &definitions)).unwrap();
        }
        prop_assert!(cells.is_empty(), "an empty cell goes away");
    }

    #[test]
    fn every_record_is_accounted_for(records in records(), definitions in some_definitions()) {
        let (cells, account) = aggregate(&records, &definitions);
        prop_assert_eq!(account.check(&definitions), Ok(()));
        prop_assert_eq!(account.n_records, records.len() as u64);
        prop_assert_eq!(account.indicators.len(), definitions.indicators.len());
        for (index, indicator) in account.indicators.iter().enumerate() {
            prop_assert_eq!(indicator.n_counted() + indicator.n_excluded(), records.len() as u64);
            let is_in_a_cell = |person: &&Person| {
                meaning(person, &definitions).cells.iter().any(|c| usize::from(c.cell.indicator) == index)
            };
            prop_assert_eq!(indicator.n_counted(), records.iter().filter(is_in_a_cell).count() as u64);
            prop_assert!(indicator.unknown.values().all(|n| *n <= indicator.n_counted()));
        }
        let counted: BTreeSet<_> = cells.sorted().iter().map(|(key, _)| key.indicator).collect();
        prop_assert!(counted.iter().all(|index| account.indicators[usize::from(*index)].n_counted() > 0));
    }

    #[test]
    fn the_records_behind_a_cell_are_all_of_it(records in records(), definitions in some_definitions()) {
        let (cells, _) = aggregate(&records, &definitions);
        for (key, cell) in cells.sorted() {
            let contributes = |person: &&Person| {
                meaning(person, &definitions).cells.iter().filter(|c| c.cell == key).count() == 1
            };
            let behind: Vec<&Person> = records.iter().filter(contributes).collect();
            prop_assert_eq!(behind.len() as u64, cell.n_records());
            let (alone, _) = aggregate(behind, &definitions);
            prop_assert_eq!(alone.get(key), Some(cell));
        }
    }
}
