//! The ways to install the program: what a recipe names exists, and what two of them say is the same.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn manifest(path: &str) -> toml::Table {
    read(path).parse().unwrap()
}

/// The instructions of the recipe, continued lines joined.
fn instructions() -> Vec<(String, String)> {
    let text = read("packaging/docker/Dockerfile").replace("\\\n", " ");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').map(|(name, rest)| (name.to_owned(), rest.to_owned())).unwrap()).collect()
}

#[test]
fn the_container_is_built_with_the_rust_that_the_workspace_names() {
    let version = manifest("Cargo.toml")["workspace"]["package"]["rust-version"].as_str().unwrap().to_owned();
    let (_, from) = instructions().into_iter().find(|(name, _)| name == "FROM").unwrap();
    assert_eq!(from, format!("docker.io/library/rust:{version}-bookworm AS build"));
}

#[test]
fn the_container_runs_the_daemon_and_not_as_root() {
    let all = instructions();
    let last_stage = all.iter().rposition(|(name, _)| name == "FROM").unwrap();
    let run: Vec<(&str, &str)> = all[last_stage..].iter().map(|(name, rest)| (name.as_str(), rest.as_str())).collect();
    let one = |wanted: &str| run.iter().find(|(name, _)| *name == wanted).map(|(_, rest)| *rest);
    assert!(one("FROM").unwrap().starts_with("gcr.io/distroless/cc-debian12:nonroot"));
    assert_eq!((one("USER"), one("VOLUME")), (Some("nonroot:nonroot"), Some("[\"/var/lib/tally\"]")));
    assert_eq!((one("ENTRYPOINT"), one("CMD")), (Some("[\"/usr/bin/tally\"]"), Some("[\"serve\"]")));
    // Without a shell nothing can be run here; what is fetched by an address is not locked.
    assert!(run.iter().all(|(name, _)| *name != "RUN"), "{run:?}");
    assert!(all.iter().all(|(name, _)| name != "ADD"), "{all:?}");
    let built = all.iter().find(|(name, _)| name == "RUN").unwrap();
    assert!(built.1.contains("cargo build --release --locked --package tally"), "{built:?}");
}

#[test]
fn what_the_container_copies_is_made_by_the_stage_before_and_not_ignored() {
    let all = instructions();
    let made = all.iter().find(|(name, _)| name == "RUN").unwrap().1.clone();
    for (_, copied) in all.iter().filter(|(name, rest)| name == "COPY" && rest.contains("--from=build")) {
        let source = copied.split(' ').find(|word| word.starts_with("/made/")).unwrap();
        assert!(made.contains(source), "{source} is not made: {made}");
    }
    for ignored in read(".dockerignore").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        for needed in ["crates", "examples", "schema", "Cargo.toml", "Cargo.lock", "xtask", "LICENSE", "docs"] {
            assert!(ignored != needed && !ignored.starts_with(&format!("{needed}/")), "{needed} is ignored");
        }
    }
}

#[test]
fn what_the_debian_package_holds_exists_or_is_made_by_its_script() {
    let deb = manifest("crates/tally/Cargo.toml")["package"]["metadata"]["deb"].clone();
    let script = read("packaging/debian/build.sh");
    let mut n = 0;
    for asset in deb["assets"].as_array().unwrap() {
        let source = asset[0].as_str().unwrap();
        n += 1;
        if source == "target/release/tally" {
            assert_eq!((asset[1].as_str(), asset[2].as_str()), (Some("usr/bin/"), Some("755")));
            continue;
        }
        assert_eq!(asset[2].as_str(), Some("644"), "{source}");
        if let Some(made) = source.strip_prefix("../../packaging/debian/made/") {
            let how = if made.starts_with("man/") { "man \"$made/man\"" } else { "completions \"$shell\"" };
            assert!(script.contains(how), "{source}");
            continue;
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
        let there = path.parent().filter(|_| source.ends_with("/*")).unwrap_or(&path).exists();
        assert!(there, "{source} does not exist");
    }
    assert!(n > 8, "{n} assets");
    let units = &deb["systemd-units"];
    assert_eq!((units["enable"].as_bool(), units["start"].as_bool()), (Some(false), Some(false)));
    assert_eq!(units["unit-scripts"].as_str(), Some("../../packaging/systemd"));
    assert!(read("packaging/systemd/tally.service").contains("\nExecStart=/usr/bin/tally serve "));
}
