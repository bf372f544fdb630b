//! How long things took: days between two dates of a record, as an exact histogram.

use crate::increment::{Inexact, take};
use crate::packed::{Packer, Unpackable, Unpacker};
use crate::record::Person;
use jiff::civil::Date;
use std::fmt;

/// Between which dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delay {
    /// From the onset to the report.
    OnsetToReporting,
    /// From the onset to the first stay, in hospital or isolation.
    OnsetToStay,
    /// From the report to the entry of the present classification.
    ReportingToClassification,
    /// From the report to the entry into Go.Data.
    ReportingToEntry,
    /// From the onset to the outcome.
    OnsetToOutcome,
}

impl Delay {
    /// All delays.
    pub const ALL: [Self; 5] = [
        Self::OnsetToReporting,
        Self::OnsetToStay,
        Self::ReportingToClassification,
        Self::ReportingToEntry,
        Self::OnsetToOutcome,
    ];

    /// The name in JSON and in CSV.
    pub fn name(self) -> &'static str {
        match self {
            Self::OnsetToReporting => "onset_to_reporting",
            Self::OnsetToStay => "onset_to_stay",
            Self::ReportingToClassification => "reporting_to_classification",
            Self::ReportingToEntry => "reporting_to_entry",
            Self::OnsetToOutcome => "onset_to_outcome",
        }
    }

    /// What it is, one sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::OnsetToReporting => "From the onset of symptoms to the report.",
            Self::OnsetToStay => {
                "From the onset to the start of the first stay in hospital, isolation or intensive care."
            }
            Self::ReportingToClassification => {
                "From the report to the day on which the present classification was entered, which is not the day of the \
                 laboratory's answer."
            }
            Self::ReportingToEntry => "From the report to the entry into Go.Data.",
            Self::OnsetToOutcome => "From the onset to recovery or death.",
        }
    }

    /// The names by which Go.Data's API is asked for its dates.
    pub fn wire(self) -> &'static [&'static str] {
        match self {
            Self::OnsetToReporting => &["dateOfOnset", "dateOfReporting"],
            Self::OnsetToStay => &["dateOfOnset", "dateRanges"],
            Self::ReportingToClassification => &["dateOfReporting", "classification", "classificationHistory"],
            Self::ReportingToEntry => &["dateOfReporting", "createdAt"],
            Self::OnsetToOutcome => &["dateOfOnset", "dateOfOutcome"],
        }
    }

    /// The two dates of a record, where it has both.
    #[inline]
    pub fn dates(self, person: &Person) -> Option<(Date, Date)> {
        let (from, to) = match self {
            Self::OnsetToReporting => (person.date_of_onset, person.date_of_reporting),
            Self::OnsetToStay => (person.date_of_onset, person.stays.iter().filter_map(|stay| stay.start).min()),
            Self::ReportingToClassification => (person.date_of_reporting, classified(person)),
            Self::ReportingToEntry => (person.date_of_reporting, person.created_at),
            Self::OnsetToOutcome => (person.date_of_onset, person.date_of_outcome),
        };
        Some((from?, to?))
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// When the present classification was last entered.
fn classified(person: &Person) -> Option<Date> {
    let present = person.classification.as_ref()?;
    let entries = person.classifications.iter().filter(|entry| entry.classification.as_ref() == Some(present));
    entries.filter_map(|entry| entry.start).max()
}

/// The shortest delay that is told apart; whatever is shorter counts as this.
pub const DAYS_MIN: i32 = -60;
/// The longest delay that is told apart; whatever is longer counts as this: more than a year.
pub const DAYS_MAX: i32 = 366;

/// How often each number of days occurs. Mergeable, and exact between [`DAYS_MIN`] and [`DAYS_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Frequencies from [`DAYS_MIN`] on, as far as there are any.
    counts: Vec<u64>,
}

/// A histogram in figures, in days. A quantile is the shortest delay within which at least that share of the records lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Records with both dates.
    pub n: u64,
    /// Records whose second date is before the first.
    pub n_negative: u64,
    /// First quartile.
    pub lower_quartile: i32,
    /// Median.
    pub median: i32,
    /// Third quartile.
    pub upper_quartile: i32,
    /// 90th percentile.
    pub percentile_90: i32,
}

