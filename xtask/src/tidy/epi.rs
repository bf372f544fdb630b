//! The crate `epi` is pure meaning: the same records give the same bytes, whenever and wherever.

use super::Finding;
use super::arrows::dependencies;
use super::source::{paths, tokens};
use super::tree::Tree;

/// Crates that wait, talk or store.
const CRATES: [&str; 8] = ["axum", "futures", "hyper", "reqwest", "rusqlite", "rustls", "sandbox", "tokio"];

/// Paths that reach the world: files, the network, the environment, the clock, the machine's time zone.
const PATHS: [&str; 14] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::time::Instant",
    "std::time::SystemTime",
    "fs::File",
    "Instant::now",
    "SystemTime::now",
    "TimeZone::system",
    "Timestamp::now",
    "Zoned::now",
    "thread::sleep",
];

/// `epi` has no async, no I/O, no clock and no database, and knows neither server as a crate.
///
/// Its tests may read files: expected values live there.
pub(super) fn epi_is_pure(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let manifest = "crates/epi/Cargo.toml";
    if let Some(parsed) = tree.manifests.get(manifest) {
        for dependency in dependencies(parsed).iter().filter(|d| !d.in_tests) {
            if CRATES.contains(&dependency.package) {
                let line = tree.line_of_key(manifest, dependency.key);
                let what = format!("`epi` depends on `{}`", dependency.package);
                findings.push(Finding::new(manifest, line, what));
            }
        }
    }
    let ours = tree.sources.iter();
    for (path, source) in ours.filter(|(path, _)| Tree::crate_of(path) == Some("epi")) {
        let code = &source.production;
        let words = tokens(code)
            .into_iter()
            .filter(|(_, word)| matches!(*word, "async" | "await"))
            .map(|(at, word)| (at, word.to_owned()));
        let reached = paths(code).into_iter().filter_map(|named| {
            let banned = named.crate_name().is_some_and(|name| {
                CRATES.contains(&name) || matches!(name, "godata" | "dhis2" | "pipeline" | "tally")
            }) || PATHS.iter().any(|path| named.contains(path));
            banned.then(|| (named.at, named.segments.join("::")))
        });
        for (at, what) in words.chain(reached) {
            let what = format!("`epi` is pure and may not name `{what}`");
            findings.push(Finding::new(path, tree.line(path, at), what));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    fn line_is_found(line: &str) -> bool {
        let path = "crates/epi/src/week.rs";
        let text = format!("//! Weeks.\n{line}\n");
        let found = found(epi_is_pure, &[(path, &text)]);
        assert!(found.iter().all(|place| *place == format!("{path}:2")));
        !found.is_empty()
    }

    #[test]
    fn every_way_out_into_the_world_is_found() {
        for line in [
            "use std::fs;",
            "use std::{collections::BTreeMap, fs::File};",
            "use std::net::TcpStream;",
            "use std::time::{Duration, Instant};",
            "fn f() { let now = std::time::SystemTime::now(); }",
            "fn f() { let today = jiff::Zoned::now().date(); }",
            "fn f() { let now = Timestamp::now(); }",
            "fn f() { let here = TimeZone::system(); }",
            "use tokio::sync::Mutex;",
            "use reqwest::Client;",
            "use rusqlite::Connection;",
            "use dhis2::Client;",
            "fn f() { godata::connect() }",
            "async fn f() {}",
        ] {
            assert!(line_is_found(line), "{line}");
        }
    }

    #[test]
    fn talk_about_the_world_is_not_the_world() {
        for line in [
            "// DHIS2 sends std::fs nothing.",
            "const A: &str = \"tokio::spawn\";",
            "use std::time::Duration;",
            "#[cfg(test)] mod tests { use std::fs; }",
        ] {
            assert!(!line_is_found(line), "{line}");
        }
    }

    #[test]
    fn a_dependency_that_waits_or_stores_is_found() {
        let path = "crates/epi/Cargo.toml";
        let text = "[package]\nname = \"epi\"\n[dependencies]\njiff = \"1\"\ntokio = \"1\"\n";
        assert_eq!(found(epi_is_pure, &[(path, text)]), ["crates/epi/Cargo.toml:5"]);
    }
}
