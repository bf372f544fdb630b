//! The daemon: runs the reports of a configuration when they are due, one at a time.
//!
//! What it knows of the past is in the state: up to where the due times of each report are settled, and what came of them.
//! So it may be stopped, killed and started at any time, on the same machine or on another that has the state. A due time is
//! settled when its run has ended, not when it begins; what is due twice, because a process died, is run twice, and a second
//! run pushes nothing.
//!
//! Two daemons with one state keep apart by a lease: one works, the other waits until it is gone.

mod asked;
mod duty;
mod event;
mod job;
#[cfg(test)]
mod months;
pub mod plans;

pub use crate::store::{Asked, JOB_WAITS_MAX, JOBS_WAITING_MAX, Job, JobEnd, JobId, JobRow, JobState};
pub use event::{Event, Why};
pub use job::{Carried, Means, NotAsked, ask, carry_out};

use crate::alert::Observation;
use crate::config::{Config, Report};
use crate::error::{Code, Error, ErrorKind};
use crate::report::Verdict;
use crate::run::guard::Guard;
use crate::run::open_state;
use crate::schedule::{self, Owed};
use crate::store::{Came, RunId, State};
use duty::{Duty, Looked, Tries};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

/// While another daemon works, so often it is looked whether it is gone: sooner than its lease runs out.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(15);

/// What ends a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The time has come, or the waiting was long enough to look again.
    Time,
    /// Somebody asked for something: [`ask`].
    Asked,
    /// The configuration is to be read anew.
    Reload,
    /// It is to stop.
    Stop,
}

/// What surrounds a daemon: time, signals, the run itself, and whoever listens.
pub trait World {
    /// The clock.
    fn clock(&self) -> Arc<dyn Fn() -> Timestamp + Send + Sync>;

    /// Waits until an instant, or until a signal; for a signal alone without an instant. May return early.
    fn wait(&mut self, until: Option<Timestamp>) -> impl Future<Output = Woken>;

    /// Whether somebody said stop, perhaps while a run was under way.
    fn is_stopping(&self) -> bool;

    /// Reads and checks the configuration anew.
    ///
    /// # Errors
    /// All that is wrong with it.
    fn configuration(&mut self) -> Result<Config, Error>;

    /// Runs a report. A run that ends early because of a stop has [`Code::Stopped`].
    fn run(&mut self, config: &Config, report: &Report) -> impl Future<Output = Result<Verdict, Error>>;

    /// Does what somebody asked, as [`carry_out`] does it.
    fn carry_out(&mut self, config: &Config, asked: &Asked) -> impl Future<Output = Result<Carried, Error>>;

    /// Tells people of a deadline that passed, or of one that is kept again, as [`crate::alert::tell`] does it; without
    /// waiting for it. What comes of runs and jobs it tells by itself.
    fn observe(&mut self, config: &Config, observation: Observation);

    /// Hears what happened.
    fn tell(&mut self, event: &Event);
}

/// Runs what is due until told to stop. With `once`, only what is due now.
///
/// Returns the exit code: 0 after a stop; with `once`, that of the first report that is not clean.
///
/// # Errors
/// What the state says; with `once`, that another daemon works.
pub async fn serve<W: World>(config: Config, world: &mut W, once: bool) -> Result<u8, Error> {
    let scheduled = n_scheduled(&config);
    let began = (world.clock())();
    let mut daemon = Daemon { config, world, began, once, tries: BTreeMap::new(), looked: BTreeMap::new(), code: 0 };
    daemon.world.tell(&Event::Started { scheduled });
    while let Some((mut state, guard)) = daemon.turn().await? {
        let worked = daemon.work(&mut state, &guard).await;
        let released = guard.release(&mut state);
        match worked {
            // Whoever took over works now; this one waits for its next turn.
            Err(error) if error.code == Code::LeaseLost && !once => {}
            worked => {
                worked?;
                released?;
                break;
            }
        }
    }
    daemon.world.tell(&Event::Stopped);
    Ok(daemon.code)
}

/// How many reports run by themselves.
fn n_scheduled(config: &Config) -> usize {
    config.reports.iter().filter(|report| report.scheduled.is_some()).count()
}

struct Daemon<'w, W> {
    config: Config,
    world: &'w mut W,
    /// Since when somebody is here: what was due before, somebody may have missed.
    began: Timestamp,
    once: bool,
    /// By report: what failed for a reason that may pass.
    tries: BTreeMap<String, Tries>,
    /// By report: what the last look at its deadline showed.
    looked: BTreeMap<String, Looked>,
    code: u8,
}

