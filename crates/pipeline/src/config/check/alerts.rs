//! Who is told when something is wrong.

use super::Checker;
use crate::config::alerting::{Alerting, EmailModel, WebhookModel};
use crate::config::problem::NOWHERE;
use crate::config::raw::{self, At, EventKind, HeartbeatMethod, MailSecurity};
use crate::config::secret::SecretPlace;
use alerts::{AddressError, Heartbeat, Security, check_url, is_loopback_host, is_mail_address};
use jiff::SignedDuration;
use std::ops::Range;
use std::path::Path;
use url::Url;

/// Hours after which a problem is told again when nothing is said: once on each working day.
const DEFAULT_REPEAT_HOURS: u32 = 24;
/// More webhooks than anybody has, and few enough that a run that fails ends soon.
const WEBHOOKS_MAX: usize = 16;
/// A list of more people than that is the mail server's matter.
const RECIPIENTS_MAX: usize = 50;

impl Checker<'_> {
    pub(super) fn alerts(&mut self, raw: &raw::Alerts, folder: &Path) -> Option<Alerting> {
        let before = self.problems.len();
        let dashboard = raw.dashboard_url.as_ref().and_then(|at| self.web_address(at, true));
        if let Some(extra) = raw.webhook.get(WEBHOOKS_MAX) {
            self.at(extra.url.span(), format!("there are more than {WEBHOOKS_MAX} webhooks"))
                .advice("Let one receiver pass messages on.");
        }
        let webhooks = raw.webhook.iter().filter_map(|webhook| self.webhook(webhook, folder)).collect();
        let email = raw.email.as_ref().and_then(|email| self.alert_email(email, folder));
        let heartbeat = raw.heartbeat.as_ref().and_then(|heartbeat| {
            let url = self.web_address(&heartbeat.url, heartbeat.allow_http)?;
            let method = match heartbeat.method.unwrap_or_default() {
                HeartbeatMethod::Get => alerts::HeartbeatMethod::Get,
                HeartbeatMethod::Post => alerts::HeartbeatMethod::Post,
            };
            Some(Heartbeat { url, method })
        });
        let events = raw.events.as_ref().map_or_else(|| EventKind::ALL.to_vec(), |at| at.get().clone());
        let hours = raw.repeat_hours.as_ref().map_or(DEFAULT_REPEAT_HOURS, |at| *at.get());
        (self.problems.len() == before).then(|| Alerting {
            events: events.into_iter().collect(),
            repeat: SignedDuration::from_hours(i64::from(hours)),
            dashboard,
            webhooks,
            email,
            heartbeat,
        })
    }

    fn webhook(&mut self, raw: &raw::AlertWebhook, folder: &Path) -> Option<WebhookModel> {
        let secret = self.secret("the secret of the webhook", &raw.secret_env, &raw.secret_file, folder);
        let mut headers = Vec::new();
        for (name, variable) in &raw.headers_env {
            let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if name.is_empty() || !name.chars().all(is_token) {
                self.at(variable.span(), format!("`{name}` is not the name of a header"))
                    .advice("Names of headers have letters, digits and hyphens, such as `Authorization`.");
            }
            let place = SecretPlace::of("a header of the webhook", Some(variable), None, &self.source, folder);
            headers.extend(place.ok().flatten().map(|place| (name.clone(), place)));
        }
        Some(WebhookModel { url: self.web_address(&raw.url, raw.allow_http)?, secret, headers })
    }

    fn alert_email(&mut self, at: &At<raw::AlertEmail>, folder: &Path) -> Option<EmailModel> {
        let (raw, table) = (at.get(), at.span());
        let security = match raw.security.as_ref().map(|at| *at.get()).unwrap_or_default() {
            MailSecurity::Starttls => Security::StartTls,
            MailSecurity::Tls => Security::Tls,
            MailSecurity::None => Security::None,
        };
        if let Some(said) = raw.security.as_ref().filter(|_| security == Security::None)
            && raw.host.span() != NOWHERE
            && !is_loopback_host(raw.host.get())
        {
            self.at(said.span(), "letters to another machine need a secure connection")
                .advice("Use \"starttls\" or \"tls\"; \"none\" is for a mail server on this machine.");
        }
        self.mail_address(&raw.from);
        raw.to.get().iter().for_each(|to| self.mail_address(to));
        if raw.to.span() != NOWHERE && !(1..=RECIPIENTS_MAX).contains(&raw.to.get().len()) {
            self.at(raw.to.span(), format!("`to` needs 1 to {RECIPIENTS_MAX} recipients"))
                .advice("For more people, name a distribution list of the mail server.");
        }
        let password = self.secret("the password of the mail server", &raw.password_env, &raw.password_file, folder);
        let account = self.mail_account(raw, password, &table);
        Some(EmailModel {
            host: raw.host.get().clone(),
            port: raw.port.as_ref().map_or(security.port(), |at| *at.get()),
            security,
            account,
            from: raw.from.get().clone(),
            to: raw.to.get().iter().map(|to| to.get().clone()).collect(),
        })
    }

    /// User name and password, which belong together.
    fn mail_account(
        &mut self,
        raw: &raw::AlertEmail,
        password: Option<SecretPlace>,
        table: &Range<usize>,
    ) -> Option<(String, SecretPlace)> {
        let has_password = raw.password_env.is_some() || raw.password_file.is_some();
        match &raw.username {
            Some(name) => {
                if !has_password {
                    let advice = "Name the environment variable that holds the password of the mail account.";
                    self.missing("password_env", "[alerts.email]", table, advice);
                }
                password.map(|password| (name.get().clone(), password))
            }
            None => {
                if has_password {
                    let advice = "Give the user name to which the password belongs.";
                    self.missing("username", "[alerts.email]", table, advice);
                }
                None
            }
        }
    }

    fn mail_address(&mut self, at: &At<String>) {
        if at.span() != NOWHERE && !is_mail_address(at.get()) {
            self.at(at.span(), "this is not an e-mail address")
                .advice("It should look like `who@example.org` or `Name <who@example.org>`.");
        }
    }

    /// An address that messages may go to. Problems do not repeat it: its path is often the secret.
    fn web_address(&mut self, at: &At<String>, allow_http: bool) -> Option<Url> {
        if at.span() == NOWHERE {
            return None;
        }
        let checked = match Url::parse(at.get()) {
            Ok(url) => check_url(&url, allow_http).map(|()| url),
            Err(_) => Err(AddressError::NotHttp),
        };
        let error = match checked {
            Ok(url) => return Some(url),
            Err(error) => error,
        };
        self.at(at.span(), error.to_string()).advice(match error {
            AddressError::NotHttp => "It should look like `https://alerts.example.org/tally`.",
            AddressError::Insecure => {
                "Use `https://`, or set `allow_http = true` if nobody else can listen on the way."
            }
            AddressError::Credentials => "Leave them out: name a header in `headers_env` instead.",
        });
        None
    }
}
