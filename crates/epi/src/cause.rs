//! Why a cell changes: what a record meant before beside what it means now.
//!
//! Nothing here knows a rule of counting. Both meanings come from [`contributions`], and what differs is the cause.

use crate::contribution::{Amount, CellKey, Contributions, contributions};
use crate::field::{Domain, List, TABLES};
use crate::indicator::{Definitions, Indicator};
use crate::record::Joined;
use crate::value::ValueType;
use jiff::civil::Date;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// How a record moves with respect to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Movement {
    /// It counts there now, and did not before.
    Entered,
    /// It counted there, and does no longer.
    Left,
    /// It counts there as before, with another amount.
    Revised,
}

impl Movement {
    /// The word in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entered => "entered",
            Self::Left => "left",
            Self::Revised => "revised",
        }
    }
}

/// What happened to the record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The line list did not have it before: entered late, or restored.
    New,
    /// The line list has it no longer: deleted, merged into another, or converted to a kind that is not read.
    Gone,
    /// These of its fields changed, of those that the indicator looks at. None: only time went on.
    Changed(Vec<&'static str>),
}

impl Why {
    /// In words, with names of fields and without values of persons.
    pub fn words(&self) -> String {
        let fields = match self {
            Self::New => return "new, or restored".to_owned(),
            Self::Gone => return "deleted, merged or converted".to_owned(),
            Self::Changed(fields) if fields.is_empty() => return "time went on".to_owned(),
            Self::Changed(fields) => fields,
        };
        let of_person = |name: &'static str| name.split_once('.').map_or(name, |(_, name)| name);
        let word = |name: &&'static str| match *name {
            name if of_person(name) == "kind" => "converted".to_owned(),
            name if of_person(name) == "classification" => "reclassified".to_owned(),
            name => match TABLES.iter().find_map(|table| table.field(name)) {
                Some(field) if field.domain == Domain::Location => format!("moved to another place ({name})"),
                Some(field) if field.value_type == ValueType::Date => format!("another date ({name})"),
                _ => format!("{name} changed"),
            },
        };
        fields.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}

/// Why a cell changes, as far as one record goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The cell.
    pub cell: CellKey,
    /// How the record moves.
    pub movement: Movement,
    /// What happened to it.
    pub why: Why,
}

/// Definitions as they stood on an earlier day beside those of today.
#[derive(Debug)]
pub struct Retrospect<'d> {
    now: &'d Definitions,
    then: Cow<'d, Definitions>,
}

impl<'d> Retrospect<'d> {
    /// Looks back from `definitions` to a day on which the same definitions held: open intervals ended there.
    pub fn new(definitions: &'d Definitions, then: Date) -> Self {
        let then = if definitions.today == then {
            Cow::Borrowed(definitions)
        } else {
            Cow::Owned(Definitions { today: then, ..definitions.clone() })
        };
        Self { now: definitions, then }
    }

    /// The cells that a record entered, left or changed, in their order. `None` where the line list had, or has, no such
    /// record.
    pub fn causes<'a, R: Into<Joined<'a>>>(&'a self, before: Option<R>, after: Option<R>) -> Vec<Cause> {
        let (before, after): (Option<Joined<'a>>, Option<Joined<'a>>) = (before.map(Into::into), after.map(Into::into));
        let (mut then, mut now) = (Contributions::default(), Contributions::default());
        if let Some(record) = before {
            contributions(record, &self.then, &mut then);
        }
        if let Some(record) = after {
            contributions(record, self.now, &mut now);
        }
        let in_cell = |found: &Contributions<'_>, cell: CellKey| {
            found.cells.iter().find(|contribution| contribution.cell == cell).map(|found| same_amount_key(found.amount))
        };
        let cells: BTreeSet<CellKey> = then.cells.iter().chain(&now.cells).map(|found| found.cell).collect();
        let cause = |cell: CellKey| {
            let movement = match (in_cell(&then, cell), in_cell(&now, cell)) {
                (None, Some(_)) => Movement::Entered,
                (Some(_), None) => Movement::Left,
                (old, new) if old != new => Movement::Revised,
                _ => return None,
            };
            let why = match (before, after) {
                (None, _) => Why::New,
                (_, None) => Why::Gone,
                (Some(before), Some(after)) => Why::Changed(changed_fields(
                    before,
                    after,
                    &self.now.indicators[usize::from(cell.indicator)],
                    self.now,
                )),
            };
            Some(Cause { cell, movement, why })
        };
        cells.into_iter().filter_map(cause).collect()
    }
}

/// Amounts that are compared across two records' lives.
fn same_amount_key(amount: Amount<'_>) -> String {
    match amount {
        Amount::One => String::new(),
        Amount::Text(text) => format!("t{text}"),
        Amount::Number(number) => format!("n{}", number.normalize()),
    }
}

/// The fields and lists that an indicator looks at and that differ, those of persons whom the record names included.
fn changed_fields(
    before: Joined<'_>,
    after: Joined<'_>,
    indicator: &Indicator,
    definitions: &Definitions,
) -> Vec<&'static str> {
    let table = indicator.table();
    let needs = indicator.needs(|d| &definitions.dimensions[d]);
    let fields = table.all_fields().filter(|field| {
        needs.concerns(table, field.wire, field.person_wire) && (field.get)(before) != (field.get)(after)
    });
    let lists = table
        .all_lists()
        .filter(|list| needs.concerns(table, list.wire, list.person_wire) && !same_elements(list, before, after));
    fields.map(|field| field.name).chain(lists.map(|list| list.name)).collect()
}

fn same_elements(list: &List, before: Joined<'_>, after: Joined<'_>) -> bool {
    let n = (list.len)(before);
    n == (list.len)(after)
        && (0..n).all(|i| list.fields.iter().all(|field| (field.get)(before, i) == (field.get)(after, i)))
}
