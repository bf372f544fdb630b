//! The steps of a walk.

use super::dice::Dice;
use super::edits;
use super::trouble;
use super::truth::Foreign;
use super::walk::{Around, DATA_SET, Walk};
use crate::site::Ended;
use crate::stopped::{Running, Waiting, wait_for};
use pipeline::store::State;
use sandbox::dhis2::ValueKey;
use sandbox::fault::{Fault, FaultRule, Faults, Method};
use sandbox::world::account;
use std::collections::BTreeSet;
use std::fs;

const HELD: &str = "--held";

impl Walk {
    /// One step.
    pub(super) fn step(&mut self, number: u64) {
        let mut dice = Dice::of(self.seed, number);
        let dice = &mut dice;
        self.counts.steps += 1;
        let kind = dice.weighted(&[
            (6, "edits"),
            (36, "run"),
            (6, "part of the weeks"),
            (8, "plan"),
            (8, "apply"),
            (7, "apply --held"),
            (8, "administrator"),
            (9, "somebody else"),
            (6, "definitions"),
            (3, "line list"),
            (6, "state"),
            (3, "reset"),
            (2, "backup comes back"),
            (12, "two processes"),
            (6, "at once"),
            (10, "meanwhile"),
            (4, "late"),
            (5, "hours"),
            (5, "clock"),
        ]);
        self.say(format!("step {number}: {kind}"));
        match kind {
            "edits" => self.edits(dice, 6),
            "run" => self.run(dice, &self.span()),
            "part of the weeks" => {
                let weeks = self.weeks();
                let first = dice.below(weeks.len());
                let last = first + dice.below(weeks.len() - first);
                let span = ["--from".into(), weeks[first].clone(), "--to".into(), weeks[last].clone()];
                self.run(dice, &span);
            }
            "plan" => self.plan(dice),
            "apply" => self.apply(dice),
            "apply --held" => {
                let span = self.span();
                let words: Vec<&str> = ["apply", HELD].into_iter().chain(span.iter().map(String::as_str)).collect();
                self.process(dice, &words, Around::default());
            }
            "administrator" => self.administer(dice),
            "somebody else" => {
                for _ in 0..=dice.below(3) {
                    self.somebody_else(dice);
                }
            }
            "definitions" => self.define(dice),
            "line list" => {
                for suffix in ["", "-wal", "-shm"] {
                    let _ = fs::remove_file(self.site.path(&format!(".tally/line-list.sqlite{suffix}")));
                }
            }
            "state" => self.look_after(dice),
            "reset" => self.reset(dice),
            "backup comes back" => self.backup_comes_back(dice),
            "two processes" => self.two_processes(dice),
            "at once" => self.at_once(dice),
            "meanwhile" => self.meanwhile(dice),
            "late" => self.arrive_late(dice),
            "hours" => self.pass(60 * dice.between(1, 60)),
            _ => {
                self.skew = dice.weighted(&[(2, 0), (2, 3600), (2, -3600), (1, 50 * 3600), (1, -30 * 3600), (1, 400)]);
                self.say(format!("    the machine's clock is {} s ahead", self.skew));
            }
        }
        self.pass(dice.between(0, 90));
        self.check_sound();
    }

    fn edits(&mut self, dice: &mut Dice, n_max: usize) {
        for _ in 0..=dice.below(n_max) {
            self.edit(dice, false);
        }
    }

    fn edit(&mut self, dice: &mut Dice, alone: bool) {
        let said = edits::edit(dice, &self.site.world, self.n_weeks, alone);
        self.say(format!("    {said}"));
        self.note();
        self.clock.advance(jiff::SignedDuration::from_secs(dice.between(1, 300)));
    }

    fn run(&mut self, dice: &mut Dice, span: &[String]) {
        let words: Vec<&str> = ["run"].into_iter().chain(span.iter().map(String::as_str)).collect();
        self.process(dice, &words, Around::default());
    }

