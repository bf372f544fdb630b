//! Disaggregation: into which group of a dimension a record falls.

use crate::age::AgeBands;
use crate::field::Field;
use crate::record::Person;
use crate::value::Value;
use rust_decimal::prelude::ToPrimitive;

/// A dimension, such as sex or age group, declared once and used by any indicator.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// Code by which indicators name it.
    pub code: String,
    /// The field that decides.
    pub field: &'static Field,
    /// The groups that the field's values fall into.
    pub groups: Groups,
    /// What becomes of a record whose field is empty or in no group.
    pub unknown: Unknown,
}

/// The groups of a dimension, in the order of their declaration.
#[derive(Clone, Debug)]
pub enum Groups {
    /// Bands of a number, such as ages in completed years.
    Bands(AgeBands),
    /// Sets of values of a text.
    Values(Vec<Vec<String>>),
}

/// What becomes of a record that falls into no group. There is no default: nothing falls out silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It counts in a group of its own, the last one.
    Group,
    /// It is excluded, and the account says so.
    Exclude,
}

impl Dimension {
    /// Number of groups, the unknown one included.
    pub fn n_groups(&self) -> usize {
        self.n_known() + usize::from(self.unknown == Unknown::Group)
    }

    /// The group of a record, and whether the record fell into *unknown*. `None`: it is excluded.
    pub fn group(&self, person: &Person) -> (Option<usize>, bool) {
        match self.known_group((self.field.get)(person)) {
            Some(group) => (Some(group), false),
            None if self.unknown == Unknown::Group => (Some(self.n_known()), true),
            None => (None, true),
        }
    }

    /// A name for a group, for people.
    pub fn group_name(&self, group: usize) -> String {
        match &self.groups {
            _ if group >= self.n_known() => "unknown".to_owned(),
            Groups::Bands(bands) => bands.bands()[group].to_string(),
            Groups::Values(values) => values[group].join(", "),
        }
    }

    /// Whether a text value belongs to a group.
    pub fn has_value(&self, value: &str) -> bool {
        match &self.groups {
            Groups::Bands(_) => true,
            Groups::Values(values) => values.iter().flatten().any(|known| known == value),
        }
    }

    fn n_known(&self) -> usize {
        match &self.groups {
            Groups::Bands(bands) => bands.bands().len(),
            Groups::Values(values) => values.len(),
        }
    }

    fn known_group(&self, value: Value<'_>) -> Option<usize> {
        match (&self.groups, value) {
            (Groups::Bands(bands), Value::Number(number)) => bands.index_of(number.to_u32()?),
            (Groups::Values(values), Value::Text(text)) => {
                values.iter().position(|group| group.iter().any(|known| known == text))
            }
            (Groups::Values(values), Value::Bool(flag)) => {
                let text = if flag { "true" } else { "false" };
                values.iter().position(|group| group.iter().any(|known| known == text))
            }
            _ => None,
        }
    }
}
