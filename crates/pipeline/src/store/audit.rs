//! Who did what, when: rows that are added and never changed.

use jiff::Timestamp;
use rusqlite::{Transaction, params};
use serde::Serialize;

use super::column::At;
use super::database::Fault;
use super::error::StoreError;
use super::state::State;

/// Something that a person or the daemon did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// When.
    pub at: Timestamp,
    /// Who: a user of the dashboard, a user of the machine, `daemon`.
    pub actor: String,
    /// What, as a verb: `apply`, `discard`, `expire`.
    pub action: String,
    /// On what. No secrets, no person's data.
    pub detail: String,
}

impl State {
    /// Adds a row.
    pub fn record_audit(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        self.database.write("state/audit", |tx| add_audit(tx, row))
    }

    /// The latest rows first.
    pub fn audit(&self, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        Ok(self.audit_before(None, limit)?.into_iter().map(|(_, row)| row).collect())
    }

    /// As [`State::audit`], each with its number, those older than a row: what a list that is turned over page by page shows
    /// next.
    pub fn audit_before(&self, before: Option<i64>, limit: u32) -> Result<Vec<(i64, AuditRow)>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, at, actor, action, detail FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            )?;
            let rows = statement.query_map(params![before.unwrap_or(i64::MAX), limit], |row| {
                let at = row.get::<_, At>(1)?.0;
                Ok((row.get(0)?, AuditRow { at, actor: row.get(2)?, action: row.get(3)?, detail: row.get(4)? }))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// Adds a row inside the transaction of what it is about.
pub(super) fn add_audit(tx: &Transaction<'_>, row: &AuditRow) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO audit (at, actor, action, detail) VALUES (?1, ?2, ?3, ?4)",
        params![At(row.at), row.actor, row.action, row.detail],
    )?;
    Ok(())
}
