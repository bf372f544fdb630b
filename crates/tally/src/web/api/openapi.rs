//! The OpenAPI description, made from the table of operations.

use super::super::visit::Visit;
use super::super::visitor::Right;
use super::ROOT;
use super::answer::tagged;
use super::extract::{Nothing, Wanted};
use super::operation::{Operation, Parameter, Subject};
use super::operations::OPERATIONS;
use super::problem::Problem;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// What every operation may answer: what was asked does not fit, who asks is not known, or may not; a method that it does not have;
/// a name by which this machine is not called; something failed.
const EVERYWHERE: [u16; 7] = [400, 401, 403, 405, 421, 500, 503];
/// What an operation with a body may answer besides: too large, no JSON, other JSON.
const TO_A_BODY: [u16; 3] = [413, 415, 422];

/// The description of all operations, as OpenAPI 3.1 has it.
pub(super) fn document() -> Value {
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let problem = schemas.subschema_for::<Problem>();
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let described = described(operation, &mut schemas, &problem);
        let path = paths.entry(format!("{ROOT}{}", operation.path)).or_insert_with(|| json!({}));
        path[operation.method] = described;
    }
    let tag = |subject: Subject| json!({ "name": subject.name(), "description": subject.meaning() });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tally",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the daemon knows and does: reports, runs, plans, problems. No answer holds a person's data; \
                            records are named by their ids in Go.Data. Values are decimal numbers in text, as DHIS2 has them. \
                            Answers may get further members; nothing else changes below this path.",
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": "/" }],
        "tags": Subject::ALL.map(tag),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "tally_...",
                    "description": "`Authorization: Bearer tally_...`, a token of `tally token add`. On the machine itself none is \
                                    needed to read, as long as nobody has to sign in.",
                },
            },
            "schemas": schemas.take_definitions(true),
        },
    })
}

fn described(operation: &Operation, schemas: &mut SchemaGenerator, problem: &schemars::Schema) -> Value {
    let mut parameters: Vec<Value> = operation.parameters.iter().map(parameter).collect();
    let is_get = operation.method == "get";
    if is_get {
        parameters.push(json!({
            "name": "If-None-Match",
            "in": "header",
            "description": "The `ETag` of an answer that is known: 304 if it would be the same.",
            "schema": { "type": "string" },
        }));
    }
    let (status, schema) = operation.answer;
    let mut good =
        json!({ "description": said(status), "content": { "application/json": { "schema": schema(schemas) } } });
    match status {
        201 => good["headers"] = json!({ "Location": header("Where to ask what came of it.") }),
        _ if is_get => good["headers"] = entity_tag(),
        _ => {}
    }
    let mut answers: Map<String, Value> = Map::from_iter([(status.to_string(), good)]);
    if is_get {
        answers.insert("304".to_owned(), json!({ "description": said(304), "headers": entity_tag() }));
    }
    let of_body: &[u16] = if operation.body.is_some() { &TO_A_BODY } else { &[] };
    for status in EVERYWHERE.iter().chain(operation.refusals).chain(of_body) {
        answers.insert(status.to_string(), refused(*status, problem));
    }
    let rights: Vec<&str> = operation.rights.iter().map(|right| right.name()).collect();
    let words: Vec<String> = rights.iter().map(|right| format!("`{right}`")).collect();
    let scopes = if words.len() == 1 { "scope" } else { "scopes" };
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.subject.name()],
        "summary": operation.summary,
        "description": format!("Needs the {scopes} {}.", words.join(", ")),
        "parameters": parameters,
        "responses": answers,
        "security": security(is_get, &rights),
    });
    if let Some(body) = operation.body {
        let content = json!({ "schema": body(schemas), "examples": (operation.examples)() });
        described["requestBody"] = json!({ "required": true, "content": { "application/json": content } });
    }
    described
}

/// Where nobody has to sign in, nobody needs a token to read; to change something, a program always does.
fn security(is_get: bool, rights: &[&str]) -> Value {
    if is_get { json!([{}, { "token": rights }]) } else { json!([{ "token": rights }]) }
}

fn parameter(parameter: &Parameter) -> Value {
    let schema = (parameter.schema)();
    let mut described = json!({
        "name": parameter.name,
        "in": parameter.is_in,
        "required": parameter.is_required,
        "description": parameter.meaning,
        "schema": schema,
    });
    if let Some(example) = parameter.example {
        let is_number = schema["type"] == "integer";
        let number = example.parse::<i64>().ok().filter(|_| is_number);
        described["example"] = number.map_or_else(|| json!(example), |number| json!(number));
    }
    described
}

fn refused(status: u16, problem: &schemars::Schema) -> Value {
    let content = json!({ "application/problem+json": { "schema": problem } });
    let mut answer = json!({ "description": said(status), "content": content });
    match status {
        401 => answer["headers"] = json!({ "WWW-Authenticate": header("`Bearer`, and what is wrong with the token.") }),
        405 => answer["headers"] = json!({ "Allow": header("The methods that there are.") }),
        429 => answer["headers"] = json!({ "Retry-After": header("Seconds to wait.") }),
        _ => {}
    }
    answer
}

fn header(meaning: &str) -> Value {
    json!({ "description": meaning, "required": true, "schema": { "type": "string" } })
}

fn entity_tag() -> Value {
    json!({ "ETag": header("Names this answer: send it as `If-None-Match` next time.") })
}

fn said(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
}

/// `GET /api/v1/openapi.json`.
pub(super) async fn served(visit: Visit, headers: HeaderMap, _: Wanted<Nothing>) -> Response {
    match visit.visitor.demand(Right::Read) {
        Ok(()) => tagged(&headers, document().to_string().into_bytes()),
        Err(refusal) => refusal.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_description_in_the_repository_is_this_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/openapi.json");
        let expected = format!("{:#}\n", document());
        if std::env::var_os("TALLY_UPDATE").is_some() {
            std::fs::write(&path, &expected).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == expected, "schema/openapi.json is stale: run this test with TALLY_UPDATE=1");
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let mut ids: Vec<_> = OPERATIONS.iter().map(|operation| operation.id).collect();
        ids.sort_unstable();
        let n = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), n);
    }

    #[test]
    fn every_part_of_a_path_is_described() {
        for operation in OPERATIONS {
            let parts = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            let described = operation.parameters.iter().filter(|parameter| parameter.is_in == "path");
            let described: Vec<&str> = described.map(|parameter| parameter.name).collect();
            assert_eq!(parts.collect::<Vec<_>>(), described, "{}", operation.id);
        }
    }

    #[test]
    fn the_manual_has_every_operation_with_its_scopes() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/api.md");
        let manual = std::fs::read_to_string(path).unwrap();
        for operation in OPERATIONS {
            let named = format!("`{} {}`", operation.method.to_uppercase(), operation.path);
            let line =
                manual.lines().find(|line| line.contains(&named)).unwrap_or_else(|| panic!("{named} is missing"));
            let scopes = line.rsplit('|').nth(1).unwrap();
            for right in operation.rights {
                assert!(scopes.contains(&format!("`{}`", right.name())), "{line}");
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for (at, _) in text.match_indices("\"#/components/schemas/") {
            let name = text[at + 22..].split('"').next().unwrap_or_default();
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
