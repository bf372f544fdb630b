//! The `where` of a filter, compiled for one of the server's engines and evaluated as MongoDB would.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::documents::Document;
use super::instant::{accepted, is_instant, javascript_date};

/// How deep `and`/`or`/`elemMatch` may nest; a filter from outside must not overflow the stack.
const DEPTH_MAX: usize = 32;

/// Which of the server's three query engines answers a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// `/cases`, `/events`, all filtered counts: the `where` goes to MongoDB as it is.
    Raw,
    /// Contacts, relationships, locations and the like: LoopBack keeps one operator a field.
    LoopBack,
    /// `/follow-ups` and `/lab-results/aggregate`.
    Aggregation,
}

/// A compiled `where`.
#[derive(Debug)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Field { path: Vec<String>, test: Test },
}

/// What is asked of the values at a path.
#[derive(Debug)]
pub(crate) enum Test {
    Equal(Value),
    Compare(Vec<Ordering>, Value),
    In(Vec<Value>),
    Exists(bool),
    Like(Pattern),
    Element(Box<Condition>),
    Size(usize),
}

/// The LoopBack operators in the order in which LoopBack looks for the one it keeps.
const LOOPBACK_ORDER: [&str; 14] =
    ["eq", "gt", "gte", "lt", "lte", "between", "inq", "in", "nin", "neq", "like", "nlike", "regexp", "exists"];

/// Compiles a `where` object.
pub(crate) fn compile(filter: &Map<String, Value>, engine: Engine) -> Result<Condition, Refusal> {
    Compiler { engine }.object(filter, 0)
}

struct Compiler {
    engine: Engine,
}

impl Compiler {
    fn object(&self, filter: &Map<String, Value>, depth: usize) -> Result<Condition, Refusal> {
        if depth > DEPTH_MAX {
            return Err(Refusal::new(400, "The filter is nested too deeply"));
        }
        let mut all = Vec::new();
        for (key, value) in filter {
            match (key.trim_start_matches('$'), value) {
                ("and", Value::Array(parts)) => all.push(Condition::All(self.list(parts, depth)?)),
                ("or", Value::Array(parts)) => all.push(Condition::Any(self.list(parts, depth)?)),
                ("nor", Value::Array(parts)) => {
                    all.push(Condition::Not(Box::new(Condition::Any(self.list(parts, depth)?))));
                }
                _ => all.push(self.field(key, value, depth)?),
            }
        }
        Ok(Condition::All(all))
    }

    fn list(&self, parts: &[Value], depth: usize) -> Result<Vec<Condition>, Refusal> {
        let objects = parts.iter().filter_map(Value::as_object);
        objects.map(|part| self.object(part, depth + 1)).collect()
    }

    fn field(&self, key: &str, value: &Value, depth: usize) -> Result<Condition, Refusal> {
        let path = self.path(key);
        let Some(operators) = value.as_object().filter(|object| !object.is_empty()) else {
            let value = self.operand(key, value)?;
            return Ok(Condition::Field { path, test: Test::Equal(value) });
        };
        let options = ["options", "$options"].iter().find_map(|key| operators.get(*key)).and_then(Value::as_str);
        let mut kept: Vec<(&str, &Value)> = operators
            .iter()
            .map(|(operator, operand)| (operator.as_str(), operand))
            .filter(|(operator, _)| operator.trim_start_matches('$') != "options")
            .collect();
        if self.engine == Engine::LoopBack {
            // The trap: `{"gte":A,"lt":B}` silently becomes `{"gte":A}`.
            let rank = |operator: &str| {
                LOOPBACK_ORDER.iter().position(|known| *known == operator.trim_start_matches('$')).unwrap_or(99)
            };
            kept.sort_by_key(|(operator, _)| rank(operator));
            kept.truncate(1);
        }
        let mut all = Vec::new();
        for (operator, operand) in kept {
            all.push(self.operator(&path, key, operator, operand, options, depth)?);
        }
        Ok(Condition::All(all))
    }

