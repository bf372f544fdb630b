//! What people were told.

use pipeline::store::{OpenAlert, State};

use super::{at, sqlite, state};

fn alert(event: &str, cause: &str) -> OpenAlert {
    OpenAlert {
        event: event.into(),
        cause: cause.into(),
        began_at: at(1),
        told_at: Some(at(2)),
        n_seen: 3,
        acknowledged_at: None,
        acknowledged_by: None,
    }
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
fn who_sees_to_a_problem_is_kept_until_it_is_over_and_is_in_the_audit() {
    let (_folder, mut state) = state();
    let failed = alert("failed", "dhis2");
    state.set_open_alerts("weekly", &[failed.clone(), alert("held", "held")]).unwrap();
    state.set_open_alerts("daily", &[OpenAlert { began_at: at(5), ..alert("held", "held") }]).unwrap();
    assert!(state.acknowledge("weekly", "failed", "dhis2", "dashboard: ana", at(9)).unwrap());
    assert!(!state.acknowledge("weekly", "failed", "dhis2", "dashboard: ben", at(10)).unwrap(), "somebody was first");
    assert!(!state.acknowledge("monthly", "failed", "dhis2", "dashboard: ben", at(10)).unwrap());
    let audit = state.audit(10).unwrap();
    assert_eq!(audit.len(), 1);
    assert_eq!(
        (audit[0].actor.as_str(), audit[0].action.as_str(), audit[0].detail.as_str()),
        ("dashboard: ana", "acknowledge", "`failed` of report `weekly`: dhis2")
    );
    let whole = || state.all_open_alerts().unwrap();
    let reports: Vec<_> = whole().into_iter().map(|one| (one.report, one.alert.event)).collect();
    let expected = [("daily", "held"), ("weekly", "failed"), ("weekly", "held")];
    assert_eq!(reports, expected.map(|(report, event)| (report.to_owned(), event.to_owned())));
    assert_eq!(whole()[1].alert.acknowledged_by.as_deref(), Some("dashboard: ana"));
    // A message was on its way, and what it left to remember was read before.
    state.set_open_alerts("weekly", &[OpenAlert { n_seen: 9, ..failed.clone() }]).unwrap();
    let kept = state.open_alerts("weekly").unwrap();
    assert_eq!((kept.len(), kept[0].n_seen, kept[0].acknowledged_at), (1, 9, Some(at(9))));
    // The same again, after it was over.
    state.set_open_alerts("weekly", &[OpenAlert { began_at: at(20), ..failed }]).unwrap();
    assert_eq!(state.open_alerts("weekly").unwrap()[0].acknowledged_at, None);
}

/// The last schema in which nobody could see to a problem, and the last without alerts.
#[test]
fn a_state_from_before_is_brought_up_to_date_and_keeps_what_was_told() {
    let schemas = [
        include_str!("../../../src/store/schema/state_001.sql"),
        include_str!("../../../src/store/schema/state_002.sql"),
        include_str!("../../../src/store/schema/state_003.sql"),
        include_str!("../../../src/store/schema/state_004.sql"),
        include_str!("../../../src/store/schema/state_005.sql"),
        include_str!("../../../src/store/schema/state_006.sql"),
    ];
    for version in [5_u8, 6] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let old = sqlite(&path);
        schemas[..usize::from(version)].iter().for_each(|schema| old.execute_batch(schema).unwrap());
        old.pragma_update(None, "application_id", i32::from_be_bytes(*b"Tals")).unwrap();
        old.pragma_update(None, "user_version", version).unwrap();
        if version == 6 {
            old.execute_batch(
                "INSERT INTO alert (report, event, cause, began_at, told_at, n_seen) VALUES ('weekly', 'failed', 'dhis2', \
                 '1970-01-01T00:00:01.000000000Z', '1970-01-01T00:00:02.000000000Z', 3)",
            )
            .unwrap();
        }
        drop(old);
        let mut state = State::open(&path).unwrap();
        let told = state.open_alerts("weekly").unwrap();
        assert_eq!(told.len(), usize::from(version == 6));
        state.set_open_alerts("weekly", &[OpenAlert { n_seen: 4, ..alert("failed", "dhis2") }]).unwrap();
        assert!(state.acknowledge("weekly", "failed", "dhis2", "dashboard: ana", at(9)).unwrap());
        assert_eq!((state.next_job().unwrap(), state.kept_plans(10).unwrap()), (None, vec![]));
        assert_eq!(
            (state.users().unwrap(), state.tokens().unwrap(), state.accepted().unwrap()),
            (vec![], vec![], vec![])
        );
        state.integrity_check().unwrap();
    }
}
