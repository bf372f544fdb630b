//! When nothing changed: the cells are those of the report's last run, and DHIS2 says of every value what that run left
//! there. Then what that run computed and compared holds again, and nothing is built a second time.

use crate::comparison::Basis;
use crate::plan::Plan;
use crate::report::{PlanElement, PlanSummary, Tally, VerifySummary};
use crate::target::Target;
use crate::verify::Verified;
use dhis2::StoredValue;
use epi::cell::Cells;
use epi::indicator::Definitions;
use epi::period::Span;
use epi::plan::{Action, Change};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What a clean run left, in a few figures by which the next one recognises it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Left {
    /// SHA-256 over the cells that were computed.
    pub cells: String,
    /// The values that stood in DHIS2 at the end.
    pub standing: Standing,
    /// Those of them that the run itself wrote, and the keys from which it took one away.
    pub written: Standing,
    /// UIDs of their data elements, with the values of each that the next comparison finds unchanged if nothing happens.
    pub elements: Vec<(String, u64)>,
    /// UIDs of the organisation units that were looked at.
    pub org_units: Vec<String>,
}

/// Values in any order: their number, and the sum of the first half of the SHA-256 of each with its key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// Number of values.
    pub n: u64,
    /// The sum, in hexadecimal digits.
    pub sum: String,
}

/// Stands in the place of a value that is deleted; no value of DHIS2 is a control character.
const DELETED: &str = "\u{7f}";

/// A [`Standing`] while the values come in.
#[derive(Clone, Copy, Debug, Default)]
struct Adding {
    n: u64,
    sum: u128,
}

impl Adding {
    /// Adds a value: data element, period, organisation unit, category option combo, attribute option combo, value.
    fn add(&mut self, parts: [&str; 6]) {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        let mut half = [0; 16];
        half.copy_from_slice(&hasher.finalize()[..16]);
        self.sum = self.sum.wrapping_add(u128::from_le_bytes(half));
        self.n += 1;
    }

    fn standing(self) -> Standing {
        Standing { n: self.n, sum: format!("{:032x}", self.sum) }
    }
}

