//! `tally locations export`: Go.Data's file of locations from a DHIS2.

use crate::site::{Site, tally_in};
use sandbox::world::account;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Ids and parents of a file's locations.
fn flat(nodes: &Value, into: &mut BTreeMap<String, Option<String>>) {
    for node in nodes.as_array().expect("a list of nodes") {
        let text = |key: &str| node["location"][key].as_str().map(str::to_owned);
        into.insert(text("id").expect("an id"), text("parentLocationId"));
        flat(&node["children"], into);
    }
}

#[test]
fn the_units_of_dhis2_become_a_file_of_locations_that_is_mapped_already() {
    let site = Site::weekly();
    site.tally(&["locations", "export", "--out", "locations.json"]).with_code(0);
    let file: Value = serde_json::from_str(&site.read("locations.json")).unwrap();
    let mut locations = BTreeMap::new();
    flat(&file, &mut locations);
    let units: BTreeSet<&str> = site.world.population.org_units.iter().map(|unit| unit.uid.as_str()).collect();
    let ids: BTreeSet<&str> = locations.keys().map(String::as_str).collect();
    assert!(units.is_subset(&ids) && units.len() > 10, "{ids:?}");
    let is_above = |parent: &Option<String>| parent.as_ref().is_none_or(|parent| ids.contains(parent.as_str()));
    assert!(locations.values().all(is_above));

    // An existing file is not replaced by accident.
    let refused = site.tally(&["locations", "export", "--out", "locations.json"]).with_code(10);
    assert!(refused.err.contains("--force"), "{}", refused.err);
}

#[test]
fn without_a_configuration_dhis2_is_named_on_the_command_line() {
    let site = Site::weekly();
    let folder = tempfile::tempdir().unwrap();
    let url = site.world.dhis2_url();
    let arguments = ["locations", "export", "--url", &url, "--account", account::DHIS2_USERNAME, "--depth", "1"];
    let refused = tally_in(folder.path(), &arguments, &BTreeMap::new()).with_code(10);
    assert!(refused.err.contains("TALLY_DHIS2_PASSWORD"), "{}", refused.err);
    let secret = BTreeMap::from([("TALLY_DHIS2_PASSWORD".to_owned(), account::DHIS2_PASSWORD.to_owned())]);
    let ended = tally_in(folder.path(), &arguments, &secret).with_code(0);
    assert_eq!(ended.json().as_array().map(Vec::len), Some(1), "{ended}");
    assert!(ended.err.contains("below the last level"), "{}", ended.err);
    let wrong = BTreeMap::from([("TALLY_DHIS2_PASSWORD".to_owned(), "wrong".to_owned())]);
    tally_in(folder.path(), &arguments, &wrong).with_code(30);
    let refused = tally_in(folder.path(), &["locations", "export"], &secret).with_code(10);
    assert!(refused.err.contains("--url"), "{}", refused.err);
    let nowhere = ["locations", "export", "--url", &url, "--account", account::DHIS2_USERNAME, "--root", "Nowhere1234"];
    let refused = tally_in(folder.path(), &nowhere, &secret).with_code(10);
    assert!(refused.err.contains("no organisation unit `Nowhere1234`"), "{}", refused.err);
}
