//! Small cells stay out of DHIS2, and what stands there does not give them back.

use super::stage::{CONFIRMED, CONFIRMED_CASES, Changes, SUSPECT, Values, changes, naive_changes};
use super::tie_out::verify;
use super::{BOTH, Stage};
use pipeline::report::{RunReport, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// The weekly report, with everything of fewer than so many records left out.
fn with_threshold(config: String, threshold: u64) -> String {
    let policy = format!("[dhis2.small_cells]\nthreshold = {threshold}\n\n[state]");
    config.replace("[state]", &policy)
}

/// The truth without its small values. All indicators of the example are counts.
fn large(truth: &Values, threshold: u64) -> Values {
    let is_large = |value: &str| value.parse::<u64>().unwrap() >= threshold;
    truth.iter().filter(|(_, value)| is_large(value)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[track_caller]
fn assert_same(found: &Values, expected: &Values) {
    assert_eq!(naive_changes(expected, found), Changes::new(), "from what should stand to what does");
}

/// A further run finds nothing to do.
async fn is_stable(stage: &Stage) {
    stage.world.dhis2.clear_requests();
    let again = stage.run().await;
    assert_eq!(again.verdict, Verdict::Clean);
    assert_eq!(again.push.map(|push| (push.requests, push.written)), Some((0, 0)));
    assert_eq!(stage.world.dhis2.requests().iter().filter(|request| request.method != "GET").count(), 0);
}

/// Ours is what DHIS2 says and what is left out.
fn adds_up(report: &RunReport) {
    let n = |text: &str| text.parse::<u64>().unwrap();
    for row in &report.tie_out {
        let suppressed = row.suppressed.as_deref().map_or(0, n);
        assert_eq!(n(&row.ours), n(row.dhis2.as_deref().unwrap()) + suppressed, "{}", row.indicator);
        assert!(row.agrees, "{}", row.indicator);
    }
    for indicator in &report.certificate.as_ref().unwrap().indicators {
        for period in &indicator.periods {
            let suppressed = period.suppressed.as_deref().map_or(0, n);
            assert_eq!(n(&period.ours), n(&period.dhis2) + suppressed);
            assert!(period.dhis2_agrees);
        }
    }
}

#[tokio::test]
async fn small_values_are_taken_away_and_come_back() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let truth = stage.truth();
        assert_same(&stage.values(), &truth);

        stage.configure(|config| with_threshold(config, 2));
        let planned = stage.plan().await;
        let (left, kept) = (large(&truth, 2), truth.len());
        assert!(!left.is_empty() && left.len() < kept);
        assert_eq!(changes(&planned), naive_changes(&truth, &left));
        let told: u64 = planned.plan.suppressed.iter().map(|element| element.primary).sum();
        assert_eq!(told, (kept - left.len()) as u64);
        assert!(planned.plan.suppressed.iter().all(|element| element.complementary == 0));
        let why = |change: &pipeline::report::PlannedChange| change.cause.clone().unwrap().reasons;
        assert!(planned.plan.changes.iter().all(|change| why(change) == ["a small cell, which is left out"]));

        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean);
        assert_same(&stage.values(), &left);
        adds_up(&report);
        assert_eq!(report.certificate.as_ref().unwrap().n_cells as usize, kept, "the state has them all");
        is_stable(&stage).await;
        let verified = verify(&stage).await;
        assert!(verified.agrees, "{:?}", verified.differences);
        assert_eq!(verified.certificate.indicators, report.certificate.unwrap().indicators);

        stage.configure(|config| config);
        stage.run().await;
        stage.at_rest(&[]).await;
    }
}

/// Turning the policy on is no loss, and a first run with it writes what is large and nothing else.
#[tokio::test]
async fn a_policy_is_no_loss() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let limited =
            |config: String| with_threshold(config, 3).replace("losses_max_percent = 100", "losses_max_percent = 0");
        stage.configure(limited);
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        assert_same(&stage.values(), &large(&stage.truth(), 3));

        let first = Stage::with(version, limited);
        assert_eq!(first.run().await.verdict, Verdict::Clean);
        assert_same(&first.values(), &large(&first.truth(), 3));
        is_stable(&first).await;
    }
}

