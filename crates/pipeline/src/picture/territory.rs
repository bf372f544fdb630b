//! An indicator in one period, by organisation unit: what a map is coloured by.

use super::Sight;
use super::fold::Known;
use super::trend::seen;
use crate::as_of::Summed;
use crate::config::model::{Config, Report};
use crate::error::Error;
use crate::store::State;
use epi::period::Period;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;

/// An indicator in one period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Territory {
    /// Code of the indicator.
    pub indicator: String,
    /// What is added up.
    pub of: Summed,
    /// The period.
    pub period: String,
    /// Whether a run has covered the period, and what it computed is still kept.
    pub covered: bool,
    /// The total of each organisation unit that has a value, over all disaggregations, by UID. A unit below another is not added
    /// to it: this is what was reported for the unit itself.
    pub units: BTreeMap<String, Decimal>,
}

/// An indicator in a period. None: no run has come through yet.
///
/// # Errors
/// What the state says.
pub fn territory(
    state: &State,
    config: &Config,
    report: &Report,
    indicator: &str,
    period: Period,
    sight: Sight,
    now: Timestamp,
) -> Result<Option<Territory>, Error> {
    let Some(known) = Known::of(state, config, report, now)? else { return Ok(None) };
    let of = Summed::of(indicator, report);
    let mut units: BTreeMap<String, Decimal> = BTreeMap::new();
    let covered = known.of_period(period, |value| {
        // What does not stand in DHIS2 is no zero there.
        if value.row.indicator != indicator || (sight == Sight::Published && value.standing.is_none()) {
            return;
        }
        let total = units.entry(value.row.key.org_unit.to_string()).or_default();
        *total = total.saturating_add(seen(of, &value, sight));
    })?;
    let (indicator, period) = (indicator.to_owned(), period.id().to_string());
    Ok(Some(Territory { indicator, of, period, covered: covered.is_some(), units }))
}
