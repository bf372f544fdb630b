//! Answers: JSON with an entity tag, parts of lists.

use super::super::visit::{Refusal, Visit};
use super::super::visitor::Right;
use super::problem::{Problem, problem};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipeline::store::State;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Items of an answer, if nothing else is asked for.
pub(super) const ITEMS: u32 = 50;
/// Items of an answer at most.
pub(super) const ITEMS_MAX: u32 = 500;

/// A part of a list of numbered things, the newest first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct ListPart<T> {
    /// The items.
    pub(super) items: Vec<T>,
    /// What to ask for as `before` to get the next older items; none if there are none.
    pub(super) next_before: Option<i64>,
}

/// A part of a list that is counted from its beginning.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Stretch<T> {
    /// The items.
    pub(super) items: Vec<T>,
    /// Items of the whole list.
    pub(super) n: usize,
    /// What to ask for as `from` to get the next items; none if there are none.
    pub(super) next_from: Option<usize>,
}

/// So many items, of those that may be asked for.
pub(super) fn limited(limit: Option<u32>) -> Result<u32, Problem> {
    match limit {
        None => Ok(ITEMS),
        Some(n @ 1..=ITEMS_MAX) => Ok(n),
        Some(_) => Err(problem(StatusCode::BAD_REQUEST, format!("limit is 1 to {ITEMS_MAX}"))),
    }
}

impl<T> ListPart<T> {
    /// A part of `n` items of those that were found, one of which may be too many: it says that there are more.
    pub(super) fn of(mut found: Vec<T>, n: u32, number: impl Fn(&T) -> i64) -> Self {
        let has_more = found.len() > n as usize;
        found.truncate(n as usize);
        let next_before = found.last().filter(|_| has_more).map(number);
        Self { items: found, next_before }
    }

    /// A list that is short by its nature.
    pub(super) fn whole(items: Vec<T>) -> Self {
        Self { items, next_before: None }
    }
}

impl<T> Stretch<T> {
    /// `limit` items from a position on, each made of one of the whole list.
    pub(super) fn of<S>(whole: &[S], from: usize, limit: u32, make: impl FnMut(&S) -> T) -> Self {
        let first = from.min(whole.len());
        let last = first.saturating_add(limit as usize).min(whole.len());
        let items = whole[first..last].iter().map(make).collect();
        Self { items, n: whole.len(), next_from: (last < whole.len()).then_some(last) }
    }
}

impl Visit {
    /// Answers whoever may read with JSON that is made from the state, in English: programs read it.
    pub(super) async fn answer<T: Serialize + Send + 'static>(
        self,
        headers: &HeaderMap,
        make: impl FnOnce(&Visit, &State) -> Result<T, Refusal> + Send + 'static,
    ) -> Response {
        self.answer_for(Right::Read, headers, make).await
    }

    /// Answers whoever has a right.
    pub(super) async fn answer_for<T: Serialize + Send + 'static>(
        self,
        right: Right,
        headers: &HeaderMap,
        make: impl FnOnce(&Visit, &State) -> Result<T, Refusal> + Send + 'static,
    ) -> Response {
        if let Err(refusal) = self.visitor.demand(right) {
            return refusal.into_response();
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
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = known.flat_map(|line| line.split(',')).map(str::trim);
    let is_known = known.any(|one| one == "*" || one.trim_start_matches("W/") == &tag[2..]);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_have_no_gap_and_no_overlap() {
        let whole: Vec<u32> = (0..7).collect();
        let (mut seen, mut from) = (Vec::new(), Some(0));
        while let Some(at) = from {
            let part = Stretch::of(&whole, at, 3, |n| *n);
            assert_eq!(part.n, 7);
            seen.extend(part.items);
            from = part.next_from;
        }
        assert_eq!(seen, whole);
        let beyond = Stretch::of(&whole, usize::MAX, 3, |n| *n);
        assert_eq!((beyond.items.len(), beyond.next_from), (0, None));
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        let tag = |response: &Response| response.headers()[header::ETAG].to_str().unwrap().to_owned();
        let first = tagged(&HeaderMap::new(), b"{}".to_vec());
        let known = tag(&first);
        let other = tag(&tagged(&HeaderMap::new(), b"{ }".to_vec()));
        assert_ne!(known, other);
        for (shown, status) in [
            (known.clone(), 304),
            (known.trim_start_matches("W/").to_owned(), 304),
            (format!("{other}, {known}"), 304),
            ("*".to_owned(), 304),
            (other, 200),
            (String::new(), 200),
        ] {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, shown.parse().unwrap())]);
            let response = tagged(&headers, b"{}".to_vec());
            assert_eq!(response.status(), status, "{shown}");
            assert_eq!(tag(&response), known);
        }
    }
}
