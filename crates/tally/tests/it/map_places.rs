//! `tally map places`: from two trees with other names to a map that a run can use.

use crate::site::{Site, command_in, shape, snapshot, tally_in, weekly_numbers};
use jiff::civil::date;
use sandbox::population::Population;
use sandbox::world::WorldOptions;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Names as they are written in DHIS2, where they are written otherwise than in Go.Data.
const NAMES: [(&str, &str); 9] = [
    ("Sandland", "Republic of Sandland"),
    ("Côte", "Cote Province"),
    ("N'Dar", "N’dar Province"),
    ("Highland", "Haute Terre"),
    ("Côte East", "ct Côte-East District"),
    ("N'Dar Upper", "Upper Ndar District"),
    ("Savannah Central", "Savanna Central"),
    ("Lakes North", "Lakes No. 1"),
    ("Savannah South", "Southern Plain"),
];

/// A site whose locations have no codes, whose organisation units have other names, and that has no map yet.
fn unmapped() -> Site {
    let mut population = Population::covid19(19, 240, date(2020, 2, 3), 12);
    for location in &mut population.documents.locations {
        location.insert("identifiers".to_owned(), json!([]));
    }
    for unit in &mut population.org_units {
        if let Some((_, name)) = NAMES.iter().find(|(name, _)| *name == unit.name) {
            unit.name = (*name).to_owned();
        }
    }
    let site = Site::of(weekly_numbers(), population, &WorldOptions::default());
    std::fs::remove_file(site.path("places.csv")).expect("the map is there");
    site
}

/// The organisation unit that the map has for each location.
fn mapped(site: &Site) -> BTreeMap<String, String> {
    let text = site.read("places.csv");
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    rows.filter(|cells| !cells[3].is_empty()).map(|cells| (cells[0].to_owned(), cells[3].to_owned())).collect()
}

/// The right organisation unit of each location.
fn truth(site: &Site) -> BTreeMap<String, String> {
    site.world.population.org_units.iter().map(|unit| (unit.location_id.clone(), unit.uid.clone())).collect()
}

#[test]
fn a_map_is_made_filled_in_and_used() {
    let site = unmapped();
    let dry = site.tally(&["map", "places", "--dry-run"]).with_code(40);
    assert!(!site.path("places.csv").exists(), "a dry run writes nothing");
    snapshot("map_places_dry_run", &dry.to_string());

    let first = site.tally(&["map", "places"]).with_code(40);
    snapshot("map_places", &first.to_string());
    snapshot("map_places_csv", &site.read("places.csv"));
    let (found, truth) = (mapped(&site), truth(&site));
    assert!(found.len() >= 32 && found.iter().all(|(location, unit)| truth.get(location) == Some(unit)), "{found:#?}");
    assert_eq!(site.n_writes(), 0, "nothing is written to a server");

    // In a spreadsheet, a person fills in a name, an id and a code, and says that the rest has none.
    let unit = |name: &str| site.world.population.org_units.iter().find(|unit| unit.name == name).expect("a unit");
    let fill = |line: &str| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        match cells[1].as_str() {
            "Highland" => cells[3] = "haute terre".to_owned(),
            "Lakes North" => cells[3].clone_from(&unit("Lakes No. 1").code),
            "Savannah South" => cells[3].clone_from(&unit("Southern Plain").uid),
            _ if cells[5] == "open" => "above".clone_into(&mut cells[5]),
            _ => {}
        }
        cells.join(",") + "\n"
    };
    site.write("places.csv", site.read("places.csv").lines().map(fill).collect::<String>());
    let second = site.tally(&["map", "places"]).with_code(0);
    snapshot("map_places_filled_in", &second.to_string());
    assert_eq!(mapped(&site), truth);
    let text = site.read("places.csv");
    let third = site.tally(&["map", "places"]).with_code(0);
    assert_eq!(site.read("places.csv"), text, "there is nothing more to do:\n{third}");

    // The map is what a run needs.
    site.run().with_code(0);
    assert_eq!(site.values(), site.truth());
}

#[test]
fn what_a_person_wrote_stays() {
    let site = unmapped();
    let units = &site.world.population.org_units;
    let wrong = &units.iter().find(|unit| unit.location_id == "SN020").expect("a unit").uid;
    let text = format!("location_id,org_unit,Who says so\nSN007,{wrong},\"the ministry, by letter\"\nSN008,,nobody\n");
    site.write("places.csv", &text);
    site.tally(&["map", "places", "--no-records"]).with_code(40);
    let map = site.read("places.csv");
    let lines: Vec<&str> = map.lines().collect();
    assert!(lines[1].starts_with(&format!("SN007,{wrong},\"the ministry, by letter\",")), "{map}");
    assert!(lines[2].starts_with("SN008,,nobody,"), "{map}");
    assert!(
        !map.lines().skip(3).any(|line| line.split(',').nth(1) == Some(wrong.as_str())),
        "what a person gave away is nobody else's:\n{map}"
    );
    let json = site.tally(&["map", "places", "--reopen", "--output", "json"]).with_code(40).json();
    let of = |id: &str| -> Value {
        let rows = json["locations"].as_array().expect("a list");
        rows.iter().find(|row| row["location_id"] == id).expect("the location").clone()
    };
    assert_eq!((&of("SN007")["standing"], &of("SN008")["standing"]), (&json!("kept"), &json!("accepted")));
}

