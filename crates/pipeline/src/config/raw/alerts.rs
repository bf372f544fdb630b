//! Who is told when something is wrong, as a person wrote it.

use super::At;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who is told when a report needs a person.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alerts {
    /// What is told; everything when absent.
    pub events: Option<At<Vec<EventKind>>>,
    /// Hours after which a problem that goes on is told again.
    #[schemars(range(min = 1, max = 8760))]
    pub repeat_hours: Option<At<u32>>,
    /// Address of the dashboard, for links in messages.
    pub dashboard_url: Option<At<String>>,
    /// Webhooks, each under a line `[[alerts.webhook]]`.
    #[serde(default)]
    pub webhook: Vec<At<AlertWebhook>>,
    /// E-mail.
    pub email: Option<At<AlertEmail>>,
    /// A monitor outside that alarms when no success was told.
    pub heartbeat: Option<AlertHeartbeat>,
}

/// What a person may want to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A run ended with an error.
    Failed,
    /// Something that was pushed is not there.
    Partial,
    /// Values wait for a person or for a later day.
    Held,
    /// Somebody else changed values that Tally had written.
    Drifted,
    /// A report that was due has not succeeded by its deadline.
    Overdue,
}

impl EventKind {
    /// All, in their order.
    pub const ALL: [Self; 5] = [Self::Failed, Self::Partial, Self::Held, Self::Drifted, Self::Overdue];

    /// The word in the configuration, in messages and in the state file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Partial => "partial",
            Self::Held => "held",
            Self::Drifted => "drifted",
            Self::Overdue => "overdue",
        }
    }

    /// The kind of a word.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A webhook: an address that takes messages as JSON.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertWebhook {
    /// Address, such as `https://alerts.example.org/tally`.
    pub url: Option<At<String>>,
    /// Environment variable that holds the address: for receivers to whom it is the secret.
    pub url_env: Option<At<String>>,
    /// File that holds the address.
    pub url_file: Option<At<String>>,
    /// Environment variable that holds the secret with which messages are signed.
    pub secret_env: Option<At<String>>,
    /// File that holds the secret with which messages are signed.
    pub secret_file: Option<At<String>>,
    /// Headers that the receiver wants besides: names, with the environment variables that hold their values.
    #[serde(default)]
    pub headers_env: BTreeMap<String, At<String>>,
    /// Allow `http://` to another machine: messages and headers then travel readable.
    #[serde(default)]
    pub allow_http: bool,
}

/// E-mail by an SMTP server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertEmail {
    /// Host name of the mail server.
    pub host: At<String>,
    /// Port; 587, 465 or 25 by `security` when absent.
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<At<u16>>,
    /// How the way to the mail server is kept secret.
    pub security: Option<At<MailSecurity>>,
    /// User name, if the mail server wants one.
    pub username: Option<At<String>>,
    /// Environment variable that holds the password.
    pub password_env: Option<At<String>>,
    /// File that holds the password.
    pub password_file: Option<At<String>>,
    /// Sender, such as `Tally <tally@example.org>`.
    pub from: At<String>,
    /// Recipients.
    pub to: At<Vec<At<String>>>,
}

/// How the way to a mail server is kept secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// TLS begins after the greeting; without it nothing is sent.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None; only to a server on this machine.
    None,
}

/// A monitor outside that alarms when no success was told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertHeartbeat {
    /// Address that is asked for after each run that was proved clean.
    pub url: At<String>,
    /// How it is asked for.
    pub method: Option<HeartbeatMethod>,
    /// Allow `http://` to another machine.
    #[serde(default)]
    pub allow_http: bool,
}

/// How a heartbeat is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HeartbeatMethod {
    /// The usual way.
    #[default]
    Get,
    /// For monitors that want it.
    Post,
}
