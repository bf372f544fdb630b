//! The door of the dashboard: who is let in, and as whom. Every request passes it, whatever page or answer it is for.
//!
//! Three layers, from the outside: [`headers`] adds the headers that every answer has and writes what a refusal says, [`host`]
//! refuses names that are not ours, [`admit`] finds out who asks, refuses what another site sent, and hands on a
//! [`Visitor`](super::visitor::Visitor). The door knows no page but that of signing in.

mod admit;
mod cookie;
mod csrf;
mod headers;
mod host;
mod line;
mod next;
mod origin;
pub(crate) mod password;
mod refusal;
pub(crate) mod secret;
mod sign_in;
#[cfg(test)]
mod tests;
mod throttle;

pub(crate) use admit::{TOKEN_PREFIX, admit};
pub(crate) use headers::headers;
pub(crate) use host::host;
pub(crate) use line::Listener;
pub(in crate::web) use next::local;
pub(crate) use refusal::Refusal;
pub(crate) use sign_in::routes;

use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use pipeline::config::Config;
use pipeline::config::dashboard::DashboardModel;
use pipeline::store::{State, StoreError};
use pipeline::{Error, ErrorKind, failure};
use secrecy::SecretString;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::Semaphore;

/// A session that nobody used for so long is over: a working day, so that nobody signs in twice on one.
const IDLE: SignedDuration = SignedDuration::from_hours(8);
/// A session ends then, used or not.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// How often the use of a session or of a token is written down: not with each request.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Passwords that are checked at once: each takes 19 MiB and a processor for a moment.
const CHECKS_MAX: usize = 4;

/// What the clock says.
pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The door: what it needs to know who asks.
pub(crate) struct Door {
    dashboard: DashboardModel,
    /// Where the dashboard listens in fact.
    bound: SocketAddr,
    /// Reads, while another connection may wait to write.
    reader: Mutex<State>,
    writer: Mutex<State>,
    /// What binds forms to this process where there is no session: random, and gone with the process.
    key: secret::Key,
    throttle: Mutex<throttle::Throttle>,
    checks: Semaphore,
    now: Clock,
    /// The hash that is checked for a user who is not there, so that it takes as long.
    nobody: SecretString,
    /// Who hears of changes and refusals.
    listener: OnceLock<Listener>,
}

impl Door {
    /// The door of a dashboard that listens on `bound`.
    ///
    /// # Errors
    /// What the state file says; no random numbers.
    pub(crate) fn new(config: &Config, bound: SocketAddr, now: Clock) -> Result<Arc<Self>, Error> {
        let nobody = password::hash(&secret::random()?)?;
        Self::of(config.dashboard.clone(), &config.state_file(), bound, now, nobody)
    }

    fn of(
        dashboard: DashboardModel,
        state: &Path,
        bound: SocketAddr,
        now: Clock,
        nobody: SecretString,
    ) -> Result<Arc<Self>, Error> {
        let open = || State::open(state).map_err(|error| failure::store(&error));
        let writer = open()?;
        let reader = State::open_read_only(state).map_err(|error| failure::store(&error))?;
        Ok(Arc::new(Self {
            dashboard,
            bound,
            reader: Mutex::new(reader),
            writer: Mutex::new(writer),
            key: secret::Key::new(&secret::random()?),
            throttle: Mutex::default(),
            checks: Semaphore::new(CHECKS_MAX),
            now,
            nobody,
            listener: OnceLock::new(),
        }))
    }

    /// Reads the state on a thread where that may take its time.
    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&State) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let door = Arc::clone(self);
        blocking(move || work(&lock(&door.reader))).await
    }

    /// Changes the state on a thread where that may take its time.
    async fn write_state<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut State) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let door = Arc::clone(self);
        blocking(move || work(&mut lock(&door.writer))).await
    }

    /// Notes something of little weight: not at all while another request is writing, and nobody waits for it.
    fn note(self: &Arc<Self>, work: impl FnOnce(&mut State) -> Result<(), StoreError> + Send + 'static) {
        let door = Arc::clone(self);
        drop(tokio::task::spawn_blocking(move || {
            if let Ok(mut state) = door.writer.try_lock()
                && let Err(error) = work(&mut state)
            {
                tracing::warn!(%error, "the use of a session could not be noted");
            }
        }));
    }

    /// Whether a request comes from this very machine, and nobody passed it on.
    fn is_direct(peer: IpAddr, headers: &HeaderMap) -> bool {
        let passed_on = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];
        peer.is_loopback() && !passed_on.iter().any(|name| headers.contains_key(*name))
    }

    /// Whether this peer is a proxy whose headers are believed.
    fn is_proxy(&self, peer: IpAddr) -> bool {
        self.dashboard.proxy.as_ref().is_some_and(|proxy| proxy.addresses.contains(&peer))
    }

    /// The address that asks: behind a proxy that is believed, the one that it saw.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        // The last one is the proxy's own word; what stands before it anybody may have written.
        let seen = || {
            let last = headers.get_all("x-forwarded-for").iter().next_back()?;
            last.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
        };
        if self.is_proxy(peer) { seen().map_or(peer, |ip| ip.to_canonical()) } else { peer }
    }
}

/// Refuses to listen where everybody would have to be let in: beyond this machine, without a user and without a proxy that
/// names them.
///
/// # Errors
/// That refusal, with what to do; what the state file says.
pub(crate) fn may_listen(config: &Config, state: &State) -> Result<(), Error> {
    let dashboard = &config.dashboard;
    if dashboard.is_of_this_machine() || dashboard.has_proxy_users() {
        return Ok(());
    }
    if state.has_users().map_err(|error| failure::store(&error))? {
        return Ok(());
    }
    let message =
        format!("others could reach the dashboard on {}, and there is no user who could sign in", dashboard.listen);
    let advice = "Add one with `tally user add NAME --role admin`, or listen on `127.0.0.1:8420` alone.";
    Err(Error::new(ErrorKind::Config, message).advice(advice))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::error!(%error, "the state cannot tell who asks");
            Err(Refusal::State)
        }
        Err(_) => Err(Refusal::State),
    }
}

/// The value behind a lock. A thread that panicked left no half-made change: each is one transaction, or one entry.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
