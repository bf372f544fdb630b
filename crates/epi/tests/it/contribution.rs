//! What one record means: windows, date bases, places, reasons.

use crate::outbreak::{
    AGE, SEX, TODAY, age, basis, condition, day, definitions, field, indicator, periods, person, places, sex, stay,
    weeks,
};
use epi::contribution::{Amount, Contributions, Outcome, Reason, contributions};
use epi::dimension::Unknown;
use epi::indicator::{Indicator, Measure, Window};
use epi::mapping::{Category, CategoryCombo, Disaggregation, category_option_combos};
use epi::record::{Person, PersonKind, RecordKind};
use std::collections::BTreeSet;

fn onset(date: &str) -> Person {
    Person { date_of_onset: Some(day(date)), ..person() }
}

fn in_window(window: Window) -> Indicator {
    let when = if window.needs_interval() { "stays WHERE type = 'ISOLATION'" } else { "date_of_onset" };
    Indicator { window, when: vec![basis(when)], ..indicator() }
}

fn isolated(window: Window, stays: &[(&str, &str)]) -> Result<Vec<u16>, Reason> {
    let stays = stays.iter().map(|(start, end)| stay("ISOLATION", start, end)).collect();
    periods(&Person { stays, ..person() }, &in_window(window))
}

#[test]
fn during_counts_the_first_and_the_last_day_of_a_period() {
    for (date, expected) in [
        ("2020-02-02", Err(Reason::OutsidePeriods)),
        ("2020-02-03", Ok(vec![0])),
        ("2020-02-09", Ok(vec![0])),
        ("2020-02-10", Ok(vec![1])),
        ("2020-02-16", Ok(vec![1])),
        ("2020-02-17", Ok(vec![2])),
        ("2020-02-23", Ok(vec![2])),
        ("2020-02-24", Err(Reason::OutsidePeriods)),
    ] {
        assert_eq!(periods(&onset(date), &in_window(Window::During)), expected, "{date}");
    }
}

#[test]
fn up_to_is_cumulative_and_begins_long_before_the_span() {
    for (date, expected) in [
        ("1999-12-31", Ok(vec![0, 1, 2])),
        ("2020-02-02", Ok(vec![0, 1, 2])),
        ("2020-02-09", Ok(vec![0, 1, 2])),
        ("2020-02-10", Ok(vec![1, 2])),
        ("2020-02-17", Ok(vec![2])),
        ("2020-02-23", Ok(vec![2])),
        ("2020-02-24", Err(Reason::OutsidePeriods)),
    ] {
        assert_eq!(periods(&onset(date), &in_window(Window::UpTo)), expected, "{date}");
    }
}

#[test]
fn at_end_looks_at_the_last_day_and_in_an_open_period_at_today() {
    for (stay, expected) in [
        // 9 February is the last day of the first week, 16 February of the second; today is 20 February.
        (("2020-02-09", "2020-02-09"), Ok(vec![0])),
        (("2020-02-03", "2020-02-08"), Err(Reason::OutsidePeriods)),
        (("2020-02-10", "2020-02-15"), Err(Reason::OutsidePeriods)),
        (("2020-01-01", "2020-02-16"), Ok(vec![0, 1])),
        (("2020-02-17", "2020-02-19"), Err(Reason::OutsidePeriods)),
        (("2020-02-20", "2020-02-20"), Ok(vec![2])),
        (("2020-02-17", "2020-03-31"), Ok(vec![2])),
        (("2020-02-21", "2020-03-31"), Err(Reason::OutsidePeriods)),
        (("2020-01-01", "2020-02-08"), Err(Reason::OutsidePeriods)),
        // Open: until today.
        (("2020-02-20", ""), Ok(vec![2])),
        (("2020-02-10", ""), Ok(vec![1, 2])),
        (("2019-02-10", ""), Ok(vec![0, 1, 2])),
        (("2020-02-21", ""), Err(Reason::OutsidePeriods)),
    ] {
        assert_eq!(isolated(Window::AtEnd, &[stay]), expected, "{stay:?}");
    }
}

