//! A Go.Data on which people work, and one that fails: what is pushed is the truth of a moment, or nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pipeline::ErrorKind;
use pipeline::report::Verdict;
use sandbox::fault::{Fault, FaultRule, Hook};
use serde_json::json;

use super::stage::{PROBABLE, Values, naive_changes, text};
use super::{BOTH, Stage};

const CASES: &str = "*/cases";

fn n_differences(one: &Values, other: &Values) -> usize {
    naive_changes(one, other).len()
}

/// The simulator's documents are inside the world, which a hook cannot borrow: the hook only says when, and a task that
/// the test polls beside the run does the work while the page waits.
async fn run_with_work_before_page(stage: &Stage, page: u64, work: impl FnOnce(&Stage)) -> pipeline::report::RunReport {
    let faults = stage.world.godata.faults();
    faults.push(FaultRule::on(CASES, Fault::Hold).skip(page));
    let worker = async {
        faults.wait_held(1).await;
        work(stage);
        faults.release();
    };
    futures::future::join(stage.run(), worker).await.0
}

#[tokio::test]
async fn records_that_change_between_two_pages_count_as_before_or_as_after() {
    let mut stage = Stage::new("2.42.1");
    stage.full = true;
    stage.run().await;
    let mut ids = stage.counted();
    ids.sort();
    let n = ids.len();
    // The first ids have been read when the fourth page is asked for, the last have not.
    let (read, unread) = (ids[1].clone(), ids[n - 2].clone());
    for kind in ["edited", "deleted", "inserted"] {
        let before = stage.truth();
        let after_read = std::cell::RefCell::new(Values::new());
        let report = run_with_work_before_page(&stage, 3, |s| {
            for (index, id) in [&unread, &read].into_iter().enumerate() {
                match kind {
                    "edited" => s.world.godata.edit(|e| e.reclassify(id, Some(PROBABLE))).unwrap(),
                    "deleted" => s.world.godata.edit(|e| e.delete(id)).unwrap(),
                    _ => {
                        let mut person = s.world.godata.documents().find(&ids[5]).unwrap().clone();
                        person.insert("id".into(), json!(if index == 0 { "zzzz-new" } else { "0000-new" }));
                        s.world.godata.edit(|e| e.insert_person(person));
                    }
                }
                if index == 0 {
                    *after_read.borrow_mut() = s.truth();
                }
            }
        })
        .await;
        let after_read = after_read.into_inner();
        assert!(n_differences(&before, &after_read) > 0, "{kind}");
        assert!(n_differences(&after_read, &stage.truth()) > 0, "{kind}");
        // What had been read counts as it was then; what had not, as it is now: the records concerned are exactly the one
        // that was behind the reader.
        assert_eq!(naive_changes(&after_read, &stage.values()).len(), 0, "{kind}");
        assert_eq!(report.verdict, Verdict::Clean);
        // The next run brings the rest.
        stage.run().await;
        stage.at_rest(&[]).await;
        if kind == "deleted" {
            for id in [&read, &unread] {
                stage.world.godata.edit(|e| e.restore(id)).unwrap();
            }
            stage.run().await;
        }
    }
}

#[tokio::test]
async fn a_case_that_becomes_a_contact_while_both_lists_are_read_counts_once() {
    let contacts = r#"

[[report.indicator]]
code = "contacts"
of = "contact"
when = "date_of_reporting"
data_element = "E1pXvzyZzKB"
"#;
    let stage = Stage::with("2.42.1", |config| config + contacts);
    let mut ids = stage.counted();
    ids.sort();
    let faults = stage.world.godata.faults();
    faults.push(FaultRule::on("*/contacts", Fault::Hold));
    let worker = async {
        faults.wait_held(1).await;
        stage.world.godata.edit(|e| e.convert_to_contact(&ids[0])).unwrap();
        faults.release();
    };
    let before = stage.truth();
    let report = futures::future::join(stage.run(), worker).await.0;
    let cases = |values: Values| values.into_iter().filter(|(key, _)| key.0 != "E1pXvzyZzKB").collect::<Values>();
    assert_eq!(n_differences(&before, &cases(stage.values())), 0);
    assert!(report.warnings.iter().any(|warning| warning.contains("stand twice")), "{:?}", report.warnings);
    let report = stage.run().await;
    assert_eq!(n_differences(&stage.truth(), &cases(stage.values())), 0);
    assert_eq!(report.warnings.len(), 0, "{:?}", report.warnings);
}

