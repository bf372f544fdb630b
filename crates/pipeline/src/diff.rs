//! Desired, actual and last written side by side: what would change.

mod changes;

use crate::comparison::{self, Basis, Comparison, Looking, Read};
use crate::config::Config;
use crate::config::model::Report;
use crate::crash;
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::plan::{Foreign, HeldKey, Keys, Plan};
use crate::renamed;
use crate::statement;
use crate::store::State;
use crate::suppress;
use crate::target::Target;
use compact_str::CompactString;
use dhis2::{IdSchemes, StoredValue, Time, ValueQuery, ZeroStorage};
use epi::cell::{Cells, wire_text};
use epi::indicator::{Definitions, Measure};
use epi::period::{Period, Span};
use epi::plan::{self, Desired, Names, Sides, ValueKey, ValueRules, Written};
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// Compares what this run computed with DHIS2 and with the ledger. `looking` lets it build upon the report's last run; without,
/// all values are read. `now` is when the run began to look.
///
/// # Errors
/// What DHIS2 or the state says.
pub async fn diff(
    cells: &Cells,
    definitions: &Definitions,
    target: &mut Target,
    state: &State,
    config: &Config,
    report: &Report,
    (looking, now): (Option<Looking<'_>>, Timestamp),
) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    let span = definitions.span.span();
    desire(cells, definitions, target, report, &mut plan)?;
    plan.n_exposed = suppress::of_plan(&mut plan, config, report, span);
    let mut ledger = ledger(state, target, config, report, span, &mut plan.names)?;
    let written = ledger.iter().filter(|(_, written)| written.is_some()).map(|(key, _)| key.org_unit);
    let former = former_units(written, target, &plan.names);
    target.meet_former_units(former).await.map_err(|error| failure::dhis2(&error, config))?;
    let target = &*target;
    let mut comparison = Comparison::full(target, now);
    let basis = match looking {
        Some(looking) => comparison::basis(state, looking, &comparison)?,
        None => None,
    };
    let read = read(target, definitions, report, basis.as_ref(), &mut comparison, &mut plan, &mut ledger).await;
    let actual = read.map_err(|error| failure::dhis2(&error, config))?;
    plan.comparison = Some(comparison);
    let stores_all = target.behaviour.zeros == ZeroStorage::StoresAll;
    // Where zeros are left out as small cells, nothing ends in one.
    let without_zeros = config.dhis2.small_cells.is_some_and(|small| small.suppress_zeros);
    let drops_zeros = |rules: ValueRules| !rules.zero_is_significant && !rules.stores_zeros;
    let published = target.indicators.iter().zip(&report.indicators);
    let published = published.filter(|(_, model)| report.publish_small.contains(&model.indicator.code));
    let published: BTreeSet<&str> =
        published.filter_map(|(one, _)| Some(one.as_ref()?.data_element.as_str())).collect();
    let may_be_small = |element: &str| published.contains(element);
    let rules_of: FxHashMap<u32, ValueRules> = target
        .addresses()
        .filter_map(|address| Some((&address.data_element, target.element(&address.data_element)?)))
        .map(|(uid, element)| {
            let rules = ValueRules {
                reading: element.reading,
                // A retraction ends in a zero only where a zero is true: no record has an average of 0.
                zero_is_significant: element.zero_is_significant && !element.is_averaged,
                stores_zeros: stores_all || element.is_averaged,
            };
            let rules = match without_zeros && !may_be_small(uid) {
                true => ValueRules { zero_is_significant: false, stores_zeros: !drops_zeros(rules), ..rules },
                false => rules,
            };
            (plan.names.number(uid), rules)
        })
        .collect();
    // What the report no longer has is deleted, whatever its zeros mean. So is a small cell: a zero there would be a lie.
    let gone = |key: &ValueKey| ValueRules {
        reading: target.reading(plan.names.name(key.data_element)),
        zero_is_significant: false,
        stores_zeros: true,
    };
    let left_out: Vec<_> = plan.suppressed.keys().filter_map(|key| plan.desired.remove_entry(key)).collect();
    let is_kept = |key: &ValueKey| !plan.suppressed.contains_key(key);
    let known = |key: &ValueKey| rules_of.get(&key.data_element).filter(|_| is_kept(key)).copied();
    let rules = |key: &ValueKey| known(key).unwrap_or_else(|| gone(key));
    let sides = Sides { desired: &plan.desired, actual: &actual, ledger: &ledger };
    plan.changes = plan::diff(&sides, rules, report.policies);
    plan.desired.extend(left_out);
    Ok(plan)
}

