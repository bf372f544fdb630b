//! What can go wrong between this client and a DHIS2 server.
//!
//! Of a refusal only status and error code are kept, of an unreadable answer only the place: a server, or a proxy before
//! it, may quote anything in its texts. The conflicts of an import summary and the errors in the report of a metadata import
//! are the exceptions, since they speak of what was sent.

use std::fmt;
use std::time::Duration;

/// Characters of a library's message or a header that an error keeps: enough to recognise it, too few to flood a log.
const MESSAGE_CHARS_MAX: usize = 300;

/// A failure, the request it happened to, and what is known about its effect.
///
/// It never holds credentials. Its `Display` names method and path, never the query.
#[derive(Debug, thiserror::Error)]
#[error("{}{kind}", Prefix(.request))]
pub struct Error {
    request: Option<Box<Request>>,
    kind: Box<ErrorKind>,
    outcome_unknown: bool,
}

/// The kinds of failure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The base address cannot be one of a DHIS2 server.
    #[error("the address of the DHIS2 server is not usable: {reason}")]
    InvalidUrl {
        /// What is wrong with it.
        reason: String,
    },
    /// Plain `http://` to another machine, which would show the credentials to the network.
    #[error("refusing to send credentials to {host} over plain http")]
    InsecureUrl {
        /// The host of the address.
        host: String,
    },
    /// The credentials cannot be put into a header.
    #[error("the credentials are not usable: {reason}")]
    InvalidCredentials {
        /// What is wrong with them.
        reason: &'static str,
    },
    /// No connection came about: nothing was sent.
    #[error("no connection to the server: {message}")]
    Connect {
        /// The innermost cause.
        message: String,
    },
    /// The server's certificate or protocol version was not accepted: nothing was sent.
    #[error("no secure connection to the server: {message}")]
    Tls {
        /// The innermost cause.
        message: String,
    },
    /// The answer did not come in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection ended before the whole answer was there.
    #[error("the connection broke before the answer was complete: {message}")]
    Interrupted {
        /// The innermost cause.
        message: String,
    },
    /// The server sent the client elsewhere, not to its login page. No redirect is followed.
    #[error("the server redirects to {location} (status {status})")]
    Redirect {
        /// The HTTP status.
        status: u16,
        /// Scheme, host and port of the target, as far as the answer tells them.
        location: String,
    },
    /// The answer is not JSON: usually a proxy's or a login page.
    #[error("the server answered with {content_type} where JSON was expected (status {status})")]
    NotJson {
        /// The HTTP status.
        status: u16,
        /// The content type of the answer.
        content_type: String,
    },
    /// A body exceeds a limit of this client.
    #[error("the {what} exceeds {limit} bytes")]
    TooLarge {
        /// Which body.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer is JSON of another shape than DHIS2 documents.
    #[error("the answer cannot be understood at `{path}`: {message}")]
    Decode {
        /// The place in the document, like `dataValues[3].period`.
        path: String,
        /// What was expected.
        message: String,
    },
    /// The server does not accept the credentials. Never repeated: failures may lock the account.
    #[error("the server does not accept the credentials: {message}")]
    NotAuthenticated {
        /// What its status and code mean; the server's own words are not kept.
        message: String,
    },
    /// The account is locked or disabled.
    #[error("the account cannot be used: {message}")]
    AccountLocked {
        /// What its status and code mean; the server's own words are not kept.
        message: String,
    },
    /// Signed in, but without the authority or sharing that this needs.
    #[error("not allowed: {message}")]
    Forbidden {
        /// What its status and code mean; the server's own words are not kept.
        message: String,
    },
    /// The object does not exist or the user cannot read it: DHIS2 does not tell these apart.
    #[error("{what} {id} does not exist or cannot be read by this user")]
    NotFound {
        /// The kind of object, like `data set`.
        what: &'static str,
        /// How it was asked for.
        id: String,
    },
    /// A code or attribute value names several objects.
    #[error("{what} {id} is not unique")]
    Ambiguous {
        /// The kind of object.
        what: &'static str,
        /// How it was asked for.
        id: String,
    },
    /// Status 409 without an import summary: the request as a whole was refused, nothing was written.
    #[error("refused{}: {message}", InBrackets(.code))]
    Conflict {
        /// The error code, like `E2012`.
        code: Option<String>,
        /// What its status and code mean; the server's own words are not kept.
        message: String,
    },
    /// Another 4xx status: the request as a whole was refused, nothing was written.
    #[error("refused with status {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What its status and code mean; the server's own words are not kept.
        message: String,
    },
    /// The server's version is too old or unreadable.
    #[error(transparent)]
    UnsupportedVersion(#[from] crate::version::RefusedVersion),
    /// Status 415: the server does not take this content type.
    #[error("the server does not take this content type: {message}")]
    UnsupportedMediaType {
        /// What its status and code mean; the server's own words are not kept.
        message: String,
    },
    /// A 5xx status.
    #[error("the server failed with status {status}: {message}")]
    Server {
        /// The HTTP status.
        status: u16,
        /// What its status and code mean; the server's own words are not kept.
        message: String,
    },
    /// Status 429, or 503 with `Retry-After`: the server asks to come back later and did not take the request.
    #[error("the server is busy (status {status})")]
    Throttled {
        /// The HTTP status.
        status: u16,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// An asynchronous import did not end before the deadline. It may still be running.
    #[error("task {task} did not finish in time")]
    TaskTimeout {
        /// The uid of the job.
        task: String,
    },
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self { request: None, kind: Box::new(kind), outcome_unknown: false }
    }

    pub(crate) fn at(mut self, method: &'static str, path: &str) -> Self {
        self.request.get_or_insert_with(|| Box::new(Request { method, path: path.to_owned() }));
        self
    }

    pub(crate) fn with_unknown_outcome(mut self) -> Self {
        self.outcome_unknown = true;
        self
    }

    /// Of a request that is sent as a write is, and writes nothing.
    pub(crate) fn without_effect(mut self) -> Self {
        self.outcome_unknown = false;
        self
    }

    /// Names the object behind a 404; the transport only knows the path.
    pub(crate) fn or_not_found(mut self, what: &'static str, id: &str) -> Self {
        if matches!(*self.kind, ErrorKind::NotFound { .. }) {
            *self.kind = ErrorKind::NotFound { what, id: id.to_owned() };
        }
        self
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Whether the same request may succeed later without anybody's help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match *self.kind {
            ErrorKind::Connect { .. }
            | ErrorKind::Timeout
            | ErrorKind::Interrupted { .. }
            | ErrorKind::Throttled { .. }
            | ErrorKind::TaskTimeout { .. } => true,
            ErrorKind::Server { status, .. } => matches!(status, 502..=504),
            _ => false,
        }
    }

    /// Whether the request was refused for its size, by the server, by a proxy before it or by this client: half of it may
    /// pass. Nothing was written.
    #[must_use]
    pub fn is_request_too_large(&self) -> bool {
        match *self.kind {
            ErrorKind::Refused { status, .. } => status == 413,
            ErrorKind::TooLarge { what, .. } => what != RESPONSE_BODY,
            _ => false,
        }
    }

    /// Whether a write may have taken effect, wholly or in part, although it failed here. The caller must read the
    /// values back before it writes again. Always false for reads.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.outcome_unknown
    }
}

