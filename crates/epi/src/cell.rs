//! Cells: what the contributions to one key add up to.
//!
//! Cells merge (pages, cores, machines) and give back what was added (an edited record): every measure keeps enough to
//! take a record out again exactly.

use crate::contribution::{Amount, CellKey, Contributions};
use crate::counts::Counts;
use crate::indicator::{Definitions, Measure};
use compact_str::CompactString;
use rust_decimal::{Decimal, RoundingStrategy};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The state of one cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Number of records.
    Count(u64),
    /// How often each different value was added.
    Distinct(FxHashMap<CompactString, u64>),
    /// Sum and number of records.
    Sum {
        /// The sum, exact.
        sum: Decimal,
        /// Number of records.
        n: u64,
    },
    /// How often each number was added, for smallest, largest, median.
    Numbers(BTreeMap<Decimal, u64>),
}

/// A sum left the range of exact decimals (28 digits). Rounding it instead would make it depend on the order of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sum of a cell has more than 28 digits")]
pub struct Overflow;

impl Cell {
    /// A cell to which nothing was added.
    pub fn new(measure: &Measure) -> Self {
        match measure {
            Measure::Count => Self::Count(0),
            Measure::CountDistinct(_) => Self::Distinct(FxHashMap::default()),
            Measure::Sum(_) | Measure::Average(_) => Self::Sum { sum: Decimal::ZERO, n: 0 },
            Measure::Min(_) | Measure::Max(_) | Measure::Median(_) => Self::Numbers(BTreeMap::new()),
        }
    }

    /// Adds what a record contributes.
    pub fn add(&mut self, amount: Amount<'_>) -> Result<(), Overflow> {
        match (self, amount) {
            (Self::Count(n), _) => *n += 1,
            (Self::Distinct(values), amount) => *values.entry(text_of(amount)).or_default() += 1,
            (Self::Sum { sum, n }, Amount::Number(number)) => {
                *sum = exact_sum(*sum, number)?;
                *n += 1;
            }
            (Self::Numbers(numbers), Amount::Number(number)) => *numbers.entry(number).or_default() += 1,
            (Self::Sum { .. } | Self::Numbers(_), _) => unreachable!("contributions to this measure are numbers"),
        }
        Ok(())
    }

    /// Adds what each of `n` records contributes.
    pub fn add_times(&mut self, amount: Amount<'_>, n: u64) -> Result<(), Overflow> {
        match (self, amount) {
            (_, _) if n == 0 => {}
            (Self::Count(count), _) => *count += n,
            (Self::Distinct(values), amount) => *values.entry(text_of(amount)).or_default() += n,
            (Self::Sum { sum, n: count }, Amount::Number(number)) => {
                *sum = exact_sum(*sum, exact_multiple(number, n)?)?;
                *count += n;
            }
            (Self::Numbers(numbers), Amount::Number(number)) => *numbers.entry(number).or_default() += n,
            (Self::Sum { .. } | Self::Numbers(_), _) => unreachable!("contributions to this measure are numbers"),
        }
        Ok(())
    }

    /// Takes out what a record contributed before.
    pub fn subtract(&mut self, amount: Amount<'_>) -> Result<(), Overflow> {
        match (self, amount) {
            (Self::Count(n), _) => *n = n.saturating_sub(1),
            (Self::Distinct(values), amount) => take_one(values, text_of(amount)),
            (Self::Sum { sum, n }, Amount::Number(number)) => {
                *sum = exact_sum(*sum, -number)?;
                *n = n.saturating_sub(1);
            }
            (Self::Numbers(numbers), Amount::Number(number)) => {
                if let Some(n) = numbers.get_mut(&number) {
                    *n -= 1;
                    if *n == 0 {
                        numbers.remove(&number);
                    }
                }
            }
            (Self::Sum { .. } | Self::Numbers(_), _) => unreachable!("contributions to this measure are numbers"),
        }
        Ok(())
    }

    /// Adds everything that another cell of the same measure holds.
    pub fn merge(&mut self, other: Self) -> Result<(), Overflow> {
        match (self, other) {
            (Self::Count(n), Self::Count(more)) => *n += more,
            (Self::Distinct(values), Self::Distinct(more)) => {
                for (value, n) in more {
                    *values.entry(value).or_default() += n;
                }
            }
            (Self::Sum { sum, n }, Self::Sum { sum: more, n: more_n }) => {
                *sum = exact_sum(*sum, more)?;
                *n += more_n;
            }
            (Self::Numbers(numbers), Self::Numbers(more)) => {
                for (number, n) in more {
                    *numbers.entry(number).or_default() += n;
                }
            }
            _ => unreachable!("cells of one key have one measure"),
        }
        Ok(())
    }