/// Those of some organisation units that the map no longer has.
pub fn former_units(units: impl Iterator<Item = u32>, target: &Target, names: &Names) -> Vec<String> {
    let mapped: BTreeSet<&str> = target.org_units.values().map(|unit| unit.unit.id.as_str()).collect();
    let units: BTreeSet<u32> = units.collect();
    units.into_iter().map(|unit| names.name(unit)).filter(|unit| !mapped.contains(unit)).map(str::to_owned).collect()
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
    let units = definitions
        .places
        .org_units()
        .iter()
        .map(|name| match target.org_units.get(name) {
            Some(unit) => Ok(plan.names.number(unit.unit.id.as_str())),
            None => Err(Error::new(ErrorKind::Internal, format!("organisation unit `{name}` was not looked up"))),
        })
        .collect::<Result<_, _>>()?;
    let elements = target
        .indicators
        .iter()
        .map(|address| {
            let address = address.as_ref()?;
            let cells = address.cells.iter();
            let cells =
                cells.map(|(combo, attribute)| (plan.names.number(combo), plan.names.number(attribute))).collect();
            Some((plan.names.number(&address.data_element), cells))
        })
        .collect();
    let keys = Keys { units, elements };
    if report.zeros {
        for (index, indicator) in definitions.indicators.iter().enumerate() {
            if !counts(&indicator.measure) {
                continue;
            }
            for period in span.iter() {
                for place in 0..keys.units.len() {
                    for combo in 0..keys.n_combos(index) {
                        let Some(key) = keys.key(index, period, place, combo) else { continue };
                        plan.desired.insert(key, Desired { value: CompactString::const_new("0"), n_records: 0 });
                        plan.indicator_of.insert(key, index as u16);
                    }
                }
            }
        }
    }
    plan.desired.reserve(cells.len());
    plan.indicator_of.reserve(cells.len());
    for (cell_key, cell) in cells.sorted() {
        let index = usize::from(cell_key.indicator);
        let indicator = &definitions.indicators[index];
        let Some(value) = cell.value(&indicator.measure, indicator.decimals) else { continue };
        let Some(key) = keys.of(&cell_key, span) else { continue };
        plan.desired.insert(key, Desired { value: wire_text(value).into(), n_records: cell.n_records() });
        plan.indicator_of.insert(key, cell_key.indicator);
    }
    plan.keys = keys;
    statement::desire(cells, definitions, target, report, plan);
    Ok(())
}

