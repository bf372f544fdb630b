//! What the clients' errors mean to the person who runs Tally: whose matter it is, and what to do next. Two tables.

use crate::config::Problem;
use crate::config::model::{Config, Credentials, Located, Source};
use crate::error::{Code, Error, ErrorKind};
use crate::store::StoreError;

mod code;

/// A DHIS2 error, at the address or the account in the configuration where that is what is wrong.
pub fn dhis2(error: &dhis2::Error, config: &Config) -> Error {
    in_words(error, config).coded(dhis2_code(error))
}

/// The code of a DHIS2 error.
pub fn dhis2_code(error: &dhis2::Error) -> Code {
    code::dhis2(error.kind())
}

fn in_words(error: &dhis2::Error, config: &Config) -> Error {
    use dhis2::ErrorKind as K;
    let kind = if error.is_temporary() { ErrorKind::Temporary } else { ErrorKind::Dhis2 };
    let message = || format!("DHIS2: {}", chain(error));
    let at_url = |kind, advice: &str| Error::at(kind, config.problem(&config.dhis2.url.span, message()).advice(advice));
    let at_account = |advice: &str| Error::at(kind, at_credentials(config, message()).advice(advice));
    let plain = |advice: &str| Error::new(kind, message()).advice(advice);
    match error.kind() {
        K::InvalidUrl { .. } => at_url(ErrorKind::Config, "Correct the address."),
        K::InsecureUrl { .. } => at_url(
            ErrorKind::Config,
            "Use `https://`, or set `allow_http = true` if nobody else can listen on the way.",
        ),
        K::Connect { .. } => at_url(kind, "Check the address, the line and whether the server is up; then run again."),
        K::Tls { .. } => at_url(kind, TLS_ADVICE),
        K::NotJson { .. } | K::Redirect { .. } => {
            at_url(kind, "Is this DHIS2's own address? A login page or a proxy answers there.")
        }
        K::NotFound { .. } => at_url(kind, "Is this DHIS2's own address, with the path under which it is installed?"),
        K::NotAuthenticated { .. } | K::InvalidCredentials { .. } => at_account(match config.dhis2.credentials {
            Credentials::Basic { .. } => "Check the user name and the password.",
            Credentials::Token(_) => "Check the token: whether it is whole, has not expired, and allows GET and POST.",
        }),
        K::AccountLocked { .. } => {
            at_account("Ask the DHIS2 administrator to unlock the account, and check the password.")
        }
        K::Forbidden { .. } => at_account("Ask the DHIS2 administrator for the missing authority or sharing."),
        K::UnsupportedVersion(_) => plain("Tally writes to DHIS2 2.38 and later."),
        K::Timeout | K::Interrupted { .. } | K::Throttled { .. } | K::TaskTimeout { .. } => {
            plain("Run again later; what was written is read back first.")
        }
        K::TooLarge { .. } => plain("Run fewer periods at a time with --from and --to, or lower `look_back`."),
        K::Refused { .. } | K::Conflict { .. } | K::UnsupportedMediaType { .. } => plain(
            "DHIS2, or a proxy before it, refused the whole request; ask its administrator. What was written before is in \
             the ledger.",
        ),
        K::Server { .. } => plain("Look into the server's log, and run again; what was written is read back first."),
        _ => plain("Run with --verbose to see which request it was."),
    }
}

/// A problem where the configuration says how to sign in to DHIS2.
pub fn at_credentials(config: &Config, message: String) -> Problem {
    match &config.dhis2.credentials {
        Credentials::Basic { password: secret, .. } | Credentials::Token(secret) => secret.at_its_place(message),
    }
}

const TLS_ADVICE: &str = "Have the server's certificate renewed, or its authority trusted on this machine.";

/// A DHIS2 error about a thing that the configuration names.
pub fn dhis2_at(error: &dhis2::Error, config: &Config, named: &Located<String>) -> Error {
    use dhis2::ErrorKind as K;
    let (message, advice, code) = match error.kind() {
        K::NotFound { what, .. } => (
            format!("DHIS2 has no {what} `{}` that this account can read", named.value),
            "Check the identifier, and that the account may read it: DHIS2 does not tell the two apart.",
            Code::Dhis2Unknown,
        ),
        K::Ambiguous { what, .. } => {
            (format!("DHIS2 has several {what}s `{}`", named.value), "Name it by UID.", Code::Dhis2Ambiguous)
        }
        _ => return dhis2(error, config),
    };
    Error::from(config.problem(&named.span, message).advice(advice)).coded(code)
}

