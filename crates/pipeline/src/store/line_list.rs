//! The line list: the normalised records of one outbreak, or of several that are counted together, kept between runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use compact_str::CompactString;
use epi::field::TableName;
use epi::record::{Linked, Person, RecordKind};
use rusqlite::{Connection, OptionalExtension, params};
use rustc_hash::FxHashSet;

use super::column::N;
use super::database::{self, Access, Database, Fault, Format};
use super::error::StoreError;
use super::migration::Migration;

mod base;
mod extraction;
mod linked;
mod ordered;
mod outbreaks;
mod page;
mod put;
mod query;
mod texts;
mod versions;
mod views;

pub use base::{Base, NewBase, Unreadable};
pub use extraction::{Extraction, ExtractionId, Mark, Mode, NewRecord, Resumable};
pub use page::NewPage;
pub use query::{Answer, QUERY_HEAP_MAX, QueryError, QueryLimits, QueryValue};
pub use texts::Texts;
pub use versions::Changed;
pub use views::{View, ViewColumn, views};

/// `Tall` as bytes.
const FORMAT: Format = Format {
    application_id: i32::from_be_bytes(*b"Tall"),
    name: "a line list",
    // Records of half a kilobyte, written and read in bulk: a quarter faster than with pages of 4,096 bytes.
    page_bytes: 16_384,
    schema_commit: "line-list/schema",
    migrations: &[
        Migration { version: 1, sql: include_str!("schema/line_list_001.sql") },
        Migration { version: 2, sql: include_str!("schema/line_list_002.sql") },
        Migration { version: 3, sql: include_str!("schema/line_list_003.sql") },
        Migration { version: 4, sql: include_str!("schema/line_list_004.sql") },
        Migration { version: 5, sql: include_str!("schema/line_list_005.sql") },
        Migration { version: 6, sql: include_str!("schema/line_list_006.sql") },
    ],
};

/// What the records of a line list are, and what makes them useless when it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belonging {
    /// Go.Data's id of the outbreak; of several the ids in order, with a space between.
    pub outbreak: String,
    /// Version of the definitions of normalisation: whatever changes how a row of Go.Data becomes a record.
    pub normalisation: String,
    /// The server's time zone, in which instants became days.
    pub time_zone: String,
}

/// The line list of an outbreak. It holds data of persons: the file is 0600, and [`LineList::expire`] removes it.
#[derive(Debug)]
pub struct LineList {
    database: Database,
    belonging: Belonging,
    /// What a full extraction saw whose records come in no order.
    seen: Option<FxHashSet<(TableName, CompactString)>>,
}

impl LineList {
    /// Opens the line list of `belonging`, creates it (0600) and its folder (0700) where absent.
    ///
    /// # Errors
    /// [`StoreError::OtherOutbreak`] if the file holds another one; [`StoreError::OtherNormalisation`] if its records would
    /// be normalised otherwise today, and then the caller may [`LineList::expire`] it and open again; what
    /// [`super::State::open`] may fail with.
    pub fn open(path: &Path, belonging: &Belonging) -> Result<Self, StoreError> {
        let mut database = Database::open(path, &FORMAT, Access::Write)?;
        let found = database.write("line-list/belonging", |tx| {
            tx.execute(
                "INSERT INTO meta (one, outbreak, normalisation, time_zone) VALUES (1, ?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![belonging.outbreak, belonging.normalisation, belonging.time_zone],
            )?;
            read_belonging(tx)
        })?;
        check_belonging(path, &found, belonging)?;
        Ok(Self { database, belonging: found, seen: None })
    }

