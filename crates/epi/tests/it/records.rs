//! Follow-ups, laboratory results, relationships and events: what they mean, beside the persons whom they name.

use crate::outbreak::{TODAY, day, definitions, indicator, stay};
use epi::basis::{DateBasis, Interval};
use epi::cause::Retrospect;
use epi::condition::{Condition, ConditionError, Expression};
use epi::contribution::{Contributions, Outcome, Reason, contributions};
use epi::field::{EVENTS, FOLLOW_UPS, LAB_RESULTS, PERSONS, RELATIONSHIPS, Table, TableName};
use epi::indicator::{Definitions, Indicator, Measure, Window};
use epi::record::{
    Event, FollowUp, Joined, LabResult, Linked, Participant, Person, PersonKind, Record, RecordKind, Relationship, Stay,
};
use epi::value::ValueType;
use std::sync::Arc;

fn contact() -> Person {
    Person {
        id: "p-1".into(),
        kind: PersonKind::Contact,
        gender: Some("FEMALE".into()),
        age_years: Some(30),
        residence: Some("north".into()),
        follow_up_start: Some(day("2020-02-05")),
        follow_up_end: Some(day("2020-02-12")),
        ..Person::default()
    }
}

fn sample() -> LabResult {
    LabResult {
        id: "l-1".into(),
        person_id: Some("p-1".into()),
        date_sample_taken: Some(day("2020-02-10")),
        date_of_result: Some(day("2020-02-12")),
        result: Some("POSITIVE".into()),
        ..LabResult::default()
    }
}

fn linked(record: Record, person: Option<Person>) -> Linked {
    Linked { record, person: person.map(Arc::new), source: None }
}

fn of(kind: RecordKind, condition: &str, when: &str) -> Indicator {
    let table = kind.table();
    Indicator {
        kinds: vec![kind],
        condition: (!condition.is_empty()).then(|| Condition::parse_of(table, condition).unwrap()),
        when: vec![DateBasis::parse_of(table, when).unwrap()],
        place: table.default_place().unwrap(),
        ..indicator()
    }
}

/// Periods and combinations in which a record counts, or why it does not.
fn counted<'a>(record: impl Into<Joined<'a>>, definitions: &'a Definitions) -> Vec<Result<Vec<(u16, u32)>, Reason>> {
    let mut found = Contributions::default();
    contributions(record, definitions, &mut found);
    let cells = |index: usize| found.cells.iter().filter(move |c| usize::from(c.cell.indicator) == index);
    let of = |(index, outcome): (usize, &Outcome)| match outcome {
        Outcome::Counted { .. } => Ok(cells(index).map(|c| (c.cell.period, c.cell.combo)).collect()),
        Outcome::Excluded(reason) => Err(*reason),
    };
    found.outcomes.iter().enumerate().map(of).collect()
}

#[test]
fn one_dimension_serves_cases_and_laboratory_results() {
    let tests = Indicator { by: vec![crate::outbreak::SEX], ..of(RecordKind::LabResult, "", "date_of_result") };
    let contacts = Indicator { by: vec![crate::outbreak::SEX], ..of(RecordKind::Contact, "", "follow_up_start") };
    let definitions = definitions(vec![tests, contacts]);
    let positive = linked(Record::LabResult(sample()), Some(contact()));
    assert_eq!(counted(&positive, &definitions), [Ok(vec![(1, 0)]), Err(Reason::OtherKind)]);
    assert_eq!(counted(&contact(), &definitions), [Err(Reason::OtherKind), Ok(vec![(0, 0)])]);
    let needs = definitions.needs();
    assert_eq!(needs.of(TableName::LabResult), ["dateOfResult", "personId"].into());
    assert_eq!(needs.of(TableName::Person), ["followUp", "gender", "usualPlaceOfResidenceLocationId"].into());
    assert_eq!(needs.joined(), &["gender", "usualPlaceOfResidenceLocationId"].into());
}

