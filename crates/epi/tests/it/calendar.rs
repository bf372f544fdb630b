//! Every type's period of every day from 1950 to 2100, against the reckoning by fingers.

use epi::day;
use epi::period::{Period, PeriodType, explain};
use jiff::civil::{Date, date};

use crate::reckoning;

#[test]
fn every_day_lies_in_the_period_that_counting_says() {
    let days = reckoning::days();
    for period_type in PeriodType::ALL {
        let ids = reckoning::ids(&days, period_type);
        for at in reckoning::tested(&days) {
            let period = period_type.containing(days[at].date());
            assert_eq!(Some(period.id().as_str()), ids[at].as_deref(), "{period_type} {}", days[at].date());
            assert_eq!(period.to_string(), period.id());
            assert_eq!(period.period_type(), period_type);
        }
    }
}

#[test]
fn periods_follow_each_other_without_gap_or_overlap() {
    let days = reckoning::days();
    for period_type in PeriodType::ALL {
        let ids = reckoning::ids(&days, period_type);
        let tested = reckoning::tested(&days);
        let mut at = tested.start;
        // The first day of the period that the first tested day lies in.
        while ids[at - 1] == ids[at] {
            at -= 1;
        }
        while at < tested.end {
            let mut end = at;
            while ids[end + 1] == ids[at] {
                end += 1;
            }
            let period = period_type.containing(days[at].date());
            assert_eq!((period.start(), period.end()), (days[at].date(), days[end].date()), "{period}");
            assert!(period.contains(period.start()) && period.contains(period.end()));
            assert!(!period.contains(days[at - 1].date()) && !period.contains(days[end + 1].date()));
            let next = period_type.containing(days[end + 1].date());
            let previous = period_type.containing(days[at - 1].date());
            assert_eq!((period.next(), period.previous()), (Some(next), Some(previous)), "{period}");
            assert!(previous < period && period < next);
            at = end + 1;
        }
    }
}

#[test]
fn ids_read_back_as_the_same_period() {
    let days = reckoning::days();
    for period_type in PeriodType::ALL {
        let mut period = period_type.containing(date(1950, 1, 1));
        while period.start() <= date(2100, 12, 31) {
            assert_eq!(Period::parse(&period.id()).as_ref(), Ok(&period));
            assert_eq!(period_type.parse(&period.id()).as_ref(), Ok(&period));
            period = period.next().unwrap();
        }
    }
    assert!(days.len() > 55_000);
}

#[test]
fn advancing_is_walking() {
    for period_type in PeriodType::ALL {
        let start = period_type.containing(date(2020, 12, 31));
        let mut walked = start;
        for n in 0..100 {
            assert_eq!(start.advance(n), Some(walked));
            assert_eq!(walked.advance(-n), Some(start));
            walked = walked.next().unwrap();
        }
    }
}

#[test]
fn days_have_the_numbers_that_counting_gives() {
    let days = reckoning::days();
    let zero = days.iter().position(|day| (day.year, day.month, day.day) == (1970, 1, 1)).unwrap();
    for (at, counted) in days.iter().enumerate() {
        let number = at as i32 - zero as i32;
        assert_eq!(day::number(counted.date()), number);
        assert_eq!(day::date(number), Some(counted.date()));
    }
}

#[test]
fn the_whole_calendar_counts_without_a_break() {
    let mut number = day::number(Date::MIN);
    let mut date = Date::MIN;
    loop {
        assert_eq!((day::number(date), day::date(number)), (number, Some(date)));
        let Ok(tomorrow) = date.tomorrow() else { break };
        (number, date) = (number + 1, tomorrow);
    }
    assert_eq!(date, Date::MAX);
    assert_eq!((day::date(number + 1), day::date(i32::MAX), day::date(i32::MIN)), (None, None, None));
    assert_eq!(day::date(day::number(Date::MIN) - 1), None);
}

#[test]
fn the_ends_of_the_calendar_are_in_periods_too() {
    for period_type in PeriodType::ALL {
        let (first, last) = (period_type.containing(Date::MIN), period_type.containing(Date::MAX));
        assert_eq!((first.previous(), last.next()), (None, None), "{period_type}");
        assert_eq!((first.start(), last.end()), (Date::MIN, Date::MAX), "{period_type}");
        assert!(first.contains(Date::MIN) && last.contains(Date::MAX));
        assert!(first.next().is_some() && last.previous().is_some());
        assert_eq!((first.advance(i32::MIN), last.advance(i32::MAX)), (None, None));
        assert!(!first.id().is_empty() && !last.id().is_empty());
        let (zero, nines) = (date(1, 1, 1), date(9998, 6, 1));
        for day in [zero, nines] {
            let period = period_type.containing(day);
            assert_eq!(Period::parse(&period.id()), Ok(period));
        }
    }
}

