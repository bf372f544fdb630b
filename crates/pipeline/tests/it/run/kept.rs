//! What the history keeps of a run, and what of it expires.

use jiff::SignedDuration;
use pipeline::kept;
use pipeline::store::RunId;

use super::Stage;

#[tokio::test]
async fn a_run_is_kept_as_it_was_shown_and_its_record_ids_expire_apart() {
    let stage = Stage::new("2.42.1");
    stage.run().await;
    let gone = stage.counted().remove(0);
    stage.world.godata.edit(|e| e.delete(&gone)).unwrap();
    let shown = serde_json::to_value(stage.run().await).unwrap();
    let as_kept = || serde_json::to_value(kept::report(&stage.state(), RunId(2)).unwrap().unwrap()).unwrap();
    assert_eq!(as_kept(), shown);
    assert!(shown.to_string().contains(&gone));
    // Beside the numbers there is no id.
    let steps = stage.state().steps(RunId(2)).unwrap();
    let step = steps.iter().find(|step| step.name == kept::REPORT_STEP).unwrap();
    let ids = stage.cases(|_| true);
    let text = step.figures.to_string();
    assert!(ids.iter().all(|id| !text.contains(id.as_str())));

    stage.clock.advance(SignedDuration::from_hours(91 * 24));
    let _ = stage.try_run().await;
    assert_eq!(as_kept(), shown, "they stay as long as the line list remembers");
    stage.clock.advance(SignedDuration::from_hours(2 * 24));
    let _ = stage.try_run().await;
    let bare = as_kept();
    assert!(!bare.to_string().contains(&gone));
    let cause = |report: &serde_json::Value| report["plan"]["changes"][0]["cause"]["n_left"].clone();
    assert_eq!(cause(&bare), cause(&shown), "the numbers stay");
}
