//! What did not change is not counted again: from what the report counted last, the records that changed since are taken out as
//! they were, and added as they are.
//!
//! What was counted last is good for that if everything that decides it is the same: the definitions and the day, what is
//! judged, the kinds, the program. Whatever is in doubt is counted again from the whole list, which is always right.

use super::changes::Updating;
use super::{PassError, Reading, count};
use crate::aggregate::Aggregation;
use crate::error::{Error, ErrorKind};
use crate::normalise::unreadable_field;
use crate::store::{Base, ExtractionId, LineList, NewBase, StoreError, Unreadable};
use compact_str::CompactString;
use epi::contribution::Contributions;
use epi::field::TableName;
use epi::increment::Inexact;
use epi::indicator::Definitions;
use epi::issue::{self, Issue, Rule};
use epi::portable::Portable;
use epi::quality::Scope;
use epi::record::{Linked, Record, RecordKind};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

/// Raised with whatever changes what is counted or how it is packed and is not in the definitions.
const FORMAT_VERSION: u32 = 1;

/// If more than this share of the records moved, all are counted: a record that changed costs two. Of few records any share
/// is little.
const MOVED_PERCENT_MAX: u64 = 25;
const MOVED_MIN: u64 = 10_000;

/// Why all records were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CountedAgain {
    /// Nothing was kept of this report.
    #[error("nothing that this report counted before is kept")]
    First,
    /// It was decided by something else: the definitions, the day, the places, the version.
    #[error("the definitions, the places, the day or the version are others than when this report was counted last")]
    OtherDefinitions,
    /// What records were then is forgotten.
    #[error("what the records were when this report was counted last is no longer kept")]
    TooLongAgo,
    /// It would take longer.
    #[error("too many records changed since this report was counted last")]
    TooManyChanges,
    /// What was kept cannot be read.
    #[error("what this report counted before cannot be read")]
    Unreadable,
    /// Some number is not known without looking at all records.
    #[error(transparent)]
    Inexact(Inexact),
}

/// What came of the records, and from what.
pub(super) struct Counted {
    pub(super) aggregation: Aggregation,
    /// Records of the report that changed since it was counted last.
    pub(super) n_changed: u64,
    /// Whether not even a record of another report did.
    pub(super) nothing_moved: bool,
}

/// What decides what is counted.
#[derive(Clone)]
pub(super) struct Deciding {
    report: String,
    definitions: Arc<Definitions>,
    quality: Arc<Scope>,
    kinds: BTreeSet<RecordKind>,
    joins: bool,
    /// A hash of all this.
    made_by: String,
}

impl Deciding {
    /// What decides it for a report, with records of this line list; none if nobody will ask for it again.
    pub(super) fn of(reading: &Reading<'_>, list: &LineList) -> Result<Option<Self>, Error> {
        let Some(report) = reading.report else { return Ok(None) };
        let mut deciding = Self {
            report: report.to_owned(),
            definitions: Arc::clone(reading.definitions),
            quality: Arc::clone(&reading.quality),
            kinds: reading.kinds.clone(),
            joins: reading.needs.joins(),
            made_by: String::new(),
        };
        deciding.made_by = deciding.hash(list)?;
        Ok(Some(deciding))
    }

    fn hash(&self, list: &LineList) -> Result<String, Error> {
        let definitions = serde_json::to_vec(&Portable::of(&self.definitions))
            .map_err(|_| Error::new(ErrorKind::Internal, "the definitions have no JSON"))?;
        let belonging = list.belonging();
        let mut hasher = Sha256::new();
        for part in [
            &*definitions,
            self.quality.told().as_bytes(),
            format!("{:?} {}", self.kinds, self.joins).as_bytes(),
            format!("{} {} {}", belonging.normalisation, belonging.time_zone, belonging.outbreak).as_bytes(),
            format!("{} {FORMAT_VERSION}", env!("CARGO_PKG_VERSION")).as_bytes(),
        ] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Ok(hasher.finalize().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }

    /// What was counted last, brought up to date; or why everything is to be counted.
    pub(super) fn count(&self, updating: &mut Updating) -> Result<Result<Counted, CountedAgain>, PassError> {
        let list = &updating.list;
        let Some(base) = list.base(&self.report, &self.made_by)? else {
            let is_other = list.has_base(&self.report)?;
            return Ok(Err(if is_other { CountedAgain::OtherDefinitions } else { CountedAgain::First }));
        };
        let Ok(aggregation) = Aggregation::unpack(&base.tally, &self.definitions, &self.quality) else {
            return Ok(Err(CountedAgain::Unreadable));
        };
        let n_moved_max = MOVED_MIN.max(aggregation.account.n_records * MOVED_PERCENT_MAX / 100);
        if list.n_moves_since(base.extraction)? > n_moved_max {
            return Ok(Err(CountedAgain::TooManyChanges));
        }
        let mut edit = Edit { deciding: self, aggregation, now: list.unreadable()?, n_changed: 0, n_moved: 0 };
        match edit.since(list, &base)? {
            Ok(()) => {}
            Err(why) => return Ok(Err(why)),
        }
        let Edit { aggregation, n_changed, n_moved, .. } = edit;
        Ok(Ok(Counted { aggregation, n_changed, nothing_moved: n_moved == 0 }))
    }

    /// Ends an extraction, and keeps what was counted by then for the next one: none if that is what is kept already, of the
    /// same records.
    pub(super) fn finish(
        &self,
        list: &mut LineList,
        extraction: ExtractionId,
        reconciled: bool,
        reading: &Reading<'_>,
        counted: Option<&Aggregation>,
    ) -> Result<(), Error> {
        let tally = counted.map(Aggregation::pack);
        list.finish_extraction_with(extraction, reconciled, reading.now, Some(&self.base(tally.as_deref())))?;
        Ok(())
    }

    /// As [`Deciding::finish`], of an extraction that has ended.
    pub(super) fn keep(
        &self,
        list: &mut LineList,
        extraction: ExtractionId,
        counted: Option<&Aggregation>,
    ) -> Result<(), Error> {
        let tally = counted.map(Aggregation::pack);
        list.keep_base(extraction, &self.base(tally.as_deref()))?;
        Ok(())
    }

    fn base<'b>(&'b self, tally: Option<&'b [u8]>) -> NewBase<'b> {
        NewBase { report: &self.report, made_by: &self.made_by, tally }
    }
}

/// What was counted while records are taken out and added.
struct Edit<'a> {
    deciding: &'a Deciding,
    aggregation: Aggregation,
    /// What cannot be read now.
    now: Unreadable,
    n_changed: u64,
    n_moved: u64,
}

