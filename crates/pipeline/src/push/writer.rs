//! Sending requests one after the other: intent, request, receipt.

use super::blame::{Blame, is_one_slice};
use super::item::Item;
use super::look::standing;
use super::request::{Ahead, Request, deliver};
use super::{Pushing, updates};
use crate::config::Config;
use crate::crash;
use crate::error::Error;
use crate::failure;
use crate::report::PushSummary;
use crate::store::{IntentId, LedgerUpdate, Receipt, ReceiptKind, RunState, StoreError};
use crate::target::Target;
use dhis2::{Outcome, Verdict};
use futures::future::join;
use serde_json::json;
use std::collections::VecDeque;

/// What writes to DHIS2. One request is under way at a time; while it is, the receipt of the one before it is committed and
/// the next one is prepared. So a crash leaves at most two intents without a receipt, and reading DHIS2 settles both.
pub(super) struct Writer<'w, 'p> {
    pub(super) target: &'w Target,
    pub(super) config: &'w Config,
    pub(super) pushing: &'w mut Pushing<'p>,
    pub(super) summary: PushSummary,
    /// The largest number of values that is not known to be too large for a request.
    pub(super) fits: usize,
    answered: Option<Answered>,
}

/// A receipt that is to be committed.
struct Answered {
    intent: IntentId,
    receipt: Receipt,
    updates: Vec<LedgerUpdate>,
}

enum Sent {
    /// There is a verdict; these were rejected.
    Verdict(Vec<(Item, Blame)>),
    /// The answer was lost, and all values stand in DHIS2.
    StandsAlready,
    /// It was refused for its size, and can be cut.
    TooLarge(Vec<Item>),
}

impl<'w, 'p> Writer<'w, 'p> {
    pub(super) fn new(target: &'w Target, config: &'w Config, pushing: &'w mut Pushing<'p>, fits: usize) -> Self {
        Self { target, config, pushing, summary: PushSummary::default(), fits, answered: None }
    }

