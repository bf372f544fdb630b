//! The values of an organisation unit in a period; one of them with its past and the records in it.

use super::chart::figure;
use super::face::Face;
use super::moment::Moment;
use super::names;
use super::report::{href, named, picture, query, sight};
use super::runs;
use super::table::{Cell, Column, Table};
use super::visit::{Refusal, Visit};
use super::visitor::Role;
use crate::language::say;
use crate::render::number::grouped;
use crate::render::phrase::problem::message;
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pipeline::config::{Config, Report};
use pipeline::gazetteer::Gazetteer;
use pipeline::lineage::{CellName, CellRecords, Lineage};
use pipeline::picture::{CellPast, PastVersion, Sight, SliceValue, cell, slice};
use pipeline::store::{CellKey, State};
use pipeline::{Error, ErrorKind};
use serde::Deserialize;
use tokio::sync::Semaphore;

/// Records on a page.
const RECORDS_SHOWN: usize = 100;
/// Line lists that are read through for a page at a time: a run needs the machine more.
static READERS: Semaphore = Semaphore::const_new(1);

/// Which cell. Without a data element: all of an organisation unit in a period.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Wanted {
    org_unit: String,
    period: String,
    #[serde(default)]
    data_element: String,
    #[serde(default)]
    coc: String,
    #[serde(default)]
    aoc: String,
    /// Page of the records, from 1; 0: none.
    #[serde(default)]
    records: usize,
}

#[derive(Template)]
#[template(path = "cell.html")]
struct Page {
    face: Face,
    /// Name and page of the report.
    report: (String, String),
    unit: String,
    period: String,
    is_published: bool,
    held: Vec<String>,
    values: Option<Table>,
    more: Option<String>,
    one: Option<One>,
}

/// One cell.
struct One {
    data_element: String,
    combo: String,
    standing: String,
    /// Number and page of the run that wrote it, and when.
    written: Option<(String, String, Moment)>,
    versions: Option<Table>,
    older: Option<String>,
    records: Option<Table>,
    records_shown: Option<String>,
    earlier: Option<String>,
    later: Option<String>,
    refused: Option<String>,
    show_records: Option<String>,
    is_for_others: bool,
}

/// `GET /reports/{report}/cell`.
pub(super) async fn page(visit: Visit, Path(report): Path<String>, Query(wanted): Query<Wanted>) -> Response {
    names::refresh(&visit.site, &report).await;
    let may = may_see_records(&visit);
    let records = match wanted.records > 0 && may && !wanted.data_element.is_empty() {
        true => {
            Some(records(&visit, &report, &wanted.org_unit, &wanted.period, &wanted.data_element, &wanted.coc).await)
        }
        false => None,
    };
    visit.page(move |visit, state| make(visit, state, &report, &wanted, records)).await
}

/// Whether somebody may be told which records are in a cell.
pub(super) fn may_see_records(visit: &Visit) -> bool {
    visit.visitor.role >= Role::Operator
}

/// A cell and its past, as somebody may see it.
pub(super) fn past(
    visit: &Visit,
    state: &State,
    config: &Config,
    report: &Report,
    key: &CellKey,
) -> Result<CellPast, Refusal> {
    let sight = sight(visit, config);
    let past = cell(state, config, report, key, sight)?;
    // Nobody ever computed or wrote it: there is no such cell.
    if past.versions.is_empty() && past.standing.is_none() && sight == Sight::All {
        return Err(Refusal::NotFound);
    }
    Ok(past)
}

/// The records in a cell, from the line list by the definitions of today. It asks both servers for what the definitions need
/// and reads the whole list, so that it is asked for by hand.
pub(super) async fn records(
    visit: &Visit,
    report: &str,
    org_unit: &str,
    period: &str,
    data_element: &str,
    combo: &str,
) -> Result<CellRecords, Error> {
    let config = visit.site.config();
    let stopped = |error: String| Error::new(ErrorKind::Internal, error);
    let report = config.report(Some(report)).map_err(|problem| Error::new(ErrorKind::Config, problem.message))?;
    let period = report.period_type.value.parse(period);
    let period = period.map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?;
    let span = epi::period::Span::between(period, period).map_err(|error| stopped(error.to_string()))?;
    let _turn = READERS.acquire().await.map_err(|error| stopped(error.to_string()))?;
    let lineage = Lineage::open(&config, report, span, visit.site.now()).await?;
    let name = CellName {
        data_element: data_element.to_owned(),
        period,
        org_unit: org_unit.to_owned(),
        combo: Some(combo.to_owned()),
    };
    let read = tokio::task::spawn_blocking(move || lineage.records_in(&name)).await;
    read.map_err(|error| stopped(error.to_string()))?
}

