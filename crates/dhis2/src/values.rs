//! Writing data values and reading them back.

use std::io::Write as _;

use bytes::Bytes;
use compact_str::CompactString;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::decode;
use crate::error::{Error, ErrorKind};
use crate::id_scheme::IdSchemes;
use crate::selection::{Selection, Time};
use crate::summary::Body;
use crate::transport::{Answer, Parameters};
use crate::value_stream::{ValueRow, ValueSink};
use crate::verdict::Verdict;

/// A sensible number of values in one request up to 2.42: one transaction and one Hibernate session carry them all,
/// and cost grows faster than their number.
pub const DATA_VALUES_MAX_ROW: usize = 5_000;

/// A sensible number of values in one request since 2.43, which writes 500 rows a statement and prefers large groups.
pub const DATA_VALUES_MAX_GROUP: usize = 20_000;

/// The largest body that is sent, compressed: half of what the documented proxy settings of DHIS2 let through.
pub const BODY_BYTES_MAX: usize = 5 * 1024 * 1024;

/// Bodies from this size on are compressed; below, it saves no packet.
pub const GZIP_BYTES_MIN: usize = 4 * 1024;

/// Bytes of a usual value in a body.
const VALUE_BYTES: usize = 176;

/// An import that only has to be sent.
#[derive(Debug, Clone)]
pub struct PreparedImport {
    body: Bytes,
    parameters: Parameters,
    n_values: usize,
}

impl PreparedImport {
    /// Number of values.
    #[must_use]
    pub fn n_values(&self) -> usize {
        self.n_values
    }
}

/// Values of one data set. There is no period, organisation unit or attribute option combo for all of them: which of
/// the outer and inner ones wins flipped in 2.43, so every value carries its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataValueSet {
    /// The data set that all elements belong to. Without it other data sets' locks apply, or none can be found.
    pub data_set: CompactString,
    /// The values. Rejections refer to their positions.
    pub data_values: Vec<DataValue>,
}

/// One value to write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataValue {
    /// The data element.
    pub data_element: CompactString,
    /// The period, in DHIS2's spelling.
    pub period: CompactString,
    /// The organisation unit.
    pub org_unit: CompactString,
    /// The category option combo. Name it always: DHIS2 stores a value without under *default*, even if the element
    /// has no such combo.
    pub category_option_combo: CompactString,
    /// The attribute option combo; the default one if none.
    pub attribute_option_combo: Option<CompactString>,
    /// The value, always as text. May be absent if `deleted`.
    pub value: Option<CompactString>,
    /// A comment.
    pub comment: Option<CompactString>,
    /// Marks for follow-up. Sent under both of DHIS2's spellings.
    pub follow_up: Option<bool>,
    /// Deletes the value (softly: the row stays, marked).
    pub deleted: bool,
}

/// What an import does with values that are there already or not. Since 2.43 only `Delete` has an effect, everything
/// else is `CreateAndUpdate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ImportStrategy {
    /// Writes all.
    #[default]
    CreateAndUpdate,
    /// Leaves existing values aside.
    Create,
    /// Leaves new values aside.
    Update,
    /// Deletes the values named.
    Delete,
}

/// How to import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// What to do with values that are there already or not.
    pub strategy: ImportStrategy,
    /// Validates and counts, but writes nothing.
    pub dry_run: bool,
    /// How objects are named.
    pub id_schemes: IdSchemes,
    /// Skips the checks of time (expiry, future, approval, input periods). For superusers only.
    pub force: bool,
}

/// Which values to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueQuery {
    /// All elements of these data sets ...
    pub data_sets: Vec<String>,
    /// ... and these elements.
    pub data_elements: Vec<String>,
    /// When.
    pub time: Time,
    /// Where.
    pub org_units: Vec<String>,
    /// Also everywhere below.
    pub children: bool,
    /// Also deleted values.
    pub include_deleted: bool,
    /// How objects are named, in the query and in the answer.
    pub id_schemes: IdSchemes,
}

