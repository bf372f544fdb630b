//! The columns of a snapshot.

use datafusion::arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use epi::record::Person;
use jiff::civil::{Date, date};
use std::sync::Arc;

/// Column of the normalised record as JSON, the same text as in the line list.
pub const RECORD: &str = "record";
/// Column of the names of fields that could not be read on the wire, as JSON; null for none.
pub const UNREADABLE: &str = "unreadable";
/// Column of the kind.
pub const KIND: &str = "kind";

/// The columns. Beside the record itself they are what an analyst's query can leave out row groups by; a report reads the
/// record and what was unreadable, because its account counts every record.
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
    ]))
}

/// Rows on their way into a file.
#[derive(Default)]
pub struct Rows {
    rows: Vec<Row>,
    n_bytes: usize,
}

struct Row {
    person: Person,
    record: String,
    unreadable: Option<String>,
}

impl Rows {
    /// Adds a record.
    ///
    /// # Errors
    /// A record that has no JSON.
    pub fn push(&mut self, person: Person, unreadable: &[String]) -> Result<(), serde_json::Error> {
        let record = serde_json::to_string(&person)?;
        let unreadable = if unreadable.is_empty() { None } else { Some(serde_json::to_string(unreadable)?) };
        self.n_bytes += record.len();
        self.rows.push(Row { person, record, unreadable });
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

    /// Bytes of the records.
    pub fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    /// The rows as columns.
    ///
    /// # Errors
    /// What Arrow says.
    pub fn batch(self) -> Result<RecordBatch, ArrowError> {
        let rows = &self.rows;
        let days = |of: fn(&Person) -> Option<Date>| -> ArrayRef {
            Arc::new(rows.iter().map(|row| of(&row.person).map(since_epoch)).collect::<Date32Array>())
        };
        fn texts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
            Arc::new(values.collect::<StringArray>())
        }
        let columns = vec![
            texts(rows.iter().map(|row| Some(row.person.id.as_str()))),
            texts(rows.iter().map(|row| Some(row.person.kind.name()))),
            texts(rows.iter().map(|row| row.person.classification.as_deref())),
            texts(rows.iter().map(|row| row.person.residence.as_deref())),
            days(|person| dates(person).min()),
            days(|person| dates(person).max()),
            days(|person| person.updated_at),
            texts(rows.iter().map(|row| row.unreadable.as_deref())),
            texts(rows.iter().map(|row| Some(row.record.as_str()))),
        ];
        RecordBatch::try_new(schema(), columns)
    }
}

/// The dates of a person's illness and of its report.
fn dates(person: &Person) -> impl Iterator<Item = Date> {
    let own = [
        person.date_of_onset,
        person.date_of_reporting,
        person.date_of_infection,
        person.date_became_case,
        person.date_of_outcome,
        person.date_of_burial,
        person.date_of_last_contact,
    ];
    own.into_iter().flatten()
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
        rows.push(person.clone(), &["age".into()]).unwrap();
        rows.push(Person { id: "p2".into(), ..Person::default() }, &[]).unwrap();
        assert_eq!(rows.len(), 2);
        let batch = rows.batch().unwrap();
        let text = |name: &str, row: usize| {
            let column = batch.column_by_name(name).unwrap().as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        let day = |name: &str, row: usize| {
            let column = batch.column_by_name(name).unwrap().as_primitive::<Date32Type>();
            column.is_valid(row).then(|| column.value(row))
        };
        assert_eq!(serde_json::from_str::<Person>(&text(RECORD, 0).unwrap()).unwrap(), person);
        assert_eq!((text("id", 1), text(KIND, 1)), (Some("p2".into()), Some("case".into())));
        assert_eq!((text(UNREADABLE, 0), text(UNREADABLE, 1)), (Some("[\"age\"]".into()), None));
        assert_eq!((day("date_first", 0), day("date_last", 0), day("date_last", 1)), (Some(-1), Some(10), None));
    }
}
