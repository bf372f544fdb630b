//! One question and its answer over HTTP: limits, headers, and what each status and broken connection means.

use std::sync::Once;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use url::Url;

use crate::error::{Error, Kind, error_code, permissions, shorten};
use crate::settings::{Settings, is_loopback};
use crate::wire::Field;
use crate::wire::answer::ErrorAnswer;

/// Of an error's body only the beginning is read: Go.Data's own are below 1 KB.
const ERROR_BYTES_MAX: usize = 64 << 10;
/// The longest address that is sent. Node refuses request line and headers beyond 16 KiB together; the headers and what
/// a proxy adds get 1 KiB.
const URL_BYTES_MAX: usize = 15 << 10;
/// Requests of a client that are under way at a time, whatever its callers do: Go.Data is one Node.js process, and people are
/// entering cases.
const REQUESTS_AT_ONCE: usize = 4;
/// Go.Data closes idle connections after 5 s; ours are given up before, or a request would meet a closing one.
const POOL_IDLE: Duration = Duration::from_secs(4);
/// The longest `Retry-After` that is believed.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);
/// The media types that an error names. Others are not repeated, as no text of a server is.
const MEDIA_TYPES: [&str; 7] = [
    "text/html",
    "text/plain",
    "text/xml",
    "text/csv",
    "application/json",
    "application/xml",
    "application/octet-stream",
];
/// How deep a chain of causes is followed.
const CAUSES_MAX: usize = 16;

/// The HTTP client and the root of the API.
pub(crate) struct Exchange {
    http: reqwest::Client,
    root: Url,
    answer_bytes_max: usize,
    turns: Semaphore,
}

/// What is asked.
pub(crate) struct Question {
    pub(crate) path: String,
    pub(crate) query: Option<(&'static str, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// Who asks.
pub(crate) enum Key<'a> {
    Nobody,
    Token(&'a HeaderValue),
    Api(&'a SecretString),
}

/// What was answered with a 2xx status.
pub(crate) struct Answer {
    pub(crate) body: Bytes,
    /// The server's clock when it answered.
    pub(crate) date: Option<Timestamp>,
}

impl Question {
    /// A reading.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { path: path.into(), query: None, body: None }
    }

    /// A reading with one query parameter.
    pub(crate) fn get_with(path: impl Into<String>, name: &'static str, value: String) -> Self {
        Self { path: path.into(), query: Some((name, value)), body: None }
    }

    /// A POST of JSON; only logins are.
    pub(crate) fn post(path: impl Into<String>, body: Vec<u8>) -> Self {
        Self { path: path.into(), query: None, body: Some(body) }
    }

    /// Method and path, as errors name it.
    pub(crate) fn asked(&self) -> String {
        let method = if self.body.is_some() { "POST" } else { "GET" };
        format!("{method} {}", self.path)
    }
}

impl Exchange {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // An error means that the program installed one already, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let root = settings.api_root()?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("tally/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .gzip(settings.gzip)
            .pool_idle_timeout(POOL_IDLE)
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout);
        if is_loopback(&root) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| connection_error(error, "the HTTP client".to_owned()))?;
        let turns = Semaphore::new(REQUESTS_AT_ONCE);
        Ok(Self { http, root, answer_bytes_max: settings.answer_bytes_max, turns })
    }

    /// Sends the question once and reads the whole answer.
    pub(crate) async fn send(&self, question: &Question, key: Key<'_>) -> Result<Answer, Error> {
        let asked = question.asked();
        let url = self.url(question, &asked)?;
        let method = if question.body.is_some() { Method::POST } else { Method::GET };
        let mut request = self.http.request(method, url);
        if let Some(body) = &question.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        request = match key {
            Key::Nobody => request,
            Key::Token(token) => request.header("X-Access-Token", token.clone()),
            Key::Api(key) => request.header("api-key", secret_header(key, &asked)?),
        };
        // Held until the answer is read. It is never closed.
        let _turn = self.turns.acquire().await;
        let response = request.send().await.map_err(|error| connection_error(error, asked.clone()))?;
        let status = response.status();
        let headers = response.headers().clone();
        tracing::debug!(asked, status = status.as_u16(), "Go.Data answered");
        if !status.is_success() {
            let body = read(response, ERROR_BYTES_MAX, &asked).await.unwrap_or_default();
            return Err(refusal(status, &headers, &body, &self.root, asked));
        }
        let body = read(response, self.answer_bytes_max, &asked).await?;
        check_json(&headers, &body, &asked)?;
        Ok(Answer { body, date: date(&headers) })
    }

    fn url(&self, question: &Question, asked: &str) -> Result<Url, Error> {
        let mut url = self.root.clone();
        url.set_path(&format!("{}{}", self.root.path(), question.path.trim_start_matches('/')));
        if let Some((name, value)) = &question.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let n_bytes = url.as_str().len();
        if n_bytes > URL_BYTES_MAX {
            let kind = Kind::UrlTooLong { n_bytes, max: URL_BYTES_MAX };
            return Err(Error::new(kind, asked));
        }
        Ok(url)
    }
}

