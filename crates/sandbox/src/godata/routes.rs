//! The routes: which path answers what, with which engine, to whom.

use std::collections::{HashMap, HashSet};

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal};
use super::arguments::Arguments;
use super::condition::Engine;
use super::counts;
use super::documents::{Document, Documents, PersonType, is_deleted, text};
use super::edit::has_participant;
use super::query::{Extra, Fields, Query, Row};
use super::server::App;
use super::session::{Credential, Stranger, User};
use super::tree::{Tree, expand_parent_filters};

/// The default order of persons: no id in it, so that namesakes tie.
const PERSON_ORDER: [&str; 3] = ["name", "lastName", "firstName"];

type Answered = Result<Answer, Refusal>;

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
    let segments: Vec<&str> = inside
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let credential = Credential::of(&arguments.query, arguments.headers());
    let now = app.clock.now();
    match (method.as_str(), segments.as_slice()) {
        ("POST", ["users", "login"]) => return Ok(login(app, arguments)?),
        ("POST", ["oauth", "token"]) => return Ok(oauth(app, arguments)?),
        ("POST", ["users", "logout"]) => {
            return Ok(app
                .sessions()
                .log_out(&credential)
                .map(|()| Answer::NoContent)?);
        }
        ("GET", ["system-settings", "version"]) => return Ok(version(app, arguments)?),
        (_, []) => {
            return Err(outside(method, "/")
                .err()
                .unwrap_or_else(Refusal::not_an_object)
                .into());
        }
        _ => {}
    }
    let user = app.sessions().authenticate(&credential, now, expire)?;
    let documents = app.documents();
    let request = Asked {
        app,
        documents: &documents,
        user: &user,
        method: method.as_str(),
        arguments,
    };
    Ok(request.route(&segments)?)
}

fn outside(method: &Method, path: &str) -> Answered {
    if path == "/status" {
        return Answer::json(&json!({ "started": true }));
    }
    Err(Refusal::new(
        404,
        format!("There is no method to handle {method} {path}"),
    ))
}

fn login(app: &App, arguments: &Arguments) -> Answered {
    let now = app.clock.now();
    let Some(email) = arguments.body_text("email") else {
        return Err(
            Refusal::new(400, "username or email is required").code("USERNAME_EMAIL_REQUIRED")
        );
    };
    let password = arguments
        .body_text("password")
        .ok_or_else(Refusal::login_failed)?;
    let mut sessions = app.sessions();
    match sessions.log_in(&email.to_lowercase(), password, now)? {
        Some(token) => Answer::json(&sessions.login_body(&token, now)),
        None => Answer::json(&json!({ "twoFA": true })),
    }
}

fn oauth(app: &App, arguments: &Arguments) -> Answered {
    let missing: Vec<&str> = ["username", "password"]
        .into_iter()
        .filter(|name| arguments.body_text(name).is_none())
        .collect();
    if !missing.is_empty() {
        let why: Vec<String> = missing
            .iter()
            .map(|name| format!("Missing required parameter: {name}"))
            .collect();
        let why = why.join(" ");
        return Err(
            Refusal::new(400, format!("Invalid request parameters. Details: {why}"))
                .code("REQUEST_VALIDATION_ERROR")
                .details(json!({ "errorMessages": why })),
        );
    }
    let text = |name| arguments.body_text(name).unwrap_or_default();
    let token = app
        .sessions()
        .log_in(text("username"), text("password"), app.clock.now())?;
    let Some(token) = token else {
        return Answer::json(&json!({ "twoFA": true }));
    };
    let body = json!({ "token_type": "bearer", "expires_in": app.options.token_ttl_secs, "access_token": token });
    Answer::json(&if app.options.wrapped_oauth {
        json!({ "response": body })
    } else {
        body
    })
}

