//! Spans: which periods a run covers, and where in them a day lies.

use epi::period::{
    Period, PeriodType, SPAN_PERIODS_MAX, Span, SpanError, is_expired, is_open, last_open_day, latest_open,
};
use jiff::civil::{Date, date};
use proptest::prelude::*;

fn period(id: &str) -> Period {
    Period::parse(id).unwrap()
}

fn ids(span: Span) -> Vec<String> {
    span.iter().map(|period| period.to_string()).collect()
}

#[test]
fn a_period_is_closed_when_its_last_day_is_over() {
    // 2021-01-03 is the last day of 2020W53.
    let on_sunday = Span::closed(PeriodType::Weekly, date(2021, 1, 3), 2).unwrap();
    assert_eq!(ids(on_sunday), ["2020W51", "2020W52"]);
    let on_monday = Span::closed(PeriodType::Weekly, date(2021, 1, 4), 2).unwrap();
    assert_eq!(ids(on_monday), ["2020W52", "2020W53"]);
}

#[test]
fn looking_back_may_include_the_open_period() {
    let today = date(2021, 3, 15);
    let open = Span::look_back(PeriodType::Monthly, today, 3, true).unwrap();
    assert_eq!(ids(open), ["202101", "202102", "202103"]);
    let closed = Span::look_back(PeriodType::Monthly, today, 3, false).unwrap();
    assert_eq!(closed, Span::closed(PeriodType::Monthly, today, 3).unwrap());
    assert_eq!(ids(closed), ["202012", "202101", "202102"]);
}

#[test]
fn a_span_has_its_periods_and_no_others() {
    let span = Span::between(period("2020W52"), period("2021W2")).unwrap();
    assert_eq!(ids(span), ["2020W52", "2020W53", "2021W1", "2021W2"]);
    assert_eq!((span.n_periods(), span.iter().len()), (4, 4));
    assert_eq!((span.start(), span.end()), (date(2020, 12, 21), date(2021, 1, 17)));
    assert_eq!((span.get(3), span.get(4)), (Some(period("2021W2")), None));
    assert_eq!(span.position(period("2021W1")), Some(2));
    assert!(!span.contains(period("2021W3")) && !span.contains(period("2021SunW1")));
    assert_eq!(span.into_iter().next_back(), Some(period("2021W2")));
}

