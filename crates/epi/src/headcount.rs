//! How many records each period has, wherever they live and whatever their groups: the number that can be held against
//! one that somebody else counted.

use crate::contribution::Contributions;
use crate::increment::{Inexact, take};
use crate::indicator::Definitions;
use crate::packed::{Packer, Unpackable, Unpacker};

/// The records of one period for one indicator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headcount {
    /// Records that count in some cell of the period.
    pub counted: u64,
    /// Records whose date lies in the period and that count nowhere: no place, an unknown group, no value.
    pub missed: u64,
}

impl Headcount {
    /// All records of the period.
    pub fn all(self) -> u64 {
        self.counted + self.missed
    }
}

/// The records of every period for every indicator. Like cells: parts are added apart and merged, and a record is taken
/// out again by what it added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headcounts {
    n_periods: usize,
    /// Indicator after indicator, the periods of each in order.
    counts: Vec<Headcount>,
}

impl Headcounts {
    /// No record yet.
    pub fn new(definitions: &Definitions) -> Self {
        let n_periods = definitions.span.span().n_periods();
        Self { n_periods, counts: vec![Headcount::default(); definitions.indicators.len() * n_periods] }
    }

    /// Enters one record. It counts once in a period, because all its cells there are one.
    pub fn add(&mut self, contributions: &Contributions<'_>) {
        for contribution in &contributions.cells {
            self.at(contribution.cell.indicator, contribution.cell.period).counted += 1;
        }
        for (indicator, period) in &contributions.missed {
            self.at(*indicator, *period).missed += 1;
        }
    }

    /// Enters `n` records that count in a cell of the period.
    pub fn add_counted(&mut self, indicator: u16, period: u16, n: u64) {
        self.at(indicator, period).counted += n;
    }

    /// Enters `n` records that the period misses.
    pub fn add_missed(&mut self, indicator: u16, period: u16, n: u64) {
        self.at(indicator, period).missed += n;
    }

    /// Takes one record out that was entered before.
    ///
    /// # Errors
    /// It never was; the headcounts are of no use then.
    pub fn subtract(&mut self, contributions: &Contributions<'_>) -> Result<(), Inexact> {
        for contribution in &contributions.cells {
            take(&mut self.at(contribution.cell.indicator, contribution.cell.period).counted, 1)?;
        }
        for (indicator, period) in &contributions.missed {
            take(&mut self.at(*indicator, *period).missed, 1)?;
        }
        Ok(())
    }

    /// As bytes.
    pub fn pack(&self, packer: &mut Packer) {
        packer.n_values(self.counts.len());
        for count in &self.counts {
            packer.number(count.counted);
            packer.number(count.missed);
        }
    }

    /// From bytes, under the same definitions.
    ///
    /// # Errors
    /// Bytes of something else.
    pub fn unpack(unpacker: &mut Unpacker<'_>, definitions: &Definitions) -> Result<Self, Unpackable> {
        let mut found = Self::new(definitions);
        if unpacker.n_values()? != found.counts.len() {
            return Err(Unpackable);
        }
        for count in &mut found.counts {
            *count = Headcount { counted: unpacker.number()?, missed: unpacker.number()? };
        }
        Ok(found)
    }

    /// Adds those of another part of the records, under the same definitions.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            count.counted += more.counted;
            count.missed += more.missed;
        }
    }

    /// The records of the period at a position of the span for the indicator at an index; none outside both.
    pub fn get(&self, indicator: usize, period: usize) -> Headcount {
        let place = (period < self.n_periods).then(|| indicator * self.n_periods + period);
        place.and_then(|place| self.counts.get(place)).copied().unwrap_or_default()
    }

    fn at(&mut self, indicator: u16, period: u16) -> &mut Headcount {
        &mut self.counts[usize::from(indicator) * self.n_periods + usize::from(period)]
    }
}