    fn operator(
        &self,
        path: &[String],
        key: &str,
        operator: &str,
        operand: &Value,
        options: Option<&str>,
        depth: usize,
    ) -> Result<Condition, Refusal> {
        use Ordering::{Equal, Greater, Less};
        let field = |test| Condition::Field { path: path.to_vec(), test };
        let not = |test| Condition::Not(Box::new(field(test)));
        let list = |operand: &Value| -> Result<Vec<Value>, Refusal> {
            operand.as_array().into_iter().flatten().map(|value| self.operand(key, value)).collect()
        };
        let compare = |orderings: &[Ordering]| -> Result<Condition, Refusal> {
            Ok(field(Test::Compare(orderings.to_vec(), self.operand(key, operand)?)))
        };
        Ok(match operator.trim_start_matches('$') {
            "eq" => field(Test::Equal(self.operand(key, operand)?)),
            "gt" => compare(&[Greater])?,
            "gte" => compare(&[Greater, Equal])?,
            "lt" => compare(&[Less])?,
            "lte" => compare(&[Less, Equal])?,
            "between" => {
                let bounds = list(operand)?;
                let [from, to] = <[Value; 2]>::try_from(bounds)
                    .map_err(|_| Refusal::new(400, "The between property has incorrect clause"))?;
                let from = field(Test::Compare(vec![Greater, Equal], from));
                Condition::All(vec![from, field(Test::Compare(vec![Less, Equal], to))])
            }
            "inq" | "in" => field(Test::In(list(operand)?)),
            "nin" => not(Test::In(list(operand)?)),
            "neq" | "ne" => not(Test::Equal(self.operand(key, operand)?)),
            "exists" => field(Test::Exists(!matches!(operand, Value::Bool(false) | Value::Null))),
            "like" | "regexp" | "regex" => field(Test::Like(Pattern::parse(operand, options))),
            "nlike" => not(Test::Like(Pattern::parse(operand, options))),
            "size" => field(Test::Size(operand.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0))),
            "elemMatch" => {
                let inner = operand.as_object().cloned().unwrap_or_default();
                field(Test::Element(Box::new(self.object(&inner, depth + 1)?)))
            }
            "not" => Condition::Not(Box::new(self.field(key, operand, depth + 1)?)),
            _ if operator.starts_with('$') => return Err(Refusal::unknown_operator(operator)),
            // An unknown LoopBack operator is no operator but an object to be equal to.
            _ => field(Test::Equal(serde_json::json!({ operator: operand }))),
        })
    }

    /// The raw engines replace `id` by `_id` in the filter's text, wherever it stands.
    fn path(&self, key: &str) -> Vec<String> {
        let parts = key.split('.');
        match self.engine {
            Engine::LoopBack if key == "_id" => vec!["id".to_owned()],
            Engine::LoopBack => parts.map(str::to_owned).collect(),
            Engine::Raw | Engine::Aggregation if key == "id" => vec!["_id".to_owned()],
            Engine::Raw | Engine::Aggregation => parts.map(str::to_owned).collect(),
        }
    }

    fn operand(&self, key: &str, value: &Value) -> Result<Value, Refusal> {
        let Value::String(text) = value else {
            return Ok(value.clone());
        };
        if let Some(instant) = accepted(text) {
            return Ok(Value::String(instant));
        }
        if self.engine == Engine::LoopBack {
            if !is_date_property(key) {
                return Ok(value.clone());
            }
            let error = || Refusal::internal(serde_json::json!({ "message": format!("Invalid date: {text}") }));
            return javascript_date(text).map(Value::String).ok_or_else(error);
        }
        if is_instant(text) {
            // Looks like a stored date but is none: keep it from matching one.
            return Ok(Value::String(format!("{text} ")));
        }
        Ok(Value::String(mangled(text)))
    }
}

/// The rewriting of the filter as text also hits values that are exactly such a word.
fn mangled(text: &str) -> String {
    match text {
        "id" => "_id".to_owned(),
        "inq" => "$in".to_owned(),
        "neq" => "$ne".to_owned(),
        "like" => "$regex".to_owned(),
        "lt" | "lte" | "gt" | "gte" | "nin" | "not" | "and" | "or" | "options" | "exists" | "elemMatch" => {
            format!("${text}")
        }
        _ => text.to_owned(),
    }
}

fn is_date_property(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    last == "date"
        || last.starts_with("dateOf")
        || last.starts_with("dateBecome")
        || last.ends_with("Date")
        || matches!(last, "createdAt" | "updatedAt" | "dbUpdatedAt" | "deletedAt" | "dateSampleTaken" | "dob")
}

