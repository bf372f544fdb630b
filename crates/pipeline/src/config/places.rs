//! The map of places: a CSV that people edit in a spreadsheet.

use super::problem::{Problem, SourceText, read_text};
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

/// The rows of the map.
#[derive(Clone, Debug)]
pub struct PlaceTable {
    /// The file.
    pub source: SourceText,
    /// Rows in the order of the file.
    pub rows: Vec<PlaceRow>,
}

/// A row of the map.
#[derive(Clone, Debug)]
pub struct PlaceRow {
    /// Go.Data location id.
    pub location: String,
    /// Its name, for people.
    pub name: String,
    /// Location id of the place above; used when no list of locations is at hand.
    pub parent: Option<String>,
    /// Organisation unit; none: this place is knowingly left to the place above it.
    pub org_unit: Option<String>,
    /// The line in the file.
    pub span: Range<usize>,
}

/// A country has some ten thousand places, a line of 200 bytes each; a larger file is another one.
pub(crate) const MAP_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Reads the map.
pub fn read(path: &Path) -> Result<PlaceTable, Vec<Problem>> {
    let text = read_text(path, MAP_BYTES_MAX).map_err(|(reason, advice)| {
        let message = format!("the map of places `{}` cannot be read: {reason}", path.display());
        let advice = advice.unwrap_or("Name a CSV file with the columns location_id and org_unit.");
        vec![Problem::new(message).advice(advice)]
    })?;
    of_text(path, &text)
}

/// A map without rows, to be filled.
pub(super) fn none(path: &Path) -> PlaceTable {
    PlaceTable { source: SourceText::new(path, ""), rows: Vec::new() }
}

/// Reads the text of a map; the path is only told in problems.
pub(super) fn of_text(path: &Path, text: &str) -> Result<PlaceTable, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    parse(SourceText::new(path, text))
}

fn parse(source: SourceText) -> Result<PlaceTable, Vec<Problem>> {
    let first_line = source.text.lines().next().unwrap_or_default();
    let mut reader = spreadsheet(&source.text);
    let headers = reader.headers().cloned().unwrap_or_default();
    let column = |name: &str| headers.iter().position(|header| header.eq_ignore_ascii_case(name));
    let (Some(location), Some(org_unit)) = (column("location_id"), column("org_unit")) else {
        let message = "the map of places needs the columns `location_id` and `org_unit`";
        let advice = match first_line {
            "" => "The first line is empty.".to_owned(),
            _ => format!("The first line has: {}.", headers.iter().collect::<Vec<_>>().join(", ")),
        };
        return Err(vec![Problem::at(&source, 0..first_line.len(), message).advice(advice)]);
    };
    let (name, parent) = (column("location"), column("parent"));
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    let mut seen: HashMap<String, usize> = HashMap::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.push(Problem::new(format!("the map of places `{}`: {error}", source.path.display())));
                continue;
            }
        };
        let start = record.position().map_or(0, |position| position.byte() as usize);
        let span = line_at(&source.text, start);
        let cell = |column: Option<usize>| {
            column.and_then(|i| record.get(i)).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let Some(id) = cell(Some(location)) else {
            if record.iter().any(|cell| !cell.is_empty()) {
                let problem = Problem::at(&source, span, "this line has no location_id");
                problems.push(problem.advice("Give the location's id in Go.Data, or delete the line."));
            }
            continue;
        };
        if let Some(first) = seen.insert(id.clone(), span.start) {
            let message = format!("location `{id}` stands twice, first on line {}", source.line(first));
            problems.push(Problem::at(&source, span, message).advice("Keep one of the two lines."));
            continue;
        }
        let name = cell(name).unwrap_or_else(|| id.clone());
        rows.push(PlaceRow { location: id, name, parent: cell(parent), org_unit: cell(Some(org_unit)), span });
    }
    if problems.is_empty() && rows.iter().all(|row| row.org_unit.is_none()) {
        let message = "the map of places gives no location an organisation unit";
        problems.push(Problem::at(&source, 0..first_line.len(), message).advice("Fill in the column org_unit."));
    }
    if problems.is_empty() { Ok(PlaceTable { source, rows }) } else { Err(problems) }
}

/// Reads a table as spreadsheets save it: the separator may be a comma or a semicolon, and lines may be short.
pub(crate) fn spreadsheet(text: &str) -> csv::Reader<&[u8]> {
    let first_line = text.lines().next().unwrap_or_default();
    let separator = if first_line.contains(';') && !first_line.contains(',') { b';' } else { b',' };
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(separator).trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes())
}

pub(crate) fn line_at(text: &str, start: usize) -> Range<usize> {
    let rest = &text[start..];
    let skipped = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    let start = start + skipped;
    let end = text[start..].find(['\r', '\n']).map_or(text.len(), |length| start + length);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let source = SourceText::new(Path::new("places.csv"), text);
        let problems = parse(source).expect_err("the map should be refused");
        problems.iter().map(|p| format!("{}: {p}", p.location().unwrap_or_default())).collect()
    }

    #[test]
    fn a_spreadsheets_map_is_read() {
        let text = "location_id;location;parent;org_unit\r\nA;Country;;OU1\r\n\r\nB;\"North; upper\";A;\r\n";
        let table = parse(SourceText::new(Path::new("places.csv"), text)).unwrap();
        let rows: Vec<_> =
            table.rows.iter().map(|r| (&*r.location, &*r.name, r.parent.as_deref(), r.org_unit.as_deref())).collect();
        assert_eq!(rows, [("A", "Country", None, Some("OU1")), ("B", "North; upper", Some("A"), None)]);
        assert_eq!(&text[table.rows[1].span.clone()], "B;\"North; upper\";A;");
    }

    #[test]
    fn every_wrong_line_is_named() {
        assert_eq!(
            problems("location_id,org_unit\nA,OU1\n,OU2\nA,OU3\n"),
            [
                "places.csv:3:1: this line has no location_id",
                "places.csv:4:1: location `A` stands twice, first on line 2"
            ]
        );
        assert_eq!(
            problems("id,unit\nA,OU1\n"),
            ["places.csv:1:1: the map of places needs the columns `location_id` and `org_unit`"]
        );
        assert_eq!(
            problems("location_id,org_unit\nA,\n"),
            ["places.csv:1:1: the map of places gives no location an organisation unit"]
        );
    }
}
