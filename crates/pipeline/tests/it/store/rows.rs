//! What a run leaves: steps, account, places, findings, cells; and what others leave: destinations, audit.

use pipeline::store::{
    AccountRow, AuditRow, Destination, ISSUES_PER_RULE_MAX, IssueRow, IssueTotal, RunId, State, Step, StoreError,
    Unmapped,
};
use serde_json::json;

use super::{at, run, sqlite, state};

#[test]
fn steps_stay_in_their_order() {
    let (_folder, mut state) = state();
    let id = run(&mut state);
    let step = |name: &str, from, to| Step {
        name: name.into(),
        started_at: at(from),
        finished_at: at(to),
        figures: json!({"pages": to, "rows": 5_000}),
    };
    let steps = [step("extract", 0, 8), step("aggregate", 2, 9), step("diff", 9, 11)];
    for step in &steps {
        state.record_step(id, step).unwrap();
    }
    let other = run(&mut state);
    state.record_step(other, &steps[2]).unwrap();
    assert_eq!(state.steps(id).unwrap(), steps);
}

#[test]
fn an_account_is_replaced_as_a_whole() {
    let (_folder, mut state) = state();
    let id = run(&mut state);
    let row = |indicator: &str, reason: &str, n| AccountRow { indicator: indicator.into(), reason: reason.into(), n };
    state.record_account(id, &[row("deaths", "counted", 3), row("deaths", "gone", 1)]).unwrap();
    let rows = [row("cases", "counted", 90), row("cases", "no_date", 10), row("deaths", "counted", 4)];
    state.record_account(id, &rows).unwrap();
    assert_eq!(state.account(id).unwrap(), rows);
    let twice = state.record_account(id, &[rows[0].clone(), rows[0].clone()]).unwrap_err();
    assert!(matches!(twice, StoreError::Refused { .. }), "{twice:?}");
    assert_eq!(state.account(id).unwrap(), rows, "the refused one left the earlier one whole");
}

#[test]
fn unmapped_places_come_with_the_heaviest_first() {
    let (_folder, mut state) = state();
    let id = run(&mut state);
    let place = |location: &str, n| Unmapped { location: location.into(), n };
    state.record_unmapped(id, &[place("b", 3), place("a", 3), place("c", 40)]).unwrap();
    assert_eq!(state.unmapped(id).unwrap(), [place("c", 40), place("a", 3), place("b", 3)]);
}

fn issue(rule: &str, i: u64) -> IssueRow {
    IssueRow {
        rule: rule.into(),
        field: "date_of_onset".into(),
        record_id: format!("r{i}"),
        detail: "later than today".into(),
    }
}

#[test]
fn findings_are_kept_up_to_the_cap_and_counted_beyond_it() {
    let (_folder, mut state) = state();
    let id = run(&mut state);
    let n = ISSUES_PER_RULE_MAX + 7;
    for page in (0..n).map(|i| issue("in_the_future", i)).collect::<Vec<_>>().chunks(300) {
        state.record_issues(id, page).unwrap();
    }
    state.record_issues(id, &[issue("unknown_location", 0)]).unwrap();
    let total = |rule: &str, n, n_kept| IssueTotal { rule: rule.into(), n, n_kept };
    assert_eq!(
        state.issue_totals(id).unwrap(),
        [total("in_the_future", n, ISSUES_PER_RULE_MAX), total("unknown_location", 1, 1)]
    );
    let kept = state.issues(id, Some("in_the_future")).unwrap();
    assert_eq!(kept.len() as u64, ISSUES_PER_RULE_MAX);
    assert_eq!((&kept[0], &kept[999]), (&issue("in_the_future", 0), &issue("in_the_future", 999)));
    assert_eq!(state.issues(id, None).unwrap().len() as u64, ISSUES_PER_RULE_MAX + 1);
}

#[test]
fn record_ids_expire_and_totals_stay() {
    let (_folder, mut state) = state();
    let (old, new) = (run(&mut state), run(&mut state));
    for id in [old, new] {
        state.record_issues(id, &[issue("in_the_future", 1)]).unwrap();
        state.record_plan(id, "hash", r#"{"causes":["r1"]}"#).unwrap();
    }
    state.cancel(old, at(10)).unwrap();
    state.cancel(new, at(20)).unwrap();
    assert_eq!(state.expire_record_ids(at(15)).unwrap(), 1);
    assert_eq!(state.expire_record_ids(at(15)).unwrap(), 0);
    assert_eq!(state.issues(old, None).unwrap(), []);
    assert_eq!(state.issue_totals(old).unwrap()[0].n, 1);
    let plan = state.plan(old).unwrap().unwrap();
    assert_eq!((plan.hash.as_str(), plan.document), ("hash", None));
    assert_eq!(state.issues(new, None).unwrap().len(), 1);
    assert!(state.plan(new).unwrap().unwrap().document.is_some());
}

#[test]
fn an_ended_run_takes_no_rows() {
    let (_folder, mut state) = state();
    let id = run(&mut state);
    state.cancel(id, at(1)).unwrap();
    let ended = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Ended { run: RunId(1), .. }));
    assert!(ended(state.record_cells(id, &[]).map(drop)));
    assert!(ended(state.record_account(id, &[])));
    assert!(ended(state.record_unmapped(id, &[])));
    assert!(ended(state.record_issues(id, &[issue("a", 1)])));
    assert!(ended(state.record_plan(id, "h", "{}")));
}

#[test]
fn a_destination_is_remembered_by_its_address() {
    let (_folder, mut state) = state();
    let seen = |id: &str, s| Destination { system_id: id.into(), seen_at: at(s) };
    let url = "https://dhis2.example.org/";
    assert_eq!(state.destination(url).unwrap(), None);
    state.set_destination(url, &seen("one", 1)).unwrap();
    state.set_destination(url, &seen("two", 2)).unwrap();
    let path = state.path().to_owned();
    drop(state);
    assert_eq!(State::open(&path).unwrap().destination(url).unwrap(), Some(seen("two", 2)));
    assert_eq!(State::open(&path).unwrap().destination("https://other.example.org/").unwrap(), None);
}

#[test]
fn audit_rows_are_added_and_never_changed() {
    let (_folder, mut state) = state();
    let row =
        |action: &str, s| AuditRow { at: at(s), actor: "daemon".into(), action: action.into(), detail: "run 1".into() };
    state.record_audit(&row("apply", 1)).unwrap();
    state.record_audit(&row("expire", 2)).unwrap();
    assert_eq!(state.audit(10).unwrap(), [row("expire", 2), row("apply", 1)]);
    assert_eq!(state.audit(1).unwrap(), [row("expire", 2)]);
    let other = sqlite(&state.path().to_owned());
    assert!(other.execute("UPDATE audit SET actor = 'nobody'", []).is_err());
    assert!(other.execute("DELETE FROM audit", []).is_err());
    assert_eq!(state.audit(10).unwrap().len(), 2);
}
