//! What a daemon tells.

use crate::error::Error;
use crate::report::Verdict;
use crate::store::JobState;
use jiff::Timestamp;
use serde::Serialize;

/// Something that happened, for a log: no secrets, no value of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// It begins; so many reports have a schedule.
    Started {
        /// Reports with a schedule.
        scheduled: usize,
    },
    /// Another daemon works on this state; this one waits.
    Waiting {
        /// Who works, and until when unless it goes on.
        message: String,
    },
    /// The work is this daemon's now.
    Working,
    /// The schedule of a report counts from now on: it is new, or another one than before.
    Watching {
        /// Name of the report.
        report: String,
        /// The schedule.
        schedule: String,
    },
    /// Nothing is to be done before.
    Idle {
        /// The next due time.
        next: Option<Timestamp>,
    },
    /// A run begins.
    Due {
        /// Name of the report.
        report: String,
        /// The due time; the newest of several.
        due: Timestamp,
        /// How many due times it does the work of.
        n: u32,
    },
    /// A run came through.
    Ran {
        /// Name of the report.
        report: String,
        /// The due time.
        due: Timestamp,
        /// Number of the run.
        run: Option<i64>,
        /// How it ended.
        verdict: Verdict,
    },
    /// A run failed, and waits for the next due time.
    Failed {
        /// Name of the report.
        report: String,
        /// The due time.
        due: Timestamp,
        /// Number of the run, if it had begun.
        run: Option<i64>,
        /// Why.
        why: Why,
    },
    /// A run failed for a reason that may pass; it is tried again.
    Postponed {
        /// Name of the report.
        report: String,
        /// The due time.
        due: Timestamp,
        /// When it is tried again.
        until: Timestamp,
        /// Why.
        why: Why,
    },
    /// The daemon begins with what somebody asked.
    JobBegan {
        /// Its number.
        id: i64,
        /// What, as [`crate::store::Job::name`] has it.
        job: &'static str,
        /// The report that it names; a plan has its own.
        report: Option<String>,
        /// Who asked.
        by: String,
    },
    /// What somebody asked has come to its end.
    JobEnded {
        /// Its number.
        id: i64,
        /// What, as [`crate::store::Job::name`] has it.
        job: &'static str,
        /// The report that it names; a plan has its own.
        report: Option<String>,
        /// Who asked.
        by: String,
        /// How it ended.
        state: JobState,
        /// Number of the run, if one was entered.
        run: Option<i64>,
        /// Number of the plan that was kept.
        plan: Option<i64>,
        /// The verdict of the run or of the plan.
        verdict: Option<Verdict>,
        /// Why it did not come through.
        why: Option<Why>,
    },
    /// Due times came while the run of an earlier one was under way.
    Skipped {
        /// Name of the report.
        report: String,
        /// The oldest.
        first: Timestamp,
        /// The newest.
        last: Timestamp,
        /// How many.
        n: u32,
    },
    /// Nobody was there when these were due, and the report does not catch up.
    Missed {
        /// Name of the report.
        report: String,
        /// The oldest.
        first: Timestamp,
        /// The newest.
        last: Timestamp,
        /// How many.
        n: u32,
    },
    /// The deadline of a due time passed without a run that came through.
    Overdue {
        /// Name of the report.
        report: String,
        /// The due time.
        due: Timestamp,
    },
    /// A run ended early because the daemon stops; the next one goes on from there.
    Interrupted {
        /// Name of the report.
        report: String,
        /// The due time, which stays due.
        due: Timestamp,
    },
    /// The configuration was read anew.
    Reloaded {
        /// Reports with a schedule.
        scheduled: usize,
    },
    /// The configuration has problems; the one before stays.
    NotReloaded {
        /// What is wrong.
        why: Why,
    },
    /// It was told to stop, and will: whoever hears the signal tells it, as a run may be under way.
    Stopping,
    /// It ends.
    Stopped,
}

impl Event {
    /// Whether somebody should look.
    pub fn is_trouble(&self) -> bool {
        match self {
            Self::Ran { verdict, .. } => *verdict != Verdict::Clean,
            Self::Failed { .. } | Self::Postponed { .. } | Self::Overdue { .. } | Self::Missed { .. } => true,
            Self::NotReloaded { .. } => true,
            Self::JobEnded { state, verdict, .. } => {
                *state != JobState::Done || verdict.is_some_and(|verdict| verdict != Verdict::Clean)
            }
            _ => false,
        }
    }
}

/// Why something failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The name under which it is looked up.
    pub code: &'static str,
    /// What failed.
    pub message: String,
    /// All that is wrong, each with its place, when it is more than one thing or has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

impl From<&Error> for Why {
    fn from(error: &Error) -> Self {
        let problems = error.problems.iter().map(|problem| match problem.location() {
            Some(place) => format!("{place}: {problem}"),
            None => problem.to_string(),
        });
        Self { code: error.code.name(), message: error.message.clone(), problems: problems.collect() }
    }
}