fn make(
    visit: &Visit,
    state: &State,
    name: &str,
    wanted: &Wanted,
    records: Option<Result<CellRecords, Error>>,
) -> Result<String, Refusal> {
    let config = visit.site.config();
    let report = named(&config, name)?;
    let known = visit.site.names.of(&config, report);
    let names = known.as_deref();
    let period = report.period_type.value.parse(&wanted.period).map_err(|_| Refusal::NotFound)?;
    let sight = sight(visit, &config);
    let unit = names.map_or(wanted.org_unit.as_str(), |names| names.unit(&wanted.org_unit)).to_owned();
    let mut page = Page {
        face: Face::new(visit, say!("cell-title", unit = unit.clone(), period = period.id().to_string())),
        report: (report.name.clone(), href(&report.name)),
        unit,
        period: period.id().to_string(),
        is_published: sight == Sight::Published,
        held: Vec::new(),
        values: None,
        more: None,
        one: None,
    };
    if wanted.data_element.is_empty() {
        let kept = picture(visit, state, &config, report, names)?;
        let picture = kept.picture.as_ref().ok_or(Refusal::NotFound)?;
        let found = slice(state, report, picture, &wanted.org_unit, &period.id())?.ok_or(Refusal::NotFound)?;
        page.held = found.held.iter().map(|reason| message(reason)).collect();
        page.values = Some(values(&found.values, report, names, sight));
        page.more = (found.n_more > 0).then(|| say!("cell-more-values", n = found.n_more as u64));
    } else {
        let key = CellKey {
            data_element: wanted.data_element.as_str().into(),
            period: period.id(),
            org_unit: wanted.org_unit.as_str().into(),
            category_option_combo: wanted.coc.as_str().into(),
            attribute_option_combo: wanted.aoc.as_str().into(),
        };
        let past = past(visit, state, &config, report, &key)?;
        page.one = Some(one(visit, report, &past, names, wanted, records));
    }
    Ok(page.render()?)
}

/// The link to a cell.
fn link(report: &Report, key: &CellKey, records: usize) -> String {
    let number = records.to_string();
    let mut parts = vec![
        ("org_unit", key.org_unit.as_str()),
        ("period", &key.period),
        ("data_element", &key.data_element),
        ("coc", &key.category_option_combo),
        ("aoc", &key.attribute_option_combo),
    ];
    if records > 0 {
        parts.push(("records", &number));
    }
    format!("{}/cell?{}", href(&report.name), query(&parts))
}

fn number(value: &str) -> String {
    value.parse().map_or_else(|_| value.to_owned(), figure)
}

/// Whether records make the value; a statement follows from other values.
fn is_counted(report: &Report, key: &CellKey) -> bool {
    let of_this = |element: &str| element == key.data_element;
    report.indicators.iter().filter_map(|model| model.goes_to.as_ref()).any(|to| of_this(&to.data_element.value))
}

fn dash() -> String {
    "\u{2013}".to_owned()
}

/// What an indicator is called; its code if the report no longer has it.
pub(super) fn title(report: &Report, indicator: &str) -> String {
    let model = report.indicators.iter().find(|model| model.indicator.code == indicator);
    model.map_or_else(|| indicator.to_owned(), |model| model.indicator.title.clone())
}

/// The disaggregation in words, with the attribute's where there is a name for both.
fn combo(key: &CellKey, names: Option<&Gazetteer>) -> String {
    names.map_or(key.category_option_combo.as_str(), |names| names.combo(&key.category_option_combo)).to_owned()
}

