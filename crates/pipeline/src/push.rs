//! Writing the plan to DHIS2: the only code that changes it.
//!
//! Every request is an *intent* that is committed before its first byte leaves, and a *receipt* when its verdict is known.
//! Where DHIS2 rejects a group for the fault of one value, the group is cut in halves until the guilty stand alone. Where
//! an answer is lost, what stands in DHIS2 decides.

mod blame;
mod complete;
mod item;
mod look;
mod metadata;
mod request;
mod settle;
mod writer;

pub use complete::{Slice, register};
pub use metadata::{Imported, Refused, import_package};
pub use settle::settle;

use crate::config::Config;
use crate::error::Error;
use crate::plan::Plan;
use crate::progress::{Progress, Step};
use crate::report::PushSummary;
use crate::store::{LedgerUpdate, RunId, RunState, State};
use crate::target::Target;
use compact_str::CompactString;
use epi::plan::{Action, Change, Reading, ValueKey};
use item::Item;
use jiff::{SignedDuration, Timestamp};
use request::Ahead;
use writer::Writer;

/// What was compared so long ago is looked at once more before it is written over: a push of many requests to a slow server
/// takes minutes, and people type meanwhile. DHIS2 has no conditional write, so a moment always remains.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// What guards and records a push.
pub struct Pushing<'a> {
    /// The state file.
    pub state: &'a mut State,
    /// The run.
    pub run: RunId,
    /// A comment for the values that are written.
    pub comment: Option<&'a str>,
    /// Whether this process may still write, by the state file; asked before every request.
    pub may_write: &'a (dyn Fn(&mut State) -> Result<(), Error> + Send + Sync),
    /// Listens.
    pub progress: &'a dyn Progress,
    /// The clock.
    pub now: &'a (dyn Fn() -> Timestamp + Send + Sync),
}

/// Pushes the plan.
///
/// # Errors
/// What stops the push as a whole. Single values that DHIS2 rejects are in the summary.
pub async fn push(
    plan: &Plan,
    target: &Target,
    config: &Config,
    pushing: &mut Pushing<'_>,
) -> Result<PushSummary, Error> {
    let data_set = |position: &u32| {
        let change = &plan.changes[*position as usize];
        target.data_set_of(plan.names.name(change.key.data_element))
    };
    let pushed = plan.changes.iter().enumerate().filter(|(_, change)| change.action.is_pushed());
    let mut positions: Vec<u32> = pushed.map(|(position, _)| position as u32).collect();
    // A request has one data set. Within it the order of the plan stays.
    if target.data_sets.len() > 1 {
        positions.sort_by_key(data_set);
    }
    let batch_values = config.dhis2.batch_values.unwrap_or(target.behaviour.data_values_max);
    let of_one_set = positions.chunk_by(|one, other| data_set(one) == data_set(other));
    let batches: Vec<_> = of_one_set.map(|positions| positions.chunks(batch_values)).collect();
    let total = batches.iter().map(|batches| batches.len() as u64).sum();
    pushing.state.advance(pushing.run, None, RunState::Pushing { done: 0, total })?;
    let mut ahead = Ahead::new(plan, target, pushing.comment, batches);
    let mut writer = Writer::new(target, config, pushing, batch_values);
    let pushed = push_all(&mut writer, &mut ahead, total).await;
    // Whatever stopped it, what was answered is known.
    let recorded = writer.record();
    let summary = pushed.and(recorded).map(|()| writer.summary)?;
    pushing.state.advance(pushing.run, None, RunState::Pushed)?;
    Ok(summary)
}

async fn push_all(writer: &mut Writer<'_, '_>, ahead: &mut Ahead<'_>, total: u64) -> Result<(), Error> {
    let mut looked_at = (writer.pushing.now)();
    let mut done = 0;
    while let Some(mut request) = ahead.take() {
        let now = (writer.pushing.now)();
        if now.duration_since(looked_at) >= LOOK_AGAIN_AFTER {
            let (target, config) = (writer.target, writer.config);
            let untouched = look::look_again(&request.items, target, config, &mut writer.summary).await?;
            if untouched.len() < request.items.len() {
                request = ahead.request(untouched);
            }
            looked_at = now;
        }
        let state = RunState::Pushing { done, total };
        if !request.items.is_empty() {
            writer.push_batch(request, state, ahead).await?;
        }
        done += 1;
        writer.pushing.state.advance(writer.pushing.run, None, RunState::Pushing { done, total })?;
        writer.pushing.progress.advance(Step::Push, writer.summary.settled());
    }
    Ok(())
}

/// Enters into the ledger what stands in DHIS2 as it should although we did not put it there, so that a later run may
/// correct it, and what stands under another category option combo than we wrote it to. Returns how many values these are.
///
/// # Errors
/// What the state says.
pub fn adopt(plan: &Plan, target: &Target, pushing: &mut Pushing<'_>) -> Result<u64, Error> {
    let update = |key: &ValueKey, value: Option<&CompactString>| LedgerUpdate {
        system_id: target.facts.system_id.as_str().into(),
        key: plan.cell_key(key),
        value: value.cloned(),
    };
    let moved = plan.moved.iter().flat_map(|(old, new, value)| [update(old, None), update(new, Some(value))]);
    let reading = |change: &Change| target.reading(plan.names.name(change.key.data_element));
    let adopted = plan.changes.iter().filter(|change| change.is_adopted(reading(change)));
    let adopted: Vec<_> = moved.chain(adopted.map(|change| update(&change.key, change.actual.as_ref()))).collect();
    if !adopted.is_empty() {
        pushing.state.adopt(pushing.run, (pushing.now)(), &adopted)?;
    }
    Ok(adopted.len() as u64)
}

/// Enters into the ledger again what stood in DHIS2 before, where the push did not take although nobody said so: a value
/// that is as it was is not somebody else's, and the next run writes it. Returns how many values these are.
///
/// # Errors
/// What the state says.
pub fn take_back(
    plan: &Plan,
    stored: &[Option<CompactString>],
    target: &Target,
    pushing: &mut Pushing<'_>,
) -> Result<u64, Error> {
    let mut updates = Vec::new();
    for (change, is) in plan.changes.iter().zip(stored).filter(|(change, _)| change.action.is_pushed()) {
        let (is, was) = (is.as_ref(), change.actual.as_ref());
        let reading = target.reading(plan.names.name(change.key.data_element));
        let wanted = change.desired.as_ref().filter(|_| change.action != Action::RetractByDeletion);
        let took = both_same(reading, is, wanted);
        if took || !both_same(reading, is, was) {
            continue;
        }
        let key = plan.cell_key(&change.key);
        let known = pushing.state.ledger_value(&target.facts.system_id, &key)?;
        let claims = known.and_then(|known| known.value).map(CompactString::from);
        if both_same(reading, claims.as_ref(), wanted) {
            // As it was before: what somebody else wrote there does not become ours by our failing to replace it.
            let value = change.written.clone();
            updates.push(LedgerUpdate { system_id: target.facts.system_id.as_str().into(), key, value });
        }
    }
    if !updates.is_empty() {
        pushing.state.adopt(pushing.run, (pushing.now)(), &updates)?;
    }
    Ok(updates.len() as u64)
}

/// What the ledger learns when some values stand in DHIS2.
fn updates(items: &[&Item], target: &Target) -> Vec<LedgerUpdate> {
    items.iter().map(|item| item.update(target)).collect()
}

fn both_same(reading: Reading, one: Option<&CompactString>, other: Option<&CompactString>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => reading.same(one, other),
        (None, None) => true,
        _ => false,
    }
}
