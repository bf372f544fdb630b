//! A list request: the filter's parts, checked as the engine checks them, and its evaluation.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::condition::{Condition, Engine, compile};
use super::documents::{Document, is_deleted, text};
use super::instant::is_instant;

/// LoopBack's limit when a filter has `skip` and no `limit`.
const SKIP_LIMIT: usize = 100;

/// Where a count stops when the filter asks for `flags.applyHasMoreLimit`.
const COUNT_LIMIT: usize = 10_000;

/// Where the filter came from; only a query-string's `limit` is made safe by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    QueryString,
    HeaderOrBody,
}

/// A filter, ready to run.
#[derive(Debug)]
pub(crate) struct Query {
    condition: Condition,
    deleted_too: bool,
    order: Vec<(String, bool)>,
    limit: Option<usize>,
    skip: usize,
    has_more_limit: bool,
    pub(crate) fields: Fields,
}

/// Which fields of a row are sent.
#[derive(Debug, PartialEq)]
pub(crate) enum Fields {
    All,
    Only(Vec<String>),
    Without(Vec<String>),
}

impl Query {
    /// Reads a filter. `default_order` is the model's, as `field` names ascending.
    pub(crate) fn parse(
        filter: &Map<String, Value>,
        engine: Engine,
        source: Source,
        default_order: &[&str],
    ) -> Result<Self, Refusal> {
        let empty = Map::new();
        let conditions = filter.get("where").and_then(Value::as_object).unwrap_or(&empty);
        let limit = limit(filter.get("limit"), engine, source)?;
        let skip = ["skip", "offset"].iter().find_map(|key| filter.get(*key));
        let skip = skip.and_then(number).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let limit = match (limit, engine) {
            (None, Engine::Raw | Engine::LoopBack) if skip > 0 => Some(SKIP_LIMIT),
            (limit, _) => limit,
        };
        let mut order = order(filter.get("order"), engine)?;
        if order.is_empty() {
            order = default_order.iter().map(|field| ((*field).to_owned(), true)).collect();
        }
        Ok(Self {
            condition: compile(conditions, engine)?,
            deleted_too: filter.get("deleted").is_some_and(truthy),
            order,
            limit,
            skip,
            has_more_limit: filter.get("flags").is_some_and(|flags| truthy(&flags["applyHasMoreLimit"])),
            fields: fields(filter.get("fields"), engine),
        })
    }

    /// Whether a row is live enough and satisfies the `where`.
    pub(crate) fn holds(&self, row: &Document) -> bool {
        (self.deleted_too || !is_deleted(row)) && self.condition.holds(row)
    }

    /// The rows of the answer. Ties of the order are broken by `turn`, which differs from call to
    /// call: the real server gives no promise about them either.
    pub(crate) fn rows<'a>(&self, rows: impl Iterator<Item = &'a Document>, turn: Option<u64>) -> Vec<&'a Document> {
        let mut found: Vec<&Document> = rows.filter(|row| self.holds(row)).collect();
        if !self.order.is_empty() {
            found.sort_by_cached_key(|row| SortKey::new(row, &self.order, turn));
        }
        let page = found.into_iter().skip(self.skip);
        page.take(self.limit.unwrap_or(usize::MAX)).collect()
    }

    /// The answer of a filtered count: capped by the filter's own limit, or by the server's when
    /// the flag asks for it.
    pub(crate) fn count<'a>(&self, rows: impl Iterator<Item = &'a Document>) -> Value {
        let n = rows.filter(|row| self.holds(row)).count();
        let limit = self.limit.or(self.has_more_limit.then_some(COUNT_LIMIT));
        match limit {
            Some(limit) => serde_json::json!({ "count": n.min(limit), "hasMore": n > limit }),
            None => serde_json::json!({ "count": n }),
        }
    }
}

/// Missing sorts as null; otherwise by BSON type, then by value.
#[derive(PartialEq, PartialOrd, Clone)]
enum SortValue {
    Null,
    Number(f64),
    Text(String),
    Structure,
    Bool(bool),
    Date(String),
}

