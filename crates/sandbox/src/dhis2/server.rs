//! The HTTP face: one handler that logs, signs in, and dispatches by method and path.

use std::io::{self, Read};
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use flate2::read::MultiGzDecoder;

use super::catalogue::Kind;
use super::import::{self, ImportOptions};
use super::query::Query;
use super::respond::{self, Problem};
use super::{
    LoggedRequest, REQUESTS_MAX, Server, Session, State, auth, completion, package, read, resource, single, system,
    tasks,
};

/// Largest request body in bytes, packed and unpacked: far above what a client should send.
const BODY_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Largest import whose body stays in the log, in bytes as sent: with [`REQUESTS_MAX`] of them, what a test bears.
const BODY_REMEMBERED_BYTES_MAX: usize = 16 * 1024;

type Answer = Result<Response<Body>, Problem>;

/// The server as a router, around which faults can be layered.
pub fn router(state: State) -> Router {
    Router::new().fallback(move |request: Request| answer(state.clone(), request))
}

/// A server that listens until this handle is dropped.
pub struct Running {
    address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    /// `http://127.0.0.1:port`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves the router on a free port of 127.0.0.1.
///
/// # Errors
/// If no port can be bound.
pub async fn serve(router: Router) -> io::Result<Running> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the DHIS2 simulator stopped");
        }
    });
    Ok(Running { address, task })
}

/// A request, taken apart.
struct Asked<'a> {
    method: &'a Method,
    headers: &'a HeaderMap,
    query: Query,
    body: &'a [u8],
    base_url: String,
}

async fn answer(state: State, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "Request body is too large").into_response();
    };
    let headers = parts.headers.clone();
    // An import of many values takes a while, and must not hold up the runtime.
    let work = tokio::task::spawn_blocking(move || logged(&state, &parts, &bytes));
    match work.await {
        Ok(response) => respond::compressed(&headers, response).await,
        Err(_) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "null").into_response(),
    }
}

fn logged(state: &State, parts: &axum::http::request::Parts, body: &[u8]) -> Response<Body> {
    let query = parts.uri.query().unwrap_or_default();
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let asked = Asked {
        method: &parts.method,
        headers: &parts.headers,
        query: Query::parse(query),
        body,
        base_url: format!("http://{host}"),
    };
    let mut server = state.lock();
    let mut n_values = 0;
    let response =
        dispatch(state, &mut server, parts.uri.path(), &asked, &mut n_values).unwrap_or_else(Problem::into_response);
    if server.requests.len() == REQUESTS_MAX {
        server.requests.pop_front();
    }
    server.requests.push_back(LoggedRequest {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: query.to_owned(),
        n_values,
        status: response.status().as_u16(),
        body: remembered(parts, body),
    });
    response
}

/// What is kept of a body: tests look into those of small imports.
fn remembered(parts: &axum::http::request::Parts, body: &[u8]) -> String {
    let is_import = parts.method == Method::POST && parts.uri.path().ends_with("/dataValueSets");
    if !is_import || body.len() > BODY_REMEMBERED_BYTES_MAX {
        return String::new();
    }
    unpacked(body).ok().and_then(|body| String::from_utf8(body).ok()).unwrap_or_default()
}

fn dispatch(state: &State, server: &mut Server, path: &str, asked: &Asked<'_>, n_values: &mut usize) -> Answer {
    let mut segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match segments[..] {
        ["login"] => return Ok(respond::login_page()),
        ["api", "ping"] | ["api", "system", "ping"] => return Ok(respond::text("pong")),
        _ => {}
    }
    let version = state.0.version;
    let api = match segments[..] {
        ["api", number, ..] => number.parse::<u32>().ok(),
        _ => None,
    };
    let user = match auth::authenticate(&server.catalogue.metadata.users, asked.headers) {
        Ok(user) => user,
        Err(refusal) => return Ok(*refusal),
    };
    if api.is_some() {
        segments.remove(1);
    }
    if segments.first() != Some(&"api") || api.is_some_and(|number| !version.serves_api(number)) {
        return Err(Problem::not_found("Not Found"));
    }
    let inverted = state.0.options.input_periods_inverted;
    let session = Session {
        user,
        now: state.now(),
        version,
        api,
        inverted: inverted.unwrap_or_else(|| version.inverts_input_periods()),
    };
    route(state, server, &session, &segments[1..], asked, n_values)
}

