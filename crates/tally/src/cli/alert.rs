//! What can be said of alerts.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do about alerts.
#[derive(Debug, Subcommand)]
pub(crate) enum AlertCommand {
    /// Send a test message to every destination of `[alerts]`, and say what came of each.
    Test(AlertArgs),
}

/// Whose alerts.
#[derive(Args, Clone, Debug)]
pub(crate) struct AlertArgs {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = "tally.toml", env = "TALLY_CONFIG")]
    pub(crate) config: PathBuf,
}
