//! A package that was found right, written over what is there.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::{COLLECTIONS, named, objects};
use crate::dhis2::metadata::{
    Category, CategoryCombo, CategoryOption, CategoryOptionCombo, DEFAULT_COMBO, DataElement, DataSet, Indicator,
    Metadata, OptionSet, SetOption,
};

/// Writes every object; all that the package does not say of one that is there is gone.
pub(super) fn write(metadata: &mut Metadata, package: &Map<String, Value>, now: Timestamp) {
    macro_rules! put {
        ($collection:literal, $list:ident, $build:expr) => {
            for object in objects(package, $collection) {
                let built = $build(object);
                match metadata.$list.iter_mut().find(|one| one.uid == built.uid) {
                    Some(there) => *there = built,
                    None => metadata.$list.push(built),
                }
            }
        };
    }
    put!("optionSets", option_sets, |object: &Value| option_set(object, package));
    put!("categoryOptions", category_options, category_option);
    put!("categories", categories, |object: &Value| Category {
        uid: text(object, "id"),
        code: given(object, "code"),
        name: text(object, "name"),
        category_options: ids(object, "categoryOptions"),
    });
    put!("categoryCombos", category_combos, |object: &Value| CategoryCombo {
        uid: text(object, "id"),
        code: given(object, "code"),
        name: text(object, "name"),
        categories: ids(object, "categories"),
    });
    put!("categoryOptionCombos", category_option_combos, |object: &Value| CategoryOptionCombo {
        uid: text(object, "id"),
        code: given(object, "code"),
        name: text(object, "name"),
        category_combo: text(&object["categoryCombo"], "id"),
        category_options: ids(object, "categoryOptions"),
    });
    put!("dataElements", data_elements, data_element);
    put!("dataSets", data_sets, data_set);
    put!("indicators", indicators, |object: &Value| Indicator {
        uid: text(object, "id"),
        code: given(object, "code"),
        name: text(object, "name"),
        numerator: text(object, "numerator"),
        denominator: text(object, "denominator"),
        indicator_type: text(&object["indicatorType"], "id"),
    });
    for collection in &COLLECTIONS {
        for object in objects(package, collection.name) {
            metadata.others.insert((collection.name.to_owned(), text(object, "id")), object.clone());
        }
    }
    let written = package.values().filter_map(Value::as_array).flatten().map(|object| text(object, "id"));
    let at = now.to_zoned(TimeZone::UTC).datetime();
    written.for_each(|uid| _ = metadata.changed_at.insert(uid, at));
}

fn option_set(object: &Value, package: &Map<String, Value>) -> OptionSet {
    let wanted = ids(object, "options");
    let option = |uid: &String| {
        let option = objects(package, "options").find(|one| one["id"].as_str() == Some(uid))?;
        Some(SetOption { uid: uid.clone(), code: text(option, "code"), name: text(option, "name") })
    };
    OptionSet {
        uid: text(object, "id"),
        code: given(object, "code"),
        name: text(object, "name"),
        value_type: text(object, "valueType"),
        options: wanted.iter().filter_map(option).collect(),
    }
}

fn category_option(object: &Value) -> CategoryOption {
    CategoryOption {
        uid: text(object, "id"),
        code: given(object, "code"),
        name: text(object, "name"),
        start_date: None,
        end_date: None,
        org_units: Vec::new(),
        data_write: may_write_data(object),
    }
}

fn data_element(object: &Value) -> DataElement {
    DataElement {
        uid: text(object, "id"),
        code: given(object, "code"),
        name: text(object, "name"),
        short_name: given(object, "shortName"),
        value_type: text(object, "valueType"),
        aggregation_type: text(object, "aggregationType"),
        zero_is_significant: object["zeroIsSignificant"].as_bool().unwrap_or(false),
        category_combo: given(&object["categoryCombo"], "id").unwrap_or_else(|| DEFAULT_COMBO.to_owned()),
        option_set: given(&object["optionSet"], "id"),
        comment_option_set: given(&object["commentOptionSet"], "id"),
    }
}

fn data_set(object: &Value) -> DataSet {
    let number = |key: &str| object[key].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    DataSet {
        uid: text(object, "id"),
        code: given(object, "code"),
        name: text(object, "name"),
        short_name: given(object, "shortName"),
        period_type: text(object, "periodType"),
        expiry_days: object["expiryDays"].as_i64().unwrap_or(0),
        open_future_periods: number("openFuturePeriods"),
        timely_days: number("timelyDays"),
        category_combo: given(&object["categoryCombo"], "id").unwrap_or_else(|| DEFAULT_COMBO.to_owned()),
        data_elements: ids(object, "dataSetElements.dataElement"),
        combo_overrides: Vec::new(),
        org_units: ids(object, "organisationUnits").into_iter().collect(),
        input_periods: Vec::new(),
        data_write: may_write_data(object),
        no_value_requires_comment: object["noValueRequiresComment"].as_bool().unwrap_or(false),
    }
}

/// Whether the sharing lets anybody write data: the simulator's users are one.
fn may_write_data(object: &Value) -> bool {
    let sharing = &object["sharing"];
    let users = sharing["users"].as_object().into_iter().flat_map(Map::values);
    let mut granted = users.map(|user| &user["access"]).chain([&sharing["public"]]);
    granted.any(|access| access.as_str().is_some_and(|access| access.as_bytes().get(3) == Some(&b'w')))
}

fn text(object: &Value, key: &str) -> String {
    object[key].as_str().unwrap_or_default().to_owned()
}

fn given(object: &Value, key: &str) -> Option<String> {
    object[key].as_str().map(str::to_owned)
}

fn ids(object: &Value, path: &str) -> Vec<String> {
    named(object, path).into_iter().map(str::to_owned).collect()
}
