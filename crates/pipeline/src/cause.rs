//! Why values change: for every value of a plan, the records that entered and left its cell since Tally wrote it.
//!
//! What a record meant then and what it means now come from the same pure function; the line list remembers what it was.

use crate::config::model::Report;
use crate::error::Error;
use crate::plan::Plan;
use crate::store::{ExtractionId, LineList, Run, RunId, State, StoreError};
use crate::target::Target;
use epi::cause::{Movement, Retrospect};
use epi::indicator::{Definitions, Measure};
use epi::period::Period;
use epi::plan::{Action, Change, ValueKey};
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Records named for one value. Beyond, they are counted.
const RECORDS_MAX: usize = 1_000;

/// Why a value changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// What is not a matter of single records, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Records that entered the cell.
    #[serde(default)]
    pub n_entered: u64,
    /// Records that left it.
    #[serde(default)]
    pub n_left: u64,
    /// Records that count there as before, with another amount.
    #[serde(default)]
    pub n_revised: u64,
    /// The records, as many as are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordCause>,
}

/// A record that makes a value change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RecordCause {
    /// Id in Go.Data.
    pub record: String,
    /// `entered`, `left` or `revised`.
    pub movement: String,
    /// What happened to it, with names of fields and without their values.
    pub why: String,
}

/// What the causes are looked for with.
pub struct Past<'a> {
    /// What Tally last wrote.
    pub state: &'a State,
    /// What the records were; none if none are kept.
    pub line_list: Option<&'a LineList>,
    /// Hash of the definitions of this run.
    pub definitions_hash: &'a str,
}

/// Looks for the cause of every value that changes or is held.
///
/// # Errors
/// What the state or the line list says.
pub fn explain(
    plan: &mut Plan,
    definitions: &Definitions,
    target: &Target,
    report: &Report,
    past: &Past<'_>,
) -> Result<(), Error> {
    let mut since: BTreeMap<RunId, Vec<usize>> = BTreeMap::new();
    let mut causes = FxHashMap::default();
    let last = past.state.last_explainable(&report.name)?;
    for (index, change) in plan.changes.iter().enumerate().filter(|(_, change)| change.action != Action::Unchanged) {
        if target.is_statement(plan.names.name(change.key.data_element)) {
            causes.insert(change.key, of_statement(plan, change));
            continue;
        }
        let wrote = match &change.written {
            Some(_) => past.state.ledger_value(&target.facts.system_id, &plan.cell_key(&change.key))?,
            None => None,
        };
        // What no run ever wrote was nothing when the last one looked.
        let since_run = wrote.map(|wrote| wrote.run);
        let since_run = since_run.or_else(|| last.as_ref().filter(|run| covers(run, change)).map(|run| run.id));
        if let Some(run) = since_run {
            since.entry(run).or_default().push(index);
        }
    }
    for (run, changes) in since {
        let Some(run) = past.state.run(run)? else { continue };
        let mut found: FxHashMap<ValueKey, Cause> =
            changes.iter().map(|index| (plan.changes[*index].key, Cause::default())).collect();
        let is_known = moved(&mut found, plan, definitions, report, &run, past.line_list)?;
        for index in changes {
            let change = &plan.changes[index];
            let cause = found.entry(change.key).or_default();
            if change.written.is_none() && is_explained(cause, change, plan, definitions) != Some(true) {
                found.remove(&change.key);
            } else {
                rest(cause, change, plan, definitions, target, &run, past, is_known);
            }
        }
        causes.extend(found);
    }
    plan.causes = causes;
    plan.is_explained = true;
    Ok(())
}

/// Why the value of a statement changes: what decided it now, and what the value was.
fn of_statement(plan: &Plan, change: &Change) -> Cause {
    let mut reasons = Vec::new();
    match (change.action, &change.actual) {
        (Action::Drifted, _) => reasons.push("somebody changed what Tally wrote".to_owned()),
        (Action::Existing, Some(_)) => reasons.push("somebody wrote before Tally did".to_owned()),
        _ => {}
    }
    reasons.push(plan.statements.why(&change.key).unwrap_or_else(|| "no rule holds, and nobody stated it".to_owned()));
    if let (Some(written), true) = (&change.written, change.written != change.desired) {
        reasons.push(format!("Tally wrote {written} before"));
    }
    Cause { reasons, ..Cause::default() }
}

