//! One file for each command.

pub(crate) mod alert;
pub(crate) mod bootstrap;
pub(crate) mod catalogue;
pub(crate) mod certificate;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod editor;
pub(crate) mod error_code;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod locations;
pub(crate) mod map_options;
pub(crate) mod map_places;
pub(crate) mod past;
pub(crate) mod plan;
pub(crate) mod quality;
pub(crate) mod query;
pub(crate) mod reset;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod state;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod verify;
mod whole_file;
pub(crate) mod worked;

use crate::cli::{Cli, Output};
use crate::render::progress::Shown;
use crate::terminal;
use pipeline::progress::{Progress, Silent};
use pipeline::{Error, ErrorKind};
use serde::Serialize;
use std::io::Write;
use std::sync::Arc;

/// The listener that this command line asks for.
pub(crate) fn listener(cli: &Cli) -> Arc<dyn Progress> {
    listener_as(cli.quiet)
}

/// As [`listener`], where it is known by itself whether anything is to be said.
pub(crate) fn listener_as(quiet: bool) -> Arc<dyn Progress> {
    if quiet { Arc::new(Silent) } else { Arc::new(Shown::new(terminal::stderr_is_terminal())) }
}

/// Prints a result: `text` for people, or the value itself as JSON.
pub(crate) fn show<T: Serialize>(cli: &Cli, value: &T, text: impl FnOnce() -> String) -> Result<(), Error> {
    show_as(cli.output, value, text)
}

/// As [`show`], where the form is known by itself.
pub(crate) fn show_as<T: Serialize>(output: Output, value: &T, text: impl FnOnce() -> String) -> Result<(), Error> {
    let text = match output {
        Output::Text | Output::Csv => text(),
        Output::Json => {
            let json = serde_json::to_string_pretty(value)
                .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
            json + "\n"
        }
    };
    write(&text)
}

/// Writes a result as it is.
pub(crate) fn write(text: &str) -> Result<(), Error> {
    let mut stdout = std::io::stdout().lock();
    written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// What came of writing to stdout.
fn written(result: std::io::Result<()>) -> Result<(), Error> {
    match result {
        // Whoever read, such as `head`, has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| Error::new(ErrorKind::Internal, format!("stdout cannot be written: {error}"))),
    }
}
