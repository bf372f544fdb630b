//! The map of places as a spreadsheet: every row and every column of a person stays as it is.

use crate::config::places::{MAP_BYTES_MAX, line_at, spreadsheet};
use crate::config::problem::{Problem, SourceText, read_text};
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::path::Path;

/// What `how` says where a match is open.
pub const HOW_OPEN: &str = "open";
/// What `how` says where ids are equal.
pub const HOW_ID: &str = "id";
/// What `how` says where codes are equal.
pub const HOW_CODE: &str = "code";
/// What `how` says where names were matched.
pub const HOW_NAME: &str = "name";
/// What `how` says where a person chose.
pub const HOW_PERSON: &str = "person";
/// What `how` says of a location that has no organisation unit of its own and is left to the location above.
pub const HOW_ABOVE: &str = "above";

/// The columns of a new map. Of a map that is there already the first two are needed; the others are added.
const COLUMNS: [&str; 9] =
    ["location_id", "location", "parent", "org_unit", "org_unit_name", "how", "confidence", "records", "candidates"];

/// The map.
#[derive(Clone, Debug)]
pub struct Sheet {
    source: SourceText,
    columns: Vec<String>,
    rows: Vec<Row>,
    separator: u8,
    line_end: csv::Terminator,
    has_mark: bool,
}

#[derive(Clone, Debug)]
struct Row {
    cells: Vec<String>,
    span: Range<usize>,
}

impl Sheet {
    /// Reads the map; one that is not there yet is empty.
    ///
    /// # Errors
    /// A file that cannot be read, that lacks a column, or in which a location stands twice.
    pub fn read(path: &Path) -> Result<Self, Vec<Problem>> {
        let text = if path.exists() {
            read_text(path, MAP_BYTES_MAX).map_err(|(reason, advice)| {
                let message = format!("the map of places `{}` cannot be read: {reason}", path.display());
                let problem = Problem::new(message);
                vec![if let Some(advice) = advice { problem.advice(advice) } else { problem }]
            })?
        } else {
            String::new()
        };
        Self::of_text(path, &text)
    }

