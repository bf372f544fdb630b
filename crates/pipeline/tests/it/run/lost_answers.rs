//! Imports whose answer never comes, or says nothing: what stands in DHIS2 decides.

use pipeline::ErrorKind;
use pipeline::report::Verdict;
use pipeline::store::{ReceiptKind, RunId};
use sandbox::fault::{Fault, FaultRule, Method};

use super::stage::{CONFIRMED_CASES, VALUES, held_keys};
use super::{BOTH, Stage};

fn small_batches(config: String) -> String {
    config.replace("username = \"tally\"", "username = \"tally\"\nbatch_values = 60")
}

/// Every import that reached DHIS2 was an intent before, and every intent is settled.
fn intents_are_in_order(stage: &Stage, n_sent: usize) {
    let state = stage.state();
    assert!(state.open_intents().unwrap().is_empty(), "every intent is settled");
    let runs = state.runs(None, 100).unwrap();
    let n_intents: usize = runs.iter().map(|run| state.intents(run.id).unwrap().len()).sum();
    assert_eq!(n_intents, n_sent, "one intent for each import");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_read_and_not_repeated() {
    let lost = [
        Fault::FailAfterWrite { status: 500, body: "{}".into() },
        Fault::FailAfterWrite { status: 504, body: "upstream".into() },
        Fault::FailAfterWrite { status: 200, body: "<html></html>".into() },
        Fault::ResetAfterWrite,
        Fault::CutBody { at_byte: 20 },
        Fault::Html { status: 200 },
    ];
    for version in BOTH {
        for fault in &lost {
            let stage = Stage::with(version, small_batches);
            stage.world.dhis2_faults.push(FaultRule::on(VALUES, fault.clone()).method(Method::POST).skip(1));
            let report = stage.run().await;
            let push = report.push.unwrap();
            assert_eq!(report.verdict, Verdict::Clean, "{version} {fault:?}");
            assert_eq!(push.written as usize, stage.truth().len(), "{fault:?}");
            let n_batches = stage.truth().len().div_ceil(60);
            let n_repeated = usize::from(matches!(fault, Fault::Html { .. }));
            assert_eq!(push.requests as usize, n_batches + n_repeated, "{fault:?}");
            let state = stage.state();
            let intents = state.intents(RunId(report.run.unwrap())).unwrap();
            let kinds: Vec<_> = state.receipts(intents[1].id).unwrap().iter().map(|r| r.kind).collect();
            assert_eq!(kinds, [ReceiptKind::Unknown, ReceiptKind::Resolved], "{fault:?}");
            intents_are_in_order(&stage, n_batches + n_repeated);
            stage.at_rest(&[]).await;
        }
    }
}

/// DHIS2 says that it took an import, and did nothing: the run sees it when it reads back, and the next one does it.
#[tokio::test]
async fn what_dhis2_only_says_that_it_did_is_done_by_the_next_run() {
    let lie = r#"{"httpStatus":"OK","httpStatusCode":200,"status":"OK","response":{"responseType":"ImportSummary",
        "status":"SUCCESS","importCount":{"imported":60,"updated":0,"ignored":0,"deleted":0},"conflicts":[]}}"#;
    for version in BOTH {
        let stage = Stage::with(version, small_batches);
        stage.on_import(Fault::Reject { status: 200, body: lie.into() }, 1);
        let report = stage.run().await;
        assert_eq!((report.verdict, report.verify.unwrap().different.len()), (Verdict::Partial, 60));
        stage.check_ledger_of_what_stands();
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
        // Values that go up, down and away.
        for id in stage.counted().iter().take(20) {
            stage.world.godata.edit(|edit| edit.delete(id)).unwrap();
        }
        for id in stage.counted().iter().take(10) {
            stage.world.godata.edit(|edit| edit.move_to(id, "SN009")).unwrap();
        }
        let before = stage.values();
        stage.on_import(Fault::Reject { status: 200, body: lie.into() }, 1);
        assert_eq!(stage.run().await.verdict, Verdict::Partial);
        assert_eq!(stage.values(), before, "nothing was written");
        stage.check_ledger_of_what_stands();
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}