    /// A process after some edits, and in whatever trouble the dice say.
    fn process(&mut self, dice: &mut Dice, words: &[&str], around: Around) -> Ended {
        if dice.percent(75) {
            self.edits(dice, 4);
        }
        match dice.weighted(&[(20, "none"), (33, "faults"), (30, "crash"), (9, "killed"), (5, "disk"), (3, "lie")]) {
            "faults" => {
                for _ in 0..=dice.below(3) {
                    let (told, rule) =
                        if dice.percent(40) { trouble::of_godata(dice) } else { trouble::of_dhis2(dice) };
                    let godata = told.starts_with("Go.Data");
                    let faults = if godata { self.site.world.godata.faults() } else { &self.site.world.dhis2_faults };
                    faults.push(rule);
                    self.say(format!("    {told}"));
                }
                self.tally(words, around)
            }
            "crash" => {
                let point = trouble::crash_point(dice);
                let killed = dice.percent(50);
                self.say(format!("    {} {point}", if killed { "killed" } else { "aborts" }));
                let around = Around { may_die: true, ..around };
                self.set_clock();
                let ended = if killed {
                    Waiting::try_at(&self.site, words, &point).map_or_else(|ended| ended, Waiting::kill)
                } else {
                    Running::start(&self.site, words, &[("TALLY_CRASH", &point)]).end()
                };
                self.judge(words, &ended, around);
                ended
            }
            "killed" => {
                // Wherever it is by then: the walk of this seed is another one each time.
                let millis = dice.below(220) as u64;
                self.say(format!("    killed after {millis} ms"));
                self.set_clock();
                let running = Running::start(&self.site, words, &[]);
                std::thread::park_timeout(std::time::Duration::from_millis(millis));
                let ended = running.kill();
                self.judge(words, &ended, Around { may_die: true, ..around });
                ended
            }
            "lie" => {
                // DHIS2 says that all is well, and wrote nothing. Tally sees it when it reads back, if nothing else is wrong.
                let faults = self.site.world.dhis2_faults.clone();
                faults.clear();
                self.site.world.godata.faults().clear();
                let rule = trouble::lie(dice);
                self.say(format!("    {rule:?}"));
                faults.push(rule);
                let ended = self.tally(words, around);
                faults.clear();
                ended
            }
            "disk" => {
                let commit = trouble::full_disk(dice);
                self.say(format!("    the disk is full at {commit}"));
                self.set_clock();
                let ended = Running::start(&self.site, words, &[("TALLY_DISK_FULL", &commit)]).end();
                self.judge(words, &ended, Around { disk_full: true, ..around });
                ended
            }
            _ => self.tally(words, around),
        }
    }

    fn plan(&mut self, dice: &mut Dice) {
        let span = self.span();
        let mut words: Vec<&str> = ["plan"].into_iter().chain(span.iter().map(String::as_str)).collect();
        words.extend(["--out", "plan.json"]);
        let before = fs::read(self.site.path("plan.json")).ok();
        let (values, n_writes) = (self.site.values(), self.site.n_writes());
        let ended = self.process(dice, &words, Around::default());
        assert_eq!(
            (&self.site.values(), self.site.n_writes()),
            (&values, n_writes),
            "a plan changes nothing:\n{ended}"
        );
        let after = fs::read(self.site.path("plan.json")).ok();
        if after != before {
            self.planned_with = Some(self.definitions_text());
        }
        if ended.code == Some(0) {
            let mut planned = values;
            for (key, new) in self.planned() {
                match new {
                    Some(new) => planned.insert(key, new),
                    None => planned.remove(&key),
                };
            }
            self.check_true(&self.weeks(), &planned, &ended);
        }
    }

    /// All that a plan is bound to.
    fn definitions_text(&self) -> String {
        self.site.read("tally.toml") + &self.site.read("places.csv")
    }

    /// The values that the saved plan would write.
    fn planned(&self) -> Vec<(ValueKey, Option<String>)> {
        let plan: serde_json::Value = serde_json::from_str(&self.site.read("plan.json")).unwrap();
        let pushed = ["create", "update", "retract", "delete"];
        let changes = plan["changes"].as_array().unwrap().iter();
        let pushed =
            changes.filter(|change| pushed.iter().any(|name| change["action"].as_str().unwrap().contains(name)));
        pushed
            .map(|change| {
                let text = |name: &str| change[name].as_str().unwrap().to_owned();
                let key = (
                    text("data_element"),
                    text("period"),
                    text("org_unit"),
                    text("category_option_combo"),
                    text("attribute_option_combo"),
                );
                (key, change["new"].as_str().map(str::to_owned))
            })
            .collect()
    }

