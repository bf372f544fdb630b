//! Up to 2.42: every row is judged alone.

use sandbox::dhis2::{InputPeriod, Metadata};
use serde_json::{Value, json};

use super::*;

type Alter = fn(&State);

fn nothing(_: &State) {}

/// Every rejection: what is altered, the query, the body, and the code it must bring.
fn rejections() -> Vec<(Alter, &'static str, Value, &'static str)> {
    let one = |changes| daily(&[with(changes)]);
    let attribute: Alter = |state| {
        state.edit(|m| m.data_set_mut(DAILY).category_combo = TRANSMISSION_COMBO.to_owned());
    };
    vec![
        (nothing, "", json!({"dataSet": "aaaaaaaaaaa", "dataValues": [tested("1")]}), "E7600"),
        (|s| s.edit(|m| m.data_set_mut(DAILY).data_write = false), "", daily(&[tested("1")]), "E7601"),
        (nothing, "", json!({"orgUnit": "aaaaaaaaaaa", "dataValues": [tested("1")]}), "E7603"),
        (nothing, "", json!({"attributeOptionCombo": "aaaaaaaaaaa", "dataValues": [tested("1")]}), "E7604"),
        (nothing, "", one(json!({"dataElement": "aaaaaaaaaaa"})), "E7610"),
        (nothing, "", one(json!({"period": "2020W99"})), "E7611"),
        (nothing, "", one(json!({"orgUnit": "aaaaaaaaaaa"})), "E7612"),
        (nothing, "", one(json!({"categoryOptionCombo": "aaaaaaaaaaa"})), "E7613"),
        (
            |s| s.edit(|m| m.category_option_mut("MP15bHaQh2x").data_write = false),
            "",
            one(json!({"dataElement": CONFIRMED, "categoryOptionCombo": INFANT_BOYS})),
            "E7614",
        ),
        (nothing, "", one(json!({"attributeOptionCombo": "aaaaaaaaaaa"})), "E7615"),
        (
            |s| s.edit(|m| m.category_option_mut("MP15bHaQh2x").data_write = false),
            "",
            one(json!({"attributeOptionCombo": INFANT_BOYS})),
            "E7616",
        ),
        (|s| s.edit(|m| m.users[0].org_units = vec![OTHER_DISTRICT.to_owned()]), "", daily(&[tested("1")]), "E7617"),
        (nothing, "", one(json!({"value": null})), "E7618"),
        (nothing, "", one(json!({"value": "12.0"})), "E7619"),
        (nothing, "", one(json!({"comment": "x".repeat(50_001)})), "E7620"),
        (
            nothing,
            "",
            json!({"dataSet": WEEKLY, "dataValues": [
                {"dataElement": TRANSMISSION, "period": "2020W13", "orgUnit": FACILITY, "value": "Clusters"}]}),
            "E7621",
        ),
        (nothing, "?requireCategoryOptionCombo=true", daily(&[tested("1")]), "E7630"),
        (nothing, "?requireAttributeOptionCombo=true", daily(&[tested("1")]), "E7631"),
        (nothing, "?strictPeriods=true", one(json!({"period": "2020W12"})), "E7632"),
        (nothing, "?strictDataElements=true", json!({"dataSet": WEEKLY, "dataValues": [tested("1")]}), "E7633"),
        (nothing, "?strictCategoryOptionCombos=true", one(json!({"dataElement": CONFIRMED})), "E7634"),
        (nothing, "?strictAttributeOptionCombos=true", one(json!({"attributeOptionCombo": INFANT_BOYS})), "E7635"),
        (|s| s.unassign(DAILY, FACILITY), "?strictOrganisationUnits=true", daily(&[tested("1")]), "E7636"),
        (nothing, "", one(json!({"storedBy": "x".repeat(256)})), "E7637"),
        (
            |s| {
                s.edit(|m| m.data_set_mut(DAILY).category_combo = TRANSMISSION_COMBO.to_owned());
                let end = Some(date(2020, 3, 26));
                s.edit(|m| m.category_options.iter_mut().for_each(|o| o.end_date = end));
            },
            "",
            one(json!({"attributeOptionCombo": IMPORTED})),
            "E7638",
        ),
        (
            |s| s.edit(|m| m.category_options.iter_mut().for_each(|o| o.org_units = vec![OTHER_DISTRICT.to_owned()])),
            "",
            one(json!({"attributeOptionCombo": IMPORTED})),
            "E7639",
        ),
        (|s| s.edit(|m| m.data_set_mut(DAILY).expiry_days = 1), "", daily(&[tested("1")]), "E7640"),
        (|s| s.lock_slice(DAILY, "20200327", FACILITY), "", daily(&[tested("1")]), "E7640"),
        (nothing, "", one(json!({"period": "20200330"})), "E7641"),
        (|s| s.approve(DAILY, "20200327", FACILITY), "", daily(&[tested("1")]), "E7642"),
        (|s| input_period(s, "20200101"), "", daily(&[tested("1")]), "E7643"),
        (
            |s| {
                input_period(s, "20200101");
                s.unassign(DAILY, FACILITY);
            },
            "",
            json!({"dataValues": [tested("1")]}),
            "E7644",
        ),
        (
            |s| s.edit(|m: &mut Metadata| m.data_element_mut(TESTED).value_type = "FILE_RESOURCE".to_owned()),
            "?importStrategy=DELETE",
            one(json!({"value": null})),
            "E7645",
        ),
        (attribute, "?strictAttributeOptionCombos=true", daily(&[tested("1")]), "E7635"),
    ]
}

