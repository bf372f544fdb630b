//! Holds a TOML document against the JSON Schema of [`super::raw::Raw`], so that all misspelt, missing and mistyped keys
//! are reported at once, each at its place. serde alone stops at the first.
//!
//! What is wrong is also mended in the document: a misspelt key gets its right name, what is missing or mistyped is filled in
//! at [`NOWHERE`]. So the document can be read further and the mistakes in its meaning are reported together with these.

mod advice;

use super::problem::{NOWHERE, Problem, SourceText};
use super::secret;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeTable, DeValue};

/// All departures of a document from the schema; the document is mended.
pub(super) fn check(source: &SourceText, document: &mut Spanned<DeTable<'_>>, schema: &Json) -> Vec<Problem> {
    let mut checker = Checker { source, root: schema, problems: Vec::new() };
    let span = document.span();
    checker.table(document.get_mut(), &Whereabouts { name: "", in_list: false, span }, schema);
    checker.problems
}

/// The schema that a reference leads to.
pub(super) fn resolve<'a>(root: &'a Json, schema: &'a Json) -> &'a Json {
    if let Some(path) = schema.get("$ref").and_then(Json::as_str).and_then(|path| path.strip_prefix('#')) {
        return root.pointer(path).unwrap_or(schema);
    }
    let choices = schema.get("anyOf").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut present = choices.iter().filter(|choice| choice.get("type") != Some(&Json::from("null")));
    match (present.next(), present.next()) {
        (Some(only), None) => resolve(root, only),
        _ => schema,
    }
}

/// Whether a schema allows a type.
pub(super) fn allows(schema: &Json, kind: &str) -> bool {
    match schema.get("type") {
        Some(Json::String(only)) => only == kind,
        Some(Json::Array(kinds)) => kinds.iter().any(|k| k == kind),
        _ => enumeration(schema).is_some() && kind == "string",
    }
}

/// Whether a text may stand there, alone or among other choices.
pub(super) fn is_text(schema: &Json) -> bool {
    let choices = schema.get("anyOf").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    allows(schema, "string") || choices.iter().any(|choice| allows(choice, "string"))
}

/// The properties of a table.
pub(super) fn properties(schema: &Json) -> impl Iterator<Item = (&str, &Json)> {
    let known = schema.get("properties").and_then(Json::as_object);
    known.into_iter().flatten().map(|(key, schema)| (key.as_str(), schema))
}

struct Checker<'a> {
    source: &'a SourceText,
    root: &'a Json,
    problems: Vec<Problem>,
}

/// Which table or value is looked at.
struct Whereabouts<'a> {
    name: &'a str,
    in_list: bool,
    span: Range<usize>,
}

