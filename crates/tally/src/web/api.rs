//! `/api/v1`: everything that the pages show and do, for programs. Its operations stand in one table, from which both the
//! routes and the OpenAPI description are made, so that neither can say what the other does not.

mod accepted;
mod answer;
mod asked;
mod cells;
mod extract;
mod geojson;
mod house;
mod openapi;
mod operation;
mod operations;
mod problem;
mod reports;
mod runs;
#[cfg(test)]
mod tests;

use super::site::Site;
use axum::Router;
use axum::routing::{any, get};
use operations::OPERATIONS;
use std::sync::Arc;

/// The paths below which everything is for programs.
const ROOT: &str = "/api/v1";

/// All operations, and their description.
pub(super) fn router() -> Router<Arc<Site>> {
    let described = Router::new().route(&format!("{ROOT}/openapi.json"), get(openapi::served));
    OPERATIONS
        .iter()
        .fold(described, |router, operation| router.route(&format!("{ROOT}{}", operation.path), (operation.route)()))
        .method_not_allowed_fallback(answer::no_such_method)
        .route("/api/{*rest}", any(answer::nothing_here))
}