#[test]
fn overlapping_touches_a_period_by_a_single_day() {
    for (stay, expected) in [
        (("2020-01-01", "2020-02-02"), Err(Reason::OutsidePeriods)),
        (("2020-01-01", "2020-02-03"), Ok(vec![0])),
        (("2020-02-09", "2020-02-09"), Ok(vec![0])),
        (("2020-02-09", "2020-02-10"), Ok(vec![0, 1])),
        (("2020-02-16", "2020-02-17"), Ok(vec![1, 2])),
        (("2020-01-01", "2020-12-31"), Ok(vec![0, 1, 2])),
        (("2020-02-23", "2020-12-31"), Ok(vec![2])),
        (("2020-02-24", "2020-12-31"), Err(Reason::OutsidePeriods)),
        // Open: until today, which lies in the last week.
        (("2020-02-05", ""), Ok(vec![0, 1, 2])),
        (("2020-02-20", ""), Ok(vec![2])),
        (("2020-02-21", ""), Err(Reason::OutsidePeriods)),
    ] {
        assert_eq!(isolated(Window::Overlapping, &[stay]), expected, "{stay:?}");
    }
}

#[test]
fn a_period_that_has_not_begun_has_no_end_to_look_at() {
    let mut definitions = definitions(vec![in_window(Window::AtEnd), in_window(Window::Overlapping)]);
    definitions.today = day("2020-02-16");
    let person = Person {
        stays: vec![stay("ISOLATION", "2020-02-10", ""), stay("ISOLATION", "2020-02-10", "2020-03-31")],
        ..person()
    };
    let mut found = Contributions::default();
    contributions(&person, &definitions, &mut found);
    let in_periods: Vec<_> = found.cells.iter().map(|c| (c.cell.indicator, c.cell.period)).collect();
    assert_eq!(in_periods, [(0, 1), (1, 1), (1, 2)], "a stay with an end in the future touches the future");
}

#[test]
fn an_interval_without_a_start_or_that_runs_backwards_says_nothing() {
    for window in [Window::AtEnd, Window::Overlapping] {
        for stays in [&[][..], &[("", "2020-02-12")], &[("", "")], &[("2020-02-12", "2020-02-11")]] {
            assert_eq!(isolated(window, stays), Err(Reason::NoDate), "{window:?} {stays:?}");
        }
        let one_good = [("", ""), ("2020-02-12", "2020-02-11"), ("2020-02-16", "2020-02-16")];
        assert_eq!(isolated(window, &one_good), Ok(vec![1]));
    }
}

#[test]
fn a_record_counts_once_in_a_cell_however_many_elements_match() {
    let stays = [("2020-02-16", ""), ("2020-02-01", "2020-02-10"), ("2020-02-05", "2020-02-12"), ("2020-02-16", "")];
    assert_eq!(isolated(Window::Overlapping, &stays), Ok(vec![0, 1, 2]));
    assert_eq!(isolated(Window::AtEnd, &stays), Ok(vec![0, 1, 2]));
}

#[test]
fn only_elements_that_meet_the_condition_are_looked_at() {
    let other = Person { stays: vec![stay("HOSPITALIZATION", "2020-02-12", "")], ..person() };
    let mut nobody_knows = other.clone();
    nobody_knows.stays[0].kind = None;
    for person in [other, nobody_knows] {
        assert_eq!(periods(&person, &in_window(Window::Overlapping)), Err(Reason::NoDate));
    }
}

#[test]
fn a_date_has_no_interval_and_an_interval_no_date() {
    let person = Person { stays: vec![stay("ISOLATION", "2020-02-12", "")], ..person() };
    let dated = Indicator { window: Window::Overlapping, ..indicator() };
    assert_eq!(periods(&person, &dated), Err(Reason::NoDate));
    let interval = Indicator { when: vec![basis("stays")], ..indicator() };
    assert_eq!(periods(&person, &interval), Err(Reason::NoDate));
}

/// The date basis by which a record counts, and the periods.
fn counted(person: &Person, indicator: Indicator) -> (Outcome, Vec<u16>) {
    let mut found = Contributions::default();
    let definitions = definitions(vec![indicator]);
    contributions(person, &definitions, &mut found);
    (found.outcomes[0], found.cells.iter().map(|c| c.cell.period).collect())
}

