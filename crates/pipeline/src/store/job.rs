//! What people asked the daemon to do, and what came of it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit::{AuditRow, add_audit};
use super::column::{At, unknown_word};
use super::database::Fault;
use super::error::StoreError;
use super::kept_plan::PlanId;
use super::run::RunId;
use super::state::State;

/// So many jobs may wait. A person asks for a handful; more is a program that asks in a loop.
pub const JOBS_WAITING_MAX: usize = 20;
/// A job that waited so long, because no daemon was there, is not done any more: nobody expects it now.
pub const JOB_WAITS_MAX: SignedDuration = SignedDuration::from_hours(24);

/// The number of a job in this state file. Numbers are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub i64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something that a person asks of the daemon. Periods are ids such as `2020W7`; without them, those of the schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "job", rename_all = "snake_case", deny_unknown_fields)]
pub enum Job {
    /// Run a report now; with periods, fill them in afterwards.
    Run {
        /// Name of the report.
        report: String,
        /// First period.
        #[serde(default)]
        from: Option<String>,
        /// Last period.
        #[serde(default)]
        to: Option<String>,
        /// Read the whole line list and all values of DHIS2, and not only what changed.
        #[serde(default)]
        full: bool,
    },
    /// Make the plan of a report, and keep it to be decided.
    Plan {
        /// Name of the report.
        report: String,
        /// First period.
        #[serde(default)]
        from: Option<String>,
        /// Last period.
        #[serde(default)]
        to: Option<String>,
    },
    /// Carry out a plan that was kept: as it was made, or not at all.
    Apply {
        /// Its number.
        plan: PlanId,
    },
    /// Let go of a plan that was kept.
    Discard {
        /// Its number.
        plan: PlanId,
    },
    /// Run a report, and send also what Tally holds back by its own judgement. Drifted and existing values stay held.
    Release {
        /// Name of the report.
        report: String,
        /// First period.
        #[serde(default)]
        from: Option<String>,
        /// Last period.
        #[serde(default)]
        to: Option<String>,
    },
    /// Run a report, and replace values of ours that somebody changed in DHIS2: this once as if the report said
    /// `on_drift = "overwrite"`.
    OverwriteDrift {
        /// Name of the report.
        report: String,
        /// First period.
        #[serde(default)]
        from: Option<String>,
        /// Last period.
        #[serde(default)]
        to: Option<String>,
    },
}

impl Job {
    /// The word for it in JSON, the log and the audit.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Run { .. } => "run",
            Self::Plan { .. } => "plan",
            Self::Apply { .. } => "apply",
            Self::Discard { .. } => "discard",
            Self::Release { .. } => "release",
            Self::OverwriteDrift { .. } => "overwrite_drift",
        }
    }

    /// The report that it names; a plan has its own.
    pub fn report(&self) -> Option<&str> {
        match self {
            Self::Run { report, .. }
            | Self::Plan { report, .. }
            | Self::Release { report, .. }
            | Self::OverwriteDrift { report, .. } => Some(report),
            Self::Apply { .. } | Self::Discard { .. } => None,
        }
    }

    /// The periods that it names, as they were given.
    pub fn periods(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Run { from, to, .. }
            | Self::Plan { from, to, .. }
            | Self::Release { from, to, .. }
            | Self::OverwriteDrift { from, to, .. } => (from.as_deref(), to.as_deref()),
            Self::Apply { .. } | Self::Discard { .. } => (None, None),
        }
    }

    /// Whether it may write to DHIS2.
    pub fn pushes(&self) -> bool {
        !matches!(self, Self::Plan { .. } | Self::Discard { .. })
    }

    /// The kept plan that it is about.
    pub fn plan(&self) -> Option<PlanId> {
        match self {
            Self::Apply { plan } | Self::Discard { plan } => Some(*plan),
            _ => None,
        }
    }
}

/// A job and who asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Its number.
    pub id: JobId,
    /// What to do.
    pub job: Job,
    /// Who: `dashboard: ana`, `api: nightly`. The run that comes of it has this as its trigger.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its turn.
    Asked,
    /// The daemon is at it.
    Running,
    /// It came through; a verdict says how.
    Done,
    /// An error ended it.
    Failed,
    /// It was not begun: it waited too long, or what it is about is gone.
    Refused,
    /// The daemon died while it was at it. What it had written is in the history; it is not done again by itself.
    Lost,
}

impl JobState {
    const ALL: [Self; 6] = [Self::Asked, Self::Running, Self::Done, Self::Failed, Self::Refused, Self::Lost];

    /// The word in the state and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Lost => "lost",
        }
    }
}

/// What came of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JobEnd {
    /// The run that it led to, if one was entered into the history.
    pub run: Option<RunId>,
    /// The plan that it kept.
    pub plan: Option<PlanId>,
    /// The verdict of the run or of the plan.
    pub verdict: Option<String>,
    /// The code of the error that ended it.
    pub code: Option<String>,
    /// What that error says.
    pub message: Option<String>,
}

/// A job with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobRow {
    /// The job and who asked for it.
    #[serde(flatten)]
    pub asked: Asked,
    /// Where it stands.
    pub state: JobState,
    /// When the daemon began with it.
    pub began_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What came of it.
    #[serde(flatten)]
    pub end: JobEnd,
}

/// What became of the wish to have a job done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It waits.
    Asked(Asked),
    /// The same waits already.
    Already(JobId),
    /// [`JOBS_WAITING_MAX`] wait.
    Full,
}

