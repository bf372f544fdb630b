//! Writing the plan to DHIS2: the only code that changes it.
//!
//! Every request is an *intent* that is committed before its first byte leaves, and a *receipt* when its verdict is known.
//! Where DHIS2 rejects a group for the fault of one value, the group is cut in halves until the guilty stand alone. Where
//! an answer is lost, what stands in DHIS2 decides.

mod complete;

pub use complete::{Slice, register};

use crate::config::Config;
use crate::crash;
use crate::diff;
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::plan::Plan;
use crate::progress::{Progress, Step};
use crate::report::{PushSummary, RejectedValue};
use crate::store::{
    CellKey, Intent, IntentId, LedgerUpdate, NewIntent, Receipt, ReceiptKind, RunId, RunState, State, StoreError,
};
use crate::target::Target;
use compact_str::CompactString;
use dhis2::{DataValue, DataValueSet, ImportOptions, Outcome, Rejection, RejectionScope, StoredValue, Verdict};
use epi::period::{Period, Span};
use epi::plan::{Action, Change, Reading, ValueKey};
use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What was compared so long ago is looked at once more before it is written over: a push of many requests to a slow server
/// takes minutes, and people type meanwhile. DHIS2 has no conditional write, so a moment always remains.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(10);
/// How long after an intent its values may still arrive. No server works longer on one request, and no clock is that wrong.
const LATE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So many intents, the latest, are looked at for values that arrived late: an answer is seldom lost.
const LATE_INTENTS_MAX: u32 = 100;

/// One value of a request.
#[derive(Clone, Debug)]
struct Item {
    key: CellKey,
    /// `None`: it is deleted.
    value: Option<CompactString>,
    /// What stood there when it was compared.
    was: Option<CompactString>,
}

impl Item {
    /// It was not written, and why.
    fn refused(&self, code: Option<String>, reason: String) -> RejectedValue {
        RejectedValue {
            data_element: self.key.data_element.to_string(),
            period: self.key.period.to_string(),
            org_unit: self.key.org_unit.to_string(),
            category_option_combo: self.key.category_option_combo.to_string(),
            attribute_option_combo: self.key.attribute_option_combo.to_string(),
            code,
            reason,
        }
    }
}

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
    let mut items: Vec<Item> = plan.pushed().map(|change| item(plan, change)).collect();
    // A request has one data set. Within it the order of the plan stays.
    let data_set = |item: &Item| target.data_set_of(&item.key.data_element);
    items.sort_by_key(data_set);
    let batch_values = config.dhis2.batch_values.unwrap_or(target.behaviour.data_values_max);
    let of_one_set = items.chunk_by(|one, other| data_set(one) == data_set(other));
    let batches: Vec<&[Item]> = of_one_set.flat_map(|items| items.chunks(batch_values)).collect();
    let total = batches.len() as u64;
    let mut summary = PushSummary::default();
    let mut fits = batch_values;
    pushing.state.advance(pushing.run, None, RunState::Pushing { done: 0, total })?;
    let mut looked_at = (pushing.now)();
    for (done, batch) in batches.into_iter().enumerate() {
        let state = RunState::Pushing { done: done as u64, total };
        let now = (pushing.now)();
        let mut untouched = Cow::Borrowed(batch);
        if now.duration_since(looked_at) >= LOOK_AGAIN_AFTER {
            untouched = Cow::Owned(look_again(batch, target, config, &mut summary).await?);
            looked_at = now;
        }
        push_batch(&untouched, &mut fits, target, config, pushing, state, &mut summary).await?;
        pushing.state.advance(pushing.run, None, RunState::Pushing { done: done as u64 + 1, total })?;
        pushing.progress.advance(Step::Push, summary.settled());
    }
    pushing.state.advance(pushing.run, None, RunState::Pushed)?;
    Ok(summary)
}

/// Leaves out what somebody changed since it was compared.
async fn look_again(
    batch: &[Item],
    target: &Target,
    config: &Config,
    summary: &mut PushSummary,
) -> Result<Vec<Item>, Error> {
    let stands = stands(batch, target).await.map_err(|error| failure::dhis2(&error, config))?;
    let mut untouched = Vec::with_capacity(batch.len());
    for (item, is) in batch.iter().zip(stands) {
        if reading(item, target).agrees(item.was.as_deref(), is.as_deref()) {
            untouched.push(item.clone());
        } else {
            let reason = "somebody changed it while the run was under way".to_owned();
            summary.held.push(item.refused(None, reason));
        }
    }
    Ok(untouched)
}

