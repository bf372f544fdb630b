//! An extraction: the pages that one reading of Go.Data brought, of everything or of what changed, and how far it came.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use compact_str::CompactString;
use epi::field::TableName;
use epi::record::{Record, RecordKind};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use super::page::NewPage;
use super::put::{Change, Stretch, n_records};
use super::{LineList, NewBase, base, number, versions};
use crate::store::column::{At, N, unknown_word};
use crate::store::database::Fault;
use crate::store::error::StoreError;

/// Rows of one page: ten times what is ever asked of Go.Data. One page is one transaction.
const PAGE_ROWS_MAX: usize = 50_000;

/// The number of an extraction in this line list. Numbers are never used twice, not even by a file that replaces this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExtractionId(pub i64);

impl fmt::Display for ExtractionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How far a resource was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Id of the last row of the last page that was kept: the next page begins behind it.
    pub last_id: String,
    /// Rows kept so far.
    pub n_rows: u64,
}

/// What an extraction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Everything: what it does not see is gone.
    Full,
    /// What changed since the watermark of the last one: what it does not see is as it was.
    Changes,
}

impl Mode {
    /// The name as it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Changes => "changes",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Full, Self::Changes].into_iter().find(|mode| mode.name() == name)
    }
}

/// A record as an extraction brings it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRecord {
    /// The record.
    pub record: Record,
    /// Fields that could not be read on the wire: the record itself no longer shows it.
    pub unreadable: Vec<&'static str>,
}

impl<R: Into<Record>> From<R> for NewRecord {
    fn from(record: R) -> Self {
        Self { record: record.into(), unreadable: Vec::new() }
    }
}

/// A finished extraction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Extraction {
    /// Its number.
    pub id: ExtractionId,
    /// The outbreak.
    pub outbreak: String,
    /// What it read.
    pub mode: Mode,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// The server's time up to which its changes are in; none if the server did not tell it.
    pub watermark: Option<Timestamp>,
    /// Whether the ids of the list were held against the server's: of a full one they always were.
    pub reconciled: bool,
    /// Rows that it brought.
    pub n_rows: u64,
}

/// An extraction that was interrupted and may go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resumable {
    /// Its number.
    pub id: ExtractionId,
    /// What it reads.
    pub mode: Mode,
    /// When it began.
    pub started_at: Timestamp,
    /// The server's time when it began.
    pub watermark: Option<Timestamp>,
    /// How far each resource was read; one that is absent was not begun.
    pub marks: BTreeMap<String, Mark>,
}

