//! What a name in a condition stands for.

use super::expr::Expr;
use crate::field::{self, Domain, ElementField, Field, LISTS, List, PERSON};
use crate::value::ValueType;

/// The word by which a person's own fields are reached when an element's field has the same name.
const PERSON_NAME: &str = "person";

/// The place in which a name stands: at the person, or inside one of its lists.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    pub(super) list: Option<&'static List>,
}

/// A field that a name stands for.
#[derive(Clone, Copy)]
pub(super) enum Found {
    Person(&'static Field),
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
            Self::Person(field) => field.value_type,
            Self::Element(_, field) => field.value_type,
        }
    }

    pub(super) fn domain(self) -> Domain {
        match self {
            Self::Person(field) => field.domain,
            Self::Element(_, field) => field.domain,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Person(field) => field.name,
            Self::Element(_, field) => field.name,
        }
    }

    pub(super) fn list(self) -> Option<&'static List> {
        match self {
            Self::Person(_) => None,
            Self::Element(list, _) => Some(list),
        }
    }

    pub(super) fn wire(self) -> &'static [&'static str] {
        match self {
            Self::Person(field) => field.wire,
            Self::Element(list, _) => list.wire,
        }
    }

    pub(super) fn expr(self) -> Expr {
        match self {
            Self::Person(field) => Expr::Person(field),
            Self::Element(_, field) => Expr::Element(field),
        }
    }
}

impl Scope {
    /// A name on its own: inside a list the element's field, else the person's.
    pub(super) fn resolve(self, name: &str) -> Result<Found, Unknown> {
        if let Some((list, field)) = self.list.and_then(|list| Some((list, list.field(name)?))) {
            return Ok(Found::Element(list, field));
        }
        field::field(name).map(Found::Person).ok_or_else(|| self.unknown(name))
    }

    /// `person.x`, or `stays.x` inside `stays`.
    pub(super) fn resolve_qualified(self, owner: &str, name: &str) -> Result<Found, Unknown> {
        if owner == PERSON_NAME {
            return field::field(name).map(Found::Person).ok_or_else(|| Unknown {
                message: format!("unknown field `{owner}.{name}`"),
                hint: nearest(name, PERSON.iter().map(|field| field.name)).map(|near| did_you_mean(owner, near)),
            });
        }
        let Some(list) = field::list(owner) else {
            let owners = LISTS.iter().map(|list| list.name).chain([PERSON_NAME]);
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
        if let Some(list) = field::list(name) {
            return Some(format!(
                "`{name}` is a list; ask for an element: EXISTS (SELECT 1 FROM {name} WHERE {} ...).",
                list.fields.first().map_or("", |field| field.name)
            ));
        }
        let elements = self.list.map_or(&[][..], |list| list.fields).iter().map(|field| field.name);
        let known = elements.chain(PERSON.iter().map(|field| field.name));
        // People know the names of Go.Data's API, and some of them are not near to ours: `usualPlaceOfResidence...`.
        let wire = PERSON.iter().find(|field| field.wire.contains(&name)).map(|field| field.name);
        if let Some(near) = wire.or_else(|| nearest(name, known)) {
            return Some(format!("Did you mean `{near}`?"));
        }
        if let Some(list) = LISTS.iter().find(|list| list.field(name).is_some()) {
            return Some(format!(
                "`{name}` is a field of `{0}`; ask for an element: EXISTS (SELECT 1 FROM {0} WHERE {name} ...).",
                list.name
            ));
        }
        let (owner, known): (_, Vec<_>) = match self.list {
            Some(list) => (format!("`{}` has", list.name), list.fields.iter().map(|field| field.name).collect()),
            None => ("Known are".to_owned(), PERSON.iter().map(|field| field.name).collect()),
        };
        Some(format!("{owner}: {}.", known.join(", ")))
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

    fn hint(name: &str) -> Option<String> {
        Scope { list: None }.resolve(name).err().and_then(|unknown| unknown.hint)
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
        let inside = Scope { list: field::list("classifications") };
        assert!(matches!(inside.resolve("classification"), Ok(Found::Element(..))));
        assert!(matches!(inside.resolve("outcome"), Ok(Found::Person(..))));
        assert!(matches!(inside.resolve_qualified("person", "classification"), Ok(Found::Person(..))));
        assert!(matches!(inside.resolve_qualified("classifications", "start"), Ok(Found::Element(..))));
    }
}
