//! `tally alert`, and the alerts of a run.

use super::history::minute;
use super::show;
use super::state::actor;
use crate::cli::{AcknowledgeArgs, AlertArgs, Cli};
use crate::language::say;
use crate::render::table::{Column, table};
use crate::terminal;
use pipeline::alert::{self, Delivery, Observation};
use pipeline::config::{self, Config};
use pipeline::report::RunReport;
use pipeline::run::open_state;
use pipeline::store::{OpenAlert, ReportAlert};
use pipeline::{Error, ErrorKind, clock};

/// The exit code when a destination was not reached.
const NOT_REACHED: u8 = 40;

/// Sends a test message to every destination.
pub(crate) async fn test(args: &AlertArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.config).map_err(Error::config)?;
    let deliveries = alert::test(&config, &clock::now).await?;
    show(cli, &deliveries, || deliveries.iter().map(line).collect())?;
    let all = deliveries.iter().all(|delivery| delivery.failure.is_none());
    Ok(if all { 0 } else { NOT_REACHED })
}

/// Lists the problems that are not over.
pub(crate) fn list(args: &AlertArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.config).map_err(Error::config)?;
    let open = open_state(&config)?.all_open_alerts()?;
    show(cli, &open, || shown(&open))?;
    Ok(0)
}

/// Notes that somebody sees to problems of a report.
pub(crate) fn acknowledge(args: &AcknowledgeArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.alert.config).map_err(Error::config)?;
    let mut state = open_state(&config)?;
    let is_meant = |alert: &OpenAlert| {
        args.event.as_ref().is_none_or(|event| *event == alert.event)
            && args.cause.as_ref().is_none_or(|cause| *cause == alert.cause)
    };
    let meant: Vec<_> = state.open_alerts(&args.report)?.into_iter().filter(is_meant).collect();
    if meant.is_empty() {
        let error = Error::new(ErrorKind::Config, format!("report `{}` has no such problem", args.report));
        return Err(error.advice("`tally alert list` shows those that are not over."));
    }
    for alert in &meant {
        // Whoever was first stays.
        state.acknowledge(&args.report, &alert.event, &alert.cause, &actor(), clock::now())?;
    }
    let mut open = state.all_open_alerts()?;
    open.retain(|one| one.report == args.report && is_meant(&one.alert));
    show(cli, &open, || shown(&open))?;
    Ok(0)
}

fn shown(open: &[ReportAlert]) -> String {
    if open.is_empty() {
        return say!("alert-none") + "\n";
    }
    let columns = [
        Column::Text(&say!("column-report")),
        Column::Text(&say!("column-what")),
        Column::Text(&say!("column-cause")),
        Column::Text(&say!("column-since")),
        Column::Number(&say!("column-seen")),
        Column::Text(&say!("column-told")),
        Column::Text(&say!("column-acknowledged")),
    ];
    let rows = open.iter().map(|ReportAlert { report, alert }| {
        vec![
            report.clone(),
            alert.event.clone(),
            alert.cause.clone(),
            minute(alert.began_at),
            alert.n_seen.to_string(),
            alert.told_at.map(minute).unwrap_or_default(),
            alert.acknowledged_by.clone().unwrap_or_default(),
        ]
    });
    table(&columns, rows, terminal::width())
}

/// Tells people what came of a run. What does not arrive is in the log and in the state file, and changes nothing here.
pub(crate) async fn tell(config: &Config, report: &str, outcome: Result<&RunReport, &Error>) {
    // Whoever ran it sees what came of it; the daemon remembers it for those who look at its pages.
    if config.alerts.is_none() {
        return;
    }
    let observation = match outcome {
        Ok(outcome) => {
            let is_current = config.is_current(report, &outcome.last, outcome.started_at);
            Observation::of_run(outcome, is_current)
        }
        Err(error) => Observation::of_error(report, error),
    };
    alert::tell(config, &observation, &clock::now).await;
}

fn line(delivery: &Delivery) -> String {
    let destination = &delivery.destination;
    match &delivery.failure {
        None => say!("alert-arrived", destination = destination) + "\n",
        Some(failure) => say!("alert-not-arrived", destination = destination, failure = failure) + "\n",
    }
}
