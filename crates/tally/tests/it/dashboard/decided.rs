//! What a person decides: about a plan, about what a run held back or found changed, about a problem.

use super::browser::Browser;
use super::{Daemon, open, open_at, stop};
use crate::serve::{scheduled, state};
use crate::site::Site;
use sandbox::dhis2::ValueKey;

/// A site whose report has run once by the daemon.
fn filled() -> (Site, Daemon, Browser) {
    let (site, mut daemon, mut browser) = open();
    done(&mut daemon, &mut browser, "run", "state=done");
    assert_eq!(site.values(), site.world.weekly_truth());
    (site, daemon, browser)
}

/// Asks for a job of the weekly report, and waits for what comes of it.
#[track_caller]
fn done(daemon: &mut Daemon, browser: &mut Browser, job: &str, said: &str) -> String {
    browser.fill_in(&format!("/ask?job={job}&report=weekly"), &[]).with(303);
    let ended = daemon.says("job_ended");
    assert!(ended.contains(said), "{ended}");
    ended
}

/// Decides about a plan.
#[track_caller]
fn decided(daemon: &mut Daemon, browser: &mut Browser, job: &str, plan: u8) -> String {
    let page = browser.page(&format!("/plans/{plan}"));
    assert!(page.body.contains(&format!("/ask?job={job}&amp;plan={plan}")), "{}", page.text());
    browser.fill_in(&format!("/ask?job={job}&plan={plan}"), &[]).with(303);
    daemon.says("job_ended")
}

#[test]
fn a_plan_is_made_looked_at_and_applied_or_discarded() {
    let (site, mut daemon, mut browser) = open();
    done(&mut daemon, &mut browser, "plan", "plan=1");
    assert!(site.values().is_empty() && site.n_writes() == 0, "a plan writes nothing");
    assert!(browser.page("/decisions").body.contains("href=\"/plans/1\""));
    assert!(browser.page("/plans/1").says("COVID19 - New Confirmed Cases"));
    assert!(browser.page("/jobs/1").body.contains("href=\"/plans/1\""));
    let discarded = decided(&mut daemon, &mut browser, "discard", 1);
    assert!(discarded.contains("state=done"), "{discarded}");
    assert!(site.values().is_empty() && site.n_writes() == 0);
    let page = browser.page("/plans/1");
    assert!(!page.body.contains("/ask?job=apply"), "it waits no more: {}", page.text());
    assert_eq!(browser.fill_in("/ask?job=apply&plan=1", &[]).status, 422);

    done(&mut daemon, &mut browser, "plan", "plan=2");
    let applied = decided(&mut daemon, &mut browser, "apply", 2);
    assert!(applied.contains("verdict=clean"), "{applied}");
    assert_eq!(site.values(), site.world.weekly_truth());
    let page = browser.page("/plans/2");
    assert!(page.body.contains("href=\"/runs/1\"") && page.says("dashboard: "), "{}", page.text());
    stop(daemon);
    let audit: Vec<String> = state(&site).audit(20).unwrap().into_iter().map(|row| row.action).collect();
    assert!(audit.iter().any(|action| action.contains("plan")), "{audit:?}");
}

#[test]
fn a_plan_that_dhis2_moved_away_from_is_refused() {
    let (site, mut daemon, mut browser) = open();
    done(&mut daemon, &mut browser, "plan", "plan=1");
    let (key, value) = site.world.weekly_truth().into_iter().next().unwrap();
    let other = format!("{value}1");
    site.world.dhis2.set_value(&key, Some(&other));
    let n_writes = site.n_writes();
    let refused = decided(&mut daemon, &mut browser, "apply", 1);
    assert!(refused.contains("state=failed"), "{refused}");
    assert_eq!((site.values().len(), &site.values()[&key], site.n_writes()), (1, &other, n_writes));
    let told = browser.page("/jobs/2");
    assert!(told.body.contains("role=\"alert\"") && told.says("failed"), "{}", told.text());
    let french = browser.clone().with("Accept-Language", "fr").page("/jobs/2");
    assert!(french.says("échec") && french.says("DHIS2 a changé depuis que le plan a été fait"), "{}", french.text());
    stop(daemon);
}

