//! An extraction: the pages that one full reading of Go.Data brought, and how far it came.

use std::collections::BTreeMap;
use std::fmt;

use epi::record::Person;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::LineList;
use crate::store::column::{At, N};
use crate::store::database::Fault;
use crate::store::error::StoreError;

/// Rows of one page: ten times what is ever asked of Go.Data. One page is one transaction.
const PAGE_ROWS_MAX: usize = 50_000;

/// Room for the JSON of a usual record; longer ones grow it once.
const JSON_BYTES: usize = 4_096;

/// The number of an extraction in this line list. Numbers are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
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

/// A finished extraction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Extraction {
    /// Its number.
    pub id: ExtractionId,
    /// The outbreak.
    pub outbreak: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// The server's time up to which its changes are in.
    pub watermark: Timestamp,
    /// Rows that it brought.
    pub n_rows: u64,
}

/// An extraction that was interrupted and may go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resumable {
    /// Its number.
    pub id: ExtractionId,
    /// When it began.
    pub started_at: Timestamp,
    /// The server's time when it began.
    pub watermark: Timestamp,
    /// How far each resource was read; one that is absent was not begun.
    pub marks: BTreeMap<String, Mark>,
}

impl LineList {
    /// Begins a full extraction. `watermark` is the server's time at its first answer: changes before it will be in.
    ///
    /// # Errors
    /// [`StoreError::OtherOutbreak`] if the file holds another one; [`StoreError::UnfinishedExtraction`] if one is to be
    /// resumed or discarded first.
    pub fn begin_extraction(
        &mut self,
        outbreak: &str,
        watermark: Timestamp,
        now: Timestamp,
    ) -> Result<ExtractionId, StoreError> {
        self.check_outbreak(outbreak)?;
        self.database.write("line-list/begun", |tx| {
            if let Some(open) = open_extraction(tx, outbreak)? {
                return Err(StoreError::UnfinishedExtraction { extraction: open.id.0 }.into());
            }
            tx.execute(
                "INSERT INTO extraction (outbreak, mode, started_at, watermark) VALUES (?1, 'full', ?2, ?3)",
                params![outbreak, At(now), At(watermark)],
            )?;
            Ok(ExtractionId(tx.last_insert_rowid()))
        })
    }

    /// Keeps a page: its records replace those of the same id, and the mark of its resource moves to `last_id`, in one
    /// transaction. They cannot part.
    ///
    /// # Errors
    /// [`StoreError::NoOpenExtraction`]; [`StoreError::Refused`] if a record has no id or the page is over-long.
    pub fn put_page(
        &mut self,
        extraction: ExtractionId,
        resource: &str,
        page: &[Person],
        last_id: &str,
    ) -> Result<(), StoreError> {
        if page.len() > PAGE_ROWS_MAX {
            let detail = format!("{} rows in one page, and {PAGE_ROWS_MAX} are the most", page.len());
            return Err(StoreError::Refused { path: self.path().to_owned(), detail });
        }
        self.database.write("line-list/page", |tx| {
            check_open(tx, extraction)?;
            upsert(tx, extraction, page)?;
            tx.prepare_cached(
                "INSERT INTO mark (extraction, resource, last_id, n_rows) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET last_id = excluded.last_id, n_rows = n_rows + excluded.n_rows",
            )?
            .execute(params![extraction.0, resource, last_id, N(page.len() as u64)])?;
            tx.prepare_cached("UPDATE extraction SET n_rows = n_rows + ?2 WHERE id = ?1")?
                .execute(params![extraction.0, N(page.len() as u64)])?;
            Ok(())
        })
    }

    /// Ends a full extraction: the records that it did not see (deleted, or converted out of what is read) go, and it is
    /// stamped, in one transaction. Returns how many records went.
    pub fn finish_extraction(&mut self, extraction: ExtractionId, now: Timestamp) -> Result<u64, StoreError> {
        self.database.write("line-list/finished", |tx| {
            check_open(tx, extraction)?;
            let n = tx.execute("DELETE FROM records WHERE extraction <> ?1", [extraction.0])?;
            tx.execute("UPDATE extraction SET finished_at = ?2 WHERE id = ?1", params![extraction.0, At(now)])?;
            Ok(n as u64)
        })
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
        })
    }

    /// The last extraction that was finished.
    pub fn last_finished(&self) -> Result<Option<Extraction>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, outbreak, started_at, finished_at, watermark, n_rows FROM extraction \
                 WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1",
            )?;
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

fn upsert(tx: &Transaction<'_>, extraction: ExtractionId, page: &[Person]) -> Result<(), Fault> {
    let mut upsert = tx.prepare_cached(
        "INSERT INTO records (id, kind, updated_at, extraction, json) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET \
         kind = excluded.kind, updated_at = excluded.updated_at, extraction = excluded.extraction, json = excluded.json",
    )?;
    let mut json = Vec::with_capacity(JSON_BYTES);
    for person in page {
        json.clear();
        serde_json::to_writer(&mut json, person)
            .map_err(|_| Fault::Row(format!("record {} has no JSON", person.id)))?;
        let json = std::str::from_utf8(&json).map_err(|_| Fault::Row(format!("record {} has no UTF-8", person.id)))?;
        let updated_at = person.updated_at.map(|day| day.to_string());
        upsert.execute(params![person.id.as_str(), person.kind.name(), updated_at, extraction.0, json])?;
    }
    Ok(())
}

fn check_open(tx: &Transaction<'_>, extraction: ExtractionId) -> Result<(), Fault> {
    let open = tx
        .prepare_cached("SELECT 1 FROM extraction WHERE id = ?1 AND finished_at IS NULL AND discarded_at IS NULL")?
        .exists([extraction.0])?;
    if open { Ok(()) } else { Err(StoreError::NoOpenExtraction { extraction: extraction.0 }.into()) }
}

fn open_extraction(conn: &rusqlite::Connection, outbreak: &str) -> Result<Option<Resumable>, Fault> {
    let open = conn
        .prepare_cached(
            "SELECT id, started_at, watermark FROM extraction \
             WHERE outbreak = ?1 AND finished_at IS NULL AND discarded_at IS NULL",
        )?
        .query_row([outbreak], |row| Ok((ExtractionId(row.get(0)?), row.get::<_, At>(1)?.0, row.get::<_, At>(2)?.0)))
        .optional()?;
    let Some((id, started_at, watermark)) = open else { return Ok(None) };
    let mut marks = conn.prepare_cached("SELECT resource, last_id, n_rows FROM mark WHERE extraction = ?1")?;
    let marks = marks
        .query_map([id.0], |row| Ok((row.get(0)?, Mark { last_id: row.get(1)?, n_rows: row.get::<_, N>(2)?.0 })))?
        .collect::<Result<_, _>>()?;
    Ok(Some(Resumable { id, started_at, watermark, marks }))
}

fn read_extraction(row: &Row<'_>) -> rusqlite::Result<Extraction> {
    Ok(Extraction {
        id: ExtractionId(row.get(0)?),
        outbreak: row.get(1)?,
        started_at: row.get::<_, At>(2)?.0,
        finished_at: row.get::<_, At>(3)?.0,
        watermark: row.get::<_, At>(4)?.0,
        n_rows: row.get::<_, N>(5)?.0,
    })
}
