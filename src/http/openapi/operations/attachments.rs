//! The doors for attachments.

use atr_core::ids::AttachmentId;

use super::{BACKLOG_FULL, FORBIDDEN, PROBLEM, keyed, text};
use crate::http::{
    attachments::Told,
    openapi::{
        form::{Form, Schemas},
        operation::{Access, Answer, Method, Operation, Parameter, Refusal},
    },
};

pub(super) fn all() -> [Operation; 2] {
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
            BACKLOG_FULL,
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
    let give = Operation {
        method: Method::Get,
        path: "/v1/attachments/{id}",
        id: "attachment",
        tag: "attachments",
        summary: "Look at a picture",
        description: "Its bytes, which never change.",
        access: Access::Key,
        parameters: [id].into_iter().chain(headers).collect(),
        body: vec![],
        answers: vec![
            Answer {
                status: 200,
                description: "The picture.",
                headers: &["ETag", "Content-Disposition", "Accept-Ranges"],
                forms: pictures.to_vec(),
            },
            Answer {
                status: 206,
                description: "The bytes of it that are wanted.",
                headers: &["ETag", "Content-Disposition", "Accept-Ranges", "Content-Range"],
                forms: pictures.to_vec(),
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
            Refusal::new(404, "NOT_FOUND", "There is no such attachment in this project."),
            Refusal::new(412, "PRECONDITION_FAILED", "`If-Match` names another one."),
            Refusal {
                headers: &["Content-Range"],
                ..Refusal::new(416, "RANGE_NOT_SATISFIABLE", "It has none of the bytes in `Range`.")
            },
        ]),
        errors: vec![PROBLEM],
    };
    [take, give]
}