#[test]
fn a_period_is_small() {
    assert_eq!(size_of::<Period>(), 8);
    assert_eq!(size_of::<Option<Period>>(), 8);
}

#[test]
fn bi_week_27_is_one_week_that_dhis2_keeps_as_two() {
    let last = Period::parse("2020BiW27").unwrap();
    assert_eq!((last.start(), last.end()), (date(2020, 12, 28), date(2021, 1, 3)));
    assert_eq!(last.nominal_end(), date(2021, 1, 10));
    let first = last.next().unwrap();
    assert_eq!(first.id(), "2021BiW1");
    assert_eq!((first.start(), first.end()), (date(2021, 1, 4), date(2021, 1, 17)));
    assert_eq!(first.nominal_end(), first.end());
    for period_type in PeriodType::ALL {
        let mut period = period_type.containing(date(2000, 1, 1));
        while period.start() < date(2030, 1, 1) {
            if !period.id().ends_with("BiW27") {
                assert_eq!(period.nominal_end(), period.end());
            }
            period = period.next().unwrap();
        }
    }
}

#[test]
fn new_year_2021_explained() {
    let mut explained = String::new();
    for (period_type, period) in explain(date(2021, 1, 3)) {
        explained += &format!("{period_type:<16} {period:<12} {} {}\n", period.start(), period.end());
    }
    insta::assert_snapshot!(explained, @r"
    Daily            20210103     2021-01-03 2021-01-03
    Weekly           2020W53      2020-12-28 2021-01-03
    WeeklyWednesday  2021WedW1    2020-12-30 2021-01-05
    WeeklyThursday   2021ThuW1    2020-12-31 2021-01-06
    WeeklyFriday     2021FriW1    2021-01-01 2021-01-07
    WeeklySaturday   2021SatW1    2021-01-02 2021-01-08
    WeeklySunday     2021SunW1    2021-01-03 2021-01-09
    BiWeekly         2020BiW27    2020-12-28 2021-01-03
    Monthly          202101       2021-01-01 2021-01-31
    BiMonthly        202101B      2021-01-01 2021-02-28
    Quarterly        2021Q1       2021-01-01 2021-03-31
    QuarterlyNov     2021NovQ1    2020-11-01 2021-01-31
    SixMonthly       2021S1       2021-01-01 2021-06-30
    SixMonthlyApril  2020AprilS2  2020-10-01 2021-03-31
    SixMonthlyNov    2021NovS1    2020-11-01 2021-04-30
    Yearly           2021         2021-01-01 2021-12-31
    FinancialFeb     2020Feb      2020-02-01 2021-01-31
    FinancialApril   2020April    2020-04-01 2021-03-31
    FinancialJuly    2020July     2020-07-01 2021-06-30
    FinancialAug     2020Aug      2020-08-01 2021-07-31
    FinancialSep     2020Sep      2020-09-01 2021-08-31
    FinancialOct     2020Oct      2020-10-01 2021-09-30
    FinancialNov     2021Nov      2020-11-01 2021-10-31
    ");
}

#[test]
fn types_have_dhis2_names_and_formats() {
    let mut names = String::new();
    for period_type in PeriodType::ALL {
        assert_eq!(PeriodType::from_name(period_type.name()), Some(period_type));
        let since = period_type.since().map(|minor| format!(" 2.{minor}")).unwrap_or_default();
        names += &format!("{} {} {}{since}\n", period_type.name(), period_type.format(), period_type.example());
    }
    insta::assert_snapshot!(names, @r"
    Daily yyyyMMdd 20260202
    Weekly yyyyWn 2026W6
    WeeklyWednesday yyyyWedWn 2026WedW5
    WeeklyThursday yyyyThuWn 2026ThuW5
    WeeklyFriday yyyyFriWn 2026FriW5 2.43
    WeeklySaturday yyyySatWn 2026SatW5
    WeeklySunday yyyySunWn 2026SunW5
    BiWeekly yyyyBiWn 2026BiW3
    Monthly yyyyMM 202602
    BiMonthly yyyyMMB 202601B
    Quarterly yyyyQn 2026Q1
    QuarterlyNov yyyyNovQn 2026NovQ2 2.38
    SixMonthly yyyySn 2026S1
    SixMonthlyApril yyyyAprilSn 2025AprilS2
    SixMonthlyNov yyyyNovSn 2026NovS1
    Yearly yyyy 2026
    FinancialFeb yyyyFeb 2026Feb 2.43
    FinancialApril yyyyApril 2025April
    FinancialJuly yyyyJuly 2025July
    FinancialAug yyyyAug 2025Aug 2.43
    FinancialSep yyyySep 2025Sep 2.42
    FinancialOct yyyyOct 2025Oct
    FinancialNov yyyyNov 2026Nov
    ");
    assert_eq!(PeriodType::from_name("weekly"), None);
    assert!(PeriodType::ALL.is_sorted());
}
