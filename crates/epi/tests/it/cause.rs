//! Why cells change: the algebra against recounting, and the words for what happens to records in the field.

use crate::aggregate::{record, some_definitions};
use crate::outbreak::{TODAY, basis, condition, day, definitions, indicator, person, stay};
use epi::cause::{Cause, Movement, Retrospect, Why};
use epi::contribution::{CellKey, Contributions, contributions};
use epi::indicator::{Definitions, Indicator, Window};
use epi::record::{Person, PersonKind};
use jiff::ToSpan;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn n_records(persons: &[Option<Person>], definitions: &Definitions) -> BTreeMap<CellKey, i64> {
    let mut counts = BTreeMap::new();
    let mut found = Contributions::default();
    for person in persons.iter().flatten() {
        contributions(person, definitions, &mut found);
        for contribution in &found.cells {
            *counts.entry(contribution.cell).or_default() += 1;
        }
    }
    counts
}

proptest! {
    #[test]
    fn what_entered_less_what_left_is_the_difference(
        lives in prop::collection::vec((prop::option::of(record()), prop::option::of(record())), 0..30),
        now in some_definitions(),
        days_ago in 0_i64..12,
    ) {
        let then = Definitions { today: TODAY - days_ago.days(), ..now.clone() };
        let (before, after): (Vec<_>, Vec<_>) = lives.iter().cloned().unzip();
        let mut counts = n_records(&before, &then);
        let retrospect = Retrospect::new(&now, then.today);
        for (before, after) in &lives {
            for cause in retrospect.causes(before.as_ref(), after.as_ref()) {
                *counts.entry(cause.cell).or_default() += match cause.movement {
                    Movement::Entered => 1,
                    Movement::Left => -1,
                    Movement::Revised => 0,
                };
                if let (Why::Changed(fields), true) = (&cause.why, days_ago == 0) {
                    prop_assert!(!fields.is_empty(), "a field says why: {cause:?}");
                }
            }
        }
        counts.retain(|_, n| *n != 0);
        prop_assert_eq!(counts, n_records(&after, &now));
    }

    #[test]
    fn a_record_that_stays_as_it_is_causes_nothing(person in record(), now in some_definitions()) {
        prop_assert_eq!(Retrospect::new(&now, TODAY).causes(Some(&person), Some(&person)), vec![]);
    }
}

fn confirmed() -> Indicator {
    Indicator { condition: Some(condition("classification = 'CONFIRMED'")), ..indicator() }
}

/// What happens to the cells of one indicator: period, movement and words.
fn told(of: Indicator, before: Option<&Person>, after: Option<&Person>) -> Vec<(u16, &'static str, String)> {
    let definitions = definitions(vec![of]);
    let causes = Retrospect::new(&definitions, TODAY).causes(before, after);
    causes.into_iter().map(|Cause { cell, movement, why }| (cell.period, movement.name(), why.words())).collect()
}

#[test]
fn what_happens_to_records_has_words() {
    let case = Person { classification: Some("CONFIRMED".into()), ..person() };
    let with = |change: fn(&mut Person)| {
        let mut person = case.clone();
        change(&mut person);
        person
    };
    let told = |after: Option<&Person>| told(confirmed(), Some(&case), after);

    assert_eq!(told(None), [(1, "left", "deleted, merged or converted".into())]);
    assert_eq!(told(Some(&with(|p| p.classification = Some("SUSPECT".into())))), [(1, "left", "reclassified".into())]);
    assert_eq!(told(Some(&with(|p| p.kind = PersonKind::Contact))), [(1, "left", "converted".into())]);
    assert_eq!(
        told(Some(&with(|p| p.date_of_onset = Some(day("2020-02-05"))))),
        [(0, "entered", "another date (date_of_onset)".into()), (1, "left", "another date (date_of_onset)".into())]
    );
    let moved = || "moved to another place (residence)".to_owned();
    let found = told(Some(&with(|p| p.residence = Some("south".into()))));
    assert_eq!(found, [(1, "left", moved()), (1, "entered", moved())]);
    // What the indicator does not look at is no cause, though it changed as well.
    let found = told(Some(&with(|p| (p.classification, p.gender) = (None, Some("MALE".into())))));
    assert_eq!(found, [(1, "left", "reclassified".into())]);
}

#[test]
fn what_was_not_there_before_is_new() {
    assert_eq!(told(indicator(), None, Some(&person())), [(1, "entered", "new, or restored".into())]);
}

#[test]
fn an_open_stay_enters_the_next_period_because_time_goes_on() {
    let ill = Person { stays: vec![stay("ISOLATION", "2020-02-12", "")], ..person() };
    let isolated =
        Indicator { window: Window::Overlapping, when: vec![basis("stays WHERE type = 'ISOLATION'")], ..indicator() };
    let definitions = definitions(vec![isolated]);
    let causes = Retrospect::new(&definitions, day("2020-02-14")).causes(Some(&ill), Some(&ill));
    let told: Vec<_> = causes.iter().map(|c| (c.cell.period, c.movement, c.why.words())).collect();
    assert_eq!(told, [(2, Movement::Entered, "time went on".to_owned())]);
}
