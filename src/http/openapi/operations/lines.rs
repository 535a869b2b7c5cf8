//! The doors for lines, each a pair: sending, and asking how far a body got.

use atr_core::domain::{
    feedback::FeedbackInput, grounding::GroundingInput, new_trace::TraceInput, review::ReviewInput,
};
use serde_json::json;

use super::{BACKLOG_FULL, FORBIDDEN, PROBLEM, TRACEPARENT, keyed};
use crate::http::{
    ingest::{LineResult, MEDIA_TYPES, Progress, Summary, Unfinished},
    openapi::{
        form::{Form, Of, Schemas},
        operation::{Access, Answer, Method, Operation, Parameter, Refusal},
    },
    problem::Problem,
};

pub(super) fn all() -> Vec<Operation> {
    let doors = [
        Pair {
            path: "/v1/ingest/traces",
            send: "ingestTraces",
            ask: "ingestTracesProgress",
            what: "Send error traces",
            line: Schemas::sent::<TraceInput>,
            tables: &[],
        },
        Pair {
            path: "/v1/ingest/reviews",
            send: "ingestReviews",
            ask: "ingestReviewsProgress",
            what: "Send experts' reviews",
            line: Schemas::sent::<ReviewInput>,
            tables: &[],
        },
        Pair {
            path: "/v1/ingest/grounding",
            send: "ingestGrounding",
            ask: "ingestGroundingProgress",
            what: "Send sources and facts",
            line: Schemas::sent::<GroundingInput>,
            tables: &MEDIA_TYPES,
        },
        Pair {
            path: "/v1/ingest/feedback",
            send: "ingestFeedback",
            ask: "ingestFeedbackProgress",
            what: "Send what users said of answers",
            line: Schemas::sent::<FeedbackInput>,
            tables: &[],
        },
    ];
    doors.iter().flat_map(pair).collect()
}

/// A pair of doors for lines.
struct Pair {
    path: &'static str,
    /// The names of its operations.
    send: &'static str,
    ask: &'static str,
    what: &'static str,
    line: Of,
    /// The media types of tables that it takes, whose rows are lines.
    tables: &'static [&'static str],
}

fn pair(door: &Pair) -> [Operation; 2] {
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
    let too_long =
        Refusal::new(413, "TOO_LARGE", "A table has more than 256 MiB, or becomes more than 2 GiB of lines.");
    let too_long = (!door.tables.is_empty()).then_some(too_long);
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
        body: [Form::lines(door.line)].into_iter().chain(door.tables.iter().copied().map(Form::bytes)).collect(),
        answers: vec![Answer {
            status: 200,
            description: "An account of all lines; with `Accept: application/x-ndjson`, a result for each line that \
                          is not blank, as batches commit.",
            headers: &[],
            forms: vec![Form::json(Schemas::given::<Summary>), Form::lines(Schemas::given::<LineResult<'_>>)],
        }],
        refusals: keyed(
            [
                wrong_key(),
                Refusal::new(400, "BAD_USER_INPUT", "The body broke off, or is not coded as `Content-Encoding` says."),
                FORBIDDEN,
                Refusal::new(409, "CONFLICT", "Another request under this `Idempotency-Key` is not at its end."),
                of_header(
                    409,
                    "WRONG_OFFSET",
                    "The body is to go on elsewhere, see `Upload-Offset`.",
                    &["Upload-Offset"],
                ),
                Refusal::new(413, "TOO_DENSE", "The body becomes more than 500 times as long when it is decompressed."),
                of_header(
                    415,
                    "UNSUPPORTED_MEDIA_TYPE",
                    "The body is not lines of JSON by its `Content-Type`, or not coded in a way that is decoded here.",
                    &["Accept-Post", "Accept-Encoding"],
                ),
                Refusal::new(
                    422,
                    "IDEMPOTENCY_KEY_REUSED",
                    "Other content was sent under this `Idempotency-Key` before.",
                ),
                BACKLOG_FULL,
            ]
            .into_iter()
            .chain(too_long),
        ),
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
