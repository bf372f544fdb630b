//! What a request says: parts of its path, its query, its body. What does not fit is told as a problem.

use super::answer::limited;
use super::problem::{Problem, problem};
use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What the path names.
pub(super) struct Named<T>(pub(super) T);

/// What the query asks for. A parameter that an operation does not have is refused: it may be misspelt.
pub(super) struct Wanted<T>(pub(super) T);

/// What the body says.
pub(super) struct Sent<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(named) = Path::from_request_parts(parts, state).await?;
        Ok(Self(named))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Wanted<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(wanted) = Query::from_request_parts(parts, state).await?;
        Ok(Self(wanted))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(sent) = Json::from_request(request, state).await?;
        Ok(Self(sent))
    }
}

/// Nothing may be asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Which part of a list of numbered things.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Older {
    before: Option<i64>,
    limit: Option<u32>,
}

/// Which part of a list that is counted from its beginning.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Onwards {
    from: Option<u32>,
    limit: Option<u32>,
}

impl Older {
    /// The part that a query of several parameters asks for.
    pub(super) fn new(before: Option<i64>, limit: Option<u32>) -> Self {
        Self { before, limit }
    }

    /// Older than this one, and so many.
    pub(super) fn part(self) -> Result<(Option<i64>, u32), Problem> {
        if self.before.is_some_and(|before| before < 1) {
            return Err(problem(StatusCode::BAD_REQUEST, "before is 1 or more"));
        }
        Ok((self.before, limited(self.limit)?))
    }
}

impl Onwards {
    /// The part that a query of several parameters asks for.
    pub(super) fn new(from: Option<u32>, limit: Option<u32>) -> Self {
        Self { from, limit }
    }

    /// From this position on, and so many.
    pub(super) fn part(self) -> Result<(usize, u32), Problem> {
        Ok((self.from.unwrap_or_default() as usize, limited(self.limit)?))
    }
}
