//! A report: how its cases went, how complete it is in DHIS2, how each indicator went, and how its numbers were revised.

use super::chart::{self, bars, heat, spark, triangle};
use super::face::Face;
use super::moment::Moment;
use super::names;
use super::visit::{Refusal, Visit};
use super::visitor::Role;
use crate::language::say;
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use jiff::tz::TimeZone;
use pipeline::as_of::Summed;
use pipeline::config::{Config, Report};
use pipeline::gazetteer::Gazetteer;
use pipeline::picture::{Curve, CurveSource, KeptPicture, Picture, Sight, curve_of_cells};
use pipeline::store::{LineList, State};
use serde::Deserialize;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Organisation units of the heat map on a page: with 26 periods some hundred kilobytes before they are packed.
const UNITS_SHOWN: usize = 40;

/// Which part of a report.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    /// The first row of the heat map, from 0.
    #[serde(default)]
    unit: usize,
    /// The indicator of the curve, where that is not made of records.
    #[serde(default)]
    indicator: String,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    face: Face,
    name: String,
    map: String,
    runs: String,
    stated: Option<String>,
    is_published: bool,
    shown: Option<Shown>,
    names: String,
}

struct Shown {
    /// The drawing, and what is to be said of it.
    curve: Option<(String, Vec<String>)>,
    percent: String,
    heat: String,
    legend: String,
    registers: bool,
    before: Option<String>,
    after: Option<String>,
    /// Title, last total, what it is, and the line.
    trends: Vec<(String, String, String, String)>,
    trend_table: String,
    triangles: Vec<(String, String)>,
}

/// The page of a report.
pub(super) fn href(report: &str) -> String {
    format!("/reports/{}", path_part(report))
}

/// A text as a part of a path: a name of a report may hold anything.
pub(super) fn path_part(text: &str) -> String {
    let mut part = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => part.push(char::from(byte)),
            // A part that is a dot or two would be a way up.
            byte => part.push_str(&format!("%{byte:02X}")),
        }
    }
    part
}

/// Whose values somebody may see.
pub(super) fn sight(visit: &Visit, config: &Config) -> Sight {
    Sight::of(config, visit.visitor.role >= Role::Operator)
}

/// The report of a path.
pub(super) fn named<'c>(config: &'c Config, name: &str) -> Result<&'c Report, Refusal> {
    config.reports.iter().find(|report| report.name == name).ok_or(Refusal::NotFound)
}

/// What is known of a report, made anew only if something has changed.
pub(super) fn picture(
    visit: &Visit,
    state: &State,
    config: &Config,
    report: &Report,
    names: Option<&Gazetteer>,
) -> Result<Arc<KeptPicture>, Refusal> {
    let units: Vec<String> = names.map(|names| names.units.keys().cloned().collect()).unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    (&config.source.text, config.places.rows.len(), config.dhis2.url.value.as_str(), &units).hash(&mut hasher);
    let (sight, configured, now) = (sight(visit, config), hasher.finish(), visit.site.now());
    Ok(visit.site.pictures.of(state, config, report, &units, sight, configured, now)?)
}

/// `GET /reports/{report}`.
pub(super) async fn page(visit: Visit, Path(report): Path<String>, Query(wanted): Query<Wanted>) -> Response {
    names::refresh(&visit.site, &report).await;
    visit.page(move |visit, state| make(visit, state, &report, &wanted)).await
}

fn make(visit: &Visit, state: &State, name: &str, wanted: &Wanted) -> Result<String, Refusal> {
    let (config, now) = (visit.site.config(), visit.site.now());
    let report = named(&config, name)?;
    let names = visit.site.names.of(&config, report);
    let kept = picture(visit, state, &config, report, names.as_deref())?;
    let at = |picture: &Picture| {
        let run = picture.run.to_string();
        let moment = Moment::new(picture.finished_at.unwrap_or(now), now, &TimeZone::UTC);
        say!("report-as-of", run = run, at = moment.text, ago = moment.distance)
    };
    let shown = match &kept.picture {
        Some(picture) => Some(shown(visit, &config, report, picture, &kept, names.as_deref(), wanted)?),
        None => None,
    };
    let page = Page {
        face: Face::new(visit, report.name.clone()),
        name: report.name.clone(),
        map: format!("{}/map", href(&report.name)),
        runs: format!("/runs?{}", query(&[("report", &report.name)])),
        stated: kept.picture.as_ref().map(at),
        is_published: sight(visit, &config) == Sight::Published,
        shown,
        names: names::told(names.as_deref(), now),
    };
    Ok(page.render()?)
}

/// A query.
pub(super) fn query(parts: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parts);
    query.finish()
}

