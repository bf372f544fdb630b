//! A request's arguments, found where LoopBack finds them: body, then query string, then header.

use std::collections::HashMap;

use axum::extract::Query;
use axum::http::{HeaderMap, Uri, header};
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::query::Source;

/// What a request brings.
pub(crate) struct Arguments {
    /// The query string's plain pairs; the last of a name wins.
    pub(crate) query: HashMap<String, String>,
    bracketed: Map<String, Value>,
    headers: HeaderMap,
    /// The body's fields, of JSON or of a form.
    pub(crate) body: Map<String, Value>,
}

impl Arguments {
    pub(crate) fn read(uri: &Uri, headers: HeaderMap, body: &[u8]) -> Result<Self, Refusal> {
        let mut query = HashMap::new();
        let mut bracketed = Map::new();
        for (key, value) in pairs(uri) {
            match key.split_once('[') {
                Some((root, rest)) => {
                    let path: Vec<&str> = rest.split('[').map(|part| part.trim_end_matches(']')).collect();
                    let slot = bracketed.entry(root.to_owned()).or_insert_with(|| json!({}));
                    put(slot, &path, value);
                }
                None => {
                    query.insert(key, value);
                }
            }
        }
        for value in bracketed.values_mut() {
            arrays(value);
        }
        let body = parsed_body(&headers, body)?;
        Ok(Self { query, bracketed, headers, body })
    }

    /// An argument that must be an object, such as `filter` or `where`; absent is empty.
    pub(crate) fn object(&self, name: &str) -> Result<(Map<String, Value>, Source), Refusal> {
        let object = |text: &str| match serde_json::from_str(text) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err(Refusal::not_an_object()),
        };
        if let Some(value) = self.body.get(name) {
            let object = value.as_object().cloned().ok_or_else(Refusal::not_an_object)?;
            return Ok((object, Source::HeaderOrBody));
        }
        if let Some(text) = self.query.get(name) {
            return Ok((object(text)?, Source::QueryString));
        }
        if let Some(Value::Object(value)) = self.bracketed.get(name) {
            return Ok((value.clone(), Source::QueryString));
        }
        match self.headers.get(name).and_then(|value| value.to_str().ok()) {
            Some(text) => Ok((object(text)?, Source::HeaderOrBody)),
            None => Ok((Map::new(), Source::QueryString)),
        }
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A text of the body.
    pub(crate) fn body_text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }
}

fn pairs(uri: &Uri) -> Vec<(String, String)> {
    Query::<Vec<(String, String)>>::try_from_uri(uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

fn parsed_body(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if body.is_empty() {
        return Ok(Map::new());
    }
    if kind.starts_with("application/x-www-form-urlencoded") {
        let text = String::from_utf8_lossy(body);
        let uri: Uri = format!("/?{text}").parse().unwrap_or_default();
        return Ok(pairs(&uri).into_iter().map(|(name, value)| (name, Value::String(value))).collect());
    }
    if !kind.starts_with("application/json") {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(Refusal::named(400, "SyntaxError", error.to_string())),
    }
}

/// The bracket syntax of the `qs` library: `filter[where][a]=b`.
fn put(slot: &mut Value, path: &[&str], value: String) {
    let Some((first, rest)) = path.split_first() else {
        *slot = Value::String(value);
        return;
    };
    if !slot.is_object() {
        *slot = json!({});
    }
    put(&mut slot[*first], rest, value);
}

/// Objects whose keys are 0, 1, 2 ... are arrays.
fn arrays(value: &mut Value) {
    let Value::Object(fields) = value else { return };
    fields.values_mut().for_each(arrays);
    if !fields.is_empty() && fields.keys().all(|key| key.parse::<u32>().is_ok()) {
        *value = Value::Array(std::mem::take(fields).into_iter().map(|(_, value)| value).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str) -> Arguments {
        Arguments::read(&uri.parse().unwrap(), HeaderMap::new(), b"").unwrap()
    }

    #[test]
    fn brackets_build_objects_and_arrays() {
        let arguments = read("/cases?filter[where][a.b]=c&filter[fields][0]=x&filter[fields][1]=y&filter[limit]=2");
        let (filter, source) = arguments.object("filter").unwrap();
        assert_eq!(Value::Object(filter), json!({ "where": { "a.b": "c" }, "fields": ["x", "y"], "limit": "2" }));
        assert_eq!(source, Source::QueryString);
    }

    #[test]
    fn anything_but_an_object_is_refused() {
        for filter in ["%7B", "%5B1%5D", "hello"] {
            let refused = read(&format!("/cases?filter={filter}")).object("filter").unwrap_err();
            assert_eq!(refused, Refusal::not_an_object());
        }
    }
}
