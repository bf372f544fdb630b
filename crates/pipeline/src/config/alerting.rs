//! Who is told when something is wrong, as the rest of Tally uses it.

use super::problem::Problem;
use super::raw::EventKind;
use super::secret::SecretPlace;
use alerts::{AddressError, Heartbeat, Security, check_url};
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use std::collections::BTreeSet;
use url::Url;

/// Who is told when a report needs a person, and of what.
#[derive(Clone, Debug)]
pub struct Alerting {
    /// What is told.
    pub events: BTreeSet<EventKind>,
    /// After how long a problem that goes on is told again.
    pub repeat: SignedDuration,
    /// Address of the dashboard, for links.
    pub dashboard: Option<Url>,
    /// Webhooks, in their order.
    pub webhooks: Vec<WebhookModel>,
    /// E-mail.
    pub email: Option<EmailModel>,
    /// Where each proved success is told.
    pub heartbeat: Option<Heartbeat>,
}

/// Hours after which a problem that goes on is told again, if nothing is said.
pub(super) const DEFAULT_REPEAT_HOURS: u32 = 24;

impl Default for Alerting {
    /// Without `[alerts]` nobody is told; problems are remembered all the same, for the dashboard.
    fn default() -> Self {
        Self {
            events: EventKind::ALL.into_iter().collect(),
            repeat: SignedDuration::from_hours(i64::from(DEFAULT_REPEAT_HOURS)),
            dashboard: None,
            webhooks: Vec::new(),
            email: None,
            heartbeat: None,
        }
    }
}

/// A webhook.
#[derive(Clone, Debug)]
pub struct WebhookModel {
    /// Address.
    pub address: WebhookAddress,
    /// What messages are signed with.
    pub secret: Option<SecretPlace>,
    /// Headers that it wants besides.
    pub headers: Vec<(String, SecretPlace)>,
}

/// Where a webhook is.
#[derive(Clone, Debug)]
pub enum WebhookAddress {
    /// The configuration says it.
    Said(Url),
    /// It is a secret, and read when it is needed.
    Secret {
        /// Where it is to be found.
        place: SecretPlace,
        /// Whether it may be `http://` to another machine.
        allow_http: bool,
    },
}

impl Alerting {
    /// Where the secrets are: addresses, keys, headers and the password of the mail account.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretPlace> {
        let of_hook = |hook| {
            let WebhookModel { secret, headers, .. }: &WebhookModel = hook;
            secret.iter().chain(headers.iter().map(|(_, place)| place))
        };
        let account = self.email.iter().filter_map(|email| email.account.as_ref()).map(|(_, place)| place);
        self.webhooks.iter().flat_map(of_hook).chain(account)
    }
}

impl WebhookAddress {
    /// The address.
    ///
    /// # Errors
    /// It is a secret that cannot be read, or is no address that messages may go to; the problem does not repeat it.
    pub fn read(&self) -> Result<Url, Problem> {
        let (place, allow_http) = match self {
            Self::Said(url) => return Ok(url.clone()),
            Self::Secret { place, allow_http } => (place, *allow_http),
        };
        let secret = place.read()?;
        web_address(secret.expose_secret().trim(), allow_http).map_err(|error| {
            place.at_its_place(format!("{} is no good: {error}", place.what)).advice(address_advice(&error))
        })
    }

    /// The host, for people; none if it cannot be read. The rest of an address is often a secret.
    pub fn host(&self) -> Option<String> {
        self.read().ok().and_then(|url| url.host_str().map(str::to_owned))
    }
}

/// An address that messages may go to.
pub(super) fn web_address(text: &str, allow_http: bool) -> Result<Url, AddressError> {
    let url = Url::parse(text).map_err(|_| AddressError::NotHttp)?;
    check_url(&url, allow_http).map(|()| url)
}

/// What to do about an address that is none.
pub(super) fn address_advice(error: &AddressError) -> &'static str {
    match error {
        AddressError::NotHttp => "It should look like `https://alerts.example.org/tally`.",
        AddressError::Insecure => "Use `https://`, or set `allow_http = true` if nobody else can listen on the way.",
        AddressError::Credentials => "Leave them out: name a header in `headers_env` instead.",
    }
}

/// E-mail.
#[derive(Clone, Debug)]
pub struct EmailModel {
    /// Host name of the mail server.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the way there is kept secret.
    pub security: Security,
    /// User name and password.
    pub account: Option<(String, SecretPlace)>,
    /// Sender.
    pub from: String,
    /// Recipients.
    pub to: Vec<String>,
}
