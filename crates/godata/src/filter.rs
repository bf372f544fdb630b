//! The filter that selects, orders and cuts a list, in the one form that all of Go.Data's query engines understand.
//!
//! Go.Data answers lists by three engines with different rules. Some keep only one operator of a field, some read only
//! dates of one exact form, some ignore an order that is no array. What is built here avoids all of that: one operator a
//! condition, ranges as two members of `and`, instants with milliseconds and `Z`, order and fields as arrays.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::fmt;

/// An instant as Go.Data reads it: always UTC, three digits of a second, `Z`. Any other precision or an offset silently
/// matches nothing.
pub fn format_instant(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Which records of a list are meant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    conditions: Vec<Value>,
    with_deleted: bool,
}

impl Selection {
    /// All records that are not deleted.
    pub fn all() -> Self {
        Self::default()
    }

    /// What changed at or after the instant, deleted records included.
    ///
    /// Not one of the three stamps is enough: synchronisation keeps another server's `updatedAt`, bulk updates skip
    /// `dbUpdatedAt`, and bulk deletions move only `deletedAt` and `dbUpdatedAt`.
    pub fn changed_since(instant: Timestamp) -> Self {
        let instant = format_instant(instant);
        let stamps = ["updatedAt", "dbUpdatedAt", "deletedAt"];
        let any: Vec<_> = stamps.iter().map(|stamp| json!({ *stamp: { "gte": instant } })).collect();
        Self { conditions: vec![json!({ "or": any })], with_deleted: true }
    }

    /// Also deleted records.
    #[must_use]
    pub fn with_deleted(mut self) -> Self {
        self.with_deleted = true;
        self
    }

    /// Only records whose field has this value. On cases `null` matches an absent field too.
    #[must_use]
    pub fn equal(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.conditions.push(json!({ field: value.into() }));
        self
    }

    /// Only records whose field has one of these values.
    #[must_use]
    pub fn one_of<'v>(mut self, field: &str, values: impl IntoIterator<Item = &'v str>) -> Self {
        let values: Vec<_> = values.into_iter().collect();
        self.conditions.push(json!({ field: { "inq": values } }));
        self
    }

    /// Only records whose field has a value that is none of these; an empty or absent field is not enough.
    #[must_use]
    pub fn none_of<'v>(mut self, field: &str, values: impl IntoIterator<Item = &'v str>) -> Self {
        let values = values.into_iter().map(Value::from).chain([Value::Null]).collect::<Vec<_>>();
        self.conditions.push(json!({ field: { "nin": values } }));
        self
    }

    /// Only records that one of these selects; whether deleted ones are meant is said here, not there.
    #[must_use]
    pub fn any_of(mut self, alternatives: impl IntoIterator<Item = Self>) -> Self {
        let any: Vec<_> = alternatives.into_iter().map(|one| one.condition().unwrap_or_else(|| json!({}))).collect();
        self.conditions.push(json!({ "or": any }));
        self
    }

    /// Only records whose field is an instant at or after this one.
    #[must_use]
    pub fn not_before(mut self, field: &str, instant: Timestamp) -> Self {
        self.conditions.push(json!({ field: { "gte": format_instant(instant) } }));
        self
    }

    /// Only records whose field is an instant before this one.
    #[must_use]
    pub fn before(mut self, field: &str, instant: Timestamp) -> Self {
        self.conditions.push(json!({ field: { "lt": format_instant(instant) } }));
        self
    }

    /// The filter of one page: the records whose ids follow `after`, in the order of their ids.
    pub(crate) fn page(&self, fields: &[String], after: Option<&str>, limit: u32) -> String {
        let after = after.map(|id| json!({ "id": { "gt": id } }));
        let condition = and(self.conditions.iter().cloned().chain(after));
        let mut filter = Map::new();
        // In alphabetical order, so that the text does not depend on how the JSON library keeps its maps.
        filter.extend(self.with_deleted.then(|| ("deleted".into(), true.into())));
        filter.insert("fields".into(), fields.into());
        filter.insert("limit".into(), limit.into());
        filter.insert("order".into(), json!(["_id ASC"]));
        filter.extend(condition.map(|condition| ("where".into(), condition)));
        Value::Object(filter).to_string()
    }

    /// The filter of a count. It has no limit, since that would cap the count.
    pub(crate) fn count(&self) -> String {
        let mut filter = Map::new();
        filter.extend(self.with_deleted.then(|| ("deleted".into(), true.into())));
        filter.extend(self.condition().map(|condition| ("where".into(), condition)));
        Value::Object(filter).to_string()
    }

    /// The `where` of LoopBack's plain counts, which have their own word for deleted records.
    pub(crate) fn plain_count(&self) -> String {
        let mut condition = match self.condition() {
            Some(Value::Object(condition)) => condition,
            _ => Map::new(),
        };
        if self.with_deleted {
            condition.insert("includeDeletedRecords".into(), true.into());
        }
        Value::Object(condition).to_string()
    }

    fn condition(&self) -> Option<Value> {
        and(self.conditions.iter().cloned())
    }
}

