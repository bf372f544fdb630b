//! What stands in DHIS2 at the keys of a plan, read without keeping what is not looked for.

use crate::plan::Plan;
use crate::target::Target;
use compact_str::CompactString;
use dhis2::{StandingValue, ValueSink};
use epi::period::{Period, Span};
use epi::plan::ValueKey;
use std::collections::BTreeSet;

/// What stands in DHIS2 at the key of each change of a plan, held ones included, in their order.
///
/// # Errors
/// What DHIS2 says.
pub async fn standing(plan: &Plan, span: Span, target: &Target) -> Result<Vec<Option<CompactString>>, dhis2::Error> {
    let (mut units, mut elements) = (BTreeSet::new(), BTreeSet::new());
    for change in &plan.changes {
        units.insert(change.key.org_unit);
        elements.insert(change.key.data_element);
    }
    let unreadable = target.unreadable();
    let name = |number: u32| plan.names.name(number);
    let units = units.into_iter().map(name).filter(|unit| !unreadable.contains(unit)).map(str::to_owned).collect();
    let elements = elements.into_iter().map(|element| name(element).to_owned()).collect();
    let mut order: Vec<u32> = (0..plan.changes.len() as u32).collect();
    order.sort_by_key(|position| plan.changes[*position as usize].key);
    let mut standing =
        Standing { plan, span, order, values: vec![None; plan.changes.len()], positions: Vec::new(), period: None };
    if let Some(query) = crate::diff::query_of(span, units, elements) {
        target.client.data_values_into(&query, &mut standing).await?;
    }
    Ok(standing.values)
}

/// Takes values as they arrive.
struct Standing<'p> {
    plan: &'p Plan,
    span: Span,
    /// The positions of the changes in the order of their keys: those of a saved plan stand in another one.
    order: Vec<u32>,
    values: Vec<Option<CompactString>>,
    /// Where the answer under way has told something.
    positions: Vec<u32>,
    /// The last period that was read: neighbours often have the same.
    period: Option<(CompactString, Period)>,
}

impl Standing<'_> {
    fn position(&self, key: &ValueKey) -> Option<u32> {
        let at = self.order.binary_search_by_key(key, |position| self.plan.changes[*position as usize].key).ok()?;
        Some(self.order[at])
    }

    fn key_of(&mut self, value: &StandingValue) -> Option<ValueKey> {
        let period = match &self.period {
            Some((text, period)) if *text == value.period => *period,
            _ => {
                let period = self.span.period_type().parse(&value.period).ok()?;
                self.period = Some((value.period.clone(), period));
                period
            }
        };
        let find = |name: &str| self.plan.names.find(name);
        Some(ValueKey {
            period,
            org_unit: find(&value.org_unit)?,
            data_element: find(&value.data_element)?,
            combo: find(&value.category_option_combo)?,
            attribute: find(&value.attribute_option_combo)?,
        })
    }
}

impl ValueSink<StandingValue> for Standing<'_> {
    fn value(&mut self, value: StandingValue) {
        let position = self.key_of(&value).and_then(|key| self.position(&key));
        if let (Some(position), Some(stands)) = (position, value.value) {
            self.values[position as usize] = Some(stands);
            self.positions.push(position);
        }
    }

    fn void(&mut self) {
        for position in self.positions.drain(..) {
            self.values[position as usize] = None;
        }
    }

    fn whole(&mut self) {
        self.positions.clear();
    }
}
