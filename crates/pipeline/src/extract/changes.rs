//! Only what changed since the last extraction travels; the line list is brought up to date and then counted.

use super::fold::Fold;
use super::increment::{Counted, CountedAgain, Deciding};
use super::lists::List;
use super::rows::{Came as Row, ids, records};
use super::{
    Extracted, How, PassError, Reading, Server, check, due, everything, give_up_interrupted, joined, reconcile,
};
use crate::aggregate::Aggregation;
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::normalise::Normaliser;
use crate::progress::{Progress, Step};
use crate::store::{ExtractionId, LineList, Mode, NewPage};
use compact_str::CompactString;
use epi::field::TableName;
use epi::issue::Issue;
use epi::record::RecordKind;
use godata::{Page, Selection};
use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Changes are asked for from so long before the last watermark: stamps are set before they can be read, and the clocks of
/// several application servers differ. What is read twice is only seen twice.
const OVERLAP: SignedDuration = SignedDuration::from_mins(15);

/// Brings the line list up to date from a server and counts it.
pub(super) async fn extract(
    server: &Server<'_>,
    reading: &Reading<'_>,
    mut list: LineList,
    since: Timestamp,
) -> Result<Extracted, Error> {
    give_up_interrupted(&mut list, &server.opened.outbreak_id, reading.now)?;
    let selection = Selection::changed_since(since.checked_sub(OVERLAP).unwrap_or(since));
    let mut updating = match read(server, reading, list, since, &selection).await? {
        Came::Updating(updating) => updating,
        Came::Unusable(list, warning) => return instead(server, reading, list, warning).await,
    };
    let mut counts = server.counts(&reading.kinds_read).await;
    let differ = match &counts {
        Some(counts) => server.differ(counts, &updating.list)?,
        None => false,
    };
    let reconciled = differ || due::reconciliation(&updating.list, reading)?;
    if reconciled {
        updating = match reconcile::reconcile(updating, server, reading).await? {
            Came::Updating(updating) => updating,
            Came::Unusable(list, warning) => return instead(server, reading, list, warning).await,
        };
        counts = server.counts(&reading.kinds_read).await;
    }
    let is_counted = |list: &List| reading.kinds.contains(&list.kind);
    let counted = counts.map(|counts| counts.iter().filter(|(list, _)| is_counted(list)).map(|(_, n)| n).sum());
    let deciding = Deciding::of(reading, &updating.list)?;
    let (counting, counted_again, updating) = count(updating, deciding.clone(), reading).await?;
    let Counted { aggregation, n_changed, nothing_moved } = counting;
    check(&aggregation, counted, reading)?;
    let Updating { mut list, extraction, n_travelled, n_deleted, n_doubles, .. } = updating;
    match deciding {
        Some(deciding) => {
            let counted = (!nothing_moved).then_some(&aggregation);
            deciding.finish(&mut list, extraction, reconciled, reading, counted)?;
        }
        None => list.finish_extraction(extraction, reconciled, reading.now)?,
    }
    Ok(Extracted {
        aggregation,
        n_deleted,
        n_unusable: n_doubles,
        n_counted_by_godata: counted,
        extraction: Some(extraction),
        how: How::Changes,
        n_travelled,
        n_changed: counted_again.is_none().then_some(n_changed),
        counted_again,
        warnings: Vec::new(),
    })
}

/// Counts the line list: from what the report counted last, if that can be brought up to date, else all of it, and why.
pub(super) async fn count(
    updating: Updating,
    deciding: Option<Deciding>,
    reading: &Reading<'_>,
) -> Result<(Counted, Option<CountedAgain>, Updating), Error> {
    let (counted_before, updating) = from_before(updating, deciding, reading).await?;
    Ok(match counted_before {
        Ok(counted) => (counted, None, updating),
        Err(why) => {
            tracing::debug!(%why, "all records are counted");
            let (aggregation, updating) = fold(updating, reading).await?;
            (Counted { aggregation, n_changed: 0, nothing_moved: false }, Some(why), updating)
        }
    })
}

/// What the report counted last, brought up to date.
async fn from_before(
    updating: Updating,
    deciding: Option<Deciding>,
    reading: &Reading<'_>,
) -> Result<(Result<Counted, CountedAgain>, Updating), Error> {
    let Some(deciding) = deciding else { return Ok((Err(CountedAgain::First), updating)) };
    let (updating, counted) = updating.work(reading, move |updating| deciding.count(updating)).await?;
    Ok((counted, updating))
}

