//! A walk: one small outbreak, both servers, the folder, and what the walk itself has done to them.

use super::dice::Dice;
use super::truth::{Memory, Values};
use crate::site::{Ended, Site, assert_silent, weekly_numbers};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use pipeline::store::State;
use sandbox::clock::Clock;
use sandbox::dhis2::ValueKey;
use sandbox::population::{OrgUnit, Population};
use sandbox::world::WorldOptions;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) const DATA_SET: &str = "uKtOZwDnIpM";
pub(super) const CONFIRMED_CASES: &str = "bmbNyNoJcXP";
const DISCHARGED: &str = "fJ7Qi1zcdAR";
const MALE: &str = "MP15bHaQh2x";
/// Both importers, and the oldest release.
const VERSIONS: [&str; 5] = ["2.38.0", "2.40.5", "2.41.3", "2.43.0", "2.43.0"];
const BEGIN: &str = "2020-03-12T08:00:00Z";

/// What was walked.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) seeds: u64,
    pub(super) steps: u64,
    pub(super) runs: u64,
    pub(super) crashes: u64,
    pub(super) faults: u64,
    pub(super) hours: u64,
    pub(super) calms: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.steps += other.steps;
        self.runs += other.runs;
        self.crashes += other.crashes;
        self.faults += other.faults;
        self.hours += other.hours;
        self.calms += other.calms;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} seeds, {} steps, {} processes, {} crashes, {} faults, {} simulated hours, {} times at rest",
            self.seeds, self.steps, self.runs, self.crashes, self.faults, self.hours, self.calms
        )
    }
}

/// What the configuration says beside the example.
#[derive(Clone, Default)]
pub(super) struct Definitions {
    /// Only men are counted among the confirmed cases.
    pub(super) males_only: bool,
    /// The report has an indicator less.
    pub(super) without_discharged: bool,
    /// A condition that changes no number asks for one field more.
    pub(super) one_field_more: bool,
    /// Nothing is kept.
    pub(super) keep_nothing: bool,
    /// A comment, so that the file is another one.
    pub(super) n_comments: u32,
}

/// What an administrator of DHIS2 has closed.
#[derive(Default)]
pub(super) struct Closed {
    pub(super) locked: BTreeSet<(String, String)>,
    pub(super) approved: BTreeSet<(String, String)>,
    pub(super) unassigned: BTreeSet<String>,
}

/// What surrounded a process, for the judgement on how it ended.
#[derive(Clone, Copy, Default)]
pub(super) struct Around {
    /// It was to end in the middle.
    pub(super) may_die: bool,
    /// The disk was full.
    pub(super) disk_full: bool,
    /// Something was changed while it ran.
    pub(super) changed: bool,
    /// A refusal with the code of a wrong configuration is in order.
    pub(super) may_refuse: bool,
}

