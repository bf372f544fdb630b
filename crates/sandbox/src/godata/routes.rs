//! The routes: which path answers what, with which engine, to whom.

use std::collections::HashSet;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal};
use super::arguments::Arguments;
use super::condition::Engine;
use super::documents::{Document, Documents, is_deleted, text};
use super::outbreak::{InOutbreak, Persons};
use super::query::{Fields, Query, Row};
use super::server::App;
use super::session::{Credential, Stranger, User};
use super::tree::{Tree, expand_parent_filters};
use crate::population::CANARY;

pub(super) type Answered = Result<Answer, Refusal>;

/// Answers a request.
pub(crate) fn answer(
    app: &App,
    method: &Method,
    path: &str,
    arguments: &Arguments,
    expire: bool,
) -> Result<Answer, Stranger> {
    let Some(inside) = path.strip_prefix("/api/") else {
        return outside(method, path).map_err(Stranger::Refused);
    };
    let segments: Vec<&str> = inside.split('/').filter(|segment| !segment.is_empty()).collect();
    let credential = Credential::of(&arguments.query, arguments.headers());
    let now = app.clock.now();
    match (method.as_str(), segments.as_slice()) {
        ("POST", ["users", "login"]) => return Ok(login(app, arguments)?),
        ("POST", ["oauth", "token"]) => return Ok(oauth(app, arguments)?),
        ("POST", ["users", "logout"]) => {
            return Ok(app.sessions().log_out(&credential).map(|()| Answer::NoContent)?);
        }
        ("GET", ["system-settings", "version"]) => return Ok(version(app, arguments)?),
        (_, []) => {
            return Err(outside(method, "/").err().unwrap_or_else(Refusal::not_an_object).into());
        }
        _ => {}
    }
    let user = app.sessions().authenticate(&credential, now, expire)?;
    let documents = app.documents();
    let request = Asked { app, documents: &documents, user: &user, method: method.as_str(), arguments };
    Ok(request.route(&segments)?)
}

fn outside(method: &Method, path: &str) -> Answered {
    if path == "/status" {
        return Answer::json(&json!({ "started": true }));
    }
    Err(Refusal::new(404, format!("There is no method to handle {method} {path}")))
}

fn login(app: &App, arguments: &Arguments) -> Answered {
    let now = app.clock.now();
    let Some(email) = arguments.body_text("email") else {
        return Err(Refusal::new(400, "username or email is required").code("USERNAME_EMAIL_REQUIRED"));
    };
    let password = arguments.body_text("password").ok_or_else(Refusal::login_failed)?;
    let mut sessions = app.sessions();
    match sessions.log_in(&email.to_lowercase(), password, now)? {
        Some(token) => Answer::json(&sessions.login_body(&token, now)),
        None => Answer::json(&json!({ "twoFA": true })),
    }
}

fn oauth(app: &App, arguments: &Arguments) -> Answered {
    let missing: Vec<&str> =
        ["username", "password"].into_iter().filter(|name| arguments.body_text(name).is_none()).collect();
    if !missing.is_empty() {
        let why: Vec<String> = missing.iter().map(|name| format!("Missing required parameter: {name}")).collect();
        let why = why.join(" ");
        return Err(Refusal::new(400, format!("Invalid request parameters. Details: {why}"))
            .code("REQUEST_VALIDATION_ERROR")
            .details(json!({ "errorMessages": why })));
    }
    let text = |name| arguments.body_text(name).unwrap_or_default();
    let token = app.sessions().log_in(text("username"), text("password"), app.clock.now())?;
    let Some(token) = token else {
        return Answer::json(&json!({ "twoFA": true }));
    };
    let body = json!({ "token_type": "bearer", "expires_in": app.options.token_ttl_secs, "access_token": token });
    Answer::json(&if app.options.wrapped_oauth { json!({ "response": body }) } else { body })
}

fn version(app: &App, arguments: &Arguments) -> Answered {
    let key = arguments.headers().get("api-key").and_then(|value| value.to_str().ok());
    if key != Some(app.options.api_key.as_str()) {
        return Err(Refusal::new(401, "Unauthorized: Invalid API Key"));
    }
    let style = json!({ "opacity": 0.5, "backgroundColor": "gray", "color": "black", "fontWeight": "bold", "fontSize": "40px" });
    Answer::json(&json!({
        "platform": "-", "version": app.options.version, "build": "development", "arch": "x64",
        "timezone": app.options.timezone, "tokenTTL": app.options.token_ttl_secs,
        "skipOldPasswordForUserModify": true,
        "captcha": { "login": false, "forgotPassword": false, "resetPasswordQuestions": false },
        "demoInstance": { "enabled": false, "label": "DEMO", "style": style },
        "duplicate": { "disableCaseDuplicateCheck": false, "disableContactDuplicateCheck": false,
            "disableContactOfContactDuplicateCheck": false, "executeCheckOnlyOnDuplicateDataChange": false },
    }))
}

