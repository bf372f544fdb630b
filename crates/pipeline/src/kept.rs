//! What the history keeps of a run: its whole report, with the record ids in a place of their own, so that they can expire
//! while the numbers stay.

use crate::cause::RecordCause;
use crate::error::{Error, ErrorKind};
use crate::report::RunReport;
use crate::store::{RunId, State, Step};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The step under which the report of a run is kept.
pub const REPORT_STEP: &str = "report";

/// Record ids stay as long as the line list can explain them: see the versions that it keeps.
const RECORD_IDS_KEPT: SignedDuration = SignedDuration::from_hours(92 * 24);

/// The ids in a report, by their place in it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct RecordIds {
    /// Hash of the plan.
    hash: String,
    /// Ids of each data-quality issue.
    #[serde(default)]
    issues: BTreeMap<usize, Vec<String>>,
    /// Ids of each finding of data quality.
    #[serde(default)]
    quality: BTreeMap<usize, Vec<String>>,
    /// Records behind each change.
    #[serde(default)]
    changes: BTreeMap<usize, Vec<RecordCause>>,
}

/// Keeps a report, and forgets the record ids of runs long past.
///
/// # Errors
/// What the state says.
pub fn keep(state: &mut State, run: RunId, report: &RunReport, now: Timestamp) -> Result<(), Error> {
    let mut bare = report.clone();
    let mut ids = RecordIds { hash: report.plan.hash.clone(), ..RecordIds::default() };
    for (place, issue) in bare.issues.iter_mut().enumerate().filter(|(_, issue)| !issue.records.is_empty()) {
        ids.issues.insert(place, std::mem::take(&mut issue.records));
    }
    let findings = bare.quality.iter_mut().flat_map(|quality| &mut quality.findings);
    for (place, finding) in findings.enumerate().filter(|(_, finding)| !finding.records.is_empty()) {
        ids.quality.insert(place, std::mem::take(&mut finding.records));
    }
    for (place, change) in bare.plan.changes.iter_mut().enumerate() {
        if let Some(cause) = change.cause.as_mut().filter(|cause| !cause.records.is_empty()) {
            ids.changes.insert(place, std::mem::take(&mut cause.records));
        }
    }
    let figures = serde_json::to_value(&bare).map_err(defect)?;
    let document = serde_json::to_string(&ids).map_err(defect)?;
    let (started_at, finished_at) = (report.started_at, report.finished_at);
    state.record_step(run, &Step { name: REPORT_STEP.to_owned(), started_at, finished_at, figures })?;
    state.record_plan(run, &ids.hash, &document)?;
    if let Ok(before) = now.checked_sub(RECORD_IDS_KEPT) {
        state.expire_record_ids(before)?;
    }
    Ok(())
}

/// The report of a run as it was when the run ended; without record ids once those have expired. None of a run that failed.
///
/// # Errors
/// What the state says.
pub fn report(state: &State, run: RunId) -> Result<Option<RunReport>, Error> {
    let Some(step) = state.steps(run)?.into_iter().find(|step| step.name == REPORT_STEP) else { return Ok(None) };
    let mut report: RunReport = serde_json::from_value(step.figures)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("run {run} cannot be read: {error}")))?;
    let document = state.plan(run)?.and_then(|plan| plan.document);
    let ids: RecordIds = document.and_then(|document| serde_json::from_str(&document).ok()).unwrap_or_default();
    for (place, records) in ids.issues {
        if let Some(issue) = report.issues.get_mut(place) {
            issue.records = records;
        }
    }
    for (place, records) in ids.quality {
        if let Some(finding) = report.quality.as_mut().and_then(|quality| quality.findings.get_mut(place)) {
            finding.records = records;
        }
    }
    for (place, records) in ids.changes {
        if let Some(cause) = report.plan.changes.get_mut(place).and_then(|change| change.cause.as_mut()) {
            cause.records = records;
        }
    }
    Ok(Some(report))
}

fn defect(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, error.to_string())
}
