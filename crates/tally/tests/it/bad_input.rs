//! What `tally check` finds in a configuration before any server is asked: each with its place and a way out.

use crate::site::{Site, snapshot};

const CONDITION: &str = "where = \"classification = 'PROBABLE'\"";
const DATES: &str = "when = [\"date_of_onset\", \"date_of_reporting\"]";
const GROUPS: &str = "by = [\"age_group\", \"sex\"]";
const PERIOD: &str = "period = \"Weekly\"";

/// What is found, and the lines that are wrong instead of the right one.
const MISTAKES: &[(&str, &str, &[&str])] = &[
    (
        "conditions_that_do_not_parse",
        CONDITION,
        &[
            "where = \"classification = 'PROBABLE' AND\"",
            "where = \"classification = 'PROBABLE\"",
            "where = \"(classification = 'PROBABLE'\"",
            "where = \"classification == 'PROBABLE' OR\"",
            "where = \"SELECT * FROM cases\"",
            "where = \"\"",
            "where = '''\nclassification = 'PROBABLE'\nAND outcome = = 'DECEASED'\n'''",
        ],
    ),
    (
        "conditions_of_wrong_types",
        CONDITION,
        &[
            "where = \"age_years = 'old'\"",
            "where = \"age_years > '5'\"",
            "where = \"classification > 5\"",
            "where = \"classification\"",
            "where = \"date_of_onset + date_of_reporting = 3\"",
            "where = \"date_of_onset > '2020-02-30'\"",
            "where = \"was_contact = 'yes'\"",
            "where = \"outcome = NULL\"",
        ],
    ),
    (
        "unknown_tables",
        CONDITION,
        &[
            "where = \"EXISTS (SELECT 1 FROM stay WHERE type = 'ISOLATION')\"",
            "where = \"EXISTS (SELECT 1 FROM hospitals)\"",
            "of = \"cases\"",
            "of = \"patient\"",
        ],
    ),
    (
        "unknown_columns",
        CONDITION,
        &[
            "where = \"clasification = 'PROBABLE'\"",
            "where = \"dateOfOnset IS NULL\"",
            "where = \"shoe_size > 40\"",
            "where = \"EXISTS (SELECT 1 FROM stays WHERE beginning IS NULL)\"",
            "where = \"EXISTS (SELECT 1 FROM stays WHERE person.outcom = 'ALIVE')\"",
            "where = \"start IS NULL\"",
            "place = \"residense\"",
            "place = \"gender\"",
        ],
    ),
    (
        "unknown_dates",
        DATES,
        &[
            "when = \"date_of_onst\"",
            "when = \"first(stay.start)\"",
            "when = \"first(stays.begin)\"",
            "when = \"first(stays.start WHERE typ = 'ISOLATION')\"",
            "when = \"gender\"",
            "when = []",
        ],
    ),
    ("unknown_dimensions", GROUPS, &["by = [\"age_grup\", \"sex\"]", "by = [\"region\"]", "by = [\"sex\", \"sex\"]"]),
    (
        "unknown_measures",
        CONDITION,
        &[
            "measure = \"cuont\"",
            "measure = \"total age_years\"",
            "measure = \"sum\"",
            "measure = \"sum gender\"",
            "measure = \"median age_yaers\"",
            "measure = \"count distinct age_years\"",
        ],
    ),
    (
        "unknown_windows",
        CONDITION,
        &["window = \"duering\"", "window = \"weekly\"", "window = \"at_end\"", "window = \"overlapping\""],
    ),
    (
        "divisions_by_nothing",
        CONDITION,
        &[
            "where = \"age_years / 0 > 1\"",
            "where = \"classification = 'PROBABLE' AND 100 * age_months / (2 - 2.0) > 1\"",
            "where = \"age_years / -0 IS NULL\"",
            "where = \"age_years / NULL > 1\"",
        ],
    ),
    ("unknown_period_types", PERIOD, &["period = \"Weekley\"", "period = \"Fortnightly\""]),
];

#[test]
fn mistakes_are_found_before_any_server_is_asked() {
    let mut helpless = Vec::new();
    for (name, right, mistakes) in MISTAKES {
        let mut site = Site::weekly();
        let mut said = String::new();
        for wrong in *mistakes {
            site.restore();
            // The first indicator that has it; a key that it has not stands beside its condition.
            let keeps = right == &CONDITION && !wrong.starts_with("where");
            let line = if keeps { format!("{right}\n{wrong}") } else { (*wrong).to_owned() };
            site.configure(right, &line);
            let ended = site.tally(&["check"]).with_code(10);
            assert!(ended.err.contains("error: tally.toml:"), "the place is told: {wrong}: {ended}");
            if !ended.err.contains("hint: ") {
                helpless.push(format!("{wrong}: {}", ended.err));
            }
            said += &format!("{wrong}\n{}\n", ended.err);
        }
        let requests = (site.world.godata.requests().len(), site.world.dhis2.requests().len());
        assert_eq!(requests, (0, 0), "{name}: nobody was asked");
        snapshot(&format!("check_{name}"), &said);
    }
    assert!(helpless.is_empty(), "a way out is told:\n{}", helpless.concat());
}
