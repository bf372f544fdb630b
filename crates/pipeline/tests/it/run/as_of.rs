//! The past of a report that was corrected from week to week.

use super::stage::{CONFIRMED, CONFIRMED_CASES, Changes, SUSPECT, Values, naive_changes};
use super::{BOTH, Stage};
use jiff::{SignedDuration, Timestamp};
use pipeline::as_of::{AsOf, Selection, as_of};
use pipeline::revisions::revisions;
use std::collections::BTreeMap;

fn stood(stage: &Stage, at: Timestamp) -> AsOf {
    let config = stage.config();
    as_of(&stage.state(), config.report(None).unwrap(), at, &Selection::default()).unwrap()
}

fn values(stood: &AsOf) -> Values {
    let value = |row: &pipeline::store::CellRow| {
        let key = &row.key;
        let parts =
            [&key.data_element, &key.period, &key.org_unit, &key.category_option_combo, &key.attribute_option_combo];
        let [element, period, unit, coc, aoc] = parts.map(ToString::to_string);
        ((element, period, unit, coc, aoc), row.value.clone())
    };
    stood.values.iter().map(value).collect()
}

#[tokio::test]
async fn a_report_stands_as_it_did_at_its_deadline() {
    for version in BOTH {
        let stage = Stage::new(version);
        let mut truths: Vec<(Timestamp, Values)> = Vec::new();
        for week in 0..3 {
            stage.run().await;
            truths.push((stage.clock.now(), stage.truth()));
            stage.clock.advance(SignedDuration::from_hours(24));
            let case = stage.counted()[week].clone();
            stage
                .world
                .godata
                .edit(|e| e.reclassify(&case, Some(if week == 1 { CONFIRMED } else { SUSPECT })))
                .unwrap();
            stage.clock.advance(SignedDuration::from_hours(12));
        }
        stage.run().await;
        assert_ne!(truths[0].1, truths[1].1);
        for (nth, (at, truth)) in truths.iter().enumerate() {
            for later in [0, 20] {
                let stood = stood(&stage, at.checked_add(SignedDuration::from_hours(later)).unwrap());
                assert_eq!(stood.run.run.0, nth as i64 + 1);
                assert_eq!(naive_changes(truth, &values(&stood)), Changes::new(), "as run {} left it", nth + 1);
            }
        }
        let before = truths[0].0.checked_sub(SignedDuration::from_secs(1)).unwrap();
        let config = stage.config();
        let report = config.report(None).unwrap();
        let error = as_of(&stage.state(), report, before, &Selection::default()).unwrap_err();
        assert!(error.to_string().contains("had come through by"), "{error}");

        // The triangle's last column is what DHIS2 says now.
        let found = revisions(&stage.state(), report, 3, &Selection::default(), stage.clock.now()).unwrap();
        let confirmed = found.indicators.iter().find(|triangle| triangle.indicator == "confirmed_cases").unwrap();
        let mut now: BTreeMap<String, u64> = BTreeMap::new();
        for ((element, period, ..), value) in stage.values() {
            if element == CONFIRMED_CASES {
                *now.entry(period).or_default() += value.parse::<u64>().unwrap();
            }
        }
        let told = confirmed.periods.iter().map(|p| (p.period.clone(), p.now.clone().unwrap().parse().unwrap()));
        assert_eq!(told.filter(|(_, n)| *n > 0).collect::<BTreeMap<_, u64>>(), now);
        assert!(confirmed.periods.iter().any(|period| period.taken != "0"), "somebody was reclassified");
        stage.at_rest(&[]).await;
    }
}

/// A line list without changes leaves nothing behind but its run.
#[tokio::test]
async fn an_unchanged_run_stores_no_value() {
    let stage = Stage::new(BOTH[0]);
    let rows = || -> i64 {
        let file = rusqlite::Connection::open(stage.path(".tally/state.sqlite")).unwrap();
        file.query_row("SELECT count(*) FROM cell_version", [], |row| row.get(0)).unwrap()
    };
    let first = stage.run().await;
    let stored = rows();
    assert_eq!(stored as u64, first.certificate.unwrap().n_cells);
    stage.clock.advance(SignedDuration::from_hours(1));
    stage.run().await;
    assert_eq!(rows(), stored);
}

#[tokio::test]
async fn values_are_forgotten_when_the_configuration_says_so() {
    let stage = Stage::with(BOTH[0], |config| config.replace("[state]", "[state]\nvalues_kept_days = 2"));
    let begun = stage.clock.now();
    for day in 0..5 {
        stage.run().await;
        let case = stage.counted()[day].clone();
        stage.world.godata.edit(|e| e.reclassify(&case, Some(SUSPECT))).unwrap();
        stage.clock.advance(SignedDuration::from_hours(24));
    }
    let config = stage.config();
    let at = |days: i64| {
        let at = begun.checked_add(SignedDuration::from_hours(24 * days)).unwrap();
        as_of(&stage.state(), config.report(None).unwrap(), at, &Selection::default())
    };
    let error = at(0).unwrap_err();
    assert_eq!(error.to_string(), "the values of run 1 are no longer kept");
    let first_known = (0..5).find(|days| at(*days).is_ok());
    assert_eq!(first_known, Some(1), "the last one before the two days, and all since");
}
