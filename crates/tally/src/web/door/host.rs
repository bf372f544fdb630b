//! The names by which the dashboard may be asked for. A page elsewhere can have its own name lead to this machine (DNS
//! rebinding) and would then count as ours to a browser; its name betrays it.

use super::{Door, Refusal};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use pipeline::config::dashboard::HostName;
use std::net::IpAddr;
use std::sync::Arc;

/// Answers that tell nothing, and that probes ask for by whatever address they know.
pub(super) const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// The layer that refuses names that are not ours.
pub(crate) async fn host(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    if PROBES.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    match asked_for(request.headers(), request.uri()) {
        Some(host) if door.is_ours(&host) => next.run(request).await,
        Some(host) => Refusal::Host(Some(host)).into_response(),
        None => Refusal::Host(None).into_response(),
    }
}

/// The name that a request asks for; none if there is no single one.
pub(super) fn asked_for(headers: &HeaderMap, uri: &Uri) -> Option<HostName> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = HostName::parse(hosts.next()?.to_str().ok()?)?;
    let twice = hosts.next().is_some();
    let other = uri.authority().is_some_and(|authority| HostName::parse(authority.as_str()).as_ref() != Some(&host));
    (!twice && !other).then_some(host)
}

impl Door {
    /// Whether this is a name of ours: a loopback name with our port, the address that we listen on, or a name of `hosts`.
    fn is_ours(&self, host: &HostName) -> bool {
        let port = self.bound.port();
        let to_our_port = host.port.unwrap_or(80) == port;
        let own = self.bound.ip();
        let own = !own.is_unspecified() && address(&host.name) == Some(own);
        to_our_port && (is_loopback(host) || own) || self.dashboard.hosts.iter().any(|name| name.admits(host))
    }
}

/// Whether a name always means the machine that asks.
pub(super) fn is_loopback(host: &HostName) -> bool {
    host.name == "localhost" || address(&host.name).is_some_and(|ip| ip.is_loopback())
}

fn address(name: &str) -> Option<IpAddr> {
    name.trim_start_matches('[').trim_end_matches(']').parse().ok()
}
