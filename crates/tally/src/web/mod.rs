//! The dashboard: what the daemon knows and does, as pages that are made here, work without JavaScript and take nothing from
//! anywhere else. The only code that knows HTML; whatever is put into a page is escaped by the template engine.
//!
//! - [`door`]: who is let in;
//! - [`Site`]: what all pages are made of;
//! - [`hub`]: what the daemon does now;
//! - [`visit`]: one request, and the page that answers it;
//! - the pages, a module each.

pub(crate) mod certificate;
pub(crate) mod door;
pub(crate) mod health;
pub(crate) mod hub;
pub(crate) mod metrics;
pub(crate) mod site;
pub(crate) mod visitor;

mod accepting;
mod api;
mod asking;
mod asset;
mod audit;
mod cell;
mod chart;
mod choice;
mod decisions;
mod discretion;
mod doctor;
mod face;
mod jobs;
mod map;
mod moment;
mod names;
mod overview;
#[cfg(test)]
mod pages;
mod places;
mod plans;
mod probe;
mod quality;
mod report;
mod run;
mod runs;
mod settings;
mod table;
mod visit;

pub(crate) use door::Door;
pub(crate) use site::Site;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use std::sync::Arc;
use tower_http::compression::CompressionLayer;

/// All pages, behind the door.
pub(crate) fn router(site: Arc<Site>, door: Arc<Door>) -> Router {
    let pages = Router::new()
        .route("/", get(overview::page))
        .route("/runs", get(runs::page))
        .route("/runs/{run}", get(run::page))
        .route("/runs/{run}/live", get(run::live))
        .route("/runs/{run}/certificate", get(run::certificate))
        .route("/ask", get(asking::page).post(asking::ask))
        .route("/jobs/{job}", get(jobs::page))
        .route("/plans/{plan}", get(plans::page))
        .route("/decisions", get(decisions::page))
        .route("/acknowledge", get(decisions::acknowledging).post(decisions::acknowledge))
        .route("/accept", get(accepting::accepting).post(accepting::accept))
        .route("/withdraw", get(accepting::withdrawing).post(accepting::withdraw))
        .route("/quality", get(quality::page))
        .route("/places", get(places::page))
        .route("/settings", get(settings::page))
        .route("/settings/doctor", post(doctor::ask))
        .route("/audit", get(audit::page))
        .route("/reports/{report}", get(report::page))
        .route("/reports/{report}/cell", get(cell::page))
        .route("/reports/{report}/map", get(map::page))
        .route("/healthz", get(probe::alive))
        .route("/readyz", get(probe::ready))
        .route("/metrics", get(probe::figures))
        .route("/language/{tag}", get(visit::choose_language))
        .merge(api::router())
        .fallback(visit::nothing_here)
        .with_state(site);
    pages
        // A page of a plan is a tenth of its size when packed, which a poor line feels.
        .layer(CompressionLayer::new().gzip(true))
        .route("/assets/{file}", get(asset::file))
        .merge(door::routes(Arc::clone(&door)))
        .layer(from_fn_with_state(Arc::clone(&door), door::admit))
        .layer(from_fn_with_state(Arc::clone(&door), door::host))
        .layer(from_fn_with_state(door, door::headers))
        .layer(from_fn(visit::spoken))
}
