//! Borders: which files alone may change DHIS2, and which alone may know an outside thing.

use super::Finding;
use super::arrows::{dependencies, package_name};
use super::source::{Source, tokens};
use super::tree::Tree;

/// The methods of the `dhis2` client that change something on the server.
const MUTATING: [&str; 6] =
    ["import", "import_async", "import_prepared", "import_prepared_async", "import_metadata", "complete"];

/// Only `pipeline::push` calls a method of the DHIS2 client that changes something there.
pub(super) fn only_push_changes_dhis2(tree: &Tree) -> Vec<Finding> {
    let home = ["crates/pipeline/src/push"];
    let mut findings = Vec::new();
    for (path, source) in &tree.sources {
        let callers = ["crates/pipeline/src/", "crates/tally/src/"];
        if is_in(path, &home) || !callers.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        for called in tokens(&source.production).windows(3) {
            let [(_, access), (at, method), (_, after)] = called else {
                continue;
            };
            if matches!(*access, "." | "::") && MUTATING.contains(method) && *after == "(" {
                let what = format!("only `pipeline::push` may call `{method}`");
                findings.push(Finding::new(path, tree.line(path, *at), what));
            }
        }
    }
    findings
}

/// Only `pipeline::store` speaks to SQLite.
pub(super) fn only_the_store_knows_sqlite(tree: &Tree) -> Vec<Finding> {
    let homes = ["crates/pipeline/src/store"];
    known_outside(tree, &["rusqlite"], &homes, &["pipeline"])
}

/// Only `tally::web` knows HTML.
pub(super) fn only_the_web_knows_html(tree: &Tree) -> Vec<Finding> {
    known_outside(tree, &["askama"], &["crates/tally/src/web"], &["tally"])
}

/// Only the crate `cluster` knows the distributed engine.
pub(super) fn only_the_cluster_knows_datafusion(tree: &Tree) -> Vec<Finding> {
    let names = ["datafusion", "ballista"];
    known_outside(tree, &names, &["crates/cluster"], &["cluster"])
}

/// Only the two clients speak HTTP to a server, and the crate that delivers alerts: nobody can go around `push` with a request
/// of their own.
pub(super) fn only_the_clients_speak_http(tree: &Tree) -> Vec<Finding> {
    let homes = ["crates/godata", "crates/dhis2", "crates/alerts"];
    known_outside(tree, &["reqwest", "lettre"], &homes, &["godata", "dhis2", "alerts"])
}

/// Where programs outside `homes` name one of these crates or a crate of its family, and which
/// manifests outside `packages` depend on one. Tests may name what they like.
fn known_outside(tree: &Tree, names: &[&str], homes: &[&str], packages: &[&str]) -> Vec<Finding> {
    let known = |word: &str| {
        names.iter().any(|name| {
            let rest = word.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', '-']))
        })
    };
    let homes_say = homes.join(" and ");
    let mut findings = Vec::new();
    for (path, manifest) in &tree.manifests {
        let home = package_name(manifest).is_some_and(|name| packages.contains(&name));
        for dependency in dependencies(manifest).iter().filter(|d| !d.in_tests) {
            if !home && known(dependency.package) {
                let line = tree.line_of_key(path, dependency.key);
                let what = format!("only {homes_say} may know `{}`", dependency.package);
                findings.push(Finding::new(path, line, what));
            }
        }
    }
    for (path, source) in &tree.sources {
        if is_in(path, homes) {
            continue;
        }
        for (at, word) in words(source).filter(|(_, word)| known(word)) {
            let what = format!("only {homes_say} may know `{word}`");
            findings.push(Finding::new(path, tree.line(path, at), what));
        }
    }
    findings
}

fn words(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    tokens(&source.production).into_iter()
}

/// Whether a file is one of these modules, written without `.rs`, or lies in its folder.
fn is_in(path: &str, modules: &[&str]) -> bool {
    modules.iter().any(|module| path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    #[test]
    fn a_change_of_dhis2_outside_push_is_found() {
        let text = "fn f() {\n    client.import(values);\n    client\n        .complete(slice);\n    \
                    Client::import_async(client);\n}\n";
        let everywhere = |path| found(only_push_changes_dhis2, &[(path, text)]);
        for path in ["crates/pipeline/src/run.rs", "crates/tally/src/main.rs"] {
            let places = [2, 4, 5].map(|line| format!("{path}:{line}"));
            assert_eq!(everywhere(path), places);
        }
        assert_eq!(everywhere("crates/pipeline/src/pushed.rs").len(), 3);
        assert_eq!(everywhere("crates/pipeline/src/push.rs"), [""; 0]);
        assert_eq!(everywhere("crates/pipeline/src/push/slice.rs"), [""; 0]);
    }

    #[test]
    fn a_field_or_another_method_changes_nothing() {
        let text = "fn f() { a.complete; b.imported(); complete(c); }\n";
        let files = [("crates/tally/src/main.rs", text)];
        assert_eq!(found(only_push_changes_dhis2, &files), [""; 0]);
    }

    #[test]
    fn sqlite_outside_the_store_is_found() {
        let text = "use rusqlite::Connection;\n";
        let files = [
            ("crates/pipeline/src/run.rs", text),
            ("crates/pipeline/src/store/ledger.rs", text),
            ("crates/pipeline/tests/it/main.rs", text),
            ("crates/tally/Cargo.toml", "[package]\nname = \"tally\"\n[dependencies]\nrusqlite.workspace = true\n"),
        ];
        assert_eq!(
            found(only_the_store_knows_sqlite, &files),
            ["crates/tally/Cargo.toml:4", "crates/pipeline/src/run.rs:1"]
        );
    }

    #[test]
    fn html_outside_the_web_is_found() {
        let text = "use askama::Template;\n";
        let files = [("crates/pipeline/src/progress.rs", text), ("crates/tally/src/web/runs.rs", text)];
        assert_eq!(found(only_the_web_knows_html, &files), ["crates/pipeline/src/progress.rs:1"]);
    }

    #[test]
    fn the_engine_outside_its_crate_is_found() {
        let files = [
            ("crates/epi/src/cell.rs", "use datafusion_common::Result;\n"),
            ("crates/cluster/src/udf.rs", "use ballista::prelude::*;\n"),
            ("crates/pipeline/Cargo.toml", "[package]\nname = \"pipeline\"\n[dependencies]\nballista-core = \"55\"\n"),
        ];
        assert_eq!(
            found(only_the_cluster_knows_datafusion, &files),
            ["crates/pipeline/Cargo.toml:4", "crates/epi/src/cell.rs:1"]
        );
    }

    #[test]
    fn http_outside_the_clients_is_found() {
        let text = "fn f() { reqwest::Client::new().post(url) }\n";
        let files = [
            ("crates/dhis2/src/client.rs", text),
            ("crates/alerts/src/courier.rs", text),
            ("crates/pipeline/src/verify.rs", text),
            ("crates/sandbox/tests/it/main.rs", text),
        ];
        assert_eq!(found(only_the_clients_speak_http, &files), ["crates/pipeline/src/verify.rs:1"]);
    }
}
