//! The doors for copies of sources.

use atr_core::ids::{SourceCopyId, SourceId};

use super::{BACKLOG_FULL, FORBIDDEN, PROBLEM, blob::given, in_path, keyed};
use crate::http::{
    openapi::{
        form::{Form, Schemas},
        operation::{Access, Answer, Method, Operation, Refusal},
    },
    source_copies::Told,
};

pub(super) fn all() -> [Operation; 2] {
    let of_status = |status, description| Answer {
        status,
        description,
        headers: &["Location"],
        forms: vec![Form::json(Schemas::given::<Told>)],
    };
    let bytes = [Form::bytes("application/octet-stream")];
    let take = Operation {
        method: Method::Post,
        path: "/v1/sources/{source}/copies",
        id: "keepSourceCopy",
        tag: "sources",
        summary: "Keep what a source says",
        description: "The body is what was retrieved, up to 10 MiB, and `Content-Type` says what it is. Its text is read, and where the words that \
                      facts quote stand in it is looked up.",
        access: Access::Key,
        parameters: vec![in_path("source", "The source.", Schemas::sent::<SourceId>)],
        body: bytes.to_vec(),
        answers: vec![
            of_status(200, "The source had this last time too."),
            of_status(201, "The source has changed, or this is its first copy."),
        ],
        refusals: keyed([
            Refusal::new(
                400,
                "BAD_USER_INPUT",
                "The body is empty or broke off before its end, or `Content-Type` is no media type.",
            ),
            FORBIDDEN,
            Refusal::new(404, "NOT_FOUND", "There is no such source in this project."),
            BACKLOG_FULL,
            Refusal::new(413, "TOO_LARGE", "It has more bytes than are taken: send the part that facts rest on."),
        ]),
        errors: vec![PROBLEM],
    };
    let id = in_path("id", "The copy.", Schemas::sent::<SourceCopyId>);
    let give = Operation {
        method: Method::Get,
        path: "/v1/source-copies/{id}",
        id: "sourceCopy",
        tag: "sources",
        summary: "Look at what a source said",
        description: "Its bytes, which never change, as a file to be saved; what they are stands in `SourceCopy.mediaType`.",
        ..given(id, &bytes, "There is no such copy in this project.")
    };
    [take, give]
}
