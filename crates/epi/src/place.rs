//! Places: the tree of locations that records name, and the organisation units that values are reported for.
//!
//! People map some locations to organisation units; every other location is reported where its nearest mapped ancestor is.
//! That is worked out once for the whole tree, so that a record costs one look into a hash table. Ids are opaque: they are
//! compared byte by byte, never trimmed, folded or looked into.

use rustc_hash::FxHashMap;

/// How many locations a tree may have. The largest country trees have some 100,000 villages and health facilities; ten
/// times as many is a fault upstream.
pub const PLACES_MAX: usize = 1_000_000;

/// A location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// The id of the location that it lies in; a root has none.
    pub parent: Option<String>,
    /// What people call it.
    pub name: String,
    /// Its geographical level, as the source names it.
    pub level: Option<String>,
}

/// Something odd in a tree or a map. The tree and the map can be used all the same, in the way that each finding states.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceFinding {
    /// Two locations have this id; the first is kept.
    #[error("the location `{id}` is listed more than once")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// The parent of this location is not in the tree; the location rolls up to it if it is mapped all the same, and no
    /// further.
    #[error("the location `{id}` lies in `{parent}`, which is not listed")]
    UnknownParent {
        /// The location.
        id: String,
        /// Its parent.
        parent: String,
    },
    /// These locations lie in each other, each in the next one and the last in the first; each is taken as a root.
    #[error("the location `{}` lies in itself", .ids.join("` in `"))]
    Cycle {
        /// The locations of the cycle, from the smallest id on.
        ids: Vec<String>,
    },
    /// There are more locations than [`PLACES_MAX`]; those after them are left out.
    #[error("{count} locations are more than {PLACES_MAX}")]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// A location is mapped to several organisation units; the first is kept.
    #[error("the location `{location}` is mapped to `{kept}` and to `{refused}`")]
    ConflictingMapping {
        /// The location.
        location: String,
        /// The organisation unit that counts.
        kept: String,
        /// The one that does not.
        refused: String,
    },
    /// A location that is mapped is not in the tree; records that name it are reported for its organisation unit.
    #[error("the mapped location `{location}` is not listed")]
    UnknownMapped {
        /// The location.
        location: String,
    },
}

/// The locations and which lies in which.
#[derive(Clone, Debug, Default)]
pub struct PlaceTree {
    places: Vec<Place>,
    /// The position of each place's parent; never on a cycle.
    parents: Vec<Option<usize>>,
    positions: FxHashMap<String, usize>,
}

impl PlaceTree {
    /// Builds the tree, in whatever order the places come, and says all that is odd about it.
    #[must_use]
    pub fn new(places: impl IntoIterator<Item = Place>) -> (Self, Vec<PlaceFinding>) {
        let mut tree = Self::default();
        let mut findings = Vec::new();
        let mut n_surplus = 0;
        for place in places {
            if tree.positions.contains_key(&place.id) {
                findings.push(PlaceFinding::DuplicateId { id: place.id });
            } else if tree.places.len() == PLACES_MAX {
                n_surplus += 1;
            } else {
                tree.positions.insert(place.id.clone(), tree.places.len());
                tree.places.push(place);
            }
        }
        if n_surplus > 0 {
            findings.push(PlaceFinding::TooMany { count: PLACES_MAX + n_surplus });
        }
        tree.link_parents(&mut findings);
        tree.cut_cycles(&mut findings);
        (tree, findings)
    }

