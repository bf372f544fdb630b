//! What was asked of the daemon, and what came of it.

use super::asking::named;
use super::face::Face;
use super::moment::Moment;
use super::runs::{Failure, href};
use super::visit::{Refusal, Visit};
use crate::language::say;
use crate::render::phrase;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pipeline::daemon::{JobId, JobRow, JobState};
use pipeline::store::State;
use schemars::JsonSchema;
use serde::Serialize;

/// Something that was asked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct JobFacts {
    /// Its number.
    pub(crate) job: i64,
    /// What: `run`, `plan`, `apply`, `discard`, `release`, `overwrite_drift`.
    pub(crate) what: String,
    /// The report that it names.
    pub(crate) report: Option<String>,
    /// First period, if it was named.
    pub(crate) from: Option<String>,
    /// Last period, if it was named.
    pub(crate) to: Option<String>,
    /// Who asked.
    pub(crate) by: String,
    /// When.
    pub(crate) asked_at: Timestamp,
    /// When it began.
    pub(crate) began_at: Option<Timestamp>,
    /// When it ended.
    pub(crate) ended_at: Option<Timestamp>,
    /// `asked`, `running`, `done`, `failed`, `refused` or `lost`.
    pub(crate) state: String,
    /// The run that came of it.
    pub(crate) run: Option<i64>,
    /// The plan that came of it, or that it was about.
    pub(crate) plan: Option<i64>,
    /// The verdict of the run or the plan.
    pub(crate) verdict: Option<String>,
    /// Why it did not come through.
    pub(crate) error: Option<Failure>,
}

impl JobFacts {
    /// A job as the state has it.
    pub(crate) fn of(row: &JobRow) -> Self {
        let (from, to) = row.asked.job.periods();
        let failure =
            |code: &String| Failure { code: code.clone(), message: row.end.message.clone().unwrap_or_default() };
        Self {
            job: row.asked.id.0,
            what: row.asked.job.name().to_owned(),
            report: row.asked.job.report().map(str::to_owned),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            by: row.asked.by.clone(),
            asked_at: row.asked.at,
            began_at: row.began_at,
            ended_at: row.ended_at,
            state: row.state.name().to_owned(),
            run: row.end.run.map(|run| run.0),
            plan: row.end.plan.or(row.asked.job.plan()).map(|plan| plan.0),
            verdict: row.end.verdict.clone(),
            error: row.end.code.as_ref().map(failure),
        }
    }
}

/// How far a job is, in a word.
pub(super) fn state_word(state: JobState) -> String {
    match state {
        JobState::Asked => say!("job-asked"),
        JobState::Running => say!("job-running"),
        JobState::Done => say!("job-done"),
        JobState::Failed => say!("job-failed"),
        JobState::Refused => say!("job-refused"),
        JobState::Lost => say!("job-lost"),
    }
}

/// The class of how good that is.
pub(super) fn tone(row: &JobRow) -> &'static str {
    match (row.state, row.end.verdict.as_deref()) {
        (JobState::Asked | JobState::Running, _) => "info",
        (JobState::Done, None | Some("clean")) => "good",
        (JobState::Done, Some(_)) => "warn",
        (JobState::Failed | JobState::Refused | JobState::Lost, _) => "bad",
    }
}

#[derive(Template)]
#[template(path = "job.html")]
struct Page {
    face: Face,
    name: String,
    facts: JobFacts,
    tone: &'static str,
    state: String,
    asked: Moment,
    verdict: Option<String>,
    why: Option<String>,
    waits: bool,
    run: Option<String>,
}

/// `GET /jobs/{job}`.
pub(super) async fn page(visit: Visit, Path(job): Path<i64>) -> Response {
    visit.page(move |visit, state| make(visit, state, JobId(job))).await
}

fn make(visit: &Visit, state: &State, id: JobId) -> Result<String, Refusal> {
    let row = state.job(id)?.ok_or(Refusal::NotFound)?;
    let facts = JobFacts::of(&row);
    let name = named(&row.asked.job);
    let mut face = Face::new(visit, name.clone());
    let waits = matches!(row.state, JobState::Asked | JobState::Running);
    face.refresh = waits;
    face.reload = waits;
    // A job that runs has no run of its own in its row yet: it is the newest that it began.
    let running =
        (row.state == JobState::Running).then(|| state.runs(None, 1)).transpose()?.and_then(|mut runs| runs.pop());
    let running = running.filter(|run| run.trigger == row.asked.by && run.finished_at.is_none()).map(|run| run.id.0);
    let page = Page {
        face,
        name,
        tone: tone(&row),
        state: state_word(row.state),
        asked: Moment::new(row.asked.at, visit.site.now(), &TimeZone::UTC),
        verdict: facts.verdict.as_deref().map(phrase::verdict),
        why: facts.error.as_ref().map(|error| phrase::problem::message(&error.message)),
        waits,
        run: facts.run.or(running).map(href),
        facts,
    };
    Ok(page.render()?)
}
