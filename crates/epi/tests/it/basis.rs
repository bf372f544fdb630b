//! Date bases: what is read and what is refused, with its place.

use crate::outbreak::{basis, condition, day, stay};
use epi::basis::{DateBasis, Interval};
use epi::field::TableName;
use epi::record::Person;
use std::fmt::Write as _;

/// Each text with a caret line under it for every error.
fn refused(texts: &[&str]) -> String {
    let mut out = String::new();
    for text in texts {
        let errors = match DateBasis::parse(text) {
            Ok(basis) => panic!("`{text}` is read as {basis:?}"),
            Err(errors) => errors,
        };
        let shown = text.replace('\n', "⏎");
        writeln!(out, "| {shown}").unwrap();
        for error in errors {
            let lead = text.get(..error.span.start).expect("a span begins at a character").chars().count();
            let marked = text.get(error.span.clone()).expect("a span lies in the text").chars().count();
            writeln!(out, "| {}{} {error}", " ".repeat(lead), "^".repeat(marked.max(1))).unwrap();
            if let Some(hint) = error.hint.filter(|hint| !hint.starts_with("Known are")) {
                writeln!(out, "  {hint}").unwrap();
            }
        }
        out.push('\n');
    }
    out
}

#[test]
fn names() {
    insta::assert_snapshot!(refused(&[
        "",
        "   ",
        "date_of_onst",
        "  date_of_onst  ",
        "banana",
        "Date_Of_Onset",
        "age_years",
        "kind",
        "date_of_onset, date_of_reporting",
        "date_of_onset WHERE kind = 'case'",
        "date_of_onset OR date_of_reporting",
        "stay WHERE type = 'ISOLATION'",
        "answers",
        "vaccinations WHERE vaccine = 'A'",
        "stays.start",
        "é",
    ]));
}

#[test]
fn elements() {
    insta::assert_snapshot!(refused(&[
        "first",
        "first()",
        "first(  )",
        "first(stays)",
        "first(stays WHERE type = 'ISOLATION')",
        "first(st.start)",
        "last(l.start)",
        "first(stays.star)",
        "first(stays.s)",
        "first(stays.type)",
        "first(date_of_onset)",
        "first(.start)",
        "first(stays.)",
        "first stays.start",
        "earliest(stays.start)",
        "first(stays.start, stays.end)",
    ]));
}

#[test]
fn parentheses() {
    insta::assert_snapshot!(refused(&[
        "first(stays.start",
        "first(stays.start WHERE type = 'ISOLATION'",
        "first(stays.start WHERE (type = 'ISOLATION')  AND centre = 'A'",
        "first(stays.start) WHERE type = 'ISOLATION'",
        "first(stays.start WHERE type = ':)') or so",
        "first(stays.start))",
        "first(stays.start) + (1)",
        "first(stays.start WHERE type = 'open)",
        "first(stays.start WHERE type = 'A' -- ) and no more",
    ]));
    assert_eq!(basis("first(stays.start) ").to_string(), "first(stays.start)");
}

#[test]
fn conditions() {
    insta::assert_snapshot!(refused(&[
        "stays WHERE",
        "first(stays.start WHERE )",
        "stays WHERE tipe = 'ISOLATION'",
        "  stays  where  type = 5 AND strt > '2020-01-01'",
        "stays WHERE type = 'ISOLATION' ORDER BY start",
        "last( stays.end\nWHERE type = 'é' AND centr = 'A' )",
        "stays WHEREtype = 'ISOLATION'",
        "stays WHERE_type = 'ISOLATION'",
        "stays type = 'ISOLATION'",
        "first(stays.start type = 'ISOLATION')",
    ]));
}

#[test]
fn where_is_read_in_any_case_and_before_a_parenthesis() {
    let person = Person {
        stays: vec![stay("ISOLATION", "2020-02-12", ""), stay("HOSPITALIZATION", "2020-02-03", "2020-02-04")],
        ..Person::default()
    };
    for text in [
        "stays WHERE type = 'ISOLATION'",
        "stays where type = 'ISOLATION'",
        "\tstays\n  WhErE\ttype = 'ISOLATION'\n",
        "stays WHERE(type = 'ISOLATION')",
        "stays WHERE type = 'ISOLATION' -- (until now",
        "stays WHERE centre IS NULL AND type = 'it''s ) where (' OR type = 'ISOLATION'",
    ] {
        let basis = basis(text);
        assert!(basis.is_interval());
        let intervals: Vec<_> = basis.intervals(&person).collect();
        assert_eq!(intervals, [Interval { start: day("2020-02-12"), end: None }], "{text}");
        assert_eq!(basis.to_string(), text.trim());
    }
    for text in [
        "first(stays.start WHERE type = 'ISOLATION')",
        "FIRST ( stays.start where(type = 'ISOLATION') )",
        "First(stays.start WHERE type = 'ISOLATION' OR type = ':)')",
        "last(stays.start WHERE /* :) */ type = 'ISOLATION' -- :)\n)",
    ] {
        assert_eq!(basis(text).date(&person), Some(day("2020-02-12")), "{text}");
    }
}

#[test]
fn it_asks_for_what_it_needs_and_nothing_more() {
    let asks = |text: &str| basis(text).needs().of(TableName::Person).into_iter().collect::<Vec<_>>();
    assert_eq!(asks("date_of_onset"), ["dateOfOnset"]);
    assert_eq!(asks("last(vaccinations.date)"), ["vaccinesReceived"]);
    assert_eq!(asks("stays WHERE person.gender = 'MALE'"), ["dateRanges", "gender"]);
    assert_eq!(basis("stays WHERE start > '2020-01-01'").condition().map(|c| c.source()), Some("start > '2020-01-01'"));
    assert!(basis("stays").condition().is_none() && basis("date_of_onset").condition().is_none());
    assert!(condition("kind = 'case'").needs().of(TableName::Person).is_empty(), "the list that is read says the kind");
}
