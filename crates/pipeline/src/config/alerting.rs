//! Who is told when something is wrong, as the rest of Tally uses it.

use super::raw::EventKind;
use super::secret::SecretPlace;
use alerts::{Heartbeat, Security};
use jiff::SignedDuration;
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

/// A webhook.
#[derive(Clone, Debug)]
pub struct WebhookModel {
    /// Address.
    pub url: Url,
    /// What messages are signed with.
    pub secret: Option<SecretPlace>,
    /// Headers that it wants besides.
    pub headers: Vec<(String, SecretPlace)>,
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
