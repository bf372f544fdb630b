//! `tally show --as-of` and `tally show --revisions`.

use super::run::period;
use super::show as print;
use crate::cli::{Cli, ShowArgs};
use crate::render;
use crate::terminal;
use pipeline::as_of::{self, Selection};
use pipeline::config::{self, model::Report};
use pipeline::revisions::revisions;
use pipeline::run::open_state;
use pipeline::{Error, ErrorKind, clock};

/// Shows a report as it stood at a time, or how its periods were revised.
pub(crate) fn show(args: &ShowArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.config.config).map_err(Error::config)?;
    let report = config.report(args.config.report.as_deref())?;
    let past = &args.past;
    refuse_unknown_indicators(&past.indicator, report)?;
    let selection = Selection {
        indicators: past.indicator.clone(),
        org_units: past.org_unit.clone(),
        from: period("--from", past.from.as_deref(), report)?,
        to: period("--to", past.to.as_deref(), report)?,
    };
    let state = open_state(&config)?;
    match &args.as_of {
        Some(text) => {
            let at = as_of::instant(text, &report.time_zone)?;
            let stood = as_of::as_of(&state, report, at, &selection)?;
            print(cli, &stood, || render::past::as_of(&stood, args.all, terminal::width()))?;
        }
        None => {
            let found = revisions(&state, report, past.delays.into(), &selection, clock::now())?;
            print(cli, &found, || render::past::revisions(&found, terminal::width()))?;
        }
    }
    Ok(0)
}

fn refuse_unknown_indicators(codes: &[String], report: &Report) -> Result<(), Error> {
    let known: Vec<&str> = report.indicators.iter().map(|model| model.indicator.code.as_str()).collect();
    let Some(unknown) = codes.iter().find(|code| !known.contains(&code.as_str())) else { return Ok(()) };
    let near = epi::nearest(unknown, &known).map(|near| format!("Did you mean `{near}`?"));
    let error = Error::new(ErrorKind::Config, format!("report `{}` has no indicator `{unknown}`", report.name));
    Err(error.advice(near.unwrap_or_else(|| format!("It has: {}.", known.join(", ")))))
}
