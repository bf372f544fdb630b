//! The outbreaks of a configuration.

use super::{Folder, SOUND, problems_after};

const ONE: &str = "outbreak = \"COVID-19 in Sandland\"";

fn named(folder: &Folder, env: &[(&str, &str)]) -> Vec<String> {
    folder.load(env).unwrap().godata.outbreaks().iter().map(|outbreak| outbreak.value.clone()).collect()
}

#[test]
fn one_or_several_may_be_named_and_the_environment_replaces_them() {
    assert_eq!(named(&Folder::new(SOUND), &[]), ["COVID-19 in Sandland"]);
    let several = Folder::new(&SOUND.replace(ONE, "outbreak = [\"A\", \"B\"]"));
    assert_eq!(named(&several, &[]), ["A", "B"]);
    for text in ["C", "2019", "true"] {
        assert_eq!(named(&several, &[("TALLY__GODATA__OUTBREAK", text)]), [text]);
    }
}

#[test]
fn lists_that_make_no_sense_are_refused() {
    let after = |outbreaks: &str| problems_after(&[(ONE, outbreaks)]);
    assert!(after("outbreak = [\"A\", \"B\", \"A\"]").contains("outbreak `A` stands twice, first on line 3"));
    assert!(after("outbreak = []").contains("`outbreak` names no outbreak"));
    assert!(after("outbreak = [\"A\", \" \"]").contains("is empty"));
    let many: Vec<String> = (0..51).map(|n| format!("\"o{n}\"")).collect();
    assert!(after(&format!("outbreak = [{}]", many.join(", "))).contains("51 outbreaks, and 50 are the most"));
}

#[test]
fn files_and_engines_know_one_outbreak() {
    let files = "files = { cases = \"cases.json\" }";
    let config = SOUND.split_once("[dhis2]").unwrap().1;
    let of_files = |outbreak: &str| format!("[godata]\n{outbreak}\n{files}\n\n[dhis2]{config}");
    assert_eq!(named(&Folder::new(&of_files("outbreak = \"A\"")), &[]), ["A"]);
    let refused = Folder::new(&of_files("outbreak = [\"A\", \"B\"]")).problems(&[]);
    assert!(refused.contains("`files` hold the records of one outbreak"), "{refused}");
    let engine = "[engine]\nballista = \"df://scheduler.example.org:50050\"\nsnapshot = \"snapshots\"\n\n[places]";
    let with = |outbreak: &str| Folder::new(&SOUND.replace("[places]", engine).replace(ONE, outbreak));
    assert_eq!(named(&with(ONE), &[]).len(), 1);
    let refused = with("outbreak = [\"A\", \"B\"]").problems(&[]);
    assert!(refused.contains("a snapshot holds one outbreak"), "{refused}");
}
