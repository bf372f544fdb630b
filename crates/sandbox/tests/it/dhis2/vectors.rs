//! The table of vectors in `tests/vectors/`: what DHIS2 answers to a payload and what it holds afterwards.
//!
//! A vector names its rule in `why`, with the section of the reference it was written from. `@words` are the names of
//! `names.json`; `{0}`, `{1}` … are the columns of an `each`, which makes a case of every row. `expect` has an entry for
//! each importer (`row` up to 2.42, `group` from 2.43) or for single releases; what it leaves out is zero or empty.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use reqwest::Method;
use sandbox::dhis2::{Completion, InputPeriod, Metadata, User, ValueKey};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{COUNTRY, DEFAULT, Sandbox, sandbox};

/// The releases that each importer is asked in.
const ROW: [&str; 3] = ["2.38.1", "2.40.0", "2.42.1"];
const GROUP: [&str; 1] = ["2.43.2"];

/// Fewer would mean that a file was not read.
const N_CASES_MIN: usize = 1_000;

/// A rule and what to ask for it: the members of the file are those of the case and of its request.
struct Vector {
    case: Case,
    sent: Sent,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    why: String,
    #[serde(default)]
    given: Given,
    /// Values that stand in DHIS2 before: `element period unit [combo[/attribute]] = value`.
    #[serde(default)]
    stored: Vec<String>,
    /// The same, soft-deleted.
    #[serde(default)]
    soft_deleted: Vec<String>,
    /// Requests before the one that is judged.
    #[serde(default)]
    before: Vec<Sent>,
    expect: BTreeMap<String, Expected>,
}

