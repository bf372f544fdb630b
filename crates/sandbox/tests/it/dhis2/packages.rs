//! `POST /api/metadata`.

use super::{DISTRICT, Sandbox, sandbox_with};
use reqwest::Method;
use sandbox::dhis2::DEFAULT_COMBO;
use serde_json::{Value, json};

async fn administrated() -> Sandbox {
    sandbox_with("2.42.1", |options| options.authorities.push("F_METADATA_IMPORT".to_owned())).await
}

async fn send(sandbox: &Sandbox, mode: &str, package: &Value) -> (u16, Value) {
    let path = format!("/api/metadata?importMode={mode}&importStrategy=CREATE_AND_UPDATE&atomicMode=ALL");
    sandbox.call(Method::POST, &path, Some(package)).await
}

/// A data set with one data element by severity.
fn package() -> Value {
    let sharing = json!({ "public": "rwrw----" });
    let severity =
        |id: &str, name: &str| json!({ "id": id, "code": name, "name": name, "shortName": name, "sharing": sharing });
    let combo = |id: &str, option: &str| json!({ "id": id, "name": option, "categoryCombo": { "id": "CatCombo001" }, "categoryOptions": [{ "id": option }] });
    json!({
        "categoryOptions": [severity("OptionMild1", "MILD"), severity("OptionHigh1", "HIGH")],
        "categories": [{
            "id": "Category001", "name": "Severity", "shortName": "Severity", "dataDimensionType": "DISAGGREGATION",
            "categoryOptions": [{ "id": "OptionMild1" }, { "id": "OptionHigh1" }],
        }],
        "categoryCombos": [{
            "id": "CatCombo001", "name": "Severity", "dataDimensionType": "DISAGGREGATION",
            "categories": [{ "id": "Category001" }],
        }],
        "categoryOptionCombos": [combo("OptCombo001", "OptionMild1"), combo("OptCombo002", "OptionHigh1")],
        "dataElements": [{
            "id": "Element0001", "code": "CASES", "name": "Cases", "shortName": "Cases", "domainType": "AGGREGATE",
            "valueType": "NUMBER", "aggregationType": "SUM", "categoryCombo": { "id": "CatCombo001" }, "formName": "Cases",
        }],
        "dataSets": [{
            "id": "DataSet0001", "name": "Set", "shortName": "Set", "periodType": "Weekly",
            "categoryCombo": { "id": DEFAULT_COMBO },
            "dataSetElements": [{ "dataElement": { "id": "Element0001" }, "dataSet": { "id": "DataSet0001" } }],
            "organisationUnits": [{ "id": DISTRICT }],
            "sharing": sharing,
        }],
        "visualizations": [{
            "id": "Picture0001", "name": "Cases", "type": "LINE",
            "dataDimensionItems": [{ "dataDimensionItemType": "DATA_ELEMENT", "dataElement": { "id": "Element0001" } }],
        }],
    })
}

/// Codes of errors, by kind of object.
fn errors(body: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for of_type in body["response"]["typeReports"].as_array().unwrap() {
        for object in of_type["objectReports"].as_array().unwrap() {
            for error in object["errorReports"].as_array().unwrap() {
                let class = of_type["klass"].as_str().unwrap().rsplit('.').next().unwrap();
                found.push((class.to_owned(), error["errorCode"].as_str().unwrap().to_owned()));
            }
        }
    }
    found
}

