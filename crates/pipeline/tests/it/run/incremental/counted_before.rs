//! What did not change is not counted again, and nobody can tell from what a run says.

use super::super::indicators::with_indicators;
use super::super::stage::{PROBABLE, SUSPECT, text};
use super::super::{BOTH, Stage, around};
use super::{CONTACTS, changes, later, quiet, same, same_as_full, shift, some_contact};
use jiff::SignedDuration;
use pipeline::report::RunReport;
use sandbox::fault::{Fault, FaultRule};
use serde_json::{Value, json};

/// Everything that a run says, but for when and how it was done.
fn said(report: &RunReport) -> Value {
    let mut report = serde_json::to_value(report).unwrap();
    for part in ["run", "started_at", "finished_at", "timings"] {
        report[part].take();
    }
    for part in ["run", "started_at", "tied_out_at", "hash"] {
        report["certificate"][part].take();
    }
    for place in ["/godata", "/certificate/godata"] {
        for part in ["extraction", "n_travelled", "n_changed"] {
            if let Some(godata) = report.pointer_mut(place).and_then(Value::as_object_mut) {
                godata.remove(part);
            }
        }
    }
    report
}

/// A plan and then a run say what they say when everything is read; returns how many records the plan counted anew.
async fn nobody_can_tell(stage: &mut Stage) -> Option<u64> {
    let plan = stage.plan().await;
    assert_eq!(plan.godata.extraction, "changes");
    stage.full = true;
    let full = stage.plan().await;
    assert_eq!((full.godata.extraction.as_str(), full.godata.n_changed), ("full", None));
    stage.full = false;
    assert_eq!(said(&plan), said(&full));
    plan.godata.n_changed
}

#[tokio::test]
async fn a_chain_of_increments_says_what_a_full_run_says() {
    for version in BOTH {
        let mut stage = quiet(version, |config| config + CONTACTS);
        stage.run().await;
        for step in 0..8 {
            later(&stage);
            let ids = stage.counted();
            let contact = some_contact(&stage);
            stage
                .world
                .godata
                .edit(|e| match step {
                    0 => Ok(()),
                    1 => e.reclassify(&ids[0], Some(PROBABLE)),
                    2 => e.move_to(&ids[1], "SN009"),
                    3 => e.edit(&ids[2], shift),
                    4 => e.delete(&ids[3]),
                    5 => e.convert_to_contact(&ids[4]),
                    6 => e.convert_to_case(&contact),
                    _ => e.reclassify(&ids[5], Some(SUSPECT)),
                })
                .unwrap();
            // The plan keeps what it counted as a run does, and then there is nothing more to count.
            assert_eq!(nobody_can_tell(&mut stage).await, Some(u64::from(step > 0)), "step {step}");
            let run = changes(&stage).await;
            assert_eq!(run.godata.n_changed, Some(0), "the plan has counted it");
            same_as_full(&stage, &run).await;
            stage.full = true;
            let full = stage.run().await;
            stage.full = false;
            let indicators = |report: &RunReport| {
                let certificate = report.certificate.as_ref().unwrap();
                (certificate.cells_hash.clone(), certificate.n_cells, certificate.indicators.clone())
            };
            assert_eq!(indicators(&run), indicators(&full));
        }
    }
}

#[tokio::test]
async fn whoever_stands_around_a_person_who_changed_is_counted_anew() {
    let indicators = around::all();
    let mut stage = quiet("2.42.1", with_indicators(&indicators));
    around::elements(&stage);
    stage.run().await;
    later(&stage);
    let counted = stage.counted();
    let person = {
        let documents = stage.world.godata.documents();
        let tested = documents.lab_results.iter().filter(|result| result["deleted"] != true);
        let tested: Vec<&str> = tested.map(|result| text(result, "personId")).collect();
        counted.into_iter().find(|id| tested.contains(&id.as_str())).unwrap()
    };
    stage.world.godata.edit(|e| e.move_to(&person, "SN009")).unwrap();
    let n_changed = nobody_can_tell(&mut stage).await;
    assert!(n_changed.is_some_and(|n| n > 1), "the person and the samples: {n_changed:?}");
}

