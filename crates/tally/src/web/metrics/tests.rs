use super::table::{METRICS, Metric};
use super::*;
use jiff::SignedDuration;
use pipeline::store::{Came, DueRow, NewRun, OpenAlert, Outcome, RunError, RunState};
use prometheus_client::metrics::MetricType;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The example's configuration with a schedule, in a folder with a state.
pub(crate) struct Folder {
    pub(crate) config: Config,
    _folder: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn with_state() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = root().join("examples/covid19-weekly");
        let text = std::fs::read_to_string(example.join("tally.toml")).unwrap();
        let head = "[[report]]\n";
        assert!(text.contains(head));
        let scheduled = "[[report]]\nschedule = \"0 23 * * 1\"\nschedule_time_zone = \"UTC\"\ndeadline = \"6h\"\n";
        std::fs::write(folder.path().join("tally.toml"), text.replacen(head, scheduled, 1)).unwrap();
        std::fs::copy(example.join("places.csv"), folder.path().join("places.csv")).unwrap();
        let config = pipeline::config::load(&folder.path().join("tally.toml")).unwrap();
        State::open(&config.state_file()).unwrap();
        Self { config, _folder: folder }
    }

    fn state(&self) -> State {
        State::open(&self.config.state_file()).unwrap()
    }

    fn report(&self) -> &str {
        &self.config.reports[0].name
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A Tuesday, half an hour after the deadline of Monday's due time.
fn now() -> Timestamp {
    "2026-03-03T05:30:00Z".parse().unwrap()
}

fn ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

fn begun(state: &mut State, report: &str, at: Timestamp) -> RunId {
    let new = NewRun {
        report: report.to_owned(),
        trigger: "schedule".to_owned(),
        started_at: at,
        period_first: "2026W1".to_owned(),
        period_last: "2026W9".to_owned(),
        definitions_hash: "d".to_owned(),
        tally_version: "0.1.0".to_owned(),
    };
    state.begin_run(&new).unwrap()
}

/// A run that came through, with everything that a report can count.
fn came_through(state: &mut State, report: &str, outcome: Outcome, at: Timestamp) {
    use RunState as S;
    let run = begun(state, report, at);
    let finished_at = at + SignedDuration::from_secs(90);
    let kept = json!({
        "run": run.0, "report": report, "first": "2026W1", "last": "2026W9", "started_at": at,
        "finished_at": finished_at, "verdict": outcome.name(),
        "godata": {
            "source": "https://go.example.org", "version": null, "outbreak": "CANARY", "n_records": 2000,
            "n_counted_by_godata": null, "extraction": "changes", "n_travelled": 12
        },
        "dhis2": {
            "url": "https://dhis2.example.org", "version": "2.42.1", "system_id": "s", "data_set": "d",
            "data_set_name": "CANARY"
        },
        "account": [], "unmapped": [], "unmentioned": [], "issues": [],
        "plan": {
            "hash": "h",
            "actions": [
                { "name": "create", "n": 7 }, { "name": "retract to zero", "n": 2 }, { "name": "held", "n": 3 },
                { "name": "existing", "n": 1 }, { "name": "drifted", "n": 4 }
            ],
            "elements": [], "changes": [], "n_more_changes": 0, "held": []
        },
        "push": { "written": 8, "requests": 5, "held": [], "rejected": [{
            "data_element": "e", "period": "2026W1", "org_unit": "o", "category_option_combo": "c", "code": null,
            "reason": "CANARY"
        }] },
        "verify": { "compared": 9, "equal": 9, "different": [], "completed": 0 },
        "tie_out": [],
        "timings": [
            { "step": "extract", "secs": 1.5 }, { "step": "push", "secs": 0.25 }, { "step": "push", "secs": 0.5 }
        ],
        "warnings": []
    });
    kept::keep(state, run, &serde_json::from_value(kept).unwrap(), finished_at).unwrap();
    let pushing = S::Pushing { done: 0, total: 0 };
    for to in [S::Extracting, S::Extracted, S::Aggregated, S::Diffed, pushing, S::Pushed, S::Verifying] {
        state.advance(run, None, to).unwrap();
    }
    state.finish(run, outcome, finished_at).unwrap();
}

/// A state that has something to say to every metric.
fn eventful() -> (Folder, Pulse) {
    let folder = Folder::with_state();
    let (mut state, name) = (folder.state(), folder.report().to_owned());
    came_through(&mut state, &name, Outcome::Clean, ago(24 * 14));
    came_through(&mut state, &name, Outcome::Held, ago(24 * 7));
    let failed = begun(&mut state, &name, ago(6));
    let error = RunError { code: "dhis2_login".to_owned(), message: "CANARY".to_owned() };
    state.fail(failed, &error, ago(6)).unwrap();
    begun(&mut state, &name, ago(1));
    came_through(&mut state, "gone from the configuration", Outcome::Clean, ago(3));
    let alert = |event: &str, cause: &str| OpenAlert {
        event: event.to_owned(),
        cause: cause.to_owned(),
        began_at: ago(6),
        told_at: None,
        n_seen: 1,
        acknowledged_at: None,
        acknowledged_by: None,
    };
    let open = [alert("failed", "dhis2_login"), alert("failed", "no_space"), alert("held", "held")];
    state.set_open_alerts(&name, &open).unwrap();
    let schedule = folder.config.reports[0].scheduled.as_ref().unwrap().schedule.to_string();
    let watched = DueRow {
        report: name,
        schedule,
        came: Came::Watched,
        first: ago(24 * 30),
        last: ago(24 * 30),
        n: 0,
        run: None,
        recorded_at: ago(24 * 30),
    };
    state.record_due(&[watched]).unwrap();
    let turned_at = now() - SignedDuration::from_secs(12);
    (folder, Pulse { turned_at, doing: Doing::Idle, n_jobs: 2 })
}

#[test]
fn a_state_with_everything_is_told_sample_by_sample() {
    let (folder, pulse) = eventful();
    let text = text(&folder.config, &folder.state(), Some(&pulse), now()).unwrap();
    // The size of the file depends on SQLite's version.
    let (described, samples): (Vec<&str>, Vec<&str>) = text
        .lines()
        .filter(|line| !line.starts_with("tally_state_size_bytes "))
        .partition(|line| line.starts_with('#'));
    insta::assert_snapshot!(samples.join("\n"));
    assert_eq!(described.last(), Some(&"# EOF"));
    assert!(CONTENT_TYPE.starts_with("application/openmetrics-text;"), "it is this format that ends so");
    assert!(!text.contains("CANARY") && !text.contains("gone"), "{text}");
}

#[test]
fn the_text_has_every_metric_of_the_table_and_no_other() {
    let (folder, pulse) = eventful();
    let text = text(&folder.config, &folder.state(), Some(&pulse), now()).unwrap();
    let said: BTreeSet<&str> =
        text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(['{', ' ']).next().unwrap()).collect();
    let table: Vec<String> = METRICS.iter().map(|metric| metric.queried()).collect();
    assert_eq!(said, table.iter().map(String::as_str).collect());
}

