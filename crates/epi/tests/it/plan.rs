//! The three-way difference: every combination as a table, and what must hold for any.

use compact_str::CompactString;
use epi::period::Period;
use epi::plan::{
    Accepted, Action, Change, Desired, Policies, Policy, Reading, Sides, ValueKey, ValueRules, Written, accept, diff,
    is_zero, same,
};
use proptest::prelude::*;
use rustc_hash::FxHashMap;
use std::fmt::Write as _;

fn key(data_element: u32) -> ValueKey {
    ValueKey { period: Period::parse("2020W7").unwrap(), org_unit: 0, data_element, combo: 0, attribute: 0 }
}

/// Up to 2.42, and from 2.43 on.
const DROPS_ZEROS: ValueRules =
    ValueRules { reading: Reading::Number, zero_is_significant: false, stores_zeros: false };
const STORES_ZEROS: ValueRules =
    ValueRules { reading: Reading::Number, zero_is_significant: false, stores_zeros: true };
const SIGNIFICANT: ValueRules = ValueRules { reading: Reading::Number, zero_is_significant: true, stores_zeros: false };
const SIGNIFICANT_STORED: ValueRules =
    ValueRules { reading: Reading::Number, zero_is_significant: true, stores_zeros: true };

const POLICIES: [Policies; 4] = [
    Policies { on_drift: Policy::Hold, on_existing: Policy::Hold },
    Policies { on_drift: Policy::Overwrite, on_existing: Policy::Hold },
    Policies { on_drift: Policy::Hold, on_existing: Policy::Overwrite },
    Policies { on_drift: Policy::Overwrite, on_existing: Policy::Overwrite },
];

