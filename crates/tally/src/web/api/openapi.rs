//! The OpenAPI description, made from the table of operations.

use super::super::visit::Visit;
use super::super::visitor::Right;
use super::ROOT;
use super::answer::tagged;
use super::operations::{OPERATIONS, Operation};
use super::problem::Problem;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// What every operation may answer: who asks is not known, or may not; too many wait; something failed; a name by which this
/// machine is not called.
const EVERYWHERE: [u16; 7] = [401, 403, 405, 421, 429, 500, 503];

/// The description of all operations, as OpenAPI 3.1 has it.
pub(crate) fn document() -> Value {
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
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tally",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the daemon knows and does: reports, runs, plans, problems. No answer holds a person's data; \
                            records are named by their ids in Go.Data.",
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": "/" }],
        "security": [{}, { "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of `tally token add`. On the machine itself none is needed as long as nobody has to sign in.",
                },
            },
            "schemas": schemas.take_definitions(true),
        },
    })
}

fn described(operation: &Operation, schemas: &mut SchemaGenerator, problem: &schemars::Schema) -> Value {
    let parameters: Vec<Value> = operation
        .parameters
        .iter()
        .map(|parameter| {
            json!({
                "name": parameter.name,
                "in": parameter.is_in,
                "required": parameter.is_in == "path",
                "description": parameter.meaning,
                "schema": (parameter.schema)(),
            })
        })
        .collect();
    let mut answers: Map<String, Value> = Map::new();
    let (status, schema) = operation.answer;
    let good = json!({ "description": said(status), "content": { "application/json": { "schema": schema(schemas) } } });
    answers.insert(status.to_string(), good);
    let mut refusals: Vec<u16> = EVERYWHERE.iter().chain(operation.refusals).copied().collect();
    refusals.sort_unstable();
    refusals.dedup();
    for status in refusals {
        let content = json!({ "application/problem+json": { "schema": problem } });
        let answer = match status {
            304 => json!({ "description": said(status) }),
            status => json!({ "description": said(status), "content": content }),
        };
        answers.insert(status.to_string(), answer);
    }
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": format!("Needs the scope `{}`.", operation.right.name()),
        "parameters": parameters,
        "responses": answers,
    });
    if let Some(body) = operation.body {
        described["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body(schemas) } } });
    }
    described
}

fn said(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
}

/// `GET /api/v1/openapi.json`.
pub(super) async fn served(visit: Visit, headers: HeaderMap) -> Response {
    if let Err(refused) = visit.demand(Right::Read) {
        return refused;
    }
    tagged(&headers, document().to_string().into_bytes())
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
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for (at, _) in text.match_indices("\"#/components/schemas/") {
            let name = text[at + 22..].split('"').next().unwrap_or_default();
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
