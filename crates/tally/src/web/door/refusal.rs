//! What the door says when it does not let somebody in: a problem (RFC 9457) under `/api/`, else a small page. What is asked for
//! decides that, so a refusal is carried out by the outermost layer.

use crate::language::{Language, say};
use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use pipeline::access::Right;
use pipeline::config::dashboard::HostName;
use serde_json::json;

/// Why somebody is not let in, or may not do something. It is an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The dashboard was asked for by a name that is not ours; none if by no single one.
    Host(Option<HostName>),
    /// A page elsewhere sent this.
    Origin,
    /// The form does not carry what ours carry.
    Csrf,
    /// Nobody is signed in, and no token is shown.
    SignIn,
    /// The token is unknown or over.
    Token,
    /// The token is not good for this.
    Scope(Right),
    /// The role may not do this.
    Role(Right),
    /// The proxy names somebody to whom nobody gave a role.
    Stranger,
    /// Too many attempts: so long to wait.
    TooMany(SignedDuration),
    /// More than any form has.
    TooLarge,
    /// The state file could not be asked.
    State,
}

impl Refusal {
    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Host(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::SignIn | Self::Token => StatusCode::UNAUTHORIZED,
            Self::Origin | Self::Csrf | Self::Scope(_) | Self::Role(_) | Self::Stranger => StatusCode::FORBIDDEN,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::State => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> &'static str {
        self.problem().0
    }

    /// Its name and what it says, for programs: the same in every language.
    fn problem(&self) -> (&'static str, String) {
        match self {
            Self::Host(host) => ("wrong-host", host_detail(host.as_ref())),
            Self::Origin => ("foreign-origin", "the request does not come from a page of this server".to_owned()),
            Self::Csrf => ("csrf", "the request lacks the right csrf field or X-CSRF-Token header".to_owned()),
            Self::SignIn => ("not-signed-in", "send a token: Authorization: Bearer tally_...".to_owned()),
            Self::Token => ("bad-token", "the token is unknown or expired".to_owned()),
            Self::Scope(right) => ("scope", format!("the token lacks the scope `{}`", right.name())),
            Self::Role(right) => ("role", format!("this needs the right `{}`", right.name())),
            Self::Stranger => ("no-role", "the user whom the proxy names has no role".to_owned()),
            Self::TooMany(wait) => ("too-many-attempts", format!("wait {} s", seconds(*wait))),
            Self::TooLarge => ("too-large", "the form is too large".to_owned()),
            Self::State => ("state", "the state cannot be read now".to_owned()),
        }
    }

    /// What it says to a person: a heading and a sentence.
    fn words(&self) -> (String, String) {
        match self {
            Self::Host(Some(host)) => {
                let name = host_text(host);
                (say!("door-host"), say!("door-host-add", name = name))
            }
            Self::Host(None) => (say!("door-host"), say!("door-host-none")),
            Self::Origin => (say!("door-origin"), say!("door-origin-more")),
            Self::Csrf => (say!("door-form"), say!("door-form-more")),
            Self::SignIn => (say!("door-unknown"), say!("door-unknown-more")),
            Self::Token => (say!("door-unknown"), say!("door-token-more")),
            Self::Scope(right) => (say!("door-forbidden"), say!("door-scope-more", scope = right.name())),
            Self::Role(right) => (say!("door-forbidden"), right_words(*right)),
            Self::Stranger => (say!("door-forbidden"), say!("door-stranger-more")),
            Self::TooMany(wait) => (say!("door-wait"), say!("door-wait-more", seconds = seconds(*wait))),
            Self::TooLarge => (say!("door-large"), say!("door-large-more")),
            Self::State => (say!("door-state"), say!("door-state-more")),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "door/refusal.html")]
struct Page {
    language: &'static str,
    heading: String,
    sentence: String,
    back: String,
}

/// Writes what a refusal says, as the path has it; other answers pass.
pub(super) fn written(mut response: Response, path: &str) -> Response {
    let Some(refusal) = response.extensions_mut().remove::<Refusal>() else { return response };
    let (kind, body) = if path.starts_with("/api/") {
        let (name, detail) = refusal.problem();
        let status = refusal.status();
        let title = status.canonical_reason().unwrap_or_default();
        let body =
            json!({ "type": format!("urn:tally:{name}"), "title": title, "status": status.as_u16(), "detail": detail });
        ("application/problem+json", body.to_string())
    } else {
        let (heading, sentence) = refusal.words();
        let page = Page { language: Language::current().tag(), heading, sentence, back: say!("door-back") };
        // The template engine can only run out of memory.
        ("text/html; charset=utf-8", page.render().unwrap_or_default())
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.remove(header::CONTENT_LENGTH);
    match &refusal {
        Refusal::SignIn => drop(headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        Refusal::Token => {
            let value = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        Refusal::Scope(right) => {
            let value = format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", right.name());
            headers.extend(HeaderValue::from_str(&value).ok().map(|value| (header::WWW_AUTHENTICATE, value)));
        }
        Refusal::TooMany(wait) => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds(*wait)))),
        _ => {}
    }
    *response.body_mut() = Body::from(body);
    response
}

/// Whole seconds to wait, one at least.
pub(super) fn seconds(wait: SignedDuration) -> u64 {
    let more = u64::from(wait.subsec_nanos() > 0);
    u64::try_from(wait.as_secs()).unwrap_or_default().saturating_add(more).max(1)
}

fn right_words(right: Right) -> String {
    match right {
        Right::Read | Right::Metrics => say!("door-right-read"),
        Right::Run => say!("door-right-run"),
        Right::Decide => say!("door-right-decide"),
        Right::Settings => say!("door-right-settings"),
    }
}

fn host_text(host: &HostName) -> String {
    host.port.map_or_else(|| host.name.clone(), |port| format!("{}:{port}", host.name))
}

fn host_detail(host: Option<&HostName>) -> String {
    host.map_or_else(
        || "the request names no single host".to_owned(),
        |host| format!("add \"{}\" to `hosts` in the table [dashboard] of the configuration", host_text(host)),
    )
}
