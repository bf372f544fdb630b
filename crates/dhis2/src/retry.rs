//! Which failures are worth another attempt, and when.

use std::time::Duration;

use backon::ExponentialBuilder;

use crate::error::{Error, ErrorKind};

/// The longest pause between two attempts: beyond it a person should know.
pub(crate) const RETRY_DELAY_MAX: Duration = Duration::from_secs(30);

/// The longest `Retry-After` that is waited for; a server that asks for more gets its wish by a later run.
pub(crate) const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// Whether a request may be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeatable {
    /// A read: yes.
    Always,
    /// A write: only where surely nothing was written.
    OnlyIfNotTaken,
}

/// The rule for one request and its attempts.
#[derive(Debug)]
pub(crate) struct Policy {
    repeatable: Repeatable,
    server_failures: u32,
}

impl Policy {
    pub(crate) fn new(repeatable: Repeatable) -> Self {
        Self { repeatable, server_failures: 0 }
    }

    /// Whether to try again after `error`. Never after 401 (failures lock the account), 403, 404, 409, 415; after 500
    /// once, because DHIS2 answers a transient database failure and a lasting bug alike.
    pub(crate) fn repeats(&mut self, error: &Error) -> bool {
        match (error.kind(), self.repeatable) {
            (ErrorKind::Connect { .. } | ErrorKind::Throttled { .. }, _) => true,
            (_, Repeatable::OnlyIfNotTaken) => false,
            (ErrorKind::Timeout | ErrorKind::Interrupted { .. }, Repeatable::Always) => true,
            (ErrorKind::Server { status: 502..=504, .. }, Repeatable::Always) => true,
            (ErrorKind::Server { status: 500, .. }, Repeatable::Always) => {
                self.server_failures += 1;
                self.server_failures == 1
            }
            _ => false,
        }
    }
}

/// The pauses between attempts.
pub(crate) fn pauses(first: Duration, attempts: u32) -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(first)
        .with_max_delay(RETRY_DELAY_MAX.max(first))
        .with_max_times(attempts as usize)
}

/// The pause after `error`: what the server asks for, if it does; `None` gives up.
pub(crate) fn pause_after(error: &Error, planned: Option<Duration>) -> Option<Duration> {
    match *error.kind() {
        ErrorKind::Throttled { retry_after: Some(asked), .. } => {
            planned.filter(|_| asked <= RETRY_AFTER_MAX).map(|planned| planned.max(asked))
        }
        _ => planned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(status: u16) -> Error {
        Error::new(ErrorKind::Server { status, message: String::new() })
    }

    #[test]
    fn a_write_is_repeated_only_where_surely_nothing_was_written() {
        let mut write = Policy::new(Repeatable::OnlyIfNotTaken);
        assert!(write.repeats(&Error::new(ErrorKind::Connect { message: String::new() })));
        assert!(write.repeats(&Error::new(ErrorKind::Throttled { status: 503, retry_after: None })));
        assert!(!write.repeats(&Error::new(ErrorKind::Timeout)));
        assert!(!write.repeats(&Error::new(ErrorKind::Interrupted { message: String::new() })));
        for status in [500, 502, 503, 504] {
            assert!(!write.repeats(&server(status)), "{status}");
        }
    }

    #[test]
    fn a_read_is_repeated_after_500_once_and_never_after_401() {
        let mut read = Policy::new(Repeatable::Always);
        assert!(read.repeats(&server(500)));
        assert!(!read.repeats(&server(500)));
        assert!(read.repeats(&server(503)) && read.repeats(&server(503)));
        assert!(!read.repeats(&Error::new(ErrorKind::NotAuthenticated { message: String::new() })));
        assert!(!read.repeats(&Error::new(ErrorKind::Conflict { code: None, message: String::new() })));
    }

    #[test]
    fn the_server_may_ask_for_a_longer_pause_but_not_for_any() {
        let planned = Some(Duration::from_secs(1));
        let asks =
            |secs| Error::new(ErrorKind::Throttled { status: 429, retry_after: Some(Duration::from_secs(secs)) });
        assert_eq!(pause_after(&asks(5), planned), Some(Duration::from_secs(5)));
        assert_eq!(pause_after(&asks(0), planned), planned);
        assert_eq!(pause_after(&asks(3600), planned), None);
        assert_eq!(pause_after(&asks(5), None), None);
    }
}