/// A request by a known user.
pub(super) struct Asked<'a> {
    pub(super) app: &'a App,
    pub(super) documents: &'a Documents,
    pub(super) user: &'a User,
    pub(super) method: &'a str,
    pub(super) arguments: &'a Arguments,
}

/// A resource that is not under an outbreak.
struct Plain<'a> {
    rows: &'a [Document],
    class: &'static str,
    model: &'static str,
    order: &'static str,
    view: Option<&'static str>,
}

impl<'a> Asked<'a> {
    fn route(&self, segments: &[&str]) -> Answered {
        match (self.method, segments) {
            ("GET", ["users", id]) => self.user_by_id(id),
            ("GET", ["languages", id, "language-tokens"]) => self.language_tokens(id),
            ("GET", ["locations", "hierarchical"]) => self.all_locations_hierarchical(),
            (_, ["outbreaks", id, rest @ ..]) if !rest.is_empty() => {
                self.may_use_outbreak(id)?;
                self.in_outbreak(id, rest)
            }
            (_, [class, rest @ ..]) => match self.plain(class) {
                Some(plain) => self.plain_route(&plain, rest),
                None => Err(Refusal::new(
                    404,
                    format!("There is no method to handle {} /{}", self.method, segments.join("/")),
                )),
            },
            _ => Err(Refusal::authorization_required()),
        }
    }

