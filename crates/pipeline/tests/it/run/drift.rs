//! Values that somebody else wrote.

use pipeline::acceptance;
use pipeline::report::Verdict;
use pipeline::store::RunId;
use sandbox::dhis2::ValueKey;
use sandbox::fault::{Fault, FaultRule, Method};

use super::stage::{CONFIRMED_CASES, PROBABLE, VALUES, changes, held_keys};
use super::{BOTH, Stage};

fn overwrites(what: &str) -> impl FnOnce(String) -> String {
    let line = format!("look_back = 8\n{what} = \"overwrite\"");
    move |config| config.replace("look_back = 8", &line)
}

/// Reclassifies a case whose cells are not `except`, so that a run has something else to push.
fn other_work(stage: &Stage, except: &ValueKey) {
    for id in stage.counted() {
        let before = stage.truth();
        stage.world.godata.edit(|e| e.reclassify(&id, Some(PROBABLE))).unwrap();
        if stage.truth().get(except) == before.get(except) {
            return;
        }
    }
    panic!("every case is in that cell");
}

#[tokio::test]
async fn a_value_that_somebody_changed_is_held_and_the_rest_goes_on() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let (key, ours) = stage.some_value(|key, _| key.0 == CONFIRMED_CASES);
        for theirs in [Some("777"), Some("0"), None] {
            stage.world.dhis2.set_value(&key, theirs);
            other_work(&stage, &key);
            let report = stage.run().await;
            assert_eq!(report.verdict, Verdict::Held);
            assert_eq!(changes(&report)[&key].0, "drifted", "{theirs:?}");
            assert!(report.push.unwrap().written > 0);
            assert_eq!(stage.values().get(&key).map(String::as_str), theirs);
            let again = stage.at_rest(&[]).await;
            assert_eq!(held_keys(&again), [key.clone()].into());
        }
        // Somebody puts it right again.
        stage.world.dhis2.set_value(&key, Some(&ours));
        let report = stage.at_rest(&[]).await;
        assert_eq!(report.verdict, Verdict::Clean);
    }
}

