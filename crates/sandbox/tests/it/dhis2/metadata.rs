//! Metadata queries: fields, filters, paging, and what the server says of itself.

use serde_json::{Value, json};

use super::*;

fn ids(list: &Value) -> Vec<&str> {
    let mut ids: Vec<_> = list.as_array().unwrap().iter().map(|o| o["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn one_data_set_comes_with_everything_nested() {
    let sandbox = sandbox("2.42.0").await;
    let fields = "id,code,periodType,access[data],categoryCombo[id,isDefault],organisationUnits[id,path],\
        dataSetElements[categoryCombo[id],dataElement[id,valueType,optionSet[id,options[code]],\
        categoryCombo[id,categories[code,categoryOptions[code]],categoryOptionCombos[id,name,categoryOptions[id]]]]]";
    let (status, body) = sandbox.get(&format!("/api/dataSets/{WEEKLY}?fields={fields}")).await;
    assert_eq!(status, 200);
    assert_eq!((&body["code"], &body["periodType"]), (&json!("AGG_WEEKLY_SURV"), &json!("Weekly")));
    assert_eq!(body["access"], json!({"data": {"read": true, "write": true}}));
    assert_eq!(body["categoryCombo"], json!({"id": "bjDvmb4bfuf", "isDefault": true}));
    let elements = body["dataSetElements"].as_array().unwrap();
    assert_eq!(elements.len(), 11);
    let of = |uid: &str| elements.iter().map(|e| &e["dataElement"]).find(|e| e["id"] == uid).unwrap();
    let codes: Vec<_> =
        of(TRANSMISSION)["optionSet"]["options"].as_array().unwrap().iter().map(|o| o["code"].clone()).collect();
    assert_eq!(codes, ["CLUSTERS", "COMMUNITY", "NO_CASES", "SPORADIC"]);
    let combo = &of("bmbNyNoJcXP")["categoryCombo"];
    assert_eq!(combo["categoryOptionCombos"].as_array().unwrap().len(), 44, "leftovers included");
    assert_eq!(combo["categories"][0]["categoryOptions"][0]["code"], "P0Y--P5Y");
    assert!(elements[0]["categoryCombo"].is_null(), "no combo is overridden");
    let facility = body["organisationUnits"].as_array().unwrap().iter().find(|o| o["id"] == FACILITY).unwrap();
    assert_eq!(facility["path"], format!("/{COUNTRY}/{DISTRICT}/{FACILITY}"));
}

#[tokio::test]
async fn references_without_fields_are_ids_and_nulls_are_left_out() {
    let sandbox = sandbox("2.42.0").await;
    let (_, body) =
        sandbox.get(&format!("/api/organisationUnits/{FACILITY}?fields=id,parent,closedDate,openingDate,code")).await;
    assert_eq!(
        body,
        json!({"id": FACILITY, "parent": {"id": DISTRICT}, "openingDate": "2020-03-01T00:00:00.000", "code": "OU_559"})
    );
    let (_, all) = sandbox.get(&format!("/api/organisationUnits/{FACILITY}?fields=*,!path")).await;
    assert_eq!((&all["level"], &all["path"]), (&json!(3), &Value::Null));
    let (_, whole) = sandbox.get(&format!("/api/dataElements/{TESTED}")).await;
    assert_eq!((&whole["zeroIsSignificant"], &whole["shortName"]), (&json!(false), &json!("Cases tested")));
}

#[tokio::test]
async fn filters_select() {
    let sandbox = sandbox("2.42.0").await;
    sandbox.state.unassign(DAILY, OTHER_DISTRICT);
    for (query, expected) in [
        (format!("organisationUnits?filter=dataSets.id:eq:{DAILY}"), vec![FACILITY, COUNTRY, DISTRICT]),
        (format!("organisationUnits?filter=id:in:[{DISTRICT},{FACILITY},aaaaaaaaaaa]"), vec![FACILITY, DISTRICT]),
        ("organisationUnits?filter=code:eq:OU_559".to_owned(), vec![FACILITY]),
        ("organisationUnits?filter=code:!null".to_owned(), vec![FACILITY]),
        ("organisationUnits?filter=parent:null".to_owned(), vec![COUNTRY]),
        ("organisationUnits?filter=level:gt:2".to_owned(), vec![FACILITY]),
        ("organisationUnits?filter=name:like:District&filter=name:like:B".to_owned(), vec![OTHER_DISTRICT]),
        ("organisationUnits?filter=name:ilike:district".to_owned(), vec![DISTRICT, OTHER_DISTRICT]),
        ("organisationUnits?filter=name:like:district".to_owned(), vec![]),
        ("organisationUnits?filter=level:eq:1&filter=level:eq:3&rootJunction=OR".to_owned(), vec![FACILITY, COUNTRY]),
        ("dataSets?filter=periodType:eq:Daily".to_owned(), vec![DAILY]),
        ("dataElements?filter=optionSet:!null".to_owned(), vec![TRANSMISSION]),
        ("indicators?filter=id:eq:dXAhOKiim1x".to_owned(), vec!["dXAhOKiim1x"]),
        ("optionSets?filter=options.code:eq:SPORADIC".to_owned(), vec!["QLANS0Gen0m"]),
        (
            "categoryOptionCombos?filter=categoryCombo.id:eq:FGDN1aBqJnt&filter=name:eq:Imported".to_owned(),
            vec![IMPORTED],
        ),
    ] {
        let (status, body) = sandbox.get(&format!("/api/{query}&paging=false&fields=id")).await;
        assert_eq!(status, 200, "{query} {body}");
        let mut expected = expected;
        expected.sort_unstable();
        let list = body.as_object().unwrap().values().next().unwrap();
        assert_eq!(ids(list), expected, "{query}");
    }
    for bad in ["name:between:x", "nothing:eq:1", "name", "id:in:a,b"] {
        assert_eq!(sandbox.get(&format!("/api/organisationUnits?filter={bad}")).await.0, 400, "{bad}");
    }
}

#[tokio::test]
async fn collections_are_paged() {
    let sandbox = sandbox("2.42.0").await;
    let (_, body) = sandbox.get("/api/categoryOptionCombos").await;
    assert_eq!(body["categoryOptionCombos"].as_array().unwrap().len(), 50);
    let pager = &body["pager"];
    assert_eq!((&pager["page"], &pager["total"], &pager["pageCount"]), (&json!(1), &json!(82), &json!(2)));
    assert!(pager["nextPage"].as_str().unwrap().ends_with("/api/categoryOptionCombos?page=2&pageSize=50"));
    let (_, body) = sandbox.get("/api/categoryOptionCombos?page=3&pageSize=40").await;
    assert_eq!(body["categoryOptionCombos"].as_array().unwrap().len(), 2);
    assert!(body["pager"]["nextPage"].is_null());
    let first = &body["categoryOptionCombos"][0];
    assert_eq!(first.as_object().unwrap().len(), 2, "id and displayName: {first}");
    let (_, body) = sandbox.get("/api/categoryOptionCombos?paging=false&fields=id").await;
    assert_eq!((body["categoryOptionCombos"].as_array().unwrap().len(), &body["pager"]), (82, &Value::Null));
}

#[tokio::test]
async fn unknown_objects_are_not_found() {
    let sandbox = sandbox("2.42.0").await;
    let (status, body) = sandbox.get("/api/dataSets/aaaaaaaaaaa").await;
    assert_eq!((status, &body["errorCode"]), (404, &json!("E1005")));
    assert_eq!(body["message"], "DataSet with id aaaaaaaaaaa could not be found.");
    sandbox.state.remove_option_combo(INFANT_BOYS);
    assert_eq!(sandbox.get(&format!("/api/categoryOptionCombos/{INFANT_BOYS}")).await.0, 404);
    assert_eq!(sandbox.get("/api/dataSets?fields=id[").await.0, 400);
}

#[tokio::test]
async fn the_server_introduces_itself_and_the_user() {
    let sandbox = sandbox_with("2.43.1", |options| options.calendar = "ethiopian".to_owned()).await;
    let (_, info) = sandbox.get("/api/system/info").await;
    assert_eq!((&info["version"], &info["calendar"]), (&json!("2.43.1"), &json!("ethiopian")));
    assert_eq!(info["serverDate"], "2020-03-30T12:00:00.000");
    let (_, me) = sandbox
        .get("/api/me?fields=username,authorities,organisationUnits[id,path],settings[keyAnalysisDisplayProperty]")
        .await;
    assert_eq!(
        me,
        json!({
            "username": "tally",
            "authorities": ["F_DATAVALUE_ADD", "F_DATAVALUE_DELETE", "F_VIEW_EVENT_ANALYTICS"],
            "organisationUnits": [{"id": COUNTRY, "path": format!("/{COUNTRY}")}],
            "settings": {"keyAnalysisDisplayProperty": "name"},
        })
    );
    let (_, types) = sandbox.get("/api/periodTypes").await;
    let names: Vec<_> = types["periodTypes"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 23);
    assert!(names.contains(&"WeeklyFriday"));
    let (_, settings) = sandbox.get("/api/systemSettings?key=keyDataImportStrictPeriods").await;
    assert_eq!(settings, json!({"keyDataImportStrictPeriods": false}));
}
