//! When a report runs by itself, and what is wrong with saying so.

use super::{Folder, problems_after, spoilt};
use insta::assert_snapshot;
use jiff::SignedDuration;
use pipeline::config::Config;

const PERIOD: &str = "period = \"Weekly\"";

fn loaded(keys: &str) -> Config {
    let folder = Folder::new(&spoilt(&[(PERIOD, &format!("{PERIOD}\n{keys}"))]));
    folder.load(&[]).unwrap()
}

fn wrong(keys: &str) -> String {
    problems_after(&[(PERIOD, &format!("{PERIOD}\n{keys}"))])
}

#[test]
fn a_schedule_has_the_zone_of_its_report_unless_it_says_another() {
    let of = |keys: &str| loaded(keys).reports[0].scheduled.clone().map(|one| one.schedule.to_string());
    assert_eq!(of(""), None);
    assert_eq!(of("schedule = \" 0 23  * * 1 \"").as_deref(), Some("0 23 * * 1 UTC"));
    let dakar = "schedule = \"0 23 * * 1\"\ntime_zone = \"Africa/Dakar\"";
    assert_eq!(of(dakar).as_deref(), Some("0 23 * * 1 Africa/Dakar"));
    let paris = format!("{dakar}\nschedule_time_zone = \"Europe/Paris\"");
    assert_eq!(of(&paris).as_deref(), Some("0 23 * * 1 Europe/Paris"));
}

#[test]
fn a_deadline_is_a_time_and_catching_up_is_usual() {
    let of = |keys: &str| loaded(&format!("schedule = \"0 23 * * 1\"\n{keys}")).reports[0].scheduled.clone().unwrap();
    assert_eq!((of("").deadline, of("").catch_up), (None, true));
    assert!(!of("catch_up = false").catch_up);
    for (text, hours) in [("6h", 6), ("2d", 48), ("1w", 168), ("1 day 12 hours", 36)] {
        assert_eq!(of(&format!("deadline = \"{text}\"")).deadline, Some(SignedDuration::from_hours(hours)), "{text}");
    }
}

#[test]
fn a_wrong_schedule_is_told_at_its_place() {
    let all = [
        wrong("schedule = \"0 23 * *\""),
        wrong("schedule = \"0 24 * * 1\""),
        wrong("schedule = \"0 23 * * Mo\""),
        wrong("schedule = \"0 0 31 2 *\""),
        wrong("schedule = \"0 23 * * 1\"\nschedule_time_zone = \"Africa/Daker\""),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn a_wrong_deadline_is_told_at_its_place() {
    let with = |deadline: &str| wrong(&format!("schedule = \"0 23 * * 1\"\ndeadline = \"{deadline}\""));
    assert_snapshot!([with("soon"), with("0h"), with("-6h"), with("400d"), with("1 month")].join("---\n"));
}

#[test]
fn what_is_of_a_schedule_needs_one() {
    assert_snapshot!(wrong("deadline = \"6h\"\ncatch_up = false\nschedule_time_zone = \"UTC\""));
}
