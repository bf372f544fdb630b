//! What a person accepted: somebody else's value in DHIS2, which Tally then leaves alone.
//!
//! A value is accepted as it was seen: what DHIS2 said and what Tally computed. As long as both are the same, it stays; the
//! plan counts it as accepted, the tie-out beside the values that agree, and nothing waits for it. As soon as DHIS2 says
//! something else, or Tally computes something else, it is somebody's change again, and told as before.

use crate::error::{Error, ErrorKind};
use crate::kept;
use crate::plan::Plan;
use crate::report::{PlannedChange, RunReport};
use crate::store::{Acceptance, CellKey, RunId, State};
use crate::target::Target;
use compact_str::CompactString;
use epi::plan::{self, Accepted, Action, ValueKey};
use jiff::Timestamp;
use rustc_hash::FxHashMap;

/// What stands in a value's cause when it was accepted.
const REASON: &str = "a person accepted it";

/// Leaves alone what was accepted. Returns how many values.
///
/// # Errors
/// What the state says.
pub(crate) fn apply(plan: &mut Plan, target: &Target, state: &State, report: &str) -> Result<u64, Error> {
    if !plan.changes.iter().any(|change| matches!(change.action, Action::Drifted | Action::Existing)) {
        return Ok(0);
    }
    let mut accepted: FxHashMap<ValueKey, Accepted> = FxHashMap::default();
    let known = state.acceptances(&target.facts.system_id, report)?;
    let known: FxHashMap<CellKey, Acceptance> = known.into_iter().map(|one| (one.key.clone(), one)).collect();
    for change in &plan.changes {
        if let Some(one) = known.get(&plan.cell_key(&change.key)) {
            let text = |text: &Option<String>| text.as_deref().map(CompactString::from);
            accepted.insert(change.key, Accepted { actual: text(&one.actual), desired: text(&one.desired) });
        }
    }
    let names = &plan.names;
    let reading = |key: &ValueKey| target.reading(names.name(key.data_element));
    plan::accept(&mut plan.changes, &accepted, reading);
    let stays: Vec<ValueKey> =
        plan.changes.iter().filter(|change| change.action == Action::Accepted).map(|change| change.key).collect();
    for key in &stays {
        plan.causes.entry(*key).or_default().reasons.push(REASON.to_owned());
    }
    Ok(stays.len() as u64)
}

/// Accepts all values that a run told as somebody else's, as it told them. Returns how many.
///
/// # Errors
/// There is no such run, it told of none, or what the state says.
pub fn accept(state: &mut State, run: RunId, by: &str, now: Timestamp) -> Result<u64, Error> {
    let refuse = |message: String| Error::new(ErrorKind::Held, message);
    let report = kept::report(state, run)?.ok_or_else(|| refuse(format!("run {run} has left nothing to accept")))?;
    let values = told(&report);
    if values.is_empty() {
        return Err(refuse(format!("run {run} found no value of somebody else")));
    }
    state.accept(&report.dhis2.system_id, &report.report, &values, by, now)?;
    Ok(values.len() as u64)
}

/// The values of somebody else that a run told one by one.
pub fn told(report: &RunReport) -> Vec<Acceptance> {
    let is_theirs = |change: &&PlannedChange| {
        [Action::Drifted, Action::Existing].iter().any(|action| action.name() == change.action)
    };
    let accepted = |change: &PlannedChange| Acceptance {
        key: CellKey {
            data_element: change.data_element.as_str().into(),
            period: change.period.as_str().into(),
            org_unit: change.org_unit.as_str().into(),
            category_option_combo: change.category_option_combo.as_str().into(),
            attribute_option_combo: change.attribute_option_combo.as_str().into(),
        },
        actual: change.old.clone(),
        desired: change.new.clone(),
    };
    report.plan.changes.iter().filter(is_theirs).map(accepted).collect()
}
