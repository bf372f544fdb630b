//! One request and its answer: headers, session, limits, and what a status means.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, Retryable};
use bytes::Bytes;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION,
    RETRY_AFTER, SET_COOKIE,
};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::client::Settings;
use crate::decode;
use crate::error::{Error, ErrorKind, RESPONSE_BODY, bounded};
use crate::retry::{self, Policy, Repeatable};
use crate::url_base::{base_of, is_loopback};
use crate::value_stream::{ValueReader, ValueRow, ValueSink};

/// The largest answer that is read by default, decompressed. About three million data values; more should be asked for in parts.
pub const RESPONSE_BYTES_MAX: usize = 512 * 1024 * 1024;

/// How long an idle connection is reused. Shorter than Tomcat's 20 seconds, so that a write is seldom sent into a
/// connection that the server is just closing, which would leave its outcome unknown.
const IDLE_MAX: Duration = Duration::from_secs(10);

/// The longest wait for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(20);

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

const REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

pub(crate) type Parameters = Vec<(&'static str, String)>;

#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    base: Url,
    authorization: HeaderValue,
    is_loopback: bool,
    keeps_session: bool,
    session: Mutex<Option<HeaderValue>>,
    retries: u32,
    retry_delay: Duration,
    answer_bytes_max: usize,
}

/// An answer of status 2xx, or 409, whose body may be the verdict of an import.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

impl Transport {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        let base = base_of(&settings.url, settings.allow_http)?;
        let authorization = settings.credentials.header()?;
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("dhis2-client/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_MAX.min(settings.timeout))
            .timeout(settings.timeout)
            .pool_idle_timeout(IDLE_MAX);
        let is_loopback = base.host().is_some_and(|host| is_loopback(&host));
        if is_loopback {
            // A proxy of the environment would see the credentials of a server on this machine.
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| Error::new(ErrorKind::Tls { message: innermost(&error) }))?;
        Ok(Self {
            http,
            base,
            authorization,
            is_loopback,
            keeps_session: settings.credentials.opens_session(),
            session: Mutex::new(None),
            retries: settings.retries,
            retry_delay: settings.retry_delay,
            answer_bytes_max: settings.answer_bytes_max,
        })
    }

