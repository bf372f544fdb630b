//! Runs that stop in the middle, runs that meet, and state that belongs to something else.

use jiff::SignedDuration;
use pipeline::ErrorKind;
use pipeline::report::Verdict;
use pipeline::store::{RunId, RunState};
use sandbox::fault::{Fault, FaultRule, Method};

use super::stage::VALUES;
use super::{BOTH, Stage};

/// Begins a run and drops it while a request hangs.
async fn drop_while_held(stage: &Stage) {
    let running = Box::pin(stage.try_run());
    let held = Box::pin(stage.world.dhis2_faults.wait_held(1));
    match futures::future::select(running, held).await {
        futures::future::Either::Left((result, _)) => {
            panic!("the run ended: {:?}", result.map(|report| report.verdict))
        }
        futures::future::Either::Right(((), running)) => drop(running),
    }
}

#[tokio::test]
async fn a_run_that_is_dropped_while_dhis2_answers_is_settled_by_reading() {
    for version in BOTH {
        for (fault, n_written) in [(Fault::HoldAfterWrite, 120), (Fault::Hold, 60)] {
            let stage =
                Stage::with(version, |c| c.replace("username = \"tally\"", "username = \"tally\"\nbatch_values = 60"));
            stage.world.dhis2_faults.push(FaultRule::on(VALUES, fault).method(Method::POST).skip(1));
            drop_while_held(&stage).await;
            assert_eq!(stage.values().len(), n_written);
            let state = stage.state();
            assert_eq!(state.open_intents().unwrap().len(), 1);
            assert_eq!(state.unfinished_runs().unwrap().len(), 1);

            // Its lease still stands.
            let error = stage.failure().await;
            assert_eq!(error.kind, ErrorKind::Temporary);
            assert_eq!(state.open_intents().unwrap().len(), 1);

            stage.clock.advance(SignedDuration::from_secs(121));
            let report = stage.run().await;
            assert_eq!(report.verdict, Verdict::Clean);
            assert_eq!(report.push.unwrap().written as usize, stage.truth().len() - n_written);
            assert!(
                report.warnings.iter().any(|warning| warning.contains("settled by reading")),
                "{:?}",
                report.warnings
            );
            let first = state.run(RunId(1)).unwrap().unwrap();
            assert_eq!(first.state, RunState::Failed);
            assert_eq!(first.error.unwrap().code, "interrupted");
            assert!(state.open_intents().unwrap().is_empty() && state.unfinished_runs().unwrap().is_empty());
            stage.at_rest(&[]).await;
        }
    }
}

#[tokio::test]
async fn what_may_not_be_looked_at_is_settled_when_it_may() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.world.dhis2_faults.push(FaultRule::on(VALUES, Fault::HoldAfterWrite).method(Method::POST));
        drop_while_held(&stage).await;
        stage.clock.advance(SignedDuration::from_secs(121));
        let units = &stage.world.population.org_units;
        let province = units.iter().find(|unit| unit.level == 2).unwrap().uid.clone();
        stage.world.dhis2.edit(|m| m.users[0].org_units = vec![province]);
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Held);
        assert_eq!(stage.state().open_intents().unwrap().len(), 1, "nobody knows what stands elsewhere");
        let root = units[0].uid.clone();
        stage.world.dhis2.edit(|m| m.users[0].org_units = vec![root]);
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        assert!(stage.state().open_intents().unwrap().is_empty());
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn a_run_that_is_dropped_anywhere_leaves_nothing_that_the_next_cannot_finish() {
    for version in BOTH {
        let mut stage = Stage::new(version);
        stage.run().await;
        for (index, (on_godata, path, skip, full)) in [
            (true, "*/cases", 0, false),
            (true, "*/contacts", 0, false),
            (true, "*/cases", 0, true),
            (true, "*/cases", 3, true),
            (true, "*/filtered-count", 0, false),
            (true, "*/filtered-count", 0, true),
            (false, "*/dataSets/*", 0, false),
            (false, VALUES, 0, false),
            (false, VALUES, 1, false),
            (false, VALUES, 2, false),
        ]
        .into_iter()
        .enumerate()
        {
            let ids = stage.counted();
            stage.world.godata.edit(|e| e.delete(&ids[0])).unwrap();
            stage.world.godata.edit(|e| e.move_to(&ids[1], "SN009")).unwrap();
            stage.full = full;
            let faults = if on_godata { stage.world.godata.faults() } else { &stage.world.dhis2_faults };
            faults.push(FaultRule::on(path, Fault::HoldAfterWrite).skip(skip));
            let running = Box::pin(stage.try_run());
            match futures::future::select(running, Box::pin(faults.wait_held(1))).await {
                futures::future::Either::Left(_) => panic!("nothing was held at {path} {index}"),
                futures::future::Either::Right(((), running)) => drop(running),
            }
            faults.clear();
            stage.full = false;
            stage.clock.advance(SignedDuration::from_secs(121));
            assert_eq!(stage.run().await.verdict, Verdict::Clean, "{path} {skip}");
            stage.at_rest(&[]).await;
        }
    }
}

