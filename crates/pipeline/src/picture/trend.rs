//! How an indicator went from period to period.

use super::Sight;
use super::fold::Seen;
use crate::as_of::Summed;
use crate::config::model::Report;
use rust_decimal::Decimal;
use serde::Serialize;
use std::str::FromStr;

/// The totals of an indicator over all organisation units and disaggregations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trend {
    /// Code of the indicator.
    pub indicator: String,
    /// Its title.
    pub title: String,
    /// What is added up.
    pub of: Summed,
    /// The total of each period; none: no run has covered it, or what it computed is no longer kept.
    pub totals: Vec<Option<Decimal>>,
}

pub(super) struct Trends(Vec<Trend>);

impl Trends {
    pub(super) fn new(report: &Report, n_periods: usize) -> Self {
        let trend = |model: &crate::config::model::IndicatorModel| Trend {
            indicator: model.indicator.code.clone(),
            title: model.indicator.title.clone(),
            of: Summed::of(&model.indicator.code, report),
            totals: vec![None; n_periods],
        };
        // What goes nowhere has no value in the state.
        Self(report.indicators.iter().filter(|model| model.goes_to.is_some()).map(trend).collect())
    }

    pub(super) fn covered(&mut self, period: usize) {
        self.0.iter_mut().for_each(|trend| {
            trend.totals[period].get_or_insert(Decimal::ZERO);
        });
    }

    pub(super) fn add(&mut self, period: usize, value: &Seen<'_>, sight: Sight) {
        let Some(trend) = self.0.iter_mut().find(|trend| trend.indicator == value.row.indicator.as_str()) else {
            return;
        };
        let total = trend.totals[period].get_or_insert(Decimal::ZERO);
        *total = total.saturating_add(seen(trend.of, value, sight));
    }

    pub(super) fn done(self) -> Vec<Trend> {
        self.0
    }
}

/// What a value adds to a total for somebody.
pub(super) fn seen(of: Summed, value: &Seen<'_>, sight: Sight) -> Decimal {
    match sight {
        Sight::All => of.term(Some(&value.row.value), value.row.n_records),
        Sight::Published => match (of, value.standing) {
            (_, None) => Decimal::ZERO,
            (Summed::Values, Some(standing)) => Decimal::from_str(standing).unwrap_or_default(),
            // The number of records behind a value is published only together with the value.
            (Summed::Records, Some(_)) if value.stands() => Decimal::from(value.row.n_records),
            (Summed::Records, Some(_)) => Decimal::ZERO,
        },
    }
}
