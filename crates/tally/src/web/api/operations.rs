//! The operations, in one table.

use super::super::decisions::ProblemFacts;
use super::super::hub::Live;
use super::super::jobs::JobFacts;
use super::super::overview::{Overview, ReportFacts};
use super::super::places::PlacesFacts;
use super::super::plans::PlanFacts;
use super::super::runs::RunFacts;
use super::super::settings::SettingsFacts;
use super::super::site::Site;
use super::super::visit::{Refusal, Visit};
use super::super::visitor::Right;
use super::super::{asking, quality};
use super::answer::{ListPart, Part};
use super::problem::{Problem, problem};
use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use jiff::Timestamp;
use pipeline::daemon::{Job, JobId};
use pipeline::plan_document::PlanDocument;
use pipeline::report::{PlannedChange, RunReport};
use pipeline::store::{PlanId, RunId};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An operation.
pub(super) struct Operation {
    /// `get` or `post`.
    pub(super) method: &'static str,
    /// Below `/api/v1`, as both axum and OpenAPI write it.
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// What a token's scopes or a person's role must allow.
    pub(super) right: Right,
    pub(super) parameters: &'static [Parameter],
    pub(super) body: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// The answer when all is well.
    pub(super) answer: (u16, fn(&mut SchemaGenerator) -> Schema),
    /// Other answers than those that every operation may give.
    pub(super) refusals: &'static [u16],
    pub(super) route: fn() -> MethodRouter<Arc<Site>>,
}

/// A part of the path or of the query.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) is_in: &'static str,
    pub(super) meaning: &'static str,
    pub(super) schema: fn() -> serde_json::Value,
}

fn number() -> serde_json::Value {
    serde_json::json!({ "type": "integer", "format": "int64" })
}

fn limit() -> serde_json::Value {
    serde_json::json!({ "type": "integer", "minimum": 1, "maximum": 500, "default": 50 })
}

fn text() -> serde_json::Value {
    serde_json::json!({ "type": "string" })
}

const fn in_path(name: &'static str, meaning: &'static str, schema: fn() -> serde_json::Value) -> Parameter {
    Parameter { name, is_in: "path", meaning, schema }
}

const fn in_query(name: &'static str, meaning: &'static str, schema: fn() -> serde_json::Value) -> Parameter {
    Parameter { name, is_in: "query", meaning, schema }
}

const BEFORE: Parameter = in_query("before", "Only items older than the one with this number.", number);
const LIMIT: Parameter = in_query("limit", "So many items at most.", limit);
const REPORT: Parameter = in_path("report", "Name of the report.", text);

const GET: Operation = Operation {
    method: "get",
    path: "",
    id: "",
    summary: "",
    right: Right::Read,
    parameters: &[],
    body: None,
    answer: (200, SchemaGenerator::subschema_for::<()>),
    refusals: &[304],
    route: MethodRouter::new,
};

