//! How a condition came to its verdict about one record: its parts, what each says, and what the record has there.
//!
//! Every verdict is asked of the evaluation itself, so an explanation cannot say otherwise than the count does.

use super::Condition;
use super::eval::Row;
use super::expr::{Arithmetic, Comparison, Expr, Fold, FoldFunction};
use crate::record::Joined;
use crate::value::Value;
use serde::Serialize;
use std::fmt::{self, Write};

/// Elements of a list that are told one by one. Nobody reads more, and the verdict has looked at all.
const ELEMENTS_MAX: usize = 50;

/// A condition, or a part of one, beside a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The part, as SQL in a form of our own: parts that are quick to look at come first.
    pub text: String,
    /// Which element of the list this is about, from 1 on; none if it is about the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<usize>,
    /// Whether the record meets it; none is *unknown*.
    pub verdict: Option<bool>,
    /// What the record has in the fields that the part looks at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Looked>,
    /// The parts that it is made of; of `EXISTS` the elements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Explanation>,
}

/// What a record has in a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// The field's name; of a list, the list's name.
    pub field: String,
    /// The value as text; none if nobody filled it in. Of a list, how many elements it has.
    pub value: Option<String>,
}

impl Looked {
    /// What a field holds.
    pub fn new(field: impl Into<String>, value: Value<'_>) -> Self {
        Self { field: field.into(), value: (!value.is_null()).then(|| value.to_string()) }
    }
}

impl fmt::Display for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} = {value}", self.field),
            None => write!(f, "{} is empty", self.field),
        }
    }
}

impl Condition {
    /// How the condition comes to its verdict about a record. The verdict is that of [`Condition::matches`].
    pub fn explain<'a>(&self, record: impl Into<Joined<'a>>) -> Explanation {
        let mut explanation = self.expr.explained(Row { record: record.into(), index: 0, numbers: &[] });
        if self.list.is_some() {
            // Over an element of a list, and no element was named.
            explanation = Explanation { verdict: None, values: Vec::new(), parts: Vec::new(), ..explanation };
        }
        explanation
    }
}

impl Explanation {
    /// The smallest parts that brought about the verdict: of a false `AND` the false ones, of an unknown one the unknown
    /// ones, of a true one all.
    pub fn decisive(&self) -> Vec<&Explanation> {
        let same = |part: &&Explanation| part.verdict == self.verdict;
        match self.parts.iter().filter(same).collect::<Vec<_>>() {
            parts if parts.is_empty() || self.parts.iter().any(|part| part.element.is_some()) => vec![self],
            parts => parts.into_iter().flat_map(Explanation::decisive).collect(),
        }
    }
}

impl Expr {
    fn explained(&self, row: Row<'_>) -> Explanation {
        let (mut values, mut parts) = (Vec::new(), Vec::new());
        match self {
            Expr::And(members) | Expr::Or(members) => {
                parts.extend(members.iter().map(|member| member.explained(row)));
            }
            Expr::Not(inner) if inner.has_negated_form() => return inner.explained_negated(self, row),
            Expr::Not(inner) | Expr::Is(inner, _) => parts.push(inner.explained(row)),
            Expr::Exists(list, condition) => {
                let n = (list.len)(row.record);
                values.push(Looked { field: list.name.to_owned(), value: Some(n.to_string()) });
                let told = if condition.is_some() { n.min(ELEMENTS_MAX) } else { 0 };
                for (index, condition) in (0..told).zip(std::iter::repeat(condition.as_ref())) {
                    let Some(condition) = condition else { break };
                    let row = Row { index, ..row };
                    parts.push(Explanation { element: Some(index + 1), ..condition.explained(row) });
                }
            }
            leaf => leaf.look(row, &mut values),
        }
        Explanation { text: self.to_string(), element: None, verdict: self.truth(row), values, parts }
    }

    /// As the part itself, with the other verdict.
    fn explained_negated(&self, negated: &Expr, row: Row<'_>) -> Explanation {
        Explanation { text: negated.to_string(), verdict: negated.truth(row), ..self.explained(row) }
    }

    /// Whether SQL writes its negation in one: `NOT IN`.
    fn has_negated_form(&self) -> bool {
        matches!(
            self,
            Expr::In(..) | Expr::InTexts(..) | Expr::Between(_) | Expr::Like(..) | Expr::IsNull(_) | Expr::Exists(..)
        )
    }

