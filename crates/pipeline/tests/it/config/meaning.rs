//! What the values mean: names, conditions, dates, groups.

use super::problems_after;
use insta::assert_snapshot;

const WHERE: &str = "where = \"classification = 'CONFIRMED'\"";
const WHEN: &str = "when = [\"date_of_onset\", \"date_of_reporting\"]";
const BY: &str = "by = [\"sex\"]";
const GROUPS: &str = r#"groups = [
    { values = "MALE", option = "MP15bHaQh2x" },
    { values = "FEMALE", option = "FFA9e1yIXCT" },
]"#;

#[test]
fn names_that_stand_twice_are_found() {
    let more = r#"
[[report.indicator]]
code = "confirmed_cases"
when = "date_of_onset"
by = ["sex", "sex"]
data_element = "x"

[[report]]
name = "weekly"
data_set = "x"
period = "Weekly"
indicator = [{ code = "confirmed_cases", when = "date_of_onset", data_element = "x" }]

[[dimension]]
code = "sex"
field = "gender"
unknown = "exclude"
groups = [{ values = "MALE", option = "x" }]
"#;
    assert_snapshot!(problems_after(&[("data_element = \"bmbNyNoJcXP\"\n", &format!("data_element = \"x\"\n{more}"))]));
}

#[test]
fn unknown_names_come_with_the_nearest_known_ones() {
    assert_snapshot!(problems_after(&[
        ("field = \"gender\"", "field = \"sex\""),
        ("period = \"Weekly\"", "period = \"Fortnightly\"\ntime_zone = \"Dakar\""),
        (BY, "by = [\"age\"]\nmeasure = \"mode age_years\"\nplace = \"residense\""),
    ]));
    assert_snapshot!(problems_after(&[
        ("period = \"Weekly\"", "period = \"weekly\"\ntime_zone = \"africa/dakar\""),
        (BY, "by = [\"Sex\"]\nmeasure = \"sum\""),
    ]));
}

#[test]
fn measures_need_a_field_of_their_type() {
    for measure in ["average", "sum age_yeers", "sum date_of_onset", "count distinct age_years", "median pregnant", ""]
    {
        let text = problems_after(&[(BY, &format!("measure = \"{measure}\""))]);
        assert_snapshot!(text);
    }
}

#[test]
fn a_condition_on_one_line_is_wrong_at_the_exact_place() {
    assert_snapshot!(problems_after(&[(WHERE, "where = \"é = 1 AND clasification = 'CONFIRMED'\"")]));
    assert_snapshot!(problems_after(&[(WHERE, "where = 'classification = 5'")]));
    assert_snapshot!(problems_after(&[(WHERE, "where = \"classification = \"")]));
}

#[test]
fn a_condition_on_several_lines_is_wrong_at_the_exact_place() {
    let condition = "\nclassification = 'CONFIRMED'\nAND outcom = 'DECEASED'\nAND age_years = 'x'";
    for quotes in ["\"\"\"", "'''"] {
        assert_snapshot!(problems_after(&[(WHERE, &format!("where = {quotes}{condition}{quotes}"))]));
    }
}

#[test]
fn a_condition_with_escapes_is_wrong_at_the_exact_place() {
    assert_snapshot!(problems_after(&[(WHERE, r#"where = "visual_id = '\u00e9\\' AND\toutcom = 'DECEASED'""#)]));
    let folded = "where = \"\"\"classification = 'CONFIRMED' \\\n    AND outcom = 'DECEASED'\"\"\"";
    assert_snapshot!(problems_after(&[(WHERE, folded)]));
}

#[test]
fn a_date_basis_is_wrong_at_its_own_item() {
    assert_snapshot!(problems_after(&[(WHEN, "when = [\"date_of_onset\", \"date_of_onst\", \"gender\"]")]));
    assert_snapshot!(problems_after(&[(
        WHEN,
        "when = [\n    \"first(stays.start WHERE type = 5)\",\n    \"last(stay.end)\",\n    'first(stays.sart)',\n]"
    )]));
    assert_snapshot!(problems_after(&[(WHEN, "when = []")]));
}

#[test]
fn windows_need_what_they_are_made_for() {
    assert_snapshot!(problems_after(&[(WHEN, "when = \"date_of_onset\"\nwindow = \"at_end\"")]));
    assert_snapshot!(problems_after(&[(WHEN, "when = [\"date_of_onset\", \"stays WHERE type = 'ISOLATION'\"]")]));
    // Of a misspelt window nobody knows what it needs.
    assert_snapshot!(problems_after(&[(WHEN, "when = \"stays\"\nwindow = \"overlaping\"")]));
}

#[test]
fn age_bands_neither_overlap_nor_leave_gaps() {
    let ages = |bands: &[&str]| {
        let groups: String =
            bands.iter().map(|band| format!("    {{ ages = \"{band}\", option = \"x\" }},\n")).collect();
        problems_after(&[("field = \"gender\"", "field = \"age_years\""), (GROUPS, &format!("groups = [\n{groups}]"))])
    };
    assert_snapshot!(ages(&["0-4", "4-9", "15+"]));
    assert_snapshot!(ages(&["0-4", "0-4"]));
    assert_snapshot!(ages(&["0 to 4", "9-5", "10-999"]));
}

#[test]
fn groups_fit_their_field() {
    assert_snapshot!(problems_after(&[("field = \"gender\"", "field = \"age_years\"")]));
    assert_snapshot!(problems_after(&[(GROUPS, r#"groups = [{ option = "x" }, { ages = "0-4", option = "y" }]"#)]));
    assert_snapshot!(problems_after(&[(
        GROUPS,
        r#"groups = [{ values = ["MALE", "FEMALE"], option = "x" }, { values = "MALE", option = "y" }, { values = [], option = "z" }]"#
    )]));
    assert_snapshot!(problems_after(&[(GROUPS, "groups = []")]));
    assert_snapshot!(problems_after(&[("field = \"gender\"", "field = \"date_of_onset\"")]));
}

#[test]
fn addresses_are_of_servers() {
    for address in ["godata.example.org", "ftp://example.org", "https://", "https://example.org/?locale=fr#page"] {
        assert_snapshot!(problems_after(&[("https://godata.example.org", address)]));
    }
    let text = problems_after(&[("https://godata.example.org", "https://admin:district@example.org")]);
    assert!(!text.contains("district"), "{text}");
    assert_snapshot!(text);
}
