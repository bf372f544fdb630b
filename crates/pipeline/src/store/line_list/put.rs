//! A page goes into the line list: appended when nothing was there, laid beside the list when everything is read again, looked
//! up row by row when only changes come.

use std::collections::BTreeMap;

use compact_str::CompactString;
use epi::field::TableName;
use epi::record::RecordKind;
use rusqlite::{OptionalExtension, Transaction, params};

use super::page::{NewPage, Row};
use super::{ExtractionId, linked, number, versions};
use crate::store::column::N;
use crate::store::database::Fault;

/// What a transaction changes in, and what it did to the numbers of records.
pub(super) struct Change<'t> {
    pub(super) tx: &'t Transaction<'t>,
    pub(super) extraction: ExtractionId,
    /// No extraction of this file was finished: nobody can ask what a record was before.
    pub(super) is_first: bool,
    n_more: BTreeMap<String, i64>,
}

/// The stretch of ids of a list that a page stands for: an outbreak's records of a kind.
pub(super) struct Stretch<'p> {
    pub(super) kind: RecordKind,
    /// Go.Data's id of the outbreak, where there are several.
    pub(super) outbreak: Option<&'p str>,
    /// The id behind which it begins.
    pub(super) after: &'p str,
    /// The last id in it.
    pub(super) last: &'p str,
}

impl<'t> Change<'t> {
    pub(super) fn new(tx: &'t Transaction<'t>, extraction: ExtractionId) -> Result<Self, Fault> {
        let is_first =
            !tx.prepare_cached("SELECT 1 FROM extraction WHERE finished_at IS NOT NULL LIMIT 1")?.exists([])?;
        Ok(Self { tx, extraction, is_first, n_more: BTreeMap::new() })
    }

