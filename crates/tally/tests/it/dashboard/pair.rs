//! Two daemons with one state, each with a dashboard: one works, the other says that it waits, and takes over.

use super::browser::Browser;
use crate::daemon::Daemon;
use crate::serve::{scheduled, state};
use pipeline::store::JobState;
use sandbox::fault::{Fault, FaultRule, Method};

#[test]
fn the_second_waits_takes_over_and_says_what_was_lost() {
    let site = scheduled();
    site.world.dhis2_faults.push(FaultRule::on("*/dataValueSets", Fault::Hold).method(Method::POST));
    let (mut one, first) = Daemon::with_dashboard(&site, &[]);
    one.says("idle");
    let (mut other, second) = Daemon::with_dashboard(&site, &[]);
    other.says("waiting");
    let (mut first, mut second) = (Browser::at(&first), Browser::at(&second));
    assert!(second.page("/").says("Another daemon works on this state; this one waits until it is gone."));
    assert!(second.page("/readyz").body.contains("waiting for another daemon"));
    assert!(first.page("/readyz").body.contains("daemon: idle"));
    // Whoever asks the one that waits asks the one that works.
    second.fill_in("/ask?job=run&report=weekly", &[]).with(303);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(site.world.dhis2_faults.wait_held(1));
    assert!(first.page("/readyz").body.contains("daemon: busy"));
    assert!(second.page("/runs/1").says("Another process runs it"), "{}", second.page("/runs/1").text());
    assert!(second.page("/metrics").body.contains("# TYPE tally_jobs_waiting gauge"));
    one.dies();
    site.world.dhis2_faults.release();
    second.get("/healthz").with(200);
    let lost = {
        other.says("working");
        other.says("job_ended")
    };
    assert!(lost.contains("state=lost"), "{lost}");
    assert!(second.page("/jobs/1").says("lost: the daemon ended while it was under way"));
    assert!(second.page("/readyz").body.starts_with("ready"));
    assert_eq!(state(&site).jobs(None, 1).unwrap()[0].state, JobState::Lost);
    // It is not done again by itself; who asks again has all of it, once.
    second.fill_in("/ask?job=run&report=weekly", &[]).with(303);
    assert!(other.says("job_ended").contains("verdict=clean"));
    assert_eq!(site.values(), site.world.weekly_truth());
    super::stop(other);
}
