//! The door as a browser and a program meet it: what is let in, and each way to be refused.

use super::*;
use crate::web::visitor::Visitor;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Extension, Request};
use axum::http::{Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use pipeline::access::{Right, Role};
use pipeline::config::dashboard::{HostName, ProxyModel};
use pipeline::store::{AuditRow, Token, User};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;
use tower::ServiceExt;

const PASSWORD: &str = "CANARY horse battery";
const HERE: &str = "127.0.0.1:8420";

/// A dashboard of two pages and an API behind the door.
struct House {
    _folder: TempDir,
    state: std::path::PathBuf,
    door: Arc<Door>,
    clock: Arc<AtomicI64>,
}

/// An answer.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of a cookie that it sets.
    fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap());
        let mut values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.split(';').next());
        values.next().map(str::to_owned)
    }

    /// What its form or its visitor carries.
    fn csrf(&self) -> String {
        let after = |mark: &str, end: char| {
            self.body.split_once(mark).map(|(_, rest)| rest.split(end).next().unwrap_or_default().to_owned())
        };
        after("name=\"csrf\" value=\"", '"').or_else(|| after("csrf=", '\n')).unwrap_or_default()
    }
}

fn model() -> DashboardModel {
    DashboardModel::default()
}

/// A dashboard that others reach by its name, over TLS.
fn public() -> DashboardModel {
    let hosts = vec![HostName::parse("tally.example.org").unwrap()];
    DashboardModel { listen: "0.0.0.0:8420".parse().unwrap(), hosts, secure_cookies: Some(true), proxy: None }
}

fn proxied(role: Option<Role>) -> DashboardModel {
    let proxy = ProxyModel {
        addresses: ["10.0.0.5".parse().unwrap()].into(),
        user_header: Some("x-remote-user".to_owned()),
        roles: BTreeMap::from([("ana".to_owned(), Role::Operator)]),
        role,
    };
    DashboardModel { proxy: Some(proxy), ..public() }
}

async fn shown(visitor: Option<Extension<Visitor>>) -> String {
    visitor.map_or_else(|| "nobody".to_owned(), |Extension(visitor)| format!("{visitor:?}\ncsrf={}\n", visitor.csrf))
}

async fn act(Extension(visitor): Extension<Visitor>, body: String) -> Result<String, Refusal> {
    visitor.demand(Right::Run)?;
    Ok(format!("{} did {body}", visitor.name))
}

impl House {
    fn new(model: DashboardModel) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.sqlite");
        let clock = Arc::new(AtomicI64::new(0));
        let now = {
            let clock = Arc::clone(&clock);
            move || Timestamp::from_second(1_800_000_000 + clock.load(Ordering::SeqCst)).unwrap()
        };
        let nobody = password::cheap_hash("nobody's password");
        let bound = model.listen;
        let door = Door::of(model, &state, bound, Arc::new(now), nobody).unwrap();
        Self { _folder: folder, state, door, clock }
    }

    fn with_user(model: DashboardModel, role: Role) -> Self {
        let house = Self::new(model);
        house.add("ana", role);
        house
    }

    fn add(&self, name: &str, role: Role) {
        let user = User { name: name.into(), role, created_at: (self.door.now)() };
        let hash = password::cheap_hash(PASSWORD);
        assert!(self.state().add_user(&user, hash.expose_secret(), &self.row("user added")).unwrap());
    }

    fn token(&self, scopes: &[Right], seconds: Option<i64>) -> String {
        let now = (self.door.now)();
        let shown = format!("{TOKEN_PREFIX}{}", secret::random().unwrap().expose_secret());
        let token = Token {
            name: "robot".into(),
            scopes: scopes.to_vec(),
            created_at: now,
            created_by: "root".into(),
            expires_at: seconds.map(|seconds| now + SignedDuration::from_secs(seconds)),
            last_used_at: None,
        };
        assert!(self.state().add_token(&token, &secret::hash(&shown), &self.row("token added")).unwrap());
        shown
    }

    fn state(&self) -> State {
        State::open(&self.state).unwrap()
    }

    fn row(&self, action: &str) -> AuditRow {
        AuditRow { at: (self.door.now)(), actor: "root".into(), action: action.into(), detail: "ana".into() }
    }

    /// What people did, the oldest first: who, what, and from where.
    fn audit(&self) -> Vec<String> {
        let rows = self.state().audit(100).unwrap().into_iter().rev();
        rows.map(|row| format!("{} {} {}", row.actor, row.action, row.detail)).collect()
    }

    fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn ask(&self, ask: Ask) -> Answer {
        let door = &self.door;
        let app = Router::new()
            .route("/", get(shown))
            .route("/runs/7", get(shown))
            .route("/metrics", get(shown))
            .route("/healthz", get(shown))
            .route("/assets/tally.css", get(shown))
            .route("/act", post(act))
            .route("/api/v1/runs", get(shown).post(act))
            .merge(routes(Arc::clone(door)))
            .layer(from_fn_with_state(Arc::clone(door), admit))
            .layer(from_fn_with_state(Arc::clone(door), host))
            .layer(from_fn_with_state(Arc::clone(door), headers));
        let response = app.oneshot(ask.0).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1_000_000).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// Fills in the form, as the page of signing in gives it.
    async fn sign_in(&self, name: &str, password: &str, more: impl Fn(Ask) -> Ask) -> Answer {
        let page = self.ask(more(Ask::get("/sign-in"))).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let cookies = ["tally_form", "__Host-tally_form"];
        let cookie = cookies.iter().find_map(|name| Some(format!("{name}={}", page.cookie(name)?))).unwrap();
        let fields = [("name", name), ("password", password), ("next", "/runs/7"), ("csrf", &page.csrf())];
        self.ask(more(Ask::post("/sign-in", &fields).header("cookie", &cookie))).await
    }

    /// The cookie of a session of ana.
    async fn session(&self) -> String {
        let answer = self.sign_in("ana", PASSWORD, |ask| ask).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        format!("tally_session={}", answer.cookie("tally_session").unwrap())
    }
}

