//! DHIS2's periods: the text forms of every period type, and the days that they mean.
//!
//! Written from the platform's rules alone, so that a client's arithmetic meets an independent one.
//! Text is case-sensitive and never trimmed. Only the ISO 8601 calendar is known.

use jiff::civil::{Date, Weekday, date};
use jiff::{Span, ToSpan};

use super::version::Version;

/// A period: its type, its canonical text and its first and last day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// The period type.
    pub kind: PeriodType,
    /// The canonical text: weeks unpadded, no hyphens.
    pub iso: String,
    /// First day.
    pub start: Date,
    /// Last day, inclusive.
    pub end: Date,
}

/// The period types of DHIS2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeriodType {
    /// One day: `20200327`.
    Daily,
    /// Seven days from the given weekday: `2020W7`, `2020SunW7`.
    Weekly(Weekday),
    /// ISO weeks 2n-1 and 2n: `2020BiW4`.
    BiWeekly,
    /// `202003`.
    Monthly,
    /// The n-th pair of months: `202002B` is March and April.
    BiMonthly,
    /// `2020Q1`.
    Quarterly,
    /// Quarters of a year that begins in November before: `2020NovQ1`.
    QuarterlyNov,
    /// `2020S1`.
    SixMonthly,
    /// Half-years from April: `2020AprilS2`.
    SixMonthlyApril,
    /// Half-years of a year that begins in November before: `2020NovS1`.
    SixMonthlyNov,
    /// `2020`.
    Yearly,
    /// Twelve months from the given month (2, 4, 7, 8, 9, 10) of the year, or from November (11)
    /// of the year before.
    Financial(i8),
}

const WEEKDAYS: [(Weekday, &str, &str); 6] = [
    (Weekday::Monday, "W", "Weekly"),
    (Weekday::Wednesday, "WedW", "WeeklyWednesday"),
    (Weekday::Thursday, "ThuW", "WeeklyThursday"),
    (Weekday::Friday, "FriW", "WeeklyFriday"),
    (Weekday::Saturday, "SatW", "WeeklySaturday"),
    (Weekday::Sunday, "SunW", "WeeklySunday"),
];

const FINANCIAL: [(i8, &str, &str); 7] = [
    (2, "Feb", "FinancialFeb"),
    (4, "April", "FinancialApril"),
    (7, "July", "FinancialJuly"),
    (8, "Aug", "FinancialAug"),
    (9, "Sep", "FinancialSep"),
    (10, "Oct", "FinancialOct"),
    (11, "Nov", "FinancialNov"),
];

