//! Accepting what somebody else wrote in DHIS2, and taking that back: each a page that says what it means, and a form.

use super::asking::by;
use super::face::Face;
use super::runs::href;
use super::visit::{Refusal, Visit};
use super::visitor::Right;
use crate::language::say;
use askama::Template;
use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use pipeline::acceptance;
use pipeline::store::RunId;
use serde::Deserialize;

/// The run whose values of somebody else are accepted.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct OfRun {
    run: i64,
}

/// The report for which everything that was accepted is taken back.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct OfReport {
    report: String,
}

#[derive(Template)]
#[template(path = "accepting.html")]
struct Page {
    face: Face,
    action: &'static str,
    meaning: String,
    /// Name and value of what the form carries.
    carries: (&'static str, String),
    back: String,
}

/// `GET /accept`: what it means, to be confirmed.
pub(super) async fn accepting(visit: Visit, Query(of): Query<OfRun>) -> Response {
    if !visit.visitor.may(Right::Decide) {
        return visit.refused(&Refusal::Forbidden);
    }
    visit
        .page(move |visit, state| {
            let run = RunId(of.run);
            let report = visit.site.report(state, run)?.ok_or(Refusal::NotFound)?;
            let n = acceptance::told(&report).len() as u64;
            let page = Page {
                face: Face::new(visit, say!("accept")),
                action: "/accept",
                meaning: say!("accept-meaning", n = n, report = &report.report, run = of.run.to_string()),
                carries: ("run", of.run.to_string()),
                back: href(of.run),
            };
            Ok(page.render()?)
        })
        .await
}

/// `POST /accept`.
pub(super) async fn accept(visit: Visit, Form(of): Form<OfRun>) -> Response {
    if !visit.visitor.may(Right::Decide) {
        return visit.refused(&Refusal::Forbidden);
    }
    let by = by(&visit);
    match visit.site.change(move |state, now| acceptance::accept(state, RunId(of.run), &by, now)).await {
        Ok(_) => Redirect::to("/decisions#accepted").into_response(),
        Err(error) => visit.refused(&Refusal::Failed(error)),
    }
}

/// `GET /withdraw`: what it means, to be confirmed.
pub(super) async fn withdrawing(visit: Visit, Query(of): Query<OfReport>) -> Response {
    if !visit.visitor.may(Right::Decide) {
        return visit.refused(&Refusal::Forbidden);
    }
    visit
        .page(move |visit, state| {
            let n = state.accepted()?.iter().filter(|row| row.report == of.report).map(|row| row.n).sum::<u64>();
            if n == 0 {
                return Err(Refusal::NotFound);
            }
            let page = Page {
                face: Face::new(visit, say!("withdraw")),
                action: "/withdraw",
                meaning: say!("withdraw-meaning", n = n, report = &of.report),
                carries: ("report", of.report),
                back: "/decisions".to_owned(),
            };
            Ok(page.render()?)
        })
        .await
}

/// `POST /withdraw`.
pub(super) async fn withdraw(visit: Visit, Form(of): Form<OfReport>) -> Response {
    if !visit.visitor.may(Right::Decide) {
        return visit.refused(&Refusal::Forbidden);
    }
    let by = by(&visit);
    match visit.site.change(move |state, now| Ok(state.withdraw(&of.report, &by, now)?)).await {
        Ok(_) => Redirect::to("/decisions#accepted").into_response(),
        Err(error) => visit.refused(&Refusal::Failed(error)),
    }
}
