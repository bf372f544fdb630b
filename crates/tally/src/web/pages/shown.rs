//! All pages as a browser gets them, through the door: each in both languages as an outline, the headers of each kind of answer,
//! and what holds for every page that a link leads to.

use super::outline::{content, outline, pieces};
use super::{HOSTILE, Stage, plain, spoil_names, unchanged};
use crate::web::{Door, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use pipeline::daemon::{self, Event, Job, Means};
use pipeline::progress::Silent;
use pipeline::run::Stop;
use pipeline::store::{AuditRow, OpenAlert, State};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use tower::ServiceExt;

const HERE: &str = "127.0.0.1:8420";
/// Pages of one kind that are looked at: those of single values are thousands.
const ALIKE_MAX: usize = 5;

/// The house with all pages, as it stands after a few days.
struct House {
    stage: Stage,
    router: Router,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl House {
    async fn new(before: fn(&super::World)) -> Self {
        let stage = Stage::new(plain, before).await;
        let world = stage.world.as_ref().unwrap();
        // Somebody changes a value, so that the next run finds it drifted.
        let key = world.dhis2.values().into_keys().next().unwrap();
        world.dhis2.set_value(&key, Some("4711"));
        stage.run().await;
        live_in(&stage).await;
        let clock = stage.clock.clone();
        let door = Door::new(&stage.config(), HERE.parse().unwrap(), Arc::new(move || clock.now())).unwrap();
        stage.site.hub.tell(&Event::Working, stage.clock.now());
        let router = router(Arc::clone(&stage.site), door);
        Self { stage, router }
    }

    async fn ask(&self, request: axum::http::request::Builder, body: &str) -> Answer {
        let mut request = request.header("host", HERE).body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, 10_000_000).await.unwrap();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str, language: &str) -> Answer {
        self.ask(Request::get(path).header("accept-language", language), "").await
    }

    /// What differs from one time to another, and what it is replaced by.
    fn redacted(&self, text: &str) -> String {
        let world = self.stage.world.as_ref().unwrap();
        let folder = self.stage.folder.path().to_str().unwrap();
        let text = text.replace(&world.godata.url(), "http://godata").replace(&world.dhis2_url(), "http://dhis2");
        text.replace(folder, "[FOLDER]")
    }
}

/// What people did: a plan, a job that waits, a problem that is not over, a user who came and went.
async fn live_in(stage: &Stage) {
    let (config, now) = (stage.config(), stage.clock.now());
    let mut state = State::open(&config.state_file()).unwrap();
    let report = stage.report();
    let plan = Job::Plan { report: report.clone(), from: None, to: None };
    let asked = daemon::ask(&config, &mut state, &plan, "dashboard: ana", now).unwrap();
    let clock = stage.clock.clone();
    let means =
        Means { stop: Stop::default(), engine: None, progress: Arc::new(Silent), now: Arc::new(move || clock.now()) };
    daemon::carry_out(&config, &asked, &means).await.unwrap();
    let run = Job::Run { report: report.clone(), from: Some("2020W8".into()), to: Some("2020W9".into()), full: false };
    daemon::ask(&config, &mut state, &run, "dashboard: ana", now).unwrap();
    let alert = OpenAlert {
        event: "drifted".into(),
        cause: "drifted".into(),
        began_at: now,
        told_at: Some(now),
        n_seen: 2,
        acknowledged_at: None,
        acknowledged_by: None,
    };
    state.set_open_alerts(&report, &[alert]).unwrap();
    let row = AuditRow { at: now, actor: "root".into(), action: "user added".into(), detail: "ana, operator".into() };
    state.record_audit(&row).unwrap();
}

/// Holds a text against its snapshot, without times and names of files that change with what is in them.
fn snapshot(name: &str, text: &str) {
    let filters = vec![
        (r"\d+[.,]\d\d? s\b", "[TIME]"),
        (r"(?m)\| \d+[.,]\d\d \|$", "| [TIME] |"),
        (r"\b[0-9a-f]{64}\b", "[SHA-256]"),
        (r"tally-[0-9a-f]{12}", "tally-[HASH]"),
        (r"csrf=[\w-]{20,}", "csrf=[CSRF]"),
        (r"tally_form=[\w-]+", "tally_form=[FORM]"),
        (r#"etag: .*"#, "etag: [ETAG]"),
    ];
    insta::with_settings!({ filters => filters, omit_expression => true }, {
        insta::assert_snapshot!(name.to_owned(), text);
    });
}

#[tokio::test]
async fn every_page_is_as_it_was_in_both_languages() {
    let house = House::new(unchanged).await;
    let report = house.stage.report();
    let cell = {
        let page = house.get(&format!("/reports/{report}"), "en").await.body;
        links(&page).into_iter().find(|link| link.contains("/cell?")).unwrap()
    };
    let value = {
        let page = house.get(&cell, "en").await.body;
        links(&page).into_iter().find(|link| link.contains("data_element=")).unwrap()
    };
    for (name, path) in [
        ("overview", "/".to_owned()),
        ("runs", "/runs".to_owned()),
        ("run_clean", "/runs/1".to_owned()),
        ("run_held", "/runs/2".to_owned()),
        ("ask_run", format!("/ask?job=run&report={report}")),
        ("ask_overwrite", format!("/ask?job=overwrite_drift&report={report}&from=2020W8&to=2020W9")),
        ("ask_apply", "/ask?job=apply&plan=1".to_owned()),
        ("job_waiting", "/jobs/2".to_owned()),
        ("plan", "/plans/1".to_owned()),
        ("decisions", "/decisions".to_owned()),
        ("acknowledge", format!("/acknowledge?report={report}&event=drifted&cause=drifted")),
        ("quality", "/quality".to_owned()),
        ("places", "/places".to_owned()),
        ("settings", "/settings".to_owned()),
        ("audit", "/audit".to_owned()),
        ("report", format!("/reports/{report}")),
        ("slice", cell),
        ("value", value),
        ("map", format!("/reports/{report}/map")),
        ("nothing", "/nothing".to_owned()),
        ("no_run", "/runs/99".to_owned()),
    ] {
        let mut both = Vec::new();
        for language in ["en", "fr"] {
            let answer = house.get(&path, language).await;
            // What stands around every page is shown once.
            let shown = if path == "/" { outline(&answer.body) } else { content(&answer.body) };
            both.push(format!("{} {path}\n{shown}", answer.status));
        }
        snapshot(name, &house.redacted(&both.join("\n---\n")));
    }
}

#[tokio::test]
async fn every_kind_of_answer_has_its_headers() {
    let house = House::new(unchanged).await;
    let mut text = String::new();
    let icon = links(&house.get("/", "en").await.body).into_iter().find(|link| link.ends_with(".svg")).unwrap();
    for (path, language) in [
        ("/", "en"),
        ("/nothing", "fr"),
        (icon.as_str(), "en"),
        ("/assets/none.css", "en"),
        ("/healthz", "en"),
        ("/readyz", "en"),
        ("/metrics", "en"),
        ("/runs/1/certificate", "en"),
        ("/language/fr?to=/runs", "en"),
        ("/language/fr?to=https://elsewhere.example/", "en"),
        ("/sign-in", "en"),
        ("/api/v1/overview", "en"),
        ("/api/v1/nothing", "en"),
    ] {
        text += &told(&format!("GET {path}"), &house.get(path, language).await);
    }
    text += &told("POST /ask without a form", &house.ask(Request::post("/ask"), "job=run").await);
    let foreign = Request::post("/ask").header("origin", "https://elsewhere.example");
    text += &told("POST /ask from elsewhere", &house.ask(foreign, "job=run").await);
    text += &told("POST /api/v1/jobs from elsewhere", &house.ask(Request::post("/api/v1/jobs"), "{}").await);
    text += &told("DELETE /", &house.ask(Request::delete("/"), "").await);
    snapshot("headers", &text);
}

fn told(what: &str, answer: &Answer) -> String {
    let mut headers: Vec<String> =
        answer.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    headers.retain(|line| !line.starts_with("content-length"));
    headers.sort();
    format!("{what}\n{}\n{}\n\n", answer.status, headers.join("\n"))
}

/// Where a page leads, and what it takes along.
fn links(page: &str) -> Vec<String> {
    let tags = pieces(page).map(|(tag, _)| tag);
    tags.filter_map(|tag| match tag.name {
        "a" | "link" => tag.get("href"),
        "script" | "img" => tag.get("src"),
        _ => None,
    })
    .collect()
}

/// Pages that differ in numbers and values alone are alike.
fn kind(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts = path.split('/').map(|part| if part.parse::<u64>().is_ok() { "#" } else { part });
    let mut keys: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    keys.sort_unstable();
    format!("{}?{}", parts.collect::<Vec<_>>().join("/"), keys.join("&"))
}

/// What holds for each page, whatever stands on it.
fn assert_sound(path: &str, page: &str) {
    assert!(
        !page.contains("<script>") && !page.contains(HOSTILE),
        "{path} holds what somebody wrote, as it was written"
    );
    let ids: BTreeSet<String> = pieces(page).filter_map(|(tag, _)| tag.get("id")).collect();
    for (tag, text) in pieces(page) {
        for attribute in tag.attributes() {
            assert!(!attribute.starts_with("on") && attribute != "style", "{path}: <{} {attribute}=>", tag.name);
            if ["href", "src", "action", "data-live"].contains(&attribute) {
                let to = tag.get(attribute).unwrap();
                let fragment = to.strip_prefix('#');
                assert!((to.starts_with('/') && !to.starts_with("//")) || fragment.is_some(), "{path} leads to {to}");
                assert!(fragment.is_none_or(|id| ids.contains(id)), "{path} has no place {to}");
            }
        }
        assert!(tag.name != "script" || text.trim().is_empty(), "{path} holds a script: {text}");
        assert!(tag.name != "style", "{path} holds a style");
    }
    for form in page.split("<form method=\"post\"").skip(1) {
        let form = form.split("</form>").next().unwrap();
        assert!(form.contains("name=\"csrf\" value=\""), "{path} has a form without csrf: {form}");
    }
    assert_eq!(
        page.matches("<form").count(),
        page.matches("<form method=\"").count(),
        "{path}: each form says how it is sent"
    );
}

#[tokio::test]
async fn every_link_leads_to_a_page_that_holds_nothing_foreign() {
    let house = House::new(spoil_names).await;
    let mut open = VecDeque::from(["/".to_owned()]);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    while let Some(path) = open.pop_front() {
        let bare = path.split('#').next().unwrap().to_owned();
        if !seen.insert(bare.clone()) {
            continue;
        }
        let n = kinds.entry(kind(&bare)).or_default();
        *n += 1;
        if *n > ALIKE_MAX {
            continue;
        }
        let answer = house.get(&bare, "en").await;
        if bare.starts_with("/language/") {
            assert_eq!(answer.status, 303, "{bare}");
            continue;
        }
        assert_eq!(answer.status, 200, "{bare}");
        let is_page = answer.headers["content-type"].to_str().unwrap().starts_with("text/html");
        if is_page && !bare.ends_with("/certificate") {
            assert_sound(&bare, &answer.body);
            if let Some(id) = path.split_once('#').map(|(_, id)| id) {
                assert!(answer.body.contains(&format!("id=\"{id}\"")), "{path} leads to no place of its page");
            }
            // Places of the page itself were looked for.
            open.extend(links(&answer.body).into_iter().filter(|link| !link.starts_with('#')));
        }
    }
    for wanted in ["/runs/#?", "/plans/#?", "/jobs/#?", "/ask?job&report", "/ask?job&plan", "/runs/#/certificate?"] {
        assert!(kinds.contains_key(wanted), "{wanted}: {kinds:#?}");
    }
    assert!(seen.len() > 100, "{kinds:#?}");
}
