//! Users and tokens of the dashboard, on the command line.

use crate::site::{Ended, Site, command_in};
use pipeline::store::State;
use std::io::Write;
use std::process::Stdio;

const PASSWORD: &str = "CANARY horse battery";

/// Runs with a text on stdin.
fn piped(site: &Site, arguments: &[&str], stdin: &str) -> Ended {
    let mut command = command_in(site.folder(), arguments, &site.environment);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that does not read has closed the pipe.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn state(site: &Site) -> State {
    State::open_read_only(&site.path(".tally/state.sqlite")).unwrap()
}

#[test]
fn users_come_change_and_go() {
    let site = Site::weekly();
    let empty = site.tally(&["user", "list"]).with_code(0);
    assert_eq!(
        empty.out,
        "There are no users.\nEverybody who asks from this machine may do everything until there is one.\n"
    );
    let added = piped(&site, &["user", "add", "ana", "--role", "viewer"], &format!("{PASSWORD}\n")).with_code(0);
    assert_eq!(added.out, "User ana was added as viewer.\n");
    let hash = state(&site).user_with_hash("ana").unwrap().unwrap().1;
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let taken = piped(&site, &["user", "add", "Ana", "--role", "admin"], PASSWORD).with_code(10);
    assert!(taken.err.contains("there is a user `Ana` already"), "{taken}");
    let role = site.tally(&["user", "role", "ana", "--role", "operator"]).with_code(0);
    assert_eq!(role.out, "User ana is operator now.\n");
    let json = site.tally(&["user", "list", "--output", "json"]).with_code(0).json();
    assert_eq!((&json[0]["name"], &json[0]["role"]), (&"ana".into(), &"operator".into()));
    piped(&site, &["user", "reset", "ana"], &format!("{PASSWORD} new\r\n")).with_code(0);
    assert_ne!(state(&site).user_with_hash("ana").unwrap().unwrap().1, hash);
    let removed = site.tally(&["user", "remove", "ana"]).with_code(0);
    assert!(removed.out.starts_with("User ana was removed and is signed out.\nEverybody who asks"), "{removed}");
    for gone in [&["user", "remove", "ana"][..], &["user", "role", "ana", "--role", "admin"], &["user", "reset", "ana"]]
    {
        let gone = site.tally(gone).with_code(10);
        assert!(gone.err.contains("there is no user `ana`"), "{gone}");
    }
    let audit: Vec<String> =
        state(&site).audit(10).unwrap().into_iter().rev().map(|row| format!("{} {}", row.action, row.detail)).collect();
    assert_eq!(audit, ["user added ana, viewer", "user role ana, operator", "user password ana", "user removed ana"]);
    for file in ["state.sqlite", "state.sqlite-wal"] {
        let bytes = std::fs::read(site.path(&format!(".tally/{file}"))).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("CANARY"), "{file} holds the password");
    }
}

#[test]
fn what_is_no_name_or_no_password_is_refused() {
    let site = Site::weekly();
    let add = |name: &str, stdin: &str| piped(&site, &["user", "add", name, "--role", "admin"], stdin);
    let short = add("ana", "short\n").with_code(10);
    assert!(short.err.contains("a password has at least 12 characters") && !short.err.contains("short"), "{short}");
    let none = add("ana", "").with_code(10);
    assert!(none.err.contains("there is no password"), "{none}");
    add("ana", &"x".repeat(2000)).with_code(10);
    for name in ["a b", "<script>", ""] {
        let refused = add(name, PASSWORD).with_code(10);
        assert!(refused.err.contains("this can be no name"), "{refused}");
    }
    piped(&site, &["user", "add", "ana", "--role", "root"], PASSWORD).with_code(2);
    piped(&site, &["user", "add", "ana"], PASSWORD).with_code(2);
    assert_eq!(state(&site).users().unwrap(), []);
}

#[test]
fn a_token_is_shown_once() {
    let site = Site::weekly();
    let added = site.tally(&["token", "add", "robot", "--scope", "run,read", "--days", "30"]).with_code(0);
    let shown = added.out.lines().nth(1).unwrap().to_owned();
    assert!(shown.starts_with("tally_") && shown.len() == 49, "{added}");
    let json = ["token", "add", "grafana", "--scope", "metrics", "--output", "json"];
    let json = site.tally(&json).with_code(0).json();
    assert!(json["token"].as_str().unwrap().starts_with("tally_") && json["expires_at"].is_null(), "{json}");
    let list = site.tally(&["token", "list"]).with_code(0);
    assert!(list.out.contains("grafana  metrics  until further notice, last used never\n"), "{list}");
    assert!(list.out.contains("robot  read run  until 20"), "{list}");
    let all = site.tally(&["token", "list", "--output", "json"]).with_code(0);
    assert!(!all.out.contains("tally_") && !list.out.contains("tally_"), "{all}");
    let bytes = std::fs::read(site.path(".tally/state.sqlite")).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains(&shown["tally_".len()..]), "the token is in the file");
    let taken = site.tally(&["token", "add", "ROBOT", "--scope", "read"]).with_code(10);
    assert!(taken.err.contains("there is a token `ROBOT` already"), "{taken}");
    site.tally(&["token", "add", "x", "--scope", "settings,read"]).with_code(0);
    site.tally(&["token", "add", "y", "--scope", "admin"]).with_code(2);
    site.tally(&["token", "remove", "robot"]).with_code(0);
    let gone = site.tally(&["token", "remove", "robot"]).with_code(10);
    assert!(gone.err.contains("there is no token `robot`"), "{gone}");
}

#[test]
fn french_is_spoken_about_users() {
    let site = Site::weekly();
    let list = site.tally(&["user", "list", "--language", "fr"]).with_code(0);
    assert!(list.out.starts_with("Il n'y a pas d'utilisateur.\n"), "{list}");
}
