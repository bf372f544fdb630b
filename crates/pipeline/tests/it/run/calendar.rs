//! Which weeks are closed, by the clock of the report: daylight saving both ways, years of 53 weeks, and days that a time
//! zone does not have.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pipeline::progress::Silent;
use pipeline::report::Verdict;
use pipeline::run::{Request, span_of};

use super::{BOTH, Stage};

/// A stage whose report lives in a time zone.
fn stage(zone: &str) -> Stage {
    Stage::with(BOTH[0], |config| {
        config.replace("period = \"Weekly\"", &format!("period = \"Weekly\"\ntime_zone = \"{zone}\""))
    })
}

/// First and last week of a run at an instant.
fn weeks(config: &pipeline::config::Config, now: Timestamp) -> (String, String) {
    let request = Request {
        config,
        report: &config.reports[0],
        from: None,
        to: None,
        release: false,
        full: false,
        after: None,
        stop: pipeline::run::Stop::default(),
        trigger: "test",
        engine: None,
        progress: Arc::new(Silent),
        now: Arc::new(move || now),
    };
    let span = span_of(&request).unwrap();
    assert_eq!(span.iter().count(), 8, "a look-back is as long as the report says");
    (span.first().id().to_string(), span.last().id().to_string())
}

/// The last closed week just before an instant and at it.
fn around(zone: &str, instant: &str) -> (String, String) {
    let config = stage(zone).config();
    let instant: Timestamp = instant.parse().unwrap();
    let before = instant - SignedDuration::from_nanos(1);
    (weeks(&config, before).1, weeks(&config, instant).1)
}

fn pair(before: &str, at: &str) -> (String, String) {
    (before.to_owned(), at.to_owned())
}

#[test]
fn a_week_with_the_change_of_the_clocks_closes_at_its_own_midnight() {
    // The Sunday has 23 hours in spring and 25 in autumn.
    assert_eq!(around("Europe/Berlin", "2020-03-29T22:00:00Z"), pair("2020W12", "2020W13"));
    assert_eq!(around("Europe/Berlin", "2020-10-25T23:00:00Z"), pair("2020W42", "2020W43"));
    assert_eq!(around("America/New_York", "2020-03-09T04:00:00Z"), pair("2020W9", "2020W10"));
    assert_eq!(around("America/New_York", "2020-11-02T05:00:00Z"), pair("2020W43", "2020W44"));
    // Half an hour, and a country without changes.
    assert_eq!(around("Australia/Lord_Howe", "2020-04-05T13:30:00Z"), pair("2020W13", "2020W14"));
    assert_eq!(around("Africa/Dakar", "2020-03-30T00:00:00Z"), pair("2020W12", "2020W13"));
}

#[test]
fn a_year_of_53_weeks_has_its_last_one() {
    let config = stage("Africa/Dakar").config();
    let span = |at: &str| weeks(&config, at.parse().unwrap());
    assert_eq!(span("2021-01-03T23:59:59Z"), pair("2020W45", "2020W52"));
    assert_eq!(span("2021-01-04T00:00:00Z"), pair("2020W46", "2020W53"));
    assert_eq!(span("2021-01-11T00:00:00Z"), pair("2020W47", "2021W1"));
    assert_eq!(span("2021-03-01T00:00:00Z"), pair("2021W1", "2021W8"));
    // 2015 and 2026 as well, 2021 not.
    assert_eq!(span("2016-01-04T00:00:00Z").1, "2015W53");
    assert_eq!(span("2027-01-04T00:00:00Z").1, "2026W53");
    assert_eq!(span("2022-01-03T00:00:00Z").1, "2021W52");
}

#[test]
fn hour_by_hour_no_week_is_left_out_and_none_opens_again() {
    // São Paulo changed at midnight, so that some days began at one o'clock; Apia left out a day at the end of 2011.
    for (zone, from) in [
        ("America/Sao_Paulo", "2017-12-01T00:00:00Z"),
        ("Pacific/Apia", "2011-06-01T00:00:00Z"),
        ("Europe/Berlin", "2020-01-01T00:00:00Z"),
    ] {
        let config = stage(zone).config();
        let from: Timestamp = from.parse().unwrap();
        let mut seen: Vec<String> = Vec::new();
        for hour in 0..400 * 24 {
            let (_, last) = weeks(&config, from + SignedDuration::from_hours(hour));
            if seen.last() != Some(&last) {
                assert!(!seen.contains(&last), "{zone}: {last} closed twice");
                seen.push(last);
            }
        }
        let mut week = epi::period::Period::parse(&seen[0]).unwrap();
        for id in &seen[1..] {
            week = week.advance(1).unwrap();
            assert_eq!(*id, week.id(), "{zone}");
        }
        assert!(seen.len() >= 57, "{zone}: {} weeks", seen.len());
    }
}

#[tokio::test]
async fn a_clock_that_jumps_between_runs_takes_nothing_away() {
    for version in BOTH {
        let stage = Stage::new(version);
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        let values = stage.values();
        // A year ahead and back: other weeks are looked at, and those of the outbreak are left alone.
        for hours in [366 * 24, -366 * 24, -40 * 24, 40 * 24] {
            stage.clock.advance(SignedDuration::from_hours(hours));
            let before = stage.n_posts();
            let report = stage.try_run().await;
            if let Err(error) = &report {
                assert!(error.message.contains("period"), "{error}");
            }
            assert_eq!((stage.values(), stage.n_posts()), (values.clone(), before), "{hours} h");
        }
        stage.at_rest(&[]).await;
    }
}
