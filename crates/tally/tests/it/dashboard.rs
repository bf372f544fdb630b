//! The dashboard of a real daemon, over real HTTP: what people ask by its forms and programs by its API, what comes of it in
//! DHIS2, and what the pages say while the daemon is started, told things, stopped and killed.

mod asked;
mod browser;
mod decided;
mod listening;
mod moving;
mod pair;

use crate::daemon::Daemon;
use crate::serve::scheduled;
use crate::site::{Site, command_in};
use browser::Browser;
use std::io::Write;
use std::process::Stdio;

const PASSWORD: &str = "CANARY horse battery";

/// A site with a daemon that has nothing to do, and somebody before its dashboard.
fn open() -> (Site, Daemon, Browser) {
    open_at(scheduled())
}

fn open_at(site: Site) -> (Site, Daemon, Browser) {
    let (mut daemon, address) = Daemon::with_dashboard(&site, &[]);
    daemon.says("idle");
    (site, daemon, Browser::at(&address))
}

fn stop(daemon: Daemon) {
    daemon.signal("TERM");
    daemon.ends().with_code(0);
}

/// Adds a user whose password is `PASSWORD`.
fn add_user(site: &Site, name: &str, role: &str) {
    let mut command = command_in(site.folder(), &["user", "add", name, "--role", role], &site.environment);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}
