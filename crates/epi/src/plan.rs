//! The three-way difference: what DHIS2 should say, what it says, and what we last wrote there.

use crate::period::Period;
use compact_str::CompactString;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use std::fmt;

/// UIDs as small numbers, so that a plan of hundreds of thousands of values stays small.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: Vec<CompactString>,
    numbers: FxHashMap<CompactString, u32>,
}

impl Names {
    /// The number of a name, given out on first sight.
    pub fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }

    /// The number of a name, if it was seen before.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// All names, in the order of their numbers.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(CompactString::as_str)
    }

    /// The name of a number that this table gave out.
    pub fn name(&self, number: u32) -> &str {
        &self.names[number as usize]
    }
}

/// The key of a data value in DHIS2. The numbers are [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueKey {
    /// Period.
    pub period: Period,
    /// Organisation unit.
    pub org_unit: u32,
    /// Data element.
    pub data_element: u32,
    /// Category option combo.
    pub combo: u32,
    /// Attribute option combo.
    pub attribute: u32,
}

/// What a run computed for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// The value as DHIS2 shall store it.
    pub value: CompactString,
    /// Number of records behind it.
    pub n_records: u64,
}

/// How two values of a data element are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// As numbers: `12` and `12.0` say the same, and `0` may be no value at all.
    #[default]
    Number,
    /// As texts, letter by letter: the option `01` is not the option `1`, and `0` is a word like others.
    Text,
}

impl Reading {
    /// Whether two values say the same.
    pub fn same(self, one: &str, other: &str) -> bool {
        match self {
            Self::Number => same(one, other),
            Self::Text => one == other,
        }
    }

    /// Whether a value is zero in DHIS2's sense; a text never is.
    pub fn is_zero(self, value: &str) -> bool {
        self == Self::Number && is_zero(value)
    }

    /// Whether DHIS2 says what it should; a zero that is not stored is no difference (up to 2.42 it drops insignificant
    /// ones).
    pub fn agrees(self, should: Option<&str>, says: Option<&str>) -> bool {
        match (should, says) {
            (Some(should), Some(says)) => self.same(should, says),
            (Some(only), None) | (None, Some(only)) => self.is_zero(only),
            (None, None) => true,
        }
    }
}

/// How DHIS2 treats a data element's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueRules {
    /// How two of them are compared.
    pub reading: Reading,
    /// The data element's `zeroIsSignificant`: a zero says more than no value.
    pub zero_is_significant: bool,
    /// The server stores a zero although it is not significant (2.43 and later).
    pub stores_zeros: bool,
}

/// What to do with a value that somebody else wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Leave it, and say so.
    #[default]
    Hold,
    /// Replace it by ours.
    Overwrite,
}

/// What happens to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// DHIS2 has no value; ours is written.
    Create,
    /// DHIS2 has the value that we wrote; it is replaced.
    Update,
    /// We wrote it and it should no longer exist: an explicit zero replaces it, because zeros are significant.
    RetractToZero,
    /// We wrote it and it should no longer exist: it is deleted.
    RetractByDeletion,
    /// DHIS2 says what it should.
    Unchanged,
    /// Somebody changed or deleted a value of ours; it is held.
    Drifted,
    /// Somebody's value stands where ours should be, and we never wrote there; it is held.
    Existing,
    /// Somebody's value stands where ours should be, and a person said that it may.
    Accepted,
    /// DHIS2 will not take it now; the reason stands with its slice.
    Held,
}

impl Action {
    /// Every action, in the order in which they are told.
    pub const ALL: [Self; 9] = [
        Self::Create,
        Self::Update,
        Self::RetractToZero,
        Self::RetractByDeletion,
        Self::Held,
        Self::Drifted,
        Self::Existing,
        Self::Accepted,
        Self::Unchanged,
    ];

    /// The action of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// Whether it is pushed.
    pub fn is_pushed(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::RetractToZero | Self::RetractByDeletion)
    }

    /// Whether it waits for a person or for a later day.
    pub fn is_held(self) -> bool {
        matches!(self, Self::Drifted | Self::Existing | Self::Held)
    }

    /// Whether DHIS2 is left to say something else than what was computed.
    pub fn is_left(self) -> bool {
        self.is_held() || self == Self::Accepted
    }

    /// The name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::RetractToZero => "retract to zero",
            Self::RetractByDeletion => "retract",
            Self::Unchanged => "unchanged",
            Self::Drifted => "drifted",
            Self::Existing => "existing",
            Self::Accepted => "accepted",
            Self::Held => "held",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A value and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: ValueKey,
    /// What happens.
    pub action: Action,
    /// What DHIS2 says.
    pub actual: Option<CompactString>,
    /// What it should say; none: it should have no value.
    pub desired: Option<CompactString>,
    /// What we last wrote.
    pub written: Option<CompactString>,
}

impl Change {
    /// Whether DHIS2 says what it should although it is not what we last wrote there: the value was there before us, or
    /// somebody changed it to what it should be. From now on it is ours, or a later correction would have to hold it as
    /// somebody else's.
    pub fn is_adopted(&self, reading: Reading) -> bool {
        let ours = match (&self.actual, &self.written) {
            (Some(actual), Some(written)) => reading.same(actual, written),
            (None, None) => true,
            _ => false,
        };
        self.action == Action::Unchanged && !ours
    }
}

/// A value of somebody else that a person accepted: how things stood then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// What DHIS2 said.
    pub actual: Option<CompactString>,
    /// What was computed.
    pub desired: Option<CompactString>,
}