#[tokio::test]
async fn of_two_runs_at_once_one_is_told_to_wait() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.world.dhis2_faults.push(FaultRule::on(VALUES, Fault::Hold).method(Method::POST));
        let other = async {
            stage.world.dhis2_faults.wait_held(1).await;
            let error = stage.failure().await;
            let plan = stage.try_plan().await.map(|report| report.verdict).unwrap_err();
            assert_eq!((plan.kind, &plan.message), (ErrorKind::Temporary, &error.message));
            stage.world.dhis2_faults.release();
            error
        };
        let (report, error) = futures::future::join(stage.run(), other).await;
        assert_eq!(report.verdict, Verdict::Clean);
        assert_eq!(error.kind, ErrorKind::Temporary);
        assert!(error.message.contains("another run is under way"), "{error}");
        stage.at_rest(&[]).await;
        assert!(stage.plan().await.plan.changes.is_empty());
    }
}

#[tokio::test]
async fn another_dhis2_at_the_same_address_is_not_written_to() {
    let stage = Stage::new("2.42.1");
    stage.run().await;
    // The same address answers for another system, as after a restore of the database.
    let state = stage.state();
    let known = state.destination(stage.config().dhis2.url.value.as_str()).unwrap().unwrap();
    let system_id = sandbox::dhis2::Options::default().system_id;
    assert_eq!(known.system_id, system_id);
    let info = format!(
        r#"{{"version":"2.42.1","calendar":"iso8601","systemId":"0{}","serverDate":"2020-03-31T10:00:00.000"}}"#,
        &system_id[1..]
    );
    stage.world.dhis2_faults.push(FaultRule::on("*/system/info", Fault::Reject { status: 200, body: info }).forever());
    let ids = stage.counted();
    stage.world.godata.edit(|e| e.delete(&ids[0])).unwrap();
    let before = stage.values();
    stage.world.dhis2.clear_requests();
    let error = stage.failure().await;
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(error.message.contains("another DHIS2 answers"), "{error}");
    assert_eq!((stage.values(), stage.n_posts()), (before, 0));
    stage.world.dhis2_faults.clear();
    assert_eq!(stage.run().await.verdict, Verdict::Clean);
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn a_state_file_of_a_newer_tally_is_left_alone() {
    let stage = Stage::new("2.42.1");
    stage.run().await;
    let path = stage.path(".tally/state.sqlite");
    let version = |to: u32| rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", to).unwrap();
    let known: u32 =
        rusqlite::Connection::open(&path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    version(99);
    let ids = stage.counted();
    stage.world.godata.edit(|e| e.delete(&ids[0])).unwrap();
    stage.world.dhis2.clear_requests();
    let error = stage.failure().await;
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(error.message.contains("has schema 99"), "{error}");
    assert!(stage.world.dhis2.requests().is_empty());
    version(known);
    stage.run().await;
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn a_run_that_was_overtaken_writes_nothing_more() {
    for version in BOTH {
        let stage =
            Stage::with(version, |c| c.replace("username = \"tally\"", "username = \"tally\"\nbatch_values = 60"));
        // The process sleeps for longer than its lease lasts, and another one does the work.
        stage.world.dhis2_faults.push(FaultRule::on(VALUES, Fault::HoldAfterWrite).method(Method::POST));
        let other = async {
            stage.world.dhis2_faults.wait_held(1).await;
            stage.clock.advance(SignedDuration::from_secs(121));
            let report = stage.run().await;
            stage.world.dhis2.clear_requests();
            stage.world.dhis2_faults.release();
            report
        };
        let (overtaken, report) = futures::future::join(stage.failure(), other).await;
        assert_eq!(report.verdict, Verdict::Clean);
        assert_eq!(overtaken.kind, ErrorKind::Temporary, "{overtaken}");
        let advice = overtaken.problems.iter().find_map(|problem| problem.advice.as_deref()).unwrap_or_default();
        assert!(advice.contains("another process has taken over"), "{overtaken}: {advice}");
        assert_eq!(stage.n_posts(), 0);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn an_intent_waits_for_the_dhis2_that_it_went_to() {
    for version in BOTH {
        let (stage, elsewhere) = (Stage::new(version), Stage::new(version));
        stage.world.dhis2_faults.push(FaultRule::on(VALUES, Fault::HoldAfterWrite).method(Method::POST));
        drop_while_held(&stage).await;
        stage.clock.advance(SignedDuration::from_secs(121));
        // Meanwhile the configuration names another DHIS2, which holds none of it.
        let info = format!(
            r#"{{"version":"{version}","calendar":"iso8601","systemId":"another","serverDate":"2020-03-31T10:00:00.000"}}"#
        );
        let rule = FaultRule::on("*/system/info", Fault::Reject { status: 200, body: info });
        elsewhere.world.dhis2_faults.push(rule.forever());
        let (here, there) = (stage.world.dhis2_url(), elsewhere.world.dhis2_url());
        stage.configure(|config| config.replace(&here, &there));
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        assert_eq!(elsewhere.values(), stage.truth());
        assert_eq!(stage.state().open_intents().unwrap().len(), 1);
        // Back at the first one, what was written there is known to be ours, and is retracted.
        let ids = stage.counted();
        for id in &ids[..20] {
            stage.world.godata.edit(|e| e.delete(id)).unwrap();
        }
        stage.configure(|config| config);
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}
