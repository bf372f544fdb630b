//! Asking again after a failure that may pass by itself: few times, ever later, and never what may do harm.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::error::{Again, Error};

/// The longest wait between two attempts, whatever the server asks for: a run should fail rather than seem to hang.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// How often and how soon to ask again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retries {
    pub(crate) n_max: u32,
    pub(crate) delay: Duration,
}

impl Retries {
    /// Asks until it is answered, the failure is final, or the attempts are used up.
    pub(crate) async fn run<T, A>(&self, mut attempt: impl FnMut() -> A) -> Result<T, Error>
    where
        A: Future<Output = Result<T, Error>>,
    {
        let mut delays = ExponentialBuilder::default()
            .with_min_delay(self.delay)
            .with_max_delay(WAIT_MAX)
            .with_max_times(self.n_max as usize)
            .with_jitter()
            .build();
        let mut n_attempts = 0;
        let mut failed_once = false;
        loop {
            let error = match attempt().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            n_attempts += 1;
            let again = match error.again() {
                Again::Never => false,
                Again::Once => !std::mem::replace(&mut failed_once, true),
                Again::Often => true,
            };
            let delay = if again { delays.next() } else { None };
            let Some(delay) = delay else {
                return Err(error.after_attempts(n_attempts));
            };
            let wait = error.retry_after().map_or(delay, |asked| asked.max(delay)).min(WAIT_MAX);
            tracing::debug!(%error, wait_ms = wait.as_millis() as u64, "asking Go.Data again");
            tokio::time::sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::error::Kind;

    async fn attempts(kind: Kind) -> u32 {
        let n = Cell::new(0);
        let retries = Retries { n_max: 3, delay: Duration::from_micros(1) };
        let result: Result<(), _> = retries
            .run(|| {
                n.set(n.get() + 1);
                let error = Error::new(kind.clone(), "GET /x");
                async { Err(error) }
            })
            .await;
        assert!(result.is_err());
        n.get()
    }

    #[tokio::test]
    async fn each_kind_is_asked_again_as_often_as_it_may_help() {
        assert_eq!(attempts(Kind::Connect).await, 4);
        assert_eq!(attempts(Kind::Timeout).await, 4);
        assert_eq!(attempts(Kind::Truncated).await, 4);
        assert_eq!(attempts(Kind::Throttled { retry_after: None }).await, 4);
        assert_eq!(attempts(Kind::Server { status: 503 }).await, 4);
        assert_eq!(attempts(Kind::Server { status: 500 }).await, 2);
        assert_eq!(attempts(Kind::Server { status: 501 }).await, 1);
        assert_eq!(attempts(Kind::NotFound).await, 1);
        assert_eq!(attempts(Kind::LoginFailed).await, 1);
        assert_eq!(attempts(Kind::Blocked).await, 1);
        assert_eq!(attempts(Kind::BadRequest { status: 400, code: None }).await, 1);
        assert_eq!(attempts(Kind::Forbidden { permission: None }).await, 1);
    }
}
