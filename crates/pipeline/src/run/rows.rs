//! What the pass found, as rows of the report.

use crate::aggregate::Aggregation;
use crate::plan::Plan;
use crate::report::{AccountRow, IssueRow, Tally, UnmappedPlace, UnmentionedValue};
use crate::source::Opened;
use epi::contribution::Reason;
use epi::indicator::Definitions;
use epi::place::Resolution;

pub(super) fn reason_name(reason: Reason, definitions: &Definitions) -> String {
    match reason {
        Reason::UnknownGroup(dimension) => format!("unknown {}", definitions.dimensions[usize::from(dimension)].code),
        other => other.to_string(),
    }
}

pub(super) fn account_rows(aggregation: &Aggregation, definitions: &Definitions) -> Vec<AccountRow> {
    let account = &aggregation.account;
    let rows = account.indicators.iter().zip(&definitions.indicators).map(|(row, indicator)| AccountRow {
        indicator: indicator.code.clone(),
        title: indicator.title.clone(),
        n_records: account.n_records,
        counted: row.n_counted(),
        by_date: indicator.when.iter().zip(&row.counted).map(|(b, n)| Tally { name: b.to_string(), n: *n }).collect(),
        excluded: row
            .excluded
            .iter()
            .map(|(reason, n)| Tally { name: reason_name(*reason, definitions), n: *n })
            .collect(),
        unknown: row
            .unknown
            .iter()
            .map(|(dimension, n)| Tally { name: definitions.dimensions[usize::from(*dimension)].code.clone(), n: *n })
            .collect(),
    });
    rows.collect()
}

/// Records named for each kind of issue.
const RECORDS_SHOWN: usize = 5;

pub(super) fn issue_rows(aggregation: &Aggregation) -> Vec<IssueRow> {
    let rows = aggregation.issues.iter().map(|((rule, field), n)| {
        let of_kind = aggregation.issue_samples().filter(|issue| issue.rule == *rule && issue.field == *field);
        let mut records: Vec<String> = of_kind.map(|issue| issue.record.to_string()).collect();
        records.sort();
        records.truncate(RECORDS_SHOWN);
        IssueRow { rule: rule.name().to_owned(), field: (*field).to_owned(), n: *n, records }
    });
    let mut rows: Vec<IssueRow> = rows.collect();
    rows.sort_by(|a, b| b.n.cmp(&a.n).then(a.field.cmp(&b.field)));
    rows
}

/// Places that count nowhere, the heaviest first.
pub(super) fn unmapped_rows(
    aggregation: &Aggregation,
    definitions: &Definitions,
    opened: &Opened,
) -> Vec<UnmappedPlace> {
    let mut places: Vec<UnmappedPlace> = aggregation
        .unmapped
        .iter()
        .map(|(location, n)| {
            let unknown = definitions.places.resolve(location) == Resolution::Unknown;
            let unknown = unknown.then(|| "(not among Go.Data's locations)".to_owned());
            let name = opened.names.get(location.as_str()).cloned().or(unknown);
            UnmappedPlace { location: location.to_string(), name, n_records: *n }
        })
        .collect();
    places.sort_by(|a, b| b.n_records.cmp(&a.n_records).then(a.location.cmp(&b.location)));
    places
}

/// What a person should know about category option combos that got another UID.
pub(super) fn renamed_warnings(plan: &Plan) -> Vec<String> {
    let found = plan.renamed.combos.iter().map(|(old, new)| {
        let (old, new) = (plan.names.name(*old), plan.names.name(*new));
        format!("DHIS2 gave category option combo {old} the new UID {new}; Tally's values under it are followed there")
    });
    let lost = plan.renamed.lost.iter().map(|combo| {
        format!(
            "the data set no longer has category option combo {}, under which Tally wrote values: if they stand under another \
             one now, they are not corrected there",
            plan.names.name(*combo)
        )
    });
    found.chain(lost).collect()
}

/// Values that no definition mentions.
pub(super) fn unmentioned_rows(aggregation: &Aggregation, definitions: &Definitions) -> Vec<UnmentionedValue> {
    let row = |u: crate::aggregate::Unmentioned| UnmentionedValue {
        field: u.field.into(),
        value: u.value.to_string(),
        n_records: u.n_records,
    };
    aggregation.unmentioned(definitions).into_iter().map(row).collect()
}
