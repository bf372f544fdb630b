//! What was counted, without a record that was: what it takes so that nothing has to be counted again.
//!
//! Whatever is counted here can take a record out again: the numbers because they are sums, and *some of the records*
//! ([`Smallest`]) because more of them are kept than are shown. What cannot be taken out exactly says so ([`Inexact`]), and
//! then everything is counted.

use crate::cell::Overflow;
use crate::packed::{Packer, Unpackable, Unpacker};
use compact_str::CompactString;
use std::collections::BTreeSet;

/// Why a count without a record is not known from the count with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inexact {
    /// The record was never counted.
    #[error("a record was to be taken out that was never counted")]
    NeverCounted,
    /// A sum left the range of exact decimals on the way.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// So many of the records that are kept as examples left that others have to be found.
    #[error("too few of the records that are kept as examples are left")]
    Examples,
    /// Too many records were compared with each other, and now they might not be too many.
    #[error("there were too many records to compare, and now there may not be")]
    Likeness,
}

/// Takes `n` out of a number.
pub(crate) fn take(number: &mut u64, n: u64) -> Result<(), Inexact> {
    *number = number.checked_sub(n).ok_or(Inexact::NeverCounted)?;
    Ok(())
}

/// The smallest of many ids: which they are does not depend on the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Smallest {
    ids: BTreeSet<CompactString>,
    /// All ids up to this one are here; none if that holds for all that ever came.
    complete_to: Option<CompactString>,
}

impl Smallest {
    /// Takes an id in, and lets one go if there are more than `max`.
    pub fn insert(&mut self, id: &CompactString, max: usize) {
        // Almost always: most come after those that are kept.
        if self.complete_to.as_ref().is_some_and(|last| id > last) {
            return;
        }
        self.ids.insert(id.clone());
        if self.ids.len() > max {
            self.ids.pop_last();
            self.complete_to = self.ids.last().cloned();
        }
    }

    /// Takes an id out. Others than those that are kept may be smaller then than some that come later, and are not missed as
    /// long as enough are left.
    pub fn remove(&mut self, id: &str) {
        self.ids.remove(id);
    }

    /// Adds those of another part.
    pub fn merge(&mut self, other: &Self, max: usize) {
        if let Some(last) = &other.complete_to
            && self.complete_to.as_ref().is_none_or(|own| last < own)
        {
            self.complete_to = Some(last.clone());
            self.ids.retain(|id| id <= last);
        }
        other.ids.iter().for_each(|id| self.insert(id, max));
    }

    /// Whether the first `n` of all ids are the first `n` of these.
    pub fn has_first(&self, n: usize) -> bool {
        self.complete_to.is_none() || self.ids.len() >= n
    }

    /// In their order.
    pub fn iter(&self) -> impl Iterator<Item = &CompactString> {
        self.ids.iter()
    }

    /// Whether none is left, kept or not.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.complete_to.is_none()
    }

    /// As bytes.
    pub fn pack(&self, packer: &mut Packer) {
        packer.n_values(self.ids.len());
        self.ids.iter().for_each(|id| packer.text(id));
        packer.flag(self.complete_to.is_some());
        if let Some(last) = &self.complete_to {
            packer.text(last);
        }
    }

    /// From bytes.
    ///
    /// # Errors
    /// Bytes of something else.
    pub fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Unpackable> {
        let ids = (0..unpacker.n_values()?).map(|_| unpacker.text()).collect::<Result<_, _>>()?;
        let complete_to = if unpacker.flag()? { Some(unpacker.text()?) } else { None };
        Ok(Self { ids, complete_to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAX: usize = 6;
    const SHOWN: usize = 3;

    fn shown(smallest: &Smallest) -> Vec<&str> {
        smallest.iter().take(SHOWN).map(CompactString::as_str).collect()
    }

    proptest! {
        #[test]
        fn the_first_are_the_first_of_all_or_known_to_be_too_few(
            edits in prop::collection::vec((any::<bool>(), 0_u8..40), 0..200),
            parts in 1_usize..4,
        ) {
            let mut all = BTreeSet::new();
            let mut kept = Smallest::default();
            for (n, (comes, id)) in edits.iter().enumerate() {
                let id = CompactString::from(format!("{id:02}"));
                if *comes {
                    kept.insert(&id, MAX);
                    all.insert(id);
                } else {
                    kept.remove(&id);
                    all.remove(&id);
                }
                if n % 50 == 49 {
                    let mut packer = Packer::default();
                    kept.pack(&mut packer);
                    prop_assert_eq!(Smallest::unpack(&mut Unpacker::new(&packer.into_bytes())), Ok(kept.clone()));
                }
                if kept.has_first(SHOWN) {
                    let expected: Vec<&str> = all.iter().take(SHOWN).map(CompactString::as_str).collect();
                    prop_assert_eq!(shown(&kept), expected);
                }
            }
            let mut merged = Smallest::default();
            for part in 0..parts {
                let mut own = Smallest::default();
                all.iter().skip(part).step_by(parts).for_each(|id| own.insert(id, MAX));
                merged.merge(&own, MAX);
            }
            let mut whole = Smallest::default();
            all.iter().for_each(|id| whole.insert(id, MAX));
            prop_assert!(merged.has_first(MAX) && merged.iter().eq(whole.iter()));
        }
    }

    #[test]
    fn when_more_leave_than_were_kept_beyond_the_shown_it_is_known() {
        let ids: Vec<CompactString> = (0..20).map(|n| format!("{n:02}").into()).collect();
        let mut kept = Smallest::default();
        ids.iter().for_each(|id| kept.insert(id, MAX));
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(kept.has_first(SHOWN), n <= MAX - SHOWN, "{n}");
            kept.remove(id);
        }
        assert!(!kept.is_empty(), "nobody knows that all are gone");
    }
}
