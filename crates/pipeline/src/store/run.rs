//! A run: where it stands, and which way it may go.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of a run in this state file. Numbers are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum RunState {
    /// Begun; nothing was asked of any server yet.
    Planned,
    /// Go.Data is being read.
    Extracting,
    /// The line list is complete.
    Extracted,
    /// The cells are computed.
    Aggregated,
    /// The plan is computed.
    Diffed,
    /// The plan is being pushed.
    Pushing {
        /// Slices with a receipt.
        done: u64,
        /// Slices of the plan.
        total: u64,
    },
    /// Every slice has a receipt.
    Pushed,
    /// DHIS2 is read back.
    Verifying,
    /// Ended with an [`Outcome`].
    Done,
    /// Ended by an error.
    Failed,
    /// Ended by a person or a signal.
    Cancelled,
}

impl RunState {
    /// The name as it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Extracting => "extracting",
            Self::Extracted => "extracted",
            Self::Aggregated => "aggregated",
            Self::Diffed => "diffed",
            Self::Pushing { .. } => "pushing",
            Self::Pushed => "pushed",
            Self::Verifying => "verifying",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the run has ended.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// The one table of arrows: whether a run may go from `self` to `to`.
    ///
    /// A run that carries out a saved plan is diffed from the beginning. Pushing starts at none of n, never goes back, keeps its n, and leaves when all are done; a plan of nothing is 0 of 0.
    /// Every run that has not ended may fail or be cancelled.
    pub const fn may_go_to(self, to: Self) -> bool {
        use RunState as S;
        match (self, to) {
            (S::Planned, S::Extracting | S::Diffed)
            | (S::Extracting, S::Extracted)
            | (S::Extracted, S::Aggregated)
            | (S::Aggregated, S::Diffed)
            | (S::Diffed, S::Pushing { done: 0, .. })
            | (S::Pushed, S::Verifying)
            | (S::Verifying, S::Done) => true,
            (S::Pushing { done: was, total: of }, S::Pushing { done, total }) => {
                was <= done && done <= total && of == total
            }
            (S::Pushing { done, total }, S::Pushed) => done == total,
            (from, S::Failed | S::Cancelled) => !from.is_final(),
            _ => false,
        }
    }

    /// Puts the stored columns together again.
    pub(super) fn from_columns(name: &str, push: Option<(u64, u64)>) -> Option<Self> {
        Some(match (name, push) {
            ("planned", None) => Self::Planned,
            ("extracting", None) => Self::Extracting,
            ("extracted", None) => Self::Extracted,
            ("aggregated", None) => Self::Aggregated,
            ("diffed", None) => Self::Diffed,
            ("pushing", Some((done, total))) => Self::Pushing { done, total },
            ("pushed", None) => Self::Pushed,
            ("verifying", None) => Self::Verifying,
            ("done", None) => Self::Done,
            ("failed", None) => Self::Failed,
            ("cancelled", None) => Self::Cancelled,
            _ => return None,
        })
    }

    /// `done` and `total` of pushing.
    pub(super) const fn push_columns(self) -> Option<(u64, u64)> {
        match self {
            Self::Pushing { done, total } => Some((done, total)),
            _ => None,
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pushing { done, total } => write!(f, "pushing ({done} of {total})"),
            other => f.write_str(other.name()),
        }
    }
}

/// How a run that came through ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// DHIS2 says what it should.
    Clean,
    /// Some values were refused.
    Partial,
    /// Some values wait for a person or a later day.
    Held,
}

impl Outcome {
    /// The name as it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Partial => "partial",
            Self::Held => "held",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Clean, Self::Partial, Self::Held].into_iter().find(|o| o.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every state, pushing in each of its moments.
    fn states() -> Vec<RunState> {
        use RunState as S;
        let mut states = vec![S::Planned, S::Extracting, S::Extracted, S::Aggregated, S::Diffed];
        states.extend([(0, 0), (0, 2), (1, 2), (2, 2), (1, 3)].map(|(done, total)| S::Pushing { done, total }));
        states.extend([S::Pushed, S::Verifying, S::Done, S::Failed, S::Cancelled]);
        states
    }

    #[test]
    fn every_arrow_allowed_and_all_others_forbidden() {
        let table: String = states()
            .into_iter()
            .map(|from| {
                let to: Vec<_> =
                    states().into_iter().filter(|to| from.may_go_to(*to)).map(|to| to.to_string()).collect();
                format!("{from} -> {}\n", if to.is_empty() { "the end".into() } else { to.join(", ") })
            })
            .collect();
        insta::assert_snapshot!(table, @"
        planned -> extracting, diffed, failed, cancelled
        extracting -> extracted, failed, cancelled
        extracted -> aggregated, failed, cancelled
        aggregated -> diffed, failed, cancelled
        diffed -> pushing (0 of 0), pushing (0 of 2), failed, cancelled
        pushing (0 of 0) -> pushing (0 of 0), pushed, failed, cancelled
        pushing (0 of 2) -> pushing (0 of 2), pushing (1 of 2), pushing (2 of 2), failed, cancelled
        pushing (1 of 2) -> pushing (1 of 2), pushing (2 of 2), failed, cancelled
        pushing (2 of 2) -> pushing (2 of 2), pushed, failed, cancelled
        pushing (1 of 3) -> pushing (1 of 3), failed, cancelled
        pushed -> verifying, failed, cancelled
        verifying -> done, failed, cancelled
        done -> the end
        failed -> the end
        cancelled -> the end
        ");
    }

    #[test]
    fn columns_keep_a_state_whole() {
        for state in states() {
            assert_eq!(RunState::from_columns(state.name(), state.push_columns()), Some(state));
        }
        assert_eq!(RunState::from_columns("pushing", None), None);
        assert_eq!(RunState::from_columns("done", Some((1, 2))), None);
        assert_eq!(RunState::from_columns("dreaming", None), None);
    }
}
