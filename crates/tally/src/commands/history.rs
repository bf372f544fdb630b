//! `tally history` and `tally show`.

use super::{certificate, past, show as print};
use crate::cli::{Cli, HistoryArgs, ShowArgs};
use crate::language::say;
use crate::render;
use crate::render::number::grouped;
use crate::render::phrase;
use crate::render::run::View;
use crate::render::table::{Column, table};
use crate::terminal;
use jiff::Timestamp;
use jiff::fmt::strtime;
use pipeline::config;
use pipeline::kept;
use pipeline::run::open_state;
use pipeline::store::{Run, RunId};
use pipeline::{Error, ErrorKind};

/// Lists past runs, the newest first.
pub(crate) fn history(args: &HistoryArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.config.config).map_err(Error::config)?;
    let state = open_state(&config)?;
    let runs = state.runs(args.config.report.as_deref(), args.limit)?;
    print(cli, &runs, || {
        if runs.is_empty() {
            return say!("history-none") + "\n";
        }
        let columns = [
            Column::Number(&say!("column-run")),
            Column::Text(&say!("column-began")),
            Column::Text(&say!("column-report")),
            Column::Text(&say!("column-periods")),
            Column::Number(&say!("column-records")),
            Column::Text(&say!("column-outcome")),
        ];
        let rows = runs.iter().map(|run| {
            vec![
                run.id.to_string(),
                minute(run.started_at),
                run.report.clone(),
                say!("history-periods", first = &run.period_first, last = &run.period_last),
                run.n_records.map(grouped).unwrap_or_default(),
                outcome(run),
            ]
        });
        table(&columns, rows, terminal::width())
    })?;
    Ok(0)
}

/// Shows a past run as it was shown when it ended, a report as it stood, or how it was revised.
pub(crate) fn show(args: &ShowArgs, cli: &Cli) -> Result<u8, Error> {
    let Some(number) = args.run else { return past::show(args, cli) };
    let form = args.certificate.as_deref().map(certificate::Form::of).transpose()?;
    let config = config::load(&args.config.config).map_err(Error::config)?;
    let state = open_state(&config)?;
    let Some(run) = state.run(RunId(number))? else {
        let advice = "`tally history` lists the runs.";
        return Err(Error::new(ErrorKind::Config, format!("there is no run {number}")).advice(advice));
    };
    let kept = kept::report(&state, run.id)?;
    let no_certificate = || {
        let advice = "Runs that failed have none, and runs of earlier versions.";
        Error::new(ErrorKind::Config, format!("run {} left no certificate", run.id)).advice(advice)
    };
    if kept.is_none() && form.is_some() {
        return Err(no_certificate());
    }
    let Some(report) = kept else {
        print(cli, &run, || {
            let (id, outcome) = (run.id.to_string(), outcome(&run));
            let told = say!("history-run", run = id, report = &run.report, outcome = outcome);
            let why = run.error.as_ref().map(|error| say!("history-why", error = &error.message));
            format!("{told}{}\n", why.unwrap_or_default())
        })?;
        return Ok(0);
    };
    if let Some(form) = &form {
        form.write(report.certificate.as_ref().ok_or_else(no_certificate)?, &[])?;
    }
    print(cli, &report, || render::run::run(&report, View { all: args.all, width: terminal::width() }))?;
    Ok(0)
}

fn outcome(run: &Run) -> String {
    match run.outcome {
        Some(outcome) => phrase::verdict(outcome.name()),
        None => phrase::verdict(&run.state.to_string()),
    }
}

pub(crate) fn minute(at: Timestamp) -> String {
    strtime::format("%Y-%m-%d %H:%M UTC", at).unwrap_or_else(|_| at.to_string())
}
