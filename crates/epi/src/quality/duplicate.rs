//! Likely duplicates, without names: the same case number twice, or the same person by what is known without a name.

use super::scope::Scope;
use crate::increment::Inexact;
use crate::packed::{Packer, Unpackable, Unpacker};
use crate::record::{Outbreak, Person};
use rustc_hash::FxHasher;
use std::fmt;
use std::hash::{Hash, Hasher};

/// Why records may be one person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Likeness {
    /// The same case number.
    VisualId,
    /// The same gender, age, residence, onset and report; none of them missing.
    Traits,
}

/// What [`Likeness::Traits`] compares, by its names on the wire.
pub const TRAITS: &[&str] = &["gender", "age", "usualPlaceOfResidenceLocationId", "dateOfOnset", "dateOfReporting"];

/// So many records are compared while they pass, at 8 bytes for each likeness: with more, only the line list can tell, for
/// nothing may hold the outbreak.
pub const RECORDS_COMPARED_MAX: usize = 500_000;

impl Likeness {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::VisualId, Self::Traits];

    /// The name in JSON and in CSV.
    pub fn name(self) -> &'static str {
        match self {
            Self::VisualId => "same_visual_id",
            Self::Traits => "same_traits",
        }
    }

    /// What it is, one sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::VisualId => "Two records of one kind have the same case number.",
            Self::Traits => {
                "Two records of one kind have the same gender, age in years and months, place of residence, date of onset \
                 and date of reporting, and none of these is missing."
            }
        }
    }

    /// What to do about it, one sentence.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::VisualId => "Look at both in Go.Data: merge them, or give one its own number.",
            Self::Traits => {
                "Look at both in Go.Data: merge them if they are one person. In large outbreaks some are like each other by \
                 chance."
            }
        }
    }

    /// What a record has in common with those that are like it, as a number: 64 bits, so that records that
    /// have nothing in common practically never share one. None where too little is known.
    pub fn key(self, person: &Person) -> Option<u64> {
        // Without a random key: the same record has the same number in every part and on every core.
        let mut hasher = FxHasher::default();
        (person.kind as u8).hash(&mut hasher);
        // Whoever falls ill in two outbreaks is two cases.
        person.outbreak.as_ref().map(Outbreak::id).hash(&mut hasher);
        match self {
            Self::VisualId => person.visual_id.as_deref()?.hash(&mut hasher),
            Self::Traits => {
                person.gender.as_deref()?.hash(&mut hasher);
                person.age_years?.hash(&mut hasher);
                // Most ages have none: zero months and no months are one age.
                person.age_months.unwrap_or_default().hash(&mut hasher);
                person.residence.as_deref()?.hash(&mut hasher);
                crate::day::number(person.date_of_onset?).hash(&mut hasher);
                crate::day::number(person.date_of_reporting?).hash(&mut hasher);
            }
        }
        Some(hasher.finish())
    }

    /// Whether enough is known for a [key](Self::key).
    fn is_known(self, person: &Person) -> bool {
        match self {
            Self::VisualId => person.visual_id.is_some(),
            Self::Traits => {
                person.gender.is_some()
                    && person.age_years.is_some()
                    && person.residence.is_some()
                    && person.date_of_onset.is_some()
                    && person.date_of_reporting.is_some()
            }
        }
    }
}

impl fmt::Display for Likeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Records compared with each other by one likeness. Mergeable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicates {
    /// One number for each record that has one; none once there are too many.
    keys: Option<Vec<u64>>,
    /// How many there are, even if they are not kept.
    n_keys: u64,
    /// Numbers to be taken out: all at once, since they have to be looked for.
    gone: Vec<u64>,
    records_max: usize,
}

impl Default for Duplicates {
    fn default() -> Self {
        Self { keys: Some(Vec::new()), n_keys: 0, gone: Vec::new(), records_max: RECORDS_COMPARED_MAX }
    }
}

/// How many records are like another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alike {
    /// Groups of records that are like each other.
    pub n_groups: u64,
    /// The records in them.
    pub n_records: u64,
}

impl Duplicates {
    /// Compares however many records there are, at 8 bytes each: for a reader of the line list.
    pub fn unlimited() -> Self {
        Self { records_max: usize::MAX, ..Self::default() }
    }

