//! Said before it is done, and settled after.

use pipeline::store::{IntentId, LedgerUpdate, NewIntent, Receipt, ReceiptKind, RunId, RunState, State, StoreError};
use serde_json::json;

use super::{at, diffed, key, run, sqlite, state};

fn intent(n: i64) -> NewIntent {
    NewIntent {
        data_set: "DataSet0001".into(),
        org_unit: format!("OrgUnit{n:04}"),
        period: "2026W5".into(),
        body_hash: "b".repeat(64),
        values: json!([{"dataElement": "DataElem001", "value": n.to_string()}]).to_string(),
        created_at: at(n),
    }
}

fn receipt(kind: ReceiptKind) -> Receipt {
    Receipt { at: at(50), kind, verdict: json!({"imported": 1, "ignored": 0}) }
}

fn update(value: &str) -> LedgerUpdate {
    LedgerUpdate { system_id: "s1".into(), key: key(1), value: Some(value.into()) }
}

const fn pushing(done: u64) -> RunState {
    RunState::Pushing { done, total: 3 }
}

fn pushing_run(state: &mut State) -> (RunId, IntentId) {
    let run = diffed(state);
    let id = state.record_intent(run, &intent(1), pushing(0)).unwrap();
    (run, id)
}

#[test]
fn an_intent_moves_its_run_with_it() {
    let (_folder, mut state) = state();
    let (run, first) = pushing_run(&mut state);
    assert_eq!(state.run(run).unwrap().unwrap().state, pushing(0));
    state.record_receipt(first, &receipt(ReceiptKind::Written), &[update("1")]).unwrap();
    let second = state.record_intent(run, &intent(2), pushing(1)).unwrap();
    assert_eq!(state.run(run).unwrap().unwrap().state, pushing(1));
    assert_eq!(state.open_intents().unwrap().into_iter().map(|i| i.id).collect::<Vec<_>>(), [second]);
    let both = state.intents(run).unwrap();
    assert_eq!(both.iter().map(|i| (i.id, i.run)).collect::<Vec<_>>(), [(first, run), (second, run)]);
    assert_eq!((&both[0].body, &both[1].body), (&intent(1), &intent(2)));
}

#[test]
fn an_intent_that_the_run_may_not_have_leaves_no_trace() {
    let (_folder, mut state) = state();
    let early = run(&mut state);
    assert!(matches!(state.record_intent(early, &intent(1), pushing(0)), Err(StoreError::ForbiddenArrow { .. })));
    let (id, _) = pushing_run(&mut state);
    for to in [RunState::Pushed, RunState::Verifying, RunState::Pushing { done: 1, total: 4 }] {
        assert!(matches!(state.record_intent(id, &intent(2), to), Err(StoreError::ForbiddenArrow { .. })), "{to}");
    }
    assert_eq!((state.intents(early).unwrap().len(), state.intents(id).unwrap().len()), (0, 1));
    assert_eq!(state.run(early).unwrap().unwrap().state, RunState::Planned);
}

#[test]
fn a_failing_insert_does_not_move_the_run() {
    let (_folder, mut state) = state();
    let (run, _) = pushing_run(&mut state);
    sqlite(&state.path().to_owned())
        .execute_batch("CREATE TRIGGER poison BEFORE INSERT ON intent BEGIN SELECT RAISE(ABORT, 'poisoned'); END")
        .unwrap();
    let error = state.record_intent(run, &intent(2), pushing(1)).unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
    assert_eq!(state.run(run).unwrap().unwrap().state, pushing(0));
}

#[test]
fn no_receipt_without_its_intent() {
    let (_folder, mut state) = state();
    let missing = state.record_receipt(IntentId(9), &receipt(ReceiptKind::Written), &[update("1")]).unwrap_err();
    assert!(matches!(missing, StoreError::NoSuchIntent { intent: 9 }), "{missing:?}");
    assert_eq!(state.ledger_value("s1", &key(1)).unwrap(), None);
}

#[test]
fn an_intent_is_settled_once() {
    let (_folder, mut state) = state();
    let (_, id) = pushing_run(&mut state);
    state.record_receipt(id, &receipt(ReceiptKind::Written), &[update("1")]).unwrap();
    let again = state.record_receipt(id, &receipt(ReceiptKind::Resolved), &[update("2")]).unwrap_err();
    assert!(matches!(again, StoreError::Settled { .. }), "{again:?}");
    assert_eq!(state.ledger_value("s1", &key(1)).unwrap().unwrap().value.as_deref(), Some("1"));
    assert_eq!(state.receipts(id).unwrap(), [receipt(ReceiptKind::Written)]);
}

#[test]
fn an_answer_that_says_nothing_leaves_the_intent_open_until_dhis2_was_read() {
    let (_folder, mut state) = state();
    let (run, id) = pushing_run(&mut state);
    state.record_receipt(id, &receipt(ReceiptKind::Unknown), &[]).unwrap();
    state.record_receipt(id, &receipt(ReceiptKind::Unknown), &[]).unwrap();
    assert_eq!(state.open_intents().unwrap().len(), 1);
    // The crash, and the start after it: the run is ended first, its intents are resolved then.
    state.cancel(run, at(60)).unwrap();
    let path = state.path().to_owned();
    drop(state);
    let mut state = State::open(&path).unwrap();
    assert_eq!(state.open_intents().unwrap()[0].body, intent(1));
    state.record_receipt(id, &receipt(ReceiptKind::Resolved), &[update("1")]).unwrap();
    assert_eq!(state.open_intents().unwrap(), []);
    assert_eq!(state.ledger_value("s1", &key(1)).unwrap().unwrap().run, run);
}

#[test]
fn what_wrote_nothing_teaches_the_ledger_nothing() {
    let (_folder, mut state) = state();
    let (_, id) = pushing_run(&mut state);
    for kind in [ReceiptKind::Rejected, ReceiptKind::Unknown] {
        let error = state.record_receipt(id, &receipt(kind), &[update("1")]).unwrap_err();
        assert!(matches!(error, StoreError::NothingWritten { .. }), "{error:?}");
    }
    assert_eq!(state.receipts(id).unwrap(), []);
    state.record_receipt(id, &receipt(ReceiptKind::Rejected), &[]).unwrap();
    assert_eq!(state.open_intents().unwrap(), []);
}

#[test]
fn a_plan_is_kept_as_it_was_written() {
    let (_folder, mut state) = state();
    let run = run(&mut state);
    assert_eq!(state.plan(run).unwrap(), None);
    state.record_plan(run, "h1", "{ \"a\" : 1.0 }").unwrap();
    let plan = state.plan(run).unwrap().unwrap();
    assert_eq!((plan.hash.as_str(), plan.document.as_deref()), ("h1", Some("{ \"a\" : 1.0 }")));
}
