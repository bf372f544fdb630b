//! `tally export` with the real binary.

use crate::site::{Site, WEEKS, snapshot};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

fn ran() -> Site {
    let site = Site::weekly();
    site.run().with_code(0);
    site
}

#[test]
fn records_go_into_a_private_file_that_is_not_overwritten() {
    let site = ran();
    let export = ["export", "records", "--out", "records.csv"];
    let ended = site.tally(&export).with_code(0);
    assert!(ended.out.is_empty() && ended.err.contains("data of persons, without names"), "{ended}");
    let mode = std::fs::metadata(site.path("records.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let first = site.read("records.csv");
    let head: Vec<&str> = first.lines().next().unwrap().split(',').collect();
    assert_eq!(head, epi::field::PERSON.iter().map(|field| field.name).collect::<Vec<_>>());
    snapshot("export_exists", &site.tally(&export).with_code(10).to_string());
    site.tally(&[&export[..], &["--force", "--quiet"]].concat()).with_code(0);
    assert_eq!(site.read("records.csv"), first, "the same records in the same order");
    assert_eq!(site.tally(&["export", "records"]).with_code(0).out, first, "stdout is the same");
    site.tally(&["export", "records", "--force"]).with_code(2);
    site.tally(&["export", "records", "--out", "absent/records.csv"]).with_code(10);
}

#[test]
fn some_fields_of_some_records() {
    let site = ran();
    let chosen = ["--kind", "case", "--where", "classification = 'CONFIRMED' AND age_years >= 60", "--fields"];
    let csv =
        site.tally(&[&["export", "records"], &chosen[..], &["id,age_years,classification"]].concat()).with_code(0);
    let ids: Vec<&str> = csv.out.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert!(!ids.is_empty() && ids.is_sorted(), "{csv}");
    assert!(csv.out.lines().skip(1).all(|line| line.ends_with(",CONFIRMED")), "{csv}");

    let json = ["--output", "json", "--quiet"];
    let lines = site.tally(&[&["export", "records"], &chosen[..], &["id,stays,outcome"], &json].concat()).with_code(0);
    assert_eq!(lines.err, "");
    let records: Vec<serde_json::Value> = lines.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.iter().map(|record| record["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    assert!(records.iter().all(|record| record.as_object().unwrap().keys().len() == 3));

    // The whole record is what the line list holds of it.
    let whole = site.tally(&[&["export", "records"], &json[..]].concat()).with_code(0);
    let counted = site.tally(&["query", "SELECT count(*) FROM persons", "--output", "json"]).json();
    assert_eq!(counted["rows"][0][0], whole.out.lines().count());
}

#[test]
fn what_cannot_be_exported_is_said() {
    let site = ran();
    let said: String = [
        &["--fields", "id,clasification"][..],
        &["--fields", "id,stays"],
        &["--kind", "cases"],
        &["--where", "classification = 'CONFIRMED' AND ag_years > 4"],
        &["--where", "classification ="],
    ]
    .iter()
    .map(|more| format!("{more:?}\n{}\n", site.tally(&[&["export", "records"], *more].concat()).with_code(10)))
    .collect();
    snapshot("export_refused", &said);
}

#[test]
fn values_are_those_in_dhis2_with_their_names() {
    let site = ran();
    let csv = site.tally(&["export", "cells"]).with_code(0);
    let json = site.tally(&["export", "cells", "--output", "json", "--quiet"]).with_code(0).json();
    let cells = json.as_array().expect("a list");
    assert_eq!(csv.out.lines().count() - 1, cells.len());
    let text = |cell: &serde_json::Value, name: &str| cell[name].as_str().unwrap_or_default().to_owned();
    let key = |cell: &serde_json::Value| {
        ["data_element", "period", "org_unit", "category_option_combo"].map(|name| text(cell, name))
    };
    for ((element, period, unit, combo, ..), value) in site.values() {
        let found = cells.iter().find(|cell| key(cell) == [&element, &period, &unit, &combo].map(ToString::to_string));
        let cell = found.unwrap_or_else(|| panic!("{element} {period} {unit} {combo} is not exported"));
        assert_eq!(text(cell, "value"), value);
        for name in ["data_element_name", "org_unit_name", "category_option_combo_name"] {
            assert!(!text(cell, name).is_empty(), "{name} of {cell}");
        }
    }
    assert!(!site.values().is_empty());

    let from = ["export", "cells", "--from", "2020W10", "--to", "2020W11", "--output", "json"];
    let some = site.tally(&from).with_code(0).json();
    let periods: BTreeSet<_> = some.as_array().unwrap().iter().map(|cell| text(cell, "period")).collect();
    assert_eq!(periods.into_iter().collect::<Vec<_>>(), ["2020W10", "2020W11"]);
    let none = site.tally(&["export", "cells", "--from", "2010W1", "--to", "2010W2", "--output", "json"]).with_code(0);
    assert_eq!(none.json(), serde_json::json!([]));
}

#[test]
fn values_without_names_need_no_server() {
    let mut site = ran();
    site.configure(&site.world.dhis2_url(), "http://127.0.0.1:1");
    site.settle();
    let ended = site.tally(&["export", "cells", "--without-names", "--run", "1"]).with_code(0);
    assert!(ended.out.lines().count() > 10 && ended.err.contains("of run 1"), "{ended}");
    snapshot(
        "export_no_such_run",
        &site.tally(&["export", "cells", "--without-names", "--run", "9"]).with_code(10).to_string(),
    );
    let site = Site::weekly();
    snapshot("export_before_any_run", &site.tally(&["export", "cells"]).with_code(10).to_string());
    assert_eq!(WEEKS.len(), 4);
}
