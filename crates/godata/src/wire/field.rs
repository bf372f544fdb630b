//! One value of a record: absent, of the expected kind, or odd.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A text of the answer, borrowed from its bytes unless it holds an escape.
pub type Text<'a> = Cow<'a, str>;

/// A value that may be absent (or `null`, which means the same) or of another JSON type than expected.
///
/// Its `Debug` tells the state and never the value.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Field<T> {
    /// The key is missing or its value is `null`.
    #[default]
    Absent,
    /// A value of the expected JSON type.
    Is(T),
    /// A value of another JSON type. It was skipped.
    Odd,
}

impl<T> Field<T> {
    /// The value, when there is one of the expected type.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Odd => None,
        }
    }

    /// The value by move, when there is one of the expected type.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Odd => None,
        }
    }

    /// Whether the value had an unexpected JSON type.
    pub fn is_odd(&self) -> bool {
        matches!(self, Self::Odd)
    }

    /// Whether the key was missing or `null`.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T: AsRef<str>> Field<T> {
    /// The text, when there is one.
    pub fn text(&self) -> Option<&str> {
        self.get().map(AsRef::as_ref)
    }
}

impl<T> fmt::Debug for Field<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::Is(_) => "Is(..)",
            Self::Odd => "Odd",
        })
    }
}

/// How a type is made from each JSON type. The default of each is `None`: not what was expected.
pub trait FromWire<'de>: Sized {
    /// From a JSON string.
    fn from_text(_: Text<'de>) -> Option<Self> {
        None
    }

    /// From a JSON boolean.
    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    /// From a JSON number.
    fn from_number(_: f64) -> Option<Self> {
        None
    }

    /// From a JSON object, which must be read to its end.
    fn from_object<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        skip_object(map)?;
        Ok(None)
    }

    /// From a JSON array, which must be read to its end.
    fn from_array<A: SeqAccess<'de>>(seq: A) -> Result<Option<Self>, A::Error> {
        skip_array(seq)?;
        Ok(None)
    }
}

impl<'de> FromWire<'de> for Text<'de> {
    fn from_text(text: Text<'de>) -> Option<Self> {
        Some(text)
    }
}

impl<'de> FromWire<'de> for String {
    fn from_text(text: Text<'de>) -> Option<Self> {
        Some(text.into_owned())
    }
}

impl<'de> FromWire<'de> for bool {
    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl<'de> FromWire<'de> for f64 {
    fn from_number(value: f64) -> Option<Self> {
        Some(value)
    }
}

/// Whether anything inside had an unexpected JSON type, however deep.
pub trait HasOdd {
    /// True when a value, or a value inside it, is [`Field::Odd`].
    fn has_odd(&self) -> bool {
        false
    }
}

impl HasOdd for Text<'_> {}
impl HasOdd for String {}
impl HasOdd for bool {}
impl HasOdd for f64 {}

impl<T: HasOdd> HasOdd for Field<T> {
    fn has_odd(&self) -> bool {
        match self {
            Self::Absent => false,
            Self::Is(value) => value.has_odd(),
            Self::Odd => true,
        }
    }
}

impl<'de, T: FromWire<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor(PhantomData))
    }
}

struct FieldVisitor<T>(PhantomData<T>);

impl<T> FieldVisitor<T> {
    fn known(value: Option<T>) -> Field<T> {
        value.map_or(Field::Odd, Field::Is)
    }
}

impl<'de, T: FromWire<'de>> Visitor<'de> for FieldVisitor<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Field::Absent)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Self::known(T::from_bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Self::known(T::from_number(value as f64)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Self::known(T::from_number(value as f64)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Self::known(T::from_number(value)))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Self::known(T::from_text(Cow::Borrowed(value))))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Self::known(T::from_text(Cow::Owned(value.to_owned()))))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(Self::known(T::from_object(map)?))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Ok(Self::known(T::from_array(seq)?))
    }
}

/// A list. Absent and `null` are the empty list; elements that are `null` or of an unexpected type are left out and
/// counted, and so is a value that is no list at all.
///
/// Its `Debug` tells the numbers and never the values.
#[derive(Clone, PartialEq, Eq)]
pub struct List<T> {
    items: Vec<T>,
    n_odd: u32,
}

