//! The two COVID-19 aggregate packages of WHO as one merged instance.
//!
//! v1.0.1 (2020-03-27) brings the data sets `kIfMNugiTgd` (Daily) and `Vs7Bd0pHjS9` (Weekly); v2.0
//! (2020-10-12) brings `uKtOZwDnIpM` (Weekly). Where both name an object, the later package wins, and
//! the code `AGE_CV19`, which both give to different categories, stays with the later one, because
//! codes are unique in DHIS2.

use super::metadata::{Metadata, OrgUnit};

const PACKAGES: &str = include_str!("covid19.json");

impl Metadata {
    /// Both packages, with every organisation unit assigned to all three data sets.
    ///
    /// # Panics
    /// If the packaged file is damaged; a test reads it.
    pub fn covid19(org_units: &[OrgUnit]) -> Self {
        let mut metadata: Self = serde_json::from_str(PACKAGES).expect("the packaged metadata decodes");
        metadata.org_units = org_units.to_vec();
        for data_set in &mut metadata.data_sets {
            data_set.org_units = org_units.iter().map(|unit| unit.uid.clone()).collect();
        }
        metadata
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_packages_are_complete_and_consistent() {
        let metadata = Metadata::covid19(&[]);
        assert_eq!(metadata.data_sets.len(), 3);
        assert_eq!(metadata.data_elements.len(), 24);
        assert_eq!(metadata.category_option_combos.len(), 82);
        assert_eq!(metadata.indicators.len(), 31);
        let elements: BTreeSet<_> = metadata.data_elements.iter().map(|e| &e.uid).collect();
        for data_set in &metadata.data_sets {
            assert!(data_set.data_elements.iter().all(|e| elements.contains(e)));
        }
        let options: BTreeSet<_> = metadata.category_options.iter().map(|o| &o.uid).collect();
        for combo in &metadata.category_option_combos {
            assert!(combo.category_options.iter().all(|o| options.contains(o)), "{}", combo.name);
        }
        let codes: Vec<_> = metadata.categories.iter().filter_map(|c| c.code.as_deref()).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    }
}
