//! How far a server is trusted: its answers lead nowhere else, have limits, and are not repeated.

use std::time::Duration;

use dhis2::{Client, Credentials, Error, ErrorKind, ImportOptions, Polling};

use crate::server::{Server, client, reply, settings, values};

const CANARY: &str = "CANARY-SURNAME-0001";
const QUICK: Polling = Polling { delay: Duration::from_millis(1), deadline: Duration::from_secs(20) };

fn everybody() -> [Credentials; 2] {
    let password = Credentials::Basic { username: "tally".into(), password: "s3cret".into() };
    [password, Credentials::Token("d2p_s3cret".into())]
}

fn all_of(error: &Error) -> String {
    format!("{error} {error:?}").to_uppercase()
}

#[tokio::test]
async fn no_redirect_takes_credentials_or_a_write_to_another_server() {
    for status in [301, 302, 303, 307, 308] {
        for credentials in everybody() {
            let other = Server::answering([]).await;
            let to = other.address("/hmis/api/dataValueSets");
            let server = Server::answering(vec![reply(status, "").with("location", &to); 2]).await;
            let client = server.client_with(credentials);
            let read = client.me().await.unwrap_err();
            let write = client.import(&values(1), &ImportOptions::default()).await.unwrap_err();
            for error in [read, write] {
                assert!(matches!(error.kind(), ErrorKind::Redirect { .. }), "{status}: {error}");
                assert!(!error.outcome_unknown(), "{status}: nothing was written");
            }
            assert_eq!(other.seen().len(), 0, "{status}");
            assert_eq!(server.finished().len(), 2);
        }
    }
}