/// All operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/overview",
        id: "overview",
        summary: "Each report at a glance, and what the daemon does",
        answer: (200, SchemaGenerator::subschema_for::<Overview>),
        route: || get(overview),
        ..GET
    },
    Operation {
        path: "/live",
        id: "live",
        summary: "What the daemon does now: the steps of the run that is under way",
        answer: (200, SchemaGenerator::subschema_for::<Live>),
        route: || get(live),
        ..GET
    },
    Operation {
        path: "/reports/{report}",
        id: "report",
        summary: "A report at a glance",
        parameters: &[REPORT],
        answer: (200, SchemaGenerator::subschema_for::<ReportFacts>),
        refusals: &[304, 404],
        route: || get(report),
        ..GET
    },
    Operation {
        path: "/reports/{report}/quality",
        id: "quality",
        summary: "The quality of the records, as the last run found it",
        parameters: &[REPORT],
        answer: (200, SchemaGenerator::subschema_for::<quality::QualityFacts>),
        refusals: &[304, 404],
        route: || get(quality_of),
        ..GET
    },
    Operation {
        path: "/runs",
        id: "runs",
        summary: "Past runs, the newest first",
        parameters: &[in_query("report", "Only runs of this report.", text), BEFORE, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<ListPart<RunFacts>>),
        refusals: &[304, 400],
        route: || get(runs),
        ..GET
    },
    Operation {
        path: "/runs/{run}",
        id: "run",
        summary: "A run",
        parameters: &[in_path("run", "Number of the run.", number)],
        answer: (200, SchemaGenerator::subschema_for::<RunFacts>),
        refusals: &[304, 404],
        route: || get(run),
        ..GET
    },
    Operation {
        path: "/runs/{run}/report",
        id: "run_report",
        summary: "Everything that a run has to say: plan, account, tie-out, certificate",
        parameters: &[in_path("run", "Number of the run.", number)],
        answer: (200, SchemaGenerator::subschema_for::<RunReport>),
        refusals: &[304, 404],
        route: || get(run_report),
        ..GET
    },
    Operation {
        path: "/jobs",
        id: "jobs",
        summary: "What was asked of the daemon, the newest first",
        parameters: &[BEFORE, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<ListPart<JobFacts>>),
        refusals: &[304, 400],
        route: || get(jobs),
        ..GET
    },
    Operation {
        method: "post",
        path: "/jobs",
        id: "ask",
        summary: "Ask the daemon: run, back-fill or plan a report; apply or discard a plan; release what is held; overwrite what drifted",
        right: Right::Run,
        body: Some(SchemaGenerator::subschema_for::<Job>),
        answer: (201, SchemaGenerator::subschema_for::<JobFacts>),
        refusals: &[400, 409, 413, 415, 422],
        route: || post(ask),
        ..GET
    },
    Operation {
        path: "/jobs/{job}",
        id: "job",
        summary: "Something that was asked, and what came of it",
        parameters: &[in_path("job", "Number of the job.", number)],
        answer: (200, SchemaGenerator::subschema_for::<JobFacts>),
        refusals: &[304, 404],
        route: || get(job),
        ..GET
    },
    Operation {
        path: "/plans",
        id: "plans",
        summary: "Plans that were asked for, the newest first",
        parameters: &[LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<ListPart<PlanFacts>>),
        refusals: &[304, 400],
        route: || get(plans),
        ..GET
    },
    Operation {
        path: "/plans/{plan}",
        id: "plan",
        summary: "A plan, with every value that it would change as long as it is kept",
        parameters: &[in_path("plan", "Number of the plan.", number)],
        answer: (200, SchemaGenerator::subschema_for::<WholePlan>),
        refusals: &[304, 404],
        route: || get(plan),
        ..GET
    },
    Operation {
        path: "/problems",
        id: "problems",
        summary: "Problems that are not over",
        answer: (200, SchemaGenerator::subschema_for::<ListPart<ProblemFacts>>),
        route: || get(problems),
        ..GET
    },
    Operation {
        method: "post",
        path: "/problems/acknowledge",
        id: "acknowledge",
        summary: "See to a problem: it is not told again until it is over or becomes another one",
        right: Right::Decide,
        body: Some(SchemaGenerator::subschema_for::<Acknowledged>),
        answer: (200, SchemaGenerator::subschema_for::<Acknowledged>),
        refusals: &[400, 404, 413, 415, 422],
        route: || post(acknowledge),
        ..GET
    },
    Operation {
        path: "/places",
        id: "places",
        summary: "The map of places: what is open in it, the heaviest first",
        answer: (200, SchemaGenerator::subschema_for::<PlacesFacts>),
        route: || get(places),
        ..GET
    },
    Operation {
        path: "/settings",
        id: "settings",
        summary: "What is configured; of a secret only where it is",
        answer: (200, SchemaGenerator::subschema_for::<SettingsFacts>),
        route: || get(settings),
        ..GET
    },
    Operation {
        path: "/audit",
        id: "audit",
        summary: "Who did what, the newest first",
        parameters: &[BEFORE, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<ListPart<AuditEntry>>),
        refusals: &[304, 400],
        route: || get(audit),
        ..GET
    },
];

