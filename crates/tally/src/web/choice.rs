//! Which report a page is about, where the configuration has several.

use super::visit::Refusal;
use pipeline::config::{Config, Report};
use serde::Deserialize;

/// The report that a request names; the first of the configuration if it names none.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    pub(super) report: String,
}

/// The reports that may be chosen, and which one is: see `choice.html`.
pub(super) struct Choice {
    /// Where the choice is sent.
    pub(super) action: &'static str,
    /// Each report, and whether it is the chosen one.
    pub(super) reports: Vec<(String, bool)>,
}

impl Wanted {
    /// The report, and what else may be chosen.
    pub(super) fn among<'c>(&self, config: &'c Config, action: &'static str) -> Result<(&'c Report, Choice), Refusal> {
        let named = |report: &&Report| self.report.is_empty() || report.name == self.report;
        let chosen = config.reports.iter().find(named).ok_or(Refusal::NotFound)?;
        let reports = config.reports.iter().map(|report| (report.name.clone(), report.name == chosen.name));
        Ok((chosen, Choice { action, reports: reports.collect() }))
    }
}
