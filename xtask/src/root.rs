//! Where the repository and the shared folder of references and sample data are.

use std::path::{Path, PathBuf};

/// The environment variable that names the shared folder.
pub(crate) const SHARED: &str = "TALLY_SHARED";

/// The nearest folder upwards from the current one that holds the workspace's manifest.
///
/// # Errors
/// When no such folder exists: the command was not started inside the repository.
pub(crate) fn find() -> Result<PathBuf, String> {
    let here = std::env::current_dir().map_err(|e| format!("the current folder: {e}"))?;
    here.ancestors()
        .find(|dir| {
            std::fs::read_to_string(dir.join("Cargo.toml"))
                .is_ok_and(|manifest| manifest.lines().any(|line| line == "[workspace]"))
        })
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("{} is not inside the repository", here.display()))
}

/// The shared folder as an absolute path: `named`, else `shared` beside the repository.
///
/// # Errors
/// When the folder does not have both `reference` and `data`; the text says what to do.
pub(crate) fn shared(root: &Path, named: Option<PathBuf>) -> Result<PathBuf, String> {
    let folder = named.unwrap_or_else(|| root.join("..").join("shared"));
    if ["reference", "data"].iter().all(|part| folder.join(part).is_dir()) {
        return folder.canonicalize().map_err(|e| format!("{}: {e}", folder.display()));
    }
    Err(format!(
        "the tests read a shared folder with reference/ and data/, and {} is not one\n  \
         remedy: put it beside the repository as `shared`, or set {SHARED} to where it is",
        folder.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_found_from_a_crate_of_it() {
        let root = find().expect("tests run inside the repository");
        assert!(root.join("xtask/src/root.rs").is_file());
    }

    #[test]
    fn a_missing_shared_folder_is_reported_with_its_remedy() {
        let root = find().expect("tests run inside the repository");
        let report = shared(&root, Some(root.join("xtask"))).unwrap_err();
        assert!(report.contains("remedy: ") && report.contains(SHARED));
    }
}
