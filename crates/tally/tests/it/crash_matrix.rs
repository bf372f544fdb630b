//! The crash matrix: the real binary is ended before and after every boundary, aborted and killed, and the next run repairs
//! what it left. What must hold then is [`Small::repaired`].

use crate::site::{Ended, Site, weekly_numbers};
use crate::stopped::{How, Waiting, stop, wait_for};
use jiff::civil::date;
use pipeline::crash::BOUNDARIES;
use pipeline::store::{Asked, Job, JobState, LineList, OpenAlert, RunId, State};
use sandbox::dhis2::ValueKey;
use sandbox::fault::{Fault, FaultRule, Hook, Method};
use sandbox::population::Population;
use sandbox::world::{WorldOptions, account};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const VERSIONS: [&str; 2] = ["2.41.3", "2.43.0"];
/// The three weeks of the small outbreak.
const SPAN: [&str; 4] = ["--from", "2020W6", "--to", "2020W8"];
const RUN: [&str; 5] = ["run", SPAN[0], SPAN[1], SPAN[2], SPAN[3]];
const CONFIRMED: &str = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_CONFIRMED";
const IMPORTS: &str = "*/dataValueSets";

/// What a boundary is reached by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scenario {
    /// A first run on an empty DHIS2.
    First,
    /// A run after corrections: values go up, down and away.
    Corrected,
    /// A first run whose imports are jobs of DHIS2.
    AsJobs,
    /// A run after one that ended between the request and its receipt.
    Settling,
    /// A run after one that ended in the middle of the extraction.
    Discarding,
    /// A run whose first import is answered by a broken connection.
    AnswerLost,
    /// A run without a state where DHIS2 holds the truth already.
    Adopting,
    /// A run with more fields than the line list has.
    Renormalised,
    /// A run that was overtaken while its request was on the way.
    Overtaken,
    /// A run of two reports, of which the second reads nothing.
    Shared,
    /// `tally token add`.
    Admitted,
    /// `tally state backup`.
    Backup,
    /// `tally state unlock` after a run was killed.
    Unlock,
    /// `tally serve --once` of a schedule that nobody saw before.
    Served,
    /// A run that fails, and has somebody to tell.
    Alerted,
    /// `tally serve --once` with a run and a plan that somebody asked.
    Asked,
    /// `tally serve --once` after a daemon that was killed at a job.
    Lost,
    /// `tally alert acknowledge`.
    Acknowledged,
    /// `tally reset --line-list`.
    Reset,
    /// `tally run --certificate`.
    Certified,
    /// `tally export records --out`.
    Exported,
    /// `tally map places`.
    Mapped,
    /// `tally plan --out` after corrections.
    Planned,
    /// `tally init` in a folder without a configuration.
    SetUp,
    /// `tally apply` of a saved plan.
    Applied,
}

/// What no command does: only the dashboard asks for jobs. It is one commit that nothing follows, so that a job waits or does
/// not.
const NO_COMMAND: [&str; 3] = ["state/accepted", "state/job-asked", "state/withdrawn"];