/// Whether a run looked at the period of a change.
fn covers(run: &Run, change: &Change) -> bool {
    let period = |text: &str| Period::parse(text).ok();
    let (Some(first), Some(last)) = (period(&run.period_first), period(&run.period_last)) else { return false };
    first <= change.key.period && change.key.period <= last
}

/// The cause of a value of which no more is known than that Tally has not written it, or has taken it away. A first run has
/// hundreds of thousands of these, so they are put into words where they are told.
pub(crate) fn first(plan: &Plan, change: &Change) -> Cause {
    let n_records = plan.desired.get(&change.key).map_or(0, |desired| desired.n_records);
    let reason = match change.action {
        _ if change.actual.is_some() => "somebody wrote before Tally did".to_owned(),
        _ => format!("first value, {}", crate::progress::counted(n_records, "record")),
    };
    Cause { reasons: vec![reason], ..Cause::default() }
}

/// Adds the records that moved since a run. `false` if what they were is not known.
fn moved(
    found: &mut FxHashMap<ValueKey, Cause>,
    plan: &Plan,
    definitions: &Definitions,
    report: &Report,
    run: &Run,
    line_list: Option<&LineList>,
) -> Result<bool, Error> {
    let (Some(line_list), Some(extraction)) = (line_list, run.extraction) else { return Ok(false) };
    let then = run.started_at.to_zoned(report.time_zone.clone()).date();
    let retrospect = Retrospect::new(definitions, then);
    let span = definitions.span.span();
    let looked = line_list.changed_since(ExtractionId(extraction), |changed| {
        for cause in retrospect.causes(changed.before.as_ref(), changed.after.as_ref()) {
            let Some(of_value) = plan.keys.of(&cause.cell, span).and_then(|key| found.get_mut(&key)) else { continue };
            match cause.movement {
                Movement::Entered => of_value.n_entered += 1,
                Movement::Left => of_value.n_left += 1,
                Movement::Revised => of_value.n_revised += 1,
            }
            if of_value.records.len() < RECORDS_MAX {
                of_value.records.push(RecordCause {
                    record: changed.id.to_string(),
                    movement: cause.movement.name().to_owned(),
                    why: cause.why.words(),
                });
            }
        }
    });
    for cause in found.values_mut() {
        cause.records.sort();
    }
    match looked {
        Ok(()) => Ok(true),
        Err(StoreError::NoLongerKept { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Adds what the records do not explain.
#[expect(clippy::too_many_arguments, reason = "all that a value's history consists of")]
fn rest(
    cause: &mut Cause,
    change: &Change,
    plan: &Plan,
    definitions: &Definitions,
    target: &Target,
    run: &Run,
    past: &Past<'_>,
    is_known: bool,
) {
    if change.action == Action::Drifted {
        cause.reasons.push("somebody changed what Tally wrote".to_owned());
    }
    if is_explained(cause, change, plan, definitions) == Some(true) {
        return;
    }
    let indicator = plan.indicator_of.get(&change.key).map(|index| &definitions.indicators[usize::from(*index)]);
    let moved = cause.n_entered + cause.n_left + cause.n_revised > 0;
    let reason = if !target.writes(&plan.cell_key(&change.key)) {
        "the report no longer writes this value"
    } else if run.definitions_hash != past.definitions_hash {
        "the configuration or the map of places changed"
    } else if !is_known {
        "what the records were before is not kept"
    } else if moved {
        return;
    } else if indicator.is_some_and(|indicator| indicator.window.needs_interval()) {
        "time went on: open intervals reach further"
    } else if same_as_written(change) {
        return;
    } else {
        "not explained by the records"
    };
    cause.reasons.push(format!("{reason} since run {}", run.id));
}

/// Whether our own number is the one that we wrote: then the change lies in DHIS2.
fn same_as_written(change: &Change) -> bool {
    change.desired == change.written
}

/// Whether the records that moved make the whole difference between what we wrote and what we would write; `None` where a
/// count cannot tell.
fn is_explained(cause: &Cause, change: &Change, plan: &Plan, definitions: &Definitions) -> Option<bool> {
    let index = plan.indicator_of.get(&change.key);
    if index.is_some_and(|index| !matches!(definitions.indicators[usize::from(*index)].measure, Measure::Count)) {
        return None;
    }
    let number = |value: Option<&str>| Decimal::from_str(value.unwrap_or("0")).ok();
    let (old, new) = (number(change.written.as_deref())?, number(change.desired.as_deref())?);
    Some(old + Decimal::from(cause.n_entered) - Decimal::from(cause.n_left) == new)
}
