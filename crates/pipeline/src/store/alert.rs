//! What people were told, and what they are not to be told again so soon.

use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;

use super::column::{At, N};
use super::error::StoreError;
use super::state::State;

/// A problem of a report that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenAlert {
    /// What happened, as a word.
    pub event: String,
    /// Why, as a word of Tally's own: the code of an error.
    pub cause: String,
    /// When it was first seen.
    pub began_at: Timestamp,
    /// When it was last told; none if no destination took it.
    pub told_at: Option<Timestamp>,
    /// How often it was seen.
    pub n_seen: u64,
}

impl State {
    /// The problems of a report that are not over, by event and cause.
    pub fn open_alerts(&self, report: &str) -> Result<Vec<OpenAlert>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT event, cause, began_at, told_at, n_seen FROM alert WHERE report = ?1 ORDER BY event, cause",
            )?;
            let rows = statement.query_map([report], |row| {
                Ok(OpenAlert {
                    event: row.get(0)?,
                    cause: row.get(1)?,
                    began_at: row.get::<_, At>(2)?.0,
                    told_at: row.get::<_, Option<At>>(3)?.map(|at| at.0),
                    n_seen: row.get::<_, N>(4)?.0,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Replaces the problems of a report that are not over.
    pub fn set_open_alerts(&mut self, report: &str, open: &[OpenAlert]) -> Result<(), StoreError> {
        self.database.write("state/alerts", |tx| {
            tx.execute("DELETE FROM alert WHERE report = ?1", [report])?;
            let mut insert = tx.prepare_cached(
                "INSERT INTO alert (report, event, cause, began_at, told_at, n_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for alert in open {
                let told_at = alert.told_at.map(At);
                insert.execute(params![
                    report,
                    alert.event,
                    alert.cause,
                    At(alert.began_at),
                    told_at,
                    N(alert.n_seen)
                ])?;
            }
            Ok(())
        })
    }
}
