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
        let _ = write!(text, "\nDue: {:.0}\nDeadline: {:.0}", overdue.due_at, overdue.deadline);
        let last = overdue.last_success.map_or_else(|| "never".to_owned(), |at| format!("{at:.0}"));
        let _ = write!(text, "\nLast success: {last}");
    }
    if message.event.is_some() {
        let _ = write!(text, "\nSince: {:.0}\nSeen: {} times", message.since, message.n_seen);
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

#[cfg(test)]
mod tests {
    use super::super::event::tests::run;
    use super::super::{Event, Notice, Observation, Overdue};
    use super::*;
    use crate::error::{Code, Error, ErrorKind};
    use jiff::Timestamp;
    use url::Url;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn message(observation: &Observation, standing: Standing, n: usize) -> Message {
        let event: Event = observation.events[n].clone();
        let began_at = at("2020-11-23T23:04:00Z");
        let (kind, event) = (event.kind, (standing != Standing::Resolved).then_some(event));
        let notice = Notice { standing, kind, event, began_at, n_seen: 2 };
        let dashboard = Url::parse("https://tally.example.org").unwrap();
        Message::of(&observation.report, &notice, Some(&dashboard), at("2020-11-24T23:04:00Z"))
    }

    #[test]
    fn a_letter_says_what_a_person_needs() {
        let held = Observation::of_run(&run("held", &[("held", 7)], 0, 0), true);
        let letter = letter(&message(&held, Standing::Begun, 0));
        assert_eq!(letter.subject, "Tally: weekly has values that wait");
        insta::assert_snapshot!(letter.text);
    }

    #[test]
    fn a_report_that_is_overdue_says_since_when() {
        let (due_at, deadline) = (at("2020-11-23T23:00:00Z"), at("2020-11-24T11:00:00Z"));
        let overdue = Overdue { due_at, deadline, last_success: None };
        let observation = Observation::of_deadline("weekly", Some(overdue));
        let letter = letter(&message(&observation, Standing::Continuing, 0));
        assert_eq!(letter.subject, "Tally: still: weekly is overdue");
        insta::assert_snapshot!(letter.text);
    }

    #[test]
    fn no_message_repeats_what_came_from_outside() {
        let partial = Observation::of_run(&run("partial", &[("held", 1), ("drifted", 2)], 3, 1), true);
        let error = Error::new(ErrorKind::Dhis2, "DHIS2: CANARY").advice("CANARY").coded(Code::Dhis2Failed);
        let failed = Observation::of_error("weekly", &error);
        for (observation, n) in [(&partial, 0), (&partial, 1), (&partial, 2), (&failed, 0)] {
            for standing in [Standing::Begun, Standing::Continuing, Standing::Resolved] {
                let message = message(observation, standing, n);
                let Letter { id, subject, text } = letter(&message);
                let all = format!("{id}{subject}{text}{}", serde_json::to_string(&message).unwrap());
                assert!(!all.contains("CANARY"), "{all}");
                assert!(all.contains("weekly"), "{all}");
            }
        }
    }

    #[test]
    fn the_id_stays_with_the_message_and_no_other_has_it() {
        let held = Observation::of_run(&run("held", &[("held", 7)], 0, 0), true);
        let id = |standing| message(&held, standing, 0).id;
        assert_eq!(id(Standing::Begun), id(Standing::Begun));
        assert_ne!(id(Standing::Begun), id(Standing::Resolved));
        assert_eq!(id(Standing::Begun).len(), 32);
    }

    #[test]
    fn a_subject_stays_short() {
        let error = Error::new(ErrorKind::Dhis2, "x");
        let long = Observation::of_error(&"é".repeat(300), &error);
        let subject = letter(&message(&long, Standing::Resolved, 0)).subject;
        assert!(subject.chars().count() < 70 && subject.contains('…'), "{subject}");
    }
}
