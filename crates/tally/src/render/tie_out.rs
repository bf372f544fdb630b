//! The tie-out of a certificate as tables.

use super::number::grouped;
use super::phrase;
use super::run::View;
use super::table::{Column, table};
use crate::language::say;
use pipeline::certificate::{Certificate, CertifiedIndicator, Total};
use std::fmt::Write;

/// Periods that disagree, shown when not all are asked for.
const PERIODS_SHOWN: usize = 10;

/// Each indicator over the whole span, what Go.Data was not asked, and where it counts otherwise.
pub(crate) fn totals(certificate: &Certificate, view: View) -> String {
    let columns = [
        Column::Text(&say!("column-indicator")),
        Column::Number(&say!("column-counted")),
        Column::Number(&say!("column-missed")),
        Column::Number("Go.Data"),
        Column::Number(&say!("column-ours")),
        Column::Number("DHIS2"),
        Column::Number(&say!("column-held")),
        Column::Text(&say!("column-agrees")),
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
        let _ = writeln!(text, "{}", say!("tie-out-wherever"));
    }
    for indicator in &certificate.indicators {
        if let Some(suppressed) = indicator.total().suppressed {
            let line = say!("tie-out-suppressed", indicator = &indicator.title, values = suppressed.to_string());
            let _ = writeln!(text, "{line}");
        }
        if let Some(reason) = &indicator.not_asked {
            let reason = phrase::not_asked(reason);
            let line = if indicator.total().godata.is_none() {
                say!("tie-out-not-asked", indicator = &indicator.title, reason = reason)
            } else {
                say!("tie-out-not-asked-everywhere", indicator = &indicator.title, reason = reason)
            };
            let _ = writeln!(text, "{line}");
        }
    }
    text + &otherwise(certificate, view)
}

pub(crate) fn verdict(total: &Total) -> String {
    match (total.dhis2_agrees, total.godata_agrees) {
        (true, true) => say!("agrees-yes"),
        (false, true) => say!("agrees-no"),
        (true, false) => say!("agrees-not-godata"),
        (false, false) => say!("agrees-neither"),
    }
}

pub(crate) fn godata(total: &Total, indicator: &CertifiedIndicator) -> String {
    match total.godata {
        None => "-".to_owned(),
        Some(n) if total.n_asked < indicator.periods.len() => format!("({})", grouped(n)),
        Some(n) => grouped(n),
    }
}

/// The periods and classifications for which Go.Data counts otherwise.
fn otherwise(certificate: &Certificate, view: View) -> String {
    let mut lines = Vec::new();
    for indicator in &certificate.indicators {
        for period in indicator.periods.iter().filter(|period| period.godata_agrees() == Some(false)) {
            let (read, counted) = (period.n_records + period.missed, period.godata.unwrap_or_default());
            let (indicator, period) = (&indicator.title, &period.period);
            lines.push(say!("tie-out-differs", indicator = indicator, period = period, read = read, counted = counted));
        }
        // Over several periods only where no single one was found to differ.
        let is_found = indicator.periods.iter().any(|period| period.godata_agrees() == Some(false));
        for span in indicator.spans.iter().filter(|span| !is_found && !span.agrees()) {
            let (indicator, first, last) = (&indicator.title, &span.first, &span.last);
            lines.push(say!(
                "tie-out-differs-over",
                indicator = indicator,
                first = first,
                last = last,
                read = span.read,
                counted = span.godata
            ));
        }
    }
    for row in certificate.classifications.rows.iter().filter(|row| row.ours != row.godata) {
        let name = row.classification.clone().unwrap_or_else(|| say!("no-classification"));
        lines.push(say!("tie-out-differs-in", classification = name, read = row.ours, counted = row.godata));
    }
    let shown = if view.all { lines.len() } else { PERIODS_SHOWN.min(lines.len()) };
    let mut text: String = lines[..shown].iter().map(|line| format!("{line}\n")).collect();
    if lines.len() > shown {
        let _ = writeln!(text, "{}", say!("more-lines", n = lines.len() - shown));
    }
    text
}
