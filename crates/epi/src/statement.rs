//! Statements: a text about a place and a period that follows from its numbers, or that a person stated.
//!
//! WHO's transmission classification is one: no cases, sporadic cases, clusters of cases, community transmission.

use crate::condition::Rule;
use rust_decimal::Decimal;

/// From the numbers of a place and a period to a value.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Code, unique among the statements and indicators of the report.
    pub code: String,
    /// Title for people.
    pub title: String,
    /// Rules and the value that each gives, in order: the first that holds decides.
    pub rules: Vec<(Rule, String)>,
    /// The value when no rule holds; none: no value.
    pub otherwise: Option<String>,
}

/// What decided a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// The rule at this position.
    Rule(usize),
    /// No rule held.
    Otherwise,
    /// A person stated it.
    Person,
}

impl Statement {
    /// The value that these numbers give, and what decided; none if no rule holds and nothing is said for that case. A
    /// rule that is unknown does not hold.
    pub fn value(&self, numbers: &[Option<Decimal>]) -> Option<(&str, DecidedBy)> {
        let held = self.rules.iter().position(|(rule, _)| rule.holds(numbers) == Some(true));
        match held {
            Some(index) => Some((&self.rules[index].1, DecidedBy::Rule(index))),
            None => self.otherwise.as_deref().map(|value| (value, DecidedBy::Otherwise)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(otherwise: Option<&str>) -> Statement {
        let rule = |text: &str, value: &str| (Rule::parse(text, &["cases", "linked"]).unwrap(), value.to_owned());
        Statement {
            code: "t".into(),
            title: "T".into(),
            rules: vec![rule("cases = 0", "NONE"), rule("linked >= cases", "CLUSTERS"), rule("cases < 9", "FEW")],
            otherwise: otherwise.map(str::to_owned),
        }
    }

    fn value(statement: &Statement, cases: i64, linked: Option<i64>) -> Option<(String, DecidedBy)> {
        let numbers = [Some(Decimal::from(cases)), linked.map(Decimal::from)];
        statement.value(&numbers).map(|(value, by)| (value.to_owned(), by))
    }

    #[test]
    fn the_first_rule_that_holds_decides() {
        let all = statement(Some("MANY"));
        assert_eq!(value(&all, 0, Some(0)), Some(("NONE".into(), DecidedBy::Rule(0))));
        assert_eq!(value(&all, 3, Some(3)), Some(("CLUSTERS".into(), DecidedBy::Rule(1))));
        assert_eq!(value(&all, 3, Some(1)), Some(("FEW".into(), DecidedBy::Rule(2))));
        assert_eq!(value(&all, 3, None), Some(("FEW".into(), DecidedBy::Rule(2))), "an unknown rule does not hold");
        assert_eq!(value(&all, 9, Some(1)), Some(("MANY".into(), DecidedBy::Otherwise)));
        assert_eq!(value(&statement(None), 9, Some(1)), None);
    }
}
