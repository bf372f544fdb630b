//! Data sets and lookups.

use std::sync::Arc;

use dhis2::{ErrorKind, IdScheme, Uid};

use crate::server::{Server, page, reply};

const DEFAULT: &str = r#"{"id":"bjDvmb4bfuf","code":"default","name":"default","isDefault":true,
    "categories":[{"id":"GLevLNI9wkl","code":"default","name":"default","categoryOptions":[{"id":"xYerKDKCefk","name":"default"}]}],
    "categoryOptionCombos":[{"id":"HllvX50cXC0","code":"default","name":"default","categoryOptions":[{"id":"xYerKDKCefk"}]}]}"#;
const SEX: &str = r#"{"id":"o3OiZXHwBzY","name":"Sex","isDefault":false,
    "categories":[{"id":"FRwO58KwwJt","code":"SEX","name":"Sex","categoryOptions":[{"id":"MP15bHaQh2x","code":"M","name":"Male"},
        {"id":"FFA9e1yIXCT","code":"F","name":"Female","startDate":"2020-01-01T00:00:00.000"}]}],
    "categoryOptionCombos":[{"id":"aaaaaaaaaa1","name":"Male","categoryOptions":[{"id":"MP15bHaQh2x"}]},
        {"id":"aaaaaaaaaa2","name":"Female","categoryOptions":[{"id":"FFA9e1yIXCT"}]}]}"#;

fn data_set() -> String {
    format!(
        r#"{{"id":"kIfMNugiTgd","code":"SURV","name":"Surveillance","periodType":"Daily","expiryDays":0.0,"openFuturePeriods":1,
        "noValueRequiresComment":false,"compulsoryFieldsCompleteOnly":false,"workflow":{{"id":"aaaaaaaaaa9"}},
        "access":{{"data":{{"read":true,"write":true}}}},
        "dataInputPeriods":[{{"period":{{"id":"20200327"}},"openingDate":"2020-03-27T00:00:00.000"}}],
        "compulsoryDataElementOperands":[{{"dataElement":{{"id":"CnPsS2xE8UN"}},"categoryOptionCombo":{{"id":"aaaaaaaaaa1"}}}}],
        "categoryCombo":{DEFAULT},
        "dataSetElements":[
          {{"dataElement":{{"id":"CnPsS2xE8UN","code":"CONF","name":"Confirmed","valueType":"INTEGER_ZERO_OR_POSITIVE","aggregationType":"SUM",
             "zeroIsSignificant":false,"domainType":"AGGREGATE","categoryCombo":{SEX}}}}},
          {{"categoryCombo":{DEFAULT},"dataElement":{{"id":"MpYJAYuLpim","name":"Trend","valueType":"TEXT","aggregationType":"NONE",
             "zeroIsSignificant":true,"domainType":"AGGREGATE","optionSet":{{"id":"QLANS0Gen0m","options":[{{"code":"CLUSTERS"}},{{"code":"SPORADIC"}}]}},
             "categoryCombo":{SEX}}}}}]}}"#
    )
}

fn uid(text: &str) -> Uid {
    Uid::parse(text).unwrap()
}

#[tokio::test]
async fn a_data_set_with_all_that_hangs_on_it() {
    let server = Server::answering([reply(200, data_set())]).await;
    let set = server.client().data_set("kIfMNugiTgd", IdScheme::Uid).await.unwrap();
    assert_eq!((set.period_type.as_str(), set.open_future_periods, set.can_write), ("Daily", 1, Some(true)));
    assert_eq!(set.workflow, Some(uid("aaaaaaaaaa9")));
    assert_eq!(set.data_input_periods[0].period, "20200327");
    assert_eq!(set.compulsory[0].data_element, "CnPsS2xE8UN");
    assert!(set.category_combo.is_default);

    let [confirmed, trend] = set.elements.as_slice() else { panic!("two elements") };
    assert_eq!(confirmed.category_combo.name, "Sex", "the element's own");
    assert!(Arc::ptr_eq(&trend.category_combo, &set.category_combo), "overruled by the data set, and shared");
    assert_eq!(trend.data_element.option_set.as_ref().unwrap().codes, ["CLUSTERS", "SPORADIC"]);
    assert!(trend.data_element.zero_is_significant && !confirmed.data_element.zero_is_significant);
    let female = confirmed.category_combo.combo_of(&[uid("FFA9e1yIXCT")]).unwrap();
    assert_eq!(female.id, "aaaaaaaaaa2");
    assert_eq!(confirmed.category_combo.combo_of(&[uid("FFA9e1yIXCT"), uid("MP15bHaQh2x")]), None);

    let seen = server.finished();
    assert_eq!(seen[0].uri.path(), "/hmis/api/dataSets/kIfMNugiTgd");
    insta::assert_snapshot!(seen[0].parameters("fields")[0], @"id,code,name,attributeValues[value,attribute[id]],periodType,expiryDays,openFuturePeriods,noValueRequiresComment,compulsoryFieldsCompleteOnly,workflow[id],access[data],dataInputPeriods[period[id],openingDate,closingDate],compulsoryDataElementOperands[dataElement[id],categoryOptionCombo[id]],categoryCombo[id,code,name,isDefault,categories[id,code,name,categoryOptions[id,code,name,startDate,endDate,attributeValues[value,attribute[id]]]],categoryOptionCombos[id,code,name,categoryOptions[id]]],dataSetElements[categoryCombo[id,code,name,isDefault,categories[id,code,name,categoryOptions[id,code,name,startDate,endDate,attributeValues[value,attribute[id]]]],categoryOptionCombos[id,code,name,categoryOptions[id]]],dataElement[id,code,name,valueType,aggregationType,zeroIsSignificant,domainType,optionSet[id,options[code]],commentOptionSet[id],attributeValues[value,attribute[id]],categoryCombo[id,code,name,isDefault,categories[id,code,name,categoryOptions[id,code,name,startDate,endDate,attributeValues[value,attribute[id]]]],categoryOptionCombos[id,code,name,categoryOptions[id]]]]]");
}

