//! A model of a DHIS2 with both importers' rules about zeros and deleted rows, a ledger, and whole walks of runs with
//! people's edits, refused values and lost answers between them.
//!
//! The model keeps who wrote each value last, which no diff can see. What it may not do is held against that.

use compact_str::CompactString;
use epi::period::Period;
use epi::plan::{
    Action, Change, Desired, Policies, Policy, Reading, Sides, ValueKey, ValueRules, Written, diff, is_zero, same,
};
use proptest::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Few cells and few values, so that a walk comes back to the same ones.
const N_CELLS: u8 = 5;
const VALUES: [&str; 5] = ["0", "5", "5.0", "7", "3"];

/// What stands in a cell and who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stored {
    value: &'static str,
    by: Hand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hand {
    Ours,
    Theirs,
}

/// A DHIS2 of one release: a cell that was ever written keeps its row, live or soft-deleted.
#[derive(Clone, Debug)]
struct Dhis2 {
    stores_zeros: bool,
    rows: BTreeMap<u8, Option<Stored>>,
}

impl Dhis2 {
    fn live(&self, cell: u8) -> Option<&Stored> {
        self.rows.get(&cell).and_then(Option::as_ref)
    }

    /// An import: up to 2.42 a zero that says nothing is dropped, deletes a live row, or revives a deleted one.
    fn import(&mut self, cell: u8, value: Option<&'static str>) {
        let ours = value.map(|value| Stored { value, by: Hand::Ours });
        let dropped = value.is_some_and(is_zero) && !rules_of(cell, self.stores_zeros).zero_is_significant;
        let row =
            if dropped && !self.stores_zeros && self.rows.get(&cell).is_none_or(Option::is_some) { None } else { ours };
        match row {
            None if !self.rows.contains_key(&cell) => {}
            row => drop(self.rows.insert(cell, row)),
        }
    }
}

/// Every second data element has significant zeros.
fn rules_of(cell: u8, stores_zeros: bool) -> ValueRules {
    ValueRules { reading: Reading::Number, zero_is_significant: cell % 2 == 1, stores_zeros }
}

fn key(cell: u8) -> ValueKey {
    let period = Period::parse("2020W7").unwrap();
    ValueKey { period, org_unit: 0, data_element: u32::from(cell), combo: 0, attribute: 0 }
}

fn cell(key: &ValueKey) -> u8 {
    u8::try_from(key.data_element).unwrap()
}

/// What becomes of a change that is sent.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// Written, and the receipt is kept.
    Written,
    /// DHIS2 refuses it.
    Refused,
    /// Written, and Tally dies before the receipt: the next run reads what stands there.
    Unanswered,
}

/// What happens next.
#[derive(Clone, Debug)]
enum Event {
    /// The line list changed: this is what DHIS2 should say from now on.
    Wish(BTreeMap<u8, &'static str>),
    /// Somebody types a value, or deletes one.
    Edit(u8, Option<&'static str>),
    /// A run, its policies, and the fate of the changes it sends, in turn.
    Run(Policies, Vec<Fate>),
}

fn value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(VALUES.to_vec())
}

fn event(policies: impl Strategy<Value = Policies>) -> impl Strategy<Value = Event> {
    let fate = prop_oneof![4 => Just(Fate::Written), 1 => Just(Fate::Refused), 1 => Just(Fate::Unanswered)];
    prop_oneof![
        2 => prop::collection::btree_map(0..N_CELLS, value(), 0..usize::from(N_CELLS)).prop_map(Event::Wish),
        1 => (0..N_CELLS, prop::option::of(value())).prop_map(|(cell, value)| Event::Edit(cell, value)),
        3 => (policies, prop::collection::vec(fate, 1..6)).prop_map(|(policies, fates)| Event::Run(policies, fates)),
    ]
}

fn any_policies() -> impl Strategy<Value = Policies> {
    let policy = || prop::sample::select(vec![Policy::Hold, Policy::Overwrite]);
    (policy(), policy()).prop_map(|(on_drift, on_existing)| Policies { on_drift, on_existing })
}

const CAUTIOUS: Policies = Policies { on_drift: Policy::Hold, on_existing: Policy::Hold };
const OVERWRITING: Policies = Policies { on_drift: Policy::Overwrite, on_existing: Policy::Overwrite };

/// Tally and DHIS2 side by side.
#[derive(Clone, Debug)]
struct World {
    dhis2: Dhis2,
    wish: BTreeMap<u8, &'static str>,
    ledger: FxHashMap<ValueKey, Written>,
    /// Sent without a receipt: cell and what was sent.
    unanswered: BTreeMap<u8, Option<&'static str>>,
    /// Cells that were ever wished for: all others are nobody's business.
    wished: BTreeSet<u8>,
}

impl World {
    fn new(stores_zeros: bool) -> Self {
        let dhis2 = Dhis2 { stores_zeros, rows: BTreeMap::new() };
        let (wish, unanswered, wished) = Default::default();
        Self { dhis2, wish, ledger: FxHashMap::default(), unanswered, wished }
    }

