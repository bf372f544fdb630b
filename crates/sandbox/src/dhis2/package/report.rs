//! The import report.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::check::{Existing, Fault};
use super::{COLLECTIONS, Collection, objects};
use crate::dhis2::respond::reply;

/// What became of a package.
pub(super) struct Outcome {
    faults: Vec<Fault>,
    /// How many objects are new and how many are there, by collection.
    counts: BTreeMap<&'static str, (usize, usize)>,
}

impl Outcome {
    pub(super) fn of(faults: Vec<Fault>, package: &Map<String, Value>, existing: &Existing) -> Self {
        let of_collection = |collection: &Collection| {
            let is_there = |object: &&Value| existing.has(collection.name, object["id"].as_str().unwrap_or_default());
            let all = objects(package, collection.name);
            let (there, new): (Vec<&Value>, Vec<&Value>) = all.partition(is_there);
            (collection.name, (new.len(), there.len()))
        };
        let counts = COLLECTIONS.iter().map(of_collection).filter(|(_, (new, there))| new + there > 0).collect();
        Self { faults, counts }
    }

    pub(super) fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    pub(super) fn respond(&self) -> Response<Body> {
        let mut sum = (0, 0);
        let mut types = Vec::new();
        for collection in &COLLECTIONS {
            let Some((new, there)) = self.counts.get(collection.name) else { continue };
            sum = (sum.0 + new, sum.1 + there);
            types.push(json!({
                "klass": format!("org.hisp.dhis.{}", collection.class),
                "stats": self.stats(*new, *there),
                "objectReports": self.objects(collection),
            }));
        }
        let status = if self.is_clean() { "OK" } else { "ERROR" };
        let response = json!({
            "responseType": "ImportReport",
            "status": status,
            "typeReports": types,
            "stats": self.stats(sum.0, sum.1),
        });
        if self.is_clean() {
            let body = json!({ "httpStatus": "OK", "httpStatusCode": 200, "status": "OK", "response": response });
            return reply(StatusCode::OK, &body);
        }
        let body = json!({
            "httpStatus": "Conflict",
            "httpStatusCode": 409,
            "status": "WARNING",
            "message": "One or more errors occurred, please see full details in import report.",
            "response": response,
        });
        reply(StatusCode::CONFLICT, &body)
    }

    fn stats(&self, new: usize, there: usize) -> Value {
        let (created, updated) = if self.is_clean() { (new, there) } else { (0, 0) };
        let total = new + there;
        let ignored = total - created - updated;
        json!({ "created": created, "updated": updated, "deleted": 0, "ignored": ignored, "total": total })
    }

    fn objects(&self, collection: &Collection) -> Vec<Value> {
        let mut of_object: BTreeMap<usize, (Option<&str>, Vec<Value>)> = BTreeMap::new();
        let klass = format!("org.hisp.dhis.{}", collection.class);
        for fault in self.faults.iter().filter(|fault| fault.collection == collection.name) {
            let report = json!({
                "message": fault.message,
                "mainKlass": klass,
                "errorKlass": klass,
                "errorCode": fault.code,
                "errorProperty": fault.property,
            });
            of_object.entry(fault.index).or_insert_with(|| (fault.uid.as_deref(), Vec::new())).1.push(report);
        }
        let report = |(index, (uid, reports)): (usize, (Option<&str>, Vec<Value>))| json!({ "klass": klass, "index": index, "uid": uid, "errorReports": reports });
        of_object.into_iter().map(report).collect()
    }
}