impl<W: World> Daemon<'_, W> {
    fn now(&self) -> Timestamp {
        (self.world.clock())()
    }

    /// Waits until no other daemon works; none after a stop.
    async fn turn(&mut self) -> Result<Option<(State, Guard)>, Error> {
        let mut waits = false;
        loop {
            let mut state = open_state(&self.config)?;
            let error = match Guard::take_as_daemon(&mut state, &self.config, &self.world.clock()) {
                Ok(guard) => {
                    if waits {
                        self.began = self.now();
                    }
                    self.world.tell(&Event::Working);
                    return Ok(Some((state, guard)));
                }
                Err(error) if error.code == Code::RunUnderWay && !self.once => error,
                Err(error) => return Err(error),
            };
            if !std::mem::replace(&mut waits, true) {
                self.world.tell(&Event::Waiting { message: error.message });
            }
            drop(state);
            match self.world.wait(self.now().checked_add(LOOK_AGAIN_AFTER).ok()).await {
                Woken::Time | Woken::Asked => {}
                Woken::Reload => self.reload(),
                Woken::Stop => return Ok(None),
            }
        }
    }

    /// Runs what is due, as long as the lease is ours and nobody says stop.
    async fn work(&mut self, state: &mut State, guard: &Guard) -> Result<(), Error> {
        self.lose_jobs(state)?;
        let mut idle_until = None;
        loop {
            let now = self.now();
            guard.check(state, now)?;
            self.watch(state, now)?;
            self.tell_overdue(state, now)?;
            if self.world.is_stopping() {
                return Ok(());
            }
            plans::expire(state, now)?;
            if let Some(asked) = state.next_job()? {
                idle_until = None;
                if self.oblige(state, &asked, now).await? {
                    continue;
                }
                return Ok(());
            }
            if let Some(duty) = self.next_duty(state, now)? {
                idle_until = None;
                if self.fulfil(state, &duty, now).await? {
                    continue;
                }
                return Ok(());
            }
            if self.once {
                return Ok(());
            }
            let next = self.next_due(now);
            if idle_until != Some(next) {
                self.world.tell(&Event::Idle { next });
                idle_until = Some(next);
            }
            match self.world.wait(self.next_look(now)).await {
                Woken::Time | Woken::Asked => {}
                Woken::Reload => self.reload(),
                Woken::Stop => return Ok(()),
            }
        }
    }

    /// Runs a report that is due; false when the run was ended by a stop.
    async fn fulfil(&mut self, state: &mut State, duty: &Duty, began: Timestamp) -> Result<bool, Error> {
        let report = self.config.reports[duty.report].clone();
        let (name, Owed { last: due, n, .. }) = (report.name.clone(), duty.owed);
        self.world.tell(&Event::Due { report: name.clone(), due, n });
        let result = self.world.run(&self.config, &report).await;
        let ended = self.now();
        let run = state.runs(Some(&name), 1)?.pop().filter(|run| run.started_at >= began).map(|run| run.id);
        match &result {
            Err(error) if error.code == Code::Stopped => {
                self.world.tell(&Event::Interrupted { report: name, due });
                return Ok(false);
            }
            Err(error) if error.kind == ErrorKind::Temporary => {
                self.note(error.kind.exit_code());
                let until = self.tries.entry(name.clone()).or_default().again(ended);
                self.world.tell(&Event::Postponed { report: name, due, until, why: error.into() });
                return Ok(true);
            }
            Err(error) => {
                let run = run.map(|run| run.0);
                self.world.tell(&Event::Failed { report: name.clone(), due, run, why: error.into() });
            }
            Ok(verdict) => {
                let (run, verdict) = (run.map(|run| run.0), *verdict);
                self.world.tell(&Event::Ran { report: name.clone(), due, run, verdict });
            }
        }
        self.note(result.map_or_else(|error| error.kind.exit_code(), Verdict::exit_code));
        self.tries.remove(&name);
        let Some(scheduled) = &report.scheduled else { return Ok(true) };
        let row = |came, first, last, n| duty::row(&name, scheduled, came, (first, last, n), run, ended);
        let mut rows = vec![row(Came::Ran, due, due, 1)];
        if let Some(older) = duty.owed.last_but_one {
            rows.push(row(Came::Covered, duty.owed.first, older, n - 1));
        }
        if let Some(Owed { first, last, n, .. }) = schedule::owed(&scheduled.schedule, due, ended) {
            rows.push(row(Came::Skipped, first, last, n));
            self.world.tell(&Event::Skipped { report: name.clone(), first, last, n });
        }
        state.record_due(&rows)?;
        Ok(true)
    }

    /// The first report that is not clean decides the exit code of a daemon that runs once.
    fn note(&mut self, code: u8) {
        if self.once && self.code == 0 {
            self.code = code;
        }
    }

    /// Reads the configuration anew; a bad one is told, and the old one stays.
    fn reload(&mut self) {
        let read = self.world.configuration().and_then(|config| {
            if config.state_folder == self.config.state_folder {
                return Ok(config);
            }
            let error = Error::new(ErrorKind::Config, "the state folder is another one");
            Err(error.advice("Stop the daemon and start it again: what it knows is in the old one."))
        });
        match read {
            Ok(config) => {
                self.config = config;
                self.world.tell(&Event::Reloaded { scheduled: n_scheduled(&self.config) });
            }
            Err(error) => self.world.tell(&Event::NotReloaded { why: (&error).into() }),
        }
    }
}
