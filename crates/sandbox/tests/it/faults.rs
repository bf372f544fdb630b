//! Scripted faults, as a client meets them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sandbox::clock::Clock;
use sandbox::fault::{Fault, FaultRule, Faults, Hook};
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
