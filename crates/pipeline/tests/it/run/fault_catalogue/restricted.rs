//! An account that Go.Data confines to some places.

use pipeline::report::Verdict;
use sandbox::fault_catalogue;

use super::super::{BOTH, Stage};

/// Lists and counts shrink alike, so that the control total does not see it. What is asserted is the least: the run says
/// so, and once the account sees everything again, everything is reported again.
#[tokio::test]
async fn restricted_account_is_at_least_warned_of() {
    let fault = fault_catalogue::find("godata-restricted-account").unwrap();
    for version in BOTH {
        let stage = Stage::new(version);
        assert!(stage.run().await.warnings.is_empty());
        fault.arm(&stage.world);
        let warnings = match stage.try_run().await {
            Ok(report) => {
                assert!(report.godata.n_records < stage.cases(|_| true).len() as u64);
                assert_eq!(report.godata.n_counted_by_godata, Some(report.godata.n_records));
                report.warnings
            }
            // A run that refuses to retract so much says it in its error.
            Err(error) => vec![error.message],
        };
        assert!(!warnings.is_empty(), "{version}");
        fault.disarm(&stage.world);
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}
