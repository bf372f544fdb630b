//! Categories, their options and the combos of these: how DHIS2 disaggregates.

use jiff::civil::Date;
use serde::Deserialize;

use crate::decode;
use crate::id_scheme::AttributeValue;
use crate::uid::Uid;

/// A disaggregation: categories and the combos of their options.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CategoryCombo {
    /// The uid.
    pub id: Uid,
    /// The code that people gave.
    pub code: Option<String>,
    /// The name.
    #[serde(default)]
    pub name: String,
    /// Whether it is the one without disaggregation.
    #[serde(default)]
    pub is_default: bool,
    /// The categories.
    #[serde(default)]
    pub categories: Vec<Category>,
    /// All combos. May hold leftovers of former options.
    #[serde(default)]
    pub category_option_combos: Vec<CategoryOptionCombo>,
}

/// A category, like sex.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// The uid.
    pub id: Uid,
    /// The code that people gave.
    pub code: Option<String>,
    /// The name.
    #[serde(default)]
    pub name: String,
    /// Its options.
    #[serde(default)]
    pub category_options: Vec<CategoryOption>,
}

/// An option of a category, like female.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CategoryOption {
    /// The uid.
    pub id: Uid,
    /// The code that people gave.
    pub code: Option<String>,
    /// The name.
    #[serde(default)]
    pub name: String,
    /// From when it may be used in attribute option combos.
    #[serde(default, deserialize_with = "decode::date")]
    pub start_date: Option<Date>,
    /// Until when.
    #[serde(default, deserialize_with = "decode::date")]
    pub end_date: Option<Date>,
    /// Values of metadata attributes.
    #[serde(default)]
    pub attribute_values: Vec<AttributeValue>,
}

/// A combination of options, one of each category.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireOptionCombo")]
pub struct CategoryOptionCombo {
    /// The uid.
    pub id: Uid,
    /// The code; usually none.
    pub code: Option<String>,
    /// The name. Do not search by it: the order of options in it varies.
    pub name: String,
    /// The options, sorted by uid.
    pub category_options: Vec<Uid>,
}

impl CategoryCombo {
    /// The combo of exactly these options, in any order: the only safe way to find one.
    #[must_use]
    pub fn combo_of(&self, options: &[Uid]) -> Option<&CategoryOptionCombo> {
        let mut sorted = options.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        self.category_option_combos.iter().find(|combo| combo.category_options == sorted)
    }
}

pub(crate) const OPTION: &str = "id,code,name,startDate,endDate,attributeValues[value,attribute[id]]";

pub(crate) fn combo_fields() -> String {
    format!(
        "categoryCombo[id,code,name,isDefault,categories[id,code,name,categoryOptions[{OPTION}]],\
         categoryOptionCombos[id,code,name,categoryOptions[id]]]"
    )
}

#[derive(Deserialize)]
struct OptionId {
    id: Uid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOptionCombo {
    id: Uid,
    code: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    category_options: Vec<OptionId>,
}

impl From<WireOptionCombo> for CategoryOptionCombo {
    fn from(wire: WireOptionCombo) -> Self {
        let mut category_options: Vec<Uid> = wire.category_options.into_iter().map(|option| option.id).collect();
        category_options.sort_unstable();
        Self { id: wire.id, code: wire.code, name: wire.name, category_options }
    }
}