    /// The address of `path` below `/api`, every segment escaped.
    pub(crate) fn address(&self, path: &[&str], parameters: &[(&'static str, String)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("api").extend(path);
        }
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        url
    }

    /// A read: repeated where that may help.
    pub(crate) async fn get(&self, path: &[&str], parameters: &[(&'static str, String)]) -> Result<Answer, Error> {
        let answer = self.send(Method::GET, path, parameters, None).await?;
        answer.or_refusal().map_err(|error| error.at("GET", &label(path)))
    }

    /// A read of a JSON document.
    pub(crate) async fn get_json<T: DeserializeOwned>(
        &self,
        path: &[&str],
        parameters: &[(&'static str, String)],
    ) -> Result<T, Error> {
        let answer = self.get(path, parameters).await?;
        decode::json(&answer.body).map_err(|error| error.at("GET", &label(path)))
    }

    /// A read of data values, which are told as they arrive.
    pub(crate) async fn get_values<T: ValueRow>(
        &self,
        path: &[&str],
        parameters: &[(&'static str, String)],
        sink: &mut dyn ValueSink<T>,
    ) -> Result<(), Error> {
        let (url, label) = (self.address(path, parameters), label(path));
        let mut policy = Policy::new(Repeatable::Always);
        let mut pauses = retry::pauses(self.retry_delay, self.retries).build();
        loop {
            let Err(error) = self.attempt_values(url.clone(), &label, sink).await else { return Ok(()) };
            let pause = if policy.repeats(&error) { retry::pause_after(&error, pauses.next()) } else { None };
            let Some(pause) = pause else { return Err(error.at("GET", &label)) };
            tracing::debug!(path = label, %error, pause_ms = pause.as_millis(), "trying again");
            sink.void();
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt_values<T: ValueRow>(
        &self,
        url: Url,
        label: &str,
        sink: &mut dyn ValueSink<T>,
    ) -> Result<(), Error> {
        let mut response = self.request(Method::GET, url, None).send().await.map_err(lost)?;
        self.keep_session(response.headers());
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let first = response.chunk().await.map_err(lost)?.unwrap_or_default();
        let opens = first.iter().find(|byte| !byte.is_ascii_whitespace());
        if !status.is_success() || opens != Some(&b'{') {
            let mut body = first.to_vec();
            read_on(&mut response, &mut body, self.answer_bytes_max).await?;
            judge(status, &headers, &body, label)?;
            let answer = Answer { status, body }.or_refusal()?;
            let mut reader = ValueReader::new(sink);
            reader.feed(&answer.body)?;
            return reader.finish();
        }
        let (mut reader, mut n_bytes, mut piece) = (ValueReader::new(sink), 0, first);
        loop {
            n_bytes += piece.len();
            if n_bytes > self.answer_bytes_max {
                return Err(Error::new(ErrorKind::TooLarge { what: RESPONSE_BODY, limit: self.answer_bytes_max }));
            }
            reader.feed(&piece)?;
            let Some(next) = response.chunk().await.map_err(lost)? else { break };
            piece = next;
        }
        tracing::debug!(path = label, status = status.as_u16(), bytes = n_bytes, "DHIS2 answered");
        reader.finish()
    }

    /// Whether the server is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// A write: repeated only where surely nothing was written. Status 409 is an answer.
    pub(crate) async fn post(
        &self,
        path: &[&str],
        parameters: &[(&'static str, String)],
        body: Bytes,
    ) -> Result<Answer, Error> {
        self.send(Method::POST, path, parameters, Some(body)).await
    }

    async fn send(
        &self,
        method: Method,
        path: &[&str],
        parameters: &[(&'static str, String)],
        body: Option<Bytes>,
    ) -> Result<Answer, Error> {
        let (name, repeatable) =
            if body.is_none() { ("GET", Repeatable::Always) } else { ("POST", Repeatable::OnlyIfNotTaken) };
        let (url, label) = (self.address(path, parameters), label(path));
        let mut policy = Policy::new(repeatable);
        let attempt = || self.attempt(method.clone(), url.clone(), body.clone(), &label);
        attempt
            .retry(retry::pauses(self.retry_delay, self.retries))
            .when(|error| policy.repeats(error))
            .adjust(retry::pause_after)
            .notify(|error, pause| {
                tracing::debug!(path = label, %error, pause_ms = pause.as_millis(), "trying again");
            })
            .await
            .map_err(|error| {
                let unknown = repeatable == Repeatable::OnlyIfNotTaken && error.kind().leaves_write_unknown();
                let error = error.at(name, &label);
                if unknown { error.with_unknown_outcome() } else { error }
            })
    }

    async fn attempt(&self, method: Method, url: Url, body: Option<Bytes>, label: &str) -> Result<Answer, Error> {
        let mut response = self.request(method, url, body).send().await.map_err(lost)?;
        self.keep_session(response.headers());
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        // Length and encoding were read by reqwest already; the body is what counts.
        let body = read(response, self.answer_bytes_max).await?;
        tracing::debug!(path = label, status = status.as_u16(), bytes = body.len(), "DHIS2 answered");
        judge(status, &headers, &body, label)?;
        Ok(Answer { status, body })
    }

    fn request(&self, method: Method, url: Url, body: Option<Bytes>) -> reqwest::RequestBuilder {
        let mut request = self
            .http
            .request(method, url)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "application/json")
            .header(REQUESTED_WITH, "XMLHttpRequest");
        if self.is_loopback {
            // Packing saves nothing on the way, and both ends pay. What comes packed all the same is unpacked.
            request = request.header(ACCEPT_ENCODING, "identity");
        }
        if let Some(session) = self.session() {
            request = request.header(COOKIE, session);
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        request
    }

    fn session(&self) -> Option<HeaderValue> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep_session(&self, headers: &HeaderMap) {
        if !self.keeps_session {
            return;
        }
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
            if pair.starts_with("JSESSIONID=")
                && let Ok(mut value) = HeaderValue::from_str(pair)
            {
                value.set_sensitive(true);
                *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            }
        }
    }
}

impl Answer {
    /// Turns status 409 into an error: for requests whose verdict is not in a body.
    pub(crate) fn or_refusal(self) -> Result<Self, Error> {
        if self.status == StatusCode::CONFLICT { Err(self.refusal()) } else { Ok(self) }
    }

    /// Status 409 without an import summary.
    pub(crate) fn refusal(&self) -> Error {
        let code = error_code(&self.body);
        let message = words(self.status, code.as_deref());
        Error::new(ErrorKind::Conflict { code, message })
    }
}

/// The envelope that DHIS2 puts around messages. The message is only searched, never repeated: who knows what a server, or
/// a proxy before it, quotes there.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WebMessage {
    message: Option<String>,
    error_code: Option<String>,
}

impl WebMessage {
    fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

/// The error code of a refusal: `E` and four digits, nothing else.
fn error_code(body: &[u8]) -> Option<String> {
    let is_code = |code: &str| {
        code.strip_prefix('E').is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    WebMessage::read(body).error_code.filter(|code| is_code(code))
}

/// What a refusal means, in words that are not the server's.
fn words(status: StatusCode, code: Option<&str>) -> String {
    let meaning = match code {
        Some("E2010") => Some("this user may not read the data set"),
        Some("E2012") => Some("this user may not view an organisation unit of the question"),
        _ => None,
    };
    meaning.or_else(|| status.canonical_reason()).unwrap_or("no reason given").to_owned()
}

/// A path as errors and logs name it: without the server's context and without the query.
fn label(path: &[&str]) -> String {
    format!("/api/{}", path.join("/"))
}

async fn read(mut response: reqwest::Response, max: usize) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    read_on(&mut response, &mut body, max).await?;
    Ok(body)
}

async fn read_on(response: &mut reqwest::Response, body: &mut Vec<u8>, max: usize) -> Result<(), Error> {
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > max {
            return Err(Error::new(ErrorKind::TooLarge { what: RESPONSE_BODY, limit: max }));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(())
}

/// What a status means. 2xx with JSON or nothing, and 409 with JSON, pass.
fn judge(status: StatusCode, headers: &HeaderMap, body: &[u8], label: &str) -> Result<(), Error> {
    let words = || match error_code(body) {
        Some(code) => format!("{} ({code})", self::words(status, Some(&code))),
        None => self::words(status, None),
    };
    let code = status.as_u16();
    let kind = match code {
        300..=399 => moved(code, headers),
        401 => {
            let said = WebMessage::read(body).message.unwrap_or_default().to_ascii_lowercase();
            match ["locked", "disabled"].into_iter().find(|word| said.contains(word)) {
                Some(word) => ErrorKind::AccountLocked { message: format!("it is {word}") },
                None => ErrorKind::NotAuthenticated { message: words() },
            }
        }
        403 => ErrorKind::Forbidden { message: words() },
        404 => ErrorKind::NotFound { what: "address", id: label.to_owned() },
        415 => ErrorKind::UnsupportedMediaType { message: words() },
        429 => ErrorKind::Throttled { status: code, retry_after: retry_after(headers) },
        503 if headers.contains_key(RETRY_AFTER) => {
            ErrorKind::Throttled { status: code, retry_after: retry_after(headers) }
        }
        500..=599 => ErrorKind::Server { status: code, message: words() },
        200..=299 | 409 => match not_json(headers, body) {
            Some(content_type) => ErrorKind::NotJson { status: code, content_type },
            None => return Ok(()),
        },
        _ => ErrorKind::Refused { status: code, message: words() },
    };
    Err(Error::new(kind))
}

fn moved(status: u16, headers: &HeaderMap) -> ErrorKind {
    let target = headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = target.split(['?', '#', ';']).next().unwrap_or_default();
    if path.to_ascii_lowercase().contains("login") {
        return ErrorKind::NotAuthenticated { message: "it redirects to its login page".to_owned() };
    }
    // Scheme, host and port, never user, path or query.
    let location = match Url::parse(target) {
        Ok(url) if url.has_host() => bounded(&url.origin().ascii_serialization()),
        _ => "another path".to_owned(),
    };
    ErrorKind::Redirect { status, location }
}

/// The content type of a body that is no JSON. An empty body is none to complain about: DHIS2 answers so for a task
/// summary that is not there yet.
fn not_json(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if matches!(first, b'{' | b'[') {
        return None;
    }
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = given.split(';').next().unwrap_or_default().trim();
    let known = MEDIA_TYPES.into_iter().find(|known| media.eq_ignore_ascii_case(known));
    Some(known.unwrap_or("an unnamed content type").to_owned())
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let secs = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(secs))
}

/// A failure without a whole answer.
fn lost(error: reqwest::Error) -> Error {
    let message = innermost(&error);
    Error::new(if let (true, Some(tls)) = (error.is_connect(), tls_cause(&error)) {
        ErrorKind::Tls { message: tls_words(tls) }
    } else if error.is_connect() {
        ErrorKind::Connect { message }
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else {
        ErrorKind::Interrupted { message }
    })
}

/// The TLS library's error among the causes. An `io::Error` hides the error it wraps from `source`, so it is opened.
fn tls_cause<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error
        .downcast_ref::<rustls::Error>()
        .or_else(|| wrapped.and_then(|inner| tls_cause(inner)))
        .or_else(|| error.source().and_then(tls_cause))
}

/// The usual flaws of certificates in words that an administrator can act on.
fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError as C;
    let words = match error {
        rustls::Error::InvalidCertificate(C::Expired | C::ExpiredContext { .. }) => "its certificate expired",
        rustls::Error::InvalidCertificate(C::NotValidYet | C::NotValidYetContext { .. }) => {
            "its certificate is not valid yet; is this machine's clock right?"
        }
        rustls::Error::InvalidCertificate(C::UnknownIssuer) => {
            "its certificate was issued by an authority that this machine does not know"
        }
        rustls::Error::InvalidCertificate(C::NotValidForName | C::NotValidForNameContext { .. }) => {
            "its certificate is for another host"
        }
        other => return bounded(&other.to_string()),
    };
    words.to_owned()
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    bounded(&cause.to_string())
}