#[test]
fn the_first_date_basis_that_a_record_has_is_used() {
    let when = || ["date_of_onset", "date_of_reporting", "date_of_infection"].map(basis).to_vec();
    let by_date = || Indicator { when: when(), ..indicator() };
    let mut person =
        Person { date_of_reporting: Some(day("2020-02-17")), date_of_infection: Some(day("2020-02-03")), ..person() };
    assert_eq!(counted(&person, by_date()), (Outcome::Counted { basis: 0 }, vec![1]));
    person.date_of_onset = None;
    assert_eq!(counted(&person, by_date()), (Outcome::Counted { basis: 1 }, vec![2]));
    person.date_of_reporting = None;
    assert_eq!(counted(&person, by_date()), (Outcome::Counted { basis: 2 }, vec![0]));
    person.date_of_onset = Some(day("2020-03-31"));
    assert_eq!(
        counted(&person, by_date()).0,
        Outcome::Excluded(Reason::OutsidePeriods),
        "a date outside of the periods is a date: no fallback may count it elsewhere"
    );
}

#[test]
fn intervals_fall_back_too() {
    let when = ["stays WHERE type = 'ICU_ADMISSION'", "stays WHERE type = 'HOSPITALIZATION'"].map(basis).to_vec();
    let indicator = || Indicator { when: when.clone(), window: Window::Overlapping, ..indicator() };
    let mut person = Person {
        stays: vec![
            stay("HOSPITALIZATION", "2020-02-03", "2020-02-20"),
            stay("ICU_ADMISSION", "2020-02-12", "2020-02-12"),
        ],
        ..person()
    };
    assert_eq!(counted(&person, indicator()), (Outcome::Counted { basis: 0 }, vec![1]));
    person.stays[1].end = Some(day("2020-02-11"));
    assert_eq!(counted(&person, indicator()), (Outcome::Counted { basis: 1 }, vec![0, 1, 2]));
}

#[test]
fn first_and_last_are_by_date_and_only_of_elements_that_match() {
    let person = Person {
        stays: vec![
            stay("HOSPITALIZATION", "2020-02-12", ""),
            stay("HOSPITALIZATION", "2020-02-05", ""),
            stay("HOSPITALIZATION", "2020-02-19", ""),
            stay("HOSPITALIZATION", "2020-02-13", ""),
            stay("ICU_ADMISSION", "2020-02-11", ""),
            stay("HOSPITALIZATION", "", "2020-02-21"),
        ],
        ..person()
    };
    for (text, expected) in [
        ("first(stays.start WHERE type = 'HOSPITALIZATION')", Ok(vec![0])),
        ("last(stays.start WHERE type = 'HOSPITALIZATION')", Ok(vec![2])),
        ("last(stays.start WHERE type = 'ICU_ADMISSION')", Ok(vec![1])),
        ("first(stays.start)", Ok(vec![0])),
        ("last(stays.end)", Ok(vec![2])),
        ("FIRST (stays.start where type = 'ISOLATION')", Err(Reason::NoDate)),
        ("last(stays.end WHERE type = 'ICU_ADMISSION')", Err(Reason::NoDate)),
        ("first(stays.start WHERE centre = 'A')", Err(Reason::NoDate)),
        ("first(vaccinations.date)", Err(Reason::NoDate)),
    ] {
        assert_eq!(periods(&person, &Indicator { when: vec![basis(text)], ..indicator() }), expected, "{text}");
    }
}

/// An indicator that a record can fail in every way.
fn strict() -> Indicator {
    Indicator {
        condition: Some(condition("classification = 'CONFIRMED'")),
        by: vec![AGE],
        measure: Measure::Sum(field("age_months").into()),
        ..indicator()
    }
}

