//! Where values go, found wrong before any server is asked.

use super::{Folder, SOUND, problems_after, spoilt};

const ELEMENT: &str = "data_element = \"bmbNyNoJcXP\"\n";

/// What is wrong after the indicator's data element was replaced.
#[track_caller]
fn with(more: &str) -> String {
    problems_after(&[(ELEMENT, more)])
}

#[test]
fn options_that_stand_twice_are_found() {
    assert_eq!(
        problems_after(&[("option = \"FFA9e1yIXCT\"", "option = \"MP15bHaQh2x\"")]),
        "tally.toml:21:35: `MP15bHaQh2x` stands twice, first on line 20\n  \
         hint: Each group stands for an option of its own.\n"
    );
    let told =
        with(&format!("{ELEMENT}options = [\"MP15bHaQh2x\", \"a\", \"a\"]\nattribute_options = [\"b\", \"b\"]\n"));
    for part in [
        "`a` stands twice, first on line 35",
        "`b` stands twice, first on line 36",
        "tally.toml:35:12: option `MP15bHaQh2x` stands here and in dimension `sex`",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn cells_have_one_owner() {
    let other = |more: &str| {
        format!("{ELEMENT}\n[[report.indicator]]\ncode = \"other\"\nwhen = \"date_of_onset\"\n{more}\n{ELEMENT}")
    };
    let expected = "tally.toml:40:16: `confirmed_cases` and `other` both write data element `bmbNyNoJcXP`";
    for same in ["by = [\"sex\"]", "options = [\"FFA9e1yIXCT\"]"] {
        let told = with(&other(same));
        assert!(told.starts_with(expected), "{told}");
    }
    // Another option, another attribute option, another period type: other cells.
    for different in ["options = [\"x\"]", "by = [\"sex\"]\nattribute_options = [\"p\"]"] {
        Folder::new(&spoilt(&[(ELEMENT, &other(different))])).load(&[]).unwrap();
    }
    let report = |period: &str| {
        let second = SOUND.split_once("[[report]]").unwrap().1.replace("\"weekly\"", "\"second\"");
        format!("{SOUND}\n[[report]]{}", second.replace("\"Weekly\"", &format!("\"{period}\"")))
    };
    Folder::new(&report("Monthly")).load(&[]).unwrap();
    let told = Folder::new(&report("Weekly")).problems(&[]);
    let owner = "`confirmed_cases` of report `weekly` and `confirmed_cases` both write data element `bmbNyNoJcXP`";
    assert!(told.contains(owner), "{told}");
    // A statement owns its cell as well.
    let statement = format!(
        "{ELEMENT}\n[[report.statement]]\ncode = \"s\"\notherwise = \"1\"\noptions = [\"MP15bHaQh2x\"]\n{ELEMENT}"
    );
    assert!(with(&statement).contains("`confirmed_cases` and `s` both write"), "{}", with(&statement));
}

#[test]
fn an_indicator_that_is_not_sent_needs_a_rule_that_uses_it() {
    let rule = |rule: &str| {
        format!(
            "\n[[report.statement]]\ncode = \"s\"\ndata_element = \"x\"\nrules = [{{ where = \"{rule}\", value = \"A\" }}]\n"
        )
    };
    assert_eq!(
        with(""),
        "tally.toml:30:8: indicator `confirmed_cases` has no data element, and no rule uses it\n  \
         hint: Add `data_element`, or name the indicator in a rule of a statement.\n"
    );
    Folder::new(&spoilt(&[(ELEMENT, &rule("confirmed_cases = 0"))])).load(&[]).unwrap();
    let told = with(&("options = [\"a\"]\n".to_owned() + &rule("confirmed_cases = 0")));
    assert!(told.contains("indicator `confirmed_cases` has no data element to which this could belong"), "{told}");
}

#[test]
fn rules_are_read_where_they_stand() {
    let rule = |rule: &str, more: &str| {
        with(&format!(
            "{ELEMENT}{more}\n[[report.statement]]\ncode = \"s\"\ndata_element = \"x\"\nrules = [{{ where = \"{rule}\", value = \"A\" }}]\n"
        ))
    };
    let told = rule("confirmed_case > 0", "");
    assert!(told.starts_with("tally.toml:39:21: no indicator of the report has the code `confirmed_case`"), "{told}");
    assert!(told.contains("Did you mean `confirmed_cases`?"), "{told}");
    let told = rule("confirmed_cases > 0", "measure = \"median age_years\"\n");
    assert!(told.contains("a rule cannot use `confirmed_cases`, whose measure is `median age_years`"), "{told}");
    let empty = with(&format!("{ELEMENT}\n[[report.statement]]\ncode = \"confirmed_cases\"\ndata_element = \"x\"\n"));
    assert!(empty.contains("indicator `confirmed_cases` stands twice"), "{empty}");
    assert!(empty.contains("has neither a rule nor a stated value"), "{empty}");
}

#[test]
fn what_was_stated_is_checked_against_the_map_of_places() {
    let statement = "[[report.statement]]\ncode = \"s\"\ndata_element = \"x\"\nstated = \"said.csv\"\n";
    let config = spoilt(&[(ELEMENT, &format!("{ELEMENT}\n{statement}"))]);
    let folder =
        Folder::new(&config).write("said.csv", "org_unit,period,value\nO6uvpzGd5px,2020W7,A\nO6uvpzGd5pu,2020W7,A\n");
    let told = folder.problems(&[]);
    assert_eq!(
        told,
        "said.csv:2:1: the map of places has no organisation unit `O6uvpzGd5px`\n  hint: Did you mean `O6uvpzGd5pu`?\n"
    );
    let told = Folder::new(&config).problems(&[]);
    assert!(told.starts_with("tally.toml:39:10: the stated values `said.csv` cannot be read"), "{told}");
}

#[test]
fn id_schemes_are_known_words_or_attributes() {
    let scheme = |line: &str| problems_after(&[("[places]", &format!("{line}\n\n[places]"))]);
    let told = scheme("id_scheme = \"cod\"\norg_unit_id_scheme = \"attribute:short\"");
    assert!(told.contains("`id_scheme` cannot be `cod`\n  hint: Did you mean `code`?"), "{told}");
    assert!(told.contains("`short` is not the UID of an attribute"), "{told}");
    let sound = spoilt(&[("[places]", "org_unit_id_scheme = \"attribute:MinistryNr1\"\n\n[places]")]);
    let config = Folder::new(&sound).load(&[]).unwrap();
    assert_ne!(config.dhis2.id_schemes.org_unit, config.dhis2.id_schemes.data_element);
}

#[test]
fn a_report_names_each_data_set_once_and_at_least_one() {
    let sets = |list: &str| problems_after(&[("data_set = \"uKtOZwDnIpM\"", &format!("data_set = {list}"))]);
    assert!(sets("[]").contains("`data_set` names no data set"), "{}", sets("[]"));
    assert!(sets("[\"a\", \"a\"]").contains("`a` stands twice"), "{}", sets("[\"a\", \"a\"]"));
}
