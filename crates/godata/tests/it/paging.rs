//! Lists by key: nothing lost, nothing twice, and no trust in a server that answers out of order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use godata::wire::Person;
use godata::{Error, Kind, OrderRule, OutbreakId, Pages, Resource, Selection};
use serde_json::{Value, json};

use crate::server::{Reply, Request, Server};

fn cases() -> Resource {
    Resource::Cases(OutbreakId::new("o1"))
}

/// A server that holds these ids and pages by key as Go.Data does.
fn server_of(ids: Vec<String>) -> Server {
    Server::start(move |request| match request.is_login() {
        true => Reply::login("t"),
        false => Reply::json(200, page(&ids, request)),
    })
}

fn page(ids: &[String], request: &Request) -> Value {
    let filter = request.filter();
    let after = filter["where"]["id"]["gt"].as_str().map(str::to_owned);
    let limit = filter["limit"].as_u64().expect("a limit") as usize;
    assert_eq!(filter["order"], json!(["_id ASC"]));
    let rest = ids.iter().filter(|id| after.as_ref().is_none_or(|after| *id > after));
    let mut records = Vec::new();
    for id in rest.take(limit) {
        // Records of very different lengths, whose last texts look like ends of lists.
        let padding = "}]\"\\".repeat(id.len() * id.bytes().map(usize::from).sum::<usize>() % 40);
        records.push(json!({ "x": [{ "id": "0" }], "id": id, "z": padding }));
    }
    records.into()
}

/// `n` ids in order, of different lengths.
fn ids(n: usize) -> Vec<String> {
    let mut ids: Vec<_> =
        (0..n).map(|i| format!("{:08x}{}", (i as u32).wrapping_mul(2_654_435_761), "é".repeat(i % 3))).collect();
    ids.sort();
    ids
}

async fn read(pages: &mut Pages) -> Result<Vec<String>, Error> {
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        page?.decode(|case: &mut Person<'_>| ids.extend(case.id.text().map(str::to_owned)))?;
    }
    assert!(pages.next().await.is_none());
    Ok(ids)
}

#[tokio::test]
async fn every_record_comes_once_whatever_the_page_size() {
    for n in [0, 1, 2, 9, 10, 11, 57, 100] {
        let expected = ids(n);
        let server = server_of(expected.clone());
        for page_records in [1_u32, 2, 3, 7, 10, 56, 100, 101, 5_000] {
            let mut settings = server.settings();
            settings.page_records = page_records.try_into().expect("not zero");
            let client = godata::Client::new(settings).expect("a client");
            let read = read(&mut client.pages(cases(), &["age"])).await.expect("a list");
            assert_eq!(read, expected, "{n} records by {page_records}");
        }
    }
}

#[tokio::test]
async fn a_short_list_is_one_request_and_asks_only_for_its_fields() {
    let server = server_of(ids(3));
    let mut pages = server.client().pages(cases(), &["age", "id", "age"]);
    assert_eq!(read(&mut pages).await.expect("a list").len(), 3);
    assert_eq!(server.n_readings(), 1);
    let filter = server.asked().last().expect("a reading").filter();
    assert_eq!(filter, json!({ "fields": ["id", "age"], "order": ["_id ASC"], "limit": 5_000 }));
}

#[tokio::test]
async fn at_most_two_pages_are_fetched_ahead_and_the_next_while_the_caller_works() {
    let server = server_of(ids(60));
    let mut settings = server.settings();
    settings.page_records = 10.try_into().expect("not zero");
    let mut pages = godata::Client::new(settings).expect("a client").pages(cases(), &[]);
    let page = pages.next().await.expect("a page").expect("a page");
    // The caller does nothing, and yet the pages after this one come.
    while server.n_readings() < 3 {
        tokio::task::yield_now().await;
    }
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.n_readings(), 3);
    drop(page);
    assert_eq!(read(&mut pages).await.expect("the rest").len(), 50);
}

#[tokio::test]
async fn changes_are_asked_for_with_the_deleted_and_by_key() {
    let server = Server::start(|request| match request.is_login() {
        true => Reply::login("t"),
        false => Reply::json(200, "[]"),
    });
    let selection = Selection::changed_since("2025-06-01T00:00:00Z".parse().expect("an instant"));
    let mut pages = server.client().pages_of(cases(), &[], selection);
    assert!(read(&mut pages).await.expect("a list").is_empty());
    let filter = server.asked().last().expect("a reading").filter();
    assert_eq!(filter["deleted"], true);
    assert_eq!(filter["where"]["or"][2], json!({ "deletedAt": { "gte": "2025-06-01T00:00:00.000Z" } }));
}