#[test]
fn a_record_whose_person_is_missing_counts_by_its_own_fields() {
    let visits = of(RecordKind::FollowUp, "status IN ('SEEN_OK', 'SEEN_NOT_OK')", "date");
    let of_women = of(RecordKind::FollowUp, "person.gender = 'FEMALE'", "date");
    let definitions = definitions(vec![visits, of_women]);
    let visit = FollowUp {
        id: "f-1".into(),
        person_id: Some("p-1".into()),
        date: Some(day("2020-02-17")),
        status: Some("SEEN_NOT_OK".into()),
        residence: Some("south".into()),
        ..FollowUp::default()
    };
    let alone = linked(Record::FollowUp(visit.clone()), None);
    assert_eq!(counted(&alone, &definitions), [Ok(vec![(2, 0)]), Err(Reason::ConditionUnknown)]);
    let together = linked(Record::FollowUp(visit.clone()), Some(contact()));
    assert_eq!(counted(&together, &definitions), [Ok(vec![(2, 0)]), Ok(vec![(2, 0)])]);
    let nowhere = linked(Record::FollowUp(FollowUp { residence: None, ..visit }), None);
    assert_eq!(counted(&nowhere, &definitions)[0], Err(Reason::NoPlace));
}

#[test]
fn contacts_are_under_follow_up_from_one_date_to_another() {
    let under = Indicator { window: Window::AtEnd, ..of(RecordKind::Contact, "", "follow_up_start TO follow_up_end") };
    let touched = Indicator { window: Window::Overlapping, ..under.clone() };
    let definitions = definitions(vec![under, touched]);
    // The weeks end on 9, 16 and 23 February; today is the 20th.
    assert_eq!(counted(&contact(), &definitions), [Ok(vec![(0, 0)]), Ok(vec![(0, 0), (1, 0)])]);
    let open = Person { follow_up_end: None, ..contact() };
    let all = vec![(0, 0), (1, 0), (2, 0)];
    assert_eq!(counted(&open, &definitions), [Ok(all.clone()), Ok(all)]);
    for (start, end) in [(None, Some("2020-02-12")), (Some("2020-02-12"), Some("2020-02-11"))] {
        let odd = Person { follow_up_start: start.map(day), follow_up_end: end.map(day), ..contact() };
        assert_eq!(counted(&odd, &definitions), [Err(Reason::NoDate), Err(Reason::NoDate)]);
    }
}

