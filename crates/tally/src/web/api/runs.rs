//! Past runs.

use super::super::discretion::NamesRecords;
use super::super::runs::RunFacts;
use super::super::visit::{Refusal, Visit};
use super::answer::{ListPart, Stretch};
use super::extract::{Named, Nothing, Older, Onwards, Wanted};
use super::problem::Problem;
use axum::http::HeaderMap;
use axum::response::Response;
use pipeline::report::{PlannedChange, RunReport};
use pipeline::store::RunId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a run changed or held, one by one.
#[derive(Serialize, JsonSchema)]
pub(super) struct ChangesFacts {
    /// The values.
    #[serde(flatten)]
    changes: Stretch<PlannedChange>,
    /// More values that the history does not keep one by one.
    n_more: u64,
}

/// Which runs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfReport {
    report: Option<String>,
    before: Option<i64>,
    limit: Option<u32>,
}

pub(super) async fn runs(
    visit: Visit,
    headers: HeaderMap,
    Wanted(wanted): Wanted<OfReport>,
) -> Result<Response, Problem> {
    let (before, n) = Older::new(wanted.before, wanted.limit).part()?;
    let made = visit.answer(&headers, move |_, state| {
        let runs = state.runs_before(wanted.report.as_deref(), before, n + 1)?;
        Ok(ListPart::of(runs.iter().map(RunFacts::of).collect(), n, |run: &RunFacts| run.run))
    });
    Ok(made.await)
}

pub(super) async fn run(visit: Visit, headers: HeaderMap, Named(run): Named<i64>, _: Wanted<Nothing>) -> Response {
    let made = visit
        .answer(&headers, move |_, state| state.run(RunId(run))?.as_ref().map(RunFacts::of).ok_or(Refusal::NotFound));
    made.await
}

/// Answers with a part of what a run that came to its end has to say.
async fn of_report<T: Serialize + Send + 'static>(
    visit: Visit,
    headers: &HeaderMap,
    run: i64,
    make: impl FnOnce(&Visit, &RunReport) -> Option<T> + Send + 'static,
) -> Response {
    let made = visit.answer(headers, move |visit, state| {
        let report = visit.site.report(state, RunId(run))?.ok_or(Refusal::NotFound)?;
        make(visit, &report).ok_or(Refusal::NotFound)
    });
    made.await
}

pub(super) async fn report(visit: Visit, headers: HeaderMap, Named(run): Named<i64>, _: Wanted<Nothing>) -> Response {
    of_report(visit, &headers, run, |visit, report| Some(report.clone().shown_to(visit))).await
}

pub(super) async fn certificate(
    visit: Visit,
    headers: HeaderMap,
    Named(run): Named<i64>,
    _: Wanted<Nothing>,
) -> Response {
    of_report(visit, &headers, run, |_, report| report.certificate.clone()).await
}

pub(super) async fn changes(
    visit: Visit,
    headers: HeaderMap,
    Named(run): Named<i64>,
    Wanted(part): Wanted<Onwards>,
) -> Result<Response, Problem> {
    let (from, limit) = part.part()?;
    let made = of_report(visit, &headers, run, move |visit, report| {
        let change = |change: &PlannedChange| change.clone().shown_to(visit);
        let changes = Stretch::of(&report.plan.changes, from, limit, change);
        Some(ChangesFacts { changes, n_more: report.plan.n_more_changes })
    });
    Ok(made.await)
}
