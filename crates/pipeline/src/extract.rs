//! Extract, normalise and aggregate: pages are decoded and counted while the next ones are on their way, and nothing holds
//! the outbreak. With a line list from before, only what changed is read and the list is counted.

mod changes;
mod due;
mod reconcile;

use crate::aggregate::Aggregation;
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::normalise::Normaliser;
use crate::progress::{Progress, Step};
use crate::source::{Opened, Reader, resource};
use crate::store::{ExtractionId, LineList, Mode, NewRecord, StoreError};
use compact_str::CompactString;
use due::Due;
use epi::contribution::Contributions;
use epi::indicator::Definitions;
use epi::issue::{self, Issue};
use epi::record::{Person, PersonKind};
use godata::wire;
use godata::{OutbreakId, Page, RecordFile, Selection};
use jiff::Timestamp;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Pages that wait for a worker: one in work, one ready.
const PAGES_WAITING: usize = 1;
/// More workers than this wait for the download.
const WORKERS_MAX: usize = 4;
/// Records of a file that go into the line list at once.
const FILE_PAGE_RECORDS: usize = 5000;

/// So many records, or a hundredth of all if that is more, may be fewer than Go.Data counts: people enter cases while they
/// are read. More are missing.
const RECORDS_MISSING_MAX: u64 = 20;

/// What is read, and what for.
pub struct Reading<'a> {
    /// What decides the numbers.
    pub definitions: &'a Arc<Definitions>,
    /// Kinds of persons that the report counts.
    pub kinds: BTreeSet<PersonKind>,
    /// Kinds of persons that are read: with a line list, those of all reports that share it.
    pub kinds_read: BTreeSet<PersonKind>,
    /// Names on the wire of what is read of each person.
    pub fields: BTreeSet<&'static str>,
    /// Where the records stay, if they do.
    pub line_list: Option<LineList>,
    /// Read everything, whatever is known from before.
    pub full: bool,
    /// The configuration.
    pub config: &'a Config,
    /// Listens.
    pub progress: Arc<dyn Progress>,
    /// The time.
    pub now: Timestamp,
}

/// How the line list was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Everything from the server.
    Full,
    /// From the server what changed since the last time.
    Changes,
    /// From files.
    Files,
}

impl How {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Changes => "changes",
            Self::Files => "files",
        }
    }
}

/// What came of the extraction.
#[derive(Debug)]
pub struct Extracted {
    /// Cells, account and findings.
    pub aggregation: Aggregation,
    /// Records that Go.Data marks as deleted; files hold them, and changes.
    pub n_deleted: u64,
    /// Records without an id, or that stand twice: they cannot be counted.
    pub n_unusable: u64,
    /// Go.Data's own count of the lists that the report counts, when it could be asked.
    pub n_counted_by_godata: Option<u64>,
    /// The extraction of the line list, if records are kept.
    pub extraction: Option<ExtractionId>,
    /// How the line list was read.
    pub how: How,
    /// Records that were read from the source.
    pub n_travelled: u64,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// Brings the records of all persons that the definitions need, and counts them.
///
/// With a line list that is good for it, only what changed is read from a server, and the line list is counted. Otherwise
/// everything is read, and counted as it comes.
///
/// # Errors
/// What the source or the line list says; nothing to count; records missing against Go.Data's count. Nothing that was read
/// is used then, and the next extraction begins where this one began.
pub async fn extract(opened: &Opened, mut reading: Reading<'_>) -> Result<Extracted, Error> {
    let line_list = reading.line_list.take();
    match (&opened.reader, line_list) {
        (Reader::Files(files), line_list) => {
            let mut pass = Pass::new(&reading, opened, true);
            pass.kept = line_list.map(|list| Kept::new(list, opened, reading.now)).transpose()?;
            let files = files.clone();
            let worked = tokio::task::spawn_blocking(move || pass.files(&files)).await;
            let pass = joined(worked)?.map_err(|error| error.into_error(reading.config))?;
            pass.finish(How::Files, None, &reading)
        }
        (Reader::Server { client, outbreak }, Some(list)) => {
            let source = Server { client, outbreak, opened };
            match due::due(&list, &reading)? {
                Due::Changes { since } => changes::extract(&source, &reading, list, since).await,
                Due::Full { warning } => {
                    let mut extracted = everything(&source, &reading, Some(list)).await?;
                    extracted.warnings.extend(warning);
                    Ok(extracted)
                }
            }
        }
        (Reader::Server { client, outbreak }, None) => {
            everything(&Server { client, outbreak, opened }, &reading, None).await
        }
    }
}

/// The server that is read.
struct Server<'a> {
    client: &'a godata::Client,
    outbreak: &'a OutbreakId,
    opened: &'a Opened,
}

impl Server<'_> {
    /// Go.Data's own counts. Only a control: an account that may not count is no error.
    async fn counts(&self, kinds: &BTreeSet<PersonKind>) -> Option<BTreeMap<PersonKind, u64>> {
        let mut counts = BTreeMap::new();
        for kind in kinds {
            let count = self.client.count(&resource(*kind, self.outbreak), &Selection::all()).await.ok()?;
            counts.insert(*kind, count);
        }
        Some(counts)
    }
}

