//! Category option combos that DHIS2 makes itself, when an administrator has it do so.

use std::collections::BTreeSet;

use crate::dhis2::metadata::{CategoryOptionCombo, Metadata};

/// More than any test needs.
const GENERATED_MAX: usize = 10_000;

/// Makes those that are missing; the others keep their UIDs.
pub(in crate::dhis2) fn generate_option_combos(metadata: &mut Metadata) {
    let mut made = Vec::new();
    for combo in &metadata.category_combos {
        let categories =
            combo.categories.iter().filter_map(|uid| metadata.categories.iter().find(|one| one.uid == *uid));
        let mut all: Vec<BTreeSet<&String>> = vec![BTreeSet::new()];
        for category in categories {
            let longer = all.iter().flat_map(|before| {
                category.category_options.iter().map(move |option| before.iter().copied().chain([option]).collect())
            });
            all = longer.collect();
        }
        let is_there = |options: &BTreeSet<&String>| {
            let of_combo = metadata.category_option_combos.iter().filter(|one| one.category_combo == combo.uid);
            of_combo.map(|one| one.category_options.iter().collect::<BTreeSet<_>>()).any(|one| one == *options)
        };
        for options in all.into_iter().filter(|options| !is_there(options)) {
            made.push(CategoryOptionCombo {
                uid: format!("Generat{:04}", made.len()),
                code: None,
                name: options.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", "),
                category_combo: combo.uid.clone(),
                category_options: options.into_iter().cloned().collect(),
            });
            assert!(made.len() < GENERATED_MAX, "more category option combos than a simulator is for");
        }
    }
    metadata.category_option_combos.extend(made);
}
