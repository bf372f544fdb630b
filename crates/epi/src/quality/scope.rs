//! What is known when records are looked at: the day, the outbreak's start, the reference data, and which fields were read.
//! A rule whose fields were not read judges nothing, and says so: not looked at is not zero.

use super::check::{CHECKS, Check, Look, REFERENCES};
use super::delay::Delay;
use crate::field::{self, Domain};
use crate::indicator::Definitions;
use crate::place::{Places, Resolution};
use crate::record::{Person, PersonKind};
use compact_str::CompactString;
use jiff::civil::Date;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

/// The fields that Go.Data is asked for when all rules shall judge, by their names on the wire. None of them is a name, an
/// address or a free text: no answers, no comments.
pub const WIRE: &[&str] = &[
    "visualId",
    "classification",
    "classificationHistory",
    "outcomeId",
    "gender",
    "age",
    "dateOfOnset",
    "dateOfReporting",
    "dateOfInfection",
    "dateBecomeCase",
    "dateOfOutcome",
    "dateOfBurial",
    "dateOfLastContact",
    "dateRanges",
    "pregnancyStatus",
    "usualPlaceOfResidenceLocationId",
    "createdAt",
];

/// What is known when records are looked at.
#[derive(Clone, Debug)]
pub struct Scope {
    pub(super) today: Date,
    pub(super) outbreak_start: Option<Date>,
    /// Number of organisation units.
    pub(super) n_org_units: usize,
    /// Values of the reference data, for each field that has some.
    known: [Option<FxHashSet<CompactString>>; REFERENCES.len()],
    /// Values that definitions name, for each field that they look at.
    mentioned: [Option<FxHashSet<CompactString>>; REFERENCES.len()],
    /// The kinds that are counted.
    kinds: BTreeSet<PersonKind>,
    /// For each kind the checks that judge it, as bits.
    judged: [u64; PersonKind::ALL.len()],
    pub(super) delays: Vec<Delay>,
    visual_id: bool,
    traits: bool,
}

/// Go.Data's reference data: the short values of each category.
pub type ReferenceData = FxHashMap<String, FxHashSet<CompactString>>;

/// What surrounds the records, beside the definitions.
#[derive(Clone, Debug, Default)]
pub struct Surroundings<'a> {
    /// Names on the wire of what was read.
    pub read: BTreeSet<&'a str>,
    /// The kinds of persons that are counted.
    pub kinds: BTreeSet<PersonKind>,
    /// First day of the outbreak, if anybody says it.
    pub outbreak_start: Option<Date>,
    /// The reference data, if they are known.
    pub reference_data: Option<&'a ReferenceData>,
}

impl Scope {
    /// What can be judged under these definitions.
    pub fn new(definitions: &Definitions, around: &Surroundings<'_>) -> Self {
        let known = REFERENCES.map(|(name, _)| {
            let Some(Domain::Reference(category)) = field::field(name).map(|field| field.domain) else { return None };
            around.reference_data?.get(category).cloned()
        });
        let mentioned = REFERENCES.map(|(name, _)| mentioned(name, definitions));
        let mut judged = [0; PersonKind::ALL.len()];
        for (bit, check) in CHECKS.iter().enumerate() {
            let about = REFERENCES.iter().position(|(field, _)| *field == check.field);
            let has_values = match (check.rule, about) {
                (super::Rule::NotInReferenceData, Some(place)) => known[place].is_some(),
                (super::Rule::NotMentioned, Some(place)) => mentioned[place].is_some(),
                _ => true,
            };
            if has_values && check.wire.iter().all(|name| around.read.contains(name)) {
                for kind in check.kinds.iter().filter(|kind| around.kinds.contains(kind)) {
                    judged[*kind as usize] |= 1 << bit;
                }
            }
        }
        let reads = |names: &[&str]| names.iter().all(|name| around.read.contains(name));
        Self {
            today: definitions.today,
            outbreak_start: around.outbreak_start,
            n_org_units: definitions.places.org_units().len(),
            known,
            mentioned,
            kinds: around.kinds.clone(),
            judged,
            delays: Delay::ALL.into_iter().filter(|delay| reads(delay.wire())).collect(),
            visual_id: reads(&["visualId"]),
            traits: reads(super::duplicate::TRAITS),
        }
    }

