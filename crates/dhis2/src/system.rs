//! Who the server is, and who we are to it.

use jiff::civil::DateTime;
use serde::Deserialize;

use crate::client::Client;
use crate::decode;
use crate::error::{Error, ErrorKind};
use crate::uid::Uid;
use crate::version::Version;

/// What `system/info` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemInfo {
    /// The version, known to be supported.
    pub version: Version,
    /// The version as the server writes it.
    pub version_text: String,
    /// The source revision.
    pub revision: Option<String>,
    /// The calendar that period texts are read in; `iso8601` unless the server says otherwise.
    pub calendar: String,
    /// The server's clock, in its own time zone: periods open and close by it.
    pub server_date: Option<DateTime>,
    /// The server's time zone, an IANA name.
    pub server_time_zone_id: Option<String>,
    /// What tells this server apart from others, for ever.
    pub system_id: Option<String>,
    /// The address the server knows itself by.
    pub context_path: Option<String>,
}

/// The signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The user's uid.
    pub id: Uid,
    /// The user's name.
    #[serde(default)]
    pub username: String,
    /// All authorities, like `F_DATAVALUE_ADD`; `ALL` for a superuser.
    #[serde(default)]
    pub authorities: Vec<String>,
    /// Where the user may enter data: these organisation units and all below.
    #[serde(default, rename = "organisationUnits")]
    pub org_units: Vec<MyOrgUnit>,
    /// Where the user may read data; the former if empty.
    #[serde(default, rename = "dataViewOrganisationUnits")]
    pub data_view_org_units: Vec<MyOrgUnit>,
}

/// A root of what a user may see.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MyOrgUnit {
    /// The uid.
    pub id: Uid,
    /// The uids from the root of the hierarchy, like `/ImspTQPwCqd/O6uvpzGd5pu`.
    #[serde(default)]
    pub path: String,
}

impl Me {
    /// Whether the user has an authority, by name or as superuser.
    #[must_use]
    pub fn has_authority(&self, name: &str) -> bool {
        self.authorities.iter().any(|given| given == name || given == "ALL")
    }

    /// Whether the user may enter data for the organisation unit with this path. Superusers are bound by it too up to
    /// 2.42.
    #[must_use]
    pub fn may_enter_at(&self, path: &str) -> bool {
        self.org_units.iter().any(|root| covers(&root.path, path))
    }

    /// Whether the user may read data of the organisation unit with this path.
    #[must_use]
    pub fn may_view_at(&self, path: &str) -> bool {
        let roots = if self.data_view_org_units.is_empty() { &self.org_units } else { &self.data_view_org_units };
        roots.iter().any(|root| covers(&root.path, path))
    }
}

fn covers(root: &str, path: &str) -> bool {
    !root.is_empty() && path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Client {
    /// Asks the server for its version, clock and calendar.
    ///
    /// # Errors
    /// `UnsupportedVersion` for a server older than 2.38, besides the usual ones.
    pub async fn system_info(&self) -> Result<SystemInfo, Error> {
        let wire: Wire = self.transport.get_json(&["system", "info"], &[]).await?;
        let version_text = wire.version.unwrap_or_default();
        let version = Version::parse(&version_text)
            .map_err(|refused| Error::new(ErrorKind::UnsupportedVersion(refused)).at("GET", "/api/system/info"))?;
        Ok(SystemInfo {
            version,
            version_text,
            revision: wire.revision,
            calendar: wire.calendar.unwrap_or_else(|| "iso8601".to_owned()),
            server_date: wire.server_date,
            server_time_zone_id: wire.server_time_zone_id,
            system_id: wire.system_id,
            context_path: wire.context_path,
        })
    }

    /// Asks who the credentials belong to. Verifies them as well: `system/ping` does not.
    ///
    /// # Errors
    /// The usual ones.
    pub async fn me(&self) -> Result<Me, Error> {
        let fields = "id,username,authorities,organisationUnits[id,path],dataViewOrganisationUnits[id,path]";
        self.transport.get_json(&["me"], &[("fields", fields.to_owned())]).await
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    version: Option<String>,
    revision: Option<String>,
    calendar: Option<String>,
    #[serde(default, deserialize_with = "decode::date_time")]
    server_date: Option<DateTime>,
    server_time_zone_id: Option<String>,
    system_id: Option<String>,
    context_path: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_covers_itself_and_what_is_below() {
        assert!(covers("/ImspTQPwCqd", "/ImspTQPwCqd"));
        assert!(covers("/ImspTQPwCqd", "/ImspTQPwCqd/O6uvpzGd5pu"));
        assert!(!covers("/ImspTQPwCqd/O6uvpzGd5pu", "/ImspTQPwCqd"));
        assert!(!covers("/ImspTQPwCq", "/ImspTQPwCqd"));
        assert!(!covers("", "/ImspTQPwCqd"));
    }
}
