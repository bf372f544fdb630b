//! Both simulators with a small outbreak, a configuration for them, and what must hold after every scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use epi::period::PeriodType;
use jiff::civil::date;
use pipeline::config::{self, Config};
use pipeline::plan_document::PlanDocument;
use pipeline::progress::{Progress, Step};
use pipeline::report::{PlannedChange, RunReport};
use pipeline::run::{Application, Request};
use pipeline::store::{LineList, RunId, State};
use pipeline::{Error, run};
use sandbox::clock::Clock;
use sandbox::dhis2::ValueKey;
use sandbox::fault::{Fault, FaultRule, Method};
use sandbox::godata::Document;
use sandbox::population::Population;
use sandbox::world::{World, WorldOptions, account};
use serde_json::Value;
use tempfile::TempDir;

const EXAMPLE: &str = include_str!("../../../../../examples/covid19-weekly/tally.toml");
/// Where the example's statement begins. Most tests are about its numbers, and go without.
const STATEMENTS: &str = "# --- What follows from the numbers.";
const WEEKS: u32 = 8;
/// The Tuesday after the last of the weeks.
const NOW: &str = "2020-03-31T10:00:00Z";

pub(crate) const DATA_SET: &str = "uKtOZwDnIpM";
pub(crate) const CONFIRMED: &str = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_CONFIRMED";
pub(crate) const PROBABLE: &str = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_PROBABLE";
pub(crate) const SUSPECT: &str = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_SUSPECT";
/// New confirmed cases, by age and sex.
pub(crate) const CONFIRMED_CASES: &str = "bmbNyNoJcXP";
/// Path of the import and of the read-back.
pub(crate) const VALUES: &str = "/api/*dataValueSets*";

/// Data values by key.
pub(crate) type Values = BTreeMap<ValueKey, String>;
/// Action, old and new value of each key of a plan.
pub(crate) type Changes = BTreeMap<ValueKey, (String, Option<String>, Option<String>)>;

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    folder: TempDir,
    /// What the test itself wrote.
    written: Mutex<BTreeMap<PathBuf, Vec<u8>>>,
    heard: Arc<Heard>,
    /// Explicit zeros are no surprise.
    pub(crate) zeros: bool,
    /// Runs read the whole line list.
    pub(crate) full: bool,
    /// Weeks that a run covers, from the first on.
    pub(crate) n_weeks: i32,
    /// What the configuration cannot say.
    pub(crate) tune: fn(&mut Config),
}

impl Stage {
    pub(crate) fn new(version: &str) -> Self {
        Self::with(version, |config| config)
    }

    /// A stage whose configuration is the example's with some changes.
    pub(crate) fn with(version: &str, change: impl FnOnce(String) -> String) -> Self {
        Self::of(Population::covid19(7, 300, date(2020, 2, 3), WEEKS), version, change)
    }

    /// As [`Stage::with`], with another Go.Data.
    pub(crate) fn of(population: Population, version: &str, change: impl FnOnce(String) -> String) -> Self {
        let clock = Clock::fixed(NOW.parse().unwrap());
        let options = WorldOptions { dhis2_version: version.into(), clock: clock.clone(), ..WorldOptions::default() };
        let world = World::start(population, &options).unwrap();
        let stage = Self {
            world,
            clock,
            folder: tempfile::tempdir().unwrap(),
            written: Mutex::default(),
            heard: Arc::default(),
            zeros: false,
            full: false,
            n_weeks: WEEKS as i32,
            tune: |_| {},
        };
        stage.write("places.csv", &stage.world.population.places_csv());
        stage.write("godata-password", account::GODATA_PASSWORD);
        stage.write("dhis2-password", account::DHIS2_PASSWORD);
        stage.configure(change);
        stage
    }

    /// Writes the configuration anew: the example's with some changes.
    pub(crate) fn configure(&self, change: impl FnOnce(String) -> String) {
        let numbers = &EXAMPLE[..EXAMPLE.find(STATEMENTS).unwrap()];
        self.write("tally.toml", &change(self.adapted(numbers)));
    }

    /// Writes the whole example, its statement included, with some changes.
    pub(crate) fn configure_whole(&self, change: impl FnOnce(String) -> String) {
        self.write("tally.toml", &change(self.adapted(EXAMPLE)));
    }

