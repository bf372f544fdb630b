//! Plans that wait for a person to decide.

use std::fmt;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit::{AuditRow, add_audit};
use super::column::{At, unknown_word};
use super::error::StoreError;
use super::run::RunId;
use super::state::State;

/// The number of a kept plan in this state file. Numbers are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PlanId(pub i64);

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What became of a kept plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// It waits.
    Open,
    /// It was carried out.
    Applied,
    /// Somebody let go of it.
    Discarded,
    /// Nobody decided in time.
    Expired,
}

impl PlanState {
    const ALL: [Self; 4] = [Self::Open, Self::Applied, Self::Discarded, Self::Expired];

    /// The word in the state and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Applied => "applied",
            Self::Discarded => "discarded",
            Self::Expired => "expired",
        }
    }

    /// The verb in the audit.
    fn verb(self) -> &'static str {
        match self {
            Self::Open => "keep-plan",
            Self::Applied => "apply",
            Self::Discarded => "discard",
            Self::Expired => "expire",
        }
    }
}

/// How many values a plan does something to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanAction {
    /// What, as [`epi::plan::Action::name`] has it.
    pub name: String,
    /// How many.
    pub n: u64,
}

/// A plan to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKeptPlan {
    /// Name of the report.
    pub report: String,
    /// First period.
    pub first: String,
    /// Last period.
    pub last: String,
    /// SHA-256 of the document, as the document has it.
    pub hash: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Who asked for it.
    pub made_by: String,
    /// Until when it may be carried out.
    pub until: Timestamp,
    /// What it does.
    pub actions: Vec<PlanAction>,
    /// The document, as `tally plan --out` writes it.
    pub document: String,
}

/// A kept plan, without its document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptPlan {
    /// Its number.
    pub id: PlanId,
    /// Name of the report.
    pub report: String,
    /// First period.
    pub first: String,
    /// Last period.
    pub last: String,
    /// SHA-256 of the document.
    pub hash: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Who asked for it.
    pub made_by: String,
    /// Until when it may be carried out.
    pub until: Timestamp,
    /// What it does.
    pub actions: Vec<PlanAction>,
    /// What became of it.
    pub state: PlanState,
    /// When that was decided.
    pub decided_at: Option<Timestamp>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// The run that carried it out.
    pub run: Option<RunId>,
}

const COLUMNS: &str = "id, report, period_first, period_last, hash, made_at, made_by, until, actions, state, decided_at, \
                       decided_by, run";

impl State {
    /// Keeps a plan, and says so in the audit.
    ///
    /// # Errors
    /// What the file says.
    pub fn keep_plan(&mut self, plan: &NewKeptPlan) -> Result<PlanId, StoreError> {
        // Words and numbers always have their JSON.
        let actions = serde_json::to_string(&plan.actions).unwrap_or_default();
        self.database.write("state/plan-kept", |tx| {
            let id = tx.query_row(
                "INSERT INTO kept_plan (report, period_first, period_last, hash, made_at, made_by, until, actions, state, \
                 document) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'open', ?9) RETURNING id",
                params![
                    plan.report,
                    plan.first,
                    plan.last,
                    plan.hash,
                    At(plan.made_at),
                    plan.made_by,
                    At(plan.until),
                    actions,
                    plan.document
                ],
                |row| row.get(0).map(PlanId),
            )?;
            let detail = format!("plan {id} of report `{}`, {} to {}, {}", plan.report, plan.first, plan.last, plan.hash);
            add_audit(tx, &row(PlanState::Open, &plan.made_by, detail, plan.made_at))?;
            Ok(id)
        })
    }

    /// The latest plans first, those that wait before all others.
    ///
    /// # Errors
    /// What the file says.
    pub fn kept_plans(&self, limit: u32) -> Result<Vec<KeptPlan>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM kept_plan ORDER BY state <> 'open', id DESC LIMIT ?1"
            ))?;
            Ok(statement.query_map([limit], read_plan)?.collect::<Result<_, _>>()?)
        })
    }

    /// Plans older than one, the newest first.
    ///
    /// # Errors
    /// What the file says.
    pub fn kept_plans_before(&self, before: Option<PlanId>, limit: u32) -> Result<Vec<KeptPlan>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM kept_plan WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2"
            ))?;
            Ok(statement.query_map(params![before.map(|id| id.0), limit], read_plan)?.collect::<Result<_, _>>()?)
        })
    }

    /// One plan.
    ///
    /// # Errors
    /// What the file says.
    pub fn kept_plan(&self, id: PlanId) -> Result<Option<KeptPlan>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM kept_plan WHERE id = ?1"))?;
            Ok(statement.query_row([id.0], read_plan).optional()?)
        })
    }

    /// The document of a plan that waits.
    ///
    /// # Errors
    /// What the file says.
    pub fn kept_document(&self, id: PlanId) -> Result<Option<String>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT document FROM kept_plan WHERE id = ?1")?;
            Ok(statement.query_row([id.0], |row| row.get(0)).optional()?.flatten())
        })
    }

    /// Decides a plan that waits, and says so in the audit; its document goes. False if it waits no more.
    ///
    /// # Errors
    /// What the file says.
    pub fn decide_plan(
        &mut self,
        id: PlanId,
        state: PlanState,
        run: Option<RunId>,
        by: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.database.write("state/plan-decided", |tx| {
            let n = tx.execute(
                "UPDATE kept_plan SET state = ?2, run = ?3, decided_by = ?4, decided_at = ?5, document = NULL \
                 WHERE id = ?1 AND state = 'open'",
                params![id.0, state.name(), run.map(|run| run.0), by, At(at)],
            )?;
            if n == 1 {
                let by_run = run.map(|run| format!(", run {run}")).unwrap_or_default();
                add_audit(tx, &row(state, by, format!("plan {id}{by_run}"), at))?;
            }
            Ok(n == 1)
        })
    }

    /// The plans that wait although their time is over.
    ///
    /// # Errors
    /// What the file says.
    pub fn plans_past_their_time(&self, now: Timestamp) -> Result<Vec<PlanId>, StoreError> {
        self.database.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT id FROM kept_plan WHERE state = 'open' AND until <= ?1 ORDER BY id")?;
            Ok(statement.query_map([At(now)], |row| row.get(0).map(PlanId))?.collect::<Result<_, _>>()?)
        })
    }
}

fn row(state: PlanState, by: &str, detail: String, at: Timestamp) -> AuditRow {
    AuditRow { at, actor: by.to_owned(), action: state.verb().to_owned(), detail }
}

fn read_plan(row: &Row<'_>) -> rusqlite::Result<KeptPlan> {
    let (actions, state): (String, String) = (row.get("actions")?, row.get("state")?);
    Ok(KeptPlan {
        id: PlanId(row.get("id")?),
        report: row.get("report")?,
        first: row.get("period_first")?,
        last: row.get("period_last")?,
        hash: row.get("hash")?,
        made_at: row.get::<_, At>("made_at")?.0,
        made_by: row.get("made_by")?,
        until: row.get::<_, At>("until")?.0,
        actions: serde_json::from_str(&actions).map_err(|_| unknown_word(0, &actions))?,
        state: PlanState::ALL.into_iter().find(|one| one.name() == state).ok_or_else(|| unknown_word(0, &state))?,
        decided_at: row.get::<_, Option<At>>("decided_at")?.map(|at| at.0),
        decided_by: row.get("decided_by")?,
        run: row.get::<_, Option<i64>>("run")?.map(RunId),
    })
}