/// A request.
struct Ask(Request);

impl Ask {
    fn get(path: &str) -> Self {
        Self::new(Method::GET, path, Body::empty())
    }

    /// A form, sent from a page of ours.
    fn post(path: &str, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self::new(Method::POST, path, Body::from(body))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", &format!("http://{HERE}"))
    }

    fn new(method: Method, path: &str, body: Body) -> Self {
        let request = Request::builder().method(method).uri(path).header("host", HERE).body(body).unwrap();
        Self(request).peer("127.0.0.1")
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        if value.is_empty() {
            self.0.headers_mut().remove(name);
        } else {
            self.0.headers_mut().insert(name, value.parse().unwrap());
        }
        self
    }

    fn peer(mut self, address: &str) -> Self {
        let peer = SocketAddr::new(address.parse().unwrap(), 50_000);
        self.0.extensions_mut().insert(ConnectInfo(peer));
        self
    }
}

/// A request from outside to the dashboard that others reach.
fn from_outside(ask: Ask) -> Ask {
    let ask = ask.peer("203.0.113.9").header("host", "tally.example.org");
    if ask.0.headers().contains_key("origin") { ask.header("origin", "https://tally.example.org") } else { ask }
}

#[tokio::test]
async fn on_this_machine_nobody_signs_in_while_there_is_no_user() {
    let house = House::new(model());
    let page = house.ask(Ask::get("/")).await;
    assert!(page.body.starts_with("loopback (admin, Loopback)\n"), "{}", page.body);
    let form = page.cookie("tally_form").unwrap();
    let cookie = format!("tally_form={form}");
    let sent = house.ask(Ask::post("/act", &[("csrf", &page.csrf())]).header("cookie", &cookie)).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
    let again = house.ask(Ask::get("/").header("cookie", &cookie)).await;
    assert_eq!((again.csrf(), again.cookie("tally_form")), (page.csrf(), None));
    house.add("ana", Role::Viewer);
    let page = house.ask(Ask::get("/runs/7?all=1")).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/sign-in?next=%2Fruns%2F7%3Fall%3D1"));
}

#[tokio::test]
async fn whatever_was_passed_on_is_not_from_this_machine() {
    let house = House::new(model());
    for header in ["x-forwarded-for", "forwarded", "x-real-ip", "via"] {
        let page = house.ask(Ask::get("/").header(header, "203.0.113.9")).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{header}");
    }
    let page = house.ask(Ask::get("/").peer("203.0.113.9")).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    for model in [public(), DashboardModel { hosts: public().hosts, ..model() }, proxied(None)] {
        let page = House::new(model).ask(Ask::get("/")).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER);
    }
    let page = house.ask(Ask::get("/sign-in").header("via", "proxy")).await;
    assert!(page.body.contains("tally user add"), "{}", page.body);
}

