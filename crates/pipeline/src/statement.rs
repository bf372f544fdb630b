//! Statements of a run: from the cells of a place and a period to the value that a rule gives, unless a person stated one.

use crate::config::model::Report;
use crate::plan::Plan;
use crate::target::Target;
use compact_str::CompactString;
use epi::cell::{Cells, wire_text};
use epi::contribution::CellKey;
use epi::indicator::Definitions;
use epi::period::Period;
use epi::plan::{Desired, ValueKey};
use epi::statement::DecidedBy;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// The statements of a run, and the numbers that they follow from.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    /// Code and title of each, in the order of the report.
    pub named: Vec<(String, String)>,
    /// What decided each value.
    of: FxHashMap<ValueKey, Stated>,
    rules: Vec<Vec<RuleText>>,
    totals: Totals,
}

/// What decided a value.
#[derive(Clone, Copy, Debug)]
struct Stated {
    statement: u16,
    period: u16,
    place: u32,
    by: DecidedBy,
}

/// A rule as it was written, and the indicators that it names.
#[derive(Clone, Debug)]
struct RuleText {
    text: String,
    indicators: Vec<(u16, String)>,
}

impl Statements {
    /// Which statement a value is of.
    pub fn index_of(&self, key: &ValueKey) -> Option<usize> {
        self.of.get(key).map(|stated| usize::from(stated.statement))
    }

    /// Why a value is what it is, in words: the rule, with the numbers that it looked at.
    pub fn why(&self, key: &ValueKey) -> Option<String> {
        let stated = self.of.get(key)?;
        let rules = self.rules.get(usize::from(stated.statement))?;
        let numbers = |rules: &[RuleText]| {
            let indicators: BTreeSet<&(u16, String)> = rules.iter().flat_map(|rule| &rule.indicators).collect();
            let number = |(indicator, code): &(u16, String)| {
                let total = self.totals.get(*indicator, stated.period, stated.place);
                format!("{code} = {}", wire_text(total))
            };
            indicators.into_iter().map(number).collect::<Vec<_>>().join(", ")
        };
        Some(match stated.by {
            DecidedBy::Person => "a person stated it".to_owned(),
            DecidedBy::Rule(index) => {
                let rule = rules.get(index)?;
                let (text, number) = (rule.text.split_whitespace().collect::<Vec<_>>().join(" "), index + 1);
                format!("rule {number} holds, {text}: {}", numbers(std::slice::from_ref(rule)))
            }
            DecidedBy::Otherwise if rules.is_empty() => "it is said for every place and period".to_owned(),
            DecidedBy::Otherwise => format!("no rule holds: {}", numbers(rules)),
        })
    }
}

/// What the statements ask for: a value for every organisation unit of the map in every period, as far as one follows.
pub(crate) fn desire(cells: &Cells, definitions: &Definitions, target: &Target, report: &Report, plan: &mut Plan) {
    if report.statements.is_empty() {
        return;
    }
    let codes = |used: &BTreeSet<usize>| {
        used.iter().map(|index| (*index as u16, definitions.indicators[*index].code.clone())).collect()
    };
    let statements = report.statements.iter().map(|model| &model.statement);
    let rule_texts = statements.clone().map(|statement| {
        let rule =
            |rule: &epi::condition::Rule| RuleText { text: rule.source().to_owned(), indicators: codes(rule.used()) };
        statement.rules.iter().map(|(one, _)| rule(one)).collect()
    });
    let mut found = Statements {
        named: statements.clone().map(|statement| (statement.code.clone(), statement.title.clone())).collect(),
        of: FxHashMap::default(),
        rules: rule_texts.collect(),
        totals: Totals::of(cells, definitions, target, &used(report)),
    };
    let n = definitions.indicators.len();
    for (index, (model, address)) in report.statements.iter().zip(&target.statements).enumerate() {
        let Some((combo, attribute)) = address.cells.first() else { continue };
        let stated: FxHashMap<(&str, Period), &str> = model
            .stated
            .iter()
            .flat_map(|table| &table.rows)
            .map(|row| ((row.org_unit.as_str(), row.period), row.value.as_str()))
            .collect();
        let (data_element, combo, attribute) =
            (plan.names.number(&address.data_element), plan.names.number(combo), plan.names.number(attribute));
        for (position, period) in definitions.span.span().iter().enumerate() {
            for (place, unit) in definitions.places.org_units().iter().enumerate() {
                let (position, place) = (position as u16, place as u32);
                let numbers: Vec<Option<Decimal>> =
                    (0..n).map(|indicator| Some(found.totals.get(indicator as u16, position, place))).collect();
                let by_person = stated.get(&(unit.as_str(), period)).map(|value| (*value, DecidedBy::Person));
                let Some((value, by)) = by_person.or_else(|| model.statement.value(&numbers)) else { continue };
                let org_unit = plan.keys.units[place as usize];
                let key = ValueKey { period, org_unit, data_element, combo, attribute };
                plan.desired.insert(key, Desired { value: CompactString::from(value), n_records: 0 });
                found.of.insert(key, Stated { statement: index as u16, period: position, place, by });
            }
        }
    }
    plan.statements = found;
}

/// The indicators that some rule names.
fn used(report: &Report) -> BTreeSet<usize> {
    let rules = report.statements.iter().flat_map(|model| &model.statement.rules);
    rules.flat_map(|(rule, _)| rule.used().iter().copied()).collect()
}

/// Totals of indicators by indicator, period and place. A place counts with the places below it, as DHIS2 adds them up: a
/// province whose districts have cases is not without cases.
#[derive(Clone, Debug, Default)]
struct Totals(FxHashMap<(u16, u16, u32), Decimal>);

impl Totals {
    fn of(cells: &Cells, definitions: &Definitions, target: &Target, used: &BTreeSet<usize>) -> Self {
        let with_above = with_above(definitions, target);
        let mut totals: FxHashMap<(u16, u16, u32), Decimal> = FxHashMap::default();
        for (CellKey { indicator, period, place, .. }, cell) in cells.sorted() {
            let index = usize::from(indicator);
            if !used.contains(&index) {
                continue;
            }
            let measure = &definitions.indicators[index];
            let Some(value) = cell.value(&measure.measure, measure.decimals) else { continue };
            for above in &with_above[place as usize] {
                let total = totals.entry((indicator, period, *above)).or_default();
                *total = total.saturating_add(value);
            }
        }
        Self(totals)
    }

    /// No record is zero: rules look only at counts and sums.
    fn get(&self, indicator: u16, period: u16, place: u32) -> Decimal {
        self.0.get(&(indicator, period, place)).copied().unwrap_or_default()
    }
}

/// Each place with the places of the map above it, by DHIS2's hierarchy.
fn with_above(definitions: &Definitions, target: &Target) -> Vec<Vec<u32>> {
    let units = definitions.places.org_units();
    let unit = |name: &String| target.org_units.get(name).map(|unit| &unit.unit);
    let place_of: FxHashMap<&str, u32> =
        units.iter().enumerate().filter_map(|(place, name)| Some((unit(name)?.id.as_str(), place as u32))).collect();
    let above = |(place, name): (usize, &String)| {
        let mut places = vec![place as u32];
        let path = unit(name).map(|unit| unit.path.as_str()).unwrap_or_default();
        let uids = path.split('/').filter_map(|uid| place_of.get(uid).copied());
        places.extend(uids.filter(|above| *above as usize != place));
        places
    };
    units.iter().enumerate().map(above).collect()
}