/// A hash over what was computed, in the order of the cells.
pub fn cells_digest(cells: &Cells, definitions: &Definitions) -> String {
    let mut hasher = Sha256::new();
    let mut bytes = Vec::with_capacity(64);
    for (key, cell) in cells.sorted() {
        let indicator = &definitions.indicators[usize::from(key.indicator)];
        bytes.clear();
        bytes.extend_from_slice(&key.indicator.to_le_bytes());
        bytes.extend_from_slice(&key.period.to_le_bytes());
        bytes.extend_from_slice(&key.place.to_le_bytes());
        bytes.extend_from_slice(&key.combo.to_le_bytes());
        bytes.extend_from_slice(&cell.n_records().to_le_bytes());
        let value = cell.value(&indicator.measure, indicator.decimals);
        bytes.push(u8::from(value.is_some()));
        bytes.extend(value.map(|value| value.normalize().serialize()).into_iter().flatten());
        hasher.update(&bytes);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a clean run left, `computed` the digest of its cells; none where category option combos were renamed on the way, where statements decide values by more than
/// cells, or where there is something to warn of.
pub fn left(plan: &Plan, verified: &Verified, target: &Target, computed: String) -> Option<Left> {
    let is_renamed = !plan.moved.is_empty() || !plan.renamed.combos.is_empty() || !plan.renamed.lost.is_empty();
    // Of small values that show all the same, every run has to warn.
    if is_renamed || !plan.statements.named.is_empty() || plan.n_exposed > 0 {
        return None;
    }
    let (mut standing, mut written) = (Adding::default(), Adding::default());
    let mut elements: Vec<(u32, u64)> = Vec::new();
    let mut units = BTreeSet::new();
    let mut last = None;
    for (change, stands) in plan.changes.iter().zip(&verified.stored) {
        let key = &change.key;
        if last != Some(key.org_unit) {
            units.insert(key.org_unit);
            last = Some(key.org_unit);
        }
        let period = key.period.id();
        let [element, unit, combo, attribute] =
            [key.data_element, key.org_unit, key.combo, key.attribute].map(|number| plan.names.name(number));
        let with = |value| [element, &*period, unit, combo, attribute, value];
        if let Some(value) = stands {
            standing.add(with(value));
        }
        if change.action.is_pushed() {
            written.add(with(stands.as_deref().unwrap_or(DELETED)));
        }
        let n = u64::from(stays(change, plan, target));
        match elements.iter_mut().find(|(element, _)| *element == key.data_element) {
            Some((_, known)) => *known += n,
            None => elements.push((key.data_element, n)),
        }
    }
    let position = |element: u32| target.owner_of(plan.names.name(element)).unwrap_or(usize::MAX);
    elements.sort_by_key(|(element, _)| (position(*element), *element));
    let name = |number: u32| plan.names.name(number).to_owned();
    Some(Left {
        cells: computed,
        standing: standing.standing(),
        written: written.standing(),
        elements: elements.into_iter().map(|(element, n)| (name(element), n)).collect(),
        org_units: units.into_iter().map(name).collect(),
    })
}

/// Whether the next run compares this key again: a value is desired there, or ours stands there.
fn stays(change: &Change, plan: &Plan, target: &Target) -> bool {
    let is_desired = plan.desired.contains_key(&change.key) && !plan.suppressed.contains_key(&change.key);
    let reading = target.reading(plan.names.name(change.key.data_element));
    is_desired
        || match change.action {
            Action::RetractByDeletion => false,
            Action::Unchanged if change.is_adopted(reading) => change.actual.is_some(),
            _ => true,
        }
}

impl Left {
    /// Asks DHIS2 whether the values are still those that were left: nothing was written since, or what was is what the run
    /// wrote itself, or all values as they were. Returns the number of values that came, or none if something is otherwise.
    ///
    /// # Errors
    /// What DHIS2 says.
    pub async fn stands(&self, basis: &Basis, target: &Target, span: Span) -> Result<Option<u64>, dhis2::Error> {
        let unreadable = target.unreadable();
        let is_readable = |unit: &&String| !unreadable.contains(unit.as_str());
        let org_units: Vec<String> = self.org_units.iter().filter(is_readable).cloned().collect();
        let data_elements: Vec<String> = self.elements.iter().map(|(element, _)| element.clone()).collect();
        if org_units.is_empty() || data_elements.is_empty() {
            return Ok(None);
        }
        let query = basis.query(span, data_elements, org_units);
        let changed = target.client.data_values(&query).await?;
        let is_same = changed.is_empty() || written(&changed) == self.written || standing(&changed) == self.standing;
        Ok(is_same.then_some(changed.len() as u64))
    }

    /// The plan of a run in which nothing changed.
    pub fn plan(&self, past: &PlanSummary, hash: String) -> PlanSummary {
        let unchanged = |n: u64| vec![Tally { name: Action::Unchanged.name().to_owned(), n }];
        let present = self.elements.iter().filter(|(_, n)| *n > 0);
        let named = |uid: &str| past.elements.iter().find(|element| element.data_element == uid);
        let elements = present.map(|(uid, n)| PlanElement {
            data_element: uid.clone(),
            name: named(uid).map_or_else(|| uid.clone(), |element| element.name.clone()),
            actions: unchanged(*n),
        });
        PlanSummary {
            hash,
            actions: if self.n_compared() == 0 { Vec::new() } else { unchanged(self.n_compared()) },
            elements: elements.collect(),
            suppressed: past.suppressed.clone(),
            ..PlanSummary::default()
        }
    }

    /// What verifying such a run finds.
    pub fn verified(&self, completed: u64) -> VerifySummary {
        let n = self.n_compared();
        VerifySummary { compared: n, equal: n, different: Vec::new(), completed }
    }

    fn n_compared(&self) -> u64 {
        self.elements.iter().map(|(_, n)| n).sum()
    }
}

/// All that was written or deleted.
fn written(values: &[StoredValue]) -> Standing {
    let mut adding = Adding::default();
    for value in values {
        let (element, period, unit, combo, attribute) = value.key();
        let text = value.value.as_deref().filter(|_| !value.deleted);
        adding.add([element, period, unit, combo, attribute, text.unwrap_or(DELETED)]);
    }
    adding.standing()
}

/// All that stands.
fn standing(values: &[StoredValue]) -> Standing {
    let mut adding = Adding::default();
    for value in values.iter().filter(|value| !value.deleted) {
        let Some(text) = &value.value else { continue };
        let (element, period, unit, combo, attribute) = value.key();
        adding.add([element, period, unit, combo, attribute, text]);
    }
    adding.standing()
}

/// The past run whose numbers hold again.
#[derive(Debug)]
pub struct Repeated {
    /// What it left.
    pub left: Left,
    /// What it knew, and its report.
    pub basis: Basis,
    /// Values that DHIS2 sent.
    pub n_read: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[[&str; 6]]) -> Standing {
        let mut adding = Adding::default();
        rows.iter().for_each(|row| adding.add(*row));
        adding.standing()
    }

    #[test]
    fn the_order_of_values_does_not_matter_and_everything_else_does() {
        let [one, other] = [["e", "2020W1", "u", "c", "a", "1"], ["e", "2020W2", "u", "c", "a", "12"]];
        assert_eq!(of(&[one, other]), of(&[other, one]));
        assert_ne!(of(&[one, other]), of(&[one]));
        assert_ne!(of(&[one, one]), of(&[one]), "twice is not once");
        assert_ne!(of(&[["e", "2020W2", "u", "c", "a", "1"], ["e", "2020W1", "u", "c", "a", "12"]]), of(&[one, other]));
        assert_ne!(of(&[["e", "2020W", "1u", "c", "a", "1"]]), of(&[one]), "the parts are kept apart");
    }
}
