//! Evaluation with SQL's three-valued logic: no truth value means *unknown*.
//!
//! The hot path of a pass: a handful of conditions for each of a million records. Nothing here allocates or fails.

use super::expr::{Arithmetic, Case, Comparison, Expr, Fold, FoldFunction};
use crate::record::Joined;
use crate::value::Value;
use jiff::civil::Date;
use jiff::{SignedDuration, Span};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::cmp::Ordering;

/// What a condition looks at: a record, and inside a list the element at an index.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) record: Joined<'a>,
    pub(super) index: usize,
    /// What a rule's names stand for; a condition over records has none.
    pub(super) numbers: &'a [Option<Decimal>],
}

impl Expr {
    /// The truth of a condition.
    pub(super) fn truth(&self, row: Row<'_>) -> Option<bool> {
        match self {
            Expr::Bool(flag) => Some(*flag),
            Expr::Compare(comparison, pair) => {
                let [left, right] = &**pair;
                comparison.holds(left.value(row), right.value(row))
            }
            Expr::And(conditions) => {
                let mut all = Some(true);
                for condition in conditions {
                    match condition.truth(row) {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => all = None,
                    }
                }
                all
            }
            Expr::Or(conditions) => {
                let mut any = Some(false);
                for condition in conditions {
                    match condition.truth(row) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => any = None,
                    }
                }
                any
            }
            Expr::Not(condition) => condition.truth(row).map(|truth| !truth),
            Expr::Is(condition, flag) => Some(condition.truth(row) == Some(*flag)),
            Expr::IsNull(value) => Some(value.value(row).is_null()),
            Expr::In(value, list) => is_in(value.value(row), list, row),
            Expr::InTexts(value, set) => match value.value(row) {
                Value::Text(text) if set.texts.contains(text) => Some(true),
                Value::Null => None,
                _ => (!set.has_null).then_some(false),
            },
            Expr::Between(three) => is_between(three, row),
            Expr::Like(value, pattern) => value.value(row).text().map(|text| pattern.matches(text)),
            Expr::Exists(list, condition) => Some((0..(list.len)(row.record)).any(|index| {
                let row = Row { index, ..row };
                condition.as_ref().is_none_or(|condition| condition.truth(row) == Some(true))
            })),
            _ => match self.value(row) {
                Value::Bool(flag) => Some(flag),
                _ => None,
            },
        }
    }

    /// The value of an expression.
    pub(super) fn value<'a>(&'a self, row: Row<'a>) -> Value<'a> {
        match self {
            Expr::Null => Value::Null,
            Expr::Text(text) => Value::Text(text),
            Expr::Number(number) => Value::Number(*number),
            Expr::Date(date) => Value::Date(*date),
            Expr::Given(index) => row.numbers.get(*index).copied().flatten().into(),
            Expr::Field(field) => (field.get)(row.record),
            Expr::Element(field) => (field.get)(row.record, row.index),
            Expr::Negate(inner) => inner.value(row).number().map(|number| -number).into(),
            Expr::Arithmetic(operation, pair) => {
                let [left, right] = &**pair;
                operation.apply(left.value(row), right.value(row)).unwrap_or(Value::Null)
            }
            Expr::Coalesce(values) => {
                values.iter().map(|value| value.value(row)).find(|value| !value.is_null()).unwrap_or(Value::Null)
            }
            Expr::Case(case) => case.taken(row).value(row),
            Expr::Fold(fold) => fold.value(row),
            condition => condition.truth(row).into(),
        }
    }
}

impl Case {
    fn taken(&self, row: Row<'_>) -> &Expr {
        let operand = self.operand.as_ref().map(|operand| operand.value(row));
        let arm = self.arms.iter().find(|(when, _)| {
            let truth = match operand {
                Some(operand) => Comparison::Equal.holds(operand, when.value(row)),
                None => when.truth(row),
            };
            truth == Some(true)
        });
        arm.map_or(&self.otherwise, |(_, then)| then)
    }
}

