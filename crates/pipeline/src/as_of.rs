//! A report as it stood at any time: the values that the last run that came through had computed by then.

use crate::config::model::{Config, Report};
use crate::error::{Error, ErrorKind};
use crate::store::{CellHistory, CellRow, Outcome, Run, RunId, State, last_covering};
use epi::cell::wire_text;
use epi::indicator::Measure;
use epi::period::{Period, Span};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::str::FromStr;

/// What of a report to look at; everything where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Codes of indicators.
    pub indicators: Vec<String>,
    /// UIDs of organisation units.
    pub org_units: Vec<String>,
    /// First period, instead of the first one of the run.
    pub from: Option<Period>,
    /// Last period, instead of the last one of the run.
    pub to: Option<Period>,
}

impl Selection {
    /// Whether a cell is among them.
    pub(crate) fn has(&self, indicator: &str, org_unit: &str) -> bool {
        let named = |names: &[String], name: &str| names.is_empty() || names.iter().any(|one| one == name);
        named(&self.indicators, indicator) && named(&self.org_units, org_unit)
    }

    pub(crate) fn span(&self, default: Span) -> Result<Span, Error> {
        let (from, to) = (self.from.unwrap_or(default.first()), self.to.unwrap_or(default.last()));
        Span::between(from, to).map_err(|error| {
            Error::new(ErrorKind::Config, error.to_string())
                .advice("Correct --from and --to: they take periods of the report.")
        })
    }
}

/// A report as it stood at an instant.
#[derive(Clone, Debug, Serialize)]
pub struct AsOf {
    /// Name of the report.
    pub report: String,
    /// The instant.
    pub at: Timestamp,
    /// The last run that had come through by then.
    pub run: PastRun,
    /// Every period, and the run that last covered it by then.
    pub periods: Vec<PastPeriod>,
    /// For each indicator and period the sum of its values, or the number of records where a sum says nothing.
    pub totals: Vec<Total>,
    /// The values.
    pub values: Vec<CellRow>,
}

/// A run that came through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastRun {
    /// Its number.
    pub run: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The DHIS2 that it wrote to, by its system id.
    pub dhis2_system_id: Option<String>,
}

/// A period and the run that last covered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastPeriod {
    /// The period.
    pub period: String,
    /// The run; none had covered it.
    pub run: Option<RunId>,
}

/// The values of an indicator in a period together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Total {
    /// Code of the indicator.
    pub indicator: String,
    /// Period.
    pub period: String,
    /// Number of values.
    pub n_values: u64,
    /// What is added up.
    pub of: Summed,
    /// The sum.
    pub total: String,
}

/// What is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Summed {
    /// The values.
    Values,
    /// The records behind them: averages, medians and the like do not add up, and of an indicator that the configuration no
    /// longer has nobody knows.
    Records,
}

impl Summed {
    /// What of an indicator is added up.
    pub(crate) fn of(indicator: &str, report: &Report) -> Self {
        let found = report.indicators.iter().find(|model| model.indicator.code == indicator);
        match found.map(|model| &model.indicator.measure) {
            Some(Measure::Count | Measure::CountDistinct(_) | Measure::Sum(_)) => Self::Values,
            _ => Self::Records,
        }
    }

    /// What a value adds.
    pub(crate) fn term(self, value: Option<&str>, n_records: u64) -> Decimal {
        match (self, value) {
            (_, None) => Decimal::ZERO,
            (Self::Values, Some(value)) => Decimal::from_str(value).unwrap_or_default(),
            (Self::Records, Some(_)) => Decimal::from(n_records),
        }
    }
}

/// What is known of a report's past.
pub(crate) struct Past<'s> {
    pub(crate) history: CellHistory<'s>,
    /// Runs that came through, oldest first, with their periods.
    pub(crate) runs: Vec<(Run, Span)>,
}

impl<'s> Past<'s> {
    pub(crate) fn of(state: &'s State, report: &Report) -> Result<Self, Error> {
        let mut runs = Vec::new();
        for run in state.computed_runs(&report.name)? {
            let span = state.span_of_run(&run)?;
            // Runs of another period type say nothing of the report's periods.
            if span.period_type() == report.period_type.value {
                runs.push((run, span));
            }
        }
        Ok(Self { history: state.cell_history(&report.name)?, runs })
    }

    /// The last run that had come through at an instant.
    pub(crate) fn last(&self, at: Timestamp) -> Option<&(Run, Span)> {
        self.runs.iter().rev().find(|(run, _)| run.finished_at.is_some_and(|finished| finished <= at))
    }

    /// The last run at an instant that had covered a period; none if what was known then is forgotten.
    pub(crate) fn last_covering(&self, period: Period, at: Timestamp) -> Option<&Run> {
        self.last(at).filter(|(run, _)| !run.cells_expired)?;
        last_covering(&self.runs, period, at)
    }
}

/// The instant that a text names: an instant; a day and a time in the report's time zone; or a day, which is its end there.
///
/// # Errors
/// A text that is none of these, with how to write one.
pub fn instant(text: &str, time_zone: &TimeZone) -> Result<Timestamp, Error> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let in_zone = |at: DateTime| at.to_zoned(time_zone.clone()).ok().map(|zoned| zoned.timestamp());
    // A day with a time is no day: the parser for days would drop the time.
    let found = match text.len() {
        10 => text.parse::<Date>().ok().and_then(|date| end_of(date, time_zone)),
        _ => text.parse::<DateTime>().ok().and_then(in_zone),
    };
    found.ok_or_else(|| {
        Error::new(ErrorKind::Config, format!("`{text}` is no day and no time"))
            .advice("Write 2020-08-03 for the end of that day, 2020-08-03T17:00, or 2020-08-03T17:00Z.")
    })
}

