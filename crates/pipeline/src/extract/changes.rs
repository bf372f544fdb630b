//! Only what changed since the last extraction travels; the line list is brought up to date and then counted.

use super::fold::Fold;
use super::increment::{Counted, CountedAgain, Deciding};
use super::rows::{Came as Row, ids, records};
use super::{
    Extracted, How, PassError, Reading, Server, check, due, everything, give_up_interrupted, joined, reconcile,
};
use crate::aggregate::Aggregation;
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::normalise::Normaliser;
use crate::progress::{Progress, Step};
use crate::source::resource;
use crate::store::{ExtractionId, LineList, Mode, NewPage};
use compact_str::CompactString;
use epi::issue::Issue;
use epi::record::RecordKind;
use godata::{Page, Selection};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
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
        Some(counts) => differ(counts, &updating.list.len_by_kind()?),
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
    let counted = counts.map(|counts| reading.kinds.iter().filter_map(|kind| counts.get(kind)).sum());
    let deciding = Deciding::of(reading, &updating.list)?;
    let (counted_before, updating) = from_before(updating, deciding.clone(), reading).await?;
    let (counting, counted_again, updating) = match counted_before {
        Ok(counting) => (counting, None, updating),
        Err(why) => {
            tracing::debug!(%why, "all records are counted");
            let (aggregation, updating) = fold(updating, reading).await?;
            (Counted { aggregation, n_changed: 0, nothing_moved: false }, Some(why), updating)
        }
    };
    let Counted { aggregation, n_changed, nothing_moved } = counting;
    check(&aggregation, counted, reading)?;
    let Updating { mut list, extraction, n_travelled, n_deleted, .. } = updating;
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
        n_unusable: 0,
        n_counted_by_godata: counted,
        extraction: Some(extraction),
        how: How::Changes,
        n_travelled,
        n_changed: counted_again.is_none().then_some(n_changed),
        counted_again,
        warnings: Vec::new(),
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

fn differ(counts: &BTreeMap<RecordKind, u64>, kept: &BTreeMap<String, u64>) -> bool {
    counts.iter().any(|(kind, n)| kept.get(kind.name()).copied().unwrap_or_default() != *n)
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
    for kind in &reading.kinds_read {
        let mut fields = reading.fields(*kind);
        fields.push("deleted");
        let mut pages = server.client.pages_of(resource(*kind, server.outbreak), &fields, selection.clone());
        while let Some(page) = pages.next().await {
            let page = page.map_err(ask)?;
            let updating = match came {
                Ok(updating) => updating,
                Err(list) => match begin(server, reading, list, since, page.server_date())? {
                    Came::Updating(updating) => updating,
                    unusable @ Came::Unusable(..) => return Ok(unusable),
                },
            };
            let kind = *kind;
            came = Ok(updating.work(reading, move |updating| updating.apply(kind, &page)).await?.0);
        }
    }
    let Ok(mut updating) = came else {
        return Err(Error::new(ErrorKind::Internal, "no list is read"));
    };
    // Persons move between their lists, and nothing else moves.
    let reads_persons = reading.kinds_read.iter().any(|kind| kind.person().is_some());
    let others = RecordKind::PERSONS.iter().filter(|kind| reads_persons && !reading.kinds_read.contains(*kind));
    for kind in others {
        updating = evict(updating, *kind, server, reading, selection).await?;
    }
    Ok(Came::Updating(updating))
}

/// Whoever changed in a list that is not read is not in ours, or not any more: a conversion keeps the id.
async fn evict(
    mut updating: Updating,
    kind: RecordKind,
    server: &Server<'_>,
    reading: &Reading<'_>,
    selection: &Selection,
) -> Result<Updating, Error> {
    let mut pages = server.client.pages_of(resource(kind, server.outbreak), &[], selection.clone());
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            // The account need not see lists that no report counts; conversions are found by the counts then.
            Err(error) if matches!(error.kind(), godata::Kind::Forbidden { .. } | godata::Kind::NotFound) => break,
            Err(error) => return Err(failure::godata(&error, reading.config)),
        };
        updating = updating.work(reading, move |updating| updating.evict(kind, &page)).await?.0;
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
    Ok(Came::Updating(Updating {
        list,
        extraction,
        normaliser: Normaliser::new(&server.opened.time_zone),
        progress: Arc::clone(&reading.progress),
        n_travelled: 0,
        n_deleted: 0,
    }))
}

/// The line list while it is brought up to date.
pub(super) struct Updating {
    pub(super) list: LineList,
    extraction: ExtractionId,
    normaliser: Normaliser,
    progress: Arc<dyn Progress>,
    n_travelled: u64,
    n_deleted: u64,
}

impl Updating {
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

    /// Takes a page of records in, and those that are deleted out.
    pub(super) fn apply(&mut self, kind: RecordKind, page: &Page) -> Result<(), PassError> {
        let (mut new, mut gone, mut failed) = (NewPage::default(), Vec::new(), None);
        let decoded = records(page, kind, &self.normaliser, |came, id, issues| {
            self.n_travelled += 1;
            match came {
                Row::Deleted => {
                    self.n_deleted += 1;
                    gone.extend(id.map(CompactString::from));
                }
                Row::Record(record) => {
                    let unreadable: Vec<&'static str> = issues.drain(..).map(|issue: Issue| issue.field).collect();
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
