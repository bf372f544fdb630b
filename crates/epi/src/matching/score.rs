//! The confidence that a location is a unit, by what is known of their neighbours so far.

use super::called::Called;
use super::reason::Reason;
use super::similarity::{Likeness, likeness};
use super::tree::Tree;
use super::{Candidate, Location, Unit};

/// Kilometres within which two points may be one place: a centroid and a town hall are seldom farther apart.
const NEAR_KM: f64 = 15.0;
/// Kilometres beyond which two points are two places, countries aside.
const FAR_KM: f64 = 250.0;
/// Below this a likeness of names is none.
const NAME_MIN: f64 = 0.5;

/// What is matched for sure.
pub(super) struct Firm {
    /// The unit of each location.
    pub(super) unit_of: Vec<Option<usize>>,
    /// The location of each unit; the first one, if there are several.
    pub(super) location_of: Vec<Option<usize>>,
    /// The depth of units at which the locations of each depth were found, if most were found at one.
    pub(super) depth_of: Vec<Option<usize>>,
}

/// Everything that a confidence is judged by.
pub(super) struct Scoring<'a> {
    pub(super) locations: &'a [Location],
    pub(super) units: &'a [Unit],
    pub(super) location_names: Vec<Vec<Called>>,
    pub(super) unit_names: Vec<Vec<Called>>,
    pub(super) location_tree: Tree,
    pub(super) unit_tree: Tree,
}

/// The likeness of the best pair of names, and which names those were.
#[derive(Clone, Debug)]
pub(super) struct BestNames {
    likeness: Likeness,
    by: Option<String>,
}

/// How a unit stands to the units of what the location lies in.
enum Standing {
    Parent,
    Ancestor,
    ParentsAlike,
    Unknown,
    Roots,
    Elsewhere,
}

