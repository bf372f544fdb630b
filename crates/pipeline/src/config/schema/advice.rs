//! What to do about a key or a value that the schema does not know.

use super::{allows, properties, resolve};
use crate::config::near::near;
use serde_json::Value as Json;
use toml::de::DeValue;

/// What to do about an unknown key, and which key was meant if it is clear.
pub(super) fn on_unknown_key<'n>(root: &Json, key: &str, names: &[&'n str]) -> (String, Option<&'n str>) {
    let nearest = near(key, names);
    let elsewhere = tables_with(root, key);
    let slip = nearest.filter(|near| elsewhere.is_empty() || strsim::levenshtein(near, key) <= SLIP_EDITS_MAX);
    if let Some(near) = slip {
        return (format!("Did you mean `{near}`?"), Some(near));
    }
    if elsewhere.is_empty() {
        return (format!("Known here: {}.", names.join(", ")), None);
    }
    (format!("It belongs in {}: what stands below a line in brackets belongs to it.", elsewhere.join(" or in ")), None)
}

/// What to do about a value that is none of those allowed.
pub(super) fn on_choice(given: &str, allowed: &[&str]) -> String {
    match near(given, allowed) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("Allowed: {}.", allowed.join(", ")),
    }
}

/// How a value of the wrong type would have been right, when that can be told.
pub(super) fn on_mistyped(name: &str, in_list: bool, given: &DeValue<'_>, schema: &Json) -> Option<String> {
    let write =
        |value: String| if in_list { format!("Write `{value}`.") } else { format!("Write `{name} = {value}`.") };
    match given {
        DeValue::String(text) if allows(schema, "array") => Some(write(format!("[\"{text}\"]"))),
        DeValue::String(text) if allows(schema, "boolean") && matches!(&**text, "true" | "false") => {
            Some(write(text.to_string()))
        }
        DeValue::String(text) if allows(schema, "integer") && text.parse::<u32>().is_ok() => {
            Some(write(text.to_string()))
        }
        DeValue::Integer(number) if allows(schema, "string") => Some(write(format!("\"{number}\""))),
        _ => None,
    }
}

/// The first sentence of a description.
pub(super) fn sentence(doc: &str) -> String {
    let doc = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = doc.find(". ").map_or(doc.len(), |end| end + 1);
    doc[..end].to_owned()
}

/// More edits than these and a key of another table was meant rather than a similar one of this table.
const SLIP_EDITS_MAX: usize = 2;

/// The tables that have a key, as one writes them.
fn tables_with(root: &Json, key: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(root, root, key, "", &mut found);
    found
}

fn collect(root: &Json, table: &Json, key: &str, path: &str, found: &mut Vec<String>) {
    for (name, schema) in properties(table) {
        let schema = resolve(root, schema);
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let items = schema.get("items").map(|items| resolve(root, items));
        let (inner, shown) = match items {
            Some(items) => (items, format!("`[[{path}]]`")),
            None => (schema, format!("`[{path}]`")),
        };
        if properties(inner).any(|(inner, _)| inner == key) {
            found.push(shown);
        }
        collect(root, inner, key, &path, found);
    }
}
