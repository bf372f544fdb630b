//! SQL over the line list that a configuration keeps.

use crate::config::model::Config;
use crate::config::problem::{Problem, SourceText};
use crate::error::{Error, ErrorKind};
use crate::store::{Answer, LineList, QueryError, QueryLimits, views};
use std::path::{Path, PathBuf};

/// Answers one SELECT over the views of the line list.
///
/// # Errors
/// No line list was kept; a statement that is not possible, at its place; one that costs too much.
pub fn query(config: &Config, sql: &str, cost: &QueryLimits) -> Result<Answer, Error> {
    LineList::query(&line_list_file(config)?, sql, cost).map_err(|error| match error {
        QueryError::Store(error) => error.into(),
        QueryError::Statement { message, at, advice } => {
            let mut problem = Problem::new(message.clone());
            if let Some(at) = at {
                let source = SourceText::new(Path::new("SELECT"), sql);
                problem = Problem::at(&source, word_at(sql, at), message);
            }
            problem.advice = advice;
            Error::at(ErrorKind::Config, problem)
        }
        QueryError::Costly { message, advice } => Error::new(ErrorKind::Config, message).advice(advice),
    })
}

/// The columns of an answer's statement that the line list does not keep, because no report names them: they are empty in
/// every row.
pub fn not_kept(config: &Config, answer: &Answer) -> Vec<String> {
    let (needs, views) = (config.needs(), views());
    let column = |(view, name): &(String, String)| {
        let view = views.iter().find(|one| one.name == view)?;
        let column = view.columns.iter().find(|one| one.name == name)?;
        let kept = needs.of(view.table);
        let is_kept =
            column.wire().is_empty() || column.wire().contains(&"id") || column.wire().iter().any(|w| kept.contains(w));
        (!is_kept).then(|| format!("{}.{}", view.name, column.name))
    };
    answer.read.iter().filter_map(column).collect()
}

/// The line list, if one was kept.
///
/// # Errors
/// None was.
pub fn line_list_file(config: &Config) -> Result<PathBuf, Error> {
    let path = config.line_list_file();
    if path.exists() {
        return Ok(path);
    }
    let message = format!("no line list is kept in `{}`", config.state_folder.display());
    let advice = "Run the report with `keep = \"records\"` under `[state]`; then every number can be followed to its \
                  records.";
    Err(Error::new(ErrorKind::Config, message).advice(advice))
}

/// The word that begins at a byte.
fn word_at(text: &str, at: usize) -> std::ops::Range<usize> {
    let at = at.min(text.len());
    let rest = text.get(at..).unwrap_or_default();
    let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    at..at + length
}
