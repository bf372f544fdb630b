//! Reading back what was written, cell by cell, and the totals side by side.

use crate::config::Config;
use crate::crash;
use crate::error::Error;
use crate::failure;
use crate::plan::Plan;
use crate::report::{DifferentValue, TieOutRow, VerifySummary};
use crate::standing;
use crate::target::Target;
use compact_str::CompactString;
use epi::cell::wire_text;
use epi::indicator::Definitions;
use epi::period::{Period, Span};
use epi::plan::Action;
use rust_decimal::Decimal;
use rustc_hash::FxHashSet;
use std::str::FromStr;

/// What DHIS2 says after the push.
#[derive(Debug, Default)]
pub struct Verified {
    /// For the report.
    pub summary: VerifySummary,
    /// What DHIS2 says at the key of each change of the plan, in their order.
    pub stored: Vec<Option<CompactString>>,
    /// Slices in which something is not as it should be, or is held.
    pub unclean: FxHashSet<Unclean>,
}

/// A slice by the numbers of the plan: data set, period, organisation unit, attribute option combo.
pub type Unclean = (usize, Period, u32, u32);

/// Reads everything back and compares it with the plan. When nothing was pushed, what was read for the comparison is
/// still what stands there.
///
/// # Errors
/// What DHIS2 says.
pub async fn verify(plan: &Plan, target: &Target, span: Span, config: &Config) -> Result<Verified, Error> {
    let stored = stored(plan, target, span, config).await?;
    let mut verified = Verified::default();
    for (change, says) in plan.changes.iter().zip(&stored) {
        let element = plan.names.name(change.key.data_element);
        let slice = (target.data_set_of(element), change.key.period, change.key.org_unit, change.key.attribute);
        if change.action.is_left() {
            verified.unclean.insert(slice);
            continue;
        }
        let should = if change.action == Action::RetractByDeletion { None } else { change.desired.as_deref() };
        let says = says.as_deref();
        verified.summary.compared += 1;
        if target.reading(element).agrees(should, says) {
            verified.summary.equal += 1;
        } else {
            verified.unclean.insert(slice);
            let name = |number| plan.names.name(number).to_owned();
            verified.summary.different.push(DifferentValue {
                data_element: name(change.key.data_element),
                period: change.key.period.id().to_string(),
                org_unit: name(change.key.org_unit),
                category_option_combo: name(change.key.combo),
                attribute_option_combo: name(change.key.attribute),
                should: should.map(str::to_owned),
                says: says.map(str::to_owned),
            });
        }
    }
    verified.stored = stored;
    Ok(verified)
}

async fn stored(
    plan: &Plan,
    target: &Target,
    span: Span,
    config: &Config,
) -> Result<Vec<Option<CompactString>>, Error> {
    if plan.pushed().next().is_none() {
        return Ok(plan.changes.iter().map(|change| change.actual.clone()).collect());
    }
    crash::before("read/verify");
    let standing = standing::standing(plan, span, target).await.map_err(|error| failure::dhis2(&error, config))?;
    crash::after("read/verify");
    Ok(standing)
}

/// Our totals beside DHIS2's, for each indicator that is sent and each statement; of a statement, the number of its values
/// and of those that DHIS2 says too. `verified` is absent for a plan, which was not pushed.
pub fn tie_out(plan: &Plan, definitions: &Definitions, target: &Target, verified: Option<&Verified>) -> Vec<TieOutRow> {
    let n_indicators = definitions.indicators.len();
    let mut sums = vec![Sums::default(); n_indicators + plan.statements.named.len()];
    for (key, desired, position) in plan.computed() {
        let statement = plan.statements.index_of(key);
        let index = statement.map(|index| n_indicators + index);
        let Some(index) = index.or_else(|| plan.indicator_of.get(key).map(|index| usize::from(*index))) else {
            continue;
        };
        let number = |text: &str| match statement {
            Some(_) => Decimal::ONE,
            None => Decimal::from_str(text).unwrap_or_default(),
        };
        let sums = &mut sums[index];
        sums.n_records += desired.n_records;
        sums.ours = sums.ours.saturating_add(number(&desired.value));
        if plan.suppressed.contains_key(key) {
            sums.suppressed = Some(sums.suppressed.unwrap_or_default().saturating_add(number(&desired.value)));
            continue;
        }
        if position.is_some_and(|position| plan.changes[position].action.is_left()) {
            sums.held = sums.held.saturating_add(number(&desired.value));
        } else if let Some(verified) = verified {
            let says = position.and_then(|position| verified.stored[position].as_deref());
            let agrees = target.reading(plan.names.name(key.data_element)).agrees(Some(&desired.value), says);
            let theirs = says.filter(|_| agrees || statement.is_none()).map(number).unwrap_or_default();
            sums.theirs = sums.theirs.saturating_add(theirs);
            sums.differs |= !agrees;
        }
    }
    let indicators = definitions.indicators.iter().zip(&target.indicators);
    let indicators = indicators.map(|(one, address)| (one.code.clone(), one.title.clone(), address.is_some()));
    let statements = plan.statements.named.iter().map(|(code, title)| (code.clone(), title.clone(), true));
    let row = |((indicator, title, is_sent), sums): ((String, String, bool), &Sums)| {
        is_sent.then(|| TieOutRow {
            indicator,
            title,
            n_records: sums.n_records,
            ours: wire_text(sums.ours),
            dhis2: verified.map(|_| wire_text(sums.theirs)),
            held: wire_text(sums.held),
            suppressed: sums.suppressed.map(wire_text),
            agrees: verified.is_some() && !sums.differs,
        })
    };
    indicators.chain(statements).zip(&sums).filter_map(row).collect()
}

#[derive(Clone, Debug, Default)]
struct Sums {
    n_records: u64,
    ours: Decimal,
    theirs: Decimal,
    held: Decimal,
    suppressed: Option<Decimal>,
    differs: bool,
}
