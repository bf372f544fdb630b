//! How far a server is trusted: its answers lead nowhere else, have limits, and are not repeated.

use godata::wire::Field;
use godata::{Client, Error, Kind, OutbreakId, Resource, Selection, Settings};

use crate::server::{Reply, Server};

const CANARY: &str = "CANARY-SURNAME-0001";

fn redirect(status: u16, to: &str) -> Reply {
    Reply::Answer { status, headers: vec![("Location".to_owned(), to.to_owned())], body: Vec::new() }
}

/// Everything that an error says, down to its last cause.
fn all_of(error: &Error) -> String {
    let mut said = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        said += &format!(" {error} {error:?}");
        cause = error.source();
    }
    said
}

#[tokio::test]
async fn no_redirect_takes_a_password_or_a_token_to_another_server() {
    for status in [301, 302, 303, 307, 308] {
        let other = Server::start(|_| Reply::login("a-token"));
        let elsewhere = other.url.join("api/users/login").expect("an address").to_string();
        let to = elsewhere.clone();
        let server = Server::start(move |_| redirect(status, &to));
        let error = server.client().log_in().await.expect_err("no log-in");
        assert!(matches!(error.kind(), Kind::Redirect { .. }), "{status}: {error}");
        let server =
            Server::start(
                move |request| {
                    if request.is_login() { Reply::login("a-token") } else { redirect(status, &elsewhere) }
                },
            );
        let error = server.client().outbreaks().await.expect_err("no list");
        assert!(matches!(error.kind(), Kind::Redirect { .. }), "{status}: {error}");
        assert_eq!(other.asked().len(), 0, "{status}");
    }
}

#[tokio::test]
async fn no_address_in_an_answer_is_followed() {
    let other = Server::start(|_| Reply::json(200, "{}"));
    let elsewhere = other.url.to_string();
    let server = Server::start(move |request| {
        if request.is_login() {
            let user = format!("{elsewhere}../../x");
            let body = serde_json::json!({ "id": "t", "userId": user, "next": elsewhere, "url": elsewhere });
            return match Reply::json(200, body) {
                Reply::Answer { status, mut headers, body } => {
                    headers.push(("Link".to_owned(), format!("<{elsewhere}>; rel=\"next\"")));
                    headers.push(("Content-Location".to_owned(), elsewhere.clone()));
                    Reply::Answer { status, headers, body }
                }
                reply => reply,
            };
        }
        Reply::json(200, "{}")
    });
    server.client().user().await.expect("an account");
    assert_eq!(other.asked().len(), 0);
    let paths: Vec<String> = server.asked().into_iter().map(|request| request.path).collect();
    assert_eq!(paths.len(), 2);
    assert!(paths[1].starts_with("/api/users/http%3A%2F%2F127%2E0"), "the id stays one segment: {}", paths[1]);
}

#[tokio::test]
async fn plain_http_leaves_this_machine_only_if_that_is_allowed() {
    let settings = |url: &str| Settings::new(url.parse().expect("an address"), "robot@example.org", "canary-password");
    for url in ["http://godata.example.org", "http://10.1.2.3:8080/api", "http://godata.localhost", "http://[fe80::1]"]
    {
        let error = Client::new(settings(url)).expect_err("no client");
        assert!(matches!(error.kind(), Kind::InsecureUrl { .. }), "{url}: {error}");
        let allowed = Settings { allow_http: true, ..settings(url) };
        assert!(Client::new(allowed).is_ok(), "{url}");
    }
    for url in ["http://localhost:1", "http://127.0.0.1", "http://[::1]", "https://godata.example.org"] {
        assert!(Client::new(settings(url)).is_ok(), "{url}");
    }
}

