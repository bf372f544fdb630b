//! A drawing held against what DHIS2 has: what is there already is taken as it is, what a package made before is set again
//! without losing what people added, and the rest is new.

mod merge;
mod sharing;

use super::drawing::{DEFAULT_COMBO, Drawing, Object};
use super::fragment::fragment;
use super::{Bootstrap, COLLECTIONS, Kept, NamedDataSet, Package, Present};
use crate::error::{Error, ErrorKind};
use dhis2::{IdScheme, Uid};
use merge::{holds, merged};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Makes the package; without `present`, DHIS2 was not asked.
///
/// # Errors
/// Organisation units that are named by codes, and nobody to ask for their UIDs.
pub fn package(drawing: &Drawing<'_>, present: Option<&Present>) -> Result<Bootstrap, Error> {
    let units = org_units(drawing, present)?;
    let mut held = Held {
        objects: drawing.objects.clone(),
        theirs: BTreeMap::new(),
        kept: Vec::new(),
        notes: Vec::new(),
        in_use: BTreeSet::new(),
        renamed: BTreeMap::new(),
    };
    if let Some(units) = &units {
        let list: Vec<Value> = units.iter().map(|id| json!({ "id": id })).collect();
        let data_sets = held.objects.iter_mut().filter(|object| object.collection == "dataSets");
        data_sets.for_each(|object| _ = object.body.insert("organisationUnits".to_owned(), json!(list)));
    }
    sharing::share(&mut held.objects, present.and_then(|present| present.account.as_deref()));
    if let Some(present) = present {
        held.against(present);
    }
    let mut package = Package::default();
    for (collection, _) in COLLECTIONS {
        for object in held.objects.iter().filter(|object| object.collection == collection) {
            package.put(collection, Value::Object(held.whole(object)));
        }
    }
    held.say(drawing, present, &package);
    let data_sets = drawing.data_sets.iter().map(|identity| {
        let drawn = drawing.objects.iter().find(|object| object.id == identity.id);
        let name = drawn.map(Object::name).unwrap_or_default().to_owned();
        NamedDataSet { id: held.now(&identity.id).to_owned(), name }
    });
    Ok(Bootstrap {
        report: drawing.report.name.clone(),
        data_sets: data_sets.collect(),
        configuration: fragment(drawing, |id| held.now(id).to_owned()),
        package,
        kept: held.kept,
        not_sent: drawing.not_sent.clone(),
        notes: held.notes,
    })
}

/// UIDs of the organisation units that the data sets are assigned to.
fn org_units(drawing: &Drawing<'_>, present: Option<&Present>) -> Result<Option<Vec<String>>, Error> {
    let Some(wanted) = &drawing.org_units else { return Ok(None) };
    if let Some(present) = present {
        return Ok(Some(present.org_units.values().cloned().collect::<BTreeSet<_>>().into_iter().collect()));
    }
    let is_by_uid = drawing.config.dhis2.id_schemes.org_unit == IdScheme::Uid;
    if !is_by_uid || wanted.iter().any(|id| Uid::parse(id).is_err()) {
        let message = "the map of places does not name organisation units by UID, and DHIS2 is not asked";
        let advice = "Leave --offline or --assign away.";
        return Err(Error::new(ErrorKind::Config, message).advice(advice));
    }
    Ok(Some(wanted.iter().cloned().collect()))
}

/// The drawing while it is held against DHIS2.
struct Held {
    objects: Vec<Object>,
    /// What is there of an object that the package sets again, by its UID.
    theirs: BTreeMap<String, Map<String, Value>>,
    kept: Vec<Kept>,
    notes: Vec<String>,
    /// Combos of the drawing that data elements have in DHIS2 already.
    in_use: BTreeSet<String>,
    /// UIDs of the drawing, and those that stand for them in DHIS2.
    renamed: BTreeMap<String, String>,
}

