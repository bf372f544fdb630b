//! A run for people.

use super::number::{grouped, seconds};
use super::phrase;
use super::table::{Column, table};
use crate::language::say;
use pipeline::report::{PlanSummary, PlannedChange, RunReport, Tally};
use std::collections::BTreeSet;
use std::fmt::Write;

/// How much to show, and for how wide a terminal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct View {
    /// Every value that changes.
    pub(crate) all: bool,
    /// Columns of the terminal.
    pub(crate) width: Option<u16>,
}

/// Values shown when not all are asked for.
const CHANGES_SHOWN: usize = 10;
/// Rows of other lists shown when not all are asked for.
const ROWS_SHOWN: usize = 10;

/// The whole report.
pub(crate) fn run(report: &RunReport, view: View) -> String {
    let mut text = head(report);
    text += &plan(&report.plan, view);
    text += &account(report, view);
    text += &findings(report, view);
    text += &rejected(report, view);
    text += &tie_out(report, view);
    text += &last_line(report);
    text
}

fn head(report: &RunReport) -> String {
    let mut text = String::new();
    let title = match report.run {
        Some(run) => {
            let run = run.to_string();
            say!("run-title", report = &report.report, run = run, first = &report.first, last = &report.last)
        }
        None => say!("plan-title", report = &report.report, first = &report.first, last = &report.last),
    };
    let _ = writeln!(text, "{title}");
    for line in from_and_to(report) {
        let _ = writeln!(text, "  {line}");
    }
    text + "\n"
}

/// What was read, how, and where the values went, a line each.
pub(crate) fn from_and_to(report: &RunReport) -> Vec<String> {
    let godata = &report.godata;
    let version = godata.version.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
    let outbreak = godata.outbreak.as_ref().map(|o| say!("run-outbreak", name = o)).unwrap_or_default();
    let from = match godata.source.as_str() {
        "files" => say!("run-from-files", n = godata.n_records),
        url => say!("run-from-server", version = version, url = url, outbreak = outbreak, n = godata.n_records),
    };
    let read = match godata.extraction.as_str() {
        "changes" => Some(say!("run-read-changes", n = godata.n_travelled)),
        "snapshot" => Some(say!("run-read-snapshot")),
        "shared" => Some(say!("run-read-shared")),
        "full" => Some(say!("run-read-full")),
        "saved plan" => Some(say!("run-read-plan")),
        // Files are always read whole, and runs of older versions did not say.
        _ => None,
    };
    let dhis2 = &report.dhis2;
    let to = say!("run-to", version = &dhis2.version, url = &dhis2.url, data_set = &dhis2.data_set_name);
    [Some(from), read, Some(to)].into_iter().flatten().collect()
}

fn plan(plan: &PlanSummary, view: View) -> String {
    let n = |tallies: &[Tally], name: &str| tallies.iter().find(|t| t.name == name).map_or(0, |t| t.n);
    let mut text = say!("plan") + "\n\n";
    let rows = plan.elements.iter().map(|element| {
        let retract = n(&element.actions, "retract") + n(&element.actions, "retract to zero");
        let held = n(&element.actions, "held") + n(&element.actions, "drifted") + n(&element.actions, "existing");
        let mut row = vec![element.name.clone()];
        let counts = [n(&element.actions, "create"), n(&element.actions, "update"), retract, held];
        row.extend(counts.into_iter().chain([n(&element.actions, "unchanged")]).map(grouped));
        row
    });
    let columns = [
        Column::Text(&say!("column-data-element")),
        Column::Number(&say!("action-create")),
        Column::Number(&say!("action-update")),
        Column::Number(&say!("action-retract")),
        Column::Number(&say!("column-held")),
        Column::Number(&say!("column-unchanged")),
    ];
    text += &indent(&table(&columns, rows, view.width));
    text += &changes(plan, view);
    if view.all {
        text += &records(plan);
    }
    for held in &plan.held {
        let place = [&held.org_unit, &held.period].into_iter().flatten().cloned().collect::<Vec<_>>().join(", ");
        let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
        let _ = writeln!(text, "  {}", say!("plan-held", n = held.n_values, place = place, reason = &held.reason));
    }
    for element in &plan.suppressed {
        let (n, others) = (element.primary, element.complementary);
        let _ = writeln!(text, "  {}", say!("plan-suppressed", n = n, others = others, element = &element.name));
    }
    text += &what_to_do(plan);
    text + "\n"
}