impl Condition {
    /// Whether a document satisfies the condition.
    pub(crate) fn holds(&self, document: &Document) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(document)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(document)),
            Self::Not(part) => !part.holds(document),
            Self::Field { path, test } => {
                let at_root = path.first().is_some_and(|first| first == "_id");
                if at_root && path.len() == 1 {
                    return test.holds(document.get("id"));
                }
                at_path(document, path, &mut |value| test.holds(value))
            }
        }
    }

    /// As [`Condition::holds`], for an object inside a document, where `_id` is not a field.
    fn holds_nested(&self, object: &Document) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds_nested(object)),
            Self::Any(parts) => parts.iter().any(|part| part.holds_nested(object)),
            Self::Not(part) => !part.holds_nested(object),
            Self::Field { path, test } => at_path(object, path, &mut |value| test.holds(value)),
        }
    }
}

/// Calls `test` with every value that a dotted path reaches, arrays on the way included.
fn at_path(object: &Document, path: &[String], test: &mut dyn FnMut(Option<&Value>) -> bool) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return false;
    };
    let value = object.get(first);
    if rest.is_empty() {
        return test(value);
    }
    match value {
        Some(Value::Object(inner)) => at_path(inner, rest, test),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_object).any(|inner| at_path(inner, rest, test)),
        _ => test(None),
    }
}

impl Test {
    fn holds(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Exists(wanted) => value.is_some() == *wanted,
            Self::Size(n) => value.and_then(Value::as_array).is_some_and(|items| items.len() == *n),
            Self::Element(condition) => {
                let items = value.and_then(Value::as_array).into_iter().flatten();
                items.filter_map(Value::as_object).any(|item| condition.holds_nested(item))
            }
            Self::Equal(wanted) => self.any_of(value, &|value| equal(value, wanted)),
            Self::In(wanted) => self.any_of(value, &|value| wanted.iter().any(|one| equal(value, one))),
            Self::Compare(orderings, bound) => self.any_of(value, &|value| {
                value.and_then(|value| compare(value, bound)).is_some_and(|found| orderings.contains(&found))
            }),
            Self::Like(pattern) => self.any_of(value, &|value| {
                value.and_then(Value::as_str).is_some_and(|text| !is_instant(text) && pattern.matches(text))
            }),
        }
    }

    /// MongoDB asks an array's elements as well as the array itself.
    fn any_of(&self, value: Option<&Value>, test: &dyn Fn(Option<&Value>) -> bool) -> bool {
        test(value) || value.and_then(Value::as_array).is_some_and(|items| items.iter().any(|item| test(Some(item))))
    }
}

/// Null equals null and missing.
fn equal(value: Option<&Value>, wanted: &Value) -> bool {
    match (value, wanted) {
        (None | Some(Value::Null), Value::Null) => true,
        (Some(Value::Number(a)), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Some(value), wanted) => value == wanted,
        (None, _) => false,
    }
}

/// The order of two values of the same BSON type; values of different types do not compare.
fn compare(value: &Value, bound: &Value) -> Option<Ordering> {
    match (value, bound) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) if is_instant(a) == is_instant(b) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        _ => None,
    }
}

/// A regular expression of the simple kind that people use: literal text, `^`, `$`, and the flag
/// `i`. Other metacharacters stand for themselves.
#[derive(Debug)]
pub(crate) struct Pattern {
    literal: String,
    at_start: bool,
    at_end: bool,
    ignore_case: bool,
}

