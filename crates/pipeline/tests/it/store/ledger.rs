//! The ledger learns from receipts and from nothing else.

use std::collections::BTreeMap;

use pipeline::store::{CellKey, LedgerUpdate, NewIntent, Receipt, ReceiptKind, RunState, State, StoreError};
use proptest::prelude::*;
use serde_json::json;

use super::{at, diffed, key, sqlite, state};

/// A receipt with these updates, behind an intent of its own.
fn write(state: &mut State, seconds: i64, updates: &[LedgerUpdate]) -> Result<(), StoreError> {
    let run = match state.unfinished_runs()?.pop() {
        Some(run) => run.id,
        None => diffed(state),
    };
    let intent = NewIntent {
        data_set: "DataSet0001".into(),
        org_unit: "OrgUnit0001".into(),
        period: "2026W5".into(),
        body_hash: String::new(),
        values: "[]".into(),
        created_at: at(seconds),
    };
    let intent = state.record_intent(run, &intent, RunState::Pushing { done: 0, total: 1 })?;
    let receipt = Receipt { at: at(seconds), kind: ReceiptKind::Written, verdict: json!({}) };
    state.record_receipt(intent, &receipt, updates)
}

fn update(system_id: &str, i: usize, value: Option<&str>) -> LedgerUpdate {
    LedgerUpdate { system_id: system_id.into(), key: key(i), value: value.map(Into::into) }
}

#[test]
fn the_ledger_is_read_by_server_data_element_and_period() {
    let (_folder, mut state) = state();
    let updates: Vec<_> = (0..70).map(|i| update("s1", i, Some("1"))).chain([update("s2", 0, Some("9"))]).collect();
    write(&mut state, 1, &updates).unwrap();
    let load = |system, elements: &[&str], periods| {
        let ledger = state.ledger_load(system, elements, periods).unwrap();
        let mut keys: Vec<CellKey> = ledger.into_keys().collect();
        keys.sort();
        keys
    };
    let keys = |wanted: &dyn Fn(usize) -> bool| {
        let mut keys: Vec<CellKey> = (0..70).filter(|i| wanted(*i)).map(key).collect();
        keys.sort();
        keys
    };
    assert_eq!(load("s1", &["DataElem002"], None), keys(&|i| i % 7 == 2));
    assert_eq!(
        load("s1", &["DataElem002", "DataElem003"], Some(&["2026W1", "2026W4"][..])),
        keys(&|i| matches!(i % 7, 2 | 3) && matches!(i % 5, 0 | 3))
    );
    assert_eq!(load("s1", &["DataElem002"], Some(&[][..])), []);
    assert_eq!(load("s2", &["DataElem000"], None), [key(0)]);
    assert_eq!(load("s3", &["DataElem000"], None), []);
}

#[test]
fn a_removed_value_stays_in_the_ledger_as_removed() {
    let (_folder, mut state) = state();
    write(&mut state, 1, &[update("s1", 1, Some("5"))]).unwrap();
    write(&mut state, 2, &[update("s1", 1, None)]).unwrap();
    let value = state.ledger_value("s1", &key(1)).unwrap().unwrap();
    assert_eq!((value.value, value.written_at), (None, at(2)));
}

