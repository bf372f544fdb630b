//! What the pages of a report show, beside what stands in DHIS2.

use std::collections::{BTreeMap, BTreeSet};

use epi::period::PeriodType;
use jiff::SignedDuration;
use pipeline::gazetteer::{Gazetteer, Outline, fetch};
use pipeline::picture::{
    CurveSource, Picture, Pictures, Sight, Written, cell, curve_of_cells, curve_of_records, picture, slice, territory,
};
use pipeline::store::CellKey;
use rust_decimal::Decimal;
use sandbox::dhis2::ValueKey;

use super::stage::{CONFIRMED_CASES, DATA_SET, PROBABLE, text};
use super::{BOTH, Stage};

impl Stage {
    /// The picture of the report, as somebody sees it a day later.
    fn picture(&self, sight: Sight) -> Picture {
        let (config, now) = (self.config(), self.clock.now() + SignedDuration::from_hours(24));
        let units: Vec<String> = self.world.population.org_units.iter().map(|unit| unit.uid.clone()).collect();
        picture(&self.state(), &config, &config.reports[0], &units, sight, now).unwrap().unwrap()
    }

    /// The sum of what DHIS2 has of a data element, by period.
    fn in_dhis2(&self, data_element: &str) -> BTreeMap<String, Decimal> {
        let mut sums = BTreeMap::new();
        for (key, value) in self.values() {
            if key.0 == data_element {
                *sums.entry(key.1).or_insert(Decimal::ZERO) += value.parse::<Decimal>().unwrap();
            }
        }
        sums
    }
}

fn kinds(picture: &Picture) -> BTreeMap<Written, usize> {
    let counts = Written::ALL.into_iter().zip(picture.completeness.counts());
    counts.filter(|(_, n)| *n > 0).collect()
}

/// The total of each period of a trend that is not zero.
fn totals(picture: &Picture, indicator: &str) -> BTreeMap<String, Decimal> {
    let trend = picture.trends.iter().find(|trend| trend.indicator == indicator).unwrap();
    let both = picture.periods.iter().cloned().zip(&trend.totals);
    both.filter_map(|(period, total)| Some((period, (*total)?))).filter(|(_, total)| !total.is_zero()).collect()
}

#[tokio::test]
async fn a_report_that_came_through_stands_whole_in_dhis2() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let picture = stage.picture(Sight::All);
        assert_eq!(picture.periods.len(), 8);
        assert_eq!(picture.completeness.units.len(), stage.world.population.org_units.len());
        assert_eq!(picture.completeness.percent(), Some(100));
        let known: BTreeSet<Written> = kinds(&picture).into_keys().collect();
        assert_eq!(known, BTreeSet::from([Written::All, Written::Nothing]));
        let n_standing: u32 =
            picture.completeness.units.iter().flat_map(|unit| &unit.fields).map(|field| field.n_standing).sum();
        assert_eq!(n_standing as usize, stage.values().len());
        assert_eq!(totals(&picture, "confirmed_cases"), stage.in_dhis2(CONFIRMED_CASES));
    }
}

#[tokio::test]
async fn what_is_held_waits_and_what_was_never_covered_has_no_data() {
    let stage = Stage::new(BOTH[0]);
    let (key, _) = stage.truth().into_iter().next().unwrap();
    stage.world.dhis2.unassign(DATA_SET, &key.2);
    stage.run().await;
    let picture = stage.picture(Sight::All);
    let row = picture.completeness.units.iter().find(|unit| unit.org_unit == key.2).unwrap();
    let of_unit: BTreeSet<Written> = row.fields.iter().map(|field| field.written).collect();
    assert!(of_unit.contains(&Written::Waiting) && !of_unit.contains(&Written::All), "{of_unit:?}");
    assert!(picture.completeness.percent().unwrap() < 100);

    let config = stage.config();
    let of = |period: &str| slice(&stage.state(), &config.reports[0], &picture, &key.2, period).unwrap();
    let waiting = of(&key.1).unwrap();
    assert!(waiting.held.iter().all(|reason| reason.contains("is not assigned")), "{:?}", waiting.held);
    assert!(!waiting.held.is_empty() && !waiting.values.is_empty());
    assert!(waiting.values.iter().all(|value| value.standing.is_none() && value.computed.is_some()));
    assert_eq!(of("2019W40"), None, "no run covered that one");
}

#[tokio::test]
async fn nothing_is_shown_before_a_run_came_through() {
    let stage = Stage::new(BOTH[0]);
    let config = stage.config();
    let made = picture(&stage.state(), &config, &config.reports[0], &[], Sight::All, stage.clock.now()).unwrap();
    assert!(made.is_none());
}

