//! Disaggregation: into which group of a dimension a record falls.

use crate::age::AgeBands;
use crate::field::{Field, TableName};
use crate::record::Joined;
use crate::value::Value;
use rust_decimal::prelude::ToPrimitive;

/// A dimension, such as sex or age group, declared once and used by any indicator.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// Code by which indicators name it.
    pub code: String,
    /// The field that decides, as the dimension names it.
    pub field: &'static Field,
    /// The field that decides in each table, in the order of [`TableName::ALL`].
    fields: [Option<&'static Field>; TableName::ALL.len()],
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
    /// A dimension by a field. In other tables than the field's own it is their field of that name, else that of the person
    /// whom a record is about: so one *sex* serves cases and laboratory results.
    pub fn new(code: impl Into<String>, field: &'static Field, groups: Groups, unknown: Unknown) -> Self {
        let fields = TableName::ALL.map(|table| table.table().grouping_like(field));
        Self { code: code.into(), field, fields, groups, unknown }
    }

    /// The field that decides in a table; none where the table knows no such thing, or another by that name.
    pub fn field_of(&self, table: TableName) -> Option<&'static Field> {
        self.fields[table as usize]
    }

    /// Number of groups, the unknown one included.
    pub fn n_groups(&self) -> usize {
        self.n_known() + usize::from(self.unknown == Unknown::Group)
    }

    /// The group of a record, and whether the record fell into *unknown*. `None`: it is excluded.
    pub fn group<'a>(&self, record: impl Into<Joined<'a>>) -> (Option<usize>, bool) {
        let record = record.into();
        let field = self.field_of(record.kind().table().name);
        match field.and_then(|field| self.known_group((field.get)(record))) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::age::AgeBand;
    use crate::field::field;
    use crate::record::Person;

    fn bands(field_name: &str, unknown: Unknown) -> Dimension {
        let bands = [(15, None), (5, Some(14))].map(|(from_years, to_years)| AgeBand { from_years, to_years });
        let groups = Groups::Bands(AgeBands::new(bands.to_vec()).unwrap());
        Dimension::new("age", field(field_name).unwrap(), groups, unknown)
    }

    fn values(field_name: &str, groups: &[&[&str]], unknown: Unknown) -> Dimension {
        let groups = groups.iter().map(|group| group.iter().map(|value| (*value).to_owned()).collect()).collect();
        Dimension::new("d", field(field_name).unwrap(), Groups::Values(groups), unknown)
    }

    fn aged(age_years: Option<u32>) -> Person {
        Person { age_years, ..Person::default() }
    }

    #[test]
    fn bands_keep_the_order_of_their_declaration() {
        let age = bands("age_years", Unknown::Group);
        for (years, group) in [(15, 0), (120, 0), (u32::MAX, 0), (5, 1), (14, 1)] {
            assert_eq!(age.group(&aged(Some(years))), (Some(group), false), "{years}");
        }
        assert_eq!(age.n_groups(), 3);
        assert_eq!([0, 1, 2].map(|group| age.group_name(group)), ["15+", "5-14", "unknown"]);
    }

    #[test]
    fn what_no_group_has_is_unknown_as_what_is_empty() {
        for person in [aged(None), aged(Some(4))] {
            assert_eq!(bands("age_years", Unknown::Group).group(&person), (Some(2), true));
            assert_eq!(bands("age_years", Unknown::Exclude).group(&person), (None, true));
        }
        assert_eq!(bands("age_years", Unknown::Exclude).n_groups(), 2);
        assert_eq!(bands("gender", Unknown::Exclude).group(&aged(Some(20))), (None, true), "a text is in no band");
    }

    #[test]
    fn several_values_share_a_group_and_case_matters() {
        let groups: &[&[&str]] = &[&["RECOVERED", "ALIVE"], &["DECEASED"]];
        let outcome = values("outcome", groups, Unknown::Group);
        let of = |value: &str| outcome.group(&Person { outcome: Some(value.into()), ..Person::default() });
        assert_eq!(of("ALIVE"), (Some(0), false));
        assert_eq!(of("DECEASED"), (Some(1), false));
        assert_eq!(of("deceased"), (Some(2), true));
        assert_eq!(outcome.group_name(0), "RECOVERED, ALIVE");
        assert!(outcome.has_value("DECEASED") && !outcome.has_value("deceased"));
    }

    #[test]
    fn true_and_false_are_values() {
        let burial = values("safe_burial", &[&["true"], &["false"]], Unknown::Exclude);
        let of = |safe_burial| burial.group(&Person { safe_burial, ..Person::default() });
        assert_eq!([of(Some(true)), of(Some(false)), of(None)], [(Some(0), false), (Some(1), false), (None, true)]);
    }
}
