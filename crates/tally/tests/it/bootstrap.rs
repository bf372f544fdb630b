//! `tally bootstrap`: from a DHIS2 with nothing but organisation units to proved values in it.

use crate::site::{Site, WEEKS, weekly_numbers};
use jiff::civil::date;
use sandbox::dhis2::Metadata;
use sandbox::population::Population;
use sandbox::world::WorldOptions;
use serde_json::Value;
use std::collections::BTreeMap;

/// A DHIS2 in which nobody has made anything, and an account that may import metadata.
fn empty(version: &str) -> Site {
    let options = WorldOptions { dhis2_version: version.to_owned(), ..WorldOptions::default() };
    let site = Site::of(weekly_numbers(), Population::covid19(19, 240, date(2020, 2, 3), 12), &options);
    site.world.dhis2.edit(|metadata| {
        let users = std::mem::take(&mut metadata.users);
        *metadata = Metadata::bare(&metadata.org_units);
        metadata.users = users;
        metadata.users[0].authorities.insert("F_METADATA_IMPORT".to_owned());
    });
    site
}

/// How many data elements, category options, category option combos and data sets there are.
fn n_objects(site: &Site) -> [usize; 4] {
    site.world.dhis2.edit(|metadata| {
        let data_sets = metadata.data_sets.len();
        let combos = metadata.category_option_combos.len();
        [metadata.data_elements.len(), metadata.category_options.len(), combos, data_sets]
    })
}

#[test]
fn an_empty_dhis2_takes_the_package_and_then_the_numbers() {
    for version in ["2.42.1", "2.43.1"] {
        let site = empty(version);
        let imported = site.tally(&["bootstrap", "--import", "--yes", "--assign"]).with_code(0);
        assert!(imported.out.contains("Imported into DHIS2"), "{imported}");
        assert!(imported.out.contains("The configuration names all of it already."), "{imported}");
        // 8 data elements; 14 ages and 3 sexes and the default; 42 combinations and the default.
        assert_eq!(n_objects(&site), [8, 18, 43, 1]);
        site.run().with_code(0);
        let truth = site.truth();
        assert!(truth.len() > 100, "there is something to compare: {}", truth.len());
        assert_eq!(site.values(), truth);

        // What is there is not made twice, and what people changed stays.
        let unit = site.world.population.org_units[3].uid.clone();
        site.world.dhis2.unassign("uKtOZwDnIpM", &unit);
        let again = site.tally(&["bootstrap", "--import", "--yes"]).with_code(0);
        assert!(again.out.contains("DHIS2 has all that report `weekly` needs."), "{again}");
        assert_eq!(n_objects(&site), [8, 18, 43, 1]);
        let is_assigned = site.world.dhis2.edit(|metadata| metadata.data_sets[0].org_units.contains(&unit));
        assert!(!is_assigned);
    }
}

#[test]
fn a_new_group_changes_what_the_first_import_made() {
    let site = empty("2.42.1");
    site.tally(&["bootstrap", "--import", "--yes", "--assign"]).with_code(0);
    site.run().with_code(0);
    let before = site.values();
    site.configure(
        "{ ages = \"80+\", option = \"c2hLbh0drQI\" }",
        "{ ages = \"80-89\", option = \"c2hLbh0drQI\" }, { ages = \"90+\", option = \"Ninety90Old\" }",
    );
    let changed = site.tally(&["bootstrap", "--import", "--yes"]).with_code(0);
    assert!(changed.out.contains("1 category option\n"), "{changed}");
    assert!(changed.out.contains("3 category option combos are missing"), "{changed}");
    site.world.dhis2.update_option_combos();
    assert_eq!(n_objects(&site), [8, 19, 46, 1]);
    let n_units = site.world.dhis2.edit(|metadata| metadata.data_sets[0].org_units.len());
    assert_eq!(n_units, site.world.population.org_units.len(), "the organisation units stayed");
    // The values are still where they were, and a run finds its way.
    assert_eq!(site.values(), before);
    site.run().with_code(0);
}

/// The weekly example without any name of DHIS2's.
fn unnamed(site: &Site) {
    let config = site.read("tally.toml");
    let kept = config.lines().filter(|line| !line.starts_with("data_element = ")).collect::<Vec<_>>().join("\n");
    site.write("tally.toml", kept.replace("data_set = \"uKtOZwDnIpM\"", "data_set = \"NEW\""));
}

/// Sums of all values, by indicator.
fn sums(site: &Site, element_of: impl Fn(&str) -> String) -> BTreeMap<&'static str, u64> {
    let codes = ["confirmed_cases", "probable_cases", "confirmed_deaths", "health_worker_cases", "hospitalised"];
    let of = |code: &&'static str| {
        let element = element_of(code);
        let own = site.values().into_iter().filter(|(key, _)| key.0 == element);
        (*code, own.map(|(_, value)| value.parse::<u64>().expect("a count")).sum())
    };
    codes.iter().map(of).collect()
}

