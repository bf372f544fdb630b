//! Records as they go into the line list: their texts one behind the other, written where they were normalised, so that the
//! thread that owns the file has only to hand them over.

use std::ops::Range;

use compact_str::CompactString;
use epi::record::{Record, RecordKind};

use crate::store::database::Fault;

/// Room for the texts of a usual page at first.
const TEXT_BYTES: usize = 1024 * 1024;

/// The records of one page, ready to be kept.
#[derive(Debug, Default)]
pub struct NewPage {
    /// Go.Data's id of their outbreak, where there are several.
    outbreak: Option<CompactString>,
    text: Vec<u8>,
    rows: Vec<NewRow>,
}

#[derive(Debug)]
struct NewRow {
    kind: RecordKind,
    id: Range<usize>,
    json: Range<usize>,
    unreadable: Option<Box<str>>,
    person: Option<CompactString>,
    source: Option<CompactString>,
}

/// A record of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'p> {
    pub(super) kind: RecordKind,
    pub(super) id: &'p str,
    /// The record without its id.
    pub(super) json: &'p str,
    /// JSON list of fields that could not be read on the wire.
    pub(super) unreadable: Option<&'p str>,
    pub(super) person: Option<&'p str>,
    pub(super) source: Option<&'p str>,
    /// Go.Data's id of its outbreak, where there are several.
    pub(super) outbreak: Option<&'p str>,
}

impl NewPage {
    /// From now on its records are those of an outbreak, by Go.Data's id; none where there is only one.
    pub fn belongs_to(&mut self, outbreak: Option<&str>) {
        self.outbreak = outbreak.map(CompactString::from);
    }

    /// The outbreak of its records, where there are several.
    pub(super) fn outbreak(&self) -> Option<&str> {
        self.outbreak.as_deref()
    }

    /// Adds a record, with the names of its fields that could not be read on the wire: the record itself no longer shows them.
    ///
    /// # Errors
    /// A record without a JSON; the message does not quote it.
    pub fn push(&mut self, record: &Record, unreadable: &[&'static str]) -> Result<(), serde_json::Error> {
        if self.text.is_empty() {
            self.text.reserve(TEXT_BYTES);
        }
        let begin = self.text.len();
        serde_json::to_writer(&mut self.text, record)?;
        let unreadable = match unreadable {
            [] => None,
            names => Some(serde_json::to_string(names)?.into_boxed_str()),
        };
        let (id, json) = self.without_id(begin, record.id());
        let (person, source) = (record.person_id().map(Into::into), record.source_id().map(Into::into));
        self.rows.push(NewRow { kind: record.kind(), id, json, unreadable, person, source });
        Ok(())
    }

    /// Where the id and the rest of a document stand that was just written: `{"id":"a","kind":"case"}` is `a` and
    /// `{"kind":"case"}`. An id that JSON writes otherwise than it is stands once more behind it.
    fn without_id(&mut self, begin: usize, id: &str) -> (Range<usize>, Range<usize>) {
        const BEFORE: &[u8] = b"{\"id\":\"";
        let end = self.text.len();
        let own = begin + BEFORE.len()..begin + BEFORE.len() + id.len();
        let stands_first = self.text[begin..].starts_with(BEFORE)
            && self.text.get(own.clone()) == Some(id.as_bytes())
            && self.text.get(own.end) == Some(&b'"');
        match self.text.get(own.end + 1).copied().filter(|_| stands_first) {
            Some(b',') => {
                self.text[own.end + 1] = b'{';
                (own.clone(), own.end + 1..end)
            }
            Some(b'}') => {
                self.text[own.end] = b'{';
                (own.clone(), own.end..end)
            }
            _ => {
                self.text.extend_from_slice(id.as_bytes());
                (end..self.text.len(), begin..end)
            }
        }
    }

    /// Takes all records out and keeps their room.
    pub fn clear(&mut self) {
        self.text.clear();
        self.rows.clear();
    }

    /// How many records it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The id of the last record.
    pub fn last_id(&self) -> Option<&str> {
        self.rows.last().and_then(|row| std::str::from_utf8(&self.text[row.id.clone()]).ok())
    }

    /// Its records, in the order in which they were added.
    pub(super) fn rows(&self) -> Result<impl Iterator<Item = Row<'_>>, Fault> {
        let text = std::str::from_utf8(&self.text).map_err(|_| Fault::Row("a page has no UTF-8".to_owned()))?;
        Ok(self.rows.iter().map(move |row| Row {
            kind: row.kind,
            id: &text[row.id.clone()],
            json: &text[row.json.clone()],
            unreadable: row.unreadable.as_deref(),
            person: row.person.as_deref(),
            source: row.source.as_deref(),
            outbreak: self.outbreak(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use epi::record::{LabResult, Person};

    fn rows(records: &[Record]) -> Vec<(String, String)> {
        let mut page = NewPage::default();
        for record in records {
            page.push(record, &[]).unwrap();
        }
        page.rows().unwrap().map(|row| (row.id.to_owned(), row.json.to_owned())).collect()
    }

    #[test]
    fn a_text_stands_without_the_id_whatever_the_id_is() {
        let person = |id: &str| Record::Person(Person { id: id.into(), age_years: Some(3), ..Person::default() });
        let found = rows(&[
            person("a"),
            person("a\"b"),
            person("é"),
            Record::LabResult(LabResult { id: "l".into(), ..LabResult::default() }),
            person(""),
        ]);
        let rest = r#"{"kind":"case","age_years":3}"#;
        let expected = [
            ("a", rest),
            ("a\"b", r#"{"id":"a\"b","kind":"case","age_years":3}"#),
            ("é", rest),
            ("l", "{}"),
            ("", rest),
        ];
        assert_eq!(found, expected.map(|(id, json)| (id.to_owned(), json.to_owned())));
    }
}
