//! One request, and the page that answers it.

use super::face::Face;
use super::site::Site;
use super::visitor::{Right, Role, Visitor, Way};
use crate::language::{Language, say};
use crate::render::phrase::advice::sentence;
use crate::render::phrase::problem::message;
use askama::Template;
use axum::extract::{FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use pipeline::store::State;
use pipeline::{Error, ErrorKind};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;

/// The cookie that remembers the language that was chosen.
const LANGUAGE_COOKIE: &str = "tally_language";

/// One request: who looks, in which language, at what.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) site: Arc<Site>,
    pub(super) visitor: Visitor,
    pub(super) language: Language,
    /// Path and query.
    pub(super) here: String,
}

impl FromRequestParts<Arc<Site>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Infallible> {
        // The door puts a visitor in front of every page; whoever is not known may look at nothing that needs a role.
        let nobody = || Visitor {
            name: "nobody".to_owned(),
            role: Role::Viewer,
            csrf: String::new(),
            way: Way::Token(Vec::new()),
        };
        let visitor = parts.extensions.get::<Visitor>().cloned().unwrap_or_else(nobody);
        let here = parts.uri.path_and_query().map_or("/", |whole| whole.as_str()).to_owned();
        Ok(Self { site: Arc::clone(site), visitor, language: language_of(&parts.headers), here })
    }
}

/// The outermost layer: whoever answers speaks the language of the request.
pub(super) async fn spoken(request: Request, next: Next) -> Response {
    language_of(request.headers()).within(next.run(request)).await
}

/// The language of a request: the one that was chosen, else the one that the browser asks for, else the daemon's.
pub(super) fn language_of(headers: &HeaderMap) -> Language {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let cookies = header(header::COOKIE).unwrap_or_default().split(';');
    let chosen = cookies.filter_map(|cookie| cookie.trim().split_once('=')).find(|(name, _)| *name == LANGUAGE_COOKIE);
    chosen
        .and_then(|(_, tag)| Language::of_locale(tag))
        .or_else(|| Language::accepted(header(header::ACCEPT_LANGUAGE)?))
        .unwrap_or_else(Language::current)
}

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Refusal {
    /// There is no such thing.
    NotFound,
    /// It is not this visitor's to do.
    Forbidden,
    /// Something failed.
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<pipeline::store::StoreError> for Refusal {
    fn from(error: pipeline::store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<askama::Error> for Refusal {
    fn from(error: askama::Error) -> Self {
        Self::Failed(Error::new(ErrorKind::Internal, format!("a page could not be made: {error}")))
    }
}

impl Visit {
    /// The path without the query.
    pub(super) fn path(&self) -> &str {
        self.here.split('?').next().unwrap_or_default()
    }

    /// Makes a page that not everybody who reads may see.
    pub(super) async fn page_for(
        self,
        right: Right,
        make: impl FnOnce(&Visit, &State) -> Result<String, Refusal> + Send + 'static,
    ) -> Response {
        match self.visitor.demand(right) {
            Ok(()) => self.page(make).await,
            Err(refusal) => refusal.into_response(),
        }
    }

    /// Makes a page from the state, in the language of the visit.
    pub(super) async fn page(
        self,
        make: impl FnOnce(&Visit, &State) -> Result<String, Refusal> + Send + 'static,
    ) -> Response {
        let (site, visit) = (Arc::clone(&self.site), self.clone());
        let made = site
            .state(move |state| Ok(visit.language.during(|| make(&visit, state))))
            .await
            .unwrap_or_else(|error| Err(Refusal::Failed(error)));
        match made {
            Ok(page) => Html(page).into_response(),
            Err(refusal) => self.refused(&refusal),
        }
    }

    /// The page that says why there is none.
    pub(super) fn refused(&self, refusal: &Refusal) -> Response {
        self.language.during(|| {
            let (status, title, text, advice) = match refusal {
                Refusal::NotFound => (StatusCode::NOT_FOUND, say!("not-found"), say!("not-found-text"), None),
                Refusal::Forbidden => (StatusCode::FORBIDDEN, say!("forbidden"), say!("forbidden-text"), None),
                Refusal::Failed(error) => {
                    let status = match error.kind {
                        ErrorKind::Temporary => StatusCode::SERVICE_UNAVAILABLE,
                        _ => StatusCode::INTERNAL_SERVER_ERROR,
                    };
                    let advice = error.advice.as_deref().map(sentence);
                    (status, say!("page-failed"), message(&error.message), advice)
                }
            };
            let face = Face::new(self, title);
            match (RefusalPage { face, text, advice }).render() {
                Ok(page) => (status, Html(page)).into_response(),
                Err(_) => status.into_response(),
            }
        })
    }
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    face: Face,
    text: String,
    advice: Option<String>,
}

/// A path that is no page.
pub(super) async fn nothing_here(visit: Visit) -> Response {
    visit.refused(&Refusal::NotFound)
}

/// Where to go after a language was chosen.
#[derive(Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    to: String,
}

/// `GET /language/{tag}`: remembers a language and goes back. No harm comes of it, so that it needs no form.
pub(super) async fn choose_language(visit: Visit, Path(tag): Path<String>, Query(back): Query<Back>) -> Response {
    let Some(language) = Language::of_locale(&tag) else { return visit.refused(&Refusal::NotFound) };
    let cookie = format!("{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly", language.tag());
    ([(header::SET_COOKIE, cookie)], Redirect::to(local(&back.to))).into_response()
}

/// A path of this site; the overview for everything else, so that no link leads elsewhere through here.
pub(super) fn local(to: &str) -> &str {
    let is_local = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n', '\t']);
    if is_local { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_nowhere_else() {
        for to in ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "", "runs", "/\t/x"] {
            assert_eq!(local(to), "/", "{to}");
        }
        assert_eq!(local("/runs?report=weekly"), "/runs?report=weekly");
    }

    #[test]
    fn a_choice_goes_before_what_the_browser_says() {
        let language = |headers: &[(header::HeaderName, &str)]| {
            language_of(&headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect())
        };
        assert_eq!(language(&[]), Language::English);
        assert_eq!(language(&[(header::ACCEPT_LANGUAGE, "de, fr-CD;q=0.8, en;q=0.5")]), Language::French);
        let both = [(header::ACCEPT_LANGUAGE, "fr"), (header::COOKIE, "a=b; tally_language=en")];
        assert_eq!(language(&both), Language::English);
    }
}
