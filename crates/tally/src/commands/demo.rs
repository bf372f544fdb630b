//! `tally demo`: the whole job on two simulated servers.

use super::sandbox::{start, until_stopped};
use super::{listener, show};
use crate::cli::{Cli, DemoArgs, Output};
use crate::language::say;
use crate::render;
use crate::render::number::seconds;
use crate::render::run::View;
use crate::terminal;
use epi::period::{Period, Span};
use jiff::Timestamp;
use pipeline::report::RunReport;
use pipeline::run::Request;
use pipeline::{Error, ErrorKind, config};
use sandbox::dhis2::ValueKey;
use sandbox::world::{World, account};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// The example that the demo runs.
const EXAMPLE: &str = include_str!("../../../../examples/covid19-weekly/tally.toml");

/// What the demo shows.
#[derive(Serialize)]
struct Shown {
    first: RunReport,
    second: RunReport,
    oracle: Tie,
    secs: f64,
}

/// DHIS2 beside the oracle.
#[derive(Serialize)]
struct Tie {
    /// Cells that the oracle counts in the periods of the run.
    expected: u64,
    /// Cells that DHIS2 holds.
    held: u64,
    /// Cells that are not the same, on either side.
    different: u64,
}

/// Runs the job twice and holds DHIS2 against the oracle.
pub(crate) async fn demo(args: &DemoArgs, cli: &Cli) -> Result<u8, Error> {
    let clock = Instant::now();
    let world = start(&args.outbreak, 0, 0)?;
    let temporary = tempfile::tempdir().map_err(|error| folder_error(Path::new("the temporary folder"), &error))?;
    let folder = args.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
    let path = write_files(&folder, &world)?;
    talk(cli, &(say!("demo-up") + "\n"));
    let first = run(&path, cli).await?;
    talk(cli, &format!("\n{}\n", say!("demo-again")));
    let second = run(&path, cli).await?;
    let oracle = tie(&world, &first);
    let shown = Shown { first, second, oracle, secs: clock.elapsed().as_secs_f64() };
    show(cli, &shown, || text(&shown, args, &path))?;
    if args.keep.is_some() {
        talk(cli, &format!("\n{}\n", say!("demo-keeps-running")));
        until_stopped().await?;
    }
    let again = shown.second.push.as_ref().map_or(0, |push| push.requests);
    let failed = shown.oracle.different > 0 || again > 0;
    Ok(if failed { 1 } else { shown.first.verdict.exit_code() })
}

fn talk(cli: &Cli, text: &str) {
    if !cli.quiet && cli.output == Output::Text {
        eprint!("{text}");
    }
}

async fn run(path: &Path, cli: &Cli) -> Result<RunReport, Error> {
    let config = config::load(path).map_err(Error::config)?;
    let request = Request {
        config: &config,
        report: config.report(None)?,
        from: None,
        to: None,
        release: false,
        full: false,
        after: None,
        stop: pipeline::run::Stop::default(),
        trigger: "demo",
        engine: None,
        progress: listener(cli),
        now: Arc::new(Timestamp::now),
    };
    pipeline::run::run(&request).await
}

/// Writes the example's configuration for these servers, its map of places and the passwords.
fn write_files(folder: &Path, world: &World) -> Result<PathBuf, Error> {
    let config = EXAMPLE
        .replace("http://127.0.0.1:8431", &world.godata.url())
        .replace("http://127.0.0.1:8432", &world.dhis2_url())
        // By its id: its name may be any text.
        .replace("\"COVID-19 in Sandland\"", &format!("\"{}\"", world.population.outbreak_id))
        .replace("password_env = \"TALLY_GODATA_PASSWORD\"", "password_file = \"godata-password\"")
        .replace("password_env = \"TALLY_DHIS2_PASSWORD\"", "password_file = \"dhis2-password\"");
    let places = world.population.places_csv();
    let files = [
        ("tally.toml", config.as_str()),
        ("places.csv", places.as_str()),
        ("godata-password", account::GODATA_PASSWORD),
        ("dhis2-password", account::DHIS2_PASSWORD),
    ];
    std::fs::create_dir_all(folder).map_err(|error| folder_error(folder, &error))?;
    // A state of earlier servers says nothing about these.
    let state = folder.join(".tally");
    if state.exists() {
        std::fs::remove_dir_all(&state).map_err(|error| folder_error(&state, &error))?;
    }
    for (name, text) in files {
        let path = folder.join(name);
        write_private(&path, text).map_err(|error| folder_error(&path, &error))?;
    }
    Ok(folder.join("tally.toml"))
}