    /// Takes in records of which the list most likely has none.
    pub(super) fn append(&mut self, page: &NewPage) -> Result<(), Fault> {
        let mut insert = self.tx.prepare_cached(
            "INSERT INTO records (of, id, kind, since, unreadable, person, source, json, outbreak) \
             VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        )?;
        let mut known = Vec::new();
        for row in page.rows()? {
            let of = number(row.kind.table().name);
            let (kind, unreadable, person, source) = (row.kind.name(), row.unreadable, row.person, row.source);
            match insert.execute(params![of, row.id, kind, unreadable, person, source, row.json, row.outbreak])? {
                0 => known.push(row),
                _ => self.count(row.kind.name(), 1),
            }
        }
        known.into_iter().try_for_each(|row| self.look_up(row))
    }

    /// Takes in records wherever they stand.
    pub(super) fn upsert(&mut self, page: &NewPage) -> Result<(), Fault> {
        page.rows()?.try_for_each(|row| self.look_up(row))
    }

    /// Makes a stretch of the list what a page says: what it has no more leaves, and what is as it was is not touched.
    pub(super) fn replace(&mut self, page: &NewPage, stretch: &Stretch<'_>) -> Result<(), Fault> {
        let mut rows: Vec<Row<'_>> = page.rows()?.collect();
        if !rows.is_sorted_by_key(|row| row.id) {
            // Stable, so that of two rows of an id the later one stays the later one.
            rows.sort_by_key(|row| row.id);
        }
        let table = stretch.kind.table().name;
        let mut stored = self.tx.prepare_cached(
            "SELECT id, kind, json, unreadable, outbreak FROM records \
             WHERE of = ?1 AND id > ?2 AND id <= ?3 ORDER BY id",
        )?;
        let mut stored = stored.query(params![number(table), stretch.after, stretch.last])?;
        let (mut changed, mut gone) = (Vec::new(), Vec::new());
        let mut new = rows.into_iter().peekable();
        while let Some(old) = stored.next()? {
            let id = linked::needed(old, 0)?;
            while let Some(row) = new.next_if(|row| row.id < id) {
                changed.push(row);
            }
            let mut is_there = false;
            while let Some(row) = new.next_if(|row| row.id == id) {
                let is_same = linked::needed(old, 2)? == row.json && linked::text(old, 3)? == row.unreadable;
                if !is_same || is_there {
                    changed.push(row);
                }
                is_there = true;
            }
            // What is of another list, another page stands for.
            let is_of_list =
                linked::needed(old, 1)? == stretch.kind.name() && linked::text(old, 4)? == stretch.outbreak;
            if !is_there && is_of_list {
                gone.push(CompactString::from(id));
            }
        }
        changed.extend(new);
        self.remove(table, &gone)?;
        changed.into_iter().try_for_each(|row| self.look_up(row))
    }

    /// Takes records of a table out; ids that are not there are fine.
    pub(super) fn remove(&mut self, of: TableName, gone: &[CompactString]) -> Result<(), Fault> {
        let mut delete = self.tx.prepare_cached("DELETE FROM records WHERE of = ?1 AND id = ?2 RETURNING kind")?;
        for id in gone {
            self.keep_former(of, id)?;
            let kind: Option<String> =
                delete.query_row(params![number(of), id.as_str()], |row| row.get(0)).optional()?;
            if let Some(kind) = kind {
                self.count(&kind, -1);
            }
        }
        Ok(())
    }

    /// Takes out the records of a kind, and of an outbreak where there are several, that follow an id.
    pub(super) fn remove_behind(
        &mut self,
        kind: RecordKind,
        outbreak: Option<&str>,
        last_id: &str,
    ) -> Result<(), Fault> {
        let of = kind.table().name;
        let ids = self
            .tx
            .prepare_cached("SELECT id FROM records WHERE of = ?1 AND id > ?2 AND kind = ?3 AND outbreak IS ?4")?
            .query_map(params![number(of), last_id, kind.name(), outbreak], |row| Ok(row.get_ref(0)?.as_str()?.into()))?
            .collect::<Result<Vec<CompactString>, _>>()?;
        self.remove(of, &ids)
    }

    /// Writes down how many records there are now.
    pub(super) fn finish(self) -> Result<(), Fault> {
        let mut statement = self.tx.prepare_cached("UPDATE n_records SET n = n + ?2 WHERE kind = ?1")?;
        let mut first = self.tx.prepare_cached("INSERT INTO n_records (kind, n) VALUES (?1, ?2)")?;
        for (kind, n) in self.n_more.into_iter().filter(|(_, n)| *n != 0) {
            if statement.execute(params![kind, n])? == 0 {
                first.execute(params![kind, n])?;
            }
        }
        Ok(())
    }

    fn look_up(&mut self, row: Row<'_>) -> Result<(), Fault> {
        let table = row.kind.table().name;
        let of = number(table);
        let found: Option<(bool, bool, String)> = self
            .tx
            .prepare_cached("SELECT json = ?3, unreadable IS ?4, kind FROM records WHERE of = ?1 AND id = ?2")?
            .query_row(params![of, row.id, row.json, row.unreadable], |found| {
                Ok((found.get(0)?, found.get(1)?, found.get(2)?))
            })
            .optional()?;
        match found {
            Some((true, true, _)) => return Ok(()),
            // What was wrong on the wire is no content: it is replaced and leaves nothing behind.
            Some((true, false, _)) => {
                self.tx
                    .prepare_cached("UPDATE records SET unreadable = ?3 WHERE of = ?1 AND id = ?2")?
                    .execute(params![of, row.id, row.unreadable])?;
                return Ok(());
            }
            Some((false, _, kind)) => {
                self.keep_former(table, row.id)?;
                self.count(&kind, -1);
            }
            None => {}
        }
        self.count(row.kind.name(), 1);
        let since = if self.is_first { 0 } else { self.extraction.0 };
        self.tx
            .prepare_cached(
                "INSERT INTO records (of, id, kind, since, unreadable, person, source, json, outbreak) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET \
                 kind = excluded.kind, since = excluded.since, unreadable = excluded.unreadable, \
                 person = excluded.person, source = excluded.source, json = excluded.json, \
                 outbreak = excluded.outbreak",
            )?
            .execute(params![
                of,
                row.id,
                row.kind.name(),
                since,
                row.unreadable,
                row.person,
                row.source,
                row.json,
                row.outbreak
            ])?;
        Ok(())
    }

    fn keep_former(&self, of: TableName, id: &str) -> Result<(), Fault> {
        if self.is_first { Ok(()) } else { versions::keep(self.tx, self.extraction, of, id) }
    }

    fn count(&mut self, kind: &str, n: i64) {
        match self.n_more.get_mut(kind) {
            Some(n_more) => *n_more += n,
            None => drop(self.n_more.insert(kind.to_owned(), n)),
        }
    }
}

/// The number of records of each kind.
pub(super) fn n_records(conn: &rusqlite::Connection) -> Result<BTreeMap<String, u64>, Fault> {
    let mut statement = conn.prepare_cached("SELECT kind, n FROM n_records WHERE n > 0")?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, N>(1)?.0)))?.collect::<Result<_, _>>()?)
}
