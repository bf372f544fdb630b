//! Where the dashboard listens and who gets in: what is taken, and what is wrong with it.

use super::{Folder, SOUND, problems_after};
use insta::assert_snapshot;
use pipeline::access::Role;
use pipeline::config::dashboard::DashboardModel;

const PLACES_TABLE: &str = "[places]\n";

fn with(dashboard: &str) -> String {
    problems_after(&[(PLACES_TABLE, &format!("{dashboard}\n{PLACES_TABLE}"))])
}

fn loaded(dashboard: &str) -> DashboardModel {
    let text = SOUND.replace(PLACES_TABLE, &format!("{dashboard}\n{PLACES_TABLE}"));
    Folder::new(&text).load(&[]).unwrap().dashboard
}

#[test]
fn without_a_word_it_is_of_this_machine() {
    let dashboard = loaded("");
    assert_eq!(dashboard.listen.to_string(), "127.0.0.1:8420");
    assert!(dashboard.is_of_this_machine() && !dashboard.has_secure_cookies() && !dashboard.has_proxy_users());
    assert_eq!(loaded("[dashboard]\nlisten = \"localhost:0\"").listen.to_string(), "127.0.0.1:0");
    assert!(loaded("[dashboard]\nlisten = \"[::1]:1\"").is_of_this_machine());
}

#[test]
fn whoever_else_reaches_it_does_so_by_https() {
    for said in ["listen = \"0.0.0.0:80\"", "hosts = [\"a.org\"]", "proxy = { addresses = [\"127.0.0.1\"] }"] {
        let dashboard = loaded(&format!("[dashboard]\n{said}"));
        assert!(dashboard.has_secure_cookies() && !dashboard.is_of_this_machine(), "{said}");
    }
    assert!(!loaded("[dashboard]\nlisten = \"0.0.0.0:80\"\nsecure_cookies = false").has_secure_cookies());
}

#[test]
fn a_proxy_names_its_users() {
    let dashboard = loaded(
        "[dashboard]\nhosts = [\"Tally.Example.org:443\"]\n[dashboard.proxy]\naddresses = [\"10.0.0.5\", \"::ffff:10.0.0.6\"]\n\
         user_header = \"X-Remote-User\"\nroles = { ana = \"operator\" }\nrole = \"viewer\"",
    );
    let proxy = dashboard.proxy.clone().unwrap();
    assert_eq!(proxy.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.5", "10.0.0.6"]);
    assert_eq!((proxy.user_header.as_deref(), proxy.role), (Some("x-remote-user"), Some(Role::Viewer)));
    assert_eq!(proxy.roles["ana"], Role::Operator);
    assert!(dashboard.has_proxy_users() && dashboard.hosts[0].name == "tally.example.org");
}

#[test]
fn what_is_wrong_is_said_at_its_place() {
    let all = [
        with("[dashboard]\nlisten = \"tally.example.org\"\nhosts = [\"https://a.org\", \"a.org\", \"a b\"]\nport = 1"),
        with("[dashboard.proxy]\naddresses = [\"10.0.0.0/8\", \"proxy\"]\nuser_header = \"Cookie\"\nrole = \"root\""),
        with("[dashboard.proxy]\naddresses = []\nrole = \"viewer\"\nroles = { ana = \"boss\" }"),
        with("[dashboard.proxy]\nuser_header = \"a b\"\nroles = { \"a b\" = \"viewer\" }"),
        with("[dashboard.proxy]\naddresses = [\"10.0.0.5\"]\nroles = { ana = \"viewer\" }"),
    ];
    assert_snapshot!(all.join("---\n"));
}
