//! Weeks of any first day, against the reckoning by fingers.

use epi::week::{Week, WeekRule};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use crate::reckoning;

const WEEKDAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

#[test]
fn every_day_is_in_the_week_that_counting_says() {
    let days = reckoning::days();
    for first_day in WEEKDAYS {
        let rule = WeekRule::starting(first_day);
        let weeks = reckoning::weeks(&days, reckoning::weekday_number(first_day));
        for at in reckoning::tested(&days) {
            let week = rule.week_of(days[at].date());
            assert_eq!(Some((i32::from(week.year), i32::from(week.number))), weeks[at]);
            if weeks[at] != weeks[at - 1] {
                assert_eq!(rule.first_day(week), Some(days[at].date()));
            }
        }
    }
}

#[test]
fn week_1_contains_4_january_and_begins_on_its_day() {
    for first_day in WEEKDAYS {
        let rule = WeekRule::starting(first_day);
        for year in 1950..=2100 {
            assert_eq!(rule.week_of(date(year, 1, 4)), Week { year, number: 1 });
            let start = rule.first_day(Week { year, number: 1 }).unwrap();
            assert_eq!(start.weekday(), first_day);
            let last = Week { year, number: rule.weeks_in_year(year) };
            assert!(matches!(last.number, 52 | 53));
            let after = rule.first_day(last).unwrap().checked_add(7.days()).unwrap();
            assert_eq!(rule.week_of(after), Week { year: year + 1, number: 1 });
        }
    }
}

/// Years of 53 weeks, as published: for ISO 8601 from its table of long years, for MMWR from the CDC's week calendars.
#[test]
fn long_years_are_the_published_ones() {
    let long = |rule: WeekRule, from: i16, to: i16| -> Vec<i16> {
        (from..=to).filter(|year| rule.weeks_in_year(*year) == 53).collect()
    };
    assert_eq!(long(WeekRule::ISO, 2000, 2040), [2004, 2009, 2015, 2020, 2026, 2032, 2037]);
    assert_eq!(long(WeekRule::MMWR, 1997, 2030), [1997, 2003, 2008, 2014, 2020, 2025]);
}

#[test]
fn mmwr_weeks_are_the_published_ones() {
    let first_day = |year| WeekRule::MMWR.first_day(Week { year, number: 1 }).unwrap();
    assert_eq!(first_day(2019), date(2018, 12, 30));
    assert_eq!(first_day(2020), date(2019, 12, 29));
    assert_eq!(first_day(2021), date(2021, 1, 3));
    assert_eq!(first_day(2026), date(2026, 1, 4));
}

#[test]
fn there_is_no_week_that_the_year_does_not_have() {
    for number in [0, 53, 54, 255] {
        assert_eq!(WeekRule::ISO.first_day(Week { year: 2021, number }), None);
    }
    assert!(WeekRule::ISO.first_day(Week { year: 2020, number: 53 }).is_some());
    assert_eq!(WeekRule::ISO.first_day(Week { year: i16::MAX, number: 1 }), None);
    assert_eq!(WeekRule::ISO.first_day(Week { year: i16::MIN, number: 1 }), None);
}

#[test]
fn the_ends_of_the_calendar_have_weeks() {
    for first_day in WEEKDAYS {
        let rule = WeekRule::starting(first_day);
        for day in [Date::MIN, Date::MAX] {
            assert!((1..=53).contains(&rule.week_of(day).number));
        }
    }
}
