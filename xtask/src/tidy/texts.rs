//! What no committed text may hold: tests that wait or are skipped, promises for later, one machine's paths.

use super::Finding;
use super::source::tokens;
use super::tree::Tree;

/// Words that promise what is not there. Kept apart in two halves, so that this file does not hold them.
const PROMISES: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// No test sleeps and none is ignored: it waits for a condition, on a clock that it holds.
pub(super) fn tests_wait_for_conditions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in &tree.sources {
        let tokens = tokens(&source.tests);
        for (n, (at, word)) in tokens.iter().enumerate() {
            let before = n.checked_sub(1).map_or("", |n| tokens[n].1);
            let after = tokens.get(n + 1).map_or("", |t| t.1);
            let what = match *word {
                "sleep" | "sleep_until" if after == "(" && before != "fn" => "a test sleeps",
                "ignore" if before == "[" => "a test is ignored",
                _ => continue,
            };
            findings.push(Finding::new(path, tree.line(path, *at), what));
        }
    }
    findings
}

/// No code, manifest or script promises work for later: do it now, or open an issue.
pub(super) fn nothing_is_left_for_later(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts.iter().filter(|(path, _)| !path.ends_with(".md")) {
        for (n, line) in text.lines().enumerate() {
            let mut words = line.split(|c: char| !c.is_alphanumeric());
            if let Some(word) = words.find(|word| PROMISES.contains(word)) {
                findings.push(Finding::new(path, n + 1, format!("`{word}` is left for later")));
            }
        }
    }
    findings
}

/// No committed text names a folder of the machine that it was written on.
pub(super) fn no_machine_paths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in &tree.texts {
        for (n, line) in text.lines().enumerate() {
            if let Some(found) = machine_path(line) {
                let what = format!("`{found}` is a path of one machine");
                findings.push(Finding::new(path, n + 1, what));
            }
        }
    }
    findings
}

/// The first absolute path of the line into the folder of a person, of root, or of a builder.
fn machine_path(line: &str) -> Option<&str> {
    line.match_indices('/').find_map(|(at, _)| {
        // `example.org/home/a/` and `../work/` do not start at the machine's root.
        let before = line[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || ".-_*}>)~".contains(c)) {
            return None;
        }
        let mut parts = line[at + 1..].split('/');
        let (first, second, third) = (parts.next()?, parts.next()?, parts.next());
        let person = !second.is_empty() && second.bytes().all(|b| b.is_ascii_lowercase());
        let n_bytes = match first {
            "root" | "work" => first.len() + 2,
            "home" if person && third.is_some() => first.len() + second.len() + 3,
            _ => return None,
        };
        Some(&line[at..at + n_bytes])
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    #[test]
    fn a_test_that_sleeps_or_is_ignored_is_found() {
        let text = "fn wait() { std::thread::sleep(A); }\n#[cfg(test)]\nmod tests {\n    \
                    #[test]\n    #[ignore]\n    fn f() {\n        tokio::time::sleep(B).await;\n    \
                    }\n    #[ignore = \"slow\"]\n    fn g() { thread::sleep(C) }\n}\n";
        let path = "crates/sandbox/src/fault.rs";
        assert_eq!(
            found(tests_wait_for_conditions, &[(path, text)]),
            [5, 7, 9, 10].map(|line| format!("{path}:{line}"))
        );
    }

    #[test]
    fn a_promise_is_found_in_code_manifests_and_scripts() {
        let [first, second] = PROMISES;
        let code = format!("fn f() {{}}\n// {first}: later\nlet a = {first}S;\n");
        let files = [
            (".ci/run", format!("# {second}(ab) now\n")),
            ("crates/epi/src/age.rs", code),
            ("CONTRIBUTING.md", format!("No {first}.\n")),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
        assert_eq!(found(nothing_is_left_for_later, &files), [".ci/run:1", "crates/epi/src/age.rs:2"]);
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        for (start, rest) in [("ro", "ot/.cargo"), ("wo", "rk/a"), ("ho", "me/ada/b")] {
            for before in ["", "\"", "(", " ", "file://"] {
                let text = format!("a\n{before}/{start}{rest}\n");
                assert_eq!(found(no_machine_paths, &[("README.md", &text)]), ["README.md:2"], "{text}");
            }
        }
    }

    #[test]
    fn other_paths_are_no_findings() {
        for line in
            ["see https://example.org/work/a", "target/work/a", "../home/ada/b", "/workspace/a", "/home/", "/roots/a"]
        {
            assert_eq!(machine_path(line), None, "{line}");
        }
    }
}
