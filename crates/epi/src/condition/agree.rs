//! Values that stand side by side have one type: both sides of a comparison, a list, the results of a `CASE`.

use super::expr::Expr;
use super::lex::Lexed;
use super::scope::{Found, nearest};
use super::{ConditionError, Constant};
use crate::field::{Domain, short_value};
use crate::value::ValueType;
use jiff::civil::Date;
use std::ops::Range;

/// An expression whose type is known.
pub(super) struct Typed {
    pub(super) expr: Expr,
    /// None of `NULL`, which goes with every type.
    pub(super) value_type: Option<ValueType>,
    pub(super) span: Range<usize>,
    /// The field from which the value comes, where it is one field's.
    pub(super) field: Option<Found>,
    /// A constant as it was written, which may still be read as a date.
    pub(super) is_literal: bool,
}

impl Typed {
    pub(super) fn new(expr: Expr, value_type: Option<ValueType>, span: Range<usize>) -> Self {
        Self { expr, value_type, span, field: None, is_literal: false }
    }

    fn text_literal(&self) -> Option<&str> {
        match &self.expr {
            Expr::Text(text) if self.is_literal => Some(text),
            _ => None,
        }
    }
}

/// Why values stand side by side, which decides the message and whether a text names a value of the field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// `=`, `IN`, the arms of a `CASE` with an operand.
    Equality,
    /// `<`, `BETWEEN`.
    Order,
    /// Results of `CASE`, arguments of `COALESCE`.
    Results,
}

/// Errors and constants that come up while values are brought together.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) errors: Vec<ConditionError>,
    pub(super) constants: Vec<Constant>,
}

impl Findings {
    /// Finds the one type of all values, reads texts as dates and as the field's values where that is what they are.
    /// Whether they agree.
    pub(super) fn agree(&mut self, lexed: &Lexed<'_>, values: &mut [&mut Typed], beside: Beside) -> bool {
        let typed = |value: &&mut Typed| value.value_type.is_some();
        let is_text = |value: &&mut Typed| value.text_literal().is_some();
        let Some(leader) =
            (values.iter().position(|value| typed(value) && !is_text(value))).or_else(|| values.iter().position(typed))
        else {
            return true;
        };
        let (wanted, field) = (values[leader].value_type, values.iter().find_map(|value| value.field));
        let mut agreed = true;
        for index in 0..values.len() {
            let Some(found) = values[index].value_type else { continue };
            if wanted == Some(ValueType::Date) && values[index].text_literal().is_some() {
                agreed &= self.read_as_date(lexed, values[index]);
            } else if Some(found) != wanted {
                self.errors.push(disagreement(lexed, values[leader], values[index], beside));
                agreed = false;
            } else if beside != Beside::Order
                && let Some(field) = field
            {
                agreed &= self.read_as_value(lexed, values[index], field);
            }
        }
        agreed
    }

    /// Reads a text literal as a date.
    pub(super) fn read_as_date(&mut self, lexed: &Lexed<'_>, value: &mut Typed) -> bool {
        let date = value.text_literal().and_then(date);
        let Some(date) = date else {
            let message = format!("{} is not a date", lexed.source(&value.span));
            self.errors.push(
                ConditionError::new(value.span.clone(), message)
                    .hint("A date is written year-month-day: '2020-01-31'."),
            );
            return false;
        };
        (value.expr, value.value_type) = (Expr::Date(date), Some(ValueType::Date));
        true
    }

    /// Shortens a full reference id as the records hold it, checks a value of a closed list, and notes the constant.
    fn read_as_value(&mut self, lexed: &Lexed<'_>, value: &mut Typed, field: Found) -> bool {
        let Some(text) = value.text_literal() else { return true };
        let domain = field.domain();
        let text = match domain {
            Domain::Reference(category) => short_value(category, text).to_owned(),
            Domain::Free | Domain::OneOf(_) | Domain::Location | Domain::Outbreak | Domain::OutbreakId => {
                text.to_owned()
            }
        };
        if let Domain::OneOf(known) = domain
            && !known.contains(&text.as_str())
        {
            let message = format!("unknown value {} of `{}`", lexed.source(&value.span), field.name());
            let hint = match nearest(&text, known.iter().copied()) {
                Some(near) => format!("Did you mean '{near}'?"),
                None => format!("It is one of '{}'.", known.join("', '")),
            };
            self.errors.push(ConditionError::new(value.span.clone(), message).hint(hint));
            return false;
        }
        value.expr = Expr::Text(text.as_str().into());
        self.constants.push(Constant {
            list: field.list().map(|list| list.name),
            field: field.name(),
            domain,
            value: text,
            span: lexed.literal_within(&value.span),
        });
        true
    }
}

/// The part of a sentence that says a type: `age_years` is *a number*.
pub(super) fn noun(value_type: Option<ValueType>) -> &'static str {
    match value_type {
        Some(ValueType::Text) => "text",
        Some(ValueType::Number) => "a number",
        Some(ValueType::Date) => "a date",
        Some(ValueType::Bool) => "true or false",
        None => "null",
    }
}

/// Source in a message; long or broken source would bury it.
pub(super) fn quoted(lexed: &Lexed<'_>, value: &Typed) -> String {
    const QUOTED_LENGTH_MAX: usize = 40;
    let source = lexed.source(&value.span);
    if source.len() > QUOTED_LENGTH_MAX || source.contains('\n') { "this".into() } else { format!("`{source}`") }
}

fn disagreement(lexed: &Lexed<'_>, wanted: &Typed, found: &Typed, beside: Beside) -> ConditionError {
    let (left, right) = (noun(wanted.value_type), noun(found.value_type));
    let message = match beside {
        Beside::Equality | Beside::Order => {
            format!("{} is {left} and is compared with {right}", quoted(lexed, wanted))
        }
        Beside::Results => {
            format!("{} is {right} where {} is {left}", quoted(lexed, found), quoted(lexed, wanted))
        }
    };
    let error = ConditionError::new(found.span.clone(), message);
    let source = lexed.source(&found.span);
    match (wanted.value_type, &found.expr) {
        (Some(ValueType::Number), Expr::Text(text)) if text.parse::<rust_decimal::Decimal>().is_ok() => {
            error.hint(format!("A number is written without quotes: {text}."))
        }
        (Some(ValueType::Text), Expr::Number(_)) => error.hint(format!("A text is written in quotes: '{source}'.")),
        (Some(ValueType::Bool), Expr::Text(_) | Expr::Number(_)) if wanted.field.is_some() => {
            error.hint("It is compared with TRUE or FALSE, without quotes.")
        }
        (Some(ValueType::Date), Expr::Number(_)) => error.hint("A date is written year-month-day: '2020-01-31'."),
        (Some(ValueType::Bool), _) if beside != Beside::Results => error.hint("Join two comparisons with AND."),
        (_, _) if beside == Beside::Results => error.hint("All results have one type."),
        _ => error,
    }
}

/// A date in the one form `2020-01-31`; jiff alone would also take times and basic dates.
fn date(text: &str) -> Option<Date> {
    let form = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    if form { text.parse().ok() } else { None }
}
