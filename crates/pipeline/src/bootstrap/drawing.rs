//! What a report needs in DHIS2, drawn up from its definitions alone.

use super::identity::{CODE_MAX, Identity, code_of, in_words, name, short_name};
use super::{dashboard, shares};
use crate::config::Problem;
use crate::config::model::{Config, Located, Report};
use dhis2::IdScheme;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The default category combo has this UID in nearly every DHIS2; where it is another one and DHIS2 is asked, that is taken.
pub(super) const DEFAULT_COMBO: &str = "bjDvmb4bfuf";

/// An object of a package.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) collection: &'static str,
    pub(super) id: String,
    pub(super) code: Option<String>,
    /// Whether one that has this UID was made by a package of Tally.
    pub(super) is_ours: bool,
    pub(super) body: Map<String, Value>,
}

impl Object {
    /// The name, for people.
    pub(super) fn name(&self) -> &str {
        self.body.get("name").and_then(Value::as_str).unwrap_or_default()
    }
}

/// What is drawn up, and how the configuration names it.
#[derive(Debug)]
pub struct Drawing<'c> {
    pub(super) config: &'c Config,
    pub(super) report: &'c Report,
    pub(super) objects: Vec<Object>,
    /// What the report is called in DHIS2: the name of its first data set.
    pub(super) title: String,
    /// The data sets, in the order of the report.
    pub(super) data_sets: Vec<Identity>,
    /// The data elements that indicators and statements write, by their codes.
    pub(super) elements: BTreeMap<String, Identity>,
    /// Category options by what the configuration calls them, with their names.
    pub(super) options: BTreeMap<String, (Identity, String)>,
    /// Codes of indicators that are only for rules and totals.
    pub(super) not_sent: Vec<String>,
    /// What the map of places calls the organisation units that the data sets are to be assigned to.
    pub(super) org_units: Option<BTreeSet<String>>,
    pub(super) problems: Vec<Problem>,
    names: BTreeMap<&'static str, BTreeSet<String>>,
    short_names: BTreeMap<&'static str, BTreeSet<String>>,
}

/// Draws up what a report needs; `assign` puts the organisation units of the map of places into its data sets.
///
/// # Errors
/// Everything for which no metadata can be made, each at its place in the configuration.
pub fn draw<'c>(config: &'c Config, report: &'c Report, assign: bool) -> Result<Drawing<'c>, Vec<Problem>> {
    let org_units = || config.places.rows.iter().filter_map(|row| row.org_unit.clone()).collect();
    let mut drawing = Drawing {
        config,
        report,
        objects: Vec::new(),
        title: String::new(),
        data_sets: Vec::new(),
        elements: BTreeMap::new(),
        options: BTreeMap::new(),
        not_sent: Vec::new(),
        org_units: assign.then(org_units),
        problems: Vec::new(),
        names: BTreeMap::new(),
        short_names: BTreeMap::new(),
    };
    drawing.refuse_what_has_no_metadata();
    let titles: Vec<String> = report.data_sets.iter().map(|named| drawing.data_set_title(named)).collect();
    drawing.title = titles.first().cloned().unwrap_or_default();
    for (position, named) in report.data_sets.iter().enumerate() {
        let several = if report.data_sets.len() > 1 { format!("{}", position + 1) } else { String::new() };
        let generated = code_of(&[report.name.as_str(), several.as_str()]);
        let generated = generated.trim_end_matches('_');
        let schemes = config.dhis2.id_schemes;
        let identity = drawing.identity("dataSet", named, schemes.data_set, generated);
        drawing.data_sets.push(identity);
    }
    let filled = drawing.elements(&titles);
    for (position, (title, elements)) in titles.iter().zip(&filled).enumerate() {
        drawing.data_set(position, title, elements);
    }
    let title = drawing.title.clone();
    let shares = shares::draw(&mut drawing, &title);
    dashboard::draw(&mut drawing, &title, &shares);
    if drawing.problems.is_empty() { Ok(drawing) } else { Err(drawing.problems) }
}

