//! Extract, normalise and aggregate in one pass: pages are decoded and counted while the next ones are on their way, and
//! nothing holds the outbreak.

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
use epi::issue::{self, Issue};
use epi::record::PersonKind;
use godata::wire;
use godata::{OutbreakId, Page, RecordFile, Selection};
use jiff::Timestamp;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
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

/// What came of the pass.
#[derive(Debug)]
pub struct Extracted {
    /// Cells, account and findings.
    pub aggregation: Aggregation,
    /// Records that Go.Data marks as deleted; only files hold them.
    pub n_deleted: u64,
    /// Records without an id, or that stand twice: they cannot be counted.
    pub n_unusable: u64,
    /// Go.Data's own count of the same lists, when it could be asked.
    pub n_counted_by_godata: Option<u64>,
    /// The extraction of the line list, if records are kept.
    pub extraction: Option<ExtractionId>,
}

/// Reads all persons that the definitions need and counts them.
///
/// # Errors
/// What the source or the line list says. Nothing that was read before is used then.
pub async fn extract(
    opened: &Opened,
    kinds: &BTreeSet<PersonKind>,
    definitions: &Arc<Definitions>,
    line_list: Option<LineList>,
    config: &Config,
    progress: &Arc<dyn Progress>,
    now: Timestamp,
) -> Result<Extracted, Error> {
    let mut normaliser = Normaliser::new(&opened.time_zone);
    if matches!(opened.reader, Reader::Files(_)) {
        normaliser = normaliser.only(&definitions.wire_fields());
    }
    let expects_doubles = kinds.len() > 1 || matches!(opened.reader, Reader::Files(_));
    let pass = || Pass {
        definitions: Arc::clone(definitions),
        normaliser: normaliser.clone(),
        aggregation: Aggregation::new(definitions),
        seen: expects_doubles.then(FxHashSet::default),
        issues: Vec::new(),
        kept: None,
        counts: Counts::default(),
        progress: Arc::clone(progress),
        n_done: Arc::new(AtomicU64::new(0)),
    };
    match &opened.reader {
        Reader::Files(files) => {
            let mut pass = pass();
            pass.kept = line_list.map(|list| Kept::begin(list, &opened.outbreak_id, now)).transpose()?;
            let files = files.clone();
            let worked = tokio::task::spawn_blocking(move || pass.files(&files)).await;
            joined(worked)?.map_err(|error| error.into_error(config))?.finish(config, now)
        }
        Reader::Server { client, outbreak } => {
            let kept = line_list.map(|list| Kept::begin(list, &opened.outbreak_id, now)).transpose()?;
            // Pages go into the line list in their order, and what stands twice is known in one place: one worker then.
            let n_workers = if kept.is_some() || expects_doubles { 1 } else { n_workers() };
            let mut first = pass();
            first.kept = kept;
            let mut passes = vec![first];
            for _ in 1..n_workers {
                let more = Pass { n_done: Arc::clone(&passes[0].n_done), ..pass() };
                passes.push(more);
            }
            let fields: Vec<&str> = definitions.wire_fields().into_iter().collect();
            let extracted = read_lists(client, outbreak, kinds, &fields, passes, config).await?;
            let mut extracted = extracted.finish(config, now)?;
            extracted.n_counted_by_godata = control_total(client, outbreak, kinds).await;
            Ok(extracted)
        }
    }
}

fn n_workers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(WORKERS_MAX)
}

/// Go.Data's own count, asked right after the pass. Only a control: an account that may not count is no error.
async fn control_total(client: &godata::Client, outbreak: &OutbreakId, kinds: &BTreeSet<PersonKind>) -> Option<u64> {
    let mut total = 0;
    for kind in kinds {
        total += client.count(&resource(*kind, outbreak), &Selection::all()).await.ok()?;
    }
    Some(total)
}

async fn read_lists(
    client: &godata::Client,
    outbreak: &OutbreakId,
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
        let mut pages = client.pages(resource(*kind, outbreak), fields);
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

impl From<Error> for PassError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl Pass {
    fn page(&mut self, kind: PersonKind, page: &Page) -> Result<(), PassError> {
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
        issue::issues(&person, self.definitions.today, &self.definitions.places, &mut self.issues);
        let mut found = found.recycle();
        self.aggregation.add(&person, &self.definitions, &mut self.issues, &mut found)?;
        let found = found.recycle();
        if let Some(kept) = &mut self.kept {
            kept.page.push(person.into());
        }
        Ok(found)
    }

    fn keep(&mut self, kind: PersonKind, last_id: Option<&str>) -> Result<(), Error> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        let last_id =
            last_id.map(str::to_owned).or_else(|| kept.page.last().map(|record| record.person.id.to_string()));
        if let Some(last_id) = last_id {
            kept.list.put_page(kept.extraction, kind.name(), &kept.page, &[], &last_id)?;
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

    fn finish(self, config: &Config, now: Timestamp) -> Result<Extracted, Error> {
        if self.aggregation.account.n_records == 0 {
            return Err(failure::nothing_to_count(config));
        }
        self.aggregation
            .account
            .check(&self.definitions)
            .map_err(|imbalance| Error::new(ErrorKind::Internal, imbalance.to_string()))?;
        let extraction = self.kept.as_ref().map(|kept| kept.extraction);
        if let Some(mut kept) = self.kept {
            kept.list.finish_extraction(kept.extraction, true, now)?;
        }
        Ok(Extracted {
            aggregation: self.aggregation,
            n_deleted: self.counts.deleted,
            n_unusable: self.counts.unusable,
            n_counted_by_godata: None,
            extraction,
        })
    }
}

/// The line list while it is being filled.
struct Kept {
    list: LineList,
    extraction: ExtractionId,
    page: Vec<NewRecord>,
}

impl Kept {
    /// Begins a full extraction. What an interrupted one left is given up: a full one reads everything again.
    fn begin(mut list: LineList, outbreak: &str, now: Timestamp) -> Result<Self, Error> {
        if let Some(open) = list.resume(outbreak)? {
            list.discard_extraction(open.id, now)?;
        }
        let extraction = list.begin_extraction(outbreak, Mode::Full, Some(now), now)?;
        Ok(Self { list, extraction, page: Vec::new() })
    }
}