/// Reads everything, since what changed cannot be known.
async fn instead(
    server: &Server<'_>,
    reading: &Reading<'_>,
    list: LineList,
    warning: String,
) -> Result<Extracted, Error> {
    let mut extracted = everything(server, reading, Some(list)).await?;
    extracted.warnings.push(warning);
    Ok(extracted)
}

/// What came of an attempt to bring the line list up to date.
pub(super) enum Came {
    /// It is on its way.
    Updating(Updating),
    /// Changes are not enough, and a person should know why.
    Unusable(LineList, String),
}

/// Reads the changes of all lists.
async fn read(
    server: &Server<'_>,
    reading: &Reading<'_>,
    list: LineList,
    since: Timestamp,
    selection: &Selection,
) -> Result<Came, Error> {
    let ask = |error: godata::Error| failure::godata(&error, reading.config);
    let mut came = Err(list);
    let kinds: Vec<RecordKind> = reading.kinds_read.iter().copied().collect();
    for list_read in server.lists(&kinds) {
        let mut fields = reading.fields(list_read.kind);
        fields.push("deleted");
        let mut pages = server.client.pages_of(server.resource(list_read), &fields, selection.clone());
        while let Some(page) = pages.next().await {
            let page = page.map_err(ask)?;
            let updating = match came {
                Ok(updating) => updating,
                Err(list) => match begin(server, reading, list, since, page.server_date())? {
                    Came::Updating(updating) => updating,
                    unusable @ Came::Unusable(..) => return Ok(unusable),
                },
            };
            came = Ok(updating.work(reading, move |updating| updating.apply(list_read, &page)).await?.0);
        }
    }
    let Ok(mut updating) = came else {
        return Err(Error::new(ErrorKind::Internal, "no list is read"));
    };
    // Persons move between their lists, and nothing else moves.
    let reads_persons = reading.kinds_read.iter().any(|kind| kind.person().is_some());
    let others = RecordKind::PERSONS.into_iter().filter(|kind| reads_persons && !reading.kinds_read.contains(kind));
    for list in server.lists(&others.collect::<Vec<_>>()) {
        updating = evict(updating, list, server, reading, selection).await?;
    }
    Ok(Came::Updating(updating))
}

/// Whoever changed in a list that is not read is not in ours, or not any more: a conversion keeps the id.
async fn evict(
    mut updating: Updating,
    list: List,
    server: &Server<'_>,
    reading: &Reading<'_>,
    selection: &Selection,
) -> Result<Updating, Error> {
    let mut pages = server.client.pages_of(server.resource(list), &[], selection.clone());
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            // The account need not see lists that no report counts; conversions are found by the counts then.
            Err(error) if matches!(error.kind(), godata::Kind::Forbidden { .. } | godata::Kind::NotFound) => break,
            Err(error) => return Err(failure::godata(&error, reading.config)),
        };
        updating = updating.work(reading, move |updating| updating.evict(list.kind, &page)).await?.0;
    }
    Ok(updating)
}

/// Begins the extraction, if the server's time can be trusted to have gone on since the last one.
fn begin(
    server: &Server<'_>,
    reading: &Reading<'_>,
    mut list: LineList,
    since: Timestamp,
    date: Option<Timestamp>,
) -> Result<Came, Error> {
    let Some(date) = date else {
        let warning = "Go.Data does not tell its time, so everything was read and not only what changed";
        return Ok(Came::Unusable(list, warning.to_owned()));
    };
    if date < since {
        let warning = format!(
            "Go.Data's clock says {date}, before the last extraction at {since}: everything was read and not only what \
             changed"
        );
        return Ok(Came::Unusable(list, warning));
    }
    let extraction = list.begin_extraction(&server.opened.outbreak_id, Mode::Changes, Some(date), reading.now)?;
    Ok(Came::Updating(Updating::at_rest(server, reading, list, extraction)))
}

/// The line list while it is brought up to date.
pub(super) struct Updating {
    pub(super) list: LineList,
    extraction: ExtractionId,
    /// Of each outbreak.
    normalisers: Vec<Normaliser>,
    /// The id of each outbreak, as records remember it.
    remembered: Vec<Option<String>>,
    /// In which outbreak each record came that came, where there are several: no id should stand in two.
    seen: Option<FxHashMap<(TableName, CompactString), usize>>,
    progress: Arc<dyn Progress>,
    n_travelled: u64,
    n_deleted: u64,
    n_doubles: u64,
}

