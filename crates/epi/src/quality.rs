//! Data quality: what is missing or cannot be in the records of each place, which of them may be one person's, and how long
//! things took.
//!
//! Like cells: records are added one by one, parts are merged, and the order does not matter. No record is dropped for what
//! is found here, and nothing found here is a value of a person: only rules, fields, places and ids.

mod check;
mod delay;
mod duplicate;
mod increment;
mod rule;
mod scope;

pub use check::{CHECKS, Check};
pub use delay::{DAYS_MAX, DAYS_MIN, Delay, Histogram, Spread};
pub use duplicate::{Alike, Duplicates, Likeness, RECORDS_COMPARED_MAX, TRAITS};
pub use rule::Rule;
pub use scope::{ReferenceData, Scope, Surroundings, WIRE};

use crate::day;
use crate::increment::Smallest;
use crate::place::{Places, Resolution};
use crate::record::{Person, PersonKind};
use compact_str::CompactString;
use jiff::civil::Date;
use std::sync::Arc;

/// Records named for each check; the numbers count all.
pub const SAMPLES_MAX: usize = 20;

/// Records kept for each check: those that are shown may leave one by one, and the next ones are known.
const SAMPLES_KEPT: usize = 5 * SAMPLES_MAX;

/// Days before this year are slips of the pen, whatever came of them is no delay.
const EARLIEST_YEAR: i16 = 1900;

/// Where a record lives, as far as that can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Where {
    /// In the organisation unit at this position of [`Places::org_units`].
    OrgUnit(usize),
    /// In a location without an organisation unit.
    NotMapped,
    /// In a location that Go.Data does not have.
    Unknown,
    /// Nobody recorded where.
    NoPlace,
}

impl Where {
    fn of(place: Option<Resolution>) -> Self {
        match place {
            Some(Resolution::Mapped { org_unit, .. }) => Self::OrgUnit(org_unit),
            Some(Resolution::Unmapped) => Self::NotMapped,
            Some(Resolution::Unknown) => Self::Unknown,
            None => Self::NoPlace,
        }
    }

    fn row(self, n_org_units: usize) -> usize {
        match self {
            Self::OrgUnit(place) => place,
            Self::NotMapped => n_org_units,
            Self::Unknown => n_org_units + 1,
            Self::NoPlace => n_org_units + 2,
        }
    }

    /// All that there are.
    fn all(n_org_units: usize) -> impl Iterator<Item = Self> {
        (0..n_org_units).map(Self::OrgUnit).chain([Self::NotMapped, Self::Unknown, Self::NoPlace])
    }
}

/// What a record's quality is: where it lives, and the checks that it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Findings {
    /// Where it lives.
    pub place: Where,
    /// Bits in the order of [`CHECKS`].
    broken: u64,
}

impl Findings {
    /// What can be said of a record. `unreadable`: something on the wire could not be read.
    pub fn of(person: &Person, unreadable: bool, scope: &Scope, places: &Places) -> Self {
        let (broken, place) = scope.look(person, unreadable, places);
        Self { place: Where::of(place), broken }
    }

    /// The positions in [`CHECKS`] of those that it fails.
    pub fn checks(self) -> impl Iterator<Item = usize> {
        let mut left = self.broken;
        std::iter::from_fn(move || {
            let next = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(next)
        })
    }
}

/// The quality of many records. Parts may be looked at apart and merged.
#[derive(Clone, Debug)]
pub struct Quality {
    scope: Arc<Scope>,
    /// For each place, the records of each kind.
    n_records: Vec<[u64; PersonKind::ALL.len()]>,
    /// For each place, how many records fail each check; empty where none does.
    broken: Vec<Vec<u64>>,
    /// For each check some of the records: those with the smallest ids, so that the order does not matter.
    samples: Vec<Smallest>,
    /// For each place, the histogram of each delay.
    by_place: Vec<Vec<Histogram>>,
    /// For each month in which the second date lies, from January 1900 on, the histogram of each delay.
    by_month: Vec<Vec<Histogram>>,
    duplicates: [Duplicates; Likeness::ALL.len()],
}

impl Quality {
    /// No record yet.
    pub fn new(scope: Arc<Scope>) -> Self {
        let n_places = scope.n_org_units + 3;
        Self {
            n_records: vec![[0; PersonKind::ALL.len()]; n_places],
            broken: vec![Vec::new(); n_places],
            samples: vec![Smallest::default(); CHECKS.len()],
            by_place: vec![Vec::new(); n_places],
            by_month: Vec::new(),
            duplicates: Default::default(),
            scope,
        }
    }

    /// What is judged, and by what.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Adds a record. `unreadable`: something on the wire could not be read.
    pub fn add(&mut self, person: &Person, unreadable: bool, places: &Places) {
        let findings = Findings::of(person, unreadable, &self.scope, places);
        let row = findings.place.row(self.scope.n_org_units);
        self.n_records[row][person.kind as usize] += 1;
        for check in findings.checks() {
            if self.broken[row].is_empty() {
                self.broken[row] = vec![0; CHECKS.len()];
            }
            self.broken[row][check] += 1;
            self.samples[check].insert(&person.id, SAMPLES_KEPT);
        }
        for place in 0..self.scope.delays.len() {
            let Some((from, to)) = self.scope.delays[place].dates(person) else { continue };
            if self.is_plausible(from) && self.is_plausible(to) {
                let days = day::number(to) - day::number(from);
                self.at_place(row)[place].add(days);
                self.in_month(month(to))[place].add(days);
            }
        }
        for (duplicates, likeness) in self.duplicates.iter_mut().zip(Likeness::ALL) {
            if likeness.is_judged(&self.scope) {
                duplicates.add(likeness, person);
            }
        }
    }

