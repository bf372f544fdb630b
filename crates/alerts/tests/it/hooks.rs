//! Webhooks and heartbeats.

use alerts::{Courier, DeliveryError, Heartbeat, HeartbeatMethod, Patience, SIGNATURE_HEADER, Webhook};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use secrecy::SecretString;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

/// What came.
struct Came {
    method: Method,
    headers: HeaderMap,
    body: String,
}

/// A receiver that answers with one status after another, and with 204 when there is no more.
#[derive(Clone, Default)]
struct Receiver {
    answers: Arc<Mutex<VecDeque<u16>>>,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Receiver {
    async fn start(answers: &[u16]) -> (Self, Url) {
        let receiver = Self { answers: Arc::new(Mutex::new(answers.iter().copied().collect())), ..Self::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/hook/CANARY-PATH", listener.local_addr().unwrap())).unwrap();
        let router = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    fn n(&self) -> usize {
        self.came.lock().unwrap().len()
    }
}

async fn receive(State(receiver): State<Receiver>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    receiver.came.lock().unwrap().push(Came { method, headers, body });
    let status = receiver.answers.lock().unwrap().pop_front().unwrap_or(204);
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::LOCATION, "/elsewhere")], "CANARY-ANSWER").into_response()
}

/// No pause, so that nothing waits.
fn courier() -> Courier {
    Courier::new(Patience { attempts: 4, delay: Duration::ZERO, timeout: Duration::from_secs(10) }).unwrap()
}

fn hook(url: Url) -> Webhook {
    Webhook { url, secret: Some(SecretString::from("CANARY-SECRET")), headers: Vec::new() }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[tokio::test]
async fn a_message_arrives_as_it_is_with_its_headers() {
    let (receiver, url) = Receiver::start(&[]).await;
    let header = ("Authorization".to_owned(), SecretString::from("Bearer CANARY-TOKEN"));
    let hook = Webhook { headers: vec![header], ..hook(url) };
    courier().post(&hook, r#"{"schema":1}"#, &|| at(1_606_172_400)).await.unwrap();
    let came = receiver.came.lock().unwrap();
    let [only] = came.as_slice() else { panic!("{} messages came", came.len()) };
    assert_eq!((only.method.as_str(), only.body.as_str()), ("POST", r#"{"schema":1}"#));
    assert_eq!(only.headers["content-type"], "application/json");
    assert_eq!(only.headers["authorization"], "Bearer CANARY-TOKEN");
    let signed = only.headers[SIGNATURE_HEADER].to_str().unwrap();
    assert_eq!(signed, format!("t=1606172400,v1={}", by_hand(b"CANARY-SECRET", br#"1606172400.{"schema":1}"#)));
}

/// HMAC-SHA256 as RFC 2104 writes it down.
fn by_hand(key: &[u8], text: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let padded = |with: u8| -> Vec<u8> {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block.to_vec()
    };
    let inner = Sha256::digest([padded(0x36), text.to_vec()].concat());
    let outer = Sha256::digest([padded(0x5c), inner.to_vec()].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_signed_anew() {
    let (receiver, url) = Receiver::start(&[503, 429, 500]).await;
    let clock = AtomicI64::new(100);
    courier().post(&hook(url), "{}", &|| at(clock.fetch_add(1, Ordering::SeqCst))).await.unwrap();
    let came = receiver.came.lock().unwrap();
    let signed: Vec<&str> = came.iter().map(|one| one.headers[SIGNATURE_HEADER].to_str().unwrap()).collect();
    let begins: Vec<&str> = signed.iter().map(|text| text.split(',').next().unwrap()).collect();
    assert_eq!(begins, ["t=100", "t=101", "t=102", "t=103"]);
    assert!(came.iter().all(|one| one.body == "{}"));
}

#[tokio::test]
async fn a_receiver_that_stays_ill_is_tried_four_times() {
    let (receiver, url) = Receiver::start(&[500; 9]).await;
    let error = courier().post(&hook(url), "{}", &|| at(1)).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Status { status: 500, .. }), "{error}");
    assert_eq!(receiver.n(), 4);
}

#[tokio::test]
async fn a_refusal_and_a_redirection_end_it_at_once() {
    for (status, says) in [(404, "status 404"), (302, "redirection (status 302)"), (308, "redirection (status 308)")] {
        let (receiver, url) = Receiver::start(&[status]).await;
        let error = courier().post(&hook(url), "{}", &|| at(1)).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
        assert_eq!(receiver.n(), 1);
        assert!(!error.contains("CANARY"), "{error}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_away_is_said_by_its_host() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = Url::parse(&format!("http://127.0.0.1:{port}/CANARY-PATH")).unwrap();
    let error = courier().post(&hook(url), "{}", &|| at(1)).await.unwrap_err();
    assert_eq!(error, DeliveryError::Connect { host: format!("127.0.0.1:{port}") });
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let url = Url::parse(&format!("http://{place}/")).unwrap();
    let patience = Patience { attempts: 2, delay: Duration::ZERO, timeout: Duration::from_millis(50) };
    let error = Courier::new(patience).unwrap().post(&hook(url), "{}", &|| at(1)).await.unwrap_err();
    assert_eq!(error, DeliveryError::Timeout { host: place });
}

#[tokio::test]
async fn a_header_that_is_none_is_not_sent_and_not_shown() {
    let (receiver, url) = Receiver::start(&[]).await;
    let header = ("authorization".to_owned(), SecretString::from("CANARY\nTOKEN"));
    let error = courier().post(&Webhook { headers: vec![header], ..hook(url) }, "{}", &|| at(1)).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Unsendable(_)));
    assert!(!format!("{error} {error:?}").contains("CANARY"));
    assert_eq!(receiver.n(), 0);
}

#[tokio::test]
async fn a_heartbeat_is_what_was_asked_for() {
    for (method, expected) in [(HeartbeatMethod::Get, Method::GET), (HeartbeatMethod::Post, Method::POST)] {
        let (receiver, url) = Receiver::start(&[502]).await;
        courier().beat(&Heartbeat { url, method }).await.unwrap();
        let came = receiver.came.lock().unwrap();
        assert_eq!(came.len(), 2);
        assert!(came.iter().all(|one| one.method == expected && one.body.is_empty()));
    }
}
