//! How a report fits both servers now.

use super::{Area, Code, Examination};
use crate::config::model::{Config, Report};
use crate::failure;
use crate::progress::counted;
use crate::run::open_state;
use crate::source;
use crate::target::Target;
use ::dhis2::Changed;
use epi::period::Span;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Objects that are named one by one; the number counts all.
const NAMED_MAX: usize = 8;

/// Looks at a report.
pub(super) async fn examine(config: &Config, report: &Report, now: Timestamp, examination: &mut Examination) {
    let target = match Target::prepare(config, report).await {
        Ok(target) => target,
        Err(error) => return examination.failed(Area::Report, Code::ReportMetadata, &error),
    };
    let facts = &target.facts;
    let text = format!("`{}`: its definitions fit data set \"{}\"", report.name, facts.data_set_name);
    examination.well(Area::Report, Code::ReportMetadata, text);
    match source::open(config, report).await {
        Ok(opened) => {
            let text = format!("`{}`: every value that it names is in Go.Data's reference data", report.name);
            examination.well(Area::Report, Code::ReportReferenceData, text);
            let n_open = opened.places.unmapped().count();
            if n_open > 0 {
                examination.warn(
                    Area::Report,
                    Code::ReportPlaces,
                    format!(
                        "`{}`: {} nowhere",
                        report.name,
                        if n_open == 1 { "1 location counts".to_owned() } else { format!("{n_open} locations count") }
                    ),
                    "Neither they nor a place above them have an organisation unit in the map of places.",
                    "Run `tally map places`; it begins with those on which most records hang.",
                );
            }
        }
        Err(error) => examination.failed(Area::Report, Code::ReportReferenceData, &error),
    }
    assigned(report, &target, examination);
    if let Ok(span) = report.look_back(now.to_zoned(report.time_zone.clone()).date()) {
        periods(report, span, &target, examination);
    }
    zeros(report, &target, examination);
    changed(config, report, &target, now, examination).await;
}

/// Units that a data set is not assigned to, closed ones, and those outside the account's part of the country.
fn assigned(report: &Report, target: &Target, examination: &mut Examination) {
    let mut held: BTreeMap<&str, u64> = BTreeMap::new();
    for unit in target.org_units.values() {
        unit.held().for_each(|reason| *held.entry(reason).or_default() += 1);
    }
    if held.is_empty() {
        let n = counted(target.org_units.len() as u64, "organisation unit");
        let text =
            format!("`{}`: the data set is assigned to {n} of the map, and the account may write there", report.name);
        return examination.well(Area::Report, Code::ReportOrgUnits, text);
    }
    for reason in held.keys().take(NAMED_MAX) {
        examination.warn(
            Area::Report,
            Code::ReportOrgUnits,
            format!("`{}`: {reason}", report.name),
            "DHIS2 would refuse the values of this organisation unit; they are held.",
            "Assign the data set to it, or the account, or leave its column org_unit empty so that its places count above.",
        );
    }
    if held.len() > NAMED_MAX {
        let text = format!("`{}`: {} more of this kind", report.name, held.len() - NAMED_MAX);
        examination.warn(Area::Report, Code::ReportOrgUnits, text, "As above.", "`tally check` lists all.");
    }
}

/// Periods of the look-back that DHIS2 does not take now.
fn periods(report: &Report, span: Span, target: &Target, examination: &mut Examination) {
    for data_set in 0..target.data_sets.len() {
        let held: Vec<_> = span
            .iter()
            .filter_map(|period| target.period_held(data_set, period).map(|reason| (period, reason)))
            .collect();
        let Some((_, reason)) = held.first() else {
            let (first, last) = (span.first().id(), span.last().id());
            let text = format!("`{}`: DHIS2 takes all periods from {first} to {last}", report.name);
            examination.well(Area::Report, Code::ReportPeriods, text);
            continue;
        };
        let n = counted(held.len() as u64, "period");
        examination.warn(
            Area::Report,
            Code::ReportPeriods,
            format!("`{}`: {n} of {} cannot be written now: {reason}", report.name, span.n_periods()),
            "Values of such periods are held, and corrections of them do not reach DHIS2.",
            "Shorten `look_back`, or let the DHIS2 administrator open the periods (expiry days, data input periods) or give \
             the account F_EDIT_EXPIRED.",
        );
    }
}

/// Zeros that DHIS2 would not store.
fn zeros(report: &Report, target: &Target, examination: &mut Examination) {
    if !report.zeros {
        return;
    }
    let dropped: Vec<&str> = target
        .indicators
        .iter()
        .flatten()
        .filter(|address| {
            target
                .element(&address.data_element)
                .is_some_and(|element| !element.zero_is_significant && !element.is_averaged)
        })
        .map(|address| address.name.as_str())
        .collect();
    if dropped.is_empty() {
        let text = format!("`{}`: DHIS2 stores the zeros that it writes", report.name);
        return examination.well(Area::Report, Code::ReportZeros, text);
    }
    let names = dropped.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
    examination.warn(
        Area::Report,
        Code::ReportZeros,
        format!("`{}` writes zeros, and DHIS2 drops those of {names}", report.name),
        "Their setting \"store zero data values\" is off, so a zero and no report look the same there.",
        "Switch the setting on (Maintenance, Data element), or leave out `zeros`.",
    );
}

/// Metadata that changed since the last run that came through.
async fn changed(config: &Config, report: &Report, target: &Target, now: Timestamp, examination: &mut Examination) {
    if !config.state_file().exists() {
        return;
    }
    let runs = open_state(config).and_then(|state| Ok(state.runs(Some(&report.name), RUNS_LOOKED_AT)?));
    let last = match runs {
        Ok(runs) => runs.into_iter().find(|run| run.outcome.is_some()),
        Err(error) => return examination.failed(Area::State, Code::State, &error),
    };
    let Some(last) = last else { return };
    let data_sets: Vec<_> = target.data_sets.iter().map(|of| of.data_set.id).collect();
    // By the server's own clock, whatever its time zone is.
    let Ok(since) = target.now.checked_sub(now.duration_since(last.started_at)) else { return };
    match target.client.changed_since(&data_sets, since).await {
        Ok(changed) if changed.is_empty() => {
            let text = format!("`{}`: its metadata is as at run {}", report.name, last.id);
            examination.well(Area::Report, Code::ReportChanged, text);
        }
        Ok(changed) => {
            let name = |one: &Changed| format!("{} \"{}\"", one.kind, one.name);
            let names = changed.iter().take(NAMED_MAX).map(name).collect::<Vec<_>>().join(", ");
            let more = match changed.len().saturating_sub(NAMED_MAX) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            examination.warn(
                Area::Report,
                Code::ReportChanged,
                format!("`{}`: since run {} somebody changed {names}{more}", report.name, last.id),
                "A renamed option or a new category combo can send values elsewhere than people look.",
                "`tally plan` shows what would change before anything is pushed.",
            );
        }
        Err(error) => examination.failed(Area::Report, Code::ReportChanged, &failure::dhis2(&error, config)),
    }
}

/// Runs among which the last one that came through is looked for.
const RUNS_LOOKED_AT: u32 = 1_000;
