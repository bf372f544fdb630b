//! Answers of the line list.

use super::number::counted;
use super::table::{Column, table};
use pipeline::store::{Answer, QueryValue, View};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Signs of a value in a table. Whoever wants all of a long text takes JSON or CSV.
const CELL_SIGNS_MAX: usize = 200;
/// Columns named in a warning.
const NAMES_SHOWN: usize = 5;

/// The answer as a table.
pub(crate) fn answer(answer: &Answer, width: Option<u16>) -> String {
    let is_number = |column: usize| {
        let mut values = answer.rows.iter().filter_map(|row| row.get(column));
        values.all(|value| matches!(value, QueryValue::Integer(_) | QueryValue::Real(_) | QueryValue::Null))
    };
    let titles: Vec<_> = answer.columns.iter().map(|title| printable(title)).collect();
    let columns: Vec<_> = titles
        .iter()
        .enumerate()
        .map(|(i, title)| if is_number(i) { Column::Number(title) } else { Column::Text(title) })
        .collect();
    let rows = answer.rows.iter().map(|row| row.iter().map(|value| shortened(&printable(&text(value)))).collect());
    let n = counted(answer.rows.len() as u64, "row");
    format!("{}\n{n}\n", table(&columns, rows, width))
}

/// The answer as comma-separated values.
pub(crate) fn csv(answer: &Answer, to: &mut dyn Write) -> io::Result<()> {
    super::csv::line(to, answer.columns.iter().map(|title| Cow::Borrowed(title.as_str())))?;
    answer.rows.iter().try_for_each(|row| super::csv::line(to, row.iter().map(text)))
}

/// What a person should know of an answer.
pub(crate) fn warnings(answer: &Answer, not_kept: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    if answer.has_more {
        let n = counted(answer.rows.len() as u64, "row");
        warnings.push(format!("there are more rows than these {n}: ask for less, or allow more with --max-rows"));
    }
    if answer.is_mixed {
        warnings.push("an extraction is under way or was interrupted: some records are newer than others".to_owned());
    }
    if !not_kept.is_empty() {
        let (names, more) = not_kept.split_at(not_kept.len().min(NAMES_SHOWN));
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        let names = names.join(", ");
        warnings.push(format!("no report names {names}{more}, so the line list does not keep it and it is empty here"));
    }
    warnings
}

/// The views and their columns; those with the same columns together.
pub(crate) fn views(views: &[View], width: Option<u16>) -> String {
    let mut text = String::new();
    let names = |view: &View| view.columns.iter().map(|column| column.name).collect::<Vec<_>>();
    for alike in views.chunk_by(|a, b| names(a) == names(b)) {
        for view in alike {
            let _ = writeln!(text, "{}: {}", view.name, view.doc);
        }
        let columns = [Column::Text("column"), Column::Text("holds"), Column::Text("meaning")];
        let rows = alike.iter().take(1).flat_map(|view| &view.columns);
        let rows = rows.map(|c| vec![c.name.to_owned(), c.holds.to_owned(), c.doc.to_owned()]);
        text += "\n";
        text += &super::run::indent(&table(&columns, rows, width));
        text += "\n";
    }
    text + "Ask them: tally query \"SELECT classification, count(*) FROM cases GROUP BY classification\"\n"
}

fn text(value: &QueryValue) -> Cow<'_, str> {
    match value {
        QueryValue::Null => Cow::Borrowed(""),
        QueryValue::Integer(number) => Cow::Owned(number.to_string()),
        QueryValue::Real(number) => Cow::Owned(number.to_string()),
        QueryValue::Text(text) => Cow::Borrowed(text),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(CELL_SIGNS_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// A text without what a terminal would take for an order.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        Cow::Owned(text.replace(char::is_control, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