fn input_period(state: &State, period: &str) {
    let entry = InputPeriod { period: period.to_owned(), opening: None, closing: None };
    state.edit(|m| m.data_set_mut(DAILY).input_periods.push(entry));
}

#[tokio::test]
async fn every_code_has_its_cause() {
    for (alter, query, body, code) in rejections() {
        let sandbox = sandbox("2.42.1").await;
        alter(&sandbox.state);
        let (status, answer) = sandbox.post(query, &body).await;
        assert_eq!((status, codes(&answer)), (409, vec![code]), "{answer:#}");
        assert!(sandbox.state.values().is_empty(), "{code}");
        let aborted = code < "E7610";
        let expected = if aborted { "ERROR" } else { "WARNING" };
        assert_eq!(answer["status"], expected, "{code}");
        assert_eq!(counts(&answer), [0, 0, u64::from(!aborted), 0], "{code}");
        if aborted {
            assert_eq!(answer["response"]["description"], "Import process was aborted");
        }
    }
}

#[tokio::test]
async fn partial_rejection_is_a_409_that_wrote_the_good_values() {
    let sandbox = sandbox("2.42.0").await;
    let bad = with(json!({"dataElement": "aaaaaaaaaaa"}));
    let (status, body) = sandbox.post("", &daily(&[tested("7"), bad.clone(), bad])).await;
    assert_eq!(status, 409);
    assert_eq!(body["message"], "One more conflicts encountered, please check import summary.");
    assert_eq!(counts(&body), [1, 0, 2, 0]);
    assert_eq!(body["response"]["rejectedIndexes"], json!([1, 2]));
    let conflicts = json!([{
        "object": "aaaaaaaaaaa", "objects": {"dataElement": "aaaaaaaaaaa"},
        "value": "Data element not found or not accessible: `aaaaaaaaaaa`",
        "errorCode": "E7610", "property": "dataElement", "indexes": [1, 2],
    }]);
    assert_eq!(body["response"]["conflicts"], conflicts, "same cause, one conflict");
    assert_eq!(sandbox.value(TESTED, "20200327", FACILITY, DEFAULT).as_deref(), Some("7"));
}

