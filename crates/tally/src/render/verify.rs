//! A repeated tie-out for people.

use super::number::grouped;
use super::run::{View, indent, more_values};
use super::table::{Column, table};
use super::tie_out;
use crate::language::say;
use pipeline::certificate::Certificate;
use pipeline::tie_out::Verification;
use std::fmt::Write;

/// Values that differ, shown when not all are asked for.
const DIFFERENCES_SHOWN: usize = 10;

/// The whole of it.
pub(crate) fn verification(verification: &Verification, view: View) -> String {
    let certificate = &verification.certificate;
    let mut text = head(certificate);
    text += &(say!("tie-out") + "\n\n");
    text += &indent(&tie_out::totals(certificate, view));
    text += "\n";
    if view.all {
        text += &periods(certificate, view);
    }
    text += &differences(verification, view);
    for warning in &verification.warnings {
        let _ = writeln!(text, "{}", say!("warning", text = warning));
    }
    let end = match (verification.agrees, certificate.holds()) {
        (true, false) => say!("verify-agrees"),
        (true, true) => say!("verify-agrees-but-held"),
        (false, false) => say!("verify-differs"),
        (false, true) => say!("verify-differs-but-held"),
    };
    text + &end + "\n"
}

fn head(certificate: &Certificate) -> String {
    let Certificate { run, report, first, last, .. } = certificate;
    let (godata, dhis2) = (&certificate.godata, &certificate.dhis2);
    let version = godata.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let (run, records) = (run.to_string(), godata.n_records);
    let n = certificate.n_cells;
    let title = say!("verify-title", report = report, run = run, first = first, last = last, n = n, records = records);
    let sides = say!(
        "verify-sides",
        godata_version = version,
        godata = &godata.source,
        dhis2_version = &dhis2.version,
        dhis2 = &dhis2.url,
        data_set = &dhis2.data_set_name
    );
    format!("{title}\n  {sides}\n\n")
}

fn periods(certificate: &Certificate, view: View) -> String {
    let columns = [
        Column::Text(&say!("column-indicator")),
        Column::Text(&say!("column-period")),
        Column::Number(&say!("column-counted")),
        Column::Number(&say!("column-missed")),
        Column::Number("Go.Data"),
        Column::Number(&say!("column-ours")),
        Column::Number("DHIS2"),
        Column::Number(&say!("column-held")),
        Column::Text(&say!("column-agrees")),
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
                if period.agrees() { say!("agrees-yes") } else { say!("agrees-no") },
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
    let mut text = say!("verify-not-as-computed", n = n) + "\n\n";
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
        Column::Text(&say!("column-period")),
        Column::Text(&say!("column-org-unit")),
        Column::Text(&say!("column-data-element")),
        Column::Text(&say!("column-disaggregation")),
        Column::Number(&say!("column-computed")),
        Column::Number("DHIS2"),
        Column::Text(&say!("column-by")),
        Column::Text(&say!("column-at")),
    ];
    text += &indent(&table(&columns, rows, view.width));
    text += &more_values(n - shown as u64, view);
    let _ = writeln!(text, "  {}\n", say!("verify-next"));
    text
}
