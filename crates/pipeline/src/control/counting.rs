//! The counting beside the run: Go.Data counts while the difference is computed and pushed.

use super::ask::{Asked, Counted, ask};
use epi::period::Span;
use epi::record::Outbreak;
use godata::Client;
use jiff::tz::TimeZone;
use tokio::task::JoinHandle;

/// Counts that are under way. Whoever drops this asks no more.
#[derive(Debug)]
pub struct Counting {
    task: Option<JoinHandle<Counted>>,
    n_indicators: usize,
    span: Span,
    /// Why nothing is asked, if nothing is.
    reason: &'static str,
}

impl Counting {
    /// Begins to ask.
    pub fn begin(client: Client, outbreaks: Vec<Outbreak>, asked: Vec<Asked>, span: Span, zone: TimeZone) -> Self {
        let n_indicators = asked.len();
        let task = tokio::spawn(async move { ask(&client, &outbreaks, &asked, span, &zone).await });
        Self { task: Some(task), n_indicators, span, reason: "the counting broke off" }
    }

    /// Asks for nothing.
    pub fn nothing(n_indicators: usize, span: Span, reason: &'static str) -> Self {
        Self { task: None, n_indicators, span, reason }
    }

    /// What Go.Data counted. Waits for what is still under way, no longer than [`super::ask::TIME_MAX`] from the beginning.
    pub async fn finish(mut self) -> Counted {
        let counted = match &mut self.task {
            Some(task) => task.await.ok(),
            None => None,
        };
        counted.unwrap_or_else(|| Counted::nothing(self.n_indicators, self.span, self.reason))
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
