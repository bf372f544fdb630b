//! What a record means: the one pure function from which aggregate, lineage, account and cause of change all derive.

use crate::basis::Interval;
use crate::field::Field;
use crate::indicator::{Definitions, Indicator, Window};
use crate::place::Resolution;
use crate::record::Joined;
use rust_decimal::Decimal;
use std::fmt;

/// The cell of an aggregate: indicator x period x place x disaggregation, each as an index into the definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    /// Index into [`Definitions::indicators`].
    pub indicator: u16,
    /// Position in [`Definitions::span`].
    pub period: u16,
    /// Index into the organisation units of [`Definitions::places`].
    pub place: u32,
    /// Combination of dimension groups; see [`Definitions::groups_of`].
    pub combo: u32,
}

/// What one record adds to one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution<'r> {
    /// The cell.
    pub cell: CellKey,
    /// What is added.
    pub amount: Amount<'r>,
}

/// What is added to a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount<'r> {
    /// One record.
    One,
    /// A text whose different values are counted.
    Text(&'r str),
    /// A number.
    Number(Decimal),
}

/// What became of a record for one indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It counts, by the date basis at this index of [`Indicator::when`].
    Counted {
        /// Index of the date basis; above 0 it is a fallback.
        basis: u8,
    },
    /// It does not count, for one reason.
    Excluded(Reason),
}

/// Why a record does not count. The first that applies, in this order, is the one that is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// It stands in a list that the indicator does not look at: a contact, say, where cases are counted.
    OtherKind,
    /// The condition is false.
    ConditionFalse,
    /// The condition is unknown: a field that it needs is empty.
    ConditionUnknown,
    /// No date basis has a date.
    NoDate,
    /// The date lies outside the periods of the run.
    OutsidePeriods,
    /// No place was recorded.
    NoPlace,
    /// The place is not among Go.Data's locations.
    UnknownPlace,
    /// The place, and all places above it, have no organisation unit.
    PlaceNotMapped,
    /// The dimension at this index of [`Definitions::dimensions`] is unknown, and unknown is excluded.
    UnknownGroup(u16),
    /// The measured field is empty.
    NoValue,
}

impl Reason {
    /// A number for each, and the dimension of the one that has one; [`Self::numbered`] reads both.
    pub(crate) fn number(self) -> (u64, u16) {
        match self {
            Self::OtherKind => (0, 0),
            Self::ConditionFalse => (1, 0),
            Self::ConditionUnknown => (2, 0),
            Self::NoDate => (3, 0),
            Self::OutsidePeriods => (4, 0),
            Self::NoPlace => (5, 0),
            Self::UnknownPlace => (6, 0),
            Self::PlaceNotMapped => (7, 0),
            Self::UnknownGroup(dimension) => (8, dimension),
            Self::NoValue => (9, 0),
        }
    }

    pub(crate) fn numbered(number: u64, dimension: u16) -> Option<Self> {
        let all = [
            Self::OtherKind,
            Self::ConditionFalse,
            Self::ConditionUnknown,
            Self::NoDate,
            Self::OutsidePeriods,
            Self::NoPlace,
            Self::UnknownPlace,
            Self::PlaceNotMapped,
            Self::UnknownGroup(dimension),
            Self::NoValue,
        ];
        all.into_iter().find(|reason| reason.number() == (number, dimension))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherKind => "another kind of record",
            Self::ConditionFalse => "condition false",
            Self::ConditionUnknown => "condition unknown",
            Self::NoDate => "no date",
            Self::OutsidePeriods => "outside the periods",
            Self::NoPlace => "no place",
            Self::UnknownPlace => "place unknown to Go.Data",
            Self::PlaceNotMapped => "place not mapped",
            Self::UnknownGroup(_) => "dimension unknown",
            Self::NoValue => "no value to measure",
        })
    }
}

