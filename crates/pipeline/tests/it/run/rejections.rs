//! What DHIS2 rejects although nothing in its metadata says so.

use pipeline::report::Verdict;
use sandbox::dhis2::ValueKey;

use super::stage::{CONFIRMED_CASES, DATA_SET, held_keys, reasons};
use super::{BOTH, Stage};

/// The two slices with the most values.
fn busiest_slices(stage: &Stage) -> Vec<(String, String)> {
    let mut counts = std::collections::BTreeMap::new();
    for key in stage.truth().keys() {
        *counts.entry((key.1.clone(), key.2.clone())).or_insert(0) += 1;
    }
    let mut slices: Vec<_> = counts.into_iter().collect();
    slices.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    slices.into_iter().take(2).map(|(slice, _)| slice).collect()
}

/// Runs while DHIS2 refuses for the time being what `is_guilty` says, then relieves it.
async fn holds(stage: &Stage, code: &str, is_guilty: impl Fn(&ValueKey) -> bool, relief: impl FnOnce(&Stage)) {
    let truth = stage.truth();
    let n_guilty = truth.keys().filter(|key| is_guilty(key)).count();
    assert!(n_guilty > 1);
    let report = stage.run().await;
    assert_eq!(report.verdict, Verdict::Held);
    let push = report.push.as_ref().unwrap();
    assert_eq!((push.rejected.len(), push.held.len()), (0, n_guilty));
    let words: std::collections::BTreeSet<_> = push.held.iter().map(|held| held.reason.clone()).collect();
    assert_eq!(
        reasons(&report).into_keys().collect::<std::collections::BTreeSet<_>>(),
        words,
        "in the server's own words"
    );
    for rejected in &push.held {
        let key = (
            rejected.data_element.clone(),
            rejected.period.clone(),
            rejected.org_unit.clone(),
            rejected.category_option_combo.clone(),
            "HllvX50cXC0".to_owned(),
        );
        assert!(is_guilty(&key), "{key:?}");
        assert_eq!(rejected.code.as_deref(), Some(code));
        assert!(rejected.reason.len() > 10, "{}", rejected.reason);
    }
    assert_eq!(push.written as usize, truth.len() - n_guilty, "all others are written");
    let innocent: std::collections::BTreeMap<_, _> =
        truth.clone().into_iter().filter(|(key, _)| !is_guilty(key)).collect();
    assert_eq!(stage.values(), innocent);
    // Twice the depth of halving for each guilty slice; one request where values are judged by themselves.
    let bound = if code.starts_with("E7") { 1 } else { 2 * 2 * (truth.len().ilog2() as u64 + 1) + n_guilty as u64 };
    assert!(push.requests <= bound, "{} requests", push.requests);
    assert_eq!(report.verify.as_ref().unwrap().different.len(), 0);
    assert_eq!(held_keys(&report).len(), n_guilty);
    stage.check_ledger(&held_keys(&report));

    relief(stage);
    let relieved = stage.run().await;
    assert_eq!((relieved.verdict, relieved.push.unwrap().written as usize), (Verdict::Clean, n_guilty));
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn locked_slices() {
    for (version, code) in [("2.42.1", "E7640"), ("2.43.1", "E8030")] {
        let stage = Stage::new(version);
        let slices = busiest_slices(&stage);
        for (period, unit) in &slices {
            stage.world.dhis2.lock_slice(DATA_SET, period, unit);
        }
        let is_guilty = |key: &ValueKey| slices.contains(&(key.1.clone(), key.2.clone()));
        holds(&stage, code, is_guilty, |stage| {
            for (period, unit) in &slices {
                stage.world.dhis2.unlock_slice(DATA_SET, period, unit);
            }
        })
        .await;
    }
}

#[tokio::test]
async fn approved_slices() {
    for (version, code) in [("2.42.1", "E7642"), ("2.43.1", "E8033")] {
        let stage = Stage::new(version);
        let slices = busiest_slices(&stage);
        for (period, unit) in &slices {
            stage.world.dhis2.approve(DATA_SET, period, unit);
        }
        let report = stage.run().await;
        let rejected = report.push.unwrap().held;
        assert_eq!(report.verdict, Verdict::Held);
        assert!(rejected.iter().all(|r| r.code.as_deref() == Some(code)));
        assert!(rejected.iter().all(|r| slices.contains(&(r.period.clone(), r.org_unit.clone()))));
        let lost = stage.truth().keys().filter(|key| slices.contains(&(key.1.clone(), key.2.clone()))).count();
        assert_eq!(rejected.len(), lost);
        assert_eq!(stage.values().len(), stage.truth().len() - lost);
        // It stays held and nothing else is sent again.
        let again = stage.run().await.push.unwrap();
        assert_eq!((again.written, again.held.len()), (0, lost));
    }
}

#[tokio::test]
async fn an_option_that_the_account_may_not_write_stands_alone() {
    // Women's values, which lie scattered over all slices.
    for version in BOTH {
        let stage = Stage::new(version);
        stage.world.dhis2.edit(|m| m.category_option_mut("FFA9e1yIXCT").data_write = false);
        let women: Vec<String> = stage.world.dhis2.edit(|m| {
            let combos = m.category_option_combos.iter();
            combos.filter(|c| c.category_options.contains(&"FFA9e1yIXCT".to_owned())).map(|c| c.uid.clone()).collect()
        });
        let report = stage.run().await;
        let n_women = stage.truth().keys().filter(|key| women.contains(&key.3)).count();
        let push = report.push.as_ref().unwrap();
        let found = (report.verdict, push.rejected.len(), push.held.len());
        assert_eq!(found, (Verdict::Held, 0, n_women), "{version}");
        assert_eq!(stage.values().len(), stage.truth().len() - n_women);
        assert!(stage.values().keys().any(|key| key.0 == CONFIRMED_CASES));
        stage.world.dhis2.edit(|m| m.category_option_mut("FFA9e1yIXCT").data_write = true);
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn small_batches_end_in_the_same_values() {
    for version in BOTH {
        let stage =
            Stage::with(version, |c| c.replace("username = \"tally\"", "username = \"tally\"\nbatch_values = 7"));
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean);
        assert_eq!(report.push.unwrap().requests as usize, stage.truth().len().div_ceil(7));
        stage.at_rest(&[]).await;
    }
}