fn version(app: &App, arguments: &Arguments) -> Answered {
    let key = arguments
        .headers()
        .get("api-key")
        .and_then(|value| value.to_str().ok());
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
struct Asked<'a> {
    app: &'a App,
    documents: &'a Documents,
    user: &'a User,
    method: &'a str,
    arguments: &'a Arguments,
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
                    format!(
                        "There is no method to handle {} /{}",
                        self.method,
                        segments.join("/")
                    ),
                )),
            },
            _ => Err(Refusal::authorization_required()),
        }
    }

    fn plain(&self, class: &str) -> Option<Plain<'a>> {
        let documents = self.documents;
        let (rows, class, model, order, view): (&[Document], _, _, _, _) = match class {
            "outbreaks" => (
                &documents.outbreaks,
                "outbreak",
                "outbreak",
                "name",
                Some("outbreak_view"),
            ),
            "locations" => (&documents.locations, "location", "location", "name", None),
            "reference-data" => (
                &documents.reference_data,
                "referenceData",
                "referenceData",
                "value",
                None,
            ),
            "teams" => (&documents.teams, "team", "team", "id", Some("team_list")),
            "languages" => (&documents.languages, "language", "language", "id", None),
            _ => return None,
        };
        Some(Plain {
            rows,
            class,
            model,
            order,
            view,
        })
    }

    fn plain_route(&self, plain: &Plain<'a>, rest: &[&str]) -> Answered {
        let visible = || {
            let outbreaks = plain.class == "outbreak";
            plain.rows.iter().filter(move |row| {
                !outbreaks || self.user.sees_outbreak(text(row, "id").unwrap_or_default())
            })
        };
        if plain.class == "team" {
            self.user.require("team_list")?;
        }
        match (self.method, rest) {
            ("GET", []) | ("POST", ["filter"]) => {
                let query = self.query("filter", Engine::LoopBack, &[plain.order])?;
                self.list(&query, visible(), |row, query| {
                    bare(row, &query.fields, Engine::LoopBack)
                })
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
                let row = plain
                    .rows
                    .iter()
                    .find(|row| text(row, "id") == Some(id) && query.holds(row));
                let row = row.ok_or_else(|| Refusal::unknown_model(plain.model, id))?;
                Answer::json(&bare(row, &query.fields, Engine::LoopBack))
            }
            _ => Err(self.no_method(plain.class, rest)),
        }
    }

    fn user_by_id(&self, id: &str) -> Answered {
        let sessions = self.app.sessions();
        let user = sessions
            .user(id)
            .ok_or_else(|| Refusal::unknown_model("user", id))?;
        Answer::json(&json!({
            "id": user.id, "firstName": "Sandbox", "lastName": "User", "roleIds": [], "email": user.email,
            "activeOutbreakId": user.active_outbreak_id, "outbreakIds": user.outbreak_ids, "languageId": "english_us",
            "passwordChange": false, "disregardGeographicRestrictions": true, "deleted": false,
        }))
    }

    fn language_tokens(&self, id: &str) -> Answered {
        let known = self
            .documents
            .languages
            .iter()
            .any(|language| text(language, "id") == Some(id));
        if !known {
            return Err(Refusal::no_such_root(id));
        }
        let (filter, _) = self.arguments.object("filter")?;
        let wanted = filter
            .get("where")
            .and_then(|conditions| conditions["token"].as_str());
        let tokens = self
            .documents
            .tokens
            .iter()
            .filter(|(token, _)| wanted.is_none_or(|wanted| wanted == token));
        let tokens: Vec<Value> = tokens
            .map(|(token, text)| json!({ "token": token, "translation": text }))
            .collect();
        Answer::json(
            &json!({ "languageId": id, "lastUpdateDate": "2018-01-01T01:00:00.000Z", "tokens": tokens }),
        )
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
        let outbreak = self
            .documents
            .outbreaks
            .iter()
            .find(live)
            .ok_or_else(|| Refusal::no_such_root(id))?;
        let inside = InOutbreak {
            asked: self,
            id,
            outbreak,
        };
        match person {
            Some(persons) => inside.persons(&persons, rest),
            None => inside.other(rest),
        }
    }

    fn no_outbreak_method(&self, id: &str, rest: &[&str]) -> Refusal {
        let path: Vec<&str> = std::iter::once(id).chain(rest.iter().copied()).collect();
        self.no_method("outbreak", &path)
    }

    fn no_method(&self, class: &str, rest: &[&str]) -> Refusal {
        let path = rest.join("/");
        Refusal::new(
            404,
            format!(
                "Shared class \"{class}\" has no method handling {} /{path}",
                self.method
            ),
        )
    }

    fn all_locations_hierarchical(&self) -> Answered {
        let (mut filter, source) = self.arguments.object("filter")?;
        let tree = Tree::of(self.documents);
        let include_children = take_flag(&mut filter, "includeChildren");
        let query = Query::parse(&filter, Engine::LoopBack, source, &[])?;
        let mut kept = HashSet::new();
        for row in self
            .documents
            .locations
            .iter()
            .filter(|row| query.holds(row))
        {
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
    fn query(&self, argument: &str, engine: Engine, order: &[&str]) -> Result<Query, Refusal> {
        let (mut filter, source) = self.arguments.object(argument)?;
        if let Some(conditions) = filter.get_mut("where").and_then(Value::as_object_mut) {
            expand_parent_filters(conditions, &Tree::of(self.documents));
        }
        Query::parse(&filter, engine, source, order)
    }

    fn list<'r, T: serde::Serialize>(
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
    fn count_where<'r>(
        &self,
        engine: Engine,
        rows: impl Iterator<Item = &'r Document>,
    ) -> Answered {
        let (mut conditions, source) = self.arguments.object("where")?;
        // Counts see this key at the top of their `where`; lists do not know it.
        let deleted_too = conditions
            .remove("includeDeletedRecords")
            .is_some_and(|value| value == true);
        let filter = document_of([
            ("where", Value::Object(conditions)),
            ("deleted", json!(deleted_too)),
        ]);
        Answer::json(&Query::parse(&filter, engine, source, &[])?.count(rows))
    }
}

