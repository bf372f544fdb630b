//! How long each step of a run took, and its figures.

use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;

use super::column::{At, Json};
use super::error::StoreError;
use super::run::RunId;
use super::runs::check_open;
use super::state::State;

/// A finished step of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// `extract`, `aggregate`, `diff` …
    pub name: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// What it counted: pages, rows, bytes, requests.
    pub figures: serde_json::Value,
}

impl State {
    /// Adds a finished step behind those that the run has.
    pub fn record_step(&mut self, run: RunId, step: &Step) -> Result<(), StoreError> {
        self.database.write("state/step", |tx| {
            check_open(tx, run)?;
            tx.execute(
                "INSERT INTO step (run, seq, name, started_at, finished_at, figures) \
                 SELECT ?1, 1 + coalesce(max(seq), 0), ?2, ?3, ?4, ?5 FROM step WHERE run = ?1",
                params![run.0, step.name, At(step.started_at), At(step.finished_at), step.figures.to_string()],
            )?;
            Ok(())
        })
    }

    /// The steps of a run in the order in which they were recorded.
    pub fn steps(&self, run: RunId) -> Result<Vec<Step>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT name, started_at, finished_at, figures FROM step WHERE run = ?1 ORDER BY seq",
            )?;
            let steps = statement.query_map([run.0], |row| {
                Ok(Step {
                    name: row.get(0)?,
                    started_at: row.get::<_, At>(1)?.0,
                    finished_at: row.get::<_, At>(2)?.0,
                    figures: row.get::<_, Json>(3)?.0,
                })
            })?;
            Ok(steps.collect::<Result<_, _>>()?)
        })
    }
}
