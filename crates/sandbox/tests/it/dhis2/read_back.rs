//! Reading values back: selection, the two shapes, drift, and speed.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn the_row_release_repeats_and_the_group_release_hoists() {
    for version in ["2.42.0", "2.43.1"] {
        let sandbox = sandbox(version).await;
        let boys = with(json!({"dataElement": CONFIRMED, "categoryOptionCombo": INFANT_BOYS, "value": "2"}));
        sandbox.post("", &daily(&[tested("7"), boys])).await;
        let path = format!("/api/dataValueSets?dataSet={DAILY}&period=20200327&orgUnit={FACILITY}");
        let (status, body) = sandbox.get(&path).await;
        assert_eq!(status, 200);
        assert_eq!((&body["period"], &body["orgUnit"]), (&json!("20200327"), &json!(FACILITY)));
        let values = body["dataValues"].as_array().unwrap();
        assert_eq!(values.len(), 2);
        let value = values.iter().find(|v| v["dataElement"] == TESTED).unwrap();
        assert_eq!((&value["value"], &value["storedBy"]), (&json!("7"), &json!("tally")));
        assert_eq!(value["created"], "2020-03-30T12:00:00.000+0000");
        let repeats = version == "2.42.0";
        for name in ["period", "orgUnit", "attributeOptionCombo"] {
            assert_eq!(value[name].is_string(), repeats, "{version} {name}");
        }
        assert_eq!(body["attributeOptionCombo"].is_string(), !repeats);
        sandbox.post("", &daily(&[with(json!({"period": "20200326"}))])).await;
        let (_, body) = sandbox.get(&format!("{path}&period=20200326")).await;
        assert!(body["period"].is_null(), "two periods cannot be hoisted: {body}");
        assert!(body["dataValues"].as_array().unwrap().iter().all(|v| v["period"].is_string()));
    }
}

#[tokio::test]
async fn an_empty_selection_is_an_empty_list() {
    for version in ["2.42.0", "2.43.1"] {
        let sandbox = sandbox(version).await;
        let path = format!("/api/dataValueSets?dataSet={DAILY}&period=20200327&orgUnit={FACILITY}");
        assert_eq!(sandbox.get(&path).await.1["dataValues"], json!([]));
    }
}

#[tokio::test]
async fn selections_follow_time_place_and_deletion() {
    let sandbox = sandbox("2.42.0").await;
    let other = with(json!({"orgUnit": OTHER_DISTRICT, "period": "20200320"}));
    let gone = with(json!({"dataElement": DEATHS, "categoryOptionCombo": INFANT_BOYS}));
    sandbox.post("", &daily(&[tested("7"), other, gone.clone()])).await;
    sandbox.post("?importStrategy=DELETE", &daily(&[gone])).await;
    for (query, n_values) in [
        (format!("dataSet={DAILY}&startDate=2020-03-20&endDate=2020-03-27&orgUnit={COUNTRY}&children=true"), 2),
        (format!("dataSet={DAILY}&startDate=2020-03-20&endDate=2020-03-26&orgUnit={COUNTRY}&children=true"), 1),
        (format!("dataSet={DAILY}&period=20200327&orgUnit={COUNTRY}"), 0),
        (format!("dataSet={DAILY}&period=20200327&period=20200320&orgUnit={FACILITY}&orgUnit={OTHER_DISTRICT}"), 2),
        (format!("dataSet={DAILY}&period=20200327,20200320&orgUnit={FACILITY},{OTHER_DISTRICT}"), 2),
        (format!("dataElement={TESTED}&lastUpdated=2020-01-01&orgUnit={COUNTRY}&children=true"), 2),
        (format!("dataElement={TESTED}&lastUpdated=2099-01-01&orgUnit={COUNTRY}&children=true"), 0),
        (format!("dataElement={TESTED}&lastUpdatedDuration=30m&orgUnit={COUNTRY}&children=true"), 2),
        (format!("dataElement={DEATHS}&period=20200327&orgUnit={FACILITY}"), 0),
        (format!("dataElement={DEATHS}&period=20200327&orgUnit={FACILITY}&includeDeleted=true"), 1),
        (format!("dataSet={WEEKLY}&startDate=2020-01-01&endDate=2020-12-31&orgUnit={COUNTRY}&children=true"), 0),
        (format!("dataSet={DAILY}&startDate=2020-01-01&endDate=2020-12-31&orgUnit={COUNTRY}&children=true&limit=1"), 1),
    ] {
        let (status, body) = sandbox.get(&format!("/api/dataValueSets?{query}")).await;
        let values = body["dataValues"].as_array().map(Vec::len);
        assert_eq!((status, values), (200, Some(n_values)), "{query}");
    }
}

