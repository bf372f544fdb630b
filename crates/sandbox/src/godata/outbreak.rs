//! The routes under an outbreak: persons, their follow-ups, lab results and relationships.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::condition::Engine;
use super::counts;
use super::documents::{Document, PersonType, is_deleted, text};
use super::edit::has_participant;
use super::query::{Extra, Fields, Row};
use super::routes::{Answered, Asked, bare};
use super::tree::Tree;

/// The default order of persons: no id in it, so that namesakes tie.
const PERSON_ORDER: [&str; 3] = ["name", "lastName", "firstName"];

/// A family of persons under an outbreak.
pub(super) struct Persons {
    kind: Option<PersonType>,
    engine: Engine,
    list: &'static str,
    view: &'static str,
}

impl Persons {
    pub(super) fn named(name: &str) -> Option<Self> {
        let (kind, engine, list, view) = match name {
            "cases" => (Some(PersonType::Case), Engine::Raw, "case_list", "case_view"),
            "events" => (Some(PersonType::Event), Engine::Raw, "event_list", "event_view"),
            "contacts" => (Some(PersonType::Contact), Engine::LoopBack, "contact_list", "contact_view"),
            "contacts-of-contacts" => {
                let kind = Some(PersonType::ContactOfContact);
                (kind, Engine::LoopBack, "contact_of_contact_list", "contact_of_contact_view")
            }
            "people" => (None, Engine::LoopBack, "case_list", "case_view"),
            _ => return None,
        };
        Some(Self { kind, engine, list, view })
    }
}

/// A request under an existing outbreak.
pub(super) struct InOutbreak<'a> {
    pub(super) asked: &'a Asked<'a>,
    pub(super) id: &'a str,
    pub(super) outbreak: &'a Document,
}

impl<'a> InOutbreak<'a> {
    fn rows(&self, rows: &'a [Document]) -> impl Iterator<Item = &'a Document> + use<'a> {
        let id = self.id;
        rows.iter().filter(move |row| text(row, "outbreakId") == Some(id))
    }

    fn persons_of(&self, kind: Option<PersonType>) -> impl Iterator<Item = &'a Document> + use<'a> {
        let user = self.asked.user;
        self.rows(&self.asked.documents.persons).filter(move |person| {
            let is_of_kind = kind.is_none_or(|kind| text(person, "type") == Some(kind.id()));
            is_of_kind && user.sees_place(text(person, "usualPlaceOfResidenceLocationId"))
        })
    }

    pub(super) fn persons(&self, persons: &Persons, rest: &[&str]) -> Answered {
        let asked = self.asked;
        let rows = || self.persons_of(persons.kind);
        match (asked.method, &rest[1..]) {
            ("GET", []) | ("POST", ["filter"]) => {
                asked.user.require(persons.list)?;
                let query = asked.query("filter", persons.engine, &PERSON_ORDER)?;
                asked.list(&query, rows(), |row, query| person_row(row, &query.fields, persons))
            }
            ("GET", ["count"]) => {
                asked.user.require(persons.list)?;
                asked.count_where(persons.engine, rows())
            }
            ("GET" | "POST", ["filtered-count"]) => {
                asked.user.require(persons.list)?;
                Answer::json(&asked.query("filter", Engine::Raw, &[])?.count(rows()))
            }
            ("GET", [one, "count"]) if persons.kind == Some(PersonType::Case) => self.case_count(one, rest),
            ("GET", [id]) => {
                asked.user.require(persons.view)?;
                let query = asked.query("filter", persons.engine, &[])?;
                let person = self.person(persons, id)?;
                Answer::json(&person_row(person, &query.fields, persons))
            }
            ("GET", [id, below @ ..]) if persons.kind.is_some() => self.of_person(persons, id, below, rest),
            _ => Err(asked.no_outbreak_method(self.id, rest)),
        }
    }

