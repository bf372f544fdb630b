//! A repeated tie-out for people.

use super::number::{counted, grouped};
use super::run::{View, indent};
use super::table::{Column, table};
use super::tie_out;
use pipeline::certificate::Certificate;
use pipeline::tie_out::Verification;
use std::fmt::Write;

/// Values that differ, shown when not all are asked for.
const DIFFERENCES_SHOWN: usize = 10;

/// The whole of it.
pub(crate) fn verification(verification: &Verification, view: View) -> String {
    let certificate = &verification.certificate;
    let mut text = head(certificate);
    text += "Tie-out\n\n";
    text += &indent(&tie_out::totals(certificate, view));
    text += "\n";
    if view.all {
        text += &periods(certificate, view);
    }
    text += &differences(verification, view);
    for warning in &verification.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    let held = if certificate.holds() { ", the held values aside" } else { "" };
    text + &match verification.agrees {
        true => format!("agrees: all sides say the same{held}.\n"),
        false => format!("differs: the sides do not say the same{held}.\n"),
    }
}

fn head(certificate: &Certificate) -> String {
    let Certificate { run, report, first, last, .. } = certificate;
    let (godata, dhis2) = (&certificate.godata, &certificate.dhis2);
    let version = godata.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    format!(
        "Report `{report}` (run {run}): {first} to {last}, {} and {}\n  Go.Data{version} at {}; DHIS2 {} at {}, data set \"{}\"\n\n",
        counted(certificate.n_cells, "value"),
        counted(godata.n_records, "record"),
        godata.source,
        dhis2.version,
        dhis2.url,
        dhis2.data_set_name
    )
}

fn periods(certificate: &Certificate, view: View) -> String {
    let columns = [
        Column::Text("indicator"),
        Column::Text("period"),
        Column::Number("counted"),
        Column::Number("missed"),
        Column::Number("Go.Data"),
        Column::Number("ours"),
        Column::Number("DHIS2"),
        Column::Number("held"),
        Column::Text("agrees"),
    ];
    let rows = certificate.indicators.iter().flat_map(|indicator| {
        indicator.periods.iter().map(|period| {
            vec![
                indicator.title.clone(),
                period.period.clone(),
                grouped(period.n_records),
                grouped(period.missed),
                period.godata.map_or_else(|| "-".to_owned(), grouped),
                period.ours.clone(),
                period.dhis2.clone(),
                period.held.clone(),
                if period.agrees() { "yes".to_owned() } else { "NO".to_owned() },
            ]
        })
    });
    indent(&table(&columns, rows, view.width)) + "\n"
}

/// What stands in DHIS2 instead of our values, and who wrote it.
fn differences(verification: &Verification, view: View) -> String {
    let all = &verification.differences;
    if all.is_empty() {
        return String::new();
    }
    let shown = if view.all { all.len() } else { DIFFERENCES_SHOWN.min(all.len()) };
    let n = all.len() as u64 + verification.n_more_differences;
    let mut text = format!("Not as computed: {}\n\n", counted(n, "value"));
    let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let rows = all[..shown].iter().map(|one| {
        vec![
            one.period.clone(),
            one.org_unit_name.clone(),
            one.data_element_name.clone(),
            one.category_option_combo_name.clone(),
            said(&one.should),
            said(&one.says),
            said(&one.stored_by),
            said(&one.last_updated),
        ]
    });
    let columns = [
        Column::Text("period"),
        Column::Text("organisation unit"),
        Column::Text("data element"),
        Column::Text("disaggregation"),
        Column::Number("computed"),
        Column::Number("DHIS2"),
        Column::Text("written by"),
        Column::Text("at"),
    ];
    text += &indent(&table(&columns, rows, view.width));
    let more = n - shown as u64;
    if more > 0 {
        let how = if view.all { "." } else { "; --all shows them." };
        let _ = writeln!(text, "  ... and {}{how}", counted(more, "more value"));
    }
    text += "  Clear with whoever wrote them which number is right; `tally plan` shows what the next run would do.\n\n";
    text
}
