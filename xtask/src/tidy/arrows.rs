//! Arrows between our crates point down only: in the manifests, and in the paths that code writes.

use super::Finding;
use super::source::paths;
use super::tree::Tree;

/// What a crate may use of ours.
struct Crate {
    name: &'static str,
    /// In the program.
    uses: &'static [&'static str],
    /// In its tests, beside those.
    tests_use: &'static [&'static str],
}

/// Everyone's arrows. `sandbox` uses nobody: a simulator that shares a client's types cannot catch a wrong one.
const CRATES: [Crate; 11] = [
    Crate { name: "cluster", uses: &["tally", "pipeline", "epi"], tests_use: &["sandbox"] },
    Crate { name: "tally", uses: &["pipeline", "sandbox", "godata", "dhis2", "epi"], tests_use: &[] },
    Crate { name: "pipeline", uses: &["godata", "dhis2", "epi", "alerts"], tests_use: &["sandbox"] },
    Crate { name: "godata", uses: &[], tests_use: &["sandbox"] },
    Crate { name: "dhis2", uses: &[], tests_use: &["sandbox"] },
    Crate { name: "alerts", uses: &[], tests_use: &[] },
    Crate { name: "epi", uses: &[], tests_use: &[] },
    Crate { name: "sandbox", uses: &[], tests_use: &[] },
    Crate { name: "fuzz", uses: &["pipeline", "sandbox", "godata", "dhis2", "epi"], tests_use: &[] },
    Crate { name: "fuzz-programs", uses: &["fuzz"], tests_use: &[] },
    Crate { name: "xtask", uses: &[], tests_use: &[] },
];

impl Crate {
    fn named(name: &str) -> Option<&'static Self> {
        CRATES.iter().find(|c| c.name == name)
    }

    fn may_use(&self, other: &str, in_tests: bool) -> bool {
        self.name == other || self.uses.contains(&other) || (in_tests && self.tests_use.contains(&other))
    }
}

/// No manifest names a crate of ours that the table above does not grant it.
pub(super) fn manifests_point_down(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, manifest) in &tree.manifests {
        let Some(name) = package_name(manifest) else {
            continue;
        };
        let Some(from) = Crate::named(name) else {
            let what = format!("crate `{name}` has no row in the table of arrows");
            findings.push(Finding::new(path, tree.line_of_key(path, "name"), what));
            continue;
        };
        for dependency in dependencies(manifest) {
            let target = dependency.package;
            let in_tests = dependency.in_tests;
            if Crate::named(target).is_some() && !from.may_use(target, in_tests) {
                let line = tree.line_of_key(path, dependency.key);
                let what = format!("`{name}` may not depend on `{target}`");
                findings.push(Finding::new(path, line, what));
            }
        }
    }
    findings
}

/// No file writes a path into a crate of ours that the table above does not grant its crate.
pub(super) fn code_points_down(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in &tree.sources {
        let Some(from) = Tree::crate_of(path).and_then(Crate::named) else {
            continue;
        };
        for (code, in_tests) in [(&source.production, false), (&source.tests, true)] {
            for named in paths(code) {
                let Some(target) = named.crate_name() else {
                    continue;
                };
                let ours = Crate::named(target).is_some() && !has_module(tree, from.name, target);
                if ours && !from.may_use(target, in_tests) {
                    let what = format!("`{}` may not use `{target}`", from.name);
                    findings.push(Finding::new(path, tree.line(path, named.at), what));
                }
            }
        }
    }
    findings
}

/// Whether a crate has a file module of that name, such as `sandbox::godata`, which then is what a path means.
fn has_module(tree: &Tree, crate_name: &str, module: &str) -> bool {
    let prefix = format!("crates/{crate_name}/");
    tree.sources
        .keys()
        .filter_map(|path| path.strip_prefix(&prefix))
        .any(|path| path.split('/').any(|part| part.trim_end_matches(".rs") == module))
}

