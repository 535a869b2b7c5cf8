//! `/week/{asg}`: one item of the weekly review, with all that it is judged by.

use atr_core::{
    domain::{
        citation::CitationInput,
        judgement::ClaimVerdict,
        review::{ClaimMarkInput, DraftContent, Severity, StepInput, Verdict},
        trace::Step,
    },
    ids::AssignmentId,
    store::{Saved, Tx},
};
use axum::{
    Form, Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    form, next_of, place,
    view::{Piece, aligned_pieces, answer_pieces, cited_name, tone},
};
use crate::{
    app::{Actor, AppError, assignments, record_reviews, review_drafts, week},
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        graph::{Graph, lay_out},
    },
    http::AppState,
};

/// How many steps are listed at once; the others follow as one reads on.
const LISTED: usize = 100;
/// How many are drawn as a graph.
const DRAWN: usize = 40;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/week/{asg}", May::Desk, page),
        Door::post("/week/{asg}", May::Desk, give),
        Door::get("/week/{asg}/steps", May::Desk, steps),
        Door::post("/week/{asg}/open", May::Desk, open),
        Door::post("/week/{asg}/draft", May::Desk, save),
        Door::post("/week/{asg}/return", May::Desk, give_back),
    ]
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    /// The item that was judged before, to be undone.
    #[serde(default)]
    after: String,
}

#[derive(askama::Template)]
#[template(path = "item.html")]
struct Page<'a> {
    frame: &'a Frame,
    item: &'a week::Item,
    place: String,
    next: Option<String>,
    undo: Option<String>,
    refused: Option<String>,
    /// Its number in the week, and of how many.
    number: (usize, usize),
    verdicts: [(Verdict, &'static str, char); 5],
    severities: &'static [Severity],
    claim_verdicts: &'static [ClaimVerdict],
    steps: Listed<'a>,
    graph: Graph,
}

/// Steps in a list, and where the next ones are.
#[derive(askama::Template)]
#[template(path = "item_steps.html")]
struct Listed<'a> {
    frame: &'a Frame,
    place: &'a str,
    steps: &'a [Step],
    all: usize,
    more: Option<usize>,
}

impl<'a> Listed<'a> {
    fn of(frame: &'a Frame, place: &'a str, all: &'a [Step], from: usize) -> Self {
        let from = from.min(all.len());
        let to = (from + LISTED).min(all.len());
        Self { frame, place, steps: &all[from..to], all: all.len(), more: (to < all.len()).then_some(to) }
    }
}

