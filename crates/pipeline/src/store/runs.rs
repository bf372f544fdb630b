//! The rows of the runs: begun, moved along the arrows, ended, listed.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use super::column::{At, N, unknown_word};
use super::database::Fault;
use super::error::StoreError;
use super::line_list::ExtractionId;
use super::run::{Outcome, RunId, RunState};
use super::state::State;

/// The most runs that a list returns: more than a page shows, less than memory minds.
const RUNS_MAX: u32 = 10_000;

/// What is known when a run begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// Code of the report.
    pub report: String,
    /// What began it: `cli`, `schedule`, a person's name.
    pub trigger: String,
    /// When it began.
    pub started_at: Timestamp,
    /// First period of the span, as DHIS2 writes it.
    pub period_first: String,
    /// Last period of the span.
    pub period_last: String,
    /// Hash of the definitions that it computes with.
    pub definitions_hash: String,
    /// The version of Tally.
    pub tally_version: String,
}

/// The Go.Data that a run reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GodataSeen {
    /// The server's version.
    pub version: String,
    /// Id of the outbreak.
    pub outbreak: String,
}

/// The DHIS2 that a run writes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dhis2Seen {
    /// The server's version.
    pub version: String,
    /// The `systemId` of `/api/system/info`.
    pub system_id: String,
    /// The configured address.
    pub url: String,
}

/// Why a run failed, as people may see it: no secrets, no person's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunError {
    /// Stable code of the error.
    pub code: String,
    /// The external message.
    pub message: String,
}

/// A run as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// Code of the report.
    pub report: String,
    /// What began it.
    pub trigger: String,
    /// Where it stands.
    pub state: RunState,
    /// How it ended, once done.
    pub outcome: Option<Outcome>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// First period of the span.
    pub period_first: String,
    /// Last period of the span.
    pub period_last: String,
    /// Hash of the definitions.
    pub definitions_hash: String,
    /// The version of Tally.
    pub tally_version: String,
    /// The Go.Data it read, once asked.
    pub godata: Option<GodataSeen>,
    /// The DHIS2 it compared with, once asked.
    pub dhis2: Option<Dhis2Seen>,
    /// Records extracted, once known.
    pub n_records: Option<u64>,
    /// The extraction of the line list that it counted; none if it kept no records, or stopped before.
    pub extraction: Option<i64>,
    /// Values that it computed; none if it carried out a saved plan, or stopped before.
    pub n_cells: Option<u64>,
    /// Whether values that it computed are forgotten: what they were later is still known.
    pub cells_expired: bool,
    /// Why it failed.
    pub error: Option<RunError>,
}

impl State {
    /// Begins a run, as [`RunState::Planned`].
    pub fn begin_run(&mut self, run: &NewRun) -> Result<RunId, StoreError> {
        self.database.write("state/run-begun", |tx| {
            tx.execute(
                "INSERT INTO run (report, trigger, state, started_at, period_first, period_last, definitions_hash, \
                 tally_version) VALUES (?1, ?2, 'planned', ?3, ?4, ?5, ?6, ?7)",
                params![
                    run.report,
                    run.trigger,
                    At(run.started_at),
                    run.period_first,
                    run.period_last,
                    run.definitions_hash,
                    run.tally_version
                ],
            )?;
            Ok(RunId(tx.last_insert_rowid()))
        })
    }

    /// Moves a run along an arrow, in one transaction. With `expected`, only if the run stands there.
    ///
    /// # Errors
    /// [`StoreError::MovedOn`] if it stands elsewhere; [`StoreError::ForbiddenArrow`] if the arrow is not one of
    /// [`RunState::may_go_to`], and for an end, which has more to say: see [`State::finish`], [`State::fail`] and
    /// [`State::cancel`].
    pub fn advance(&mut self, run: RunId, expected: Option<RunState>, to: RunState) -> Result<(), StoreError> {
        self.database.write("state/run-moved", |tx| {
            if let Some(expected) = expected {
                let found = state_of(tx, run)?;
                if found != expected {
                    return Err(StoreError::MovedOn { run, expected, found }.into());
                }
            }
            advance_in(tx, run, to)
        })
    }

    /// Ends a verified run.
    pub fn finish(&mut self, run: RunId, outcome: Outcome, at: Timestamp) -> Result<(), StoreError> {
        self.end(run, RunState::Done, Some(outcome), None, at)
    }