#[tokio::test]
async fn what_was_written_or_deleted_lately_can_be_asked_for() {
    for version in ["2.38.0", "2.42.0", "2.43.1"] {
        let sandbox = sandbox(version).await;
        let other = with(json!({"orgUnit": OTHER_DISTRICT}));
        sandbox.post("", &daily(&[tested("7"), other.clone()])).await;
        sandbox.set_now("2020-03-30T14:00:00Z");
        let lately = |minutes: u32, more: &str| {
            format!(
                "/api/dataValueSets?dataSet={DAILY}&startDate=2020-03-01&endDate=2020-03-31&orgUnit={COUNTRY}&children=true\
                 &lastUpdatedDuration={minutes}m{more}"
            )
        };
        let n = async |query: String| sandbox.get(&query).await.1["dataValues"].as_array().map(Vec::len);
        assert_eq!((n(lately(60, "")).await, n(lately(120, "")).await), (Some(0), Some(2)), "{version}");
        sandbox.post("?importStrategy=DELETE", &daily(&[other])).await;
        assert_eq!(n(lately(60, "")).await, Some(0));
        let gone = sandbox.get(&lately(60, "&includeDeleted=true")).await.1["dataValues"].clone();
        assert_eq!((gone.as_array().map(Vec::len), &gone[0]["deleted"]), (Some(1), &json!(true)), "{version}");
        sandbox.post("", &daily(&[tested("8")])).await;
        let body = sandbox.get(&lately(60, "")).await.1;
        assert_eq!(body["dataValues"][0]["value"], "8", "{version}");
    }
}

#[tokio::test]
async fn refusals_carry_their_codes() {
    let sandbox = sandbox("2.42.0").await;
    sandbox.state.edit(|m| m.users[0].org_units = vec![DISTRICT.to_owned()]);
    for (query, code) in [
        (format!("period=20200327&orgUnit={FACILITY}"), "E2001"),
        (format!("dataSet={DAILY}&orgUnit={FACILITY}"), "E2002"),
        (
            format!("dataSet={DAILY}&period=20200327&startDate=2020-01-01&endDate=2020-02-01&orgUnit={FACILITY}"),
            "E2003",
        ),
        (format!("dataSet={DAILY}&startDate=2020-03-01&endDate=2020-02-01&orgUnit={FACILITY}"), "E2004"),
        (format!("dataSet={DAILY}&lastUpdatedDuration=5w&orgUnit={FACILITY}"), "E2005"),
        (format!("dataSet={DAILY}&period=20200327"), "E2006"),
        (format!("dataSet={DAILY}&period=20200327&children=true"), "E2008"),
        (format!("dataSet={DAILY}&period=20200327&orgUnit={FACILITY}&limit=-1"), "E2009"),
        (format!("dataSet={DAILY}&period=20200327&orgUnit={OTHER_DISTRICT}"), "E2012"),
    ] {
        let (status, body) = sandbox.get(&format!("/api/dataValueSets?{query}")).await;
        assert_eq!((status, &body["errorCode"]), (409, &json!(code)), "{query} {body}");
    }
}

