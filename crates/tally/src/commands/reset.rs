//! `tally reset`.

use super::show;
use super::state::actor;
use crate::cli::{Cli, ResetArgs};
use crate::render::number::counted;
use crate::render::state::forgotten;
use pipeline::upkeep::{self, ResetRequest};
use pipeline::{Error, ErrorKind, clock, config};
use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

/// Forgets what was written for a report, after asking.
pub(crate) async fn reset(args: &ResetArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.state.config).map_err(Error::config)?;
    let n = upkeep::n_remembered(&config, &args.report)?;
    if !args.yes && !confirmed(&question(args, n))? {
        return Err(Error::new(ErrorKind::Held, "nothing was forgotten"));
    }
    let actor = actor();
    let request = ResetRequest { config: &config, report: &args.report, line_list: args.line_list, actor: &actor };
    let done = upkeep::reset(&request, &(Arc::new(clock::now) as _)).await?;
    show(cli, &done, || forgotten(&done))?;
    Ok(0)
}

fn question(args: &ResetArgs, n: u64) -> String {
    let list = if args.line_list { ", and remove the line list" } else { "" };
    format!("Forget {} of report `{}`{list}? DHIS2 is not changed.", counted(n, "value"), args.report)
}

/// Asks on the terminal. Without one there is nobody to ask.
pub(super) fn confirmed(question: &str) -> Result<bool, Error> {
    if !std::io::stdin().is_terminal() {
        let advice = "Give --yes if that is meant.";
        return Err(Error::new(ErrorKind::Config, format!("nobody can be asked: {question}")).advice(advice));
    }
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Error::new(ErrorKind::Internal, format!("stdin cannot be read: {error}")))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
