//! A report as it stood, and how it was revised.

use super::number::counted;
use super::table::{Column, table};
use crate::commands::history::minute;
use pipeline::as_of::{AsOf, Summed};
use pipeline::revisions::{DELAYS_MAX, Revisions, Triangle};
use std::fmt::Write;

/// The titles of the columns for each delay.
const DELAYS: [&str; DELAYS_MAX + 1] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20",
    "21", "22", "23", "24", "25", "26",
];

/// The report as it stood: totals, or every value.
pub(crate) fn as_of(stood: &AsOf, all: bool, width: Option<u16>) -> String {
    let run = &stood.run;
    let mut text = format!("Report `{}` as at {}\n", stood.report, minute(stood.at));
    let ended = run.finished_at.map(minute).unwrap_or_default();
    let outcome = run.outcome.map(|outcome| format!(", {}", outcome.name())).unwrap_or_default();
    let _ = writeln!(text, "As run {} had computed it, which ended at {ended}{outcome}.", run.run);
    let uncovered: Vec<&str> =
        stood.periods.iter().filter(|period| period.run.is_none()).map(|period| period.period.as_str()).collect();
    if !uncovered.is_empty() {
        let _ = writeln!(text, "No run had covered {}.", uncovered.join(", "));
    }
    let earlier: Vec<String> = stood
        .periods
        .iter()
        .filter_map(|period| Some((period, period.run?)).filter(|(_, by)| *by != run.run))
        .map(|(period, by)| format!("{} (run {by})", period.period))
        .collect();
    if !earlier.is_empty() {
        let _ = writeln!(text, "From earlier runs: {}.", earlier.join(", "));
    }
    text.push('\n');
    if stood.values.is_empty() {
        text.push_str("No values.\n");
        return text;
    }
    text.push_str(&if all { values(stood, width) } else { totals(stood, width) });
    text
}

fn totals(stood: &AsOf, width: Option<u16>) -> String {
    let columns =
        [Column::Text("indicator"), Column::Text("period"), Column::Number("values"), Column::Number("total")];
    let rows = stood.totals.iter().map(|total| {
        let of = if total.of == Summed::Records { " records" } else { "" };
        vec![total.indicator.clone(), total.period.clone(), total.n_values.to_string(), format!("{}{of}", total.total)]
    });
    let n = counted(stood.values.len() as u64, "value");
    format!("{}\n{n}; --all shows each.\n", table(&columns, rows, width))
}

fn values(stood: &AsOf, width: Option<u16>) -> String {
    let columns = [
        Column::Text("indicator"),
        Column::Text("period"),
        Column::Text("organisation unit"),
        Column::Text("data element"),
        Column::Text("category option combo"),
        Column::Number("value"),
        Column::Number("records"),
    ];
    let rows = stood.values.iter().map(|row| {
        vec![
            row.indicator.to_string(),
            row.key.period.to_string(),
            row.key.org_unit.to_string(),
            row.key.data_element.to_string(),
            row.key.category_option_combo.to_string(),
            row.value.clone(),
            row.n_records.to_string(),
        ]
    });
    table(&columns, rows, width)
}

/// The triangles, one below the other.
pub(crate) fn revisions(found: &Revisions, width: Option<u16>) -> String {
    let ended = found.finished_at.map(minute).unwrap_or_default();
    let mut text = format!("Report `{}`, up to run {}, which ended at {ended}\n", found.report, found.run);
    text.push_str("Known at the end of the period (0), of the next one (1), and so on; and now.\n");
    for triangle in &found.indicators {
        let of = if triangle.of == Summed::Records { ", records" } else { "" };
        let _ = write!(text, "\n{} ({}{of})\n{}", triangle.title, triangle.indicator, rows(triangle, width));
    }
    text
}

fn rows(triangle: &Triangle, width: Option<u16>) -> String {
    let n_delays = triangle.periods.iter().map(|revised| revised.known.len()).max().unwrap_or_default();
    let mut columns = vec![Column::Text("period")];
    columns.extend(DELAYS.iter().take(n_delays).map(|delay| Column::Number(delay)));
    columns.extend([Column::Number("now"), Column::Number("added"), Column::Number("taken away")]);
    let rows = triangle.periods.iter().map(|revised| {
        let mut row = vec![revised.period.clone()];
        row.extend(revised.known.iter().map(|known| known.clone().unwrap_or_else(|| "-".to_owned())));
        row.extend([
            revised.now.clone().unwrap_or_else(|| "-".to_owned()),
            revised.added.clone(),
            revised.taken.clone(),
        ]);
        row
    });
    table(&columns, rows, width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::revisions::Revised;
    use pipeline::store::RunId;

    #[test]
    fn a_triangle_is_a_triangle() {
        let revised = |period: &str, known: [Option<&str>; 3], [now, added, taken]: [&str; 3]| Revised {
            period: period.into(),
            known: known.map(|known| known.map(str::to_owned)).to_vec(),
            now: Some(now.into()),
            added: added.into(),
            taken: taken.into(),
        };
        let triangle = Triangle {
            indicator: "confirmed_cases".into(),
            title: "New confirmed cases".into(),
            of: Summed::Values,
            periods: vec![
                revised("2026W3", [None, Some("31"), Some("40")], ["38", "11", "4"]),
                revised("2026W4", [Some("17"), Some("29"), None], ["29", "13", "1"]),
                revised("2026W5", [Some("8"), None, None], ["8", "0", "0"]),
            ],
        };
        let finished_at = Some("2026-02-09T06:00:00Z".parse().unwrap());
        let found = Revisions { report: "weekly".into(), run: RunId(12), finished_at, indicators: vec![triangle] };
        insta::assert_snapshot!(revisions(&found, None), @r"
        Report `weekly`, up to run 12, which ended at 2026-02-09 06:00 UTC
        Known at the end of the period (0), of the next one (1), and so on; and now.

        New confirmed cases (confirmed_cases)
         period    0    1    2   now   added   taken away
        --------------------------------------------------
         2026W3    -   31   40    38      11            4
         2026W4   17   29    -    29      13            1
         2026W5    8    -    -     8       0            0
        ");
    }
}
