//! Answers: the error bodies of Go.Data and LoopBack, and JSON.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

/// An error answer. The body is always `{"error":{...}}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Refusal {
    /// A LoopBack error: `statusCode`, `name`, `message`, and `code` and `details` where given.
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self::named(status, "Error", message)
    }

    pub(crate) fn named(status: u16, name: &str, message: impl Into<String>) -> Self {
        let error = json!({ "statusCode": status, "name": name, "message": message.into() });
        Self { status, body: json!({ "error": error }) }
    }

    pub(crate) fn code(mut self, code: &str) -> Self {
        self.body["error"]["code"] = json!(code);
        self
    }

    pub(crate) fn details(mut self, details: Value) -> Self {
        self.body["error"]["details"] = details;
        self
    }

    pub(crate) fn invalid_token() -> Self {
        Self::new(401, "Invalid Access Token").code("INVALID_TOKEN")
    }

    pub(crate) fn authorization_required() -> Self {
        Self::new(401, "Authorization Required").code("AUTHORIZATION_REQUIRED")
    }

    pub(crate) fn login_failed() -> Self {
        Self::new(401, "login failed").code("LOGIN_FAILED")
    }

    pub(crate) fn blocked() -> Self {
        Self::new(422, "This action has been blocked temporarily").code("ACTION_TEMPORARILY_BLOCKED")
    }

    pub(crate) fn missing_permission(permission: &str) -> Self {
        let message = format!(
            "Logged in user must have (at least) one of the following permissions to access this endpoint: {permission}."
        );
        Self::new(403, message).code("MISSING_REQUIRED_PERMISSION").details(json!({ "permissions": permission }))
    }

    pub(crate) fn access_denied(why: &str) -> Self {
        Self::new(403, format!("Logged in user doesn't have access this endpoint: {why}."))
            .code("ACCESS_DENIED")
            .details(json!({ "accessErrors": why }))
    }

    /// LoopBack's own lookup of a model by id.
    pub(crate) fn unknown_model(model: &str, id: &str) -> Self {
        Self::new(404, format!("Unknown \"{model}\" id \"{id}\".")).code("MODEL_NOT_FOUND")
    }

    /// The lookup of the outbreak in front of a nested route.
    pub(crate) fn no_such_root(id: &str) -> Self {
        Self::new(404, format!("could not find a model with id {id}")).code("MODEL_NOT_FOUND")
    }

    pub(crate) fn no_instance(model: &str, id: &str) -> Self {
        Self::new(404, format!("No instance with id {id} found for {model}"))
    }

    pub(crate) fn not_an_object() -> Self {
        Self::new(400, "Value is not an object.")
    }

    /// An error without a status: 500 with the safe fields only.
    pub(crate) fn internal(error: Value) -> Self {
        let message = format!("Internal error: `{error}`");
        let details = json!({ "error": error });
        let error = json!({ "statusCode": 500, "message": message, "code": "INTERNAL_ERROR", "details": details });
        Self { status: 500, body: json!({ "error": error }) }
    }

    pub(crate) fn unknown_operator(operator: &str) -> Self {
        let message = format!("unknown operator: {operator}");
        Self::internal(json!({ "code": 2, "message": message, "name": "MongoError" }))
    }
}

/// What a route gives back: JSON bytes, or nothing (204).
pub(crate) enum Answer {
    Json(Vec<u8>),
    NoContent,
}

impl Answer {
    pub(crate) fn json(value: &impl serde::Serialize) -> Result<Self, Refusal> {
        serde_json::to_vec(value).map(Self::Json).map_err(|error| Refusal::internal(json!(error.to_string())))
    }
}

/// The HTTP response for an answer or a refusal, before compression.
pub(crate) fn response(answer: Result<Answer, Refusal>) -> Response<Body> {
    let (status, body) = match answer {
        Ok(Answer::Json(body)) => (200, body),
        Ok(Answer::NoContent) => (204, Vec::new()),
        Err(refusal) => (refusal.status, refusal.body.to_string().into_bytes()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
