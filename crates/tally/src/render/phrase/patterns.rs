//! Sentences with names in them, known by what stands around the names.

/// What is said for the first pattern that a text has: each with names for its stars.
macro_rules! first_of {
    ($text:expr; $($pattern:literal [$($name:ident),*] => $said:expr;)*) => {{
        $(if let Some([$($name),*]) = parts($text, $pattern) {
            return Some($said);
        })*
        None
    }};
}
pub(super) use first_of;

/// What stands in a text where a pattern has its stars.
pub(super) fn parts<'t, const N: usize>(text: &'t str, pattern: &str) -> Option<[&'t str; N]> {
    let mut fixed = pattern.split('*');
    let mut rest = text.strip_prefix(fixed.next()?)?;
    let mut found = Vec::with_capacity(N);
    let mut fixed = fixed.peekable();
    while let Some(next) = fixed.next() {
        // The last one is what the text ends with, wherever else it stands.
        let (part, after) =
            if fixed.peek().is_none() { (rest.strip_suffix(next)?, "") } else { rest.split_once(next)? };
        found.push(part);
        rest = after;
    }
    let is_whole = N > 0 || rest.is_empty();
    found.try_into().ok().filter(|_| is_whole)
}

/// All sources of the crates that word what is known here, each text in one line as the program has it.
#[cfg(test)]
pub(super) fn sources() -> String {
    let folder = |name: &str| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src");
    let mut folders: Vec<_> = ["dhis2", "epi", "godata", "pipeline"].map(folder).to_vec();
    let mut sources = String::new();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(path).unwrap();
                let mut lines = text.split("\\\n");
                sources += lines.next().unwrap_or_default();
                lines.for_each(|line| sources += line.trim_start());
            }
        }
    }
    sources
}

/// Asserts that the words around the names of every pattern in the text of a module stand in the sources, but for those that
/// the program puts together.
#[cfg(test)]
#[track_caller]
pub(super) fn assert_worded(module: &str, put_together: &[&str]) {
    /// What is shorter stands anywhere.
    const FRAGMENT_LEN_MIN: usize = 12;
    let sources = sources();
    let pattern = |line: &'_ str| {
        let line = line.strip_prefix("        \"")?;
        line.split_once("\" [").map(|(pattern, _)| pattern).or_else(|| line.strip_suffix('"')).map(str::to_owned)
    };
    let patterns: Vec<String> = module.lines().filter_map(pattern).collect();
    assert!(patterns.len() > 10, "the patterns are read");
    let fragments = patterns.iter().flat_map(|pattern| pattern.split('*'));
    let fragments = fragments.map(|fragment| fragment.trim_matches(|c: char| !c.is_alphanumeric()));
    let unknown: Vec<&str> = fragments
        .filter(|fragment| fragment.len() >= FRAGMENT_LEN_MIN && !sources.contains(fragment))
        .filter(|fragment| !put_together.contains(fragment))
        .collect();
    assert!(unknown.is_empty(), "nobody says {unknown:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_taken_apart_at_its_stars() {
        assert_eq!(parts("a (b) c", "* (*) *"), Some(["a", "b", "c"]));
        assert_eq!(parts("say `a`?", "say `*`?"), Some(["a"]));
        assert_eq!(parts::<0>("same", "same"), Some([]));
        assert_eq!(parts::<0>("same again", "same"), None);
        assert_eq!(parts::<1>("say a", "say `*`"), None);
    }
}
