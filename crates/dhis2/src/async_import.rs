//! Imports that run as a job of the server, for connections too short-lived for the answer.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep};

use crate::client::Client;
use crate::decode;
use crate::error::{Error, ErrorKind};
use crate::summary::Body;
use crate::values::{DataValueSet, ImportOptions, PreparedImport, not_a_summary, understood};
use crate::verdict::Verdict;

/// The kind of job that an import of data values is.
const JOB: &str = "DATAVALUE_IMPORT";

/// How patiently to wait for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polling {
    /// The pause between two questions.
    pub delay: Duration,
    /// The longest time to wait in all.
    pub deadline: Duration,
}

impl Default for Polling {
    /// Every 2 seconds for at most an hour; the server's scheduler itself may take 20 seconds to start a job.
    fn default() -> Self {
        Self { delay: Duration::from_secs(2), deadline: Duration::from_secs(3600) }
    }
}

#[derive(Deserialize)]
struct Notification {
    #[serde(default)]
    completed: bool,
}

impl Client {
    /// Like [`Client::import`], as a job of the server. **Writes**, unless `dry_run`.
    ///
    /// That a job completed does not mean that it succeeded; only its summary tells.
    ///
    /// # Errors
    /// `TaskTimeout` if the deadline passes; it and every failure after the job was started leave the outcome unknown.
    pub async fn import_async(
        &self,
        set: &DataValueSet,
        options: &ImportOptions,
        polling: &Polling,
    ) -> Result<Verdict, Error> {
        self.import_prepared_async(&self.prepare(set, options)?, polling).await
    }

    /// Like [`Client::import_async`], of what was prepared. **Writes**, unless `dry_run`.
    ///
    /// # Errors
    /// As [`Client::import_async`].
    pub async fn import_prepared_async(&self, prepared: &PreparedImport, polling: &Polling) -> Result<Verdict, Error> {
        let n_values = prepared.n_values();
        let answer = self.post_values(prepared, true).await?;
        match understood(&answer)? {
            Body::Job(task) => self.verdict_of(&task, n_values, polling).await.map_err(Error::with_unknown_outcome),
            Body::Summary(summary) => Ok(Verdict::of(summary, n_values)),
            Body::Other => Err(not_a_summary(&answer, "/api/dataValueSets")),
        }
    }

    async fn verdict_of(&self, task: &str, n_values: usize, polling: &Polling) -> Result<Verdict, Error> {
        let end = Instant::now() + polling.deadline;
        loop {
            let answer = self.transport.get(&["system", "tasks", JOB, task], &[]).await?;
            let notifications: Vec<Notification> =
                if answer.body.is_empty() { Vec::new() } else { decode::json(&answer.body)? };
            // An empty list means *not yet*, or that the notes were cleared: then the summary tells.
            if notifications.is_empty() || notifications.iter().any(|note| note.completed) {
                let answer = self.transport.get(&["system", "taskSummaries", JOB, task], &[]).await?;
                if let Body::Summary(summary) = Body::read(&answer.body)? {
                    return Ok(Verdict::of(summary, n_values));
                }
            }
            if Instant::now() + polling.delay > end {
                return Err(Error::new(ErrorKind::TaskTimeout { task: task.to_owned() }));
            }
            sleep(polling.delay).await;
        }
    }
}
