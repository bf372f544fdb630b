//! What may stand in DHIS2 at any moment of a storm: what was true at some time, and what other people wrote.

use sandbox::dhis2::ValueKey;
use std::collections::{BTreeMap, BTreeSet};

/// Data values by key.
pub(super) type Values = BTreeMap<ValueKey, String>;

/// A value that somebody else wrote or deleted.
#[derive(Clone, Debug)]
pub(super) struct Foreign {
    /// What stands there since; `None`: it was deleted.
    pub(super) value: Option<String>,
    /// Tally may take it for its own: it was the truth, or what Tally last wrote, at some time since; or it came while
    /// a process was writing.
    pub(super) may_be_ours: bool,
}

/// What a walk remembers of the values.
#[derive(Default)]
pub(super) struct Memory {
    /// Every value that was ever true or that somebody else wrote.
    ever: BTreeMap<ValueKey, BTreeSet<String>>,
    /// What other people did, until Tally's values stand there again.
    pub(super) foreign: BTreeMap<ValueKey, Foreign>,
    /// A data element whose zeros are significant: a retraction leaves a zero.
    pub(super) significant: Option<String>,
}

impl Memory {
    /// Notes what is true now.
    pub(super) fn note(&mut self, truth: &Values) {
        for (key, value) in truth {
            self.ever.entry(key.clone()).or_default().insert(value.clone());
        }
        for (key, foreign) in &mut self.foreign {
            foreign.may_be_ours |= truth.get(key) == foreign.value.as_ref();
        }
    }

    /// Notes what somebody else wrote.
    pub(super) fn note_foreign(&mut self, key: &ValueKey, value: Option<&str>, may_be_ours: bool) {
        self.ever.entry(key.clone()).or_default().extend(value.map(str::to_owned));
        self.foreign.insert(key.clone(), Foreign { value: value.map(str::to_owned), may_be_ours });
    }

    /// The keys that were ever true, in their order.
    pub(super) fn keys(&self) -> Vec<&ValueKey> {
        self.ever.keys().collect()
    }

    /// Whether two values say the same at a key.
    pub(super) fn agree(&self, key: &ValueKey, one: Option<&String>, other: Option<&String>) -> bool {
        one == other || {
            let zero = |value: Option<&String>| value.is_none_or(|value| value == "0");
            self.significant.as_ref() == Some(&key.0) && zero(one) && zero(other)
        }
    }

    /// Nothing in DHIS2 is invented, at no moment.
    pub(super) fn check_nothing_is_invented(&self, values: &Values, deleted: &BTreeSet<ValueKey>) {
        for (key, value) in values {
            let known = self.ever.get(key).is_some_and(|ever| ever.contains(value));
            let zero = value == "0" && self.ever.contains_key(key) && self.significant.as_ref() == Some(&key.0);
            assert!(known || zero, "{key:?} says {value}, which never was true; it was {:?}", self.ever.get(key));
        }
        let strangers: Vec<_> = deleted.iter().filter(|key| !self.ever.contains_key(*key)).collect();
        assert!(strangers.is_empty(), "written outside the mapped keys: {strangers:?}");
    }

    /// What other people wrote stands as they wrote it, unless Tally may take it for its own.
    pub(super) fn check_nothing_foreign_is_overwritten(&self, values: &Values) {
        for (key, foreign) in self.foreign.iter().filter(|(_, foreign)| !foreign.may_be_ours) {
            let stands = values.get(key);
            assert!(
                self.agree(key, stands, foreign.value.as_ref()),
                "{key:?}: somebody else said {:?}, and now it is {stands:?}",
                foreign.value
            );
        }
    }
}
