//! Configurations: every problem has its place in the file and can be shown there.

use pipeline::config::{Problem, check_texts};
use std::path::Path;

pub(crate) const WORDS: &[&str] = &[
    "\"",
    "'''",
    "\"\"\"",
    "\n",
    "[[report]]\n",
    "[[report.indicator]]\n",
    "[[dimension]]\n",
    "[dhis2]\n",
    "= {}",
    " = 99999999999999999999\n",
    " = [",
    "]",
    "true",
    "2020-01-01",
    "\u{feff}",
    "\\u00e9",
    "é",
    "stays WHERE",
    "first(stays.start WHERE type = 'ISOLATION')",
    "where = \"",
    "by = [\"sex\"]\n",
    "password_env = \"X\"\n",
];

/// A map of places that the configurations of the corpus fit.
pub(crate) const PLACES: &str = "location_id,location,org_unit\nL1,Country,ImspTQPwCqd\nL2,District,O6uvpzGd5pu\n";

pub(crate) fn try_on(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match check_texts(Path::new("tally.toml"), text, PLACES) {
        Ok(config) => assert!(!config.reports.is_empty(), "a configuration without a report"),
        Err(problems) => placed(&problems),
    }
}

/// Each problem says something, has its place, and can be shown there.
pub(crate) fn placed(problems: &[Problem]) {
    assert!(!problems.is_empty(), "refused without a problem");
    for problem in problems {
        assert!(!problem.message.is_empty());
        assert!(problem.location().is_some(), "{problem} has no place");
        let report = problem.report();
        for label in report.labels().into_iter().flatten() {
            let shown = report.source_code().map(|source| source.read_span(label.inner(), 0, 0).is_ok());
            assert_eq!(shown, Some(true), "{problem} is outside the text");
        }
    }
}