#[test]
fn the_first_reason_that_applies_is_given() {
    let worst = Person { kind: PersonKind::Contact, classification: Some("SUSPECT".into()), ..Person::default() };
    let mut person = worst;
    let mut seen = Vec::new();
    let mut ask = |person: &Person| seen.push(periods(person, &strict()));
    ask(&person);
    person.kind = PersonKind::Case;
    ask(&person);
    person.classification = None;
    ask(&person);
    person.classification = Some("CONFIRMED".into());
    ask(&person);
    person.date_of_onset = Some(day("2021-01-01"));
    ask(&person);
    person.date_of_onset = Some(day("2020-02-12"));
    ask(&person);
    person.residence = Some("abroad".into());
    ask(&person);
    person.residence = Some("east".into());
    ask(&person);
    person.residence = Some("north".into());
    ask(&person);
    person.age_years = Some(3);
    ask(&person);
    person.age_months = Some(7);
    ask(&person);
    assert_eq!(
        seen,
        [
            Err(Reason::OtherKind),
            Err(Reason::ConditionFalse),
            Err(Reason::ConditionUnknown),
            Err(Reason::NoDate),
            Err(Reason::OutsidePeriods),
            Err(Reason::NoPlace),
            Err(Reason::UnknownPlace),
            Err(Reason::PlaceNotMapped),
            Err(Reason::UnknownGroup(AGE as u16)),
            Err(Reason::NoValue),
            Ok(vec![1]),
        ]
    );
    assert!(
        seen[..10].windows(2).all(|pair| pair[0].as_ref().unwrap_err() < pair[1].as_ref().unwrap_err()),
        "the order of the documentation is the order of the enum"
    );
}

#[test]
fn every_kind_that_is_listed_counts() {
    for kind in PersonKind::ALL {
        let contacts = Indicator { kinds: vec![RecordKind::Contact, RecordKind::ContactOfContact], ..indicator() };
        let expected = if kind == PersonKind::Case { Err(Reason::OtherKind) } else { Ok(vec![1]) };
        assert_eq!(periods(&Person { kind, ..person() }, &contacts), expected, "{kind:?}");
    }
}

#[test]
fn a_place_rolls_up_to_its_nearest_mapped_ancestor() {
    let definitions = definitions(vec![indicator()]);
    let org_unit = |residence: &str| {
        let person = Person { residence: Some(residence.into()), ..person() };
        let mut found = Contributions::default();
        contributions(&person, &definitions, &mut found);
        match found.outcomes[0] {
            Outcome::Counted { .. } => Ok(places().org_units()[found.cells[0].cell.place as usize].clone()),
            Outcome::Excluded(reason) => Err(reason),
        }
    };
    assert_eq!(org_unit("village").as_deref(), Ok("OuNorth"));
    assert_eq!(org_unit("north").as_deref(), Ok("OuNorth"));
    assert_eq!(org_unit("clinic").as_deref(), Ok("OuClinic"));
    assert_eq!(org_unit("south").as_deref(), Ok("OuSouth"));
    assert_eq!(org_unit("country"), Err(Reason::PlaceNotMapped), "nothing rolls down");
    assert_eq!(org_unit("east"), Err(Reason::PlaceNotMapped));
    assert_eq!(org_unit(""), Err(Reason::UnknownPlace));
}

#[test]
fn unknown_counts_in_a_group_of_its_own_or_is_excluded() {
    let mut definitions = definitions(vec![
        Indicator { by: vec![SEX], ..indicator() },
        Indicator { by: vec![SEX, AGE], ..indicator() },
        indicator(),
    ]);
    for gender in [None, Some("OTHER".into())] {
        let person = Person { gender, age_years: None, ..person() };
        let mut found = Contributions::default();
        contributions(&person, &definitions, &mut found);
        let combos: Vec<_> = found.cells.iter().map(|c| (c.cell.indicator, c.cell.combo)).collect();
        assert_eq!(combos, [(0, 2), (2, 0)]);
        assert_eq!(found.outcomes[1], Outcome::Excluded(Reason::UnknownGroup(AGE as u16)));
        assert_eq!(found.unknown, [(0, SEX as u16)], "what is excluded for its age is not counted as of unknown sex");
    }
    definitions.dimensions[SEX] = sex(Unknown::Exclude);
    let nobody_knows = person();
    let mut found = Contributions::default();
    contributions(&nobody_knows, &definitions, &mut found);
    assert_eq!(found.outcomes[0], Outcome::Excluded(Reason::UnknownGroup(SEX as u16)));
    assert_eq!(found.unknown, []);
}

