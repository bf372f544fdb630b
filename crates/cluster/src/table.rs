//! The columns of a snapshot.

use compact_str::CompactString;
use datafusion::arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use epi::field::TableName;
use epi::record::{Linked, Person, Record, RecordKind};
use jiff::civil::{Date, date};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Column of the normalised record as JSON, the same text as in the line list.
pub const RECORD: &str = "record";
/// Column of the names of fields that could not be read on the wire, as JSON; null for none.
pub const UNREADABLE: &str = "unreadable";
/// Column of the kind.
pub const KIND: &str = "kind";
/// Column of the person whom the record is about, as JSON; null for none, and for persons.
pub const PERSON: &str = "person";
/// Column of the person who exposed the other, as JSON; only relationships have one.
pub const SOURCE: &str = "source";

/// The columns that a report reads, in the order in which [`linked`] takes them.
pub const READ: [&str; 5] = [KIND, RECORD, UNREADABLE, PERSON, SOURCE];

/// The columns. Beside the record itself they are what an analyst's query can leave out row groups by; a report reads the
/// record, the persons whom it names and what was unreadable, because its account counts every record.
pub fn schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    let day = |name: &str| Field::new(name, DataType::Date32, true);
    Arc::new(Schema::new(vec![
        text("id", false),
        text(KIND, false),
        text("classification", true),
        text("residence", true),
        day("date_first"),
        day("date_last"),
        day("updated_at"),
        text(UNREADABLE, true),
        text(RECORD, false),
        text(PERSON, true),
        text(SOURCE, true),
    ]))
}

/// Rows on their way into a file.
#[derive(Default)]
pub struct Rows {
    rows: Vec<Row>,
    n_bytes: usize,
}

struct Row {
    id: CompactString,
    kind: RecordKind,
    classification: Option<CompactString>,
    residence: Option<CompactString>,
    dates: Option<[Date; 2]>,
    updated_at: Option<Date>,
    record: String,
    unreadable: Option<String>,
    person: Option<String>,
    source: Option<String>,
}

impl Row {
    fn of(linked: &Linked, unreadable: &[String]) -> Result<Self, serde_json::Error> {
        let json = |person: &Option<Arc<Person>>| person.as_deref().map(serde_json::to_string).transpose();
        let record = &linked.record;
        let person = linked.joined().person();
        let dates: Vec<Date> = dates(record).collect();
        Ok(Self {
            id: record.id().into(),
            kind: record.kind(),
            classification: person.and_then(|person| person.classification.clone()),
            residence: residence(record).cloned(),
            dates: dates.iter().min().zip(dates.iter().max()).map(|(first, last)| [*first, *last]),
            updated_at: record.updated_at(),
            record: serde_json::to_string(record)?,
            unreadable: if unreadable.is_empty() { None } else { Some(serde_json::to_string(unreadable)?) },
            person: json(&linked.person)?,
            source: json(&linked.source)?,
        })
    }

