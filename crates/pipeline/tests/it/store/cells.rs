//! Computed values: stored where they change, and known as at any run.

use std::collections::BTreeMap;

use pipeline::store::{CellKey, CellRow, NewRun, Outcome, RunError, RunId, RunState, State, StoreError};
use proptest::prelude::*;

use super::{at, key, new_run, run, sqlite, state};

fn cells(n: usize, value: &str) -> Vec<CellRow> {
    let cell = |i| CellRow { key: key(i), indicator: "cases".into(), value: value.into(), n_records: i as u64 };
    let mut cells: Vec<_> = (0..n).map(cell).collect();
    cells.sort_by(|a, b| a.key.cmp(&b.key));
    cells
}

/// Ends a run as one that came through.
fn finish(state: &mut State, run: RunId, seconds: i64) {
    for to in [
        RunState::Extracting,
        RunState::Extracted,
        RunState::Aggregated,
        RunState::Diffed,
        RunState::Pushing { done: 0, total: 0 },
        RunState::Pushed,
        RunState::Verifying,
    ] {
        state.advance(run, None, to).unwrap();
    }
    state.finish(run, Outcome::Clean, at(seconds)).unwrap();
}

fn n_versions(state: &State) -> i64 {
    sqlite(&state.path().to_owned()).query_row("SELECT count(*) FROM cell_version", [], |row| row.get(0)).unwrap()
}

#[test]
fn an_unchanged_run_stores_nothing_and_has_its_cells() {
    let (_folder, mut state) = state();
    let (first, second, third) = (run(&mut state), run(&mut state), run(&mut state));
    let old = cells(50, "1");
    assert_eq!(state.record_cells(first, &old).unwrap(), 50);
    assert_eq!(state.record_cells(second, &old).unwrap(), 0);
    let mut new = cells(60, "1");
    new[7].value = "8".into();
    new[9].n_records += 1;
    new.remove(3);
    let gone = old.iter().filter(|cell| new.iter().all(|other| other.key != cell.key)).count() as u64;
    let more = new.iter().filter(|cell| old.iter().all(|other| other != *cell)).count() as u64;
    assert_eq!(state.record_cells(third, &new).unwrap(), gone + more);
    assert_eq!([first, second, third].map(|run| state.cells(run).unwrap()), [old.clone(), old, new]);
    assert_eq!(state.run(third).unwrap().unwrap().n_cells, Some(59));
    state.integrity_check().unwrap();
}

#[test]
fn a_narrower_run_says_nothing_of_the_other_periods() {
    let (_folder, mut state) = state();
    let wide = run(&mut state);
    state.record_cells(wide, &cells(10, "1")).unwrap();
    let narrow = NewRun { period_first: "2026W4".into(), ..new_run("weekly") };
    let narrow = state.begin_run(&narrow).unwrap();
    // Nothing is left in week 4; week 5 is as it was.
    let left: Vec<_> = cells(10, "1").into_iter().filter(|cell| cell.key.period == "2026W5").collect();
    assert_eq!(state.record_cells(narrow, &left).unwrap(), 2);
    assert_eq!(state.cells(narrow).unwrap(), left);
    let again = run(&mut state);
    let history = state.cell_history("weekly").unwrap();
    let at_narrow = |week: &str| history.values_at(week, narrow).unwrap().len();
    assert_eq!(["2026W1", "2026W2", "2026W3", "2026W4", "2026W5"].map(at_narrow), [2, 2, 2, 0, 2]);
    // The wider one after it finds those of week 1 as they were, and those of week 4 new.
    assert_eq!(state.record_cells(again, &cells(10, "1")).unwrap(), 2);
    assert_eq!(state.cells(again).unwrap(), cells(10, "1"));
}