/// DHIS2's side of sex x age, with one option for each group and the combos in disorder.
fn combo_of(dimensions: &[(&str, &[&str])]) -> (Disaggregation, CategoryCombo) {
    let owned = |options: &[&str]| options.iter().map(|o| (*o).to_owned()).collect::<Vec<_>>();
    let mut sets = vec![BTreeSet::new()];
    for (_, options) in dimensions.iter().rev() {
        sets = options
            .iter()
            .flat_map(|option| sets.iter().map(move |set| set | &BTreeSet::from([(*option).to_owned()])))
            .collect();
    }
    sets.reverse();
    let uid = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join("+");
    let combo = CategoryCombo {
        id: "cc".into(),
        name: "Sex and age".into(),
        categories: dimensions
            .iter()
            .map(|(name, options)| Category {
                name: (*name).to_owned(),
                options: owned(options).into_iter().map(|o| (o.clone(), o)).collect(),
            })
            .collect(),
        combos: sets.into_iter().map(|set| (uid(&set), set)).collect(),
    };
    let dimensions = dimensions.iter().map(|(code, options)| ((*code).to_owned(), owned(options))).collect();
    (Disaggregation { dimensions, fixed: Vec::new() }, combo)
}

#[test]
fn a_records_combo_its_groups_and_its_category_options_agree() {
    const SEXES: &[&str] = &["Female", "Male", "NoSex"];
    const AGES: &[&str] = &["Baby", "Child", "Grown", "NoAge"];
    let genders = [(Some("FEMALE"), 0), (Some("MALE"), 1), (None, 2)];
    let ages = [(Some(0), 0), (Some(4), 0), (Some(5), 1), (Some(14), 1), (Some(15), 2), (Some(99), 2), (None, 3)];
    for by in [vec![SEX, AGE], vec![AGE, SEX]] {
        let mut definitions = definitions(vec![Indicator { by: by.clone(), ..indicator() }]);
        definitions.dimensions[AGE] = age(Unknown::Group);
        assert_ne!(definitions.dimensions[AGE].n_groups(), definitions.dimensions[SEX].n_groups());
        let named = |d: &usize| if *d == SEX { ("sex", SEXES) } else { ("age", AGES) };
        let (disaggregation, combo) = combo_of(&by.iter().map(named).collect::<Vec<_>>());
        let uids = category_option_combos(&disaggregation, &combo, false).unwrap();
        assert_eq!(uids.len(), definitions.n_combos(&definitions.indicators[0]));
        for (gender, sex_group) in genders {
            for (age_years, age_group) in ages {
                let person = Person { gender: gender.map(Into::into), age_years, ..person() };
                let mut found = Contributions::default();
                contributions(&person, &definitions, &mut found);
                let combo = found.cells[0].cell.combo;
                let groups = definitions.groups_of(&definitions.indicators[0], combo);
                let expected: Vec<_> = by.iter().map(|d| if *d == SEX { sex_group } else { age_group }).collect();
                assert_eq!(groups, expected);
                let mut options = [SEXES[sex_group], AGES[age_group]];
                options.sort_unstable();
                assert_eq!(uids[combo as usize], options.join("+"));
            }
        }
    }
}

#[test]
fn what_is_measured_is_the_records_own_value() {
    let person = Person { occupation: Some("NURSE".into()), age_years: Some(34), ..person() };
    let definitions = definitions(vec![
        indicator(),
        Indicator { measure: Measure::CountDistinct(field("occupation").into()), ..indicator() },
        Indicator { measure: Measure::Median(field("age_years").into()), ..indicator() },
        Indicator { measure: Measure::CountDistinct(field("age_years").into()), ..indicator() },
    ]);
    let mut found = Contributions::default();
    contributions(&person, &definitions, &mut found);
    let amounts: Vec<_> = found.cells.iter().map(|c| c.amount).collect();
    assert_eq!(amounts, [Amount::One, Amount::Text("NURSE"), Amount::Number(34.into()), Amount::Number(34.into())]);
}

#[test]
fn what_was_found_for_another_record_is_forgotten() {
    let definitions = definitions(vec![Indicator { by: vec![SEX], ..indicator() }]);
    let mut found = Contributions::default();
    let (one, other) = (person(), Person::default());
    contributions(&one, &definitions, &mut found);
    assert_eq!((found.cells.len(), found.unknown.len()), (1, 1));
    contributions(&other, &definitions, &mut found);
    assert_eq!(found.outcomes, [Outcome::Excluded(Reason::NoDate)]);
    assert_eq!((found.cells.len(), found.unknown.len()), (0, 0));
    assert_eq!(weeks().position_of(TODAY), Some(2), "the tests above rely on it");
}