/// The name under which a manifest publishes its package, if it is no mere workspace.
pub(super) fn package_name(manifest: &toml::Table) -> Option<&str> {
    manifest.get("package")?.get("name")?.as_str()
}

/// A dependency that a manifest declares.
pub(super) struct Dependency<'a> {
    pub(super) key: &'a str,
    pub(super) package: &'a str,
    pub(super) in_tests: bool,
}

/// Every dependency of a manifest: of the program, its build, its tests, on every platform.
pub(super) fn dependencies(manifest: &toml::Table) -> Vec<Dependency<'_>> {
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let tables =
        platforms.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_table).chain([manifest]);
    let kinds = [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)];
    let mut found = Vec::new();
    for table in tables {
        for (kind, in_tests) in kinds {
            let declared = table.get(kind).and_then(toml::Value::as_table);
            for (key, value) in declared.into_iter().flatten() {
                let renamed = value.get("package").and_then(toml::Value::as_str);
                found.push(Dependency { key, package: renamed.unwrap_or(key), in_tests });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    fn manifest(name: &str, rest: &str) -> Vec<String> {
        let path = format!("crates/{name}/Cargo.toml");
        let text = format!("[package]\nname = \"{name}\"\n{rest}");
        found(manifests_point_down, &[(&path, &text)])
    }

    #[test]
    fn an_arrow_upwards_or_sideways_in_a_manifest_is_found() {
        let up = manifest("epi", "[dependencies]\npipeline.workspace = true\n");
        assert_eq!(up, ["crates/epi/Cargo.toml:4"]);
        let sideways = manifest("godata", "[dev-dependencies]\ndhis2.workspace = true\n");
        assert_eq!(sideways, ["crates/godata/Cargo.toml:4"]);
        let sandbox = manifest("sandbox", "[target.'cfg(unix)'.dependencies]\nclient = { package = \"dhis2\" }\n");
        assert_eq!(sandbox, ["crates/sandbox/Cargo.toml:4"]);
    }

    #[test]
    fn the_sandbox_is_for_tests_and_for_the_binary() {
        let rest = "[dependencies]\nsandbox.workspace = true\n";
        assert_eq!(manifest("pipeline", rest), ["crates/pipeline/Cargo.toml:4"]);
        assert_eq!(manifest("tally", rest), [""; 0]);
        let rest = "[dev-dependencies]\nsandbox.workspace = true\n";
        assert_eq!(manifest("pipeline", rest), [""; 0]);
    }

    #[test]
    fn a_crate_without_arrows_in_the_table_is_found() {
        assert_eq!(manifest("engine", ""), ["crates/engine/Cargo.toml:2"]);
    }

    #[test]
    fn a_path_upwards_or_sideways_in_code_is_found() {
        let path = "crates/dhis2/src/values.rs";
        let text = "// godata::Client is fine in a comment\nuse godata::Client;\n\
                    fn f() { epi::Period::now() }\n";
        assert_eq!(found(code_points_down, &[(path, text)]), [format!("{path}:2"), format!("{path}:3")]);
    }

    #[test]
    fn the_sandbox_in_code_is_for_tests() {
        let path = "crates/godata/src/client.rs";
        let text = "use sandbox::godata;\n#[cfg(test)]\nmod tests {\n    use sandbox::fault;\n}\n";
        assert_eq!(found(code_points_down, &[(path, text)]), [format!("{path}:1")]);
    }

    #[test]
    fn a_module_of_the_crate_itself_is_no_arrow() {
        let files =
            [("crates/sandbox/src/lib.rs", "pub use dhis2::Simulator;\n"), ("crates/sandbox/src/dhis2/mod.rs", "")];
        assert_eq!(found(code_points_down, &files), [""; 0]);
        assert_eq!(found(code_points_down, &files[..1]), ["crates/sandbox/src/lib.rs:1"]);
    }
}