#[tokio::test]
async fn the_curve_counts_every_case_of_the_line_list_once() {
    let stage = Stage::new(BOTH[0]);
    stage.run().await;
    let periods: Vec<_> =
        stage.picture(Sight::All).periods.iter().map(|id| PeriodType::Weekly.parse(id).unwrap()).collect();
    let curve = curve_of_records(&stage.line_list(), &periods).unwrap().unwrap();
    let CurveSource::Records { n_by_reporting, n_undated, n_outside } = curve.source else { panic!("{curve:?}") };
    let (first, last) = (periods[0].start().to_string(), periods.last().unwrap().end().to_string());
    let within = |day: &str| (first.as_str()..=last.as_str()).contains(&day);
    let cases = |pick: &dyn Fn(Option<&str>, Option<&str>) -> bool| {
        let day = |document: &sandbox::godata::Document, field: &str| {
            document.get(field).and_then(|value| value.as_str()).map(|text| text[..10].to_owned())
        };
        let pick = |document: &sandbox::godata::Document| {
            pick(day(document, "dateOfOnset").as_deref(), day(document, "dateOfReporting").as_deref())
        };
        stage.cases(pick).len() as u64
    };
    assert_eq!(curve.total(), cases(&|onset, reported| onset.or(reported).is_some_and(within)));
    assert_eq!(n_by_reporting, cases(&|onset, reported| onset.is_none() && reported.is_some_and(within)));
    assert_eq!(n_undated, cases(&|onset, reported| onset.is_none() && reported.is_none()));
    assert_eq!(curve.total() + n_undated + n_outside, cases(&|_, _| true));
    let probable = stage.cases(|document| {
        let day = document.get("dateOfOnset").or_else(|| document.get("dateOfReporting")).and_then(|day| day.as_str());
        text(document, "classification") == PROBABLE && day.is_some_and(|day| within(&day[..10]))
    });
    let drawn = curve.series.iter().find(|one| one.classification.as_deref() == Some("PROBABLE")).unwrap();
    assert_eq!(drawn.counts.iter().sum::<u64>(), probable.len() as u64);
}

#[tokio::test]
async fn without_records_the_curve_is_that_of_an_indicator() {
    let stage = Stage::with(BOTH[0], |config| config.replace("keep = \"records\"", "keep = \"nothing\""));
    stage.run().await;
    let (config, picture) = (stage.config(), stage.picture(Sight::All));
    let curve =
        |code: Option<&str>| curve_of_cells(&picture.trends, &config.reports[0], &picture.periods, code).unwrap();
    let of = curve(None);
    assert!(matches!(&of.source, CurveSource::Cells { indicator, .. } if indicator == "confirmed_cases"));
    let sum: Decimal = stage.in_dhis2(CONFIRMED_CASES).values().sum();
    assert_eq!(Decimal::from(of.total()), sum);
    let deaths = curve(Some("confirmed_deaths"));
    assert!(matches!(&deaths.source, CurveSource::Cells { indicator, .. } if indicator == "confirmed_deaths"));
}

#[tokio::test]
async fn a_cell_tells_what_it_was_and_what_stands() {
    let stage = Stage::new(BOTH[0]);
    let first = stage.run().await;
    let (key, value) = stage.some_value(|key, value| key.0 == CONFIRMED_CASES && value == "1");
    let counted = stage.cases(|_| true);
    stage.clock.advance(SignedDuration::from_hours(24));
    // The one confirmed case of that cell becomes another's: nobody is confirmed any more.
    for id in &counted {
        stage.world.godata.edit(|editor| editor.reclassify(id, Some(PROBABLE))).unwrap();
    }
    let second = stage.run().await;
    let config = stage.config();
    let key = CellKey {
        data_element: key.0.into(),
        period: key.1.into(),
        org_unit: key.2.into(),
        category_option_combo: key.3.into(),
        attribute_option_combo: key.4.into(),
    };
    let past = |sight| cell(&stage.state(), &config, &config.reports[0], &key, sight).unwrap();
    let whole = past(Sight::All);
    let versions: Vec<_> = whole.versions.iter().map(|one| (one.run.0, one.value.clone())).collect();
    assert_eq!(versions[0], (first.run.unwrap(), Some(value)));
    assert_eq!(versions[1].0, second.run.unwrap());
    assert_ne!(versions[1].1.as_deref(), Some("1"));
    assert!(whole.versions.iter().all(|one| one.indicator == "confirmed_cases" && one.finished_at.is_some()));
    assert_eq!(whole.standing.unwrap().run.0, second.run.unwrap());
    assert!(past(Sight::Published).versions.is_empty());
}

