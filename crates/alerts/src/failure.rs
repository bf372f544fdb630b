//! Why a message did not arrive.

use thiserror::Error;

/// Why a message did not arrive. It holds nothing that the other side said but a number, and of an address only the host.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DeliveryError {
    /// Nobody answers at the address.
    #[error("{host} cannot be reached")]
    Connect {
        /// The host.
        host: String,
    },
    /// The answer took too long.
    #[error("{host} did not answer in time")]
    Timeout {
        /// The host.
        host: String,
    },
    /// The connection ended, or what came is no answer.
    #[error("{host} broke off, or does not speak the protocol")]
    Broken {
        /// The host.
        host: String,
    },
    /// The secure connection failed, or the server offers none.
    #[error("no secure connection to {host}")]
    Tls {
        /// The host.
        host: String,
    },
    /// The server sends elsewhere, where no message goes.
    #[error("{host} answers with a redirection (status {status}), which is not followed")]
    Redirect {
        /// The host.
        host: String,
        /// HTTP status.
        status: u16,
    },
    /// The server refused.
    #[error("{host} answers with status {status}")]
    Status {
        /// The host.
        host: String,
        /// HTTP status.
        status: u16,
    },
    /// The mail server refused.
    #[error("{host} answers with code {code}")]
    Smtp {
        /// The host.
        host: String,
        /// Reply code of RFC 5321.
        code: u16,
    },
    /// The mail server and this side have no way to sign in in common, or the password was not accepted in time.
    #[error("{host} offers no way to sign in that is known here")]
    SignIn {
        /// The host.
        host: String,
    },
    /// What should be sent cannot be sent.
    #[error("{0}")]
    Unsendable(&'static str),
}

impl DeliveryError {
    /// Whether it may pass by itself. A message that is sent again has the same id.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Timeout { .. } | Self::Broken { .. } => true,
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            Self::Smtp { code, .. } => (400..500).contains(code),
            Self::Tls { .. } | Self::Redirect { .. } | Self::SignIn { .. } | Self::Unsendable(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_and_what_will_not_is_not() {
        let host = || "a".to_owned();
        for status in [429, 500, 503, 599] {
            assert!(DeliveryError::Status { host: host(), status }.is_temporary(), "{status}");
        }
        for status in [400, 401, 404, 410] {
            assert!(!DeliveryError::Status { host: host(), status }.is_temporary(), "{status}");
        }
        assert!(DeliveryError::Smtp { host: host(), code: 451 }.is_temporary());
        assert!(!DeliveryError::Smtp { host: host(), code: 550 }.is_temporary());
        assert!(!DeliveryError::Redirect { host: host(), status: 302 }.is_temporary());
    }
}
