//! `POST /api/metadata`: a package of metadata is checked as a whole and written as a whole, or not at all.
//!
//! As `atomicMode=ALL`, `importStrategy=CREATE_AND_UPDATE` and `identifier=UID` have it, which are the defaults; others are
//! refused. An object that is there already is replaced: what the package does not say of it is gone, as under
//! `mergeMode=REPLACE`. Category option combos are not made up: those that the package lacks do not exist.

mod build;
mod check;
mod generate;
mod report;

pub(super) use generate::generate_option_combos;

use serde_json::{Map, Value};

use super::metadata::Metadata;
use super::query::Query;
use super::respond::Problem;
use super::{Server, Session};
use axum::body::Body;
use axum::http::Response;
use check::{Existing, check};
use report::Outcome;

/// Collections that are kept as they come.
pub(super) const OTHERS: [&str; 3] = ["indicatorTypes", "visualizations", "dashboards"];

/// A collection of a package.
pub(super) struct Collection {
    /// Its key.
    pub(super) name: &'static str,
    /// DHIS2's class of its objects, with its package.
    pub(super) class: &'static str,
    /// Properties that cannot be absent.
    pub(super) required: &'static [&'static str],
    /// Properties of which no two objects may have the same.
    pub(super) unique: &'static [&'static str],
    /// Where objects name others, and of which collection these are.
    pub(super) references: &'static [(&'static str, &'static str)],
}

/// In the order in which DHIS2 writes them.
pub(super) const COLLECTIONS: [Collection; 12] = [
    Collection {
        name: "optionSets",
        class: "option.OptionSet",
        required: &["name", "valueType"],
        unique: &["code", "name"],
        references: &[("options", "options")],
    },
    Collection {
        name: "options",
        class: "option.Option",
        required: &["name", "code"],
        unique: &[],
        references: &[("optionSet", "optionSets")],
    },
    Collection {
        name: "categoryOptions",
        class: "category.CategoryOption",
        required: &["name", "shortName"],
        unique: &["code", "name", "shortName"],
        references: &[],
    },
    Collection {
        name: "categories",
        class: "category.Category",
        required: &["name", "shortName", "dataDimensionType"],
        unique: &["code", "name", "shortName"],
        references: &[("categoryOptions", "categoryOptions")],
    },
    Collection {
        name: "categoryCombos",
        class: "category.CategoryCombo",
        required: &["name", "dataDimensionType"],
        unique: &["code", "name"],
        references: &[("categories", "categories")],
    },
    Collection {
        name: "categoryOptionCombos",
        class: "category.CategoryOptionCombo",
        required: &["name", "categoryCombo", "categoryOptions"],
        unique: &["code"],
        references: &[("categoryCombo", "categoryCombos"), ("categoryOptions", "categoryOptions")],
    },
    Collection {
        name: "dataElements",
        class: "dataelement.DataElement",
        required: &["name", "shortName", "valueType", "aggregationType", "domainType"],
        unique: &["code", "name", "shortName"],
        references: &[("categoryCombo", "categoryCombos"), ("optionSet", "optionSets")],
    },
    Collection {
        name: "dataSets",
        class: "dataset.DataSet",
        required: &["name", "shortName", "periodType"],
        unique: &["code", "name"],
        references: &[
            ("categoryCombo", "categoryCombos"),
            ("dataSetElements.dataElement", "dataElements"),
            ("organisationUnits", "organisationUnits"),
        ],
    },
    Collection {
        name: "indicatorTypes",
        class: "indicator.IndicatorType",
        required: &["name", "factor"],
        unique: &["name"],
        references: &[],
    },
    Collection {
        name: "indicators",
        class: "indicator.Indicator",
        required: &["name", "shortName", "numerator", "denominator", "indicatorType"],
        unique: &["code", "name", "shortName"],
        references: &[("indicatorType", "indicatorTypes")],
    },
    Collection {
        name: "visualizations",
        class: "visualization.Visualization",
        required: &["name", "type"],
        unique: &[],
        references: &[
            ("dataDimensionItems.dataElement", "dataElements"),
            ("dataDimensionItems.indicator", "indicators"),
        ],
    },
    Collection {
        name: "dashboards",
        class: "dashboard.Dashboard",
        required: &["name"],
        unique: &[],
        references: &[("dashboardItems.visualization", "visualizations")],
    },
];

