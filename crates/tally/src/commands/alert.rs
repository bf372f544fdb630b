//! `tally alert`, and the alerts of a run.

use super::show;
use crate::cli::{AlertArgs, Cli};
use crate::language::say;
use pipeline::alert::{self, Delivery, Observation};
use pipeline::config::{self, Config};
use pipeline::report::RunReport;
use pipeline::{Error, clock};

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

/// Tells people what came of a run. What does not arrive is in the log and in the state file, and changes nothing here.
pub(crate) async fn tell(config: &Config, report: &str, outcome: Result<&RunReport, &Error>) {
    let observation = match outcome {
        Ok(outcome) => Observation::of_run(outcome),
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
