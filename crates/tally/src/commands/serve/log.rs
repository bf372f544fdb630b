//! What the daemon tells: a line on stderr for each event, for people as `key=value`, for programs as JSON.

use crate::cli::{Cli, Output};
use jiff::Timestamp;
use pipeline::clock;
use pipeline::daemon::Event;
use pipeline::progress::{Progress, Step};
use pipeline::store::RunId;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// The log of a daemon.
#[derive(Clone, Debug)]
pub(super) struct Log {
    json: bool,
    quiet: bool,
}

impl Log {
    /// The form that the command line asks for.
    pub(super) fn new(cli: &Cli) -> Self {
        Self { json: cli.output == Output::Json, quiet: cli.quiet }
    }

    /// Writes an event.
    pub(super) fn event(&self, event: &Event) {
        if self.quiet && !event.is_trouble() {
            return;
        }
        if let Ok(Value::Object(fields)) = serde_json::to_value(event) {
            self.line(fields);
        }
    }

    /// Says something that goes well.
    pub(super) fn say(&self, fields: Value) {
        if !self.quiet {
            self.trouble(fields);
        }
    }

    /// Says something at which somebody should look.
    pub(super) fn trouble(&self, fields: Value) {
        if let Value::Object(fields) = fields {
            self.line(fields);
        }
    }

    /// What listens to the run of a report.
    pub(super) fn of_run(&self, report: &str) -> OfRun {
        OfRun { log: self.clone(), report: report.to_owned(), run: OnceLock::new() }
    }

    fn line(&self, fields: Map<String, Value>) {
        eprintln!("{}", line(clock::now(), fields, self.json));
    }
}

/// The log of a run.
#[derive(Debug)]
pub(super) struct OfRun {
    log: Log,
    report: String,
    /// Its number in the history, once it has one.
    run: OnceLock<i64>,
}

impl Progress for OfRun {
    fn entered(&self, run: RunId) {
        // A listener hears one run.
        let _ = self.run.set(run.0);
    }

    fn begin(&self, _: Step, _: Option<u64>) {}

    fn advance(&self, _: Step, _: u64) {}

    fn end(&self, step: Step, summary: &str) {
        let (report, run) = (&self.report, self.run.get());
        self.log.say(json!({ "event": "step", "report": report, "run": run, "step": step.name(), "summary": summary }));
    }

    fn warn(&self, message: &str) {
        let (report, run) = (&self.report, self.run.get());
        self.log.trouble(json!({ "event": "warning", "report": report, "run": run, "message": message }));
    }
}

/// A line: the time, the event, and what it says, in that order.
fn line(at: Timestamp, mut fields: Map<String, Value>, as_json: bool) -> String {
    let event = fields.remove("event").unwrap_or_default();
    let at = at.round(jiff::Unit::Second).unwrap_or(at).to_string();
    if as_json {
        let mut whole = Map::from_iter([("at".to_owned(), Value::from(at)), ("event".to_owned(), event)]);
        whole.extend(fields);
        return Value::Object(whole).to_string();
    }
    let mut text = format!("at={at} event={}", word(&event));
    fields.iter().for_each(|(key, value)| add(&mut text, key, value));
    text
}

/// Adds a field; those of a table stand by themselves.
fn add(text: &mut String, key: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(fields) => fields.iter().for_each(|(key, value)| add(text, key, value)),
        Value::Array(items) => items.iter().for_each(|item| add(text, key, item)),
        value => {
            text.push_str(&format!(" {key}={}", word(value)));
        }
    }
}

/// A value as it stands in a line: quoted if it is more than a word, so that nothing in it can pass for another field or line.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:+/".contains(c);
            if !text.is_empty() && text.chars().all(plain) { text.clone() } else { value.to_string() }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_when_what_and_the_rest() {
        let fields = || match json!({
            "event": "failed", "report": "a b\nevent=ran", "n": 2, "run": null,
            "why": { "code": "configuration", "problems": ["one", "the other"] },
        }) {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let at = "2026-03-02T23:00:00.4Z".parse().unwrap();
        assert_eq!(
            line(at, fields(), false),
            r#"at=2026-03-02T23:00:00Z event=failed n=2 report="a b\nevent=ran" code=configuration problems=one problems="the other""#
        );
        let told: Value = serde_json::from_str(&line(at, fields(), true)).unwrap();
        assert_eq!((&told["at"], &told["why"]["problems"][1]), (&json!("2026-03-02T23:00:00Z"), &json!("the other")));
    }
}