#[test]
fn a_tree_that_was_converted_is_recognised() {
    let mut population = Population::covid19(19, 100, date(2020, 2, 3), 12);
    let uids: BTreeMap<String, String> =
        population.org_units.iter().map(|unit| (unit.location_id.clone(), unit.uid.clone())).collect();
    for location in &mut population.documents.locations {
        let id = location.get("id").and_then(Value::as_str).expect("an id").to_owned();
        let code: Vec<Value> =
            uids.get(&id).map(|uid| json!({ "code": uid, "description": "DHIS2" })).into_iter().collect();
        location.insert("identifiers".to_owned(), code.into());
        location.insert("name".to_owned(), json!(format!("Place {id}")));
    }
    let site = Site::of(weekly_numbers(), population, &WorldOptions::default());
    std::fs::remove_file(site.path("places.csv")).expect("the map is there");
    let ended = site.tally(&["map", "places"]).with_code(40);
    assert!(ended.out.contains("were made from DHIS2's organisation units: 37 have the id of one"), "{ended}");
    assert_eq!(mapped(&site), truth(&site));
}

#[test]
fn records_come_from_the_line_list_once_there_is_one() {
    let site = Site::weekly();
    site.run().with_code(0);
    let json = site.tally(&["map", "places", "--output", "json"]).json();
    assert_eq!(json["counted"], "line_list");
    let locations = json["locations"].as_array().expect("a list");
    let records: u64 = locations.iter().filter_map(|one| one["records"].as_u64()).sum();
    assert!(records > 100, "{records}");
    snapshot("map_places_json", &serde_json::to_string_pretty(&shape(&json)).unwrap());
}

#[test]
fn what_cannot_be_is_refused() {
    let site = unmapped();
    site.write("places.csv", "location_id,org_unit,how\nSN007,Nowhere land,open\n");
    snapshot("map_places_no_such_unit", &site.tally(&["map", "places"]).with_code(10).to_string());
    assert_eq!(site.read("places.csv"), "location_id,org_unit,how\nSN007,Nowhere land,open\n");
    site.write("places.csv", "id,unit\nSN007,x\n");
    snapshot("map_places_no_map", &site.tally(&["map", "places"]).with_code(10).to_string());
    snapshot("map_places_confidence", &site.tally(&["map", "places", "--accept", "0.3"]).with_code(2).to_string());
    site.write("places.csv", "");
    site.world.dhis2.edit(|metadata| metadata.data_sets.iter_mut().for_each(|set| set.org_units.clear()));
    snapshot("map_places_nothing_assigned", &site.tally(&["map", "places"]).with_code(30).to_string());
}

#[test]
fn help_teaches_how_places_are_mapped() {
    let ended = tally_in(std::env::temp_dir().as_path(), &["map", "places", "--help"], &BTreeMap::new()).with_code(0);
    snapshot("help_map_places", &ended.to_string());
}

/// A person at a terminal: takes the first candidate, searches for another, leaves one to the location above, and stops.
#[cfg(unix)]
#[test]
fn a_person_is_asked_at_the_terminal() {
    let site = unmapped();
    let mut command = command_in(site.folder(), &["map", "places", "--no-records"], &BTreeMap::new());
    command.env("TERM", "xterm").env("NO_COLOR", "1").env("COLUMNS", "200");
    let mut person = rexpect::session::spawn_command(inherited(command), Some(60_000)).expect("a terminal");
    let mut answer = |question: &str, keys: &str| {
        person.exp_string(question).unwrap_or_else(|error| panic!("{question}: {error}"));
        person.send(keys).and_then(|_| person.flush()).expect("the terminal takes keys");
    };
    answer("Abroad", "own: leave\r");
    answer("type to search", "Haute Terre\r");
    answer("type to search", "\x1b");
    answer("type to search", "Stop asking\r");
    person.exp_string("Written to").expect("the map is written");
    let (found, truth) = (mapped(&site), truth(&site));
    assert!(site.read("places.csv").contains(",person,"), "{}", site.read("places.csv"));
    assert!(site.read("places.csv").contains("SN900,Abroad,,,,above,"), "{}", site.read("places.csv"));
    let highland = site.world.population.org_units.iter().find(|unit| unit.name == "Haute Terre").expect("a unit");
    assert_eq!(found.get(&highland.location_id), Some(&highland.uid));
    assert!(found.iter().all(|(location, unit)| truth.get(location) == Some(unit)));
}

/// The command as a terminal wants it: a terminal gives input and output itself.
#[cfg(unix)]
pub(crate) fn inherited(command: std::process::Command) -> std::process::Command {
    let mut fresh = std::process::Command::new(command.get_program());
    fresh.args(command.get_args()).env_clear();
    fresh.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        fresh.current_dir(folder);
    }
    fresh
}
