//! Rules: conditions over numbers that have names, such as what indicators counted in one place and period.
//!
//! The language is that of [`Condition`](super::Condition); a name stands for a number instead of a record's field, and
//! there are no lists. A number that is not there makes a comparison *unknown*, and an unknown rule does not hold.

use super::agree::Typed;
use super::check::Checker;
use super::eval::Row;
use super::expr::Expr;
use super::lex::range;
use super::scope::{Scope, nearest};
use super::{ConditionError, parse};
use crate::field::PERSONS;
use crate::record::{Joined, Person};
use crate::value::ValueType;
use rust_decimal::Decimal;
use sqlparser::ast::{Expr as Ast, Spanned};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

/// A rule looks at no record; evaluation wants one all the same.
static NOBODY: LazyLock<Person> = LazyLock::new(Person::default);

/// A condition over named numbers.
#[derive(Clone)]
pub struct Rule {
    source: String,
    expr: Expr,
    used: BTreeSet<usize>,
}

impl Rule {
    /// Reads a rule; `names` are those of the numbers, in the order in which [`Rule::holds`] is given them.
    ///
    /// # Errors
    /// Everything that is wrong with it; after an error of grammar only that one.
    pub fn parse(text: &str, names: &[&str]) -> Result<Self, Vec<ConditionError>> {
        let parsed = parse::parse(text).map_err(|error| vec![error])?;
        let mut checker = Checker::new(&parsed.lexed, !parsed.errors.is_empty());
        checker.numbers = Some(names);
        let typed =
            parsed.tree.as_ref().and_then(|tree| checker.condition(tree, Scope { table: &PERSONS, list: None }));
        let mut errors = parsed.errors.clone();
        errors.extend(checker.findings.errors);
        errors.sort_by_key(|error| error.span.start);
        errors.dedup_by_key(|error| error.span.start);
        let Some(typed) = typed.filter(|_| errors.is_empty()) else {
            return Err(errors);
        };
        let mut used = BTreeSet::new();
        typed.expr.for_each(&mut |expr| {
            if let Expr::Given(index) = expr {
                used.insert(*index);
            }
        });
        Ok(Self { source: text.to_owned(), expr: typed.expr, used })
    }

    /// Whether the rule holds of these numbers; none is *unknown*.
    pub fn holds(&self, numbers: &[Option<Decimal>]) -> Option<bool> {
        self.expr.truth(Row { record: Joined::Person(&NOBODY), index: 0, numbers })
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The positions of the names that it mentions.
    pub fn used(&self) -> &BTreeSet<usize> {
        &self.used
    }
}

/// The text says all; the tree would bury it.
impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.source).finish()
    }
}

impl Checker<'_> {
    pub(super) fn number_named(&mut self, name: &str, span: Range<usize>) -> Option<Typed> {
        let known = self.numbers.unwrap_or_default();
        if let Some(index) = known.iter().position(|known| *known == name) {
            return Some(Typed::new(Expr::Given(index), Some(ValueType::Number), span));
        }
        let hint = match nearest(name, known.iter().copied()) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => format!("The report has: {}.", known.join(", ")),
        };
        self.refuse(span, format!("no indicator of the report has the code `{name}`"), hint)
    }

    pub(super) fn not_in_a_rule<T>(&mut self, node: &Ast) -> Option<T> {
        if self.has_refusals {
            return None;
        }
        let place = range(node.span());
        let span = if place.is_empty() { 0..self.lexed.text.len() } else { place };
        self.refuse(span, "a rule looks at numbers, not at records", "Name indicators, such as `confirmed_cases > 0`.")
    }
}

impl Expr {
    /// Visits the expression and all its parts. It is not deeper than what the checker lets through.
    fn for_each(&self, visit: &mut dyn FnMut(&Expr)) {
        visit(self);
        self.children().into_iter().for_each(|child| child.for_each(visit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["confirmed_cases", "linked_cases", "clusters"];

    fn holds(text: &str, numbers: [Option<i64>; 3]) -> Option<bool> {
        let numbers = numbers.map(|number| number.map(Decimal::from));
        Rule::parse(text, &NAMES).unwrap_or_else(|errors| panic!("{text}: {errors:?}")).holds(&numbers)
    }

    fn refusal(text: &str) -> String {
        let errors = Rule::parse(text, &NAMES).expect_err(text);
        let told = errors.iter().map(|e| format!("{} ({})", e.message, e.hint.as_deref().unwrap_or("-")));
        told.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn names_stand_for_numbers() {
        let all = [Some(5), Some(5), Some(2)];
        assert_eq!(holds("confirmed_cases = 0", all), Some(false));
        assert_eq!(holds("linked_cases = confirmed_cases AND clusters > 0", all), Some(true));
        assert_eq!(holds("linked_cases / confirmed_cases >= 0.5", all), Some(true));
        assert_eq!(holds("CASE WHEN clusters > 3 THEN TRUE ELSE confirmed_cases IN (4, 5) END", all), Some(true));
        assert_eq!(holds("clusters BETWEEN 3 AND 4", all), Some(false));
    }

    #[test]
    fn what_is_not_there_is_unknown() {
        assert_eq!(holds("clusters > 0", [Some(1), Some(1), None]), None);
        assert_eq!(holds("clusters IS NULL", [Some(1), Some(1), None]), Some(true));
        assert_eq!(
            holds("linked_cases / confirmed_cases > 0", [Some(0), Some(0), None]),
            None,
            "nothing is divided by 0"
        );
    }

    #[test]
    fn what_a_rule_cannot_name_is_refused() {
        assert_eq!(
            refusal("linked_case > 0"),
            "no indicator of the report has the code `linked_case` (Did you mean `linked_cases`?)"
        );
        assert_eq!(
            refusal("classification = 'CONFIRMED'"),
            "no indicator of the report has the code `classification` (The report has: confirmed_cases, linked_cases, clusters.)"
        );
        assert!(refusal("EXISTS (SELECT 1 FROM stays)").starts_with("a rule looks at numbers"));
        assert!(refusal("person.outcome IS NULL").starts_with("a rule looks at numbers"));
        assert!(refusal("clusters").contains("not a condition"));
        assert!(refusal("clusters = 'many'").contains("clusters"));
    }

    #[test]
    fn a_rule_knows_what_it_mentions() {
        let rule = Rule::parse("clusters > 0 OR NOT (linked_cases + 1 IN (3, clusters))", &NAMES).unwrap();
        assert_eq!(rule.used().iter().copied().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(format!("{rule:?}"), "Rule(\"clusters > 0 OR NOT (linked_cases + 1 IN (3, clusters))\")");
    }
}
