//! Whose fault a rejection is, and whether another day may mend it.

use super::item::Item;
use dhis2::{Rejection, RejectionScope};

/// What is to be done about a value that was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// Another value of the request may be at fault: it is tried again in another company.
    Suspect,
    /// DHIS2 will not take it now.
    NotNow,
    /// DHIS2 will not take it.
    Rejected,
}

impl Blame {
    /// `n_items` values were sent together.
    pub(super) fn of(reasons: &[Rejection], n_items: usize, is_one_slice: bool) -> Self {
        if may_be_anothers_fault(reasons) && n_items > 1 && !concerns_all(is_one_slice, reasons) {
            return Self::Suspect;
        }
        let is_not_now = |reason: &Rejection| reason.code.as_deref().is_some_and(|code| NOT_NOW_CODES.contains(&code));
        if reasons.iter().all(is_not_now) { Self::NotNow } else { Self::Rejected }
    }
}

/// Whether all values are of one organisation unit and one period.
pub(super) fn is_one_slice(items: &[Item]) -> bool {
    let slice = |item: &Item| (item.key.period.clone(), item.key.org_unit.clone());
    items.windows(2).all(|pair| slice(&pair[0]) == slice(&pair[1]))
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
fn concerns_all(is_one_slice: bool, reasons: &[Rejection]) -> bool {
    let has =
        |codes: &[&str]| reasons.iter().any(|reason| reason.code.as_deref().is_some_and(|code| codes.contains(&code)));
    has(&DATA_SET_CODES) || (has(&SLICE_CODES) && is_one_slice)
}
