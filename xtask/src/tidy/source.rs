//! Just enough of Rust's grammar to ask which names a file uses, and whether in tests or not.
//!
//! It refuses to be a parser: comments and literals are blanked out, the rest is a list of tokens.
//! Every text derived from a file keeps its length and its lines, so offsets stay true.

use std::ops::Range;

/// A Rust file in the views that the rules ask for.
pub(crate) struct Source {
    /// The file without comments, literals and test items.
    pub(crate) production: String,
    /// The test items alone, without comments and literals.
    pub(crate) tests: String,
    /// How many lines of the file, comments included, belong to no test item.
    pub(crate) n_production_lines: usize,
}

/// A path as it would be written in full: `use std::{fs, io::Read}` gives `std::fs` and `std::io::Read`.
#[derive(Debug, PartialEq)]
pub(crate) struct Named<'a> {
    pub(crate) segments: Vec<&'a str>,
    /// Where its last part begins.
    pub(crate) at: usize,
    /// Whether it can name a crate: it stands first in a `use`, or something follows it.
    pub(crate) roots: bool,
}

impl Named<'_> {
    /// Whether the parts of `pattern`, written `a::b`, follow one another in this path.
    pub(crate) fn contains(&self, pattern: &str) -> bool {
        let pattern: Vec<&str> = pattern.split("::").collect();
        self.segments.windows(pattern.len()).any(|w| w == pattern)
    }

    /// The crate that this path starts in, if it can be one.
    pub(crate) fn crate_name(&self) -> Option<&str> {
        self.segments.first().copied().filter(|_| self.roots)
    }
}

impl Source {
    /// Reads the file at `path`, which decides whether the whole of it is tests.
    pub(crate) fn of(path: &str, text: &str) -> Self {
        let code = without_comments_and_literals(text);
        if is_test_file(path) {
            let production = blank(&code, |_| true);
            return Self { production, tests: code, n_production_lines: 0 };
        }
        let items = test_items(&code);
        let in_tests = |at: usize| items.iter().any(|item| item.contains(&at));
        let n_test_lines: usize = items.iter().map(|item| code[item.clone()].lines().count()).sum();
        Self {
            production: blank(&code, in_tests),
            tests: blank(&code, |at| !in_tests(at)),
            n_production_lines: text.lines().count().saturating_sub(n_test_lines),
        }
    }
}

/// Whether a file holds nothing but tests, benchmarks or examples.
fn is_test_file(path: &str) -> bool {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    folders.split('/').any(|folder| matches!(folder, "tests" | "benches" | "examples")) || file == "tests.rs"
}

/// The tokens of a blanked text: names, `::`, and single other characters.
pub(crate) fn tokens(code: &str) -> Vec<(usize, &str)> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = if is_name(bytes[at]) {
            at + bytes[at..].iter().take_while(|b| is_name(**b)).count()
        } else if bytes[at..].starts_with(b"::") {
            at + 2
        } else {
            at + 1
        };
        if !bytes[at].is_ascii_whitespace() {
            found.push((at, &code[at..end]));
        }
        at = end;
    }
    found
}

/// Every path of a blanked text, groups written out.
pub(crate) fn paths(code: &str) -> Vec<Named<'_>> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut next = 0;
    while next < tokens.len() {
        let (_, text) = tokens[next];
        let grouped = tokens.get(next + 1).is_some_and(|t| t.1 == "{");
        if matches!(text, "use" | "::") && grouped {
            next = group(&tokens, next + 2, &[], &mut found);
        } else if is_name(text.as_bytes()[0]) {
            let imported = next > 0 && matches!(tokens[next - 1].1, "use" | "crate" | "::");
            next = path(&tokens, next, &[], imported, &mut found);
        } else {
            next += 1;
        }
    }
    found
}

type Token<'a> = (usize, &'a str);

