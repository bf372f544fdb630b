//! Intents without an answer, and answers that came too late.

use super::item::{Item, items_of};
use super::look::{parts, standing, stored};
use super::updates;
use crate::config::Config;
use crate::crash;
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::store::{Intent, IntentId, Receipt, ReceiptKind, State};
use crate::target::Target;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::BTreeMap;

/// How long after an intent its values may still arrive. No server works longer on one request, and no clock is that wrong.
const LATE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So many intents, the latest, are looked at for values that arrived late: an answer is seldom lost.
const LATE_INTENTS_MAX: u32 = 100;

/// Settles the intents that a crash or a lost answer left open, by reading DHIS2: what stands there as it was meant is
/// ours, and nothing else is assumed. Returns how many were settled.
///
/// # Errors
/// What DHIS2 or the state says.
pub async fn settle(state: &mut State, target: &Target, config: &Config, now: Timestamp) -> Result<u64, Error> {
    let mut settled = 0;
    for intent in state.open_intents()? {
        // Those of another DHIS2 or another data set wait for a run that goes there.
        if !is_for(state, &intent, target)? {
            continue;
        }
        let items = items_of(&intent.body.values).ok_or_else(|| {
            Error::new(ErrorKind::Internal, format!("intent {} in the state file cannot be read", intent.id))
        })?;
        // What cannot be looked at is not known to be absent. It waits for a run that may look.
        let unreadable = target.unreadable();
        if items.iter().any(|item| unreadable.contains(item.key.org_unit.as_str())) {
            continue;
        }
        crash::before("read/settle");
        let standing = standing(&items, target).await.map_err(|error| failure::dhis2(&error, config))?;
        crash::after("read/settle");
        let stands: Vec<&Item> = items.iter().zip(&standing).filter(|(_, s)| **s).map(|(item, _)| item).collect();
        let verdict = json!({ "read back": stands.len(), "of": items.len(), "after": "interruption" });
        let receipt = Receipt { at: now, kind: ReceiptKind::Resolved, verdict };
        state.record_receipt(intent.id, &receipt, &updates(&stands, target))?;
        settled += 1;
    }
    notice_late(state, target, config, now).await?;
    Ok(settled)
}

/// Looks for what arrived after it had been given up: a gateway answers that its time is over, DHIS2 goes on importing, and
/// the values come in after Tally has looked. They stand there under Tally's own account, as an intent says them, and are
/// ours; without this the next run would hold them as somebody else's. A deletion that comes late leaves no name and is held.
async fn notice_late(state: &mut State, target: &Target, config: &Config, now: Timestamp) -> Result<(), Error> {
    let mut given_up: Vec<(IntentId, Vec<Item>)> = Vec::new();
    for intent in state.resolved_intents(LATE_INTENTS_MAX)? {
        let is_recent = now.duration_since(intent.body.created_at) < LATE_MAX;
        if is_recent && is_for(state, &intent, target)? {
            given_up.extend(items_of(&intent.body.values).map(|items| (intent.id, items)));
        }
    }
    // The latest intent first: it decides for what several of them wanted.
    for (intent, items) in given_up {
        let mut differ = Vec::new();
        for item in items.into_iter().filter(|item| item.value.is_some()) {
            let known = state.ledger_value(&target.facts.system_id, &item.key)?.and_then(|ledger| ledger.value);
            if known.as_deref() != item.value.as_deref() {
                differ.push(item);
            }
        }
        if differ.is_empty() {
            continue;
        }
        crash::before("read/settle");
        let stored = stored(&differ, target).await.map_err(|error| failure::dhis2(&error, config))?;
        crash::after("read/settle");
        let ours: BTreeMap<_, _> = stored
            .iter()
            .filter(|value| value.stored_by.as_deref() == Some(target.account.as_str()))
            .map(|value| (value.key(), value.value.as_deref()))
            .collect();
        let arrived: Vec<&Item> = differ
            .iter()
            .filter(|item| match (ours.get(&parts(&item.key)).copied().flatten(), item.value.as_deref()) {
                (Some(is), Some(wanted)) => item.reading(target).same(is, wanted),
                _ => false,
            })
            .collect();
        if !arrived.is_empty() {
            state.record_late_receipt(intent, now, &updates(&arrived, target))?;
        }
    }
    Ok(())
}

/// Whether an intent went to one of these data sets of this DHIS2.
fn is_for(state: &State, intent: &Intent, target: &Target) -> Result<bool, Error> {
    let system = state.run(intent.run)?.and_then(|run| run.dhis2).map(|dhis2| dhis2.system_id);
    let is_ours = target.data_sets.iter().any(|one| intent.body.data_set == one.data_set.id.as_str());
    Ok(is_ours && system.as_ref() == Some(&target.facts.system_id))
}
