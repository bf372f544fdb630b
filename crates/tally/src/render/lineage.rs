//! From a number to its records and back, for people.

use super::number::counted;
use super::query::printable;
use super::table::{Column, table};
use epi::explanation::{Meaning, decisive};
use pipeline::lineage::{CellRecords, ExplainedRecord, RecordInCell};
use std::collections::BTreeMap;

/// The records in a value; `what` names it.
pub(crate) fn value(found: &CellRecords, what: &str, width: Option<u16>) -> String {
    let n = counted(found.records.len() as u64 + found.n_more, "record");
    let mut text = format!("{n} in {}, as the last run kept them.\n", printable(what));
    let mut parts: BTreeMap<(&str, &str), Vec<&RecordInCell>> = BTreeMap::new();
    for record in &found.records {
        parts.entry((&record.indicator, &record.category_option_combo)).or_default().push(record);
    }
    for ((indicator, combo), records) in parts {
        let name = records.first().and_then(|record| record.category_option_combo_name.as_deref()).unwrap_or(combo);
        let n = counted(records.len() as u64, "record");
        text += &format!("\n{} ({}): {n}\n\n", printable(indicator), printable(name));
        let columns = [
            Column::Text("record"),
            Column::Text("date"),
            Column::Text("place"),
            Column::Text("groups"),
            Column::Text("condition"),
        ];
        let rows = records.iter().map(|record| row(record));
        text += &table(&columns, rows, width);
    }
    if found.n_more > 0 {
        text += &format!("... and {}.\n", counted(found.n_more, "more record"));
    }
    text
}

fn row(record: &RecordInCell) -> Vec<String> {
    let Meaning { condition, place, groups, .. } = &record.meaning;
    let groups: Vec<_> = groups.iter().map(ToString::to_string).collect();
    let org_unit = place.org_unit.as_ref().map(|unit| format!(" = {unit}")).unwrap_or_default();
    let cells = [
        record.record.clone(),
        record.meaning.date().unwrap_or_default(),
        format!("{place}{org_unit}"),
        groups.join("; "),
        condition.as_ref().map_or_else(|| "none: every record counts".to_owned(), decisive),
    ];
    cells.iter().map(|cell| printable(cell).into_owned()).collect()
}

/// What the indicators make of a record.
pub(crate) fn case(explained: &ExplainedRecord, width: Option<u16>) -> String {
    let columns = [Column::Text("indicator"), Column::Text("counts in"), Column::Text("or not, because")];
    let rows = explained.indicators.iter().map(|one| {
        let cells: Vec<String> = one
            .cells
            .iter()
            .map(|cell| {
                let unit = cell.org_unit_name.as_ref().unwrap_or(&cell.org_unit);
                let combo = cell.category_option_combo_name.as_ref().unwrap_or(&cell.category_option_combo);
                format!("{}, {}, {unit}, {combo}", cell.data_element_name, cell.period)
            })
            .collect();
        let date = one.meaning.date().filter(|_| !cells.is_empty()).map(|date| format!(" by {date}"));
        let counts = cells.join("; ") + &date.unwrap_or_default();
        let row = [one.indicator.clone(), counts, one.because.clone().unwrap_or_default()];
        row.iter().map(|cell| printable(cell).into_owned()).collect()
    });
    format!("{} {}\n\n{}", explained.kind.replace('_', " "), printable(&explained.record), table(&columns, rows, width))
}