impl LineList {
    /// Begins an extraction. `watermark` is the server's time at its first answer: changes before it will be in.
    ///
    /// # Errors
    /// [`StoreError::OtherOutbreak`] if the file holds another one; [`StoreError::UnfinishedExtraction`] if one is to be
    /// resumed or discarded first.
    pub fn begin_extraction(
        &mut self,
        outbreak: &str,
        mode: Mode,
        watermark: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<ExtractionId, StoreError> {
        self.check_outbreak(outbreak)?;
        self.database.write("line-list/begun", |tx| {
            if let Some(open) = open_extraction(tx, outbreak)? {
                return Err(StoreError::UnfinishedExtraction { extraction: open.id.0 }.into());
            }
            tx.execute(
                "INSERT INTO extraction (outbreak, mode, started_at, watermark) VALUES (?1, ?2, ?3, ?4)",
                params![outbreak, mode.name(), At(now), watermark.map(At)],
            )?;
            let extraction = ExtractionId(tx.last_insert_rowid());
            // What interrupted ones left before anything was finished was never the picture of a moment.
            if mode == Mode::Full && Change::new(tx, extraction)?.is_first {
                tx.execute("DELETE FROM records", [])?;
                tx.execute("DELETE FROM n_records", [])?;
            }
            Ok(extraction)
        })
    }

    /// As [`LineList::keep_page`].
    ///
    /// # Errors
    /// Those of [`LineList::keep_page`].
    pub fn put_page(
        &mut self,
        extraction: ExtractionId,
        kind: RecordKind,
        page: &[NewRecord],
        gone: &[CompactString],
        last_id: &str,
    ) -> Result<(), StoreError> {
        let mut written = NewPage::default();
        for NewRecord { record, unreadable } in page {
            written.push(record, unreadable).map_err(|_| StoreError::Row {
                path: self.path().to_owned(),
                detail: format!("record {} has no JSON", record.id()),
            })?;
        }
        self.keep_page(extraction, kind, &written, gone, last_id)
    }

    /// Keeps a page of a kind: its records replace those of the same table and id, those of `gone` leave, and the mark of the
    /// list moves to `last_id`, in one transaction. They cannot part. What a record was before stays as a former version.
    ///
    /// The pages of a full extraction come in the order of their ids, those of each outbreak by themselves, and what the line
    /// list has of the kind and the outbreak between the mark and `last_id` and the page has not, leaves as well. The order of pages that are only [scattered](LineList::scatter) does
    /// not matter.
    ///
    /// # Errors
    /// [`StoreError::NoOpenExtraction`]; [`StoreError::Refused`] if a record has no id or the page is over-long.
    pub fn keep_page(
        &mut self,
        extraction: ExtractionId,
        kind: RecordKind,
        page: &NewPage,
        gone: &[CompactString],
        last_id: &str,
    ) -> Result<(), StoreError> {
        let n_rows = page.len() + gone.len();
        if n_rows > PAGE_ROWS_MAX {
            let detail = format!("{n_rows} rows in one page, and {PAGE_ROWS_MAX} are the most");
            return Err(StoreError::Refused { path: self.path().to_owned(), detail });
        }
        let outbreak = page.outbreak();
        let seen = self.seen.as_mut();
        self.database.write_soon("line-list/page", |tx| {
            let mode = check_open(tx, extraction)?;
            let mut change = Change::new(tx, extraction)?;
            if change.is_first {
                change.append(page)?;
            } else if mode == Mode::Full && seen.is_none() {
                let after = mark_of(tx, extraction, kind, outbreak)?.unwrap_or_default();
                change.replace(page, &Stretch { kind, outbreak, after: &after, last: last_id })?;
            } else {
                change.upsert(page)?;
            }
            change.remove(kind.table().name, gone)?;
            change.finish()?;
            if let Some(seen) = seen {
                seen.extend(page.rows()?.map(|row| (row.kind.table().name, row.id.into())));
            }
            tx.prepare_cached(
                "INSERT INTO mark (extraction, resource, last_id, n_rows) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET last_id = excluded.last_id, n_rows = n_rows + excluded.n_rows",
            )?
            .execute(params![extraction.0, resource(kind, outbreak), last_id, N(n_rows as u64)])?;
            tx.prepare_cached("UPDATE extraction SET n_rows = n_rows + ?2 WHERE id = ?1")?
                .execute(params![extraction.0, N(n_rows as u64)])?;
            Ok(())
        })
    }

    /// From now on the records of a full extraction come in no order, as those of files do: the ids that it brings are
    /// remembered, some hundred bytes each, until it ends.
    pub fn scatter(&mut self) {
        self.seen = Some(FxHashSet::default());
    }

    /// Ends an extraction, in one transaction: after a full one the records that it did not see (deleted, or converted out
    /// of what is read) are gone; it is stamped, with whether ids were `reconciled`; versions beyond their time are forgotten.
    pub fn finish_extraction(
        &mut self,
        extraction: ExtractionId,
        reconciled: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.finish_extraction_with(extraction, reconciled, now, None)
    }

    /// As [`Self::finish_extraction`], and in the same transaction keeps what a report counted by then.
    ///
    /// # Errors
    /// What the file says.
    pub fn finish_extraction_with(
        &mut self,
        extraction: ExtractionId,
        reconciled: bool,
        now: Timestamp,
        base: Option<&NewBase<'_>>,
    ) -> Result<(), StoreError> {
        let (seen, outbreaks) = (self.seen.as_ref(), self.belonging.several());
        self.database.write("line-list/finished", |tx| {
            if check_open(tx, extraction)? == Mode::Full {
                remove_unseen(tx, extraction, seen, &outbreaks)?;
            }
            tx.execute(
                "UPDATE extraction SET finished_at = ?2, reconciled = (?3 OR mode = 'full') WHERE id = ?1",
                params![extraction.0, At(now), reconciled],
            )?;
            versions::prune(tx, now)?;
            if let Some(base) = base {
                base::put(tx, extraction, base)?;
            }
            Ok(())
        })?;
        self.seen = None;
        Ok(())
    }

    /// The interrupted extraction and how far it came, if there is one.
    pub fn resume(&self, outbreak: &str) -> Result<Option<Resumable>, StoreError> {
        self.check_outbreak(outbreak)?;
        self.database.read(|conn| open_extraction(conn, outbreak))
    }

    /// Gives up an interrupted extraction. Its pages stay: they are newer than the rest, and until the next full extraction
    /// ends the line list is not the picture of one moment.
    pub fn discard_extraction(&mut self, extraction: ExtractionId, now: Timestamp) -> Result<(), StoreError> {
        self.database.write("line-list/discarded", |tx| {
            check_open(tx, extraction)?;
            tx.execute("UPDATE extraction SET discarded_at = ?2 WHERE id = ?1", params![extraction.0, At(now)])?;
            Ok(())
        })?;
        self.seen = None;
        Ok(())
    }

    /// The last extraction that was finished.
    pub fn last_finished(&self) -> Result<Option<Extraction>, StoreError> {
        self.last_where("1")
    }

    /// The last full extraction that was finished.
    pub fn last_full(&self) -> Result<Option<Extraction>, StoreError> {
        self.last_where("mode = 'full'")
    }

    /// The last extraction that was finished with its ids held against the server's.
    pub fn last_reconciled(&self) -> Result<Option<Extraction>, StoreError> {
        self.last_where("reconciled = 1")
    }

    /// Whether the newest extraction, finished or not, is a full one that did not come to its end.
    pub fn full_is_unfinished(&self) -> Result<bool, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT mode = 'full' AND finished_at IS NULL FROM extraction ORDER BY id DESC LIMIT 1",
            )?;
            Ok(statement.query_row([], |row| row.get(0)).optional()?.unwrap_or(false))
        })
    }

    fn last_where(&self, condition: &str) -> Result<Option<Extraction>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(&format!(
                "SELECT id, outbreak, started_at, finished_at, watermark, n_rows, mode, reconciled FROM extraction \
                 WHERE finished_at IS NOT NULL AND {condition} ORDER BY id DESC LIMIT 1",
            ))?;
            Ok(statement.query_row([], read_extraction).optional()?)
        })
    }

    fn check_outbreak(&self, wanted: &str) -> Result<(), StoreError> {
        if wanted == self.belonging.outbreak {
            return Ok(());
        }
        let (found, wanted) = (self.belonging.outbreak.clone(), wanted.to_owned());
        Err(StoreError::OtherOutbreak { path: self.path().to_owned(), found, wanted })
    }
}

