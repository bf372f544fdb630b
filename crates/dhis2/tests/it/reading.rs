//! Reading values back, from both dialects.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use dhis2::{ErrorKind, IdScheme, IdSchemes, Time, ValueQuery};

use crate::server::{Server, reply};

fn query() -> ValueQuery {
    ValueQuery {
        data_sets: vec!["kIfMNugiTgd".into()],
        data_elements: Vec::new(),
        time: Time::Periods(vec!["20200327".into(), "20200328".into()]),
        org_units: vec!["O6uvpzGd5pu".into()],
        children: true,
        include_deleted: true,
        id_schemes: IdSchemes::default(),
    }
}

#[tokio::test]
async fn values_as_each_dialect_writes_them() {
    let row = r#"{"dataSet":"kIfMNugiTgd","dataValues":[
        {"dataElement":"CnPsS2xE8UN","period":"20200327","orgUnit":"O6uvpzGd5pu","categoryOptionCombo":"HllvX50cXC0",
         "attributeOptionCombo":"HllvX50cXC0","value":"12","storedBy":"admin","created":"2020-03-28T10:00:00.000+0000",
         "lastUpdated":"2020-03-29T10:00:00.000+0000","comment":null,"followup":false,"deleted":null}]}"#;
    let group = r#"{"dataSet":"kIfMNugiTgd","period":"20200327","orgUnit":"O6uvpzGd5pu","attributeOptionCombo":"HllvX50cXC0",
        "dataValues":[{"dataElement":"CnPsS2xE8UN","categoryOptionCombo":"HllvX50cXC0","value":"12","storedBy":"admin",
        "created":"2020-03-28T10:00:00.000+0000","lastUpdated":"2020-03-29T10:00:00.000+0000","followup":false}]}"#;
    let server = Server::answering([reply(200, row), reply(200, group), reply(200, "{}")]).await;
    let client = server.client();
    let from_row = client.data_values(&query()).await.unwrap();
    let from_group = client.data_values(&query()).await.unwrap();
    assert_eq!(from_row, from_group);
    assert_eq!(from_row[0].key(), ("CnPsS2xE8UN", "20200327", "O6uvpzGd5pu", "HllvX50cXC0", "HllvX50cXC0"));
    assert_eq!(from_row[0].stored_by.as_deref(), Some("admin"));
    assert_eq!(client.data_values(&query()).await.unwrap(), []);
    insta::assert_debug_snapshot!(server.finished()[0].query(), @r#"
    [
        (
            "dataSet",
            "kIfMNugiTgd",
        ),
        (
            "orgUnit",
            "O6uvpzGd5pu",
        ),
        (
            "period",
            "20200327",
        ),
        (
            "period",
            "20200328",
        ),
        (
            "children",
            "true",
        ),
        (
            "includeDeleted",
            "true",
        ),
    ]
    "#);
}

#[tokio::test]
async fn codes_are_asked_for_both_ways() {
    let server = Server::answering([reply(200, "{}")]).await;
    let query = ValueQuery { id_schemes: IdScheme::Code.into(), ..query() };
    server.client().data_values(&query).await.unwrap();
    let seen = server.finished();
    assert_eq!(seen[0].parameters("idScheme"), ["code"]);
    assert_eq!(seen[0].parameters("inputIdScheme"), ["code"]);
}

#[tokio::test]
async fn a_refused_query_keeps_its_code() {
    let body = r#"{"httpStatus":"Conflict","httpStatusCode":409,"status":"ERROR","message":"User is not allowed to view org unit","errorCode":"E2012"}"#;
    let server = Server::answering([reply(409, body)]).await;
    let error = server.client().data_values(&query()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Conflict { code: Some(code), .. } if code == "E2012"), "{error}");
}

#[tokio::test]
async fn a_long_query_becomes_several_and_values_stay_unique() {
    let units: Vec<String> = (0..1100).map(|number| format!("u{number:010}")).collect();
    let value = |element: &str| {
        format!(
            r#"{{"period":"1","orgUnit":"o","dataValues":[{{"dataElement":"{element}","categoryOptionCombo":"c","value":"1"}}]}}"#
        )
    };
    let server =
        Server::answering([reply(200, value("b")), reply(200, value("a")), reply(200, value("b")), reply(200, "{}")])
            .await;
    let query = ValueQuery { org_units: units.clone(), ..query() };
    let values = server.client().data_values(&query).await.unwrap();
    assert_eq!(values.iter().map(|value| value.data_element.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let seen = server.finished();
    assert!(seen.iter().all(|request| request.uri.to_string().len() < 8 * 1024));
    let asked: Vec<String> = seen.iter().flat_map(|request| request.parameters("orgUnit")).collect();
    assert_eq!(asked.len(), units.len());
    assert_eq!(asked.iter().collect::<BTreeSet<_>>(), units.iter().collect());
}

#[tokio::test]
async fn many_values() {
    let mut body = String::from(r#"{"dataValues":["#);
    for number in 0..20_000 {
        let comma = if number == 0 { "" } else { "," };
        write!(
            body,
            r#"{comma}{{"dataElement":"CnPsS2xE8UN","period":"20200327","orgUnit":"u{number:010}","categoryOptionCombo":"HllvX50cXC0","attributeOptionCombo":"HllvX50cXC0","value":"{number}","storedBy":"admin","created":"2020-03-28T10:00:00.000+0000","lastUpdated":"2020-03-29T10:00:00.000+0000","comment":null,"followup":false}}"#
        )
        .unwrap();
    }
    body.push_str("]}");
    let server = Server::answering([reply(200, body)]).await;
    let values = server.client().data_values(&query()).await.unwrap();
    assert_eq!(values.len(), 20_000);
    assert_eq!(values[19_999].value.as_deref(), Some("19999"));
}
