//! A second calendar, for the tests alone: it counts day after day from a known Saturday, as one would on one's fingers.
//!
//! It shares no arithmetic with the crate, nor with the date library: no formula, only leap years, month lengths and lists.

use epi::period::PeriodType;
use jiff::civil::{self, Weekday};

/// A day as counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day {
    pub(crate) year: i32,
    pub(crate) month: i32,
    pub(crate) day: i32,
    /// 0 is Monday, 6 is Sunday.
    pub(crate) weekday: usize,
}

impl Day {
    pub(crate) fn date(self) -> civil::Date {
        civil::date(self.year as i16, self.month as i8, self.day as i8)
    }
}

/// All days from 1 January 1947 (a Wednesday) to 31 December 2103: 1950 to 2100 with a margin, so that no period is cut.
pub(crate) fn days() -> Vec<Day> {
    let mut days = Vec::new();
    let mut weekday = 2;
    for year in 1947..=2103 {
        for month in 1..=12 {
            let length = match month {
                2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            for day in 1..=length {
                days.push(Day { year, month, day, weekday });
                weekday = (weekday + 1) % 7;
            }
        }
    }
    days
}

/// Where 1950 begins and 2100 ends in [`days`].
pub(crate) fn tested(days: &[Day]) -> std::ops::Range<usize> {
    let from = days.iter().position(|day| day.year == 1950).unwrap();
    let to = days.iter().position(|day| day.year == 2101).unwrap();
    from..to
}

/// The week-based year and week of every day, when weeks begin on `first`; `None` before the first whole year.
///
/// Goes back from each 4 January to the day that weeks begin on: there week 1 begins. From there it counts by sevens.
pub(crate) fn weeks(days: &[Day], first: usize) -> Vec<Option<(i32, i32)>> {
    let mut starts = vec![None; days.len()];
    for (at, day) in days.iter().enumerate() {
        if (day.month, day.day) == (1, 4) {
            let start = (0..=at).rev().find(|back| days[*back].weekday == first);
            if let Some(start) = start {
                starts[start] = Some(day.year);
            }
        }
    }
    let mut current: Option<(i32, i32)> = None;
    let mut in_week = 0;
    starts
        .into_iter()
        .map(|start| {
            in_week += 1;
            if let Some(year) = start {
                current = Some((year, 1));
                in_week = 1;
            } else if in_week == 8 {
                current = current.map(|(year, week)| (year, week + 1));
                in_week = 1;
            }
            current
        })
        .collect()
}

/// The number of the weekday in this module.
pub(crate) fn weekday_number(weekday: Weekday) -> usize {
    match weekday {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    }
}

/// The period id of every day, or `None` where the margin is too narrow to tell.
pub(crate) fn ids(days: &[Day], period_type: PeriodType) -> Vec<Option<String>> {
    let weekly = |first, mark: &str| {
        weeks(days, first).into_iter().map(|week| week.map(|(y, n)| format!("{y}{mark}{n}"))).collect()
    };
    match period_type {
        PeriodType::Weekly => weekly(0, "W"),
        PeriodType::WeeklyWednesday => weekly(2, "WedW"),
        PeriodType::WeeklyThursday => weekly(3, "ThuW"),
        PeriodType::WeeklyFriday => weekly(4, "FriW"),
        PeriodType::WeeklySaturday => weekly(5, "SatW"),
        PeriodType::WeeklySunday => weekly(6, "SunW"),
        PeriodType::BiWeekly => {
            weeks(days, 0).into_iter().map(|week| week.map(|(y, n)| format!("{y}BiW{}", (n + 1) / 2))).collect()
        }
        _ => days.iter().map(|day| Some(month_based_id(*day, period_type))).collect(),
    }
}

fn month_based_id(Day { year: y, month: m, day: d, .. }: Day, period_type: PeriodType) -> String {
    let last = y - 1;
    let coming = y + 1;
    match period_type {
        PeriodType::Daily => format!("{y}{m:02}{d:02}"),
        PeriodType::Monthly => format!("{y}{m:02}"),
        PeriodType::BiMonthly => match m {
            1 | 2 => format!("{y}01B"),
            3 | 4 => format!("{y}02B"),
            5 | 6 => format!("{y}03B"),
            7 | 8 => format!("{y}04B"),
            9 | 10 => format!("{y}05B"),
            _ => format!("{y}06B"),
        },
        PeriodType::Quarterly => match m {
            1..=3 => format!("{y}Q1"),
            4..=6 => format!("{y}Q2"),
            7..=9 => format!("{y}Q3"),
            _ => format!("{y}Q4"),
        },
        PeriodType::QuarterlyNov => match m {
            11 | 12 => format!("{coming}NovQ1"),
            1 => format!("{y}NovQ1"),
            2..=4 => format!("{y}NovQ2"),
            5..=7 => format!("{y}NovQ3"),
            _ => format!("{y}NovQ4"),
        },
        PeriodType::SixMonthly => match m {
            1..=6 => format!("{y}S1"),
            _ => format!("{y}S2"),
        },
        PeriodType::SixMonthlyApril => match m {
            4..=9 => format!("{y}AprilS1"),
            10..=12 => format!("{y}AprilS2"),
            _ => format!("{last}AprilS2"),
        },
        PeriodType::SixMonthlyNov => match m {
            11 | 12 => format!("{coming}NovS1"),
            1..=4 => format!("{y}NovS1"),
            _ => format!("{y}NovS2"),
        },
        PeriodType::Yearly => format!("{y}"),
        PeriodType::FinancialFeb => format!("{}Feb", if m >= 2 { y } else { last }),
        PeriodType::FinancialApril => format!("{}April", if m >= 4 { y } else { last }),
        PeriodType::FinancialJuly => format!("{}July", if m >= 7 { y } else { last }),
        PeriodType::FinancialAug => format!("{}Aug", if m >= 8 { y } else { last }),
        PeriodType::FinancialSep => format!("{}Sep", if m >= 9 { y } else { last }),
        PeriodType::FinancialOct => format!("{}Oct", if m >= 10 { y } else { last }),
        PeriodType::FinancialNov => format!("{}Nov", if m >= 11 { coming } else { y }),
        _ => unreachable!("counted by weeks"),
    }
}
