//! What the state folder holds.

use super::{look_at, no_state};
use crate::config::Config;
use crate::error::Error;
use crate::run::guard::{DAEMON, LEASE};
use crate::run::holder::{self, Holder, Life};
use crate::store::{DueRow, LineList, State};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// So many of the last due times are shown.
const DUE_SHOWN_MAX: u32 = 10;

/// What the state folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// The state file.
    pub file: PathBuf,
    /// Bytes on the disk, those of its log included.
    pub size_bytes: u64,
    /// Version of its schema.
    pub schema: u32,
    /// Every DHIS2 that was written to.
    pub destinations: Vec<KnownDestination>,
    /// Every report that ran or is configured, by name.
    pub reports: Vec<ReportFacts>,
    /// Requests whose outcome is not known yet, oldest first.
    pub open_intents: Vec<OpenIntent>,
    /// Runs that have not ended: under way, or interrupted.
    pub unfinished_runs: Vec<UnfinishedRun>,
    /// Who may write now.
    pub lease: Option<LeaseFacts>,
    /// The daemon that works on this state, if one does.
    pub daemon: Option<LeaseFacts>,
    /// What came of the last due times, the newest first.
    pub due: Vec<DueRow>,
    /// The line list, if there is one.
    pub line_list: Option<LineListFacts>,
}

/// A DHIS2 that was written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KnownDestination {
    /// Its address.
    pub url: String,
    /// Its `systemId`.
    pub system_id: String,
    /// When it was first seen.
    pub seen_at: Timestamp,
}

/// What is remembered of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportFacts {
    /// Its name.
    pub name: String,
    /// Whether the configuration still has it.
    pub configured: bool,
    /// Number of its last run.
    pub last_run: Option<i64>,
    /// When that began.
    pub last_started_at: Option<Timestamp>,
    /// How that ended, or where it stands.
    pub last_outcome: Option<String>,
    /// Values in DHIS2 that this report wrote.
    pub n_values: u64,
    /// Values that it wrote and took away again.
    pub n_retracted: u64,
}

/// A request whose outcome is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenIntent {
    /// Its number.
    pub intent: i64,
    /// The run that made it.
    pub run: i64,
    /// That run's report.
    pub report: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Values in it.
    pub n_values: u64,
}

/// A run that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnfinishedRun {
    /// Its number.
    pub run: i64,
    /// Its report.
    pub report: String,
    /// Where it stands.
    pub state: String,
}

/// Who may write now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeaseFacts {
    /// Who holds it: process and machine.
    pub holder: String,
    /// Until when, unless renewed.
    pub until: Timestamp,
    /// Whether that time is over.
    pub has_run_out: bool,
    /// `alive`, `gone` or `unknown`, as far as this machine can tell.
    pub process: &'static str,
}

/// The line list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineListFacts {
    /// The file.
    pub file: PathBuf,
    /// Bytes on the disk, those of its log included.
    pub size_bytes: u64,
    /// Go.Data's id of the outbreak.
    pub outbreak: String,
    /// Records.
    pub n_records: u64,
    /// When the last extraction ended.
    pub extracted_at: Option<Timestamp>,
    /// The time up to which its changes are in.
    pub watermark: Option<Timestamp>,
    /// Whether an extraction was begun and has not ended.
    pub unfinished: bool,
}

/// Looks at the state folder.
///
/// # Errors
/// There is no state yet, or what a file says.
pub fn overview(config: &Config, now: Timestamp) -> Result<Overview, Error> {
    let state = look_at(config)?.ok_or_else(|| no_state(config))?;
    let destinations = state.destinations()?.into_iter();
    let unfinished = state.unfinished_runs()?.into_iter();
    Ok(Overview {
        file: config.state_file(),
        size_bytes: size_of(&config.state_file()),
        schema: state.schema()?,
        destinations: destinations
            .map(|(url, seen)| KnownDestination { url, system_id: seen.system_id, seen_at: seen.seen_at })
            .collect(),
        reports: reports(&state, config)?,
        open_intents: open_intents(&state)?,
        unfinished_runs: unfinished
            .map(|run| UnfinishedRun { run: run.id.0, report: run.report, state: run.state.to_string() })
            .collect(),
        lease: lease(&state, LEASE, now)?,
        daemon: lease(&state, DAEMON, now)?,
        due: state.due_rows(None, DUE_SHOWN_MAX)?,
        line_list: line_list(config)?,
    })
}

fn reports(state: &State, config: &Config) -> Result<Vec<ReportFacts>, Error> {
    let configured: BTreeSet<String> = config.reports.iter().map(|report| report.name.clone()).collect();
    let names: BTreeSet<String> = configured.iter().cloned().chain(state.reports()?).collect();
    let sizes = state.ledger_sizes()?;
    let mut reports = Vec::new();
    for name in names {
        let last = state.runs(Some(&name), 1)?.into_iter().next();
        let (n_values, n_retracted) = sizes.get(&name).copied().unwrap_or_default();
        reports.push(ReportFacts {
            configured: configured.contains(&name),
            last_run: last.as_ref().map(|run| run.id.0),
            last_started_at: last.as_ref().map(|run| run.started_at),
            last_outcome: last.as_ref().map(|run| match run.outcome {
                Some(outcome) => outcome.name().to_owned(),
                None => run.state.to_string(),
            }),
            n_values,
            n_retracted,
            name,
        });
    }
    Ok(reports)
}

pub(super) fn open_intents(state: &State) -> Result<Vec<OpenIntent>, Error> {
    let mut open = Vec::new();
    for intent in state.open_intents()? {
        open.push(OpenIntent {
            intent: intent.id.0,
            run: intent.run.0,
            report: state.run(intent.run)?.map(|run| run.report),
            created_at: intent.body.created_at,
            n_values: intent.body.n_values() as u64,
        });
    }
    Ok(open)
}

fn lease(state: &State, name: &str, now: Timestamp) -> Result<Option<LeaseFacts>, Error> {
    let Some((stored, until)) = state.lease_holder(name)? else { return Ok(None) };
    let process = match life(&stored) {
        Life::Alive => "alive",
        Life::Gone => "gone",
        Life::Unknown => "unknown",
    };
    Ok(Some(LeaseFacts { holder: holder::for_people(&stored), until, has_run_out: until <= now, process }))
}

pub(super) fn life(stored: &str) -> Life {
    Holder::parse(stored).map_or(Life::Unknown, |holder| holder.life(&Holder::this()))
}

fn line_list(config: &Config) -> Result<Option<LineListFacts>, Error> {
    let file = config.line_list_file();
    if !file.exists() {
        return Ok(None);
    }
    let list = LineList::open_read_only(&file)?;
    let outbreak = list.belonging().outbreak.clone();
    let last = list.last_finished()?;
    Ok(Some(LineListFacts {
        size_bytes: size_of(&file),
        n_records: list.len()?,
        extracted_at: last.as_ref().map(|extraction| extraction.finished_at),
        watermark: last.as_ref().and_then(|extraction| extraction.watermark),
        unfinished: list.resume(&outbreak)?.is_some(),
        outbreak,
        file,
    }))
}

fn size_of(path: &Path) -> u64 {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    [path, &log].iter().filter_map(|path| std::fs::metadata(path).ok()).map(|file| file.len()).sum()
}
