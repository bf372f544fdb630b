//! Every row of the table of outcomes, for both importers.

use dhis2::{ImportOptions, Outcome, RejectionScope, Status};

use crate::server::{Server, reply, values};

/// One outcome as a server of some version answers it, for three values.
struct Case {
    what: &'static str,
    http_status: u16,
    body: &'static str,
    status: Status,
    aborted: bool,
    /// What becomes of the three values: accepted, or the scope of the rejection.
    outcomes: [Option<RejectionScope>; 3],
}

const VALUE: Option<RejectionScope> = Some(RejectionScope::Value);
const GROUP: Option<RejectionScope> = Some(RejectionScope::Group);
const REQUEST: Option<RejectionScope> = Some(RejectionScope::Request);

fn cases() -> Vec<Case> {
    vec![
        Case {
            what: "row: all written",
            http_status: 200,
            body: r#"{"httpStatus":"OK","httpStatusCode":200,"status":"OK","message":"Import was successful.",
                "response":{"responseType":"ImportSummary","status":"SUCCESS","importOptions":{"dryRun":false},
                "description":"Import process completed successfully",
                "importCount":{"imported":2,"updated":1,"ignored":0,"deleted":0},"conflicts":[],"rejectedIndexes":[],"dataSetComplete":"false"}}"#,
            status: Status::Success,
            aborted: false,
            outcomes: [None, None, None],
        },
        Case {
            what: "row: all unchanged",
            http_status: 200,
            body: r#"{"httpStatus":"OK","httpStatusCode":200,"status":"OK",
                "response":{"responseType":"ImportSummary","status":"SUCCESS",
                "importCount":{"imported":0,"updated":0,"ignored":3,"deleted":0},"conflicts":[],"rejectedIndexes":[]}}"#,
            status: Status::Success,
            aborted: false,
            outcomes: [None, None, None],
        },
        Case {
            what: "row: some rejected, the others are written although the status is 409",
            http_status: 409,
            body: r#"{"httpStatus":"Conflict","httpStatusCode":409,"status":"WARNING",
                "message":"One more conflicts encountered, please check import summary.",
                "response":{"responseType":"ImportSummary","status":"WARNING","description":"Import process completed successfully",
                "importCount":{"imported":1,"updated":0,"ignored":2,"deleted":0},
                "conflicts":[{"object":"aaaaaaaaaaa","objects":{"dataElement":"aaaaaaaaaaa"},
                "value":"Data element not found or not accessible: `aaaaaaaaaaa`","errorCode":"E7610","property":"dataElement","indexes":[0,2]}],
                "rejectedIndexes":[0,2],"dataSetComplete":"false"}}"#,
            status: Status::Warning,
            aborted: false,
            outcomes: [VALUE, None, VALUE],
        },
        Case {
            what: "row: all rejected is still a warning",
            http_status: 409,
            body: r#"{"httpStatus":"Conflict","httpStatusCode":409,"status":"WARNING",
                "response":{"responseType":"ImportSummary","status":"WARNING",
                "importCount":{"imported":0,"updated":0,"ignored":3,"deleted":0},
                "conflicts":[{"objects":{"period":"20990101"},"value":"Period not valid","errorCode":"E7611","indexes":[0,1,2]}],
                "rejectedIndexes":[0,1,2]}}"#,
            status: Status::Warning,
            aborted: false,
            outcomes: [VALUE, VALUE, VALUE],
        },
        Case {
            what: "row: left aside by the strategy, without a conflict and with status 200",
            http_status: 200,
            body: r#"{"httpStatus":"OK","httpStatusCode":200,"status":"OK",
                "response":{"responseType":"ImportSummary","status":"SUCCESS",
                "importCount":{"imported":2,"updated":0,"ignored":1,"deleted":0},"rejectedIndexes":[1]}}"#,
            status: Status::Success,
            aborted: false,
            outcomes: [None, VALUE, None],
        },
        Case {
            what: "row: the data set is not writable",
            http_status: 409,
            body: r#"{"httpStatus":"Conflict","httpStatusCode":409,"status":"ERROR",
                "message":"An error occurred, please check import summary.",
                "response":{"responseType":"ImportSummary","status":"ERROR","description":"Import process was aborted",
                "importCount":{"imported":0,"updated":0,"ignored":0,"deleted":0},
                "conflicts":[{"object":"kIfMNugiTgd","value":"User does not have write access for DataSet: `kIfMNugiTgd`","errorCode":"E7601"}],
                "rejectedIndexes":[]}}"#,
            status: Status::Error,
            aborted: true,
            outcomes: [REQUEST, REQUEST, REQUEST],
        },
        Case {
            what: "row: an exception",
            http_status: 409,
            body: r#"{"httpStatus":"Conflict","httpStatusCode":409,"status":"ERROR",
                "response":{"responseType":"ImportSummary","status":"ERROR","description":"The import process failed: null"}}"#,
            status: Status::Error,
            aborted: true,
            outcomes: [REQUEST, REQUEST, REQUEST],
        },
        Case {
            what: "up to 2.41 below a version: a plain summary with status 200",
            http_status: 200,
            body: r#"{"responseType":"ImportSummary","status":"WARNING","importCount":{"imported":2,"updated":0,"ignored":1,"deleted":0},
                "conflicts":[{"object":"x","value":"no","errorCode":"E7619","indexes":[1]}],"rejectedIndexes":[1]}"#,
            status: Status::Warning,
            aborted: false,
            outcomes: [None, VALUE, None],
        },
        Case {
            what: "group: all written count as updated",
            http_status: 200,
            body: r#"{"httpStatus":"OK","httpStatusCode":200,"status":"OK","message":"Import was successful.",
                "response":{"responseType":"ImportSummary","status":"SUCCESS",
                "importCount":{"imported":0,"updated":3,"ignored":0,"deleted":0},"conflicts":[],"rejectedIndexes":[]}}"#,
            status: Status::Success,
            aborted: false,
            outcomes: [None, None, None],
        },
        Case {
            what: "group: one value rejected is status 200",
            http_status: 200,
            body: r#"{"httpStatus":"OK","httpStatusCode":200,"status":"WARNING",
                "message":"Import completed with warnings, please check import summary.",
                "response":{"responseType":"ImportSummary","status":"WARNING",
                "importCount":{"imported":0,"updated":2,"ignored":2,"deleted":0},
                "conflicts":[{"objects":{"args":"2-abc-INTEGER-value_not_integer"},
                "value":"Value #2 value `abc` is no valid INTEGER: value_not_integer","errorCode":"E8122","indexes":[2]}],"rejectedIndexes":[2]}}"#,
            status: Status::Warning,
            aborted: false,
            outcomes: [None, None, VALUE],
        },
        Case {
            what: "group: all values rejected one by one",
            http_status: 409,
            body: r#"{"httpStatus":"Conflict","httpStatusCode":409,"status":"ERROR",
                "response":{"responseType":"ImportSummary","status":"ERROR","importCount":{"imported":0,"updated":0,"ignored":6,"deleted":0},
                "conflicts":[{"objects":{"args":"0"},"value":"a","errorCode":"E8120","indexes":[0]},
                {"objects":{"args":"1"},"value":"b","errorCode":"E8120","indexes":[1]},
                {"objects":{"args":"2"},"value":"c","errorCode":"E8120","indexes":[2]}],"rejectedIndexes":[0,1,2]}}"#,
            status: Status::Error,
            aborted: false,
            outcomes: [VALUE, VALUE, VALUE],
        },
        Case {
            what: "group: a wrong organisation unit rejects the whole group",
            http_status: 409,
            body: r#"{"httpStatus":"Conflict","httpStatusCode":409,"status":"ERROR",
                "message":"An error occurred, please check import summary.",
                "response":{"responseType":"ImportSummary","status":"ERROR","importCount":{"imported":0,"updated":0,"ignored":0,"deleted":0},
                "conflicts":[{"objects":{"args":"kIfMNugiTgd-O6uvpzGd5pu"},
                "value":"Data set kIfMNugiTgd not usable with org unit(s): `O6uvpzGd5pu`","errorCode":"E8022"}],"rejectedIndexes":[0,1,2]}}"#,
            status: Status::Error,
            aborted: false,
            outcomes: [GROUP, GROUP, GROUP],
        },
        Case {
            what: "group: the request cannot be decoded",
            http_status: 409,
            body: r#"{"httpStatus":"Conflict","httpStatusCode":409,"status":"ERROR",
                "response":{"responseType":"ImportSummary","status":"ERROR","importCount":{"imported":0,"updated":0,"ignored":0,"deleted":0},
                "conflicts":[{"objects":{"args":"1-x"},"value":"Value #1 has a malformed data element","errorCode":"E8104","indexes":[-1]}],"rejectedIndexes":[]}}"#,
            status: Status::Error,
            aborted: true,
            outcomes: [REQUEST, REQUEST, REQUEST],
        },
    ]
}