#[test]
fn a_new_state_says_what_there_is() {
    let folder = Folder::with_state();
    let text = text(&folder.config, &folder.state(), None, now()).unwrap();
    let name = folder.report();
    assert!(text.contains(&format!("tally_runs_total{{report=\"{name}\",verdict=\"failed\"}} 0\n")), "{text}");
    for absent in ["tally_report_last_success", "tally_report_records", "tally_report_overdue", "tally_daemon"] {
        assert!(!text.contains(absent), "{absent}:\n{text}");
    }
}

#[test]
fn a_deadline_that_has_not_passed_is_not_overdue() {
    let (folder, pulse) = eventful();
    let at = now() - SignedDuration::from_hours(1);
    let text = text(&folder.config, &folder.state(), Some(&pulse), at).unwrap();
    assert!(text.contains(&format!("tally_report_overdue{{report=\"{}\"}} 0.0\n", folder.report())), "{text}");
}

/// As <https://prometheus.io/docs/practices/naming/> has it.
#[test]
fn names_are_as_prometheus_wants_them() {
    for metric in METRICS {
        let name = metric.name;
        assert!(name.starts_with("tally_") && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        assert!(!name.ends_with("_total"), "{name}: the text adds it");
        assert!(metric.help.ends_with('.') && !metric.help.contains('|'), "{name}");
        let is_time = ["_age_", "_duration_", "_timestamp_"].iter().any(|word| name.contains(word));
        assert_eq!(is_time, name.ends_with("_seconds"), "{name}");
    }
    let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), METRICS.len());
}

