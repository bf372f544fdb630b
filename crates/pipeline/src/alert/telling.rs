//! Delivers messages, and remembers what was told.

use super::event::Observation;
use super::folding::{Folded, fold};
use super::letter::letter;
use super::message::Message;
use crate::config::model::{Alerting, Config, EmailModel, WebhookModel};
use crate::crash;
use crate::error::{Code, Error, ErrorKind};
use crate::store::{AuditRow, OpenAlert, State};
use alerts::{Courier, Letter, MailServer, Patience, Webhook};
use futures::future::{join, join_all};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;

/// What came of a message, at one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The destination: its kind and its host, never a whole address.
    pub destination: String,
    /// What was sent, in the words of a letter's subject; `heartbeat` for one.
    pub message: String,
    /// Why it did not arrive; none if it did.
    pub failure: Option<String>,
}

/// What to do where nobody is told.
const DESTINATIONS: &str = "Add `[[alerts.webhook]]`, `[alerts.email]` or `[alerts.heartbeat]`.";

/// Tells those whom `[alerts]` names what became known of a report, as far as it is worth a message, and sends the heartbeat
/// of a success. Nothing here is an error: what did not arrive is in the log, in the audit of the state file, and in what
/// comes back, and is told again by the next observation. If the state file cannot be opened, everything is told.
pub async fn tell(config: &Config, observation: &Observation, now: &(dyn Fn() -> Timestamp + Sync)) -> Vec<Delivery> {
    let alerting = &config.alerts.clone().unwrap_or_default();
    let mut state = match State::open(&config.state_file()) {
        Ok(state) => Some(state),
        Err(error) => {
            tracing::warn!(%error, "what was told before is not known");
            None
        }
    };
    let folded = folded(state.as_ref(), alerting, observation, now());
    let mut deliveries = Vec::new();
    match Carrier::of(config, alerting) {
        Ok(carrier) => {
            let mut untold = BTreeSet::new();
            for notice in &folded.notices {
                let message = Message::of(&observation.report, notice, alerting.dashboard.as_ref(), now());
                let of_message = carrier.carry(&message, now).await;
                // What reached somebody is told.
                if of_message.iter().all(|delivery| delivery.failure.is_some()) {
                    untold.insert(notice.kind);
                }
                deliveries.extend(of_message);
            }
            remember(state.as_mut(), &observation.report, &folded.remembered(&untold));
            if observation.is_success {
                deliveries.extend(carrier.beat().await);
            }
        }
        Err(error) => deliveries.push(Delivery {
            destination: "all".to_owned(),
            message: "all".to_owned(),
            failure: Some(error.message),
        }),
    }
    record_failures(state.as_mut(), &deliveries, now());
    deliveries
}

/// Sends a test message to every destination, the heartbeat included, and says what came of each.
///
/// # Errors
/// The configuration has no `[alerts]`, or a destination's secret cannot be read.
pub async fn test(config: &Config, now: &(dyn Fn() -> Timestamp + Sync)) -> Result<Vec<Delivery>, Error> {
    let Some(alerting) = &config.alerts else {
        return Err(Error::new(ErrorKind::Config, "the configuration has no `[alerts]`").advice(DESTINATIONS));
    };
    let nowhere = alerting.webhooks.is_empty() && alerting.email.is_none() && alerting.heartbeat.is_none();
    if nowhere {
        return Err(Error::new(ErrorKind::Config, "`[alerts]` names no destination").advice(DESTINATIONS));
    }
    let carrier = Carrier::of(config, alerting)?;
    let message = Message::test(alerting.dashboard.as_ref(), now());
    let mut deliveries = carrier.carry(&message, now).await;
    deliveries.extend(carrier.beat().await);
    Ok(deliveries)
}

fn folded(state: Option<&State>, alerting: &Alerting, observation: &Observation, now: Timestamp) -> Folded {
    let open: Vec<OpenAlert> = match state.map(|state| state.open_alerts(&observation.report)) {
        Some(Ok(open)) => open,
        Some(Err(error)) => {
            tracing::warn!(%error, "what was told before cannot be read");
            Vec::new()
        }
        None => Vec::new(),
    };
    fold(&open, observation, &alerting.events, alerting.repeat, now)
}

fn remember(state: Option<&mut State>, report: &str, open: &[OpenAlert]) {
    let Some(state) = state else { return };
    let before = state.open_alerts(report);
    if before.is_ok_and(|before| before == open) {
        return;
    }
    if let Err(error) = state.set_open_alerts(report, open) {
        tracing::warn!(%error, "what was told cannot be remembered");
    }
}

