//! Due times held against a slow walk from minute to minute, and at the days on which clocks change.

use super::{COUNTED_MAX, Schedule, ScheduleError, owed};
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

/// Zones with summer times at night, at midnight and by half an hour, an offset of no whole hour, a day that a country left
/// out, and none of it; with a time at which something happens to their clocks.
const ZONES: [(&str, &str); 9] = [
    ("Europe/Berlin", "2026-03-29T01:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/New_York", "2027-03-14T07:00:00Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Africa/Cairo", "2026-10-29T21:00:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Asia/Kathmandu", "2028-02-28T18:15:00Z"),
    ("Africa/Dakar", "2027-01-01T00:00:00Z"),
];

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn schedule(text: &str, name: &str) -> Schedule {
    Schedule::parse(text, zone(name)).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// One field: a text, and the numbers that it means.
#[derive(Clone, Debug)]
struct Field {
    text: String,
    means: Option<Vec<i8>>,
}

impl Field {
    fn has(&self, number: i8) -> bool {
        self.means.as_ref().is_none_or(|means| means.contains(&number))
    }
}

/// Lists and ranges of numbers up to `high`, which every month and year has; steps go on to `full`.
fn field(low: i8, high: i8, full: i8) -> impl Strategy<Value = Field> {
    let list = proptest::collection::vec(low..=high, 1..4).prop_map(|numbers| Field {
        text: numbers.iter().map(i8::to_string).collect::<Vec<_>>().join(","),
        means: Some(numbers),
    });
    let range = (low..=high, low..=high).prop_map(|(one, other)| {
        let (from, to) = (one.min(other), one.max(other));
        Field { text: format!("{from}-{to}"), means: Some((from..=to).collect()) }
    });
    let step = (2..=7_i8).prop_map(move |step| Field {
        text: format!("*/{step}"),
        means: Some((low..=full).step_by(step as usize).collect()),
    });
    prop_oneof![Just(Field { text: "*".into(), means: None }), list, range, step]
}

/// Five fields.
#[derive(Clone, Debug)]
struct Fields([Field; 5]);

impl Fields {
    fn text(&self) -> String {
        self.0.each_ref().map(|field| field.text.as_str()).join(" ")
    }

    /// Whether a local minute is of the schedule: where both the day of the month and that of the week are said, one of them
    /// is enough, as cron has it.
    fn has(&self, local: DateTime) -> bool {
        let [minute, hour, day, month, weekday] = &self.0;
        let (of_month, of_week) = (day.has(local.day()), weekday.has(local.weekday().to_sunday_zero_offset()));
        let both_said = day.means.is_some() && weekday.means.is_some();
        let of_day = if both_said { of_month || of_week } else { of_month && of_week };
        minute.has(local.minute()) && hour.has(local.hour()) && month.has(local.month()) && of_day
    }
}

/// Due times of a stretch of time, found by looking at every minute of it.
fn walked(fields: &Fields, zone: &TimeZone, from: Timestamp, hours: i64) -> Vec<Timestamp> {
    let mut found = Vec::new();
    let local = |minute: i64| zone.to_datetime(from + SignedDuration::from_mins(minute));
    // What clocks have shown; they have shown what they do two days before.
    let mut shown = local(-2 * 24 * 60 - 1);
    (-2 * 24 * 60..=hours * 60).for_each(|minute| {
        let now = local(minute);
        // Every local minute that came with this one: itself, what was left out before it, or none that was not there before.
        let mut due = false;
        while shown < now {
            shown += 1.minute();
            due |= fields.has(shown);
        }
        if due && minute > 0 {
            found.push(from + SignedDuration::from_mins(minute));
        }
    });
    found
}

fn due_times(schedule: &Schedule, from: Timestamp, hours: i64) -> Vec<Timestamp> {
    let next = |due: &Timestamp| schedule.next_after(*due);
    let end = from + SignedDuration::from_hours(hours);
    std::iter::successors(schedule.next_after(from), next).take_while(|due| *due <= end).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn due_times_are_those_of_a_walk_from_minute_to_minute(
        (minute, hour, day) in (field(0, 59, 59), field(0, 23, 23), field(1, 28, 31)),
        (month, weekday) in (field(1, 12, 12), field(0, 6, 6)),
        which in 0..ZONES.len(),
        hours_before in 1..60_i64,
    ) {
        let fields = Fields([minute, hour, day, month, weekday]);
        let (name, change) = ZONES[which];
        let schedule = schedule(&fields.text(), name);
        let from = at(change) - SignedDuration::from_hours(hours_before);
        let expected = walked(&fields, &zone(name), from, 84);
        let found = due_times(&schedule, from, 84);
        let differs = found.iter().zip(&expected).find(|(one, other)| one != other);
        prop_assert!(found == expected, "{} {}: {:?} of {}, {}", fields.text(), name, differs, found.len(), expected.len());
        // Backward it is the same, from any minute on.
        for quarter in 0..84 * 4 {
            let now = from + SignedDuration::from_mins(quarter * 15 + 7);
            let before = expected.iter().rev().find(|due| **due <= now);
            let found = schedule.last_by(now).filter(|due| *due > from);
            prop_assert_eq!(found.as_ref(), before, "{} {} by {}", fields.text(), name, now);
        }
        let end = from + SignedDuration::from_hours(84);
        let n = owed(&schedule, from, end).map_or(0, |owed| owed.n);
        prop_assert_eq!(n as usize, expected.len());
    }

    #[test]
    fn next_and_last_fit_over_centuries(
        seconds in -2_000_000_000_i64..5_000_000_000,
        (minute, hour, weekday) in (0..60_u8, 0..24_u8, 0..7_u8),
        which in 0..ZONES.len(),
    ) {
        let schedule = schedule(&format!("{minute} {hour} * * {weekday}"), ZONES[which].0);
        let from = Timestamp::from_second(seconds).unwrap();
        let next = schedule.next_after(from).unwrap();
        prop_assert!(next > from && next <= from + SignedDuration::from_hours(24 * 8 + 25));
        prop_assert_eq!(schedule.last_by(next), Some(next));
        let before = schedule.last_by(next - SignedDuration::from_secs(1)).unwrap();
        prop_assert!(before <= from, "nothing is due between an instant and what is due next");
        prop_assert_eq!(schedule.next_after(before), Some(next));
    }
}

#[test]
fn a_local_time_that_does_not_exist_is_due_when_clocks_have_jumped() {
    let nightly = schedule("30 2 * * *", "Europe/Berlin");
    let due: Vec<String> =
        due_times(&nightly, at("2026-03-27T12:00:00Z"), 72).iter().map(Timestamp::to_string).collect();
    assert_eq!(due, ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    // Four local times that do not exist are due once together, and 3:00 is among them.
    let quarters = schedule("*/15 2,3 * * *", "Europe/Berlin");
    assert_eq!(due_times(&quarters, at("2026-03-29T00:59:00Z"), 1).len(), 4);
}

#[test]
fn a_local_time_that_exists_twice_is_due_once() {
    let nightly = schedule("30 2 * * *", "Europe/Berlin");
    let due: Vec<String> =
        due_times(&nightly, at("2026-10-23T12:00:00Z"), 72).iter().map(Timestamp::to_string).collect();
    assert_eq!(due, ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    // In the second of the two hours the last one was due in the first.
    assert_eq!(nightly.last_by(at("2026-10-25T01:10:00Z")), Some(at("2026-10-25T00:30:00Z")));
}

#[test]
fn a_country_that_leaves_a_day_out_leaves_no_due_time_out() {
    let noon = schedule("0 12 * * *", "Pacific/Apia");
    let due: Vec<String> = due_times(&noon, at("2011-12-29T00:00:00Z"), 60).iter().map(Timestamp::to_string).collect();
    assert_eq!(due, ["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"]);
}

#[test]
fn a_leap_day_comes_again() {
    let leap = schedule("0 0 29 2 *", "UTC");
    let due = due_times(&leap, at("2095-01-01T00:00:00Z"), 24 * 366 * 10);
    assert_eq!(due, [at("2096-02-29T00:00:00Z"), at("2104-02-29T00:00:00Z")]);
}

#[test]
fn what_is_no_schedule_is_refused() {
    let refused = |text: &str| Schedule::parse(text, TimeZone::UTC).unwrap_err();
    assert_eq!(refused("0 23 * *"), ScheduleError::Fields(4));
    assert_eq!(refused("0 0 23 * * 1"), ScheduleError::Fields(6));
    assert_eq!(refused("@weekly"), ScheduleError::Fields(1));
    let field = |name, text: &str| ScheduleError::Field { name, text: text.into() };
    assert_eq!(refused("0 24 * * 1"), field("hour", "24"));
    assert_eq!(refused("0 23 * * Mo"), field("day of the week", "Mo"));
    assert_eq!(refused("0 23 * */0 1"), field("month", "*/0"));
    assert_eq!(refused("0 0 30 2 *"), ScheduleError::Never("0 0 30 2 *".into()));
}

#[test]
fn much_that_is_owed_is_counted_up_to_a_limit() {
    let minutely = schedule("* * * * *", "UTC");
    let now = date(2026, 6, 1).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
    let owing = owed(&minutely, now - SignedDuration::from_hours(24 * 365), now).unwrap();
    assert_eq!((owing.n, owing.last), (COUNTED_MAX, now));
    assert_eq!(owed(&minutely, now, now + SignedDuration::from_secs(59)), None);
}
