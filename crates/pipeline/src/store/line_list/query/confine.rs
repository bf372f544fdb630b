//! A connection that can read the views and do nothing else.
//!
//! Several fences stand behind each other, so that a hole in one is no way out: the file is open for reading only; the
//! authorizer knows what is allowed and refuses everything else while a statement is compiled; SQLite's own limits bound
//! what is allowed; nothing spills to disk.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use super::super::views::View;
use super::functions;
use super::limits::{self, QueryLimits};

/// How long to wait for another process that is changing the file; readers wait only while a log is recovered.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Modules of SQLite that make a table out of a text. The views use the first.
const TEXT_TABLES: [&str; 2] = ["json_each", "json_tree"];

/// Why the authorizer refused a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It would change something, or look at something that is no table.
    Action(&'static str),
    /// A table that is no view of the line list.
    Table(String),
    /// A function that is not on the list.
    Function(String),
}

/// What the authorizer saw of a statement.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    refusal: Option<Refusal>,
    read: BTreeSet<(String, String)>,
}

impl Seen {
    /// Why the statement was refused, if it was: the first reason.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.notes().refusal.clone()
    }

    /// Views and their columns that the statement reads.
    pub(super) fn read(&self) -> BTreeSet<(String, String)> {
        self.notes().read.clone()
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the file with the views and nothing else.
pub(super) fn open(path: &Path, views: &[View], cost: &QueryLimits) -> rusqlite::Result<(Connection, Seen)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    if let Some(bytes) = cost.heap_max {
        conn.pragma_update_and_check(None, "hard_heap_limit", bytes as i64, |_| Ok(()))?;
    }
    // Sorts stay in memory: a temporary file would be one more place with data of persons.
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "threads", 0)?;
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        // A misspelt column in double quotes is an error and no text.
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
    ] {
        conn.set_db_config(config, on)?;
    }
    // SQLite tells the authorizer which view a table is read for, but by a name that a WITH may take as well. A name that
    // nobody can guess is a key that only our own views hold.
    let key = format!("records_{:016x}{:016x}", unguessable(), unguessable());
    conn.execute_batch(&format!("CREATE TEMP VIEW \"{key}\" AS SELECT id, kind, json FROM main.records"))?;
    for view in views {
        conn.execute_batch(&view.definition(&key))?;
    }
    conn.pragma_update(None, "query_only", true)?;
    set_limits(&conn)?;
    let seen = Seen::default();
    let rules = Rules {
        views: views.iter().map(|view| view.name).collect(),
        others: other_tables(&conn)?,
        key,
        seen: seen.clone(),
    };
    conn.authorizer(Some(move |context: AuthContext<'_>| rules.authorize(&context)))?;
    Ok((conn, seen))
}

fn set_limits(conn: &Connection) -> rusqlite::Result<()> {
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, limits::TEXT_BYTES_MAX),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, limits::SQL_BYTES_MAX as i32),
        (Limit::SQLITE_LIMIT_COLUMN, limits::COLUMNS_MAX),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, limits::DEPTH_MAX),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, limits::COMPOUND_MAX),
        (Limit::SQLITE_LIMIT_VDBE_OP, limits::PROGRAM_MAX),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, limits::ARGUMENTS_MAX),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, limits::PATTERN_BYTES_MAX),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        conn.set_limit(limit, most)?;
    }
    Ok(())
}

/// 64 bits of the operating system's randomness, by which the standard library seeds its hash tables.
fn unguessable() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The names of the stored tables and of the modules that are tables.
fn other_tables(conn: &Connection) -> rusqlite::Result<HashSet<String>> {
    let mut names = HashSet::new();
    for sql in ["SELECT name FROM main.sqlite_schema", "SELECT name FROM pragma_module_list"] {
        let mut statement = conn.prepare(sql)?;
        let found = statement.query_map([], |row| row.get::<_, String>(0))?;
        for name in found {
            names.insert(name?.to_lowercase());
        }
    }
    for name in TEXT_TABLES {
        names.remove(name);
    }
    Ok(names)
}

struct Rules {
    views: HashSet<&'static str>,
    others: HashSet<String>,
    key: String,
    seen: Seen,
}

impl Rules {
    fn authorize(&self, context: &AuthContext<'_>) -> Authorization {
        match self.refusal(context) {
            None => Authorization::Allow,
            Some(refusal) => {
                self.seen.notes().refusal.get_or_insert(refusal);
                Authorization::Deny
            }
        }
    }

    fn refusal(&self, context: &AuthContext<'_>) -> Option<Refusal> {
        match context.action {
            AuthAction::Select | AuthAction::Recursive => None,
            AuthAction::Function { function_name } => {
                (!functions::is_allowed(function_name)).then(|| Refusal::Function(function_name.to_owned()))
            }
            AuthAction::Read { table_name, column_name } => {
                if self.views.contains(table_name) {
                    self.seen.notes().read.insert((table_name.to_owned(), column_name.to_owned()));
                }
                let ours = self.may_read(&table_name.to_lowercase(), column_name, context.accessor);
                (!ours).then(|| Refusal::Table(table_name.to_owned()))
            }
            AuthAction::Pragma { .. } => Some(Refusal::Action("PRAGMA")),
            AuthAction::Attach { .. } => Some(Refusal::Action("ATTACH")),
            AuthAction::Detach { .. } => Some(Refusal::Action("DETACH")),
            AuthAction::Insert { .. } => Some(Refusal::Action("INSERT")),
            AuthAction::Update { .. } => Some(Refusal::Action("UPDATE")),
            AuthAction::Delete { .. } => Some(Refusal::Action("DELETE")),
            AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => Some(Refusal::Action("a transaction")),
            _ => Some(Refusal::Action("a statement that changes tables")),
        }
    }

    fn may_read(&self, table: &str, column: &str, accessor: Option<&str>) -> bool {
        if self.views.contains(table) || TEXT_TABLES.contains(&table) || table == self.key {
            return true;
        }
        if table == "records" && accessor == Some(self.key.as_str()) {
            return true;
        }
        // A part of the statement itself, named by WITH, none of whose columns is used: `SELECT count(*) FROM part`.
        let is_own = !self.others.contains(table) && !table.starts_with("pragma_") && !table.starts_with("sqlite_");
        column.is_empty() && is_own
    }
}