impl Held {
    fn against(&mut self, present: &Present) {
        let is_default = |combo: &&Map<String, Value>| combo.get("isDefault") == Some(&Value::Bool(true));
        if let Some(default) = present.all.get("categoryCombos").and_then(|combos| combos.iter().find(is_default)) {
            self.rename(DEFAULT_COMBO, id_of(default));
        }
        // A data element that is there has its categories, so that fewer of them have to be made.
        self.by_name("dataElements", present);
        self.forget_what_nobody_needs();
        self.by_name("categoryOptions", present);
        self.by_parts("categories", "categoryOptions", present);
        self.by_parts("categoryCombos", "categories", present);
        self.option_combos(present);
        for collection in ["optionSets", "options", "indicators", "visualizations", "dashboards"] {
            self.by_name(collection, present);
        }
        self.percent(present);
        self.data_sets(present);
        for collection in ["categoryOptions", "categories", "categoryCombos"] {
            self.tell_names_apart(collection, present);
        }
        let theirs = std::mem::take(&mut self.theirs);
        self.objects.retain(|object| theirs.get(&object.id).is_none_or(|there| !holds(there, &object.body)));
        self.theirs = theirs;
    }

    /// What has a UID or a code of the drawing.
    fn by_name(&mut self, collection: &'static str, present: &Present) {
        let there = present.objects.get(collection).map(Vec::as_slice).unwrap_or_default();
        let drawn: Vec<Object> =
            self.objects.iter().filter(|object| object.collection == collection).cloned().collect();
        for object in drawn {
            let by_id = there.iter().find(|one| id_of(one) == object.id);
            let by_code = || there.iter().find(|one| object.code.is_some() && text_of(one, "code") == object.code);
            match by_id.or_else(by_code) {
                Some(same) if object.is_ours && id_of(same) == object.id => {
                    self.theirs.insert(object.id.clone(), same.clone());
                }
                Some(other) => self.keep(&object, other),
                None => {}
            }
        }
    }

    /// What consists of the same parts, whatever it is called.
    fn by_parts(&mut self, collection: &'static str, parts: &'static str, present: &Present) {
        self.by_name(collection, present);
        let all = present.all.get(collection).map(Vec::as_slice).unwrap_or_default();
        let drawn = self.objects.iter().filter(|object| object.collection == collection).cloned();
        for object in drawn.collect::<Vec<Object>>() {
            if self.theirs.contains_key(&object.id) {
                continue;
            }
            let wanted = ids_in(&object.body, parts);
            if let Some(same) = all.iter().find(|one| ids_in(one, parts) == wanted && !wanted.is_empty()) {
                self.keep(&object, same);
            }
        }
    }

    /// Those of a new combo come with it. Of a combo that is there, 2.42 and later take no new ones beside the old: DHIS2
    /// generates them itself, when it is told to.
    fn option_combos(&mut self, present: &Present) {
        let there = present.objects.get("categoryOptionCombos").map(Vec::as_slice).unwrap_or_default();
        let known: BTreeSet<(Option<String>, BTreeSet<String>)> =
            there.iter().map(|one| (text_at(one, "categoryCombo"), ids_in(one, "categoryOptions"))).collect();
        let (theirs, mut n_missing) = (&self.theirs, 0);
        self.objects.retain(|object| {
            if object.collection != "categoryOptionCombos" {
                return true;
            }
            let combo = text_at(&object.body, "categoryCombo");
            let is_there = combo.as_ref().is_some_and(|combo| theirs.contains_key(combo));
            n_missing += usize::from(is_there && !known.contains(&(combo, ids_in(&object.body, "categoryOptions"))));
            !is_there
        });
        // Of combos that were taken as they are, none is made.
        let combos: BTreeSet<String> = self
            .objects
            .iter()
            .filter(|object| object.collection == "categoryCombos")
            .map(|object| object.id.clone())
            .collect();
        let is_of_new = |object: &Object| text_at(&object.body, "categoryCombo").is_some_and(|id| combos.contains(&id));
        self.objects.retain(|object| object.collection != "categoryOptionCombos" || is_of_new(object));
        if n_missing > 0 {
            self.notes.push(format!(
                "{n_missing} category option combos are missing in DHIS2. Generate them after the import: Data administration, \
                 Maintenance, Update category option combinations."
            ));
        }
    }

