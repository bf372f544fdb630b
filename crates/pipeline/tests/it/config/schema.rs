//! The JSON Schema that editors complete and check a configuration with.

use pipeline::config::json_schema;
use serde_json::Value;
use std::path::Path;

#[test]
fn the_committed_schema_is_the_one_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/tally.schema.json");
    let expected = format!("{}\n", serde_json::to_string_pretty(&json_schema()).unwrap());
    if std::env::var_os("TALLY_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &expected).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(committed == expected, "schema/tally.schema.json is stale: run this test with TALLY_UPDATE=1");
}

#[test]
fn everything_in_the_schema_is_described() {
    let schema = json_schema();
    let mut without = Vec::new();
    let mut n_properties = 0;
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, table) in definitions.iter().map(|(name, table)| (name.as_str(), table)).chain([("", &schema)]) {
        if table["description"].as_str().is_none() {
            without.push(name.to_owned());
        }
        let properties = table["properties"].as_object().into_iter().flatten();
        for (key, property) in properties {
            n_properties += 1;
            if property["description"].as_str().is_none_or(|text| !text.ends_with('.')) {
                without.push(format!("{name}.{key}"));
            }
        }
    }
    assert!(n_properties > 50, "only {n_properties} properties were looked at");
    assert_eq!(without, [""; 0]);
}

#[test]
fn the_schema_knows_itself_by_a_dialect_and_refuses_unknown_keys() {
    let schema = json_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["title"], "Tally configuration");
    let open: Vec<_> = schema["$defs"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, table)| table["type"] == "object" && table["additionalProperties"] != Value::Bool(false))
        .map(|(name, _)| name)
        .collect();
    assert!(open.is_empty(), "unknown keys are allowed in {open:?}");
}
