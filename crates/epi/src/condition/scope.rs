//! What a name in a condition stands for.

use super::expr::Expr;
use crate::field::{Domain, ElementField, Field, List, TABLES, Table};
use crate::value::ValueType;

/// The place in which a name stands: at a record of a table, or inside one of its lists.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    pub(super) table: &'static Table,
    pub(super) list: Option<&'static List>,
}

/// A field that a name stands for.
#[derive(Clone, Copy)]
pub(super) enum Found {
    Field(&'static Field),
    Element(&'static List, &'static ElementField),
}

/// A name that stands for nothing: what is wrong and what to do about it.
pub(super) struct Unknown {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Found {
    pub(super) fn value_type(self) -> ValueType {
        match self {
            Self::Field(field) => field.value_type,
            Self::Element(_, field) => field.value_type,
        }
    }

    pub(super) fn domain(self) -> Domain {
        match self {
            Self::Field(field) => field.domain,
            Self::Element(_, field) => field.domain,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name,
            Self::Element(_, field) => field.name,
        }
    }

    pub(super) fn list(self) -> Option<&'static List> {
        match self {
            Self::Field(_) => None,
            Self::Element(list, _) => Some(list),
        }
    }

    pub(super) fn expr(self) -> Expr {
        match self {
            Self::Field(field) => Expr::Field(field),
            Self::Element(_, field) => Expr::Element(field),
        }
    }
}

impl Scope {
    /// A name on its own: inside a list the element's field, else the record's.
    pub(super) fn resolve(self, name: &str) -> Result<Found, Unknown> {
        if let Some((list, field)) = self.list.and_then(|list| Some((list, list.field(name)?))) {
            return Ok(Found::Element(list, field));
        }
        self.table.field(name).map(Found::Field).ok_or_else(|| self.unknown(name))
    }

    /// The table's name and a field, the prefix of a person whom the record names and a field, or `stays.x` inside `stays`.
    pub(super) fn resolve_qualified(self, owner: &str, name: &str) -> Result<Found, Unknown> {
        let is_own = owner == self.table.name.name();
        let prefix = format!("{owner}.");
        if is_own || self.prefixes().contains(&&*prefix) {
            let known = self.table.all_fields().map(|field| field.name);
            let known: Vec<_> = match is_own {
                true => known.filter(|name| !name.contains('.')).collect(),
                false => known.filter_map(|name| name.strip_prefix(&prefix)).collect(),
            };
            let full = if is_own { name.to_owned() } else { format!("{prefix}{name}") };
            return self.table.field(&full).map(Found::Field).ok_or_else(|| Unknown {
                message: format!("unknown field `{owner}.{name}`"),
                hint: nearest(name, known.iter().copied()).map(|near| did_you_mean(owner, near)),
            });
        }
        let Some(list) = self.table.list(owner) else {
            let owners = self.table.all_lists().map(|list| list.name).chain([self.table.name.name()]);
            let prefixes = self.prefixes();
            let owners = owners.chain(prefixes.iter().map(|prefix| prefix.trim_end_matches('.')));
            return Err(Unknown {
                message: format!("unknown list `{owner}`"),
                hint: nearest(owner, owners).map(|near| did_you_mean(near, name)),
            });
        };
        let Some(field) = list.field(name) else {
            return Err(Unknown {
                message: format!("unknown field `{owner}.{name}`"),
                hint: nearest(name, list.fields.iter().map(|field| field.name)).map(|near| did_you_mean(owner, near)),
            });
        };
        if self.list.is_some_and(|here| here.name == list.name) {
            return Ok(Found::Element(list, field));
        }
        Err(Unknown {
            message: format!("`{owner}.{name}` has a value for each element of `{owner}`"),
            hint: Some(format!("Ask for an element: EXISTS (SELECT 1 FROM {owner} WHERE {name} ...).")),
        })
    }

    fn unknown(self, name: &str) -> Unknown {
        Unknown { message: format!("unknown field `{name}`"), hint: self.advice(name) }
    }

