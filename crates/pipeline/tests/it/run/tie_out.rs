//! The tie-out of a past run, repeated: it writes nothing and tells who changed what.

use pipeline::progress::Silent;
use pipeline::store::RunId;
use pipeline::tie_out::{Again, Verification, again};
use pipeline::{Error, ErrorKind};
use sandbox::fault::{Fault, FaultRule};
use serde_json::json;

use super::certificate::period;
use super::stage::{CONFIRMED_CASES, PROBABLE, VALUES};
use super::{BOTH, Stage};

async fn try_again(stage: &Stage, run: Option<i64>) -> Result<Verification, Error> {
    let config = stage.config();
    let request = Again {
        config: &config,
        report: config.report(None)?,
        run: run.map(RunId),
        progress: &Silent,
        now: stage.clock.now(),
        actor: "test",
    };
    let before = (stage.values(), stage.ledger());
    let verification = again(&request).await;
    assert_eq!((stage.values(), stage.ledger()), before, "nothing is written");
    verification
}

pub(super) async fn verify(stage: &Stage) -> Verification {
    stage.world.dhis2.clear_requests();
    let verification = try_again(stage, None).await.unwrap_or_else(|error| panic!("{error}: {:?}", error.problems));
    assert!(stage.world.dhis2.requests().iter().all(|request| request.method == "GET"));
    assert!(verification.certificate.is_genuine());
    verification
}

#[tokio::test]
async fn what_nobody_touched_agrees_and_is_audited() {
    for version in BOTH {
        let stage = Stage::new(version);
        let run = stage.run().await.certificate.unwrap();
        let found = verify(&stage).await;
        assert!(found.agrees, "{:?} {:?}", found.warnings, found.differences);
        assert_eq!(found.warnings, Vec::<String>::new());
        assert_eq!(found.certificate.indicators, run.indicators);
        assert_eq!(found.certificate.classifications, run.classifications);
        assert_eq!(found.certificate.cells_hash, run.cells_hash);
        let audit = stage.state().audit(5).unwrap();
        assert_eq!(audit.len(), 1);
        assert_eq!((&*audit[0].action, &*audit[0].detail), ("verify", "run 1: agrees"));
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn a_foreign_edit_is_told_with_who_and_when() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let (key, ours) = stage.some_value(|key, _| key.0 == CONFIRMED_CASES);
        stage.world.dhis2.set_value(&key, Some("777"));
        let found = verify(&stage).await;
        assert!(!found.agrees);
        let [one] = &found.differences[..] else { panic!("{:?}", found.differences) };
        assert_eq!((one.should.as_ref(), one.says.as_deref()), (Some(&ours), Some("777")));
        assert_eq!(one.stored_by.as_deref(), Some("somebody_else"));
        assert!(one.last_updated.as_ref().unwrap().starts_with("2020-03-31T10:00:00"), "{one:?}");
        assert_eq!((&one.period, &one.org_unit), (&key.1, &key.2));
        assert_ne!(one.org_unit_name, one.org_unit, "it is named");
        let tied = period(&found.certificate, "confirmed_cases", &key.1);
        assert!(!tied.dhis2_agrees && tied.godata_agrees().is_none());
        assert!(found.certificate.godata_agrees());

        // Once a run has held it, it is held and no longer news.
        stage.run().await;
        let found = verify(&stage).await;
        assert!(found.agrees && found.certificate.holds(), "{:?}", found.differences);
        assert_eq!(period(&found.certificate, "confirmed_cases", &key.1).held, ours);
        // And when somebody puts it right, nothing is held.
        stage.world.dhis2.set_value(&key, Some(&ours));
        assert!(!verify(&stage).await.certificate.holds());
    }
}

#[tokio::test]
async fn a_value_that_was_taken_away_and_came_back_is_found() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let before = stage.truth();
        let gone = stage.counted().into_iter().find_map(|id| {
            stage.world.godata.edit(|e| e.delete(&id)).unwrap();
            let after = stage.truth();
            before.keys().find(|key| key.0 == CONFIRMED_CASES && !after.contains_key(*key)).cloned()
        });
        let gone = gone.unwrap();
        stage.run().await;
        assert!(verify(&stage).await.agrees);
        stage.world.dhis2.set_value(&gone, Some("3"));
        let found = verify(&stage).await;
        let [one] = &found.differences[..] else { panic!("{:?}", found.differences) };
        assert_eq!((one.should.as_deref(), one.says.as_deref()), (None, Some("3")));
        assert!(!found.agrees && !period(&found.certificate, "confirmed_cases", &gone.1).dhis2_agrees);
    }
}

#[tokio::test]
async fn a_line_list_that_moved_on_asks_for_a_run() {
    let stage = Stage::new("2.42.1");
    stage.run().await;
    let id = stage.counted()[0].clone();
    stage.world.godata.edit(|e| e.reclassify(&id, Some(PROBABLE))).unwrap();
    let found = verify(&stage).await;
    assert!(!found.agrees && found.certificate.dhis2_agrees() && found.differences.is_empty());
    let said = &found.warnings[0];
    assert!(said.starts_with("Go.Data's count moved on since run 1: `confirmed_cases` in 2020W"), "{said}");
    assert!(said.ends_with(": run again"), "{said}");
    stage.run().await;
    assert!(verify(&stage).await.agrees);
    // The earlier run can be held to its values too: they are not what DHIS2 says now.
    let first = try_again(&stage, Some(1)).await.unwrap();
    assert!(!first.agrees && !first.differences.is_empty());
}