#[tokio::test]
async fn a_package_is_taken_as_a_whole_and_can_be_written_into() {
    let sandbox = administrated().await;
    let (status, body) = send(&sandbox, "VALIDATE", &package()).await;
    assert_eq!((status, body["response"]["stats"]["created"].as_u64()), (200, Some(9)), "{body:#}");
    assert_eq!(sandbox.get("/api/dataSets/DataSet0001").await.0, 404, "a check writes nothing");
    let (status, body) = send(&sandbox, "COMMIT", &package()).await;
    assert_eq!((status, body["status"].as_str()), (200, Some("OK")), "{body:#}");
    let value = json!({
        "dataElement": "Element0001", "period": "2020W13", "orgUnit": DISTRICT, "categoryOptionCombo": "OptCombo002",
        "value": "5",
    });
    let (status, _) = sandbox.post("", &json!({ "dataSet": "DataSet0001", "dataValues": [value] })).await;
    assert_eq!(status, 200);
    assert_eq!(sandbox.value("Element0001", "2020W13", DISTRICT, "OptCombo002").as_deref(), Some("5"));
    // What has no place here is kept as it came.
    let (_, body) = sandbox.get("/api/dataElements?filter=code:in:[CASES]&fields=:owner").await;
    assert_eq!(body["dataElements"][0]["formName"], json!("Cases"));
    let (_, body) = sandbox.get("/api/visualizations?filter=id:in:[Picture0001]&fields=:owner").await;
    assert_eq!(body["visualizations"][0]["type"], json!("LINE"));

    // What an update does not say is gone.
    let mut again = package();
    again["dataSets"][0].as_object_mut().unwrap().remove("organisationUnits");
    let (status, body) = send(&sandbox, "COMMIT", &again).await;
    assert_eq!((status, body["response"]["stats"]["updated"].as_u64()), (200, Some(9)), "{body:#}");
    let (_, body) = sandbox.get("/api/dataSets/DataSet0001?fields=organisationUnits").await;
    assert_eq!(body["organisationUnits"], json!([]));
}

#[tokio::test]
async fn whatever_is_wrong_is_told_and_nothing_is_written() {
    let sandbox = administrated().await;
    let mut named = package();
    let other = sandbox.state.edit(|metadata| metadata.data_elements[0].name.clone());
    named["dataElements"][0]["name"] = json!(other);
    let mut unknown = package();
    unknown["dataElements"][0]["categoryCombo"] = json!({ "id": "Nowhere0001" });
    let mut bare = package();
    bare["dataElements"][0].as_object_mut().unwrap().remove("shortName");
    let mut long = package();
    long["dataElements"][0]["shortName"] = json!("x".repeat(51));
    let mut few = package();
    few["categoryOptionCombos"].as_array_mut().unwrap().pop();
    let mut same = package();
    same["categoryOptionCombos"][1]["categoryOptions"] = json!([{ "id": "OptionMild1" }]);
    let mut malformed = package();
    malformed["visualizations"][0]["id"] = json!("no uid");
    for (what, broken, expected) in [
        ("a name of another", named, ("DataElement", "E5003")),
        ("a reference to nothing", unknown, ("DataElement", "E5002")),
        ("a property that must be there", bare, ("DataElement", "E4000")),
        ("a text that is too long", long, ("DataElement", "E4001")),
        ("not all option combos", few, ("CategoryOptionCombo", "E1130")),
        ("the same option combo twice", same, ("CategoryOptionCombo", "E1131")),
        ("an id that is no UID", malformed, ("Visualization", "E4014")),
    ] {
        let (status, body) = send(&sandbox, "COMMIT", &broken).await;
        assert_eq!((status, body["status"].as_str()), (409, Some("WARNING")), "{what}");
        let found = errors(&body);
        assert_eq!(found.first(), Some(&(expected.0.to_owned(), expected.1.to_owned())), "{what}: {found:?}");
        assert_eq!(body["response"]["stats"]["ignored"], body["response"]["stats"]["total"], "{what}");
        assert_eq!(sandbox.get("/api/dataSets/DataSet0001").await.0, 404, "{what}");
    }
}

#[tokio::test]
async fn it_needs_an_authority_and_knows_only_its_own_mode() {
    let (status, _) = send(&sandbox_with("2.42.1", |_| {}).await, "COMMIT", &package()).await;
    assert_eq!(status, 403);
    let sandbox = administrated().await;
    let (status, _) = sandbox.call(Method::POST, "/api/metadata?atomicMode=NONE", Some(&package())).await;
    assert_eq!(status, 400);
}
