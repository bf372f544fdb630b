//! The state folder, for people.

use super::number::{counted, grouped};
use super::severity::mark;
use super::table::{Column, table};
use crate::commands::history::minute;
use crate::language::say;
use pipeline::store::{Came, DueRow};
use pipeline::upkeep::{Copied, Forgotten, Inspection, Overview, ReportFacts, Unlocked};
use std::fmt::Write;

/// What is in it.
pub(crate) fn overview(overview: &Overview, width: Option<u16>) -> String {
    let mut text = String::new();
    let size = grouped(overview.size_bytes.div_ceil(1024));
    let _ = writeln!(text, "State      {} ({size} KiB, schema {})", overview.file.display(), overview.schema);
    for known in &overview.destinations {
        let since = minute(known.seen_at);
        let _ = writeln!(text, "DHIS2      {}, system id {}, since {since}", known.url, known.system_id);
    }
    match &overview.lease {
        None => text.push_str("Lease      free\n"),
        Some(lease) => {
            let process = match lease.process {
                "alive" => "which is running",
                "gone" => "which is gone; `tally state unlock` frees it, and the next run takes it",
                _ => "which cannot be seen from here",
            };
            let over = if lease.has_run_out { "ran out" } else { "until" };
            let _ = writeln!(text, "Lease      {}, {process} ({over} {})", lease.holder, minute(lease.until));
        }
    }
    if let Some(daemon) = &overview.daemon {
        let process = match daemon.process {
            "alive" => say!("state-daemon-alive"),
            "gone" => say!("state-daemon-gone"),
            _ => say!("state-daemon-unknown"),
        };
        let until = minute(daemon.until);
        let over = if daemon.has_run_out { say!("state-ran-out", at = until) } else { say!("state-until", at = until) };
        let _ = writeln!(text, "Daemon     {}, {process} ({over})", daemon.holder);
    }
    match &overview.line_list {
        None => text.push_str("Line list  none\n"),
        Some(list) => {
            let size = grouped(list.size_bytes.div_ceil(1024));
            let records = counted(list.n_records, "record");
            let _ = writeln!(text, "Line list  {} ({size} KiB)", list.file.display());
            let _ = write!(text, "           outbreak {}, {records}", list.outbreak);
            if let (Some(extracted), Some(watermark)) = (list.extracted_at, list.watermark) {
                let _ = write!(text, ", extracted {}, changes up to {}", minute(extracted), minute(watermark));
            }
            text.push_str(if list.unfinished { "; an extraction is unfinished\n" } else { "\n" });
        }
    }
    for run in &overview.unfinished_runs {
        let _ = writeln!(text, "Unfinished run {} of report `{}`: {}", run.run, run.report, run.state);
    }
    for intent in &overview.open_intents {
        let (values, made) = (counted(intent.n_values, "value"), minute(intent.created_at));
        let _ = writeln!(text, "Open intent {} of run {}: {values}, {made}", intent.intent, intent.run);
    }
    text.push('\n');
    text.push_str(&reports(&overview.reports, width));
    if !overview.due.is_empty() {
        text.push('\n');
        text.push_str(&due(&overview.due, width));
    }
    text
}

/// What came of due times.
fn due(rows: &[DueRow], width: Option<u16>) -> String {
    let columns = [
        Column::Text(&say!("column-report")),
        Column::Text(&say!("column-due")),
        Column::Number(&say!("column-due-times")),
        Column::Text(&say!("column-came")),
        Column::Number(&say!("column-run")),
    ];
    let rows = rows.iter().map(|row| {
        let came = match row.came {
            Came::Watched => say!("due-watched"),
            Came::Ran => say!("due-ran"),
            Came::Covered => say!("due-covered"),
            Came::Skipped => say!("due-skipped"),
            Came::Missed => say!("due-missed"),
        };
        let run = row.run.map(|run| run.to_string()).unwrap_or_default();
        vec![row.report.clone(), minute(row.last), row.n.to_string(), came, run]
    });
    table(&columns, rows, width)
}

fn reports(reports: &[ReportFacts], width: Option<u16>) -> String {
    let columns = [
        Column::Text("report"),
        Column::Number("last run"),
        Column::Text("began"),
        Column::Text("outcome"),
        Column::Number("values"),
        Column::Number("retracted"),
    ];
    let rows = reports.iter().map(|report| {
        let gone = if report.configured { "" } else { " (not in the configuration)" };
        vec![
            format!("{}{gone}", report.name),
            report.last_run.map(|run| run.to_string()).unwrap_or_default(),
            report.last_started_at.map(minute).unwrap_or_default(),
            report.last_outcome.clone().unwrap_or_else(|| "never ran".to_owned()),
            grouped(report.n_values),
            grouped(report.n_retracted),
        ]
    });
    table(&columns, rows, width)
}

/// What was copied.
pub(crate) fn copied(copied: &Copied) -> String {
    let mut text = format!("Copied the state to {}.\n", copied.state.display());
    if let Some(list) = &copied.line_list {
        let _ = writeln!(text, "Copied the line list to {}: it holds data of persons.", list.display());
    }
    text
}

/// What was found.
pub(crate) fn inspection(inspection: &Inspection) -> String {
    let mut text = String::new();
    for finding in &inspection.findings {
        let mark = mark(finding.severity);
        let _ = writeln!(text, "{mark} {}", finding.text);
        if let Some(advice) = &finding.advice {
            let _ = writeln!(text, "{:width$} {}", "", say!("hint", text = advice), width = mark.chars().count());
        }
    }
    text
}

/// What was unlocked.
pub(crate) fn unlocked(unlocked: &Unlocked) -> String {
    let daemon = unlocked.daemon.as_ref().map(|daemon| say!("state-daemon-unlocked", holder = daemon) + "\n");
    match (&unlocked.holder, daemon) {
        (Some(holder), daemon) => format!("Took the lease away from {holder}.\n{}", daemon.unwrap_or_default()),
        (None, Some(daemon)) => daemon,
        (None, None) => "Nobody holds the lease.\n".to_owned(),
    }
}

/// What was forgotten.
pub(crate) fn forgotten(done: &Forgotten) -> String {
    let mut text = format!("Forgot {} of report `{}`.\n", counted(done.n_values, "value"), done.report);
    if done.line_list {
        text.push_str("Removed the line list; the next run reads it from Go.Data again.\n");
    }
    text.push_str(
        "DHIS2 was not changed. What stands there counts as somebody else's now: the next run takes over what is as it \
         should be,\nholds what is not (`on_existing` decides), and takes nothing away. The runs stay in the history.\n",
    );
    text
}
