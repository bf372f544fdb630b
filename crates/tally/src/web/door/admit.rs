//! Who asks, and whether what is asked comes from a page of ours.

use super::cookie::Cookie;
use super::csrf::{self, FormCookie};
use super::host::{self, PROBES};
use super::line::Who;
use super::{Door, IDLE, Refusal, TOUCH_EVERY, next, secret};
use crate::language::{Language, say};
use crate::web::visitor::{Right, Role, Visitor, Way};
use askama::Template;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use pipeline::access::is_name;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What programs' tokens begin with, so that a search for lost secrets finds them.
pub(crate) const TOKEN_PREFIX: &str = "tally_";
/// The name of whoever asks from this very machine without having to sign in.
const LOOPBACK: &str = "loopback";

/// A visitor, and the cookie of forms if the forms of this one hang on it.
type Known = (Visitor, Option<FormCookie>);

/// The layer that lets in or refuses. What passes has the [`Visitor`] as an extension, but for the page of signing in, probes,
/// assets, and figures that this machine asks for.
pub(crate) async fn admit(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // Which language somebody reads is nobody's secret, and asked before anybody is known.
    if PROBES.contains(&path) || path.starts_with("/assets/") || path.starts_with("/language/") {
        return next.run(request).await;
    }
    match door.let_in(request).await {
        Ok((request, cookie)) => {
            let who = request.extensions().get::<Visitor>().map(Who::of);
            let mut response = next.run(request).await;
            if let Some(who) = who {
                response.extensions_mut().insert(who);
            }
            if let Some(cookie) = cookie.filter(|cookie| cookie.is_new) {
                let value = Cookie::Form.set(door.dashboard.has_secure_cookies(), Some(&cookie.value));
                response.headers_mut().append(header::SET_COOKIE, value);
            }
            response
        }
        Err(answer) => *answer,
    }
}

impl Door {
    async fn let_in(self: &Arc<Self>, request: Request) -> Result<(Request, Option<FormCookie>), Box<Response>> {
        let refused = |refusal: Refusal| Box::new(refusal.into_response());
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
        // Without an address nobody is believed anything.
        let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0]));
        let (headers, uri) = (request.headers(), request.uri());
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        let shows_token = bearer(headers).is_some();
        if changes {
            let host = host::asked_for(headers, uri);
            self.of_ours(headers, host.as_ref(), shows_token).map_err(|refusal| match is_program(headers, uri) {
                // It is not told of pages, but of the token that it lacks.
                true => refused(Refusal::SignIn),
                false => refused(refusal),
            })?;
        }
        if uri.path() == "/sign-in" {
            return self.let_sign_in(request, changes, peer).await;
        }
        let Some((visitor, cookie)) = self.visitor(headers, peer).await.map_err(refused)? else {
            return if uri.path() == "/metrics" && self.is_monitor(&request, peer) {
                Ok((request, None))
            } else {
                Err(Box::new(to_sign_in(&request, changes)))
            };
        };
        let who = Who::of(&visitor);
        let refused = |refusal: Refusal| {
            let mut response = refusal.into_response();
            response.extensions_mut().insert(who.clone());
            Box::new(response)
        };
        of_scope(&visitor, uri.path(), changes).map_err(&refused)?;
        let mut request = request;
        if changes && !shows_token {
            request = csrf::check(request, &visitor.csrf).await.map_err(&refused)?;
        }
        request.extensions_mut().insert(visitor);
        Ok((request, cookie))
    }

    /// The page of signing in: its form is bound to the cookie of forms, whoever asks.
    async fn let_sign_in(
        self: &Arc<Self>,
        request: Request,
        changes: bool,
        peer: IpAddr,
    ) -> Result<(Request, Option<FormCookie>), Box<Response>> {
        let refused = |refusal: Refusal| Box::new(refusal.into_response());
        if changes {
            let cookie = self.form_cookie(request.headers()).map_err(refused)?;
            return Ok((csrf::check(request, &self.form_token("", &cookie)).await.map_err(refused)?, None));
        }
        let mut request = request;
        // Who is known already need not sign in; who is refused may.
        if let Ok(Some((visitor, _))) = self.visitor(request.headers(), peer).await {
            request.extensions_mut().insert(visitor);
        }
        Ok((request, None))
    }

    /// Who asks; none if nobody knows.
    async fn visitor(self: &Arc<Self>, headers: &HeaderMap, peer: IpAddr) -> Result<Option<Known>, Refusal> {
        if let Some(token) = bearer(headers) {
            return self.program(&token).await.map(|visitor| Some((visitor, None)));
        }
        if let Some(known) = self.named_by_proxy(headers, peer)? {
            return Ok(Some(known));
        }
        if let Some(visitor) = self.signed_in(headers).await? {
            return Ok(Some((visitor, None)));
        }
        let is_here = self.dashboard.is_of_this_machine() && Self::is_direct(peer, headers);
        if is_here && !self.read(|state| state.has_users()).await? {
            return self.formed(LOOPBACK, Role::Admin, Way::Loopback, headers).map(Some);
        }
        Ok(None)
    }

    /// The program whose token this is.
    async fn program(self: &Arc<Self>, shown: &str) -> Result<Visitor, Refusal> {
        let hash = secret::hash(shown);
        let token = self.read(move |state| state.token(&hash)).await?.ok_or(Refusal::Token)?;
        let now = (self.now)();
        if token.expires_at.is_some_and(|end| end <= now) {
            return Err(Refusal::Token);
        }
        if token.last_used_at.is_none_or(|last| now.duration_since(last) >= TOUCH_EVERY) {
            let name = token.name.clone();
            self.note(move |state| state.touch_token(&name, now));
        }
        let is_operator = [Right::Read, Right::Run, Right::Decide].iter().all(|right| token.scopes.contains(right));
        let role = if is_operator { Role::Operator } else { Role::Viewer };
        Ok(Visitor { name: token.name, role, csrf: String::new(), way: Way::Token(token.scopes) })
    }

    /// The user whom a proxy names that is believed; none if it names nobody, or somebody else speaks.
    fn named_by_proxy(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Option<Known>, Refusal> {
        let Some(proxy) = self.dashboard.proxy.as_ref().filter(|proxy| proxy.addresses.contains(&peer)) else {
            return Ok(None);
        };
        let Some(header) = &proxy.user_header else { return Ok(None) };
        let mut named = headers.get_all(header).iter();
        let Some(name) = named.next().filter(|name| !name.is_empty()) else { return Ok(None) };
        let name = name.to_str().ok().map(str::trim).filter(|name| is_name(name) && named.next().is_none());
        let name = name.ok_or(Refusal::Stranger)?;
        let role = proxy.roles.get(name).copied().or(proxy.role).ok_or(Refusal::Stranger)?;
        self.formed(name, role, Way::Proxy, headers).map(Some)
    }

    /// The user of the session that the browser shows.
    async fn signed_in(self: &Arc<Self>, headers: &HeaderMap) -> Result<Option<Visitor>, Refusal> {
        let Some(shown) = Cookie::Session.read(self.dashboard.has_secure_cookies(), headers) else { return Ok(None) };
        let hash = secret::hash(&shown);
        let known = hash.clone();
        let Some((session, user)) = self.read(move |state| state.session(&known)).await? else { return Ok(None) };
        let now: Timestamp = (self.now)();
        let unused = now.duration_since(session.last_seen_at);
        if session.expires_at <= now || unused >= IDLE {
            return Ok(None);
        }
        if unused >= TOUCH_EVERY {
            self.note(move |state| state.touch_session(&hash, now));
        }
        let csrf = csrf::session_token(&shown);
        Ok(Some(Visitor { name: user.name, role: user.role, csrf, way: Way::Session }))
    }

    /// A visitor without a session, whose forms hang on a cookie.
    fn formed(&self, name: &str, role: Role, way: Way, headers: &HeaderMap) -> Result<Known, Refusal> {
        let cookie = self.form_cookie(headers)?;
        // Behind the name of the page of signing in nobody stands; these have one.
        let csrf = self.form_token(name, &cookie);
        Ok((Visitor { name: name.to_owned(), role, csrf, way }, Some(cookie)))
    }

    /// Whether Prometheus on this very machine asks.
    fn is_monitor(&self, request: &Request, peer: IpAddr) -> bool {
        let host = host::asked_for(request.headers(), request.uri());
        let by_its_own_name = host.is_some_and(|host| host::is_loopback(&host));
        by_its_own_name && !self.is_proxy(peer) && Self::is_direct(peer, request.headers())
    }
}

