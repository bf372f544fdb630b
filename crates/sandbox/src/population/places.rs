//! The 40 places, the organisation units that mirror most of them, and the map between the two.

use serde_json::json;

use crate::godata::{Document, document};
use crate::random::Random;

/// The country, root of the tree.
pub(super) const COUNTRY: &str = "SN000";

/// A second root that no organisation unit stands for: people who live abroad.
pub(super) const ABROAD: &str = "SN900";

/// A district that was merged into another: inactive, and still somebody's residence.
pub(super) const INACTIVE: &str = "SN038";

/// Districts without an organisation unit of their own; their cases belong to the province.
const WITHOUT_ORG_UNIT: [&str; 2] = ["SN013", "SN027"];

pub(super) const N_PROVINCES: usize = 5;
pub(super) const N_DISTRICTS: usize = 33;

const PROVINCES: [&str; N_PROVINCES] = ["Côte", "Highland", "Lakes", "N'Dar", "Savannah"];
const DISTRICTS: [&str; 7] = ["East", "West", "North", "South", "Upper", "Lower", "Central"];

/// An organisation unit of the simulated DHIS2.
#[derive(Clone, Debug, PartialEq)]
pub struct OrgUnit {
    /// 11 letters and digits, the first a letter.
    pub uid: String,
    /// The code.
    pub code: String,
    /// The name, equal to the place's.
    pub name: String,
    /// The parent's uid; `None` for the root.
    pub parent: Option<String>,
    /// 1 for the root.
    pub level: u8,
    /// The Go.Data location that it mirrors.
    pub location_id: String,
    /// Longitude and latitude of its point, where it has one instead of a border.
    pub point: Option<(f64, f64)>,
    /// Corners of its border: longitude and latitude, the first one last again.
    pub border: Vec<(f64, f64)>,
}

struct Place {
    id: String,
    name: String,
    parent: Option<String>,
    level: u8,
}

fn places() -> Vec<Place> {
    let id = |number: usize| format!("SN{number:03}");
    let mut places = vec![Place { id: COUNTRY.into(), name: "Sandland".into(), parent: None, level: 0 }];
    for (at, name) in PROVINCES.iter().enumerate() {
        places.push(Place { id: id(1 + at), name: (*name).into(), parent: Some(COUNTRY.into()), level: 1 });
    }
    for at in 0..N_DISTRICTS {
        let (province, side) = (at % N_PROVINCES, at / N_PROVINCES);
        let name = format!("{} {}", PROVINCES[province], DISTRICTS[side]);
        places.push(Place { id: id(1 + N_PROVINCES + at), name, parent: Some(id(1 + province)), level: 2 });
    }
    places.push(Place { id: ABROAD.into(), name: "Abroad".into(), parent: None, level: 0 });
    places
}

/// The districts that a case may simply live in.
pub(super) fn districts() -> Vec<String> {
    places().into_iter().filter(|place| place.level == 2 && place.id != INACTIVE).map(|place| place.id).collect()
}

/// The provinces.
pub(super) fn provinces() -> Vec<String> {
    places().into_iter().filter(|place| place.level == 1).map(|place| place.id).collect()
}

pub(super) fn locations() -> Vec<Document> {
    let stamp = "2020-01-01T08:00:00.000Z";
    places()
        .into_iter()
        .map(|place| {
            let level = format!("LNG_REFERENCE_DATA_CATEGORY_LOCATION_GEOGRAPHICAL_LEVEL_ADMIN_LEVEL_{}", place.level);
            let code = json!([{ "code": "LNG_REFERENCE_DATA_CATEGORY_LOCATION_IDENTIFIER_OTHER",
                "description": code(&place.id) }]);
            document(json!({
                "id": place.id, "name": place.name, "synonyms": [], "identifiers": code,
                "active": place.id != INACTIVE, "populationDensity": 0, "parentLocationId": place.parent,
                "geographicalLevelId": level, "createdAt": stamp, "createdBy": "system", "updatedAt": stamp,
                "updatedBy": "system", "dbUpdatedAt": stamp, "createdOn": "API", "deleted": false,
            }))
        })
        .collect()
}

pub(super) fn org_units() -> Vec<OrgUnit> {
    let mirrored = |id: &str| id != ABROAD && !WITHOUT_ORG_UNIT.contains(&id);
    places()
        .into_iter()
        .filter(|place| mirrored(&place.id))
        .map(|place| OrgUnit {
            uid: uid(&place.id),
            code: code(&place.id),
            name: place.name,
            parent: place.parent.as_deref().map(uid),
            level: place.level + 1,
            point: super::border::point(&place.id),
            border: super::border::border(&place.id),
            location_id: place.id,
        })
        .collect()
}

fn code(location_id: &str) -> String {
    format!("OU_{location_id}")
}

/// A DHIS2 uid for a text: 11 characters, the first a letter.
fn uid(text: &str) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let all = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut random = Random::of_text(text);
    random.text(letters, 1) + &random.text(all, 10)
}

pub(super) fn csv(locations: &[Document], org_units: &[OrgUnit]) -> String {
    let mut csv = String::from("location_id,location,parent,org_unit,org_unit_name,how,confidence\n");
    let text =
        |location: &Document, field: &str| location.get(field).and_then(|it| it.as_str()).unwrap_or("").to_owned();
    for location in locations {
        let id = text(location, "id");
        let parent = text(location, "parentLocationId");
        let parent = locations.iter().find(|one| text(one, "id") == parent).map(|one| text(one, "name"));
        let unit = org_units.iter().find(|unit| unit.location_id == id);
        let (uid, name, how, confidence) =
            unit.map_or(("", "", "", ""), |unit| (unit.uid.as_str(), unit.name.as_str(), "code", "1"));
        let (place, parent) = (text(location, "name"), parent.unwrap_or_default());
        let [place, parent, name] = [&place, &parent, name].map(quoted);
        csv += &format!("{id},{place},{parent},{uid},{name},{how},{confidence}\n");
    }
    csv
}

/// A field of a CSV, in quotes where it needs them.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn forty_places_and_thirty_seven_units_with_valid_distinct_uids() {
        let units = org_units();
        assert_eq!((locations().len(), units.len()), (40, 37));
        let uids: BTreeSet<&str> = units.iter().map(|unit| unit.uid.as_str()).collect();
        assert_eq!(uids.len(), units.len());
        for unit in &units {
            assert!(unit.uid.len() == 11 && unit.uid.starts_with(|c: char| c.is_ascii_alphabetic()), "{}", unit.uid);
            assert!(unit.parent.as_deref().is_none_or(|parent| uids.contains(parent)));
        }
    }

    #[test]
    fn the_map_has_a_row_for_every_place_mapped_or_not() {
        let csv = csv(&locations(), &org_units());
        assert_eq!(csv.lines().count(), 41);
        assert!(csv.lines().all(|line| line.split(',').count() == 7));
        assert!(csv.contains("SN900,Abroad,,,,,"));
    }
}
