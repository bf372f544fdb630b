//! The revision triangle: what was known of each period after none, one, two … further periods, and what is known now. It
//! shows how late reports and reclassification change a week after it was first reported.

use crate::as_of::{Past, Selection, Summed, end_of};
use crate::config::model::Report;
use crate::error::{Error, ErrorKind};
use crate::store::{Run, RunId, State};
use epi::cell::wire_text;
use epi::period::Period;
use jiff::Timestamp;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// The most delays that are looked at: half a year of weeks.
pub const DELAYS_MAX: usize = 26;

/// The triangles of a report.
#[derive(Clone, Debug, Serialize)]
pub struct Revisions {
    /// Name of the report.
    pub report: String,
    /// The last run that came through: what `now` is.
    pub run: RunId,
    /// When that ended.
    pub finished_at: Option<Timestamp>,
    /// One for each indicator, in the order of the report.
    pub indicators: Vec<Triangle>,
}

/// How the periods of an indicator were revised.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Triangle {
    /// Code of the indicator.
    pub indicator: String,
    /// Title of the indicator; its code if the report no longer has it.
    pub title: String,
    /// What is added up.
    pub of: Summed,
    /// The periods, oldest first.
    pub periods: Vec<Revised>,
}

/// How a period was revised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Revised {
    /// The period.
    pub period: String,
    /// What was known at its end, at the end of the next period, and so on. None: that day has not come, no run had covered the
    /// period by then, or what was known is no longer kept.
    pub known: Vec<Option<String>>,
    /// What is known now.
    pub now: Option<String>,
    /// What was added to single values since the period was first computed: late reports, mostly.
    pub added: String,
    /// What was taken away from single values since then: reclassified, deleted and moved records.
    pub taken: String,
}

/// The triangles of a report, with columns for 0 to `n_delays` periods.
///
/// # Errors
/// No run has come through yet.
pub fn revisions(
    state: &State,
    report: &Report,
    n_delays: usize,
    selection: &Selection,
    now: Timestamp,
) -> Result<Revisions, Error> {
    let past = Past::of(state, report)?;
    let Some((last, covered)) = past.last(now) else {
        return Err(Error::new(ErrorKind::Config, format!("no run of report `{}` has come through yet", report.name))
            .advice("`tally run` makes one."));
    };
    let span = selection.span(*covered)?;
    let mut found: FxHashMap<String, Vec<Revised>> = FxHashMap::default();
    for period in span.iter() {
        for (indicator, revised) in of_period(&past, report, period, n_delays.min(DELAYS_MAX), selection, now)? {
            found.entry(indicator).or_default().push(revised);
        }
    }
    let known = report.indicators.iter().map(|model| (model.indicator.code.clone(), model.indicator.title.clone()));
    let known: Vec<(String, String)> = known.collect();
    let former: BTreeSet<String> = found.keys().filter(|code| known.iter().all(|(k, _)| k != *code)).cloned().collect();
    let all = known.into_iter().chain(former.into_iter().map(|code| (code.clone(), code)));
    let indicators = all.filter_map(|(indicator, title)| {
        let periods = found.remove(&indicator)?;
        Some(Triangle { of: Summed::of(&indicator, report), indicator, title, periods })
    });
    let indicators = indicators.collect();
    Ok(Revisions { report: report.name.clone(), run: last.id, finished_at: last.finished_at, indicators })
}

/// The changes of an indicator in a period, at each of the runs that covered it.
#[derive(Default)]
struct Steps {
    total: Vec<Decimal>,
    added: Decimal,
    taken: Decimal,
}

fn of_period(
    past: &Past<'_>,
    report: &Report,
    period: Period,
    n_delays: usize,
    selection: &Selection,
    now: Timestamp,
) -> Result<Vec<(String, Revised)>, Error> {
    let stages = stages(past, period, now);
    let known: Vec<Option<usize>> = (0..=n_delays)
        .map(|delay| {
            let end = end_of(period.advance(delay as i32)?.end(), &report.time_zone).filter(|end| *end <= now)?;
            let run = past.last_covering(period, end)?;
            stages.iter().position(|stage| *stage == run.id)
        })
        .collect();
    let mut steps: FxHashMap<String, Steps> = FxHashMap::default();
    let asked = |code: &String| selection.indicators.is_empty() || selection.indicators.contains(code);
    for code in report.indicators.iter().map(|model| &model.indicator.code).filter(|code| asked(code)) {
        steps.insert(code.clone(), Steps::of(stages.len()));
    }
    let (mut cell, mut seen) = (usize::MAX, Vec::<(usize, Decimal)>::new());
    let mut indicator = String::new();
    let mut close = |indicator: &str, seen: &mut Vec<(usize, Decimal)>| {
        if !seen.is_empty() {
            let entry = steps.entry(indicator.to_owned()).or_insert_with(|| Steps::of(stages.len()));
            entry.add(seen);
            seen.clear();
        }
    };
    past.history.for_each(&period.id(), |version| {
        if version.cell != cell {
            close(&indicator, &mut seen);
            cell = version.cell;
            version.indicator.clone_into(&mut indicator);
        }
        let stage = stages.partition_point(|stage| *stage < version.run);
        if stage == stages.len() || !selection.has(version.indicator, version.key[1]) {
            return;
        }
        let term = Summed::of(version.indicator, report).term(version.value, version.n_records);
        match seen.last_mut().filter(|(at, _)| *at == stage) {
            // A run that did not come through computed the one before, and nobody saw it.
            Some(unseen) => unseen.1 = term,
            None => seen.push((stage, term)),
        }
    })?;
    close(&indicator, &mut seen);
    Ok(steps.into_iter().map(|(indicator, steps)| (indicator, steps.revised(period, &known))).collect())
}

/// The runs that covered a period, as far as their values are kept.
fn stages(past: &Past<'_>, period: Period, now: Timestamp) -> Vec<RunId> {
    let covering: Vec<&Run> = past
        .runs
        .iter()
        .filter(|(run, span)| span.contains(period) && run.finished_at.is_some_and(|finished| finished <= now))
        .map(|(run, _)| run)
        .collect();
    // What the last of the expired ones left is still known.
    let n_expired = covering.iter().take_while(|run| run.cells_expired).count();
    covering[n_expired.saturating_sub(1)..].iter().map(|run| run.id).collect()
}

impl Steps {
    fn of(n_stages: usize) -> Self {
        Self { total: vec![Decimal::ZERO; n_stages], ..Self::default() }
    }

    /// Adds a cell: what it was from which stage on.
    fn add(&mut self, seen: &[(usize, Decimal)]) {
        let mut before = Decimal::ZERO;
        for (stage, value) in seen {
            let change = value.saturating_sub(before);
            self.total[*stage] = self.total[*stage].saturating_add(change);
            if *stage > 0 && change > Decimal::ZERO {
                self.added = self.added.saturating_add(change);
            } else if *stage > 0 {
                self.taken = self.taken.saturating_sub(change);
            }
            before = *value;
        }
    }

    fn revised(mut self, period: Period, known: &[Option<usize>]) -> Revised {
        for stage in 1..self.total.len() {
            self.total[stage] = self.total[stage].saturating_add(self.total[stage - 1]);
        }
        Revised {
            period: period.id().to_string(),
            known: known.iter().map(|stage| stage.map(|stage| wire_text(self.total[stage]))).collect(),
            now: self.total.last().map(|total| wire_text(*total)),
            added: wire_text(self.added),
            taken: wire_text(self.taken),
        }
    }
}
