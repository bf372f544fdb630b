//! The plan of a run: every value that DHIS2 should have, and what happens to it.

use crate::cause::{self, Cause};
use crate::comparison::Comparison;
use crate::renamed::Renamed;
use crate::report::{HeldSlice, PlanElement, PlanSummary, PlannedChange, SuppressedElement, Tally};
use crate::statement::Statements;
use crate::store::CellKey;
use crate::target::Target;
use compact_str::CompactString;
use epi::contribution;
use epi::period::{Period, Span};
use epi::plan::{Action, Change, Desired, Names, ValueKey};
use epi::suppress::Rule;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The plan of a run, with the names behind its numbers.
#[derive(Debug, Default)]
pub struct Plan {
    /// UIDs by number.
    pub names: Names,
    /// Every value that is desired or that we wrote before, with what happens to it, in the order of periods and places.
    pub changes: Vec<Change>,
    /// Values that the run computed.
    pub desired: FxHashMap<ValueKey, Desired>,
    /// Index of the indicator behind each computed value that is an indicator's.
    pub indicator_of: FxHashMap<ValueKey, u16>,
    /// Computed values that are left out, because they are small or would give a small one back.
    pub suppressed: FxHashMap<ValueKey, Rule>,
    /// Small values that others can compute all the same, from values that the configuration lets through.
    pub n_exposed: u64,
    /// The statements behind the others.
    pub statements: Statements,
    /// Why slices are held.
    pub held: Vec<HeldSlice>,
    /// Category option combos that DHIS2 knows by another UID now, and those that it knows no more.
    pub renamed: Renamed,
    /// Values of ours that stand under another key because of that: the old key, the new one, the value.
    pub moved: Vec<(ValueKey, ValueKey, CompactString)>,
    /// Who wrote what stands where Tally wrote something else, or nothing.
    pub foreign: FxHashMap<ValueKey, Foreign>,
    /// Why values change, where more is known than that they are the first.
    pub causes: FxHashMap<ValueKey, Cause>,
    /// Whether causes were looked for.
    pub is_explained: bool,
    /// From the cells of the definitions to keys of DHIS2.
    pub keys: Keys,
    /// How it became known what stands in DHIS2.
    pub comparison: Option<Comparison>,
}

/// Who wrote a value that is not the one that we last wrote, in DHIS2's words.
#[derive(Clone, Debug, Default)]
pub struct Foreign {
    /// User name.
    pub by: Option<CompactString>,
    /// When, by the server's clock.
    pub at: Option<Box<str>>,
}

/// A data element, and the category option combo and attribute option combo of each combination of groups.
pub(crate) type ElementKeys = (u32, Vec<(u32, u32)>);

/// From the cells of the definitions to keys of DHIS2, by the indexes of the definitions.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// The organisation units.
    pub units: Vec<u32>,
    /// For each indicator the data element, and the category option combo and attribute option combo of each of its
    /// combinations; none for one that is not sent.
    pub elements: Vec<Option<ElementKeys>>,
}

impl Keys {
    /// The key of an indicator's cell in a period; none if the indicator is not sent.
    pub fn key(&self, indicator: usize, period: Period, place: usize, combo: usize) -> Option<ValueKey> {
        let (data_element, cells) = self.elements[indicator].as_ref()?;
        let (combo, attribute) = cells[combo];
        Some(ValueKey { period, org_unit: self.units[place], data_element: *data_element, combo, attribute })
    }

    /// Number of combinations of an indicator; 0 of one that is not sent.
    pub fn n_combos(&self, indicator: usize) -> usize {
        self.elements[indicator].as_ref().map_or(0, |(_, cells)| cells.len())
    }

    /// The key of a cell; none for a period outside the span, and for an indicator that is not sent.
    pub fn of(&self, cell: &contribution::CellKey, span: Span) -> Option<ValueKey> {
        let period = span.get(usize::from(cell.period))?;
        self.key(usize::from(cell.indicator), period, cell.place as usize, cell.combo as usize)
    }
}

/// Values told one by one, on the terminal and in the history. Beyond, nobody reads on; every value of a run is in the state.
const CHANGES_TOLD_MAX: usize = 10_000;

