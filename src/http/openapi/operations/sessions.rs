//! The doors for people.

use super::{PROBLEM, keyed, open};
use crate::http::{
    openapi::{
        form::{Form, Schemas},
        operation::{Access, Answer, Method, Operation, Refusal},
    },
    session::{Acceptance, SignIn, Told},
};

pub(super) fn all() -> [Operation; 4] {
    let told = Form::json(Schemas::given::<Told>);
    let opened = || Answer {
        status: 200,
        description: "Whose session it is; its secret is the cookie `atr_session`.",
        headers: &["Set-Cookie"],
        forms: vec![told],
    };
    let sign_in = Operation {
        method: Method::Post,
        path: "/v1/session",
        id: "signIn",
        tag: "sessions",
        summary: "Sign in",
        description: "Whether the project, the address or the password is wrong is not told.",
        body: vec![Form::json(Schemas::sent::<SignIn>)],
        answers: vec![opened()],
        refusals: refusals([
            Refusal::new(401, "UNAUTHENTICATED", "Nobody signs in there by this address and this password."),
            Refusal::new(429, "RATE_LIMITED", "It was tried too often to sign in as them."),
        ]),
        ..open()
    };
    let accept = Operation {
        method: Method::Post,
        path: "/v1/session/invitation",
        id: "acceptInvitation",
        tag: "sessions",
        summary: "Choose a password, by an invitation",
        description: "It takes the place of the invitation, and of the password before.",
        body: vec![Form::json(Schemas::sent::<Acceptance>)],
        answers: vec![opened()],
        refusals: refusals([Refusal::new(401, "UNAUTHENTICATED", "This invitation is not open, or not any more.")]),
        ..open()
    };
    let who = Operation {
        method: Method::Get,
        path: "/v1/session",
        id: "session",
        tag: "sessions",
        summary: "Ask whose session it is",
        description: "",
        access: Access::Key,
        parameters: vec![],
        body: vec![],
        answers: vec![Answer { status: 200, description: "Whose, and until when.", headers: &[], forms: vec![told] }],
        refusals: keyed([Refusal::new(404, "NOT_FOUND", "A program's key is no session.")]),
        errors: vec![PROBLEM],
    };
    let sign_out = Operation {
        method: Method::Delete,
        path: "/v1/session",
        id: "signOut",
        tag: "sessions",
        summary: "Sign out",
        description: "",
        access: Access::Key,
        parameters: vec![],
        body: vec![],
        answers: vec![Answer {
            status: 204,
            description: "The session has ended.",
            headers: &["Set-Cookie"],
            forms: vec![],
        }],
        refusals: keyed([Refusal::new(
            409,
            "CONFLICT",
            "A program's key is no session: who administers withdraws it.",
        )]),
        errors: vec![PROBLEM],
    };
    [sign_in, accept, who, sign_out]
}

/// What those who are let in by no key yet may be answered.
fn refusals(more: impl IntoIterator<Item = Refusal>) -> Vec<Refusal> {
    let mut all: Vec<Refusal> = more.into_iter().collect();
    all.extend([
        Refusal::new(400, "BAD_USER_INPUT", "The body is no JSON, or a field of it is wrong."),
        Refusal::new(403, "FORBIDDEN", "A page of another site asks."),
        Refusal::new(413, "TOO_LARGE", "The body has more than 8 MiB."),
        Refusal::new(415, "UNSUPPORTED_MEDIA_TYPE", "The body is no JSON by its `Content-Type`."),
        Refusal::new(422, "BAD_USER_INPUT", "The body lacks a field, or has one too many."),
        Refusal::new(500, "INTERNAL", "A fault of the service."),
        Refusal::new(503, "UNAVAILABLE", "The database is out of reach."),
    ]);
    all
}
