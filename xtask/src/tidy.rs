//! The invariants of ARCHITECTURE.md, each a function from the tree to its findings.
//!
//! A rule is written once, in the table below: that gives `cargo xtask tidy` its step and `cargo test`
//! its test `tidy::holds::RULE`. Beside each rule stands a test with a sample that breaks it.

mod arrows;
mod borders;
mod dependencies;
mod epi;
mod shape;
mod source;
mod texts;
mod tree;
mod web;

use std::path::Path;

use tree::Tree;

/// A place that breaks a rule.
#[derive(Debug, PartialEq)]
struct Finding {
    path: String,
    /// Counted from 1.
    line: usize,
    what: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

type Rule = fn(&Tree) -> Vec<Finding>;

macro_rules! rules {
    ($($module:ident::$rule:ident),* $(,)?) => {
        const RULES: &[(&str, Rule)] = &[$((stringify!($rule), $module::$rule)),*];

        /// Every rule on this very repository.
        #[cfg(test)]
        mod holds {
            $(
                #[test]
                fn $rule() {
                    let tree = super::tests::here();
                    let findings = super::$module::$rule(&tree);
                    assert!(findings.is_empty(), "{}", super::report(stringify!($rule), &findings));
                }
            )*
        }
    };
}

rules! {
    arrows::manifests_point_down,
    arrows::code_points_down,
    epi::epi_is_pure,
    borders::only_push_changes_dhis2,
    borders::only_the_store_knows_sqlite,
    borders::only_the_web_knows_html,
    borders::only_the_cluster_knows_datafusion,
    borders::only_the_clients_speak_http,
    dependencies::every_crate_takes_the_lints,
    dependencies::no_banned_crate_is_locked,
    shape::files_are_small,
    shape::names_are_domain_words,
    shape::integration_tests_are_one_binary,
    texts::tests_wait_for_conditions,
    texts::nothing_is_left_for_later,
    texts::no_machine_paths,
    web::templates_are_plain,
    web::the_door_is_around_every_route,
}

/// Checks every rule on the repository at `root`.
///
/// # Errors
/// With every finding of every rule, or when the repository cannot be read.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let tree = Tree::read(root)?;
    let broken: Vec<String> = RULES
        .iter()
        .map(|(name, rule)| (name, rule(&tree)))
        .filter(|(_, findings)| !findings.is_empty())
        .map(|(name, findings)| report(name, &findings))
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    Err(broken.join("\n"))
}

fn report(rule: &str, findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{finding} [{rule}]")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn here() -> Tree {
        Tree::read(&crate::root::find().unwrap()).unwrap()
    }

    /// The places that a rule finds in a sample, as `path:line`.
    pub(super) fn found(rule: Rule, files: &[(&str, &str)]) -> Vec<String> {
        rule(&Tree::sample(files)).iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect()
    }

    #[test]
    fn the_architecture_names_every_rule_and_no_other() {
        let tree = here();
        let mut named: Vec<&str> = tree.texts["ARCHITECTURE.md"]
            .split('`')
            .filter_map(|quoted| quoted.strip_prefix("tidy::holds::"))
            .collect();
        let mut rules: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
        named.sort_unstable();
        rules.sort_unstable();
        assert_eq!(named, rules);
    }

    #[test]
    fn a_finding_is_printed_with_its_place_and_rule() {
        let finding = Finding::new("crates/epi/src/lib.rs", 7, "`epi` names `tokio`");
        assert_eq!(report("epi_is_pure", &[finding]), "crates/epi/src/lib.rs:7: `epi` names `tokio` [epi_is_pure]");
    }
}