/// Whether no record means zero.
fn counts(measure: &Measure) -> bool {
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

/// What stands at the keys of the plan; `comparison` then says how it became known.
async fn read(
    target: &Target,
    definitions: &Definitions,
    report: &Report,
    basis: Option<&Basis>,
    comparison: &mut Comparison,
    plan: &mut Plan,
    ledger: &mut FxHashMap<ValueKey, Written>,
) -> Result<FxHashMap<ValueKey, CompactString>, dhis2::Error> {
    let span = definitions.span.span();
    crash::before("read/diff");
    if let Some(basis) = basis
        && let Some((actual, n_read)) = changes::read(basis, target, definitions, report, plan, ledger).await?
    {
        crash::after("read/diff");
        (comparison.read, comparison.n_read) = (Read::Changes, n_read);
        comparison.full_at = basis.comparison.full_at;
        return Ok(actual);
    }
    let stored = read_around(plan.desired.keys().chain(ledger.keys()), span, &plan.names, target).await?;
    crash::after("read/diff");
    comparison.n_read = stored.len() as u64;
    follow_combos(target, span, plan, ledger, &stored);
    let mut actual = FxHashMap::default();
    for value in stored {
        let Some(key) = key_of(&value, span, &plan.names) else { continue };
        let (desired, written) = (plan.desired.get(&key), ledger.get(&key));
        let Some(stands) = value.value.filter(|_| desired.is_some() || written.is_some()) else { continue };
        let reading = target.reading(&value.data_element);
        let same = |ours: &CompactString| reading.same(ours, &stands);
        let is_ours = written.is_some_and(|written| written.as_ref().is_some_and(same));
        if !is_ours && desired.is_none_or(|desired| !same(&desired.value)) {
            plan.foreign.insert(key, Foreign { by: value.stored_by, at: value.last_updated });
        }
        actual.insert(key, stands);
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
    let reading = |key: &ValueKey| target.reading(plan.names.name(key.data_element));
    let found = renamed::find(ledger, &stored, |combo| exists(&plan.names, combo), reading);
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
    match query_of(span, org_units, data_elements) {
        Some(query) => target.client.data_values(&query).await,
        None => Ok(Vec::new()),
    }
}

/// The question for the values of some data elements and organisation units in a span; none where there are none.
pub fn query_of(span: Span, org_units: Vec<String>, data_elements: Vec<String>) -> Option<ValueQuery> {
    if org_units.is_empty() || data_elements.is_empty() {
        return None;
    }
    Some(ValueQuery {
        data_sets: Vec::new(),
        data_elements,
        time: Time::Between { start: span.start(), end: span.end() },
        org_units,
        children: false,
        include_deleted: false,
        id_schemes: IdSchemes::default(),
    })
}

/// Reads the values of all data elements and organisation units of some keys.
async fn read_around<'k>(
    keys: impl Iterator<Item = &'k ValueKey>,
    span: Span,
    names: &Names,
    target: &Target,
) -> Result<Vec<StoredValue>, dhis2::Error> {
    let (mut units, mut elements) = (BTreeSet::new(), BTreeSet::new());
    for key in keys {
        units.insert(key.org_unit);
        elements.insert(key.data_element);
    }
    let name_of = |number: &u32| names.name(*number).to_owned();
    read_values(target, span, units.iter().map(name_of).collect(), elements.iter().map(name_of).collect()).await
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

/// Holds back what DHIS2 would not take now, as far as its metadata tell; `release` leaves the judgement to the server.
/// What this account may not even look at is held in any case: nobody knows what stands there.
pub fn hold(plan: &mut Plan, target: &Target, release: bool) {
    let units: FxHashMap<u32, &crate::target::OrgUnitTarget> =
        target.all_units().filter_map(|unit| Some((plan.names.find(unit.unit.id.as_str())?, unit))).collect();
    let lost: BTreeSet<u32> = target.lost_units().iter().filter_map(|uid| plan.names.find(uid)).collect();
    let elements: BTreeSet<u32> = plan.changes.iter().map(|change| change.key.data_element).collect();
    let set_of: FxHashMap<u32, usize> =
        elements.into_iter().map(|element| (element, target.data_set_of(plan.names.name(element)))).collect();
    let slices: BTreeSet<(usize, Period)> =
        plan.changes.iter().map(|change| (set_of[&change.key.data_element], change.key.period)).collect();
    let periods: FxHashMap<(usize, Period), String> =
        slices.into_iter().filter_map(|slice| Some((slice, target.period_held(slice.0, slice.1)?))).collect();
    plan.hold(|change| {
        let period = change.key.period;
        let data_set = set_of[&change.key.data_element];
        if lost.contains(&change.key.org_unit) && change.written.is_some() {
            let reason = "DHIS2 no longer shows this account the organisation unit, which left the map".to_owned();
            return Some(HeldKey { reason, org_unit: None, period: None });
        }
        let unit = units.get(&change.key.org_unit);
        let is_unreadable = unit.is_some_and(|unit| !unit.is_readable);
        let is_concerned = is_unreadable && (change.desired.is_some() || change.written.is_some());
        if !is_concerned && (release || !change.action.is_pushed()) {
            return None;
        }
        match (periods.get(&(data_set, period)), unit) {
            (Some(reason), _) if !release => {
                Some(HeldKey { reason: reason.clone(), org_unit: None, period: Some(period.id().to_string()) })
            }
            (_, Some(unit)) => target.slice_held(unit, data_set, period).map(|reason| HeldKey {
                reason,
                org_unit: Some(unit.unit.id.to_string()),
                period: unit.held_in(data_set).is_none().then(|| period.id().to_string()),
            }),
            (_, None) => None,
        }
    });
}