/// Leaves values of somebody else alone that a person accepted, as long as everything is as it was then. Other values are
/// not touched.
pub fn accept(
    changes: &mut [Change],
    accepted: &FxHashMap<ValueKey, Accepted>,
    reading: impl Fn(&ValueKey) -> Reading,
) {
    if accepted.is_empty() {
        return;
    }
    for change in changes.iter_mut().filter(|change| matches!(change.action, Action::Drifted | Action::Existing)) {
        let Some(then) = accepted.get(&change.key) else { continue };
        let reading = reading(&change.key);
        let same = |one: &Option<CompactString>, other: &Option<CompactString>| match (one, other) {
            (Some(one), Some(other)) => reading.same(one, other),
            (None, None) => true,
            _ => false,
        };
        if same(&change.actual, &then.actual) && same(&change.desired, &then.desired) {
            change.action = Action::Accepted;
        }
    }
}

/// What we last did at a key: the value written, or `None` once we removed it.
pub type Written = Option<CompactString>;

/// The sources of the difference.
#[derive(Debug)]
pub struct Sides<'a> {
    /// Computed by this run.
    pub desired: &'a FxHashMap<ValueKey, Desired>,
    /// Read from DHIS2.
    pub actual: &'a FxHashMap<ValueKey, CompactString>,
    /// Our ledger, for this report and the periods of this run.
    pub ledger: &'a FxHashMap<ValueKey, Written>,
}

/// The policies of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// For values of ours that somebody changed.
    pub on_drift: Policy,
    /// For values that stood there before we first wrote.
    pub on_existing: Policy,
}

/// The difference, sorted by key. A key that is only in `actual` is somebody else's and is not touched.
pub fn diff(sides: &Sides<'_>, rules: impl Fn(&ValueKey) -> ValueRules, policies: Policies) -> Vec<Change> {
    // What we removed is no longer ours: whatever stands there now is somebody else's.
    let written = sides.ledger.iter().filter(|(_, written)| written.is_some()).map(|(key, _)| key);
    let only_written = written.filter(|key| !sides.desired.contains_key(*key));
    let mut changes: Vec<Change> =
        sides.desired.keys().chain(only_written).map(|key| change(*key, sides, rules(key), policies)).collect();
    changes.sort_unstable_by_key(|change| change.key);
    changes
}

fn change(key: ValueKey, sides: &Sides<'_>, rules: ValueRules, policies: Policies) -> Change {
    let reading = rules.reading;
    let drops_zeros = !rules.zero_is_significant && !rules.stores_zeros;
    let keep = |value: &&CompactString| !(drops_zeros && reading.is_zero(value));
    let desired = sides.desired.get(&key).map(|d| &d.value).filter(keep);
    let actual = sides.actual.get(&key).filter(keep);
    let ledger = sides.ledger.get(&key);
    let written = ledger.and_then(Option::as_ref).filter(keep);
    let action = match (desired, actual) {
        (None, None) => Action::Unchanged,
        (Some(desired), Some(actual)) if reading.same(desired, actual) => Action::Unchanged,
        // Where zeros are significant a retraction ends in a zero, whoever wrote it.
        (None, Some(actual)) if rules.zero_is_significant && reading.is_zero(actual) => Action::Unchanged,
        (desired, actual) => {
            let ours = matches!((actual, written), (Some(a), Some(w)) if reading.same(a, w))
                || actual.is_none() && written.is_none();
            match (ours, ledger.is_some_and(Option::is_some)) {
                (true, _) => wanted(desired, actual, rules),
                (false, true) if policies.on_drift == Policy::Overwrite => wanted(desired, actual, rules),
                (false, false) if policies.on_existing == Policy::Overwrite => wanted(desired, actual, rules),
                (false, true) => Action::Drifted,
                (false, false) => Action::Existing,
            }
        }
    };
    let retracted_to_zero = (action == Action::RetractToZero).then(|| CompactString::const_new("0"));
    Change {
        key,
        action,
        actual: actual.cloned(),
        desired: retracted_to_zero.or_else(|| desired.cloned()),
        written: written.cloned(),
    }
}

/// What brings `actual` to `desired`, when nobody else is concerned.
fn wanted(desired: Option<&CompactString>, actual: Option<&CompactString>, rules: ValueRules) -> Action {
    match (desired, actual) {
        (Some(_), None) => Action::Create,
        (Some(_), Some(_)) => Action::Update,
        (None, Some(_)) if rules.zero_is_significant && rules.reading == Reading::Number => Action::RetractToZero,
        (None, Some(_)) => Action::RetractByDeletion,
        (None, None) => Action::Unchanged,
    }
}

/// Whether two values say the same; `12` and `12.0` do (2.43 strips a trailing `.0` from integers). Numbers of more digits
/// than an exact decimal holds are compared as text: rounding must not make two values one.
pub fn same(a: &str, b: &str) -> bool {
    a == b || matches!((number(a), number(b)), (Some(a), Some(b)) if a == b)
}

fn number(value: &str) -> Option<Decimal> {
    // The parser takes `1_000` for a number; DHIS2 does not.
    if value.contains('_') { None } else { Decimal::from_str_exact(value).ok() }
}

/// Whether a value is zero in DHIS2's sense, `0` or `0.0`.
pub fn is_zero(value: &str) -> bool {
    value.strip_prefix('0').is_some_and(|rest| {
        rest.is_empty()
            || rest.strip_prefix('.').is_some_and(|zeros| !zeros.is_empty() && zeros.bytes().all(|b| b == b'0'))
    })
}
