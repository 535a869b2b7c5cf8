//! What the service says of itself.

use super::open;
use crate::http::{
    health::Readiness,
    openapi::{
        form::{Form, Schemas},
        operation::{Answer, Operation},
    },
};

pub(super) fn all() -> [Operation; 4] {
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
