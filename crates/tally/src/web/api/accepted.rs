//! Values that stay as somebody else wrote them, and whether all is well.

use super::super::asking::by;
use super::super::doctor::{self, Examined};
use super::super::visit::Visit;
use super::super::visitor::Right;
use super::answer::ListPart;
use super::extract::{Nothing, Sent, Wanted};
use super::problem::{Problem, problem};
use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use pipeline::ErrorKind;
use pipeline::acceptance;
use pipeline::store::{Accepted, RunId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// The run that told of the values.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfRun {
    /// Its number.
    #[schemars(range(min = 1))]
    run: i64,
}

/// The report whose values they are.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfReport {
    /// Its name.
    report: String,
}

/// How many values it was about.
#[derive(Serialize, JsonSchema)]
pub(super) struct Values {
    /// Their number.
    n: u64,
}

/// What was found when somebody last asked whether all is well.
#[derive(Serialize, JsonSchema)]
pub(super) struct Health {
    /// `never` asked since the daemon started, `running`, or `done`.
    state: &'static str,
    /// When it was done.
    at: Option<Timestamp>,
    /// What was found.
    findings: Vec<Finding>,
}

/// Something that was looked at.
#[derive(Serialize, JsonSchema)]
pub(super) struct Finding {
    /// What was looked at: `configuration`, `state`, `Go.Data`, `DHIS2`, `report`.
    area: String,
    /// `ok`, `warning` or `error`.
    severity: String,
    /// What was found.
    text: String,
    /// Why, or what comes of it.
    cause: Option<String>,
    /// What to do.
    remedy: Option<String>,
}

pub(super) fn run_to_accept() -> Value {
    json!({ "run": { "value": { "run": 1 } } })
}

pub(super) fn report_to_withdraw() -> Value {
    json!({ "report": { "value": { "report": "weekly" } } })
}

pub(super) async fn accepted(visit: Visit, headers: HeaderMap, _: Wanted<Nothing>) -> Response {
    let made = visit.answer(&headers, |_, state| Ok(ListPart::<Accepted>::whole(state.accepted()?)));
    made.await
}

pub(super) async fn accept(
    visit: Visit,
    _: Wanted<Nothing>,
    body: Result<Sent<OfRun>, Problem>,
) -> Result<Response, Response> {
    visit.visitor.demand(Right::Decide).map_err(IntoResponse::into_response)?;
    let Sent(of) = body.map_err(IntoResponse::into_response)?;
    let by = by(&visit);
    match visit.site.change(move |state, now| acceptance::accept(state, RunId(of.run), &by, now)).await {
        Ok(n) => Ok(Json(Values { n }).into_response()),
        Err(error) if error.kind == ErrorKind::Held => {
            Err(problem(StatusCode::UNPROCESSABLE_ENTITY, error.message).into_response())
        }
        Err(error) => Err(Problem::from(&error.into()).into_response()),
    }
}

pub(super) async fn withdraw(
    visit: Visit,
    _: Wanted<Nothing>,
    body: Result<Sent<OfReport>, Problem>,
) -> Result<Response, Response> {
    visit.visitor.demand(Right::Decide).map_err(IntoResponse::into_response)?;
    let Sent(of) = body.map_err(IntoResponse::into_response)?;
    let by = by(&visit);
    match visit.site.change(move |state, now| Ok(state.withdraw(&of.report, &by, now)?)).await {
        Ok(n) => Ok(Json(Values { n }).into_response()),
        Err(error) => Err(Problem::from(&error.into()).into_response()),
    }
}

pub(super) async fn health(visit: Visit, headers: HeaderMap, _: Wanted<Nothing>) -> Response {
    visit.answer_for(Right::Settings, &headers, |visit, _| Ok(Health::of(visit.site.doctor.known()))).await
}

pub(super) async fn examine(visit: Visit, _: Wanted<Nothing>) -> Result<Response, Response> {
    visit.visitor.demand(Right::Run).map_err(IntoResponse::into_response)?;
    visit.visitor.demand(Right::Settings).map_err(IntoResponse::into_response)?;
    let site = Arc::clone(&visit.site);
    doctor::begin(&site);
    Ok((StatusCode::ACCEPTED, Json(Health::of(site.doctor.known()))).into_response())
}

impl Health {
    fn of(known: Examined) -> Self {
        match known {
            Examined::Never => Self { state: "never", at: None, findings: Vec::new() },
            Examined::Running => Self { state: "running", at: None, findings: Vec::new() },
            Examined::Done(at, examination) => {
                let findings = examination.findings.iter().map(|found| Finding {
                    area: found.area.name().to_owned(),
                    severity: doctor::severity(found.severity).to_owned(),
                    text: found.text.clone(),
                    cause: found.cause.clone(),
                    remedy: found.remedy.clone(),
                });
                Self { state: "done", at: Some(at), findings: findings.collect() }
            }
        }
    }
}