/// The scenarios of a boundary. A name that is not here is one of every run: see the last line.
fn scenarios(boundary: &str) -> &'static [Scenario] {
    use Scenario as S;
    match boundary {
        // A slice is registered once, and is complete from then on.
        "dhis2/complete" => &[S::First],
        "dhis2/import-as-job" => &[S::AsJobs],
        "file/backup" => &[S::Backup],
        "file/certificate" => &[S::Certified],
        "file/export" => &[S::Exported],
        "file/map" => &[S::Mapped],
        "file/plan" => &[S::Planned],
        "file/setup" => &[S::SetUp],
        "dhis2/import" | "state/intent" => &[S::First, S::Corrected, S::Applied],
        "file/create" | "state/schema" | "line-list/schema" | "state/destination" => &[S::First],
        "file/remove" => &[S::Renormalised, S::Reset],
        "line-list/base" => &[S::Shared],
        "line-list/discarded" => &[S::Discarding],
        "read/lost-answer" => &[S::AnswerLost],
        "read/settle" => &[S::Settling],
        "state/access" => &[S::Admitted],
        "state/alerts" => &[S::Alerted],
        "state/alert-acknowledged" => &[S::Acknowledged],
        boundary if NO_COMMAND.contains(&boundary) => &[],
        "state/job-begun" | "state/job-ended" | "state/plan-kept" | "state/plan-decided" => &[S::Asked],
        "state/jobs-lost" => &[S::Lost],
        "state/adopted" => &[S::Adopting],
        "state/audit" | "state/forgotten" | "state/record-ids-expired" => &[S::Reset],
        "state/due" => &[S::Served],
        "state/late-receipt" => &[S::Overtaken],
        "state/lease-broken" => &[S::Unlock],
        "state/receipt" => &[S::First, S::Corrected, S::Settling, S::AnswerLost, S::Applied],
        "state/run-ended" => &[S::First, S::Corrected, S::Settling, S::Applied],
        _ => &[S::First, S::Corrected],
    }
}

/// One ending.
#[derive(Clone, Debug)]
struct Ending {
    point: String,
    scenario: Scenario,
    how: How,
    version: &'static str,
}

/// Every ending of the matrix. What a run passes several times, it is also ended at on the second passing.
fn endings() -> Vec<Ending> {
    let mut endings = Vec::new();
    for boundary in BOUNDARIES {
        for moment in ["before", "after"] {
            for scenario in scenarios(boundary) {
                for how in [How::Abort, How::Kill] {
                    let point = format!("{moment} {boundary}");
                    // Both dialects for every boundary and for both ways to end.
                    let dialect = endings.len() / 2 + endings.len();
                    let version = VERSIONS[dialect % 2];
                    endings.push(Ending { point, scenario: *scenario, how, version });
                }
            }
            let often = ["dhis2/import", "state/intent", "state/receipt", "state/run-moved", "line-list/page"];
            if often.contains(boundary) {
                for (how, version) in [(How::Abort, VERSIONS[0]), (How::Kill, VERSIONS[1])] {
                    let point = format!("{moment} {boundary}:2");
                    // What changed fits on one page; the first reading does not.
                    let first = *boundary == "line-list/page";
                    let scenario = if first { Scenario::First } else { Scenario::Corrected };
                    endings.push(Ending { point, scenario, how, version });
                }
            }
        }
    }
    endings
}

/// The plan of the three weeks.
fn plan_of_span() -> Job {
    Job::Plan { report: "weekly".into(), from: Some(SPAN[1].into()), to: Some(SPAN[3].into()) }
}

/// A small outbreak, and what was true of it at any time.
struct Small {
    site: Site,
    /// Keys that may ever have been written.
    allowed: BTreeSet<ValueKey>,
    /// Imports that came before their intent, as seen when they came.
    unannounced: Arc<Mutex<Vec<String>>>,
}

impl Small {
    fn new(version: &str) -> Self {
        let options = WorldOptions { dhis2_version: version.to_owned(), ..WorldOptions::default() };
        let mut site = Site::of(weekly_numbers(), Population::covid19(5, 40, date(2020, 2, 3), 3), &options);
        site.configure("[godata]", "[godata]\npage_records = 15");
        site.configure("username = \"tally\"", "username = \"tally\"\nbatch_values = 10");
        site.configure("[state]", "[state]\nvalues_kept_days = 30");
        site.settle();
        site.restore();
        site.arguments = RUN.map(str::to_owned).to_vec();
        let small = Self { site, allowed: BTreeSet::new(), unannounced: Arc::default() };
        small.watch();
        small
    }