/// Reads everything from a server.
async fn everything(
    server: &Server<'_>,
    reading: &Reading<'_>,
    line_list: Option<LineList>,
) -> Result<Extracted, Error> {
    let expects_doubles = reading.kinds_read.len() > 1;
    // Pages go into the line list in their order, and what stands twice is known in one place: one worker then.
    let n_workers = if line_list.is_some() || expects_doubles { 1 } else { n_workers() };
    let mut first = Pass::new(reading, server.opened, expects_doubles);
    first.kept = line_list.map(|list| Kept::new(list, server.opened, reading.now)).transpose()?;
    let mut passes = vec![first];
    for _ in 1..n_workers {
        let more = Pass { n_done: Arc::clone(&passes[0].n_done), ..Pass::new(reading, server.opened, false) };
        passes.push(more);
    }
    let fields: Vec<&str> = reading.fields.iter().copied().collect();
    let pass = read_lists(server, &reading.kinds_read, &fields, passes, reading.config).await?;
    let counted = server.counts(&reading.kinds).await;
    pass.finish(How::Full, counted.map(|counts| counts.values().sum()), reading)
}

fn n_workers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(WORKERS_MAX)
}

/// What must hold before anything is made of an extraction: there is something to count, every record is accounted for, and
/// none is missing against Go.Data's count.
fn check(aggregation: &Aggregation, counted_by_godata: Option<u64>, reading: &Reading<'_>) -> Result<(), Error> {
    let n_records = aggregation.account.n_records;
    if n_records == 0 {
        return Err(failure::nothing_to_count(reading.config));
    }
    aggregation
        .account
        .check(reading.definitions)
        .map_err(|imbalance| Error::new(ErrorKind::Internal, imbalance.to_string()))?;
    if let Some(count) = counted_by_godata
        && count.saturating_sub(n_records) > RECORDS_MISSING_MAX.max(count / 100)
    {
        let message = format!("Go.Data counts {count} records and gave {n_records}");
        let advice = "Nothing was pushed: what is missing would have been taken away from DHIS2. Run again later; if \
                      it stays so, ask the Go.Data administrator what the account may see.";
        return Err(Error::new(ErrorKind::Temporary, message).advice(advice));
    }
    Ok(())
}

/// Counts one person; gives the memory of its contributions back for the next.
fn count(
    person: &Person,
    issues: &mut Vec<Issue>,
    definitions: &Definitions,
    aggregation: &mut Aggregation,
    found: Contributions<'static>,
) -> Result<Contributions<'static>, Error> {
    issue::issues(person, definitions.today, &definitions.places, issues);
    let mut found = found.recycle();
    aggregation.add(person, definitions, issues, &mut found)?;
    Ok(found.recycle())
}

async fn read_lists(
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

fn joined<T>(result: Result<T, tokio::task::JoinError>) -> Result<T, Error> {
    result.map_err(|error| Error::new(ErrorKind::Internal, format!("a worker of the pass stopped: {error}")))
}

/// One worker's share of the pass.
struct Pass {
    definitions: Arc<Definitions>,
    /// What is counted of what is read.
    kinds: BTreeSet<PersonKind>,
    normaliser: Normaliser,
    aggregation: Aggregation,
    /// Ids met before, where one may come twice: in files, and when a person is converted between two lists.
    seen: Option<FxHashSet<CompactString>>,
    issues: Vec<Issue>,
    kept: Option<Kept>,
    counts: Counts,
    progress: Arc<dyn Progress>,
    n_done: Arc<AtomicU64>,
}

#[derive(Default)]
struct Counts {
    deleted: u64,
    unusable: u64,
}

enum PassError {
    Godata(godata::Error),
    Other(Error),
}

impl PassError {
    fn into_error(self, config: &Config) -> Error {
        match self {
            Self::Godata(error) => failure::godata(&error, config),
            Self::Other(error) => error,
        }
    }
}

impl From<StoreError> for PassError {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl From<Error> for PassError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl Pass {
    fn new(reading: &Reading<'_>, opened: &Opened, expects_doubles: bool) -> Self {
        let mut normaliser = Normaliser::new(&opened.time_zone);
        if matches!(opened.reader, Reader::Files(_)) {
            normaliser = normaliser.only(&reading.fields);
        }
        Self {
            definitions: Arc::clone(reading.definitions),
            kinds: reading.kinds.clone(),
            normaliser,
            aggregation: Aggregation::new(reading.definitions),
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

    fn files(mut self, files: &[(PersonKind, std::path::PathBuf)]) -> Result<Self, PassError> {
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

    fn finish(self, how: How, counted_by_godata: Option<u64>, reading: &Reading<'_>) -> Result<Extracted, Error> {
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
struct Kept {
    list: LineList,
    outbreak: String,
    now: Timestamp,
    begun: Option<ExtractionId>,
    page: Vec<NewRecord>,
}

impl Kept {
    /// What an interrupted extraction left is given up: this one reads everything again.
    fn new(mut list: LineList, opened: &Opened, now: Timestamp) -> Result<Self, Error> {
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

/// Gives up an extraction that never came to its end. What it brought stays: it is newer, and is read once more.
fn give_up_interrupted(list: &mut LineList, outbreak: &str, now: Timestamp) -> Result<(), Error> {
    if let Some(open) = list.resume(outbreak)? {
        list.discard_extraction(open.id, now)?;
    }
    Ok(())
}
