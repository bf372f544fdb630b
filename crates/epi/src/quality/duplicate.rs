//! Likely duplicates, without names: the same case number twice, or the same person by what is known without a name.

use super::scope::Scope;
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
    records_max: usize,
}

impl Default for Duplicates {
    fn default() -> Self {
        Self { keys: Some(Vec::new()), records_max: RECORDS_COMPARED_MAX }
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
        if let Some(keys) = &mut self.keys {
            keys.extend(likeness.key(person));
            if keys.len() > self.records_max {
                self.keys = None;
            }
        }
    }

    /// Adds other records. Whether there are too many does not depend on the order.
    pub fn merge(&mut self, other: Self) {
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