    /// Number of records in the cell.
    pub fn n_records(&self) -> u64 {
        match self {
            Self::Count(n) | Self::Sum { n, .. } => *n,
            Self::Distinct(values) => values.values().sum(),
            Self::Numbers(numbers) => numbers.values().sum(),
        }
    }

    /// Whether no record is in the cell: as [`Self::n_records`], without counting.
    fn is_empty(&self) -> bool {
        match self {
            Self::Count(n) | Self::Sum { n, .. } => *n == 0,
            Self::Distinct(values) => values.is_empty(),
            Self::Numbers(numbers) => numbers.is_empty(),
        }
    }

    /// The cell's value; `None` when no record is in it.
    pub fn value(&self, measure: &Measure, decimals: u32) -> Option<Decimal> {
        if self.is_empty() {
            return None;
        }
        Some(match (self, measure) {
            (Self::Count(n), _) => Decimal::from(*n),
            (Self::Distinct(values), _) => Decimal::from(values.len() as u64),
            (Self::Sum { sum, n }, Measure::Average(_)) => round(sum / Decimal::from(*n), decimals),
            (Self::Sum { sum, .. }, _) => sum.normalize(),
            (Self::Numbers(numbers), Measure::Min(_)) => numbers.first_key_value()?.0.normalize(),
            (Self::Numbers(numbers), Measure::Max(_)) => numbers.last_key_value()?.0.normalize(),
            (Self::Numbers(numbers), _) => round(median(numbers)?, decimals),
        })
    }
}

/// The fold of all contributions: cells by key.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// For each indicator its counts, if a table holds them; laid out with the first record.
    tables: Vec<Option<Counts>>,
    /// All other cells.
    cells: FxHashMap<CellKey, Cell>,
}

impl Cells {
    /// Adds a record's contributions.
    pub fn add(&mut self, contributions: &Contributions<'_>, definitions: &Definitions) -> Result<(), Overflow> {
        for contribution in &contributions.cells {
            self.add_times(contribution.cell, contribution.amount, 1, definitions)?;
        }
        Ok(())
    }

    /// Adds an amount that each of `n` records contributes to a cell.
    pub fn add_times(
        &mut self,
        key: CellKey,
        amount: Amount<'_>,
        n: u64,
        definitions: &Definitions,
    ) -> Result<(), Overflow> {
        if self.tables.is_empty() {
            self.tables = Counts::of_all(definitions);
        }
        if let Some(count) = self.counted(key) {
            *count += n;
            return Ok(());
        }
        let measure = &definitions.indicators[usize::from(key.indicator)].measure;
        let cell = self.cells.entry(key).or_insert_with(|| Cell::new(measure));
        if n == 1 { cell.add(amount) } else { cell.add_times(amount, n) }
    }

    /// Takes out a record's contributions; a cell that no record is left in goes away.
    pub fn subtract(&mut self, contributions: &Contributions<'_>) -> Result<(), Overflow> {
        for contribution in &contributions.cells {
            if let Some(count) = self.counted(contribution.cell) {
                *count = count.saturating_sub(1);
            } else if let Some(cell) = self.cells.get_mut(&contribution.cell) {
                cell.subtract(contribution.amount)?;
                if cell.is_empty() {
                    self.cells.remove(&contribution.cell);
                }
            }
        }
        Ok(())
    }

    /// Adds all cells of another part of the records, under the same definitions.
    pub fn merge(&mut self, other: Self) -> Result<(), Overflow> {
        if self.tables.is_empty() {
            self.tables = other.tables;
        } else {
            for (table, more) in self.tables.iter_mut().zip(&other.tables) {
                if let (Some(table), Some(more)) = (table, more) {
                    table.merge(more);
                }
            }
        }
        for (key, cell) in other.cells {
            match self.cells.entry(key) {
                std::collections::hash_map::Entry::Occupied(mut entry) => entry.get_mut().merge(cell)?,
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(cell);
                }
            }
        }
        Ok(())
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.cells.len() + self.in_tables().count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.in_tables().next().is_none()
    }

    /// One cell.
    pub fn get(&self, key: CellKey) -> Option<Cow<'_, Cell>> {
        match self.tables.get(usize::from(key.indicator)).and_then(Option::as_ref).and_then(|table| table.get(key)) {
            Some(n) => Some(Cow::Owned(Cell::Count(n))),
            None => self.cells.get(&key).map(Cow::Borrowed),
        }
    }

    /// All cells in the order of their keys, so that the same records give the same bytes.
    pub fn sorted(&self) -> Vec<(CellKey, Cow<'_, Cell>)> {
        let in_tables = self.in_tables().map(|(key, n)| (key, Cow::Owned(Cell::Count(n))));
        let mut cells: Vec<_> =
            in_tables.chain(self.cells.iter().map(|(key, cell)| (*key, Cow::Borrowed(cell)))).collect();
        cells.sort_unstable_by_key(|(key, _)| *key);
        cells
    }

    /// The count of a cell that a table holds.
    #[inline]
    fn counted(&mut self, key: CellKey) -> Option<&mut u64> {
        self.tables.get_mut(usize::from(key.indicator))?.as_mut()?.at(key)
    }

    fn in_tables(&self) -> impl Iterator<Item = (CellKey, u64)> {
        let tables = self.tables.iter().enumerate();
        tables.filter_map(|(index, table)| Some((index, table.as_ref()?))).flat_map(|(index, t)| t.cells(index as u16))
    }
}