#[tokio::test]
async fn codes_may_stand_for_uids() {
    for version in ["2.42.0", "2.43.1"] {
        let sandbox = sandbox(version).await;
        let value =
            json!({"dataElement": "COVID_19_CASES_TESTED", "period": "20200327", "orgUnit": "OU_559", "value": "4"});
        let body = json!({"dataSet": "SURV_REPORT_CV19", "idScheme": "code", "dataValues": [value]});
        assert_eq!(sandbox.post("", &body).await.0, 200, "{version}");
        let path = format!(
            "/api/dataValueSets?dataSet={DAILY}&period=20200327&orgUnit={FACILITY}&dataElementIdScheme=CODE&orgUnitIdScheme=CODE"
        );
        let (_, body) = sandbox.get(&path).await;
        assert_eq!(
            (&body["dataValues"][0]["dataElement"], &body["orgUnit"]),
            (&json!("COVID_19_CASES_TESTED"), &json!("OU_559"))
        );
    }
}

#[tokio::test]
async fn drift_shows_who_wrote() {
    let sandbox = sandbox("2.42.0").await;
    sandbox.post("", &daily(&[tested("7")])).await;
    let key = [TESTED, "20200327", FACILITY, DEFAULT, DEFAULT].map(str::to_owned).into();
    sandbox.state.set_value(&key, Some("9"));
    let path = format!("/api/dataValueSets?dataSet={DAILY}&period=20200327&orgUnit={FACILITY}");
    let (_, body) = sandbox.get(&path).await;
    let value = &body["dataValues"][0];
    assert_eq!((&value["value"], &value["storedBy"]), (&json!("9"), &json!("somebody_else")));
    sandbox.state.set_value(&key, None);
    assert_eq!(sandbox.get(&path).await.1["dataValues"], json!([]));
}

#[tokio::test]
async fn single_values_are_written_read_and_deleted() {
    for (version, missing) in [("2.42.0", 409), ("2.43.1", 404)] {
        let sandbox = sandbox(version).await;
        let path = format!("/api/dataValues?de={TESTED}&pe=20200327&ou={FACILITY}");
        assert_eq!(sandbox.get(&path).await.0, missing);
        assert_eq!(sandbox.call(Method::POST, &format!("{path}&value=12"), None).await.0, 201);
        assert_eq!(sandbox.get(&path).await, (200, json!(["12"])));
        let bad = json!({"dataElement": TESTED, "period": "20200327", "orgUnit": FACILITY, "value": "x"});
        let (status, body) = sandbox.call(Method::POST, "/api/dataValues", Some(&bad)).await;
        assert_eq!((status, &body["errorCode"]), (409, &json!("E2030")));
        assert_eq!(sandbox.call(Method::DELETE, &path, None).await.0, 204);
        assert_eq!(sandbox.get(&path).await.0, missing);
    }
}

/// A generous bound: an unoptimised build on a shared machine still keeps it, a quadratic scan would
/// not by orders of magnitude.
#[tokio::test]
async fn two_hundred_thousand_values_are_no_burden() {
    for version in ["2.42.0", "2.43.1"] {
        let sandbox = sandbox(version).await;
        let units: Vec<String> = (0..1_000).map(|n| format!("unit{n:07}")).collect();
        sandbox.state.edit(|m| {
            for uid in &units {
                m.org_units.push(OrgUnit::new(uid, uid, Some(DISTRICT), 3, date(2010, 1, 1)));
            }
            m.data_set_mut(DAILY).org_units.extend(units.iter().cloned());
        });
        let days: Vec<String> = (0..200)
            .map(|n| date(2019, 7, 1).saturating_add(jiff::Span::new().days(n)).strftime("%Y%m%d").to_string())
            .collect();
        let mut values = Vec::with_capacity(200_000);
        for unit in &units {
            values.extend(days.iter().map(|day| json!({"dataElement": TESTED, "period": day, "orgUnit": unit, "categoryOptionCombo": DEFAULT, "value": "3"})));
        }
        let body = daily(&values);
        let began = Instant::now();
        let (status, answer) = sandbox.post("", &body).await;
        assert_eq!(status, 200, "{}", answer["message"]);
        let path = format!(
            "/api/dataValueSets?dataSet={DAILY}&startDate=2019-01-01&endDate=2020-03-01&orgUnit={DISTRICT}&children=true"
        );
        let (_, read): (u16, Value) = sandbox.get(&path).await;
        assert_eq!(read["dataValues"].as_array().unwrap().len(), 200_000);
        assert!(began.elapsed() < Duration::from_secs(30), "{version} took {:?}", began.elapsed());
    }
}
