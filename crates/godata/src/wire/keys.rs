//! The keys that a struct knows, found by one look into a small table.
//!
//! A person has some fifty keys and a million persons have ten each: holding every key against all that are known would
//! cost more than reading the values.

/// Slots of a table: at least four times as many as a struct has keys, so that few share one.
const SLOTS: usize = 256;
/// A slot that no key has.
const FREE: u8 = u8::MAX;

/// Keys and what each stands for. Built when the program is compiled.
pub(super) struct Keys<F: 'static> {
    keys: &'static [(&'static str, F)],
    /// Positions of keys; where two want one slot, the second has the next free one.
    slots: [u8; SLOTS],
}

impl<F: Copy> Keys<F> {
    pub(super) const fn new(keys: &'static [(&'static str, F)]) -> Self {
        assert!(keys.len() * 4 <= SLOTS, "too many keys for the table");
        let mut slots = [FREE; SLOTS];
        let mut position = 0;
        while position < keys.len() {
            let mut slot = slot(keys[position].0.as_bytes());
            while slots[slot] != FREE {
                slot = (slot + 1) % SLOTS;
            }
            slots[slot] = position as u8;
            position += 1;
        }
        Self { keys, slots }
    }

    /// What the key stands for; none if nobody reads it.
    #[inline]
    pub(super) fn find(&self, key: &str) -> Option<F> {
        let mut slot = slot(key.as_bytes());
        loop {
            let (known, found) = self.keys.get(usize::from(self.slots[slot]))?;
            if *known == key {
                return Some(*found);
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

/// Where a key stands by its length and three of its bytes, which tell those of Go.Data apart well enough.
const fn slot(key: &[u8]) -> usize {
    if key.is_empty() {
        return 0;
    }
    let (first, middle, last) = (key[0] as usize, key[key.len() / 2] as usize, key[key.len() - 1] as usize);
    (key.len() * 7 + first * 31 + middle * 11 + last * 3) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_and_no_other() {
        const KEYS: Keys<u8> = Keys::new(&[("id", 1), ("_id", 1), ("abc", 2), ("axc", 3), ("", 4)]);
        let found = ["id", "_id", "abc", "axc", "", "abd", "i", "idd", "é"].map(|key| KEYS.find(key));
        assert_eq!(found, [Some(1), Some(1), Some(2), Some(3), Some(4), None, None, None, None]);
    }

    #[test]
    fn keys_that_want_one_slot_are_told_apart() {
        // The same length, first, middle and last byte.
        const KEYS: Keys<u8> = Keys::new(&[("dabc", 0), ("dxbc", 1), ("dybc", 2)]);
        assert_eq!(["dxbc", "dabc", "dybc", "dzbc"].map(|key| KEYS.find(key)), [Some(1), Some(0), Some(2), None]);
    }
}
