//! What a run tells while it runs. The pipeline does not know whether a person, a log or nobody listens.

use crate::store::RunId;

/// A step of a run, in the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Looking at both servers before anything is read or written.
    Preflight,
    /// Reading records.
    Extract,
    /// Asking Go.Data for its own counts.
    Control,
    /// Comparing with DHIS2.
    Diff,
    /// Writing data values.
    Push,
    /// Reading them back.
    Verify,
    /// Registering completeness.
    Complete,
}

impl Step {
    /// The name in the state, in logs and on the terminal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Extract => "extract",
            Self::Control => "control",
            Self::Diff => "diff",
            Self::Push => "push",
            Self::Verify => "verify",
            Self::Complete => "complete",
        }
    }
}

/// A number and its noun: `1 value`, `2 values`.
pub fn counted(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// Listens to a run.
pub trait Progress: Send + Sync {
    /// The run has its number in the history; what follows is of it. A plan has none.
    fn entered(&self, _: RunId) {}
    /// A step begins. `total` is the number of units to come, when it is known.
    fn begin(&self, step: Step, total: Option<u64>);
    /// So many units of the step are done in all.
    fn advance(&self, step: Step, done: u64);
    /// The step is done; `summary` says what came of it.
    fn end(&self, step: Step, summary: &str);
    /// Something that a person should know now.
    fn warn(&self, message: &str);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Step, _: Option<u64>) {}
    fn advance(&self, _: Step, _: u64) {}
    fn end(&self, _: Step, _: &str) {}
    fn warn(&self, _: &str) {}
}