    /// Ends a run by an error, wherever it stands.
    pub fn fail(&mut self, run: RunId, error: &RunError, at: Timestamp) -> Result<(), StoreError> {
        self.end(run, RunState::Failed, None, Some(error), at)
    }

    /// Ends a run because a person or a signal said so, wherever it stands.
    pub fn cancel(&mut self, run: RunId, at: Timestamp) -> Result<(), StoreError> {
        self.end(run, RunState::Cancelled, None, None, at)
    }

    fn end(
        &mut self,
        run: RunId,
        to: RunState,
        outcome: Option<Outcome>,
        error: Option<&RunError>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.database.write("state/run-ended", |tx| {
            check_arrow(tx, run, to)?;
            tx.execute(
                "UPDATE run SET state = ?2, push_done = NULL, push_total = NULL, outcome = ?3, error_code = ?4, \
                 error_message = ?5, finished_at = ?6 WHERE id = ?1",
                params![
                    run.0,
                    to.name(),
                    outcome.map(Outcome::name),
                    error.map(|e| &e.code),
                    error.map(|e| &e.message),
                    At(at)
                ],
            )?;
            Ok(())
        })
    }

    /// Notes which Go.Data the run reads.
    pub fn record_godata(&mut self, run: RunId, seen: &GodataSeen) -> Result<(), StoreError> {
        self.database.write("state/godata-seen", |tx| {
            check_open(tx, run)?;
            tx.execute(
                "UPDATE run SET godata_version = ?2, godata_outbreak = ?3 WHERE id = ?1",
                params![run.0, seen.version, seen.outbreak],
            )?;
            Ok(())
        })
    }

    /// Notes which DHIS2 the run compares with.
    pub fn record_dhis2(&mut self, run: RunId, seen: &Dhis2Seen) -> Result<(), StoreError> {
        self.database.write("state/dhis2-seen", |tx| {
            check_open(tx, run)?;
            tx.execute(
                "UPDATE run SET dhis2_version = ?2, dhis2_system_id = ?3, dhis2_url = ?4 WHERE id = ?1",
                params![run.0, seen.version, seen.system_id, seen.url],
            )?;
            Ok(())
        })
    }

    /// Notes how many records the run counted over.
    pub fn record_n_records(&mut self, run: RunId, n_records: u64) -> Result<(), StoreError> {
        self.database.write("state/n-records", |tx| {
            check_open(tx, run)?;
            tx.execute("UPDATE run SET n_records = ?2 WHERE id = ?1", params![run.0, N(n_records)])?;
            Ok(())
        })
    }

    /// Notes which extraction of the line list the run counts.
    pub fn record_extraction(&mut self, run: RunId, extraction: ExtractionId) -> Result<(), StoreError> {
        self.database.write("state/extraction", |tx| {
            check_open(tx, run)?;
            tx.execute("UPDATE run SET extraction = ?2 WHERE id = ?1", params![run.0, extraction.0])?;
            Ok(())
        })
    }

    /// One run.
    pub fn run(&self, run: RunId) -> Result<Option<Run>, StoreError> {
        self.database.read(|conn| {
            Ok(conn.prepare_cached("SELECT * FROM run WHERE id = ?1")?.query_row([run.0], read_run).optional()?)
        })
    }

    /// The newest runs first, of one report or of all; at most `limit`, and never more than 10,000.
    pub fn runs(&self, report: Option<&str>, limit: u32) -> Result<Vec<Run>, StoreError> {
        self.runs_before(report, None, limit)
    }

    /// As [`State::runs`], those older than a run: what a list that is turned over page by page shows next.
    pub fn runs_before(&self, report: Option<&str>, before: Option<i64>, limit: u32) -> Result<Vec<Run>, StoreError> {
        let (before, limit) = (before.unwrap_or(i64::MAX), limit.min(RUNS_MAX));
        self.database.read(|conn| {
            let runs = match report {
                Some(report) => conn
                    .prepare_cached("SELECT * FROM run WHERE report = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3")?
                    .query_map(params![report, before, limit], read_run)?
                    .collect::<Result<_, _>>()?,
                None => conn
                    .prepare_cached("SELECT * FROM run WHERE id < ?1 ORDER BY id DESC LIMIT ?2")?
                    .query_map(params![before, limit], read_run)?
                    .collect::<Result<_, _>>()?,
            };
            Ok(runs)
        })
    }

