//! The data values at rest, soft-deleted ones included, ordered by place and time.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::catalogue::Uid;
use super::period::Period;
use super::version::Version;

/// A number that stands for a period.
pub(crate) type PeriodId = u32;

/// Every period that was ever named, once.
#[derive(Default)]
pub(crate) struct PeriodTable {
    by_text: HashMap<String, PeriodId>,
    periods: Vec<Period>,
}

impl PeriodTable {
    /// The number of the period that the text names, in any accepted spelling.
    pub(crate) fn id(&mut self, text: &str, version: Version) -> Option<PeriodId> {
        if let Some(id) = self.by_text.get(text) {
            return Some(*id);
        }
        let period = Period::parse(text, version)?;
        let id = match self.by_text.get(&period.iso) {
            Some(id) => *id,
            None => {
                let id = PeriodId::try_from(self.periods.len()).ok()?;
                self.by_text.insert(period.iso.clone(), id);
                self.periods.push(period);
                id
            }
        };
        self.by_text.insert(text.to_owned(), id);
        Some(id)
    }

    pub(crate) fn get(&self, id: PeriodId) -> &Period {
        &self.periods[id as usize]
    }
}

/// The key of a data value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) org_unit: Uid,
    pub(crate) period: PeriodId,
    pub(crate) data_element: Uid,
    pub(crate) option_combo: Uid,
    pub(crate) attribute_combo: Uid,
}

/// A row of the data value table.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) value: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) followup: bool,
    pub(crate) deleted: bool,
    pub(crate) stored_by: Arc<str>,
    pub(crate) created: Timestamp,
    pub(crate) last_updated: Timestamp,
}

/// Element, category option combo, attribute option combo.
type Cell = (Uid, Uid, Uid);

/// The data value table.
#[derive(Default)]
pub(crate) struct Store {
    places: BTreeMap<Uid, BTreeMap<PeriodId, BTreeMap<Cell, Row>>>,
}

impl Store {
    pub(crate) fn get(&self, key: &Key) -> Option<&Row> {
        self.places.get(&key.org_unit)?.get(&key.period)?.get(&key.cell())
    }

    pub(crate) fn get_mut(&mut self, key: &Key) -> Option<&mut Row> {
        self.places.get_mut(&key.org_unit)?.get_mut(&key.period)?.get_mut(&key.cell())
    }

    pub(crate) fn put(&mut self, key: &Key, row: Row) {
        let periods = self.places.entry(key.org_unit).or_default();
        periods.entry(key.period).or_default().insert(key.cell(), row);
    }

    /// Removes a row as if it had never been.
    pub(crate) fn purge(&mut self, key: &Key) {
        if let Some(cells) = self.places.get_mut(&key.org_unit).and_then(|periods| periods.get_mut(&key.period)) {
            cells.remove(&key.cell());
        }
    }

    /// Moves the rows of a category option combo to another.
    pub(crate) fn rename_option_combo(&mut self, old: Uid, new: Uid) {
        for cells in self.places.values_mut().flat_map(BTreeMap::values_mut) {
            let moved: Vec<Cell> = cells.keys().filter(|cell| cell.1 == old).copied().collect();
            for cell in moved {
                if let Some(row) = cells.remove(&cell) {
                    cells.insert((cell.0, new, cell.2), row);
                }
            }
        }
    }

    /// The rows of a place in the periods that pass.
    pub(crate) fn rows_of(
        &self,
        org_unit: Uid,
        wanted: impl Fn(PeriodId) -> bool,
    ) -> impl Iterator<Item = (Key, &Row)> {
        let periods = self.places.get(&org_unit).into_iter().flatten();
        periods.filter(move |(period, _)| wanted(**period)).flat_map(move |(period, cells)| {
            cells.iter().map(move |(cell, row)| (Key::new(org_unit, *period, *cell), row))
        })
    }

    /// Every row.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (Key, &Row)> {
        self.places.keys().flat_map(|unit| self.rows_of(*unit, |_| true))
    }
}

impl Key {
    fn new(org_unit: Uid, period: PeriodId, cell: Cell) -> Self {
        let (data_element, option_combo, attribute_combo) = cell;
        Self { org_unit, period, data_element, option_combo, attribute_combo }
    }

    fn cell(&self) -> Cell {
        (self.data_element, self.option_combo, self.attribute_combo)
    }
}
