//! The import summary as DHIS2 writes it, wrapped or plain.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::decode;
use crate::error::Error;

/// What an import summary says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Nothing is wrong as far as the server can tell.
    Success,
    /// A part was rejected; up to 2.42 possibly all.
    Warning,
    /// Nothing was accepted.
    Error,
}

/// How many values were treated how. The numbers need not add up: up to 2.42 insignificant zeros and duplicates are
/// counted nowhere, since 2.43 `imported` is always 0 and a rejected group may be missing from all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// New rows.
    pub imported: u64,
    /// Changed rows; since 2.43 all that were written.
    pub updated: u64,
    /// Rejected, and up to 2.42 unchanged.
    pub ignored: u64,
    /// Deleted rows.
    pub deleted: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    pub(crate) status: Status,
    #[serde(default)]
    pub(crate) import_count: Counts,
    #[serde(default)]
    pub(crate) conflicts: Vec<Conflict>,
    #[serde(default)]
    pub(crate) rejected_indexes: Vec<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Conflict {
    pub(crate) object: Option<String>,
    pub(crate) objects: BTreeMap<String, serde_json::Value>,
    pub(crate) value: Option<String>,
    pub(crate) error_code: Option<String>,
    pub(crate) indexes: Vec<i64>,
}

impl Conflict {
    /// The objects as text: their values are uids in all that was seen.
    pub(crate) fn objects_as_text(&self) -> BTreeMap<String, String> {
        let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut objects: BTreeMap<_, _> = self.objects.iter().map(|(key, value)| (key.clone(), text(value))).collect();
        if let (true, Some(object)) = (objects.is_empty(), &self.object) {
            objects.insert("object".to_owned(), object.clone());
        }
        objects
    }
}

/// What a body is.
#[derive(Debug)]
pub(crate) enum Body {
    /// An import summary. The envelope's message and its description are not read: either may quote anything.
    Summary(Summary),
    /// A job was started; its uid.
    Job(String),
    /// Anything else.
    Other,
}

impl Body {
    /// Tells what a body is, whatever the HTTP status.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Error> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::Other);
        }
        // The body is read first for what it is: a wrong guess would make a place in the document meaningless.
        let Envelope { response, plain } = decode::json(body)?;
        match response {
            Some(Kind { id: Some(id), response_type, .. }) if response_type.as_deref() == Some(JOB) => {
                Ok(Self::Job(id))
            }
            Some(kind) if kind.is_summary() => {
                let Wrapped { response } = decode::json(body)?;
                Ok(Self::Summary(response))
            }
            None if plain.is_summary() => Ok(Self::Summary(decode::json(body)?)),
            _ => Ok(Self::Other),
        }
    }
}

/// The response type of a started job.
const JOB: &str = "JobConfiguration";

#[derive(Deserialize)]
struct Envelope {
    response: Option<Kind>,
    #[serde(flatten)]
    plain: Kind,
}

#[derive(Deserialize)]
struct Wrapped {
    response: Summary,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    response_type: Option<String>,
    import_count: Option<serde::de::IgnoredAny>,
    id: Option<String>,
}

impl Kind {
    fn is_summary(&self) -> bool {
        self.import_count.is_some() || self.response_type.as_deref() == Some("ImportSummary")
    }
}