fn item(plan: &Plan, change: &Change) -> Item {
    let value = if change.action == Action::RetractByDeletion { None } else { change.desired.clone() };
    Item { key: plan.cell_key(&change.key), value, was: change.actual.clone() }
}

/// Enters into the ledger what stands in DHIS2 as it should although we did not put it there, so that a later run may
/// correct it, and what stands under another category option combo than we wrote it to. Returns how many values these are.
///
/// # Errors
/// What the state says.
pub fn adopt(plan: &Plan, target: &Target, pushing: &mut Pushing<'_>) -> Result<u64, Error> {
    let update = |key: &ValueKey, value: Option<&CompactString>| LedgerUpdate {
        system_id: target.facts.system_id.clone(),
        key: plan.cell_key(key),
        value: value.map(ToString::to_string),
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
    stored: &FxHashMap<ValueKey, CompactString>,
    target: &Target,
    pushing: &mut Pushing<'_>,
) -> Result<u64, Error> {
    let mut updates = Vec::new();
    for change in plan.pushed() {
        let pushed = item(plan, change);
        let (is, was) = (stored.get(&change.key), change.actual.as_ref());
        let reading = reading(&pushed, target);
        let took = both_same(reading, is, pushed.value.as_ref());
        if took || !both_same(reading, is, was) {
            continue;
        }
        let known = pushing.state.ledger_value(&target.facts.system_id, &pushed.key)?;
        let claims = known.and_then(|known| known.value).map(CompactString::from);
        if both_same(reading, claims.as_ref(), pushed.value.as_ref()) {
            // As it was before: what somebody else wrote there does not become ours by our failing to replace it.
            let value = change.written.as_ref().map(ToString::to_string);
            updates.push(LedgerUpdate { system_id: target.facts.system_id.clone(), key: pushed.key, value });
        }
    }
    if !updates.is_empty() {
        pushing.state.adopt(pushing.run, (pushing.now)(), &updates)?;
    }
    Ok(updates.len() as u64)
}

/// How the values of an item are compared.
fn reading(item: &Item, target: &Target) -> Reading {
    target.reading(&item.key.data_element)
}

fn both_same(reading: Reading, one: Option<&CompactString>, other: Option<&CompactString>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => reading.same(one, other),
        (None, None) => true,
        _ => false,
    }
}

/// Pushes one batch; parts of it that DHIS2 rejects as groups are cut in halves, and so is what is too large for it or for
/// a proxy before it. `fits` is the largest number of values that is not known to be too large.
async fn push_batch(
    batch: &[Item],
    fits: &mut usize,
    target: &Target,
    config: &Config,
    pushing: &mut Pushing<'_>,
    state: RunState,
    summary: &mut PushSummary,
) -> Result<(), Error> {
    let mut waiting: VecDeque<Vec<Item>> = VecDeque::from([batch.to_vec()]);
    while let Some(items) = waiting.pop_front() {
        if items.len() > *fits {
            items.rchunks(*fits).for_each(|part| waiting.push_front(part.to_vec()));
            continue;
        }
        let verdict = match send(&items, target, config, pushing, state, summary).await? {
            Sent::Verdict(verdict) => verdict,
            Sent::StandsAlready => continue,
            Sent::TooLarge => {
                *fits = items.len().div_ceil(2);
                waiting.push_front(items);
                continue;
            }
        };
        let mut suspects = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Outcome::Rejected(reasons) = verdict.outcome_of(index) else { continue };
            if may_be_anothers_fault(reasons) && items.len() > 1 && !concerns_all(&items, reasons) {
                suspects.push(item.clone());
                continue;
            }
            let code = reasons.iter().find_map(|reason| reason.code.clone());
            let words = reasons.iter().map(|reason| reason.reason.as_ref()).collect::<Vec<_>>().join("; ");
            let rejected = item.refused(code, words);
            if reasons.iter().all(|reason| reason.code.as_deref().is_some_and(|code| NOT_NOW_CODES.contains(&code))) {
                summary.held.push(rejected);
            } else {
                summary.rejected.push(rejected);
            }
        }
        // All of a group are suspects; the innocent half is taken when it comes alone.
        let middle = suspects.len().div_ceil(2);
        if suspects.len() > 1 {
            let second = suspects.split_off(middle);
            waiting.push_front(second);
        }
        if !suspects.is_empty() {
            waiting.push_front(suspects);
        }
    }
    Ok(())
}

