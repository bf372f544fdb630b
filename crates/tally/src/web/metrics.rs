//! `/metrics`: what is known of the daemon and of each report, for Prometheus.
//!
//! Labels have few values, and all of them Tally's own or the configuration's: names of reports, verdicts, steps. No place, no
//! person, no server's word is among them.

mod sheet;
mod table;

use super::health::{Doing, Pulse};
use jiff::Timestamp;
use pipeline::Error;
use pipeline::config::{Config, Report};
use pipeline::report::RunReport;
use pipeline::store::{Run, RunId, State};
use pipeline::{kept, schedule};
use sheet::Sheet;
use std::collections::BTreeMap;

/// The type of the text: that of OpenMetrics, which Prometheus asks for.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How a run may end.
const ENDINGS: [&str; 5] = ["clean", "partial", "held", "failed", "cancelled"];

/// Runs that are looked at for the last one that came through: more failures in a row leave a report without its figures.
const LOOKED_BACK: u32 = 50;

/// The text for a state, and for the daemon of this process, if there is one.
///
/// # Errors
/// What the state says.
pub(crate) fn text(config: &Config, state: &State, pulse: Option<&Pulse>, now: Timestamp) -> Result<String, Error> {
    let mut sheet = Sheet::default();
    sheet.add_n(&table::BUILD_INFO, &[env!("CARGO_PKG_VERSION")], 1);
    if let Some(pulse) = pulse {
        sheet.add_n(&table::DAEMON_WORKING, &[], u64::from(pulse.doing != Doing::Waiting));
        sheet.add(&table::DAEMON_TURN_AGE, &[], secs_between(pulse.turned_at, now));
        sheet.add_n(&table::JOBS_WAITING, &[], pulse.n_jobs);
    }
    if let Ok(file) = std::fs::metadata(state.path()) {
        sheet.add_n(&table::STATE_BYTES, &[], file.len());
    }
    for report in &config.reports {
        runs(&mut sheet, report, state, now)?;
        schedule(&mut sheet, report, state, now)?;
        alerts(&mut sheet, report, state)?;
    }
    Ok(sheet.into_text())
}

fn runs(sheet: &mut Sheet, report: &Report, state: &State, now: Timestamp) -> Result<(), Error> {
    let name = report.name.as_str();
    let endings = state.endings(name)?;
    // A series that is there from the start can be compared with itself.
    for ending in ENDINGS {
        sheet.add_n(&table::RUNS, &[name, ending], endings.get(ending).copied().unwrap_or_default());
    }
    let runs = state.runs(Some(name), LOOKED_BACK)?;
    if let Some((last, at)) = runs.iter().find_map(|run| Some((run, run.finished_at?))) {
        let verdict = ending(last);
        for ending in ENDINGS {
            sheet.add_n(&table::LAST_VERDICT, &[name, ending], u64::from(ending == verdict));
        }
        sheet.add(&table::LAST_RUN_AT, &[name], unix(at));
    }
    if let Some(at) = state.last_proved(name, |run| report.is_current(&run.period_last, run.started_at))? {
        sheet.add(&table::LAST_PROVED_AT, &[name], unix(at));
        sheet.add(&table::LAST_PROVED_AGE, &[name], secs_between(at, now));
    }
    if let Some(run) = runs.iter().find(|run| run.outcome.is_some())
        && let Some(kept) = kept::report(state, RunId(run.id.0))?
    {
        figures(sheet, name, &kept);
    }
    Ok(())
}

fn ending(run: &Run) -> &'static str {
    run.outcome.map_or(run.state.name(), |outcome| outcome.name())
}

/// What the last run that came through had to say.
fn figures(sheet: &mut Sheet, name: &str, kept: &RunReport) {
    let planned =
        |action: &str| kept.plan.actions.iter().filter(|tally| tally.name == action).map(|tally| tally.n).sum();
    for action in &kept.plan.actions {
        // Names with spaces are for people.
        sheet.add_n(&table::PLAN_VALUES, &[name, &action.name.replace(' ', "_")], action.n);
    }
    let push = kept.push.as_ref();
    let held: u64 = planned("held") + planned("existing");
    let numbers = [
        (&table::HELD, held + push.map_or(0, |push| push.held.len() as u64)),
        (&table::DRIFTED, planned("drifted")),
        (&table::REJECTED, push.map_or(0, |push| push.rejected.len() as u64)),
        (&table::WRITTEN, push.map_or(0, |push| push.written)),
        (&table::DIFFERENT, kept.verify.as_ref().map_or(0, |verify| verify.different.len() as u64)),
        (&table::RECORDS, kept.godata.n_records),
        (&table::TRAVELLED, kept.godata.n_travelled),
        (&table::REQUESTS, push.map_or(0, |push| push.requests)),
    ];
    for (metric, n) in numbers {
        sheet.add_n(metric, &[name], n);
    }
    sheet.add(&table::RUN_SECONDS, &[name], secs_between(kept.started_at, kept.finished_at));
    let mut steps: BTreeMap<&str, f64> = BTreeMap::new();
    for timing in &kept.timings {
        *steps.entry(&timing.step).or_default() += timing.secs;
    }
    for (step, secs) in steps {
        sheet.add(&table::STEP_SECONDS, &[name, step], secs);
    }
}

fn schedule(sheet: &mut Sheet, report: &Report, state: &State, now: Timestamp) -> Result<(), Error> {
    let (name, Some(scheduled)) = (report.name.as_str(), &report.scheduled) else { return Ok(()) };
    if let Some(next) = scheduled.schedule.next_after(now) {
        sheet.add(&table::NEXT_DUE, &[name], unix(next));
    }
    let (Some(deadline), Some(settled)) = (scheduled.deadline, state.settled(name)?) else { return Ok(()) };
    let last_success = state.last_success(name, |run| report.is_current(&run.period_last, run.started_at))?;
    let overdue = schedule::overdue(&scheduled.schedule, deadline, settled.since, last_success, now);
    sheet.add_n(&table::OVERDUE, &[name], u64::from(overdue.is_some()));
    Ok(())
}

fn alerts(sheet: &mut Sheet, report: &Report, state: &State) -> Result<(), Error> {
    let mut open: BTreeMap<String, u64> = BTreeMap::new();
    for alert in state.open_alerts(&report.name)? {
        *open.entry(alert.event).or_default() += 1;
    }
    for (event, n) in open {
        sheet.add_n(&table::OPEN_ALERTS, &[&report.name, &event], n);
    }
    Ok(())
}

/// Seconds since 1970.
fn unix(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1_000.0
}

/// Seconds from one to the other, and none backwards.
fn secs_between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

#[cfg(test)]
pub(super) mod tests;
