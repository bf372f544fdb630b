//! What people were told, and what they are not to be told again so soon.

use jiff::Timestamp;
use rusqlite::{Row, params};
use serde::Serialize;

use super::audit::{AuditRow, add_audit};
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
    /// When somebody said that they see to it; it is not told again until it is over.
    pub acknowledged_at: Option<Timestamp>,
    /// Who.
    pub acknowledged_by: Option<String>,
}

/// A problem and the report that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportAlert {
    /// Name of the report.
    pub report: String,
    /// The problem.
    #[serde(flatten)]
    pub alert: OpenAlert,
}

const COLUMNS: &str = "event, cause, began_at, told_at, n_seen, acknowledged_at, acknowledged_by, report";

impl State {
    /// The problems of a report that are not over, by event and cause.
    ///
    /// # Errors
    /// What the file says.
    pub fn open_alerts(&self, report: &str) -> Result<Vec<OpenAlert>, StoreError> {
        self.database.read(|conn| {
            let mut statement =
                conn.prepare_cached(&format!("SELECT {COLUMNS} FROM alert WHERE report = ?1 ORDER BY event, cause"))?;
            Ok(statement.query_map([report], read_alert)?.collect::<Result<_, _>>()?)
        })
    }

    /// The problems of all reports that are not over, the newest first.
    ///
    /// # Errors
    /// What the file says.
    pub fn all_open_alerts(&self) -> Result<Vec<ReportAlert>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn
                .prepare_cached(&format!("SELECT {COLUMNS} FROM alert ORDER BY began_at DESC, report, event, cause"))?;
            let rows = statement
                .query_map([], |row| Ok(ReportAlert { report: row.get("report")?, alert: read_alert(row)? }))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Replaces the problems of a report that are not over. Who acknowledged one is not replaced: that may have been said
    /// since they were read.
    ///
    /// # Errors
    /// What the file says.
    pub fn set_open_alerts(&mut self, report: &str, open: &[OpenAlert]) -> Result<(), StoreError> {
        self.database.write("state/alerts", |tx| {
            let mut known = tx.prepare_cached("SELECT event, cause FROM alert WHERE report = ?1")?;
            let known: Vec<(String, String)> =
                known.query_map([report], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            for (event, cause) in &known {
                if !open.iter().any(|alert| alert.event == *event && alert.cause == *cause) {
                    let keys = params![report, event, cause];
                    tx.execute("DELETE FROM alert WHERE report = ?1 AND event = ?2 AND cause = ?3", keys)?;
                }
            }
            let mut put = tx.prepare_cached(
                "INSERT INTO alert (report, event, cause, began_at, told_at, n_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT DO UPDATE SET told_at = excluded.told_at, n_seen = excluded.n_seen, \
                 acknowledged_at = iif(began_at = excluded.began_at, acknowledged_at, NULL), \
                 acknowledged_by = iif(began_at = excluded.began_at, acknowledged_by, NULL), began_at = excluded.began_at",
            )?;
            for alert in open {
                let told_at = alert.told_at.map(At);
                put.execute(params![report, alert.event, alert.cause, At(alert.began_at), told_at, N(alert.n_seen)])?;
            }
            Ok(())
        })
    }

    /// Notes that somebody sees to a problem, and says so in the audit. False if there is no such problem, or somebody was
    /// first.
    ///
    /// # Errors
    /// What the file says.
    pub fn acknowledge(
        &mut self,
        report: &str,
        event: &str,
        cause: &str,
        by: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.database.write("state/alert-acknowledged", |tx| {
            let n = tx.execute(
                "UPDATE alert SET acknowledged_at = ?4, acknowledged_by = ?5 \
                 WHERE report = ?1 AND event = ?2 AND cause = ?3 AND acknowledged_at IS NULL",
                params![report, event, cause, At(at), by],
            )?;
            if n == 1 {
                let detail = format!("`{event}` of report `{report}`: {cause}");
                add_audit(tx, &AuditRow { at, actor: by.to_owned(), action: "acknowledge".to_owned(), detail })?;
            }
            Ok(n == 1)
        })
    }
}

fn read_alert(row: &Row<'_>) -> rusqlite::Result<OpenAlert> {
    Ok(OpenAlert {
        event: row.get(0)?,
        cause: row.get(1)?,
        began_at: row.get::<_, At>(2)?.0,
        told_at: row.get::<_, Option<At>>(3)?.map(|at| at.0),
        n_seen: row.get::<_, N>(4)?.0,
        acknowledged_at: row.get::<_, Option<At>>(5)?.map(|at| at.0),
        acknowledged_by: row.get(6)?,
    })
}