/// The filter of a count, as it is sent.
impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.count())
    }
}

/// No condition, the only one, or all of them in `and`.
fn and(conditions: impl Iterator<Item = Value>) -> Option<Value> {
    let mut conditions: Vec<_> = conditions.collect();
    match conditions.len() {
        0 => None,
        1 => conditions.pop(),
        _ => Some(json!({ "and": conditions })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn instants_have_exactly_three_digits_and_z() {
        assert_eq!(format_instant(instant("2025-06-01T00:00:00Z")), "2025-06-01T00:00:00.000Z");
        assert_eq!(format_instant(instant("2025-06-01T02:00:00.1239996+02:00")), "2025-06-01T00:00:00.123Z");
    }

    #[test]
    fn a_page_of_everything_has_no_condition_but_the_key() {
        let fields = ["id".to_owned(), "age".to_owned()];
        insta::assert_snapshot!(Selection::all().page(&fields, None, 3), @r#"{"fields":["id","age"],"limit":3,"order":["_id ASC"]}"#);
        insta::assert_snapshot!(Selection::all().page(&fields, Some("a\"b"), 3), @r#"{"fields":["id","age"],"limit":3,"order":["_id ASC"],"where":{"id":{"gt":"a\"b"}}}"#);
    }

    #[test]
    fn changes_are_looked_for_in_all_three_stamps_and_among_the_deleted() {
        let changed = Selection::changed_since(instant("2025-06-01T00:00:00Z"));
        insta::assert_snapshot!(changed.page(&["id".to_owned()], Some("x"), 2), @r#"{"deleted":true,"fields":["id"],"limit":2,"order":["_id ASC"],"where":{"and":[{"or":[{"updatedAt":{"gte":"2025-06-01T00:00:00.000Z"}},{"dbUpdatedAt":{"gte":"2025-06-01T00:00:00.000Z"}},{"deletedAt":{"gte":"2025-06-01T00:00:00.000Z"}}]},{"id":{"gt":"x"}}]}}"#);
        insta::assert_snapshot!(changed.count(), @r#"{"deleted":true,"where":{"or":[{"updatedAt":{"gte":"2025-06-01T00:00:00.000Z"}},{"dbUpdatedAt":{"gte":"2025-06-01T00:00:00.000Z"}},{"deletedAt":{"gte":"2025-06-01T00:00:00.000Z"}}]}}"#);
    }

    #[test]
    fn a_range_is_two_members_of_and_with_one_operator_each() {
        let week = Selection::all()
            .not_before("dateOfReporting", instant("2024-01-08T00:00:00Z"))
            .before("dateOfReporting", instant("2024-01-15T00:00:00Z"));
        insta::assert_snapshot!(week.count(), @r#"{"where":{"and":[{"dateOfReporting":{"gte":"2024-01-08T00:00:00.000Z"}},{"dateOfReporting":{"lt":"2024-01-15T00:00:00.000Z"}}]}}"#);
        insta::assert_snapshot!(week.with_deleted().plain_count(), @r#"{"and":[{"dateOfReporting":{"gte":"2024-01-08T00:00:00.000Z"}},{"dateOfReporting":{"lt":"2024-01-15T00:00:00.000Z"}}],"includeDeletedRecords":true}"#);
        insta::assert_snapshot!(Selection::all().plain_count(), @"{}");
    }

    #[test]
    fn an_empty_field_is_none_of_nothing_and_alternatives_are_whole() {
        let either = [
            Selection::all()
                .equal("dateOfOnset", Value::Null)
                .before("dateOfReporting", instant("2024-01-15T00:00:00Z")),
            Selection::all().before("dateOfOnset", instant("2024-01-15T00:00:00Z")),
        ];
        let selection = Selection::all().none_of("gender", ["M"]).any_of(either);
        insta::assert_snapshot!(selection.count(), @r#"{"where":{"and":[{"gender":{"nin":["M",null]}},{"or":[{"and":[{"dateOfOnset":null},{"dateOfReporting":{"lt":"2024-01-15T00:00:00.000Z"}}]},{"dateOfOnset":{"lt":"2024-01-15T00:00:00.000Z"}}]}]}}"#);
    }

    #[test]
    fn values_are_escaped() {
        let selection = Selection::all().equal("visualId", "a\"}").one_of("gender", ["M", "F"]);
        insta::assert_snapshot!(selection.count(), @r#"{"where":{"and":[{"visualId":"a\"}"},{"gender":{"inq":["M","F"]}}]}}"#);
    }
}
