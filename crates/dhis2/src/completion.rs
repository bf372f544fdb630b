//! Complete data set registrations: telling that a data set is completely filled for a place and period.

use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::decode;
use crate::error::Error;
use crate::id_scheme::IdSchemes;
use crate::selection::{Selection, Time};
use crate::summary::{Body, Counts, Status, Summary};
use crate::values::not_a_summary;

/// Where both endpoints live.
const PATH: &[&str] = &["completeDataSetRegistrations"];

/// A data set's completeness at one place and period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    /// The data set.
    pub data_set: CompactString,
    /// The period, in DHIS2's spelling.
    pub period: CompactString,
    /// The organisation unit. DHIS2 spells it out here, unlike with values.
    #[serde(rename = "organisationUnit")]
    pub org_unit: CompactString,
    /// The attribute option combo; the default one if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute_option_combo: Option<CompactString>,
    /// The day of completion; the server's today if none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "decode::date")]
    pub date: Option<Date>,
    /// False takes a registration back.
    #[serde(default = "yes")]
    pub completed: bool,
}

/// What became of registrations. DHIS2 reports success although a part failed, gives no codes and no positions, so
/// conflicts tell that, but not always which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionVerdict {
    /// What the summary says of itself: `Error` only if all were ignored.
    pub status: Status,
    /// How many were treated how.
    pub counts: Counts,
    /// The complaints.
    pub conflicts: Vec<CompletionConflict>,
}

/// One complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionConflict {
    /// What it is about: an identifier or a name.
    pub object: Option<String>,
    /// The server's words.
    pub reason: String,
}

/// Which registrations to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionQuery {
    /// Of these data sets.
    pub data_sets: Vec<String>,
    /// When.
    pub time: Time,
    /// Where.
    pub org_units: Vec<String>,
    /// Also everywhere below.
    pub children: bool,
    /// How objects are named, in the query and in the answer.
    pub id_schemes: IdSchemes,
}

impl CompletionVerdict {
    /// Whether every registration was accepted.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.status == Status::Success && self.conflicts.is_empty() && self.counts.ignored == 0
    }

    fn of(summary: Summary) -> Self {
        let conflicts = summary
            .conflicts
            .into_iter()
            .map(|conflict| CompletionConflict { object: conflict.object, reason: conflict.value.unwrap_or_default() })
            .collect();
        Self { status: summary.status, counts: summary.import_count, conflicts }
    }
}

impl Client {
    /// Registers completeness, or takes it back. **Writes.** No registrations need no request: DHIS2 would call them
    /// an error.
    ///
    /// # Errors
    /// If there is no verdict. [`Error::outcome_unknown`] then says whether something may have been written.
    pub async fn complete(
        &self,
        registrations: &[Registration],
        id_schemes: &IdSchemes,
    ) -> Result<CompletionVerdict, Error> {
        if registrations.is_empty() {
            let (status, counts) = (Status::Success, Counts::default());
            return Ok(CompletionVerdict { status, counts, conflicts: Vec::new() });
        }
        let at = |error: Error| error.at("POST", "/api/completeDataSetRegistrations");
        let mut parameters = id_schemes.parameters();
        // This endpoint knows no category option combos, but names the attribute option combo's scheme.
        parameters.retain(|(name, _)| !matches!(*name, "dataElementIdScheme" | "categoryOptionComboIdScheme"));
        let scheme =
            id_schemes.category_option_combo.map(|scheme| ("attributeOptionComboIdScheme", scheme.parameter()));
        parameters.extend(scheme);
        let payload = Payload { complete_data_set_registrations: registrations };
        let body = serde_json::to_vec(&payload).map_err(|error| {
            let (path, message) = ("request".to_owned(), error.to_string());
            at(Error::new(crate::error::ErrorKind::Decode { path, message }))
        })?;
        let answer = self.transport.post(PATH, &parameters, body.into()).await?;
        match Body::read(&answer.body).map_err(|error| at(error).with_unknown_outcome())? {
            Body::Summary(summary) => Ok(CompletionVerdict::of(summary)),
            _ => Err(not_a_summary(&answer, "/api/completeDataSetRegistrations")),
        }
    }

    /// Reads registrations. A query too long for one request is cut into several.
    ///
    /// # Errors
    /// `Conflict` for a query that DHIS2 refuses, besides the usual ones.
    pub async fn completions(&self, query: &CompletionQuery) -> Result<Vec<Registration>, Error> {
        let mut fixed = query.id_schemes.parameters();
        fixed.extend(query.id_schemes.input_parameters());
        fixed.extend(query.children.then(|| ("children", "true".to_owned())));
        let lists = vec![("dataSet", query.data_sets.clone()), ("orgUnit", query.org_units.clone())];
        let mut registrations = Vec::new();
        let requests = Selection { lists, fixed }.with_time(&query.time).requests();
        for request in &requests {
            let part: Registered = self.transport.get_json(PATH, request).await?;
            registrations.extend(part.complete_data_set_registrations.unwrap_or_default());
        }
        if requests.len() > 1 {
            registrations.sort_unstable_by(|one, other| key(one).cmp(&key(other)));
            registrations.dedup_by(|one, other| key(one) == key(other));
        }
        Ok(registrations)
    }
}

fn key(one: &Registration) -> (&str, &str, &str, Option<&str>) {
    (&one.data_set, &one.period, &one.org_unit, one.attribute_option_combo.as_deref())
}

fn yes() -> bool {
    true
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    complete_data_set_registrations: &'a [Registration],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registered {
    complete_data_set_registrations: Option<Vec<Registration>>,
}
