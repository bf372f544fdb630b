//! Metadata that is sent as a package, and the report that DHIS2 makes of it; and metadata as it stands there, whole, so that
//! a package can be made beside it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client::Client;
use crate::decode;
use crate::error::{Error, ErrorKind, bounded};
use crate::id_scheme::IdScheme;
use crate::lookup::filters;
use crate::values::not_a_summary;

/// Errors that a report keeps: more nobody reads, and one mistake in a package can be repeated for every object.
const ERRORS_MAX: usize = 200;

const PATH: &str = "/api/metadata";

/// What to do with a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataMode {
    /// Check it and write nothing.
    Validate,
    /// Write all of it, or nothing if anything is wrong.
    Commit,
}

/// How many objects were treated how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct MetadataCounts {
    /// New objects.
    pub created: u64,
    /// Objects that were there and were set anew.
    pub updated: u64,
    /// Objects that were taken away; none by what this client sends.
    pub deleted: u64,
    /// Objects that were left out, because something is wrong with them or with others.
    pub ignored: u64,
    /// All objects of the package.
    pub total: u64,
}

/// What is wrong with an object of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataError {
    /// The kind of object, such as `DataElement`.
    pub class: String,
    /// Its uid, if the server names it.
    pub uid: Option<String>,
    /// The code of the error, such as `E5002` for a reference to what is not there.
    pub code: Option<String>,
    /// The property, if it is one.
    pub property: Option<String>,
    /// The server's words: they speak of what was sent.
    pub message: String,
}

/// What DHIS2 makes of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataReport {
    /// Whether nothing is wrong.
    pub is_ok: bool,
    /// How many objects were treated how, or would be.
    pub counts: MetadataCounts,
    /// The same for each kind of object, by its class: `DataElement`.
    pub by_class: BTreeMap<String, MetadataCounts>,
    /// What is wrong, at most some hundreds.
    pub errors: Vec<MetadataError>,
}

impl Client {
    /// Sends a package of metadata: created is what is new, updated is what has the uid of something that is there, and
    /// all of it or nothing. **Writes**, unless it is only validated.
    ///
    /// # Errors
    /// `Forbidden` without the authority to import metadata, besides the usual ones. That objects are refused is no error:
    /// the report says so.
    pub async fn import_metadata(&self, package: &Value, mode: MetadataMode) -> Result<MetadataReport, Error> {
        let body = serde_json::to_vec(package).map_err(|error| {
            let message = decode::unreadable(&error);
            Error::new(ErrorKind::Decode { path: ".".to_owned(), message })
        })?;
        let mode_name = match mode {
            MetadataMode::Validate => "VALIDATE",
            MetadataMode::Commit => "COMMIT",
        };
        let parameters = [
            ("importMode", mode_name.to_owned()),
            ("importStrategy", "CREATE_AND_UPDATE".to_owned()),
            ("atomicMode", "ALL".to_owned()),
            ("identifier", "UID".to_owned()),
            ("importReportMode", "ERRORS".to_owned()),
            // Without it, a job answers before anything is known.
            ("async", "false".to_owned()),
        ];
        let sent = self.send_package(&parameters, Bytes::from(body)).await;
        sent.map_err(|error| if mode == MetadataMode::Validate { error.without_effect() } else { error })
    }

