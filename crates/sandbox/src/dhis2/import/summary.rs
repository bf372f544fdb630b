//! Import summaries: counts, merged conflicts, and the HTTP answer that each release makes of them.

use std::collections::HashMap;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::super::Session;
use super::super::respond::{self, Problem};
use super::super::version::Dialect;
use super::options::ImportOptions;

/// What became of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Import {
    Imported,
    Updated,
    Deleted,
    /// Counted as ignored and nothing more: unchanged.
    Ignored,
    /// Counted as ignored and listed among the rejected.
    Rejected,
    /// Counted nowhere.
    Dropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Success,
    Warning,
    Error,
}

/// A conflict; boxed, because it travels as an error.
#[derive(Clone, Debug)]
pub(crate) struct Conflict(Box<Details>);

#[derive(Clone, Debug)]
struct Details {
    object: Option<String>,
    objects: Vec<(&'static str, String)>,
    value: String,
    code: Option<&'static str>,
    property: Option<&'static str>,
    indexes: Vec<i64>,
}

/// An import summary.
pub(crate) struct Summary {
    status: Status,
    description: Option<String>,
    imported: usize,
    updated: usize,
    ignored: usize,
    deleted: usize,
    conflicts: Vec<Conflict>,
    merged: HashMap<String, usize>,
    rejected: Vec<usize>,
    complete: Option<String>,
    crashed: bool,
}

impl Conflict {
    /// A conflict of the row importer: code, the objects involved, and the message.
    pub(crate) fn row(
        code: &'static str,
        property: &'static str,
        objects: Vec<(&'static str, String)>,
        value: impl Into<String>,
    ) -> Self {
        let object = objects.first().map(|(_, id)| id.clone());
        Self(Box::new(Details {
            object,
            objects,
            value: value.into(),
            code: Some(code),
            property: Some(property),
            indexes: Vec::new(),
        }))
    }

    /// A conflict of the group importer: code, arguments of the message, and the message.
    pub(crate) fn group(code: &'static str, args: &[&str], value: impl Into<String>) -> Self {
        let objects = vec![("args", args.join("-"))];
        Self(Box::new(Details {
            object: None,
            objects,
            value: value.into(),
            code: Some(code),
            property: None,
            indexes: Vec::new(),
        }))
    }

    /// A conflict without code.
    pub(crate) fn plain(object: &str, value: impl Into<String>) -> Self {
        Self(Box::new(Details {
            object: Some(object.to_owned()),
            objects: Vec::new(),
            value: value.into(),
            code: None,
            property: None,
            indexes: Vec::new(),
        }))
    }

    /// The same conflict at the given places of the payload; -1 stands for the payload itself.
    pub(crate) fn at(mut self, indexes: impl IntoIterator<Item = i64>) -> Self {
        self.0.indexes = indexes.into_iter().collect();
        self
    }

    fn key(&self) -> String {
        format!("{:?}{:?}{:?}", self.0.code, self.0.object, self.0.objects)
    }

    fn json(&self, session: &Session) -> Value {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        if let Some(object) = &self.0.object {
            put("object", json!(object));
        }
        let coded = session.version.minor >= 37;
        if coded && !self.0.objects.is_empty() {
            let objects: Map<_, _> = self.0.objects.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect();
            put("objects", Value::Object(objects));
        }
        put("value", json!(self.0.value));
        if let Some(code) = self.0.code.filter(|_| coded) {
            put("errorCode", json!(code));
        }
        if let Some(property) = self.0.property.filter(|_| coded) {
            put("property", json!(property));
        }
        if coded && !self.0.indexes.is_empty() {
            put("indexes", json!(self.0.indexes));
        }
        Value::Object(body)
    }
}

impl Summary {
    /// A summary of nothing yet.
    pub(crate) fn success(description: &str) -> Self {
        Self {
            status: Status::Success,
            description: Some(description.to_owned()),
            imported: 0,
            updated: 0,
            ignored: 0,
            deleted: 0,
            conflicts: Vec::new(),
            merged: HashMap::new(),
            rejected: Vec::new(),
            complete: None,
            crashed: false,
        }
    }

    /// An import that failed as a whole.
    pub(crate) fn failure(description: impl Into<String>) -> Self {
        let mut summary = Self::success(&description.into());
        summary.status = Status::Error;
        summary
    }

    /// Counts a value.
    pub(crate) fn count(&mut self, effect: Import, index: usize) {
        match effect {
            Import::Imported => self.imported += 1,
            Import::Updated => self.updated += 1,
            Import::Deleted => self.deleted += 1,
            Import::Ignored => self.ignored += 1,
            Import::Rejected => {
                self.ignored += 1;
                self.rejected.push(index);
            }
            Import::Dropped => {}
        }
    }

