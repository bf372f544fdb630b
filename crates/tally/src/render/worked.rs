//! What came of the worked examples, for people.

use super::number::counted;
use super::query::printable;
use pipeline::worked::{Difference, Outcomes, Worked};

/// All examples, and what is not as expected.
pub(crate) fn text(outcomes: &Outcomes) -> String {
    let mut text: String = outcomes.examples.iter().map(one).collect();
    let n = outcomes.examples.len();
    let failed = outcomes.n_failed();
    text += "\n";
    text += &match failed {
        0 => format!("{} hold.\n", counted(n as u64, "example")),
        failed => format!("{failed} of {} not as expected.\n", counted(n as u64, "example")),
    };
    if !outcomes.without_example.is_empty() {
        text += &format!("Without an example: {}.\n", outcomes.without_example.join(", "));
    }
    text
}

fn one(worked: &Worked) -> String {
    let mark = if worked.differences.is_empty() { "ok" } else { "differs" };
    let mut text = format!("{mark:8} {}\n", printable(&worked.title));
    let mut told = "";
    for difference in &worked.differences {
        text += &format!("         {}\n", value(difference));
        // What an indicator says of the records is the same for all of its values.
        if told != difference.cell.indicator {
            told = &difference.cell.indicator;
            text +=
                &difference.because.iter().map(|said| format!("           {}\n", printable(said))).collect::<String>();
        }
    }
    text
}

fn value(difference: &Difference) -> String {
    let cell = &difference.cell;
    let groups: String = cell.groups.iter().map(|(dimension, group)| format!(", {dimension} {group}")).collect();
    let of = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    let name = format!("{} in {} at {}{groups}", cell.indicator, cell.period, cell.org_unit);
    format!("{}: expected {}, computed {}", printable(&name), of(&difference.expected), of(&difference.computed))
}
