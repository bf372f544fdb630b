//! The pass over everything that a source has: each record is normalised, counted and, if records stay, kept as it comes.

use super::Extracted;
use super::keeping::{Kept, Lookup, ToWriter};
use super::lists::List;
use super::persons::Persons;
use super::rows::{Came, Rows, records};
use super::{How, PassError, Reading, Server, check, count, joined};
use crate::aggregate::Aggregation;
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::normalise::Normaliser;
use crate::progress::{Progress, Step};
use crate::source::{Opened, Reader};
use crate::store::NewPage;
use compact_str::CompactString;
use epi::contribution::Contributions;
use epi::indicator::Definitions;
use epi::issue::Issue;
use epi::record::{Record, RecordKind};
use godata::{Page, RecordFile};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pages that wait for a worker: one in work, one ready.
const PAGES_WAITING: usize = 1;
/// Records of a file that go into the line list at once.
const FILE_PAGE_RECORDS: usize = 5000;

/// Reads lists page by page, shared out among passes, which become one.
pub(super) async fn read_lists(
    server: &Server<'_>,
    lists: &[List],
    mut passes: Vec<Pass>,
    reading: &Reading<'_>,
) -> Result<Pass, Error> {
    let config = reading.config;
    let writer = match passes.first_mut().and_then(|pass| pass.kept.take()) {
        Some(kept) => Some(begin_writing(kept, &mut passes)?),
        None => None,
    };
    let mut senders = Vec::new();
    let mut workers = Vec::new();
    for mut pass in passes {
        let (sender, mut pages) = mpsc::channel::<(u64, List, Page)>(PAGES_WAITING);
        senders.push(sender);
        workers.push(tokio::task::spawn_blocking(move || {
            while let Some((turn, list, page)) = pages.blocking_recv() {
                pass.page(turn, list, &page)?;
            }
            // The writer ends when nobody gives it anything any more.
            pass.to_writer = None;
            Ok::<Pass, PassError>(pass)
        }));
    }
    let (mut failed, mut turn) = (None, 0);
    'lists: for list in lists {
        let mut pages = server.client.pages(server.resource(*list), &reading.fields(list.kind));
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    failed = Some(failure::godata(&error, config));
                    break 'lists;
                }
            };
            // A worker that failed has closed its side; its error is found below.
            if senders[turn as usize % senders.len()].send((turn, *list, page)).await.is_err() {
                break 'lists;
            }
            turn += 1;
        }
    }
    drop(senders);
    let mut worked = Vec::with_capacity(workers.len());
    for worker in workers {
        worked.push(joined(worker.await)?.map_err(|error| error.into_error(config)));
    }
    // A writer that failed stopped the workers, and knows why.
    let kept = match writer {
        Some(writer) => Some(joined(writer.await)?.map_err(|error| error.into_error(config))?),
        None => None,
    };
    let mut whole: Option<Pass> = None;
    for pass in worked {
        let pass = pass?;
        match &mut whole {
            Some(whole) => whole.merge(pass)?,
            None => whole = Some(pass),
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let mut whole = whole.ok_or_else(|| Error::new(ErrorKind::Internal, "the pass has no worker"))?;
    (whole.kept, whole.lookup) = (kept, None);
    Ok(whole)
}

/// Gives the line list to a writer, and to each pass a way to it.
fn begin_writing(kept: Kept, passes: &mut [Pass]) -> Result<JoinHandle<Result<Kept, PassError>>, Error> {
    for pass in passes.iter_mut().filter(|pass| pass.joins) {
        pass.lookup = kept.lookup()?;
    }
    let (writer, to_writer) = kept.writer();
    for pass in passes {
        pass.to_writer = Some(to_writer.clone());
    }
    Ok(tokio::task::spawn_blocking(move || writer.run()))
}

/// One worker's share of the pass.
pub(super) struct Pass {
    definitions: Arc<Definitions>,
    /// What is counted of what is read.
    kinds: BTreeSet<RecordKind>,
    /// Of each outbreak.
    normalisers: Vec<Arc<Normaliser>>,
    /// The id of each outbreak, as the line list remembers it.
    remembered: Vec<Option<String>>,
    aggregation: Aggregation,
    /// Ids met before, where one may come twice: in files, and when a person is converted between two lists.
    seen: Option<FxHashSet<CompactString>>,
    /// Whether records are counted beside the persons whom they name.
    joins: bool,
    persons: Persons,
    /// The line list, where this pass writes it itself.
    pub(super) kept: Option<Kept>,
    /// Who writes it else.
    to_writer: Option<ToWriter>,
    /// The line list to look persons up in, while another writes it.
    lookup: Option<Lookup>,
    /// What goes into the line list next.
    page: NewPage,
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
        let from_files = matches!(opened.reader, Reader::Files(_));
        let only_needed = |of: Normaliser| if from_files { of.only(&reading.needs) } else { of };
        let normalisers = opened.normalisers(reading).into_iter().map(only_needed).map(Arc::new).collect();
        Self {
            definitions: Arc::clone(reading.definitions),
            kinds: reading.kinds.clone(),
            normalisers,
            remembered: (0..opened.outbreaks.len()).map(|outbreak| opened.remembered(outbreak)).collect(),
            aggregation: Aggregation::new(reading.definitions, &reading.quality),
            seen: expects_doubles.then(FxHashSet::default),
            joins: reading.needs.joins(),
            persons: Persons::new(&reading.needs),
            kept: None,
            to_writer: None,
            lookup: None,
            page: NewPage::default(),
            counts: Counts::default(),
            progress: Arc::clone(&reading.progress),
            n_done: Arc::new(AtomicU64::new(0)),
        }
    }

    /// Another worker of the same pass.
    pub(super) fn beside(&self, reading: &Reading<'_>, opened: &Opened) -> Self {
        let (n_done, persons) = (Arc::clone(&self.n_done), self.persons.beside());
        Self { n_done, persons, ..Self::new(reading, opened, false) }
    }

    /// The lists of persons are read to their end: other records can be joined to them.
    pub(super) fn persons_are_read(&mut self, n_outbreaks: usize) {
        self.persons.all_read();
        // No id stands twice in one list, and no other moves; what two outbreaks have is counted once, and told.
        self.seen = (n_outbreaks > 1).then(FxHashSet::default);
    }

    fn page(&mut self, turn: u64, list: List, page: &Page) -> Result<(), PassError> {
        self.page.belongs_to(self.remembered.get(list.outbreak).and_then(Option::as_deref));
        let (n, last_id) = self.rows(page, list, false)?;
        if let Some(to_writer) = &self.to_writer {
            to_writer.give(turn, list.kind, std::mem::take(&mut self.page), last_id, page.server_date())?;
        }
        self.report(n);
        Ok(())
    }

    pub(super) fn files(mut self, files: &[(RecordKind, std::path::PathBuf)]) -> Result<Self, PassError> {
        if let Some(kept) = &mut self.kept {
            kept.begin(None)?;
        }
        for (kind, path) in files {
            if kind.person().is_none() {
                self.persons.all_read();
                // A file may hold an id twice, and files of different tables the same one.
                self.seen = Some(FxHashSet::default());
            }
            let file = RecordFile::open(path).map_err(PassError::Godata)?;
            let (n, _) = self.rows(&file, List { outbreak: 0, kind: *kind }, true)?;
            self.keep(*kind, None)?;
            self.report(n);
        }
        Ok(self)
    }

    /// Counts the rows of a page or, in stretches that go into the line list, of a file; returns their number and last id.
    fn rows(&mut self, rows: &impl Rows, list: List, is_long: bool) -> Result<(u64, Option<String>), PassError> {
        let (kind, normaliser) = (list.kind, Arc::clone(&self.normalisers[list.outbreak]));
        let (mut n, mut failed, mut found) = (0, None, Contributions::default());
        let decoded = records(rows, kind, &normaliser, |came, id, issues| {
            n += 1;
            if failed.is_some() {
                return;
            }
            let taken = self.take(came, kind, issues, std::mem::take(&mut found)).and_then(|recycled| {
                found = recycled;
                if is_long && self.page.len() >= FILE_PAGE_RECORDS {
                    self.keep(kind, id)?;
                }
                Ok(())
            });
            failed = taken.err();
        });
        let decoded = decoded.map_err(PassError::Godata)?;
        match failed {
            Some(error) => Err(error.into()),
            None => Ok((n, decoded.last_id)),
        }
    }

    /// Counts one row; gives the memory of its contributions back for the next.
    fn take(
        &mut self,
        came: Came<'_>,
        kind: RecordKind,
        issues: &mut Vec<Issue>,
        found: Contributions<'static>,
    ) -> Result<Contributions<'static>, Error> {
        let record = match came {
            Came::Record(record) => record,
            Came::Deleted => {
                self.counts.deleted += 1;
                return Ok(found);
            }
            Came::Unusable => {
                self.counts.unusable += 1;
                return Ok(found);
            }
        };
        if let Some(seen) = &mut self.seen
            && !seen.insert(record.id().into())
        {
            self.counts.unusable += 1;
            return Ok(found);
        }
        if self.keeps() {
            let unreadable: Vec<&'static str> = issues.iter().map(|issue| issue.field).collect();
            // The message of a JSON error may quote a person's value.
            self.page
                .push(record, &unreadable)
                .map_err(|_| Error::new(ErrorKind::Internal, format!("record {} has no JSON", record.id())))?;
        } else if let Record::Person(person) = &*record {
            self.persons.gather(person)?;
        }
        let mut found = found;
        if self.kinds.contains(&kind) {
            let [person, source] = self.persons_of(record)?;
            let joined = record.joined(person.as_ref(), source.as_ref());
            found = count(joined, self.joins, issues, &self.definitions, &mut self.aggregation, found)?;
        }
        Ok(found)
    }

    /// Whether records stay.
    fn keeps(&self) -> bool {
        self.kept.is_some() || self.to_writer.is_some()
    }

    /// The persons whom a record names, from the line list or from memory.
    fn persons_of(&self, record: &Record) -> Result<[Option<epi::record::Person>; 2], Error> {
        if !self.joins || record.kind().person().is_some() {
            return Ok([None, None]);
        }
        match (&self.kept, &self.lookup) {
            (Some(kept), _) => kept.persons_of(record),
            (None, Some(lookup)) => lookup.persons_of(record),
            (None, None) => self.persons.of(record),
        }
    }

    /// Keeps what came of a file.
    fn keep(&mut self, kind: RecordKind, last_id: Option<&str>) -> Result<(), Error> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        if let Some(last_id) = last_id.or_else(|| self.page.last_id()) {
            kept.keep(kind, &self.page, last_id)?;
        }
        self.page.clear();
        Ok(())
    }

    fn report(&self, n: u64) {
        let done = self.n_done.fetch_add(n, Ordering::Relaxed) + n;
        self.progress.advance(Step::Extract, done);
    }

    fn merge(&mut self, other: Self) -> Result<(), Error> {
        self.counts.deleted += other.counts.deleted;
        self.counts.unusable += other.counts.unusable;
        self.persons.merge(other.persons);
        self.aggregation.merge(other.aggregation)
    }

    pub(super) fn finish(
        self,
        how: How,
        counted_by_godata: Option<u64>,
        reading: &Reading<'_>,
    ) -> Result<Extracted, Error> {
        check(&self.aggregation, counted_by_godata, reading)?;
        // Files are always counted.
        let is_base = how == How::Full;
        let extraction =
            self.kept.map(|kept| kept.finish(is_base.then_some(&self.aggregation), reading)).transpose()?;
        Ok(Extracted {
            aggregation: self.aggregation,
            n_deleted: self.counts.deleted,
            n_unusable: self.counts.unusable,
            n_counted_by_godata: counted_by_godata,
            extraction,
            how,
            n_travelled: self.n_done.load(Ordering::Relaxed),
            n_changed: None,
            counted_again: None,
            warnings: Vec::new(),
        })
    }
}