impl Drawing<'_> {
    /// Names by attributes, and values of the data set's own category combo.
    fn refuse_what_has_no_metadata(&mut self) {
        let schemes = self.config.dhis2.id_schemes;
        for (what, scheme) in [
            ("data sets", schemes.data_set),
            ("data elements", schemes.data_element),
            ("category options", schemes.category_option),
        ] {
            if matches!(scheme, IdScheme::Attribute(_)) {
                let message = format!("the configuration names {what} by a metadata attribute");
                let advice = "New objects have UIDs and codes alone: set `id_scheme` to `uid` or `code`.";
                self.problems.push(Problem::of(&self.config.source, message).advice(advice));
            }
        }
        let report = self.report;
        let of_indicators = report.indicators.iter().filter_map(|model| {
            let options = model.goes_to.as_ref()?.attribute_options.as_ref().and_then(|options| options.first());
            let span = options.map(|option| &option.span);
            span.or((model.n_attribute_dimensions > 0).then_some(&model.span))
        });
        let of_statements =
            report.statements.iter().filter_map(|model| Some(&model.goes_to.attribute_options.as_ref()?.first()?.span));
        let of_report = report.attribute_options.first().map(|option| &option.span);
        if let Some(span) = of_report.into_iter().chain(of_indicators).chain(of_statements).next() {
            let message = "the report has options of the data set's own category combo";
            let advice = "A new data set has the default one: take them away, or make the data set in DHIS2.";
            self.problems.push(self.config.problem(span, message).advice(advice));
        }
    }

    /// Of the code that stays in the configuration, else of the report's name.
    fn data_set_title(&self, named: &Located<String>) -> String {
        let is_code = self.config.dhis2.id_schemes.data_set == IdScheme::Code;
        in_words(if is_code { &named.value } else { &self.report.name })
    }

    /// What DHIS2 knows a thing by that the configuration names.
    pub(super) fn identity(
        &mut self,
        kind: &str,
        named: &Located<String>,
        scheme: IdScheme,
        generated: &str,
    ) -> Identity {
        let identity = Identity::named(kind, &named.value, scheme, generated);
        if identity.code.chars().count() > CODE_MAX {
            let message = format!("`{}` is too long for a code", identity.code);
            let advice = format!("A code of DHIS2 has at most {CODE_MAX} characters.");
            self.problems.push(self.config.problem(&named.span, message).advice(advice));
        }
        identity
    }

    /// A name and a short name for an object of a collection.
    pub(super) fn names(&mut self, collection: &'static str, title: &str, of: Option<&str>) -> (String, String) {
        let long = name(title, of, self.names.entry(collection).or_default());
        (long, short_name(title, of, self.short_names.entry(collection).or_default()))
    }

    /// Adds an object, once.
    pub(super) fn put(&mut self, collection: &'static str, identity: &Identity, body: Value) {
        if self.objects.iter().any(|object| object.collection == collection && object.id == identity.id) {
            return;
        }
        let Value::Object(mut body) = body else { return };
        body.insert("id".to_owned(), json!(identity.id));
        body.insert("code".to_owned(), json!(identity.code));
        let code = Some(identity.code.clone());
        self.objects.push(Object { collection, id: identity.id.clone(), code, is_ours: identity.is_ours, body });
    }

    /// As [`Drawing::put`], for what has no code in DHIS2 or needs none.
    pub(super) fn put_without_code(&mut self, collection: &'static str, identity: &Identity, body: Value) {
        let n = self.objects.len();
        self.put(collection, identity, body);
        if let Some(object) = self.objects.get_mut(n) {
            object.code = None;
            object.body.remove("code");
        }
    }

    fn data_set(&mut self, position: usize, title: &str, elements: &[String]) {
        let identity = self.data_sets[position].clone();
        let (name, short_name) = self.names("dataSets", title, None);
        let of_element = |id: &String| json!({ "dataElement": { "id": id }, "dataSet": { "id": identity.id } });
        let body = json!({
            "name": name,
            "shortName": short_name,
            "periodType": self.report.period_type.value.name(),
            "categoryCombo": { "id": DEFAULT_COMBO },
            "dataSetElements": elements.iter().map(of_element).collect::<Vec<_>>(),
            "openFuturePeriods": u8::from(self.report.include_open),
        });
        self.put("dataSets", &identity, body);
    }
}
