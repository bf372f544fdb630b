//! How the wire structs are declared: one list of keys gives the struct, its lenient reading and its request fields.

use serde::de::{Deserialize, MapAccess};

use super::field::{Field, Text};

/// A document of a Go.Data list: it has an id.
pub trait Record<'de>: Deserialize<'de> + Default {
    /// The document's id, `None` when the answer does not tell it.
    fn id(&self) -> Option<&str>;

    /// Reads another document in place of the one that was held: a list's records are large, and of a million each is only
    /// looked at.
    ///
    /// # Errors
    ///
    /// What the map says; of the document is held then what was read by then.
    fn read_again<A: MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error>;
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

            fn read_again<A: ::serde::de::MapAccess<$lt>>(&mut self, map: A) -> Result<(), A::Error> {
                self.clear();
                self.fill(map)
            }
        }
    };
    ($(#[$doc:meta])* $vis:vis record $name:ident $body:tt) => {
        $crate::wire::record::wire!($(#[$doc])* $vis struct $name $body);
        impl<'de> $crate::wire::Record<'de> for $name {
            fn id(&self) -> Option<&str> {
                self.id.text()
            }

            fn read_again<A: ::serde::de::MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error> {
                self.clear();
                self.fill(map)
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

        #[allow(dead_code, reason = "of the structs inside records, none is read again")]
        impl<$lt> $read {
            /// Empties every field. Field by field: a default one would have to be copied over all of them.
            fn clear(&mut self) {
                $(self.$field = Default::default();)*
            }

            /// Reads the document's values over those that are held.
            fn fill<A: ::serde::de::MapAccess<$lt>>(&mut self, mut map: A) -> Result<(), A::Error> {
                #[expect(non_camel_case_types, reason = "they are the fields of the struct")]
                #[derive(Clone, Copy)]
                enum Known {
                    $($field),*
                }
                const KEYS: $crate::wire::keys::Keys<Known> =
                    $crate::wire::keys::Keys::new(&[$(($key, Known::$field) $(, ($other, Known::$field))*),*]);
                while let Some(known) = map.next_key_seed($crate::wire::field::KnownKey(|key: &str| KEYS.find(key)))? {
                    match known {
                        $(Some(Known::$field) => self.$field = map.next_value()?,)*
                        None => {
                            map.next_value::<::serde::de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(())
            }
        }

        impl<$lt> $crate::wire::FromWire<$lt> for $read {
            fn from_object<A: ::serde::de::MapAccess<$lt>>(map: A) -> Result<Option<Self>, A::Error> {
                let mut this = Self::default();
                this.fill(map)?;
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