/// Writes a file that only its owner may read, as files with passwords should be.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

fn folder_error(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Config, format!("`{}` cannot be written: {error}", path.display()))
        .advice("Name another folder with --keep.")
}

/// Compares all that DHIS2 holds with what the oracle counted in the periods of the run.
fn tie(world: &World, report: &RunReport) -> Tie {
    let in_span = |key: &ValueKey| {
        let parse = |text: &str| epi::period::PeriodType::Weekly.parse(text).ok();
        match (parse(&key.1), parse(&report.first), parse(&report.last)) {
            (Some(period), Some(first), Some(last)) => first <= period && period <= last,
            _ => false,
        }
    };
    let parse = |text: &str| Period::parse(text).ok();
    let span = parse(&report.first).zip(parse(&report.last)).and_then(|(first, last)| Span::between(first, last).ok());
    let weeks: Vec<String> = span.iter().flat_map(|span| span.iter()).map(|week| week.id().to_string()).collect();
    let numbers = world.weekly_truth().into_iter().chain(world.weekly_tested()).filter(|(key, _)| in_span(key));
    let expected: BTreeMap<ValueKey, String> = numbers.chain(world.weekly_transmission(&weeks)).collect();
    let held = world.dhis2.values();
    let wrong = expected.iter().filter(|(key, value)| held.get(*key) != Some(value)).count();
    let surplus = held.keys().filter(|key| !expected.contains_key(*key)).count();
    Tie { expected: expected.len() as u64, held: held.len() as u64, different: (wrong + surplus) as u64 }
}

fn text(shown: &Shown, args: &DemoArgs, path: &Path) -> String {
    let view = View { all: false, width: terminal::width() };
    let tie = &shown.oracle;
    let unchanged = shown.second.verify.as_ref().map_or(0, |verify| verify.equal);
    let second = match shown.second.push.as_ref().map_or(0, |push| push.requests) {
        0 => say!("demo-second-nothing", unchanged = unchanged),
        again => say!("demo-second", requests = again, unchanged = unchanged),
    };
    let oracle = if tie.different == 0 {
        say!("demo-oracle-agrees", expected = tie.expected, held = tie.held)
    } else {
        say!("demo-oracle-differs", expected = tie.expected, held = tie.held, different = tie.different)
    };
    let took = say!("demo-took", secs = seconds(shown.secs));
    let run = render::run::run(&shown.first, view);
    format!("{run}\n{second}\n{oracle}\n{took}\n\n{}", next(args, path, &shown.first.last))
}

/// Commands to try next, some with what they do.
fn next(args: &DemoArgs, path: &Path, last: &str) -> String {
    if args.keep.is_none() {
        let (title, keep) = (say!("demo-next"), say!("demo-next-keep"));
        return format!(
            "{title}\n  \
             tally demo --keep              {keep}\n  \
             tally demo --dhis2-version 2.43.1\n  \
             tally explain period 2021-01-03\n"
        );
    }
    let path = path.display();
    format!(
        "{}\n  \
         tally serve --config {path}         {}\n  \
         tally plan --config {path}          {}\n  \
         tally run --config {path} --from {last} --to {last}\n  \
         tally history --config {path}       {}\n  \
         tally show 1 --all --config {path}  {}\n",
        say!("demo-next-elsewhere"),
        say!("demo-next-serve"),
        say!("demo-next-plan"),
        say!("demo-next-history"),
        say!("demo-next-show")
    )
}
