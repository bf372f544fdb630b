//! From combinations of dimension groups to category option combos.
//!
//! DHIS2 names its combos in no fixed order ("0-4 years, Female" and "Female, 0-14 years" both occur in one package), and
//! keeps leftovers of former categories. So a combo is found by its *set of category options* and by nothing else.

use std::collections::{BTreeMap, BTreeSet};

/// The category combo of a data element, as far as the mapping needs it. All strings are UIDs.
#[derive(Clone, Debug, Default)]
pub struct CategoryCombo {
    /// UID.
    pub id: String,
    /// Name, for messages.
    pub name: String,
    /// Categories with their options, in order.
    pub categories: Vec<Category>,
    /// Category option combos with their options.
    pub combos: Vec<(String, BTreeSet<String>)>,
}

/// A category of a combo.
#[derive(Clone, Debug, Default)]
pub struct Category {
    /// Name, for messages.
    pub name: String,
    /// UIDs and names of its options.
    pub options: Vec<(String, String)>,
}

/// The category options that an indicator's groups stand for.
#[derive(Clone, Debug, Default)]
pub struct Disaggregation {
    /// For each dimension: its code, and the option UID of each group in order.
    pub dimensions: Vec<(String, Vec<String>)>,
    /// Options that hold for all records of the indicator.
    pub fixed: Vec<String>,
}

/// Why a disaggregation does not fit a category combo.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// An option is in none of the combo's categories.
    #[error("category option `{option}` of dimension `{dimension}` is not in category combo `{combo}`")]
    ForeignOption {
        /// Dimension, or `options` for a fixed one.
        dimension: String,
        /// UID of the option.
        option: String,
        /// Name of the combo.
        combo: String,
    },
    /// Two groups of one dimension stand for the same option.
    #[error("two groups of dimension `{dimension}` stand for category option `{option}`")]
    SharedOption {
        /// Dimension.
        dimension: String,
        /// UID of the option.
        option: String,
    },
    /// A category has neither a dimension nor a fixed option.
    #[error("nothing decides category `{category}` of category combo `{combo}`")]
    UndecidedCategory {
        /// Name of the category.
        category: String,
        /// Name of the combo.
        combo: String,
    },
    /// A category is decided twice.
    #[error("category `{category}` of category combo `{combo}` is decided twice")]
    DecidedTwice {
        /// Name of the category.
        category: String,
        /// Name of the combo.
        combo: String,
    },
    /// DHIS2 has no combo with this set of options.
    #[error("category combo `{combo}` has no category option combo{}", with_options(.options))]
    NoCombo {
        /// Name of the combo.
        combo: String,
        /// The options' names; empty for *default*.
        options: String,
    },
    /// DHIS2 has several combos with this set of options.
    #[error("category combo `{combo}` has several category option combos{}: {found}", with_options(.options))]
    SeveralCombos {
        /// Name of the combo.
        combo: String,
        /// The options' names; empty for *default*.
        options: String,
        /// UIDs.
        found: String,
    },
}

