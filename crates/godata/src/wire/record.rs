//! How the wire structs are declared: one list of keys gives the struct, its lenient reading and its request fields.

use serde::de::Deserialize;

use super::field::{Field, Text};

/// A document of a Go.Data list: it has an id.
pub trait Record<'de>: Deserialize<'de> {
    /// The document's id, `None` when the answer does not tell it.
    fn id(&self) -> Option<&str>;
}

/// Declares wire structs. Each field is named with its JSON key or keys; the first is the one to ask for. With the word
/// `record`, the struct is a [`Record`] too, whose field `id` is its id.
macro_rules! wire {
    ($(#[$doc:meta])* $vis:vis record $name:ident<$lt:lifetime> $body:tt) => {
        $crate::wire::record::wire!($(#[$doc])* $vis struct $name<$lt> $body);
        impl<$lt> $crate::wire::Record<$lt> for $name<$lt> {
            fn id(&self) -> Option<&str> {
                self.id.text()
            }
        }
    };
    ($(#[$doc:meta])* $vis:vis record $name:ident $body:tt) => {
        $crate::wire::record::wire!($(#[$doc])* $vis struct $name $body);
        impl<'de> $crate::wire::Record<'de> for $name {
            fn id(&self) -> Option<&str> {
                self.id.text()
            }
        }
    };
    ($(#[$doc:meta])* $vis:vis struct $name:ident<$lt:lifetime> {
        $($(#[$field_doc:meta])* $key:literal $(| $other:literal)* => $field:ident: $kind:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Default)]
        $vis struct $name<$lt> {
            $($(#[$field_doc])* $vis $field: $kind,)*
        }
        $crate::wire::record::wire!(@read $vis, $lt, $name, ($name<$lt>), ($name<'_>), $($key $(| $other)* => $field,)*);
    };
    ($(#[$doc:meta])* $vis:vis struct $name:ident {
        $($(#[$field_doc:meta])* $key:literal $(| $other:literal)* => $field:ident: $kind:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Default)]
        $vis struct $name {
            $($(#[$field_doc])* $vis $field: $kind,)*
        }
        $crate::wire::record::wire!(@read $vis, 'de, $name, ($name), ($name), $($key $(| $other)* => $field,)*);
    };
    (@read $vis:vis, $lt:lifetime, $name:ident, ($read:ty), ($any:ty), $($key:literal $(| $other:literal)* => $field:ident,)*) => {
        #[allow(dead_code, reason = "of the structs inside the crate, not every list is used")]
        impl $any {
            /// The JSON keys that this struct reads, as they are asked for in a filter's `fields`.
            $vis const FIELDS: &'static [&'static str] = &[$($key),*];

            /// The JSON keys whose values, or values inside them, had an unexpected JSON type.
            $vis fn odd_fields(&self) -> Vec<&'static str> {
                let mut odd = Vec::new();
                $(if $crate::wire::HasOdd::has_odd(&self.$field) {
                    odd.push($key);
                })*
                odd
            }
        }

        impl $crate::wire::HasOdd for $any {
            fn has_odd(&self) -> bool {
                false $(|| $crate::wire::HasOdd::has_odd(&self.$field))*
            }
        }

        impl ::std::fmt::Debug for $any {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl<$lt> $crate::wire::FromWire<$lt> for $read {
            fn from_object<A: ::serde::de::MapAccess<$lt>>(mut map: A) -> Result<Option<Self>, A::Error> {
                let mut this = Self::default();
                while let Some(key) = map.next_key::<$crate::wire::field::Key<$lt>>()? {
                    match &*key.0 {
                        $($key $(| $other)* => this.$field = map.next_value()?,)*
                        _ => {
                            map.next_value::<::serde::de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(Some(this))
            }
        }

        impl<$lt> ::serde::Deserialize<$lt> for $read {
            fn deserialize<D: ::serde::Deserializer<$lt>>(deserializer: D) -> Result<Self, D::Error> {
                <$crate::wire::Field<Self> as ::serde::Deserialize<$lt>>::deserialize(deserializer)?
                    .into_option()
                    .ok_or_else(|| ::serde::de::Error::custom("an object was expected"))
            }
        }
    };
}
pub(super) use wire;

wire! {
    /// Only the id of any record.
    pub(crate) record Keyed<'a> {
        /// The stable key.
        "id" | "_id" => id: Field<Text<'a>>,
    }
}
