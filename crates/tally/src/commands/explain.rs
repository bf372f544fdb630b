//! `tally explain`.

use super::run::period as parse_period;
use super::{listener, show};
use crate::cli::{CaseArgs, Cli, ValueArgs};
use crate::render;
use crate::render::table::{Column, table};
use crate::terminal;
use epi::period::{self, Span};
use jiff::civil::Date;
use pipeline::lineage::{CellName, Lineage};
use pipeline::run::{Request, span_of};
use pipeline::{Error, ErrorKind, clock, config};
use serde::Serialize;
use std::sync::Arc;

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

/// Which records are in a value.
pub(crate) async fn value(args: &ValueArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.config.config).map_err(Error::config)?;
    let report = config.report(args.config.report.as_deref())?;
    let Some(period) = parse_period("--period", Some(&args.period), report)? else {
        return Err(Error::new(ErrorKind::Internal, "no period was given"));
    };
    let span = Span::between(period, period).map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?;
    let lineage = Lineage::open(&config, report, span, clock::now()).await?;
    let cell = CellName {
        data_element: args.data_element.clone(),
        period,
        org_unit: args.org_unit.clone(),
        combo: args.category_option_combo.clone(),
    };
    let found = lineage.records_in(&cell)?;
    let what = format!("{} {} {}", args.data_element, args.period, args.org_unit);
    show(cli, &found, || render::lineage::value(&found, &what, terminal::width()))?;
    Ok(0)
}

/// In which values a case counts.
pub(crate) async fn case(args: &CaseArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.config.config).map_err(Error::config)?;
    let report = config.report(args.config.report.as_deref())?;
    let request = Request {
        config: &config,
        report,
        from: parse_period("--from", args.from.as_deref(), report)?,
        to: parse_period("--to", args.to.as_deref(), report)?,
        release: false,
        full: false,
        after: None,
        stop: pipeline::run::Stop::default(),
        trigger: "command line",
        engine: None,
        progress: listener(cli),
        now: Arc::new(clock::now),
    };
    let span = span_of(&request)?;
    let lineage = Lineage::open(&config, report, span, clock::now()).await?;
    let explained = lineage.explain(&args.id)?;
    show(cli, &explained, || render::lineage::case(&explained, terminal::width()))?;
    Ok(0)
}