impl Page<'_> {
    /// The step at a place of the graph.
    fn step(&self, ordinal: &i32) -> Option<&Step> {
        self.item.steps.iter().find(|step| step.ordinal == *ordinal)
    }

    /// Whether a step is written to be the first wrong one.
    fn is_wrong(&self, ordinal: &i32) -> bool {
        self.suspect() == ordinal.to_string()
    }

    fn name_of(&self, verdict: &Verdict) -> &'static str {
        self.verdicts.iter().find(|(one, ..)| one == verdict).map_or("", |(_, name, _)| name)
    }

    fn tone(&self, verdict: &ClaimVerdict) -> &'static str {
        tone(*verdict)
    }

    fn statement<'b>(&self, claim: &'b week::ClaimSeen) -> Vec<Piece<'b>> {
        let statement = claim.evidence.as_ref().map_or("", |(fact, _)| fact.statement.as_str());
        aligned_pieces(statement, claim.found.as_ref().and_then(|found| found.aligned))
    }

    fn cited<'b>(&self, cited: &'b CitationInput) -> &'b str {
        cited_name(cited)
    }

    /// What keys do, as the help tells it.
    fn keys(&self) -> [(&'static str, &'static str); 15] {
        let t = self.frame.t;
        [
            ("c p i", t.key_verdict),
            ("x n", t.key_pass),
            ("0 … 9", t.key_digits),
            ("j k", t.key_move),
            ("s", t.key_suspect),
            ("+ - =", t.key_marks),
            ("m", t.key_note),
            ("e a r t", t.key_more),
            ("f v l", t.key_fields),
            ("g", t.key_guideline),
            ("Enter", t.key_give),
            ("Esc", t.key_leave),
            ("u", t.key_undo),
            ("] [", t.key_others),
            ("?", t.key_help),
        ]
    }

    fn answer(&self) -> Vec<Piece<'_>> {
        answer_pieces(&self.item.trace.answer, &self.item.claims)
    }

    fn verdict_is(&self, verdict: &Verdict) -> bool {
        self.item.written.verdict == Some(*verdict)
    }

    fn severity_is(&self, severity: &Severity) -> bool {
        self.item.written.severity == Some(*severity)
    }

    /// The place of the first wrong step, as it is written.
    fn suspect(&self) -> String {
        let place = self.item.written.suspect_step.as_ref().and_then(|step| self.place_of(step));
        place.map_or_else(String::new, |place| place.to_string())
    }

    /// The place of a step, however it is named.
    fn place_of(&self, step: &StepInput) -> Option<i64> {
        match step {
            StepInput::Ordinal(place) => Some(*place),
            StepInput::Name(name) => {
                let named = self.item.steps.iter().find(|step| step.key == *name || step.id.to_string() == *name);
                named.map(|step| step.ordinal.into())
            }
        }
    }

    /// The mark of a claim.
    fn said_of(&self, claim: &week::ClaimSeen) -> Option<&ClaimMarkInput> {
        let id = claim.id.to_string();
        self.item.written.claim_marks.iter().find(|mark| mark.claim == id)
    }

    fn says_of(&self, claim: &week::ClaimSeen, verdict: &ClaimVerdict) -> bool {
        self.said_of(claim).is_some_and(|mark| mark.verdict == *verdict)
    }

    fn note_of(&self, claim: &week::ClaimSeen) -> &str {
        self.said_of(claim).and_then(|mark| mark.note.as_deref()).unwrap_or_default()
    }

    /// The marks of steps, by place, and their notes.
    fn step_marks(&self) -> Vec<(i64, &'static str, &str)> {
        let marks = self.item.written.step_marks.iter();
        marks
            .filter_map(|mark| {
                let note = mark.note.as_deref().unwrap_or_default();
                self.place_of(&mark.step).map(|place| (place, mark.finding.word(), note))
            })
            .collect()
    }

    fn seconds(&self) -> f64 {
        self.item.written.seconds_spent.unwrap_or(0.0)
    }

    fn is_folded(&self) -> bool {
        let written = &self.item.written;
        written.severity.is_none()
            && written.flaw_labels.is_empty()
            && written.corrected_answer.is_none()
            && written.corrected_steps.is_none()
            && written.citations.is_empty()
            && written.rationale.is_none()
    }
}

fn id_of(text: &str) -> Result<AssignmentId, Fault> {
    text.parse().map_err(|_| Fault::not_found())
}

async fn page(
    State(state): State<AppState>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    // Who only fetches it beforehand does not look at it yet.
    if headers.get("purpose").is_none_or(|purpose| purpose != "prefetch") {
        look_at(&state, &visitor.actor, id).await?;
    }
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let item = week::item(&mut tx, &visitor.actor, id).await?;
    shown(&mut tx, &visitor, &item, asked.after.parse().ok(), None).await
}