/// What DHIS2 should say, what it says, what we last did there.
type Row = (Option<&'static str>, Option<&'static str>, Option<Option<&'static str>>);

fn changes((desired, actual, ledger): Row, rules: ValueRules, policies: Policies) -> Vec<Change> {
    let desired = desired.map(|value| (key(1), Desired { value: value.into(), n_records: 1 })).into_iter().collect();
    let actual = actual.map(|value| (key(1), value.into())).into_iter().collect();
    let ledger = ledger.map(|written| (key(1), written.map(Into::into))).into_iter().collect();
    diff(&Sides { desired: &desired, actual: &actual, ledger: &ledger }, |_| rules, policies)
}

fn action(row: Row, rules: ValueRules, policies: Policies) -> Option<Action> {
    match changes(row, rules, policies).as_slice() {
        [] => None,
        [change] => Some(change.action),
        several => panic!("one key has one change: {several:?}"),
    }
}

/// `drifted / update`: held by default, updated when the policy says to overwrite.
fn verdict(row: Row, rules: ValueRules) -> String {
    let by_policy = POLICIES.map(|policies| action(row, rules, policies));
    let [by_default, on_drift, on_existing, on_both] = by_policy;
    let other = match by_default {
        Some(Action::Drifted) => (on_drift, on_existing == by_default),
        Some(Action::Existing) => (on_existing, on_drift == by_default),
        _ => (by_default, on_drift == by_default && on_existing == by_default),
    };
    assert_eq!((on_both, true), other, "a policy decides about its own case only: {row:?} {rules:?}");
    let name = |action: Option<Action>| action.map_or("not ours", Action::name);
    if on_both == by_default {
        name(by_default).to_owned()
    } else {
        format!("{} / {}", name(by_default), name(on_both))
    }
}

#[test]
fn every_combination() {
    let mut table = format!(
        "{:<9}{:<8}{:<10}{:<25}{:<25}{}\n",
        "desired", "actual", "ledger", "drops zeros", "stores zeros", "significant"
    );
    for desired in [None, Some("5"), Some("0")] {
        for actual in [None, Some("5"), Some("7"), Some("0")] {
            for ledger in [None, Some(None), Some(Some("5")), Some(Some("7")), Some(Some("0"))] {
                let row = (desired, actual, ledger);
                let [drops, stores, significant] = [DROPS_ZEROS, STORES_ZEROS, SIGNIFICANT].map(|r| verdict(row, r));
                assert_eq!(verdict(row, SIGNIFICANT_STORED), significant, "a significant zero is always stored");
                let ledger = ledger.map_or("-", |written| written.unwrap_or("removed"));
                let (desired, actual) = (desired.unwrap_or("-"), actual.unwrap_or("-"));
                writeln!(table, "{desired:<9}{actual:<8}{ledger:<10}{drops:<25}{stores:<25}{significant}").unwrap();
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_change_says_what_stands_there_and_what_will() {
    let change = |row, rules| changes(row, rules, Policies::default()).remove(0);
    let retracted = change((None, Some("5"), Some(Some("5"))), SIGNIFICANT);
    assert_eq!((retracted.action, retracted.desired.as_deref()), (Action::RetractToZero, Some("0")));
    let deleted = change((None, Some("5"), Some(Some("5.0"))), STORES_ZEROS);
    assert_eq!((deleted.action, deleted.desired), (Action::RetractByDeletion, None));
    assert_eq!((deleted.actual.as_deref(), deleted.written.as_deref()), (Some("5"), Some("5.0")));
}

#[test]
fn numbers_are_the_same_however_they_are_written() {
    for (a, b) in [("12", "12.0"), ("0", "0.00"), ("-1.50", "-1.5"), ("true", "true"), ("1e", "1e")] {
        assert!(same(a, b), "{a} {b}");
    }
    let tiny = format!("0.{}1", "0".repeat(40));
    let nearly_one = format!("1.{}1", "0".repeat(40));
    for (a, b) in [("12", "12.01"), ("1", "true"), ("", "0"), ("0", &tiny), ("1", &nearly_one), ("1_0", "10")] {
        assert!(!same(a, b), "{a} {b}");
    }
}

#[test]
fn a_zero_is_what_dhis2_takes_for_one() {
    assert!(["0", "0.0", "0.000"].into_iter().all(is_zero));
    assert!(["", "00", "0.", "0.01", "-0", "1", "0,0", "O"].into_iter().all(|value| !is_zero(value)));
}

#[test]
fn nobody_elses_key_is_in_the_plan_and_all_ours_are_in_order() {
    let (mut desired, mut actual, mut ledger) = <(FxHashMap<_, _>, FxHashMap<_, _>, FxHashMap<_, _>)>::default();
    for n in (0..50).rev() {
        actual.insert(key(n), CompactString::from("7"));
        if n % 3 == 0 {
            desired.insert(key(n), Desired { value: "5".into(), n_records: 1 });
        }
        if n % 5 == 0 {
            ledger.insert(key(n), Some(CompactString::from("7")));
        }
    }
    let sides = Sides { desired: &desired, actual: &actual, ledger: &ledger };
    let changes = diff(&sides, |_| STORES_ZEROS, Policies::default());
    let keys: Vec<_> = changes.iter().map(|change| change.key).collect();
    assert_eq!(keys, (0..50).filter(|n| n % 3 == 0 || n % 5 == 0).map(key).collect::<Vec<_>>());
}

/// What a DHIS2 and a ledger say after the pushed changes, by the server's own rules about zeros.
fn push(
    changes: &[Change],
    actual: &mut FxHashMap<ValueKey, CompactString>,
    ledger: &mut FxHashMap<ValueKey, Written>,
    rules: impl Fn(&ValueKey) -> ValueRules,
) {
    for change in changes.iter().filter(|change| change.action.is_pushed()) {
        let rules = rules(&change.key);
        match &change.desired {
            Some(value) => {
                let dropped = is_zero(value) && !rules.zero_is_significant && !rules.stores_zeros;
                assert!(!dropped, "a value is pushed that the server would drop");
                actual.insert(change.key, value.clone());
            }
            None => drop(actual.remove(&change.key)),
        }
        ledger.insert(change.key, change.desired.clone());
    }
}

const N_KEYS: u32 = 12;

/// Rules that differ from key to key.
fn rules_of(key: &ValueKey) -> ValueRules {
    [DROPS_ZEROS, STORES_ZEROS, SIGNIFICANT, SIGNIFICANT_STORED][key.data_element as usize % 4]
}

/// Whether a value says anything at all on that server.
fn says(value: Option<&CompactString>, rules: ValueRules) -> Option<&CompactString> {
    value.filter(|value| !is_zero(value) || rules.zero_is_significant || rules.stores_zeros)
}

prop_compose! {
    fn values()(values in prop::collection::hash_map(
        0..N_KEYS, prop::sample::select(vec!["0", "0.0", "5", "5.0", "7", "3"]), 0..N_KEYS as usize,
    )) -> FxHashMap<ValueKey, CompactString> {
        values.into_iter().map(|(n, value)| (key(n), value.into())).collect()
    }
}

prop_compose! {
    fn wishes()(values in values()) -> FxHashMap<ValueKey, Desired> {
        values.into_iter().map(|(key, value)| (key, Desired { value, n_records: 1 })).collect()
    }
}

prop_compose! {
    fn ledgers()(values in values(), removed in prop::collection::vec(0..N_KEYS, 0..4))
        -> FxHashMap<ValueKey, Written> {
        let written = values.into_iter().map(|(key, value)| (key, Some(value)));
        written.chain(removed.into_iter().map(|n| (key(n), None))).collect()
    }
}

fn policies() -> impl Strategy<Value = Policies> {
    prop::sample::select(POLICIES.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_second_run_pushes_nothing(
        desired in wishes(), mut actual in values(), mut ledger in ledgers(), policies in policies(),
    ) {
        let first = diff(&Sides { desired: &desired, actual: &actual, ledger: &ledger }, rules_of, policies);
        push(&first, &mut actual, &mut ledger, rules_of);
        let second = diff(&Sides { desired: &desired, actual: &actual, ledger: &ledger }, rules_of, policies);
        for before in &first {
            let after = second.iter().find(|after| after.key == before.key);
            let Some(after) = after else {
                // It was removed, and what is removed is no longer ours.
                prop_assert_eq!(before.action, Action::RetractByDeletion);
                continue;
            };
            prop_assert!(!after.action.is_pushed(), "{before:?} {after:?}");
            prop_assert_eq!(after.action.is_held(), before.action.is_held(), "{:?} {:?}", before, after);
        }
        prop_assert!(second.iter().all(|after| first.iter().any(|before| before.key == after.key)));
    }

    #[test]
    fn what_is_accepted_stays_until_either_side_says_something_else(
        desired in wishes(), actual in values(), ledger in ledgers(), policies in policies(), seed in 0_u32..N_KEYS,
    ) {
        let before = diff(&Sides { desired: &desired, actual: &actual, ledger: &ledger }, rules_of, policies);
        let theirs = |change: &&Change| matches!(change.action, Action::Drifted | Action::Existing);
        let of = |change: &Change| Accepted { actual: change.actual.clone(), desired: change.desired.clone() };
        let accepted: FxHashMap<_, _> = before.iter().filter(theirs).map(|change| (change.key, of(change))).collect();
        let mut after = before.clone();
        accept(&mut after, &accepted, |key| rules_of(key).reading);
        for (before, after) in before.iter().zip(&after) {
            let expected = if theirs(&before) { Action::Accepted } else { before.action };
            prop_assert_eq!(after, &Change { action: expected, ..before.clone() });
            prop_assert!(!after.action.is_pushed() || before.action.is_pushed());
        }
        // Something else on either side of one key: that one is told again, and no other.
        let Some(one) = before.iter().filter(theirs).nth(seed as usize % accepted.len().max(1)) else { return Ok(()) };
        for is_theirs in [true, false] {
            let mut moved = before.clone();
            for change in moved.iter_mut().filter(|change| change.key == one.key) {
                let side = if is_theirs { &mut change.actual } else { &mut change.desired };
                *side = Some("987654".into());
            }
            accept(&mut moved, &accepted, |key| rules_of(key).reading);
            for (before, moved) in before.iter().zip(&moved).filter(|(before, _)| theirs(before)) {
                prop_assert_eq!(moved.action == Action::Accepted, before.key != one.key);
            }
        }
    }

    #[test]
    fn nothing_is_touched_that_is_neither_desired_nor_ours(
        desired in wishes(), actual in values(), mut ledger in ledgers(), policies in policies(),
    ) {
        let changes = diff(&Sides { desired: &desired, actual: &actual, ledger: &ledger }, rules_of, policies);
        let foreign = |key: &ValueKey| !desired.contains_key(key) && !ledger.contains_key(key);
        prop_assert!(changes.iter().all(|change| !foreign(&change.key)));
        let mut after = actual.clone();
        let ours = ledger.clone();
        push(&changes, &mut after, &mut ledger, rules_of);
        for (key, value) in &actual {
            if !desired.contains_key(key) && !ours.contains_key(key) {
                prop_assert_eq!(after.get(key), Some(value));
            }
        }
    }

    #[test]
    fn somebody_elses_value_is_overwritten_by_policy_only(
        desired in wishes(), actual in values(), mut ledger in ledgers(), policies in policies(),
    ) {
        let before = ledger.clone();
        let changes = diff(&Sides { desired: &desired, actual: &actual, ledger: &ledger }, rules_of, policies);
        let mut after = actual.clone();
        push(&changes, &mut after, &mut ledger, rules_of);
        for n in 0..N_KEYS {
            let key = key(n);
            let rules = rules_of(&key);
            let (was, is) = (says(actual.get(&key), rules), says(after.get(&key), rules));
            if was == is {
                continue;
            }
            // It changed: either it was ours to change, or a policy allowed it.
            match before.get(&key) {
                None | Some(None) => prop_assert!(was.is_none() || policies.on_existing == Policy::Overwrite),
                Some(Some(written)) => {
                    let ours = match (was, says(Some(written), rules)) {
                        (Some(was), Some(written)) => same(was, written),
                        (was, written) => was == written,
                    };
                    prop_assert!(ours || policies.on_drift == Policy::Overwrite);
                }
            }
        }
    }

    #[test]
    fn nothing_desired_is_silently_missing(
        desired in wishes(), mut actual in values(), mut ledger in ledgers(), policies in policies(),
    ) {
        let changes = diff(&Sides { desired: &desired, actual: &actual, ledger: &ledger }, rules_of, policies);
        push(&changes, &mut actual, &mut ledger, rules_of);
        for (key, wish) in &desired {
            let change = changes.iter().find(|change| change.key == *key).unwrap();
            let rules = rules_of(key);
            let said = match (says(Some(&wish.value), rules), says(actual.get(key), rules)) {
                (Some(wish), Some(actual)) => same(wish, actual),
                (wish, actual) => wish == actual,
            };
            prop_assert!(said != change.action.is_held(), "{change:?}");
        }
    }
}

#[test]
fn texts_are_compared_letter_by_letter_and_are_never_zero() {
    let rules = ValueRules { reading: Reading::Text, zero_is_significant: true, stores_zeros: false };
    let action = |desired: Option<&str>, actual: Option<&str>, written: Option<&str>| {
        let value = |value: Option<&str>| value.map(|value| (key(1), CompactString::from(value)));
        let desired = value(desired).map(|(key, value)| (key, Desired { value, n_records: 0 }));
        let ledger = value(written).map(|(key, value)| (key, Some(value)));
        let (desired, actual, ledger) =
            (desired.into_iter().collect(), value(actual).into_iter().collect(), ledger.into_iter().collect());
        let sides = Sides { desired: &desired, actual: &actual, ledger: &ledger };
        diff(&sides, |_| rules, Policies::default()).first().map(|change| (change.action, change.desired.clone()))
    };
    let desired = |value: &str| Some(CompactString::from(value));
    assert_eq!(action(Some("1"), Some("01"), Some("01")), Some((Action::Update, desired("1"))));
    assert_eq!(action(Some("1"), Some("1.0"), Some("1")), Some((Action::Drifted, desired("1"))));
    assert_eq!(action(Some("0"), None, None), Some((Action::Create, desired("0"))), "the option 0 is written");
    assert_eq!(
        action(None, Some("0"), Some("0")),
        Some((Action::RetractByDeletion, None)),
        "no text stands for nothing"
    );
    let drops = ValueRules { zero_is_significant: false, ..rules };
    assert!(drops.reading.agrees(None, None) && !drops.reading.agrees(Some("0"), None));
    assert!(Reading::Number.agrees(Some("0"), None) && Reading::Number.agrees(Some("12"), Some("12.0")));
}
