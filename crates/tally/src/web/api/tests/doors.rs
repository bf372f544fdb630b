//! Who is let in, and to what.

use super::super::operations::OPERATIONS;
use super::answers::{path, real};
use super::*;
use serde_json::json;

#[tokio::test]
async fn a_token_is_good_for_its_scopes() {
    let house = House::new().await;
    let all = house.token(&Right::ALL);
    let real = real(&house, &all).await;
    let sets: Vec<Vec<Right>> = (1..32_usize)
        .map(|set| {
            Right::ALL.into_iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, right)| right).collect()
        })
        .collect();
    for scopes in sets {
        let token = house.token(&scopes);
        for operation in OPERATIONS.iter().filter(|operation| operation.id != "records" || scopes.len() > 3) {
            let answer = match operation.method {
                "get" => house.get(&token, &path(operation, &real)).await,
                // What is not there: nothing is done.
                _ => {
                    house
                        .post(
                            &token,
                            operation.path,
                            &json!({ "job": "run", "report": "none", "event": "x", "cause": "x" }),
                        )
                        .await
                }
            };
            let has = |right: &Right| scopes.contains(right);
            let may = match operation.id {
                // Who may decide is told what is wrong with the question.
                "ask" => has(&Right::Run) || has(&Right::Decide),
                _ => operation.rights.iter().all(has),
            };
            assert_eq!(answer.status != 403, may, "{} with {scopes:?}: {}", operation.id, answer.body);
            if !may {
                assert_eq!(answer.problem()["type"], "urn:tally:scope");
                assert!(answer.header("www-authenticate").contains("insufficient_scope"));
            }
        }
    }
}

#[tokio::test]
async fn each_kind_of_job_needs_its_own_right() {
    let house = House::new().await;
    let kinds = [
        (json!({ "job": "run", "report": "weekly" }), Right::Run),
        (json!({ "job": "plan", "report": "weekly" }), Right::Run),
        (json!({ "job": "apply", "plan": 1 }), Right::Decide),
        (json!({ "job": "discard", "plan": 1 }), Right::Decide),
        (json!({ "job": "release", "report": "weekly" }), Right::Decide),
        (json!({ "job": "overwrite_drift", "report": "weekly" }), Right::Decide),
    ];
    // The page of a viewer who signed in has a form too: that of signing out.
    let (cookie, ours) = (house.signed_in("vera").await, format!("http://{HERE}"));
    let csrf = csrf_of(&house.ask(Ask::get("//").header("cookie", &cookie)).await.body);
    assert!(!csrf.is_empty());
    for (job, right) in &kinds {
        let other = if *right == Right::Run { Right::Decide } else { Right::Run };
        for refused in [&[Right::Read][..], &[Right::Read, Right::Settings, Right::Metrics], &[Right::Read, other]] {
            let answer = house.post(&house.token(refused), "/jobs", job).await;
            assert_eq!((answer.status.as_u16(), &answer.problem()["type"]), (403, &json!("urn:tally:scope")), "{job}");
        }
        let ask = Ask::post("/jobs", &job.to_string()).header("cookie", &cookie).header("origin", &ours);
        let answer = house.ask(ask.header("x-csrf-token", &csrf)).await;
        assert_eq!((answer.status.as_u16(), &answer.problem()["type"]), (403, &json!("urn:tally:role")), "{job}");
        let answer = house.post(&house.token(&[*right]), "/jobs", job).await;
        assert_eq!(answer.status, 201, "{job}: {}", answer.body);
    }
    assert_eq!(house.state().jobs(None, 100).unwrap().len(), kinds.len() + 1);
}

fn csrf_of(page: &str) -> String {
    page.split("name=\"csrf\" value=\"").nth(1).map_or("", |rest| rest.split('"').next().unwrap()).to_owned()
}

