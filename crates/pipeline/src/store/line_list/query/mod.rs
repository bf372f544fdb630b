//! Questions in SQL to the line list: one SELECT over its views, on a connection that can do nothing else.
//!
//! The statement comes from a person who may read the line list anyway. What is guarded against is a slip or a trick that
//! writes, reads another file, or takes the machine's time and memory.

mod confine;
mod fault;
mod functions;
mod limits;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Instant;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde::{Serialize, Serializer};

use super::LineList;
use super::views::{View, views};
use crate::store::error::StoreError;
use confine::Seen;

pub use limits::{QUERY_HEAP_MAX, QueryLimits};

/// What a query answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Names of the columns, as the statement has them; they need not be unique.
    pub columns: Vec<String>,
    /// The rows, each with a value for each column.
    pub rows: Vec<Vec<QueryValue>>,
    /// There are more rows, which were left out.
    pub has_more: bool,
    /// An extraction is unfinished: some records are newer than others.
    pub is_mixed: bool,
    /// The columns that the statement read, each after its view.
    #[serde(skip)]
    pub read: BTreeSet<(String, String)>,
}

/// A value of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryValue {
    /// Nothing.
    Null,
    /// A whole number, or true or false.
    Integer(i64),
    /// A number.
    Real(f64),
    /// A text, or a date as ISO text.
    Text(String),
}

impl Serialize for QueryValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Real(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The file cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The statement is not possible.
    #[error("{message}")]
    Statement {
        /// What is wrong with it.
        message: String,
        /// Byte at which it is wrong, where SQLite knows.
        at: Option<usize>,
        /// What to write instead.
        advice: Option<String>,
    },
    /// It cost more than it may.
    #[error("{message}")]
    Costly {
        /// Which limit it met.
        message: String,
        /// What to do about it.
        advice: String,
    },
}

impl LineList {
    /// Answers one SELECT over the [views](super::views::views) of a line list.
    ///
    /// It reads one moment of the file, neither waits for a run that writes nor keeps it waiting, and is done in about the
    /// time that it is given: a statement that cannot be interrupted is left behind on a thread of its own, which ends with
    /// the process at the latest.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn query(path: &Path, sql: &str, cost: &QueryLimits) -> Result<Answer, QueryError> {
        if sql.len() > limits::SQL_BYTES_MAX {
            let message = format!("the statement is longer than {} bytes", limits::SQL_BYTES_MAX);
            return Err(QueryError::Statement { message, at: None, advice: None });
        }
        // Whose file it is, and whether it is today's.
        let is_mixed = LineList::open_read_only(path)?.is_mixed()?;
        let (sender, receiver) = mpsc::channel();
        let (path, sql, cost) = (path.to_owned(), sql.to_owned(), *cost);
        let work = move || {
            // Nobody waits any more for an answer that comes too late.
            _ = sender.send(answer(&path, &sql, &cost));
        };
        let spawned = std::thread::Builder::new().name("query".to_owned()).spawn(work);
        if let Err(error) = spawned {
            let advice = "Is the machine out of memory?".to_owned();
            return Err(QueryError::Costly { message: format!("no thread can be started: {error}"), advice });
        }
        match receiver.recv_timeout(cost.timeout.saturating_add(limits::GRACE)) {
            Ok(answered) => answered.map(|answer| Answer { is_mixed, ..answer }),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(fault::too_long(&cost)),
        }
    }

    /// Whether records of an unfinished extraction stand beside older ones.
    fn is_mixed(&self) -> Result<bool, StoreError> {
        Ok(self.resume(&self.belonging().outbreak)?.is_some())
    }
}

fn answer(path: &Path, sql: &str, cost: &QueryLimits) -> Result<Answer, QueryError> {
    let views = views();
    let (mut conn, seen) = confine::open(path, &views, cost)
        .map_err(|error| QueryError::Store(crate::store::database::classify(path, error)))?;
    let explain = |error| fault::of(path, sql, error, &views, &seen, cost);
    let (begun, timeout) = (Instant::now(), cost.timeout);
    conn.progress_handler(limits::STEPS_BETWEEN_LOOKS, Some(move || begun.elapsed() > timeout)).map_err(explain)?;
    select(&conn, sql, &views, &seen, cost).map_err(|error| match error {
        Refused::Sqlite(error) => explain(error),
        Refused::Query(error) => error,
    })
}

enum Refused {
    Sqlite(rusqlite::Error),
    Query(QueryError),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn select(conn: &Connection, sql: &str, views: &[View], seen: &Seen, cost: &QueryLimits) -> Result<Answer, Refused> {
    let mut statement = conn.prepare(sql)?;
    if statement.column_count() == 0 || !statement.readonly() || statement.is_explain() != 0 {
        return Err(Refused::Query(fault::not_a_select(sql, views)));
    }
    if let Some(refusal) = seen.refusal() {
        // A refusal that SQLite made nothing of is one all the same.
        return Err(Refused::Query(fault::refused(&refusal, sql, views)));
    }
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut answer = Answer { columns, rows: Vec::new(), has_more: false, is_mixed: false, read: seen.read() };
    let mut n_bytes = 0;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..answer.columns.len()).map(|i| Ok(QueryValue::from(row.get_ref(i)?)));
        let values = values.collect::<rusqlite::Result<Vec<_>>>()?;
        n_bytes += values.iter().map(QueryValue::n_bytes).sum::<usize>();
        if answer.rows.len() == cost.rows_max || n_bytes > cost.bytes_max {
            answer.has_more = true;
            break;
        }
        answer.rows.push(values);
    }
    Ok(answer)
}

impl QueryValue {
    /// About what it takes in memory.
    fn n_bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Text(text) => text.len(),
                _ => 0,
            }
    }
}

impl From<ValueRef<'_>> for QueryValue {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            // JSON has no word for what is beyond all numbers.
            ValueRef::Real(number) if number.is_infinite() => {
                Self::Text(if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned())
            }
            ValueRef::Real(number) => Self::Real(number),
            // The views hold no bytes that are no text; what a CAST makes of one is shown as text too.
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Self::Text(String::from_utf8_lossy(bytes).into_owned()),
        }
    }
}
