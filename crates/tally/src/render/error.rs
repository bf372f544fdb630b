//! Errors for people: what failed, where in the file, what to do next.

use pipeline::{Code, Error};
use std::fmt::Write;

/// An error as it is shown on stderr.
pub(crate) fn error(error: &Error, fancy: bool) -> String {
    let mut text = String::new();
    if error.problems.len() != 1 {
        let _ = writeln!(text, "error: {}", error.message);
    }
    for problem in &error.problems {
        if fancy {
            let _ = writeln!(text, "{:?}", problem.report());
            continue;
        }
        let place = problem.location().map(|place| format!("{place}: ")).unwrap_or_default();
        let _ = writeln!(text, "error: {place}{problem}");
        if let Some(advice) = &problem.advice {
            let _ = writeln!(text, "  hint: {advice}");
        }
    }
    if let Some(advice) = &error.advice {
        let _ = writeln!(text, "hint: {advice}");
    }
    // A log has one line for each thing that is wrong; whoever sits before a terminal may want to read on.
    if fancy && error.code != Code::of(error.kind) {
        let _ = writeln!(text, "code: {code}; `tally explain error {code}` tells more", code = error.code);
    }
    text
}

/// An error for programs.
pub(crate) fn json(error: &Error) -> String {
    let problems: Vec<_> = error
        .problems
        .iter()
        .map(|problem| {
            serde_json::json!({ "message": problem.message, "place": problem.location(), "advice": problem.advice })
        })
        .collect();
    let value = serde_json::json!({
        "error": {
            "kind": error.kind.name(),
            "code": error.code.name(),
            "help": format!("tally explain error {}", error.code),
            "message": error.message,
            "advice": error.advice,
            "problems": problems,
        }
    });
    format!("{value:#}")
}
