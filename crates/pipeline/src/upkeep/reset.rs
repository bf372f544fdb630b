//! Forgetting what was written for a report.

use super::overview::open_intents;
use super::{look_at, no_state};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::progress::counted;
use crate::run::guard::{Clock, Guard};
use crate::run::open_state;
use crate::store::{AuditRow, LineList, State};
use serde::Serialize;

/// What to forget.
#[derive(Debug)]
pub struct ResetRequest<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The report: one of the configuration, or one that ran once.
    pub report: &'a str,
    /// Remove the line list as well, and the record ids in the state.
    pub line_list: bool,
    /// Who asks for it, for the audit.
    pub actor: &'a str,
}

/// What was forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// The report.
    pub report: String,
    /// Values that Tally does not count as its own any more.
    pub n_values: u64,
    /// Whether a line list was removed.
    pub line_list: bool,
}

/// How many values a report would leave behind, so that a person can be asked first.
///
/// # Errors
/// There is no such report, or no state.
pub fn n_remembered(config: &Config, report: &str) -> Result<u64, Error> {
    let state = look_at(config)?.ok_or_else(|| no_state(config))?;
    check_name(&state, config, report)?;
    let (standing, retracted) = state.ledger_sizes()?.get(report).copied().unwrap_or_default();
    Ok(standing + retracted)
}

/// Forgets what Tally remembers of a report. The runs stay in the history, and DHIS2 stays as it is.
///
/// # Errors
/// There is no such report; another run is under way; a request of the report is not settled, so that forgetting it would
/// leave a value that nobody knows of.
pub async fn reset(request: &ResetRequest<'_>, now: &Clock) -> Result<Forgotten, Error> {
    let ResetRequest { config, report, .. } = *request;
    if look_at(config)?.is_none() {
        return Err(no_state(config));
    }
    let mut state = open_state(config)?;
    check_name(&state, config, report)?;
    let guard = Guard::take(&mut state, config, now)?;
    let forgotten = forget(request, &mut state, now);
    guard.release(&mut state)?;
    forgotten
}

fn forget(request: &ResetRequest<'_>, state: &mut State, now: &Clock) -> Result<Forgotten, Error> {
    let ResetRequest { config, report, actor, .. } = *request;
    let open = open_intents(state)?.into_iter().filter(|intent| intent.report.as_deref() == Some(report)).count();
    if open > 0 {
        let requests = counted(open as u64, "request");
        let message = format!("{requests} of report `{report}` may have written values that nobody has looked for yet");
        return Err(
            Error::new(ErrorKind::Held, message).advice("Run `tally run` once: it reads DHIS2 and settles them.")
        );
    }
    let row = |action: &str, detail: String| AuditRow { at: now(), actor: actor.into(), action: action.into(), detail };
    let n_values = state.forget_ledger(report, &row("reset", format!("what was written for report `{report}`")))?;
    let path = config.line_list_file();
    let line_list = request.line_list && path.exists();
    if request.line_list {
        // The row first: what is gone cannot say that it was there.
        state.record_audit(&row("expire", "the line list, and the record ids in the state".to_owned()))?;
        LineList::expire(&path)?;
        state.expire_record_ids(now())?;
    }
    Ok(Forgotten { report: report.to_owned(), n_values, line_list })
}

fn check_name(state: &State, config: &Config, report: &str) -> Result<(), Error> {
    let mut known = state.reports()?;
    if known.iter().any(|name| name == report) || config.reports.iter().any(|known| known.name == report) {
        return Ok(());
    }
    known.extend(config.reports.iter().map(|report| report.name.clone()));
    known.sort();
    known.dedup();
    let names = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let message = format!("no report `{report}` ever ran");
    Err(Error::new(ErrorKind::Config, message).advice(format!("The reports are {names}.")))
}
