//! What every door has in common that answers bytes which never change.

use super::{FORBIDDEN, PROBLEM, keyed, text};
use crate::http::openapi::{
    form::Form,
    operation::{Access, Answer, Method, Operation, Parameter, Refusal},
};

/// The bytes of what `id` names, in these forms; and what is said where it names nothing.
pub(super) fn given(id: Parameter, forms: &[Form], missing: &'static str) -> Operation {
    let header = |name, description| Parameter { name, place: "header", required: false, description, schema: text };
    let headers = [
        header("If-Match", "The `ETag` of what is wanted, and of nothing else."),
        header("If-None-Match", "The `ETag` of what the caller has."),
        header("If-Range", "The `ETag` of what the caller has the rest of."),
        header(
            "Range",
            "The bytes that are wanted, as `bytes=0-1023`; several parts at once are answered by the whole.",
        ),
    ];
    Operation {
        method: Method::Get,
        path: "",
        id: "",
        tag: "",
        summary: "",
        description: "",
        access: Access::Key,
        parameters: [id].into_iter().chain(headers).collect(),
        body: vec![],
        answers: vec![
            Answer {
                status: 200,
                description: "All of it.",
                headers: &["ETag", "Content-Disposition", "Accept-Ranges"],
                forms: forms.to_vec(),
            },
            Answer {
                status: 206,
                description: "The bytes of it that are wanted.",
                headers: &["ETag", "Content-Disposition", "Accept-Ranges", "Content-Range"],
                forms: forms.to_vec(),
            },
            Answer {
                status: 304,
                description: "The caller has it.",
                headers: &["ETag", "Content-Disposition", "Accept-Ranges"],
                forms: vec![],
            },
        ],
        refusals: keyed([
            FORBIDDEN,
            Refusal::new(404, "NOT_FOUND", missing),
            Refusal::new(412, "PRECONDITION_FAILED", "`If-Match` names another one."),
            Refusal {
                headers: &["Content-Range"],
                ..Refusal::new(416, "RANGE_NOT_SATISFIABLE", "It has none of the bytes in `Range`.")
            },
        ]),
        errors: vec![PROBLEM],
    }
}