    /// Nearly every DHIS2 has a type of indicators that are per cent.
    fn percent(&mut self, present: &Present) {
        let factor = |one: &&Map<String, Value>| one.get("factor").and_then(Value::as_f64) == Some(100.0);
        let drawn = self.objects.iter().find(|object| object.collection == "indicatorTypes").cloned();
        if let (Some(drawn), Some(there)) = (drawn, present.indicator_types.iter().find(factor)) {
            self.keep(&drawn, there);
        }
    }

    /// A data set that somebody else made gets the data elements that it lacks, and nothing else of it is changed.
    fn data_sets(&mut self, present: &Present) {
        let there = present.objects.get("dataSets").map(Vec::as_slice).unwrap_or_default();
        let mut renamed = Vec::new();
        for object in self.objects.iter_mut().filter(|object| object.collection == "dataSets") {
            let by_id = there.iter().find(|one| id_of(one) == object.id);
            let by_code = || there.iter().find(|one| object.code.is_some() && text_of(one, "code") == object.code);
            let Some(found) = by_id.or_else(by_code) else { continue };
            if !object.is_ours || id_of(found) != object.id {
                let added = ["dataSetElements", "organisationUnits", "id"];
                object.body.retain(|key, _| added.contains(&key.as_str()));
                object.body.insert("name".to_owned(), found.get("name").cloned().unwrap_or_default());
                renamed.push((object.id.clone(), id_of(found).to_owned()));
            }
            self.theirs.insert(id_of(found).to_owned(), found.clone());
        }
        for (ours, theirs) in renamed {
            self.rename(&ours, &theirs);
        }
    }

    /// Combos without a data element, with their categories and options, and option sets without one.
    fn forget_what_nobody_needs(&mut self) {
        let of = |objects: &[Object], collection: &str| -> Vec<Object> {
            objects.iter().filter(|object| object.collection == collection).cloned().collect()
        };
        let elements = of(&self.objects, "dataElements");
        let mut combos: BTreeSet<String> =
            elements.iter().filter_map(|one| text_at(&one.body, "categoryCombo")).collect();
        combos.extend(self.in_use.iter().cloned());
        let sets: BTreeSet<String> = elements.iter().filter_map(|one| text_at(&one.body, "optionSet")).collect();
        let below = |collection: &str, key: &str, needed: &BTreeSet<String>| -> BTreeSet<String> {
            let needed = of(&self.objects, collection).into_iter().filter(|one| needed.contains(&one.id));
            needed.flat_map(|one| ids_in(&one.body, key)).collect()
        };
        let categories = below("categoryCombos", "categories", &combos);
        let options = below("categories", "categoryOptions", &categories);
        self.objects.retain(|object| match object.collection {
            "categoryCombos" => combos.contains(&object.id),
            "categoryOptionCombos" => text_at(&object.body, "categoryCombo").is_some_and(|id| combos.contains(&id)),
            "categories" => categories.contains(&object.id),
            "categoryOptions" => options.contains(&object.id),
            "optionSets" => sets.contains(&object.id),
            "options" => text_at(&object.body, "optionSet").is_some_and(|id| sets.contains(&id)),
            _ => true,
        });
    }

    /// Names are unique in DHIS2: one that another object has gets a mark behind it.
    fn tell_names_apart(&mut self, collection: &'static str, present: &Present) {
        let all = present.all.get(collection).map(Vec::as_slice).unwrap_or_default();
        for object in self.objects.iter_mut().filter(|object| object.collection == collection) {
            let others = || all.iter().filter(|one| id_of(one) != object.id);
            for (key, max) in [("name", super::identity::NAME_MAX), ("shortName", super::identity::SHORT_NAME_MAX)] {
                let Some(name) = object.body.get(key).and_then(Value::as_str) else { continue };
                let has_it = |one: &&Map<String, Value>| {
                    text_of(one, key).is_some_and(|other| other.to_lowercase() == name.to_lowercase())
                };
                let Some(other) = others().find(has_it) else { continue };
                const MARK: &str = " (Tally)";
                let short: String = name.chars().take(max - MARK.len()).collect();
                if collection == "categoryOptions" && key == "name" {
                    self.notes.push(format!(
                        "DHIS2 has a category option `{name}` already, {}. If that is meant, name it in the configuration; \
                         now another one is made.",
                        id_of(other)
                    ));
                }
                let renamed = format!("{short}{MARK}");
                object.body.insert(key.to_owned(), json!(renamed));
            }
        }
    }