    /// Looks into the state whenever an import arrives: by then there are as many intents as imports.
    fn watch(&self) {
        let (state, unannounced) = (self.site.path(".tally/state.sqlite"), Arc::clone(&self.unannounced));
        let arrived = AtomicUsize::new(0);
        let hook = Hook::new(move || {
            let n = arrived.fetch_add(1, Ordering::SeqCst) + 1;
            let intents = intents(&state).len();
            if intents < n {
                unannounced.lock().unwrap().push(format!("import {n} came when there were {intents} intents"));
            }
        });
        self.site.world.dhis2_faults.push(FaultRule::on(IMPORTS, Fault::Call(hook)).method(Method::POST).forever());
    }

    fn truth(&self) -> BTreeMap<ValueKey, String> {
        let weeks = ["2020W6", "2020W7", "2020W8"];
        self.site.world.weekly_truth().into_iter().filter(|(key, _)| weeks.contains(&key.1.as_str())).collect()
    }

    /// Notes what may be written from now on.
    fn allow(&mut self) {
        self.allowed.extend(self.truth().into_keys());
    }

    /// Reclassifies, moves and deletes: values go up, down, and away.
    fn correct(&mut self) {
        let confirmed: Vec<String> = {
            let documents = self.site.world.godata.documents();
            let live = documents.cases().filter(|case| case["deleted"] == false && case["classification"] == CONFIRMED);
            live.map(|case| case["id"].as_str().unwrap().to_owned()).collect()
        };
        assert!(confirmed.len() >= 9, "{} confirmed cases", confirmed.len());
        self.site.world.godata.edit(|edit| {
            for id in &confirmed[..4] {
                edit.delete(id).unwrap();
            }
            for id in &confirmed[4..6] {
                edit.reclassify(id, Some("LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_PROBABLE")).unwrap();
            }
            for id in &confirmed[6..9] {
                edit.move_to(id, "SN009").unwrap();
            }
        });
        let before = self.truth();
        self.allow();
        let gone = self.site.values().keys().filter(|key| !before.contains_key(*key)).count();
        assert!(self.site.values().is_empty() || gone > 0, "something is to be retracted");
    }

