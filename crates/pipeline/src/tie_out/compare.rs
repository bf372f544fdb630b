//! The values that a run left, beside what DHIS2 says now.

use super::Difference;
use crate::certificate::{Certificate, CertifiedIndicator, CertifiedSpan, Says, Sheet};
use crate::config::model::{Config, Report};
use crate::control::ask::Counted;
use crate::diff::read_values;
use crate::error::Error;
use crate::failure;
use crate::report::{PlanSummary, PlannedChange};
use crate::store::{CellKey, CellRow, Run};
use crate::suppress;
use crate::target::Target;
use dhis2::StoredValue;
use epi::headcount::Headcount;
use epi::period::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

/// Differences told one by one; beyond, nobody reads on.
const DIFFERENCES_TOLD_MAX: usize = 10_000;

/// What a run left.
pub(super) struct Past {
    pub(super) run: Run,
    pub(super) certificate: Certificate,
    /// The values, in the order of their keys.
    pub(super) cells: Vec<CellRow>,
    /// Keys that waited for a person or a later day.
    pub(super) held: FxHashSet<CellKey>,
    /// Keys that Tally ever wrote in the span; where no value was computed, none should stand.
    pub(super) ledger: BTreeSet<CellKey>,
    pub(super) span: Span,
    /// A later run that did not finish, or has not yet.
    pub(super) unfinished: Option<Run>,
}

/// What the comparison found.
pub(super) struct Compared {
    pub(super) sheet: Sheet,
    pub(super) differences: Vec<Difference>,
    pub(super) n_more_differences: u64,
}

/// The keys that a plan held.
pub(super) fn held(plan: &PlanSummary) -> FxHashSet<CellKey> {
    let held =
        plan.changes.iter().filter(|change| matches!(&*change.action, "held" | "drifted" | "existing" | "accepted"));
    let key = |change: &PlannedChange| CellKey {
        data_element: (&*change.data_element).into(),
        period: (&*change.period).into(),
        org_unit: (&*change.org_unit).into(),
        category_option_combo: (&*change.category_option_combo).into(),
        attribute_option_combo: (&*change.attribute_option_combo).into(),
    };
    held.map(key).collect()
}

impl Past {
    /// Reads DHIS2 at every key and compares.
    pub(super) async fn compare(&self, target: &Target, config: &Config, report: &Report) -> Result<Compared, Error> {
        let stored = self.read(target).await.map_err(|error| failure::dhis2(&error, config))?;
        let mut compared = Compared {
            sheet: Sheet::new(self.certificate.indicators.len(), self.span.n_periods()),
            differences: Vec::new(),
            n_more_differences: 0,
        };
        let suppressed = suppress::of_cells(&self.cells, config, report, target, self.span);
        for (cell, is_suppressed) in self.cells.iter().zip(suppressed) {
            let stored = stored.get(&cell.key);
            let says = stored.and_then(|stored| stored.value.as_deref());
            let should = Some(cell.value.as_str()).filter(|_| !is_suppressed);
            let is_equal = target.reading(&cell.key.data_element).agrees(should, says);
            let is_held = !is_equal && self.held.contains(&cell.key);
            if let Some((indicator, period)) = self.place(&cell.indicator, &cell.key.period) {
                if report.statements.iter().any(|model| *model.statement.code == *cell.indicator) {
                    compared.sheet.add_statement(indicator, period, is_held, is_equal);
                } else {
                    let says = match is_held {
                        true => Says::Held,
                        false if is_suppressed && is_equal => Says::Suppressed,
                        false => Says::Value(says, is_equal),
                    };
                    compared.sheet.add(indicator, period, &cell.value, cell.n_records, says);
                }
            }
            if !is_equal && !is_held {
                compared.tell(difference(&cell.key, should, stored, target));
            }
        }
        self.look_for_leftovers(&stored, target, report, &mut compared);
        Ok(compared)
    }

    /// Values that Tally took away, or has to, and that stand there all the same.
    fn look_for_leftovers(
        &self,
        stored: &FxHashMap<CellKey, StoredValue>,
        target: &Target,
        report: &Report,
        compared: &mut Compared,
    ) {
        let computed: FxHashSet<&CellKey> = self.cells.iter().map(|cell| &cell.key).collect();
        for key in self.ledger.iter().filter(|key| !computed.contains(key) && !self.held.contains(*key)) {
            let stored = stored.get(key);
            let reading = target.reading(&key.data_element);
            if reading.agrees(None, stored.and_then(|stored| stored.value.as_deref())) {
                continue;
            }
            let code = target.owner_of(&key.data_element).and_then(|owner| report.code_at(owner));
            if let Some((indicator, period)) = code.and_then(|code| self.place(code, &key.period)) {
                compared.sheet.disagree(indicator, period);
            }
            compared.tell(difference(key, None, stored, target));
        }
    }

