//! How bad a finding is, in a column of its own.

use crate::language::say;
use pipeline::upkeep::Severity;

/// The word for how bad it is, as wide as the longest of them and a space.
pub(crate) fn mark(severity: Severity) -> String {
    let words = [say!("mark-ok"), say!("mark-warning"), say!("mark-error")];
    let width = words.iter().map(|word| word.chars().count()).max().unwrap_or_default() + 1;
    let [ok, warning, error] = words;
    let word = match severity {
        Severity::Ok => ok,
        Severity::Warning => warning,
        Severity::Error => error,
    };
    format!("{word:width$}")
}