    /// An example for this stage.
    fn adapted(&self, example: &str) -> String {
        example
            .replace("http://127.0.0.1:8431", &self.world.godata.url())
            .replace("http://127.0.0.1:8432", &self.world.dhis2_url())
            .replace(
                "password_env = \"TALLY_GODATA_PASSWORD\"",
                "password_file = \"godata-password\"\npage_records = 50",
            )
            .replace("password_env = \"TALLY_DHIS2_PASSWORD\"", "password_file = \"dhis2-password\"")
            // A small outbreak is soon halved; the limit on losses has tests of its own.
            .replace("look_back = 30", &format!("look_back = {WEEKS}\nlosses_max_percent = 100"))
            .replace("complete = true", "complete = false")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(path, text.as_bytes().to_vec());
    }

    /// Asserts that nothing personal and no secret is in what a run gave.
    #[track_caller]
    fn silent<T: std::fmt::Debug>(&self, ended: Result<T, Error>) -> Result<T, Error> {
        let said = match &ended {
            Ok(report) => format!("{report:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        self.assert_silent("what a run gave", said.as_bytes());
        ended
    }

    #[track_caller]
    fn assert_silent(&self, what: &str, bytes: &[u8]) {
        let found = self.world.canaries().found_in(bytes);
        assert!(found.is_none(), "{} is in {what}", found.unwrap_or_default());
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = config::load(&self.path("tally.toml")).unwrap();
        (self.tune)(&mut config);
        config
    }

    pub(crate) fn state(&self) -> State {
        State::open(&self.path(".tally/state.sqlite")).unwrap()
    }

    pub(crate) fn line_list(&self) -> LineList {
        LineList::open_read_only(&self.path(".tally/line-list.sqlite")).unwrap()
    }

    fn request<'c>(&self, config: &'c Config, report: Option<&str>) -> Result<Request<'c>, Error> {
        let clock = self.clock.clone();
        Ok(Request {
            config,
            report: config.report(report)?,
            from: None,
            to: None,
            release: false,
            full: self.full,
            after: None,
            stop: pipeline::run::Stop::default(),
            trigger: "test",
            engine: None,
            progress: Arc::clone(&self.heard) as Arc<dyn Progress>,
            now: Arc::new(move || clock.now()),
        })
    }

    pub(crate) async fn attempt(&self, report: Option<&str>) -> Result<RunReport, Error> {
        self.attempt_of(self.config(), report).await
    }

    /// As [`Stage::attempt`], with another configuration of the same servers.
    pub(crate) async fn attempt_of(&self, config: Config, report: Option<&str>) -> Result<RunReport, Error> {
        self.silent(run::run(&self.request(&config, report)?).await)
    }

    /// A run of one of several reports, in the same command as an earlier one.
    pub(crate) async fn run_after(&self, report: &str, earlier: Option<RunId>) -> RunReport {
        let config = self.config();
        let request = Request { after: earlier, ..self.request(&config, Some(report)).unwrap() };
        let ended = self.silent(run::run(&request).await);
        ended.unwrap_or_else(|error| panic!("{error}: {:?}", error.problems))
    }

    pub(crate) async fn try_run(&self) -> Result<RunReport, Error> {
        self.attempt(None).await
    }

    /// A run that sends also what is held back.
    pub(crate) async fn release(&self) -> RunReport {
        let config = self.config();
        let request = Request { release: true, ..self.request(&config, None).unwrap() };
        self.silent(run::run(&request).await).unwrap_or_else(|error| panic!("{error}: {:?}", error.problems))
    }

    /// A plan as a document, read back from its own text.
    pub(crate) async fn document(&self) -> PlanDocument {
        let config = self.config();
        let (_, document) = run::plan(&self.request(&config, None).unwrap()).await.unwrap();
        let text = serde_json::to_string(&document).unwrap();
        self.assert_silent("a saved plan", text.as_bytes());
        self.write("plan.json", &text);
        PlanDocument::read(&self.path("plan.json")).unwrap()
    }

    /// Carries out a plan.
    pub(crate) async fn apply(&self, document: &PlanDocument) -> Result<RunReport, Error> {
        let (config, clock) = (self.config(), self.clock.clone());
        let progress = Arc::clone(&self.heard) as Arc<dyn Progress>;
        let now = Arc::new(move || clock.now());
        self.silent(
            run::apply(&Application {
                config: &config,
                document,
                stop: pipeline::run::Stop::default(),
                trigger: "test",
                progress,
                now,
            })
            .await,
        )
    }

    pub(crate) async fn run(&self) -> RunReport {
        let report = self.try_run().await.unwrap_or_else(|error| panic!("{error}: {:?}", error.problems));
        check_account(&report);
        report
    }

