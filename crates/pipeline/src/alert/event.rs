//! What became known of a report: events, in Tally's own words and numbers.

use crate::config::raw::EventKind;
use crate::error::{Code, Error};
use crate::report::{RunReport, Verdict};
use jiff::Timestamp;
use serde::Serialize;

/// Something that a person should know of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Why, as a word of Tally's own. Two events of a kind with the same cause are one problem.
    pub cause: &'static str,
    /// Number of the run in the history, if one was entered.
    pub run: Option<i64>,
    /// First and last period, where they are known.
    pub periods: Option<(String, String)>,
    /// What came of the run.
    pub verdict: Option<Verdict>,
    /// How many values, by what became of them.
    pub counts: Vec<Count>,
    /// The error that ended the run.
    pub code: Option<Code>,
    /// Of a report that is overdue: since when.
    pub overdue: Option<Overdue>,
}

/// A number of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// What became of them.
    pub name: &'static str,
    /// How many.
    pub n: u64,
}

/// A report that was due and has not succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Overdue {
    /// When it was due.
    pub due_at: Timestamp,
    /// Until when it should have succeeded.
    pub deadline: Timestamp,
    /// When it last succeeded.
    pub last_success: Option<Timestamp>,
}

/// What became known of a report, and of what that is the whole truth.
#[derive(Clone, Debug)]
pub struct Observation {
    /// Name of the report.
    pub report: String,
    /// What happened.
    pub events: Vec<Event>,
    /// The kinds that were looked for: one of them without an event is over.
    pub looked_for: Vec<EventKind>,
    /// Whether this is a success that was proved.
    pub is_success: bool,
}

