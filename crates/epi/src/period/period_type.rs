//! The period types: their names, formats and rhythm.

use std::fmt;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Period;
use crate::week::WeekRule;

/// A way to cut time into periods, as DHIS2 names it.
///
/// Every type cuts it completely: each day lies in exactly one period of each type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PeriodType {
    /// A day: `20210103`.
    Daily,
    /// An ISO 8601 week, Monday to Sunday: `2020W53`.
    Weekly,
    /// A week from Wednesday: `2021WedW1`.
    WeeklyWednesday,
    /// A week from Thursday: `2021ThuW1`.
    WeeklyThursday,
    /// A week from Friday: `2021FriW1`.
    WeeklyFriday,
    /// A week from Saturday: `2021SatW1`.
    WeeklySaturday,
    /// A week from Sunday, the MMWR week of the CDC: `2021SunW1`.
    WeeklySunday,
    /// The ISO weeks 2n-1 and 2n: `2020BiW27`. In a year of 53 weeks the last one has a single week; see
    /// [`Period::nominal_end`].
    BiWeekly,
    /// A calendar month: `202101`.
    Monthly,
    /// Two calendar months, numbered 01 to 06: `202101B`.
    BiMonthly,
    /// A quarter from January, April, July or October: `2021Q1`.
    Quarterly,
    /// A quarter from November of the year before, February, May or August: `2021NovQ1`.
    QuarterlyNov,
    /// Half a year from January or July: `2021S1`.
    SixMonthly,
    /// Half a year from April or October: `2020AprilS2`.
    SixMonthlyApril,
    /// Half a year from November of the year before, or May: `2021NovS1`.
    SixMonthlyNov,
    /// A calendar year: `2021`.
    Yearly,
    /// A year from February: `2020Feb`.
    FinancialFeb,
    /// A year from April: `2020April`.
    FinancialApril,
    /// A year from July: `2020July`.
    FinancialJuly,
    /// A year from August: `2020Aug`.
    FinancialAug,
    /// A year from September: `2020Sep`.
    FinancialSep,
    /// A year from October: `2020Oct`.
    FinancialOct,
    /// A year from November *of the year before*: `2021Nov` is November 2020 to October 2021.
    FinancialNov,
}

/// How the periods of a type follow each other.
#[derive(Clone, Copy)]
pub(super) enum Rhythm {
    Days,
    Weeks(WeekRule),
    BiWeeks,
    /// `length` months each; the first period of a year begins `shift` months after its January.
    Months {
        length: i32,
        shift: i32,
    },
}

/// How a period's number in its year is written after the mark of its type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// Not at all: the period is a year.
    None,
    /// One digit: quarters and half years.
    Digit,
    /// One or two digits: weeks.
    Digits,
    /// Month and perhaps day, always two digits each, before the mark.
    Calendar,
}

/// What is fixed for a type.
pub(super) struct Traits {
    name: &'static str,
    format: &'static str,
    pub(super) mark: &'static str,
    pub(super) number: Number,
    pub(super) rhythm: Rhythm,
    since: Option<u32>,
}

impl PeriodType {
    /// All types, from the shortest to the longest.
    pub const ALL: [Self; 23] = [
        Self::Daily,
        Self::Weekly,
        Self::WeeklyWednesday,
        Self::WeeklyThursday,
        Self::WeeklyFriday,
        Self::WeeklySaturday,
        Self::WeeklySunday,
        Self::BiWeekly,
        Self::Monthly,
        Self::BiMonthly,
        Self::Quarterly,
        Self::QuarterlyNov,
        Self::SixMonthly,
        Self::SixMonthlyApril,
        Self::SixMonthlyNov,
        Self::Yearly,
        Self::FinancialFeb,
        Self::FinancialApril,
        Self::FinancialJuly,
        Self::FinancialAug,
        Self::FinancialSep,
        Self::FinancialOct,
        Self::FinancialNov,
    ];

