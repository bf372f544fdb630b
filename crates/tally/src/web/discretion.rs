//! What is not told to those who may not be told of records: their ids, wherever an answer or a page has some of them.

use super::cell::may_see_records;
use super::visit::Visit;
use pipeline::quality::QualityReport;
use pipeline::report::{PlannedChange, RunReport};

/// Something that may name records.
pub(super) trait NamesRecords: Sized {
    /// Names no more.
    fn forget_records(&mut self);

    /// As whoever asks may see it.
    fn shown_to(mut self, visit: &Visit) -> Self {
        if !may_see_records(visit) {
            self.forget_records();
        }
        self
    }
}

impl NamesRecords for PlannedChange {
    /// What happened to them stays, counted.
    fn forget_records(&mut self) {
        if let Some(cause) = &mut self.cause {
            cause.records.clear();
        }
    }
}

impl NamesRecords for QualityReport {
    fn forget_records(&mut self) {
        self.findings.iter_mut().for_each(|finding| finding.records.clear());
    }
}

impl NamesRecords for RunReport {
    fn forget_records(&mut self) {
        self.issues.iter_mut().for_each(|issue| issue.records.clear());
        self.quality.iter_mut().for_each(NamesRecords::forget_records);
        self.plan.changes.iter_mut().for_each(NamesRecords::forget_records);
    }
}
