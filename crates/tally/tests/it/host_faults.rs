//! What the machine does to Tally: a full disk, a folder that cannot be written, a clock that jumps, a process that sleeps
//! while another one does its work.

use crate::site::{Ended, Site, WEEKS, command_in, snapshot};
use crate::stopped::{How, Waiting, stop};
use pipeline::store::State;
use std::fs;
use std::process::Command;

const RUN: [&str; 5] = ["run", WEEKS[0], WEEKS[1], WEEKS[2], WEEKS[3]];
const CONFIRMED: &str = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_CONFIRMED";

fn site() -> Site {
    let mut site = Site::weekly();
    site.configure("[godata]", "[godata]\npage_records = 60");
    site.configure("username = \"tally\"", "username = \"tally\"\nbatch_values = 60");
    site.settle();
    site.restore();
    site
}

/// Deletes some confirmed cases, so that values go down and away.
fn correct(site: &Site, n: usize) -> Vec<String> {
    let documents = site.world.godata.documents();
    let confirmed = documents.cases().filter(|case| case["deleted"] == false && case["classification"] == CONFIRMED);
    let ids: Vec<String> = confirmed.take(n).map(|case| case["id"].as_str().unwrap().to_owned()).collect();
    drop(documents);
    site.world.godata.edit(|edit| ids.iter().for_each(|id| edit.delete(id).unwrap()));
    ids
}

/// DHIS2 holds the truth after one more run, and another one pushes nothing.
#[track_caller]
fn comes_to_rest(site: &Site) {
    let run = site.run().with_code(0);
    assert_eq!(site.values(), site.truth(), "{run}");
    let n_writes = site.n_writes();
    site.run().with_code(0);
    assert_eq!(site.n_writes(), n_writes);
    site.tally(&["state", "check"]).with_code(0);
}

#[track_caller]
fn disk_full(name: &str, at: &str, check: impl FnOnce(&Site)) {
    let mut site = site();
    site.environment.insert("TALLY_DISK_FULL".to_owned(), at.to_owned());
    let ended = site.run();
    snapshot(name, &ended.to_string());
    assert_eq!(ended.code, Some(10), "{ended}");
    check(&site);
    site.restore();
    comes_to_rest(&site);
}

#[test]
fn the_disk_is_full_during_the_extraction() {
    disk_full("disk_full_at_extraction", "line-list/page:3", |site| {
        assert!(site.values().is_empty());
    });
}

#[test]
fn the_disk_is_full_at_an_intent() {
    disk_full("disk_full_at_intent", "state/intent:2", |site| {
        assert_eq!(site.values().len(), 60, "only what had an intent was sent");
    });
}

#[test]
fn the_disk_is_full_at_a_receipt() {
    disk_full("disk_full_at_receipt", "state/receipt:2", |site| {
        assert_eq!(site.values().len(), 180, "a receipt is written while the next request is on its way");
        let state = State::open_read_only(&site.path(".tally/state.sqlite")).unwrap();
        assert_eq!(state.open_intents().unwrap().len(), 2, "what has no receipt is settled by the next run");
    });
}

#[test]
fn the_disk_is_full_before_anything() {
    disk_full("disk_full_at_once", "state/lease-taken", |site| assert_eq!(site.n_writes(), 0));
}

/// The system refuses a file to grow: a real limit, which SQLite takes for a broken disk.
#[test]
fn a_file_may_not_grow() {
    let site = site();
    for kibibytes in [100, 300] {
        let limited = "trap '' XFSZ; ulimit -f $0; exec \"$@\"";
        // `ulimit -f` counts blocks of 512 bytes, or in some shells of 1024.
        let blocks = (kibibytes * 2).to_string();
        let mut command = Command::new("sh");
        command.args(["-c", limited, &blocks, env!("CARGO_BIN_EXE_tally")]).args(RUN);
        command.current_dir(site.folder()).env_clear().envs(&site.environment);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(10), "{said}");
        assert!(said.contains("error: ") && said.contains(".sqlite") && said.contains("hint: "), "{said}");
    }
    assert!(site.values().is_empty());
    comes_to_rest(&site);
}

/// The owner of the folder may read it and not write it. Root may write everything, so the test becomes somebody else then.
#[test]
fn the_folder_cannot_be_written() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let mut site = site();
    site.run().with_code(0);
    correct(&site, 4);
    let (values, n_writes) = (site.values(), site.n_writes());
    let state = site.path(".tally");
    let set = |mode: u32, files: u32| {
        for entry in fs::read_dir(&state).unwrap() {
            fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(files)).unwrap();
        }
        fs::set_permissions(&state, fs::Permissions::from_mode(mode)).unwrap();
    };
    let is_root = fs::metadata(site.folder()).unwrap().uid() == 0;
    // Nobody's group is root's no more, so others get the owner's rights.
    set(if is_root { 0o555 } else { 0o500 }, if is_root { 0o444 } else { 0o400 });
    let ended = if is_root { as_nobody(&site) } else { site.run() };
    set(0o700, 0o600);
    assert_eq!(ended.code, Some(10), "{ended}");
    assert!(ended.err.contains("state.sqlite") && ended.err.contains("right to read and write"), "{ended}");
    assert_eq!((site.values(), site.n_writes()), (values, n_writes));
    site.restore();
    comes_to_rest(&site);
}

