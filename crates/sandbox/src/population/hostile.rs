//! Names that a careless page would run, turn around or burst from: any server may send them.

use serde_json::{Value, json};

use super::Population;

/// What a page that does not escape would run: `window.hit` is set.
pub const HOSTILE_SCRIPT: &str = "<script>window.hit=1</script>";

/// Characters of the longest names.
const LONG: usize = 300;

/// The name that stands for the `n`th one. All differ, and hold the former name, so that a person still finds their way.
fn hostile(n: usize, name: &str) -> String {
    match n % 4 {
        0 => format!("{name} {HOSTILE_SCRIPT}"),
        1 => format!("{name} \"'><img src=x onerror=window.hit=1>, {{{{7*7}}}}"),
        // An override that is never closed turns what follows it around; a mark changes its neighbours.
        2 => format!("{name} \u{202e}evil\u{200f} \u{645}\u{62f}\u{64a}\u{631}\u{64a}\u{629}"),
        _ => {
            let mut long = format!("{name} ");
            long.extend(std::iter::repeat_n('W', LONG - long.chars().count()));
            long
        }
    }
}

impl Population {
    /// As this one, with names of the outbreaks, locations and organisation units that hold markup, marks that turn the
    /// direction of text, or 300 characters without a place to break.
    #[must_use]
    pub fn with_hostile_names(mut self) -> Self {
        // A location and its organisation unit go by the same name, as everywhere.
        for (n, location) in self.documents.locations.iter_mut().enumerate() {
            let Some(name) = location.get("name").and_then(Value::as_str).map(|name| hostile(n, name)) else {
                continue;
            };
            let id = location.get("id").cloned().unwrap_or_default();
            for unit in self.org_units.iter_mut().filter(|unit| id == json!(unit.location_id)) {
                unit.name.clone_from(&name);
            }
            location.insert("name".to_owned(), json!(name));
        }
        for outbreak in &mut self.documents.outbreaks {
            let Some(name) = outbreak.get("name").and_then(Value::as_str) else { continue };
            let name = format!("{} \u{202e}{}", hostile(0, name), hostile(1, ""));
            outbreak.insert("name".to_owned(), json!(name));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_is_hostile_and_stays_its_own() {
        let world = Population::demo().with_hostile_names();
        let names: BTreeSet<&str> = world.org_units.iter().map(|unit| unit.name.as_str()).collect();
        assert_eq!(names.len(), world.org_units.len());
        for sign in ["<script>", "onerror", "\u{202e}"] {
            assert!(names.iter().any(|name| name.contains(sign)), "{sign}");
        }
        assert!(names.iter().any(|name| name.chars().count() == LONG));
        let outbreak = world.documents.outbreaks[0]["name"].as_str().unwrap();
        assert!(outbreak.contains(HOSTILE_SCRIPT) && outbreak.contains("onerror"), "{outbreak}");
    }

    #[test]
    fn the_map_holds_them_as_a_spreadsheet_would() {
        let map = Population::demo().with_hostile_names().places_csv();
        assert!(map.contains("\"Côte \"\"'><img src=x onerror=window.hit=1>, {{7*7}}\""), "{map}");
        assert_eq!(map.lines().count(), 41);
    }
}