pub(super) struct Walk {
    pub(super) seed: u64,
    pub(super) site: Site,
    pub(super) clock: Clock,
    /// How much further than the servers' the clock of the machine is, in seconds.
    pub(super) skew: i64,
    pub(super) memory: Memory,
    pub(super) n_weeks: i64,
    pub(super) overwrites: bool,
    pub(super) definitions: Definitions,
    pub(super) closed: Closed,
    /// Whether a process stands somewhere in the middle.
    pub(super) someone_waits: bool,
    /// The configuration with which the saved plan was made, if there is one.
    pub(super) planned_with: Option<String>,
    pub(super) n_backups: u32,
    /// The organisation units, mapped or not.
    pub(super) all_units: Vec<OrgUnit>,
    pub(super) counts: Counts,
    base: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Walk {
    pub(super) fn new(seed: u64, log: Arc<Mutex<Vec<String>>>) -> Self {
        let mut dice = Dice::of(seed, 0);
        let version = dice.pick(&VERSIONS);
        let (n_cases, n_weeks) = (40 + dice.below(40), dice.between(2, 5));
        let overwrites = dice.percent(20);
        let clock = Clock::fixed(BEGIN.parse().unwrap());
        let options =
            WorldOptions { dhis2_version: version.to_owned(), clock: clock.clone(), ..WorldOptions::default() };
        let n_weeks_u32 = u32::try_from(n_weeks).unwrap();
        let site =
            Site::of(weekly_numbers(), Population::covid19(seed, n_cases, date(2020, 2, 3), n_weeks_u32), &options);
        let (page_records, batch_values) = (8 + dice.below(20), 4 + dice.below(20));
        site.configure("[godata]", &format!("[godata]\npage_records = {page_records}"));
        site.configure("username = \"tally\"", &format!("username = \"tally\"\nbatch_values = {batch_values}"));
        // Small numbers are soon halved; the limit on losses has tests of its own.
        site.configure("look_back = 30", "look_back = 30\nlosses_max_percent = 100");
        let base = site.read("tally.toml");
        let mut memory = Memory::default();
        if dice.percent(25) {
            let element = dice.pick(&[CONFIRMED_CASES, DISCHARGED, "cW0odY9vhrd"]);
            site.world.dhis2.edit(|metadata| metadata.data_element_mut(element).zero_is_significant = true);
            memory.significant = Some(element.to_owned());
        }
        let all_units = site.world.population.org_units.clone();
        let mut walk = Self {
            seed,
            site,
            clock,
            skew: 0,
            memory,
            n_weeks,
            overwrites,
            definitions: Definitions::default(),
            closed: Closed::default(),
            someone_waits: false,
            planned_with: None,
            n_backups: 0,
            all_units,
            counts: Counts { seeds: 1, ..Counts::default() },
            base,
            log,
        };
        walk.site.environment.insert("TALLY_RETRY_MILLIS".to_owned(), "2".to_owned());
        if dice.percent(10) {
            walk.site.environment.insert("TALLY_JOB_VALUES_MIN".to_owned(), "10".to_owned());
        }
        walk.say(format!(
            "seed {seed}: DHIS2 {version}, {n_cases} cases, {n_weeks} weeks, pages of {page_records}, batches of \
             {batch_values}, overwrites {overwrites}, significant zeros {:?}",
            walk.memory.significant
        ));
        walk.configure();
        walk.set_clock();
        walk
    }

    pub(super) fn say(&self, line: impl Into<String>) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(line.into());
    }

    pub(super) fn span(&self) -> [String; 4] {
        let last = 5 + self.n_weeks;
        ["--from".to_owned(), "2020W6".to_owned(), "--to".to_owned(), format!("2020W{last}")]
    }

    pub(super) fn weeks(&self) -> Vec<String> {
        (6..6 + self.n_weeks).map(|week| format!("2020W{week}")).collect()
    }

    /// What DHIS2 should say, by the definitions as they are.
    pub(super) fn truth(&self) -> Values {
        let weeks = self.weeks();
        let male: BTreeSet<String> = self.site.world.dhis2.edit(|metadata| {
            let combos = metadata.category_option_combos.iter();
            let male = combos.filter(|combo| combo.category_options.iter().any(|option| option == MALE));
            male.map(|combo| combo.uid.clone()).collect()
        });
        let asked = |key: &ValueKey| {
            weeks.contains(&key.1)
                && !(self.definitions.without_discharged && key.0 == DISCHARGED)
                && !(self.definitions.males_only && key.0 == CONFIRMED_CASES && !male.contains(&key.3))
        };
        self.site.world.weekly_truth().into_iter().filter(|(key, _)| asked(key)).collect()
    }

    /// Notes what is true now, after anything changed.
    pub(super) fn note(&mut self) {
        let truth = self.truth();
        self.memory.note(&truth);
    }