impl Pattern {
    fn parse(operand: &Value, options: Option<&str>) -> Self {
        let text = operand.as_str().unwrap_or_default();
        let (text, flags) = match text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
            Some((body, flags)) => (body, flags),
            None => (text, ""),
        };
        let ignore_case = flags.contains('i') || options.is_some_and(|options| options.contains('i'));
        let at_start = text.starts_with('^');
        let text = text.trim_start_matches('^');
        let at_end = text.ends_with('$');
        let text = text.trim_end_matches('$');
        let literal = if ignore_case { text.to_lowercase() } else { text.to_owned() };
        Self { literal, at_start, at_end, ignore_case }
    }

    fn matches(&self, text: &str) -> bool {
        let text = if self.ignore_case { text.to_lowercase() } else { text.to_owned() };
        match (self.at_start, self.at_end) {
            (true, true) => text == self.literal,
            (true, false) => text.starts_with(&self.literal),
            (false, true) => text.ends_with(&self.literal),
            (false, false) => text.contains(&self.literal),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::documents::document;
    use super::*;

    fn holds(engine: Engine, filter: Value) -> bool {
        let case = document(json!({
            "id": "c1", "classification": "CONFIRMED", "age": { "years": 34 }, "lastName": "O'Neil",
            "updatedAt": "2020-03-05T10:00:00.000Z", "gender": null,
            "persons": [{ "id": "p1" }],
            "dateRanges": [
                { "typeId": "HOSPITALIZATION", "startDate": "2020-03-01T00:00:00.000Z", "endDate": null },
                { "typeId": "ISOLATION", "startDate": "2020-02-01T00:00:00.000Z", "endDate": "2020-02-05T00:00:00.000Z" },
            ],
        }));
        compile(filter.as_object().unwrap(), engine).unwrap().holds(&case)
    }

    #[test]
    fn loopback_keeps_one_operator_a_field_and_raw_keeps_all() {
        let range = json!({ "updatedAt": { "gte": "2020-03-01", "lt": "2020-03-02" } });
        assert!(!holds(Engine::Raw, range.clone()));
        assert!(holds(Engine::LoopBack, range), "the upper bound is lost");
        let safe =
            json!({ "and": [{ "updatedAt": { "gte": "2020-03-01" } }, { "updatedAt": { "lt": "2020-03-02" } }] });
        assert!(!holds(Engine::LoopBack, safe));
    }

    #[test]
    fn a_date_that_the_pattern_refuses_matches_nothing_on_raw_and_fails_on_loopback() {
        let odd = json!({ "updatedAt": { "gte": "2020-03-01T00:00:00.000+00:00" } });
        assert!(!holds(Engine::Raw, odd.clone()));
        assert!(holds(Engine::LoopBack, odd), "LoopBack reads what JavaScript reads");
        let garbage = json!({ "updatedAt": { "gte": "yesterday" } });
        let refused = compile(garbage.as_object().unwrap(), Engine::LoopBack).unwrap_err();
        assert_eq!(refused.status, 500);
    }

    #[test]
    fn id_is_rewritten_everywhere_on_raw() {
        assert!(holds(Engine::Raw, json!({ "id": { "gt": "c0" } })));
        assert!(holds(Engine::Raw, json!({ "persons.id": "p1" })));
        assert!(!holds(Engine::Raw, json!({ "persons": { "elemMatch": { "id": "p1" } } })));
        assert!(holds(Engine::LoopBack, json!({ "persons": { "elemMatch": { "id": "p1" } } })));
        assert!(holds(Engine::LoopBack, json!({ "_id": "c1" })));
    }

    #[test]
    fn null_matches_missing_and_neq_too() {
        assert!(holds(Engine::Raw, json!({ "outcomeId": null, "gender": null })));
        assert!(holds(Engine::Raw, json!({ "outcomeId": { "neq": "DECEASED" } })));
        assert!(holds(Engine::Raw, json!({ "outcomeId": { "exists": false }, "gender": { "exists": true } })));
    }

    #[test]
    fn arrays_are_asked_element_by_element() {
        assert!(holds(Engine::Raw, json!({ "dateRanges.typeId": "ISOLATION" })));
        let on = |day: &str| {
            json!({ "dateRanges": { "$elemMatch": { "typeId": "ISOLATION", "startDate": { "$lte": day },
                "$or": [{ "endDate": null }, { "endDate": { "$gte": day } }] } } })
        };
        assert!(holds(Engine::Raw, on("2020-02-03")));
        assert!(!holds(Engine::Raw, on("2020-02-06")));
    }

    #[test]
    fn unknown_operators_differ_by_their_dollar() {
        assert!(!holds(Engine::Raw, json!({ "classification": { "nosuchop": "x" } })));
        let refused = compile(json!({ "classification": { "$nosuchop": "x" } }).as_object().unwrap(), Engine::Raw);
        assert_eq!(refused.unwrap_err(), Refusal::unknown_operator("$nosuchop"));
    }

    #[test]
    fn patterns_know_anchors_and_the_case_flag() {
        assert!(holds(Engine::Raw, json!({ "lastName": { "regexp": "/^o/i" } })));
        assert!(holds(Engine::Raw, json!({ "lastName": { "like": "NEIL", "options": "i" } })));
        assert!(!holds(Engine::Raw, json!({ "lastName": { "like": "NEIL" } })));
        assert!(holds(Engine::LoopBack, json!({ "lastName": { "nlike": "NEIL" } })));
    }
}
