//! Every status and body with which a version of DHIS2 answers an import: whatever the answer says of what was written, the
//! read-back decides, and the next run is at rest.

use pipeline::report::Verdict;
use sandbox::fault::Fault;
use serde_json::{Value, json};

use super::super::{BOTH, Stage};
use super::expected::Setup;
use super::tuned;

/// A wrapped summary, as 2.38 and later give it.
fn wrapped(status: u16, summary: &Value) -> (u16, String) {
    let told = if summary["status"] == "SUCCESS" { json!("OK") } else { summary["status"].clone() };
    let name = if status == 200 { "OK" } else { "Conflict" };
    let envelope = json!({ "httpStatus": name, "httpStatusCode": status, "status": told, "message": "see the summary",
        "response": summary });
    (status, envelope.to_string())
}

fn plain(summary: &Value) -> (u16, String) {
    (200, summary.to_string())
}

fn summary(status: &str, conflicts: Value, rejected: Value) -> Value {
    json!({ "responseType": "ImportSummary", "status": status, "description": "Import process completed",
        "importCount": { "imported": 0, "updated": 0, "ignored": 0, "deleted": 0 },
        "conflicts": conflicts, "rejectedIndexes": rejected })
}

fn of_value(code: &str) -> Value {
    json!([{ "object": "x", "objects": { "period": "x" }, "value": "no good", "errorCode": code, "indexes": [0] }])
}

/// Columns of the table of outcomes, oldest first.
fn answers() -> Vec<(&'static str, (u16, String), bool)> {
    let success = summary("SUCCESS", json!([]), json!([]));
    let some = summary("WARNING", of_value("E7619"), json!([0]));
    let some_43 = summary("WARNING", of_value("E8122"), json!([0]));
    let nothing_said = summary("ERROR", json!([{ "object": "x", "value": "no good" }]), json!([]));
    let failed = json!({ "responseType": "ImportSummary", "status": "ERROR",
        "description": "The import process failed: null", "importCount": { "imported": 0, "updated": 0, "ignored": 0, "deleted": 0 } });
    let request = summary("ERROR", json!([{ "value": "no good", "errorCode": "E8005", "indexes": [-1] }]), json!([]));
    let left_aside = summary("SUCCESS", json!([]), json!([0]));
    let crash = json!({ "httpStatus": "Internal Server Error", "httpStatusCode": 500, "status": "ERROR" }).to_string();
    vec![
        ("success, plain, to 2.41", plain(&success), true),
        ("success, wrapped", wrapped(200, &success), true),
        ("some rejected, plain with 200, to 2.41", plain(&some), false),
        ("some rejected, 409, to 2.42", wrapped(409, &some), false),
        ("some rejected, 200, from 2.43", wrapped(200, &some_43), false),
        ("left aside by the strategy, 200", wrapped(200, &left_aside), false),
        ("data set error, plain with 200, to 2.41", plain(&nothing_said), false),
        ("data set error, 409", wrapped(409, &nothing_said), false),
        ("request rejected, 409, from 2.43", wrapped(409, &request), false),
        ("exception, plain with 200, to 2.41", plain(&failed), false),
        ("exception, 409, to 2.42", wrapped(409, &failed), false),
        ("exception, 500, from 2.43", (500, crash), true),
    ]
}

#[tokio::test]
async fn every_status_and_body_of_an_import() {
    for version in BOTH {
        for (name, (status, body), is_clean) in answers() {
            let told = format!("{name} on {version}");
            let mut stage = Stage::new(version);
            stage.tune = tuned(Setup::Plain);
            // All is written, whatever the answer says.
            stage.on_import(Fault::FailAfterWrite { status, body: body.clone() }, 1);
            let report = stage.run().await;
            let push = report.push.as_ref().unwrap();
            assert_eq!(report.verdict, if is_clean { Verdict::Clean } else { Verdict::Partial }, "{told}");
            assert_eq!(push.rejected.is_empty(), is_clean, "{told}");
            assert!(push.rejected.iter().all(|value| !value.reason.is_empty()), "{told}");
            assert_eq!(stage.values(), stage.truth(), "{told}");
            stage.run().await;
            stage.at_rest(&[]).await;

            // Nothing is written, whatever the answer says.
            let mut stage = Stage::new(version);
            stage.tune = tuned(Setup::Plain);
            stage.on_import(Fault::Reject { status, body }, 1);
            let report = stage.run().await;
            let is_retried = status == 500;
            assert_eq!(
                report.verdict,
                if is_retried { Verdict::Clean } else { Verdict::Partial },
                "{told}, not written"
            );
            assert_eq!(stage.values().is_empty(), !is_retried, "{told}, not written");
            if is_clean && !is_retried {
                let warned = report.warnings.iter().any(|warning| warning.contains("and not there"));
                assert!(warned, "{told}, not written: {:?}", report.warnings);
            }
            assert_eq!(stage.run().await.verdict, Verdict::Clean, "{told}, not written");
            stage.at_rest(&[]).await;
        }
    }
}
