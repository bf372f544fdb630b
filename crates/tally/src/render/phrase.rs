//! What the pipeline says in English, in the language that was chosen: words of fixed lists, and sentences of which only the
//! numbers change. What is not known here, such as the text of a problem, is shown as it came.

pub(crate) mod advice;
mod patterns;
pub(crate) mod places;
pub(crate) mod problem;

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

/// What came of a run.
pub(crate) fn verdict(text: &str) -> String {
    or_as_it_came(text, known_verdict)
}

fn known_verdict(text: &str) -> Option<String> {
    Some(match text {
        "clean" => say!("verdict-clean"),
        "partial" => say!("verdict-partial"),
        "held" => say!("verdict-held"),
        "failed" => say!("verdict-failed"),
        "cancelled" => say!("verdict-cancelled"),
        _ => return None,
    })
}

/// What happens to a value.
pub(crate) fn action(text: &str) -> String {
    or_as_it_came(text, known_action)
}

fn known_action(text: &str) -> Option<String> {
    Some(match text {
        "create" => say!("action-create"),
        "update" => say!("action-update"),
        "retract to zero" => say!("action-retract-to-zero"),
        "retract" => say!("action-retract"),
        "unchanged" => say!("action-unchanged"),
        "drifted" => say!("action-drifted"),
        "existing" => say!("action-existing"),
        "accepted" => say!("action-accepted"),
        "held" => say!("action-held"),
        _ => return None,
    })
}

/// How a record moves with respect to a value.
pub(crate) fn movement(text: &str) -> String {
    or_as_it_came(text, known_movement)
}

fn known_movement(text: &str) -> Option<String> {
    Some(match text {
        "entered" => say!("movement-entered"),
        "left" => say!("movement-left"),
        "revised" => say!("movement-revised"),
        _ => return None,
    })
}

/// Why a record is not counted.
pub(crate) fn excluded(text: &str) -> String {
    or_as_it_came(text, known_excluded)
}

fn known_excluded(text: &str) -> Option<String> {
    Some(match text {
        "another kind of record" => say!("excluded-other-kind"),
        "condition false" => say!("excluded-condition-false"),
        "condition unknown" => say!("excluded-condition-unknown"),
        "no date" => say!("excluded-no-date"),
        "outside the periods" => say!("excluded-outside"),
        "no place" => say!("excluded-no-place"),
        "place unknown to Go.Data" => say!("excluded-unknown-place"),
        "place not mapped" => say!("excluded-not-mapped"),
        "no value to measure" => say!("excluded-no-value"),
        _ => say!("excluded-unknown-group", dimension = text.strip_prefix("unknown ")?),
    })
}

/// A place, by its name or by what stands instead of one.
pub(crate) fn place(name: &str) -> String {
    or_as_it_came(name, known_place)
}

fn known_place(name: &str) -> Option<String> {
    Some(match name {
        "(not among Go.Data's locations)" => say!("place-not-among-locations"),
        "(not mapped)" => say!("place-not-mapped"),
        "(unknown location)" => say!("place-unknown-location"),
        "(no place)" => say!("place-none"),
        _ => return None,
    })
}

/// What happened to a record.
pub(crate) fn why(text: &str) -> String {
    or_as_it_came(text, known_why)
}

fn known_why(text: &str) -> Option<String> {
    Some(match text {
        "new, or restored" => say!("why-new"),
        "deleted, merged or converted" => say!("why-gone"),
        "time went on" => say!("why-time"),
        // Fields, each of which changed.
        _ => text.split(", ").map(known_change).collect::<Option<Vec<_>>>()?.join(", "),
    })
}

fn known_change(text: &str) -> Option<String> {
    let field = |start: &str| text.strip_prefix(start)?.strip_suffix(')');
    Some(match text {
        "converted" => say!("why-converted"),
        "reclassified" => say!("why-reclassified"),
        _ => match (field("moved to another place ("), field("another date (")) {
            (Some(field), _) => say!("why-place", field = field),
            (_, Some(field)) => say!("why-date", field = field),
            _ => say!("why-field", field = text.strip_suffix(" changed")?),
        },
    })
}

/// Why a value changes, where it is not for records.
pub(crate) fn reason(text: &str) -> String {
    or_as_it_came(text, known_reason)
}

/// Why losses wait: its [`shape`].
const LOSSES: &str =
    "# of # that Tally reported would be taken away, more than losses_max_percent = # allow without a person";

