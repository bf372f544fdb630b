//! Completions, inside and outside of data value sets, and asynchronous imports.

use serde_json::{Value, json};

use super::*;

fn complete(date: &str, values: &[Value]) -> Value {
    json!({"dataSet": DAILY, "completeDate": date, "period": "20200327", "orgUnit": FACILITY, "dataValues": values})
}

#[tokio::test]
async fn the_row_importer_completes_before_it_looks_at_a_value() {
    let bad = with(json!({"value": "x"}));
    for (query, body, date) in [
        ("", complete("2020-03-28", std::slice::from_ref(&bad)), "2020-03-28"),
        ("?dryRun=true", complete("2020-03-28", &[tested("1")]), "2020-03-28"),
        ("", complete("true", &[tested("1")]), "2020-03-30"),
        ("", complete("2031-01-01", &[tested("1")]), "2020-03-30"),
    ] {
        let sandbox = sandbox("2.42.0").await;
        let (_, answer) = sandbox.post(query, &body).await;
        assert_eq!(answer["response"]["dataSetComplete"], date, "{answer}");
        let registered: Vec<_> = sandbox.state.completions().into_values().map(|c| c.date.to_string()).collect();
        assert_eq!(registered, [date]);
    }
}

#[tokio::test]
async fn a_bad_complete_date_fails_the_row_import_and_a_missing_unit_does_not() {
    let sandbox = sandbox("2.42.0").await;
    let (status, body) = sandbox.post("", &complete("28/03/2020", &[tested("1")])).await;
    assert_eq!((status, &body["response"]["status"]), (409, &json!("ERROR")));
    assert!(sandbox.state.values().is_empty());
    let body =
        json!({"dataSet": DAILY, "completeDate": "2020-03-28", "period": "20200327", "dataValues": [tested("1")]});
    let (status, body) = sandbox.post("", &body).await;
    assert_eq!((status, counts(&body)), (409, [1, 0, 0, 0]));
    assert_eq!(
        body["response"]["conflicts"],
        json!([{"object": "OrganisationUnit", "value": "Must be provided to complete data set"}])
    );
    assert_eq!(body["response"]["dataSetComplete"], "false");
}

#[tokio::test]
async fn the_group_importer_completes_after_a_clean_group_only() {
    let bad = with(json!({"dataElement": DEATHS, "value": "x"}));
    for (query, body, reported, n_registered) in [
        ("", complete("2020-03-28", &[tested("1")]), "2020-03-28", 1),
        ("", complete("2031-01-01T00:00:00", &[tested("1")]), "2031-01-01", 1),
        ("", complete("2020-03-28", &[tested("1"), bad]), "false", 0),
        ("?dryRun=true", complete("2020-03-28", &[tested("1")]), "2020-03-28", 0),
    ] {
        let sandbox = sandbox("2.43.1").await;
        let (status, answer) = sandbox.post(query, &body).await;
        assert_eq!(status, 200);
        assert_eq!(answer["response"]["dataSetComplete"], reported, "{answer}");
        assert_eq!(sandbox.state.completions().len(), n_registered, "{query} {body}");
    }
}

#[tokio::test]
async fn registrations_are_posted_listed_and_withdrawn() {
    let sandbox = sandbox("2.42.0").await;
    let path = "/api/completeDataSetRegistrations";
    let good = json!({"dataSet": DAILY, "period": "2020-03-27", "organisationUnit": FACILITY, "date": "2020-03-28", "storedBy": "godata"});
    let bad = json!({"dataSet": DAILY, "period": "20200327", "orgUnit": FACILITY});
    let post = async |list: Value| {
        sandbox.call(Method::POST, path, Some(&json!({"completeDataSetRegistrations": list}))).await
    };
    let (status, body) = post(json!([good.clone(), bad.clone()])).await;
    assert_eq!((status, counts(&body)), (200, [1, 0, 1, 0]), "partial failure is a success");
    assert_eq!(body["response"]["conflicts"][0]["value"], "Organisation unit not found or not accessible");
    assert_eq!(post(json!([good])).await.1["response"]["importCount"]["updated"], 1);
    assert_eq!(post(json!([bad])).await.0, 409);
    assert_eq!(post(json!([])).await.0, 409, "an empty list is an error");
    let query = format!("{path}?dataSet={DAILY}&orgUnit={COUNTRY}&children=true&period=20200327");
    let (_, body) = sandbox.get(&query).await;
    let found = &body["completeDataSetRegistrations"][0];
    assert_eq!(
        (&found["period"], &found["date"], &found["storedBy"], &found["completed"]),
        (&json!("20200327"), &json!("2020-03-28"), &json!("godata"), &json!(true))
    );
    let slice = format!("{path}?ds={DAILY}&pe=20200327&ou={FACILITY}");
    sandbox.state.lock_slice(DAILY, "20200327", FACILITY);
    assert_eq!(sandbox.call(Method::DELETE, &slice, None).await.0, 409);
    sandbox.state.unlock_slice(DAILY, "20200327", FACILITY);
    assert_eq!(sandbox.call(Method::DELETE, &slice, None).await.0, 204);
    assert_eq!(sandbox.get(&query).await, (200, json!({})));
}

#[tokio::test]
async fn an_asynchronous_import_passes_through_its_phases() {
    for version in ["2.42.0", "2.43.1"] {
        let sandbox = sandbox(version).await;
        let (status, body) = sandbox
            .post("?async=true", &daily(&[tested("1"), with(json!({"dataElement": DEATHS, "value": "x"}))]))
            .await;
        assert_eq!((status, &body["status"]), (200, &json!("OK")));
        let endpoint = body["response"]["relativeNotifierEndpoint"].as_str().unwrap();
        let summary = endpoint.replace("/tasks/", "/taskSummaries/");
        assert_eq!(sandbox.get(endpoint).await, (200, json!([])), "nothing yet");
        assert!(sandbox.state.values().is_empty());
        assert_eq!(sandbox.get(&summary).await, (200, json!("")), "an empty body");
        let (_, body) = sandbox.get(endpoint).await;
        assert_eq!(body[0]["completed"], true, "newest first: {body}");
        let (status, body) = sandbox.get(&summary).await;
        assert_eq!((status, &body["status"]), (200, &json!("WARNING")), "not wrapped, always 200");
        assert_eq!(sandbox.state.values().len(), 1);
    }
}

#[tokio::test]
async fn an_asynchronous_import_may_fail_after_it_was_accepted() {
    let sandbox = sandbox("2.43.1").await;
    let (status, body) = sandbox.post("?async=true", &daily(&[with(json!({"period": "2020W99"}))])).await;
    assert_eq!(status, 200);
    let uid = body["response"]["id"].as_str().unwrap();
    sandbox.state.finish_jobs();
    let (status, body) = sandbox.get(&format!("/api/system/taskSummaries/DATAVALUE_IMPORT/{uid}")).await;
    assert_eq!((status, &body["status"]), (200, &json!("ERROR")));
}
