//! Runs and plans that are asked for, by form and by token.

use super::{PASSWORD, add_user, open, stop};
use crate::serve::state;
use crate::site::Site;
use serde_json::json;
use std::collections::BTreeSet;

/// The periods of which DHIS2 has values.
fn periods(site: &Site) -> BTreeSet<String> {
    site.values().into_keys().map(|key| key.1).collect()
}

#[test]
fn a_run_asked_by_form_is_done_and_told() {
    let (site, mut daemon, mut browser) = open();
    let asked = browser.fill_in("/ask?job=run&report=weekly", &[]).with(303);
    assert_eq!(asked.location(), "/jobs/1");
    assert!(daemon.says("job_ended").contains("verdict=clean"));
    assert_eq!(site.values(), site.world.weekly_truth());
    let job = browser.page("/jobs/1");
    assert!(job.says("done") && job.body.contains("href=\"/runs/1\""), "{}", job.text());
    let run = browser.page("/runs/1");
    assert!(run.says("weekly") && run.body.contains("/runs/1/certificate"), "{}", run.text());
    assert!(browser.page("/runs/1/certificate").headers["content-disposition"].contains("certificate-1.html"));
    let trigger = state(&site).runs(None, 1).unwrap().pop().unwrap().trigger;
    assert!(trigger.starts_with("dashboard: "), "{trigger}");
    // The second pushes nothing.
    let n_writes = site.n_writes();
    browser.fill_in("/ask?job=run&report=weekly", &[("full", "yes")]).with(303);
    assert!(daemon.says("job_ended").contains("verdict=clean"));
    assert_eq!(site.n_writes(), n_writes);
    stop(daemon);
}

#[test]
fn what_another_site_sends_or_nobody_filled_in_asks_for_nothing() {
    let (site, daemon, mut browser) = open();
    let fields = [("job", "run"), ("report", "weekly")];
    browser.clone().post("/ask", &fields).with(403);
    browser.clone().with("Origin", "http://elsewhere.example").post("/ask", &fields).with(403);
    // It says that it is a page of ours, but does not know what only that page knows.
    let ours = format!("http://{}", browser.address());
    browser.clone().with("Origin", &ours).post("/ask", &fields).with(403);
    browser.clone().with("Origin", &ours).post("/ask", &[&fields[..], &[("csrf", "guessed")]].concat()).with(403);
    browser.clone().by_name("elsewhere.example").get("/").with(421);
    assert_eq!(state(&site).jobs(None, 10).unwrap().len(), 0);
    browser.get("/ask?job=nothing&report=weekly").with(404);
    browser.get("/jobs/1").with(404);
    browser.get("/runs/1").with(404);
    browser.get("/plans/1").with(404);
    browser.get("/nothing").with(404);
    assert_eq!(browser.fill_in("/ask?job=run&report=other", &[]).status, 422);
    stop(daemon);
}

#[test]
fn weeks_are_filled_in_afterwards_and_what_is_no_week_is_told() {
    let (site, mut daemon, mut browser) = open();
    for (from, to) in [("2020W8", "soon"), ("2020W9", "2020W8"), ("202008", "202009")] {
        let refused = browser.fill_in("/ask?job=run&report=weekly", &[("from", from), ("to", to)]).with(422);
        assert!(refused.body.contains("role=\"alert\"") && refused.body.contains(&format!("value=\"{from}\"")));
    }
    assert_eq!(state(&site).jobs(None, 10).unwrap().len(), 0);
    browser.fill_in("/ask?job=run&report=weekly", &[("from", "2020W8"), ("to", "2020W9")]).with(303);
    let ended = daemon.says("job_ended");
    assert!(ended.contains("verdict=clean"), "{ended}");
    assert_eq!(periods(&site), ["2020W8", "2020W9"].map(str::to_owned).into());
    let truth: Vec<_> =
        site.world.weekly_truth().into_iter().filter(|(key, _)| periods(&site).contains(&key.1)).collect();
    assert_eq!(site.values().into_iter().collect::<Vec<_>>(), truth);
    assert!(browser.page("/jobs/1").says("2020W8"));
    stop(daemon);
}

#[test]
fn a_program_asks_with_its_token_for_what_its_scopes_allow() {
    let (site, mut daemon, browser) = open();
    let token = |name, scopes| {
        let added = site.tally(&["token", "add", name, "--scope", scopes]).with_code(0);
        let token = added.out.lines().nth(1).unwrap().to_owned();
        browser.clone().with("Authorization", &format!("Bearer {token}"))
    };
    let (mut reader, mut robot) = (token("reader", "read"), token("robot", "read,run"));
    let job = json!({ "job": "run", "report": "weekly" });
    reader.post_json("/api/v1/jobs", &job).with(403);
    browser.clone().with("Authorization", "Bearer tally_wrong").post_json("/api/v1/jobs", &job).with(401);
    let asked = robot.post_json("/api/v1/jobs", &job).with(201);
    assert_eq!((asked.location(), &asked.json()["job"]), ("/api/v1/jobs/1", &json!(1)));
    assert!(daemon.says("job_ended").contains("verdict=clean"));
    assert_eq!(site.values(), site.world.weekly_truth());
    let done = reader.page("/api/v1/jobs/1").json();
    assert_eq!((&done["state"], &done["run"], &done["by"]), (&json!("done"), &json!(1), &json!("dashboard: robot")));
    let overview = reader.page("/api/v1/overview").json();
    assert_eq!(overview["reports"][0]["standing"], json!("clean"), "{overview}");
    robot.post_json("/api/v1/jobs", &json!({ "job": "release", "report": "weekly" })).with(403);
    // A token that was taken away is good for nothing, at once.
    site.tally(&["token", "remove", "robot"]).with_code(0);
    robot.post_json("/api/v1/jobs", &job).with(401);
    stop(daemon);
}

#[test]
fn whoever_has_to_sign_in_does_and_asks_by_the_name_that_was_signed() {
    let (site, mut daemon, mut browser) = open();
    add_user(&site, "ana", "operator");
    // From now on nobody is let in by being here.
    let sent = browser.get("/runs").with(303);
    assert!(sent.location().starts_with("/sign-in"), "{sent:?}");
    browser.fill_in("/sign-in", &[("name", "ana"), ("password", "wrong horse battery")]).with(403);
    browser.fill_in("/sign-in", &[("name", "ana"), ("password", PASSWORD)]).with(303);
    assert!(browser.page("/").says("ana"));
    browser.fill_in("/ask?job=run&report=weekly", &[]).with(303);
    assert!(daemon.says("job_ended").contains("by=\"dashboard: ana\""));
    browser.get("/audit").with(403);
    browser.get("/settings").with(403);
    let before = browser.clone();
    browser.sign_out().with(303);
    before.clone().get("/runs").with(303);
    stop(daemon);
}
