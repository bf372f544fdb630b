//! Indicators: conditions, date bases, measures.

use super::Checker;
use super::dimension::{a, named};
use crate::config::model::{IndicatorModel, TextPlace};
use crate::config::near::{near, suggestion};
use crate::config::problem::{NOWHERE, Problem};
use crate::config::raw::{self, At};
use epi::basis::DateBasis;
use epi::condition::{Condition, ConditionError, Expression};
use epi::field::{Domain, Field, Table};
use epi::indicator::{Indicator, Measure, Window};
use epi::record::RecordKind;
use epi::value::ValueType;

/// Digits of an average when nothing is said.
const DEFAULT_DECIMALS: u32 = 2;

impl Checker<'_> {
    pub(super) fn indicator(&mut self, raw: &raw::Indicator, dimensions: &[raw::Dimension]) -> Option<IndicatorModel> {
        let kinds = match raw.of {
            raw::Of::Case => vec![RecordKind::Case],
            raw::Of::Contact => vec![RecordKind::Contact],
            raw::Of::ContactOfContact => vec![RecordKind::ContactOfContact],
            raw::Of::Person => RecordKind::PERSONS.to_vec(),
            raw::Of::FollowUp => vec![RecordKind::FollowUp],
            raw::Of::LabResult => vec![RecordKind::LabResult],
            raw::Of::Relationship => vec![RecordKind::Relationship],
            raw::Of::Event => vec![RecordKind::Event],
        };
        let table = kinds.first()?.table();
        let condition = raw.condition.as_ref().map_or(Some(None), |at| self.condition(table, at).map(Some));
        let (when, when_at) = self.when(table, &raw.when, raw.window.as_ref());
        let place = raw.place.as_ref().map_or(table.default_place(), |at| self.location(table, at));
        let measured = raw.measure.as_ref().map_or(Some((Measure::Count, None)), |at| self.measure(table, at));
        let codes: Vec<_> = raw.by.iter().chain(&raw.attribute_by).collect();
        let by = self.by(table, &codes, dimensions);
        let goes_to = self.goes_to(raw);
        if let Some(goes_to) = &goes_to {
            self.options_once(goes_to, &codes, dimensions);
        }
        let (measure, measure_at) = measured.unzip();
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
            measure_at: measure_at.flatten(),
            condition_at: raw.condition.as_ref().map(|at| TextPlace::new(&self.source, at.get(), at.span())),
        })
    }

    fn condition(&mut self, table: &'static Table, at: &At<String>) -> Option<Condition> {
        match Condition::parse_of(table, at.get()) {
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
        table: &'static Table,
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
            match DateBasis::parse_of(table, text) {
                Ok(basis) if basis.is_interval() == needs_interval || !known => bases.push(basis),
                Ok(basis) if basis.is_interval() => {
                    let advice = "Use `first(...)` or `last(...)`, or the window `at_end` or `overlapping`.";
                    self.at(span.clone(), format!("`{basis}` gives intervals, but the window needs a date"))
                        .advice(advice);
                }
                Ok(basis) => {
                    let advice = "Use intervals, such as `stays WHERE type = 'HOSPITALIZATION'` or `date_of_onset TO date_of_outcome`.";
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

    fn location(&mut self, table: &'static Table, at: &At<String>) -> Option<&'static Field> {
        let field = self.field(table, at)?;
        if field.domain != Domain::Location {
            self.at(at.span(), format!("`{}` is not a place", field.name)).advice(format!("Use `{}`.", table.place));
            return None;
        }
        Some(field)
    }

    fn by(&mut self, table: &Table, codes: &[&At<String>], dimensions: &[raw::Dimension]) -> Vec<usize> {
        let mut by = Vec::new();
        let readable = dimensions.iter().all(|dimension| dimension.code.span() != NOWHERE);
        for code in codes {
            match dimensions.iter().position(|d| d.code.get() == code.get()) {
                Some(index) if by.contains(&index) => {
                    self.at(code.span(), format!("dimension `{}` stands twice", code.get()))
                        .advice("Keep one of the two.");
                }
                Some(index) => {
                    let field = named(dimensions[index].field.get());
                    if let Some(field) = field.filter(|field| table.grouping_like(field).is_none()) {
                        let message = format!(
                            "dimension `{}` groups by `{}`, and `{}` records have no such field",
                            code.get(),
                            field.name,
                            table.name.name()
                        );
                        self.at(code.span(), message).advice("Leave the dimension out, or use another one.");
                    }
                    by.push(index);
                }
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

    fn measure(&mut self, table: &'static Table, at: &At<String>) -> Option<(Measure, Option<TextPlace>)> {
        let text = at.get().as_str();
        let (word, rest) = first_word(text);
        let make: fn(Expression) -> Measure = match (&*word.to_lowercase(), rest.is_empty()) {
            ("count", true) => return Some((Measure::Count, None)),
            ("count", false) => {
                let (second, rest) = first_word(rest);
                if !second.eq_ignore_ascii_case("distinct") {
                    return self.unknown_measure(at);
                }
                if rest.is_empty() {
                    self.at(at.span(), "measure `count distinct` needs a field")
                        .advice("Write for example `count distinct occupation`.");
                    return None;
                }
                return self.measured(table, at, rest, Measure::CountDistinct);
            }
            ("sum", false) => Measure::Sum,
            ("average", false) => Measure::Average,
            ("min", false) => Measure::Min,
            ("max", false) => Measure::Max,
            ("median", false) => Measure::Median,
            (known, true) if FIELD_MEASURES.contains(&known) => {
                self.at(at.span(), format!("measure `{known}` needs a field"))
                    .advice(format!("Write for example `{known} age_years`."));
                return None;
            }
            _ => return self.unknown_measure(at),
        };
        self.measured(table, at, rest, make)
    }

    /// What is measured: `text` is the end of the measure's.
    fn measured(
        &mut self,
        table: &'static Table,
        at: &At<String>,
        text: &str,
        make: fn(Expression) -> Measure,
    ) -> Option<(Measure, Option<TextPlace>)> {
        let whole = TextPlace::new(&self.source, at.get(), at.span());
        let start = at.get().len() - text.len();
        let expression = match Expression::parse_of(table, text) {
            Ok(expression) => expression,
            Err(errors) => {
                let advice = "A measure takes a field, such as `age_years`, or a calculation.";
                self.errors(&whole, start, errors, advice);
                return None;
            }
        };
        let measure = make(expression);
        let is_distinct = matches!(measure, Measure::CountDistinct(_));
        let fits = if is_distinct { ValueType::Text } else { ValueType::Number };
        let found = measure.expression().and_then(Expression::value_type);
        if found != Some(fits) {
            let is = found.map_or("always empty".to_owned(), a);
            let what = text.trim_end();
            let message = format!("`{what}` is {is}, but this measure needs {}", a(fits));
            let advice = match is_distinct {
                true => "Different values are counted of a text, such as `visual_id`.",
                false => "A number is for example `age_years`, or `date_of_reporting - date_of_onset`.",
            };
            self.at(whole.part(&(start..start + what.len())), message).advice(advice);
            return None;
        }
        Some((measure, Some(whole.from(start))))
    }

    fn unknown_measure<T>(&mut self, at: &At<String>) -> Option<T> {
        let (first, _) = first_word(at.get());
        let first = first.to_lowercase();
        let advice = match near(&first, &FIELD_MEASURES).filter(|near| *near != first) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => MEASURES_ADVICE.to_owned(),
        };
        self.at(at.span(), format!("unknown measure `{}`", at.get())).advice(advice);
        None
    }

    fn place_errors(&mut self, place: &TextPlace, errors: Vec<ConditionError>) {
        let advice = "A condition compares fields with values, such as `classification = 'CONFIRMED'`.";
        self.errors(place, 0, errors, advice);
    }

    /// Enters errors of a text that begins `start` bytes behind a place's.
    fn errors(&mut self, place: &TextPlace, start: usize, errors: Vec<ConditionError>, advice: &str) {
        for error in errors {
            let span = error.span.start + start..error.span.end + start;
            let mut problem = Problem::at(&self.source, place.part(&span), error.message);
            problem.advice = error.hint.or_else(|| Some(advice.to_owned()));
            self.problems.push(problem);
        }
    }
}

fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

const FIELD_MEASURES: [&str; 6] = ["count", "sum", "average", "min", "max", "median"];
const MEASURES_ADVICE: &str = "Use `count`, `count distinct F`, `sum F`, `average F`, `min F`, `max F` or `median F`, \
                               where F is a field or a calculation.";

fn window(given: Option<&At<raw::Window>>) -> Window {
    match given.map(At::get).copied().unwrap_or_default() {
        raw::Window::During => Window::During,
        raw::Window::AtEnd => Window::AtEnd,
        raw::Window::UpTo => Window::UpTo,
        raw::Window::Overlapping => Window::Overlapping,
    }
}
