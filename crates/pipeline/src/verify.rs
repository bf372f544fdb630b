//! Reading back what was written, cell by cell, and the totals side by side.

use crate::config::Config;
use crate::crash;
use crate::diff;
use crate::error::Error;
use crate::failure;
use crate::plan::Plan;
use crate::report::{DifferentValue, TieOutRow, VerifySummary};
use crate::target::Target;
use compact_str::CompactString;
use epi::cell::wire_text;
use epi::indicator::Definitions;
use epi::period::{Period, Span};
use epi::plan::{Action, ValueKey, is_zero, same};
use rust_decimal::Decimal;
use rustc_hash::{FxHashMap, FxHashSet};
use std::str::FromStr;

/// What DHIS2 says after the push.
#[derive(Debug, Default)]
pub struct Verified {
    /// For the report.
    pub summary: VerifySummary,
    /// Values by key.
    pub stored: FxHashMap<ValueKey, CompactString>,
    /// Slices in which something is not as it should be, or is held.
    pub unclean: FxHashSet<(Period, u32)>,
}

/// Reads everything back and compares it with the plan. When nothing was pushed, what was read for the comparison is
/// still what stands there.
///
/// # Errors
/// What DHIS2 says.
pub async fn verify(plan: &Plan, target: &Target, span: Span, config: &Config) -> Result<Verified, Error> {
    let mut verified = Verified { stored: stored(plan, target, span, config).await?, ..Verified::default() };
    for change in &plan.changes {
        let slice = (change.key.period, change.key.org_unit);
        if change.action.is_held() {
            verified.unclean.insert(slice);
            continue;
        }
        let should = if change.action == Action::RetractByDeletion { None } else { change.desired.as_deref() };
        let says = verified.stored.get(&change.key).map(CompactString::as_str);
        verified.summary.compared += 1;
        if agrees(should, says) {
            verified.summary.equal += 1;
        } else {
            verified.unclean.insert(slice);
            let name = |number| plan.names.name(number).to_owned();
            verified.summary.different.push(DifferentValue {
                data_element: name(change.key.data_element),
                period: change.key.period.id().to_string(),
                org_unit: name(change.key.org_unit),
                category_option_combo: name(change.key.combo),
                should: should.map(str::to_owned),
                says: says.map(str::to_owned),
            });
        }
    }
    Ok(verified)
}

/// Whether DHIS2 says what it should; a zero that is not stored is no difference (up to 2.42 it drops insignificant ones).
pub fn agrees(should: Option<&str>, says: Option<&str>) -> bool {
    match (should, says) {
        (Some(should), Some(says)) => same(should, says),
        (Some(only), None) | (None, Some(only)) => is_zero(only),
        (None, None) => true,
    }
}

async fn stored(
    plan: &Plan,
    target: &Target,
    span: Span,
    config: &Config,
) -> Result<FxHashMap<ValueKey, CompactString>, Error> {
    if plan.pushed().next().is_none() {
        let found = plan.changes.iter().filter_map(|change| Some((change.key, change.actual.clone()?)));
        return Ok(found.collect());
    }
    crash::before("read/verify");
    let standing = diff::standing(plan, span, target).await.map_err(|error| failure::dhis2(&error, config))?;
    crash::after("read/verify");
    Ok(standing)
}

/// Our totals beside DHIS2's, for each indicator. `verified` is absent for a plan, which was not pushed.
pub fn tie_out(plan: &Plan, definitions: &Definitions, verified: Option<&Verified>) -> Vec<TieOutRow> {
    let n = definitions.indicators.len();
    let (mut ours, mut held) = (vec![Decimal::ZERO; n], vec![Decimal::ZERO; n]);
    let (mut theirs, mut records, mut agree) = (vec![Decimal::ZERO; n], vec![0_u64; n], vec![true; n]);
    let mut suppressed: Vec<Option<Decimal>> = vec![None; n];
    let number = |text: &str| Decimal::from_str(text).unwrap_or_default();
    let waiting: FxHashSet<ValueKey> =
        plan.changes.iter().filter(|change| change.action.is_held()).map(|change| change.key).collect();
    for (key, desired) in &plan.desired {
        let index = usize::from(plan.indicator_of.get(key).copied().unwrap_or_default());
        records[index] += desired.n_records;
        ours[index] = ours[index].saturating_add(number(&desired.value));
        if plan.suppressed.contains_key(key) {
            let sum = suppressed[index].unwrap_or(Decimal::ZERO);
            suppressed[index] = Some(sum.saturating_add(number(&desired.value)));
            continue;
        }
        if waiting.contains(key) {
            held[index] = held[index].saturating_add(number(&desired.value));
            continue;
        }
        if let Some(verified) = verified {
            let says = verified.stored.get(key).map(CompactString::as_str);
            theirs[index] = theirs[index].saturating_add(says.map(number).unwrap_or_default());
            agree[index] &= agrees(Some(&desired.value), says);
        }
    }
    let row = |(index, indicator): (usize, &epi::indicator::Indicator)| TieOutRow {
        indicator: indicator.code.clone(),
        title: indicator.title.clone(),
        n_records: records[index],
        ours: wire_text(ours[index]),
        dhis2: verified.map(|_| wire_text(theirs[index])),
        held: wire_text(held[index]),
        suppressed: suppressed[index].map(wire_text),
        agrees: verified.is_some() && agree[index],
    };
    definitions.indicators.iter().enumerate().map(row).collect()
}
