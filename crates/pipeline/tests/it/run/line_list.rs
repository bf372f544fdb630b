//! What stays on this machine.

use std::collections::BTreeSet;
use std::path::Path;

use pipeline::report::Verdict;
use sandbox::fault::{Fault, FaultRule, Method};
use sandbox::population::CANARY;

use super::Stage;
use super::stage::VALUES;

fn nothing_kept(config: String) -> String {
    config.replace("keep = \"records\"", "keep = \"nothing\"")
}

fn ids_kept(stage: &Stage) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    stage.line_list().for_each(|person| assert!(ids.insert(person.id.to_string()))).unwrap();
    ids
}

fn live(stage: &Stage) -> BTreeSet<String> {
    stage.cases(|_| true).into_iter().collect()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn the_line_list_is_the_live_cases() {
    let stage = Stage::new("2.42.1");
    stage.run().await;
    assert_eq!(ids_kept(&stage), live(&stage));
    let ids = stage.counted();
    stage.world.godata.edit(|e| e.delete(&ids[0])).unwrap();
    stage.world.godata.edit(|e| e.convert_to_contact(&ids[1])).unwrap();
    stage.run().await;
    let kept = ids_kept(&stage);
    assert_eq!(kept, live(&stage));
    assert!(!kept.contains(&ids[0]) && !kept.contains(&ids[1]));
    assert!(stage.line_list().get(&ids[2]).unwrap().unwrap().risk_level.is_none(), "only what is needed is kept");

    // A definition that needs more: everything is read and kept anew.
    stage.configure(|config| {
        config.replace("outcome = 'DECEASED'\"\nwhen", "outcome = 'DECEASED' AND created_at IS NOT NULL\"\nwhen")
    });
    assert_eq!(stage.run().await.verdict, Verdict::Clean);
    assert_eq!(ids_kept(&stage), live(&stage));
    assert!(stage.line_list().get(&ids[2]).unwrap().unwrap().created_at.is_some());
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn a_plan_brings_the_line_list_up_to_date_as_a_run_does() {
    let stage = Stage::new("2.42.1");
    assert_eq!(stage.plan().await.godata.extraction, "full");
    assert_eq!(ids_kept(&stage), live(&stage));
    let ids = stage.counted();
    stage.world.godata.edit(|e| e.delete(&ids[0])).unwrap();
    let plan = stage.plan().await;
    assert_eq!(plan.godata.extraction, "changes");
    assert_eq!(ids_kept(&stage), live(&stage));
    let run = stage.run().await;
    assert_eq!((plan.plan.hash, plan.push.is_none()), (run.plan.hash, true));
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn a_plan_that_keeps_nothing_leaves_nothing_and_waits_for_nobody() {
    let stage = Stage::with("2.42.1", nothing_kept);
    assert_eq!(stage.plan().await.godata.extraction, "full");
    assert!(!stage.path(".tally/line-list.sqlite").exists());
    stage.world.dhis2_faults.push(FaultRule::on(VALUES, Fault::Hold).method(Method::POST));
    let plan = async {
        stage.world.dhis2_faults.wait_held(1).await;
        let plan = stage.plan().await;
        stage.world.dhis2_faults.release();
        plan
    };
    let (run, plan) = futures::future::join(stage.run(), plan).await;
    assert_eq!((run.verdict, plan.push.is_none()), (Verdict::Clean, true));
}

#[tokio::test]
async fn records_that_are_not_kept_count_the_same() {
    let (keeps, forgets) = (Stage::new("2.42.1"), Stage::with("2.42.1", nothing_kept));
    let (kept, forgotten) = (keeps.run().await, forgets.run().await);
    assert_eq!(kept.plan.hash, forgotten.plan.hash);
    assert_eq!(serde_json::to_value(&kept.account).unwrap(), serde_json::to_value(&forgotten.account).unwrap());
    assert_eq!(serde_json::to_value(&kept.issues).unwrap(), serde_json::to_value(&forgotten.issues).unwrap());
    assert_eq!(keeps.values(), forgets.values());
    assert!(keeps.path(".tally/line-list.sqlite").exists());
    assert!(!forgets.path(".tally/line-list.sqlite").exists());
    forgets.at_rest(&[]).await;
}

#[tokio::test]
async fn no_file_names_a_person_and_none_is_for_others() {
    let stage = Stage::new("2.42.1");
    stage.run().await;
    let folder = stage.path(".tally");
    let found = files(&folder);
    assert!(found.len() >= 2);
    for path in &found {
        let bytes = std::fs::read(path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for word in [CANARY, "canary", "SURNAME"] {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        for path in &found {
            assert_eq!(mode(path), 0o600, "{}", path.display());
        }
    }
    // The canary is real: Go.Data holds it.
    let documents = serde_json::to_string(&stage.world.godata.documents().persons).unwrap();
    assert!(documents.contains(CANARY));
}
