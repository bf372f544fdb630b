//! What the pipeline says in English, in the language that was chosen: words of fixed lists, and sentences of which only the
//! numbers change. What is not known here, such as the text of a problem, is shown as it came.

use crate::language::{Language, say};

/// The pipeline speaks English already; in another language, what `known` says, or the text as it came.
fn or_as_it_came(text: &str, known: impl FnOnce(&str) -> Option<String>) -> String {
    let translated = if Language::current() == Language::English { None } else { known(text) };
    translated.unwrap_or_else(|| text.to_owned())
}

/// A step, by its name.
pub(crate) fn step(name: &str) -> String {
    or_as_it_came(name, known_step)
}

fn known_step(name: &str) -> Option<String> {
    Some(match name {
        "preflight" => say!("step-preflight"),
        "extract" => say!("step-extract"),
        "control" => say!("step-control"),
        "diff" => say!("step-diff"),
        "push" => say!("step-push"),
        "verify" => say!("step-verify"),
        "complete" => say!("step-complete"),
        _ => return None,
    })
}

/// What came of a step.
pub(crate) fn summary(text: &str) -> String {
    or_as_it_came(text, known_summary)
}

fn known_summary(text: &str) -> Option<String> {
    if let Some(version) = text.strip_prefix("DHIS2 ").and_then(|rest| rest.strip_suffix(" and the definitions fit")) {
        return Some(say!("step-definitions-fit", version = version));
    }
    if let Some(version) = text.strip_prefix("DHIS2 ").and_then(|rest| rest.strip_suffix(" and the plan fit")) {
        return Some(say!("step-plan-fits", version = version));
    }
    if let Some(version) = text.strip_prefix("DHIS2 ").and_then(|rest| rest.strip_suffix(" answers")) {
        return Some(say!("step-dhis2-answers", version = version));
    }
    if let Some(name) = text.strip_prefix("report `").and_then(|rest| rest.strip_suffix('`')) {
        return Some(say!("step-report", name = name));
    }
    let (shape, n) = shape(text);
    Some(match (shape.as_str(), n.as_slice()) {
        ("# record counted into # cell", [records, cells]) => {
            say!("step-counted", records = *records, cells = *cells)
        }
        ("# value to push, # held", [n, held]) => say!("step-compared", n = *n, held = *held),
        ("DHIS2 is as the plan found it", []) => say!("step-as-planned"),
        ("# value written in # request, # rejected", [n, requests, rejected]) => {
            say!("step-pushed", n = *n, requests = *requests, rejected = *rejected)
        }
        ("# value written in # request, # rejected, # not taken now", [n, requests, rejected, later]) => {
            say!("step-pushed-some", n = *n, requests = *requests, rejected = *rejected, later = *later)
        }
        ("# of # value are as they should be", [equal, n]) => say!("step-verified", equal = *equal, n = *n),
        ("# slice registered as complete", [n]) => say!("step-registered", n = *n),
        ("# value compared", [n]) => say!("step-held-against", n = *n),
        ("Go.Data gave # count", [n]) => say!("step-counts", n = *n),
        ("Go.Data gave # count; not every period that differs was looked for", [n]) => say!("step-counts-some", n = *n),
        ("# location, # organisation unit" | "# location, # organisation units", [locations, units]) => {
            say!("step-places", locations = *locations, units = *units)
        }
        ("the residence of # record", [n]) => say!("step-residences", n = *n),
        ("# finding", [n]) => say!("step-findings", n = *n),
        _ => return None,
    })
}

/// A sentence with `#` for its numbers and nouns in the singular after them, and the numbers.
fn shape(text: &str) -> (String, Vec<u64>) {
    let mut numbers = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let (bare, sign) = word.split_at(word.trim_end_matches([',', ';', '.']).len());
        let is_number = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
        if let (true, Ok(number)) = (is_number, bare.parse()) {
            numbers.push(number);
            words.push(format!("#{sign}"));
        } else if words.last().is_some_and(|before| before == "#") {
            words.push(format!("{}{sign}", bare.strip_suffix('s').unwrap_or(bare)));
        } else {
            words.push(word.to_owned());
        }
    }
    (words.join(" "), numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::progress::Step;

    /// Whether the English message is what the pipeline says, so that a changed word of it is found.
    #[track_caller]
    fn assert_known(known: impl Fn(&str) -> Option<String>, texts: &[&str]) {
        for text in texts {
            assert_eq!(known(text).as_deref(), Some(*text));
        }
    }

    #[test]
    fn every_step_is_known() {
        use Step::{Complete, Control, Diff, Extract, Preflight, Push, Verify};
        assert_known(known_step, &[Preflight, Extract, Control, Diff, Push, Verify, Complete].map(Step::name));
        assert_eq!(known_step("another"), None);
    }

    #[test]
    fn what_came_of_a_step_is_known() {
        assert_known(
            known_summary,
            &[
                "DHIS2 2.42.1 and the definitions fit",
                "DHIS2 2.42.1 and the plan fit",
                "DHIS2 2.42.1 answers",
                "report `weekly`",
                "1 record counted into 1 cell",
                "227 records counted into 0 cells",
                "207 values to push, 0 held",
                "DHIS2 is as the plan found it",
                "207 values written in 1 request, 0 rejected",
                "1 value written in 2 requests, 1 rejected",
                "1 value written in 2 requests, 1 rejected, 3 not taken now",
                "206 of 207 values are as they should be",
                "444 slices registered as complete",
                "1 slice registered as complete",
                "207 values compared",
                "Go.Data gave 6 counts",
                "Go.Data gave 1 count; not every period that differs was looked for",
                "61 locations, 1 organisation unit",
                "1 location, 2 organisation units",
                "the residence of 227 records",
                "12 findings",
            ],
        );
        assert_eq!(known_summary("3 wishes fulfilled"), None);
    }

    #[test]
    fn a_text_that_is_not_known_is_shown_as_it_came() {
        assert_eq!(or_as_it_came("207 values", |_| None), "207 values");
    }
}
