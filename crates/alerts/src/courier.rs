//! Who carries messages to their destinations.

use jiff::Timestamp;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use std::error::Error as _;
use url::Url;

use crate::address::{is_loopback, place};
use crate::failure::DeliveryError;
use crate::heartbeat::{Heartbeat, HeartbeatMethod};
use crate::mail::{Letter, MailServer};
use crate::patience::Patience;
use crate::webhook::Webhook;

/// Carries messages to their destinations. It follows no redirection, and reads no answer beyond its status.
#[derive(Debug)]
pub struct Courier {
    /// For addresses elsewhere, through the proxy of the environment if there is one.
    outward: Client,
    /// For addresses on this machine, never through a proxy.
    inward: Client,
    patience: Patience,
}

impl Courier {
    /// A courier with this much patience.
    ///
    /// # Errors
    /// [`DeliveryError::Unsendable`] if this machine's trust store cannot be used.
    pub fn new(patience: Patience) -> Result<Self, DeliveryError> {
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            Client::builder()
                .user_agent(concat!("tally/", env!("CARGO_PKG_VERSION")))
                .redirect(Policy::none())
                .retry(reqwest::retry::never())
                .timeout(patience.timeout)
        };
        let built = |client: reqwest::ClientBuilder| {
            client.build().map_err(|_| DeliveryError::Unsendable("this machine's trusted certificates cannot be read"))
        };
        Ok(Self { outward: built(builder())?, inward: built(builder().no_proxy())?, patience })
    }

    /// Posts a JSON document to a webhook. It is signed anew at each attempt, with the time of the attempt; the document
    /// stays the same, so that a receiver that got it twice can tell by an id in it.
    ///
    /// # Errors
    /// Why it did not arrive, of the last attempt.
    pub async fn post(
        &self,
        hook: &Webhook,
        json: &str,
        now: &(dyn Fn() -> Timestamp + Sync),
    ) -> Result<(), DeliveryError> {
        let client = self.client(&hook.url);
        let mut attempts = self.patience.attempts();
        loop {
            let headers = hook.headers(json, now())?;
            let request = client.post(hook.url.clone()).headers(headers).body(json.to_owned());
            let came_of_it = sent(request, &hook.url).await;
            if !attempts.again(&came_of_it).await {
                return came_of_it;
            }
        }
    }

    /// Sends a heartbeat.
    ///
    /// # Errors
    /// Why it did not arrive, of the last attempt.
    pub async fn beat(&self, heartbeat: &Heartbeat) -> Result<(), DeliveryError> {
        let url = &heartbeat.url;
        let client = self.client(url);
        let mut attempts = self.patience.attempts();
        loop {
            let request = match heartbeat.method {
                HeartbeatMethod::Get => client.get(url.clone()),
                HeartbeatMethod::Post => client.post(url.clone()),
            };
            let came_of_it = sent(request, url).await;
            if !attempts.again(&came_of_it).await {
                return came_of_it;
            }
        }
    }

    /// Sends a letter to all recipients of a mail server, as one message.
    ///
    /// # Errors
    /// Why it did not arrive, of the last attempt.
    pub async fn mail(&self, server: &MailServer, letter: &Letter) -> Result<(), DeliveryError> {
        let mut attempts = self.patience.attempts();
        loop {
            let came_of_it = server.send(letter, self.patience.timeout).await;
            if !attempts.again(&came_of_it).await {
                return came_of_it;
            }
        }
    }

    fn client(&self, url: &Url) -> &Client {
        if url.host().is_some_and(|host| is_loopback(&host)) { &self.inward } else { &self.outward }
    }
}

async fn sent(request: RequestBuilder, url: &Url) -> Result<(), DeliveryError> {
    let host = place(url);
    match request.send().await.map(|response| response.status()) {
        Ok(status) if status.is_success() => Ok(()),
        Ok(status) if status.is_redirection() => Err(DeliveryError::Redirect { host, status: status.as_u16() }),
        Ok(status) => Err(refused(host, status)),
        Err(error) => Err(lost(host, &error)),
    }
}

fn refused(host: String, status: StatusCode) -> DeliveryError {
    DeliveryError::Status { host, status: status.as_u16() }
}

fn lost(host: String, error: &reqwest::Error) -> DeliveryError {
    if is_tls(error) {
        DeliveryError::Tls { host }
    } else if error.is_timeout() {
        DeliveryError::Timeout { host }
    } else if error.is_connect() {
        DeliveryError::Connect { host }
    } else {
        DeliveryError::Broken { host }
    }
}

/// Whether an error of the TLS library is below; it comes wrapped in those of input and output.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut below = error.source();
    while let Some(cause) = below {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if cause.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        below = cause.source();
    }
    false
}
