//! The epidemic curve: how many cases fall into each period.

use super::{PERIODS_MAX, Trend};
use crate::as_of::Summed;
use crate::config::model::Report;
use crate::error::Error;
use crate::store::LineList;
use epi::indicator::Window;
use epi::period::{Period, Span};
use epi::record::PersonKind;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Classifications that are drawn apart. Go.Data has five; a country may add some.
const SERIES_MAX: usize = 8;

/// An epidemic curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// What it is made of.
    pub source: CurveSource,
    /// The periods, oldest first.
    pub periods: Vec<String>,
    /// The parts of which the columns are made, the lowest first.
    pub series: Vec<Series>,
}

/// What a curve is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum CurveSource {
    /// The cases in the line list, by the date of onset.
    Records {
        /// Cases without a date of onset, which stand at their date of reporting.
        n_by_reporting: u64,
        /// Cases with neither, which stand nowhere.
        n_undated: u64,
        /// Cases of other periods.
        n_outside: u64,
    },
    /// The values of one indicator, where no records are kept or the report does not read the date of onset.
    Cells {
        /// Code of the indicator.
        indicator: String,
        /// Its title.
        title: String,
    },
}

/// A part of the columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Series {
    /// The classification as it is normalised, such as `CONFIRMED`; none: cases without one, or all of an indicator.
    pub classification: Option<String>,
    /// The count of each period.
    pub counts: Vec<u64>,
    /// Whether this is several classifications that are too many to draw.
    pub is_rest: bool,
}

impl Curve {
    /// What stands in all columns together.
    pub fn total(&self) -> u64 {
        self.series.iter().flat_map(|series| &series.counts).sum()
    }
}

/// The curve of the cases in a line list, over these periods. None: no case has a date of onset, because no report reads it.
///
/// It reads every person once. A million take seconds: see [`super::Pictures`], which remembers it until the next extraction.
///
/// # Errors
/// What the line list says.
pub fn curve_of_records(line_list: &LineList, periods: &[Period]) -> Result<Option<Curve>, Error> {
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else { return Ok(None) };
    let Ok(span) = Span::between(*first, *last) else { return Ok(None) };
    let mut counts: BTreeMap<Option<String>, Vec<u64>> = BTreeMap::new();
    let (mut n_by_onset, mut n_by_reporting, mut n_undated, mut n_outside) = (0_u64, 0, 0, 0);
    line_list.for_each(|person| {
        if person.kind != PersonKind::Case {
            return;
        }
        n_by_onset += u64::from(person.date_of_onset.is_some());
        let Some(date) = person.date_of_onset.or(person.date_of_reporting) else {
            n_undated += 1;
            return;
        };
        let Some(position) = span.position_of(date) else {
            n_outside += 1;
            return;
        };
        n_by_reporting += u64::from(person.date_of_onset.is_none());
        let classification = person.classification.map(|word| word.to_string());
        counts.entry(classification).or_insert_with(|| vec![0; span.n_periods()])[position] += 1;
    })?;
    if n_by_onset == 0 {
        return Ok(None);
    }
    let source = CurveSource::Records { n_by_reporting, n_undated, n_outside };
    let periods = span.iter().map(|period| period.id().to_string()).collect();
    Ok(Some(Curve { source, periods, series: in_order(counts, span.n_periods()) }))
}

/// What is surest first, so that it stands on the ground and its height can be compared.
fn in_order(counts: BTreeMap<Option<String>, Vec<u64>>, n_periods: usize) -> Vec<Series> {
    const KNOWN: [&str; 5] = ["CONFIRMED", "PROBABLE", "SUSPECT", "NOT_A_CASE_DISCARDED", "NOT_A_CASE"];
    let place = |word: &Option<String>| match word {
        Some(word) => KNOWN.iter().position(|known| known == word).unwrap_or(KNOWN.len()),
        None => usize::MAX,
    };
    let mut series: Vec<Series> =
        counts.into_iter().map(|(classification, counts)| Series { classification, counts, is_rest: false }).collect();
    series.sort_by_key(|one| (place(&one.classification), u64::MAX - one.counts.iter().sum::<u64>()));
    if series.len() > SERIES_MAX {
        let mut rest = Series { classification: None, counts: vec![0; n_periods], is_rest: true };
        for one in series.drain(SERIES_MAX - 1..) {
            rest.counts.iter_mut().zip(one.counts).for_each(|(sum, n)| *sum += n);
        }
        series.push(rest);
    }
    series
}

/// The curve of an indicator's values: of the one with this code, else of the first that counts what happened during a period.
/// None: the report has no such indicator.
pub fn curve_of_cells(trends: &[Trend], report: &Report, periods: &[String], indicator: Option<&str>) -> Option<Curve> {
    let counts_new = |trend: &&Trend| {
        let model = report.indicators.iter().find(|model| model.indicator.code == trend.indicator);
        trend.of == Summed::Values && model.is_some_and(|model| matches!(model.indicator.window, Window::During))
    };
    let named = indicator.and_then(|code| trends.iter().find(|trend| trend.indicator == code));
    let trend = named.or_else(|| trends.iter().find(counts_new))?;
    let whole = |total: &Option<Decimal>| total.and_then(|total| total.trunc().to_u64()).unwrap_or_default();
    let counts = trend.totals.iter().map(whole).collect();
    debug_assert!(periods.len() <= PERIODS_MAX);
    Some(Curve {
        source: CurveSource::Cells { indicator: trend.indicator.clone(), title: trend.title.clone() },
        periods: periods.to_vec(),
        series: vec![Series { classification: None, counts, is_rest: false }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_surest_stands_on_the_ground_and_what_is_too_much_is_one_part() {
        let words = ["SUSPECT", "ZZZ", "CONFIRMED", "A", "B", "C", "D", "E", "PROBABLE"];
        let mut counts: BTreeMap<Option<String>, Vec<u64>> =
            words.iter().zip(1..).map(|(word, n)| (Some((*word).to_owned()), vec![n, 0])).collect();
        counts.insert(None, vec![100, 1]);
        let total: u64 = counts.values().flatten().sum();
        let series = in_order(counts, 2);
        let names: Vec<_> = series.iter().map(|one| one.classification.as_deref().unwrap_or("-")).collect();
        assert_eq!(names, ["CONFIRMED", "PROBABLE", "SUSPECT", "E", "D", "C", "B", "-"]);
        assert!(series[7].is_rest && series[7].counts[0] > 100);
        assert_eq!(series.iter().flat_map(|one| &one.counts).sum::<u64>(), total);
    }
}