    fn apply(&mut self, dice: &mut Dice) {
        if self.planned_with.is_none() || dice.percent(50) {
            self.plan(dice);
        }
        if dice.percent(30) {
            self.somebody_else(dice);
        }
        let stale = self.planned_with.as_ref() != Some(&self.definitions_text());
        let n_writes = self.site.n_writes();
        let ended = self.process(dice, &["apply", "plan.json"], Around { may_refuse: true, ..Around::default() });
        if stale {
            assert_ne!(ended.code, Some(0), "the plan is out of date:\n{ended}");
            assert_eq!(self.site.n_writes(), n_writes, "the plan is out of date:\n{ended}");
        } else if ended.code == Some(0) {
            let values = self.site.values();
            for (key, new) in self.planned() {
                let agree = self.memory.agree(&key, values.get(&key), new.as_ref());
                assert!(agree, "{key:?} should be {new:?} and is {:?}:\n{ended}", values.get(&key));
            }
        }
    }

    /// What an administrator of DHIS2 closes and opens.
    fn administer(&mut self, dice: &mut Dice) {
        let truth = self.truth();
        let keys: Vec<_> = truth.keys().collect();
        let (_, week, unit, ..) = keys[dice.below(keys.len())].clone();
        let dhis2 = self.site.world.dhis2.clone();
        let kind = dice.pick(&["lock", "lock", "approve", "unassign", "expire", "open"]);
        self.say(format!("    {kind} {week} {unit}"));
        match kind {
            "lock" => {
                dhis2.lock_slice(DATA_SET, &week, &unit);
                self.closed.locked.insert((week, unit));
            }
            "approve" => {
                dhis2.approve(DATA_SET, &week, &unit);
                self.closed.approved.insert((week, unit));
            }
            "unassign" => {
                dhis2.unassign(DATA_SET, &unit);
                self.closed.unassigned.insert(unit);
            }
            "expire" => {
                let days = dice.between(7, 35);
                dhis2.edit(|metadata| metadata.data_set_mut(DATA_SET).expiry_days = days);
            }
            _ => self.open_all(),
        }
    }

    /// Opens all that was closed.
    pub(super) fn open_all(&mut self) {
        let dhis2 = self.site.world.dhis2.clone();
        let closed = std::mem::take(&mut self.closed);
        closed.locked.iter().for_each(|(week, unit)| dhis2.unlock_slice(DATA_SET, week, unit));
        closed.approved.iter().for_each(|(week, unit)| dhis2.unapprove(DATA_SET, week, unit));
        closed.unassigned.iter().for_each(|unit| dhis2.assign(DATA_SET, unit));
        dhis2.edit(|metadata| metadata.data_set_mut(DATA_SET).expiry_days = 0);
    }

    /// Somebody types a value into DHIS2, or deletes one.
    fn somebody_else(&mut self, dice: &mut Dice) {
        let (truth, stands) = (self.truth(), self.site.values());
        let known: Vec<_> = self.memory.keys().into_iter().cloned().collect();
        let mut key = known[dice.below(known.len())].clone();
        if dice.percent(60) {
            key = truth.keys().nth(dice.below(truth.len())).unwrap().clone();
        }
        let value = match dice.below(4) {
            0 => None,
            1 => truth.get(&key).cloned(),
            _ => Some(dice.between(900, 999).to_string()),
        };
        // Nobody deletes what is not there.
        if value.is_none() && !stands.contains_key(&key) {
            return;
        }
        let ledger = self.ledger().get(&key).cloned().flatten();
        let may_be_ours = self.someone_waits || truth.get(&key) == value.as_ref() || ledger == value;
        self.say(format!("    somebody else writes {value:?} at {key:?}, where {:?} stood", stands.get(&key)));
        self.site.world.dhis2.set_value(&key, value.as_deref());
        self.memory.note_foreign(&key, value.as_deref(), may_be_ours);
    }