/// A plan with what it would change.
#[derive(Serialize, JsonSchema)]
pub(super) struct WholePlan {
    /// The plan.
    #[serde(flatten)]
    facts: PlanFacts,
    /// Every value that changes or is held; none once the plan is decided.
    changes: Option<Vec<PlannedChange>>,
}

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

/// Something that somebody did.
#[derive(Serialize, JsonSchema)]
pub(super) struct AuditEntry {
    /// Its number.
    entry: i64,
    /// When.
    at: Timestamp,
    /// Who.
    actor: String,
    /// What, as a verb.
    action: String,
    /// On what.
    detail: String,
}

async fn overview(visit: Visit, headers: HeaderMap) -> Response {
    visit.answer(&headers, |visit, state| Ok(Overview::of(&visit.site, state)?)).await
}

async fn live(visit: Visit, headers: HeaderMap) -> Response {
    visit.answer(&headers, |visit, _| Ok(visit.site.hub.live())).await
}

async fn report(
    visit: Visit,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(name) = name?;
    let found = visit.answer(&headers, move |visit, state| {
        let overview = Overview::of(&visit.site, state)?;
        overview.reports.into_iter().find(|report| report.report == name).ok_or(Refusal::NotFound)
    });
    Ok(found.await)
}

async fn quality_of(
    visit: Visit,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(name) = name?;
    let found = visit.answer(&headers, move |visit, state| {
        let config = visit.site.config();
        let report = config.reports.iter().find(|report| report.name == name).ok_or(Refusal::NotFound)?;
        quality::QualityFacts::last(state, report)?.ok_or(Refusal::NotFound)
    });
    Ok(found.await)
}

/// Which runs.
#[derive(Deserialize)]
struct WantedRuns {
    report: Option<String>,
    before: Option<i64>,
    limit: Option<u32>,
}

async fn runs(
    visit: Visit,
    headers: HeaderMap,
    wanted: Result<Query<WantedRuns>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted?;
    let n = Part { before: wanted.before, limit: wanted.limit }.n()?;
    let found = visit.answer(&headers, move |_, state| {
        let runs = state.runs_before(wanted.report.as_deref(), wanted.before, n + 1)?;
        Ok(ListPart::of(runs.iter().map(RunFacts::of).collect(), n, |run: &RunFacts| run.run))
    });
    Ok(found.await)
}

async fn run(visit: Visit, headers: HeaderMap, run: Result<Path<i64>, PathRejection>) -> Result<Response, Problem> {
    let Path(run) = run?;
    let found = visit
        .answer(&headers, move |_, state| state.run(RunId(run))?.as_ref().map(RunFacts::of).ok_or(Refusal::NotFound));
    Ok(found.await)
}

async fn run_report(
    visit: Visit,
    headers: HeaderMap,
    run: Result<Path<i64>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(run) = run?;
    let found = visit.answer(&headers, move |visit, state| {
        let report = visit.site.report(state, RunId(run))?.ok_or(Refusal::NotFound)?;
        Ok(RunReport::clone(&report))
    });
    Ok(found.await)
}

async fn jobs(
    visit: Visit,
    headers: HeaderMap,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(part) = part?;
    let n = part.n()?;
    let found = visit.answer(&headers, move |_, state| {
        let jobs = state.jobs(part.before.map(JobId), n + 1)?;
        Ok(ListPart::of(jobs.iter().map(JobFacts::of).collect(), n, |job: &JobFacts| job.job))
    });
    Ok(found.await)
}

