//! The time that both simulators believe in: the machine's, or one that a test sets.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// A shared source of "now". Clones of a fixed clock move together.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until it is set or advanced.
    Fixed(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands at `now`.
    pub fn fixed(now: Timestamp) -> Self {
        Self::Fixed(Arc::new(Mutex::new(now)))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Sets a fixed clock; the machine's clock ignores it.
    pub fn set(&self, now: Timestamp) {
        if let Self::Fixed(at) = self {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }

    /// Moves a fixed clock forward (or back); the machine's clock ignores it.
    pub fn advance(&self, by: SignedDuration) {
        if let Self::Fixed(at) = self {
            let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
            *at = at.saturating_add(by).unwrap_or(*at);
        }
    }
}

/// An instant as Go.Data writes it (JavaScript's `toISOString`): UTC with milliseconds.
pub fn iso_millis(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_fixed_clock_move_together() {
        let clock = Clock::fixed("2020-02-10T00:00:00Z".parse().unwrap());
        let other = clock.clone();
        clock.advance(SignedDuration::from_secs(600));
        assert_eq!(iso_millis(other.now()), "2020-02-10T00:10:00.000Z");
        other.set("2021-01-01T12:00:00.25Z".parse().unwrap());
        assert_eq!(iso_millis(clock.now()), "2021-01-01T12:00:00.250Z");
    }
}