/// A family of persons under an outbreak.
struct Persons {
    kind: Option<PersonType>,
    engine: Engine,
    list: &'static str,
    view: &'static str,
}

impl Persons {
    fn named(name: &str) -> Option<Self> {
        let (kind, engine, list, view) = match name {
            "cases" => (
                Some(PersonType::Case),
                Engine::Raw,
                "case_list",
                "case_view",
            ),
            "events" => (
                Some(PersonType::Event),
                Engine::Raw,
                "event_list",
                "event_view",
            ),
            "contacts" => (
                Some(PersonType::Contact),
                Engine::LoopBack,
                "contact_list",
                "contact_view",
            ),
            "contacts-of-contacts" => {
                let kind = Some(PersonType::ContactOfContact);
                (
                    kind,
                    Engine::LoopBack,
                    "contact_of_contact_list",
                    "contact_of_contact_view",
                )
            }
            "people" => (None, Engine::LoopBack, "case_list", "case_view"),
            _ => return None,
        };
        Some(Self {
            kind,
            engine,
            list,
            view,
        })
    }
}

/// A request under an existing outbreak.
struct InOutbreak<'a> {
    asked: &'a Asked<'a>,
    id: &'a str,
    outbreak: &'a Document,
}

impl<'a> InOutbreak<'a> {
    fn rows(&self, rows: &'a [Document]) -> impl Iterator<Item = &'a Document> + use<'a> {
        let id = self.id;
        rows.iter()
            .filter(move |row| text(row, "outbreakId") == Some(id))
    }

    fn persons_of(&self, kind: Option<PersonType>) -> impl Iterator<Item = &'a Document> + use<'a> {
        self.rows(&self.asked.documents.persons)
            .filter(move |person| match kind {
                Some(kind) => text(person, "type") == Some(kind.id()),
                None => true,
            })
    }

    fn persons(&self, persons: &Persons, rest: &[&str]) -> Answered {
        let asked = self.asked;
        let rows = || self.persons_of(persons.kind);
        match (asked.method, &rest[1..]) {
            ("GET", []) | ("POST", ["filter"]) => {
                asked.user.require(persons.list)?;
                let query = asked.query("filter", persons.engine, &PERSON_ORDER)?;
                asked.list(&query, rows(), |row, query| {
                    person_row(row, &query.fields, persons)
                })
            }
            ("GET", ["count"]) => {
                asked.user.require(persons.list)?;
                asked.count_where(persons.engine, rows())
            }
            ("GET" | "POST", ["filtered-count"]) => {
                asked.user.require(persons.list)?;
                Answer::json(&asked.query("filter", Engine::Raw, &[])?.count(rows()))
            }
            ("GET", [one, "count"]) if persons.kind == Some(PersonType::Case) => {
                self.case_count(one, rest)
            }
            ("GET", [id]) => {
                asked.user.require(persons.view)?;
                let query = asked.query("filter", persons.engine, &[])?;
                let person = self.person(persons, id)?;
                Answer::json(&person_row(person, &query.fields, persons))
            }
            ("GET", [id, below @ ..]) if persons.kind.is_some() => {
                self.of_person(persons, id, below, rest)
            }
            _ => Err(asked.no_outbreak_method(self.id, rest)),
        }
    }

