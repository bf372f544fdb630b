//! What can go wrong between us and Go.Data, in terms that an operator can act on.
//!
//! An [`Error`] names what was asked (method and path; never the query, a token or a value of a record), its [`Kind`],
//! and whether trying later may help. Of a refusal's body only `error.code` and the names of missing permissions are kept,
//! and only where they look like such: Go.Data's texts may quote what it holds of a person.

use std::fmt;
use std::time::Duration;

/// Why a question to Go.Data, or to a file of its records, was not answered.
#[derive(Debug, thiserror::Error)]
pub struct Error {
    kind: Kind,
    asked: String,
    code: Option<String>,
    retry_after: Option<Duration>,
    n_attempts: u32,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Kind {
    /// The configured address cannot be one of a Go.Data.
    #[error("the address is not usable: {reason}")]
    InvalidUrl {
        /// What is wrong with it.
        reason: String,
    },
    /// Plain http to another machine, which was not allowed explicitly.
    #[error("plain http to {host} would send the password readable by others")]
    InsecureUrl {
        /// The other machine.
        host: String,
    },
    /// The request would be longer than Go.Data accepts.
    #[error("the request of {n_bytes} bytes is longer than the server accepts ({max})")]
    UrlTooLong {
        /// The length of the address with its query.
        n_bytes: usize,
        /// The longest that is sent.
        max: usize,
    },
    /// No connection, or it broke before an answer began.
    #[error("no connection")]
    Connect,
    /// No trusted connection: an expired or unknown certificate, a wrong host name, no common protocol.
    #[error("no trusted connection: {reason}")]
    Tls {
        /// What the TLS library says, for example that the certificate expired.
        reason: String,
    },
    /// No complete answer in the configured time.
    #[error("no answer in time")]
    Timeout,
    /// Redirects are not followed: the password or token must not travel to another host.
    #[error("redirected to {target}, which is not followed")]
    Redirect {
        /// Scheme, host and port of the target, as far as the answer tells them.
        target: String,
    },
    /// An answer in another format, such as a proxy's login page.
    #[error("the answer is not JSON but {found}")]
    NotJson {
        /// The content type, or what the answer looks like.
        found: String,
    },
    /// The answer is larger than a client should read.
    #[error("the answer is larger than {max} bytes")]
    TooLarge {
        /// The limit.
        max: usize,
    },
    /// The list has more pages than a client should read.
    #[error("the list has more than {max} pages")]
    TooManyPages {
        /// The limit.
        max: u32,
    },
    /// The answer or file ended too early.
    #[error("cut off before its end")]
    Truncated,
    /// The answer or file is not the JSON that was expected.
    #[error("unreadable: {reason}")]
    Decode {
        /// What was found where.
        reason: String,
    },
    /// The pages are not in ascending order of the id, so that records could be lost or counted twice.
    #[error("the list is not in order: {reason}")]
    PageOrder {
        /// Which rule was violated.
        reason: OrderRule,
    },
    /// Wrong e-mail or password. Ten failures lock the account, so the client never asks again.
    #[error("the login failed: wrong e-mail or password")]
    LoginFailed,
    /// Too many failed logins; Go.Data lifts the block after 30 minutes.
    #[error("the account is blocked for a while after too many failed logins")]
    Blocked,
    /// The account asks for a second factor, which a service account cannot give.
    #[error("the account asks for a second factor")]
    TwoFactor,
    /// The server asks for a captcha, which a service account cannot solve.
    #[error("the server asks for a captcha")]
    Captcha,
    /// The token was refused, even right after a new login, or the endpoint wants another key.
    #[error("not authorised")]
    Unauthorised,
    /// The account may not read it.
    #[error("not permitted: {}", permission.as_deref().map_or_else(|| "the outbreak is not open to this account".to_owned(), |name| format!("the account lacks {name}")))]
    Forbidden {
        /// The missing permission or permissions; none when the outbreak itself is not among the account's.
        permission: Option<String>,
    },
    /// No such outbreak, or it is deleted.
    #[error("no such outbreak (unknown or deleted)")]
    OutbreakNotFound,
    /// No such path or record.
    #[error("not found")]
    NotFound,
    /// The server does not accept the question. Its text is not kept: it may quote a record.
    #[error("refused with status {status}{}", code.as_deref().map_or_else(String::new, |code| format!(" ({code})")))]
    BadRequest {
        /// The HTTP status, 4xx.
        status: u16,
        /// Go.Data's error code, if it gave one.
        code: Option<String>,
    },
    /// The server failed.
    #[error("the server failed with status {status}")]
    Server {
        /// The HTTP status, 5xx.
        status: u16,
    },
    /// The server, or a proxy before it, asks to slow down.
    #[error("the server asks to slow down")]
    Throttled {
        /// For how long, if it says.
        retry_after: Option<Duration>,
    },
    /// A file cannot be read.
    #[error("the file cannot be read")]
    File,
}

/// The rules of a list that is read by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderRule {
    /// Within a page each id follows the one before it, bytewise.
    #[error("an id does not follow the one before it")]
    Ascending,
    /// A page begins after the end of the page before it.
    #[error("a page repeats ids of the page before it")]
    NextPage,
    /// A page ends with the id that the next page was asked after.
    #[error("a page does not end with the id it seemed to end with")]
    LastId,
    /// A page holds no more records than were asked for.
    #[error("a page holds more records than were asked for")]
    Limit,
}

