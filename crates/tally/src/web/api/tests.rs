//! The API through the whole router and its door, over real runs between the simulators.

mod answers;
mod conduct;
mod doors;

use super::super::door::{Door, TOKEN_PREFIX, password, secret};
use super::super::pages::Stage;
use super::super::report::query;
use super::super::{router, visitor::Right};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use jiff::SignedDuration;
use pipeline::access::Role;
use pipeline::daemon::{self, Asked, Job, Means};
use pipeline::progress::Silent;
use pipeline::run::Stop;
use pipeline::store::{AuditRow, JobEnd, JobState, OpenAlert, State, Token, User};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use tower::ServiceExt;

const HERE: &str = "127.0.0.1:8420";
const PASSWORD: &str = "CANARY horse battery";
/// Who a proxy may name.
const PROXY: &str = "\n[dashboard.proxy]\naddresses = [\"127.0.0.1\"]\nuser_header = \"X-User\"\n\
                     roles = { vera = \"viewer\", olga = \"operator\", anna = \"admin\" }\n\n[state]";

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

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The body of an answer that is a problem, of which headers and members say the same.
    #[track_caller]
    fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{} {}", self.status, self.body);
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        problem
    }
}

/// A daemon's dashboard over a state with three runs, a plan, jobs, a problem and an audit.
struct House {
    stage: Stage,
    router: Router,
}

impl House {
    /// Where programs show tokens and a proxy names people.
    async fn new() -> Self {
        Self::of(|config| config.replace("\n[state]", PROXY)).await
    }

    async fn of(change: impl FnOnce(String) -> String) -> Self {
        let stage = Stage::new(change, |_| ()).await;
        stage.run().await;
        stage.run().await;
        let clock = stage.clock.clone();
        let door = Door::new(&stage.config(), HERE.parse().unwrap(), Arc::new(move || clock.now())).unwrap();
        let router = router(Arc::clone(&stage.site), door);
        let house = Self { stage, router };
        house.fill().await;
        house
    }

    async fn fill(&self) {
        {
            let world = self.stage.world.as_ref().unwrap();
            let id = {
                let documents = world.godata.documents();
                let id = documents.cases().find_map(|case| case.get("id")?.as_str().map(str::to_owned));
                id.unwrap()
            };
            world.godata.edit(|editor| editor.delete(&id)).unwrap();
        }
        self.plan().await;
        let now = self.stage.clock.now();
        let problem = OpenAlert {
            event: "held".into(),
            cause: "held".into(),
            began_at: now,
            told_at: None,
            n_seen: 2,
            acknowledged_at: None,
            acknowledged_by: None,
        };
        self.state().set_open_alerts("weekly", &[problem]).unwrap();
    }

    /// Has a plan made and kept, as the daemon would.
    async fn plan(&self) {
        let plan = self.enter(Job::Plan { report: "weekly".into(), from: None, to: None });
        let config = self.stage.config();
        let clock = self.stage.clock.clone();
        let means = Means {
            stop: Stop::default(),
            engine: None,
            progress: Arc::new(Silent),
            now: Arc::new(move || clock.now()),
        };
        let carried = daemon::carry_out(&config, &plan, &means).await.unwrap();
        let (mut state, now) = (self.state(), self.stage.clock.now());
        let verdict = carried.verdict.map(|verdict| verdict.name().to_owned());
        let end = JobEnd { plan: carried.plan, verdict, ..JobEnd::default() };
        assert!(state.begin_job(plan.id, now).unwrap());
        state.end_job(plan.id, JobState::Done, &end, now).unwrap();
    }

    fn enter(&self, job: Job) -> Asked {
        daemon::ask(&self.stage.config(), &mut self.state(), &job, "test", self.stage.clock.now()).unwrap()
    }

    fn state(&self) -> State {
        State::open(&self.stage.config().state_file()).unwrap()
    }

    fn row(&self, action: &str) -> AuditRow {
        AuditRow { at: self.stage.clock.now(), actor: "root".into(), action: action.into(), detail: "x".into() }
    }

    /// A token with these scopes, good for so many seconds.
    fn token_until(&self, scopes: &[Right], seconds: Option<i64>) -> String {
        let shown = format!("{TOKEN_PREFIX}{}", secret::random().unwrap().expose_secret());
        let now = self.stage.clock.now();
        let names: Vec<&str> = scopes.iter().map(|right| right.name()).collect();
        let name = format!("{}-{}", names.join("-"), self.state().tokens().unwrap().len());
        let token = Token {
            name,
            scopes: scopes.to_vec(),
            created_at: now,
            created_by: "root".into(),
            expires_at: seconds.map(|seconds| now + SignedDuration::from_secs(seconds)),
            last_used_at: Some(now),
        };
        assert!(self.state().add_token(&token, &secret::hash(&shown), &self.row("token added")).unwrap());
        shown
    }

    fn token(&self, scopes: &[Right]) -> String {
        self.token_until(scopes, None)
    }

    /// Adds a viewer.
    fn add_user(&self, name: &str) {
        let user = User { name: name.into(), role: Role::Viewer, created_at: self.stage.clock.now() };
        let hash = password::cheap_hash(PASSWORD);
        assert!(self.state().add_user(&user, hash.expose_secret(), &self.row("user added")).unwrap());
    }

    /// The cookie of a new viewer's session.
    async fn signed_in(&self, name: &str) -> String {
        self.add_user(name);
        let page = self.ask(Ask::get("//sign-in")).await;
        let form = page.header("set-cookie").split(';').next().unwrap().to_owned();
        let csrf = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let fields = [("name", name), ("password", PASSWORD), ("next", "/"), ("csrf", csrf)];
        let ask = Ask::post("//sign-in", &query(&fields)).header("content-type", "application/x-www-form-urlencoded");
        let answer = self.ask(ask.header("cookie", &form).header("origin", &format!("http://{HERE}"))).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let cookies = answer.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
        let session = cookies.filter_map(|line| line.split(';').next()).find(|cookie| cookie.contains("session="));
        session.unwrap().to_owned()
    }

    async fn ask(&self, ask: Ask) -> Answer {
        let response = self.router.clone().oneshot(ask.0).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 10_000_000).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// An answer to a token.
    async fn get(&self, token: &str, path: &str) -> Answer {
        self.ask(Ask::get(path).token(token)).await
    }

    /// A GET whose answer is one.
    #[track_caller]
    fn found(&self, token: &str, path: &str) -> impl Future<Output = Value> {
        let asked = Ask::get(path).token(token);
        async move {
            let path = asked.0.uri().to_string();
            let answer = self.ask(asked).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            answer.json()
        }
    }

    async fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.ask(Ask::post(path, &body.to_string()).token(token)).await
    }
}

/// A request.
struct Ask(Request<Body>);

impl Ask {
    fn get(path: &str) -> Self {
        Self::new(Method::GET, path, Body::empty())
    }

    fn post(path: &str, body: &str) -> Self {
        Self::new(Method::POST, path, Body::from(body.to_owned())).header("content-type", "application/json")
    }

    /// A request below `/api/v1`, or of another path that begins with two slashes.
    fn new(method: Method, path: &str, body: Body) -> Self {
        let path = path
            .strip_prefix('/')
            .filter(|path| path.starts_with('/'))
            .map_or_else(|| format!("/api/v1{path}"), str::to_owned);
        let mut request = Request::builder().method(method).uri(path).header("host", HERE).body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
        Self(request)
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.0.headers_mut().insert(name, value.parse().unwrap());
        self
    }

    fn token(self, token: &str) -> Self {
        if token.is_empty() { self } else { self.header("authorization", &format!("Bearer {token}")) }
    }
}
