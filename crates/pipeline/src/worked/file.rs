//! The file of examples.

use crate::config::problem::{Problem, SourceText, read_text};
use epi::record::Record;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;

/// Some hundred examples of some records each; a larger file is another one.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The examples of a file.
#[derive(Clone, Debug)]
pub struct Examples {
    source: SourceText,
    /// In the order of the file.
    pub examples: Vec<Example>,
}

/// Some records and what is expected of them.
#[derive(Clone, Debug)]
pub struct Example {
    /// What it shows, in a sentence.
    pub title: String,
    /// The report; none where there is only one.
    pub report: Option<String>,
    /// The day on which it is computed.
    pub today: Date,
    /// First period; none: as on that day.
    pub from: Option<String>,
    /// Last period.
    pub to: Option<String>,
    /// The records.
    pub records: Vec<Record>,
    /// The values of the indicators that it speaks of: these and no others.
    pub expected: Vec<Expected>,
    /// Indicators for which nothing of it counts.
    pub nothing_of: Vec<String>,
    at: Range<usize>,
}

impl Example {
    /// Codes of the indicators that it speaks of.
    pub fn indicators(&self) -> impl Iterator<Item = &str> {
        self.expected
            .iter()
            .map(|expected| expected.indicator.as_str())
            .chain(self.nothing_of.iter().map(String::as_str))
    }
}

/// A value that is expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Code of the indicator.
    pub indicator: String,
    /// Period.
    pub period: String,
    /// Organisation unit, as the map of places names it.
    pub org_unit: String,
    /// The group of each dimension of the indicator.
    #[serde(default)]
    pub groups: BTreeMap<String, String>,
    /// The value.
    #[serde(deserialize_with = "number")]
    pub value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    example: Vec<Spanned<RawExample>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExample {
    title: String,
    report: Option<String>,
    today: toml::value::Datetime,
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    record: Vec<Spanned<toml::Table>>,
    #[serde(default)]
    expect: Vec<Expected>,
    #[serde(default)]
    nothing_of: Vec<String>,
}

/// Reads a file of examples.
///
/// # Errors
/// Everything that is wrong in it, each at its place.
pub fn read(path: &Path) -> Result<Examples, Vec<Problem>> {
    let text = read_text(path, FILE_BYTES_MAX).map_err(|(reason, advice)| {
        let message = format!("the examples `{}` cannot be read: {reason}", path.display());
        vec![Problem::new(message).advice(advice.unwrap_or("Name a file of examples with --examples."))]
    })?;
    of_text(path, &text)
}

fn of_text(path: &Path, text: &str) -> Result<Examples, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = SourceText::new(path, text);
    let raw: RawFile = toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        vec![Problem::at(&source, span, error.message().to_owned())]
    })?;
    let (mut examples, mut problems) = (Vec::new(), Vec::new());
    for raw in raw.example {
        let at = heading(text, raw.span());
        match example(&source, raw.into_inner(), at) {
            Ok(example) => examples.push(example),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() && examples.is_empty() {
        let advice = "Begin one with [[example]], a title, a day (`today`), [[example.record]] and [[example.expect]].";
        problems.push(Problem::of(&source, "the file has no example").advice(advice));
    }
    if problems.is_empty() { Ok(Examples { source, examples }) } else { Err(problems) }
}

fn example(source: &SourceText, raw: RawExample, at: Range<usize>) -> Result<Example, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut records: Vec<Record> = Vec::new();
    for table in raw.record {
        let span = heading(&source.text, table.span());
        match record(table.into_inner()) {
            Ok(record) if records.iter().any(|known| known.id() == record.id()) => {
                problems.push(Problem::at(source, span, format!("two records have the id `{}`", record.id())));
            }
            Ok(record) => records.push(record),
            Err((message, advice)) => problems.push(Problem::at(source, span, message).advice(advice)),
        }
    }
    let today = raw.today.to_string().parse();
    if today.is_err() {
        problems.push(Problem::at(source, at.clone(), "`today` is no day such as 2026-01-31"));
    }
    if records.is_empty() {
        problems.push(Problem::at(source, at.clone(), "the example has no records").advice("Add [[example.record]]."));
    }
    if raw.expect.is_empty() && raw.nothing_of.is_empty() {
        let problem = Problem::at(source, at.clone(), "the example expects nothing");
        problems.push(problem.advice("Add [[example.expect]], or `nothing_of` with the codes of indicators."));
    }
    let Ok(today) = today else { return Err(problems) };
    if !problems.is_empty() {
        return Err(problems);
    }
    let (title, report, from, to) = (raw.title, raw.report, raw.from, raw.to);
    Ok(Example { title, report, today, from, to, records, expected: raw.expect, nothing_of: raw.nothing_of, at })
}

