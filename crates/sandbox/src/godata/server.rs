//! The simulator as a server: options, handle, and the HTTP around the routes.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::SignedDuration;

use super::answer::{Answer, Refusal, response};
use super::arguments::Arguments;
use super::counts::http_date;
use super::documents::Documents;
use super::edit::Editor;
use super::routes;
use super::session::{Sessions, Stranger, User};
use crate::clock::Clock;
use crate::fault::{self, Faults, TokenExpired};
use crate::listen::Listening;

/// Go.Data's limit of a JSON body.
const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Node's limit of a request's head: request line and headers together.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Below this the server does not compress.
const GZIP_BYTES_MIN: usize = 1024;

/// The remembered requests; older ones are forgotten.
const REQUESTS_MAX: usize = 100_000;

/// How the simulator is set up.
#[derive(Clone)]
pub struct GodataOptions {
    /// The port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// The users.
    pub users: Vec<User>,
    /// What `/system-settings/version` asks for in the header `api-key`.
    pub api_key: String,
    /// The server's version.
    pub version: String,
    /// The zone that the server says to live in. Filters are read in UTC whatever it says.
    pub timezone: String,
    /// The life of an idle token.
    pub token_ttl_secs: i64,
    /// What becomes of a `Bearer` token that the database has forgotten.
    pub stale_bearer: StaleBearer,
    /// Whether rows that the order does not tell apart change places from call to call.
    pub shuffle_ties: bool,
    /// Whether `/oauth/token` wraps its answer in `{"response": ...}`, as older servers do.
    pub wrapped_oauth: bool,
}

/// What becomes of a `Bearer` token that the database has forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleBearer {
    /// The worker dies: the connection breaks without an answer.
    Drop,
    /// The worker hangs: no answer, ever.
    Hang,
}

impl GodataOptions {
    /// A 2.50.3 with one user who may do everything.
    pub fn new(email: &str, password: &str) -> Self {
        Self {
            port: 0,
            users: vec![User::new(email, password)],
            api_key: "your_api_key_here".to_owned(),
            version: "2.50.3".to_owned(),
            timezone: "UTC".to_owned(),
            token_ttl_secs: 600,
            stale_bearer: StaleBearer::Drop,
            shuffle_ties: true,
            wrapped_oauth: false,
        }
    }
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLine {
    /// The method.
    pub method: Method,
    /// The path, with `/api`.
    pub path: String,
    /// The query string as sent, without the question mark; empty if none.
    pub query: String,
}

/// What all requests share.
pub(crate) struct App {
    pub(crate) options: GodataOptions,
    pub(crate) documents: RwLock<Documents>,
    pub(crate) sessions: Mutex<Sessions>,
    pub(crate) clock: Clock,
    /// What the `Date` of answers is ahead of the clock; none is no `Date` that can be read.
    told_ahead: Mutex<Option<SignedDuration>>,
    requests: Mutex<VecDeque<RequestLine>>,
    turn: AtomicU64,
}

impl App {
    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn documents(&self) -> RwLockReadGuard<'_, Documents> {
        self.documents.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number that breaks this call's ties.
    pub(crate) fn turn(&self) -> Option<u64> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.options.shuffle_ties.then_some(turn)
    }
}

/// A running simulator; dropping it breaks all its connections.
pub struct GodataServer {
    app: Arc<App>,
    faults: Faults,
    listening: Listening,
}

/// What a fault's code may hold of a simulator: its documents and its users. Clones share them.
#[derive(Clone)]
pub struct GodataHandle(Arc<App>);

impl GodataHandle {
    /// The stored documents, locked for reading and changing; requests wait meanwhile.
    pub fn documents(&self) -> RwLockWriteGuard<'_, Documents> {
        self.0.documents.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes documents at the clock's present instant.
    pub fn edit<T>(&self, change: impl FnOnce(&mut Editor<'_>) -> T) -> T {
        change(&mut self.documents().edit(&self.0.clock))
    }

    /// Alters every user, as an administrator would.
    pub fn edit_users(&self, alter: impl FnMut(&mut User)) {
        self.0.sessions().edit_users(alter);
    }
}

impl GodataServer {
    /// A handle that outlives the borrow of the server, for code that runs in a fault.
    pub fn handle(&self) -> GodataHandle {
        GodataHandle(Arc::clone(&self.app))
    }

