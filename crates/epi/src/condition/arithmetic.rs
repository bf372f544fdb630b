//! Which sums are possible: numbers with numbers, days between dates, a date some days away.

use super::agree::{Typed, noun, quoted};
use super::check::Checker;
use super::expr::{Arithmetic, Expr};
use super::refuse::POSSIBLE;
use super::scope::Scope;
use crate::value::ValueType;
use rust_decimal::Decimal;
use sqlparser::ast::{BinaryOperator, Expr as Ast};

impl Checker<'_> {
    pub(super) fn arithmetic(&mut self, left: &Ast, op: &BinaryOperator, right: &Ast, scope: Scope) -> Option<Typed> {
        let (left, right) = (self.expr(left, scope), self.expr(right, scope));
        let (left, right) = (left?, right?);
        let operation = match op {
            BinaryOperator::Plus => Arithmetic::Add,
            BinaryOperator::Minus => Arithmetic::Subtract,
            BinaryOperator::Multiply => Arithmetic::Multiply,
            BinaryOperator::Divide => Arithmetic::Divide,
            _ if self.has_refusals => return None,
            _ => {
                let between = self.lexed.source(&(left.span.end..right.span.start)).trim();
                let message = format!("`{between}` is not possible in a condition");
                return self.refuse(left.span.end..right.span.start, message, POSSIBLE);
            }
        };
        let span = left.span.start..right.span.end;
        if operation == Arithmetic::Divide && is_nothing(&right.expr) {
            let message = format!("{} is divided by nothing", quoted(self.lexed, &left));
            let hint = "A division by zero or by NULL has no result, whatever the record says.";
            return self.refuse(right.span, message, hint);
        }
        let (Some(left_type), Some(right_type)) = (left.value_type, right.value_type) else {
            return Some(Typed::new(Expr::Null, None, span));
        };
        let Some(result) = result(operation, left_type, right_type) else {
            return self.no_result(operation, &left, &right);
        };
        let expr = Expr::Arithmetic(operation, Box::new([left.expr, right.expr]));
        Some(Typed::new(expr, Some(result), span))
    }

    fn no_result(&mut self, operation: Arithmetic, left: &Typed, right: &Typed) -> Option<Typed> {
        let (sign, hint) = match operation {
            Arithmetic::Add => ("+", "Numbers are added to numbers or, as days, to a date."),
            Arithmetic::Subtract => {
                ("-", "A date minus a date is the number of days between them; a date minus days is a date.")
            }
            Arithmetic::Multiply => ("*", "Only numbers are multiplied."),
            Arithmetic::Divide => ("/", "Only numbers are divided."),
        };
        let side = |typed: &Typed| format!("{} is {}", quoted(self.lexed, typed), noun(typed.value_type));
        let message = format!("`{sign}` does not fit: {} and {}", side(left), side(right));
        let is_text = |typed: &Typed| typed.is_literal && typed.value_type == Some(ValueType::Text);
        let hint = if is_text(left) || is_text(right) {
            "In a calculation a date is written with its type: DATE '2020-01-31'."
        } else {
            hint
        };
        self.refuse(left.span.start..right.span.end, message, hint)
    }
}

/// Whether it is zero or null in every record.
fn is_nothing(divisor: &Expr) -> bool {
    matches!(divisor, Expr::Null) || constant(divisor).is_some_and(|number| number.is_zero())
}

/// The value of what looks at no record.
fn constant(expr: &Expr) -> Option<Decimal> {
    match expr {
        Expr::Number(number) => Some(*number),
        Expr::Negate(inner) => constant(inner).map(|number| -number),
        Expr::Arithmetic(operation, pair) => {
            let [left, right] = &**pair;
            let (left, right) = (constant(left)?, constant(right)?);
            match operation {
                Arithmetic::Add => left.checked_add(right),
                Arithmetic::Subtract => left.checked_sub(right),
                Arithmetic::Multiply => left.checked_mul(right),
                Arithmetic::Divide => left.checked_div(right),
            }
        }
        _ => None,
    }
}

fn result(operation: Arithmetic, left: ValueType, right: ValueType) -> Option<ValueType> {
    match (operation, left, right) {
        (_, ValueType::Number, ValueType::Number) => Some(ValueType::Number),
        (Arithmetic::Subtract, ValueType::Date, ValueType::Date) => Some(ValueType::Number),
        (Arithmetic::Add | Arithmetic::Subtract, ValueType::Date, ValueType::Number) => Some(ValueType::Date),
        (Arithmetic::Add, ValueType::Number, ValueType::Date) => Some(ValueType::Date),
        _ => None,
    }
}
