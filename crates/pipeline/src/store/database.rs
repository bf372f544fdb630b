//! One SQLite file: how it is created, opened, guarded and read. What the tables mean is said elsewhere.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::crash;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::error::StoreError;
use super::migration::{self, Migration};

/// How long a call waits for another process's transaction. Ours take well under a second; a bulk insert of cells some.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause between two attempts to set the journal mode: the other process needs about as long.
const WAL_PAUSE: Duration = Duration::from_millis(5);

/// How many problems an integrity check reports before it stops.
const PROBLEMS_MAX: u32 = 20;

/// Prepared statements kept by a connection: more than either file has.
const STATEMENTS_MAX: usize = 64;

/// What makes a file ours.
#[derive(Debug)]
pub(super) struct Format {
    /// SQLite's `application_id`: four bytes of the header that tell our files from others.
    pub(super) application_id: i32,
    /// `a state file`, `a line list`.
    pub(super) name: &'static str,
    /// Bytes of a page, fixed when the file is created.
    pub(super) page_bytes: u32,
    /// The boundary of the commit that brings the schema up to date.
    pub(super) schema_commit: &'static str,
    /// The schema.
    pub(super) migrations: &'static [Migration],
}

/// What the opener wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Create if absent, bring the schema up to date, read and write.
    Write,
    /// Read an existing file of today's schema.
    Read,
}

/// An open file.
#[derive(Debug)]
pub(super) struct Database {
    conn: Connection,
    path: PathBuf,
}

/// What happened inside a transaction, before the path of the file is known.
#[derive(Debug)]
pub(super) enum Fault {
    Sqlite(rusqlite::Error),
    Store(Box<StoreError>),
    /// A stored row cannot be understood.
    Row(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sqlite(e)
    }
}

impl From<StoreError> for Fault {
    fn from(e: StoreError) -> Self {
        Self::Store(Box::new(e))
    }
}

impl Database {
    /// Opens `path` and makes sure that it is a file of `format` with today's schema.
    pub(super) fn open(path: &Path, format: &Format, access: Access) -> Result<Self, StoreError> {
        if access == Access::Write {
            create_private(path)?;
        }
        let flags = match access {
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|e| classify(path, e))?;
        let mut database = Self { conn, path: path.to_owned() };
        database.read(|conn| {
            conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
            Ok(conn.busy_timeout(BUSY_TIMEOUT)?)
        })?;
        let found = database.identify(format)?;
        let known = migration::newest(format.migrations);
        match access {
            Access::Read if found < known => {
                return Err(StoreError::Older { path: path.to_owned(), found, known });
            }
            Access::Read => {}
            Access::Write => database.prepare_for_writing(format)?,
        }
        Ok(database)
    }

    /// Whose file it is, and its schema. A file without tables and without an id is new.
    fn identify(&self, format: &Format) -> Result<u32, StoreError> {
        let (id, tables, found) = self.read(|conn| {
            // The id last: another process may be making the file right now, and its tables come with its id. A
            // transaction around the three would stand in the way of that process's change to WAL.
            let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            let found = migration::version(conn)?;
            let id: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
            Ok((id, tables, found))
        })?;
        let new = id == 0 && tables == 0 && found == 0;
        if !new && id != format.application_id {
            return Err(StoreError::Foreign { path: self.path.clone(), wanted: format.name });
        }
        let known = migration::newest(format.migrations);
        if found > known {
            return Err(StoreError::Newer { path: self.path.clone(), found, known });
        }
        Ok(found)
    }

    fn prepare_for_writing(&mut self, format: &Format) -> Result<(), StoreError> {
        if self.read(|conn| Ok(conn.is_readonly("main")?))? {
            return Err(StoreError::ReadOnly { path: self.path.clone() });
        }
        // Heeded by a new file only, and only before its journal mode is set.
        self.read(|conn| Ok(conn.pragma_update(None, "page_size", format.page_bytes)?))?;
        let mode = self.set_write_ahead_log()?;
        self.read(|conn| {
            conn.pragma_update(None, "synchronous", "FULL")?;
            Ok(conn.pragma_update(None, "foreign_keys", true)?)
        })?;
        if mode != "wal" {
            return Err(StoreError::NoWriteAheadLog { path: self.path.clone(), mode });
        }
        if self.read(|conn| Ok(migration::version(conn)?))? == migration::newest(format.migrations) {
            return Ok(());
        }
        self.write(format.schema_commit, |tx| {
            tx.pragma_update(None, "application_id", format.application_id)?;
            Ok(migration::apply(tx, format.migrations)?)
        })?;
        // Another process may have brought the file further in between.
        self.identify(format).map(drop)
    }

