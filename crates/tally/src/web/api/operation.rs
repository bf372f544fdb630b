//! What an operation is, and what operations have in common.

use super::super::site::Site;
use super::super::visitor::Right;
use axum::routing::MethodRouter;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};
use std::sync::Arc;

/// An operation.
pub(super) struct Operation {
    /// `get` or `post`.
    pub(super) method: &'static str,
    /// Below `/api/v1`, as both axum and OpenAPI write it.
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// What it is about: a heading of the description.
    pub(super) subject: Subject,
    /// What a token's scopes or a person's role must allow, all of it.
    pub(super) rights: &'static [Right],
    pub(super) parameters: &'static [Parameter],
    pub(super) body: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// Bodies that fit, by name.
    pub(super) examples: fn() -> Value,
    /// The answer when all is well.
    pub(super) answer: (u16, fn(&mut SchemaGenerator) -> Schema),
    /// Other answers than those that every operation may give.
    pub(super) refusals: &'static [u16],
    pub(super) route: fn() -> MethodRouter<Arc<Site>>,
}

/// What operations are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Daemon,
    Reports,
    Runs,
    Decisions,
    Administration,
}

impl Subject {
    pub(super) const ALL: [Self; 5] = [Self::Daemon, Self::Reports, Self::Runs, Self::Decisions, Self::Administration];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Daemon => "daemon",
            Self::Reports => "reports",
            Self::Runs => "runs",
            Self::Decisions => "decisions",
            Self::Administration => "administration",
        }
    }

    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Daemon => "What the daemon does now, and who asks.",
            Self::Reports => "Reports: how they stand, what they show, each value with its past.",
            Self::Runs => "Past runs and everything that they have to say.",
            Self::Decisions => "What waits for a person, and what people asked of the daemon.",
            Self::Administration => "What is configured, what is open in the map of places, who did what.",
        }
    }
}

/// A part of the path or of the query.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) is_in: &'static str,
    pub(super) is_required: bool,
    pub(super) meaning: &'static str,
    pub(super) schema: fn() -> Value,
    pub(super) example: Option<&'static str>,
}

impl Parameter {
    const fn in_path(name: &'static str, meaning: &'static str, schema: fn() -> Value, example: &'static str) -> Self {
        Self { name, is_in: "path", is_required: true, meaning, schema, example: Some(example) }
    }

    pub(super) const fn in_query(name: &'static str, meaning: &'static str, schema: fn() -> Value) -> Self {
        Self { name, is_in: "query", is_required: false, meaning, schema, example: None }
    }

    const fn needed(self) -> Self {
        Self { is_required: true, ..self }
    }

    const fn such_as(self, example: &'static str) -> Self {
        Self { example: Some(example), ..self }
    }
}

fn number() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX })
}

fn position() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 0, "maximum": u32::MAX, "default": 0 })
}

fn limit() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": super::answer::ITEMS_MAX, "default": super::answer::ITEMS })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn name() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

pub(super) const BEFORE: Parameter =
    Parameter::in_query("before", "Only items older than the one with this number.", number);
pub(super) const FROM: Parameter = Parameter::in_query("from", "The position of the first item, from 0.", position);
pub(super) const LIMIT: Parameter = Parameter::in_query("limit", "So many items at most.", limit);
pub(super) const REPORT: Parameter = Parameter::in_path("report", "Name of the report.", name, "weekly");
pub(super) const RUN: Parameter = Parameter::in_path("run", "Number of the run.", number, "1");
pub(super) const JOB: Parameter = Parameter::in_path("job", "Number of the job.", number, "1");
pub(super) const PLAN: Parameter = Parameter::in_path("plan", "Number of the plan.", number, "1");
pub(super) const OF_REPORT: Parameter =
    Parameter::in_query("report", "Only runs of this report.", text).such_as("weekly");
pub(super) const INDICATOR: Parameter =
    Parameter::in_query("indicator", "Code of an indicator; the first one of the report without it.", text);
pub(super) const ANY_PERIOD: Parameter =
    Parameter::in_query("period", "Id of a period; the last one without it.", text);
pub(super) const PERIOD: Parameter = Parameter::in_query("period", "Id of a period.", name).needed().such_as("2020W7");
pub(super) const ORG_UNIT: Parameter =
    Parameter::in_query("org_unit", "UID of an organisation unit.", name).needed().such_as("O6uvpzGd5pu");
pub(super) const DATA_ELEMENT: Parameter =
    Parameter::in_query("data_element", "UID of a data element.", name).needed().such_as("fbfJHSPpUQD");
pub(super) const COMBO: Parameter =
    Parameter::in_query("category_option_combo", "UID of a category option combo.", name)
        .needed()
        .such_as("HllvX50cXC0");
pub(super) const ATTRIBUTES: Parameter =
    Parameter::in_query("attribute_option_combo", "UID of an attribute option combo.", name)
        .needed()
        .such_as("HllvX50cXC0");

fn no_examples() -> Value {
    Value::Null
}

/// What most operations are.
pub(super) const GET: Operation = Operation {
    method: "get",
    path: "",
    id: "",
    summary: "",
    subject: Subject::Daemon,
    rights: &[Right::Read],
    parameters: &[],
    body: None,
    examples: no_examples,
    answer: (200, SchemaGenerator::subschema_for::<()>),
    refusals: &[],
    route: MethodRouter::new,
};