impl<'a> Checker<'a> {
    fn value(&mut self, value: &mut Spanned<DeValue<'_>>, schema: &'a Json, name: &str, in_list: bool) {
        let schema = resolve(self.root, schema);
        let span = value.span();
        if span == NOWHERE {
            return;
        }
        let choices = schema.get("anyOf").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let choices: Vec<&Json> = choices.iter().map(|choice| resolve(self.root, choice)).collect();
        if let Some(choice) = choices.iter().find(|choice| allows(choice, kind(value.get_ref()).0)) {
            return self.value(value, choice, name, in_list);
        }
        let sound = match value.get_mut() {
            DeValue::Table(table) if allows(schema, "object") => {
                self.table(table, &Whereabouts { name, in_list, span }, schema);
                true
            }
            DeValue::Array(items) if allows(schema, "array") => {
                if let Some(item_schema) = schema.get("items") {
                    items.iter_mut().for_each(|item| self.value(item, item_schema, name, true));
                }
                true
            }
            DeValue::String(text) if allows(schema, "string") => self.text(text, span, schema, name),
            DeValue::Boolean(_) if allows(schema, "boolean") => true,
            DeValue::Integer(number) if allows(schema, "integer") => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
                self.range(number, span, schema, name)
            }
            _ => {
                let wanted = if choices.is_empty() { vec![schema] } else { choices };
                self.mistyped(value, &wanted, name, in_list);
                return;
            }
        };
        if !sound {
            *value = self.filler(schema);
        }
    }

    fn table(&mut self, table: &mut DeTable<'_>, at: &Whereabouts<'_>, schema: &'a Json) {
        let any_key = schema.get("additionalProperties").filter(|values| values.is_object());
        let unknown: Vec<_> = table
            .keys()
            .filter(|_| any_key.is_none())
            .filter(|key| properties(schema).all(|(known, _)| known != key.get_ref().as_ref()))
            .map(|key| (key.get_ref().to_string(), key.span()))
            .collect();
        for (key, span) in unknown {
            self.unknown_key(table, &key, span, schema);
        }
        for (key, value) in table.iter_mut() {
            let key = key.get_ref().as_ref();
            let known = properties(schema).find(|(known, _)| *known == key).map(|(_, schema)| schema);
            if let Some(schema) = known.or(any_key) {
                self.value(value, schema, key, false);
            }
        }
        for key in schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
            let Some((_, schema)) = properties(schema).find(|(known, _)| *known == key) else { continue };
            if !table.contains_key(key) {
                self.problems.push(self.missing(key, schema, at));
                table.insert(Spanned::new(NOWHERE, Cow::Owned(key.to_owned())), self.filler(schema));
            }
        }
    }

    fn unknown_key(&mut self, table: &mut DeTable<'_>, key: &str, span: Range<usize>, schema: &'a Json) {
        let names: Vec<&str> = properties(schema).map(|(name, _)| name).collect();
        let problem = Problem::at(self.source, span.clone(), format!("unknown key `{key}`"));
        let value = table.remove(key);
        if let Some(instead) = secret::instead_of(key).filter(|instead| names.contains(instead)) {
            self.problems.push(problem.advice(secret::ADVICE));
            if !table.contains_key(instead) {
                let filler = Spanned::new(NOWHERE, DeValue::String("".into()));
                table.insert(Spanned::new(NOWHERE, instead.into()), filler);
            }
            return;
        }
        let (advice, meant) = advice::on_unknown_key(self.root, key, &names);
        self.problems.push(problem.advice(advice));
        if let (Some(meant), Some(value)) = (meant, value)
            && !table.contains_key(meant)
        {
            table.insert(Spanned::new(span, Cow::Owned(meant.to_owned())), value);
        }
    }

    fn missing(&self, key: &str, schema: &Json, at: &Whereabouts<'_>) -> Problem {
        let doc = schema.get("description").and_then(Json::as_str);
        let resolved = resolve(self.root, schema);
        let (shown, problem) = if at.name.is_empty() {
            let header = if allows(resolved, "array") { format!("[[{key}]]") } else { format!("[{key}]") };
            let problem = Problem::of(self.source, format!("`{header}` is missing"));
            (header, problem)
        } else {
            let written = self.source.text.get(at.span.clone()).unwrap_or_default();
            let place = match written {
                header if header.starts_with("[[") => format!("this `{header}`"),
                header if header.starts_with('[') => format!("`{header}`"),
                _ if at.in_list => format!("this item of `{}`", at.name),
                _ => format!("`{}`", at.name),
            };
            (key.to_owned(), self.source.problem(at.span.clone(), format!("`{key}` is missing in {place}")))
        };
        match doc {
            Some(doc) => problem.advice(format!("Add `{shown}`. {}", advice::sentence(doc))),
            None => problem,
        }
    }

    fn mistyped(&mut self, value: &mut Spanned<DeValue<'_>>, wanted: &[&'a Json], name: &str, in_list: bool) {
        let first = wanted.first().copied().unwrap_or(self.root);
        let span = value.span();
        let filler = self.filler(first);
        let mut given = std::mem::replace(value, filler);
        match given.get_mut() {
            DeValue::Table(_) if allows(first, "array") => {
                let message = format!("`{name}` stands in single brackets");
                let advice = "It may occur several times: write its name in double brackets, as in `[[report]]`.";
                self.problems.push(Problem::at(self.source, span.clone(), message).advice(advice));
                let mut list = DeArray::default();
                list.push(given);
                *value = Spanned::new(span, DeValue::Array(list));
                self.value(value, first, name, in_list);
            }
            DeValue::Array(items) if allows(first, "object") => {
                let message = format!("`{name}` stands in double brackets");
                let advice = format!("It occurs only once: write `[{name}]`.");
                self.problems.push(Problem::at(self.source, span, message).advice(advice));
                if let Some(only) = items.iter().next().filter(|_| items.len() == 1) {
                    *value = only.clone();
                    self.value(value, first, name, in_list);
                }
            }
            given => {
                let words: Vec<_> = wanted.iter().map(|schema| expected(schema)).collect();
                let subject = if in_list { format!("an item of `{name}`") } else { format!("`{name}`") };
                let message = format!("{subject} must be {}, not {}", words.join(" or "), kind(given).1);
                let mut problem = Problem::at(self.source, span, message);
                if wanted.len() == 1 {
                    problem.advice = advice::on_mistyped(name, in_list, given, first);
                }
                self.problems.push(problem);
            }
        }
    }

    fn text(&mut self, text: &str, span: Range<usize>, schema: &Json, name: &str) -> bool {
        if text.trim().is_empty() {
            let problem = Problem::at(self.source, span, format!("`{name}` is empty"));
            self.problems.push(problem.advice("Write its value, or leave the key out if it need not be there."));
            return false;
        }
        let Some(allowed) = enumeration(schema) else { return true };
        if !allowed.contains(&text) {
            let message = format!("`{name}` cannot be `{text}`");
            self.problems.push(Problem::at(self.source, span, message).advice(advice::on_choice(text, &allowed)));
            return false;
        }
        true
    }

    fn range(&mut self, number: Option<i64>, span: Range<usize>, schema: &Json, name: &str) -> bool {
        let bound = |key: &str, default: i64| schema.get(key).and_then(Json::as_i64).unwrap_or(default);
        let (least, most) = (bound("minimum", i64::MIN), bound("maximum", i64::MAX));
        let fits = number.is_some_and(|n| n >= least && n <= most);
        if !fits {
            let message = format!("`{name}` must lie between {least} and {most}");
            self.problems.push(Problem::at(self.source, span, message));
        }
        fits
    }

    /// A value that the schema allows, to go on with.
    fn filler<'i>(&self, schema: &Json) -> Spanned<DeValue<'i>> {
        let schema = resolve(self.root, schema);
        let schema = schema.get("anyOf").and_then(|choices| choices.get(0)).unwrap_or(schema);
        let value = if allows(schema, "object") {
            let required = schema.get("required").and_then(Json::as_array).into_iter().flatten();
            let filled = required.filter_map(Json::as_str).filter_map(|key| {
                let (_, schema) = properties(schema).find(|(known, _)| *known == key)?;
                Some((Spanned::new(NOWHERE, Cow::Owned(key.to_owned())), self.filler(schema)))
            });
            DeValue::Table(filled.collect())
        } else if allows(schema, "array") {
            DeValue::Array(DeArray::default())
        } else if allows(schema, "integer") {
            DeValue::Integer(DeInteger::default())
        } else if allows(schema, "boolean") {
            DeValue::Boolean(false)
        } else {
            let choice = enumeration(schema).and_then(|choices| choices.first().map(|first| (*first).to_owned()));
            DeValue::String(Cow::Owned(choice.unwrap_or_default()))
        };
        Spanned::new(NOWHERE, value)
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

fn expected(schema: &Json) -> &'static str {
    let words = [
        ("object", "a table"),
        ("array", "a list"),
        ("string", "a text in quotes"),
        ("boolean", "true or false"),
        ("integer", "a whole number"),
    ];
    words.into_iter().find(|(kind, _)| allows(schema, kind)).map_or("something else", |(_, words)| words)
}

/// The type of a value in the schema's words and in ours.
fn kind(value: &DeValue<'_>) -> (&'static str, &'static str) {
    match value {
        DeValue::String(_) => ("string", "a text"),
        DeValue::Integer(_) => ("integer", "a whole number"),
        DeValue::Float(_) => ("number", "a decimal number"),
        DeValue::Boolean(_) => ("boolean", "true or false"),
        DeValue::Datetime(_) => ("date", "a date"),
        DeValue::Array(_) => ("array", "a list"),
        DeValue::Table(_) => ("object", "a table"),
    }
}
