//! Statements: rules over indicators, and what people stated.

use super::{Checker, Stage, located};
use crate::config::model::{Destined, StatementModel, TextPlace};
use crate::config::problem::{NOWHERE, Problem};
use crate::config::raw::{self, At};
use crate::config::stated::{self, StatedTable};
use epi::condition::Rule;
use epi::period::PeriodType;
use epi::statement::Statement;
use std::collections::BTreeSet;
use std::path::Path;

/// Rules of one statement. A classification has a handful.
const RULES_MAX: usize = 100;

impl Checker<'_> {
    /// `units` are the organisation units of the map; without them no file is read.
    pub(super) fn statements(
        &mut self,
        raw: &raw::Report,
        period_type: Option<PeriodType>,
        units: Option<&[&str]>,
        folder: &Path,
    ) -> Vec<Option<StatementModel>> {
        let codes: Vec<&str> = raw.indicator.get().iter().map(|indicator| indicator.code.get().as_str()).collect();
        let statement = |statement: &raw::Statement| {
            let stated = match (&statement.stated, period_type, units) {
                (Some(at), Some(period_type), Some(units)) => Some(self.stated(at, period_type, units, folder)?),
                _ => None,
            };
            self.statement(statement, stated, raw, &codes)
        };
        raw.statement.iter().map(statement).collect()
    }

    fn statement(
        &mut self,
        raw: &raw::Statement,
        stated: Option<StatedTable>,
        report: &raw::Report,
        codes: &[&str],
    ) -> Option<StatementModel> {
        if raw.rules.is_empty() && raw.otherwise.is_none() && raw.stated.is_none() {
            self.at(raw.code.span(), format!("statement `{}` has neither a rule nor a stated value", raw.code.get()))
                .advice("Add `rules`, `otherwise` or `stated`.");
        }
        if raw.rules.len() > RULES_MAX {
            self.at(raw.code.span(), format!("statement `{}` has more than {RULES_MAX} rules", raw.code.get()));
        }
        let rules: Vec<_> = raw.rules.iter().map(|rule| self.rule(rule.get(), report, codes)).collect();
        let values = raw.rules.iter().map(|rule| &rule.get().value).chain(&raw.otherwise);
        let goes_to = Destined {
            data_element: located(&raw.data_element),
            data_set: raw.data_set.as_ref().map(located),
            options: raw.options.iter().map(located).collect(),
            attribute_options: raw.attribute_options.as_ref().map(|list| list.iter().map(located).collect()),
        };
        self.options_once(&goes_to, &[], &[]);
        Some(StatementModel {
            values_at: values.map(At::span).collect(),
            span: raw.code.span(),
            goes_to,
            stated,
            statement: Statement {
                code: raw.code.get().clone(),
                title: raw.title.clone().unwrap_or_else(|| raw.code.get().clone()),
                rules: rules.into_iter().collect::<Option<_>>()?,
                otherwise: raw.otherwise.as_ref().map(|at| at.get().clone()),
            },
        })
    }

    fn rule(&mut self, raw: &raw::Rule, report: &raw::Report, codes: &[&str]) -> Option<(Rule, String)> {
        let at = &raw.condition;
        if at.span() == NOWHERE {
            return None;
        }
        let rule = match Rule::parse(at.get(), codes) {
            Ok(rule) => rule,
            Err(errors) => {
                let place = TextPlace::new(&self.source, at.get(), at.span());
                for error in errors {
                    let mut problem = Problem::at(&self.source, place.part(&error.span), error.message);
                    let advice = "A rule compares indicators with numbers, such as `confirmed_cases = 0`.";
                    problem.advice = error.hint.or_else(|| Some(advice.to_owned()));
                    self.problems.push(problem);
                }
                return None;
            }
        };
        for index in rule.used() {
            let indicator = &report.indicator.get()[*index];
            let measure = indicator.measure.as_ref().map(|at| at.get().to_lowercase());
            let measure = measure.as_deref().unwrap_or("count").split_whitespace().collect::<Vec<_>>().join(" ");
            if measure != "count" && !measure.starts_with("sum ") {
                let message = format!("a rule cannot use `{}`, whose measure is `{measure}`", indicator.code.get());
                self.at(at.span(), message).advice(
                    "A rule looks at the total of a place with the places below it; only counts and sums add up.",
                );
            }
        }
        Some((rule, raw.value.get().clone()))
    }

    /// An indicator without a data element is of use only to a rule.
    pub(super) fn only_for_rules(&mut self, raw: &raw::Report, statements: &[Option<StatementModel>]) {
        if self.stage == Stage::BeforeDhis2 {
            return;
        }
        // Of a statement that could not be read nobody knows what it needs.
        let Some(statements) = statements.iter().map(Option::as_ref).collect::<Option<Vec<_>>>() else { return };
        let rules = statements.iter().flat_map(|model| &model.statement.rules);
        let used: BTreeSet<usize> = rules.flat_map(|(rule, _)| rule.used().iter().copied()).collect();
        for (index, indicator) in raw.indicator.get().iter().enumerate() {
            if indicator.data_element.is_none() && !used.contains(&index) && indicator.code.span() != NOWHERE {
                let message = format!("indicator `{}` has no data element, and no rule uses it", indicator.code.get());
                self.at(indicator.code.span(), message)
                    .advice("Add `data_element`, or name the indicator in a rule of a statement.");
            }
        }
    }

    fn stated(
        &mut self,
        at: &At<String>,
        period_type: PeriodType,
        units: &[&str],
        folder: &Path,
    ) -> Option<StatedTable> {
        match stated::read(&folder.join(at.get()), period_type, units) {
            Ok(table) => Some(table),
            Err(problems) => {
                for problem in problems {
                    let placed = match problem.place {
                        Some(_) => problem,
                        None => Problem { place: Problem::at(&self.source, at.span(), "").place, ..problem },
                    };
                    self.problems.push(placed);
                }
                None
            }
        }
    }
}
