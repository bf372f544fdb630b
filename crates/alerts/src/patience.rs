//! How often a message is sent again.

use std::time::Duration;

use crate::failure::DeliveryError;

/// How often a message is sent again, and how long an answer is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Attempts in all, at least one.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles from one to the next.
    pub delay: Duration,
    /// How long one attempt may take.
    pub timeout: Duration,
}

impl Default for Patience {
    /// Four attempts within a minute: a run waits for its alert, and is not to wait for long.
    fn default() -> Self {
        Self { attempts: 4, delay: Duration::from_secs(1), timeout: Duration::from_secs(10) }
    }
}

/// The longest pause between two attempts.
const DELAY_MAX: Duration = Duration::from_secs(30);

impl Patience {
    /// The attempts at one message.
    pub(crate) fn attempts(&self) -> Attempts {
        Attempts { left: self.attempts.max(1), delay: self.delay }
    }
}

/// The attempts that are left.
pub(crate) struct Attempts {
    left: u32,
    delay: Duration,
}

impl Attempts {
    /// Whether what came of an attempt makes another one worthwhile; the pause before it is over then.
    pub(crate) async fn again(&mut self, came_of_it: &Result<(), DeliveryError>) -> bool {
        self.left = self.left.saturating_sub(1);
        match came_of_it {
            Err(error) if error.is_temporary() && self.left > 0 => {
                tracing::debug!(%error, left = self.left, "a message is sent again");
                tokio::time::sleep(self.delay).await;
                self.delay = (self.delay * 2).min(DELAY_MAX);
                true
            }
            _ => false,
        }
    }
}