impl Histogram {
    /// Enters a number of days.
    #[inline]
    pub fn add(&mut self, days: i32) {
        let days = days.clamp(DAYS_MIN, DAYS_MAX);
        let place = (days - DAYS_MIN) as usize;
        if self.counts.len() <= place {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += 1;
    }

    /// Takes a number of days out.
    ///
    /// # Errors
    /// It was never entered.
    pub fn subtract(&mut self, days: i32) -> Result<(), Inexact> {
        let place = (days.clamp(DAYS_MIN, DAYS_MAX) - DAYS_MIN) as usize;
        take(self.counts.get_mut(place).ok_or(Inexact::NeverCounted)?, 1)?;
        while self.counts.last() == Some(&0) {
            self.counts.pop();
        }
        Ok(())
    }

    /// As bytes.
    pub(super) fn pack(&self, packer: &mut Packer) {
        packer.n_values(self.counts.len());
        self.counts.iter().for_each(|n| packer.number(*n));
    }

    /// From bytes.
    pub(super) fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Unpackable> {
        let counts = (0..unpacker.n_values()?).map(|_| unpacker.number()).collect::<Result<_, _>>()?;
        Ok(Self { counts })
    }

    /// Adds those of other records.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// The figures; none without a record.
    pub fn spread(&self) -> Option<Spread> {
        let n: u64 = self.counts.iter().sum();
        if n == 0 {
            return None;
        }
        let quantile = |percent: u64| {
            // In 128 bits: no number of records overflows.
            let rank = (u128::from(n) * u128::from(percent)).div_ceil(100);
            let mut upto = 0_u128;
            let place = self.counts.iter().position(|count| {
                upto += u128::from(*count);
                upto >= rank
            });
            place.map_or(DAYS_MAX, |place| DAYS_MIN + place as i32)
        };
        Some(Spread {
            n,
            n_negative: self.counts.iter().take(-DAYS_MIN as usize).sum(),
            lower_quartile: quantile(25),
            median: quantile(50),
            upper_quartile: quantile(75),
            percentile_90: quantile(90),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Classification, Stay};
    use jiff::civil::date;

    fn of(days: &[i32]) -> Histogram {
        let mut histogram = Histogram::default();
        days.iter().for_each(|n| histogram.add(*n));
        histogram
    }

    #[test]
    fn quantiles_are_the_days_within_which_a_share_lies() {
        let spread = of(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).spread().unwrap();
        assert_eq!((spread.lower_quartile, spread.median, spread.upper_quartile, spread.percentile_90), (2, 4, 7, 8));
        let one = of(&[5]).spread().unwrap();
        assert_eq!((one.n, one.lower_quartile, one.median, one.percentile_90), (1, 5, 5, 5));
        assert_eq!(of(&[]).spread(), None);
    }

    #[test]
    fn what_lies_beyond_the_range_counts_at_its_end() {
        let spread = of(&[-400, -1, 0, 10_000]).spread().unwrap();
        assert_eq!((spread.n, spread.n_negative), (4, 2));
        assert_eq!((spread.lower_quartile, spread.median, spread.percentile_90), (DAYS_MIN, -1, DAYS_MAX));
    }

    #[test]
    fn merging_is_adding() {
        let mut parts = of(&[3, 400]);
        parts.merge(&of(&[-2]));
        assert_eq!(parts, of(&[400, -2, 3]));
    }

    #[test]
    fn the_first_stay_and_the_last_entry_of_the_present_classification_count() {
        let day = |n| Some(date(2020, 2, n));
        let entry = |name: &str, n| Classification { classification: Some(name.into()), start: day(n), end: None };
        let person = Person {
            classification: Some("CONFIRMED".into()),
            date_of_onset: day(1),
            date_of_reporting: day(2),
            stays: [9, 7].map(|n| Stay { start: day(n), ..Stay::default() }).into(),
            classifications: vec![entry("SUSPECT", 3), entry("CONFIRMED", 4), entry("CONFIRMED", 6)],
            ..Person::default()
        };
        assert_eq!(Delay::OnsetToStay.dates(&person), day(1).zip(day(7)));
        assert_eq!(Delay::ReportingToClassification.dates(&person), day(2).zip(day(6)));
        assert_eq!(Delay::OnsetToOutcome.dates(&person), None);
    }
}
