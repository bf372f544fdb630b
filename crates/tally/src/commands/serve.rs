//! `tally serve`: the daemon on a real machine.

mod log;
mod service;
mod signals;

use crate::cli::{Cli, ServeArgs};
use jiff::{SignedDuration, Timestamp};
use log::Log;
use pipeline::alert::Observation;
use pipeline::config::{self, Config, Report};
use pipeline::daemon::{self, Asked, Carried, Event, Means, Woken, World};
use pipeline::engine::Engine;
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
    if config.reports.iter().all(|report| report.scheduled.is_none()) {
        let error = Error::new(ErrorKind::Config, "no report has a schedule");
        return Err(
            error.advice("Add one to a `[[report]]`, such as `schedule = \"0 23 * * 1\"` for Mondays at 23:00.")
        );
    }
    let log = Log::new(cli);
    let stop = Stop::default();
    let signals = Signals::heard(&stop, &log)?;
    let _watchdog = service::Watchdog::fed();
    let (path, engine) = (args.state.config.clone(), cli.engine.0.clone());
    let mut machine = Machine { path, engine, log, stop, signals };
    daemon::serve(config, &mut machine, args.once).await
}

/// What surrounds the daemon on a machine.
struct Machine {
    path: PathBuf,
    engine: Option<Arc<dyn Engine>>,
    log: Log,
    stop: Stop,
    signals: Signals,
}

impl World for Machine {
    fn clock(&self) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
        Arc::new(clock::now)
    }

    async fn wait(&mut self, until: Option<Timestamp>) -> Woken {
        if self.stop.is_asked() {
            return Woken::Stop;
        }
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
        config::load(&self.path).map_err(Error::config)
    }

    async fn carry_out(&mut self, config: &Config, asked: &Asked) -> Result<Carried, Error> {
        let means = Means {
            stop: self.stop.clone(),
            engine: self.engine.clone(),
            progress: Arc::new(self.log.of_run(asked.job.report().unwrap_or(asked.job.name()))),
            now: Arc::new(clock::now),
        };
        daemon::carry_out(config, asked, &means).await
    }

    fn observe(&mut self, _: &Config, _: Observation) {}

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
            progress: Arc::new(self.log.of_run(&report.name)),
            now: Arc::new(clock::now),
        };
        Ok(pipeline::run::run(&request).await?.verdict)
    }

    fn tell(&mut self, event: &Event) {
        self.log.event(event);
        service::tell(event);
    }
}