/// Reads the path whose name is at `next`, and returns the index after it.
fn path<'a>(
    tokens: &[Token<'a>],
    mut next: usize,
    before: &[&'a str],
    imported: bool,
    found: &mut Vec<Named<'a>>,
) -> usize {
    let mut segments = before.to_vec();
    loop {
        let (at, name) = tokens[next];
        segments.push(name);
        // In `use ::a` and `return ::a` the colons belong to what follows.
        let followed = tokens.get(next + 1) == Some(&(at + name.len(), "::"));
        match tokens.get(next + 2) {
            Some((_, "{")) if followed => return group(tokens, next + 3, &segments, found),
            Some((_, after)) if followed && is_name(after.as_bytes()[0]) => next += 2,
            _ => {
                let roots = imported || followed || segments.len() > 1;
                found.push(Named { segments, at, roots });
                return next + 1;
            }
        }
    }
}

/// Reads the inside of a `use` group, and returns the index after its closing brace.
fn group<'a>(tokens: &[Token<'a>], mut next: usize, before: &[&'a str], found: &mut Vec<Named<'a>>) -> usize {
    while let Some((_, text)) = tokens.get(next) {
        next = match *text {
            "}" => return next + 1,
            // `as other_name` names nothing that is used.
            "as" => next + 2,
            name if is_name(name.as_bytes()[0]) => path(tokens, next, before, true, found),
            _ => next + 1,
        };
    }
    next
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The items that only tests compile: `#[cfg(test)]` and whatever it stands on.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let tokens = tokens(code);
    let mut found: Vec<Range<usize>> = Vec::new();
    for start in 0..tokens.len() {
        let at = tokens[start].0;
        let inside = found.last().is_some_and(|item| item.contains(&at));
        let opens = tokens[start..].iter().map(|t| t.1).take(4);
        if inside || !opens.eq(["#", "[", "cfg", "("]) {
            continue;
        }
        let condition: Vec<&str> = tokens[start + 4..].iter().map(|t| t.1).take_while(|t| *t != "]").collect();
        if condition.contains(&"test") && !condition.contains(&"not") {
            let body = start + 4 + condition.len() + 1;
            found.push(at..end_of_item(&tokens[body.min(tokens.len())..], code.len()));
        }
    }
    found
}

/// Where the item ends that starts with these tokens: at its `;`, or at the brace that closes its first one.
fn end_of_item(tokens: &[Token<'_>], end_of_file: usize) -> usize {
    let mut depth = 0_usize;
    for (at, text) in tokens {
        match *text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(*text, "}" | ";") {
            return at + 1;
        }
    }
    end_of_file
}

/// The same text with spaces where `gone` says so, lines kept.
fn blank(text: &str, gone: impl Fn(usize) -> bool) -> String {
    text.char_indices()
        .flat_map(|(at, c)| {
            let keep = c == '\n' || !gone(at);
            let n = if keep { 1 } else { c.len_utf8() };
            std::iter::repeat_n(if keep { c } else { ' ' }, n)
        })
        .collect()
}

fn without_comments_and_literals(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut gone: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let n = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment_len(rest)
        } else if rest.starts_with('"') {
            string_len(rest)
        } else if rest.starts_with('\'') {
            char_len(rest)
        } else if is_name(bytes[at]) {
            let name_len = rest.bytes().take_while(|b| is_name(*b)).count();
            let raw = matches!(&rest[..name_len], "r" | "br" | "cr");
            let raw_len = if raw { raw_string_len(&rest[name_len..]) } else { 0 };
            if raw_len == 0 {
                at += name_len;
                continue;
            }
            name_len + raw_len
        } else {
            0
        };
        if n > 0 {
            gone.push(at..at + n);
        }
        at += n.max(1);
    }
    let mut ranges = gone.into_iter().peekable();
    let mut current = 0..0;
    let inside: Vec<bool> = (0..bytes.len())
        .map(|at| {
            while at >= current.end && ranges.peek().is_some_and(|r| r.start <= at) {
                current = ranges.next().unwrap_or(0..0);
            }
            current.contains(&at)
        })
        .collect();
    blank(text, |at| inside[at])
}

