//! Records from files.

use std::fs;
use std::path::Path;

use godata::wire::Person;
use godata::{Error, Kind, RecordFile};

use crate::recordings::{recordings, shared};

fn ids(path: &Path) -> Result<Vec<String>, Error> {
    let mut ids = Vec::new();
    RecordFile::open(path)?.decode(|person: &mut Person<'_>| ids.extend(person.id.text().map(str::to_owned)))?;
    Ok(ids)
}

#[test]
fn a_list_of_the_api_and_an_export_with_database_columns_are_both_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let recordings = recordings();
    let path = folder.path().join("cases.json");
    for (number, n_records) in [(43, 47), (156, 2)] {
        fs::write(&path, recordings[&number].body()).expect("a file");
        assert_eq!(ids(&path).expect("records").len(), n_records);
    }
    fs::write(&path, b"\xEF\xBB\xBF[{\"id\":\"b\"},{\"id\":\"a\"}]\r\n").expect("a file");
    assert_eq!(ids(&path).expect("records"), ["b", "a"]);
}

#[test]
fn the_shared_line_list_is_read_without_anything_odd() {
    let file = RecordFile::open(&shared("data/cases.json")).expect("a file");
    let mut odd = Vec::new();
    let decoded = file.decode(|person: &mut Person<'_>| odd.extend(person.odd_fields())).expect("records");
    assert!(decoded.n_records > 0);
    assert_eq!(odd, [""; 0]);
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cases.json");
    let mut texts = Vec::new();
    // The second is an export with translated column names.
    for body in [
        "[{\"id\":\"a\"},\n {\"id\" \"canary\"}]",
        r#"[{"ID":"canary"}]"#,
        r#"{"error":"canary"}"#,
        r#"[{"id":"a"}, "#,
        "a;b",
    ] {
        fs::write(&path, body).expect("a file");
        texts.push(ids(&path).expect_err("an error").to_string());
    }
    let missing = ids(&folder.path().join("no.json")).expect_err("no file");
    assert_eq!(*missing.kind(), Kind::File);
    texts.push(missing.to_string());
    let texts = texts.join("\n").replace(&folder.path().display().to_string(), "FOLDER");
    assert!(!texts.contains("canary"));
    insta::assert_snapshot!(texts);
}
