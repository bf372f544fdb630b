//! Fits a report to DHIS2's metadata, and collects what does not fit, each at its place.

use super::Address;
use super::element::{Element, is_numeric, misfit};
use super::naming::{self, Meaning, Named, Options};
use crate::config::model::{Config, Destined, IndicatorModel, Located, Report};
use crate::config::{Problem, problem};
use compact_str::CompactString;
use dhis2::{DataSet, DataSetElement, OrgUnit, Version};
use epi::mapping::{self, Category, CategoryCombo, Disaggregation, MappingError};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Fits a report to the metadata and collects what does not.
pub(super) struct Fit<'a> {
    config: &'a Config,
    report: &'a Report,
    data_sets: &'a [DataSet],
    options: Vec<Options>,
    /// Names of organisation units that mean several.
    ambiguous: Vec<String>,
    pub(super) problems: Vec<Problem>,
    /// Data elements that no data set has, and the only one in which it was to be, if that is said.
    pub(super) missing: Vec<(Located<String>, Option<usize>)>,
}

/// Where the values of a thing go, as far as it is known.
struct Found<'a> {
    index: usize,
    element: &'a DataSetElement,
}

/// UIDs of options with the places where they are named.
type Places = Vec<(String, Range<usize>)>;

impl<'a> Fit<'a> {
    pub(super) fn new(config: &'a Config, report: &'a Report, data_sets: &'a [DataSet]) -> Self {
        let scheme = config.dhis2.id_schemes.category_option;
        let options = data_sets.iter().map(|data_set| naming::options(data_set, scheme)).collect();
        let mut fit = Self {
            config,
            report,
            data_sets,
            options,
            ambiguous: Vec::new(),
            problems: Vec::new(),
            missing: Vec::new(),
        };
        for (index, data_set) in data_sets.iter().enumerate() {
            if data_sets[..index].iter().any(|other| other.id == data_set.id) {
                let message = format!("`{}` is a data set that the report names before", data_set.name);
                fit.at(&report.data_sets[index].span, message, "Name each data set once.");
            }
        }
        fit
    }

    fn at(&mut self, span: &Range<usize>, message: String, advice: &str) {
        self.problems.push(self.config.problem(span, message).advice(advice));
    }

    pub(super) fn period_types(&mut self, version: Version) {
        let ours = &self.report.period_type;
        let name = ours.value.name();
        for data_set in self.data_sets {
            if data_set.period_type != name {
                let message =
                    format!("data set `{}` is {}, and the report is {name}", data_set.name, data_set.period_type);
                let advice = match self.data_sets {
                    [_] => format!("Set `period = \"{}\"`.", data_set.period_type),
                    _ => "All data sets of a report have its period type: make a report of its own for this one."
                        .to_owned(),
                };
                self.at(&ours.span, message, &advice);
            }
        }
        if !version.knows_period_type(name) {
            self.at(&ours.span, format!("DHIS2 {version} does not know the period type {name}"), "Use another one.");
        }
    }

    /// A name in the map that means several organisation units.
    pub(super) fn ambiguous_unit(&mut self, name: &str) {
        self.ambiguous.push(name.to_owned());
        let message = format!("DHIS2 has several organisation units `{name}`");
        self.at_rows(name, message, "Name them by something that is unique, such as their UIDs.");
    }

    fn at_rows(&mut self, name: &str, message: String, advice: &str) {
        for row in self.config.places.rows.iter().filter(|row| row.org_unit.as_deref() == Some(name)) {
            let problem = problem::Problem::at(&self.config.places.source, row.span.clone(), message.clone());
            self.problems.push(problem.advice(advice));
        }
    }