impl PeriodType {
    /// Every period type, in the order of their frequency.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Daily];
        all.extend(WEEKDAYS.map(|(day, _, _)| Self::Weekly(day)));
        all.extend([Self::BiWeekly, Self::Monthly, Self::BiMonthly, Self::Quarterly]);
        all.extend([Self::QuarterlyNov, Self::SixMonthly, Self::SixMonthlyApril]);
        all.extend([Self::SixMonthlyNov, Self::Yearly]);
        all.extend(FINANCIAL.map(|(month, _, _)| Self::Financial(month)));
        all
    }

    /// The name that data sets carry as `periodType`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Daily => "Daily",
            Self::Weekly(day) => WEEKDAYS.iter().find(|w| w.0 == day).map_or("Weekly", |w| w.2),
            Self::BiWeekly => "BiWeekly",
            Self::Monthly => "Monthly",
            Self::BiMonthly => "BiMonthly",
            Self::Quarterly => "Quarterly",
            Self::QuarterlyNov => "QuarterlyNov",
            Self::SixMonthly => "SixMonthly",
            Self::SixMonthlyApril => "SixMonthlyApril",
            Self::SixMonthlyNov => "SixMonthlyNov",
            Self::Yearly => "Yearly",
            Self::Financial(month) => FINANCIAL.iter().find(|f| f.0 == month).map_or("FinancialApril", |f| f.2),
        }
    }

    /// The type of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|kind| kind.name() == name)
    }

    /// `isoFormat` and `isoDuration` as `/api/periodTypes` lists them.
    pub(crate) fn iso_format(self) -> (String, &'static str) {
        let text = |s: &str| s.to_owned();
        match self {
            Self::Daily => (text("yyyyMMdd"), "P1D"),
            Self::Weekly(day) => {
                let mark = WEEKDAYS.iter().find(|w| w.0 == day).map_or("W", |w| w.1);
                (format!("yyyy{mark}n"), "P7D")
            }
            Self::BiWeekly => (text("yyyyBiWn"), "P14D"),
            Self::Monthly => (text("yyyyMM"), "P1M"),
            Self::BiMonthly => (text("yyyyMMB"), "P2M"),
            Self::Quarterly => (text("yyyyQn"), "P3M"),
            Self::QuarterlyNov => (text("yyyyNovQn"), "P3M"),
            Self::SixMonthly => (text("yyyySn"), "P6M"),
            Self::SixMonthlyApril => (text("yyyyAprilSn"), "P6M"),
            Self::SixMonthlyNov => (text("yyyyNovSn"), "P6M"),
            Self::Yearly => (text("yyyy"), "P1Y"),
            Self::Financial(month) => {
                let mark = FINANCIAL.iter().find(|f| f.0 == month).map_or("", |f| f.1);
                (format!("yyyy{mark}"), "P1Y")
            }
        }
    }

    /// Whether a server of that version knows the type.
    pub fn known_to(self, version: Version) -> bool {
        let since = match self {
            Self::QuarterlyNov => 38,
            Self::Financial(9) => 42,
            Self::Weekly(Weekday::Friday) | Self::Financial(2 | 8) => 43,
            _ => 0,
        };
        version.minor >= since
    }

    /// The period of this type that holds the day.
    pub fn containing(self, day: Date) -> Option<Period> {
        let (year, month) = (day.year(), day.month());
        match self {
            Self::Daily => spanned(self, format!("{}", day.strftime("%Y%m%d")), day, 1.day()),
            Self::Weekly(first) => {
                let (year, week) = week_of(day, first)?;
                weekly(first, year, week)
            }
            Self::BiWeekly => {
                let (year, week) = week_of(day, Weekday::Monday)?;
                biweekly(year, (week + 1) / 2)
            }
            Self::Monthly => months(self, year, month),
            Self::BiMonthly => months(self, year, (month + 1) / 2),
            Self::Quarterly => months(self, year, (month + 2) / 3),
            Self::SixMonthly => months(self, year, (month + 5) / 6),
            Self::QuarterlyNov | Self::SixMonthlyNov => {
                let year = if month >= 11 { year.checked_add(1)? } else { year };
                let since = (month + 1) % 12;
                let length = if self == Self::QuarterlyNov { 3 } else { 6 };
                months(self, year, since / length + 1)
            }
            Self::SixMonthlyApril => {
                let year = if month < 4 { year - 1 } else { year };
                months(self, year, (month + 8) % 12 / 6 + 1)
            }
            Self::Yearly => months(self, year, 1),
            Self::Financial(11) if month >= 11 => months(self, year.checked_add(1)?, 1),
            Self::Financial(11) => months(self, year, 1),
            Self::Financial(first) if month < first => months(self, year - 1, 1),
            Self::Financial(_) => months(self, year, 1),
        }
    }
}

impl Period {
    /// Parses a period as a server of that version does.
    pub fn parse(text: &str, version: Version) -> Option<Self> {
        let period = parse(text, version)?;
        period.kind.known_to(version).then_some(period)
    }

    /// The next period of the same type.
    pub fn next(&self) -> Option<Self> {
        self.kind.containing(self.end.tomorrow().ok()?)
    }

    /// The previous period of the same type.
    pub fn previous(&self) -> Option<Self> {
        self.kind.containing(self.start.yesterday().ok()?)
    }
}

fn parse(text: &str, version: Version) -> Option<Period> {
    if !text.is_ascii() || text.len() < 4 {
        return None;
    }
    let (year, rest) = text.split_at(4);
    let year = i16::try_from(number(year)?).ok()?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    match (digits, rest.len(), rest.as_bytes().first()) {
        (0, 0, _) => months(PeriodType::Yearly, year, 1),
        (2, 2, _) => month(year, rest),
        (0, 3, Some(b'-')) => month(year, rest.get(1..)?),
        (4, 4, _) => day(year, rest.get(..2)?, rest.get(2..)?),
        (0, 6, Some(b'-')) if rest.as_bytes().get(3) == Some(&b'-') => day(year, rest.get(1..3)?, rest.get(4..)?),
        (2, 3, _) if rest.ends_with('B') => months(PeriodType::BiMonthly, year, small(rest.get(..2)?, 1, 6)?),
        (0, _, _) => marked(year, rest, version),
        _ => None,
    }
}

