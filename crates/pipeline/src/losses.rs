//! A limit on what a run takes away by itself.
//!
//! An account that from one day on sees half of the outbreak, a condition with a typing error, a map of places that lost
//! its rows: each makes numbers fall, and each looks like a correction. A person decides.

use crate::plan::{HeldKey, Plan};
use crate::target::Target;
use epi::plan::Change;
use rust_decimal::Decimal;
use std::str::FromStr;

/// So much may go in any case: in the first weeks of an outbreak a handful of corrections is a large share.
const LOSS_ALWAYS_ALLOWED: u32 = 20;

/// Holds back the whole plan if it takes away more than `percent` of all that Tally reported in its periods.
///
/// Everything is held and not only what falls: a case that is reclassified leaves one number and enters another, and half
/// of that would be wrong on its own.
pub fn hold(plan: &mut Plan, target: &Target, percent: u32) {
    // Neither an average nor a statement is a number of anything that could be lost.
    let indicators = target.indicators.iter().flatten();
    let averaged =
        indicators.filter(|one| target.element(&one.data_element).is_some_and(|element| element.is_averaged));
    let uncounted: Vec<u32> =
        averaged.chain(&target.statements).filter_map(|one| plan.names.find(&one.data_element)).collect();
    let number = |value: &Option<compact_str::CompactString>| {
        value.as_deref().and_then(|value| Decimal::from_str(value).ok()).unwrap_or_default()
    };
    let (mut reported, mut lost) = (Decimal::ZERO, Decimal::ZERO);
    for change in plan.changes.iter().filter(|change| !uncounted.contains(&change.key.data_element)) {
        let written = number(&change.written).max(Decimal::ZERO);
        reported += written;
        // What is left out as a small cell is no loss.
        if change.action.is_pushed() && !plan.suppressed.contains_key(&change.key) {
            lost += (written - number(&change.desired)).max(Decimal::ZERO);
        }
    }
    let allowed = (reported * Decimal::from(percent) / Decimal::ONE_HUNDRED).max(Decimal::from(LOSS_ALWAYS_ALLOWED));
    if percent >= 100 || lost <= allowed {
        return;
    }
    let reason = format!(
        "{} of {} that Tally reported would be taken away, more than losses_max_percent = {percent} allows without a person",
        lost.normalize(),
        reported.normalize()
    );
    plan.hold(|change: &Change| {
        let held = HeldKey { reason: reason.clone(), org_unit: None, period: None };
        change.action.is_pushed().then_some(held)
    });
}
