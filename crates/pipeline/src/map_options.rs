//! `tally map options`: which group of a dimension counts in which category option, for every category that the data elements
//! of a configuration are disaggregated by. What no dimension has is proposed from the names of the options.

use crate::config::model::{Config, DimensionModel, Report};
use crate::error::Error;
use crate::failure;
use crate::setup::{self, Dimension};
use crate::target;
use dhis2::{Category, CategoryCombo, CategoryOption, IdScheme};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Every category, in the order of their names.
#[derive(Clone, Debug, Serialize)]
pub struct OptionMap {
    /// The categories.
    pub categories: Vec<MappedCategory>,
}

/// A category and what decides its options.
#[derive(Clone, Debug, Serialize)]
pub struct MappedCategory {
    /// UID.
    pub category: String,
    /// Name.
    pub name: String,
    /// The dimension that has its options, by code.
    pub dimension: Option<String>,
    /// Its options, in DHIS2's order.
    pub options: Vec<MappedOption>,
    /// Where no dimension has the category: one to put into the configuration, as TOML.
    pub proposal: Option<String>,
    /// Why there is no proposal, or what is missing in the dimension.
    pub open: Option<String>,
    /// Names of the data elements that are disaggregated by it.
    pub data_elements: Vec<String>,
}

/// A category option and the group that counts in it.
#[derive(Clone, Debug, Serialize)]
pub struct MappedOption {
    /// What the configuration calls it, by its id scheme.
    pub option: String,
    /// Name.
    pub name: String,
    /// The group of the dimension; none: nothing counts in it.
    pub group: Option<String>,
}

impl OptionMap {
    /// Whether every category has a dimension, and every option a group.
    pub fn is_complete(&self) -> bool {
        self.categories.iter().all(|category| category.open.is_none() && category.proposal.is_none())
    }
}

/// Reads the categories of the data sets of these reports and lays them beside the dimensions.
///
/// # Errors
/// What DHIS2 says; a data set that it does not show.
pub async fn map_options(config: &Config, reports: &[&Report]) -> Result<OptionMap, Error> {
    let (client, ..) = target::connect(config).await?;
    let mut found: BTreeMap<String, (Category, BTreeSet<String>)> = BTreeMap::new();
    let mut add = |combo: &CategoryCombo, element: Option<&str>| {
        for category in combo.categories.iter().filter(|_| !combo.is_default) {
            let (_, elements) =
                found.entry(category.id.to_string()).or_insert_with(|| (category.clone(), BTreeSet::new()));
            elements.extend(element.map(str::to_owned));
        }
    };
    for named in reports.iter().flat_map(|report| &report.data_sets) {
        let data_set = client.data_set(&named.value, config.dhis2.id_schemes.data_set).await;
        let data_set = data_set.map_err(|error| failure::dhis2_at(&error, config, named))?;
        data_set.elements.iter().for_each(|one| add(&one.category_combo, Some(&one.data_element.name)));
        add(&data_set.category_combo, None);
    }
    let scheme = config.dhis2.id_schemes.category_option;
    let said: BTreeSet<&str> = reports.iter().flat_map(|report| fixed_options(report)).collect();
    let map = |(category, elements)| mapped(&category, elements, &config.dimensions, &said, scheme);
    let mut categories: Vec<MappedCategory> = found.into_values().map(map).collect();
    categories.sort_by(|a, b| (&a.name, &a.category).cmp(&(&b.name, &b.category)));
    Ok(OptionMap { categories })
}

/// The options that reports and indicators name without a dimension.
fn fixed_options(report: &Report) -> impl Iterator<Item = &str> {
    let own = report.attribute_options.iter();
    let destined = report.indicators.iter().filter_map(|model| model.goes_to.as_ref());
    let destined = destined.chain(report.statements.iter().map(|model| &model.goes_to));
    let of_each = destined.flat_map(|to| to.options.iter().chain(to.attribute_options.iter().flatten()));
    own.chain(of_each).map(|option| option.value.as_str())
}

fn mapped(
    category: &Category,
    data_elements: BTreeSet<String>,
    dimensions: &[DimensionModel],
    said: &BTreeSet<&str>,
    scheme: IdScheme,
) -> MappedCategory {
    let name_of = |option: &CategoryOption| {
        let name = scheme.name_of(&option.id, option.code.as_deref(), &option.attribute_values);
        name.unwrap_or(option.id.as_str()).to_owned()
    };
    let names: Vec<String> = category.category_options.iter().map(&name_of).collect();
    let n_of = |model: &&DimensionModel| model.options.iter().filter(|option| names.contains(&option.value)).count();
    let dimension = dimensions.iter().filter(|model| n_of(model) > 0).max_by_key(n_of);
    let group = |name: &String| {
        let model = dimension?;
        let at = model.options.iter().position(|option| option.value == *name)?;
        // The option for *unknown* comes last, behind the groups.
        Some(model.dimension.group_name(at))
    };
    let is_said = |name: &String| said.contains(name.as_str());
    let options: Vec<MappedOption> = names
        .iter()
        .zip(&category.category_options)
        .map(|(name, option)| MappedOption {
            option: name.clone(),
            name: option.name.clone(),
            group: group(name)
                .or_else(|| is_said(name).then(|| "all records of the indicators that name it".to_owned())),
        })
        .collect();
    let without: Vec<&str> =
        options.iter().filter(|option| option.group.is_none()).map(|option| option.name.as_str()).collect();
    let (mut proposal, mut open) = (None, None);
    if dimension.is_some() && !without.is_empty() {
        open = Some(format!("no group counts in {}", without.join(", ")));
    } else if dimension.is_none() && without.len() == options.len() {
        match setup::understand(category) {
            Ok(mut understood) => {
                let named = |option: &setup::Named| {
                    let found = category.category_options.iter().find(|one| one.id.as_str() == option.uid);
                    setup::Named { uid: found.map_or_else(|| option.uid.clone(), &name_of), name: option.name.clone() }
                };
                understood.groups.iter_mut().for_each(|group| group.option = named(&group.option));
                understood.unknown = understood.unknown.as_ref().map(named);
                let is_free = |code: &str| dimensions.iter().all(|model| model.dimension.code != code);
                let (code, category) = (understood.free_code(is_free), category.name.clone());
                proposal = Some(setup::dimension_text(&Dimension { code, category, understood }));
            }
            Err(why) => open = Some(why.reason),
        }
    }
    MappedCategory {
        category: category.id.to_string(),
        name: category.name.clone(),
        dimension: dimension.map(|model| model.dimension.code.clone()),
        options,
        proposal,
        open,
        data_elements: data_elements.into_iter().collect(),
    }
}
