//! `tally state` and `tally reset`: looking after the folder, and letting go of it.

use crate::site::{Site, shape, snapshot};
use pipeline::store::{Acquired, State};
use sandbox::fault::{Fault, FaultRule, Method};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Takes the lease as a process of another machine would, and never gives it back.
fn elsewhere(site: &Site) {
    let mut state = State::open(&site.path(".tally/state.sqlite")).unwrap();
    let holder = "process 7 on elsewhere boot b namespace 1 started 1";
    let taken = state.acquire_lease("run", holder, jiff::Timestamp::now(), Duration::from_secs(1000)).unwrap();
    assert!(matches!(taken, Acquired::Granted(_)), "{taken:?}");
}

#[test]
fn show_tells_what_is_in_the_folder() {
    let site = Site::weekly();
    snapshot("state_show_before_any_run", &site.tally(&["state", "show"]).with_code(10).to_string());
    assert!(!site.path(".tally").exists(), "looking makes nothing");
    site.run().with_code(0);
    snapshot("state_show", &site.tally(&["state", "show"]).with_code(0).to_string());
    let n_cases = site.world.godata.documents().cases().filter(|case| case["deleted"] == false).count();
    let json = site.tally(&["state", "show", "--output", "json"]).with_code(0).json();
    assert_eq!(json["reports"][0]["n_values"].as_u64().unwrap() as usize, site.values().len());
    assert_eq!(json["line_list"]["n_records"].as_u64().unwrap() as usize, n_cases);
    assert_eq!(json["lease"], serde_json::Value::Null);
    snapshot("state_show_json", &format!("{:#}", shape(&json)));
    elsewhere(&site);
    let json = site.tally(&["state", "show", "--output", "json"]).with_code(0).json();
    assert_eq!(json["lease"]["holder"], "process 7 on elsewhere");
    assert_eq!(json["lease"]["process"], "unknown");
}

#[test]
fn a_backup_is_a_whole_state_and_replaces_nothing() {
    let site = Site::weekly();
    site.tally(&["state", "backup", "copy.sqlite"]).with_code(10);
    site.run().with_code(0);
    snapshot("state_backup", &site.tally(&["state", "backup", "copy.sqlite"]).with_code(0).to_string());
    snapshot("state_backup_exists", &site.tally(&["state", "backup", "copy.sqlite"]).with_code(10).to_string());
    assert_eq!(mode(&site.path("copy.sqlite")), 0o600);
    assert!(!site.path("copy.line-list.sqlite").exists());
    let both = site.tally(&["state", "backup", "both.sqlite", "--with-line-list"]).with_code(0);
    assert!(both.out.contains("data of persons"), "{both}");
    assert_eq!(mode(&site.path("both.line-list.sqlite")), 0o600);
    // A folder that is lost and restored goes on where it was.
    fs::remove_dir_all(site.path(".tally")).unwrap();
    fs::create_dir(site.path(".tally")).unwrap();
    fs::rename(site.path("both.sqlite"), site.path(".tally/state.sqlite")).unwrap();
    fs::rename(site.path("both.line-list.sqlite"), site.path(".tally/line-list.sqlite")).unwrap();
    let n_writes = site.n_writes();
    site.run().with_code(0);
    assert_eq!((site.n_writes(), site.values()), (n_writes, site.truth()));
    let history = site.tally(&["history", "--output", "json"]).with_code(0).json();
    assert_eq!(history.as_array().unwrap().len(), 2, "the first run is in the history");
}

