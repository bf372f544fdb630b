//! Values of somebody else that a person accepted.

use compact_str::CompactString;
use jiff::Timestamp;
use rusqlite::{Row, params};
use schemars::JsonSchema;
use serde::Serialize;

use super::audit::{AuditRow, add_audit};
use super::cell::CellKey;
use super::column::At;
use super::error::StoreError;
use super::state::State;

/// A value that a person accepted, and how things stood then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Where.
    pub key: CellKey,
    /// What DHIS2 said; none if somebody deleted it.
    pub actual: Option<String>,
    /// What Tally computed; none if it had nothing to say any more.
    pub desired: Option<String>,
}

/// How many values of a report a person accepted at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Accepted {
    /// Name of the report.
    pub report: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// How many values.
    pub n: u64,
}

impl State {
    /// Accepts values of a DHIS2, in place of what was accepted there before, and says so in the audit.
    ///
    /// # Errors
    /// What the file says.
    pub fn accept(
        &mut self,
        system_id: &str,
        report: &str,
        values: &[Acceptance],
        by: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.database.write("state/accepted", |tx| {
            let mut insert = tx.prepare_cached(
                "INSERT OR REPLACE INTO acceptance (system_id, data_element, period, org_unit, coc, aoc, report, actual, \
                 desired, accepted_at, accepted_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?;
            for value in values {
                let key = &value.key;
                insert.execute(params![
                    system_id,
                    key.data_element.as_str(),
                    key.period.as_str(),
                    key.org_unit.as_str(),
                    key.category_option_combo.as_str(),
                    key.attribute_option_combo.as_str(),
                    report,
                    value.actual,
                    value.desired,
                    At(at),
                    by
                ])?;
            }
            let detail = format!("{} of report `{report}`", crate::progress::counted(values.len() as u64, "value"));
            add_audit(tx, &AuditRow { at, actor: by.to_owned(), action: "accept".to_owned(), detail })
        })
    }

    /// What is accepted in a DHIS2 for the values that a report writes.
    ///
    /// # Errors
    /// What the file says.
    pub fn acceptances(&self, system_id: &str, report: &str) -> Result<Vec<Acceptance>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT data_element, period, org_unit, coc, aoc, actual, desired FROM acceptance \
                 WHERE report = ?2 AND system_id = ?1",
            )?;
            let rows = statement.query_map([system_id, report], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many values stand accepted, by report and by who accepted them when; the newest first.
    ///
    /// # Errors
    /// What the file says.
    pub fn accepted(&self) -> Result<Vec<Accepted>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT report, accepted_at, accepted_by, count(*) FROM acceptance \
                 GROUP BY report, accepted_at, accepted_by ORDER BY accepted_at DESC, report",
            )?;
            let rows = statement.query_map([], |row| {
                let n: i64 = row.get(3)?;
                Ok(Accepted { report: row.get(0)?, at: row.get::<_, At>(1)?.0, by: row.get(2)?, n: n.unsigned_abs() })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Takes back all that was accepted for a report, and says so in the audit: what somebody else wrote is told again.
    /// Returns how many values these were.
    ///
    /// # Errors
    /// What the file says.
    pub fn withdraw(&mut self, report: &str, by: &str, at: Timestamp) -> Result<u64, StoreError> {
        self.database.write("state/withdrawn", |tx| {
            let n = tx.execute("DELETE FROM acceptance WHERE report = ?1", [report])? as u64;
            if n > 0 {
                let detail = format!("{} of report `{report}`", crate::progress::counted(n, "value"));
                add_audit(tx, &AuditRow { at, actor: by.to_owned(), action: "withdraw".to_owned(), detail })?;
            }
            Ok(n)
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Acceptance> {
    let text = |i: usize| row.get::<_, String>(i).map(CompactString::from);
    Ok(Acceptance {
        key: CellKey {
            data_element: text(0)?,
            period: text(1)?,
            org_unit: text(2)?,
            category_option_combo: text(3)?,
            attribute_option_combo: text(4)?,
        },
        actual: row.get(5)?,
        desired: row.get(6)?,
    })
}