    fn advice(self, name: &str) -> Option<String> {
        if let Some(list) = self.table.list(name) {
            return Some(format!(
                "`{name}` is a list; ask for an element: EXISTS (SELECT 1 FROM {name} WHERE {} ...).",
                list.fields.first().map_or("", |field| field.name)
            ));
        }
        let elements = self.list.map_or(&[][..], |list| list.fields).iter().map(|field| field.name);
        let known = elements.chain(self.table.all_fields().map(|field| field.name));
        // The field of the person whom the record is about, where somebody left the prefix out.
        let joined = self.table.grouping(name).map(|field| field.name);
        // People know the names of Go.Data's API, and some of them are not near to ours: `usualPlaceOfResidence...`.
        let wire = self.table.fields.iter().find(|field| field.wire.contains(&name)).map(|field| field.name);
        if let Some(near) = joined.or(wire).or_else(|| nearest(name, known)) {
            return Some(format!("Did you mean `{near}`?"));
        }
        if let Some(list) = self.table.lists.iter().find(|list| list.field(name).is_some()) {
            return Some(format!(
                "`{name}` is a field of `{0}`; ask for an element: EXISTS (SELECT 1 FROM {0} WHERE {name} ...).",
                list.name
            ));
        }
        if let Some(other) = TABLES.iter().find(|table| table.fields.iter().any(|field| field.name == name)) {
            return Some(format!(
                "`{name}` is a field of `{}` records, and these are `{}` records.",
                other.name.name(),
                self.table.name.name()
            ));
        }
        let (owner, known): (_, Vec<_>) = match self.list {
            Some(list) => (format!("`{}` has", list.name), list.fields.iter().map(|field| field.name).collect()),
            None => ("Known are".to_owned(), self.table.fields.iter().map(|field| field.name).collect()),
        };
        Some(format!("{owner}: {}.", known.join(", ")))
    }

    /// `person.`, or `target.` and `source.`: how fields of persons begin whom the record names.
    fn prefixes(self) -> Vec<&'static str> {
        let fields = self.table.all_fields().map(|field| field.name);
        let mut prefixes: Vec<_> = fields.filter_map(|name| Some(&name[..=name.find('.')?])).collect();
        prefixes.dedup();
        prefixes
    }
}

fn did_you_mean(owner: &str, name: &str) -> String {
    format!("Did you mean `{owner}.{name}`?")
}

/// The name that was probably meant: a slip of the pen or two, or the beginning of only one name.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    /// Longer names are no slip of the pen, and measuring them against the whole table would take long.
    const NAME_LENGTH_MAX: usize = 64;
    if name.len() > NAME_LENGTH_MAX {
        return None;
    }
    let folded = name.to_lowercase();
    let slips = |candidate: &str| strsim::damerau_levenshtein(&folded, &candidate.to_lowercase());
    let near = known.clone().map(|candidate| (slips(candidate), candidate)).min_by_key(|(slips, _)| *slips);
    if let Some((slips, candidate)) = near
        && slips <= (folded.chars().count().max(candidate.len()) / 3).min(3)
    {
        return Some(candidate);
    }
    const BEGINNING_MIN: usize = 3;
    let mut begun = known.filter(|candidate| folded.len() >= BEGINNING_MIN && candidate.starts_with(&folded));
    begun.next().filter(|_| begun.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{self, PERSONS};

    fn hint(name: &str) -> Option<String> {
        Scope { table: &PERSONS, list: None }.resolve(name).err().and_then(|unknown| unknown.hint)
    }

    #[test]
    fn a_slip_is_recognised() {
        for (typed, meant) in [
            ("age_year", "age_years"),
            ("Outcome", "outcome"),
            ("classificaton", "classification"),
            ("dateOfOnset", "date_of_onset"),
            ("followUp", "follow_up_status"),
            ("usualPlaceOfResidenceLocationId", "residence"),
            ("preg", "pregnancy_status"),
        ] {
            assert_eq!(hint(typed).as_deref(), Some(format!("Did you mean `{meant}`?").as_str()));
        }
        assert!(hint("shoe_size").is_some_and(|hint| hint.starts_with("Known are: id, kind, visual_id,")));
    }

    #[test]
    fn the_elements_field_comes_before_the_persons() {
        let inside = Scope { table: &PERSONS, list: field::list("classifications") };
        assert!(matches!(inside.resolve("classification"), Ok(Found::Element(..))));
        assert!(matches!(inside.resolve("outcome"), Ok(Found::Field(..))));
        assert!(matches!(inside.resolve_qualified("person", "classification"), Ok(Found::Field(..))));
        assert!(matches!(inside.resolve_qualified("classifications", "start"), Ok(Found::Element(..))));
    }
}
