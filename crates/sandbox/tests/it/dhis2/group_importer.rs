//! From 2.43: a wrong key rejects the whole group, a wrong value only itself.

use sandbox::dhis2::InputPeriod;
use serde_json::{Value, json};

use super::*;

const V: &str = "2.43.1";

type Alter = fn(&State);

fn nothing(_: &State) {}

fn input_period(state: &State, period: &str) {
    let entry = InputPeriod { period: period.to_owned(), opening: None, closing: None };
    state.edit(|m| m.data_set_mut(DAILY).input_periods.push(entry));
}

#[tokio::test]
async fn a_failure_to_decode_ends_the_request() {
    let one = |changes| daily(&[tested("1"), with(changes)]);
    for (query, body, code) in [
        ("", json!({"dataSet": "bad", "dataValues": [tested("1")]}), "E8004"),
        ("?idScheme=code", json!({"dataSet": "NONE", "dataValues": [tested("1")]}), "E8005"),
        ("", json!({"dataSet": DAILY, "completeDate": "true", "period": "20200327", "orgUnit": FACILITY}), "E8008"),
        ("", json!({"dataSet": DAILY, "completeDate": "2020-03-28", "dataValues": []}), "E8009"),
        ("", one(json!({"period": null})), "E8100"),
        ("", json!({"dataValues": [with(json!({"categoryOptionCombo": {"prZlmHqhxLO": "UPvKbcqTEY3"}}))]}), "E8101"),
        ("", one(json!({"dataElement": null})), "E8102"),
        ("?dataElementIdScheme=code", one(json!({"dataElement": "NONE"})), "E8103"),
        ("", one(json!({"dataElement": "bad"})), "E8104"),
        ("", one(json!({"orgUnit": null})), "E8105"),
        ("", one(json!({"orgUnit": "bad"})), "E8106"),
        ("?orgUnitIdScheme=code", one(json!({"orgUnit": "NONE"})), "E8107"),
        ("?categoryOptionComboIdScheme=code", one(json!({"categoryOptionCombo": "NONE"})), "E8108"),
        ("", one(json!({"categoryOptionCombo": "bad"})), "E8109"),
        (
            "",
            json!({"dataSet": DAILY, "attributeOptionComboIdScheme": "code", "dataValues": [
                tested("1"), with(json!({"attributeOptionCombo": "NONE"}))]}),
            "E8110",
        ),
        ("", one(json!({"attributeOptionCombo": "bad"})), "E8111"),
    ] {
        let sandbox = sandbox(V).await;
        // The good value must be nameable under the scheme of the query.
        let mut body = body;
        if query.contains("dataElementIdScheme") {
            body["dataValues"][0]["dataElement"] = json!("COVID_19_CASES_TESTED");
        }
        if query.contains("orgUnitIdScheme") {
            body["dataValues"][0]["orgUnit"] = json!("OU_559");
        }
        let (status, answer) = sandbox.post(query, &body).await;
        assert_eq!((status, codes(&answer)), (409, vec![code]), "{answer:#}");
        assert_eq!(answer["response"]["conflicts"][0]["indexes"], json!([-1]));
        assert_eq!(answer["response"]["rejectedIndexes"], json!([]));
        assert_eq!(counts(&answer), [0, 0, 0, 0]);
        assert!(sandbox.state.values().is_empty());
    }
}

#[tokio::test]
async fn an_unreadable_period_is_a_500_and_bad_json_a_400() {
    let sandbox = sandbox(V).await;
    let (status, body) = sandbox.post("", &daily(&[with(json!({"period": "2020W99"}))])).await;
    assert_eq!((status, &body["httpStatusCode"]), (500, &json!(500)));
    let (status, _) = sandbox.post("", &daily(&[with(json!({"value": 5}))])).await;
    assert_eq!(status, 400, "values are strings");
    assert!(sandbox.state.values().is_empty());
}

/// Every cause that rejects a whole group: what is altered, the second value, the code.
fn group_failures() -> Vec<(Alter, Value, &'static str)> {
    vec![
        (|s| s.edit(|m| m.data_set_mut(DAILY).data_write = false), tested("1"), "E8010"),
        (
            |s| s.edit(|m| m.users[0].org_units = vec![DISTRICT.to_owned()]),
            with(json!({"orgUnit": OTHER_DISTRICT})),
            "E8011",
        ),
        (
            |s| s.edit(|m| m.category_option_mut("MP15bHaQh2x").data_write = false),
            with(json!({"dataElement": CONFIRMED, "categoryOptionCombo": INFANT_BOYS})),
            "E8012",
        ),
        (nothing, with(json!({"dataElement": "aaaaaaaaaaa"})), "E8020"),
        (nothing, with(json!({"dataElement": "bmbNyNoJcXP"})), "E8020"),
        (|s| s.unassign(DAILY, FACILITY), tested("1"), "E8022"),
        (nothing, with(json!({"period": "2020W12"})), "E8021"),
        (|s| s.edit(|m| m.data_set_mut(DAILY).category_combo = TRANSMISSION_COMBO.to_owned()), tested("1"), "E8023"),
        (nothing, with(json!({"dataElement": CONFIRMED, "categoryOptionCombo": DEFAULT})), "E8024"),
        (
            |s| {
                s.edit(|m| {
                    let default = m.category_option_mut("xYerKDKCefk");
                    default.org_units = vec![OTHER_DISTRICT.to_owned()];
                });
            },
            tested("1"),
            "E8025",
        ),
        (nothing, with(json!({"period": "20200229"})), "E8031"),
        (|s| s.edit(|m| m.org_unit_mut(FACILITY).closed_date = Some(date(2020, 3, 1))), tested("1"), "E8031"),
        (nothing, with(json!({"period": "20200330"})), "E8030"),
        (|s| s.edit(|m| m.data_set_mut(DAILY).expiry_days = 1), tested("1"), "E8030"),
        (|s| s.lock_slice(DAILY, "20200327", FACILITY), tested("1"), "E8030"),
        (|s| s.approve(DAILY, "20200327", FACILITY), tested("1"), "E8033"),
        (
            |s| {
                s.edit(|m| m.category_option_mut("xYerKDKCefk").end_date = Some(date(2020, 3, 26)));
            },
            tested("1"),
            "E8032",
        ),
        (nothing, with(json!({"period": "20200326"})), "E8128"),
    ]
}