/// The values that change, one by one.
fn changes(plan: &PlanSummary, view: View) -> String {
    let shown = if view.all { plan.changes.len() } else { CHANGES_SHOWN.min(plan.changes.len()) };
    if shown == 0 {
        return String::new();
    }
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    let rows = plan.changes[..shown].iter().map(|change| {
        vec![
            phrase::action(&change.action),
            change.period.clone(),
            change.org_unit_name.clone(),
            change.data_element_name.clone(),
            change.category_option_combo_name.clone(),
            value(&change.old),
            value(&change.new),
            why(change),
        ]
    });
    let columns = [
        Column::Text(&say!("column-action")),
        Column::Text(&say!("column-period")),
        Column::Text(&say!("column-org-unit")),
        Column::Text(&say!("column-data-element")),
        Column::Text(&say!("column-disaggregation")),
        Column::Number(&say!("column-now")),
        Column::Number(&say!("column-then")),
        Column::Text(&say!("column-why")),
    ];
    format!("\n{}", indent(&table(&columns, rows, view.width)))
        + &more_values((plan.changes.len() - shown) as u64 + plan.n_more_changes, view)
}

/// How many values are not shown, and what shows them.
pub(super) fn more_values(n: u64, view: View) -> String {
    match (n, view.all) {
        (0, _) => String::new(),
        (n, true) => format!("  {}\n", say!("more-values-elsewhere", n = n)),
        (n, false) => format!("  {}\n", say!("more-values", n = n)),
    }
}

/// Why a value changes, in a few words.
pub(crate) fn why(change: &PlannedChange) -> String {
    // Who wrote says all, where somebody else did.
    if let (Some(by), "drifted" | "existing") = (&change.changed_by, change.action.as_str()) {
        return match change.changed_at.as_deref().map(minute) {
            Some(at) => say!("why-somebody-at", by = by, at = at),
            None => say!("why-somebody", by = by),
        };
    }
    let mut parts: Vec<String> = Vec::new();
    let Some(cause) = &change.cause else { return parts.join(&say!("semicolon")) };
    let mut moved: Vec<String> = Vec::new();
    if cause.n_entered > 0 {
        moved.push(say!("why-entered", n = cause.n_entered));
    }
    if cause.n_left > 0 {
        moved.push(say!("why-left", n = cause.n_left));
    }
    if cause.n_revised > 0 {
        moved.push(say!("why-revised", n = cause.n_revised));
    }
    if !moved.is_empty() {
        let whys: BTreeSet<String> = cause.records.iter().map(|record| phrase::why(&record.why)).collect();
        let whys = whys.into_iter().collect::<Vec<_>>().join(" / ");
        parts.push(say!("why-moved", moved = moved.join(", "), why = whys));
    }
    parts.extend(cause.reasons.iter().map(|reason| phrase::reason(reason)));
    parts.join(&say!("semicolon"))
}