    fn define(&mut self, dice: &mut Dice) {
        let definitions = &mut self.definitions;
        let kind = dice.below(8);
        match kind {
            6 => return self.map_places(dice),
            7 => {
                self.overwrites ^= true;
                // What was overwritten is nobody else's any more.
                let values = self.site.values();
                self.memory.foreign.retain(|key, foreign| values.get(key) == foreign.value.as_ref());
            }
            0 => definitions.males_only ^= true,
            1 => definitions.without_discharged ^= true,
            2 => definitions.one_field_more ^= true,
            3 => definitions.keep_nothing ^= true,
            _ => definitions.n_comments += 1,
        }
        let names = [
            "males only",
            "without discharged",
            "one field more",
            "keep nothing",
            "comment",
            "comment",
            "",
            "overwrite",
        ];
        self.say(format!("    {}", names[kind]));
        self.configure();
    }

    /// A place loses its organisation unit and counts in the place above it, or gets it back.
    fn map_places(&mut self, dice: &mut Dice) {
        let units = &mut self.site.world.population.org_units;
        let missing = self.all_units.iter().find(|unit| !units.contains(unit)).cloned();
        match missing {
            Some(unit) if dice.percent(50) => units.push(unit),
            _ => {
                // Not the country, which is above all.
                let gone = units.remove(1 + dice.below(units.len() - 1));
                self.say(format!("    nobody reports to {} any more", gone.name));
            }
        }
        let csv = self.site.world.population.places_csv();
        self.site.write("places.csv", csv);
        self.note();
    }

    fn look_after(&mut self, dice: &mut Dice) {
        let backup = format!("backup-{}.sqlite", self.n_backups);
        let commands: [&[&str]; 6] = [
            &["state", "backup", &backup],
            &["state", "check"],
            &["state", "unlock"],
            &["state", "show"],
            &["history"],
            &["check"],
        ];
        let words = commands[dice.below(commands.len())];
        // Without a state there is nothing to look after.
        let may_refuse = !self.has_state();
        let ended = self.process(dice, words, Around { may_refuse, ..Around::default() });
        if words[1..].contains(&"backup") {
            self.n_backups += 1;
            let copy = self.site.path(&backup);
            if copy.exists() {
                State::open_read_only(&copy).unwrap().integrity_check().unwrap();
            } else {
                assert_ne!(ended.code, Some(0), "the copy is there:\n{ended}");
            }
        }
    }

    fn reset(&mut self, dice: &mut Dice) {
        let remembered = !self.ledger().is_empty();
        if dice.percent(30) {
            self.say("    the whole state is lost");
            let _ = fs::remove_dir_all(self.site.path(".tally"));
            self.site.world.dhis2.clear_requests();
        } else {
            let mut words = vec!["reset", "weekly", "--yes"];
            if dice.percent(50) {
                words.push("--line-list");
            }
            let may_refuse = !self.has_state();
            self.process(dice, &words, Around { may_refuse, ..Around::default() });
        }
        if remembered && self.ledger().is_empty() {
            // What stands in DHIS2 belongs to nobody now, and what is not there is nobody's deletion.
            self.memory.foreign.clear();
            self.disown();
        }
    }

    /// What stands in DHIS2 and is not in the ledger is somebody else's for Tally, and what is in it is its own.
    fn disown(&mut self) {
        let (truth, values, ledger) = (self.truth(), self.site.values(), self.ledger());
        let written = |key: &ValueKey| ledger.get(key).and_then(Option::as_ref);
        self.memory.foreign.retain(|key, foreign| foreign.value.as_ref() != written(key));
        let keys: BTreeSet<_> = values.keys().chain(ledger.keys()).cloned().collect();
        for key in keys {
            let (value, written) = (values.get(&key), ledger.get(&key).and_then(Option::as_ref));
            if value != written {
                let may_be_ours = truth.get(&key) == value;
                self.memory.foreign.insert(key, Foreign { value: value.cloned(), may_be_ours });
            }
        }
    }

