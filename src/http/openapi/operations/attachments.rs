//! The doors for attachments.

use atr_core::ids::AttachmentId;

use super::{BACKLOG_FULL, FORBIDDEN, PROBLEM, blob::given, in_path, keyed};
use crate::http::{
    attachments::Told,
    openapi::{
        form::{Form, Schemas},
        operation::{Access, Answer, Method, Operation, Refusal},
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
    let id = in_path("id", "The attachment.", Schemas::sent::<AttachmentId>);
    let give = Operation {
        method: Method::Get,
        path: "/v1/attachments/{id}",
        id: "attachment",
        tag: "attachments",
        summary: "Look at a picture",
        description: "Its bytes, which never change.",
        ..given(id, &pictures, "There is no such attachment in this project.")
    };
    [take, give]
}
