//! Sign-in: Basic, personal access tokens, and the many ways of being refused.

use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Response, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::metadata::User;
use super::respond::{Problem, to_login};

/// Random characters of a version 1 token, after its prefix; ten checksum digits follow.
const TOKEN_V1_CHARS: usize = 32;
const TOKEN_V1_PREFIX: &str = "d2pat_";

/// The user who asks, or the answer that refuses.
pub(crate) fn authenticate(users: &[User], headers: &HeaderMap) -> Result<User, Box<Response<Body>>> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, rest) = header.and_then(|h| h.split_once(' ')).unwrap_or_default();
    let found = match scheme.to_ascii_lowercase().as_str() {
        "basic" => basic(users, rest),
        "apitoken" => token(users, rest),
        _ if is_script(headers) => Err(Problem::unauthorized("Unauthorized")),
        _ => return Err(Box::new(to_login())),
    };
    found.cloned().map_err(|problem| Box::new(problem.into_response()))
}

/// 403 unless the user has the authority or `ALL`.
pub(crate) fn require(user: &User, authority: &str) -> Result<(), Problem> {
    if user.may(authority) {
        return Ok(());
    }
    let message = format!("Access is denied, requires one Authority from [{authority}]");
    Err(Problem::new(StatusCode::FORBIDDEN, message))
}

fn basic<'a>(users: &'a [User], credentials: &str) -> Result<&'a User, Problem> {
    let decoded = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let (name, password) = decoded
        .as_deref()
        .and_then(|text| text.split_once(':'))
        .ok_or_else(|| Problem::unauthorized("Unauthorized"))?;
    let user = users.iter().find(|user| user.username == name && user.password == password);
    match user {
        Some(user) if user.disabled => Err(Problem::unauthorized("Account disabled")),
        Some(user) if !user.two_factor => Ok(user),
        _ => Err(Problem::unauthorized("Unauthorized")),
    }
}

fn token<'a>(users: &'a [User], token: &str) -> Result<&'a User, Problem> {
    match users.iter().find(|user| user.tokens.contains(token)) {
        Some(user) if user.disabled => Err(Problem::unauthorized("Account disabled").token_scheme()),
        Some(user) => Ok(user),
        None if checksum_fails(token) => Err(Problem::unauthorized("Checksum validation failed").token_scheme()),
        None => Err(Problem::unauthorized("The API token does not exist").token_scheme()),
    }
}

/// Whether a version 1 token contradicts its own checksum.
fn checksum_fails(token: &str) -> bool {
    let Some(body) = token.strip_prefix(TOKEN_V1_PREFIX) else {
        return false;
    };
    let Some((random, checksum)) = body.split_at_checked(TOKEN_V1_CHARS) else {
        return true;
    };
    let mut crc = flate2::Crc::new();
    crc.update(random.as_bytes());
    checksum != format!("{:010}", crc.sum())
}

fn is_script(headers: &HeaderMap) -> bool {
    headers.get("x-requested-with").is_some_and(|value| value == "XMLHttpRequest")
}
