//! What a service manager or a person says to the process.

use super::log::Log;
use super::service;
use crate::web::hub::Hub;
use pipeline::daemon::{Event, Woken};
use pipeline::run::Stop;
use pipeline::{Error, ErrorKind, clock};
use std::future::pending;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Signals, heard from now on, also while a run is under way.
#[derive(Debug)]
pub(super) struct Signals {
    heard: UnboundedReceiver<Woken>,
}

impl Signals {
    /// Listens. A stop asks the run under way to end, and those who look at the dashboard are told.
    ///
    /// # Errors
    /// A system that has no signals to give.
    pub(super) fn heard(stop: &Stop, log: &Log, hub: &Hub) -> Result<Self, Error> {
        let (to, heard) = unbounded_channel();
        let listener = Listener { stop: stop.clone(), log: log.clone(), hub: hub.clone(), to };
        listen(listener)
            .map_err(|error| Error::new(ErrorKind::Internal, format!("no signals can be heard: {error}")))?;
        Ok(Self { heard })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Woken {
        match self.heard.recv().await {
            Some(woken) => woken,
            None => pending().await,
        }
    }
}

struct Listener {
    stop: Stop,
    log: Log,
    hub: Hub,
    to: UnboundedSender<Woken>,
}

impl Listener {
    fn reload(&self) {
        // Whoever listened is gone only when the process ends.
        let _ = self.to.send(Woken::Reload);
    }

    /// The first time asks; who asks again means it, and the next run repairs what was left.
    fn stop(&self) {
        if self.stop.is_asked() {
            std::process::exit(i32::from(ErrorKind::Temporary.exit_code()));
        }
        self.stop.ask();
        // Whoever read it in the log finds it on the page.
        self.hub.tell(&Event::Stopping, clock::now());
        self.log.event(&Event::Stopping);
        service::tell(&Event::Stopping);
        let _ = self.to.send(Woken::Stop);
    }
}

#[cfg(unix)]
fn listen(listener: Listener) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut hang_up, mut terminate) = (signal(SignalKind::hangup())?, signal(SignalKind::terminate())?);
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = hang_up.recv() => listener.reload(),
                _ = terminate.recv() => listener.stop(),
                _ = interrupt.recv() => listener.stop(),
            }
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn listen(listener: Listener) -> std::io::Result<()> {
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            listener.stop();
        }
    });
    Ok(())
}
