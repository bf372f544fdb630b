//! Answers: web messages, JSON bodies, and gzip for those who ask.

use std::io::Write;

use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

/// Bodies below this size in bytes are not worth compressing.
const GZIP_BYTES_MIN: usize = 2_048;

/// A refusal in the form of a web message.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    message: String,
    error_code: Option<&'static str>,
    token_scheme: bool,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), error_code: None, token_scheme: false }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// Adds an `errorCode`.
    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.error_code = Some(code);
        self
    }

    /// Adds `WWW-Authenticate: ApiToken`.
    pub(crate) fn token_scheme(mut self) -> Self {
        self.token_scheme = true;
        self
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut body = json!({
            "httpStatus": self.status.canonical_reason().unwrap_or("Error"),
            "httpStatusCode": self.status.as_u16(),
            "status": "ERROR",
            "message": self.message,
        });
        if let Some(code) = self.error_code {
            body["errorCode"] = json!(code);
        }
        let mut response = reply(self.status, &body);
        if self.token_scheme {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("ApiToken"));
        }
        response
    }
}

/// A JSON answer.
pub(crate) fn reply(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json;charset=UTF-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    if status.is_client_error() {
        let none = HeaderValue::from_static("no-cache, private");
        response.headers_mut().insert(axum::http::header::CACHE_CONTROL, none);
    }
    response
}

/// A JSON answer of status 200.
pub(crate) fn ok(body: &Value) -> Response<Body> {
    reply(StatusCode::OK, body)
}

/// An answer without body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A plain text answer of status 200.
pub(crate) fn text(body: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    response
}

/// The redirect to the login page that a browser without session gets.
pub(crate) fn to_login() -> Response<Body> {
    let mut response = empty(StatusCode::FOUND);
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("/login/"));
    response
}

/// The login page, as HTML with status 200.
pub(crate) fn login_page() -> Response<Body> {
    let mut response = Response::new(Body::from("<!DOCTYPE html><title>DHIS2 login</title>"));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html;charset=UTF-8"));
    response
}

/// Compresses a JSON text if the client accepts gzip and it is worth it.
pub(crate) async fn compressed(request: &HeaderMap, response: Response<Body>) -> Response<Body> {
    let accepts = request.get_all(ACCEPT_ENCODING).iter().any(|v| v.to_str().is_ok_and(|v| v.contains("gzip")));
    if !accepts {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The body was built in memory just now: there is no outside size to limit.
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    if bytes.len() < GZIP_BYTES_MIN {
        return Response::from_parts(parts, Body::from(bytes));
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    match encoder.write_all(&bytes).and_then(|()| encoder.finish()) {
        Ok(packed) => {
            parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            Response::from_parts(parts, Body::from(packed))
        }
        Err(_) => Response::from_parts(parts, Body::from(bytes)),
    }
}
