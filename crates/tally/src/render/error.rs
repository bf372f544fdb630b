//! Errors for people: what failed, where in the file, what to do next.

use super::phrase::advice::sentence;
use super::phrase::problem::message;
use crate::language::say;
use pipeline::Error;
use pipeline::config::Problem;
use std::fmt::Write;

/// An error as it is shown on stderr.
pub(crate) fn error(error: &Error, fancy: bool) -> String {
    let mut text = String::new();
    if error.problems.len() != 1 {
        let _ = writeln!(text, "{}", say!("error", text = message(&error.message)));
    }
    for problem in &error.problems {
        let advice = problem.advice.as_deref().map(sentence);
        let problem = Problem { message: message(&problem.message), advice, ..problem.clone() };
        if fancy {
            let _ = writeln!(text, "{:?}", problem.report());
            continue;
        }
        let place = problem.location().map(|place| format!("{place}: ")).unwrap_or_default();
        let _ = writeln!(text, "{}", say!("error", text = format!("{place}{problem}")));
        if let Some(advice) = &problem.advice {
            let _ = writeln!(text, "  {}", say!("hint", text = advice));
        }
    }
    if let Some(advice) = &error.advice {
        let _ = writeln!(text, "{}", say!("hint", text = sentence(advice)));
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

/// For whoever sits before a terminal and may want to read on: how, if the code says more than the exit code. A log has the
/// error alone.
pub(crate) fn code(error: &Error, fancy: bool) -> String {
    let code = error.code;
    if !fancy || code == pipeline::Code::of(error.kind) {
        return String::new();
    }
    format!("code: {code}; `tally explain error {code}` tells more\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::{Code, ErrorKind};

    #[test]
    fn a_code_of_its_own_is_shown_on_a_terminal_alone() {
        let plain = Error::new(ErrorKind::Dhis2, "no");
        let coded = Error::new(ErrorKind::Dhis2, "no").coded(Code::Dhis2Login);
        assert_eq!(code(&coded, true), "code: dhis2_login; `tally explain error dhis2_login` tells more\n");
        assert_eq!((code(&plain, true), code(&coded, false)), (String::new(), String::new()));
    }
}
