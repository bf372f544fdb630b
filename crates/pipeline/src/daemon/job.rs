//! What people ask of the daemon: checked when it is asked, done in its turn.

use crate::config::{Config, Report};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::progress::Progress;
use crate::report::{RunReport, Verdict};
use crate::run::{self, Application, Request, Stop, open_state, span_between};
use crate::store::{Asked, JOBS_WAITING_MAX, Job, JobId, PlanId, PlanState, Queued, RunId, State, StoreError};
use epi::period::Period;
use epi::plan::Policy;
use jiff::Timestamp;
use std::sync::Arc;

use super::plans;

/// Why a job is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotAsked {
    /// The configuration has no such report.
    #[error("there is no report `{0}`")]
    NoReport(String),
    /// The periods are none, or not those of the report, reversed, or too many.
    #[error("{0}")]
    Periods(String),
    /// No such plan waits for a decision.
    #[error("plan {0} does not wait for a decision")]
    NoPlan(PlanId),
    /// The same waits already.
    #[error("the same was asked before and waits for its turn: job {0}")]
    Already(JobId),
    /// Too many wait.
    #[error("{JOBS_WAITING_MAX} jobs wait already")]
    Full,
    /// The state file cannot be read or written.
    #[error(transparent)]
    State(#[from] StoreError),
}

/// Enters a job for the daemon that works on this state, now or when one comes. `by` says who, such as `dashboard: ana`; it
/// becomes the trigger of the run.
///
/// # Errors
/// [`NotAsked`]; nothing is entered then.
pub fn ask(config: &Config, state: &mut State, job: &Job, by: &str, now: Timestamp) -> Result<Asked, NotAsked> {
    if let Some(name) = job.report() {
        let report = config.reports.iter().find(|report| report.name == name);
        let report = report.ok_or_else(|| NotAsked::NoReport(name.to_owned()))?;
        let (from, to) = periods(job, report).map_err(|error| NotAsked::Periods(error.message))?;
        span_between(report, from, to, now).map_err(|error| NotAsked::Periods(error.message))?;
    }
    if let Some(plan) = job.plan() {
        let waits = |kept: crate::store::KeptPlan| kept.state == PlanState::Open && kept.until > now;
        state.kept_plan(plan)?.filter(|kept| waits(kept.clone())).ok_or(NotAsked::NoPlan(plan))?;
    }
    match state.add_job(job, by, now)? {
        Queued::Asked(asked) => Ok(asked),
        Queued::Already(id) => Err(NotAsked::Already(id)),
        Queued::Full => Err(NotAsked::Full),
    }
}

/// What a job is done with.
pub struct Means {
    /// Ends it early, if somebody asks.
    pub stop: Stop,
    /// What this program can compute reports with besides itself.
    pub engine: Option<Arc<dyn Engine>>,
    /// Listens.
    pub progress: Arc<dyn Progress>,
    /// The clock.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// What came of a job.
#[derive(Clone, Debug, Default)]
pub struct Carried {
    /// The verdict of the run or of the plan; none where a plan was discarded.
    pub verdict: Option<Verdict>,
    /// The run in the history.
    pub run: Option<RunId>,
    /// The plan that was kept.
    pub plan: Option<PlanId>,
    /// What the run or the plan has to say.
    pub report: Option<Box<RunReport>>,
}

impl Carried {
    fn of(report: RunReport, plan: Option<PlanId>) -> Self {
        Self { verdict: Some(report.verdict), run: report.run.map(RunId), plan, report: Some(Box::new(report)) }
    }
}

/// Does what was asked: the same run as every other.
///
/// # Errors
/// What ends a run; a report or a plan that is gone by now.
pub async fn carry_out(config: &Config, asked: &Asked, means: &Means) -> Result<Carried, Error> {
    let by = asked.by.as_str();
    match &asked.job {
        Job::Run { full, .. } => {
            let report = config.report(asked.job.report())?;
            let report = run::run(&Request { full: *full, ..request(config, report, asked, means)? }).await?;
            Ok(Carried::of(report, None))
        }
        Job::Release { .. } => {
            let report = config.report(asked.job.report())?;
            let report = run::run(&Request { release: true, ..request(config, report, asked, means)? }).await?;
            Ok(Carried::of(report, None))
        }
        Job::OverwriteDrift { .. } => {
            let mut report = config.report(asked.job.report())?.clone();
            report.policies.on_drift = Policy::Overwrite;
            Ok(Carried::of(run::run(&request(config, &report, asked, means)?).await?, None))
        }
        Job::Plan { .. } => {
            let report = config.report(asked.job.report())?;
            let (report, document) = run::plan(&request(config, report, asked, means)?).await?;
            let plan = plans::keep(&mut open_state(config)?, &document, &report, by, (means.now)())?;
            Ok(Carried::of(report, Some(plan)))
        }
        Job::Apply { plan } => {
            let document = plans::read(&open_state(config)?, *plan, (means.now)())?;
            let application = Application {
                config,
                document: &document,
                stop: means.stop.clone(),
                trigger: by,
                progress: Arc::clone(&means.progress),
                now: Arc::clone(&means.now),
            };
            let report = run::apply(&application).await?;
            let run = report.run.map(RunId);
            open_state(config)?.decide_plan(*plan, PlanState::Applied, run, by, (means.now)())?;
            Ok(Carried::of(report, None))
        }
        Job::Discard { plan } => {
            if !open_state(config)?.decide_plan(*plan, PlanState::Discarded, None, by, (means.now)())? {
                return Err(plans::waits_no_more(*plan));
            }
            Ok(Carried::default())
        }
    }
}

fn request<'a>(config: &'a Config, report: &'a Report, asked: &'a Asked, means: &Means) -> Result<Request<'a>, Error> {
    let (from, to) = periods(&asked.job, report)?;
    Ok(Request {
        config,
        report,
        from,
        to,
        release: false,
        full: false,
        after: None,
        stop: means.stop.clone(),
        trigger: &asked.by,
        engine: means.engine.clone(),
        progress: Arc::clone(&means.progress),
        now: Arc::clone(&means.now),
    })
}

/// The periods that a job names, which are of the report's type.
fn periods(job: &Job, report: &Report) -> Result<(Option<Period>, Option<Period>), Error> {
    let parse = |text: Option<&str>| text.map(|text| report.period_type.value.parse(text)).transpose();
    let (from, to) = job.periods();
    let both = parse(from).and_then(|from| Ok((from, parse(to)?)));
    both.map_err(|error| Error::new(ErrorKind::Config, error.to_string()))
}
