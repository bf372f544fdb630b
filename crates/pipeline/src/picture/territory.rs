//! An indicator in one period, by organisation unit: what a map is coloured by.

use super::fold::Cells;
use super::trend::seen;
use super::{Picture, Sight};
use crate::as_of::Summed;
use crate::config::model::Report;
use crate::error::Error;
use crate::store::State;
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

/// An indicator in a period of a picture, as whom the picture is for may see it.
///
/// # Errors
/// What the state says.
pub fn territory(
    state: &State,
    report: &Report,
    picture: &Picture,
    indicator: &str,
    period: &str,
) -> Result<Territory, Error> {
    let of = Summed::of(indicator, report);
    let mut units: BTreeMap<String, Decimal> = BTreeMap::new();
    let covered = picture.covered(period);
    if let Some(covered) = covered {
        let cells = Cells::of(state, report, picture.system_id.clone())?;
        cells.of_period(period, covered.run, |value| {
            // What does not stand in DHIS2 is no zero there.
            let hidden = picture.sight == Sight::Published && value.standing.is_none();
            if value.row.indicator != indicator || hidden {
                return;
            }
            let total = units.entry(value.row.key.org_unit.to_string()).or_default();
            *total = total.saturating_add(seen(of, &value, picture.sight));
        })?;
    }
    let (indicator, period) = (indicator.to_owned(), period.to_owned());
    Ok(Territory { indicator, of, period, covered: covered.is_some(), units })
}
