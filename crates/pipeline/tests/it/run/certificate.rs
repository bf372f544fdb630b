//! The certificate of a run: ours, Go.Data's and DHIS2's side by side.

use pipeline::certificate::{Certificate, CertifiedPeriod};
use pipeline::report::{RunReport, Verdict};
use sandbox::fault::{Fault, FaultRule, Hook};
use sandbox::godata::Document;
use serde_json::json;

use super::stage::{CONFIRMED, DATA_SET, text};
use super::{BOTH, Stage};

const COUNTS: &str = "*/cases/filtered-count";

pub(super) fn period<'c>(certificate: &'c Certificate, code: &str, period: &str) -> &'c CertifiedPeriod {
    let indicator = certificate.indicators.iter().find(|one| one.indicator == code).unwrap();
    indicator.periods.iter().find(|one| one.period == period).unwrap()
}

/// The day that decides where a case counts: of onset, or else of reporting.
fn day(case: &Document) -> &str {
    let onset = text(case, "dateOfOnset");
    let day = if onset.is_empty() { text(case, "dateOfReporting") } else { onset };
    day.get(..10).unwrap_or_default()
}

#[tokio::test]
async fn a_run_is_certified_by_the_oracle_and_by_go_data() {
    for version in BOTH {
        let stage = Stage::new(version);
        let report = stage.run().await;
        assert_eq!(report.warnings, Vec::<String>::new());
        let certificate = report.certificate.unwrap();
        assert!(certificate.dhis2_agrees() && certificate.godata_agrees() && !certificate.holds());
        let codes = ["bmbNyNoJcXP", "VnkErE22ELJ", "rBw83gVQLHK", "N59eghaBpM7", "SU1j9CmCuW9", "DI9JgEJ3t8v"];
        let codes = codes.iter().chain(&["cW0odY9vhrd", "fJ7Qi1zcdAR"]);
        let truth = stage.truth();
        for (indicator, element) in certificate.indicators.iter().zip(codes) {
            assert_eq!(indicator.periods.len(), 8);
            for tied in &indicator.periods {
                let of_period = truth.iter().filter(|(key, _)| key.0 == *element && key.1 == tied.period);
                let expected: u64 = of_period.map(|(_, value)| value.parse::<u64>().unwrap()).sum();
                let both = (expected.to_string(), expected.to_string());
                assert_eq!((tied.ours.clone(), tied.dhis2.clone()), both, "{element} {}", tied.period);
                assert_eq!(tied.n_records, expected);
                assert_eq!(tied.godata, None, "the count over the span agrees, so no period is asked for by itself");
            }
            let is_asked = !["hospitalised", "discharged"].contains(&&*indicator.indicator);
            let all = |periods: &[CertifiedPeriod]| periods.iter().map(|one| one.n_records + one.missed).sum::<u64>();
            let whole = indicator.whole().map(|whole| (whole.first.clone(), whole.last.clone(), whole.godata));
            let expected = ("2020W6".to_owned(), "2020W13".to_owned(), all(&indicator.periods));
            assert_eq!(whole, is_asked.then_some(expected));
            assert_eq!(indicator.spans.len(), usize::from(is_asked));
        }
        // Go.Data's count is the number of documents, counted here without its filter and without our records.
        let missed: u64 = certificate.indicators[0].periods.iter().map(|tied| tied.missed).sum();
        assert!(missed > 0, "some confirmed cases live nowhere that is mapped");
        let in_span = |case: &Document| ("2020-02-03".."2020-03-30").contains(&day(case));
        let n = stage.cases(|case| text(case, "classification") == CONFIRMED && in_span(case)).len() as u64;
        assert_eq!(certificate.indicators[0].total().godata, Some(n));
        assert_eq!(certificate.indicators[0].not_asked, None);
        let reason = "its date is one of several in a list";
        assert_eq!(certificate.indicators[6].not_asked.as_deref(), Some(reason));
        let rows = &certificate.classifications.rows;
        assert!(rows.iter().all(|row| row.ours == row.godata) && rows.iter().any(|row| row.classification.is_none()));
        assert_eq!(rows.iter().map(|row| row.ours).sum::<u64>(), certificate.godata.n_records);
        assert_eq!(certificate.dhis2.data_set, DATA_SET);
        assert_eq!(certificate.n_cells, truth.len() as u64);
    }
}

#[tokio::test]
async fn a_certificate_is_kept_and_tells_who_changed_it() {
    let stage = Stage::new("2.42.1");
    let report = stage.run().await;
    let certificate = report.certificate.clone().unwrap();
    assert!(certificate.is_genuine());
    let kept = stage.state().steps(pipeline::store::RunId(1)).unwrap();
    let kept = kept.into_iter().find(|step| step.name == pipeline::kept::REPORT_STEP).unwrap();
    let kept: RunReport = serde_json::from_value(kept.figures).unwrap();
    let kept = kept.certificate.unwrap();
    assert!(kept.is_genuine(), "as JSON and back it is the same");
    assert_eq!(serde_json::to_value(&kept).unwrap(), serde_json::to_value(&certificate).unwrap());

    let mut changed = kept.clone();
    changed.indicators[0].periods[0].dhis2 = "7".into();
    assert!(!changed.is_genuine());
    assert!(changed.sealed().is_genuine());
    // The same values have the same hash, whatever the run; other values have another.
    let again = stage.run().await.certificate.unwrap();
    assert_eq!((&again.cells_hash, &again.definitions_hash), (&kept.cells_hash, &kept.definitions_hash));
    assert_ne!(again.plan_hash, kept.plan_hash);
    let id = stage.counted()[0].clone();
    stage.world.godata.edit(|e| e.delete(&id)).unwrap();
    assert_ne!(stage.run().await.certificate.unwrap().cells_hash, kept.cells_hash);
    // A plan has pushed nothing that could be certified, and asks for no counts.
    stage.world.godata.clear_requests();
    assert!(stage.plan().await.certificate.is_none());
    let counts = stage.world.godata.requests().into_iter().filter(|r| r.path.ends_with("/filtered-count"));
    assert_eq!(counts.count(), 1, "but for the one over the whole list");
}

