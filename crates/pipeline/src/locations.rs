//! Go.Data's locations from a tree of organisation units, as the file that Go.Data imports: an outbreak that begins with it
//! is mapped before anybody maps anything, because a location's id is the organisation unit's.
//!
//! Pure. What the importer refuses (Go.Data 2.50, `common/models/location.js`) is avoided here and said: it takes all or
//! nothing, and refuses a file in which two locations beside each other have one name or one synonym, whatever their case.

use dhis2::{Middle, NamedOrgUnit, Uid};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Go.Data has levels 0 to 9 of its own.
pub const LEVELS_MAX: usize = 10;

/// A location with those that lie in it: `{"location": {...}, "children": [...]}`.
#[derive(Clone, Debug, Serialize)]
pub struct Node {
    /// The location.
    pub location: Location,
    /// What lies in it, in the order of names.
    pub children: Vec<Node>,
}

/// A location as Go.Data's importer takes it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// The organisation unit's UID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its other names.
    pub synonyms: Vec<String>,
    /// Its UID and its code, so that they stay reachable whatever becomes of the id.
    pub identifiers: Vec<Identifier>,
    /// Whether records may be entered there: units that were closed take none.
    pub active: bool,
    /// What it lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_location_id: Option<String>,
    /// Its middle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geo_location: Option<GeoLocation>,
    /// `LNG_REFERENCE_DATA_CATEGORY_LOCATION_GEOGRAPHICAL_LEVEL_ADMIN_LEVEL_0` ...
    pub geographical_level_id: String,
}

/// An id of a location in another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identifier {
    /// The id.
    pub code: String,
    /// What it is.
    pub description: String,
}

/// A point, in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GeoLocation {
    /// Latitude.
    pub lat: f64,
    /// Longitude.
    pub lng: f64,
}

/// What is wanted of the tree.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only this unit and what lies in it.
    pub root: Option<Uid>,
    /// So many levels; none: all that Go.Data has.
    pub depth: Option<usize>,
}

/// The file, and what a person should know of it.
#[derive(Debug)]
pub struct Locations {
    /// The roots.
    pub roots: Vec<Node>,
    /// Number of locations.
    pub n_locations: usize,
    /// How many of them have a point.
    pub n_placed: usize,
    /// Units below the last level.
    pub n_too_deep: usize,
    /// Locations that are named otherwise than their unit, because another beside them has the same name: UID and new name.
    pub renamed: Vec<(String, String)>,
    /// Synonyms that were left out, because another location beside theirs is called so: UID and synonym.
    pub without_synonym: Vec<(String, String)>,
}

/// There is no such root.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no organisation unit `{0}`, or the account does not see it")]
pub struct NoRoot(pub Uid);

/// Makes Go.Data's file of a tree.
///
/// # Errors
/// A root that is not among the units.
pub fn locations(
    units: &[NamedOrgUnit],
    middles: &BTreeMap<Uid, Middle>,
    wanted: &Wanted,
) -> Result<Locations, NoRoot> {
    let known: BTreeSet<Uid> = units.iter().map(|unit| unit.id).collect();
    let mut below: BTreeMap<Option<Uid>, Vec<&NamedOrgUnit>> = BTreeMap::new();
    for unit in units {
        // Of an account that sees only a part of the country, the top of that part is the root.
        let parent = unit.parent.as_ref().map(|parent| parent.id).filter(|parent| known.contains(parent));
        below.entry(parent).or_default().push(unit);
    }
    let roots = match wanted.root {
        None => below.get(&None).cloned().unwrap_or_default(),
        Some(root) => vec![units.iter().find(|unit| unit.id == root).ok_or(NoRoot(root))?],
    };
    let mut made = Locations {
        roots: Vec::new(),
        n_locations: 0,
        n_placed: 0,
        n_too_deep: 0,
        renamed: Vec::new(),
        without_synonym: Vec::new(),
    };
    let depth = wanted.depth.unwrap_or(LEVELS_MAX).min(LEVELS_MAX);
    let tree = Tree { below, middles, depth };
    made.roots = tree.nodes(&roots, None, 0, &mut made);
    Ok(made)
}

