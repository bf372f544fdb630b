//! Calm: nobody disturbs, and Tally runs. Then DHIS2 says what the line list says, and everything is at rest.

use super::dice::Dice;
use super::truth::Foreign;
use super::walk::{Around, DATA_SET, Walk};
use crate::crash_matrix::{intents, values_of_body};
use pipeline::store::{LineList, State};
use std::collections::{BTreeMap, BTreeSet};

/// So many runs bring everything to rest, whatever happened before.
const RUNS_MAX: usize = 2;

impl Walk {
    /// Comes to rest and looks at everything.
    pub(super) fn calm(&mut self, step: u64) {
        let mut dice = Dice::of(self.seed, step + 1_000_000);
        self.say(format!("calm after step {step}"));
        self.counts.calms += 1;
        for faults in [self.site.world.godata.faults(), &self.site.world.dhis2_faults] {
            self.counts.faults += faults.fired().len() as u64;
            faults.clear();
            faults.release();
        }
        self.open_all();
        self.skew = 0;
        self.pass(dice.between(10, 600));
        if dice.percent(50) {
            self.put_right();
        }
        let span = self.span();
        let words: Vec<&str> = ["run"].into_iter().chain(span.iter().map(String::as_str)).collect();
        let mut code = None;
        for n in 1..=RUNS_MAX {
            let ended = self.tally(&words, Around::default());
            code = ended.code;
            if code == Some(0) || (code == Some(40) && self.is_at_rest()) {
                break;
            }
            assert!(n < RUNS_MAX, "nothing is in the way, and the run is not clean:\n{ended}");
        }
        self.check_rest();
        self.check_intents();
        let (values, n_writes) = (self.site.values(), self.site.n_writes());
        let again = self.tally(&words, Around::default());
        assert_eq!(again.code, code, "a further run comes to the same:\n{again}");
        assert_eq!(
            (self.site.values(), self.site.n_writes()),
            (values, n_writes),
            "a further run writes nothing:\n{again}"
        );
        self.tally(&["state", "check"], Around::default()).with_code(0);
        assert!(self.site.assert_silent_files() >= 3);
        self.check_sound();
        // What agrees belongs to nobody else any more.
        let values = self.site.values();
        let ledger = self.ledger();
        self.memory.foreign.retain(|key, foreign| {
            let theirs =
                values.get(key) == foreign.value.as_ref() && ledger.get(key).cloned().flatten() != foreign.value;
            foreign.may_be_ours = false;
            theirs
        });
        self.site.world.dhis2.clear_requests();
    }

    /// What somebody else wrote is set to what it should be, in DHIS2.
    fn put_right(&mut self) {
        let truth = self.truth();
        let foreign: Vec<_> = self.memory.foreign.keys().cloned().collect();
        self.say(format!("    {} values are put right", foreign.len()));
        for key in foreign {
            let value = truth.get(&key);
            if self.site.values().get(&key) != value {
                self.site.world.dhis2.set_value(&key, value.map(String::as_str));
                let foreign = Foreign { value: value.cloned(), may_be_ours: true };
                self.memory.foreign.insert(key, foreign);
            }
        }
    }

    /// Whether all that differs from the truth is somebody else's.
    fn is_at_rest(&self) -> bool {
        let (truth, values) = (self.truth(), self.site.values());
        let keys: BTreeSet<_> = truth.keys().chain(values.keys()).collect();
        keys.into_iter()
            .all(|key| self.memory.agree(key, truth.get(key), values.get(key)) || self.memory.foreign.contains_key(key))
    }

    fn check_rest(&self) {
        let (truth, values, ledger) = (self.truth(), self.site.values(), self.ledger());
        let keys: BTreeSet<_> = truth.keys().chain(values.keys()).chain(ledger.keys()).collect();
        for key in keys {
            let (should, says) = (truth.get(key), values.get(key));
            let written = ledger.get(key).and_then(Option::as_ref);
            let foreign = self.memory.foreign.get(key);
            let told = || format!("{key:?} should be {should:?}, is {says:?}, was written as {written:?}; {foreign:?}");
            if self.memory.agree(key, should, says) {
                // A zero of somebody else's where a zero is as good as nothing needs no ledger.
                assert!(self.memory.agree(key, says, written), "the ledger says otherwise: {}", told());
                continue;
            }
            let theirs = foreign.is_some_and(|foreign| foreign.value.as_ref() == says);
            assert!(theirs, "DHIS2 does not say what the line list says: {}", told());
            assert!(written.is_none() || !self.memory.agree(key, says, written), "it was ours: {}", told());
            let untouched = should.is_none() && written.is_none();
            assert!(!self.overwrites || untouched, "it was to be overwritten: {}", told());
        }
        let weeks = self.weeks();
        let units: BTreeSet<_> = self.all_units.iter().map(|unit| &unit.uid).collect();
        for (data_set, week, unit, _) in self.site.world.dhis2.completions().keys() {
            let known = data_set == DATA_SET && weeks.contains(week) && units.contains(unit);
            assert!(known, "completed elsewhere: {data_set} {week} {unit}");
        }
        let state = State::open_read_only(&self.site.path(".tally/state.sqlite")).unwrap();
        state.integrity_check().unwrap();
        assert!(state.open_intents().unwrap().is_empty() && state.unfinished_runs().unwrap().is_empty());
        let list = self.site.path(".tally/line-list.sqlite");
        if list.exists() {
            LineList::open_read_only(&list).unwrap().integrity_check().unwrap();
        }
    }

    /// Whatever was sent had an intent that says exactly that.
    fn check_intents(&self) {
        let intents = intents(&self.site.path(".tally/state.sqlite"));
        let mut announced: BTreeMap<_, usize> = BTreeMap::new();
        for values in intents {
            *announced.entry(values).or_default() += 1;
        }
        for request in self.site.world.dhis2.requests() {
            let sent = values_of_body(&request.body);
            if request.method == "POST" && request.path.ends_with("/dataValueSets") && !sent.is_empty() {
                let left = announced.get_mut(&sent);
                let left = left.unwrap_or_else(|| panic!("no intent says what was sent: {sent:?}"));
                assert!(*left > 0, "more was sent than announced: {sent:?}");
                *left -= 1;
            }
        }
    }
}
