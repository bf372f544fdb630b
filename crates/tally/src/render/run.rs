//! A run for people.

use super::number::{counted, grouped, seconds};
use super::phrase;
use super::table::{Column, table};
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
    let number = report.run.map(|run| format!(" (run {run})")).unwrap_or_default();
    let _ = writeln!(text, "Report `{}`{number}: {} to {}", report.report, report.first, report.last);
    let godata = &report.godata;
    let version = godata.version.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
    let outbreak = godata.outbreak.as_ref().map(|o| format!(", outbreak \"{o}\"")).unwrap_or_default();
    let from = match godata.source.as_str() {
        "files" => "files of Go.Data".to_owned(),
        url => format!("Go.Data{version} at {url}{outbreak}"),
    };
    let _ = writeln!(text, "  from {from}: {}", counted(godata.n_records, "record"));
    match godata.extraction.as_str() {
        "changes" => {
            let _ = writeln!(text, "  read: what changed, {}", counted(godata.n_travelled, "record"));
        }
        "snapshot" => text += "  computed by Ballista, from a snapshot of the line list\n",
        "shared" => text += "  read: nothing; the report before has read the line list\n",
        "full" => text += "  read: the whole line list\n",
        "saved plan" => text += "  read: nothing; the records are those of the saved plan\n",
        // Files are always read whole, and runs of older versions did not say.
        _ => {}
    }
    let dhis2 = &report.dhis2;
    let _ = writeln!(text, "  to DHIS2 {} at {}, data set \"{}\"\n", dhis2.version, dhis2.url, dhis2.data_set_name);
    text
}