/// Whether the value may be rejected for another one's fault: its group was, or the request as a whole because some id in
/// it cannot be read or found (E81xx of 2.43 and later).
fn may_be_anothers_fault(reasons: &[Rejection]) -> bool {
    let of_an_id = |reason: &Rejection| reason.code.as_deref().is_some_and(|code| code.starts_with("E81"));
    reasons.iter().any(|reason| match reason.scope {
        RejectionScope::Group => true,
        RejectionScope::Request => of_an_id(reason),
        RejectionScope::Value => false,
    })
}

/// Codes of the group importer (2.43 and later) for the data set: no value of the request can do better.
const DATA_SET_CODES: [&str; 1] = ["E8010"];
/// Its codes for an organisation unit, a period, an attribute option combo or two of these: all values of a slice share them.
const SLICE_CODES: [&str; 8] = ["E8011", "E8021", "E8022", "E8023", "E8025", "E8030", "E8031", "E8033"];

/// Codes that say *not now* or *not by you*: what is wrong is neither the value nor its keys but the day, a lock, an
/// approval, or what the account may do. Another day, or another person, opens the way.
const NOT_NOW_CODES: [&str; 16] = [
    // Up to 2.42: access to the data set, to an option, to the hierarchy; expiry, future, approval, input periods.
    "E7601", "E7614", "E7616", "E7617", "E7640", "E7641", "E7642", "E7643", "E7644",
    // From 2.43 on, the same.
    "E8010", "E8011", "E8012", "E8030", "E8031", "E8032", "E8033",
];

/// Whether the reason for which a group was rejected holds for each of its values, so that cutting it would only cost
/// requests: thousands of them when a whole data set is locked.
fn concerns_all(items: &[Item], reasons: &[Rejection]) -> bool {
    let has =
        |codes: &[&str]| reasons.iter().any(|reason| reason.code.as_deref().is_some_and(|code| codes.contains(&code)));
    let slice = |item: &Item| (item.key.period.clone(), item.key.org_unit.clone());
    let one_slice = || items.windows(2).all(|pair| slice(&pair[0]) == slice(&pair[1]));
    has(&DATA_SET_CODES) || (has(&SLICE_CODES) && one_slice())
}

enum Sent {
    Verdict(Verdict),
    /// The answer was lost, and all values stand in DHIS2.
    StandsAlready,
    /// It was refused for its size, and can be cut.
    TooLarge,
}

/// Sends one request: intent, request, receipt. A request whose answer is lost is sent once more if reading shows that
/// not all of it arrived.
async fn send(
    items: &[Item],
    target: &Target,
    config: &Config,
    pushing: &mut Pushing<'_>,
    state: RunState,
    summary: &mut PushSummary,
) -> Result<Sent, Error> {
    let mut lost_before = false;
    loop {
        (pushing.may_write)(pushing.state)?;
        let intent = pushing.state.record_intent(pushing.run, &intent_of(items, target, (pushing.now)()), state)?;
        // Once more, as late as can be: the process may have slept since.
        if let Err(error) = (pushing.may_write)(pushing.state) {
            let verdict = json!({ "not sent": error.message });
            let receipt = Receipt { at: (pushing.now)(), kind: ReceiptKind::Rejected, verdict };
            // Whoever took over may have settled it; why this process stops is the news.
            return match pushing.state.record_receipt(intent, &receipt, &[]) {
                Ok(()) | Err(StoreError::Settled { .. }) => Err(error),
                Err(worse) => Err(worse.into()),
            };
        }
        summary.requests += 1;
        let answer = request(items, target, config, pushing.comment).await;
        match answer {
            Ok(verdict) => {
                let accepted: Vec<&Item> = items
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| verdict.outcome_of(*i) == Outcome::Accepted)
                    .map(|(_, item)| item)
                    .collect();
                summary.written += accepted.len() as u64;
                record(pushing, intent, target, &verdict_json(&verdict), &accepted)?;
                return Ok(Sent::Verdict(verdict));
            }
            Err(error) if error.outcome_unknown() => {
                let at = (pushing.now)();
                let lost = json!({ "error": error.to_string() });
                pushing.state.record_receipt(
                    intent,
                    &Receipt { at, kind: ReceiptKind::Unknown, verdict: lost },
                    &[],
                )?;
                pushing.progress.warn(&format!("an answer of DHIS2 was lost ({error}); reading what arrived"));
                crash::before("read/lost-answer");
                let standing = standing(items, target).await.map_err(|error| failure::dhis2(&error, config))?;
                crash::after("read/lost-answer");
                let stands: Vec<&Item> =
                    items.iter().zip(&standing).filter(|(_, stands)| **stands).map(|(item, _)| item).collect();
                let verdict = json!({ "read back": stands.len(), "of": items.len() });
                let receipt = Receipt { at: (pushing.now)(), kind: ReceiptKind::Resolved, verdict };
                pushing.state.record_receipt(intent, &receipt, &updates(&stands, target))?;
                if stands.len() == items.len() {
                    summary.written += items.len() as u64;
                    return Ok(Sent::StandsAlready);
                }
                if lost_before {
                    return Err(failure::dhis2(&error, config));
                }
                lost_before = true;
            }
            Err(error) => {
                let at = (pushing.now)();
                let verdict = json!({ "error": error.to_string() });
                pushing.state.record_receipt(intent, &Receipt { at, kind: ReceiptKind::Rejected, verdict }, &[])?;
                if error.is_request_too_large() && items.len() > 1 {
                    return Ok(Sent::TooLarge);
                }
                return Err(failure::dhis2(&error, config));
            }
        }
    }
}