impl State {
    /// Enters a job behind those that wait, and into the audit.
    ///
    /// # Errors
    /// What the file says.
    pub fn add_job(&mut self, job: &Job, by: &str, at: Timestamp) -> Result<Queued, StoreError> {
        let text = json(job);
        self.database.write("state/job-asked", |tx| {
            let same = tx
                .query_row("SELECT id FROM job WHERE state = 'asked' AND job = ?1", [&text], |row| row.get(0))
                .optional()?;
            if let Some(id) = same {
                return Ok(Queued::Already(JobId(id)));
            }
            let waiting: i64 = tx.query_row("SELECT count(*) FROM job WHERE state = 'asked'", [], |row| row.get(0))?;
            if usize::try_from(waiting).is_ok_and(|n| n >= JOBS_WAITING_MAX) {
                return Ok(Queued::Full);
            }
            let id = tx.query_row(
                "INSERT INTO job (job, asked_by, asked_at, state) VALUES (?1, ?2, ?3, 'asked') RETURNING id",
                params![text, by, At(at)],
                |row| row.get(0).map(JobId),
            )?;
            let detail = format!("job {id}: {text}");
            add_audit(tx, &AuditRow { at, actor: by.to_owned(), action: "ask".to_owned(), detail })?;
            Ok(Queued::Asked(Asked { id, job: job.clone(), by: by.to_owned(), at }))
        })
    }

    /// The job that has waited longest.
    ///
    /// # Errors
    /// What the file says.
    pub fn next_job(&self) -> Result<Option<Asked>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT * FROM job WHERE state = 'asked' ORDER BY id LIMIT 1")?;
            Ok(statement.query_row([], |row| Ok(read_job(row)?.asked)).optional()?)
        })
    }

    /// Notes that the daemon begins with a job; false if it waits no more.
    ///
    /// # Errors
    /// What the file says.
    pub fn begin_job(&mut self, id: JobId, at: Timestamp) -> Result<bool, StoreError> {
        self.database.write("state/job-begun", |tx| {
            let n = tx.execute(
                "UPDATE job SET state = 'running', began_at = ?2 WHERE id = ?1 AND state = 'asked'",
                params![id.0, At(at)],
            )?;
            Ok(n == 1)
        })
    }

    /// Notes what came of a job. One that has ended already, such as one that was given up as lost, stays as it is.
    ///
    /// # Errors
    /// What the file says.
    pub fn end_job(&mut self, id: JobId, state: JobState, end: &JobEnd, at: Timestamp) -> Result<(), StoreError> {
        self.database.write("state/job-ended", |tx| {
            tx.execute(
                "UPDATE job SET state = ?2, ended_at = ?3, run = ?4, plan = ?5, verdict = ?6, code = ?7, message = ?8 \
                 WHERE id = ?1 AND state IN ('asked', 'running')",
                params![
                    id.0,
                    state.name(),
                    At(at),
                    end.run.map(|run| run.0),
                    end.plan.map(|plan| plan.0),
                    end.verdict,
                    end.code,
                    end.message
                ],
            )?;
            Ok(())
        })
    }

    /// Gives up the jobs that a daemon had begun and is not there to end. Whoever has its lease may.
    ///
    /// # Errors
    /// What the file says.
    pub fn lose_jobs(&mut self, at: Timestamp) -> Result<Vec<Asked>, StoreError> {
        let running = self.jobs_in(JobState::Running)?;
        if !running.is_empty() {
            self.database.write("state/jobs-lost", |tx| {
                tx.execute("UPDATE job SET state = 'lost', ended_at = ?1 WHERE state = 'running'", [At(at)])?;
                Ok(())
            })?;
        }
        Ok(running.into_iter().map(|row| row.asked).collect())
    }

    /// The jobs in a state, in the order in which they were asked.
    ///
    /// # Errors
    /// What the file says.
    pub fn jobs_in(&self, state: JobState) -> Result<Vec<JobRow>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT * FROM job WHERE state = ?1 ORDER BY id")?;
            Ok(statement.query_map([state.name()], read_job)?.collect::<Result<_, _>>()?)
        })
    }

    /// The latest jobs first, older than `before` if that is given.
    ///
    /// # Errors
    /// What the file says.
    pub fn jobs(&self, before: Option<JobId>, limit: u32) -> Result<Vec<JobRow>, StoreError> {
        self.database.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT * FROM job WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2")?;
            let rows = statement.query_map(params![before.map(|id| id.0), limit], read_job)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// One job.
    ///
    /// # Errors
    /// What the file says.
    pub fn job(&self, id: JobId) -> Result<Option<JobRow>, StoreError> {
        self.database.read(|conn| -> Result<_, Fault> {
            let mut statement = conn.prepare_cached("SELECT * FROM job WHERE id = ?1")?;
            Ok(statement.query_row([id.0], read_job).optional()?)
        })
    }
}

/// A job as text: names and periods always have their JSON, with the fields in one order.
fn json(job: &Job) -> String {
    serde_json::to_string(job).unwrap_or_default()
}

fn read_job(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    let (text, state): (String, String) = (row.get("job")?, row.get("state")?);
    let job = serde_json::from_str(&text).map_err(|_| unknown_word(0, &text))?;
    let instant = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<At>>(column)?.map(|at| at.0));
    Ok(JobRow {
        asked: Asked { id: JobId(row.get("id")?), job, by: row.get("asked_by")?, at: row.get::<_, At>("asked_at")?.0 },
        state: JobState::ALL.into_iter().find(|one| one.name() == state).ok_or_else(|| unknown_word(0, &state))?,
        began_at: instant("began_at")?,
        ended_at: instant("ended_at")?,
        end: JobEnd {
            run: row.get::<_, Option<i64>>("run")?.map(RunId),
            plan: row.get::<_, Option<i64>>("plan")?.map(PlanId),
            verdict: row.get("verdict")?,
            code: row.get("code")?,
            message: row.get("message")?,
        },
    })
}