struct SortKey {
    values: Vec<(SortValue, bool)>,
    tie: u64,
}

impl SortKey {
    fn new(row: &Document, order: &[(String, bool)], turn: Option<u64>) -> Self {
        let values = order.iter().map(|(field, ascending)| (sort_value(row, field), *ascending)).collect();
        let tie = turn.map_or(0, |turn| {
            let mut hasher = DefaultHasher::new();
            (turn, text(row, "id")).hash(&mut hasher);
            hasher.finish()
        });
        Self { values, tie }
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        for ((a, ascending), (b, _)) in self.values.iter().zip(&other.values) {
            let order = a.partial_cmp(b).unwrap_or(Ordering::Equal);
            let order = if *ascending { order } else { order.reverse() };
            if order != Ordering::Equal {
                return order;
            }
        }
        self.tie.cmp(&other.tie)
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SortKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for SortKey {}

fn sort_value(row: &Document, field: &str) -> SortValue {
    let mut parts = field.split('.');
    let mut value = parts.next().and_then(|part| row.get(part));
    for part in parts {
        value = value.and_then(|value| value.get(part));
    }
    match value {
        None | Some(Value::Null) => SortValue::Null,
        Some(Value::Number(n)) => SortValue::Number(n.as_f64().unwrap_or(0.0)),
        Some(Value::String(text)) if is_instant(text) => SortValue::Date(text.clone()),
        Some(Value::String(text)) => SortValue::Text(text.clone()),
        Some(Value::Bool(flag)) => SortValue::Bool(*flag),
        Some(Value::Array(_) | Value::Object(_)) => SortValue::Structure,
    }
}

fn limit(value: Option<&Value>, engine: Engine, source: Source) -> Result<Option<usize>, Refusal> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let refused = || Refusal::new(400, format!("The limit parameter {value} is not valid"));
    let wanted = match (number(value), source) {
        (Some(n), Source::QueryString) => n.max(0),
        (Some(n), Source::HeaderOrBody) if n >= 0 => n,
        (None, Source::QueryString) => return Ok(None),
        _ => return Err(refused()),
    };
    match (usize::try_from(wanted).map_err(|_| refused())?, engine) {
        (0, Engine::Aggregation) => {
            let message = "the limit must be positive";
            Err(Refusal::internal(serde_json::json!({ "code": 15958, "message": message, "name": "MongoError" })))
        }
        (0, _) => Ok(None),
        (limit, _) => Ok(Some(limit)),
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

fn order(value: Option<&Value>, engine: Engine) -> Result<Vec<(String, bool)>, Refusal> {
    let items: Vec<&str> = match (value, engine) {
        // The aggregations ignore an order that is not an array.
        (Some(Value::String(one)), Engine::Raw | Engine::LoopBack) => one.split(',').collect(),
        (Some(Value::Array(items)), _) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut order = Vec::new();
    for item in items {
        let mut words = item.split_whitespace();
        let Some(field) = words.next() else { continue };
        let direction = words.next();
        if engine == Engine::Aggregation {
            let exact = matches!(item.split(' ').collect::<Vec<_>>()[..], [_, "ASC" | "DESC"]);
            // `id` is no stored field, so that ordering by it orders nothing.
            if exact && field != "id" {
                let field = if field == "_id" { "id" } else { field };
                order.push((field.to_owned(), direction == Some("ASC")));
            }
            continue;
        }
        let ascending = match direction.map(str::to_ascii_uppercase).as_deref() {
            None | Some("ASC") => true,
            Some("DESC") => false,
            Some(_) => {
                return Err(Refusal::new(400, format!("The `order` {item} has invalid direction")));
            }
        };
        let field = if field == "_id" { "id" } else { field };
        order.push((field.to_owned(), ascending));
    }
    Ok(order)
}

fn fields(value: Option<&Value>, engine: Engine) -> Fields {
    match (value, engine) {
        (Some(Value::Array(names)), _) => {
            let mut names: Vec<String> = names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            if names.is_empty() {
                return Fields::All;
            }
            if engine == Engine::Aggregation {
                names.push("id".to_owned());
            }
            Fields::Only(names)
        }
        (Some(Value::Object(names)), Engine::Raw | Engine::LoopBack) if !names.is_empty() => {
            // A text such as "false" is truthy and includes the field.
            let (with, without): (Vec<_>, Vec<_>) = names.iter().partition(|(_, wanted)| truthy(wanted));
            let list = |pairs: Vec<(&String, &Value)>| pairs.into_iter().map(|(name, _)| name.clone()).collect();
            if with.is_empty() { Fields::Without(list(without)) } else { Fields::Only(list(with)) }
        }
        _ => Fields::All,
    }
}

/// Something that a list adds to a stored row.
pub(crate) enum Extra<'a> {
    /// An empty object, an artefact of the server.
    Empty,
    /// A joined document.
    Joined(&'a Document),
}

/// A row as it is sent: the stored document, its projection, what is hidden and what is added.
pub(crate) struct Row<'a> {
    pub(crate) document: &'a Document,
    pub(crate) fields: &'a Fields,
    pub(crate) engine: Engine,
    pub(crate) hide_type: bool,
    pub(crate) extras: Vec<(&'static str, Extra<'a>)>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.document {
            if self.hide_type && name == "type" {
                continue;
            }
            match self.fields {
                Fields::All => map.serialize_entry(name, value)?,
                Fields::Without(names) if !names.contains(name) => map.serialize_entry(name, value)?,
                Fields::Without(_) => {}
                Fields::Only(names) if names.contains(name) => map.serialize_entry(name, value)?,
                // Dotted paths only work in the aggregations; the find engines drop them.
                Fields::Only(names) if self.engine == Engine::Aggregation => {
                    let dotted: Vec<Vec<&str>> = names
                        .iter()
                        .filter_map(|path| path.strip_prefix(name.as_str())?.strip_prefix('.'))
                        .map(|rest| rest.split('.').collect())
                        .collect();
                    if !dotted.is_empty() {
                        map.serialize_entry(name, &projected(value, &dotted))?;
                    }
                }
                Fields::Only(_) => {}
            }
        }
        for (name, extra) in &self.extras {
            match extra {
                Extra::Empty => map.serialize_entry(name, &Map::new())?,
                Extra::Joined(document) => map.serialize_entry(name, document)?,
            }
        }
        map.end()
    }
}

/// MongoDB's `$project` of dotted paths.
fn projected(value: &Value, paths: &[Vec<&str>]) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(|item| projected(item, paths)).collect()),
        Value::Object(fields) => {
            let mut kept = Map::new();
            for (name, inner) in fields {
                let below: Vec<Vec<&str>> = paths
                    .iter()
                    .filter(|path| path.first() == Some(&name.as_str()))
                    .map(|path| path[1..].to_vec())
                    .collect();
                if below.iter().any(Vec::is_empty) {
                    kept.insert(name.clone(), inner.clone());
                } else if !below.is_empty() {
                    kept.insert(name.clone(), projected(inner, &below));
                }
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::documents::document;
    use super::*;

    fn query(engine: Engine, source: Source, filter: Value) -> Result<Query, Refusal> {
        Query::parse(filter.as_object().unwrap(), engine, source, &[])
    }

    fn stored(n: usize) -> Vec<Document> {
        let row =
            |i| json!({ "id": format!("{i:04}"), "name": "same", "deleted": i % 10 == 0, "a": { "b": i, "c": 0 } });
        (0..n).map(|i| document(row(i))).collect()
    }

    fn ids(query: &Query, rows: &[Document], turn: u64) -> Vec<String> {
        query.rows(rows.iter(), Some(turn)).iter().map(|row| text(row, "id").unwrap().to_owned()).collect()
    }

    #[test]
    fn skip_without_limit_becomes_a_hundred_except_in_aggregations() {
        let rows = stored(300);
        let filter = json!({ "skip": 10, "deleted": true });
        let n = |engine| query(engine, Source::QueryString, filter.clone()).unwrap().rows(rows.iter(), None).len();
        assert_eq!((n(Engine::Raw), n(Engine::LoopBack), n(Engine::Aggregation)), (100, 100, 290));
    }

    #[test]
    fn limits_of_zero_and_less() {
        let n = |engine, source, limit: Value| {
            query(engine, source, json!({ "limit": limit })).map(|query| query.limit).map_err(|refused| refused.status)
        };
        assert_eq!(n(Engine::Raw, Source::QueryString, json!(0)), Ok(None));
        assert_eq!(n(Engine::Raw, Source::QueryString, json!(-1)), Ok(None));
        assert_eq!(n(Engine::Raw, Source::QueryString, json!("2")), Ok(Some(2)));
        assert_eq!(n(Engine::LoopBack, Source::HeaderOrBody, json!(-1)), Err(400));
        assert_eq!(n(Engine::Aggregation, Source::QueryString, json!(0)), Err(500));
    }

    #[test]
    fn ties_are_broken_differently_from_call_to_call_but_ids_have_none() {
        let rows = stored(50);
        let by_name = query(Engine::Raw, Source::QueryString, json!({ "order": "name ASC" })).unwrap();
        assert_ne!(ids(&by_name, &rows, 1), ids(&by_name, &rows, 2));
        let by_id = query(Engine::Raw, Source::QueryString, json!({ "order": ["name ASC", "id DESC"] })).unwrap();
        assert_eq!(ids(&by_id, &rows, 1), ids(&by_id, &rows, 2));
        assert_eq!(ids(&by_id, &rows, 1)[0], "0049");
    }

    #[test]
    fn aggregations_order_only_by_an_array_of_exact_items() {
        let order = |engine, order: Value| {
            query(engine, Source::QueryString, json!({ "order": order })).map(|query| query.order.len()).ok()
        };
        assert_eq!(order(Engine::Aggregation, json!("date ASC")), Some(0));
        assert_eq!(order(Engine::Aggregation, json!(["id ASC"])), Some(0));
        assert_eq!(order(Engine::Aggregation, json!(["date asc", "_id ASC"])), Some(1));
        assert_eq!(order(Engine::Raw, json!("date asc")), Some(1));
        assert_eq!(order(Engine::Raw, json!(["date sideways"])), None);
    }

    #[test]
    fn deleted_rows_are_asked_for_beside_the_where_not_in_it() {
        let rows = stored(100);
        let n = |filter| query(Engine::Raw, Source::QueryString, filter).unwrap().rows(rows.iter(), None).len();
        assert_eq!(n(json!({})), 90);
        assert_eq!(n(json!({ "deleted": true })), 100);
        assert_eq!(n(json!({ "where": { "deleted": true } })), 0);
        assert_eq!(n(json!({ "deleted": true, "where": { "deleted": true } })), 10);
    }

    #[test]
    fn counts_are_capped_by_a_limit() {
        let rows = stored(100);
        let count = |filter| query(Engine::Raw, Source::QueryString, filter).unwrap().count(rows.iter());
        assert_eq!(count(json!({})), json!({ "count": 90 }));
        assert_eq!(count(json!({ "limit": 10 })), json!({ "count": 10, "hasMore": true }));
        assert_eq!(count(json!({ "flags": { "applyHasMoreLimit": true } })), json!({ "count": 90, "hasMore": false }));
    }

    #[test]
    fn projections_differ_by_engine() {
        let rows = stored(2);
        let sent = |engine, fields: Value| {
            let query = query(engine, Source::QueryString, json!({ "fields": fields })).unwrap();
            let row = Row { document: &rows[1], fields: &query.fields, engine, hide_type: true, extras: Vec::new() };
            serde_json::to_value(row).unwrap()
        };
        assert_eq!(sent(Engine::Raw, json!(["name", "a.b"])), json!({ "name": "same" }));
        assert_eq!(sent(Engine::Aggregation, json!(["a.b"])), json!({ "id": "0001", "a": { "b": 1 } }));
        assert_eq!(sent(Engine::Raw, json!({ "name": "false" })), json!({ "name": "same" }));
        assert_eq!(sent(Engine::Raw, json!({ "a": false, "deleted": false })), json!({ "id": "0001", "name": "same" }));
    }
}
