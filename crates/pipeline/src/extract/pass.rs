//! The pass over everything that a source has: each record is normalised, counted and, if records stay, kept as it comes.

use super::Extracted;
use super::{How, PassError, Reading, Server, check, count, give_up_interrupted, joined};
use crate::aggregate::Aggregation;
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::normalise::Normaliser;
use crate::progress::{Progress, Step};
use crate::source::{Opened, Reader, resource};
use crate::store::{ExtractionId, LineList, Mode, NewRecord};
use compact_str::CompactString;
use epi::contribution::Contributions;
use epi::indicator::Definitions;
use epi::issue::Issue;
use epi::record::PersonKind;
use godata::{Page, RecordFile, wire};
use jiff::Timestamp;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Pages that wait for a worker: one in work, one ready.
const PAGES_WAITING: usize = 1;
/// Records of a file that go into the line list at once.
const FILE_PAGE_RECORDS: usize = 5000;

/// Reads lists page by page, shared out among passes, which become one.
pub(super) async fn read_lists(
    server: &Server<'_>,
    kinds: &BTreeSet<PersonKind>,
    fields: &[&str],
    passes: Vec<Pass>,
    config: &Config,
) -> Result<Pass, Error> {
    let mut senders = Vec::new();
    let mut workers = Vec::new();
    for mut pass in passes {
        let (sender, mut pages) = mpsc::channel::<(PersonKind, Page)>(PAGES_WAITING);
        senders.push(sender);
        workers.push(tokio::task::spawn_blocking(move || {
            while let Some((kind, page)) = pages.blocking_recv() {
                pass.page(kind, &page)?;
            }
            Ok::<Pass, PassError>(pass)
        }));
    }
    let mut failed = None;
    'lists: for kind in kinds {
        let mut pages = server.client.pages(resource(*kind, server.outbreak), fields);
        let mut turn = 0;
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    failed = Some(failure::godata(&error, config));
                    break 'lists;
                }
            };
            turn = (turn + 1) % senders.len();
            // A worker that failed has closed its side; its error is found below.
            if senders[turn].send((*kind, page)).await.is_err() {
                break 'lists;
            }
        }
    }
    drop(senders);
    let mut whole: Option<Pass> = None;
    for worker in workers {
        let pass = joined(worker.await)?.map_err(|error| error.into_error(config))?;
        match &mut whole {
            Some(whole) => whole.merge(pass)?,
            None => whole = Some(pass),
        }
    }
    match failed {
        Some(error) => Err(error),
        None => whole.ok_or_else(|| Error::new(ErrorKind::Internal, "the pass has no worker")),
    }
}

/// One worker's share of the pass.
pub(super) struct Pass {
    definitions: Arc<Definitions>,
    /// What is counted of what is read.
    kinds: BTreeSet<PersonKind>,
    normaliser: Normaliser,
    aggregation: Aggregation,
    /// Ids met before, where one may come twice: in files, and when a person is converted between two lists.
    seen: Option<FxHashSet<CompactString>>,
    issues: Vec<Issue>,
    pub(super) kept: Option<Kept>,
    counts: Counts,
    progress: Arc<dyn Progress>,
    pub(super) n_done: Arc<AtomicU64>,
}

#[derive(Default)]
struct Counts {
    deleted: u64,
    unusable: u64,
}

impl Pass {
    pub(super) fn new(reading: &Reading<'_>, opened: &Opened, expects_doubles: bool) -> Self {
        let mut normaliser = Normaliser::new(&opened.time_zone);
        if matches!(opened.reader, Reader::Files(_)) {
            normaliser = normaliser.only(&reading.fields);
        }
        Self {
            definitions: Arc::clone(reading.definitions),
            kinds: reading.kinds.clone(),
            normaliser,
            aggregation: Aggregation::new(reading.definitions, &reading.quality),
            seen: expects_doubles.then(FxHashSet::default),
            issues: Vec::new(),
            kept: None,
            counts: Counts::default(),
            progress: Arc::clone(&reading.progress),
            n_done: Arc::new(AtomicU64::new(0)),
        }
    }