fn known_reason(text: &str) -> Option<String> {
    let since = text.rsplit_once(" since run ");
    let (shape, n) = shape(text);
    Some(match (since.map_or(shape.as_str(), |(what, _)| what), since.map(|(_, run)| run)) {
        ("first value, # record", None) => say!("reason-first", n = *n.first()?),
        (LOSSES, None) => say!("reason-losses", lost = *n.first()?, of = *n.get(1)?, percent = n.get(2)?.to_string()),
        ("somebody changed what Tally wrote", None) => say!("reason-somebody-changed"),
        ("somebody wrote before Tally did", None) => say!("reason-somebody-before"),
        ("a person accepted it", None) => say!("reason-accepted"),
        ("no rule holds, and nobody stated it", None) => say!("reason-no-rule"),
        ("the report no longer writes this value", Some(run)) => say!("reason-not-written", run = run),
        ("the configuration or the map of places changed", Some(run)) => say!("reason-configuration", run = run),
        ("what the records were before is not kept", Some(run)) => say!("reason-not-kept", run = run),
        ("time went on: open intervals reach further", Some(run)) => say!("reason-time", run = run),
        ("not explained by the records", Some(run)) => say!("reason-unexplained", run = run),
        _ => return known_statement(text),
    })
}

/// What decided a statement, and what it was before.
fn known_statement(text: &str) -> Option<String> {
    if let Some(value) = text.strip_prefix("Tally wrote ").and_then(|rest| rest.strip_suffix(" before")) {
        return Some(say!("reason-wrote-before", value = value));
    }
    if let Some(numbers) = text.strip_prefix("no rule holds: ") {
        return Some(say!("reason-otherwise", numbers = numbers));
    }
    Some(match text {
        "a person stated it" => say!("reason-person"),
        "it is said for every place and period" => say!("reason-everywhere"),
        _ => {
            let (number, rest) = text.strip_prefix("rule ")?.split_once(" holds, ")?;
            let (rule, numbers) = rest.rsplit_once(": ")?;
            say!("reason-rule", number = number, rule = rule, numbers = numbers)
        }
    })
}

/// What is missing or cannot be, is alike or takes its time, by the name of its rule.
pub(crate) fn rule(name: &str) -> String {
    or_as_it_came(&name.replace('_', " "), known_rule)
}

/// As [`rule`], with the name by which it can be asked for.
pub(crate) fn rule_by_name(name: &str) -> String {
    let words = rule(name);
    if Language::current() == Language::English { words } else { format!("{words} ({name})") }
}

fn known_rule(text: &str) -> Option<String> {
    Some(match text {
        "missing" => say!("rule-missing"),
        "in the future" => say!("rule-in-the-future"),
        "too early" => say!("rule-too-early"),
        "onset after reporting" => say!("rule-onset-after-reporting"),
        "infection after onset" => say!("rule-infection-after-onset"),
        "outcome before onset" => say!("rule-outcome-before-onset"),
        "burial before outcome" => say!("rule-burial-before-outcome"),
        "reporting after entry" => say!("rule-reporting-after-entry"),
        "death without date" => say!("rule-death-without-date"),
        "outcome without date" => say!("rule-outcome-without-date"),
        "date without outcome" => say!("rule-date-without-outcome"),
        "burial without death" => say!("rule-burial-without-death"),
        "no start" => say!("rule-no-start"),
        "end before start" => say!("rule-end-before-start"),
        "stay before onset" => say!("rule-stay-before-onset"),
        "case date of contact" => say!("rule-case-date-of-contact"),
        "age too high" => say!("rule-age-too-high"),
        "months beyond year" => say!("rule-months-beyond-year"),
        "pregnant male" => say!("rule-pregnant-male"),
        "unknown location" => say!("rule-unknown-location"),
        "not mapped" => say!("rule-not-mapped"),
        "not in reference data" => say!("rule-not-in-reference-data"),
        "not mentioned" => say!("rule-not-mentioned"),
        "unreadable" => say!("rule-unreadable"),
        "same visual id" => say!("likeness-visual-id"),
        "same traits" => say!("likeness-traits"),
        "onset to reporting" => say!("delay-onset-to-reporting"),
        "onset to stay" => say!("delay-onset-to-stay"),
        "reporting to classification" => say!("delay-reporting-to-classification"),
        "reporting to entry" => say!("delay-reporting-to-entry"),
        "onset to outcome" => say!("delay-onset-to-outcome"),
        _ => return None,
    })
}

/// Why Go.Data was not asked for its own count.
pub(crate) fn not_asked(text: &str) -> String {
    or_as_it_came(text, known_not_asked)
}