fn plan(plan: &PlanSummary, view: View) -> String {
    let n = |tallies: &[Tally], name: &str| tallies.iter().find(|t| t.name == name).map_or(0, |t| t.n);
    let mut text = String::from("Plan\n\n");
    let rows = plan.elements.iter().map(|element| {
        let retract = n(&element.actions, "retract") + n(&element.actions, "retract to zero");
        let held = n(&element.actions, "held") + n(&element.actions, "drifted") + n(&element.actions, "existing");
        let mut row = vec![element.name.clone()];
        let counts = [n(&element.actions, "create"), n(&element.actions, "update"), retract, held];
        row.extend(counts.into_iter().chain([n(&element.actions, "unchanged")]).map(grouped));
        row
    });
    let columns = [
        Column::Text("data element"),
        Column::Number("create"),
        Column::Number("update"),
        Column::Number("retract"),
        Column::Number("held"),
        Column::Number("unchanged"),
    ];
    text += &indent(&table(&columns, rows, view.width));
    let shown = if view.all { plan.changes.len() } else { CHANGES_SHOWN.min(plan.changes.len()) };
    if shown > 0 {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
        let rows = plan.changes[..shown].iter().map(|change| {
            vec![
                change.action.clone(),
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
            Column::Text("action"),
            Column::Text("period"),
            Column::Text("organisation unit"),
            Column::Text("data element"),
            Column::Text("disaggregation"),
            Column::Number("now"),
            Column::Number("then"),
            Column::Text("why"),
        ];
        text += "\n";
        text += &indent(&table(&columns, rows, view.width));
        let more = (plan.changes.len() - shown) as u64 + plan.n_more_changes;
        if more > 0 {
            let how = if view.all { "." } else { "; --all shows them." };
            let _ = writeln!(text, "  ... and {}{how}", counted(more, "more value"));
        }
    }
    if view.all {
        text += &records(plan);
    }
    for held in &plan.held {
        let place = [&held.org_unit, &held.period].into_iter().flatten().cloned().collect::<Vec<_>>().join(", ");
        let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
        let _ = writeln!(text, "  held: {}{place}: {}", counted(held.n_values, "value"), held.reason);
    }
    for element in &plan.suppressed {
        let _ = writeln!(
            text,
            "  left out as small cells: {} of {} (primary), and {} with which they could be computed (complementary)",
            counted(element.primary, "value"),
            element.name,
            grouped(element.complementary)
        );
    }
    text += &what_to_do(plan);
    text + "\n"
}

/// Why a value changes, in a few words.
fn why(change: &PlannedChange) -> String {
    // Who wrote says all, where somebody else did.
    if let (Some(by), "drifted" | "existing") = (&change.changed_by, change.action.as_str()) {
        let at = change.changed_at.as_deref().map(|at| format!(", {}", minute(at))).unwrap_or_default();
        return format!("by {by}{at}");
    }
    let mut parts: Vec<String> = Vec::new();
    let Some(cause) = &change.cause else { return parts.join("; ") };
    let moved = [(cause.n_entered, "entered"), (cause.n_left, "left"), (cause.n_revised, "revised")];
    let moved: Vec<String> =
        moved.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", grouped(*n))).collect();
    if !moved.is_empty() {
        let whys: BTreeSet<&str> = cause.records.iter().map(|record| record.why.as_str()).collect();
        parts.push(format!("{}: {}", moved.join(", "), whys.into_iter().collect::<Vec<_>>().join(" / ")));
    }
    parts.extend(cause.reasons.iter().cloned());
    parts.join("; ")
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
        let _ = writeln!(text, "  {}:", what.map(String::as_str).join(", "));
        for record in &cause.records {
            let _ = writeln!(text, "    {} {}: {}", record.record, record.movement, record.why);
        }
        let more = (cause.n_entered + cause.n_left + cause.n_revised).saturating_sub(cause.records.len() as u64);
        if more > 0 {
            let _ = writeln!(text, "    ... and {}.", counted(more, "more record"));
        }
    }
    if text.is_empty() { text } else { format!("\n  The records behind the changes:\n{text}") }
}

/// The next step where somebody else's value stands in the way.
fn what_to_do(plan: &PlanSummary) -> String {
    let n = |action: &str| plan.changes.iter().filter(|change| change.action == action).count() as u64;
    let mut text = String::new();
    if n("drifted") > 0 {
        let values = counted(n("drifted"), "value");
        let _ = writeln!(
            text,
            "  drifted: somebody changed {values} that Tally wrote. Clear with them which number is right; \
             `on_drift = \"overwrite\"` in the report lets Tally's stand."
        );
    }
    if n("existing") > 0 {
        let values = counted(n("existing"), "value");
        let _ = writeln!(
            text,
            "  existing: somebody else wrote {values} before Tally did. Clear with them which number is right; \
             `on_existing = \"overwrite\"` in the report lets Tally's stand."
        );
    }
    if plan.held.iter().any(|held| held.reason.contains("losses_max_percent")) {
        text += "  The whole plan waits. Look at it with `tally plan --all`; if it is right, `tally apply --held` sends it.\n";
    }
    text
}

fn account(report: &RunReport, view: View) -> String {
    // A saved plan is carried out without looking at records again.
    if report.account.is_empty() {
        return String::new();
    }
    let mut text = String::from("Account of records\n\n");
    let list = |tallies: &[Tally]| {
        tallies
            .iter()
            .filter(|t| t.n > 0)
            .map(|t| format!("{} {}", grouped(t.n), t.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let rows = report.account.iter().map(|row| {
        let fallbacks = row.by_date.iter().skip(1).filter(|t| t.n > 0);
        let fallbacks = fallbacks.map(|t| format!("{} by {}", grouped(t.n), t.name)).collect::<Vec<_>>().join(", ");
        let unknown: Vec<_> =
            row.unknown.iter().filter(|t| t.n > 0).map(|t| format!("{} unknown {}", grouped(t.n), t.name)).collect();
        let notes =
            [fallbacks, unknown.join(", ")].into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join("; ");
        vec![row.title.clone(), grouped(row.counted), notes, list(&row.excluded)]
    });
    let columns = [
        Column::Text("indicator"),
        Column::Number("counted"),
        Column::Text("of these"),
        Column::Text("not counted, by reason"),
    ];
    text += &indent(&table(&columns, rows, view.width));
    text + "\n"
}

fn findings(report: &RunReport, view: View) -> String {
    let mut text = String::new();
    let limit = |n: usize| if view.all { n } else { ROWS_SHOWN.min(n) };
    if !report.unmapped.is_empty() {
        let total: u64 = report.unmapped.iter().map(|place| place.n_records).sum();
        let _ = writeln!(text, "Places without an organisation unit: {} hang on them.", counted(total, "record"));
        for place in &report.unmapped[..limit(report.unmapped.len())] {
            let name = place.name.as_ref().filter(|name| **name != place.location);
            let name = name.map(|name| format!(" {name}")).unwrap_or_default();
            let _ = writeln!(text, "  {}{name}: {}", place.location, grouped(place.n_records));
        }
        text += "\n";
    }
    if !report.unmentioned.is_empty() {
        text += "Values that no definition mentions; does one of them mean what is counted?\n";
        for value in &report.unmentioned[..limit(report.unmentioned.len())] {
            let _ = writeln!(text, "  {} = '{}': {}", value.field, value.value, counted(value.n_records, "record"));
        }
        text += "\n";
    }
    if let Some(quality) = &report.quality {
        text += &super::quality::summary(quality, limit);
    } else if !report.issues.is_empty() {
        // Runs of earlier versions.
        text += "Data quality\n";
        for issue in &report.issues[..limit(report.issues.len())] {
            let sample = issue.records.first().map(|id| format!(", such as {id}")).unwrap_or_default();
            let _ = writeln!(text, "  {}: {} {}{sample}", issue.field, grouped(issue.n), issue.rule);
        }
        text += "\n";
    }
    text
}

fn rejected(report: &RunReport, view: View) -> String {
    let mut text = String::new();
    let Some(push) = &report.push else { return text };
    if !push.rejected.is_empty() {
        let _ = writeln!(text, "Rejected by DHIS2: {}", counted(push.rejected.len() as u64, "value"));
        let limit = if view.all { push.rejected.len() } else { ROWS_SHOWN.min(push.rejected.len()) };
        for value in &push.rejected[..limit] {
            let code = value.code.as_ref().map(|code| format!("{code} ")).unwrap_or_default();
            let key = [&value.data_element, &value.period, &value.org_unit, &value.category_option_combo];
            let _ = writeln!(text, "  {}: {code}{}", named(&report.plan, key), value.reason);
        }
        text += "  Once DHIS2 takes them, run again: only what is missing is pushed.\n\n";
    }
    let different = report.verify.as_ref().map(|verify| verify.different.as_slice()).unwrap_or_default();
    if !different.is_empty() {
        let _ = writeln!(text, "Not as it should be: {}", counted(different.len() as u64, "value"));
        let limit = if view.all { different.len() } else { ROWS_SHOWN.min(different.len()) };
        for value in &different[..limit] {
            let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
            let key = [&value.data_element, &value.period, &value.org_unit, &value.category_option_combo];
            let (name, should, says) = (named(&report.plan, key), said(&value.should), said(&value.says));
            let _ = writeln!(text, "  {name}: should be {should}, DHIS2 says {says}");
        }
        text += "\n";
    }
    text
}

/// A value's data element, period, organisation unit and disaggregation by name, as far as the plan names them.
fn named(plan: &PlanSummary, key: [&String; 4]) -> String {
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
    let mut text = String::from("Tie-out\n\n");
    if let Some(certificate) = &report.certificate {
        text += &indent(&super::tie_out::totals(certificate, view));
        return text + &read_and_counted(report) + "\n";
    }
    let rows = report.tie_out.iter().map(|row| {
        let dhis2 = row.dhis2.clone().unwrap_or_else(|| "-".into());
        let agrees = if row.dhis2.is_none() {
            "not pushed"
        } else if row.agrees {
            "yes"
        } else {
            "NO"
        };
        vec![row.title.clone(), grouped(row.n_records), row.ours.clone(), dhis2, row.held.clone(), agrees.into()]
    });
    let columns = [
        Column::Text("indicator"),
        Column::Number("records"),
        Column::Number("ours"),
        Column::Number("DHIS2"),
        Column::Number("held"),
        Column::Text("agrees"),
    ];
    text += &indent(&table(&columns, rows, view.width));
    text + &read_and_counted(report) + "\n"
}

/// Go.Data's count of everything that was read.
fn read_and_counted(report: &RunReport) -> String {
    let Some(count) = report.godata.n_counted_by_godata else { return String::new() };
    let verdict = if count == report.godata.n_records { "the same" } else { "not the same" };
    let read = grouped(report.godata.n_records);
    format!("  Go.Data itself counts {} records; {read} were read: {verdict}.\n", grouped(count))
}

fn last_line(report: &RunReport) -> String {
    let secs: f64 = report.timings.iter().map(|timing| timing.secs).sum();
    let steps = report
        .timings
        .iter()
        .map(|t| format!("{} {} s", phrase::step(&t.step), seconds(t.secs)))
        .collect::<Vec<_>>()
        .join(", ");
    let what = match (&report.push, &report.verify) {
        (Some(push), Some(verify)) if push.requests == 0 => {
            format!("nothing to push; {} verified", counted(verify.equal, "value"))
        }
        (Some(push), Some(verify)) => {
            format!("{} pushed, {} verified", counted(push.written, "value"), grouped(verify.equal))
        }
        _ => "planned; nothing was pushed".into(),
    };
    format!("{}: {what}. {} s ({steps})\n", report.verdict.name(), seconds(secs))
}

pub(crate) fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
