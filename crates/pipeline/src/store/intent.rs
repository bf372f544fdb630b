//! What a run was about to write, said before the first byte leaves, and what came of it.

use std::fmt;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use super::audit::{AuditRow, add_audit};
use super::column::{At, Json, unknown_word};
use super::database::Fault;
use super::error::StoreError;
use super::ledger::{LedgerUpdate, update_ledger};
use super::run::{RunId, RunState};
use super::runs::{advance_in, check_open};
use super::state::State;

/// The number of an intent. Numbers are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntentId(pub i64);

impl NewIntent {
    /// Number of the data values; 0 if they cannot be read.
    #[must_use]
    pub fn n_values(&self) -> usize {
        serde_json::from_str::<Vec<serde::de::IgnoredAny>>(&self.values).map_or(0, |values| values.len())
    }
}

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A plan as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredPlan {
    /// Hash of the document.
    pub hash: String,
    /// The document, JSON; gone once its record ids have expired.
    pub document: Option<String>,
}

/// A body that is about to be sent: one slice, or a part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewIntent {
    /// Data set of the slice.
    pub data_set: String,
    /// Organisation unit of the slice.
    pub org_unit: String,
    /// Period of the slice.
    pub period: String,
    /// Hash of the body.
    pub body_hash: String,
    /// The data values of the body as a JSON list: what to look for in DHIS2 should no receipt follow.
    pub values: String,
    /// The caller's now.
    pub created_at: Timestamp,
}

/// An intent as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// Its number.
    pub id: IntentId,
    /// The run that wanted it.
    pub run: RunId,
    /// What it wanted.
    pub body: NewIntent,
}

/// What came of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// DHIS2 took it, or a part of it: the verdict and the ledger say which.
    Written,
    /// DHIS2 took nothing.
    Rejected,
    /// No answer, or one that says nothing: DHIS2 must be read. The intent stays open.
    Unknown,
    /// DHIS2 was read afterwards, and what stands there is the verdict.
    Resolved,
}

impl ReceiptKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Written, Self::Rejected, Self::Unknown, Self::Resolved];

    /// The name as it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Resolved => "resolved",
        }
    }

    /// Whether the intent needs no more looking after.
    pub const fn settles(self) -> bool {
        !matches!(self, Self::Unknown)
    }

    /// Whether something may stand in DHIS2 because of it.
    const fn may_have_written(self) -> bool {
        matches!(self, Self::Written | Self::Resolved)
    }
}

/// A receipt.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The caller's now.
    pub at: Timestamp,
    /// What came of it.
    pub kind: ReceiptKind,
    /// Import counts, conflicts, or what was read: the whole answer that matters.
    pub verdict: serde_json::Value,
}

impl State {
    /// Stores the plan of a run; an earlier one of the same run is replaced.
    pub fn record_plan(&mut self, run: RunId, hash: &str, document: &str) -> Result<(), StoreError> {
        self.database.write("state/plan", |tx| {
            check_open(tx, run)?;
            tx.execute(
                "INSERT INTO plan (run, hash, document) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO UPDATE SET hash = excluded.hash, document = excluded.document",
                params![run.0, hash, document],
            )?;
            Ok(())
        })
    }

    /// The plan of a run.
    pub fn plan(&self, run: RunId) -> Result<Option<StoredPlan>, StoreError> {
        self.database.read(|conn| {
            let plan = conn
                .prepare_cached("SELECT hash, document FROM plan WHERE run = ?1")?
                .query_row([run.0], |row| Ok(StoredPlan { hash: row.get(0)?, document: row.get(1)? }));
            Ok(plan.optional()?)
        })
    }