/// One value as the server has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredValue {
    /// The data element.
    pub data_element: CompactString,
    /// The period, in DHIS2's canonical spelling (`2020W7`, not `2020W07`).
    #[serde(default, deserialize_with = "decode::or_empty")]
    pub period: CompactString,
    /// The organisation unit.
    #[serde(default, deserialize_with = "decode::or_empty")]
    pub org_unit: CompactString,
    /// The category option combo.
    #[serde(default, deserialize_with = "decode::or_empty")]
    pub category_option_combo: CompactString,
    /// The attribute option combo.
    #[serde(default, deserialize_with = "decode::or_empty")]
    pub attribute_option_combo: CompactString,
    /// The value; none if only a comment is stored, or for some deleted ones.
    #[serde(default)]
    pub value: Option<CompactString>,
    /// The name of the user who wrote it.
    #[serde(default)]
    pub stored_by: Option<CompactString>,
    /// When it was written last, as the server writes it.
    #[serde(default)]
    pub last_updated: Option<Box<str>>,
    /// When it was written first, as the server writes it.
    #[serde(default)]
    pub created: Option<Box<str>>,
    /// A comment.
    #[serde(default)]
    pub comment: Option<Box<str>>,
    /// Marked for follow-up.
    #[serde(default, alias = "followUp", deserialize_with = "decode::or_false")]
    pub followup: bool,
    /// Deleted softly.
    #[serde(default, deserialize_with = "decode::or_false")]
    pub deleted: bool,
}

/// One value as the server has it, without who wrote it and when.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StandingValue {
    /// The data element.
    pub data_element: CompactString,
    /// The period, in DHIS2's canonical spelling.
    #[serde(default, deserialize_with = "decode::or_empty")]
    pub period: CompactString,
    /// The organisation unit.
    #[serde(default, deserialize_with = "decode::or_empty")]
    pub org_unit: CompactString,
    /// The category option combo.
    #[serde(default, deserialize_with = "decode::or_empty")]
    pub category_option_combo: CompactString,
    /// The attribute option combo.
    #[serde(default, deserialize_with = "decode::or_empty")]
    pub attribute_option_combo: CompactString,
    /// The value; none if only a comment is stored, or for some deleted ones.
    #[serde(default)]
    pub value: Option<CompactString>,
}

impl ValueRow for StandingValue {
    fn shared_parts(&mut self) -> [&mut CompactString; 3] {
        [&mut self.period, &mut self.org_unit, &mut self.attribute_option_combo]
    }
}

impl ValueRow for StoredValue {
    fn shared_parts(&mut self) -> [&mut CompactString; 3] {
        [&mut self.period, &mut self.org_unit, &mut self.attribute_option_combo]
    }
}

impl StoredValue {
    /// Data element, period, organisation unit, category option combo, attribute option combo: what DHIS2 keeps one
    /// value for.
    #[must_use]
    pub fn key(&self) -> (&str, &str, &str, &str, &str) {
        (&self.data_element, &self.period, &self.org_unit, &self.category_option_combo, &self.attribute_option_combo)
    }
}

impl Client {
    /// Imports values and tells what became of each. **Writes**, unless `dry_run`.
    ///
    /// Sent again only if surely nothing was taken (no connection, or the server asked to come later).
    ///
    /// # Errors
    /// If there is no verdict. [`Error::outcome_unknown`] then says whether something may have been written.
    pub async fn import(&self, set: &DataValueSet, options: &ImportOptions) -> Result<Verdict, Error> {
        self.import_prepared(&self.prepare(set, options)?).await
    }

    /// Prepares an import: all that can be done before it is sent, so that it can be done while another one is under way.
    ///
    /// # Errors
    /// If the values are too many for one request.
    pub fn prepare(&self, set: &DataValueSet, options: &ImportOptions) -> Result<PreparedImport, Error> {
        // Nothing is saved on the way to a server on this machine, and both ends pay.
        let gzip_bytes_min = if self.transport.is_loopback() { BODY_BYTES_MAX } else { GZIP_BYTES_MIN };
        let body = body_of(set, options, gzip_bytes_min).map_err(|error| error.at("POST", "/api/dataValueSets"))?;
        Ok(PreparedImport { body, parameters: options.parameters(), n_values: set.data_values.len() })
    }

    /// Like [`Client::import`], of what was prepared. **Writes**, unless `dry_run`.
    ///
    /// # Errors
    /// As [`Client::import`].
    pub async fn import_prepared(&self, prepared: &PreparedImport) -> Result<Verdict, Error> {
        let answer = self.post_values(prepared, false).await?;
        Verdict::of_body(understood(&answer)?, prepared.n_values)
            .ok_or_else(|| not_a_summary(&answer, "/api/dataValueSets"))
    }

    pub(crate) async fn post_values(&self, prepared: &PreparedImport, asynchronously: bool) -> Result<Answer, Error> {
        let mut parameters = prepared.parameters.clone();
        if asynchronously {
            parameters.push(("async", "true".to_owned()));
        }
        self.transport.post(&["dataValueSets"], &parameters, prepared.body.clone()).await
    }

