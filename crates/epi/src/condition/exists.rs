//! `EXISTS (SELECT 1 FROM stays WHERE ...)`: whether a list has an element for which a condition is true.

use super::agree::Typed;
use super::check::{Checker, maybe_not};
use super::expr::Expr;
use super::lex::range;
use super::scope::{Scope, nearest};
use crate::field;
use crate::value::ValueType;
use sqlparser::ast::{Query, SetExpr, Spanned, TableFactor};
use sqlparser::tokenizer::Token;

impl Checker<'_> {
    pub(super) fn exists(&mut self, query: &Query, negated: bool, scope: Scope) -> Option<Typed> {
        let SetExpr::Select(select) = &*query.body else { return self.impossible_query() };
        let [from] = &*select.from else { return self.impossible_query() };
        let TableFactor::Table { name, .. } = &from.relation else { return self.impossible_query() };
        let source = range(name.span());
        let select_start = range(select.select_token.0.span).start;
        let start = self.lexed.start_before(select_start, if negated { 3 } else { 2 });
        if scope.list.is_some() {
            let message = "EXISTS stands inside a list already";
            return self.refuse(start..source.end, message, "Ask for the elements of one list at a time.");
        }
        let Some(list) = field::list(self.lexed.source(&source)) else {
            let message = format!("unknown list `{}`", self.lexed.source(&source));
            let known: Vec<_> = field::LISTS.iter().map(|list| list.name).collect();
            let hint = match nearest(self.lexed.source(&source), known.iter().copied()) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("It is one of {}.", known.join(", ")),
            };
            return self.refuse(source, message, hint);
        };
        self.names.note_list(list);
        let inside = Scope { list: Some(list) };
        let (condition, end) = match &select.selection {
            Some(condition) => {
                let condition = self.condition(condition, inside)?;
                (Some(Box::new(condition.expr)), condition.span.end)
            }
            None => (None, source.end),
        };
        // Every other clause of a SELECT would stand before the parenthesis.
        match self.lexed.token_after(end, 1) {
            Some(token) if token.token != Token::RParen => {
                let span = range(token.span);
                let message = format!("unexpected `{}`", self.lexed.source(&span));
                return self.refuse(span, message, "Write EXISTS (SELECT 1 FROM stays WHERE ...).");
            }
            _ => {}
        }
        let expr = maybe_not(Expr::Exists(list, condition), negated);
        Some(Typed::new(expr, Some(ValueType::Bool), start..self.lexed.end_after(end, 1)))
    }

    fn impossible_query<T>(&mut self) -> Option<T> {
        if self.has_refusals {
            return None;
        }
        let everything = 0..self.lexed.text.len();
        self.refuse(everything, "this is not possible in a condition", "Write EXISTS (SELECT 1 FROM stays WHERE ...).")
    }
}