impl ErrorKind {
    /// Whether a write that failed this way may have taken effect: true unless surely nothing was written.
    pub(crate) fn leaves_write_unknown(&self) -> bool {
        match self {
            Self::Timeout
            | Self::Interrupted { .. }
            | Self::NotJson { .. }
            | Self::TooLarge { what: RESPONSE_BODY, .. }
            | Self::Decode { .. }
            | Self::Server { .. }
            | Self::TaskTimeout { .. } => true,
            // 408 comes from a proxy that may have passed the request on.
            Self::Refused { status, .. } => *status == 408,
            _ => false,
        }
    }
}

/// The name of a response body in [`ErrorKind::TooLarge`].
pub(crate) const RESPONSE_BODY: &str = "response body";

/// A text from outside, made safe for a log line: no control characters, bounded length.
pub(crate) fn bounded(message: &str) -> String {
    let mut text: String = message
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(MESSAGE_CHARS_MAX)
        .collect();
    text.truncate(text.trim_end_matches(['.', ' ']).len());
    text
}

#[derive(Debug)]
struct Request {
    method: &'static str,
    path: String,
}

struct Prefix<'a>(&'a Option<Box<Request>>);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |request| write!(formatter, "{} {}: ", request.method, request.path))
    }
}

struct InBrackets<'a>(&'a Option<String>);

impl fmt::Display for InBrackets<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |code| write!(formatter, " ({code})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_words_are_bounded_and_on_one_line() {
        assert_eq!(bounded("One\ntwo."), "One two");
        assert_eq!(bounded(&"x".repeat(10_000)).len(), MESSAGE_CHARS_MAX);
    }

    #[test]
    fn texts() {
        let texts = [
            ErrorKind::InsecureUrl { host: "dhis2.example.org".into() },
            ErrorKind::Timeout,
            ErrorKind::Redirect { status: 301, location: "https://other.example.org/".into() },
            ErrorKind::NotFound { what: "data set", id: "kIfMNugiTgd".into() },
            ErrorKind::Conflict { code: Some("E2001".into()), message: "At least one data set".into() },
            ErrorKind::Conflict { code: None, message: "no".into() },
            ErrorKind::Throttled { status: 429, retry_after: None },
            ErrorKind::TooLarge { what: RESPONSE_BODY, limit: 10 },
        ]
        .map(|kind| Error::new(kind).at("GET", "/api/x").to_string())
        .join("\n");
        insta::assert_snapshot!(texts, @"
        GET /api/x: refusing to send credentials to dhis2.example.org over plain http
        GET /api/x: no answer in time
        GET /api/x: the server redirects to https://other.example.org/ (status 301)
        GET /api/x: data set kIfMNugiTgd does not exist or cannot be read by this user
        GET /api/x: refused (E2001): At least one data set
        GET /api/x: refused: no
        GET /api/x: the server is busy (status 429)
        GET /api/x: the response body exceeds 10 bytes
        ");
    }
}
