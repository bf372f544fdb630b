//! Stage E: the upsert, and the deletion scope before it.

use super::super::super::catalogue::Uid;
use super::super::super::store::{Key, Row};
use super::super::super::{Server, Session};
use super::{Entry, Scope};

/// Inserts or rewrites a row; zeros are stored like any value. A deletion of a row that is not there
/// leaves a deleted row behind.
pub(super) fn upsert(server: &mut Server, session: &Session, entry: &Entry, deletes: bool) {
    let Some(default) = server.default_option_combo() else {
        return;
    };
    let key = Key {
        org_unit: entry.org_unit,
        period: entry.period,
        data_element: entry.data_element,
        option_combo: entry.option_combo.unwrap_or(default),
        attribute_combo: entry.attribute_combo.unwrap_or(default),
    };
    let before = server.store.get(&key);
    let deleted = deletes || entry.deleted;
    let kept = before.filter(|_| deleted);
    let row = Row {
        value: entry.value.clone().or_else(|| kept.and_then(|row| row.value.clone())),
        comment: entry.comment.clone().or_else(|| kept.and_then(|row| row.comment.clone())),
        followup: entry.followup,
        deleted,
        stored_by: session.user.username.as_str().into(),
        created: before.map_or(session.now, |row| row.created),
        last_updated: session.now,
    };
    server.store.put(&key, row);
}

/// Soft-deletes the cube; rows that were deleted already are counted again.
pub(super) fn delete_scope(server: &mut Server, session: &Session, scope: &Scope) -> usize {
    let Some(default) = server.default_option_combo() else {
        return 0;
    };
    let or_default = |combo: Option<Uid>| combo.unwrap_or(default);
    let mut n_rows = 0;
    for (element, combo, attribute) in &scope.elements {
        for org_unit in &scope.org_units {
            for period in &scope.periods {
                let key = Key {
                    org_unit: *org_unit,
                    period: *period,
                    data_element: *element,
                    option_combo: or_default(*combo),
                    attribute_combo: or_default(*attribute),
                };
                if let Some(row) = server.store.get_mut(&key) {
                    row.deleted = true;
                    row.last_updated = session.now;
                    n_rows += 1;
                }
            }
        }
    }
    n_rows
}
