//! Every target on its corpus.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use fuzz::{TARGETS, Target};

use crate::change::{Numbers, changed};

fn corpus(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn replay(name: &str) {
    let target = fuzz::target(name);
    let files = corpus(&target);
    assert!(files.len() >= 5, "{name} has a corpus of {} files", files.len());
    for (path, bytes) in &files {
        if catch_unwind(|| (target.try_on)(bytes)).is_err() {
            panic!("{} fails", path.display());
        }
    }
    let mut numbers = Numbers::new(0x7411_7900);
    for n in 0..target.n_changed {
        let (path, bytes) = &files[numbers.below(files.len())];
        let (_, other) = &files[numbers.below(files.len())];
        let input = changed(bytes, other, target.words, &mut numbers);
        if catch_unwind(AssertUnwindSafe(|| (target.try_on)(&input))).is_err() {
            panic!("change {n} of {} fails; keep it in the corpus:\n{}", path.display(), input.escape_ascii());
        }
    }
}

#[test]
fn conditions_hold() {
    replay("condition");
}

#[test]
fn configurations_hold() {
    replay("configuration");
}

#[test]
fn import_summaries_hold() {
    replay("import_summary");
}

#[test]
fn pages_hold() {
    replay("page");
}

#[test]
fn periods_hold() {
    replay("period");
}

#[test]
fn places_hold() {
    replay("places");
}

#[test]
fn every_target_has_its_corpus_its_test_and_its_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tests = include_str!("replay.rs");
    for target in TARGETS {
        assert!(tests.contains(&format!("replay(\"{}\")", target.name)), "{} is not replayed", target.name);
        let program = root.join("fuzz/fuzz_targets").join(format!("{}.rs", target.name));
        assert!(program.is_file(), "{} cannot be run by cargo fuzz", target.name);
        let manifest = std::fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{} is no program", target.name);
    }
}
