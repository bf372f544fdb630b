//! Counts of records in a table: one number for each period, place and combination of an indicator.
//!
//! Most indicators count, and most of their cells hold something. A table then takes a fraction of the memory of a hash table
//! and finds a cell without looking for it, which is what a pass over a million records does most often.

use crate::contribution::CellKey;
use crate::indicator::{Definitions, Measure};

/// The largest table: 100 organisation units, 104 weeks and 18 combinations fit. Beyond it most cells would be empty.
const SLOTS_MAX: usize = 1 << 18;
/// The slots of all tables together: 64 MB.
const ALL_SLOTS_MAX: usize = 1 << 23;

/// The counts of one indicator's cells; a cell without a record is none.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    n_periods: usize,
    n_places: usize,
    n_combos: usize,
    /// Period after period, in each place after place.
    counts: Vec<u64>,
}

impl Counts {
    /// A table for each indicator that counts records and whose cells are not too many.
    pub(crate) fn of_all(definitions: &Definitions) -> Vec<Option<Self>> {
        let n_periods = definitions.span.span().n_periods();
        let n_places = definitions.places.org_units().len();
        let mut left = ALL_SLOTS_MAX;
        let mut table = |indicator: &crate::indicator::Indicator| {
            let n_combos = definitions.n_combos(indicator);
            let n_slots = n_periods.checked_mul(n_places)?.checked_mul(n_combos)?;
            if !matches!(indicator.measure, Measure::Count) || n_slots > SLOTS_MAX.min(left) {
                return None;
            }
            left -= n_slots;
            Some(Self { n_periods, n_places, n_combos, counts: vec![0; n_slots] })
        };
        definitions.indicators.iter().map(&mut table).collect()
    }

    /// The count of a cell; none if the table has no such cell.
    #[inline]
    pub(crate) fn at(&mut self, cell: CellKey) -> Option<&mut u64> {
        let slot = self.slot(cell)?;
        self.counts.get_mut(slot)
    }

    /// The count of a cell that some record is in.
    pub(crate) fn get(&self, cell: CellKey) -> Option<u64> {
        self.counts.get(self.slot(cell)?).copied().filter(|n| *n > 0)
    }

    /// Adds those of other records.
    pub(crate) fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.counts.len(), other.counts.len(), "cells of one indicator have one table");
        self.counts.iter_mut().zip(&other.counts).for_each(|(n, more)| *n += more);
    }

    /// The cells of the indicator at this index that some record is in, in order.
    pub(crate) fn cells(&self, indicator: u16) -> impl Iterator<Item = (CellKey, u64)> {
        let with_records = self.counts.iter().enumerate().filter(|(_, n)| **n > 0);
        with_records.map(move |(slot, n)| {
            let (rest, combo) = (slot / self.n_combos, slot % self.n_combos);
            let (period, place) = (rest / self.n_places, rest % self.n_places);
            (CellKey { indicator, period: period as u16, place: place as u32, combo: combo as u32 }, *n)
        })
    }

    #[inline]
    fn slot(&self, cell: CellKey) -> Option<usize> {
        let (period, place, combo) = (usize::from(cell.period), cell.place as usize, cell.combo as usize);
        let is_inside = period < self.n_periods && place < self.n_places && combo < self.n_combos;
        is_inside.then(|| (period * self.n_places + place) * self.n_combos + combo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_found_again_and_no_other_is_touched() {
        let mut counts = Counts { n_periods: 3, n_places: 4, n_combos: 5, counts: vec![0; 60] };
        let key = |period, place, combo| CellKey { indicator: 7, period, place, combo };
        for (n, cell) in [key(0, 0, 0), key(2, 3, 4), key(1, 2, 3)].into_iter().enumerate() {
            *counts.at(cell).unwrap() += n as u64 + 1;
        }
        let cells: Vec<_> = counts.cells(7).collect();
        assert_eq!(cells, [(key(0, 0, 0), 1), (key(1, 2, 3), 3), (key(2, 3, 4), 2)]);
        assert_eq!((counts.get(key(1, 2, 3)), counts.get(key(1, 2, 2))), (Some(3), None));
        counts.merge(&counts.clone());
        assert_eq!(counts.get(key(2, 3, 4)), Some(4));
    }

    #[test]
    fn what_lies_outside_the_table_is_in_no_cell_of_it() {
        let mut counts = Counts { n_periods: 3, n_places: 4, n_combos: 5, counts: vec![0; 60] };
        for (period, place, combo) in [(3, 0, 0), (0, 4, 0), (0, 0, 5)] {
            assert_eq!(counts.at(CellKey { indicator: 0, period, place, combo }), None);
        }
    }
}
