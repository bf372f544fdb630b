//! The syntax tree as a typed tree: names are looked up, types are checked, everything else is refused.

use super::agree::{Beside, Findings, Typed, noun, quoted};
use super::expr::{Case, Comparison, Expr};
use super::lex::{Lexed, range};
use super::like::Pattern;
use super::refuse::POSSIBLE;
use super::scope::{Found, Scope, Unknown};
use super::{ConditionError, DEPTH_MAX, Names};
use crate::value::ValueType;
use rust_decimal::Decimal;
use sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr as Ast, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Spanned,
    TypedString, UnaryOperator, Value as Literal, ValueWithSpan,
};
use std::ops::Range;

/// Checks one condition. A method that answers none has noted why.
pub(super) struct Checker<'t> {
    pub(super) lexed: &'t Lexed<'t>,
    pub(super) findings: Findings,
    pub(super) names: Names,
    /// Whether the words were already refused in their own places.
    pub(super) has_refusals: bool,
    /// What the names of a rule stand for; none in a condition over records.
    pub(super) numbers: Option<&'t [&'t str]>,
    depth: usize,
}

impl<'t> Checker<'t> {
    pub(super) fn new(lexed: &'t Lexed<'t>, has_refusals: bool) -> Self {
        Self { lexed, findings: Findings::default(), names: Names::default(), has_refusals, numbers: None, depth: 0 }
    }

    /// An expression that is true, false or unknown.
    pub(super) fn condition(&mut self, node: &Ast, scope: Scope) -> Option<Typed> {
        let typed = self.expr(node, scope)?;
        if matches!(typed.value_type, None | Some(ValueType::Bool)) {
            return Some(typed);
        }
        let message = format!("{} is {}, not a condition", quoted(self.lexed, &typed), noun(typed.value_type));
        self.refuse(typed.span, message, "Compare it with something, or ask whether it IS NULL.")
    }

    /// Any expression.
    pub(super) fn expr(&mut self, node: &Ast, scope: Scope) -> Option<Typed> {
        if self.depth == DEPTH_MAX {
            let message = format!("the condition is nested more than {DEPTH_MAX} deep");
            let everything = 0..self.lexed.text.len();
            if self.findings.errors.iter().all(|error| error.message != message) {
                self.findings.errors.push(ConditionError::new(everything, message));
            }
            return None;
        }
        self.depth += 1;
        let typed = self.expr_within_depth(node, scope);
        self.depth -= 1;
        typed
    }

