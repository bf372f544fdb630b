//! Data quality: each check on a record made for it, and the sums against the plainest count.

use crate::outbreak::{TODAY, condition, day, definitions, indicator, person, places, stay};
use epi::place::Resolution;
use epi::quality::{
    CHECKS, Delay, Findings, Likeness, Quality, ReferenceData, Rule, SAMPLES_MAX, Scope, Surroundings, WIRE, Where,
};
use epi::record::{Answer, Classification, Person, PersonKind, Vaccination};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const START: &str = "2020-02-01";

fn everything() -> BTreeSet<&'static str> {
    CHECKS.iter().flat_map(|check| check.wire).chain(WIRE).copied().collect()
}

fn reference_data() -> ReferenceData {
    let category = epi::field::category::CLASSIFICATION.to_owned();
    ReferenceData::from_iter([(category, ["CONFIRMED", "SUSPECT", "HOUSE"].map(Into::into).into_iter().collect())])
}

fn scope_of(read: &BTreeSet<&'static str>) -> Scope {
    let mut new_cases = indicator();
    new_cases.condition = Some(condition("classification = 'CONFIRMED' OR classification = 'SUSPECT'"));
    let around = Surroundings {
        read: read.iter().copied().collect(),
        kinds: PersonKind::ALL.into(),
        outbreak_start: Some(day(START)),
        reference_data: Some(&reference_data()),
    };
    Scope::new(&definitions(vec![new_cases]), &around)
}

fn scope() -> Scope {
    scope_of(&everything())
}

/// A case about whom all is known and right.
fn sound() -> Person {
    Person {
        visual_id: Some("C-1".into()),
        classification: Some("CONFIRMED".into()),
        outcome: Some("DECEASED".into()),
        gender: Some("FEMALE".into()),
        age_years: Some(30),
        age_months: Some(11),
        date_of_infection: Some(day("2020-01-20")),
        date_of_reporting: Some(day("2020-02-14")),
        date_of_outcome: Some(day("2020-02-18")),
        date_of_burial: Some(day("2020-02-18")),
        date_of_last_contact: Some(day("2020-01-20")),
        pregnancy_status: Some("YES_FIRST_TRIMESTER".into()),
        created_at: Some(day("2020-02-13")),
        stays: vec![stay("HOSPITALIZATION", "2020-02-13", "2020-02-18"), stay("ISOLATION", "2020-01-25", "2020-03-01")],
        ..person()
    }
}

fn found(person: &Person) -> BTreeSet<String> {
    let findings = Findings::of(person, false, &scope(), &places());
    findings.checks().map(|check| format!("{} {}", CHECKS[check].rule, CHECKS[check].field)).collect()
}

/// The findings of a sound record after one change.
fn after(change: impl FnOnce(&mut Person)) -> Vec<String> {
    let mut person = sound();
    change(&mut person);
    found(&person).into_iter().collect()
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert!(after(|_| {}).is_empty());
    let edges = after(|p| {
        p.date_of_onset = Some(day(START));
        p.date_of_infection = Some(day(START));
        p.date_of_reporting = Some(TODAY);
        p.date_of_outcome = Some(TODAY);
        p.date_of_burial = Some(TODAY);
        p.created_at = Some(day("2020-02-19"));
        p.age_years = Some(120);
        p.stays = vec![stay("ISOLATION", "2020-01-11", "2020-01-11")];
    });
    assert!(edges.is_empty(), "{edges:?}");
    assert!(after(|p| p.outcome = None).contains(&"date_without_outcome outcome".to_owned()));
    assert!(after(|p| (p.outcome, p.date_of_outcome, p.date_of_burial) = (None, None, None)).is_empty(), "still ill");
    let alive = |p: &mut Person| (p.outcome, p.date_of_outcome, p.date_of_burial) = (Some("ALIVE".into()), None, None);
    assert!(after(alive).is_empty());
}