    /// Sets the journal mode and returns what it is now. SQLite does not wait for others there, whatever the busy timeout
    /// says, so that of several processes that open a new file at once all but one would fail.
    fn set_write_ahead_log(&self) -> Result<String, StoreError> {
        let begun = Instant::now();
        loop {
            match self.read(|conn| Ok(conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?)) {
                Err(StoreError::Locked { .. }) if begun.elapsed() < BUSY_TIMEOUT => std::thread::sleep(WAL_PAUSE),
                other => return other,
            }
        }
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How long a call waits for another process's transaction before it fails as locked.
    pub(super) fn wait_at_most(&self, wait: Duration) -> Result<(), StoreError> {
        // SQLite counts in a signed 32-bit number of milliseconds; a day is plenty.
        let wait = wait.min(Duration::from_secs(24 * 3600));
        self.read(|conn| Ok(conn.busy_timeout(wait)?))
    }

    /// Runs `work` in one transaction: all of it is kept, or nothing. The write lock is taken at the start, so that what
    /// was read inside still holds at the commit. `boundary` names the commit in [`crash::BOUNDARIES`].
    pub(super) fn write<T>(
        &mut self,
        boundary: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let path = &self.path;
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|e| classify(path, e))?;
        if crash::disk_is_full(boundary) {
            fill_up(&tx).map_err(|e| classify(path, e))?;
        }
        let done = work(&tx).map_err(|fault| with_path(path, fault))?;
        crash::before(boundary);
        tx.commit().map_err(|e| classify(path, e))?;
        crash::after(boundary);
        Ok(done)
    }

    /// As [`Database::write`], and does not wait until the disk has it: after a power failure the last such transactions may
    /// be missing, whole ones and none before another. The next [`Database::write`] takes them all to the disk.
    pub(super) fn write_soon<T>(
        &mut self,
        boundary: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        self.read(|conn| Ok(conn.pragma_update(None, "synchronous", "NORMAL")?))?;
        let done = self.write(boundary, work);
        self.read(|conn| Ok(conn.pragma_update(None, "synchronous", "FULL")?))?;
        done
    }

    /// Runs `work` outside a transaction of ours: each statement sees a consistent state of its own.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        work(&self.conn).map_err(|fault| with_path(&self.path, fault))
    }

    /// Asks SQLite to read the whole file and check it, foreign keys included.
    pub(super) fn integrity_check(&self) -> Result<(), StoreError> {
        let problems = self.read(|conn| {
            let mut problems: Vec<String> = conn
                .prepare(&format!("PRAGMA integrity_check({PROBLEMS_MAX})"))?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            problems.retain(|problem| problem != "ok");
            let orphans: Vec<String> = conn
                .prepare("PRAGMA foreign_key_check")?
                .query_map([], |row| {
                    Ok(format!("{} without its {}", row.get::<_, String>(0)?, row.get::<_, String>(2)?))
                })?
                .take(PROBLEMS_MAX as usize)
                .collect::<Result<_, _>>()?;
            problems.extend(orphans);
            Ok(problems)
        })?;
        if problems.is_empty() {
            return Ok(());
        }
        Err(StoreError::Corrupt { path: self.path.clone(), detail: problems.join("; ") })
    }

    /// Writes a consistent, compact copy to `target`, which must not exist. Others may go on writing meanwhile. The copy
    /// grows under another name, so that half of one is never taken for one.
    pub(super) fn backup_to(&self, target: &Path) -> Result<(), StoreError> {
        let folder = |action, source| StoreError::Folder { path: target.to_owned(), action, source };
        create_parent(target)?;
        if target.exists() {
            return Err(folder("create", io::ErrorKind::AlreadyExists.into()));
        }
        let part = beside(target, ".part");
        remove(&part)?;
        crash::before("file/backup");
        let copied = self.copy_to(&part, target).and_then(|()| {
            // Unlike a rename, a link does not replace what came meanwhile; not every file system has links.
            fs::hard_link(&part, target)
                .or_else(|e| match e.kind() {
                    io::ErrorKind::AlreadyExists => Err(e),
                    _ => fs::rename(&part, target),
                })
                .map_err(|e| folder("create", e))
        });
        crash::after("file/backup");
        let removed = remove(&part);
        copied.and(removed)
    }

    fn copy_to(&self, part: &Path, target: &Path) -> Result<(), StoreError> {
        let folder = |action, source| StoreError::Folder { path: target.to_owned(), action, source };
        private_options().create_new(true).open(part).map_err(|e| folder("create", e))?;
        // VACUUM INTO fills an existing file only if it is empty, and ours is: that is how the copy gets its mode.
        let name = part.to_str().ok_or_else(|| folder("name", io::Error::other("the path is not UTF-8")))?;
        self.conn.execute("VACUUM INTO ?1", [name]).map_err(|e| match classify(&self.path, e) {
            StoreError::DiskFull { .. } => StoreError::DiskFull { path: target.to_owned() },
            other => other,
        })?;
        fs::File::open(part).and_then(|file| file.sync_all()).map_err(|e| folder("flush", e))
    }
}