#[tokio::test]
async fn a_data_set_by_code() {
    let listed = format!(r#"{{"dataSets":[{}]}}"#, data_set());
    let twice = format!(r#"{{"dataSets":[{0},{0}]}}"#, data_set());
    let server = Server::answering([reply(200, listed), reply(200, r#"{"dataSets":[]}"#), reply(200, twice)]).await;
    let client = server.client();
    assert_eq!(client.data_set("SURV", IdScheme::Code).await.unwrap().id, "kIfMNugiTgd");
    let missing = client.data_set("SURV", IdScheme::Code).await.unwrap_err();
    insta::assert_snapshot!(missing, @"data set SURV does not exist or cannot be read by this user");
    let ambiguous = client.data_set("SURV", IdScheme::Code).await.unwrap_err();
    insta::assert_snapshot!(ambiguous, @"data set SURV is not unique");
    assert_eq!(server.finished()[0].parameters("filter"), ["code:in:[SURV]"]);
}

#[tokio::test]
async fn a_missing_data_set_is_named() {
    let server = Server::answering([
        reply(404, r#"{"status":"ERROR","message":"DataSet with id x not found","errorCode":"E1005"}"#),
        page(404),
    ])
    .await;
    let client = server.client();
    for _ in 0..2 {
        let error = client.data_set("kIfMNugiTgd", IdScheme::Uid).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::NotFound { what: "data set", id } if id == "kIfMNugiTgd"),
            "{error:?}"
        );
    }
    server.finished();
    // What is no uid cannot lead to another address.
    let error = client.data_set("..", IdScheme::Uid).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound { .. }));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn organisation_units() {
    let listed = r#"{"organisationUnits":[
        {"id":"O6uvpzGd5pu","code":"OU_264","name":"Bo","path":"/ImspTQPwCqd/O6uvpzGd5pu","level":2,"openingDate":"1990-01-01T00:00:00.000"},
        {"id":"fdc6uOvgoji","name":"Bombali","path":"/ImspTQPwCqd/fdc6uOvgoji","level":2,"openingDate":"1990-01-01T00:00:00.000","closedDate":"2020-12-31T00:00:00.000"}]}"#;
    let server = Server::answering([reply(200, listed), reply(200, listed)]).await;
    let client = server.client();
    let units = client.org_units_of(uid("kIfMNugiTgd")).await.unwrap();
    assert_eq!(units[1].closed_date, Some(jiff::civil::date(2020, 12, 31)));
    let found = client.org_units_by(IdScheme::Code, &["OU_264".into(), "OU_999".into()]).await.unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["OU_264"]);
    let seen = server.finished();
    assert_eq!(seen[0].parameters("filter"), ["dataSets.id:eq:kIfMNugiTgd"]);
    assert_eq!(seen[0].parameters("paging"), ["false"]);
    assert_eq!(seen[1].parameters("filter"), ["code:in:[OU_264,OU_999]"]);
}

#[tokio::test]
async fn by_attribute() {
    let listed = r#"{"organisationUnits":[{"id":"O6uvpzGd5pu","name":"Bo","attributeValues":[
        {"value":"no","attribute":{"id":"aaaaaaaaaa8"}},{"value":"G-1","attribute":{"id":"aaaaaaaaaa7"}}]}]}"#;
    let server = Server::answering([reply(200, listed)]).await;
    let scheme = IdScheme::Attribute(uid("aaaaaaaaaa7"));
    let found = server.client().org_units_by(scheme, &["G-1".into()]).await.unwrap();
    assert_eq!(found["G-1"].id, "O6uvpzGd5pu");
    assert_eq!(server.finished()[0].parameters("filter"), ["aaaaaaaaaa7:in:[G-1]"]);
}

#[tokio::test]
async fn a_dhis2_indicator_is_recognised() {
    let server =
        Server::answering([reply(200, r#"{"id":"dXAhOKiim1x","name":"CFR"}"#), reply(404, "{}"), page(403)]).await;
    let client = server.client();
    assert_eq!(client.find_indicator("dXAhOKiim1x", IdScheme::Uid).await.unwrap().unwrap().name, "CFR");
    assert_eq!(client.find_indicator("dXAhOKiim1x", IdScheme::Uid).await.unwrap(), None);
    assert!(client.find_indicator("dXAhOKiim1x", IdScheme::Uid).await.is_err(), "not knowing is not absence");
}

/// A gateway's message under a good status is not the news that every organisation unit is gone.
#[tokio::test]
async fn what_is_no_list_is_not_an_empty_one() {
    let server = Server::answering([reply(200, r#"{"status":"OK"}"#), reply(200, r#"{"message":"Welcome"}"#)]).await;
    let client = server.client();
    let error = client.org_units_by(IdScheme::Uid, &["O6uvpzGd5pu".into()]).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Decode { .. }), "{error}");
    let error = client.org_units_of(uid("kIfMNugiTgd")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Decode { .. }), "{error}");
    server.finished();
}
