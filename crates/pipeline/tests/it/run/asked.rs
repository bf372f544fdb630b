//! What people ask of the daemon, done against both servers.

use super::stage::{CONFIRMED_CASES, PROBABLE, changes};
use super::{BOTH, Stage};
use pipeline::daemon::{self, Carried, Job, Means, NotAsked, plans};
use pipeline::progress::Silent;
use pipeline::report::Verdict;
use pipeline::run::Stop;
use pipeline::store::{PlanId, PlanState};
use pipeline::{Code, Error, ErrorKind};
use std::sync::Arc;

const BY: &str = "dashboard: ana";

fn means(stage: &Stage, stop: Stop) -> Means {
    let clock = stage.clock.clone();
    Means { stop, engine: None, progress: Arc::new(Silent), now: Arc::new(move || clock.now()) }
}

/// Asks, and does what is asked as the daemon does it.
async fn oblige(stage: &Stage, job: Job) -> Result<Carried, Error> {
    let config = stage.config();
    let asked = daemon::ask(&config, &mut stage.state(), &job, BY, stage.clock.now()).unwrap();
    assert!(stage.state().begin_job(asked.id, stage.clock.now()).unwrap());
    daemon::carry_out(&config, &asked, &means(stage, Stop::default())).await
}

fn run(from: Option<&str>, to: Option<&str>) -> Job {
    Job::Run { report: "weekly".into(), from: from.map(Into::into), to: to.map(Into::into), full: false }
}

fn plan() -> Job {
    Job::Plan { report: "weekly".into(), from: None, to: None }
}

/// Something to push.
fn correct(stage: &Stage) {
    let id = stage.counted().swap_remove(0);
    stage.world.godata.edit(|edit| edit.reclassify(&id, Some(PROBABLE))).unwrap();
}

#[tokio::test]
async fn a_run_that_is_asked_is_the_run_of_every_other_day_and_its_trigger_says_who_asked() {
    for version in BOTH {
        let stage = Stage::new(version);
        let carried = oblige(&stage, run(None, None)).await.unwrap();
        assert_eq!((carried.verdict, carried.plan), (Some(Verdict::Clean), None));
        assert_eq!(stage.state().run(carried.run.unwrap()).unwrap().unwrap().trigger, BY);
        stage.at_rest(&[]).await;
        // Some weeks are filled in afterwards.
        stage.world.dhis2.clear_requests();
        let carried = oblige(&stage, run(Some("2020W7"), Some("2020W9"))).await.unwrap();
        let report = carried.report.unwrap();
        assert_eq!((report.first.as_str(), report.last.as_str()), ("2020W7", "2020W9"));
    }
}

#[tokio::test]
async fn a_plan_is_kept_and_carried_out_as_it_was_made() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        correct(&stage);
        let before = stage.values();
        let carried = oblige(&stage, plan()).await.unwrap();
        assert_eq!((carried.run, stage.values()), (None, before), "a plan writes nothing and is no run");
        let id = carried.plan.unwrap();
        let kept = stage.state().kept_plan(id).unwrap().unwrap();
        assert_eq!((kept.state, kept.made_by.as_str()), (PlanState::Open, BY));
        assert_eq!(kept.until.duration_since(kept.made_at), plans::KEPT_FOR);
        let document = plans::read(&stage.state(), id, stage.clock.now()).unwrap();
        assert_eq!((document.hash, document.report), (kept.hash, "weekly".to_owned()));
        assert!(kept.actions.iter().any(|action| action.name != "unchanged" && action.n > 0), "{:?}", kept.actions);
        let carried = oblige(&stage, Job::Apply { plan: id }).await.unwrap();
        assert_eq!(carried.verdict, Some(Verdict::Clean));
        let kept = stage.state().kept_plan(id).unwrap().unwrap();
        assert_eq!((kept.state, kept.run), (PlanState::Applied, carried.run));
        stage.at_rest(&[]).await;
        let again = daemon::ask(&stage.config(), &mut stage.state(), &Job::Apply { plan: id }, BY, stage.clock.now());
        assert!(matches!(again, Err(NotAsked::NoPlan(plan)) if plan == id), "{again:?}");
    }
}

#[tokio::test]
async fn a_plan_is_refused_where_dhis2_moved_and_still_waits() {
    let stage = Stage::new(BOTH[0]);
    stage.run().await;
    correct(&stage);
    let id = oblige(&stage, plan()).await.unwrap().plan.unwrap();
    stage.run().await;
    let n_writes = stage.values();
    let error = oblige(&stage, Job::Apply { plan: id }).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Held, "{error}");
    assert_eq!(stage.values(), n_writes);
    assert_eq!(stage.state().kept_plan(id).unwrap().unwrap().state, PlanState::Open);
    // Somebody lets go of it.
    oblige(&stage, Job::Discard { plan: id }).await.unwrap();
    assert_eq!(stage.state().kept_plan(id).unwrap().unwrap().state, PlanState::Discarded);
    let actions: Vec<_> = stage.state().audit(10).unwrap().into_iter().map(|row| (row.action, row.actor)).collect();
    let ours = |action: &str| (action.to_owned(), BY.to_owned());
    assert_eq!(actions, [ours("discard"), ours("ask"), ours("ask"), ours("keep-plan"), ours("ask")]);
}

