//! A message as a letter.

use super::folding::Standing;
use super::message::Message;
use crate::config::raw::EventKind;
use alerts::Letter;
use std::fmt::Write;

/// The longest name of a report in a subject, in characters: a phone shows some forty.
const NAME_CHARS_MAX: usize = 40;

/// A message as a letter in plain English.
pub fn letter(message: &Message) -> Letter {
    let subject = subject(message);
    let mut text = format!("{subject}.\n");
    if let (Some(first), Some(last)) = (&message.first, &message.last) {
        let _ = write!(text, "\nPeriods: {first} to {last}");
    }
    if let Some(run) = message.run {
        let _ = write!(text, "\nRun: {run}");
    }
    for count in &message.counts {
        let _ = write!(text, "\nValues {}: {}", count.name, count.n);
    }
    if let Some(overdue) = &message.overdue {
        let _ = write!(text, "\nDue: {}\nDeadline: {}", overdue.due_at, overdue.deadline);
        let last = overdue.last_success.map_or_else(|| "never".to_owned(), |at| at.to_string());
        let _ = write!(text, "\nLast success: {last}");
    }
    if message.event.is_some() {
        let _ = write!(text, "\nSince: {}\nSeen: {} times", message.since, message.n_seen);
    }
    if let Some(code) = message.code {
        let _ = write!(text, "\nError: {code}");
    }
    for paragraph in [message.cause, message.remedy].into_iter().flatten() {
        let _ = write!(text, "\n\n{paragraph}");
    }
    if let Some(link) = &message.link {
        let _ = write!(text, "\n\n{link}");
    }
    text.push('\n');
    Letter { id: message.id.clone(), subject, text }
}

fn subject(message: &Message) -> String {
    let (Some(event), Some(report)) = (message.event, &message.report) else {
        return "Tally: a test message".to_owned();
    };
    let mut name: String = report.chars().take(NAME_CHARS_MAX).collect();
    if name.len() < report.len() {
        name.push('…');
    }
    let what = match event {
        EventKind::Failed => "failed",
        EventKind::Partial => "is in DHIS2 only in part",
        EventKind::Held => "has values that wait",
        EventKind::Drifted => "was changed in DHIS2 by somebody else",
        EventKind::Overdue => "is overdue",
    };
    match message.state {
        Standing::Begun | Standing::Test => format!("Tally: {name} {what}"),
        Standing::Continuing => format!("Tally: still: {name} {what}"),
        Standing::Resolved => format!("Tally: resolved: {name} {what}"),
    }
}
