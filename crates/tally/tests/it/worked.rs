//! `tally test`: examples beside a configuration, worked without any server. And what editors and shells are given.

use crate::site::{self, Ended};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// No environment at all: no secret is needed.
fn tally_in(folder: &Path, arguments: &[&str]) -> Ended {
    site::tally_in(folder, arguments, &BTreeMap::new())
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

/// A folder with the weekly example and its examples, changed.
fn changed(change: impl Fn(String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["tally.toml", "places.csv"] {
        fs::copy(example("covid19-weekly").join(file), folder.path().join(file)).unwrap();
    }
    let examples = fs::read_to_string(example("covid19-weekly").join("tally.test.toml")).unwrap();
    fs::write(folder.path().join("tally.test.toml"), change(examples)).unwrap();
    folder
}

#[test]
fn the_examples_of_every_example_hold_and_speak_of_every_indicator() {
    for name in ["covid19-weekly", "cholera-weekly"] {
        let ended = tally_in(&example(name), &["test"]).with_code(0);
        assert!(ended.out.contains(" examples hold."), "{}", ended.out);
        assert!(!ended.out.contains("Without an example"), "{}", ended.out);
    }
}

#[test]
fn a_difference_is_told_with_what_the_indicator_says_of_each_record() {
    let folder = changed(|text| text.replacen("date_of_reporting = 2020-06-09", "date_of_reporting = 2020-06-15", 2));
    let ended = tally_in(folder.path(), &["test"]).with_code(10);
    insta::assert_snapshot!(ended.out);
    let json = tally_in(folder.path(), &["test", "--output", "json"]).with_code(10).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let difference = &json["examples"][1]["differences"][0];
    assert_eq!(difference["cell"]["indicator"], "probable_cases");
    assert_eq!((difference["expected"].as_str(), difference["computed"].as_str()), (Some("1"), None));
}

#[test]
fn what_an_example_says_wrongly_is_told_at_its_place_with_a_suggestion() {
    for (from, to, told, advice) in [
        (
            "indicator = \"hospitalised\"",
            "indicator = \"hospitalized\"",
            "no indicator `hospitalized`",
            "`hospitalised`",
        ),
        ("age_group = \"30-39\"", "age_group = \"30-38\"", "no group `30-38`", "`30-39`"),
        ("period = \"2020W23\"", "period = \"2021W23\"", "not one of the periods", "`from` and `to`"),
        ("org_unit = \"h9ICSNlvcEf\"", "org_unit = \"h9ICSNlvceF\"", "no organisation unit", "`h9ICSNlvcEf`"),
        ("classification = \"PROBABLE\"", "clasification = \"PROBABLE\"", "unknown field", "`classification`"),
    ] {
        let folder = changed(|text| text.replacen(from, to, 1));
        let stderr = tally_in(folder.path(), &["test"]).with_code(10).err;
        assert!(stderr.contains(told) && stderr.contains(advice), "{stderr}");
        assert!(stderr.contains("tally.test.toml"), "{stderr}");
    }
    let nothing = tempfile::tempdir().unwrap();
    for file in ["tally.toml", "places.csv"] {
        fs::copy(example("covid19-weekly").join(file), nothing.path().join(file)).unwrap();
    }
    let stderr = tally_in(nothing.path(), &["test"]).with_code(10).err;
    assert!(stderr.contains("tally.test.toml") && stderr.contains("--examples"), "{stderr}");
}

#[test]
fn editors_shells_and_man_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let schema = tally_in(folder.path(), &["schema"]).with_code(0).out;
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/tally.schema.json");
    assert_eq!(schema, fs::read_to_string(published).unwrap());
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = tally_in(folder.path(), &["completions", shell]).with_code(0).out;
        assert!(script.contains("explain") && script.contains("tally"), "{shell}");
    }
    tally_in(folder.path(), &["man", "man"]).with_code(0);
    let page = fs::read_to_string(folder.path().join("man/tally-explain-value.1")).unwrap();
    assert!(page.contains(".TH") && page.contains("data\\-element"), "{page}");
}
