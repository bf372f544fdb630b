//! An indicator on the map.

use super::chart::land::{Land, map};
use super::face::Face;
use super::names;
use super::report::{href, named, picture, query, sight};
use super::visit::{Refusal, Visit};
use crate::language::say;
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use pipeline::as_of::Summed;
use pipeline::config::Report;
use pipeline::gazetteer::Gazetteer;
use pipeline::picture::{Picture, Sight, Territory, Trend, territory};
use pipeline::store::State;
use serde::Deserialize;

/// What to colour the map by.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    /// Code of an indicator; the first one if empty.
    #[serde(default)]
    indicator: String,
    /// A period; the last one if empty.
    #[serde(default)]
    period: String,
}

#[derive(Template)]
#[template(path = "map.html")]
struct Page {
    face: Face,
    /// Name and page of the report.
    report: (String, String),
    here: String,
    is_published: bool,
    /// Code and title of each indicator, and whether it is the chosen one.
    indicators: Vec<(String, String, bool)>,
    /// Each period, the newest first, and whether it is the chosen one.
    periods: Vec<(String, bool)>,
    drawn: Option<String>,
    notes: Vec<String>,
    names: String,
}

/// `GET /reports/{report}/map`.
pub(super) async fn page(visit: Visit, Path(report): Path<String>, Query(wanted): Query<Wanted>) -> Response {
    names::refresh(&visit.site, &report).await;
    visit.page(move |visit, state| make(visit, state, &report, &wanted)).await
}

fn make(visit: &Visit, state: &State, name: &str, wanted: &Wanted) -> Result<String, Refusal> {
    let (config, now) = (visit.site.config(), visit.site.now());
    let report = named(&config, name)?;
    let names = visit.site.names.of(&config, report);
    let kept = picture(visit, state, &config, report, names.as_deref())?;
    let mut page = Page {
        face: Face::new(visit, say!("map-title")),
        report: (report.name.clone(), href(&report.name)),
        here: format!("{}/map", href(&report.name)),
        is_published: sight(visit, &config) == Sight::Published,
        indicators: Vec::new(),
        periods: Vec::new(),
        drawn: None,
        notes: Vec::new(),
        names: names::told(names.as_deref(), now),
    };
    if let Some(picture) = &kept.picture {
        fill(&mut page, visit, state, report, picture, names.as_deref(), wanted)?;
    }
    Ok(page.render()?)
}

/// The indicator and the period of a map: those that are named, else the first and the last. None: there are none.
pub(super) fn chosen<'p>(
    picture: &'p Picture,
    indicator: &str,
    period: &str,
) -> Result<Option<(&'p Trend, &'p String)>, Refusal> {
    let known = |code: &str| picture.trends.iter().find(|trend| trend.indicator == code);
    let trend = match indicator {
        "" => picture.trends.first(),
        code => Some(known(code).ok_or(Refusal::NotFound)?),
    };
    let period = match period {
        "" => picture.periods.last(),
        id => Some(picture.periods.iter().find(|known| *known == id).ok_or(Refusal::NotFound)?),
    };
    Ok(trend.zip(period))
}

fn fill(
    page: &mut Page,
    visit: &Visit,
    state: &State,
    report: &Report,
    picture: &Picture,
    names: Option<&Gazetteer>,
    wanted: &Wanted,
) -> Result<(), Refusal> {
    let Some((chosen, period)) = chosen(picture, &wanted.indicator, &wanted.period)? else { return Ok(()) };
    let found = territory(state, report, picture, &chosen.indicator, period)?;
    page.indicators = picture
        .trends
        .iter()
        .map(|trend| (trend.indicator.clone(), trend.title.clone(), trend.indicator == chosen.indicator))
        .collect();
    page.periods = picture.periods.iter().rev().map(|one| (one.clone(), one == period)).collect();
    page.notes = notes(&found, names);
    let unknown = Gazetteer {
        read_at: visit.site.now(),
        url: String::new(),
        units: Default::default(),
        data_elements: Default::default(),
        combos: Default::default(),
        n_corners_dropped: 0,
        n_too_large: 0,
    };
    page.drawn = Some(map(&Land {
        gazetteer: names.unwrap_or(&unknown),
        values: &found.units,
        title: say!("map-of", title = chosen.title.clone(), period = period.clone()),
        link: format!("{}/cell?{}&org_unit=", href(&report.name), query(&[("period", period)])),
    }));
    Ok(())
}

fn notes(found: &Territory, names: Option<&Gazetteer>) -> Vec<String> {
    let mut notes = Vec::new();
    if !found.covered {
        notes.push(say!("map-not-covered"));
    }
    if found.of == Summed::Records {
        notes.push(say!("map-of-records"));
    }
    notes.push(say!("map-explained"));
    let Some(names) = names else { return notes };
    let without = names.units.values().filter(|unit| unit.outline.is_none()).count() as u64;
    if without > 0 {
        notes.push(say!("map-without-shape", n = without));
    }
    if names.n_corners_dropped > 0 {
        notes.push(say!("map-corners-dropped", n = names.n_corners_dropped));
    }
    notes
}
