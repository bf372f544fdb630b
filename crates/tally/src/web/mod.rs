//! The dashboard: what the daemon knows and does, as pages that are made here, work without JavaScript and take nothing from
//! anywhere else. The only code that knows HTML; whatever is put into a page is escaped by the template engine.
//!
//! - [`Site`]: what all pages are made of;
//! - [`hub`]: what the daemon does now;
//! - [`visit`]: one request, and the page that answers it;
//! - the pages, a module each.

pub(crate) mod certificate;
pub(crate) mod hub;
pub(crate) mod site;
pub(crate) mod visitor;

mod asset;
mod cell;
mod chart;
mod face;
mod map;
mod moment;
mod names;
mod overview;
#[cfg(test)]
mod pages;
mod report;
mod run;
mod runs;
mod table;
mod visit;

pub(crate) use hub::Hub;
pub(crate) use site::Site;

use axum::Router;
use axum::routing::get;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;

/// All pages.
pub(crate) fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(overview::page))
        .route("/runs", get(runs::page))
        .route("/runs/{run}", get(run::page))
        .route("/runs/{run}/live", get(run::live))
        .route("/runs/{run}/certificate", get(run::certificate))
        .route("/reports/{report}", get(report::page))
        .route("/reports/{report}/cell", get(cell::page))
        .route("/reports/{report}/map", get(map::page))
        .route("/language/{tag}", get(visit::choose_language))
        .fallback(visit::nothing_here)
        .with_state(site)
        // A page of a plan is a tenth of its size when packed, which a poor line feels.
        .layer(CompressionLayer::new().gzip(true))
        .route("/assets/{file}", get(asset::file))
}
