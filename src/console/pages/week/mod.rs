//! `/week`: what an expert is asked this week, and what came of what they judged; each item has a page ([`item`]).

mod facts;
mod form;
mod item;
mod view;

use atr_core::{
    domain::assignment::AssignmentState,
    ids::{AssignmentId, ExpertId},
    store::WeekItem,
};
use axum::{
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;

pub(super) use self::view::{Piece, aligned_pieces};
use crate::{
    app::{
        AppError,
        assignments::{self, own_desk},
        week,
    },
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    let mut doors = vec![Door::get("/week", May::Desk, list), Door::post("/week/take", May::Desk, take)];
    doors.extend(item::doors());
    doors.extend(facts::doors());
    doors
}

/// What is told above the list.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    /// The item that was judged last, to be undone.
    #[serde(default)]
    after: String,
    /// Whether nothing was left to take.
    #[serde(default)]
    nothing: bool,
}

#[derive(askama::Template)]
#[template(path = "week.html")]
struct Page<'a> {
    frame: &'a Frame,
    week: &'a week::Week,
    undo: Option<AssignmentId>,
    nothing: bool,
    late: bool,
    expert: ExpertId,
}

impl Page<'_> {
    fn of_state(&self, state: AssignmentState) -> impl Iterator<Item = &WeekItem> {
        self.week.items.iter().filter(move |item| item.assignment.state == state)
    }

    fn held(&self) -> Vec<&WeekItem> {
        self.of_state(AssignmentState::Held).collect()
    }

    fn done(&self) -> Vec<&WeekItem> {
        self.of_state(AssignmentState::Done).collect()
    }

    /// How many of the items that were theirs to judge are judged, of how many.
    fn progress(&self) -> (usize, usize) {
        let done = self.of_state(AssignmentState::Done).count();
        (done, done + self.of_state(AssignmentState::Held).count())
    }
}

async fn list(State(state): State<AppState>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let week = week::week(&mut tx, &visitor.actor).await?;
    let undo = asked.after.parse().ok().filter(|id| week.items.iter().any(|item| item.assignment.id == *id));
    let late = tx.now() > week.cycle.due_at;
    let expert = own_desk(&visitor.actor)?;
    Ok(written(&Page { frame: &visitor.frame, week: &week, undo, nothing: asked.nothing, late, expert }))
}

async fn take(State(state): State<AppState>, visitor: Visitor) -> Result<Response, Fault> {
    match assignments::take(&state.app, &visitor.actor).await {
        Ok(taken) => Ok(see_other(&place(taken.id))),
        Err(AppError::Conflict(_)) => Ok(see_other("/week?nothing=true")),
        Err(error) => Err(error.into()),
    }
}

/// Where an item is.
fn place(id: AssignmentId) -> String {
    format!("/week/{id}")
}

/// The item that comes after another: the next that is held by rank, or else the first; `None` where all are judged.
fn next_of(items: &[WeekItem], current: AssignmentId) -> Option<AssignmentId> {
    let rank = items.iter().find(|item| item.assignment.id == current).map_or(0, |item| item.assignment.rank);
    let held = || {
        let others = items.iter().map(|item| &item.assignment).filter(|item| item.id != current);
        others.filter(|item| item.state == AssignmentState::Held)
    };
    held().find(|item| item.rank > rank).or_else(|| held().next()).map(|item| item.id)
}