    /// Starts to listen on 127.0.0.1.
    ///
    /// # Errors
    /// When the port is taken or the runtime cannot start.
    pub fn start(options: GodataOptions, documents: Documents, clock: Clock, faults: Faults) -> io::Result<Self> {
        let port = options.port;
        let app = Arc::new(App {
            sessions: Mutex::new(Sessions::new(options.users.clone(), options.token_ttl_secs)),
            options,
            documents: RwLock::new(documents),
            clock,
            told_ahead: Mutex::new(Some(SignedDuration::ZERO)),
            requests: Mutex::default(),
            turn: AtomicU64::new(0),
        });
        let router = Router::new().fallback(serve).with_state(Arc::clone(&app));
        let listening = Listening::start(port, fault::layer(router, faults.clone()))?;
        Ok(Self { app, faults, listening })
    }

    /// The address without `/api`: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.listening.url()
    }

    /// Stops at once; open connections break.
    pub fn stop(self) {
        drop(self);
    }

    /// The script of faults.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The requests that reached the server, oldest first (at most the last 100,000). Requests that
    /// a fault answered are not among them.
    pub fn requests(&self) -> Vec<RequestLine> {
        self.app.requests.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.app.requests.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The stored documents, locked for reading and changing; requests wait meanwhile.
    pub fn documents(&self) -> RwLockWriteGuard<'_, Documents> {
        self.app.documents.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes documents at the clock's present instant.
    pub fn edit<T>(&self, change: impl FnOnce(&mut Editor<'_>) -> T) -> T {
        change(&mut self.documents().edit(&self.app.clock))
    }

    /// Answers carry a `Date` that is so far ahead of the clock (or behind it, if negative), or none that can be read.
    /// Stamps are set by the clock all the same.
    pub fn tell_time(&self, ahead: Option<SignedDuration>) {
        *self.app.told_ahead.lock().unwrap_or_else(PoisonError::into_inner) = ahead;
    }

    /// Every access token that was issued, live or not.
    pub fn issued_tokens(&self) -> Vec<String> {
        self.app.sessions().issued().to_vec()
    }

    /// Forgets every token, as a restart with an emptied token collection would.
    pub fn forget_tokens(&self) {
        self.app.sessions().forget_tokens();
    }
}

async fn serve(State(app): State<Arc<App>>, request: Request) -> Response<Body> {
    if head_bytes(&request) > HEAD_BYTES_MAX {
        let mut refused = Response::new(Body::empty());
        *refused.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return refused;
    }
    let line = RequestLine {
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
    };
    remember(&app, line);
    let (head, body) = request.into_parts();
    let gzip = accepts_gzip(&head.headers);
    let expire = head.extensions.get::<TokenExpired>().is_some();
    let answer = match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) => Arguments::read(&head.uri, head.headers, &body)
            .map_err(Stranger::Refused)
            .and_then(|arguments| routes::answer(&app, &head.method, head.uri.path(), &arguments, expire)),
        Err(_) => Err(Stranger::Refused(Refusal::new(413, "request entity too large"))),
    };
    match answer {
        Ok(answer) => finished(&app, Ok(answer), gzip),
        Err(Stranger::Refused(refusal)) => finished(&app, Err(refusal), gzip),
        Err(Stranger::NeverAnswered) => match app.options.stale_bearer {
            StaleBearer::Drop => fault::dropped_connection(),
            StaleBearer::Hang => futures::future::pending().await,
        },
    }
}

fn remember(app: &App, line: RequestLine) {
    let mut requests = app.requests.lock().unwrap_or_else(PoisonError::into_inner);
    if requests.len() == REQUESTS_MAX {
        requests.pop_front();
    }
    requests.push_back(line);
}

fn head_bytes(request: &Request) -> usize {
    let uri = request.uri().path_and_query().map_or(0, |uri| uri.as_str().len());
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    request.method().as_str().len() + uri + 12 + headers.sum::<usize>()
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.split(',').any(|coding| coding.trim().starts_with("gzip")))
}

/// The `Date` is the simulator's: readers take their watermark from it.
fn finished(app: &App, answer: Result<Answer, Refusal>, gzip: bool) -> Response<Body> {
    let answer = match answer {
        Ok(Answer::Json(body)) if gzip && body.len() >= GZIP_BYTES_MIN => {
            let mut response = response(Ok(Answer::Json(compressed(&body))));
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        }
        other => response(other),
    };
    let mut response = answer;
    let ahead = *app.told_ahead.lock().unwrap_or_else(PoisonError::into_inner);
    let told = ahead.and_then(|ahead| app.clock.now().checked_add(ahead).ok());
    // The HTTP library adds a date of its own unless there is one.
    let date = told.map_or_else(|| "unknown".to_owned(), http_date);
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

fn compressed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory does not fail.
    let written = encoder.write_all(body).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}
