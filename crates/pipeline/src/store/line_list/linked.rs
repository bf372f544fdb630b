//! Records beside the persons whom they name.

use super::{decode, number};
use crate::store::database::Fault;
use compact_str::CompactString;
use epi::field::TableName;
use epi::record::{Linked, Person, Record};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::sync::Arc;

/// Every record beside its persons.
pub(super) fn for_each(conn: &Connection, mut with: impl FnMut(&Linked, Vec<String>)) -> Result<(), Fault> {
    each(conn, "", |linked, unreadable| {
        with(linked, unreadable);
        true
    })
}

/// Table, id, text, unreadable fields; id and text of the person and the source.
pub(super) const EACH: &str = "SELECT r.of, r.id, r.json, r.unreadable, r.person, p.json, r.source, s.json FROM records r \
     LEFT JOIN records p ON p.of = 0 AND p.id = r.person \
     LEFT JOIN records s ON s.of = 0 AND s.id = r.source";

/// Every record beside its persons, in an order, until the answer is false.
pub(super) fn each(
    conn: &Connection,
    order: &str,
    mut with: impl FnMut(&Linked, Vec<String>) -> bool,
) -> Result<(), Fault> {
    // One statement sees one moment, even if another process goes on writing.
    let mut statement = conn.prepare_cached(&format!("{EACH}{order}"))?;
    let mut rows = statement.query([])?;
    let mut last = [Last::default(), Last::default()];
    while let Some(row) = rows.next()? {
        let unreadable = match text(row, 3)? {
            None => Vec::new(),
            Some(list) => decode(needed(row, 1)?, list)?,
        };
        let [person, source] = &mut last;
        let linked = Linked {
            record: record(table(row, 0)?, needed(row, 1)?, needed(row, 2)?)?,
            person: person.of(text(row, 4)?, text(row, 5)?)?,
            source: source.of(text(row, 6)?, text(row, 7)?)?,
        };
        if !with(&linked, unreadable) {
            break;
        }
    }
    Ok(())
}

/// The person of the last record: visits and samples of one often stand together.
#[derive(Default)]
pub(super) struct Last {
    id: CompactString,
    person: Option<Arc<Person>>,
}

impl Last {
    pub(super) fn of(&mut self, id: Option<&str>, json: Option<&str>) -> Result<Option<Arc<Person>>, Fault> {
        let (Some(id), Some(json)) = (id, json) else { return Ok(None) };
        if self.person.is_none() || self.id != id {
            *self = Self { id: id.into(), person: Some(Arc::new(decode_person(id, json)?)) };
        }
        Ok(self.person.clone())
    }
}

/// One record beside its persons, as they are.
pub(super) fn one(conn: &Connection, table: TableName, id: &str) -> Result<Option<Linked>, Fault> {
    let json: Option<String> = conn
        .prepare_cached("SELECT json FROM records WHERE of = ?1 AND id = ?2")?
        .query_row(params![number(table), id], |row| row.get(0))
        .optional()?;
    json.map(|json| link(record(table, id, &json)?, |id| person(conn, id))).transpose()
}

/// A person as it is.
pub(super) fn person(conn: &Connection, id: &str) -> Result<Option<Person>, Fault> {
    let mut statement = conn.prepare_cached("SELECT json FROM records WHERE of = 0 AND id = ?1")?;
    let json: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
    json.map(|json| decode_person(id, &json)).transpose()
}

/// A record beside the persons that `find` knows.
pub(super) fn link(record: Record, find: impl Fn(&str) -> Result<Option<Person>, Fault>) -> Result<Linked, Fault> {
    let of = |id: Option<&str>| -> Result<Option<Arc<Person>>, Fault> {
        let Some(id) = id else { return Ok(None) };
        Ok(find(id)?.map(Arc::new))
    };
    let (person, source) = (of(record.person_id())?, of(record.source_id())?);
    Ok(Linked { record, person, source })
}

/// A record of a table.
pub(super) fn record(table: TableName, id: &str, json: &str) -> Result<Record, Fault> {
    let mut record = match table {
        TableName::Person => return Ok(Record::Person(decode_person(id, json)?)),
        TableName::FollowUp => Record::FollowUp(decode(id, json)?),
        TableName::LabResult => Record::LabResult(decode(id, json)?),
        TableName::Relationship => Record::Relationship(decode(id, json)?),
        TableName::Event => Record::Event(decode(id, json)?),
    };
    // Its text stands without it.
    let own = match &mut record {
        Record::Person(person) => &mut person.id,
        Record::FollowUp(follow_up) => &mut follow_up.id,
        Record::LabResult(result) => &mut result.id,
        Record::Relationship(relationship) => &mut relationship.id,
        Record::Event(event) => &mut event.id,
    };
    *own = id.into();
    Ok(record)
}

/// A person, whose text stands without the id.
pub(super) fn decode_person(id: &str, json: &str) -> Result<Person, Fault> {
    let mut person: Person = decode(id, json)?;
    person.id = id.into();
    Ok(person)
}

/// The table whose number a column holds.
pub(super) fn table(row: &Row<'_>, column: usize) -> Result<TableName, Fault> {
    let of: i64 = row.get(column)?;
    let table = TableName::ALL.into_iter().find(|table| number(*table) == of);
    table.ok_or_else(|| Fault::Row(format!("a record is of no known table: {of}")))
}

pub(super) fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r str>, Fault> {
    Ok(row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?)
}

pub(super) fn needed<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, Fault> {
    Ok(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)
}