#[tokio::test]
async fn a_script_of_our_page_may_what_the_person_may() {
    let house = House::new().await;
    let job = json!({ "job": "run", "report": "weekly" });
    // The page that asks is where an operator finds the field.
    let page = house.ask(Ask::get("//ask?job=run&report=weekly").header("x-user", "olga")).await;
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = csrf_of(&page.body);
    assert!(!csrf.is_empty(), "{}", page.body);
    let ask = || Ask::post("/jobs", &job.to_string()).header("x-user", "olga").header("cookie", &cookie);
    let ours = format!("http://{HERE}");
    for (what, refused) in [
        ("csrf", ask().header("origin", &ours)),
        ("csrf", ask().header("origin", &ours).header("x-csrf-token", "wrong")),
        ("foreign-origin", ask().header("origin", "http://elsewhere.example").header("x-csrf-token", &csrf)),
        ("foreign-origin", ask().header("x-csrf-token", &csrf)),
        ("not-signed-in", Ask::post("/jobs", &job.to_string()).header("origin", &ours)),
    ] {
        let answer = house.ask(refused).await;
        assert_eq!(answer.problem()["type"], format!("urn:tally:{what}"));
    }
    let answer = house.ask(ask().header("origin", &ours).header("x-csrf-token", &csrf)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["by"]), (201, &json!("dashboard: olga")));
}

#[tokio::test]
async fn a_person_may_what_the_role_says() {
    let house = House::new().await;
    let all = house.token(&Right::ALL);
    let real = real(&house, &all).await;
    for (name, role) in [("vera", Role::Viewer), ("olga", Role::Operator), ("anna", Role::Admin)] {
        for operation in OPERATIONS.iter().filter(|operation| operation.method == "get") {
            let answer = house.ask(Ask::get(&path(operation, &real)).header("x-user", name)).await;
            let may = operation.rights.iter().all(|right| role.may(*right));
            assert_eq!(answer.status.as_u16(), if may { 200 } else { 403 }, "{name}: {}", operation.id);
        }
        // The pages and the API have one rule.
        for page in ["//settings", "//audit"] {
            let answer = house.ask(Ask::get(page).header("x-user", name)).await;
            assert_eq!(answer.status.as_u16(), if role == Role::Admin { 200 } else { 403 }, "{name}: {page}");
        }
        let page = house.ask(Ask::get("//").header("x-user", name)).await;
        assert_eq!(page.body.contains("href=\"/settings\""), role == Role::Admin, "{name}");
    }
}

#[tokio::test]
async fn who_is_not_known_gets_nothing() {
    let house = House::new().await;
    let over = house.token_until(&Right::ALL, Some(60));
    assert_eq!(house.get(&over, "/runs").await.status, 200);
    house.stage.clock.advance(SignedDuration::from_secs(60));
    let unknown = format!("{TOKEN_PREFIX}{}", "x".repeat(43));
    for operation in OPERATIONS {
        for token in ["", over.as_str(), unknown.as_str()] {
            let method = if operation.method == "get" { Method::GET } else { Method::POST };
            let mut ask =
                Ask::new(method, operation.path.replace(['{', '}'], "").as_str(), Body::from("{}")).token(token);
            if token.is_empty() {
                ask = ask.header("origin", &format!("http://{HERE}"));
            }
            let answer = house.ask(ask).await;
            assert_eq!(answer.status, 401, "{}", operation.id);
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
            answer.problem();
        }
    }
    let answer = house.get("", "/openapi.json").await;
    assert_eq!(answer.status, 401);
    let stranger = house.ask(Ask::get("/runs").header("x-user", "mallory")).await;
    assert_eq!((stranger.status.as_u16(), &stranger.problem()["type"]), (403, &json!("urn:tally:no-role")));
    let other = house.ask(Ask::get("/runs").token(&over).header("host", "elsewhere.example")).await;
    assert_eq!((other.status.as_u16(), &other.problem()["type"]), (421, &json!("urn:tally:wrong-host")));
}

#[tokio::test]
async fn on_this_machine_nobody_needs_a_token_until_there_is_a_user() {
    let house = House::of(|config| config).await;
    let visitor = house.found("", "/visitor").await;
    assert_eq!((&visitor["name"], &visitor["role"]), (&json!("loopback"), &json!("admin")));
    house.add_user("ana");
    assert_eq!(house.get("", "/visitor").await.status, 401);
}

