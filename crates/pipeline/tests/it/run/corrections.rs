//! Cases that change after they were reported: the next run corrects exactly the cells concerned.

use pipeline::report::Verdict;
use sandbox::dhis2::ValueKey;
use serde_json::json;

use super::stage::{CONFIRMED, CONFIRMED_CASES, PROBABLE, SUSPECT, changes, naive_changes, text};
use super::{BOTH, Stage};

/// Runs, lets a person work in Go.Data, and runs again: the plan is the naive difference of the truths.
async fn corrects(stage: &Stage, what: &str, work: impl FnOnce(&Stage)) {
    let before = stage.truth();
    work(stage);
    let after = stage.truth();
    let expected = naive_changes(&before, &after);
    assert!(!expected.is_empty(), "{what} changes something");
    let planned = stage.plan().await;
    assert_eq!(changes(&planned), expected, "{what}, planned");
    let report = stage.run().await;
    assert_eq!(changes(&report), expected, "{what}");
    assert_eq!(report.push.unwrap().written, expected.len() as u64, "{what}");
    assert_eq!(report.verdict, Verdict::Clean, "{what}");
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn every_kind_of_correction_changes_exactly_its_cells() {
    for version in BOTH {
        let stage = Stage::new(version);
        let first = stage.run().await;
        assert_eq!(first.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
        let counted = stage.counted();
        let edit = |stage: &Stage, id: &str, field: &'static str, value: serde_json::Value| {
            stage.world.godata.edit(|e| e.edit(id, |case| drop(case.insert(field.into(), value)))).unwrap();
        };

        corrects(&stage, "reclassified", |s| {
            s.world.godata.edit(|e| e.reclassify(&counted[0], Some(PROBABLE))).unwrap();
        })
        .await;
        corrects(&stage, "no longer a case", |s| {
            s.world.godata.edit(|e| e.reclassify(&counted[0], Some(SUSPECT))).unwrap();
        })
        .await;
        corrects(&stage, "confirmed again", |s| {
            s.world.godata.edit(|e| e.reclassify(&counted[0], Some(CONFIRMED))).unwrap();
        })
        .await;
        corrects(&stage, "moved", |s| {
            let home = text(s.world.godata.documents().find(&counted[1]).unwrap(), "usualPlaceOfResidenceLocationId")
                .to_owned();
            let other = if home == "SN012" { "SN017" } else { "SN012" };
            s.world.godata.edit(|e| e.move_to(&counted[1], other)).unwrap();
        })
        .await;
        corrects(&stage, "moved abroad", |s| {
            s.world.godata.edit(|e| e.move_to(&counted[1], "SN900")).unwrap();
        })
        .await;
        corrects(&stage, "another week", |s| {
            let documents = s.world.godata.documents();
            let first_week = text(documents.find(&counted[2]).unwrap(), "dateOfOnset") < "2020-02-10";
            drop(documents);
            let other = if first_week { "2020-03-18T00:00:00.000Z" } else { "2020-02-05T00:00:00.000Z" };
            edit(s, &counted[2], "dateOfOnset", json!(other));
        })
        .await;
        corrects(&stage, "out of the weeks", |s| {
            edit(s, &counted[2], "dateOfOnset", json!("2019-12-31T00:00:00.000Z"));
        })
        .await;
        corrects(&stage, "deleted", |s| s.world.godata.edit(|e| e.delete(&counted[3])).unwrap()).await;
        corrects(&stage, "restored", |s| s.world.godata.edit(|e| e.restore(&counted[3])).unwrap()).await;
        corrects(&stage, "deleted in bulk", |s| s.world.godata.edit(|e| e.bulk_delete(&counted[4])).unwrap()).await;
        corrects(&stage, "no case after all", |s| s.world.godata.edit(|e| e.convert_to_contact(&counted[5])).unwrap())
            .await;
        corrects(&stage, "a case again", |s| s.world.godata.edit(|e| e.convert_to_case(&counted[5])).unwrap()).await;
        corrects(&stage, "age and sex", |s| {
            edit(s, &counted[6], "age", json!({ "years": 81, "months": 0 }));
            edit(s, &counted[7], "gender", json!(null));
        })
        .await;
        corrects(&stage, "many at once", |s| {
            for (index, id) in counted[8..40].iter().enumerate() {
                match index % 3 {
                    0 => s.world.godata.edit(|e| e.delete(id)).unwrap(),
                    1 => s.world.godata.edit(|e| e.reclassify(id, Some(PROBABLE))).unwrap(),
                    _ => s.world.godata.edit(|e| e.move_to(id, "SN008")).unwrap(),
                }
            }
        })
        .await;
    }
}

/// Deletes cases until a cell has none; its key and the deleted cases.
fn empty_a_cell(stage: &Stage) -> (ValueKey, Vec<String>) {
    let mut deleted = Vec::new();
    for id in stage.counted() {
        let before = stage.truth();
        stage.world.godata.edit(|e| e.delete(&id)).unwrap();
        deleted.push(id);
        let after = stage.truth();
        let gone = before.keys().find(|key| key.0 == CONFIRMED_CASES && !after.contains_key(*key));
        if let Some(gone) = gone {
            return (gone.clone(), deleted);
        }
    }
    panic!("no cell with one case");
}

fn restore(stage: &Stage, ids: &[String]) {
    for id in ids {
        stage.world.godata.edit(|e| e.restore(id)).unwrap();
    }
}

#[tokio::test]
async fn a_cell_without_a_case_is_deleted() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        let (gone, ids) = empty_a_cell(&stage);
        let report = stage.run().await;
        assert_eq!(changes(&report)[&gone].0, "retract");
        assert!(!stage.values().contains_key(&gone) && stage.world.dhis2.deleted().contains(&gone));
        stage.at_rest(&[]).await;
        // It may come back, and go again.
        restore(&stage, &ids);
        assert_eq!(changes(&stage.run().await)[&gone].0, "create");
        stage.at_rest(&[]).await;
        for id in &ids {
            stage.world.godata.edit(|e| e.delete(id)).unwrap();
        }
        assert_eq!(changes(&stage.run().await)[&gone].0, "retract");
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn where_zeros_are_significant_a_cell_without_a_case_becomes_zero() {
    for version in BOTH {
        let mut stage = Stage::new(version);
        stage.zeros = true;
        stage.world.dhis2.edit(|m| m.data_element_mut(CONFIRMED_CASES).zero_is_significant = true);
        stage.run().await;
        let (gone, ids) = empty_a_cell(&stage);
        let report = stage.run().await;
        assert_eq!(changes(&report)[&gone].0, "retract to zero");
        assert_eq!(stage.values().get(&gone).map(String::as_str), Some("0"));
        stage.at_rest(&[]).await;
        restore(&stage, &ids);
        assert_eq!(changes(&stage.run().await)[&gone].0, "update");
        stage.at_rest(&[]).await;
    }
}