#[tokio::test]
async fn who_may_not_see_small_cells_sees_what_dhis2_has() {
    let policy = "[dhis2.small_cells]\nthreshold = 3\n\n[state]";
    let stage = Stage::with(BOTH[0], |config| config.replace("[state]", policy));
    stage.run().await;
    let config = stage.config();
    assert_eq!((Sight::of(&config, false), Sight::of(&config, true)), (Sight::Published, Sight::All));
    let (all, published) = (stage.picture(Sight::All), stage.picture(Sight::Published));
    let in_dhis2: BTreeMap<String, Decimal> =
        stage.in_dhis2(CONFIRMED_CASES).into_iter().filter(|(_, total)| !total.is_zero()).collect();
    assert_eq!(totals(&published, "confirmed_cases"), in_dhis2);
    assert_ne!(totals(&all, "confirmed_cases"), in_dhis2, "something is left out");
    assert_eq!(published.completeness.percent(), Some(100), "what is left out is not missing");

    let now = stage.clock.now() + SignedDuration::from_hours(24);
    let report = &config.reports[0];
    let stands = stage.values();
    for period in &all.periods {
        let of = territory(&stage.state(), report, &published, "confirmed_cases", period).unwrap();
        assert!(of.covered);
        for (unit, total) in of.units {
            let is_in = |key: &ValueKey| (&*key.0, &key.1, &key.2) == (CONFIRMED_CASES, period, &unit);
            let values =
                stands.iter().filter(|(key, _)| is_in(key)).map(|(_, value)| value.parse::<Decimal>().unwrap());
            assert_eq!(total, values.sum::<Decimal>());
        }
        for unit in &stage.world.population.org_units {
            let of = slice(&stage.state(), report, &published, &unit.uid, period).unwrap().unwrap();
            assert!(of.values.iter().all(|value| value.computed.is_none() && value.standing.is_some()));
        }
    }
    let pictures = Pictures::default();
    let kept = |sight| pictures.of(&stage.state(), &config, report, &[], sight, 0, now).unwrap();
    assert!(kept(Sight::All).revisions.is_some() && kept(Sight::Published).revisions.is_none());
}

#[tokio::test]
async fn a_kept_picture_is_made_anew_when_a_run_has_ended() {
    let stage = Stage::new(BOTH[0]);
    stage.run().await;
    let (config, pictures) = (stage.config(), Pictures::default());
    let now = stage.clock.now() + SignedDuration::from_hours(24 * 9);
    let kept = || pictures.of(&stage.state(), &config, &config.reports[0], &[], Sight::All, 0, now).unwrap();
    let first = kept();
    assert!(std::sync::Arc::ptr_eq(&first, &kept()));
    let revisions = first.revisions.as_ref().unwrap();
    assert!(revisions.indicators.iter().any(|triangle| triangle.indicator == "confirmed_cases"));
    stage.clock.advance(SignedDuration::from_hours(24));
    let second = stage.run().await;
    assert_eq!(kept().picture.as_ref().unwrap().run.0, second.run.unwrap());
}

#[tokio::test]
async fn names_and_shapes_are_read_from_dhis2_and_kept() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let (config, now) = (stage.config(), stage.clock.now());
        let report = &config.reports[0];
        assert_eq!(Gazetteer::kept(&config, report), None);
        let found = fetch(&config, report, now).await.unwrap();
        assert_eq!((found.read_at, found.n_corners_dropped, found.n_too_large), (now, 0, 0));
        let units = &stage.world.population.org_units;
        for unit in units.iter().filter(|unit| found.units.contains_key(&unit.uid)) {
            assert_eq!(found.unit(&unit.uid), unit.name);
            let (drawn, is_point) = (&found.units[&unit.uid].outline, unit.point.is_some());
            match drawn {
                Some(Outline::Rings(rings)) => assert!(!unit.border.is_empty() && rings[0].len() > 4),
                Some(Outline::Point(_)) => assert!(is_point),
                None => assert!(!is_point && unit.border.is_empty()),
            }
        }
        let kinds =
            |pick: fn(&Option<Outline>) -> bool| found.units.values().filter(|unit| pick(&unit.outline)).count();
        assert!(kinds(|outline| matches!(outline, Some(Outline::Rings(_)))) > 20);
        assert_eq!((kinds(|outline| matches!(outline, Some(Outline::Point(_)))), kinds(Option::is_none)), (2, 1));
        let (key, _) = stage.values().into_iter().next().unwrap();
        assert_ne!((found.data_element(&key.0), found.combo(&key.3)), (key.0.as_str(), key.3.as_str()));

        found.keep(&config, report).unwrap();
        assert_eq!(Gazetteer::kept(&config, report).as_ref(), Some(&found));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = std::fs::metadata(Gazetteer::file(&config, report)).unwrap();
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(Gazetteer::file(&config, report), "{").unwrap();
        assert_eq!(Gazetteer::kept(&config, report), None, "what cannot be read is read anew from DHIS2");
    }
}
