//! `EXISTS (SELECT 1 FROM stays WHERE ...)`: whether a list has an element for which a condition is true; and
//! `(SELECT MIN(start) FROM stays WHERE ...)`: one value made of the elements for which it is.

use super::agree::{Typed, noun, quoted};
use super::check::{Checker, maybe_not};
use super::expr::{Expr, Fold, FoldFunction};
use super::lex::range;
use super::scope::{Scope, nearest};
use crate::field::List;
use crate::value::ValueType;
use sqlparser::ast::Expr as Ast;
use sqlparser::ast::{
    Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Select, SelectItem, SetExpr, Spanned, TableFactor,
};
use sqlparser::tokenizer::Token;
use std::ops::Range;

/// What a subquery reads.
struct Source<'q> {
    select: &'q Select,
    list: &'static List,
    span: Range<usize>,
}

impl Checker<'_> {
    pub(super) fn exists(&mut self, query: &Query, negated: bool, scope: Scope) -> Option<Typed> {
        let source = self.source(query, if negated { 3 } else { 2 }, "EXISTS", scope)?;
        let start = source.span.start;
        let (condition, end) = self.elements(&source, EXISTS_FORM, scope)?;
        let expr = maybe_not(Expr::Exists(source.list, condition.map(Box::new)), negated);
        Some(Typed::new(expr, Some(ValueType::Bool), start..self.lexed.end_after(end, 1)))
    }

    /// A value made of a list's elements.
    pub(super) fn fold(&mut self, query: &Query, scope: Scope) -> Option<Typed> {
        let source = self.source(query, 1, "a subquery", scope)?;
        let start = source.span.start;
        let [SelectItem::UnnamedExpr(Ast::Function(function))] = &*source.select.projection else {
            return self.impossible_query(FOLD_FORM);
        };
        let inside = Scope { list: Some(source.list), ..scope };
        let folded = self.folded(function, inside);
        let (condition, end) = self.elements(&source, FOLD_FORM, scope)?;
        let (function, value) = folded?;
        let value_type = value.as_ref().map_or(Some(ValueType::Number), |value| value.value_type);
        let fold = Fold { function, list: source.list, value: value.map(|value| value.expr), condition };
        let span = start..self.lexed.end_after(end, 1);
        Some(Typed::new(Expr::Fold(Box::new(fold)), value_type, span))
    }

    fn source<'q>(&mut self, query: &'q Query, n_before: usize, what: &str, scope: Scope) -> Option<Source<'q>> {
        let form = if what == "EXISTS" { EXISTS_FORM } else { FOLD_FORM };
        let SetExpr::Select(select) = &*query.body else { return self.impossible_query(form) };
        let [from] = &*select.from else { return self.impossible_query(form) };
        let TableFactor::Table { name, .. } = &from.relation else { return self.impossible_query(form) };
        let named = range(name.span());
        let select_start = range(select.select_token.0.span).start;
        let start = self.lexed.start_before(select_start, n_before);
        if scope.list.is_some() {
            let message = format!("{what} stands inside a list already");
            return self.refuse(start..named.end, message, "Ask for the elements of one list at a time.");
        }
        let Some(list) = scope.table.list(self.lexed.source(&named)) else {
            let message = format!("unknown list `{}`", self.lexed.source(&named));
            let known: Vec<_> = scope.table.all_lists().map(|list| list.name).collect();
            let hint = match nearest(self.lexed.source(&named), known.iter().copied()) {
                Some(near) => format!("Did you mean `{near}`?"),
                None if known.is_empty() => format!("`{}` records have no list.", scope.table.name.name()),
                None => format!("It is one of {}.", known.join(", ")),
            };
            return self.refuse(named, message, hint);
        };
        self.names.note_list(scope.table, list);
        Some(Source { select, list, span: start..named.end })
    }

    /// The condition on the elements, and where the subquery ends.
    fn elements(&mut self, source: &Source<'_>, form: &str, scope: Scope) -> Option<(Option<Expr>, usize)> {
        let inside = Scope { list: Some(source.list), ..scope };
        let (condition, end) = match &source.select.selection {
            Some(condition) => {
                let condition = self.condition(condition, inside)?;
                (Some(condition.expr), condition.span.end)
            }
            None => (None, source.span.end),
        };
        // Every other clause of a SELECT would stand before the parenthesis.
        match self.lexed.token_after(end, 1) {
            Some(token) if token.token != Token::RParen => {
                let span = range(token.span);
                let message = format!("unexpected `{}`", self.lexed.source(&span));
                self.refuse(span, message, form)
            }
            _ => Some((condition, end)),
        }
    }

    /// The function of a fold, and what it takes of each element.
    fn folded(&mut self, function: &Function, inside: Scope) -> Option<(FoldFunction, Option<Typed>)> {
        let name = function.name.to_string().to_uppercase();
        let FunctionArguments::List(arguments) = &function.args else { return self.impossible_query(FOLD_FORM) };
        let plain = arguments.duplicate_treatment.is_none() && arguments.clauses.is_empty();
        let plain = plain && function.filter.is_none() && function.over.is_none() && function.null_treatment.is_none();
        let [FunctionArg::Unnamed(argument)] = &*arguments.args else { return self.impossible_query(FOLD_FORM) };
        let kind = match (&*name, argument) {
            ("COUNT", FunctionArgExpr::Wildcard) if plain => return Some((FoldFunction::Count, None)),
            ("COUNT", _) => {
                return self.refuse(range(function.name.span()), "COUNT counts elements", "Write COUNT(*).");
            }
            ("MIN", FunctionArgExpr::Expr(_)) if plain => FoldFunction::Min,
            ("MAX", FunctionArgExpr::Expr(_)) if plain => FoldFunction::Max,
            ("SUM", FunctionArgExpr::Expr(_)) if plain => FoldFunction::Sum,
            _ => return self.impossible_query(FOLD_FORM),
        };
        let FunctionArgExpr::Expr(argument) = argument else { return self.impossible_query(FOLD_FORM) };
        let value = self.expr(argument, inside)?;
        let fits = match value.value_type {
            Some(ValueType::Date) => kind != FoldFunction::Sum,
            Some(ValueType::Number) | None => true,
            Some(ValueType::Text | ValueType::Bool) => false,
        };
        if !fits {
            let message = format!("{name} does not fit: {} is {}", quoted(self.lexed, &value), noun(value.value_type));
            return self.refuse(value.span, message, "MIN and MAX take numbers and dates, SUM takes numbers.");
        }
        Some((kind, Some(value)))
    }

    fn impossible_query<T>(&mut self, form: &str) -> Option<T> {
        if self.has_refusals {
            return None;
        }
        let everything = 0..self.lexed.text.len();
        self.refuse(everything, "this is not possible in a condition", form)
    }
}

/// The one form of EXISTS.
pub(super) const EXISTS_FORM: &str = "Write EXISTS (SELECT 1 FROM stays WHERE ...).";
/// The one form of a value made of a list.
pub(super) const FOLD_FORM: &str =
    "Write (SELECT MIN(start) FROM stays WHERE ...); MAX, SUM and COUNT(*) are possible too.";