    fn page(&mut self, kind: PersonKind, page: &Page) -> Result<(), PassError> {
        // The first answer of all says what the server's time was before anything was read.
        if let Some(kept) = &mut self.kept {
            kept.begin(page.server_date())?;
        }
        let mut failed = None;
        let mut found = Contributions::default();
        let mut n = 0;
        let decoded = page.decode(|wire: wire::Person<'_>| {
            n += 1;
            if failed.is_none() {
                found = match self.person(&wire, kind, std::mem::take(&mut found)) {
                    Ok(found) => found,
                    Err(error) => {
                        failed = Some(error);
                        Contributions::default()
                    }
                };
            }
        });
        let decoded = decoded.map_err(PassError::Godata)?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        self.keep(kind, decoded.last_id.as_deref())?;
        self.report(n);
        Ok(())
    }

    pub(super) fn files(mut self, files: &[(PersonKind, std::path::PathBuf)]) -> Result<Self, PassError> {
        if let Some(kept) = &mut self.kept {
            kept.begin(None)?;
        }
        for (kind, path) in files {
            let file = RecordFile::open(path).map_err(PassError::Godata)?;
            let mut failed = None;
            let mut found = Contributions::default();
            let mut n = 0;
            file.decode(|wire: wire::Person<'_>| {
                n += 1;
                if failed.is_some() {
                    return;
                }
                let id = wire.id.text().map(str::to_owned);
                let counted = self.person(&wire, *kind, std::mem::take(&mut found));
                let kept = counted.and_then(|recycled| {
                    found = recycled;
                    if self.kept.as_ref().is_some_and(|kept| kept.page.len() >= FILE_PAGE_RECORDS) {
                        self.keep(*kind, id.as_deref())?;
                    }
                    Ok(())
                });
                failed = kept.err();
            })
            .map_err(PassError::Godata)?;
            if let Some(error) = failed {
                return Err(error.into());
            }
            self.keep(*kind, None)?;
            self.report(n);
        }
        Ok(self)
    }

    /// Counts one person; gives the memory of its contributions back for the next.
    fn person(
        &mut self,
        wire: &wire::Person<'_>,
        kind: PersonKind,
        found: Contributions<'static>,
    ) -> Result<Contributions<'static>, Error> {
        if wire.deleted.get() == Some(&true) {
            self.counts.deleted += 1;
            return Ok(found);
        }
        let Some(person) = self.normaliser.person(wire, kind, &mut self.issues) else {
            self.counts.unusable += 1;
            return Ok(found);
        };
        if let Some(seen) = &mut self.seen
            && !seen.insert(person.id.clone())
        {
            self.counts.unusable += 1;
            self.issues.clear();
            return Ok(found);
        }
        let unreadable = self.issues.iter().map(|issue| issue.field).collect();
        let found = if self.kinds.contains(&kind) {
            count(&person, &mut self.issues, &self.definitions, &mut self.aggregation, found)?
        } else {
            self.issues.clear();
            found
        };
        if let Some(kept) = &mut self.kept {
            kept.page.push(NewRecord { person, unreadable });
        }
        Ok(found)
    }

    fn keep(&mut self, kind: PersonKind, last_id: Option<&str>) -> Result<(), Error> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        let last_id =
            last_id.map(str::to_owned).or_else(|| kept.page.last().map(|record| record.person.id.to_string()));
        if let Some(last_id) = last_id {
            let extraction = kept.begin(None)?;
            kept.list.put_page(extraction, kind.name(), &kept.page, &[], &last_id)?;
        }
        kept.page.clear();
        Ok(())
    }

    fn report(&self, n: u64) {
        let done = self.n_done.fetch_add(n, Ordering::Relaxed) + n;
        self.progress.advance(Step::Extract, done);
    }

    fn merge(&mut self, other: Self) -> Result<(), Error> {
        self.counts.deleted += other.counts.deleted;
        self.counts.unusable += other.counts.unusable;
        self.aggregation.merge(other.aggregation)
    }

    pub(super) fn finish(
        self,
        how: How,
        counted_by_godata: Option<u64>,
        reading: &Reading<'_>,
    ) -> Result<Extracted, Error> {
        check(&self.aggregation, counted_by_godata, reading)?;
        let mut extraction = None;
        if let Some(mut kept) = self.kept {
            let id = kept.begin(None)?;
            kept.list.finish_extraction(id, true, reading.now)?;
            extraction = Some(id);
        }
        Ok(Extracted {
            aggregation: self.aggregation,
            n_deleted: self.counts.deleted,
            n_unusable: self.counts.unusable,
            n_counted_by_godata: counted_by_godata,
            extraction,
            how,
            n_travelled: self.n_done.load(Ordering::Relaxed),
            warnings: Vec::new(),
        })
    }
}

/// The line list while everything goes into it.
pub(super) struct Kept {
    list: LineList,
    outbreak: String,
    now: Timestamp,
    begun: Option<ExtractionId>,
    page: Vec<NewRecord>,
}

impl Kept {
    /// What an interrupted extraction left is given up: this one reads everything again.
    pub(super) fn new(mut list: LineList, opened: &Opened, now: Timestamp) -> Result<Self, Error> {
        give_up_interrupted(&mut list, &opened.outbreak_id, now)?;
        Ok(Self { list, outbreak: opened.outbreak_id.clone(), now, begun: None, page: Vec::new() })
    }

    /// Begins the extraction, once.
    fn begin(&mut self, watermark: Option<Timestamp>) -> Result<ExtractionId, Error> {
        if let Some(begun) = self.begun {
            return Ok(begun);
        }
        let begun = self.list.begin_extraction(&self.outbreak, Mode::Full, watermark, self.now)?;
        self.begun = Some(begun);
        Ok(begun)
    }
}
