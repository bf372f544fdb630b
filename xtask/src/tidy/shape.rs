//! The shape of the tree: small files of one idea, named in the words of the domain.

use super::Finding;
use super::source::tokens;
use super::tree::Tree;

/// Beyond this a file holds two ideas. Tests do not count: more of them is no fault.
const PRODUCTION_LINES_MAX: usize = 700;

/// Names that say nothing. A thing without a domain name is not understood yet.
const EMPTY_NAMES: [&str; 9] = ["common", "helper", "helpers", "manager", "managers", "misc", "types", "util", "utils"];

/// No file has more than 700 lines that are not tests.
pub(super) fn files_are_small(tree: &Tree) -> Vec<Finding> {
    tree.sources
        .iter()
        .filter(|(_, source)| source.n_production_lines > PRODUCTION_LINES_MAX)
        .map(|(path, source)| {
            let n = source.n_production_lines;
            let what = format!("{n} lines without tests; {PRODUCTION_LINES_MAX} are the limit");
            Finding::new(path, PRODUCTION_LINES_MAX + 1, what)
        })
        .collect()
}

/// No file, folder or inline module has a name that would fit any program.
pub(super) fn names_are_domain_words(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in &tree.sources {
        let parts = path.split('/').map(|part| part.trim_end_matches(".rs"));
        for name in parts.filter(|name| EMPTY_NAMES.contains(name)) {
            findings.push(Finding::new(path, 1, format!("`{name}` is no domain word")));
        }
        for code in [&source.production, &source.tests] {
            for declared in tokens(code).windows(3) {
                let [(_, "mod"), (at, name), (_, "{")] = declared else {
                    continue;
                };
                if EMPTY_NAMES.contains(name) {
                    let what = format!("`{name}` is no domain word");
                    findings.push(Finding::new(path, tree.line(path, *at), what));
                }
            }
        }
    }
    findings
}

/// A crate's integration tests are one binary, `tests/it/main.rs`: each more costs a link of everything.
pub(super) fn integration_tests_are_one_binary(tree: &Tree) -> Vec<Finding> {
    tree.sources
        .keys()
        .filter(|path| {
            let inside = path.strip_prefix("crates/").and_then(|path| path.split_once("/tests/"));
            inside.is_some_and(|(_, file)| !file.starts_with("it/"))
        })
        .filter(|path| !path.contains("/src/"))
        .map(|path| Finding::new(path, 1, "integration tests are modules of tests/it/main.rs"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    #[test]
    fn a_file_over_the_limit_is_found_and_its_tests_do_not_count() {
        let path = "crates/epi/src/plan.rs";
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(900));
        let full = "fn f() {}\n".repeat(PRODUCTION_LINES_MAX);
        let at_limit = format!("{full}{tests}");
        assert_eq!(found(files_are_small, &[(path, &at_limit)]), [""; 0]);
        let over = format!("{full}fn g() {{}}\n{tests}");
        assert_eq!(found(files_are_small, &[(path, &over)]), [format!("{path}:701")]);
    }

    #[test]
    fn an_early_test_attribute_does_not_hide_a_long_file() {
        let path = "crates/epi/src/plan.rs";
        let text = format!("#[cfg(test)]\nuse a::b;\n{}", "fn f() {}\n".repeat(PRODUCTION_LINES_MAX + 1));
        assert_eq!(found(files_are_small, &[(path, &text)]).len(), 1);
    }

    #[test]
    fn an_empty_name_is_found_as_file_folder_and_module() {
        let files = [
            ("crates/epi/src/period.rs", "\nmod helpers {}\n"),
            ("crates/epi/src/utils.rs", ""),
            ("crates/epi/tests/it/common/mod.rs", ""),
        ];
        assert_eq!(
            found(names_are_domain_words, &files),
            ["crates/epi/src/period.rs:2", "crates/epi/src/utils.rs:1", "crates/epi/tests/it/common/mod.rs:1"]
        );
    }

    #[test]
    fn a_second_test_binary_is_found() {
        let files = [
            ("crates/godata/src/tests/paging.rs", ""),
            ("crates/godata/tests/it/main.rs", ""),
            ("crates/godata/tests/paging.rs", ""),
        ];
        assert_eq!(found(integration_tests_are_one_binary, &files), ["crates/godata/tests/paging.rs:1"]);
    }
}
