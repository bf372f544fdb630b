//! A row of periods: what a run covers.

use std::iter::FusedIterator;
use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Period, PeriodType};
use crate::day;

/// How many periods a span may have: 27 years of days. A run reads and compares all its periods, so a longer one is far
/// more likely a slip of the pen than a wish.
pub const SPAN_PERIODS_MAX: usize = 10_000;

/// How many years a span may touch. No outbreak lasts longer, and a [`SpanIndex`] grows with them.
pub const SPAN_YEARS_MAX: usize = 200;

/// The periods of one type from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Ends", into = "Ends")]
pub struct Span {
    first: Period,
    last: Period,
}

/// Why there is no such span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// A span of no periods was asked for.
    #[error("a span has at least one period")]
    Empty,
    /// The ends are the wrong way round.
    #[error("the span from `{from}` to `{to}` runs backwards")]
    Reversed {
        /// The first period.
        from: Period,
        /// The last period.
        to: Period,
    },
    /// The ends are periods of different types.
    #[error("the span from `{from}` ({}) to `{to}` ({}) mixes period types", .from.period_type(), .to.period_type())]
    MixedTypes {
        /// The first period.
        from: Period,
        /// The last period.
        to: Period,
    },
    /// More periods than [`SPAN_PERIODS_MAX`].
    #[error("a span of {count} periods is longer than {SPAN_PERIODS_MAX}, the most that a run covers")]
    TooManyPeriods {
        /// How many were asked for.
        count: usize,
    },
    /// More years than [`SPAN_YEARS_MAX`].
    #[error("a span of {count} years is longer than {SPAN_YEARS_MAX}, the most that a run covers")]
    TooManyYears {
        /// How many calendar years it would touch.
        count: usize,
    },
    /// The span would leave the years -9999 to 9999.
    #[error("the span leaves the calendar")]
    OutsideCalendar,
}

impl Span {
    /// From one period to another of the same type, both included.
    ///
    /// # Errors
    /// When the types differ, the order is wrong or the span is too long.
    pub fn between(from: Period, to: Period) -> Result<Self, SpanError> {
        if from.period_type != to.period_type {
            return Err(SpanError::MixedTypes { from, to });
        }
        if from > to {
            return Err(SpanError::Reversed { from, to });
        }
        let span = Self { first: from, last: to };
        if span.n_periods() > SPAN_PERIODS_MAX {
            return Err(SpanError::TooManyPeriods { count: span.n_periods() });
        }
        let years = usize::from((to.end().year() - from.start().year()) as u16) + 1;
        if years > SPAN_YEARS_MAX {
            return Err(SpanError::TooManyYears { count: years });
        }
        Ok(span)
    }

    /// The `n` last periods that are closed: a period is closed when its last day is over.
    ///
    /// # Errors
    /// When `n` is 0 or too long a span.
    pub fn closed(period_type: PeriodType, today: Date, n: usize) -> Result<Self, SpanError> {
        let last = period_type.containing(today).previous().ok_or(SpanError::OutsideCalendar)?;
        Self::ending_with(last, n)
    }

    /// The `n` last periods up to today: with `include_open` the current one is the last of them, without it they are the
    /// closed ones.
    ///
    /// # Errors
    /// When `n` is 0 or too long a span.
    pub fn look_back(period_type: PeriodType, today: Date, n: usize, include_open: bool) -> Result<Self, SpanError> {
        if include_open {
            Self::ending_with(period_type.containing(today), n)
        } else {
            Self::closed(period_type, today, n)
        }
    }

    /// The first period.
    #[must_use]
    pub fn first(self) -> Period {
        self.first
    }

    /// The last period, which still belongs to the span.
    #[must_use]
    pub fn last(self) -> Period {
        self.last
    }

    /// The type of all its periods.
    #[must_use]
    pub fn period_type(self) -> PeriodType {
        self.first.period_type
    }

    /// The first day of the first period.
    #[must_use]
    pub fn start(self) -> Date {
        self.first.start()
    }

    /// The last day of the last period.
    #[must_use]
    pub fn end(self) -> Date {
        self.last.end()
    }

    /// How many periods there are: at least one.
    #[must_use]
    pub fn n_periods(self) -> usize {
        (i64::from(self.last.ordinal) - i64::from(self.first.ordinal) + 1) as usize
    }

    /// The period at this position, from 0.
    #[must_use]
    pub fn get(self, position: usize) -> Option<Period> {
        (position < self.n_periods()).then(|| self.at(position))
    }

    /// Whether the period is one of the span: of its type, and between its ends.
    #[must_use]
    pub fn contains(self, period: Period) -> bool {
        self.position(period).is_some()
    }

