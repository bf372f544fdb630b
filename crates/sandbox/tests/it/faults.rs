//! Scripted faults, as a client meets them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sandbox::clock::Clock;
use sandbox::fault::{Fault, FaultRule, Faults, Hook, Judge, Transform};
use sandbox::godata::Documents;
use sandbox::population::Population;
use serde_json::json;

use crate::http::Session;

async fn session() -> (Session, Faults) {
    let faults = Faults::none();
    (Session::start(Documents::default(), Clock::System, faults.clone()).await, faults)
}

async fn count(session: &Session) -> reqwest::Result<reqwest::Response> {
    let url = format!("{}/api/outbreaks/count", session.server.url());
    session.client.get(url).header("X-Access-Token", &session.token).send().await
}

#[tokio::test]
async fn answers_that_the_server_never_gave() {
    let (session, faults) = session().await;
    faults.push(FaultRule::on("*/count", Fault::Reject { status: 503, body: r#"{"error":{}}"#.into() }));
    faults.push(FaultRule::on("*/count", Fault::Html { status: 200 }));
    faults.push(FaultRule::on("*/count", Fault::Redirect { to: "/login".into() }));
    faults.push(FaultRule::on("*/count", Fault::RejectRetryAfter { status: 429, retry_after_secs: 7 }));

    let rejected = count(&session).await.unwrap();
    assert_eq!(
        (rejected.status(), &rejected.headers()["content-type"]),
        (503.try_into().unwrap(), &"application/json; charset=utf-8".parse().unwrap())
    );
    assert_eq!(count(&session).await.unwrap().headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(count(&session).await.unwrap().headers()["location"], "/login");
    assert_eq!(count(&session).await.unwrap().headers()["retry-after"], "7");
    assert_eq!(count(&session).await.unwrap().status(), 200, "the script is at its end");
    assert_eq!(faults.fired().len(), 4);
}

#[tokio::test]
async fn broken_connections() {
    let (session, faults) = session().await;
    faults.push(FaultRule::on("*/count", Fault::Reset));
    assert!(count(&session).await.is_err(), "no answer at all");
    let n_before = session.server.requests().len();

    faults.push(FaultRule::on("*/count", Fault::ResetAfterWrite));
    assert!(count(&session).await.is_err());
    assert_eq!(session.server.requests().len(), n_before + 1, "the server did its work");

    faults.push(FaultRule::on("*/count", Fault::CutBody { at_byte: 4 }));
    let cut = count(&session).await.unwrap();
    assert_eq!(cut.status(), 200, "the head arrives");
    assert!(cut.bytes().await.is_err(), "the body does not");

    faults.push(FaultRule::on("*/count", Fault::FailAfterWrite { status: 502, body: String::new() }));
    assert_eq!(count(&session).await.unwrap().status(), 502);
    assert_eq!(count(&session).await.unwrap().text().await.unwrap(), r#"{"count":0}"#);
}

#[tokio::test]
async fn bodies_that_change_on_the_way() {
    let (session, faults) = session().await;
    faults.push(FaultRule::on("*/count", Fault::ResetAfterHead));
    let cut = count(&session).await.unwrap();
    assert_eq!(cut.status(), 200, "the head arrives");
    assert!(cut.bytes().await.is_err(), "the body does not");

    let zero_to_nine = Transform::new(|body| String::from_utf8(body).unwrap().replace('0', "9").into_bytes());
    faults.push(FaultRule::on("*/count", Fault::AlterAnswer(zero_to_nine)));
    assert_eq!(count(&session).await.unwrap().text().await.unwrap(), r#"{"count":9}"#);

    faults.push(FaultRule::on("*/count", Fault::GzipBomb { n_bytes: 4 << 20 }));
    let bomb = count(&session).await.unwrap().bytes().await.unwrap();
    assert_eq!(bomb.len(), (4 << 20) + 1, "the client unpacks it");

    faults.push(FaultRule::on("*/count", Fault::ClockSkew(jiff::SignedDuration::from_hours(48))));
    let date = |answer: &reqwest::Response| answer.headers()["date"].to_str().unwrap().to_owned();
    let parse = |text: String| jiff::fmt::rfc2822::parse(&text).unwrap().timestamp();
    let (skewed, right) = (count(&session).await.unwrap(), count(&session).await.unwrap());
    let ahead = parse(date(&skewed)).duration_since(parse(date(&right))).as_hours();
    assert!((47..=48).contains(&ahead), "{ahead}");
}

#[tokio::test]
async fn a_request_is_judged_or_changed_by_its_body() {
    let (session, faults) = session().await;
    let log_in = || async {
        let url = format!("{}/api/users/login", session.server.url());
        let account = sandbox::world::account::GODATA_EMAIL;
        session.client.post(url).json(&json!({ "email": account, "password": "wrong" })).send().await.unwrap().status()
    };
    let judge = |body: &[u8]| String::from_utf8_lossy(body).contains("wrong").then(|| (418, String::new()));
    faults.push(FaultRule::on("*/login", Fault::RejectIf(Judge::new(judge))));
    assert_eq!(log_in().await, 418);
    let judge = |body: &[u8]| String::from_utf8_lossy(body).contains("right").then(|| (418, String::new()));
    faults.push(FaultRule::on("*/login", Fault::RejectIf(Judge::new(judge))));
    assert_eq!(log_in().await, 401, "what the judge lets pass, the server answers");
    let emptied = Transform::new(|_| b"{}".to_vec());
    faults.push(FaultRule::on("*/login", Fault::AlterRequest(emptied.clone())));
    assert_eq!(log_in().await, 400, "the server saw no address");
    let fault = Fault::AlterRequestThenFail { alter: emptied, status: 502, body: "<html>".into() };
    faults.push(FaultRule::on("*/login", fault));
    assert_eq!(log_in().await, 502);
}

#[tokio::test]
async fn a_held_request_goes_on_when_released() {
    let (session, faults) = session().await;
    faults.push(FaultRule::on("*/count", Fault::Hold));
    let held = async { count(&session).await.unwrap().status() };
    let release = async {
        faults.wait_held(1).await;
        assert_eq!(session.server.requests().len(), 1, "only the log-in reached the server");
        faults.release();
    };
    let (status, ()) = tokio::join!(held, release);
    assert_eq!(status, 200);
}

#[tokio::test]
async fn held_after_the_work_the_client_may_give_up() {
    let (session, faults) = session().await;
    faults.push(FaultRule::on("*/count", Fault::HoldAfterWrite));
    tokio::select! {
        answer = count(&session) => panic!("answered: {answer:?}"),
        () = faults.wait_held(1) => {}
    }
    assert_eq!(session.server.requests().len(), 2, "the server did its work");
    assert_eq!(count(&session).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_slow_body_arrives_whole() {
    let (session, faults) = session().await;
    faults.push(FaultRule::on("*/count", Fault::SlowDrip { bytes: 3, every: Duration::from_millis(1) }));
    faults.push(FaultRule::on("*/count", Fault::Delay(Duration::from_millis(1))));
    assert_eq!(count(&session).await.unwrap().text().await.unwrap(), r#"{"count":0}"#);
    assert_eq!(count(&session).await.unwrap().text().await.unwrap(), r#"{"count":0}"#);
    assert_eq!(faults.fired().len(), 2);
}

#[tokio::test]
async fn an_expired_token_is_first_invalid_then_unknown() {
    let (session, faults) = session().await;
    faults.push(FaultRule::on("*/count", Fault::ExpireToken).skip(1));
    assert_eq!(count(&session).await.unwrap().status(), 200);
    let first: serde_json::Value = count(&session).await.unwrap().json().await.unwrap();
    let second: serde_json::Value = count(&session).await.unwrap().json().await.unwrap();
    assert_eq!(
        (&first["error"]["code"], &second["error"]["code"]),
        (&json!("INVALID_TOKEN"), &json!("AUTHORIZATION_REQUIRED"))
    );
}

#[tokio::test]
async fn a_hook_changes_the_population_between_two_pages() {
    let population = Population::covid19(1, 30, jiff::civil::date(2020, 2, 3), 4);
    let path = format!("outbreaks/{}/cases/filtered-count", population.outbreak_id);
    let faults = Faults::none();
    let session = Session::start(population.documents, Clock::System, faults.clone()).await;
    let calls = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&calls);
    faults.push(FaultRule::on(
        "*/filtered-count",
        Fault::Call(Hook::new(move || {
            seen.fetch_add(1, Ordering::SeqCst);
        })),
    ));
    assert_eq!(session.get(&path, json!({})).await.0, 200);
    assert_eq!(session.get(&path, json!({})).await.0, 200);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}
