//! Every method of every route, and what it answers.

use atr_core::domain::{
    feedback::FeedbackInput, grounding::GroundingInput, new_trace::TraceInput, review::ReviewInput,
};
use atr_core::ids::AttachmentId;
use serde_json::{Value, json};

use super::{
    form::{Form, Of, Schemas},
    operation::{Access, Answer, Method, Operation, Parameter, Refusal},
};
use crate::http::{
    attachments::Told,
    graphql::Asked,
    health::Readiness,
    ingest::{LineResult, Progress, Summary, Unfinished},
    otlp::Status,
    problem::Problem,
};

const PROBLEM: Form = Form::problem(Schemas::given::<Problem>);

/// The groups of operations.
pub(super) fn tags() -> Value {
    json!([
        { "name": "lines", "description": "Sending in bulk, a JSON object a line: `docs/ingest.md`." },
        { "name": "attachments", "description": "Pictures: `docs/attachments.md`." },
        { "name": "telemetry", "description": "OpenTelemetry's protocol, OTLP 1.11 over HTTP: `docs/otlp.md`." },
        { "name": "graphql", "description": "The API, as `schemas/schema.graphql` describes it: `docs/graphql.md`." },
        { "name": "service", "description": "What the service says of itself, to anyone." },
    ])
}

/// Every operation.
pub(super) fn all() -> Vec<Operation> {
    let mut all = vec![];
    all.extend(lines(&Lines {
        path: "/v1/ingest/traces",
        send: "ingestTraces",
        ask: "ingestTracesProgress",
        what: "Send error traces",
        line: Schemas::sent::<TraceInput>,
    }));
    all.extend(lines(&Lines {
        path: "/v1/ingest/reviews",
        send: "ingestReviews",
        ask: "ingestReviewsProgress",
        what: "Send experts' reviews",
        line: Schemas::sent::<ReviewInput>,
    }));
    all.extend(lines(&Lines {
        path: "/v1/ingest/grounding",
        send: "ingestGrounding",
        ask: "ingestGroundingProgress",
        what: "Send sources and facts",
        line: Schemas::sent::<GroundingInput>,
    }));
    all.extend(lines(&Lines {
        path: "/v1/ingest/feedback",
        send: "ingestFeedback",
        ask: "ingestFeedbackProgress",
        what: "Send what users said of answers",
        line: Schemas::sent::<FeedbackInput>,
    }));
    all.extend(attachments());
    all.extend(telemetry());
    all.extend(graphql());
    all.extend(service());
    all
}

