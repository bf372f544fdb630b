//! The quality of the records, as the last run found it.

use super::cell::may_see_records;
use super::choice::{Choice, Wanted};
use super::discretion::NamesRecords;
use super::face::Face;
use super::moment::Moment;
use super::runs::href;
use super::table::{Cell, Column, Table};
use super::visit::{Refusal, Visit};
use crate::commands::quality::{Asked, Told, told};
use crate::language::{say, straight};
use crate::render::number::grouped;
use crate::render::phrase;
use crate::render::quality::share;
use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pipeline::config::Report;
use pipeline::quality::QualityReport;
use pipeline::store::State;
use schemars::JsonSchema;
use serde::Serialize;

/// Places named beside a finding: those with the most records.
const PLACES_SHOWN: usize = 5;
/// Rows of delays: those of all places, and of as many places and months as one looks through.
const DELAYS_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "quality.html")]
struct Page {
    face: Face,
    choice: Choice,
    of_run: Option<(String, String)>,
    findings: Table,
    duplicates: Table,
    delays: Table,
    not_looked_at: Vec<String>,
}

/// `GET /quality`.
pub(super) async fn page(visit: Visit, Query(wanted): Query<Wanted>) -> Response {
    visit.page(move |visit, state| make(visit, state, &wanted)).await
}

/// What the last run of a report that looked at records found; none if none has.
///
/// # Errors
/// What the state says.
fn last(state: &State, report: &Report) -> Result<Option<Told>, pipeline::Error> {
    let Some(kept) = pipeline::quality::last(state, &report.name)? else { return Ok(None) };
    told(report, Some(kept.run), kept.finished_at, &kept.quality, &Asked::default()).map(Some)
}

/// The quality of the records, as data.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct QualityFacts {
    /// The run that found it.
    run: i64,
    /// When.
    at: Timestamp,
    /// What it found; places are named by their position among its places.
    quality: QualityReport,
}

impl QualityFacts {
    /// What the last run of a report that looked at records found, as whoever asks may see it; none if none has.
    ///
    /// # Errors
    /// What the state says.
    pub(super) fn last(visit: &Visit, state: &State, report: &Report) -> Result<Option<Self>, pipeline::Error> {
        let kept = pipeline::quality::last(state, &report.name)?;
        Ok(kept.map(|kept| Self { run: kept.run, at: kept.finished_at, quality: kept.quality.shown_to(visit) }))
    }
}

fn make(visit: &Visit, state: &State, wanted: &Wanted) -> Result<String, Refusal> {
    let config = visit.site.config();
    let (report, choice) = wanted.among(&config, "/quality")?;
    let found = last(state, report)?;
    let now = visit.site.now();
    let of_run = found.as_ref().map(|told| {
        let (n, places) = (told.n_records, told.places.len());
        let at = Moment::new(told.at, now, &TimeZone::UTC).text;
        let run = told.run.unwrap_or_default();
        let text =
            say!("quality-of-run", report = &told.report, n = n, places = places, run = run.to_string(), at = at);
        (text, href(run))
    });
    let page = Page {
        face: Face::new(visit, say!("page-quality")),
        choice,
        of_run,
        findings: findings(found.as_ref(), may_see_records(visit)),
        duplicates: duplicates(found.as_ref()),
        delays: delays(found.as_ref()),
        not_looked_at: found.iter().flat_map(not_looked_at).collect(),
    };
    Ok(page.render()?)
}

fn findings(told: Option<&Told>, may_see_records: bool) -> Table {
    let columns = vec![
        Column::text(say!("column-what")),
        Column::number(say!("column-records")),
        Column::number(say!("column-share")),
        Column::text(say!("column-most-of-them-in")),
        Column::text(say!("column-such-as")),
    ];
    let mut table = Table::new(say!("quality-what-is-missing"), say!("quality-nothing"), columns);
    let mut findings: Vec<_> = told.iter().flat_map(|told| &told.findings).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.n_records));
    table.rows.extend(findings.into_iter().map(|finding| {
        let mut places: Vec<_> = finding.places.iter().collect();
        places.sort_by_key(|place| std::cmp::Reverse(place.n_records));
        let places = places.iter().take(PLACES_SHOWN);
        let places: Vec<_> = places
            .map(|at| format!("\u{2068}{}\u{2069} ({})", straight(&phrase::place(&at.place)), grouped(at.n_records)))
            .collect();
        vec![
            Cell::new(phrase::rule(&finding.rule)).noted(&finding.field),
            grouped(finding.n_records).into(),
            share(finding.n_records, finding.of).into(),
            places.join(", ").into(),
            finding.samples.first().filter(|_| may_see_records).cloned().unwrap_or_default().into(),
        ]
    }));
    table
}

fn duplicates(told: Option<&Told>) -> Table {
    let columns = vec![
        Column::text(say!("column-what")),
        Column::number(say!("column-groups")),
        Column::number(say!("column-records")),
    ];
    let mut table = Table::new(say!("quality-duplicates"), String::new(), columns);
    table.rows.extend(told.iter().flat_map(|told| &told.duplicates).map(|row| {
        let what = Cell::new(phrase::rule(&row.likeness));
        match row.found {
            Some(found) => vec![what, grouped(found.n_groups).into(), grouped(found.n_records).into()],
            None => vec![what.noted(say!("quality-unknown")), Cell::new("–"), Cell::new("–")],
        }
    }));
    table
}

fn delays(told: Option<&Told>) -> Table {
    let columns = vec![
        Column::text(say!("column-from-to")),
        Column::text(say!("column-where-or-when")),
        Column::number(say!("column-records")),
        Column::number(say!("column-a-quarter")),
        Column::number(say!("column-half")),
        Column::number(say!("column-three-quarters")),
        Column::number(say!("column-nine-in-ten")),
        Column::number(say!("column-backwards")),
    ];
    let mut table = Table::new(say!("quality-delays"), String::new(), columns);
    table.rows.extend(told.iter().flat_map(|told| &told.delays).take(DELAYS_SHOWN).map(|row| {
        let whose = row.place.as_deref().map(phrase::place).or_else(|| row.month.clone());
        vec![
            row.delay.clone().into(),
            whose.unwrap_or_else(|| say!("quality-all")).into(),
            grouped(row.n_records).into(),
            row.lower_quartile.to_string().into(),
            row.median.to_string().into(),
            row.upper_quartile.to_string().into(),
            row.percentile_90.to_string().into(),
            grouped(row.n_negative).into(),
        ]
    }));
    table
}

fn not_looked_at(told: &Told) -> Vec<String> {
    told.not_looked_at.iter().map(|row| say!("colon", before = &row.field, after = phrase::rule(&row.rule))).collect()
}
