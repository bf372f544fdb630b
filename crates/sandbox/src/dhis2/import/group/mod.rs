//! The importer from 2.43: all values of a group share one fate when a key is wrong.

mod check;
mod decode;
mod values;
mod write;

use super::super::catalogue::Uid;
use super::super::store::PeriodId;
use super::super::{DEFAULT_OPTION_COMBO, Server, Session, completion};
use super::options::{ImportOptions, Strategy};
use super::payload::Payload;
use super::summary::{Conflict, Summary};
use decode::Failure;
use jiff::civil::Date;

/// A data value set with every name resolved to a UID.
struct Group {
    data_set: Option<usize>,
    /// A well-formed UID that no data set has.
    unknown_data_set: Option<String>,
    entries: Vec<Entry>,
    scope: Scope,
    complete: Option<CompletionAsked>,
    strategy: Strategy,
}

/// A value of the group.
struct Entry {
    data_element: Uid,
    org_unit: Uid,
    period: PeriodId,
    option_combo: Option<Uid>,
    attribute_combo: Option<Uid>,
    value: Option<String>,
    comment: Option<String>,
    followup: bool,
    deleted: bool,
}

/// What the `deletion` member names; empty without one.
#[derive(Default)]
struct Scope {
    org_units: Vec<Uid>,
    periods: Vec<PeriodId>,
    elements: Vec<(Uid, Option<Uid>, Option<Uid>)>,
}

/// The completion that the group asks for.
struct CompletionAsked {
    date: Date,
    period: PeriodId,
    org_unit: Uid,
    attribute_combo: Option<Uid>,
}

impl Scope {
    fn is_empty(&self) -> bool {
        self.org_units.is_empty() || self.periods.is_empty() || self.elements.is_empty()
    }
}

/// Imports a data value set.
pub(super) fn import(server: &mut Server, session: &Session, options: &ImportOptions, payload: Payload) -> Summary {
    let dry_run = options.dry_run || payload.dry_run == Some(true);
    let mut group = match decode::decode(server, session, options, &payload) {
        Ok(group) => group,
        Err(Failure::Conflict(conflict)) => {
            let mut summary = Summary::success("");
            summary.conflict(conflict.at([-1]));
            summary.fail();
            summary.complete(None);
            return summary;
        }
        Err(Failure::Crash) => return Summary::crash(),
    };
    let mut summary = Summary::success("");
    summary.complete(None);
    if group.entries.is_empty() && group.scope.is_empty() {
        finish(server, session, dry_run, &group, &mut summary);
        return summary;
    }
    let n_values = group.entries.len();
    let data_set = match check::check(server, session, options, &group) {
        Ok(data_set) => data_set,
        Err(conflict) => {
            summary.conflict(conflict.at((0..n_values).filter_map(|i| i64::try_from(i).ok())));
            summary.reject_uncounted(n_values);
            summary.fail();
            return summary;
        }
    };
    group.data_set = Some(data_set);
    if !dry_run {
        summary.count_deleted(write::delete_scope(server, session, &group.scope));
    }
    let n_written = values::judge_and_write(server, session, dry_run, &mut group, &mut summary);
    if n_written == 0 && summary.ignored() > 0 {
        summary.fail();
    }
    if summary.ignored() == 0 {
        finish(server, session, dry_run, &group, &mut summary);
    }
    summary
}

/// Registers the completion, unless it is a dry run, which only reports it.
fn finish(server: &mut Server, session: &Session, dry_run: bool, group: &Group, summary: &mut Summary) {
    let (Some(asked), Some(data_set)) = (&group.complete, group.data_set) else {
        return;
    };
    summary.complete(Some(asked.date));
    if dry_run {
        return;
    }
    let attribute = asked.attribute_combo.map(|uid| uid.as_str().to_owned());
    let key = (
        server.data_set(data_set).uid.clone(),
        server.periods.get(asked.period).iso.clone(),
        asked.org_unit.as_str().to_owned(),
        attribute.unwrap_or_else(|| DEFAULT_OPTION_COMBO.to_owned()),
    );
    completion::put(server, session, key, asked.date);
}

/// A conflict with a message.
fn conflict(code: &'static str, args: &[&str], text: impl Into<String>) -> Conflict {
    Conflict::group(code, args, text)
}
