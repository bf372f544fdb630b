//! What a package says of an object, put over what DHIS2 has of it: an import takes away what it does not say.

use serde_json::{Map, Value};

/// Lists to which people add: nothing of them is taken away.
const GROWING: [&str; 2] = ["dataSetElements", "organisationUnits"];

/// Whom an administrator gave an object to is nobody else's matter.
const THEIRS: [&str; 1] = ["sharing"];

/// The object as it is there, with what the package says of it.
pub(super) fn merged(there: &Map<String, Value>, ours: &Map<String, Value>) -> Map<String, Value> {
    let mut whole = there.clone();
    for (key, value) in ours {
        if THEIRS.contains(&key.as_str()) && there.contains_key(key) {
            continue;
        }
        match (GROWING.contains(&key.as_str()), whole.get_mut(key), value) {
            (true, Some(Value::Array(list)), Value::Array(more)) => {
                let new: Vec<Value> = more.iter().filter(|one| !has(list, one)).cloned().collect();
                list.extend(new);
            }
            _ => _ = whole.insert(key.clone(), value.clone()),
        }
    }
    whole
}

/// Whether DHIS2 says all that the package says.
pub(super) fn holds(there: &Map<String, Value>, ours: &Map<String, Value>) -> bool {
    let known = ours.iter().filter(|(key, _)| !THEIRS.contains(&key.as_str()));
    known.into_iter().all(|(key, value)| there.get(key).is_some_and(|other| says(other, value, key)))
}

/// A number may be written as 1 or as 1.0, a reference may bring more than its id, a growing list may be longer.
fn says(there: &Value, ours: &Value, key: &str) -> bool {
    match (there, ours) {
        (Value::Object(there), Value::Object(ours)) => holds(there, ours),
        (Value::Array(there), Value::Array(ours)) if GROWING.contains(&key) => ours.iter().all(|one| has(there, one)),
        (Value::Array(there), Value::Array(ours)) => {
            there.len() == ours.len() && there.iter().zip(ours).all(|(there, ours)| says(there, ours, ""))
        }
        (Value::Number(there), Value::Number(ours)) => there.as_f64() == ours.as_f64(),
        _ => there == ours,
    }
}

/// Whether a list has an entry for the same object.
fn has(list: &[Value], entry: &Value) -> bool {
    let key = |value: &Value| value["dataElement"]["id"].as_str().or(value["id"].as_str()).map(str::to_owned);
    list.iter().any(|one| key(one).is_some() && key(one) == key(entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_people_added_stays_and_what_the_report_says_is_set() {
        let there = map(json!({
            "id": "a", "name": "Old", "expiryDays": 5, "sharing": { "public": "--------" },
            "organisationUnits": [{ "id": "north" }],
            "dataSetElements": [{ "dataElement": { "id": "theirs" } }],
        }));
        let ours = map(json!({
            "id": "a", "name": "New", "sharing": { "public": "rwrw----" },
            "dataSetElements": [{ "dataElement": { "id": "ours" } }, { "dataElement": { "id": "theirs" } }],
        }));
        assert!(!holds(&there, &ours));
        let whole = merged(&there, &ours);
        assert!(holds(&whole, &ours));
        assert_eq!(
            Value::Object(whole),
            json!({
                "id": "a", "name": "New", "expiryDays": 5, "sharing": { "public": "--------" },
                "organisationUnits": [{ "id": "north" }],
                "dataSetElements": [{ "dataElement": { "id": "theirs" } }, { "dataElement": { "id": "ours" } }],
            })
        );
    }

    #[test]
    fn only_a_difference_is_one() {
        let there = map(
            json!({ "factor": 100.0, "combo": { "id": "c", "name": "Sex" }, "parts": [{ "id": "m" }, { "id": "f" }] }),
        );
        let same = json!({ "factor": 100, "combo": { "id": "c" }, "parts": [{ "id": "m" }, { "id": "f" }] });
        assert!(holds(&there, &map(same)));
        for other in [
            json!({ "factor": 1 }),
            json!({ "combo": { "id": "d" } }),
            json!({ "parts": [{ "id": "m" }] }),
            json!({ "parts": [{ "id": "f" }, { "id": "m" }] }),
            json!({ "new": true }),
        ] {
            assert!(!holds(&there, &map(other.clone())), "{other}");
        }
    }
}
