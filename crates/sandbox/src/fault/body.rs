//! Faults that look into bodies: a request that arrives changed, an answer that leaves changed, an answer that unpacks to
//! far more than it weighs.

use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Response as HttpResponse, header};
use axum::response::Response;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use futures::{StreamExt, stream};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{BODY_BYTES_MAX, Broken};

/// The pause between a head and the break of its connection, in which the head is flushed.
const HEAD_FLUSH: Duration = Duration::from_millis(20);
/// What a bomb is packed from at a time.
const BOMB_PIECE_BYTES: usize = 1 << 20;

/// Turns the bytes of a body into others; gzip is unpacked before.
#[derive(Clone)]
pub struct Transform(Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>);

impl Transform {
    /// A transform that calls `f`.
    pub fn new(f: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self(Arc::new(f))
    }
}

impl fmt::Debug for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transform")
    }
}

/// Decides by a request's body whether it is refused, and with which status and body; gzip is unpacked before.
#[derive(Clone)]
pub struct Judge(Arc<JudgeOf>);

/// What a judge calls.
type JudgeOf = dyn Fn(&[u8]) -> Option<(u16, String)> + Send + Sync;

impl Judge {
    /// A judge that asks `f`.
    pub fn new(f: impl Fn(&[u8]) -> Option<(u16, String)> + Send + Sync + 'static) -> Self {
        Self(Arc::new(f))
    }

    pub(super) fn judges(&self, body: &[u8]) -> Option<(u16, String)> {
        (self.0)(body)
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Judge")
    }
}

/// The request with its body at hand, unpacked.
pub(super) async fn opened(request: Request) -> (Request, Vec<u8>) {
    let (mut parts, body) = request.into_parts();
    let packed = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    let plain = unpacked(&packed);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_ENCODING);
    (Request::from_parts(parts, Body::from(plain.clone())), plain)
}

/// The request as if its sender had sent other bytes.
pub(super) async fn altered_request(request: Request, transform: &Transform) -> Request {
    let (request, plain) = opened(request).await;
    let (parts, _) = request.into_parts();
    Request::from_parts(parts, Body::from((transform.0)(plain)))
}

/// The answer as if the server had written other bytes.
pub(super) async fn altered_answer(response: Response, transform: &Transform) -> Response {
    let (mut parts, body) = response.into_parts();
    let packed = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_ENCODING);
    Response::from_parts(parts, Body::from((transform.0)(unpacked(&packed))))
}

fn unpacked(packed: &[u8]) -> Vec<u8> {
    if !packed.starts_with(&[0x1f, 0x8b]) {
        return packed.to_vec();
    }
    let mut plain = Vec::new();
    match MultiGzDecoder::new(packed).take(BODY_BYTES_MAX as u64).read_to_end(&mut plain) {
        Ok(_) => plain,
        Err(_) => packed.to_vec(),
    }
}

/// A JSON answer of some kilobytes that unpacks to `n_bytes`.
pub(super) fn bomb(n_bytes: usize) -> Response {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let piece = vec![b' '; BOMB_PIECE_BYTES];
    // Writing into memory does not fail.
    let mut written = encoder.write_all(b"[");
    for _ in 0..n_bytes.div_ceil(BOMB_PIECE_BYTES) {
        written = written.and_then(|()| encoder.write_all(&piece));
    }
    let packed = written.and_then(|()| encoder.finish()).unwrap_or_default();
    let mut response = HttpResponse::new(Body::from(packed));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

/// The answer with a `Date` that goes wrong by so much.
pub(super) fn skewed(mut response: Response, by: SignedDuration) -> Response {
    let told = response.headers().get(header::DATE).and_then(|date| date.to_str().ok());
    let told = told.and_then(|date| rfc2822::parse(date).ok()).map_or_else(Timestamp::now, |date| date.timestamp());
    let wrong = told.saturating_add(by).unwrap_or(told).to_zoned(TimeZone::UTC);
    let text = wrong.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// The true head, then a broken connection.
pub(super) fn head_only(response: Response) -> Response {
    let (parts, _) = response.into_parts();
    let broken = stream::once(async {
        tokio::time::sleep(HEAD_FLUSH).await;
        Err::<Bytes, _>(Broken)
    });
    Response::from_parts(parts, Body::from_stream(broken.boxed()))
}