/// The last instant of a day.
pub(crate) fn end_of(date: Date, time_zone: &TimeZone) -> Option<Timestamp> {
    Some(date.to_datetime(Time::MAX).to_zoned(time_zone.clone()).ok()?.timestamp())
}

/// A report as it stood at an instant.
///
/// # Errors
/// No run had come through by then, or its values are no longer kept.
pub fn as_of(state: &State, report: &Report, at: Timestamp, selection: &Selection) -> Result<AsOf, Error> {
    let past = Past::of(state, report)?;
    let refuse = |message: String, advice: String| Err(Error::new(ErrorKind::Config, message).advice(advice));
    let Some((run, covered)) = past.last(at) else {
        let first = past.runs.iter().find_map(|(run, _)| run.finished_at);
        let advice = match first {
            Some(first) => format!("The first one ended at {first}."),
            None => "`tally run` makes one.".to_owned(),
        };
        return refuse(format!("no run of report `{}` had come through by {at}", report.name), advice);
    };
    if run.cells_expired {
        let kept = past.runs.iter().find(|(run, _)| !run.cells_expired).and_then(|(run, _)| run.finished_at);
        let advice =
            kept.map(|kept| format!("Values are known from {kept} on; see `values_kept_days`.")).unwrap_or_default();
        return refuse(format!("the values of run {} are no longer kept", run.id), advice);
    }
    let (mut periods, mut values) = (Vec::new(), Vec::new());
    for period in selection.span(*covered)?.iter() {
        let by = past.last_covering(period, at);
        if let Some(by) = by {
            let found = past.history.values_at(&period.id(), by.id)?;
            values.extend(found.into_iter().filter(|row| selection.has(&row.indicator, &row.key.org_unit)));
        }
        periods.push(PastPeriod { period: period.id().to_string(), run: by.map(|by| by.id) });
    }
    let run = PastRun {
        run: run.id,
        started_at: run.started_at,
        finished_at: run.finished_at,
        outcome: run.outcome,
        dhis2_system_id: run.dhis2.as_ref().map(|dhis2| dhis2.system_id.clone()),
    };
    let totals = totals(&values, &periods, report);
    Ok(AsOf { report: report.name.clone(), at, run, periods, totals, values })
}

/// Forgets what values of a report were, as far as the configuration says.
pub(crate) fn expire(state: &mut State, config: &Config, report: &str, now: Timestamp) -> Result<(), Error> {
    let Some(days) = config.values_kept_days else { return Ok(()) };
    if let Ok(before) = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))) {
        state.expire_cells(report, before)?;
    }
    Ok(())
}

/// In the order of the report's indicators, those that it no longer has behind, and of the periods.
fn totals(values: &[CellRow], periods: &[PastPeriod], report: &Report) -> Vec<Total> {
    let order = |indicator: &str| report.indicators.iter().position(|model| model.indicator.code == indicator);
    let place: BTreeMap<&str, usize> = periods.iter().enumerate().map(|(i, p)| (p.period.as_str(), i)).collect();
    let mut sums: BTreeMap<(usize, &str, usize), (u64, Decimal)> = BTreeMap::new();
    for row in values {
        let key = (
            order(&row.indicator).unwrap_or(usize::MAX),
            row.indicator.as_str(),
            place.get(row.key.period.as_str()).copied().unwrap_or_default(),
        );
        let (n, sum) = sums.entry(key).or_default();
        *n += 1;
        *sum = sum.saturating_add(Summed::of(&row.indicator, report).term(Some(&row.value), row.n_records));
    }
    let total = |((_, indicator, period), (n_values, sum)): ((usize, &str, usize), (u64, Decimal))| Total {
        indicator: indicator.to_owned(),
        period: periods[period].period.clone(),
        n_values,
        of: Summed::of(indicator, report),
        total: wire_text(sum),
    };
    sums.into_iter().map(total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_end_where_the_report_lives() {
        let dakar = TimeZone::get("Africa/Dakar").unwrap();
        let kathmandu = TimeZone::get("Asia/Kathmandu").unwrap();
        let at = |text: &str, zone: &TimeZone| instant(text, zone).map(|at| at.to_string()).map_err(|e| e.to_string());
        assert_eq!(at("2020-08-03", &dakar).unwrap(), "2020-08-03T23:59:59.999999999Z");
        assert_eq!(at("2020-08-03", &kathmandu).unwrap(), "2020-08-03T18:14:59.999999999Z");
        assert_eq!(at("2020-08-03T17:00", &kathmandu).unwrap(), "2020-08-03T11:15:00Z");
        assert_eq!(at("2020-08-03T17:00Z", &kathmandu).unwrap(), "2020-08-03T17:00:00Z");
        assert_eq!(at("2020-08-03T17:00+02:00", &dakar).unwrap(), "2020-08-03T15:00:00Z");
        for text in ["2020W31", "yesterday", "2020-13-01", ""] {
            assert!(at(text, &dakar).unwrap_err().contains("is no day and no time"), "{text}");
        }
    }
}
