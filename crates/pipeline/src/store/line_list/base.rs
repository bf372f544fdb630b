//! What a report counted by the end of an extraction, kept where its records are: the base from which the next run goes on.
//!
//! A base is written in the transaction that ends its extraction, so that no crash leaves one that stands for another moment.
//! One that is some extractions old is as good, as long as the former versions since are kept.

use std::collections::BTreeMap;

use compact_str::CompactString;
use epi::field::TableName;
use epi::record::Linked;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{ExtractionId, LineList, decode, linked};
use crate::store::column::N;
use crate::store::database::Fault;
use crate::store::error::StoreError;

/// Records of which something could not be read, with the names of the fields; by table and id.
pub type Unreadable = BTreeMap<(TableName, CompactString), Vec<String>>;

/// What a report counted by the end of an extraction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The extraction.
    pub extraction: ExtractionId,
    /// What could not be read of which record then.
    pub unreadable: Unreadable,
    /// What was counted, as its writer packed it.
    pub tally: Vec<u8>,
}

/// The base of a report at the end of an extraction.
#[derive(Clone, Copy, Debug)]
pub struct NewBase<'a> {
    /// The report.
    pub report: &'a str,
    /// A hash of everything that decides what is counted.
    pub made_by: &'a str,
    /// What was counted; none if that is what the last base says, of the same records.
    pub tally: Option<&'a [u8]>,
}

impl LineList {
    /// What a report counted, if that was decided by the same.
    ///
    /// # Errors
    /// What the file says.
    pub fn base(&self, report: &str, made_by: &str) -> Result<Option<Base>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn
                .prepare_cached("SELECT extraction, unreadable, tally FROM base WHERE report = ?1 AND made_by = ?2")?;
            let found = statement
                .query_row([report, made_by], |row| {
                    Ok((ExtractionId(row.get(0)?), row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?))
                })
                .optional()?;
            let Some((extraction, unreadable, tally)) = found else { return Ok(None) };
            let rows: Vec<(TableName, CompactString, Vec<String>)> = decode("base", &unreadable)?;
            let unreadable = rows.into_iter().map(|(of, id, fields)| ((of, id), fields)).collect();
            Ok(Some(Base { extraction, unreadable, tally }))
        })
    }

    /// Whether there is anything of a report, whatever decided it.
    ///
    /// # Errors
    /// What the file says.
    pub fn has_base(&self, report: &str) -> Result<bool, StoreError> {
        self.database.read(|conn| Ok(conn.prepare_cached("SELECT 1 FROM base WHERE report = ?1")?.exists([report])?))
    }

    /// Of which records something could not be read on the wire.
    ///
    /// # Errors
    /// What the file says.
    pub fn unreadable(&self) -> Result<Unreadable, StoreError> {
        self.database
            .read(|conn| Ok(unreadable(conn)?.into_iter().map(|(of, id, fields)| ((of, id), fields)).collect()))
    }

    /// A record of a table beside the persons whom it names.
    ///
    /// # Errors
    /// What the file says.
    pub fn linked_of(&self, table: TableName, id: &str) -> Result<Option<Linked>, StoreError> {
        self.database.read(|conn| linked::one(conn, table, id))
    }

    /// How many versions of records came or went since an extraction: at least as many as records changed themselves.
    ///
    /// # Errors
    /// What the file says.
    pub fn n_moves_since(&self, since: ExtractionId) -> Result<u64, StoreError> {
        self.database.read(|conn| {
            let n: N = conn
                .prepare_cached(
                    "SELECT (SELECT count(*) FROM records WHERE since > ?1) + (SELECT count(*) FROM former WHERE until > ?1)",
                )?
                .query_row([since.0], |row| row.get(0))?;
            Ok(n.0)
        })
    }
}

impl LineList {
    /// Keeps what a report counted of the records as an extraction left them, after it ended: of a report that comes after
    /// another and reads nothing.
    ///
    /// # Errors
    /// What the file says.
    pub fn keep_base(&mut self, extraction: ExtractionId, base: &NewBase<'_>) -> Result<(), StoreError> {
        self.database.write("line-list/base", |tx| put(tx, extraction, base))
    }
}

/// Writes what a report counted by the end of an extraction, in the transaction that ends it.
pub(super) fn put(tx: &Transaction<'_>, extraction: ExtractionId, base: &NewBase<'_>) -> Result<(), Fault> {
    // Nobody can go on from what nobody can explain.
    tx.execute("DELETE FROM base WHERE extraction < (SELECT explains_from FROM meta)", [])?;
    let Some(tally) = base.tally else {
        tx.execute(
            "UPDATE base SET extraction = ?3 WHERE report = ?1 AND made_by = ?2",
            params![base.report, base.made_by, extraction.0],
        )?;
        return Ok(());
    };
    let unreadable = json(&unreadable(tx)?)?;
    tx.execute(
        "INSERT INTO base (report, made_by, extraction, unreadable, tally) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT DO UPDATE SET made_by = excluded.made_by, extraction = excluded.extraction, \
         unreadable = excluded.unreadable, tally = excluded.tally",
        params![base.report, base.made_by, extraction.0, unreadable, tally],
    )?;
    Ok(())
}

fn unreadable(conn: &Connection) -> Result<Vec<(TableName, CompactString, Vec<String>)>, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT of, id, unreadable FROM records WHERE unreadable IS NOT NULL ORDER BY of, id")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (table, id) = (linked::table(row, 0)?, linked::needed(row, 1)?);
        found.push((table, id.into(), decode(id, linked::needed(row, 2)?)?));
    }
    Ok(found)
}

fn json(value: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|_| Fault::Row("a base has no JSON".into()))
}
