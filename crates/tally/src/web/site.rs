//! What all pages are made of: the configuration, the state, and what the daemon does now.

use super::doctor::Doctor;
use super::hub::Hub;
use super::names::Names;
use jiff::Timestamp;
use pipeline::config::Config;
use pipeline::daemon::{self, Asked, Job, NotAsked};
use pipeline::kept;
use pipeline::picture::Pictures;
use pipeline::report::RunReport;
use pipeline::store::{RunId, State};
use pipeline::{Error, ErrorKind};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::{Notify, Semaphore};

/// Readers of the state at a time. A page takes a millisecond or two; more readers than cores only get in each other's way.
const READERS_MAX: usize = 4;
/// Reports of past runs that are kept in memory: those that the overview shows, for more reports than a ministry has.
const KEPT_MAX: usize = 32;

/// Tells the time.
pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What all pages are made of.
pub(crate) struct Site {
    config: RwLock<Arc<Config>>,
    /// What the daemon does now.
    pub(crate) hub: Hub,
    /// Tells the time.
    pub(crate) clock: Clock,
    /// Open connections that nobody uses, each with its file: a new configuration may name another.
    readers: Mutex<Vec<(PathBuf, State)>>,
    turns: Semaphore,
    /// Wakes the daemon when something was asked of it.
    bell: Arc<Notify>,
    /// What `tally doctor` found, when somebody last asked for it here.
    pub(crate) doctor: Doctor,
    /// Reports of runs that have ended; those never change but for record ids that expire.
    kept: Mutex<VecDeque<(RunId, Arc<RunReport>)>>,
    /// What the pages of reports show, until something changes.
    pub(crate) pictures: Pictures,
    /// What DHIS2 calls things, and where they lie.
    pub(crate) names: Names,
}

impl Site {
    /// The site of a configuration.
    pub(crate) fn new(config: Config, bell: Arc<Notify>, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            config: RwLock::new(Arc::new(config)),
            hub: Hub::new(),
            bell,
            clock,
            readers: Mutex::default(),
            turns: Semaphore::new(READERS_MAX),
            doctor: Doctor::default(),
            kept: Mutex::default(),
            pictures: Pictures::default(),
            names: Names::default(),
        })
    }

    /// The configuration in use.
    pub(crate) fn config(&self) -> Arc<Config> {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another configuration is in use.
    pub(crate) fn configure(&self, config: Config) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Looks at the state, on a thread where that may take its time.
    ///
    /// # Errors
    /// What the file says, and what `look` does.
    pub(crate) async fn state<T: Send + 'static>(
        self: &Arc<Self>,
        look: impl FnOnce(&State) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let _turn = self.turns.acquire().await.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        let site = Arc::clone(self);
        let looked = tokio::task::spawn_blocking(move || site.look(look)).await;
        looked.map_err(|error| Error::new(ErrorKind::Internal, format!("a page could not be made: {error}")))?
    }

    /// Asks the daemon for something, in somebody's name.
    ///
    /// # Errors
    /// Why it is not taken.
    pub(crate) async fn ask(self: &Arc<Self>, job: Job, by: String) -> Result<Asked, NotAsked> {
        let site = Arc::clone(self);
        let asked = tokio::task::spawn_blocking(move || {
            let config = site.config();
            daemon::ask(&config, &mut State::open(&config.state_file())?, &job, &by, site.now())
        });
        let asked = asked.await.unwrap_or_else(|_| Err(NotAsked::Full))?;
        self.bell.notify_one();
        Ok(asked)
    }

    /// Changes the state in somebody's name: what is recorded there and asks nothing of the daemon.
    ///
    /// # Errors
    /// What the file says.
    pub(crate) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut State, Timestamp) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let site = Arc::clone(self);
        let changed =
            tokio::task::spawn_blocking(move || change(&mut State::open(&site.config().state_file())?, site.now()));
        changed.await.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?
    }

    fn look<T>(&self, look: impl FnOnce(&State) -> Result<T, Error>) -> Result<T, Error> {
        let path = self.config().state_file();
        let idle = {
            let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            readers.retain(|(of, _)| *of == path);
            readers.pop()
        };
        let state = match idle {
            Some((_, state)) => state,
            None => State::open_read_only(&path)?,
        };
        let looked = look(&state)?;
        // After an error the connection is not used again: the file may be another one.
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push((path, state));
        Ok(looked)
    }

    /// The report of a run that has ended; none of one that failed.
    ///
    /// # Errors
    /// What the state says.
    pub(crate) fn report(&self, state: &State, run: RunId) -> Result<Option<Arc<RunReport>>, Error> {
        let known = |kept: &VecDeque<(RunId, Arc<RunReport>)>| {
            kept.iter().find(|(id, _)| *id == run).map(|(_, report)| Arc::clone(report))
        };
        if let Some(report) = known(&self.kept.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(Some(report));
        }
        let Some(report) = kept::report(state, run)?.map(Arc::new) else { return Ok(None) };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if known(&kept).is_none() {
            kept.truncate(KEPT_MAX - 1);
            kept.push_front((run, Arc::clone(&report)));
        }
        Ok(Some(report))
    }
}