fn as_nobody(site: &Site) -> Ended {
    use std::os::unix::fs::PermissionsExt;
    let program = site.path("tally-of-nobody");
    fs::copy(env!("CARGO_BIN_EXE_tally"), &program).unwrap();
    fs::set_permissions(site.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program).args(RUN);
    let output = command.current_dir(site.folder()).env_clear().envs(&site.environment).output();
    let output = output.expect("root has setpriv, of util-linux");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    fs::remove_file(&program).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Sets the clock of the processes to come, and of those that run.
fn clock(site: &mut Site, seconds: i64) {
    let path = site.path("clock");
    fs::write(path.with_extension("new"), seconds.to_string()).unwrap();
    fs::rename(path.with_extension("new"), &path).unwrap();
    site.environment.insert("TALLY_CLOCK".to_owned(), path.to_str().unwrap().to_owned());
}

const DAY: i64 = 24 * 3600;

#[test]
fn the_clock_jumps_during_a_run() {
    for (first, second) in [(DAY, -2 * DAY), (-400 * DAY, 3 * DAY)] {
        let mut site = site();
        clock(&mut site, 0);
        let waiting = Waiting::at(&site, &RUN, "after state/intent:2");
        clock(&mut site, first);
        waiting.go_on().with_code(0);
        assert_eq!(site.values(), site.truth());
        correct(&site, 4);
        let waiting = Waiting::at(&site, &RUN, "after read/extract");
        clock(&mut site, second);
        waiting.go_on().with_code(0);
        comes_to_rest(&site);
        let history = site.tally(&["history"]).with_code(0);
        assert!(history.out.contains("clean"), "{history}");
        site.tally(&["state", "show"]).with_code(0);
    }
}

#[test]
fn a_run_that_died_with_its_clock_ahead_blocks_nobody() {
    let mut site = site();
    clock(&mut site, 3650 * DAY);
    stop(&site, &RUN, "before dhis2/import", How::Kill);
    clock(&mut site, 0);
    comes_to_rest(&site);
}

#[test]
fn a_dead_process_makes_nobody_wait_and_is_unlocked_without_force() {
    let site = site();
    stop(&site, &RUN, "after state/intent:2", How::Abort);
    let check = site.tally(&["state", "check"]).with_code(40);
    snapshot("state_check_after_a_crash", &check.to_string());
    snapshot("state_show_after_a_crash", &site.tally(&["state", "show"]).with_code(0).to_string());
    snapshot("state_unlock_gone", &site.tally(&["state", "unlock"]).with_code(0).to_string());
    comes_to_rest(&site);
}

/// A run is stopped at a point and another one does all the work; the first one goes on and writes nothing more.
#[track_caller]
fn overtaken_at(point: &str, by_time: bool) {
    let mut site = site();
    site.run().with_code(0);
    correct(&site, 6);
    let waiting = Waiting::at(&site, &RUN, point);
    correct(&site, 6);
    if by_time {
        // The other process believes that the lease ran out.
        site.run().with_code(75);
        clock(&mut site, 300);
    } else {
        site.tally(&["state", "unlock", "--force"]).with_code(0);
    }
    site.run().with_code(0);
    assert_eq!(site.values(), site.truth());
    let n_writes = site.n_writes();
    let overtaken = waiting.go_on().with_code(75);
    assert!(overtaken.err.contains("another process") || overtaken.err.contains("taken over"), "{point}: {overtaken}");
    assert_eq!(site.n_writes(), n_writes, "{point}: it wrote nothing more");
    comes_to_rest(&site);
}

#[test]
fn a_process_that_slept_through_its_lease_writes_nothing_more() {
    overtaken_at("after state/intent", true);
    overtaken_at("after read/diff", true);
}

#[test]
fn a_process_whose_lease_was_taken_away_writes_nothing_more() {
    for point in ["after line-list/page", "after read/extract", "after state/plan", "after state/intent"] {
        overtaken_at(point, false);
    }
    overtaken_at("after state/run-begun", false);
}

#[test]
fn what_arrives_late_all_the_same_is_corrected_by_the_next_run() {
    let site = site();
    site.run().with_code(0);
    let deleted = correct(&site, 6);
    // Behind the last look at the lease: no process can notice from here on.
    let waiting = Waiting::at(&site, &RUN, "before dhis2/import");
    site.world.godata.edit(|edit| deleted.iter().for_each(|id| edit.restore(id).unwrap()));
    site.tally(&["state", "unlock", "--force"]).with_code(0);
    site.run().with_code(0);
    assert_eq!(site.values(), site.truth());
    let late = waiting.go_on().with_code(75);
    assert!(late.err.contains("taken over"), "{late}");
    assert!(site.values() != site.truth(), "the late write is in DHIS2");
    let state = State::open_read_only(&site.path(".tally/state.sqlite")).unwrap();
    assert!(state.audit(10).unwrap().iter().any(|row| row.action == "late write"));
    comes_to_rest(&site);
}

#[test]
fn a_stopped_process_is_not_taken_for_dead() {
    let site = site();
    let waiting = Waiting::at(&site, &RUN, "after read/diff");
    let ended = site.run().with_code(75);
    assert!(ended.err.contains("another run is under way"), "{ended}");
    let mut unlock = command_in(site.folder(), &["state", "unlock"], &site.environment);
    assert_eq!(unlock.output().unwrap().status.code(), Some(75));
    waiting.go_on().with_code(0);
    comes_to_rest(&site);
}
