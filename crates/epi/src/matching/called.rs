//! What a place is called: its name, its other names, and these without what people add to a name or leave out of it.

use super::name::Name;
use super::tree::Tree;
use rustc_hash::{FxHashMap, FxHashSet};

/// What is left of a likeness if a part of a name was left out to find it.
const SHORTENED: f64 = 0.97;
/// Letters of either part of "Koidu/New Sembehun"; shorter parts are a short form, as in "S/P".
const PART_LETTERS_MIN: usize = 4;
/// Children of one place that have a word for it to be a general one.
const SHARED_MIN: usize = 3;

/// One way to call a place.
#[derive(Clone, Debug)]
pub(super) struct Called {
    /// The name taken apart.
    pub(super) name: Name,
    /// The other name that it comes from.
    pub(super) by: Option<String>,
    /// What a likeness to it is worth.
    pub(super) worth: f64,
}

/// All ways to call the places of two trees, the name itself first.
pub(super) fn called<'t>(trees: [&Tree; 2], names: [&[(&'t str, &'t [String])]; 2]) -> [Vec<Vec<Called>>; 2] {
    let mut all = names.map(|names| names.iter().map(|(name, others)| ways(name, others)).collect::<Vec<_>>());
    let words = [vocabulary(&all[0]), vocabulary(&all[1])];
    for (side, tree) in trees.into_iter().enumerate() {
        let general = shared_by_siblings(tree, &all[side], &words[1 - side]);
        let own: Vec<Vec<Called>> = all[side].clone();
        for (at, ways) in all[side].iter_mut().enumerate() {
            let parent = tree.parents[at];
            if let Some(general) = parent.and_then(|parent| general.get(&parent)) {
                shorten(ways, 1.0, |word| general.contains(word));
            }
            if let Some(parent) = parent.and_then(|parent| own[parent].first()) {
                shorten(ways, SHORTENED, |word| parent.name.words.iter().any(|one| one == word));
            }
        }
    }
    all
}

fn ways(name: &str, others: &[String]) -> Vec<Called> {
    let texts = std::iter::once((name, None)).chain(others.iter().map(|other| (other.as_str(), Some(other.clone()))));
    let mut ways: Vec<Called> = texts.map(|(text, by)| Called { name: Name::of(text), by, worth: 1.0 }).collect();
    let outside: String = match (name.find('('), name.find(')')) {
        (Some(open), Some(close)) if open > 0 && close > open => [&name[..open], " ", &name[close + 1..]].concat(),
        _ => String::new(),
    };
    let parts: Vec<&str> = name.split('/').map(str::trim).collect();
    let are_names = parts.len() > 1 && parts.iter().all(|part| part.chars().count() >= PART_LETTERS_MIN);
    let parts = parts.into_iter().filter(|_| are_names);
    for part in parts.chain([outside.as_str()]).filter(|part| !part.trim().is_empty()) {
        ways.push(Called { name: Name::of(part), by: None, worth: SHORTENED });
    }
    ways
}

/// Adds the first way without some of its words.
fn shorten(ways: &mut Vec<Called>, worth: f64, leave_out: impl Fn(&str) -> bool) {
    let Some(own) = ways.first() else { return };
    if own.name.words.iter().any(|word| leave_out(word)) {
        let name = own.name.without(leave_out);
        if !name.compact.is_empty() {
            let way = Called { name, by: None, worth };
            ways.push(way);
        }
    }
}

fn vocabulary(all: &[Vec<Called>]) -> FxHashSet<String> {
    all.iter().flatten().flat_map(|way| way.name.words.iter().cloned()).collect()
}

/// The words that most children of a place have and that nothing in the other tree has: "IRS" in "IRS Kankan", whatever it
/// may mean.
fn shared_by_siblings(
    tree: &Tree,
    all: &[Vec<Called>],
    elsewhere: &FxHashSet<String>,
) -> FxHashMap<usize, FxHashSet<String>> {
    let mut general = FxHashMap::default();
    for (parent, children) in tree.children.iter().enumerate().filter(|(_, children)| children.len() >= SHARED_MIN) {
        let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
        for way in children.iter().filter_map(|child| all[*child].first()) {
            let ends = [way.name.words.first(), way.name.words.last().filter(|_| way.name.words.len() > 1)];
            ends.into_iter().flatten().for_each(|word| *counts.entry(word).or_default() += 1);
        }
        let is_general =
            |(word, n): &(&str, usize)| *n >= SHARED_MIN && n * 5 >= children.len() * 3 && !elsewhere.contains(*word);
        let words: FxHashSet<String> = counts.into_iter().filter(is_general).map(|(word, _)| word.to_owned()).collect();
        if !words.is_empty() {
            general.insert(parent, words);
        }
    }
    general
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(names: &[(&str, Option<&str>)]) -> Tree {
        Tree::new(names.iter().copied())
    }

    #[test]
    fn what_people_add_to_a_name_is_left_out() {
        let compact = |name: &str| -> Vec<String> { ways(name, &[]).into_iter().map(|way| way.name.compact).collect() };
        assert_eq!(compact("Rwampara (Bunia)"), ["rwamparabunia", "rwampara"]);
        assert_eq!(compact("Koidu/New Sembehun"), ["koidunewsembehun", "koidu", "newsembehun"]);
        assert_eq!(compact("Daro S/P"), ["daro"]);
    }

    #[test]
    fn a_word_that_siblings_share_is_general_unless_the_other_tree_has_it() {
        let units = [("XYZ Land", None), ("XYZ Kindia", Some("XYZ Land")), ("XYZ Labe", Some("XYZ Land"))];
        let units = [&units[..], &[("XYZ Mamou", Some("XYZ Land"))]].concat();
        let (one, other) = (tree(&[("Labe", None)]), tree(&units));
        let names: Vec<(&str, &[String])> = units.iter().map(|(name, _)| (*name, &[][..])).collect();
        let [_, ways] = called([&one, &other], [&[("Labe", &[])], &names]);
        assert!(ways[2].iter().any(|way| way.name.compact == "labe" && way.worth == 1.0), "{:?}", ways[2]);
        let [_, ways] = called([&one, &other], [&[("Xyz Labe", &[])], &names]);
        assert!(!ways[2].iter().any(|way| way.worth == 1.0 && way.name.compact == "labe"), "{:?}", ways[2]);
    }
}