    fn rules(&self, cell: u8) -> ValueRules {
        rules_of(cell, self.dhis2.stores_zeros)
    }

    /// What a value says: a zero that means nothing and is not stored says as much as no value.
    fn says<'a>(&self, cell: u8, value: Option<&'a str>) -> Option<&'a str> {
        let rules = self.rules(cell);
        value.filter(|value| !is_zero(value) || rules.zero_is_significant || rules.stores_zeros)
    }

    fn diff(&self, policies: Policies) -> Vec<Change> {
        let desired: FxHashMap<_, _> =
            self.wish.iter().map(|(c, v)| (key(*c), Desired { value: (*v).into(), n_records: 1 })).collect();
        let live = |(c, row): (&u8, &Option<Stored>)| Some((key(*c), CompactString::from(row.as_ref()?.value)));
        let actual: FxHashMap<_, _> = self.dhis2.rows.iter().filter_map(live).collect();
        let sides = Sides { desired: &desired, actual: &actual, ledger: &self.ledger };
        diff(&sides, |key| self.rules(cell(key)), policies)
    }

    /// What is in flight is settled by reading: what stands there as it was sent was written by us.
    fn settle(&mut self) {
        for (cell, sent) in std::mem::take(&mut self.unanswered) {
            let stands = self.dhis2.live(cell).map(|stored| stored.value);
            let arrived = match (self.says(cell, sent), self.says(cell, stands)) {
                (Some(sent), Some(stands)) => same(sent, stands),
                (sent, stands) => sent == stands,
            };
            if arrived {
                self.ledger.insert(key(cell), sent.map(Into::into));
            }
        }
    }

    fn run(&mut self, policies: Policies, fates: &[Fate]) -> Vec<Change> {
        self.settle();
        let changes = self.diff(policies);
        for change in changes.iter().filter(|change| change.is_adopted(Reading::Number)) {
            self.ledger.insert(change.key, change.actual.clone());
        }
        let pushed = changes.iter().filter(|change| change.action.is_pushed());
        for (change, fate) in pushed.zip(fates.iter().cycle()) {
            let cell = cell(&change.key);
            let value = change.desired.as_ref().map(|value| *VALUES.iter().find(|known| *known == value).unwrap());
            match fate {
                Fate::Refused => continue,
                Fate::Written => drop(self.ledger.insert(change.key, change.desired.clone())),
                Fate::Unanswered => drop(self.unanswered.insert(cell, value)),
            }
            self.dhis2.import(cell, value);
        }
        changes
    }

    /// Whether DHIS2 says of a cell what it should.
    fn is_right(&self, cell: u8) -> bool {
        let wish = self.says(cell, self.wish.get(&cell).copied());
        match (wish, self.says(cell, self.dhis2.live(cell).map(|stored| stored.value))) {
            (Some(wish), Some(stands)) => same(wish, stands),
            // What was retracted is gone, or an explicit zero where zeros mean something.
            (None, Some(stands)) => self.rules(cell).zero_is_significant && is_zero(stands),
            (None, None) => true,
            (Some(_), None) => false,
        }
    }

    fn apply(&mut self, event: &Event) -> Option<Vec<Change>> {
        match event {
            Event::Wish(wish) => {
                self.wished.extend(wish.keys());
                self.wish = wish.clone();
                None
            }
            Event::Edit(cell, value) => {
                let theirs = value.map(|value| Stored { value, by: Hand::Theirs });
                if theirs.is_some() || self.dhis2.rows.contains_key(cell) {
                    self.dhis2.rows.insert(*cell, theirs);
                }
                None
            }
            Event::Run(policies, fates) => Some(self.run(*policies, fates)),
        }
    }
}

/// Holds a run against what the model knows and the diff does not.
fn judged(before: &World, changes: &[Change], after: &World, policies: Policies) -> Result<(), TestCaseError> {
    for cell in 0..N_CELLS {
        let change = changes.iter().find(|change| change.key == key(cell));
        let (was, is) = (before.dhis2.live(cell), after.dhis2.live(cell));
        if was != is {
            let change = change.filter(|change| change.action.is_pushed());
            prop_assert!(change.is_some(), "cell {cell} changed without a plan: {was:?} -> {is:?}");
            prop_assert!(before.wished.contains(&cell), "cell {cell} was never ours to write");
        }
        let Some(change) = change else {
            // Not in the plan: nothing is wished for, and what we wrote there is gone.
            prop_assert!(!before.wish.contains_key(&cell));
            continue;
        };
        if change.action.is_held() {
            prop_assert_eq!(was, is, "a held value was touched");
        }
        // A value that somebody typed survives a cautious run unless it is the one that we had written, to the letter
        // of the ledger: then nobody can tell.
        let theirs = was.filter(|stored| stored.by == Hand::Theirs && before.says(cell, Some(stored.value)).is_some());
        if let (Some(theirs), CAUTIOUS) = (theirs, policies)
            && was != is
        {
            let written = change.written.as_ref();
            prop_assert!(written.is_some_and(|written| same(written, theirs.value)), "{change:?}");
        }
        match change.action {
            Action::RetractToZero => prop_assert!(after.rules(cell).zero_is_significant),
            Action::RetractByDeletion => prop_assert!(!after.rules(cell).zero_is_significant),
            _ => {}
        }
        // Nothing is silently wrong: it is right, it is held, or it was sent and its fate was not good.
        if change.action == Action::Unchanged {
            prop_assert!(after.is_right(cell), "called unchanged: {change:?}");
            // What stands as it should is ours from now on, whoever put it there, so that a correction is not held.
            let written = after.ledger.get(&key(cell)).and_then(Option::as_deref);
            let owned = match (after.says(cell, is.map(|stored| stored.value)), after.says(cell, written)) {
                (Some(stands), Some(written)) => same(stands, written),
                (stands, written) => stands == written,
            };
            prop_assert!(owned, "{change:?} is not in the ledger: {:?}", after.ledger);
        }
    }
    Ok(())
}

