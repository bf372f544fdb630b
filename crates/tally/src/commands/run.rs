//! `tally run`.

use super::{certificate, listener, show};
use crate::cli::{Cli, RunArgs, RunCommandArgs};
use crate::render;
use crate::render::run::View;
use crate::terminal;
use epi::period::Period;
use pipeline::config::{self, Config, Report};
use pipeline::run::Request;
use pipeline::{Error, ErrorKind, clock};
use std::sync::Arc;

/// Runs a report, and writes its certificate if asked to.
pub(crate) async fn certified(args: &RunCommandArgs, cli: &Cli) -> Result<u8, Error> {
    let form = args.certificate.as_deref().map(certificate::Form::of).transpose()?;
    run(&args.run, cli, form.as_ref(), false).await
}

/// Runs a report; with `release` it also sends what Tally would hold back by its own judgement.
pub(crate) async fn run(
    args: &RunArgs,
    cli: &Cli,
    form: Option<&certificate::Form<'_>>,
    release: bool,
) -> Result<u8, Error> {
    let config = config::load(&args.config.config).map_err(Error::config)?;
    let outcome = pipeline::run::run(&request(args, cli, &config, release)?).await?;
    if let (Some(form), Some(certified)) = (form, &outcome.certificate) {
        form.write(certified, &[])?;
    }
    show(cli, &outcome, || render::run::run(&outcome, view(args)))?;
    Ok(outcome.verdict.exit_code())
}

/// What is asked for.
pub(crate) fn request<'c>(args: &RunArgs, cli: &Cli, config: &'c Config, release: bool) -> Result<Request<'c>, Error> {
    let report = config.report(args.config.report.as_deref())?;
    Ok(Request {
        config,
        report,
        from: period("--from", args.from.as_deref(), report)?,
        to: period("--to", args.to.as_deref(), report)?,
        release,
        full: args.full,
        trigger: "command line",
        engine: cli.engine.0.clone(),
        progress: listener(cli),
        now: Arc::new(clock::now),
    })
}

/// How much to show.
pub(crate) fn view(args: &RunArgs) -> View {
    View { all: args.all, width: terminal::width() }
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
