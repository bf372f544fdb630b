//! A JSON array of records, read one by one without holding them, and its order checked on the way.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::{Kind, OrderRule, unreadable};
use crate::wire::Record;

/// What a list of records held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The number of records.
    pub n_records: usize,
    /// The id of the first.
    pub first_id: Option<String>,
    /// The id of the last.
    pub last_id: Option<String>,
}

/// What a list must keep to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rules<'a> {
    /// Ids ascend bytewise, from after this one if there is one.
    pub(crate) ascending: Option<Option<&'a str>>,
    /// No more records than this.
    pub(crate) n_max: Option<usize>,
}

/// Gives each record to `each`, which may take it; stops at the first record that breaks a rule, which is not given.
pub(crate) fn records<'p, T: Record<'p>>(
    body: &'p [u8],
    rules: Rules<'_>,
    each: impl FnMut(&mut T),
) -> Result<Decoded, Kind> {
    // Looking once whether all of it is text is faster than asking of each text. What is not is read up to there.
    match std::str::from_utf8(body) {
        Ok(text) => read(serde_json::Deserializer::from_str(text), rules, each),
        Err(_) => read(serde_json::Deserializer::from_slice(body), rules, each),
    }
}

fn read<'p, T: Record<'p>>(
    mut json: serde_json::Deserializer<impl serde_json::de::Read<'p>>,
    rules: Rules<'_>,
    each: impl FnMut(&mut T),
) -> Result<Decoded, Kind> {
    let mut broken = None;
    let walk = Walk { rules, each, broken: &mut broken, record: PhantomData };
    let read = walk.deserialize(&mut json).and_then(|decoded| {
        json.end()?;
        Ok(decoded)
    });
    read.map_err(|error| broken.unwrap_or_else(|| unreadable(&error)))
}

/// Reads a record in place of the one before it.
struct Next<'r, T>(&'r mut T);

impl<'de, T: Record<'de>> DeserializeSeed<'de> for Next<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Record<'de>> Visitor<'de> for Next<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.0.read_again(map)
    }
}

struct Walk<'r, T, F> {
    rules: Rules<'r>,
    each: F,
    broken: &'r mut Option<Kind>,
    record: PhantomData<T>,
}

impl<'de, T: Record<'de>, F: FnMut(&mut T)> DeserializeSeed<'de> for Walk<'_, T, F> {
    type Value = Decoded;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Decoded, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Record<'de>, F: FnMut(&mut T)> Visitor<'de> for Walk<'_, T, F> {
    type Value = Decoded;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Decoded, A::Error> {
        let mut n_records = 0;
        let mut first_id = None;
        let mut previous = String::new();
        let mut record = T::default();
        while seq.next_element_seed(Next(&mut record))?.is_some() {
            let Some(id) = record.id() else {
                let reason = format!("record {} has no id", n_records + 1);
                *self.broken = Some(Kind::Decode { reason });
                return Err(A::Error::custom("no id"));
            };
            if let Some(reason) = self.rules.broken_by(id, first_id.is_some().then_some(&previous), n_records) {
                *self.broken = Some(Kind::PageOrder { reason });
                return Err(A::Error::custom(reason));
            }
            if first_id.is_none() {
                first_id = Some(id.to_owned());
            }
            previous.clear();
            previous.push_str(id);
            n_records += 1;
            (self.each)(&mut record);
        }
        let last_id = first_id.is_some().then_some(previous);
        Ok(Decoded { n_records, first_id, last_id })
    }
}

impl Rules<'_> {
    fn broken_by(&self, id: &str, previous: Option<&String>, n_before: usize) -> Option<OrderRule> {
        if self.n_max.is_some_and(|max| n_before >= max) {
            return Some(OrderRule::Limit);
        }
        match (self.ascending?, previous) {
            (_, Some(previous)) if id <= previous.as_str() => Some(OrderRule::Ascending),
            (Some(after), None) if id <= after => Some(OrderRule::NextPage),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Keyed;

    fn ids(body: &str, rules: Rules<'_>) -> (Vec<String>, Result<Decoded, Kind>) {
        let mut ids = Vec::new();
        let decoded = records(body.as_bytes(), rules, |record: &mut Keyed<'_>| {
            ids.extend(record.id().map(str::to_owned));
        });
        (ids, decoded)
    }

    const ORDERED: Rules<'_> = Rules { ascending: Some(Some("b")), n_max: Some(2) };

    #[test]
    fn records_come_one_by_one() {
        let (ids, decoded) = ids(r#" [{"id":"c","x":1},{"_id":"d"}] "#, ORDERED);
        assert_eq!(ids, ["c", "d"]);
        let decoded = decoded.unwrap();
        assert_eq!(
            (decoded.n_records, decoded.first_id.as_deref(), decoded.last_id.as_deref()),
            (2, Some("c"), Some("d"))
        );
    }

    #[test]
    fn a_record_that_breaks_the_order_is_not_given() {
        let broken = |body, rules| match ids(body, rules) {
            (ids, Err(Kind::PageOrder { reason })) => (ids.len(), reason),
            other => panic!("{other:?}"),
        };
        assert_eq!(broken(r#"[{"id":"c"},{"id":"c"}]"#, ORDERED), (1, OrderRule::Ascending));
        assert_eq!(broken(r#"[{"id":"b"}]"#, ORDERED), (0, OrderRule::NextPage));
        assert_eq!(broken(r#"[{"id":"c"},{"id":"d"},{"id":"e"}]"#, ORDERED), (2, OrderRule::Limit));
        // Bytewise, as MongoDB compares: capitals before small letters, longer after shorter.
        assert!(ids(r#"[{"id":"Z"},{"id":"a"},{"id":"a0"}]"#, Rules { ascending: Some(None), n_max: None }).1.is_ok());
    }

    #[test]
    fn other_json_is_no_list_and_its_values_are_not_quoted() {
        for body in [
            r#"{"canary":1}"#,
            r#""canary""#,
            r#"["canary"]"#,
            r#"[{"id":"a"}] canary"#,
            r#"[{"x":"canary"}]"#,
            r#"[{"id":1,"x":"canary"}]"#,
        ] {
            let Err(Kind::Decode { reason }) = ids(body, Rules::default()).1 else { panic!("{body}") };
            assert!(!reason.contains("canary"), "{reason}");
        }
        for body in ["", "[", r#"[{"id":"a"}"#, r#"[{"id":"a"},"#, r#"[{"id":"a"#] {
            assert_eq!(ids(body, Rules::default()).1, Err(Kind::Truncated), "{body}");
        }
    }
}