/// The category option combo of every combination of groups, in the order of [`crate::contribution::CellKey::combo`].
/// A combo without categories of its own is DHIS2's *default*; it goes with an indicator without dimensions.
///
/// # Errors
/// All that does not fit, not only the first.
pub fn category_option_combos(
    disaggregation: &Disaggregation,
    combo: &CategoryCombo,
    is_default: bool,
) -> Result<Vec<String>, Vec<MappingError>> {
    if is_default && disaggregation.dimensions.is_empty() && disaggregation.fixed.is_empty() {
        return match combo.combos.as_slice() {
            [(uid, _)] => Ok(vec![uid.clone()]),
            several => Err(vec![several_or_none(combo, &BTreeSet::new(), several.iter().map(|(uid, _)| uid))]),
        };
    }
    let errors = check_categories(disaggregation, combo);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut by_options: BTreeMap<&BTreeSet<String>, Vec<&String>> = BTreeMap::new();
    for (uid, options) in &combo.combos {
        by_options.entry(options).or_default().push(uid);
    }
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for options in combinations(disaggregation) {
        match by_options.get(&options).map(Vec::as_slice) {
            Some([uid]) => found.push((*uid).clone()),
            other => errors.push(several_or_none(combo, &options, other.unwrap_or_default().iter().copied())),
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

fn check_categories(disaggregation: &Disaggregation, combo: &CategoryCombo) -> Vec<MappingError> {
    let mut errors = Vec::new();
    let category_of = |option: &str| {
        combo.categories.iter().position(|category| category.options.iter().any(|(uid, _)| uid == option))
    };
    let mut decided = vec![0_usize; combo.categories.len()];
    let fixed = disaggregation.fixed.iter().map(|option| ("options".to_owned(), vec![option.clone()]));
    for (dimension, options) in disaggregation.dimensions.iter().cloned().chain(fixed) {
        let mut seen = BTreeSet::new();
        let mut categories = BTreeSet::new();
        for option in options {
            if !seen.insert(option.clone()) {
                errors.push(MappingError::SharedOption { dimension: dimension.clone(), option: option.clone() });
            }
            match category_of(&option) {
                Some(category) => {
                    categories.insert(category);
                }
                None => errors.push(MappingError::ForeignOption {
                    dimension: dimension.clone(),
                    option,
                    combo: combo.name.clone(),
                }),
            }
        }
        categories.into_iter().for_each(|category| decided[category] += 1);
    }
    for (category, times) in combo.categories.iter().zip(decided) {
        let (category, combo) = (category.name.clone(), combo.name.clone());
        match times {
            0 => errors.push(MappingError::UndecidedCategory { category, combo }),
            1 => {}
            _ => errors.push(MappingError::DecidedTwice { category, combo }),
        }
    }
    errors
}

/// All combinations, the last dimension turning fastest.
fn combinations(disaggregation: &Disaggregation) -> Vec<BTreeSet<String>> {
    let mut sets = vec![disaggregation.fixed.iter().cloned().collect::<BTreeSet<_>>()];
    for (_, options) in &disaggregation.dimensions {
        sets = sets
            .iter()
            .flat_map(|set| {
                options.iter().map(move |option| {
                    let mut set = set.clone();
                    set.insert(option.clone());
                    set
                })
            })
            .collect();
    }
    sets
}

fn several_or_none<'a>(
    combo: &CategoryCombo,
    options: &BTreeSet<String>,
    found: impl Iterator<Item = &'a String>,
) -> MappingError {
    let name_of = |option: &String| {
        let mut all = combo.categories.iter().flat_map(|category| &category.options);
        all.find(|(uid, _)| uid == option).map_or_else(|| option.clone(), |(_, name)| format!("`{name}`"))
    };
    let options = options.iter().map(name_of).collect::<Vec<_>>().join(" and ");
    let found: Vec<_> = found.cloned().collect();
    let combo = combo.name.clone();
    if found.is_empty() {
        MappingError::NoCombo { combo, options }
    } else {
        MappingError::SeveralCombos { combo, options, found: found.join(", ") }
    }
}

fn with_options(options: &str) -> String {
    if options.is_empty() { String::new() } else { format!(" with the options {options}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn combo() -> CategoryCombo {
        let set = |options: &[&str]| options.iter().map(|o| (*o).to_owned()).collect();
        let named = |uid: &str| (uid.to_owned(), uid.to_uppercase());
        CategoryCombo {
            id: "cc".into(),
            name: "Age and sex".into(),
            categories: vec![
                Category { name: "Age".into(), options: vec![named("old"), named("young")] },
                Category { name: "Sex".into(), options: vec![named("f"), named("m")] },
            ],
            combos: vec![
                ("C1".into(), set(&["m", "young"])),
                ("C2".into(), set(&["old", "f"])),
                ("C3".into(), set(&["f", "young"])),
                ("C4".into(), set(&["old", "m"])),
                ("left-over".into(), set(&["baby", "m"])),
            ],
        }
    }

    fn by(dimensions: &[(&str, &[&str])], fixed: &[&str]) -> Disaggregation {
        let owned = |options: &[&str]| options.iter().map(|o| (*o).to_owned()).collect();
        Disaggregation {
            dimensions: dimensions.iter().map(|(code, options)| ((*code).to_owned(), owned(options))).collect(),
            fixed: owned(fixed),
        }
    }

    #[test]
    fn combos_are_found_by_their_options_in_any_order_of_the_dimensions() {
        let sex_age = by(&[("sex", &["f", "m"]), ("age", &["young", "old"])], &[]);
        assert_eq!(category_option_combos(&sex_age, &combo(), false).unwrap(), ["C3", "C2", "C1", "C4"]);
        let age_sex = by(&[("age", &["young", "old"]), ("sex", &["f", "m"])], &[]);
        assert_eq!(category_option_combos(&age_sex, &combo(), false).unwrap(), ["C3", "C1", "C2", "C4"]);
    }

    #[test]
    fn a_fixed_option_decides_its_category() {
        let only_women = by(&[("age", &["young", "old"])], &["f"]);
        assert_eq!(category_option_combos(&only_women, &combo(), false).unwrap(), ["C3", "C2"]);
    }

    #[test]
    fn default_goes_with_no_dimension() {
        let default = CategoryCombo {
            name: "default".into(),
            combos: vec![("HllvX50cXC0".into(), BTreeSet::from(["xYerKDKCefk".into()]))],
            ..Default::default()
        };
        assert_eq!(category_option_combos(&by(&[], &[]), &default, true).unwrap(), ["HllvX50cXC0"]);
    }

    #[test]
    fn what_does_not_fit_is_said_all_at_once() {
        let wrong = by(&[("sex", &["f", "f", "x"])], &[]);
        let errors = category_option_combos(&wrong, &combo(), false).unwrap_err();
        assert_eq!(
            errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "two groups of dimension `sex` stand for category option `f`",
                "category option `x` of dimension `sex` is not in category combo `Age and sex`",
                "nothing decides category `Age` of category combo `Age and sex`",
            ]
        );
        let mut poor = combo();
        poor.combos.remove(0);
        let all = by(&[("sex", &["f", "m"]), ("age", &["young", "old"])], &[]);
        assert_eq!(
            category_option_combos(&all, &poor, false).unwrap_err()[0].to_string(),
            "category combo `Age and sex` has no category option combo with the options `M` and `YOUNG`"
        );
    }

    fn messages(disaggregation: &Disaggregation, combo: &CategoryCombo, is_default: bool) -> Vec<String> {
        let errors = category_option_combos(disaggregation, combo, is_default).unwrap_err();
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_category_is_decided_once() {
        let sex_and_sex = by(&[("sex", &["f", "m"]), ("gender", &["m", "f"]), ("age", &["young", "old"])], &[]);
        assert_eq!(
            messages(&sex_and_sex, &combo(), false),
            ["category `Sex` of category combo `Age and sex` is decided twice"]
        );
        let sex_and_fixed = by(&[("sex", &["f", "m"])], &["f", "old"]);
        assert_eq!(
            messages(&sex_and_fixed, &combo(), false),
            ["category `Sex` of category combo `Age and sex` is decided twice"]
        );
        let twice_fixed = by(&[("sex", &["f", "m"])], &["old", "old"]);
        assert_eq!(
            messages(&twice_fixed, &combo(), false),
            ["category `Age` of category combo `Age and sex` is decided twice"]
        );
    }

    #[test]
    fn a_dimension_stays_within_one_category() {
        let mixed = by(&[("mixed", &["f", "old"])], &[]);
        assert_eq!(
            messages(&mixed, &combo(), false),
            [
                "category combo `Age and sex` has no category option combo with the options `F`",
                "category combo `Age and sex` has no category option combo with the options `OLD`",
            ]
        );
    }

    #[test]
    fn left_overs_that_share_their_options_are_not_guessed_at() {
        let mut doubled = combo();
        doubled.combos.push(("C5".into(), BTreeSet::from(["m".into(), "young".into()])));
        let all = by(&[("sex", &["f", "m"]), ("age", &["young", "old"])], &[]);
        assert_eq!(
            messages(&all, &doubled, false),
            [
                "category combo `Age and sex` has several category option combos with the options `M` and `YOUNG`: C1, C5"
            ]
        );
        let only_women = by(&[("age", &["young", "old"])], &["f"]);
        assert_eq!(
            category_option_combos(&only_women, &doubled, false).unwrap(),
            ["C3", "C2"],
            "they are not asked for"
        );
    }

    #[test]
    fn default_has_one_combo_and_no_dimension() {
        let default = |combos: &[&str]| CategoryCombo {
            name: "default".into(),
            categories: vec![Category { name: "default".into(), options: vec![("xY".into(), "default".into())] }],
            combos: combos.iter().map(|uid| ((*uid).to_owned(), BTreeSet::from(["xY".to_owned()]))).collect(),
            ..Default::default()
        };
        assert_eq!(
            messages(&by(&[], &[]), &default(&[]), true),
            ["category combo `default` has no category option combo"]
        );
        assert_eq!(
            messages(&by(&[], &[]), &default(&["A", "B"]), true),
            ["category combo `default` has several category option combos: A, B"]
        );
        assert_eq!(
            messages(&by(&[("sex", &["f", "m"])], &[]), &default(&["A"]), true),
            [
                "category option `f` of dimension `sex` is not in category combo `default`",
                "category option `m` of dimension `sex` is not in category combo `default`",
                "nothing decides category `default` of category combo `default`",
            ]
        );
        assert_eq!(category_option_combos(&by(&[], &["xY"]), &default(&["A"]), true).unwrap(), ["A"]);
    }
}