fn walk(stores_zeros: bool, events: &[Event]) -> Result<World, TestCaseError> {
    let mut world = World::new(stores_zeros);
    for event in events {
        let mut before = world.clone();
        let changes = world.apply(event);
        if let (Some(changes), Event::Run(policies, _)) = (changes, event) {
            before.settle();
            judged(&before, &changes, &world, *policies)?;
        }
    }
    Ok(world)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_run_of_a_walk_touches_what_it_may_not_and_the_last_one_pushes_nothing_more(
        stores_zeros in any::<bool>(),
        events in prop::collection::vec(event(any_policies()), 1..25),
        policies in any_policies(),
    ) {
        let mut world = walk(stores_zeros, &events)?;
        world.run(policies, &[Fate::Written]);
        let rest = world.clone();
        let changes = world.run(policies, &[Fate::Written]);
        prop_assert!(changes.iter().all(|change| !change.action.is_pushed()), "a further run pushes: {changes:?}");
        prop_assert_eq!(&rest.dhis2.rows, &world.dhis2.rows);
        for cell in 0..N_CELLS {
            let held = changes.iter().any(|change| change.key == key(cell) && change.action.is_held());
            let concerned = world.wish.contains_key(&cell) || world.ledger.get(&key(cell)).is_some_and(Option::is_some);
            if concerned {
                prop_assert_eq!(world.is_right(cell), !held, "cell {}: right or held, and never both", cell);
            }
        }
    }

    #[test]
    fn without_foreign_edits_dhis2_ends_by_saying_what_it_should_and_nothing_is_held(
        stores_zeros in any::<bool>(),
        events in prop::collection::vec(
            event(Just(CAUTIOUS)).prop_filter("nobody types", |event| !matches!(event, Event::Edit(..))), 1..25,
        ),
    ) {
        let mut world = walk(stores_zeros, &events)?;
        let changes = world.run(CAUTIOUS, &[Fate::Written]);
        prop_assert!(changes.iter().all(|change| !change.action.is_held()), "{changes:?}");
        for cell in 0..N_CELLS {
            prop_assert!(world.is_right(cell), "cell {cell}: {world:?}");
        }
    }

    #[test]
    fn overwriting_dhis2_ends_by_saying_what_it_should_whatever_people_typed(
        stores_zeros in any::<bool>(),
        events in prop::collection::vec(event(any_policies()), 1..25),
    ) {
        let mut world = walk(stores_zeros, &events)?;
        world.run(OVERWRITING, &[Fate::Written]);
        for cell in world.wish.keys() {
            prop_assert!(world.is_right(*cell), "cell {cell}: {world:?}");
        }
        for (key, written) in &world.ledger {
            if written.is_some() {
                prop_assert!(world.is_right(cell(key)), "{key:?} {world:?}");
            }
        }
    }

    #[test]
    fn a_cautious_walk_never_loses_what_somebody_typed_into_a_cell_of_theirs(
        stores_zeros in any::<bool>(),
        typed in prop::collection::btree_map(0..N_CELLS, prop::sample::select(vec!["5", "7", "3"]), 1..4),
        events in prop::collection::vec(
            event(Just(CAUTIOUS)).prop_filter("typed only once", |event| !matches!(event, Event::Edit(..))), 1..25,
        ),
    ) {
        let edits = typed.iter().map(|(cell, value)| Event::Edit(*cell, Some(value)));
        let all: Vec<Event> = edits.chain(events).collect();
        let mut world = World::new(stores_zeros);
        for event in &all {
            world.apply(event);
        }
        // A cell for which the wish was never what stands there still has it.
        let wished_as_typed = |cell: u8, value: &str| {
            all.iter().any(|event| matches!(event, Event::Wish(wish) if wish.get(&cell).is_some_and(|w| same(w, value))))
        };
        for (cell, value) in &typed {
            if !wished_as_typed(*cell, value) {
                prop_assert_eq!(world.dhis2.live(*cell), Some(&Stored { value, by: Hand::Theirs }));
            }
        }
    }
}
