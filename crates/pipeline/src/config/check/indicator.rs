//! Indicators: conditions, date bases, measures.

use super::Checker;
use super::dimension::a;
use crate::config::model::{IndicatorModel, TextPlace};
use crate::config::near::{near, suggestion};
use crate::config::problem::{NOWHERE, Problem};
use crate::config::raw::{self, At};
use epi::basis::DateBasis;
use epi::condition::{Condition, ConditionError};
use epi::field::{self, Domain, Field};
use epi::indicator::{Indicator, Measure, Window};
use epi::record::PersonKind;
use epi::value::ValueType;

/// Digits of an average when nothing is said.
const DEFAULT_DECIMALS: u32 = 2;

impl Checker<'_> {
    pub(super) fn indicator(&mut self, raw: &raw::Indicator, dimensions: &[raw::Dimension]) -> Option<IndicatorModel> {
        let condition = raw.condition.as_ref().map_or(Some(None), |at| self.condition(at).map(Some));
        let (when, when_at) = self.when(&raw.when, raw.window.as_ref());
        let place = raw.place.as_ref().map_or(field::field("residence"), |at| self.location(at));
        let measure = raw.measure.as_ref().map_or(Some(Measure::Count), |at| self.measure(at));
        let codes: Vec<_> = raw.by.iter().chain(&raw.attribute_by).collect();
        let by = self.by(&codes, dimensions);
        let goes_to = self.goes_to(raw);
        if let Some(goes_to) = &goes_to {
            self.options_once(goes_to, &codes, dimensions);
        }
        let kinds = match raw.of {
            raw::Of::Case => vec![PersonKind::Case],
            raw::Of::Contact => vec![PersonKind::Contact],
            raw::Of::ContactOfContact => vec![PersonKind::ContactOfContact],
            raw::Of::Person => PersonKind::ALL.to_vec(),
        };
        let indicator = Indicator {
            code: raw.code.get().clone(),
            title: raw.title.clone().unwrap_or_else(|| raw.code.get().clone()),
            kinds,
            condition: condition?,
            when: when?,
            window: window(raw.window.as_ref()),
            place: place?,
            measure: measure?,
            by,
            decimals: raw.decimals.as_ref().map_or(DEFAULT_DECIMALS, |at| *at.get()),
        };
        Some(IndicatorModel {
            indicator,
            span: raw.code.span(),
            when_span: raw.when.span(),
            when_at,
            goes_to,
            n_attribute_dimensions: raw.attribute_by.len(),
            condition_at: raw.condition.as_ref().map(|at| TextPlace::new(&self.source, at.get(), at.span())),
        })
    }

    fn condition(&mut self, at: &At<String>) -> Option<Condition> {
        match Condition::parse(at.get()) {
            Ok(condition) => Some(condition),
            Err(errors) => {
                let place = TextPlace::new(&self.source, at.get(), at.span());
                self.place_errors(&place, errors);
                None
            }
        }
    }

    fn when(
        &mut self,
        at: &At<raw::OneOrMore>,
        given: Option<&At<raw::Window>>,
    ) -> (Option<Vec<DateBasis>>, Vec<TextPlace>) {
        let items = at.items();
        let needs_interval = window(given).needs_interval();
        // Of a window that could not be read nobody knows what it needs.
        let known = given.is_none_or(|given| given.span() != NOWHERE);
        let (mut bases, mut places) = (Vec::new(), Vec::new());
        for (text, span) in &items {
            let place = TextPlace::new(&self.source, text, span.clone());
            match DateBasis::parse(text) {
                Ok(basis) if basis.is_interval() == needs_interval || !known => bases.push(basis),
                Ok(basis) if basis.is_interval() => {
                    let advice = "Use `first(...)` or `last(...)`, or the window `at_end` or `overlapping`.";
                    self.at(span.clone(), format!("`{basis}` gives intervals, but the window needs a date"))
                        .advice(advice);
                }
                Ok(basis) => {
                    let advice = "Use intervals, such as `stays WHERE type = 'HOSPITALIZATION'`.";
                    self.at(span.clone(), format!("`{basis}` is a date, but the window needs intervals"))
                        .advice(advice);
                }
                Err(errors) => self.place_errors(&place, errors),
            }
            places.push(place);
        }
        if items.is_empty() {
            self.at(at.span(), "`when` names no date").advice("Name a date field, such as `date_of_onset`.");
        }
        ((bases.len() == items.len()).then_some(bases), places)
    }

    fn location(&mut self, at: &At<String>) -> Option<&'static Field> {
        let field = self.field(at)?;
        if field.domain != Domain::Location {
            self.at(at.span(), format!("`{}` is not a place", field.name)).advice("Use `residence`.");
            return None;
        }
        Some(field)
    }

    fn by(&mut self, codes: &[&At<String>], dimensions: &[raw::Dimension]) -> Vec<usize> {
        let mut by = Vec::new();
        let readable = dimensions.iter().all(|dimension| dimension.code.span() != NOWHERE);
        for code in codes {
            match dimensions.iter().position(|d| d.code.get() == code.get()) {
                Some(index) if by.contains(&index) => {
                    self.at(code.span(), format!("dimension `{}` stands twice", code.get()))
                        .advice("Keep one of the two.");
                }
                Some(index) => by.push(index),
                None if readable => {
                    let known: Vec<_> = dimensions.iter().map(|d| d.code.get().as_str()).collect();
                    let advice = suggestion(code.get(), &known);
                    self.at(code.span(), format!("unknown dimension `{}`", code.get())).advice(advice);
                }
                // It may be the one whose code could not be read.
                None => {}
            }
        }
        by
    }

    fn measure(&mut self, at: &At<String>) -> Option<Measure> {
        let lower = at.get().to_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let (make, name): (fn(&'static Field) -> Measure, &str) = match words.as_slice() {
            ["count"] => return Some(Measure::Count),
            ["count", "distinct", name] => (Measure::CountDistinct, name),
            ["sum", name] => (Measure::Sum, name),
            ["average", name] => (Measure::Average, name),
            ["min", name] => (Measure::Min, name),
            ["max", name] => (Measure::Max, name),
            ["median", name] => (Measure::Median, name),
            [only] if FIELD_MEASURES.contains(only) => {
                self.at(at.span(), format!("measure `{only}` needs a field"))
                    .advice(format!("Write for example `{only} age_years`."));
                return None;
            }
            _ => {
                let first = words.first().copied().unwrap_or_default();
                let advice = match near(first, &FIELD_MEASURES).filter(|near| *near != first) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => MEASURES_ADVICE.to_owned(),
                };
                self.at(at.span(), format!("unknown measure `{}`", at.get())).advice(advice);
                return None;
            }
        };
        let place = TextPlace::new(&self.source, at.get(), at.span());
        let start = lower.rfind(name).unwrap_or_default();
        let span = place.part(&(start..start + name.len()));
        let field = self.field_named(name, span.clone())?;
        let measure = make(field);
        let distinct = matches!(measure, Measure::CountDistinct(_));
        let fits = if distinct { ValueType::Text } else { ValueType::Number };
        if field.value_type != fits {
            let message = format!("`{name}` is {}, but this measure needs {}", a(field.value_type), a(fits));
            self.at(span, message);
            return None;
        }
        Some(measure)
    }

    fn place_errors(&mut self, place: &TextPlace, errors: Vec<ConditionError>) {
        for error in errors {
            let mut problem = Problem::at(&self.source, place.part(&error.span), error.message);
            let advice = "A condition compares fields with values, such as `classification = 'CONFIRMED'`.";
            problem.advice = error.hint.or_else(|| Some(advice.to_owned()));
            self.problems.push(problem);
        }
    }
}

const FIELD_MEASURES: [&str; 6] = ["count", "sum", "average", "min", "max", "median"];
const MEASURES_ADVICE: &str = "Use `count`, `count distinct F`, `sum F`, `average F`, `min F`, `max F` or `median F`, \
                               where F is a field.";

fn window(given: Option<&At<raw::Window>>) -> Window {
    match given.map(At::get).copied().unwrap_or_default() {
        raw::Window::During => Window::During,
        raw::Window::AtEnd => Window::AtEnd,
        raw::Window::UpTo => Window::UpTo,
        raw::Window::Overlapping => Window::Overlapping,
    }
}