    fn n_bytes(&self) -> usize {
        let others = [&self.person, &self.source];
        self.record.len() + others.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

impl Rows {
    /// Adds a record.
    ///
    /// # Errors
    /// A record that has no JSON.
    pub fn push(&mut self, linked: &Linked, unreadable: &[String]) -> Result<(), serde_json::Error> {
        let row = Row::of(linked, unreadable)?;
        self.n_bytes += row.n_bytes();
        self.rows.push(row);
        Ok(())
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes of the records and of the persons whom they name.
    pub fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    /// The rows as columns.
    ///
    /// # Errors
    /// What Arrow says.
    pub fn batch(self) -> Result<RecordBatch, ArrowError> {
        let rows = &self.rows;
        let days = |of: fn(&Row) -> Option<Date>| -> ArrayRef {
            Arc::new(rows.iter().map(|row| of(row).map(since_epoch)).collect::<Date32Array>())
        };
        fn texts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
            Arc::new(values.collect::<StringArray>())
        }
        let columns = vec![
            texts(rows.iter().map(|row| Some(row.id.as_str()))),
            texts(rows.iter().map(|row| Some(row.kind.name()))),
            texts(rows.iter().map(|row| row.classification.as_deref())),
            texts(rows.iter().map(|row| row.residence.as_deref())),
            days(|row| row.dates.map(|[first, _]| first)),
            days(|row| row.dates.map(|[_, last]| last)),
            days(|row| row.updated_at),
            texts(rows.iter().map(|row| row.unreadable.as_deref())),
            texts(rows.iter().map(|row| Some(row.record.as_str()))),
            texts(rows.iter().map(|row| row.person.as_deref())),
            texts(rows.iter().map(|row| row.source.as_deref())),
        ];
        RecordBatch::try_new(schema(), columns)
    }
}

/// Why a row is no record.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// A kind that this version does not know.
    #[error("there are no records of kind `{0}`")]
    Kind(String),
    /// JSON of another form. Its message may quote a person's value, so only its place is told.
    #[error("a row of the snapshot, column `{what}`: {class:?} error at character {column}")]
    Json {
        /// Which column.
        what: &'static str,
        /// What is wrong.
        class: serde_json::error::Category,
        /// Where.
        column: usize,
    },
}

/// The record of a row beside the persons whom it names.
///
/// # Errors
/// A row that another version wrote.
pub fn linked(kind: &str, record: &str, person: Option<&str>, source: Option<&str>) -> Result<Linked, RowError> {
    let Some(known) = RecordKind::from_name(kind) else { return Err(RowError::Kind(kind.to_owned())) };
    let record = match known.table().name {
        TableName::Person => Record::Person(read(RECORD, record)?),
        TableName::FollowUp => Record::FollowUp(read(RECORD, record)?),
        TableName::LabResult => Record::LabResult(read(RECORD, record)?),
        TableName::Relationship => Record::Relationship(read(RECORD, record)?),
        TableName::Event => Record::Event(read(RECORD, record)?),
    };
    let person = person.map(|person| read(PERSON, person)).transpose()?;
    let source = source.map(|source| read(SOURCE, source)).transpose()?;
    Ok(Linked { record, person: person.map(Arc::new), source: source.map(Arc::new) })
}

/// Reads the JSON of a column.
///
/// # Errors
/// JSON of another form.
pub fn read<T: DeserializeOwned>(what: &'static str, json: &str) -> Result<T, RowError> {
    serde_json::from_str(json).map_err(|error| RowError::Json { what, class: error.classify(), column: error.column() })
}

/// The dates of a person's illness and of its report, of a visit, of a sample and its result, of an exposure, of a gathering.
fn dates(record: &Record) -> impl Iterator<Item = Date> {
    let own = match record {
        Record::Person(person) => vec![
            person.date_of_onset,
            person.date_of_reporting,
            person.date_of_infection,
            person.date_became_case,
            person.date_of_outcome,
            person.date_of_burial,
            person.date_of_last_contact,
        ],
        Record::FollowUp(follow_up) => vec![follow_up.date],
        Record::LabResult(result) => {
            vec![result.date_sample_taken, result.date_sample_delivered, result.date_testing, result.date_of_result]
        }
        Record::Relationship(relationship) => vec![relationship.date_of_first_contact, relationship.contact_date],
        Record::Event(event) => vec![event.date, event.date_of_reporting, event.end_date],
    };
    own.into_iter().flatten()
}

/// The location of the record itself; samples and exposures have none.
fn residence(record: &Record) -> Option<&CompactString> {
    match record {
        Record::Person(person) => person.residence.as_ref(),
        Record::FollowUp(follow_up) => follow_up.residence.as_ref(),
        Record::Event(event) => event.residence.as_ref(),
        Record::LabResult(_) | Record::Relationship(_) => None,
    }
}

/// Arrow's day: days since 1970.
fn since_epoch(day: Date) -> i32 {
    const EPOCH: Date = date(1970, 1, 1);
    day.since((jiff::Unit::Day, EPOCH)).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{Array, AsArray};
    use datafusion::arrow::datatypes::Date32Type;
    use epi::record::LabResult;

    #[test]
    fn a_row_is_the_record_as_the_line_list_has_it_and_what_to_leave_it_out_by() {
        let mut rows = Rows::default();
        let person = Person {
            id: "p1".into(),
            classification: Some("CONFIRMED".into()),
            date_of_onset: Some(date(1970, 1, 11)),
            date_of_outcome: Some(date(1969, 12, 31)),
            ..Person::default()
        };
        let sample = LabResult {
            id: "l1".into(),
            person_id: Some("p1".into()),
            date_of_result: Some(date(1970, 1, 2)),
            ..LabResult::default()
        };
        let about = Some(Arc::new(person.clone()));
        let sample = Linked { record: Record::LabResult(sample), person: about, source: None };
        rows.push(&person.clone().into(), &["age".into()]).unwrap();
        rows.push(&Person { id: "p2".into(), ..Person::default() }.into(), &[]).unwrap();
        rows.push(&sample, &[]).unwrap();
        assert_eq!(rows.len(), 3);
        let batch = rows.batch().unwrap();
        let text = |name: &str, row: usize| {
            let column = batch.column_by_name(name).unwrap().as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        let day = |name: &str, row: usize| {
            let column = batch.column_by_name(name).unwrap().as_primitive::<Date32Type>();
            column.is_valid(row).then(|| column.value(row))
        };
        let row = |row: usize| {
            let [kind, record] = [KIND, RECORD].map(|name| text(name, row).unwrap());
            linked(&kind, &record, text(PERSON, row).as_deref(), text(SOURCE, row).as_deref()).unwrap()
        };
        assert_eq!(row(0), person.clone().into());
        assert_eq!(row(2), sample);
        assert_eq!((text(KIND, 2), day("date_first", 2)), (Some("lab_result".into()), Some(1)));
        let refused = |kind: &str, record: &str| linked(kind, record, None, None).unwrap_err().to_string();
        assert_eq!(refused("rumour", "{}"), "there are no records of kind `rumour`");
        assert_eq!(
            refused("case", "{\"id\":\"Jane"),
            "a row of the snapshot, column `record`: Eof error at character 11"
        );
        assert_eq!((text("id", 1), text(KIND, 1)), (Some("p2".into()), Some("case".into())));
        assert_eq!((text(UNREADABLE, 0), text(UNREADABLE, 1)), (Some("[\"age\"]".into()), None));
        assert_eq!((day("date_first", 0), day("date_last", 0), day("date_last", 1)), (Some(-1), Some(10), None));
    }
}
