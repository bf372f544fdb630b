//! Asking the daemon for something: a page that says what will happen, and the form that asks.

use super::face::Face;
use super::visit::{Refusal, Visit};
use super::visitor::Right;
use crate::language::say;
use crate::render::phrase::problem::message;
use askama::Template;
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use pipeline::daemon::{Job, NotAsked};
use pipeline::store::PlanId;
use serde::Deserialize;

/// What is asked, as a form or a link has it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Wish {
    job: String,
    #[serde(default)]
    report: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    full: Option<String>,
    plan: Option<i64>,
}

impl Wish {
    /// The job; none for a word that is none.
    fn job(&self) -> Option<Job> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let (report, from, to) = (self.report.clone(), given(&self.from), given(&self.to));
        let plan = self.plan.map(PlanId);
        match self.job.as_str() {
            "run" => Some(Job::Run { report, from, to, full: self.full.is_some() }),
            "plan" => Some(Job::Plan { report, from, to }),
            "release" => Some(Job::Release { report, from, to }),
            "overwrite_drift" => Some(Job::OverwriteDrift { report, from, to }),
            "apply" => Some(Job::Apply { plan: plan? }),
            "discard" => Some(Job::Discard { plan: plan? }),
            _ => None,
        }
    }
}

/// What somebody must be allowed to ask for a job.
pub(super) fn right(job: &Job) -> Right {
    match job {
        Job::Run { .. } | Job::Plan { .. } => Right::Run,
        Job::Apply { .. } | Job::Discard { .. } | Job::Release { .. } | Job::OverwriteDrift { .. } => Right::Decide,
    }
}

/// A job in a word or two.
pub(super) fn named(job: &Job) -> String {
    match job {
        Job::Run { from: None, to: None, .. } => say!("job-run"),
        Job::Run { .. } => say!("job-back-fill"),
        Job::Plan { .. } => say!("job-plan"),
        Job::Apply { .. } => say!("job-apply"),
        Job::Discard { .. } => say!("job-discard"),
        Job::Release { .. } => say!("job-release"),
        Job::OverwriteDrift { .. } => say!("job-overwrite"),
    }
}

/// What a job will do, in a sentence or two.
fn meaning(job: &Job) -> String {
    match job {
        Job::Run { .. } => say!("job-run-meaning"),
        Job::Plan { .. } => say!("job-plan-meaning"),
        Job::Apply { .. } => say!("job-apply-meaning"),
        Job::Discard { .. } => say!("job-discard-meaning"),
        Job::Release { .. } => say!("job-release-meaning"),
        Job::OverwriteDrift { .. } => say!("job-overwrite-meaning"),
    }
}

#[derive(Template)]
#[template(path = "asking.html")]
struct Page {
    face: Face,
    wish: Wish,
    name: String,
    meaning: String,
    /// On what: the report or the plan.
    subject: String,
    has_periods: bool,
    may_be_full: bool,
    writes: bool,
    problem: Option<String>,
}

/// `GET /ask`: what will happen, to be confirmed.
pub(super) async fn page(visit: Visit, Query(wish): Query<Wish>) -> Response {
    confirm(&visit, wish, None, StatusCode::OK)
}

fn confirm(visit: &Visit, wish: Wish, problem: Option<String>, status: StatusCode) -> Response {
    let Some(job) = wish.job() else { return visit.refused(&Refusal::NotFound) };
    if !visit.visitor.may(right(&job)) {
        return visit.refused(&Refusal::Forbidden);
    }
    let rendered = visit.language.during(|| {
        let subject = match (job.report(), job.plan()) {
            (Some(report), _) => report.to_owned(),
            (None, Some(plan)) => say!("plan-number", plan = plan.0.to_string()),
            (None, None) => String::new(),
        };
        let page = Page {
            face: Face::new(visit, named(&job)),
            name: named(&job),
            meaning: meaning(&job),
            subject,
            has_periods: job.report().is_some(),
            may_be_full: matches!(job, Job::Run { .. }),
            writes: job.pushes(),
            problem,
            wish,
        };
        page.render()
    });
    match rendered {
        Ok(page) => (status, Html(page)).into_response(),
        Err(error) => visit.refused(&error.into()),
    }
}

/// `POST /ask`: asks. The page of the job tells what comes of it.
pub(super) async fn ask(visit: Visit, Form(wish): Form<Wish>) -> Response {
    let Some(job) = wish.job() else { return visit.refused(&Refusal::NotFound) };
    if !visit.visitor.may(right(&job)) {
        return visit.refused(&Refusal::Forbidden);
    }
    match visit.site.ask(job, by(&visit)).await {
        Ok(asked) => Redirect::to(&format!("/jobs/{}", asked.id)).into_response(),
        // Who asks twice wants to see the first.
        Err(NotAsked::Already(id)) => Redirect::to(&format!("/jobs/{id}")).into_response(),
        Err(NotAsked::State(error)) => visit.refused(&Refusal::Failed(error.into())),
        Err(why) => {
            let problem = visit.language.during(|| not_asked(&why));
            confirm(&visit, wish, Some(problem), StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

/// Who asks, as the history has it.
pub(super) fn by(visit: &Visit) -> String {
    format!("dashboard: {}", visit.visitor.name)
}

fn not_asked(why: &NotAsked) -> String {
    match why {
        NotAsked::NoReport(name) => say!("not-asked-no-report", report = name),
        NotAsked::Periods(text) => message(text),
        NotAsked::NoPlan(plan) => say!("not-asked-no-plan", plan = plan.0.to_string()),
        NotAsked::Already(id) => say!("not-asked-already", job = id.0.to_string()),
        NotAsked::Full => say!("not-asked-full"),
        NotAsked::State(error) => error.to_string(),
    }
}