    /// Enters a record.
    pub fn add(&mut self, likeness: Likeness, person: &Person) {
        let Some(keys) = &mut self.keys else {
            self.n_keys += u64::from(likeness.is_known(person));
            return;
        };
        if let Some(key) = likeness.key(person) {
            keys.push(key);
            self.n_keys += 1;
            if self.n_keys > self.records_max as u64 {
                self.keys = None;
            }
        }
    }

    /// Takes a record out; [`Self::settle`] ends what takes some out and adds others.
    pub fn subtract(&mut self, likeness: Likeness, person: &Person) {
        match self.keys {
            Some(_) => {
                let key = likeness.key(person);
                self.n_keys = self.n_keys.saturating_sub(u64::from(key.is_some()));
                self.gone.extend(key);
            }
            None => self.n_keys = self.n_keys.saturating_sub(u64::from(likeness.is_known(person))),
        }
    }

    /// Takes out what is to be taken out.
    ///
    /// # Errors
    /// There were too many records and are not any more; a record that was never added.
    pub fn settle(&mut self) -> Result<(), Inexact> {
        let mut gone = std::mem::take(&mut self.gone);
        let Some(keys) = &mut self.keys else {
            let is_small = self.n_keys <= self.records_max as u64;
            return if is_small { Err(Inexact::Likeness) } else { Ok(()) };
        };
        if gone.is_empty() {
            return Ok(());
        }
        gone.sort_unstable();
        // Stable, because it makes use of what is in order already: nearly all.
        keys.sort();
        let mut gone = gone.into_iter().peekable();
        keys.retain(|key| gone.next_if_eq(key).is_none());
        if gone.next().is_some() { Err(Inexact::NeverCounted) } else { Ok(()) }
    }

    /// As bytes.
    pub(super) fn pack(&self, packer: &mut Packer) {
        packer.number(self.n_keys);
        packer.flag(self.keys.is_some());
        if let Some(keys) = &self.keys {
            let mut keys = keys.clone();
            keys.sort_unstable();
            packer.n_values(keys.len());
            keys.into_iter().for_each(|key| packer.hash(key));
        }
    }

    /// From bytes.
    pub(super) fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Unpackable> {
        let n_keys = unpacker.number()?;
        let keys = match unpacker.flag()? {
            true => Some((0..unpacker.n_values()?).map(|_| unpacker.hash()).collect::<Result<Vec<u64>, _>>()?),
            false => None,
        };
        Ok(Self { keys, n_keys, ..Self::default() })
    }

    /// Adds other records. Whether there are too many does not depend on the order.
    pub fn merge(&mut self, other: Self) {
        self.n_keys += other.n_keys;
        self.keys = match (self.keys.take(), other.keys) {
            (Some(mut keys), Some(more)) if keys.len() + more.len() <= self.records_max => {
                keys.extend(more);
                Some(keys)
            }
            _ => None,
        };
    }

    /// The numbers that more than one record has, in order, and how many have each; none if there were too many records.
    pub fn shared(&self) -> Option<Vec<(u64, u64)>> {
        let mut keys = self.keys.clone()?;
        keys.sort_unstable();
        let groups = keys.chunk_by(|a, b| a == b).filter(|group| group.len() > 1);
        Some(groups.map(|group| (group[0], group.len() as u64)).collect())
    }

    /// How many records are like another one; none if there were too many records.
    pub fn alike(&self) -> Option<Alike> {
        let shared = self.shared()?;
        Some(Alike { n_groups: shared.len() as u64, n_records: shared.iter().map(|(_, n)| n).sum() })
    }
}

