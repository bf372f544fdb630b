//! One run at a time: the lease of this process, kept alive beside the run.

use super::Request;
use crate::error::{Error, ErrorKind};
use crate::store::{Acquired, Lease, State};
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Name of the lease that keeps two runs on one state apart.
const LEASE: &str = "run";
/// A lease outlives its process by so much; it is renewed four times as often.
const LEASE_TTL: Duration = Duration::from_secs(120);

/// The lease of this process, kept alive beside the run.
pub(super) struct Guard {
    lease: Lease,
    lost: Arc<AtomicBool>,
    keeper: tokio::task::JoinHandle<()>,
}

impl Guard {
    pub(super) fn take(state: &mut State, request: &Request<'_>) -> Result<Self, Error> {
        let holder = format!("process {}", std::process::id());
        match state.acquire_lease(LEASE, &holder, (request.now)(), LEASE_TTL)? {
            Acquired::Granted(lease) => {
                let lost = Arc::new(AtomicBool::new(false));
                let folder = request.config.state_folder.clone();
                let keeper = tokio::spawn(keep(folder, lease.clone(), Arc::clone(&lost), Arc::clone(&request.now)));
                Ok(Self { lease, lost, keeper })
            }
            Acquired::HeldBy { holder, until } => {
                let message = format!("another run is under way ({holder}, until {until} unless it goes on)");
                let advice = "Wait for it. If its process is gone, the next run can begin after that time.";
                Err(Error::new(ErrorKind::Temporary, message).advice(advice))
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.lost.load(Ordering::Relaxed) {
            let message = "another process took over this run's lease";
            return Err(Error::new(ErrorKind::Temporary, message)
                .advice("Look at `tally history`; this run wrote nothing more."));
        }
        Ok(())
    }

    pub(super) fn release(self, state: &mut State) -> Result<(), Error> {
        // A lease that was lost is somebody else's to release.
        if self.check().is_ok() {
            state.release_lease(&self.lease)?;
        }
        Ok(())
    }
}

/// A run that is dropped half-way must not keep its lease alive.
impl Drop for Guard {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

async fn keep(folder: PathBuf, mut lease: Lease, lost: Arc<AtomicBool>, now: Arc<dyn Fn() -> Timestamp + Send + Sync>) {
    loop {
        tokio::time::sleep(LEASE_TTL / 4).await;
        let kept = State::open(&folder.join("state.sqlite"))
            .and_then(|mut state| state.renew_lease(&mut lease, now(), LEASE_TTL));
        if kept.is_err() {
            lost.store(true, Ordering::Relaxed);
            return;
        }
    }
}
