//! What is due now, given what was settled before.

use super::Schedule;
use jiff::{SignedDuration, Timestamp};

/// Due times that are counted at most: a year of one every hour. Older ones are settled with them, uncounted.
pub const COUNTED_MAX: u32 = 10_000;

/// Due times that came and are not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The oldest.
    pub first: Timestamp,
    /// The newest.
    pub last: Timestamp,
    /// How many, both included; at most [`COUNTED_MAX`].
    pub n: u32,
    /// The newest but one; none if there is one only.
    pub last_but_one: Option<Timestamp>,
}

/// The due times after `settled` and not after `now`; none if nothing is due.
pub fn owed(schedule: &Schedule, settled: Timestamp, now: Timestamp) -> Option<Owed> {
    let last = schedule.last_by(now).filter(|due| *due > settled)?;
    let (mut first, mut n, mut last_but_one) = (last, 1, None);
    while n < COUNTED_MAX {
        let just_before = first.checked_sub(SignedDuration::from_nanos(1)).ok();
        let Some(due) = just_before.and_then(|at| schedule.last_by(at)).filter(|due| *due > settled) else { break };
        last_but_one = last_but_one.or(Some(due));
        (first, n) = (due, n + 1);
    }
    Some(Owed { first, last, n, last_but_one })
}

/// The newest due time whose deadline passed without a run that came through since; none if there is none. What was due
/// before `since` does not count.
pub fn overdue(
    schedule: &Schedule,
    deadline: SignedDuration,
    since: Timestamp,
    last_success: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let due = schedule.last_by(now.checked_sub(deadline).ok()?)?;
    (due > since && last_success.is_none_or(|success| success < due)).then_some(due)
}