#[test]
fn reports_have_histories_of_their_own() {
    let (_folder, mut state) = state();
    let weekly = run(&mut state);
    let other = state.begin_run(&new_run("other")).unwrap();
    state.record_cells(weekly, &cells(5, "1")).unwrap();
    assert_eq!(state.record_cells(other, &cells(5, "1")).unwrap(), 5);
    let next = run(&mut state);
    assert_eq!(state.record_cells(next, &[]).unwrap(), 5);
    assert_eq!((state.cells(next).unwrap(), state.cells(other).unwrap()), (vec![], cells(5, "1")));
}

#[test]
fn cells_of_a_run_are_replaced_as_a_whole_or_not_at_all() {
    let (_folder, mut state) = state();
    let before = run(&mut state);
    state.record_cells(before, &cells(4, "1")).unwrap();
    let id = run(&mut state);
    state.record_cells(id, &cells(5, "1")).unwrap();
    let mut twice = cells(3, "2");
    twice.push(twice[0].clone());
    assert!(matches!(state.record_cells(id, &twice), Err(StoreError::Refused { .. })));
    let mut elsewhere = cells(3, "2");
    elsewhere[0].key.period = "2026W6".into();
    assert!(matches!(state.record_cells(id, &elsewhere), Err(StoreError::Refused { .. })));
    assert_eq!(state.cells(id).unwrap(), cells(5, "1"));
    state.record_cells(id, &cells(3, "2")).unwrap();
    assert_eq!(state.cells(id).unwrap(), cells(3, "2"));
    assert_eq!(state.cells(before).unwrap(), cells(4, "1"));
    state.record_cells(id, &cells(4, "1")).unwrap();
    assert_eq!(n_versions(&state), 4, "it changed nothing after all");
}

#[test]
fn expired_cells_leave_what_stood_at_the_horizon() {
    let (_folder, mut state) = state();
    let values = ["1", "2", "2", "3", "4"];
    let runs = values.map(|value| {
        let id = run(&mut state);
        state.record_cells(id, &cells(20, value)).unwrap();
        // The fourth fails: what it computed nobody saw.
        if value == "3" {
            let error = RunError { code: "dhis2".into(), message: "gone".into() };
            state.fail(id, &error, at(id.0 * 10)).unwrap();
        } else {
            finish(&mut state, id, id.0 * 10);
        }
        id
    });
    assert_eq!(state.expire_cells("other", at(45)).unwrap(), 0);
    assert_eq!(state.expire_cells("weekly", at(45)).unwrap(), 20, "those of the first run");
    assert_eq!(state.expire_cells("weekly", at(45)).unwrap(), 0);
    let expired = |id: RunId| state.run(id).unwrap().unwrap().cells_expired;
    assert_eq!(runs.map(expired), [true, true, false, false, false]);
    assert_eq!(state.cells(runs[2]).unwrap(), cells(20, "2"));
    assert_eq!(state.cells(runs[4]).unwrap(), cells(20, "4"));
    assert_eq!(state.computed_runs("weekly").unwrap().len(), 4);
    let next = run(&mut state);
    assert_eq!(state.record_cells(next, &cells(20, "4")).unwrap(), 0);
    assert_eq!(state.expire_cells("weekly", at(55)).unwrap(), 40, "those of the second and of the failed one");
    assert_eq!(state.cells(runs[4]).unwrap(), cells(20, "4"));
    state.integrity_check().unwrap();
}

