//! Which units are worth a look for a location: those that share an id, a code or a key of the name with it. Comparing each
//! with each would take minutes in a large country.

use super::name::Name;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// Units that one key leads to. A key of more says nothing: a thousand places are called "Centre".
const UNITS_MAX: usize = 150;
/// Letters of a name of which each is left out once; longer names share words instead.
const LEFT_OUT_MAX: usize = 32;

/// Keys of units.
#[derive(Default)]
pub(super) struct Index {
    codes: FxHashMap<String, Vec<u32>>,
    names: FxHashMap<u64, Vec<u32>>,
}

impl Index {
    pub(super) fn add_code(&mut self, code: &str, unit: usize) {
        self.codes.entry(folded_code(code)).or_default().push(unit as u32);
    }

    pub(super) fn add_name(&mut self, name: &Name, unit: usize) {
        keys(name, |key| {
            let units = self.names.entry(key).or_default();
            if units.len() <= UNITS_MAX && units.last() != Some(&(unit as u32)) {
                units.push(unit as u32);
            }
        });
    }

    /// The units of a code.
    pub(super) fn of_code(&self, code: &str) -> &[u32] {
        self.codes.get(&folded_code(code)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Adds the units that share a key with a name.
    pub(super) fn of_name(&self, name: &Name, found: &mut Vec<u32>) {
        keys(name, |key| {
            if let Some(units) = self.names.get(&key).filter(|units| units.len() <= UNITS_MAX) {
                found.extend_from_slice(units);
            }
        });
    }
}

/// Codes are compared without case and without what people put around them.
fn folded_code(code: &str) -> String {
    code.trim().to_lowercase()
}

fn keys(name: &Name, mut each: impl FnMut(u64)) {
    let mut key = |kind: u8, text: &str| {
        let mut hasher = FxHasher::default();
        (kind, text).hash(&mut hasher);
        each(hasher.finish());
    };
    key(0, &name.compact);
    key(1, &name.sorted);
    key(2, &name.sounds);
    for word in name.words.iter().filter(|word| word.chars().count() > 3) {
        key(3, word);
    }
    // One slip apart: both names without one letter are the same, or one is the other without a letter.
    for (kind, text) in [(4, &name.compact), (5, &name.sounds)] {
        let n = text.chars().count();
        if !(4..=LEFT_OUT_MAX).contains(&n) {
            continue;
        }
        key(kind, text);
        for left_out in 0..n {
            let rest: String = text.chars().enumerate().filter(|(at, _)| *at != left_out).map(|(_, c)| c).collect();
            key(kind, &rest);
        }
    }
}