/// What every door that asks for a key may answer.
fn keyed(more: impl IntoIterator<Item = Refusal>) -> Vec<Refusal> {
    let mut all: Vec<Refusal> = more.into_iter().collect();
    all.extend([
        Refusal::new(400, "BAD_USER_INPUT", "`ATR-Project` is not readable."),
        Refusal::new(401, "UNAUTHENTICATED", "There is no key, or it is not known, was withdrawn or has expired."),
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

fn text(_: &mut Schemas) -> Value {
    json!({ "type": "string" })
}

/// A pair of doors for lines.
struct Lines {
    path: &'static str,
    /// The names of its operations.
    send: &'static str,
    ask: &'static str,
    what: &'static str,
    line: Of,
}

fn lines(door: &Lines) -> [Operation; 2] {
    let key = |required| Parameter {
        name: "Idempotency-Key",
        place: "header",
        required,
        description: "A text of the sender's choice, of at most 255 characters, in double quotes: under it a body is \
                      taken in once, in the scope of project and path. Without quotes it is taken as it is.",
        // A string of structured fields, or bare; not blank.
        schema: |_| {
            let quoted = r#""[\t ]*([!#-\[\]-~]|\\["\\])([\t !#-\[\]-~]|\\["\\])*""#;
            json!({ "type": "string", "pattern": format!("^({quoted}|[!#-~]([\\t !#-~]*[!#-~])?)$") })
        },
    };
    let offset = Parameter {
        name: "Upload-Offset",
        place: "header",
        required: false,
        description: "Where the body goes on that was begun under the `Idempotency-Key`, in decompressed bytes.",
        schema: |_| json!({ "type": "integer", "format": "uint64", "minimum": 0, "maximum": u64::MAX }),
    };
    let coding = Parameter {
        name: "Content-Encoding",
        place: "header",
        required: false,
        description: "How the body is coded; of zstd, levels below 20.",
        schema: |_| json!({ "type": "string", "enum": ["gzip", "zstd", "identity"] }),
    };
    let wrong_key = || Refusal::new(400, "BAD_USER_INPUT", "`Idempotency-Key` or `Upload-Offset` is wrong or missing.");
    let of_header = |status, code, description, headers| Refusal { status, code, description, headers };
    let send = Operation {
        method: Method::Post,
        path: door.path,
        id: door.send,
        tag: "lines",
        summary: door.what,
        description: "The body is read as it comes and stored in batches; a bad line costs itself alone and is told in \
                      the answer. Where a request ends between two batches, the problem has the account of what was \
                      stored and `first_unanswered_line`.",
        access: Access::Key,
        parameters: vec![key(false), offset, coding, TRACEPARENT],
        body: vec![Form::lines(door.line)],
        answers: vec![Answer {
            status: 200,
            description: "An account of all lines; with `Accept: application/x-ndjson`, a result for each line that \
                          is not blank, as batches commit.",
            headers: &[],
            forms: vec![Form::json(Schemas::given::<Summary>), Form::lines(Schemas::given::<LineResult<'_>>)],
        }],
        refusals: keyed([
            wrong_key(),
            Refusal::new(400, "BAD_USER_INPUT", "The body broke off, or is not coded as `Content-Encoding` says."),
            FORBIDDEN,
            Refusal::new(409, "CONFLICT", "Another request under this `Idempotency-Key` is not at its end."),
            of_header(409, "WRONG_OFFSET", "The body is to go on elsewhere, see `Upload-Offset`.", &["Upload-Offset"]),
            Refusal::new(413, "TOO_DENSE", "The body becomes more than 500 times as long when it is decompressed."),
            of_header(
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                "The body is not lines of JSON by its `Content-Type`, or not coded in a way that is decoded here.",
                &["Accept-Post", "Accept-Encoding"],
            ),
            Refusal::new(422, "IDEMPOTENCY_KEY_REUSED", "Other content was sent under this `Idempotency-Key` before."),
            BACKLOG_FULL,
        ]),
        errors: vec![Form::problem(
            |schemas| json!({ "anyOf": [schemas.given::<Unfinished<'_>>(), schemas.given::<Problem>()] }),
        )],
    };
    let ask = Operation {
        method: Method::Get,
        path: door.path,
        id: door.ask,
        tag: "lines",
        summary: "Ask how far a body got that was sent here",
        description: "What a sender asks whose connection broke, to send the rest alone.",
        access: Access::Key,
        parameters: vec![key(true)],
        body: vec![],
        answers: vec![Answer {
            status: 200,
            description: "How far it got.",
            headers: &["Upload-Offset"],
            forms: vec![Form::json(Schemas::given::<Progress>)],
        }],
        refusals: keyed([
            wrong_key(),
            FORBIDDEN,
            Refusal::new(404, "NOT_FOUND", "Nothing was sent here under this key in the last 24 hours."),
        ]),
        errors: vec![PROBLEM],
    };
    [send, ask]
}

fn attachments() -> [Operation; 2] {
    let of_status = |status, description| Answer {
        status,
        description,
        headers: &["Location"],
        forms: vec![Form::json(Schemas::given::<Told>)],
    };
    let pictures = ["image/png", "image/jpeg", "image/webp", "image/gif"].map(Form::bytes);
    let take = Operation {
        method: Method::Post,
        path: "/v1/attachments",
        id: "attach",
        tag: "attachments",
        summary: "Keep a picture",
        description: "The body is the picture. What it is is told by its bytes; `Content-Type` is not looked at.",
        access: Access::Key,
        parameters: vec![],
        body: vec![Form::bytes("application/octet-stream")],
        answers: vec![of_status(200, "The project has this picture already."), of_status(201, "The picture is kept.")],
        refusals: keyed([
            Refusal::new(400, "BAD_USER_INPUT", "The body broke off before its end."),
            FORBIDDEN,
            Refusal::new(413, "TOO_LARGE", "It has more bytes or pixels than are taken: scale it down."),
            Refusal::new(415, "UNSUPPORTED_MEDIA_TYPE", "It is no PNG, JPEG, WebP or GIF, or it is an animated WebP."),
            Refusal::new(422, "BAD_USER_INPUT", "It is damaged or cut short: save it anew and send all of it."),
        ]),
        errors: vec![PROBLEM],
    };
    let id = Parameter {
        name: "id",
        place: "path",
        required: true,
        description: "The attachment.",
        schema: Schemas::sent::<AttachmentId>,
    };
    let known = Parameter {
        name: "If-None-Match",
        place: "header",
        required: false,
        description: "The `ETag` of what the caller has.",
        schema: text,
    };
    let give = Operation {
        method: Method::Get,
        path: "/v1/attachments/{id}",
        id: "attachment",
        tag: "attachments",
        summary: "Look at a picture",
        description: "Its bytes, which never change.",
        access: Access::Key,
        parameters: vec![id, known],
        body: vec![],
        answers: vec![
            Answer {
                status: 200,
                description: "The picture.",
                headers: &["ETag", "Content-Disposition"],
                forms: pictures.to_vec(),
            },
            Answer {
                status: 304,
                description: "The caller has it.",
                headers: &["ETag", "Content-Disposition"],
                forms: vec![],
            },
        ],
        refusals: keyed([FORBIDDEN, Refusal::new(404, "NOT_FOUND", "There is no such attachment in this project.")]),
        errors: vec![PROBLEM],
    };
    [take, give]
}

fn telemetry() -> [Operation; 2] {
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

fn graphql() -> [Operation; 4] {
    const RESPONSE: &str = "A GraphQL response: `data`, `errors`, `extensions`; see the GraphQL specification.";
    const OF_DRAFT: Form = Form::elsewhere("application/graphql-response+json", RESPONSE);
    const PLAIN: Form = Form::elsewhere("application/json", RESPONSE);
    let parameter = |name, description| Parameter { name, place: "query", required: false, description, schema: text };
    let refusals = || {
        keyed([
            Refusal::new(400, "BAD_USER_INPUT", "This is no request of GraphQL over HTTP."),
            Refusal::new(406, "NOT_ACCEPTABLE", "None of the forms of an answer is accepted."),
            Refusal::new(503, "TIMEOUT", "It took longer than a request may, and was given up."),
        ])
    };
    let by_get = Operation {
        method: Method::Get,
        path: "/graphql",
        id: "queryByGet",
        tag: "graphql",
        summary: "Ask by GET, or open the page to try queries in",
        description: "Queries alone. A browser gets the page, which needs no key, where the installation has it.",
        access: Access::Key,
        parameters: vec![
            parameter("query", "The document."),
            parameter("operationName", "Which of its operations."),
            parameter("variables", "A JSON object."),
            parameter("extensions", "A JSON object; `persistedQuery` is known."),
        ],
        body: vec![],
        answers: vec![Answer {
            status: 200,
            description: "The answer.",
            headers: &[],
            forms: vec![PLAIN, OF_DRAFT, Form::text("text/html")],
        }],
        refusals: {
            let mut all = refusals();
            all.push(Refusal::new(405, "METHOD_NOT_ALLOWED", "Mutations go by POST."));
            all
        },
        errors: vec![PROBLEM, OF_DRAFT],
    };
    let by_post = Operation {
        method: Method::Post,
        path: "/graphql",
        id: "query",
        tag: "graphql",
        summary: "Ask, or change something",
        description: "By the working draft of GraphQL over HTTP. A request that was not understood is answered `400` \
                      where `application/graphql-response+json` is accepted, else `200`, with `errors` and without \
                      `data`.",
        access: Access::Key,
        parameters: vec![TRACEPARENT],
        body: vec![Form::json(Schemas::sent::<Asked>)],
        answers: vec![Answer { status: 200, description: "The answer.", headers: &[], forms: vec![PLAIN, OF_DRAFT] }],
        refusals: {
            let mut all = refusals();
            all.extend([
                Refusal::new(413, "TOO_LARGE", "The body has more than 8 MiB."),
                Refusal::new(415, "UNSUPPORTED_MEDIA_TYPE", "The body is not JSON in UTF-8 by its `Content-Type`."),
            ]);
            all
        },
        errors: vec![PROBLEM, OF_DRAFT],
    };
    let socket = Operation {
        path: "/graphql/ws",
        id: "subscribe",
        tag: "graphql",
        summary: "Open a WebSocket for subscriptions",
        description: "By the subprotocol `graphql-transport-ws`. The key is given in the first message or as a header.",
        answers: vec![Answer { status: 101, description: "The socket is open.", headers: &[], forms: vec![] }],
        refusals: vec![
            Refusal::new(400, "BAD_USER_INPUT", "This opens no WebSocket."),
            Refusal::new(426, "BAD_USER_INPUT", "This connection cannot become a WebSocket."),
            Refusal::new(503, "UNAVAILABLE", "As many sockets are open as this server takes."),
        ],
        ..open()
    };
    let script = Operation {
        path: "/graphql/page.js",
        id: "pageScript",
        tag: "graphql",
        summary: "The script of the page to try queries in",
        answers: vec![Answer {
            status: 200,
            description: "The script.",
            headers: &[],
            forms: vec![Form::text("text/javascript")],
        }],
        refusals: vec![Refusal::new(404, "NOT_FOUND", "This installation has no page.")],
        ..open()
    };
    [by_get, by_post, socket, script]
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

fn service() -> [Operation; 4] {
    let answer = |status, description, form| Answer { status, description, headers: &[], forms: vec![form] };
    let readiness = Form::json(Schemas::given::<Readiness>);
    [
        Operation {
            path: "/healthz",
            id: "isAlive",
            summary: "Whether the process is alive",
            answers: vec![answer(200, "It is.", Form::text("text/plain"))],
            ..open()
        },
        Operation {
            path: "/readyz",
            id: "isReady",
            summary: "Whether the process is ready, and what is down",
            answers: vec![
                answer(200, "It takes requests.", readiness),
                answer(503, "It does not: its database is out of reach.", readiness),
            ],
            ..open()
        },
        Operation {
            path: "/metrics",
            id: "metrics",
            summary: "What the process measured, for Prometheus",
            description: "Without ids and without contents.",
            answers: vec![answer(200, "Prometheus' text format 0.0.4.", Form::text("text/plain"))],
            ..open()
        },
        Operation {
            path: "/openapi.json",
            id: "openapi",
            summary: "This document",
            answers: vec![answer(
                200,
                "An OpenAPI document.",
                Form::elsewhere("application/json", "An OpenAPI document, as its specification has it."),
            )],
            ..open()
        },
    ]
}