async fn request(
    items: &[Item],
    target: &Target,
    config: &Config,
    comment: Option<&str>,
) -> Result<Verdict, dhis2::Error> {
    let set = data_value_set(items, target, comment);
    let options = ImportOptions::default();
    if items.len() >= crash::job_values_min(config.limits.job_values_min) {
        crash::before("dhis2/import-as-job");
        let answer = target.client.import_async(&set, &options, &config.limits.job_polling).await;
        crash::after("dhis2/import-as-job");
        answer
    } else {
        crash::before("dhis2/import");
        let answer = target.client.import(&set, &options).await;
        crash::after("dhis2/import");
        answer
    }
}

fn record(
    pushing: &mut Pushing<'_>,
    intent: IntentId,
    target: &Target,
    verdict: &serde_json::Value,
    accepted: &[&Item],
) -> Result<(), Error> {
    let kind = if accepted.is_empty() { ReceiptKind::Rejected } else { ReceiptKind::Written };
    let receipt = Receipt { at: (pushing.now)(), kind, verdict: verdict.clone() };
    let updates = updates(accepted, target);
    match pushing.state.record_receipt(intent, &receipt, &updates) {
        // Overtaken on the way: another run settled the intent before the request arrived, and then it arrived.
        Err(settled @ StoreError::Settled { .. }) => {
            pushing.state.record_late_receipt(intent, receipt.at, &updates)?;
            Err(settled.into())
        }
        other => Ok(other?),
    }
}

fn updates(items: &[&Item], target: &Target) -> Vec<LedgerUpdate> {
    let update = |item: &&Item| LedgerUpdate {
        system_id: target.facts.system_id.clone(),
        key: item.key.clone(),
        value: item.value.as_ref().map(ToString::to_string),
    };
    items.iter().map(update).collect()
}

fn verdict_json(verdict: &Verdict) -> serde_json::Value {
    let counts = &verdict.counts;
    json!({
        "status": format!("{:?}", verdict.status),
        "imported": counts.imported,
        "updated": counts.updated,
        "ignored": counts.ignored,
        "deleted": counts.deleted,
        "rejected": verdict.n_rejected(),
    })
}

