//! How often somebody may try a password: more slowly with each failure, by name and by address. Nobody is locked out for ever,
//! and nobody can lock out another: an address from which a name has signed in has a count of its own.

use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::IpAddr;

/// Failures that cost nothing: people mistype.
const FREE: u32 = 5;
/// The longest wait for a name: whoever it belongs to waits as long.
const NAME_WAIT_MAX: SignedDuration = SignedDuration::from_mins(1);
/// The longest wait for an address.
const PEER_WAIT_MAX: SignedDuration = SignedDuration::from_mins(15);
/// After so long without a failure all is forgotten.
const FORGET: SignedDuration = SignedDuration::from_hours(1);
/// Names and addresses that are remembered: 1 MB or so. Of more, the one that failed longest ago is forgotten.
const ENTRIES_MAX: usize = 10_000;

/// Who failed how often.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    names: HashMap<(String, Option<IpAddr>), Failures>,
    peers: HashMap<IpAddr, Failures>,
    /// Names and the addresses from which they signed in.
    known: VecDeque<(String, IpAddr)>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    n: u32,
    last: Timestamp,
}

impl Throttle {
    /// Begins an attempt, which counts as a failure until [`Throttle::succeeded`]: many at once are as slow as one after the
    /// other.
    ///
    /// # Errors
    /// How long to wait. Such an attempt does not count.
    pub(super) fn begin(&mut self, name: &str, peer: IpAddr, now: Timestamp) -> Result<(), SignedDuration> {
        let (name, peer) = (self.key(name, peer), network(peer));
        let waits = [wait(self.names.get(&name), NAME_WAIT_MAX, now), wait(self.peers.get(&peer), PEER_WAIT_MAX, now)];
        let longest = waits.into_iter().max().unwrap_or_default();
        if longest.is_positive() {
            return Err(longest);
        }
        add(&mut self.names, name, now);
        add(&mut self.peers, peer, now);
        Ok(())
    }

    /// The attempt was right: its failures are forgotten.
    pub(super) fn succeeded(&mut self, name: &str, peer: IpAddr) {
        self.names.remove(&self.key(name, peer));
        self.peers.remove(&network(peer));
        let known = (name.to_lowercase(), network(peer));
        if !self.known.contains(&known) {
            if self.known.len() >= ENTRIES_MAX {
                self.known.pop_front();
            }
            self.known.push_back(known);
        }
    }

    /// Where the failures of a name are counted: by itself from an address that it is known from.
    fn key(&self, name: &str, peer: IpAddr) -> (String, Option<IpAddr>) {
        let known = (name.to_lowercase(), network(peer));
        let is_known = self.known.contains(&known);
        (known.0, is_known.then_some(known.1))
    }
}

fn wait(failures: Option<&Failures>, longest: SignedDuration, now: Timestamp) -> SignedDuration {
    let Some(failures) = failures.filter(|failures| failures.n >= FREE) else { return SignedDuration::ZERO };
    // 1, 2, 4 seconds and so on; 2^20 seconds are longer than any wait.
    let wait = SignedDuration::from_secs(1 << (failures.n - FREE).min(20)).min(longest);
    let past = now.duration_since(failures.last);
    // A clock that was set back makes nobody wait longer.
    if past >= FORGET || past.is_negative() { SignedDuration::ZERO } else { wait - past }
}

fn add<K: Eq + Hash + Clone>(all: &mut HashMap<K, Failures>, key: K, now: Timestamp) {
    if all.len() >= ENTRIES_MAX && !all.contains_key(&key) {
        all.retain(|_, failures| now.duration_since(failures.last) < FORGET);
        let oldest = all.iter().min_by_key(|(_, failures)| failures.last).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest.filter(|_| all.len() >= ENTRIES_MAX) {
            all.remove(&oldest);
        }
    }
    let failures = all.entry(key).or_insert(Failures { n: 0, last: now });
    if now.duration_since(failures.last) >= FORGET {
        failures.n = 0;
    }
    *failures = Failures { n: failures.n.saturating_add(1), last: now };
}

/// What one machine can have: an address of IPv4, or 2^64 of IPv6.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_wait_doubles_up_to_a_limit_and_ends() {
        let mut throttle = Throttle::default();
        let (mut now, mut waits) = (0, Vec::new());
        for _ in 0..FREE + 12 {
            if let Err(wait) = throttle.begin("ana", ip("10.0.0.1"), at(now)) {
                waits.push(wait.as_secs());
                now += wait.as_secs();
                assert!(throttle.begin("ana", ip("10.0.0.1"), at(now - 1)).is_err());
                throttle.begin("ana", ip("10.0.0.1"), at(now)).unwrap();
            }
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        throttle.begin("ana", ip("10.0.0.1"), at(now + FORGET.as_secs())).unwrap();
        throttle.begin("ana", ip("10.0.0.1"), at(now + FORGET.as_secs())).unwrap();
    }

    #[test]
    fn a_name_waits_a_minute_at_most_whoever_tries_it() {
        let mut throttle = Throttle::default();
        for i in 0..200_u8 {
            let _ = throttle.begin("ana", IpAddr::from([10, 0, 0, i]), at(i64::from(i) * 61));
        }
        let wait = throttle.begin("Ana", ip("10.9.9.9"), at(199 * 61)).unwrap_err();
        assert_eq!(wait, NAME_WAIT_MAX);
        throttle.begin("ben", ip("10.9.9.9"), at(199 * 61)).unwrap();
    }

    #[test]
    fn nobody_locks_out_a_name_where_it_is_known() {
        let mut throttle = Throttle::default();
        throttle.begin("ana", ip("10.0.0.1"), at(0)).unwrap();
        throttle.succeeded("ana", ip("10.0.0.1"));
        for i in 0..50_u8 {
            let _ = throttle.begin("ana", IpAddr::from([10, 0, 1, i]), at(1));
        }
        assert!(throttle.begin("ana", ip("10.0.2.1"), at(1)).is_err());
        throttle.begin("ana", ip("10.0.0.1"), at(1)).unwrap();
    }

    #[test]
    fn an_address_waits_whatever_names_it_tries() {
        let mut throttle = Throttle::default();
        for i in 0..FREE {
            throttle.begin(&format!("name{i}"), ip("2001:db8::1"), at(0)).unwrap();
        }
        assert!(throttle.begin("other", ip("2001:db8::2"), at(0)).is_err(), "a machine has many addresses");
        throttle.begin("other", ip("2001:db8:0:1::1"), at(0)).unwrap();
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut throttle = Throttle::default();
        for i in 0..ENTRIES_MAX as u32 + 10 {
            throttle
                .begin(&format!("n{i}"), IpAddr::from(i.to_be_bytes()), at(i64::from(i) / 100 + i64::from(i > 0)))
                .unwrap();
        }
        assert_eq!((throttle.names.len(), throttle.peers.len()), (ENTRIES_MAX, ENTRIES_MAX));
        assert!(!throttle.peers.contains_key(&ip("0.0.0.0")), "the oldest is forgotten");
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nobody_wait() {
        let mut throttle = Throttle::default();
        for _ in 0..FREE {
            throttle.begin("ana", ip("10.0.0.1"), at(1_000_000)).unwrap();
        }
        throttle.begin("ana", ip("10.0.0.1"), at(0)).unwrap();
    }
}
