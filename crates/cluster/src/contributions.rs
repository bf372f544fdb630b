//! The one scalar function: `contributions(definitions, kind, record, unreadable, person, source)`, the list of what a record
//! adds.
//!
//! It is [`pipeline::aggregate::Aggregation::entries`] over a column. Registered in the client, the scheduler and the
//! executors: all three name it, the executors run it.

use crate::sealed;
use crate::table::{self, READ, UNREADABLE};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, StringArray, StringBuilder, StructArray, UInt8Builder, UInt16Builder,
    UInt32Builder,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{DataFusionError, ScalarValue, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use epi::contribution::Contributions;
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
    let signature = Signature::exact(vec![text; 1 + READ.len()], Volatility::Immutable);
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
        let [definitions, columns @ ..] = args.args.as_slice() else {
            return exec_err!("`{NAME}` takes arguments");
        };
        let ColumnarValue::Scalar(ScalarValue::Utf8(Some(definitions))) = definitions else {
            return exec_err!("the definitions of `{NAME}` are a constant");
        };
        let opened = sealed::open(definitions).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let columns = columns.iter().map(|column| column.to_array(n_rows)).collect::<Result<Vec<_>, _>>()?;
        let columns: Vec<&StringArray> = columns.iter().map(|column| column.as_string::<i32>()).collect();
        let Ok(columns) = <[_; READ.len()]>::try_from(columns) else {
            return exec_err!("`{NAME}` takes {} arguments", 1 + READ.len());
        };
        let list = of_batch(&opened, n_rows, columns)?;
        Ok(ColumnarValue::Array(Arc::new(list)))
    }
}

fn of_batch(opened: &Opened, n_rows: usize, columns: [&StringArray; READ.len()]) -> Result<ListArray, DataFusionError> {
    let mut rows = Rows::default();
    let mut lengths = Vec::with_capacity(n_rows);
    let mut found = Contributions::default();
    let broken = |error: table::RowError| DataFusionError::Execution(error.to_string());
    for row in 0..n_rows {
        let before = rows.n;
        let [kind, record, unreadable, person, source] = columns.map(|column| text(column, row));
        let record = table::linked(kind.unwrap_or_default(), record.unwrap_or_default(), person, source);
        let linked = record.map_err(broken)?;
        let names = unreadable.map(|names| table::read(UNREADABLE, names)).transpose().map_err(broken)?;
        let names: Vec<String> = names.unwrap_or_default();
        let mut own = found.recycle();
        let emit = |entry: Entry<'_>| rows.push(&entry);
        opened
            .blank
            .entries(linked.joined(), &names, opened.is_joined, &opened.definitions, &mut own, emit)
            .map_err(|error| DataFusionError::Execution(error.to_string()))?;
        found = own.recycle();
        lengths.push(rows.n - before);
    }
    let values: ArrayRef = Arc::new(rows.finish());
    Ok(ListArray::try_new(item(), OffsetBuffer::from_lengths(lengths), values, None)?)
}

fn text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
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
