//! How complete a report is in DHIS2, by organisation unit and period.

use super::fold::{Seen, Waits};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What became of the values of an organisation unit in a period.
///
/// It speaks of what Tally knows: the values that the last run that covered the period computed, and what Tally wrote into
/// DHIS2 and read back from there. It says nothing of values that others enter, nor of whether the unit reported to Go.Data
/// at all: a place that is silent and a place without a case look the same in a line list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    /// Every value that was computed stands in DHIS2 as it was computed, aside those that are left out as small cells.
    All,
    /// Some values stand in DHIS2 as they were computed, others do not, and nothing says that they wait.
    Some,
    /// Not all stand in DHIS2, because something is held: a locked period, drift, a rejection, a person's decision.
    Waiting,
    /// Values were computed, and none stands in DHIS2.
    Missing,
    /// A run covered the period and computed no value: no record falls there, and the report writes no zeros for it.
    Nothing,
    /// No run has covered the period, or what it computed is no longer kept.
    NoData,
}

impl Written {
    /// All of them, the best first.
    pub const ALL: [Self; 6] = [Self::All, Self::Some, Self::Waiting, Self::Missing, Self::Nothing, Self::NoData];
}

/// What stands in one field of the heat map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Filled {
    /// What became of the values.
    pub written: Written,
    /// Values that were computed.
    pub n_computed: u32,
    /// Of them, those that stand in DHIS2 as they were computed.
    pub n_standing: u32,
}

/// A row of the heat map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitRow {
    /// UID of the organisation unit.
    pub org_unit: String,
    /// One for each period, in order.
    pub fields: Vec<Filled>,
}

/// The heat map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Completeness {
    /// Whether the report registers data sets as complete. It does so after each run, for what was verified and nothing of
    /// which is held; when and for what is in DHIS2, not here.
    pub registers: bool,
    /// The rows, by UID.
    pub units: Vec<UnitRow>,
}

impl Completeness {
    /// Fields of each kind, in the order of [`Written::ALL`].
    pub fn counts(&self) -> [usize; 6] {
        let mut counts = [0; 6];
        for field in self.units.iter().flat_map(|unit| &unit.fields) {
            counts[field.written as usize] += 1;
        }
        counts
    }

    /// Fields where everything stands, of those where anything was computed, in percent rounded down: 100 is all. None: nothing
    /// was computed.
    pub fn percent(&self) -> Option<u64> {
        let [all, some, waiting, missing, _, _] = self.counts();
        let expected = all + some + waiting + missing;
        (expected > 0).then(|| (all * 100 / expected) as u64)
    }
}

#[derive(Clone, Copy, Default)]
struct Field {
    n_computed: u32,
    n_standing: u32,
    /// Something is there, but not what was computed.
    n_other: u32,
    held: bool,
}

/// The heat map while it is made.
pub(super) struct Filling {
    units: BTreeMap<String, Vec<Field>>,
    covered: Vec<bool>,
    leaves_small_out: bool,
}

impl Filling {
    pub(super) fn new(units: &[String], n_periods: usize, leaves_small_out: bool) -> Self {
        let empty = |unit: &String| (unit.clone(), vec![Field::default(); n_periods]);
        Self { units: units.iter().map(empty).collect(), covered: vec![false; n_periods], leaves_small_out }
    }

    pub(super) fn covered(&mut self, period: usize) {
        self.covered[period] = true;
    }

    pub(super) fn add(&mut self, period: usize, value: &Seen<'_>) {
        let unit = value.row.key.org_unit.as_str();
        if !self.units.contains_key(unit) {
            self.units.insert(unit.to_owned(), vec![Field::default(); self.covered.len()]);
        }
        let Some(field) = self.units.get_mut(unit).and_then(|fields| fields.get_mut(period)) else { return };
        field.n_computed += 1;
        field.n_standing += u32::from(value.stands());
        field.n_other += u32::from(value.standing.is_some() && !value.stands());
    }

    /// What the last run that covered a period held back, and what it found changed.
    pub(super) fn waits(&mut self, period: usize, id: &str, waits: &Waits) {
        for (_, unit) in waits.drifted.iter().filter(|(of, _)| of == id) {
            if let Some(field) = self.units.get_mut(unit).and_then(|fields| fields.get_mut(period)) {
                field.n_standing = field.n_standing.saturating_sub(1);
            }
        }
        for slice in waits.held.iter().filter(|slice| slice.period.as_deref().is_none_or(|of| of == id)) {
            match &slice.org_unit {
                Some(unit) => {
                    if let Some(field) = self.units.get_mut(unit).and_then(|fields| fields.get_mut(period)) {
                        field.held = true;
                    }
                }
                None => self.units.values_mut().for_each(|fields| fields[period].held = true),
            }
        }
    }

    pub(super) fn done(self, registers: bool) -> Completeness {
        let (covered, leaves_small_out) = (self.covered, self.leaves_small_out);
        let units = self.units.into_iter().map(|(org_unit, fields)| {
            let fields = fields.into_iter().zip(&covered);
            let fields = fields.map(|(field, covered)| Filled {
                written: field.written(*covered, leaves_small_out),
                n_computed: field.n_computed,
                n_standing: field.n_standing,
            });
            UnitRow { org_unit, fields: fields.collect() }
        });
        Completeness { registers, units: units.collect() }
    }
}

impl Field {
    fn written(self, covered: bool, leaves_small_out: bool) -> Written {
        // What a policy leaves out is not to be seen in the ledger apart from what is missing. Where nothing is held a run
        // that came through has written everything else.
        let left_out = leaves_small_out && !self.held && self.n_other == 0;
        match (self.n_computed, self.n_standing) {
            _ if !covered => Written::NoData,
            (0, _) => Written::Nothing,
            (computed, standing) if computed == standing || left_out => Written::All,
            _ if self.held => Written::Waiting,
            (_, 0) => Written::Missing,
            _ => Written::Some,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_says_what_became_of_its_values() {
        let field = |n_computed, n_standing, held| Field { n_computed, n_standing, n_other: 0, held };
        let cases = [
            (field(3, 3, false), true, false, Written::All),
            (field(3, 2, false), true, false, Written::Some),
            (field(3, 0, false), true, false, Written::Missing),
            (field(3, 2, true), true, false, Written::Waiting),
            (field(3, 0, true), true, false, Written::Waiting),
            (field(3, 3, true), true, false, Written::All),
            (field(0, 0, true), true, false, Written::Nothing),
            (field(3, 3, false), false, false, Written::NoData),
            (field(3, 1, false), true, true, Written::All),
            (field(3, 1, true), true, true, Written::Waiting),
            (Field { n_other: 1, ..field(3, 2, false) }, true, true, Written::Some),
        ];
        for (at, (field, covered, policy, expected)) in cases.into_iter().enumerate() {
            assert_eq!(field.written(covered, policy), expected, "case {at}");
        }
    }

    #[test]
    fn the_kinds_are_counted_in_their_order() {
        for (at, written) in Written::ALL.into_iter().enumerate() {
            assert_eq!(written as usize, at);
        }
    }
}
