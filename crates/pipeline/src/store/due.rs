//! What came of due times: rows that are added and never changed.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::column::{At, unknown_word};
use super::error::StoreError;
use super::run::RunId;
use super::state::State;

/// The fate of due times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// No due time: from here on the schedule counts.
    Watched,
    /// A run.
    Ran,
    /// The run of a later due time did their work.
    Covered,
    /// They came while the run of an earlier one was still under way.
    Skipped,
    /// Nobody was there, and the report does not catch up.
    Missed,
}

impl Came {
    const ALL: [Self; 5] = [Self::Watched, Self::Ran, Self::Covered, Self::Skipped, Self::Missed];

    /// The word in the state.
    pub fn name(self) -> &'static str {
        match self {
            Self::Watched => "watched",
            Self::Ran => "ran",
            Self::Covered => "covered",
            Self::Skipped => "skipped",
            Self::Missed => "missed",
        }
    }
}

/// Due times of a report that follow each other and had one fate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DueRow {
    /// Name of the report.
    pub report: String,
    /// Its schedule as text, with the time zone.
    pub schedule: String,
    /// What came of them.
    pub came: Came,
    /// The oldest.
    pub first: Timestamp,
    /// The newest.
    pub last: Timestamp,
    /// How many; 0 for [`Came::Watched`].
    pub n: u32,
    /// The run that did their work, or was under way; none if it never began.
    pub run: Option<RunId>,
    /// When this was known.
    pub recorded_at: Timestamp,
}

/// Up to where the due times of a report are settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The schedule.
    pub schedule: String,
    /// Since when it counts.
    pub since: Timestamp,
    /// What was due up to here is settled.
    pub until: Timestamp,
}

/// What is asked of a run that came through: how far it reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its last period.
    pub period_last: String,
    /// When it began.
    pub started_at: Timestamp,
}

impl State {
    /// Adds rows, all or none.
    ///
    /// # Errors
    /// What the file says.
    pub fn record_due(&mut self, rows: &[DueRow]) -> Result<(), StoreError> {
        self.database.write("state/due", |tx| {
            for row in rows {
                tx.execute(
                    "INSERT INTO due (report, schedule, came, first_due_at, last_due_at, n, run, recorded_at) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        row.report,
                        row.schedule,
                        row.came.name(),
                        At(row.first),
                        At(row.last),
                        row.n,
                        row.run.map(|run| run.0),
                        At(row.recorded_at)
                    ],
                )?;
            }
            Ok(())
        })
    }

    /// Up to where the due times of a report are settled; none if no daemon ever watched it.
    ///
    /// # Errors
    /// What the file says.
    pub fn settled(&self, report: &str) -> Result<Option<Settled>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT w.schedule, w.first_due_at, \
                 (SELECT max(d.last_due_at) FROM due AS d WHERE d.report = w.report AND d.id >= w.id) \
                 FROM due AS w WHERE w.report = ?1 AND w.came = 'watched' ORDER BY w.id DESC LIMIT 1",
            )?;
            let settled = statement.query_row([report], |row| {
                let (since, until) = (row.get::<_, At>(1)?.0, row.get::<_, At>(2)?.0);
                Ok(Settled { schedule: row.get(0)?, since, until })
            });
            Ok(settled.optional()?)
        })
    }

    /// The latest rows first, of a report or of all.
    ///
    /// # Errors
    /// What the file says.
    pub fn due_rows(&self, report: Option<&str>, limit: u32) -> Result<Vec<DueRow>, StoreError> {
        self.database.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT * FROM due WHERE ?1 IS NULL OR report = ?1 ORDER BY id DESC LIMIT ?2")?;
            Ok(statement.query_map(params![report, limit], read_due)?.collect::<Result<_, _>>()?)
        })
    }

    /// When the last run of a report that came through ended, whatever began it, of those that count.
    ///
    /// # Errors
    /// What the file says.
    pub fn last_success(&self, report: &str, counts: impl Fn(&Ended) -> bool) -> Result<Option<Timestamp>, StoreError> {
        self.last_ended("SELECT period_last, started_at, finished_at FROM run WHERE report = ?1 AND state = 'done' ORDER BY id DESC", report, counts)
    }

    /// When the last run of a report ended of which it was proved that DHIS2 says everything it should, of those that count.
    ///
    /// # Errors
    /// What the file says.
    pub fn last_proved(&self, report: &str, counts: impl Fn(&Ended) -> bool) -> Result<Option<Timestamp>, StoreError> {
        self.last_ended("SELECT period_last, started_at, finished_at FROM run WHERE report = ?1 AND outcome = 'clean' ORDER BY id DESC", report, counts)
    }

    fn last_ended(
        &self,
        question: &str,
        report: &str,
        counts: impl Fn(&Ended) -> bool,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(question)?;
            let mut rows = statement.query([report])?;
            while let Some(row) = rows.next()? {
                let ended = Ended { period_last: row.get(0)?, started_at: row.get::<_, At>(1)?.0 };
                if counts(&ended) {
                    return Ok(Some(row.get::<_, At>(2)?.0));
                }
            }
            Ok(None)
        })
    }
}

fn read_due(row: &Row<'_>) -> rusqlite::Result<DueRow> {
    let came: String = row.get("came")?;
    Ok(DueRow {
        report: row.get("report")?,
        schedule: row.get("schedule")?,
        came: Came::ALL.into_iter().find(|one| one.name() == came).ok_or_else(|| unknown_word(0, &came))?,
        first: row.get::<_, At>("first_due_at")?.0,
        last: row.get::<_, At>("last_due_at")?.0,
        n: row.get("n")?,
        run: row.get::<_, Option<i64>>("run")?.map(RunId),
        recorded_at: row.get::<_, At>("recorded_at")?.0,
    })
}
