//! Reading period ids: what is accepted, what is refused, and what the refusal says.

use epi::period::{Period, PeriodType};
use jiff::civil::date;
use proptest::prelude::*;

fn canonical(text: &str) -> String {
    Period::parse(text).unwrap().to_string()
}

fn refusals(period_type: Option<PeriodType>, texts: &[&str]) -> String {
    texts
        .iter()
        .map(|text| {
            let result = period_type.map_or_else(|| Period::parse(text), |expected| expected.parse(text));
            format!("{}\n", result.expect_err(text))
        })
        .collect()
}

#[test]
fn padding_and_hyphens_are_read_and_not_repeated() {
    for (text, id) in [
        ("2020W1", "2020W1"),
        ("2020W01", "2020W1"),
        ("2020W53", "2020W53"),
        ("2026WedW05", "2026WedW5"),
        ("2020BiW01", "2020BiW1"),
        ("2020-01", "202001"),
        ("2020-01-31", "20200131"),
        ("20200229", "20200229"),
        ("2025SunW53", "2025SunW53"),
        ("0020W9", "0020W9"),
    ] {
        assert_eq!(canonical(text), id);
    }
}

#[test]
fn november_types_are_named_after_the_year_they_end_in() {
    for (id, start, end) in [
        ("2020NovQ1", date(2019, 11, 1), date(2020, 1, 31)),
        ("2020NovQ2", date(2020, 2, 1), date(2020, 4, 30)),
        ("2020NovQ4", date(2020, 8, 1), date(2020, 10, 31)),
        ("2020NovS1", date(2019, 11, 1), date(2020, 4, 30)),
        ("2020NovS2", date(2020, 5, 1), date(2020, 10, 31)),
        ("2020Nov", date(2019, 11, 1), date(2020, 10, 31)),
        ("2020Oct", date(2020, 10, 1), date(2021, 9, 30)),
        ("2020AprilS2", date(2020, 10, 1), date(2021, 3, 31)),
        ("2019Feb", date(2019, 2, 1), date(2020, 1, 31)),
        ("202006B", date(2020, 11, 1), date(2020, 12, 31)),
        ("2020W53", date(2020, 12, 28), date(2021, 1, 3)),
        ("2021SunW1", date(2021, 1, 3), date(2021, 1, 9)),
        ("2026WedW5", date(2026, 1, 28), date(2026, 2, 3)),
    ] {
        let period = Period::parse(id).unwrap();
        assert_eq!((period.start(), period.end()), (start, end), "{id}");
    }
}

