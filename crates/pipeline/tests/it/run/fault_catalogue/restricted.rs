//! An account that Go.Data confines to some places.

use pipeline::report::Verdict;
use sandbox::fault_catalogue;

use super::super::stage::reasons;
use super::super::{BOTH, Stage};

/// Lists and counts shrink alike, so that the control total does not see it. The limit on losses does.
#[tokio::test]
async fn a_restricted_account_takes_nothing_away() {
    let fault = fault_catalogue::find("godata-restricted-account").unwrap();
    for version in BOTH {
        let stage =
            Stage::with(version, |config| config.replace("losses_max_percent = 100", "losses_max_percent = 10"));
        assert!(stage.run().await.warnings.is_empty());
        let values = stage.values();
        fault.arm(&stage.world);
        let report = stage.run().await;
        assert!(report.godata.n_records < stage.cases(|_| true).len() as u64);
        assert_eq!(report.godata.n_counted_by_godata, Some(report.godata.n_records));
        assert!(report.warnings.iter().any(|warning| warning.contains("geographic restrictions")));
        assert_eq!(report.verdict, Verdict::Held, "{version}");
        assert!(reasons(&report).keys().any(|reason| reason.contains("losses_max_percent")));
        assert_eq!(stage.values(), values);
        fault.disarm(&stage.world);
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}
