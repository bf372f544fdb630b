//! What is configured: where from, where to, what, when. Of a secret it says where it is, and never what.

use super::face::Face;
use super::moment::span;
use super::visit::{Refusal, Visit};
use crate::language::say;
use crate::render::number::grouped;
use askama::Template;
use axum::response::Response;
use pipeline::config::model::{Credentials, Keep, Source};
use pipeline::config::{Config, Report, SecretPlace, Whereabouts};
use pipeline::store::State;
use schemars::JsonSchema;
use serde::Serialize;

/// What is configured, as data: sections of names and values, in words.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SettingsFacts {
    /// The file.
    pub(crate) file: String,
    /// What it says.
    pub(crate) sections: Vec<Section>,
}

/// A part of the configuration.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Section {
    /// What it is about.
    pub(crate) title: String,
    /// What it says.
    pub(crate) settings: Vec<Setting>,
}

/// A setting.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Setting {
    /// What.
    pub(crate) name: String,
    /// How.
    pub(crate) value: String,
}

impl Section {
    fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), settings: Vec::new() }
    }

    fn with(mut self, name: String, value: impl Into<String>) -> Self {
        self.settings.push(Setting { name, value: value.into() });
        self
    }
}

impl SettingsFacts {
    /// What a configuration says.
    pub(crate) fn of(config: &Config) -> Self {
        let mut sections = vec![godata(config), dhis2(config), state(config)];
        sections.extend(config.reports.iter().map(report));
        sections.extend(alerts(config));
        Self { file: config.source.path.display().to_string(), sections }
    }
}

fn godata(config: &Config) -> Section {
    let section = Section::new("Go.Data");
    match &config.godata {
        Source::Server { url, outbreaks, email, password, .. } => {
            let outbreaks: Vec<&str> = outbreaks.iter().map(|outbreak| outbreak.value.as_str()).collect();
            section
                .with(say!("setting-address"), url.value.as_str())
                .with(say!("setting-outbreak"), outbreaks.join(", "))
                .with(say!("setting-account"), &email.value)
                .with(say!("setting-secret"), secret(password))
        }
        Source::Files { records, .. } => {
            let files: Vec<String> = records.iter().map(|(_, path)| path.display().to_string()).collect();
            section.with(say!("setting-files"), files.join(", "))
        }
    }
}

fn dhis2(config: &Config) -> Section {
    let section = Section::new("DHIS2").with(say!("setting-address"), config.dhis2.url.value.as_str());
    let section = match &config.dhis2.credentials {
        Credentials::Basic { username, password } => {
            section.with(say!("setting-account"), username).with(say!("setting-secret"), secret(password))
        }
        Credentials::Token(place) => section.with(say!("setting-secret"), secret(place)),
    };
    match &config.dhis2.small_cells {
        Some(small) => section.with(say!("setting-small-cells"), say!("setting-fewer-than", n = small.threshold)),
        None => section,
    }
}

fn state(config: &Config) -> Section {
    let keep = match config.keep {
        Keep::Records => say!("setting-keep-records"),
        Keep::Nothing => say!("setting-keep-nothing"),
    };
    Section::new(say!("setting-state"))
        .with(say!("setting-folder"), config.state_folder.display().to_string())
        .with(say!("setting-records"), keep)
        .with(say!("setting-places"), config.places.source.path.display().to_string())
}

fn report(report: &Report) -> Section {
    let data_sets: Vec<&str> = report.data_sets.iter().map(|data_set| data_set.value.as_str()).collect();
    let indicators = report.indicators.iter().map(|model| model.indicator.code.as_str());
    let indicators: Vec<&str> =
        indicators.chain(report.statements.iter().map(|model| model.statement.code.as_str())).collect();
    let section = Section::new(say!("setting-report", report = &report.name))
        .with(say!("setting-data-sets"), data_sets.join(", "))
        .with(say!("setting-period"), report.period_type.value.name())
        .with(say!("setting-look-back"), grouped(report.look_back.into()))
        .with(say!("setting-indicators"), indicators.join(", "));
    let Some(scheduled) = &report.scheduled else {
        return section.with(say!("setting-schedule"), say!("setting-none"));
    };
    let section = section.with(say!("setting-schedule"), scheduled.schedule.to_string());
    match scheduled.deadline {
        Some(deadline) => section.with(say!("setting-deadline"), span(deadline.as_secs().unsigned_abs())),
        None => section,
    }
}

fn alerts(config: &Config) -> Option<Section> {
    let alerting = config.alerts.as_ref()?;
    let mut section = Section::new(say!("setting-alerts"));
    for webhook in &alerting.webhooks {
        // The path of a webhook is often its secret.
        section = section.with(say!("setting-webhook"), webhook.url.host_str().unwrap_or_default());
    }
    if let Some(email) = &alerting.email {
        section = section.with(say!("setting-email"), format!("{} ({})", email.to.join(", "), email.host));
    }
    if let Some(heartbeat) = &alerting.heartbeat {
        section = section.with(say!("setting-heartbeat"), heartbeat.url.host_str().unwrap_or_default());
    }
    Some(section)
}

/// Where a secret is, and whether it is there.
fn secret(place: &SecretPlace) -> String {
    let at = match place.whereabouts() {
        Whereabouts::Variable(name) => say!("secret-variable", name = name),
        Whereabouts::File(path) => say!("secret-file", path = path.display().to_string()),
        Whereabouts::Nowhere => return say!("secret-nowhere"),
    };
    if place.read().is_ok() { at } else { say!("secret-missing", at = at) }
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    face: Face,
    facts: SettingsFacts,
}

/// `GET /settings`.
pub(super) async fn page(visit: Visit) -> Response {
    visit.page(make).await
}

fn make(visit: &Visit, _: &State) -> Result<String, Refusal> {
    let facts = SettingsFacts::of(&visit.site.config());
    Ok(Page { face: Face::new(visit, say!("page-settings")), facts }.render()?)
}