    /// The places in the order in which they were given.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The place with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Place> {
        self.positions.get(id).map(|position| &self.places[*position])
    }

    /// The place itself and then what it lies in, up to its root; empty when the id is unknown.
    pub fn upwards(&self, id: &str) -> impl Iterator<Item = &Place> {
        let start = self.positions.get(id).copied();
        std::iter::successors(start, |position| self.parents[*position]).map(|position| &self.places[position])
    }

    fn link_parents(&mut self, findings: &mut Vec<PlaceFinding>) {
        for place in &self.places {
            let parent = place.parent.as_ref().and_then(|parent| {
                let position = self.positions.get(parent).copied();
                if position.is_none() {
                    let (id, parent) = (place.id.clone(), parent.clone());
                    findings.push(PlaceFinding::UnknownParent { id, parent });
                }
                position
            });
            self.parents.push(parent);
        }
    }

    /// The id of the place's parent, if it has one that is not in the tree.
    fn unlisted_parent(&self, position: usize) -> Option<&str> {
        let parent = self.places[position].parent.as_deref()?;
        (!self.positions.contains_key(parent)).then_some(parent)
    }

    /// Walks up from every place, once over each. A walk that meets itself has found a cycle.
    fn cut_cycles(&mut self, findings: &mut Vec<PlaceFinding>) {
        const UNSEEN: usize = usize::MAX;
        let mut seen_by = vec![UNSEEN; self.places.len()];
        for start in 0..self.places.len() {
            let mut at = Some(start);
            while let Some(position) = at.filter(|position| seen_by[*position] == UNSEEN) {
                seen_by[position] = start;
                at = self.parents[position];
            }
            if let Some(meeting) = at.filter(|position| seen_by[*position] == start) {
                findings.push(PlaceFinding::Cycle { ids: self.cut_cycle(meeting) });
            }
        }
    }

    /// Takes the parents from all places of the cycle, so that nothing rolls up along an edge that may be the wrong one.
    fn cut_cycle(&mut self, meeting: usize) -> Vec<String> {
        let mut ids = Vec::new();
        let mut at = Some(meeting);
        while let Some(position) = at {
            ids.push(self.places[position].id.clone());
            at = self.parents[position].take();
        }
        // The walk ends at the meeting point, whose parent is gone by then.
        ids.pop();
        let smallest = (0..ids.len()).min_by_key(|at| &ids[*at]).unwrap_or(0);
        ids.rotate_left(smallest);
        ids
    }
}

/// Which locations are mapped to which organisation units.
#[derive(Clone, Debug, Default)]
pub struct PlaceMap {
    org_units: FxHashMap<String, String>,
}

impl PlaceMap {
    /// Builds the map from pairs of a location id and an organisation unit id, and says which of them conflict.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = (String, String)>) -> (Self, Vec<PlaceFinding>) {
        let mut org_units: FxHashMap<String, String> = FxHashMap::default();
        let mut findings = Vec::new();
        for (location, org_unit) in entries {
            match org_units.get(&location) {
                None => {
                    org_units.insert(location, org_unit);
                }
                Some(kept) if *kept != org_unit => {
                    findings.push(PlaceFinding::ConflictingMapping { location, kept: kept.clone(), refused: org_unit })
                }
                Some(_) => {}
            }
        }
        (Self { org_units }, findings)
    }

    /// The organisation unit that this very location is mapped to.
    #[must_use]
    pub fn get(&self, location: &str) -> Option<&str> {
        self.org_units.get(location).map(String::as_str)
    }

    /// How many locations are mapped.
    #[must_use]
    pub fn len(&self) -> usize {
        self.org_units.len()
    }

    /// Whether no location is mapped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.org_units.is_empty()
    }
}

/// Where a location is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// For an organisation unit.
    Mapped {
        /// Its position in [`Places::org_units`].
        org_unit: usize,
        /// Whose mapping it is.
        via: Via,
    },
    /// Nowhere: the location is known, but neither it nor any that it lies in is mapped.
    Unmapped,
    /// Nowhere: the location is neither in the tree nor in the map.
    Unknown,
}

/// Whose mapping decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The location's own.
    Own,
    /// That of the nearest ancestor that is mapped.
    Ancestor,
}

/// A tree and a map together: where every location is reported.
#[derive(Clone, Debug)]
pub struct Places {
    tree: PlaceTree,
    org_units: Vec<String>,
    /// Where each location of the tree is reported, in the tree's order.
    resolutions: Vec<Resolution>,
    /// Where each mapped location is reported that the tree does not have.
    unlisted: FxHashMap<String, Resolution>,
}

