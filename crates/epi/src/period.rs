//! Periods: the days, weeks, months and years that aggregate values are reported for, exactly as DHIS2 has them.
//!
//! A [`PeriodType`] cuts time into periods without gap or overlap; a [`Period`] is one of them, known by its id
//! (`2020W53`); a [`Span`] is a row of periods of one type. The calendar is that of ISO 8601: a server that counts in
//! another one must be refused before its periods are read here. Nothing in this module knows what day it is today.

mod open;
mod parse;
mod period_type;
mod span;

use std::fmt;

use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use self::open::{is_expired, is_open, last_open_day, latest_open};
pub use self::parse::PeriodError;
pub use self::period_type::PeriodType;
pub use self::span::{SPAN_PERIODS_MAX, SPAN_YEARS_MAX, Span, SpanError, SpanIndex, SpanPeriods};

use self::period_type::{Number, Rhythm};
use crate::day;
use crate::week::WeekRule;

/// One period of one type.
///
/// Periods of a type are ordered by time, and periods of different types by type (a day before a week before a month).
/// Serialised it is its id. Dates before the year 0 and after 9999 are in periods too, but no id of theirs can be read
/// back, since DHIS2's ids have a year of four digits.
///
/// ```
/// use epi::period::Period;
/// use jiff::civil::date;
///
/// let week = Period::parse("2020W53")?;
/// assert_eq!((week.start(), week.end()), (date(2020, 12, 28), date(2021, 1, 3)));
/// assert_eq!(week.next().map(|next| next.to_string()).as_deref(), Some("2021W1"));
/// # Ok::<(), epi::period::PeriodError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    period_type: PeriodType,
    /// The place among all periods of the type: neighbours differ by one.
    ordinal: i32,
}

impl Period {
    /// The type that this is a period of.
    #[must_use]
    pub fn period_type(self) -> PeriodType {
        self.period_type
    }

    /// The first day.
    #[must_use]
    pub fn start(self) -> Date {
        day::date_clamped(self.start_number())
    }

    /// The last day, which still belongs to the period.
    #[must_use]
    pub fn end(self) -> Date {
        day::date_clamped(self.end_number())
    }

    /// The last day that DHIS2 keeps for the period.
    ///
    /// It is [`Period::end`], save for the `BiWeekly` period 27 that a year of 53 weeks has. DHIS2 gives that one two weeks
    /// like the others, although the second of them is also the first week of the next year's period 1. A record is counted
    /// once, so here the week belongs to period 1 alone; DHIS2's own rules about dates reckon with this day.
    #[must_use]
    pub fn nominal_end(self) -> Date {
        day::date_clamped(self.nominal_end_number())
    }

    /// Whether the day lies in the period.
    #[must_use]
    #[inline]
    pub fn contains(self, date: Date) -> bool {
        Self::containing(self.period_type, date).ordinal == self.ordinal
    }

    /// The id as DHIS2 writes it, weeks without padding: `2020W1`.
    #[must_use]
    pub fn id(self) -> CompactString {
        let traits = self.period_type.traits();
        let mark = traits.mark;
        if let Rhythm::Days = traits.rhythm {
            let date = self.start();
            return compact_str::format_compact!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
        }
        let (year, number) = self.year_and_number();
        match traits.number {
            Number::None => compact_str::format_compact!("{year:04}{mark}"),
            Number::Digit | Number::Digits => {
                compact_str::format_compact!("{year:04}{mark}{number}")
            }
            Number::Calendar => compact_str::format_compact!("{year:04}{number:02}{mark}"),
        }
    }

