//! Who we are to the server, and that a session is kept.

use dhis2::{Credentials, ErrorKind};

use crate::server::{Server, reply};

const ME: &str = r#"{"id":"xE7jOejl9FI","username":"admin","authorities":["F_DATAVALUE_ADD"],
    "organisationUnits":[{"id":"ImspTQPwCqd","path":"/ImspTQPwCqd"}],"dataViewOrganisationUnits":[]}"#;

fn basic() -> Credentials {
    Credentials::Basic { username: "admin".into(), password: "district".into() }
}

#[tokio::test]
async fn the_session_of_a_password_is_kept() {
    let server = Server::answering([
        reply(200, ME).with("set-cookie", "JSESSIONID=first; Path=/hmis; HttpOnly"),
        reply(200, ME).with("set-cookie", "other=1; Path=/"),
        reply(200, ME).with("set-cookie", "JSESSIONID=second; Path=/hmis"),
        reply(200, ME),
    ])
    .await;
    let client = server.client_with(basic());
    for _ in 0..4 {
        client.clone().me().await.unwrap();
    }
    let seen = server.finished();
    let cookies: Vec<_> = seen.iter().map(|request| request.header("cookie")).collect();
    assert_eq!(cookies, [None, Some("JSESSIONID=first"), Some("JSESSIONID=first"), Some("JSESSIONID=second")]);
    assert!(seen.iter().all(|request| request.header("authorization") == Some("Basic YWRtaW46ZGlzdHJpY3Q=")));
}

#[tokio::test]
async fn a_token_needs_no_session() {
    let server = Server::answering([reply(200, ME).with("set-cookie", "JSESSIONID=first"), reply(200, ME)]).await;
    let client = server.client();
    client.me().await.unwrap();
    client.me().await.unwrap();
    assert_eq!(server.finished()[1].header("cookie"), None);
}

#[tokio::test]
async fn who_am_i() {
    let server = Server::answering([reply(200, ME)]).await;
    let me = server.client().me().await.unwrap();
    assert!(me.has_authority("F_DATAVALUE_ADD") && !me.has_authority("F_EDIT_EXPIRED"));
    assert!(me.may_enter_at("/ImspTQPwCqd/O6uvpzGd5pu") && me.may_view_at("/ImspTQPwCqd"));
    assert!(!me.may_enter_at("/XXXXXXXXXXX"));
    assert_eq!(
        server.finished()[0].parameters("fields"),
        ["id,username,authorities,organisationUnits[id,path],dataViewOrganisationUnits[id,path]"]
    );
}

#[tokio::test]
async fn what_is_the_server() {
    let body = r#"{"version":"2.42.1","revision":"abc1234","calendar":"iso8601","dateFormat":"yyyy-mm-dd",
        "serverDate":"2026-02-03T04:05:06.789","serverTimeZoneId":"Africa/Freetown","systemId":"eed3d451-4ff5-4193-b951-ffcc68954299",
        "contextPath":"https://dhis2.example.org/hmis"}"#;
    let server = Server::answering([reply(200, body)]).await;
    let info = server.client().system_info().await.unwrap();
    assert_eq!(info.version.to_string(), "2.42.1");
    assert_eq!(info.calendar, "iso8601");
    assert_eq!(info.server_date, Some(jiff::civil::date(2026, 2, 3).at(4, 5, 6, 0)));
    assert_eq!(info.server_time_zone_id.as_deref(), Some("Africa/Freetown"));
    assert_eq!(server.finished()[0].uri.path(), "/hmis/api/system/info");
}

#[tokio::test]
async fn an_old_server_is_refused() {
    let server = Server::answering([reply(200, r#"{"version":"2.36.3"}"#)]).await;
    let error = server.client().system_info().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnsupportedVersion(_)));
    insta::assert_snapshot!(error, @"GET /api/system/info: DHIS2 2.36 is too old: import results can be trusted from 2.38 on");
}
