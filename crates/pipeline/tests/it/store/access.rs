//! Users, sessions and tokens.

use jiff::Timestamp;
use pipeline::access::{Right, Role};
use pipeline::store::{AuditRow, SESSIONS_PER_USER_MAX, Session, State, StoreError, Token, User};

use super::{at, sqlite, state};

fn user(name: &str, role: Role) -> User {
    User { name: name.into(), role, created_at: at(1) }
}

fn audit(action: &str) -> AuditRow {
    AuditRow { at: at(2), actor: "root".into(), action: action.into(), detail: "ana".into() }
}

fn session(token_hash: &str, created_at: Timestamp) -> Session {
    Session {
        token_hash: token_hash.into(),
        user: "ana".into(),
        created_at,
        last_seen_at: created_at,
        expires_at: created_at + jiff::SignedDuration::from_secs(1000),
    }
}

fn token(name: &str) -> Token {
    Token {
        name: name.into(),
        scopes: vec![Right::Read, Right::Decide],
        created_at: at(1),
        created_by: "root".into(),
        expires_at: Some(at(9)),
        last_used_at: None,
    }
}

fn actions(state: &State) -> Vec<String> {
    state.audit(100).unwrap().into_iter().map(|row| row.action).rev().collect()
}

#[test]
fn users_are_added_changed_and_removed_and_each_change_is_in_the_audit() {
    let (_folder, mut state) = state();
    assert!(!state.has_users().unwrap());
    assert!(state.add_user(&user("ana", Role::Viewer), "hash", &audit("user added")).unwrap());
    assert!(
        !state.add_user(&user("Ana", Role::Admin), "other", &audit("again")).unwrap(),
        "capitals are no other name"
    );
    assert!(state.add_user(&user("Ben", Role::Admin), "hash", &audit("user added")).unwrap());
    assert_eq!(state.users().unwrap(), [user("ana", Role::Viewer), user("Ben", Role::Admin)]);
    assert_eq!(state.user_with_hash("ANA").unwrap(), Some((user("ana", Role::Viewer), "hash".into())));
    assert!(state.set_role("ana", Role::Operator, &audit("role")).unwrap());
    assert!(state.set_password("ana", "new", &audit("password")).unwrap());
    assert_eq!(state.user_with_hash("ana").unwrap(), Some((user("ana", Role::Operator), "new".into())));
    assert!(state.remove_user("ana", &audit("removed")).unwrap());
    assert!(!state.remove_user("ana", &audit("again")).unwrap());
    assert!(!state.set_role("ana", Role::Admin, &audit("again")).unwrap());
    assert!(!state.set_password("ana", "x", &audit("again")).unwrap());
    assert_eq!(state.user_with_hash("ana").unwrap(), None);
    assert_eq!(actions(&state), ["user added", "user added", "role", "password", "removed"]);
    assert!(state.has_users().unwrap());
}

#[test]
fn a_session_has_the_role_of_its_user_and_goes_with_the_user_and_the_password() {
    let (_folder, mut state) = state();
    state.add_user(&user("ana", Role::Viewer), "hash", &audit("user added")).unwrap();
    state.begin_session(&session("s1", at(10)), at(0), &audit("sign in")).unwrap();
    let found = state.session("s1").unwrap().unwrap();
    assert_eq!(found, (session("s1", at(10)), user("ana", Role::Viewer)));
    state.set_role("ana", Role::Admin, &audit("role")).unwrap();
    assert_eq!(state.session("s1").unwrap().unwrap().1.role, Role::Admin);
    state.touch_session("s1", at(20)).unwrap();
    state.touch_session("s1", at(15)).unwrap();
    assert_eq!(state.session("s1").unwrap().unwrap().0.last_seen_at, at(20));
    assert!(state.end_session("s1", &audit("sign out")).unwrap());
    assert!(!state.end_session("s1", &audit("again")).unwrap());
    state.begin_session(&session("s2", at(30)), at(0), &audit("sign in")).unwrap();
    state.set_password("ana", "new", &audit("password")).unwrap();
    assert_eq!(state.session("s2").unwrap(), None);
    state.begin_session(&session("s3", at(30)), at(0), &audit("sign in")).unwrap();
    state.remove_user("ana", &audit("removed")).unwrap();
    assert_eq!(state.session("s3").unwrap(), None);
    let orphan = state.begin_session(&session("s4", at(30)), at(0), &audit("sign in"));
    assert!(orphan.is_err(), "a user who is gone begins no session");
    assert_eq!(actions(&state).iter().filter(|action| *action == "sign in").count(), 3);
}

#[test]
fn a_new_session_sweeps_out_those_that_are_over_and_the_oldest_of_too_many() {
    let (_folder, mut state) = state();
    state.add_user(&user("ana", Role::Viewer), "hash", &audit("user added")).unwrap();
    let mut begin = |name: &str, when: i64, idle: i64| {
        state.begin_session(&session(name, at(when)), at(idle), &audit("sign in")).unwrap();
    };
    begin("over", 0, -1000);
    begin("idle", 1500, -1000);
    begin("fresh", 2000, 1600);
    for i in 1..SESSIONS_PER_USER_MAX {
        begin(&format!("n{i}"), 2000 + i64::from(i), 0);
    }
    let there = |state: &State, name: &str| state.session(name).unwrap().is_some();
    assert!(!there(&state, "over") && !there(&state, "idle") && there(&state, "fresh"));
    state.begin_session(&session("more", at(2100)), at(0), &audit("sign in")).unwrap();
    assert!(!there(&state, "fresh") && there(&state, "n1") && there(&state, "more"));
}

#[test]
fn tokens_are_found_by_their_hash_alone() {
    let (_folder, mut state) = state();
    assert!(state.add_token(&token("grafana"), "hash", &audit("token added")).unwrap());
    assert!(!state.add_token(&token("Grafana"), "other", &audit("again")).unwrap());
    assert!(state.add_token(&token("second"), "hash", &audit("again")).is_err(), "one secret is of one token");
    assert_eq!(state.token("hash").unwrap(), Some(token("grafana")));
    assert_eq!(state.token("grafana").unwrap(), None);
    state.touch_token("grafana", at(5)).unwrap();
    let used = Token { last_used_at: Some(at(5)), ..token("grafana") };
    assert_eq!(state.tokens().unwrap(), [used]);
    assert!(state.remove_token("grafana", &audit("token removed")).unwrap());
    assert!(!state.remove_token("grafana", &audit("again")).unwrap());
    assert_eq!(actions(&state), ["token added", "token removed"]);
}

#[test]
fn a_word_that_nobody_knows_is_no_role() {
    let (_folder, mut state) = state();
    state.add_token(&token("grafana"), "hash", &audit("token added")).unwrap();
    sqlite(&state.path().to_owned()).execute("UPDATE token SET scopes = 'read root'", []).unwrap();
    let error = state.token("hash").unwrap_err();
    assert!(!matches!(error, StoreError::Locked { .. }) && error.to_string().contains("root"), "{error}");
}
