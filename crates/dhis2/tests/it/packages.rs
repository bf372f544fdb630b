//! Packages of metadata.

use dhis2::{ErrorKind, MetadataCounts, MetadataMode};
use serde_json::json;

use crate::server::{Server, page, reply};

const TAKEN: &str = r#"{"httpStatus":"OK","httpStatusCode":200,"status":"OK","response":{"responseType":"ImportReport",
    "status":"OK","typeReports":[{"klass":"org.hisp.dhis.dataelement.DataElement",
    "stats":{"created":2,"updated":1,"deleted":0,"ignored":0,"total":3},"objectReports":[]}],
    "stats":{"created":2,"updated":1,"deleted":0,"ignored":0,"total":3}}}"#;

const REFUSED: &str = r#"{"httpStatus":"Conflict","httpStatusCode":409,"status":"WARNING",
    "message":"One or more errors occurred, please see full details in import report.",
    "response":{"responseType":"ImportReport","status":"ERROR","typeReports":[
    {"klass":"org.hisp.dhis.dataelement.DataElement","stats":{"created":0,"updated":0,"deleted":0,"ignored":1,"total":1},
    "objectReports":[{"klass":"org.hisp.dhis.dataelement.DataElement","index":0,"uid":"bmbNyNoJcXP","errorReports":[
    {"message":"Invalid reference [Nowhere0001]\n(CategoryCombo)","mainKlass":"org.hisp.dhis.dataelement.DataElement",
    "errorCode":"E5002","errorProperty":"categoryCombo","errorProperties":[]}]}]}],
    "stats":{"created":0,"updated":0,"deleted":0,"ignored":1,"total":1}}}"#;

#[tokio::test]
async fn a_package_is_sent_to_be_taken_as_a_whole() {
    let server = Server::answering([reply(200, TAKEN), reply(200, TAKEN)]).await;
    let package = json!({ "dataElements": [{ "id": "bmbNyNoJcXP" }] });
    let client = server.client();
    for (mode, name) in [(MetadataMode::Validate, "VALIDATE"), (MetadataMode::Commit, "COMMIT")] {
        let report = client.import_metadata(&package, mode).await.unwrap();
        assert!(report.is_ok && report.errors.is_empty());
        let counts = MetadataCounts { created: 2, updated: 1, deleted: 0, ignored: 0, total: 3 };
        assert_eq!((report.counts, report.by_class["DataElement"]), (counts, counts));
        let seen = server.seen().pop().unwrap();
        assert_eq!((seen.uri.path(), seen.json()), ("/hmis/api/metadata", package.clone()));
        let given = |name: &str| seen.parameters(name).join(",");
        assert_eq!(given("importMode"), name);
        assert_eq!(
            [given("atomicMode"), given("importStrategy"), given("identifier")],
            ["ALL", "CREATE_AND_UPDATE", "UID"]
        );
    }
    server.finished();
}

#[tokio::test]
async fn what_dhis2_refuses_is_told_object_by_object() {
    let server = Server::answering([reply(409, REFUSED)]).await;
    let report = server.client().import_metadata(&json!({}), MetadataMode::Commit).await.unwrap();
    assert!(!report.is_ok);
    let error = &report.errors[0];
    assert_eq!((error.class.as_str(), error.uid.as_deref()), ("DataElement", Some("bmbNyNoJcXP")));
    assert_eq!((error.code.as_deref(), error.property.as_deref()), (Some("E5002"), Some("categoryCombo")));
    assert_eq!(error.message, "Invalid reference [Nowhere0001] (CategoryCombo)");
}

#[tokio::test]
async fn an_answer_that_says_nothing_leaves_a_write_open_and_a_check_not() {
    let bare = r#"{"httpStatus":"Conflict","httpStatusCode":409,"status":"ERROR","message":"no","errorCode":"E1000"}"#;
    let server = Server::answering([page(200), page(200), reply(409, bare)]).await;
    let client = server.client();
    let package = json!({});
    let unread = client.import_metadata(&package, MetadataMode::Commit).await.unwrap_err();
    assert!(unread.outcome_unknown(), "{unread}");
    let unread = client.import_metadata(&package, MetadataMode::Validate).await.unwrap_err();
    assert!(!unread.outcome_unknown(), "{unread}");
    let refused = client.import_metadata(&package, MetadataMode::Commit).await.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Conflict { code: Some(code), .. } if code == "E1000"), "{refused}");
    server.finished();
}

#[tokio::test]
async fn objects_are_found_by_uid_and_by_code_once_each() {
    let one = r#"{"dataElements":[{"id":"bmbNyNoJcXP","code":"CASES","name":"Cases"}]}"#;
    let server = Server::answering([reply(200, one), reply(200, one)]).await;
    let (ids, codes) = (["bmbNyNoJcXP".to_owned()], ["CASES".to_owned()]);
    let found = server.client().owned_objects("dataElements", &ids, &codes).await.unwrap();
    assert_eq!(found.len(), 1);
    let filters: Vec<_> = server.finished().iter().map(|seen| seen.parameters("filter").join("")).collect();
    assert_eq!(filters, ["id:in:[bmbNyNoJcXP]", "code:in:[CASES]"]);
}
