//! Holds a TOML document against the JSON Schema of [`super::raw::Raw`], so that all misspelt, missing and mistyped keys
//! are reported at once, each at its place. serde alone stops at the first.

use super::problem::{Problem, SourceText};
use serde_json::Value as Json;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// All departures of a document from the schema.
pub(super) fn check(source: &SourceText, document: &Spanned<DeTable<'_>>, schema: &Json) -> Vec<Problem> {
    let mut checker = Checker { source, root: schema, problems: Vec::new() };
    checker.table(document.get_ref(), document.span(), schema, "");
    checker.problems
}

struct Checker<'a> {
    source: &'a SourceText,
    root: &'a Json,
    problems: Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn value(&mut self, value: &Spanned<DeValue<'_>>, schema: &'a Json, name: &str) {
        let schema = self.resolve(schema);
        if let Some(choices) = schema.get("anyOf").and_then(Json::as_array) {
            return self.any_of(value, choices, name);
        }
        if let Some(allowed) = enumeration(schema) {
            return self.choice(value, &allowed, name);
        }
        match value.get_ref() {
            DeValue::Table(table) if allows(schema, "object") => self.table(table, value.span(), schema, name),
            DeValue::Array(items) if allows(schema, "array") => {
                if let Some(item_schema) = schema.get("items") {
                    items.iter().for_each(|item| self.value(item, item_schema, name));
                }
            }
            DeValue::String(_) if allows(schema, "string") => {}
            DeValue::Boolean(_) if allows(schema, "boolean") => {}
            DeValue::Integer(number) if allows(schema, "integer") => {
                let number = number.as_str().replace('_', "").parse::<i64>().ok();
                self.range(number, value.span(), schema, name);
            }
            other => {
                let message = format!("`{name}` must be {}, not {}", expected(schema), kind(other));
                self.problems.push(Problem::at(self.source, value.span(), message));
            }
        }
    }

    fn table(&mut self, table: &DeTable<'_>, span: Range<usize>, schema: &'a Json, name: &str) {
        let known = schema.get("properties").and_then(Json::as_object);
        for (key, value) in table {
            match known.and_then(|known| known.get(key.get_ref().as_ref())) {
                Some(schema) => self.value(value, schema, key.get_ref()),
                None => {
                    let names: Vec<&str> =
                        known.into_iter().flat_map(|known| known.keys()).map(String::as_str).collect();
                    let advice = match epi::nearest(key.get_ref(), &names) {
                        Some(near) => format!("Did you mean `{near}`?"),
                        None => format!("Known here: {}.", names.join(", ")),
                    };
                    let message = format!("unknown key `{}`", key.get_ref());
                    self.problems.push(Problem::at(self.source, key.span(), message).advice(advice));
                }
            }
        }
        for required in schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
            if !table.contains_key(required) {
                let place = if name.is_empty() { String::new() } else { format!(" in `{name}`") };
                let doc = known
                    .and_then(|known| known.get(required))
                    .and_then(|s| s.get("description"))
                    .and_then(Json::as_str);
                let mut problem =
                    Problem::at(self.source, head(&span, self.source), format!("`{required}` is missing{place}"));
                problem.advice = doc.map(str::to_owned);
                self.problems.push(problem);
            }
        }
    }

    fn any_of(&mut self, value: &Spanned<DeValue<'_>>, choices: &'a [Json], name: &str) {
        let choices: Vec<&Json> = choices.iter().filter(|c| c.get("type") != Some(&Json::from("null"))).collect();
        if let [only] = choices.as_slice() {
            return self.value(value, only, name);
        }
        let mut fewest: Option<Vec<Problem>> = None;
        for choice in &choices {
            let mut checker = Checker { source: self.source, root: self.root, problems: Vec::new() };
            checker.value(value, choice, name);
            if fewest.as_ref().is_none_or(|problems| checker.problems.len() < problems.len()) {
                fewest = Some(checker.problems);
            }
        }
        self.problems.extend(fewest.unwrap_or_default());
    }

    fn choice(&mut self, value: &Spanned<DeValue<'_>>, allowed: &[&str], name: &str) {
        let given = value.get_ref().as_str().unwrap_or_default();
        if !allowed.contains(&given) {
            let message = format!("`{name}` cannot be `{given}`");
            let advice = match epi::nearest(given, allowed) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("Allowed: {}.", allowed.join(", ")),
            };
            self.problems.push(Problem::at(self.source, value.span(), message).advice(advice));
        }
    }

    fn range(&mut self, number: Option<i64>, span: Range<usize>, schema: &Json, name: &str) {
        let least = schema.get("minimum").and_then(Json::as_i64).unwrap_or(i64::MIN);
        let most = schema.get("maximum").and_then(Json::as_i64).unwrap_or(i64::MAX);
        if number.is_none_or(|n| n < least || n > most) {
            let message = format!("`{name}` must lie between {least} and {most}");
            self.problems.push(Problem::at(self.source, span, message));
        }
    }

    fn resolve(&self, schema: &'a Json) -> &'a Json {
        match schema.get("$ref").and_then(Json::as_str).and_then(|path| path.strip_prefix('#')) {
            Some(path) => self.root.pointer(path).unwrap_or(schema),
            None => schema,
        }
    }
}

/// The values of an enumeration, which schemars writes as `enum` or, with descriptions, as `oneOf` of `const`.
fn enumeration(schema: &Json) -> Option<Vec<&str>> {
    if let Some(values) = schema.get("enum").and_then(Json::as_array) {
        return Some(values.iter().filter_map(Json::as_str).collect());
    }
    let choices = schema.get("oneOf")?.as_array()?;
    Some(choices.iter().filter_map(|choice| choice.get("const").and_then(Json::as_str)).collect())
}

fn allows(schema: &Json, kind: &str) -> bool {
    match schema.get("type") {
        Some(Json::String(only)) => only == kind,
        Some(Json::Array(kinds)) => kinds.iter().any(|k| k == kind),
        _ => true,
    }
}

fn expected(schema: &Json) -> &'static str {
    [
        ("object", "a table"),
        ("array", "a list"),
        ("string", "a text in quotes"),
        ("boolean", "true or false"),
        ("integer", "a whole number"),
    ]
    .into_iter()
    .find(|(kind, _)| allows(schema, kind))
    .map_or("something else", |(_, words)| words)
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The first line of a span: a whole table is too much to underline.
fn head(span: &Range<usize>, source: &SourceText) -> Range<usize> {
    let text = source.text.get(span.clone()).unwrap_or_default();
    let first_line = text.find('\n').unwrap_or(text.len());
    span.start..span.start + first_line
}
