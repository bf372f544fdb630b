//! A run along its arrows.

use pipeline::store::{Dhis2Seen, ExtractionId, GodataSeen, Outcome, RunError, RunId, RunState, StoreError};

use super::{at, diffed, new_run, run, sqlite, state};

#[test]
fn a_run_goes_its_way_and_says_so() {
    let (_folder, mut state) = state();
    let id = run(&mut state);
    let godata = GodataSeen { version: "59.0.0".into(), outbreak: "o1".into() };
    let dhis2 =
        Dhis2Seen { version: "2.42.1".into(), system_id: "s1".into(), url: "https://dhis2.example.org/".into() };
    let mut way = vec![];
    for to in [
        RunState::Extracting,
        RunState::Extracted,
        RunState::Aggregated,
        RunState::Diffed,
        RunState::Pushing { done: 0, total: 2 },
        RunState::Pushing { done: 2, total: 2 },
        RunState::Pushed,
        RunState::Verifying,
    ] {
        let from = state.run(id).unwrap().unwrap().state;
        state.advance(id, Some(from), to).unwrap();
        way.push(state.run(id).unwrap().unwrap().state.to_string());
    }
    state.record_godata(id, &godata).unwrap();
    state.record_dhis2(id, &dhis2).unwrap();
    state.record_n_records(id, 12_345).unwrap();
    assert_eq!(state.run(id).unwrap().unwrap().extraction, None);
    state.record_extraction(id, ExtractionId(7_000_001)).unwrap();
    state.finish(id, Outcome::Partial, at(90)).unwrap();
    assert_eq!(
        way.join(" "),
        "extracting extracted aggregated diffed pushing (0 of 2) pushing (2 of 2) pushed verifying"
    );
    let done = state.run(id).unwrap().unwrap();
    assert_eq!((done.state, done.outcome, done.finished_at), (RunState::Done, Some(Outcome::Partial), Some(at(90))));
    assert_eq!((done.godata, done.dhis2, done.n_records), (Some(godata), Some(dhis2), Some(12_345)));
    assert_eq!(done.extraction, Some(7_000_001));
    assert_eq!((done.report.as_str(), done.period_first.as_str(), done.started_at), ("weekly", "2026W1", at(0)));
}

#[test]
fn a_forbidden_arrow_changes_nothing() {
    let (_folder, mut state) = state();
    let id = diffed(&mut state);
    for to in [RunState::Planned, RunState::Diffed, RunState::Pushed, RunState::Pushing { done: 1, total: 2 }] {
        let error = state.advance(id, None, to).unwrap_err();
        assert!(matches!(error, StoreError::ForbiddenArrow { from: RunState::Diffed, .. }), "{error:?}");
    }
    let early = state.finish(id, Outcome::Clean, at(1)).unwrap_err();
    assert_eq!(early.to_string(), "run 1 cannot go from diffed to done");
    assert_eq!(state.run(id).unwrap().unwrap().state, RunState::Diffed);
}

#[test]
fn an_end_needs_more_than_an_arrow() {
    let (_folder, mut state) = state();
    let id = run(&mut state);
    for to in [RunState::Done, RunState::Failed, RunState::Cancelled] {
        assert!(matches!(state.advance(id, None, to), Err(StoreError::ForbiddenArrow { .. })));
    }
    assert_eq!(state.run(id).unwrap().unwrap().state, RunState::Planned);
}

#[test]
fn a_run_that_another_moved_is_not_moved_again() {
    let (_folder, mut state) = state();
    let id = run(&mut state);
    state.advance(id, Some(RunState::Planned), RunState::Extracting).unwrap();
    let late = state.advance(id, Some(RunState::Planned), RunState::Extracting).unwrap_err();
    assert!(
        matches!(late, StoreError::MovedOn { expected: RunState::Planned, found: RunState::Extracting, .. }),
        "{late:?}"
    );
}

#[test]
fn a_failed_run_keeps_its_error_and_takes_nothing_more() {
    let (_folder, mut state) = state();
    let id = diffed(&mut state);
    state.advance(id, None, RunState::Pushing { done: 0, total: 9 }).unwrap();
    let error = RunError { code: "DH-201".into(), message: "DHIS2 does not answer".into() };
    state.fail(id, &error, at(7)).unwrap();
    let failed = state.run(id).unwrap().unwrap();
    assert_eq!((failed.state, failed.error, failed.finished_at), (RunState::Failed, Some(error.clone()), Some(at(7))));
    assert!(matches!(state.record_n_records(id, 1), Err(StoreError::Ended { state: RunState::Failed, .. })));
    assert!(matches!(state.fail(id, &error, at(8)), Err(StoreError::ForbiddenArrow { .. })));
    assert!(matches!(state.cancel(id, at(8)), Err(StoreError::ForbiddenArrow { .. })));
    assert_eq!(state.run(id).unwrap().unwrap().finished_at, Some(at(7)));
}

#[test]
fn a_run_that_does_not_exist_is_told() {
    let (_folder, mut state) = state();
    assert_eq!(state.run(RunId(5)).unwrap(), None);
    assert!(matches!(
        state.advance(RunId(5), None, RunState::Extracting),
        Err(StoreError::NoSuchRun { run: RunId(5) })
    ));
    assert!(matches!(state.record_account(RunId(5), &[]), Err(StoreError::NoSuchRun { .. })));
}

#[test]
fn a_crash_leaves_its_run_in_the_list_of_the_unfinished() {
    let (_folder, mut state) = state();
    let (ended, crashed) = (run(&mut state), diffed(&mut state));
    state.cancel(ended, at(1)).unwrap();
    let path = state.path().to_owned();
    drop(state);
    let state = pipeline::store::State::open(&path).unwrap();
    let unfinished: Vec<_> = state.unfinished_runs().unwrap().into_iter().map(|r| (r.id, r.state)).collect();
    assert_eq!(unfinished, [(crashed, RunState::Diffed)]);
}

#[test]
fn runs_are_listed_newest_first_by_report_and_within_a_limit() {
    let (_folder, mut state) = state();
    let ids: Vec<_> =
        ["daily", "weekly", "daily", "daily"].map(|r| state.begin_run(&new_run(r)).unwrap()).into_iter().collect();
    let listed = |report, limit| state.runs(report, limit).unwrap().into_iter().map(|r| r.id).collect::<Vec<_>>();
    assert_eq!(listed(None, 10), [ids[3], ids[2], ids[1], ids[0]]);
    assert_eq!(listed(Some("daily"), 2), [ids[3], ids[2]]);
    assert_eq!(listed(Some("hourly"), 2), []);
}

#[test]
fn a_state_that_nobody_knows_is_an_error_not_a_guess() {
    let (_folder, mut state) = state();
    let id = run(&mut state);
    let other = sqlite(&state.path().to_owned());
    other.pragma_update(None, "ignore_check_constraints", true).unwrap();
    other.execute("UPDATE run SET state = 'dreaming'", []).unwrap();
    let error = state.run(id).unwrap_err();
    assert!(matches!(error, StoreError::Row { .. }) && error.to_string().contains("`dreaming`"), "{error}");
}