    /// Adds what was found in other records, under the same scope.
    pub fn merge(&mut self, other: Self) {
        for (n, more) in self.n_records.iter_mut().flatten().zip(other.n_records.iter().flatten()) {
            *n += more;
        }
        for (broken, more) in self.broken.iter_mut().zip(other.broken) {
            if broken.is_empty() {
                *broken = more;
            } else {
                broken.iter_mut().zip(more).for_each(|(n, more)| *n += more);
            }
        }
        for (samples, more) in self.samples.iter_mut().zip(&other.samples) {
            samples.merge(more, SAMPLES_KEPT);
        }
        for (row, more) in other.by_place.iter().enumerate().filter(|(_, more)| !more.is_empty()) {
            merge_all(self.at_place(row), more);
        }
        for (month, more) in other.by_month.iter().enumerate().filter(|(_, more)| !more.is_empty()) {
            merge_all(self.in_month(month), more);
        }
        for (duplicates, more) in self.duplicates.iter_mut().zip(other.duplicates) {
            duplicates.merge(more);
        }
    }

    /// The places with a record, and how many of each kind live there.
    pub fn places(&self) -> impl Iterator<Item = (Where, [u64; PersonKind::ALL.len()])> {
        let rows = Where::all(self.scope.n_org_units).zip(self.n_records.iter().copied());
        rows.filter(|(_, n)| n.iter().any(|n| *n > 0))
    }

    /// The records of the kinds that a check is held against.
    pub fn n_looked_at(&self, check: &Check) -> u64 {
        let kinds = || check.kinds.iter().map(|kind| *kind as usize);
        self.n_records.iter().map(|n| kinds().map(|kind| n[kind]).sum::<u64>()).sum()
    }

    /// For each place with such records, how many fail the check at a position of [`CHECKS`].
    pub fn broken(&self, check: usize) -> impl Iterator<Item = (Where, u64)> {
        let rows = Where::all(self.scope.n_org_units).zip(&self.broken);
        rows.filter_map(move |(place, broken)| Some((place, *broken.get(check).filter(|n| **n > 0)?)))
    }

    /// Some of the records that fail the check at a position of [`CHECKS`], by their ids: the smallest ones.
    pub fn samples(&self, check: usize) -> impl Iterator<Item = &CompactString> {
        self.samples[check].iter().take(SAMPLES_MAX)
    }

    /// A delay in all records.
    pub fn delay(&self, delay: Delay) -> Option<Spread> {
        let mut all = Histogram::default();
        let place = self.scope.delays.iter().position(|known| *known == delay)?;
        self.by_place.iter().filter_map(|rows| rows.get(place)).for_each(|histogram| all.merge(histogram));
        all.spread()
    }

    /// A delay in each place.
    pub fn delay_by_place(&self, delay: Delay) -> impl Iterator<Item = (Where, Spread)> {
        let place = self.scope.delays.iter().position(|known| *known == delay);
        let rows = Where::all(self.scope.n_org_units).zip(&self.by_place);
        rows.filter_map(move |(at, histograms)| Some((at, histograms.get(place?)?.spread()?)))
    }

    /// A delay by the month of its second date, as year and month: no later report can lengthen it.
    pub fn delay_by_month(&self, delay: Delay) -> impl Iterator<Item = ((i16, i8), Spread)> {
        let place = self.scope.delays.iter().position(|known| *known == delay);
        self.by_month.iter().enumerate().filter_map(move |(month, histograms)| {
            let named = (EARLIEST_YEAR + (month / MONTHS) as i16, (month % MONTHS) as i8 + 1);
            Some((named, histograms.get(place?)?.spread()?))
        })
    }

    /// The records that are like others, where that could be judged: `Some(None)` if there were too many to compare.
    pub fn alike(&self, likeness: Likeness) -> Option<Option<Alike>> {
        likeness.is_judged(&self.scope).then(|| self.duplicates[likeness as usize].alike())
    }

    /// Months lie between 1900 and today, which bounds their number.
    fn is_plausible(&self, date: Date) -> bool {
        date.year() >= EARLIEST_YEAR && date <= self.scope.today
    }

    fn at_place(&mut self, row: usize) -> &mut [Histogram] {
        let histograms = &mut self.by_place[row];
        if histograms.is_empty() {
            histograms.resize(self.scope.delays.len(), Histogram::default());
        }
        histograms
    }

    fn in_month(&mut self, month: usize) -> &mut [Histogram] {
        if self.by_month.len() <= month {
            self.by_month.resize(month + 1, Vec::new());
        }
        let histograms = &mut self.by_month[month];
        if histograms.is_empty() {
            histograms.resize(self.scope.delays.len(), Histogram::default());
        }
        histograms
    }
}

/// Months of a year.
const MONTHS: usize = 12;

/// The number of a day's month, from January of the [`EARLIEST_YEAR`] on.
fn month(date: Date) -> usize {
    (date.year() - EARLIEST_YEAR) as usize * MONTHS + date.month() as usize - 1
}

fn merge_all(histograms: &mut [Histogram], more: &[Histogram]) {
    histograms.iter_mut().zip(more).for_each(|(histogram, more)| histogram.merge(more));
}
