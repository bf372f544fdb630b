//! What can be said of alerts.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do about alerts.
#[derive(Debug, Subcommand)]
pub(crate) enum AlertCommand {
    /// Send a test message to every destination of `[alerts]`, and say what came of each.
    Test(AlertArgs),
    /// List the problems that are not over, the newest first.
    List(AlertArgs),
    /// Say that you see to a problem: nobody is told of it again until it is over, or has another cause.
    Acknowledge(AcknowledgeArgs),
}

/// Whose alerts.
#[derive(Args, Clone, Debug)]
pub(crate) struct AlertArgs {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = "tally.toml", env = "TALLY_CONFIG")]
    pub(crate) config: PathBuf,
}

/// Which problem.
#[derive(Args, Clone, Debug)]
pub(crate) struct AcknowledgeArgs {
    /// Name of the report.
    pub(crate) report: String,
    /// What happened, as `tally alert list` shows it; every problem of the report when absent.
    pub(crate) event: Option<String>,
    /// Its cause; each when absent.
    #[arg(long)]
    pub(crate) cause: Option<String>,
    #[command(flatten)]
    pub(crate) alert: AlertArgs,
}
