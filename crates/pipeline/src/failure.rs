//! What the clients' errors mean to the person who runs Tally: whose matter it is, and what to do next. Two tables.

use crate::config::Problem;
use crate::config::model::{Config, Located, Source};
use crate::error::{Error, ErrorKind};
use crate::store::StoreError;

/// A DHIS2 error, at the address in the configuration where that is what is wrong.
pub fn dhis2(error: &dhis2::Error, config: &Config) -> Error {
    use dhis2::ErrorKind as K;
    let kind = if error.is_temporary() { ErrorKind::Temporary } else { ErrorKind::Dhis2 };
    let at_url = |advice: &str| {
        let mut problem = config.problem(&config.dhis2.url.span, format!("DHIS2: {}", chain(error)));
        problem = problem.advice(advice);
        Error { kind, message: problem.message.clone(), advice: None, problems: vec![problem] }
    };
    let plain = |advice: &str| Error::new(kind, format!("DHIS2: {}", chain(error))).advice(advice);
    match error.kind() {
        K::InvalidUrl { .. } => at_url("Correct the address."),
        K::InsecureUrl { .. } => {
            at_url("Use `https://`, or set `allow_http = true` if nobody else can listen on the way.")
        }
        K::Connect { .. } => at_url("Check the address, the line and whether the server is up; then run again."),
        K::Tls { .. } => at_url("Have the server's certificate renewed or its authority trusted on this machine."),
        K::NotJson { .. } | K::Redirect { .. } => {
            at_url("Is this DHIS2's own address? A login page or a proxy answers there.")
        }
        K::NotFound { .. } => at_url("Is this DHIS2's own address, with the path under which it is installed?"),
        K::NotAuthenticated { .. } | K::InvalidCredentials { .. } => plain(
            "Check the user name and the password, or the token: whether it has expired, and whether it allows POST.",
        ),
        K::AccountLocked { .. } => plain("Ask the DHIS2 administrator to unlock the account, and check the password."),
        K::Forbidden { .. } => plain("Ask the DHIS2 administrator for the missing authority or sharing."),
        K::UnsupportedVersion(_) => plain("Tally writes to DHIS2 2.38 and later."),
        K::Timeout | K::Interrupted { .. } | K::Throttled { .. } | K::TaskTimeout { .. } => {
            plain("Run again later; what was written is read back first.")
        }
        K::Server { .. } => plain("Look into the server's log, and run again; what was written is read back first."),
        _ => plain("Run with --verbose to see which request it was."),
    }
}

/// A DHIS2 error about a thing that the configuration names.
pub fn dhis2_at(error: &dhis2::Error, config: &Config, named: &Located<String>) -> Error {
    use dhis2::ErrorKind as K;
    match error.kind() {
        K::NotFound { what, .. } => config
            .problem(&named.span, format!("DHIS2 has no {what} `{}` that this account can read", named.value))
            .advice("Check the identifier, and that the account may read it: DHIS2 does not tell the two apart.")
            .into(),
        K::Ambiguous { what, .. } => config
            .problem(&named.span, format!("DHIS2 has several {what}s `{}`", named.value))
            .advice("Name it by UID.")
            .into(),
        _ => dhis2(error, config),
    }
}

/// A Go.Data error, at the place in the configuration that it is about.
pub fn godata(error: &godata::Error, config: &Config) -> Error {
    use godata::Kind as K;
    let kind = if error.is_temporary() { ErrorKind::Temporary } else { ErrorKind::Godata };
    let message = format!("Go.Data: {}", chain(error));
    let (place, advice) = match error.kind() {
        K::InvalidUrl { .. } => (Place::Url, "Correct the address."),
        K::InsecureUrl { .. } => {
            (Place::Url, "Use `https://`, or set `allow_http = true` if nobody else can listen on the way.")
        }
        K::Connect => (Place::Url, "Check the address, the line and whether the server is up; then run again."),
        K::Tls { .. } => {
            (Place::Url, "Have the server's certificate renewed or its authority trusted on this machine.")
        }
        K::NotJson { .. } | K::Redirect { .. } | K::NotFound => {
            (Place::Url, "Is this Go.Data's own address? Something else answers there.")
        }
        K::LoginFailed => {
            (Place::Email, "Check the e-mail address and the password. Ten failures lock the account for half an hour.")
        }
        K::Blocked => (Place::Email, "Wait half an hour, and check the password before you run again."),
        K::TwoFactor | K::Captcha => (Place::Email, "Give Tally an account of its own without a second factor."),
        K::Unauthorised => (Place::Email, "Somebody else signed in with this account? Give Tally one of its own."),
        K::Forbidden { .. } => (Place::Email, "Ask the Go.Data administrator for the permission or the outbreak."),
        K::OutbreakNotFound => (Place::Outbreak, "Check the id or the name of the outbreak."),
        K::File => (Place::Files, "Correct the path in `files`."),
        K::Decode { .. } => (Place::None, "Go.Data, or the file, holds something else than a list of records there."),
        _ => (Place::None, "Run again later; nothing was written."),
    };
    match place.span(config) {
        Some(span) => {
            let problem = config.problem(&span, message).advice(advice);
            Error { kind, message: problem.message.clone(), advice: None, problems: vec![problem] }
        }
        None => Error::new(kind, message).advice(advice),
    }
}

enum Place {
    Url,
    Email,
    Outbreak,
    Files,
    None,
}

impl Place {
    fn span(&self, config: &Config) -> Option<std::ops::Range<usize>> {
        match (self, &config.godata) {
            (Self::Url, Source::Server { url, .. }) => Some(url.span.clone()),
            (Self::Email, Source::Server { email, .. }) => Some(email.span.clone()),
            (Self::Outbreak, Source::Server { outbreak, .. }) => Some(outbreak.span.clone()),
            (Self::Files, Source::Files { span, .. }) => Some(span.clone()),
            _ => None,
        }
    }
}

/// An error of the state file or of the line list.
pub fn store(error: &StoreError) -> Error {
    let overtaken =
        matches!(error, StoreError::LeaseLost { .. } | StoreError::MovedOn { .. } | StoreError::Settled { .. });
    let kind = if error.is_temporary() || overtaken { ErrorKind::Temporary } else { ErrorKind::Config };
    let problem = Problem::new(error.to_string()).advice(error.advice());
    Error { kind, message: problem.message.clone(), advice: None, problems: vec![problem] }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        store(&error)
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = next.source();
    }
    text
}
