//! `tally run`.

use super::{alert, certificate, listener, show};
use crate::cli::{Cli, Output, RunArgs, RunCommandArgs};
use crate::language::say;
use crate::render;
use crate::render::run::View;
use crate::terminal;
use epi::period::Period;
use pipeline::config::{self, Config, Report};
use pipeline::report::RunReport;
use pipeline::run::Request;
use pipeline::store::RunId;
use pipeline::{Error, ErrorKind, clock};
use serde::Serialize;
use std::sync::Arc;

/// Runs a report, and writes its certificate if asked to; without the name of a report, all of the configuration.
pub(crate) async fn certified(args: &RunCommandArgs, cli: &Cli) -> Result<u8, Error> {
    let form = args.certificate.as_deref().map(certificate::Form::of).transpose()?;
    if form.is_none() && args.run.config.report.is_none() {
        let config = config::load(&args.run.config.config).map_err(Error::config)?;
        if config.reports.len() > 1 {
            return all(&args.run, cli, &config).await;
        }
    }
    run(&args.run, cli, form.as_ref(), false).await
}

/// What came of one of several reports.
#[derive(Serialize)]
#[serde(untagged)]
enum Ended {
    Report(Box<RunReport>),
    Failed { report: String, failure: serde_json::Value },
}

/// Runs all reports, one after the other. One that fails does not keep the others from running; the exit code is that of
/// the first that is not clean.
async fn all(args: &RunArgs, cli: &Cli, config: &Config) -> Result<u8, Error> {
    let mut code = 0;
    let mut ended = Vec::new();
    // Whoever comes first reads the line list for all.
    let mut first: Option<RunId> = None;
    for report in &config.reports {
        let outcome = match request_for(args, cli, config, report, false) {
            Ok(request) => {
                let outcome = pipeline::run::run(&Request { after: first, ..request }).await;
                alert::tell(config, &report.name, outcome.as_ref()).await;
                outcome
            }
            Err(error) => Err(error),
        };
        let of_report = match outcome {
            Ok(outcome) => {
                first = first.or(outcome.run.map(RunId));
                let of_report = outcome.verdict.exit_code();
                if cli.output == Output::Text {
                    show(cli, &outcome, || render::run::run(&outcome, view(args)))?;
                }
                ended.push(Ended::Report(Box::new(outcome)));
                of_report
            }
            Err(error) => {
                let told = render::error::error(&error, terminal::is_fancy());
                eprint!("{}", say!("run-report-failed", report = &report.name, error = told));
                let failure = serde_json::from_str(&render::error::json(&error)).unwrap_or_default();
                ended.push(Ended::Failed { report: report.name.clone(), failure });
                error.kind.exit_code()
            }
        };
        code = if code == 0 { of_report } else { code };
    }
    if cli.output == Output::Json {
        show(cli, &ended, String::new)?;
    }
    Ok(code)
}

/// Runs a report; with `release` it also sends what Tally would hold back by its own judgement.
pub(crate) async fn run(
    args: &RunArgs,
    cli: &Cli,
    form: Option<&certificate::Form<'_>>,
    release: bool,
) -> Result<u8, Error> {
    let config = config::load(&args.config.config).map_err(Error::config)?;
    let request = request(args, cli, &config, release)?;
    let outcome = pipeline::run::run(&request).await;
    alert::tell(&config, &request.report.name, outcome.as_ref()).await;
    let outcome = outcome?;
    if let (Some(form), Some(certified)) = (form, &outcome.certificate) {
        form.write(certified, &[])?;
    }
    show(cli, &outcome, || render::run::run(&outcome, view(args)))?;
    Ok(outcome.verdict.exit_code())
}

/// What is asked for.
pub(crate) fn request<'c>(args: &RunArgs, cli: &Cli, config: &'c Config, release: bool) -> Result<Request<'c>, Error> {
    let report = config.report(args.config.report.as_deref())?;
    request_for(args, cli, config, report, release)
}

fn request_for<'c>(
    args: &RunArgs,
    cli: &Cli,
    config: &'c Config,
    report: &'c Report,
    release: bool,
) -> Result<Request<'c>, Error> {
    Ok(Request {
        config,
        report,
        from: period("--from", args.from.as_deref(), report)?,
        to: period("--to", args.to.as_deref(), report)?,
        release,
        full: args.full,
        after: None,
        stop: pipeline::run::Stop::default(),
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
