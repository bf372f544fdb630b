//! DHIS2's rules of when a period accepts values: not too late (expiry) and not too early (open future periods).
//!
//! They are those of the importers of DHIS2 up to 2.42 and from 2.43 on, read off their code. *Today* is the server's date
//! in the server's time zone, which the caller knows. Not here, because they are data and no rule of the calendar: a user who
//! may edit expired periods, lock exceptions, and data input periods, which 2.43 asks instead of these two rules.

use jiff::civil::Date;

use super::{Period, PeriodType};
use crate::day;

/// The last day on which values are accepted, or `None` when the period never expires (`expiry_days` is 0).
///
/// DHIS2 compares the instant *now* with the midnight that begins the day `end + 1 day + expiry days`, and locks when now is
/// later. So that day is already locked, and the one before it, `end + expiry days`, is the last that is open.
#[must_use]
pub fn last_open_day(period: Period, expiry_days: u32) -> Option<Date> {
    if expiry_days == 0 {
        return None;
    }
    let days = i32::try_from(expiry_days).unwrap_or(i32::MAX);
    Some(day::date_clamped(period.nominal_end_number().saturating_add(days)))
}

/// Whether the data set's expiry days have locked the period today; 0 of them never do.
#[must_use]
pub fn is_expired(period: Period, expiry_days: u32, today: Date) -> bool {
    last_open_day(period, expiry_days).is_some_and(|last| today > last)
}

/// The latest period that accepts values, by the data set's open future periods.
///
/// With 0 that is the period *before* the current one: the current one is rejected until it is over. `None` beyond the year
/// 9999. DHIS2 takes 14 days off to find the bi-week before, and so leaves out a period 27.
#[must_use]
pub fn latest_open(period_type: PeriodType, today: Date, open_future_periods: u32) -> Option<Period> {
    let current = period_type.containing(today);
    let before = match period_type {
        PeriodType::BiWeekly => period_type.containing(day::date(current.start_number().checked_sub(14)?)?),
        _ => current.previous()?,
    };
    before.advance(i32::try_from(open_future_periods).ok()?)
}

/// Whether the period is not too early for values today: it ends no later than the latest open one.
#[must_use]
pub fn is_open(period: Period, today: Date, open_future_periods: u32) -> bool {
    latest_open(period.period_type(), today, open_future_periods)
        .is_some_and(|latest| period.nominal_end_number() <= latest.nominal_end_number())
}