    /// DHIS2's values by key.
    async fn read(&self, target: &Target) -> Result<FxHashMap<CellKey, StoredValue>, dhis2::Error> {
        let keys = || self.cells.iter().map(|cell| &cell.key).chain(&self.ledger);
        let units: BTreeSet<&str> = keys().map(|key| key.org_unit.as_str()).collect();
        let elements: BTreeSet<&str> = keys().map(|key| key.data_element.as_str()).collect();
        let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
        let values = read_values(target, self.span, owned(units), owned(elements)).await?;
        let by_key = values.into_iter().map(|value| {
            let key = CellKey {
                data_element: value.data_element.clone(),
                period: value.period.clone(),
                org_unit: value.org_unit.clone(),
                category_option_combo: value.category_option_combo.clone(),
                attribute_option_combo: value.attribute_option_combo.clone(),
            };
            (key, value)
        });
        Ok(by_key.collect())
    }

    /// The tie-out of today: the run's records and values, today's counts.
    pub(super) fn tied_out(&self, sheet: &Sheet, counts: &Counted, report: &Report) -> Vec<CertifiedIndicator> {
        let indicators = self.certificate.indicators.iter().enumerate();
        let tied_out = indicators.map(|(index, then)| {
            let periods = then.periods.iter().enumerate().map(|(position, period)| {
                let headcount = Headcount { counted: sheet.n_records(index, position), missed: period.missed };
                (period.period.clone(), headcount, counts.get(index, position))
            });
            // Go.Data was not asked for a statement then, and is not now.
            let is_statement = report.statements.iter().any(|model| model.statement.code == then.indicator);
            let reason = if is_statement { then.not_asked.clone() } else { counts.reasons[index].clone() };
            sheet.indicator(index, (&then.indicator, &then.title), reason, periods).counted_over(&counts.spans[index])
        });
        tied_out.collect()
    }

    /// Where Go.Data counts otherwise than at the run, in a sentence's fragment; none where it does not.
    pub(super) fn moved_on(&self, now: &Certificate) -> Option<String> {
        let both = || self.certificate.indicators.iter().zip(&now.indicators);
        let single = both().flat_map(|(then, now)| {
            let periods = then.periods.iter().zip(&now.periods);
            periods.filter_map(move |(a, b)| Some((&now.indicator, a.godata?, b.godata?, b.period.clone())))
        });
        let spans = both().flat_map(|(then, now)| {
            let same = move |b: &CertifiedSpan| then.spans.iter().find(|a| a.first == b.first && a.last == b.last);
            let named = |b: &CertifiedSpan| format!("{} to {}", b.first, b.last);
            now.spans.iter().filter_map(move |b| Some((&now.indicator, same(b)?.godata, b.godata, named(b))))
        });
        let moved: Vec<_> = single.chain(spans).filter(|(_, then, now, _)| then != now).collect();
        let (code, then, now, period) = moved.first()?;
        let more = if moved.len() > 1 { format!(", and {} more counts", moved.len() - 1) } else { String::new() };
        let run = self.run.id;
        Some(format!("Go.Data's count moved on since run {run}: `{code}` in {period} was {then} and is {now}{more}"))
    }

    /// Where an indicator and a period stand in the certificate.
    fn place(&self, code: &str, period: &str) -> Option<(usize, usize)> {
        let indicator = self.certificate.indicators.iter().position(|one| one.indicator == code)?;
        let period = self.span.period_type().parse(period).ok()?;
        Some((indicator, self.span.position(period)?))
    }
}

impl Compared {
    fn tell(&mut self, difference: Difference) {
        if self.differences.len() < DIFFERENCES_TOLD_MAX {
            self.differences.push(difference);
        } else {
            self.n_more_differences += 1;
        }
    }
}

/// A difference, with the names that people know.
fn difference(key: &CellKey, should: Option<&str>, stored: Option<&StoredValue>, target: &Target) -> Difference {
    let element = target.addresses().find(|one| one.data_element == key.data_element);
    let unit = target.org_units.values().find(|one| one.unit.id.as_str() == key.org_unit);
    let combo = target.combo_names.get(&key.category_option_combo);
    Difference {
        data_element: key.data_element.to_string(),
        data_element_name: element.map_or_else(|| key.data_element.to_string(), |one| one.name.clone()),
        period: key.period.to_string(),
        org_unit: key.org_unit.to_string(),
        org_unit_name: unit.map_or_else(|| key.org_unit.to_string(), |one| one.unit.name.clone()),
        category_option_combo: key.category_option_combo.to_string(),
        category_option_combo_name: combo.cloned().unwrap_or_else(|| key.category_option_combo.to_string()),
        should: should.map(str::to_owned),
        says: stored.and_then(|stored| stored.value.as_ref()).map(ToString::to_string),
        stored_by: stored.and_then(|stored| stored.stored_by.as_ref()).map(ToString::to_string),
        last_updated: stored.and_then(|stored| stored.last_updated.as_ref()).map(ToString::to_string),
    }
}