/// The contributions of one record to all indicators; kept between records so that its memory is used again.
#[derive(Debug, Default)]
pub struct Contributions<'r> {
    /// One for each indicator, in order.
    pub outcomes: Vec<Outcome>,
    /// For all indicators, in order; a cell stands at most once.
    pub cells: Vec<Contribution<'r>>,
    /// The dimensions in which the record fell into *unknown*, as (indicator, dimension).
    pub unknown: Vec<(u16, u16)>,
    /// Where it is excluded although its date lies in the periods (no place, an unknown group, no value), the periods that
    /// miss it, as (indicator, position in the span). With the cells they say how many records a period has wherever they
    /// live, which is what Go.Data can count itself.
    pub missed: Vec<(u16, u16)>,
}

impl Contributions<'_> {
    /// Empties it for records that live elsewhere, and keeps its memory: a page of records is dropped before the next one
    /// is read, and the allocations outlive both.
    #[must_use]
    pub fn recycle<'s>(mut self) -> Contributions<'s> {
        self.outcomes.clear();
        self.cells.clear();
        self.unknown.clear();
        self.missed.clear();
        // Nothing is left to convert; collecting in place hands the allocation over (`memory_outlives_the_records`).
        let cells = self.cells.into_iter().map(|_| unreachable!("it was cleared")).collect();
        Contributions { outcomes: self.outcomes, cells, unknown: self.unknown, missed: self.missed }
    }
}

/// What a record means under these definitions. Pure: the same input gives the same output, in the same order.
pub fn contributions<'r>(record: impl Into<Joined<'r>>, definitions: &'r Definitions, found: &mut Contributions<'r>) {
    let record = record.into();
    let kind = record.kind();
    found.outcomes.clear();
    found.cells.clear();
    found.unknown.clear();
    found.missed.clear();
    let mut looked = Looked::default();
    for (index, indicator) in definitions.indicators.iter().enumerate() {
        let start = (found.cells.len(), found.unknown.len());
        if !indicator.kinds.contains(&kind) {
            found.outcomes.push(Outcome::Excluded(Reason::OtherKind));
            continue;
        }
        let outcome = match of_indicator(record, index as u16, indicator, definitions, &mut looked, found) {
            Ok(basis) => Outcome::Counted { basis },
            Err(reason) => {
                found.cells.truncate(start.0);
                found.unknown.truncate(start.1);
                Outcome::Excluded(reason)
            }
        };
        found.outcomes.push(outcome);
    }
}

/// What the indicator before was told, for the next one that asks the same: most look at one place and one set of
/// dimensions.
#[derive(Default)]
struct Looked<'r> {
    place: Option<(&'static Field, Result<u32, Reason>)>,
    groups: Option<(&'r [usize], Groups)>,
}

/// The groups of a record, and the dimensions in which it fell into *unknown*.
struct Groups {
    combo: Result<u32, Reason>,
    unknown: Vec<u16>,
}

fn of_indicator<'r>(
    record: Joined<'r>,
    index: u16,
    indicator: &'r Indicator,
    definitions: &Definitions,
    looked: &mut Looked<'r>,
    found: &mut Contributions<'r>,
) -> Result<u8, Reason> {
    if let Some(condition) = &indicator.condition {
        match condition.matches(record) {
            Some(true) => {}
            Some(false) => return Err(Reason::ConditionFalse),
            None => return Err(Reason::ConditionUnknown),
        }
    }
    let (basis, periods) = periods_of(record, indicator, definitions)?;
    match in_period(record, index, indicator, definitions, looked, found) {
        Ok((place, combo, amount)) => {
            let cell = |period| CellKey { indicator: index, period, place, combo };
            found.cells.extend(periods.into_iter().map(|period| Contribution { cell: cell(period), amount }));
            Ok(basis)
        }
        Err(reason) => {
            found.missed.extend(periods.into_iter().map(|period| (index, period)));
            Err(reason)
        }
    }
}