    /// Brings about the scenario and ends the process at the point.
    fn end(&mut self, ending: &Ending) -> Ended {
        let (point, how) = (ending.point.as_str(), ending.how);
        self.allow();
        match ending.scenario {
            Scenario::First => {}
            Scenario::Corrected => {
                self.site.run().with_code(0);
                self.correct();
            }
            Scenario::AsJobs => {
                self.site.environment.insert("TALLY_JOB_VALUES_MIN".to_owned(), "1".to_owned());
            }
            Scenario::Settling => {
                stop(&self.site, &RUN, "after dhis2/import:2", how);
                self.correct();
            }
            Scenario::Discarding => {
                stop(&self.site, &RUN, "after line-list/page", how);
                self.correct();
            }
            Scenario::AnswerLost => {
                let faults = &self.site.world.dhis2_faults;
                faults.clear();
                faults.push(FaultRule::on(IMPORTS, Fault::ResetAfterWrite).method(Method::POST));
                self.watch();
            }
            Scenario::Adopting => {
                self.site.run().with_code(0);
                fs::remove_dir_all(self.site.path(".tally")).unwrap();
                self.site.world.dhis2.clear_requests();
            }
            Scenario::Renormalised => {
                self.site.run().with_code(0);
                self.correct();
                let known = "where = \"classification = 'CONFIRMED'\"";
                let more = "where = \"classification = 'CONFIRMED' AND (pregnancy_status IS NULL OR pregnancy_status IS NOT NULL)\"";
                self.site.configure(known, more);
            }
            Scenario::Shared => {
                let report = "\n[[report]]\nname = \"rest\"\ndata_set = \"uKtOZwDnIpM\"\nperiod = \"Weekly\"\n\
                              look_back = 30\n\n";
                let first = "[[report.indicator]]\ncode = \"hospitalised\"";
                self.site.configure(first, &format!("{report}{first}"));
            }
            Scenario::Overtaken => return self.end_overtaken(point, how),
            Scenario::Admitted => {
                let ended = stop(&self.site, &["token", "add", "robot", "--scope", "read"], point, how);
                // The token is there with its row of the audit, or neither is.
                let state = State::open(&self.site.path(".tally/state.sqlite")).unwrap();
                assert_eq!(state.tokens().unwrap().len(), state.audit(10).unwrap().len());
                return ended;
            }
            Scenario::Backup => {
                self.site.run().with_code(0);
                let ended = stop(&self.site, &["state", "backup", "copy.sqlite"], point, how);
                self.site.tally(&["state", "check"]).with_code(0);
                let copy = self.site.path("copy.sqlite");
                if !copy.exists() {
                    self.site.tally(&["state", "backup", "copy.sqlite"]).with_code(0);
                }
                State::open_read_only(&copy).unwrap().integrity_check().unwrap();
                return ended;
            }
            Scenario::Unlock => {
                stop(&self.site, &RUN, "after state/intent", How::Kill);
                let ended = stop(&self.site, &["state", "unlock"], point, how);
                self.site.tally(&["state", "unlock"]).with_code(0);
                return ended;
            }
            Scenario::Served => {
                let own = self.site.read("tally.toml");
                crate::serve::schedule(&self.site);
                let ended = stop(&self.site, &["serve", "--once"], point, how);
                self.site.tally(&["serve", "--once"]).with_code(0);
                let rows = crate::serve::state(&self.site).due_rows(None, 10).unwrap();
                assert_eq!(rows.len(), 1, "the schedule counts once: {rows:?}");
                self.site.write("tally.toml", own);
                return ended;
            }
            Scenario::Alerted => {
                // Nobody listens at the discard port.
                self.site.configure("[state]", "[[alerts.webhook]]\nurl = \"http://127.0.0.1:9/\"\n\n[state]");
                self.site.write("dhis2-password", "wrong");
                let ended = stop(&self.site, &RUN, point, how);
                self.site.restore();
                self.site.arguments = RUN.map(str::to_owned).to_vec();
                self.watch();
                return ended;
            }
            Scenario::Asked => {
                self.site.run().with_code(0);
                self.correct();
                let own = self.site.read("tally.toml");
                crate::serve::schedule(&self.site);
                let first = self.ask(&plan_of_span());
                self.site.tally(&["serve", "--once"]).with_code(0);
                let plan = crate::serve::state(&self.site).job(first.id).unwrap().unwrap().end.plan.unwrap();
                self.ask(&Job::Apply { plan });
                self.ask(&plan_of_span());
                let ended = stop(&self.site, &["serve", "--once"], point, how);
                self.site.tally(&["serve", "--once"]);
                self.no_job_is_left();
                self.site.write("tally.toml", own);
                return ended;
            }
            Scenario::Lost => {
                self.site.run().with_code(0);
                let own = self.site.read("tally.toml");
                crate::serve::schedule(&self.site);
                self.ask(&plan_of_span());
                stop(&self.site, &["serve", "--once"], "after state/job-begun", how);
                let ended = stop(&self.site, &["serve", "--once"], point, how);
                self.site.tally(&["serve", "--once"]).with_code(0);
                self.no_job_is_left();
                let jobs = crate::serve::state(&self.site).jobs(None, 10).unwrap();
                assert_eq!(jobs.iter().map(|row| row.state).collect::<Vec<_>>(), [JobState::Lost]);
                self.site.write("tally.toml", own);
                return ended;
            }
            Scenario::Acknowledged => {
                self.site.run().with_code(0);
                let began_at = jiff::Timestamp::now();
                let alert = OpenAlert {
                    event: "held".into(),
                    cause: "held".into(),
                    began_at,
                    told_at: None,
                    n_seen: 1,
                    acknowledged_at: None,
                    acknowledged_by: None,
                };
                crate::serve::state(&self.site).set_open_alerts("weekly", &[alert]).unwrap();
                let ended = stop(&self.site, &["alert", "acknowledge", "weekly"], point, how);
                self.site.tally(&["alert", "acknowledge", "weekly", "held"]).with_code(0);
                let alerts = crate::serve::state(&self.site).all_open_alerts().unwrap();
                assert!(alerts[0].alert.acknowledged_by.is_some());
                return ended;
            }
            Scenario::Reset => {
                self.site.run().with_code(0);
                let reset = ["reset", "weekly", "--yes", "--line-list"];
                let ended = stop(&self.site, &reset, point, how);
                self.site.tally(&reset).with_code(0);
                return ended;
            }
            Scenario::Certified => {
                let run = [&RUN[..], &["--certificate", "certificate.json"]].concat();
                let ended = stop(&self.site, &run, point, how);
                let path = self.site.path("certificate.json");
                let read = path.exists().then(|| fs::read_to_string(&path).unwrap());
                assert!(read.is_none_or(|text| serde_json::from_str::<serde_json::Value>(&text).is_ok()));
                return ended;
            }
            Scenario::Exported => {
                self.site.tally(&RUN).with_code(0);
                let ended = stop(&self.site, &["export", "records", "--out", "records.csv"], point, how);
                let path = self.site.path("records.csv");
                let read = path.exists().then(|| fs::read_to_string(&path).unwrap());
                // The file is there whole or not at all.
                assert!(read.is_none_or(|text| text.lines().count() > 2 && text.ends_with('\n')));
                return ended;
            }
            Scenario::Mapped => {
                self.site.tally(&RUN).with_code(0);
                let ended = stop(&self.site, &["map", "places"], point, how);
                // The map is there as it was or as it shall be.
                let map = self.site.read("places.csv");
                assert!(map.lines().count() == 41 && map.ends_with('\n'), "{map}");
                return ended;
            }
            Scenario::SetUp => {
                let own = self.site.read("tally.toml");
                std::fs::remove_file(self.site.path("tally.toml")).unwrap();
                let (godata, dhis2) = (self.site.world.godata.url(), self.site.world.dhis2_url());
                self.site.environment.extend(crate::setup::passwords());
                let init = ["init", "--non-interactive", "--no-plan", "--data-set", "uKtOZwDnIpM"];
                let (email, user) = (account::GODATA_EMAIL, account::DHIS2_USERNAME);
                let servers =
                    ["--godata", &godata, "--godata-email", email, "--dhis2", &dhis2, "--dhis2-account", user];
                let ended = stop(&self.site, &[&init[..], &servers[..]].concat(), point, how);
                // The configuration comes last: it is there whole, or not at all.
                if self.site.path("tally.toml").exists() {
                    assert!(self.site.read("tally.toml").ends_with("\n\n"));
                }
                self.site.write("tally.toml", own);
                self.site.environment.clear();
                return ended;
            }
            Scenario::Planned => {
                self.site.run().with_code(0);
                self.correct();
                let plan = [&["plan"], &SPAN[..], &["--out", "plan.json"]].concat();
                let ended = stop(&self.site, &plan, point, how);
                // The plan is there whole or not at all.
                let applied = self.site.tally(&["apply", "plan.json"]);
                assert_eq!(applied.code, Some(if self.site.path("plan.json").exists() { 0 } else { 10 }), "{applied}");
                return ended;
            }
            Scenario::Applied => {
                self.site.run().with_code(0);
                self.correct();
                self.site.tally(&[&["plan"], &SPAN[..], &["--out", "plan.json"]].concat()).with_code(0);
                return stop(&self.site, &["apply", "plan.json"], point, how);
            }
        }
        stop(&self.site, &RUN, point, how)
    }

