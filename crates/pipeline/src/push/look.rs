//! What stands in DHIS2 at the keys of some values, between the requests.

use super::both_same;
use super::item::Item;
use crate::config::Config;
use crate::diff;
use crate::error::Error;
use crate::failure;
use crate::report::PushSummary;
use crate::store::CellKey;
use crate::target::Target;
use compact_str::CompactString;
use dhis2::StoredValue;
use epi::period::{Period, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Leaves out what somebody changed since it was compared.
pub(super) async fn look_again(
    batch: &[Item],
    target: &Target,
    config: &Config,
    summary: &mut PushSummary,
) -> Result<Vec<Item>, Error> {
    let stands = stands(batch, target).await.map_err(|error| failure::dhis2(&error, config))?;
    let mut untouched = Vec::with_capacity(batch.len());
    for (item, is) in batch.iter().zip(stands) {
        if item.reading(target).agrees(item.was.as_deref(), is.as_deref()) {
            untouched.push(item.clone());
        } else {
            let reason = "somebody changed it while the run was under way".to_owned();
            summary.held.push(item.refused(None, reason));
        }
    }
    Ok(untouched)
}

/// Which of these items stand in DHIS2 as they should.
pub(super) async fn standing(items: &[Item], target: &Target) -> Result<Vec<bool>, dhis2::Error> {
    let stands = stands(items, target).await?;
    let stands = items.iter().zip(&stands);
    Ok(stands.map(|(item, is)| both_same(item.reading(target), is.as_ref(), item.value.as_ref())).collect())
}

/// What stands in DHIS2 at the key of each item.
async fn stands(items: &[Item], target: &Target) -> Result<Vec<Option<CompactString>>, dhis2::Error> {
    let stored = stored(items, target).await?;
    let stored: BTreeMap<_, _> = stored.iter().map(|value| (value.key(), value.value.as_ref())).collect();
    Ok(items.iter().map(|item| stored.get(&parts(&item.key)).copied().flatten().cloned()).collect())
}

/// What stands in DHIS2 around some items.
pub(super) async fn stored(items: &[Item], target: &Target) -> Result<Vec<StoredValue>, dhis2::Error> {
    let periods: BTreeSet<Period> = items.iter().filter_map(|item| Period::parse(&item.key.period).ok()).collect();
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else { return Ok(Vec::new()) };
    let Ok(span) = Span::between(*first, *last) else { return Ok(Vec::new()) };
    let names = |of: fn(&CellKey) -> &CompactString| -> Vec<String> {
        items.iter().map(|item| of(&item.key).to_string()).collect::<BTreeSet<_>>().into_iter().collect()
    };
    diff::read_values(target, span, names(|key| &key.org_unit), names(|key| &key.data_element)).await
}

/// A key as [`StoredValue::key`] has it.
pub(super) fn parts(key: &CellKey) -> (&str, &str, &str, &str, &str) {
    (
        key.data_element.as_str(),
        key.period.as_str(),
        key.org_unit.as_str(),
        key.category_option_combo.as_str(),
        key.attribute_option_combo.as_str(),
    )
}