impl Likeness {
    /// Whether it can be judged by what was read.
    pub fn is_judged(self, scope: &Scope) -> bool {
        match self {
            Self::VisualId => scope.compares_visual_ids(),
            Self::Traits => scope.compares_traits(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::PersonKind;
    use jiff::civil::date;

    fn known() -> Person {
        Person {
            visual_id: Some("C-1".into()),
            gender: Some("MALE".into()),
            age_years: Some(30),
            residence: Some("north".into()),
            date_of_onset: Some(date(2020, 2, 1)),
            date_of_reporting: Some(date(2020, 2, 3)),
            ..Person::default()
        }
    }

    #[test]
    fn all_traits_have_to_be_known_and_the_same() {
        let key = |change: fn(&mut Person)| {
            let mut person = known();
            change(&mut person);
            Likeness::Traits.key(&person)
        };
        let same = Likeness::Traits.key(&known());
        assert!(same.is_some());
        assert_eq!(key(|p| p.visual_id = None), same, "the case number is another matter");
        assert_eq!(key(|p| p.age_months = Some(0)), same);
        for missing in [
            key(|p| p.gender = None),
            key(|p| p.age_years = None),
            key(|p| p.residence = None),
            key(|p| p.date_of_onset = None),
            key(|p| p.date_of_reporting = None),
        ] {
            assert_eq!(missing, None);
        }
        for other in [
            key(|p| p.kind = PersonKind::Contact),
            key(|p| p.gender = Some("FEMALE".into())),
            key(|p| p.age_years = Some(31)),
            key(|p| p.age_months = Some(1)),
            key(|p| p.residence = Some("south".into())),
            key(|p| p.date_of_onset = Some(date(2020, 2, 2))),
            key(|p| p.date_of_reporting = Some(date(2020, 2, 2))),
        ] {
            assert!(other.is_some() && other != same);
        }
    }

    #[test]
    fn a_number_is_had_where_enough_is_known() {
        let changes: [fn(&mut Person); 7] = [
            |_| {},
            |p| p.visual_id = None,
            |p| p.gender = None,
            |p| p.age_years = None,
            |p| p.residence = None,
            |p| p.date_of_onset = None,
            |p| p.date_of_reporting = None,
        ];
        for change in changes {
            let mut person = known();
            change(&mut person);
            for likeness in Likeness::ALL {
                assert_eq!(likeness.is_known(&person), likeness.key(&person).is_some(), "{likeness} {person:?}");
            }
        }
    }

    #[test]
    fn who_is_taken_out_is_like_nobody_any_more() {
        let of = |id: &str| Person { visual_id: Some(id.into()), ..Person::default() };
        let mut duplicates = Duplicates { records_max: 4, ..Duplicates::default() };
        let alike = |n_groups, n_records| Some(Alike { n_groups, n_records });
        ["a", "b", "a", "b"].iter().for_each(|id| duplicates.add(Likeness::VisualId, &of(id)));
        duplicates.subtract(Likeness::VisualId, &of("a"));
        duplicates.subtract(Likeness::VisualId, &Person::default());
        duplicates.add(Likeness::VisualId, &of("b"));
        assert_eq!(duplicates.settle(), Ok(()));
        assert_eq!(duplicates.alike(), alike(1, 3));
        duplicates.add(Likeness::VisualId, &of("c"));
        assert_eq!(duplicates.alike(), None, "one too many");
        assert_eq!(duplicates.settle(), Ok(()));
        duplicates.subtract(Likeness::VisualId, &of("c"));
        assert_eq!(duplicates.settle(), Err(Inexact::Likeness), "nobody kept the others");
        let mut nobody = Duplicates::default();
        nobody.subtract(Likeness::VisualId, &of("a"));
        assert_eq!(nobody.settle(), Err(Inexact::NeverCounted));
    }

    #[test]
    fn too_many_records_are_too_many_in_any_order() {
        let of = |ids: &[&str]| {
            let mut duplicates = Duplicates { records_max: 3, ..Duplicates::default() };
            for id in ids {
                duplicates.add(Likeness::VisualId, &Person { visual_id: Some((*id).into()), ..Person::default() });
            }
            duplicates
        };
        let merged = |parts: &[&[&str]]| {
            let mut all = of(&[]);
            parts.iter().for_each(|part| all.merge(of(part)));
            all.alike()
        };
        assert_eq!(merged(&[&["a"], &["b", "a"]]), Some(Alike { n_groups: 1, n_records: 2 }));
        assert_eq!(merged(&[&["a", "b", "a"]]), merged(&[&["b", "a"], &["a"]]));
        for parts in [&[&["a", "b"][..], &["a", "c"]][..], &[&["a", "b", "c", "d"], &[]], &[&[], &["a", "b", "c", "d"]]]
        {
            assert_eq!(merged(parts), None);
        }
    }
}
