//! What waits for a person, and what people asked: problems, plans, jobs.

use super::asking::named;
use super::face::Face;
use super::jobs;
use super::moment::Moment;
use super::plans;
use super::table::{Cell, Column, Table};
use super::visit::{Refusal, Visit};
use super::visitor::Right;
use crate::language::say;
use crate::render::number::grouped;
use crate::render::phrase;
use askama::Template;
use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pipeline::store::{ReportAlert, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Plans and jobs on the page; the newest.
const ROWS_SHOWN: u32 = 50;

/// A problem that people were told of and that is not over.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ProblemFacts {
    /// Name of the report.
    pub(crate) report: String,
    /// What: `failed`, `partial`, `held`, `drifted`, `overdue`.
    pub(crate) event: String,
    /// Why, as a word of Tally's own.
    pub(crate) cause: String,
    /// When it was first seen.
    pub(crate) began_at: Timestamp,
    /// When it was last told; none if nobody could be told.
    pub(crate) told_at: Option<Timestamp>,
    /// How often it was seen.
    pub(crate) n_seen: u64,
    /// When somebody said that they see to it.
    pub(crate) acknowledged_at: Option<Timestamp>,
    /// Who.
    pub(crate) acknowledged_by: Option<String>,
}

impl ProblemFacts {
    /// A problem as the state has it.
    pub(crate) fn of(row: &ReportAlert) -> Self {
        let alert = &row.alert;
        Self {
            report: row.report.clone(),
            event: alert.event.clone(),
            cause: alert.cause.clone(),
            began_at: alert.began_at,
            told_at: alert.told_at,
            n_seen: alert.n_seen,
            acknowledged_at: alert.acknowledged_at,
            acknowledged_by: alert.acknowledged_by.clone(),
        }
    }

    fn what(&self) -> String {
        match self.event.as_str() {
            "overdue" => say!("standing-overdue"),
            "drifted" => say!("problem-drifted"),
            other => phrase::verdict(other),
        }
    }
}

#[derive(Template)]
#[template(path = "decisions.html")]
struct Page {
    face: Face,
    problems: Vec<(ProblemFacts, String, Moment)>,
    may_decide: bool,
    plans: Table,
    jobs: Table,
    /// How many values of whom stay as they are: what, who and when, and the page that takes it back.
    accepted: Vec<(String, String, Moment, String)>,
}

/// `GET /decisions`.
pub(super) async fn page(visit: Visit) -> Response {
    visit.page(make).await
}

fn make(visit: &Visit, state: &State) -> Result<String, Refusal> {
    let now = visit.site.now();
    let open = state.all_open_alerts()?;
    let problems = open.iter().map(ProblemFacts::of).map(|problem| {
        let (what, began) = (problem.what(), Moment::new(problem.began_at, now, &TimeZone::UTC));
        (problem, what, began)
    });
    let mut face = Face::new(visit, say!("page-decisions"));
    let jobs = state.jobs(None, ROWS_SHOWN)?;
    face.refresh = jobs.iter().any(|job| job.ended_at.is_none());
    let page = Page {
        face,
        problems: problems.collect(),
        may_decide: visit.visitor.may(Right::Decide),
        plans: kept_plans(state, now)?,
        jobs: asked_jobs(&jobs, now),
        accepted: accepted(state, now)?,
    };
    Ok(page.render()?)
}

fn accepted(state: &State, now: Timestamp) -> Result<Vec<(String, String, Moment, String)>, Refusal> {
    let told = state.accepted()?.into_iter().map(|row| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let withdraw = format!("/withdraw?{}", query.append_pair("report", &row.report).finish());
        let what = say!("accepted-values", n = row.n, report = row.report);
        (what, row.by, Moment::new(row.at, now, &TimeZone::UTC), withdraw)
    });
    Ok(told.collect())
}

fn kept_plans(state: &State, now: Timestamp) -> Result<Table, Refusal> {
    let columns = vec![
        Column::number(say!("column-plan")),
        Column::text(say!("column-outcome")),
        Column::text(say!("column-report")),
        Column::text(say!("column-periods")),
        Column::number(say!("column-values")),
        Column::text(say!("column-asked-by")),
    ];
    let mut table = Table::new(say!("decisions-plans"), say!("decisions-no-plans"), columns);
    table.rows.extend(state.kept_plans(ROWS_SHOWN)?.iter().map(|plan| {
        let n = plan.actions.iter().filter(|action| action.name != "unchanged").map(|action| action.n).sum();
        vec![
            Cell::new(plan.id.to_string()).to(format!("/plans/{}", plan.id)),
            Cell::new(plans::state_word(plan.state)).toned(plans::tone(plan.state)),
            Cell::new(&plan.report),
            say!("history-periods", first = &plan.first, last = &plan.last).into(),
            grouped(n).into(),
            Cell::new(&plan.made_by).noted(Moment::new(plan.made_at, now, &TimeZone::UTC).text),
        ]
    }));
    Ok(table)
}

fn asked_jobs(rows: &[pipeline::daemon::JobRow], now: Timestamp) -> Table {
    let columns = vec![
        Column::number(say!("column-job")),
        Column::text(say!("column-outcome")),
        Column::text(say!("column-what")),
        Column::text(say!("column-report")),
        Column::text(say!("column-asked-by")),
    ];
    let mut table = Table::new(say!("decisions-jobs"), say!("decisions-no-jobs"), columns);
    table.rows.extend(rows.iter().map(|row| {
        let asked = &row.asked;
        vec![
            Cell::new(asked.id.to_string()).to(format!("/jobs/{}", asked.id)),
            Cell::new(jobs::state_word(row.state)).toned(jobs::tone(row)),
            named(&asked.job).into(),
            Cell::new(asked.job.report().unwrap_or_default()),
            Cell::new(&asked.by).noted(Moment::new(asked.at, now, &TimeZone::UTC).text),
        ]
    }));
    table
}

/// A problem, as a form or a link names it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    report: String,
    event: String,
    cause: String,
}

#[derive(Template)]
#[template(path = "acknowledge.html")]
struct Acknowledge {
    face: Face,
    problem: Named,
    what: String,
}

/// `GET /acknowledge`: what it means, to be confirmed.
pub(super) async fn acknowledging(visit: Visit, Query(problem): Query<Named>) -> Response {
    if !visit.visitor.may(Right::Decide) {
        return visit.refused(&Refusal::Forbidden);
    }
    visit
        .page(move |visit, state| {
            let open = state.all_open_alerts()?;
            let is_meant = |row: &&ReportAlert| {
                row.report == problem.report && row.alert.event == problem.event && row.alert.cause == problem.cause
            };
            let facts = ProblemFacts::of(open.iter().find(is_meant).ok_or(Refusal::NotFound)?);
            let face = Face::new(visit, say!("acknowledge"));
            Ok(Acknowledge { face, what: facts.what(), problem }.render()?)
        })
        .await
}

/// `POST /acknowledge`.
pub(super) async fn acknowledge(visit: Visit, Form(problem): Form<Named>) -> Response {
    if !visit.visitor.may(Right::Decide) {
        return visit.refused(&Refusal::Forbidden);
    }
    let by = super::asking::by(&visit);
    let noted = visit
        .site
        .change(move |state, now| Ok(state.acknowledge(&problem.report, &problem.event, &problem.cause, &by, now)?))
        .await;
    match noted {
        // Somebody was first, or it is over: the page shows which.
        Ok(_) => Redirect::to("/decisions").into_response(),
        Err(error) => visit.refused(&Refusal::Failed(error)),
    }
}
