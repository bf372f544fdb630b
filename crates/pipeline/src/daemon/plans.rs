//! Plans that were asked for and wait to be decided. They are in the state file, each as `tally plan --out` writes it.

use crate::error::{Error, ErrorKind};
use crate::plan_document::PlanDocument;
use crate::report::RunReport;
use crate::store::{NewKeptPlan, PlanAction, PlanId, PlanState, State};
use jiff::{SignedDuration, Timestamp};

/// A plan waits so long. After that DHIS2 and the line list have moved on, and it should be made anew.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So many may wait: each is read by a person.
pub const OPEN_MAX: usize = 20;
/// The state file is no place for more. A plan of 100,000 values takes some 50 MB.
pub const BYTES_MAX: usize = 64 << 20;

/// Keeps a plan that was just made.
///
/// # Errors
/// Too many wait already, or it is too large; what the file says.
pub fn keep(
    state: &mut State,
    document: &PlanDocument,
    report: &RunReport,
    by: &str,
    now: Timestamp,
) -> Result<PlanId, Error> {
    expire(state, now)?;
    let n_open = state.kept_plans(OPEN_MAX as u32)?.iter().filter(|plan| plan.state == PlanState::Open).count();
    if n_open >= OPEN_MAX {
        let error = Error::new(ErrorKind::Held, format!("{OPEN_MAX} plans wait already"));
        return Err(error.advice("Apply or discard some of them."));
    }
    let text = serde_json::to_string(document).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
    if text.len() > BYTES_MAX {
        let message = format!("a plan of {} MiB is too large to be kept", text.len() >> 20);
        let advice = "Plan fewer periods, or use `tally plan --out FILE` and `tally apply FILE`.";
        return Err(Error::new(ErrorKind::Held, message).advice(advice));
    }
    let actions = report.plan.actions.iter().map(|action| PlanAction { name: action.name.to_string(), n: action.n });
    Ok(state.keep_plan(&NewKeptPlan {
        report: document.report.clone(),
        first: document.first.clone(),
        last: document.last.clone(),
        hash: document.hash.clone(),
        made_at: now,
        made_by: by.to_owned(),
        until: now.saturating_add(KEPT_FOR).unwrap_or(Timestamp::MAX),
        actions: actions.collect(),
        document: text,
    })?)
}

/// The document of a plan that waits.
///
/// # Errors
/// It waits no more, or its time is over; what the file says.
pub fn read(state: &State, id: PlanId, now: Timestamp) -> Result<PlanDocument, Error> {
    let open = state.kept_plan(id)?.filter(|plan| plan.state == PlanState::Open && plan.until > now);
    let (Some(_), Some(text)) = (open, state.kept_document(id)?) else { return Err(waits_no_more(id)) };
    PlanDocument::of_text(&text, &format!("plan {id}"))
}

/// Lets go of the plans whose time is over. Returns how many.
///
/// # Errors
/// What the file says.
pub fn expire(state: &mut State, now: Timestamp) -> Result<usize, Error> {
    let over = state.plans_past_their_time(now)?;
    for plan in &over {
        state.decide_plan(*plan, PlanState::Expired, None, "daemon", now)?;
    }
    Ok(over.len())
}

pub(super) fn waits_no_more(id: PlanId) -> Error {
    let error = Error::new(ErrorKind::Held, format!("plan {id} does not wait for a decision any more"));
    error.advice("Make the plan again, look at it, and apply that.")
}
