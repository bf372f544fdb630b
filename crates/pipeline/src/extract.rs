//! Extract, normalise and aggregate: pages are decoded and counted while the next ones are on their way, and nothing holds
//! the outbreak. With a line list from before, only what changed is read and the list is counted.

mod again;
mod changes;
mod due;
mod fold;
mod increment;
mod keeping;
mod lists;
mod pass;
mod persons;
mod reconcile;
mod rows;

use crate::aggregate::Aggregation;
use crate::config::Config;
use crate::config::model::EngineModel;
use crate::engine::{Answer, Contents, Engine, Question, Wanted, age_warning};
use crate::error::{Code, Error, ErrorKind};
use crate::failure;
use crate::progress::Progress;
use crate::source::{Opened, Reader};
use crate::store::{ExtractionId, LineList, StoreError};
use due::Due;
use epi::contribution::Contributions;
use epi::field::Needs;
use epi::indicator::Definitions;
use epi::issue::{self, Issue};
use epi::quality::Scope;
use epi::record::{Joined, RecordKind};
use godata::OutbreakId;
pub use increment::CountedAgain;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use keeping::Kept;
use pass::{Pass, read_lists};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// More workers than this wait for the download.
const WORKERS_MAX: usize = 4;

/// So many records, or a hundredth of all if that is more, may be fewer than Go.Data counts: people enter cases while they
/// are read. More are missing.
const RECORDS_MISSING_MAX: u64 = 5;

/// What is read, and what for.
pub struct Reading<'a> {
    /// The report for whose next run what is counted is kept beside the records; none if there is no such run.
    pub report: Option<&'a str>,
    /// What decides the numbers.
    pub definitions: &'a Arc<Definitions>,
    /// Kinds of records that the report counts.
    pub kinds: BTreeSet<RecordKind>,
    /// Kinds of records that are read: those that are counted and the persons whom they name, with a line list those of all
    /// reports that share it.
    pub kinds_read: BTreeSet<RecordKind>,
    /// What is read of each record.
    pub needs: Needs,
    /// What the quality of the records is judged by.
    pub quality: Arc<Scope>,
    /// Where the records stay, if they do.
    pub line_list: Option<LineList>,
    /// Read everything, whatever is known from before.
    pub full: bool,
    /// The extraction after which nothing need be read, if the line list is still as it left it.
    pub fresh: Option<ExtractionId>,
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
    /// From a snapshot, by another engine.
    Snapshot,
    /// Not at all: an earlier report of the same command has.
    Shared,
}

impl How {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Changes => "changes",
            Self::Files => "files",
            Self::Snapshot => "snapshot",
            Self::Shared => "shared",
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
    /// Records of the report that are not what they were when it was counted last, under the same definitions and on the same
    /// day: none of them is what it says, and 0 that all is as it was. None where all records were counted.
    pub n_changed: Option<u64>,
    /// Why all records were counted although only what changed was read.
    pub counted_again: Option<CountedAgain>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// Brings all records that the definitions need, and counts them.
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
            pass.kept = line_list.map(|list| Kept::scattered(list, opened, reading.now)).transpose()?;
            let files = files.clone();
            let worked = tokio::task::spawn_blocking(move || pass.files(&files)).await;
            let pass = joined(worked)?.map_err(|error| error.into_error(reading.config))?;
            pass.finish(How::Files, None, &reading)
        }
        (Reader::Server { client, outbreaks }, Some(list)) => {
            let source = Server { client, outbreaks, opened };
            match due::due(&list, &reading)? {
                Due::Nothing { extraction } => again::extract(&source, &reading, list, extraction).await,
                Due::Changes { since } => changes::extract(&source, &reading, list, since).await,
                Due::Full { warning } => {
                    let mut extracted = everything(&source, &reading, Some(list)).await?;
                    extracted.warnings.extend(warning);
                    Ok(extracted)
                }
            }
        }
        (Reader::Server { client, outbreaks }, None) => {
            everything(&Server { client, outbreaks, opened }, &reading, None).await
        }
    }
}