fn record_failures(mut state: Option<&mut State>, deliveries: &[Delivery], now: Timestamp) {
    for (delivery, failure) in deliveries.iter().filter_map(|one| Some((one, one.failure.as_ref()?))) {
        let Delivery { destination, message, .. } = delivery;
        tracing::warn!(destination, message, failure, "an alert did not arrive");
        let row = AuditRow {
            at: now,
            actor: "alerts".to_owned(),
            action: "not-delivered".to_owned(),
            detail: format!("{destination}: {message}: {failure}"),
        };
        if let Some(state) = state.as_deref_mut()
            && let Err(error) = state.record_audit(&row)
        {
            tracing::warn!(%error, "a failed delivery cannot be recorded");
        }
    }
}

/// The destinations with their secrets, and who goes there.
struct Carrier<'c> {
    alerting: &'c Alerting,
    courier: Courier,
    webhooks: Vec<Result<Webhook, String>>,
    mail: Option<Result<MailServer, String>>,
}

impl<'c> Carrier<'c> {
    fn of(config: &Config, alerting: &'c Alerting) -> Result<Self, Error> {
        let usual = Patience::default();
        let delay = config.limits.retry_delay.unwrap_or_else(|| crash::retry_delay(usual.delay));
        let courier = Courier::new(Patience { delay, ..usual })
            .map_err(|error| Error::new(ErrorKind::Config, error.to_string()).coded(Code::Configuration))?;
        Ok(Self {
            alerting,
            courier,
            webhooks: alerting.webhooks.iter().map(webhook).collect(),
            mail: alerting.email.as_ref().map(mail_server),
        })
    }

    /// To all webhooks and by mail at the same time, so that one that is away keeps nobody waiting for the others.
    async fn carry(&self, message: &Message, now: &(dyn Fn() -> Timestamp + Sync)) -> Vec<Delivery> {
        let letter = letter(message);
        // A struct of texts and numbers always has its JSON.
        let json = serde_json::to_string(message).unwrap_or_default();
        let mut posts = Vec::new();
        for (hook, model) in self.webhooks.iter().zip(&self.alerting.webhooks) {
            posts.push(self.post(hook, model, &json, &letter.subject, now));
        }
        let (mut deliveries, mailed) = join(join_all(posts), self.mail(&letter)).await;
        deliveries.extend(mailed);
        deliveries
    }

    async fn post(
        &self,
        hook: &Result<Webhook, String>,
        model: &WebhookModel,
        json: &str,
        subject: &str,
        now: &(dyn Fn() -> Timestamp + Sync),
    ) -> Delivery {
        let result = match hook {
            Ok(hook) => self.courier.post(hook, json, now).await.map_err(|error| error.to_string()),
            Err(failure) => Err(failure.clone()),
        };
        delivery(format!("webhook {}", model.address.host().unwrap_or_default()).trim_end().to_owned(), subject, result)
    }

    async fn mail(&self, letter: &Letter) -> Option<Delivery> {
        let (server, model) = (self.mail.as_ref()?, self.alerting.email.as_ref()?);
        let result = match server {
            Ok(server) => self.courier.mail(server, letter).await.map_err(|error| error.to_string()),
            Err(failure) => Err(failure.clone()),
        };
        Some(delivery(format!("e-mail {}", model.host), &letter.subject, result))
    }

    async fn beat(&self) -> Option<Delivery> {
        let heartbeat = self.alerting.heartbeat.as_ref()?;
        let result = self.courier.beat(heartbeat).await.map_err(|error| error.to_string());
        let host = heartbeat.url.host_str().unwrap_or_default();
        Some(delivery(format!("heartbeat {host}"), "heartbeat", result))
    }
}

fn delivery(destination: String, message: &str, result: Result<(), String>) -> Delivery {
    Delivery { destination, message: message.to_owned(), failure: result.err() }
}

fn webhook(model: &WebhookModel) -> Result<Webhook, String> {
    let secret = model.secret.as_ref().map(|place| place.read().map_err(|problem| problem.message)).transpose()?;
    let read = |(name, place): &(String, crate::config::SecretPlace)| {
        place.read().map(|value| (name.clone(), value)).map_err(|problem| problem.message)
    };
    let headers = model.headers.iter().map(read).collect::<Result<_, _>>()?;
    let url = model.address.read().map_err(|problem| problem.message)?;
    Ok(Webhook { url, secret, headers })
}

fn mail_server(model: &EmailModel) -> Result<MailServer, String> {
    let account = match &model.account {
        Some((name, place)) => Some((name.clone(), place.read().map_err(|problem| problem.message)?)),
        None => None,
    };
    Ok(MailServer {
        host: model.host.clone(),
        port: model.port,
        security: model.security,
        account,
        from: model.from.clone(),
        to: model.to.clone(),
        authorities: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scheduler tells from a task of its own.
    #[test]
    fn telling_may_move_between_threads() {
        fn moves<T: Send>(_: fn(&'static Config, &'static Observation) -> T) {}
        moves(|config, observation| tell(config, observation, &Timestamp::now));
    }
}