/// Takes out what a full extraction did not see: what no page stood for.
fn remove_unseen(
    tx: &Transaction<'_>,
    extraction: ExtractionId,
    seen: Option<&FxHashSet<(TableName, CompactString)>>,
    outbreaks: &[Option<&str>],
) -> Result<(), Fault> {
    let mut change = Change::new(tx, extraction)?;
    if change.is_first {
        // It began with an empty list.
        return Ok(());
    }
    match seen {
        Some(seen) => {
            for table in TableName::ALL {
                let ids = tx
                    .prepare_cached("SELECT id FROM records WHERE of = ?1")?
                    .query_map([number(table)], |row| Ok(row.get_ref(0)?.as_str()?.into()))?
                    .filter(|id| id.as_ref().map_or(true, |id: &CompactString| !seen.contains(&(table, id.clone()))))
                    .collect::<Result<Vec<_>, _>>()?;
                change.remove(table, &ids)?;
            }
        }
        None => {
            let n_records = n_records(tx)?;
            for kind in RecordKind::ALL.into_iter().filter(|kind| n_records.contains_key(kind.name())) {
                for outbreak in outbreaks {
                    let last_id = mark_of(tx, extraction, kind, *outbreak)?.unwrap_or_default();
                    change.remove_behind(kind, *outbreak, &last_id)?;
                }
            }
        }
    }
    change.finish()
}

