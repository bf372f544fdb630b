//! A request before it is sent: its values, its body, and what the state file keeps of it.

use super::item::{Item, text_of};
use crate::config::Config;
use crate::crash;
use crate::plan::Plan;
use crate::store::{CellKey, NewIntent};
use crate::target::Target;
use compact_str::CompactString;
use dhis2::{DataValue, DataValueSet, ImportOptions, PreparedImport, Verdict};
use epi::plan::Change;
use jiff::Timestamp;
use rustc_hash::FxHashSet;
use sha2::{Digest, Sha256};
use std::slice::Chunks;

/// A request that only has to be recorded and sent.
pub(super) struct Request {
    pub(super) items: Vec<Item>,
    /// Refused where it is too large.
    pub(super) body: Result<PreparedImport, dhis2::Error>,
    /// What is committed before it is sent, but for the moment.
    pub(super) intent: NewIntent,
}

impl Request {
    pub(super) fn new(items: Vec<Item>, target: &Target, comment: Option<&str>) -> Self {
        // Slices of one request: their periods and places from the first to the last.
        let range = |of: fn(&CellKey) -> &CompactString| {
            let names: FxHashSet<&CompactString> = items.iter().map(|item| of(&item.key)).collect();
            match (names.iter().next(), names.len()) {
                (Some(only), 1) => only.to_string(),
                (_, n) => format!("{n} of them"),
            }
        };
        let values = text_of(&items);
        let intent = NewIntent {
            data_set: data_set_of(&items, target),
            org_unit: range(|key| &key.org_unit),
            period: range(|key| &key.period),
            body_hash: Sha256::digest(&values).iter().map(|byte| format!("{byte:02x}")).collect(),
            values,
            created_at: Timestamp::UNIX_EPOCH,
        };
        Self {
            intent,
            body: target.client.prepare(&data_value_set(&items, target, comment), &ImportOptions::default()),
            items,
        }
    }
}

/// The requests of a plan in their order, each prepared while the one before it is under way.
pub(super) struct Ahead<'p> {
    plan: &'p Plan,
    target: &'p Target,
    comment: Option<&'p str>,
    batches: Vec<Chunks<'p, u32>>,
    next: Option<Request>,
}

impl<'p> Ahead<'p> {
    /// `batches` are the changes of the plan by their positions.
    pub(super) fn new(
        plan: &'p Plan,
        target: &'p Target,
        comment: Option<&'p str>,
        mut batches: Vec<Chunks<'p, u32>>,
    ) -> Self {
        batches.reverse();
        Self { plan, target, comment, batches, next: None }
    }

    /// Prepares the next request, if it is not yet, and if there is one.
    pub(super) fn prepare(&mut self) {
        while self.next.is_none() {
            let Some(of_set) = self.batches.last_mut() else { return };
            let Some(batch) = of_set.next() else {
                self.batches.pop();
                continue;
            };
            let change = |position: &u32| -> &Change { &self.plan.changes[*position as usize] };
            let items = batch.iter().map(|position| Item::of(self.plan, change(position))).collect();
            self.next = Some(self.request(items));
        }
    }

    /// The next request.
    pub(super) fn take(&mut self) -> Option<Request> {
        self.prepare();
        self.next.take()
    }

    /// A request of other values than those that were planned together.
    pub(super) fn request(&self, items: Vec<Item>) -> Request {
        Request::new(items, self.target, self.comment)
    }
}

/// Sends what was prepared.
pub(super) async fn deliver(body: &PreparedImport, target: &Target, config: &Config) -> Result<Verdict, dhis2::Error> {
    if body.n_values() >= crash::job_values_min(config.limits.job_values_min) {
        crash::before("dhis2/import-as-job");
        let answer = target.client.import_prepared_async(body, &config.limits.job_polling).await;
        crash::after("dhis2/import-as-job");
        answer
    } else {
        crash::before("dhis2/import");
        let answer = target.client.import_prepared(body).await;
        crash::after("dhis2/import");
        answer
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
