//! A message, as a webhook gets it. Its shape is described in `docs/src/alerts.md`.

use super::event::{Count, Overdue};
use super::folding::{Notice, Standing};
use crate::config::raw::EventKind;
use crate::report::Verdict;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use url::Url;

/// The version of the shape. It grows when something is taken away or changes its meaning, not when something is added.
pub const MESSAGE_SCHEMA: u32 = 1;

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// [`MESSAGE_SCHEMA`].
    pub schema: u32,
    /// The same for a message that is sent again: 32 hexadecimal digits.
    pub id: String,
    /// When it was made.
    pub at: Timestamp,
    /// Version of Tally.
    pub tally: &'static str,
    /// How the problem stands.
    pub state: Standing,
    /// What kind of problem it is; none of a test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventKind>,
    /// Name of the report; none of a test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// How often it was seen.
    pub n_seen: u64,
    /// Number of the run in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<i64>,
    /// First period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Last period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// What came of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// How many values, by what became of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<Count>,
    /// Code of the error, for `tally explain error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// What the error means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<&'static str>,
    /// Of a report that is overdue: when it was due, until when, and when it last succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue: Option<Overdue>,
    /// Where to look: the page of the run, or of what waits for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Message {
    /// The message of a notice about a report.
    pub fn of(report: &str, notice: &Notice, dashboard: Option<&Url>, now: Timestamp) -> Self {
        let event = notice.event.as_ref();
        let cause = event.map_or("", |event| event.cause);
        let parts = [report, notice.kind.name(), cause, &notice.began_at.to_string(), &notice.n_seen.to_string()];
        let periods = event.and_then(|event| event.periods.clone());
        let code = event.and_then(|event| event.code);
        Self {
            schema: MESSAGE_SCHEMA,
            id: id(&parts, notice.standing),
            at: now,
            tally: env!("CARGO_PKG_VERSION"),
            state: notice.standing,
            event: Some(notice.kind),
            report: Some(report.to_owned()),
            since: notice.began_at,
            n_seen: notice.n_seen,
            run: event.and_then(|event| event.run),
            first: periods.as_ref().map(|(first, _)| first.clone()),
            last: periods.map(|(_, last)| last),
            verdict: event.and_then(|event| event.verdict),
            counts: event.map(|event| event.counts.clone()).unwrap_or_default(),
            code: code.map(crate::Code::name),
            cause: code.map(crate::Code::cause),
            remedy: code.map(crate::Code::remedy).or_else(|| event.and_then(|event| remedy(event.kind))),
            overdue: event.and_then(|event| event.overdue),
            link: dashboard.map(|dashboard| link(dashboard, event.and_then(|event| event.run))),
        }
    }

    /// A message that only tests whether it arrives.
    pub fn test(dashboard: Option<&Url>, now: Timestamp) -> Self {
        Self {
            schema: MESSAGE_SCHEMA,
            id: id(&["test", &now.to_string()], Standing::Test),
            at: now,
            tally: env!("CARGO_PKG_VERSION"),
            state: Standing::Test,
            event: None,
            report: None,
            since: now,
            n_seen: 0,
            run: None,
            first: None,
            last: None,
            verdict: None,
            counts: Vec::new(),
            code: None,
            cause: None,
            remedy: None,
            overdue: None,
            link: dashboard.map(Url::to_string),
        }
    }
}

/// The page of the dashboard that says more. The dashboard may be below a path.
fn link(dashboard: &Url, run: Option<i64>) -> String {
    let root = dashboard.as_str().trim_end_matches('/');
    match run {
        Some(run) => format!("{root}/runs/{run}"),
        None => format!("{root}/decisions"),
    }
}

/// What to do about something that no error stands for.
fn remedy(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::Failed => None,
        EventKind::Partial => {
            Some("Look with `tally show` at what DHIS2 rejected, mend it there or in the configuration, and run again.")
        }
        EventKind::Held => Some(
            "Look with `tally show` at why values wait. What DHIS2 locks is sent by a later run; what Tally holds back waits \
             until a person has looked.",
        ),
        EventKind::Drifted => Some(
            "Look with `tally show` at who changed which values in DHIS2, and agree with them on whose number stands.",
        ),
        EventKind::Overdue => {
            Some("Look with `tally history` at whether runs began and how they ended; then run the report.")
        }
    }
}

/// The first 16 bytes of a hash over what makes a message this one.
fn id(parts: &[&str], standing: Standing) -> String {
    let mut hasher = Sha256::new();
    hasher.update([standing as u8]);
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
