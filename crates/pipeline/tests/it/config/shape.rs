//! Keys and types: what can be said without knowing what the values mean.

use super::{Folder, problems_after, spoilt};
use insta::assert_snapshot;

#[test]
fn unknown_keys_are_named_at_every_level_with_what_was_meant() {
    assert_snapshot!(problems_after(&[
        ("[godata]", "colour = \"red\"\n\n[godata]\nport = 443"),
        ("outbreak =", "outbrake ="),
        ("[dhis2]\nurl", "[dhis2]\nusr = 1\nurl"),
        ("[places]", "[stat]\n\n[places]\nfile = \"x\""),
        ("field = \"gender\"", "fields = \"gender\""),
        ("{ values = \"MALE\"", "{ value = \"MALE\""),
        ("data_set =", "dataset ="),
        ("when =", "wen ="),
        ("data_element = \"bmbNyNoJcXP\"", "data_element = \"bmbNyNoJcXP\"\nlook_back = 5\nbanana = 1"),
    ]));
}

#[test]
fn missing_keys_are_named_where_they_belong() {
    assert_snapshot!(problems_after(&[
        ("outbreak = \"COVID-19 in Sandland\"\n", ""),
        ("[dhis2]\nurl = \"https://dhis2.example.org\"", "[dhis2]"),
        ("map = \"places.csv\"\n", ""),
        ("unknown = \"exclude\"\n", ""),
        (", option = \"MP15bHaQh2x\"", ""),
        ("period = \"Weekly\"\n", ""),
        ("when = [\"date_of_onset\", \"date_of_reporting\"]\n", ""),
    ]));
}

#[test]
fn missing_tables_are_named_as_they_are_written() {
    let (before, _) = super::SOUND.split_once("[[report.indicator]]").unwrap();
    let all = [
        Folder::new("# Nothing yet.\n").problems(&[]),
        Folder::new("").problems(&[]),
        Folder::new(before).problems(&[]),
        problems_after(&[("[[report]]", "[[report]]\nindicator = []"), ("[[report.indicator]]", "[ignored]")]),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn wrong_types_are_explained_and_the_right_form_is_shown() {
    assert_snapshot!(problems_after(&[
        ("outbreak = \"COVID-19 in Sandland\"", "outbreak = 2019\nallow_http = \"true\"\npage_records = \"500\""),
        ("username = \"tally\"", "username = [\"tally\"]\ntimeout_secs = 1.5"),
        ("map = \"places.csv\"", "map = 2021-01-03"),
        ("name = \"weekly\"", "name = \" \"\nlook_back = \"thirteen\"\ncomplete = 1"),
        ("by = [\"sex\"]", "by = \"sex\""),
        ("when = [\"date_of_onset\", \"date_of_reporting\"]", "when = 5\noptions = [7]"),
        ("{ values = \"FEMALE\"", "{ values = [true]"),
    ]));
}

#[test]
fn single_and_double_brackets_are_told_apart() {
    assert_snapshot!(problems_after(&[
        ("[places]", "[[places]]"),
        ("[[report]]", "[report]"),
        ("[[dimension]]", "[dimension]"),
        ("classification =", "clasification ="),
    ]));
}

#[test]
fn values_outside_a_list_or_a_range_are_refused() {
    assert_snapshot!(problems_after(&[
        ("[places]", "[state]\nkeep = \"all\"\n\n[places]"),
        ("[dhis2]", "[dhis2]\nid_scheme = \"codes\"\nbatch_values = 0\ntimeout_secs = 99999999999999999999"),
        ("period = \"Weekly\"", "period = \"Weekly\"\nlook_back = -1\non_drift = \"overwrit\""),
        ("by = [\"sex\"]", "by = [\"sex\"]\nof = \"cluster\"\nwindow = \"at_the_end\"\ndecimals = 10"),
    ]));
}

#[test]
fn every_syntax_error_is_reported() {
    let all = [
        problems_after(&[
            ("name = \"weekly\"", "name = weekly"),
            ("map = \"places.csv\"", "map = \"places.csv"),
            ("code = \"sex\"", "code = \"sex\"\ncode = \"age\""),
            ("by = [\"sex\"]", "by = [\"sex\""),
        ]),
        problems_after(&[("[[report]]", "[[report]")]),
        problems_after(&[("data_element = \"bmbNyNoJcXP\"", "data_element")]),
        problems_after(&[("where = \"classification = 'CONFIRMED'\"", r#"where = "a\d""#)]),
        problems_after(&[("where = \"classification", "where = \"\"\"classification")]),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn mistakes_of_shape_and_of_meaning_are_reported_together_in_the_order_of_the_file() {
    let config = spoilt(&[
        ("url = \"https://godata.example.org\"", "url = \"godata.example.org\""),
        ("email = \"tally@example.org\"\n", ""),
        ("username =", "usrname ="),
        ("field = \"gender\"", "field = \"gendre\""),
        ("name = \"weekly\"", "name = \"weekly\"\ntime_zone = \"Africa/Dakkar\""),
        ("data_set =", "data_sett ="),
        ("period = \"Weekly\"", "period = \"Weakly\"\nlook_back = 0"),
        ("classification = 'CONFIRMED'", "clasification = 'CONFIRMED' AND age_years = 'x'"),
        ("\"date_of_reporting\"", "\"date_of_report\""),
        ("by = [\"sex\"]", "by = [\"sexx\"]\nmeasure = \"summ age_years\"\nplace = \"gender\""),
        ("data_element = \"bmbNyNoJcXP\"\n", "title = 5\n"),
    ]);
    let folder = Folder::new(&config).write("places.csv", "location_id,org_unit\nL1,A\nL1,B\n");
    let problems = folder.load(&[]).unwrap_err();
    assert!(problems.len() >= 12, "{} problems", problems.len());
    assert_snapshot!(folder.problems(&[]));
}

#[test]
fn a_file_that_cannot_be_read_is_explained() {
    let folder = Folder::new("");
    let none = super::load(&folder.path("none.toml"), &[]).unwrap_err();
    let a_folder = super::load(folder.0.path(), &[]).unwrap_err();
    let folder = folder.write("latin1.toml", b"name = \"C\xF4te\"").write("large.toml", vec![b'#'; 2 * 1024 * 1024]);
    let latin1 = super::load(&folder.path("latin1.toml"), &[]).unwrap_err();
    let large = super::load(&folder.path("large.toml"), &[]).unwrap_err();
    let all = [none, a_folder, latin1, large].concat();
    let text = folder.relative(&super::shown(&all)).replace(&folder.0.path().display().to_string(), "FOLDER");
    assert_snapshot!(text);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_mistake() {
    let config = format!("\u{feff}{}", super::SOUND.replace('\n', "\r\n"));
    Folder::new(&config).load(&[]).unwrap();
    let spoilt = config.replace("'CONFIRMED'", "'CONFIRMED' AND outcom = 'DECEASED'");
    assert_snapshot!(Folder::new(&spoilt).problems(&[]));
}
