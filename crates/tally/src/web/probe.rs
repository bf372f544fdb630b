//! What monitors ask: whether the process answers, whether it does its work, and figures.

use super::health::{self, Answer, Doing, Pulse};
use super::hub::Standing;
use super::metrics;
use super::site::Site;
use super::visit::{Refusal, Visit};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipeline::daemon::JobState;
use std::sync::Arc;

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], self.body).into_response()
    }
}

/// `GET /healthz`.
pub(super) async fn alive() -> Answer {
    health::alive()
}

/// `GET /readyz`.
pub(super) async fn ready(State(site): State<Arc<Site>>) -> Answer {
    let asked =
        tokio::task::spawn_blocking(move || health::ready(&site.config(), pulse(&site, 0).as_ref(), site.now()));
    asked.await.unwrap_or_else(|_| Answer { status: 503, body: "not ready\n".to_owned() })
}

/// `GET /metrics`.
pub(super) async fn figures(visit: Visit) -> Response {
    let site = Arc::clone(&visit.site);
    let text = visit.site.state(move |state| {
        let n_jobs = state.jobs_in(JobState::Asked)?.len() as u64;
        metrics::text(&site.config(), state, pulse(&site, n_jobs).as_ref(), site.now())
    });
    match text.await {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => visit.refused(&Refusal::Failed(error)),
    }
}

/// What the daemon last said of itself; none before it said anything.
fn pulse(site: &Site, n_jobs: u64) -> Option<Pulse> {
    let live = site.hub.live();
    let doing = match (live.standing, live.run) {
        (Standing::Waiting, _) => Doing::Waiting,
        (_, Some(_)) => Doing::Busy,
        (_, None) => Doing::Idle,
    };
    Some(Pulse { turned_at: live.turned_at?, doing, n_jobs })
}
