//! `tally serve`: the daemon on a real machine.

mod dashboard;
mod log;
mod service;
mod signals;

use crate::cli::{Cli, ServeArgs};
use crate::web::{self, Hub};
use dashboard::Dashboard;
use jiff::{SignedDuration, Timestamp};
use log::Log;
use pipeline::config::{self, Config, Report};
use pipeline::daemon::{self, Event, Woken, World};
use pipeline::engine::Engine;
use pipeline::progress::{Progress, Step};
use pipeline::report::Verdict;
use pipeline::run::{Request, Stop};
use pipeline::{Error, ErrorKind, clock};
use signals::Signals;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A sleep does not count while the machine sleeps, and clocks are set: so often the clock is looked at.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(20);

/// Serves until stopped.
pub(crate) async fn serve(args: &ServeArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.state.config).map_err(Error::config)?;
    if args.once && config.reports.iter().all(|report| report.scheduled.is_none()) {
        let error = Error::new(ErrorKind::Config, "no report has a schedule");
        return Err(
            error.advice("Add one to a `[[report]]`, such as `schedule = \"0 23 * * 1\"` for Mondays at 23:00.")
        );
    }
    let log = Log::new(cli);
    let stop = Stop::default();
    let signals = Signals::heard(&stop, &log)?;
    let _watchdog = service::Watchdog::fed();
    let hub = Hub::new();
    let site = web::Site::new(config.clone(), hub.clone(), Arc::new(clock::now));
    let dashboard = if args.once { None } else { Dashboard::open(args, &site, &log).await? };
    let (path, engine) = (args.state.config.clone(), cli.engine.0.clone());
    let mut machine = Machine { path, engine, log, stop, signals, site, candidate: None };
    let served = daemon::serve(config, &mut machine, args.once).await;
    if let Some(dashboard) = dashboard {
        dashboard.close().await;
    }
    served
}

/// What surrounds the daemon on a machine.
struct Machine {
    path: PathBuf,
    engine: Option<Arc<dyn Engine>>,
    log: Log,
    stop: Stop,
    signals: Signals,
    site: Arc<web::Site>,
    /// The configuration that was read last: the pages show it once the daemon has it in use.
    candidate: Option<Config>,
}

impl World for Machine {
    fn clock(&self) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
        Arc::new(clock::now)
    }

    async fn wait(&mut self, until: Option<Timestamp>) -> Woken {
        if self.stop.is_asked() {
            return Woken::Stop;
        }
        self.site.hub.turned(clock::now());
        let left = until.map_or(SignedDuration::MAX, |until| until.duration_since(clock::now()));
        // What has passed already is no time to wait.
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO).min(LOOK_AGAIN_AFTER);
        tokio::select! {
            woken = self.signals.next() => woken,
            () = tokio::time::sleep(left) => Woken::Time,
        }
    }

    fn is_stopping(&self) -> bool {
        self.stop.is_asked()
    }

    fn configuration(&mut self) -> Result<Config, Error> {
        service::reloading();
        let config = config::load(&self.path).map_err(Error::config)?;
        self.candidate = Some(config.clone());
        Ok(config)
    }

    async fn run(&mut self, config: &Config, report: &Report) -> Result<Verdict, Error> {
        let request = Request {
            config,
            report,
            from: None,
            to: None,
            release: false,
            full: false,
            after: None,
            stop: self.stop.clone(),
            trigger: "schedule",
            engine: self.engine.clone(),
            progress: Arc::new(Both(self.log.of_run(&report.name), self.site.hub.of_run(&report.name, clock::now()))),
            now: Arc::new(clock::now),
        };
        Ok(pipeline::run::run(&request).await?.verdict)
    }

    fn tell(&mut self, event: &Event) {
        if matches!(event, Event::Reloaded { .. })
            && let Some(config) = self.candidate.take()
        {
            self.site.configure(config);
        }
        self.log.event(event);
        self.site.hub.tell(event, clock::now());
        service::tell(event);
    }
}

/// Two that listen to one run.
struct Both<A, B>(A, B);

impl<A: Progress, B: Progress> Progress for Both<A, B> {
    fn begin(&self, step: Step, total: Option<u64>) {
        self.0.begin(step, total);
        self.1.begin(step, total);
    }

    fn advance(&self, step: Step, done: u64) {
        self.0.advance(step, done);
        self.1.advance(step, done);
    }

    fn end(&self, step: Step, summary: &str) {
        self.0.end(step, summary);
        self.1.end(step, summary);
    }

    fn warn(&self, message: &str) {
        self.0.warn(message);
        self.1.warn(message);
    }
}
