//! The identifier that DHIS2 gives to every object.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Characters of a uid.
const LENGTH: usize = 11;

/// A DHIS2 uid: a letter followed by ten letters or digits (`CodeGenerator` in DHIS2's source), for example
/// `kIfMNugiTgd`. Small enough to copy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid([u8; LENGTH]);

/// A text that is not a uid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a DHIS2 uid (a letter and ten letters or digits)")]
pub struct InvalidUid(String);

impl Uid {
    /// Reads a uid.
    ///
    /// # Errors
    /// If the text is not a letter followed by ten letters or digits.
    pub fn parse(text: &str) -> Result<Self, InvalidUid> {
        let well_formed = text.len() == LENGTH
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && text.as_bytes()[0].is_ascii_alphabetic();
        match <[u8; LENGTH]>::try_from(text.as_bytes()) {
            Ok(bytes) if well_formed => Ok(Self(bytes)),
            _ => Err(InvalidUid(text.chars().take(40).collect())),
        }
    }

    /// The uid as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a uid holds ASCII only, `parse` saw to it")
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for Uid {
    type Err = InvalidUid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl AsRef<str> for Uid {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Uid {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Uid {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl Serialize for Uid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Uid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Uid;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a DHIS2 uid")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Uid, E> {
                Uid::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_a_letter_and_ten_letters_or_digits() {
        assert_eq!(Uid::parse("kIfMNugiTgd").unwrap(), "kIfMNugiTgd");
        for text in ["", "1IfMNugiTgd", "kIfMNugiTg", "kIfMNugiTgdd", "kIfMNugiT-d", "kIfMNugiTä"] {
            assert!(Uid::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn json_round_trip() {
        let uid: Uid = serde_json::from_str("\"kIfMNugiTgd\"").unwrap();
        assert_eq!(serde_json::to_string(&uid).unwrap(), "\"kIfMNugiTgd\"");
        assert!(serde_json::from_str::<Uid>("\"..\"").is_err());
    }
}
