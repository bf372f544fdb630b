//! What the pages say while the daemon is told things: a run under way, another configuration, a stop.

use super::browser::Browser;
use super::{open, open_at, stop};
use crate::daemon::Daemon;
use crate::serve::{YEARLY, scheduled, state};
use crate::site::Site;
use pipeline::store::JobState;
use sandbox::fault::{Fault, FaultRule, Method};

/// A daemon whose first import hangs at DHIS2, as it was asked for.
fn hanging(site: Site) -> (Site, Daemon, Browser) {
    site.world.dhis2_faults.push(FaultRule::on("*/dataValueSets", Fault::Hold).method(Method::POST));
    let (site, daemon, mut browser) = open_at(site);
    browser.fill_in("/ask?job=run&report=weekly", &[]).with(303);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(site.world.dhis2_faults.wait_held(1));
    (site, daemon, browser)
}

#[test]
fn a_run_is_seen_while_it_moves_and_a_monitor_sees_that_it_is_at_work() {
    let (site, mut daemon, mut browser) = hanging(scheduled());
    assert!(browser.page("/").says("Report “weekly” runs now."));
    assert!(browser.page("/readyz").body.contains("daemon: busy"));
    let run = browser.page("/runs/1");
    assert!(run.body.contains("data-live=\"/runs/1/live\"") && run.body.contains("http-equiv=\"refresh\""));
    assert!(browser.page("/jobs/1").body.contains("href=\"/runs/1\""), "the job leads to its run already");
    let live = browser.page("/api/v1/live").json();
    assert_eq!(live["run"]["report"], "weekly", "{live}");
    let mut stream = browser.stream("/runs/1/live");
    assert!(stream.until("event: shown").is_some());
    // What is asked meanwhile waits for its turn; the same again is the same.
    let waits = browser.fill_in("/ask?job=plan&report=weekly", &[]).with(303).location().to_owned();
    assert_eq!(browser.fill_in("/ask?job=plan&report=weekly", &[]).with(303).location(), waits);
    assert!(browser.page(&waits).says("waits"));
    let figures = browser.page("/metrics").body;
    assert!(figures.contains("\ntally_jobs_waiting 1"), "{figures}");
    site.world.dhis2_faults.release();
    assert!(stream.until("event: ended").is_some(), "the stream ends with the run");
    daemon.says("job_ended");
    assert!(daemon.says("job_ended").contains("job=plan"));
    assert!(!browser.page("/runs/1").body.contains("data-live"));
    browser.get("/runs/7/live").with(404);
    assert!(browser.page("/metrics").body.contains("\ntally_jobs_waiting 0"));
    stop(daemon);
}

#[test]
fn a_stop_does_not_wait_for_those_who_look() {
    let site = scheduled();
    site.configure("[dhis2]", "[dhis2]\nbatch_values = 20");
    let (site, mut daemon, mut browser) = hanging(site);
    let mut stream = browser.stream("/runs/1/live");
    assert!(stream.until("event: shown").is_some());
    daemon.signal("TERM");
    daemon.says("stopping");
    assert!(browser.page("/").says("finishes what it writes, and stops"));
    site.world.dhis2_faults.release();
    let ended = daemon.ends().with_code(0);
    assert!(ended.err.contains("code=stopped") && ended.err.ends_with("event=stopped"), "{ended}");
    while stream.until("event").is_some() {}
    let job = state(&site).jobs(None, 1).unwrap().pop().unwrap();
    assert_eq!((job.state, job.end.code.as_deref()), (JobState::Failed, Some("stopped")));
    // The next one finds what was written and goes on.
    let (site, mut daemon, mut browser) = open_at(site);
    browser.fill_in("/ask?job=run&report=weekly", &[]).with(303);
    assert!(daemon.says("job_ended").contains("verdict=clean"));
    assert_eq!(site.values(), site.world.weekly_truth());
    stop(daemon);
}

#[test]
fn another_configuration_is_shown_when_it_is_in_use_and_a_bad_one_is_told() {
    let (site, mut daemon, mut browser) = open();
    site.configure(YEARLY, "61 * * * *");
    daemon.signal("HUP");
    daemon.says("not_reloaded");
    let told = browser.page("/");
    assert!(told.says("The changed configuration is not in use:"), "{}", told.text());
    assert!(told.says("tally.toml:") && told.says("61"), "where and what is wrong: {}", told.text());
    assert!(told.says(YEARLY), "the old one stays");
    let french = browser.clone().with("Accept-Language", "fr").page("/");
    assert!(!french.says("not in use"), "{}", french.text());
    site.configure("61 * * * *", "0 0 2 1 *");
    site.configure("name = \"weekly\"", "name = \"by the week\"");
    daemon.signal("HUP");
    daemon.says("reloaded");
    let told = browser.page("/");
    assert!(!told.says("not in use") && told.says("0 0 2 1 *") && told.says("by the week"), "{}", told.text());
    assert!(browser.page("/settings").says("0 0 2 1 *"));
    browser.get("/reports/weekly").with(404);
    browser.page("/reports/by%20the%20week");
    assert_eq!(browser.fill_in("/ask?job=run&report=weekly", &[]).status, 422);
    browser.fill_in("/ask?job=run&report=by+the+week", &[]).with(303);
    assert!(daemon.says("job_ended").contains("verdict=clean"));
    assert_eq!(site.values(), site.world.weekly_truth());
    stop(daemon);
}