    /// Writes the configuration as the definitions are.
    pub(super) fn configure(&mut self) {
        let mut text = self.base.clone();
        let mut change = |from: &str, to: &str| {
            assert!(text.contains(from), "`{from}` is in the configuration");
            text = text.replacen(from, to, 1);
        };
        let condition = "where = \"classification = 'CONFIRMED'\"";
        if self.definitions.males_only {
            change(condition, "where = \"classification = 'CONFIRMED' AND gender = 'MALE'\"");
        }
        if self.definitions.one_field_more {
            let more = "where = \"classification = 'PROBABLE' AND (risk_level IS NULL OR risk_level IS NOT NULL)\"";
            change("where = \"classification = 'PROBABLE'\"", more);
        }
        if self.definitions.keep_nothing {
            change("keep = \"records\"", "keep = \"nothing\"");
        }
        if self.definitions.without_discharged {
            let at = text.find("[[report.indicator]]\ncode = \"discharged\"").unwrap();
            text.truncate(at);
        }
        if self.overwrites {
            let policies = "on_drift = \"overwrite\"\non_existing = \"overwrite\"";
            text = text.replacen("look_back = 30", &format!("look_back = 30\n{policies}"), 1);
        }
        text += &"# A comment.\n".repeat(self.definitions.n_comments as usize);
        self.site.write("tally.toml", text);
        self.note();
    }

    /// Whether there is a state that can be read: a process that died while it made the file leaves none.
    pub(super) fn has_state(&self) -> bool {
        let path = self.site.path(".tally/state.sqlite");
        path.exists() && State::open_read_only(&path).is_ok()
    }

    /// What our ledger says.
    pub(super) fn ledger(&self) -> BTreeMap<ValueKey, Option<String>> {
        if !self.has_state() {
            return BTreeMap::new();
        }
        let state = State::open_read_only(&self.site.path(".tally/state.sqlite")).unwrap();
        let weeks = self.weeks();
        let weeks: Vec<&str> = weeks.iter().map(String::as_str).collect();
        let system_id = sandbox::dhis2::Options::default().system_id;
        let rows = state.ledger_of_report(&system_id, "weekly", &weeks).unwrap();
        rows.into_iter()
            .map(|(key, value)| {
                let names =
                    [key.data_element, key.period, key.org_unit, key.category_option_combo, key.attribute_option_combo];
                let [element, period, unit, combo, attribute] = names.map(|name| name.to_string());
                ((element, period, unit, combo, attribute), value)
            })
            .collect()
    }

    /// Lets time pass for the servers and for the machine.
    pub(super) fn pass(&mut self, minutes: i64) {
        self.clock.advance(SignedDuration::from_mins(minutes));
        self.counts.hours += u64::try_from(minutes / 60).unwrap();
        self.set_clock();
    }

    /// Sets the machine's clock beside the servers', for processes that run and for those to come.
    pub(super) fn set_clock(&mut self) {
        let path = self.site.path("clock");
        let seconds = self.clock.now().as_second() - Timestamp::now().as_second() + self.skew;
        std::fs::write(path.with_extension("new"), seconds.to_string()).unwrap();
        std::fs::rename(path.with_extension("new"), &path).unwrap();
        self.site.environment.insert("TALLY_CLOCK".to_owned(), path.to_str().unwrap().to_owned());
    }

    /// Runs `tally`.
    pub(super) fn tally(&mut self, arguments: &[&str], around: Around) -> Ended {
        self.set_clock();
        let ended = self.site.tally(arguments);
        self.judge(arguments, &ended, around);
        ended
    }

    /// Tells of the values that `TALLY_STORM_WATCH` names, all parts of their keys with spaces between: what is true, what
    /// stands in DHIS2, and what the ledger says.
    fn watch(&self) {
        let Ok(watched) = std::env::var("TALLY_STORM_WATCH") else { return };
        let (truth, values, ledger) = (self.truth(), self.site.values(), self.ledger());
        let keys: BTreeSet<_> = truth.keys().chain(values.keys()).chain(ledger.keys()).collect();
        for key in keys {
            let name = format!("{} {} {} {}", key.0, key.1, key.2, key.3);
            if name.starts_with(&watched) {
                let (is_true, stands, written) = (truth.get(key), values.get(key), ledger.get(key));
                self.say(format!("        {name}: true {is_true:?}, stands {stands:?}, ledger {written:?}"));
            }
        }
    }

