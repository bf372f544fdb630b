//! One cell and its past, and the cells of an organisation unit in a period.

use super::fold::Cells;
use super::{Picture, Sight};
use crate::config::model::{Config, Report};
use crate::error::Error;
use crate::store::{CellKey, LedgerValue, RunId, State};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;

/// Versions of a cell that are shown: one a day for a third of a year. The newest stay.
const VERSIONS_MAX: usize = 120;
/// Values of an organisation unit in a period that are listed: thirty indicators by eighteen groups, twice.
const VALUES_MAX: usize = 1_000;

/// What a cell was from a run on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastVersion {
    /// Code of the indicator.
    pub indicator: String,
    /// The first run that computed it so.
    pub run: RunId,
    /// When that ended; none: it has not, or it failed without an end.
    pub finished_at: Option<Timestamp>,
    /// The value; none: it went away.
    pub value: Option<String>,
    /// Records that contribute to it.
    pub n_records: u64,
}

/// A cell and its past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellPast {
    /// Where it stands.
    pub key: CellKey,
    /// What it was, oldest first; empty for somebody who sees only what is published.
    pub versions: Vec<PastVersion>,
    /// Older versions that are not told.
    pub n_older: usize,
    /// What Tally last wrote into DHIS2. None: nothing, ever.
    pub standing: Option<LedgerValue>,
}

/// A value of an organisation unit in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SliceValue {
    /// Where it stands.
    pub key: CellKey,
    /// Code of the indicator.
    pub indicator: String,
    /// What was computed; none for somebody who sees only what is published.
    pub computed: Option<String>,
    /// What stands in DHIS2 because of Tally.
    pub standing: Option<String>,
}

/// The values of an organisation unit in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Slice {
    /// The values, by indicator and key.
    pub values: Vec<SliceValue>,
    /// More of them that are not told.
    pub n_more: usize,
    /// Why something of it is held, in the words of the run.
    pub held: Vec<String>,
}

/// A cell and its past, from the versions that are still kept.
///
/// # Errors
/// What the state says.
pub fn cell(state: &State, config: &Config, report: &Report, key: &CellKey, sight: Sight) -> Result<CellPast, Error> {
    let destination = state.destination(config.dhis2.url.value.as_str())?;
    let standing = match destination {
        Some(destination) => state.ledger_value(&destination.system_id, key)?,
        None => None,
    };
    let mut versions = Vec::new();
    if sight == Sight::All {
        for version in state.cell_versions(&report.name, key)? {
            let run = state.run(version.run)?;
            versions.push(PastVersion {
                indicator: version.indicator.to_string(),
                run: version.run,
                finished_at: run.and_then(|run| run.finished_at),
                value: version.value,
                n_records: version.n_records,
            });
        }
    }
    let n_older = versions.len().saturating_sub(VERSIONS_MAX);
    versions.drain(..n_older);
    Ok(CellPast { key: key.clone(), versions, n_older, standing })
}

/// The values of an organisation unit in a period of a picture, as whom the picture is for may see them. None: no run has covered
/// the period, or it is not in the picture.
///
/// # Errors
/// What the state says.
pub fn slice(
    state: &State,
    report: &Report,
    picture: &Picture,
    org_unit: &str,
    period: &str,
) -> Result<Option<Slice>, Error> {
    let Some(covered) = picture.covered(period) else { return Ok(None) };
    let sight = picture.sight;
    let (mut values, mut n_more) = (Vec::new(), 0);
    Cells::of(state, report, picture.system_id.clone())?.of_period(period, covered.run, |value| {
        // Of what is left out, nobody who may not see it is told even that it has a value.
        let hidden = sight == Sight::Published && value.standing.is_none();
        if value.row.key.org_unit != org_unit || hidden {
            return;
        }
        if values.len() == VALUES_MAX {
            n_more += 1;
            return;
        }
        values.push(SliceValue {
            key: value.row.key.clone(),
            indicator: value.row.indicator.to_string(),
            computed: (sight == Sight::All).then(|| value.row.value.clone()),
            standing: value.standing.map(str::to_owned),
        });
    })?;
    values.sort_by(|a, b| a.indicator.cmp(&b.indicator).then_with(|| a.key.cmp(&b.key)));
    let here = covered.waits.held.iter().filter(|slice| {
        let is_here = |named: &Option<String>, this: &str| named.as_deref().is_none_or(|of| of == this);
        is_here(&slice.period, period) && is_here(&slice.org_unit, org_unit)
    });
    let reasons: BTreeSet<String> = here.map(|slice| slice.reason.clone()).collect();
    Ok(Some(Slice { values, n_more, held: reasons.into_iter().collect() }))
}
