//! `/traces/{trc}`: everything about one trace: its reasoning as a graph, where it went wrong, beside other chains, what
//! its reward is made of, and all that was ever decided about it.

mod history;
mod known;
mod parting;

use askama::Template;
use atr_core::{
    domain::{
        access::Permission,
        judgement::Score,
        review::Review,
        trace::{Step, Trace},
    },
    ids::{ExpertId, TraceId},
    store::{PageRequest, Tx},
};
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;

use self::{
    known::Known,
    parting::{Parting, compare},
};
use crate::{
    app::Actor,
    console::{
        door::{Door, May, Visitor},
        fault::Fault,
        frame::{Frame, written},
        graph::{Graph, lay_out},
        pages::handles,
    },
    http::AppState,
};

/// How many steps are drawn and listed at once: of a trace with more, a part.
const STEPS: usize = 40;
/// How many other chains of its group are named.
const CHAINS: i64 = 20;
/// How many reviews are shown.
const SHOWN: i64 = 50;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/traces/{trc}", May::Consult, page)]
}

/// Which part is looked at, and beside which chain.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    /// The first step that is shown.
    #[serde(default)]
    from: usize,
    /// The other chain.
    #[serde(default)]
    beside: String,
}

#[derive(Template)]
#[template(path = "trace.html")]
struct Page<'a> {
    frame: &'a Frame,
    trace: &'a Trace,
    model: String,
    steps: &'a [Step],
    from: usize,
    all: usize,
    graph: Graph,
    wrong: Vec<Wrong>,
    reviews: Vec<(Review, String)>,
    known: Option<Known>,
    chains: Vec<Trace>,
    beside: Option<(&'a Trace, Parting<'a>)>,
}

/// A step that is held to be wrong, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wrong {
    step: i32,
    why: String,
}

impl Page<'_> {
    /// Whether a step is held to be wrong.
    fn is_wrong(&self, ordinal: &i32) -> bool {
        self.wrong.iter().any(|wrong| wrong.step == *ordinal)
    }

    /// The step at a place of the graph.
    fn step(&self, ordinal: &i32) -> Option<&Step> {
        self.steps.iter().find(|step| step.ordinal == *ordinal)
    }

    /// The first step of all that is held to be wrong.
    fn first_wrong(&self) -> Option<&Wrong> {
        self.wrong.iter().min_by_key(|wrong| wrong.step)
    }

    /// Where a step is shown.
    fn place_of(&self, ordinal: &i32) -> String {
        let at = usize::try_from(*ordinal).unwrap_or(0);
        format!("?from={}#step-{ordinal}", at / STEPS * STEPS)
    }
}

async fn page(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let id: TraceId = id.parse().map_err(|_| Fault::not_found())?;
    let frame = &visitor.frame;
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let trace = tx.traces_by_id(&[id]).await?.pop().ok_or_else(Fault::not_found)?;
    let may_read = visitor.actor.may(Permission::Read).is_ok();
    let all_steps = tx.steps_of_traces(&[id]).await?;
    let from = wanted.from.min(all_steps.len().saturating_sub(1)) / STEPS * STEPS;
    let steps = &all_steps[from..(from + STEPS).min(all_steps.len())];
    let reviews = reviews(&mut tx, id, &visitor.actor).await?;
    let model = if may_read { tx.models_by_id(&[trace.model]).await?.pop() } else { None };
    let known = if may_read { Some(Known::of(&mut tx, &trace, &reviews, frame.t).await?) } else { None };
    let mut chains = vec![];
    if let Some(group) = trace.group.filter(|_| may_read) {
        let found = tx.chains_of_groups(&[group], PageRequest::first(CHAINS)).await?.remove(&group);
        chains = found.map(|page| page.rows).unwrap_or_default();
        chains.retain(|chain| chain.id != id);
    }
    let other = wanted.beside.parse::<TraceId>().ok();
    let other = other.and_then(|other| chains.iter().find(|chain| chain.id == other)).cloned();
    let other_steps = match &other {
        Some(other) => tx.steps_of_traces(&[other.id]).await?,
        None => vec![],
    };
    let beside = other.as_ref().map(|other| (other, compare(&all_steps, &other_steps)));
    let page = Page {
        frame,
        trace: &trace,
        model: model.map_or_else(String::new, |model| model.name),
        graph: lay_out(steps),
        steps,
        from,
        all: all_steps.len(),
        wrong: wrong(&reviews, known.as_ref().and_then(Known::score)),
        reviews,
        known,
        chains,
        beside,
    };
    Ok(written(&page))
}

/// The newest reviews, each with its expert's handle: of who only reviews, their own.
async fn reviews(tx: &mut Tx, of: TraceId, actor: &Actor) -> Result<Vec<(Review, String)>, Fault> {
    let page = tx.reviews_of_traces(&[of], PageRequest::first(SHOWN)).await?.remove(&of);
    let mut reviews = page.map(|page| page.rows).unwrap_or_default();
    if actor.may(Permission::Read).is_err() {
        reviews.retain(|review| Some(review.expert) == actor.expert);
    }
    let experts: Vec<ExpertId> = reviews.iter().map(|review| review.expert).collect();
    let handles = handles::of(tx, &experts).await?;
    Ok(reviews
        .into_iter()
        .map(|review| {
            let handle = handles.get(&review.expert).cloned().unwrap_or_default();
            (review, handle)
        })
        .collect())
}

/// What is held to be wrong: by experts, in their newest revisions, and by the rules of logic.
fn wrong(reviews: &[(Review, String)], score: Option<&Score>) -> Vec<Wrong> {
    let newest = |review: &Review| {
        !reviews.iter().any(|(other, _)| other.expert == review.expert && other.revision > review.revision)
    };
    let said = reviews.iter().filter(|(review, _)| newest(review)).filter_map(|(review, handle)| {
        let why = review.rationale.as_ref().map_or_else(|| handle.clone(), |why| format!("{handle}: {why}"));
        Some(Wrong { step: review.suspect_step?, why })
    });
    let findings = score.into_iter().flat_map(|score| &score.findings).filter_map(|finding| {
        let last = finding.steps.iter().max().and_then(|step| i32::try_from(*step).ok())?;
        Some(Wrong { step: last, why: finding.reason.clone() })
    });
    said.chain(findings).collect()
}
