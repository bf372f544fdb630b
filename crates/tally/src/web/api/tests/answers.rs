//! What each operation answers.

use super::super::operation::Operation;
use super::super::operations::OPERATIONS;
use super::*;
use serde_json::json;
use std::collections::BTreeMap;

/// Items of a list in a snapshot: the first tell how all look.
const ITEMS_SHOWN: usize = 2;

/// What is there, by the name of the parameter that asks for it.
pub(super) async fn real(house: &House, token: &str) -> BTreeMap<&'static str, String> {
    let completeness = house.found(token, "/reports/weekly/completeness?limit=500").await;
    let units = completeness["items"].as_array().unwrap();
    let has_values = |unit: &&Value| unit["fields"][0]["n_computed"].as_u64().unwrap() > 0;
    let unit = units.iter().find(has_values).unwrap()["org_unit"].as_str().unwrap().to_owned();
    let period = completeness["periods"][0].as_str().unwrap().to_owned();
    let asked = query(&[("org_unit", &unit), ("period", &period)]);
    let values = house.found(token, &format!("/reports/weekly/values?{asked}")).await;
    let value = values["items"].as_array().unwrap().iter().find(|value| value["computed"] != "0").unwrap().clone();
    let of = |name: &str| value[name].as_str().unwrap().to_owned();
    BTreeMap::from([
        ("report", "weekly".to_owned()),
        ("run", "1".to_owned()),
        ("plan", "1".to_owned()),
        ("job", "1".to_owned()),
        ("org_unit", unit),
        ("period", period),
        ("data_element", of("data_element")),
        ("category_option_combo", of("category_option_combo")),
        ("attribute_option_combo", of("attribute_option_combo")),
    ])
}

/// The path of an operation that asks for what is there.
pub(super) fn path(operation: &Operation, real: &BTreeMap<&'static str, String>) -> String {
    let mut path = operation.path.to_owned();
    let mut asked = Vec::new();
    for parameter in operation.parameters {
        match (parameter.is_in, parameter.is_required) {
            ("path", _) => path = path.replace(&format!("{{{}}}", parameter.name), &real[parameter.name]),
            (_, true) => asked.push((parameter.name, real[parameter.name].as_str())),
            _ => {}
        }
    }
    if asked.is_empty() { path } else { format!("{path}?{}", query(&asked)) }
}

/// An answer as it stands in a snapshot: without what differs from run to run, and with the beginnings of lists.
fn shown(value: &Value, house: &House) -> Value {
    match value {
        Value::Array(items) => {
            let mut shown: Vec<Value> = items.iter().take(ITEMS_SHOWN).map(|item| shown(item, house)).collect();
            if items.len() > ITEMS_SHOWN {
                shown.push(json!(format!("... {} in all", items.len())));
            }
            Value::Array(shown)
        }
        Value::Object(members) => {
            let differs = ["secs", "hash", "version", "bytes", "requests", "turned_at"];
            let member = |(name, value): (&String, &Value)| match value {
                Value::Null => (name.clone(), Value::Null),
                value if differs.contains(&name.as_str()) && !value.is_object() => (name.clone(), json!("redacted")),
                value => (name.clone(), shown(value, house)),
            };
            members.iter().map(member).collect()
        }
        Value::String(text) => {
            let world = house.stage.world.as_ref().unwrap();
            let folder = house.stage.folder.path().display().to_string();
            let text = text.replace(world.godata.url().trim_end_matches('/'), "http://godata");
            let text = text.replace(world.dhis2_url().trim_end_matches('/'), "http://dhis2");
            json!(without_hashes(&text.replace(&folder, "folder")))
        }
        other => other.clone(),
    }
}

