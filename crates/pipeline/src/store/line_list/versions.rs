//! What records were before: kept when a record changes or leaves, forgotten when nobody asks for it any more.

use compact_str::CompactString;
use epi::record::Person;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{ExtractionId, LineList, decode};
use crate::store::column::At;
use crate::store::database::Fault;
use crate::store::error::StoreError;

/// How long former versions are kept: the longest quarter, which is the longest usual look-back.
const VERSIONS_KEPT: SignedDuration = SignedDuration::from_hours(92 * 24);

/// A record that is not what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// Its id.
    pub id: CompactString,
    /// What it was; none if it was not in the line list.
    pub before: Option<Person>,
    /// What it is; none if it has left the line list.
    pub after: Option<Person>,
}

impl LineList {
    /// Every record whose content at the end of extraction `since` differs from now, in no promised order; memory is that
    /// of one record.
    ///
    /// # Errors
    /// [`StoreError::NoLongerKept`] if versions of that time are forgotten, or if no extraction of this file that was
    /// finished has this number.
    pub fn changed_since(&self, since: ExtractionId, mut with: impl FnMut(Changed)) -> Result<(), StoreError> {
        self.database.read(|conn| {
            let known = conn
                .prepare_cached(
                    "SELECT 1 FROM extraction, meta WHERE id = ?1 AND finished_at IS NOT NULL AND id >= explains_from",
                )?
                .exists([since.0])?;
            if !known {
                return Err(StoreError::NoLongerKept { path: self.path().to_owned(), extraction: since.0 }.into());
            }
            // One statement sees one moment, even if another process goes on writing.
            let mut changed = conn.prepare_cached(
                "SELECT former.id, former.json, records.json FROM former LEFT JOIN records ON records.id = former.id \
                 WHERE former.since <= ?1 AND former.until > ?1 AND records.json IS NOT former.json \
                 UNION ALL \
                 SELECT id, NULL, json FROM records WHERE since > ?1 AND NOT EXISTS \
                 (SELECT 1 FROM former WHERE former.id = records.id AND former.since <= ?1 AND former.until > ?1)",
            )?;
            let mut rows = changed.query([since.0])?;
            while let Some(row) = rows.next()? {
                let id = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
                let person = |column| -> Result<Option<Person>, Fault> {
                    let json = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
                    json.map(|json| decode(id, json)).transpose()
                };
                with(Changed { id: id.into(), before: person(1)?, after: person(2)? });
            }
            Ok(())
        })
    }
}

/// Keeps what a record is now as a former version, before it is replaced. What came in the same extraction was never the
/// picture of a moment and is not kept.
pub(super) fn keep(tx: &Transaction<'_>, extraction: ExtractionId, id: &str) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO former (id, since, until, json) SELECT id, since, ?2, json FROM records \
         WHERE id = ?1 AND since < ?2",
    )?
    .execute(params![id, extraction.0])?;
    Ok(())
}

/// Takes records out; ids that are not there are fine.
pub(super) fn remove(tx: &Transaction<'_>, extraction: ExtractionId, gone: &[CompactString]) -> Result<(), Fault> {
    let mut delete = tx.prepare_cached("DELETE FROM records WHERE id = ?1")?;
    for id in gone {
        keep(tx, extraction, id)?;
        delete.execute([id.as_str()])?;
    }
    Ok(())
}

/// Takes out what a full extraction did not see, and returns how many that were.
pub(super) fn remove_unseen(tx: &Transaction<'_>, extraction: ExtractionId) -> Result<u64, Fault> {
    tx.execute(
        "INSERT INTO former (id, since, until, json) SELECT id, since, ?1, json FROM records WHERE extraction <> ?1",
        [extraction.0],
    )?;
    Ok(tx.execute("DELETE FROM records WHERE extraction <> ?1", [extraction.0])? as u64)
}

/// Forgets versions that ended too long ago, and remembers from which extraction on everything can still be told.
pub(super) fn prune(tx: &Transaction<'_>, now: Timestamp) -> Result<(), Fault> {
    let Ok(before) = now.checked_sub(VERSIONS_KEPT) else { return Ok(()) };
    let oldest: Option<i64> = tx
        .query_row("SELECT max(id) FROM extraction WHERE finished_at < ?1", [At(before)], |row| row.get(0))
        .optional()?
        .flatten();
    let Some(oldest) = oldest else { return Ok(()) };
    tx.execute("DELETE FROM former WHERE until <= ?1", [oldest])?;
    tx.execute("UPDATE meta SET explains_from = max(explains_from, ?1)", [oldest])?;
    // Of the rows of extractions that nobody can ask about, the last ones of each kind say what is due.
    tx.execute("DELETE FROM mark WHERE extraction < ?1", [oldest])?;
    tx.execute(
        "DELETE FROM extraction WHERE id < ?1 AND id NOT IN \
         (SELECT max(id) FROM extraction WHERE finished_at IS NOT NULL GROUP BY mode, reconciled)",
        [oldest],
    )?;
    Ok(())
}
