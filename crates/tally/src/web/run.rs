//! One run: while it runs, how it comes along; afterwards, everything that it has to say.

pub(super) mod sections;

use super::face::Face;
use super::hub::{Live, LiveRun};
use super::moment::{Moment, span};
use super::runs::{RunFacts, trigger};
use super::table::Table;
use super::visit::{Refusal, Visit};
use super::visitor::Right;
use crate::language::{say, straight};
use crate::render::number::{grouped, seconds};
use crate::render::phrase;
use askama::Template;
use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};
use jiff::tz::TimeZone;
use pipeline::report::RunReport;
use pipeline::store::{RunId, State};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::wrappers::WatchStream;

/// Moves of a run that come faster than this are shown as one: a poor line has other things to carry.
const SHOWN_EVERY: Duration = Duration::from_millis(500);
/// Values that change, on a page.
const CHANGES_SHOWN: usize = 100;

/// Which part of a run.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Wanted {
    /// Page of the values that change, from 1.
    #[serde(default)]
    page: usize,
}

#[derive(Template)]
#[template(path = "run.html")]
struct Page {
    face: Face,
    run: RunFacts,
    tone: &'static str,
    verdict: String,
    began: Moment,
    trigger: String,
    took: Option<String>,
    /// Steps, while it runs here.
    steps: Option<String>,
    error: Option<(String, String)>,
    kept: Option<Kept>,
}

/// What a run that came to its end has to say.
struct Kept {
    read: Vec<String>,
    outcome: String,
    warnings: Vec<String>,
    plan: Table,
    changes: Table,
    changes_shown: Option<String>,
    earlier: Option<String>,
    later: Option<String>,
    held: Table,
    rejected: Table,
    different: Table,
    account: Table,
    tie_out: Table,
    unmapped: Table,
    timings: Table,
    has_certificate: bool,
    /// What may be decided about what it left: a name, and the page that asks.
    decisions: Vec<(String, String)>,
}

/// `GET /runs/{run}`.
pub(super) async fn page(visit: Visit, Path(run): Path<i64>, Query(wanted): Query<Wanted>) -> Response {
    visit.page(move |visit, state| make(visit, state, run, wanted)).await
}

fn make(visit: &Visit, state: &State, number: i64, wanted: Wanted) -> Result<String, Refusal> {
    let run = state.run(RunId(number))?.ok_or(Refusal::NotFound)?;
    let facts = RunFacts::of(&run);
    let report = visit.site.report(state, run.id)?;
    let live = visit.site.hub.live();
    let steps = live_run(&live, &facts).map(steps).transpose()?;
    let mut face = Face::new(visit, say!("run-page", run = number.to_string(), report = &run.report));
    face.refresh = run.finished_at.is_none();
    let now = visit.site.now();
    let page = Page {
        face,
        tone: facts.tone(),
        verdict: phrase::verdict(&facts.state),
        began: Moment::new(run.started_at, now, &TimeZone::UTC),
        trigger: trigger(&run.trigger),
        took: run.finished_at.map(|end| took(end.duration_since(run.started_at).as_secs_f64())),
        steps,
        error: facts.error.as_ref().map(|error| {
            let code = error.code.clone();
            (phrase::problem::message(&error.message), code)
        }),
        kept: report.map(|report| kept(visit, &report, &facts, wanted.page)),
        run: facts,
    };
    Ok(page.render()?)
}

fn took(secs: f64) -> String {
    if secs < 60.0 { say!("took-seconds", secs = seconds(secs)) } else { span(secs as u64) }
}

fn kept(visit: &Visit, report: &RunReport, run: &RunFacts, page: usize) -> Kept {
    let n_changes = report.plan.changes.len();
    let last = n_changes.div_ceil(CHANGES_SHOWN).max(1);
    let page = page.clamp(1, last);
    let from = (page - 1) * CHANGES_SHOWN;
    let to = (from + CHANGES_SHOWN).min(n_changes);
    let link = |page: usize| format!("/runs/{}?page={page}#changes", run.run);
    let all = n_changes as u64 + report.plan.n_more_changes;
    Kept {
        read: sections::read(report),
        outcome: sections::outcome(report),
        warnings: report.warnings.iter().map(|warning| straight(warning)).collect(),
        plan: sections::plan(&report.plan),
        changes: sections::changes(&report.plan.changes[from..to]),
        changes_shown: (all > 0).then(|| say!("changes-shown", from = from as u64 + 1, to = to as u64, n = all)),
        earlier: (page > 1).then(|| link(page - 1)),
        later: (page < last).then(|| link(page + 1)),
        held: sections::held(report),
        rejected: sections::rejected(report),
        different: sections::different(report),
        account: sections::account(report),
        tie_out: sections::tie_out(report),
        unmapped: sections::unmapped(report),
        timings: sections::timings(report),
        has_certificate: report.certificate.is_some(),
        decisions: if visit.visitor.may(Right::Decide) { decisions(report, run) } else { Vec::new() },
    }
}

