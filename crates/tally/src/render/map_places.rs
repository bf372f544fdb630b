//! What became of the locations, for people.

use super::number::grouped;
use super::phrase::places::alike;
use super::table::{Column, table};
use crate::language::say;
use pipeline::map_places::{Counted, Outcome, Standing, Tally};
use std::fmt::Write;

/// Rows of a table where not all are asked for.
const ROWS: usize = 20;
/// Candidates of a location in the table.
const CANDIDATES: usize = 3;

/// The whole result.
pub(crate) fn outcome(outcome: &Outcome, all: bool, width: Option<u16>) -> String {
    let mut text = summary(outcome);
    let open = outcome.open();
    let shown = if all { open.len() } else { open.len().min(ROWS) };
    if !open.is_empty() {
        let _ = writeln!(text, "\n{}", say!("places-open-first"));
        text += &located(&say!("column-candidates"), open[..shown].iter().map(|one| row(one, outcome)), width);
        more(&mut text, open.len() - shown);
    }
    let mut accepted: Vec<&Tally> = outcome.locations.iter().filter(|one| one.standing == Standing::Accepted).collect();
    accepted.sort_by(|a, b| confidence(a).total_cmp(&confidence(b)));
    let shown = if all { accepted.len() } else { accepted.len().min(ROWS) };
    if !accepted.is_empty() {
        let _ = writeln!(text, "\n{}", say!("places-accepted-first"));
        text += &located(&say!("column-unit-accepted"), accepted[..shown].iter().map(|one| row(one, outcome)), width);
        more(&mut text, accepted.len() - shown);
    }
    text
}

fn summary(outcome: &Outcome) -> String {
    let (n, units, taking) = (outcome.locations.len(), outcome.n_units, outcome.n_units_taking);
    let (godata, dhis2) = (&outcome.godata, &outcome.dhis2);
    let mut text = say!("places-summary", n = n, godata = godata, units = units, dhis2 = dhis2, taking = taking) + "\n";
    if outcome.is_converted {
        let _ = writeln!(text, "{}", say!("places-converted", n = outcome.n_same_ids));
    }
    let lines = [
        (Standing::Kept, say!("places-kept")),
        (Standing::Left, say!("places-left")),
        (Standing::Chosen, say!("places-chosen")),
        (Standing::Accepted, say!("places-accepted")),
        (Standing::Open, say!("places-open")),
    ];
    for (standing, what) in lines {
        let count = outcome.count(standing);
        if count > 0 || standing == Standing::Open {
            let _ = writeln!(text, "{:>8}  {what}", grouped(count as u64));
        }
    }
    let (all, nowhere) = (outcome.n_records, outcome.n_records_nowhere);
    let nowhere = match outcome.counted {
        Counted::LineList => Some(say!("places-nowhere-line-list", n = nowhere, all = all)),
        Counted::Godata => Some(say!("places-nowhere-godata", n = nowhere, all = all)),
        Counted::NotAtAll => None,
    };
    if let Some(nowhere) = nowhere {
        let _ = writeln!(text, "{nowhere}");
    }
    for shared in &outcome.shared {
        let locations = shared.locations.join(&format!(" {} ", say!("places-and")));
        let shared = say!("places-shared", locations = locations, unit = &shared.org_unit_name);
        let _ = writeln!(text, "{}", say!("warning", text = shared));
    }
    for warning in &outcome.warnings {
        let _ = writeln!(text, "{}", say!("warning", text = warning));
    }
    if outcome.is_written {
        let _ = writeln!(text, "{}", say!("places-written", map = &outcome.map));
    }
    text
}

/// A table of locations, `last` the title of its last column.
fn located(last: &str, rows: impl IntoIterator<Item = Vec<String>>, width: Option<u16>) -> String {
    let columns = [
        Column::Text(&say!("column-location")),
        Column::Text(&say!("column-in")),
        Column::Number(&say!("column-of-location-records")),
        Column::Text(last),
    ];
    table(&columns, rows, width)
}

fn row(one: &Tally, outcome: &Outcome) -> Vec<String> {
    let records = if outcome.counted == Counted::NotAtAll { "-".to_owned() } else { grouped(one.records_hanging) };
    let candidates: Vec<String> = one
        .candidates
        .iter()
        .take(CANDIDATES)
        .map(|candidate| {
            let reasons: Vec<String> = candidate.reasons.iter().map(|reason| alike(reason)).collect();
            let named = format!("{:.2} {}", candidate.confidence, candidate.name);
            say!("colon", before = named, after = reasons.join(", "))
        })
        .collect();
    let candidates = if candidates.is_empty() { say!("places-none-alike") } else { candidates.join("\n") };
    vec![one.location.clone(), one.parents.last().cloned().unwrap_or_default(), records, candidates]
}

fn confidence(one: &Tally) -> f64 {
    one.candidates.first().map_or(0.0, |best| best.confidence)
}

fn more(text: &mut String, n: usize) {
    if n > 0 {
        let _ = writeln!(text, "{}", say!("more-lines", n = n));
    }
}
