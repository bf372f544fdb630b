//! Scripted faults: what can go wrong between a client and a server, played on demand.
//!
//! A test (or `tally demo`) pushes [`FaultRule`]s into a shared [`Faults`] handle; [`layer`] puts the
//! handle in front of a simulator's router. A rule names a method and a path, lets the first `skip`
//! matching requests pass, then plays its fault `times` times. Of the rules that match, the oldest
//! one that is due wins. The file knows nothing about Go.Data or DHIS2.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
pub use axum::http::Method;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use jiff::SignedDuration;
use tokio::sync::watch;

mod body;

pub use body::{Judge, Transform};

/// The longest body that a fault will take apart; the simulators' bodies stay far below.
const BODY_BYTES_MAX: usize = 512 * 1024 * 1024;

/// The fired faults that are remembered for assertions; older ones are forgotten.
const FIRED_MAX: usize = 10_000;

/// Code that a fault runs before the request is answered, for example a change of the population
/// between two pages.
#[derive(Clone)]
pub struct Hook(Arc<dyn Fn() + Send + Sync>);

impl Hook {
    /// A hook that calls `f` each time its rule fires.
    pub fn new(f: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(f))
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// One thing that goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Answers without asking the server; a body that starts with `{` or `[` is sent as JSON,
    /// one that starts with `<` as HTML, anything else as plain text. `Reject { status: 200, .. }` plays garbage under a good status.
    Reject {
        /// The HTTP status.
        status: u16,
        /// The whole body.
        body: String,
    },
    /// As `Reject`, with a `Retry-After` header.
    RejectRetryAfter {
        /// The HTTP status, usually 429 or 503.
        status: u16,
        /// The header's value, in seconds.
        retry_after_secs: u64,
    },
    /// Answers an HTML page (a proxy's error page, or a log-in form under status 200).
    Html {
        /// The HTTP status.
        status: u16,
    },
    /// Answers 302.
    Redirect {
        /// The `Location`.
        to: String,
    },
    /// Answers as always, but later.
    Delay(Duration),
    /// Does not answer until [`Faults::release`]; then as always.
    Hold,
    /// Lets the server do its work, then does not answer until [`Faults::release`].
    HoldAfterWrite,
    /// Sends the true body in pieces.
    SlowDrip {
        /// The size of a piece (at least 1).
        bytes: usize,
        /// The pause before each piece.
        every: Duration,
    },
    /// Sends the true head and the first bytes of the body, then breaks the connection.
    CutBody {
        /// The bytes of the body that still arrive.
        at_byte: usize,
    },
    /// Breaks the connection without a byte of an answer; the server does nothing.
    Reset,
    /// Lets the server do its work, then breaks the connection without a byte of an answer.
    ResetAfterWrite,
    /// Lets the server do its work, then answers this instead.
    FailAfterWrite {
        /// The HTTP status.
        status: u16,
        /// The whole body (see `Reject`).
        body: String,
    },
    /// Lets the server do its work and sends the head of its answer, then breaks the connection.
    ResetAfterHead,
    /// Answers a small packed body that unpacks to so many bytes.
    GzipBomb {
        /// The bytes when unpacked, rounded up to whole mebibytes.
        n_bytes: usize,
    },
    /// Answers as always, with a `Date` that is wrong by so much.
    ClockSkew(SignedDuration),
    /// Hands the server another body than was sent; the answer is the server's to that one.
    AlterRequest(Transform),
    /// As `AlterRequest`, then answers this instead.
    AlterRequestThenFail {
        /// What becomes of the body.
        alter: Transform,
        /// The HTTP status.
        status: u16,
        /// The whole body (see `Reject`).
        body: String,
    },
    /// Sends another body than the server wrote, under the same head.
    AlterAnswer(Transform),
    /// Refuses by the request's body; what the judge lets pass is answered as always.
    RejectIf(Judge),
    /// Makes the simulator treat the request's token as expired (see [`TokenExpired`]).
    ExpireToken,
    /// Runs code, then answers as always.
    Call(Hook),
}

/// The mark that [`Fault::ExpireToken`] leaves in the request's extensions; the simulator's
/// authentication reads it.
#[derive(Clone, Copy, Debug)]
pub struct TokenExpired;

/// When a fault is played.
#[derive(Clone, Debug)]
pub struct FaultRule {
    method: Option<Method>,
    path: String,
    skip: u64,
    times: u64,
    fault: Fault,
}

