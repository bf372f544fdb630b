//! Which outbreak a record belongs to.

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// An outbreak, as records remember it. All records of a reading share one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Outbreak(Arc<Names>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    id: CompactString,
    name: CompactString,
}

impl Outbreak {
    /// The outbreak of this id and name.
    pub fn new(id: &str, name: &str) -> Self {
        Self(Arc::new(Names { id: id.into(), name: name.into() }))
    }

    /// Go.Data's id.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The name that people know it by.
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

impl Serialize for Outbreak {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Outbreak {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Names::deserialize(deserializer).map(|names| Self(Arc::new(names)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written() {
        let outbreak = Outbreak::new("0a-1", "Ebola, Kasaï 2026");
        let json = serde_json::to_string(&outbreak).unwrap();
        assert_eq!(json, r#"{"id":"0a-1","name":"Ebola, Kasaï 2026"}"#);
        assert_eq!(serde_json::from_str::<Outbreak>(&json).unwrap(), outbreak);
    }
}
