//! What people were told.

use pipeline::store::{OpenAlert, State};

use super::{at, sqlite, state};

fn alert(event: &str, cause: &str) -> OpenAlert {
    OpenAlert { event: event.into(), cause: cause.into(), began_at: at(1), told_at: Some(at(2)), n_seen: 3 }
}

#[test]
fn what_was_told_is_kept_for_each_report() {
    let (_folder, mut state) = state();
    let weekly = [alert("failed", "dhis2_timeout"), OpenAlert { told_at: None, ..alert("held", "held") }];
    state.set_open_alerts("weekly", &weekly).unwrap();
    state.set_open_alerts("daily", &[alert("overdue", "overdue")]).unwrap();
    assert_eq!(state.open_alerts("weekly").unwrap(), weekly);
    state.set_open_alerts("weekly", &weekly[1..]).unwrap();
    assert_eq!(state.open_alerts("weekly").unwrap(), weekly[1..]);
    assert_eq!(state.open_alerts("daily").unwrap(), [alert("overdue", "overdue")]);
    assert_eq!(state.open_alerts("monthly").unwrap(), []);
}

#[test]
fn a_state_from_before_there_were_alerts_is_brought_up_to_date() {
    let (folder, state) = state();
    let path = state.path().to_owned();
    drop(state);
    let conn = sqlite(&path);
    conn.execute_batch("DROP TABLE alert; DROP TABLE session; DROP TABLE user; DROP TABLE token").unwrap();
    conn.pragma_update(None, "user_version", 5).unwrap();
    drop(conn);
    let mut state = State::open(&path).unwrap();
    assert_eq!(state.schema().unwrap(), 7);
    state.set_open_alerts("weekly", &[alert("failed", "dhis2")]).unwrap();
    drop(folder);
}
