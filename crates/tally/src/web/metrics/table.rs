//! Every metric there is: the one table from which the text, the page of the manual and the dashboard's checks follow.

use prometheus_client::metrics::MetricType;

/// A metric.
#[derive(Clone, Copy, Debug)]
pub(super) struct Metric {
    /// Its name, without the ending `_total` that the text gives a counter.
    pub(super) name: &'static str,
    /// Gauge or counter.
    pub(super) kind: MetricType,
    /// The names of its labels.
    pub(super) labels: &'static [&'static str],
    /// What it says, as in the text and in the manual.
    pub(super) help: &'static str,
}

impl Metric {
    /// The name that a query uses.
    #[cfg(test)]
    pub(super) fn queried(&self) -> String {
        let ending = if matches!(self.kind, MetricType::Counter) { "_total" } else { "" };
        format!("{}{ending}", self.name)
    }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: MetricType::Gauge, labels, help }
}

pub(super) const BUILD_INFO: Metric = gauge("tally_build_info", &["version"], "Always 1; the version of Tally.");
pub(super) const DAEMON_WORKING: Metric = gauge(
    "tally_daemon_working",
    &[],
    "1 if this daemon works, 0 if it waits because another one works on the same state.",
);
pub(super) const DAEMON_TURN_AGE: Metric =
    gauge("tally_daemon_turn_age_seconds", &[], "Time since this daemon last looked whether something is due.");
pub(super) const JOBS_WAITING: Metric =
    gauge("tally_jobs_waiting", &[], "Jobs that people asked for and that have not begun.");
pub(super) const STATE_BYTES: Metric = gauge("tally_state_size_bytes", &[], "Size of the state file.");
pub(super) const RUNS: Metric = Metric {
    name: "tally_runs",
    kind: MetricType::Counter,
    labels: &["report", "verdict"],
    help: "Runs that ended, by how: clean, partial, held, failed, cancelled.",
};
pub(super) const LAST_VERDICT: Metric = gauge(
    "tally_report_last_run_verdict",
    &["report", "verdict"],
    "1 for the verdict of the last run that ended, 0 for the others.",
);
pub(super) const LAST_RUN_AT: Metric = gauge(
    "tally_report_last_run_timestamp_seconds",
    &["report"],
    "When the last run that ended did so, whatever came of it.",
);
pub(super) const LAST_PROVED_AT: Metric = gauge(
    "tally_report_last_success_timestamp_seconds",
    &["report"],
    "When the last run ended of which it was proved that DHIS2 says everything it should.",
);
pub(super) const LAST_PROVED_AGE: Metric =
    gauge("tally_report_last_success_age_seconds", &["report"], "Time since then.");
pub(super) const NEXT_DUE: Metric =
    gauge("tally_report_next_due_timestamp_seconds", &["report"], "The next due time of a report with a schedule.");
pub(super) const OVERDUE: Metric = gauge(
    "tally_report_overdue",
    &["report"],
    "1 if the report was due, its deadline passed and no run came through since; only of reports with a deadline.",
);
pub(super) const OPEN_ALERTS: Metric = gauge(
    "tally_open_alerts",
    &["report", "event"],
    "Problems that are not over: failed, partial, held, drifted, overdue.",
);
pub(super) const PLAN_VALUES: Metric = gauge(
    "tally_report_plan_values",
    &["report", "action"],
    "Values of the last run that came through, by what was to happen to them.",
);
pub(super) const HELD: Metric = gauge(
    "tally_report_held_values",
    &["report"],
    "Values that wait for a person or a later day: held by Tally or by DHIS2, or somebody else's.",
);
pub(super) const DRIFTED: Metric =
    gauge("tally_report_drifted_values", &["report"], "Values that somebody else changed in DHIS2.");
pub(super) const REJECTED: Metric = gauge("tally_report_rejected_values", &["report"], "Values that DHIS2 rejected.");
pub(super) const WRITTEN: Metric = gauge("tally_report_written_values", &["report"], "Values that DHIS2 took.");
pub(super) const DIFFERENT: Metric = gauge(
    "tally_report_different_values",
    &["report"],
    "Values that were not as they should be when they were read back.",
);
pub(super) const RECORDS: Metric = gauge("tally_report_records", &["report"], "Records that were counted over.");
pub(super) const TRAVELLED: Metric = gauge(
    "tally_report_records_read",
    &["report"],
    "Records that were read from the source; the others were known from before.",
);
pub(super) const REQUESTS: Metric =
    gauge("tally_report_push_requests", &["report"], "Requests with values that were sent to DHIS2.");
pub(super) const RUN_SECONDS: Metric =
    gauge("tally_report_run_duration_seconds", &["report"], "How long the last run that came through took.");
pub(super) const STEP_SECONDS: Metric =
    gauge("tally_report_step_duration_seconds", &["report", "step"], "How long each step of it took.");

/// All of them, in the order of the text and of the manual.
pub(super) const METRICS: [&Metric; 24] = [
    &BUILD_INFO,
    &DAEMON_WORKING,
    &DAEMON_TURN_AGE,
    &JOBS_WAITING,
    &STATE_BYTES,
    &RUNS,
    &LAST_VERDICT,
    &LAST_RUN_AT,
    &LAST_PROVED_AT,
    &LAST_PROVED_AGE,
    &NEXT_DUE,
    &OVERDUE,
    &OPEN_ALERTS,
    &PLAN_VALUES,
    &HELD,
    &DRIFTED,
    &REJECTED,
    &WRITTEN,
    &DIFFERENT,
    &RECORDS,
    &TRAVELLED,
    &REQUESTS,
    &RUN_SECONDS,
    &STEP_SECONDS,
];
