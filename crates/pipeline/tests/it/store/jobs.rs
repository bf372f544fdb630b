//! What people asked, and the plans that wait for them.

use super::{at, run, state};
use jiff::SignedDuration;
use pipeline::store::{
    JOBS_WAITING_MAX, Job, JobEnd, JobState, NewKeptPlan, PlanAction, PlanId, PlanState, Queued, State,
};

fn job(report: &str) -> Job {
    Job::Run { report: report.into(), from: Some("2026W1".into()), to: None, full: false }
}

fn add(state: &mut State, job: &Job, second: i64) -> pipeline::store::Asked {
    match state.add_job(job, "dashboard: ana", at(second)).unwrap() {
        Queued::Asked(asked) => asked,
        other => panic!("{other:?}"),
    }
}

#[test]
fn jobs_wait_in_the_order_in_which_they_were_asked_and_tell_what_came_of_them() {
    let (_folder, mut state) = state();
    assert_eq!(state.next_job().unwrap(), None);
    let (first, second) = (add(&mut state, &job("weekly"), 1), add(&mut state, &job("daily"), 2));
    assert_eq!(state.next_job().unwrap(), Some(first.clone()));
    assert!(state.begin_job(first.id, at(3)).unwrap());
    assert_eq!(state.next_job().unwrap(), Some(second.clone()), "it waits no more");
    let run = run(&mut state);
    let end = JobEnd { run: Some(run), verdict: Some("clean".into()), ..JobEnd::default() };
    state.end_job(first.id, JobState::Done, &end, at(4)).unwrap();
    // What has ended stays as it is.
    state.end_job(first.id, JobState::Failed, &JobEnd::default(), at(5)).unwrap();
    let row = state.job(first.id).unwrap().unwrap();
    assert_eq!((row.state, row.began_at, row.ended_at, row.end), (JobState::Done, Some(at(3)), Some(at(4)), end));
    assert_eq!(state.jobs(None, 10).unwrap().iter().map(|row| row.asked.id).collect::<Vec<_>>(), [second.id, first.id]);
    assert_eq!(state.jobs(Some(second.id), 10).unwrap().len(), 1);
    let audit = state.audit(10).unwrap();
    assert_eq!((audit.len(), audit[1].actor.as_str(), audit[1].action.as_str()), (2, "dashboard: ana", "ask"));
    assert!(audit[1].detail.contains("weekly"), "{}", audit[1].detail);
}

#[test]
fn the_same_is_not_asked_twice_while_it_waits_and_not_too_much_waits() {
    let (_folder, mut state) = state();
    let first = add(&mut state, &job("weekly"), 1);
    assert_eq!(state.add_job(&job("weekly"), "dashboard: ben", at(2)).unwrap(), Queued::Already(first.id));
    assert!(state.begin_job(first.id, at(3)).unwrap());
    add(&mut state, &job("weekly"), 4);
    for n in 1..JOBS_WAITING_MAX {
        add(&mut state, &job(&format!("report {n}")), 5);
    }
    assert_eq!(state.add_job(&job("one more"), "dashboard: ana", at(6)).unwrap(), Queued::Full);
    assert_eq!(state.jobs_in(JobState::Asked).unwrap().len(), JOBS_WAITING_MAX);
    assert_eq!(state.audit(100).unwrap().len(), JOBS_WAITING_MAX + 1, "what was not taken is not in the audit");
}

#[test]
fn what_was_begun_and_not_ended_is_lost_once() {
    let (_folder, mut state) = state();
    let (first, second) = (add(&mut state, &job("weekly"), 1), add(&mut state, &job("daily"), 2));
    state.begin_job(first.id, at(3)).unwrap();
    assert_eq!(state.lose_jobs(at(4)).unwrap(), std::slice::from_ref(&first));
    assert_eq!(state.lose_jobs(at(5)).unwrap(), []);
    assert_eq!(state.next_job().unwrap(), Some(second));
    // The daemon was there after all, and comes too late.
    state.end_job(first.id, JobState::Done, &JobEnd::default(), at(6)).unwrap();
    assert_eq!(state.job(first.id).unwrap().unwrap().state, JobState::Lost);
}

