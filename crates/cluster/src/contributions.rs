//! The one scalar function: `contributions(definitions, record, unreadable)`, the list of what a record adds.
//!
//! It is [`pipeline::aggregate::Aggregation::entries`] over a column. Registered in the client, the scheduler and the
//! executors: all three name it, the executors run it.

use crate::sealed;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, StringArray, StringBuilder, StructArray, UInt8Builder, UInt16Builder,
    UInt32Builder,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{DataFusionError, ScalarValue, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use epi::contribution::Contributions;
use epi::record::Person;
use pipeline::aggregate::entry::Entry;
use sealed::Opened;
use std::sync::Arc;

/// Its name.
pub const NAME: &str = "contributions";

/// The fields of an entry that make up its key, in order.
pub const KEY: [&str; 6] = ["part", "indicator", "period", "place", "combo", "text"];
/// The field of an entry that is no part of its key.
pub const SAMPLE: &str = "sample";

/// The function.
pub fn function() -> ScalarUDF {
    let text = DataType::Utf8;
    let signature = Signature::exact(vec![text.clone(), text.clone(), text], Volatility::Immutable);
    ScalarUDF::from(Function { signature })
}

/// An entry as a row.
fn fields() -> Fields {
    let field = |name: &str, data_type, nullable| Field::new(name, data_type, nullable);
    let [part, indicator, period, place, combo, text] = KEY;
    Fields::from(vec![
        field(part, DataType::UInt8, false),
        field(indicator, DataType::UInt16, false),
        field(period, DataType::UInt16, false),
        field(place, DataType::UInt32, false),
        field(combo, DataType::UInt32, false),
        field(text, DataType::Utf8, true),
        field(SAMPLE, DataType::Utf8, true),
    ])
}

fn item() -> Arc<Field> {
    Arc::new(Field::new_list_field(DataType::Struct(fields()), true))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    signature: Signature,
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::List(item()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let n_rows = args.number_rows;
        let [definitions, record, unreadable] = args.args.as_slice() else {
            return exec_err!("`{NAME}` takes three arguments");
        };
        let ColumnarValue::Scalar(ScalarValue::Utf8(Some(definitions))) = definitions else {
            return exec_err!("the definitions of `{NAME}` are a constant");
        };
        let opened = sealed::open(definitions).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let (record, unreadable) = (record.to_array(n_rows)?, unreadable.to_array(n_rows)?);
        let list = of_batch(&opened, record.as_string::<i32>(), unreadable.as_string::<i32>())?;
        Ok(ColumnarValue::Array(Arc::new(list)))
    }
}

fn of_batch(opened: &Opened, records: &StringArray, unreadable: &StringArray) -> Result<ListArray, DataFusionError> {
    let mut rows = Rows::default();
    let mut lengths = Vec::with_capacity(records.len());
    let mut found = Contributions::default();
    for row in 0..records.len() {
        let before = rows.n;
        // The message of a JSON error may quote a person's value, so only its place is told.
        let broken = |what: &str, error: &serde_json::Error| {
            let (class, column) = (error.classify(), error.column());
            DataFusionError::Execution(format!("{what} of a record: {class:?} error at column {column}"))
        };
        let person: Person = serde_json::from_str(records.value(row)).map_err(|e| broken("the JSON", &e))?;
        let names: Vec<String> = match unreadable.is_valid(row) {
            true => serde_json::from_str(unreadable.value(row)).map_err(|e| broken("the unreadable fields", &e))?,
            false => Vec::new(),
        };
        let mut own = found.recycle();
        let emit = |entry: Entry<'_>| rows.push(&entry);
        opened
            .blank
            .entries(&person, &names, &opened.definitions, &mut own, emit)
            .map_err(|error| DataFusionError::Execution(error.to_string()))?;
        found = own.recycle();
        lengths.push(rows.n - before);
    }
    let values: ArrayRef = Arc::new(rows.finish());
    Ok(ListArray::try_new(item(), OffsetBuffer::from_lengths(lengths), values, None)?)
}

#[derive(Default)]
struct Rows {
    n: usize,
    part: UInt8Builder,
    indicator: UInt16Builder,
    period: UInt16Builder,
    place: UInt32Builder,
    combo: UInt32Builder,
    text: StringBuilder,
    sample: StringBuilder,
}

impl Rows {
    fn push(&mut self, entry: &Entry<'_>) {
        self.n += 1;
        self.part.append_value(entry.part.number());
        self.indicator.append_value(entry.indicator);
        self.period.append_value(entry.period);
        self.place.append_value(entry.place);
        self.combo.append_value(entry.combo);
        self.text.append_option(entry.text.as_deref());
        self.sample.append_option(entry.sample);
    }

    fn finish(mut self) -> StructArray {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.part.finish()),
            Arc::new(self.indicator.finish()),
            Arc::new(self.period.finish()),
            Arc::new(self.place.finish()),
            Arc::new(self.combo.finish()),
            Arc::new(self.text.finish()),
            Arc::new(self.sample.finish()),
        ];
        StructArray::new(fields(), columns, None)
    }
}
