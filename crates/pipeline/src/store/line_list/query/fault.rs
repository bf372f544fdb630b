//! From SQLite's words to what a person can write instead.

use std::path::Path;

use rusqlite::ErrorCode;

use super::confine::{Refusal, Seen};
use super::limits::{QueryLimits, TEXT_BYTES_MAX};
use super::{QueryError, functions};
use crate::store::database;
use crate::store::line_list::views::View;

/// What an error of SQLite means for the statement.
pub(super) fn of(
    path: &Path,
    sql: &str,
    error: rusqlite::Error,
    views: &[View],
    seen: &Seen,
    cost: &QueryLimits,
) -> QueryError {
    if let Some(refusal) = seen.refusal() {
        return refused(&refusal, sql, views);
    }
    let (code, words, at) = match &error {
        rusqlite::Error::MultipleStatement => {
            return statement("there are several statements", None, "Give one SELECT at a time.");
        }
        rusqlite::Error::InvalidParameterCount(..) => {
            return statement("the statement has parameters", None, "Write the values themselves.");
        }
        rusqlite::Error::SqlInputError { error, msg, offset, .. } => {
            (error.code, msg.clone(), usize::try_from(*offset).ok())
        }
        rusqlite::Error::SqliteFailure(error, words) => (error.code, words.clone().unwrap_or_default(), None),
        _ => return QueryError::Store(database::classify(path, error)),
    };
    match code {
        ErrorCode::OperationInterrupted => too_long(cost),
        ErrorCode::OutOfMemory => costly("the statement takes more memory than it may", SMALLER),
        ErrorCode::TooBig => {
            costly(&format!("a text in the statement's work is longer than {TEXT_BYTES_MAX} bytes"), SMALLER)
        }
        ErrorCode::Unknown => in_words(&words, at, sql, views),
        _ => QueryError::Store(database::classify(path, error)),
    }
}

const SMALLER: &str =
    "Ask for less at a time: choose rows with WHERE, count instead of listing, and leave columns out.";

/// It went on for longer than it may.
pub(super) fn too_long(cost: &QueryLimits) -> QueryError {
    let message = format!("the statement took longer than {} s and was stopped", cost.timeout.as_secs_f64());
    costly(&message, "Ask for less at a time, or allow more with --timeout.")
}

/// It is no SELECT.
pub(super) fn not_a_select(sql: &str, views: &[View]) -> QueryError {
    let first = first_word(sql);
    let message = match first.as_str() {
        "" => "there is no SELECT".to_owned(),
        "SELECT" | "WITH" | "VALUES" => "only reading is possible here".to_owned(),
        _ => format!("{first} is not possible here, only SELECT"),
    };
    statement(message, None, format!("The line list can only be read. {}", view_names(views)))
}

/// The word that the statement begins with, in capitals; empty if it begins with none.
fn first_word(sql: &str) -> String {
    let word = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    word.to_uppercase()
}

/// The authorizer refused something.
pub(super) fn refused(refusal: &Refusal, sql: &str, views: &[View]) -> QueryError {
    match refusal {
        Refusal::Action(what) => statement(
            format!("{what} is not possible here, only SELECT"),
            None,
            format!("The line list can only be read. {}", view_names(views)),
        ),
        Refusal::Table(name) if views.iter().any(|view| view.name == name) => statement(
            format!("the view `{name}` belongs to no schema"),
            find(sql, name),
            format!("Write `{name}` alone."),
        ),
        Refusal::Table(name) => {
            let names: Vec<_> = views.iter().map(|view| view.name).collect();
            let near = epi::nearest(name, &names).map(|near| format!("Did you mean `{near}`? "));
            let advice = format!("{}{}", near.unwrap_or_default(), view_names(views));
            statement(format!("`{name}` is not a view of the line list"), find(sql, name), advice)
        }
        Refusal::Function(name) => {
            let near = functions::near(name).map(|near| format!(" Did you mean `{near}`?"));
            let advice = format!("Only functions that compute from their arguments are.{}", near.unwrap_or_default());
            statement(format!("the function `{name}` is not possible here"), find(sql, name), advice)
        }
    }
}