    /// Commits what is about to be sent, and moves the run to `pushing`, in one transaction. Only then may the first byte
    /// leave.
    ///
    /// # Errors
    /// [`StoreError::ForbiddenArrow`] unless the run may go to `pushing`, and `pushing` is a [`RunState::Pushing`].
    pub fn record_intent(&mut self, run: RunId, intent: &NewIntent, pushing: RunState) -> Result<IntentId, StoreError> {
        self.database.write("state/intent", |tx| {
            let from = check_open(tx, run)?;
            if pushing.push_columns().is_none() {
                return Err(StoreError::ForbiddenArrow { run, from, to: pushing }.into());
            }
            advance_in(tx, run, pushing)?;
            let id = tx
                .prepare_cached(
                    "INSERT INTO intent (run, data_set, org_unit, period, body_hash, data_values, created_at) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .insert(params![
                    run.0,
                    intent.data_set,
                    intent.org_unit,
                    intent.period,
                    intent.body_hash,
                    intent.values,
                    At(intent.created_at)
                ])?;
            Ok(IntentId(id))
        })
    }

    /// Records what came of an intent and what the ledger learns from it, in one transaction. It works after the run has
    /// ended too, because a crash may leave an intent to be resolved later.
    ///
    /// # Errors
    /// [`StoreError::NoSuchIntent`]; [`StoreError::Settled`] if a receipt other than [`ReceiptKind::Unknown`] is there;
    /// [`StoreError::NothingWritten`] if a rejected or unknown receipt comes with changes of the ledger.
    pub fn record_receipt(
        &mut self,
        intent: IntentId,
        receipt: &Receipt,
        updates: &[LedgerUpdate],
    ) -> Result<(), StoreError> {
        self.database.write("state/receipt", |tx| {
            let run = run_of(tx, intent)?;
            if is_settled(tx, intent)? {
                return Err(StoreError::Settled { intent: intent.0 }.into());
            }
            if !updates.is_empty() && !receipt.kind.may_have_written() {
                return Err(StoreError::NothingWritten { intent: intent.0, kind: receipt.kind.name() }.into());
            }
            tx.prepare_cached("INSERT INTO receipt (intent, at, kind, verdict) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![intent.0, At(receipt.at), receipt.kind.name(), receipt.verdict.to_string()])?;
            update_ledger(tx, run, receipt.at, updates)
        })
    }

    /// Records that an intent which was settled as far as anybody knew has written after all: its process was overtaken
    /// between its last look at the lease and the arrival of its request. The ledger learns what stands there now, so that
    /// the next run corrects it; the row in the audit says why. Its receipt stays as it is.
    ///
    /// # Errors
    /// [`StoreError::NoSuchIntent`], and what the disk has to say.
    pub fn record_late_receipt(
        &mut self,
        intent: IntentId,
        at: Timestamp,
        updates: &[LedgerUpdate],
    ) -> Result<(), StoreError> {
        self.database.write("state/late-receipt", |tx| {
            let run = run_of(tx, intent)?;
            let detail = format!("{} values of intent {intent}", updates.len());
            add_audit(tx, &AuditRow { at, actor: format!("run {run}"), action: "late write".into(), detail })?;
            update_ledger(tx, run, at, updates)
        })
    }

    /// The intents that no receipt settles, oldest first: what was in flight at a crash, or what nobody answered for.
    pub fn open_intents(&self) -> Result<Vec<Intent>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT * FROM intent WHERE NOT EXISTS (SELECT 1 FROM receipt AS r WHERE r.intent = intent.id AND kind <> 'unknown') \
                 ORDER BY id",
            )?;
            Ok(statement.query_map([], read_intent)?.collect::<Result<_, _>>()?)
        })
    }

    /// The latest intents whose answer never came, so that DHIS2 was read instead, the latest first. Those of a report that
    /// was forgotten since are left out: what stands there is nobody's.
    ///
    /// # Errors
    /// What the disk has to say.
    pub fn resolved_intents(&self, limit: u32) -> Result<Vec<Intent>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT * FROM intent WHERE id IN (SELECT intent FROM receipt WHERE kind = 'resolved') \
                 AND created_at > coalesce((SELECT max(at) FROM audit WHERE action = 'reset'), '') \
                 ORDER BY id DESC LIMIT ?1",
            )?;
            Ok(statement.query_map([limit], read_intent)?.collect::<Result<_, _>>()?)
        })
    }

    /// The intents of a run in the order in which they were made.
    pub fn intents(&self, run: RunId) -> Result<Vec<Intent>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT * FROM intent WHERE run = ?1 ORDER BY id")?;
            Ok(statement.query_map([run.0], read_intent)?.collect::<Result<_, _>>()?)
        })
    }

    /// The receipts of an intent, oldest first: any number of unknown ones, and at most one that settles it.
    pub fn receipts(&self, intent: IntentId) -> Result<Vec<Receipt>, StoreError> {
        self.database.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT at, kind, verdict FROM receipt WHERE intent = ?1 ORDER BY id")?;
            let receipts = statement.query_map([intent.0], |row| {
                let kind: String = row.get(1)?;
                Ok(Receipt {
                    at: row.get::<_, At>(0)?.0,
                    kind: ReceiptKind::ALL
                        .into_iter()
                        .find(|k| k.name() == kind)
                        .ok_or_else(|| unknown_word(1, &kind))?,
                    verdict: row.get::<_, Json>(2)?.0,
                })
            })?;
            Ok(receipts.collect::<Result<_, _>>()?)
        })
    }
}

fn run_of(tx: &Transaction<'_>, intent: IntentId) -> Result<RunId, Fault> {
    let run = tx
        .prepare_cached("SELECT run FROM intent WHERE id = ?1")?
        .query_row([intent.0], |row| row.get(0))
        .optional()?;
    run.map(RunId).ok_or_else(|| StoreError::NoSuchIntent { intent: intent.0 }.into())
}

fn is_settled(tx: &Transaction<'_>, intent: IntentId) -> Result<bool, Fault> {
    Ok(tx.prepare_cached("SELECT 1 FROM receipt WHERE intent = ?1 AND kind <> 'unknown'")?.exists([intent.0])?)
}

fn read_intent(row: &Row<'_>) -> rusqlite::Result<Intent> {
    Ok(Intent {
        id: IntentId(row.get("id")?),
        run: RunId(row.get("run")?),
        body: NewIntent {
            data_set: row.get("data_set")?,
            org_unit: row.get("org_unit")?,
            period: row.get("period")?,
            body_hash: row.get("body_hash")?,
            values: row.get("data_values")?,
            created_at: row.get::<_, At>("created_at")?.0,
        },
    })
}
