//! The lines that the configuration needs, so that it names what the package brings.

use super::drawing::Drawing;
use super::identity::Identity;
use crate::config::model::{DimensionModel, Located};
use dhis2::IdScheme;
use epi::dimension::{Groups, Unknown};

/// As TOML, tables with their names and only the keys that are to be changed or added; none if there are none. `now` gives
/// the UID that stands for one of the drawing in DHIS2.
pub(super) fn fragment(drawing: &Drawing<'_>, now: impl Fn(&str) -> String) -> Option<String> {
    let schemes = drawing.config.dhis2.id_schemes;
    let named = |identity: &Identity, scheme: IdScheme| match scheme {
        IdScheme::Code => identity.code.clone(),
        _ => now(&identity.id),
    };
    let option = |written: &Located<String>| match drawing.options.get(&written.value) {
        Some((identity, _)) => named(identity, schemes.category_option),
        None => written.value.clone(),
    };
    let mut text = String::new();
    for model in &drawing.config.dimensions {
        if model.options.iter().any(|written| option(written) != written.value) {
            text += &dimension(model, option);
        }
    }
    let report = drawing.report;
    let data_sets: Vec<String> = drawing.data_sets.iter().map(|identity| named(identity, schemes.data_set)).collect();
    let renames_sets = report.data_sets.iter().map(|set| &set.value).ne(&data_sets);
    let of_set = |said: Option<&Located<String>>| {
        let at = report.data_sets.iter().position(|set| said.is_some_and(|said| set.value == said.value))?;
        data_sets.get(at).filter(|_| renames_sets).cloned()
    };
    let mut below = String::new();
    let indicators = report.indicators.iter().map(|m| ("indicator", &m.indicator.code, m.goes_to.as_ref()));
    let statements = report.statements.iter().map(|m| ("statement", &m.statement.code, Some(&m.goes_to)));
    for (table, code, goes_to) in indicators.chain(statements) {
        let Some(identity) = drawing.elements.get(code) else { continue };
        let element = named(identity, schemes.data_element);
        let mut keys = String::new();
        if goes_to.is_none_or(|goes_to| goes_to.data_element.value != element) {
            keys += &format!("data_element = {}\n", quoted(&element));
        }
        if let Some(set) = of_set(goes_to.and_then(|goes_to| goes_to.data_set.as_ref())) {
            keys += &format!("data_set = {}\n", quoted(&set));
        }
        let options = goes_to.map(|goes_to| goes_to.options.as_slice()).unwrap_or_default();
        if options.iter().any(|written| option(written) != written.value) {
            let list: Vec<String> = options.iter().map(|written| quoted(&option(written))).collect();
            keys += &format!("options = [{}]\n", list.join(", "));
        }
        if !keys.is_empty() {
            below += &format!("\n[[report.{table}]]\ncode = {}\n{keys}", quoted(code));
        }
    }
    if renames_sets || !below.is_empty() {
        text += &format!("\n[[report]]\nname = {}\n", quoted(&report.name));
        if renames_sets {
            let list: Vec<String> = data_sets.iter().map(|set| quoted(set)).collect();
            text += &match list.as_slice() {
                [only] => format!("data_set = {only}\n"),
                several => format!("data_set = [{}]\n", several.join(", ")),
            };
        }
        text += &below;
    }
    (!text.is_empty()).then(|| text.trim_start().to_owned())
}

fn dimension(model: &DimensionModel, option: impl Fn(&Located<String>) -> String) -> String {
    let dimension = &model.dimension;
    let values = |group: usize| match &dimension.groups {
        Groups::Bands(bands) => format!("ages = {}", quoted(&bands.bands()[group].to_string())),
        Groups::Values(values) => match values[group].as_slice() {
            [only] => format!("values = {}", quoted(only)),
            several => {
                let list: Vec<String> = several.iter().map(|value| quoted(value)).collect();
                format!("values = [{}]", list.join(", "))
            }
        },
    };
    let (unknown, n) = match dimension.unknown {
        Unknown::Group => (model.options.last().map(&option).unwrap_or_default(), dimension.n_groups() - 1),
        Unknown::Exclude => ("exclude".to_owned(), dimension.n_groups()),
    };
    let group = |(at, written)| format!("    {{ {}, option = {} }},\n", values(at), quoted(&option(written)));
    let groups: String = model.options.iter().take(n).enumerate().map(group).collect();
    format!(
        "\n[[dimension]]\ncode = {}\nunknown = {}\ngroups = [\n{groups}]\n",
        quoted(&dimension.code),
        quoted(&unknown)
    )
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