/// Errors of the statement come as texts alone.
fn in_words(words: &str, at: Option<usize>, sql: &str, views: &[View]) -> QueryError {
    let reads = ["SELECT", "WITH", "VALUES"].contains(&first_word(sql).as_str());
    if words.starts_with("cannot modify") || (!reads && !first_word(sql).is_empty()) {
        return not_a_select(sql, views);
    }
    if let Some(name) = words.strip_prefix("no such column: ") {
        // After a name in double quotes SQLite goes on with advice of its own.
        let name = name.split(" - ").next().unwrap_or(name);
        let known: Vec<_> = views.iter().flat_map(|view| &view.columns).map(|column| column.name).collect();
        let bare = name.rsplit('.').next().unwrap_or(name).trim_matches('"');
        let advice = match epi::nearest(bare, &known) {
            Some(near) if near == bare => format!("{} has it.", having(near, views)),
            Some(near) => format!("Did you mean `{near}`? {} has it.", having(near, views)),
            None => "`tally query --views` lists the columns. A text is written in single quotes.".to_owned(),
        };
        return statement(format!("unknown column `{name}`"), at.or_else(|| find(sql, bare)), advice);
    }
    if let Some(name) = words.strip_prefix("no such table: ") {
        let bare = name.rsplit('.').next().unwrap_or(name);
        return match refused(&Refusal::Table(bare.to_owned()), sql, views) {
            QueryError::Statement { message, at: found, advice } => {
                QueryError::Statement { message, at: found.or(at), advice }
            }
            other => other,
        };
    }
    if let Some(name) = words.strip_prefix("no such function: ") {
        let near = functions::near(name).map(|near| format!("Did you mean `{near}`?"));
        let advice =
            near.unwrap_or_else(|| "SQLite's own functions are known: count, sum, date, substr ...".to_owned());
        return statement(format!("unknown function `{name}`"), at.or_else(|| find(sql, name)), advice);
    }
    if words == "incomplete input" {
        return statement("the statement ends too early", Some(sql.len()), "Is a parenthesis or a quote not closed?");
    }
    let (message, advice) = match words.strip_prefix("near \"").and_then(|rest| rest.strip_suffix("\": syntax error")) {
        Some(word) => {
            let names: Vec<_> = views.iter().map(|view| view.name).collect();
            let near = epi::nearest(word, &names).filter(|near| *near != word);
            (format!("syntax error at `{word}`"), near.map(|near| format!("Did you mean `{near}`?")))
        }
        None if words.starts_with("ambiguous column name") => {
            (words.to_owned(), Some("Put the view or its alias before it, as in `cases.id`.".to_owned()))
        }
        None => (words.to_owned(), None),
    };
    QueryError::Statement { message, at, advice }
}

/// The views that have a column: "`cases` and 3 other views".
fn having(column: &str, views: &[View]) -> String {
    let names: Vec<_> =
        views.iter().filter(|view| view.columns.iter().any(|c| c.name == column)).map(|view| view.name).collect();
    match names.as_slice() {
        [] => "No view".to_owned(),
        [only] => format!("The view `{only}`"),
        [first, others @ ..] => format!("The view `{first}`, like {}, ", backticked(others)),
    }
    .trim_end_matches([' ', ','])
    .to_owned()
}

fn backticked(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn view_names(views: &[View]) -> String {
    format!("The views are {}.", views.iter().map(|view| view.name).collect::<Vec<_>>().join(", "))
}

/// Where a name stands as a whole word; SQLite does not tell the place of everything that it refuses.
fn find(sql: &str, name: &str) -> Option<usize> {
    let folded = sql.to_ascii_lowercase();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let matches = folded.match_indices(&name.to_ascii_lowercase()).map(|(at, _)| at).collect::<Vec<_>>();
    matches.into_iter().find(|at| {
        !folded[..*at].ends_with(is_word)
            && !folded.get(at + name.len()..).is_some_and(|rest| rest.starts_with(is_word))
    })
}

fn statement(message: impl Into<String>, at: Option<usize>, advice: impl Into<String>) -> QueryError {
    QueryError::Statement { message: message.into(), at, advice: Some(advice.into()) }
}

fn costly(message: &str, advice: &str) -> QueryError {
    QueryError::Costly { message: message.to_owned(), advice: advice.to_owned() }
}