    fn person(&self, persons: &Persons, id: &str) -> Result<&'a Document, Refusal> {
        let live = |person: &&Document| text(person, "id") == Some(id) && !is_deleted(person);
        let model = persons.kind.map_or("person", PersonType::model);
        self.persons_of(persons.kind).find(live).ok_or_else(|| Refusal::no_instance(model, id))
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
        let cases = self.persons_of(Some(PersonType::Case)).filter(|case| query.holds(case));
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
                let level = text(self.outbreak, "reportingGeographicalLevelId").ok_or_else(missing)?;
                counts::per_location_level(&Tree::of(asked.documents), cases, level)
            }
        };
        Answer::json(&answer)
    }

    fn of_person(&self, persons: &Persons, id: &str, below: &[&str], rest: &[&str]) -> Answered {
        let asked = self.asked;
        let documents = asked.documents;
        let labs = || self.rows(&documents.lab_results).filter(|lab| text(lab, "personId") == Some(id));
        let relationships = || self.rows(&documents.relationships).filter(|row| has_participant(row, id));
        let list = |rows: Vec<&'a Document>| {
            let query = asked.query("filter", Engine::LoopBack, &["id"])?;
            let found = query.rows(rows.into_iter(), asked.app.turn());
            let sent: Vec<_> = found.into_iter().map(|row| bare(row, &query.fields, Engine::LoopBack)).collect();
            Answer::json(&sent)
        };
        match below {
            ["lab-results"] => {
                asked.user.require("case_list_lab_result")?;
                self.person(persons, id)?;
                list(labs().collect())
            }
            ["lab-results", "filtered-count"] => Answer::json(&asked.query("filter", Engine::Raw, &[])?.count(labs())),
            ["relationships"] => {
                asked.user.require("relationship_list")?;
                self.person(persons, id)?;
                list(relationships().collect())
            }
            ["relationships", "filtered-count"] => {
                Answer::json(&asked.query("filter", Engine::Raw, &[])?.count(relationships()))
            }
            _ => Err(asked.no_outbreak_method(self.id, rest)),
        }
    }

    pub(super) fn other(&self, rest: &[&str]) -> Answered {
        let asked = self.asked;
        let documents = asked.documents;
        match (asked.method, rest) {
            ("GET", ["follow-ups"]) => {
                asked.user.require("follow_up_list")?;
                self.joined(self.rows(&documents.follow_ups), "contact", true)
            }
            ("GET", ["follow-ups", "filtered-count"]) => {
                asked.user.require("follow_up_list")?;
                Answer::json(&asked.query("filter", Engine::Aggregation, &[])?.count(self.rows(&documents.follow_ups)))
            }
            ("GET", ["lab-results", "aggregate"]) => {
                asked.user.require("lab_result_list")?;
                self.joined(self.lab_results(), "person", false)
            }
            ("GET", ["lab-results", "aggregate-filtered-count" | "filtered-count"]) => {
                asked.user.require("lab_result_list")?;
                Answer::json(&asked.query("filter", Engine::Aggregation, &[])?.count(self.lab_results()))
            }
            ("GET", ["relationships"]) => {
                asked.user.require("relationship_list")?;
                let query = asked.query("filter", Engine::LoopBack, &["id"])?;
                let rows = self.rows(&documents.relationships);
                asked.list(&query, rows, |row, query| bare(row, &query.fields, Engine::LoopBack))
            }
            ("GET", ["relationships", "count"]) => {
                asked.user.require("relationship_list")?;
                asked.count_where(Engine::LoopBack, self.rows(&documents.relationships))
            }
            ("GET", ["relationships", "filtered-count"]) => {
                asked.user.require("relationship_list")?;
                Answer::json(&asked.query("filter", Engine::Raw, &[])?.count(self.rows(&documents.relationships)))
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
        let visible = move |lab: &&Document| contacts_too || text(lab, "personType") == Some(PersonType::Case.id());
        self.rows(&self.asked.documents.lab_results).filter(visible)
    }

    /// A list of the third engine: each row carries its person, deleted or not.
    fn joined(&self, rows: impl Iterator<Item = &'a Document>, name: &'static str, artefacts: bool) -> Answered {
        let asked = self.asked;
        let query = asked.query("filter", Engine::Aggregation, &[])?;
        let persons: HashMap<&str, &Document> =
            asked.documents.persons.iter().filter_map(|person| Some((text(person, "id")?, person))).collect();
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
                Row { document: row, fields: &query.fields, engine: Engine::Aggregation, hide_type: false, extras }
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
        let all = asked.documents.locations.iter().filter_map(|location| text(location, "id"));
        let starts: Vec<&str> = if roots.is_empty() { all.collect() } else { roots };
        for root in starts {
            tree.with_descendants(root, &mut allowed);
        }
        let mut disabled: HashSet<String> = HashSet::new();
        for id in &allowed {
            let above = tree.with_ancestors(id).into_iter().filter_map(|location| text(location, "id"));
            disabled.extend(above.filter(|id| !allowed.contains(*id)).map(str::to_owned));
        }
        Answer::json(&tree.hierarchical(&allowed, &disabled))
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
    Row { document, fields, engine: persons.engine, hide_type: persons.kind.is_some(), extras }
}