    fn person(&self, persons: &Persons, id: &str) -> Result<&'a Document, Refusal> {
        let live = |person: &&Document| text(person, "id") == Some(id) && !is_deleted(person);
        let model = persons.kind.map_or("person", PersonType::model);
        self.persons_of(persons.kind)
            .find(live)
            .ok_or_else(|| Refusal::no_instance(model, id))
    }

    fn case_count(&self, which: &str, rest: &[&str]) -> Answered {
        let asked = self.asked;
        let (filter, _) = asked.arguments.object("filter")?;
        let permission = match which {
            "per-classification" => "case_grouped_by_classification",
            "hospitalized" => "case_list",
            "per-location-level" => "case_grouped_by_location_level",
            _ => return Err(asked.no_outbreak_method(self.id, rest)),
        };
        asked.user.require(permission)?;
        let query = asked.query("filter", Engine::Raw, &[])?;
        let cases = self
            .persons_of(Some(PersonType::Case))
            .filter(|case| query.holds(case));
        let answer = match which {
            "per-classification" => counts::per_classification(cases),
            "hospitalized" => {
                let day = filter.get("flags").and_then(|flags| flags["date"].as_str());
                counts::hospitalized(asked.documents, cases, day, asked.app.clock.now())
            }
            _ => {
                let missing = || {
                    Refusal::new(400, "Model `outbreak` is missing required properties: reportingGeographicalLevelId.")
                        .code("MISSING_REQUIRED_PROPERTY")
                        .details(json!({ "model": "outbreak", "properties": "reportingGeographicalLevelId" }))
                };
                let level =
                    text(self.outbreak, "reportingGeographicalLevelId").ok_or_else(missing)?;
                counts::per_location_level(&Tree::of(asked.documents), cases, level)
            }
        };
        Answer::json(&answer)
    }

    fn of_person(&self, persons: &Persons, id: &str, below: &[&str], rest: &[&str]) -> Answered {
        let asked = self.asked;
        let documents = asked.documents;
        let labs = || {
            self.rows(&documents.lab_results)
                .filter(|lab| text(lab, "personId") == Some(id))
        };
        let relationships = || {
            self.rows(&documents.relationships)
                .filter(|row| has_participant(row, id))
        };
        let list = |rows: Vec<&'a Document>| {
            let query = asked.query("filter", Engine::LoopBack, &["id"])?;
            let found = query.rows(rows.into_iter(), asked.app.turn());
            let sent: Vec<_> = found
                .into_iter()
                .map(|row| bare(row, &query.fields, Engine::LoopBack))
                .collect();
            Answer::json(&sent)
        };
        match below {
            ["lab-results"] => {
                asked.user.require("case_list_lab_result")?;
                self.person(persons, id)?;
                list(labs().collect())
            }
            ["lab-results", "filtered-count"] => {
                Answer::json(&asked.query("filter", Engine::Raw, &[])?.count(labs()))
            }
            ["relationships"] => {
                asked.user.require("relationship_list")?;
                self.person(persons, id)?;
                list(relationships().collect())
            }
            ["relationships", "filtered-count"] => Answer::json(
                &asked
                    .query("filter", Engine::Raw, &[])?
                    .count(relationships()),
            ),
            _ => Err(asked.no_outbreak_method(self.id, rest)),
        }
    }

    fn other(&self, rest: &[&str]) -> Answered {
        let asked = self.asked;
        let documents = asked.documents;
        match (asked.method, rest) {
            ("GET", ["follow-ups"]) => {
                asked.user.require("follow_up_list")?;
                self.joined(self.rows(&documents.follow_ups), "contact", true)
            }
            ("GET", ["follow-ups", "filtered-count"]) => {
                asked.user.require("follow_up_list")?;
                Answer::json(
                    &asked
                        .query("filter", Engine::Aggregation, &[])?
                        .count(self.rows(&documents.follow_ups)),
                )
            }
            ("GET", ["lab-results", "aggregate"]) => {
                asked.user.require("lab_result_list")?;
                self.joined(self.lab_results(), "person", false)
            }
            ("GET", ["lab-results", "aggregate-filtered-count" | "filtered-count"]) => {
                asked.user.require("lab_result_list")?;
                Answer::json(
                    &asked
                        .query("filter", Engine::Aggregation, &[])?
                        .count(self.lab_results()),
                )
            }
            ("GET", ["relationships"]) => {
                asked.user.require("relationship_list")?;
                let query = asked.query("filter", Engine::LoopBack, &["id"])?;
                let rows = self.rows(&documents.relationships);
                asked.list(&query, rows, |row, query| {
                    bare(row, &query.fields, Engine::LoopBack)
                })
            }
            ("GET", ["relationships", "count"]) => {
                asked.user.require("relationship_list")?;
                asked.count_where(Engine::LoopBack, self.rows(&documents.relationships))
            }
            ("GET", ["relationships", "filtered-count"]) => {
                asked.user.require("relationship_list")?;
                Answer::json(
                    &asked
                        .query("filter", Engine::Raw, &[])?
                        .count(self.rows(&documents.relationships)),
                )
            }
            ("GET", ["clusters"]) => Answer::json(&json!([])),
            ("GET", ["clusters", "count"]) => Answer::json(&json!({ "count": 0 })),
            ("GET", ["locations", "hierarchical"]) => self.locations_hierarchical(),
            _ => Err(asked.no_outbreak_method(self.id, rest)),
        }
    }

    /// Without the outbreak's consent, lab results of contacts are hidden.
    fn lab_results(&self) -> impl Iterator<Item = &'a Document> + use<'a> {
        let contacts_too = self.outbreak.get("isContactLabResultsActive") == Some(&json!(true));
        let visible = move |lab: &&Document| {
            contacts_too || text(lab, "personType") == Some(PersonType::Case.id())
        };
        self.rows(&self.asked.documents.lab_results).filter(visible)
    }

    /// A list of the third engine: each row carries its person, deleted or not.
    fn joined(
        &self,
        rows: impl Iterator<Item = &'a Document>,
        name: &'static str,
        artefacts: bool,
    ) -> Answered {
        let asked = self.asked;
        let query = asked.query("filter", Engine::Aggregation, &[])?;
        let persons: HashMap<&str, &Document> = asked
            .documents
            .persons
            .iter()
            .filter_map(|person| Some((text(person, "id")?, person)))
            .collect();
        let sends = |field: &str| match &query.fields {
            Fields::Only(names) => names.iter().any(|name| name == field),
            Fields::All | Fields::Without(_) => true,
        };
        let found = query.rows(rows, asked.app.turn());
        let sent: Vec<Row<'_>> = found
            .into_iter()
            .map(|row| {
                let mut extras = Vec::new();
                let person = text(row, "personId").and_then(|id| persons.get(id));
                if let Some(person) = person.filter(|_| sends(name)) {
                    extras.push((name, Extra::Joined(person)));
                }
                if artefacts {
                    if !(sends("address") && row.contains_key("address")) {
                        extras.push(("address", Extra::Empty));
                    }
                    extras.push(("fillLocation", Extra::Empty));
                }
                Row {
                    document: row,
                    fields: &query.fields,
                    engine: Engine::Aggregation,
                    hide_type: false,
                    extras,
                }
            })
            .collect();
        Answer::json(&sent)
    }

    fn locations_hierarchical(&self) -> Answered {
        let asked = self.asked;
        let tree = Tree::of(asked.documents);
        let roots: Vec<&str> = self
            .outbreak
            .get("locationIds")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut allowed = HashSet::new();
        let all = asked
            .documents
            .locations
            .iter()
            .filter_map(|location| text(location, "id"));
        let starts: Vec<&str> = if roots.is_empty() {
            all.collect()
        } else {
            roots
        };
        for root in starts {
            tree.with_descendants(root, &mut allowed);
        }
        let mut disabled: HashSet<String> = HashSet::new();
        for id in &allowed {
            let above = tree
                .with_ancestors(id)
                .into_iter()
                .filter_map(|location| text(location, "id"));
            disabled.extend(above.filter(|id| !allowed.contains(*id)).map(str::to_owned));
        }
        Answer::json(&tree.hierarchical(&allowed, &disabled))
    }
}

/// A row without joins.
fn bare<'r>(document: &'r Document, fields: &'r Fields, engine: Engine) -> Row<'r> {
    Row {
        document,
        fields,
        engine,
        hide_type: false,
        extras: Vec::new(),
    }
}

/// A person's row: `type` is hidden, and an empty `address` appears that nobody stored.
fn person_row<'r>(document: &'r Document, fields: &'r Fields, persons: &Persons) -> Row<'r> {
    let sends_address = match fields {
        Fields::All => true,
        Fields::Only(names) => names.iter().any(|name| name == "address"),
        Fields::Without(_) => false,
    };
    let mut extras = Vec::new();
    if sends_address && !document.contains_key("address") {
        extras.push(("address", Extra::Empty));
    }
    Row {
        document,
        fields,
        engine: persons.engine,
        hide_type: persons.kind.is_some(),
        extras,
    }
}

fn document_of<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Takes a flag out of the filter's `where`; absent is true.
fn take_flag(filter: &mut Map<String, Value>, name: &str) -> bool {
    let conditions = filter.get_mut("where").and_then(Value::as_object_mut);
    conditions
        .and_then(|conditions| conditions.remove(name))
        .is_none_or(|value| value != false)
}
