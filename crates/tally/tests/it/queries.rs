//! `tally query` with the real binary.

use crate::site::{Site, snapshot};

fn ran() -> Site {
    let site = Site::weekly();
    site.run().with_code(0);
    site
}

#[test]
fn a_question_is_answered_as_a_table_as_json_and_as_csv() {
    let site = ran();
    let sql = "SELECT classification, count(*) AS n, min(date_of_onset) AS first FROM cases GROUP BY 1 ORDER BY 1";
    snapshot("query", &site.tally(&["query", sql]).with_code(0).to_string());
    snapshot("query_json", &site.tally(&["query", sql, "--output", "json"]).with_code(0).to_string());
    let csv = site.tally(&["query", sql, "--output", "csv"]).with_code(0);
    snapshot("query_csv", &csv.to_string());
    let json = site.tally(&["query", sql, "--output", "json"]).json();
    assert_eq!(json["rows"].as_array().map(Vec::len), Some(csv.out.lines().count() - 1));
    assert!(site.n_writes() > 0, "only the run has written");
}

#[test]
fn the_views_are_listed_without_a_configuration() {
    let site = Site::weekly();
    std::fs::remove_file(site.path("tally.toml")).unwrap();
    let views = site.tally(&["query", "--views"]).with_code(0);
    snapshot("query_views", &views.to_string());
    assert_eq!(site.tally(&["query"]).with_code(0), views);
    let json = site.tally(&["query", "--output", "json"]).with_code(0).json();
    assert_eq!((&json[0]["name"], &json[0]["columns"][0]["name"]), (&"cases".into(), &"id".into()));
    site.tally(&["query", "--views", "SELECT 1"]).with_code(2);
}

#[test]
fn what_is_not_possible_is_said_with_its_place() {
    let site = ran();
    let before = std::fs::read(site.path(".tally/line-list.sqlite")).unwrap();
    let said: String = [
        "SELECT clasification FROM cases",
        "SELECT id FROM case",
        "SELECT id\nFORM cases",
        "SELECT id FROM records",
        "DELETE FROM cases",
        "ATTACH 'stolen.sqlite' AS x",
        "VACUUM INTO 'stolen.sqlite'",
        "SELECT 1; SELECT 2",
        "PRAGMA journal_mode = DELETE",
        "SELECT load_extension('x')",
    ]
    .iter()
    .map(|sql| format!("{sql}\n{}\n", site.tally(&["query", sql]).with_code(10)))
    .collect();
    snapshot("query_refused", &said);
    let error = site.tally(&["query", "SELECT clasification FROM cases", "--output", "json"]).with_code(10);
    snapshot("query_refused_json", &error.to_string());
    assert!(!site.path("stolen.sqlite").exists());
    assert_eq!(std::fs::read(site.path(".tally/line-list.sqlite")).unwrap(), before);
}

#[test]
fn a_column_that_is_not_kept_is_told() {
    let site = ran();
    let ended =
        site.tally(&["query", "SELECT count(risk_level) AS n FROM cases c JOIN vaccinations v ON v.person_id = c.id"]);
    snapshot("query_not_kept", &ended.with_code(0).to_string());
    let ended = site.tally(&["query", "SELECT id, kind, classification FROM persons LIMIT 1"]).with_code(0);
    assert_eq!(ended.err, "");
}

/// Time, memory and rows have an end, whatever is asked.
#[test]
fn no_question_takes_the_machine_away() {
    let site = ran();
    let forever = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)";
    let slow = format!("{forever} SELECT count(*) FROM r");
    let ended = site.tally(&["query", &slow, "--timeout", "1"]).with_code(10);
    snapshot("query_too_long", &ended.to_string());
    for large in [
        format!("{forever} SELECT printf('%.*c', 100000, 'x') || n AS x FROM r ORDER BY x LIMIT 1000000 OFFSET 100000"),
        format!(
            "{forever} SELECT max(x) FROM (SELECT printf('%.*c', 500000, 'x') || n AS x FROM r LIMIT 5000) GROUP BY x"
        ),
        format!(
            "{forever} SELECT count(*) FROM (SELECT n || printf('%.*c', 500000, 'x') AS x FROM r LIMIT 5000) GROUP BY x"
        ),
    ] {
        let ended = site.tally(&["query", &large, "--timeout", "60"]).with_code(10);
        assert!(ended.err.contains("takes more memory than it may"), "{large}: {ended}");
    }
    let wide = format!("{forever} SELECT DISTINCT printf('%.*c', 100000, 'x') || n FROM r");
    let ended = site.tally(&["query", &wide]).with_code(0);
    assert!(ended.err.contains("there are more rows than these"), "{}", ended.err);
    let many = format!("{forever} SELECT n FROM r");
    let ended = site.tally(&["query", &many, "--max-rows", "5", "--output", "csv", "--quiet"]).with_code(0);
    snapshot("query_cut", &ended.to_string());
    site.tally(&["query", "SELECT 1", "--timeout", "0"]).with_code(2);
}

#[test]
fn without_a_line_list_nothing_is_asked() {
    let site = Site::weekly();
    let ended = site.tally(&["query", "SELECT 1"]).with_code(10);
    snapshot("query_without_line_list", &ended.to_string());
    assert!(!site.path(".tally").exists(), "a question leaves no file behind");
    let ended = site.tally(&["history", "--output", "csv"]).with_code(10);
    assert!(ended.err.contains("only `query`, `export` and `quality` write CSV"), "{ended}");
}