/// Notes that an expert looks at an item; one that they hold no more may be looked at all the same.
async fn look_at(state: &AppState, actor: &Actor, id: AssignmentId) -> Result<(), AppError> {
    match assignments::open(&state.app, actor, id).await {
        Ok(_) | Err(AppError::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The page of an item.
async fn shown(
    tx: &mut Tx,
    visitor: &Visitor,
    item: &week::Item,
    after: Option<AssignmentId>,
    refused: Option<String>,
) -> Result<Response, Fault> {
    let frame = &visitor.frame;
    let id = item.assignment.id;
    let items = tx.week_of(item.assignment.expert, item.assignment.cycle).await?;
    let at = items.iter().position(|one| one.assignment.id == id).unwrap_or(0);
    let place = place(id);
    let page = Page {
        frame,
        item,
        next: next_of(&items, id).map(|next| format!("{}?after={id}", super::place(next))),
        undo: after.filter(|after| items.iter().any(|one| one.assignment.id == *after)).map(super::place),
        refused,
        number: (at + 1, items.len()),
        verdicts: [
            (Verdict::Correct, frame.t.verdict_correct, 'c'),
            (Verdict::PartlyCorrect, frame.t.verdict_partly, 'p'),
            (Verdict::Incorrect, frame.t.verdict_incorrect, 'i'),
            (Verdict::CannotJudge, frame.t.verdict_cannot, 'x'),
            (Verdict::NotMyField, frame.t.verdict_not_mine, 'n'),
        ],
        severities: Severity::ALL,
        claim_verdicts: ClaimVerdict::ALL,
        steps: Listed::of(frame, &place, &item.steps, 0),
        graph: lay_out(&item.steps[..item.steps.len().min(DRAWN)]),
        place: place.clone(),
    };
    Ok(written(&page))
}

#[derive(Debug, Default, Deserialize)]
struct From {
    #[serde(default)]
    from: usize,
}

async fn steps(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(From { from }): Query<From>,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let item = assignments::own_item(&mut tx, &visitor.actor, id).await?;
    let steps = tx.steps_of_traces(&[item.trace]).await?;
    Ok(written(&Listed::of(&visitor.frame, &place(id), &steps, from)))
}

async fn open(State(state): State<AppState>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    look_at(&state, &visitor.actor, id_of(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Saves what is written so far; scripts ask for it as one types.
async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let saved = async {
        let sent = form::read(pairs)?;
        let mut tx = state.app.store.begin(visitor.actor.project).await?;
        let item = assignments::own_item(&mut tx, &visitor.actor, id).await?;
        drop(tx);
        review_drafts::save(&state.app, &visitor.actor, item.trace, sent.version, &sent.said).await
    };
    Ok(match saved.await {
        Ok(Saved::Kept(draft)) => Json(json!({ "kept": true, "version": draft.version })).into_response(),
        Ok(Saved::Overtaken(standing)) => {
            let version = standing.map_or(0, |draft| draft.version);
            (StatusCode::CONFLICT, Json(json!({ "kept": false, "version": version }))).into_response()
        }
        Err(error) => refusal(error)?,
    })
}

/// A refusal for a script: which field, and what to do.
fn refusal(error: AppError) -> Result<Response, Fault> {
    match error {
        AppError::Invalid { field, message } => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "field": field, "message": message }))).into_response())
        }
        other => Err(other.into()),
    }
}

/// Takes the review, and leads to the next item.
async fn give(
    State(state): State<AppState>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let of_script = headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json");
    let sent = form::read(pairs);
    let (kept, given) = match sent {
        Ok(sent) => {
            let kept = sent.said.clone();
            (kept, record_reviews::give(&state.app, &visitor.actor, id, sent.said, sent.guideline).await)
        }
        Err(error) => (DraftContent::default(), Err(error)),
    };
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    match given {
        Ok(()) => {
            let item = assignments::own_item(&mut tx, &visitor.actor, id).await?;
            let week = tx.week_of(item.expert, item.cycle).await?;
            let next = match next_of(&week, id) {
                Some(next) => format!("{}?after={id}", place(next)),
                None => format!("/week?after={id}"),
            };
            Ok(if of_script { Json(json!({ "next": next })).into_response() } else { see_other(&next) })
        }
        Err(error) if of_script => refusal(error),
        Err(AppError::Invalid { field, message }) => {
            let mut item = week::item(&mut tx, &visitor.actor, id).await?;
            item.written = kept;
            let mut page = shown(&mut tx, &visitor, &item, None, Some(format!("{field}: {message}"))).await?;
            *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(page)
        }
        Err(error) => Err(error.into()),
    }
}

async fn give_back(State(state): State<AppState>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    assignments::give_back(&state.app, &visitor.actor, id_of(&id)?).await?;
    Ok(see_other("/week"))
}
