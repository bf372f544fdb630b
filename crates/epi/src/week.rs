//! Numbered weeks, whatever day they begin on.
//!
//! One rule serves every weekly period: weeks begin on a given weekday, and week 1 of a year is the week that contains
//! 4 January, which is the first one with at least four days in that year. Begun on Monday these are the weeks of ISO 8601
//! and of WHO; begun on Sunday they are the MMWR weeks of the CDC. DHIS2 has the same rule for each of its weekly period
//! types. The days around New Year may belong to a week of the other year, so a week carries its own *week-based year*.

use jiff::civil::{Date, Weekday};

use crate::day;

/// How many days lie between the Monday of a week and the Thursday, day 0 (1970-01-01).
const MONDAY_TO_DAY_ZERO: i32 = 3;

/// A week of a week-based year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week {
    /// The week-based year, which on some days around New Year is not the calendar's.
    pub year: i16,
    /// 1 to 52, in some years to 53.
    pub number: u8,
}

/// Weeks that begin on one weekday.
///
/// ```
/// use epi::week::{Week, WeekRule};
/// use jiff::civil::date;
///
/// let day = date(2021, 1, 3); // a Sunday
/// assert_eq!(WeekRule::ISO.week_of(day), Week { year: 2020, number: 53 });
/// assert_eq!(WeekRule::MMWR.week_of(day), Week { year: 2021, number: 1 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WeekRule {
    /// Days from Monday to the first day of the week: 0 for Monday to 6 for Sunday.
    days_after_monday: u8,
}

impl WeekRule {
    /// Weeks from Monday to Sunday, those of ISO 8601.
    pub const ISO: Self = Self::starting(Weekday::Monday);

    /// Weeks from Sunday to Saturday, the epidemiological (MMWR) weeks of the CDC.
    pub const MMWR: Self = Self::starting(Weekday::Sunday);

    /// Weeks that begin on this day.
    #[must_use]
    pub const fn starting(first_day: Weekday) -> Self {
        Self { days_after_monday: first_day.to_monday_zero_offset() as u8 }
    }

    /// The week that contains the day.
    #[must_use]
    pub fn week_of(self, date: Date) -> Week {
        self.week_at(self.index_of(day::number(date)))
    }

    /// How many weeks the week-based year has: 52 or 53.
    #[must_use]
    pub fn weeks_in_year(self, year: i16) -> u8 {
        // The calendar repeats after 400 years, which are a whole number of weeks.
        let year = 2000 + i32::from(year).rem_euclid(400);
        (self.first_index(year + 1) - self.first_index(year)) as u8
    }

    /// The first day of the week, or `None` when that year has no such week.
    ///
    /// Also `None` for the few weeks at the very ends of the years -9999 to 9999 that begin outside of them.
    #[must_use]
    pub fn first_day(self, week: Week) -> Option<Date> {
        let year_exists = (Date::MIN.year()..=Date::MAX.year()).contains(&week.year);
        if !year_exists || !(1..=self.weeks_in_year(week.year)).contains(&week.number) {
            return None;
        }
        let index = self.first_index(i32::from(week.year)) + i32::from(week.number) - 1;
        day::date(self.first_day_number(index))
    }

    /// Weeks in one unbroken row: the index of the week that contains the day of this number.
    #[inline]
    pub(crate) const fn index_of(self, day_number: i32) -> i32 {
        (day_number + MONDAY_TO_DAY_ZERO - self.days_after_monday as i32).div_euclid(7)
    }

    /// The number of the first day of the week with this index.
    pub(crate) const fn first_day_number(self, index: i32) -> i32 {
        index * 7 - MONDAY_TO_DAY_ZERO + self.days_after_monday as i32
    }

    /// The index of week 1 of the year.
    pub(crate) fn first_index(self, year: i32) -> i32 {
        self.index_of(day::from_civil(year, 1, 4))
    }

    /// The week with this index. Its fourth day lies in its week-based year, since week 1 contains 4 January and so begins
    /// between 29 December and 4 January.
    pub(crate) fn week_at(self, index: i32) -> Week {
        let (year, day_of_year) = day::year_and_day(self.first_day_number(index) + 3);
        Week { year: year as i16, number: (day_of_year / 7 + 1) as u8 }
    }
}