#[test]
fn each_defect_is_found_and_no_other() {
    type Change = fn(&mut Person);
    let cases: &[(&str, Change)] = &[
        ("missing date_of_onset", |p| p.date_of_onset = None),
        ("missing date_of_reporting", |p| p.date_of_reporting = None),
        ("missing classification", |p| p.classification = None),
        ("missing gender", |p| p.gender = None),
        ("missing age_years", |p| p.age_years = None),
        ("missing residence", |p| p.residence = None),
        ("missing visual_id", |p| p.visual_id = None),
        ("in_the_future date_became_case", |p| p.date_became_case = Some(day("2020-02-21"))),
        ("in_the_future date_of_last_contact", |p| p.date_of_last_contact = Some(day("2020-02-21"))),
        ("in_the_future date_of_burial", |p| p.date_of_burial = Some(day("2020-02-21"))),
        ("in_the_future stays", |p| p.stays = vec![stay("ISOLATION", "2020-02-21", "")]),
        ("in_the_future vaccinations", |p| {
            p.vaccinations = vec![Vaccination { date: Some(day("2020-02-21")), ..Vaccination::default() }];
        }),
        ("in_the_future answers", |p| p.answers = vec![Answer { date: Some(day("2020-02-21")), ..Answer::default() }]),
        ("too_early date_became_case", |p| p.date_became_case = Some(day("2020-01-31"))),
        ("too_early date_of_infection", |p| p.date_of_infection = Some(day("1899-12-31"))),
        ("too_early vaccinations", |p| {
            p.vaccinations = vec![Vaccination { date: Some(day("1899-12-31")), ..Vaccination::default() }];
        }),
        ("onset_after_reporting date_of_onset", |p| p.date_of_onset = Some(day("2020-02-15"))),
        ("infection_after_onset date_of_infection", |p| p.date_of_infection = Some(day("2020-02-13"))),
        ("burial_before_outcome date_of_burial", |p| p.date_of_burial = Some(day("2020-02-17"))),
        ("reporting_after_entry date_of_reporting", |p| p.created_at = Some(day("2020-02-12"))),
        ("death_without_date date_of_outcome", |p| p.date_of_outcome = None),
        ("burial_without_death outcome", |p| p.outcome = Some("RECOVERED".into())),
        ("no_start stays", |p| p.stays.push(stay("ISOLATION", "", "2020-02-18"))),
        ("end_before_start stays", |p| p.stays.push(stay("ISOLATION", "2020-02-18", "2020-02-17"))),
        ("stay_before_onset stays", |p| p.stays.push(stay("ISOLATION", "2020-01-21", ""))),
        ("age_too_high age_years", |p| p.age_years = Some(121)),
        ("months_beyond_year age_months", |p| p.age_months = Some(12)),
        ("pregnant_male pregnancy_status", |p| p.gender = Some("MALE".into())),
        ("unknown_location residence", |p| p.residence = Some("nowhere".into())),
        ("not_mapped residence", |p| p.residence = Some("east".into())),
        ("not_mentioned classification", |p| p.classification = Some("HOUSE".into())),
    ];
    for (expected, change) in cases {
        assert_eq!(after(change), [*expected]);
    }
    let recovered =
        |p: &mut Person| (p.outcome, p.date_of_outcome, p.date_of_burial) = (Some("RECOVERED".into()), None, None);
    assert_eq!(after(recovered), ["outcome_without_date date_of_outcome"]);
    // What cannot be alone.
    let both = after(|p| p.classification = Some("CONFIRMD".into()));
    assert_eq!(both, ["not_in_reference_data classification", "not_mentioned classification"]);
    assert!(
        after(|p| p.date_of_outcome = Some(day("2020-02-11"))).contains(&"outcome_before_onset date_of_outcome".into())
    );
    let contact = after(|p| {
        p.kind = PersonKind::Contact;
        p.date_became_case = Some(TODAY);
        p.date_of_last_contact = None;
        (p.date_of_onset, p.classification, p.visual_id) = (None, None, None);
    });
    assert_eq!(contact, ["case_date_of_contact date_became_case", "missing date_of_last_contact"]);
    let unreadable = Findings::of(&sound(), true, &scope(), &places());
    assert_eq!(unreadable.checks().map(|check| CHECKS[check].rule).collect::<Vec<_>>(), [Rule::Unreadable]);
}

#[test]
fn without_the_outbreaks_start_the_year_1900_is_the_bound() {
    let definitions = definitions(vec![indicator()]);
    let around = Surroundings { read: everything(), kinds: PersonKind::ALL.into(), ..Surroundings::default() };
    let scope = Scope::new(&definitions, &around);
    let early = |onset: &str| {
        let person = Person { date_of_onset: Some(day(onset)), ..Person::default() };
        let findings = Findings::of(&person, false, &scope, &places());
        findings.checks().any(|check| CHECKS[check].rule == Rule::TooEarly)
    };
    assert!(early("1899-12-31") && !early("1900-01-01"));
    assert!(scope.not_looked_at().any(|check| check.rule == Rule::NotInReferenceData), "no reference data are known");
}