fn comment_len(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn string_len(rest: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a raw string from its first `#` or quote; none for a raw name such as `r#type`.
fn raw_string_len(rest: &str) -> usize {
    let n_hashes = rest.bytes().take_while(|b| *b == b'#').count();
    if !rest[n_hashes..].starts_with('"') {
        return 0;
    }
    let closing = format!("\"{}", "#".repeat(n_hashes));
    let body = n_hashes + 1;
    rest[body..].find(&closing).map_or(rest.len(), |n| body + n + closing.len())
}

/// The length of a character literal; none for a lifetime.
fn char_len(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            let closing = rest.char_indices().skip(3).find(|(_, c)| *c == '\'');
            closing.map_or(rest.len(), |(at, _)| at + 1)
        }
        Some((at, c)) if rest[at + c.len_utf8()..].starts_with('\'') => at + c.len_utf8() + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written_out(code: &str) -> Vec<String> {
        paths(code).iter().map(|p| p.segments.join("::")).collect()
    }

    #[test]
    fn groups_are_written_out_and_new_names_left_out() {
        assert_eq!(
            written_out("use std::{fs as disk, io::{self, Read}};"),
            ["use", "std::fs", "std::io::self", "std::io::Read"]
        );
    }

    #[test]
    fn only_a_path_or_an_import_can_name_a_crate() {
        let crates =
            |code| -> Vec<String> { paths(code).iter().filter_map(|p| p.crate_name().map(str::to_owned)).collect() };
        assert_eq!(crates("let godata = 1; f(godata)"), [""; 0]);
        for code in [
            "use godata;",
            "use godata as a;",
            "use ::godata;",
            "use {godata};",
            "use ::{godata};",
            "use godata::*;",
            "extern crate godata;",
            "return ::godata::connect()",
        ] {
            assert_eq!(crates(code), ["godata"], "{code}");
        }
    }

    #[test]
    fn comments_and_literals_name_nothing() {
        let code = without_comments_and_literals(
            r###"a /* b /* c */ d */ "e\"f" g // h
            r#"i"j"# 'k' '\'' l::<'m> r#type b"n" 'é' "ö" o"###,
        );
        let names: Vec<&str> = tokens(&code).into_iter().map(|t| t.1).filter(|t| is_name(t.as_bytes()[0])).collect();
        assert_eq!(names, ["a", "g", "l", "m", "r", "type", "b", "o"]);
    }

    #[test]
    fn blanking_keeps_length_and_lines() {
        let text = "let a = \"é\n\"; // ü\nb();\n";
        let code = without_comments_and_literals(text);
        assert_eq!(code.len(), text.len());
        assert_eq!(code.find("b()"), text.find("b()"));
        assert_eq!(code.lines().count(), text.lines().count());
    }

    #[test]
    fn test_items_are_told_from_production_wherever_they_stand() {
        let text = "#[cfg(test)]\nuse a::b;\nfn c() {}\n#[cfg(not(test))]\nfn d() {}\n\
                    #[cfg(all(test, unix))]\nmod tests {\n    fn e() { f([1; 2]) }\n}\nfn g() {}\n";
        let source = Source::of("crates/epi/src/lib.rs", text);
        assert_eq!(
            written_out(&source.tests),
            ["cfg", "test", "use", "a::b", "cfg", "all", "test", "unix", "mod"]
                .into_iter()
                .chain(["tests", "fn", "e", "f", "1", "2"])
                .collect::<Vec<_>>()
        );
        assert!(source.production.contains("fn d()") && source.production.contains("fn g()"));
        assert_eq!(source.n_production_lines, 4);
    }

    #[test]
    fn a_file_of_tests_has_no_production() {
        let source = Source::of("crates/epi/tests/it/main.rs", "fn a() {}\n");
        assert_eq!(source.production.trim(), "");
        assert_eq!(source.n_production_lines, 0);
        assert_eq!(source.tests, "fn a() {}\n");
    }
}