/// A gateway's time is over, DHIS2 works on, and the values come in after Tally has looked and given up.
#[tokio::test]
async fn what_arrives_after_it_was_given_up_is_ours() {
    for version in BOTH {
        for first in [true, false] {
            let stage = Stage::with(version, small_batches);
            if !first {
                stage.run().await;
                for id in stage.counted().iter().take(20) {
                    stage.world.godata.edit(|edit| edit.move_to(id, "SN009")).unwrap();
                }
            }
            stage.on_import(Fault::Reject { status: 504, body: "upstream".into() }, 2);
            assert_eq!(stage.failure().await.kind, ErrorKind::Temporary);
            let state = stage.state();
            let run = state.runs(None, 1).unwrap()[0].id;
            let given_up = state.intents(run).unwrap();
            assert_eq!(given_up.len(), 2, "it was sent twice");
            let (mut arrived, mut foreign) = (0, None);
            let values: Vec<Vec<serde_json::Value>> = serde_json::from_str(&given_up[0].body.values).unwrap();
            for row in values {
                let text = |at: usize| row[at].as_str().unwrap_or_default().to_owned();
                let key = (text(0), text(1), text(2), text(3), text(4));
                let Some(value) = row[5].as_str() else { continue };
                // Somebody else's number is somebody else's, even where it is the same.
                if key.0 == CONFIRMED_CASES && foreign.is_none() {
                    stage.world.dhis2.set_value(&key, Some("77"));
                    foreign = Some(key);
                } else {
                    stage.world.dhis2.set_value_as(&key, Some(value), "tally");
                    arrived += 1;
                }
            }
            assert!(arrived > 10, "{arrived}");
            for id in stage.counted() {
                stage.world.godata.edit(|edit| edit.delete(&id)).unwrap();
            }
            let report = stage.run().await;
            let foreign = foreign.unwrap();
            assert!(held_keys(&report).iter().all(|key| *key == foreign), "{:?}", held_keys(&report));
            assert_eq!(stage.values().get(&foreign).map(String::as_str), Some("77"));
            stage.at_rest(&[&foreign]).await;
        }
    }
}

#[tokio::test]
async fn what_was_surely_not_written_is_sent_again() {
    let lost = [
        Fault::Reset,
        Fault::Reject { status: 500, body: "{}".into() },
        Fault::Reject { status: 503, body: String::new() },
        Fault::RejectRetryAfter { status: 503, retry_after_secs: 0 },
        Fault::RejectRetryAfter { status: 429, retry_after_secs: 0 },
    ];
    for version in BOTH {
        for fault in &lost {
            let stage = Stage::with(version, small_batches);
            stage.on_import(fault.clone(), 1);
            let report = stage.run().await;
            assert_eq!(report.verdict, Verdict::Clean, "{version} {fault:?}");
            assert_eq!(report.push.unwrap().written as usize, stage.truth().len(), "{fault:?}");
            stage.at_rest(&[]).await;
        }
    }
}

#[tokio::test]
async fn a_line_that_stays_broken_ends_the_run_and_the_next_one_finishes_the_job() {
    let broken = [
        (Fault::ResetAfterWrite, ErrorKind::Temporary),
        (Fault::FailAfterWrite { status: 500, body: "{}".into() }, ErrorKind::Dhis2),
        (Fault::Reset, ErrorKind::Temporary),
        (Fault::Reject { status: 503, body: String::new() }, ErrorKind::Temporary),
        (Fault::RejectRetryAfter { status: 503, retry_after_secs: 600 }, ErrorKind::Temporary),
        (Fault::Reject { status: 500, body: String::new() }, ErrorKind::Dhis2),
    ];
    for version in BOTH {
        for (fault, kind) in &broken {
            let stage = Stage::with(version, small_batches);
            let writes = matches!(fault, Fault::ResetAfterWrite | Fault::FailAfterWrite { .. });
            stage.world.dhis2_faults.push(FaultRule::on(VALUES, fault.clone()).method(Method::POST).skip(2).forever());
            if writes {
                // Everything arrives, although no answer does.
                let report = stage.run().await;
                assert_eq!(report.verdict, Verdict::Clean, "{fault:?}");
            } else {
                let error = stage.failure().await;
                assert_eq!(error.kind, *kind, "{version} {fault:?}: {error}");
                assert_eq!(stage.values().len(), 120, "what was pushed before stays");
            }
            stage.check_ledger_of_what_stands();
            stage.world.dhis2_faults.clear();
            let report = stage.run().await;
            assert_eq!(report.verdict, Verdict::Clean, "{fault:?}");
            assert!(stage.state().open_intents().unwrap().is_empty());
            stage.at_rest(&[]).await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_while_some_values_are_refused() {
    for version in BOTH {
        let stage = Stage::new(version);
        let (period, unit) = {
            let truth = stage.truth();
            let key = truth.keys().next().unwrap();
            (key.1.clone(), key.2.clone())
        };
        stage.world.dhis2.lock_slice(super::stage::DATA_SET, &period, &unit);
        stage.on_import(Fault::ResetAfterWrite, 1);
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Held);
        let n = stage.truth().keys().filter(|key| key.1 == period && key.2 == unit).count();
        assert_eq!(report.push.unwrap().held.len(), n);
        assert_eq!(stage.values().len(), stage.truth().len() - n);
        stage.check_ledger_of_what_stands();
        stage.world.dhis2.unlock_slice(super::stage::DATA_SET, &period, &unit);
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn reading_back_that_fails_ends_the_run_and_loses_nothing() {
    for version in BOTH {
        let stage = Stage::new(version);
        // The first read is the comparison; the second is the verification.
        stage.world.dhis2_faults.push(
            FaultRule::on(VALUES, Fault::Reject { status: 500, body: "{}".into() })
                .method(Method::GET)
                .skip(1)
                .times(2),
        );
        let error = stage.failure().await;
        assert_eq!(error.kind, ErrorKind::Dhis2);
        stage.check_ledger_of_what_stands();
        let report = stage.run().await;
        assert_eq!((report.verdict, report.push.unwrap().requests), (Verdict::Clean, 0));
        stage.at_rest(&[]).await;
    }
}
