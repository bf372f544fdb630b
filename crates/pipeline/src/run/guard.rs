//! The turn of a run: one lease that keeps two runs on one state apart.

use super::Stop;
use super::holder::{self, Holder, Life};
use crate::config::Config;
use crate::error::{Code, Error, ErrorKind};
use crate::store::{self, Acquired, State};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Name of the lease that keeps two runs on one state apart.
pub(crate) const LEASE: &str = "run";
/// Name of the lease that keeps two daemons on one state apart.
pub(crate) const DAEMON: &str = "serve";
/// A lease outlives its process by so much; it is renewed four times as often.
const LEASE_TTL: Duration = Duration::from_secs(120);

/// A source of "now".
pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The lease of this process, kept alive beside the run.
#[derive(Debug)]
pub(crate) struct Guard {
    lease: store::Lease,
    lost: Arc<AtomicBool>,
    keeper: tokio::task::JoinHandle<()>,
    stop: Stop,
}

impl Guard {
    /// Takes the lease of a configuration's state.
    ///
    /// # Errors
    /// A temporary one while another run has it.
    pub(crate) fn take(state: &mut State, config: &Config, now: &Clock) -> Result<Self, Error> {
        Self::take_named(LEASE, "another run is under way", state, config, now)
    }

    /// Takes the lease that keeps two daemons on one state apart.
    ///
    /// # Errors
    /// A temporary one while another daemon has it.
    pub(crate) fn take_as_daemon(state: &mut State, config: &Config, now: &Clock) -> Result<Self, Error> {
        Self::take_named(DAEMON, "another daemon works on this state", state, config, now)
    }

    /// Has what it guards end early, if somebody asks.
    pub(super) fn with_stop(self, stop: &Stop) -> Self {
        let mut guard = self;
        guard.stop = stop.clone();
        guard
    }

    fn take_named(name: &str, elsewhere: &str, state: &mut State, config: &Config, now: &Clock) -> Result<Self, Error> {
        let this = Holder::this();
        let holder = this.stored();
        let mut acquired = state.acquire_lease(name, &holder, now(), LEASE_TTL)?;
        if let Acquired::HeldBy { holder: other, .. } = &acquired
            && Holder::parse(other).is_some_and(|other| other.life(&this) == Life::Gone)
        {
            acquired = state.take_over_lease(name, &holder, &other.clone(), now(), LEASE_TTL)?;
        }
        match acquired {
            Acquired::Granted(lease) => {
                let lost = Arc::new(AtomicBool::new(false));
                let state_file = config.state_file();
                let keeper = tokio::spawn(keep(state_file, lease.clone(), Arc::clone(&lost), Arc::clone(now)));
                Ok(Self { lease, lost, keeper, stop: Stop::default() })
            }
            Acquired::HeldBy { holder, until } => {
                let holder = holder::for_people(&holder);
                let message = format!("{elsewhere} ({holder}, until {until} unless it goes on)");
                let advice = "Wait for it. If its process is gone, `tally state unlock` frees the way at once.";
                Err(Error::new(ErrorKind::Temporary, message).advice(advice).coded(Code::RunUnderWay))
            }
        }
    }

    /// Whether the lease is still ours, and if so, for its whole time again. The state file is asked: a process that was
    /// stopped for longer than its lease lasts does not know by itself that another one has taken over.
    /// Neither may go on when somebody asked for the end.
    pub(crate) fn check(&self, state: &mut State, now: Timestamp) -> Result<(), Error> {
        self.stop.check()?;
        let mut lease = self.lease.clone();
        let kept = match state.renew_lease(&mut lease, now, LEASE_TTL) {
            Ok(()) => !self.lost.load(Ordering::Relaxed),
            Err(store::StoreError::LeaseLost { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        if !kept {
            let message = "another process took over this run's lease";
            return Err(Error::new(ErrorKind::Temporary, message)
                .advice("Look at `tally history`; this run wrote nothing more.")
                .coded(Code::LeaseLost));
        }
        Ok(())
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// What the state file says.
    pub(crate) fn release(self, state: &mut State) -> Result<(), Error> {
        match state.release_lease(&self.lease) {
            // A lease that was lost is somebody else's to release.
            Ok(()) | Err(store::StoreError::LeaseLost { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A run that is dropped half-way must not keep its lease alive.
impl Drop for Guard {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

async fn keep(state_file: std::path::PathBuf, mut lease: store::Lease, lost: Arc<AtomicBool>, now: Clock) {
    loop {
        tokio::time::sleep(LEASE_TTL / 4).await;
        let kept = State::open(&state_file).and_then(|mut state| state.renew_lease(&mut lease, now(), LEASE_TTL));
        if kept.is_err() {
            lost.store(true, Ordering::Relaxed);
            return;
        }
    }
}