    /// Asks as the dashboard does.
    fn ask(&self, job: &Job) -> Asked {
        let config = pipeline::config::load(&self.site.path("tally.toml")).unwrap();
        let mut state = crate::serve::state(&self.site);
        pipeline::daemon::ask(&config, &mut state, job, "dashboard: ana", jiff::Timestamp::now()).unwrap()
    }

    /// Every job has come to its end, whatever that was.
    fn no_job_is_left(&self) {
        let state = crate::serve::state(&self.site);
        assert_eq!((state.next_job().unwrap(), state.jobs_in(JobState::Running).unwrap()), (None, vec![]));
    }

    /// A request is held on its way; its process loses the lease, another run does all the work, and then it arrives.
    fn end_overtaken(&mut self, point: &str, how: How) -> Ended {
        let faults = self.site.world.dhis2_faults.clone();
        faults.clear();
        faults.push(FaultRule::on(IMPORTS, Fault::Hold).method(Method::POST));
        self.watch();
        std::thread::scope(|scope| {
            let site = &self.site;
            let overtaken = scope.spawn(move || stop(site, &RUN, point, how));
            wait_for("the import that is held", || (!faults.fired().is_empty()).then_some(()));
            site.tally(&["state", "unlock", "--force"]).with_code(0);
            site.run().with_code(0);
            faults.release();
            overtaken.join().unwrap()
        })
    }

