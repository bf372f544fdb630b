//! Past runs, the newest first.

use super::face::Face;
use super::moment::Moment;
use super::site::Site;
use super::table::{Cell, Column, Table};
use super::visit::{Refusal, Visit};
use crate::language::say;
use crate::render::number::grouped;
use crate::render::phrase;
use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pipeline::config::Report;
use pipeline::report::RunReport;
use pipeline::store::{Run, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Runs on a page.
const RUNS_SHOWN: u32 = 50;

/// A run, as it stands in the history.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RunFacts {
    /// Its number.
    pub(crate) run: i64,
    /// Name of the report.
    pub(crate) report: String,
    /// What began it: the command line, the schedule, a person.
    pub(crate) trigger: String,
    /// Where it stands, or how it ended: `clean`, `partial`, `held`, `failed`, `cancelled`.
    pub(crate) state: String,
    /// First period.
    pub(crate) first: String,
    /// Last period.
    pub(crate) last: String,
    /// When it began.
    pub(crate) started_at: Timestamp,
    /// When it ended.
    pub(crate) finished_at: Option<Timestamp>,
    /// Records read.
    pub(crate) n_records: Option<u64>,
    /// Values computed.
    pub(crate) n_values: Option<u64>,
    /// Why it failed.
    pub(crate) error: Option<Failure>,
}

/// Why a run failed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Failure {
    /// The name under which it is looked up.
    pub(crate) code: String,
    /// What failed.
    pub(crate) message: String,
}

impl RunFacts {
    /// A run as it stands in the history.
    pub(crate) fn of(run: &Run) -> Self {
        Self {
            run: run.id.0,
            report: run.report.clone(),
            trigger: run.trigger.clone(),
            state: run.outcome.map_or_else(|| run.state.to_string(), |outcome| outcome.name().to_owned()),
            first: run.period_first.clone(),
            last: run.period_last.clone(),
            started_at: run.started_at,
            finished_at: run.finished_at,
            n_records: run.n_records,
            n_values: run.n_cells,
            error: run.error.clone().map(|error| Failure { code: error.code, message: error.message }),
        }
    }

    /// The class of how good its end is.
    pub(super) fn tone(&self) -> &'static str {
        match self.state.as_str() {
            "clean" => "good",
            "partial" | "held" => "warn",
            "failed" => "bad",
            "cancelled" => "plain",
            _ => "info",
        }
    }
}

/// Runs that are looked through for the newest that came to its end: a report that failed more often in a row has other
/// worries.
const RUNS_LOOKED_THROUGH: u32 = 20;

/// The report of the newest run that came to its end and counts as one of the schedule; where none does, of the newest.
///
/// # Errors
/// What the state says.
pub(super) fn last_kept(
    site: &Site,
    state: &State,
    report: &Report,
) -> Result<Option<Arc<RunReport>>, pipeline::Error> {
    let runs = state.runs(Some(&report.name), RUNS_LOOKED_THROUGH)?;
    let ended = || runs.iter().filter(|run| run.outcome.is_some());
    let current = ended().find(|run| report.is_current(&run.period_last, run.started_at));
    match current.or_else(|| ended().next()) {
        Some(run) => site.report(state, run.id),
        None => Ok(None),
    }
}

/// The page of a run.
pub(super) fn href(run: i64) -> String {
    format!("/runs/{run}")
}

/// Which runs.
#[derive(Deserialize)]
pub(super) struct Wanted {
    /// Of one report; of all if empty.
    #[serde(default)]
    report: String,
    /// Older than this one.
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "runs.html")]
struct Page {
    face: Face,
    /// Each report, and whether it is the chosen one.
    reports: Vec<(String, bool)>,
    table: Table,
    older: Option<String>,
}

/// `GET /runs`.
pub(super) async fn page(visit: Visit, Query(wanted): Query<Wanted>) -> Response {
    visit.page(move |visit, state| make(visit, state, &wanted)).await
}

fn make(visit: &Visit, state: &State, wanted: &Wanted) -> Result<String, Refusal> {
    let chosen = Some(wanted.report.as_str()).filter(|report| !report.is_empty());
    let mut runs = state.runs_before(chosen, wanted.before, RUNS_SHOWN + 1)?;
    let has_older = runs.len() > RUNS_SHOWN as usize;
    runs.truncate(RUNS_SHOWN as usize);
    let now = visit.site.now();
    let mut table = Table::new(
        say!("page-runs"),
        say!("history-none"),
        vec![
            Column::number(say!("column-run")),
            Column::text(say!("column-outcome")),
            Column::text(say!("column-report")),
            Column::text(say!("column-periods")),
            Column::text(say!("column-began")),
            Column::number(say!("column-records")),
            Column::text(say!("column-began-by")),
        ],
    );
    table.rows.extend(runs.iter().map(RunFacts::of).map(|run| {
        let began = Moment::new(run.started_at, now, &TimeZone::UTC);
        vec![
            Cell::new(run.run.to_string()).to(href(run.run)),
            Cell::new(phrase::verdict(&run.state)).toned(run.tone()),
            Cell::new(&run.report),
            say!("history-periods", first = &run.first, last = &run.last).into(),
            Cell::new(began.text).noted(began.distance),
            run.n_records.map(grouped).unwrap_or_default().into(),
            trigger(&run.trigger).into(),
        ]
    }));
    let config = visit.site.config();
    let reports = config.reports.iter().map(|report| (report.name.clone(), Some(report.name.as_str()) == chosen));
    let older = runs.last().filter(|_| has_older).map(|last| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(report) = chosen {
            query.append_pair("report", report);
        }
        format!("/runs?{}", query.append_pair("before", &last.id.0.to_string()).finish())
    });
    let page = Page { face: Face::new(visit, say!("page-runs")), reports: reports.collect(), table, older };
    Ok(page.render()?)
}

/// What began a run, in words.
pub(super) fn trigger(trigger: &str) -> String {
    match trigger {
        "schedule" => say!("trigger-schedule"),
        "command line" => say!("trigger-command-line"),
        other => other.to_owned(),
    }
}
