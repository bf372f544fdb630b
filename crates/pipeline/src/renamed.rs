//! Category option combos that got another UID in DHIS2, as a repair of the category model gives them.
//!
//! DHIS2 keeps the values of such a combo under its new UID; our ledger knows the old one. Unless the two are brought
//! together, what we wrote looks like somebody else's: a case that leaves the cell would leave its number behind.

use compact_str::CompactString;
use epi::plan::{Reading, ValueKey, Written};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// What became of the combos that the ledger knows and DHIS2 does not.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Renamed {
    /// Old and new number of those that stand under another UID now.
    pub combos: Vec<(u32, u32)>,
    /// Those of which nothing is known.
    pub lost: Vec<u32>,
}

/// Tells which combo of DHIS2 is one that the ledger knows by another UID: the only one without rows in the ledger under
/// which every value stands that we wrote under the old one.
///
/// `is_known` tells whether DHIS2 has a combo, `reading` how the values of a key are compared.
pub fn find(
    ledger: &FxHashMap<ValueKey, Written>,
    stored: &FxHashMap<ValueKey, CompactString>,
    is_known: impl Fn(u32) -> bool,
    reading: impl Fn(&ValueKey) -> Reading,
) -> Renamed {
    let mut gone: BTreeMap<u32, Vec<(&ValueKey, &CompactString)>> = BTreeMap::new();
    let mut ours = BTreeSet::new();
    for (key, written) in ledger {
        if is_known(key.combo) {
            ours.insert(key.combo);
        } else if let Some(value) = written.as_ref().filter(|_| !stored.contains_key(key)) {
            gone.entry(key.combo).or_default().push((key, value));
        }
    }
    let candidates: BTreeSet<u32> = match gone.is_empty() {
        true => BTreeSet::new(),
        false => stored.keys().map(|key| key.combo).filter(|combo| is_known(*combo) && !ours.contains(combo)).collect(),
    };
    let mut renamed = Renamed::default();
    for (old, rows) in gone {
        let stands_under = |combo: &&u32| {
            let at = |key: &ValueKey| stored.get(&ValueKey { combo: **combo, ..*key });
            rows.iter().all(|(key, value)| at(key).is_some_and(|stands| reading(key).same(stands, value)))
        };
        let found: Vec<&u32> = candidates.iter().filter(stands_under).collect();
        match found.as_slice() {
            [new] => renamed.combos.push((old, **new)),
            _ => renamed.lost.push(old),
        }
    }
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;
    use epi::period::Period;

    fn key(combo: u32, org_unit: u32) -> ValueKey {
        let period = Period::parse("2020W6").unwrap();
        ValueKey { period, org_unit, data_element: 1, combo, attribute: 0 }
    }

    fn find_in(ledger: &[(u32, u32, &str)], stored: &[(u32, u32, &str)]) -> Renamed {
        let ledger = ledger.iter().map(|(combo, unit, value)| (key(*combo, *unit), Some((*value).into()))).collect();
        let stored = stored.iter().map(|(combo, unit, value)| (key(*combo, *unit), (*value).into())).collect();
        // Combos from 10 on exist.
        find(&ledger, &stored, |combo| combo >= 10, |_| Reading::Number)
    }

    #[test]
    fn a_combo_is_found_by_all_of_its_values() {
        let found = find_in(&[(1, 1, "3"), (1, 2, "4"), (10, 1, "3")], &[(10, 1, "3"), (11, 1, "3"), (11, 2, "4")]);
        assert_eq!(found, Renamed { combos: vec![(1, 11)], lost: Vec::new() });
    }

    #[test]
    fn one_value_that_differs_is_reason_to_ask_a_person() {
        let found = find_in(&[(1, 1, "3"), (1, 2, "4")], &[(11, 1, "3"), (11, 2, "5")]);
        assert_eq!(found, Renamed { combos: Vec::new(), lost: vec![1] });
    }

    #[test]
    fn two_combos_that_could_be_it_are_none() {
        let found = find_in(&[(1, 1, "3")], &[(11, 1, "3"), (12, 1, "3")]);
        assert_eq!(found, Renamed { combos: Vec::new(), lost: vec![1] });
    }

    #[test]
    fn what_still_stands_under_its_uid_was_not_renamed() {
        // Its data element left the data set; the values are retracted like others.
        assert_eq!(find_in(&[(1, 1, "3")], &[(1, 1, "3"), (11, 1, "3")]), Renamed::default());
    }

    #[test]
    fn nothing_is_renamed_where_every_combo_exists() {
        assert_eq!(find_in(&[(10, 1, "3")], &[(10, 1, "3"), (11, 1, "3")]), Renamed::default());
    }
}