#[tokio::test]
async fn a_record_that_was_not_read_is_missed_aloud() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        // Entered after the cases were read and before they are counted.
        let id = stage.counted()[0].clone();
        let case = stage.world.godata.documents().find(&id).unwrap().clone();
        let godata = stage.world.godata.handle();
        let enter = Hook::new(move || {
            let mut late = case.clone();
            late.insert("id".into(), json!("zzzz-late"));
            godata.edit(|e| e.insert_person(late));
        });
        stage.world.godata.faults().push(FaultRule::on(COUNTS, Fault::Call(enter)).skip(1));
        let before = stage.values();
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean, "a control is no reason to hold anything");
        assert_eq!(stage.values(), before);
        let certificate = report.certificate.unwrap();
        assert!(certificate.dhis2_agrees() && !certificate.godata_agrees());
        let confirmed = &certificate.indicators[0];
        let wrong: Vec<_> = confirmed.periods.iter().filter(|one| one.godata_agrees() == Some(false)).collect();
        assert_eq!(wrong.len(), 1, "halving finds the one period");
        assert!(!confirmed.whole().unwrap().agrees());
        assert!(certificate.indicators[1].godata_agrees() && certificate.indicators[1].spans.len() == 1);
        assert_eq!(wrong[0].godata, Some(wrong[0].n_records + wrong[0].missed + 1));
        let said: Vec<_> = report.warnings.iter().filter(|said| said.starts_with("Go.Data counts")).collect();
        assert_eq!(said.len(), 1, "{:?}", report.warnings);
        assert!(said[0].contains("somebody is working on the records"), "{said:?}");
        let next = stage.run().await;
        assert!(next.certificate.unwrap().godata_agrees());
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn an_account_that_may_not_count_is_no_error() {
    let stage = Stage::new("2.42.1");
    let forbidden = r#"{"error":{"statusCode":403,"name":"Error","message":"x","code":"MISSING_REQUIRED_PERMISSION","details":{"permissions":"case_list"}}}"#;
    let forbid = || Fault::Reject { status: 403, body: forbidden.into() };
    stage.world.godata.faults().push(FaultRule::on("*/per-classification/count", forbid()));
    let certificate = stage.run().await.certificate.unwrap();
    assert_eq!(certificate.classifications.not_asked.as_deref(), Some("the Go.Data account may not count"));
    assert!(certificate.indicators[0].total().godata.is_some(), "the other counts are not lost");

    stage.world.godata.faults().push(FaultRule::on(COUNTS, forbid()).forever());
    let report = stage.run().await;
    assert_eq!((report.verdict, report.warnings.len()), (Verdict::Clean, 0));
    let certificate = report.certificate.unwrap();
    for indicator in &certificate.indicators[..6] {
        assert_eq!(indicator.not_asked.as_deref(), Some("the Go.Data account may not count"));
        assert_eq!(indicator.total().godata, None);
    }
    assert!(certificate.dhis2_agrees() && certificate.godata_agrees(), "nobody who was asked says otherwise");
    assert_eq!(period(&certificate, "confirmed_cases", "2020W8").godata_agrees(), None);
}

#[tokio::test]
async fn what_breaks_off_half_way_keeps_what_was_answered() {
    let stage = Stage::new("2.42.1");
    let faults = stage.world.godata.faults();
    // One count over the list, then four of the six, then the connection breaks whenever it is tried.
    let broken = Fault::Reject { status: 400, body: "{}".into() };
    faults.push(FaultRule::on(COUNTS, broken).skip(5).forever());
    let report = stage.run().await;
    assert_eq!(report.verdict, Verdict::Clean);
    let certificate = report.certificate.unwrap();
    // Two are asked at a time, so which of the last two broke off is chance.
    let mut n_answered = 0;
    for indicator in &certificate.indicators[..6] {
        match &indicator.not_asked {
            None => n_answered += usize::from(indicator.whole().unwrap().agrees()),
            Some(reason) => {
                assert!(reason.starts_with("Go.Data could not be asked: "), "{reason}");
                assert_eq!(indicator.total().godata, None);
            }
        }
    }
    assert!((3..=4).contains(&n_answered), "{n_answered} answers are kept");
}

#[tokio::test]
async fn a_run_whose_counts_agree_asks_once_for_each_indicator() {
    let stage = Stage::new("2.42.1");
    let counts = || stage.world.godata.requests().into_iter().filter(|r| r.path.ends_with("/filtered-count")).count();
    stage.run().await;
    assert_eq!(counts(), 7, "one over the whole list, and one for each of the six that a filter can ask for");
    // The counting goes on beside the push, and never longer than its limit.
    let faults = stage.world.godata.faults();
    stage.world.godata.clear_requests();
    faults.push(FaultRule::on(COUNTS, Fault::Hold).skip(1).times(2));
    let before = stage.n_posts();
    let id = stage.counted()[0].clone();
    stage.world.godata.edit(|e| e.delete(&id)).unwrap();
    let pushed = async {
        faults.wait_held(2).await;
        while stage.n_posts() == before {
            tokio::task::yield_now().await;
        }
        faults.release();
    };
    let report = futures::future::join(stage.run(), pushed).await.0;
    assert!(report.push.unwrap().written > 0);
    let certificate = report.certificate.unwrap();
    assert!(certificate.godata_agrees() && certificate.indicators[0].whole().is_some());
}
