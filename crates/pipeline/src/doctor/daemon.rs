//! What `tally serve` needs besides: schedules and who hears when one is missed, the dashboard and who can reach it, alerts and
//! their secrets. Nobody is asked and nothing is sent.

use super::{Area, Code, Diagnosis, Examination};
use crate::config::model::{Alerting, Config, Report};
use crate::progress::counted;
use crate::store::State;
use crate::upkeep::Severity;
use jiff::Timestamp;

/// Looks at all of it. What is not configured is not told of.
pub(super) fn examine(config: &Config, reports: &[&Report], now: Timestamp, examination: &mut Examination) {
    for report in reports {
        schedule(config, report, now, examination);
    }
    dashboard(config, examination);
    if let Some(alerting) = &config.alerts {
        alerts(alerting, examination);
    }
}

fn schedule(config: &Config, report: &Report, now: Timestamp, examination: &mut Examination) {
    let Some(scheduled) = &report.scheduled else { return };
    let name = &report.name;
    match scheduled.schedule.next_after(now) {
        Some(next) => {
            let next = next.to_zoned(scheduled.schedule.zone().clone()).strftime("%Y-%m-%d %H:%M");
            let text = format!("`{name}` is next due on {next} ({})", scheduled.schedule);
            examination.well(Area::Daemon, Code::Schedule, text);
        }
        None => examination.warn(
            Area::Daemon,
            Code::Schedule,
            format!("`{name}` is never due again ({})", scheduled.schedule),
            "The days that the schedule names do not come.",
            "Correct `schedule`; `30 6 * * *` is every day at 6:30.",
        ),
    }
    if scheduled.deadline.is_some() && config.alerts.is_none() {
        examination.warn(
            Area::Daemon,
            Code::Schedule,
            format!("`{name}` has a deadline, and nobody is told when it passes"),
            "The configuration has no `[alerts]`, so that only the log and the dashboard say that the report is late.",
            "Add `[[alerts.webhook]]` or `[alerts.email]`.",
        );
    }
}

fn dashboard(config: &Config, examination: &mut Examination) {
    let dashboard = &config.dashboard;
    if dashboard.is_of_this_machine() {
        return;
    }
    let has_users = dashboard.has_proxy_users() || users(config);
    if !has_users {
        let text =
            format!("others could reach the dashboard on {}, and there is no user who could sign in", dashboard.listen);
        examination.findings.push(Diagnosis {
            area: Area::Daemon,
            severity: Severity::Error,
            code: Code::Dashboard,
            text,
            cause: Some("`tally serve` does not listen where everybody would have to be let in.".to_owned()),
            remedy: Some(
                "Add one with `tally user add NAME --role admin`, or listen on `127.0.0.1:8420` alone.".to_owned(),
            ),
        });
    }
    if !dashboard.has_secure_cookies() {
        examination.warn(
            Area::Daemon,
            Code::Dashboard,
            format!("the dashboard on {} takes cookies that came without TLS", dashboard.listen),
            "Whoever listens on the network can take over the session of somebody who signed in.",
            "Put a web server with TLS in front, and remove `secure_cookies = false`.",
        );
    }
    if has_users && dashboard.has_secure_cookies() {
        let text = format!("others reach the dashboard on {} by https, and sign in", dashboard.listen);
        examination.well(Area::Daemon, Code::Dashboard, text);
    }
}

/// Whether the state has a user; a state that is not there, or does not open, has none.
fn users(config: &Config) -> bool {
    let file = config.state_file();
    file.exists() && State::open_read_only(&file).and_then(|state| state.has_users()).unwrap_or(false)
}

fn alerts(alerting: &Alerting, examination: &mut Examination) {
    let secrets = alerting.secrets().filter_map(|place| place.read().err());
    let addresses = alerting.webhooks.iter().filter_map(|webhook| webhook.address.read().err());
    let problems: Vec<_> = addresses.chain(secrets).collect();
    for problem in &problems {
        let place = problem.location().map(|place| format!("{place}: ")).unwrap_or_default();
        examination.warn(
            Area::Daemon,
            Code::Alerts,
            format!("{place}{}", problem.message),
            "Nothing that is told arrives there.",
            problem.advice.as_deref().unwrap_or("Correct it, and try it with `tally alert test`."),
        );
    }
    let n = alerting.webhooks.len() + usize::from(alerting.email.is_some());
    if n == 0 {
        examination.warn(
            Area::Daemon,
            Code::Alerts,
            "alerts go to nobody".to_owned(),
            "`[alerts]` has neither a webhook nor e-mail; a heartbeat only says that all is well.",
            "Add `[[alerts.webhook]]` or `[alerts.email]`.",
        );
    } else if problems.is_empty() {
        let text = format!("alerts go to {}; `tally alert test` tries them", counted(n as u64, "destination"));
        examination.well(Area::Daemon, Code::Alerts, text);
    }
}
