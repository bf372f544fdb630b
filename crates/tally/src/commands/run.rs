//! `tally run` and `tally plan`.

use super::{listener, show};
use crate::cli::{Cli, RunArgs};
use crate::render;
use crate::render::run::View;
use crate::terminal;
use epi::period::Period;
use jiff::Timestamp;
use pipeline::config::{self, Report};
use pipeline::run::Request;
use pipeline::{Error, ErrorKind};
use std::sync::Arc;

/// Runs a report; with `plan_only` it stops before the push.
pub(crate) async fn run(args: &RunArgs, cli: &Cli, plan_only: bool) -> Result<u8, Error> {
    let config = config::load(&args.config.config).map_err(Error::config)?;
    let report = config.report(args.config.report.as_deref())?;
    let request = Request {
        config: &config,
        report,
        from: period("--from", args.from.as_deref(), report)?,
        to: period("--to", args.to.as_deref(), report)?,
        plan_only,
        full: args.full,
        trigger: "command line",
        progress: listener(cli),
        now: Arc::new(Timestamp::now),
    };
    let outcome = pipeline::run::run(&request).await?;
    drop(request);
    show(cli, &outcome, || render::run::run(&outcome, View { all: args.all, width: terminal::width() }))?;
    Ok(outcome.verdict.exit_code())
}

/// A period of the report's type, named by an argument.
pub(crate) fn period(argument: &str, text: Option<&str>, report: &Report) -> Result<Option<Period>, Error> {
    let Some(text) = text else { return Ok(None) };
    let parsed = report.period_type.value.parse(text);
    parsed.map(Some).map_err(|error| {
        let (name, period_type) = (&report.name, report.period_type.value.name());
        let advice = format!("Give {argument} a {period_type} period, as report `{name}` is {period_type}.");
        Error::new(ErrorKind::Config, format!("{argument}: {error}")).advice(advice)
    })
}