#[test]
fn a_job_is_written_and_read_as_json() {
    let jobs = [
        (
            r#"{"job":"run","report":"a","from":null,"to":null,"full":true}"#,
            Job::Run { report: "a".into(), from: None, to: None, full: true },
        ),
        (r#"{"job":"apply","plan":3}"#, Job::Apply { plan: PlanId(3) }),
        (r#"{"job":"discard","plan":3}"#, Job::Discard { plan: PlanId(3) }),
    ];
    for (text, job) in jobs {
        assert_eq!(serde_json::to_string(&job).unwrap(), text);
        assert_eq!(serde_json::from_str::<Job>(text).unwrap(), job);
    }
    let short: Job = serde_json::from_str(r#"{"job":"overwrite_drift","report":"a"}"#).unwrap();
    assert_eq!(short, Job::OverwriteDrift { report: "a".into(), from: None, to: None });
    for bad in [r#"{"job":"drop","report":"a"}"#, r#"{"job":"run","report":"a","form":"2026W1"}"#, r#"{"job":"run"}"#] {
        assert!(serde_json::from_str::<Job>(bad).is_err(), "{bad}");
    }
}

fn plan(second: i64) -> NewKeptPlan {
    NewKeptPlan {
        report: "weekly".into(),
        first: "2026W1".into(),
        last: "2026W5".into(),
        hash: "h".repeat(64),
        made_at: at(second),
        made_by: "dashboard: ana".into(),
        until: at(second) + SignedDuration::from_secs(100),
        actions: vec![PlanAction { name: "create".into(), n: 7 }],
        document: "{}".into(),
    }
}

#[test]
fn a_plan_is_decided_once_and_its_document_goes() {
    let (_folder, mut state) = state();
    let (one, other) = (state.keep_plan(&plan(1)).unwrap(), state.keep_plan(&plan(2)).unwrap());
    assert_eq!(state.kept_document(one).unwrap().as_deref(), Some("{}"));
    let run = run(&mut state);
    assert!(state.decide_plan(one, PlanState::Applied, Some(run), "dashboard: ben", at(5)).unwrap());
    assert!(!state.decide_plan(one, PlanState::Discarded, None, "dashboard: ana", at(6)).unwrap());
    assert_eq!(state.kept_document(one).unwrap(), None);
    let kept = state.kept_plan(one).unwrap().unwrap();
    assert_eq!(
        (kept.state, kept.decided_by.as_deref(), kept.run),
        (PlanState::Applied, Some("dashboard: ben"), Some(run))
    );
    assert_eq!(kept.actions, plan(1).actions);
    assert_eq!(state.kept_plans(10).unwrap().iter().map(|plan| plan.id).collect::<Vec<_>>(), [other, one]);
    assert_eq!(state.plans_past_their_time(at(101)).unwrap(), [], "what is decided needs no more time");
    assert_eq!(state.plans_past_their_time(at(102)).unwrap(), [other]);
    let audit: Vec<_> = state.audit(10).unwrap().into_iter().map(|row| row.action).collect();
    assert_eq!(audit, ["apply", "keep-plan", "keep-plan"]);
    assert_eq!(state.kept_plan(PlanId(99)).unwrap(), None);
}

#[test]
fn with_the_record_ids_the_plans_go_that_name_them() {
    let (_folder, mut state) = state();
    let (old, new) = (state.keep_plan(&plan(1)).unwrap(), state.keep_plan(&plan(9)).unwrap());
    state.expire_record_ids(at(5)).unwrap();
    assert_eq!(state.kept_plan(old).unwrap().unwrap().state, PlanState::Expired);
    assert_eq!(state.kept_document(old).unwrap(), None);
    assert_eq!(state.kept_document(new).unwrap().as_deref(), Some("{}"));
    state.integrity_check().unwrap();
}
