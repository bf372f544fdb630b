//! What became of the locations, for people.

use super::number::{counted, grouped};
use super::table::{Column, table};
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
        let _ = writeln!(text, "\nOpen, those with most records first");
        text += &table(&columns("Candidates"), open[..shown].iter().map(|one| row(one, outcome)), width);
        more(&mut text, open.len() - shown);
    }
    let mut accepted: Vec<&Tally> = outcome.locations.iter().filter(|one| one.standing == Standing::Accepted).collect();
    accepted.sort_by(|a, b| confidence(a).total_cmp(&confidence(b)));
    let shown = if all { accepted.len() } else { accepted.len().min(ROWS) };
    if !accepted.is_empty() {
        let _ = writeln!(text, "\nAccepted, the least sure first");
        text += &table(&columns("Organisation unit"), accepted[..shown].iter().map(|one| row(one, outcome)), width);
        more(&mut text, accepted.len() - shown);
    }
    text
}

fn summary(outcome: &Outcome) -> String {
    let mut text = format!(
        "{} of Go.Data ({}) and {} of DHIS2 ({}), {} of which take values\n",
        counted(outcome.locations.len() as u64, "location"),
        outcome.godata,
        counted(outcome.n_units as u64, "organisation unit"),
        outcome.dhis2,
        grouped(outcome.n_units_taking as u64),
    );
    if outcome.is_converted {
        let _ = writeln!(
            text,
            "The locations were made from DHIS2's organisation units: {} have the id of one.",
            grouped(outcome.n_same_ids as u64)
        );
    }
    let lines = [
        (Standing::Kept, "kept as the map has them"),
        (Standing::Left, "left to the location above, as the map says"),
        (Standing::Chosen, "chosen by a person since"),
        (Standing::Accepted, "accepted now"),
        (Standing::Open, "open"),
    ];
    for (standing, what) in lines {
        let count = outcome.count(standing);
        if count > 0 || standing == Standing::Open {
            let _ = writeln!(text, "{:>8}  {what}", grouped(count as u64));
        }
    }
    let from = match outcome.counted {
        Counted::LineList => Some("the line list"),
        Counted::Godata => Some("Go.Data"),
        Counted::NotAtAll => None,
    };
    if let Some(from) = from {
        let (all, nowhere) = (grouped(outcome.n_records), grouped(outcome.n_records_nowhere));
        let _ = writeln!(text, "{nowhere} of {all} records with a residence ({from}) count nowhere as the map stands.");
    }
    for shared in &outcome.shared {
        let _ = writeln!(
            text,
            "warning: {} are one organisation unit, {}: their values are added up there",
            shared.locations.join(" and "),
            shared.org_unit_name
        );
    }
    for warning in &outcome.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    if outcome.is_written {
        let _ = writeln!(text, "Written to {}.", outcome.map);
    }
    text
}

fn columns(last: &str) -> [Column<'_>; 4] {
    [Column::Text("Location"), Column::Text("In"), Column::Number("Records"), Column::Text(last)]
}

fn row(one: &Tally, outcome: &Outcome) -> Vec<String> {
    let records = if outcome.counted == Counted::NotAtAll { "-".to_owned() } else { grouped(one.records_hanging) };
    let candidates: Vec<String> = one
        .candidates
        .iter()
        .take(CANDIDATES)
        .map(|candidate| format!("{:.2} {}: {}", candidate.confidence, candidate.name, candidate.reasons.join(", ")))
        .collect();
    let candidates = if candidates.is_empty() { "none is like it".to_owned() } else { candidates.join("\n") };
    vec![one.location.clone(), one.parents.last().cloned().unwrap_or_default(), records, candidates]
}

fn confidence(one: &Tally) -> f64 {
    one.candidates.first().map_or(0.0, |best| best.confidence)
}

fn more(text: &mut String, n: usize) {
    if n > 0 {
        let _ = writeln!(text, "... and {} more; --all shows them.", grouped(n as u64));
    }
}