impl Plan {
    /// The values that are pushed.
    pub fn pushed(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.action.is_pushed())
    }

    /// Whether something waits for a person or a later day.
    pub fn holds(&self) -> bool {
        self.changes.iter().any(|change| change.action.is_held())
    }

    /// Every value that the run computed, with the position of its change; none for one that is left out as a small cell.
    pub fn computed(&self) -> impl Iterator<Item = (&ValueKey, &Desired, Option<usize>)> {
        let left_out = self.suppressed.keys().filter_map(|key| Some((key, self.desired.get(key)?, None)));
        let changes = self.changes.iter().enumerate().filter_map(|(position, change)| {
            let key = &change.key;
            let desired = self.desired.get(key).filter(|_| !self.suppressed.contains_key(key))?;
            Some((key, desired, Some(position)))
        });
        changes.chain(left_out)
    }

    /// A hash over everything that the plan does.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        let none = CompactString::const_new("");
        for change in self.changes.iter().filter(|change| change.action != Action::Unchanged) {
            let key = &change.key;
            for part in [
                change.action.name(),
                key.period.id().as_str(),
                self.names.name(key.org_unit),
                self.names.name(key.data_element),
                self.names.name(key.combo),
                self.names.name(key.attribute),
                change.actual.as_ref().unwrap_or(&none),
                change.desired.as_ref().unwrap_or(&none),
            ] {
                hasher.update(part.as_bytes());
                hasher.update([0]);
            }
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The key of a value by its names.
    pub fn cell_key(&self, key: &ValueKey) -> CellKey {
        let name = |number| CompactString::from(self.names.name(number));
        CellKey {
            data_element: name(key.data_element),
            period: key.period.id(),
            org_unit: name(key.org_unit),
            category_option_combo: name(key.combo),
            attribute_option_combo: name(key.attribute),
        }
    }

    /// Why a value changes, as far as it is known.
    fn cause(&self, change: &Change) -> Option<Cause> {
        let known = self.causes.get(&change.key).cloned();
        let Some(rule) = self.suppressed.get(&change.key) else {
            return known.or(self.is_explained.then(|| cause::first(self, change)));
        };
        let mut cause = known.unwrap_or_default();
        cause.reasons = vec![match rule {
            Rule::Primary => "a small cell, which is left out".to_owned(),
            Rule::Complementary => "left out, because with it a small cell could be computed".to_owned(),
        }];
        Some(cause)
    }

    /// Holds back everything that would be pushed and that `why` gives a reason for.
    pub fn hold(&mut self, why: impl Fn(&Change) -> Option<HeldKey>) {
        let mut held: BTreeMap<HeldKey, u64> = BTreeMap::new();
        for change in &mut self.changes {
            if let Some(key) = why(change) {
                change.action = Action::Held;
                *held.entry(key).or_default() += 1;
            }
        }
        self.held.extend(held.into_iter().map(|(key, n_values)| HeldSlice {
            org_unit: key.org_unit,
            period: key.period,
            reason: key.reason,
            n_values,
        }));
    }

    /// Every value that changes or is held, for people and programs.
    pub fn told(&self, target: &Target) -> Vec<PlannedChange> {
        let people = People::of(target);
        let told = self.changes.iter().filter(|change| change.action != Action::Unchanged);
        told.map(|change| people.told(self, change)).collect()
    }

    /// The plan for people and for the history.
    pub fn summary(&self, target: &Target) -> PlanSummary {
        let people = People::of(target);
        let mut by_element: BTreeMap<u32, FxHashMap<Action, u64>> = BTreeMap::new();
        let mut changes = Vec::new();
        let mut n_more_changes = 0;
        for change in &self.changes {
            *by_element.entry(change.key.data_element).or_default().entry(change.action).or_default() += 1;
            if change.action == Action::Unchanged {
                continue;
            }
            if changes.len() == CHANGES_TOLD_MAX {
                n_more_changes += 1;
                continue;
            }
            changes.push(people.told(self, change));
        }
        let tallies = |counts: &FxHashMap<Action, u64>| -> Vec<Tally> {
            let found = Action::ALL.iter().filter_map(|action| Some((action, *counts.get(action)?)));
            found.map(|(action, n)| Tally { name: action.name().to_owned(), n }).collect()
        };
        let mut all: FxHashMap<Action, u64> = FxHashMap::default();
        for (action, n) in by_element.values().flatten() {
            *all.entry(*action).or_default() += n;
        }
        let mut elements = Vec::new();
        // In the order of the report; then what the report no longer has.
        let ordered = target.addresses().filter_map(|one| self.names.find(&one.data_element));
        let mut rest: BTreeMap<_, _> = by_element.iter().collect();
        let ordered: Vec<_> =
            ordered.filter_map(|number| rest.remove(&number).map(|counts| (number, counts))).collect();
        for (number, counts) in ordered.into_iter().chain(rest.into_iter().map(|(number, counts)| (*number, counts))) {
            let element = self.names.name(number);
            elements.push(PlanElement {
                data_element: element.to_owned(),
                name: people.element(element),
                actions: tallies(counts),
            });
        }
        PlanSummary {
            hash: self.hash(),
            actions: tallies(&all),
            elements,
            changes,
            n_more_changes,
            held: self.held.clone(),
            suppressed: self.suppressed_summary(&people),
        }
    }

    fn suppressed_summary(&self, people: &People<'_>) -> Vec<SuppressedElement> {
        let mut by_element: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
        for (key, rule) in &self.suppressed {
            by_element.entry(self.names.name(key.data_element)).or_default()[*rule as usize] += 1;
        }
        let row = |(element, [primary, complementary]): (&str, [u64; 2])| SuppressedElement {
            data_element: element.to_owned(),
            name: people.element(element),
            primary,
            complementary,
        };
        by_element.into_iter().map(row).collect()
    }
}

