//! The map of places: what is open in it, the heaviest first.

use super::face::Face;
use super::site::Site;
use super::table::{Cell, Column, Table};
use super::visit::{Refusal, Visit};
use crate::language::say;
use crate::render::number::grouped;
use crate::render::phrase;
use askama::Template;
use axum::response::Response;
use pipeline::map_places::{HOW_ABOVE, HOW_OPEN, Sheet};
use pipeline::store::State;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Open matches on the page.
const OPEN_SHOWN: usize = 200;

/// The map of places, as data.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PlacesFacts {
    /// The file.
    pub(crate) map: String,
    /// Rows with an organisation unit.
    pub(crate) n_mapped: u64,
    /// Rows that are left to the place above them.
    pub(crate) n_above: u64,
    /// Matches that wait for a person, and places without any, the heaviest first.
    pub(crate) open: Vec<OpenPlace>,
}

/// A place that has no organisation unit yet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct OpenPlace {
    /// Id of the location in Go.Data.
    pub(crate) location: String,
    /// Its name.
    pub(crate) name: String,
    /// Records that count nowhere because of it, in the last runs of all reports: the most of any report.
    pub(crate) n_records: u64,
    /// What `tally map places` thought possible, in the words of the map.
    pub(crate) candidates: String,
}

impl PlacesFacts {
    /// What is open in the map of the configuration, and what hangs on it in the last runs.
    ///
    /// # Errors
    /// What the map or the state says.
    pub(crate) fn of(site: &Site, state: &State) -> Result<Self, pipeline::Error> {
        let config = site.config();
        let path = &config.places.source.path;
        let sheet = Sheet::read(path).map_err(pipeline::Error::config)?;
        // By location: its name, and the records that hang on it.
        let mut nowhere: BTreeMap<String, (Option<String>, u64)> = BTreeMap::new();
        for report in &config.reports {
            let Some(kept) = super::runs::last_kept(site, state, report)? else { continue };
            for place in &kept.unmapped {
                let known = nowhere.entry(place.location.clone()).or_default();
                *known = (place.name.clone().or(known.0.take()), known.1.max(place.n_records));
            }
        }
        let (mut n_mapped, mut n_above, mut open) = (0, 0, Vec::new());
        for [location, name, org_unit, how, candidates] in
            sheet.rows(["location_id", "location", "org_unit", "how", "candidates"])
        {
            let hangs = nowhere.remove(location);
            if !org_unit.is_empty() {
                n_mapped += 1;
            } else if how == HOW_ABOVE || (how != HOW_OPEN && hangs.is_none()) {
                n_above += 1;
            } else {
                open.push(OpenPlace {
                    location: location.to_owned(),
                    name: name.to_owned(),
                    n_records: hangs.map_or(0, |(_, n)| n),
                    candidates: candidates.to_owned(),
                });
            }
        }
        open.extend(nowhere.into_iter().map(|(location, (name, n_records))| OpenPlace {
            name: name.unwrap_or_else(|| location.clone()),
            location,
            n_records,
            candidates: String::new(),
        }));
        open.sort_by(|a, b| b.n_records.cmp(&a.n_records).then_with(|| a.location.cmp(&b.location)));
        Ok(Self { map: path.display().to_string(), n_mapped, n_above, open })
    }
}

#[derive(Template)]
#[template(path = "places.html")]
struct Page {
    face: Face,
    facts: PlacesFacts,
    table: Table,
    more: Option<String>,
}

/// `GET /places`.
pub(super) async fn page(visit: Visit) -> Response {
    visit.page(make).await
}

fn make(visit: &Visit, state: &State) -> Result<String, Refusal> {
    let facts = PlacesFacts::of(&visit.site, state)?;
    let columns = vec![
        Column::text(say!("column-place")),
        Column::number(say!("column-records")),
        Column::text(say!("column-what-it-may-be")),
    ];
    let mut table = Table::new(say!("places-open-matches"), say!("places-none-open"), columns);
    table.rows.extend(facts.open.iter().take(OPEN_SHOWN).map(|place| {
        vec![
            Cell::new(phrase::place(&place.name)).noted(&place.location),
            grouped(place.n_records).into(),
            Cell::new(&place.candidates),
        ]
    }));
    let beyond = facts.open.len().saturating_sub(OPEN_SHOWN);
    let more = (beyond > 0).then(|| say!("places-more", n = beyond));
    Ok(Page { face: Face::new(visit, say!("page-places")), facts, table, more }.render()?)
}