#[test]
fn an_interval_goes_between_any_two_dates() {
    let ill = Person {
        date_of_onset: Some(day("2020-02-03")),
        stays: vec![stay("ISOLATION", "2020-02-06", ""), stay("ICU", "2020-02-10", "")],
        ..contact()
    };
    for (text, start, end) in [
        ("date_of_onset TO date_of_outcome", "2020-02-03", None),
        ("date_of_onset to first(stays.start WHERE type = ' to ')", "2020-02-03", None),
        ("first(stays.start)\nTO last(stays.start)", "2020-02-06", Some("2020-02-10")),
        ("last(stays.start WHERE (type = 'ISOLATION') -- to be sure\n) To date_of_outcome", "2020-02-06", None),
    ] {
        let basis = DateBasis::parse_of(&PERSONS, text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        assert!(basis.is_interval() && basis.field().is_none());
        let intervals: Vec<_> = basis.intervals(&ill).collect();
        assert_eq!(intervals, [Interval { start: day(start), end: end.map(day) }], "{text}");
    }
    let basis = DateBasis::parse("date_of_onset TO first(stays.start WHERE person.was_case)").unwrap();
    assert_eq!(basis.needs().of(TableName::Person), ["dateOfOnset", "dateRanges", "wasCase"].into());
    assert_eq!(basis.conditions().count(), 1);
}

#[test]
fn cases_are_counted_by_who_infected_them() {
    let family = "context_of_transmission = 'FAMILY' AND target.kind = 'case'";
    let targets = Expression::parse_of(&RELATIONSHIPS, "target_id").unwrap();
    let by_context = Indicator {
        measure: Measure::CountDistinct(targets),
        ..of(RecordKind::Relationship, family, "target.date_of_onset")
    };
    let definitions = definitions(vec![by_context]);
    let end = |id: &str| Some(Participant { id: id.into(), kind: Some("CASE".into()) });
    let exposure = |id: &str, from: &str| Relationship {
        id: id.into(),
        source: end(from),
        target: end("p-2"),
        context_of_transmission: Some("FAMILY".into()),
        ..Relationship::default()
    };
    let case = Person {
        id: "p-2".into(),
        kind: PersonKind::Case,
        date_of_onset: Some(day("2020-02-12")),
        residence: Some("clinic".into()),
        ..Person::default()
    };
    let mut cells = epi::cell::Cells::default();
    for record in [exposure("r-1", "a"), exposure("r-2", "b")] {
        let record = Record::Relationship(record);
        let mut found = Contributions::default();
        contributions(record.joined(Some(&case), None), &definitions, &mut found);
        cells.add(&found, &definitions).unwrap();
    }
    let (_, cell) = &cells.sorted()[0];
    let value = cell.value(&definitions.indicators[0].measure, 2).map(|value| value.to_string());
    assert_eq!((cells.len(), cell.n_records(), value.as_deref()), (1, 2, Some("1")));
}

#[test]
fn an_event_lasts_from_its_first_day_to_its_last() {
    let lasting =
        Indicator { window: Window::Overlapping, ..of(RecordKind::Event, "category = 'FUNERAL'", "date TO end_date") };
    let definitions = definitions(vec![lasting]);
    let event = Event {
        id: "e-1".into(),
        date: Some(day("2020-02-08")),
        end_date: Some(day("2020-02-10")),
        category: Some("FUNERAL".into()),
        residence: Some("village".into()),
        ..Event::default()
    };
    assert_eq!(counted(Joined::Event(&event), &definitions), [Ok(vec![(0, 0), (1, 0)])]);
}

#[test]
fn a_list_becomes_one_value() {
    let ill = Person {
        date_of_onset: Some(day("2020-02-01")),
        stays: vec![
            stay("ISOLATION", "2020-02-09", "2020-02-12"),
            stay("ISOLATION", "2020-02-05", "2020-02-06"),
            stay("ICU", "2020-02-03", ""),
            Stay::default(),
        ],
        ..Person::default()
    };
    for (text, value) in [
        ("(SELECT MIN(start) FROM stays WHERE type = 'ISOLATION') - date_of_onset", "4"),
        ("(SELECT MAX(start) FROM stays) - date_of_onset", "8"),
        ("(SELECT COUNT(*) FROM stays WHERE type = 'ISOLATION')", "2"),
        ("(SELECT count(*) FROM stays)", "4"),
        ("(SELECT SUM(end - start + 1) FROM stays)", "6"),
        ("(SELECT MIN(start) FROM stays WHERE type = 'NONE')", "(none)"),
        ("(SELECT SUM(end - start) FROM stays WHERE type = 'ICU')", "(none)"),
        ("(SELECT COUNT(*) FROM stays WHERE start > (date_of_onset + 3))", "2"),
        ("COALESCE((SELECT MAX(end) FROM stays), date_of_outcome) - date_of_onset", "11"),
        ("CASE WHEN (SELECT COUNT(*) FROM stays) > 1 THEN 'several' ELSE 'one' END", "several"),
    ] {
        let expression = Expression::parse_of(&PERSONS, text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        assert_eq!(expression.value(&ill).to_string(), value, "{text}");
        assert!(expression.needs().of(TableName::Person).contains("dateRanges"));
    }
    let days = Expression::parse_of(&LAB_RESULTS, "date_of_result - date_sample_taken").unwrap();
    let sample = sample();
    assert_eq!(days.value(Joined::LabResult { result: &sample, person: None }).to_string(), "2");
    assert_eq!((days.value_type(), days.field().is_none()), (Some(ValueType::Number), true));
    let condition = Condition::parse("(SELECT COUNT(*) FROM stays WHERE type = 'ICU') = 1").unwrap();
    assert_eq!(condition.matches(&ill), Some(true));
    assert_eq!(condition.constants().len(), 1, "constants inside are checked like others");
}

#[test]
fn whole_numbers_are_told_from_fractions() {
    let measured = |text: &str| Expression::parse_of(&PERSONS, text).unwrap();
    for (text, is_whole) in [
        ("age_years", true),
        ("date_of_outcome - date_of_onset", true),
        ("(SELECT MIN(start) FROM stays) - date_of_onset + 1", true),
        ("(SELECT COUNT(*) FROM answers)", true),
        ("age_years * 1.5", false),
        ("age_years / 2", false),
        ("(SELECT SUM(number) FROM answers)", false),
        ("CASE WHEN was_case THEN 1 ELSE 0.5 END", false),
        ("COALESCE(age_years, 0)", true),
    ] {
        assert_eq!(measured(text).is_whole(), is_whole, "{text}");
    }
    assert!(Measure::Sum(measured("age_years / 2")).gives_fractions(0));
    assert!(!Measure::Median(measured("age_years")).gives_fractions(0));
    assert!(Measure::Average(measured("age_years")).gives_fractions(2));
}

#[test]
fn lists_of_the_person_whom_a_record_names_are_lists_too() {
    let vaccinated = "EXISTS (SELECT 1 FROM person.vaccinations WHERE status = 'VACCINATED' AND date < lab_result.date_sample_taken)";
    let condition = Condition::parse_of(&LAB_RESULTS, vaccinated).unwrap();
    let dose = epi::record::Vaccination {
        status: Some("VACCINATED".into()),
        date: Some(day("2020-01-01")),
        ..Default::default()
    };
    let person = Person { vaccinations: vec![dose], ..contact() };
    let sample = sample();
    assert_eq!(condition.matches(Joined::LabResult { result: &sample, person: Some(&person) }), Some(true));
    assert_eq!(condition.matches(Joined::LabResult { result: &sample, person: None }), Some(false));
    assert_eq!(condition.needs().of(TableName::Person), ["vaccinesReceived"].into());
    let basis = DateBasis::parse_of(&LAB_RESULTS, "first(person.stays.start WHERE type = 'ICU')").unwrap();
    assert_eq!(basis.needs().joined(), &["dateRanges"].into());
}

#[test]
fn a_change_of_the_person_is_the_cause_of_what_its_records_mean() {
    let tests = Indicator { by: vec![crate::outbreak::SEX], ..of(RecordKind::LabResult, "", "date_of_result") };
    let definitions = definitions(vec![tests]);
    let then = linked(Record::LabResult(sample()), Some(contact()));
    let told = |after: Option<&Linked>| {
        let retrospect = Retrospect::new(&definitions, TODAY);
        let causes = retrospect.causes(Some(&then), after);
        causes.iter().map(|c| (c.movement.name(), c.why.words())).collect::<Vec<_>>()
    };
    let moved = linked(
        Record::LabResult(sample()),
        Some(Person { residence: Some("south".into()), occupation: Some("NURSE".into()), ..contact() }),
    );
    let words = "moved to another place (person.residence)".to_owned();
    assert_eq!(told(Some(&moved)), [("left", words.clone()), ("entered", words)]);
    let gone = linked(Record::LabResult(sample()), None);
    let [(movement, why)] = &told(Some(&gone))[..] else { panic!("it left one cell") };
    assert_eq!((*movement, why.contains("person.residence")), ("left", true));
    assert_eq!(told(None), [("left", "deleted, merged or converted".to_owned())]);
    assert_eq!(told(Some(&then)), []);
}

/// Each text with a caret line under it for every error.
fn refused<T>(
    read: impl Fn(&'static Table, &str) -> Result<T, Vec<ConditionError>>,
    texts: &[(&'static Table, &str)],
) -> String {
    let mut shown = String::new();
    for (table, text) in texts {
        let Err(errors) = read(table, text) else { panic!("not refused: {text}") };
        shown += &format!("{}: {text}\n", table.name.name());
        for error in errors {
            let hint = error.hint.unwrap_or_default();
            shown += &format!("  {}: {} | {hint}\n", &text[error.span], error.message);
        }
    }
    shown
}

#[test]
fn names_of_other_tables_are_refused_with_advice() {
    insta::assert_snapshot!(refused(
        Condition::parse_of,
        &[
            (&LAB_RESULTS, "gender = 'MALE'"),
            (&LAB_RESULTS, "person.gendr = 'MALE'"),
            (&LAB_RESULTS, "persn.gender = 'MALE'"),
            (&LAB_RESULTS, "reslt = 'POSITIVE'"),
            (&LAB_RESULTS, "certainty_level = '1_LOW'"),
            (&LAB_RESULTS, "lab_result.reslt = 'POSITIVE'"),
            (&LAB_RESULTS, "EXISTS (SELECT 1 FROM stays)"),
            (&FOLLOW_UPS, "statusId = 'SEEN_OK'"),
            (&RELATIONSHIPS, "age_years > 5"),
            (&RELATIONSHIPS, "sourc.age_years > 5"),
            (&RELATIONSHIPS, "EXISTS (SELECT 1 FROM answers)"),
            (&PERSONS, "context_of_transmission = 'FAMILY'"),
            (&EVENTS, "target.gender = 'MALE'"),
        ]
    ));
    insta::assert_snapshot!(
        "dates",
        refused(
            DateBasis::parse_of,
            &[
                (&PERSONS, "follow_up_start TO"),
                (&PERSONS, "follow_up_start TO gender"),
                (&PERSONS, "stays TO date_of_outcome"),
                (&PERSONS, "date_of_onset TO date_of_outcome TO date_of_burial"),
                (&FOLLOW_UPS, "date_of_onset"),
                (&FOLLOW_UPS, "dat"),
                (&EVENTS, "answers"),
            ]
        )
    );
}

#[test]
fn what_makes_no_value_of_a_list_is_refused() {
    let read = |table, text: &str| Expression::parse_of(table, text);
    insta::assert_snapshot!(refused(
        read,
        &[
            (&PERSONS, "(SELECT start FROM stays)"),
            (&PERSONS, "(SELECT AVG(start) FROM stays)"),
            (&PERSONS, "(SELECT MIN(start) FROM stays ORDER BY start)"),
            (&PERSONS, "(SELECT MIN(start), MAX(start) FROM stays)"),
            (&PERSONS, "(SELECT MIN(start) + 1 FROM stays)"),
            (&PERSONS, "(SELECT MIN(DISTINCT start) FROM stays)"),
            (&PERSONS, "(SELECT MIN(type) FROM stays)"),
            (&PERSONS, "(SELECT SUM(start) FROM stays)"),
            (&PERSONS, "(SELECT COUNT(start) FROM stays)"),
            (&PERSONS, "(SELECT MIN(strt) FROM stays WHERE tipe = 'A')"),
            (&PERSONS, "(SELECT MIN(start) FROM stay)"),
            (&PERSONS, "(SELECT MAX((SELECT MIN(date) FROM vaccinations)) FROM stays)"),
            (&PERSONS, "age_years IN (SELECT MAX(number) FROM answers)"),
            (&PERSONS, "MIN(age_years)"),
            (&PERSONS, "age_years / 0"),
            (&PERSONS, "age_years / (2 - 2.0)"),
        ]
    ));
}