/// The members of a case in the file; all others are its request's. `each` is spent before the case is read.
const MEMBERS: [&str; 8] = ["name", "why", "each", "given", "stored", "softDeleted", "before", "expect"];

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sent {
    #[serde(default = "post")]
    method: String,
    #[serde(default = "values_path")]
    path: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    body: Option<Value>,
    /// A body that is no JSON.
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    gzip: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Given {
    now: Option<String>,
    data_sets: BTreeMap<String, GivenDataSet>,
    data_elements: BTreeMap<String, GivenDataElement>,
    category_options: BTreeMap<String, GivenCategoryOption>,
    org_units: BTreeMap<String, GivenOrgUnit>,
    user: GivenUser,
    locked: Vec<String>,
    lock_exceptions: Vec<String>,
    approved: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct GivenDataSet {
    period_type: Option<String>,
    expiry_days: Option<i64>,
    open_future_periods: Option<u32>,
    data_write: Option<bool>,
    category_combo: Option<String>,
    no_value_requires_comment: Option<bool>,
    input_periods: Vec<GivenInputPeriod>,
    unassigned: Vec<String>,
    without_data_elements: Vec<String>,
    with_data_elements: Vec<String>,
    combo_overrides: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GivenInputPeriod {
    period: String,
    opening: Option<jiff::Timestamp>,
    closing: Option<jiff::Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct GivenDataElement {
    value_type: Option<String>,
    aggregation_type: Option<String>,
    zero_is_significant: Option<bool>,
    option_set: Option<String>,
    comment_option_set: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct GivenCategoryOption {
    data_write: Option<bool>,
    start_date: Option<Date>,
    end_date: Option<Date>,
    org_units: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct GivenOrgUnit {
    opening_date: Option<Date>,
    closed_date: Option<Date>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct GivenUser {
    org_units: Option<Vec<String>>,
    also_may: Vec<String>,
    may_only: Option<Vec<String>>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    http: u16,
    /// Of the wrapping message; `null` where there is none.
    #[serde(default)]
    status: Option<String>,
    /// Of the import summary, if it is not the wrapping one's.
    #[serde(default)]
    summary_status: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    counts: Counts,
    /// In order. Members that are named must be so, `null` means absent; others may be anything.
    #[serde(default)]
    conflicts: Vec<Map<String, Value>>,
    #[serde(default)]
    rejected: Vec<u64>,
    #[serde(default)]
    data_set_complete: Option<String>,
    /// The answer has no import summary: a refusal before the import.
    #[serde(default)]
    no_summary: bool,
    /// The live values afterwards, all of them.
    #[serde(default)]
    values: Vec<String>,
    /// The soft-deleted rows afterwards, all of them.
    #[serde(default)]
    deleted: Vec<String>,
    /// Further members of rows, by key, as they are read back.
    #[serde(default)]
    rows: BTreeMap<String, Map<String, Value>>,
    /// `set period unit combo: date`, with `(not completed)` where so.
    #[serde(default)]
    completions: Vec<String>,
}

#[derive(Clone, Copy, Default, Deserialize, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
struct Counts {
    imported: u64,
    updated: u64,
    ignored: u64,
    deleted: u64,
}

fn post() -> String {
    "POST".to_owned()
}

fn values_path() -> String {
    "/api/dataValueSets".to_owned()
}

#[tokio::test]
async fn dhis2_answers_as_the_table_says() {
    let vectors = read();
    let mut failures = Vec::new();
    let mut n_cases = 0;
    for vector in &vectors {
        let case = &vector.case;
        assert!(case.why.contains('('), "`{}` does not say where its rule comes from", case.name);
        for (releases, expected) in &case.expect {
            for version in versions(releases) {
                n_cases += 1;
                if let Err(difference) = judge(vector, version, expected).await {
                    failures.push(format!("{} [{version}]\n  why: {}\n{difference}", case.name, case.why));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {n_cases} cases:\n\n{}", failures.len(), failures.join("\n\n"));
    assert!(n_cases >= N_CASES_MIN, "only {n_cases} cases");
}

fn versions(releases: &str) -> Vec<&str> {
    match releases {
        "row" => ROW.to_vec(),
        "group" => GROUP.to_vec(),
        listed => listed.split(", ").collect(),
    }
}

/// Every vector of every file, an `each` spread out.
fn read() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let names: BTreeMap<String, String> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("names.json")).unwrap()).unwrap();
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "json") && !path.ends_with("names.json"));
    files.sort();
    let mut vectors = Vec::new();
    let mut seen = BTreeSet::new();
    for path in files {
        let mut text = std::fs::read_to_string(&path).unwrap();
        // Longer names first, so that none is taken for the beginning of another.
        let mut longest: Vec<_> = names.iter().collect();
        longest.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, uid) in longest {
            text = text.replace(&format!("@{name}"), uid);
        }
        let entries: Vec<Value> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for entry in entries {
            for case in spread(&entry) {
                let name = case["name"].to_string();
                let vector = vector(case).unwrap_or_else(|error| panic!("{} {name}: {error}", path.display()));
                assert!(seen.insert(name.clone()), "two vectors are called {name}");
                vectors.push(vector);
            }
        }
    }
    vectors
}

fn vector(entry: Value) -> Result<Vector, serde_json::Error> {
    let mut members: Map<String, Value> = serde_json::from_value(entry)?;
    let of_case = MEMBERS.iter().filter_map(|name| Some(((*name).to_owned(), members.remove(*name)?))).collect();
    Ok(Vector {
        case: serde_json::from_value(Value::Object(of_case))?,
        sent: serde_json::from_value(Value::Object(members))?,
    })
}

/// One case for each row of `each`, its columns put in.
fn spread(entry: &Value) -> Vec<Value> {
    let Some(rows) = entry.get("each").and_then(Value::as_array) else {
        return vec![entry.clone()];
    };
    let text = entry.to_string();
    let case = |row: &Value| {
        let columns = match row {
            Value::Array(columns) => columns.clone(),
            single => vec![single.clone()],
        };
        let filled = columns.iter().enumerate().fold(text.clone(), |text, (n, column)| {
            let column = column.as_str().map_or_else(|| column.to_string(), str::to_owned);
            // The column stands within a JSON string.
            let column = Value::String(column).to_string();
            text.replace(&format!("{{{n}}}"), &column[1..column.len() - 1])
        });
        let mut case: Value = serde_json::from_str(&filled).unwrap();
        case["name"] = json!(format!("{} {row}", case["name"].as_str().unwrap()));
        case
    };
    rows.iter().map(case).collect()
}

async fn judge(vector: &Vector, version: &str, expected: &Expected) -> Result<(), String> {
    let sandbox = sandbox(version).await;
    arrange(&sandbox, &vector.case);
    for sent in &vector.case.before {
        send(&sandbox, sent).await;
    }
    let (http, answer) = send(&sandbox, &vector.sent).await;
    let mut found = Differences::default();
    found.compare("http", http, expected.http);
    if !expected.no_summary {
        answered(&mut found, &answer, expected);
    } else if answer.get("response").is_some() {
        found.compare("summary", true, false);
    }
    if let Some(status) = &expected.status {
        found.compare("status", answer["status"].as_str(), Some(status.as_str()));
    }
    if let Some(message) = &expected.message {
        let said = answer["message"].as_str().unwrap_or_default();
        if !said.starts_with(message.as_str()) {
            found.compare("message", said, message);
        }
    }
    at_rest(&mut found, &sandbox, expected).await;
    found.none().map_err(|text| format!("{text}  answer: {answer}"))
}

fn answered(found: &mut Differences, answer: &Value, expected: &Expected) {
    // Before 2.38, and of an asynchronous import, the summary is bare.
    let summary = answer.get("response").unwrap_or(answer);
    let count = |name: &str| summary["importCount"][name].as_u64().unwrap_or(u64::MAX);
    let counts = Counts {
        imported: count("imported"),
        updated: count("updated"),
        ignored: count("ignored"),
        deleted: count("deleted"),
    };
    found.compare("counts", counts, expected.counts);
    if let Some(status) = &expected.summary_status {
        found.compare("summary status", summary["status"].as_str(), Some(status.as_str()));
    }
    if let Some(description) = &expected.description {
        found.compare("description", summary["description"].as_str(), Some(description.as_str()));
    }
    if let Some(date) = &expected.data_set_complete {
        found.compare("dataSetComplete", summary["dataSetComplete"].as_str(), Some(date.as_str()));
    }
    found.compare("rejectedIndexes", &summary["rejectedIndexes"], &json!(expected.rejected));
    let conflicts = summary["conflicts"].as_array().cloned().unwrap_or_default();
    let as_expected = conflicts.len() == expected.conflicts.len()
        && conflicts.iter().zip(&expected.conflicts).all(|(conflict, expected)| is_like(conflict, expected));
    if !as_expected {
        found.compare("conflicts", json!(conflicts), json!(expected.conflicts));
    }
}

/// Whether the members that are named are so.
fn is_like(found: &Value, expected: &Map<String, Value>) -> bool {
    expected.iter().all(|(name, value)| found.get(name).unwrap_or(&Value::Null) == value)
}

/// What stands in DHIS2 afterwards, read over HTTP by somebody who may see everything.
async fn at_rest(found: &mut Differences, sandbox: &Sandbox, expected: &Expected) {
    let elements: Vec<String> =
        sandbox.state.edit(|m| m.data_elements.iter().map(|e| format!("dataElement={}", e.uid)).collect());
    let path = format!(
        "/api/dataValueSets?{}&lastUpdated=2000-01-01&orgUnit={COUNTRY}&children=true&includeDeleted=true",
        elements.join("&")
    );
    let url = format!("{}{path}", sandbox.running.url());
    let response = sandbox.http.get(url).basic_auth("auditor", Some("auditor")).send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    let mut rows: BTreeMap<String, &Value> = BTreeMap::new();
    let (mut live, mut deleted) = (Vec::new(), Vec::new());
    for row in body["dataValues"].as_array().unwrap() {
        let text = |name: &str| row.get(name).or(body.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned();
        let parts = ["dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo"].map(text);
        let [element, period, unit, combo, attribute] = parts;
        let key = spelt(&(element, period, unit, combo, attribute));
        if row["deleted"] == true {
            deleted.push(key.clone());
        } else {
            live.push(format!("{key} = {}", row["value"].as_str().unwrap_or("null")));
        }
        rows.insert(key, row);
    }
    found.compare("values", sorted(live), sorted(expected.values.clone()));
    found.compare("soft-deleted", sorted(deleted), sorted(expected.deleted.clone()));
    for (key, members) in &expected.rows {
        match rows.get(key) {
            Some(row) if is_like(row, members) => {}
            row => found.compare(key, json!(row), json!(members)),
        }
    }
    let completions = sandbox.state.completions().into_iter().map(completion).collect();
    found.compare("completions", sorted(completions), sorted(expected.completions.clone()));
}

fn completion(((set, period, unit, combo), completion): ((String, String, String, String), Completion)) -> String {
    let undone = if completion.completed { "" } else { " (not completed)" };
    format!("{set} {period} {unit} {combo}: {}{undone}", completion.date)
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// `element period unit`, and the combos where they are not the default.
fn spelt((element, period, unit, combo, attribute): &ValueKey) -> String {
    let combos = match (combo.as_str(), attribute.as_str()) {
        (DEFAULT, DEFAULT) => String::new(),
        (combo, DEFAULT) => format!(" {combo}"),
        (combo, attribute) => format!(" {combo}/{attribute}"),
    };
    format!("{element} {period} {unit}{combos}")
}

/// Reads what [`spelt`] wrote, with ` = value` behind it.
fn cell(line: &str) -> (ValueKey, String) {
    let (key, value) = line.split_once(" = ").unwrap_or_else(|| panic!("`{line}` has no value"));
    let words: Vec<&str> = key.split(' ').collect();
    let (combo, attribute) = match words.get(3) {
        None => (DEFAULT, DEFAULT),
        Some(combos) => combos.split_once('/').unwrap_or((combos, DEFAULT)),
    };
    let [element, period, unit] = [words[0], words[1], words[2]].map(str::to_owned);
    ((element, period, unit, combo.to_owned(), attribute.to_owned()), value.to_owned())
}

async fn send(sandbox: &Sandbox, sent: &Sent) -> (u16, Value) {
    let body = match (&sent.body, &sent.text) {
        (Some(body), _) => body.to_string().into_bytes(),
        (None, text) => text.clone().unwrap_or_default().into_bytes(),
    };
    let body = if sent.gzip {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&body).unwrap();
        encoder.finish().unwrap()
    } else {
        body
    };
    let url = format!("{}{}{}", sandbox.running.url(), sent.path, sent.query);
    let request = sandbox.http.request(Method::from_bytes(sent.method.as_bytes()).unwrap(), url);
    let request = request.basic_auth("tally", Some("district"));
    let content_type = sent.content_type.as_deref().unwrap_or("application/json");
    let response = request.header("Content-Type", content_type).body(body).send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    match answer["response"]["relativeNotifierEndpoint"].as_str() {
        Some(endpoint) => {
            sandbox.state.finish_jobs();
            sandbox.get(&endpoint.replace("/tasks/", "/taskSummaries/")).await
        }
        None => (status, answer),
    }
}

fn arrange(sandbox: &Sandbox, case: &Case) {
    let state = &sandbox.state;
    for line in &case.stored {
        let (key, value) = cell(line);
        state.set_value(&key, Some(&value));
    }
    for line in &case.soft_deleted {
        let (key, value) = cell(line);
        state.set_value(&key, Some(&value));
        state.set_value(&key, None);
    }
    let given = &case.given;
    if let Some(now) = &given.now {
        sandbox.set_now(now);
    }
    state.edit(|metadata| alter(metadata, given));
    let each = |slices: &[String], apply: &dyn Fn(&str, &str, &str)| {
        for slice in slices {
            let words: Vec<&str> = slice.split(' ').collect();
            apply(words[0], words[1], words[2]);
        }
    };
    each(&given.locked, &|set, period, unit| state.lock_slice(set, period, unit));
    each(&given.lock_exceptions, &|set, period, unit| state.grant_lock_exception(set, period, unit));
    each(&given.approved, &|set, period, unit| state.approve(set, period, unit));
}

fn alter(metadata: &mut Metadata, given: &Given) {
    for (uid, change) in &given.data_sets {
        alter_data_set(metadata, uid, change);
    }
    for (uid, change) in &given.data_elements {
        let element = metadata.data_element_mut(uid);
        set(&mut element.value_type, change.value_type.as_ref());
        set(&mut element.aggregation_type, change.aggregation_type.as_ref());
        set(&mut element.zero_is_significant, change.zero_is_significant.as_ref());
        element.option_set = change.option_set.clone().or(element.option_set.take());
        element.comment_option_set = change.comment_option_set.clone().or(element.comment_option_set.take());
    }
    for (uid, change) in &given.category_options {
        let option = metadata.category_option_mut(uid);
        set(&mut option.data_write, change.data_write.as_ref());
        option.start_date = change.start_date.or(option.start_date);
        option.end_date = change.end_date.or(option.end_date);
        option.org_units.extend(change.org_units.iter().cloned());
    }
    for (uid, change) in &given.org_units {
        let unit = metadata.org_unit_mut(uid);
        set(&mut unit.opening_date, change.opening_date.as_ref());
        unit.closed_date = change.closed_date.or(unit.closed_date);
    }
    let user = &mut metadata.users[0];
    set(&mut user.org_units, given.user.org_units.as_ref());
    if let Some(authorities) = &given.user.may_only {
        user.authorities = authorities.iter().cloned().collect();
    }
    user.authorities.extend(given.user.also_may.iter().cloned());
    metadata.users.push(User {
        uid: "auditor0001".to_owned(),
        username: "auditor".to_owned(),
        password: "auditor".to_owned(),
        tokens: BTreeSet::new(),
        authorities: BTreeSet::from(["ALL".to_owned()]),
        org_units: vec![COUNTRY.to_owned()],
        two_factor: false,
        disabled: false,
    });
}

fn alter_data_set(metadata: &mut Metadata, uid: &str, change: &GivenDataSet) {
    let data_set = metadata.data_set_mut(uid);
    set(&mut data_set.period_type, change.period_type.as_ref());
    set(&mut data_set.expiry_days, change.expiry_days.as_ref());
    set(&mut data_set.open_future_periods, change.open_future_periods.as_ref());
    set(&mut data_set.data_write, change.data_write.as_ref());
    set(&mut data_set.category_combo, change.category_combo.as_ref());
    set(&mut data_set.no_value_requires_comment, change.no_value_requires_comment.as_ref());
    data_set.input_periods.extend(change.input_periods.iter().map(|entry| InputPeriod {
        period: entry.period.clone(),
        opening: entry.opening,
        closing: entry.closing,
    }));
    data_set.org_units.retain(|unit| !change.unassigned.contains(unit));
    data_set.data_elements.retain(|element| !change.without_data_elements.contains(element));
    data_set.data_elements.extend(change.with_data_elements.iter().cloned());
    data_set.combo_overrides.extend(change.combo_overrides.clone());
}

fn set<T: Clone>(target: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        target.clone_from(value);
    }
}

/// What is not as the table says.
#[derive(Default)]
struct Differences(String);

impl Differences {
    fn compare<T: std::fmt::Debug + PartialEq<U>, U: std::fmt::Debug>(&mut self, what: &str, found: T, expected: U) {
        if found != expected {
            use std::fmt::Write as _;
            writeln!(self.0, "  {what}: found {found:?}, expected {expected:?}").unwrap();
        }
    }

    fn none(self) -> Result<(), String> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}
