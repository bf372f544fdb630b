//! Go.Data, its account and its clock.

use super::{Area, Code, Examination};
use crate::config::model::{Config, Source};
use crate::source;
use ::godata::{OutbreakId, Resource};
use jiff::Timestamp;

/// The version from which Go.Data's answers were studied; older ones differ in what this page cannot see.
const STUDIED: &str = "2.50";

/// Looks at the server; returns whether it answers and shows the outbreak.
pub(super) async fn examine(config: &Config, now: Timestamp, examination: &mut Examination) -> bool {
    let Source::Server { url, email, .. } = &config.godata else { return true };
    let (client, found) = match source::connect(config).await {
        Ok(connected) => connected,
        Err(error) => {
            examination.failed(Area::Godata, Code::GodataSignIn, &error);
            return false;
        }
    };
    let names: Vec<&str> = found.iter().filter_map(|outbreak| outbreak.name.text()).collect();
    let outbreaks = if names.len() == 1 { "outbreak" } else { "outbreaks" };
    let named = names.join("\", \"");
    let text = format!("{} signs in as {} and shows the {outbreaks} \"{named}\"", url.value, email.value);
    examination.well(Area::Godata, Code::GodataSignIn, text);
    if let Ok(Some(version)) = client.version().await
        && let Some(text) = version.version.text()
    {
        examination.well(Area::Godata, Code::GodataVersion, format!("Go.Data {text}; Tally was studied on {STUDIED}"));
    }
    if let Ok(Some(user)) = client.user().await {
        account(&user, examination);
    }
    // A page of ids of any list tells the time as the watermark of a run would.
    let mut clock = None;
    for outbreak in found.iter().filter_map(|outbreak| outbreak.id.text()) {
        match client.pages(Resource::Cases(OutbreakId::new(outbreak)), &[]).next().await {
            Some(Ok(page)) => clock = Some(page.server_date()),
            Some(Err(error)) => {
                examination.failed(Area::Godata, Code::GodataCases, &crate::failure::godata(&error, config));
                return false;
            }
            None => {}
        }
    }
    match clock {
        Some(Some(theirs)) => examination.clock(Area::Godata, Code::GodataClock, theirs, now),
        Some(None) => examination.warn(
            Area::Godata,
            Code::GodataClock,
            "Go.Data does not tell its time".to_owned(),
            "A proxy before it takes the header `Date` out of its answers; without it every run reads everything.",
            "Let the proxy pass the header.",
        ),
        None => {}
    }
    true
}

fn account(user: &::godata::wire::User, examination: &mut Examination) {
    if user.disregard_geographic_restrictions.get() == Some(&false) {
        examination.warn(
            Area::Godata,
            Code::GodataRestricted,
            "the account is bound by geographic restrictions".to_owned(),
            "If the outbreak applies them, the lists and the counts lack the cases of other areas, and nothing says so: the \
             report would be too low.",
            "Let the account disregard geographic restrictions (Go.Data: Users, the account).",
        );
    } else {
        examination.well(Area::Godata, Code::GodataRestricted, "the account is not bound to an area".to_owned());
    }
}