pub(super) fn import(
    server: &mut Server,
    session: &Session,
    query: &Query,
    body: &[u8],
) -> Result<Response<Body>, Problem> {
    let package: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| Problem::bad_request(error.to_string()))?;
    for (name, only) in [("importStrategy", "CREATE_AND_UPDATE"), ("atomicMode", "ALL"), ("identifier", "UID")] {
        if query.get(name).is_some_and(|given| given != only) {
            return Err(Problem::bad_request(format!("this simulator knows only {name}={only}")));
        }
    }
    let is_commit = match query.get("importMode") {
        None | Some("COMMIT") => true,
        Some("VALIDATE") => false,
        Some(other) => return Err(Problem::bad_request(format!("Value '{other}' is not valid for importMode"))),
    };
    let existing = Existing::of(&server.catalogue.metadata);
    let outcome = Outcome::of(check(&package, &existing), &package, &existing);
    if is_commit && outcome.is_clean() {
        let mut metadata = std::mem::take(&mut server.catalogue.metadata);
        build::write(&mut metadata, &package, session.now);
        server.catalogue = super::catalogue::Catalogue::new(metadata);
    }
    Ok(outcome.respond())
}

/// A collection that is kept as it came; its fields are not selected.
pub(super) fn others(server: &Server, collection: &str, query: &Query) -> Value {
    let of_list = |filter: &str, property: &str, object: &Value| {
        let list = filter.strip_prefix(&format!("{property}:in:[")).and_then(|rest| rest.strip_suffix(']'));
        let own = object[property].as_str();
        list.is_some_and(|list| list.split(',').any(|one| Some(one) == own))
    };
    let filters: Vec<&str> = query.all("filter").collect();
    let passes = |object: &&Value| {
        filters.is_empty() || filters.iter().any(|f| of_list(f, "id", object) || of_list(f, "code", object))
    };
    let all = server.catalogue.metadata.others.iter().filter(|((of, _), _)| of == collection).map(|(_, object)| object);
    let listed: Vec<Value> = all.filter(passes).cloned().collect();
    Value::Object(Map::from_iter([(collection.to_owned(), Value::Array(listed))]))
}

/// Adds what a package said of an object and nothing here has a place for.
pub(super) fn complete(metadata: &Metadata, collection: &str, object: &mut Value) {
    let id = object["id"].as_str().unwrap_or_default().to_owned();
    let came = metadata.others.get(&(collection.to_owned(), id)).and_then(Value::as_object);
    let (Some(came), Some(object)) = (came, object.as_object_mut()) else { return };
    for (key, value) in came {
        object.entry(key).or_insert_with(|| value.clone());
    }
}

/// The objects of a collection.
fn objects<'p>(package: &'p Map<String, Value>, collection: &str) -> impl Iterator<Item = &'p Value> {
    package.get(collection).and_then(Value::as_array).into_iter().flatten()
}

/// The ids that an object names at a path, through lists.
fn named<'v>(value: &'v Value, path: &str) -> Vec<&'v str> {
    let mut found = vec![value];
    for key in path.split('.') {
        let step = |value: &'v Value| match &value[key] {
            Value::Array(items) => items.iter().collect(),
            Value::Null => Vec::new(),
            one => vec![one],
        };
        found = found.into_iter().flat_map(step).collect();
    }
    found.into_iter().map(|one| one["id"].as_str().unwrap_or_default()).collect()
}