#[tokio::test]
async fn ids_of_records_are_told_to_operators() {
    let house = House::new().await;
    let ids: Vec<String> = {
        let documents = house.stage.world.as_ref().unwrap().godata.documents();
        documents.cases().filter_map(|case| Some(case.get("id")?.as_str()?.to_owned())).collect()
    };
    let names = |body: &str| ids.iter().any(|id| body.contains(id.as_str()));
    let real = real(&house, &house.token(&Right::ALL)).await;
    let reading = house.token(&[Right::Read, Right::Metrics, Right::Settings]);
    let mut told: Vec<&str> = Vec::new();
    for operation in OPERATIONS.iter().filter(|operation| operation.method == "get") {
        let path = path(operation, &real);
        let ask = |name: &str| house.ask(Ask::get(&path).header("x-user", name));
        for answer in [ask("vera").await, house.get(&reading, &path).await] {
            assert!(!names(&answer.body), "{}: {}", operation.id, answer.body);
        }
        if names(&ask("olga").await.body) {
            told.push(operation.id);
        }
    }
    assert_eq!(told, ["records", "quality", "run_report", "plan_changes"]);
    let mut pages =
        vec!["//".to_owned(), "//reports/weekly".into(), "//quality".into(), "//plans/1".into(), "//places".into()];
    pages.extend((1..=3).map(|run| format!("//runs/{run}")));
    let mut n_told = 0;
    for page in &pages {
        let viewed = house.ask(Ask::get(page).header("x-user", "vera")).await;
        assert_eq!(viewed.status, 200, "{page}");
        assert!(!names(&viewed.body), "{page}");
        n_told += usize::from(names(&house.ask(Ask::get(page).header("x-user", "olga")).await.body));
    }
    assert_eq!(n_told, 1, "the page of data quality");
}

#[tokio::test]
async fn who_may_not_see_small_cells_is_told_what_stands_in_dhis2() {
    let house = House::of(|config| {
        let config = config.replace("[state]", "[dhis2.small_cells]\nthreshold = 2\n\n[state]");
        config.replace("\n[state]", PROXY)
    })
    .await;
    let get = async |name: &str, path: &str| {
        let answer = house.ask(Ask::get(path).header("x-user", name)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    };
    for (name, sight) in [("vera", "published"), ("olga", "all")] {
        for path in ["completeness", "curve", "trends", "revisions", "map"] {
            assert_eq!(get(name, &format!("/reports/weekly/{path}")).await["sight"], sight, "{name}: {path}");
        }
    }
    assert_eq!(get("vera", "/reports/weekly/revisions").await["indicators"], json!([]));
    assert!(!get("olga", "/reports/weekly/revisions").await["indicators"].as_array().unwrap().is_empty());
    assert_eq!(get("vera", "/reports/weekly/curve").await["source"]["from"], "cells");
    assert_eq!(get("olga", "/reports/weekly/curve").await["source"]["from"], "records");
    let small = |text: &Value| text.as_str().and_then(|text| text.parse::<u64>().ok()).is_some_and(|n| n == 1);
    let completeness = get("olga", "/reports/weekly/completeness?limit=500").await;
    let (mut n_small, mut n_told) = (0, 0);
    let units = completeness["items"].as_array().unwrap().iter();
    let filled = units.flat_map(|unit| {
        let fields = unit["fields"].as_array().unwrap().iter().zip(completeness["periods"].as_array().unwrap());
        let filled = fields.filter(|(field, _)| field["n_computed"] != 0);
        filled.map(|(_, period)| (unit["org_unit"].as_str().unwrap(), period.as_str().unwrap()))
    });
    for (unit, period) in filled {
        let asked = format!("/reports/weekly/values?limit=500&period={period}&org_unit={unit}");
        let all = get("olga", &asked).await["items"].as_array().unwrap().clone();
        n_small += all.iter().filter(|value| small(&value["computed"])).count();
        let published = get("vera", &asked).await["items"].as_array().unwrap().clone();
        n_told += published.len();
        for value in &published {
            assert!(value["computed"].is_null() && !small(&value["standing"]), "{value}");
        }
        if let Some(hidden) = all.iter().find(|value| value["standing"].is_null()) {
            let key = ["org_unit", "period", "data_element", "category_option_combo", "attribute_option_combo"];
            let key: Vec<(&str, &str)> = key.iter().map(|name| (*name, hidden[*name].as_str().unwrap())).collect();
            let asked = format!("/reports/weekly/cell?{}", crate::web::report::query(&key));
            assert!(!get("olga", &asked).await["versions"].as_array().unwrap().is_empty());
            let told = get("vera", &asked).await;
            assert_eq!((&told["versions"], &told["standing"], &told["n_older"]), (&json!([]), &Value::Null, &json!(0)));
        }
    }
    assert!(n_small > 0 && n_told > 0, "{n_small} small, {n_told} told");
}