/// A server that answers the pages it is given, one after another, whatever is asked.
async fn answers(pages: &'static [&'static str]) -> (Result<Vec<String>, Error>, Vec<String>) {
    let next = AtomicUsize::new(0);
    let server = Server::start(move |request| match request.is_login() {
        true => Reply::login("t"),
        false => Reply::json(200, pages[next.fetch_add(1, Ordering::SeqCst).min(pages.len() - 1)]),
    });
    let mut settings = server.settings();
    settings.page_records = 2.try_into().expect("not zero");
    let mut pages = godata::Client::new(settings).expect("a client").pages(cases(), &[]);
    let given = Arc::new(Mutex::new(Vec::new()));
    let result = async {
        while let Some(page) = pages.next().await {
            let given = Arc::clone(&given);
            page?.decode(move |case: &mut Person<'_>| {
                given.lock().expect("no panic").extend(case.id.text().map(str::to_owned))
            })?;
        }
        Ok(Vec::new())
    };
    let result = result.await;
    let given = given.lock().expect("no panic").clone();
    (result, given)
}

#[tokio::test]
async fn a_list_out_of_order_is_an_error_and_no_record_comes_twice() {
    let broken: [(&[&str], OrderRule, &[&str]); 6] = [
        // The server ignores the filter.
        (&[r#"[{"id":"a"},{"id":"b"}]"#], OrderRule::NextPage, &["a", "b"]),
        // Pages overlap.
        (&[r#"[{"id":"a"},{"id":"b"}]"#, r#"[{"id":"b"},{"id":"c"}]"#, "[]"], OrderRule::NextPage, &["a", "b"]),
        // A page is out of order.
        (&[r#"[{"id":"b"},{"id":"a"}]"#, "[]"], OrderRule::Ascending, &["b"]),
        // A page repeats a record.
        (&[r#"[{"id":"a"},{"id":"a"}]"#, "[]"], OrderRule::Ascending, &["a"]),
        // The server ignores the limit, at once or later.
        (&[r#"[{"id":"a"},{"id":"b"},{"id":"c"}]"#], OrderRule::Limit, &[]),
        (
            &[r#"[{"id":"a"},{"id":"b"}]"#, r#"[{"id":"c"},{"id":"d"},{"id":"e"}]"#, "[]"],
            OrderRule::Limit,
            &["a", "b", "c", "d"],
        ),
    ];
    for (pages, rule, given_before) in broken {
        let pages: &'static [&'static str] = Box::leak(pages.to_vec().into_boxed_slice());
        let (result, given) = answers(pages).await;
        assert_eq!(*result.expect_err("an error").kind(), Kind::PageOrder { reason: rule }, "{pages:?}");
        assert_eq!(given, given_before, "{pages:?}");
    }
}

#[tokio::test]
async fn an_error_ends_the_list_after_the_pages_before_it() {
    let (result, given) = answers(&[r#"[{"id":"a"},{"id":"b"}]"#, r#"{"count":1}"#]).await;
    assert!(matches!(result.expect_err("an error").kind(), Kind::Decode { .. }));
    assert_eq!(given, ["a", "b"]);
}

#[tokio::test]
async fn locations_and_reference_data_are_read_whole() {
    let server = Server::start(|request| match request.path.as_str() {
        "/api/users/login" => Reply::login("t"),
        "/api/locations" => Reply::json(
            200,
            r#"[{"id":"l1","name":"Kanu","identifiers":[{"code":"C"}]},{"id":"l2","parentLocationId":"l1"}]"#,
        ),
        _ => Reply::json(200, r#"[{"id":"LNG_A","categoryId":"C","code":""}]"#),
    });
    let client = server.client();
    let locations = client.locations().await.expect("locations");
    assert_eq!(locations[0].identifiers[0].code.text(), Some("C"));
    assert_eq!(locations[1].parent.text(), locations[0].id.text());
    assert_eq!(client.reference_data().await.expect("items")[0].category.text(), Some("C"));
}
