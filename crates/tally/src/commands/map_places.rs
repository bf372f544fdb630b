//! `tally map places`.

mod ask;

use super::whole_file::WholeFile;
use super::{listener, show};
use crate::cli::{Cli, MapPlacesArgs, Output};
use crate::language::say;
use crate::{render, terminal};
use epi::matching::Rules;
use pipeline::map_places::{Outcome, Request, Standing, Survey};
use pipeline::{Error, ErrorKind, config};

/// Finds the organisation unit of every location, asks where it is not sure, and writes the map.
pub(crate) async fn map_places(args: &MapPlacesArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load_without_map(&args.config.config).map_err(Error::config)?;
    let reports = match &args.config.report {
        Some(name) => vec![config.report(Some(name))?],
        None => config.reports.iter().collect(),
    };
    let path = config.places.source.path.clone();
    // A folder that cannot be written to is told before the work, not after it.
    let file = (!args.dry_run).then(|| WholeFile::begin(&path, "the map of places")).transpose()?;
    let request = Request {
        config: &config,
        reports: &reports,
        rules: Rules { accept: args.accept },
        all_units: args.all_units,
        reopen: args.reopen,
        count_records: !args.no_records,
    };
    let mut survey = Survey::read(&request, listener(cli).as_ref()).await?;
    let may_ask = !args.non_interactive && !args.dry_run && cli.output == Output::Text && terminal::can_ask();
    let matching = survey.judge();
    let matching = if may_ask { ask::ask(&mut survey, matching, &mut ask::Terminal)? } else { matching };
    let mut outcome = survey.outcome(&matching);
    if let Some(file) = file {
        outcome.is_written = write(&survey, &outcome, file)?;
    }
    show(cli, &outcome, || render::map_places::outcome(&outcome, args.all, terminal::width()))?;
    let next = next_step(&outcome, args.dry_run);
    if let (Some(next), false, Output::Text) = (next, cli.quiet, cli.output) {
        eprintln!("{next}");
    }
    Ok(if outcome.count(Standing::Open) == 0 { 0 } else { ErrorKind::Held.exit_code() })
}

/// Writes the map, unless it says all that already. Returns whether it was written.
fn write(survey: &Survey, outcome: &Outcome, file: WholeFile<'_>) -> Result<bool, Error> {
    let text = survey.mapped(outcome, render::csv::neutral).text();
    let text = text.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
    if std::fs::read(survey.sheet.path()).is_ok_and(|before| before == text.as_bytes()) {
        return Ok(false);
    }
    file.shared_as_before().finish("file/map", |writer| writer.write_all(text.as_bytes()))?;
    Ok(true)
}

fn next_step(outcome: &Outcome, is_dry: bool) -> Option<String> {
    let map = &outcome.map;
    match outcome.count(Standing::Open) {
        _ if is_dry => Some(say!("places-not-written", map = map)),
        0 => None,
        _ => Some(say!("places-next", map = map)),
    }
}
