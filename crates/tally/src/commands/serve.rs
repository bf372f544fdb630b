//! `tally serve`: the daemon on a real machine.

mod dashboard;
mod log;
mod pulse;
mod service;
mod signals;
mod telling;

use crate::cli::{Cli, ServeArgs};
use crate::web;
use dashboard::Dashboard;
use jiff::{SignedDuration, Timestamp};
use log::Log;
use pipeline::alert::Observation;
use pipeline::config::{self, Config, Report};
use pipeline::daemon::{self, Asked, Carried, Event, Means, Woken, World};
use pipeline::engine::Engine;
use pipeline::progress::{Progress, Step};
use pipeline::report::{RunReport, Verdict};
use pipeline::run::{Request, Stop};
use pipeline::store::RunId;
use pipeline::{Error, ErrorKind, clock};
use pulse::{Felt, Pulse};
use signals::Signals;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use telling::Teller;
use tokio::sync::Notify;

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
    // Whoever enters a job rings; without, it is found by the next look.
    let bell = Arc::new(Notify::new());
    let site = web::Site::new(config.clone(), Arc::clone(&bell), Arc::new(clock::now));
    let signals = Signals::heard(&stop, &log, &site.hub)?;
    let pulse = Pulse::new();
    let _watchdog = service::Watchdog::fed(pulse.clone());
    let dashboard = if args.once { None } else { Dashboard::open(args, &config, &site, &log).await? };
    let (path, engine) = (args.state.config.clone(), cli.engine.0.clone());
    let teller = Teller::new();
    let candidate = None;
    let mut machine = Machine { path, engine, log, stop, signals, bell, pulse, teller, site, candidate };
    let served = daemon::serve(config, &mut machine, args.once).await;
    machine.teller.end().await;
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
    bell: Arc<Notify>,
    pulse: Pulse,
    teller: Teller,
    site: Arc<web::Site>,
    /// The configuration that was read last: the pages show it once the daemon has it in use.
    candidate: Option<Config>,
}

impl Machine {
    /// What listens to the run of a report.
    fn listener(&self, report: &str) -> Arc<dyn Progress> {
        self.pulse.step();
        let to = Both(self.log.of_run(report), self.site.hub.of_run(report, clock::now()));
        Arc::new(Felt { to, pulse: self.pulse.clone() })
    }
}

impl World for Machine {
    fn clock(&self) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
        Arc::new(clock::now)
    }

    async fn wait(&mut self, until: Option<Timestamp>) -> Woken {
        self.pulse.turn();
        if self.stop.is_asked() {
            return Woken::Stop;
        }
        self.site.hub.turned(clock::now());
        let left = until.map_or(SignedDuration::MAX, |until| until.duration_since(clock::now()));
        // What has passed already is no time to wait.
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO).min(LOOK_AGAIN_AFTER);
        tokio::select! {
            woken = self.signals.next() => woken,
            () = self.bell.notified() => Woken::Asked,
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

    async fn carry_out(&mut self, config: &Config, asked: &Asked) -> Result<Carried, Error> {
        let means = Means {
            stop: self.stop.clone(),
            engine: self.engine.clone(),
            progress: self.listener(asked.job.report().unwrap_or(asked.job.name())),
            now: Arc::new(clock::now),
        };
        let result = daemon::carry_out(config, asked, &means).await;
        match &result {
            // A plan changes nothing, and has no number in the history.
            Ok(Carried { report: Some(report), run: Some(_), .. }) => {
                self.teller.tell(config, observed(config, report));
            }
            Ok(_) => {}
            // That a plan could not be made or carried out, the job tells whoever asked.
            Err(error) => {
                if let Some(report) = asked.job.report().filter(|_| asked.job.pushes()) {
                    self.teller.tell(config, Observation::of_error(report, error));
                }
            }
        }
        result
    }

    fn observe(&mut self, config: &Config, observation: Observation) {
        self.teller.tell(config, observation);
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
            progress: self.listener(&report.name),
            now: Arc::new(clock::now),
        };
        let result = pipeline::run::run(&request).await;
        self.teller.tell(
            config,
            match &result {
                Ok(outcome) => observed(config, outcome),
                Err(error) => Observation::of_error(&report.name, error),
            },
        );
        Ok(result?.verdict)
    }

    fn tell(&mut self, event: &Event) {
        if matches!(event, Event::Reloaded { .. })
            && let Some(config) = self.candidate.take()
        {
            self.site.configure(config);
        }
        // Whoever read it in the log finds it on the page.
        self.site.hub.tell(event, clock::now());
        self.log.event(event);
        service::tell(event);
    }
}

/// What became known by a run.
fn observed(config: &Config, report: &RunReport) -> Observation {
    Observation::of_run(report, config.is_current(&report.report, &report.last, report.started_at))
}

/// Two that listen to one run.
struct Both<A, B>(A, B);

impl<A: Progress, B: Progress> Progress for Both<A, B> {
    fn entered(&self, run: RunId) {
        self.0.entered(run);
        self.1.entered(run);
    }

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
