//! A plan as a document: what it tells of causes, when it is refused, and that it is carried out as it was made.

use std::collections::{BTreeMap, BTreeSet};

use pipeline::ErrorKind;
use pipeline::plan_document::PlanDocument;
use pipeline::report::{PlannedChange, Verdict};
use sandbox::dhis2::ValueKey;
use serde_json::json;

use super::stage::{CONFIRMED_CASES, DATA_SET, PROBABLE, changes, key_of, text};
use super::{BOTH, Stage};

/// Movement and words for each record behind the changes of confirmed cases.
fn causes(document: &PlanDocument) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut found: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for change in document.changes.iter().filter(|change| change.data_element == CONFIRMED_CASES) {
        for record in &change.cause.as_ref().unwrap().records {
            found.entry(record.record.clone()).or_default().insert((record.movement.clone(), record.why.clone()));
        }
    }
    found
}

fn told(movement_and_why: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    movement_and_why.iter().map(|(movement, why)| ((*movement).to_owned(), (*why).to_owned())).collect()
}

/// A value that is a count changes by the records that entered and left.
fn check_sum(change: &PlannedChange) {
    let number = |value: &Option<String>| value.as_deref().unwrap_or("0").parse::<i64>().unwrap();
    let cause = change.cause.as_ref().unwrap();
    let by_records = cause.n_entered as i64 - cause.n_left as i64;
    assert_eq!(number(&change.new) - number(&change.written), by_records, "{change:?}");
    assert_eq!(cause.records.len() as u64, cause.n_entered + cause.n_left + cause.n_revised);
    assert!(cause.reasons.is_empty(), "{cause:?}");
}

#[tokio::test]
async fn every_change_names_the_records_and_what_happened_to_them() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let counted = stage.counted();
        let edit = |work: &mut dyn FnMut(&mut sandbox::godata::Editor<'_>)| stage.world.godata.edit(|e| work(e));
        edit(&mut |e| {
            e.reclassify(&counted[0], Some(PROBABLE)).unwrap();
            e.delete(&counted[1]).unwrap();
            e.convert_to_contact(&counted[2]).unwrap();
        });
        let field = |id: &str, field: &str| {
            let documents = stage.world.godata.documents();
            text(documents.find(id).unwrap(), field).to_owned()
        };
        let in_week_6 = *field(&counted[3], "dateOfOnset") < *"2020-02-10";
        let other_day = if in_week_6 { "2020-03-18T00:00:00.000Z" } else { "2020-02-05T00:00:00.000Z" };
        let home = field(&counted[4], "usualPlaceOfResidenceLocationId");
        edit(&mut |e| {
            e.edit(&counted[3], |case| drop(case.insert("dateOfOnset".into(), json!(other_day)))).unwrap();
            e.move_to(&counted[4], if home == "SN012" { "SN017" } else { "SN012" }).unwrap();
        });
        let document = stage.document().await;
        let found = causes(&document);
        assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), counted[..5].iter().cloned().collect());
        assert_eq!(found[&counted[0]], told(&[("left", "reclassified")]));
        assert_eq!(found[&counted[1]], told(&[("left", "deleted, merged or converted")]));
        assert_eq!(found[&counted[2]], told(&[("left", "deleted, merged or converted")]));
        let date = "another date (date_of_onset)";
        assert_eq!(found[&counted[3]], told(&[("entered", date), ("left", date)]));
        let place = "moved to another place (residence)";
        assert_eq!(found[&counted[4]], told(&[("entered", place), ("left", place)]));
        document.changes.iter().filter(|change| change.written.is_some()).for_each(check_sum);

        let report = stage.apply(&document).await.unwrap();
        assert_eq!(report.verdict, Verdict::Clean);
        assert_eq!(report.push.unwrap().written, document.changes.len() as u64);
        stage.at_rest(&[]).await;

        // What comes back is new; what an applied plan wrote is known as well.
        edit(&mut |e| {
            e.restore(&counted[1]).unwrap();
            e.reclassify(&counted[5], Some(PROBABLE)).unwrap();
        });
        let document = stage.document().await;
        let found = causes(&document);
        assert_eq!(found.len(), 2);
        assert_eq!(found[&counted[5]], told(&[("left", "reclassified")]));
        assert_eq!(found[&counted[1]], told(&[("entered", "new, or restored")]));
        document.changes.iter().filter(|change| change.written.is_some()).for_each(check_sum);
    }
}