    /// The position of the period, from 0.
    #[must_use]
    pub fn position(self, period: Period) -> Option<usize> {
        (self.first..=self.last).contains(&period).then(|| (period.ordinal - self.first.ordinal) as usize)
    }

    /// The position of the period that contains the day, from 0. A pass over many dates asks a [`SpanIndex`].
    #[must_use]
    #[inline]
    pub fn position_of(self, date: Date) -> Option<usize> {
        self.position(self.period_type().containing(date))
    }

    /// The periods in order.
    #[must_use]
    pub fn iter(self) -> SpanPeriods {
        SpanPeriods { span: self, positions: 0..self.n_periods() }
    }

    /// The table that finds positions fastest.
    #[must_use]
    pub fn index(self) -> SpanIndex {
        SpanIndex::new(self)
    }

    fn ending_with(last: Period, n: usize) -> Result<Self, SpanError> {
        if n == 0 {
            return Err(SpanError::Empty);
        }
        if n > SPAN_PERIODS_MAX {
            return Err(SpanError::TooManyPeriods { count: n });
        }
        let first = last.advance(1 - n as i32).ok_or(SpanError::OutsideCalendar)?;
        Self::between(first, last)
    }

    fn at(self, position: usize) -> Period {
        Period { ordinal: self.first.ordinal + position as i32, ..self.first }
    }
}

impl IntoIterator for Span {
    type Item = Period;
    type IntoIter = SpanPeriods;

    fn into_iter(self) -> SpanPeriods {
        self.iter()
    }
}

/// The periods of a [`Span`] in order.
#[derive(Clone, Debug)]
pub struct SpanPeriods {
    span: Span,
    positions: Range<usize>,
}

impl Iterator for SpanPeriods {
    type Item = Period;

    fn next(&mut self) -> Option<Period> {
        self.positions.next().map(|position| self.span.at(position))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.positions.size_hint()
    }

    fn nth(&mut self, n: usize) -> Option<Period> {
        self.positions.nth(n).map(|position| self.span.at(position))
    }
}

impl DoubleEndedIterator for SpanPeriods {
    fn next_back(&mut self) -> Option<Period> {
        self.positions.next_back().map(|position| self.span.at(position))
    }
}

impl ExactSizeIterator for SpanPeriods {}

impl FusedIterator for SpanPeriods {}

/// The position of every day of a [`Span`], looked up without any calendar arithmetic.
///
/// A slot for each day 0 to 31 of each month, two bytes each: 3 KB for four years.
#[derive(Clone, Debug)]
pub struct SpanIndex {
    span: Span,
    /// The slot of day 0 of the month that the span begins in, were the table to begin in the year 0.
    origin: i32,
    positions: Box<[u16]>,
}

/// What stands in the slots of days outside of the span.
const OUTSIDE: u16 = u16::MAX;
const _: () = assert!(SPAN_PERIODS_MAX <= OUTSIDE as usize);

impl SpanIndex {
    /// Builds the table, which takes some nanoseconds for each day.
    #[must_use]
    pub fn new(span: Span) -> Self {
        let origin = slot(span.start().first_of_month()) - 1;
        let n_slots = slot(span.end()) - origin + 1;
        let mut positions = vec![OUTSIDE; n_slots as usize].into_boxed_slice();
        for (position, period) in span.iter().enumerate() {
            for number in day::number(period.start())..=day::number(period.end()) {
                positions[(slot(day::date_clamped(number)) - origin) as usize] = position as u16;
            }
        }
        Self { span, origin, positions }
    }

    /// The span that it is the index of.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// The position of the period that contains the day, from 0, as [`Span::position_of`].
    #[must_use]
    #[inline]
    pub fn position_of(&self, date: Date) -> Option<usize> {
        let slot = usize::try_from(slot(date) - self.origin).ok()?;
        self.positions.get(slot).filter(|position| **position != OUTSIDE).map(|position| usize::from(*position))
    }
}

/// A number for each date that grows with it and needs no calendar: 32 slots a month.
#[inline]
fn slot(date: Date) -> i32 {
    (i32::from(date.year()) * 12 + i32::from(date.month())) * 32 + i32::from(date.day())
}

/// How a span is serialised: its first and last period.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ends {
    first: Period,
    last: Period,
}

impl From<Span> for Ends {
    fn from(span: Span) -> Self {
        Self { first: span.first, last: span.last }
    }
}

impl TryFrom<Ends> for Span {
    type Error = SpanError;

    fn try_from(ends: Ends) -> Result<Self, SpanError> {
        Self::between(ends.first, ends.last)
    }
}