#[test]
fn a_span_that_cannot_be_is_refused() {
    let (january, march) = (period("202001"), period("202003"));
    let mut refused = String::new();
    for error in [
        Span::between(march, january),
        Span::between(january, period("2020W10")),
        Span::between(period("19000101"), period("20200101")),
        Span::between(period("1700"), period("2020")),
        Span::closed(PeriodType::Weekly, date(2021, 1, 3), 0),
        Span::closed(PeriodType::Weekly, date(2021, 1, 3), usize::MAX),
        Span::look_back(PeriodType::Weekly, Date::MIN, 5, true),
        Span::closed(PeriodType::Daily, Date::MIN, 1),
    ] {
        refused += &format!("{}\n", error.unwrap_err());
    }
    insta::assert_snapshot!(refused, @r"
    the span from `202003` to `202001` runs backwards
    the span from `202001` (Monthly) to `2020W10` (Weekly) mixes period types
    a span of 43830 periods is longer than 10000, the most that a run covers
    a span of 321 years is longer than 200, the most that a run covers
    a span has at least one period
    a span of 18446744073709551615 periods is longer than 10000, the most that a run covers
    the span leaves the calendar
    the span leaves the calendar
    ");
    let longest = Span::closed(PeriodType::Daily, date(2021, 1, 3), SPAN_PERIODS_MAX).unwrap();
    assert_eq!(longest.n_periods(), SPAN_PERIODS_MAX);
    assert_eq!(
        Span::closed(PeriodType::Daily, date(2021, 1, 3), SPAN_PERIODS_MAX + 1),
        Err(SpanError::TooManyPeriods { count: SPAN_PERIODS_MAX + 1 })
    );
}

#[test]
fn serialised_it_is_its_ends() {
    let span = Span::between(period("202001"), period("202003")).unwrap();
    let json = serde_json::to_string(&span).unwrap();
    assert_eq!(json, r#"{"first":"202001","last":"202003"}"#);
    assert_eq!(serde_json::from_str::<Span>(&json).unwrap(), span);
    assert!(serde_json::from_str::<Span>(r#"{"first":"202003","last":"202001"}"#).is_err());
}

#[test]
fn expiry_locks_from_the_day_after_the_last_open_one() {
    let week = period("2020W53"); // ends on 2021-01-03
    assert_eq!(last_open_day(week, 7), Some(date(2021, 1, 10)));
    assert!(!is_expired(week, 7, date(2021, 1, 10)));
    assert!(is_expired(week, 7, date(2021, 1, 11)));
    assert!(!is_expired(week, 0, date(2099, 1, 1)), "0 expiry days never lock");
    assert!(!is_expired(week, u32::MAX, Date::MAX));
    // DHIS2 lets bi-week 27 end a week later.
    assert_eq!(last_open_day(period("2020BiW27"), 7), Some(date(2021, 1, 17)));
}

#[test]
fn without_open_future_periods_the_current_period_is_too_early() {
    let today = date(2021, 1, 5); // in 2021W1
    assert_eq!(latest_open(PeriodType::Weekly, today, 0), Some(period("2020W53")));
    assert_eq!(latest_open(PeriodType::Weekly, today, 1), Some(period("2021W1")));
    assert_eq!(latest_open(PeriodType::Weekly, today, 3), Some(period("2021W3")));
    assert_eq!(latest_open(PeriodType::Daily, today, 0), Some(period("20210104")));
    assert!(is_open(period("2020W53"), today, 0) && !is_open(period("2021W1"), today, 0));
    assert!(is_open(period("2021W1"), today, 1) && !is_open(period("2021W2"), today, 1));
    assert_eq!(latest_open(PeriodType::Weekly, today, u32::MAX), None);
}

#[test]
fn dhis2_steps_over_bi_week_27_backwards() {
    assert_eq!(latest_open(PeriodType::BiWeekly, date(2021, 1, 5), 0), Some(period("2020BiW26")));
    assert_eq!(latest_open(PeriodType::BiWeekly, date(2021, 1, 5), 1), Some(period("2020BiW27")));
    assert_eq!(latest_open(PeriodType::BiWeekly, date(2021, 1, 20), 0), Some(period("2021BiW1")));
    assert_eq!(latest_open(PeriodType::BiWeekly, date(2020, 12, 30), 0), Some(period("2020BiW26")));
}

fn any_date() -> impl Strategy<Value = Date> {
    (1900..2150_i16, 1..=12_i8, 1..=28_i8).prop_map(|(year, month, day)| date(year, month, day))
}

fn any_type() -> impl Strategy<Value = PeriodType> {
    (0..PeriodType::ALL.len()).prop_map(|at| PeriodType::ALL[at])
}

proptest! {
    #[test]
    fn positions_are_those_of_a_plain_search(
        period_type in any_type(),
        today in any_date(),
        n in 1..60_usize,
        days in proptest::collection::vec(any_date(), 20),
        offsets in proptest::collection::vec(-400..400_i32, 20),
    ) {
        let span = Span::look_back(period_type, today, n, true).unwrap();
        let index = span.index();
        let near = offsets.iter().filter_map(|offset| epi::day::date(epi::day::number(span.start()) + offset));
        let ends = [span.start(), span.end(), span.start().yesterday().unwrap(), span.end().tomorrow().unwrap()];
        for day in days.into_iter().chain(near).chain(ends).chain([Date::MIN, Date::MAX]) {
            let searched = span.iter().position(|period| period.start() <= day && day <= period.end());
            prop_assert_eq!(span.position_of(day), searched);
            prop_assert_eq!(index.position_of(day), searched);
        }
    }

    #[test]
    fn closed_periods_are_over_and_the_next_one_is_not(
        period_type in any_type(), today in any_date(), n in 1..60_usize,
    ) {
        let span = Span::closed(period_type, today, n).unwrap();
        prop_assert_eq!(span.n_periods(), n);
        prop_assert!(span.end() < today);
        prop_assert!(span.last().next().unwrap().end() >= today);
        prop_assert_eq!(Span::between(span.first(), span.last()), Ok(span));
        let periods: Vec<_> = span.iter().collect();
        prop_assert!(periods.windows(2).all(|pair| pair[0].next() == Some(pair[1])));
        prop_assert_eq!(periods.len(), n);
    }

    #[test]
    fn open_periods_end_no_later_than_the_latest(
        period_type in any_type(), today in any_date(), open in 0..20_u32, ahead in -30..30_i32,
    ) {
        let latest = latest_open(period_type, today, open).unwrap();
        let candidate = period_type.containing(today).advance(ahead).unwrap();
        prop_assert_eq!(is_open(candidate, today, open), candidate <= latest);
    }
}