#[tokio::test]
async fn a_changed_configuration_and_a_run_that_failed_are_said() {
    let stage = Stage::new("2.42.1");
    stage.run().await;
    stage.configure(|config| config.replace("New confirmed deaths", "Deaths"));
    stage.world.godata.faults().push(FaultRule::on("*/cases", Fault::Reject { status: 400, body: "{}".into() }));
    stage.failure().await;
    let found = verify(&stage).await;
    assert!(found.agrees);
    let said = ["the configuration or the map of places changed since run 1: run again".to_owned()];
    let failed = "run 2 began later and did not come to its end: what it wrote shows as a difference".to_owned();
    assert_eq!(found.warnings, [&said[..], &[failed]].concat());
    // An indicator that the report no longer has is tied out against DHIS2, and nobody can ask for it.
    stage.configure(|config| config.replace("\"probable_deaths\"", "\"deaths_probable\""));
    let found = verify(&stage).await;
    let gone = found.certificate.indicators.iter().find(|one| one.indicator == "probable_deaths").unwrap();
    assert_eq!(gone.not_asked.as_deref(), Some("the report no longer has it"));
    assert!(gone.total().dhis2_agrees && gone.total().n_records > 0);
}

#[tokio::test]
async fn it_works_while_another_run_is_under_way() {
    let stage = Stage::new("2.42.1");
    stage.run().await;
    let faults = stage.world.godata.faults();
    faults.push(FaultRule::on("*/cases", Fault::Hold));
    let beside = async {
        faults.wait_held(1).await;
        let found = verify(&stage).await;
        faults.release();
        found
    };
    let (_, found) = futures::future::join(stage.run(), beside).await;
    assert!(found.agrees);
    assert_eq!(
        found.warnings,
        ["run 2 began later and is under way or was interrupted: what it wrote shows as a difference"]
    );
}

#[tokio::test]
async fn what_cannot_be_tied_out_is_refused() {
    let stage = Stage::new("2.42.1");
    let refused = async |run: Option<i64>| {
        let error = try_again(&stage, run).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Config, "{error}");
        error.to_string()
    };
    std::fs::create_dir_all(stage.path(".tally")).unwrap();
    drop(stage.state());
    assert_eq!(refused(None).await, "no run of report `weekly` has finished yet");
    stage.run().await;
    assert_eq!(refused(Some(7)).await, "there is no run 7");
    stage.world.godata.faults().push(FaultRule::on("*/cases", Fault::Reject { status: 400, body: "{}".into() }));
    stage.failure().await;
    assert_eq!(refused(Some(2)).await, "run 2 did not finish");

    let lasting = Fault::Reject { status: 500, body: json!({}).to_string() };
    stage.world.dhis2_faults.push(FaultRule::on(VALUES, lasting.clone()).forever());
    let error = try_again(&stage, None).await.err().unwrap();
    assert_eq!(error.kind.exit_code(), 30, "{error}");
    stage.world.dhis2_faults.clear();
    stage.world.godata.faults().push(FaultRule::on("*/filtered-count", Fault::Html { status: 200 }).forever());
    assert_eq!(try_again(&stage, None).await.err().unwrap().kind, ErrorKind::Godata);
    stage.world.godata.faults().clear();
    assert!(verify(&stage).await.agrees);
}

#[tokio::test]
async fn numbers_too_large_to_add_differ_and_end_nothing() {
    let stage = Stage::new("2.42.1");
    stage.run().await;
    let largest = rust_decimal::Decimal::MAX.to_string();
    let keys: Vec<_> = stage.values().into_keys().filter(|key| key.0 == CONFIRMED_CASES).take(2).collect();
    keys.iter().for_each(|key| stage.world.dhis2.set_value(key, Some(&largest)));
    let found = verify(&stage).await;
    assert_eq!((found.agrees, found.differences.len()), (false, 2));
    assert_eq!(found.certificate.indicators[0].total().dhis2, largest);
    // In a run they come between the push and the read-back.
    for key in &keys {
        stage.world.dhis2.set_value(key, None);
    }
    stage.configure(|config| config.replace("look_back = 8", "look_back = 8\non_drift = \"overwrite\""));
    let faults = &stage.world.dhis2_faults;
    faults.push(FaultRule::on(VALUES, Fault::HoldAfterWrite).method(sandbox::fault::Method::POST));
    let typed = async {
        faults.wait_held(1).await;
        keys.iter().for_each(|key| stage.world.dhis2.set_value(key, Some(&largest)));
        faults.release();
    };
    let (report, ()) = futures::future::join(stage.run(), typed).await;
    assert_eq!(report.verify.unwrap().different.len(), 2);
}
