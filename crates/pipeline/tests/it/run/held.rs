//! What DHIS2 would not take now: it waits with its reason, the rest goes on, and the next run brings it when it may.

use jiff::civil::date;
use pipeline::ErrorKind;
use pipeline::report::{RunReport, Verdict};
use sandbox::dhis2::{InputPeriod, Metadata};

use super::stage::{DATA_SET, held_keys, reasons};
use super::{BOTH, Stage};

/// Runs with a cause to hold `reason`, then without.
async fn holds_until(
    stage: &Stage,
    reason: &str,
    cause: impl FnOnce(&Stage),
    relief: impl FnOnce(&Stage),
) -> RunReport {
    cause(stage);
    let report = stage.run().await;
    assert_eq!(report.verdict, Verdict::Held, "{reason}");
    let found = reasons(&report);
    assert!(!found.is_empty() && found.keys().all(|text| text.contains(reason)), "{reason}: {found:?}");
    let held = held_keys(&report);
    assert_eq!(found.values().sum::<u64>(), held.len() as u64, "{reason}");
    let push = report.push.as_ref().unwrap();
    assert!(push.rejected.is_empty(), "{reason}: {:?}", push.rejected.first());
    assert!(held.iter().all(|key| !stage.values().contains_key(key)), "{reason}");
    if held.len() < stage.truth().len() {
        assert!(push.written > 0, "{reason}: the rest goes on");
        stage.at_rest(&[]).await;
    }
    relief(stage);
    let relieved = stage.run().await;
    assert_eq!((relieved.verdict, held_keys(&relieved).len()), (Verdict::Clean, 0), "{reason}");
    assert_eq!(relieved.push.as_ref().unwrap().written, held.len() as u64, "{reason}");
    stage.at_rest(&[]).await;
    report
}

/// The organisation unit with the most values, and its province.
fn busiest(stage: &Stage) -> (String, String) {
    let truth = stage.truth();
    let units = &stage.world.population.org_units;
    let districts = units.iter().filter(|unit| unit.level == 3);
    let busiest = districts.max_by_key(|unit| truth.keys().filter(|key| key.2 == unit.uid).count()).unwrap();
    (busiest.uid.clone(), busiest.parent.clone().unwrap())
}

fn edit<T>(stage: &Stage, alter: impl FnOnce(&mut Metadata) -> T) {
    stage.world.dhis2.edit(alter);
}

#[tokio::test]
async fn an_organisation_unit_that_the_data_set_is_not_assigned_to() {
    for version in BOTH {
        let stage = Stage::new(version);
        let (unit, _) = busiest(&stage);
        let cause = |stage: &Stage| stage.world.dhis2.unassign(DATA_SET, &unit);
        let relief = |stage: &Stage| stage.world.dhis2.assign(DATA_SET, &unit);
        holds_until(&stage, "is not assigned to organisation unit", cause, relief).await;
    }
}

