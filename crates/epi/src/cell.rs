//! Cells: what the contributions to one key add up to.
//!
//! Cells merge (pages, cores, machines) and give back what was added (an edited record): every measure keeps enough to
//! take a record out again exactly.

use crate::contribution::{Amount, CellKey, Contributions};
use crate::indicator::{Definitions, Measure};
use compact_str::CompactString;
use rust_decimal::{Decimal, RoundingStrategy};
use rustc_hash::FxHashMap;
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

/// A number left the range of exact decimals (28 digits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sum of a cell has more than 28 digits")]
pub struct Overflow;

impl Cell {
    /// A cell to which nothing was added.
    pub fn new(measure: Measure) -> Self {
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
                *sum = sum.checked_add(number).ok_or(Overflow)?;
                *n += 1;
            }
            (Self::Numbers(numbers), Amount::Number(number)) => *numbers.entry(number).or_default() += 1,
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
                *sum = sum.checked_sub(number).ok_or(Overflow)?;
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
                *sum = sum.checked_add(more).ok_or(Overflow)?;
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

    /// The cell's value; `None` when no record is in it.
    pub fn value(&self, measure: Measure, decimals: u32) -> Option<Decimal> {
        if self.n_records() == 0 {
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cells {
    cells: FxHashMap<CellKey, Cell>,
}

impl Cells {
    /// Adds a record's contributions.
    pub fn add(&mut self, contributions: &Contributions<'_>, definitions: &Definitions) -> Result<(), Overflow> {
        for contribution in &contributions.cells {
            let measure = definitions.indicators[usize::from(contribution.cell.indicator)].measure;
            let cell = self.cells.entry(contribution.cell).or_insert_with(|| Cell::new(measure));
            cell.add(contribution.amount)?;
        }
        Ok(())
    }

    /// Takes out a record's contributions; a cell that no record is left in goes away.
    pub fn subtract(&mut self, contributions: &Contributions<'_>) -> Result<(), Overflow> {
        for contribution in &contributions.cells {
            if let Some(cell) = self.cells.get_mut(&contribution.cell) {
                cell.subtract(contribution.amount)?;
                if cell.n_records() == 0 {
                    self.cells.remove(&contribution.cell);
                }
            }
        }
        Ok(())
    }

    /// Adds all cells of another part of the records.
    pub fn merge(&mut self, other: Self) -> Result<(), Overflow> {
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
        self.cells.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// One cell.
    pub fn get(&self, key: CellKey) -> Option<&Cell> {
        self.cells.get(&key)
    }

    /// All cells in the order of their keys, so that the same records give the same bytes.
    pub fn sorted(&self) -> Vec<(CellKey, &Cell)> {
        let mut cells: Vec<_> = self.cells.iter().map(|(key, cell)| (*key, cell)).collect();
        cells.sort_unstable_by_key(|(key, _)| *key);
        cells
    }
}

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
    if n % 2 == 1 { Some(upper) } else { Some((at(n / 2 - 1)? + upper) / Decimal::TWO) }
}

/// Half away from zero, as people round.
fn round(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero).normalize()
}
