//! Data elements of indicators and statements, and the option sets of statements.

use super::drawing::Drawing;
use super::identity::{Identity, code_of, in_words};
use crate::config::model::{Destined, IndicatorModel, Located, StatementModel};
use epi::indicator::{Indicator, Measure, Window};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What writes into a data element.
#[derive(Clone, Copy)]
enum Writer<'c> {
    Indicator(&'c IndicatorModel),
    Statement(&'c StatementModel),
}

impl<'c> Writer<'c> {
    fn code(self) -> &'c str {
        match self {
            Self::Indicator(model) => &model.indicator.code,
            Self::Statement(model) => &model.statement.code,
        }
    }

    fn title(self) -> String {
        let (code, title) = match self {
            Self::Indicator(model) => (&model.indicator.code, &model.indicator.title),
            Self::Statement(model) => (&model.statement.code, &model.statement.title),
        };
        // Without a title, the code stands for it.
        if code == title { in_words(code) } else { title.clone() }
    }

    fn goes_to(self) -> Option<&'c Destined> {
        match self {
            Self::Indicator(model) => model.goes_to.as_ref(),
            Self::Statement(model) => Some(&model.goes_to),
        }
    }

    fn options(self) -> &'c [Located<String>] {
        self.goes_to().map(|goes_to| goes_to.options.as_slice()).unwrap_or_default()
    }

    /// Its dimensions, in the order of the configuration.
    fn dimensions(self) -> Vec<usize> {
        match self {
            Self::Indicator(model) => model.indicator.by.iter().copied().collect::<BTreeSet<_>>().into_iter().collect(),
            Self::Statement(_) => Vec::new(),
        }
    }

    fn value_type(self) -> &'static str {
        match self {
            Self::Indicator(model) => match model.indicator.measure {
                Measure::Count | Measure::CountDistinct(_) => "INTEGER_ZERO_OR_POSITIVE",
                _ => "NUMBER",
            },
            Self::Statement(model) => stated_type(&values(model)),
        }
    }
}

impl<'c> Drawing<'c> {
    /// Draws the data elements; the UIDs of those of each data set come back.
    pub(super) fn elements(&mut self, titles: &[String]) -> Vec<Vec<String>> {
        let mut filled: Vec<Vec<String>> = vec![Vec::new(); titles.len()];
        let mut of_element: BTreeMap<String, Vec<Writer<'c>>> = BTreeMap::new();
        let mut in_order: Vec<(usize, Identity)> = Vec::new();
        for writer in self.writers() {
            let position = self.position(writer.goes_to());
            let identity = self.element_identity(writer);
            self.elements.insert(writer.code().to_owned(), identity.clone());
            let writers = of_element.entry(identity.id.clone()).or_default();
            if writers.is_empty() {
                in_order.push((position, identity));
            }
            writers.push(writer);
        }
        for (position, identity) in in_order {
            if let Some(list) = filled.get_mut(position) {
                list.push(identity.id.clone());
            }
            let title = titles.get(position).cloned().unwrap_or_default();
            let writers = of_element.remove(&identity.id).unwrap_or_default();
            self.element(&identity, &writers, &title);
        }
        filled
    }

