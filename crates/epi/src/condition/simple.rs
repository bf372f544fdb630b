//! Conditions so simple that a server's own filter can ask the same.

use super::expr::{Comparison, Expr};
use crate::field::Field;

/// One member of a conjunction: what a text field of the record is compared with.
#[derive(Clone, Debug)]
pub struct Simple<'c> {
    /// The field.
    pub field: &'static Field,
    /// The constants, as records hold them; sorted.
    pub values: Vec<&'c str>,
    /// The field has a value that is none of them, instead of one of them. As in SQL an empty field is neither.
    pub is_negated: bool,
}

/// The conjunction that an expression is; none if it is more than comparisons of text fields with constants.
pub(super) fn conjunction(expr: &Expr) -> Option<Vec<Simple<'_>>> {
    match expr {
        Expr::And(members) => {
            let members: Option<Vec<_>> = members.iter().map(conjunction).collect();
            Some(members?.into_iter().flatten().collect())
        }
        other => member(other).map(|simple| vec![simple]),
    }
}

fn member(expr: &Expr) -> Option<Simple<'_>> {
    match expr {
        Expr::Compare(Comparison::Equal, pair) => compared(pair, false),
        Expr::Compare(Comparison::NotEqual, pair) => compared(pair, true),
        Expr::In(value, list) => {
            let values: Option<Vec<_>> = list.iter().map(text).collect();
            simple(value, values?)
        }
        Expr::InTexts(value, set) if !set.has_null => simple(value, set.texts.iter().map(AsRef::as_ref).collect()),
        // An empty field makes both a comparison and its negation unknown.
        Expr::Not(inner) => member(inner).map(|simple| Simple { is_negated: !simple.is_negated, ..simple }),
        _ => None,
    }
}

fn compared(pair: &[Expr; 2], is_negated: bool) -> Option<Simple<'_>> {
    let [left, right] = pair;
    let simple = match text(right) {
        Some(value) => simple(left, vec![value]),
        None => simple(right, vec![text(left)?]),
    };
    simple.map(|simple| Simple { is_negated, ..simple })
}

fn simple<'c>(value: &'c Expr, mut values: Vec<&'c str>) -> Option<Simple<'c>> {
    let Expr::Field(field) = value else { return None };
    values.sort_unstable();
    values.dedup();
    Some(Simple { field, values, is_negated: false })
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::condition::Condition;

    fn shown(text: &str) -> Option<String> {
        let condition = Condition::parse(text).unwrap();
        let members = condition.conjunction()?;
        let mut shown: Vec<String> = members
            .iter()
            .map(|m| format!("{}{}{}", m.field.name, if m.is_negated { "!" } else { "=" }, m.values.join("|")))
            .collect();
        shown.sort();
        Some(shown.join(" "))
    }

    #[test]
    fn comparisons_of_text_fields_are_simple() {
        let long: Vec<String> = (10..30).map(|n| format!("'v{n}'")).collect();
        for (text, expected) in [
            ("classification = 'CONFIRMED'", "classification=CONFIRMED"),
            ("'CONFIRMED' = classification", "classification=CONFIRMED"),
            ("classification IN ('B', 'A', 'B') AND (outcome <> 'X')", "classification=A|B outcome!X"),
            ("NOT (classification = 'A') AND gender NOT IN ('M', 'F')", "classification!A gender!F|M"),
            ("NOT (classification <> 'A')", "classification=A"),
            ("kind = 'case' AND (outcome = 'A' AND (gender = 'F'))", "gender=F kind=case outcome=A"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        let many = shown(&format!("classification IN ({})", long.join(", "))).unwrap();
        assert!(many.starts_with("classification=v10|v11|") && many.ends_with("|v29"), "{many}");
    }

    #[test]
    fn everything_else_is_not() {
        for text in [
            "classification = 'A' OR outcome = 'B'",
            "NOT (classification = 'A' AND outcome = 'B')",
            "classification IS NULL",
            "classification LIKE 'A%'",
            "age_years > 5",
            "was_contact",
            "date_of_onset >= '2020-01-01'",
            "classification = outcome",
            "classification IN ('A', outcome)",
            "EXISTS (SELECT 1 FROM stays WHERE type = 'A')",
            "COALESCE(classification, 'A') = 'A'",
            "classification = 'A' AND age_years < 5",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