#[tokio::test]
async fn who_signs_in_is_let_in_until_signing_out() {
    let house = House::with_user(model(), Role::Operator);
    let answer = house.sign_in("Ana", PASSWORD, |ask| ask).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/runs/7"));
    let cookie = format!("tally_session={}", answer.cookie("tally_session").unwrap());
    let page = house.ask(Ask::get("/runs/7").header("cookie", &cookie)).await;
    assert!(page.body.starts_with("ana (operator, Session)\n"), "{}", page.body);
    let csrf = page.csrf();
    let done = house.ask(Ask::post("/act", &[("csrf", &csrf), ("x", "y")]).header("cookie", &cookie)).await;
    assert!(done.body.starts_with("ana did csrf=") && done.body.ends_with("&x=y"), "the body is whole: {}", done.body);
    let known = house.ask(Ask::get("/sign-in?next=/runs/7").header("cookie", &cookie)).await;
    assert_eq!(known.header("location"), "/runs/7");
    let out = house.ask(Ask::post("/sign-out", &[("csrf", &csrf)]).header("cookie", &cookie)).await;
    assert_eq!((out.status, out.cookie("tally_session").as_deref()), (StatusCode::SEE_OTHER, Some("")));
    let page = house.ask(Ask::get("/").header("cookie", &cookie)).await;
    assert_eq!(page.header("location"), "/sign-in");
    let log = ["root user added ana", "ana sign-in from 127.0.0.1", "ana sign-out from 127.0.0.1"];
    assert_eq!(house.audit(), log);
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_told_alike() {
    let house = House::with_user(model(), Role::Viewer);
    let mut bodies = Vec::new();
    for (name, password) in [("ana", "CANARY horse batterz"), ("ben", PASSWORD), (PASSWORD, "x")] {
        let answer = house.sign_in(name, password, |ask| ask).await;
        assert_eq!((answer.status, answer.cookie("tally_session")), (StatusCode::FORBIDDEN, None));
        assert!(!answer.body.contains("CANARY"), "{}", answer.body);
        let csrf = answer.csrf();
        bodies.push(answer.body.replace(&csrf, "").replace(&format!("value=\"{name}\""), "value=\"\""));
    }
    assert!(bodies[0].contains("Name or password is wrong."));
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
    let tries = ["ana sign-in failed from 127.0.0.1", "nobody sign-in failed from 127.0.0.1"];
    assert_eq!(house.audit()[1..], [tries[0], tries[1], tries[1]]);
}

#[tokio::test]
async fn a_session_ends_unused_after_hours_and_used_after_a_day() {
    let house = House::with_user(model(), Role::Viewer);
    let cookie = house.session().await;
    let is_in = async |cookie: &str| house.ask(Ask::get("/").header("cookie", cookie)).await.status == StatusCode::OK;
    house.pass(IDLE.as_secs() - 1);
    assert!(is_in(&cookie).await);
    // The use is written down while nobody waits for it.
    let hash = secret::hash(cookie.split_once('=').unwrap().1);
    while house.state().session(&hash).unwrap().unwrap().0.last_seen_at != (house.door.now)() {
        tokio::task::yield_now().await;
    }
    house.pass(IDLE.as_secs() - 1);
    assert!(is_in(&cookie).await);
    house.pass(1 + IDLE.as_secs());
    assert!(!is_in(&cookie).await, "unused");
    let cookie = house.session().await;
    let hash = secret::hash(cookie.split_once('=').unwrap().1);
    house.pass(LONGEST.as_secs());
    house.state().touch_session(&hash, (house.door.now)()).unwrap();
    assert!(!is_in(&cookie).await, "a day old");
}

#[tokio::test]
async fn a_session_that_is_none_of_ours_is_nobodys() {
    let house = House::with_user(model(), Role::Viewer);
    let cookie = house.session().await;
    let hash = secret::hash(cookie.split_once('=').unwrap().1);
    let forged = ["tally_session=x".to_owned(), format!("tally_session={hash}"), format!("{cookie}; {cookie}")];
    for cookie in &forged {
        let page = house.ask(Ask::get("/").header("cookie", cookie)).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{cookie}");
        let api = house.ask(Ask::get("/api/v1/runs").header("cookie", cookie)).await;
        assert_eq!((api.status, api.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));
    }
}

#[tokio::test]
async fn a_user_who_is_removed_or_gets_another_role_notices_at_once() {
    let house = House::with_user(model(), Role::Operator);
    house.add("ben", Role::Admin);
    let cookie = house.session().await;
    let page = house.ask(Ask::get("/").header("cookie", &cookie)).await;
    house.state().set_role("ana", Role::Viewer, &house.row("role")).unwrap();
    let act = || Ask::post("/act", &[("csrf", &page.csrf())]).header("cookie", &cookie);
    let refused = house.ask(act()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("Operators and administrators may start runs."), "{}", refused.body);
    house.state().remove_user("ana", &house.row("removed")).unwrap();
    assert_eq!(house.ask(act()).await.header("location"), "/sign-in");
}

#[tokio::test]
async fn a_session_that_somebody_planted_does_not_survive_the_signing_in() {
    let house = House::with_user(model(), Role::Viewer);
    let old = house.session().await;
    let page = house.ask(Ask::get("/sign-in").header("cookie", "tally_session=planted")).await;
    let form = format!("tally_form={}", page.cookie("tally_form").unwrap());
    let fields = [("name", "ana"), ("password", PASSWORD), ("csrf", &page.csrf())];
    let mut news = Vec::new();
    for before in ["tally_session=planted", &old] {
        let ask = Ask::post("/sign-in", &fields).header("cookie", &format!("{form}; {before}"));
        news.push(house.ask(ask).await.cookie("tally_session").unwrap());
    }
    assert!(!news.contains(&"planted".to_owned()) && news[0] != news[1] && !old.contains(&news[1]));
    for cookie in ["tally_session=planted", &old] {
        let page = house.ask(Ask::get("/").header("cookie", cookie)).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{cookie}");
    }
}

#[tokio::test]
async fn a_form_carries_what_only_our_pages_of_this_visitor_carry() {
    let house = House::with_user(model(), Role::Operator);
    house.add("ben", Role::Admin);
    let cookie = house.session().await;
    let own = house.ask(Ask::get("/").header("cookie", &cookie)).await.csrf();
    let bens = house.sign_in("ben", PASSWORD, |ask| ask).await;
    let bens = format!("tally_session={}", bens.cookie("tally_session").unwrap());
    let other = house.ask(Ask::get("/").header("cookie", &bens)).await.csrf();
    let from_sign_in = house.ask(Ask::get("/sign-in")).await;
    let sign_in = from_sign_in.csrf();
    assert!(own != other && !own.is_empty());
    let send = async |fields: &[(&str, &str)]| house.ask(Ask::post("/act", fields).header("cookie", &cookie)).await;
    assert_eq!(send(&[("csrf", &own)]).await.status, StatusCode::OK);
    for wrong in
        [&[][..], &[("csrf", "")], &[("csrf", &other)], &[("csrf", &sign_in)], &[("csrf", &own), ("csrf", "x")]]
    {
        let answer = send(wrong).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{wrong:?}");
        assert!(answer.body.contains("The form is too old"), "{}", answer.body);
    }
    let script = |value: &str| Ask::post("/api/v1/runs", &[]).header("cookie", &cookie).header("x-csrf-token", value);
    assert_eq!(house.ask(script(&own)).await.status, StatusCode::OK);
    let refused = house.ask(script(&other)).await;
    assert_eq!((refused.status, refused.header("content-type")), (StatusCode::FORBIDDEN, "application/problem+json"));
    let json = Ask::post("/act", &[("csrf", &own)]).header("cookie", &cookie).header("content-type", "text/plain");
    assert_eq!(house.ask(json).await.status, StatusCode::FORBIDDEN, "what is no form carries nothing");
    let large = "x".repeat(70_000);
    assert_eq!(send(&[("csrf", &own), ("x", &large)]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_page_elsewhere_cannot_post_to_this_machine() {
    let house = House::new(model());
    let page = house.ask(Ask::get("/")).await;
    let cookie = format!("tally_form={}", page.cookie("tally_form").unwrap());
    let csrf = page.csrf();
    let act = || Ask::post("/act", &[("csrf", &csrf)]).header("cookie", &cookie);
    for origin in
        ["https://evil.org", "null", "http://127.0.0.1:3000", "https://127.0.0.1:9999", "http://localhost:8420"]
    {
        let answer = house.ask(act().header("origin", origin)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin}");
        assert!(answer.body.contains("another site"), "{}", answer.body);
    }
    for site in ["cross-site", "same-site"] {
        assert_eq!(house.ask(act().header("sec-fetch-site", site)).await.status, StatusCode::FORBIDDEN, "{site}");
    }
    assert_eq!(house.ask(act().header("origin", "")).await.status, StatusCode::FORBIDDEN, "it says nothing");
    let older = act().header("origin", "").header("referer", &format!("http://{HERE}/runs/7"));
    assert_eq!(house.ask(older).await.status, StatusCode::OK);
    let elsewhere = act().header("origin", "").header("referer", "https://evil.org/127.0.0.1:8420");
    assert_eq!(house.ask(elsewhere).await.status, StatusCode::FORBIDDEN);
    // Its own cookie, planted by a neighbour, fits nothing that it can compute.
    let planted = act().header("cookie", "tally_form=planted");
    assert_eq!(house.ask(planted).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.ask(act().header("cookie", "")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.ask(act().header("sec-fetch-site", "same-origin")).await.status, StatusCode::OK);
    // Another process has another key.
    assert_eq!(House::new(model()).ask(act()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn over_tls_a_page_without_it_is_elsewhere() {
    let house = House::with_user(public(), Role::Viewer);
    let signed = house.sign_in("ana", PASSWORD, from_outside).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
    assert!(signed.cookie("__Host-tally_session").is_some());
    assert!(signed.header("set-cookie").ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"));
    let plain = Ask::post("/sign-in", &[]).peer("203.0.113.9").header("host", "tally.example.org");
    let plain = house.ask(plain.header("origin", "http://tally.example.org")).await;
    assert!(plain.body.contains("another site"), "{}", plain.body);
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_refused_with_what_to_do() {
    let house = House::with_user(model(), Role::Viewer);
    for ours in [HERE, "localhost:8420", "LOCALHOST:8420", "[::1]:8420"] {
        assert_eq!(house.ask(Ask::get("/").header("host", ours)).await.status, StatusCode::SEE_OTHER, "{ours}");
    }
    for other in
        ["evil.org", "evil.org:8420", "localhost", "localhost:80", "127.0.0.1.evil.org:8420", "10.0.0.1:8420", "a b"]
    {
        let answer = house.ask(Ask::get("/").header("host", other)).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{other}");
    }
    let answer = house.ask(Ask::get("/sign-in").header("host", "evil.org:8420")).await;
    assert!(answer.body.contains("add &#34;evil.org:8420&#34; to `hosts`"), "{}", answer.body);
    let api = house.ask(Ask::get("/api/v1/runs").header("host", "evil.org")).await;
    insta::assert_snapshot!(api.body, @r#"{"detail":"add \"evil.org\" to `hosts` in the table [dashboard] of the configuration","status":421,"title":"Misdirected Request","type":"urn:tally:wrong-host"}"#);
    let mut twice = Ask::get("/");
    twice.0.headers_mut().append("host", "evil.org".parse().unwrap());
    assert_eq!(house.ask(twice).await.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(house.ask(Ask::get("/").header("host", "")).await.status, StatusCode::MISDIRECTED_REQUEST);
    let absolute = Ask::get("http://evil.org/").header("host", HERE);
    assert_eq!(house.ask(absolute).await.status, StatusCode::MISDIRECTED_REQUEST);
    let house = House::with_user(public(), Role::Viewer);
    assert_eq!(house.ask(from_outside(Ask::get("/"))).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.ask(Ask::get("/").header("host", "0.0.0.0:8420")).await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn only_the_named_proxy_is_believed_who_its_visitor_is() {
    let house = House::new(proxied(None));
    let ask = |peer: &str, user: &str| from_outside(Ask::get("/")).peer(peer).header("x-remote-user", user);
    let page = house.ask(ask("10.0.0.5", "ana")).await;
    assert!(page.body.starts_with("ana (operator, Proxy)\n"), "{}", page.body);
    let mapped = house.ask(ask("::ffff:10.0.0.5", "ana")).await;
    assert_eq!(mapped.status, StatusCode::OK);
    for spoofed in ["10.0.0.6", "127.0.0.1", "203.0.113.9"] {
        assert_eq!(house.ask(ask(spoofed, "ana")).await.header("location"), "/sign-in", "{spoofed}");
    }
    assert_eq!(house.ask(ask("10.0.0.5", "")).await.header("location"), "/sign-in", "nobody is named");
    for stranger in ["ben", "ana, ben", "<script>"] {
        let answer = house.ask(ask("10.0.0.5", stranger)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{stranger}");
    }
    let mut twice = ask("10.0.0.5", "ana");
    twice.0.headers_mut().append("x-remote-user", "root".parse().unwrap());
    assert_eq!(house.ask(twice).await.status, StatusCode::FORBIDDEN);
    let viewers = House::new(proxied(Some(Role::Viewer)));
    let page = viewers.ask(ask("10.0.0.5", "ben")).await;
    assert!(page.body.starts_with("ben (viewer, Proxy)\n"), "{}", page.body);
    // A form of one visitor is none of another.
    let cookie = format!("__Host-tally_form={}", page.cookie("__Host-tally_form").unwrap());
    let act = |user: &str| {
        let ask = from_outside(Ask::post("/act", &[("csrf", &page.csrf())])).peer("10.0.0.5");
        ask.header("cookie", &cookie).header("x-remote-user", user)
    };
    assert!(viewers.ask(act("ana")).await.body.contains("The form is too old"));
    assert!(viewers.ask(act("ben")).await.body.contains("may start runs"));
}

#[tokio::test]
async fn a_token_is_good_for_its_scopes_until_it_is_over() {
    let house = House::with_user(model(), Role::Viewer);
    let token = house.token(&[Right::Read, Right::Run], Some(60));
    let ask = |ask: Ask| ask.header("authorization", &format!("Bearer {token}"));
    let read = house.ask(ask(Ask::get("/api/v1/runs"))).await;
    assert!(read.body.starts_with("robot (viewer, Token([Read, Run]))\n"), "{}", read.body);
    // No form and no origin, as a program has neither.
    let run = house.ask(ask(Ask::new(Method::POST, "/api/v1/runs", Body::from("x")))).await;
    assert_eq!(run.body, "robot did x");
    let elsewhere = ask(Ask::new(Method::POST, "/api/v1/runs", Body::empty())).header("origin", "https://evil.org");
    assert_eq!(house.ask(elsewhere).await.status, StatusCode::FORBIDDEN);
    let metrics = house.ask(ask(Ask::get("/metrics"))).await;
    assert_eq!(metrics.status, StatusCode::FORBIDDEN);
    house.pass(60);
    let over = house.ask(ask(Ask::get("/api/v1/runs"))).await;
    assert_eq!(over.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    insta::assert_snapshot!(over.body, @r#"{"detail":"the token is unknown or expired","status":401,"title":"Unauthorized","type":"urn:tally:bad-token"}"#);
    let unknown = Ask::get("/api/v1/runs").header("authorization", "Bearer tally_x");
    assert_eq!(house.ask(unknown).await.status, StatusCode::UNAUTHORIZED);
    house.state().remove_token("robot", &house.row("removed")).unwrap();
    assert_eq!(house.ask(ask(Ask::get("/"))).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_without_the_scope_is_refused_and_a_cookie_does_not_help_it() {
    let house = House::with_user(model(), Role::Admin);
    let cookie = house.session().await;
    let token = format!("Bearer {}", house.token(&[Right::Metrics], None));
    let ask = |ask: Ask| ask.header("authorization", &token).header("cookie", &cookie);
    let read = house.ask(ask(Ask::get("/api/v1/runs"))).await;
    assert_eq!(read.header("www-authenticate"), "Bearer error=\"insufficient_scope\", scope=\"read\"");
    assert_eq!(
        house.ask(ask(Ask::new(Method::POST, "/api/v1/runs", Body::empty()))).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(house.ask(ask(Ask::get("/metrics"))).await.status, StatusCode::OK);
    // The use of a token is written down.
    while house.state().tokens().unwrap()[0].last_used_at.is_none() {
        tokio::task::yield_now().await;
    }
    let basic = Ask::get("/").header("authorization", "Basic eDp5").header("cookie", &cookie);
    assert_eq!(house.ask(basic).await.status, StatusCode::OK, "other kinds are a proxy's matter");
}

#[tokio::test]
async fn figures_are_for_this_machine_for_tokens_and_for_who_is_signed_in() {
    let house = House::with_user(public(), Role::Viewer);
    let metrics = || Ask::get("/metrics");
    assert_eq!(house.ask(metrics()).await.body, "nobody");
    let refused =
        [from_outside(metrics()), metrics().header("via", "proxy"), metrics().header("host", "tally.example.org")];
    for ask in refused {
        let answer = house.ask(ask).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));
    }
    let signed = house.sign_in("ana", PASSWORD, from_outside).await;
    let cookie = format!("__Host-tally_session={}", signed.cookie("__Host-tally_session").unwrap());
    assert_eq!(house.ask(from_outside(metrics()).header("cookie", &cookie)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn probes_and_assets_are_for_everybody() {
    let house = House::with_user(public(), Role::Viewer);
    for path in ["/healthz", "/assets/tally.css"] {
        assert_eq!(house.ask(from_outside(Ask::get(path))).await.body, "nobody", "{path}");
    }
    let probe = Ask::get("/healthz").peer("10.2.3.4").header("host", "10.1.1.1:8420");
    assert_eq!(house.ask(probe).await.status, StatusCode::OK);
    let asset = Ask::get("/assets/tally.css").header("host", "evil.org");
    assert_eq!(house.ask(asset).await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn who_guesses_waits_longer_and_longer_and_nobody_for_ever() {
    let house = House::with_user(public(), Role::Viewer);
    let from = |peer: &'static str| move |ask: Ask| from_outside(ask).peer(peer);
    for _ in 0..5 {
        assert_eq!(house.sign_in("ana", "wrong password", from("203.0.113.1")).await.status, StatusCode::FORBIDDEN);
    }
    let waits = house.sign_in("ana", PASSWORD, from("203.0.113.1")).await;
    assert_eq!((waits.status, waits.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"));
    assert!(waits.body.contains("Wait 1 second, then try again."), "{}", waits.body);
    let elsewhere = house.sign_in("ana", PASSWORD, from("203.0.113.2")).await;
    assert_eq!(elsewhere.status, StatusCode::TOO_MANY_REQUESTS, "the name waits");
    let other = house.sign_in("ben", PASSWORD, from("203.0.113.1")).await;
    assert_eq!(other.status, StatusCode::TOO_MANY_REQUESTS, "the address waits");
    house.pass(1);
    let wrong = house.sign_in("ana", "wrong password", from("203.0.113.1")).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert_eq!(house.sign_in("ana", PASSWORD, from("203.0.113.1")).await.header("retry-after"), "2");
    house.pass(2);
    assert_eq!(house.sign_in("ana", PASSWORD, from("203.0.113.1")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.sign_in("ana", "wrong password", from("203.0.113.1")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn behind_a_proxy_each_visitor_waits_alone() {
    let house = House::with_user(proxied(None), Role::Viewer);
    let from = |seen: &'static str| move |ask: Ask| from_outside(ask).peer("10.0.0.5").header("x-forwarded-for", seen);
    for _ in 0..5 {
        house.sign_in("eve", "wrong password", from("1.1.1.1, 203.0.113.1")).await;
    }
    let waits = house.sign_in("ana", PASSWORD, from("2.2.2.2, 203.0.113.1")).await;
    assert_eq!(waits.status, StatusCode::TOO_MANY_REQUESTS, "only the proxy's own word counts");
    assert_eq!(house.sign_in("ana", PASSWORD, from("203.0.113.2")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.audit().last().unwrap(), "ana sign-in from 203.0.113.2");
}

#[tokio::test]
async fn who_follows_a_link_of_a_message_is_asked_again_from_a_page_of_ours() {
    let house = House::with_user(model(), Role::Viewer);
    let link = Ask::get("/runs/7?a=1&b='").header("sec-fetch-site", "cross-site");
    let page = house.ask(link).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("content=\"0;url=/runs/7?a=1&#38;b=&#39;\""), "{}", page.body);
    let next = house.ask(Ask::get("/runs/7").header("sec-fetch-site", "same-origin")).await;
    assert_eq!(next.header("location"), "/sign-in?next=%2Fruns%2F7");
}

#[tokio::test]
async fn nobody_is_sent_away_to_another_site() {
    let house = House::with_user(model(), Role::Viewer);
    let page = house.ask(Ask::get("/sign-in?next=//evil.org/")).await;
    assert!(page.body.contains("name=\"next\" value=\"/\""), "{}", page.body);
    let form = format!("tally_form={}", page.cookie("tally_form").unwrap());
    let fields = [("name", "ana"), ("password", PASSWORD), ("next", "https://evil.org"), ("csrf", &page.csrf())];
    let answer = house.ask(Ask::post("/sign-in", &fields).header("cookie", &form)).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"));
}

#[tokio::test]
async fn every_answer_has_the_same_guards() {
    let house = House::with_user(model(), Role::Viewer);
    let listed = |answer: &Answer| {
        let lines = answer.headers.iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
        let mut lines: Vec<String> =
            lines.filter(|line| !line.starts_with("set-cookie") && !line.starts_with("content-length")).collect();
        lines.sort();
        lines.concat()
    };
    let page = house.ask(Ask::get("/sign-in")).await;
    insta::assert_snapshot!(listed(&page), @r"
    cache-control: private, no-store
    content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'
    content-type: text/html; charset=utf-8
    cross-origin-opener-policy: same-origin
    cross-origin-resource-policy: same-origin
    permissions-policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()
    referrer-policy: same-origin
    x-content-type-options: nosniff
    x-frame-options: DENY
    ");
    let asks =
        [Ask::get("/nowhere"), Ask::get("/"), Ask::get("/").header("host", "evil.org"), Ask::get("/api/v1/runs")];
    for ask in asks {
        let answer = house.ask(ask).await;
        for line in listed(&page).lines().filter(|line| !line.starts_with("content-type")) {
            assert!(listed(&answer).contains(line), "{line} in {}", listed(&answer));
        }
    }
    let csrf = page.csrf();
    // The names of the style and of the icon follow from what is in them.
    insta::with_settings!({ filters => vec![(r"-[0-9a-f]{12}\.", "-HASH.")] }, {
        insta::assert_snapshot!("sign_in", page.body.replace(&csrf, "CSRF"));
    });
}

#[tokio::test]
async fn neither_passwords_nor_secrets_are_kept_or_said() {
    let house = House::with_user(model(), Role::Viewer);
    let cookie = house.session().await;
    let token = house.token(&[Right::Read], None);
    let secrets = [PASSWORD, cookie.split_once('=').unwrap().1, token.strip_prefix(TOKEN_PREFIX).unwrap()];
    let page = house.ask(Ask::get("/").header("cookie", &cookie)).await;
    let failed = house.sign_in("ana", &format!("{PASSWORD}x"), |ask| ask).await;
    let mut said = vec![page.body, failed.body, house.audit().concat()];
    for file in ["state.sqlite", "state.sqlite-wal"] {
        let bytes = std::fs::read(house.state.with_file_name(file)).unwrap_or_default();
        said.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    assert!(said[3].len() > 1000 || said[4].len() > 1000, "the files were read");
    for (secret, said) in secrets.iter().flat_map(|secret| said.iter().map(move |said| (secret, said))) {
        assert!(!said.contains(secret), "{secret} is said");
    }
}

/// A configuration with these lines of `[dashboard]`.
fn config(folder: &Path, dashboard: &str) -> Config {
    let text = format!(
        "[godata]\nfiles = {{ cases = \"cases.json\" }}\n\n[dhis2]\nurl = \"https://dhis2.example.org\"\n\
         token_env = \"TOKEN\"\n\n[dashboard]\n{dashboard}\n\n[places]\nmap = \"places.csv\"\n\n[[report]]\n\
         name = \"weekly\"\ndata_set = \"uKtOZwDnIpM\"\nperiod = \"Weekly\"\nlook_back = 5\n\n[[report.indicator]]\n\
         code = \"new\"\ndata_element = \"DATAELEMEN1\"\nwhen = \"date_of_reporting\"\n"
    );
    pipeline::config::check_texts(&folder.join("tally.toml"), &text, "location_id,org_unit\na,OrgUnitaaa1\n").unwrap()
}

#[tokio::test]
async fn nobody_listens_for_others_where_nobody_could_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(&folder.path().join("state.sqlite")).unwrap();
    let may = |state: &State, dashboard: &str| may_listen(&config(folder.path(), dashboard), state);
    let here = ["", "listen = \"[::1]:0\"", "proxy = { addresses = [\"127.0.0.1\"], user_header = \"X-User\" }"];
    let others =
        ["listen = \"0.0.0.0:8420\"", "hosts = [\"tally.example.org\"]", "proxy = { addresses = [\"127.0.0.1\"] }"];
    assert!(here.iter().all(|dashboard| may(&state, dashboard).is_ok()));
    for dashboard in others {
        let error = may(&state, dashboard).unwrap_err();
        let advice = error.advice.unwrap_or_default();
        assert!(error.message.contains("no user who could sign in") && advice.contains("tally user add"), "{advice}");
    }
    let user = User { name: "ana".into(), role: Role::Admin, created_at: Timestamp::UNIX_EPOCH };
    let row = AuditRow { at: Timestamp::UNIX_EPOCH, actor: "root".into(), action: "x".into(), detail: String::new() };
    assert!(state.add_user(&user, "hash", &row).unwrap());
    assert!(others.iter().all(|dashboard| may(&state, dashboard).is_ok()));
}

#[tokio::test]
async fn the_door_of_a_configuration_knows_the_port_that_was_free() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "listen = \"127.0.0.1:0\"");
    let bound = "127.0.0.1:4321".parse().unwrap();
    let door = Door::new(&config, bound, Arc::new(|| Timestamp::UNIX_EPOCH)).unwrap();
    let house = House { _folder: folder, state: config.state_file(), door, clock: Arc::default() };
    assert_eq!(house.ask(Ask::get("/").header("host", "localhost:4321")).await.status, StatusCode::OK);
    assert_eq!(house.ask(Ask::get("/")).await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn the_log_hears_of_changes_and_refusals_and_of_no_secret() {
    let house = House::with_user(model(), Role::Viewer);
    let lines: Arc<Mutex<Vec<serde_json::Value>>> = Arc::default();
    let heard = Arc::clone(&lines);
    house.door.tell_to(Box::new(move |line| heard.lock().unwrap().push(line)));
    let token = house.token(&[Right::Read], None);
    let robot = |ask: Ask| ask.header("authorization", &format!("Bearer {token}"));
    house.ask(robot(Ask::get("/?secret=CANARY"))).await;
    house.ask(Ask::get("/runs/7")).await;
    let session = house.session().await;
    let csrf = house.ask(Ask::get("/").header("cookie", &session)).await.csrf();
    let fields = [("csrf", csrf.as_str()), ("x", "CANARY")];
    house.ask(Ask::post("/act?CANARY", &fields).header("cookie", &session)).await;
    house.ask(Ask::post("/act", &[("csrf", "CANARY")]).header("cookie", &session)).await;
    house.sign_in("ana", "CANARY wrong one", |ask| ask).await;
    house.ask(robot(Ask::post("/api/v1/runs", &[]))).await;
    house.ask(Ask::get("/metrics").header("authorization", "Bearer CANARY")).await;
    house.ask(Ask::get("/").header("host", "elsewhere.example")).await;
    house.ask(Ask::get(&format!("/metrics{}", "x".repeat(1_000))).header("host", "elsewhere.example")).await;
    house.ask(Ask::post("/sign-out", &[("csrf", &csrf)]).header("cookie", &session)).await;
    let lines = lines.lock().unwrap();
    let text = |line: &serde_json::Value, name: &str| match &line[name] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let told: Vec<String> = lines
        .iter()
        .map(|line| {
            assert!(line["ms"].is_u64() && line["from"] == "127.0.0.1", "{line}");
            let path: String = text(line, "path").chars().take(20).collect();
            let of = |name| text(line, name);
            let (event, who, way) = (of("event"), of("who"), of("way"));
            format!("{event} {who} {way} {} {path} {} {}", of("method"), of("status"), of("why"))
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    request null null POST /sign-in 303 null
    refused ana session POST /act 403 role
    refused ana session POST /act 403 csrf
    refused null null POST /sign-in 403 null
    refused robot token POST /api/v1/runs 403 scope
    refused null null GET /metrics 401 bad-token
    refused null null GET / 421 wrong-host
    refused null null GET /metricsxxxxxxxxxxxx 421 wrong-host
    request ana session POST /sign-out 303 null
    ");
    let whole = serde_json::to_string(&*lines).unwrap();
    assert!(!whole.contains("CANARY") && !whole.contains(&token) && !whole.contains(&csrf), "{whole}");
    assert!(lines.iter().all(|line| text(line, "path").len() <= 200));
}
