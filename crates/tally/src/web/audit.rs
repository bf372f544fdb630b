//! Who did what, when.

use super::asking::named;
use super::face::Face;
use super::moment::Moment;
use super::table::{Cell, Column, Table};
use super::visit::{Refusal, Visit};
use crate::language::say;
use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use jiff::tz::TimeZone;
use pipeline::daemon::Job;
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
    visit.page(move |visit, state| make(visit, state, &wanted)).await
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
        vec![Cell::new(at.text), Cell::new(&row.actor), Cell::new(&row.action), detail(&row.action, &row.detail)]
    }));
    let older = rows.last().filter(|_| has_older).map(|(id, _)| format!("/audit?before={id}"));
    Ok(Page { face: Face::new(visit, say!("page-audit")), table, older }.render()?)
}

/// What was done to what. What was asked of the daemon is said as its page says it.
fn detail(action: &str, detail: &str) -> Cell {
    let asked = detail.strip_prefix("job ").filter(|_| action == "ask").and_then(|rest| rest.split_once(": "));
    let job = asked.and_then(|(id, job)| Some((id.parse::<i64>().ok()?, serde_json::from_str::<Job>(job).ok()?)));
    let Some((id, job)) = job else { return Cell::new(detail) };
    let (from, to) = job.periods();
    let about = [job.report(), from, to.filter(|_| to != from)].into_iter().flatten().collect::<Vec<_>>().join(", ");
    Cell::new(named(&job)).to(format!("/jobs/{id}")).noted(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_said_and_all_else_stands_as_it_was_written() {
        let cell =
            detail("ask", r#"job 7: {"job":"run","report":"weekly","from":"2026W3","to":"2026W3","full":false}"#);
        assert_eq!(
            (cell.text.as_str(), cell.href.as_deref(), cell.note.as_str()),
            ("Back-fill", Some("/jobs/7"), "weekly, 2026W3")
        );
        for (action, text) in
            [("ask", "job 7: {}"), ("ask", "job x: {\"job\":\"apply\",\"plan\":1}"), ("sign-in", "from 127.0.0.1")]
        {
            let cell = detail(action, text);
            assert_eq!((cell.text.as_str(), cell.href), (text, None));
        }
    }
}
