//! Generated files that are committed: one definition, many outputs, none of them stale.

use std::collections::BTreeMap;
use std::path::Path;

/// Makes files from a definition: their paths from the root, with their text.
type Generator = fn(root: &Path) -> Result<BTreeMap<String, String>, String>;

/// Every generator with its name, in the order in which they run. None yet: the JSON Schema, the
/// reference pages and the shell completions are added here when what they derive from exists.
fn generators() -> Vec<(&'static str, Generator)> {
    Vec::new()
}

/// Writes every generated file that differs from what its generator makes.
///
/// # Errors
/// When a generator fails or a file cannot be written.
pub(crate) fn write(root: &Path) -> Result<(), String> {
    let stale = stale(root, &generators())?;
    for (path, text) in &stale {
        let target = root.join(path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
        }
        std::fs::write(&target, text).map_err(|e| format!("{path}: {e}"))?;
        println!("wrote {path}");
    }
    Ok(())
}

/// Tells which generated files are not what their generator makes.
///
/// # Errors
/// When a file is stale or absent, or a generator fails.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let stale = stale(root, &generators())?;
    if stale.is_empty() {
        return Ok(());
    }
    let paths: Vec<&str> = stale.keys().map(String::as_str).collect();
    Err(format!("stale: {}", paths.join(", ")))
}

fn stale(root: &Path, generators: &[(&str, Generator)]) -> Result<BTreeMap<String, String>, String> {
    let mut stale = BTreeMap::new();
    for (name, generate) in generators {
        let made = generate(root).map_err(|e| format!("generator {name}: {e}"))?;
        stale.extend(
            made.into_iter()
                .filter(|(path, text)| std::fs::read_to_string(root.join(path)).ok().as_ref() != Some(text)),
        );
    }
    Ok(stale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_file_is_stale_and_a_faithful_one_is_not() {
        let root = crate::root::find().unwrap();
        let absent: Generator = |_| Ok(BTreeMap::from([("no/such.file".to_owned(), String::new())]));
        let faithful: Generator = |root| {
            let path = "Cargo.toml".to_owned();
            let text = std::fs::read_to_string(root.join(&path)).map_err(|e| e.to_string())?;
            Ok(BTreeMap::from([(path, text)]))
        };
        let found = stale(&root, &[("absent", absent), ("faithful", faithful)]).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["no/such.file"]);
    }

    #[test]
    fn a_failing_generator_is_named() {
        let broken: Generator = |_| Err("no definition".to_owned());
        let report = stale(Path::new("."), &[("schema", broken)]).unwrap_err();
        assert_eq!(report, "generator schema: no definition");
    }
}