impl Edit<'_> {
    /// Takes in what changed since.
    fn since(&mut self, list: &LineList, base: &Base) -> Result<Result<(), CountedAgain>, PassError> {
        // What could not be read is no part of a record: it may come and go without it.
        let mut reread: BTreeSet<(TableName, CompactString)> = BTreeSet::new();
        for (one, other) in [(&base.unreadable, &self.now), (&self.now, &base.unreadable)] {
            reread
                .extend(one.iter().filter(|(key, fields)| other.get(*key) != Some(fields)).map(|(key, _)| key.clone()));
        }
        let mut failed = None;
        let looked = list.changed_since(base.extraction, |changed| {
            if failed.is_some() {
                return;
            }
            for linked in changed.before.iter().chain(&changed.after) {
                reread.remove(&(linked.record.kind().table().name, changed.id.clone()));
            }
            let replaced = self.replace(changed.before.as_ref(), changed.after.as_ref(), &base.unreadable);
            failed = replaced.err();
        });
        match looked {
            Err(StoreError::NoLongerKept { .. }) => return Ok(Err(CountedAgain::TooLongAgo)),
            looked => looked?,
        }
        for (table, id) in reread {
            if failed.is_none()
                && let Some(linked) = list.linked_of(table, &id)?
            {
                failed = self.replace(Some(&linked), Some(&linked), &base.unreadable).err();
            }
        }
        let settled = failed.map_or_else(|| self.aggregation.settle().map_err(Stop::Inexact), Err);
        match settled {
            Ok(()) => Ok(Ok(())),
            Err(Stop::Inexact(why)) => Ok(Err(CountedAgain::Inexact(why))),
            Err(Stop::Failed(error)) => Err(error.into()),
        }
    }

    /// A record is not what it was.
    fn replace(&mut self, before: Option<&Linked>, after: Option<&Linked>, then: &Unreadable) -> Result<(), Stop> {
        let deciding = self.deciding;
        let is_counted = |linked: &&Linked| deciding.kinds.contains(&linked.record.kind());
        let (before, after) = (before.filter(is_counted), after.filter(is_counted));
        self.n_moved += 1;
        self.n_changed += u64::from(before.is_some() || after.is_some());
        let (definitions, mut issues) = (&*deciding.definitions, Vec::new());
        if let Some(before) = before {
            unreadable(&before.record, then, &mut issues).map_err(Stop::Failed)?;
            let record = before.joined();
            issue::issues_of(record, deciding.joins, definitions.today, &definitions.places, &mut issues);
            let subtracted = self.aggregation.subtract(record, definitions, &mut issues, &mut Contributions::default());
            subtracted.map_err(Stop::Inexact)?;
        }
        if let Some(after) = after {
            unreadable(&after.record, &self.now, &mut issues).map_err(Stop::Failed)?;
            let (record, found) = (after.joined(), Contributions::default());
            count(record, deciding.joins, &mut issues, definitions, &mut self.aggregation, found)
                .map_err(Stop::Failed)?;
        }
        Ok(())
    }
}

/// Why an edit stops.
enum Stop {
    Inexact(Inexact),
    Failed(Error),
}

/// What could not be read of a record, as issues.
fn unreadable(record: &Record, known: &Unreadable, issues: &mut Vec<Issue>) -> Result<(), Error> {
    let key = (record.kind().table().name, CompactString::from(record.id()));
    for name in known.get(&key).into_iter().flatten() {
        let field = unreadable_field(name)
            .ok_or_else(|| Error::new(ErrorKind::Internal, format!("no field is named `{name}`")))?;
        issues.push(Issue { record: record.id().into(), field, rule: Rule::Unreadable });
    }
    Ok(())
}
