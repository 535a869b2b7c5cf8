//! `/`: leads to where someone's role begins.

use axum::{http::StatusCode, response::Response};

use crate::console::{
    door::{Door, May, Visitor, see_other},
    fault::Fault,
    nav,
};

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/", May::SignedIn, home)]
}

async fn home(visitor: Visitor) -> Result<Response, Fault> {
    nav::home(&visitor.actor).map(see_other).ok_or_else(|| Fault::of(StatusCode::FORBIDDEN))
}
