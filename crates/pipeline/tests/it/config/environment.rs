//! Values replaced by environment variables.

use super::{Folder, SOUND};
use insta::assert_snapshot;
use pipeline::config::model::{Keep, Source};
use std::time::Duration;

#[test]
fn single_values_are_replaced() {
    let folder = Folder::new(SOUND).write("others.csv", super::PLACES);
    let config = folder
        .load(&[
            ("TALLY__GODATA__URL", "http://127.0.0.1:8431"),
            ("TALLY__GODATA__PAGE_RECORDS", "17"),
            ("TALLY__GODATA__ALLOW_HTTP", "true"),
            ("TALLY__DHIS2__TIMEOUT_SECS", "5"),
            ("TALLY__STATE__FOLDER", "elsewhere"),
            ("TALLY__STATE__KEEP", "nothing"),
            ("TALLY__PLACES__MAP", "others.csv"),
            ("TALLY_GODATA_PASSWORD", "not an override"),
            ("PATH", "/bin"),
        ])
        .unwrap();
    let Source::Server { url, page_records, allow_http, .. } = &config.godata else { panic!("a server is configured") };
    assert_eq!((url.value.as_str(), *page_records, *allow_http), ("http://127.0.0.1:8431/", 17, true));
    assert_eq!(config.dhis2.timeout, Duration::from_secs(5));
    assert_eq!((config.state_folder, config.keep), (folder.path("elsewhere"), Keep::Nothing));
    assert!(config.places.source.path.ends_with("others.csv"));
}

#[test]
fn a_table_may_come_from_the_environment_alone() {
    let config = SOUND.replace("[places]\nmap = \"places.csv\"", "");
    Folder::new(&config).load(&[("TALLY__PLACES__MAP", "places.csv")]).unwrap();
    let files = SOUND.split_once("[dhis2]").unwrap().1;
    let config =
        Folder::new(&format!("[dhis2]{files}")).load(&[("TALLY__GODATA__FILES__CASES", "cases.json")]).unwrap();
    assert!(matches!(config.godata, Source::Files { .. }));
}

#[test]
fn a_wrong_value_is_blamed_on_its_variable() {
    let folder = Folder::new(&SOUND.replace("Weekly", "Weakly"));
    let env = [
        ("TALLY__GODATA__URL", "godata"),
        ("TALLY__GODATA__PAGE_RECORDS", "many"),
        ("TALLY__GODATA__TIME_ZONE", "Sandland"),
        ("TALLY__DHIS2__BATCH_VALUES", "0"),
        ("TALLY__DHIS2__ID_SCHEME", "cod"),
        ("TALLY__DHIS2__USERNAME", ""),
        ("TALLY__PLACES__MAP", "none.csv"),
    ];
    let reports: String = folder.load(&env).unwrap_err().iter().map(super::fancy::plain).collect();
    let all = [folder.problems(&env), folder.relative(&reports)];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn a_variable_that_replaces_nothing_is_reported() {
    assert_snapshot!(Folder::new(SOUND).problems(&[
        ("TALLY__GODATA__ULR", "x"),
        ("TALLY__DHIS__URL", "x"),
        ("TALLY__godata__url", "x"),
        ("TALLY__REPORT__NAME", "x"),
        ("TALLY__STATE__COLOUR", "x"),
        ("TALLY__GODATA", "x"),
        ("TALLY__", "x"),
    ]));
}

#[test]
fn what_a_variable_began_is_completed_in_the_file() {
    let dhis2_only = "[dhis2]\nurl = \"https://dhis2.example.org\"\n";
    assert_snapshot!(Folder::new(dhis2_only).problems(&[("TALLY__GODATA__URL", "https://godata.example.org")]));
}
