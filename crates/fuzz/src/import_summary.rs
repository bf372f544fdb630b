//! Import summaries: whatever the server says, every value is accepted or rejected with a reason, and none beyond those
//! that were sent.

use dhis2::{Outcome, Status, Verdict};

pub(crate) const WORDS: &[&str] = &[
    "\"response\":",
    "\"importCount\":{\"imported\":1}",
    "\"conflicts\":[",
    "\"indexes\":[-1]",
    "\"rejectedIndexes\":[0,1]",
    "\"errorCode\":\"E8020\"",
    "\"status\":\"WARNING\"",
    "\"responseType\":\"ImportSummary\"",
    "null",
    "{",
    "}",
    "[",
    "]",
    ",",
    "-9223372036854775808",
    "18446744073709551616",
    "1e999",
    "\\ud800",
    "<html>",
];

/// The first byte says how many values were sent, the rest is the body.
pub(crate) fn try_on(data: &[u8]) {
    let Some((n_values, body)) = data.split_first() else { return };
    let n_values = usize::from(*n_values) % 64;
    let Ok(Some(verdict)) = Verdict::read(body, n_values) else { return };
    let mut n_rejected = 0;
    for index in 0..n_values {
        match verdict.outcome_of(index) {
            Outcome::Accepted => assert!(!verdict.aborted, "value {index} of an aborted request is accepted"),
            Outcome::Rejected(reasons) => {
                n_rejected += 1;
                assert!(reasons.iter().all(|reason| reason.index == index), "{reasons:?}");
                assert!(!reasons.is_empty());
            }
        }
    }
    assert_eq!(verdict.n_rejected(), n_rejected, "values beyond those that were sent: {verdict:?}");
    assert!(verdict.rejected.is_sorted_by_key(|rejection| rejection.index));
    if verdict.is_clean() {
        assert!(n_rejected == 0 && verdict.status != Status::Error, "{verdict:?}");
    }
    if verdict.status == Status::Error && n_values > 0 {
        assert!(n_rejected > 0, "an error that rejects nothing: {verdict:?}");
    }
}
