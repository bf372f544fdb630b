//! Metadata for a DHIS2 that has none: data set, data elements, categories, DHIS2 indicators and a dashboard, from a report's
//! definitions.
//!
//! UIDs are made of kinds and codes, so that the same report gives the same package wherever and whenever it is made, and a
//! second import updates what the first one created. Where DHIS2 is asked, what it has already is taken as it is.

mod categories;
mod dashboard;
mod drawing;
mod elements;
mod fragment;
mod identity;
mod present;
mod reconcile;
mod shares;

pub use drawing::{Drawing, draw};
pub use present::Present;
pub use reconcile::package;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// Collections in the order in which their objects need each other.
const COLLECTIONS: [(&str, &str); 12] = [
    ("optionSets", "option set"),
    ("options", "option"),
    ("categoryOptions", "category option"),
    ("categories", "category"),
    ("categoryCombos", "category combo"),
    ("categoryOptionCombos", "category option combo"),
    ("dataElements", "data element"),
    ("dataSets", "data set"),
    ("indicatorTypes", "indicator type"),
    ("indicators", "DHIS2 indicator"),
    ("visualizations", "visualization"),
    ("dashboards", "dashboard"),
];

/// A package of metadata as DHIS2's import takes it. Equal packages are equal texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Package(BTreeMap<&'static str, Vec<Value>>);

impl Package {
    /// The objects of a collection, such as `dataElements`.
    pub fn objects(&self, collection: &str) -> &[Value] {
        self.0.get(collection).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(Vec::is_empty)
    }

    /// The kinds that it has, in words for one object, with how many there are.
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        let of = |(collection, word): &(&str, &'static str)| (*word, self.objects(collection).len());
        COLLECTIONS.iter().map(of).filter(|(_, n)| *n > 0).collect()
    }

    fn put(&mut self, collection: &'static str, object: Value) {
        self.0.entry(collection).or_default().push(object);
    }
}

impl Serialize for Package {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (collection, _) in COLLECTIONS {
            if let Some(objects) = self.0.get(collection) {
                map.serialize_entry(collection, objects)?;
            }
        }
        map.end()
    }
}

/// An object that DHIS2 has already and that is left as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// What it is, in words.
    pub what: &'static str,
    /// Its UID.
    pub id: String,
    /// Its name there.
    pub name: String,
}

