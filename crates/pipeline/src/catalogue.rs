//! The catalogue: indicators of usual situation reports as building blocks, which a report takes by name.
//!
//! A block says what a report would have to write itself: which records, which condition, which date. What differs from
//! country to country (the data element, the disaggregation) stays with the report, and whatever a report says itself
//! holds before what the block says.

use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// The sets as they are written, the general one first: the others build on it.
const WRITTEN: [(&str, &str); 6] = [
    ("outbreak", include_str!("../catalogue/outbreak.toml")),
    ("covid19", include_str!("../catalogue/covid19.toml")),
    ("cholera", include_str!("../catalogue/cholera.toml")),
    ("ebola", include_str!("../catalogue/ebola.toml")),
    ("measles", include_str!("../catalogue/measles.toml")),
    ("mpox", include_str!("../catalogue/mpox.toml")),
];

/// The blocks for one disease, or for any.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// Name, the first part of a block's name.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// Whose definitions the blocks follow.
    pub source: Vec<String>,
    /// What a report has to say where a questionnaire decides.
    #[serde(rename = "parameter", default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// The blocks.
    #[serde(rename = "indicator")]
    pub blocks: Vec<Block>,
}

/// What differs from outbreak to outbreak in a block's condition, such as the name of a question's variable.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Name: `{name}` in a condition stands for its value.
    pub name: String,
    /// Value when a report gives none.
    pub default: String,
    /// Meaning.
    pub meaning: String,
}

/// An indicator without the data element that takes it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Code within the set, and of the indicator if the report gives it none.
    pub code: String,
    /// The block of another set that it changes, as `set.code`.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Title for people.
    #[serde(default)]
    pub title: String,
    /// What is counted, for people.
    #[serde(default)]
    pub meaning: String,
    /// What to know before believing it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
    /// Which records are looked at; cases when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Which of them count.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The date bases in the order of preference.
    #[serde(default)]
    pub when: When,
    /// What is computed; a count when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// How the date relates to the period; `during` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// Digits after the decimal point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u32>,
}

/// One date basis, or several.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum When {
    /// One.
    One(String),
    /// Several, in the order of preference.
    More(Vec<String>),
}

impl Default for When {
    fn default() -> Self {
        Self::More(Vec::new())
    }
}

impl When {
    /// The date bases.
    pub fn items(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

/// All sets; every block is complete, whatever it builds on.
pub fn sets() -> &'static [Set] {
    static SETS: LazyLock<Vec<Set>> = LazyLock::new(|| {
        let mut sets: Vec<Set> = Vec::new();
        for (name, text) in WRITTEN {
            let mut set: Set = toml::from_str(text).unwrap_or_else(|error| panic!("the set {name}: {error}"));
            for block in &mut set.blocks {
                if let Some(base) = &block.base {
                    let base = find_in(&sets, base).unwrap_or_else(|| panic!("{name}.{}: no block {base}", block.code));
                    block.complete_from(base.1);
                }
            }
            sets.push(set);
        }
        sets
    });
    &SETS
}

/// The set and the block of a name such as `covid19.confirmed_cases`.
pub fn find(name: &str) -> Option<(&'static Set, &'static Block)> {
    find_in(sets(), name)
}

/// The names of all blocks.
pub fn names() -> Vec<String> {
    sets().iter().flat_map(|set| set.blocks.iter().map(|block| format!("{}.{}", set.name, block.code))).collect()
}

fn find_in<'s>(sets: &'s [Set], name: &str) -> Option<(&'s Set, &'s Block)> {
    let (set, code) = name.split_once('.')?;
    let set = sets.iter().find(|one| one.name == set)?;
    Some((set, set.blocks.iter().find(|block| block.code == code)?))
}

impl Block {
    /// The parameters of its set that its condition has.
    pub fn parameters<'s>(&self, set: &'s Set) -> impl Iterator<Item = &'s Parameter> {
        let condition = self.condition.clone().unwrap_or_default();
        set.parameters.iter().filter(move |parameter| condition.contains(&format!("{{{}}}", parameter.name)))
    }

    /// The condition with values in the place of its parameters. They stand inside quotes there, so a quote is doubled.
    pub fn condition_with<'v>(&self, set: &Set, value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
        let mut condition = self.condition.clone()?;
        for parameter in &set.parameters {
            let value = value(&parameter.name).unwrap_or(&parameter.default).replace('\'', "''");
            condition = condition.replace(&format!("{{{}}}", parameter.name), &value);
        }
        Some(condition)
    }

    /// Takes what it does not say itself from the block that it changes. A caution speaks of one condition and stays there.
    fn complete_from(&mut self, base: &Self) {
        if self.condition.is_none() && self.caution.is_none() {
            self.caution.clone_from(&base.caution);
        }
        if self.title.is_empty() {
            self.title.clone_from(&base.title);
        }
        if self.meaning.is_empty() {
            self.meaning.clone_from(&base.meaning);
        }
        if self.when.items().is_empty() {
            self.when.clone_from(&base.when);
        }
        self.of = self.of.take().or_else(|| base.of.clone());
        self.condition = self.condition.take().or_else(|| base.condition.clone());
        self.measure = self.measure.take().or_else(|| base.measure.clone());
        self.window = self.window.take().or_else(|| base.window.clone());
        self.decimals = self.decimals.or(base.decimals);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_block_says_what_it_is() {
        for set in sets() {
            assert!(!set.title.is_empty() && !set.source.is_empty(), "{}", set.name);
            let mut codes = BTreeSet::new();
            for block in &set.blocks {
                let name = format!("{}.{}", set.name, block.code);
                assert!(codes.insert(&block.code), "{name} stands twice");
                assert!(!block.title.is_empty() && !block.when.items().is_empty(), "{name}");
                assert!(block.meaning.ends_with('.'), "{name}: the meaning is a sentence");
                assert!(block.decimals.is_none_or(|n| n <= 9), "{name}: one digit of decimals");
                assert!(block.caution.as_ref().is_none_or(|text| text.ends_with('.')), "{name}");
                assert_eq!(find(&name).unwrap().1.title, block.title);
            }
            for parameter in &set.parameters {
                let asks = |block: &Block| block.parameters(set).any(|one| one.name == parameter.name);
                assert!(set.blocks.iter().any(asks), "nobody asks for {}", parameter.name);
            }
        }
    }

    #[test]
    fn a_value_of_a_parameter_cannot_leave_its_quotes() {
        let (set, block) = find("cholera.severe_dehydration").unwrap();
        let given = |name: &str| (name == "severe").then_some("it's bad' OR 1 = 1 --");
        let condition = block.condition_with(set, given).unwrap();
        assert!(condition.contains("variable = 'dehydration' AND value = 'it''s bad'' OR 1 = 1 --'"), "{condition}");
    }

    #[test]
    fn a_block_takes_from_another_what_it_does_not_say() {
        let of = |name| find(name).unwrap().1;
        let (base, changed) = (of("outbreak.reported_cases"), of("cholera.suspected_cases"));
        assert_eq!(changed.condition, base.condition);
        assert_eq!(changed.when.items(), ["date_of_onset", "date_of_reporting"]);
        assert_ne!(changed.title, base.title);
    }
}
