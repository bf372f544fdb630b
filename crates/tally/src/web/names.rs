//! Names and shapes of the reports' places: read from DHIS2 once a day when somebody looks, kept in a file, and good enough to
//! look at when DHIS2 is away.

use super::moment::Moment;
use super::site::Site;
use crate::language::say;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pipeline::config::{Config, Report};
use pipeline::gazetteer::{Gazetteer, fetch};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Names change when somebody reorganises districts: not within a day.
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(24);
/// After an attempt, DHIS2 is left alone for so long, or each look at a page would knock at a server that is down.
const BETWEEN_ATTEMPTS: SignedDuration = SignedDuration::from_mins(10);
/// The first page that needs names waits for them so long; then it is shown with ids.
const FIRST_WAIT: Duration = Duration::from_secs(3);

#[derive(Default)]
struct Known {
    gazetteer: Option<Arc<Gazetteer>>,
    attempted_at: Option<Timestamp>,
    /// The file was looked at.
    is_looked_up: bool,
}

/// The names of each report, by the address of its DHIS2 and its name.
#[derive(Default)]
pub(crate) struct Names(Mutex<HashMap<(String, String), Known>>);

fn key(config: &Config, report: &Report) -> (String, String) {
    (config.dhis2.url.value.to_string(), report.name.clone())
}

impl Names {
    /// What is known; from the file the first time.
    pub(super) fn of(&self, config: &Config, report: &Report) -> Option<Arc<Gazetteer>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(key(config, report)).or_default();
        if !known.is_looked_up {
            known.is_looked_up = true;
            known.gazetteer = Gazetteer::kept(config, report).map(Arc::new);
        }
        known.gazetteer.clone()
    }

    /// Whether it is time to ask DHIS2; then it is taken as done.
    fn is_due(&self, config: &Config, report: &Report, now: Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(key(config, report)).or_default();
        let within = |at: Timestamp, span: SignedDuration| now.duration_since(at) < span;
        let is_fresh = known.gazetteer.as_ref().is_some_and(|found| within(found.read_at, FRESH_FOR));
        let was_tried = known.attempted_at.is_some_and(|at| within(at, BETWEEN_ATTEMPTS));
        if is_fresh || was_tried {
            return false;
        }
        known.attempted_at = Some(now);
        true
    }

    fn put(&self, config: &Config, report: &Report, found: Gazetteer) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(key(config, report)).or_default().gazetteer = Some(Arc::new(found));
    }
}

/// Asks DHIS2 for the names of a report if that is due: beside the page if older ones are known, else the page waits a moment.
pub(super) async fn refresh(site: &Arc<Site>, report: &str) {
    let (config, now) = (site.config(), site.now());
    let Some(found) = config.reports.iter().position(|one| one.name == report) else { return };
    let known = site.names.of(&config, &config.reports[found]);
    if !site.names.is_due(&config, &config.reports[found], now) {
        return;
    }
    let to = Arc::clone(site);
    let asking = tokio::spawn(async move {
        let report = &config.reports[found];
        match fetch(&config, report, now).await {
            Ok(names) => {
                if let Err(error) = names.keep(&config, report) {
                    tracing::warn!(%error, "the names of a report could not be kept");
                }
                to.names.put(&config, report, names);
            }
            Err(error) => {
                tracing::info!(code = error.code.name(), "the names of a report could not be read from DHIS2")
            }
        }
    });
    if known.is_none() {
        // Too long: the page is shown with ids, and the task goes on.
        let _ = tokio::time::timeout(FIRST_WAIT, asking).await;
    }
}

/// When names were read, in a sentence.
pub(super) fn told(found: Option<&Gazetteer>, now: Timestamp) -> String {
    match found {
        None => say!("names-unknown"),
        Some(found) => {
            let read = Moment::new(found.read_at, now, &TimeZone::UTC);
            say!("names-read", at = read.text, ago = read.distance)
        }
    }
}
