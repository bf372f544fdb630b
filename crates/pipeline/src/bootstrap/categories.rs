//! Categories, their options and their combos, from dimensions and fixed options.

use super::drawing::{DEFAULT_COMBO, Drawing};
use super::identity::{Identity, code_of, in_words, mark};
use crate::config::model::{DimensionModel, Located};
use epi::dimension::{Groups, Unknown};
use serde_json::json;
use std::collections::BTreeSet;

/// Combinations of options in one category combo: DHIS2 itself warns far below, and a report with more is a slip.
const COMBINATIONS_MAX: usize = 5_000;

/// A category as it was drawn.
struct Category {
    id: String,
    /// The end of its code.
    code: String,
    title: String,
    /// UIDs and names of its options.
    options: Vec<(String, String)>,
}

impl Drawing<'_> {
    /// The UID of the combo of these dimensions and of categories of fixed options; of neither, the default one.
    pub(super) fn category_combo(&mut self, dimensions: &[usize], fixed: Vec<Vec<&Located<String>>>) -> String {
        let config = self.config;
        let of_dimensions = dimensions.iter().filter_map(|at| config.dimensions.get(*at));
        let mut categories: Vec<Category> = of_dimensions.map(|model| self.category_of(model)).collect();
        categories.extend(fixed.into_iter().map(|options| self.category_of_fixed(&options)));
        if categories.is_empty() {
            return DEFAULT_COMBO.to_owned();
        }
        let n = categories.iter().map(|category| category.options.len()).product::<usize>();
        if n > COMBINATIONS_MAX {
            let names: Vec<&str> = categories.iter().map(|category| category.title.as_str()).collect();
            let message = format!("{} have {n} combinations of options together", names.join(", "));
            let advice =
                format!("DHIS2 makes a category option combo of each; up to {COMBINATIONS_MAX} are made here.");
            let problem = crate::config::Problem::of(&config.source, message).advice(advice);
            self.problems.push(problem);
            return DEFAULT_COMBO.to_owned();
        }
        // Of this report: another one's groups of the same name may be others.
        let codes = categories.iter().map(|category| category.code.as_str());
        let codes: Vec<&str> = std::iter::once(self.report.name.as_str()).chain(codes).collect();
        let identity = Identity::generated("categoryCombo", &code_of(&codes));
        if self.objects.iter().any(|object| object.id == identity.id) {
            return identity.id;
        }
        let title = categories.iter().map(|category| category.title.as_str()).collect::<Vec<_>>().join(", ");
        let of = self.title.clone();
        let (name, _) = self.names("categoryCombos", &title, Some(&of));
        let ids: Vec<_> = categories.iter().map(|category| json!({ "id": category.id })).collect();
        let body = json!({ "name": name, "dataDimensionType": "DISAGGREGATION", "categories": ids });
        self.put("categoryCombos", &identity, body);
        self.option_combos(&identity.id, &categories);
        identity.id
    }

    /// All combinations: DHIS2 makes none when a package is imported, and takes all or none.
    fn option_combos(&mut self, combo: &str, categories: &[Category]) {
        let mut all: Vec<Vec<&(String, String)>> = vec![Vec::new()];
        for category in categories {
            let longer = all.iter().flat_map(|before| {
                category.options.iter().map(move |option| before.iter().copied().chain([option]).collect())
            });
            all = longer.collect();
        }
        let made: Vec<_> = all
            .into_iter()
            .map(|options| {
                let ids: BTreeSet<&str> = options.iter().map(|(id, _)| id.as_str()).collect();
                let key = std::iter::once(combo).chain(ids).collect::<Vec<_>>().join(" ");
                let name = options.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
                let ids: Vec<_> = options.iter().map(|(id, _)| json!({ "id": id })).collect();
                let body = json!({ "name": name, "categoryCombo": { "id": combo }, "categoryOptions": ids });
                (Identity::generated("categoryOptionCombo", &key), body)
            })
            .collect();
        for (identity, body) in made {
            self.put_without_code("categoryOptionCombos", &identity, body);
        }
    }

    fn category_of(&mut self, model: &DimensionModel) -> Category {
        let code = &model.dimension.code;
        let options = model.options.iter().enumerate().map(|(group, option)| {
            let title = group_title(model, group);
            let generated = code_of(&[code, &model.dimension.group_name(group)]);
            self.option(option, &title, &generated)
        });
        let options: Vec<(String, String)> = options.collect();
        self.category(code, &in_words(code), options)
    }

    fn category_of_fixed(&mut self, options: &[&Located<String>]) -> Category {
        let drawn =
            options.iter().map(|option| self.option(option, &in_words(&option.value), &code_of(&[&option.value])));
        let mut drawn: Vec<(String, String)> = drawn.collect();
        let mut seen = BTreeSet::new();
        drawn.retain(|(id, _)| seen.insert(id.clone()));
        let ids = seen.into_iter().collect::<Vec<_>>().join(" ");
        let name = drawn.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(" or ");
        self.category(&format!("options {}", mark(&ids)), &name, drawn)
    }

    fn category(&mut self, code: &str, title: &str, options: Vec<(String, String)>) -> Category {
        let identity = Identity::generated("category", &code_of(&[&self.report.name, code]));
        if !self.objects.iter().any(|object| object.id == identity.id) {
            let of = self.title.clone();
            let (name, short_name) = self.names("categories", title, Some(&of));
            let ids: Vec<_> = options.iter().map(|(id, _)| json!({ "id": id })).collect();
            let body = json!({
                "name": name,
                "shortName": short_name,
                "dataDimensionType": "DISAGGREGATION",
                "dataDimension": true,
                "categoryOptions": ids,
            });
            self.put("categories", &identity, body);
        }
        Category { id: identity.id, code: code.to_owned(), title: title.to_owned(), options }
    }

    /// A category option, once; its UID and name come back.
    fn option(&mut self, named: &Located<String>, title: &str, generated: &str) -> (String, String) {
        if let Some((identity, name)) = self.options.get(&named.value) {
            return (identity.id.clone(), name.clone());
        }
        let scheme = self.config.dhis2.id_schemes.category_option;
        let identity = self.identity("categoryOption", named, scheme, generated);
        let (name, short_name) = self.names("categoryOptions", title, None);
        let body = json!({ "name": name, "shortName": short_name });
        // One that is named by its UID needs no code, and the same group of another report has another.
        if identity.id == named.value {
            self.put_without_code("categoryOptions", &identity, body);
        } else {
            self.put("categoryOptions", &identity, body);
        }
        let id = identity.id.clone();
        self.options.insert(named.value.clone(), (identity, name.clone()));
        (id, name)
    }
}

/// What a group is called, for people.
fn group_title(model: &DimensionModel, group: usize) -> String {
    let dimension = &model.dimension;
    if dimension.unknown == Unknown::Group && group + 1 == dimension.n_groups() {
        return format!("Unknown {}", in_words(&dimension.code).to_lowercase());
    }
    match &dimension.groups {
        Groups::Bands(bands) => format!("{} years", bands.bands()[group]),
        Groups::Values(values) => values[group].iter().map(|value| in_words(value)).collect::<Vec<_>>().join(", "),
    }
}