fn values(values: &[SliceValue], report: &Report, names: Option<&Gazetteer>, sight: Sight) -> Table {
    let mut columns = vec![
        Column::text(say!("map-indicator")),
        Column::text(say!("column-data-element")),
        Column::text(say!("cell-combo")),
    ];
    if sight == Sight::All {
        columns.push(Column::number(say!("cell-computed")));
    }
    columns.push(Column::number(say!("cell-in-dhis2")));
    let mut table = Table::new(say!("cell-values"), say!("cell-no-values"), columns);
    table.rows.extend(values.iter().map(|value| {
        let element =
            names.map_or(value.key.data_element.as_str(), |names| names.data_element(&value.key.data_element));
        let mut row = vec![
            Cell::new(title(report, &value.indicator)),
            Cell::new(element).to(link(report, &value.key, 0)),
            Cell::new(combo(&value.key, names)),
        ];
        if sight == Sight::All {
            row.push(Cell::new(value.computed.as_deref().map_or_else(dash, number)));
        }
        let standing = Cell::new(value.standing.as_deref().map_or_else(dash, number));
        let differs = sight == Sight::All && value.computed != value.standing;
        row.push(if differs { standing.toned("warn") } else { standing });
        row
    }));
    table
}

fn one(
    visit: &Visit,
    report: &Report,
    past: &CellPast,
    names: Option<&Gazetteer>,
    wanted: &Wanted,
    records: Option<Result<CellRecords, Error>>,
) -> One {
    let (sight, now) = (sight(visit, &visit.site.config()), visit.site.now());
    let standing = past.standing.as_ref();
    let may = may_see_records(visit);
    let mut one = One {
        data_element: names
            .map_or(past.key.data_element.as_str(), |names| names.data_element(&past.key.data_element))
            .to_owned(),
        combo: combo(&past.key, names),
        standing: match standing.map(|standing| standing.value.as_deref()) {
            Some(Some(value)) => number(value),
            Some(None) => say!("cell-removed"),
            None => say!("cell-never-written"),
        },
        written: standing.map(|standing| {
            let run = say!("page-run", run = standing.run.to_string());
            (run, runs::href(standing.run.0), Moment::new(standing.written_at, now, &TimeZone::UTC))
        }),
        versions: (sight == Sight::All).then(|| versions(&past.versions, report, now)),
        older: (past.n_older > 0).then(|| say!("cell-older-versions", n = past.n_older as u64)),
        records: None,
        records_shown: None,
        earlier: None,
        later: None,
        refused: None,
        show_records: (may && records.is_none() && is_counted(report, &past.key)).then(|| link(report, &past.key, 1)),
        is_for_others: !may,
    };
    match records {
        Some(Ok(found)) => show_records(&mut one, report, past, &found, wanted.records),
        Some(Err(error)) => one.refused = Some(message(&error.message)),
        None => {}
    }
    one
}

fn show_records(one: &mut One, report: &Report, past: &CellPast, found: &CellRecords, page: usize) {
    let columns = vec![
        Column::text(say!("cell-record")),
        Column::text(say!("map-indicator")),
        Column::text(say!("cell-by-date")),
    ];
    let mut table = Table::new(say!("cell-records"), say!("cell-no-records"), columns);
    let first = page.saturating_sub(1).saturating_mul(RECORDS_SHOWN).min(found.records.len());
    let shown = &found.records[first..found.records.len().min(first + RECORDS_SHOWN)];
    // Ids only: what an indicator saw in a record is for `tally explain`, on the machine itself.
    table.rows.extend(shown.iter().map(|record| {
        vec![Cell::new(&record.record), Cell::new(title(report, &record.indicator)), Cell::new(&record.by_date)]
    }));
    let all = found.records.len() as u64 + found.n_more;
    one.records_shown = Some(say!("cell-records-shown", n = all));
    one.earlier = (first > 0).then(|| link(report, &past.key, page - 1) + "#records");
    one.later = (first + shown.len() < found.records.len()).then(|| link(report, &past.key, page + 1) + "#records");
    one.records = Some(table);
}

fn versions(versions: &[PastVersion], report: &Report, now: Timestamp) -> Table {
    let columns = vec![
        Column::number(say!("column-run")),
        Column::text(say!("cell-ended")),
        Column::text(say!("map-indicator")),
        Column::number(say!("map-value")),
        Column::number(say!("column-records")),
    ];
    let mut table = Table::new(say!("cell-history"), say!("cell-no-history"), columns);
    table.rows.extend(versions.iter().rev().map(|version| {
        let ended = version.finished_at.map(|at| Moment::new(at, now, &TimeZone::UTC).text);
        vec![
            Cell::new(version.run.to_string()).to(runs::href(version.run.0)),
            Cell::new(ended.unwrap_or_default()),
            Cell::new(title(report, &version.indicator)),
            Cell::new(version.value.as_deref().map_or_else(dash, number)),
            Cell::new(grouped(version.n_records)),
        ]
    }));
    table
}