/// A time of DHIS2 to the minute; as DHIS2 writes it, if that is another form.
fn minute(at: &str) -> String {
    let parsed = jiff::Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", at);
    parsed.map_or_else(|_| at.to_owned(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// The records behind the values that change, by their ids.
fn records(plan: &PlanSummary) -> String {
    let mut text = String::new();
    let changes = plan.changes.iter().filter_map(|change| Some((change, change.cause.as_ref()?)));
    for (change, cause) in changes.filter(|(_, cause)| !cause.records.is_empty()) {
        let what =
            [&change.period, &change.org_unit_name, &change.data_element_name, &change.category_option_combo_name];
        let _ = writeln!(text, "  {}", say!("plan-records-of", value = what.map(String::as_str).join(", ")));
        for record in &cause.records {
            let (movement, why) = (phrase::movement(&record.movement), phrase::why(&record.why));
            let line = say!("plan-record", record = &record.record, movement = movement, why = why);
            let _ = writeln!(text, "    {line}");
        }
        let more = (cause.n_entered + cause.n_left + cause.n_revised).saturating_sub(cause.records.len() as u64);
        if more > 0 {
            let _ = writeln!(text, "    {}", say!("plan-more-records", n = more));
        }
    }
    if text.is_empty() { text } else { format!("\n  {}\n{text}", say!("plan-records")) }
}

/// The next step where somebody else's value stands in the way.
fn what_to_do(plan: &PlanSummary) -> String {
    let n = |action: &str| plan.changes.iter().filter(|change| change.action == action).count() as u64;
    let mut text = String::new();
    if n("drifted") > 0 {
        let _ = writeln!(text, "  {}", say!("plan-drifted", n = n("drifted")));
    }
    if n("existing") > 0 {
        let _ = writeln!(text, "  {}", say!("plan-existing", n = n("existing")));
    }
    if plan.held.iter().any(|held| held.reason.contains("losses_max_percent")) {
        let _ = writeln!(text, "  {}", say!("plan-waits"));
    }
    text
}

fn account(report: &RunReport, view: View) -> String {
    // A saved plan is carried out without looking at records again.
    if report.account.is_empty() {
        return String::new();
    }
    let mut text = say!("account") + "\n\n";
    let rows = report.account.iter().map(|row| {
        let some = |tallies: &'_ [Tally]| tallies.iter().filter(|t| t.n > 0).cloned().collect::<Vec<_>>();
        let joined = |parts: Vec<String>| parts.join(", ");
        let fallbacks = some(row.by_date.get(1..).unwrap_or_default());
        let fallbacks = fallbacks.iter().map(|t| say!("account-by-date", n = t.n, field = &t.name)).collect();
        let unknown = some(&row.unknown);
        let unknown = unknown.iter().map(|t| say!("account-unknown", n = t.n, dimension = &t.name)).collect();
        let notes: Vec<String> =
            [joined(fallbacks), joined(unknown)].into_iter().filter(|note| !note.is_empty()).collect();
        let excluded = some(&row.excluded);
        let excluded = excluded.iter().map(|t| format!("{} {}", grouped(t.n), phrase::excluded(&t.name))).collect();
        vec![row.title.clone(), grouped(row.counted), notes.join(&say!("semicolon")), joined(excluded)]
    });
    let columns = [
        Column::Text(&say!("column-indicator")),
        Column::Number(&say!("column-counted")),
        Column::Text(&say!("column-of-these")),
        Column::Text(&say!("column-not-counted")),
    ];
    text += &indent(&table(&columns, rows, view.width));
    text + "\n"
}

fn findings(report: &RunReport, view: View) -> String {
    let mut text = String::new();
    let limit = |n: usize| if view.all { n } else { ROWS_SHOWN.min(n) };
    if !report.unmapped.is_empty() {
        let total: u64 = report.unmapped.iter().map(|place| place.n_records).sum();
        let _ = writeln!(text, "{}", say!("unmapped", n = total));
        for place in &report.unmapped[..limit(report.unmapped.len())] {
            let name = place.name.as_deref().filter(|name| *name != place.location).map(phrase::place);
            let name = name.map(|name| format!(" {name}")).unwrap_or_default();
            let line = say!("unmapped-place", id = &place.location, name = name, n = place.n_records);
            let _ = writeln!(text, "  {line}");
        }
        text += "\n";
    }
    if !report.unmentioned.is_empty() {
        let _ = writeln!(text, "{}", say!("unmentioned"));
        for value in &report.unmentioned[..limit(report.unmentioned.len())] {
            let line = say!("unmentioned-value", field = &value.field, value = &value.value, n = value.n_records);
            let _ = writeln!(text, "  {line}");
        }
        text += "\n";
    }
    if let Some(quality) = &report.quality {
        text += &super::quality::summary(quality, limit);
    } else if !report.issues.is_empty() {
        // Runs of earlier versions.
        let _ = writeln!(text, "{}", say!("issues"));
        for issue in &report.issues[..limit(report.issues.len())] {
            let sample = issue.records.first().map(|id| say!("such-as", record = id)).unwrap_or_default();
            let line = say!("issue", field = &issue.field, n = issue.n, rule = &issue.rule, sample = sample);
            let _ = writeln!(text, "  {line}");
        }
        text += "\n";
    }
    text
}

fn rejected(report: &RunReport, view: View) -> String {
    let mut text = String::new();
    let Some(push) = &report.push else { return text };
    if !push.rejected.is_empty() {
        let _ = writeln!(text, "{}", say!("rejected", n = push.rejected.len()));
        let limit = if view.all { push.rejected.len() } else { ROWS_SHOWN.min(push.rejected.len()) };
        for value in &push.rejected[..limit] {
            let code = value.code.as_ref().map(|code| format!("{code} ")).unwrap_or_default();
            let key = [&value.data_element, &value.period, &value.org_unit, &value.category_option_combo];
            let name = named(&report.plan, key);
            let line = say!("rejected-value", value = name, code = code, reason = &value.reason);
            let _ = writeln!(text, "  {line}");
        }
        let _ = writeln!(text, "  {}\n", say!("rejected-next"));
    }
    let different = report.verify.as_ref().map(|verify| verify.different.as_slice()).unwrap_or_default();
    if !different.is_empty() {
        let _ = writeln!(text, "{}", say!("different", n = different.len()));
        let limit = if view.all { different.len() } else { ROWS_SHOWN.min(different.len()) };
        for value in &different[..limit] {
            let said = |value: &Option<String>| value.clone().unwrap_or_else(|| say!("nothing"));
            let key = [&value.data_element, &value.period, &value.org_unit, &value.category_option_combo];
            let (name, should, says) = (named(&report.plan, key), said(&value.should), said(&value.says));
            let _ = writeln!(text, "  {}", say!("different-value", value = name, should = should, says = says));
        }
        text += "\n";
    }
    text
}

/// A value's data element, period, organisation unit and disaggregation by name, as far as the plan names them.
pub(crate) fn named(plan: &PlanSummary, key: [&String; 4]) -> String {
    let change =
        plan.changes.iter().find(|c| [&c.data_element, &c.period, &c.org_unit, &c.category_option_combo] == key);
    match change {
        Some(c) => {
            let names = [&c.data_element_name, &c.period, &c.org_unit_name, &c.category_option_combo_name];
            names.map(String::as_str).join(", ")
        }
        None => key.map(String::as_str).join(", "),
    }
}

fn tie_out(report: &RunReport, view: View) -> String {
    // A saved plan has the values that change and no others: there is no total to hold against another.
    if report.certificate.is_none() && report.tie_out.is_empty() {
        return String::new();
    }
    let mut text = say!("tie-out") + "\n\n";
    if let Some(certificate) = &report.certificate {
        text += &indent(&super::tie_out::totals(certificate, view));
        return text + &read_and_counted(report) + "\n";
    }
    let rows = report.tie_out.iter().map(|row| {
        let dhis2 = row.dhis2.clone().unwrap_or_else(|| "-".into());
        let agrees = if row.dhis2.is_none() {
            say!("not-pushed")
        } else if row.agrees {
            say!("agrees-yes")
        } else {
            say!("agrees-no")
        };
        vec![row.title.clone(), grouped(row.n_records), row.ours.clone(), dhis2, row.held.clone(), agrees]
    });
    let columns = [
        Column::Text(&say!("column-indicator")),
        Column::Number(&say!("column-records")),
        Column::Number(&say!("column-ours")),
        Column::Number("DHIS2"),
        Column::Number(&say!("column-held")),
        Column::Text(&say!("column-agrees")),
    ];
    text += &indent(&table(&columns, rows, view.width));
    text + &read_and_counted(report) + "\n"
}

/// Go.Data's count of everything that was read.
fn read_and_counted(report: &RunReport) -> String {
    let Some(count) = report.godata.n_counted_by_godata else { return String::new() };
    let read = report.godata.n_records;
    let said = if count == read {
        say!("read-and-counted", counted = count, read = read)
    } else {
        say!("read-and-counted-otherwise", counted = count, read = read)
    };
    format!("  {said}\n")
}

fn last_line(report: &RunReport) -> String {
    let secs: f64 = report.timings.iter().map(|timing| timing.secs).sum();
    let steps = report.timings.iter().map(|t| format!("{} {} s", phrase::step(&t.step), seconds(t.secs)));
    let steps = steps.collect::<Vec<_>>().join(", ");
    let what = match (&report.push, &report.verify) {
        (Some(push), Some(verify)) if push.requests == 0 => say!("run-nothing-to-push", n = verify.equal),
        (Some(push), Some(verify)) => say!("run-pushed", n = push.written, verified = verify.equal),
        _ => say!("run-planned"),
    };
    let verdict = phrase::verdict(report.verdict.name());
    say!("run-ended", verdict = verdict, what = what, secs = seconds(secs), steps = steps) + "\n"
}

pub(crate) fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
