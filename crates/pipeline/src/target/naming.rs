//! What things of DHIS2 are called in the configuration: by UID, by code, or by the value of an attribute.

use dhis2::{CategoryOption, DataElement, DataSet, IdScheme, OrgUnit};
use std::collections::BTreeMap;

/// A thing that the configuration may name.
pub(super) trait Named {
    /// What it is called under a scheme; none if it has no such name.
    fn name_in(&self, scheme: IdScheme) -> Option<&str>;
}

macro_rules! named {
    ($($type:ty),*) => {
        $(impl Named for $type {
            fn name_in(&self, scheme: IdScheme) -> Option<&str> {
                scheme.name_of(&self.id, self.code.as_deref(), &self.attribute_values)
            }
        })*
    };
}

named!(DataElement, CategoryOption, OrgUnit);

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// This UID.
    One(String),
    /// Several: an attribute's values need not be unique.
    Several,
}

/// Category options by name.
pub(super) type Options = BTreeMap<String, Meaning>;

/// The options of all categories of a data set, those of its own category combo included.
pub(super) fn options(data_set: &DataSet, scheme: IdScheme) -> Options {
    let combos = data_set.elements.iter().map(|element| &element.category_combo);
    let categories = combos.chain([&data_set.category_combo]).flat_map(|combo| &combo.categories);
    let mut options = Options::new();
    for option in categories.flat_map(|category| &category.category_options) {
        let Some(name) = option.name_in(scheme) else { continue };
        let one = Meaning::One(option.id.to_string());
        match options.get_mut(name) {
            Some(known) if *known != one => *known = Meaning::Several,
            Some(_) => {}
            None => _ = options.insert(name.to_owned(), one),
        }
    }
    options
}