/// What is held together, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldKey {
    /// Why.
    pub reason: String,
    /// UID of the organisation unit; none when it is not only that one.
    pub org_unit: Option<String>,
    /// Period; none when it is not only that one.
    pub period: Option<String>,
}

/// The names that people know things by.
struct People<'t> {
    units: FxHashMap<&'t str, &'t str>,
    elements: FxHashMap<&'t str, &'t str>,
    target: &'t Target,
}

impl<'t> People<'t> {
    fn of(target: &'t Target) -> Self {
        Self {
            units: target.all_units().map(|unit| (unit.unit.id.as_str(), unit.unit.name.as_str())).collect(),
            elements: target.addresses().map(|one| (one.data_element.as_str(), one.name.as_str())).collect(),
            target,
        }
    }

    fn element(&self, uid: &str) -> String {
        (*self.elements.get(uid).unwrap_or(&uid)).to_owned()
    }

    /// The name of the disaggregation, and of the attribute option combo where the data set has more than the default one.
    fn combo(&self, combo: &str, attribute: &str, change: &Change, plan: &Plan) -> String {
        let name = |uid: &str| self.target.combo_names.get(uid).map_or_else(|| uid.to_owned(), Clone::clone);
        let data_set = self.target.data_set_of(plan.names.name(change.key.data_element));
        match self.target.data_sets.get(data_set) {
            Some(set) if !set.data_set.category_combo.is_default => format!("{} / {}", name(combo), name(attribute)),
            _ => name(combo),
        }
    }

    fn told(&self, plan: &Plan, change: &Change) -> PlannedChange {
        let name = |number| plan.names.name(number).to_owned();
        let (element, unit, combo) = (name(change.key.data_element), name(change.key.org_unit), name(change.key.combo));
        let attribute = name(change.key.attribute);
        let foreign = plan.foreign.get(&change.key);
        PlannedChange {
            action: change.action.name().to_owned(),
            data_element_name: self.element(&element),
            data_element: element,
            period: change.key.period.id().to_string(),
            org_unit_name: (*self.units.get(unit.as_str()).unwrap_or(&unit.as_str())).to_owned(),
            org_unit: unit,
            category_option_combo_name: self.combo(&combo, &attribute, change, plan),
            category_option_combo: combo,
            attribute_option_combo: attribute,
            old: change.actual.as_ref().map(ToString::to_string),
            new: change.desired.as_ref().map(ToString::to_string),
            written: change.written.as_ref().map(ToString::to_string),
            changed_by: foreign.and_then(|foreign| foreign.by.as_ref().map(ToString::to_string)),
            changed_at: foreign.and_then(|foreign| foreign.at.as_ref().map(ToString::to_string)),
            cause: plan.cause(change),
        }
    }
}