    /// Reads the text of a map.
    ///
    /// # Errors
    /// As [`Sheet::read`].
    pub fn of_text(path: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let has_mark = text.starts_with('\u{feff}');
        let source = SourceText::new(path, text.trim_start_matches('\u{feff}'));
        let text = source.text.to_string();
        let first_line = text.lines().next().unwrap_or_default();
        let separator = if first_line.contains(';') && !first_line.contains(',') { b';' } else { b',' };
        let line_end = if text.contains("\r\n") { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut reader = spreadsheet(&text);
        let mut columns: Vec<String> =
            reader.headers().map(|headers| headers.iter().map(str::to_owned).collect()).unwrap_or_default();
        if columns.iter().all(String::is_empty) {
            columns = COLUMNS.map(str::to_owned).to_vec();
        }
        let mut sheet = Self { source, columns, rows: Vec::new(), separator, line_end, has_mark };
        let (Some(id), Some(_)) = (sheet.column("location_id"), sheet.column("org_unit")) else {
            let message = "the map of places needs the columns `location_id` and `org_unit`";
            let advice = format!("The first line has: {}.", sheet.columns.join(", "));
            return Err(vec![Problem::at(&sheet.source, 0..first_line.len(), message).advice(advice)]);
        };
        for column in COLUMNS {
            if sheet.column(column).is_none() {
                sheet.columns.push(column.to_owned());
            }
        }
        sheet.read_rows(reader, id, &text)?;
        Ok(sheet)
    }

    fn read_rows(&mut self, mut reader: csv::Reader<&[u8]>, id: usize, text: &str) -> Result<(), Vec<Problem>> {
        let (mut problems, mut seen) = (Vec::new(), HashMap::new());
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let path = self.source.path.display();
                    problems.push(Problem::new(format!("the map of places `{path}`: {error}")));
                    continue;
                }
            };
            let span = line_at(text, record.position().map_or(0, |position| position.byte() as usize));
            let location = record.get(id).unwrap_or_default();
            if let Some(first) = seen.insert(location.to_owned(), span.start).filter(|_| !location.is_empty()) {
                let message = format!("location `{location}` stands twice, first on line {}", self.source.line(first));
                problems.push(Problem::at(&self.source, span, message).advice("Keep one of the two lines."));
                continue;
            }
            let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
            cells.resize(self.columns.len().max(cells.len()), String::new());
            self.rows.push(Row { cells, span });
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The rows, each as what it says in these columns; nothing where there is none.
    pub fn rows<'s, const N: usize>(&'s self, columns: [&'s str; N]) -> impl Iterator<Item = [&'s str; N]> {
        (0..self.rows.len()).map(move |row| columns.map(|column| self.cell(row, column)))
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.eq_ignore_ascii_case(name))
    }

    /// The rows by the location's id.
    pub(super) fn positions(&self) -> HashMap<String, usize> {
        let id = |row: usize| self.cell(row, "location_id").to_owned();
        (0..self.rows.len()).map(|row| (id(row), row)).filter(|(id, _)| !id.is_empty()).collect()
    }

    /// The text of a cell; nothing where there is none.
    pub(super) fn cell(&self, row: usize, column: &str) -> &str {
        self.column(column).and_then(|column| self.rows.get(row)?.cells.get(column)).map_or("", String::as_str)
    }

    /// Writes a cell.
    pub(super) fn set(&mut self, row: usize, column: &str, text: impl Into<String>) {
        if let Some(cell) = self.column(column).and_then(|column| self.rows.get_mut(row)?.cells.get_mut(column)) {
            *cell = text.into();
        }
    }

    /// Adds a row for a location and returns its position.
    pub(super) fn add(&mut self, location: &str) -> usize {
        self.rows.push(Row { cells: vec![String::new(); self.columns.len()], span: 0..0 });
        let row = self.rows.len() - 1;
        self.set(row, "location_id", location);
        row
    }

    /// A problem at a row.
    pub(super) fn problem(&self, row: usize, message: String) -> Problem {
        let span = self.rows.get(row).map_or(0..0, |row| row.span.clone());
        Problem::at(&self.source, span, message)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.source.path
    }

    /// The text of the file, with the separator, the line ends and the byte order mark that it had.
    ///
    /// # Errors
    /// None that text in memory can have.
    pub fn text(&self) -> io::Result<String> {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.separator)
            .terminator(self.line_end)
            .flexible(true)
            .from_writer(Vec::new());
        writer.write_record(&self.columns)?;
        for row in &self.rows {
            writer.write_record(&row.cells)?;
        }
        let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(io::Error::other)?;
        Ok(if self.has_mark { format!("\u{feff}{text}") } else { text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(text: &str) -> Sheet {
        Sheet::of_text(Path::new("places.csv"), text).unwrap()
    }

    #[test]
    fn what_a_person_wrote_stays_with_their_columns_separator_and_line_ends() {
        let text = "location_id;org_unit;Remark\r\nA;OU1;\"see; letter\"\r\nB;;\r\n";
        let mut one = sheet(text);
        let row = one.add("C");
        one.set(row, "how", HOW_OPEN);
        assert_eq!(
            one.text().unwrap(),
            "location_id;org_unit;Remark;location;parent;org_unit_name;how;confidence;records;candidates\r\n\
             A;OU1;\"see; letter\";;;;;;;\r\nB;;;;;;;;;\r\nC;;;;;;open;;;\r\n"
        );
        let again = sheet(&one.text().unwrap());
        assert_eq!(again.text().unwrap(), one.text().unwrap());
        assert_eq!(sheet("\u{feff}location_id,org_unit\n").text().unwrap().chars().next(), Some('\u{feff}'));
    }

    #[test]
    fn a_map_that_is_not_there_is_empty() {
        let text = sheet("").text().unwrap();
        assert_eq!(text, "location_id,location,parent,org_unit,org_unit_name,how,confidence,records,candidates\n");
        let folder = tempfile::tempdir().unwrap();
        assert!(Sheet::read(&folder.path().join("places.csv")).unwrap().positions().is_empty());
    }

    #[test]
    fn a_map_that_is_none_is_refused() {
        let problems = |text: &str| {
            let problems = Sheet::of_text(Path::new("places.csv"), text).unwrap_err();
            problems.iter().map(|p| format!("{}: {p}", p.location().unwrap_or_default())).collect::<Vec<_>>()
        };
        assert_eq!(
            problems("id,unit\nA,B\n"),
            ["places.csv:1:1: the map of places needs the columns `location_id` and `org_unit`"]
        );
        assert_eq!(
            problems("location_id,org_unit\nA,B\nA,C\n"),
            ["places.csv:3:1: location `A` stands twice, first on line 2"]
        );
    }
}
