//! What DHIS2 finds wrong with a package before it writes any of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{COLLECTIONS, Collection, OTHERS, named, objects};
use crate::dhis2::catalogue::Uid;
use crate::dhis2::metadata::Metadata;

/// Most characters of a property.
const LENGTHS: [(&str, usize); 3] = [("code", 50), ("shortName", 50), ("name", 230)];

/// What is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) collection: &'static str,
    pub(super) index: usize,
    pub(super) uid: Option<String>,
    pub(super) code: &'static str,
    pub(super) property: Option<&'static str>,
    pub(super) message: String,
}

/// What the server has: of each collection the UIDs, with the properties that are unique.
pub(super) struct Existing {
    objects: BTreeMap<&'static str, BTreeMap<String, BTreeMap<&'static str, String>>>,
    /// Category option combos: combo, options, UID.
    option_combos: Vec<(String, BTreeSet<String>, String)>,
    /// The options of each category.
    categories: BTreeMap<String, BTreeSet<String>>,
}

impl Existing {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let mut objects: BTreeMap<&'static str, BTreeMap<_, _>> = BTreeMap::new();
        let mut put = |collection, uid: &str, code: Option<&str>, name: &str, short_name: Option<&str>| {
            let given = [("code", code), ("name", Some(name)), ("shortName", short_name)];
            let given = given.into_iter().filter_map(|(key, text)| Some((key, text?.to_owned()))).collect();
            objects.entry(collection).or_default().insert(uid.to_owned(), given);
        };
        macro_rules! all {
            ($collection:literal, $list:ident) => {
                for one in &metadata.$list {
                    put($collection, &one.uid, one.code.as_deref(), &one.name, None);
                }
            };
        }
        all!("categoryOptions", category_options);
        all!("categories", categories);
        all!("categoryCombos", category_combos);
        all!("categoryOptionCombos", category_option_combos);
        all!("optionSets", option_sets);
        all!("organisationUnits", org_units);
        all!("indicators", indicators);
        for one in &metadata.data_elements {
            put("dataElements", &one.uid, one.code.as_deref(), &one.name, one.short_name.as_deref());
        }
        for one in &metadata.data_sets {
            put("dataSets", &one.uid, one.code.as_deref(), &one.name, one.short_name.as_deref());
        }
        for option in metadata.option_sets.iter().flat_map(|set| &set.options) {
            put("options", &option.uid, None, &option.name, None);
        }
        for ((collection, uid), other) in &metadata.others {
            let Some(collection) = OTHERS.into_iter().find(|one| one == collection) else { continue };
            put(collection, uid, other["code"].as_str(), other["name"].as_str().unwrap_or_default(), None);
        }
        let combos = metadata.category_option_combos.iter();
        let options = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
        Self {
            objects,
            option_combos: combos
                .map(|one| (one.category_combo.clone(), options(&one.category_options), one.uid.clone()))
                .collect(),
            categories: metadata
                .categories
                .iter()
                .map(|one| (one.uid.clone(), options(&one.category_options)))
                .collect(),
        }
    }

    pub(super) fn has(&self, collection: &str, uid: &str) -> bool {
        self.objects.get(collection).is_some_and(|objects| objects.contains_key(uid))
    }

    /// The UID of another object that has this property.
    fn other_with(&self, collection: &str, property: &str, text: &str, uid: &str) -> Option<&str> {
        let others = self.objects.get(collection)?.iter().filter(|(other, _)| *other != uid);
        let mut same = others.filter(|(_, given)| given.get(property).is_some_and(|own| own == text));
        same.next().map(|(other, _)| other.as_str())
    }
}