#[test]
fn what_was_held_back_is_released_by_a_person() {
    let (site, mut daemon, mut browser) = filled();
    let before = site.values();
    let ids: Vec<String> = {
        let documents = site.world.godata.documents();
        documents.cases().filter_map(|case| Some(case.get("id")?.as_str()?.to_owned())).step_by(2).collect()
    };
    for id in ids {
        site.world.godata.edit(|editor| editor.delete(&id)).unwrap();
    }
    done(&mut daemon, &mut browser, "run", "verdict=held");
    assert_eq!(site.values(), before, "nothing is taken away");
    let overview = browser.page("/");
    assert!(overview.body.contains("class=\"needs\"") && overview.body.contains("href=\"/runs/2\""));
    let page = browser.page("/runs/2");
    let link =
        page.body.split("href=\"").find(|rest| rest.starts_with("/ask?job=release")).expect("it can be released");
    let link = link.split('"').next().unwrap_or_default().replace("&#38;", "&").replace("&amp;", "&");
    browser.fill_in(&link, &[]).with(303);
    let ended = daemon.says("job_ended");
    assert!(ended.contains("job=release") && ended.contains("verdict=clean"), "{ended}");
    assert_eq!(site.values(), site.world.weekly_truth());
    assert!(!browser.page("/").body.contains("class=\"needs\""));
    stop(daemon);
}

#[test]
fn what_somebody_changed_in_dhis2_is_overwritten_when_a_person_says_so() {
    let (site, mut daemon, mut browser) = filled();
    let truth = site.values();
    let key: ValueKey = truth.keys().next().unwrap().clone();
    site.world.dhis2.set_value(&key, Some("4711"));
    let ended = done(&mut daemon, &mut browser, "run", "verdict=held");
    assert_eq!(site.values()[&key], "4711", "{ended}");
    let page = browser.page("/runs/2");
    let link =
        page.body.split("href=\"").find(|rest| rest.starts_with("/ask?job=overwrite_drift")).expect("it is offered");
    let link = link.split('"').next().unwrap_or_default().replace("&#38;", "&").replace("&amp;", "&");
    browser.fill_in(&link, &[]).with(303);
    let ended = daemon.says("job_ended");
    assert!(ended.contains("verdict=clean"), "{ended}");
    assert_eq!(site.values(), truth);
    stop(daemon);
}

#[test]
fn somebody_sees_to_a_problem() {
    let site = scheduled();
    let (port, _came) = crate::alerts::listener();
    site.configure("[state]", &format!("[[alerts.webhook]]\nurl = \"http://127.0.0.1:{port}/\"\n\n[state]"));
    let (site, mut daemon, mut browser) = open_at(site);
    site.write("dhis2-password", "wrong");
    done(&mut daemon, &mut browser, "run", "state=failed");
    let problems = browser.until("/decisions", |page| page.body.contains("/acknowledge?"));
    let link = problems.body.split("href=\"").find(|rest| rest.starts_with("/acknowledge?")).unwrap();
    let link = link.split('"').next().unwrap_or_default().replace("&#38;", "&").replace("&amp;", "&");
    assert!(browser.page("/").body.contains("href=\"/decisions\""));
    browser.fill_in(&link, &[]).with(303);
    let seen = browser.page("/decisions");
    assert!(!seen.body.contains("/acknowledge?") && seen.says("dashboard: "), "{}", seen.text());
    // Twice is no harm.
    browser.get(&link).with(200);
    // It is over when a run comes through.
    site.write("dhis2-password", sandbox::world::account::DHIS2_PASSWORD);
    done(&mut daemon, &mut browser, "run", "verdict=clean");
    browser.until("/decisions", |page| page.says("No report has a problem that is not over."));
    browser.get(&link).with(404);
    stop(daemon);
}
