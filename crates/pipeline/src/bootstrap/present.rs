//! What a DHIS2 has already of what a package would bring.

use super::COLLECTIONS;
use super::drawing::Drawing;
use crate::config::model::Config;
use crate::error::Error;
use crate::failure;
use dhis2::{Client, Me};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What was found. Pure to work with: tests make it of JSON.
#[derive(Clone, Debug, Default)]
pub struct Present {
    /// Objects with a UID or a code of the drawing, whole, by collection.
    pub(super) objects: BTreeMap<&'static str, Vec<Map<String, Value>>>,
    /// Id, code, name, short name and what hangs on them, of all category options, categories and combos.
    pub(super) all: BTreeMap<&'static str, Vec<Map<String, Value>>>,
    /// Types of indicators.
    pub(super) indicator_types: Vec<Map<String, Value>>,
    /// UIDs of organisation units by what the configuration calls them.
    pub(super) org_units: BTreeMap<String, String>,
    /// UID of the account that asks: it may write data into new data sets.
    pub(super) account: Option<String>,
}

/// What is asked of the lists that are read whole.
const LISTS: [(&str, &str); 3] = [
    ("categoryOptions", "id,code,name,shortName"),
    ("categories", "id,code,name,shortName,categoryOptions[id]"),
    ("categoryCombos", "id,code,name,isDefault,categories[id]"),
];

impl Present {
    /// Asks DHIS2.
    ///
    /// # Errors
    /// What the server or the line to it says.
    pub async fn read(client: &Client, me: &Me, drawing: &Drawing<'_>) -> Result<Self, Error> {
        let config = drawing.config;
        let failed = |error: dhis2::Error| failure::dhis2(&error, config);
        let mut present = Self { account: Some(me.id.to_string()), ..Self::default() };
        for (collection, _) in COLLECTIONS {
            let of = drawing.objects.iter().filter(|object| object.collection == collection);
            let (ids, codes): (Vec<String>, Vec<Option<String>>) =
                of.map(|object| (object.id.clone(), object.code.clone())).unzip();
            let codes: Vec<String> = codes.into_iter().flatten().collect();
            // Category option combos are known by their options, not by UIDs.
            if !ids.is_empty() && collection != "categoryOptionCombos" {
                let found = client.owned_objects(collection, &ids, &codes).await.map_err(failed)?;
                present.objects.insert(collection, found);
            }
        }
        for (collection, fields) in LISTS {
            present.all.insert(collection, client.all_objects(collection, fields).await.map_err(failed)?);
        }
        present.option_combos(client, config, drawing).await?;
        if drawing.objects.iter().any(|object| object.collection == "indicatorTypes") {
            present.indicator_types =
                client.all_objects("indicatorTypes", "id,name,factor,number").await.map_err(failed)?;
        }
        if let Some(wanted) = &drawing.org_units {
            present.org_units = org_units(client, config, wanted).await?;
        }
        Ok(present)
    }

    /// The combos that the drawing's own combos have there already: whatever UIDs they got.
    async fn option_combos(&mut self, client: &Client, config: &Config, drawing: &Drawing<'_>) -> Result<(), Error> {
        let there = self.objects.get("categoryCombos").into_iter().flatten();
        let there: BTreeSet<String> =
            there.filter_map(|combo| combo.get("id").and_then(Value::as_str).map(str::to_owned)).collect();
        let is_drawn = drawing.objects.iter().any(|object| object.collection == "categoryOptionCombos");
        if there.is_empty() || !is_drawn {
            return Ok(());
        }
        let ids: Vec<String> = there.into_iter().collect();
        let found = client.option_combos_of(&ids).await.map_err(|error| failure::dhis2(&error, config))?;
        self.objects.insert("categoryOptionCombos", found);
        Ok(())
    }
}

/// UIDs of the organisation units of the map. What DHIS2 does not have is left to the preflight of a run, which names the
/// line of the map.
async fn org_units(
    client: &Client,
    config: &Config,
    wanted: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, Error> {
    let keys: Vec<String> = wanted.iter().cloned().collect();
    let found = client.org_units_by(config.dhis2.id_schemes.org_unit, &keys).await;
    let found = found.map_err(|error| failure::dhis2(&error, config))?;
    Ok(found.into_iter().map(|(name, unit)| (name, unit.id.to_string())).collect())
}
