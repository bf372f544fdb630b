//! `tally demo`: the first thing that anybody runs.

use crate::site::{Ended, shape, snapshot, tally_in};
use std::collections::BTreeMap;

fn demo(arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let arguments: Vec<&str> = ["demo", "--cases", "300"].iter().chain(arguments).copied().collect();
    let ended = tally_in(folder.path(), &arguments, &BTreeMap::new());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a demo leaves nothing behind");
    ended
}

#[test]
fn the_oracle_agrees_and_a_second_run_pushes_nothing() {
    for version in ["2.38.0", "2.42.1", "2.43.1"] {
        let ended = demo(&["--dhis2-version", version]).with_code(0);
        assert!(ended.out.contains(&format!("to DHIS2 {version} ")), "{ended}");
        assert!(ended.out.contains("they agree in every one"), "{ended}");
        assert!(ended.out.contains("Second run: nothing pushed"), "{ended}");
    }
}

#[test]
fn as_json_for_programs() {
    for version in ["2.42.1", "2.43.1"] {
        let ended = demo(&["--dhis2-version", version, "--output", "json", "--quiet"]).with_code(0);
        assert_eq!(ended.err, "");
        let json = ended.json();
        assert_eq!(json["oracle"]["different"], 0);
        assert!(json["oracle"]["expected"].as_u64().is_some_and(|n| n > 0));
        assert_eq!(json["oracle"]["expected"], json["oracle"]["held"]);
        assert_eq!(json["second"]["push"]["requests"], 0);
        assert_eq!(json["first"]["verdict"], "clean");
    }
}

#[test]
fn the_shape_of_its_json() {
    let json = demo(&["--output", "json"]).json();
    snapshot("demo_json", &serde_json::to_string_pretty(&shape(&json)).unwrap());
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let plan = |ended: &Ended| ended.json()["first"]["plan"]["hash"].clone();
    let (one, two) = (demo(&["--output", "json"]), demo(&["--output", "json"]));
    assert_eq!(plan(&one), plan(&two));
    assert_ne!(plan(&one), plan(&demo(&["--output", "json", "--seed", "8"])));
}

#[test]
fn a_version_that_is_none() {
    let ended = demo(&["--dhis2-version", "latest"]);
    snapshot("demo_version_that_is_none", &ended.to_string());
    assert_eq!(ended.code, Some(10));
}

/// On a terminal there are progress bars and drawn errors, and a log on the same screen. `script` (util-linux, which Debian
/// always has) lends the terminal.
#[test]
fn on_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let on_terminal = |arguments: &str| {
        let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_tally"));
        let output = std::process::Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .current_dir(folder.path())
            .env("TERM", "xterm")
            .env("LC_ALL", "C.UTF-8")
            .stdin(std::process::Stdio::null())
            .output()
            .expect("`script` lends a terminal; install util-linux (Debian: bsdutils)");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, said) = on_terminal("demo --cases 300 -v");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("\u{1b}["), "no bar was drawn:\n{said}");
    assert!(said.contains("they agree in every one"), "{said}");
    std::fs::write(folder.path().join("tally.toml"), "[godata]\nulr = \"x\"\n").unwrap();
    let (code, said) = on_terminal("check");
    assert_eq!(code, Some(10), "{said}");
    assert!(said.contains("tally.toml:2:1") && said.contains("Did you mean"), "{said}");
    let (code, said) = on_terminal("check --language fr");
    assert_eq!(code, Some(10), "{said}");
    assert!(said.contains("tally.toml:2:1") && said.contains("Vouliez-vous dire"), "{said}");
}