/// Where in its periods a record counts, and what it adds there: the same in all of them.
fn in_period<'r>(
    record: Joined<'r>,
    index: u16,
    indicator: &'r Indicator,
    definitions: &Definitions,
    looked: &mut Looked<'r>,
    found: &mut Contributions<'_>,
) -> Result<(u32, u32, Amount<'r>), Reason> {
    let place = looked.place(record, indicator, definitions)?;
    let groups = looked.groups(record, indicator, definitions);
    found.unknown.extend(groups.unknown.iter().map(|dimension| (index, *dimension)));
    Ok((place, groups.combo?, amount_of(record, indicator)?))
}

impl<'r> Looked<'r> {
    fn place(
        &mut self,
        record: Joined<'r>,
        indicator: &'r Indicator,
        definitions: &Definitions,
    ) -> Result<u32, Reason> {
        match self.place {
            Some((field, place)) if std::ptr::eq(field, indicator.place) => place,
            _ => self.place.insert((indicator.place, place_of(record, indicator, definitions))).1,
        }
    }

    fn groups(&mut self, record: Joined<'r>, indicator: &'r Indicator, definitions: &Definitions) -> &Groups {
        if self.groups.as_ref().is_none_or(|(by, _)| *by != indicator.by) {
            self.groups = None;
        }
        &self.groups.get_or_insert_with(|| (&indicator.by, groups_of(record, indicator, definitions))).1
    }
}

/// Positions of the span. Almost always one, or a range up to the end; several ranges only for several stays.
enum Periods {
    Range(std::ops::Range<u16>),
    Several(Vec<u16>),
}

impl IntoIterator for Periods {
    type Item = u16;
    type IntoIter = std::iter::Chain<std::ops::Range<u16>, std::vec::IntoIter<u16>>;

    fn into_iter(self) -> Self::IntoIter {
        match self {
            Self::Range(range) => range.chain(Vec::new()),
            Self::Several(positions) => (0..0).chain(positions),
        }
    }
}

fn periods_of(record: Joined<'_>, indicator: &Indicator, definitions: &Definitions) -> Result<(u8, Periods), Reason> {
    if indicator.window.needs_interval() {
        return intervals_of(record, indicator, definitions);
    }
    let dates = indicator.when.iter().enumerate();
    let (basis, date) = dates.filter_map(|(i, basis)| Some((i, basis.date(record)?))).next().ok_or(Reason::NoDate)?;
    let span = &definitions.span;
    let range = match indicator.window {
        Window::UpTo if date < span.span().start() => 0..span.span().n_periods() as u16,
        Window::UpTo => {
            let first = span.position_of(date).ok_or(Reason::OutsidePeriods)? as u16;
            first..span.span().n_periods() as u16
        }
        _ => {
            let position = span.position_of(date).ok_or(Reason::OutsidePeriods)? as u16;
            position..position + 1
        }
    };
    Ok((basis as u8, Periods::Range(range)))
}

/// The periods that a record's intervals touch or cover the end of; each period once.
fn intervals_of(record: Joined<'_>, indicator: &Indicator, definitions: &Definitions) -> Result<(u8, Periods), Reason> {
    for (basis, date_basis) in indicator.when.iter().enumerate() {
        let mut any = false;
        let mut positions = Vec::new();
        for interval in date_basis.intervals(record) {
            any = true;
            let span = definitions.span.span();
            let touched = touched_by(interval, definitions);
            let periods = touched.filter_map(|position| Some((position, span.get(position)?)));
            let related = periods
                .filter(|(_, period)| relates(interval, period.start(), period.end(), indicator.window, definitions));
            positions.extend(related.map(|(position, _)| position as u16));
        }
        if any {
            positions.sort_unstable();
            positions.dedup();
            return if positions.is_empty() {
                Err(Reason::OutsidePeriods)
            } else {
                Ok((basis as u8, Periods::Several(positions)))
            };
        }
    }
    Err(Reason::NoDate)
}

