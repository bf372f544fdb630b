//! `tally demo`: the whole job on two simulated servers.

use super::sandbox::{start, until_stopped};
use super::{listener, show};
use crate::cli::{Cli, DemoArgs, Output};
use crate::render;
use crate::render::number::{counted, grouped};
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
    talk(cli, "Two simulated servers are up, with an invented outbreak. Running the report a first time.\n");
    let first = run(&path, cli).await?;
    talk(cli, "\nRunning it again: nothing changed, so nothing is pushed.\n");
    let second = run(&path, cli).await?;
    let oracle = tie(&world, &first);
    let shown = Shown { first, second, oracle, secs: clock.elapsed().as_secs_f64() };
    show(cli, &shown, || text(&shown, args, &path))?;
    if args.keep.is_some() {
        talk(cli, "\nThe servers keep running; stop them with Ctrl-C.\n");
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
    let verdict = if tie.different == 0 {
        "they agree in every one".to_owned()
    } else {
        format!("{} are NOT the same", grouped(tie.different))
    };
    let again = shown.second.push.as_ref().map_or(0, |push| push.requests);
    let next = if args.keep.is_some() {
        format!(
            "Try next, in another terminal:\n  \
             tally plan --config {path}          what a run would change\n  \
             tally run --config {path} --from {first} --to {last}\n  \
             tally history --config {path}       the runs so far\n  \
             tally show 1 --all --config {path}  every value of the first run\n",
            path = path.display(),
            first = shown.first.last,
            last = shown.first.last
        )
    } else {
        "Try next:\n  \
         tally demo --keep              leave the servers and the configuration to play with\n  \
         tally demo --dhis2-version 2.43.1\n  \
         tally explain period 2021-01-03\n"
            .to_owned()
    };
    format!(
        "{}\nSecond run: {} pushed; {} unchanged.\nOracle: an independent count of the invented outbreak expects {}, DHIS2 \
         holds {}; {verdict}.\nAll of it took {:.2} s.\n\n{next}",
        render::run::run(&shown.first, view),
        if again == 0 { "nothing".to_owned() } else { counted(again, "request") },
        counted(shown.second.verify.as_ref().map_or(0, |verify| verify.equal), "value"),
        counted(tie.expected, "value"),
        grouped(tie.held),
        shown.secs
    )
}
