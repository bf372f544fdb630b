//! Which organisation unit a location is: candidates with a confidence and its reasons, and which of them are sure.
//!
//! Pure: two trees and the decisions of people go in, candidates come out. Nothing that a person decided is judged again.
//! Ids and codes speak first, then names, by what is left of them without accents, general words and spelling; then the
//! parents decide among places of one name, and the level and the distance speak for or against. A match is accepted where
//! its confidence reaches the rules' bar; a confidence is low where another organisation unit fits as well, or another
//! location fits the same one, so that an accepted match is always the better one from both sides. Parents are matched
//! before their children, and children tell which unit an unmatched parent is.

mod accept;
mod called;
mod index;
mod name;
mod reason;
mod score;
mod similarity;
mod tree;
mod words;

pub use reason::Reason;

use std::collections::BTreeMap;

/// A point on the earth, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coordinates {
    /// Latitude, north positive.
    pub latitude: f64,
    /// Longitude, east positive.
    pub longitude: f64,
}

impl Coordinates {
    /// A point, if there can be such a one. The point 0, 0 is what software writes for nothing.
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let is_possible = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        (is_possible && (latitude, longitude) != (0.0, 0.0)).then_some(Self { latitude, longitude })
    }

    /// Kilometres to another point, by the great circle.
    pub fn kilometres_to(self, other: Self) -> f64 {
        const EARTH_RADIUS_KM: f64 = 6371.0;
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let (up, across) = ((to - from) / 2.0, (other.longitude - self.longitude).to_radians() / 2.0);
        let part = up.sin().powi(2) + from.cos() * to.cos() * across.sin().powi(2);
        2.0 * EARTH_RADIUS_KM * part.sqrt().min(1.0).asin()
    }
}

/// A location of the line list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Location {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What they call it besides.
    pub synonyms: Vec<String>,
    /// Codes of other systems.
    pub codes: Vec<String>,
    /// The id of the location that it lies in.
    pub parent: Option<String>,
    /// Where it is.
    pub coordinates: Option<Coordinates>,
}

/// An organisation unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unit {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its other names.
    pub other_names: Vec<String>,
    /// Its codes.
    pub codes: Vec<String>,
    /// The id of the unit above.
    pub parent: Option<String>,
    /// Where it is.
    pub coordinates: Option<Coordinates>,
    /// Whether a location may become it; units that take no values only say where others lie.
    pub may_take: bool,
}

/// What a person decided of a location: an organisation unit by its id, or none of its own.
pub type Decisions = BTreeMap<String, Option<String>>;

/// How a match is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Matches of at least this confidence are accepted.
    pub accept: f64,
}

impl Rules {
    /// The confidence from which on matches are accepted, unless a person says otherwise.
    pub const ACCEPT: f64 = 0.95;
}

impl Default for Rules {
    fn default() -> Self {
        Self { accept: Self::ACCEPT }
    }
}

/// An organisation unit that a location may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The position of the unit among those given.
    pub unit: usize,
    /// How sure it is, from 0 to 1.
    pub confidence: f64,
    /// What speaks for it and against it.
    pub reasons: Vec<Reason>,
}

/// What became of a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A person decided: the position of the unit, if it is one and is known.
    Decided(Option<usize>),
    /// The first candidate is sure.
    Accepted,
    /// A person has to decide.
    Open,
}

/// A location with what it may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Matched {
    /// What became of it.
    pub state: State,
    /// What it may be, the likeliest first; at most [`CANDIDATES_MAX`].
    pub candidates: Vec<Candidate>,
}

impl Matched {
    /// The unit that it is, decided or accepted.
    pub fn unit(&self) -> Option<usize> {
        match self.state {
            State::Decided(unit) => unit,
            State::Accepted => self.candidates.first().map(|candidate| candidate.unit),
            State::Open => None,
        }
    }
}

/// Candidates that a person is shown: more do not fit a screen.
pub const CANDIDATES_MAX: usize = 5;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Matching {
    /// The locations in their order.
    pub locations: Vec<Matched>,
    /// How many locations have the id of a unit, as their own or among their codes.
    pub n_same_ids: usize,
    /// Units that are several locations, by position, with the positions of those.
    pub shared: BTreeMap<usize, Vec<usize>>,
}

impl Matching {
    /// Whether the locations were made from DHIS2's organisation units: most of them have a unit's id.
    pub fn is_converted(&self) -> bool {
        self.n_same_ids >= 3 && self.n_same_ids * 2 > self.locations.len()
    }
}

/// Finds for every location the organisation units that it may be, and which of them are sure.
///
/// Locations and units may come in any order; what is odd about the trees (unknown parents, cycles) makes roots of those
/// places. The work grows with the number of places, not with its square: 10,000 of each take seconds.
pub fn match_places(locations: &[Location], units: &[Unit], decisions: &Decisions, rules: Rules) -> Matching {
    accept::Matcher::new(locations, units, decisions, rules).run()
}

#[cfg(test)]
mod tests;
