//! Who may do what in the dashboard and in the API: three roles, what each may do, and what a token may be given.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a person is to Tally, from the one who may least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Looks, runs reports and decides about their values.
    Operator,
    /// All that, and what is configured.
    Admin,
}

/// What is done. Beside a token it is called a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Read pages and answers of the API.
    Read,
    /// Start runs and back-fills, and make plans.
    Run,
    /// Apply and discard plans, release what is held, accept drift, acknowledge alerts.
    Decide,
    /// Read the figures for Prometheus.
    Metrics,
    /// See what is configured, and who did what.
    Settings,
}

impl Role {
    /// All, from the one who may least.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// The word in the configuration, on the command line and in the state file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The role of a word.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What it may do: the one table of it.
    pub fn rights(self) -> &'static [Right] {
        match self {
            Self::Viewer => &[Right::Read, Right::Metrics],
            Self::Operator => &[Right::Read, Right::Run, Right::Decide, Right::Metrics],
            Self::Admin => &Right::ALL,
        }
    }

    /// Whether it may do this.
    pub fn may(self, right: Right) -> bool {
        self.rights().contains(&right)
    }
}

impl Right {
    /// All.
    pub const ALL: [Self; 5] = [Self::Read, Self::Run, Self::Decide, Self::Metrics, Self::Settings];

    /// The word on the command line and in the state file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Decide => "decide",
            Self::Metrics => "metrics",
            Self::Settings => "settings",
        }
    }

    /// The right of a word.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.name() == name)
    }
}

/// Characters of a user's name: more than any mail address that is used as one has.
pub const USER_NAME_CHARS_MAX: usize = 64;

/// Whether this can be the name of a user or of a token: letters, digits and `.`, `_`, `-`, `@`.
pub fn is_name(name: &str) -> bool {
    let n = name.chars().count();
    (1..=USER_NAME_CHARS_MAX).contains(&n) && name.chars().all(|c| c.is_alphanumeric() || "._-@".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_one_before_it_may() {
        let rights = |role: Role| role.rights().iter().map(|right| right.name()).collect::<Vec<_>>().join(" ");
        assert_eq!(rights(Role::Viewer), "read metrics");
        assert_eq!(rights(Role::Operator), "read run decide metrics");
        assert_eq!(rights(Role::Admin), "read run decide metrics settings");
        for pair in Role::ALL.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].rights().iter().all(|right| pair[1].may(*right)), "{pair:?}");
        }
        assert!(!Role::Viewer.may(Right::Run) && !Role::Operator.may(Right::Settings));
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        assert!(Role::ALL.into_iter().all(|role| Role::of(role.name()) == Some(role)));
        assert!(Right::ALL.into_iter().all(|right| Right::of(right.name()) == Some(right)));
        assert_eq!((Role::of("root"), Right::of("Read")), (None, None));
    }

    #[test]
    fn names_are_short_and_plain() {
        for name in ["ana", "a.b_c-d@example.org", "Aïssatou", &"a".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "a b", "<script>", "a/b", "a\u{202e}b", "a\n", &"a".repeat(65)] {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
