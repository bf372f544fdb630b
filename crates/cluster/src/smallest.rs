//! An aggregate function: the smallest few of the texts of a group, as JSON. Counts need none of our own; of the records
//! with an issue a few are named, those with the smallest ids, so that it does not matter who counts them in which order.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use pipeline::aggregate::ISSUE_SAMPLES_MAX;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Its name.
pub const NAME: &str = "smallest";

/// The function.
pub fn function() -> AggregateUDF {
    AggregateUDF::from(Function { signature: Signature::exact(vec![DataType::Utf8], Volatility::Immutable) })
}

/// The texts of a result.
///
/// # Errors
/// A text that is no result.
pub fn read(text: Option<&str>) -> Result<BTreeSet<String>, serde_json::Error> {
    text.map_or(Ok(BTreeSet::new()), serde_json::from_str)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    signature: Signature,
}

impl AggregateUDFImpl for Function {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Utf8)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>, DataFusionError> {
        Ok(vec![Arc::new(Field::new(format!("{}[{NAME}]", args.name), DataType::Utf8, true))])
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>, DataFusionError> {
        Ok(Box::new(Groups { groups: vec![BTreeSet::new()] }))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>, DataFusionError> {
        Ok(Box::new(Groups { groups: Vec::new() }))
    }
}

/// The texts of each group; most groups have none.
#[derive(Debug)]
struct Groups {
    groups: Vec<BTreeSet<String>>,
}

impl Groups {
    fn keep(&mut self, group: usize, text: &str) {
        let texts = &mut self.groups[group];
        let is_small = texts.len() < ISSUE_SAMPLES_MAX || texts.last().is_some_and(|last| text < last.as_str());
        if is_small && texts.insert(text.to_owned()) && texts.len() > ISSUE_SAMPLES_MAX {
            texts.pop_last();
        }
    }

    fn take(&mut self, emit_to: EmitTo) -> Result<StringArray, DataFusionError> {
        let taken = emit_to.take_needed(&mut self.groups);
        let texts = taken.iter().map(json).collect::<Result<Vec<_>, _>>()?;
        Ok(StringArray::from(texts))
    }

