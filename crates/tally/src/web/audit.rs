//! Who did what, when.

use super::face::Face;
use super::moment::Moment;
use super::table::{Cell, Column, Table};
use super::visit::{Refusal, Visit};
use super::visitor::Right;
use crate::language::say;
use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use jiff::tz::TimeZone;
use pipeline::store::State;
use serde::Deserialize;

/// Rows on a page.
const ROWS_SHOWN: u32 = 100;

/// Which rows.
#[derive(Deserialize)]
pub(super) struct Wanted {
    /// Older than this one.
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    face: Face,
    table: Table,
    older: Option<String>,
}

/// `GET /audit`.
pub(super) async fn page(visit: Visit, Query(wanted): Query<Wanted>) -> Response {
    visit.page_for(Right::Settings, move |visit, state| make(visit, state, &wanted)).await
}

fn make(visit: &Visit, state: &State, wanted: &Wanted) -> Result<String, Refusal> {
    let mut rows = state.audit_before(wanted.before, ROWS_SHOWN + 1)?;
    let has_older = rows.len() > ROWS_SHOWN as usize;
    rows.truncate(ROWS_SHOWN as usize);
    let now = visit.site.now();
    let columns = vec![
        Column::text(say!("column-at")),
        Column::text(say!("column-who")),
        Column::text(say!("column-did")),
        Column::text(say!("column-on-what")),
    ];
    let mut table = Table::new(say!("page-audit"), say!("audit-none"), columns);
    table.rows.extend(rows.iter().map(|(_, row)| {
        let at = Moment::new(row.at, now, &TimeZone::UTC);
        vec![Cell::new(at.text), Cell::new(&row.actor), Cell::new(&row.action), Cell::new(&row.detail)]
    }));
    let older = rows.last().filter(|_| has_older).map(|(id, _)| format!("/audit?before={id}"));
    Ok(Page { face: Face::new(visit, say!("page-audit")), table, older }.render()?)
}