#[tokio::test]
async fn the_verdict_stands_in_the_body_whatever_the_status() {
    for case in cases() {
        let server = Server::answering([reply(case.http_status, case.body)]).await;
        let verdict = server.client().import(&values(3), &ImportOptions::default()).await.unwrap();
        assert_eq!(verdict.status, case.status, "{}", case.what);
        assert_eq!(verdict.aborted, case.aborted, "{}", case.what);
        for (index, expected) in case.outcomes.into_iter().enumerate() {
            match (verdict.outcome_of(index), expected) {
                (Outcome::Accepted, None) => {}
                (Outcome::Rejected(reasons), Some(scope)) => {
                    assert!(reasons.iter().all(|reason| reason.scope == scope), "{}: {reasons:?}", case.what);
                    assert!(!reasons[0].reason.is_empty(), "{}", case.what);
                }
                (outcome, _) => panic!("{}: value {index} is {outcome:?}", case.what),
            }
        }
        server.finished();
    }
}

#[tokio::test]
async fn a_refusal_without_a_summary_is_an_error_and_nothing_was_written() {
    let body =
        r#"{"httpStatus":"Conflict","httpStatusCode":409,"status":"ERROR","message":"No user","errorCode":"E2012"}"#;
    let server = Server::answering([reply(409, body)]).await;
    let error = server.client().import(&values(1), &ImportOptions::default()).await.unwrap_err();
    insta::assert_snapshot!(error, @"POST /api/dataValueSets: refused (E2012): this user may not view an organisation unit of the question");
    assert!(!error.outcome_unknown() && !error.is_temporary());
}