/// Removes a database with its log and its shared memory. Absent files are fine, so that it can be repeated.
///
/// The main file goes first: a log without its file is ignored by SQLite, a file without its log may be damaged.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let file = beside(path, suffix);
        crash::before("file/remove");
        match fs::remove_file(&file) {
            Ok(()) => crash::after("file/remove"),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(StoreError::Folder { path: file, action: "remove", source }),
        }
    }
    Ok(())
}

/// Takes all the room that SQLite has, and lets it say so: no page more than now, and a table that eats the free ones.
fn fill_up(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.pragma_update(None, "max_page_count", 1)?;
    tx.execute_batch("CREATE TABLE ballast (x BLOB) STRICT")?;
    loop {
        tx.execute("INSERT INTO ballast VALUES (zeroblob(100000))", [])?;
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Creates the file for its owner alone, or takes the others' rights away from an existing one. SQLite gives the log and
/// the shared memory the rights of the main file.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let folder = |action, source| StoreError::Folder { path: path.to_owned(), action, source };
    create_parent(path)?;
    if !path.exists() {
        crash::before("file/create");
    }
    let file = match private_options().create_new(true).open(path) {
        Ok(_) => {
            crash::after("file/create");
            return Ok(());
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => fs::metadata(path).map_err(|e| folder("look at", e))?,
        Err(e) => return Err(folder("create", e)),
    };
    if !file.is_file() {
        return Err(StoreError::CannotOpen { path: path.to_owned(), detail: "it is not a file".into() });
    }
    restrict(path, &file).map_err(|e| folder("take others' rights from", e))
}

fn create_parent(path: &Path) -> Result<(), StoreError> {
    let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty() && !p.is_dir()) else { return Ok(()) };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(parent).map_err(|source| StoreError::Folder {
        path: parent.to_owned(),
        action: "create the folder",
        source,
    })
}

fn private_options() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn restrict(path: &Path, file: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if file.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

pub(super) fn with_path(path: &Path, fault: Fault) -> StoreError {
    match fault {
        Fault::Sqlite(e) => classify(path, e),
        Fault::Store(e) => *e,
        Fault::Row(detail) => StoreError::Row { path: path.to_owned(), detail },
    }
}

/// From SQLite's result codes to what an operator can act on.
pub(super) fn classify(path: &Path, error: rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    let (code, detail) = match &error {
        rusqlite::Error::SqliteFailure(e, message) => (e.code, message.clone().unwrap_or_else(|| e.to_string())),
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..) => return StoreError::Row { path, detail: error.to_string() },
        _ => return StoreError::Sqlite { path, source: error },
    };
    match code {
        ErrorCode::NotADatabase => StoreError::NotADatabase { path },
        ErrorCode::DatabaseCorrupt => StoreError::Corrupt { path, detail },
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => {
            StoreError::CannotOpen { path, detail }
        }
        ErrorCode::ReadOnly => StoreError::ReadOnly { path },
        ErrorCode::DiskFull => StoreError::DiskFull { path },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            StoreError::Locked { path }
        }
        ErrorCode::SystemIoFailure | ErrorCode::NoLargeFileSupport => StoreError::Disk { path, detail },
        ErrorCode::ConstraintViolation | ErrorCode::TooBig => StoreError::Refused { path, detail },
        _ => StoreError::Sqlite { path, source: error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format {
        application_id: 0x5461_6c00,
        name: "a test",
        page_bytes: 4_096,
        schema_commit: "state/schema",
        migrations: &[Migration { version: 1, sql: "CREATE TABLE a (x BLOB) STRICT;" }],
    };

    #[test]
    fn a_full_disk_is_told_and_nothing_of_the_transaction_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Database::open(&folder.path().join("a.db"), &FORMAT, Access::Write).unwrap();
        database.read(|conn| Ok(conn.pragma_update(None, "max_page_count", 20)?)).unwrap();
        let full = database.write("state/cells", |tx| {
            for _ in 0..1_000 {
                tx.execute("INSERT INTO a VALUES (zeroblob(1000))", [])?;
            }
            Ok(())
        });
        assert!(matches!(full, Err(StoreError::DiskFull { .. })), "{full:?}");
        let n: i64 = database.read(|c| Ok(c.query_row("SELECT count(*) FROM a", [], |r| r.get(0))?)).unwrap();
        assert_eq!(n, 0);
    }

    #[test]
    fn the_connection_is_durable_and_checks_foreign_keys() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("a.db"), &FORMAT, Access::Write).unwrap();
        let pragma = |name: &str| -> String {
            database
                .read(|c| {
                    let value: rusqlite::types::Value = c.pragma_query_value(None, name, |r| r.get(0))?;
                    Ok(format!("{value:?}"))
                })
                .unwrap()
        };
        assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
        assert_eq!(pragma("synchronous"), "Integer(2)");
        assert_eq!(pragma("foreign_keys"), "Integer(1)");
        assert_eq!(pragma("application_id"), format!("Integer({})", FORMAT.application_id));
    }
}