impl Observation {
    /// Of a run that came to its end. One that only fills in older periods (see [`crate::config::Report::is_current`]) says what
    /// it found, but is no success of the schedule: it did not reach what is due.
    pub fn of_run(report: &RunReport, is_current: bool) -> Self {
        let push = report.push.as_ref();
        let planned = |name: &str| report.plan.actions.iter().find(|action| action.name == name).map_or(0, |a| a.n);
        let held = planned("held") + planned("existing") + push.map_or(0, |push| push.held.len() as u64);
        let drifted = planned("drifted");
        let rejected = push.map_or(0, |push| push.rejected.len() as u64);
        let different = report.verify.as_ref().map_or(0, |verify| verify.different.len() as u64);
        let event = |kind, cause, counts: &[(&'static str, u64)]| Event {
            kind,
            cause,
            run: report.run,
            periods: Some((report.first.clone(), report.last.clone())),
            verdict: Some(report.verdict),
            counts: counts.iter().filter(|(_, n)| *n > 0).map(|(name, n)| Count { name, n: *n }).collect(),
            code: None,
            overdue: None,
        };
        let mut events = Vec::new();
        if report.verdict == Verdict::Partial {
            let cause = if rejected > 0 { "rejected" } else { "not_verified" };
            events.push(event(EventKind::Partial, cause, &[("rejected", rejected), ("different", different)]));
        }
        // A plan may be held for no other reason than that somebody changed DHIS2.
        if held > 0 || (report.verdict == Verdict::Held && drifted == 0) {
            events.push(event(EventKind::Held, "held", &[("held", held)]));
        }
        if drifted > 0 {
            events.push(event(EventKind::Drifted, "drifted", &[("drifted", drifted)]));
        }
        let mut looked_for = vec![EventKind::Failed, EventKind::Partial, EventKind::Held, EventKind::Drifted];
        let is_success = is_current && report.verdict == Verdict::Clean;
        if is_success {
            looked_for.push(EventKind::Overdue);
        }
        Self { report: report.report.clone(), events, looked_for, is_success }
    }

    /// Of a run that an error ended. Whether values are held or drifted is not known then. Another run under way is no
    /// failure: it is that run's to succeed. Nor is a stop: the run is gone on with.
    pub fn of_error(report: &str, error: &Error) -> Self {
        let no_failure = matches!(error.code, Code::RunUnderWay | Code::Stopped);
        let event = Event {
            kind: EventKind::Failed,
            cause: error.code.name(),
            run: None,
            periods: None,
            verdict: None,
            counts: Vec::new(),
            code: Some(error.code),
            overdue: None,
        };
        Self {
            report: report.to_owned(),
            events: if no_failure { Vec::new() } else { vec![event] },
            looked_for: if no_failure { Vec::new() } else { vec![EventKind::Failed] },
            is_success: false,
        }
    }

    /// Of a look at the clock: a report is overdue, or is not.
    pub fn of_deadline(report: &str, overdue: Option<Overdue>) -> Self {
        let event = |overdue| Event {
            kind: EventKind::Overdue,
            cause: "overdue",
            run: None,
            periods: None,
            verdict: None,
            counts: Vec::new(),
            code: None,
            overdue: Some(overdue),
        };
        Self {
            report: report.to_owned(),
            events: overdue.map(event).into_iter().collect(),
            looked_for: vec![EventKind::Overdue],
            is_success: false,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// A run with these numbers of values, in which every text that comes from outside is a canary.
    pub(in crate::alert) fn run(verdict: &str, actions: &[(&str, u64)], rejected: usize, locked: usize) -> RunReport {
        let actions: Vec<_> = actions.iter().map(|(name, n)| json!({ "name": name, "n": n })).collect();
        let refused = json!({
            "data_element": "CANARY", "period": "2020W7", "org_unit": "CANARY", "category_option_combo": "CANARY",
            "code": "CANARY", "reason": "CANARY said DHIS2",
        });
        serde_json::from_value(json!({
            "run": 12, "report": "weekly", "first": "2020W6", "last": "2020W17",
            "started_at": "2020-11-23T23:00:00Z", "finished_at": "2020-11-23T23:04:00Z", "verdict": verdict,
            "godata": { "source": "CANARY", "version": "CANARY", "outbreak": "CANARY", "n_records": 240 },
            "dhis2": {
                "url": "CANARY", "version": "CANARY", "system_id": "CANARY", "data_set": "CANARY", "data_set_name": "CANARY",
            },
            "account": [], "issues": [{ "rule": "CANARY", "field": "CANARY", "n": 1, "records": ["CANARY"] }],
            "unmapped": [{ "location": "CANARY", "name": "CANARY", "n_records": 1 }], "unmentioned": [],
            "plan": {
                "hash": "CANARY", "actions": actions, "elements": [], "changes": [], "n_more_changes": 0,
                "held": [{ "org_unit": "CANARY", "period": null, "reason": "CANARY", "n_values": 1 }],
            },
            "push": {
                "written": 3, "requests": 1, "rejected": vec![refused.clone(); rejected], "held": vec![refused; locked],
            },
            "verify": { "compared": 3, "equal": 3, "different": [], "completed": 0 },
            "tie_out": [], "timings": [], "warnings": ["CANARY"],
        }))
        .expect("this is a report")
    }

    fn seen(report: &RunReport) -> Vec<(&'static str, Vec<(&'static str, u64)>)> {
        let counts = |event: &Event| event.counts.iter().map(|count| (count.name, count.n)).collect();
        Observation::of_run(report, true).events.iter().map(|event| (event.kind.name(), counts(event))).collect()
    }

    #[test]
    fn each_thing_that_needs_a_person_is_an_event() {
        assert_eq!(seen(&run("clean", &[("create", 9)], 0, 0)), []);
        assert_eq!(seen(&run("held", &[("held", 4), ("existing", 2)], 0, 1)), [("held", vec![("held", 7)])]);
        assert_eq!(seen(&run("held", &[("drifted", 2)], 0, 0)), [("drifted", vec![("drifted", 2)])]);
        assert_eq!(
            seen(&run("partial", &[("held", 1), ("drifted", 2)], 3, 0)),
            [("partial", vec![("rejected", 3)]), ("held", vec![("held", 1)]), ("drifted", vec![("drifted", 2)])]
        );
        // A whole plan that is held has no value that is.
        assert_eq!(seen(&run("held", &[], 0, 0)), [("held", vec![])]);
    }

    #[test]
    fn a_run_that_fills_in_older_periods_is_no_success_of_the_schedule() {
        let clean = Observation::of_run(&run("clean", &[], 0, 0), false);
        assert_eq!((clean.is_success, clean.looked_for.contains(&EventKind::Overdue)), (false, false));
    }

    #[test]
    fn only_a_clean_run_ends_that_a_report_is_overdue() {
        let clean = Observation::of_run(&run("clean", &[], 0, 0), true);
        assert!(clean.is_success && clean.looked_for.contains(&EventKind::Overdue));
        let held = Observation::of_run(&run("held", &[("held", 1)], 0, 0), true);
        assert!(!held.is_success && !held.looked_for.contains(&EventKind::Overdue));
    }
}
