//! The outbreaks of a configuration.

use super::Checker;
use crate::config::model::{Config, Located};
use crate::config::problem::{NOWHERE, Problem};
use crate::config::raw::{At, OneOrMore};

/// Outbreaks of one configuration. Each is as many lists as the reports read, one after the other; a country fights a handful
/// at a time, and more than these are a list that was pasted.
const OUTBREAKS_MAX: usize = 50;

impl Checker<'_> {
    /// The outbreaks that are named, each once.
    pub(super) fn outbreaks(&mut self, at: Option<&At<OneOrMore>>) -> Vec<Located<String>> {
        let Some(at) = at.filter(|at| at.span() != NOWHERE) else { return Vec::new() };
        let mut outbreaks: Vec<Located<String>> = Vec::new();
        for (text, span) in at.items() {
            if let Some(first) = outbreaks.iter().find(|first| first.value == text) {
                let first = self.source.line(first.span.start);
                self.at(span, format!("outbreak `{text}` stands twice, first on line {first}"))
                    .advice("Its records would count twice: name it once.");
            } else {
                outbreaks.push(Located { value: text.to_owned(), span });
            }
        }
        if at.items().is_empty() {
            self.at(at.span(), "`outbreak` names no outbreak").advice("Give the outbreak's id or its exact name.");
        }
        if outbreaks.len() > OUTBREAKS_MAX {
            self.at(at.span(), format!("{} outbreaks, and {OUTBREAKS_MAX} are the most", outbreaks.len()))
                .advice("Make several configurations, each with a state folder of its own.");
        }
        outbreaks
    }
}

/// What several outbreaks do not go together with.
pub(super) fn problems(config: &Config) -> Vec<Problem> {
    match (&config.engine, config.godata.outbreaks_at()) {
        (Some(_), Some(at)) if config.godata.has_several_outbreaks() => {
            let message = "an engine counts a snapshot, and a snapshot holds one outbreak";
            let advice = "Name one outbreak, or remove `[engine]`, and the reports over all of them are computed here.";
            vec![config.problem(&at, message).advice(advice)]
        }
        _ => Vec::new(),
    }
}
