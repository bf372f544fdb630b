//! The tables that people see in a line list: views over the stored records, generated from the field catalogue.

use epi::field::{self, Field, Table, TableName};
use epi::record::RecordKind;
use epi::value::ValueType;
use serde::Serialize;
use std::collections::BTreeSet;

/// A view of the line list.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// Its name in SQL.
    pub name: &'static str,
    /// What a row is, one sentence.
    pub doc: &'static str,
    /// Its columns, in order.
    pub columns: Vec<ViewColumn>,
    /// The table of the catalogue that it shows.
    #[serde(skip)]
    pub table: TableName,
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

/// A table of the catalogue as views.
struct Family {
    /// The table.
    table: &'static Table,
    /// The column by which a list's view names the record that the element belongs to.
    owner: &'static str,
    /// What that column holds.
    owner_doc: &'static str,
    /// The names of the views of its lists, where they are not the lists' own.
    lists: &'static [(&'static str, &'static str)],
    /// Views over the records: name, meaning, kinds.
    views: &'static [(&'static str, &'static str, &'static [RecordKind])],
}

/// Every view. Another table is another family here.
static FAMILIES: &[Family] = &[
    Family {
        table: &field::PERSONS,
        owner: "person_id",
        owner_doc: "Go.Data's id of the person.",
        lists: &[],
        views: &[
            ("cases", "The cases, one row each.", &[RecordKind::Case]),
            ("contacts", "The contacts, one row each.", &[RecordKind::Contact]),
            ("contacts_of_contacts", "The contacts of contacts, one row each.", &[RecordKind::ContactOfContact]),
            ("persons", "All of them, one row each.", &RecordKind::PERSONS),
        ],
    },
    Family {
        table: &field::FOLLOW_UPS,
        owner: "follow_up_id",
        owner_doc: "Go.Data's id of the follow-up.",
        lists: &[("answers", "follow_up_answers")],
        views: &[(
            "follow_ups",
            "The follow-ups, one row each; `person_id` leads to their persons.",
            &[RecordKind::FollowUp],
        )],
    },
    Family {
        table: &field::LAB_RESULTS,
        owner: "lab_result_id",
        owner_doc: "Go.Data's id of the laboratory result.",
        lists: &[("answers", "lab_result_answers")],
        views: &[(
            "lab_results",
            "The laboratory results, one row each; `person_id` leads to their persons.",
            &[RecordKind::LabResult],
        )],
    },
    Family {
        table: &field::RELATIONSHIPS,
        owner: "relationship_id",
        owner_doc: "Go.Data's id of the relationship.",
        lists: &[],
        views: &[(
            "relationships",
            "The relationships, one row each; `source_id` and `target_id` lead to their persons.",
            &[RecordKind::Relationship],
        )],
    },
    Family {
        table: &field::EVENTS,
        owner: "event_id",
        owner_doc: "Go.Data's id of the event.",
        lists: &[("answers", "event_answers")],
        views: &[("events", "The events, one row each.", &[RecordKind::Event])],
    },
];

/// The views of a line list, in the order in which they are shown.
pub fn views() -> Vec<View> {
    let mut views = Vec::new();
    for family in FAMILIES {
        let table = family.table;
        let column = |field: &Field| ViewColumn::new(field.name, field.value_type, field.doc, field.wire);
        let of_list = |kinds: &[RecordKind]| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>();
        for (name, doc, kinds) in family.views {
            let columns = table.fields.iter().chain(&field::OUTBREAK).map(column).chain(own_place(table)).collect();
            views.push(View { name, doc, columns, table: table.name, list: None, kinds: of_list(kinds) });
        }
        let kinds = family.views.iter().flat_map(|(_, _, kinds)| of_list(kinds));
        let kinds: BTreeSet<_> = kinds.collect();
        for list in table.lists {
            let owner = ViewColumn::new(family.owner, ValueType::Text, family.owner_doc, &[]);
            let fields =
                list.fields.iter().map(|field| ViewColumn::new(field.name, field.value_type, field.doc, list.wire));
            let columns = std::iter::once(owner).chain(fields).collect();
            let named = family.lists.iter().find(|(own, _)| *own == list.name);
            let (name, kinds) = (named.map_or(list.name, |(_, name)| name), kinds.iter().copied().collect());
            views.push(View { name, doc: list.doc, columns, table: table.name, list: Some(list.name), kinds });
        }
    }
    views
}

/// The place of a visit alone: the catalogue's looks at the person as well, and a view at one record.
fn own_place(table: &Table) -> Option<ViewColumn> {
    let place =
        table.field(table.place).filter(|place| place.joins && !place.wire.is_empty() && !place.name.contains('.'))?;
    Some(ViewColumn::new(
        place.name,
        place.value_type,
        "Location of the visit, where it has one of its own.",
        place.wire,
    ))
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
        if self.name == "id" && document == RECORD {
            return "r.id AS \"id\"".to_owned();
        }
        let path = match self.name {
            "outbreak" => "outbreak.name",
            "outbreak_id" => "outbreak.id",
            "source_id" => "source.id",
            "source_type" => "source.type",
            "target_id" => "target.id",
            "target_type" => "target.type",
            name => name,
        };
        let json = format!("json_extract({document}, '$.{path}')");
        match self.value_type {
            // Exact decimals are stored as texts.
            ValueType::Number => format!("CAST({json} AS NUMERIC) AS \"{}\"", self.name),
            ValueType::Text | ValueType::Date | ValueType::Bool => format!("{json} AS \"{}\"", self.name),
        }
    }
}

/// The document of a record; its id stands beside it.
const RECORD: &str = "r.json";

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
                let columns: Vec<_> = self.columns.iter().map(|column| column.read(RECORD)).collect();
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
