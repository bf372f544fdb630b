//! What a first configuration says of a data set: an indicator for each data element, and the dimensions of their combos.

use super::option::{NotUnderstood, Understood, understand};
use super::propose::{Proposal, propose};
use super::reading::read;
use dhis2::{CategoryCombo, DataSet, DataSetElement};
use std::collections::BTreeMap;

/// DHIS2's value types that an indicator can fill; the preflight of a run refuses the others.
const NUMBERS: [&str; 4] = ["NUMBER", "INTEGER", "INTEGER_POSITIVE", "INTEGER_ZERO_OR_POSITIVE"];

/// What is proposed for a data set.
#[derive(Clone, Debug)]
pub struct Draft {
    /// UID of the data set.
    pub data_set: String,
    /// Its name.
    pub name: String,
    /// Its period type, as DHIS2 names it.
    pub period_type: String,
    /// Its data elements, in the order of their names.
    pub elements: Vec<Element>,
    /// The dimensions that they need.
    pub dimensions: Vec<Dimension>,
    /// The data set's own category combo, if it has one: its options have to be said by hand.
    pub attribute_combo: Option<String>,
}

/// A data element and what counts for it.
#[derive(Clone, Debug)]
pub struct Element {
    /// UID.
    pub uid: String,
    /// Name.
    pub name: String,
    /// What is proposed.
    pub choice: Choice,
    /// Codes of the dimensions of its category combo.
    pub by: Vec<String>,
    /// Options that stand alone in their category: they hold for every value.
    pub options: Vec<(String, String)>,
}

/// What is proposed for a data element.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// The block of the catalogue that counts it.
    Block(String),
    /// A person has to say; these blocks are near.
    Undecided(Vec<String>),
    /// It takes no number: a statement fills it.
    NoNumber(String),
    /// A category of its combo is not understood.
    Combo(NotUnderstood),
}

/// A dimension of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// Its code.
    pub code: String,
    /// Name of the category.
    pub category: String,
    /// Its field, groups and options.
    pub understood: Understood,
}

impl Draft {
    /// Proposes an indicator for each data element. `known` are the dimensions that a configuration has already, by the UIDs
    /// of their options: those are used again.
    pub fn of(data_set: &DataSet, known: &[(String, Vec<String>)]) -> Self {
        let disease = disease(data_set);
        let mut dimensions = Dimensions { known, made: Vec::new(), by_category: BTreeMap::new() };
        let mut elements: Vec<Element> =
            data_set.elements.iter().map(|element| Element::of(element, disease, &mut dimensions)).collect();
        elements.sort_by(|a, b| (&a.name, &a.uid).cmp(&(&b.name, &b.uid)));
        let attribute_combo = (!data_set.category_combo.is_default).then(|| data_set.category_combo.name.clone());
        Self {
            data_set: data_set.id.to_string(),
            name: data_set.name.clone(),
            period_type: data_set.period_type.clone(),
            dimensions: dimensions.used(&elements),
            elements,
            attribute_combo,
        }
    }

    /// Takes a person's choice of a block for a data element.
    pub fn choose(&mut self, element: usize, block: String) {
        self.elements[element].choice = Choice::Block(block);
    }

    /// The data elements that have a block, and how many there are.
    pub fn n_decided(&self) -> usize {
        self.elements.iter().filter(|element| matches!(element.choice, Choice::Block(_))).count()
    }
}

/// The disease that a data set is about, by its name, or by what its data elements agree on.
fn disease(data_set: &DataSet) -> Option<&'static str> {
    let own = read(&data_set.name).disease;
    let of = |element: &DataSetElement| read(&element.data_element.name).disease;
    let mut named: Vec<&'static str> = data_set.elements.iter().filter_map(of).collect();
    named.dedup();
    own.or(match named.as_slice() {
        [only] => Some(only),
        _ => None,
    })
}

impl Element {
    fn of(element: &DataSetElement, disease: Option<&str>, dimensions: &mut Dimensions<'_>) -> Self {
        let what = &element.data_element;
        let mut made = Self {
            uid: what.id.to_string(),
            name: what.name.clone(),
            choice: Choice::NoNumber(what.value_type.clone()),
            by: Vec::new(),
            options: Vec::new(),
        };
        if what.option_set.is_some() || !NUMBERS.contains(&what.value_type.as_str()) {
            return made;
        }
        made.choice = match dimensions.of(&element.category_combo) {
            Err(not_understood) => Choice::Combo(not_understood),
            Ok((by, options)) => {
                (made.by, made.options) = (by, options);
                match propose(&what.name, what.code.as_deref(), disease) {
                    Proposal::Sure(block) => Choice::Block(block),
                    Proposal::Open(near) => Choice::Undecided(near),
                }
            }
        };
        made
    }
}

struct Dimensions<'k> {
    known: &'k [(String, Vec<String>)],
    made: Vec<Dimension>,
    /// Codes by the UID of the category.
    by_category: BTreeMap<String, String>,
}

type Disaggregation = (Vec<String>, Vec<(String, String)>);

impl Dimensions<'_> {
    /// The dimensions and the fixed options of a combo.
    fn of(&mut self, combo: &CategoryCombo) -> Result<Disaggregation, NotUnderstood> {
        let (mut by, mut options) = (Vec::new(), Vec::new());
        if combo.is_default {
            return Ok((by, options));
        }
        for category in &combo.categories {
            if let [only] = category.category_options.as_slice() {
                options.push((only.id.to_string(), only.name.clone()));
                continue;
            }
            let uid = category.id.to_string();
            let code = match self.by_category.get(&uid) {
                Some(code) => code.clone(),
                None => {
                    let understood = understand(category)?;
                    let code = self.code(&understood);
                    if !self.known.iter().any(|(known, _)| *known == code) {
                        let category = category.name.clone();
                        self.made.push(Dimension { code: code.clone(), category, understood });
                    }
                    self.by_category.insert(uid, code.clone());
                    code
                }
            };
            by.push(code);
        }
        Ok((by, options))
    }

    /// The code of a dimension: of one that has the same options already, else a new one.
    fn code(&self, understood: &Understood) -> String {
        let wanted: Vec<&str> = understood.groups.iter().map(|group| group.option.uid.as_str()).collect();
        let has_all = |uids: &[String]| wanted.iter().all(|uid| uids.iter().any(|known| known == uid));
        if let Some((code, _)) = self.known.iter().find(|(_, uids)| has_all(uids)) {
            return code.clone();
        }
        understood.free_code(|code| {
            self.known.iter().all(|(known, _)| known != code) && self.made.iter().all(|made| made.code != code)
        })
    }

    /// Those that some element uses.
    fn used(self, elements: &[Element]) -> Vec<Dimension> {
        let is_used = |made: &Dimension| elements.iter().any(|element| element.by.contains(&made.code));
        self.made.into_iter().filter(is_used).collect()
    }
}