    /// Notes what the record has in every field that the expression names, each once.
    fn look(&self, row: Row<'_>, values: &mut Vec<Looked>) {
        let mut note = |looked: Looked| {
            if !values.contains(&looked) {
                values.push(looked);
            }
        };
        match self {
            Expr::Field(field) => note(Looked::new(field.name, self.value(row))),
            Expr::Element(field) => note(Looked::new(field.name, self.value(row))),
            Expr::Fold(_) => note(Looked::new(self.to_string(), self.value(row))),
            _ => self.children().into_iter().for_each(|child| child.look(row, values)),
        }
    }

    pub(super) fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Null | Expr::Text(_) | Expr::Number(_) | Expr::Date(_) | Expr::Bool(_) => Vec::new(),
            Expr::Field(_) | Expr::Element(_) | Expr::Given(_) => Vec::new(),
            Expr::Negate(inner) | Expr::IsNull(inner) | Expr::Is(inner, _) | Expr::Not(inner) => vec![inner],
            Expr::InTexts(inner, _) | Expr::Like(inner, _) => vec![inner],
            Expr::Arithmetic(_, pair) | Expr::Compare(_, pair) => pair.iter().collect(),
            Expr::In(value, list) => std::iter::once(&**value).chain(list).collect(),
            Expr::Between(three) => three.iter().collect(),
            Expr::And(items) | Expr::Or(items) | Expr::Coalesce(items) => items.iter().collect(),
            Expr::Case(case) => {
                let arms = case.arms.iter().flat_map(|(when, then)| [when, then]);
                case.operand.iter().chain(arms).chain([&case.otherwise]).collect()
            }
            // Their fields are the elements'. Those of `EXISTS` are told one by one; of a fold its value is told.
            Expr::Exists(..) | Expr::Fold(_) => Vec::new(),
        }
    }

    /// Whether it stands without parentheses beside any operator.
    fn is_atom(&self) -> bool {
        matches!(
            self,
            Expr::Null
                | Expr::Text(_)
                | Expr::Number(_)
                | Expr::Date(_)
                | Expr::Bool(_)
                | Expr::Field(_)
                | Expr::Element(_)
                | Expr::Given(_)
                | Expr::Case(_)
                | Expr::Coalesce(_)
                | Expr::Exists(..)
                | Expr::Fold(_)
        )
    }
}

/// As SQL that reads back as the same condition.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Null => f.write_str("NULL"),
            Expr::Text(text) => quoted(f, text),
            Expr::Number(number) => write!(f, "{}", number.normalize()),
            Expr::Date(date) => write!(f, "DATE '{date}'"),
            Expr::Bool(flag) => f.write_str(if *flag { "TRUE" } else { "FALSE" }),
            Expr::Field(field) => f.write_str(field.name),
            Expr::Element(field) => f.write_str(field.name),
            // A rule is told as it was written.
            Expr::Given(index) => write!(f, "number {}", index + 1),
            Expr::Negate(inner) => write!(f, "-{}", Operand(inner)),
            Expr::Arithmetic(operation, pair) => binary(f, pair, operation.sign()),
            Expr::Compare(comparison, pair) => binary(f, pair, comparison.sign()),
            Expr::And(members) => joined(f, members, " AND "),
            Expr::Or(members) => joined(f, members, " OR "),
            Expr::Not(inner) if inner.has_negated_form() => inner.write_test(f, "NOT "),
            Expr::Not(inner) => write!(f, "NOT {}", Operand(inner)),
            Expr::Is(inner, flag) => write!(f, "{} IS {}", Operand(inner), if *flag { "TRUE" } else { "FALSE" }),
            Expr::Coalesce(values) => {
                f.write_str("COALESCE(")?;
                listed(f, values)?;
                f.write_char(')')
            }
            Expr::Case(case) => {
                f.write_str("CASE")?;
                if let Some(operand) = &case.operand {
                    write!(f, " {operand}")?;
                }
                for (when, then) in &case.arms {
                    write!(f, " WHEN {when} THEN {then}")?;
                }
                if !matches!(case.otherwise, Expr::Null) {
                    write!(f, " ELSE {}", case.otherwise)?;
                }
                f.write_str(" END")
            }
            Expr::Fold(fold) => write!(f, "{fold}"),
            test => test.write_test(f, ""),
        }
    }
}