impl FaultRule {
    /// Plays `fault` once, on the first request whose path matches `path`, a pattern in which `*`
    /// stands for any characters (`*/cases`). The query string is not part of the path.
    pub fn on(path: impl Into<String>, fault: Fault) -> Self {
        Self { method: None, path: path.into(), skip: 0, times: 1, fault }
    }

    /// Only requests with this method match.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// The first `n` matching requests pass untouched.
    #[must_use]
    pub fn skip(mut self, n: u64) -> Self {
        self.skip = n;
        self
    }

    /// The fault is played `n` times.
    #[must_use]
    pub fn times(mut self, n: u64) -> Self {
        self.times = n;
        self
    }

    /// The fault is played until the rules are cleared.
    #[must_use]
    pub fn forever(self) -> Self {
        self.times(u64::MAX)
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|m| m == method) && glob(&self.path, path)
    }
}

/// A fault that was played.
#[derive(Clone, Debug)]
pub struct Fired {
    /// The request's method.
    pub method: Method,
    /// The request's path.
    pub path: String,
    /// What was done to it.
    pub fault: Fault,
}

/// The script of faults; clones share it.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    script: Mutex<Script>,
    released: watch::Sender<u64>,
    n_held: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Script {
    rules: Vec<FaultRule>,
    fired: Vec<Fired>,
}

impl Default for Faults {
    fn default() -> Self {
        Self(Arc::new(Shared {
            script: Mutex::default(),
            released: watch::Sender::new(0),
            n_held: watch::Sender::new(0),
        }))
    }
}

impl Faults {
    /// An empty script: nothing goes wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a rule at the end of the script.
    pub fn push(&self, rule: FaultRule) {
        self.script().rules.push(rule);
    }

    /// Drops all rules; requests that are held stay held.
    pub fn clear(&self) {
        self.script().rules.clear();
    }

    /// Lets every held request go on.
    pub fn release(&self) {
        self.0.released.send_modify(|generation| *generation += 1);
    }

    /// The faults that were played, oldest first (at most the last 10,000).
    pub fn fired(&self) -> Vec<Fired> {
        self.script().fired.clone()
    }

    /// The number of rules that still wait for their request.
    pub fn n_pending(&self) -> usize {
        self.script().rules.len()
    }

    /// Waits until at least `n` requests are held.
    pub async fn wait_held(&self, n: usize) {
        let mut held = self.0.n_held.subscribe();
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = held.wait_for(|now| *now >= n).await;
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault that is due for a request; counts the request against every rule that it matches
    /// up to the one that fires.
    fn next(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut script = self.script();
        let mut due = None;
        for (at, rule) in script.rules.iter_mut().enumerate() {
            if !rule.matches(method, path) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
            } else {
                rule.times = rule.times.saturating_sub(1);
                due = Some((at, rule.times == 0, rule.fault.clone()));
                break;
            }
        }
        let (at, spent, fault) = due?;
        if spent {
            script.rules.remove(at);
        }
        if script.fired.len() == FIRED_MAX {
            script.fired.remove(0);
        }
        script.fired.push(Fired { method: method.clone(), path: path.to_owned(), fault: fault.clone() });
        Some(fault)
    }

    async fn hold(&self) {
        let mut released = self.0.released.subscribe();
        let seen = *released.borrow_and_update();
        let _held = Held::new(self);
        let _ = released.wait_for(|generation| *generation != seen).await;
    }
}

/// Counts a held request for as long as it is held, also when its client goes away.
struct Held(Faults);

