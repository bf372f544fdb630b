//! Registering completeness.

use dhis2::{CompletionQuery, IdSchemes, Registration, Status, Time};
use jiff::civil::date;

use crate::server::{Server, page, reply};

fn registration() -> Registration {
    Registration {
        data_set: "kIfMNugiTgd".into(),
        period: "20200327".into(),
        org_unit: "O6uvpzGd5pu".into(),
        attribute_option_combo: None,
        date: Some(date(2020, 3, 28)),
        completed: true,
    }
}

#[tokio::test]
async fn success_may_hide_a_failed_part() {
    let body = r#"{"httpStatus":"OK","httpStatusCode":200,"status":"OK","message":"Import process complete.",
        "response":{"responseType":"ImportSummary","status":"SUCCESS","importCount":{"imported":1,"updated":0,"ignored":1,"deleted":0},
        "conflicts":[{"object":"XXXXXXXXXXX","value":"Organisation unit not found or not accessible"}]}}"#;
    let server = Server::answering([reply(200, body)]).await;
    let both = [registration(), registration()];
    let verdict = server.client().complete(&both, &IdSchemes::default()).await.unwrap();
    assert_eq!(verdict.status, Status::Success);
    assert!(!verdict.is_clean());
    assert_eq!(verdict.conflicts[0].object.as_deref(), Some("XXXXXXXXXXX"));
    insta::assert_json_snapshot!(server.finished()[0].json()["completeDataSetRegistrations"][0], @r#"
    {
      "completed": true,
      "dataSet": "kIfMNugiTgd",
      "date": "2020-03-28",
      "organisationUnit": "O6uvpzGd5pu",
      "period": "20200327"
    }
    "#);
}

#[tokio::test]
async fn all_ignored_is_an_error_with_a_verdict() {
    let body = r#"{"status":"ERROR","response":{"responseType":"ImportSummary","status":"ERROR",
        "importCount":{"imported":0,"updated":0,"ignored":1,"deleted":0},"conflicts":[{"object":"p","value":"Period not valid"}]}}"#;
    let server = Server::answering([reply(409, body)]).await;
    let verdict = server.client().complete(&[registration()], &IdSchemes::default()).await.unwrap();
    assert_eq!(verdict.status, Status::Error);
}

#[tokio::test]
async fn nothing_to_register_asks_nothing() {
    let server = Server::answering([]).await;
    assert!(server.client().complete(&[], &IdSchemes::default()).await.unwrap().is_clean());
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_lost_registration_is_unknown() {
    let server = Server::answering([page(504)]).await;
    let error = server.client().complete(&[registration()], &IdSchemes::default()).await.unwrap_err();
    assert!(error.outcome_unknown());
    insta::assert_snapshot!(error, @"POST /api/completeDataSetRegistrations: the server failed with status 504: Gateway Timeout");
}

#[tokio::test]
async fn reading_registrations() {
    let body = r#"{"completeDataSetRegistrations":[{"period":"20200327","dataSet":"kIfMNugiTgd","organisationUnit":"O6uvpzGd5pu",
        "date":"2020-03-28T00:00:00.000+0000","storedBy":"admin","completed":true}]}"#;
    let server = Server::answering([reply(200, body), reply(200, "{}")]).await;
    let query = CompletionQuery {
        data_sets: vec!["kIfMNugiTgd".into()],
        time: Time::Between { start: date(2020, 3, 1), end: date(2020, 3, 31) },
        org_units: vec!["O6uvpzGd5pu".into()],
        children: false,
        id_schemes: IdSchemes::default(),
    };
    assert_eq!(server.client().completions(&query).await.unwrap(), [registration()]);
    assert_eq!(server.client().completions(&query).await.unwrap(), []);
    assert_eq!(
        server.finished()[0].uri.query(),
        Some("dataSet=kIfMNugiTgd&orgUnit=O6uvpzGd5pu&startDate=2020-03-01&endDate=2020-03-31")
    );
}