#[tokio::test]
async fn a_value_that_becomes_small_is_deleted_and_not_zeroed() {
    for version in BOTH {
        let mut stage = Stage::with(version, |config| {
            with_threshold(config, 2).replace(
                "[[report.indicator]]\ncode = \"confirmed_cases\"",
                "zeros = true\n\n[[report.indicator]]\ncode = \"confirmed_cases\"",
            )
        });
        stage.zeros = true;
        stage.world.dhis2.edit(|m| m.data_element_mut(CONFIRMED_CASES).zero_is_significant = true);
        stage.run().await;
        let before = stage.values();
        let (key, _) = before.iter().find(|(key, value)| key.0 == CONFIRMED_CASES && *value == "2").unwrap();
        // One of its two cases is reclassified.
        let found = stage.counted().into_iter().find(|id| {
            stage.world.godata.edit(|e| e.reclassify(id, Some(SUSPECT))).unwrap();
            let is_one = stage.truth().get(key).map(String::as_str) == Some("1");
            if !is_one {
                stage.world.godata.edit(|e| e.reclassify(id, Some(CONFIRMED))).unwrap();
            }
            is_one
        });
        assert!(found.is_some());
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean);
        assert_eq!(stage.values().get(key), None, "neither 1 nor 0");
        let zeros = |values: &Values| values.iter().filter(|(k, v)| k.0 == CONFIRMED_CASES && *v == "0").count();
        assert!(zeros(&stage.values()) > 0, "explicit zeros stay");
        adds_up(&report);
        is_stable(&stage).await;
    }
}

/// The same cases without disaggregation, under another data element.
const TOTAL: &str = "cW0odY9vhrd";

fn with_total(config: String) -> String {
    let (before, after) = config.split_once("code = \"hospitalised\"").unwrap();
    let after =
        after.replacen("classification IN ('CONFIRMED', 'PROBABLE')", "classification  = 'CONFIRMED'", 1).replacen(
            "\"first(stays.start WHERE type = 'HOSPITALIZATION')\"",
            "[\"date_of_onset\", \"date_of_reporting\"]",
            1,
        );
    format!("{before}code = \"hospitalised\"{after}")
}

/// Who sees the total of a place and a week and all its parts but one, knows that one.
#[tokio::test]
async fn a_total_gives_no_small_part_back() {
    for version in BOTH {
        let stage = Stage::with(version, |config| with_total(with_threshold(config, 2)));
        let report = stage.run().await;
        adds_up(&report);
        let values = stage.values();
        let mut published: BTreeMap<(String, String), (u64, BTreeSet<String>)> = BTreeMap::new();
        let mut totals: BTreeMap<(String, String), u64> = BTreeMap::new();
        for ((element, period, unit, combo, _), value) in &values {
            let at = (period.clone(), unit.clone());
            let n: u64 = value.parse().unwrap();
            if element == TOTAL {
                totals.insert(at, n);
            } else if element == CONFIRMED_CASES {
                let (sum, combos) = published.entry(at).or_default();
                *sum += n;
                combos.insert(combo.clone());
            }
        }
        let mut missing: BTreeMap<(String, String), u64> = BTreeMap::new();
        let mut small = 0_u64;
        for ((element, period, unit, combo, _), value) in stage.truth() {
            let at = (period, unit);
            let is_published = published.get(&at).is_some_and(|(_, combos)| combos.contains(&combo));
            if element == CONFIRMED_CASES && !is_published {
                *missing.entry(at).or_default() += 1;
                small += u64::from(value == "1");
            }
        }
        assert!(small > 0 && !totals.is_empty(), "{small} {}", totals.len());
        let mut n_attacked = 0;
        for (at, n_missing) in &missing {
            let Some(total) = totals.get(at) else { continue };
            n_attacked += 1;
            let rest = total - published.get(at).map_or(0, |(sum, _)| *sum);
            assert!(*n_missing > 1, "{at:?}: the one missing part is {rest}");
            assert!(rest > *n_missing, "{at:?}: {n_missing} missing parts of {rest} are all ones");
        }
        let complementary: u64 = report.plan.suppressed.iter().map(|element| element.complementary).sum();
        assert!(complementary > 0, "{n_attacked} totals stand beside small parts");
        is_stable(&stage).await;
        assert!(verify(&stage).await.agrees);
    }
}

#[tokio::test]
async fn what_may_be_small_is_published_and_what_it_gives_away_is_told() {
    let stage = Stage::with(BOTH[0], |config| {
        let exempt = "publish_small = [\"hospitalised\"]\n\n[[report.indicator]]\ncode = \"confirmed_cases\"";
        with_total(with_threshold(config, 2)).replace("[[report.indicator]]\ncode = \"confirmed_cases\"", exempt)
    });
    let report = stage.run().await;
    let of_total = report.plan.suppressed.iter().find(|element| element.data_element == TOTAL);
    assert_eq!(of_total, None);
    assert!(report.warnings.iter().any(|warning| warning.contains("can be computed")), "{:?}", report.warnings);
    is_stable(&stage).await;
}
