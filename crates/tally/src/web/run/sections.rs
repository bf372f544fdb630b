//! The tables of a run that came to its end.

use super::super::table::{Cell, Column, Table};
use crate::language::say;
use crate::render::number::{grouped, seconds};
use crate::render::phrase;
use crate::render::run::{named, why};
use crate::render::tie_out;
use pipeline::report::{PlanSummary, PlannedChange, RejectedValue, RunReport, Tally};

/// Rows of lists that a person reads one by one; the command line has all.
const ROWS_SHOWN: usize = 200;

/// What was read, and where the values went.
pub(super) fn read(report: &RunReport) -> Vec<String> {
    crate::render::run::from_and_to(report)
}

/// What came of it, in a sentence.
pub(super) fn outcome(report: &RunReport) -> String {
    match (&report.push, &report.verify) {
        (Some(push), Some(verify)) if push.requests == 0 => say!("page-nothing-to-push", n = verify.equal),
        (Some(push), Some(verify)) => {
            say!("page-pushed", n = push.written, verified = verify.equal, requests = push.requests)
        }
        _ => say!("page-planned"),
    }
}

/// What was to change, by data element.
pub(super) fn plan(plan: &PlanSummary) -> Table {
    let n = |tallies: &[Tally], names: &[&str]| -> Cell {
        let n = tallies.iter().filter(|tally| names.contains(&tally.name.as_str())).map(|tally| tally.n).sum();
        grouped(n).into()
    };
    let columns = vec![
        Column::text(say!("column-data-element")),
        Column::number(say!("action-create")),
        Column::number(say!("action-update")),
        Column::number(say!("action-retract")),
        Column::number(say!("column-held")),
        Column::number(say!("column-unchanged")),
    ];
    let mut table = Table::new(say!("plan"), say!("plan-empty"), columns);
    table.rows.extend(plan.elements.iter().map(|element| {
        let n = |names: &[&str]| n(&element.actions, names);
        vec![
            Cell::new(&element.name),
            n(&["create"]),
            n(&["update"]),
            n(&["retract", "retract to zero"]),
            n(&["held", "drifted", "existing"]),
            n(&["unchanged"]),
        ]
    }));
    table
}

/// Values that change or are held, one by one.
pub(in crate::web) fn changes(changes: &[PlannedChange]) -> Table {
    let columns = vec![
        Column::text(say!("column-action")),
        Column::text(say!("column-period")),
        Column::text(say!("column-org-unit")),
        Column::text(say!("column-data-element")),
        Column::number(say!("column-now")),
        Column::number(say!("column-then")),
        Column::text(say!("column-why")),
    ];
    let mut table = Table::new(say!("run-changes"), say!("plan-empty"), columns);
    let value = |value: &Option<String>| Cell::new(value.clone().unwrap_or_else(|| "–".to_owned()));
    table.rows.extend(changes.iter().map(|change| {
        let tone = match change.action.as_str() {
            "held" | "drifted" | "existing" => "warn",
            "create" | "update" => "info",
            _ => "plain",
        };
        vec![
            Cell::new(phrase::action(&change.action)).toned(tone),
            Cell::new(&change.period),
            Cell::new(&change.org_unit_name),
            Cell::new(&change.data_element_name).noted(&change.category_option_combo_name),
            value(&change.old),
            value(&change.new),
            why(change).into(),
        ]
    }));
    table
}

/// What waits, and why.
pub(super) fn held(report: &RunReport) -> Table {
    let columns = vec![
        Column::text(say!("column-period")),
        Column::text(say!("column-org-unit")),
        Column::number(say!("column-values")),
        Column::text(say!("column-why")),
    ];
    let mut table = Table::new(say!("run-held"), String::new(), columns);
    let all = || say!("all");
    table.rows.extend(report.plan.held.iter().take(ROWS_SHOWN).map(|slice| {
        vec![
            slice.period.clone().unwrap_or_else(all).into(),
            slice.org_unit.clone().unwrap_or_else(all).into(),
            grouped(slice.n_values).into(),
            phrase::reason(&slice.reason).into(),
        ]
    }));
    let by_dhis2 = report.push.as_ref().map(|push| push.held.as_slice()).unwrap_or_default();
    table.rows.extend(by_dhis2.iter().take(ROWS_SHOWN).map(|value| {
        let unit = Cell::new(&value.org_unit);
        vec![Cell::new(&value.period), unit, grouped(1).into(), said(value)]
    }));
    table
}

/// What DHIS2 said of a value.
fn said(value: &RejectedValue) -> Cell {
    Cell::new(&value.reason).noted(value.code.clone().unwrap_or_default())
}