impl<T> List<T> {
    /// How many elements (or whole values) were not what was expected.
    pub fn n_odd(&self) -> u32 {
        self.n_odd
    }

    /// The list for a value that is no list.
    pub(super) fn odd() -> Self {
        Self { items: Vec::new(), n_odd: 1 }
    }

    /// The elements by move.
    pub fn into_vec(self) -> Vec<T> {
        self.items
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { items: Vec::new(), n_odd: 0 }
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, n_odd: 0 }
    }
}

impl<T> std::ops::Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "List({}, odd {})", self.items.len(), self.n_odd)
    }
}

impl<T: HasOdd> HasOdd for List<T> {
    fn has_odd(&self) -> bool {
        self.n_odd > 0 || self.items.iter().any(HasOdd::has_odd)
    }
}

impl<'de, T: FromWire<'de>> FromWire<'de> for List<T> {
    fn from_array<A: SeqAccess<'de>>(mut seq: A) -> Result<Option<Self>, A::Error> {
        let mut list = Self::default();
        while let Some(element) = seq.next_element::<Field<T>>()? {
            match element {
                Field::Is(item) => list.items.push(item),
                Field::Absent | Field::Odd => list.n_odd += 1,
            }
        }
        Ok(Some(list))
    }
}

impl<'de, T: FromWire<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Field::<Self>::deserialize(deserializer)? {
            Field::Absent => Self::default(),
            Field::Is(list) => list,
            Field::Odd => Self::odd(),
        })
    }
}

/// A key of an object, borrowed where it can be.
pub(super) struct Key<'de>(pub(super) Text<'de>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(value.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// A key of an object, as what it stands for.
pub(super) struct KnownKey<F>(pub(super) F);

impl<'de, K, F: FnOnce(&str) -> K> DeserializeSeed<'de> for KnownKey<F> {
    type Value = K;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<K, F: FnOnce(&str) -> K> Visitor<'_> for KnownKey<F> {
    type Value = K;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<K, E> {
        Ok((self.0)(key))
    }
}

pub(super) fn skip_object<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

pub(super) fn skip_array<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_null_are_the_same_and_other_types_are_odd() {
        let texts: Vec<Field<Text<'_>>> =
            serde_json::from_str(r#"[null, "a", "\u00e9", 1, -1, 1.5, true, {"a": [1]}, [{}]]"#).unwrap();
        let states: Vec<_> = texts.iter().map(|field| format!("{field:?}")).collect();
        assert_eq!(states, ["Absent", "Is(..)", "Is(..)", "Odd", "Odd", "Odd", "Odd", "Odd", "Odd"]);
        assert_eq!(texts[1].text(), Some("a"));
        assert!(matches!(texts[1], Field::Is(Cow::Borrowed(_))));
        assert_eq!(texts[2].text(), Some("é"));
    }

    #[test]
    fn numbers_and_booleans_keep_to_their_own_type() {
        let numbers: Vec<Field<f64>> = serde_json::from_str(r#"[1, -2, 0.5, "3", true]"#).unwrap();
        assert_eq!(
            numbers.iter().map(Field::get).collect::<Vec<_>>(),
            [Some(&1.0), Some(&-2.0), Some(&0.5), None, None]
        );
        let booleans: Vec<Field<bool>> = serde_json::from_str(r#"[true, "true", 1]"#).unwrap();
        assert_eq!(booleans.iter().map(Field::is_odd).collect::<Vec<_>>(), [false, true, true]);
    }

    #[test]
    fn a_list_leaves_out_and_counts_what_is_odd() {
        let list: List<String> = serde_json::from_str(r#"["a", null, 2, "b"]"#).unwrap();
        assert_eq!(&*list, ["a", "b"]);
        assert_eq!(list.n_odd(), 2);
        let none: List<String> = serde_json::from_str("null").unwrap();
        assert_eq!((none.len(), none.n_odd()), (0, 0));
        let text: List<String> = serde_json::from_str(r#""a""#).unwrap();
        assert_eq!((text.len(), text.n_odd()), (0, 1));
    }
}
