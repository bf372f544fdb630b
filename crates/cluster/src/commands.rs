//! What `tally-cluster` can do beside `tally`.

use crate::engine::Ballista;
use crate::executor::{self, ExecutorArgs};
use crate::manifest::Manifest;
use crate::scheduler::{self, SchedulerArgs};
use crate::snapshot::{self, FILES_MAX};
use crate::store::Store;
use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};
use pipeline::config::model::{Config, SnapshotPlace};
use pipeline::snapshot::{From, Records};
use pipeline::{Error, ErrorKind, clock, config, progress::counted};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tally::{Extra, Program, Talk};
use tokio::net::TcpStream;

/// Stack of a worker thread: the planner's recursion needs more than the usual 2 MiB.
const THREAD_STACK_BYTES: usize = 32 * 1024 * 1024;

/// The program.
pub fn program() -> Program {
    Program {
        name: "tally-cluster",
        extras: vec![Box::new(Snapshot), Box::new(Scheduler), Box::new(Executor)],
        engine: Some(Arc::new(Ballista)),
        thread_stack_bytes: Some(THREAD_STACK_BYTES),
    }
}

type Doing<'a> = Pin<Box<dyn Future<Output = Result<u8, Error>> + 'a>>;

fn read<A: FromArgMatches>(matches: &ArgMatches) -> A {
    A::from_arg_matches(matches).unwrap_or_else(|error| error.exit())
}

/// How a snapshot is taken.
#[derive(Args, Clone, Debug)]
struct SnapshotArgs {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = "tally.toml", env = "TALLY_CONFIG")]
    config: PathBuf,
    /// Where the records come from; the line list if one is kept, else Go.Data.
    #[arg(long, value_enum)]
    from: Option<SnapshotFrom>,
    /// Where to: a folder or `s3://bucket/folder`, instead of what the configuration says.
    #[arg(long, value_name = "PLACE")]
    to: Option<String>,
    /// Files for each kind of record; one for 250,000 records when nothing is said. A computation has no more tasks than
    /// files.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(FILES_MAX)))]
    files: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SnapshotFrom {
    /// The line list that the last run left.
    LineList,
    /// Go.Data, or its files, read now.
    Godata,
}

struct Snapshot;

impl Extra for Snapshot {
    fn command(&self) -> clap::Command {
        SnapshotArgs::augment_args(clap::Command::new("snapshot"))
            .about("Write the records of the outbreak where the machines of a cluster see them")
    }

    fn run<'a>(&'a self, matches: &'a ArgMatches, talk: Talk) -> Doing<'a> {
        let args: SnapshotArgs = read(matches);
        Box::pin(async move {
            let manifest = take(&args, talk).await?;
            talk.show(&manifest, || summary(&manifest))?;
            Ok(0)
        })
    }
}

async fn take(args: &SnapshotArgs, talk: Talk) -> Result<Manifest, Error> {
    let config = config::load(&args.config).map_err(Error::config)?;
    let store = Store::open(&place(args.to.as_deref(), &config)?, true)?;
    let now: Arc<dyn Fn() -> jiff::Timestamp + Send + Sync> = Arc::new(clock::now);
    let from = args.from.map(|from| match from {
        SnapshotFrom::LineList => From::LineList,
        SnapshotFrom::Godata => From::Godata,
    });
    let records = Records::take(&config, from, talk.progress(), &now).await?;
    let origin = records.origin().clone();
    let n_files = args.files.unwrap_or_else(|| snapshot::files_for(origin.n_records));
    let records = Arc::new(Mutex::new(records));
    let reading = Arc::clone(&records);
    let source: snapshot::Source =
        Box::new(move |with| reading.lock().unwrap_or_else(PoisonError::into_inner).for_each(with));
    let written = snapshot::write(&store, &origin, n_files, source, now()).await;
    // The reader has ended with the writer, so nobody else holds the records.
    let records = Arc::into_inner(records).map(|records| records.into_inner().unwrap_or_else(PoisonError::into_inner));
    let ended = records.map_or(Ok(()), Records::end);
    let manifest = written?;
    ended?;
    Ok(manifest)
}

fn place(to: Option<&str>, config: &Config) -> Result<SnapshotPlace, Error> {
    match (to, &config.engine) {
        (Some(to), _) => SnapshotPlace::parse(to, Path::new("")).ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("`{to}` is neither a folder nor a place in an object store"))
                .advice("It should look like `/srv/snapshots` or `s3://bucket/folder`.")
        }),
        (None, Some(engine)) => Ok(engine.snapshot.value.clone()),
        (None, None) => Err(Error::new(ErrorKind::Config, "the configuration has no place for snapshots")
            .advice("Name it with --to, or with `snapshot` under `[engine]`.")),
    }
}

fn summary(manifest: &Manifest) -> String {
    let files: Vec<_> = manifest.files.values().flatten().collect();
    let bytes: u64 = files.iter().map(|file| file.n_bytes).sum();
    format!(
        "Snapshot of outbreak {} as of {}: {} in {}, {:.1} MB.\n",
        manifest.outbreak,
        manifest.as_of,
        counted(manifest.n_records, "record"),
        counted(files.len() as u64, "file"),
        bytes as f64 / 1e6,
    )
}

struct Scheduler;

impl Extra for Scheduler {
    fn command(&self) -> clap::Command {
        SchedulerArgs::augment_args(clap::Command::new("scheduler"))
            .about("Share out computations among executors, until stopped")
    }

    fn run<'a>(&'a self, matches: &'a ArgMatches, talk: Talk) -> Doing<'a> {
        let args: SchedulerArgs = read(matches);
        let line = format!("The scheduler listens on {}:{}.", args.bind, args.port);
        Box::pin(async move { scheduler::serve(args, || talk.say(&line)).await.map(|()| 0) })
    }
}

struct Executor;

impl Extra for Executor {
    fn command(&self) -> clap::Command {
        ExecutorArgs::augment_args(clap::Command::new("executor")).about("Work for a scheduler, until stopped")
    }

    fn run<'a>(&'a self, matches: &'a ArgMatches, talk: Talk) -> Doing<'a> {
        let args: ExecutorArgs = read(matches);
        let line = format!("The executor of {} listens on {}:{}.", args.scheduler, args.bind, args.port);
        Box::pin(async move { executor::work(args, || talk.say(&line)).await.map(|()| 0) })
    }
}

/// Calls `ready` once all of these addresses accept connections, and never ends: the server that is raced against does.
pub(crate) async fn once_reachable(addresses: &[SocketAddr], ready: impl FnOnce()) -> Infallible {
    const PAUSE: Duration = Duration::from_millis(50);
    for address in addresses {
        while TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(PAUSE).await;
        }
    }
    ready();
    std::future::pending().await
}

/// Ends when somebody stops the process: Ctrl-C, or the signal of a service manager.
pub(crate) async fn stopped() -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::new(ErrorKind::Internal, format!("signals cannot be heard: {error}"));
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(failed),
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(failed)
}
