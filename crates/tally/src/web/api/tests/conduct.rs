//! What is asked wrongly, and what is said about it.

use super::*;
use serde_json::json;

#[tokio::test]
async fn what_does_not_fit_is_a_problem() {
    let house = House::new().await;
    let token = house.token(&Right::ALL);
    let name = "%00%3Cscript%3E".to_owned() + &"x".repeat(3_000);
    let cases = [
        ("/runs?limit=0", 400),
        ("/runs?limit=501", 400),
        ("/runs?limit=18446744073709551616", 400),
        ("/runs?limit=-1", 400),
        ("/runs?before=0", 400),
        ("/runs?before=9223372036854775808", 400),
        ("/runs?before=1&before=2", 400),
        ("/runs?befor=1", 400),
        ("/overview?x=1", 400),
        ("/runs/1?all=1", 400),
        ("/jobs?limit=ten", 400),
        ("/reports/weekly/completeness?from=-1", 400),
        ("/reports/weekly/values?org_unit=x", 400),
        ("/runs/999999", 404),
        ("/runs/-1", 404),
        ("/runs/0", 404),
        ("/runs/one", 404),
        ("/runs/9223372036854775808", 404),
        ("/runs/999999/report", 404),
        ("/runs/999999/certificate", 404),
        ("/runs/999999/changes", 404),
        ("/jobs/999999", 404),
        ("/plans/999999", 404),
        ("/plans/999999/changes", 404),
        ("/reports/none", 404),
        ("/reports/%FF", 404),
        ("/reports/%00", 404),
        (&format!("/reports/{name}"), 404),
        ("/reports/weekly%2Fcurve", 404),
        ("/reports/none/curve", 404),
        ("/reports/weekly/map?indicator=none", 404),
        ("/reports/weekly/map?period=1999W1", 404),
        ("/reports/weekly/values?org_unit=x&period=never", 404),
        (
            "/reports/weekly/cell?org_unit=x&period=2020W9&data_element=x&category_option_combo=x&attribute_option_combo=x",
            404,
        ),
        ("/reports/weekly/records?org_unit=x&period=never&data_element=x&category_option_combo=x", 404),
        ("/reports/weekly/records?org_unit=x&period=2020W9&data_element=x&category_option_combo=x", 422),
        ("/nothing", 404),
        ("//api/v2/runs", 404),
        ("//api/x", 404),
    ];
    for (path, status) in cases {
        let answer = house.get(&token, path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
        answer.problem();
    }
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_a_problem() {
    let house = House::new().await;
    let token = house.token(&Right::ALL);
    let large = format!("{{\"job\": \"run\", \"report\": \"{}\"}}", "x".repeat(3_000_000));
    let cases = [
        ("", 400),
        ("{", 400),
        ("\u{0}", 400),
        ("{}", 422),
        ("[]", 422),
        ("{\"job\": \"sing\"}", 422),
        ("{\"job\": \"run\"}", 422),
        ("{\"job\": \"run\", \"report\": 1}", 422),
        ("{\"job\": \"run\", \"report\": \"weekly\", \"reprot\": 1}", 422),
        ("{\"job\": \"run\", \"report\": \"none\"}", 422),
        ("{\"job\": \"run\", \"report\": \"weekly\\u0000\"}", 422),
        ("{\"job\": \"run\", \"report\": \"weekly\", \"from\": \"never\"}", 422),
        ("{\"job\": \"run\", \"report\": \"weekly\", \"from\": \"2020W9\", \"to\": \"2020W8\"}", 422),
        ("{\"job\": \"apply\", \"plan\": 7}", 422),
        ("{\"job\": \"apply\", \"plan\": 1e30}", 422),
        (&large, 413),
    ];
    for (body, status) in cases {
        let answer = house.ask(Ask::post("/jobs", body).token(&token)).await;
        let said: String = body.chars().take(60).collect();
        assert_eq!(answer.status.as_u16(), status, "{said}: {}", answer.body);
        answer.problem();
    }
    let plain = Ask::post("/jobs", "{\"job\": \"run\", \"report\": \"weekly\"}").header("content-type", "text/plain");
    assert_eq!(house.ask(plain.token(&token)).await.problem()["status"], 415);
    assert_eq!(house.state().jobs(None, 10).unwrap().len(), 1, "nothing was asked");
}

#[tokio::test]
async fn a_method_that_there_is_not_is_told_with_those_that_there_are() {
    let house = House::new().await;
    let token = house.token(&Right::ALL);
    for (path, allowed) in [("/runs", "GET,HEAD"), ("/jobs", "GET,HEAD,POST"), ("/problems/acknowledge", "POST")] {
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY"] {
            let ask = Ask::new(Method::from_bytes(method.as_bytes()).unwrap(), path, Body::empty()).token(&token);
            let answer = house.ask(ask).await;
            assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, allowed), "{method} {path}");
            answer.problem();
        }
    }
    let head = house.ask(Ask::new(Method::HEAD, "/runs", Body::empty()).token(&token)).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn too_many_jobs_are_told_when_to_ask_again() {
    let house = House::new().await;
    let token = house.token(&Right::ALL);
    let mut refused = None;
    for week in 1..=30 {
        let week = format!("2019W{week}");
        let job = json!({ "job": "run", "report": "weekly", "from": week, "to": week });
        let answer = house.post(&token, "/jobs", &job).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    let refused = refused.expect("so many do not wait");
    assert_eq!(refused.header("retry-after"), "60");
    refused.problem();
}

#[tokio::test]
async fn problems_read_alike() {
    let house = House::new().await;
    let token = house.token(&[Right::Read]);
    let mut told = String::new();
    for (what, answer) in [
        ("a limit", house.get(&token, "/runs?limit=0").await),
        ("a misspelt parameter", house.get(&token, "/runs?limti=1").await),
        ("no such run", house.get(&token, "/runs/77").await),
        ("no number", house.get(&token, "/runs/x").await),
        ("no such operation", house.get(&token, "/nothing").await),
        ("a scope", house.get(&token, "/settings").await),
        ("no token", house.get("", "/runs").await),
        (
            "a method",
            house.ask(Ask::new(Method::DELETE, "/runs", Body::empty()).token(&house.token(&Right::ALL))).await,
        ),
        ("no JSON", house.ask(Ask::post("/jobs", "{").token(&house.token(&[Right::Run]))).await),
        (
            "no such report",
            house.post(&house.token(&[Right::Run]), "/jobs", &json!({ "job": "run", "report": "x" })).await,
        ),
        ("no plan", house.post(&house.token(&[Right::Decide]), "/jobs", &json!({ "job": "apply", "plan": 9 })).await),
    ] {
        told += &format!("{what}\n{}\n", answer.problem());
    }
    insta::assert_snapshot!(told);
}