impl Places {
    /// Finds for every location the nearest mapped one among itself and those that it lies in, and says which mapped
    /// locations the tree does not have.
    #[must_use]
    pub fn new(tree: PlaceTree, map: &PlaceMap) -> (Self, Vec<PlaceFinding>) {
        let mut org_units: Vec<String> = map.org_units.values().cloned().collect();
        org_units.sort_unstable();
        org_units.dedup();
        let index: FxHashMap<&str, usize> =
            org_units.iter().enumerate().map(|(index, id)| (id.as_str(), index)).collect();

        let own = |id: &str| map.get(id).map(|org_unit| index[org_unit]);
        let mapped = |org_unit, via| Resolution::Mapped { org_unit, via };
        let resolutions = tree
            .places
            .iter()
            .zip(nearest_mapped(&tree, own))
            .map(|(place, nearest)| match (own(&place.id), nearest) {
                (Some(org_unit), _) => mapped(org_unit, Via::Own),
                (None, Some(org_unit)) => mapped(org_unit, Via::Ancestor),
                (None, None) => Resolution::Unmapped,
            })
            .collect();
        let unlisted: FxHashMap<String, Resolution> = map
            .org_units
            .iter()
            .filter(|(location, _)| tree.get(location).is_none())
            .map(|(location, org_unit)| (location.clone(), mapped(index[org_unit.as_str()], Via::Own)))
            .collect();
        let mut unknown: Vec<String> = unlisted.keys().cloned().collect();
        unknown.sort_unstable();
        let findings = unknown.into_iter().map(|location| PlaceFinding::UnknownMapped { location }).collect();
        (Self { tree, org_units, resolutions, unlisted }, findings)
    }

    /// Where each location is reported that is known at all, as the position of its organisation unit, and nothing of
    /// the tree. `org_units` are as [`Self::org_units`] gave them.
    #[must_use]
    pub fn of_reported(org_units: Vec<String>, reported: impl IntoIterator<Item = (String, Option<usize>)>) -> Self {
        let resolution = |org_unit| match org_unit {
            Some(org_unit) => Resolution::Mapped { org_unit, via: Via::Own },
            None => Resolution::Unmapped,
        };
        let unlisted = reported.into_iter().map(|(id, org_unit)| (id, resolution(org_unit))).collect();
        Self { tree: PlaceTree::default(), org_units, resolutions: Vec::new(), unlisted }
    }

    /// Each known location with the position of the organisation unit that it is reported for, if it is.
    pub fn reported(&self) -> impl Iterator<Item = (&str, Option<usize>)> {
        let listed = self.tree.places.iter().map(|place| place.id.as_str()).zip(&self.resolutions);
        let unlisted = self.unlisted.iter().map(|(id, resolution)| (id.as_str(), resolution));
        listed.chain(unlisted).map(|(id, resolution)| match resolution {
            Resolution::Mapped { org_unit, .. } => (id, Some(*org_unit)),
            Resolution::Unmapped | Resolution::Unknown => (id, None),
        })
    }

    /// Where a record that names this location is reported.
    #[must_use]
    #[inline]
    pub fn resolve(&self, location: &str) -> Resolution {
        match self.tree.positions.get(location) {
            Some(position) => self.resolutions[*position],
            None => self.unlisted.get(location).copied().unwrap_or(Resolution::Unknown),
        }
    }

    /// The ids of the organisation units that locations are mapped to, sorted and each once.
    #[must_use]
    pub fn org_units(&self) -> &[String] {
        &self.org_units
    }

    /// The locations that are reported nowhere, in the order of the tree.
    pub fn unmapped(&self) -> impl Iterator<Item = &Place> {
        let resolved = self.tree.places.iter().zip(&self.resolutions);
        resolved.filter(|(_, resolution)| **resolution == Resolution::Unmapped).map(|(place, _)| place)
    }

    /// The locations.
    #[must_use]
    pub fn tree(&self) -> &PlaceTree {
        &self.tree
    }
}

/// The organisation unit of each place's nearest mapped self or ancestor. Goes up from each place until something known,
/// and carries it down again, so that no edge is walked more than twice however deep the tree is.
fn nearest_mapped(tree: &PlaceTree, own: impl Fn(&str) -> Option<usize>) -> Vec<Option<usize>> {
    let mut nearest: Vec<Option<Option<usize>>> = vec![None; tree.places.len()];
    let mut below = Vec::new();
    for start in 0..tree.places.len() {
        let mut at = start;
        let found = loop {
            if let Some(known) = nearest[at] {
                break known;
            }
            below.push(at);
            if let Some(org_unit) = own(&tree.places[at].id) {
                break Some(org_unit);
            }
            match tree.parents[at] {
                Some(parent) => at = parent,
                None => break tree.unlisted_parent(at).and_then(&own),
            }
        };
        for position in below.drain(..) {
            nearest[position] = Some(found);
        }
    }
    nearest.into_iter().map(Option::flatten).collect()
}