/// Has an engine count the newest snapshot of the outbreak; nothing is read from the source.
///
/// # Errors
/// What the engine says; nothing to count; records that are not accounted for.
pub(crate) async fn compute(
    opened: &Opened,
    reading: &Reading<'_>,
    settings: &EngineModel,
    engine: &dyn Engine,
) -> Result<Extracted, Error> {
    let wanted = Wanted {
        contents: Contents::of(&reading.kinds_read, &reading.definitions.needs()),
        time_zone: time_zone_name(&opened.time_zone).to_owned(),
    };
    let question = Question {
        settings,
        outbreak: &opened.outbreak_id,
        definitions: reading.definitions,
        kinds: &reading.kinds,
        wanted: &wanted,
        progress: reading.progress.as_ref(),
    };
    let Answer { aggregation, as_of } = engine.aggregate(question).await?;
    check(&aggregation, None, reading)?;
    Ok(Extracted {
        aggregation,
        n_deleted: 0,
        n_unusable: 0,
        n_counted_by_godata: None,
        extraction: None,
        how: How::Snapshot,
        n_travelled: 0,
        n_changed: None,
        counted_again: None,
        warnings: age_warning(as_of, reading.now).into_iter().collect(),
    })
}

/// The name under which a line list and a snapshot remember the time zone of their days.
pub(crate) fn time_zone_name(time_zone: &TimeZone) -> &str {
    time_zone.iana_name().unwrap_or("UTC")
}

/// The server that is read.
struct Server<'a> {
    client: &'a godata::Client,
    outbreaks: &'a [OutbreakId],
    opened: &'a Opened,
}

/// Reads everything from a server.
async fn everything(
    server: &Server<'_>,
    reading: &Reading<'_>,
    line_list: Option<LineList>,
) -> Result<Extracted, Error> {
    let (persons, others): (Vec<RecordKind>, Vec<RecordKind>) =
        reading.kinds_read.iter().copied().partition(|kind| kind.person().is_some());
    // A conversion moves a person from one list to another, perhaps while they are read.
    let n_outbreaks = server.outbreaks.len();
    let expects_doubles = persons.len() > 1 || n_outbreaks > 1;
    let mut pass = Pass::new(reading, server.opened, expects_doubles);
    pass.kept = line_list.map(|list| Kept::new(list, server.opened, reading.now)).transpose()?;
    // Persons come first: other records are counted beside them.
    for (kinds, one_worker) in [(persons, expects_doubles), (others, n_outbreaks > 1)] {
        if kinds.is_empty() {
            continue;
        }
        if kinds.iter().all(|kind| kind.person().is_none()) {
            pass.persons_are_read(n_outbreaks);
        }
        // What stands twice is known in one place: one worker then.
        let n_more = if one_worker { 0 } else { n_workers() - 1 };
        let mut passes: Vec<Pass> = (0..n_more).map(|_| pass.beside(reading, server.opened)).collect();
        passes.insert(0, pass);
        pass = read_lists(server, &server.lists(&kinds), passes, reading).await?;
    }
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
        return Err(Error::new(ErrorKind::Temporary, message).advice(advice).coded(Code::GodataIncomplete));
    }
    Ok(())
}

/// Counts one record; gives the memory of its contributions back for the next. `is_joined`: its persons were looked for.
fn count(
    record: Joined<'_>,
    is_joined: bool,
    issues: &mut Vec<Issue>,
    definitions: &Definitions,
    aggregation: &mut Aggregation,
    found: Contributions<'static>,
) -> Result<Contributions<'static>, Error> {
    issue::issues_of(record, is_joined, definitions.today, &definitions.places, issues);
    let mut found = found.recycle();
    aggregation.add(record, definitions, issues, &mut found)?;
    Ok(found.recycle())
}

fn joined<T>(result: Result<T, tokio::task::JoinError>) -> Result<T, Error> {
    // Not the error itself: it repeats the message of a panic, which may quote a record.
    let how = |error: tokio::task::JoinError| if error.is_panic() { "panicked" } else { "was cancelled" };
    result.map_err(|error| Error::new(ErrorKind::Internal, format!("a worker of the pass {}", how(error))))
}

/// Why a worker stopped.
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

/// Gives up an extraction that never came to its end. What it brought stays: it is newer, and is read once more.
fn give_up_interrupted(list: &mut LineList, outbreak: &str, now: Timestamp) -> Result<(), Error> {
    if let Some(open) = list.resume(outbreak)? {
        list.discard_extraction(open.id, now)?;
    }
    Ok(())
}