impl Updating {
    /// A line list to which nothing has come yet.
    pub(super) fn at_rest(
        server: &Server<'_>,
        reading: &Reading<'_>,
        list: LineList,
        extraction: ExtractionId,
    ) -> Self {
        Self {
            list,
            extraction,
            normalisers: server.opened.normalisers(reading),
            remembered: (0..server.outbreaks.len()).map(|outbreak| server.opened.remembered(outbreak)).collect(),
            seen: (server.outbreaks.len() > 1).then(FxHashMap::default),
            progress: Arc::clone(&reading.progress),
            n_travelled: 0,
            n_deleted: 0,
            n_doubles: 0,
        }
    }

    /// Works on it where waiting for the disk holds nobody up.
    pub(super) async fn work<T: Send + 'static>(
        mut self,
        reading: &Reading<'_>,
        work: impl FnOnce(&mut Self) -> Result<T, PassError> + Send + 'static,
    ) -> Result<(Self, T), Error> {
        let worked = tokio::task::spawn_blocking(move || {
            let done = work(&mut self)?;
            Ok::<_, PassError>((self, done))
        });
        joined(worked.await)?.map_err(|error| error.into_error(reading.config))
    }

    /// Gives the line list back; what came so far is given up as an extraction, and stays.
    pub(super) fn into_list(mut self, reading: &Reading<'_>) -> Result<LineList, Error> {
        self.list.discard_extraction(self.extraction, reading.now)?;
        Ok(self.list)
    }

    /// The records of a list that follow `after`, up to `last` or to the end.
    pub(super) fn ours(&self, list: List, after: &str, last: Option<&str>) -> Result<Vec<CompactString>, PassError> {
        Ok(match &self.remembered[list.outbreak] {
            None => self.list.ids_between(list.kind, after, last)?,
            Some(outbreak) => self.list.ids_of_outbreak(list.kind, outbreak, after, last)?,
        })
    }

    /// A page of a list, empty.
    pub(super) fn page_of(&self, list: List) -> NewPage {
        let mut page = NewPage::default();
        page.belongs_to(self.remembered[list.outbreak].as_deref());
        page
    }

    /// Takes a page of records in, and those that are deleted out.
    pub(super) fn apply(&mut self, list: List, page: &Page) -> Result<(), PassError> {
        let kind = list.kind;
        let (mut new, mut gone, mut failed) = (self.page_of(list), Vec::new(), None);
        let decoded = records(page, kind, &self.normalisers[list.outbreak], |came, id, issues| {
            self.n_travelled += 1;
            match came {
                Row::Deleted => {
                    self.n_deleted += 1;
                    gone.extend(id.map(CompactString::from));
                }
                Row::Record(record) => {
                    let unreadable: Vec<&'static str> = issues.drain(..).map(|issue: Issue| issue.field).collect();
                    if let Some(seen) = &mut self.seen {
                        let key = (kind.table().name, CompactString::from(record.id()));
                        let first = seen.insert(key, list.outbreak);
                        self.n_doubles += u64::from(first.is_some_and(|outbreak| outbreak != list.outbreak));
                    }
                    // The message of a JSON error may quote a person's value.
                    if new.push(record, &unreadable).is_err() {
                        failed = Some(format!("record {} has no JSON", record.id()));
                    }
                }
                Row::Unusable => {}
            }
        });
        let decoded = decoded.map_err(PassError::Godata)?;
        if let Some(failed) = failed {
            return Err(Error::new(ErrorKind::Internal, failed).into());
        }
        if let Some(last_id) = decoded.last_id {
            self.put(kind, &new, &gone, &last_id)?;
        }
        self.progress.advance(Step::Extract, self.n_travelled);
        Ok(())
    }

    fn evict(&mut self, kind: RecordKind, page: &Page) -> Result<(), PassError> {
        let mut gone = Vec::new();
        let decoded = ids(page, |id| gone.push(id));
        match decoded.map_err(PassError::Godata)?.last_id {
            Some(last_id) => self.put(kind, &NewPage::default(), &gone, &last_id),
            None => Ok(()),
        }
    }

    pub(super) fn put(
        &mut self,
        kind: RecordKind,
        records: &NewPage,
        gone: &[CompactString],
        last_id: &str,
    ) -> Result<(), PassError> {
        Ok(self.list.keep_page(self.extraction, kind, records, gone, last_id)?)
    }
}

/// Counts the line list as if every record had just come.
async fn fold(updating: Updating, reading: &Reading<'_>) -> Result<(Aggregation, Updating), Error> {
    let fold = Fold::new(reading);
    let (updating, aggregation) = updating.work(reading, move |updating| fold.count(&updating.list)).await?;
    Ok((aggregation, updating))
}
