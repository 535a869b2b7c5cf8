//! The list of snapshots, and the wish for a new one.

use atr_core::{
    domain::{
        access::Permission,
        rejection,
        snapshot::{Snapshot, SnapshotFilter, SnapshotState},
    },
    ids::SnapshotId,
};
use atr_workers::stages::curate::Recipe;
use axum::{
    Form,
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;

use crate::{
    app::{
        AppError,
        request_snapshot::{SnapshotRequest, request_snapshot},
    },
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
        Door::get("/snapshots", May::Do(Permission::Read), list),
        Door::post("/snapshots", May::Do(Permission::Train), request),
    ]
}

/// What restricts the list.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    state: String,
    #[serde(default)]
    name: String,
    #[serde(flatten)]
    page: Asked,
}

/// The form for a new one.
#[derive(Debug, Default, Deserialize)]
struct Sent {
    #[serde(default)]
    name: String,
    /// A recipe as JSON; nothing is the usual one.
    #[serde(default)]
    recipe: String,
}

#[derive(askama::Template)]
#[template(path = "snapshots.html")]
struct Page<'a> {
    frame: &'a Frame,
    wanted: &'a Wanted,
    states: &'static [SnapshotState],
    /// Each with how many of its members were kept, once that is decided.
    rows: Vec<(Snapshot, Option<u64>)>,
    beside: Beside,
    may_request: bool,
    sent: &'a Sent,
    refused: Option<&'a str>,
}

/// A page of the list.
type Listed = (Vec<(Snapshot, Option<u64>)>, Beside);

async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let listed = listed(&state, &visitor, &wanted).await?;
    Ok(shown(&visitor, &wanted, listed, &Sent::default(), None))
}

async fn listed(state: &AppState, visitor: &Visitor, wanted: &Wanted) -> Result<Listed, Fault> {
    let name = Some(wanted.name.trim().to_owned()).filter(|name| !name.is_empty());
    let filter = SnapshotFilter { state: wanted.state.parse().ok(), name };
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let page = tx.snapshots(&filter, wanted.page.request::<SnapshotId>()).await?;
    let restricted = [("state", &*wanted.state), ("name", &wanted.name)];
    let beside = Beside::of(&page, &base("/snapshots", &restricted), |snapshot| snapshot.id);
    let row = |snapshot: Snapshot| {
        let kept = snapshot.counts.as_ref().and_then(|counts| counts["kept"].as_u64());
        (snapshot, kept)
    };
    Ok((page.rows.into_iter().map(row).collect(), beside))
}

fn shown(visitor: &Visitor, wanted: &Wanted, (rows, beside): Listed, sent: &Sent, refused: Option<&str>) -> Response {
    let (frame, states) = (&visitor.frame, SnapshotState::ALL);
    let may_request = visitor.actor.may(Permission::Train).is_ok();
    written(&Page { frame, wanted, states, rows, beside, may_request, sent, refused })
}

async fn request(State(state): State<AppState>, visitor: Visitor, Form(sent): Form<Sent>) -> Result<Response, Fault> {
    let asked = async {
        let recipe: Option<Recipe> = match sent.recipe.trim() {
            "" => None,
            recipe => Some(read(recipe)?),
        };
        let name = Some(sent.name.trim().to_owned()).filter(|name| !name.is_empty());
        request_snapshot(&state.app, &visitor.actor, SnapshotRequest { name, recipe }).await
    };
    match asked.await {
        Ok(snapshot) => Ok(see_other(&format!("/snapshots/{}", snapshot.id))),
        Err(error) => {
            let wanted = Wanted::default();
            let listed = listed(&state, &visitor, &wanted).await?;
            refusing(error, |refused| shown(&visitor, &wanted, listed, &sent, Some(refused)))
        }
    }
}

fn read(recipe: &str) -> Result<Recipe, AppError> {
    let value = serde_json::from_str(recipe);
    let value = value.map_err(|error| AppError::invalid("recipe", format!("is no JSON: {error}")))?;
    rejection::read_value(value).map_err(|refusal| refusal.within("recipe").into())
}