/// The page of the manual: written from the table.
fn page() -> String {
    let mut page = "# Metrics\n\n\
        `GET /metrics` of the [daemon](../serve.md) answers in the format of OpenMetrics, which Prometheus reads. Written from the \
        program's own table.\n\n\
        Labels are names of reports and words of Tally's own; no place, no person and nothing that a server said is among them. \
        A metric without anything to say is left out: a report that never ran has no records. Figures of a report are those of \
        its last run that came through, clean, partial or held. Times are in seconds since 1970, spans in seconds.\n\n\
        | metric | type | labels | meaning |\n|---|---|---|---|\n"
        .to_owned();
    for metric in METRICS {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let kind = if matches!(metric.kind, MetricType::Counter) { "counter" } else { "gauge" };
        page += &format!("| `{}` | {kind} | {} | {} |\n", metric.queried(), labels.join(", "), metric.help);
    }
    page + "\nFor Prometheus, with a token if the dashboard wants one:\n\n\
        ```yaml\nscrape_configs:\n  - job_name: tally\n    scrape_interval: 60s\n    static_configs:\n      \
        - targets: [\"127.0.0.1:8420\"]\n```\n\n\
        `packaging/prometheus/tally.rules.yml` has rules for alerts, the first of them for a report whose last proved success is \
        too long ago; `packaging/grafana/tally.json` is a dashboard for Grafana: *Dashboards*, *New*, *Import*. An alert that \
        needs no Prometheus is Tally's [own](../alerts.md).\n\n\
        `/healthz` answers 200 as long as the process answers. `/readyz` answers 200 if the state can be opened and the daemon \
        looks around as it should, working or waiting for another one, and 503 with the reason if not.\n"
}

#[test]
fn the_page_of_the_manual_is_written_from_the_table() {
    let path = root().join("docs/src/reference/metrics.md");
    if std::env::var_os("TALLY_UPDATE").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page(), "{} is stale: run this test with TALLY_UPDATE=1", path.display());
}

/// The names of metrics in a text.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("tally_")).collect()
}

fn known() -> BTreeSet<String> {
    METRICS.iter().copied().map(Metric::queried).collect()
}

#[test]
fn every_query_of_the_dashboard_asks_for_a_metric_that_there_is_and_all_are_shown() {
    let text = std::fs::read_to_string(root().join("packaging/grafana/tally.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    let mut shown = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        assert!(panel["title"].as_str().is_some_and(|title| !title.is_empty()), "{panel}");
        let queries: Vec<&str> =
            panel["targets"].as_array().unwrap().iter().map(|target| target["expr"].as_str().unwrap()).collect();
        assert!(!queries.is_empty(), "{panel}");
        for query in queries {
            let asked = named(query);
            assert!(!asked.is_empty(), "{query}");
            shown.extend(asked.into_iter().map(str::to_owned));
        }
    }
    assert_eq!(shown, known());
}

#[test]
fn every_rule_for_alerts_asks_for_a_metric_that_there_is() {
    let text = std::fs::read_to_string(root().join("packaging/prometheus/tally.rules.yml")).unwrap();
    let known = known();
    let queries: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).collect();
    let n_rules = text.lines().filter(|line| line.trim().starts_with("- alert: ")).count();
    assert!(n_rules >= 5 && queries.len() == n_rules, "{n_rules} rules, {} queries", queries.len());
    for query in queries {
        let asked = named(query);
        assert!(!asked.is_empty(), "{query}");
        for name in asked {
            assert!(known.contains(name), "{query}: there is no {name}");
        }
    }
}
