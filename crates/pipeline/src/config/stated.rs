//! What people stated: a CSV with a value for an organisation unit and a period.

use super::places::{line_at, spreadsheet};
use super::problem::{Problem, SourceText, read_text};
use epi::period::{Period, PeriodType};
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

/// The rows of a file.
#[derive(Clone, Debug)]
pub struct StatedTable {
    /// The file.
    pub source: SourceText,
    /// Rows in the order of the file; those without a value state nothing and are left out.
    pub rows: Vec<StatedRow>,
}

/// What was stated of a place and a period.
#[derive(Clone, Debug)]
pub struct StatedRow {
    /// The organisation unit, as the map of places names it.
    pub org_unit: String,
    /// The period.
    pub period: Period,
    /// The value.
    pub value: String,
    /// The line in the file.
    pub span: Range<usize>,
}

/// Ten thousand organisation units in a hundred weeks, 40 bytes a line; a larger file is another one.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Reads a file. `org_units` are those of the map of places, in order: a file may have as many lines as there are of them times
/// weeks.
pub(super) fn read(path: &Path, period_type: PeriodType, org_units: &[&str]) -> Result<StatedTable, Vec<Problem>> {
    let text = read_text(path, FILE_BYTES_MAX).map_err(|(reason, advice)| {
        let message = format!("the stated values `{}` cannot be read: {reason}", path.display());
        let advice = advice.unwrap_or("Name a CSV file with the columns org_unit, period and value.");
        vec![Problem::new(message).advice(advice)]
    })?;
    parse(SourceText::new(path, text.strip_prefix('\u{feff}').unwrap_or(&text)), period_type, org_units)
}

fn parse(source: SourceText, period_type: PeriodType, org_units: &[&str]) -> Result<StatedTable, Vec<Problem>> {
    let first_line = source.text.lines().next().unwrap_or_default();
    let mut reader = spreadsheet(&source.text);
    let headers = reader.headers().cloned().unwrap_or_default();
    let column = |name: &str| headers.iter().position(|header| header.eq_ignore_ascii_case(name));
    let (Some(org_unit), Some(period), Some(value)) = (column("org_unit"), column("period"), column("value")) else {
        let message = "a file of stated values needs the columns `org_unit`, `period` and `value`";
        let advice = format!("The first line has: {}.", headers.iter().collect::<Vec<_>>().join(", "));
        return Err(vec![Problem::at(&source, 0..first_line.len(), message).advice(advice)]);
    };
    let (mut rows, mut problems): (Vec<StatedRow>, Vec<Problem>) = (Vec::new(), Vec::new());
    let mut seen: HashMap<(String, Period), usize> = HashMap::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.push(Problem::new(format!("the stated values `{}`: {error}", source.path.display())));
                continue;
            }
        };
        let span = line_at(&source.text, record.position().map_or(0, |position| position.byte() as usize));
        let cell = |column: usize| record.get(column).unwrap_or_default();
        if cell(value).is_empty() {
            continue;
        }
        match row(cell(org_unit), cell(period), period_type, org_units) {
            Err((message, advice)) => problems.push(Problem::at(&source, span, message).advice(advice)),
            Ok((org_unit, period)) => match seen.insert((org_unit.clone(), period), span.start) {
                Some(first) => {
                    let first = source.line(first);
                    let message = format!(
                        "organisation unit `{org_unit}` in {} stands twice, first on line {first}",
                        period.id()
                    );
                    problems.push(Problem::at(&source, span, message).advice("Keep one of the two lines."));
                }
                None => rows.push(StatedRow { org_unit, period, value: cell(value).to_owned(), span }),
            },
        }
    }
    if problems.is_empty() { Ok(StatedTable { source, rows }) } else { Err(problems) }
}

/// The organisation unit and the period of a line, or what is wrong with it and what to do.
fn row(
    org_unit: &str,
    period: &str,
    period_type: PeriodType,
    org_units: &[&str],
) -> Result<(String, Period), (String, String)> {
    if org_units.binary_search(&org_unit).is_err() {
        let message = format!("the map of places has no organisation unit `{org_unit}`");
        let advice = match epi::nearest(org_unit, org_units) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "Name it as the column org_unit of the map does.".to_owned(),
        };
        return Err((message, advice));
    }
    match period_type.parse(period) {
        Ok(period) => Ok((org_unit.to_owned(), period)),
        Err(error) => Err((error.to_string(), format!("The report is {}.", period_type.name()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<StatedTable, Vec<Problem>> {
        parse(SourceText::new(Path::new("t.csv"), text), PeriodType::Weekly, &["North", "South"])
    }

    #[test]
    fn rows_are_read_and_lines_without_a_value_state_nothing() {
        let table = parsed("org_unit;period;value;who\nNorth;2020W7;CLUSTERS;AB\nSouth;2020W7;;\n").unwrap();
        let rows: Vec<_> = table.rows.iter().map(|row| (&*row.org_unit, row.period.id(), &*row.value)).collect();
        assert_eq!(rows, [("North", "2020W7".into(), "CLUSTERS")]);
    }

    #[test]
    fn every_wrong_line_is_named() {
        let text = "org_unit,period,value\nNort,2020W7,A\nSouth,202007,A\nSouth,2020W7,A\nSouth,2020W07,B\n";
        let problems = parsed(text).expect_err("it is wrong");
        let told: Vec<_> = problems.iter().map(|p| format!("{}: {p}", p.location().unwrap_or_default())).collect();
        assert_eq!(told[0], "t.csv:2:1: the map of places has no organisation unit `Nort`");
        assert!(told[1].starts_with("t.csv:3:1: ") && told[1].contains("202007"), "{}", told[1]);
        assert_eq!(told[2..], ["t.csv:5:1: organisation unit `South` in 2020W7 stands twice, first on line 4"]);
        assert_eq!(problems[0].advice.as_deref(), Some("Did you mean `North`?"));
        assert!(parsed("unit,period,value\n").is_err());
    }
}
