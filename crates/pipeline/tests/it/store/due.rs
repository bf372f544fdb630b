//! Due times and what came of them.

use super::{at, run, state};
use pipeline::store::{Came, DueRow, RunId, Settled, State};

fn row(came: Came, (first, last, n): (i64, i64, u32), run: Option<RunId>) -> DueRow {
    DueRow {
        report: "weekly".into(),
        schedule: "0 23 * * 1 Africa/Dakar".into(),
        came,
        first: at(first),
        last: at(last),
        n,
        run,
        recorded_at: at(1_000),
    }
}

#[test]
fn due_times_are_settled_up_to_the_newest_since_the_schedule_was_first_seen() {
    let (_folder, mut state) = state();
    assert_eq!(state.settled("weekly").unwrap(), None);
    let run = run(&mut state);
    let rows = [
        row(Came::Watched, (10, 10, 0), None),
        row(Came::Ran, (50, 50, 1), Some(run)),
        row(Came::Covered, (20, 40, 3), Some(run)),
    ];
    state.record_due(&rows).unwrap();
    let settled =
        |since, until| Some(Settled { schedule: "0 23 * * 1 Africa/Dakar".into(), since: at(since), until: at(until) });
    assert_eq!(state.settled("weekly").unwrap(), settled(10, 50));
    assert_eq!(state.settled("daily").unwrap(), None);
    // Another schedule began to count, and nothing before it is of it.
    state.record_due(&[row(Came::Watched, (45, 45, 0), None)]).unwrap();
    assert_eq!(state.settled("weekly").unwrap(), settled(45, 45));
    let newest_first: Vec<_> = rows.into_iter().chain([row(Came::Watched, (45, 45, 0), None)]).rev().collect();
    assert_eq!(state.due_rows(Some("weekly"), 10).unwrap(), newest_first);
    assert_eq!(state.due_rows(None, 2).unwrap(), newest_first[..2]);
    assert_eq!(state.due_rows(Some("daily"), 10).unwrap(), []);
}

#[test]
fn rows_are_recorded_all_or_none() {
    let (_folder, mut state) = state();
    let of_no_run = row(Came::Skipped, (30, 40, 2), Some(RunId(99)));
    assert!(state.record_due(&[row(Came::Watched, (10, 10, 0), None), of_no_run]).is_err());
    assert_eq!(state.due_rows(None, 10).unwrap(), []);
}

/// The last schema without due times.
#[test]
fn a_state_without_due_times_gets_room_for_them_and_keeps_its_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let old = super::sqlite(&path);
    for schema in [
        include_str!("../../../src/store/schema/state_001.sql"),
        include_str!("../../../src/store/schema/state_002.sql"),
        include_str!("../../../src/store/schema/state_003.sql"),
        include_str!("../../../src/store/schema/state_004.sql"),
    ] {
        old.execute_batch(schema).unwrap();
    }
    old.pragma_update(None, "application_id", i32::from_be_bytes(*b"Tals")).unwrap();
    old.pragma_update(None, "user_version", 4).unwrap();
    old.execute_batch(
        "INSERT INTO run (id, report, trigger, state, outcome, started_at, finished_at, period_first, period_last, \
         definitions_hash, tally_version) VALUES (7, 'weekly', 'cli', 'done', 'clean', '2026-01-01T00:00:00.000000000Z', \
         '2026-01-01T00:01:00.000000000Z', '2026W1', '2026W5', 'd', '0.1.0')",
    )
    .unwrap();
    drop(old);
    let mut state = State::open(&path).unwrap();
    assert_eq!(state.last_success("weekly", |_| true).unwrap(), Some(at(60)));
    state.record_due(&[row(Came::Ran, (50, 50, 1), Some(RunId(7)))]).unwrap();
    assert_eq!(state.due_rows(None, 10).unwrap().len(), 1);
    state.integrity_check().unwrap();
}