impl Fold {
    /// As in SQL: elements without a value are left out, and of none at all only the count says something. A sum beyond the
    /// range of exact numbers is null.
    fn value<'a>(&'a self, row: Row<'a>) -> Value<'a> {
        let (mut n, mut folded) = (0_u32, Value::Null);
        for index in 0..(self.list.len)(row.record) {
            let row = Row { index, ..row };
            if self.condition.as_ref().is_some_and(|condition| condition.truth(row) != Some(true)) {
                continue;
            }
            n += 1;
            let value = self.value.as_ref().map_or(Value::Null, |value| value.value(row));
            folded = match (self.function, folded, value) {
                (_, folded, Value::Null) => folded,
                (_, Value::Null, value) => value,
                (FoldFunction::Sum, Value::Number(sum), Value::Number(number)) => match sum.checked_add(number) {
                    Some(sum) => sum.into(),
                    None => return Value::Null,
                },
                (FoldFunction::Min, folded, value) if order(value, folded) == Some(Ordering::Less) => value,
                (FoldFunction::Max, folded, value) if order(value, folded) == Some(Ordering::Greater) => value,
                (_, folded, _) => folded,
            };
        }
        if self.function == FoldFunction::Count { n.into() } else { folded }
    }
}

impl Comparison {
    fn holds(self, left: Value<'_>, right: Value<'_>) -> Option<bool> {
        match self {
            Self::Equal => equal(left, right),
            Self::NotEqual => equal(left, right).map(|equal| !equal),
            Self::Less => order(left, right).map(Ordering::is_lt),
            Self::LessOrEqual => order(left, right).map(Ordering::is_le),
            Self::Greater => order(left, right).map(Ordering::is_gt),
            Self::GreaterOrEqual => order(left, right).map(Ordering::is_ge),
        }
    }
}

impl Arithmetic {
    /// Nothing where the result is not a number or a date: a division by zero, a day outside the calendar, part of a day.
    fn apply<'a>(self, left: Value<'_>, right: Value<'_>) -> Option<Value<'a>> {
        let result = match (self, left, right) {
            (Self::Add, Value::Number(left), Value::Number(right)) => left.checked_add(right)?.into(),
            (Self::Subtract, Value::Number(left), Value::Number(right)) => left.checked_sub(right)?.into(),
            (Self::Multiply, Value::Number(left), Value::Number(right)) => left.checked_mul(right)?.into(),
            (Self::Divide, Value::Number(left), Value::Number(right)) => left.checked_div(right)?.into(),
            (Self::Add, Value::Date(date), Value::Number(days))
            | (Self::Add, Value::Number(days), Value::Date(date)) => days_later(date, days)?.into(),
            (Self::Subtract, Value::Date(date), Value::Number(days)) => days_later(date, -days)?.into(),
            (Self::Subtract, Value::Date(left), Value::Date(right)) => Decimal::from(days_between(right, left)).into(),
            _ => return None,
        };
        Some(result)
    }
}

fn equal(left: Value<'_>, right: Value<'_>) -> Option<bool> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left == right),
        (Value::Bool(left), Value::Bool(right)) => Some(left == right),
        _ => order(left, right).map(Ordering::is_eq),
    }
}

fn order(left: Value<'_>, right: Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (Value::Number(left), Value::Number(right)) if left.scale() == 0 && right.scale() == 0 => {
            Some(left.mantissa().cmp(&right.mantissa()))
        }
        (Value::Number(left), Value::Number(right)) => Some(left.cmp(&right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(&right)),
        _ => None,
    }
}

fn is_in<'a>(value: Value<'a>, list: &'a [Expr], row: Row<'a>) -> Option<bool> {
    if value.is_null() {
        return None;
    }
    let mut found = Some(false);
    for item in list {
        match equal(value, item.value(row)) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => found = None,
        }
    }
    found
}

fn is_between(three: &[Expr; 3], row: Row<'_>) -> Option<bool> {
    let [value, low, high] = three;
    let value = value.value(row);
    let above = Comparison::GreaterOrEqual.holds(value, low.value(row));
    if above == Some(false) {
        return above;
    }
    match Comparison::LessOrEqual.holds(value, high.value(row)) {
        Some(true) => above,
        other => other,
    }
}

fn days_later(date: Date, days: Decimal) -> Option<Date> {
    let whole = days.is_integer().then(|| days.to_i64())??;
    date.checked_add(Span::new().try_days(whole).ok()?).ok()
}

fn days_between(from: Date, to: Date) -> i64 {
    const SECONDS_A_DAY: i64 = 86_400;
    let apart: SignedDuration = from.duration_until(to);
    apart.as_secs() / SECONDS_A_DAY
}
