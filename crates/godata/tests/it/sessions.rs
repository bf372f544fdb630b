//! One login for all, one renewal for each, and never a second try with a refused password.

use std::sync::atomic::{AtomicUsize, Ordering};

use godata::{Kind, OutbreakId, Resource, Selection};

use crate::server::{Reply, Server};

fn outbreak() -> OutbreakId {
    OutbreakId::new("o1")
}

#[tokio::test]
async fn many_requests_at_once_share_one_login() {
    let server = Server::start(|request| match request.is_login() {
        true => Reply::login("t1"),
        false => Reply::json(200, r#"{"count":1}"#),
    });
    let client = server.client();
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.count(&Resource::Cases(outbreak()), &Selection::all()).await })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.expect("no panic").expect("a count"), 1);
    }
    assert_eq!((server.n_logins(), server.n_readings()), (1, 20));
    assert!(server.asked().iter().all(|request| request.is_login() || request.token() == Some("t1")));
}

#[tokio::test]
async fn what_is_sent_is_what_go_data_needs() {
    let server = Server::start(|request| match request.is_login() {
        true => Reply::login("t1"),
        false => Reply::json(200, r#"{"count":1}"#),
    });
    server.client().count(&Resource::LabResults(outbreak()), &Selection::all()).await.expect("a count");
    let asked = server.asked();
    assert_eq!(asked[0].body, br#"{"email":"robot@example.org","password":"canary-password"}"#);
    assert_eq!(asked[1].path, "/api/outbreaks/o1/lab-results/aggregate-filtered-count");
    for request in &asked {
        assert_eq!(request.headers["accept"], "application/json");
        assert_eq!(request.headers["user-agent"], concat!("tally/", env!("CARGO_PKG_VERSION")));
        assert!(!request.headers.contains_key("authorization") && !request.headers.contains_key("cookie"));
    }
}

#[tokio::test]
async fn a_forgotten_token_is_renewed_once_for_all_who_use_it() {
    let n_logins = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        if request.is_login() {
            return Reply::login(&format!("t{}", n_logins.fetch_add(1, Ordering::SeqCst) + 1));
        }
        match request.token() {
            Some("t1") => Reply::refusal(401, "INVALID_TOKEN"),
            _ => Reply::json(200, r#"{"count":1}"#),
        }
    });
    let client = server.client();
    client.log_in().await.expect("a login");
    let requests: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.count(&Resource::Cases(outbreak()), &Selection::all()).await })
        })
        .collect();
    for request in requests {
        request.await.expect("no panic").expect("a count");
    }
    assert_eq!(server.n_logins(), 2);
}

#[tokio::test]
async fn a_token_refused_again_and_again_is_an_error_and_not_a_loop() {
    let server = Server::start(|request| match request.is_login() {
        true => Reply::login("t"),
        false => Reply::refusal(401, "AUTHORIZATION_REQUIRED"),
    });
    let error = server.client().outbreak(&outbreak()).await.expect_err("a refusal");
    assert_eq!(*error.kind(), Kind::Unauthorised);
    assert_eq!((server.n_logins(), server.n_readings()), (4, 4));
}

#[tokio::test]
async fn a_session_that_somebody_else_ends_twice_is_begun_a_third_time() {
    let n_logins = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        if request.is_login() {
            return Reply::login(&format!("t{}", n_logins.fetch_add(1, Ordering::SeqCst) + 1));
        }
        match request.token() {
            Some("t3") => Reply::json(200, r#"{"count":1}"#),
            _ => Reply::refusal(401, "INVALID_TOKEN"),
        }
    });
    let count = server.client().count(&Resource::Cases(outbreak()), &Selection::all()).await;
    assert_eq!((count.expect("a count"), server.n_logins()), (1, 3));
}

#[tokio::test]
async fn a_missing_permission_or_api_key_renews_nothing() {
    let server = Server::start(|request| match request.path.as_str() {
        "/api/users/login" => Reply::login("t"),
        "/api/system-settings/version" => {
            assert_eq!(request.headers["api-key"], "your_api_key_here");
            Reply::json(401, r#"{"error":{"statusCode":401,"message":"Unauthorized: Invalid API Key"}}"#)
        }
        _ => Reply::refusal(403, "MISSING_REQUIRED_PERMISSION"),
    });
    let client = server.client();
    assert!(client.version().await.expect("no error").is_none());
    assert_eq!(server.n_logins(), 0);
    let error = client.outbreak(&outbreak()).await.expect_err("a refusal");
    assert!(matches!(error.kind(), Kind::Forbidden { .. }));
    assert_eq!((server.n_logins(), server.n_readings()), (1, 2));
}

#[tokio::test]
async fn a_refused_login_is_never_tried_again() {
    let refusals: [(u16, &str, Kind); 4] = [
        (401, r#"{"error":{"code":"LOGIN_FAILED"}}"#, Kind::LoginFailed),
        (422, r#"{"error":{"code":"ACTION_TEMPORARILY_BLOCKED"}}"#, Kind::Blocked),
        (422, r#"{"error":{"code":"INVALID_CAPTCHA"}}"#, Kind::Captcha),
        (200, r#"{"twoFA":true}"#, Kind::TwoFactor),
    ];
    for (status, body, kind) in refusals {
        let server = Server::start(move |_| Reply::json(status, body));
        let client = server.client();
        let requests: Vec<_> = (0..5)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.outbreaks().await.map(|_| ()) })
            })
            .collect();
        for request in requests {
            let error = request.await.expect("no panic").expect_err("a refusal");
            assert_eq!(*error.kind(), kind);
        }
        assert_eq!((server.n_logins(), server.n_readings()), (1, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_login_without_answer_is_not_repeated_but_one_that_met_a_tired_proxy_is() {
    let server = Server::start(|_| Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"id\":".to_vec()));
    let error = server.client().log_in().await.expect_err("no login");
    assert_eq!((error.kind(), server.n_logins()), (&Kind::Truncated, 1));

    let server = Server::start(|_| Reply::json(503, "{}"));
    let error = server.client().log_in().await.expect_err("no login");
    assert_eq!((error.kind(), server.n_logins()), (&Kind::Server { status: 503 }, 3));
}

#[tokio::test]
async fn servers_without_the_ordinary_login_are_asked_by_oauth() {
    for body in [r#"{"access_token":"t9"}"#, r#"{"response":{"access_token":"t9"}}"#] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/api/users/login" => Reply::json(404, "{}"),
            "/api/oauth/token" => Reply::json(200, body),
            _ => Reply::json(200, r#"{"count":4}"#),
        });
        let client = server.client();
        assert_eq!(client.count(&Resource::Locations, &Selection::all()).await.expect("a count"), 4);
        assert_eq!(server.asked().last().and_then(|request| request.token()), Some("t9"));
        assert!(client.user().await.expect("no error").is_none());
    }
}