#[test]
fn what_was_not_read_is_not_judged() {
    let read = BTreeSet::from(["dateOfOnset", "usualPlaceOfResidenceLocationId"]);
    let scope = scope_of(&read);
    let mut quality = Quality::new(Arc::new(scope));
    quality.add(&Person::default(), false, &places());
    for check in CHECKS {
        let looked_at = quality.scope().judges().any(|judged| std::ptr::eq(judged, check));
        let told = quality.scope().not_looked_at().any(|other| std::ptr::eq(other, check));
        let complete = check.wire.iter().all(|name| read.contains(name));
        assert_eq!(looked_at, complete, "{} {}", check.rule, check.field);
        assert!(!(looked_at && told));
        assert!(looked_at || told || check.rule == Rule::NotMentioned, "{} {}", check.rule, check.field);
    }
    assert_eq!(quality.alike(Likeness::VisualId), None);
    assert_eq!(quality.alike(Likeness::Traits), None);
    assert!(quality.scope().delays().is_empty());
}

#[test]
fn asking_for_all_rules_asks_for_no_free_text() {
    for name in ["questionnaireAnswers", "firstName", "lastName", "addresses", "documents", "dob"] {
        assert!(!WIRE.contains(&name), "{name}");
    }
    let scope = scope_of(&WIRE.iter().copied().collect());
    let unjudged: BTreeSet<_> = scope.not_looked_at().map(|check| check.field).collect();
    // Of these only what a report reads is judged.
    let optional = [
        "answers",
        "follow_up_status",
        "gender",
        "occupation",
        "outcome",
        "pregnancy_status",
        "risk_level",
        "vaccinations",
    ];
    assert!(unjudged.iter().all(|field| optional.contains(field)), "{unjudged:?}");
    assert_eq!(scope.delays(), Delay::ALL);
    assert!(Likeness::ALL.iter().all(|likeness| likeness.is_judged(&scope)));
}

fn any_person() -> impl Strategy<Value = Person> {
    let date = || {
        proptest::option::weighted(
            0.8,
            (0_i64..60).prop_map(|n| day("2020-01-10").saturating_add(jiff::Span::new().days(n))),
        )
    };
    let kind = prop::sample::select(PersonKind::ALL.to_vec());
    let word = |words: &'static [&'static str]| {
        proptest::option::weighted(0.8, prop::sample::select(words).prop_map(Into::into))
    };
    let places = word(&["north", "village", "south", "east", "nowhere"]);
    let texts = (places, word(&["MALE", "FEMALE"]), word(&["CONFIRMED", "HOUSE", "ODD"]), word(&["A", "B", "C"]));
    let outcome = word(&["DECEASED", "RECOVERED", "ALIVE"]);
    (0_u32..200, kind, texts, outcome, (date(), date(), date(), date()), 0_u32..3).prop_map(
        |(
            id,
            kind,
            (residence, gender, classification, visual_id),
            outcome,
            (onset, reporting, of_outcome, created),
            age,
        )| {
            Person {
                id: format!("p-{id:03}").into(),
                kind,
                residence,
                gender,
                classification: classification.clone(),
                visual_id,
                outcome,
                age_years: Some(age),
                date_of_onset: onset,
                date_of_reporting: reporting,
                date_of_outcome: of_outcome,
                created_at: created,
                classifications: vec![Classification { classification, start: created, end: None }],
                ..Person::default()
            }
        },
    )
}

fn quality(persons: &[Person]) -> Quality {
    let mut quality = Quality::new(Arc::new(scope()));
    persons.iter().for_each(|person| quality.add(person, person.age_years == Some(2), &places()));
    quality
}

/// Everything that it says.
fn told(quality: &Quality) -> String {
    let mut lines = Vec::new();
    lines.extend(quality.places().map(|row| format!("{row:?}")));
    for (place, check) in CHECKS.iter().enumerate() {
        let broken: Vec<_> = quality.broken(place).collect();
        let samples: Vec<_> = quality.samples(place).collect();
        lines.push(format!("{} {} {} {broken:?} {samples:?}", check.rule, check.field, quality.n_looked_at(check)));
    }
    for delay in Delay::ALL {
        lines.push(format!("{delay} {:?}", quality.delay(delay)));
        lines.extend(quality.delay_by_place(delay).map(|row| format!("{row:?}")));
        lines.extend(quality.delay_by_month(delay).map(|row| format!("{row:?}")));
    }
    lines.extend(Likeness::ALL.map(|likeness| format!("{likeness} {:?}", quality.alike(likeness))));
    lines.join("\n")
}

