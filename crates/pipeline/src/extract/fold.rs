//! The line list counted as if every record had just come: one thread reads the file, others understand and count.

use super::{PassError, Reading, count, n_workers};
use crate::aggregate::Aggregation;
use crate::error::{Error, ErrorKind};
use crate::normalise::unreadable_field;
use crate::store::{LineList, Texts};
use epi::contribution::Contributions;
use epi::indicator::Definitions;
use epi::issue::{Issue, Rule};
use epi::quality::Scope;
use epi::record::{Linked, RecordKind};
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Batches of records that wait for a worker, so that neither side waits for a moment's delay of the other.
const BATCHES_WAITING: usize = 4;

/// What the records are counted by.
#[derive(Clone)]
pub(super) struct Fold {
    definitions: Arc<Definitions>,
    quality: Arc<Scope>,
    kinds: BTreeSet<RecordKind>,
    joins: bool,
}

impl Fold {
    pub(super) fn new(reading: &Reading<'_>) -> Self {
        Self {
            definitions: Arc::clone(reading.definitions),
            quality: Arc::clone(&reading.quality),
            kinds: reading.kinds.clone(),
            joins: reading.needs.joins(),
        }
    }

    /// Counts the line list.
    pub(super) fn count(&self, list: &LineList) -> Result<Aggregation, PassError> {
        let (sender, batches) = sync_channel::<Texts>(BATCHES_WAITING);
        let batches = Arc::new(Mutex::new(batches));
        thread::scope(|scope| {
            let work = |batches: Arc<Mutex<Receiver<Texts>>>| move || self.work(&batches);
            let workers: Vec<_> = (0..n_workers()).map(|_| scope.spawn(work(Arc::clone(&batches)))).collect();
            // Theirs alone: when all have ended, nobody waits to send to them.
            drop(batches);
            let read = list.for_each_texts(|texts| {
                // Where a worker failed, nothing more is needed; its error is found below.
                let goes_on = !workers.iter().any(thread::ScopedJoinHandle::is_finished);
                goes_on && sender.send(texts).is_ok()
            });
            drop(sender);
            let mut whole: Option<Aggregation> = None;
            let mut failed = read.err().map(PassError::from);
            for worker in workers {
                // Not the panic itself: its message may quote a record.
                let counted = worker.join().unwrap_or_else(|_| Err(panicked().into()));
                match (counted, &mut whole) {
                    (Ok(counted), Some(whole)) => whole.merge(counted)?,
                    (Ok(counted), None) => whole = Some(counted),
                    (Err(error), _) => failed = failed.or(Some(error)),
                }
            }
            match (failed, whole) {
                (None, Some(whole)) => Ok(whole),
                (failed, _) => Err(failed.unwrap_or_else(|| panicked().into())),
            }
        })
    }

    fn work(&self, batches: &Mutex<Receiver<Texts>>) -> Result<Aggregation, PassError> {
        let mut aggregation = Aggregation::new(&self.definitions, &self.quality);
        let (mut found, mut issues) = (Contributions::default(), Vec::new());
        let mut failed = None;
        loop {
            let next = batches.lock().unwrap_or_else(PoisonError::into_inner).recv();
            // The reader is at its end.
            let Ok(texts) = next else { break };
            texts.for_each(|linked, unreadable| {
                if failed.is_some() || !self.kinds.contains(&linked.record.kind()) {
                    return;
                }
                let recycled = std::mem::take(&mut found);
                match self.count_one(linked, &unreadable, &mut issues, &mut aggregation, recycled) {
                    Ok(recycled) => found = recycled,
                    Err(error) => failed = Some(error),
                }
            })?;
            if let Some(error) = failed {
                return Err(error.into());
            }
        }
        Ok(aggregation)
    }

    fn count_one(
        &self,
        linked: &Linked,
        unreadable: &[String],
        issues: &mut Vec<Issue>,
        aggregation: &mut Aggregation,
        found: Contributions<'static>,
    ) -> Result<Contributions<'static>, Error> {
        for name in unreadable {
            let field = unreadable_field(name)
                .ok_or_else(|| Error::new(ErrorKind::Internal, format!("no field is named `{name}`")))?;
            issues.push(Issue { record: linked.record.id().into(), field, rule: Rule::Unreadable });
        }
        count(linked.joined(), self.joins, issues, &self.definitions, aggregation, found)
    }
}

fn panicked() -> Error {
    Error::new(ErrorKind::Internal, "a worker that counts the line list panicked")
}