    fn plain(&self, class: &str) -> Option<Plain<'a>> {
        let documents = self.documents;
        let (rows, class, model, order, view): (&[Document], _, _, _, _) = match class {
            "outbreaks" => (&documents.outbreaks, "outbreak", "outbreak", "name", Some("outbreak_view")),
            "locations" => (&documents.locations, "location", "location", "name", None),
            "reference-data" => (&documents.reference_data, "referenceData", "referenceData", "value", None),
            "teams" => (&documents.teams, "team", "team", "id", Some("team_list")),
            "languages" => (&documents.languages, "language", "language", "id", None),
            _ => return None,
        };
        Some(Plain { rows, class, model, order, view })
    }

    fn plain_route(&self, plain: &Plain<'a>, rest: &[&str]) -> Answered {
        let visible = || {
            let outbreaks = plain.class == "outbreak";
            plain
                .rows
                .iter()
                .filter(move |row| !outbreaks || self.user.sees_outbreak(text(row, "id").unwrap_or_default()))
        };
        if plain.class == "team" {
            self.user.require("team_list")?;
        }
        match (self.method, rest) {
            ("GET", []) | ("POST", ["filter"]) => {
                let query = self.query("filter", Engine::LoopBack, &[plain.order])?;
                self.list(&query, visible(), |row, query| bare(row, &query.fields, Engine::LoopBack))
            }
            ("GET" | "POST", ["count"]) => self.count_where(Engine::LoopBack, visible()),
            ("GET", [id]) => {
                if plain.class == "outbreak" {
                    self.may_use_outbreak(id)?;
                }
                if let Some(permission) = plain.view {
                    self.user.require(permission)?;
                }
                let query = self.query("filter", Engine::LoopBack, &[])?;
                let row = plain.rows.iter().find(|row| text(row, "id") == Some(id) && query.holds(row));
                let row = row.ok_or_else(|| Refusal::unknown_model(plain.model, id))?;
                Answer::json(&bare(row, &query.fields, Engine::LoopBack))
            }
            _ => Err(self.no_method(plain.class, rest)),
        }
    }

    fn user_by_id(&self, id: &str) -> Answered {
        let sessions = self.app.sessions();
        let user = sessions.user(id).ok_or_else(|| Refusal::unknown_model("user", id))?;
        Answer::json(&json!({
            "id": user.id, "firstName": format!("{CANARY}USER"), "lastName": format!("{CANARY}ACCOUNT"), "roleIds": [], "email": user.email,
            "activeOutbreakId": user.active_outbreak_id, "outbreakIds": user.outbreak_ids, "languageId": "english_us",
            "passwordChange": false, "disregardGeographicRestrictions": user.only_places.is_none(), "deleted": false,
        }))
    }

    fn language_tokens(&self, id: &str) -> Answered {
        let known = self.documents.languages.iter().any(|language| text(language, "id") == Some(id));
        if !known {
            return Err(Refusal::no_such_root(id));
        }
        let (filter, _) = self.arguments.object("filter")?;
        let wanted = filter.get("where").and_then(|conditions| conditions["token"].as_str());
        let tokens = self.documents.tokens.iter().filter(|(token, _)| wanted.is_none_or(|wanted| wanted == token));
        let tokens: Vec<Value> = tokens.map(|(token, text)| json!({ "token": token, "translation": text })).collect();
        Answer::json(&json!({ "languageId": id, "lastUpdateDate": "2018-01-01T01:00:00.000Z", "tokens": tokens }))
    }

    /// The outbreak must be among the user's, must be the active one for anything but GET, and must
    /// exist (which the caller checks: the texts differ).
    fn may_use_outbreak(&self, id: &str) -> Result<(), Refusal> {
        if !self.user.sees_outbreak(id) {
            return Err(Refusal::access_denied(
                "access denied to the given outbreak; the outbreak is not set as one of the user's accessible outbreaks",
            ));
        }
        if self.method != "GET" && self.user.active_outbreak_id.as_deref() != Some(id) {
            return Err(Refusal::access_denied(
                "access to POST/PUT/DELETE actions on outbreak related data is granted only for the active outbreak",
            ));
        }
        Ok(())
    }

    fn in_outbreak(&self, id: &str, rest: &[&str]) -> Answered {
        let person = rest.first().and_then(|name| Persons::named(name));
        let known = person.is_some()
            || matches!(
                rest.first(),
                Some(&("follow-ups" | "lab-results" | "relationships" | "clusters" | "locations"))
            );
        if !known {
            return Err(self.no_outbreak_method(id, rest));
        }
        let live = |outbreak: &&Document| text(outbreak, "id") == Some(id) && !is_deleted(outbreak);
        let outbreak = self.documents.outbreaks.iter().find(live).ok_or_else(|| Refusal::no_such_root(id))?;
        let inside = InOutbreak { asked: self, id, outbreak };
        match person {
            Some(persons) => inside.persons(&persons, rest),
            None => inside.other(rest),
        }
    }

    pub(super) fn no_outbreak_method(&self, id: &str, rest: &[&str]) -> Refusal {
        let path: Vec<&str> = std::iter::once(id).chain(rest.iter().copied()).collect();
        self.no_method("outbreak", &path)
    }

    fn no_method(&self, class: &str, rest: &[&str]) -> Refusal {
        let path = rest.join("/");
        Refusal::new(404, format!("Shared class \"{class}\" has no method handling {} /{path}", self.method))
    }

    fn all_locations_hierarchical(&self) -> Answered {
        let (mut filter, source) = self.arguments.object("filter")?;
        let tree = Tree::of(self.documents);
        let include_children = take_flag(&mut filter, "includeChildren");
        let query = Query::parse(&filter, Engine::LoopBack, source, &[])?;
        let mut kept = HashSet::new();
        for row in self.documents.locations.iter().filter(|row| query.holds(row)) {
            let id = text(row, "id").unwrap_or_default();
            if include_children {
                tree.with_descendants(id, &mut kept);
            } else {
                kept.insert(id.to_owned());
            }
        }
        Answer::json(&tree.hierarchical(&kept, &HashSet::new()))
    }

    /// The argument's filter for an engine, with location filters expanded.
    pub(super) fn query(&self, argument: &str, engine: Engine, order: &[&str]) -> Result<Query, Refusal> {
        let (mut filter, source) = self.arguments.object(argument)?;
        if let Some(conditions) = filter.get_mut("where").and_then(Value::as_object_mut) {
            expand_parent_filters(conditions, &Tree::of(self.documents));
        }
        Query::parse(&filter, engine, source, order)
    }

    pub(super) fn list<'r, T: serde::Serialize>(
        &self,
        query: &'r Query,
        rows: impl Iterator<Item = &'r Document>,
        row: impl Fn(&'r Document, &'r Query) -> T,
    ) -> Answered {
        let found = query.rows(rows, self.app.turn());
        let sent: Vec<T> = found.into_iter().map(|found| row(found, query)).collect();
        Answer::json(&sent)
    }

    /// A count whose `where` is an argument of its own.
    pub(super) fn count_where<'r>(&self, engine: Engine, rows: impl Iterator<Item = &'r Document>) -> Answered {
        let (mut conditions, source) = self.arguments.object("where")?;
        // Counts see this key at the top of their `where`; lists do not know it.
        let deleted_too = conditions.remove("includeDeletedRecords").is_some_and(|value| value == true);
        let filter = document_of([("where", Value::Object(conditions)), ("deleted", json!(deleted_too))]);
        Answer::json(&Query::parse(&filter, engine, source, &[])?.count(rows))
    }
}

/// A row without joins.
pub(super) fn bare<'r>(document: &'r Document, fields: &'r Fields, engine: Engine) -> Row<'r> {
    Row { document, fields, engine, hide_type: false, extras: Vec::new() }
}

fn document_of<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Takes a flag out of the filter's `where`; absent is true.
fn take_flag(filter: &mut Map<String, Value>, name: &str) -> bool {
    let conditions = filter.get_mut("where").and_then(Value::as_object_mut);
    conditions.and_then(|conditions| conditions.remove(name)).is_none_or(|value| value != false)
}
