//! `/project/guidelines`: how answers are to be judged. Whoever judges may read them.

use atr_core::{
    domain::{access::Permission, guideline::Guideline},
    ids::GuidelineId,
};
use axum::{
    Form,
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;

use crate::{
    app::guidelines,
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        pages::{
            paging::{Asked, Beside, base},
            sign_in::refusing,
        },
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/project/guidelines", May::Consult, list),
        Door::get("/project/guidelines/{gdl}", May::Consult, one),
        Door::post("/project/guidelines", May::Do(Permission::Administer), write),
    ]
}

/// The form of the next version.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    domain: String,
    text: String,
}

#[derive(askama::Template)]
#[template(path = "guidelines.html")]
struct Page<'a> {
    frame: &'a Frame,
    rows: Vec<Guideline>,
    beside: Beside,
    may_audit: bool,
    may_administer: bool,
    sent: &'a Sent,
    refused: Option<&'a str>,
}

/// A version, whole.
#[derive(askama::Template)]
#[template(path = "guideline.html")]
struct One<'a> {
    frame: &'a Frame,
    guideline: Guideline,
}

async fn one(State(state): State<AppState>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    let id: GuidelineId = id.parse().map_err(|_| Fault::not_found())?;
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let guideline = tx.guidelines_by_id(&[id]).await?.pop().ok_or_else(Fault::not_found)?;
    Ok(written(&One { frame: &visitor.frame, guideline }))
}

type Listed = (Vec<Guideline>, Beside);

async fn listed(state: &AppState, visitor: &Visitor, asked: &Asked) -> Result<Listed, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let page = tx.guidelines(asked.request::<GuidelineId>()).await?;
    let beside = Beside::of(&page, &base("/project/guidelines", &[]), |guideline| guideline.id);
    Ok((page.rows, beside))
}

fn shown(visitor: &Visitor, (rows, beside): Listed, sent: &Sent, refused: Option<&str>) -> Response {
    let may = |what| visitor.actor.may(what).is_ok();
    let (may_audit, may_administer) = (may(Permission::Audit), may(Permission::Administer));
    written(&Page { frame: &visitor.frame, rows, beside, may_audit, may_administer, sent, refused })
}

async fn list(State(state): State<AppState>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    let listed = listed(&state, &visitor, &asked).await?;
    Ok(shown(&visitor, listed, &Sent::default(), None))
}

async fn write(State(state): State<AppState>, visitor: Visitor, Form(sent): Form<Sent>) -> Result<Response, Fault> {
    let domain = Some(sent.domain.trim().to_owned());
    match guidelines::write(&state.app, &visitor.actor, domain, sent.text.clone()).await {
        Ok(_) => Ok(see_other("/project/guidelines")),
        Err(error) => {
            let listed = listed(&state, &visitor, &Asked::default()).await?;
            refusing(error, |refused| shown(&visitor, listed, &sent, Some(refused)))
        }
    }
}