/// The table before versions: every run has all its cells.
#[test]
fn histories_of_earlier_versions_are_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let old = sqlite(&path);
    old.execute_batch(include_str!("../../../src/store/schema/state_001.sql")).unwrap();
    old.execute_batch(include_str!("../../../src/store/schema/state_002.sql")).unwrap();
    old.pragma_update(None, "application_id", i32::from_be_bytes(*b"Tals")).unwrap();
    old.pragma_update(None, "user_version", 2).unwrap();
    // Run, report, first and last period, state.
    let runs = [
        (1, "weekly", "2019W52", "2020W10", "done"),
        (2, "weekly", "2020W2", "2020W10", "done"),
        (3, "weekly", "2020W9", "2020W10", "done"),
        (4, "daily", "20200301", "20200302", "done"),
        (5, "weekly", "2020W2", "2020W10", "failed"),
        (6, "weekly", "202001", "202003", "done"),
        (7, "weekly", "2019W52", "2020W10", "done"),
    ];
    for (id, report, first, last, state) in runs {
        old.execute(
            "INSERT INTO run (id, report, trigger, state, outcome, error_code, error_message, started_at, finished_at, \
             period_first, period_last, definitions_hash, tally_version, n_records) \
             VALUES (?1, ?2, 'cli', ?5, iif(?5 = 'done', 'clean', NULL), iif(?5 = 'done', NULL, 'x'), \
             iif(?5 = 'done', NULL, 'x'), '2026-01-01T00:00:00.000000000Z', '2026-01-01T00:01:00.000000000Z', ?3, ?4, 'd', \
             '0.1.0', iif(?5 = 'done', 9, NULL))",
            rusqlite::params![id, report, first, last, state],
        )
        .unwrap();
    }
    let periods = ["2019W52", "2020W2", "2020W9", "2020W10", "20200301", "202002"];
    for (id, period) in periods.iter().enumerate() {
        old.execute("INSERT INTO cell_key VALUES (?1, 'e', ?2, 'u', 'c', 'a', 'cases')", (id as i64, period)).unwrap();
    }
    // Run, period, value: week 9 goes away in run 3 and comes back in run 7, which finds none in week 2.
    let stored = [
        (1, 0, "1"),
        (1, 1, "2"),
        (1, 2, "3"),
        (1, 3, "4"),
        (2, 1, "2"),
        (2, 2, "3"),
        (2, 3, "5"),
        (3, 3, "5"),
        (4, 4, "7"),
        (6, 5, "8"),
        (7, 0, "1"),
        (7, 2, "3"),
        (7, 3, "5"),
    ];
    for (run, key, value) in stored {
        old.execute("INSERT INTO cell VALUES (?1, ?2, ?3, 1)", (run, key as i64, value)).unwrap();
    }
    drop(old);

    let state = State::open(&path).unwrap();
    for (run, ..) in runs {
        let found: Vec<_> = state.cells(RunId(run)).unwrap();
        let found: BTreeMap<_, _> = found.iter().map(|c| (c.key.period.to_string(), c.value.clone())).collect();
        let of_run = stored.iter().filter(|(id, ..)| *id == run);
        let expected = of_run.map(|(_, key, value)| (periods[*key as usize].to_owned(), (*value).to_owned())).collect();
        assert_eq!(found, expected, "run {run}");
    }
    // 4 of run 1, week 10 of run 2, the end of week 9 in run 3, one each in runs 4 and 6, week 9 and the end of week 2 in 7.
    assert_eq!(n_versions(&state), 4 + 1 + 1 + 1 + 1 + 2);
    let n_cells = |id| state.run(RunId(id)).unwrap().unwrap().n_cells;
    assert_eq!([1, 3, 5, 7].map(n_cells), [Some(4), Some(1), None, Some(3)]);
    state.integrity_check().unwrap();
}

const WEEKS: [&str; 4] = ["2026W1", "2026W2", "2026W3", "2026W4"];

