//! What is explained agrees with what counts.

use crate::aggregate::{record, some_definitions};
use crate::outbreak::{basis, condition, day, definitions, indicator, person, stay};
use epi::contribution::{Contributions, Outcome, Reason, contributions};
use epi::explanation::{Meaning, explain};
use epi::indicator::{Indicator, Window};
use epi::record::Person;
use proptest::prelude::*;

fn explained(person: &Person, indicator: Indicator) -> Meaning {
    let definitions = definitions(vec![indicator]);
    explain(person, &definitions.indicators[0], &definitions)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The first answer that speaks against the record is the reason that the account gives, and without one it counts.
    #[test]
    fn the_explanation_gives_the_reason_of_the_account(person in record(), definitions in some_definitions()) {
        let mut found = Contributions::default();
        contributions(&person, &definitions, &mut found);
        for (index, (indicator, outcome)) in definitions.indicators.iter().zip(&found.outcomes).enumerate() {
            let meaning = explain(&person, indicator, &definitions);
            let verdict = meaning.condition.as_ref().map_or(Some(true), |condition| condition.verdict);
            let used = meaning.dates.iter().position(|date| date.is_used);
            let excluded = meaning.groups.iter().position(|group| group.group.is_none());
            match outcome {
                Outcome::Excluded(Reason::OtherKind) => prop_assert!(!meaning.is_its_kind),
                _ => prop_assert!(meaning.is_its_kind),
            }
            match outcome {
                Outcome::Excluded(Reason::OtherKind) => {}
                Outcome::Excluded(Reason::ConditionFalse) => prop_assert_eq!(verdict, Some(false)),
                Outcome::Excluded(Reason::ConditionUnknown) => prop_assert_eq!(verdict, None),
                _ => prop_assert_eq!(verdict, Some(true)),
            }
            match outcome {
                Outcome::Counted { basis } => {
                    prop_assert_eq!(used, Some(usize::from(*basis)));
                    prop_assert_eq!(meaning.dates[usize::from(*basis)].is_fallback, *basis > 0);
                    prop_assert_eq!(excluded, None);
                    let cells: Vec<_> = found.cells.iter().filter(|c| usize::from(c.cell.indicator) == index).collect();
                    prop_assert!(!cells.is_empty());
                    for contribution in cells {
                        let org_unit = &definitions.places.org_units()[contribution.cell.place as usize];
                        prop_assert_eq!(meaning.place.org_unit.as_ref(), Some(org_unit));
                        let groups = definitions.groups_of(indicator, contribution.cell.combo);
                        let names = groups.iter().zip(&indicator.by).map(|(g, d)| definitions.dimensions[*d].group_name(*g));
                        let seen: Vec<_> = meaning.groups.iter().filter_map(|group| group.group.clone()).collect();
                        prop_assert_eq!(seen, names.collect::<Vec<_>>());
                    }
                }
                Outcome::Excluded(Reason::NoDate) => prop_assert_eq!(used, None),
                Outcome::Excluded(Reason::OutsidePeriods) => prop_assert!(used.is_some()),
                Outcome::Excluded(Reason::NoPlace) => prop_assert!(meaning.place.path.is_empty()),
                Outcome::Excluded(Reason::UnknownPlace | Reason::PlaceNotMapped) => {
                    prop_assert_eq!(meaning.place.org_unit, None);
                    prop_assert!(!meaning.place.path.is_empty());
                }
                Outcome::Excluded(Reason::UnknownGroup(dimension)) => {
                    let first = excluded.map(|at| indicator.by[at]);
                    prop_assert_eq!(first, Some(usize::from(*dimension)));
                }
                Outcome::Excluded(Reason::NoValue) => {
                    prop_assert!(meaning.measured.is_some());
                }
                Outcome::Excluded(_) => {}
            }
        }
    }
}

#[test]
fn a_place_is_followed_up_to_the_one_that_is_mapped() {
    let seen = |residence: &str| {
        let meaning = explained(&Person { residence: Some(residence.into()), ..person() }, indicator());
        let path: Vec<_> = meaning.place.path.iter().map(|place| place.id.clone()).collect();
        (path.join(" > "), meaning.place.org_unit)
    };
    assert_eq!(seen("village"), ("village > north".into(), Some("OuNorth".into())));
    assert_eq!(seen("clinic"), ("clinic".into(), Some("OuClinic".into())));
    assert_eq!(seen("east"), ("east > country".into(), None), "up to the root");
    assert_eq!(seen("atlantis"), ("atlantis".into(), None));
    assert!(explained(&Person { residence: None, ..person() }, indicator()).place.path.is_empty());
}

#[test]
fn the_first_date_counts_and_the_next_ones_stand_in_for_it() {
    let indicator = Indicator { when: vec![basis("date_of_onset"), basis("date_of_reporting")], ..indicator() };
    let reported = Person { date_of_reporting: Some(day("2020-02-14")), ..person() };
    let used = |person: &Person| {
        let dates = explained(person, indicator.clone()).dates;
        dates.into_iter().map(|date| (date.found.join(", "), date.is_used, date.is_fallback)).collect::<Vec<_>>()
    };
    assert_eq!(used(&reported), [("2020-02-12".into(), true, false), ("2020-02-14".into(), false, false)]);
    let late = Person { date_of_onset: None, ..reported };
    assert_eq!(used(&late), [(String::new(), false, false), ("2020-02-14".into(), true, true)]);
}

#[test]
fn stays_are_told_as_intervals() {
    let indicator = Indicator {
        when: vec![basis("stays WHERE type = 'ISOLATION'")],
        window: Window::Overlapping,
        condition: Some(condition("EXISTS (SELECT 1 FROM stays WHERE type = 'ISOLATION')")),
        ..indicator()
    };
    let stays = vec![
        stay("ISOLATION", "2020-02-04", "2020-02-06"),
        stay("X", "2020-02-04", ""),
        stay("ISOLATION", "2020-02-10", ""),
    ];
    let meaning = explained(&Person { stays, ..person() }, indicator);
    assert_eq!(meaning.dates[0].found, ["2020-02-04 to 2020-02-06", "2020-02-10 to now"]);
    let parts: Vec<_> = meaning.condition.unwrap().parts.iter().map(|part| (part.element, part.verdict)).collect();
    assert_eq!(parts, [(Some(1), Some(true)), (Some(2), Some(false)), (Some(3), Some(true))]);
}