#[tokio::test]
async fn a_plan_whose_time_is_over_is_not_carried_out() {
    let stage = Stage::new(BOTH[1]);
    stage.run().await;
    correct(&stage);
    let id = oblige(&stage, plan()).await.unwrap().plan.unwrap();
    let late = stage.clock.now() + plans::KEPT_FOR;
    let mut state = stage.state();
    assert_eq!(plans::read(&state, id, late).unwrap_err().kind, ErrorKind::Held);
    let refused = daemon::ask(&stage.config(), &mut state, &Job::Apply { plan: id }, BY, late);
    assert!(matches!(refused, Err(NotAsked::NoPlan(_))), "{refused:?}");
    assert_eq!(plans::expire(&mut state, late).unwrap(), 1);
    assert_eq!(plans::expire(&mut state, late).unwrap(), 0);
    assert_eq!(state.kept_plan(id).unwrap().unwrap().decided_by.as_deref(), Some("daemon"));
}

#[tokio::test]
async fn drift_is_overwritten_where_somebody_says_so_and_only_then() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let (key, ours) = stage.some_value(|key, _| key.0 == CONFIRMED_CASES);
        stage.world.dhis2.set_value(&key, Some("777"));
        let released = oblige(&stage, Job::Release { report: "weekly".into(), from: None, to: None }).await;
        assert_eq!(released.unwrap().verdict, Some(Verdict::Held), "a release leaves drift alone");
        assert_eq!(stage.values()[&key], "777");
        let job = Job::OverwriteDrift { report: "weekly".into(), from: None, to: None };
        let carried = oblige(&stage, job).await.unwrap();
        assert_eq!(carried.verdict, Some(Verdict::Clean));
        assert_eq!(changes(&carried.report.unwrap())[&key].0, "update");
        assert_eq!(stage.values()[&key], ours);
        stage.at_rest(&[]).await;
        // The next drift is held again.
        stage.world.dhis2.set_value(&key, Some("778"));
        assert_eq!(stage.run().await.verdict, Verdict::Held);
    }
}

#[tokio::test]
async fn a_stop_ends_a_job_that_applies_a_plan_before_it_writes() {
    let stage = Stage::new(BOTH[0]);
    stage.run().await;
    correct(&stage);
    let id = oblige(&stage, plan()).await.unwrap().plan.unwrap();
    let (config, before, stop) = (stage.config(), stage.values(), Stop::default());
    let asked = daemon::ask(&config, &mut stage.state(), &Job::Apply { plan: id }, BY, stage.clock.now()).unwrap();
    stop.ask();
    let error = daemon::carry_out(&config, &asked, &means(&stage, stop)).await.unwrap_err();
    assert_eq!((error.code, stage.values()), (Code::Stopped, before));
    assert_eq!(stage.state().kept_plan(id).unwrap().unwrap().state, PlanState::Open);
}

#[test]
fn what_cannot_be_done_is_refused_when_it_is_asked() {
    let stage = Stage::new(BOTH[0]);
    let (config, now) = (stage.config(), stage.clock.now());
    let mut state = pipeline::run::open_state(&config).unwrap();
    let mut refused = |job: Job| daemon::ask(&config, &mut state, &job, BY, now).unwrap_err();
    let unknown = Job::Plan { report: "nothing".into(), from: None, to: None };
    assert!(matches!(refused(unknown), NotAsked::NoReport(name) if name == "nothing"));
    for (from, to) in [("2020W9", "2020W7"), ("week 7", "2020W9"), ("202007", "202009"), ("0001W1", "2020W9")] {
        let error = refused(run(Some(from), Some(to)));
        assert!(matches!(error, NotAsked::Periods(_)), "{from} {to}: {error:?}");
    }
    assert!(matches!(refused(Job::Discard { plan: PlanId(7) }), NotAsked::NoPlan(PlanId(7))));
    assert!(state.jobs(None, 10).unwrap().is_empty() && state.audit(10).unwrap().is_empty());
}

#[tokio::test]
async fn a_back_fill_of_old_periods_is_no_success_of_the_schedule() {
    let stage = Stage::new(BOTH[0]);
    let report = stage.config().reports[0].clone();
    let success = |stage: &Stage| {
        let counts = |run: &pipeline::store::Ended| report.is_current(&run.period_last, run.started_at);
        let state = stage.state();
        (state.last_success("weekly", counts).unwrap(), state.last_proved("weekly", counts).unwrap())
    };
    oblige(&stage, run(Some("2020W7"), Some("2020W8"))).await.unwrap();
    assert_eq!(success(&stage), (None, None), "weeks long past say nothing of the last one");
    let whole = stage.run().await;
    let proved = success(&stage);
    assert_eq!(proved, (Some(whole.finished_at), Some(whole.finished_at)));
    stage.clock.advance(jiff::SignedDuration::from_hours(1));
    oblige(&stage, run(Some("2020W7"), Some("2020W8"))).await.unwrap();
    assert_eq!(success(&stage), proved);
}
