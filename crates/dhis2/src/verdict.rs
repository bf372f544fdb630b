//! What became of every value of an import, read from either importer's summary.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::Error;
use crate::summary::{Body, Conflict, Counts, Status, Summary};

/// The verdict on an import: the body's, never the HTTP status's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What the summary says of itself. `Success` may still leave values aside, see [`Verdict::rejected`].
    pub status: Status,
    /// The server's counts; they need not add up.
    pub counts: Counts,
    /// Every value that was not accepted, with every reason, ordered by index.
    pub rejected: Vec<Rejection>,
    /// Whether the request as a whole was refused, so that nothing was written.
    pub aborted: bool,
}

/// One reason for one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The position in [`DataValueSet::data_values`](crate::DataValueSet::data_values).
    pub index: usize,
    /// DHIS2's error code, like `E7610`; none for values that the import strategy left aside.
    pub code: Option<String>,
    /// The server's words.
    pub reason: Arc<str>,
    /// Whose fault it is.
    pub scope: RejectionScope,
    /// The objects concerned, by kind (`dataElement`, `period` ...; since 2.43 only `args`).
    pub objects: Arc<BTreeMap<String, String>>,
}

/// Whose fault a rejection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectionScope {
    /// The value's own.
    Value,
    /// Some value of the group (2.43 and later), possibly another one: cut the group in halves to find it.
    Group,
    /// The request's as a whole.
    Request,
}

/// What became of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// Written, unchanged, or (up to 2.42) an insignificant zero that the server chose not to store.
    Accepted,
    /// Not written, for these reasons.
    Rejected(&'a [Rejection]),
}

/// The words for a value that the import strategy left aside, such as CREATE on an existing row. DHIS2 gives none.
const LEFT_ASIDE: &str = "left aside by the import strategy";

/// The words for a failure that DHIS2 explains by no conflict. Its description may be the text of any exception, and is not
/// repeated.
const UNEXPLAINED: &str = "the import failed as a whole, without a conflict: the server's log says why";

impl Verdict {
    /// What became of the value at `index`.
    #[must_use]
    pub fn outcome_of(&self, index: usize) -> Outcome<'_> {
        let start = self.rejected.partition_point(|rejection| rejection.index < index);
        let end = self.rejected.partition_point(|rejection| rejection.index <= index);
        if start == end { Outcome::Accepted } else { Outcome::Rejected(&self.rejected[start..end]) }
    }

    /// Whether every value was accepted.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.rejected.is_empty() && self.status != Status::Error
    }

    /// The number of values that were rejected.
    #[must_use]
    pub fn n_rejected(&self) -> usize {
        self.rejected.chunk_by(|one, other| one.index == other.index).count()
    }

    /// Reads the body of the answer to an import of `n_values`, wrapped or plain; none when it is no import summary.
    ///
    /// # Errors
    /// If it is not JSON, or not of the shape that DHIS2 gives a summary.
    pub fn read(body: &[u8], n_values: usize) -> Result<Option<Self>, Error> {
        Ok(Self::of_body(Body::read(body)?, n_values))
    }

    /// The verdict in a body; none when it holds no summary.
    pub(crate) fn of_body(body: Body, n_values: usize) -> Option<Self> {
        match body {
            Body::Summary(summary) => Some(Self::of(summary, n_values)),
            Body::Job(_) | Body::Other => None,
        }
    }

    /// Reads a summary of an import of `n_values`.
    pub(crate) fn of(summary: Summary, n_values: usize) -> Self {
        let mut reasons = Reasons { n_values, rejections: Vec::new(), explained: BTreeSet::new() };
        let listed: BTreeSet<usize> =
            summary.rejected_indexes.iter().filter_map(|&index| within(index, n_values)).collect();
        let mut aborted = false;
        let mut at_large = Vec::new();
        for conflict in &summary.conflicts {
            let own: Vec<usize> = conflict.indexes.iter().filter_map(|&index| within(index, n_values)).collect();
            let scope = scope_of(conflict);
            if scope == RejectionScope::Request || (own.is_empty() && listed.is_empty() && is_whole(conflict)) {
                aborted = true;
                reasons.add(conflict, RejectionScope::Request, 0..n_values);
            } else if own.is_empty() {
                at_large.push((conflict, scope));
            } else {
                reasons.add(conflict, scope, own.iter().copied());
                if scope == RejectionScope::Group {
                    at_large.push((conflict, scope));
                }
            }
        }
        reasons.spread(&at_large, &listed, summary.status);
        let unexplained: Vec<usize> = listed.difference(&reasons.explained).copied().collect();
        reasons.add_unspoken(LEFT_ASIDE, RejectionScope::Value, unexplained);
        if summary.status == Status::Error && reasons.rejections.is_empty() {
            aborted = true;
            reasons.add_unspoken(UNEXPLAINED, RejectionScope::Request, (0..n_values).collect());
        }
        let mut rejected = reasons.rejections;
        rejected.sort_by_key(|rejection| rejection.index);
        Self { status: summary.status, counts: summary.import_count, rejected, aborted }
    }
}