/// The positions between the interval's ends: no other period can relate to it, and a stay of some days need not be held
/// against every week of two years.
fn touched_by(interval: Interval, definitions: &Definitions) -> std::ops::Range<usize> {
    let span = definitions.span.span();
    let end = interval.end.unwrap_or(definitions.today);
    if end < interval.start || end < span.start() || span.end() < interval.start {
        return 0..0;
    }
    let position = |date| definitions.span.position_of(date);
    let first = position(interval.start.max(span.start())).unwrap_or(0);
    first..position(end.min(span.end())).map_or(span.n_periods(), |last| last + 1)
}

fn relates(
    interval: Interval,
    first: jiff::civil::Date,
    last: jiff::civil::Date,
    window: Window,
    definitions: &Definitions,
) -> bool {
    // An open interval goes on until now; one that begins after now has not begun.
    let end = interval.end.unwrap_or(definitions.today);
    match window {
        Window::AtEnd => {
            let day = last.min(definitions.today);
            // A period that has not begun has no end to look at.
            day >= first && interval.start <= day && day <= end
        }
        _ => interval.start <= last && first <= end && interval.start <= end,
    }
}

fn place_of(record: Joined<'_>, indicator: &Indicator, definitions: &Definitions) -> Result<u32, Reason> {
    let location = (indicator.place.get)(record).text().ok_or(Reason::NoPlace)?;
    match definitions.places.resolve(location) {
        Resolution::Mapped { org_unit, .. } => Ok(org_unit as u32),
        Resolution::Unmapped => Err(Reason::PlaceNotMapped),
        Resolution::Unknown => Err(Reason::UnknownPlace),
    }
}

fn groups_of(record: Joined<'_>, indicator: &Indicator, definitions: &Definitions) -> Groups {
    let (mut combo, mut unknown) = (0, Vec::new());
    for dimension_index in &indicator.by {
        let dimension = &definitions.dimensions[*dimension_index];
        let (group, is_unknown) = dimension.group(record);
        if is_unknown {
            unknown.push(*dimension_index as u16);
        }
        let Some(group) = group else {
            return Groups { combo: Err(Reason::UnknownGroup(*dimension_index as u16)), unknown };
        };
        combo = combo * dimension.n_groups() as u32 + group as u32;
    }
    Groups { combo: Ok(combo), unknown }
}

fn amount_of<'r>(record: Joined<'r>, indicator: &'r Indicator) -> Result<Amount<'r>, Reason> {
    use crate::indicator::Measure;
    let Some(measured) = indicator.measure.expression() else { return Ok(Amount::One) };
    let value = measured.value(record);
    let amount = match indicator.measure {
        Measure::CountDistinct(_) => value.text().map(Amount::Text).or(value.number().map(Amount::Number)),
        _ => value.number().map(Amount::Number),
    };
    amount.ok_or(Reason::NoValue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_outlives_the_records() {
        let cell = CellKey { indicator: 0, period: 0, place: 0, combo: 0 };
        let text = String::from("a record's own");
        let mut found = Contributions::default();
        for period in 0..100 {
            found.outcomes.push(Outcome::Counted { basis: 0 });
            found.cells.push(Contribution { cell: CellKey { period, ..cell }, amount: Amount::Text(&text) });
            found.unknown.push((0, 0));
            found.missed.push((0, 0));
        }
        let capacity = |found: &Contributions<'_>| {
            let both = (found.outcomes.capacity(), found.cells.capacity());
            (both, found.unknown.capacity(), found.missed.capacity())
        };
        let before = (capacity(&found), found.cells.as_ptr().addr());

        let recycled: Contributions<'static> = found.recycle();
        drop(text);

        assert_eq!((capacity(&recycled), recycled.cells.as_ptr().addr()), before);
        assert!(recycled.outcomes.is_empty() && recycled.cells.is_empty());
        assert!(recycled.unknown.is_empty() && recycled.missed.is_empty());
    }
}