    /// A server-side exception, answered with 500.
    pub(crate) fn crash() -> Self {
        let mut summary = Self::failure("The import process failed: null");
        summary.crashed = true;
        summary
    }

    /// Aborts the import at the level of the data set.
    pub(crate) fn abort(&mut self, description: &str) {
        self.status = Status::Error;
        self.description = Some(description.to_owned());
    }

    /// Counts a value once as ignored because of several conflicts.
    pub(crate) fn reject_for(&mut self, index: usize, conflicts: Vec<Conflict>) {
        self.count(Import::Rejected, index);
        for conflict in conflicts {
            self.conflict(conflict.at([i64::try_from(index).unwrap_or(-1)]));
        }
    }

    /// Puts the rejected indexes in order: those of the strategy come after those of the checks.
    pub(crate) fn sort_rejected(&mut self) {
        self.rejected.sort_unstable();
    }

    /// Counts a value as ignored because of a conflict.
    pub(crate) fn reject(&mut self, index: usize, conflict: Conflict) {
        self.count(Import::Rejected, index);
        self.conflict(conflict.at([i64::try_from(index).unwrap_or(-1)]));
    }

    /// Adds a conflict; one that is there already only gains its indexes.
    pub(crate) fn conflict(&mut self, conflict: Conflict) {
        self.status = self.status.max_with(Status::Warning);
        let key = conflict.key();
        match self.merged.get(&key) {
            Some(&position) => self.conflicts[position].0.indexes.extend(conflict.0.indexes),
            None => {
                self.merged.insert(key, self.conflicts.len());
                self.conflicts.push(conflict);
            }
        }
    }

    /// Lists every value as rejected without counting it, as a group-level failure does.
    pub(crate) fn reject_uncounted(&mut self, n_values: usize) {
        self.rejected = (0..n_values).collect();
    }

    /// Adds to the deleted rows.
    pub(crate) fn count_deleted(&mut self, n_rows: usize) {
        self.deleted += n_rows;
    }

    /// Makes it an error if the condition holds, and a success (conflicts or not) otherwise.
    pub(crate) fn fail_if(&mut self, failed: bool) {
        self.status = if failed { Status::Error } else { Status::Success };
    }

    /// Turns a warning into an error.
    pub(crate) fn fail(&mut self) {
        self.status = Status::Error;
    }

    /// Sets `dataSetComplete`.
    pub(crate) fn complete(&mut self, date: Option<jiff::civil::Date>) {
        self.complete = Some(date.map_or_else(|| "false".to_owned(), |date| date.to_string()));
    }

    pub(crate) fn ignored(&self) -> usize {
        self.ignored
    }

    /// The summary itself.
    pub(crate) fn bare(&self, session: &Session, options: &ImportOptions) -> Value {
        let mut body = json!({
            "responseType": "ImportSummary",
            "status": self.status.name(),
            "importOptions": options.echo(),
            "importCount": {
                "imported": self.imported, "updated": self.updated,
                "ignored": self.ignored, "deleted": self.deleted,
            },
            "conflicts": self.conflicts.iter().map(|c| c.json(session)).collect::<Vec<_>>(),
            "rejectedIndexes": self.rejected,
        });
        let described = session.version.dialect() == Dialect::Row;
        if let Some(description) = self.description.as_ref().filter(|_| described) {
            body["description"] = json!(description);
        }
        if let Some(complete) = &self.complete {
            body["dataSetComplete"] = json!(complete);
        }
        body
    }

    /// The HTTP answer of the release: wrapped or plain, 200 or 409.
    pub(crate) fn respond(&self, session: &Session, options: &ImportOptions) -> Response<Body> {
        if self.crashed {
            let message = "Cannot invoke method on null group";
            return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, message).into_response();
        }
        let summary = self.bare(session, options);
        if session.version.plain_summary(session.api) {
            return respond::ok(&summary);
        }
        let dialect = session.version.dialect();
        let (http, status, message) = match (self.status, dialect) {
            (Status::Success, _) => (StatusCode::OK, "OK", "Import was successful."),
            (Status::Warning, Dialect::Row) => {
                (StatusCode::CONFLICT, "WARNING", "One more conflicts encountered, please check import summary.")
            }
            (Status::Warning, Dialect::Group) => {
                (StatusCode::OK, "WARNING", "Import completed with warnings, please check import summary.")
            }
            (Status::Error, _) => (StatusCode::CONFLICT, "ERROR", "An error occurred, please check import summary."),
        };
        let body = json!({
            "httpStatus": http.canonical_reason().unwrap_or_default(),
            "httpStatusCode": http.as_u16(),
            "status": status,
            "message": message,
            "response": summary,
        });
        respond::reply(http, &body)
    }
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }

    fn max_with(self, other: Self) -> Self {
        if self == Self::Error { self } else { other }
    }
}
