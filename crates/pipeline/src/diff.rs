//! Desired, actual and last written side by side: what would change.

use crate::config::Config;
use crate::config::model::Report;
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::renamed::{self, Renamed};
use crate::report::{HeldSlice, PlanElement, PlanSummary, PlannedChange, Tally};
use crate::store::State;
use crate::target::Target;
use compact_str::CompactString;
use dhis2::{IdSchemes, StoredValue, Time, ValueQuery, ZeroStorage};
use epi::cell::{Cells, wire_text};
use epi::indicator::{Definitions, Measure};
use epi::period::{Period, Span};
use epi::plan::{self, Action, Change, Desired, Names, Sides, ValueKey, ValueRules, Written};
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The plan of a run, with the names behind its numbers.
#[derive(Debug, Default)]
pub struct Plan {
    /// UIDs by number.
    pub names: Names,
    /// Every value that is desired or that we wrote before, with what happens to it, in the order of periods and places.
    pub changes: Vec<Change>,
    /// Values that the run computed.
    pub desired: FxHashMap<ValueKey, Desired>,
    /// Index of the indicator behind each computed value.
    pub indicator_of: FxHashMap<ValueKey, u16>,
    /// Why slices are held.
    pub held: Vec<HeldSlice>,
    /// Category option combos that DHIS2 knows by another UID now, and those that it knows no more.
    pub renamed: Renamed,
    /// Values of ours that stand under another key because of that: the old key, the new one, the value.
    pub moved: Vec<(ValueKey, ValueKey, CompactString)>,
}

/// Compares what this run computed with DHIS2 and with the ledger.
///
/// # Errors
/// What DHIS2 or the state says.
pub async fn diff(
    cells: &Cells,
    definitions: &Definitions,
    target: &Target,
    state: &State,
    config: &Config,
    report: &Report,
) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    let span = definitions.span.span();
    desire(cells, definitions, target, report, &mut plan)?;
    let mut ledger = ledger(state, target, config, report, span, &mut plan.names)?;
    let actual = read(target, span, &mut plan, &mut ledger).await.map_err(|error| failure::dhis2(&error, config))?;
    let stores_all = target.behaviour.zeros == ZeroStorage::StoresAll;
    let rules_of: FxHashMap<u32, ValueRules> = target
        .indicators
        .iter()
        .map(|indicator| {
            let rules = ValueRules {
                // A retraction ends in a zero only where a zero is true: no record has an average of 0.
                zero_is_significant: indicator.zero_is_significant && !indicator.is_averaged,
                stores_zeros: stores_all || indicator.is_averaged,
            };
            (plan.names.number(&indicator.data_element), rules)
        })
        .collect();
    // What the report no longer has is deleted, whatever its zeros mean.
    let gone = ValueRules { zero_is_significant: false, stores_zeros: true };
    let rules = |key: &ValueKey| rules_of.get(&key.data_element).copied().unwrap_or(gone);
    let sides = Sides { desired: &plan.desired, actual: &actual, ledger: &ledger };
    plan.changes = plan::diff(&sides, rules, report.policies);
    hold(&mut plan, target);
    Ok(plan)
}

