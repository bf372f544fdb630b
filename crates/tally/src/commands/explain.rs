//! `tally explain`.

use super::show;
use crate::cli::Cli;
use crate::render::table::{Column, table};
use crate::terminal;
use epi::period;
use jiff::civil::Date;
use pipeline::Error;
use serde::Serialize;

#[derive(Serialize)]
struct Row {
    period_type: &'static str,
    period: String,
    first: Date,
    last: Date,
    since_dhis2: Option<String>,
}

/// In which period of every type a day lies.
pub(crate) fn period(date: Date, cli: &Cli) -> Result<u8, Error> {
    let rows: Vec<Row> = period::explain(date)
        .into_iter()
        .map(|(period_type, period)| Row {
            period_type: period_type.name(),
            period: period.id().to_string(),
            first: period.start(),
            last: period.end(),
            since_dhis2: period_type.since().map(|minor| format!("2.{minor}")),
        })
        .collect();
    show(cli, &rows, || {
        let columns = [
            Column::Text("period type"),
            Column::Text("period"),
            Column::Text("first day"),
            Column::Text("last day"),
            Column::Text("since DHIS2"),
        ];
        let cells = rows.iter().map(|row| {
            vec![
                row.period_type.to_owned(),
                row.period.clone(),
                row.first.to_string(),
                row.last.to_string(),
                row.since_dhis2.clone().unwrap_or_default(),
            ]
        });
        format!("{} is a {:?}.\n\n{}", date, date.weekday(), table(&columns, cells, terminal::width()))
    })?;
    Ok(0)
}