impl fmt::Display for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let function = match self.function {
            FoldFunction::Count => "COUNT",
            FoldFunction::Min => "MIN",
            FoldFunction::Max => "MAX",
            FoldFunction::Sum => "SUM",
        };
        write!(f, "(SELECT {function}(")?;
        match &self.value {
            Some(value) => write!(f, "{value}")?,
            None => f.write_char('*')?,
        }
        write!(f, ") FROM {}", self.list.name)?;
        if let Some(condition) = &self.condition {
            write!(f, " WHERE {condition}")?;
        }
        f.write_char(')')
    }
}

impl Expr {
    /// What has a form with `NOT` inside.
    fn write_test(&self, f: &mut fmt::Formatter<'_>, not: &str) -> fmt::Result {
        match self {
            Expr::In(value, list) => {
                write!(f, "{} {not}IN (", Operand(value))?;
                listed(f, list)?;
                f.write_char(')')
            }
            Expr::InTexts(value, set) => {
                write!(f, "{} {not}IN (", Operand(value))?;
                let mut texts: Vec<_> = set.texts.iter().collect();
                texts.sort_unstable();
                for (i, text) in texts.into_iter().enumerate() {
                    f.write_str(if i > 0 { ", " } else { "" })?;
                    quoted(f, text)?;
                }
                f.write_str(if set.has_null { ", NULL)" } else { ")" })
            }
            Expr::Between(three) => {
                let [value, low, high] = &**three;
                write!(f, "{} {not}BETWEEN {} AND {}", Operand(value), Operand(low), Operand(high))
            }
            Expr::Like(value, pattern) => {
                write!(f, "{} {not}LIKE ", Operand(value))?;
                quoted(f, pattern.source())
            }
            Expr::IsNull(value) => write!(f, "{} IS {not}NULL", Operand(value)),
            Expr::Exists(list, condition) => {
                write!(f, "{not}EXISTS (SELECT 1 FROM {}", list.name)?;
                if let Some(condition) = condition {
                    write!(f, " WHERE {condition}")?;
                }
                f.write_char(')')
            }
            other => write!(f, "{not}{other}"),
        }
    }
}

/// An expression beside an operator.
struct Operand<'e>(&'e Expr);

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_atom() { write!(f, "{}", self.0) } else { write!(f, "({})", self.0) }
    }
}

fn binary(f: &mut fmt::Formatter<'_>, pair: &[Expr; 2], sign: &str) -> fmt::Result {
    write!(f, "{} {sign} {}", Operand(&pair[0]), Operand(&pair[1]))
}

fn joined(f: &mut fmt::Formatter<'_>, members: &[Expr], word: &str) -> fmt::Result {
    for (i, member) in members.iter().enumerate() {
        f.write_str(if i > 0 { word } else { "" })?;
        match member {
            Expr::And(_) | Expr::Or(_) => write!(f, "({member})")?,
            member => write!(f, "{member}")?,
        }
    }
    Ok(())
}

fn listed(f: &mut fmt::Formatter<'_>, items: &[Expr]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
    }
    Ok(())
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "'{}'", text.replace('\'', "''"))
}

impl Arithmetic {
    fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }
}

impl Comparison {
    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Person;
    use crate::record::Stay;
    use jiff::civil::date;

    fn case() -> Person {
        Person {
            id: "a".into(),
            classification: Some("PROBABLE".into()),
            age_years: Some(31),
            date_of_onset: Some(date(2020, 2, 3)),
            stays: vec![
                Stay { kind: Some("ISOLATION".into()), start: Some(date(2020, 2, 4)), ..Stay::default() },
                Stay { kind: Some("HOSPITALIZATION".into()), ..Stay::default() },
            ],
            ..Person::default()
        }
    }

    fn tree(explanation: &Explanation, depth: usize, text: &mut String) {
        let verdict = explanation.verdict.map_or("unknown".to_owned(), |verdict| verdict.to_string());
        let values: Vec<_> = explanation.values.iter().map(|looked| format!("; {looked}")).collect();
        let element = explanation.element.map(|n| format!("[{n}] ")).unwrap_or_default();
        let _ = writeln!(text, "{:depth$}{element}{verdict}: {}{}", "", explanation.text, values.concat());
        explanation.parts.iter().for_each(|part| tree(part, depth + 2, text));
    }

