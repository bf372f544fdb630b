//! Whether both files are sound, private and at rest.

use super::overview::{life, open_intents};
use super::{look_at, no_state};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::run::guard::LEASE;
use crate::run::holder::{self, Life};
use crate::store::{LineList, StoreError};
use jiff::Timestamp;
use serde::Serialize;
use std::path::Path;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// It needs a look, or the next run.
    Warning,
    /// The file cannot be used.
    Error,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub text: String,
    /// What to do about it.
    pub advice: Option<String>,
}

/// All that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// In the order of looking.
    pub findings: Vec<Finding>,
}

impl Inspection {
    /// The exit code: 0 if all is well, that of a configuration error if a file cannot be used, else that of things that wait
    /// for a person or the next run.
    pub fn exit_code(&self) -> u8 {
        match self.findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Error) => ErrorKind::Config.exit_code(),
            Some(Severity::Warning) => ErrorKind::Held.exit_code(),
            _ => 0,
        }
    }

    fn add(&mut self, severity: Severity, text: String, advice: Option<&str>) {
        self.findings.push(Finding { severity, text, advice: advice.map(str::to_owned) });
    }

    /// A sound file, or what is wrong with it.
    fn judge(&mut self, name: &str, path: &Path, checked: Result<(), StoreError>) {
        match checked {
            Ok(()) => self.add(Severity::Ok, format!("the {name} {} is sound", path.display()), None),
            Err(error) => {
                let severity = if error.is_temporary() { Severity::Warning } else { Severity::Error };
                let error = failure::store(&error);
                let advice = error.problems.first().and_then(|problem| problem.advice.clone());
                self.add(severity, error.message, advice.as_deref());
            }
        }
    }
}

/// Inspects the state folder: both files whole, references included; who may read them; what waits to be settled.
///
/// # Errors
/// There is no state yet. Everything else is a finding.
pub fn inspect(config: &Config, now: Timestamp) -> Result<Inspection, Error> {
    let mut inspection = Inspection { findings: Vec::new() };
    let path = config.state_file();
    if !path.exists() {
        return Err(no_state(config));
    }
    match look_at(config) {
        Ok(Some(state)) => {
            let checked = state.integrity_check();
            let sound = checked.is_ok();
            inspection.judge("state file", &path, checked);
            if sound {
                at_rest(&state, now, &mut inspection)?;
            }
        }
        Ok(None) => return Err(no_state(config)),
        Err(error) => {
            let advice = error.problems.first().and_then(|problem| problem.advice.clone());
            inspection.add(Severity::Error, error.message, advice.as_deref());
        }
    }
    let list = config.line_list_file();
    if list.exists() {
        inspection.judge("line list", &list, LineList::open_read_only(&list).and_then(|list| list.integrity_check()));
    }
    private(&config.state_folder, 0o700, &mut inspection);
    for file in [&path, &list] {
        for suffix in ["", "-wal", "-shm"] {
            private(Path::new(&format!("{}{suffix}", file.display())), 0o600, &mut inspection);
        }
    }
    if !inspection.findings.iter().any(|finding| finding.text.contains("others")) {
        inspection.add(Severity::Ok, "only the owner may read the folder and its files".to_owned(), None);
    }
    Ok(inspection)
}

fn at_rest(state: &crate::store::State, now: Timestamp, inspection: &mut Inspection) -> Result<(), Error> {
    const NEXT: &str = "The next `tally run` of the report settles it.";
    for intent in open_intents(state)? {
        let (number, n) = (intent.intent, intent.n_values);
        let text = format!(
            "intent {number} of run {} is open: {n} values of which nobody knows whether they arrived",
            intent.run
        );
        inspection.add(Severity::Warning, text, Some(NEXT));
    }
    let held = state.lease_holder(LEASE)?;
    let (alive, under_way) = match &held {
        Some((stored, until)) => match life(stored) {
            Life::Alive => (true, true),
            Life::Unknown => (false, now < *until),
            Life::Gone => (false, false),
        },
        None => (false, false),
    };
    if let Some((stored, until)) = &held {
        let holder = holder::for_people(stored);
        if !alive {
            let text = format!("the lease is held by {holder} until {until}, which does not run here");
            inspection.add(Severity::Warning, text, Some("`tally state unlock` frees it."));
        }
    }
    for run in state.unfinished_runs()? {
        if under_way {
            inspection.add(Severity::Ok, format!("run {} of report `{}` is under way", run.id, run.report), None);
        } else {
            let text = format!("run {} of report `{}` was interrupted while {}", run.id, run.report, run.state);
            inspection.add(Severity::Warning, text, Some(NEXT));
        }
    }
    Ok(())
}

#[cfg(unix)]
fn private(path: &Path, wanted: u32, inspection: &mut Inspection) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(found) = std::fs::metadata(path) else { return };
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let text = format!("others may look into {}: its mode is {mode:04o}", path.display());
        let advice = format!("chmod {wanted:04o} {}", path.display());
        inspection.add(Severity::Warning, text, Some(&advice));
    }
}

#[cfg(not(unix))]
fn private(_: &Path, _: u32, _: &mut Inspection) {}