#[tokio::test]
async fn an_organisation_unit_outside_the_hierarchy_of_the_account() {
    for version in BOTH {
        let stage = Stage::new(version);
        let (_, province) = busiest(&stage);
        let others_province = province.clone();
        let root = stage.world.population.org_units[0].uid.clone();
        let cause = |stage: &Stage| edit(stage, |m| m.users[0].org_units = vec![province]);
        let relief = |stage: &Stage| edit(stage, |m| m.users[0].org_units = vec![root]);
        holds_until(&stage, "is outside the hierarchy", cause, relief).await;

        // The same once our values stand there: what cannot be looked at is neither changed nor forgotten.
        let before = stage.ledger();
        edit(&stage, |m| m.users[0].org_units = vec![others_province.clone()]);
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Held);
        assert_eq!(report.push.unwrap().requests, 0);
        assert_eq!(stage.ledger(), before);
        let root = stage.world.population.org_units[0].uid.clone();
        edit(&stage, |m| m.users[0].org_units = vec![root]);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn a_period_that_expired() {
    for version in BOTH {
        let stage = Stage::new(version);
        let cause = |stage: &Stage| edit(stage, |m| m.data_set_mut(DATA_SET).expiry_days = 20);
        let relief = |stage: &Stage| edit(stage, |m| m.data_set_mut(DATA_SET).expiry_days = 0);
        let report = holds_until(&stage, "locks it after 20 days", cause, relief).await;
        // On 31 March, what ended on 8 March is locked and what ended on 15 March is not.
        let mut weeks: Vec<_> = report.plan.held.iter().filter_map(|held| held.period.clone()).collect();
        weeks.sort();
        assert_eq!(weeks, ["2020W10", "2020W6", "2020W7", "2020W8", "2020W9"]);
    }
}

#[tokio::test]
async fn who_may_edit_expired_periods_is_not_held() {
    for version in BOTH {
        let stage = Stage::new(version);
        edit(&stage, |m| {
            m.data_set_mut(DATA_SET).expiry_days = 20;
            m.users[0].authorities.insert("F_EDIT_EXPIRED".into());
        });
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn a_period_that_is_not_over() {
    for version in BOTH {
        let mut stage =
            Stage::with(version, |config| config.replace("look_back = 8", "look_back = 8\ninclude_open = true"));
        stage.n_weeks = 9;
        let relief = |stage: &Stage| edit(stage, |m| m.data_set_mut(DATA_SET).open_future_periods = 1);
        let report = holds_until(&stage, "the period is not over", |_| {}, relief).await;
        assert_eq!(report.last, "2020W14");
    }
}

#[tokio::test]
async fn a_closed_organisation_unit_where_dhis2_looks_at_that() {
    let stage = Stage::new("2.43.1");
    let (unit, _) = busiest(&stage);
    let cause = |stage: &Stage| edit(stage, |m| m.org_unit_mut(&unit).closed_date = Some(date(2020, 2, 20)));
    let relief = |stage: &Stage| edit(stage, |m| m.org_unit_mut(&unit).closed_date = None);
    holds_until(&stage, "closed on 2020-02-20", cause, relief).await;

    let stage = Stage::new("2.43.1");
    let cause = |stage: &Stage| edit(stage, |m| m.org_unit_mut(&unit).opening_date = date(2020, 3, 10));
    let relief = |stage: &Stage| edit(stage, |m| m.org_unit_mut(&unit).opening_date = date(2015, 1, 1));
    holds_until(&stage, "opened on 2020-03-10", cause, relief).await;

    let stage = Stage::new("2.42.1");
    edit(&stage, |m| m.org_unit_mut(&unit).closed_date = Some(date(2020, 2, 20)));
    assert_eq!(stage.run().await.verdict, Verdict::Clean);
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn an_account_that_may_not_write() {
    for version in BOTH {
        let stage = Stage::new(version);
        edit(&stage, |m| m.data_set_mut(DATA_SET).data_write = false);
        refuses(&stage, "may not write data of data set").await;
        edit(&stage, |m| m.data_set_mut(DATA_SET).data_write = true);
        edit(&stage, |m| m.users[0].authorities.remove("F_DATAVALUE_ADD"));
        refuses(&stage, "F_DATAVALUE_ADD").await;
        edit(&stage, |m| m.users[0].authorities.insert("F_DATAVALUE_ADD".into()));
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}

/// A run that could write nothing at all ends before it reads a record.
async fn refuses(stage: &Stage, words: &str) {
    let error = stage.failure().await;
    assert_eq!(error.kind, ErrorKind::Dhis2, "{error}");
    assert!(error.message.contains(words), "{error}");
    assert_eq!(stage.n_posts(), 0);
}

#[tokio::test]
async fn data_input_periods() {
    let input = |period: &str, opening: Option<&str>, closing: Option<&str>| InputPeriod {
        period: period.into(),
        opening: opening.map(|at| at.parse().unwrap()),
        closing: closing.map(|at| at.parse().unwrap()),
    };
    // 2.43.0 and 2.43.1 read them backwards.
    for (version, first) in [("2.42.1", "2020W12"), ("2.43.1", "2020W6"), ("2.43.2", "2020W12")] {
        let stage = Stage::new(version);
        let periods = vec![
            input("2020W12", None, None),
            input("2020W13", Some("2020-03-30T00:00:00Z"), Some("2020-04-30T00:00:00Z")),
            input("2020W6", Some("2020-01-01T00:00:00Z"), Some("2020-02-28T00:00:00Z")),
            input("2020W7", Some("2020-04-30T00:00:00Z"), None),
        ];
        let cause = |stage: &Stage| edit(stage, |m| m.data_set_mut(DATA_SET).input_periods = periods);
        let relief = |stage: &Stage| edit(stage, |m| m.data_set_mut(DATA_SET).input_periods.clear());
        let report = holds_until(&stage, "data input periods", cause, relief).await;
        let held: Vec<_> = report.plan.held.iter().filter_map(|held| held.period.as_deref()).collect();
        assert!(!held.contains(&first), "{version}: {held:?}");
        let n_open = if version == "2.43.1" { 6 } else { 2 };
        assert_eq!(8 - held.len(), n_open, "{version}: {held:?}");
    }
}

#[tokio::test]
async fn an_organisation_unit_that_leaves_the_map_gives_its_values_back() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let (unit, province) = busiest(&stage);
        let csv = stage.world.population.places_csv();
        let without: Vec<_> =
            csv.lines().map(|line| if line.contains(&unit) { line.replace(&unit, "") } else { line.into() }).collect();
        stage.write("places.csv", &without.join("\n"));
        let before = stage.values();
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean);
        let sum = |values: &super::stage::Values, unit: &str| -> u64 {
            values.iter().filter(|(key, _)| key.2 == unit).map(|(_, value)| value.parse::<u64>().unwrap()).sum()
        };
        let after = stage.values();
        assert_eq!(sum(&after, &unit), 0);
        assert_eq!(sum(&after, &province), sum(&before, &province) + sum(&before, &unit));
        // And takes them back.
        stage.write("places.csv", &csv);
        stage.run().await;
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn an_organisation_unit_that_left_the_map_and_may_not_be_looked_at() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let before = stage.values();
        // The account is confined to one province, and the map to its districts.
        let (unit, province) = busiest(&stage);
        let units = stage.world.population.org_units.clone();
        let district = |code: &str| units.iter().any(|u| u.uid == code && u.parent.as_deref() == Some(&province));
        let places = std::fs::read_to_string(stage.path("places.csv")).unwrap();
        let kept = |line: &&str| {
            line.starts_with("location") || units.iter().any(|u| district(&u.uid) && line.contains(&u.uid))
        };
        stage.write("places.csv", &places.lines().filter(kept).collect::<Vec<_>>().join("\n"));
        edit(&stage, |m| m.users[0].org_units = vec![province.clone()]);
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Held);
        assert!(
            reasons(&report).keys().any(|reason| reason.contains("left the map and is outside")),
            "{:?}",
            reasons(&report)
        );
        let elsewhere = |key: &sandbox::dhis2::ValueKey| key.2 != province && !district(&key.2);
        let untouched = before.iter().filter(|(key, _)| elsewhere(key));
        assert!(untouched.clone().count() > 0 && before.keys().any(|key| key.2 == unit));
        for (key, value) in untouched {
            assert_eq!(stage.values().get(key), Some(value));
        }
        // Once the account sees everything again, and the map is whole, all is as before.
        stage.write("places.csv", &places);
        let root = units[0].uid.clone();
        edit(&stage, |m| m.users[0].org_units = vec![root]);
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}
