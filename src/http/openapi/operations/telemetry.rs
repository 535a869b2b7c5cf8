//! The doors for OpenTelemetry.

use serde_json::json;

use super::{BACKLOG_FULL, FORBIDDEN, TRACEPARENT, keyed};
use crate::http::{
    openapi::{
        form::{Form, Schemas},
        operation::{Access, Answer, Method, Operation, Parameter, Refusal},
    },
    otlp::Status,
};

pub(super) fn all() -> [Operation; 2] {
    let door = |path, id, summary, sent: &'static str, given: &'static str| {
        let coding = Parameter {
            name: "Content-Encoding",
            place: "header",
            required: false,
            description: "How the body is coded.",
            schema: |_| json!({ "type": "string", "enum": ["gzip", "identity"] }),
        };
        Operation {
            method: Method::Post,
            path,
            id,
            tag: "telemetry",
            summary,
            description: "Bodies are messages of the OpenTelemetry protocol, protobuf or JSON, at most 32 MiB, and are \
                          answered in kind. What of a request is refused is told by `partialSuccess`.",
            access: Access::Key,
            parameters: vec![coding, TRACEPARENT],
            body: vec![Form::bytes("application/x-protobuf"), Form::elsewhere("application/json", sent)],
            answers: vec![Answer {
                status: 200,
                description: "What is not told as refused is stored.",
                headers: &[],
                forms: vec![Form::bytes("application/x-protobuf"), Form::elsewhere("application/json", given)],
            }],
            refusals: keyed([
                Refusal::new(400, "INVALID_ARGUMENT", "The body is no such message, or broke off."),
                FORBIDDEN,
                Refusal::new(413, "RESOURCE_EXHAUSTED", "The body has more than 32 MiB: send less at once."),
                Refusal::new(415, "INVALID_ARGUMENT", "The body is neither protobuf nor JSON, or not coded by gzip."),
                BACKLOG_FULL,
            ]),
            errors: vec![Form::bytes("application/x-protobuf"), Form::json(Schemas::given::<Status>)],
        }
    };
    [
        door(
            "/v1/traces",
            "exportTraces",
            "Send spans",
            "An ExportTraceServiceRequest, in protobuf's JSON: see the OTLP specification.",
            "An ExportTraceServiceResponse, in protobuf's JSON: see the OTLP specification.",
        ),
        door(
            "/v1/logs",
            "exportLogs",
            "Send log records",
            "An ExportLogsServiceRequest, in protobuf's JSON: see the OTLP specification.",
            "An ExportLogsServiceResponse, in protobuf's JSON: see the OTLP specification.",
        ),
    ]
}
