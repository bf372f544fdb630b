//! Environment variables that replace single values of the configuration, so that one file serves several machines.

use super::near::near;
use super::problem::{Problem, SourceText};
use super::schema::{allows, is_text, properties, resolve};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// How the names of the variables begin.
const PREFIX: &str = "TALLY__";
/// Tables whose values may be replaced. Reports and dimensions are definitions: they stand where a reviewer reads them.
const TABLES: [&str; 5] = ["godata", "dhis2", "state", "engine", "places"];

/// The variables of an environment that mean to replace a value, by name.
pub(super) fn variables(env: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut found: Vec<_> = env.filter(|(name, _)| name.starts_with(PREFIX)).collect();
    found.sort();
    found
}

/// Replaces the values in the document. Those of `source` are the given variables.
pub(super) fn apply<'i>(
    document: &mut DeTable<'i>,
    variables: &'i [(String, String)],
    source: &SourceText,
    schema: &Json,
) -> Vec<Problem> {
    let known = replaceable(schema);
    let mut problems = Vec::new();
    for (index, (name, value)) in variables.iter().enumerate() {
        let span = source.variable(index);
        match known.iter().find(|known| known.variable == *name) {
            Some(known) => replace(document, known, value, span),
            None => {
                let message = "this variable replaces nothing: the configuration has no such value";
                problems.push(Problem::at(source, span, message).advice(advice(name, &known)));
            }
        }
    }
    problems
}

/// A value that may be replaced.
struct Replaceable<'s> {
    variable: String,
    path: Vec<&'s str>,
    schema: &'s Json,
}

fn replaceable(root: &Json) -> Vec<Replaceable<'_>> {
    let mut found = Vec::new();
    for (table, schema) in properties(root).filter(|(table, _)| TABLES.contains(table)) {
        collect(root, resolve(root, schema), &[table], &mut found);
    }
    found
}

fn collect<'s>(root: &'s Json, table: &'s Json, path: &[&'s str], found: &mut Vec<Replaceable<'s>>) {
    for (key, schema) in properties(table) {
        let schema = resolve(root, schema);
        let path: Vec<_> = path.iter().copied().chain([key]).collect();
        if allows(schema, "object") {
            collect(root, schema, &path, found);
        } else if !allows(schema, "array") {
            found.push(Replaceable { variable: format!("{PREFIX}{}", path.join("__").to_uppercase()), path, schema });
        }
    }
}

fn replace<'i>(document: &mut DeTable<'i>, target: &Replaceable<'_>, value: &'i str, span: Range<usize>) {
    let Some((key, tables)) = target.path.split_last() else { return };
    let mut table = document;
    for name in tables {
        if !table.contains_key(*name) {
            let empty = Spanned::new(span.clone(), DeValue::Table(DeTable::new()));
            table.insert(Spanned::new(span.clone(), Cow::Owned((*name).to_owned())), empty);
        }
        match table.get_mut(*name).map(Spanned::get_mut) {
            Some(DeValue::Table(inner)) => table = inner,
            // Not a table: the schema's check says so.
            _ => return,
        }
    }
    let value = if is_text(target.schema) { DeValue::String(value.into()) } else { scalar(value) };
    table.insert(Spanned::new(span.clone(), Cow::Owned((*key).to_owned())), Spanned::new(span, value));
}

/// A number or true or false; a text if it is neither.
fn scalar(value: &str) -> DeValue<'_> {
    match DeValue::parse(value).map(Spanned::into_inner) {
        Ok(scalar @ (DeValue::Integer(_) | DeValue::Boolean(_))) => scalar,
        _ => DeValue::String(value.into()),
    }
}

fn advice(name: &str, known: &[Replaceable<'_>]) -> String {
    let rest = name.strip_prefix(PREFIX).unwrap_or(name).to_lowercase();
    let (table, key) = rest.split_once("__").unwrap_or((&rest, ""));
    let Some(table) = near(table, &TABLES) else {
        return "Only single values of [godata], [dhis2], [state], [engine] and [places] can be replaced.".to_owned();
    };
    let of_table: Vec<_> = known.iter().filter(|known| known.path.first() == Some(&table)).collect();
    let keys: Vec<String> = of_table.iter().map(|known| known.path[1..].join("__")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    match near(key, &keys) {
        Some(near) => format!("Did you mean `{PREFIX}{}__{}`?", table.to_uppercase(), near.to_uppercase()),
        None => {
            format!("After `{PREFIX}{}__` may follow: {}.", table.to_uppercase(), keys.join(", ").to_uppercase())
        }
    }
}