impl PartialEq for Cells {
    fn eq(&self, other: &Self) -> bool {
        self.sorted() == other.sorted()
    }
}

mod packed;

/// A value as DHIS2 accepts it: no exponent, no superfluous digits, no negative zero (value type NUMBER).
pub fn wire_text(value: Decimal) -> String {
    let value = value.normalize();
    if value.is_zero() { "0".to_owned() } else { value.to_string() }
}

fn text_of(amount: Amount<'_>) -> CompactString {
    match amount {
        Amount::Text(text) => text.into(),
        Amount::Number(number) => wire_text(number).into(),
        Amount::One => CompactString::default(),
    }
}

fn take_one(values: &mut FxHashMap<CompactString, u64>, value: CompactString) {
    if let Some(n) = values.get_mut(&value) {
        *n -= 1;
        if *n == 0 {
            values.remove(&value);
        }
    }
}

fn median(numbers: &BTreeMap<Decimal, u64>) -> Option<Decimal> {
    let n: u64 = numbers.values().sum();
    let at = |rank: u64| {
        let mut seen = 0;
        numbers.iter().find_map(|(number, times)| {
            seen += times;
            (rank < seen).then_some(*number)
        })
    };
    let upper = at(n / 2)?;
    if n % 2 == 1 {
        return Some(upper);
    }
    let lower = at(n / 2 - 1)?;
    let middle = lower.checked_add(upper).map(|sum| sum / Decimal::TWO);
    // Numbers whose sum is too large have one sign, so that their difference is not.
    Some(middle.unwrap_or_else(|| lower + (upper - lower) / Decimal::TWO))
}

/// The library drops digits behind the point that no longer fit, without a word; a sum without them is no sum.
fn exact_sum(a: Decimal, b: Decimal) -> Result<Decimal, Overflow> {
    let sum = a.checked_add(b).ok_or(Overflow)?;
    let is_exact =
        sum.scale() >= a.scale().max(b.scale()) || sum.scale() >= a.normalize().scale().max(b.normalize().scale());
    if is_exact { Ok(sum) } else { Err(Overflow) }
}

/// `n` times a number, by doubling: every step is an exact sum, or there is none.
fn exact_multiple(number: Decimal, n: u64) -> Result<Decimal, Overflow> {
    let (mut sum, mut doubled, mut rest) = (Decimal::ZERO, number, n);
    while rest > 0 {
        if rest % 2 == 1 {
            sum = exact_sum(sum, doubled)?;
        }
        rest /= 2;
        if rest > 0 {
            doubled = exact_sum(doubled, doubled)?;
        }
    }
    Ok(sum)
}

