//! Stage D: the checks that reject one value of the group and no more.

use super::super::super::catalogue::Kind;
use super::super::super::metadata::{DataElement, OptionSet};
use super::super::super::value_type;
use super::super::super::{Server, Session};
use super::super::options::Strategy;
use super::super::summary::{Conflict, Import, Summary};
use super::{Entry, Group, conflict, write};

/// Longest comment in characters.
const COMMENT_CHARS_MAX: usize = 5_000;

/// Normalises, checks and (unless it is a dry run) writes each value; returns how many passed.
pub(super) fn judge_and_write(
    server: &mut Server,
    session: &Session,
    dry_run: bool,
    group: &mut Group,
    summary: &mut Summary,
) -> usize {
    let deletes = group.strategy == Strategy::Delete;
    let requires_comment = group.data_set.is_some_and(|set| server.data_set(set).no_value_requires_comment);
    let mut n_passed = 0;
    for (index, entry) in group.entries.iter_mut().enumerate() {
        let catalogue = &server.catalogue;
        let Some(element) = catalogue.by_uid(Kind::DataElement, entry.data_element) else {
            continue;
        };
        let element = &catalogue.metadata.data_elements[element];
        entry.value = entry.value.take().map(|v| value_type::normalise_group(&element.value_type, &v));
        let sets = &catalogue.metadata.option_sets;
        if let Err(conflict) = check(index, entry, element, sets, deletes, requires_comment) {
            summary.reject(index, conflict);
            continue;
        }
        n_passed += 1;
        summary.count(if deletes { Import::Deleted } else { Import::Updated }, index);
        if !dry_run {
            write::upsert(server, session, entry, deletes);
        }
    }
    n_passed
}

fn check(
    index: usize,
    entry: &Entry,
    element: &DataElement,
    sets: &[OptionSet],
    deletes: bool,
    requires_comment: bool,
) -> Result<(), Conflict> {
    let number = index.to_string();
    let refuse = |code, args: &[&str], text: String| {
        let args: Vec<&str> = std::iter::once(number.as_str()).chain(args.iter().copied()).collect();
        Err(conflict(code, &args, text))
    };
    let (value, comment) = (entry.value.as_deref(), entry.comment.as_deref());
    if value.is_none() && !deletes && !entry.deleted {
        if !requires_comment {
            return refuse("E8120", &[], format!("Value #{number} value is required"));
        }
        // The real server seems to have this the wrong way round; so has the simulator.
        if comment.is_some() {
            return refuse("E8121", &[], format!("Value #{number} value or comment is required"));
        }
    }
    let one_of = |set: &Option<String>, code: &str| {
        let set = set.as_ref().and_then(|uid| sets.iter().find(|s| s.uid == *uid));
        set.is_none_or(|set| set.options.iter().any(|option| option.code == code))
    };
    if let Some(value) = value {
        if let Some(key) = value_type::fault(&element.value_type, value) {
            let kind = &element.value_type;
            let text = format!("Value #{number} value `{value}` is no valid {kind}: {key}");
            return refuse("E8122", &[value, kind, key], text);
        }
        if !one_of(&element.option_set, value) {
            let text = format!("Value #{number} value `{value}` is no valid option of the option set");
            return refuse("E8123", &[value], text);
        }
    }
    if let Some(comment) = comment {
        if !one_of(&element.comment_option_set, comment) {
            let text = format!("Value #{number} comment is no valid option of the comment option set");
            return refuse("E8124", &[], text);
        }
        if comment.chars().count() > COMMENT_CHARS_MAX {
            return refuse("E8125", &[], format!("Value #{number} comment is too long"));
        }
    }
    Ok(())
}