    fn expr_within_depth(&mut self, node: &Ast, scope: Scope) -> Option<Typed> {
        match node {
            Ast::Identifier(name) if self.numbers.is_some() => self.number_named(&name.value, range(name.span)),
            Ast::CompoundIdentifier(_) | Ast::Exists { .. } | Ast::Subquery(_) if self.numbers.is_some() => {
                self.not_in_a_rule(node)
            }
            Ast::Identifier(name) => self.name(scope, scope.resolve(&name.value), range(name.span)),
            Ast::CompoundIdentifier(parts) => self.compound_name(parts, scope),
            Ast::Value(literal) => self.literal(literal),
            Ast::TypedString(literal) => self.date_literal(literal),
            Ast::Nested(inner) => {
                let inner = self.expr(inner, scope)?;
                let span = self.lexed.start_before(inner.span.start, 1)..self.lexed.end_after(inner.span.end, 1);
                Some(Typed { span, ..inner })
            }
            Ast::UnaryOp { op, expr } => self.unary(*op, expr, scope),
            Ast::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), .. } => self.junction(node, op, scope),
            Ast::BinaryOp { left, op, right } => match comparison(op) {
                Some(comparison) => self.comparison(left, comparison, right, scope),
                None => self.arithmetic(left, op, right, scope),
            },
            Ast::InList { expr, list, negated } => self.in_list(expr, list, *negated, scope),
            Ast::Between { expr, negated, low, high } => self.between([expr, low, high], *negated, scope),
            Ast::Like { negated, any: false, expr, pattern, escape_char: None } => {
                self.like(expr, pattern, *negated, scope)
            }
            Ast::IsNull(expr) => self.is_null(expr, false, scope),
            Ast::IsNotNull(expr) => self.is_null(expr, true, scope),
            Ast::IsTrue(expr) => self.is_flag(expr, true, false, scope),
            Ast::IsNotTrue(expr) => self.is_flag(expr, true, true, scope),
            Ast::IsFalse(expr) => self.is_flag(expr, false, false, scope),
            Ast::IsNotFalse(expr) => self.is_flag(expr, false, true, scope),
            Ast::Case { case_token, end_token, operand, conditions, else_result } => {
                let span = range(case_token.0.span).start..range(end_token.0.span).end;
                self.case(operand.as_deref(), conditions, else_result.as_deref(), span, scope)
            }
            Ast::Function(function) => self.coalesce(function, scope),
            Ast::Exists { subquery, negated } => self.exists(subquery, *negated, scope),
            Ast::Subquery(query) => self.fold(query, scope),
            _ => self.impossible(node),
        }
    }

    /// Notes an error.
    pub(super) fn refuse<T>(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Option<T> {
        self.findings.errors.push(ConditionError::new(span, message).hint(hint));
        None
    }

    /// Whatever else the parser knows. The words that lead here have nearly always been refused before, more exactly.
    fn impossible<T>(&mut self, node: &Ast) -> Option<T> {
        if self.has_refusals {
            return None;
        }
        let place = range(node.span());
        let span = if place.is_empty() { 0..self.lexed.text.len() } else { place };
        self.refuse(span, "this is not possible in a condition", POSSIBLE)
    }

    fn name(&mut self, scope: Scope, resolved: Result<Found, Unknown>, span: Range<usize>) -> Option<Typed> {
        match resolved {
            Ok(found) => {
                self.names.note(scope.table, found);
                Some(Typed { field: Some(found), ..Typed::new(found.expr(), Some(found.value_type()), span) })
            }
            Err(Unknown { message, hint }) => {
                self.findings.errors.push(ConditionError { span, message, hint });
                None
            }
        }
    }

    fn compound_name(&mut self, parts: &[Ident], scope: Scope) -> Option<Typed> {
        let (first, last) = (parts.first()?, parts.last()?);
        let span = range(first.span).start..range(last.span).end;
        match parts {
            [owner, name] => self.name(scope, scope.resolve_qualified(&owner.value, &name.value), span),
            _ => self.refuse(span, "a field's name has at most two parts", "Write `stays.start` or `person.outcome`."),
        }
    }

    fn literal(&mut self, literal: &ValueWithSpan) -> Option<Typed> {
        let span = range(literal.span);
        let (expr, value_type) = match &literal.value {
            Literal::SingleQuotedString(text) => (Expr::Text(text.as_str().into()), Some(ValueType::Text)),
            Literal::Number(digits, false) => match number(digits) {
                Some(number) => (Expr::Number(number), Some(ValueType::Number)),
                None => {
                    return self.refuse(span, "the number has too many digits", "Exact numbers have up to 28 digits.");
                }
            },
            Literal::Boolean(flag) => (Expr::Bool(*flag), Some(ValueType::Bool)),
            Literal::Null => (Expr::Null, None),
            _ if self.has_refusals => return None,
            _ => return self.refuse(span, "this is not possible in a condition", POSSIBLE),
        };
        Some(Typed { is_literal: true, ..Typed::new(expr, value_type, span) })
    }

    fn date_literal(&mut self, literal: &TypedString) -> Option<Typed> {
        let value = range(literal.value.span);
        let span = self.lexed.start_before(value.start, 1)..value.end;
        let Literal::SingleQuotedString(text) = &literal.value.value else {
            return self.refuse(span, "this is not possible in a condition", POSSIBLE);
        };
        if !matches!(literal.data_type, sqlparser::ast::DataType::Date) {
            return self.refuse(span, "only dates are written with their type", "Write DATE '2020-01-31'.");
        }
        let text = Typed::new(Expr::Text(text.as_str().into()), Some(ValueType::Text), value);
        let mut typed = Typed { is_literal: true, ..text };
        self.findings.read_as_date(self.lexed, &mut typed).then_some(Typed { span, ..typed })
    }

    fn unary(&mut self, op: UnaryOperator, operand: &Ast, scope: Scope) -> Option<Typed> {
        if op == UnaryOperator::Not {
            let inner = self.condition(operand, scope)?;
            let span = self.lexed.start_before(inner.span.start, 1)..inner.span.end;
            return Some(Typed::new(inner.expr.not(), Some(ValueType::Bool), span));
        }
        let inner = self.expr(operand, scope)?;
        let span = self.lexed.start_before(inner.span.start, 1)..inner.span.end;
        if !matches!(op, UnaryOperator::Minus | UnaryOperator::Plus) {
            return if self.has_refusals { None } else { self.refuse(span, "this sign is not possible", POSSIBLE) };
        }
        let expr = match (inner.value_type, inner.expr) {
            (None, _) => Expr::Null,
            (Some(ValueType::Number), expr) if op == UnaryOperator::Plus => expr,
            (Some(ValueType::Number), Expr::Number(number)) => Expr::Number(-number),
            (Some(ValueType::Number), expr) => Expr::Negate(Box::new(expr)),
            (value_type, _) => {
                let message = format!("a sign stands before a number, and this is {}", noun(value_type));
                return self.refuse(inner.span, message, "Leave the sign out.");
            }
        };
        Some(Typed { is_literal: inner.is_literal, ..Typed::new(expr, inner.value_type, span) })
    }

    /// `AND` and `OR`. A long chain leans to the left, so the walk goes down its spine without recursion.
    fn junction(&mut self, node: &Ast, op: &BinaryOperator, scope: Scope) -> Option<Typed> {
        let (mut operands, mut spine) = (Vec::new(), node);
        while let Ast::BinaryOp { left, op: next, right } = spine
            && next == op
        {
            operands.push(&**right);
            spine = left;
        }
        operands.push(spine);
        operands.reverse();
        let conditions: Vec<_> = operands.into_iter().map(|operand| self.condition(operand, scope)).collect();
        let conditions: Vec<_> = conditions.into_iter().collect::<Option<_>>()?;
        let span = conditions.first()?.span.start..conditions.last()?.span.end;
        let conditions = conditions.into_iter().map(|condition| condition.expr).collect();
        let expr = if *op == BinaryOperator::And { Expr::and(conditions) } else { Expr::or(conditions) };
        Some(Typed::new(expr, Some(ValueType::Bool), span))
    }

    fn comparison(&mut self, left: &Ast, comparison: Comparison, right: &Ast, scope: Scope) -> Option<Typed> {
        let (left, right) = (self.expr(left, scope), self.expr(right, scope));
        let (mut left, mut right) = (left?, right?);
        let span = left.span.start..right.span.end;
        if matches!(left.expr, Expr::Null) || matches!(right.expr, Expr::Null) {
            return self.refuse(span, "a comparison with NULL is never true", "Write IS NULL or IS NOT NULL.");
        }
        let has_order = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let beside = if has_order { Beside::Order } else { Beside::Equality };
        if !self.findings.agree(self.lexed, &mut [&mut left, &mut right], beside) {
            return None;
        }
        if has_order {
            self.ordered(&left)?;
        }
        let expr = Expr::Compare(comparison, Box::new([left.expr, right.expr]));
        Some(Typed::new(expr, Some(ValueType::Bool), span))
    }

    fn ordered(&mut self, value: &Typed) -> Option<()> {
        if value.value_type != Some(ValueType::Bool) {
            return Some(());
        }
        let message = format!("{} is true or false, which has no order", quoted(self.lexed, value));
        self.refuse(value.span.clone(), message, "Compare it by = or <>, or write IS TRUE or IS FALSE.")
    }

    fn in_list(&mut self, value: &Ast, list: &[Ast], negated: bool, scope: Scope) -> Option<Typed> {
        let value = self.expr(value, scope);
        let list: Vec<_> = list.iter().map(|item| self.expr(item, scope)).collect();
        let (mut value, mut list) = (value?, list.into_iter().collect::<Option<Vec<_>>>()?);
        let span = value.span.start..self.lexed.end_after(list.last()?.span.end, 1);
        let mut all: Vec<_> = std::iter::once(&mut value).chain(&mut list).collect();
        if !self.findings.agree(self.lexed, &mut all, Beside::Equality) {
            return None;
        }
        let expr = Expr::is_in(value.expr, list.into_iter().map(|item| item.expr).collect());
        Some(Typed::new(maybe_not(expr, negated), Some(ValueType::Bool), span))
    }

    fn between(&mut self, three: [&Ast; 3], negated: bool, scope: Scope) -> Option<Typed> {
        let [value, low, high] = three.map(|node| self.expr(node, scope));
        let (mut value, mut low, mut high) = (value?, low?, high?);
        if !self.findings.agree(self.lexed, &mut [&mut value, &mut low, &mut high], Beside::Order) {
            return None;
        }
        self.ordered(&value)?;
        let span = value.span.start..high.span.end;
        let expr = Expr::Between(Box::new([value.expr, low.expr, high.expr]));
        Some(Typed::new(maybe_not(expr, negated), Some(ValueType::Bool), span))
    }

    fn like(&mut self, value: &Ast, pattern: &Ast, negated: bool, scope: Scope) -> Option<Typed> {
        let (value, pattern) = (self.expr(value, scope), self.expr(pattern, scope));
        let (value, pattern) = (value?, pattern?);
        if !matches!(value.value_type, None | Some(ValueType::Text)) {
            let message =
                format!("{} is {}, and LIKE compares texts", quoted(self.lexed, &value), noun(value.value_type));
            return self.refuse(value.span, message, "Compare it by =, <, > or BETWEEN.");
        }
        let Expr::Text(text) = &pattern.expr else {
            let hint = "A pattern is written out: LIKE 'ICU%'.";
            return self.refuse(pattern.span, "the pattern of LIKE is not a text in quotes", hint);
        };
        let expr = Expr::Like(Box::new(value.expr), Pattern::new(text));
        let span = value.span.start..pattern.span.end;
        Some(Typed::new(maybe_not(expr, negated), Some(ValueType::Bool), span))
    }

    fn is_null(&mut self, value: &Ast, negated: bool, scope: Scope) -> Option<Typed> {
        let value = self.expr(value, scope)?;
        let span = value.span.start..self.lexed.end_after(value.span.end, if negated { 3 } else { 2 });
        let expr = Expr::IsNull(Box::new(value.expr));
        Some(Typed::new(maybe_not(expr, negated), Some(ValueType::Bool), span))
    }

    fn is_flag(&mut self, value: &Ast, flag: bool, negated: bool, scope: Scope) -> Option<Typed> {
        let value = self.condition(value, scope)?;
        let span = value.span.start..self.lexed.end_after(value.span.end, if negated { 3 } else { 2 });
        let expr = Expr::Is(Box::new(value.expr), flag);
        Some(Typed::new(maybe_not(expr, negated), Some(ValueType::Bool), span))
    }

    fn case(
        &mut self,
        operand: Option<&Ast>,
        arms: &[CaseWhen],
        otherwise: Option<&Ast>,
        span: Range<usize>,
        scope: Scope,
    ) -> Option<Typed> {
        let has_operand = operand.is_some();
        let mut operand = operand.map(|operand| self.expr(operand, scope));
        let (mut whens, mut results) = (Vec::new(), Vec::new());
        for arm in arms {
            let when = &arm.condition;
            whens.push(if has_operand { self.expr(when, scope) } else { self.condition(when, scope) });
            results.push(self.expr(&arm.result, scope));
        }
        results.push(match otherwise {
            Some(otherwise) => self.expr(otherwise, scope),
            None => Some(Typed::new(Expr::Null, None, span.clone())),
        });
        let (mut whens, mut results) =
            (whens.into_iter().collect::<Option<Vec<_>>>()?, results.into_iter().collect::<Option<Vec<_>>>()?);
        let mut agreed = true;
        if let Some(operand) = &mut operand {
            let mut all: Vec<_> = operand.iter_mut().chain(&mut whens).collect();
            agreed &= self.findings.agree(self.lexed, &mut all, Beside::Equality);
        }
        let value = self.one_of(&mut results, span)?;
        if !agreed {
            return None;
        }
        let otherwise = results.pop()?.expr;
        let arms = whens.into_iter().zip(results).map(|(when, then)| (when.expr, then.expr)).collect();
        let operand = match operand {
            Some(operand) => Some(operand?.expr),
            None => None,
        };
        Some(Typed { expr: Expr::Case(Box::new(Case { operand, arms, otherwise })), ..value })
    }

    fn coalesce(&mut self, function: &Function, scope: Scope) -> Option<Typed> {
        let name = &function.name;
        let is_coalesce = name.0.len() == 1 && name.to_string().eq_ignore_ascii_case("coalesce");
        let start = range(name.span()).start;
        let FunctionArguments::List(list) = &function.args else { return self.impossible_function(function) };
        let plain = list.duplicate_treatment.is_none() && list.clauses.is_empty() && function.filter.is_none();
        let plain = plain && function.over.is_none() && function.null_treatment.is_none();
        let mut values = Vec::new();
        for argument in &list.args {
            match argument {
                // The arguments of a refused function are checked too: they may hold errors of their own.
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => values.push(self.expr(expr, scope)),
                _ => return self.impossible_function(function),
            }
        }
        if !is_coalesce || !plain || function.within_group.len() + values.len() == 0 {
            return self.impossible_function(function);
        }
        let mut values = values.into_iter().collect::<Option<Vec<_>>>()?;
        let span = start..self.lexed.end_after(values.last()?.span.end, 1);
        let value = self.one_of(&mut values, span)?;
        let values = values.into_iter().map(|value| value.expr).collect();
        Some(Typed { expr: Expr::Coalesce(values), ..value })
    }

    fn impossible_function<T>(&mut self, function: &Function) -> Option<T> {
        if self.has_refusals {
            return None;
        }
        self.refuse(range(function.name.span()), "this is not possible in a condition", "Write COALESCE(a, b).")
    }

    /// The type and the field that several possible results have in common. The expression is for the caller to set.
    fn one_of(&mut self, results: &mut [Typed], span: Range<usize>) -> Option<Typed> {
        if !self.findings.agree(self.lexed, &mut results.iter_mut().collect::<Vec<_>>(), Beside::Results) {
            return None;
        }
        let value_type = results.iter().find_map(|result| result.value_type);
        let field = results.iter().find_map(|result| result.field);
        Some(Typed { field, ..Typed::new(Expr::Null, value_type, span) })
    }
}

pub(super) fn maybe_not(expr: Expr, negated: bool) -> Expr {
    if negated { expr.not() } else { expr }
}

fn comparison(op: &BinaryOperator) -> Option<Comparison> {
    Some(match op {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::NotEqual,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessOrEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn number(digits: &str) -> Option<Decimal> {
    if digits.contains(['e', 'E']) { Decimal::from_scientific(digits) } else { Decimal::from_str_exact(digits) }.ok()
}