/// The forms with letters after the year.
fn marked(year: i16, rest: &str, version: Version) -> Option<Period> {
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (mark, ordinal) = rest.split_at(letters);
    if ordinal.is_empty() {
        let (first, ..) = FINANCIAL.iter().find(|f| f.1 == mark)?;
        return months(PeriodType::Financial(*first), year, 1);
    }
    if let Some((first, ..)) = WEEKDAYS.iter().find(|w| w.1 == mark) {
        let week = small(ordinal, 1, 53)?;
        if version.minor < 40 && week == 53 && week_start(year, 53, Weekday::Monday)?.iso_week_date().year() != year {
            return None;
        }
        return weekly(*first, year, week);
    }
    if mark == "BiW" {
        return biweekly(year, small(ordinal, 1, 27)?);
    }
    if ordinal.len() != 1 {
        return None;
    }
    match mark {
        "Q" => months(PeriodType::Quarterly, year, small(ordinal, 1, 4)?),
        "NovQ" => months(PeriodType::QuarterlyNov, year, small(ordinal, 1, 4)?),
        "S" => months(PeriodType::SixMonthly, year, small(ordinal, 1, 2)?),
        "AprilS" => months(PeriodType::SixMonthlyApril, year, small(ordinal, 1, 2)?),
        "NovS" => months(PeriodType::SixMonthlyNov, year, small(ordinal, 1, 2)?),
        _ => None,
    }
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// One or two digits within bounds.
fn small(text: &str, min: i8, max: i8) -> Option<i8> {
    let value = i8::try_from(number(text)?).ok()?;
    (text.len() <= 2 && (min..=max).contains(&value)).then_some(value)
}

fn day(year: i16, month: &str, day: &str) -> Option<Period> {
    let start = Date::new(year, small(month, 1, 12)?, small(day, 1, 31)?).ok()?;
    PeriodType::Daily.containing(start)
}

fn month(year: i16, month: &str) -> Option<Period> {
    months(PeriodType::Monthly, year, small(month, 1, 12)?)
}

fn spanned(kind: PeriodType, iso: String, start: Date, length: Span) -> Option<Period> {
    // The calendar ends with the year 9999, whose last periods have ids like any.
    let end = start.checked_add(length).and_then(|after| after.yesterday()).unwrap_or(Date::MAX);
    Some(Period { kind, iso, start, end })
}

/// First day of the week of that number in the week-year; week 1 holds 4 January.
fn week_start(year: i16, week: i8, first: Weekday) -> Option<Date> {
    let fourth = date(year, 1, 4);
    let back = first.until(fourth.weekday());
    let days = i64::from(week - 1) * 7 - i64::from(back);
    fourth.checked_add(days.days()).ok()
}

/// Week-year and number of the week that holds the day.
fn week_of(day: Date, first: Weekday) -> Option<(i16, i8)> {
    let start = day.checked_sub(i64::from(first.until(day.weekday())).days()).ok()?;
    // The year that owns four days of the week is the one of the fourth day.
    let year = start.checked_add(3.days()).ok()?.year();
    let days = week_start(year, 1, first)?.until(start).ok()?.get_days();
    Some((year, i8::try_from(days / 7 + 1).ok()?))
}

fn weekly(first: Weekday, year: i16, week: i8) -> Option<Period> {
    let start = week_start(year, week, first)?;
    if week_of(start, first)? != (year, week) {
        return None;
    }
    let mark = WEEKDAYS.iter().find(|w| w.0 == first)?.1;
    spanned(PeriodType::Weekly(first), format!("{year:04}{mark}{week}"), start, 7.days())
}

fn biweekly(year: i16, ordinal: i8) -> Option<Period> {
    let week = ordinal * 2 - 1;
    let start = week_start(year, week, Weekday::Monday)?;
    if week_of(start, Weekday::Monday)? != (year, week) {
        return None;
    }
    spanned(PeriodType::BiWeekly, format!("{year:04}BiW{ordinal}"), start, 14.days())
}

/// The `ordinal`-th period of a type that is made of whole months.
fn months(kind: PeriodType, year: i16, ordinal: i8) -> Option<Period> {
    let (first, length, iso) = match kind {
        PeriodType::Monthly => (1, 1, format!("{year:04}{ordinal:02}")),
        PeriodType::BiMonthly => (1, 2, format!("{year:04}{ordinal:02}B")),
        PeriodType::Quarterly => (1, 3, format!("{year:04}Q{ordinal}")),
        PeriodType::QuarterlyNov => (-1, 3, format!("{year:04}NovQ{ordinal}")),
        PeriodType::SixMonthly => (1, 6, format!("{year:04}S{ordinal}")),
        PeriodType::SixMonthlyApril => (4, 6, format!("{year:04}AprilS{ordinal}")),
        PeriodType::SixMonthlyNov => (-1, 6, format!("{year:04}NovS{ordinal}")),
        PeriodType::Yearly => (1, 12, format!("{year:04}")),
        PeriodType::Financial(11) => (-1, 12, format!("{year:04}Nov")),
        PeriodType::Financial(first) => {
            let mark = FINANCIAL.iter().find(|f| f.0 == first)?.1;
            (first, 12, format!("{year:04}{mark}"))
        }
        PeriodType::Daily | PeriodType::Weekly(_) | PeriodType::BiWeekly => return None,
    };
    let offset = i64::from(first - 1) + i64::from(ordinal - 1) * length;
    let january = Date::new(year, 1, 1).ok()?;
    let start = january.checked_add(offset.months()).ok()?;
    spanned(kind, iso, start, length.months())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(text: &str) -> Option<(String, String)> {
        let period = Period::parse(text, Version::parse("2.43.1").unwrap())?;
        Some((period.start.to_string(), period.end.to_string()))
    }

    #[test]
    fn each_form_means_its_days() {
        for (text, start, end) in [
            ("20200327", "2020-03-27", "2020-03-27"),
            ("2020-02-29", "2020-02-29", "2020-02-29"),
            ("2020W1", "2019-12-30", "2020-01-05"),
            ("2020W01", "2019-12-30", "2020-01-05"),
            ("2020W53", "2020-12-28", "2021-01-03"),
            ("2026W5", "2026-01-26", "2026-02-01"),
            ("2020WedW1", "2020-01-01", "2020-01-07"),
            ("2021ThuW1", "2020-12-31", "2021-01-06"),
            ("2021FriW1", "2021-01-01", "2021-01-07"),
            ("2022SatW1", "2022-01-01", "2022-01-07"),
            ("2020SunW1", "2019-12-29", "2020-01-04"),
            ("2025SunW53", "2025-12-28", "2026-01-03"),
            ("2020BiW1", "2019-12-30", "2020-01-12"),
            ("2020BiW27", "2020-12-28", "2021-01-10"),
            ("202002", "2020-02-01", "2020-02-29"),
            ("2020-02", "2020-02-01", "2020-02-29"),
            ("202002B", "2020-03-01", "2020-04-30"),
            ("2020Q4", "2020-10-01", "2020-12-31"),
            ("2020NovQ1", "2019-11-01", "2020-01-31"),
            ("2020S2", "2020-07-01", "2020-12-31"),
            ("2020AprilS2", "2020-10-01", "2021-03-31"),
            ("2020NovS1", "2019-11-01", "2020-04-30"),
            ("2020NovS2", "2020-05-01", "2020-10-31"),
            ("2020", "2020-01-01", "2020-12-31"),
            ("2020Feb", "2020-02-01", "2021-01-31"),
            ("2020April", "2020-04-01", "2021-03-31"),
            ("2020July", "2020-07-01", "2021-06-30"),
            ("2020Aug", "2020-08-01", "2021-07-31"),
            ("2020Sep", "2020-09-01", "2021-08-31"),
            ("2020Oct", "2020-10-01", "2021-09-30"),
            ("2020Nov", "2019-11-01", "2020-10-31"),
        ] {
            assert_eq!(days(text), Some((start.to_owned(), end.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "",
            "2020W0",
            "2020W54",
            "2021W53",
            "2020w1",
            " 2020W1",
            "2020W001",
            "202013",
            "20200230",
            "2020Q5",
            "2020S3",
            "202007B",
            "2020BiW28",
            "2021BiW27",
            "2020MonW1",
            "2020Mar",
            "2020-3",
            "2020-03-1",
            "020",
            "2020Q01",
        ] {
            assert_eq!(days(text), None, "{text}");
        }
    }

    #[test]
    fn weeks_are_written_without_padding() {
        let version = Version::parse("2.42.0").unwrap();
        assert_eq!(Period::parse("2020W07", version).unwrap().iso, "2020W7");
        assert_eq!(Period::parse("2020-03-07", version).unwrap().iso, "20200307");
        assert_eq!(Period::parse("2020FriW1", version), None, "Friday weeks came with 2.43");
    }

    #[test]
    fn version_2_38_counts_monday_weeks_for_sunday_weeks() {
        assert_eq!(Period::parse("2025SunW53", Version::parse("2.38.0").unwrap()), None);
        assert!(Period::parse("2025SunW53", Version::parse("2.40.0").unwrap()).is_some());
    }

    #[test]
    fn periods_of_a_type_follow_each_other_without_gap() {
        for kind in PeriodType::all() {
            let mut period = kind.containing(date(2014, 12, 20)).unwrap();
            for _ in 0..400 {
                let next = period.next().unwrap();
                if kind != PeriodType::BiWeekly {
                    assert_eq!(period.end.tomorrow().unwrap(), next.start, "{period:?}");
                    assert_eq!(next.previous().as_ref(), Some(&period));
                }
                assert_eq!(Period::parse(&next.iso, Version::parse("2.43.1").unwrap()).as_ref(), Some(&next));
                period = next;
                if period.end.year() > 2300 {
                    break;
                }
            }
        }
    }
}