    /// Whether a process may end like this, and whether what it says is so.
    pub(super) fn judge(&mut self, arguments: &[&str], ended: &Ended, around: Around) {
        self.counts.runs += 1;
        self.counts.crashes += u64::from(ended.code.is_none());
        let command = arguments.join(" ");
        let errors: Vec<&str> = ended.err.lines().filter(|line| line.starts_with("error: ")).collect();
        self.say(format!("    tally {command}: {:?} {}", ended.code, errors.join("; ")));
        self.watch();
        assert_silent(&self.site.world.canaries(), &command, ended);
        {
            let documents = self.site.world.godata.documents();
            let mut ids = documents.cases().map(|case| case["id"].as_str().unwrap());
            assert!(ids.all(|id| !ended.err.contains(id)), "a record id is on stderr:\n{ended}");
        }
        let Some(code) = ended.code else {
            assert!(around.may_die, "`{command}` died:\n{ended}");
            return;
        };
        let refused = around.disk_full || around.may_refuse;
        let in_order = matches!(code, 0 | 20 | 30 | 40 | 75) || (code == 10 && refused);
        assert!(in_order, "`{command}` ended with {code}:\n{ended}");
        if code == 0 {
            assert!(errors.is_empty(), "`{command}` ended with 0 and said:\n{ended}");
        } else {
            let told = !errors.is_empty() && ended.err.contains("hint: ");
            let shown = !ended.out.is_empty() && (code == 40 || ended.out.contains("hint: "));
            assert!(told || shown, "`{command}` does not say why or what to do:\n{ended}");
        }
        let pushes = arguments[0] == "run" || arguments.starts_with(&["apply", "--held"]);
        if code == 0 && pushes && !around.changed {
            let weeks: Vec<String> = match arguments.iter().position(|word| *word == "--from") {
                Some(at) => {
                    let all = self.weeks();
                    let place = |text: &str| all.iter().position(|week| week == text).unwrap();
                    all[place(arguments[at + 1])..=place(arguments[at + 3])].to_vec()
                }
                None => self.weeks(),
            };
            self.check_true(&weeks, &self.site.values(), ended);
        }
    }

    /// A run that says that all is well is believed: DHIS2 says the truth then.
    pub(super) fn check_true(&self, weeks: &[String], values: &Values, ended: &Ended) {
        let truth = self.truth();
        let ledger = self.ledger();
        let keys: BTreeSet<&ValueKey> = truth.keys().chain(values.keys()).collect();
        for key in keys.into_iter().filter(|key| weeks.contains(&key.1)) {
            let (should, says) = (truth.get(key), values.get(key));
            if self.memory.agree(key, should, says) {
                continue;
            }
            // What somebody else wrote where there is nothing to count is not Tally's.
            let not_ours = should.is_none() && ledger.get(key).is_none_or(Option::is_none);
            let foreign = self.memory.foreign.get(key).is_some_and(|foreign| foreign.value.as_ref() == says);
            assert!(
                not_ours && foreign,
                "{key:?} should be {should:?} and is {says:?}; the ledger says {:?}; foreign {:?}; all was said to be well:\n{ended}",
                ledger.get(key),
                self.memory.foreign.get(key)
            );
        }
    }

    /// What must hold at every moment.
    pub(super) fn check_sound(&self) {
        let dhis2 = &self.site.world.dhis2;
        let values = dhis2.values();
        self.memory.check_nothing_is_invented(&values, &dhis2.deleted());
        if !self.overwrites {
            self.memory.check_nothing_foreign_is_overwritten(&values);
        }
    }
}
