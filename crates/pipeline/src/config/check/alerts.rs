//! Who is told when something is wrong.

use super::Checker;
use crate::config::alerting::DEFAULT_REPEAT_HOURS;
use crate::config::alerting::{Alerting, EmailModel, WebhookAddress, WebhookModel, address_advice, web_address};
use crate::config::problem::NOWHERE;
use crate::config::raw::{self, At, EventKind, HeartbeatMethod, MailSecurity};
use crate::config::secret::SecretPlace;
use alerts::{Heartbeat, Security, is_loopback_host, is_mail_address};
use jiff::SignedDuration;
use std::ops::Range;
use std::path::Path;
use url::Url;

/// More webhooks than anybody has, and few enough that a run that fails ends soon.
const WEBHOOKS_MAX: usize = 16;
/// A list of more people than that is the mail server's matter.
const RECIPIENTS_MAX: usize = 50;

impl Checker<'_> {
    pub(super) fn alerts(&mut self, raw: &raw::Alerts, folder: &Path) -> Option<Alerting> {
        let before = self.problems.len();
        let dashboard = raw.dashboard_url.as_ref().and_then(|at| self.web_address(at, true));
        if let Some(extra) = raw.webhook.get(WEBHOOKS_MAX) {
            self.at(extra.span(), format!("there are more than {WEBHOOKS_MAX} webhooks"))
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

    fn webhook(&mut self, at: &At<raw::AlertWebhook>, folder: &Path) -> Option<WebhookModel> {
        let raw = at.get();
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
        Some(WebhookModel { address: self.webhook_address(at, folder)?, secret, headers })
    }

    /// Where it is: said here, or in a variable or a file, where it is the secret.
    fn webhook_address(&mut self, at: &At<raw::AlertWebhook>, folder: &Path) -> Option<WebhookAddress> {
        let raw = at.get();
        let place = self.secret("the address of the webhook", &raw.url_env, &raw.url_file, folder);
        match (&raw.url, place) {
            (Some(url), Some(_)) => {
                self.at(url.span(), "the address of the webhook is given twice")
                    .advice("Keep either `url`, or the variable or file that holds it.");
                None
            }
            (Some(url), None) => self.web_address(url, raw.allow_http).map(WebhookAddress::Said),
            (None, Some(place)) => Some(WebhookAddress::Secret { place, allow_http: raw.allow_http }),
            (None, None) => {
                // A place that is given twice was told already.
                if raw.url_env.is_none() {
                    let advice = "Give `url`, or with `url_env` or `url_file` the place where the address is.";
                    self.missing("url", "[[alerts.webhook]]", &at.span(), advice);
                }
                None
            }
        }
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
        match web_address(at.get(), allow_http) {
            Ok(url) => Some(url),
            Err(error) => {
                self.at(at.span(), error.to_string()).advice(address_advice(&error));
                None
            }
        }
    }
}