/// Refuses what neither a role nor a token is good for: figures without the right to them; anything else without the right to
/// read it, or to change something.
fn of_scope(visitor: &Visitor, path: &str, changes: bool) -> Result<(), Refusal> {
    if path == "/metrics" {
        return visitor.demand(Right::Metrics);
    }
    if !changes {
        return visitor.demand(Right::Read);
    }
    match visitor.way {
        // Everybody may sign out.
        _ if path == "/sign-out" => Ok(()),
        // Which of the two it takes, the page knows.
        Way::Token(_) if !visitor.may(Right::Run) => visitor.demand(Right::Decide),
        _ => Ok(()),
    }
}

/// Whether nothing in a request for the API speaks of a browser.
fn is_program(headers: &HeaderMap, uri: &Uri) -> bool {
    let of_browsers = ["cookie", "origin", "referer", "sec-fetch-site"];
    uri.path().starts_with("/api/") && of_browsers.iter().all(|name| !headers.contains_key(*name))
}

/// The token that a program shows. It stands where a header `Authorization: Bearer` says so; other kinds are a proxy's matter.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter().filter_map(|line| line.to_str().ok());
    let shown = lines.find_map(|line| {
        let (kind, token) = line.split_once(' ')?;
        kind.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    })?;
    Some(shown)
}

#[derive(Template)]
#[template(path = "door/again.html")]
struct Again<'a> {
    language: &'static str,
    next: &'a str,
    words: String,
}

/// What somebody gets whom nobody knows: programs an error, people the page of signing in.
fn to_sign_in(request: &Request, changes: bool) -> Response {
    let uri: &Uri = request.uri();
    if uri.path().starts_with("/api/") || uri.path() == "/metrics" {
        return Refusal::SignIn.into_response();
    }
    if changes {
        return Redirect::to("/sign-in").into_response();
    }
    // Who follows a link of a message shows no cookie (`SameSite=Strict`), signed in or not. Asked again from a page of ours,
    // the browser shows it.
    let from_elsewhere = request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if from_elsewhere {
        let wanted = uri.path_and_query().map_or("/", |wanted| wanted.as_str());
        let page = Again { language: Language::current().tag(), next: next::local(wanted), words: say!("door-on") };
        return Html(page.render().unwrap_or_default()).into_response();
    }
    Redirect::to(&next::sign_in_before(uri)).into_response()
}
