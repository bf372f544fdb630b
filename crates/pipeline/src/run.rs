//! A run: the steps in their order, under a lease, with a number in the history.

mod apply;
pub(crate) mod guard;
pub mod holder;
mod rows;
mod steps;
mod stop;
mod writing;

use crate::config::model::{Config, Keep, Report};
use crate::engine::Engine;
use crate::error::{Code, Error, ErrorKind};
use crate::plan_document::PlanDocument;
use crate::progress::Progress;
use crate::report::RunReport;
use crate::store::{NewRun, RunError, RunId, State, StoreError};
use epi::period::{Period, Span};
use guard::Guard;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use steps::Steps;

pub use apply::{Application, apply};
pub use stop::Stop;

/// What to run.
pub struct Request<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The report of it.
    pub report: &'a Report,
    /// First period, instead of the look-back.
    pub from: Option<Period>,
    /// Last period, instead of the last closed one.
    pub to: Option<Period>,
    /// Send also what Tally holds back by its own judgement: what DHIS2's metadata say it will not take, and losses beyond
    /// the limit. DHIS2 decides. Drifted and existing values stay held.
    pub release: bool,
    /// Read the whole line list and all values of DHIS2, and not only what changed.
    pub full: bool,
    /// A run of the same command that has just read the line list: as long as it is as that run left it, it is counted
    /// again, and Go.Data is not asked for it once more.
    pub after: Option<RunId>,
    /// Ends it early, if somebody asks.
    pub stop: Stop,
    /// What began it, for the history.
    pub trigger: &'a str,
    /// What this program can compute reports with besides itself.
    pub engine: Option<Arc<dyn Engine>>,
    /// Listens.
    pub progress: Arc<dyn Progress>,
    /// The clock.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// Runs a report.
///
/// # Errors
/// What ends the run. It is in the history by then, and what was written before is in the ledger.
pub async fn run(request: &Request<'_>) -> Result<RunReport, Error> {
    let mut state = open_state(request.config)?;
    let guard = Guard::take(&mut state, request.config, &request.now)?.with_stop(&request.stop);
    end_interrupted(&mut state, (request.now)())?;
    let mut number = None;
    let result = execute(request, &mut state, &guard, &mut number).await;
    end(&mut state, number, result, guard, request.progress.as_ref(), (request.now)())
}

/// Ends the runs that a crash left open. Whoever holds the lease may.
fn end_interrupted(state: &mut State, now: Timestamp) -> Result<(), Error> {
    let interrupted: Vec<RunId> = state.unfinished_runs()?.into_iter().map(|run| run.id).collect();
    for run in interrupted {
        let error = RunError { code: "interrupted".into(), message: "the run was interrupted".into() };
        state.fail(run, &error, now)?;
    }
    Ok(())
}

/// Enters into the history why a run failed, if it did, and gives the lease back.
fn end(
    state: &mut State,
    number: Option<RunId>,
    result: Result<RunReport, Error>,
    guard: Guard,
    progress: &dyn Progress,
    now: Timestamp,
) -> Result<RunReport, Error> {
    if let (Err(error), Some(run)) = (&result, number) {
        let stopped = error.code == Code::Stopped;
        let error = RunError { code: error.kind.name().to_owned(), message: error.message.clone() };
        let ended = if stopped { state.cancel(run, now) } else { state.fail(run, &error, now) };
        match ended {
            // Whoever took over has ended it; why this process stopped is the news.
            Ok(()) | Err(StoreError::ForbiddenArrow { .. }) => {}
            // On a full disk nothing can be recorded. What ended the run is the news all the same; the next run finds it
            // unfinished.
            Err(worse) => progress.warn(&format!("the end of run {run} could not be recorded: {worse}")),
        }
    }
    let released = guard.release(state);
    let report = result?;
    released?;
    Ok(report)
}

/// Makes the plan of a report, and stops before anything is pushed. Only the line list is brought up to date, if records are
/// kept.
///
/// # Errors
/// What ends a run, but for the push.
pub async fn plan(request: &Request<'_>) -> Result<(RunReport, PlanDocument), Error> {
    let mut state = open_state(request.config)?;
    // Two processes never write one line list.
    let keeps = request.config.keep == Keep::Records;
    let guard = keeps.then(|| Guard::take(&mut state, request.config, &request.now)).transpose()?;
    let planned = async { Steps::begin(request, &mut state, None).await?.plan().await }.await;
    if let Some(guard) = guard {
        let released = guard.release(&mut state);
        let planned = planned?;
        released?;
        return Ok(planned);
    }
    planned
}

async fn execute(
    request: &Request<'_>,
    state: &mut State,
    guard: &Guard,
    number: &mut Option<RunId>,
) -> Result<RunReport, Error> {
    let span = span_of(request)?;
    let run = state.begin_run(&NewRun {
        report: request.report.name.clone(),
        trigger: request.trigger.to_owned(),
        started_at: (request.now)(),
        period_first: span.first().id().to_string(),
        period_last: span.last().id().to_string(),
        definitions_hash: definitions_hash(request.config),
        tally_version: env!("CARGO_PKG_VERSION").to_owned(),
    })?;
    *number = Some(run);
    request.progress.entered(run);
    Steps::begin(request, state, Some(run)).await?.push(guard).await
}

/// Opens the state file of a configuration.
///
/// # Errors
/// What the file system or the file says.
pub fn open_state(config: &Config) -> Result<State, Error> {
    Ok(State::open(&config.state_file())?)
}

/// The periods of a run.
///
/// # Errors
/// A span that is reversed or too long.
pub fn span_of(request: &Request<'_>) -> Result<Span, Error> {
    span_between(request.report, request.from, request.to, (request.now)())
}

/// The periods of a run that begins now: the look-back, or those that somebody names.
///
/// # Errors
/// A span that is reversed or too long.
pub fn span_between(report: &Report, from: Option<Period>, to: Option<Period>, now: Timestamp) -> Result<Span, Error> {
    let today = now.to_zoned(report.time_zone.clone()).date();
    let default = report.look_back(today);
    let span = match (from, to) {
        (None, None) => default,
        (from, to) => {
            default.and_then(|default| Span::between(from.unwrap_or(default.first()), to.unwrap_or(default.last())))
        }
    };
    span.map_err(|error| {
        Error::new(ErrorKind::Config, error.to_string()).advice("Correct --from and --to, or the look-back.")
    })
}

/// A hash over the configuration, the map of places and the stated values: what decides the numbers.
pub(crate) fn definitions_hash(config: &Config) -> String {
    let mut hasher = Sha256::new();
    hasher.update(config.source.text.as_bytes());
    hasher.update([0]);
    hasher.update(config.places.source.text.as_bytes());
    // What people stated decides values as the map of places does.
    for table in config.reports.iter().flat_map(|report| &report.statements).filter_map(|model| model.stated.as_ref()) {
        hasher.update([0]);
        hasher.update(table.source.text.as_bytes());
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