#[tokio::test]
async fn a_success_without_a_summary_is_no_success() {
    for body in ["{}", "", "[]", r#"{"status":"OK","response":{"responseType":"ObjectReport"}}"#] {
        let server = Server::answering([reply(200, body)]).await;
        let error = server.client().import(&values(1), &ImportOptions::default()).await.unwrap_err();
        assert!(error.outcome_unknown(), "{body:?}: {error}");
    }
}

#[tokio::test]
async fn what_is_sent() {
    let done = r#"{"response":{"responseType":"ImportSummary","status":"SUCCESS"}}"#;
    let server = Server::answering([reply(200, done), reply(200, done)]).await;
    let client = server.client();
    client.import(&values(1), &ImportOptions::default()).await.unwrap();
    client.import(&values(200), &ImportOptions { dry_run: true, ..ImportOptions::default() }).await.unwrap();
    let seen = server.finished();

    let small = &seen[0];
    assert_eq!(small.method, "POST");
    assert_eq!(small.uri.path(), "/hmis/api/dataValueSets");
    assert_eq!(small.header("authorization"), Some("ApiToken d2p_canary"));
    assert_eq!(small.header("x-requested-with"), Some("XMLHttpRequest"));
    assert_eq!(small.header("accept"), Some("application/json"));
    assert_eq!(small.header("content-type"), Some("application/json"));
    assert_eq!(small.body[0], b'{');
    assert_eq!(small.json()["dataSet"], "kIfMNugiTgd");
    for outer in ["period", "orgUnit", "attributeOptionCombo", "completeDate"] {
        assert!(small.json().get(outer).is_none(), "{outer}");
    }

    let large = &seen[1];
    assert_eq!(large.body[0], b'{', "on one machine nothing is saved by compressing");
    assert_eq!(large.header("content-encoding"), None);
    assert_eq!(large.json()["dataValues"].as_array().unwrap().len(), 200);
    assert_eq!(large.json()["dataValues"][7]["value"], "7");
    assert_eq!(large.parameters("dryRun"), ["true"]);
}