/// A Go.Data error, at the place in the configuration that it is about.
pub fn godata(error: &godata::Error, config: &Config) -> Error {
    use godata::Kind as K;
    if let Source::Files { span, .. } = &config.godata {
        return file(error, config, span);
    }
    let kind = match error.kind() {
        K::InvalidUrl { .. } | K::InsecureUrl { .. } | K::OutbreakNotFound => ErrorKind::Config,
        _ if error.is_temporary() => ErrorKind::Temporary,
        _ => ErrorKind::Godata,
    };
    let (place, advice) = match error.kind() {
        K::InvalidUrl { .. } => (Place::Url, "Correct the address."),
        K::InsecureUrl { .. } => {
            (Place::Url, "Use `https://`, or set `allow_http = true` if nobody else can listen on the way.")
        }
        K::Connect => (Place::Url, "Check the address, the line and whether the server is up; then run again."),
        K::Tls { .. } => (Place::Url, TLS_ADVICE),
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
        K::Decode { .. } => (
            Place::Url,
            "Is this Go.Data's own address? If it is, a record in the list is damaged where the message says. Nothing was \
             written to DHIS2.",
        ),
        K::TooLarge { .. } => (Place::Url, "Lower `page_records`. Nothing was written to DHIS2."),
        _ => (Place::None, "Run again later; nothing was written to DHIS2."),
    };
    // What the TLS library adds are numbers of seconds.
    let said = if let K::Tls { .. } = error.kind() { error.to_string() } else { chain(error) };
    let message = format!("Go.Data: {said}");
    let said = match place.span(config) {
        Some(span) => Error::at(kind, config.problem(&span, message).advice(advice)),
        None => Error::new(kind, message).advice(advice),
    };
    said.coded(code::godata(error.kind()))
}

/// An error of a file that Go.Data wrote: a matter of the configuration that names it.
fn file(error: &godata::Error, config: &Config, span: &std::ops::Range<usize>) -> Error {
    use godata::Kind as K;
    let advice = match error.kind() {
        K::File => "Correct the path in `files`.",
        K::Truncated => "Get the file again: it ends in the middle.",
        _ => "Get the file again: it should hold a list of records, as Go.Data's API or its JSON export gives it.",
    };
    Error::at(ErrorKind::Config, config.problem(span, chain(error)).advice(advice)).coded(Code::GodataFile)
}

/// The error of a source without a single record. Were it counted, everything that was ever reported would be retracted.
pub fn nothing_to_count(config: &Config) -> Error {
    match &config.godata {
        Source::Server { outbreaks, .. } => {
            let names: Vec<&str> = outbreaks.iter().map(|outbreak| outbreak.value.as_str()).collect();
            let outbreak = if names.len() > 1 { "outbreaks" } else { "outbreak" };
            let message = format!("Go.Data shows this account no record of {outbreak} `{}`", names.join("`, `"));
            let at = config.godata.outbreaks_at().unwrap_or_default();
            let problem = config.problem(&at, message).advice(
                "Is it the right outbreak, and may the account list its cases? Nothing was written to DHIS2: without a \
                 record, everything reported before would be retracted.",
            );
            Error::at(ErrorKind::Godata, problem).coded(Code::GodataNoRecords)
        }
        Source::Files { span, .. } => {
            let problem = config.problem(span, "the files hold no record").advice(
                "Are they the right files? Nothing was written to DHIS2: without a record, everything reported before \
                 would be retracted.",
            );
            Error::at(ErrorKind::Config, problem).coded(Code::GodataNoRecords)
        }
    }
}

enum Place {
    Url,
    Email,
    Outbreak,
    None,
}

impl Place {
    fn span(&self, config: &Config) -> Option<std::ops::Range<usize>> {
        match (self, &config.godata) {
            (Self::Url, Source::Server { url, .. }) => Some(url.span.clone()),
            (Self::Email, Source::Server { email, .. }) => Some(email.span.clone()),
            (Self::Outbreak, godata @ Source::Server { .. }) => godata.outbreaks_at(),
            _ => None,
        }
    }
}

/// An error of the state file or of the line list.
pub fn store(error: &StoreError) -> Error {
    let kind = match error {
        _ if error.is_temporary() || error.is_overtaken() => ErrorKind::Temporary,
        _ if error.is_defect() => ErrorKind::Internal,
        _ => ErrorKind::Config,
    };
    Error::at(kind, Problem::new(error.to_string()).advice(error.advice())).coded(code::store(error))
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        store(&error)
    }
}

/// An error and its innermost cause in one line: what lies between are the libraries' words for each other.
fn chain(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let mut innermost = error.source();
    while let Some(next) = innermost.and_then(std::error::Error::source) {
        innermost = Some(next);
    }
    match innermost.map(ToString::to_string) {
        Some(cause) if !text.contains(&cause) => format!("{text}: {cause}"),
        _ => text,
    }
}