    /// The name that DHIS2 gives the type in `periodType`, such as `WeeklyWednesday`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.traits().name
    }

    /// The type with this name, which must be written exactly as DHIS2 does.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period_type| period_type.name() == name)
    }

    /// The format of its period ids, as DHIS2 writes it: `yyyyWedWn`. An `n` is not padded.
    #[must_use]
    pub fn format(self) -> &'static str {
        self.traits().format
    }

    /// The first DHIS2 2.x that has the type (`43` for 2.43), or `None` when every supported one has it.
    #[must_use]
    pub fn since(self) -> Option<u32> {
        self.traits().since
    }

    /// The period that contains the day.
    ///
    /// ```
    /// use epi::period::PeriodType;
    /// use jiff::civil::date;
    ///
    /// assert_eq!(PeriodType::Weekly.containing(date(2021, 1, 3)).to_string(), "2020W53");
    /// ```
    #[must_use]
    #[inline]
    pub fn containing(self, date: Date) -> Period {
        Period::containing(self, date)
    }

    pub(super) const fn traits(self) -> &'static Traits {
        &TRAITS[self as usize]
    }
}

impl fmt::Display for PeriodType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for PeriodType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for PeriodType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl de::Visitor<'_> for Name {
            type Value = PeriodType;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a period type, such as `Weekly`")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<PeriodType, E> {
                PeriodType::from_name(name).ok_or_else(|| E::invalid_value(de::Unexpected::Str(name), &self))
            }
        }

        deserializer.deserialize_str(Name)
    }
}

/// In the order of [`PeriodType::ALL`], which is the order of the enum.
static TRAITS: [Traits; 23] = [
    Traits { name: "Daily", format: "yyyyMMdd", mark: "", number: Number::Calendar, rhythm: Rhythm::Days, since: None },
    weekly("Weekly", "yyyyWn", "W", Weekday::Monday, None),
    weekly("WeeklyWednesday", "yyyyWedWn", "WedW", Weekday::Wednesday, None),
    weekly("WeeklyThursday", "yyyyThuWn", "ThuW", Weekday::Thursday, None),
    weekly("WeeklyFriday", "yyyyFriWn", "FriW", Weekday::Friday, Some(43)),
    weekly("WeeklySaturday", "yyyySatWn", "SatW", Weekday::Saturday, None),
    weekly("WeeklySunday", "yyyySunWn", "SunW", Weekday::Sunday, None),
    Traits {
        name: "BiWeekly",
        format: "yyyyBiWn",
        mark: "BiW",
        number: Number::Digits,
        rhythm: Rhythm::BiWeeks,
        since: None,
    },
    months("Monthly", "yyyyMM", "", Number::Calendar, 1, 0, None),
    months("BiMonthly", "yyyyMMB", "B", Number::Calendar, 2, 0, None),
    months("Quarterly", "yyyyQn", "Q", Number::Digit, 3, 0, None),
    months("QuarterlyNov", "yyyyNovQn", "NovQ", Number::Digit, 3, -2, Some(38)),
    months("SixMonthly", "yyyySn", "S", Number::Digit, 6, 0, None),
    months("SixMonthlyApril", "yyyyAprilSn", "AprilS", Number::Digit, 6, 3, None),
    months("SixMonthlyNov", "yyyyNovSn", "NovS", Number::Digit, 6, -2, None),
    months("Yearly", "yyyy", "", Number::None, 12, 0, None),
    months("FinancialFeb", "yyyyFeb", "Feb", Number::None, 12, 1, Some(43)),
    months("FinancialApril", "yyyyApril", "April", Number::None, 12, 3, None),
    months("FinancialJuly", "yyyyJuly", "July", Number::None, 12, 6, None),
    months("FinancialAug", "yyyyAug", "Aug", Number::None, 12, 7, Some(43)),
    months("FinancialSep", "yyyySep", "Sep", Number::None, 12, 8, Some(42)),
    months("FinancialOct", "yyyyOct", "Oct", Number::None, 12, 9, None),
    months("FinancialNov", "yyyyNov", "Nov", Number::None, 12, -2, None),
];

const fn weekly(
    name: &'static str,
    format: &'static str,
    mark: &'static str,
    first_day: Weekday,
    since: Option<u32>,
) -> Traits {
    let rhythm = Rhythm::Weeks(WeekRule::starting(first_day));
    Traits { name, format, mark, number: Number::Digits, rhythm, since }
}

const fn months(
    name: &'static str,
    format: &'static str,
    mark: &'static str,
    number: Number,
    length: i32,
    shift: i32,
    since: Option<u32>,
) -> Traits {
    Traits { name, format, mark, number, rhythm: Rhythm::Months { length, shift }, since }
}