/// A data set that the report goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedDataSet {
    /// Its UID.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Bootstrap {
    /// Name of the report.
    pub report: String,
    /// The data sets, in the order of the report.
    pub data_sets: Vec<NamedDataSet>,
    /// What is to be imported.
    #[serde(skip)]
    pub package: Package,
    /// What DHIS2 has already.
    pub kept: Vec<Kept>,
    /// Codes of indicators that are only for rules: no data element is made for them.
    pub not_sent: Vec<String>,
    /// What a person should know, in sentences.
    pub notes: Vec<String>,
    /// The lines that the configuration needs; none if it says all that already.
    pub configuration: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, load_before_dhis2};
    use serde_json::json;
    use std::collections::BTreeSet;

    const EXAMPLES: [&str; 3] = [
        include_str!("../../../examples/covid19-weekly/tally.toml"),
        include_str!("../../../examples/covid19-daily/tally.toml"),
        include_str!("../../../examples/cholera-weekly/tally.toml"),
    ];

    const HEAD: &str = "[godata]\nurl = \"https://godata.example.org\"\noutbreak = \"O\"\nemail = \"a@b.org\"\n\
                        password_env = \"P\"\n[dhis2]\nurl = \"https://dhis2.example.org\"\ntoken_env = \"T\"\n";

    fn config(text: &str) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tally.toml");
        std::fs::write(&path, text).unwrap();
        load_before_dhis2(&path, false).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    /// A configuration of these reports and nothing else.
    fn of(reports: &str) -> Config {
        config(&format!("{HEAD}[places]\nmap = \"places.csv\"\n{reports}"))
    }

    fn made(config: &Config) -> Bootstrap {
        let drawing = draw(config, &config.reports[0], false).unwrap_or_else(|problems| panic!("{problems:#?}"));
        package(&drawing, None).unwrap()
    }

    /// Every id that a value names.
    fn references(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| references(item, into)),
            Value::Object(map) => {
                into.extend(map.get("id").and_then(Value::as_str).map(str::to_owned));
                map.values().for_each(|value| references(value, into));
            }
            _ => {}
        }
    }

    /// What every DHIS2 has.
    const OF_EVERY_DHIS2: [&str; 1] = [drawing::DEFAULT_COMBO];

    fn is_sound(package: &Package) {
        let mut known: BTreeSet<String> = OF_EVERY_DHIS2.map(str::to_owned).into();
        for (collection, _) in COLLECTIONS {
            let mut unique: BTreeSet<(&str, String)> = BTreeSet::new();
            for object in package.objects(collection) {
                let id = object["id"].as_str().expect("every object has a UID");
                assert!(dhis2::Uid::parse(id).is_ok() && known.insert(id.to_owned()), "{collection} {id}");
                let name = object["name"].as_str().expect("every object has a name");
                assert!(!name.is_empty() && name.chars().count() <= identity::NAME_MAX, "{name}");
                for key in ["name", "shortName", "code"] {
                    // Options are told apart within their sets.
                    let Some(text) = object[key].as_str().filter(|_| collection != "options") else { continue };
                    assert!(unique.insert((key, text.to_lowercase())), "{collection}: {key} `{text}` stands twice");
                    assert!(key == "name" || text.chars().count() <= 50, "{text}");
                }
            }
        }
        let items = package.objects("dashboards").iter().flat_map(|one| one["dashboardItems"].as_array().unwrap());
        known.extend(items.map(|item| item["id"].as_str().unwrap().to_owned()));
        for (collection, _) in COLLECTIONS {
            for object in package.objects(collection) {
                let mut named = Vec::new();
                references(object, &mut named);
                assert!(named.iter().all(|id| known.contains(id)), "{collection}: {named:?}");
            }
        }
        for combo in package.objects("categoryCombos") {
            let options = |category: &Value| {
                let found = package.objects("categories").iter().find(|one| one["id"] == category["id"]).unwrap();
                found["categoryOptions"].as_array().unwrap().len()
            };
            let n: usize = combo["categories"].as_array().unwrap().iter().map(options).product();
            let combos = package.objects("categoryOptionCombos").iter();
            let sets: BTreeSet<Vec<&str>> = combos
                .filter(|one| one["categoryCombo"]["id"] == combo["id"])
                .map(|one| {
                    let mut ids: Vec<&str> =
                        one["categoryOptions"].as_array().unwrap().iter().map(|o| o["id"].as_str().unwrap()).collect();
                    ids.sort_unstable();
                    ids
                })
                .collect();
            assert_eq!(sets.len(), n, "every combination once");
        }
    }

    #[test]
    fn the_examples_packages_are_whole_and_come_out_the_same() {
        for text in EXAMPLES {
            let config = config(text);
            let bootstrap = made(&config);
            is_sound(&bootstrap.package);
            let again = made(&config);
            let text = |package: &Package| serde_json::to_string_pretty(package).unwrap();
            assert_eq!(text(&bootstrap.package), text(&again.package));
            // They name everything themselves.
            assert_eq!(bootstrap.configuration, None);
        }
    }

    #[test]
    fn what_the_examples_name_keeps_its_name() {
        let weekly = made(&config(EXAMPLES[0]));
        let ids = |package: &Package, collection: &str| -> BTreeSet<String> {
            package.objects(collection).iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(weekly.data_sets[0].id, "uKtOZwDnIpM");
        assert!(ids(&weekly.package, "dataElements").contains("bmbNyNoJcXP"));
        assert!(ids(&weekly.package, "categoryOptions").contains("MP15bHaQh2x"));
        // Indicators for rules alone have no data element, and the statement has its options.
        assert_eq!(weekly.not_sent, ["cases", "linked_cases"]);
        assert_eq!(weekly.package.objects("dataElements").len(), 11);
        let options: Vec<_> = weekly.package.objects("options").iter().map(|one| one["code"].clone()).collect();
        assert_eq!(options, ["NO_CASES", "CLUSTERS", "SPORADIC", "COMMUNITY"]);

        let cholera = made(&config(EXAMPLES[2]));
        let codes: Vec<_> = cholera.package.objects("dataElements").iter().map(|one| one["code"].clone()).collect();
        assert!(codes.contains(&json!("CHOLERA_RDT_DONE")), "{codes:?}");
        let shares: Vec<_> = cholera.package.objects("indicators").iter().map(|one| one["name"].clone()).collect();
        let titles = ["Rapid test positivity", "Deaths in the community of all deaths"];
        assert_eq!(shares, titles.map(|title| json!(format!("{title} (Cholera weekly)"))));
    }

    const UNNAMED: &str = "[[dimension]]\ncode = \"sex\"\nfield = \"gender\"\nunknown = \"exclude\"\n\
        groups = [{ values = \"MALE\", option = \"MALE\" }, { values = \"FEMALE\", option = \"FEMALE\" }]\n\
        [[report]]\nname = \"weekly\"\ndata_set = \"NEW\"\nperiod = \"Weekly\"\n\
        [[report.indicator]]\nuse = \"outbreak.contacts_due\"\n\
        [[report.indicator]]\nuse = \"outbreak.contacts_seen\"\n\
        [[report.indicator]]\nuse = \"outbreak.active_cases\"\nby = [\"sex\"]\n\
        [[report.indicator]]\nuse = \"outbreak.onset_to_reporting_days\"\n";

    #[test]
    fn what_nobody_named_is_made_and_told() {
        let bootstrap = made(&of(UNNAMED));
        is_sound(&bootstrap.package);
        let kinds: Vec<_> = bootstrap
            .package
            .objects("dataElements")
            .iter()
            .map(|one| [one["name"].clone(), one["valueType"].clone(), one["aggregationType"].clone()])
            .collect();
        let expected = [
            ["Contacts to be visited (Weekly)", "INTEGER_ZERO_OR_POSITIVE", "SUM"],
            ["Contacts seen (Weekly)", "INTEGER_ZERO_OR_POSITIVE", "SUM"],
            ["Active cases at the end of the period (Weekly)", "INTEGER_ZERO_OR_POSITIVE", "LAST"],
            ["Median days from onset to reporting (Weekly)", "NUMBER", "AVERAGE"],
        ];
        assert_eq!(json!(kinds), json!(expected));
        let shares = &bootstrap.package.objects("indicators")[0];
        let of = |code: &str| identity::uid("dataElement", &format!("TALLY_WEEKLY_{code}"));
        assert_eq!(shares["numerator"], json!(format!("#{{{}}}", of("CONTACTS_SEEN"))));
        assert_eq!(shares["denominator"], json!(format!("#{{{}}}", of("CONTACTS_DUE"))));
        insta::assert_snapshot!(bootstrap.configuration.unwrap(), @r#"
        [[dimension]]
        code = "sex"
        unknown = "exclude"
        groups = [
            { values = "MALE", option = "QU4PoJQYGBG" },
            { values = "FEMALE", option = "yy0lKCfPs4e" },
        ]

        [[report]]
        name = "weekly"
        data_set = "aNTPeEzJWrE"

        [[report.indicator]]
        code = "contacts_due"
        data_element = "r1rTOfDBxOB"

        [[report.indicator]]
        code = "contacts_seen"
        data_element = "o2c3hthaCMQ"

        [[report.indicator]]
        code = "active_cases"
        data_element = "t7DFjIeNl7I"

        [[report.indicator]]
        code = "onset_to_reporting_days"
        data_element = "XCAFrqna7xV"
        "#);
    }

    /// Whoever puts the lines into the configuration gets no second set of objects.
    #[test]
    fn the_lines_for_the_configuration_name_what_the_package_brings() {
        let first = made(&of(UNNAMED));
        let told: toml::Table = toml::from_str(&first.configuration.unwrap()).unwrap();
        let mut text = UNNAMED.to_owned();
        let report = &told["report"][0];
        text = text.replace("\"NEW\"", &report["data_set"].to_string());
        for indicator in report["indicator"].as_array().unwrap() {
            let name = format!("use = \"outbreak.{}\"\n", indicator["code"].as_str().unwrap());
            text = text.replace(&name, &format!("{name}data_element = {}\n", indicator["data_element"]));
        }
        for group in told["dimension"][0]["groups"].as_array().unwrap() {
            text = text.replace(&format!("option = {}", group["values"]), &format!("option = {}", group["option"]));
        }
        let second = made(&of(&text));
        assert_eq!(second.configuration, None);
        for collection in ["dataElements", "dataSets", "categoryOptions", "categories", "categoryCombos"] {
            let ids =
                |package: &Package| package.objects(collection).iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
            assert_eq!(ids(&first.package), ids(&second.package), "{collection}");
        }
    }

    #[test]
    fn an_option_for_all_records_is_a_category_of_its_own() {
        let config = of("[[report]]\nname = \"weekly\"\ndata_set = \"NEW\"\nperiod = \"Monthly\"\n\
            [[report.indicator]]\nuse = \"cholera.facility_deaths\"\ndata_element = \"DEATHS\"\noptions = [\"FACILITY\"]\n\
            [[report.indicator]]\nuse = \"cholera.community_deaths\"\ndata_element = \"DEATHS\"\noptions = [\"COMMUNITY\"]\n");
        let bootstrap = made(&config);
        is_sound(&bootstrap.package);
        assert_eq!(bootstrap.package.objects("dataElements").len(), 1);
        let names: Vec<_> = bootstrap.package.objects("categories").iter().map(|one| one["name"].clone()).collect();
        assert_eq!(names, ["Facility or Community (Weekly)"]);
    }

    fn map(value: Value) -> serde_json::Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_dhis2_has_stands_for_what_was_drawn() {
        let config = config(EXAMPLES[2]);
        let drawing = draw(&config, &config.reports[0], true).unwrap();
        assert!(package(&drawing, None).is_err(), "the units of the map are codes, and nobody knows their UIDs");
        let mut present = Present { account: Some("Account0001".to_owned()), ..Present::default() };
        // A data element by its code, an option by its code, another option by the name of ours, a type that is per cent.
        let element = json!({ "id": "Element0001", "code": "CHOLERA_SUSPECTED", "name": "Theirs", "categoryCombo": { "id": "Combo000001" } });
        present.objects.insert("dataElements", vec![map(element)]);
        present
            .objects
            .insert("categoryOptions", vec![map(json!({ "id": "OptionMale1", "code": "SEX_MALE", "name": "Boys" }))]);
        present.all.insert("categoryOptions", vec![map(json!({ "id": "OptionFem01", "name": "FEMALE" }))]);
        present.all.insert("categoryCombos", vec![map(json!({ "id": "Default0001", "isDefault": true }))]);
        present.indicator_types.push(map(json!({ "id": "PerCent0001", "name": "Per cent", "factor": 100 })));
        present.org_units.insert("DISTRICT_PORT".to_owned(), "District001".to_owned());
        let made = package(&drawing, Some(&present)).unwrap();
        let kept: Vec<_> = made.kept.iter().map(|kept| kept.id.as_str()).collect();
        assert_eq!(kept, ["Element0001", "OptionMale1", "PerCent0001"]);
        assert_eq!((made.package.objects("dataElements").len(), made.package.objects("indicatorTypes").len()), (6, 0));
        let text = serde_json::to_string(&made.package).unwrap();
        for (drawn, there) in [
            (identity::uid("dataElement", "CHOLERA_SUSPECTED"), "Element0001"),
            (identity::uid("categoryOption", "SEX_MALE"), "OptionMale1"),
            (identity::uid("indicatorType", shares::PERCENT), "PerCent0001"),
            (drawing::DEFAULT_COMBO.to_owned(), "Default0001"),
        ] {
            assert!(!text.contains(&drawn) && text.contains(there), "{there}");
        }
        let options = made.package.objects("categoryOptions").iter();
        let names: Vec<_> = options.map(|one| one["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"Female (Tally)") && !names.contains(&"Male"), "{names:?}");
        assert!(made.notes.iter().any(|note| note.contains("OptionFem01")), "{:?}", made.notes);
        let data_set = &made.package.objects("dataSets")[0];
        assert_eq!(data_set["organisationUnits"], json!([{ "id": "District001" }]));
        assert_eq!(data_set["sharing"]["public"], "rwr-----");
        assert_eq!(data_set["sharing"]["users"]["Account0001"]["access"], "rwrw----");
    }

    /// Two outbreaks in one DHIS2 may well have other age groups under one name.
    #[test]
    fn reports_share_nothing_that_one_could_change_under_the_other() {
        let first = made(&of(UNNAMED));
        let other = UNNAMED
            .replace("\"weekly\"", "\"measles\"")
            .replace("\"FEMALE\", option = \"FEMALE\"", "\"FEMALE\", option = \"F\"");
        let second = made(&of(&other));
        for (collection, _) in
            COLLECTIONS.iter().filter(|(name, _)| !matches!(*name, "categoryOptions" | "indicatorTypes" | "dataSets"))
        {
            let of = |package: &Package, key: &str| -> BTreeSet<String> {
                package.objects(collection).iter().filter_map(|one| one[key].as_str().map(str::to_owned)).collect()
            };
            for key in
                ["id", "code", "name"].into_iter().filter(|key| *key == "id" || *collection != "categoryOptionCombos")
            {
                let (one, two) = (of(&first.package, key), of(&second.package, key));
                assert!(one.is_disjoint(&two), "{collection} {key}: {one:?} {two:?}");
            }
        }
    }

    #[test]
    fn what_no_metadata_can_be_made_for_is_refused_with_its_place() {
        let by_attribute = config(&EXAMPLES[0].replace("[state]", "id_scheme = \"attribute:ihn1wb9eho8\"\n[state]"));
        let mixed = of("[[dimension]]\ncode = \"sex\"\nfield = \"gender\"\nunknown = \"U\"\n\
            groups = [{ values = \"MALE\", option = \"M\" }]\n\
            [[report]]\nname = \"weekly\"\ndata_set = \"NEW\"\nperiod = \"Monthly\"\nattribute_options = [\"A\"]\n\
            [[report.indicator]]\ncode = \"a\"\nwhen = \"date_of_onset\"\ndata_element = \"X\"\nby = [\"sex\"]\n\
            [[report.indicator]]\ncode = \"b\"\nwhen = \"date_of_onset\"\ndata_element = \"X\"\noptions = [\"B\"]\n");
        let told: Vec<Vec<String>> = [&by_attribute, &mixed]
            .map(|config| {
                let problems = draw(config, &config.reports[0], false).expect_err("it should be refused");
                problems.iter().map(ToString::to_string).collect()
            })
            .into();
        insta::assert_json_snapshot!(told, @r#"
        [
          [
            "the configuration names data sets by a metadata attribute",
            "the configuration names data elements by a metadata attribute",
            "the configuration names category options by a metadata attribute"
          ],
          [
            "the report has options of the data set's own category combo",
            "`a` and `b` disaggregate one data element otherwise"
          ]
        ]
        "#);
    }
}
