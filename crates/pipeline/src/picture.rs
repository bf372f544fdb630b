//! What the pages of a report show, read from the state: how complete it is, how its numbers went, one cell and its past. Nothing
//! here writes, and nothing asks a server.
//!
//! # Small cells
//!
//! The state keeps every value, those included that the destination's policy leaves out of DHIS2. A person who may not see
//! them gets the [`Sight::Published`] picture, which is made of nothing but what Tally wrote into DHIS2 and what stands there
//! because of it: whatever is added up is added up from published values, as anybody with access to DHIS2 could. What is made
//! of anything else (the curve from the line list, the revision triangle, former versions of a cell) is not shown to them.

mod cell;
mod completeness;
mod curve;
mod fold;
mod kept;
mod territory;
mod trend;

pub use cell::{CellPast, PastVersion, Slice, SliceValue, cell, slice};
pub use completeness::{Completeness, Filled, UnitRow, Written};
pub use curve::{Curve, CurveSource, Series, curve_of_cells, curve_of_records};
pub use kept::{KeptPicture, Pictures};
pub use territory::{Territory, territory};
pub use trend::Trend;

use crate::config::model::{Config, Report};
use crate::error::Error;
use crate::store::{RunId, State};
use epi::period::{Period, Span};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// Periods of a picture: half a year of weeks. More do not fit on a screen, and each costs the reading of its cells.
pub const PERIODS_MAX: usize = 26;

/// Which values somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    /// All that were computed.
    All,
    /// Those that stand in DHIS2.
    Published,
}

impl Sight {
    /// What somebody sees of a configuration's reports. Where no small cell is left out, everybody sees all.
    pub fn of(config: &Config, may_see_small: bool) -> Self {
        match config.dhis2.small_cells {
            Some(_) if !may_see_small => Self::Published,
            _ => Self::All,
        }
    }
}

/// A report at a glance.
#[derive(Clone, Debug, Serialize)]
pub struct Picture {
    /// Name of the report.
    pub report: String,
    /// Which values it is made of.
    pub sight: Sight,
    /// The last run that came through.
    pub run: RunId,
    /// When that ended.
    pub finished_at: Option<Timestamp>,
    /// The periods, oldest first.
    pub periods: Vec<String>,
    /// What stands in DHIS2, by organisation unit and period.
    pub completeness: Completeness,
    /// How each indicator went, in the order of the report.
    pub trends: Vec<Trend>,
    /// The run that last covered each period.
    #[serde(skip)]
    covered: Vec<Option<fold::Covered>>,
    #[serde(skip)]
    system_id: Option<String>,
}

impl Picture {
    /// The run that last covered a period; none of one that is not in the picture.
    fn covered(&self, period: &str) -> Option<&fold::Covered> {
        let index = self.periods.iter().position(|known| known == period)?;
        self.covered.get(index)?.as_ref()
    }
}

/// The picture of a report: its last periods, at most [`PERIODS_MAX`], up to the last one that any run covered. None: no run has
/// come through yet.
///
/// `units` are the organisation units that the report may write to, by UID: a row of the completeness each, with or without a
/// value. Those that have values are added.
///
/// # Errors
/// What the state says.
pub fn picture(
    state: &State,
    config: &Config,
    report: &Report,
    units: &[String],
    sight: Sight,
    now: Timestamp,
) -> Result<Option<Picture>, Error> {
    let Some(known) = fold::Known::of(state, config, report, now)? else { return Ok(None) };
    let cells = fold::Cells::of(state, report, known.system_id.clone())?;
    let mut completeness = completeness::Filling::new(units, known.periods.len(), config.dhis2.small_cells.is_some());
    let mut trends = trend::Trends::new(report, known.periods.len());
    for (index, (period, covered)) in known.periods.iter().zip(&known.covered).enumerate() {
        let Some(covered) = covered else { continue };
        cells.of_period(&period.id(), covered.run, |value| {
            completeness.add(index, &value);
            trends.add(index, &value, sight);
        })?;
        completeness.covered(index);
        trends.covered(index);
        completeness.waits(index, &period.id(), &covered.waits);
    }
    Ok(Some(Picture {
        report: report.name.clone(),
        sight,
        run: known.run.id,
        finished_at: known.run.finished_at,
        periods: known.periods.iter().map(|period| period.id().to_string()).collect(),
        completeness: completeness.done(report.complete),
        trends: trends.done(),
        covered: known.covered,
        system_id: known.system_id,
    }))
}

/// The last `n` periods of a span.
fn tail(span: Span, n: usize) -> Vec<Period> {
    span.iter().skip(span.n_periods().saturating_sub(n)).collect()
}