#[test]
fn receipt_and_ledger_are_kept_together_or_not_at_all() {
    let (_folder, mut state) = state();
    let poisoned = [update("s1", 1, Some("1")), update("", 2, Some("2"))];
    assert!(matches!(write(&mut state, 1, &poisoned), Err(StoreError::Refused { .. })));
    assert_eq!(state.ledger_value("s1", &key(1)).unwrap(), None);
    let open = state.open_intents().unwrap();
    assert_eq!(open.len(), 1, "the intent has no receipt either");
    assert_eq!(state.receipts(open[0].id).unwrap(), []);
    // The other way round: the ledger would take it, the receipt cannot be written.
    sqlite(&state.path().to_owned())
        .execute_batch("CREATE TRIGGER poison AFTER INSERT ON receipt BEGIN SELECT RAISE(ABORT, 'poisoned'); END")
        .unwrap();
    assert!(matches!(write(&mut state, 2, &[update("s1", 3, Some("3"))]), Err(StoreError::Refused { .. })));
    assert_eq!(state.ledger_value("s1", &key(3)).unwrap(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever receipts came in whatever order, the ledger says what the last one for a cell said.
    #[test]
    fn the_ledger_is_the_replay_of_its_receipts(
        receipts in prop::collection::vec(
            prop::collection::vec((0..2_usize, 0..12_usize, prop::option::of(0..100_u32)), 0..6),
            1..12,
        ),
    ) {
        let (_folder, mut state) = state();
        let mut model = BTreeMap::new();
        for (n, updates) in receipts.iter().enumerate() {
            let updates: Vec<_> = updates
                .iter()
                .map(|(system, i, value)| update(["s1", "s2"][*system], *i, value.map(|v| v.to_string()).as_deref()))
                .collect();
            let n = i64::try_from(n).unwrap();
            write(&mut state, n, &updates).unwrap();
            for u in updates {
                model.insert((u.system_id.to_string(), u.key), (u.value.map(String::from), at(n)));
            }
        }
        let elements: Vec<String> = (0..7).map(|i| format!("DataElem{i:03}")).collect();
        let elements: Vec<&str> = elements.iter().map(String::as_str).collect();
        let mut found = BTreeMap::new();
        for system in ["s1", "s2"] {
            for (key, value) in state.ledger_load(system, &elements, None).unwrap() {
                found.insert((system.to_owned(), key), (value.value, value.written_at));
            }
        }
        prop_assert_eq!(found, model);
    }
}

/// The table before names became numbers.
#[test]
fn ledgers_of_earlier_versions_are_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let old = sqlite(&path);
    for schema in [
        include_str!("../../../src/store/schema/state_001.sql"),
        include_str!("../../../src/store/schema/state_002.sql"),
        include_str!("../../../src/store/schema/state_003.sql"),
    ] {
        old.execute_batch(schema).unwrap();
    }
    old.pragma_update(None, "application_id", i32::from_be_bytes(*b"Tals")).unwrap();
    old.pragma_update(None, "user_version", 3).unwrap();
    for (id, report) in [(1, "weekly"), (2, "daily")] {
        old.execute(
            "INSERT INTO run (id, report, trigger, state, outcome, started_at, finished_at, period_first, period_last, \
             definitions_hash, tally_version) VALUES (?1, ?2, 'cli', 'done', 'clean', '2026-01-01T00:00:00.000000000Z', \
             '2026-01-01T00:01:00.000000000Z', '2026W1', '2026W5', 'd', '0.1.0')",
            rusqlite::params![id, report],
        )
        .unwrap();
    }
    let instants =
        ["2026-01-05T23:59:59.123456789Z", "1999-12-31T00:00:00.000000001Z", "2026-06-30T12:00:00.000000000Z"];
    let mut expected = BTreeMap::new();
    for i in 0..70 {
        let (system, run) = (["s1", "s2"][i % 2], [1, 2][i / 60]);
        let (value, instant) = ((i % 4 != 0).then(|| i.to_string()), instants[i % 3]);
        let key = key(i);
        old.execute(
            "INSERT INTO ledger VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            rusqlite::params![
                system,
                key.data_element.as_str(),
                key.period.as_str(),
                key.org_unit.as_str(),
                key.category_option_combo.as_str(),
                key.attribute_option_combo.as_str(),
                value,
                run,
                instant
            ],
        )
        .unwrap();
        expected.insert((system, key), (value, run, instant.parse().unwrap()));
    }
    drop(old);

    let state = State::open(&path).unwrap();
    let elements: Vec<String> = (0..7).map(|i| format!("DataElem{i:03}")).collect();
    let elements: Vec<&str> = elements.iter().map(String::as_str).collect();
    let mut found = BTreeMap::new();
    for system in ["s1", "s2"] {
        for (key, row) in state.ledger_load(system, &elements, None).unwrap() {
            assert_eq!(state.ledger_value(system, &key).unwrap().as_ref(), Some(&row));
            found.insert((system, key), (row.value, row.run.0, row.written_at));
        }
    }
    assert_eq!(found, expected);
    let periods = ["2026W1", "2026W2", "2026W3", "2026W4", "2026W5"];
    let of = |report| state.ledger_of_report("s1", report, &periods).unwrap().len();
    assert_eq!([of("weekly"), of("daily"), of("monthly")], [30, 5, 0]);
    assert_eq!(state.ledger_sizes().unwrap().values().map(|(here, gone)| here + gone).sum::<u64>(), 70);
    state.integrity_check().unwrap();
}
