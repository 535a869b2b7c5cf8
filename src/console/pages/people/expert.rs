//! `/people/{exp}`: one expert: to those who read the project, and to the expert. How reliable they are is told to those who
//! administer and to the expert alone.

use atr_core::{
    domain::{
        access::Permission,
        expert::{Expert, ExpertChange},
    },
    ids::ExpertId,
};
use axum::{
    Form,
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;

use super::{absences, coefficient, list::capacity, listed};
use crate::{
    app::{
        AppError,
        agreement::{Reliable, reliability, sees_reliability},
        experts,
    },
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        pages::sign_in::refusing,
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/people/{exp}", May::Consult, page),
        Door::post("/people/{exp}", May::Do(Permission::Administer), update),
    ]
}

/// The form by which what may change of an expert changes.
#[derive(Debug, Deserialize)]
struct Sent {
    domains: String,
    languages: String,
    weekly_capacity: String,
    #[serde(default)]
    active: String,
    away: String,
}

impl Sent {
    /// The form as it is filled in before.
    fn of(expert: &Expert) -> Self {
        let away = expert.away.iter().map(|absence| format!("{} {}\n", absence.first, absence.last));
        Self {
            domains: expert.domains.join(", "),
            languages: expert.languages.join(", "),
            weekly_capacity: expert.weekly_capacity.to_string(),
            active: if expert.active { "yes".to_owned() } else { String::new() },
            away: away.collect(),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "expert.html")]
struct Page<'a> {
    frame: &'a Frame,
    expert: &'a Expert,
    /// Whether the visitor may know how reliable they are, and how far that is, once it is counted.
    may_know: bool,
    reliable: Option<(Reliable, String)>,
    may_list: bool,
    may_administer: bool,
    sent: Sent,
    refused: Option<&'a str>,
}

/// An expert and how reliable they are, as far as the visitor may know.
type Known = (Expert, Option<(Reliable, String)>);

/// Whether it is counted how reliable they are: that takes a moment, so that the page is shown before.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    counted: bool,
}

async fn read(state: &AppState, visitor: &Visitor, id: &str, wanted: &Wanted) -> Result<Known, Fault> {
    let id: ExpertId = id.parse().map_err(|_| Fault::not_found())?;
    // Who only reviews learns nothing of others, and not whether they are there either.
    visitor.actor.reads_of(Some(id)).map_err(|_| Fault::not_found())?;
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let expert = tx.experts_by_id(&[id]).await?.pop().ok_or_else(Fault::not_found)?;
    let reliable = match wanted.counted {
        true => reliability(&mut tx, &visitor.actor, id).await?,
        false => None,
    };
    let told = |reliable: Reliable| {
        let with_others = coefficient(visitor.frame.t, &reliable.with_others);
        (reliable, with_others)
    };
    Ok((expert, reliable.map(told)))
}

fn shown(visitor: &Visitor, (expert, reliable): Known, sent: Sent, refused: Option<&str>) -> Response {
    let may = |what| visitor.actor.may(what).is_ok();
    let (may_list, may_administer) = (may(Permission::Audit), may(Permission::Administer));
    let (expert, may_know) = (&expert, sees_reliability(&visitor.actor, expert.id));
    written(&Page { frame: &visitor.frame, expert, may_know, reliable, may_list, may_administer, sent, refused })
}

async fn page(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let known = read(&state, &visitor, &id, &wanted).await?;
    let sent = Sent::of(&known.0);
    Ok(shown(&visitor, known, sent, None))
}

async fn update(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    let known = read(&state, &visitor, &id, &Wanted::default()).await?;
    match change(&sent) {
        Ok(change) => match experts::update(&state.app, &visitor.actor, known.0.id, change).await {
            Ok(expert) => Ok(see_other(&format!("/people/{}", expert.id))),
            Err(error) => refusing(error, |refused| shown(&visitor, known, sent, Some(refused))),
        },
        Err(error) => refusing(error, |refused| shown(&visitor, known, sent, Some(refused))),
    }
}

fn change(sent: &Sent) -> Result<ExpertChange, AppError> {
    Ok(ExpertChange {
        domains: Some(listed(&sent.domains)),
        languages: Some(listed(&sent.languages)),
        weekly_capacity: Some(capacity(&sent.weekly_capacity)?),
        active: Some(!sent.active.is_empty()),
        away: Some(absences(&sent.away)?),
    })
}
