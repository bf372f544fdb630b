//! What a daemon has to do now, and when it looks again.

use super::{Daemon, Event, World};
use crate::alert::{Observation, Overdue};
use crate::config::model::Scheduled;
use crate::error::Error;
use crate::schedule::{self, Owed};
use crate::store::{Came, DueRow, RunId, State};
use jiff::{SignedDuration, Timestamp};

/// Somebody who comes so late was there: a machine that starts at the very minute of a due time does not miss it.
const ON_TIME: SignedDuration = SignedDuration::from_mins(5);
/// The first pause after a failure that may pass; each is twice as long as the one before.
const PAUSE_MIN: SignedDuration = SignedDuration::from_mins(1);
/// The longest of them.
const PAUSE_MAX: SignedDuration = SignedDuration::from_mins(60);
/// A report that stays overdue is observed again so often; how often people hear of it is theirs to say.
const OBSERVE_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// Clocks are set back by an hour at most; what is settled further ahead was settled by a clock that was wrong.
const CLOCK_WRONG_BY: SignedDuration = SignedDuration::from_hours(24);

/// A report that is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Duty {
    /// Which of the configuration.
    pub(super) report: usize,
    /// What it does the work of.
    pub(super) owed: Owed,
}

/// Failures that may pass.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tries {
    n: u32,
    until: Timestamp,
}

impl Tries {
    /// Counts one, and says when to try again.
    pub(super) fn again(&mut self, now: Timestamp) -> Timestamp {
        let pause = PAUSE_MIN.saturating_mul(1 << self.n.min(16)).min(PAUSE_MAX);
        self.n += 1;
        self.until = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        self.until
    }
}

/// What came of due times, as the state has it.
pub(super) fn row(
    report: &str,
    scheduled: &Scheduled,
    came: Came,
    (first, last, n): (Timestamp, Timestamp, u32),
    run: Option<RunId>,
    recorded_at: Timestamp,
) -> DueRow {
    let (report, schedule) = (report.to_owned(), scheduled.schedule.to_string());
    DueRow { report, schedule, came, first, last, n, run, recorded_at }
}

/// What a look at a deadline showed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looked {
    /// The due time whose deadline passed, if one did.
    overdue: Option<Timestamp>,
    /// When people were last told of it.
    at: Timestamp,
}

impl<W: World> Daemon<'_, W> {
    /// The reports with a schedule.
    fn scheduled(&self) -> Vec<(usize, String, Scheduled)> {
        let reports = self.config.reports.iter().enumerate();
        reports.filter_map(|(i, report)| Some((i, report.name.clone(), report.scheduled.clone()?))).collect()
    }

    /// From now on a schedule counts that did not before.
    pub(super) fn watch(&mut self, state: &mut State, now: Timestamp) -> Result<(), Error> {
        for (_, report, scheduled) in self.scheduled() {
            let schedule = scheduled.schedule.to_string();
            let known = state.settled(&report)?.is_some_and(|settled| {
                settled.schedule == schedule && settled.until.duration_since(now) <= CLOCK_WRONG_BY
            });
            if !known {
                state.record_due(&[row(&report, &scheduled, Came::Watched, (now, now, 0), None, now)])?;
                self.world.tell(&Event::Watching { report, schedule });
            }
        }
        Ok(())
    }

    /// What has waited longest. What nobody catches up with is missed.
    pub(super) fn next_duty(&mut self, state: &mut State, now: Timestamp) -> Result<Option<Duty>, Error> {
        let mut duties = Vec::new();
        for (i, report, scheduled) in self.scheduled() {
            let Some(settled) = state.settled(&report)? else { continue };
            let Some(owed) = schedule::owed(&scheduled.schedule, settled.until, now) else { continue };
            let Owed { first, last, n, .. } = owed;
            if !scheduled.catch_up && self.began.duration_since(last) > ON_TIME {
                state.record_due(&[row(&report, &scheduled, Came::Missed, (first, last, n), None, now)])?;
                self.world.tell(&Event::Missed { report, first, last, n });
            } else if self.tries.get(&report).is_none_or(|tries| tries.until <= now) {
                duties.push(Duty { report: i, owed });
            }
        }
        Ok(duties.into_iter().min_by_key(|duty| (duty.owed.first, duty.report)))
    }

    /// Says once of each due time that its deadline passed, and lets people know, also when it is over.
    pub(super) fn tell_overdue(&mut self, state: &State, now: Timestamp) -> Result<(), Error> {
        for (_, report, scheduled) in self.scheduled() {
            let (Some(deadline), Some(settled)) = (scheduled.deadline, state.settled(&report)?) else { continue };
            let last_success =
                state.last_success(&report, |run| self.config.is_current(&report, &run.period_last, run.started_at))?;
            let overdue = schedule::overdue(&scheduled.schedule, deadline, settled.since, last_success, now);
            let before = self.looked.get(&report).copied();
            let is_new = before.is_none_or(|before| before.overdue != overdue);
            if let Some(due) = overdue.filter(|_| is_new) {
                self.world.tell(&Event::Overdue { report: report.clone(), due });
            }
            let goes_on = |before: Looked| overdue.is_some() && now.duration_since(before.at) >= OBSERVE_AGAIN_AFTER;
            if is_new || before.is_some_and(goes_on) {
                let until = |due: Timestamp| due.saturating_add(deadline).unwrap_or(Timestamp::MAX);
                let overdue = overdue.map(|due_at| Overdue { due_at, deadline: until(due_at), last_success });
                self.world.observe(&self.config, Observation::of_deadline(&report, overdue));
                self.looked.insert(report, Looked { overdue: overdue.map(|overdue| overdue.due_at), at: now });
            }
        }
        Ok(())
    }

    /// The next due time of any report.
    pub(super) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        self.scheduled().iter().filter_map(|(_, _, scheduled)| scheduled.schedule.next_after(now)).min()
    }

    /// When something may have to be done: a due time, a deadline, another try.
    pub(super) fn next_look(&self, now: Timestamp) -> Option<Timestamp> {
        let deadlines = self.scheduled().into_iter().filter_map(|(_, _, scheduled)| {
            let deadline = scheduled.deadline?;
            let due = scheduled.schedule.next_after(now.checked_sub(deadline).ok()?)?;
            due.checked_add(deadline).ok()
        });
        let tries = self.tries.values().map(|tries| tries.until).filter(|until| *until > now);
        deadlines.chain(tries).chain(self.next_due(now)).min()
    }
}