/// Whether asking again right away can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    Never,
    Once,
    Often,
}

/// The longest text of a library or a header that is shown.
const MESSAGE_CHARS_MAX: usize = 200;
/// The longest error code or name of a permission; Go.Data's own are half as long.
const CODE_CHARS_MAX: usize = 80;

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// What was asked: a method and path, or a file.
    pub fn asked(&self) -> &str {
        &self.asked
    }

    /// Go.Data's own error code, such as `MODEL_NOT_FOUND`, if the answer had one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// For how long the server asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the same question may be answered later without anybody's doing.
    pub fn is_temporary(&self) -> bool {
        match self.kind {
            Kind::Connect
            | Kind::Timeout
            | Kind::Truncated
            | Kind::Server { .. }
            | Kind::Throttled { .. }
            | Kind::Blocked => true,
            Kind::InvalidUrl { .. }
            | Kind::InsecureUrl { .. }
            | Kind::UrlTooLong { .. }
            | Kind::Tls { .. }
            | Kind::Redirect { .. }
            | Kind::NotJson { .. }
            | Kind::TooLarge { .. }
            | Kind::TooManyPages { .. }
            | Kind::Decode { .. }
            | Kind::PageOrder { .. }
            | Kind::LoginFailed
            | Kind::TwoFactor
            | Kind::Captcha
            | Kind::Unauthorised
            | Kind::Forbidden { .. }
            | Kind::OutbreakNotFound
            | Kind::NotFound
            | Kind::BadRequest { .. }
            | Kind::File => false,
        }
    }

    pub(crate) fn new(kind: Kind, asked: impl Into<String>) -> Self {
        Self { kind, asked: asked.into(), code: None, retry_after: None, n_attempts: 1, source: None }
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn with_code(mut self, code: Option<String>) -> Self {
        self.code = code;
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }

    pub(crate) fn after_attempts(mut self, n_attempts: u32) -> Self {
        self.n_attempts = n_attempts;
        self
    }

    /// Whether to ask again. A login is asked again only when the password was surely not looked at.
    pub(crate) fn again(&self) -> Again {
        match self.kind {
            Kind::Connect | Kind::Throttled { .. } | Kind::Server { status: 502..=504 } => Again::Often,
            _ if self.asked.starts_with("POST ") => Again::Never,
            Kind::Timeout | Kind::Truncated => Again::Often,
            Kind::Server { status: 500 } => Again::Once,
            _ => Again::Never,
        }
    }

    /// Whether a new login may help: Go.Data does not know the token (any more).
    pub(crate) fn is_stale_token(&self) -> bool {
        self.kind == Kind::Unauthorised && matches!(self.code(), Some("INVALID_TOKEN" | "AUTHORIZATION_REQUIRED"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.asked, self.kind)?;
        if self.n_attempts > 1 {
            write!(f, " (asked {} times)", self.n_attempts)?;
        }
        Ok(())
    }
}

/// The kind for an unreadable JSON text, without any of its values.
pub(crate) fn unreadable(error: &serde_json::Error) -> Kind {
    match error.classify() {
        serde_json::error::Category::Eof => Kind::Truncated,
        // The library's text for other types than expected would quote the value.
        serde_json::error::Category::Data => Kind::Decode {
            reason: match (error.line(), error.column()) {
                (0, _) => "an unexpected value".to_owned(),
                (line, column) => format!("an unexpected value at line {line} column {column}"),
            },
        },
        serde_json::error::Category::Io | serde_json::error::Category::Syntax => {
            Kind::Decode { reason: error.to_string() }
        }
    }
}

/// An error code of a server, such as `MODEL_NOT_FOUND`: words in capitals, joined by underscores. Anything else in its
/// place is not repeated.
pub(crate) fn error_code(text: &str) -> Option<String> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    is_joined(text, is_word).then(|| text.to_owned())
}

