//! The counts that Go.Data computes itself, which a client can tie its own against.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::documents::{CATEGORY, Document, Documents, is_deleted, text};
use super::instant::accepted;
use super::tree::Tree;
use crate::clock::iso_millis;

/// The classification that the server leaves out of the per-location count, and of that one only.
const DISCARDED: &str = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_NOT_A_CASE_DISCARDED";

/// `/cases/per-classification/count`: no classification has a key that is no reference-data id.
pub(crate) fn per_classification<'a>(cases: impl Iterator<Item = &'a Document>) -> Value {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for case in cases {
        let unclassified = || format!("{CATEGORY}CASE_CLASSIFICATION_UNCLASSIFIED");
        *counts.entry(text(case, "classification").map_or_else(unclassified, str::to_owned)).or_default() += 1;
    }
    let total: u64 = counts.values().sum();
    let counts: Map<String, Value> = counts.into_iter().map(|(id, n)| (id, json!({ "count": n }))).collect();
    json!({ "classification": counts, "count": total })
}

/// `/cases/hospitalized/count`: for each type of stay the cases with a stay that covers the day; a
/// missing start or end is open. `total` is absent when no case is asked about.
pub(crate) fn hospitalized<'a>(
    documents: &Documents,
    cases: impl Iterator<Item = &'a Document>,
    day: Option<&str>,
    now: Timestamp,
) -> Value {
    let day = day.and_then(accepted).unwrap_or_else(|| iso_millis(now));
    let day = day.get(..10).unwrap_or_default().to_owned();
    let date_type = format!("{CATEGORY}PERSON_DATE_TYPE");
    let types = documents.reference_data.iter().filter(|item| !is_deleted(item));
    let types: Vec<&str> =
        types.filter(|item| text(item, "categoryId") == Some(&date_type)).filter_map(|item| text(item, "id")).collect();
    let mut answer: Map<String, Value> = types.iter().map(|id| ((*id).to_owned(), json!(0))).collect();
    let mut total = 0_u64;
    for case in cases {
        total += 1;
        let stays: Vec<&Value> = case.get("dateRanges").and_then(Value::as_array).into_iter().flatten().collect();
        for id in &types {
            if stays.iter().any(|stay| stay["typeId"] == **id && covers(stay, &day)) {
                let n = answer.get(*id).and_then(Value::as_u64).unwrap_or(0);
                answer.insert((*id).to_owned(), json!(n + 1));
            }
        }
    }
    if total > 0 {
        answer.insert("total".into(), json!(total));
    }
    Value::Object(answer)
}

fn covers(stay: &Value, day: &str) -> bool {
    let date = |field: &str| stay[field].as_str().and_then(|instant| instant.get(..10));
    date("startDate").is_none_or(|start| start <= day) && date("endDate").is_none_or(|end| day <= end)
}

/// `/cases/per-location-level/count`: without discarded cases and without those who live nowhere.
pub(crate) fn per_location_level<'a>(tree: &Tree<'_>, cases: impl Iterator<Item = &'a Document>, level: &str) -> Value {
    let mut found: HashMap<&str, Vec<&str>> = HashMap::new();
    for case in cases.filter(|case| text(case, "classification") != Some(DISCARDED)) {
        let line = text(case, "usualPlaceOfResidenceLocationId").map(|id| tree.with_ancestors(id)).unwrap_or_default();
        let at = line.into_iter().find(|location| text(location, "geographicalLevelId") == Some(level));
        if let Some(location) = at.and_then(|location| text(location, "id")) {
            found.entry(location).or_default().push(text(case, "id").unwrap_or_default());
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort();
    let count: usize = found.iter().map(|(_, ids)| ids.len()).sum();
    let rows: Vec<Value> = found
        .into_iter()
        .map(|(id, ids)| json!({ "location": tree.get(id), "casesCount": ids.len(), "caseIds": ids }))
        .collect();
    json!({ "locations": rows, "count": count })
}

/// The HTTP date of an instant.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