impl Held {
    fn new(faults: &Faults) -> Self {
        faults.0.n_held.send_modify(|n| *n += 1);
        Self(faults.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.n_held.send_modify(|n| *n -= 1);
    }
}

/// Puts the script in front of all routes of `router`, its fallback included. Call it last, so that
/// it sees the request before any other layer.
pub fn layer(router: Router, faults: Faults) -> Router {
    router.layer(middleware::from_fn_with_state(faults, play))
}

async fn play(State(faults): State<Faults>, mut request: Request, next: Next) -> Response {
    let Some(fault) = faults.next(request.method(), request.uri().path()) else {
        return next.run(request).await;
    };
    match fault {
        Fault::Reject { status, body } => answer(status, body),
        Fault::RejectRetryAfter { status, retry_after_secs } => {
            let mut response = answer(status, String::new());
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_secs));
            response
        }
        Fault::Html { status } => html(status),
        Fault::Redirect { to } => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Fault::Delay(by) => {
            tokio::time::sleep(by).await;
            next.run(request).await
        }
        Fault::Hold => {
            faults.hold().await;
            next.run(request).await
        }
        Fault::HoldAfterWrite => {
            let response = next.run(request).await;
            faults.hold().await;
            response
        }
        Fault::SlowDrip { bytes, every } => drip(next.run(request).await, bytes.max(1), every).await,
        Fault::CutBody { at_byte } => cut(next.run(request).await, at_byte).await,
        Fault::Reset => dropped_connection(),
        Fault::ResetAfterWrite => {
            next.run(request).await;
            dropped_connection()
        }
        Fault::FailAfterWrite { status, body } => {
            next.run(request).await;
            answer(status, body)
        }
        Fault::ResetAfterHead => body::head_only(next.run(request).await),
        Fault::GzipBomb { n_bytes } => body::bomb(n_bytes),
        Fault::ClockSkew(by) => body::skewed(next.run(request).await, by),
        Fault::AlterRequest(alter) => next.run(body::altered_request(request, &alter).await).await,
        Fault::AlterRequestThenFail { alter, status, body } => {
            next.run(body::altered_request(request, &alter).await).await;
            answer(status, body)
        }
        Fault::AlterAnswer(alter) => body::altered_answer(next.run(request).await, &alter).await,
        Fault::RejectIf(judge) => {
            let (request, plain) = body::opened(request).await;
            match judge.judges(&plain) {
                Some((status, body)) => answer(status, body),
                None => next.run(request).await,
            }
        }
        Fault::ExpireToken => {
            request.extensions_mut().insert(TokenExpired);
            next.run(request).await
        }
        Fault::Call(hook) => {
            (hook.0)();
            next.run(request).await
        }
    }
}

/// A response that makes the server break the connection before the first byte of an answer: its
/// body fails at once, and the HTTP library then closes without flushing the head.
pub fn dropped_connection() -> Response {
    let broken = stream::once(async { Err::<Bytes, _>(Broken) });
    Response::new(Body::from_stream(broken))
}

#[derive(Debug, thiserror::Error)]
#[error("connection broken on purpose")]
struct Broken;

fn answer(status: u16, body: String) -> Response {
    if body.starts_with('<') {
        return html_page(status, body);
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = body.starts_with('{') || body.starts_with('[');
    let kind = if json { "application/json; charset=utf-8" } else { "text/plain; charset=utf-8" };
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

fn html(status: u16) -> Response {
    let page = "<html><head><title>Please wait</title></head><body><h1>Not what you asked for</h1></body></html>";
    html_page(status, page.to_owned())
}

fn html_page(status: u16, page: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

async fn drip(response: Response, size: usize, every: Duration) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    let pieces = (0..bytes.len()).step_by(size).map(move |from| bytes.slice(from..bytes.len().min(from + size)));
    let slow = stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(every).await;
        Ok::<_, Broken>(piece)
    });
    Response::from_parts(parts, Body::from_stream(slow))
}

async fn cut(response: Response, at_byte: usize) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    // The head still promises the whole body, as a server that dies in the middle does.
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let start = bytes.slice(..at_byte.min(bytes.len()));
    let pieces = stream::once(async { Ok(start) }).chain(stream::once(async {
        // Gives the connection a turn to flush what came before.
        tokio::task::yield_now().await;
        Err(Broken)
    }));
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// Whether `text` matches a pattern in which `*` stands for any characters.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_stands_for_any_characters() {
        assert!(glob("/api/outbreaks/*/cases", "/api/outbreaks/1/cases"));
        assert!(!glob("/api/outbreaks/*/cases", "/api/outbreaks/1/cases/filtered-count"));
        assert!(glob("*", "/anything"));
        assert!(glob("*/cases*", "/api/outbreaks/1/cases/filter"));
        assert!(!glob("/api", "/api/"));
        assert!(!glob("a*a", "a"));
    }

    #[test]
    fn a_rule_skips_then_fires_its_times_then_goes() {
        let faults = Faults::none();
        faults.push(FaultRule::on("/a", Fault::Reset).method(Method::GET).skip(1).times(2));
        let fires = |method: &Method, path: &str| faults.next(method, path).is_some();
        assert!(!fires(&Method::POST, "/a"), "another method");
        assert!(!fires(&Method::GET, "/b"), "another path");
        assert!(!fires(&Method::GET, "/a"), "skipped");
        assert!(fires(&Method::GET, "/a"));
        assert!(fires(&Method::GET, "/a"));
        assert!(!fires(&Method::GET, "/a"), "spent");
        assert_eq!((faults.n_pending(), faults.fired().len()), (0, 2));
    }
}