fn known_not_asked(text: &str) -> Option<String> {
    Some(match text {
        "only persons are counted this way" => say!("not-asked-table"),
        "it is no number of records" => say!("not-asked-measure"),
        "it looks at stays, of which Go.Data's filter knows no order" => say!("not-asked-window"),
        "its date is one of several in a list" => say!("not-asked-basis"),
        "a statement is not a count of records" => say!("not-asked-statement"),
        "no list of Go.Data holds what its condition asks for" => say!("not-asked-list"),
        "its condition is not a simple one (only `=`, `<>` and `IN`, joined by AND)" => say!("not-asked-condition"),
        _ => {
            let field =
                text.strip_prefix("its condition looks at `")?.strip_suffix("`, which holds no reference data")?;
            say!("not-asked-field", field = field)
        }
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

    #[test]
    fn why_losses_wait_is_said_in_the_language_that_was_chosen() {
        let text = "25 of 1193 that Tally reported would be taken away, more than losses_max_percent = 10 allows without a person";
        assert_eq!(Language::English.during(|| reason(text)), text);
        let french = Language::French.during(|| reason(text));
        assert!(french.starts_with("25 sur 1") && french.contains("losses_max_percent = 10 ne permet"), "{french}");
    }

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
    fn every_verdict_action_and_movement_is_known() {
        use epi::cause::Movement::{Entered, Left, Revised};
        use epi::plan::Action;
        use pipeline::report::Verdict::{Clean, Held, Partial};
        use pipeline::store::RunState;
        assert_known(known_verdict, &[Clean, Partial, Held].map(|verdict| verdict.name()));
        assert_known(known_verdict, &[RunState::Failed, RunState::Cancelled].map(|state| state.name()));
        let actions = [
            Action::Create,
            Action::Update,
            Action::RetractToZero,
            Action::RetractByDeletion,
            Action::Unchanged,
            Action::Drifted,
            Action::Existing,
            Action::Held,
        ];
        assert_known(known_action, &actions.map(Action::name));
        assert_known(known_movement, &[Entered, Left, Revised].map(|movement| movement.name()));
    }

    #[test]
    fn every_reason_to_exclude_a_record_is_known() {
        use epi::contribution::Reason;
        for reason in [
            Reason::OtherKind,
            Reason::ConditionFalse,
            Reason::ConditionUnknown,
            Reason::NoDate,
            Reason::OutsidePeriods,
            Reason::NoPlace,
            Reason::UnknownPlace,
            Reason::PlaceNotMapped,
            Reason::NoValue,
        ] {
            assert_known(known_excluded, &[&reason.to_string()]);
        }
        assert_known(known_excluded, &["unknown sex"]);
        assert_eq!(known_excluded("eaten by the dog"), None);
    }

    #[test]
    fn what_happened_to_a_record_is_known() {
        use epi::cause::Why;
        let fields = ["kind", "classification", "residence", "date_of_onset", "gender"];
        for why in [Why::New, Why::Gone, Why::Changed(vec![]), Why::Changed(fields.to_vec())] {
            assert_known(known_why, &[&why.words()]);
        }
        assert_eq!(known_why("reclassified, eaten by the dog"), None);
    }

    #[test]
    fn why_a_value_changes_is_known() {
        assert_known(
            known_reason,
            &[
                "first value, 1 record",
                "first value, 0 records",
                "somebody changed what Tally wrote",
                "somebody wrote before Tally did",
                "no rule holds, and nobody stated it",
                "Tally wrote 12 before",
                "rule 1 holds, cases = 0: cases = 0",
                "no rule holds: cases = 3, deaths = 1",
                "a person stated it",
                "it is said for every place and period",
                "the report no longer writes this value since run 3",
                "the configuration or the map of places changed since run 3",
                "what the records were before is not kept since run 3",
                "time went on: open intervals reach further since run 3",
                "not explained by the records since run 3",
            ],
        );
        assert_eq!(known_reason("rule 1 is golden"), None);
    }

    #[test]
    fn every_rule_of_quality_is_known() {
        use epi::quality::{Delay, Likeness, Rule};
        let rules = Rule::ALL.map(Rule::name).into_iter().chain(Likeness::ALL.map(Likeness::name));
        let rules = rules.chain(Delay::ALL.map(Delay::name));
        rules.for_each(|name| assert_known(known_rule, &[&name.replace('_', " ")]));
    }

    #[test]
    fn why_godata_was_not_asked_is_known() {
        use pipeline::control::NotAsked;
        for reason in [
            NotAsked::Table,
            NotAsked::Measure,
            NotAsked::Window,
            NotAsked::Basis,
            NotAsked::List,
            NotAsked::Condition,
            NotAsked::Field("pregnancy_status"),
        ] {
            assert_known(known_not_asked, &[&reason.to_string()]);
        }
    }

    #[test]
    fn what_stands_instead_of_a_place_is_known() {
        let known = ["(not among Go.Data's locations)", "(not mapped)", "(unknown location)", "(no place)"];
        assert_known(known_place, &known);
        assert_eq!(known_place("Savannah South"), None);
    }

    #[test]
    fn a_text_that_is_not_known_is_shown_as_it_came() {
        assert_eq!(or_as_it_came("207 values", |_| None), "207 values");
    }
}