fn route(
    state: &State,
    server: &mut Server,
    session: &Session,
    path: &[&str],
    asked: &Asked<'_>,
    n_values: &mut usize,
) -> Answer {
    let query = &asked.query;
    let get = asked.method == Method::GET || asked.method == Method::HEAD;
    let resource = path.first().map(|name| name.strip_suffix(".json").unwrap_or(name));
    match (resource, &path[1.min(path.len())..]) {
        (Some("dataValueSets"), []) if asked.method == Method::POST => {
            post_values(state, server, session, asked, n_values)
        }
        (Some("dataValueSets"), []) if get => Ok(respond::ok(&read::data_value_set(server, session, query)?)),
        (Some("dataValues"), []) if get => single::read(server, session, query),
        (Some("dataValues"), []) if asked.method == Method::POST => {
            auth::require(&session.user, "F_DATAVALUE_ADD")?;
            *n_values = 1;
            single::write(server, session, query, &unpacked(asked.body)?)
        }
        (Some("dataValues"), []) if asked.method == Method::DELETE => {
            auth::require(&session.user, "F_DATAVALUE_DELETE")?;
            single::delete(server, session, query)
        }
        (Some("completeDataSetRegistrations"), []) if asked.method == Method::POST => {
            require_json(asked.headers)?;
            let (n, summary) = completion::register(server, session, query, &unpacked(asked.body)?)?;
            *n_values = n;
            Ok(summary.respond(session, &ImportOptions::parse(query)?))
        }
        (Some("completeDataSetRegistrations"), []) if get => {
            Ok(respond::ok(&completion::list(server, session, query)?))
        }
        (Some("completeDataSetRegistrations"), []) if asked.method == Method::DELETE => {
            completion::withdraw(server, session, query)?;
            Ok(respond::empty(StatusCode::NO_CONTENT))
        }
        (Some("dataValueSets" | "dataValues" | "completeDataSetRegistrations"), []) => {
            Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("Method '{}' is not supported.", asked.method)))
        }
        (Some("metadata"), []) if asked.method == Method::POST => {
            require_json(asked.headers)?;
            auth::require(&session.user, "F_METADATA_IMPORT")?;
            package::import(server, session, query, &unpacked(asked.body)?)
        }
        (Some("system"), rest) => of_system(state, server, session, rest, asked),
        (Some(name), rest) if get => metadata(server, session, name, rest, asked),
        _ => Err(Problem::not_found("Not Found")),
    }
}

fn of_system(state: &State, server: &mut Server, session: &Session, path: &[&str], asked: &Asked<'_>) -> Answer {
    match path {
        ["info" | "info.json"] => Ok(respond::ok(&system::info(&state.0.options, session, &asked.base_url))),
        ["tasks", "DATAVALUE_IMPORT", uid] => Ok(respond::ok(&tasks::notifications(server, uid, session.now))),
        ["taskSummaries", "DATAVALUE_IMPORT", uid] => Ok(match tasks::summary(server, uid, session.now) {
            Some(summary) => respond::ok(&summary),
            None => respond::empty(StatusCode::OK),
        }),
        _ => Err(Problem::not_found("Not Found")),
    }
}

fn metadata(server: &Server, session: &Session, name: &str, rest: &[&str], asked: &Asked<'_>) -> Answer {
    let query = &asked.query;
    let body = match (name, rest) {
        ("me", []) => system::me(server, session, query)?,
        ("periodTypes", []) => system::period_types(session),
        ("systemSettings", []) => system::settings(query),
        (other, []) if package::OTHERS.contains(&other) => package::others(server, other, query),
        _ => {
            let kind = Kind::ALL.into_iter().find(|kind| kind.plural() == name);
            match (kind, rest) {
                (Some(kind), []) => resource::collection(server, kind, query, &asked.base_url)?,
                (Some(kind), [uid]) => resource::single(server, kind, uid.strip_suffix(".json").unwrap_or(uid), query)?,
                _ => return Err(Problem::not_found("Not Found")),
            }
        }
    };
    Ok(respond::ok(&body))
}

fn post_values(
    state: &State,
    server: &mut Server,
    session: &Session,
    asked: &Asked<'_>,
    n_values: &mut usize,
) -> Answer {
    require_json(asked.headers)?;
    auth::require(&session.user, "F_DATAVALUE_ADD")?;
    let options = ImportOptions::parse(&asked.query)?;
    let body = unpacked(asked.body)?;
    let payload = import::decode(session, &body);
    *n_values = payload.as_ref().map_or(0, import::Payload::len);
    if options.asynchronous {
        let job = tasks::start(server, session, state.0.options.async_polls, options, payload);
        let mut response = respond::ok(&job);
        let location = format!("{}/api/system/tasks/DATAVALUE_IMPORT", asked.base_url);
        if let Ok(location) = location.parse() {
            response.headers_mut().insert(axum::http::header::LOCATION, location);
        }
        return Ok(response);
    }
    let payload = match payload {
        Ok(payload) => payload,
        Err(undecodable) => return undecodable.respond(session, &options),
    };
    let summary = import::run(server, session, &options, payload);
    Ok(summary.respond(session, &options))
}

/// 415 unless the body is declared as JSON. The real server also reads XML, CSV and ADX.
fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = format!("Content-Type '{declared}' is not supported");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
}

/// The body, unpacked if its first bytes are gzip's, whatever the headers say.
fn unpacked(body: &[u8]) -> Result<Vec<u8>, Problem> {
    if !body.starts_with(&[0x1f, 0x8b]) {
        return Ok(body.to_vec());
    }
    let mut plain = Vec::new();
    let limit = u64::try_from(BODY_BYTES_MAX).unwrap_or(u64::MAX);
    let read = MultiGzDecoder::new(body).take(limit).read_to_end(&mut plain);
    read.map_err(|error| Problem::bad_request(error.to_string()))?;
    Ok(plain)
}