    /// What must hold after whatever happened, once `tally run` has run again.
    fn repaired(&self, crashed: &Ended) {
        // A process that is gone does not make the next one wait.
        let run = self.site.run().with_code(0);
        assert_eq!(self.site.values(), self.truth(), "DHIS2 says what the line list says:\n{run}");
        self.nothing_else_was_written();
        self.every_import_had_an_intent();
        let n_writes = self.site.n_writes();
        let again = self.site.run().with_code(0);
        assert_eq!(self.site.n_writes(), n_writes, "a further run pushes nothing:\n{again}");
        let state = State::open_read_only(&self.site.path(".tally/state.sqlite")).unwrap();
        state.integrity_check().unwrap();
        LineList::open_read_only(&self.site.path(".tally/line-list.sqlite")).unwrap().integrity_check().unwrap();
        assert!(state.open_intents().unwrap().is_empty() && state.unfinished_runs().unwrap().is_empty());
        self.site.tally(&["state", "check"]).with_code(0);
        self.nothing_leaks(&[crashed, &run, &again]);
    }

    fn nothing_else_was_written(&self) {
        let dhis2 = &self.site.world.dhis2;
        let written = dhis2.values().into_keys().chain(dhis2.deleted());
        let strangers: Vec<_> = written.filter(|key| !self.allowed.contains(key)).collect();
        assert!(strangers.is_empty(), "written outside the mapped keys: {strangers:?}");
        let units: BTreeSet<_> = self.site.world.population.org_units.iter().map(|unit| unit.uid.clone()).collect();
        for (data_set, period, unit, _) in dhis2.completions().into_keys() {
            let known = data_set == "uKtOZwDnIpM" && ["2020W6", "2020W7", "2020W8"].contains(&period.as_str());
            assert!(known && units.contains(&unit), "completed elsewhere: {data_set} {period} {unit}");
        }
    }

    fn every_import_had_an_intent(&self) {
        let early = self.unannounced.lock().unwrap();
        assert!(early.is_empty(), "{early:?}");
        let mut announced = intents(&self.site.path(".tally/state.sqlite"));
        for request in self.site.world.dhis2.requests() {
            if request.method != "POST" || !request.path.ends_with("/dataValueSets") {
                continue;
            }
            let sent = values_of_body(&request.body);
            assert!(!sent.is_empty(), "the body is in the log");
            let intent = announced.iter().position(|values| *values == sent);
            let intent = intent.unwrap_or_else(|| panic!("no intent says what was sent: {sent:?}"));
            announced.remove(intent);
        }
    }