#[test]
fn check_finds_what_is_not_as_it_should_be() {
    let site = Site::weekly();
    site.run().with_code(0);
    snapshot("state_check", &site.tally(&["state", "check"]).with_code(0).to_string());
    fs::set_permissions(site.path(".tally"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(site.path(".tally/line-list.sqlite"), fs::Permissions::from_mode(0o644)).unwrap();
    elsewhere(&site);
    snapshot("state_check_open_to_others", &site.tally(&["state", "check"]).with_code(40).to_string());
    fs::set_permissions(site.path(".tally"), fs::Permissions::from_mode(0o700)).unwrap();
    let mut bytes = fs::read(site.path(".tally/line-list.sqlite")).unwrap();
    bytes[100..].fill(0xa5);
    fs::write(site.path(".tally/line-list.sqlite"), bytes).unwrap();
    let damaged = site.tally(&["state", "check"]).with_code(10);
    assert!(damaged.out.contains("error") && damaged.out.contains("line-list.sqlite"), "{damaged}");
}

#[test]
fn unlock_takes_the_lease_from_nobody_who_may_live() {
    let site = Site::weekly();
    site.run().with_code(0);
    snapshot("state_unlock_free", &site.tally(&["state", "unlock"]).with_code(0).to_string());
    elsewhere(&site);
    let refused = site.run().with_code(75);
    assert!(refused.err.contains("process 7 on elsewhere") && refused.err.contains("tally state unlock"), "{refused}");
    snapshot("state_unlock_elsewhere", &site.tally(&["state", "unlock"]).with_code(75).to_string());
    site.run().with_code(75);
    snapshot("state_unlock_forced", &site.tally(&["state", "unlock", "--force"]).with_code(0).to_string());
    site.run().with_code(0);
    let audit = State::open_read_only(&site.path(".tally/state.sqlite")).unwrap().audit(1).unwrap();
    assert_eq!((audit[0].action.as_str(), audit[0].actor.as_str()), ("unlock", "command line"));
}

#[test]
fn unlock_refuses_a_run_that_is_under_way() {
    let site = Site::weekly();
    site.world.godata.faults().push(FaultRule::on("*/cases", Fault::Hold));
    std::thread::scope(|scope| {
        let run = scope.spawn(|| site.run());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(site.world.godata.faults().wait_held(1));
        snapshot("state_unlock_running", &site.tally(&["state", "unlock"]).with_code(75).to_string());
        // Everything that only looks works beside it.
        site.tally(&["state", "show"]).with_code(0);
        let check = site.tally(&["state", "check"]).with_code(0);
        assert!(check.out.contains("under way"), "{check}");
        site.tally(&["state", "backup", "copy.sqlite"]).with_code(0);
        site.tally(&["history"]).with_code(0);
        // A plan brings the line list up to date, which the run is doing.
        site.tally(&["plan", "--from", "2020W6", "--to", "2020W17"]).with_code(75);
        site.tally(&["reset", "weekly", "--yes"]).with_code(75);
        site.world.godata.faults().release();
        run.join().unwrap().with_code(0);
    });
    assert_eq!(site.values(), site.truth());
}

#[test]
fn reset_forgets_and_changes_nothing_in_dhis2() {
    let site = Site::weekly();
    site.run().with_code(0);
    let (values, n_writes) = (site.values(), site.n_writes());
    snapshot("reset_asks", &site.tally(&["reset", "weekly"]).with_code(10).to_string());
    snapshot("reset_unknown", &site.tally(&["reset", "weakly", "--yes"]).with_code(10).to_string());
    snapshot("reset", &site.tally(&["reset", "weekly", "--yes", "--line-list"]).with_code(0).to_string());
    assert_eq!((site.values(), site.n_writes()), (values.clone(), n_writes));
    assert!(!site.path(".tally/line-list.sqlite").exists());
    let state = State::open_read_only(&site.path(".tally/state.sqlite")).unwrap();
    let runs = state.runs(None, 10).unwrap();
    assert_eq!(runs.len(), 1, "the run stays");
    assert!(state.issues(runs[0].id, None).unwrap().is_empty(), "no record id stays");
    // What differs from now on is somebody else's: held, not overwritten.
    let (key, value) = site.truth().into_iter().next().unwrap();
    site.world.dhis2.set_value(&key, Some("77"));
    let held = site.run().with_code(40);
    assert!(held.out.contains("existing"), "{held}");
    assert_eq!(site.values()[&key], "77");
    site.world.dhis2.set_value(&key, Some(&value));
    site.run().with_code(0);
    assert_eq!(site.values(), values);
}

#[test]
fn reset_waits_for_what_is_not_settled() {
    let mut site = Site::weekly();
    // The answer is lost, and so is the reading of what arrived.
    site.world.dhis2_faults.push(FaultRule::on("*/dataValueSets", Fault::ResetAfterWrite).method(Method::POST));
    let away = Fault::Reject { status: 500, body: "{}".to_owned() };
    site.world.dhis2_faults.push(FaultRule::on("*/dataValueSets*", away).method(Method::GET).skip(1).forever());
    let ended = site.run();
    assert_ne!(ended.code, Some(0), "{ended}");
    site.restore();
    snapshot("reset_unsettled", &site.tally(&["reset", "weekly", "--yes"]).with_code(40).to_string());
    site.run().with_code(0);
    site.tally(&["reset", "weekly", "--yes"]).with_code(0);
    assert_eq!(site.values(), site.truth());
}
