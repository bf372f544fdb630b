//! Slices are registered as complete once they are as they should be, and not before.

use std::collections::BTreeSet;

use pipeline::report::Verdict;

use super::stage::DATA_SET;
use super::{BOTH, Stage};

fn completes(config: String) -> String {
    config.replace("complete = false", "complete = true")
}

/// Periods and organisation units that are registered.
fn registered(stage: &Stage) -> BTreeSet<(String, String)> {
    let completions = stage.world.dhis2.completions().into_iter().filter(|(_, completion)| completion.completed);
    completions.map(|((_, period, unit, _), _)| (period, unit)).collect()
}

#[tokio::test]
async fn every_clean_slice_and_no_other_is_registered_once() {
    for version in BOTH {
        let stage = Stage::with(version, completes);
        let all = stage.world.population.org_units.len() * 8;
        let keys: Vec<_> = stage.truth().into_keys().collect();
        let slice = |index: usize| (keys[index].1.clone(), keys[index].2.clone());
        // One slice is locked, one value is somebody else's, one organisation unit is not assigned.
        let (locked, foreign) = (slice(0), slice(keys.len() - 1));
        let unit = keys.iter().map(|key| &key.2).find(|unit| **unit != locked.1 && **unit != foreign.1).unwrap();
        stage.world.dhis2.lock_slice(DATA_SET, &locked.0, &locked.1);
        stage.world.dhis2.set_value(&keys[keys.len() - 1], Some("77"));
        stage.world.dhis2.unassign(DATA_SET, unit);
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Held);
        let found = registered(&stage);
        assert!(!found.contains(&locked) && !found.contains(&foreign));
        assert!(found.iter().all(|(_, of)| of != unit));
        assert_eq!(found.len(), all - 2 - 8);
        assert_eq!(report.verify.unwrap().completed as usize, found.len());

        stage.world.dhis2.unlock_slice(DATA_SET, &locked.0, &locked.1);
        stage.world.dhis2.set_value(&keys[keys.len() - 1], None);
        stage.world.dhis2.assign(DATA_SET, unit);
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean);
        assert_eq!(report.verify.unwrap().completed, 10);
        assert_eq!(registered(&stage).len(), all);
        let again = stage.at_rest(&[]).await;
        assert_eq!(again.verify.unwrap().completed, 0);
    }
}