struct Reasons {
    n_values: usize,
    rejections: Vec<Rejection>,
    explained: BTreeSet<usize>,
}

impl Reasons {
    fn add(&mut self, conflict: &Conflict, scope: RejectionScope, indexes: impl IntoIterator<Item = usize>) {
        let reason: Arc<str> = conflict.value.as_deref().unwrap_or(UNEXPLAINED).into();
        let objects = Arc::new(conflict.objects_as_text());
        for index in indexes.into_iter().collect::<BTreeSet<_>>() {
            self.explained.insert(index);
            self.rejections.push(Rejection {
                index,
                code: conflict.error_code.clone(),
                reason: Arc::clone(&reason),
                scope,
                objects: Arc::clone(&objects),
            });
        }
    }

    fn add_unspoken(&mut self, words: &str, scope: RejectionScope, indexes: Vec<usize>) {
        let conflict = Conflict { value: Some(words.to_owned()), ..Conflict::default() };
        self.add(&conflict, scope, indexes);
    }

    /// Gives conflicts that name no values, or a group's, to the values that were rejected and have no reason yet; to
    /// all of those if the server lists none.
    fn spread(&mut self, conflicts: &[(&Conflict, RejectionScope)], listed: &BTreeSet<usize>, status: Status) {
        let whole: BTreeSet<usize> = (0..self.n_values).collect();
        let concerned = if listed.is_empty() && status != Status::Success { &whole } else { listed };
        let open: Vec<usize> = concerned.difference(&self.explained).copied().collect();
        for (conflict, scope) in conflicts {
            let has_own = conflict.indexes.iter().any(|&index| within(index, self.n_values).is_some());
            if !(has_own && listed.is_empty()) {
                self.add(conflict, *scope, open.iter().copied());
            }
        }
    }
}

fn within(index: i64, n_values: usize) -> Option<usize> {
    usize::try_from(index).ok().filter(|&index| index < n_values)
}

/// Whether a conflict without a value of its own concerns the request: 2.43 marks a failure to read it with -1,
/// whichever code it has.
fn is_whole(conflict: &Conflict) -> bool {
    conflict.indexes.contains(&-1) || conflict.error_code.is_none()
}

