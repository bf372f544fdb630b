//! What a form of ours carries and a page elsewhere cannot know. In a session it follows from the session's secret; without one
//! from a cookie and from the key of this process.

use super::cookie::Cookie;
use super::secret::{self, Key};
use super::{Door, Refusal};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use secrecy::SecretString;
use url::form_urlencoded;

/// The field of a form.
pub(super) const FIELD: &str = "csrf";
/// The header of a script.
const HEADER: &str = "x-csrf-token";
/// Bytes of a form: ours have a few fields.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// What forms are bound to where nobody is signed in.
pub(super) struct FormCookie {
    pub(super) value: String,
    /// Whether the browser does not have it yet.
    pub(super) is_new: bool,
}

impl Door {
    /// The cookie of forms, which a browser gets that has none.
    pub(super) fn form_cookie(&self, headers: &HeaderMap) -> Result<FormCookie, Refusal> {
        use secrecy::ExposeSecret;
        if let Some(value) = Cookie::Form.read(self.dashboard.has_secure_cookies(), headers) {
            return Ok(FormCookie { value, is_new: false });
        }
        let value = secret::random().map_err(|_| Refusal::State)?.expose_secret().to_owned();
        Ok(FormCookie { value, is_new: true })
    }

    /// What a form carries that is shown to `name`, with this cookie.
    pub(super) fn form_token(&self, name: &str, cookie: &FormCookie) -> String {
        self.key.seal(&format!("form\n{name}\n{}", cookie.value))
    }
}

/// What a form carries that is shown in a session.
pub(super) fn session_token(session: &str) -> String {
    Key::new(&SecretString::from(session)).seal("form")
}

/// Refuses a request that does not carry what our own pages carry. The request comes back as it was.
pub(super) async fn check(request: Request, expected: &str) -> Result<Request, Refusal> {
    if let Some(carried) = request.headers().get(HEADER) {
        let carried = carried.to_str().unwrap_or_default();
        return if secret::same(carried, expected) { Ok(request) } else { Err(Refusal::Csrf) };
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::Csrf);
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, FORM_BYTES_MAX).await.map_err(|_| Refusal::TooLarge)?;
    let mut carried = form_urlencoded::parse(&body).filter(|(name, _)| name == FIELD).map(|(_, value)| value);
    let fits = carried.next().is_some_and(|carried| secret::same(&carried, expected)) && carried.next().is_none();
    drop(carried);
    if fits { Ok(Request::from_parts(parts, Body::from(body))) } else { Err(Refusal::Csrf) }
}