    /// The last run of a report that came through and knows which extraction of the line list it counted.
    pub fn last_explainable(&self, report: &str) -> Result<Option<Run>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT * FROM run WHERE report = ?1 AND state = 'done' AND extraction IS NOT NULL ORDER BY id DESC LIMIT 1",
            )?;
            Ok(statement.query_row([report], read_run).optional()?)
        })
    }

    /// The runs that have not ended, oldest first: under way, or left by a crash. The lease says which.
    pub fn unfinished_runs(&self) -> Result<Vec<Run>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT * FROM run WHERE finished_at IS NULL ORDER BY id")?;
            Ok(statement.query_map([], read_run)?.collect::<Result<_, _>>()?)
        })
    }
}

/// Moves a run along an arrow that does not end it, inside the caller's transaction.
pub(super) fn advance_in(tx: &Transaction<'_>, run: RunId, to: RunState) -> Result<(), Fault> {
    let from = check_arrow(tx, run, to)?;
    if to.is_final() {
        return Err(StoreError::ForbiddenArrow { run, from, to }.into());
    }
    let push = to.push_columns();
    tx.prepare_cached("UPDATE run SET state = ?2, push_done = ?3, push_total = ?4 WHERE id = ?1")?.execute(params![
        run.0,
        to.name(),
        push.map(|(done, _)| N(done)),
        push.map(|(_, total)| N(total))
    ])?;
    Ok(())
}

/// Refuses a run that does not exist or has ended; returns where it stands.
pub(super) fn check_open(tx: &Transaction<'_>, run: RunId) -> Result<RunState, Fault> {
    let state = state_of(tx, run)?;
    if state.is_final() {
        return Err(StoreError::Ended { run, state }.into());
    }
    Ok(state)
}

fn check_arrow(tx: &Transaction<'_>, run: RunId, to: RunState) -> Result<RunState, Fault> {
    let from = state_of(tx, run)?;
    if !from.may_go_to(to) {
        return Err(StoreError::ForbiddenArrow { run, from, to }.into());
    }
    Ok(from)
}

fn state_of(tx: &Transaction<'_>, run: RunId) -> Result<RunState, Fault> {
    let state = tx
        .prepare_cached("SELECT state, push_done, push_total FROM run WHERE id = ?1")?
        .query_row([run.0], read_state)
        .optional()?;
    state.ok_or_else(|| StoreError::NoSuchRun { run }.into())
}

fn read_state(row: &Row<'_>) -> rusqlite::Result<RunState> {
    let name: String = row.get("state")?;
    let push = row
        .get::<_, Option<N>>("push_done")?
        .zip(row.get::<_, Option<N>>("push_total")?)
        .map(|(done, total)| (done.0, total.0));
    RunState::from_columns(&name, push).ok_or_else(|| unknown_word(0, &name))
}

pub(super) fn read_run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let outcome: Option<String> = row.get("outcome")?;
    let text = |column: &str| row.get::<_, Option<String>>(column);
    Ok(Run {
        id: RunId(row.get("id")?),
        report: row.get("report")?,
        trigger: row.get("trigger")?,
        state: read_state(row)?,
        outcome: outcome.map(|word| Outcome::from_name(&word).ok_or_else(|| unknown_word(0, &word))).transpose()?,
        started_at: row.get::<_, At>("started_at")?.0,
        finished_at: row.get::<_, Option<At>>("finished_at")?.map(|at| at.0),
        period_first: row.get("period_first")?,
        period_last: row.get("period_last")?,
        definitions_hash: row.get("definitions_hash")?,
        tally_version: row.get("tally_version")?,
        godata: text("godata_version")?
            .zip(text("godata_outbreak")?)
            .map(|(version, outbreak)| GodataSeen { version, outbreak }),
        dhis2: match (text("dhis2_version")?, text("dhis2_system_id")?, text("dhis2_url")?) {
            (Some(version), Some(system_id), Some(url)) => Some(Dhis2Seen { version, system_id, url }),
            _ => None,
        },
        n_records: row.get::<_, Option<N>>("n_records")?.map(|n| n.0),
        extraction: row.get("extraction")?,
        n_cells: row.get::<_, Option<N>>("n_cells")?.map(|n| n.0),
        cells_expired: row.get("cells_expired")?,
        error: text("error_code")?.zip(text("error_message")?).map(|(code, message)| RunError { code, message }),
    })
}