/// Whose fault a code is: E760x and E800x the request's, E801x to E803x and E8128 a group's, others the value's.
fn scope_of(conflict: &Conflict) -> RejectionScope {
    let code = conflict.error_code.as_deref().unwrap_or_default();
    let number: u32 = code.strip_prefix('E').and_then(|digits| digits.parse().ok()).unwrap_or(0);
    match number {
        7600..=7609 | 8004..=8009 => RejectionScope::Request,
        8000..=8003 | 8010..=8099 | 8128 => RejectionScope::Group,
        _ => RejectionScope::Value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(summary: &str, n_values: usize) -> Verdict {
        Verdict::of(serde_json::from_str(summary).unwrap(), n_values)
    }

    fn told(verdict: &Verdict) -> Vec<(usize, Option<&str>, RejectionScope)> {
        verdict.rejected.iter().map(|one| (one.index, one.code.as_deref(), one.scope)).collect()
    }

    #[test]
    fn a_merged_conflict_rejects_every_index_it_lists() {
        let verdict = verdict(
            r#"{"status":"WARNING","importCount":{"imported":1,"updated":0,"ignored":2,"deleted":0},
                "conflicts":[{"value":"not found","errorCode":"E7610","indexes":[0,2]}],"rejectedIndexes":[0,2]}"#,
            3,
        );
        assert_eq!(
            told(&verdict),
            [(0, Some("E7610"), RejectionScope::Value), (2, Some("E7610"), RejectionScope::Value)]
        );
        assert!(matches!(verdict.outcome_of(0), Outcome::Rejected([_])));
        assert_eq!(verdict.outcome_of(1), Outcome::Accepted);
        assert!(!verdict.aborted && !verdict.is_clean());
    }

    #[test]
    fn a_value_may_have_two_reasons() {
        let verdict = verdict(
            r#"{"status":"WARNING","conflicts":[{"value":"a","errorCode":"E7614","indexes":[1]},
                {"value":"b","errorCode":"E7614","indexes":[1]}],"rejectedIndexes":[1]}"#,
            2,
        );
        assert!(matches!(verdict.outcome_of(1), Outcome::Rejected([_, _])));
        assert_eq!(verdict.n_rejected(), 1);
    }

    #[test]
    fn the_strategy_leaves_values_aside_without_a_conflict() {
        let verdict = verdict(r#"{"status":"SUCCESS","importCount":{"ignored":1},"rejectedIndexes":[1]}"#, 2);
        assert_eq!(told(&verdict), [(1, None, RejectionScope::Value)]);
        assert_eq!(&*verdict.rejected[0].reason, LEFT_ASIDE);
        assert_eq!(verdict.status, Status::Success);
    }

    #[test]
    fn unchanged_values_are_ignored_but_not_rejected() {
        let verdict = verdict(r#"{"status":"SUCCESS","importCount":{"ignored":2},"rejectedIndexes":[]}"#, 2);
        assert!(verdict.is_clean());
    }

    #[test]
    fn a_group_failure_concerns_the_values_without_a_reason_of_their_own() {
        let summary = r#"{"status":"WARNING","conflicts":[{"value":"period","errorCode":"E8021","indexes":[]},
            {"value":"bad","errorCode":"E8122","indexes":[0]}],"rejectedIndexes":[0,2,3]}"#;
        assert_eq!(
            told(&verdict(summary, 4)),
            [
                (0, Some("E8122"), RejectionScope::Value),
                (2, Some("E8021"), RejectionScope::Group),
                (3, Some("E8021"), RejectionScope::Group)
            ]
        );
    }

    #[test]
    fn a_group_failure_that_lists_nothing_concerns_all() {
        for indexes in ["", r#","indexes":[]"#] {
            let summary = format!(r#"{{"status":"ERROR","conflicts":[{{"value":"x","errorCode":"E8010"{indexes}}}]}}"#);
            let verdict = verdict(&summary, 2);
            assert_eq!(verdict.n_rejected(), 2);
            assert!(!verdict.aborted, "other groups might have been written");
        }
    }

    #[test]
    fn a_group_failure_that_names_its_culprit_rejects_the_others_too() {
        let summary = r#"{"status":"ERROR","conflicts":[{"value":"x","errorCode":"E8022","indexes":[1]}],"rejectedIndexes":[0,1,2]}"#;
        let verdict = verdict(summary, 3);
        assert_eq!(verdict.rejected.len(), 3);
        assert!(verdict.rejected.iter().all(|one| one.scope == RejectionScope::Group));
    }

    #[test]
    fn minus_one_is_the_request() {
        let summary =
            r#"{"status":"ERROR","conflicts":[{"value":"x","errorCode":"E8103","indexes":[-1]}],"rejectedIndexes":[]}"#;
        let verdict = verdict(summary, 2);
        assert!(verdict.aborted);
        assert!(verdict.rejected.iter().all(|one| one.scope == RejectionScope::Request));
        assert_eq!(verdict.n_rejected(), 2);
    }

    #[test]
    fn a_data_set_failure_is_the_request() {
        let summary = r#"{"status":"ERROR","description":"Import process was aborted",
            "conflicts":[{"object":"a","value":"no","errorCode":"E7600"},{"object":"a","value":"nor","errorCode":"E7601"}]}"#;
        let verdict = verdict(summary, 2);
        assert!(verdict.aborted);
        assert_eq!((verdict.rejected.len(), verdict.n_rejected()), (4, 2));
        assert_eq!(verdict.rejected[0].objects["object"], "a");
    }

    #[test]
    fn an_exception_is_the_request_without_its_description() {
        let verdict = verdict(r#"{"status":"ERROR","description":"The import process failed: null"}"#, 2);
        assert!(verdict.aborted);
        assert_eq!(&*verdict.rejected[1].reason, UNEXPLAINED);
    }

    #[test]
    fn indexes_out_of_range_are_not_believed() {
        let verdict = verdict(r#"{"status":"SUCCESS","rejectedIndexes":[7,-3]}"#, 2);
        assert!(verdict.is_clean());
    }

    #[test]
    fn a_failure_of_nothing_is_not_clean() {
        assert!(!verdict(r#"{"status":"ERROR"}"#, 0).is_clean());
    }
}
