//! One at a time, even after a pause that nobody noticed.

use std::time::Duration;

use pipeline::store::{Acquired, Lease, State, StoreError};

use super::{at, state};

const TTL: Duration = Duration::from_secs(60);

fn granted(answer: Acquired) -> Lease {
    match answer {
        Acquired::Granted(lease) => lease,
        held @ Acquired::HeldBy { .. } => panic!("{held:?}"),
    }
}

#[test]
fn a_held_lease_is_refused_with_its_holder() {
    let (_folder, mut one) = state();
    let mut two = State::open(one.path()).unwrap();
    let lease = granted(one.acquire_lease("runs", "host:1", at(0), TTL).unwrap());
    assert_eq!((lease.token, lease.expires_at), (1, at(60)));
    let held = Acquired::HeldBy { holder: "host:1".into(), until: at(60) };
    assert_eq!(two.acquire_lease("runs", "host:2", at(59), TTL).unwrap(), held);
    assert_eq!(two.acquire_lease("runs", "host:1", at(59), TTL).unwrap(), held, "the same name is not the same task");
    granted(two.acquire_lease("another", "host:2", at(59), TTL).unwrap());
}

#[test]
fn who_slept_too_long_is_fenced() {
    let (_folder, mut one) = state();
    let mut two = State::open(one.path()).unwrap();
    let mut asleep = granted(one.acquire_lease("runs", "host:1", at(0), TTL).unwrap());
    let awake = granted(two.acquire_lease("runs", "host:2", at(60), TTL).unwrap());
    assert!(awake.token > asleep.token);
    assert!(!one.lease_is("runs", asleep.token, at(61)).unwrap());
    assert!(one.lease_is("runs", awake.token, at(61)).unwrap());
    let lost = one.renew_lease(&mut asleep, at(61), TTL).unwrap_err();
    assert_eq!(lost.to_string(), "lease runs with token 1 is lost");
    assert!(matches!(one.release_lease(&asleep), Err(StoreError::LeaseLost { .. })));
    assert!(two.lease_is("runs", awake.token, at(61)).unwrap(), "the sleeper could not take it away");
}

#[test]
fn a_renewed_lease_lasts_and_a_run_out_one_may_be_renewed_while_nobody_has_it() {
    let (_folder, mut state) = state();
    let mut lease = granted(state.acquire_lease("runs", "host:1", at(0), TTL).unwrap());
    state.renew_lease(&mut lease, at(50), TTL).unwrap();
    assert_eq!(lease.expires_at, at(110));
    assert!(state.lease_is("runs", lease.token, at(109)).unwrap());
    assert!(!state.lease_is("runs", lease.token, at(110)).unwrap(), "run out");
    state.renew_lease(&mut lease, at(200), TTL).unwrap();
    assert!(state.lease_is("runs", lease.token, at(201)).unwrap());
}

#[test]
fn a_token_never_comes_twice() {
    let (_folder, mut state) = state();
    let mut last = 0;
    for round in 0..5 {
        let lease = granted(state.acquire_lease("runs", "host:1", at(round), TTL).unwrap());
        assert!(lease.token > last);
        last = lease.token;
        state.release_lease(&lease).unwrap();
        assert!(!state.lease_is("runs", lease.token, at(round)).unwrap());
        assert_eq!(state.lease_holder("runs").unwrap(), None);
        assert!(matches!(state.renew_lease(&mut lease.clone(), at(round), TTL), Err(StoreError::LeaseLost { .. })));
    }
}

#[test]
fn of_many_who_ask_at_once_one_is_granted() {
    let (_folder, state) = state();
    let path = state.path();
    let granted: usize = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..8)
            .map(|i| {
                scope.spawn(move || {
                    let mut state = State::open(path).unwrap();
                    let answer = state.acquire_lease("runs", &format!("host:{i}"), at(0), TTL).unwrap();
                    usize::from(matches!(answer, Acquired::Granted(_)))
                })
            })
            .collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(granted, 1);
}

#[test]
fn a_time_to_live_beyond_the_calendar_is_an_error() {
    let (_folder, mut state) = state();
    assert!(matches!(
        state.acquire_lease("runs", "host:1", at(0), Duration::MAX),
        Err(StoreError::BeyondCalendar { .. })
    ));
}