    pub(super) fn org_units(&mut self, known: &BTreeMap<String, OrgUnit>, assigned: &[Vec<OrgUnit>]) {
        let scheme = self.config.dhis2.id_schemes.org_unit;
        let names: Vec<&str> = assigned.iter().flatten().filter_map(|unit| unit.name_in(scheme)).collect();
        let wanted = self.config.places.rows.iter().filter_map(|row| row.org_unit.as_deref());
        let mut missing: Vec<&str> = wanted.filter(|name| !known.contains_key(*name)).collect();
        missing.sort_unstable();
        missing.dedup();
        for name in missing {
            if self.ambiguous.iter().any(|ambiguous| ambiguous == name) {
                continue;
            }
            let message = format!("DHIS2 has no organisation unit `{name}` that this account can read");
            let near = epi::nearest(name, &names).map(|near| format!("Did you mean `{near}`? ")).unwrap_or_default();
            let advice = format!(
                "{near}Correct the line, or leave its org_unit empty to count the place in the place above it."
            );
            self.at_rows(name, message, &advice);
        }
    }

    /// Where each indicator's values go. The outer none is a problem, the inner one an indicator that is not sent.
    pub(super) fn indicators(&mut self) -> Vec<Option<Option<Address>>> {
        self.report.indicators.iter().map(|model| self.indicator(model)).collect()
    }

    fn indicator(&mut self, model: &IndicatorModel) -> Option<Option<Address>> {
        let Some(goes_to) = &model.goes_to else { return Some(None) };
        let found = self.find(goes_to)?;
        self.number_type(model, goes_to, found.element);
        let by = &model.indicator.by;
        let (by, attribute_by) = by.split_at(by.len().saturating_sub(model.n_attribute_dimensions));
        let what = format!("indicator `{}`", model.indicator.code);
        self.address(&what, &model.span, goes_to, &found, by, attribute_by).map(Some)
    }

    /// Where each statement's values go.
    pub(super) fn statements(&mut self) -> Vec<Option<Address>> {
        let statements = self.report.statements.iter().map(|model| {
            let found = self.find(&model.goes_to)?;
            let element = &found.element.data_element;
            let statement = &model.statement;
            let values = statement.rules.iter().map(|(_, value)| value).chain(&statement.otherwise);
            for (value, span) in values.zip(&model.values_at) {
                if let Some((message, advice)) = misfit(value, element) {
                    self.at(span, message, &advice);
                }
            }
            if let Some(table) = &model.stated {
                for row in &table.rows {
                    if let Some((message, advice)) = misfit(&row.value, element) {
                        let problem = problem::Problem::at(&table.source, row.span.clone(), message);
                        self.problems.push(problem.advice(advice));
                    }
                }
            }
            let what = format!("statement `{}`", statement.code);
            self.address(&what, &model.span, &model.goes_to, &found, &[], &[])
        });
        statements.collect()
    }

