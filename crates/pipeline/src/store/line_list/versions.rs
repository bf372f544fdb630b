//! What records were before: kept when a record changes or leaves, forgotten when nobody asks for it any more.

use compact_str::CompactString;
use epi::field::TableName;
use epi::record::{Linked, Person, Record};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{ExtractionId, LineList, linked, number};
use crate::store::column::At;
use crate::store::database::Fault;
use crate::store::error::StoreError;

/// How long former versions are kept: the longest quarter, which is the longest usual look-back.
const VERSIONS_KEPT: SignedDuration = SignedDuration::from_hours(92 * 24);

/// A record that is not what it was, or whose persons are not what they were.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// Its id.
    pub id: CompactString,
    /// What it and the persons whom it names were; none if it was not in the line list.
    pub before: Option<Linked>,
    /// What it and the persons whom it names are; none if it has left the line list.
    pub after: Option<Linked>,
}

impl LineList {
    /// Every record whose content at the end of extraction `since` differs from now, or of whose persons it does, in no
    /// promised order; memory is that of one record.
    ///
    /// # Errors
    /// [`StoreError::NoLongerKept`] if versions of that time are forgotten, or if no extraction of this file that was
    /// finished has this number.
    pub fn changed_since(&self, since: ExtractionId, mut with: impl FnMut(Changed)) -> Result<(), StoreError> {
        self.database.read(|conn| {
            // What a record was and its persons were are several statements, which have to see one moment.
            let moment = conn.unchecked_transaction()?;
            let known = moment
                .prepare_cached(
                    "SELECT 1 FROM extraction, meta WHERE id = ?1 AND finished_at IS NOT NULL AND id >= explains_from",
                )?
                .exists([since.0])?;
            if !known {
                return Err(StoreError::NoLongerKept { path: self.path().to_owned(), extraction: since.0 }.into());
            }
            let mut changed = moment.prepare_cached(CHANGED)?;
            let mut rows = changed.query([since.0])?;
            let was = |id: &str| person_then(&moment, id, since);
            let is = |id: &str| linked::person(&moment, id);
            while let Some(row) = rows.next()? {
                let (of, id) = (linked::table(row, 0)?, linked::needed(row, 1)?);
                let record = |column| -> Result<Option<Record>, Fault> {
                    linked::text(row, column)?.map(|json| linked::record(of, id, json)).transpose()
                };
                let before = record(2)?.map(|record| linked::link(record, was)).transpose()?;
                let after = record(3)?.map(|record| linked::link(record, is)).transpose()?;
                with(Changed { id: id.into(), before, after });
            }
            Ok(())
        })
    }
}

/// Table, id, former and present content. Records around a person who moved follow those that moved themselves: they are what
/// they were, and mean something else. `CROSS JOIN` keeps SQLite from walking through the whole list and asking of each record
/// whether it is one of the few.
const CHANGED: &str = "\
    WITH moved (of, id, before, after) AS ( \
        SELECT former.of, former.id, former.json, records.json FROM former \
        LEFT JOIN records ON records.of = former.of AND records.id = former.id \
        WHERE former.since <= ?1 AND former.until > ?1 AND records.json IS NOT former.json \
        UNION ALL \
        SELECT of, id, NULL, json FROM records WHERE since > ?1 AND since > 0 AND NOT EXISTS \
        (SELECT 1 FROM former WHERE former.of = records.of AND former.id = records.id \
         AND former.since <= ?1 AND former.until > ?1) \
    ), around (of, id) AS ( \
        SELECT records.of, records.id FROM moved CROSS JOIN records ON records.person = moved.id WHERE moved.of = 0 \
        UNION \
        SELECT records.of, records.id FROM moved CROSS JOIN records ON records.source = moved.id WHERE moved.of = 0 \
    ) \
    SELECT of, id, before, after FROM moved \
    UNION ALL \
    SELECT records.of, records.id, records.json, records.json FROM around CROSS JOIN records USING (of, id) \
    WHERE (around.of, around.id) NOT IN (SELECT of, id FROM moved)";

/// A person as it was at the end of an extraction.
fn person_then(conn: &Connection, id: &str, since: ExtractionId) -> Result<Option<Person>, Fault> {
    let json: Option<String> = conn
        .prepare_cached(
            "SELECT json FROM former WHERE of = 0 AND id = ?1 AND since <= ?2 AND until > ?2 \
             UNION ALL SELECT json FROM records WHERE of = 0 AND id = ?1 AND since <= ?2 LIMIT 1",
        )?
        .query_row(params![id, since.0], |row| row.get(0))
        .optional()?;
    json.map(|json| linked::decode_person(id, &json)).transpose()
}

/// Keeps what a record is now as a former version, before it is replaced. What came in the same extraction was never the
/// picture of a moment and is not kept.
pub(super) fn keep(tx: &Transaction<'_>, extraction: ExtractionId, of: TableName, id: &str) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO former (of, id, since, until, json) SELECT of, id, since, ?2, json FROM records \
         WHERE of = ?3 AND id = ?1 AND since < ?2",
    )?
    .execute(params![id, extraction.0, number(of)])?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Belonging;

    #[test]
    fn what_changed_is_found_without_walking_through_the_list() {
        let folder = tempfile::tempdir().unwrap();
        let [outbreak, normalisation, time_zone] = ["outbreak", "all", "UTC"].map(str::to_owned);
        let belonging = Belonging { outbreak, normalisation, time_zone };
        let list = LineList::open(&folder.path().join("line-list.sqlite"), &belonging).unwrap();
        let plan: Vec<String> = list
            .database
            .read(|conn| {
                let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {CHANGED}"))?;
                let steps = statement.query_map([1], |row| row.get(3))?;
                Ok(steps.collect::<Result<_, _>>()?)
            })
            .unwrap();
        let walks: Vec<&String> = plan.iter().filter(|step| step.starts_with("SCAN records")).collect();
        assert!(walks.is_empty(), "{walks:?} of {plan:#?}");
    }
}
