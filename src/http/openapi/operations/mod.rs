//! Every method of every route, and what it answers: a group of doors a file.

mod attachments;
mod blob;
mod graphql;
mod lines;
mod service;
mod sessions;
mod sources;
mod telemetry;

use serde_json::{Value, json};

use super::{
    form::{Form, Of, Schemas},
    operation::{Access, Method, Operation, Parameter, Refusal},
};
use crate::http::problem::Problem;

const PROBLEM: Form = Form::problem(Schemas::given::<Problem>);

/// The groups of operations.
pub(super) fn tags() -> Value {
    json!([
        { "name": "lines", "description": "Sending in bulk, a JSON object a line: `docs/ingest.md`." },
        { "name": "attachments", "description": "Pictures: `docs/attachments.md`." },
        { "name": "sources", "description": "What sources say, as it was retrieved: `docs/grounding.md`." },
        { "name": "telemetry", "description": "OpenTelemetry's protocol, OTLP 1.11 over HTTP: `docs/otlp.md`." },
        { "name": "graphql", "description": "The API, as `schemas/schema.graphql` describes it: `docs/graphql.md`." },
        { "name": "sessions", "description": "Signing in and out, for people: `docs/security.md`." },
        { "name": "service", "description": "What the service says of itself, to anyone." },
    ])
}

/// Every operation.
pub(super) fn all() -> Vec<Operation> {
    let mut all = lines::all();
    all.extend(attachments::all());
    all.extend(sources::all());
    all.extend(telemetry::all());
    all.extend(graphql::all());
    all.extend(sessions::all());
    all.extend(service::all());
    // A browser sends the cookie of a session whoever's page asks.
    for operation in all.iter_mut().filter(|one| one.access == Access::Key && one.method != Method::Get) {
        operation.refusals.push(Refusal::new(403, "FORBIDDEN", "A page of another site asks by a session."));
    }
    all
}

/// What every door that asks for a key may answer.
fn keyed(more: impl IntoIterator<Item = Refusal>) -> Vec<Refusal> {
    let mut all: Vec<Refusal> = more.into_iter().collect();
    all.extend([
        Refusal::new(400, "BAD_USER_INPUT", "`ATR-Project` is not readable."),
        Refusal::new(
            401,
            "UNAUTHENTICATED",
            "There is no key and no session, or it is not known, was withdrawn or has expired.",
        ),
        Refusal::new(404, "NOT_FOUND", "This key can enter no project of the name in `ATR-Project`."),
        Refusal::new(429, "RATE_LIMITED", "The key asks more often than it may."),
        Refusal::new(500, "INTERNAL", "A fault of the service."),
        Refusal::new(503, "UNAVAILABLE", "The database is out of reach."),
    ]);
    all
}

const FORBIDDEN: Refusal = Refusal::new(403, "FORBIDDEN", "The key's role or scopes do not permit it.");
const BACKLOG_FULL: Refusal = Refusal::new(429, "BACKLOG_FULL", "Too much of the project's work is not done.");

const TRACEPARENT: Parameter = Parameter {
    name: "traceparent",
    place: "header",
    required: false,
    description: "W3C Trace Context: goes with what this enqueues. One that cannot be read is as good as none.",
    schema: text,
};

/// A part of the path.
fn in_path(name: &'static str, description: &'static str, schema: Of) -> Parameter {
    Parameter { name, place: "path", required: true, description, schema }
}

fn text(_: &mut Schemas) -> Value {
    json!({ "type": "string" })
}

/// What all that is open to anyone have in common.
fn open() -> Operation {
    Operation {
        method: Method::Get,
        path: "",
        id: "",
        tag: "service",
        summary: "",
        description: "",
        access: Access::Anyone,
        parameters: vec![],
        body: vec![],
        answers: vec![],
        refusals: vec![],
        errors: vec![PROBLEM],
    }
}
