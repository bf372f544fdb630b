//! What the log hears of the dashboard: every request that changes something, every refusal and every failure. A line has neither
//! queries nor forms nor headers: they may hold what nobody else is to know.

use super::{Door, Refusal};
use crate::web::visitor::{Visitor, Way};
use axum::extract::{ConnectInfo, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

/// Letters of a path in a line; ours are shorter.
const PATH_LETTERS_MAX: usize = 200;

/// Hears a line: its members, with `event` among them.
pub(crate) type Listener = Box<dyn Fn(Value) + Send + Sync>;

/// Who asked, told beside an answer.
#[derive(Clone, Debug)]
pub(super) struct Who {
    name: String,
    way: &'static str,
}

/// What was asked.
pub(super) struct Asked {
    method: Method,
    path: String,
    from: Option<IpAddr>,
    began: Instant,
}

impl Who {
    pub(super) fn of(visitor: &Visitor) -> Self {
        let way = match visitor.way {
            Way::Loopback => "loopback",
            Way::Session => "session",
            Way::Proxy => "proxy",
            Way::Token(_) => "token",
        };
        Self { name: visitor.name.clone(), way }
    }
}

impl Door {
    /// Tells somebody from now on; the first one stays.
    pub(crate) fn tell_to(&self, listener: Listener) {
        let _ = self.listener.set(listener);
    }

    pub(super) fn asked(&self, request: &Request) -> Asked {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
        Asked {
            method: request.method().clone(),
            path: request.uri().path().chars().take(PATH_LETTERS_MAX).collect(),
            from: peer.map(|peer| self.client(peer, request.headers())),
            began: Instant::now(),
        }
    }

    pub(super) fn tell(&self, asked: &Asked, response: &Response) {
        let Some(listener) = self.listener.get() else { return };
        let status = response.status();
        let event = match status {
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::MISDIRECTED_REQUEST
            | StatusCode::TOO_MANY_REQUESTS => "refused",
            status if status.is_server_error() => "unanswered",
            _ if !matches!(asked.method, Method::GET | Method::HEAD | Method::OPTIONS) => "request",
            _ => return,
        };
        let who = response.extensions().get::<Who>();
        let why = response.extensions().get::<Refusal>().map(Refusal::name);
        listener(json!({
            "event": event,
            "who": who.map(|who| &who.name),
            "way": who.map(|who| who.way),
            "from": asked.from,
            "method": asked.method.as_str(),
            "path": asked.path,
            "status": status.as_u16(),
            "why": why,
            "ms": u64::try_from(asked.began.elapsed().as_millis()).unwrap_or(u64::MAX),
        }));
    }
}
