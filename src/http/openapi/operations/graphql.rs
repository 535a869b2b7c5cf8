//! The doors for GraphQL.

use super::{PROBLEM, TRACEPARENT, keyed, open, text};
use crate::http::{
    graphql::Asked,
    openapi::{
        form::{Form, Schemas},
        operation::{Access, Answer, Method, Operation, Parameter, Refusal},
    },
};

pub(super) fn all() -> [Operation; 3] {
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
    [by_get, by_post, socket]
}