#[tokio::test]
async fn a_wrong_key_rejects_every_value_of_the_group() {
    for (alter, second, code) in group_failures() {
        let sandbox = sandbox(V).await;
        alter(&sandbox.state);
        let first = with(json!({"period": "20200326"}));
        let (status, body) = sandbox.post("", &daily(&[first, second])).await;
        assert_eq!((status, codes(&body)), (409, vec![code]), "{body:#}");
        assert_eq!(body["status"], "ERROR");
        assert_eq!(counts(&body), [0, 0, 0, 0], "{code}: group failures are counted nowhere");
        assert_eq!(body["response"]["rejectedIndexes"], json!([0, 1]), "{code}");
        assert!(sandbox.state.values().is_empty(), "{code}");
    }
}

#[tokio::test]
async fn the_data_set_is_detected_only_if_there_is_one_choice() {
    let sandbox = sandbox(V).await;
    let (status, _) = sandbox.post("", &json!({"dataValues": [tested("1")]})).await;
    assert_eq!(status, 200);
    let weekly = json!({"dataElement": "bmbNyNoJcXP", "period": "2020W12", "orgUnit": FACILITY, "value": "1"});
    let (_, body) = sandbox.post("", &json!({"dataValues": [tested("1"), weekly]})).await;
    assert_eq!(codes(&body), ["E8002"]);
    sandbox.state.edit(|m| m.data_set_mut(DAILY).data_elements.retain(|e| e != TESTED));
    let (_, body) = sandbox.post("", &json!({"dataValues": [tested("1")]})).await;
    assert_eq!(codes(&body), ["E8003"]);
}

#[tokio::test]
async fn a_wrong_value_rejects_only_itself() {
    let long = "x".repeat(5_001);
    for (alter, bad, code) in [
        (nothing as Alter, with(json!({"value": ""})), "E8120"),
        (
            |s| s.edit(|m| m.data_set_mut(DAILY).no_value_requires_comment = true),
            with(json!({"value": null, "comment": "why"})),
            "E8121",
        ),
        (nothing, with(json!({"value": "abc"})), "E8122"),
        (|s| s.edit(|m| m.data_element_mut(TESTED).option_set = Some("QLANS0Gen0m".to_owned())), tested("5"), "E8123"),
        (
            |s| s.edit(|m| m.data_element_mut(TESTED).comment_option_set = Some("QLANS0Gen0m".to_owned())),
            with(json!({"comment": "x"})),
            "E8124",
        ),
        (nothing, with(json!({"comment": long})), "E8125"),
    ] {
        let sandbox = sandbox(V).await;
        alter(&sandbox.state);
        let good = with(json!({"dataElement": CONFIRMED, "categoryOptionCombo": INFANT_BOYS}));
        let (status, body) = sandbox.post("", &daily(&[good, bad.clone()])).await;
        assert_eq!((status, codes(&body)), (200, vec![code]), "{body:#}");
        assert_eq!(body["status"], "WARNING");
        assert_eq!(body["message"], "Import completed with warnings, please check import summary.");
        assert_eq!(counts(&body), [0, 1, 1, 0]);
        assert_eq!(body["response"]["rejectedIndexes"], json!([1]));
        assert_eq!(sandbox.state.values().len(), 1);
        let (status, body) = sandbox.post("", &daily(&[bad])).await;
        assert_eq!((status, &body["status"]), (409, &json!("ERROR")), "all rejected: {code}");
    }
}

#[tokio::test]
async fn conflicts_carry_only_the_arguments() {
    let sandbox = sandbox(V).await;
    let (_, body) = sandbox.post("", &daily(&[with(json!({"value": "abc"}))])).await;
    let kind = "INTEGER_ZERO_OR_POSITIVE";
    let key = "value_not_zero_or_positive_integer";
    assert_eq!(
        body["response"]["conflicts"],
        json!([{
            "objects": {"args": format!("0-abc-{kind}-{key}")},
            "value": format!("Value #0 value `abc` is no valid {kind}: {key}"),
            "errorCode": "E8122", "indexes": [0],
        }])
    );
    assert!(body["response"]["description"].is_null());
}