    /// Nothing personal and no secret is in any file, nobody else may read a file, and no record id is in what the process said.
    fn nothing_leaks(&self, ended: &[&Ended]) {
        use std::os::unix::fs::PermissionsExt;
        self.site.assert_silent_files();
        let folder = self.site.path(".tally");
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(name.starts_with("state.sqlite") || name.starts_with("line-list.sqlite"), "{name} was left");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        let documents = self.site.world.godata.documents();
        let ids: Vec<_> = documents.cases().map(|case| case["id"].as_str().unwrap().to_owned()).collect();
        for text in ended.iter().map(|ended| &ended.err) {
            assert!(ids.iter().all(|id| !text.contains(id.as_str())), "a record id is on stderr:\n{text}");
        }
    }
}

/// Key and value of a cell, `None` where it is deleted, in the order of the keys.
pub(crate) type Sent = Vec<(Vec<String>, Option<String>)>;

/// The values of every intent in the state.
pub(crate) fn intents(state: &std::path::Path) -> Vec<Sent> {
    let state = State::open_read_only(state).unwrap();
    let runs: Vec<RunId> = state.runs(None, 1000).unwrap().into_iter().map(|run| run.id).collect();
    let intents = runs.iter().flat_map(|run| state.intents(*run).unwrap());
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let row = |row: &serde_json::Value| {
        let row = row.as_array().unwrap();
        (row[..5].iter().filter_map(text).collect(), row.get(5).and_then(text))
    };
    let values = |values: &serde_json::Value| {
        let mut sent: Sent = values.as_array().unwrap().iter().map(row).collect();
        sent.sort();
        sent
    };
    intents.map(|intent| values(&serde_json::from_str(&intent.body.values).unwrap())).collect()
}

pub(crate) fn values_of_body(body: &str) -> Sent {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let text = |value: &serde_json::Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let names = ["dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo"];
    let row = |value: &serde_json::Value| {
        let deleted = value["deleted"] == true;
        (names.map(|name| text(value, name)).to_vec(), (!deleted).then(|| text(value, "value")))
    };
    let mut sent: Sent =
        body["dataValues"].as_array().map(|values| values.iter().map(row).collect()).unwrap_or_default();
    sent.sort();
    sent
}

#[test]
fn whatever_ends_the_process_the_next_run_repairs_it() {
    let endings = endings();
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let only = std::env::var("TALLY_MATRIX_ONLY").ok();
    std::thread::scope(|scope| {
        // Most of the time is waiting for the disk.
        for _ in 0..std::thread::available_parallelism().map_or(2, |n| 2 * n.get()) {
            scope.spawn(|| {
                while let Some(ending) = endings.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if only.as_ref().is_some_and(|only| !ending.point.contains(only.as_str())) {
                        continue;
                    }
                    let tried = std::panic::catch_unwind(|| {
                        let mut small = Small::new(ending.version);
                        let crashed = small.end(ending);
                        small.repaired(&crashed);
                    });
                    if tried.is_err() {
                        failures.lock().unwrap().push(format!("{ending:?}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {} endings fail:\n{}", failures.len(), endings.len(), failures.join("\n"));
}

#[test]
fn every_boundary_is_reached() {
    let endings = endings();
    for boundary in BOUNDARIES.iter().filter(|boundary| !NO_COMMAND.contains(boundary)) {
        for moment in ["before", "after"] {
            let point = format!("{moment} {boundary}");
            for how in [How::Abort, How::Kill] {
                let reached = endings.iter().any(|ending| ending.point == point && ending.how == how);
                assert!(reached, "{point} {how:?}");
            }
        }
    }
}

#[test]
fn a_misspelt_point_is_no_point() {
    let mut small = Small::new(VERSIONS[0]);
    small.site.environment.insert("TALLY_CRASH".to_owned(), "before state/intend".to_owned());
    let ended = small.site.run();
    assert!(ended.code == Some(101) && ended.err.contains("there is no boundary `state/intend`"), "{ended}");
}

#[test]
fn a_process_that_waits_at_a_point_goes_on() {
    let mut small = Small::new(VERSIONS[1]);
    small.allow();
    let waiting = Waiting::at(&small.site, &RUN, "before state/intent:2");
    let ended = waiting.go_on().with_code(0);
    small.repaired(&ended);
}