#[test]
fn what_is_no_period_is_refused() {
    let refused = refusals(
        None,
        &[
            "",
            " ",
            "202",
            "20201",
            "2020w1",
            "2020W",
            "2020W001",
            "2020-W01",
            " 2020W1",
            "2020W1 ",
            "2020W+1",
            "2020W-1",
            "2020MonW1",
            "2020TueW1",
            "2020q1",
            "2020Q",
            "2020Q01",
            "2020APRILS1",
            "2020april",
            "2020Mar",
            "2020January",
            "2020-1",
            "2020-1-1",
            "2020/01",
            "2020010",
            "202001010",
            "202001b",
            "20201B",
            "+020",
            "-202",
            "２０２０",
            "2020W１",
            "2020\u{0}",
            "W12020",
            "LAST_12_MONTHS",
            "a text as long as this one is cut in the message, since it may be anything",
        ],
    );
    insta::assert_snapshot!(refused, @r"
    `` is not a period
    ` ` is not a period
    `202` is not a period
    `20201` is not a period
    `2020w1` is not a period; was `2020W1` meant?
    `2020W` is not a period
    `2020W001` is not a period
    `2020-W01` is not a period; was `2020W1` meant?
    ` 2020W1` is not a period; was `2020W1` meant?
    `2020W1 ` is not a period; was `2020W1` meant?
    `2020W+1` is not a period
    `2020W-1` is not a period
    `2020MonW1` is not a period
    `2020TueW1` is not a period
    `2020q1` is not a period; was `2020Q1` meant?
    `2020Q` is not a period
    `2020Q01` is not a period
    `2020APRILS1` is not a period; was `2020AprilS1` meant?
    `2020april` is not a period; was `2020April` meant?
    `2020Mar` is not a period
    `2020January` is not a period
    `2020-1` is not a period
    `2020-1-1` is not a period
    `2020/01` is not a period
    `2020010` is not a period
    `202001010` is not a period
    `202001b` is not a period
    `20201B` is not a period
    `+020` is not a period
    `-202` is not a period
    `２０２０` is not a period
    `2020W１` is not a period
    `2020\0` is not a period
    `W12020` is not a period
    `LAST_12_MONTHS` is not a period
    `a text as long as this one is cu...` is not a period
    ");
}

#[test]
fn what_the_year_does_not_have_is_refused() {
    let refused = refusals(
        None,
        &[
            "2021W53",
            "2020W54",
            "2020W0",
            "2020W00",
            "2021BiW27",
            "2020BiW28",
            "2020SunW54",
            "2026SunW53",
            "202013",
            "202000",
            "2020-13",
            "202007B",
            "2020Q5",
            "2020Q0",
            "2020NovQ5",
            "2020S3",
            "2020AprilS0",
            "20200230",
            "20210229",
            "2021-02-29",
            "20200001",
            "20201301",
        ],
    );
    insta::assert_snapshot!(refused, @r"
    `2021W53` does not exist: Weekly periods of 2021 are numbered 1 to 52
    `2020W54` does not exist: Weekly periods of 2020 are numbered 1 to 53
    `2020W0` does not exist: Weekly periods of 2020 are numbered 1 to 53
    `2020W00` does not exist: Weekly periods of 2020 are numbered 1 to 53
    `2021BiW27` does not exist: BiWeekly periods of 2021 are numbered 1 to 26
    `2020BiW28` does not exist: BiWeekly periods of 2020 are numbered 1 to 27
    `2020SunW54` does not exist: WeeklySunday periods of 2020 are numbered 1 to 53
    `2026SunW53` does not exist: WeeklySunday periods of 2026 are numbered 1 to 52
    `202013` does not exist: Monthly periods of 2020 are numbered 1 to 12
    `202000` does not exist: Monthly periods of 2020 are numbered 1 to 12
    `2020-13` does not exist: Monthly periods of 2020 are numbered 1 to 12
    `202007B` does not exist: BiMonthly periods of 2020 are numbered 1 to 6
    `2020Q5` does not exist: Quarterly periods of 2020 are numbered 1 to 4
    `2020Q0` does not exist: Quarterly periods of 2020 are numbered 1 to 4
    `2020NovQ5` does not exist: QuarterlyNov periods of 2020 are numbered 1 to 4
    `2020S3` does not exist: SixMonthly periods of 2020 are numbered 1 to 2
    `2020AprilS0` does not exist: SixMonthlyApril periods of 2020 are numbered 1 to 2
    `20200230` does not exist: there is no such day
    `20210229` does not exist: there is no such day
    `2021-02-29` does not exist: there is no such day
    `20200001` does not exist: there is no such day
    `20201301` does not exist: there is no such day
    ");
}

#[test]
fn another_type_is_told_apart() {
    let refused = refusals(Some(PeriodType::Weekly), &["202001", "2020SunW1", "2020-w01", "2021W53", "202013", "2020"]);
    insta::assert_snapshot!(refused, @r"
    `202001` is a Monthly period, not a Weekly one, which is written yyyyWn, such as 2026W6
    `2020SunW1` is a WeeklySunday period, not a Weekly one, which is written yyyyWn, such as 2026W6
    `2020-w01` is not a Weekly period, which is written yyyyWn, such as 2026W6; was `2020W1` meant?
    `2021W53` does not exist: Weekly periods of 2021 are numbered 1 to 52
    `202013` is not a Weekly period, which is written yyyyWn, such as 2026W6
    `2020` is a Yearly period, not a Weekly one, which is written yyyyWn, such as 2026W6
    ");
    insta::assert_snapshot!(refusals(Some(PeriodType::WeeklySunday), &["2020W1", "sunday"]), @r"
    `2020W1` is a Weekly period, not a WeeklySunday one, which is written yyyySunWn, such as 2026SunW5
    `sunday` is not a WeeklySunday period, which is written yyyySunWn, such as 2026SunW5
    ");
}

#[test]
fn serialised_it_is_its_id() {
    let period = Period::parse("2020W01").unwrap();
    assert_eq!(serde_json::to_string(&period).unwrap(), r#""2020W1""#);
    assert_eq!(serde_json::from_str::<Period>(r#""2020W01""#).unwrap(), period);
    let error = serde_json::from_str::<Period>(r#""2020X1""#).unwrap_err();
    insta::assert_snapshot!(error, @r"`2020X1` is not a period at line 1 column 8");
    assert_eq!(serde_json::to_string(&PeriodType::BiWeekly).unwrap(), r#""BiWeekly""#);
    assert_eq!(serde_json::from_str::<PeriodType>(r#""BiWeekly""#).unwrap(), PeriodType::BiWeekly);
    assert!(serde_json::from_str::<PeriodType>(r#""biweekly""#).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".*") {
        let _ = Period::parse(&text);
        for period_type in PeriodType::ALL {
            if let Ok(period) = period_type.parse(&text) {
                prop_assert_eq!(period.period_type(), period_type);
            }
        }
    }

    #[test]
    fn what_is_read_shows_itself_canonically(
        year in 0..=9999_u32,
        mark in "(|-|W|WedW|ThuW|FriW|SatW|SunW|BiW|Q|NovQ|S|AprilS|NovS|Feb|April|July|Aug|Sep|Oct|Nov)",
        number in "[0-9]{0,4}B?",
    ) {
        if let Ok(period) = Period::parse(&format!("{year:04}{mark}{number}")) {
            let id = period.id();
            prop_assert_eq!(Period::parse(&id), Ok(period));
            let other_types = PeriodType::ALL.into_iter().filter(|other| *other != period.period_type());
            for other in other_types {
                prop_assert!(other.parse(&id).is_err());
            }
        }
    }
}
