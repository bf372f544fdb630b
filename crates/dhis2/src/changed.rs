//! What somebody changed in the metadata of a data set, and the defaults of a server: what a doctor looks at.

use jiff::civil::DateTime;
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::client::Client;
use crate::decode;
use crate::error::Error;
use crate::uid::Uid;

/// What is asked for: the data set and all that decides what a number in it means.
const FIELDS: &str = "id,name,lastUpdated,dataSetElements[dataElement[id,name,lastUpdated,\
                      categoryCombo[id,name,lastUpdated,categories[id,name,lastUpdated,categoryOptions[id,name,lastUpdated]]]]]";

/// An object that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// What it is: `data set`, `data element`, `category combo`, `category`, `category option`.
    pub kind: &'static str,
    /// Its uid.
    pub id: Uid,
    /// Its name.
    pub name: String,
    /// When it was changed last, by the server's clock.
    pub at: DateTime,
}

impl Client {
    /// What of these data sets, their data elements, category combos, categories and options was changed after `since`, by
    /// the server's own clock; latest first.
    ///
    /// # Errors
    /// The usual ones.
    pub async fn changed_since(&self, data_sets: &[Uid], since: DateTime) -> Result<Vec<Changed>, Error> {
        let mut found: BTreeMap<Uid, Changed> = BTreeMap::new();
        for data_set in data_sets {
            let path = ["dataSets", data_set.as_str()];
            let set: Set = self.transport.get_json(&path, &[("fields", FIELDS.to_owned())]).await?;
            let mut look = |kind: &'static str, named: &Named| {
                if let Some(at) = named.last_updated.filter(|at| *at > since) {
                    found.insert(named.id, Changed { kind, id: named.id, name: named.name.clone(), at });
                }
            };
            look("data set", &set.named);
            for element in set.data_set_elements.iter().map(|of| &of.data_element) {
                look("data element", &element.named);
                let Some(combo) = &element.category_combo else { continue };
                look("category combo", &combo.named);
                for category in &combo.categories {
                    look("category", &category.named);
                    category.category_options.iter().for_each(|option| look("category option", option));
                }
            }
        }
        let mut changed: Vec<Changed> = found.into_values().collect();
        changed.sort_by(|a, b| b.at.cmp(&a.at).then(a.name.cmp(&b.name)));
        Ok(changed)
    }

    /// The category option combos named `default`. There should be one; an import of metadata from another server can bring
    /// more.
    ///
    /// # Errors
    /// The usual ones.
    pub async fn defaults(&self) -> Result<Vec<Uid>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Listed {
            category_option_combos: Vec<Only>,
        }
        #[derive(Deserialize)]
        struct Only {
            id: Uid,
        }
        let parameters =
            [("filter", "name:eq:default".to_owned()), ("fields", "id".to_owned()), ("paging", "false".to_owned())];
        let listed: Listed = self.transport.get_json(&["categoryOptionCombos"], &parameters).await?;
        Ok(listed.category_option_combos.into_iter().map(|one| one.id).collect())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    id: Uid,
    #[serde(default)]
    name: String,
    #[serde(default, deserialize_with = "decode::date_time")]
    last_updated: Option<DateTime>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Set {
    #[serde(flatten)]
    named: Named,
    #[serde(default)]
    data_set_elements: Vec<OfSet>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfSet {
    data_element: Element,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Element {
    #[serde(flatten)]
    named: Named,
    category_combo: Option<Combo>,
}

#[derive(Deserialize)]
struct Combo {
    #[serde(flatten)]
    named: Named,
    #[serde(default)]
    categories: Vec<Category>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Category {
    #[serde(flatten)]
    named: Named,
    #[serde(default)]
    category_options: Vec<Named>,
}