/// What the cells ask for.
fn desire(
    cells: &Cells,
    definitions: &Definitions,
    target: &Target,
    report: &Report,
    plan: &mut Plan,
) -> Result<(), Error> {
    let span = definitions.span.span();
    let attribute = plan.names.number(target.attribute.as_str());
    let units: Vec<u32> = definitions
        .places
        .org_units()
        .iter()
        .map(|name| match target.org_units.get(name) {
            Some(unit) => Ok(plan.names.number(unit.unit.id.as_str())),
            None => Err(Error::new(ErrorKind::Internal, format!("organisation unit `{name}` was not looked up"))),
        })
        .collect::<Result<_, _>>()?;
    let targets: Vec<(u32, Vec<u32>)> = target
        .indicators
        .iter()
        .map(|indicator| {
            let combos = indicator.combos.iter().map(|combo| plan.names.number(combo)).collect();
            (plan.names.number(&indicator.data_element), combos)
        })
        .collect();
    let key_of = |indicator: usize, period: Period, place: usize, combo: usize| {
        let (data_element, combos) = &targets[indicator];
        ValueKey { period, org_unit: units[place], data_element: *data_element, combo: combos[combo], attribute }
    };
    if report.zeros {
        for (index, indicator) in definitions.indicators.iter().enumerate() {
            if !counts(indicator.measure) {
                continue;
            }
            for period in span.iter() {
                for place in 0..units.len() {
                    for combo in 0..targets[index].1.len() {
                        let key = key_of(index, period, place, combo);
                        plan.desired.insert(key, Desired { value: CompactString::const_new("0"), n_records: 0 });
                        plan.indicator_of.insert(key, index as u16);
                    }
                }
            }
        }
    }
    for (cell_key, cell) in cells.sorted() {
        let index = usize::from(cell_key.indicator);
        let indicator = &definitions.indicators[index];
        let Some(value) = cell.value(indicator.measure, indicator.decimals) else { continue };
        let Some(period) = span.get(usize::from(cell_key.period)) else { continue };
        let key = key_of(index, period, cell_key.place as usize, cell_key.combo as usize);
        plan.desired.insert(key, Desired { value: wire_text(value).into(), n_records: cell.n_records() });
        plan.indicator_of.insert(key, cell_key.indicator);
    }
    Ok(())
}

/// Whether no record means zero.
fn counts(measure: Measure) -> bool {
    matches!(measure, Measure::Count | Measure::CountDistinct(_) | Measure::Sum(_))
}

fn ledger(
    state: &State,
    target: &Target,
    config: &Config,
    report: &Report,
    span: Span,
    names: &mut Names,
) -> Result<FxHashMap<ValueKey, Written>, Error> {
    let periods: Vec<CompactString> = span.iter().map(Period::id).collect();
    let periods: Vec<&str> = periods.iter().map(CompactString::as_str).collect();
    let mut rows = state.ledger_of_report(&target.facts.system_id, &report.name, &periods)?;
    // A report that was renamed leaves its values to the one that writes the same cells now, or nobody would take them away.
    for former in state.reports()?.iter().filter(|name| !config.reports.iter().any(|report| report.name == **name)) {
        let left = state.ledger_of_report(&target.facts.system_id, former, &periods)?;
        rows.extend(left.into_iter().filter(|(key, _)| target.writes(key)));
    }
    let mut ledger = FxHashMap::default();
    for (key, value) in rows {
        let Ok(period) = span.period_type().parse(&key.period) else { continue };
        let key = ValueKey {
            period,
            org_unit: names.number(&key.org_unit),
            data_element: names.number(&key.data_element),
            combo: names.number(&key.category_option_combo),
            attribute: names.number(&key.attribute_option_combo),
        };
        ledger.insert(key, value.map(CompactString::from));
    }
    Ok(ledger)
}

async fn read(
    target: &Target,
    span: Span,
    plan: &mut Plan,
    ledger: &mut FxHashMap<ValueKey, Written>,
) -> Result<FxHashMap<ValueKey, CompactString>, dhis2::Error> {
    let keys = plan.desired.keys().chain(ledger.keys());
    let (mut units, mut elements) = (BTreeSet::new(), BTreeSet::new());
    for key in keys {
        units.insert(key.org_unit);
        elements.insert(key.data_element);
    }
    let names = &plan.names;
    let name_of = |number: &u32| names.name(*number).to_owned();
    let stored =
        read_values(target, span, units.iter().map(name_of).collect(), elements.iter().map(name_of).collect()).await?;
    follow_combos(target, span, plan, ledger, &stored);
    let mut actual = FxHashMap::default();
    for value in stored {
        if let Some(key) = key_of(&value, span, &plan.names)
            && (plan.desired.contains_key(&key) || ledger.contains_key(&key))
            && let Some(value) = value.value
        {
            actual.insert(key, value);
        }
    }
    Ok(actual)
}