    pub(crate) async fn try_plan(&self) -> Result<RunReport, Error> {
        let config = self.config();
        self.silent(run::plan(&self.request(&config, None)?).await.map(|(report, _)| report))
    }

    pub(crate) async fn plan(&self) -> RunReport {
        self.try_plan().await.unwrap_or_else(|error| panic!("{error}: {:?}", error.problems))
    }

    /// The run's error; it must have one.
    pub(crate) async fn failure(&self) -> Error {
        self.try_run().await.map(|report| report.verdict).expect_err("the run should have failed")
    }

    /// What DHIS2 should hold in the weeks of the run.
    pub(crate) fn truth(&self) -> Values {
        self.in_span(self.world.weekly_truth())
    }

    /// The values in the weeks of the run.
    pub(crate) fn in_span(&self, values: Values) -> Values {
        let first = PeriodType::Weekly.containing(date(2020, 2, 3));
        let last = first.advance(self.n_weeks - 1).unwrap();
        let in_span =
            |key: &ValueKey| PeriodType::Weekly.parse(&key.1).is_ok_and(|period| first <= period && period <= last);
        values.into_iter().filter(|(key, _)| in_span(key)).collect()
    }

    pub(crate) fn values(&self) -> Values {
        self.world.dhis2.values()
    }

    /// What must hold after every scenario: DHIS2 says the truth wherever nothing is held, and nothing else but `others`;
    /// another run pushes nothing; the ledger says what DHIS2 says. Returns the report of that other run.
    pub(crate) async fn at_rest(&self, others: &[&ValueKey]) -> RunReport {
        self.world.dhis2.clear_requests();
        let report = self.run().await;
        assert_eq!(report.push.as_ref().map(|push| (push.requests, push.written)), Some((0, 0)));
        assert_eq!(self.n_posts(), 0, "another run pushes nothing");
        let held = held_keys(&report);
        let free = |key: &ValueKey| !held.contains(key) && !others.contains(&key);
        let mut expected = self.truth();
        let mut found = self.values();
        if self.zeros {
            found.retain(|key, value| value != "0" || expected.contains_key(key));
        }
        expected.retain(|key, _| free(key));
        found.retain(|key, _| free(key));
        assert!(!expected.is_empty());
        assert_eq!(naive_changes(&expected, &found), Changes::new(), "from the truth to what DHIS2 says");
        self.check_ledger(&held);
        report
    }

    /// The ledger and DHIS2 agree, wherever nothing is held.
    pub(crate) fn check_ledger(&self, held: &BTreeSet<ValueKey>) {
        let values = self.values();
        let ledger = self.ledger();
        for (key, written) in ledger.iter().filter(|(key, _)| !held.contains(*key)) {
            assert_eq!(values.get(key), written.as_ref(), "ledger and DHIS2 at {key:?}");
        }
        for key in self.truth().keys().filter(|key| !held.contains(*key)) {
            assert!(ledger.contains_key(key), "{key:?} is in the ledger");
        }
    }

    /// The ledger holds exactly what stands in DHIS2, wherever the job stopped.
    pub(crate) fn check_ledger_of_what_stands(&self) {
        let ledger = self.ledger().into_iter().filter_map(|(key, value)| Some((key, value?)));
        assert_eq!(naive_changes(&ledger.collect(), &self.values()), Changes::new());
    }

    /// What the ledger says of the only report.
    pub(crate) fn ledger(&self) -> BTreeMap<ValueKey, Option<String>> {
        let first = PeriodType::Weekly.containing(date(2020, 2, 3));
        let periods: Vec<_> = (0..self.n_weeks).map(|n| first.advance(n).unwrap().id()).collect();
        let periods: Vec<&str> = periods.iter().map(|period| period.as_str()).collect();
        let system_id = sandbox::dhis2::Options::default().system_id;
        let rows = self.state().ledger_of_report(&system_id, "weekly", &periods).unwrap();
        rows.into_iter()
            .map(|(key, value)| {
                let [element, period, unit, combo, attribute] =
                    [key.data_element, key.period, key.org_unit, key.category_option_combo, key.attribute_option_combo]
                        .map(|part| part.to_string());
                ((element, period, unit, combo, attribute), value)
            })
            .collect()
    }

    /// Imports that reached DHIS2.
    pub(crate) fn n_posts(&self) -> usize {
        let requests = self.world.dhis2.requests();
        requests.iter().filter(|r| r.method == "POST" && r.path.ends_with("dataValueSets")).count()
    }

