//! The pass over the records: contributions folded into cells, the account, and what else a run has to say of them.

pub mod entry;
mod increment;

use crate::error::{Error, ErrorKind};
use compact_str::CompactString;
use epi::account::Account;
use epi::cell::Cells;
use epi::contribution::{Contributions, contributions};
use epi::field::{Domain, Field, TableName};
use epi::headcount::Headcounts;
use epi::increment::Smallest;
use epi::indicator::Definitions;
use epi::issue::{Issue, Rule};
use epi::quality::{Quality, Scope};
use epi::record::{Joined, RecordKind};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What came of all records. Parts of the records may be aggregated apart and merged.
#[derive(Debug)]
pub struct Aggregation {
    /// The cells.
    pub cells: Cells,
    /// What became of every record.
    pub account: Account,
    /// How many records each period has, wherever they live.
    pub headcounts: Headcounts,
    /// Cases by classification, if the definitions ask for it at all; those without one under none.
    pub classifications: Option<FxHashMap<Option<CompactString>, u64>>,
    /// Number of records that hang on each location without an organisation unit.
    pub unmapped: BTreeMap<CompactString, u64>,
    /// How often each value of each watched reference field occurs.
    pub values: Vec<(&'static Field, FxHashMap<CompactString, u64>)>,
    /// How often each rule was broken in each field.
    pub issues: BTreeMap<(Rule, &'static str), u64>,
    /// What is missing or cannot be, by place; likely duplicates and delays.
    pub quality: Quality,
    /// Some of the records with each issue: those with the smallest ids, so that it does not matter in which order records
    /// are counted.
    samples: BTreeMap<(Rule, &'static str), Smallest>,
}

/// Records kept for each rule and field; the totals count all.
pub const ISSUE_SAMPLES_MAX: usize = 20;
/// Records kept for each: those that are shown may leave one by one, and the next ones are known.
const ISSUE_SAMPLES_KEPT: usize = 5 * ISSUE_SAMPLES_MAX;

impl Aggregation {
    /// Nothing yet.
    pub fn new(definitions: &Definitions, scope: &Arc<Scope>) -> Self {
        Self {
            cells: Cells::default(),
            account: Account::new(definitions),
            headcounts: Headcounts::new(definitions),
            classifications: definitions
                .needs()
                .of(TableName::Person)
                .contains("classification")
                .then(FxHashMap::default),
            unmapped: BTreeMap::new(),
            values: watched(definitions).into_iter().map(|field| (field, FxHashMap::default())).collect(),
            issues: BTreeMap::new(),
            quality: Quality::new(Arc::clone(scope)),
            samples: BTreeMap::new(),
        }
    }

    /// Counts one record; `found` is memory that is used again.
    ///
    /// # Errors
    /// A sum outside the range of exact decimals.
    pub fn add<'r>(
        &mut self,
        record: impl Into<Joined<'r>>,
        definitions: &'r Definitions,
        issues: &mut Vec<Issue>,
        found: &mut Contributions<'r>,
    ) -> Result<(), Error> {
        let record = record.into();
        contributions(record, definitions, found);
        self.cells.add(found, definitions).map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?;
        self.account.add(found);
        self.headcounts.add(found);
        if let Some(classifications) = &mut self.classifications
            && let Some(person) = record.person().filter(|_| record.kind() == RecordKind::Case)
        {
            match classifications.get_mut(&person.classification) {
                Some(n) => *n += 1,
                None => drop(classifications.insert(person.classification.clone(), 1)),
            }
        }
        self.count_unmapped(found, record, definitions);
        for (field, values) in &mut self.values {
            if let Some(value) = (field.get)(record).text() {
                match values.get_mut(value) {
                    Some(n) => *n += 1,
                    None => drop(values.insert(value.into(), 1)),
                }
            }
        }
        if let Some(person) = record.person() {
            let unreadable = issues.iter().any(|issue| issue.rule == Rule::Unreadable);
            self.quality.add(person, unreadable, &definitions.places);
        }
        for issue in issues.drain(..) {
            *self.issues.entry((issue.rule, issue.field)).or_default() += 1;
            self.keep_sample((issue.rule, issue.field), issue.record);
        }
        Ok(())
    }

    /// Adds what came of another part of the records.
    ///
    /// # Errors
    /// A sum outside the range of exact decimals.
    pub fn merge(&mut self, other: Self) -> Result<(), Error> {
        self.cells.merge(other.cells).map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?;
        self.account.merge(other.account);
        self.headcounts.merge(&other.headcounts);
        if let (Some(classifications), Some(more)) = (&mut self.classifications, other.classifications) {
            more.into_iter().for_each(|(value, n)| *classifications.entry(value).or_default() += n);
        }
        for (location, n) in other.unmapped {
            *self.unmapped.entry(location).or_default() += n;
        }
        for ((_, values), (_, more)) in self.values.iter_mut().zip(other.values) {
            for (value, n) in more {
                *values.entry(value).or_default() += n;
            }
        }
        for (key, n) in other.issues {
            *self.issues.entry(key).or_default() += n;
        }
        self.quality.merge(other.quality);
        for (key, records) in other.samples {
            self.samples.entry(key).or_default().merge(&records, ISSUE_SAMPLES_KEPT);
        }
        Ok(())
    }

    /// Some of the issues, with their records in the order of their ids.
    pub fn issue_samples(&self) -> impl Iterator<Item = Issue> {
        self.samples.iter().flat_map(|((rule, field), records)| {
            records.iter().take(ISSUE_SAMPLES_MAX).map(|record| Issue { record: record.clone(), field, rule: *rule })
        })
    }

    fn keep_sample(&mut self, key: (Rule, &'static str), record: CompactString) {
        self.samples.entry(key).or_default().insert(&record, ISSUE_SAMPLES_KEPT);
    }

    /// Values that occur in a field that conditions ask for, and that no condition and no dimension names.
    pub fn unmentioned(&self, definitions: &Definitions) -> Vec<Unmentioned> {
        let mut found = Vec::new();
        for (field, values) in &self.values {
            for (value, n) in values {
                if !is_mentioned(field, value, definitions) {
                    found.push(Unmentioned { field: field.name, value: value.clone(), n_records: *n });
                }
            }
        }
        found.sort_by(|a, b| a.field.cmp(b.field).then(b.n_records.cmp(&a.n_records)).then(a.value.cmp(&b.value)));
        found
    }

    /// A record hangs on its place once, however many indicators miss it there.
    fn count_unmapped(&mut self, found: &Contributions<'_>, record: Joined<'_>, definitions: &Definitions) {
        if let Some(location) = entry::unmapped_of(found, record, definitions) {
            *self.unmapped.entry(location.into()).or_default() += 1;
        }
    }
}

/// A reference value that records hold and no definition mentions: perhaps another word for *confirmed*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmentioned {
    /// Field.
    pub field: &'static str,
    /// Value.
    pub value: CompactString,
    /// Number of records that hold it.
    pub n_records: u64,
}

/// The reference fields in which another word for what is counted would be missed: the classification, wherever a
/// condition asks for it, and the fields of dimensions.
fn watched(definitions: &Definitions) -> Vec<&'static Field> {
    let mut found: Vec<&'static Field> = Vec::new();
    for indicator in &definitions.indicators {
        let table = indicator.table();
        let groups = indicator.by.iter().filter_map(|d| definitions.dimensions[*d].field_of(table.name));
        let classification = table.field("classification").filter(|field| {
            // Whoever joins persons asks them in an indicator of their own.
            indicator.condition.as_ref().is_some_and(|condition| condition.mentions(field.name))
        });
        for field in groups.chain(classification).filter(|field| matches!(field.domain, Domain::Reference(_))) {
            if found.iter().all(|known| !std::ptr::eq(*known, field)) {
                found.push(field);
            }
        }
    }
    found.sort_by_key(|field| field.name);
    found
}

fn is_mentioned(field: &Field, value: &str, definitions: &Definitions) -> bool {
    let in_condition = definitions.indicators.iter().flat_map(|i| &i.condition).any(|condition| {
        condition.constants().iter().any(|constant| constant.field == field.name && constant.value == value)
    });
    let is_grouped = |dimension: &epi::dimension::Dimension| {
        let by = TableName::ALL.into_iter().filter_map(|table| dimension.field_of(table));
        by.into_iter().any(|by| std::ptr::eq(by, field)) && dimension.has_value(value)
    };
    in_condition || definitions.dimensions.iter().any(is_grouped)
}