fn shown(
    visit: &Visit,
    config: &Config,
    report: &Report,
    picture: &Picture,
    kept: &KeptPicture,
    names: Option<&Gazetteer>,
    wanted: &Wanted,
) -> Result<Shown, Refusal> {
    let base = href(&report.name);
    let mut units: Vec<(&str, &pipeline::picture::UnitRow)> = picture
        .completeness
        .units
        .iter()
        .map(|unit| (names.map_or(unit.org_unit.as_str(), |names| names.unit(&unit.org_unit)), unit))
        .collect();
    units.sort_by_key(|(name, unit)| (*name, &unit.org_unit));
    let from = if wanted.unit < units.len() { wanted.unit } else { 0 };
    let rows: Vec<heat::Row<'_>> = units
        .iter()
        .skip(from)
        .take(UNITS_SHOWN)
        .map(|(name, unit)| heat::Row {
            name,
            fields: &unit.fields,
            link: format!("{base}/cell?{}", query(&[("org_unit", &unit.org_unit)])),
        })
        .collect();
    let to = from + rows.len();
    let page_from = |first: usize| format!("{base}?unit={first}#completeness");
    let trend = |(index, trend): (usize, &pipeline::picture::Trend)| {
        let value = spark::latest(trend);
        let period = value.map(|(index, _)| picture.periods[index].clone()).unwrap_or_default();
        let note = match trend.of {
            Summed::Values => say!("spark-of-values", period = period),
            Summed::Records => say!("spark-of-records", period = period),
        };
        let line = spark::line(&format!("spark-{index}"), trend, &picture.periods);
        (trend.title.clone(), value.map(|(_, total)| chart::figure(total)).unwrap_or_default(), note, line)
    };
    let triangles = kept.revisions.iter().flat_map(|revisions| &revisions.indicators);
    let curve = curve(visit, config, report, picture, &wanted.indicator)?;
    Ok(Shown {
        curve: curve.map(|found| (bars::curve(&found, &say!("curve-title")), notes(&found))),
        percent: match picture.completeness.percent() {
            Some(percent) => say!("heat-percent", percent = percent, periods = picture.periods.len() as u64),
            None => say!("heat-nothing-computed"),
        },
        heat: heat::table(&say!("heat-title"), &picture.periods, &rows),
        legend: heat::legend(&picture.completeness.counts()),
        registers: picture.completeness.registers,
        before: (from > 0).then(|| page_from(from.saturating_sub(UNITS_SHOWN))),
        after: (to < units.len()).then(|| page_from(to)),
        trends: picture.trends.iter().enumerate().map(trend).collect(),
        trend_table: spark::table(&picture.trends, &picture.periods),
        triangles: triangles.map(|one| (one.title.clone(), triangle::table(one))).collect(),
    })
}

/// The curve that somebody may see: of the line list's cases, else of an indicator's values.
pub(super) fn curve(
    visit: &Visit,
    config: &Config,
    report: &Report,
    picture: &Picture,
    indicator: &str,
) -> Result<Option<Arc<Curve>>, Refusal> {
    let of_records = match picture.sight {
        Sight::All => curve_of_line_list(visit, config, report, picture)?,
        // The cases of a week by classification may be fewer than may be told.
        Sight::Published => None,
    };
    let asked = Some(indicator).filter(|code| !code.is_empty());
    let of_cells = || curve_of_cells(&picture.trends, report, &picture.periods, asked).map(Arc::new);
    Ok(of_records.or_else(of_cells))
}

fn curve_of_line_list(
    visit: &Visit,
    config: &Config,
    report: &Report,
    picture: &Picture,
) -> Result<Option<Arc<Curve>>, Refusal> {
    let path = config.line_list_file();
    if !path.exists() {
        return Ok(None);
    }
    let periods: Option<Vec<_>> = picture.periods.iter().map(|id| report.period_type.value.parse(id).ok()).collect();
    // A list that cannot be read is made anew by the next run; the page does without.
    let Ok(line_list) = LineList::open_read_only(&path) else { return Ok(None) };
    Ok(visit.site.pictures.curve(&line_list, &periods.unwrap_or_default()).unwrap_or_else(|error| {
        tracing::warn!(%error, "the curve could not be made from the line list");
        None
    }))
}

fn notes(curve: &Curve) -> Vec<String> {
    match &curve.source {
        CurveSource::Records { n_by_reporting, n_undated, n_outside } => {
            let mut notes = vec![say!("curve-from-records")];
            if *n_by_reporting > 0 {
                notes.push(say!("curve-by-reporting", n = *n_by_reporting));
            }
            if *n_undated > 0 {
                notes.push(say!("curve-undated", n = *n_undated));
            }
            if *n_outside > 0 {
                notes.push(say!("curve-outside", n = *n_outside));
            }
            notes
        }
        CurveSource::Cells { title, .. } => vec![say!("curve-from-cells", title = title.clone())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_report_is_one_part_of_a_path() {
        assert_eq!(href("weekly"), "/reports/weekly");
        assert_eq!(href("a/b ?#%é<>"), "/reports/a%2Fb%20%3F%23%25%C3%A9%3C%3E");
        assert_eq!(href(".."), "/reports/%2E%2E");
    }
}
