//! The account: what became of every record. Its sums are the number of records, or something was lost.

use crate::contribution::{Contributions, Outcome, Reason};
use crate::indicator::Definitions;
use std::collections::BTreeMap;

/// What became of every record, for each indicator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Number of records looked at.
    pub n_records: u64,
    /// One for each indicator, in order.
    pub indicators: Vec<IndicatorAccount>,
}

/// What became of every record for one indicator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndicatorAccount {
    /// Counted records by the date basis that was used; the first is the preferred one, the others are fallbacks.
    pub counted: Vec<u64>,
    /// Excluded records by reason.
    pub excluded: BTreeMap<Reason, u64>,
    /// Counted records that fell into *unknown*, by dimension (index into the definitions).
    pub unknown: BTreeMap<u16, u64>,
}

impl IndicatorAccount {
    /// All counted records.
    pub fn n_counted(&self) -> u64 {
        self.counted.iter().sum()
    }

    /// All excluded records.
    pub fn n_excluded(&self) -> u64 {
        self.excluded.values().sum()
    }
}

/// Records that were neither counted nor excluded: a defect in Tally, never in the data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the account of `{indicator}` does not add up: {counted} counted and {excluded} excluded of {n_records} records"
)]
pub struct Imbalance {
    /// Code of the indicator.
    pub indicator: String,
    /// Counted records.
    pub counted: u64,
    /// Excluded records.
    pub excluded: u64,
    /// All records.
    pub n_records: u64,
}

impl Account {
    /// An empty account for these definitions.
    pub fn new(definitions: &Definitions) -> Self {
        let indicators = definitions
            .indicators
            .iter()
            .map(|indicator| IndicatorAccount { counted: vec![0; indicator.when.len()], ..Default::default() })
            .collect();
        Self { n_records: 0, indicators }
    }

    /// Enters one record.
    pub fn add(&mut self, contributions: &Contributions<'_>) {
        self.n_records += 1;
        for (account, outcome) in self.indicators.iter_mut().zip(&contributions.outcomes) {
            match outcome {
                Outcome::Counted { basis } => account.counted[usize::from(*basis)] += 1,
                Outcome::Excluded(reason) => *account.excluded.entry(*reason).or_default() += 1,
            }
        }
        for (indicator, dimension) in &contributions.unknown {
            *self.indicators[usize::from(*indicator)].unknown.entry(*dimension).or_default() += 1;
        }
    }

    /// Adds the account of another part of the records.
    pub fn merge(&mut self, other: Self) {
        self.n_records += other.n_records;
        for (account, more) in self.indicators.iter_mut().zip(other.indicators) {
            account.counted.iter_mut().zip(more.counted).for_each(|(n, more)| *n += more);
            for (reason, n) in more.excluded {
                *account.excluded.entry(reason).or_default() += n;
            }
            for (dimension, n) in more.unknown {
                *account.unknown.entry(dimension).or_default() += n;
            }
        }
    }

    /// Checks that every record was counted or excluded, once for each indicator.
    pub fn check(&self, definitions: &Definitions) -> Result<(), Imbalance> {
        for (account, indicator) in self.indicators.iter().zip(&definitions.indicators) {
            let (counted, excluded) = (account.n_counted(), account.n_excluded());
            if counted + excluded != self.n_records {
                let indicator = indicator.code.clone();
                return Err(Imbalance { indicator, counted, excluded, n_records: self.n_records });
            }
        }
        Ok(())
    }
}
