//! DHIS2 read for what changed there only, beside DHIS2 read as a whole.

use jiff::SignedDuration;
use pipeline::as_of::{Selection, as_of};
use pipeline::comparison::{Comparison, Read};
use pipeline::report::{RunReport, Verdict};
use pipeline::store::{NewRun, RunId};
use sandbox::dhis2::ValueKey;
use std::collections::BTreeMap;

use super::stage::{CONFIRMED_CASES, PROBABLE, changes, held_keys};
use super::{BOTH, Stage};

fn comparison(report: &RunReport) -> &Comparison {
    report.comparison.as_ref().expect("a run compares")
}

/// The queries that read values, with whether they asked for changes only.
fn queries(stage: &Stage) -> Vec<bool> {
    let requests = stage.world.dhis2.requests().into_iter();
    let reads = requests.filter(|request| request.method == "GET" && request.path.ends_with("/dataValueSets"));
    reads.map(|request| request.query.contains("lastUpdatedDuration=")).collect()
}

fn wait(stage: &Stage, minutes: i64) {
    stage.clock.advance(SignedDuration::from_mins(minutes));
}

#[tokio::test]
async fn an_unchanged_run_asks_for_changes_only_and_still_sees_what_somebody_did_a_minute_ago() {
    for version in BOTH {
        let stage = Stage::new(version);
        let first = stage.run().await;
        assert_eq!(comparison(&first).read, Read::Full);
        wait(&stage, 60);
        stage.world.dhis2.clear_requests();
        let second = stage.run().await;
        assert_eq!((queries(&stage), second.push.as_ref().unwrap().written), (vec![true], 0), "{version}");
        let n_values = stage.values().len() as u64;
        assert_eq!((comparison(&second).read, comparison(&second).n_read), (Read::Same, n_values), "our own writes");
        assert_eq!(comparison(&second).full_at, comparison(&first).full_at);
        assert_eq!(second.verify.as_ref().unwrap().equal, first.verify.as_ref().unwrap().equal);
        let sums = |report: &RunReport| serde_json::to_value(&report.tie_out).unwrap();
        assert_eq!(sums(&second), sums(&first));

        wait(&stage, 60);
        let quiet = stage.run().await;
        assert_eq!((comparison(&quiet).read, comparison(&quiet).n_read), (Read::Same, 0));
        let (changed, ours) = stage.some_value(|key, _| key.0 == CONFIRMED_CASES);
        let (deleted, gone) = stage.some_value(|key, _| key.0 != CONFIRMED_CASES);
        wait(&stage, 60);
        stage.world.dhis2.set_value(&changed, Some("777"));
        stage.world.dhis2.set_value(&deleted, None);
        wait(&stage, 1);
        let third = stage.run().await;
        assert_eq!(comparison(&third).read, Read::Changes);
        assert_eq!(held_keys(&third), [changed.clone(), deleted.clone()].into());
        let told = third.plan.changes.iter().find(|change| change.old.as_deref() == Some("777")).unwrap();
        assert_eq!((told.action.as_str(), told.changed_by.as_deref()), ("drifted", Some("somebody_else")));
        // What is held has to be looked at as a whole.
        wait(&stage, 60);
        let fourth = stage.run().await;
        assert_eq!((comparison(&fourth).read, fourth.verdict), (Read::Full, Verdict::Held));
        stage.world.dhis2.set_value(&changed, Some(&ours));
        stage.world.dhis2.set_value(&deleted, Some(&gone));
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn a_value_that_stood_there_before_we_had_one_is_found_where_ours_comes_in() {
    for version in BOTH {
        let stage = Stage::new(version);
        // A case that is alone in some cell.
        let before = stage.truth();
        let alone = |id: &String| {
            stage.world.godata.edit(|e| e.delete(id)).unwrap();
            let after = stage.truth();
            let key = before.keys().find(|key| key.0 == CONFIRMED_CASES && !after.contains_key(*key)).cloned();
            if key.is_none() {
                stage.world.godata.edit(|e| e.restore(id)).unwrap();
            }
            Some((id.clone(), key?))
        };
        let (id, key) = stage.counted().iter().find_map(alone).expect("some cell has one case");
        stage.world.dhis2.set_value(&key, Some("5"));
        assert_eq!(stage.run().await.verdict, Verdict::Clean, "{version}: it is nobody's business yet");
        wait(&stage, 120);
        stage.world.godata.edit(|e| e.restore(&id)).unwrap();
        let report = stage.run().await;
        assert_eq!(comparison(&report).read, Read::Changes);
        assert_eq!(changes(&report)[&key].0, "existing");
        assert_eq!(stage.values()[&key], "5");
    }
}

#[tokio::test]
async fn all_values_are_read_once_a_day_and_whenever_something_else_is_not_as_it_was() {
    for version in BOTH {
        let mut stage = Stage::new(version);
        stage.run().await;
        // A row that an administrator removes in the database has no stamp: the day's full comparison sees it.
        wait(&stage, 23 * 60);
        let (purged, _) = stage.some_value(|key, _| key.0 == CONFIRMED_CASES);
        stage.world.dhis2.purge_value(&purged);
        let blind = stage.run().await;
        assert_eq!((comparison(&blind).read, blind.verdict), (Read::Changes, Verdict::Clean));
        wait(&stage, 61);
        let seeing = stage.run().await;
        assert_eq!(comparison(&seeing).read, Read::Full);
        assert_eq!(held_keys(&seeing), [purged.clone()].into());
        stage.world.dhis2.set_value(&purged, Some(&stage.truth()[&purged]));
        stage.run().await;
        // What somebody wrote within the overlap comes again, so it is compared again.
        assert_eq!(comparison(&stage.run().await).read, Read::Changes);
        // A person asks for it.
        stage.full = true;
        assert_eq!(comparison(&stage.run().await).read, Read::Full);
        stage.full = false;
        assert_ne!(comparison(&stage.run().await).read, Read::Full);
        // A plan always reads everything.
        assert_eq!(comparison(&stage.plan().await).read, Read::Full);
        // The data element's zeros mean something else now.
        stage
            .world
            .dhis2
            .edit(|metadata| metadata.data_elements.iter_mut().for_each(|one| one.zero_is_significant ^= true));
        assert_eq!(comparison(&stage.run().await).read, Read::Full);
        stage.run().await;
        // The definitions are others.
        stage.configure(|config| format!("# Looked at again.\n{config}"));
        assert_eq!(comparison(&stage.run().await).read, Read::Full);
        assert_ne!(comparison(&stage.run().await).read, Read::Full);
        // The clock was set back.
        stage.clock.advance(SignedDuration::from_hours(-2));
        assert_eq!(comparison(&stage.run().await).read, Read::Full);
    }
}

/// A generator of numbers (SplitMix64), so that a seed is a walk.
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % n
    }
}

