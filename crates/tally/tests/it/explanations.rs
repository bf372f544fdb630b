//! `tally explain value` and `tally explain case` with the real binary: what a person sees of a number.

use crate::site::{Ended, Site, WEEKS, shape, snapshot};
use serde_json::Value as Json;

fn ran() -> Site {
    let site = Site::weekly();
    site.run().with_code(0);
    site
}

/// The largest value of confirmed cases with its names.
fn largest(site: &Site) -> Json {
    let cells = site.tally(&["export", "cells", "--output", "json"]).with_code(0).json();
    let cells = cells.as_array().expect("a list").iter().filter(|cell| cell["indicator"] == "confirmed_cases");
    let n = |cell: &&Json| cell["n_records"].as_u64();
    cells.max_by_key(n).expect("the outbreak has confirmed cases").clone()
}

fn value(site: &Site, cell: &Json, names: [&str; 2], more: &[&str]) -> Ended {
    let of = |name: &str| cell[name].as_str().expect("a text").to_owned();
    let (element, unit, period) = (of(names[0]), of(names[1]), of("period"));
    let named = ["explain", "value", "--data-element", &element, "--org-unit", &unit, "--period", &period];
    site.tally(&[&named[..], more].concat())
}

#[test]
fn a_value_is_explained_by_ids_and_by_names() {
    let site = ran();
    let cell = largest(&site);
    let combo = cell["category_option_combo_name"].as_str().unwrap();
    let only = ["--category-option-combo", combo];
    let by_id = value(&site, &cell, ["data_element", "org_unit"], &only).with_code(0);
    snapshot("explain_value", &by_id.to_string());
    let json = value(&site, &cell, ["data_element", "org_unit"], &[&only[..], &["--output", "json"]].concat()).json();
    assert_eq!(json["records"].as_array().map(|records| records.len() as u64), cell["n_records"].as_u64());
    snapshot("explain_value_json", &serde_json::to_string_pretty(&shape(&json)).unwrap());
    for names in [["data_element_name", "org_unit_name"], ["indicator", "org_unit_name"]] {
        let by_name = value(&site, &cell, names, &[&only[..], &["--output", "json"]].concat()).with_code(0);
        assert_eq!(by_name.json(), json, "{names:?}");
    }
    let said = [
        site.tally(&["explain", "value", "--data-element", "Confirmed", "--period", "2020W12", "--org-unit", "x"]),
        value(&site, &cell, ["data_element", "data_element"], &[]),
        value(&site, &cell, ["data_element", "org_unit"], &["--category-option-combo", "Femal, 15+"]),
    ];
    snapshot("explain_value_unknown", &said.map(|ended| ended.with_code(10).to_string()).join("\n"));
}

#[test]
fn a_case_is_explained_by_its_id_and_by_its_number() {
    let site = Site::weekly();
    site.configure("classification = 'PROBABLE'", "classification = 'PROBABLE' AND visual_id IS NOT NULL");
    site.run().with_code(0);
    let sql = "SELECT visual_id, id FROM cases WHERE classification = 'PROBABLE' AND visual_id IN (SELECT visual_id FROM cases GROUP BY 1 HAVING count(*) = 1) ORDER BY id LIMIT 1";
    let found = site.tally(&["query", sql, "--output", "json"]).with_code(0).json();
    let (number, id) = (found["rows"][0][0].as_str().unwrap(), found["rows"][0][1].as_str().unwrap());
    let span = [&WEEKS[..], &["--quiet"]].concat();
    let by_number = site.tally(&[&["explain", "case", number], &span[..]].concat()).with_code(0);
    snapshot("explain_case", &by_number.to_string());
    assert_eq!(site.tally(&[&["explain", "case", id], &span[..]].concat()), by_number);
    let json = site.tally(&[&["explain", "case", id, "--output", "json"], &span[..]].concat()).with_code(0).json();
    snapshot("explain_case_json", &serde_json::to_string_pretty(&shape(&json)).unwrap());
    let excluded: Vec<_> =
        json["indicators"].as_array().unwrap().iter().filter(|one| !one["excluded"].is_null()).collect();
    assert!(
        excluded.iter().any(|one| one["because"].as_str().unwrap().contains("classification = PROBABLE")),
        "{json:#}"
    );
    snapshot("explain_case_unknown", &site.tally(&["explain", "case", "nobody"]).with_code(10).to_string());
}