/// Moves rows of the ledger along where DHIS2 gave a category option combo another UID.
fn follow_combos(
    target: &Target,
    span: Span,
    plan: &mut Plan,
    ledger: &mut FxHashMap<ValueKey, Written>,
    stored: &[StoredValue],
) {
    let exists = |names: &Names, combo: u32| target.combo_names.contains_key(names.name(combo));
    if ledger.iter().all(|(key, written)| written.is_none() || exists(&plan.names, key.combo)) {
        return;
    }
    let of_ours = |value: &StoredValue| Some((key_of(value, span, &plan.names)?, value.value.clone()?));
    let stored = stored.iter().filter_map(of_ours).collect();
    let found = renamed::find(ledger, &stored, |combo| exists(&plan.names, combo));
    for (old, new) in &found.combos {
        let rows: Vec<ValueKey> = ledger.keys().filter(|key| key.combo == *old).copied().collect();
        for key in rows {
            let moved = ValueKey { combo: *new, ..key };
            if let Some(written) = ledger.remove(&key).flatten() {
                plan.moved.push((key, moved, written.clone()));
                ledger.insert(moved, Some(written));
            }
        }
    }
    plan.renamed = found;
}

/// Reads values of some data elements and organisation units in a span; organisation units that the account may not look
/// at are left out.
///
/// # Errors
/// What DHIS2 says.
pub async fn read_values(
    target: &Target,
    span: Span,
    org_units: Vec<String>,
    data_elements: Vec<String>,
) -> Result<Vec<StoredValue>, dhis2::Error> {
    let unreadable = target.unreadable();
    let org_units: Vec<String> = org_units.into_iter().filter(|unit| !unreadable.contains(unit.as_str())).collect();
    if org_units.is_empty() || data_elements.is_empty() {
        return Ok(Vec::new());
    }
    let query = ValueQuery {
        data_sets: Vec::new(),
        data_elements,
        time: Time::Between { start: span.start(), end: span.end() },
        org_units,
        children: false,
        include_deleted: false,
        id_schemes: IdSchemes::default(),
    };
    target.client.data_values(&query).await
}

/// The key of a stored value, if it lies in the span and all its names are known; others are not ours.
pub fn key_of(value: &StoredValue, span: Span, names: &Names) -> Option<ValueKey> {
    let period = span.period_type().parse(&value.period).ok().filter(|period| span.contains(*period))?;
    Some(ValueKey {
        period,
        org_unit: names.find(&value.org_unit)?,
        data_element: names.find(&value.data_element)?,
        combo: names.find(&value.category_option_combo)?,
        attribute: names.find(&value.attribute_option_combo)?,
    })
}

/// Holds back what DHIS2 would not take now.
fn hold(plan: &mut Plan, target: &Target) {
    let units: FxHashMap<u32, &crate::target::OrgUnitTarget> =
        target.org_units.values().filter_map(|unit| Some((plan.names.find(unit.unit.id.as_str())?, unit))).collect();
    let mut periods: FxHashMap<Period, Option<String>> = FxHashMap::default();
    let mut held: BTreeMap<(String, Option<String>, Option<String>), u64> = BTreeMap::new();
    for change in &mut plan.changes {
        let is_unreadable = units.get(&change.key.org_unit).is_some_and(|unit| !unit.is_readable);
        let is_concerned = is_unreadable && (change.desired.is_some() || change.written.is_some());
        if !change.action.is_pushed() && !is_concerned {
            continue;
        }
        let period = change.key.period;
        let of_period = periods.entry(period).or_insert_with(|| target.period_held(period)).clone();
        let unit = units.get(&change.key.org_unit);
        let found = match (of_period, unit) {
            (Some(reason), _) => Some((reason, None, Some(period.id().to_string()))),
            (None, Some(unit)) => target.slice_held(unit, period).map(|reason| {
                let period = unit.held.is_none().then(|| period.id().to_string());
                (reason, Some(unit.unit.id.to_string()), period)
            }),
            // A unit that left the map: what we wrote there is retracted like anything else.
            (None, None) => None,
        };
        if let Some(key) = found {
            change.action = Action::Held;
            *held.entry(key).or_default() += 1;
        }
    }
    plan.held = held
        .into_iter()
        .map(|((reason, org_unit, period), n_values)| HeldSlice { org_unit, period, reason, n_values })
        .collect();
}