/// One thing that somebody does.
fn something(stage: &Stage, rng: &mut Rng) {
    let truth = stage.truth();
    let keys: Vec<&ValueKey> = truth.keys().collect();
    let key = keys[rng.below(keys.len() as u64) as usize].clone();
    let cases = stage.counted();
    let case = &cases[rng.below(cases.len() as u64) as usize];
    match rng.below(8) {
        0 => stage.world.godata.edit(|e| e.delete(case)).unwrap(),
        1 | 2 => stage.world.godata.edit(|e| e.reclassify(case, Some(PROBABLE))).unwrap(),
        3 => stage.world.dhis2.set_value(&key, Some("41")),
        4 => stage.world.dhis2.set_value(&key, None),
        5 => stage.world.dhis2.set_value(&key, Some("0")),
        6 => {
            // A value where we may have none.
            let other = keys[rng.below(keys.len() as u64) as usize];
            let key = (key.0, key.1, other.2.clone(), key.3, key.4);
            stage.world.dhis2.set_value(&key, Some("3"));
        }
        // Somebody puts everything right that DHIS2 should say.
        _ => truth.iter().for_each(|(key, value)| stage.world.dhis2.set_value(key, Some(value))),
    }
}

#[tokio::test]
async fn both_ways_of_looking_find_the_same_plan_whatever_happens() {
    let mut n_changes = 0;
    for (version, overwrite, seed) in
        [("2.38.5", false, 1), ("2.42.1", true, 2), ("2.42.1", false, 3), ("2.43.1", true, 4), ("2.43.1", false, 5)]
    {
        let policies = "look_back = 8\non_drift = \"overwrite\"\non_existing = \"overwrite\"";
        let change = |config: String| if overwrite { config.replace("look_back = 8", policies) } else { config };
        let stage = Stage::with(version, change);
        let mut rng = Rng(seed);
        stage.run().await;
        for step in 0..8 {
            wait(&stage, rng.below(90) as i64);
            for _ in 0..rng.below(3) {
                something(&stage, &mut rng);
            }
            wait(&stage, rng.below(3) as i64);
            let planned = stage.plan().await;
            let done = stage.run().await;
            assert_eq!(comparison(&planned).read, Read::Full);
            let plans =
                [&planned.plan, &done.plan].map(|plan| (plan.hash.clone(), changes_told(plan), plan.actions.clone()));
            assert_eq!(plans[0], plans[1], "{version} seed {seed} step {step}: {:?}", comparison(&done));
            n_changes += u32::from(comparison(&done).read != Read::Full);
        }
    }
    assert!(n_changes >= 10, "{n_changes} runs looked at changes only");
}

/// What two runs on the same state of both servers must say alike.
fn said(report: &RunReport) -> serde_json::Value {
    let certificate = report.certificate.as_ref().unwrap();
    serde_json::json!({
        "plan": report.plan,
        "verify": report.verify,
        "tie_out": report.tie_out,
        "account": report.account,
        "unmapped": report.unmapped,
        "issues": report.issues,
        "verdict": report.verdict,
        "warnings": report.warnings,
        "indicators": certificate.indicators,
        "classifications": certificate.classifications,
        "cells": (&certificate.cells_hash, certificate.n_cells),
        "plan_hash": certificate.plan_hash,
    })
}

