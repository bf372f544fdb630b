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
    /// Tries until it works, will not work, or has been tried often enough.
    pub(crate) async fn try_often(
        &self,
        mut attempt: impl AsyncFnMut() -> Result<(), DeliveryError>,
    ) -> Result<(), DeliveryError> {
        let mut delay = self.delay;
        let mut left = self.attempts.max(1);
        loop {
            left -= 1;
            match attempt().await {
                Err(error) if error.is_temporary() && left > 0 => {
                    tracing::debug!(%error, left, "a message is sent again");
                    tokio::time::sleep(delay).await;
                    delay = (delay * 2).min(DELAY_MAX);
                }
                came_of_it => return came_of_it,
            }
        }
    }
}