#[tokio::test]
async fn what_decides_the_numbers_decides_whether_all_are_counted() {
    let mut stage = quiet("2.42.1", same);
    stage.run().await;
    later(&stage);
    assert_eq!(nobody_can_tell(&mut stage).await, Some(0));
    // Another condition.
    let other = |config: String| config.replace("classification = 'CONFIRMED'", "classification <> 'SUSPECT'");
    stage.configure(other);
    assert_eq!(nobody_can_tell(&mut stage).await, None);
    assert_eq!(nobody_can_tell(&mut stage).await, Some(0));
    stage.configure(same);
    assert_eq!(nobody_can_tell(&mut stage).await, None);
    // Another map of places.
    let map = stage.world.population.places_csv();
    let without: String =
        map.lines().filter(|line| !line.starts_with("SN009,")).map(|line| format!("{line}\n")).collect();
    assert!(without.len() < map.len());
    stage.write("places.csv", &without);
    assert_eq!(nobody_can_tell(&mut stage).await, None);
    stage.write("places.csv", &map);
    assert_eq!(nobody_can_tell(&mut stage).await, None);
    // Another day.
    stage.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(nobody_can_tell(&mut stage).await, None);
    assert_eq!(nobody_can_tell(&mut stage).await, Some(0));
}

#[tokio::test]
async fn what_could_not_be_read_comes_and_goes_with_its_record() {
    let mut stage = quiet("2.42.1", same);
    stage.run().await;
    let id = stage.counted()[0].clone();
    let absent = stage.world.godata.documents().find(&id).unwrap()["gender"].clone();
    for gender in [json!(7), Value::Null, json!({}), absent] {
        later(&stage);
        let change = |case: &mut sandbox::godata::Document| drop(case.insert("gender".into(), gender.clone()));
        stage.world.godata.edit(|e| e.edit(&id, change)).unwrap();
        assert_eq!(nobody_can_tell(&mut stage).await, Some(1), "{gender}");
    }
}

#[tokio::test]
async fn reports_count_what_changed_since_their_own_last_count() {
    let second = "\n[[report]]\nname = \"contacts\"\ndata_set = \"uKtOZwDnIpM\"\nperiod = \"Weekly\"\nlook_back = 8\n";
    let stage = quiet("2.42.1", |config| config + second + CONTACTS.trim_start());
    let run = async |report| {
        let report = stage.attempt(Some(report)).await.unwrap_or_else(|e| panic!("{e}: {:?}", e.problems));
        (report.godata.extraction.clone(), report.godata.n_changed)
    };
    assert_eq!(run("weekly").await, ("full".to_owned(), None));
    assert_eq!(run("contacts").await, ("changes".to_owned(), None));
    for n in 1..4 {
        later(&stage);
        let id = stage.counted()[0].clone();
        stage.world.godata.edit(|e| e.convert_to_contact(&id)).unwrap();
        assert_eq!(run("weekly").await, ("changes".to_owned(), Some(1)), "{n}");
    }
    // Three extractions later.
    assert_eq!(run("contacts").await, ("changes".to_owned(), Some(3)));
    assert_eq!(run("weekly").await, ("changes".to_owned(), Some(0)));
}

#[tokio::test]
async fn an_interrupted_extraction_leaves_the_base_where_it_was() {
    let mut stage = quiet("2.42.1", |config| config + CONTACTS);
    stage.run().await;
    later(&stage);
    let id = stage.counted()[0].clone();
    stage.world.godata.edit(|e| e.reclassify(&id, Some(PROBABLE))).unwrap();
    // The case is in the list already when the contacts fail.
    let rule = FaultRule::on("*/contacts", Fault::Reject { status: 500, body: "{}".into() });
    stage.world.godata.faults().push(rule.forever());
    stage.failure().await;
    stage.world.godata.faults().clear();
    let other = stage.counted()[1].clone();
    stage.world.godata.edit(|e| e.delete(&other)).unwrap();
    assert_eq!(nobody_can_tell(&mut stage).await, Some(2));
}