/// SHA-256 over what holds addresses with the ports of this run.
fn without_hashes(text: &str) -> String {
    let is_hash = |word: &str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = text.split(' ').map(|word| if is_hash(word) { "redacted" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn each_operation_answers_as_before_and_tells_no_secret_and_nothing_of_a_person() {
    let house = House::new().await;
    let token = house.token(&Right::ALL);
    let real = real(&house, &token).await;
    let mut told = Vec::new();
    for operation in OPERATIONS.iter().filter(|operation| operation.method == "get") {
        let path = path(operation, &real);
        let answer = house.found(&token, &path).await;
        let snapshot = serde_json::to_string_pretty(&shown(&answer, &house)).unwrap();
        insta::with_settings!({ description => operation.summary, omit_expression => true }, {
            insta::assert_snapshot!(operation.id, snapshot);
        });
        told.push((operation.id, answer.to_string()));
    }
    let asked = house.post(&token, "/jobs", &json!({ "job": "run", "report": "weekly" })).await;
    assert_eq!((asked.status, asked.header("location")), (StatusCode::CREATED, "/api/v1/jobs/2"));
    let seen_to = house.post(&token, "/problems/acknowledge", &problem("held")).await;
    assert_eq!((seen_to.status, seen_to.json()), (StatusCode::OK, problem("held")));
    told.extend([("ask", asked.body), ("acknowledge", seen_to.body)]);
    // Nobody else wrote anything, so that there is nothing to accept.
    let accepted = house.post(&token, "/accepted", &json!({ "run": 1 })).await;
    assert_eq!(accepted.status, StatusCode::UNPROCESSABLE_ENTITY);
    let withdrawn = house.post(&token, "/accepted/withdraw", &json!({ "report": "weekly" })).await;
    assert_eq!((withdrawn.status, withdrawn.json()), (StatusCode::OK, json!({ "n": 0 })));
    let examined = house.post(&token, "/doctor", &json!({})).await;
    assert_eq!((examined.status, &examined.json()["state"]), (StatusCode::ACCEPTED, &json!("running")));
    told.extend([("accept", accepted.body), ("withdraw", withdrawn.body), ("examine", examined.body)]);
    assert_eq!(told.len(), OPERATIONS.len());
    let description = house.get(&token, "/openapi.json").await;
    told.push(("openapi", description.body));

    let canaries = house.stage.world.as_ref().unwrap().canaries().and_tokens([token]);
    for (operation, answer) in &told {
        assert_eq!(canaries.found_in(answer.as_bytes()), None, "{operation} tells it");
    }
}

fn problem(cause: &str) -> Value {
    json!({ "report": "weekly", "event": "held", "cause": cause })
}

#[tokio::test]
async fn what_was_asked_and_seen_to_is_there_afterwards() {
    let house = House::new().await;
    let token = house.token(&Right::ALL);
    let by = house.found(&token, "/visitor").await["name"].as_str().unwrap().to_owned();
    let asked = house.post(&token, "/jobs", &json!({ "job": "run", "report": "weekly", "full": true })).await;
    let job = asked.json();
    let found = house.found(&token, asked.header("location").trim_start_matches("/api/v1")).await;
    assert_eq!((&job, &job["state"], &job["by"]), (&found, &json!("asked"), &json!(format!("dashboard: {by}"))));
    let again = house.post(&token, "/jobs", &json!({ "job": "run", "report": "weekly", "full": true })).await;
    assert_eq!(again.status, 409);
    assert!(again.problem()["detail"].as_str().unwrap().ends_with("job 2"));

    assert_eq!(house.found(&token, "/reports/weekly").await["n_open_problems"], 1);
    assert_eq!(house.post(&token, "/problems/acknowledge", &problem("held")).await.status, 200);
    assert_eq!(house.post(&token, "/problems/acknowledge", &problem("held")).await.status, 404);
    let problems = house.found(&token, "/problems").await;
    assert_eq!(problems["items"][0]["acknowledged_by"], format!("dashboard: {by}"));
    assert_eq!(house.found(&token, "/reports/weekly").await["n_open_problems"], 0);
    let newest = &house.found(&token, "/audit?limit=1").await["items"][0];
    assert_eq!(newest["actor"], format!("dashboard: {by}"));
}

#[tokio::test]
async fn lists_are_read_to_their_ends_without_gaps_or_doubles() {
    let house = House::new().await;
    for _ in 0..3 {
        house.plan().await;
    }
    for week in ["2020W9", "2020W10", "2020W11"] {
        house.enter(Job::Run { report: "weekly".into(), from: Some(week.into()), to: Some(week.into()), full: false });
    }
    let token = house.token(&Right::ALL);
    for (list, number) in
        [("/runs", "run"), ("/runs?report=weekly", "run"), ("/jobs", "job"), ("/plans", "plan"), ("/audit", "entry")]
    {
        let with = |more: String| if list.contains('?') { format!("{list}&{more}") } else { format!("{list}?{more}") };
        let whole = house.found(&token, &with("limit=500".into())).await["items"].clone();
        let numbers: Vec<i64> = whole.as_array().unwrap().iter().map(|item| item[number].as_i64().unwrap()).collect();
        assert!(numbers.is_sorted_by(|a, b| a > b) && !numbers.is_empty(), "{list}: {numbers:?}");
        for limit in [1, 2] {
            let (mut seen, mut before) = (Vec::new(), String::new());
            loop {
                let part = house.found(&token, &with(format!("limit={limit}{before}"))).await;
                let items = part["items"].as_array().unwrap().clone();
                assert!(items.len() <= limit);
                seen.extend(items);
                let Some(next) = part["next_before"].as_i64() else { break };
                before = format!("&before={next}");
            }
            assert_eq!(json!(seen), whole, "{list} by {limit}");
        }
    }
    let real = real(&house, &token).await;
    for id in ["completeness", "values", "records", "run_changes", "plan_changes", "places"] {
        let operation = OPERATIONS.iter().find(|operation| operation.id == id).unwrap();
        let path = path(operation, &real);
        let with = |more: String| if path.contains('?') { format!("{path}&{more}") } else { format!("{path}?{more}") };
        let whole = house.found(&token, &with("limit=500".into())).await;
        let (whole, n) = (whole["items"].as_array().unwrap().clone(), whole["n"].as_u64().unwrap());
        let step = (whole.len() / 3).max(1);
        let (mut seen, mut from) = (Vec::new(), Some(0));
        while let Some(at) = from.filter(|at| *at < 500) {
            let limit = step.min(500 - at as usize);
            let part = house.found(&token, &with(format!("from={at}&limit={limit}"))).await;
            assert_eq!(part["n"], n);
            seen.extend(part["items"].as_array().unwrap().clone());
            from = part["next_from"].as_u64();
        }
        assert_eq!(seen, whole, "{id}");
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let house = House::new().await;
    let token = house.token(&Right::ALL);
    let real = real(&house, &token).await;
    for operation in OPERATIONS.iter().filter(|operation| operation.method == "get") {
        let path = path(operation, &real);
        let first = house.get(&token, &path).await;
        assert!(first.header("etag").starts_with("W/\""), "{path}");
        assert_eq!(first.header("content-type"), "application/json");
        let again = house.ask(Ask::get(&path).token(&token).header("if-none-match", first.header("etag"))).await;
        assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), first.header("etag"));
    }
    let tag = house.get(&token, "/runs").await.header("etag").to_owned();
    house.stage.run().await;
    let changed = house.ask(Ask::get("/runs").token(&token).header("if-none-match", &tag)).await;
    assert_eq!((changed.status.as_u16(), changed.json()["items"][0]["run"].as_i64()), (200, Some(4)));
}
