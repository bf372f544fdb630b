//! What is configured, what is open in the map of places, who did what.

use super::super::places::{OpenPlace, PlacesFacts};
use super::super::settings::SettingsFacts;
use super::super::visit::Visit;
use super::super::visitor::Right;
use super::answer::{ListPart, Stretch};
use super::extract::{Nothing, Older, Onwards, Wanted};
use super::problem::Problem;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The map of places.
#[derive(Serialize, JsonSchema)]
pub(super) struct OpenPlaces {
    /// The file.
    map: String,
    /// Rows with an organisation unit.
    n_mapped: u64,
    /// Rows that are left to the place above them.
    n_above: u64,
    /// Matches that wait for a person, and places without any, the heaviest first.
    #[serde(flatten)]
    open: Stretch<OpenPlace>,
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

pub(super) async fn places(
    visit: Visit,
    headers: HeaderMap,
    Wanted(part): Wanted<Onwards>,
) -> Result<Response, Problem> {
    let (from, limit) = part.part()?;
    let made = visit.answer(&headers, move |visit, state| {
        let facts = PlacesFacts::of(&visit.site, state)?;
        let open = Stretch::of(&facts.open, from, limit, OpenPlace::clone);
        Ok(OpenPlaces { map: facts.map, n_mapped: facts.n_mapped, n_above: facts.n_above, open })
    });
    Ok(made.await)
}

pub(super) async fn settings(visit: Visit, headers: HeaderMap, _: Wanted<Nothing>) -> Response {
    visit.answer_for(Right::Settings, &headers, |visit, _| Ok(SettingsFacts::of(&visit.site.config()))).await
}

pub(super) async fn audit(visit: Visit, headers: HeaderMap, Wanted(part): Wanted<Older>) -> Result<Response, Problem> {
    let (before, n) = part.part()?;
    let made = visit.answer_for(Right::Settings, &headers, move |_, state| {
        let rows = state.audit_before(before, n + 1)?;
        let entries = rows.into_iter().map(|(entry, row)| AuditEntry {
            entry,
            at: row.at,
            actor: row.actor,
            action: row.action,
            detail: row.detail,
        });
        Ok(ListPart::of(entries.collect(), n, |row: &AuditEntry| row.entry))
    });
    Ok(made.await)
}