    /// Pushes one batch; parts of it that DHIS2 rejects as groups are cut in halves, and so is what is too large for it or
    /// for a proxy before it.
    pub(super) async fn push_batch(
        &mut self,
        batch: Request,
        state: RunState,
        ahead: &mut Ahead<'_>,
    ) -> Result<(), Error> {
        let mut first = Some(batch);
        let mut waiting: VecDeque<Vec<Item>> = VecDeque::new();
        loop {
            let request = match first.take() {
                Some(request) if request.items.len() > self.fits => {
                    waiting.push_front(request.items);
                    continue;
                }
                Some(request) => request,
                None => match waiting.pop_front() {
                    Some(items) if items.len() > self.fits => {
                        items.rchunks(self.fits).for_each(|part| waiting.push_front(part.to_vec()));
                        continue;
                    }
                    Some(items) => ahead.request(items),
                    None => return Ok(()),
                },
            };
            let rejected = match self.send(request, state, ahead).await? {
                Sent::Verdict(rejected) => rejected,
                Sent::StandsAlready => continue,
                Sent::TooLarge(items) => {
                    self.fits = items.len().div_ceil(2);
                    waiting.push_front(items);
                    continue;
                }
            };
            let mut suspects: Vec<Item> =
                rejected.into_iter().filter(|(_, blame)| *blame == Blame::Suspect).map(|(item, _)| item).collect();
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
    }

    /// Sends one request: intent, request, receipt. A request whose answer is lost is sent once more if reading shows that
    /// not all of it arrived.
    async fn send(&mut self, mut request: Request, state: RunState, ahead: &mut Ahead<'_>) -> Result<Sent, Error> {
        let (target, config) = (self.target, self.config);
        let body = match &request.body {
            Ok(body) => body,
            Err(error) if error.is_request_too_large() && request.items.len() > 1 => {
                return Ok(Sent::TooLarge(request.items));
            }
            Err(error) => return Err(failure::dhis2(error, config)),
        };
        let mut lost_before = false;
        loop {
            (self.pushing.may_write)(self.pushing.state)?;
            request.intent.created_at = (self.pushing.now)();
            let intent = self.pushing.state.record_intent(self.pushing.run, &request.intent, state)?;
            // Once more, as late as can be: the process may have slept since.
            if let Err(error) = (self.pushing.may_write)(self.pushing.state) {
                return self.not_sent(intent, error);
            }
            self.summary.requests += 1;
            let flight = deliver(body, target, config);
            let meanwhile = async {
                let recorded = self.record();
                ahead.prepare();
                recorded
            };
            let (answer, recorded) = join(flight, meanwhile).await;
            match answer {
                Ok(verdict) => {
                    let rejected = self.judge(intent, request.items, &verdict);
                    return recorded.map(|()| Sent::Verdict(rejected));
                }
                Err(error) if error.outcome_unknown() => {
                    recorded?;
                    let n_stands = self.look_what_arrived(intent, &request.items, &error).await?;
                    if n_stands == request.items.len() {
                        self.summary.written += n_stands as u64;
                        return Ok(Sent::StandsAlready);
                    }
                    if lost_before {
                        return Err(failure::dhis2(&error, config));
                    }
                    lost_before = true;
                }
                Err(error) => {
                    recorded?;
                    let verdict = json!({ "error": error.to_string() });
                    self.receipt(intent, ReceiptKind::Rejected, verdict, &[])?;
                    if error.is_request_too_large() && request.items.len() > 1 {
                        return Ok(Sent::TooLarge(request.items));
                    }
                    return Err(failure::dhis2(&error, config));
                }
            }
        }
    }

    /// Says in the state file that a request did not leave, because this process may write no more.
    fn not_sent(&mut self, intent: IntentId, error: Error) -> Result<Sent, Error> {
        let verdict = json!({ "not sent": error.message });
        // Whoever took over may have settled it; why this process stops is the news.
        match self.receipt(intent, ReceiptKind::Rejected, verdict, &[]) {
            Ok(()) | Err(StoreError::Settled { .. }) => Err(error),
            Err(worse) => Err(worse.into()),
        }
    }

    /// Reads what stands in DHIS2 after an answer was lost, and keeps it as the verdict. Returns how many values do.
    async fn look_what_arrived(
        &mut self,
        intent: IntentId,
        items: &[Item],
        error: &dhis2::Error,
    ) -> Result<usize, Error> {
        self.receipt(intent, ReceiptKind::Unknown, json!({ "error": error.to_string() }), &[])?;
        self.pushing.progress.warn(&format!("an answer of DHIS2 was lost ({error}); reading what arrived"));
        crash::before("read/lost-answer");
        let standing = standing(items, self.target).await.map_err(|error| failure::dhis2(&error, self.config))?;
        crash::after("read/lost-answer");
        let stands: Vec<&Item> =
            items.iter().zip(&standing).filter(|(_, stands)| **stands).map(|(item, _)| item).collect();
        let verdict = json!({ "read back": stands.len(), "of": items.len() });
        self.receipt(intent, ReceiptKind::Resolved, verdict, &updates(&stands, self.target))?;
        Ok(stands.len())
    }

    fn receipt(
        &mut self,
        intent: IntentId,
        kind: ReceiptKind,
        verdict: serde_json::Value,
        updates: &[LedgerUpdate],
    ) -> Result<(), StoreError> {
        let receipt = Receipt { at: (self.pushing.now)(), kind, verdict };
        self.pushing.state.record_receipt(intent, &receipt, updates)
    }

    /// What became of the values: the receipt is to be committed, and the rejected ones are told.
    fn judge(&mut self, intent: IntentId, items: Vec<Item>, verdict: &Verdict) -> Vec<(Item, Blame)> {
        let (n_items, is_one_slice) = (items.len(), !verdict.rejected.is_empty() && is_one_slice(&items));
        let (mut written, mut rejected) = (Vec::with_capacity(n_items), Vec::new());
        for (index, item) in items.into_iter().enumerate() {
            let Outcome::Rejected(reasons) = verdict.outcome_of(index) else {
                written.push(item.update(self.target));
                continue;
            };
            let blame = Blame::of(reasons, n_items, is_one_slice);
            let told = match blame {
                Blame::Suspect => None,
                Blame::NotNow => Some(&mut self.summary.held),
                Blame::Rejected => Some(&mut self.summary.rejected),
            };
            if let Some(told) = told {
                let code = reasons.iter().find_map(|reason| reason.code.clone());
                let words = reasons.iter().map(|reason| reason.reason.as_ref()).collect::<Vec<_>>().join("; ");
                told.push(item.refused(code, words));
            }
            rejected.push((item, blame));
        }
        self.summary.written += written.len() as u64;
        let kind = if written.is_empty() { ReceiptKind::Rejected } else { ReceiptKind::Written };
        let receipt = Receipt { at: (self.pushing.now)(), kind, verdict: verdict_json(verdict) };
        self.answered = Some(Answered { intent, receipt, updates: written });
        rejected
    }

    /// Commits the receipt of the request that was answered last, if that is still to be done.
    pub(super) fn record(&mut self) -> Result<(), Error> {
        let Some(Answered { intent, receipt, updates }) = self.answered.take() else { return Ok(()) };
        match self.pushing.state.record_receipt(intent, &receipt, &updates) {
            // Overtaken on the way: another run settled the intent before the request arrived, and then it arrived.
            Err(settled @ StoreError::Settled { .. }) => {
                self.pushing.state.record_late_receipt(intent, receipt.at, &updates)?;
                Err(settled.into())
            }
            other => Ok(other?),
        }
    }
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