    /// Everything that is sent, or would be if it had a data element: an indicator that rules or totals mention may be for
    /// those alone.
    fn writers(&mut self) -> Vec<Writer<'c>> {
        let report = self.report;
        let in_rules = report.statements.iter().flat_map(|model| &model.statement.rules);
        let used: BTreeSet<usize> = in_rules.flat_map(|(rule, _)| rule.used().iter().copied()).collect();
        let mut writers = Vec::new();
        for (position, model) in report.indicators.iter().enumerate() {
            if model.goes_to.is_none() && used.contains(&position) {
                self.not_sent.push(model.indicator.code.clone());
            } else {
                writers.push(Writer::Indicator(model));
            }
        }
        writers.extend(report.statements.iter().map(Writer::Statement));
        writers
    }

    /// The data set that a data element is of: the one that was said, else the first.
    fn position(&self, goes_to: Option<&Destined>) -> usize {
        let said = goes_to.and_then(|goes_to| goes_to.data_set.as_ref());
        said.and_then(|said| self.report.data_sets.iter().position(|one| one.value == said.value)).unwrap_or(0)
    }

    fn element_identity(&mut self, writer: Writer<'_>) -> Identity {
        let generated = code_of(&[&self.report.name, writer.code()]);
        let scheme = self.config.dhis2.id_schemes.data_element;
        match writer.goes_to() {
            Some(goes_to) => self.identity("dataElement", &goes_to.data_element, scheme, &generated),
            None => Identity::generated("dataElement", &generated),
        }
    }

    fn element(&mut self, identity: &Identity, writers: &[Writer<'c>], of: &str) {
        let Some(first) = writers.first().copied() else { return };
        let dimensions = first.dimensions();
        let n_options = first.options().len();
        for other in &writers[1..] {
            if other.dimensions() != dimensions || other.options().len() != n_options {
                let span = match other {
                    Writer::Indicator(model) => &model.span,
                    Writer::Statement(model) => &model.span,
                };
                let message =
                    format!("`{}` and `{}` disaggregate one data element otherwise", first.code(), other.code());
                let advice = "A data element has one category combo: give both the same `by` and as many `options`.";
                let problem = self.config.problem(span, message).advice(advice);
                self.problems.push(problem);
                return;
            }
        }
        let fixed = (0..n_options).map(|at| writers.iter().map(|writer| &writer.options()[at]).collect()).collect();
        let combo = self.category_combo(&dimensions, fixed);
        let types: BTreeSet<&str> = writers.iter().map(|writer| writer.value_type()).collect();
        let value_type = if types.len() == 1 { first.value_type() } else { "NUMBER" };
        let title = first.title();
        let (name, short_name) = self.names("dataElements", &title, Some(of));
        let mut body = json!({
            "name": name,
            "shortName": short_name,
            "formName": title,
            "domainType": "AGGREGATE",
            "valueType": value_type,
            "aggregationType": aggregation_type(first),
            "zeroIsSignificant": true,
            "categoryCombo": { "id": combo },
        });
        if let (Writer::Statement(model), "TEXT") = (first, value_type) {
            let set = self.option_set(model, &title, of);
            body["optionSet"] = json!({ "id": set });
        }
        self.put("dataElements", identity, body);
    }

    fn option_set(&mut self, model: &StatementModel, title: &str, of: &str) -> String {
        let code = code_of(&[&self.report.name, &model.statement.code]);
        let identity = Identity::generated("optionSet", &code);
        let (name, _) = self.names("optionSets", title, Some(of));
        let mut options = Vec::new();
        for (at, value) in values(model).into_iter().enumerate() {
            let option = Identity::generated("option", &format!("{code}\0{value}"));
            let body = json!({
                "name": in_words(value),
                "sortOrder": at + 1,
                "optionSet": { "id": identity.id },
            });
            self.put_without_code("options", &option, body);
            if let Some(object) = self.objects.last_mut() {
                object.body.insert("code".to_owned(), json!(value));
            }
            options.push(json!({ "id": option.id }));
        }
        let body = json!({ "name": name, "valueType": "TEXT", "options": options });
        self.put("optionSets", &identity, body);
        identity.id
    }
}

/// The values that a statement can have: of the rules in their order, `otherwise`, and what people stated.
fn values(model: &StatementModel) -> Vec<&str> {
    let rules = model.statement.rules.iter().map(|(_, value)| value.as_str());
    let stated = model.stated.iter().flat_map(|table| &table.rows).map(|row| row.value.as_str());
    let mut seen = BTreeSet::new();
    let all = rules.chain(model.statement.otherwise.as_deref()).chain(stated);
    all.filter(|value| seen.insert(*value)).collect()
}

/// Yes and no, a day, or one of some texts.
fn stated_type(values: &[&str]) -> &'static str {
    let all = |is: fn(&str) -> bool| !values.is_empty() && values.iter().all(|value| is(value));
    if all(|value| matches!(value, "true" | "false")) {
        "BOOLEAN"
    } else if all(|value| value.len() == 10 && value.parse::<jiff::civil::Date>().is_ok()) {
        "DATE"
    } else {
        "TEXT"
    }
}

/// How DHIS2 puts values of several periods and places together. What stands at a moment, or counts up from the beginning,
/// cannot be added over periods: the last one holds, summed over places.
fn aggregation_type(writer: Writer<'_>) -> Value {
    let Writer::Indicator(model) = writer else { return json!("NONE") };
    json!(aggregation_of(&model.indicator))
}

fn aggregation_of(indicator: &Indicator) -> &'static str {
    match (&indicator.measure, indicator.window) {
        (Measure::Average(_) | Measure::Median(_), _) => "AVERAGE",
        (Measure::Min(_), _) => "MIN",
        (Measure::Max(_), _) => "MAX",
        (_, Window::During) => "SUM",
        (_, Window::AtEnd | Window::UpTo) => "LAST",
        // Whoever is in three weeks is one person, not three.
        (_, Window::Overlapping) => "AVERAGE_SUM_ORG_UNIT",
    }
}
