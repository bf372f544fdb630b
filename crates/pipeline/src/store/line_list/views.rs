//! The tables that people see in a line list: views over the stored records, generated from the field catalogue.

use epi::field::{self, Field, List};
use epi::record::PersonKind;
use epi::value::ValueType;
use serde::Serialize;

/// A view of the line list.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// Its name in SQL.
    pub name: &'static str,
    /// What a row is, one sentence.
    pub doc: &'static str,
    /// Its columns, in order.
    pub columns: Vec<ViewColumn>,
    #[serde(skip)]
    list: Option<&'static str>,
    #[serde(skip)]
    kinds: Vec<&'static str>,
}

/// A column of a view.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ViewColumn {
    /// Its name in SQL: the field's.
    pub name: &'static str,
    /// `text`, `number`, `date` (ISO text) or `0 or 1`.
    pub holds: &'static str,
    /// Meaning, one sentence.
    pub doc: &'static str,
    #[serde(skip)]
    value_type: ValueType,
    #[serde(skip)]
    wire: &'static [&'static str],
}

/// Kinds of record that share their fields.
struct Family {
    /// The catalogue's fields.
    fields: &'static [Field],
    /// Its lists; each is a view of its own.
    lists: &'static [List],
    /// The column by which a list's view names the record that the element belongs to.
    owner: &'static str,
    /// What that column holds.
    owner_doc: &'static str,
    /// Views over the records: name, meaning, kinds.
    views: &'static [(&'static str, &'static str, &'static [&'static str])],
}

const CASE: &str = PersonKind::Case.name();
const CONTACT: &str = PersonKind::Contact.name();
const CONTACT_OF_CONTACT: &str = PersonKind::ContactOfContact.name();

/// Every view. Another kind of record is another family here.
static FAMILIES: &[Family] = &[Family {
    fields: field::PERSON,
    lists: field::LISTS,
    owner: "person_id",
    owner_doc: "Go.Data's id of the person.",
    views: &[
        ("cases", "The cases, one row each.", &[CASE]),
        ("contacts", "The contacts, one row each.", &[CONTACT]),
        ("contacts_of_contacts", "The contacts of contacts, one row each.", &[CONTACT_OF_CONTACT]),
        ("persons", "All of them, one row each.", &[CASE, CONTACT, CONTACT_OF_CONTACT]),
    ],
}];

/// The views of a line list, in the order in which they are shown.
pub fn views() -> Vec<View> {
    let mut views = Vec::new();
    for family in FAMILIES {
        let columns =
            || family.fields.iter().map(|field| ViewColumn::new(field.name, field.value_type, field.doc, field.wire));
        for (name, doc, kinds) in family.views {
            views.push(View { name, doc, columns: columns().collect(), list: None, kinds: kinds.to_vec() });
        }
        let kinds: Vec<_> = family.views.iter().flat_map(|(_, _, kinds)| kinds.iter().copied()).collect();
        for list in family.lists {
            let owner = ViewColumn::new(family.owner, ValueType::Text, family.owner_doc, &[]);
            let fields =
                list.fields.iter().map(|field| ViewColumn::new(field.name, field.value_type, field.doc, list.wire));
            let columns = std::iter::once(owner).chain(fields).collect();
            views.push(View { name: list.name, doc: list.doc, columns, list: Some(list.name), kinds: kinds.clone() });
        }
    }
    views
}

impl ViewColumn {
    fn new(name: &'static str, value_type: ValueType, doc: &'static str, wire: &'static [&'static str]) -> Self {
        let holds = match value_type {
            ValueType::Text => "text",
            ValueType::Number => "number",
            ValueType::Date => "date",
            ValueType::Bool => "0 or 1",
        };
        Self { name, holds, doc, value_type, wire }
    }

    /// The names by which Go.Data's API is asked for it; empty if it is always there.
    pub fn wire(&self) -> &'static [&'static str] {
        self.wire
    }

    /// How it is read from a document.
    fn read(&self, document: &str) -> String {
        let json = format!("json_extract({document}, '$.\"{}\"')", self.name);
        match self.value_type {
            // Exact decimals are stored as texts.
            ValueType::Number => format!("CAST({json} AS NUMERIC) AS \"{}\"", self.name),
            ValueType::Text | ValueType::Date | ValueType::Bool => format!("{json} AS \"{}\"", self.name),
        }
    }
}

impl View {
    /// The statement that makes it for one connection, over a view `source` of the stored records. The names are those of
    /// the catalogue, so nothing has to be escaped.
    pub(super) fn definition(&self, source: &str) -> String {
        let mut kinds = self.kinds.clone();
        kinds.sort_unstable();
        kinds.dedup();
        let kinds = format!("r.kind IN ('{}')", kinds.join("', '"));
        let (columns, from) = match self.list {
            None => {
                let columns: Vec<_> = self.columns.iter().map(|column| column.read("r.json")).collect();
                (columns, format!("temp.\"{source}\" AS r"))
            }
            Some(list) => {
                let (owner, fields) = self.columns.split_at(1);
                let owner = owner.iter().map(|column| format!("r.id AS \"{}\"", column.name));
                let columns = owner.chain(fields.iter().map(|column| column.read("e.value"))).collect();
                (columns, format!("temp.\"{source}\" AS r, json_each(r.json, '$.\"{list}\"') AS e"))
            }
        };
        format!("CREATE TEMP VIEW \"{}\" AS SELECT {} FROM {from} WHERE {kinds}", self.name, columns.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_need_no_quotes() {
        let mut names = HashSet::new();
        for view in views() {
            assert!(names.insert(view.name), "`{}` stands twice", view.name);
            let mut columns = HashSet::new();
            for column in &view.columns {
                assert!(columns.insert(column.name), "`{}.{}` stands twice", view.name, column.name);
            }
            for name in view.columns.iter().map(|column| column.name).chain([view.name]) {
                assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
            }
            assert!(view.doc.ends_with('.'), "{}", view.name);
        }
    }
}