#[tokio::test]
async fn a_cause_reaches_back_to_the_run_that_wrote_the_value() {
    let stage = Stage::new("2.42.1");
    stage.run().await;
    let early = stage.counted().into_iter().filter(|id| {
        let documents = stage.world.godata.documents();
        text(documents.find(id).unwrap(), "dateOfOnset") < "2020-03-01"
    });
    let early: Vec<String> = early.take(2).collect();
    // The weeks are locked when the cases are deleted, and runs go on beside it.
    stage.world.dhis2.edit(|m| m.data_set_mut(DATA_SET).expiry_days = 20);
    for id in &early {
        stage.world.godata.edit(|e| e.delete(id)).unwrap();
        assert_eq!(stage.run().await.verdict, Verdict::Held);
    }
    stage.world.dhis2.edit(|m| m.data_set_mut(DATA_SET).expiry_days = 0);
    let found = causes(&stage.document().await);
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), early.iter().cloned().collect());
}

#[tokio::test]
async fn what_is_no_matter_of_records_is_said_in_words() {
    let stage = Stage::new("2.42.1");
    let reasons = |document: &PlanDocument| -> BTreeSet<String> {
        document.changes.iter().flat_map(|change| change.cause.as_ref().unwrap().reasons.clone()).collect()
    };
    let document = stage.document().await;
    assert!(reasons(&document).iter().all(|reason| reason.starts_with("first value, ")));
    stage.run().await;

    stage.configure(|config| config.replacen("classification = 'CONFIRMED'", "classification = 'PROBABLE'", 1));
    let found = reasons(&stage.document().await);
    assert!(found.contains("the configuration or the map of places changed since run 1"), "{found:?}");

    stage.configure(|config| config);
    let (key, _) = stage.some_value(|key, _| key.0 == CONFIRMED_CASES);
    stage.world.dhis2.set_value(&key, Some("777"));
    let document = stage.document().await;
    assert_eq!(reasons(&document), ["somebody changed what Tally wrote".to_owned()].into());
    let [drifted] = document.changes.as_slice() else { panic!("one value drifted") };
    assert_eq!((drifted.action.as_str(), drifted.changed_by.as_deref()), ("drifted", Some("somebody_else")));
    assert!(drifted.changed_at.as_ref().is_some_and(|at| at.starts_with("2020-03-31T10:00")), "{drifted:?}");
}

/// A plan of one change, and the key that it changes.
async fn small_plan(stage: &Stage) -> (PlanDocument, ValueKey) {
    stage.run().await;
    let gone = stage.counted().remove(0);
    stage.world.godata.edit(|e| e.delete(&gone)).unwrap();
    let document = stage.document().await;
    let key = key_of(&document.changes[0]);
    (document, key)
}

#[tokio::test]
async fn a_plan_is_refused_when_dhis2_moved() {
    for version in BOTH {
        let stage = Stage::new(version);
        let (document, key) = small_plan(&stage).await;
        let before = stage.values();
        for theirs in [Some("777"), None] {
            stage.world.dhis2.set_value(&key, theirs);
            let error = stage.apply(&document).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Held);
            assert!(error.message.contains(&key.0) && error.message.contains("moved since"), "{error}");
            assert!(error.advice.is_some());
        }
        stage.world.dhis2.set_value(&key, before.get(&key).map(String::as_str));
        assert_eq!(stage.apply(&document).await.unwrap().verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
        // It is carried out once.
        let error = stage.apply(&document).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Held);
    }
}

