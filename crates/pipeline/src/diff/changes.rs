//! What stands in DHIS2, told from what the last run left and what happened since.

use super::{counts, key_of, read_values};
use crate::comparison::Basis;
use crate::config::model::Report;
use crate::plan::{Foreign, Plan};
use crate::target::Target;
use compact_str::CompactString;
use dhis2::StoredValue;
use epi::indicator::Definitions;
use epi::period::Span;
use epi::plan::{ValueKey, Written};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

/// One key in so many may be unknown; with more, all values are read at once.
const UNKNOWN_PART: usize = 4;
/// Few keys are always worth a request of their own.
const UNKNOWN_ALWAYS: usize = 200;

/// What stands at the keys of a plan, and how many values were read to know it. None if it cannot be told this way: a category
/// option combo of ours is gone, or too many keys are new.
///
/// The last run ended clean, so at every key that it compared DHIS2 said what the ledger has. A key that it did not compare
/// is looked at.
///
/// # Errors
/// What DHIS2 says.
pub(super) async fn read(
    basis: &Basis,
    target: &Target,
    definitions: &Definitions,
    report: &Report,
    plan: &mut Plan,
    ledger: &FxHashMap<ValueKey, Written>,
) -> Result<Option<(FxHashMap<ValueKey, CompactString>, u64)>, dhis2::Error> {
    let span = definitions.span.span();
    let is_gone = |combo: u32| !target.combo_names.contains_key(plan.names.name(combo));
    let combos: FxHashSet<u32> =
        ledger.iter().filter(|(_, written)| written.is_some()).map(|(key, _)| key.combo).collect();
    if combos.into_iter().any(is_gone) {
        return Ok(None);
    }
    let unknown = unknown(plan, definitions, report, ledger);
    if unknown.len() > UNKNOWN_ALWAYS && unknown.len() * UNKNOWN_PART > plan.desired.len() {
        return Ok(None);
    }
    let mut actual: FxHashMap<ValueKey, CompactString> =
        ledger.iter().filter_map(|(key, written)| Some((*key, written.clone()?))).collect();
    let new = read_unknown(&unknown, target, span, plan).await?;
    let changed = read_changed(basis, target, span, plan, ledger).await?;
    let n_read = (new.len() + changed.len()) as u64;
    let new = new.into_iter().filter_map(|value| Some((key_of(&value, span, &plan.names)?, value)));
    let new: Vec<_> = new.filter(|(key, _)| unknown.contains(key)).collect();
    let changed = changed.into_iter().filter_map(|value| Some((key_of(&value, span, &plan.names)?, value)));
    let changed: Vec<_> = changed.collect();
    for (key, value) in new.into_iter().chain(changed) {
        enter(key, value, target, plan, ledger, &mut actual);
    }
    Ok(Some((actual, n_read)))
}

/// Enters a value that DHIS2 sent, as reading all of them would.
fn enter(
    key: ValueKey,
    value: StoredValue,
    target: &Target,
    plan: &mut Plan,
    ledger: &FxHashMap<ValueKey, Written>,
    actual: &mut FxHashMap<ValueKey, CompactString>,
) {
    let (desired, written) = (plan.desired.get(&key), ledger.get(&key));
    if desired.is_none() && written.is_none() {
        return;
    }
    plan.foreign.remove(&key);
    let Some(stands) = value.value.filter(|_| !value.deleted) else {
        actual.remove(&key);
        return;
    };
    let reading = target.reading(&value.data_element);
    let same = |ours: &CompactString| reading.same(ours, &stands);
    let is_ours = written.is_some_and(|written| written.as_ref().is_some_and(same));
    if !is_ours && desired.is_none_or(|desired| !same(&desired.value)) {
        plan.foreign.insert(key, Foreign { by: value.stored_by, at: value.last_updated });
    }
    actual.insert(key, stands);
}

/// Keys of which neither the ledger nor the last run's comparison tells anything: we desire a value and have none there.
/// Where a report writes zeros, every cell of its counts was desired before.
fn unknown(
    plan: &Plan,
    definitions: &Definitions,
    report: &Report,
    ledger: &FxHashMap<ValueKey, Written>,
) -> FxHashSet<ValueKey> {
    let was_desired = |key: &ValueKey| {
        let indicator = plan.indicator_of.get(key).and_then(|index| definitions.indicators.get(usize::from(*index)));
        report.zeros && indicator.is_some_and(|indicator| counts(&indicator.measure))
    };
    let is_written = |key: &ValueKey| ledger.get(key).is_some_and(Option::is_some);
    let desired = plan.desired.keys().filter(|key| !plan.suppressed.contains_key(*key));
    desired.filter(|key| !is_written(key) && !was_desired(key)).copied().collect()
}

/// Reads what stands at some keys, and around them.
async fn read_unknown(
    keys: &FxHashSet<ValueKey>,
    target: &Target,
    span: Span,
    plan: &Plan,
) -> Result<Vec<StoredValue>, dhis2::Error> {
    let positions = || keys.iter().filter_map(|key| span.position(key.period));
    let (Some(first), Some(last)) = (positions().min(), positions().max()) else { return Ok(Vec::new()) };
    let part = span.get(first).zip(span.get(last)).and_then(|(first, last)| Span::between(first, last).ok());
    let (units, elements) = names_of(keys.iter(), plan);
    read_values(target, part.unwrap_or(span), units, elements).await
}

/// Reads what was written or deleted since the last run looked.
async fn read_changed(
    basis: &Basis,
    target: &Target,
    span: Span,
    plan: &Plan,
    ledger: &FxHashMap<ValueKey, Written>,
) -> Result<Vec<StoredValue>, dhis2::Error> {
    let (units, data_elements) = names_of(plan.desired.keys().chain(ledger.keys()), plan);
    let unreadable = target.unreadable();
    let org_units: Vec<String> = units.into_iter().filter(|unit| !unreadable.contains(unit.as_str())).collect();
    if org_units.is_empty() || data_elements.is_empty() {
        return Ok(Vec::new());
    }
    target.client.data_values(&basis.query(span, data_elements, org_units)).await
}

/// The organisation units and the data elements of some keys.
fn names_of<'k>(keys: impl Iterator<Item = &'k ValueKey>, plan: &Plan) -> (Vec<String>, Vec<String>) {
    let (mut units, mut elements) = (BTreeSet::new(), BTreeSet::new());
    for key in keys {
        units.insert(key.org_unit);
        elements.insert(key.data_element);
    }
    let name_of = |number: u32| plan.names.name(number).to_owned();
    (units.into_iter().map(name_of).collect(), elements.into_iter().map(name_of).collect())
}
