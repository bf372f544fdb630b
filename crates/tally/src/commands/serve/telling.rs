//! Alerts of the daemon: told one after the other by a task of its own, so that a slow destination never delays a run.

use pipeline::alert::{self, Observation};
use pipeline::clock;
use pipeline::config::Config;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinHandle;

/// So many may wait to be told: more than a day of observations of a destination that does not answer.
const WAITING_MAX: usize = 200;
/// At the end people are waited for so long: a destination that is away is tried for a minute.
const LAST_WORDS: Duration = Duration::from_secs(75);

/// Who tells.
#[derive(Debug)]
pub(super) struct Teller {
    to: Sender<(Config, Observation)>,
    task: JoinHandle<()>,
}

impl Teller {
    /// Somebody with nothing to tell yet.
    pub(super) fn new() -> Self {
        let (to, mut from) = channel::<(Config, Observation)>(WAITING_MAX);
        let task = tokio::spawn(async move {
            while let Some((config, observation)) = from.recv().await {
                alert::tell(&config, &observation, &clock::now).await;
            }
        });
        Self { to, task }
    }

    /// Has something told, after all that was before it. What cannot wait any more is in the log; the next observation of
    /// the report says it again.
    pub(super) fn tell(&self, config: &Config, observation: Observation) {
        let report = observation.report.clone();
        if self.to.try_send((config.clone(), observation)).is_err() {
            tracing::warn!(report, "an observation could not be told: too many wait");
        }
    }

    /// Waits until all is told, but not for ever.
    pub(super) async fn end(self) {
        drop(self.to);
        if tokio::time::timeout(LAST_WORDS, self.task).await.is_err() {
            tracing::warn!("not all alerts were delivered before the end; the next run tells them again");
        }
    }
}