proptest! {
    #[test]
    fn the_order_and_the_parts_do_not_matter(
        persons in prop::collection::vec(any_person(), 0..80),
        cuts in (0_usize..80, 0_usize..80),
    ) {
        let (a, b) = (cuts.0.min(cuts.1).min(persons.len()), cuts.0.max(cuts.1).min(persons.len()));
        let whole = told(&quality(&persons));
        let parts = || [&persons[..a], &persons[a..b], &persons[b..]].map(quality);
        let [first, second, third] = parts();
        let (mut left, mut right) = (first, second);
        left.merge(right);
        left.merge(third);
        prop_assert_eq!(&told(&left), &whole);
        let [first, second, third] = parts();
        right = third;
        right.merge(second);
        right.merge(first);
        prop_assert_eq!(&told(&right), &whole);
        let reversed: Vec<_> = persons.iter().rev().cloned().collect();
        prop_assert_eq!(&told(&quality(&reversed)), &whole);
    }

    #[test]
    fn the_numbers_are_those_of_a_plain_count(persons in prop::collection::vec(any_person(), 0..80)) {
        let quality = quality(&persons);
        let n: u64 = quality.places().flat_map(|(_, n)| n).sum();
        prop_assert_eq!(n, persons.len() as u64, "every record lives in one place");
        let broken = |rule, field| -> u64 {
            let check = CHECKS.iter().position(|check| (check.rule, check.field) == (rule, field)).unwrap();
            quality.broken(check).map(|(_, n)| n).sum()
        };
        let count = |is: &dyn Fn(&Person) -> bool| persons.iter().filter(|person| is(person)).count() as u64;
        let is_case = |p: &Person| p.kind == PersonKind::Case;
        prop_assert_eq!(broken(Rule::Missing, "date_of_onset"), count(&|p| is_case(p) && p.date_of_onset.is_none()));
        prop_assert_eq!(broken(Rule::InTheFuture, "date_of_onset"), count(&|p| p.date_of_onset > Some(TODAY)));
        prop_assert_eq!(
            broken(Rule::OnsetAfterReporting, "date_of_onset"),
            count(&|p| p.date_of_reporting.is_some() && p.date_of_onset > p.date_of_reporting)
        );
        prop_assert_eq!(broken(Rule::Unreadable, "any"), count(&|p| p.age_years == Some(2)));
        prop_assert_eq!(
            broken(Rule::NotInReferenceData, "classification"),
            count(&|p| p.classification.as_deref() == Some("ODD"))
        );
        let check = CHECKS.iter().position(|check| check.rule == Rule::NotMapped).unwrap();
        prop_assert!(quality.broken(check).all(|(place, _)| place == Where::NotMapped));
        prop_assert!(quality.samples(check).count() <= SAMPLES_MAX);
        let in_north = |p: &Person| matches!(p.residence.as_deref(), Some("north" | "village"));
        let Resolution::Mapped { org_unit: north, .. } = places().resolve("north") else { panic!("it is mapped") };
        let told: u64 = quality.places().filter(|(at, _)| *at == Where::OrgUnit(north)).flat_map(|(_, n)| n).sum();
        prop_assert_eq!(told, count(&in_north));

        let mut groups: BTreeMap<_, u64> = BTreeMap::new();
        for person in persons.iter().filter(|person| person.visual_id.is_some()) {
            *groups.entry((person.kind, person.visual_id.clone())).or_default() += 1;
        }
        let alike = quality.alike(Likeness::VisualId).flatten().unwrap();
        prop_assert_eq!(alike.n_records, groups.values().filter(|n| **n > 1).sum::<u64>());
        prop_assert_eq!(alike.n_groups, groups.values().filter(|n| **n > 1).count() as u64);

        let mut days: Vec<i64> = persons
            .iter()
            .filter_map(|p| Some((p.date_of_onset?, p.date_of_reporting?)))
            .filter(|(from, to)| *from <= TODAY && *to <= TODAY)
            .map(|(from, to)| i64::from((to - from).get_days()))
            .collect();
        days.sort_unstable();
        let spread = quality.delay(Delay::OnsetToReporting);
        prop_assert_eq!(spread.map_or(0, |s| s.n), days.len() as u64);
        if let Some(spread) = spread {
            prop_assert_eq!(i64::from(spread.median), days[days.len().div_ceil(2) - 1]);
            prop_assert_eq!(spread.n_negative, days.iter().filter(|n| **n < 0).count() as u64);
        }
    }
}