#[tokio::test]
async fn what_passes_by_itself_is_waited_for() {
    let passing = [
        (Fault::ExpireToken, 1),
        (Fault::SlowDrip { bytes: 4096, every: Duration::from_millis(1) }, 3),
        (Fault::CutBody { at_byte: 1000 }, 1),
        (Fault::Reset, 1),
        (Fault::RejectRetryAfter { status: 429, retry_after_secs: 0 }, 2),
        (Fault::Reject { status: 503, body: String::new() }, 1),
        (Fault::Reject { status: 500, body: "{}".into() }, 1),
    ];
    for (fault, times) in passing {
        let stage = Stage::new("2.42.1");
        stage.world.godata.faults().push(FaultRule::on(CASES, fault.clone()).skip(2).times(times));
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean, "{fault:?}");
        assert_eq!(stage.world.godata.faults().n_pending(), 0, "{fault:?}");
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn what_does_not_pass_ends_the_run_before_anything_is_pushed() {
    let unauthorised = r#"{"error":{"statusCode":401,"name":"Error","message":"Authorization Required","code":"AUTHORIZATION_REQUIRED"}}"#;
    let lasting = [
        (Fault::Reject { status: 401, body: unauthorised.into() }, ErrorKind::Godata),
        (Fault::RejectRetryAfter { status: 429, retry_after_secs: 0 }, ErrorKind::Temporary),
        (Fault::CutBody { at_byte: 1000 }, ErrorKind::Temporary),
        (Fault::Html { status: 200 }, ErrorKind::Godata),
        (Fault::Reject { status: 200, body: "{}".into() }, ErrorKind::Godata),
        (Fault::Reject { status: 200, body: r#"[{"id":"a"},{"id":"a"}]"#.into() }, ErrorKind::Godata),
    ];
    // Side by side: most of the time goes into waiting.
    let scenes = lasting.iter().flat_map(|(fault, kind)| [0, 3].map(|skip| fails_for_good(skip, fault, *kind)));
    futures::future::join_all(scenes).await;
    // A list that is empty, and one that ends too early in good order: only the count tells that one.
    let empty = Fault::Reject { status: 200, body: "[]".into() };
    fails_for_good(0, &empty, ErrorKind::Godata).await;
    fails_for_good(3, &empty, ErrorKind::Temporary).await;
}

async fn fails_for_good(skip: u64, fault: &Fault, kind: ErrorKind) {
    let mut stage = Stage::new("2.42.1");
    stage.run().await;
    // What changed fits into one page; the fourth is one of everything.
    stage.full = skip > 0;
    let before = (stage.values(), stage.ledger());
    let ids = stage.counted();
    stage.world.godata.edit(|e| e.delete(&ids[0])).unwrap();
    stage.world.dhis2.clear_requests();
    stage.world.godata.faults().push(FaultRule::on(CASES, fault.clone()).skip(skip).forever());
    let error = stage.failure().await;
    assert_eq!(error.kind, kind, "{fault:?}: {error}");
    assert_eq!((stage.values(), stage.ledger()), before, "{fault:?}");
    assert_eq!(stage.n_posts(), 0, "{fault:?}");
    stage.world.godata.faults().clear();
    assert_eq!(stage.run().await.verdict, Verdict::Clean);
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn pages_are_read_by_key_however_the_list_moves() {
    for version in BOTH {
        let stage = Stage::new(version);
        let n_pages = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&n_pages);
        let hook = Hook::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        stage.world.godata.faults().push(FaultRule::on(CASES, Fault::Call(hook)).forever());
        let report = stage.run().await;
        let n_cases = stage.cases(|_| true).len();
        assert_eq!(report.godata.n_records as usize, n_cases);
        assert_eq!(report.godata.n_counted_by_godata, Some(n_cases as u64));
        assert!(n_pages.load(Ordering::Relaxed) >= n_cases.div_ceil(50));
        assert!(stage.cases(|case| text(case, "id").is_empty()).is_empty());
        stage.at_rest(&[]).await;
    }
}
