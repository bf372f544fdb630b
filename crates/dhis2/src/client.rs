//! The client and its settings.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::credentials::Credentials;
use crate::error::Error;
use crate::transport::{RESPONSE_BYTES_MAX, Transport};

/// How to reach a server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The base address, with or without `/api`.
    pub url: Url,
    /// Who asks.
    pub credentials: Credentials,
    /// The longest time for one attempt, from connecting to the last byte. A large import needs minutes.
    pub timeout: Duration,
    /// How many more attempts a read gets.
    pub retries: u32,
    /// The pause before the second attempt; it doubles after each.
    pub retry_delay: Duration,
    /// Whether plain `http://` to another machine is allowed.
    pub allow_http: bool,
    /// The largest answer that is read, unpacked, in bytes.
    pub answer_bytes_max: usize,
}

impl Settings {
    /// Settings with the usual patience: 5 minutes an attempt, 4 more attempts after 1, 2, 4 and 8 seconds.
    #[must_use]
    pub fn new(url: Url, credentials: Credentials) -> Self {
        Self {
            url,
            credentials,
            timeout: Duration::from_secs(300),
            retries: 4,
            retry_delay: Duration::from_secs(1),
            allow_http: false,
            answer_bytes_max: RESPONSE_BYTES_MAX,
        }
    }
}

/// A client of one server. Cheap to clone; clones share connections and session.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) transport: Arc<Transport>,
}

impl Client {
    /// Prepares a client. Sends nothing.
    ///
    /// # Errors
    /// `InvalidUrl`, `InsecureUrl`, `InvalidCredentials`; `Tls` if the machine's certificates cannot be loaded.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        Ok(Self { transport: Arc::new(Transport::new(settings)?) })
    }
}