/// Values told one by one, on the terminal and in the history. Beyond, nobody reads on; every value of a run is in the state.
const CHANGES_TOLD_MAX: usize = 10_000;

/// The order in which actions are told.
const ACTIONS: [Action; 8] = [
    Action::Create,
    Action::Update,
    Action::RetractToZero,
    Action::RetractByDeletion,
    Action::Held,
    Action::Drifted,
    Action::Existing,
    Action::Unchanged,
];

impl Plan {
    /// The values that are pushed.
    pub fn pushed(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.action.is_pushed())
    }

    /// Whether something waits for a person or a later day.
    pub fn holds(&self) -> bool {
        self.changes.iter().any(|change| change.action.is_held())
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

    /// The plan for people and for the history.
    pub fn summary(&self, target: &Target) -> PlanSummary {
        let unit_names: FxHashMap<&str, &str> =
            target.org_units.values().map(|unit| (unit.unit.id.as_str(), unit.unit.name.as_str())).collect();
        let element_names: FxHashMap<&str, &str> =
            target.indicators.iter().map(|i| (i.data_element.as_str(), i.name.as_str())).collect();
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
            let name = |number| self.names.name(number).to_owned();
            let element = self.names.name(change.key.data_element);
            let unit = self.names.name(change.key.org_unit);
            let combo = self.names.name(change.key.combo);
            changes.push(PlannedChange {
                action: change.action.name().to_owned(),
                data_element: element.to_owned(),
                data_element_name: (*element_names.get(element).unwrap_or(&element)).to_owned(),
                period: change.key.period.id().to_string(),
                org_unit: unit.to_owned(),
                org_unit_name: (*unit_names.get(unit).unwrap_or(&unit)).to_owned(),
                category_option_combo: combo.to_owned(),
                category_option_combo_name: target.combo_names.get(combo).cloned().unwrap_or_else(|| combo.to_owned()),
                attribute_option_combo: name(change.key.attribute),
                old: change.actual.as_ref().map(ToString::to_string),
                new: change.desired.as_ref().map(ToString::to_string),
            });
        }
        let tallies = |counts: &FxHashMap<Action, u64>| -> Vec<Tally> {
            let found = ACTIONS.iter().filter_map(|action| Some((action, *counts.get(action)?)));
            found.map(|(action, n)| Tally { name: action.name().to_owned(), n }).collect()
        };
        let mut all: FxHashMap<Action, u64> = FxHashMap::default();
        for (action, n) in by_element.values().flatten() {
            *all.entry(*action).or_default() += n;
        }
        let mut elements = Vec::new();
        // In the order of the report; then what the report no longer has.
        let ordered = target.indicators.iter().filter_map(|i| self.names.find(&i.data_element));
        let mut rest: BTreeMap<_, _> = by_element.iter().collect();
        let ordered: Vec<_> =
            ordered.filter_map(|number| rest.remove(&number).map(|counts| (number, counts))).collect();
        for (number, counts) in ordered.into_iter().chain(rest.into_iter().map(|(number, counts)| (*number, counts))) {
            let element = self.names.name(number);
            elements.push(PlanElement {
                data_element: element.to_owned(),
                name: (*element_names.get(element).unwrap_or(&element)).to_owned(),
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
        }
    }
}