    /// The period after this one, or `None` when it would begin after the year 9999.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.advance(1)
    }

    /// The period before this one, or `None` when it would end before the year -9999.
    #[must_use]
    pub fn previous(self) -> Option<Self> {
        self.advance(-1)
    }

    /// The period that is `n` places later, or earlier when `n` is negative; `None` outside of the years -9999 to 9999.
    #[must_use]
    pub fn advance(self, n: i32) -> Option<Self> {
        let ordinal = self.ordinal.checked_add(n)?;
        let first = Self::containing(self.period_type, Date::MIN).ordinal;
        let last = Self::containing(self.period_type, Date::MAX).ordinal;
        (first..=last).contains(&ordinal).then_some(Self { ordinal, ..self })
    }

    #[inline]
    fn containing(period_type: PeriodType, date: Date) -> Self {
        let ordinal = match period_type.traits().rhythm {
            Rhythm::Days => day::number(date),
            Rhythm::Weeks(rule) => rule.index_of(day::number(date)),
            Rhythm::BiWeeks => {
                let week = WeekRule::ISO.week_of(date);
                first_bi_week(i32::from(week.year)) + i32::from((week.number - 1) / 2)
            }
            Rhythm::Months { length, shift } => {
                let month = i32::from(date.year()) * 12 + i32::from(date.month()) - 1;
                (month - shift).div_euclid(length)
            }
        };
        Self { period_type, ordinal }
    }

    /// The period of this number in the year, or `Err` with how many there are.
    fn in_year(period_type: PeriodType, year: i32, number: i32) -> Result<Self, i32> {
        let (before_first, count) = match period_type.traits().rhythm {
            Rhythm::Days => {
                let first = day::from_civil(year, 1, 1);
                (first, day::from_civil(year + 1, 1, 1) - first)
            }
            Rhythm::Weeks(rule) => (rule.first_index(year), rule.first_index(year + 1) - rule.first_index(year)),
            Rhythm::BiWeeks => (first_bi_week(year), first_bi_week(year + 1) - first_bi_week(year)),
            Rhythm::Months { length, .. } => (year * (12 / length), 12 / length),
        };
        if (1..=count).contains(&number) {
            Ok(Self { period_type, ordinal: before_first + number - 1 })
        } else {
            Err(count)
        }
    }

    /// The year and the number that the id shows; the inverse of [`Period::in_year`].
    fn year_and_number(self) -> (i32, i32) {
        match self.period_type.traits().rhythm {
            Rhythm::Days => {
                let (year, day_of_year) = day::year_and_day(self.ordinal);
                (year, day_of_year + 1)
            }
            Rhythm::Weeks(rule) => {
                let week = rule.week_at(self.ordinal);
                (i32::from(week.year), i32::from(week.number))
            }
            Rhythm::BiWeeks => {
                let year = bi_week_year(self.ordinal);
                (year, self.ordinal - first_bi_week(year) + 1)
            }
            Rhythm::Months { length, .. } => {
                let per_year = 12 / length;
                (self.ordinal.div_euclid(per_year), self.ordinal.rem_euclid(per_year) + 1)
            }
        }
    }

    fn start_number(self) -> i32 {
        match self.period_type.traits().rhythm {
            Rhythm::Days => self.ordinal,
            Rhythm::Weeks(rule) => rule.first_day_number(self.ordinal),
            Rhythm::BiWeeks => {
                let (year, number) = self.year_and_number();
                WeekRule::ISO.first_day_number(WeekRule::ISO.first_index(year) + (number - 1) * 2)
            }
            Rhythm::Months { length, shift } => {
                let month = self.ordinal * length + shift;
                day::from_civil(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1)
            }
        }
    }

    /// One day before the next period: so there is never a gap or an overlap.
    fn end_number(self) -> i32 {
        Self { ordinal: self.ordinal + 1, ..self }.start_number() - 1
    }

    fn nominal_end_number(self) -> i32 {
        match self.period_type {
            PeriodType::BiWeekly => self.start_number() + 13,
            _ => self.end_number(),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.id())
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Period({} {})", self.period_type, self.id())
    }
}

impl std::str::FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        Self::parse(text)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.id())
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Id;

        impl de::Visitor<'_> for Id {
            type Value = Period;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the id of a period, such as `2020W53`")
            }

            fn visit_str<E: de::Error>(self, id: &str) -> Result<Period, E> {
                Period::parse(id).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Id)
    }
}

/// What period the day lies in, by every type, from the shortest to the longest.
#[must_use]
pub fn explain(date: Date) -> Vec<(PeriodType, Period)> {
    PeriodType::ALL.into_iter().map(|period_type| (period_type, period_type.containing(date))).collect()
}

/// The ordinal of the first bi-week of the year; 0 in 1970. A year has 26, and one more if it has 53 weeks.
fn first_bi_week(year: i32) -> i32 {
    WeekRule::ISO.first_index(year) - 26 * (year - 1970)
}

/// The year that the bi-week with this ordinal belongs to.
fn bi_week_year(ordinal: i32) -> i32 {
    // 400 years have 20,871 weeks, so 10,471 bi-weeks: the estimate is at most one year off.
    let mut year = 1970 + (ordinal * 400).div_euclid(10_471);
    while first_bi_week(year) > ordinal {
        year -= 1;
    }
    while first_bi_week(year + 1) <= ordinal {
        year += 1;
    }
    year
}