    async fn send_package(&self, parameters: &[(&'static str, String)], body: Bytes) -> Result<MetadataReport, Error> {
        let answer = self.transport.post(&["metadata"], parameters, body).await?;
        let read = decode::json(&answer.body);
        let envelope: Envelope = read.map_err(|error| error.at("POST", PATH).with_unknown_outcome())?;
        envelope.response.map(WireReport::read).ok_or_else(|| not_a_summary(&answer, PATH))
    }

    /// The objects of a collection, such as `dataElements`, that have one of these uids or codes, whole and as DHIS2 owns
    /// them: what is sent back with a change changes nothing else. What is missing does not exist or cannot be read.
    ///
    /// # Errors
    /// The usual ones.
    pub async fn owned_objects(
        &self,
        collection: &'static str,
        ids: &[String],
        codes: &[String],
    ) -> Result<Vec<Map<String, Value>>, Error> {
        let mut found: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for filters in filters(IdScheme::Uid, ids).into_iter().chain(filters(IdScheme::Code, codes)) {
            let filters = filters.into_iter().map(|filter| ("filter", filter));
            let parameters = filters.chain([("rootJunction", "OR".to_owned())]).collect::<Vec<_>>();
            for object in self.listed(collection, ":owner", parameters).await? {
                let id = object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
                found.insert(id, object);
            }
        }
        Ok(found.into_values().collect())
    }

    /// All objects of a collection that this user may read, with these fields. For small collections, such as categories.
    ///
    /// # Errors
    /// The usual ones.
    pub async fn all_objects(&self, collection: &'static str, fields: &str) -> Result<Vec<Map<String, Value>>, Error> {
        self.listed(collection, fields, Vec::new()).await
    }

    /// The category option combos of these category combos, by uid, each with `id`, `name`, `categoryCombo[id]` and
    /// `categoryOptions[id]`.
    ///
    /// # Errors
    /// The usual ones.
    pub async fn option_combos_of(&self, combos: &[String]) -> Result<Vec<Map<String, Value>>, Error> {
        let mut found = Vec::new();
        for filters in filters(IdScheme::Uid, combos) {
            let filters = filters.into_iter().map(|filter| ("filter", filter)).collect();
            let fields = "id,categoryOptionCombos[id,name,categoryCombo[id],categoryOptions[id]]";
            for mut combo in self.listed("categoryCombos", fields, filters).await? {
                let list = combo.remove("categoryOptionCombos").unwrap_or_default();
                let list: Vec<Map<String, Value>> = serde_json::from_value(list).unwrap_or_default();
                found.extend(list);
            }
        }
        Ok(found)
    }

    async fn listed(
        &self,
        collection: &'static str,
        fields: &str,
        mut parameters: Vec<(&'static str, String)>,
    ) -> Result<Vec<Map<String, Value>>, Error> {
        parameters.push(("fields", fields.to_owned()));
        parameters.push(("paging", "false".to_owned()));
        let mut listed: BTreeMap<String, Value> = self.transport.get_json(&[collection], &parameters).await?;
        let objects = listed.remove(collection).map(serde_json::from_value);
        match objects {
            Some(Ok(objects)) => Ok(objects),
            _ => {
                let message = "a list of objects was expected".to_owned();
                let error = Error::new(ErrorKind::Decode { path: collection.to_owned(), message });
                Err(error.at("GET", &format!("/api/{collection}")))
            }
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    response: Option<WireReport>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireReport {
    status: String,
    #[serde(default)]
    stats: MetadataCounts,
    #[serde(default)]
    type_reports: Vec<WireTypeReport>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTypeReport {
    #[serde(default)]
    klass: String,
    #[serde(default)]
    stats: MetadataCounts,
    #[serde(default)]
    object_reports: Vec<WireObjectReport>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireObjectReport {
    uid: Option<String>,
    #[serde(default)]
    error_reports: Vec<WireErrorReport>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireErrorReport {
    #[serde(default)]
    message: String,
    error_code: Option<String>,
    error_property: Option<String>,
}

impl WireReport {
    fn read(self) -> MetadataReport {
        let mut by_class = BTreeMap::new();
        let mut errors = Vec::new();
        for of_type in self.type_reports {
            let class = of_type.klass.rsplit('.').next().unwrap_or_default().to_owned();
            for object in of_type.object_reports {
                for error in object.error_reports {
                    errors.push(MetadataError {
                        class: class.clone(),
                        uid: object.uid.clone(),
                        code: error.error_code,
                        property: error.error_property,
                        message: bounded(&error.message),
                    });
                }
            }
            by_class.insert(class, of_type.stats);
        }
        errors.truncate(ERRORS_MAX);
        // 2.38 and later say WARNING for a package of which something is wrong and ERROR for one of which all is.
        let is_ok = self.status == "OK" && errors.is_empty();
        MetadataReport { is_ok, counts: self.stats, by_class, errors }
    }
}
