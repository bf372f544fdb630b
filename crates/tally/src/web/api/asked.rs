//! What waits for a person, and what people asked of the daemon.

use super::super::asking;
use super::super::decisions::ProblemFacts;
use super::super::discretion::NamesRecords;
use super::super::jobs::JobFacts;
use super::super::plans::PlanFacts;
use super::super::visit::{Refusal, Visit};
use super::super::visitor::Right;
use super::answer::{ListPart, Stretch};
use super::extract::{Named, Nothing, Older, Onwards, Sent, Wanted};
use super::problem::{Problem, problem};
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipeline::daemon::{Job, JobId};
use pipeline::plan_document::PlanDocument;
use pipeline::report::PlannedChange;
use pipeline::store::PlanId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A problem that somebody sees to.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Acknowledged {
    /// Name of the report.
    report: String,
    /// What happened, as the problem says it.
    event: String,
    /// Why, as the problem says it.
    cause: String,
}

/// Jobs that fit.
pub(super) fn jobs_to_ask() -> Value {
    json!({
        "run": { "summary": "Run a report now", "value": { "job": "run", "report": "weekly" } },
        "back_fill": {
            "summary": "Fill in two past weeks",
            "value": { "job": "run", "report": "weekly", "from": "2020W7", "to": "2020W8" },
        },
        "plan": { "summary": "Make a plan, and keep it to be decided", "value": { "job": "plan", "report": "weekly" } },
        "apply": { "summary": "Carry out a plan that was kept", "value": { "job": "apply", "plan": 1 } },
        "discard": { "summary": "Let go of a plan", "value": { "job": "discard", "plan": 1 } },
        "release": {
            "summary": "Send what is held",
            "value": { "job": "release", "report": "weekly", "from": "2020W7", "to": "2020W7" },
        },
        "overwrite_drift": {
            "summary": "Replace what somebody changed in DHIS2",
            "value": { "job": "overwrite_drift", "report": "weekly" },
        },
    })
}

/// A problem that fits.
pub(super) fn problems_to_see_to() -> Value {
    json!({ "held": { "value": { "report": "weekly", "event": "held", "cause": "held" } } })
}

pub(super) async fn jobs(visit: Visit, headers: HeaderMap, Wanted(part): Wanted<Older>) -> Result<Response, Problem> {
    let (before, n) = part.part()?;
    let made = visit.answer(&headers, move |_, state| {
        let jobs = state.jobs(before.map(JobId), n + 1)?;
        Ok(ListPart::of(jobs.iter().map(JobFacts::of).collect(), n, |job: &JobFacts| job.job))
    });
    Ok(made.await)
}

pub(super) async fn job(visit: Visit, headers: HeaderMap, Named(job): Named<i64>, _: Wanted<Nothing>) -> Response {
    let made = visit
        .answer(&headers, move |_, state| state.job(JobId(job))?.as_ref().map(JobFacts::of).ok_or(Refusal::NotFound));
    made.await
}

pub(super) async fn ask(
    visit: Visit,
    _: Wanted<Nothing>,
    job: Result<Sent<Job>, Problem>,
) -> Result<Response, Response> {
    // Who may not ask for anything is not told what is wrong with the question.
    if !visit.visitor.may(Right::Decide) {
        visit.visitor.demand(Right::Run).map_err(IntoResponse::into_response)?;
    }
    let Sent(job) = job.map_err(IntoResponse::into_response)?;
    visit.visitor.demand(asking::right(&job)).map_err(IntoResponse::into_response)?;
    let entered = async {
        let asked = visit.site.ask(job, asking::by(&visit)).await?;
        let row = visit.site.state(move |state| Ok(state.job(asked.id)?)).await;
        row.map_err(|error| Problem::from(&error.into()))?.ok_or_else(|| Problem::from(&Refusal::NotFound))
    };
    let facts = JobFacts::of(&entered.await.map_err(IntoResponse::into_response)?);
    let at = format!("{}/jobs/{}", super::ROOT, facts.job);
    Ok((StatusCode::CREATED, [(header::LOCATION, at)], Json(facts)).into_response())
}

pub(super) async fn plans(visit: Visit, headers: HeaderMap, Wanted(part): Wanted<Older>) -> Result<Response, Problem> {
    let (before, n) = part.part()?;
    let made = visit.answer(&headers, move |_, state| {
        let plans = state.kept_plans_before(before.map(PlanId), n + 1)?;
        Ok(ListPart::of(plans.iter().map(PlanFacts::of).collect(), n, |plan: &PlanFacts| plan.plan))
    });
    Ok(made.await)
}

pub(super) async fn plan(visit: Visit, headers: HeaderMap, Named(plan): Named<i64>, _: Wanted<Nothing>) -> Response {
    let made = visit.answer(&headers, move |_, state| {
        state.kept_plan(PlanId(plan))?.as_ref().map(PlanFacts::of).ok_or(Refusal::NotFound)
    });
    made.await
}

pub(super) async fn changes(
    visit: Visit,
    headers: HeaderMap,
    Named(plan): Named<i64>,
    Wanted(part): Wanted<Onwards>,
) -> Result<Response, Problem> {
    let (from, limit) = part.part()?;
    let made = visit.answer(&headers, move |visit, state| {
        let text = state.kept_document(PlanId(plan))?.ok_or(Refusal::NotFound)?;
        let document = PlanDocument::of_text(&text, &format!("plan {plan}"))?;
        Ok(Stretch::of(&document.changes, from, limit, |change: &PlannedChange| change.clone().shown_to(visit)))
    });
    Ok(made.await)
}

pub(super) async fn problems(visit: Visit, headers: HeaderMap, _: Wanted<Nothing>) -> Response {
    let made = visit.answer(&headers, |_, state| {
        Ok(ListPart::whole(state.all_open_alerts()?.iter().map(ProblemFacts::of).collect()))
    });
    made.await
}

pub(super) async fn acknowledge(
    visit: Visit,
    _: Wanted<Nothing>,
    body: Result<Sent<Acknowledged>, Problem>,
) -> Result<Response, Response> {
    visit.visitor.demand(Right::Decide).map_err(IntoResponse::into_response)?;
    let Sent(named) = body.map_err(IntoResponse::into_response)?;
    let (meant, by) = (named.clone(), asking::by(&visit));
    let noted = visit
        .site
        .change(move |state, now| Ok(state.acknowledge(&meant.report, &meant.event, &meant.cause, &by, now)?))
        .await;
    match noted {
        Ok(true) => Ok(Json(named).into_response()),
        Ok(false) => Err(problem(StatusCode::NOT_FOUND, "no such problem is open that nobody sees to").into_response()),
        Err(error) => Err(Problem::from(&error.into()).into_response()),
    }
}