/// A job is followed below the configured address, by its uid alone.
#[tokio::test]
async fn no_address_in_an_answer_is_followed() {
    const DONE: &str = r#"{"responseType":"ImportSummary","status":"SUCCESS","importCount":{"imported":1}}"#;
    let other = Server::answering([]).await;
    let to = other.address("/api/system/tasks/DATAVALUE_IMPORT/YR1UxOUXmzT");
    let started = |id: &str| {
        let body = serde_json::json!({ "httpStatus": "OK", "response": { "responseType": "JobConfiguration", "id": id,
            "jobType": "DATAVALUE_IMPORT", "relativeNotifierEndpoint": to, "href": to } });
        reply(200, body.to_string()).with("location", &to).with("content-location", &to).with("link", &to)
    };
    let hostile = format!("{to}?x=1#y");
    for id in ["YR1UxOUXmzT", "../../../../x", "//elsewhere.example.org/x", "..", &hostile] {
        let server = Server::answering([started(id), reply(200, "[]"), reply(200, DONE)]).await;
        let verdict = server.client().import_async(&values(1), &ImportOptions::default(), &QUICK).await.unwrap();
        assert!(verdict.is_clean());
        for request in &server.finished()[1..] {
            let path = request.uri.path();
            assert!(path.starts_with("/hmis/api/system/task"), "{id}: {path}");
            assert!(request.uri.query().is_none() && path.matches('/').count() <= 6, "{id}: {path}");
        }
    }
    let info = format!(r#"{{"version":"2.42.1","calendar":"iso8601","contextPath":"{to}","instanceBaseUrl":"{to}"}}"#);
    let server = Server::answering([reply(200, info), reply(200, r#"{"id":"xE7jOejl9FI","username":"a"}"#)]).await;
    let client = server.client();
    client.system_info().await.unwrap();
    client.me().await.unwrap();
    server.finished();
    assert_eq!(other.seen().len(), 0);
}

#[tokio::test]
async fn plain_http_leaves_this_machine_only_if_that_is_allowed() {
    for credentials in everybody() {
        for url in ["http://dhis2.example.org", "http://10.1.2.3/api", "http://dhis2.localhost", "http://[fe80::1]"] {
            let refused = settings(url, credentials.clone());
            let error = Client::new(&refused).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::InsecureUrl { .. }), "{url}: {error}");
            let allowed = dhis2::Settings { allow_http: true, ..refused };
            assert!(Client::new(&allowed).is_ok(), "{url}");
        }
        for url in ["http://localhost:1", "http://127.0.0.1", "http://[::1]", "https://dhis2.example.org"] {
            client(url, credentials.clone());
        }
    }
}

/// Of a refusal only its code is kept, of an answer that is none of DHIS2's nothing.
#[tokio::test]
async fn what_a_server_says_of_persons_is_not_repeated() {
    let message = format!(r#""message":"{CANARY} is wrong","devMessage":"{CANARY}""#);
    let bodies = [
        format!(r#"{{{message},"errorCode":"E2012"}}"#),
        format!(r#"{{{message},"errorCode":"{CANARY}"}}"#),
        format!(r#"{{"id":"{CANARY}","username":7}}"#),
        format!(r#"{{"id":"xE7jOejl9FI","username":{{"{CANARY}":1}}}}"#),
        format!("[\"{CANARY}\"]"),
        format!("{{\"{CANARY}"),
        format!("{CANARY} is no JSON"),
        format!("<html>{CANARY}</html>"),
    ];
    let mut texts = Vec::new();
    for status in [200, 302, 400, 401, 403, 404, 409, 413, 415, 500, 502] {
        for body in &bodies {
            let kind = if body.starts_with('{') { "application/json" } else { "text/CANARY-1; x=CANARY-1" };
            let kind = if body.starts_with("CANARY") { "CANARY-1" } else { kind };
            let answer = reply(status, body.as_str()).with("content-type", kind);
            let answer = answer.with("location", "https://CANARY-1:CANARY-2@elsewhere.example.org/CANARY-3?CANARY-4");
            let server = Server::answering(vec![answer; 9]).await;
            let client = server.client();
            let read = client.me().await.unwrap_err();
            let write = client.import(&values(1), &ImportOptions::default()).await.unwrap_err();
            for error in [read, write] {
                assert!(!all_of(&error).contains("CANARY"), "{status} {body}: {error:?}");
                texts.push(error.to_string());
            }
        }
    }
    assert!(texts.iter().any(|text| text.contains("E2012")), "a code is: {texts:?}");
}

/// The conflicts of a summary name what was sent, which is numbers; the texts around them may be anything.
#[tokio::test]
async fn of_a_summary_only_the_conflicts_are_repeated() {
    let summary = format!(
        r#"{{"message":"{CANARY}","response":{{"responseType":"ImportSummary","status":"ERROR","description":"{CANARY}",
            "importCount":{{"ignored":1}}}}}}"#
    );
    let server = Server::answering([reply(409, summary)]).await;
    let verdict = server.client().import(&values(1), &ImportOptions::default()).await.unwrap();
    assert!(verdict.aborted);
    assert!(!format!("{verdict:?}").contains("CANARY"), "{verdict:?}");
}

#[tokio::test]
async fn an_answer_larger_than_the_limit_is_not_read() {
    let large = format!("{{\"x\":\"{}\"}}", "a".repeat(100_000));
    let server = Server::answering([reply(200, large)]).await;
    let small = dhis2::Settings { answer_bytes_max: 10_000, ..server.settings() };
    let error = Client::new(&small).unwrap().me().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooLarge { limit: 10_000, .. }), "{error}");
    assert_eq!(server.finished().len(), 1, "it is not asked for again");
}

#[tokio::test]
async fn an_answer_that_unpacks_to_too_much_is_not_read() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&vec![b' '; 4 << 20]).unwrap();
    gzip.write_all(br#"{"id":"xE7jOejl9FI","username":"a"}"#).unwrap();
    let packed = gzip.finish().unwrap();
    assert!(packed.len() < 1 << 16, "{}", packed.len());
    for (limit, fits) in [(1 << 20, false), (8 << 20, true)] {
        let server = Server::answering([reply(200, packed.clone()).with("content-encoding", "gzip")]).await;
        let settings = dhis2::Settings { answer_bytes_max: limit, ..server.settings() };
        let me = Client::new(&settings).unwrap().me().await;
        assert_eq!(me.is_ok(), fits);
        if let Err(error) = me {
            assert!(matches!(error.kind(), ErrorKind::TooLarge { .. }), "{error}");
        }
    }
}

#[tokio::test]
async fn a_document_has_no_more_levels_than_the_stack_bears() {
    for levels in [1_000, 1_000_000] {
        let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for body in [
            format!(r#"{{"id":{deep}}}"#),
            format!(r#"{{"unknown":{deep}}}"#),
            format!(
                r#"{{"response":{{"responseType":"ImportSummary","status":"ERROR","conflicts":[{{"objects":{{"a":{deep}}}}}]}}}}"#
            ),
        ] {
            let server = Server::answering(vec![reply(200, body); 2]).await;
            let client = server.client();
            let read = client.me().await.unwrap_err();
            let write = client.import(&values(1), &ImportOptions::default()).await.unwrap_err();
            for error in [read, write] {
                assert!(matches!(error.kind(), ErrorKind::Decode { .. }), "{levels}: {error}");
            }
        }
    }
}
