//! The JSON of a data value set, read as leniently as each importer reads it.

use std::collections::BTreeMap;
use std::fmt;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::super::Session;
use super::super::catalogue::IdScheme;
use super::super::respond::Problem;
use super::super::version::Dialect;
use super::options::{ImportOptions, Schemes};
use super::summary::Summary;

/// A data value set.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Payload {
    pub(super) data_set: Text,
    pub(super) complete_date: Text,
    pub(super) period: Text,
    pub(super) org_unit: Text,
    pub(super) attribute_option_combo: Text,
    pub(super) dry_run: Option<bool>,
    pub(super) strategy: Text,
    id_scheme: Text,
    data_set_id_scheme: Text,
    data_element_id_scheme: Text,
    org_unit_id_scheme: Text,
    category_option_combo_id_scheme: Text,
    attribute_option_combo_id_scheme: Text,
    pub(super) data_values: Option<Vec<SentValue>>,
    pub(super) deletion: Option<Deletion>,
}

/// A data value as it was sent.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SentValue {
    pub(super) data_element: Text,
    pub(super) period: Text,
    pub(super) org_unit: Text,
    pub(super) category_option_combo: Text,
    pub(super) attribute_option_combo: Text,
    pub(super) value: Text,
    pub(super) comment: Text,
    pub(super) stored_by: Text,
    pub(super) followup: Option<bool>,
    pub(super) follow_up: Option<bool>,
    pub(super) deleted: Option<bool>,
}

/// The cube that the group importer soft-deletes before it writes.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Deletion {
    pub(super) org_units: Vec<String>,
    pub(super) periods: Vec<String>,
    pub(super) elements: Vec<DeletedElement>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DeletedElement {
    pub(super) data_element: String,
    pub(super) category_option_combo: Option<String>,
    pub(super) attribute_option_combo: Option<String>,
}

/// A scalar of the payload and how it was written; option combos may also be objects.
#[derive(Default)]
pub(super) enum Text {
    #[default]
    Absent,
    String(String),
    /// A number or boolean, which only the row importer turns into text.
    Other(String),
    /// Category to category option.
    Options(BTreeMap<String, String>),
}

impl Text {
    pub(super) fn as_deref(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Other(text) => Some(text),
            Self::Absent | Self::Options(_) => None,
        }
    }

    /// The text without space around it; `None` if that leaves nothing.
    pub(super) fn trimmed(&self) -> Option<&str> {
        self.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }
}

impl Payload {
    /// Number of data values.
    pub(crate) fn len(&self) -> usize {
        self.data_values.as_ref().map_or(0, Vec::len)
    }

    /// The id schemes of the request with those of the payload laid over.
    pub(super) fn schemes(&self, options: &ImportOptions) -> Schemes {
        let read = |text: &Text| text.as_deref().and_then(IdScheme::parse);
        options.schemes.overridden_by(Schemes {
            all: read(&self.id_scheme),
            data_set: read(&self.data_set_id_scheme),
            data_element: read(&self.data_element_id_scheme),
            org_unit: read(&self.org_unit_id_scheme),
            option_combo: read(&self.category_option_combo_id_scheme),
            attribute_combo: read(&self.attribute_option_combo_id_scheme),
        })
    }
}

/// A body that is no data value set.
pub(crate) struct Undecodable(String);

impl Undecodable {
    /// The summary of an asynchronous import that fails later for it.
    pub(crate) fn into_summary(self) -> Summary {
        Summary::failure(format!("The import process failed: {}", self.0))
    }

    /// The dialect's way of saying so.
    pub(crate) fn respond(self, session: &Session, options: &ImportOptions) -> Result<Response<Body>, Problem> {
        match session.version.dialect() {
            Dialect::Row => Ok(self.into_summary().respond(session, options)),
            Dialect::Group => Err(Problem::new(StatusCode::BAD_REQUEST, self.0)),
        }
    }
}

/// Decodes a JSON body.
///
/// The row importer turns numbers and booleans into text; what the group importer does with them is
/// not known, so the simulator takes the unfriendly view and refuses them.
pub(crate) fn decode(session: &Session, body: &[u8]) -> Result<Payload, Undecodable> {
    let payload: Payload = serde_json::from_slice(body).map_err(|error| Undecodable(error.to_string()))?;
    if session.version.dialect() == Dialect::Group {
        let values = payload.data_values.iter().flatten();
        let not_text = values.flat_map(|v| [&v.value, &v.period, &v.comment]).find(|t| matches!(t, Text::Other(_)));
        if let Some(text) = not_text.and_then(Text::as_deref) {
            return Err(Undecodable(format!("Path is not a string: `{text}`")));
        }
    }
    Ok(payload)
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number, a boolean, null, or an object of category options")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text::String(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Text, E> {
        Ok(Text::Other(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Text, E> {
        Ok(Text::Other(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Text, E> {
        Ok(Text::Other(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Text, E> {
        Ok(Text::Other(format!("{value:?}")))
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text::Absent)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
        let mut options = BTreeMap::new();
        while let Some((category, option)) = map.next_entry()? {
            options.insert(category, option);
        }
        Ok(Text::Options(options))
    }
}
