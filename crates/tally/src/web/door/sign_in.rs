//! Signing in and out.

use super::cookie::Cookie;
use super::csrf::FormCookie;
use super::{Door, IDLE, LONGEST, Refusal, lock, next, password, refusal, secret};
use crate::language::{Language, say};
use crate::web::visitor::Visitor;
use askama::Template;
use axum::extract::{ConnectInfo, Extension, Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing};
use jiff::SignedDuration;
use pipeline::access::is_name;
use pipeline::store::{AuditRow, Session};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// How long an attempt waits for its turn to be checked.
const TURN: Duration = Duration::from_secs(5);

/// `GET /sign-in`, `POST /sign-in` and `POST /sign-out`.
pub(crate) fn routes(door: Arc<Door>) -> Router {
    Router::new()
        .route("/sign-in", routing::get(page).post(sign_in))
        .route("/sign-out", routing::post(sign_out))
        .with_state(door)
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    next: String,
}

/// What somebody typed. Not printable.
#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "door/sign_in.html")]
struct Page<'p> {
    language: &'static str,
    words: Words,
    fault: Option<String>,
    /// What to do where there is no user yet.
    first: Option<String>,
    csrf: String,
    next: &'p str,
    name: &'p str,
}

struct Words {
    heading: String,
    name: String,
    password: String,
    submit: String,
}

async fn page(
    State(door): State<Arc<Door>>,
    visitor: Option<Extension<Visitor>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let next = next::local(&asked.next);
    if visitor.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    let cookie = door.form_cookie(&headers)?;
    let has_users = door.read(|state| state.has_users()).await?;
    let first = (!has_users).then(|| say!("door-first"));
    Ok(rendered(&door, &cookie, StatusCode::OK, None, first, next, ""))
}

async fn sign_in(
    State(door): State<Arc<Door>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Refusal> {
    let client = door.client(peer.ip().to_canonical(), &headers);
    let (next, cookie) = (next::local(&typed.next), door.form_cookie(&headers)?);
    // What can be no name is nobody's, and is neither counted nor repeated: it may be a password.
    let name = if is_name(&typed.name) { typed.name.as_str() } else { "" };
    let now = (door.now)();
    if let Err(wait) = lock(&door.throttle).begin(name, client, now) {
        return Ok(waiting(&door, &cookie, wait, next, name));
    }
    let Some(user) = door.checked(name, typed.password.into()).await? else {
        door.audit(None, "sign-in failed", name, client).await?;
        let fault = say!("door-failed");
        return Ok(rendered(&door, &cookie, StatusCode::FORBIDDEN, Some(fault), None, next, name));
    };
    lock(&door.throttle).succeeded(name, client);
    door.begin_session(&user, &headers, client, next).await
}

async fn sign_out(
    State(door): State<Arc<Door>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let client = door.client(peer.ip().to_canonical(), &headers);
    door.end_session(&headers, client).await?;
    let gone = Cookie::Session.set(door.dashboard.has_secure_cookies(), None);
    Ok(([(header::SET_COOKIE, gone)], Redirect::to("/sign-in")).into_response())
}

impl Door {
    /// The name of the user whose password this is, as the state has it. Somebody who is not there takes as long.
    async fn checked(self: &Arc<Self>, name: &str, password: SecretString) -> Result<Option<String>, Refusal> {
        let asked = name.to_owned();
        let found = self.read(move |state| state.user_with_hash(&asked)).await?;
        let turn = tokio::time::timeout(TURN, self.checks.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(Refusal::TooMany(SignedDuration::from_secs(1))) };
        let nobody = self.nobody.clone();
        let checked = tokio::task::spawn_blocking(move || match found {
            Some((user, hash)) => password::verify(&password, &hash.into()).then_some(user.name),
            None => {
                let _ = password::verify(&password, &nobody);
                None
            }
        });
        checked.await.map_err(|_| Refusal::State)
    }

    /// A new session with a new secret; one that the browser showed before ends.
    async fn begin_session(
        self: &Arc<Self>,
        user: &str,
        headers: &HeaderMap,
        client: IpAddr,
        next: &str,
    ) -> Result<Response, Refusal> {
        self.end_session(headers, client).await?;
        let (secret, now) = (secret::random().map_err(|_| Refusal::State)?, (self.now)());
        let session = Session {
            token_hash: secret::hash(secret.expose_secret()),
            user: user.to_owned(),
            created_at: now,
            last_seen_at: now,
            expires_at: now.saturating_add(LONGEST).unwrap_or(now),
        };
        let idle = now.saturating_sub(IDLE).unwrap_or(now);
        let row = audit_row(now, user, "sign-in", client);
        self.write_state(move |state| state.begin_session(&session, idle, &row)).await?;
        let cookie = Cookie::Session.set(self.dashboard.has_secure_cookies(), Some(secret.expose_secret()));
        Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response())
    }

    /// Ends the session that a browser shows, if it shows one.
    async fn end_session(self: &Arc<Self>, headers: &HeaderMap, client: IpAddr) -> Result<(), Refusal> {
        let Some(shown) = Cookie::Session.read(self.dashboard.has_secure_cookies(), headers) else { return Ok(()) };
        let (hash, now) = (secret::hash(&shown), (self.now)());
        let known = hash.clone();
        let Some((_, user)) = self.read(move |state| state.session(&known)).await? else { return Ok(()) };
        let row = audit_row(now, &user.name, "sign-out", client);
        self.write_state(move |state| state.end_session(&hash, &row)).await.map(drop)
    }

    /// Writes down what somebody tried. A name that is no user's is not repeated: it may be a password.
    async fn audit(
        self: &Arc<Self>,
        who: Option<&str>,
        action: &str,
        name: &str,
        client: IpAddr,
    ) -> Result<(), Refusal> {
        let (name, action, now) = (who.unwrap_or(name).to_owned(), action.to_owned(), (self.now)());
        let written = self.write_state(move |state| {
            let user = state.user_with_hash(&name)?;
            let actor = user.as_ref().map_or("nobody", |(user, _)| user.name.as_str());
            state.record_audit(&audit_row(now, actor, &action, client))
        });
        written.await
    }
}

fn audit_row(at: jiff::Timestamp, actor: &str, action: &str, client: IpAddr) -> AuditRow {
    AuditRow { at, actor: actor.to_owned(), action: action.to_owned(), detail: format!("from {client}") }
}

fn waiting(door: &Door, cookie: &FormCookie, wait: SignedDuration, next: &str, name: &str) -> Response {
    let seconds = refusal::seconds(wait);
    let fault = say!("door-wait-more", seconds = seconds);
    let page = rendered(door, cookie, StatusCode::TOO_MANY_REQUESTS, Some(fault), None, next, name);
    ([(header::RETRY_AFTER, seconds.to_string())], page).into_response()
}

fn rendered(
    door: &Door,
    cookie: &FormCookie,
    status: StatusCode,
    fault: Option<String>,
    first: Option<String>,
    next: &str,
    name: &str,
) -> Response {
    let words = Words {
        heading: say!("door-sign-in"),
        name: say!("door-name"),
        password: say!("door-password"),
        submit: say!("door-submit"),
    };
    let csrf = door.form_token("", cookie);
    let page = Page { language: Language::current().tag(), words, fault, first, csrf, next, name };
    // The template engine can only run out of memory.
    let mut response = (status, Html(page.render().unwrap_or_default())).into_response();
    if cookie.is_new {
        let value = Cookie::Form.set(door.dashboard.has_secure_cookies(), Some(&cookie.value));
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
