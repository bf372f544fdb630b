//! What systemd is told, where it started the process: that it is ready, that it lives, that it stops.

use pipeline::daemon::Event;

#[cfg(unix)]
mod systemd {
    use super::super::pulse::Pulse;
    use super::Event;
    use sd_notify::{NotifyState, notify};
    use std::time::Duration;

    /// Tells what systemd wants to know of an event. That it cannot be told is no reason to stop.
    pub(in super::super) fn tell(event: &Event) {
        let told = match event {
            Event::Started { .. } | Event::Reloaded { .. } | Event::NotReloaded { .. } => notify(&[NotifyState::Ready]),
            Event::Waiting { .. } => notify(&[NotifyState::Status("waiting: another daemon works on this state")]),
            Event::Due { report, .. } => notify(&[NotifyState::Status(&format!("running {report}"))]),
            Event::Idle { next: Some(next) } => notify(&[NotifyState::Status(&format!("next due at {next}"))]),
            Event::Stopping => notify(&[NotifyState::Stopping]),
            _ => Ok(()),
        };
        log(told);
    }

    /// Tells that the configuration is read anew; being ready again is told by what came of it.
    pub(in super::super) fn reloading() {
        log(NotifyState::monotonic_usec_now().and_then(|now| notify(&[NotifyState::Reloading, now])));
    }

    fn log(told: std::io::Result<()>) {
        if let Err(error) = told {
            tracing::warn!("systemd cannot be told: {error}");
        }
    }

    /// Feeds the watchdog as long as the daemon has a pulse, if systemd has one for this process. A loop that does not turn
    /// and a run that does not get on are not fed for: systemd then starts the daemon anew.
    pub(in super::super) struct Watchdog(Option<tokio::task::JoinHandle<()>>);

    impl Watchdog {
        pub(in super::super) fn fed(pulse: Pulse) -> Self {
            let every = sd_notify::watchdog_enabled().map(|patience| (patience / 2).max(Duration::from_millis(10)));
            Self(every.map(|every| {
                tokio::spawn(async move {
                    loop {
                        if pulse.is_alive() {
                            log(notify(&[NotifyState::Watchdog]));
                        }
                        tokio::time::sleep(every).await;
                    }
                })
            }))
        }
    }

    impl Drop for Watchdog {
        fn drop(&mut self) {
            if let Some(task) = &self.0 {
                task.abort();
            }
        }
    }
}

#[cfg(unix)]
pub(super) use systemd::{Watchdog, reloading, tell};

#[cfg(not(unix))]
mod nobody {
    pub(in super::super) fn tell(_: &super::Event) {}

    pub(in super::super) fn reloading() {}

    pub(in super::super) struct Watchdog;

    impl Watchdog {
        pub(in super::super) fn fed(_: super::super::pulse::Pulse) -> Self {
            Self
        }
    }
}

#[cfg(not(unix))]
pub(super) use nobody::{Watchdog, reloading, tell};
