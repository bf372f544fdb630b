//! DHIS2, its account, its clock and its default category option combo.

use super::{Area, Code, Examination};
use crate::config::model::Config;
use crate::{failure, target};
use ::dhis2::Me;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What an account needs to write data values.
const NEEDED: &str = "F_DATAVALUE_ADD";

/// Looks at the server; returns whether it answers.
pub(super) async fn examine(config: &Config, now: Timestamp, examination: &mut Examination) -> bool {
    let (client, info, me) = match target::connect(config).await {
        Ok(connected) => connected,
        Err(error) => {
            examination.failed(Area::Dhis2, Code::Dhis2SignIn, &error);
            return false;
        }
    };
    let url = &config.dhis2.url.value;
    let text = format!("{url} is DHIS2 {} and knows the account as `{}`", info.version_text, me.username);
    examination.well(Area::Dhis2, Code::Dhis2SignIn, text);
    authorities(&me, examination);
    let zone = info.server_time_zone_id.as_deref().and_then(|name| TimeZone::get(name).ok());
    if let (Some(theirs), Some(zone)) = (info.server_date, zone)
        && let Ok(theirs) = theirs.to_zoned(zone)
    {
        examination.clock(Area::Dhis2, Code::Dhis2Clock, theirs.timestamp(), now);
    }
    match client.defaults().await {
        Ok(defaults) if defaults.len() == 1 => {
            examination.well(Area::Dhis2, Code::Dhis2Defaults, "there is one default category option combo".to_owned());
        }
        Ok(defaults) => {
            let uids: Vec<&str> = defaults.iter().map(|uid| uid.as_str()).collect();
            examination.warn(
                Area::Dhis2,
                Code::Dhis2Defaults,
                format!("there are {} category option combos named `default`: {}", defaults.len(), uids.join(", ")),
                "Metadata was imported from another server with its own default. Values written to one of them are not seen \
                 by forms and indicators that use the other.",
                "Let the DHIS2 administrator merge them; until then name data elements whose category combo has the default \
                 that forms use.",
            );
        }
        Err(error) => examination.failed(Area::Dhis2, Code::Dhis2Defaults, &failure::dhis2(&error, config)),
    }
    true
}

fn authorities(me: &Me, examination: &mut Examination) {
    if me.authorities.iter().any(|given| given == "ALL") {
        examination.warn(
            Area::Dhis2,
            Code::Dhis2Authorities,
            format!("the account `{}` may do everything (authority ALL)", me.username),
            "Whoever gets hold of its password or token can change or delete the whole country's data and metadata.",
            "Give Tally an account of its own whose role has F_DATAVALUE_ADD, and F_DATAVALUE_DELETE where reports retract by \
             deletion.",
        );
    } else if !me.has_authority(NEEDED) {
        examination.warn(
            Area::Dhis2,
            Code::Dhis2Authorities,
            format!("the account `{}` lacks the authority {NEEDED}", me.username),
            "DHIS2 refuses data values without it.",
            "Add it to a role of the account (DHIS2: Users, User roles).",
        );
    } else {
        examination.well(
            Area::Dhis2,
            Code::Dhis2Authorities,
            "the account may write data values, and not everything".to_owned(),
        );
    }
    if me.org_units.is_empty() {
        examination.warn(
            Area::Dhis2,
            Code::Dhis2OrgUnits,
            format!("the account `{}` has no organisation unit for data capture", me.username),
            "DHIS2 takes values only below the units that are assigned to the account, of superusers too up to 2.42.",
            "Assign the top of the country, or of the part that is reported, to the account.",
        );
    }
}