struct Tree<'u> {
    below: BTreeMap<Option<Uid>, Vec<&'u NamedOrgUnit>>,
    middles: &'u BTreeMap<Uid, Middle>,
    depth: usize,
}

impl<'u> Tree<'u> {
    /// The units beside each other at a level, with all that lies in them.
    fn nodes(&self, units: &[&'u NamedOrgUnit], parent: Option<Uid>, level: usize, made: &mut Locations) -> Vec<Node> {
        if level == self.depth {
            made.n_too_deep += units.iter().map(|unit| self.n_in(unit)).sum::<usize>();
            return Vec::new();
        }
        let mut units = units.to_vec();
        units.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let names: Vec<String> = units.iter().map(|unit| own_name(unit, &mut taken, made)).collect();
        let mut nodes = Vec::new();
        for (unit, name) in units.into_iter().zip(names) {
            let location = self.location(unit, name, parent, level, &mut taken, made);
            made.n_locations += 1;
            made.n_placed += usize::from(location.geo_location.is_some());
            let children = self.below.get(&Some(unit.id)).map(Vec::as_slice).unwrap_or_default();
            nodes.push(Node { location, children: self.nodes(children, Some(unit.id), level + 1, made) });
        }
        nodes
    }

    fn n_in(&self, unit: &NamedOrgUnit) -> usize {
        let children = self.below.get(&Some(unit.id)).into_iter().flatten();
        1 + children.map(|child| self.n_in(child)).sum::<usize>()
    }

    fn location(
        &self,
        unit: &NamedOrgUnit,
        name: String,
        parent: Option<Uid>,
        level: usize,
        taken: &mut BTreeSet<String>,
        made: &mut Locations,
    ) -> Location {
        let mut synonyms = Vec::new();
        let other_names = [(name != unit.name).then_some(unit.name.as_str()), unit.short_name.as_deref()];
        for other in other_names.into_iter().flatten().filter(|other| !other.is_empty() && *other != name) {
            if taken.insert(other.to_lowercase()) {
                synonyms.push(other.to_owned());
            } else if other != unit.name {
                made.without_synonym.push((unit.id.to_string(), other.to_owned()));
            }
        }
        let identifier =
            |code: &str, description: &str| Identifier { code: code.to_owned(), description: description.to_owned() };
        let code = unit.code.as_deref().filter(|code| !code.is_empty());
        let identifiers = std::iter::once(identifier(unit.id.as_str(), "DHIS2 UID"))
            .chain(code.map(|code| identifier(code, "DHIS2 code")));
        Location {
            id: unit.id.to_string(),
            name,
            synonyms,
            identifiers: identifiers.collect(),
            active: unit.closed_date.is_none(),
            parent_location_id: parent.map(|parent| parent.to_string()),
            geo_location: self.middles.get(&unit.id).map(|at| GeoLocation { lat: at.latitude, lng: at.longitude }),
            geographical_level_id: format!(
                "LNG_REFERENCE_DATA_CATEGORY_LOCATION_GEOGRAPHICAL_LEVEL_ADMIN_LEVEL_{level}"
            ),
        }
    }
}

/// A name that nothing beside it has: the unit's own, or with its code or UID behind it.
fn own_name(unit: &NamedOrgUnit, taken: &mut BTreeSet<String>, made: &mut Locations) -> String {
    let plain = if unit.name.trim().is_empty() { unit.id.to_string() } else { unit.name.clone() };
    if taken.insert(plain.to_lowercase()) {
        return plain;
    }
    let by = unit.code.as_deref().filter(|code| !code.is_empty()).into_iter().chain([unit.id.as_str()]);
    let name = by.map(|id| format!("{plain} ({id})")).find(|name| taken.insert(name.to_lowercase()));
    // UIDs are different, so the last one is free.
    let name = name.unwrap_or(plain);
    made.renamed.push((unit.id.to_string(), name.clone()));
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn units(of: Value) -> Vec<NamedOrgUnit> {
        serde_json::from_value(of).unwrap()
    }

    /// Everything that Go.Data's importer asks of a file before it takes any of it.
    fn is_taken_by_the_importer(nodes: &[Node], parent: Option<&str>, ids: &mut BTreeSet<String>) {
        let (mut names, mut synonyms) = (BTreeSet::new(), BTreeSet::new());
        for node in nodes {
            let location = &node.location;
            assert!(ids.insert(location.id.clone()), "{} stands twice", location.id);
            assert!(!location.name.is_empty() && names.insert(location.name.to_lowercase()), "{}", location.name);
            for synonym in &location.synonyms {
                assert!(synonyms.insert(synonym.to_lowercase()), "{synonym}");
            }
            assert_eq!(location.parent_location_id.as_deref(), parent);
            is_taken_by_the_importer(&node.children, Some(&location.id), ids);
        }
        assert!(names.is_disjoint(&synonyms));
    }

    #[test]
    fn names_beside_each_other_are_told_apart_and_nothing_is_lost() {
        let units = units(json!([
            { "id": "LandLandLan", "name": "Land", "level": 1, "code": "LA" },
            { "id": "NorthNorth1", "name": "North", "shortName": "N", "level": 2, "parent": { "id": "LandLandLan" } },
            { "id": "NorthNorth2", "name": "NORTH", "shortName": "n", "code": "NO2", "level": 2, "parent": { "id": "LandLandLan" } },
            { "id": "VillageVill", "name": "North", "level": 3, "parent": { "id": "NorthNorth2" }, "closedDate": "2020-01-31T00:00:00.000" }
        ]));
        let middle = Middle { latitude: -1.5, longitude: 30.25 };
        let middles = BTreeMap::from([(units[3].id, middle)]);
        let made = locations(&units, &middles, &Wanted::default()).unwrap();
        is_taken_by_the_importer(&made.roots, None, &mut BTreeSet::new());
        assert_eq!((made.n_locations, made.n_placed, made.n_too_deep), (4, 1, 0));
        assert_eq!(made.without_synonym, [("NorthNorth1".to_owned(), "N".to_owned())]);
        insta::assert_json_snapshot!(made.roots[0], @r#"
        {
          "location": {
            "id": "LandLandLan",
            "name": "Land",
            "synonyms": [],
            "identifiers": [
              {
                "code": "LandLandLan",
                "description": "DHIS2 UID"
              },
              {
                "code": "LA",
                "description": "DHIS2 code"
              }
            ],
            "active": true,
            "geographicalLevelId": "LNG_REFERENCE_DATA_CATEGORY_LOCATION_GEOGRAPHICAL_LEVEL_ADMIN_LEVEL_0"
          },
          "children": [
            {
              "location": {
                "id": "NorthNorth2",
                "name": "NORTH",
                "synonyms": [
                  "n"
                ],
                "identifiers": [
                  {
                    "code": "NorthNorth2",
                    "description": "DHIS2 UID"
                  },
                  {
                    "code": "NO2",
                    "description": "DHIS2 code"
                  }
                ],
                "active": true,
                "parentLocationId": "LandLandLan",
                "geographicalLevelId": "LNG_REFERENCE_DATA_CATEGORY_LOCATION_GEOGRAPHICAL_LEVEL_ADMIN_LEVEL_1"
              },
              "children": [
                {
                  "location": {
                    "id": "VillageVill",
                    "name": "North",
                    "synonyms": [],
                    "identifiers": [
                      {
                        "code": "VillageVill",
                        "description": "DHIS2 UID"
                      }
                    ],
                    "active": false,
                    "parentLocationId": "NorthNorth2",
                    "geoLocation": {
                      "lat": -1.5,
                      "lng": 30.25
                    },
                    "geographicalLevelId": "LNG_REFERENCE_DATA_CATEGORY_LOCATION_GEOGRAPHICAL_LEVEL_ADMIN_LEVEL_2"
                  },
                  "children": []
                }
              ]
            },
            {
              "location": {
                "id": "NorthNorth1",
                "name": "North (NorthNorth1)",
                "synonyms": [],
                "identifiers": [
                  {
                    "code": "NorthNorth1",
                    "description": "DHIS2 UID"
                  }
                ],
                "active": true,
                "parentLocationId": "LandLandLan",
                "geographicalLevelId": "LNG_REFERENCE_DATA_CATEGORY_LOCATION_GEOGRAPHICAL_LEVEL_ADMIN_LEVEL_1"
              },
              "children": []
            }
          ]
        }
        "#);
        assert_eq!(made.renamed.len(), 1);
    }

    #[test]
    fn a_part_of_the_country_begins_at_its_own_root() {
        let units = units(json!([
            { "id": "LandLandLan", "name": "Land", "level": 1 },
            { "id": "NorthNorth1", "name": "North", "level": 2, "parent": { "id": "LandLandLan" } },
            { "id": "VillageVill", "name": "Village", "level": 3, "parent": { "id": "NorthNorth1" } },
            { "id": "UnseenAbove", "name": "Orphan", "level": 3, "parent": { "id": "NotVisible1" } }
        ]));
        let whole = locations(&units, &BTreeMap::new(), &Wanted::default()).unwrap();
        assert_eq!(whole.roots.iter().map(|root| root.location.name.as_str()).collect::<Vec<_>>(), ["Land", "Orphan"]);
        let wanted = Wanted { root: Some(units[1].id), depth: Some(1) };
        let part = locations(&units, &BTreeMap::new(), &wanted).unwrap();
        assert_eq!((part.n_locations, part.n_too_deep), (1, 1));
        assert!(part.roots[0].location.geographical_level_id.ends_with("ADMIN_LEVEL_0"));
        let nowhere = Wanted { root: Some("Elsewhere12".parse().unwrap()), depth: None };
        assert!(locations(&units, &BTreeMap::new(), &nowhere).is_err());
    }

    /// A country of ten thousand units, with what the usual converters lose.
    #[test]
    fn ten_thousand_units_come_through_whole() {
        let uid = |n: usize| format!("U{n:010}");
        let units: Vec<Value> = (0..10_000)
            .map(|n: usize| {
                let level = n.checked_ilog(10).map_or(1, |log| log as usize + 2).min(5);
                json!({
                    "id": uid(n),
                    "name": format!("Place {}", n % 37),
                    "shortName": format!("P{}", n % 11),
                    // Every third has no code, its parents too.
                    "code": (!n.is_multiple_of(3)).then(|| format!("C{n}")),
                    "level": level,
                    "parent": (n > 0).then(|| json!({ "id": uid(n / 10) })),
                })
            })
            .collect();
        let units = units_of(units);
        let middles: BTreeMap<Uid, Middle> = units
            .iter()
            .enumerate()
            .map(|(n, unit)| (unit.id, Middle { latitude: n as f64 / 1e3, longitude: -(n as f64) / 1e3 }))
            .collect();
        let made = locations(&units, &middles, &Wanted::default()).unwrap();
        let mut ids = BTreeSet::new();
        is_taken_by_the_importer(&made.roots, None, &mut ids);
        assert_eq!((ids.len(), made.n_locations, made.n_placed, made.n_too_deep), (10_000, 10_000, 10_000, 0));
        let codes =
            count(&made.roots, &|node| node.location.identifiers.iter().any(|id| id.description == "DHIS2 code"));
        assert_eq!(codes, units.iter().filter(|unit| unit.code.is_some()).count());
    }

    fn units_of(values: Vec<Value>) -> Vec<NamedOrgUnit> {
        units(Value::Array(values))
    }

    fn count(nodes: &[Node], is: &dyn Fn(&Node) -> bool) -> usize {
        nodes.iter().map(|node| usize::from(is(node)) + count(&node.children, is)).sum()
    }
}