    /// Opens an existing line list to look at it, whatever it holds. Whatever would write fails with
    /// [`StoreError::ReadOnly`].
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open(path, &FORMAT, Access::Read)?;
        let belonging = database.read(read_belonging)?;
        Ok(Self { database, belonging, seen: None })
    }

    /// Removes a line list, with the files that SQLite keeps beside it. Absent files are fine.
    ///
    /// What the disk keeps of removed files is the disk's: a machine that holds a line list should have an encrypted one.
    pub fn expire(path: &Path) -> Result<(), StoreError> {
        database::remove(path)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.database.path()
    }

    /// What the records are.
    pub fn belonging(&self) -> &Belonging {
        &self.belonging
    }

    /// How long a call waits for another process's transaction before it fails with [`StoreError::Locked`]; 10 s if never
    /// said.
    pub fn wait_at_most(&self, wait: Duration) -> Result<(), StoreError> {
        self.database.wait_at_most(wait)
    }

    /// Records in the file, those of an unfinished extraction included.
    pub fn len(&self) -> Result<u64, StoreError> {
        self.database.read(|conn| {
            let n: N = conn.query_row("SELECT coalesce(sum(n), 0) FROM n_records", [], |row| row.get(0))?;
            Ok(n.0)
        })
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        self.database.read(|conn| Ok(!conn.prepare_cached("SELECT 1 FROM records")?.exists([])?))
    }

    /// Reads every person, one after the other, in no promised order; memory is that of one person.
    ///
    /// While an extraction is unfinished the records are a mixture of old and new: look at [`LineList::resume`] first.
    pub fn for_each(&self, mut with: impl FnMut(Person)) -> Result<(), StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT id, json FROM records WHERE of = 0")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let id = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
                let json = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
                with(linked::decode_person(id, json)?);
            }
            Ok(())
        })
    }

    /// Reads every record of all tables beside the persons whom it names, with the names of the fields that could not be read
    /// on the wire; in no promised order, and memory is that of some records.
    ///
    /// While an extraction is unfinished the records are a mixture of old and new: look at [`LineList::resume`] first.
    pub fn for_each_found(&self, with: impl FnMut(&Linked, Vec<String>)) -> Result<(), StoreError> {
        self.database.read(|conn| linked::for_each(conn, with))
    }

    /// The records of an id, each beside the persons whom it names: one in nearly all line lists, since ids of different
    /// tables are different too.
    pub fn linked(&self, id: &str) -> Result<Vec<Linked>, StoreError> {
        self.database.read(|conn| {
            let mut found = Vec::new();
            for table in TableName::ALL {
                found.extend(linked::one(conn, table, id)?);
            }
            Ok(found)
        })
    }

    /// The persons whom a record names, as the extraction brought them; who was not seen by it is absent, although a former
    /// one may have left the row.
    pub fn persons_of(
        &self,
        record: &epi::record::Record,
        extraction: ExtractionId,
    ) -> Result<[Option<Person>; 2], StoreError> {
        self.database.read(|conn| {
            let mut brought = conn.prepare_cached(
                "SELECT json FROM records, mark WHERE of = 0 AND id = ?1 \
                 AND extraction = ?2 AND resource = kind || coalesce(' ' || outbreak, '') AND id <= last_id",
            )?;
            let mut person = |id: Option<&str>| -> Result<Option<Person>, Fault> {
                let Some(id) = id else { return Ok(None) };
                if let Some(seen) = &self.seen {
                    let is_seen = seen.contains(&(TableName::Person, id.into()));
                    return if is_seen { linked::person(conn, id) } else { Ok(None) };
                }
                let json: Option<String> = brought.query_row(params![id, extraction.0], |row| row.get(0)).optional()?;
                json.map(|json| linked::decode_person(id, &json)).transpose()
            };
            Ok([person(record.person_id())?, person(record.source_id())?])
        })
    }

    /// The ids of a kind's records that follow `after`, up to `last` or to the end, in the order of their bytes.
    pub fn ids_between(
        &self,
        kind: RecordKind,
        after: &str,
        last: Option<&str>,
    ) -> Result<Vec<CompactString>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id FROM records WHERE of = ?4 AND id > ?1 AND (?2 IS NULL OR id <= ?2) AND kind = ?3 ORDER BY id",
            )?;
            let ids = statement.query_map(params![after, last, kind.name(), number(kind.table().name)], |row| {
                Ok(CompactString::from(row.get_ref(0)?.as_str()?))
            })?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
    }

    /// The records of each kind, by the kind's name.
    pub fn len_by_kind(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        self.database.read(put::n_records)
    }

    /// One person.
    pub fn get(&self, id: &str) -> Result<Option<Person>, StoreError> {
        self.database.read(|conn| linked::person(conn, id))
    }

    /// Writes a consistent, compact copy (0600) to a path that must not exist yet. It holds data of persons, as the file does.
    pub fn backup_to(&self, target: &Path) -> Result<(), StoreError> {
        self.database.backup_to(target)
    }

    /// Reads the whole file and checks it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the first problems.
    pub fn integrity_check(&self) -> Result<(), StoreError> {
        self.database.integrity_check()
    }
}

fn read_belonging(conn: &Connection) -> Result<Belonging, Fault> {
    let found = conn.query_row("SELECT outbreak, normalisation, time_zone FROM meta", [], |row| {
        Ok(Belonging { outbreak: row.get(0)?, normalisation: row.get(1)?, time_zone: row.get(2)? })
    });
    found.optional()?.ok_or_else(|| Fault::Row("meta has no row".into()))
}

fn check_belonging(path: &Path, found: &Belonging, wanted: &Belonging) -> Result<(), StoreError> {
    let path = || -> PathBuf { path.to_owned() };
    if found.outbreak != wanted.outbreak {
        let (found, wanted) = (found.outbreak.clone(), wanted.outbreak.clone());
        return Err(StoreError::OtherOutbreak { path: path(), found, wanted });
    }
    for (what, found, wanted) in
        [("version", &found.normalisation, &wanted.normalisation), ("time zone", &found.time_zone, &wanted.time_zone)]
    {
        if found != wanted {
            let (found, wanted) = (found.clone(), wanted.clone());
            return Err(StoreError::OtherNormalisation { path: path(), what, found, wanted });
        }
    }
    Ok(())
}

/// The number of a table in the file.
const fn number(table: TableName) -> i64 {
    match table {
        TableName::Person => 0,
        TableName::FollowUp => 1,
        TableName::LabResult => 2,
        TableName::Relationship => 3,
        TableName::Event => 4,
    }
}

/// The message of a JSON error may quote a person's value, so only its kind and place are told.
fn decode<T: for<'de> serde::Deserialize<'de>>(id: &str, json: &str) -> Result<T, Fault> {
    serde_json::from_str(json)
        .map_err(|e| Fault::Row(format!("record {id}: {:?} error at column {}", e.classify(), e.column())))
}
