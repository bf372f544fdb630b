//! Proxies, cut lines and slow servers, and what an operator reads about them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use godata::{Client, Error, Kind, OutbreakId, Resource, Selection, Settings};

use crate::server::{Reply, Server};

fn outbreak() -> OutbreakId {
    OutbreakId::new("o1")
}

/// A server whose readings are answered by turns: the given replies first, then a good one.
fn good_after(n_bad: usize, bad: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    let n = AtomicUsize::new(0);
    Server::start(move |request| {
        if request.is_login() {
            Reply::login("canary-token")
        } else if n.fetch_add(1, Ordering::SeqCst) < n_bad {
            bad()
        } else if request.path.ends_with("count") {
            Reply::json(200, r#"{"count":7}"#)
        } else {
            Reply::json(200, r#"[{"id":"a"}]"#)
        }
    })
}

async fn count(server: &Server) -> Result<u64, Error> {
    server.client().count(&Resource::Cases(outbreak()), &Selection::all()).await
}

fn html(status: u16) -> Reply {
    let headers = vec![("Content-Type".to_owned(), "text/html".to_owned())];
    Reply::Answer { status, headers, body: b"<html>canary</html>".to_vec() }
}

fn cut(body: &str) -> Reply {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n";
    Reply::Raw(format!("{head}{body}").into_bytes())
}

#[tokio::test]
async fn what_may_pass_is_asked_again() {
    let passing: [fn() -> Reply; 7] = [
        || Reply::Close,
        || cut("{\"cou"),
        || Reply::json(200, "{\"count\":"),
        || html(502),
        || html(503),
        || html(504),
        || Reply::Answer { status: 429, headers: vec![("Retry-After".to_owned(), "0".to_owned())], body: Vec::new() },
    ];
    for (at, bad) in passing.into_iter().enumerate() {
        let server = good_after(2, bad);
        assert_eq!(count(&server).await.expect("a count"), 7, "{at}");
        assert_eq!((server.n_readings(), server.n_logins()), (3, 1), "{at}");
        let server = good_after(usize::MAX, bad);
        let error = count(&server).await.expect_err("no count");
        assert!(error.is_temporary(), "{error}");
        assert_eq!(server.n_readings(), 3, "{at}");
    }
}

#[tokio::test]
async fn a_server_error_is_asked_again_once_and_a_refusal_never() {
    let server = good_after(usize::MAX, || Reply::refusal(500, "INTERNAL_ERROR"));
    assert_eq!(*count(&server).await.expect_err("no count").kind(), Kind::Server { status: 500 });
    assert_eq!(server.n_readings(), 2);
    for status in [400, 403, 404, 409, 422] {
        let server = good_after(usize::MAX, move || Reply::refusal(status, "X"));
        assert!(!count(&server).await.expect_err("no count").is_temporary());
        assert_eq!(server.n_readings(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_page_that_is_cut_off_is_asked_again_however_it_was_cut() {
    for bad in [
        || cut(r#"[{"id":"a"},{"#),
        || Reply::json(200, r#"[{"id":"a"},{"id":"#),
        || Reply::json(200, r#"[{"id":"a"}"#),
    ] {
        let server = good_after(1, bad);
        let mut pages = server.client().pages(Resource::Cases(outbreak()), &[]);
        let page = pages.next().await.expect("a page").expect("a page");
        assert_eq!(page.bytes(), br#"[{"id":"a"}]"#);
        assert!(pages.next().await.is_none());
        assert_eq!(server.n_readings(), 2);
    }
}

#[tokio::test]
async fn a_login_page_instead_of_json_is_no_empty_list() {
    let server = good_after(usize::MAX, || html(200));
    let error = server.client().outbreaks().await.expect_err("no list");
    assert!(matches!(error.kind(), Kind::NotJson { .. }));
    insta::assert_snapshot!(error, @"GET /outbreaks: the answer is not JSON but HTML (text/html)");
}

#[tokio::test]
async fn an_answer_that_announces_too_much_is_not_read() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n[";
    let server = good_after(usize::MAX, || Reply::Raw(head.as_bytes().to_vec()));
    let error = server.client().outbreaks().await.expect_err("no list");
    assert!(matches!(error.kind(), Kind::TooLarge { .. }));
    assert_eq!(server.n_readings(), 1);
}

#[tokio::test]
async fn a_slow_server_is_given_up() {
    let server = good_after(usize::MAX, || {
        loop {
            std::thread::park();
        }
    });
    let mut settings = server.settings();
    settings.timeout = Duration::from_millis(50);
    settings.retries = 1;
    let client = Client::new(settings).expect("a client");
    let error = client.outbreak(&outbreak()).await.expect_err("no outbreak");
    assert_eq!(*error.kind(), Kind::Timeout);
    assert!(error.is_temporary());
    insta::assert_snapshot!(error, @"GET /outbreaks/o1: no answer in time (asked 2 times)");
}

#[tokio::test]
async fn compressed_answers_are_read_when_asked_for() {
    let server = Server::start(|request| {
        if request.is_login() {
            return Reply::login("t");
        }
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(br#"{"count":12}"#).expect("memory");
        let headers = vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Content-Encoding".to_owned(), "gzip".to_owned()),
        ];
        assert_eq!(request.headers["accept-encoding"], "gzip");
        Reply::Answer { status: 200, headers, body: gzip.finish().expect("memory") }
    });
    let mut settings = server.settings();
    settings.gzip = true;
    let client = Client::new(settings).expect("a client");
    assert_eq!(client.count(&Resource::Locations, &Selection::all()).await.expect("a count"), 12);
}

#[tokio::test]
async fn a_request_too_long_for_the_server_is_not_sent() {
    let server = good_after(0, || Reply::Close);
    let ids: Vec<String> = (0..600).map(|n| format!("{n:036}")).collect();
    let selection = Selection::all().one_of("id", ids.iter().map(String::as_str));
    let error = server.client().count(&Resource::Cases(outbreak()), &selection).await.expect_err("too long");
    assert!(matches!(error.kind(), Kind::UrlTooLong { .. }));
    assert_eq!(server.n_readings(), 0);
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_not_trusted() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let hello = stream.read(&mut [0; 1024]);
            let said = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            // The client hangs up in its own time.
            let _ = (hello, said, stream.read(&mut [0; 1024]));
        }
    });
    let settings = Settings::new(url.parse().expect("an address"), "robot@example.org", "canary");
    let error = Client::new(settings).expect("a client").log_in().await.expect_err("no login");
    assert!(matches!(error.kind(), Kind::Tls { .. }), "{error:?}");
    assert!(!error.is_temporary());
}

/// What an operator reads. Neither the query, the token, the password nor the server's values are in it, nor in any
/// cause below it.
#[tokio::test]
async fn errors_name_the_question_and_the_reason_and_nothing_secret() {
    let replies: [fn() -> Reply; 11] = [
        || Reply::Close,
        || cut("{"),
        || Reply::json(200, r#"{"canary":"canary"}"#),
        || Reply::json(200, r#"["canary"]"#),
        || html(502),
        || html(404),
        || Reply::refusal(404, "MODEL_NOT_FOUND"),
        || Reply::refusal(500, "INTERNAL_ERROR"),
        || Reply::json(400, r#"{"error":{"message":"Value is not\nan object.","code":"X"}}"#),
        || {
            let location = "https://other.example.org:8443/login?canary=canary".to_owned();
            Reply::Answer { status: 302, headers: vec![("Location".to_owned(), location)], body: Vec::new() }
        },
        || {
            Reply::json(
                403,
                r#"{"error":{"code":"MISSING_REQUIRED_PERMISSION","details":{"permissions":"case_list"}}}"#,
            )
        },
    ];
    let mut texts = Vec::new();
    for reply in replies {
        let server = good_after(usize::MAX, reply);
        let selection = Selection::all().equal("visualId", "canary");
        let error = server.client().count(&Resource::Cases(outbreak()), &selection).await.expect_err("an error");
        texts.push(error.to_string());
        let mut cause = Some(&error as &dyn std::error::Error);
        while let Some(error) = cause {
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
            cause = error.source();
        }
    }
    insta::assert_snapshot!(texts.join("\n"));
}
