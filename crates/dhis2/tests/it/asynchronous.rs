//! Imports as jobs.

use std::time::Duration;

use dhis2::{ErrorKind, ImportOptions, Outcome, Polling, Status};

use crate::server::{Reply, Server, page, reply, values};

const STARTED: &str = r#"{"httpStatus":"OK","httpStatusCode":200,"status":"OK","message":"Initiated DATAVALUE_IMPORT",
    "response":{"responseType":"JobConfiguration","name":"dataValueImport","id":"YR1UxOUXmzT","jobType":"DATAVALUE_IMPORT",
    "relativeNotifierEndpoint":"/api/system/tasks/DATAVALUE_IMPORT/YR1UxOUXmzT"}}"#;
const RUNNING: &str =
    r#"[{"level":"INFO","id":"a","category":"DATAVALUE_IMPORT","message":"Process started","completed":false}]"#;
const COMPLETED: &str = r#"[{"level":"INFO","id":"b","message":"Import done","completed":true},{"level":"INFO","id":"a","completed":false}]"#;
const FAILED: &str = r#"{"responseType":"ImportSummary","status":"ERROR","description":"boom",
    "importCount":{"imported":0,"updated":0,"ignored":0,"deleted":0}}"#;
const QUICK: Polling = Polling { delay: Duration::from_millis(1), deadline: Duration::from_secs(20) };

/// Status 200 without a body or a content type: the summary is not there yet.
fn nothing() -> Reply {
    reply(200, "")
}

#[tokio::test]
async fn a_job_is_followed_through_all_its_phases() {
    let server = Server::answering([
        reply(200, STARTED),
        reply(200, "[]"),
        nothing(),
        reply(200, RUNNING),
        reply(200, COMPLETED),
        nothing(),
        reply(200, COMPLETED),
        reply(200, FAILED),
    ])
    .await;
    let verdict = server.client().import_async(&values(2), &ImportOptions::default(), &QUICK).await.unwrap();
    assert_eq!((verdict.status, verdict.aborted), (Status::Error, true), "completed is not succeeded");
    assert!(matches!(verdict.outcome_of(1), Outcome::Rejected([_])));
    let seen = server.finished();
    assert_eq!(seen[0].parameters("async"), ["true"]);
    assert_eq!(seen[1].uri.path(), "/hmis/api/system/tasks/DATAVALUE_IMPORT/YR1UxOUXmzT");
    assert_eq!(seen[7].uri.path(), "/hmis/api/system/taskSummaries/DATAVALUE_IMPORT/YR1UxOUXmzT");
}

#[tokio::test]
async fn a_summary_counts_even_if_the_notes_were_cleared() {
    let done = r#"{"responseType":"ImportSummary","status":"SUCCESS","importCount":{"imported":2}}"#;
    let server = Server::answering([reply(200, STARTED), reply(200, "[]"), reply(200, done)]).await;
    let verdict = server.client().import_async(&values(2), &ImportOptions::default(), &QUICK).await.unwrap();
    assert!(verdict.is_clean());
    server.finished();
}

#[tokio::test]
async fn a_job_that_does_not_end_is_unknown() {
    let server = Server::answering([reply(200, STARTED), reply(200, RUNNING)]).await;
    let polling = Polling { delay: Duration::from_secs(9), deadline: Duration::from_secs(1) };
    let error = server.client().import_async(&values(1), &ImportOptions::default(), &polling).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TaskTimeout { .. }));
    insta::assert_snapshot!(error, @"task YR1UxOUXmzT did not finish in time");
    assert!(error.outcome_unknown() && error.is_temporary());
}

#[tokio::test]
async fn a_job_that_cannot_be_followed_is_unknown() {
    let server = Server::answering([reply(200, STARTED), page(403)]).await;
    let error = server.client().import_async(&values(1), &ImportOptions::default(), &QUICK).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Forbidden { .. }));
    assert!(error.outcome_unknown());
}