/// What a person may decide about what a run left, over its own periods.
fn decisions(report: &RunReport, run: &RunFacts) -> Vec<(String, String)> {
    let n = |name: &str| report.plan.actions.iter().find(|action| action.name == name).map_or(0, |a| a.n);
    let ask = |job: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let named = [("job", job), ("report", &run.report), ("from", &run.first), ("to", &run.last)];
        format!("/ask?{}", query.extend_pairs(named).finish())
    };
    let mut decisions = Vec::new();
    if n("held") > 0 {
        decisions.push((say!("job-release"), ask("release")));
    }
    if n("drifted") + n("existing") > 0 {
        decisions.push((say!("accept"), format!("/accept?run={}", run.run)));
    }
    if n("drifted") > 0 {
        decisions.push((say!("job-overwrite"), ask("overwrite_drift")));
    }
    decisions
}

/// The run of the daemon, if it is this one.
fn live_run<'l>(live: &'l Live, run: &RunFacts) -> Option<&'l LiveRun> {
    let is_this = |live: &&LiveRun| live.run == Some(run.run);
    live.run.as_ref().filter(is_this).filter(|_| run.finished_at.is_none())
}

#[derive(Template)]
#[template(path = "steps.html")]
struct Steps<'r> {
    run: &'r LiveRun,
}

/// How a run comes along.
fn steps(run: &LiveRun) -> Result<String, askama::Error> {
    Steps { run }.render()
}

/// A step's name, how far it is, what came of it.
fn told(step: &super::hub::LiveStep) -> (String, String, Option<u64>) {
    let far = match (&step.summary, step.total) {
        (Some(summary), _) => phrase::summary(summary),
        (None, Some(total)) => say!("step-of", done = step.done, total = total),
        (None, None) if step.done > 0 => grouped(step.done),
        (None, None) => say!("step-begun"),
    };
    let percent = match (&step.summary, step.total) {
        (Some(_), _) => Some(100),
        (None, Some(total)) if total > 0 => Some((step.done.min(total) * 100) / total),
        _ => None,
    };
    (phrase::step(step.name), far, percent)
}

/// `GET /runs/{run}/live`: the steps of a run, again and again while they move; at its end, that it has ended.
pub(super) async fn live(visit: Visit, Path(number): Path<i64>) -> Response {
    let found = visit.site.state(move |state| Ok(state.run(RunId(number))?)).await;
    let run = match found {
        Ok(Some(run)) => RunFacts::of(&run),
        Ok(None) => return visit.refused(&Refusal::NotFound),
        Err(error) => return visit.refused(&Refusal::Failed(error)),
    };
    let moves = moves(visit, run);
    Sse::new(moves).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response()
}

fn moves(visit: Visit, run: RunFacts) -> impl Stream<Item = Result<Event, Infallible>> {
    let (language, run) = (visit.language, Arc::new(run));
    let shown = WatchStream::new(visit.site.hub.watch()).then(|live| async move {
        // What moves meanwhile is seen with the next look.
        tokio::time::sleep(SHOWN_EVERY).await;
        live
    });
    let events = shown.map(move |live| {
        let steps = live_run(&live, &run).map(|run| language.during(|| steps(run)));
        match steps {
            Some(Ok(html)) => Some(Event::default().event("shown").data(html)),
            _ => None,
        }
    });
    // A browser passes over an event without data.
    let ended = futures::stream::iter([Ok(Event::default().event("ended").data("ended"))]);
    let shown = events.take_while(|event| futures::future::ready(event.is_some())).filter_map(futures::future::ready);
    shown.map(Ok).chain(ended)
}

/// `GET /runs/{run}/certificate`: the certificate of a run, as a file that stands alone.
pub(super) async fn certificate(visit: Visit, Path(number): Path<i64>) -> Response {
    let site = Arc::clone(&visit.site);
    let found = visit.site.state(move |state| site.report(state, RunId(number))).await;
    let report = match found {
        Ok(Some(report)) => report,
        Ok(None) => return visit.refused(&Refusal::NotFound),
        Err(error) => return visit.refused(&Refusal::Failed(error)),
    };
    let Some(certificate) = &report.certificate else { return visit.refused(&Refusal::NotFound) };
    match super::certificate::page(certificate, &[]) {
        Ok(page) => {
            let name = format!("attachment; filename=\"certificate-{number}.html\"");
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], page)
                .into_response()
        }
        Err(why) => {
            let error = pipeline::Error::new(pipeline::ErrorKind::Internal, why);
            visit.refused(&Refusal::Failed(error))
        }
    }
}