/// A run over some weeks, the values that it computes there, and how it ends.
#[derive(Clone, Debug)]
struct Attempt {
    first: usize,
    last: usize,
    values: Vec<Option<u8>>,
    comes_through: bool,
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let values = prop::collection::vec(prop::option::weighted(0.7, 0..3_u8), 8);
    (0..4_usize, 0..4_usize, values, prop::bool::weighted(0.8)).prop_map(|(a, b, values, comes_through)| Attempt {
        first: a.min(b),
        last: a.max(b),
        values,
        comes_through,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever runs compute over whatever periods, each has its cells again, and any period is what the last run that
    /// covered it left; forgetting changes nothing of what came later.
    #[test]
    fn as_of_any_run_is_exact(attempts in prop::collection::vec(attempt(), 1..8), horizon in 0..9_i64) {
        let (_folder, mut state) = state();
        let mut model: BTreeMap<(usize, usize), u8> = BTreeMap::new();
        let mut stages = Vec::new();
        for (nth, attempt) in attempts.iter().enumerate() {
            let (first, last) = (WEEKS[attempt.first].into(), WEEKS[attempt.last].into());
            let id = state.begin_run(&NewRun { period_first: first, period_last: last, ..new_run("weekly") }).unwrap();
            let within = |week: usize| (attempt.first..=attempt.last).contains(&week);
            model.retain(|(week, _), _| !within(*week));
            let computed = attempt.values.iter().enumerate().filter_map(|(i, value)| Some(((i / 2, i % 2), (*value)?)));
            model.extend(computed.filter(|((week, _), _)| within(*week)));
            let mine: Vec<_> = rows(&model).into_iter().filter(|row| WEEKS[attempt.first..=attempt.last].contains(&row.key.period.as_str())).collect();
            state.record_cells(id, &mine).unwrap();
            prop_assert_eq!(state.cells(id).unwrap(), mine);
            if attempt.comes_through {
                finish(&mut state, id, nth as i64);
            } else {
                state.cancel(id, at(nth as i64)).unwrap();
            }
            stages.push((id, rows(&model)));
        }
        let through = |id: RunId, state: &State| state.run(id).unwrap().unwrap().state == RunState::Done;
        state.expire_cells("weekly", at(horizon)).unwrap();
        // What came after the horizon is exact, and at it, if nothing failed in between.
        let kept = stages.iter().filter(|(id, _)| !state.run(*id).unwrap().unwrap().cells_expired && through(*id, &state));
        let history = state.cell_history("weekly").unwrap();
        for (id, values) in kept {
            let found: Vec<_> = WEEKS.iter().flat_map(|week| history.values_at(week, *id).unwrap()).collect();
            let found: BTreeMap<_, _> = found.into_iter().map(|row| (row.key, row.value)).collect();
            let expected: BTreeMap<_, _> = values.iter().map(|row| (row.key.clone(), row.value.clone())).collect();
            prop_assert_eq!(found, expected);
        }
        state.integrity_check().unwrap();
    }
}

fn rows(model: &BTreeMap<(usize, usize), u8>) -> Vec<CellRow> {
    let row = |((week, place), value): (&(usize, usize), &u8)| CellRow {
        key: CellKey {
            period: WEEKS[*week].into(),
            org_unit: format!("unit{place}").into(),
            data_element: "e".into(),
            ..key(0)
        },
        indicator: "cases".into(),
        value: value.to_string(),
        n_records: u64::from(*value),
    };
    model.iter().map(row).collect()
}

/// A report of many values: an unchanged run stores none, one change one, and a value takes some 25 bytes.
#[test]
fn many_values_take_little_room_and_an_unchanged_run_none() {
    const N: usize = 60_000;
    let (_folder, mut state) = state();
    let many = |changed: usize| -> Vec<CellRow> {
        let cell = |i: usize| CellRow {
            key: CellKey {
                data_element: format!("DataElem{:03}", i % 40).into(),
                period: format!("2026W{}", 1 + i % 5).into(),
                org_unit: format!("OrgUnit{:04}", i / 200).into(),
                category_option_combo: format!("Combo{:06}", i % 200 / 40).into(),
                attribute_option_combo: "HllvX50cXC0".into(),
            },
            indicator: format!("indicator{}", i % 40).into(),
            value: if i == changed { "999".into() } else { (i % 90).to_string() },
            n_records: 1,
        };
        (0..N).map(cell).collect()
    };
    let stored = [N, N, 5].map(|changed| {
        let id = run(&mut state);
        state.record_cells(id, &many(changed)).unwrap()
    });
    assert_eq!(stored, [N as u64, 0, 1]);
    let copy = state.path().with_file_name("copy.db");
    state.backup_to(&copy).unwrap();
    let bytes = std::fs::metadata(&copy).unwrap().len();
    assert!(bytes / (N as u64) < 40, "{bytes} bytes");
}