    /// Reads values. A query too long for one request is cut into several; the order of values is not specified.
    ///
    /// # Errors
    /// `Conflict` with an E2xxx code for a query that DHIS2 refuses, besides the usual ones.
    pub async fn data_values(&self, query: &ValueQuery) -> Result<Vec<StoredValue>, Error> {
        let requests = query.selection().requests();
        let mut values = Vec::new();
        for request in &requests {
            let mut part: Vec<StoredValue> = Vec::new();
            self.transport.get_values(&["dataValueSets"], request, &mut part).await?;
            if values.is_empty() { values = part } else { values.extend(part) }
        }
        if requests.len() > 1 {
            // Data sets share elements, and units lie below each other: parts may overlap.
            values.sort_unstable_by(|one, other| one.key().cmp(&other.key()));
            values.dedup_by(|one, other| one.key() == other.key());
        }
        Ok(values)
    }

    /// Reads values as they arrive, so that they never stand in memory together. A query too long for one request is cut
    /// into several, and two of them may tell the same value; the order of values is not specified.
    ///
    /// # Errors
    /// As [`Client::data_values`]. Some values were told by then.
    pub async fn data_values_into<T: ValueRow>(
        &self,
        query: &ValueQuery,
        sink: &mut impl ValueSink<T>,
    ) -> Result<(), Error> {
        for request in &query.selection().requests() {
            self.transport.get_values(&["dataValueSets"], request, sink).await?;
        }
        Ok(())
    }
}

/// What a body is; if that cannot be told, the outcome of the write cannot either.
pub(crate) fn understood(answer: &Answer) -> Result<Body, Error> {
    Body::read(&answer.body).map_err(|error| error.at("POST", "/api/dataValueSets").with_unknown_outcome())
}

/// The error for a body without a verdict: after 409 the request was refused, after 200 nobody knows.
pub(crate) fn not_a_summary(answer: &Answer, path: &str) -> Error {
    let error = if answer.status.is_success() {
        let message = "an import summary was expected".to_owned();
        Error::new(ErrorKind::Decode { path: ".".to_owned(), message }).with_unknown_outcome()
    } else {
        answer.refusal()
    };
    error.at("POST", path)
}

impl ImportOptions {
    fn parameters(&self) -> Parameters {
        let mut parameters = self.id_schemes.parameters();
        let strategy = match self.strategy {
            ImportStrategy::CreateAndUpdate => "CREATE_AND_UPDATE",
            ImportStrategy::Create => "CREATE",
            ImportStrategy::Update => "UPDATE",
            ImportStrategy::Delete => "DELETE",
        };
        parameters.push(("importStrategy", strategy.to_owned()));
        // Each may stand only once: DHIS2 answers a repeated one with 400.
        parameters.extend(self.dry_run.then(|| ("dryRun", "true".to_owned())));
        parameters.extend(self.force.then(|| ("force", "true".to_owned())));
        parameters
    }
}

impl ValueQuery {
    fn selection(&self) -> Selection {
        let mut fixed = self.id_schemes.parameters();
        fixed.extend(self.id_schemes.input_parameters());
        fixed.extend(self.children.then(|| ("children", "true".to_owned())));
        fixed.extend(self.include_deleted.then(|| ("includeDeleted", "true".to_owned())));
        let lists = vec![
            ("dataSet", self.data_sets.clone()),
            ("dataElement", self.data_elements.clone()),
            ("orgUnit", self.org_units.clone()),
        ];
        Selection { lists, fixed }.with_time(&self.time)
    }
}

fn body_of(set: &DataValueSet, options: &ImportOptions, gzip_bytes_min: usize) -> Result<Bytes, Error> {
    let payload = Payload {
        data_set: &set.data_set,
        attribute_option_combo_id_scheme: options.id_schemes.category_option_combo.map(|scheme| scheme.parameter()),
        data_values: &set.data_values,
    };
    let failed = |message: String| Error::new(ErrorKind::Decode { path: "request".to_owned(), message });
    let mut body = Vec::with_capacity(set.data_values.len() * VALUE_BYTES);
    serde_json::to_writer(&mut body, &payload).map_err(|error| failed(error.to_string()))?;
    if body.len() >= gzip_bytes_min {
        // No Content-Encoding: DHIS2 knows gzip by its first bytes, and a proxy might unpack it to its full size.
        let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
        encoder.write_all(&body).map_err(|error| failed(error.to_string()))?;
        body = encoder.finish().map_err(|error| failed(error.to_string()))?;
    }
    within(body, BODY_BYTES_MAX)
}