impl Scoring<'_> {
    /// Compares all names of a location with all names of a unit.
    pub(super) fn names(&self, location: usize, unit: usize) -> BestNames {
        let mut best: Option<(Likeness, &Called, &Called)> = None;
        for one in &self.location_names[location] {
            for other in &self.unit_names[unit] {
                let mut found = likeness(&one.name, &other.name);
                found.score *= one.worth * other.worth;
                if best.as_ref().is_none_or(|(best, ..)| found.score > best.score) {
                    best = Some((found, one, other));
                }
            }
        }
        let Some((likeness, one, other)) = best else {
            let reason = Reason::OtherName;
            let likeness = Likeness { score: 0.0, reason, kinds_differ: false, marks_differ: false };
            return BestNames { likeness, by: None };
        };
        let by = one.by.clone().or_else(|| other.by.clone());
        BestNames { likeness, by }
    }

    /// The confidence that a location is a unit, neighbours that would do as well aside. None where it cannot be.
    pub(super) fn judge(&self, location: usize, unit: usize, names: &BestNames, firm: &Firm) -> Option<Candidate> {
        if !self.units[unit].may_take || self.location_tree.above(location).any(|at| firm.unit_of[at] == Some(unit)) {
            return None;
        }
        let candidate =
            |confidence: f64, reasons: Vec<Reason>| Some(Candidate { unit, confidence: round(confidence), reasons });
        let own = &self.locations[location];
        let is_id = |code: &str| code == self.units[unit].id;
        if is_id(&own.id) || own.codes.iter().any(|code| is_id(code)) {
            return candidate(1.0, vec![Reason::SameId]);
        }
        let name = names.likeness.score;
        if let Some(confidence) = self.by_code(location, unit, names) {
            return candidate(confidence, vec![Reason::SameCode, names.likeness.reason.clone()]);
        }
        if name < NAME_MIN {
            return None;
        }
        let mut reasons = vec![names.likeness.reason.clone()];
        reasons.extend(names.by.clone().map(Reason::BySynonym));
        if names.likeness.kinds_differ {
            reasons.push(Reason::OtherKind);
        }
        let (mut confidence, reason) = self.placed(location, unit, name, firm);
        reasons.push(reason);
        let learned = firm.depth_of.get(self.location_tree.depths[location]).copied().flatten();
        if learned.is_some_and(|depth| depth != self.unit_tree.depths[unit]) {
            confidence *= 0.95;
            reasons.push(Reason::OtherLevel);
        }
        if let (Some(here), Some(there)) = (own.coordinates, self.units[unit].coordinates) {
            let km = here.kilometres_to(there);
            if km <= NEAR_KM && name >= 0.75 && !names.likeness.marks_differ {
                confidence = 1.0 - (1.0 - confidence) * 0.6;
                reasons.push(Reason::Near(km.round() as u32));
            } else if km >= FAR_KM && self.location_tree.parents[location].is_some() {
                confidence *= 0.85;
                reasons.push(Reason::Far(km.round() as u32));
            }
        }
        candidate(confidence, reasons)
    }

    /// The confidence by a code that both have.
    fn by_code(&self, location: usize, unit: usize, names: &BestNames) -> Option<f64> {
        let (own, other) = (&self.locations[location], &self.units[unit]);
        let codes = own.codes.iter().chain([&own.id]);
        let shared = codes.filter(|code| other.codes.iter().any(|one| one.trim().eq_ignore_ascii_case(code.trim())));
        let longest = shared.map(|code| code.trim().len()).max()?;
        Some(match names.likeness.score {
            // "1" and "12" are numbers in any list; only the name makes codes of them.
            score if score >= 0.8 => 0.99,
            _ if names.likeness.marks_differ => 0.8,
            score if score >= 0.5 && longest >= 4 => 0.98,
            _ if longest >= 6 => 0.96,
            score if score >= 0.5 => 0.93,
            _ if longest >= 4 => 0.9,
            _ => 0.7,
        })
    }

    /// The confidence by a likeness of names, where the unit stands being known.
    fn placed(&self, location: usize, unit: usize, name: f64, firm: &Firm) -> (f64, Reason) {
        match self.standing(location, unit, firm) {
            Standing::Parent if name >= 0.85 => (1.0 - (1.0 - name) * 0.55, Reason::SameParent),
            Standing::Parent => (name, Reason::SameParent),
            Standing::Ancestor => (name * 0.985, Reason::SameAncestor),
            Standing::ParentsAlike => (name * 0.975, Reason::ParentsAlike),
            Standing::Roots => (name * 0.985, Reason::BothRoots),
            Standing::Unknown => (name * 0.965, Reason::ParentUnknown),
            Standing::Elsewhere => (name.min(0.9) * 0.65, Reason::OtherParent),
        }
    }

    fn standing(&self, location: usize, unit: usize, firm: &Firm) -> Standing {
        // What the unit lies in may be another location's, and then the unit is in that one's.
        let owner = self.unit_tree.above(unit).find_map(|at| firm.location_of[at].map(|owner| (at, owner)));
        let ancestor = self.location_tree.above(location).enumerate().find_map(|(n, at)| Some((n, firm.unit_of[at]?)));
        match (ancestor, owner) {
            (Some((0, parent)), _) if self.unit_tree.parents[unit] == Some(parent) => Standing::Parent,
            (Some((_, ancestor)), Some((at, _))) if at == ancestor => Standing::Ancestor,
            (Some((_, ancestor)), None) if self.unit_tree.above(unit).any(|at| at == ancestor) => Standing::Ancestor,
            (Some(_), _) | (None, Some(_)) => Standing::Elsewhere,
            (None, None) => self.by_parents_names(location, unit),
        }
    }

    fn by_parents_names(&self, location: usize, unit: usize) -> Standing {
        match (self.location_tree.parents[location], self.unit_tree.parents[unit]) {
            (None, None) => Standing::Roots,
            (Some(one), Some(other)) if self.names(one, other).likeness.score >= 0.93 => Standing::ParentsAlike,
            _ => Standing::Unknown,
        }
    }
}

/// A confidence with three digits, which is all that it is worth.
pub(super) fn round(confidence: f64) -> f64 {
    (confidence.clamp(0.0, 1.0) * 1000.0).round() / 1000.0
}