/// What DHIS2 rejected, in its words.
pub(super) fn rejected(report: &RunReport) -> Table {
    let columns = vec![Column::text(say!("column-value")), Column::text(say!("column-why"))];
    let mut table = Table::new(say!("run-rejected"), String::new(), columns);
    let rejected = report.push.as_ref().map(|push| push.rejected.as_slice()).unwrap_or_default();
    table.rows.extend(rejected.iter().take(ROWS_SHOWN).map(|value| {
        let key = [&value.data_element, &value.period, &value.org_unit, &value.category_option_combo];
        vec![named(&report.plan, key).into(), said(value)]
    }));
    table
}

/// What was read back otherwise than it was written.
pub(super) fn different(report: &RunReport) -> Table {
    let columns = vec![
        Column::text(say!("column-value")),
        Column::number(say!("column-should")),
        Column::number(say!("column-says")),
    ];
    let mut table = Table::new(say!("run-different"), String::new(), columns);
    let different = report.verify.as_ref().map(|verify| verify.different.as_slice()).unwrap_or_default();
    let said = |value: &Option<String>| Cell::new(value.clone().unwrap_or_else(|| say!("nothing")));
    table.rows.extend(different.iter().take(ROWS_SHOWN).map(|value| {
        let key = [&value.data_element, &value.period, &value.org_unit, &value.category_option_combo];
        vec![named(&report.plan, key).into(), said(&value.should), said(&value.says)]
    }));
    table
}

/// What became of every record.
pub(super) fn account(report: &RunReport) -> Table {
    let columns = vec![
        Column::text(say!("column-indicator")),
        Column::number(say!("column-counted")),
        Column::text(say!("column-of-these")),
        Column::text(say!("column-not-counted")),
    ];
    let mut table = Table::new(say!("account"), String::new(), columns);
    table.rows.extend(report.account.iter().map(|row| {
        let some = |tallies: &[Tally], word: &dyn Fn(&Tally) -> String| -> String {
            tallies.iter().filter(|tally| tally.n > 0).map(word).collect::<Vec<_>>().join(", ")
        };
        let fallbacks = some(row.by_date.get(1..).unwrap_or_default(), &|tally| {
            say!("account-by-date", n = tally.n, field = &tally.name)
        });
        let unknown = some(&row.unknown, &|tally| say!("account-unknown", n = tally.n, dimension = &tally.name));
        let notes: Vec<_> = [fallbacks, unknown].into_iter().filter(|note| !note.is_empty()).collect();
        let excluded = some(&row.excluded, &|tally| format!("{} {}", grouped(tally.n), phrase::excluded(&tally.name)));
        vec![Cell::new(&row.title), grouped(row.counted).into(), notes.join(&say!("semicolon")).into(), excluded.into()]
    }));
    table
}

/// Our totals beside those of both servers.
pub(super) fn tie_out(report: &RunReport) -> Table {
    let Some(certificate) = &report.certificate else { return Table::default() };
    let columns = vec![
        Column::text(say!("column-indicator")),
        Column::number(say!("column-counted")),
        Column::number(say!("column-missed")),
        Column::number("Go.Data"),
        Column::number(say!("column-ours")),
        Column::number("DHIS2"),
        Column::number(say!("column-held")),
        Column::text(say!("column-agrees")),
    ];
    let mut table = Table::new(say!("tie-out"), String::new(), columns);
    table.rows.extend(certificate.indicators.iter().map(|indicator| {
        let total = indicator.total();
        let agrees = Cell::new(tie_out::verdict(&total));
        let good = total.dhis2_agrees && total.godata_agrees;
        vec![
            Cell::new(&indicator.title),
            grouped(total.n_records).into(),
            grouped(total.missed).into(),
            tie_out::godata(&total, indicator).into(),
            total.ours.into(),
            total.dhis2.into(),
            total.held.into(),
            agrees.toned(if good { "good" } else { "warn" }),
        ]
    }));
    table
}

/// Places that count nowhere.
pub(super) fn unmapped(report: &RunReport) -> Table {
    let columns = vec![Column::text(say!("column-place")), Column::number(say!("column-records"))];
    let mut table = Table::new(say!("run-unmapped"), String::new(), columns);
    table.rows.extend(report.unmapped.iter().take(ROWS_SHOWN).map(|place| {
        let name = place.name.as_deref().map(phrase::place).unwrap_or_default();
        vec![Cell::new(name).noted(&place.location), grouped(place.n_records).into()]
    }));
    table
}

/// How long the steps took.
pub(super) fn timings(report: &RunReport) -> Table {
    let columns = vec![Column::text(say!("column-step")), Column::number(say!("column-seconds"))];
    let mut table = Table::new(say!("run-timings"), String::new(), columns);
    let timings = report.timings.iter();
    table.rows.extend(timings.map(|timing| vec![phrase::step(&timing.step).into(), seconds(timing.secs).into()]));
    table
}
