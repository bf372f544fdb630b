//! The values of a report, period by period, each beside what stands in DHIS2 because of it.

use super::{PERIODS_MAX, tail};
use crate::as_of::Past;
use crate::config::model::{Config, Report};
use crate::error::Error;
use crate::kept;
use crate::report::{HeldSlice, RunReport};
use crate::store::{CellHistory, CellKey, CellRow, LedgerValue, Run, RunId, State};
use epi::period::{Period, Span};
use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// A value and what became of it.
pub(super) struct Seen<'v> {
    /// The value as the last run that covered its period computed it.
    pub(super) row: &'v CellRow,
    /// What Tally last wrote there and did not take away again.
    pub(super) standing: Option<&'v str>,
}

impl Seen<'_> {
    /// Whether DHIS2 got what was computed.
    pub(super) fn stands(&self) -> bool {
        self.standing == Some(self.row.value.as_str())
    }
}

/// The cells of a report beside the ledger of its DHIS2.
pub(super) struct Cells<'s> {
    state: &'s State,
    history: CellHistory<'s>,
    system_id: Option<String>,
}

impl<'s> Cells<'s> {
    pub(super) fn of(state: &'s State, report: &Report, system_id: Option<String>) -> Result<Self, Error> {
        Ok(Self { state, history: state.cell_history(&report.name)?, system_id })
    }

    /// Every value of a period as a run left it.
    pub(super) fn of_period(&self, period: &str, run: RunId, mut with: impl FnMut(Seen<'_>)) -> Result<(), Error> {
        let rows = self.history.values_at(period, run)?;
        let ledger = self.ledger(&rows, period)?;
        for row in &rows {
            let standing = ledger.get(&row.key).and_then(|value| value.value.as_deref());
            with(Seen { row, standing });
        }
        Ok(())
    }

    fn ledger(&self, rows: &[CellRow], period: &str) -> Result<FxHashMap<CellKey, LedgerValue>, Error> {
        let Some(system_id) = &self.system_id else { return Ok(FxHashMap::default()) };
        let elements: FxHashSet<&str> = rows.iter().map(|row| row.key.data_element.as_str()).collect();
        let elements: Vec<&str> = elements.into_iter().collect();
        Ok(self.state.ledger_load(system_id, &elements, Some(&[period]))?)
    }
}

/// What is known of a report now.
pub(super) struct Known {
    /// The DHIS2 that it is written to, by its system id.
    pub(super) system_id: Option<String>,
    /// The last run that came through.
    pub(super) run: Run,
    /// The last periods that any run covered.
    pub(super) periods: Vec<Period>,
    /// The run that last covered each of them.
    pub(super) covered: Vec<Option<Covered>>,
}

/// The run that last covered a period.
#[derive(Clone, Debug)]
pub(super) struct Covered {
    pub(super) run: RunId,
    /// What it left to people or to a later day; of other periods too.
    pub(super) waits: Arc<Waits>,
}

/// What a run left.
#[derive(Debug, Default)]
pub(super) struct Waits {
    /// What it held back, or DHIS2 refused, with the reason.
    pub(super) held: Vec<HeldSlice>,
    /// Values of ours that it found changed: the period and the organisation unit of each. The ledger has them as they were
    /// written, so that it cannot tell.
    pub(super) drifted: Vec<(String, String)>,
}

impl Known {
    /// None: no run has come through.
    pub(super) fn of(state: &State, config: &Config, report: &Report, now: Timestamp) -> Result<Option<Self>, Error> {
        let past = Past::of(state, report)?;
        let Some((run, last)) = past.last(now) else { return Ok(None) };
        let first = past.runs.iter().map(|(_, span)| span.first()).min_by_key(|first| first.start());
        let newest = past.runs.iter().map(|(_, span)| span.last()).max_by_key(|last| last.start());
        let whole = first.zip(newest).and_then(|(first, newest)| Span::between(first, newest).ok()).unwrap_or(*last);
        let periods = tail(whole, PERIODS_MAX);
        let mut waits: FxHashMap<RunId, Arc<Waits>> = FxHashMap::default();
        let mut covered = Vec::with_capacity(periods.len());
        for period in &periods {
            let Some(run) = past.last_covering(*period, now).map(|run| run.id) else {
                covered.push(None);
                continue;
            };
            let waits = match waits.get(&run) {
                Some(known) => Arc::clone(known),
                None => {
                    let found = Arc::new(kept::report(state, run)?.map(waiting).unwrap_or_default());
                    waits.insert(run, Arc::clone(&found));
                    found
                }
            };
            covered.push(Some(Covered { run, waits }));
        }
        let destination = state.destination(config.dhis2.url.value.as_str())?;
        let system_id = destination
            .map(|destination| destination.system_id)
            .or_else(|| run.dhis2.as_ref().map(|seen| seen.system_id.clone()));
        Ok(Some(Self { system_id, run: run.clone(), periods, covered }))
    }
}

/// What a run planned not to send, what DHIS2 did not take, and what it found there from somebody else.
fn waiting(report: RunReport) -> Waits {
    let mut held = report.plan.held;
    let mut drifted = Vec::new();
    for change in report.plan.changes {
        let reason = match change.action.as_str() {
            "drifted" => {
                drifted.push((change.period.clone(), change.org_unit.clone()));
                "somebody changed a value of ours in DHIS2"
            }
            "existing" => "somebody else had entered a value before",
            _ => continue,
        };
        let (org_unit, period) = (Some(change.org_unit), Some(change.period));
        held.push(HeldSlice { org_unit, period, reason: reason.to_owned(), n_values: 1 });
    }
    let refused = report.push.into_iter().flat_map(|push| push.held.into_iter().chain(push.rejected));
    held.extend(refused.map(|value| HeldSlice {
        org_unit: Some(value.org_unit),
        period: Some(value.period),
        reason: value.reason,
        n_values: 1,
    }));
    Waits { held, drifted }
}