#[tokio::test]
async fn a_drifted_value_is_replaced_where_the_report_says_so() {
    for version in BOTH {
        let stage = Stage::with(version, overwrites("on_drift"));
        stage.run().await;
        let (changed, _) = stage.some_value(|key, _| key.0 == CONFIRMED_CASES);
        let (deleted, _) = stage.some_value(|key, _| key.0 != CONFIRMED_CASES);
        stage.world.dhis2.set_value(&changed, Some("777"));
        stage.world.dhis2.set_value(&deleted, None);
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean);
        assert_eq!(changes(&report)[&changed].0, "update");
        assert_eq!(changes(&report)[&deleted].0, "create");
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn what_somebody_changed_to_the_truth_is_ours_again() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        // Somebody corrects a value by hand before Tally sees the correction.
        let ids = stage.counted();
        let before = stage.truth();
        stage.world.godata.edit(|e| e.delete(&ids[0])).unwrap();
        let after = stage.truth();
        let corrected: Vec<_> = before.keys().filter(|key| before.get(*key) != after.get(*key)).collect();
        for key in &corrected {
            stage.world.dhis2.set_value(key, after.get(*key).map(String::as_str));
        }
        let report = stage.run().await;
        assert_eq!((report.verdict, changes(&report).len()), (Verdict::Clean, 0));
        stage.at_rest(&[]).await;
        // The next correction is Tally's.
        stage.world.godata.edit(|e| e.restore(&ids[0])).unwrap();
        let report = stage.run().await;
        assert_eq!((report.verdict, changes(&report).len()), (Verdict::Clean, corrected.len()));
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn what_stood_there_before_us_is_held_or_replaced_and_an_equal_value_is_ours() {
    for version in BOTH {
        for overwrite in [false, true] {
            let stage = if overwrite { Stage::with(version, overwrites("on_existing")) } else { Stage::new(version) };
            let truth = stage.truth();
            // One other value, all values of confirmed cases as they should be, and a value of nobody's business.
            let other = truth.keys().find(|key| key.0 != CONFIRMED_CASES).unwrap().clone();
            stage.world.dhis2.set_value(&other, Some("99"));
            for (key, value) in truth.iter().filter(|(key, _)| key.0 == CONFIRMED_CASES) {
                stage.world.dhis2.set_value(key, Some(value));
            }
            let foreign =
                ("E1pXvzyZzKB".to_owned(), other.1.clone(), other.2.clone(), "HllvX50cXC0".into(), other.4.clone());
            stage.world.dhis2.set_value(&foreign, Some("5"));
            let report = stage.run().await;
            let planned = changes(&report);
            assert!(planned.keys().all(|key| key.0 != CONFIRMED_CASES));
            assert_eq!(planned[&other].0, if overwrite { "update" } else { "existing" });
            assert_eq!(report.verdict, if overwrite { Verdict::Clean } else { Verdict::Held });
            stage.at_rest(&[&foreign]).await;
            assert_eq!(stage.values()[&foreign], "5");

            // The equal ones are corrected and retracted like our own.
            for id in stage.counted().iter().take(25) {
                stage.world.godata.edit(|e| e.delete(id)).unwrap();
            }
            let report = stage.run().await;
            let planned = changes(&report);
            let n = |action: &str| planned.iter().filter(|(k, c)| k.0 == CONFIRMED_CASES && c.0 == action).count();
            assert!(n("retract") > 0 && n("existing") == 0);
            stage.at_rest(&[&foreign]).await;
        }
    }
}

#[tokio::test]
async fn a_lost_state_file_costs_nothing_but_what_changed_meanwhile() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        std::fs::remove_dir_all(stage.path(".tally")).unwrap();
        let report = stage.run().await;
        assert_eq!((report.verdict, report.push.unwrap().requests), (Verdict::Clean, 0));
        stage.at_rest(&[]).await;
        let ids = stage.counted();
        stage.world.godata.edit(|e| e.delete(&ids[0])).unwrap();
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn what_somebody_types_during_a_long_push_is_seen_before_it_is_written_over() {
    for version in BOTH {
        let stage =
            Stage::with(version, |c| c.replace("username = \"tally\"", "username = \"tally\"\nbatch_values = 60"));
        stage.world.dhis2_faults.push(FaultRule::on(VALUES, Fault::Hold).method(Method::POST));
        // Where nothing stood, and where the same value will stand as ours should.
        let keys: Vec<ValueKey> = stage.truth().into_keys().collect();
        let (typed, equal) = (&keys[keys.len() - 1], &keys[keys.len() - 2]);
        let meanwhile = async {
            stage.world.dhis2_faults.wait_held(1).await;
            stage.world.dhis2.set_value(typed, Some("777"));
            stage.world.dhis2.set_value(equal, stage.truth().get(equal).map(String::as_str));
            stage.clock.advance(jiff::SignedDuration::from_secs(11));
            stage.world.dhis2_faults.release();
        };
        let (report, ()) = futures::future::join(stage.run(), meanwhile).await;
        assert_eq!(report.verdict, Verdict::Held);
        assert_eq!(held_keys(&report), [typed.clone(), equal.clone()].into());
        assert!(super::stage::reasons(&report).contains_key("somebody changed it while the run was under way"));
        assert_eq!(stage.values()[typed], "777");
        // The next run finds one value as it should be, and somebody else's at the other.
        let again = stage.at_rest(&[]).await;
        assert_eq!(held_keys(&again), [typed.clone()].into());
        assert_eq!(changes(&again)[typed].0, "existing");
    }
}

#[tokio::test]
async fn what_somebody_accepted_stays_until_either_side_says_something_else() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let (key, ours) = stage.some_value(|key, value| key.0 == CONFIRMED_CASES && value == "1");
        stage.world.dhis2.set_value(&key, Some("777"));
        let held = stage.run().await;
        assert_eq!((held.verdict, changes(&held)[&key].0.as_str()), (Verdict::Held, "drifted"));
        let run = RunId(held.run.unwrap());
        let n = acceptance::accept(&mut stage.state(), run, "dashboard: ana", stage.clock.now()).unwrap();
        assert_eq!(n, 1);

        // Nothing waits any more, nothing is pushed, and nothing of it is hidden; again and again.
        for _ in 0..2 {
            let accepted = stage.run().await;
            assert_eq!((accepted.verdict, changes(&accepted)[&key].0.as_str()), (Verdict::Clean, "accepted"));
            assert!(accepted.warnings.iter().any(|warning| warning.contains("1 value of somebody else")));
            let row = accepted.tie_out.iter().find(|row| row.indicator == "confirmed_cases").unwrap();
            assert_eq!((row.held.as_str(), row.agrees), (ours.as_str(), true), "the tie-out sets it apart");
            assert_eq!(stage.values()[&key], "777");
        }
        assert_eq!(stage.state().accepted().unwrap()[0].n, 1);

        // They write something else.
        stage.world.dhis2.set_value(&key, Some("778"));
        let again = stage.run().await;
        assert_eq!((again.verdict, changes(&again)[&key].0.as_str()), (Verdict::Held, "drifted"));
        stage.world.dhis2.set_value(&key, Some("777"));
        assert_eq!(stage.run().await.verdict, Verdict::Clean, "as it was accepted");

        // What was accepted is taken back.
        assert_eq!(stage.state().withdraw("weekly", "dashboard: ana", stage.clock.now()).unwrap(), 1);
        assert_eq!(stage.run().await.verdict, Verdict::Held);
        let actions: Vec<String> = stage.state().audit(10).unwrap().into_iter().map(|row| row.action).collect();
        assert!(actions.starts_with(&["withdraw".to_owned(), "accept".to_owned()]), "{actions:?}");

        // It was as it should be after all: nobody's concern any more.
        stage.world.dhis2.set_value(&key, Some(&ours));
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn what_was_accepted_is_told_again_when_our_own_number_changes() {
    let stage = Stage::new(BOTH[0]);
    stage.run().await;
    let (key, _) = stage.some_value(|key, value| key.0 == CONFIRMED_CASES && value == "1");
    stage.world.dhis2.set_value(&key, Some("777"));
    let held = stage.run().await;
    let run = RunId(held.run.unwrap());
    acceptance::accept(&mut stage.state(), run, "dashboard: ana", stage.clock.now()).unwrap();
    assert_eq!(stage.run().await.verdict, Verdict::Clean);
    // Every confirmed case becomes a probable one: our number is another, or none.
    for id in stage.counted() {
        stage.world.godata.edit(|edit| edit.reclassify(&id, Some(PROBABLE))).unwrap();
    }
    let again = stage.run().await;
    assert_eq!((again.verdict, changes(&again)[&key].0.as_str()), (Verdict::Held, "drifted"));
    assert_eq!(stage.values()[&key], "777");
}
