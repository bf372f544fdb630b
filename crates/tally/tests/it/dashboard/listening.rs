//! Where the dashboard listens, and where it does not.

use super::browser::Browser;
use super::stop;
use crate::daemon::Daemon;
use crate::serve::scheduled;
use crate::site::{Site, command_in};
use std::net::TcpListener;

#[test]
fn a_place_that_was_asked_for_and_is_taken_ends_it_with_advice() {
    let site = scheduled();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = site.tally(&["serve", "--listen", &address]).with_code(10);
    assert!(
        refused.err.contains(&format!("cannot listen at {address}")) && refused.err.contains("--listen off"),
        "{refused}"
    );
    site.configure("[state]", &format!("[dashboard]\nlisten = \"{address}\"\n\n[state]"));
    let refused = site.tally(&["serve"]).with_code(10);
    assert!(refused.err.contains("hint: Choose another address"), "{refused}");
    for nothing in ["nowhere", "127.0.0.1", "127.0.0.1:99999", ""] {
        let refused = site.tally(&["serve", "--listen", nothing]).with_code(10);
        assert!(refused.err.contains("is no address to listen at"), "{refused}");
    }
}

#[test]
fn where_nobody_asked_for_a_dashboard_reports_run_without_its_place_too() {
    // Whoever has the usual place now, this test or another program, it is taken for the daemon.
    let _taken = TcpListener::bind("127.0.0.1:8420");
    let site = scheduled();
    let mut daemon = Daemon::of(command_in(site.folder(), &["serve"], &site.environment));
    let told = daemon.says("no_dashboard");
    assert!(told.contains("127.0.0.1:8420"), "{told}");
    daemon.says("working");
    stop(daemon);
}

#[test]
fn a_dashboard_that_is_off_listens_nowhere() {
    let site = scheduled();
    let mut daemon = Daemon::start(&site);
    daemon.says("idle");
    assert!(!daemon.said.iter().any(|line| line.contains("event=listening")), "{:#?}", daemon.said);
    stop(daemon);
}

#[test]
fn beyond_this_machine_somebody_has_to_be_able_to_sign_in() {
    let site = scheduled();
    for more in [&["--listen", "0.0.0.0:0"][..], &["--listen", "[::]:0"]] {
        let refused = site.tally(&[&["serve"], more].concat()).with_code(10);
        assert!(refused.err.contains("there is no user who could sign in"), "{refused}");
        assert!(refused.err.contains("hint: Add one with `tally user add NAME --role admin`"), "{refused}");
    }
    site.configure("[state]", "[dashboard]\nhosts = [\"tally.example.org\"]\n\n[state]");
    let refused = site.tally(&["serve", "--listen", "127.0.0.1:0"]).with_code(10);
    assert!(refused.err.contains("there is no user who could sign in"), "{refused}");
}

#[test]
fn what_listens_beyond_this_machine_by_the_command_line_keeps_its_cookies_to_https_too() {
    let site = scheduled();
    super::add_user(&site, "ana", "admin");
    let mut daemon = Daemon::of(command_in(site.folder(), &["serve", "--listen", "0.0.0.0:0"], &site.environment));
    let line = daemon.says("listening");
    let port = line.rsplit(':').next().unwrap();
    let page = Browser::at(&format!("127.0.0.1:{port}")).page("/sign-in");
    let cookie = &page.headers["set-cookie"];
    assert!(cookie.starts_with("__Host-") && cookie.contains("Secure"), "{cookie}");
    stop(daemon);
}

#[test]
fn a_configuration_without_a_schedule_has_a_dashboard_all_the_same() {
    let mut site = Site::weekly();
    site.configure("complete = true", "complete = false");
    site.settle();
    let (mut daemon, address) = Daemon::with_dashboard(&site, &[]);
    daemon.says("idle");
    let mut browser = Browser::at(&address);
    assert!(browser.page("/").says("No report has a schedule."));
    browser.fill_in("/ask?job=run&report=weekly", &[("from", "2020W6"), ("to", "2020W17")]).with(303);
    assert!(daemon.says("job_ended").contains("verdict=clean"));
    assert_eq!(site.values(), site.truth());
    stop(daemon);
}