#[tokio::test]
async fn everything_counts_as_updated_and_zeros_are_stored() {
    let sandbox = sandbox(V).await;
    for (value, query, expected) in [
        (tested("7"), "?dryRun=true", [0, 1, 0, 0]),
        (tested("7"), "", [0, 1, 0, 0]),
        (tested("7"), "", [0, 1, 0, 0]),
        (tested("7"), "?importStrategy=CREATE", [0, 1, 0, 0]),
        (with(json!({"value": null, "deleted": true})), "", [0, 1, 0, 0]),
        (with(json!({"value": null})), "?importStrategy=DELETE", [0, 0, 0, 1]),
        (with(json!({"value": null, "period": "20200326"})), "?importStrategy=DELETE", [0, 0, 0, 1]),
        (tested("0"), "", [0, 1, 0, 0]),
    ] {
        let (status, body) = sandbox.post(query, &daily(std::slice::from_ref(&value))).await;
        assert_eq!((status, counts(&body)), (200, expected), "{query} {value}");
        assert_eq!(body["message"], "Import was successful.");
    }
    assert_eq!(sandbox.value(TESTED, "20200327", FACILITY, DEFAULT).as_deref(), Some("0"));
    assert_eq!(sandbox.state.deleted().len(), 1, "deleting a missing row leaves a deleted row");
    sandbox.post("", &daily(&[tested("12.0")])).await;
    assert_eq!(sandbox.value(TESTED, "20200327", FACILITY, DEFAULT).as_deref(), Some("12"));
}

#[tokio::test]
async fn the_values_own_period_and_unit_win() {
    let sandbox = sandbox(V).await;
    let body = json!({"dataSet": DAILY, "period": "20200320", "orgUnit": DISTRICT, "dataValues": [tested("3")]});
    sandbox.post("", &body).await;
    assert_eq!(sandbox.value(TESTED, "20200327", FACILITY, DEFAULT).as_deref(), Some("3"));
}

#[tokio::test]
async fn option_combos_may_be_named_by_their_options() {
    let sandbox = sandbox(V).await;
    let options = json!({"FRwO58KwwJt": "MP15bHaQh2x", "prZlmHqhxLO": "uueCp2RIGCJ"});
    let value = with(json!({"dataElement": CONFIRMED, "categoryOptionCombo": options}));
    assert_eq!(sandbox.post("", &daily(&[value])).await.0, 200);
    assert_eq!(sandbox.value(CONFIRMED, "20200327", FACILITY, INFANT_BOYS).as_deref(), Some("5"));
}

#[tokio::test]
async fn the_deletion_scope_empties_a_cube_first() {
    let sandbox = sandbox(V).await;
    let boys = with(json!({"dataElement": CONFIRMED, "categoryOptionCombo": INFANT_BOYS}));
    sandbox.post("", &daily(&[tested("1"), boys])).await;
    let scope = |elements: Value, values: &[Value]| {
        json!({"dataSet": DAILY, "dataValues": values,
            "deletion": {"orgUnits": [FACILITY], "periods": ["20200327"], "elements": elements}})
    };
    let bare = json!([{"dataElement": CONFIRMED}]);
    assert_eq!(codes(&sandbox.post("", &scope(bare, &[])).await.1), ["E8024"], "every combo must be named");
    let both = json!([{"dataElement": TESTED}, {"dataElement": CONFIRMED, "categoryOptionCombo": INFANT_BOYS}]);
    let (status, body) = sandbox.post("", &scope(both.clone(), &[tested("2")])).await;
    assert_eq!((status, counts(&body)), (200, [0, 1, 0, 2]));
    assert_eq!(sandbox.state.values().len(), 1);
    let (_, body) = sandbox.post("", &scope(both, &[])).await;
    assert_eq!(counts(&body), [0, 0, 0, 2], "deleted rows are counted again");
}

#[tokio::test]
async fn input_periods_are_read_backwards_in_the_first_releases() {
    for (version, inside, outside) in [("2.43.0", 409, 200), ("2.43.1", 409, 200), ("2.43.2", 200, 409)] {
        let sandbox = sandbox(version).await;
        input_period(&sandbox.state, "20200327");
        assert_eq!(sandbox.post("", &daily(&[tested("1")])).await.0, inside, "{version}");
        let other = with(json!({"period": "20200326"}));
        assert_eq!(sandbox.post("", &daily(&[other])).await.0, outside, "{version}");
    }
}

#[tokio::test]
async fn who_may_edit_expired_data_may_also_enter_future_data() {
    let sandbox = sandbox(V).await;
    let tomorrow = daily(&[with(json!({"period": "20200331"}))]);
    assert_eq!(sandbox.post("", &tomorrow).await.0, 409);
    sandbox.state.edit(|m| m.users[0].authorities.insert("F_EDIT_EXPIRED".to_owned()));
    assert_eq!(sandbox.post("", &tomorrow).await.0, 200);
}
