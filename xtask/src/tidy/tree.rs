//! The repository as the rules see it: every text that git tracks or would track.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::source::Source;

/// The files, by their path from the root with `/` between its parts.
pub(crate) struct Tree {
    pub(crate) texts: BTreeMap<String, String>,
    /// The Rust files among them.
    pub(crate) sources: BTreeMap<String, Source>,
    /// The manifests among them, parsed.
    pub(crate) manifests: BTreeMap<String, toml::Table>,
}

impl Tree {
    /// Reads the repository at `root`. Files that are not text are left out.
    ///
    /// # Errors
    /// When git is missing or does not know the folder, or when a manifest is not TOML.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        // A clone made by another user, as in many a container, is read all the same.
        let listed = Command::new("git")
            .args(["-c", "safe.directory=*", "ls-files", "-z"])
            .args(["--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .map_err(|e| format!("git does not start ({e}); install it, tidy asks it for files"))?;
        if !listed.status.success() {
            let said = String::from_utf8_lossy(&listed.stderr);
            return Err(format!("git lists no files: {}", said.trim()));
        }
        let texts = String::from_utf8_lossy(&listed.stdout)
            .split('\0')
            .filter_map(|path| {
                let text = std::fs::read_to_string(root.join(path)).ok()?;
                Some((path.to_owned(), text))
            })
            .collect();
        Self::of(texts)
    }

    fn of(texts: BTreeMap<String, String>) -> Result<Self, String> {
        let sources = texts
            .iter()
            .filter(|(path, _)| path.ends_with(".rs"))
            .map(|(path, text)| (path.clone(), Source::of(path, text)))
            .collect();
        let manifests = texts
            .iter()
            .filter(|(path, _)| path.ends_with("Cargo.toml"))
            .map(|(path, text)| Ok((path.clone(), parse(path, text)?)))
            .collect::<Result<_, String>>()?;
        Ok(Self { texts, sources, manifests })
    }

    /// A tree of samples, for the tests of the rules.
    #[cfg(test)]
    pub(crate) fn sample(files: &[(&str, &str)]) -> Self {
        let texts = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self::of(texts).expect("a sample's manifests are TOML")
    }

    /// The name of the crate under `crates/` that a file belongs to.
    pub(crate) fn crate_of(path: &str) -> Option<&str> {
        path.strip_prefix("crates/")?.split_once('/').map(|(name, _)| name)
    }

    /// The line, counted from 1, in which `offset` of the file lies.
    pub(crate) fn line(&self, path: &str, offset: usize) -> usize {
        let text = self.texts.get(path).map_or("", String::as_str);
        let before = text.bytes().take(offset).filter(|b| *b == b'\n');
        before.count() + 1
    }

    /// The line of the first `key =` or `key.` of a file, else its first one.
    pub(crate) fn line_of_key(&self, path: &str, key: &str) -> usize {
        let text = self.texts.get(path).map_or("", String::as_str);
        text.lines()
            .position(|line| {
                let rest = line.trim_start_matches('"').strip_prefix(key);
                rest.is_some_and(|rest| rest.starts_with([' ', '=', '.', '"']))
            })
            .map_or(1, |n| n + 1)
    }
}

/// Parses the TOML of a file.
///
/// # Errors
/// With the file's name and the parser's reason.
pub(crate) fn parse(path: &str, text: &str) -> Result<toml::Table, String> {
    text.parse().map_err(|e: toml::de::Error| format!("{path}: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_read_with_its_sources_and_manifests() {
        let tree = Tree::read(&crate::root::find().unwrap()).unwrap();
        assert!(tree.sources.contains_key("xtask/src/tidy/tree.rs"));
        assert!(tree.manifests.contains_key("crates/epi/Cargo.toml"));
        assert!(!tree.texts.keys().any(|path| path.starts_with("target/")));
    }

    #[test]
    fn lines_count_from_one() {
        let tree = Tree::sample(&[("Cargo.toml", "[a]\nb-c = 1\nb.workspace = true\n")]);
        assert_eq!(tree.line("Cargo.toml", 0), 1);
        assert_eq!(tree.line("Cargo.toml", 4), 2);
        assert_eq!(tree.line_of_key("Cargo.toml", "b"), 3);
    }
}