/// Everything that is wrong.
pub(super) fn check(package: &Map<String, Value>, existing: &Existing) -> Vec<Fault> {
    let mut faults = Vec::new();
    for collection in &COLLECTIONS {
        let mut taken: BTreeSet<(&str, &str)> = BTreeSet::new();
        for (index, object) in objects(package, collection.name).enumerate() {
            let uid = object["id"].as_str();
            let mut fault = |code, property, message| {
                let (collection, uid) = (collection.name, uid.map(str::to_owned));
                faults.push(Fault { collection, index, uid, code, property, message });
            };
            if let Some(uid) = uid.filter(|uid| Uid::parse(uid).is_none()) {
                fault("E4014", Some("id"), format!("Invalid UID `{uid}` for property `id`"));
            }
            for property in collection.required.iter().filter(|property| object[**property].is_null()) {
                fault("E4000", Some(property), format!("Missing required property `{property}`."));
            }
            for (property, most) in LENGTHS {
                let length = object[property].as_str().map_or(0, |text| text.chars().count());
                if length > most {
                    let message =
                        format!("Maximum length of property `{property}`is {most}, but given length was {length}.");
                    fault("E4001", Some(property), message);
                }
            }
            for property in collection.unique {
                let Some(text) = object[*property].as_str() else { continue };
                let other = existing.other_with(collection.name, property, text, uid.unwrap_or_default());
                if other.is_some() || !taken.insert((property, text)) {
                    let message = format!(
                        "Property `{property}` with value `{text}` on object {} already exists on object {}.",
                        spelt(collection, object),
                        other.unwrap_or("of this package"),
                    );
                    fault("E5003", Some(property), message);
                }
            }
            for (path, target) in collection.references {
                for named in named(object, path) {
                    let in_package = objects(package, target).any(|one| one["id"].as_str() == Some(named));
                    if !in_package && !existing.has(target, named) {
                        let association = path.split('.').next().unwrap_or_default();
                        let message = format!(
                            "Invalid reference [{named}] ({target}) on object {} for association `{association}`.",
                            spelt(collection, object),
                        );
                        fault("E5002", path.split('.').next(), message);
                    }
                }
            }
        }
    }
    option_combos(package, existing, &mut faults);
    faults
}

/// Category option combos come all together or not at all, each set of options once, and none beside one that is there.
fn option_combos(package: &Map<String, Value>, existing: &Existing, faults: &mut Vec<Fault>) {
    let set = |object: &Value| named(object, "categoryOptions").into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    let all: Vec<&Value> = objects(package, "categoryOptionCombos").collect();
    for (index, object) in all.iter().enumerate() {
        let combo = object["categoryCombo"]["id"].as_str().unwrap_or_default();
        let uid = object["id"].as_str().unwrap_or_default();
        let mut fault = |code, message| {
            let (collection, uid) = ("categoryOptionCombos", Some(uid.to_owned()));
            faults.push(Fault { collection, index, uid, code, property: None, message });
        };
        let Some(definition) = objects(package, "categoryCombos").find(|one| one["id"].as_str() == Some(combo)) else {
            continue;
        };
        let categories: Vec<BTreeSet<String>> = named(definition, "categories")
            .into_iter()
            .map(|category| match objects(package, "categories").find(|one| one["id"].as_str() == Some(category)) {
                Some(given) => set(given),
                None => existing.categories.get(category).cloned().unwrap_or_default(),
            })
            .collect();
        let own = set(object);
        let siblings = all.iter().filter(|one| one["categoryCombo"]["id"].as_str() == Some(combo));
        let (n_expected, n) = (categories.iter().map(BTreeSet::len).product::<usize>(), siblings.clone().count());
        if n != n_expected {
            let message = format!(
                "Mismatch in number of category option combos: {n} provided, {n_expected} expected for {combo}"
            );
            fault("E1130", message);
            continue;
        }
        let is_one_of_each =
            own.len() == categories.len() && categories.iter().all(|of| of.intersection(&own).count() == 1);
        if !is_one_of_each || siblings.filter(|one| set(one) == own).count() > 1 {
            fault("E1131", format!("Unexpected category option combo {uid} for category combo {combo}"));
        }
        let there = existing.option_combos.iter().find(|(of, options, _)| of == combo && *options == own);
        if let Some((_, _, other)) = there.filter(|(_, _, other)| other != uid) {
            fault("E1132", format!("Category option combo {uid} already exists as {other} for {combo}"));
        }
    }
}

fn spelt(collection: &Collection, object: &Value) -> String {
    let class = collection.class.rsplit('.').next().unwrap_or_default();
    let text = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
    format!("{} [{}] ({class})", text("name"), text("id"))
}