fn intent_of(items: &[Item], target: &Target, now: Timestamp) -> NewIntent {
    // Slices of one request: their periods and places from the first to the last.
    let range = |of: fn(&CellKey) -> &CompactString| {
        let names: BTreeSet<&CompactString> = items.iter().map(|item| of(&item.key)).collect();
        match (names.first(), names.len()) {
            (Some(only), 1) => only.to_string(),
            (_, n) => format!("{n} of them"),
        }
    };
    let rows: Vec<_> = items
        .iter()
        .map(|item| {
            let key = &item.key;
            json!([
                key.data_element.as_str(),
                key.period.as_str(),
                key.org_unit.as_str(),
                key.category_option_combo.as_str(),
                key.attribute_option_combo.as_str(),
                item.value.as_deref(),
            ])
        })
        .collect();
    let values = serde_json::Value::Array(rows);
    let body_hash = Sha256::digest(values.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
    NewIntent {
        data_set: data_set_of(items, target),
        org_unit: range(|key| &key.org_unit),
        period: range(|key| &key.period),
        body_hash,
        values,
        created_at: now,
    }
}

/// UID of the data set of a request; its items have one.
fn data_set_of(items: &[Item], target: &Target) -> String {
    let index = items.first().map_or(0, |item| target.data_set_of(&item.key.data_element));
    target.data_sets.get(index).map(|one| one.data_set.id.to_string()).unwrap_or_default()
}

fn data_value_set(items: &[Item], target: &Target, comment: Option<&str>) -> DataValueSet {
    let element = |item: &Item| target.element(&item.key.data_element);
    let of_deletion = |item: &Item| Some(CompactString::from(element(item)?.value_of_deletion(item.was.as_deref())?));
    let takes_comments = |item: &Item| item.value.is_some() && element(item).is_some_and(|one| one.takes_comments);
    let value = |item: &Item| DataValue {
        data_element: item.key.data_element.clone(),
        period: item.key.period.clone(),
        org_unit: item.key.org_unit.clone(),
        category_option_combo: item.key.category_option_combo.clone(),
        attribute_option_combo: Some(item.key.attribute_option_combo.clone()),
        value: item.value.clone().or_else(|| of_deletion(item)),
        comment: comment.filter(|_| takes_comments(item)).map(CompactString::from),
        deleted: item.value.is_none(),
        ..DataValue::default()
    };
    DataValueSet { data_set: data_set_of(items, target).into(), data_values: items.iter().map(value).collect() }
}

/// Which of these items stand in DHIS2 as they should.
async fn standing(items: &[Item], target: &Target) -> Result<Vec<bool>, dhis2::Error> {
    let stands = stands(items, target).await?;
    let stands = items.iter().zip(&stands);
    Ok(stands.map(|(item, is)| both_same(reading(item, target), is.as_ref(), item.value.as_ref())).collect())
}

/// What stands in DHIS2 at the key of each item.
async fn stands(items: &[Item], target: &Target) -> Result<Vec<Option<CompactString>>, dhis2::Error> {
    let stored = stored(items, target).await?;
    let stored: BTreeMap<_, _> = stored.iter().map(|value| (value.key(), value.value.as_ref())).collect();
    Ok(items.iter().map(|item| stored.get(&parts(&item.key)).copied().flatten().cloned()).collect())
}

/// What stands in DHIS2 around some items.
async fn stored(items: &[Item], target: &Target) -> Result<Vec<StoredValue>, dhis2::Error> {
    let periods: BTreeSet<Period> = items.iter().filter_map(|item| Period::parse(&item.key.period).ok()).collect();
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else { return Ok(Vec::new()) };
    let Ok(span) = Span::between(*first, *last) else { return Ok(Vec::new()) };
    let names = |of: fn(&CellKey) -> &CompactString| -> Vec<String> {
        items.iter().map(|item| of(&item.key).to_string()).collect::<BTreeSet<_>>().into_iter().collect()
    };
    diff::read_values(target, span, names(|key| &key.org_unit), names(|key| &key.data_element)).await
}

/// A key as [`StoredValue::key`] has it.
fn parts(key: &CellKey) -> (&str, &str, &str, &str, &str) {
    (
        key.data_element.as_str(),
        key.period.as_str(),
        key.org_unit.as_str(),
        key.category_option_combo.as_str(),
        key.attribute_option_combo.as_str(),
    )
}

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
                (Some(is), Some(wanted)) => reading(item, target).same(is, wanted),
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

fn items_of(values: &serde_json::Value) -> Option<Vec<Item>> {
    let text = |value: &serde_json::Value| value.as_str().map(CompactString::from);
    let row = |row: &serde_json::Value| {
        let row = row.as_array()?;
        Some(Item {
            key: CellKey {
                data_element: text(row.first()?)?,
                period: text(row.get(1)?)?,
                org_unit: text(row.get(2)?)?,
                category_option_combo: text(row.get(3)?)?,
                attribute_option_combo: text(row.get(4)?)?,
            },
            value: row.get(5).and_then(text),
            was: None,
        })
    };
    values.as_array()?.iter().map(row).collect()
}
