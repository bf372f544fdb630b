//! The two files, opened and closed for real.

mod access;
mod alerts;
mod base;
mod cells;
mod due;
mod files;
mod intents;
mod jobs;
mod leases;
mod ledger;
mod line_list;
mod model;
mod outbreaks;
mod query;
mod rows;
mod runs;

use std::path::PathBuf;

use jiff::Timestamp;
use pipeline::store::{CellKey, NewRun, RunId, RunState, State};
use tempfile::TempDir;

/// A folder of its own for each test, and a state file in it.
fn state() -> (TempDir, State) {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(&folder.path().join("state.db")).unwrap();
    (folder, state)
}

/// The instant `seconds` after the beginning of the tests' time.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).unwrap()
}

fn new_run(report: &str) -> NewRun {
    NewRun {
        report: report.into(),
        trigger: "cli".into(),
        started_at: at(0),
        period_first: "2026W1".into(),
        period_last: "2026W5".into(),
        definitions_hash: "d".repeat(64),
        tally_version: "0.1.0".into(),
    }
}

fn run(state: &mut State) -> RunId {
    state.begin_run(&new_run("weekly")).unwrap()
}

/// A run whose plan is computed.
fn diffed(state: &mut State) -> RunId {
    let run = run(state);
    for to in [RunState::Extracting, RunState::Extracted, RunState::Aggregated, RunState::Diffed] {
        state.advance(run, None, to).unwrap();
    }
    run
}

fn key(i: usize) -> CellKey {
    CellKey {
        data_element: format!("DataElem{:03}", i % 7).into(),
        period: format!("2026W{}", 1 + i % 5).into(),
        org_unit: format!("OrgUnit{i:04}").into(),
        category_option_combo: "HllvX50cXC0".into(),
        attribute_option_combo: "HllvX50cXC0".into(),
    }
}

/// A second connection that does what Tally does not: break, lock, look.
fn sqlite(path: &PathBuf) -> rusqlite::Connection {
    rusqlite::Connection::open(path).unwrap()
}
