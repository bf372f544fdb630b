//! What becomes of an accepted value: inserted, updated, deleted, ignored, or lost without trace.

use std::collections::HashSet;

use super::super::super::store::{Key, Row};
use super::super::super::value_type;
use super::super::super::{Server, Session};
use super::super::options::Strategy;
use super::super::summary::{Import, Summary};
use super::judge::Resolved;

/// Writes the accepted values (unless it is a dry run) and counts them.
pub(super) fn write(
    server: &mut Server,
    session: &Session,
    strategy: Strategy,
    dry_run: bool,
    accepted: Vec<(usize, Resolved)>,
    summary: &mut Summary,
) {
    let mut inserted: HashSet<Key> = HashSet::new();
    for (index, value) in accepted {
        // An insert waits until the end of the request: a second value of its key is lost.
        if inserted.contains(&value.key) {
            continue;
        }
        let (effect, row) = decide(server, session, strategy, &value);
        if effect == Import::Imported && server.store.get(&value.key).is_none() {
            inserted.insert(value.key);
        }
        summary.count(effect, index);
        if let Some(row) = row.filter(|_| !dry_run) {
            server.store.put(&value.key, row);
        }
    }
}

/// The effect of a value and the row that it leaves, if any changes.
fn decide(server: &Server, session: &Session, strategy: Strategy, value: &Resolved) -> (Import, Option<Row>) {
    let existing = server.store.get(&value.key);
    let creates = matches!(strategy, Strategy::CreateAndUpdate | Strategy::Create);
    let updates = matches!(strategy, Strategy::CreateAndUpdate | Strategy::Update);
    let is_null = value.value.is_none() && value.comment.is_none();
    let is_zero = is_insignificant_zero(server, value);
    if is_zero && strategy != Strategy::Delete && (existing.is_none() || strategy == Strategy::Create) {
        return (Import::Dropped, None);
    }
    match existing.filter(|row| !row.deleted) {
        Some(before) if strategy == Strategy::Delete => (Import::Deleted, Some(deleted(before, session))),
        Some(before) if updates => {
            if value.deleted || is_null || is_zero {
                return (Import::Deleted, Some(deleted(before, session)));
            }
            let same =
                before.value == value.value && before.comment == value.comment && before.followup == value.followup;
            if same { (Import::Ignored, None) } else { (Import::Updated, Some(fresh(value, Some(before), session))) }
        }
        Some(_) => (Import::Rejected, None),
        None if creates && is_null => (Import::Ignored, None),
        None if creates => (Import::Imported, Some(fresh(value, existing, session))),
        None => (Import::Rejected, None),
    }
}

/// A zero of a numeric element for which zero is not significant, and which is not averaged.
fn is_insignificant_zero(server: &Server, value: &Resolved) -> bool {
    let element = &server.catalogue.metadata.data_elements[value.element];
    let averaged = matches!(element.aggregation_type.as_str(), "AVERAGE" | "AVERAGE_SUM_ORG_UNIT");
    value_type::is_numeric(&element.value_type)
        && !element.zero_is_significant
        && !averaged
        && value.value.as_deref().is_some_and(value_type::is_zero)
}

fn fresh(value: &Resolved, before: Option<&Row>, session: &Session) -> Row {
    let stored_by = value.stored_by.as_deref().unwrap_or(&session.user.username);
    Row {
        value: value.value.clone(),
        comment: value.comment.clone(),
        followup: value.followup,
        deleted: value.deleted,
        stored_by: stored_by.into(),
        created: before.map_or(session.now, |row| row.created),
        last_updated: session.now,
    }
}

fn deleted(before: &Row, session: &Session) -> Row {
    Row { deleted: true, last_updated: session.now, ..before.clone() }
}