#[tokio::test]
async fn a_run_in_which_nothing_changed_says_what_a_whole_one_says() {
    let plain = |config: String| config;
    let zeros = |config: String| config.replace("look_back = 8", "look_back = 8\nzeros = true");
    let complete = |config: String| config.replace("complete = false", "complete = true");
    let configurations: [fn(String) -> String; 3] = [plain, zeros, complete];
    for version in BOTH {
        for configuration in configurations {
            let mut stage = Stage::with(version, configuration);
            stage.zeros = configuration(("look_back = 8").to_owned()).contains("zeros");
            stage.run().await;
            // Cells appear, change and go away.
            for id in stage.counted().iter().take(4) {
                stage.world.godata.edit(|e| e.delete(id)).unwrap();
            }
            wait(&stage, 60);
            let changing = stage.run().await;
            assert!(changing.push.as_ref().unwrap().written > 0);
            let posts = stage.n_posts();
            for minutes in [1, 60] {
                wait(&stage, minutes);
                let same = stage.run().await;
                assert_eq!((comparison(&same).read, same.push.as_ref().unwrap().requests), (Read::Same, 0));
                stage.full = true;
                // Beyond the overlap, so that what was pushed before does not come again.
                wait(&stage, 20);
                let whole = stage.run().await;
                stage.full = false;
                assert_eq!(comparison(&whole).read, Read::Full);
                assert_eq!(said(&same), said(&whole), "{version}");
                let (state, runs) = (stage.state(), [&same, &whole].map(|one| RunId(one.run.unwrap())));
                assert_eq!(state.cells(runs[0]).unwrap(), state.cells(runs[1]).unwrap());
                let n_cells = runs.map(|run| state.run(run).unwrap().unwrap().n_cells);
                assert!(n_cells[0] == n_cells[1] && n_cells[0].is_some());
                assert!(same.certificate.unwrap().is_genuine());
            }
            assert_eq!(stage.n_posts(), posts);
            // What came later is found as always.
            let id = stage.counted()[0].clone();
            stage.world.godata.edit(|e| e.delete(&id)).unwrap();
            assert!(stage.run().await.push.unwrap().written > 0);
            stage.at_rest(&[]).await;
        }
    }
}

#[tokio::test]
async fn the_past_stays_exact_through_runs_in_which_nothing_changed() {
    let stage = Stage::new("2.42.1");
    let mut truths = Vec::new();
    for round in 0..6 {
        stage.run().await;
        wait(&stage, 1);
        truths.push((stage.clock.now(), stage.truth()));
        wait(&stage, 120);
        if round % 2 == 1 {
            let id = stage.counted()[0].clone();
            stage.world.godata.edit(|e| e.delete(&id)).unwrap();
        }
    }
    let (config, state) = (stage.config(), stage.state());
    let report = config.report(None).unwrap();
    for (at, truth) in truths {
        let stood = as_of(&state, report, at, &Selection::default()).unwrap();
        let values = stood.values.into_iter().map(|row| {
            let key = row.key;
            let parts = [key.data_element, key.period, key.org_unit, key.category_option_combo];
            let [element, period, unit, combo] = parts.map(|part| part.to_string());
            ((element, period, unit, combo, key.attribute_option_combo.to_string()), row.value)
        });
        assert_eq!(values.collect::<BTreeMap<_, _>>(), truth, "{at}");
    }
}

#[tokio::test]
async fn cells_are_repeated_from_the_last_run_of_the_same_periods_only() {
    let stage = Stage::new("2.42.1");
    let first = RunId(stage.run().await.run.unwrap());
    let id = stage.counted()[0].clone();
    stage.world.godata.edit(|e| e.delete(&id)).unwrap();
    let second = RunId(stage.run().await.run.unwrap());
    let mut state = stage.state();
    let run = state.run(second).unwrap().unwrap();
    let new = NewRun {
        report: run.report,
        trigger: "test".into(),
        started_at: stage.clock.now(),
        period_first: run.period_first,
        period_last: run.period_last,
        definitions_hash: run.definitions_hash,
        tally_version: run.tally_version,
    };
    let shorter = state.begin_run(&NewRun { period_first: "2020W7".into(), ..new.clone() }).unwrap();
    assert!(state.repeat_cells(shorter, second).unwrap_err().to_string().contains("cannot repeat the cells"));
    let third = state.begin_run(&new).unwrap();
    assert!(state.repeat_cells(third, first).is_err(), "there is a later one");
    state.repeat_cells(third, second).unwrap();
    assert_eq!(state.run(third).unwrap().unwrap().n_cells, run.n_cells);
    assert_eq!(state.cells(third).unwrap(), state.cells(second).unwrap());
}

fn changes_told(plan: &pipeline::report::PlanSummary) -> Vec<String> {
    let told = plan.changes.iter();
    told.map(|one| format!("{one:?}")).collect()
}
