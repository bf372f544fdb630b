//! How good the matching of places is, on names that people really wrote.
//!
//! A labelled file has a line for each place: its depth, its name in the line list, its name in DHIS2, and a note. Without a
//! name in the list, it is an organisation unit that no location is; without a name in DHIS2, the right answer is *none*. The
//! parent in either tree is the nearest line above of less depth that has a name there, so that a line with one name is a
//! level that the other tree has not.

use epi::matching::{Decisions, Location, Matching, Rules, State, Unit, match_places};
use std::collections::BTreeMap;
use std::fmt::Write;

struct Labelled {
    locations: Vec<Location>,
    units: Vec<Unit>,
    /// The right unit's id of each location.
    truth: BTreeMap<String, Option<String>>,
}

/// Ids of a location and of a unit, where there is one.
type Ids = (Option<String>, Option<String>);

/// Reads a labelled file. The units come in another order than the locations, and with ids that say nothing.
fn labelled(text: &str) -> Labelled {
    let (mut locations, mut units, mut truth) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut above: Vec<Ids> = Vec::new();
    for (n, line) in text.lines().enumerate().skip(1) {
        let cells: Vec<&str> = line.split(';').collect();
        let [depth, location, unit, note] = cells[..] else { panic!("line {}: {line}", n + 1) };
        above.truncate(depth.parse().unwrap_or_else(|_| panic!("line {}: {line}", n + 1)));
        let parent = |of: fn(&Ids) -> Option<String>| above.iter().rev().find_map(of);
        let (location_parent, unit_parent) = (parent(|ids| ids.0.clone()), parent(|ids| ids.1.clone()));
        let location_id = (!location.is_empty()).then(|| format!("location-{n}"));
        // A number that goes through all places and keeps no order.
        let unit_id = (!unit.is_empty()).then(|| format!("unit-{:05}", n * 7919 % 10_007));
        let names = |key: &str| -> Vec<String> {
            let text = note.strip_prefix(key).unwrap_or_default();
            text.split('|').filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        if let Some(id) = &location_id {
            let (name, synonyms) = (location.to_owned(), names("syn:"));
            locations.push(Location { id: id.clone(), name, synonyms, parent: location_parent, ..Location::default() });
            truth.insert(id.clone(), unit_id.clone());
        }
        if let Some(id) = &unit_id {
            let (name, other_names) = (unit.to_owned(), names("short:"));
            let unit = Unit { id: id.clone(), name, other_names, parent: unit_parent, ..Unit::default() };
            units.push(Unit { may_take: true, ..unit });
        }
        above.push((location_id, unit_id));
    }
    units.sort_by(|a, b| a.id.cmp(&b.id));
    Labelled { locations, units, truth }
}

/// What came out, counted.
struct Figures {
    n_pairs: usize,
    n_without: usize,
    n_accepted: usize,
    n_right: usize,
    /// Pairs that were not accepted and whose right unit is among the candidates that a person is shown.
    n_offered: usize,
    /// Every accepted match that is wrong and every pair that was not accepted.
    told: String,
}

impl Figures {
    fn of(set: &Labelled, matching: &Matching) -> Self {
        let mut figures =
            Self { n_pairs: 0, n_without: 0, n_accepted: 0, n_right: 0, n_offered: 0, told: String::new() };
        for (location, matched) in set.locations.iter().zip(&matching.locations) {
            let right = set.truth[&location.id].as_deref();
            *(if right.is_some() { &mut figures.n_pairs } else { &mut figures.n_without }) += 1;
            let found = matched.unit().map(|unit| set.units[unit].id.as_str());
            let is_right = found.is_some() && found == right;
            figures.n_accepted += usize::from(matched.state == State::Accepted);
            figures.n_right += usize::from(is_right);
            let offered = matched.candidates.iter().any(|one| Some(set.units[one.unit].id.as_str()) == right);
            figures.n_offered += usize::from(right.is_some() && !is_right && offered);
            if found.is_some() && !is_right || found.is_none() && right.is_some() {
                let what = if found.is_some() { "WRONG" } else { "open" };
                let best = matched.candidates.first().map(|one| {
                    let reasons: Vec<String> = one.reasons.iter().map(ToString::to_string).collect();
                    format!("{} {:.3} ({})", set.units[one.unit].name, one.confidence, reasons.join(", "))
                });
                let right = right.and_then(|id| set.units.iter().find(|unit| unit.id == id));
                let right = right.map_or("none", |unit| unit.name.as_str());
                let best = best.unwrap_or_default();
                let _ = writeln!(figures.told, "{what:6} {} = {right}; best {best}", location.name);
            }
        }
        figures
    }

    fn precision(&self) -> f64 {
        self.n_right as f64 / self.n_accepted as f64
    }

    fn recall(&self) -> f64 {
        self.n_right as f64 / self.n_pairs as f64
    }
}

fn figures(name: &str, text: &str) -> Figures {
    let set = labelled(text);
    let matching = match_places(&set.locations, &set.units, &Decisions::new(), Rules::default());
    let mut figures = Figures::of(&set, &matching);
    let _ = writeln!(
        figures.told,
        "{name}: {} pairs and {} locations without counterpart; {} accepted, {} right: precision {:.4}, recall {:.4}; \
         the right one is offered for {} of {} open pairs",
        figures.n_pairs,
        figures.n_without,
        figures.n_accepted,
        figures.n_right,
        figures.precision(),
        figures.recall(),
        figures.n_offered,
        figures.n_pairs - figures.n_right,
    );
    figures
}

#[test]
fn at_least_99_of_100_accepted_matches_are_right_and_9_of_10_are_found() {
    let figures = figures("labelled", include_str!("../data/places_labelled.csv"));
    assert!(figures.n_pairs >= 500 && figures.n_without >= 30);
    assert!(figures.precision() >= 0.99, "{}", figures.told);
    assert!(figures.recall() >= 0.9, "{}", figures.told);
}

/// Names of other countries, which nobody looked at while the rules were made.
#[test]
fn other_countries_are_matched_as_well() {
    let figures = figures("held out", include_str!("../data/places_held_out.csv"));
    assert!(figures.n_pairs >= 200 && figures.n_without >= 8);
    assert!(figures.precision() >= 0.99, "{}", figures.told);
    assert!(figures.recall() >= 0.9, "{}", figures.told);
}

/// The same places with their parents lost: fewer are sure, and no more are wrong.
#[test]
fn without_parents_fewer_are_sure_and_hardly_any_is_wrong() {
    let mut set = labelled(include_str!("../data/places_labelled.csv"));
    set.locations.iter_mut().for_each(|location| location.parent = None);
    let matching = match_places(&set.locations, &set.units, &Decisions::new(), Rules::default());
    let figures = Figures::of(&set, &matching);
    assert!(figures.precision() >= 0.98, "{}", figures.told);
    assert!(figures.recall() >= 0.4, "{}", figures.told);
}
