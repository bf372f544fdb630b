//! Data quality, counted from the documents by the plainest code there is: a few findings of the cases by place, and the
//! days from onset to report.

use super::{Places, day, day_number, is, is_deleted};
use crate::godata::{Document, Documents};
use crate::population::OrgUnit;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A finding: rule, field and the organisation unit's uid; empty where a case belongs to none.
pub type Finding = (&'static str, &'static str, String);

/// The ids of the cases with each finding, held against this day (`2020-04-30`) and the first outbreak's start.
pub fn quality(documents: &Documents, org_units: &[OrgUnit], today: &str) -> BTreeMap<Finding, BTreeSet<String>> {
    let places = Places::new(documents, org_units);
    let start = documents.outbreaks.first().and_then(|outbreak| day(outbreak, "startDate")).unwrap_or("1900-01-01");
    let mut found: BTreeMap<Finding, BTreeSet<String>> = BTreeMap::new();
    for case in documents.cases().filter(|case| !is_deleted(case)) {
        let id = case.get("id").and_then(Value::as_str).unwrap_or_default();
        let unit = places.org_unit(case).unwrap_or_default();
        let (onset, reported, ended) =
            (day(case, "dateOfOnset"), day(case, "dateOfReporting"), day(case, "dateOfOutcome"));
        let age = case.get("age").and_then(|age| age.get("years")).and_then(Value::as_i64);
        let died = is(case, "outcomeId", "OUTCOME_DECEASED");
        let findings = [
            (onset.is_none(), "missing", "date_of_onset"),
            (reported.is_none(), "missing", "date_of_reporting"),
            (age.is_none(), "missing", "age_years"),
            (is_empty(case, "gender"), "missing", "gender"),
            (is_empty(case, "usualPlaceOfResidenceLocationId"), "missing", "residence"),
            // Texts of one form compare as the days do.
            (onset.is_some_and(|onset| onset > today), "in_the_future", "date_of_onset"),
            (onset.is_some_and(|onset| onset < start), "too_early", "date_of_onset"),
            (both(onset, reported, |onset, reported| onset > reported), "onset_after_reporting", "date_of_onset"),
            (both(onset, ended, |onset, ended| ended < onset), "outcome_before_onset", "date_of_outcome"),
            (died && ended.is_none(), "death_without_date", "date_of_outcome"),
            (stays(case, |start, _| start.is_none()), "no_start", "stays"),
            (stays(case, |start, end| both(start, end, |start, end| end < start)), "end_before_start", "stays"),
        ];
        for (_, rule, field) in findings.into_iter().filter(|(is_found, ..)| *is_found) {
            found.entry((rule, field, unit.to_owned())).or_default().insert(id.to_owned());
        }
    }
    found
}

/// The days from onset to report of all cases, in order, where both lie between 1900 and this day.
pub fn reporting_delays(documents: &Documents, today: &str) -> Vec<i64> {
    let plausible = |day: &&str| *day >= "1900-01-01" && *day <= today;
    let mut days: Vec<i64> = (documents.cases().filter(|case| !is_deleted(case)))
        .filter_map(|case| {
            let onset = day(case, "dateOfOnset").filter(plausible)?;
            let reported = day(case, "dateOfReporting").filter(plausible)?;
            Some(number(reported)? - number(onset)?)
        })
        .collect();
    days.sort_unstable();
    days
}

fn both(one: Option<&str>, other: Option<&str>, is: impl Fn(&str, &str) -> bool) -> bool {
    matches!((one, other), (Some(one), Some(other)) if is(one, other))
}

fn is_empty(case: &Document, field: &str) -> bool {
    case.get(field).and_then(Value::as_str).is_none_or(str::is_empty)
}

fn stays(case: &Document, is: impl Fn(Option<&str>, Option<&str>) -> bool) -> bool {
    let stays = case.get("dateRanges").and_then(Value::as_array).into_iter().flatten();
    stays.filter_map(Value::as_object).any(|stay| is(day(stay, "startDate"), day(stay, "endDate")))
}

fn number(day: &str) -> Option<i64> {
    Some(day_number(day.get(..4)?.parse().ok()?, day.get(5..7)?.parse().ok()?, day.get(8..10)?.parse().ok()?))
}
