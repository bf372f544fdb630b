//! The tie-out of a certificate as tables.

use super::number::grouped;
use super::run::View;
use super::table::{Column, table};
use pipeline::certificate::{Certificate, CertifiedIndicator, Total};
use std::fmt::Write;

/// Periods that disagree, shown when not all are asked for.
const PERIODS_SHOWN: usize = 10;

/// Each indicator over the whole span, what Go.Data was not asked, and where it counts otherwise.
pub(crate) fn totals(certificate: &Certificate, view: View) -> String {
    let columns = [
        Column::Text("indicator"),
        Column::Number("counted"),
        Column::Number("missed"),
        Column::Number("Go.Data"),
        Column::Number("ours"),
        Column::Number("DHIS2"),
        Column::Number("held"),
        Column::Text("agrees"),
    ];
    let rows = certificate.indicators.iter().map(|indicator| {
        let total = indicator.total();
        let verdict = verdict(&total);
        vec![
            indicator.title.clone(),
            grouped(total.n_records),
            grouped(total.missed),
            godata(&total, indicator),
            total.ours,
            total.dhis2,
            total.held,
            verdict,
        ]
    });
    let mut text = table(&columns, rows, view.width);
    if certificate.indicators.iter().any(|indicator| indicator.total().godata.is_some()) {
        text += "Go.Data counts records wherever they live: counted and missed (no mapped place, an unknown group) together.\n";
    }
    for indicator in &certificate.indicators {
        if let Some(suppressed) = indicator.total().suppressed {
            let _ = writeln!(text, "{}: {suppressed} of ours are left out of DHIS2 as small cells.", indicator.title);
        }
        if let Some(reason) = &indicator.not_asked {
            let _ = writeln!(text, "{}: Go.Data was not asked{}: {reason}.", indicator.title, where_not(indicator));
        }
    }
    text + &otherwise(certificate, view)
}

fn verdict(total: &Total) -> String {
    match (total.dhis2_agrees, total.godata_agrees) {
        (true, true) => "yes",
        (false, true) => "NO",
        (true, false) => "NO: Go.Data",
        (false, false) => "NO: both",
    }
    .to_owned()
}

fn godata(total: &Total, indicator: &CertifiedIndicator) -> String {
    match total.godata {
        None => "-".to_owned(),
        Some(n) if total.n_asked < indicator.periods.len() => format!("({})", grouped(n)),
        Some(n) => grouped(n),
    }
}

fn where_not(indicator: &CertifiedIndicator) -> &'static str {
    if indicator.total().godata.is_none() { "" } else { " for every period that may differ" }
}

/// The periods and classifications for which Go.Data counts otherwise.
fn otherwise(certificate: &Certificate, view: View) -> String {
    let mut lines = Vec::new();
    for indicator in &certificate.indicators {
        for period in indicator.periods.iter().filter(|period| period.godata_agrees() == Some(false)) {
            let read = grouped(period.n_records + period.missed);
            let theirs = grouped(period.godata.unwrap_or_default());
            lines.push(format!("{}, {}: Tally read {read}, Go.Data counts {theirs}", indicator.title, period.period));
        }
        // Over several periods only where no single one was found to differ.
        let is_found = indicator.periods.iter().any(|period| period.godata_agrees() == Some(false));
        for span in indicator.spans.iter().filter(|span| !is_found && !span.agrees()) {
            let (read, theirs) = (grouped(span.read), grouped(span.godata));
            let (title, first, last) = (&indicator.title, &span.first, &span.last);
            lines.push(format!("{title}, {first} to {last}: Tally read {read}, Go.Data counts {theirs}"));
        }
    }
    for row in certificate.classifications.rows.iter().filter(|row| row.ours != row.godata) {
        let name = row.classification.as_deref().unwrap_or("no classification");
        lines.push(format!("{name}: Tally read {}, Go.Data counts {}", grouped(row.ours), grouped(row.godata)));
    }
    let shown = if view.all { lines.len() } else { PERIODS_SHOWN.min(lines.len()) };
    let mut text: String = lines[..shown].iter().map(|line| format!("{line}\n")).collect();
    if lines.len() > shown {
        let _ = writeln!(text, "... and {} more; --all shows them.", grouped((lines.len() - shown) as u64));
    }
    text
}
