//! The values of a report, period by period, each beside what stands in DHIS2 because of it.

use super::{PERIODS_MAX, tail};
use crate::as_of::Past;
use crate::config::model::{Config, Report};
use crate::error::Error;
use crate::kept;
use crate::report::{HeldSlice, RunReport};
use crate::store::{CellKey, CellRow, LedgerValue, Run, RunId, State};
use epi::period::{Period, Span};
use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::rc::Rc;

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

/// What is known of a report now.
pub(super) struct Known<'s> {
    state: &'s State,
    past: Past<'s>,
    now: Timestamp,
    system_id: Option<String>,
    held: RefCell<FxHashMap<RunId, Rc<Vec<HeldSlice>>>>,
    /// The last run that came through.
    pub(super) run: Run,
    /// The last periods that any run covered.
    pub(super) periods: Vec<Period>,
}

impl<'s> Known<'s> {
    /// None: no run has come through.
    pub(super) fn of(
        state: &'s State,
        config: &Config,
        report: &Report,
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let past = Past::of(state, report)?;
        let Some((run, last)) = past.last(now) else { return Ok(None) };
        let first = past.runs.iter().map(|(_, span)| span.first()).min_by_key(|first| first.start());
        let newest = past.runs.iter().map(|(_, span)| span.last()).max_by_key(|last| last.start());
        let whole = first.zip(newest).and_then(|(first, newest)| Span::between(first, newest).ok()).unwrap_or(*last);
        let periods = tail(whole, PERIODS_MAX);
        let destination = state.destination(config.dhis2.url.value.as_str())?;
        let system_id = destination
            .map(|destination| destination.system_id)
            .or_else(|| run.dhis2.as_ref().map(|seen| seen.system_id.clone()));
        let run = run.clone();
        Ok(Some(Self { state, past, now, system_id, held: RefCell::default(), run, periods }))
    }

    /// Every value of a period, and the run that last covered it; none: no run did, or what it computed is forgotten.
    pub(super) fn of_period(&self, period: Period, mut with: impl FnMut(Seen<'_>)) -> Result<Option<RunId>, Error> {
        let Some(run) = self.past.last_covering(period, self.now).map(|run| run.id) else { return Ok(None) };
        let rows = self.past.history.values_at(&period.id(), run)?;
        let ledger = self.ledger(&rows, period)?;
        for row in &rows {
            let standing = ledger.get(&row.key).and_then(|value| value.value.as_deref());
            with(Seen { row, standing });
        }
        Ok(Some(run))
    }

    fn ledger(&self, rows: &[CellRow], period: Period) -> Result<FxHashMap<CellKey, LedgerValue>, Error> {
        let Some(system_id) = &self.system_id else { return Ok(FxHashMap::default()) };
        let elements: FxHashSet<&str> = rows.iter().map(|row| row.key.data_element.as_str()).collect();
        let elements: Vec<&str> = elements.into_iter().collect();
        Ok(self.state.ledger_load(system_id, &elements, Some(&[period.id().as_str()]))?)
    }

    /// What a run held back, or DHIS2 refused.
    pub(super) fn held(&self, run: RunId) -> Result<Rc<Vec<HeldSlice>>, Error> {
        if let Some(known) = self.held.borrow().get(&run) {
            return Ok(Rc::clone(known));
        }
        let report = kept::report(self.state, run)?;
        let held = Rc::new(report.map(waiting).unwrap_or_default());
        self.held.borrow_mut().insert(run, Rc::clone(&held));
        Ok(held)
    }
}

/// What a run planned not to send, and what DHIS2 did not take.
fn waiting(report: RunReport) -> Vec<HeldSlice> {
    let mut held = report.plan.held;
    let refused = report.push.into_iter().flat_map(|push| push.held.into_iter().chain(push.rejected));
    held.extend(refused.map(|value| HeldSlice {
        org_unit: Some(value.org_unit),
        period: Some(value.period),
        reason: value.reason,
        n_values: 1,
    }));
    held
}