/// Half away from zero, as people round.
fn round(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::field;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn of(measure: &Measure, numbers: &[&str]) -> Cell {
        let mut cell = Cell::new(measure);
        for number in numbers {
            cell.add(Amount::Number(decimal(number))).unwrap();
        }
        cell
    }

    fn value(measure: &Measure, numbers: &[&str]) -> Option<String> {
        of(measure, numbers).value(measure, 2).map(wire_text)
    }

    fn age() -> crate::condition::Expression {
        field("age_years").unwrap().into()
    }

    #[test]
    fn a_cell_without_records_has_no_value() {
        for measure in &[Measure::Count, Measure::CountDistinct(age()), Measure::Sum(age()), Measure::Median(age())] {
            assert_eq!(Cell::new(measure).value(measure, 2), None);
            assert_eq!(Cell::new(measure).n_records(), 0);
        }
    }

    #[test]
    fn zeros_are_values() {
        for measure in &[Measure::Sum(age()), Measure::Average(age()), Measure::Min(age()), Measure::Median(age())] {
            assert_eq!(value(measure, &["0", "0"]).as_deref(), Some("0"), "{measure:?}");
        }
    }

    #[test]
    fn halves_are_rounded_away_from_zero_and_sums_not_at_all() {
        assert_eq!(value(&Measure::Average(age()), &["0.005"]).as_deref(), Some("0.01"));
        assert_eq!(value(&Measure::Average(age()), &["-0.005"]).as_deref(), Some("-0.01"));
        assert_eq!(value(&Measure::Average(age()), &["-0.004"]).as_deref(), Some("0"), "there is no negative zero");
        assert_eq!(value(&Measure::Average(age()), &["1", "0", "0"]).as_deref(), Some("0.33"));
        assert_eq!(value(&Measure::Median(age()), &["1.004", "1.005"]).as_deref(), Some("1"));
        assert_eq!(value(&Measure::Median(age()), &["3", "1", "2"]).as_deref(), Some("2"));
        assert_eq!(value(&Measure::Sum(age()), &["0.005", "1.10"]).as_deref(), Some("1.105"));
        assert_eq!(value(&Measure::Max(age()), &["2.50", "-3"]).as_deref(), Some("2.5"));
        assert_eq!(value(&Measure::CountDistinct(age()), &["2.50", "2.5", "3"]).as_deref(), Some("2"));
    }

    #[test]
    fn numbers_at_the_rim_have_a_median() {
        let most = Decimal::MAX.to_string();
        assert_eq!(value(&Measure::Median(age()), &[&most, &most]), Some(most.clone()));
        assert_eq!(value(&Measure::Median(age()), &[&most, &format!("-{most}")]).as_deref(), Some("0"));
    }

    #[test]
    fn a_sum_that_would_not_be_exact_is_an_error_and_changes_nothing() {
        let most = Decimal::MAX.to_string();
        for (first, second) in [(&*most, "1"), ("0.1", &most), (&most, "0.1"), (&most, "-0.1"), ("-0.1", &most)] {
            let before = of(&Measure::Sum(age()), &[first]);
            let mut cell = before.clone();
            assert_eq!(cell.add(Amount::Number(decimal(second))), Err(Overflow), "{first} {second}");
            assert_eq!(cell.merge(of(&Measure::Sum(age()), &[second])), Err(Overflow));
            assert_eq!(cell, before);
        }
        for zero in ["0", "0.000"] {
            assert_eq!(value(&Measure::Sum(age()), &[&most, zero]), Some(most.clone()));
            assert_eq!(value(&Measure::Sum(age()), &[zero, &most]), Some(most.clone()));
        }
        assert_eq!(value(&Measure::Sum(age()), &[&most, "-1.0"]), Some((Decimal::MAX - Decimal::ONE).to_string()));
    }

    #[test]
    fn an_amount_added_n_times_at_once_is_the_amount_added_n_times() {
        for measure in &[Measure::Count, Measure::CountDistinct(age()), Measure::Sum(age()), Measure::Median(age())] {
            for (number, n) in [("0.1", 1), ("-2.50", 7), ("3", 100), ("0", 5), ("1", 0)] {
                let mut one_by_one = of(measure, &["1"]);
                (0..n).for_each(|_| one_by_one.add(Amount::Number(decimal(number))).unwrap());
                let mut at_once = of(measure, &["1"]);
                at_once.add_times(Amount::Number(decimal(number)), n).unwrap();
                assert_eq!(at_once, one_by_one, "{measure:?} {number} {n}");
            }
        }
        let mut cell = of(&Measure::Sum(age()), &["1"]);
        assert_eq!(cell.add_times(Amount::Number(Decimal::MAX), 2), Err(Overflow));
        assert_eq!(cell.add_times(Amount::Number(decimal("0.1")), 10_000_000_000_000_000_001), Ok(()));
        assert_eq!(cell.value(&Measure::Sum(age()), 0).map(wire_text).as_deref(), Some("1000000000000000001.1"));
    }

    #[test]
    fn what_was_never_added_cannot_be_taken_out() {
        for measure in &[Measure::Count, Measure::CountDistinct(age()), Measure::Min(age())] {
            let mut cell = of(measure, &["1"]);
            cell.subtract(Amount::Number(decimal("1"))).unwrap();
            cell.subtract(Amount::Number(decimal("1"))).unwrap();
            assert_eq!(cell.n_records(), 0, "{measure:?}");
        }
    }

    #[test]
    fn the_wire_knows_no_exponent_no_superfluous_digits_and_no_negative_zero() {
        for (number, text) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("1200", "1200"),
            ("1200.00", "1200"),
            ("-1.50", "-1.5"),
            ("0.0000000000000000000000000001", "0.0000000000000000000000000001"),
            ("79228162514264337593543950335", "79228162514264337593543950335"),
        ] {
            assert_eq!(wire_text(decimal(number)), text);
        }
    }
}