    /// The data set and the data element that a thing goes to.
    fn find(&mut self, goes_to: &Destined) -> Option<Found<'a>> {
        let scheme = self.config.dhis2.id_schemes.data_element;
        let (name, span) = (&goes_to.data_element.value, &goes_to.data_element.span);
        let said = match &goes_to.data_set {
            None => None,
            Some(said) => {
                let names: Vec<&str> = self.report.data_sets.iter().map(|one| one.value.as_str()).collect();
                let Some(index) = names.iter().position(|name| *name == said.value) else {
                    let advice = match epi::nearest(&said.value, &names) {
                        Some(near) => format!("Did you mean `{near}`?"),
                        None => format!("The report has: {}.", names.join(", ")),
                    };
                    let message = format!("`{}` is not a data set of report `{}`", said.value, self.report.name);
                    self.at(&said.span, message, &advice);
                    return None;
                };
                Some(index)
            }
        };
        let data_sets: &'a [DataSet] = self.data_sets;
        let mut candidates = Vec::new();
        for (index, data_set) in
            data_sets.iter().enumerate().filter(|(index, _)| said.is_none_or(|said| said == *index))
        {
            let of_name: Vec<_> =
                data_set.elements.iter().filter(|e| e.data_element.name_in(scheme) == Some(name.as_str())).collect();
            match of_name.as_slice() {
                [] => {}
                [element] => candidates.push(Found { index, element }),
                several => {
                    let uids: Vec<_> = several.iter().map(|e| e.data_element.id.to_string()).collect();
                    let message = format!("`{name}` means several data elements of data set `{}`", data_set.name);
                    self.at(
                        span,
                        message,
                        &format!("Name it by something that is unique. They are: {}.", uids.join(", ")),
                    );
                    return None;
                }
            }
        }
        if candidates.len() > 1 {
            let names: Vec<_> =
                candidates.iter().map(|found| format!("`{}`", self.data_sets[found.index].name)).collect();
            let message = format!("data element `{name}` is in the data sets {}", names.join(" and "));
            self.at(span, message, "Say with `data_set` to which of them the values go.");
            return None;
        }
        if candidates.is_empty() {
            self.missing.push((goes_to.data_element.clone(), said));
        }
        candidates.pop()
    }

    fn address(
        &mut self,
        what: &str,
        at: &Range<usize>,
        goes_to: &Destined,
        found: &Found<'a>,
        by: &[usize],
        attribute_by: &[usize],
    ) -> Option<Address> {
        let combos = self.combos(what, at, goes_to, found, by);
        let attributes = self.attributes(what, at, goes_to, found, attribute_by);
        let (combos, attributes) = (combos?, attributes?);
        let element = &found.element.data_element;
        Some(Address {
            data_set: found.index,
            data_element: element.id.as_str().into(),
            name: element.name.clone(),
            written: goes_to.data_element.value.clone(),
            cells: combos
                .iter()
                .flat_map(|combo| attributes.iter().map(move |attribute| (combo.into(), attribute.into())))
                .collect(),
        })
    }

    fn combos(
        &mut self,
        what: &str,
        at: &Range<usize>,
        goes_to: &Destined,
        found: &Found<'_>,
        by: &[usize],
    ) -> Option<Vec<String>> {
        let fixed: Vec<&Located<String>> = goes_to.options.iter().collect();
        let (disaggregation, places) = self.disaggregation(&fixed, by, found.index)?;
        let combo = &found.element.category_combo;
        match mapping::category_option_combos(&disaggregation, &combo_of(combo), combo.is_default) {
            Ok(combos) => Some(combos),
            Err(errors) => {
                let advice = "Its dimensions (`by`) and fixed `options` have to decide every category of the data \
                              element's category combo, once each.";
                self.unfit(what, at, errors, &places, combo, advice);
                None
            }
        }
    }

    fn attributes(
        &mut self,
        what: &str,
        at: &Range<usize>,
        goes_to: &Destined,
        found: &Found<'_>,
        attribute_by: &[usize],
    ) -> Option<Vec<String>> {
        let combo = &self.data_sets[found.index].category_combo;
        let report: &'a Report = self.report;
        // What the report says holds for the data sets that have it; what the indicator says is meant for its own.
        let fixed: Vec<&Located<String>> = match &goes_to.attribute_options {
            Some(own) => own.iter().collect(),
            None => report.attribute_options.iter().filter(|name| self.is_meant(name, found.index)).collect(),
        };
        let (disaggregation, places) = self.disaggregation(&fixed, attribute_by, found.index)?;
        match mapping::category_option_combos(&disaggregation, &combo_of(combo), combo.is_default) {
            Ok(attributes) => Some(attributes),
            Err(errors) => {
                let advice = "Name one option of each category of the data set in `attribute_options`, or let dimensions \
                              decide with `attribute_by`.";
                let at = fixed.first().map_or(at, |first| &first.span).clone();
                self.unfit(&format!("attribute options of {what}"), &at, errors, &places, combo, advice);
                None
            }
        }
    }

    /// Whether an attribute option of the report is for this data set: with several, each takes those of its categories.
    fn is_meant(&self, name: &Located<String>, data_set: usize) -> bool {
        let scheme = self.config.dhis2.id_schemes.category_option;
        let has = |data_set: &DataSet| {
            let options = data_set.category_combo.categories.iter().flat_map(|category| &category.category_options);
            options.into_iter().any(|option| option.name_in(scheme) == Some(name.value.as_str()))
        };
        has(&self.data_sets[data_set]) || !self.data_sets.iter().any(has)
    }

    fn disaggregation(
        &mut self,
        fixed: &[&Located<String>],
        by: &[usize],
        data_set: usize,
    ) -> Option<(Disaggregation, Places)> {
        let config: &'a Config = self.config;
        let (mut disaggregation, mut places, mut is_whole) = (Disaggregation::default(), Places::new(), true);
        for index in by {
            let dimension = &config.dimensions[*index];
            let uids: Vec<_> = dimension.options.iter().map(|name| self.option(name, data_set, &mut places)).collect();
            match uids.into_iter().collect::<Option<_>>() {
                Some(uids) => disaggregation.dimensions.push((dimension.dimension.code.clone(), uids)),
                None => is_whole = false,
            }
        }
        for name in fixed {
            match self.option(name, data_set, &mut places) {
                Some(uid) => disaggregation.fixed.push(uid),
                None => is_whole = false,
            }
        }
        is_whole.then_some((disaggregation, places))
    }

    fn option(&mut self, name: &Located<String>, data_set: usize, places: &mut Places) -> Option<String> {
        let options = &self.options[data_set];
        let set = &self.data_sets[data_set].name;
        let (message, advice) = match options.get(&name.value) {
            Some(Meaning::One(uid)) => {
                places.push((uid.clone(), name.span.clone()));
                return Some(uid.clone());
            }
            Some(Meaning::Several) => {
                let message = format!("data set `{set}` has several category options `{}`", name.value);
                (message, "Name it by something that is unique, such as its UID.".to_owned())
            }
            None => {
                let known: Vec<&str> = options.keys().map(String::as_str).collect();
                let advice = match epi::nearest(&name.value, &known) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => "Name an option of a category of the data set's elements.".to_owned(),
                };
                (format!("no category of data set `{set}` has the option `{}`", name.value), advice)
            }
        };
        if !self.problems.iter().any(|problem| problem.message == message) {
            self.at(&name.span, message, &advice);
        }
        None
    }

    /// Notes why a disaggregation does not fit: at the option that is guilty, if one is.
    fn unfit(
        &mut self,
        what: &str,
        at: &Range<usize>,
        errors: Vec<MappingError>,
        places: &Places,
        combo: &dhis2::CategoryCombo,
        advice: &str,
    ) {
        let scheme = self.config.dhis2.id_schemes.category_option;
        for error in errors {
            let message = format!("{what}: {error}");
            let guilty = match &error {
                MappingError::ForeignOption { option, .. } | MappingError::SharedOption { option, .. } => {
                    places.iter().rfind(|(uid, _)| uid == option)
                }
                _ => None,
            };
            let advice = match &error {
                MappingError::ForeignOption { option, .. } => {
                    let options: Vec<_> =
                        combo.categories.iter().flat_map(|category| &category.category_options).collect();
                    let written = self.config.source.text.get(guilty.map_or(0..0, |(_, span)| span.clone()));
                    let written = written.unwrap_or(option).trim_matches(['"', '\'']);
                    let names: Vec<&str> = options.iter().filter_map(|option| option.name_in(scheme)).collect();
                    match epi::nearest(written, &names) {
                        Some(near) => format!("Did you mean `{near}`? {advice}"),
                        None => advice.to_owned(),
                    }
                }
                _ => advice.to_owned(),
            };
            self.at(&guilty.map_or(at.clone(), |(_, span)| span.clone()), message, &advice);
        }
    }

    /// Two indicators or statements must not decide one value, or the second would replace the first; and the values of one
    /// data element go to one data set.
    pub(super) fn clashes(&mut self, indicators: &[Option<Option<Address>>], statements: &[Option<Address>]) {
        let report: &'a Report = self.report;
        let of_indicators = indicators.iter().zip(&report.indicators).filter_map(|(address, model)| {
            let element = &model.goes_to.as_ref()?.data_element;
            Some((address.as_ref()?.as_ref()?, model.indicator.code.as_str(), element))
        });
        let of_statements = statements.iter().zip(&report.statements).filter_map(|(address, model)| {
            Some((address.as_ref()?, model.statement.code.as_str(), &model.goes_to.data_element))
        });
        let all: Vec<_> = of_indicators.chain(of_statements).collect();
        let mut owners: HashMap<(&str, &str, &str), usize> = HashMap::new();
        let mut data_sets: HashMap<&str, usize> = HashMap::new();
        for (index, (address, code, element)) in all.iter().enumerate() {
            let mut clash = None;
            for (combo, attribute) in &address.cells {
                let owner = *owners.entry((&address.data_element, combo, attribute)).or_insert(index);
                clash = clash.or((owner != index).then_some(owner));
            }
            if let Some(owner) = clash {
                let message = format!("`{}` and `{code}` both write \"{}\"", all[owner].1, address.name);
                let advice = "Each data value takes the number of one indicator: give one of them another data element, \
                              or other `options`.";
                self.at(&element.span, message, advice);
            }
            if *data_sets.entry(&address.data_element).or_insert(address.data_set) != address.data_set {
                let message = format!("values of \"{}\" go to two data sets", address.name);
                self.at(&element.span, message, "DHIS2 keeps one value for both: let them go to one.");
            }
        }
    }

    /// All data elements of the data sets. Those that the report writes belong to the data set to which it writes them.
    pub(super) fn elements<'t>(&self, addresses: impl Iterator<Item = &'t Address>) -> HashMap<CompactString, Element> {
        let mut elements = HashMap::new();
        for (index, data_set) in self.data_sets.iter().enumerate() {
            for element in &data_set.elements {
                let uid = CompactString::from(element.data_element.id.as_str());
                elements.entry(uid).or_insert_with(|| Element::of(&element.data_element, index));
            }
        }
        for address in addresses {
            if let Some(element) = elements.get_mut(&address.data_element) {
                element.data_set = address.data_set;
            }
        }
        elements
    }

    /// Whether numbers of this kind fit the data element's value type (DHIS2's ValidationUtils).
    fn number_type(&mut self, model: &IndicatorModel, goes_to: &Destined, element: &DataSetElement) {
        let element = &element.data_element;
        let (value_type, name, span) = (element.value_type.as_str(), &element.name, &goes_to.data_element.span);
        if element.option_set.is_some() || !is_numeric(value_type) {
            let holds = if element.option_set.is_some() { "options" } else { value_type };
            let message = format!("\"{name}\" holds {holds} values, and an indicator gives numbers");
            self.at(
                span,
                message,
                "Name a data element whose value type is a number, or fill it by a `[[report.statement]]`.",
            );
            return;
        }
        let is_fraction = model.indicator.measure.gives_fractions(model.indicator.decimals);
        match value_type {
            "NUMBER" | "INTEGER" | "INTEGER_ZERO_OR_POSITIVE" | "INTEGER_POSITIVE"
                if is_fraction && value_type != "NUMBER" =>
            {
                let message =
                    format!("\"{name}\" takes whole numbers ({value_type}), and this measure gives fractions");
                self.at(span, message, "Set `decimals = 0`, or name a data element of type NUMBER.");
            }
            "INTEGER_POSITIVE" if self.report.zeros => {
                let message = format!("\"{name}\" takes no zero ({value_type}), and the report writes zeros");
                self.at(span, message, "Leave out `zeros`, or change the data element's type.");
            }
            "NUMBER" | "INTEGER" | "INTEGER_ZERO_OR_POSITIVE" | "INTEGER_POSITIVE" => {}
            other => {
                let message = format!("\"{name}\" holds {other} values, and an indicator gives numbers");
                self.at(span, message, "Name a data element whose value type is a number.");
            }
        }
    }
}

fn combo_of(combo: &dhis2::CategoryCombo) -> CategoryCombo {
    CategoryCombo {
        id: combo.id.to_string(),
        name: combo.name.clone(),
        categories: combo
            .categories
            .iter()
            .map(|category| Category {
                name: category.name.clone(),
                options: category.category_options.iter().map(|o| (o.id.to_string(), o.name.clone())).collect(),
            })
            .collect(),
        combos: combo
            .category_option_combos
            .iter()
            .map(|coc| (coc.id.to_string(), coc.category_options.iter().map(ToString::to_string).collect()))
            .collect(),
    }
}