    /// Everything that decides what is found, as a text: two scopes with the same text find the same.
    pub fn told(&self) -> String {
        let sorted = |sets: &[Option<FxHashSet<CompactString>>]| -> Vec<Option<BTreeSet<CompactString>>> {
            sets.iter().map(|set| set.as_ref().map(|set| set.iter().cloned().collect())).collect()
        };
        let Self { today, outbreak_start, n_org_units, known, mentioned, kinds, judged, delays, visual_id, traits } =
            self;
        let (known, mentioned) = (sorted(known), sorted(mentioned));
        format!(
            "{today} {outbreak_start:?} {n_org_units} {known:?} {mentioned:?} {kinds:?} {judged:?} {delays:?} {visual_id} \
             {traits}"
        )
    }

    /// The checks that judge some record.
    pub fn judges(&self) -> impl Iterator<Item = &'static Check> {
        let bits = self.judged.iter().fold(0, |all, bits| all | bits);
        CHECKS.iter().enumerate().filter(move |(bit, _)| bits >> bit & 1 == 1).map(|(_, check)| check)
    }

    /// The checks that would judge records of the counted kinds and cannot: the fields were not read, or the reference data
    /// are not known. A value that nobody looks for is not among them.
    pub fn not_looked_at(&self) -> impl Iterator<Item = &'static Check> {
        let bits = self.judged.iter().fold(0, |all, bits| all | bits);
        CHECKS
            .iter()
            .enumerate()
            .filter(move |(bit, check)| {
                let about_counted = check.kinds.iter().any(|kind| self.kinds.contains(kind));
                bits >> bit & 1 == 0 && about_counted && check.rule != super::Rule::NotMentioned
            })
            .map(|(_, check)| check)
    }

    /// The delays that can be measured.
    pub fn delays(&self) -> &[Delay] {
        &self.delays
    }

    /// Whether case numbers can be compared.
    pub fn compares_visual_ids(&self) -> bool {
        self.visual_id
    }

    /// Whether [traits](super::duplicate::TRAITS) can be compared.
    pub fn compares_traits(&self) -> bool {
        self.traits
    }

    /// The checks that a record fails, as bits in the order of [`CHECKS`], and where it lives.
    pub(super) fn look(&self, person: &Person, unreadable: bool, places: &Places) -> (u64, Option<Resolution>) {
        let place = person.residence.as_deref().map(|location| places.resolve(location));
        let look = Look { person, place, unreadable, scope: self };
        let (mut judged, mut broken) = (self.judged[person.kind as usize], 0);
        while judged != 0 {
            let bit = judged.trailing_zeros();
            broken |= u64::from((CHECKS[bit as usize].broken)(&look)) << bit;
            judged &= judged - 1;
        }
        (broken, place)
    }

    pub(super) fn is_no_reference(&self, place: usize, person: &Person) -> bool {
        lacks(&self.known, place, person)
    }

    pub(super) fn is_not_mentioned(&self, place: usize, person: &Person) -> bool {
        lacks(&self.mentioned, place, person)
    }
}

fn lacks(sets: &[Option<FxHashSet<CompactString>>; REFERENCES.len()], place: usize, person: &Person) -> bool {
    match (&sets[place], REFERENCES[place].1(person)) {
        (Some(set), Some(value)) => !set.contains(value),
        _ => false,
    }
}

/// The values that definitions name of a field, if it is one in which another word for what is counted would be missed: the
/// classification, wherever a condition asks for it, and the fields of dimensions.
fn mentioned(name: &str, definitions: &Definitions) -> Option<FxHashSet<CompactString>> {
    use crate::dimension::Groups;
    let conditions = || definitions.indicators.iter().filter_map(|indicator| indicator.condition.as_ref());
    let dimensions = || definitions.dimensions.iter().filter(|dimension| dimension.field.name == name);
    let asked = name == "classification" && conditions().any(|condition| condition.mentions(name));
    if !asked && dimensions().next().is_none() {
        return None;
    }
    let constants = conditions().flat_map(|condition| condition.constants());
    let mut values: FxHashSet<CompactString> =
        constants.filter(|constant| constant.field == name).map(|constant| constant.value.as_str().into()).collect();
    for dimension in dimensions() {
        if let Groups::Values(groups) = &dimension.groups {
            values.extend(groups.iter().flatten().map(CompactString::from));
        }
    }
    Some(values)
}