/// Names of permissions, such as `case_list, case_view`: small letters, joined by underscores. Anything else in their place
/// is not repeated.
pub(crate) fn permissions(text: &str) -> Option<String> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let names: Vec<&str> = text.split(',').map(str::trim).collect();
    names.iter().all(|name| is_joined(name, is_word)).then(|| shorten(&names.join(", ")))
}

fn is_joined(text: &str, is_word: impl Fn(&str) -> bool) -> bool {
    text.len() <= CODE_CHARS_MAX && text.contains('_') && text.split('_').all(is_word)
}

/// A text of a library on one line and not too long.
pub(crate) fn shorten(text: &str) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_CHARS_MAX).collect();
    if text.chars().nth(MESSAGE_CHARS_MAX).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_asked_again_only_when_the_password_was_not_looked_at() {
        let again = |kind: Kind, asked| Error::new(kind, asked).again();
        assert_eq!(again(Kind::Timeout, "GET /outbreaks"), Again::Often);
        assert_eq!(again(Kind::Timeout, "POST /users/login"), Again::Never);
        assert_eq!(again(Kind::Truncated, "POST /users/login"), Again::Never);
        assert_eq!(again(Kind::Connect, "POST /users/login"), Again::Often);
        assert_eq!(again(Kind::Server { status: 500 }, "POST /users/login"), Again::Never);
        assert_eq!(again(Kind::Server { status: 503 }, "POST /users/login"), Again::Often);
    }

    #[test]
    fn codes_and_permissions_are_told_from_texts() {
        assert_eq!(error_code("MODEL_NOT_FOUND").as_deref(), Some("MODEL_NOT_FOUND"));
        assert_eq!(permissions("case_list,case_view").as_deref(), Some("case_list, case_view"));
        for text in ["", "_", "JANE DOE", "CANARY-NAME", "Case_List", "JANE", &"A_".repeat(60)] {
            assert_eq!(error_code(text), None, "{text}");
        }
        for text in ["", "jane doe", "jane", "case_list, jane doe", "canary-name"] {
            assert_eq!(permissions(text), None, "{text}");
        }
    }

    #[test]
    fn long_and_many_lined_texts_are_shortened() {
        assert_eq!(shorten("a\r\nb"), "a  b");
        assert_eq!(shorten(&"é".repeat(300)).chars().count(), MESSAGE_CHARS_MAX + 1);
    }
}