/// A secret as a header that no debugging output shows.
pub(crate) fn secret_header(secret: &SecretString, asked: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(secret.expose_secret()).map_err(|_| {
        let reason = "a token or key holds characters that no header can".to_owned();
        Error::new(Kind::Decode { reason }, asked)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read(mut response: reqwest::Response, max: usize, asked: &str) -> Result<Bytes, Error> {
    let too_large = || Error::new(Kind::TooLarge { max }, asked);
    let expected = response.content_length().unwrap_or(0);
    if expected > max as u64 {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(expected as usize);
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > max => return Err(too_large()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.into()),
            Err(error) if error.is_timeout() => {
                return Err(Error::new(Kind::Timeout, asked).because(error.without_url()));
            }
            Err(error) => {
                return Err(Error::new(Kind::Truncated, asked).because(error.without_url()));
            }
        }
    }
}

/// An answer that is no JSON, such as the login page of a hotel or a proxy, must not be taken for an empty list.
fn check_json(headers: &HeaderMap, body: &[u8], asked: &str) -> Result<(), Error> {
    let media = media_type(headers);
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let found = if media.contains("html") || first == Some(&b'<') {
        "HTML"
    } else if !matches!(first, Some(b'{' | b'[')) {
        match first {
            None => "empty",
            Some(_) => "something else",
        }
    } else {
        return Ok(());
    };
    let found = match media {
        "" => found.to_owned(),
        media => format!("{found} ({media})"),
    };
    Err(Error::new(Kind::NotJson { found }, asked))
}

/// The media type without its parameters, if it is one of those that servers and proxies answer with.
fn media_type(headers: &HeaderMap) -> &'static str {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = given.split(';').next().unwrap_or_default().trim();
    MEDIA_TYPES.into_iter().find(|known| media.eq_ignore_ascii_case(known)).unwrap_or_default()
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp())
}

/// What a status other than 2xx means.
fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8], root: &Url, asked: String) -> Error {
    let told = serde_json::from_slice::<ErrorAnswer>(body).unwrap_or_default();
    let told = told.error.into_option().unwrap_or_default();
    let code = told.code.text().and_then(error_code);
    let retry_after = retry_after(headers);
    let kind = match (status.as_u16(), code.as_deref()) {
        (300..=399, _) => Kind::Redirect { target: redirect_target(headers, root) },
        (401, Some("LOGIN_FAILED")) => Kind::LoginFailed,
        (401, _) => Kind::Unauthorised,
        (403, _) => Kind::Forbidden { permission: permission(&told.details) },
        (404, Some("MODEL_NOT_FOUND")) if asked.starts_with("GET /outbreaks/") => Kind::OutbreakNotFound,
        (404, _) => Kind::NotFound,
        (408, _) => Kind::Timeout,
        (422, Some("ACTION_TEMPORARILY_BLOCKED")) => Kind::Blocked,
        (_, Some("INVALID_CAPTCHA")) => Kind::Captcha,
        (429, _) => Kind::Throttled { retry_after },
        (status @ 400..=499, _) => Kind::BadRequest { status, code: code.clone() },
        (status, _) => Kind::Server { status },
    };
    Error::new(kind, asked).with_code(code).with_retry_after(retry_after)
}

fn permission(details: &Field<crate::wire::answer::ErrorDetails>) -> Option<String> {
    permissions(details.get()?.permissions.text()?)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            // Relative to the server's own clock: ours may be wrong.
            let now = date(headers)?;
            Duration::try_from(until.duration_since(now)).unwrap_or_default()
        }
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// Scheme, host and port of a redirect's target, never its path or query.
fn redirect_target(headers: &HeaderMap, root: &Url) -> String {
    let target = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    match target.and_then(|target| root.join(target).ok()) {
        Some(target) if target.has_host() => target.origin().ascii_serialization(),
        _ => "an unnamed place".to_owned(),
    }
}

/// What a request without answer means.
fn connection_error(error: reqwest::Error, asked: String) -> Error {
    let error = error.without_url();
    let kind = if let Some(reason) = tls_reason(&error) {
        Kind::Tls { reason }
    } else if error.is_timeout() {
        Kind::Timeout
    } else if error.is_builder() {
        Kind::InvalidUrl { reason: shorten(&error.to_string()) }
    } else {
        Kind::Connect
    };
    Error::new(kind, asked).because(error)
}

/// The TLS library's words, found down the chain of causes. An I/O error hides what it wraps from that chain.
fn tls_reason(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    for _ in 0..CAUSES_MAX {
        let error = cause?;
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls_words(tls));
        }
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
        UnknownIssuer,
    };
    match error {
        rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => {
            "the server's certificate expired".to_owned()
        }
        rustls::Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
            "the server's certificate is not valid yet; is this machine's clock right?".to_owned()
        }
        rustls::Error::InvalidCertificate(UnknownIssuer) => {
            "the server's certificate was issued by an authority that this machine does not know".to_owned()
        }
        rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            "the server's certificate is for another host".to_owned()
        }
        other => shorten(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn an_expired_certificate_is_found_down_the_chain() {
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        let chain = Outer(std::io::Error::other(Outer(std::io::Error::new(std::io::ErrorKind::InvalidData, tls))));
        assert_eq!(tls_reason(&chain).as_deref(), Some("the server's certificate expired"));
        assert_eq!(tls_reason(&Outer(std::io::Error::other("x"))), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_clock_and_bounded() {
        let wait = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, HeaderValue::from_static("Sun, 22 Nov 2026 19:16:39 GMT"));
            headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
            retry_after(&headers)
        };
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 22 Nov 2026 19:16:49 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(wait("Sun, 22 Nov 2026 19:16:29 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("99999999"), Some(RETRY_AFTER_MAX));
        assert_eq!(wait("soon"), None);
    }
}
