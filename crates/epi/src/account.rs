//! The account: what became of every record. Its sums are the number of records, or something was lost.

use crate::contribution::{Contributions, Outcome, Reason};
use crate::increment::{Inexact, take};
use crate::indicator::Definitions;
use crate::packed::{Packer, Unpackable, Unpacker};
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
        self.add_times(contributions, 1);
    }

    /// Enters `n` records that have the same outcomes.
    pub fn add_times(&mut self, contributions: &Contributions<'_>, n: u64) {
        self.n_records += n;
        for (account, outcome) in self.indicators.iter_mut().zip(&contributions.outcomes) {
            match outcome {
                Outcome::Counted { basis } => account.counted[usize::from(*basis)] += n,
                Outcome::Excluded(reason) => *account.excluded.entry(*reason).or_default() += n,
            }
        }
        for (indicator, dimension) in &contributions.unknown {
            *self.indicators[usize::from(*indicator)].unknown.entry(*dimension).or_default() += n;
        }
    }

    /// Takes one record out that was entered before.
    ///
    /// # Errors
    /// It never was; the account is of no use then.
    pub fn subtract(&mut self, contributions: &Contributions<'_>) -> Result<(), Inexact> {
        take(&mut self.n_records, 1)?;
        for (account, outcome) in self.indicators.iter_mut().zip(&contributions.outcomes) {
            match outcome {
                Outcome::Counted { basis } => take(&mut account.counted[usize::from(*basis)], 1)?,
                Outcome::Excluded(reason) => take_entry(&mut account.excluded, *reason)?,
            }
        }
        for (indicator, dimension) in &contributions.unknown {
            take_entry(&mut self.indicators[usize::from(*indicator)].unknown, *dimension)?;
        }
        Ok(())
    }

    /// As bytes.
    pub fn pack(&self, packer: &mut Packer) {
        packer.number(self.n_records);
        packer.n_values(self.indicators.len());
        for account in &self.indicators {
            packer.n_values(account.counted.len());
            account.counted.iter().for_each(|n| packer.number(*n));
            packer.n_values(account.excluded.len());
            for (reason, n) in &account.excluded {
                let (number, dimension) = reason.number();
                packer.number(number);
                packer.number(dimension.into());
                packer.number(*n);
            }
            packer.n_values(account.unknown.len());
            for (dimension, n) in &account.unknown {
                packer.number((*dimension).into());
                packer.number(*n);
            }
        }
    }

    /// From bytes.
    ///
    /// # Errors
    /// Bytes of something else.
    pub fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Unpackable> {
        let n_records = unpacker.number()?;
        let mut indicators = Vec::new();
        for _ in 0..unpacker.n_values()? {
            let mut account = IndicatorAccount::default();
            for _ in 0..unpacker.n_values()? {
                account.counted.push(unpacker.number()?);
            }
            for _ in 0..unpacker.n_values()? {
                let reason = Reason::numbered(unpacker.number()?, unpacker.small()?).ok_or(Unpackable)?;
                account.excluded.insert(reason, unpacker.number()?);
            }
            for _ in 0..unpacker.n_values()? {
                account.unknown.insert(unpacker.small()?, unpacker.number()?);
            }
            indicators.push(account);
        }
        Ok(Self { n_records, indicators })
    }

    /// Adds the account of another part of the records, under the same definitions. The default account is the neutral one.
    pub fn merge(&mut self, other: Self) {
        self.n_records += other.n_records;
        if self.indicators.len() < other.indicators.len() {
            self.indicators.resize_with(other.indicators.len(), IndicatorAccount::default);
        }
        for (account, more) in self.indicators.iter_mut().zip(other.indicators) {
            if account.counted.len() < more.counted.len() {
                account.counted.resize(more.counted.len(), 0);
            }
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
        for (position, indicator) in definitions.indicators.iter().enumerate() {
            let account = self.indicators.get(position);
            let counted = account.map_or(0, IndicatorAccount::n_counted);
            let excluded = account.map_or(0, IndicatorAccount::n_excluded);
            if counted + excluded != self.n_records {
                let indicator = indicator.code.clone();
                return Err(Imbalance { indicator, counted, excluded, n_records: self.n_records });
            }
        }
        Ok(())
    }
}

/// One less; who has none left has no entry.
fn take_entry<K: Ord>(entries: &mut BTreeMap<K, u64>, key: K) -> Result<(), Inexact> {
    let n = entries.get_mut(&key).ok_or(Inexact::NeverCounted)?;
    take(n, 1)?;
    if *n == 0 {
        entries.remove(&key);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(n_indicators: usize) -> Account {
        let one = IndicatorAccount { counted: vec![0; 2], ..Default::default() };
        Account { n_records: 0, indicators: vec![one; n_indicators] }
    }

    fn found(outcomes: &[Outcome], unknown: &[(u16, u16)]) -> Contributions<'static> {
        Contributions { outcomes: outcomes.to_vec(), unknown: unknown.to_vec(), ..Default::default() }
    }

    #[test]
    fn fallbacks_reasons_and_unknowns_are_told_apart() {
        let mut account = account(2);
        let excluded = Outcome::Excluded;
        account.add(&found(&[Outcome::Counted { basis: 0 }, excluded(Reason::NoDate)], &[(0, 3)]));
        account.add(&found(&[Outcome::Counted { basis: 1 }, excluded(Reason::UnknownGroup(3))], &[(0, 3), (0, 4)]));
        account.add(&found(&[excluded(Reason::NoPlace), excluded(Reason::UnknownGroup(4))], &[]));
        let [first, second] = account.indicators.as_slice() else { panic!("two indicators") };
        assert_eq!(first.counted, [1, 1]);
        assert_eq!(first.excluded, BTreeMap::from([(Reason::NoPlace, 1)]));
        assert_eq!(first.unknown, BTreeMap::from([(3, 2), (4, 1)]));
        assert_eq!((second.n_counted(), second.n_excluded(), account.n_records), (0, 3, 3));
        assert_eq!(second.excluded[&Reason::UnknownGroup(3)], 1, "dimensions are told apart");
    }

    #[test]
    fn a_part_is_merged_into_an_account_of_nothing() {
        let mut part = account(1);
        part.add(&found(&[Outcome::Counted { basis: 1 }], &[(0, 0)]));
        let mut all = Account::default();
        all.merge(part.clone());
        assert_eq!(all, part);
        all.merge(Account::default());
        assert_eq!(all, part);
        all.merge(part);
        assert_eq!((all.n_records, all.indicators[0].n_counted(), all.indicators[0].unknown[&0]), (2, 2, 2));
    }
}
