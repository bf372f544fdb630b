//! Why there is no answer, as RFC 9457 has it: `application/problem+json`.

use super::super::visit::Refusal;
use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipeline::ErrorKind;
use pipeline::daemon::NotAsked;
use schemars::JsonSchema;
use serde::Serialize;

/// Seconds after which one of the jobs that wait may have had its turn.
const WAIT_SECONDS: u16 = 60;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// `about:blank`: the status says what kind of problem it is. Of a request that was not let in, its name, such as
    /// `urn:tally:scope`.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// The kind of problem in a few words.
    pub(crate) title: &'static str,
    /// The status of the answer.
    pub(crate) status: u16,
    /// What is wrong with this request.
    pub(crate) detail: String,
    /// The name under which `tally explain error` tells more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) advice: Option<String>,
}

/// A problem of a status.
pub(in crate::web) fn problem(status: StatusCode, detail: impl Into<String>) -> Problem {
    Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Problem"),
        status: status.as_u16(),
        detail: detail.into(),
        code: None,
        advice: None,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(WAIT_SECONDS));
        }
        response
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NotFound => problem(StatusCode::NOT_FOUND, "there is no such thing"),
            Refusal::Forbidden => problem(StatusCode::FORBIDDEN, "neither role nor scope allows this"),
            Refusal::Failed(error) => {
                let status = match error.kind {
                    ErrorKind::Temporary => StatusCode::SERVICE_UNAVAILABLE,
                    ErrorKind::Godata | ErrorKind::Dhis2 => StatusCode::BAD_GATEWAY,
                    _ => StatusCode::INTERNAL_SERVER_ERROR,
                };
                let (code, advice) = (Some(error.code.name().to_owned()), error.advice.clone());
                Self { code, advice, ..problem(status, &error.message) }
            }
        }
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        problem(StatusCode::NOT_FOUND, rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        problem(StatusCode::BAD_REQUEST, rejection.body_text())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        problem(rejection.status(), rejection.body_text())
    }
}

impl From<NotAsked> for Problem {
    fn from(why: NotAsked) -> Self {
        let status = match &why {
            NotAsked::NoReport(_) | NotAsked::Periods(_) | NotAsked::NoPlan(_) => StatusCode::UNPROCESSABLE_ENTITY,
            NotAsked::Already(_) => StatusCode::CONFLICT,
            NotAsked::Full => StatusCode::TOO_MANY_REQUESTS,
            NotAsked::State(error) if error.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
            NotAsked::State(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        problem(status, why.to_string())
    }
}
