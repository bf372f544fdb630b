//! Days as plain numbers: how many have passed since 1 January 1970.
//!
//! Counting is what the calendar does all day, and a number counts faster than a date of year, month and day. The calendar
//! is the proleptic Gregorian one of ISO 8601, the only one that this crate knows.

use jiff::civil::Date;

/// Years added before dividing, so that every year of a [`Date`] (-9999 to 9999) is positive: 30 cycles of 400 years.
const SHIFT_YEARS: i32 = 12_000;

/// Days from 1 March of year -12000, where the shifted count begins, to 1 January 1970.
const SHIFT_DAYS: i32 = 30 * DAYS_PER_400_YEARS + 719_468;

/// The calendar repeats after this many days.
const DAYS_PER_400_YEARS: i32 = 146_097;

/// The number of the day: 0 is 1970-01-01, 1 the day after it, -1 the day before.
///
/// ```
/// use epi::day;
/// use jiff::civil::date;
///
/// assert_eq!(day::number(date(1970, 1, 1)), 0);
/// assert_eq!(day::number(date(2021, 1, 3)), 18_630);
/// ```
#[must_use]
#[inline]
pub fn number(date: Date) -> i32 {
    from_civil(i32::from(date.year()), date.month() as u32, date.day() as u32)
}

/// The date with this number, or `None` outside of the years -9999 to 9999 that a [`Date`] can hold.
#[must_use]
pub fn date(number: i32) -> Option<Date> {
    if number < self::number(Date::MIN) || number > self::number(Date::MAX) {
        return None;
    }
    let (year, month, day) = to_civil(number);
    Date::new(i16::try_from(year).ok()?, month as i8, day as i8).ok()
}

/// The date with this number, or the nearest one that a [`Date`] can hold.
pub(crate) fn date_clamped(number: i32) -> Date {
    date(number).unwrap_or(if number < 0 { Date::MIN } else { Date::MAX })
}

/// The year that the day belongs to, and its place in it, counted from 0.
pub(crate) fn year_and_day(number: i32) -> (i32, i32) {
    let (year, _, _) = to_civil(number);
    (year, number - from_civil(year, 1, 1))
}

/// Counts days in years that begin in March, so that the leap day is the last one (the algorithm of Howard Hinnant).
#[inline]
pub(crate) fn from_civil(year: i32, month: u32, day: u32) -> i32 {
    let (march_year, march_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let years = (march_year + SHIFT_YEARS) as u32;
    let days = 365 * years + years / 4 - years / 100 + years / 400 + (153 * march_month + 2) / 5 + day - 1;
    days as i32 - SHIFT_DAYS
}

/// The inverse of [`from_civil`] for all days of the years -11999 to 20000 (the algorithm of Neri and Schneider, 2023).
fn to_civil(number: i32) -> (i32, u32, u32) {
    let days = (number + SHIFT_DAYS) as u32;
    let quarter_days = 4 * days + 3;
    let century = quarter_days / DAYS_PER_400_YEARS as u32;
    let day_of_century = quarter_days % DAYS_PER_400_YEARS as u32 / 4;
    let scaled = 2_939_745 * u64::from(4 * day_of_century + 3);
    let year_of_century = (scaled >> 32) as u32;
    let day_of_year = (scaled as u32) / 2_939_745 / 4;
    let month_and_day = 2_141 * day_of_year + 197_913;
    let (month, day) = (month_and_day >> 16, (month_and_day & 0xffff) / 2_141 + 1);
    let march_year = (100 * century + year_of_century) as i32 - SHIFT_YEARS;
    if day_of_year >= 306 { (march_year + 1, month - 12, day) } else { (march_year, month, day) }
}