    /// Leaves an object out for one that is there.
    fn keep(&mut self, drawn: &Object, there: &Map<String, Value>) {
        // A package made it as it is drawn here, so the combo goes on being ours.
        let combo = text_at(there, "categoryCombo")
            .filter(|combo| Some(combo) == text_at(&drawn.body, "categoryCombo").as_ref());
        self.in_use.extend(combo);
        let what = COLLECTIONS.iter().find(|(name, _)| *name == drawn.collection).map_or("", |(_, what)| what);
        let name = text_of(there, "name").unwrap_or_default();
        self.kept.push(Kept { what, id: id_of(there).to_owned(), name });
        self.objects.retain(|object| !(object.collection == drawn.collection && object.id == drawn.id));
        self.rename(&drawn.id, id_of(there));
    }

    /// Puts a UID of DHIS2 wherever the drawing has its own.
    fn rename(&mut self, ours: &str, theirs: &str) {
        if ours == theirs {
            return;
        }
        self.renamed.insert(ours.to_owned(), theirs.to_owned());
        for object in &mut self.objects {
            if object.id == ours {
                object.id = theirs.to_owned();
            }
            object.body.values_mut().for_each(|value| replace(value, ours, theirs));
        }
    }

    fn now<'s>(&'s self, id: &'s str) -> &'s str {
        self.renamed.get(id).map_or(id, String::as_str)
    }

    /// An object as it is sent: with all that DHIS2 has of it besides.
    fn whole(&self, object: &Object) -> Map<String, Value> {
        match self.theirs.get(&object.id) {
            Some(there) => merged(there, &object.body),
            None => object.body.clone(),
        }
    }

    fn say(&mut self, drawing: &Drawing<'_>, present: Option<&Present>, package: &Package) {
        let assigned = |data_set: &Value| data_set["organisationUnits"].as_array().is_some_and(|list| !list.is_empty());
        for data_set in package.objects("dataSets").iter().filter(|data_set| !assigned(data_set)) {
            self.notes.push(format!(
                "The data set `{}` is assigned to no organisation unit: assign it in DHIS2's Maintenance, or give --assign for \
                 those of the map of places.",
                data_set["name"].as_str().unwrap_or_default()
            ));
        }
        if let (Some(present), Some(wanted)) = (present, &drawing.org_units) {
            let n = wanted.iter().filter(|name| !present.org_units.contains_key(*name)).count();
            if n > 0 {
                self.notes.push(format!("DHIS2 does not show {n} of the organisation units of the map of places."));
            }
        }
        if present.is_none() {
            self.notes.push(
                "DHIS2 was not asked what it has: an import over a data set that is there takes away its organisation units, \
                 and a name that is taken is refused."
                    .to_owned(),
            );
            self.notes.push(
                "Everybody who may enter data can enter it into the new data set: narrow its sharing in Maintenance, with \
                 data write for Tally's account."
                    .to_owned(),
            );
        }
        if !package.objects("categoryOptionCombos").is_empty() {
            self.notes.push(
                "The category option combos are in the package, so that nothing has to be generated after the import."
                    .to_owned(),
            );
        }
        if !package.objects("dashboards").is_empty() {
            self.notes
                .push("The dashboard shows numbers once the analytics tables were generated after a run.".to_owned());
        }
    }
}

fn replace(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text.contains(from) => *text = text.replace(from, to),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, from, to)),
        Value::Object(map) => map.values_mut().for_each(|value| replace(value, from, to)),
        _ => {}
    }
}

fn id_of(object: &Map<String, Value>) -> &str {
    object.get("id").and_then(Value::as_str).unwrap_or_default()
}

fn text_of(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// The UID of the object that a property names.
fn text_at(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key)?.get("id")?.as_str().map(str::to_owned)
}

/// The UIDs of the objects that a property lists.
fn ids_in(object: &Map<String, Value>, key: &str) -> BTreeSet<String> {
    let listed = object.get(key).and_then(Value::as_array).into_iter().flatten();
    listed.filter_map(|one| one["id"].as_str().map(str::to_owned)).collect()
}
