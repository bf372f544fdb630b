//! What is an error, what is tried again, and what is known of a write that failed.

use std::time::Duration;

use dhis2::{Client, Credentials, ErrorKind, ImportOptions};

use crate::server::{Server, client, hanging_up_after, page, reply, settings, values};

const ME: &str = r#"{"id":"xE7jOejl9FI","username":"admin"}"#;
const SUMMARY: &str = r#"{"response":{"responseType":"ImportSummary","status":"SUCCESS","importCount":{"updated":1}}}"#;

fn token() -> Credentials {
    Credentials::Token("d2p_canary".into())
}

fn message(text: &str) -> String {
    format!(r#"{{"status":"ERROR","message":"{text}"}}"#)
}

#[tokio::test]
async fn texts_and_repetition() {
    let replies = [
        (reply(302, "").with("location", "http://dhis2.example.org/hmis/login/;jsessionid=canary?x=1"), 1),
        (reply(301, "").with("location", "https://elsewhere.example.org/hmis/?token=canary"), 1),
        (page(200), 1),
        (page(404), 1),
        (reply(400, message("You likely repeated request parameter")), 1),
        (reply(401, message("Unauthorized")), 1),
        (reply(401, message("Account locked")), 1),
        (reply(403, message("Access is denied")), 1),
        (reply(409, r#"{"message":"No org units","errorCode":"E2006"}"#), 1),
        (reply(413, ""), 1),
        (reply(415, message("Content type not supported")), 1),
        (reply(429, ""), 3),
        (reply(500, message("boom")), 2),
        (page(502), 3),
        (page(503), 3),
        (page(503).with("retry-after", "0"), 3),
        (page(503).with("retry-after", "86400"), 1),
        (reply(200, "{\"id\":7}"), 1),
        (reply(200, "{\"id\":"), 1),
    ];
    let mut texts = String::new();
    for (answer, attempts) in replies {
        let server = Server::answering(vec![answer.clone(); 9]).await;
        let error = server.client().me().await.unwrap_err();
        assert_eq!(server.seen().len(), attempts, "{error}");
        assert!(!error.outcome_unknown(), "reading changes nothing: {error}");
        assert!(!format!("{error} {error:?}").contains("canary"));
        texts.push_str(&format!("{error}{}\n", if error.is_temporary() { " [temporary]" } else { "" }));
    }
    insta::assert_snapshot!(texts, @"
    GET /api/me: the server does not accept the credentials: it redirects to its login page
    GET /api/me: the server redirects to https://elsewhere.example.org (status 301)
    GET /api/me: the server answered with text/html where JSON was expected (status 200)
    GET /api/me: address /api/me does not exist or cannot be read by this user
    GET /api/me: refused with status 400: Bad Request
    GET /api/me: the server does not accept the credentials: Unauthorized
    GET /api/me: the account cannot be used: it is locked
    GET /api/me: not allowed: Forbidden
    GET /api/me: refused (E2006): Conflict
    GET /api/me: refused with status 413: Payload Too Large
    GET /api/me: the server does not take this content type: Unsupported Media Type
    GET /api/me: the server is busy (status 429) [temporary]
    GET /api/me: the server failed with status 500: Internal Server Error
    GET /api/me: the server failed with status 502: Bad Gateway [temporary]
    GET /api/me: the server failed with status 503: Service Unavailable [temporary]
    GET /api/me: the server is busy (status 503) [temporary]
    GET /api/me: the server is busy (status 503) [temporary]
    GET /api/me: the answer cannot be understood at `id`: an unexpected value at line 1 column 7
    GET /api/me: the answer cannot be understood at `id`: EOF while parsing a value at line 1 column 6
    ");
}

#[tokio::test]
async fn a_read_succeeds_after_a_passing_failure() {
    let server = Server::answering([page(502), reply(500, ""), reply(200, ME)]).await;
    assert_eq!(server.client().me().await.unwrap().username, "admin");
    server.finished();
}

#[tokio::test]
async fn a_write_is_not_repeated_and_tells_whether_it_may_have_happened() {
    let replies = [
        (reply(302, "").with("location", "/hmis/login/"), false),
        (page(200), true),
        (reply(400, message("Malformed")), false),
        (reply(401, message("Unauthorized")), false),
        (reply(403, message("Access is denied")), false),
        (page(404), false),
        (page(413), false),
        (reply(415, ""), false),
        (reply(500, message("boom")), true),
        (page(502), true),
        (page(503), true),
        (page(504), true),
        (reply(200, "{\"response\":{\"responseType\":\"ImportSummary\"}}"), true),
    ];
    for (answer, unknown) in replies {
        let server = Server::answering(vec![answer; 9]).await;
        let error = server.client().import(&values(1), &ImportOptions::default()).await.unwrap_err();
        assert_eq!(server.seen().len(), 1, "{error}");
        assert_eq!(error.outcome_unknown(), unknown, "{error}");
    }
}

#[tokio::test]
async fn a_write_that_was_not_taken_is_repeated() {
    let busy = || page(503).with("retry-after", "0");
    let server = Server::answering([busy(), reply(429, ""), reply(200, SUMMARY)]).await;
    assert!(server.client().import(&values(1), &ImportOptions::default()).await.unwrap().is_clean());
    server.finished();

    let server = Server::answering([busy(), busy(), busy()]).await;
    let error = server.client().import(&values(1), &ImportOptions::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Throttled { status: 503, .. }));
    assert!(error.is_temporary() && !error.outcome_unknown());
}

#[tokio::test]
async fn a_connection_cut_after_the_request_leaves_a_write_unknown() {
    for bytes in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"response\":{\"resp",
    ] {
        let url = hanging_up_after(bytes).await;
        let error = client(&url, token()).import(&values(1), &ImportOptions::default()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Interrupted { .. }), "{error:?}");
        assert!(error.outcome_unknown() && error.is_temporary());
        let error = client(&url, token()).me().await.unwrap_err();
        assert!(!error.outcome_unknown() && error.is_temporary());
    }
}

#[tokio::test]
async fn a_write_without_an_answer_in_time_is_unknown() {
    // It accepts connections into its backlog and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let patience = dhis2::Settings { timeout: Duration::from_millis(50), ..settings(&url, token()) };
    let error = Client::new(&patience).unwrap().import(&values(1), &ImportOptions::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout), "{error:?}");
    assert!(error.outcome_unknown());
}

#[tokio::test]
async fn nobody_there_means_nothing_written() {
    let url = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let error = client(&url, token()).import(&values(1), &ImportOptions::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Connect { .. }), "{error:?}");
    assert!(error.is_temporary() && !error.outcome_unknown());
}

#[tokio::test]
async fn no_tls_is_its_own_failure() {
    let url = hanging_up_after(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.replace("http:", "https:");
    let error = client(&url, token()).me().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Tls { .. }), "{error:?}");
    assert!(!error.is_temporary());
}