/// The id up to which an extraction read a list.
fn mark_of(
    tx: &Transaction<'_>,
    extraction: ExtractionId,
    kind: RecordKind,
    outbreak: Option<&str>,
) -> Result<Option<String>, Fault> {
    let mut statement = tx.prepare_cached("SELECT last_id FROM mark WHERE extraction = ?1 AND resource = ?2")?;
    Ok(statement.query_row(params![extraction.0, resource(kind, outbreak)], |row| row.get(0)).optional()?)
}

/// The name of a list in its mark: the kind, and behind it the outbreak where there are several.
fn resource(kind: RecordKind, outbreak: Option<&str>) -> Cow<'static, str> {
    match outbreak {
        Some(outbreak) => Cow::Owned(format!("{} {outbreak}", kind.name())),
        None => Cow::Borrowed(kind.name()),
    }
}

fn check_open(tx: &Transaction<'_>, extraction: ExtractionId) -> Result<Mode, Fault> {
    let open = tx
        .prepare_cached("SELECT mode FROM extraction WHERE id = ?1 AND finished_at IS NULL AND discarded_at IS NULL")?
        .query_row([extraction.0], |row| read_mode(row, 0))
        .optional()?;
    open.ok_or_else(|| StoreError::NoOpenExtraction { extraction: extraction.0 }.into())
}

fn read_mode(row: &Row<'_>, column: usize) -> rusqlite::Result<Mode> {
    let name: String = row.get(column)?;
    Mode::from_name(&name).ok_or_else(|| unknown_word(column, &name))
}

fn open_extraction(conn: &rusqlite::Connection, outbreak: &str) -> Result<Option<Resumable>, Fault> {
    let open = conn
        .prepare_cached(
            "SELECT id, started_at, watermark, mode FROM extraction \
             WHERE outbreak = ?1 AND finished_at IS NULL AND discarded_at IS NULL",
        )?
        .query_row([outbreak], |row| {
            let watermark = row.get::<_, Option<At>>(2)?.map(|at| at.0);
            Ok((ExtractionId(row.get(0)?), row.get::<_, At>(1)?.0, watermark, read_mode(row, 3)?))
        })
        .optional()?;
    let Some((id, started_at, watermark, mode)) = open else { return Ok(None) };
    let mut marks = conn.prepare_cached("SELECT resource, last_id, n_rows FROM mark WHERE extraction = ?1")?;
    let marks = marks
        .query_map([id.0], |row| Ok((row.get(0)?, Mark { last_id: row.get(1)?, n_rows: row.get::<_, N>(2)?.0 })))?
        .collect::<Result<_, _>>()?;
    Ok(Some(Resumable { id, mode, started_at, watermark, marks }))
}

fn read_extraction(row: &Row<'_>) -> rusqlite::Result<Extraction> {
    Ok(Extraction {
        id: ExtractionId(row.get(0)?),
        outbreak: row.get(1)?,
        started_at: row.get::<_, At>(2)?.0,
        finished_at: row.get::<_, At>(3)?.0,
        watermark: row.get::<_, Option<At>>(4)?.map(|at| at.0),
        n_rows: row.get::<_, N>(5)?.0,
        mode: read_mode(row, 6)?,
        reconciled: row.get(7)?,
    })
}