#[test]
fn a_report_without_names_gets_them() {
    let site = empty("2.42.1");
    unnamed(&site);
    site.tally(&["run"]).with_code(10);
    let imported = site.tally(&["bootstrap", "--import", "--yes", "--assign", "--output", "json"]).with_code(0).json();
    let lines = imported["configuration"].as_str().expect("the configuration needs lines");
    let told: toml::Table = toml::from_str(lines).expect("they are TOML");
    let report = &told["report"][0];
    let text = |value: &toml::Value| value.as_str().unwrap_or_default().to_owned();
    let elements: BTreeMap<String, String> = report["indicator"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|indicator| (text(&indicator["code"]), text(&indicator["data_element"])))
        .collect();
    site.configure("data_set = \"NEW\"", &format!("data_set = {}", report["data_set"]));
    for (code, element) in &elements {
        let line = format!("code = \"{code}\"");
        site.configure(&line, &format!("{line}\ndata_element = \"{element}\""));
    }
    site.run().with_code(0);
    let reference = Site::weekly();
    reference.run().with_code(0);
    let config = reference.read("tally.toml");
    let given = |code: &str| {
        let rest = config.split(&format!("code = \"{code}\"")).nth(1).expect("the example has it");
        rest.split("data_element = \"").nth(1).expect("it has a data element")[..11].to_owned()
    };
    let expected = sums(&reference, given);
    assert!(expected.values().all(|sum| *sum > 0), "{expected:?}");
    assert_eq!(sums(&site, |code| elements[code].clone()), expected);
    let again = site.tally(&["bootstrap", "--import", "--yes"]).with_code(0);
    assert!(again.out.contains("DHIS2 has all that report `weekly` needs."), "{again}");
}

/// Objects of a collection of a package.
fn n_in(package: &Value, collection: &str) -> usize {
    package[collection].as_array().map_or(0, Vec::len)
}

#[test]
fn what_dhis2_has_already_is_taken_as_it_is() {
    let site = Site::weekly();
    let made = site.tally(&["bootstrap", "--out", "package.json"]).with_code(0);
    assert!(made.out.contains("Taken as DHIS2 has it"), "{made}");
    let package: Value = serde_json::from_str(&site.read("package.json")).unwrap();
    for collection in ["dataSets", "dataElements", "categoryOptions", "categories", "categoryCombos"] {
        assert_eq!(n_in(&package, collection), 0, "{collection}: {package:#}");
    }
    assert_eq!((n_in(&package, "visualizations"), n_in(&package, "dashboards")), (2, 1));
    // One that it lacks goes into the data set that is there, beside the others.
    site.configure(
        "code = \"hospitalised\"",
        "code = \"severe\"\nwhen = \"date_of_onset\"\nby = [\"sex\"]\n\n[[report.indicator]]\ncode = \"hospitalised\"",
    );
    site.tally(&["bootstrap", "--out", "package.json", "--force"]).with_code(0);
    let package: Value = serde_json::from_str(&site.read("package.json")).unwrap();
    let set = &package["dataSets"][0];
    assert_eq!((n_in(&package, "dataElements"), n_in(set, "dataSetElements")), (1, 12));
    let n_units = n_in(set, "organisationUnits");
    assert_eq!((set["id"].as_str(), n_units), (Some("uKtOZwDnIpM"), site.world.population.org_units.len()));
    // The category of the three sexes is there; the combo of it alone is not.
    assert_eq!((n_in(&package, "categories"), n_in(&package, "categoryCombos")), (0, 1));
    assert_eq!(n_in(&package, "categoryOptionCombos"), 3);
}

#[test]
fn a_file_is_made_without_asking_anybody_and_is_the_same_each_time() {
    let site = Site::weekly();
    site.world.dhis2.clear_requests();
    let made = site.tally(&["bootstrap", "--offline"]).with_code(0);
    assert!(made.out.contains("weekly-dhis2.json") && made.out.contains("DHIS2 was not asked"), "{made}");
    let first = site.read("weekly-dhis2.json");
    let refused = site.tally(&["bootstrap", "--offline"]).with_code(10);
    assert!(refused.err.contains("--force"), "{refused}");
    site.tally(&["bootstrap", "--offline", "--force", "--assign"]).with_code(0);
    assert_ne!(site.read("weekly-dhis2.json"), first);
    site.tally(&["bootstrap", "--offline", "--force"]).with_code(0);
    assert_eq!(site.read("weekly-dhis2.json"), first);
    assert_eq!(site.world.dhis2.requests().len(), 0);
}

#[test]
fn nothing_is_imported_that_nobody_agreed_to_or_that_dhis2_refuses() {
    let site = empty("2.42.1");
    let before = n_objects(&site);
    let asked = site.tally(&["bootstrap", "--import"]).with_code(10);
    assert!(asked.err.contains("nobody can be asked") && asked.err.contains("would be created"), "{asked}");
    // Somebody else's data element has the name.
    site.world.dhis2.edit(|metadata| {
        let mut other = Metadata::covid19(&[]).data_elements.remove(0);
        "Elsewhere01".clone_into(&mut other.uid);
        "New confirmed cases (Weekly)".clone_into(&mut other.name);
        metadata.data_elements.push(other);
    });
    let refused = site.tally(&["bootstrap", "--import", "--yes"]).with_code(30);
    assert!(refused.err.contains("E5003") && refused.err.contains("New confirmed cases (Weekly)"), "{refused}");
    site.world.dhis2.edit(|metadata| metadata.data_elements.clear());
    site.world.dhis2.edit(|metadata| metadata.users[0].authorities.remove("F_METADATA_IMPORT"));
    let refused = site.tally(&["bootstrap", "--import", "--yes"]).with_code(30);
    assert!(refused.err.contains("F_METADATA_IMPORT"), "{refused}");
    assert_eq!(n_objects(&site), before);
    site.tally(&[["run"].as_slice(), &WEEKS].concat()).with_code(10);
}
