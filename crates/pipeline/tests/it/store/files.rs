//! What a file may be when it is opened, and what becomes of it.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use pipeline::store::{LineList, State, StoreError};

use super::{at, new_run, run, sqlite, state};

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[test]
fn the_file_its_log_and_its_folder_are_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/state.db");
    let mut state = State::open(&path).unwrap();
    run(&mut state);
    assert_eq!(mode(&folder.path().join("deep")), 0o700);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_could_read_is_closed_to_them() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, state) = state();
    let path = state.path().to_owned();
    drop(state);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    State::open(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn what_was_committed_survives_without_a_checkpoint() {
    let (folder, mut state) = state();
    let id = run(&mut state);
    // The main file and its log as a power cut would leave them: the connection is never closed.
    let copy = folder.path().join("copy.db");
    for suffix in ["", "-wal"] {
        let name = |base: &Path| format!("{}{suffix}", base.display());
        fs::copy(name(state.path()), name(&copy)).unwrap();
    }
    let after = State::open(&copy).unwrap();
    assert_eq!(after.run(id).unwrap(), state.run(id).unwrap());
    assert!(after.run(id).unwrap().is_some());
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let (_folder, state) = state();
    let path = state.path().to_owned();
    drop(state);
    sqlite(&path).pragma_update(None, "user_version", 99).unwrap();
    let error = State::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, known: 9, .. }), "{error:?}");
    insta::assert_snapshot!(error.advice(), @"Use the version of Tally that wrote schema 99, or restore a backup made before the upgrade.");
    let version: u32 = sqlite(&path).pragma_query_value(None, "user_version", |r| r.get(0)).unwrap();
    assert_eq!(version, 99);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let text = "location_id,location,parent,org_unit\n".repeat(100);
    fs::write(&path, &text).unwrap();
    assert!(matches!(State::open(&path), Err(StoreError::NotADatabase { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_database_of_something_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    sqlite(&path).execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert!(matches!(State::open(&path), Err(StoreError::Foreign { .. })));
    let tables: i64 = sqlite(&path).query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0)).unwrap();
    assert_eq!(tables, 1);
}

#[test]
fn a_state_file_is_not_a_line_list() {
    let (_folder, state) = state();
    let error = LineList::open(state.path(), &super::line_list::belonging("o1")).unwrap_err();
    insta::assert_snapshot!(error.to_string().replace(&state.path().display().to_string(), "FILE"), @"FILE is a database, but not a line list of Tally");
}

#[test]
fn a_damaged_file_is_told_by_the_check() {
    let (_folder, mut state) = state();
    for _ in 0..2_000 {
        state.begin_run(&new_run(&"weekly".repeat(20))).unwrap();
    }
    let path = state.path().to_owned();
    drop(state);
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(length / 2)).unwrap();
    file.write_all(&[0xA5; 8192]).unwrap();
    drop(file);
    let error = State::open(&path).unwrap().integrity_check().unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[test]
fn a_sound_file_passes_the_check() {
    let (_folder, mut state) = state();
    run(&mut state);
    state.integrity_check().unwrap();
}

#[test]
fn rows_that_lost_what_they_refer_to_are_told_by_the_check() {
    let (_folder, state) = state();
    let path = state.path().to_owned();
    let other = sqlite(&path);
    other.pragma_update(None, "foreign_keys", false).unwrap();
    other.execute("INSERT INTO account (run, indicator, reason, n) VALUES (77, 'a', 'counted', 1)", []).unwrap();
    let error = state.integrity_check().unwrap_err();
    assert!(error.to_string().ends_with("is damaged: account without its run"), "{error}");
}

#[test]
fn a_path_where_no_file_can_be_is_told() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(State::open(folder.path()), Err(StoreError::CannotOpen { .. })), "a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let below = State::open(&file.join("state.db")).unwrap_err();
    assert!(matches!(below, StoreError::Folder { action: "create the folder", .. }), "{below:?}");
    let absent = State::open_read_only(&folder.path().join("absent.db")).unwrap_err();
    assert!(matches!(absent, StoreError::CannotOpen { .. }), "{absent:?}");
}

#[test]
fn a_file_open_for_reading_is_not_written() {
    let (_folder, mut state) = state();
    let id = run(&mut state);
    let mut reader = State::open_read_only(state.path()).unwrap();
    assert!(reader.run(id).unwrap().is_some());
    let error = reader.begin_run(&new_run("weekly")).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
}

#[test]
fn an_older_schema_cannot_be_read_without_writing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    fs::write(&path, "").unwrap();
    let error = State::open_read_only(&path).unwrap_err();
    assert!(matches!(error, StoreError::Older { found: 0, known: 9, .. }), "{error:?}");
}

#[test]
fn a_lock_of_another_process_is_told_and_may_be_waited_for() {
    let (_folder, mut state) = state();
    let other = sqlite(&state.path().to_owned());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    state.wait_at_most(Duration::ZERO).unwrap();
    let error = state.begin_run(&new_run("weekly")).unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }) && error.is_temporary(), "{error:?}");
    assert_eq!(state.runs(None, 10).unwrap(), [], "reading does not wait");
    other.execute_batch("ROLLBACK").unwrap();
    run(&mut state);
}

#[test]
fn many_may_open_a_new_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| run(&mut State::open(&path).unwrap()));
        }
    });
    assert_eq!(State::open(&path).unwrap().runs(None, 100).unwrap().len(), 8);
}

#[test]
fn a_backup_is_a_state_file_of_its_own() {
    let (folder, mut state) = state();
    let id = run(&mut state);
    let target = folder.path().join("backups/one.db");
    state.backup_to(&target).unwrap();
    state.cancel(id, at(9)).unwrap();
    #[cfg(unix)]
    assert_eq!(mode(&target), 0o600);
    let copy = State::open(&target).unwrap();
    copy.integrity_check().unwrap();
    assert_eq!(copy.unfinished_runs().unwrap().len(), 1, "the copy is of its moment");
    let again = state.backup_to(&target).unwrap_err();
    assert!(matches!(again, StoreError::Folder { action: "create", .. }), "a backup is not written over: {again:?}");
    assert!(copy.run(id).unwrap().is_some());
}
