//! Who is let in, and how the others are turned away.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::*;

type Sign = fn(RequestBuilder) -> RequestBuilder;

#[tokio::test]
async fn the_sign_in_table() {
    let token = "d2p_sandboxToken";
    let sandbox = sandbox_with("2.42.0", |options| options.tokens.push(token.to_owned())).await;
    let signs: [(Sign, u16); 8] = [
        (|r| r, 302),
        (|r| r.header("X-Requested-With", "XMLHttpRequest"), 401),
        (|r| r.basic_auth("tally", Some("wrong")), 401),
        (|r| r.basic_auth("nobody", Some("district")), 401),
        (|r| r.basic_auth("tally", Some("district")), 200),
        (|r| r.header("Authorization", "ApiToken d2p_sandboxToken"), 200),
        (|r| r.header("Authorization", "apitoken d2p_sandboxToken"), 200),
        (|r| r.header("Authorization", "ApiToken d2p_other"), 401),
    ];
    for (sign, status) in signs {
        let request = sandbox.http.get(format!("{}/api/me", sandbox.running.url()));
        let response = sign(request).send().await.unwrap();
        assert_eq!(response.status(), status);
        match status {
            302 => assert_eq!(response.headers()["location"], "/login/"),
            401 => {
                let body: Value = response.json().await.unwrap();
                assert_eq!((&body["httpStatusCode"], &body["status"]), (&json!(401), &json!("ERROR")));
            }
            _ => {}
        }
    }
    sandbox.state.revoke_tokens();
    let request = sandbox.http.get(format!("{}/api/me", sandbox.running.url()));
    let response = request.header("Authorization", format!("ApiToken {token}")).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["www-authenticate"]),
        (401, &"ApiToken".parse().unwrap())
    );
}

#[tokio::test]
async fn a_token_with_a_wrong_checksum_is_told_so() {
    let sandbox = sandbox("2.42.0").await;
    let message = async |token: &str| {
        let request = sandbox.http.get(format!("{}/api/me", sandbox.running.url()));
        let response = request.header("Authorization", format!("ApiToken {token}")).send().await.unwrap();
        response.json::<Value>().await.unwrap()["message"].clone()
    };
    // The example of the DHIS2 documentation, whose checksum is right.
    assert_ne!(message("d2pat_5xVA12xyUbWNedQxy4ohH77WlxRGVvZZ1151814092").await, "Checksum validation failed");
    assert_eq!(message("d2pat_5xVA12xyUbWNedQxy4ohH77WlxRGVvZZ1151814093").await, "Checksum validation failed");
}

#[tokio::test]
async fn two_factors_and_disabled_accounts_cannot_use_basic() {
    let sandbox = sandbox_with("2.42.0", |options| options.two_factor = true).await;
    assert_eq!(sandbox.get("/api/me").await.0, 401);
    sandbox.state.edit(|m| m.users[0].two_factor = false);
    assert_eq!(sandbox.get("/api/me").await.0, 200);
    sandbox.state.edit(|m| m.users[0].disabled = true);
    assert_eq!(sandbox.get("/api/me").await.1["message"], "Account disabled");
}

#[tokio::test]
async fn writing_needs_the_authority_and_json() {
    let sandbox = sandbox("2.42.0").await;
    let url = format!("{}/api/dataValueSets", sandbox.running.url());
    for kind in ["text/csv", "text/plain", "application/x-www-form-urlencoded"] {
        let request = sandbox.http.post(&url).basic_auth("tally", Some("district"));
        let response = request.header("Content-Type", kind).body("{}").send().await.unwrap();
        assert_eq!(response.status(), 415, "{kind}");
    }
    let bare = sandbox.http.post(&url).basic_auth("tally", Some("district")).body("{}");
    assert_eq!(bare.send().await.unwrap().status(), 415, "no content type at all");
    assert_eq!(sandbox.post("", &json!({})).await.0, 200, "an empty payload is a success");
    sandbox.state.edit(|m| m.users[0].authorities.clear());
    let (status, body) = sandbox.post("", &daily(&[tested("1")])).await;
    assert_eq!((status, &body["httpStatus"]), (403, &json!("Forbidden")));
}

#[tokio::test]
async fn bodies_may_be_gzipped_without_a_header() {
    let sandbox = sandbox("2.42.0").await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(daily(&[tested("6")]).to_string().as_bytes()).unwrap();
    let response = sandbox
        .http
        .post(format!("{}/api/dataValueSets", sandbox.running.url()))
        .basic_auth("tally", Some("district"))
        .header("Content-Type", "application/json")
        .body(encoder.finish().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(sandbox.value(TESTED, "20200327", FACILITY, DEFAULT).as_deref(), Some("6"));
}

#[tokio::test]
async fn pings_need_no_sign_in_and_unknown_api_versions_do_not_exist() {
    let sandbox = sandbox("2.42.0").await;
    for path in ["/api/ping", "/api/system/ping"] {
        let response = sandbox.http.get(format!("{}{path}", sandbox.running.url())).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "pong");
    }
    for (path, status) in
        [("/api/42/me", 200), ("/api/28/me", 200), ("/api/43/me", 404), ("/api/27/me", 404), ("/api/nothing", 404)]
    {
        assert_eq!(sandbox.get(path).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn a_repeated_flag_is_refused() {
    let sandbox = sandbox("2.42.0").await;
    assert_eq!(sandbox.post("?dryRun=true&dryRun=true", &json!({})).await.0, 400);
    assert_eq!(sandbox.post("?dryRun=maybe", &json!({})).await.0, 400);
}

#[tokio::test]
async fn requests_are_logged_with_their_size() {
    let sandbox = sandbox("2.42.0").await;
    sandbox.post("?dryRun=true", &daily(&[tested("1"), tested("2")])).await;
    let log = sandbox.state.requests();
    let [request] = &log[..] else { panic!("one request, not {log:?}") };
    assert_eq!(
        (request.method.as_str(), request.path.as_str(), request.query.as_str()),
        ("POST", "/api/dataValueSets", "dryRun=true")
    );
    assert_eq!((request.n_values, request.status), (2, 200));
}
