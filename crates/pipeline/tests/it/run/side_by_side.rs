//! Several reports of one configuration, and what they ask of the servers.

use super::BOTH;
use super::stage::{CONFIRMED, SUSPECT, Stage, naive_changes, text};
use jiff::SignedDuration;
use pipeline::report::RunReport;
use pipeline::store::RunId;
use sandbox::fault::{Fault, FaultRule};
use std::collections::{BTreeMap, BTreeSet};

/// A stage whose indicators are shared out between two reports.
fn two_reports(version: &str, keep: &str) -> Stage {
    Stage::with(version, |config| {
        let second = "[[report]]\nname = \"rest\"\ndata_set = \"uKtOZwDnIpM\"\nperiod = \"Weekly\"\nlook_back = 8\n\
                      losses_max_percent = 100\n\n[[report.indicator]]\ncode = \"health_worker_cases\"";
        let config = config.replace("[[report.indicator]]\ncode = \"health_worker_cases\"", second);
        config.replace("keep = \"records\"", &format!("keep = \"{keep}\""))
    })
}

fn id(report: &RunReport) -> Option<RunId> {
    report.run.map(RunId)
}

/// Requests for pages of cases.
fn n_pages(stage: &Stage) -> usize {
    stage.world.godata.requests().iter().filter(|request| request.path.ends_with("/cases")).count()
}

#[tokio::test]
async fn reports_of_one_command_share_the_reading_of_the_line_list() {
    for version in BOTH {
        let stage = two_reports(version, "records");
        let first = stage.run_after("weekly", None).await;
        stage.world.godata.clear_requests();
        let second = stage.run_after("rest", id(&first)).await;
        assert_eq!((second.godata.extraction.as_str(), second.godata.n_travelled), ("shared", 0));
        assert_eq!(n_pages(&stage), 0);
        assert_eq!(second.godata.n_records, first.godata.n_records);
        assert_eq!(naive_changes(&stage.truth(), &stage.values()), BTreeMap::new());

        // What changes between two commands is read once, and arrives in both.
        let suspects = stage.cases(|case| text(case, "classification") == SUSPECT);
        stage.clock.advance(SignedDuration::from_hours(1));
        suspects.iter().for_each(|id| stage.world.godata.edit(|e| e.reclassify(id, Some(CONFIRMED))).unwrap());
        let first = stage.run_after("weekly", None).await;
        assert_eq!(first.godata.extraction, "changes");
        let second = stage.run_after("rest", id(&first)).await;
        assert_eq!(second.godata.extraction, "shared");
        assert_eq!(second.godata.n_changed, Some(suspects.len() as u64), "and counted by what changed");
        assert!(second.plan.changes.iter().all(|change| change.cause.is_some()));
        assert_eq!(naive_changes(&stage.truth(), &stage.values()), BTreeMap::new());

        // Another command has read since: its line list is another.
        stage.run_after("weekly", None).await;
        assert_eq!(stage.run_after("rest", id(&first)).await.godata.extraction, "changes");
    }
}

#[tokio::test]
async fn without_a_line_list_every_report_reads_for_itself() {
    let stage = two_reports(BOTH[0], "nothing");
    let first = stage.run_after("weekly", None).await;
    let second = stage.run_after("rest", id(&first)).await;
    assert_eq!(second.godata.extraction, "full");
    assert_eq!(naive_changes(&stage.truth(), &stage.values()), BTreeMap::new());
}

/// A server that is busy is asked again, whatever was asked: log-in, lists, counts, metadata, values, imports.
#[tokio::test]
async fn every_request_waits_for_a_busy_server() {
    for version in BOTH {
        let calm = two_reports(version, "records");
        calm.run_after("weekly", None).await;
        let of_godata: BTreeSet<String> = calm.world.godata.requests().into_iter().map(|r| r.path).collect();
        let of_dhis2: BTreeSet<String> = calm.world.dhis2.requests().into_iter().map(|r| r.path).collect();
        assert!(of_godata.iter().any(|path| path.contains("count")), "{of_godata:?}");
        for status in [429, 503] {
            let stage = two_reports(version, "records");
            let busy = |path: &String| {
                FaultRule::on(path.clone(), Fault::RejectRetryAfter { status, retry_after_secs: 0 }).times(1)
            };
            of_godata.iter().for_each(|path| stage.world.godata.faults().push(busy(path)));
            of_dhis2.iter().for_each(|path| stage.world.dhis2_faults.push(busy(path)));
            let report = stage.run_after("weekly", None).await;
            let certificate = report.certificate.unwrap();
            assert!(certificate.godata_agrees() && certificate.dhis2_agrees());
            let asked = |(indicator, _): &(usize, _)| certificate.indicators[*indicator].not_asked.is_none();
            assert!(certificate.indicators.iter().enumerate().any(|one| asked(&one)), "{version} {status}");
            for (what, pending, fired) in [
                ("Go.Data", stage.world.godata.faults().n_pending(), stage.world.godata.faults().fired().len()),
                ("DHIS2", stage.world.dhis2_faults.n_pending(), stage.world.dhis2_faults.fired().len()),
            ] {
                assert_eq!(pending, 0, "{what}: every kind of request was refused once");
                assert!(fired > 3, "{what}");
            }
            stage.world.dhis2.clear_requests();
            stage.run_after("weekly", None).await;
            assert_eq!(stage.n_posts(), 0);
        }
    }
}
