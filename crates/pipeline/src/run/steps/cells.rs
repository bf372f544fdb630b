//! What a run computed, for the history and for the hash in its certificate.

use super::Steps;
use crate::certificate::CellsHash;
use crate::error::{Error, ErrorKind};
use crate::plan::Plan;
use crate::store::NumberedCell;
use epi::period::Period;
use epi::plan::ValueKey;
use rustc_hash::FxHashMap;

impl Steps<'_> {
    /// Keeps every computed value; returns the hash over them and their number.
    pub(super) fn record_cells(&mut self, plan: &Plan) -> Result<(String, u64), Error> {
        // Names by number: those of the plan, then the periods, then the codes.
        let mut names: Vec<&str> = plan.names.all().collect();
        let span = self.definitions.span.span();
        let first_period = names.len();
        let periods: Vec<_> = span.iter().map(Period::id).collect();
        names.extend(periods.iter().map(|period| period.as_str()));
        let codes: Vec<&str> = names_of_codes(self, plan);
        let first_code = names.len();
        names.extend(&codes);
        let period_of: FxHashMap<Period, u32> = span.iter().zip(first_period as u32..).collect();

        let mut cells = Vec::with_capacity(plan.desired.len());
        for (key, desired) in &plan.desired {
            let period = period_of.get(&key.period).ok_or_else(|| {
                Error::new(ErrorKind::Internal, format!("a value of {}, which the run does not cover", key.period.id()))
            })?;
            cells.push(NumberedCell {
                data_element: key.data_element,
                period: *period,
                org_unit: key.org_unit,
                category_option_combo: key.combo,
                attribute_option_combo: key.attribute,
                indicator: (first_code + self.code_position(key, plan)) as u32,
                value: &desired.value,
                n_records: desired.n_records,
            });
        }
        let hash = hash_of(&names, &mut cells);
        let run = self.number()?;
        self.state.record_numbered_cells(run, &names, cells)?;
        Ok(hash)
    }

    /// The position of the indicator or of the statement behind a computed value among the codes; the last is empty.
    fn code_position(&self, key: &ValueKey, plan: &Plan) -> usize {
        let n_indicators = self.definitions.indicators.len();
        let statement = plan.statements.index_of(key).map(|index| n_indicators + index);
        let position = statement.or_else(|| plan.indicator_of.get(key).map(|index| usize::from(*index)));
        position.unwrap_or(n_indicators + plan.statements.named.len())
    }
}

/// The codes of the indicators and statements, and an empty one.
fn names_of_codes<'s>(steps: &Steps<'s>, plan: &Plan) -> Vec<&'s str> {
    let n_codes = steps.definitions.indicators.len() + plan.statements.named.len();
    let report = steps.request.report;
    (0..=n_codes).map(|position| report.code_at(position).filter(|_| position < n_codes).unwrap_or_default()).collect()
}

/// The hash over some cells and their number. They are put in the order of their names.
fn hash_of(names: &[&str], cells: &mut [NumberedCell<'_>]) -> (String, u64) {
    let mut sorted: Vec<u32> = (0..names.len() as u32).collect();
    sorted.sort_by_key(|number| names[*number as usize]);
    let mut ranks = vec![0_u32; names.len()];
    for (rank, number) in sorted.iter().enumerate() {
        ranks[*number as usize] = rank as u32;
    }
    let rank = |number: u32| ranks[number as usize];
    cells.sort_unstable_by_key(|cell| {
        let places = [cell.data_element, cell.period, cell.org_unit];
        (places.map(rank), [cell.category_option_combo, cell.attribute_option_combo].map(rank))
    });
    let mut hash = CellsHash::default();
    for cell in cells.iter() {
        let name = |number: u32| names[number as usize];
        let parts = [
            name(cell.data_element),
            name(cell.period),
            name(cell.org_unit),
            name(cell.category_option_combo),
            name(cell.attribute_option_combo),
            name(cell.indicator),
            cell.value,
        ];
        hash.add_parts(parts, cell.n_records);
    }
    hash.finish()
}