    /// Plays a fault on imports.
    pub(crate) fn on_import(&self, fault: Fault, times: u64) {
        self.world.dhis2_faults.push(FaultRule::on(VALUES, fault).method(Method::POST).times(times));
    }

    /// The ids of live cases, in a fixed order, that a predicate picks.
    pub(crate) fn cases(&self, pick: impl Fn(&Document) -> bool) -> Vec<String> {
        let documents = self.world.godata.documents();
        let live = documents.cases().filter(|case| case["deleted"] == false && pick(case));
        live.map(|case| case["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Live confirmed cases that count among the new confirmed cases.
    pub(crate) fn counted(&self) -> Vec<String> {
        self.cases(|case| {
            let onset = text(case, "dateOfOnset");
            let in_span = ("2020-02-03".."2020-03-30").contains(&onset.get(..10).unwrap_or_default());
            let at_home = text(case, "usualPlaceOfResidenceLocationId").starts_with("SN0");
            text(case, "classification") == CONFIRMED && in_span && at_home
        })
    }

    /// Some key of our values with the value.
    pub(crate) fn some_value(&self, pick: impl Fn(&ValueKey, &str) -> bool) -> (ValueKey, String) {
        self.values().into_iter().find(|(key, value)| pick(key, value)).unwrap()
    }
}

/// Whatever happened, nothing personal and no secret is in any file that the test did not write, or in what the runs told.
impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let told = self.heard.0.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
        self.assert_silent("what the runs told", told.as_bytes());
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for path in files_below(self.folder.path()) {
            // A journal may go away meanwhile.
            let Ok(bytes) = std::fs::read(&path) else { continue };
            if written.get(&path) != Some(&bytes) {
                self.assert_silent(&path.display().to_string(), &bytes);
            }
        }
    }
}

/// Remembers what runs tell.
#[derive(Debug, Default)]
struct Heard(Mutex<Vec<String>>);

impl Heard {
    fn hear(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
    }
}

impl Progress for Heard {
    fn begin(&self, _: Step, _: Option<u64>) {}
    fn advance(&self, _: Step, _: u64) {}
    fn end(&self, _: Step, summary: &str) {
        self.hear(summary);
    }
    fn warn(&self, message: &str) {
        self.hear(message);
    }
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

/// A text field, empty where absent.
pub(crate) fn text<'a>(document: &'a Document, field: &str) -> &'a str {
    document.get(field).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn key_of(change: &PlannedChange) -> ValueKey {
    let change = change.clone();
    (change.data_element, change.period, change.org_unit, change.category_option_combo, change.attribute_option_combo)
}

/// Everything that a plan does or holds.
pub(crate) fn changes(report: &RunReport) -> Changes {
    report.plan.changes.iter().map(|c| (key_of(c), (c.action.clone(), c.old.clone(), c.new.clone()))).collect()
}

/// Keys that wait for a person or a later day.
pub(crate) fn held_keys(report: &RunReport) -> BTreeSet<ValueKey> {
    let held = |action: &str| matches!(action, "held" | "drifted" | "existing");
    report.plan.changes.iter().filter(|change| held(&change.action)).map(key_of).collect()
}

/// The reasons of what is held, with the number of values.
pub(crate) fn reasons(report: &RunReport) -> BTreeMap<String, u64> {
    let mut reasons = BTreeMap::new();
    for slice in &report.plan.held {
        *reasons.entry(slice.reason.clone()).or_default() += slice.n_values;
    }
    reasons
}

/// Every record is counted or excluded for one reason.
pub(crate) fn check_account(report: &RunReport) {
    assert!(!report.account.is_empty());
    for row in &report.account {
        let excluded: u64 = row.excluded.iter().map(|tally| tally.n).sum();
        assert_eq!(row.counted + excluded, row.n_records, "{}", row.indicator);
        assert_eq!(row.by_date.iter().map(|tally| tally.n).sum::<u64>(), row.counted, "{}", row.indicator);
        assert_eq!(row.n_records, report.godata.n_records);
    }
}

/// The plainest difference between two truths.
pub(crate) fn naive_changes(before: &Values, after: &Values) -> Changes {
    let keys: BTreeSet<&ValueKey> = before.keys().chain(after.keys()).collect();
    let change = |key: &ValueKey| {
        let (old, new) = (before.get(key).cloned(), after.get(key).cloned());
        let action = match (&old, &new) {
            (None, _) => "create",
            (_, None) => "retract",
            (old, new) if old == new => return None,
            _ => "update",
        };
        Some((key.clone(), (action.to_owned(), old, new)))
    };
    keys.into_iter().filter_map(change).collect()
}