    fn explained(text: &str) -> String {
        let mut shown = String::new();
        tree(&Condition::parse(text).unwrap().explain(&case()), 0, &mut shown);
        shown
    }

    #[test]
    fn every_part_has_its_verdict_and_what_the_record_has() {
        insta::assert_snapshot!(explained(
            "kind = 'case' AND (classification = 'CONFIRMED' OR outcome = 'DECEASED') AND age_years NOT BETWEEN 5 AND 14 \
             AND NOT EXISTS (SELECT 1 FROM stays WHERE type = 'ICU_ADMISSION' AND start > date_of_onset)"
        ), @r"
        unknown: kind = 'case' AND (classification = 'CONFIRMED' OR outcome = 'DECEASED') AND age_years NOT BETWEEN 5 AND 14 AND NOT EXISTS (SELECT 1 FROM stays WHERE type = 'ICU_ADMISSION' AND start > date_of_onset)
          true: kind = 'case'; kind = case
          unknown: classification = 'CONFIRMED' OR outcome = 'DECEASED'
            false: classification = 'CONFIRMED'; classification = PROBABLE
            unknown: outcome = 'DECEASED'; outcome is empty
          true: age_years NOT BETWEEN 5 AND 14; age_years = 31
          true: NOT EXISTS (SELECT 1 FROM stays WHERE type = 'ICU_ADMISSION' AND start > date_of_onset); stays = 2
            [1] false: type = 'ICU_ADMISSION' AND start > date_of_onset
              false: type = 'ICU_ADMISSION'; type = ISOLATION
              true: start > date_of_onset; start = 2020-02-04; date_of_onset = 2020-02-03
            [2] false: type = 'ICU_ADMISSION' AND start > date_of_onset
              false: type = 'ICU_ADMISSION'; type = HOSPITALIZATION
              unknown: start > date_of_onset; start is empty; date_of_onset = 2020-02-03
        ");
    }

    #[test]
    fn what_decided_is_found_in_the_depth() {
        let decided = |text: &str| {
            let explanation = Condition::parse(text).unwrap().explain(&case());
            explanation.decisive().iter().map(|part| part.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            decided("kind = 'contact' AND age_years > 40 AND gender = 'MALE'"),
            ["kind = 'contact'", "age_years > 40"]
        );
        assert_eq!(decided("age_years > 4 AND gender = 'MALE'"), ["gender = 'MALE'"]);
        assert_eq!(decided("NOT (age_years > 4)"), ["NOT (age_years > 4)"]);
        assert_eq!(
            decided("EXISTS (SELECT 1 FROM stays WHERE type = 'X')"),
            ["EXISTS (SELECT 1 FROM stays WHERE type = 'X')"]
        );
    }

    #[test]
    fn texts_read_back_as_the_same_condition() {
        let long: Vec<String> = (10..40).map(|n| format!("'v{n}'")).collect();
        for text in [
            "classification = 'it''s' OR age_years + 2 * age_months >= 1.50",
            "-(age_years - 1) < 0 AND date_of_onset - date_of_reporting <= 3",
            "COALESCE(date_of_onset, date_of_reporting) BETWEEN '2020-01-01' AND DATE '2020-12-31'",
            "CASE WHEN age_years < 5 THEN TRUE WHEN outcome IS NULL THEN FALSE ELSE was_case END IS TRUE",
            "CASE gender WHEN 'MALE' THEN 1 ELSE 2 END = 1",
            "(was_case IS FALSE) IS NOT TRUE AND NOT (was_contact)",
            "visual_id NOT LIKE 'CASE-%' AND outcome NOT IN ('A', 'B') AND classification IS NOT NULL",
            &format!("residence IN ({})", long.join(", ")),
            "EXISTS (SELECT 1 FROM vaccinations) OR NOT EXISTS (SELECT 1 FROM stays WHERE person.outcome = 'X' OR type = 'Y')",
        ] {
            let condition = Condition::parse(text).unwrap();
            let shown = condition.explain(&case()).text;
            let again = Condition::parse(&shown).unwrap_or_else(|errors| panic!("{shown}: {errors:?}"));
            assert_eq!(again.explain(&case()), condition.explain(&case()), "{text}");
        }
    }
}