#[tokio::test]
async fn what_a_server_says_of_persons_is_not_repeated() {
    let error = |fields: &str| format!(r#"{{"error":{{"statusCode":400,{fields}}}}}"#);
    let said = format!(r#""name":"{CANARY}","message":"{CANARY} is no date","stack":"{CANARY}""#);
    let bodies = [
        error(&format!(r#"{said},"code":"INVALID_MODEL""#)),
        error(&format!(r#"{said},"code":"{CANARY}""#)),
        error(&format!(r#"{said},"details":{{"permissions":"{CANARY}","context":"{CANARY}"}}"#)),
        format!("[\"{CANARY}\"]"),
        format!("{CANARY} is no JSON"),
        format!("<html>{CANARY}</html>"),
    ];
    let mut texts = Vec::new();
    for status in [200, 400, 401, 403, 404, 409, 422, 429, 500] {
        for body in &bodies {
            let reply = body.clone();
            let server = Server::start(move |request| {
                if request.is_login() {
                    return Reply::login("a-token");
                }
                let kind = format!("text/{CANARY}; x={CANARY}");
                let headers = if reply.starts_with('{') { Vec::new() } else { vec![("Content-Type".to_owned(), kind)] };
                Reply::Answer { status, headers, body: reply.clone().into_bytes() }
            });
            let cases = Resource::Cases(OutbreakId::new("o1"));
            let error = server.client().count(&cases, &Selection::all()).await.expect_err("no count");
            assert!(!all_of(&error).to_uppercase().contains("CANARY"), "{status}: {}", all_of(&error));
            texts.push(error.to_string());
        }
    }
    assert!(texts.iter().any(|text| text.contains("INVALID_MODEL")), "a code is: {texts:?}");
}

/// The field that a report reads: a text behind so many brackets.
fn nested(levels: usize) -> String {
    format!(r#"[{{"id":"a","name":{}{}}}]"#, "[".repeat(levels), "]".repeat(levels))
}

#[tokio::test]
async fn a_document_has_no_more_levels_than_the_stack_bears() {
    let outbreaks = |levels: usize| async move {
        let server =
            Server::start(
                move |request| {
                    if request.is_login() { Reply::login("t") } else { Reply::json(200, nested(levels)) }
                },
            );
        server.client().outbreaks().await
    };
    // An odd value is no text; it does not end the run.
    assert!(matches!(outbreaks(50).await.expect("a list")[0].name, Field::Odd));
    for levels in [1_000, 1_000_000] {
        match outbreaks(levels).await {
            Ok(list) => assert_eq!(list.len(), 1, "{levels}"),
            Err(error) => assert!(matches!(error.kind(), Kind::Decode { .. }), "{levels}: {error}"),
        }
    }
}

/// An answer that unpacks to more than the limit is dropped while it is unpacked.
#[tokio::test]
async fn an_answer_that_unpacks_to_too_much_is_not_read() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(b"[").expect("memory");
    gzip.write_all(&vec![b' '; 4 << 20]).expect("memory");
    gzip.write_all(b"]").expect("memory");
    let packed = gzip.finish().expect("memory");
    assert!(packed.len() < 1 << 16, "{}", packed.len());
    let server = Server::start(move |request| {
        if request.is_login() {
            return Reply::login("t");
        }
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = vec![header("Content-Type", "application/json"), header("Content-Encoding", "gzip")];
        Reply::Answer { status: 200, headers, body: packed.clone() }
    });
    for (answer_bytes_max, fits) in [(1 << 20, false), (8 << 20, true)] {
        let settings = Settings { gzip: true, answer_bytes_max, ..server.settings() };
        let list = Client::new(settings).expect("a client").outbreaks().await;
        assert_eq!(list.is_ok(), fits);
        if let Err(error) = list {
            assert_eq!(*error.kind(), Kind::TooLarge { max: 1 << 20 });
        }
    }
}

/// A server whose list never ends, each page after the one before it.
#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let n = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |request| {
        if request.is_login() {
            return Reply::login("t");
        }
        let n = n.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Reply::json(200, serde_json::json!([{ "id": format!("{n:09}") }]))
    });
    let settings = Settings { pages_max: 3, page_records: std::num::NonZeroU32::MIN, ..server.settings() };
    let mut pages = Client::new(settings).expect("a client").pages(Resource::Locations, &[]);
    for number in 1..=3 {
        assert!(pages.next().await.expect("a page").is_ok(), "{number}");
    }
    let error = pages.next().await.expect("an error").expect_err("too many");
    assert_eq!(*error.kind(), Kind::TooManyPages { max: 3 });
    assert!(pages.next().await.is_none());
}