#[tokio::test]
async fn the_outcome_table_by_release_and_path() {
    let good = daily(&[tested("7")]);
    let partly = daily(&[tested("8"), with(json!({"value": "x"}))]);
    let none = daily(&[with(json!({"value": "x"}))]);
    let aborted = json!({"dataSet": "aaaaaaaaaaa", "dataValues": []});
    for (version, prefix, wrapped, expected) in [
        ("2.36.0", "/api", false, [200, 200, 200, 200]),
        ("2.40.0", "/api/37", false, [200, 200, 200, 200]),
        ("2.40.0", "/api/40", true, [200, 409, 409, 409]),
        ("2.40.0", "/api", true, [200, 409, 409, 409]),
        ("2.42.0", "/api/37", true, [200, 409, 409, 409]),
        ("2.42.0", "/api", true, [200, 409, 409, 409]),
    ] {
        let sandbox = sandbox(version).await;
        for (body, (status, verdict)) in [&good, &partly, &none, &aborted]
            .into_iter()
            .zip(expected.into_iter().zip(["SUCCESS", "WARNING", "WARNING", "ERROR"]))
        {
            let (got, answer) = sandbox.call(Method::POST, &format!("{prefix}/dataValueSets"), Some(body)).await;
            let summary = if wrapped { &answer["response"] } else { &answer };
            assert_eq!((got, &summary["status"]), (status, &json!(verdict)), "{version} {prefix} {answer}");
            if version == "2.36.0" {
                assert!(answer["conflicts"].as_array().unwrap().iter().all(|c| c["errorCode"].is_null()));
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_a_failed_import() {
    let sandbox = sandbox("2.42.0").await;
    let response = sandbox
        .http
        .post(format!("{}/api/dataValueSets", sandbox.running.url()))
        .basic_auth("tally", Some("district"))
        .header("Content-Type", "application/json")
        .body("{\"dataValues\": [")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 409);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], "ERROR");
    assert!(body["response"]["description"].as_str().unwrap().starts_with("The import process failed: "));
}

#[tokio::test]
async fn writing_again_tells_unchanged_changed_deleted_and_revived_apart() {
    let sandbox = sandbox("2.42.0").await;
    for (value, query, expected) in [
        (tested("7"), "", [1, 0, 0, 0]),
        (tested("7"), "", [0, 0, 1, 0]),
        (tested("8"), "?dryRun=true", [0, 1, 0, 0]),
        (tested("8"), "", [0, 1, 0, 0]),
        (tested("9"), "?importStrategy=CREATE", [0, 0, 1, 0]),
        (with(json!({"deleted": true})), "", [0, 0, 0, 1]),
        (tested("9"), "?importStrategy=UPDATE", [0, 0, 1, 0]),
        (with(json!({"value": null})), "?importStrategy=DELETE", [0, 0, 1, 0]),
        (tested("9"), "", [1, 0, 0, 0]),
        (with(json!({"value": ""})), "", [0, 0, 0, 1]),
        (with(json!({"value": ""})), "", [0, 0, 1, 0]),
        (tested("10"), "", [1, 0, 0, 0]),
        (with(json!({"value": null})), "?importStrategy=DELETE", [0, 0, 0, 1]),
        (with(json!({"value": 11})), "", [1, 0, 0, 0]),
    ] {
        let (status, body) = sandbox.post(query, &daily(std::slice::from_ref(&value))).await;
        assert_eq!((status, counts(&body)), (200, expected), "{query} {value} {body}");
        assert!(codes(&body).is_empty(), "a strategy leaves values aside without a conflict");
    }
    assert_eq!(sandbox.value(TESTED, "20200327", FACILITY, DEFAULT).as_deref(), Some("11"));
}

#[tokio::test]
async fn what_the_strategy_leaves_aside_is_listed_as_rejected_with_status_200() {
    let sandbox = sandbox("2.42.0").await;
    let (status, body) = sandbox.post("?importStrategy=UPDATE", &daily(&[tested("1")])).await;
    assert_eq!((status, &body["response"]["rejectedIndexes"]), (200, &json!([0])));
    sandbox.post("", &daily(&[tested("1")])).await;
    let (_, body) = sandbox.post("", &daily(&[tested("1")])).await;
    assert_eq!(body["response"]["rejectedIndexes"], json!([]), "unchanged is not rejected");
}

#[tokio::test]
async fn an_insignificant_zero_vanishes_deletes_or_revives() {
    let sandbox = sandbox("2.42.0").await;
    let (status, body) = sandbox.post("", &daily(&[tested("0")])).await;
    assert_eq!((status, counts(&body)), (200, [0, 0, 0, 0]));
    assert!(sandbox.state.values().is_empty());
    sandbox.post("", &daily(&[tested("4")])).await;
    let (_, body) = sandbox.post("", &daily(&[tested("0")])).await;
    assert_eq!(counts(&body), [0, 0, 0, 1]);
    assert_eq!(sandbox.state.deleted().len(), 1);
    let (_, body) = sandbox.post("", &daily(&[tested("0")])).await;
    assert_eq!(counts(&body), [1, 0, 0, 0], "a soft-deleted row comes back as 0");
    assert_eq!(sandbox.value(TESTED, "20200327", FACILITY, DEFAULT).as_deref(), Some("0"));
}

#[tokio::test]
async fn a_significant_zero_is_stored() {
    let sandbox = sandbox("2.42.0").await;
    sandbox.state.edit(|m| m.data_element_mut(TESTED).zero_is_significant = true);
    sandbox.post("", &daily(&[tested("0")])).await;
    assert_eq!(sandbox.value(TESTED, "20200327", FACILITY, DEFAULT).as_deref(), Some("0"));
}

#[tokio::test]
async fn the_outer_period_and_unit_win() {
    let sandbox = sandbox("2.42.0").await;
    let body = json!({"period": "20200320", "orgUnit": DISTRICT, "dataValues": [tested("3")]});
    sandbox.post("", &body).await;
    assert_eq!(sandbox.value(TESTED, "20200320", DISTRICT, DEFAULT).as_deref(), Some("3"));
}

#[tokio::test]
async fn a_missing_option_combo_becomes_the_default_even_where_it_does_not_belong() {
    let sandbox = sandbox("2.42.0").await;
    sandbox.post("", &daily(&[with(json!({"dataElement": CONFIRMED}))])).await;
    assert_eq!(sandbox.value(CONFIRMED, "20200327", FACILITY, DEFAULT).as_deref(), Some("5"));
}

#[tokio::test]
async fn a_second_value_of_the_same_key_is_counted_nowhere() {
    let sandbox = sandbox("2.42.0").await;
    let (status, body) = sandbox.post("", &daily(&[tested("1"), tested("2")])).await;
    assert_eq!((status, counts(&body)), (200, [1, 0, 0, 0]));
    assert_eq!(sandbox.value(TESTED, "20200327", FACILITY, DEFAULT).as_deref(), Some("1"));
}

#[tokio::test]
async fn a_null_value_on_an_option_set_element_fails_everything() {
    let sandbox = sandbox("2.42.0").await;
    let value = |v: Value| json!({"dataElement": TRANSMISSION, "period": "2020W13", "orgUnit": FACILITY, "value": v, "comment": "x"});
    let good = json!({"dataElement": TRANSMISSION, "period": "2020W12", "orgUnit": FACILITY, "value": "CLUSTERS"});
    let (status, body) = sandbox.post("", &json!({"dataSet": WEEKLY, "dataValues": [good, value(Value::Null)]})).await;
    assert_eq!((status, &body["response"]["description"]), (409, &json!("The import process failed: null")));
    assert!(sandbox.state.values().is_empty());
}

#[tokio::test]
async fn expired_data_has_exceptions_and_editors() {
    let sandbox = sandbox("2.42.0").await;
    sandbox.state.edit(|m| m.data_set_mut(DAILY).expiry_days = 1);
    sandbox.set_now("2020-03-29T00:00:00Z");
    assert_eq!(sandbox.post("", &daily(&[tested("1")])).await.0, 200, "the deadline itself is in time");
    sandbox.set_now("2020-03-29T00:00:01Z");
    assert_eq!(sandbox.post("", &daily(&[tested("2")])).await.0, 409);
    sandbox.state.grant_lock_exception(DAILY, "20200327", FACILITY);
    assert_eq!(sandbox.post("", &daily(&[tested("3")])).await.0, 200);
    sandbox.state.edit(|m| m.users[0].authorities.insert("F_EDIT_EXPIRED".to_owned()));
    let other = with(json!({"orgUnit": DISTRICT}));
    assert_eq!(sandbox.post("", &daily(&[other])).await.0, 200);
}

#[tokio::test]
async fn future_periods_open_one_by_one() {
    let sandbox = sandbox("2.42.0").await;
    let today = daily(&[with(json!({"period": "20200330"}))]);
    assert_eq!(sandbox.post("", &today).await.0, 409);
    sandbox.state.edit(|m| m.data_set_mut(DAILY).open_future_periods = 1);
    assert_eq!(sandbox.post("", &today).await.0, 200);
    let tomorrow = daily(&[with(json!({"period": "20200331"}))]);
    assert_eq!(sandbox.post("", &tomorrow).await.0, 409);
    sandbox.state.edit(|m| m.users[0].authorities.insert("ALL".to_owned()));
    assert_eq!(sandbox.post("", &tomorrow).await.0, 409, "superusers need force");
    assert_eq!(sandbox.post("?force=true", &tomorrow).await.0, 200);
}