#[tokio::test]
async fn a_plan_is_refused_when_the_definitions_moved_or_somebody_wrote_in_it() {
    let stage = Stage::new("2.42.1");
    let (document, _) = small_plan(&stage).await;
    let before = stage.values();
    let config = std::fs::read_to_string(stage.path("tally.toml")).unwrap();
    stage.write("tally.toml", &config.replace("'CONFIRMED'", "'PROBABLE'"));
    let error = stage.apply(&document).await.unwrap_err();
    assert_eq!((error.kind, error.message.contains("changed since the plan was made")), (ErrorKind::Config, true));
    stage.write("tally.toml", &config);
    let places = std::fs::read_to_string(stage.path("places.csv")).unwrap();
    stage.write("places.csv", &places.lines().take(10).collect::<Vec<_>>().join("\n"));
    let error = stage.apply(&document).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    stage.write("places.csv", &places);

    let text = std::fs::read_to_string(stage.path("plan.json")).unwrap();
    let value = format!("\"old\":\"{}\"", document.changes[0].old.as_ref().unwrap());
    assert!(text.contains(&value));
    for (what, spoiled) in [
        ("was changed after Tally wrote it", text.replacen(&value, "\"old\":\"77\"", 1)),
        ("has the form `tally plan 0`", text.replacen("tally plan 1", "tally plan 0", 1)),
        ("is not a plan", text[..text.len() / 2].to_owned()),
        ("is not a plan", "{}".to_owned()),
    ] {
        stage.write("spoiled.json", &spoiled);
        let error = PlanDocument::read(&stage.path("spoiled.json")).unwrap_err();
        assert_eq!((error.kind, error.message.contains(what)), (ErrorKind::Config, true), "{error}");
    }
    let error = PlanDocument::read(&stage.path("absent.json")).unwrap_err();
    assert!(error.message.contains("cannot be read"), "{error}");
    assert_eq!(stage.values(), before, "nothing was pushed");
    assert_eq!(stage.apply(&document).await.unwrap().verdict, Verdict::Clean);
}

#[tokio::test]
async fn what_dhis2_shuts_after_the_plan_is_held_and_the_rest_is_carried_out() {
    for version in BOTH {
        let stage = Stage::new(version);
        let document = stage.document().await;
        stage.world.dhis2.edit(|m| m.data_set_mut(DATA_SET).expiry_days = 20);
        let report = stage.apply(&document).await.unwrap();
        assert_eq!(report.verdict, Verdict::Held);
        assert!(report.push.unwrap().written > 0);
        stage.at_rest(&[]).await;
        stage.world.dhis2.edit(|m| m.data_set_mut(DATA_SET).expiry_days = 0);
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn losses_beyond_the_limit_wait_for_a_person() {
    for version in BOTH {
        let stage =
            Stage::with(version, |config| config.replace("losses_max_percent = 100", "losses_max_percent = 10"));
        stage.run().await;
        let before = stage.values();
        // An account that from one day on sees a part of the outbreak: lists and counts shrink together.
        for id in stage.counted().iter().take(60) {
            stage.world.godata.edit(|e| e.delete(id)).unwrap();
        }
        let report = stage.run().await;
        assert_eq!((report.verdict, report.push.as_ref().unwrap().requests), (Verdict::Held, 0));
        assert!(report.plan.held[0].reason.contains("losses_max_percent = 10"), "{:?}", report.plan.held);
        assert_eq!(stage.values(), before);
        stage.check_ledger_of_what_stands();
        // Also tomorrow. A person looks at the plan and lets it go.
        assert_eq!(stage.run().await.verdict, Verdict::Held);
        let report = stage.release().await;
        assert_eq!(report.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
        // What comes back is no loss.
        for id in stage.cases(|case| case["deleted"] == true) {
            stage.world.godata.edit(|e| e.restore(&id)).unwrap();
        }
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
    }
}

#[tokio::test]
async fn a_few_losses_go_through_however_small_the_outbreak() {
    let stage = Stage::with("2.42.1", |config| config.replace("losses_max_percent = 100", "losses_max_percent = 0"));
    stage.run().await;
    for id in stage.counted().iter().take(3) {
        stage.world.godata.edit(|e| e.delete(id)).unwrap();
    }
    assert_eq!(stage.run().await.verdict, Verdict::Clean);
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn released_slices_are_left_to_the_judgement_of_dhis2() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.world.dhis2.edit(|m| m.data_set_mut(DATA_SET).expiry_days = 20);
        let held = stage.run().await;
        let n_held: u64 = held.plan.held.iter().map(|slice| slice.n_values).sum();
        assert!(n_held > 0);
        // DHIS2 says no in its own words, and they wait on.
        let report = stage.release().await;
        assert_eq!((report.verdict, report.push.as_ref().unwrap().held.len() as u64), (Verdict::Held, n_held));
        let words = &report.push.unwrap().held[0].reason;
        assert!(words.contains("expiry") || words.contains("Untimely"), "{words}");
        stage.check_ledger_of_what_stands();
        // A lock exception that the metadata which Tally reads do not show.
        stage.world.dhis2.edit(|m| m.users[0].authorities.insert("F_EDIT_EXPIRED".into()));
        let report = stage.release().await;
        assert_eq!((report.verdict, report.push.unwrap().written), (Verdict::Clean, n_held));
        assert_eq!(changes(&stage.run().await).len(), 0);
    }
}