    /// After a disaster an old copy takes the place of the state.
    fn backup_comes_back(&mut self, dice: &mut Dice) {
        let copies = (0..self.n_backups).map(|n| self.site.path(&format!("backup-{n}.sqlite")));
        let copies: Vec<_> = copies.filter(|path| path.exists()).collect();
        if copies.is_empty() {
            return self.look_after(dice);
        }
        let copy = &copies[dice.below(copies.len())];
        self.say(format!("    {}", copy.display()));
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(self.site.path(&format!(".tally/state.sqlite{suffix}")));
        }
        fs::create_dir_all(self.site.path(".tally")).unwrap();
        fs::copy(copy, self.site.path(".tally/state.sqlite")).unwrap();
        self.site.world.dhis2.clear_requests();
        self.disown();
    }

    /// Something happens while a process runs. Only one record is edited meanwhile.
    fn meddle(&mut self, dice: &mut Dice) {
        for n in 0..=dice.below(2) {
            match dice.weighted(&[(50, 0), (20, 1), (15, 2), (5, 3), (10, 4)]) {
                0 if n == 0 => self.edit(dice, true),
                0 | 4 => {
                    let words: &[&str] = if dice.percent(50) { &["state", "show"] } else { &["state", "check"] };
                    self.tally(words, Around { changed: true, may_refuse: true, ..Around::default() });
                }
                1 => self.somebody_else(dice),
                2 => self.administer(dice),
                _ => {
                    self.say("    Go.Data forgets all tokens");
                    self.site.world.godata.forget_tokens();
                }
            }
        }
    }

    /// One process stands in the middle of its work while another one comes; then it goes on, or dies.
    fn two_processes(&mut self, dice: &mut Dice) {
        if dice.percent(75) {
            self.edits(dice, 4);
        }
        let span = self.span();
        let words: Vec<&str> = ["run"].into_iter().chain(span.iter().map(String::as_str)).collect();
        let point = trouble::waiting_point(dice);
        self.say(format!("    one waits {point}"));
        self.set_clock();
        let waiting = match Waiting::try_at(&self.site, &words, &point) {
            Ok(waiting) => waiting,
            Err(ended) => return self.judge(&words, &ended, Around::default()),
        };
        self.someone_waits = true;
        if dice.percent(70) {
            self.meddle(dice);
        }
        let refusable = Around { may_refuse: true, ..Around::default() };
        match dice.pick(&["none", "force", "time", "time"]) {
            "force" => {
                self.tally(&["state", "unlock", "--force"], refusable);
                self.tally(&words, Around::default());
            }
            "time" => {
                self.pass(dice.between(3, 600));
                self.tally(&words, Around::default());
            }
            _ => {
                self.tally(&words, Around::default());
            }
        }
        let ended = if dice.percent(25) {
            self.say("    the first is killed");
            waiting.kill()
        } else {
            self.say("    the first goes on");
            waiting.go_on()
        };
        self.judge(&words, &ended, Around { may_die: true, changed: true, ..Around::default() });
        self.someone_waits = false;
    }

    /// DHIS2 takes its time: a request is answered by a gateway, Tally looks and gives it up, and then its values come in.
    fn arrive_late(&mut self, dice: &mut Dice) {
        let (faults, lost) = (self.site.world.dhis2_faults.clone(), 1 + dice.below(2) as u64);
        faults.clear();
        let fault = Fault::Reject { status: 504, body: "<html>Gateway timeout</html>".into() };
        let skip = dice.below(2) as u64;
        faults.push(FaultRule::on("*/dataValueSets", fault).method(Method::POST).skip(skip).times(lost));
        self.edits(dice, 6);
        let span = self.span();
        let words: Vec<&str> = ["run"].into_iter().chain(span.iter().map(String::as_str)).collect();
        self.tally(&words, Around::default());
        faults.clear();
        if dice.percent(50) {
            self.run(dice, &span);
        }
        if !self.has_state() {
            return;
        }
        let state = State::open_read_only(&self.site.path(".tally/state.sqlite")).unwrap();
        let given_up = state.resolved_intents(20).unwrap();
        let recent = |at: jiff::Timestamp| self.clock.now().duration_since(at) < jiff::SignedDuration::from_hours(24);
        let given_up: Vec<_> = given_up.into_iter().filter(|intent| recent(intent.body.created_at)).collect();
        if given_up.is_empty() {
            return;
        }
        let intent = &given_up[dice.below(given_up.len())];
        self.say(format!("    what intent {} wanted comes in", intent.id));
        let rows: Vec<serde_json::Value> = serde_json::from_str(&intent.body.values).unwrap();
        for row in &rows {
            let text = |at: usize| row[at].as_str().unwrap_or_default().to_owned();
            let key = (text(0), text(1), text(2), text(3), text(4));
            // A deletion leaves no name behind.
            if let Some(value) = row[5].as_str() {
                self.site.world.dhis2.set_value_as(&key, Some(value), account::DHIS2_USERNAME);
                self.memory.foreign.remove(&key);
            }
        }
        if dice.percent(50) {
            self.edits(dice, 6);
        }
    }

    /// Several processes start at once, and nobody waits for anybody.
    fn at_once(&mut self, dice: &mut Dice) {
        if dice.percent(75) {
            self.edits(dice, 4);
        }
        let span = self.span();
        let words: Vec<&str> = ["run"].into_iter().chain(span.iter().map(String::as_str)).collect();
        let other: Vec<&str> = match dice.below(4) {
            0 => vec!["state", "check"],
            1 => ["apply", HELD].into_iter().chain(span.iter().map(String::as_str)).collect(),
            _ => words.clone(),
        };
        self.set_clock();
        let running: Vec<_> = [&words, &other, &words]
            .into_iter()
            .take(2 + dice.below(2))
            .map(|words| (words, Running::start(&self.site, words, &[])))
            .collect();
        // One after the other, so that the judgement on the first does not look while the others write.
        let ended: Vec<_> = running.into_iter().map(|(words, running)| (words, running.end())).collect();
        for (words, ended) in ended {
            self.judge(words, &ended, Around { may_refuse: words[0] == "state", ..Around::default() });
        }
    }

    /// A request is held on its way, something happens, and it goes on.
    fn meanwhile(&mut self, dice: &mut Dice) {
        if dice.percent(75) {
            self.edits(dice, 4);
        }
        let (faults, rule): (Faults, FaultRule) = match dice.below(4) {
            0 | 1 => {
                let fault = if dice.percent(50) { Fault::Hold } else { Fault::HoldAfterWrite };
                let rule = FaultRule::on("*/cases", fault).skip(dice.below(5) as u64);
                (self.site.world.godata.faults().clone(), rule)
            }
            kind => {
                let fault = if dice.percent(50) { Fault::Hold } else { Fault::HoldAfterWrite };
                let method = if kind == 2 { Method::GET } else { Method::POST };
                let rule = FaultRule::on("*/dataValueSets", fault).method(method).skip(dice.below(3) as u64);
                (self.site.world.dhis2_faults.clone(), rule)
            }
        };
        self.say(format!("    {rule:?}"));
        let n_before = faults.fired().len();
        faults.push(rule);
        let span = self.span();
        let words: Vec<&str> = ["run"].into_iter().chain(span.iter().map(String::as_str)).collect();
        self.set_clock();
        let mut running = Running::start(&self.site, &words, &[]);
        let is_held = |fault: &Fault| matches!(fault, Fault::Hold | Fault::HoldAfterWrite);
        let held = wait_for("the request that is held", || {
            let fired = faults.fired();
            if fired[n_before..].iter().any(|fired| is_held(&fired.fault)) {
                return Some(true);
            }
            running.has_ended().then_some(false)
        });
        self.someone_waits = true;
        if held {
            self.meddle(dice);
        }
        faults.release();
        // A rule that did not fire must not hold anybody later.
        faults.clear();
        // What had been held but not yet subscribed is let go as well.
        let ended = loop_release(running, &faults);
        self.judge(&words, &ended, Around { changed: held, ..Around::default() });
        self.someone_waits = false;
    }
}

/// Waits for the end of a process and lets go whatever is held meanwhile: a request counts as held a moment before it is.
fn loop_release(mut running: Running, faults: &Faults) -> Ended {
    wait_for("the end of the process", || {
        faults.release();
        running.has_ended().then_some(())
    });
    running.end()
}
