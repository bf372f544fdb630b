//! Whether the daemon lives: it says so at each turn of its loop and at each step of a run, and for how long that is good.

use pipeline::progress::{Progress, Step};
use pipeline::store::RunId;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The loop turns every twenty seconds when nothing is to be done.
const OF_A_TURN: Duration = Duration::from_secs(120);
/// No step of a run is silent for so long: a request is given up after its timeout and its repetitions, and each page and
/// each import is progress. This bounds a run that hangs, where a service manager watches.
const OF_A_STEP: Duration = Duration::from_secs(3_600);

/// The pulse. Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    began: Instant,
    /// Milliseconds since then, up to which it counts as alive.
    good_until: Arc<AtomicU64>,
}

impl Pulse {
    /// One that begins now.
    pub(super) fn new() -> Self {
        let pulse = Self { began: Instant::now(), good_until: Arc::default() };
        pulse.turn();
        pulse
    }

    /// The loop turns.
    pub(super) fn turn(&self) {
        self.beat(OF_A_TURN);
    }

    /// A run gets on.
    pub(super) fn step(&self) {
        self.beat(OF_A_STEP);
    }

    /// Whether the last beat is recent enough.
    pub(super) fn is_alive(&self) -> bool {
        self.millis() <= self.good_until.load(Ordering::Relaxed)
    }

    fn beat(&self, good_for: Duration) {
        let good_for = u64::try_from(good_for.as_millis()).unwrap_or(u64::MAX);
        self.good_until.store(self.millis().saturating_add(good_for), Ordering::Relaxed);
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Hears a run, passes on what it says, and beats.
pub(super) struct Felt<P> {
    /// Who listens besides.
    pub(super) to: P,
    /// The pulse.
    pub(super) pulse: Pulse,
}

impl<P: Progress> Progress for Felt<P> {
    fn entered(&self, run: RunId) {
        self.pulse.step();
        self.to.entered(run);
    }

    fn begin(&self, step: Step, total: Option<u64>) {
        self.pulse.step();
        self.to.begin(step, total);
    }

    fn advance(&self, step: Step, done: u64) {
        self.pulse.step();
        self.to.advance(step, done);
    }

    fn end(&self, step: Step, summary: &str) {
        self.pulse.step();
        self.to.end(step, summary);
    }

    fn warn(&self, message: &str) {
        self.pulse.step();
        self.to.warn(message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::progress::Silent;

    #[test]
    fn it_lives_as_long_as_the_last_beat_is_good() {
        let pulse = Pulse::new();
        assert!(pulse.is_alive());
        // The last beat of a loop that turned two minutes ago.
        let long_ago = Pulse { began: pulse.began.checked_sub(OF_A_TURN * 2).unwrap(), ..Pulse::new() };
        long_ago.good_until.store(OF_A_TURN.as_millis() as u64, Ordering::Relaxed);
        assert!(!long_ago.is_alive());
        // A run that gets on is a sign of life, for longer than a turn is.
        let felt = Felt { to: Silent, pulse: long_ago.clone() };
        felt.advance(Step::Push, 3);
        assert!(long_ago.is_alive());
        let good_for = long_ago.good_until.load(Ordering::Relaxed) - long_ago.millis();
        assert!(u128::from(good_for) > OF_A_TURN.as_millis() * 2);
    }
}
