//! Answers: JSON with an entity tag, pages of lists.

use super::super::visit::{Refusal, Visit};
use super::super::visitor::Right;
use super::problem::{Problem, problem};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipeline::store::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Items of a page, if nothing else is asked for.
const ITEMS: u32 = 50;
/// Items of a page at most.
const ITEMS_MAX: u32 = 500;

/// Which part of a list.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct Part {
    /// Only items older than the one with this number.
    #[serde(default)]
    pub(crate) before: Option<i64>,
    /// So many items at most: 1 to 500, 50 if nothing is said.
    #[serde(default)]
    #[schemars(range(min = 1, max = 500))]
    pub(crate) limit: Option<u32>,
}

/// A part of a list, the newest first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ListPart<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// What to ask for as `before` to get the next older items; none if there are none.
    pub(crate) next_before: Option<i64>,
}

impl Part {
    /// So many items.
    pub(crate) fn n(self) -> Result<u32, Problem> {
        match self.limit {
            None => Ok(ITEMS),
            Some(n @ 1..=ITEMS_MAX) => Ok(n),
            Some(_) => Err(problem(StatusCode::BAD_REQUEST, format!("limit is 1 to {ITEMS_MAX}"))),
        }
    }
}

impl<T> ListPart<T> {
    /// A page of `n` items of those that were found, one of which may be too many: it says that there are more.
    pub(crate) fn of(mut found: Vec<T>, n: u32, number: impl Fn(&T) -> i64) -> Self {
        let has_more = found.len() > n as usize;
        found.truncate(n as usize);
        let next_before = found.last().filter(|_| has_more).map(number);
        Self { items: found, next_before }
    }
}

impl Visit {
    /// Answers with JSON that is made from the state, in English: programs read it.
    pub(super) async fn answer<T: Serialize>(
        self,
        headers: &HeaderMap,
        make: impl FnOnce(&Visit, &State) -> Result<T, Refusal> + Send + 'static,
    ) -> Response
    where
        T: Send + 'static,
    {
        if let Err(refused) = self.demand(Right::Read) {
            return refused;
        }
        let (site, visit) = (std::sync::Arc::clone(&self.site), self);
        let made = site
            .state(move |state| {
                let made = crate::language::Language::English.during(|| make(&visit, state));
                Ok(made.and_then(|value| serialised(&value)))
            })
            .await
            .unwrap_or_else(|error| Err(Refusal::Failed(error)));
        match made {
            Ok(body) => tagged(headers, body),
            Err(refusal) => Problem::from(&refusal).into_response(),
        }
    }

    /// Refuses what neither role nor scope allows.
    pub(super) fn demand(&self, right: Right) -> Result<(), Response> {
        if self.visitor.may(right) { Ok(()) } else { Err(Problem::from(&Refusal::Forbidden).into_response()) }
    }
}

fn serialised(value: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(value)
        .map_err(|error| Refusal::Failed(pipeline::Error::new(pipeline::ErrorKind::Internal, error.to_string())))
}

/// JSON with its entity tag, or only that it has not changed (RFC 9110, 13.1.2).
pub(super) fn tagged(headers: &HeaderMap, body: Vec<u8>) -> Response {
    let digest = Sha256::digest(&body);
    let tag: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    // Weak: what is packed on its way has other bytes.
    let tag = format!("W/\"{tag}\"");
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_known = known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == &tag[2..]);
    let tag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("W/\"\""));
    if is_known {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind), (header::ETAG, tag)], Bytes::from(body)).into_response()
}

/// A path that is no operation.
pub(super) async fn nothing_here() -> Problem {
    problem(StatusCode::NOT_FOUND, "there is no such operation; /api/v1/openapi.json describes all")
}

/// A method that an operation does not have.
pub(super) async fn no_such_method() -> Problem {
    problem(StatusCode::METHOD_NOT_ALLOWED, "this path has other methods")
}