async fn ask(visit: Visit, job: Result<Json<Job>, JsonRejection>) -> Result<Response, Problem> {
    // Who may not ask for anything is not told what is wrong with the question.
    if !visit.visitor.may(Right::Run) && !visit.visitor.may(Right::Decide) {
        return Err(Problem::from(&Refusal::Forbidden));
    }
    let Json(job) = job?;
    if !visit.visitor.may(asking::right(&job)) {
        return Err(Problem::from(&Refusal::Forbidden));
    }
    let asked = visit.site.ask(job, asking::by(&visit)).await?;
    let id = asked.id;
    let row = visit.site.state(move |state| Ok(state.job(id)?)).await.map_err(|error| Problem::from(&error.into()))?;
    let row = row.ok_or_else(|| Problem::from(&Refusal::NotFound))?;
    let at = format!("{}/jobs/{id}", super::ROOT);
    Ok((StatusCode::CREATED, [(header::LOCATION, at)], Json(JobFacts::of(&row))).into_response())
}

async fn job(visit: Visit, headers: HeaderMap, job: Result<Path<i64>, PathRejection>) -> Result<Response, Problem> {
    let Path(job) = job?;
    let found = visit
        .answer(&headers, move |_, state| state.job(JobId(job))?.as_ref().map(JobFacts::of).ok_or(Refusal::NotFound));
    Ok(found.await)
}

async fn plans(
    visit: Visit,
    headers: HeaderMap,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(part) = part?;
    let n = part.n()?;
    let found = visit.answer(&headers, move |_, state| {
        let plans = state.kept_plans(n)?;
        Ok(ListPart::of(plans.iter().map(PlanFacts::of).collect(), n, |plan: &PlanFacts| plan.plan))
    });
    Ok(found.await)
}

async fn plan(visit: Visit, headers: HeaderMap, plan: Result<Path<i64>, PathRejection>) -> Result<Response, Problem> {
    let Path(plan) = plan?;
    let found = visit.answer(&headers, move |_, state| {
        let id = PlanId(plan);
        let kept = state.kept_plan(id)?.ok_or(Refusal::NotFound)?;
        let text = state.kept_document(id)?;
        let document = text.map(|text| PlanDocument::of_text(&text, &format!("plan {id}"))).transpose()?;
        Ok(WholePlan { facts: PlanFacts::of(&kept), changes: document.map(|document| document.changes) })
    });
    Ok(found.await)
}

async fn problems(visit: Visit, headers: HeaderMap) -> Response {
    visit
        .answer(&headers, |_, state| {
            let items = state.all_open_alerts()?.iter().map(ProblemFacts::of).collect();
            Ok(ListPart { items, next_before: None })
        })
        .await
}

async fn acknowledge(visit: Visit, body: Result<Json<Acknowledged>, JsonRejection>) -> Result<Response, Problem> {
    if !visit.visitor.may(Right::Decide) {
        return Err(Problem::from(&Refusal::Forbidden));
    }
    let Json(named) = body?;
    let (meant, by) = (named.clone(), asking::by(&visit));
    let noted = visit
        .site
        .change(move |state, now| Ok(state.acknowledge(&meant.report, &meant.event, &meant.cause, &by, now)?))
        .await
        .map_err(|error| Problem::from(&error.into()))?;
    if noted {
        return Ok(Json(named).into_response());
    }
    Err(problem(StatusCode::NOT_FOUND, "no such problem is open that nobody sees to"))
}

async fn places(visit: Visit, headers: HeaderMap) -> Response {
    visit.answer(&headers, |visit, state| Ok(PlacesFacts::of(&visit.site, state)?)).await
}

async fn settings(visit: Visit, headers: HeaderMap) -> Response {
    visit.answer(&headers, |visit, _| Ok(SettingsFacts::of(&visit.site.config()))).await
}

async fn audit(
    visit: Visit,
    headers: HeaderMap,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(part) = part?;
    let n = part.n()?;
    let found = visit.answer(&headers, move |_, state| {
        let rows = state.audit_before(part.before, n + 1)?;
        let entries = rows.into_iter().map(|(entry, row)| AuditEntry {
            entry,
            at: row.at,
            actor: row.actor,
            action: row.action,
            detail: row.detail,
        });
        Ok(ListPart::of(entries.collect(), n, |row: &AuditEntry| row.entry))
    });
    Ok(found.await)
}
