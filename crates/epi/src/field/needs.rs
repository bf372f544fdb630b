//! What is asked of Go.Data: of each table the fields, by their names on the wire, and whether persons are joined.

use super::{Field, List, OUTBREAK_WIRE, Table, TableName};
use std::collections::{BTreeMap, BTreeSet};

/// The fields of each table that something looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    asked: BTreeMap<TableName, BTreeSet<&'static str>>,
    joined: BTreeSet<&'static str>,
    joins: bool,
}

impl Needs {
    /// Nothing.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Adds a field of a table.
    pub fn field(&mut self, table: &Table, field: &Field) {
        self.note(table, field.wire, field.person_wire, field.joins);
    }

    /// Adds a list of a table.
    pub fn list(&mut self, table: &Table, list: &List) {
        self.note(table, list.wire, list.person_wire, list.joins);
    }

    fn note(
        &mut self,
        table: &Table,
        wire: &'static [&'static str],
        person_wire: &'static [&'static str],
        joins: bool,
    ) {
        self.asked.entry(table.name).or_default().extend(wire);
        if joins {
            self.asked.entry(TableName::Person).or_default().extend(person_wire);
            self.joined.extend(person_wire);
            self.joins = true;
        }
    }

    /// Adds fields of persons by their names on the wire.
    pub fn persons(&mut self, names: impl IntoIterator<Item = &'static str>) {
        self.asked.entry(TableName::Person).or_default().extend(names);
    }

    /// Adds what something else needs.
    pub fn extend(&mut self, other: &Self) {
        for (table, names) in &other.asked {
            self.asked.entry(*table).or_default().extend(names);
        }
        self.joined.extend(&other.joined);
        self.joins |= other.joins;
    }

    /// The names by which Go.Data is asked in the lists of a table.
    pub fn of(&self, table: TableName) -> BTreeSet<&'static str> {
        self.asked.get(&table).cloned().unwrap_or_default()
    }

    /// The names by which persons are asked for what other records need of them.
    pub fn joined(&self) -> &BTreeSet<&'static str> {
        &self.joined
    }

    /// Whether other records need the persons whom they name.
    pub fn joins(&self) -> bool {
        self.joins
    }

    /// Adds the outbreak of a table's records.
    pub fn outbreak(&mut self, table: &Table) {
        self.asked.entry(table.name).or_default().insert(OUTBREAK_WIRE);
    }

    /// Whether something looks at the outbreak of records.
    pub fn has_outbreak(&self) -> bool {
        self.asked.values().any(|names| names.contains(OUTBREAK_WIRE))
    }

    /// Whether a field of a table is among what is needed.
    pub fn concerns(&self, table: &Table, wire: &[&str], person_wire: &[&str]) -> bool {
        let among = |names: &[&str], asked: &BTreeSet<&'static str>| names.iter().any(|name| asked.contains(name));
        match person_wire {
            [] => wire.is_empty() || self.asked.get(&table.name).is_some_and(|asked| among(wire, asked)),
            person_wire => among(person_wire, &self.joined),
        }
    }

    /// What is needed, in one text that is the same for the same needs.
    pub fn digest(&self) -> String {
        let table = |(table, names): (&TableName, &BTreeSet<&'static str>)| {
            let names: Vec<&str> = names.iter().copied().collect();
            format!("{}({})", table.name(), names.join(","))
        };
        self.asked.iter().map(table).collect::<Vec<_>>().join(" ")
    }
}
