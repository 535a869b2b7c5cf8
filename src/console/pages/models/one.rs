//! `/models/{mdl}`: one model: its measures, the gate's decisions, on what it rests, and the way back.

use std::collections::HashMap;

use atr_core::{
    domain::{
        access::Permission,
        evaluation::{Baseline, Evaluation, Promotion},
        lineage::{Direction, LineageFilter},
        model::ModelVersion,
        snapshot::Snapshot,
        training::TrainingJob,
    },
    ids::{FactId, Id, Kind, ModelVersionId, ReviewId, SnapshotId, TraceId},
    store::{PageRequest, Tx},
};
use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;

use super::measures::{Row, decided, drawn, rows};
use crate::{
    app::roll_back,
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        text::Text,
    },
    http::AppState,
};

/// How many reviews and facts it rests on are named.
const NAMED: i64 = 25;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/models/{mdl}", May::Do(Permission::Read), page),
        Door::post("/models/roll-back", May::Do(Permission::Train), back),
    ]
}

#[derive(askama::Template)]
#[template(path = "model.html")]
struct Page<'a> {
    frame: &'a Frame,
    model: &'a ModelVersion,
    in_use: bool,
    base: Option<ModelVersion>,
    evaluations: Vec<Shown>,
    decisions: Vec<(Promotion, &'static str, Option<String>)>,
    job: Option<TrainingJob>,
    snapshot: Option<Snapshot>,
    behind: Behind,
    may_roll_back: bool,
}

/// What was measured at one time.
struct Shown {
    evaluation: Evaluation,
    rows: Vec<Row>,
    svg: String,
    /// What the measures before are those of.
    against: Option<&'static str>,
}

/// On which reviews and facts its snapshot rests: the newest.
#[derive(Debug, Default)]
struct Behind {
    reviews: Vec<(TraceId, String, String)>,
    more_reviews: bool,
    facts: Vec<(FactId, String)>,
    more_facts: bool,
}

async fn page(State(state): State<AppState>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    let id: ModelVersionId = id.parse().map_err(|_| Fault::not_found())?;
    let t = visitor.frame.t;
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let model = tx.models_by_id(&[id]).await?.pop().ok_or_else(Fault::not_found)?;
    let base = match model.base {
        Some(base) => tx.models_by_id(&[base]).await?.pop(),
        None => None,
    };
    let in_use = tx.model_in_use().await?.is_some_and(|in_use| in_use.id == id);
    let job = match model.job {
        Some(job) => tx.job(job).await?,
        None => None,
    };
    let snapshot = match &job {
        Some(job) => tx.snapshot(job.asked.snapshot).await?,
        None => None,
    };
    let behind = match &snapshot {
        Some(snapshot) => behind(&mut tx, snapshot.id).await?,
        None => Behind::default(),
    };
    let shown = |evaluation: Evaluation| {
        let rows = rows(t, &evaluation);
        let svg = drawn(&rows)?;
        Ok(Shown { against: against(t, evaluation.of.measures.baseline), evaluation, rows, svg })
    };
    let evaluations = tx.evaluations_of_models(&[id]).await?.into_iter().map(shown).collect::<Result<_, Fault>>()?;
    let decisions = tx.promotions_of_models(&[id]).await?.into_iter().map(|promotion| {
        let seen = promotion.of.gate.as_object().filter(|gate| !gate.is_empty());
        let seen = seen.map(|_| format!("{:#}", promotion.of.gate));
        let how = decided(t, promotion.of.decision);
        (promotion, how, seen)
    });
    let page = Page {
        frame: &visitor.frame,
        in_use,
        base,
        evaluations,
        decisions: decisions.collect(),
        job,
        snapshot,
        behind,
        may_roll_back: in_use && visitor.actor.may(Permission::Train).is_ok(),
        model: &model,
    };
    Ok(written(&page))
}

fn against(t: &Text, baseline: Baseline) -> Option<&'static str> {
    match baseline {
        Baseline::ModelInUse => Some(t.model_against_in_use),
        Baseline::Likelihood => Some(t.model_against_likelihood),
        Baseline::None => None,
    }
}

/// The newest reviews and facts that a snapshot rests on.
async fn behind(tx: &mut Tx, snapshot: SnapshotId) -> Result<Behind, Fault> {
    let mut behind = Behind::default();
    let (reviews, more) = origins::<ReviewId>(tx, snapshot, Kind::Review).await?;
    behind.more_reviews = more;
    let reviews = tx.reviews_by_id(&reviews).await?;
    let traces: Vec<TraceId> = reviews.iter().map(|review| review.trace).collect();
    let traces = tx.traces_by_id(&traces).await?;
    let queries: HashMap<_, _> = traces.into_iter().map(|trace| (trace.id, trace.query)).collect();
    for review in reviews {
        let query = queries.get(&review.trace).cloned().unwrap_or_default();
        behind.reviews.push((review.trace, query, review.verdict.to_string()));
    }
    let (facts, more) = origins::<FactId>(tx, snapshot, Kind::Fact).await?;
    behind.more_facts = more;
    behind.facts = tx.facts_by_id(&facts).await?.into_iter().map(|fact| (fact.id, fact.statement)).collect();
    Ok(behind)
}

/// The newest things of a kind that a snapshot rests on, and whether there are more.
async fn origins<I: Id>(tx: &mut Tx, snapshot: SnapshotId, kind: Kind) -> Result<(Vec<I>, bool), Fault> {
    let filter = LineageFilter { of: snapshot.into(), direction: Direction::Origins, kind: Some(kind) };
    let page = tx.lineage(&filter, PageRequest::first(NAMED)).await?;
    Ok((page.rows.into_iter().map(|edge| I::from_uuid(edge.edge.to.uuid)).collect(), page.has_next))
}

/// The form by which the model before comes into use again.
#[derive(Debug, Deserialize)]
struct Sent {
    reason: String,
}

async fn back(State(state): State<AppState>, visitor: Visitor, Form(sent): Form<Sent>) -> Result<Response, Fault> {
    let done = roll_back::roll_back(&state.app, &visitor.actor, &sent.reason).await?;
    Ok(see_other(&format!("/models/{}", done.of.model)))
}
