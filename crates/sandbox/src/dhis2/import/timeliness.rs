//! Whether a slice may be written now: expiry, future periods, input periods, locks, approval.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::super::metadata::DataSet;
use super::super::period::{Period, PeriodType};
use super::super::{Server, Session, slice};

/// Whether the slice has expired: a day and the expiry days after the period's end have passed, or
/// the test locked it. A lock exception opens it again.
pub(super) fn is_expired(server: &Server, session: &Session, set: &DataSet, period: &Period, unit: &str) -> bool {
    let named = slice(&set.uid, &period.iso, unit);
    if server.lock_exceptions.contains(&named) {
        return false;
    }
    let deadline = period.end.checked_add((1 + set.expiry_days).days()).ok();
    let deadline = deadline.and_then(|day: Date| day.to_zoned(TimeZone::UTC).ok());
    let passed = set.expiry_days > 0 && deadline.is_some_and(|at| session.now > at.timestamp());
    passed || server.locked.contains(&named)
}

/// The last period that is open for the data set: the one before the current, advanced by the open
/// future periods.
pub(super) fn latest_open(session: &Session, set: &DataSet) -> Option<Period> {
    let kind = PeriodType::by_name(&set.period_type)?;
    let mut latest = kind.containing(session.today())?.previous()?;
    for _ in 0..set.open_future_periods {
        latest = latest.next()?;
    }
    Some(latest)
}

/// Whether the period is one that the data set's input periods open now; without any, all are.
pub(super) fn is_input_open(session: &Session, set: &DataSet, period: &Period) -> bool {
    set.input_periods.is_empty() || any_input_matches(session, set, period)
}

/// As [`is_input_open`], read backwards if the release does.
pub(super) fn is_input_open_quirky(session: &Session, set: &DataSet, period: &Period) -> bool {
    set.input_periods.is_empty() || any_input_matches(session, set, period) != session.inverted
}

/// Whether the data of the slice has been approved.
pub(super) fn is_approved(server: &Server, set: &DataSet, period: &Period, unit: &str) -> bool {
    server.approved.contains(&slice(&set.uid, &period.iso, unit))
}

fn any_input_matches(session: &Session, set: &DataSet, period: &Period) -> bool {
    set.input_periods.iter().any(|entry| {
        let same = Period::parse(&entry.period, session.version).is_some_and(|p| p.iso == period.iso);
        same && entry.opening.is_none_or(|at| session.now >= at) && entry.closing.is_none_or(|at| session.now <= at)
    })
}