    fn bytes(&self) -> usize {
        let texts = self.groups.iter().flatten().map(|text| text.capacity() + size_of::<String>());
        self.groups.capacity() * size_of::<BTreeSet<String>>() + texts.sum::<usize>()
    }
}

fn json(texts: &BTreeSet<String>) -> Result<Option<String>, DataFusionError> {
    let external = |error: serde_json::Error| DataFusionError::External(Box::new(error));
    if texts.is_empty() { Ok(None) } else { serde_json::to_string(texts).map(Some).map_err(external) }
}

fn read_state(text: &str) -> Result<BTreeSet<String>, DataFusionError> {
    read(Some(text)).map_err(|error| DataFusionError::External(Box::new(error)))
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<(), DataFusionError> {
        self.groups.resize_with(total_num_groups, BTreeSet::new);
        let texts = values[0].as_string::<i32>();
        if texts.null_count() == texts.len() {
            return Ok(());
        }
        for (row, group) in group_indices.iter().enumerate() {
            let is_in = opt_filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            if is_in && texts.is_valid(row) {
                self.keep(*group, texts.value(row));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef, DataFusionError> {
        Ok(Arc::new(self.take(emit_to)?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>, DataFusionError> {
        Ok(vec![Arc::new(self.take(emit_to)?)])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<(), DataFusionError> {
        self.groups.resize_with(total_num_groups, BTreeSet::new);
        let states = values[0].as_string::<i32>();
        for (row, group) in group_indices.iter().enumerate().filter(|(row, _)| states.is_valid(*row)) {
            read_state(states.value(row))?.iter().for_each(|text| self.keep(*group, text));
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>, DataFusionError> {
        let mut one_each = Self { groups: Vec::new() };
        let n = values[0].len();
        GroupsAccumulator::update_batch(&mut one_each, values, &(0..n).collect::<Vec<_>>(), opt_filter, n)?;
        GroupsAccumulator::state(&mut one_each, EmitTo::All)
    }

    fn size(&self) -> usize {
        self.bytes()
    }
}

/// One group, where there are no keys to group by.
impl Accumulator for Groups {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<(), DataFusionError> {
        let n = values[0].len();
        GroupsAccumulator::update_batch(self, values, &vec![0; n], None, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue, DataFusionError> {
        Ok(ScalarValue::Utf8(json(&self.groups[0])?))
    }

    fn size(&self) -> usize {
        self.bytes()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>, DataFusionError> {
        Ok(vec![Accumulator::evaluate(self)?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<(), DataFusionError> {
        let n = states[0].len();
        GroupsAccumulator::merge_batch(self, states, &vec![0; n], 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(texts: &[Option<&str>]) -> Vec<ArrayRef> {
        vec![Arc::new(StringArray::from(texts.to_vec()))]
    }

    fn evaluated(groups: &mut Groups) -> Vec<Vec<String>> {
        let found = GroupsAccumulator::evaluate(groups, EmitTo::All).unwrap();
        let found = found.as_string::<i32>();
        found.iter().map(|text| read(text).unwrap().into_iter().collect()).collect()
    }

    #[test]
    fn the_smallest_are_kept_whoever_counted_them() {
        let ids: Vec<String> = (0..100).map(|n| format!("id{:03}", (n * 37) % 100)).collect();
        let (left, right) = ids.split_at(41);
        let mut whole = Groups { groups: Vec::new() };
        for half in [left, right] {
            let mut part = Groups { groups: Vec::new() };
            let texts: Vec<Option<&str>> = half.iter().map(|id| Some(id.as_str())).chain([None]).collect();
            let groups: Vec<usize> = (0..texts.len()).map(|n| n % 2).collect();
            GroupsAccumulator::update_batch(&mut part, &column(&texts), &groups, None, 3).unwrap();
            let state = GroupsAccumulator::state(&mut part, EmitTo::All).unwrap();
            GroupsAccumulator::merge_batch(&mut whole, &state, &[0, 0, 2], 3).unwrap();
        }
        let smallest: Vec<String> = (0..ISSUE_SAMPLES_MAX).map(|n| format!("id{n:03}")).collect();
        assert_eq!(evaluated(&mut whole), [smallest, vec![], vec![]]);
    }

    #[test]
    fn rows_that_are_left_out_and_rows_without_a_text_say_nothing() {
        let mut groups = Groups { groups: Vec::new() };
        let texts = column(&[Some("b"), Some("a"), None, Some("c\"\n")]);
        let filter = BooleanArray::from(vec![Some(true), Some(false), Some(true), None]);
        GroupsAccumulator::update_batch(&mut groups, &texts, &[0, 0, 0, 0], Some(&filter), 1).unwrap();
        assert_eq!(evaluated(&mut groups), [["b"]]);
        let states = Groups { groups: Vec::new() }.convert_to_state(&texts, None).unwrap();
        GroupsAccumulator::merge_batch(&mut groups, &states, &[0, 0, 0, 1], 2).unwrap();
        assert_eq!(evaluated(&mut groups), [vec!["a", "b"], vec!["c\"\n"]]);
    }

    #[test]
    fn without_keys_there_is_one_group() {
        let mut one = Groups { groups: vec![BTreeSet::new()] };
        assert_eq!(Accumulator::evaluate(&mut one).unwrap(), ScalarValue::Utf8(None));
        Accumulator::update_batch(&mut one, &column(&[Some("b"), Some("a")])).unwrap();
        Accumulator::merge_batch(&mut one, &column(&[Some("[\"c\"]"), None])).unwrap();
        assert_eq!(Accumulator::evaluate(&mut one).unwrap(), ScalarValue::Utf8(Some("[\"a\",\"b\",\"c\"]".into())));
    }
}
