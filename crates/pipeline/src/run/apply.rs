//! Carrying out a saved plan: as it was made, or not at all.

use super::guard::Guard;
use super::writing::{self, Writing};
use super::{Stop, definitions_hash, open_state, steps};
use crate::config::model::{Config, Report};
use crate::crash;
use crate::diff;
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::kept;
use crate::plan_document::{PlanDocument, refuse_if_moved};
use crate::progress::{Progress, Step};
use crate::push;
use crate::report::{GodataFacts, RunReport};
use crate::store::{Dhis2Seen, ExtractionId, NewRun, RunId, RunState, State};
use crate::target::Target;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Instant;

/// What to carry out.
pub struct Application<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The plan.
    pub document: &'a PlanDocument,
    /// Ends it early, if somebody asks.
    pub stop: Stop,
    /// What began it, for the history.
    pub trigger: &'a str,
    /// Listens.
    pub progress: Arc<dyn Progress>,
    /// The clock.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// Carries out a saved plan. Go.Data is not asked: the plan has all that is needed.
///
/// # Errors
/// The configuration or the map of places changed since the plan was made ([`ErrorKind::Config`]); DHIS2 says something
/// else than then ([`ErrorKind::Held`]); whatever ends a push. Nothing is pushed of a plan that is refused.
pub async fn apply(application: &Application<'_>) -> Result<RunReport, Error> {
    let (config, document) = (application.config, application.document);
    let report = config.report(Some(&document.report))?;
    if document.definitions_hash != definitions_hash(config) {
        let message = "the configuration or the map of places changed since the plan was made";
        let advice = "Nothing was pushed. Make the plan again, look at it, and apply that.";
        return Err(Error::new(ErrorKind::Config, message).advice(advice));
    }
    let mut state = open_state(config)?;
    let guard = Guard::take(&mut state, config, &application.now)?.with_stop(&application.stop);
    super::end_interrupted(&mut state, (application.now)())?;
    let mut number = None;
    let result = execute(application, report, &mut state, &guard, &mut number).await;
    super::end(&mut state, number, result, guard, application.progress.as_ref(), (application.now)())
}

async fn execute(
    application: &Application<'_>,
    report: &Report,
    state: &mut State,
    guard: &Guard,
    number: &mut Option<RunId>,
) -> Result<RunReport, Error> {
    let (config, document, progress) = (application.config, application.document, application.progress.as_ref());
    let (started_at, clock) = ((application.now)(), Instant::now());
    let span = document.span()?;
    let mut plan = document.plan()?;
    let run = state.begin_run(&NewRun {
        report: report.name.clone(),
        trigger: application.trigger.to_owned(),
        started_at,
        period_first: document.first.clone(),
        period_last: document.last.clone(),
        definitions_hash: document.definitions_hash.clone(),
        tally_version: env!("CARGO_PKG_VERSION").to_owned(),
    })?;
    *number = Some(run);
    progress.entered(run);
    let (mut timings, mut warnings) = (Vec::new(), Vec::new());

    progress.begin(Step::Preflight, None);
    crash::before("read/preflight");
    let mut target = Target::prepare(config, report).await?;
    let former = diff::former_units(plan.changes.iter().map(|change| change.key.org_unit), &target, &plan.names);
    target.meet_former_units(former).await.map_err(|error| failure::dhis2(&error, config))?;
    crash::after("read/preflight");
    steps::check_destination(state, config, &target, started_at, true)?;
    if target.facts.system_id != document.dhis2.system_id {
        let message = "the plan was made for another DHIS2";
        return Err(Error::new(ErrorKind::Config, message).advice("Make the plan again."));
    }
    let facts = &target.facts;
    let (version, system_id, url) = (facts.version.clone(), facts.system_id.clone(), facts.url.clone());
    state.record_dhis2(run, &Dhis2Seen { version, system_id, url })?;
    if let Some(extraction) = document.extraction {
        // The values are those of that line list; so are the causes of what changes after them.
        state.record_extraction(run, ExtractionId(extraction))?;
    }
    push::settle(state, &target, config, started_at).await?;
    let fits = format!("DHIS2 {} and the plan fit", target.facts.version);
    timings.push(writing::done(Step::Preflight, clock, &fits, Some(run), progress));

    let clock = Instant::now();
    progress.begin(Step::Diff, None);
    crash::before("read/diff");
    refuse_if_moved(&plan, span, &target, state, config).await?;
    crash::after("read/diff");
    diff::hold(&mut plan, &target, false);
    state.record_plan(run, &document.hash, &serde_json::json!({ "applied": document.hash }).to_string())?;
    state.advance(run, None, RunState::Diffed)?;
    timings.push(writing::done(Step::Diff, clock, "DHIS2 is as the plan found it", Some(run), progress));

    let mut writing = Writing {
        state,
        run,
        target: &target,
        config,
        report,
        guard,
        progress,
        now: application.now.as_ref(),
        timings: &mut timings,
        warnings: &mut warnings,
    };
    let pushed = writing.push(&mut plan).await?;
    let verified = writing.verify(&plan, span).await?;
    let (verdict, outcome) = writing::verdict(&plan, &pushed, &verified);
    let told = RunReport {
        run: Some(run.0),
        report: report.name.clone(),
        first: document.first.clone(),
        last: document.last.clone(),
        started_at,
        finished_at: (application.now)(),
        verdict,
        // The records were counted when the plan was made.
        godata: GodataFacts { extraction: "saved plan".to_owned(), ..document.godata.clone() },
        dhis2: target.facts.clone(),
        account: Vec::new(),
        unmapped: Vec::new(),
        unmentioned: Vec::new(),
        issues: Vec::new(),
        quality: None,
        comparison: None,
        plan: plan.summary(&target),
        push: Some(pushed),
        verify: Some(verified.summary),
        tie_out: Vec::new(),
        certificate: None,
        timings,
        warnings,
    };
    kept::keep(state, run, &told, told.finished_at)?;
    state.finish(run, outcome, told.finished_at)?;
    Ok(told)
}
