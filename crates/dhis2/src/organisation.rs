//! Organisation units: the places of DHIS2.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::client::Client;
use crate::decode;
use crate::error::Error;
use crate::id_scheme::{AttributeValue, IdScheme};
use crate::uid::Uid;

/// What is asked for.
pub(crate) const FIELDS: &str = "id,code,name,path,level,openingDate,closedDate,attributeValues[value,attribute[id]]";

/// A place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgUnit {
    /// The uid.
    pub id: Uid,
    /// The code that people gave.
    pub code: Option<String>,
    /// The name.
    #[serde(default)]
    pub name: String,
    /// The uids from the root of the hierarchy, like `/ImspTQPwCqd/O6uvpzGd5pu`.
    #[serde(default)]
    pub path: String,
    /// The depth in the hierarchy; 1 is the root.
    #[serde(default)]
    pub level: u32,
    /// Since when it exists.
    #[serde(default, deserialize_with = "decode::date")]
    pub opening_date: Option<Date>,
    /// Until when it existed.
    #[serde(default, deserialize_with = "decode::date")]
    pub closed_date: Option<Date>,
    /// Values of metadata attributes.
    #[serde(default)]
    pub attribute_values: Vec<AttributeValue>,
}

impl Client {
    /// All organisation units that a data set is assigned to.
    ///
    /// # Errors
    /// The usual ones. A data set without units, or one that does not exist, has none.
    pub async fn org_units_of(&self, data_set: Uid) -> Result<Vec<OrgUnit>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Listed {
            organisation_units: Vec<OrgUnit>,
        }
        let parameters = [
            ("filter", format!("dataSets.id:eq:{data_set}")),
            ("fields", FIELDS.to_owned()),
            ("paging", "false".to_owned()),
        ];
        let listed: Listed = self.transport.get_json(&["organisationUnits"], &parameters).await?;
        Ok(listed.organisation_units)
    }

    /// The organisation units with these uids, codes or attribute values. What is missing from the map does not exist
    /// or cannot be read.
    ///
    /// # Errors
    /// `Ambiguous` if a code or attribute value names several, besides the usual ones.
    pub async fn org_units_by(&self, scheme: IdScheme, keys: &[String]) -> Result<BTreeMap<String, OrgUnit>, Error> {
        self.lookup("organisationUnits", "organisation unit", FIELDS, scheme, keys).await
    }
}