/// A record from its table; or what is wrong with it and what to do.
fn record(mut table: toml::Table) -> Result<Record, (String, String)> {
    const KINDS: [&str; 7] =
        ["case", "contact", "contact_of_contact", "follow_up", "lab_result", "relationship", "event"];
    let of = match table.remove("of") {
        None => "case".to_owned(),
        Some(toml::Value::String(of)) => of,
        Some(_) => return Err(("`of` is a kind of record".to_owned(), format!("One of: {}.", KINDS.join(", ")))),
    };
    if !KINDS.contains(&of.as_str()) {
        return Err((format!("there is no kind of record `{of}`"), format!("One of: {}.", KINDS.join(", "))));
    }
    if KINDS[..3].contains(&of.as_str()) {
        table.insert("kind".to_owned(), toml::Value::String(of.clone()));
    }
    let value = json(toml::Value::Table(table));
    let read = |value| -> serde_json::Result<Record> {
        Ok(match of.as_str() {
            "follow_up" => Record::FollowUp(serde_json::from_value(value)?),
            "lab_result" => Record::LabResult(serde_json::from_value(value)?),
            "relationship" => Record::Relationship(serde_json::from_value(value)?),
            "event" => Record::Event(serde_json::from_value(value)?),
            _ => Record::Person(serde_json::from_value(value)?),
        })
    };
    let record = read(value).map_err(|error| unreadable(&error.to_string()))?;
    match record.id() {
        "" => Err(("the record has no id".to_owned(), "Give it any, such as id = \"A\".".to_owned())),
        _ => Ok(record),
    }
}

/// What is wrong with a record and what to do. serde's list of all fields is a chapter in the documentation, not a message.
fn unreadable(message: &str) -> (String, String) {
    let (short, rest) = message.split_once(", expected one of ").unwrap_or((message, ""));
    let known: Vec<&str> = rest.split(", ").map(|name| name.trim_matches('`')).collect();
    let near = short.split('`').nth(1).and_then(|word| epi::nearest(word, &known));
    let advice = match near {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "The fields of each kind of record are in the chapter on conditions and fields.".to_owned(),
    };
    (short.to_owned(), advice)
}

/// TOML as JSON; a day becomes its text.
fn json(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::Datetime(day) => serde_json::Value::String(day.to_string()),
        toml::Value::Array(values) => values.into_iter().map(json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, json(value))).collect(),
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(truth) => truth.into(),
    }
}

/// The line of a table's heading: a whole table as the place of a problem would be a wall of text.
fn heading(text: &str, span: Range<usize>) -> Range<usize> {
    let end = text[span.start..].find('\n').map_or(text.len(), |length| span.start + length);
    span.start..end.min(span.end)
}

/// A number as DHIS2 would get it.
fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Whole(i64),
        Fraction(f64),
        Text(String),
    }
    let text = match Number::deserialize(from)? {
        Number::Whole(number) => number.to_string(),
        Number::Fraction(number) => number.to_string(),
        Number::Text(text) => text,
    };
    let number: rust_decimal::Decimal =
        text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is no number")))?;
    Ok(epi::cell::wire_text(number))
}

impl Examples {
    /// A problem at the heading of an example.
    pub fn problem(&self, example: &Example, message: impl Into<String>) -> Problem {
        Problem::at(&self.source, example.at.clone(), format!("{} (in \"{}\")", message.into(), example.title))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let problems = of_text(Path::new("tally.test.toml"), text).expect_err("the file should be refused");
        problems.iter().map(|p| format!("{}: {p}", p.location().unwrap_or_default())).collect()
    }

    #[test]
    fn every_mistake_is_told_at_its_place() {
        let text = r#"
[[example]]
title = "A"
today = 2026-01-20
[[example.record]]
id = "a"
clasification = "CONFIRMED"
[[example.record]]
of = "cases"
[[example.record]]
classification = "CONFIRMED"

[[example]]
title = "B"
today = 12:00:00
"#;
        insta::assert_snapshot!(problems(text).join("\n"), @"
        tally.test.toml:5:1: unknown field `clasification`
        tally.test.toml:8:1: there is no kind of record `cases`
        tally.test.toml:10:1: the record has no id
        tally.test.toml:2:1: the example has no records
        tally.test.toml:2:1: the example expects nothing
        tally.test.toml:13:1: `today` is no day such as 2026-01-31
        tally.test.toml:13:1: the example has no records
        tally.test.toml:13:1: the example expects nothing
        ");
        insta::assert_snapshot!(problems("").join("\n"), @"tally.test.toml: the file has no example");
        insta::assert_snapshot!(
            problems("[[example]]\ntitel = \"x\"").join("\n"),
            @"tally.test.toml:2:1: unknown field `titel`, expected one of `title`, `report`, `today`, `from`, `to`, `record`, `expect`, `nothing_of`"
        );
    }
}
