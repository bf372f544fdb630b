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
    let all = [
        problems_after(&[
            ("field = \"gender\"", "field = \"sex\""),
            ("period = \"Weekly\"", "period = \"Fortnightly\"\ntime_zone = \"Dakar\""),
            (BY, "by = [\"age\"]\nmeasure = \"mode age_years\"\nplace = \"residense\""),
        ]),
        problems_after(&[
            ("period = \"Weekly\"", "period = \"weekly\"\ntime_zone = \"africa/dakar\""),
            (BY, "by = [\"Sex\"]\nmeasure = \"sum\""),
        ]),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn measures_need_a_field_of_their_type() {
    let mut all = Vec::new();
    for measure in ["average", "sum age_yeers", "sum date_of_onset", "count distinct age_years", "median pregnant", ""]
    {
        let text = problems_after(&[(BY, &format!("measure = \"{measure}\""))]);
        all.push(text);
    }
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn a_condition_on_one_line_is_wrong_at_the_exact_place() {
    let all = [
        problems_after(&[(WHERE, "where = \"é = 1 AND clasification = 'CONFIRMED'\"")]),
        problems_after(&[(WHERE, "where = 'classification = 5'")]),
        problems_after(&[(WHERE, "where = \"classification = \"")]),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn a_condition_on_several_lines_is_wrong_at_the_exact_place() {
    let mut all = Vec::new();
    let condition = "\nclassification = 'CONFIRMED'\nAND outcom = 'DECEASED'\nAND age_years = 'x'";
    for quotes in ["\"\"\"", "'''"] {
        all.push(problems_after(&[(WHERE, &format!("where = {quotes}{condition}{quotes}"))]));
    }
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn a_condition_with_escapes_is_wrong_at_the_exact_place() {
    let folded = "where = \"\"\"classification = 'CONFIRMED' \\\n    AND outcom = 'DECEASED'\"\"\"";
    let all = [
        problems_after(&[(WHERE, r#"where = "visual_id = '\u00e9\\' AND\toutcom = 'DECEASED'""#)]),
        problems_after(&[(WHERE, folded)]),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn a_date_basis_is_wrong_at_its_own_item() {
    let all = [
        problems_after(&[(WHEN, "when = [\"date_of_onset\", \"date_of_onst\", \"gender\"]")]),
        problems_after(&[(
            WHEN,
            "when = [\n    \"first(stays.start WHERE type = 5)\",\n    \"last(stay.end)\",\n    'first(stays.sart)',\n]",
        )]),
        problems_after(&[(WHEN, "when = []")]),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn windows_need_what_they_are_made_for() {
    // Of a misspelt window nobody knows what it needs.
    let all = [
        problems_after(&[(WHEN, "when = \"date_of_onset\"\nwindow = \"at_end\"")]),
        problems_after(&[(WHEN, "when = [\"date_of_onset\", \"stays WHERE type = 'ISOLATION'\"]")]),
        problems_after(&[(WHEN, "when = \"stays\"\nwindow = \"overlaping\"")]),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn age_bands_neither_overlap_nor_leave_gaps() {
    let ages = |bands: &[&str]| {
        let groups: String =
            bands.iter().map(|band| format!("    {{ ages = \"{band}\", option = \"x\" }},\n")).collect();
        problems_after(&[("field = \"gender\"", "field = \"age_years\""), (GROUPS, &format!("groups = [\n{groups}]"))])
    };
    let all = [ages(&["0-4", "4-9", "15+"]), ages(&["0-4", "0-4"]), ages(&["0 to 4", "9-5", "10-999"])];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn groups_fit_their_field() {
    let all = [
        problems_after(&[("field = \"gender\"", "field = \"age_years\"")]),
        problems_after(&[(GROUPS, r#"groups = [{ option = "x" }, { ages = "0-4", option = "y" }]"#)]),
        problems_after(&[(
            GROUPS,
            r#"groups = [{ values = ["MALE", "FEMALE"], option = "x" }, { values = "MALE", option = "y" }, { values = [], option = "z" }]"#,
        )]),
        problems_after(&[(GROUPS, "groups = []")]),
        problems_after(&[("field = \"gender\"", "field = \"date_of_onset\"")]),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn addresses_are_of_servers() {
    let mut all = Vec::new();
    for address in ["godata.example.org", "ftp://example.org", "https://", "https://example.org/?locale=fr#page"] {
        all.push(problems_after(&[("https://godata.example.org", address)]));
    }
    let text = problems_after(&[("https://godata.example.org", "https://admin:district@example.org")]);
    assert!(!text.contains("district"), "{text}");
    all.push(text);
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn small_cells_name_indicators_and_keep_no_increments() {
    let policy = "[dhis2.small_cells]\nthreshold = 5\n\n[places]";
    let more = r#"
[[report.indicator]]
code = "all_confirmed"
where = "classification  =  'CONFIRMED'"
when = ["date_of_onset", "date_of_reporting"]
window = "up_to"
data_element = "cW0odY9vhrd"
"#;
    let cumulative = ("data_element = \"bmbNyNoJcXP\"\n", &*format!("data_element = \"bmbNyNoJcXP\"\n{more}"));
    assert_snapshot!(problems_after(&[("[places]", policy), cumulative]), @r"
    tally.toml:33:8: small values of `confirmed_cases` can be computed from `all_confirmed`: it counts the same cases up to the end of each period
      hint: Leave one of the two away, or add `confirmed_cases` to `publish_small` if its small values may be known.
    ");
    let names = "period = \"Weekly\"\npublish_small = [\"confirmed_case\"]\ntotal = [{ of = \"confirmed_cases\", parts = [\"male\"] }]";
    assert_snapshot!(problems_after(&[("period = \"Weekly\"", names)]), @r"
    tally.toml:28:18: the report has no indicator `confirmed_case`
      hint: Did you mean `confirmed_cases`?
    tally.toml:29:45: the report has no indicator `male`
      hint: Known: confirmed_cases.
    ");
}
