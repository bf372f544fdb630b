//! The location tree: descendants, ancestors, and the hierarchical answer.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::documents::{Document, Documents, is_deleted, text};

/// Links of the live locations.
pub(crate) struct Tree<'a> {
    by_id: HashMap<&'a str, &'a Document>,
    children: HashMap<Option<&'a str>, Vec<&'a Document>>,
}

impl<'a> Tree<'a> {
    pub(crate) fn of(documents: &'a Documents) -> Self {
        let live = || documents.locations.iter().filter(|location| !is_deleted(location));
        let by_id: HashMap<&str, &Document> =
            live().filter_map(|location| Some((text(location, "id")?, location))).collect();
        let mut children: HashMap<Option<&str>, Vec<&Document>> = HashMap::new();
        for location in live() {
            let parent = text(location, "parentLocationId").filter(|parent| by_id.contains_key(parent));
            children.entry(parent).or_default().push(location);
        }
        for siblings in children.values_mut() {
            siblings.sort_by_key(|location| text(location, "name"));
        }
        Self { by_id, children }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&'a Document> {
        self.by_id.get(id).copied()
    }

    /// A location and all below it.
    pub(crate) fn with_descendants(&self, id: &str, into: &mut HashSet<String>) {
        if self.by_id.contains_key(id) && into.insert(id.to_owned()) {
            for child in self.children.get(&Some(id)).into_iter().flatten() {
                self.with_descendants(text(child, "id").unwrap_or_default(), into);
            }
        }
    }

    /// A location and all above it, nearest first; ends at a cycle.
    pub(crate) fn with_ancestors(&self, id: &str) -> Vec<&'a Document> {
        let mut line: Vec<&Document> = Vec::new();
        let mut next = Some(id);
        while let Some(location) = next.and_then(|id| self.get(id)) {
            if line.len() > self.by_id.len() {
                break;
            }
            line.push(location);
            next = text(location, "parentLocationId");
        }
        line
    }

    /// The answer of `/locations/hierarchical`: the kept locations with their ancestors. Ancestors
    /// in `disabled` are marked.
    pub(crate) fn hierarchical(&self, kept: &HashSet<String>, disabled: &HashSet<String>) -> Value {
        let mut shown: HashSet<&str> = HashSet::new();
        for id in kept {
            shown.extend(self.with_ancestors(id).into_iter().filter_map(|location| text(location, "id")));
        }
        self.level(None, &shown, disabled)
    }

    fn level(&self, parent: Option<&str>, shown: &HashSet<&str>, disabled: &HashSet<String>) -> Value {
        let siblings = self.children.get(&parent).into_iter().flatten();
        let rows = siblings.filter_map(|location| {
            let id = text(location, "id").filter(|id| shown.contains(id))?;
            let mut row = (*location).clone();
            if disabled.contains(id) {
                row.insert("disabled".into(), json!(true));
            }
            Some(json!({ "location": row, "children": self.level(Some(id), shown, disabled) }))
        });
        Value::Array(rows.collect())
    }
}

/// Replaces every key `X.parentLocationIdFilter` by `X` in the location and all its descendants.
pub(crate) fn expand_parent_filters(filter: &mut Map<String, Value>, tree: &Tree<'_>) {
    let keys: Vec<String> = filter.keys().cloned().collect();
    for key in keys {
        match filter.get_mut(&key) {
            Some(Value::Object(inner)) if !key.ends_with(".parentLocationIdFilter") => {
                expand_parent_filters(inner, tree);
            }
            Some(Value::Array(items)) => {
                items.iter_mut().filter_map(Value::as_object_mut).for_each(|item| expand_parent_filters(item, tree));
            }
            _ => {}
        }
        let Some(field) = key.strip_suffix(".parentLocationIdFilter") else {
            continue;
        };
        let wanted = filter.remove(&key).unwrap_or(Value::Null);
        let roots = match &wanted {
            Value::String(id) => vec![id.as_str()],
            other => {
                let list = ["inq", "$in"].iter().find_map(|operator| other.get(operator)).unwrap_or(other);
                list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
            }
        };
        let mut ids = HashSet::new();
        for root in roots {
            tree.with_descendants(root, &mut ids);
        }
        filter.insert(field.to_owned(), json!({ "inq": ids }));
    }
}