fn within(body: Vec<u8>, limit: usize) -> Result<Bytes, Error> {
    if body.len() > limit {
        return Err(Error::new(ErrorKind::TooLarge { what: "request body", limit }));
    }
    Ok(body.into())
}

/// Written member by member: derived, the two spellings of one field would make every value a map.
impl Serialize for DataValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let optional = [&self.attribute_option_combo, &self.value, &self.comment];
        let n_optional = optional.iter().filter(|member| member.is_some()).count();
        let n_marks = if self.follow_up.is_some() { 2 } else { 0 };
        let mut written =
            serializer.serialize_struct("DataValue", 4 + n_optional + n_marks + usize::from(self.deleted))?;
        written.serialize_field("dataElement", &self.data_element)?;
        written.serialize_field("period", &self.period)?;
        written.serialize_field("orgUnit", &self.org_unit)?;
        written.serialize_field("categoryOptionCombo", &self.category_option_combo)?;
        for (name, member) in ["attributeOptionCombo", "value", "comment"].into_iter().zip(optional) {
            if let Some(member) = member {
                written.serialize_field(name, member)?;
            }
        }
        if let Some(follow_up) = self.follow_up {
            written.serialize_field("followup", &follow_up)?;
            written.serialize_field("followUp", &follow_up)?;
        }
        if self.deleted {
            written.serialize_field("deleted", &true)?;
        }
        written.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    data_set: &'a str,
    /// There is no such query parameter. Up to 2.42 the scheme of category option combos holds for both anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute_option_combo_id_scheme: Option<String>,
    data_values: &'a [DataValue],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id_scheme::IdScheme;

    #[test]
    fn only_what_is_given_is_sent() {
        let plain = DataValue {
            data_element: "CnPsS2xE8UN".into(),
            period: "20200327".into(),
            org_unit: "O6uvpzGd5pu".into(),
            category_option_combo: "HllvX50cXC0".into(),
            value: Some("12".into()),
            ..DataValue::default()
        };
        let marked = DataValue { follow_up: Some(true), deleted: true, value: None, ..plain.clone() };
        let set = DataValueSet { data_set: "kIfMNugiTgd".into(), data_values: vec![plain, marked] };
        let body = body_of(&set, &ImportOptions::default(), GZIP_BYTES_MIN).unwrap();
        insta::assert_snapshot!(std::str::from_utf8(&body).unwrap(), @r#"{"dataSet":"kIfMNugiTgd","dataValues":[{"dataElement":"CnPsS2xE8UN","period":"20200327","orgUnit":"O6uvpzGd5pu","categoryOptionCombo":"HllvX50cXC0","value":"12"},{"dataElement":"CnPsS2xE8UN","period":"20200327","orgUnit":"O6uvpzGd5pu","categoryOptionCombo":"HllvX50cXC0","followup":true,"followUp":true,"deleted":true}]}"#);
    }

    #[test]
    fn parameters() {
        let options = ImportOptions {
            strategy: ImportStrategy::Delete,
            dry_run: true,
            id_schemes: IdSchemes { org_unit: Some(IdScheme::Code), ..IdScheme::Uid.into() },
            force: false,
        };
        insta::assert_debug_snapshot!(options.parameters(), @r#"
        [
            (
                "orgUnitIdScheme",
                "code",
            ),
            (
                "importStrategy",
                "DELETE",
            ),
            (
                "dryRun",
                "true",
            ),
        ]
        "#);
    }

    #[test]
    fn a_body_beyond_the_limit_is_not_sent() {
        assert!(within(vec![0; 10], 10).is_ok());
        let error = within(vec![0; 11], 10).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::TooLarge { limit: 10, .. }));
        assert!(error.is_request_too_large());
    }

    #[test]
    fn small_bodies_go_plain_and_large_ones_compressed() {
        let set = |count| DataValueSet { data_set: "s".into(), data_values: vec![DataValue::default(); count] };
        assert_eq!(body_of(&set(1), &ImportOptions::default(), GZIP_BYTES_MIN).unwrap()[0], b'{');
        let large = body_of(&set(1000), &ImportOptions::default(), GZIP_BYTES_MIN).unwrap();
        assert_eq!(large[..2], [0x1f, 0x8b]);
        assert!(large.len() < 5000);
    }
}
